"""Numbers of hand work: exact rationals while they stay small, then many decimal digits, rounded only when shown.

A number is a ``Fraction`` (exact), a ``Decimal`` in the digits carried, or ``Undefined`` with the reason why there is
none.  The functions below take and give the first two, exactly where the answer is rational: exp(0) is 1 and √4 is 2.

Digits are carried by Python's ``decimal``, which is several times faster than mpmath and rounds in the base in which
people check; mpmath adds the functions it lacks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    getcontext,
    localcontext,
)
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import mpmath


@dataclass(frozen=True)
class Undefined:
    """In place of a number that does not exist, such as a derivative at a pole."""

    why: str


Number: TypeAlias = Fraction | Decimal
Value: TypeAlias = Fraction | Decimal | Undefined

MANY_DIGITS = 300  # from here mpmath's exp and log are quicker than Decimal's own
SWOLLEN = 2_000  # bits of numerator and denominator from which a rational is carried in digits instead
LARGEST_EXPONENT = 10**15  # numbers beyond 10^±this are refused
_FAR = 10**17  # exponents that decimal can hold with room to spare


class DomainError(ArithmeticError):
    """A value that does not exist among the real numbers, or is too large to be written."""


class Carried:
    """Whether, since the digits to carry were last set, a sum has cancelled to nothing but rounding."""

    doubtful = False


_carried = Carried()


@contextmanager
def digits_carried(digits: int) -> Iterator[Carried]:
    """Within it, numbers that are not exact are carried to this many decimal digits."""
    with localcontext(_context(digits)):
        _carried.doubtful = False
        yield _carried


def _context(digits: int) -> Context:
    return Context(
        prec=digits, rounding=ROUND_HALF_EVEN, Emin=-_FAR, Emax=_FAR, traps=[DivisionByZero, InvalidOperation, Overflow]
    )


def real(x: Number) -> Decimal:
    """The number in the digits carried."""
    return Decimal(x.numerator) / Decimal(x.denominator) if type(x) is Fraction else x  # type: ignore[return-value]


def small(x: Number) -> Number:
    """The number itself, or its digits where an exact rational has swollen."""
    if type(x) is Fraction and x.numerator.bit_length() + x.denominator.bit_length() > SWOLLEN:
        return real(x)
    return x


def add(*terms: Number) -> Number:
    """The sum of the terms, exact where all of them are."""
    if all(type(term) is Fraction for term in terms):
        return sum(terms[1:], terms[0])
    digits = [real(term) for term in terms]
    total = sum(digits[1:], digits[0])
    # What is left of a sum may be nothing but the rounding of its terms; more digits must then be carried to know.
    largest = max((term.adjusted() for term in digits if term), default=None)
    if largest is not None and (not total or total.adjusted() <= largest - getcontext().prec + 2):
        _carried.doubtful = True
    return total


def multiply(*factors: Number) -> Number:
    """The product of the factors, exact where all of them are, or where one of them is 0."""
    if all(type(factor) is Fraction for factor in factors):
        return math.prod(factors[1:], start=factors[0])
    if any(type(factor) is Fraction and factor == 0 for factor in factors):
        return Fraction(0)
    return math.prod(map(real, factors[1:]), start=real(factors[0]))


def divide(a: Number, b: Number) -> Number:
    """a / b; DomainError for b = 0."""
    if b == 0:
        raise DomainError("division by zero")
    if type(a) is Fraction and (type(b) is Fraction or a == 0):
        return a / b if type(b) is Fraction else a
    return real(a) / real(b)


def power(base: Number, exponent: Number) -> Number:
    """base^exponent; DomainError for 0 to a negative power or a negative base with a fractional exponent."""
    if base == 0:
        if exponent < 0:
            raise DomainError("division by zero")
        result = Fraction(int(exponent == 0))
        return result if type(base) is Fraction and type(exponent) is Fraction else real(result)
    if type(exponent) is Fraction:
        if exponent.denominator == 1:
            return integer_power(base, exponent.numerator)
        root = _exact_root(base, exponent) if type(base) is Fraction and base > 0 else None
        if root is not None:
            return root
    elif (whole := real(exponent)) == whole.to_integral_value():
        _check_size(real(base).adjusted() * whole)
        return real(base) ** whole
    if base < 0:
        what = "square root" if exponent == Fraction(1, 2) else f"the power {brief(exponent)}"
        raise DomainError(f"{what} of a negative number ({brief(base)})")
    digits = real(base)
    if exponent == Fraction(1, 2):
        return digits.sqrt()
    _check_size(digits.ln() * real(exponent))
    return digits ** real(exponent)


def integer_power(base: Number, exponent: int) -> Number:
    """base^exponent for a whole exponent; DomainError for 0 to a negative one."""
    if base == 0 and exponent < 0:
        raise DomainError("division by zero")
    if type(base) is Fraction:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits * abs(exponent) <= 4 * SWOLLEN:
            return base**exponent
    digits = real(base)
    _check_size(Decimal(digits.adjusted() * exponent))
    return digits**exponent


def _exact_root(base: Fraction, exponent: Fraction) -> Fraction | None:
    """base^(p/q) where it is rational, as √(4/9) is 2/3; None where it is not, or too large to look for."""
    degree = exponent.denominator
    if degree > 64 or abs(exponent.numerator) > 64:
        return None
    parts = [_integer_root(part, degree) for part in (base.numerator, base.denominator)]
    if parts[0] is None or parts[1] is None:
        return None
    return Fraction(parts[0], parts[1]) ** exponent.numerator


def _integer_root(n: int, degree: int) -> int | None:
    if degree == 2:
        root = math.isqrt(n)
    else:
        low, high = 0, 1 << (n.bit_length() // degree + 1)
        while low < high:  # the largest root with root^degree <= n is in [low, high]
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**degree <= n else (low, middle - 1)
        root = low
    return root if root**degree == n else None


def exp(x: Number) -> Number:
    """e^x."""
    if _is(x, 0):
        return Fraction(1)
    digits = real(x)
    _check_size(digits)
    return digits.exp() if getcontext().prec < MANY_DIGITS else _by_mpmath(mpmath.exp, digits)


def log(x: Number) -> Number:
    """The natural logarithm; DomainError for x ≤ 0."""
    if x <= 0:
        raise DomainError(f"log of {'zero' if x == 0 else f'a negative number ({brief(x)})'}")
    if _is(x, 1):
        return Fraction(0)
    value = real(x).ln() if getcontext().prec < MANY_DIGITS else _by_mpmath(mpmath.log, real(x))
    if value.adjusted() < 2 - getcontext().prec:  # x is 1 but for rounding
        _carried.doubtful = True
    return value


def tanh(x: Number) -> Number:
    """Hyperbolic tangent, (1 − e^(−2x))/(1 + e^(−2x))."""
    if _is(x, 0):
        return Fraction(0)
    digits = real(x)
    carried = getcontext().prec
    small_by = max(0, -digits.adjusted())
    if 2 * small_by > carried + 2:
        return digits  # tanh x = x − x³/3 + …
    if digits.adjusted() > 15:
        return Decimal(1).copy_sign(digits)
    with localcontext() as context:
        context.prec = carried + small_by + 3  # 1 − e^(−2x) cancels where x is small
        falling = (-2 * abs(digits)).exp()
        value = ((1 - falling) / (1 + falling)).copy_sign(digits)
    return +value


def sin(x: Number) -> Number:
    """Sine of x radians."""
    return Fraction(0) if _is(x, 0) else _by_mpmath(mpmath.sin, _angle(x))


def cos(x: Number) -> Number:
    """Cosine of x radians."""
    return Fraction(1) if _is(x, 0) else _by_mpmath(mpmath.cos, _angle(x))


def erf(x: Number) -> Number:
    """The error function."""
    if _is(x, 0):
        return Fraction(0)
    digits = real(x)
    # Beyond that the value is 1 to every digit that could be carried.
    return Decimal(1).copy_sign(digits) if digits.adjusted() > 3 else _by_mpmath(mpmath.erf, digits)


def pi() -> Decimal:
    """π in the digits carried."""
    return _pi(getcontext().prec)


@cache
def _pi(digits: int) -> Decimal:
    with mpmath.workdps(digits + 5):
        return +Decimal(mpmath.nstr(mpmath.pi, digits + 5))


def _by_mpmath(function: Callable[[mpmath.mpf], mpmath.mpf], x: Decimal) -> Decimal:
    """A function that Decimal lacks, or that mpmath works out quicker.

    The numbers cross over as integers: Python refuses to write very long ones as text.
    """
    exponent = int(x.as_tuple().exponent)
    with mpmath.workdps(getcontext().prec + 10):
        value = function(mpmath.mpf(int(x.scaleb(-exponent))) * mpmath.mpf(10) ** exponent)
        sign, mantissa, binary, _ = value._mpf_
    with localcontext() as context:
        context.prec += 10
        result: Decimal = Decimal(-int(mantissa) if sign else int(mantissa)) * Decimal(2) ** int(binary)
    return +result


def _is(x: Number, number: int) -> bool:
    """Whether x is exactly that number; digits that look like it may only be rounded to it."""
    return type(x) is Fraction and x == number


def _angle(x: Number) -> Decimal:
    digits = real(x)
    if digits.adjusted() > 1_000:
        raise DomainError(f"sine or cosine of {brief(x)}: the angle is too large")
    return digits


def _check_size(log: Decimal) -> None:
    if abs(log) > LARGEST_EXPONENT:
        raise DomainError(f"the result is too {'large' if log > 0 else 'close to zero'} to be written")


# -- rounding and showing ---------------------------------------------------------------------------------------------


def rounded_by_hand(x: Number, places: int) -> Fraction:
    """x to that many decimal places as a person rounds, a 5 away from zero."""
    scaled = as_fraction(x) * 10**places
    whole = math.floor(abs(scaled) + Fraction(1, 2))
    return Fraction(whole if scaled >= 0 else -whole, 10**places)


def as_fraction(x: Number) -> Fraction:
    """The rational that the digits carried stand for, exactly."""
    if type(x) is not Fraction and abs(x.adjusted()) > 20_000:  # type: ignore[union-attr]
        if x.adjusted() < 0:  # type: ignore[union-attr]
            return Fraction(0)
        raise DomainError(f"{brief(x)} is too large to be rounded")
    return Fraction(x)


def decimal(x: Number, digits: int, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """x correctly rounded to that many significant digits."""
    context = _context(digits)
    context.rounding = rounding
    return context.divide(Decimal(x.numerator), Decimal(x.denominator)) if type(x) is Fraction else context.plus(x)  # type: ignore[arg-type]


def written(number: Decimal, figures: int = 0) -> str:
    """The decimal with an exponent only where it is far from 1.

    Without trailing zeros, or filled with them to so many significant ``figures``, as a rounded number is written.
    """
    if number == 0:
        return "0"
    sign, digits, _ = number.as_tuple()
    size = number.adjusted()
    significant = "".join(map(str, digits)).rstrip("0").ljust(figures, "0")
    minus = "-" if sign else ""
    if not -7 <= size < 21:
        point = "." if len(significant) > 1 else ""
        return f"{minus}{significant[0]}{point}{significant[1:]}e{size}"
    if size < 0:
        return f"{minus}0.{'0' * (-size - 1)}{significant}"
    whole = significant[: size + 1].ljust(size + 1, "0")
    rest = significant[size + 1 :]
    return f"{minus}{whole}{'.' if rest else ''}{rest}"


def brief(x: Number) -> str:
    """A few digits, for a message."""
    return written(decimal(x, 6))
