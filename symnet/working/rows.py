"""The numbers of the updates one by one, by the keys of ``check``: y@2, grad(w)@2, w@2, change(w)@2, m(w)@2.

A forward value and a gradient are those before update 2, at its sample; a parameter, what is remembered, what a rule
names in between and a change are those after it.  In a batch of several samples y@2 is the second sample's, so that a
row has no forward values; the gradient that the update uses is mean(grad(w))@2.
"""

from __future__ import annotations

from collections.abc import Sequence

from symnet.algebra.further import formula_in
from symnet.working.problem import Problem
from symnet.working.quantities import key_of
from symnet.working.updates import Moment, Values

LONGEST_HISTORY = 100  # updates that a table shows one by one


def is_batch(problem: Problem) -> bool:
    """Whether an update is of several samples together."""
    return len(problem.examples) > 1 and not problem.online


def by_samples(problem: Problem) -> bool:
    """Whether a value @k is that of sample k, and not that at update k."""
    return len(problem.samples) > 1 and not (problem.online and problem.rules)


def of_samples(problem: Problem, moments: Sequence[Moment]) -> Values:
    """{key@k: number} of the forward values and gradients of every sample."""
    if not by_samples(problem):
        return {}
    found: Values = {}
    for k, moment in enumerate(moments, 1):
        gradients = {f"grad({name})": value for name, value in moment.gradients.items()}
        found |= {row_key(key, k): value for key, value in {**moment.forward, **gradients}.items()}
    return found


def row_key(key: str, k: int) -> str:
    """The key of a quantity in update number k, from 1."""
    return f"{key}@{k}"


def parted(key: str) -> tuple[str, int] | None:
    """("w1", 2) for w1@2, None for a key without a row."""
    name, at, row = key.rpartition("@")
    return (name, int(row)) if at and row.isdecimal() else None


def of_row(problem: Problem, moment: Moment) -> Values:
    """{key: number} of one update."""
    after = moment.after(problem.rules)
    if is_batch(problem):
        used = moment.update.gradients if moment.update is not None else {}
        return {**{key_of(f"{problem.reduce}({name})"): value for name, value in used.items()}, **after}
    gradients = {f"grad({name})": value for name, value in moment.gradients.items()}
    formulas = {key: value for key, value in moment.further.items() if formula_in(key)}
    return {**moment.forward, **gradients, **after, **formulas}


def by_row(problem: Problem, moments: Sequence[Moment]) -> Values:
    """{key@k: number} of updates from the first on."""
    return {
        row_key(key, k): value for k, moment in enumerate(moments, 1) for key, value in of_row(problem, moment).items()
    }
