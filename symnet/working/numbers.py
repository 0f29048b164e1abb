"""The numbers of a problem by their places: what can be drawn for a variant, and changed to show a slip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from symnet.working.problem import Problem


@dataclass(frozen=True)
class Place:
    """Where a number stands: under [given], under [parameters], or in a sample (from 0)."""

    name: str
    sample: int | None = None

    def __str__(self) -> str:
        return self.name if self.sample is None else f"{self.name}[{self.sample + 1}]"


def places_of(problem: Problem) -> list[Place]:
    """Every number that could be drawn; under [given] those that no sample replaces in any case.

    Ids that are looked up are not: other ones make other equations.
    """
    replaced = set.intersection(*map(set, problem.samples)) if problem.samples else set()
    replaced = replaced | problem.fixed
    return [
        *(Place(name) for name in problem.given if name not in replaced),
        *(Place(name, i) for i, sample in enumerate(problem.samples) for name in sample if name not in problem.fixed),
        *(Place(name) for name in problem.start),
    ]


def value_at(problem: Problem, place: Place) -> Fraction:
    """The number that stands there."""
    if place.sample is not None:
        return problem.samples[place.sample][place.name]
    return (problem.start if place.name in problem.start else problem.given)[place.name]


def with_values(problem: Problem, numbers: Mapping[Place, Fraction]) -> Problem:
    """The problem with other numbers at some places."""
    plain = {place.name: value for place, value in numbers.items() if place.sample is None}
    samples = tuple(
        {name: numbers.get(Place(name, i), value) for name, value in sample.items()}
        for i, sample in enumerate(problem.samples)
    )
    return replace(
        problem,
        given={name: plain.get(name, value) for name, value in problem.given.items()},
        start={name: plain.get(name, value) for name, value in problem.start.items()},
        samples=samples,
    )


def decimal_places(x: object) -> int | None:
    """How many places after the point the number has; None where it never ends."""
    if not isinstance(x, Fraction):
        return None
    left, twos, fives = x.denominator, 0, 0
    while left % 2 == 0:
        left, twos = left // 2, twos + 1
    while left % 5 == 0:
        left, fives = left // 5, fives + 1
    return max(twos, fives) if left == 1 else None


def plain(x: Fraction) -> str:
    """0.5 or 1/3, exactly."""
    places = decimal_places(x)
    if not places:
        return str(x)
    whole, rest = divmod(int(abs(x) * 10**places), 10**places)
    return f"{'-' * (x < 0)}{whole}.{rest:0{places}d}"
