"""Whether a number that is not rational is 0: its fingerprint.

The number is worked out a second time in a finite field, exactly.  A rational has its residue there.  exp turns sums
into products, a root gives its radicand when it is raised to its power, sin² + cos² is 1, tanh, erf and sin are odd,
log turns products and powers into sums, and everything else is arithmetic; apart from those laws exp, log, sin and erf
of a number are any element that belongs to its residue.  So whatever is 0 by these laws has the residue 0.  That
something else has it is an accident of odds below one in 10¹⁸, and would have to happen to a number whose first
digits cancel already.  Nothing is drawn: the fields and what is chosen in them are the same for ever.

The field of exp(x) has a prime p, and a number g whose powers repeat after q steps; exp(x) is g^x with x worked out
in the field of q.  So there is a tower of fields, and at its foot exp keeps only exp(−x) = 1/exp(x).

Every second residue has no square root in a field.  In another field it may, so several are tried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from hashlib import blake2b
from math import prod
from typing import Any

import sympy

from symnet.computing.many_digits import Digits, above

TOWERS = 40  # tried where a root occurs, as there is one root in every second
HEIGHT = 3  # fields one below the other
FOOT = 1 << 62  # where the primes at the foot begin
STEPS = 1_000  # of taking a logarithm apart
TERMS = 20  # of an exponent in which logarithms are looked for

# Modulo −1 in this all small primes have square roots, and odd roots are unique.
_SMALL = 8 * 3 * 5 * 7 * 11 * 13


@dataclass(frozen=True, eq=False)
class Field:
    """The whole numbers modulo ``prime``; ``generator`` has the order of the prime of the field ``below``."""

    prime: int
    generator: int = 0
    below: Field | None = None


def vanishes(how: Callable[..., Any], of: tuple[Any, ...], thoroughly: bool = False) -> bool:
    """Whether ``how`` makes 0 of these numbers, by the laws above; ``thoroughly`` where it should but for a root."""
    if not thoroughly:
        return _residue_of(how, of, tower(0)) == 0
    if not _rooted(of):
        return False
    return any(_residue_of(how, of, tower(i)) == 0 for i in range(1, TOWERS))


@cache
def tower(number: int) -> Field:
    """The highest field of a tower."""
    prime = _prime_from(FOOT // _SMALL * _SMALL + number * (_SMALL << 20) - 1, _SMALL)
    field = Field(prime)
    for _ in range(HEIGHT - 1):
        # p = (2 + a multiple of _SMALL) q + 1 is again −1 modulo _SMALL, as q is.
        prime = _prime_from(2 * field.prime + 1, _SMALL * field.prime)
        generator = pow(5, (prime - 1) // field.prime, prime)
        field = Field(prime, generator, field)
    return field


def _prime_from(start: int, step: int) -> int:
    while not sympy.isprime(start):
        start += step
    return start


def _residue_of(how: Callable[..., Any], of: tuple[Any, ...], field: Field) -> int | None:
    _mark(of, field)
    if field.below is not None and _raises(how):
        _mark(of, field.below)
    return _worked(how, of, field)


def _mark(numbers: tuple[Any, ...], field: Field) -> None:
    """Give the numbers, and all they are made of, their residues; None where they have none."""
    order = list(above(numbers, lambda x: x.marks is not None and field.prime in x.marks))
    if field.below is not None:
        _mark(tuple(a for x in order if _raises(x.how) for a in x.of), field.below)
    for x in order:
        if x.marks is None:
            x.marks = {}
        x.marks[field.prime] = _worked(x.how, x.of, field, x)


def residue(x: Any, field: Field) -> int:
    """The residue of a number that has been marked; an ArithmeticError where it has none."""
    if type(x) is Digits:
        mark = x.marks[field.prime] if x.marks is not None else None
        if mark is None:
            raise ZeroDivisionError
        return mark
    if type(x) is Decimal:
        sign, digits, exponent = x.as_tuple()
        size = int(Decimal((0, digits, 0))) * pow(10, int(exponent), field.prime)
        return (-size if sign else size) % field.prime
    return _residue(x, field.prime)


@lru_cache(100_000)
def _residue(x: Fraction | int, prime: int) -> int:
    return x.numerator * _inverse(x.denominator, prime) % prime


@lru_cache(100_000)
def _inverse(x: int, prime: int) -> int:
    """1/x; a ValueError for 0."""
    return pow(x, -1, prime)


# -- the laws ---------------------------------------------------------------------------------------------------------


def _raises(how: Callable[..., Any]) -> bool:
    """Whether a function needs its argument in the field below, too."""
    return how.__name__ in ("exp", "tanh", "sinh", "cosh", "power")


def _rooted(numbers: tuple[Any, ...]) -> bool:
    """Whether a root is among what the numbers were made of: looked for once, or deep nets would take ages."""
    for x in above(numbers, lambda x: x.rooted is not None):
        x.rooted = _is_root(x.how, x.of) or any(type(a) is Digits and bool(a.rooted) for a in x.of)
    return any(type(x) is Digits and bool(x.rooted) for x in numbers)


def _is_root(how: Callable[..., Any], of: tuple[Any, ...]) -> bool:
    return how.__name__ == "power" and type(of[1]) is Fraction and of[1].denominator % 2 == 0


def _worked(how: Callable[..., Any], of: tuple[Any, ...], field: Field, x: Digits | None = None) -> int | None:
    try:
        return _LAWS[how.__name__](of, field) % field.prime
    except (ArithmeticError, ValueError):  # pow says ValueError of what has no inverse
        return None


def _add(of: tuple[Any, ...], field: Field) -> int:
    return sum(residue(x, field) for x in of)


def _multiply(of: tuple[Any, ...], field: Field) -> int:
    product = 1
    for x in of:
        product = product * residue(x, field) % field.prime
    return product


def _divide(of: tuple[Any, ...], field: Field) -> int:
    return residue(of[0], field) * _inverse(residue(of[1], field), field.prime)


def _integer_power(of: tuple[Any, ...], field: Field) -> int:
    return pow(residue(of[0], field), of[1], field.prime)


def _power(of: tuple[Any, ...], field: Field) -> int:
    base, exponent = of
    if type(exponent) is not Fraction:
        at = field.below or field
        return _exp_of(_log((base,), at) * residue(exponent, at), field)
    root, p = residue(base, field), field.prime
    degree = exponent.denominator
    while degree % 2 == 0:
        degree //= 2
        if pow(root, (p - 1) // 2, p) != 1:
            return _any("root", root, field, exponent)
        root = pow(root, (p + 1) // 4, p)  # of the two roots the one that has a root itself
    return pow(pow(root, pow(degree, -1, p - 1), p), exponent.numerator, p)


def _exp(of: tuple[Any, ...], field: Field) -> int:
    """exp of a sum, of whose terms those that are multiples of a logarithm are taken out: exp(x + 2 log y) = eˣy²."""
    product, rest, steps = 1, 0, 0
    stack: list[tuple[Any, Fraction]] = [(of[0], Fraction(1))]
    below = field.below or field
    while stack:
        x, times = stack.pop()
        steps += 1
        how = x.how.__name__ if type(x) is Digits and steps < TERMS else ""
        inner = [factor for factor in x.of if type(factor) is not Fraction] if how in ("multiply", "divide") else []
        if how == "log":
            product = product * _power((x.of[0], times), field) % field.prime
        elif how == "add":
            stack += [(term, times) for term in x.of]
        elif how == "multiply" and len(inner) == 1:
            others = [factor for factor in x.of if type(factor) is Fraction]
            stack.append((inner[0], prod(others, start=times)))
        elif how == "divide" and inner and type(x.of[1]) is Fraction:
            stack.append((inner[0], times / x.of[1]))
        else:
            rest += _residue(times, below.prime) * residue(x, below)
    return product * _exp_of(rest, field)


@lru_cache(100_000)
def _exp_of(x: int, field: Field) -> int:
    """exp of a residue in the field below, or at the foot in this one."""
    if field.below is not None:
        return pow(field.generator, x % field.below.prime, field.prime)
    x, sign = _of_either_sign(x, field)
    value = _any("exp", x, field) if x else 1
    return value if sign > 0 else pow(value, -1, field.prime)


def _tanh(of: tuple[Any, ...], field: Field) -> int:
    e = _exp_of(2 * residue(of[0], field.below or field), field)
    return (e - 1) * _inverse(e + 1, field.prime)


def _log(of: tuple[Any, ...], field: Field) -> int:
    """The logarithm of the size of a number: of products, powers and exponentials it is taken apart."""
    total, steps = 0, 0
    stack: list[tuple[Any, int]] = [(of[0], 1)]
    while stack:
        x, times = stack.pop()
        steps += 1
        how = x.how.__name__ if type(x) is Digits and steps < STEPS else ""
        if isinstance(x, (Fraction, int)):
            total += times * (_log_of_whole(abs(x.numerator), field) - _log_of_whole(x.denominator, field))
        elif how == "exp":
            total += times * residue(x.of[0], field)
        elif how == "multiply":
            stack += [(factor, times) for factor in x.of]
        elif how == "divide":
            stack += [(x.of[0], times), (x.of[1], -times)]
        elif how in ("power", "integer_power"):
            stack.append((x.of[0], times * residue(x.of[1], field) % field.prime))
        else:
            total += times * _log_of(residue(x, field), field)
    return total


@lru_cache(10_000)
def _log_of_whole(n: int, field: Field) -> int:
    total = 0
    for prime in sympy.primerange(100):
        while n % prime == 0:
            total, n = total + _any("log", prime, field), n // prime
    return total + (_any("log", n, field) if n > 1 else 0)


def _log_of(x: int, field: Field) -> int:
    """log(1/x) = −log x, and the sign of x does not count."""
    x, inverse = min(x, -x % field.prime), pow(x, -1, field.prime)
    inverse = min(inverse, -inverse % field.prime)
    if x == inverse:
        return 0
    return _any("log", x, field) if x < inverse else -_any("log", inverse, field)


def _sin(of: tuple[Any, ...], field: Field) -> int:
    turn = _quarters(of[0], field)
    if turn is not None:
        return (0, 1, 0, -1)[turn % 4]
    t, p = _half_tangent(of[0], field), field.prime
    return 2 * t * pow(1 + t * t, -1, p)


def _cos(of: tuple[Any, ...], field: Field) -> int:
    turn = _quarters(of[0], field)
    if turn is not None:
        return (1, 0, -1, 0)[turn % 4]
    t, p = _half_tangent(of[0], field), field.prime
    return (1 - t * t) * pow(1 + t * t, -1, p)


def _quarters(angle: Any, field: Field) -> int | None:
    """How many right angles an angle is, where it is a whole number of them."""
    if type(angle) is Fraction or angle.adjusted() > 15:
        return None
    quarters = round(float(angle) * 2 / 3.141592653589793)
    exactly = 2 * residue(angle, field) - quarters * _any("pi", 0, field)
    return quarters if exactly % field.prime == 0 else None


def _half_tangent(angle: Any, field: Field) -> int:
    x, sign = _of_either_sign(residue(angle, field), field)
    return sign * _any("angle", x, field)


def _erf(of: tuple[Any, ...], field: Field) -> int:
    x, sign = _of_either_sign(residue(of[0], field), field)
    return sign * _any("erf", x, field)


def _sinh(of: tuple[Any, ...], field: Field) -> int:
    e = _exp(of, field)
    return (e - pow(e, -1, field.prime)) * pow(2, -1, field.prime)


def _cosh(of: tuple[Any, ...], field: Field) -> int:
    e = _exp(of, field)
    return (e + pow(e, -1, field.prime)) * pow(2, -1, field.prime)


def learn(name: str, odd: bool) -> None:
    """A function without laws of its own, but for its sign where it is odd."""

    def law(of: tuple[Any, ...], field: Field) -> int:
        first, sign = _of_either_sign(residue(of[0], field), field) if odd else (residue(of[0], field), 1)
        return sign * _any(name, first, field, tuple(residue(x, field) for x in of[1:]))

    _LAWS.setdefault(name, law)


def _of_either_sign(x: int, field: Field) -> tuple[int, int]:
    """Of x and −x the one that stands for both, and its sign."""
    x %= field.prime
    return (x, 1) if 2 * x < field.prime else (field.prime - x, -1)


@lru_cache(100_000)
def _any(what: str, x: int, field: Field, which: Any = "") -> int:
    """The element of the field that is once for all what a function gives for x."""
    text = f"{what} {which} of {x} modulo {field.prime}"
    return int.from_bytes(blake2b(text.encode(), digest_size=32).digest()) % field.prime


_LAWS: dict[str, Callable[[tuple[Any, ...], Field], int]] = {
    "add": _add,
    "multiply": _multiply,
    "divide": _divide,
    "integer_power": _integer_power,
    "power": _power,
    "small": lambda of, field: residue(of[0], field),
    "pi": lambda of, field: _any("pi", 0, field),
    "exp": _exp,
    "log": _log,
    "tanh": _tanh,
    "sin": _sin,
    "cos": _cos,
    "erf": _erf,
    "sinh": _sinh,
    "cosh": _cosh,
}
