"""The loophole of follow-through: an early wrong 0 that makes everything after it 0, whatever the method.

A ReLU that is dead by mistake passes 0 on to every line below it.  Those answers follow from the earlier one, so they
would earn their marks, but nothing had to be worked for them.  What tells them from a 0 that was worked out is that
they stay 0 when the other numbers of the exercise are a little different, and so are those of the student's wrong ones
that are no 0 themselves: with y = 1 for the output of a step, t - y = 0 is worked like any other number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction

from symnet.algebra.equations import names_in
from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.diagnosis import Verdict
from symnet.diagnosis.handwork import with_dead_units
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.working.problem import Problem

_NEAR = Fraction(1, 1000)
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)  # no two numbers move alike, so nothing cancels
_NOTHING = Fraction(1, 10**25)


def needless(hypotheses: Hypotheses, problem: Problem, verdicts: Mapping[str, Verdict]) -> tuple[str, ...]:
    """The answers that follow from an earlier wrong one only in being 0, or in leaving a weight as it was.

    Both where that is wrong.  An answer that is itself the root of the 0 is not among them: it earns nothing anyway.
    """
    given = {key: read_number(v.given, key).number for key, v in verdicts.items() if v.verdict == "wrong"}
    numbers = {key: number for key, number in given.items() if number is not None}
    going_on = with_dead_units(problem, numbers)
    left = {key for key, number in numbers.items() if number in (0, problem.start.get(key))}
    follows = [key for key, v in verdicts.items() if v.carried and key in numbers and not _is_its_own(key, v.carried)]
    idle = [key for key in follows if key in left]
    for way in (1, -1) if idle else ():
        near = _moved(problem, way)
        try:
            values = hypotheses.right(near, _beside(going_on, left, way))
        except Mistake:  # a little to the side there is no value
            return ()
        idle = [key for key in idle if _is_idle(key, values[key], near.start)]
    return tuple(idle)


def _is_its_own(key: str, roots: Collection[str]) -> bool:
    """Whether a parameter stays as it was because its own gradient was 0: its update is worked like any other."""
    return all(root.endswith((f"grad({key})", f"grad({key}))")) for root in roots)


def _is_idle(key: str, value: Value, start: Mapping[str, Fraction]) -> bool:
    if isinstance(value, Undefined):
        return False
    number = exact.as_fraction(value)
    return abs(number) < _NOTHING or (key in start and abs(number - start[key]) < _NOTHING)


def _moved(problem: Problem, way: int) -> Problem:
    """The problem with its parameters moved a little; without any, with what is given, but no target."""
    if problem.start:
        return replace(problem, start=_beside(problem.start, (), way))
    targets = {name.name for name in (*problem.network.targets, *names_in(problem.network.by_name[problem.loss].rhs))}
    samples = tuple(_beside(sample, targets, way) for sample in problem.samples)
    return replace(problem, given=_beside(problem.given, targets, way), samples=samples)


def _beside(numbers: Mapping[str, Fraction], fixed: Collection[str], way: int) -> dict[str, Fraction]:
    moved = {}
    for i, (name, number) in enumerate(numbers.items()):
        by = way * _NEAR * Fraction(_PRIMES[i % len(_PRIMES)], 10) * (1 + i // len(_PRIMES))
        moved[name] = number if name in fixed else number + by * (abs(number) or 1)
    return moved
