"""A number as somebody wrote it down, and whether it is a certain number: exactly, rounded, cut off, or up to noise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from symnet.algebra.mistakes import Mistake, shown
from symnet.computing.exact import Number, Undefined, Value
from symnet.computing.rounding import FAR, single
from symnet.working.digits import digits_of

_NUMBER = re.compile(r"([+-]?)(\d*)(?:[.,](\d*))?(?:[eE]([+-]?\d{1,4}))?")
_FRACTION = re.compile(r"([+-]?\d+)\s*/\s*(\d+)")
_NONE = ("undefined", "none", "does not exist")

# What a number may be off by after a handful of operations, relative to itself.
NOISE = {"float32": Fraction(1, 2**21), "float64": Fraction(1, 10**12)}
_FIGURES = {"float32": 6, "float64": 14}  # from so many figures on, noise is meant and not rounding
_SINGLE = 8  # figures up to which any number is as good as one of single precision
_NOTHING = {"float32": Fraction(1, 10**6), "float64": Fraction(1, 10**12)}  # what noise leaves where 0 is right


class Nearly(NamedTuple):
    """A way to be right without being exact: what is said to the person, and what is said of a class."""

    says: str
    did: str


NEARLY = {
    "rounded": Nearly("Right, rounded to the digits shown.", "rounded to the digits shown"),
    "truncated": Nearly(
        "Right, but truncated instead of rounded at the last digit shown.", "cut off instead of rounding"
    ),
    "unrounded": Nearly(
        "Right, but for the rounding of every line that this exercise asks for.", "did not round every line"
    ),
    "float32": Nearly("Right, but for the noise of float32 (single precision).", "carried the noise of float32"),
    "float64": Nearly("Right, but for the noise of float64 (double precision).", "carried the noise of float64"),
}


@dataclass(frozen=True)
class Given:
    """An answer: its ``text``, its ``number`` (None for "undefined"), and the ``unit`` of the last digit shown.

    A fraction has no last digit and is meant exactly: its unit is None.  ``figures`` are the significant digits.
    """

    text: str
    number: Fraction | None
    unit: Fraction | None = None
    figures: int = 0

    @property
    def decimals(self) -> int:
        """How many decimals are shown; 0 for a fraction."""
        return len(str(self.unit.denominator)) - 1 if self.unit is not None else 0

    @property
    def is_bare_zero(self) -> bool:
        """Whether this is a 0 that shows no decimals."""
        return self.number == 0 and self.unit is not None and self.unit >= 1

    def matches(self, value: Value) -> str:
        """How this is the number: "exact", "rounded", "truncated", "float32" or "float64"; "" where it is not.

        A whole number is close to the true one: nobody who finds 4.5 rounds it to 5, or 0.98 to a bare 1; and nobody
        cuts 0.28 off to 0.2.
        """
        if isinstance(value, Undefined) or self.number is None:
            return "exact" if isinstance(value, Undefined) and self.number is None else ""
        true = fraction_of(value)
        if true is None:
            return ""
        off = abs(self.number - true)
        # What is left of an irrational 0, of the digits carried, is 0.
        nothing = abs(true) if self.number else Fraction(1, 10**10)
        if off == 0 or (not isinstance(value, Fraction) and off * 10**30 <= nothing):
            return "exact"
        if self.unit is None:
            return ""
        close = self.decimals > (0 if self.number else 1) or 100 * off <= abs(true)
        if 2 * off <= self.unit and close:
            return "rounded"
        cut = close and (self.figures > 1 or self.decimals > 1 or 8 * off <= abs(true))
        if cut and off < self.unit and (0 < self.number / true < 1 if self.number else self.decimals > 1):
            return "truncated"
        for kind in ("float64", "float32"):
            noise = off <= NOISE[kind] * abs(true) and self.figures >= _FIGURES[kind]
            if (noise or (true == 0 and off <= _NOTHING[kind])) and (kind == "float64" or self._is_single()):
                return kind
        return ""

    def _is_single(self) -> bool:
        """Whether the digits shown may be those of a number of single precision."""
        if self.number is None or self.unit is None or self.figures <= _SINGLE:
            return True
        return abs(Fraction(single(self.number)) - self.number) <= self.unit


def fraction_of(value: Number) -> Fraction | None:
    """The number as a fraction, 0 where it is next to nothing; None where it is too large for anybody to write."""
    if isinstance(value, Fraction) or abs(value.adjusted()) < FAR:
        return Fraction(value)
    return Fraction(0) if value.adjusted() < 0 else None


def read_number(text: str, where: str) -> Given:
    """The number that a person wrote: 5, -0.25, 0,25, 1/3, 2e-5, ≈ 0.48, 5·10¹ or "undefined"; raises Mistake."""
    if text.strip().lower() in _NONE:
        return Given(text.strip(), None)
    word = digits_of(text)
    fraction = _FRACTION.fullmatch(word)
    if fraction is not None and int(fraction[2]):
        return Given(text.strip(), Fraction(int(fraction[1]), int(fraction[2])))
    match = _NUMBER.fullmatch(word)
    if match is None or not (match[2] or match[3]):
        raise Mistake(f'{where} is {shown(text)}; it must be a number such as 5, -0.25 or 1/3, or "undefined"')
    whole, decimals, exponent = match[2], match[3] or "", int(match[4] or 0)
    number = Fraction(Decimal(f"{match[1]}{whole or 0}.{decimals or 0}e{exponent}"))
    figures = len((whole + decimals).lstrip("0"))
    return Given(text.strip(), number, Fraction(10) ** (exponent - len(decimals)), figures)
