"""What people do to a number before they write it down: round it, cut it off, or keep what a machine keeps of it."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP
from fractions import Fraction

from symnet.algebra.plurals import counted
from symnet.computing import exact
from symnet.computing.exact import Number

FAR = 1_000  # from where on a power of ten is no fraction to work with


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
        if not isinstance(x, Fraction) and abs(x.adjusted()) >= FAR and not self.significant:
            return x if x.adjusted() > 0 else Fraction(0)
        if not self.significant:
            return cut_by_hand(x, self.digits) if self.cut else exact.rounded_by_hand(x, self.digits)
        kept = exact.decimal(x, self.digits, ROUND_DOWN if self.cut else ROUND_HALF_UP)
        return Fraction(kept) if abs(kept.adjusted()) < FAR else kept

    def __str__(self) -> str:
        if not self.digits:
            return "single precision"
        kind = "significant digit" if self.significant else "decimal"
        return counted(self.digits, kind)


def cut_by_hand(x: Number, places: int) -> Fraction:
    """x with everything after that many decimal places dropped."""
    return Fraction(math.trunc(exact.as_fraction(x) * 10**places), 10**places)


def single(x: Number) -> Number:
    """The nearest number of single precision (IEEE 754 binary32); x itself where it is beyond them."""
    try:
        return Fraction(struct.unpack("f", struct.pack("f", float(x)))[0])
    except (OverflowError, ValueError):
        return x
