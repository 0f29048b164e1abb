"""The formulas of layers, each of one example, as those of a batch: Z1 = conv(X, K1) is Z1[n] = conv(X[n], K1).

What goes row by row anyway stays as it is: Z2 = X @ W2 + b2 is that of many rows too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symnet.algebra.layers.whole import OfBatch
from symnet.algebra.mistakes import Mistake
from symnet.algebra.sequential import Placed

_EXAMPLE = "n"  # the index that formulas of a batch have for it


def of_a_batch(layers: Sequence[Placed], x: str = "X") -> dict[str, str]:
    """{left-hand side: formula} of all layers on the examples ``x``, in which some formula is of a batch.

    Raises Mistake where a layer is a recurrence.
    """
    found: dict[str, str] = {}
    of_examples = {x}
    for layer in layers:
        for left, formula in layer.formulas.items():
            name, bracket, indices = left.partition("[")
            if isinstance(formula, OfBatch):
                found[left] = formula
                of_examples |= {name} if indices.startswith(_EXAMPLE) else set()
                continue
            if "[t-1]" in formula:
                raise Mistake(
                    f"layer {layer.position}, {layer.kind}, is a recurrence, which is worked one example after the "
                    "other, and batch_norm takes the mean and the variance of all of them; give batch_norm its mean "
                    "and variance, the running statistics, or leave one of the two out"
                )
            of_examples.add(name)
            if layer.layer.by_rows:
                found[left] = formula
            else:
                found[f"{name}[{_EXAMPLE}{',' if bracket else ']'}{indices}"] = _indexed(formula, of_examples)
    return found


def _indexed(formula: str, names: set[str]) -> str:
    """The formula with the index of an example behind those names: X[n] for X, H[n,t-1] for H[t-1]."""
    any_name = "|".join(map(re.escape, sorted(names)))
    return re.sub(
        rf"(?<![A-Za-z0-9_])({any_name})(?![A-Za-z0-9_])(\[?)",
        lambda found: f"{found[1]}[{_EXAMPLE}{',' if found[2] else ']'}",
        formula,
    )
