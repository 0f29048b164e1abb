"""Lines of working that many ways have in common, or nearly so, worked for all of them at once on arrays of floats.

A number is an array (3, problems, ways): itself, and off by a little to either side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from math import inf
from typing import Any, TypeAlias

from symnet.algebra.equations import Equation, Expr, names_in
from symnet.computing.exact import Number
from symnet.computing.floats import over_arrays
from symnet.computing.many import np

Numbers: TypeAlias = Any  # an array (3, problems, ways), or one number for all of them
Values: TypeAlias = dict[str, Numbers]
Array: TypeAlias = Any

_OFF = 2.0**-45  # by how much, relative to itself, a number is off


class Lines:
    """Lines of the same names in all ways: for each, the right-hand sides there are and the ways that have each."""

    def __init__(self, lines: Sequence[Sequence[Equation]], spread: Iterator[float]) -> None:
        self._lines: list[tuple[str, Callable[[Values], Numbers], list[_Other], Any]] = []
        for places in zip(*lines, strict=True):
            # Most ways have not an equal line but the same, which is sooner seen.
            usual, *_ = ids = list(map(id, places))
            same: dict[int, list[int]] = {}
            for i in [i for i, number in enumerate(ids) if number != usual]:
                same.setdefault(ids[i], []).append(i)
            rest = [i for i, number in enumerate(ids) if number == usual]
            sides: dict[Expr, list[int]] = {places[0].rhs: rest}
            for members in same.values():
                sides.setdefault(places[members[0]].rhs, []).extend(members)
            (first, _), *others = sorted(sides.items(), key=lambda side: -len(side[1]))
            off = off_by(next(spread))
            self._lines.append((places[0].name, over_arrays(first), [_Other(*side) for side in others], off))

    def run(self, known: Values, shape: tuple[int, int], then: Callable[[str, Numbers], Numbers]) -> None:
        """Add the value of every line to ``known``; ``then`` says what the lines below it go on with.

        ``shape`` is how many problems and ways there are.
        """
        for name, rule, others, off in self._lines:
            value = rule(known) * off
            if others:
                value = np.array(np.broadcast_to(value, (3, *shape)))
                for other in others:
                    other.put(value, known, off)
            known[name] = then(name, value)


class _Other:
    """A right-hand side that some ways have where the others have another."""

    def __init__(self, rhs: Expr, ways: Sequence[int]) -> None:
        self._rule, self._ways = over_arrays(rhs), np.array(ways)
        self._names = [name.name for name in names_in(rhs)]

    def put(self, value: Numbers, known: Values, off: Numbers) -> None:
        mine = {name: _of(known[name], self._ways) for name in self._names}
        value[..., self._ways] = self._rule(mine) * off


def _of(numbers: Numbers, ways: Any) -> Numbers:
    return numbers[..., ways] if np.ndim(numbers) == 3 and numbers.shape[-1] > 1 else numbers


def noise(start: int = 0) -> Iterator[float]:
    """Small numbers of either sign, no two alike: by how much each number is off."""
    return (_OFF * (-1.0) ** i * (1.0 + (i * 0.6180339887498949) % 1.0) for i in count(start))


def off_by(share: float) -> Array:
    """What makes three of a number: itself, and off by a share of it to either side; an array (3, 1, 1)."""
    return np.array([1.0, 1.0 + share, 1.0 - share]).reshape(3, 1, 1)


def thrice(numbers: Sequence[Mapping[str, Number]]) -> Values:
    """Each number as it is, and off by a little to either side: an array (3, problems, 1)."""
    return {
        name: off_by(off) * [[as_float(x[name])] for x in numbers]
        for name, off in zip(numbers[0], noise(1_000), strict=False)
    }


def as_float(x: Number) -> float:
    try:
        return float(x)
    except OverflowError:
        return inf if x > 0 else -inf
