"""The same exercise with other numbers: a little different ones, or quite other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from symnet.working.problem import Problem

OTHERS = 7  # sets of quite other numbers


def twin_of(problem: Problem, only: Collection[str] | None = None) -> Problem:
    """The problem with every number a little different, or only those of some names; "learning_rate" is the rate."""
    shift = _shifts()

    def moved(values: Mapping[str, Fraction]) -> dict[str, Fraction]:
        return {name: _moved(x, next(shift)) if only is None or name in only else x for name, x in values.items()}

    rate = problem.learning_rate
    if rate is not None and (only is None or "learning_rate" in only):
        rate = _moved(rate, next(shift))
    samples = tuple(moved(sample) for sample in problem.samples)
    return replace(problem, given=moved(problem.given), start=moved(problem.start), samples=samples, learning_rate=rate)


def _moved(x: Fraction, by: Fraction) -> Fraction:
    return x * (1 + by) if x else by


def _shifts() -> Iterator[Fraction]:
    """Small fractions of which no simple combination is equal to another."""
    n = 3
    while True:
        n = n * 75 % 1021
        yield Fraction(n - 500, 500_009)


def elsewhere(problem: Problem, count: int = OTHERS, only: Collection[str] | None = None) -> Iterator[Problem]:
    """The exercise with quite other numbers, so that what was dead is alive: what a slip can show in at all.

    Those of some names ``only``, where these are told.
    """
    state = 1
    for turn in range(count):

        def other(values: Mapping[str, Fraction], signed: bool = turn > 0) -> dict[str, Fraction]:
            nonlocal state
            found = {}
            for name in values:
                state = state * 48_271 % 2_147_483_647
                size = Fraction(3 + state // 64 % 23, 10 + state // 4096 % 7)
                size = -size if signed and state // 1024 % 2 else size
                found[name] = size if only is None or name in only else values[name]
            return found

        given, start = other(problem.given), other(problem.start)
        samples = tuple(other(sample) for sample in problem.samples)
        yield replace(problem, given=given, start=start, samples=samples)
