"""Numbers of hand work: exact rationals while they stay small, then many decimal digits, rounded only when shown.

A number is a ``Fraction`` (exact), a ``Decimal`` in the digits carried, or ``Undefined`` with the reason why there is
none.  The functions below take and give the first two, exactly where the answer is rational: exp(0) is 1 and √4 is 2.

Digits are carried by Python's ``decimal``, which is several times faster than mpmath and rounds in the base in which
people check; mpmath adds the functions it lacks.

Where a sum cancels, its digits say little.  By its ``fingerprint`` it is exactly 0, or else it is worked out again with
more digits.  What even 2,000 more of them do not show, a sum below 10⁻²⁰⁰⁰ of its terms, is 0 by convention.  So what
is 0 depends neither on the digits carried nor on time.
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
    Underflow,
    getcontext,
    localcontext,
)
from fractions import Fraction
from functools import cache
from typing import TypeAlias

import mpmath

from symnet.computing.fingerprint import vanishes
from symnet.computing.many_digits import Digits, made, worked_again


@dataclass(frozen=True)
class Undefined:
    """In place of a number that does not exist, such as a derivative at a pole."""

    why: str


Number: TypeAlias = Fraction | Decimal
Value: TypeAlias = Fraction | Decimal | Undefined

MANY_DIGITS = 300  # from here mpmath's exp and log are quicker than Decimal's own
SWOLLEN = 2_000  # bits of numerator and denominator from which a rational is carried in digits instead
MOST_LOST = 2_000  # digits that may cancel before what is left is 0 by convention
LARGEST_EXPONENT = 10**8  # powers and exponentials beyond e^±this are refused
_ZERO = Decimal(0)
_FAR = 400_000_000  # of exponents: decimal holds ±425,000,000 in 32 bits, and results are the same everywhere


class DomainError(ArithmeticError):
    """A value that does not exist among the real numbers, or is too large to be written."""


class Doubt(ArithmeticError):
    """What is left where digits cancel cannot be told without knowing where they come from."""


class Carried:
    """Whether, since the digits to carry were last set, all digits of a sum have cancelled.

    ``hauling`` is for digits without history: there a doubt is raised and not settled, or ``blind``, passed over.
    """

    cancelled = False
    hauling = False
    blind = False


_carried = Carried()


@contextmanager
def digits_carried(digits: int) -> Iterator[Carried]:
    """Within it, numbers that are not exact are carried to this many decimal digits."""
    with localcontext(_context(digits)):
        _carried.cancelled = False
        yield _carried


@contextmanager
def hauling(blind: bool) -> Iterator[None]:
    """Within it, digits have no history: where they cancel Doubt is raised, or, ``blind``, the rounding is taken."""
    _carried.hauling, _carried.blind = True, blind
    try:
        yield
    finally:
        _carried.hauling = False


def doubt() -> None:
    """What to do where the digits that are hauled cancel."""
    if not _carried.blind:
        raise Doubt("digits cancel")


def _context(digits: int) -> Context:
    return Context(
        prec=digits,
        rounding=ROUND_HALF_EVEN,
        Emin=-_FAR,
        Emax=_FAR,
        traps=[DivisionByZero, InvalidOperation, Overflow, Underflow],
    )


def real(x: Number) -> Decimal:
    """The number in the digits carried."""
    return Decimal(x.numerator) / Decimal(x.denominator) if type(x) is Fraction else x  # type: ignore[return-value]


def small(x: Number) -> Number:
    """The number itself, or its digits where an exact rational has swollen."""
    if type(x) is Fraction and x.numerator.bit_length() + x.denominator.bit_length() > SWOLLEN:
        return made(real(x), small, (x,))
    return x


def _settled(how: Callable[..., Number], of: tuple[Number, ...], work: Callable[..., tuple[Decimal, int]]) -> Number:
    """What ``how`` makes of the numbers, with most of its digits right; ``work`` gives it with the digits it loses."""
    value, lost = work(*of)
    carried = getcontext().prec
    if 2 * lost <= carried:
        return made(value, how, of)
    if _carried.hauling:
        doubt()
        return value
    if lost >= carried - 2:
        _carried.cancelled = True
    if vanishes(how, of):
        return Fraction(0)
    most, digits = carried + MOST_LOST, carried
    while lost > digits - carried and digits < most:
        digits = min(2 * digits, most)
        with localcontext() as context:
            context.prec = digits
            value, lost = work(*worked_again(of, digits))
        # Roots are dear to look into, and most that is not 0 shows itself with twice the digits.
        if lost > digits - carried and digits <= 2 * carried and vanishes(how, of, thoroughly=True):
            return Fraction(0)
    return made(+value, how, of) if lost <= MOST_LOST else Fraction(0)


def add(*terms: Number) -> Number:
    """The sum of the terms, exact where all of them are."""
    for term in terms:
        if type(term) is not Fraction:
            return _settled(add, terms, _sum)
    return sum(terms[1:], terms[0])


def _sum(*terms: Number) -> tuple[Decimal, int]:
    total, largest = _ZERO, -_FAR * 2
    for term in terms:
        digits = real(term)
        total += digits
        if digits and digits.adjusted() > largest:
            largest = digits.adjusted()
    if total:
        return total, largest - total.adjusted()
    return total, _FAR if largest >= -_FAR else 0


def compare(a: Number, b: Number) -> int:
    """1 where a > b, 0 where they are equal, −1 where a < b."""
    if type(a) is Fraction and type(b) is Fraction:
        return int(a > b) - int(a < b)
    difference = add(a, multiply(Fraction(-1), b))
    return int(difference > 0) - int(difference < 0)


def multiply(*factors: Number) -> Number:
    """The product of the factors, exact where all of them are, or where one of them is 0."""
    exactly = True
    for factor in factors:
        if type(factor) is not Fraction:
            exactly = False
        elif not factor.numerator:
            return factor
    if exactly:
        return math.prod(factors[1:], start=factors[0])
    return made(math.prod(map(real, factors[1:]), start=real(factors[0])), multiply, factors)


def divide(a: Number, b: Number) -> Number:
    """a / b; DomainError for b = 0."""
    if b == 0:
        raise DomainError("division by zero")
    if type(a) is Fraction and (type(b) is Fraction or a == 0):
        return a / b if type(b) is Fraction else a
    return made(real(a) / real(b), divide, (a, b))


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
        return made(real(base) ** whole, power, (base, exponent))
    if base < 0:
        what = "square root" if exponent == Fraction(1, 2) else f"the power {brief(exponent)}"
        raise DomainError(f"{what} of a negative number ({brief(base)})")
    digits = real(base)
    if exponent == Fraction(1, 2):
        return made(digits.sqrt(), power, (base, exponent))
    _check_size(_context(30).ln(digits) * real(exponent))
    if getcontext().prec < MANY_DIGITS:
        return made(digits ** real(exponent), power, (base, exponent))
    with localcontext() as context:
        context.prec += 20  # more than the size of the logarithm takes
        value = _by_mpmath(mpmath.exp, real(exponent) * _by_mpmath(mpmath.log, digits))
    return made(+value, power, (base, exponent))


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
    return made(digits**exponent, integer_power, (base, exponent))


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
    value = digits.exp() if getcontext().prec < MANY_DIGITS else _by_mpmath(mpmath.exp, digits)
    return made(value, exp, (x,))


def log(x: Number) -> Number:
    """The natural logarithm; DomainError for x ≤ 0."""
    if x <= 0:
        raise DomainError(f"log of {'zero' if x == 0 else f'a negative number ({brief(x)})'}")
    if _is(x, 1):
        return Fraction(0)
    return _settled(log, (x,), _log)


def _log(x: Number) -> tuple[Decimal, int]:
    value = real(x).ln() if getcontext().prec < MANY_DIGITS else _by_mpmath(mpmath.log, real(x))
    return value, -value.adjusted() if value else _FAR  # x may be 1 but for rounding


def tanh(x: Number) -> Number:
    """Hyperbolic tangent, (1 − e^(−2x))/(1 + e^(−2x))."""
    return Fraction(0) if _is(x, 0) else made(_tanh(real(x)), tanh, (x,))


def _tanh(digits: Decimal) -> Decimal:
    carried = getcontext().prec
    small_by = max(0, -digits.adjusted())
    if 2 * small_by > carried + 2:
        return digits  # tanh x = x − x³/3 + …
    if digits.adjusted() > 6:  # 1 to more digits than are ever carried
        return Decimal(1).copy_sign(digits)
    with localcontext() as context:
        context.prec = carried + small_by + 3  # 1 − e^(−2x) cancels where x is small
        falling = (-2 * abs(digits)).exp()
        value = ((1 - falling) / (1 + falling)).copy_sign(digits)
    return +value


def sin(x: Number) -> Number:
    """Sine of x radians."""
    return Fraction(0) if _is(x, 0) else _settled(sin, (x,), _sin)


def _sin(x: Number) -> tuple[Decimal, int]:
    angle = _angle(x)
    value = _by_mpmath(mpmath.sin, angle)
    return value, angle.adjusted() - value.adjusted() if value else _FAR


def cos(x: Number) -> Number:
    """Cosine of x radians."""
    return Fraction(1) if _is(x, 0) else _settled(cos, (x,), _cos)


def _cos(x: Number) -> tuple[Decimal, int]:
    angle = _angle(x)
    value = _by_mpmath(mpmath.cos, angle)
    return value, max(0, angle.adjusted()) - value.adjusted() if value else _FAR


def erf(x: Number) -> Number:
    """The error function."""
    if _is(x, 0):
        return Fraction(0)
    digits = real(x)
    # Beyond that the value is 1 to every digit that could be carried.
    value = Decimal(1).copy_sign(digits) if digits.adjusted() > 3 else _by_mpmath(mpmath.erf, digits)
    return made(value, erf, (x,))


def floor(x: Number) -> Number:
    """The largest whole number that is not above x."""
    if type(x) is Fraction:
        return Fraction(math.floor(x))
    if x.adjusted() > getcontext().prec:  # type: ignore[union-attr]
        return x
    nearest = Fraction(round(as_fraction(x)))  # of digits next to it, whether they are it is told as for a difference
    return nearest if compare(x, nearest) >= 0 else nearest - 1


def pi() -> Digits:
    """π in the digits carried."""
    return made(_pi(getcontext().prec), pi, ())


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
