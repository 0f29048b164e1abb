"""Blanks: a number to fill in, how far an answer may be off, and the wrong numbers that say what went wrong.

An answer is right where it is right to so many significant digits.  No two numbers of a blank accept the same answer:
tolerances shrink until they are apart, a wrong number that cannot be told from the right one is left out, and one that
cannot be told from another becomes one with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR
from fractions import Fraction

from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Number, Undefined, Value
from symnet.diagnosis.hypotheses import either
from symnet.notation.maths import Maths

MOST_WRONG = 8  # wrong numbers of a blank, the most telling first
EXACTLY = 15  # significant digits that a decimal is written with in full; a float holds no more
FARTHEST = 300  # a float holds no more than 10^±308
HALF = Fraction(51, 100)  # of the last place: what rounding takes, and what was already rounded in the key
LARGEST_WHOLE_TOLERANCE = Fraction(1, 100)


@dataclass(frozen=True)
class Wrong:
    """A number that a slip gives, and the sentence that says what the slip was."""

    number: Fraction
    tolerance: Fraction
    says: str


@dataclass(frozen=True)
class Blank:
    """A number to fill in.  ``after`` follows the name in words (" after the update"); ``weight`` is its share."""

    key: str
    label: Maths
    after: str
    value: Number
    number: Fraction
    tolerance: Fraction
    wrong: tuple[Wrong, ...]
    weight: int


@dataclass(frozen=True)
class Precision:
    """How exact an answer must be: so many significant digits, or decimal ``places``, or within a ``fixed`` amount."""

    digits: int = 4
    places: int | None = None
    fixed: Fraction | None = None

    def unit(self, value: Number) -> Fraction:
        """One in the last place that is asked for."""
        if self.fixed is not None:
            return self.fixed
        if self.places is not None:
            return Fraction(1, 10**self.places)
        size = exact.decimal(value, self.digits).adjusted() if value else 0
        return Fraction(10) ** (size + 1 - self.digits) if value else Fraction(1, 10**self.digits)

    def is_rounded(self, value: Number) -> bool:
        """Whether a person has to round this number to give it."""
        if self.fixed is not None or not isinstance(value, Fraction):
            return True
        if self.places is not None:
            return Fraction(value * 10**self.places).denominator != 1
        return value.denominator != 1 and exact.as_fraction(exact.decimal(value, self.digits)) != value

    def number(self, value: Number) -> Fraction:
        """The value as the decimal that is written: in full where it ends soon, else two digits more than asked for."""
        if isinstance(value, Fraction) and exact.as_fraction(exact.decimal(value, EXACTLY)) == value:
            return value
        step = self.unit(value) / 100
        return round(exact.as_fraction(value) / step) * step

    def usual(self, value: Number) -> Fraction:
        """How far an answer may be off: one in the last place, and less for a whole number, which nobody rounds."""
        unit = self.unit(value)
        whole = self.fixed is None and isinstance(value, Fraction) and value.denominator == 1
        return min(unit, LARGEST_WHOLE_TOLERANCE) if whole else unit

    def least(self, value: Number) -> Fraction:
        """How far off an answer must be let be: what rounding takes."""
        if self.fixed is not None:
            return self.fixed
        return HALF * self.unit(value) if self.is_rounded(value) else self.usual(value) / 1000


def blank(
    key: str,
    label: Maths,
    after: str,
    right: Value,
    wrong: Iterable[tuple[Value, Sequence[str]]],
    weight: int,
    asked: Precision,
) -> Blank:
    """The blank of a quantity; raises Mistake where it has no number, or none that a learning platform can hold.

    ``wrong`` are the numbers that slips give, with what the person did; those too close to be told apart become one.
    """
    if isinstance(right, Undefined):
        raise Mistake(f'{key} has no number ({right.why}); ask for others in [[question]], with of = ["…"]')
    if not _is_writable(right):
        raise Mistake(f"{key} is {exact.brief(right)}, which a learning platform cannot hold; ask for others")
    goal = _Goal.of(right, asked)
    kept: list[tuple[_Goal, list[str]]] = []
    for value, did in wrong:
        if isinstance(value, Undefined) or not _is_writable(value):
            continue
        other = _Goal.of(value, asked)
        if other.room(goal) <= 0:
            continue
        beside = [said for taken, said in kept if other.room(taken) <= 0]
        for said in beside:
            said += did
        if not beside and len(kept) < MOST_WRONG:
            kept.append((other, [*did]))
    goals = [goal, *(other for other, _ in kept)]
    told = tuple(Wrong(other.number, other.tolerance(goals), either(said)) for other, said in kept)
    return Blank(key, label, after, right, goal.number, goal.tolerance(goals), told, weight)


@dataclass(frozen=True)
class _Goal:
    """A number that an answer may hit: how far off it must be let be, and how far it may be at the most."""

    number: Fraction
    least: Fraction
    usual: Fraction

    @classmethod
    def of(cls, value: Number, asked: Precision) -> _Goal:
        return cls(asked.number(value), asked.least(value), asked.usual(value))

    def room(self, other: _Goal) -> Fraction:
        """What lies between the answers that the two must take."""
        return abs(self.number - other.number) - (self.least + other.least) * Fraction(101, 100)

    def tolerance(self, goals: Iterable[_Goal]) -> Fraction:
        """As much as usual, but less than half of the room to every other goal."""
        rooms = (self.room(other) for other in goals if other is not self)
        allowed = min((self.usual, *(self.least + room * Fraction(49, 100) for room in rooms)))
        return max(exact.as_fraction(exact.decimal(allowed, 2, ROUND_FLOOR)), self.least)


def written(number: Fraction) -> str:
    """A decimal as every platform reads it: 20, -0.25, 1e-9."""
    digits = exact.decimal(number, 400)
    if exact.as_fraction(digits) != number:
        raise ValueError(f"{number} is no decimal")
    return exact.written(digits)


def _is_writable(value: Number) -> bool:
    size = exact.decimal(value, EXACTLY).adjusted()
    return value == 0 or -FARTHEST < size < FARTHEST
