"""Numbers that are not to be told: what spells one of them, and a text with them taken out.

The right number of a wrong answer is a secret, and so is whatever it may be read off from: the same number with another
sign, as a fraction, or rounded or cut off to two digits or more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.diagnosis.answer import fraction_of

BLANK = "□"  # what stands where a secret would
_FEWEST, _MOST = 2, 17  # figures that tell a number
_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_TOKEN = re.compile(r"(?<![\w.,/⁄])(\d+(?:[.,]\d+)?)(?:/(\d+))?(?![\w/]|[.,]\d)")


class SecretNumbers:
    """The secrets of one sheet of answers."""

    def __init__(self, values: Iterable[Value]) -> None:
        self.undefined = False
        self._exactly: set[Fraction] = set()
        self._roundings: set[Decimal] = set()
        for value in values:
            self._keep(value)

    def _keep(self, value: Value) -> None:
        if isinstance(value, Undefined):
            self.undefined = True
            return
        fraction = fraction_of(value)
        if fraction is None:  # too large for anybody to write
            return
        self._exactly.add(abs(fraction))
        for figures in range(_FEWEST, _MOST + 1):
            for rounding in (ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_DOWN):
                self._roundings.add(abs(exact.decimal(fraction, figures, rounding)))

    def is_told_by(self, value: Value, digits: int) -> bool:
        """Whether a number that is shown in so many digits tells a secret."""
        if isinstance(value, Undefined):
            return self.undefined
        fraction = fraction_of(value)
        if fraction is None:
            return False
        shown = abs(exact.decimal(fraction, digits, ROUND_HALF_UP))
        return abs(fraction) in self._exactly or self._is_told(shown, exact.written(shown))

    def is_exactly(self, value: Value, digits: int) -> bool:
        """Whether a number is a secret, to all digits that are shown."""
        if isinstance(value, Undefined):
            return self.undefined
        fraction = fraction_of(value)
        if fraction is None:
            return False
        return any(exact.decimal(abs(fraction), digits) == exact.decimal(secret, digits) for secret in self._exactly)

    def masked(self, text: str) -> str:
        """The text without the secrets that stand in it by accident: a small one in words, any other as a blank."""
        return _TOKEN.sub(lambda found: self._masked(found), text)

    def _masked(self, found: re.Match[str]) -> str:
        token, below = found[1].replace(",", "."), found[2]
        if below is not None and int(below):
            told = Fraction(token) / int(below) in self._exactly
        else:
            told = self._is_told(Decimal(token), token)
        if not told:
            return found[0]
        return _WORDS[int(token)] if below is None and token in map(str, range(len(_WORDS))) else BLANK

    def _is_told(self, shown: Decimal, text: str) -> bool:
        figures = len(text.partition("e")[0].replace(".", "").lstrip("0"))
        return Fraction(shown) in self._exactly or (figures >= _FEWEST and shown in self._roundings)
