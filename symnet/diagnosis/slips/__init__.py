"""What people get wrong, each a small rewriting of the problem: the catalogue of slips.

A slip is one function in a file of this folder: its name is its id, the first line of its docstring says what the
person did ("used weights that were already updated"), and it yields the problem as it is worked with the slip, once for
every place where it can happen; nothing where the exercise has no such thing.  To add a slip, write such a function;
``check``, ``quality``, ``mark`` and the tests find it by itself.

What people do more often stands first where two slips give the same number, and is believed for fewer digits: the
``COMMON`` ones, then the others in the order of ``THEMES`` and of their files.
Sources: the mistakes that published texts make, and those of classes; where a slip stands in print it is named there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getdoc, isfunction

from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slips import (
    arrays,
    arriving,
    attention,
    batch,
    bias,
    chain_rule,
    copying,
    counts,
    dropout,
    embedding,
    forward,
    forward_mode,
    gates,
    half_planes,
    jacobians,
    loss,
    memory,
    normalization,
    penalty,
    rate,
    reading,
    rules_of_derivatives,
    second_order,
    sizes,
    slope,
    softmax,
    stability,
    states,
    target,
    time,
    update,
    windows,
)

THEMES = (
    update, rate, memory, batch, penalty, target, arrays, attention, windows, states, gates, dropout, embedding, slope,
    time, stability, second_order, jacobians, forward_mode, half_planes, chain_rule, bias, normalization, softmax,
    forward, copying, loss, arriving, rules_of_derivatives, reading, sizes, counts,
)  # fmt: skip

_OF_SIZES = (sizes, counts)


@dataclass(frozen=True)
class Slip:
    """One entry of the catalogue: its ``id``, what the person ``did``, and the problems it makes of one."""

    id: str
    did: str
    rewrite: Callable[[Rewriting], Iterator[Slipped]]
    of_sizes: bool = False  # whether it happens where the sizes of layers are asked, and nowhere else

    def did_at(self, at: str) -> str:
        """What the person did at a place: where the sentence has no {place}, that comes last."""
        if "{place}" in self.did:
            return self.did.replace("{place}", f" {at}" if at else "")
        return self.did + ("" if at.startswith(",") else " ") * bool(at) + at


# By how often people make them: what several published texts or repositories got wrong, or classes ask about again and
# again, before what was met once.
COMMON = (
    # everywhere
    "updated-weights", "uphill", "wrong-error-sign", "no-learning-rate", "gradient-for-weight", "not-updated",
    "factor-two", "no-slope", "penalty-forgotten",
    "target-forgotten", "one-path", "no-next-weight", "no-input", "no-bias", "sum-or-mean", "slope-at-output",
    # often, where the exercise has such a thing
    "extra-slope", "no-leak", "negative-passed", "no-activation", "truncated-in-time",
    "gradient-not-stopped",
    "no-bias-correction", "no-memory", "one-example", "update-per-example", "slope-of-pre-activation",
    "neighbour-weight", "wrong-input", "pre-activation-for-output", "term-sign", "bias-constant", "averaged-twice",
    "bias-not-averaged", "penalty-halved", "penalty-doubled", "penalty-sign", "averaged-memory", "memory-sign",
    "gradient-of-first-step", "no-root", "slope-of-other-step", "state-of-other-step", "only-true-class",
    "softmax-not-normalized", "target-sign", "mask-of-upstream", "no-square", "input-of-other-step", "example-dropped",
    "rate-decimal", "other-activation", "weight-of-other-unit",
    "loss-of-last-step", "losses-averaged", "bias-times-input", "incomplete-gradient", "statistics-constant",
)  # fmt: skip


def _found() -> Iterator[Slip]:
    for theme in THEMES:
        for name, value in vars(theme).items():
            if isfunction(value) and value.__module__ == theme.__name__ and not name.startswith("_"):
                yield Slip(name.replace("_", "-"), (getdoc(value) or "").partition("\n")[0], value, theme in _OF_SIZES)


_BY_ID = {slip.id: slip for slip in _found()}
CATALOGUE: dict[str, Slip] = {id: _BY_ID[id] for id in dict.fromkeys((*COMMON, *_BY_ID))}
