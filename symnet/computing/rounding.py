"""What people do to a number before they write it down: round it, cut it off, or keep what a machine keeps of it."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from symnet.computing import exact
from symnet.computing.exact import Number


@dataclass(frozen=True)
class Rounding:
    """A number as it is written down: to so many ``digits``, decimals or else ``significant`` ones.

    ``cut`` drops the rest instead of rounding; ``forward_only`` is for whoever rounds the forward pass and carries the
    backward pass in full.  ``digits`` 0 stands for single precision (IEEE 754 binary32).
    """

    digits: int
    significant: bool = False
    cut: bool = False
    forward_only: bool = False

    def __call__(self, x: Number) -> Number:
        if not self.digits:
            return single(x)
        if x == 0:
            return Fraction(0)
        places = self.digits
        if self.significant:
            places -= 1 + exact.decimal(x, 6, ROUND_DOWN).adjusted()
            if places < 0:
                return Fraction(exact.decimal(x, self.digits, ROUND_DOWN if self.cut else ROUND_HALF_UP))
        return cut_by_hand(x, places) if self.cut else exact.rounded_by_hand(x, places)

    def __str__(self) -> str:
        if not self.digits:
            return "single precision"
        kind = "significant digit" if self.significant else "decimal"
        return f"{self.digits} {kind}{'s' * (self.digits != 1)}"


def cut_by_hand(x: Number, places: int) -> Fraction:
    """x with everything after that many decimal places dropped."""
    return Fraction(math.trunc(exact.as_fraction(x) * 10**places), 10**places)


def single(x: Number) -> Number:
    """The nearest number of single precision (IEEE 754 binary32); x itself where it is beyond them."""
    try:
        return Fraction(struct.unpack("f", struct.pack("f", float(x)))[0])
    except (OverflowError, ValueError):
        return x


def decimals_of(written: Decimal) -> int:
    """How many decimals a number is written with."""
    return max(0, -int(written.as_tuple().exponent))
