"""NumPy's functions of arrays, under NumPy's names, for arrays of lists: as many as working many ways at once uses."""

from __future__ import annotations

import builtins
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from contextlib import ContextDecorator
from functools import reduce
from math import inf, nan
from typing import Any

from symnet.computing.lists import entries
from symnet.computing.lists.table import Shape, Table, table, together

ndarray = Table
__all__ = ["inf", "nan"]


class errstate(ContextDecorator):
    """Lists never warn."""

    def __init__(self, **kinds: str) -> None:
        pass

    def __enter__(self) -> errstate:
        return self

    def __exit__(self, *raised: object) -> None:
        pass


# -- making arrays ----------------------------------------------------------------------------------------------------


def array(value: Any, kind: Callable[[Any], Any] | None = None) -> Table:
    """A copy of an array, or an array of the numbers in lists."""
    made = table(value)
    return made.copy() if kind is None else made.astype(kind)


def asarray(value: Any, kind: Callable[[Any], Any] | None = None) -> Table:
    """The array itself, or one of the numbers in lists."""
    return table(value) if kind is None else table(value).astype(kind)


def full(shape: int | Shape, value: Any) -> Table:
    """An array of one number everywhere."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return Table([value] * math.prod(shape), shape)


def zeros(shape: int | Shape, kind: Callable[[], Any] = float) -> Table:
    """An array of zeros, or of False."""
    return full(shape, kind())


empty = zeros


def arange(n: int) -> Table:
    """0, 1, … up to below n."""
    return Table([*range(n)], (n,))


def float64(value: Any) -> Any:
    """A number as an array without axes, with which arithmetic never raises."""
    return table(value).astype(float)


def float32(value: Any) -> Any:
    """The numbers rounded to single precision."""
    return table(value).each(entries.as_single)


def broadcast_to(value: Any, shape: Shape) -> Table:
    """The array stretched to a larger shape."""
    return table(value).stretched(shape)


def shape(value: Any) -> Shape:
    """The shape of an array; () of a number."""
    return table(value).shape


def ndim(value: Any) -> int:
    """How many axes an array has; 0 of a number."""
    return len(shape(value))


def concatenate(arrays: Sequence[Any], axis: int = 0) -> Table:
    """Arrays one below the other."""
    assert axis == 0
    parts = [table(part) for part in arrays]
    return Table([x for part in parts for x in part.flat], (sum(map(len, parts)), *parts[0].shape[1:]))


def repeat(values: Table, times: Sequence[int]) -> Table:
    """Every number as often as is told of it."""
    found = [x for x, n in zip(values, times, strict=True) for _ in range(n)]
    return Table(found, (len(found),))


# -- entry by entry ---------------------------------------------------------------------------------------------------


def _each(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def of(x: Any) -> Any:
        return table(x).each(function) if isinstance(x, (Table, list)) else function(x)

    return of


exp, log, log10 = _each(entries.exp), _each(entries.log), _each(entries.log10)
sin, cos, tanh, erf = _each(entries.sin), _each(entries.cos), _each(math.tanh), _each(math.erf)
isnan, isfinite, floor = _each(math.isnan), _each(math.isfinite), _each(entries.floor)
round, sign, abs = _each(entries.nearest), _each(entries.sign), _each(builtins.abs)


def where(holds: Any, value: Any, otherwise: Any) -> Table:
    """``value`` where something holds, and otherwise the other."""
    each = together(table(holds), table(value), table(otherwise))
    flat = [x if so else y for so, x, y in zip(*(part.flat for part in each), strict=True)]
    return Table(flat, each[0].shape)


def _of_two(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Table]:
    def of(a: Any, b: Any) -> Table:
        first, second = together(table(a), table(b))
        return Table([*map(function, first.flat, second.flat)], first.shape)

    return of


maximum = _of_two(entries.larger)
logical_and = _of_two(lambda a, b: bool(a and b))


class _LogicalOr:
    """Whether one of two holds, entry by entry."""

    __call__ = staticmethod(_of_two(lambda a, b: bool(a or b)))

    def reduce(self, arrays: Sequence[Table]) -> Table:
        """Whether one of many holds."""
        return reduce(lambda a, b: a | b, arrays)

    def at(self, marks: Table, rows: Table, more: Table) -> None:
        """Mark in each of these rows what the row of ``more`` that belongs to it marks."""
        width = math.prod(marks.shape[1:])
        own, flat = marks.owned(), more.flat
        for i, row in enumerate(rows.flat):
            for j, holds in enumerate(flat[i * width : (i + 1) * width], row * width):
                if holds:
                    own[j] = True


logical_or = _LogicalOr()


# -- along an axis ----------------------------------------------------------------------------------------------------


def max(value: Any, axis: int | None = None, initial: float | None = None) -> Any:
    """The largest number, nan where there is one; ``initial`` counts among them."""
    more = [] if initial is None else [initial]
    return table(value).along(axis, lambda numbers: reduce(entries.larger, [*numbers, *more]))


def nanmax(value: Any, initial: float) -> Any:
    """The largest number, but for nan."""
    return builtins.max([x for x in table(value).flat if x == x], default=initial)


def ptp(value: Table, axis: int) -> Any:
    """How far the largest number is from the smallest."""
    return value.along(axis, lambda x: reduce(entries.larger, x) - reduce(entries.smaller, x))


def cumsum(value: Table, axis: int) -> Table:
    """The sums of all rows down to each."""
    assert axis == 0
    rows = [table([0] * value.shape[1])]
    for row in value:
        rows.append(rows[-1] + row)
    return table(rows[1:])


def diff(value: Table, axis: int) -> Any:
    """How much every row is larger than the one above it."""
    assert axis == 0
    return value[1:] - value[:-1]


def triu(value: Table, k: int) -> Any:
    """The matrices in the last two axes, with False below their k-th diagonal."""
    n, m = value.shape[-2:]
    return value & Table([j - i >= k for i in range(n) for j in range(m)], (n, m))


# -- looking for ------------------------------------------------------------------------------------------------------


def argwhere(marks: Table) -> Table:
    """The places that are marked, a row each."""
    found: list[tuple[int, ...]] = [(place,) for place in range(marks.shape[0])]
    for length in marks.shape[1:]:
        found = [(*place, i) for place in found for i in range(length)]
    rows = [place for place, holds in zip(found, marks.flat, strict=True) if holds]
    return Table([i for row in rows for i in row], (len(rows), marks.ndim))


def flatnonzero(marks: Table) -> Table:
    """The places that are marked, counted row by row."""
    found = [i for i, holds in enumerate(marks.flat) if holds]
    return Table(found, (len(found),))


def sort(values: Table) -> Table:
    """The numbers, the smallest first."""
    return Table(sorted(values.flat), values.shape)


def argsort(values: Table, axis: int) -> Table:
    """For every column the rows of its numbers, the smallest first and nan last."""
    assert axis == 0
    columns = [list(column) for column in values.transpose(1, 0)]
    orders = [sorted(range(len(own)), key=[(x != x, x) for x in own].__getitem__) for own in columns]
    return table(orders).transpose(1, 0) if orders else Table([], values.shape)


def take_along_axis(values: Table, rows: Table, axis: int) -> Table:
    """For every column the numbers in its own rows."""
    assert axis == 0
    flat, width = values.flat, values.shape[1]
    return Table([flat[row * width + i % width] for i, row in enumerate(rows.flat)], rows.shape)


def put_along_axis(values: Table, rows: Table, numbers: Table, axis: int) -> None:
    """Write numbers into every column, to its own rows."""
    assert axis == 0
    width, own = values.shape[1], values.owned()
    for i, (row, number) in enumerate(zip(rows.flat, numbers.flat, strict=True)):
        own[row * width + i % width] = number


def unique(values: Table, return_index: bool) -> tuple[Table, Table]:
    """The different numbers, the smallest first, and where each stands first."""
    assert return_index
    first: dict[Any, int] = {}
    for i, x in enumerate(values.flat):
        first.setdefault(x, i)
    found = sorted(first)
    return table(found), table([first[x] for x in found])


def searchsorted(values: Table, number: Any, side: str) -> int:
    """How many of the numbers, the smallest first, are below a number, or with ``side="right"`` not above it."""
    return (bisect_right if side == "right" else bisect_left)(values.flat, number)
