"""A number as somebody wrote it down, and whether it is a certain number: exactly, rounded, cut off, or up to noise."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any, NamedTuple

from symnet.algebra.mistakes import Mistake, shown
from symnet.computing.exact import Number, Undefined, Value
from symnet.computing.many import np
from symnet.computing.rounding import FAR, single
from symnet.diagnosis.digits import digits_of

_NUMBER = re.compile(r"([+-]?)(\d*)(?:[.,](\d*))?(?:[eE]([+-]?\d{1,4}))?")
_FRACTION = re.compile(r"([+-]?\d+)\s*/\s*(\d+)")
_TENS = re.compile(r"10+")
_NONE = ("undefined", "none", "does not exist")

# What a number may be off by after a handful of operations, relative to itself.
NOISE = {"float32": Fraction(1, 2**21), "float64": Fraction(1, 10**12)}
_FIGURES = {"float32": 6, "float64": 14}  # from so many figures on, noise is meant and not rounding
_LOST = Fraction(1, 10**30)  # below this a machine may have 0
_CAREFUL = 7  # from so many figures on, one or two off in the last is rounding on the way
_FILLED_UP = 6  # from so many figures on, zeros before the point may only fill up, as numbers are printed here
_SURE = 1e-10  # what estimates may be off by, relative to themselves
_SINGLE = 8  # figures up to which any number is as good as one of single precision
_NOTHING = {"float32": Fraction(1, 10**6), "float64": Fraction(1, 10**12)}  # what noise leaves where 0 is right


class Nearly(NamedTuple):
    """A way to be right without being exact: what is said to the person, and what is said of a class."""

    says: str
    did: str


NEARLY = {
    "rounded": Nearly("Right, rounded to the digits shown.", "rounded to the digits shown"),
    "truncated": Nearly(
        "Right, but truncated instead of rounded in the last digit shown.", "cut off instead of rounding"
    ),
    "unrounded": Nearly(
        "Right, except that this exercise asks for every line to be rounded.", "did not round every line"
    ),
    "last-place": Nearly(
        "Right except for the last digit, as happens when intermediate results are rounded.", "rounded on the way"
    ),
    "float32": Nearly("Right, up to the noise of float32 (single precision).", "carried the noise of float32"),
    "float64": Nearly("Right, up to the noise of float64 (double precision).", "carried the noise of float64"),
}


@dataclass(frozen=True)
class Answer:
    """An answer: its ``text``, its ``number`` (None for "undefined"), and the ``unit`` of the last digit shown.

    A fraction has no last digit and is meant exactly: its unit is None; but 28/100 is 0.28.  ``figures`` are the
    significant digits, and ``habit`` is the unit to which a person is seen to round all numbers, where there is one.
    """

    text: str
    number: Fraction | None
    unit: Fraction | None = None
    figures: int = 0
    habit: Fraction = Fraction(0)

    @property
    def decimals(self) -> int:
        """How many decimals are shown; 0 for a fraction."""
        return len(str(self.unit.denominator)) - 1 if self.unit is not None else 0

    def written_as(self, other: Answer) -> Answer:
        """This number to as many decimals as another, or as many significant digits: the coarser of the two.

        Zeros at the end may have been left out of it.
        """
        if self.unit is None or other.unit is None or not self.number:
            return self
        size = len(str(int(abs(self.number)))) if abs(self.number) >= 1 else 0
        by_figures = Fraction(10) ** (size - other.figures) if size else other.unit
        return replace(self, unit=min(self.unit, max(other.unit, by_figures)))

    def matches(self, value: Value) -> str:
        """How this is the number: "exact", or one of the ways in NEARLY; "" where it is not.

        A whole number is close to the true one: nobody who finds 4.5 rounds it to 5, or 0.98 to a bare 1, unless all
        numbers have one decimal; nobody writes 0.1 for 0.055 unless all have; and nobody cuts 0.28 off to 0.2.
        """
        if isinstance(value, Undefined) or self.number is None:
            return "exact" if isinstance(value, Undefined) and self.number is None else ""
        true = fraction_of(value)
        if true is None:
            return ""
        off = abs(self.number - true)
        if off == 0 or (not isinstance(value, Fraction) and off * 10**30 <= abs(true)):
            return "exact"
        ways = self._nearly(off, abs(true), self.number * true > 0 and abs(self.number) < abs(true))
        return next((way for way, holds in ways if holds), "")

    def estimated(self, numbers: Any) -> tuple[Any, Any]:
        """For an array of estimates: where this surely is the number, and where it may be (arrays of bool)."""
        if self.number is None:
            return np.zeros(np.shape(numbers), bool), np.isnan(numbers)
        number, size = float(self.number), np.abs(numbers)
        off, slack = np.abs(number - numbers), _SURE * (np.abs(numbers) + np.abs(number))
        inside = (number * numbers > 0) & (abs(number) < size)
        none = np.zeros(np.shape(numbers), bool)
        surely = reduce(operator.or_, (holds for _, holds in self._nearly(off + slack, size, inside)), none)
        inside = (number * numbers > 0) & (abs(number) < size + slack)
        maybe = reduce(operator.or_, (holds for _, holds in self._nearly(off - slack, size, inside)), none)
        return surely, surely | maybe | (off <= slack)

    def _nearly(self, off: Any, size: Any, inside: Any) -> Iterator[tuple[str, Any]]:
        """The ways to be nearly a number, and whether each holds for one that is ``off`` by so much and of that size.

        ``inside``: this lies between 0 and the number.  Works on numbers and on arrays of them alike.
        """
        if self.unit is None:
            return
        kind = Fraction if isinstance(off, Fraction) else float
        unit, decimals = kind(self.unit), self.decimals
        close = (100 * off <= size) | (decimals > (0 if self.number else 1)) | (2 * off <= kind(self.habit))
        if self.number and self.figures == 1:
            close = close & ((2 * off <= size) | (2 * off <= kind(self.habit)))
        yield "rounded", (2 * off <= unit) & close
        if self._filled_up is not None:
            yield "rounded", 2 * off <= kind(self._filled_up)
        cut = close & ((8 * off <= size) | (self.figures > 1 or decimals > 1))
        yield "truncated", cut & (off < unit) & (inside if self.number else decimals > 1)
        for way in ("float64", "float32"):
            if way == "float64" or self._is_single():
                noise = (off <= kind(NOISE[way]) * size) & (self.figures >= _FIGURES[way])
                nothing = (size == 0) & (off <= kind(_NOTHING[way]))
                # What is next to nothing comes out as 0 in a machine.
                yield way, noise | nothing | ((size <= kind(_LOST)) & (self.number == 0))
        yield "last-place", (off <= 2 * unit) & (size > 0) & (self.figures >= _CAREFUL)

    @property
    def _filled_up(self) -> Fraction | None:
        """The unit of 1446260000000, where the zeros only fill up to the point; None where they may be meant."""
        if self.unit != 1 or not self.number:
            return None
        digits = str(abs(self.number))
        figures = len(digits.rstrip("0"))
        return Fraction(10) ** (len(digits) - figures) if _FILLED_UP <= figures < len(digits) else None

    def _is_single(self) -> bool:
        """Whether the digits shown may be those of a number of single precision."""
        if self.number is None or self.unit is None or self.figures <= _SINGLE:
            return True
        return abs(Fraction(single(self.number)) - self.number) <= self.unit


@dataclass(frozen=True)
class Count(Answer):
    """An answer that counts things: written out as a whole number it is the right one or it is not."""

    def _nearly(self, off: Any, size: Any, inside: Any) -> Iterator[tuple[str, Any]]:
        if self.unit != 1:  # 1.33e8, or 132.9·10^6
            yield from super()._nearly(off, size, inside)


def fraction_of(value: Number) -> Fraction | None:
    """The number as a fraction, 0 where it is next to nothing; None where it is too large for anybody to write."""
    if isinstance(value, Fraction) or abs(value.adjusted()) < FAR:
        return Fraction(value)
    return Fraction(0) if value.adjusted() < 0 else None


def read_count(text: str, where: str) -> Count:
    """The number that a person wrote for how many there are of something; raises Mistake."""
    read = read_number(text, where)
    return Count(read.text, read.number, read.unit, read.figures, read.habit)


def read_number(text: str, where: str) -> Answer:
    """The number that a person wrote: 5, -0.25, 0,25, 1/3, 2e-5, ≈ 0.48, 5·10¹ or "undefined"; raises Mistake."""
    if text.strip().lower() in _NONE:
        return Answer(text.strip(), None)
    word = digits_of(text)
    fraction = _FRACTION.fullmatch(word)
    if fraction is not None and int(fraction[2]):
        above, below = int(fraction[1]), int(fraction[2])
        if _TENS.fullmatch(fraction[2]):  # a decimal, written as it is spoken
            return Answer(text.strip(), Fraction(above, below), Fraction(1, below), len(str(abs(above)).lstrip("0")))
        return Answer(text.strip(), Fraction(above, below))
    match = _NUMBER.fullmatch(word)
    if match is None or not (match[2] or match[3]):
        by_zero = ", a division by zero" if fraction is not None else ""
        raise Mistake(f'{where} is {shown(text)}{by_zero}; it must be a number such as 5, -0.25 or 1/3, or "undefined"')
    whole, decimals, exponent = match[2], match[3] or "", int(match[4] or 0)
    number = Fraction(Decimal(f"{match[1]}{whole or 0}.{decimals or 0}e{exponent}"))
    figures = len((whole + decimals).lstrip("0"))
    return Answer(text.strip(), number, Fraction(10) ** (exponent - len(decimals)), figures)
