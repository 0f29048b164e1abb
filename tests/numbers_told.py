"""Which numbers a text tells: the judge of hints, which must not tell the right ones.

It knows nothing of how hints are made.  It reads every number of a text (5, −0.25, 1/3, 2·10⁻⁵) and compares it with a
right number rounded, half up, half even or cut off, to 2 to 12 significant digits, and with the number itself, whatever
the signs.  A number of one digit tells another only if it is exactly that.

What it cannot see: a number spelled in words, or one that a person would have to work out (10·2 is not read as 20).
"""

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import cache

from symnet.computing.exact import Undefined

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_NUMBER = re.compile(
    r"(?<![\w.])([0-9]+(?:\.[0-9]+)?)(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)|[eE]([+-]?[0-9]+))?(?:/([0-9]+)(?![0-9.]))?(?![A-Za-z_0-9])"
)


@cache
def told(text):
    """((number, how many digits it shows), …) of every number in the text."""
    found = []
    for whole, raised, exponent, below in _NUMBER.findall(text):
        digits = len(whole.replace(".", "").lstrip("0"))
        number = Fraction(whole) * Fraction(10) ** int((raised.translate(_RAISED) or exponent) or 0)
        found.append((number, digits))
        if raised or exponent:
            found.append((Fraction(whole), digits))
        if below and int(below):
            found.append((number / int(below), 12))
    return tuple(found)


@cache
def spellings(value):
    """The right number as anybody may write it: (exactly, in 2 digits or more)."""
    if isinstance(value, Undefined):
        return frozenset(), frozenset()
    value = abs(value)
    exactly = {Fraction(value)}
    rounded = set()
    for digits in range(2, 13):
        for rounding in (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN):
            context = Context(prec=digits, rounding=rounding)
            if isinstance(value, Fraction):
                rounded.add(Fraction(context.divide(Decimal(value.numerator), Decimal(value.denominator))))
            else:
                rounded.add(Fraction(context.plus(value)))
    return frozenset(exactly), frozenset(rounded)


def tells(text, value):
    """The first number of the text that is the value in some spelling; None where there is none."""
    exactly, rounded = spellings(value)
    for number, digits in told(text):
        if number in exactly or (digits >= 2 and number in rounded):
            return number
    return None
