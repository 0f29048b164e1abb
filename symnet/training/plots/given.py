"""What a picture is drawn of: arrays, counts and extents, or a Mistake that says what they must be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnet.algebra.mistakes import Mistake, shown

Floats: TypeAlias = NDArray[np.float64]


def array_of(name: str, values: ArrayLike, shape: str, dimensions: int) -> Floats:
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise Mistake(f"{name} is not a table of numbers of shape {shape}") from None
    if array.ndim != dimensions or array.size == 0:
        raise Mistake(f"{name} has shape {array.shape}; it is {shape}, with at least one number")
    return array


def vector_of(name: str, values: ArrayLike) -> Floats:
    return array_of(name, values, "(n,)", 1)


def table_of(name: str, values: ArrayLike) -> Floats:
    return array_of(name, values, "(m, k)", 2)


def count_of(name: str, number: int, least: int = 1) -> int:
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < least:
        raise Mistake(f"{name} is {shown(number)}; it is a whole number, at least {least}")
    return int(number)


def same_length(one: str, first: Floats, other: str, second: Floats) -> None:
    if len(first) != len(second):
        raise Mistake(f"{one} has {len(first)} points and {other} {len(second)}; each point has one")


def extent_of(extent: Sequence[float]) -> tuple[float, ...]:
    sides = tuple(vector_of("extent", extent).tolist())
    if len(sides) != 4 or not all(map(math.isfinite, sides)) or sides[0] == sides[1] or sides[2] == sides[3]:
        raise Mistake(f"extent is {extent}; it is (left, right, bottom, top)")
    return sides
