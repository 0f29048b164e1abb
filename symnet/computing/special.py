"""Functions that SymPy has and ``exact`` has not, in many digits and in floating point: arctan, sinh, Γ, …

They are mpmath's.  ``exactly(sympy.sinh)`` takes and gives the numbers of hand work; ``special_function("gamma")`` is
what generated code calls where neither ``math`` nor NumPy has the function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, getcontext, localcontext
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

import mpmath
import sympy

from symnet.computing import fingerprint
from symnet.computing.exact import DomainError, Number, brief, cos, divide, real, sin
from symnet.computing.many_digits import made

Kind: TypeAlias = Any

# In NumPy, JAX and Python's math by these very names.
ELEMENTARY = ("tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "atan2")
_ODD = ("tan", "asin", "atan", "sinh", "asinh", "atanh")
_EXACT: dict[tuple[str, Any], int] = {
    **{(name, 0): 0 for name in ("asin", "atan", "sinh", "asinh", "atanh")},
    ("cosh", 0): 1,
    ("acos", 1): 0,
    ("acosh", 1): 0,
    ("gamma", 1): 1,
    ("gamma", 2): 1,
    ("loggamma", 1): 0,
    ("loggamma", 2): 0,
}
_LARGEST = 400  # digits before the point of an argument; what is larger has no value that could be written


@cache
def exactly(kind: Kind) -> Callable[..., Number]:
    """The function over exact numbers and digits; DomainError where it has no real value."""
    name = kind.__name__
    if name == "tan":
        return _tan

    def function(*x: Number) -> Number:
        if len(x) == 1 and type(x[0]) is Fraction and (name, x[0]) in _EXACT:
            return Fraction(_EXACT[name, x[0]])
        if name == "atan2" and x[0] == 0 and x[1] > 0 and type(x[0]) is Fraction:
            return Fraction(0)
        return made(_by_mpmath(kind, x), function, x)

    function.__name__ = name
    fingerprint.learn(name, name in _ODD)
    return function


def _tan(x: Number) -> Number:
    """Its zeros and poles are those of sine and cosine, which are known."""
    return divide(sin(x), cos(x))


def _by_mpmath(kind: Kind, x: tuple[Number, ...]) -> Decimal:
    digits = [real(number) for number in x]
    if any(number and number.adjusted() > _LARGEST for number in digits):
        raise DomainError(f"{kind.__name__} of {brief(digits[0])}: the number is too large")
    with mpmath.workdps(getcontext().prec + 10):
        try:
            value = _mpmaths(kind, len(digits))(*map(_crossed, digits))
        except (ValueError, ZeroDivisionError, OverflowError, mpmath.libmp.NoConvergence):
            value = mpmath.nan
        if not isinstance(value, mpmath.mpf) or not mpmath.isfinite(value):
            said = ", ".join(map(brief, digits))
            raise DomainError(f"{kind.__name__} of {said} is no real number")
        sign, mantissa, binary, _ = value._mpf_
    with localcontext() as context:
        context.prec += 10
        result: Decimal = Decimal(-int(mantissa) if sign else int(mantissa)) * Decimal(2) ** int(binary)
    return +result


def _crossed(x: Decimal) -> Any:
    exponent = int(x.as_tuple().exponent)
    return mpmath.mpf(int(x.scaleb(-exponent))) * mpmath.mpf(10) ** exponent


@cache
def _mpmaths(kind: Kind, count: int) -> Callable[..., Any]:
    """mpmath's function of the kind, of so many arguments; TypeError where it has none."""
    name = kind.__name__
    if name in ELEMENTARY:
        found: Callable[..., Any] = getattr(mpmath, name)
        return found
    if not kind.__module__.startswith("sympy."):
        raise TypeError(f"no way to compute {name}")
    arguments = sympy.symbols(f"a:{count}", real=True)
    return sympy.lambdify(arguments, kind(*arguments), "mpmath")  # type: ignore[no-any-return]


def _least(kind: Kind) -> int:
    """How many arguments it takes at least."""
    return int(min(kind.nargs if kind.nargs is not sympy.S.Naturals0 else (1,)))


@cache
def is_computed(kind: Kind) -> bool:
    """Whether there is a value of SymPy's function to be had."""
    if not getattr(kind, "__module__", "").startswith("sympy."):
        return False
    try:
        _mpmaths(kind, _least(kind))(*[mpmath.mpf("0.5")] * _least(kind))
    except Exception:  # what lambdify cannot print it prints as a call of an unknown name
        return kind.__name__ in ELEMENTARY
    return True


@cache
def in_floats(kind: Kind) -> Callable[..., float]:
    """The function of one or more floats; raises ValueError where it has no real value."""
    name = kind.__name__
    if name in ELEMENTARY:
        found: Callable[..., float] = getattr(math, name)
        return found

    def function(*x: float) -> float:
        try:
            value = _mpmaths(kind, len(x))(*map(mpmath.mpf, x))
        except (ZeroDivisionError, OverflowError, mpmath.libmp.NoConvergence):
            value = None
        if not isinstance(value, (mpmath.mpf, float, int)):
            raise ValueError(f"{name} of {', '.join(map(str, x))} is no real number")
        return float(value)

    return function


@cache
def special_function(name: str) -> Callable[..., Any]:
    """SymPy's function of that name over floats and NumPy's arrays, entry by entry; nan where it has no value.

    It works a number at a time with mpmath: right to the last digit, and slow.
    """
    one = in_floats(getattr(sympy, name))

    def worked(*x: float) -> float:
        try:
            return one(*x)
        except ValueError:
            return math.nan

    def function(*x: Any) -> Any:
        if all(isinstance(value, (int, float)) and not hasattr(value, "dtype") for value in x):
            return one(*x)
        import numpy as np

        kind = np.result_type(*x, np.float32)
        return np.vectorize(worked, otypes=[kind])(*x)

    return function
