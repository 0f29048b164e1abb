"""Operations on single floats that never raise: what does not exist is not a number (nan) or infinite, as in NumPy."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

_NAN, _INF = math.nan, math.inf


def divide(a: Any, b: Any) -> float:
    """a / b."""
    try:
        return float(a / b)
    except ZeroDivisionError:
        return _NAN if a == 0 or a != a else math.copysign(_INF, a) * math.copysign(1.0, b)


def power(a: Any, b: Any) -> Any:
    """a^b."""
    try:
        result = a**b
    except OverflowError:
        return -_INF if a < 0 and b % 2 == 1 else _INF
    except ZeroDivisionError:
        return math.copysign(_INF, a) if b % 2 == 1 else _INF
    return _NAN if isinstance(result, complex) else result


def _never_raising(function: Callable[[float], float], overflow: float = _INF) -> Callable[[Any], float]:
    def safe(x: Any) -> float:
        try:
            return function(x)
        except OverflowError:
            return overflow
        except ValueError:
            return _NAN

    return safe


def _logarithm(function: Callable[[float], float]) -> Callable[[Any], float]:
    return lambda x: function(x) if x > 0 else -_INF if x == 0 else _NAN


exp = _never_raising(math.exp)
sin = _never_raising(math.sin)
cos = _never_raising(math.cos)
log = _logarithm(math.log)
log10 = _logarithm(math.log10)


def floor(x: Any) -> float:
    """The largest whole number that is not above x, as a float."""
    return float(math.floor(x)) if math.isfinite(x) else x


def nearest(x: Any) -> float:
    """The nearest whole number, of two the even one, as a float."""
    return float(round(x)) if math.isfinite(x) else x


def sign(x: Any) -> Any:
    """−1, 0 or 1, and nan for nan."""
    return x if x != x else float((x > 0) - (x < 0))


def as_single(x: Any) -> float:
    """The nearest number of single precision."""
    try:
        return float(struct.unpack("f", struct.pack("f", x))[0])
    except OverflowError:
        return math.copysign(_INF, x)


def larger(a: Any, b: Any) -> Any:
    """The larger of two, and nan where one of them is."""
    return a if a > b or a != a else b


def smaller(a: Any, b: Any) -> Any:
    """The smaller of two, and nan where one of them is."""
    return a if a < b or a != a else b
