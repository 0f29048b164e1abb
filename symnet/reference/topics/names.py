"""What things are called elsewhere."""

from __future__ import annotations

from collections.abc import Collection

from symnet.algebra import functions, losses, optimizers
from symnet.algebra.common_names import FORMULAS, other_words
from symnet.reference.entries import Entry

ORDER = 11
SAYS = "Names from PyTorch, Keras and books that are understood, and what they are here."


def entries() -> tuple[Entry, ...]:
    kinds: dict[str, Collection[str]] = {
        "function": functions.CATALOGUE,
        "loss": losses.CATALOGUE,
        "optimizer": optimizers.CATALOGUE,
    }
    same = [
        Entry(name, f"The {kind} {name}; understood as well: {', '.join(other_words(name))}.", also=other_words(name))
        for kind, catalogue in kinds.items()
        for name in catalogue
        if other_words(name)
    ]
    written = [
        Entry(word, f"No function here; write {formula}.") for word, formula in FORMULAS.items() if len(formula) < 60
    ]
    return (*same, *written)
