"""The array: numbers in one list, with the shape that they have and the steps from one to the next along each axis.

A part that is picked with whole numbers and slices is a view of the same list, and writing to it writes there; a part
that is picked with arrays is a copy.  Entries are Python's floats, ints and bools.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import prod
from typing import Any

from symnet.computing.lists import entries
from symnet.computing.lists.picking import chosen, viewed

Shape = tuple[int, ...]


class Table:
    """An array of numbers."""

    __slots__ = ("_list", "_start", "_steps", "shape")
    __array_priority__ = 1

    def __init__(self, flat: list[Any], shape: Shape, start: int = 0, steps: Shape | None = None) -> None:
        self._list, self.shape, self._start = flat, shape, start
        self._steps = strides(shape) if steps is None else steps

    # -- what it holds ------------------------------------------------------------------------------------------------

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)

    @property
    def flat(self) -> list[Any]:
        """The numbers, row by row; not to be written to."""
        if self._is_whole:
            return self._list
        numbers = self._list
        return [numbers[place] for place in places(self.shape, self._start, self._steps)]

    def owned(self) -> list[Any]:
        """The numbers, row by row, to be written to: this array must not be a view."""
        assert self._is_whole
        return self._list

    @property
    def _is_whole(self) -> bool:
        return self._start == 0 and len(self._list) == self.size and self._steps == strides(self.shape)

    def item(self) -> Any:
        """The one number that it holds."""
        (number,) = self.flat
        return number

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.flat) if self.ndim == 1 else (self[i] for i in range(self.shape[0]))

    def __contains__(self, number: object) -> bool:
        return number in self.flat

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    __index__ = __int__

    def __repr__(self) -> str:
        return f"Table({self.flat}, {self.shape})"

    # -- other shapes -------------------------------------------------------------------------------------------------

    def copy(self) -> Table:
        """The same numbers in a list of their own."""
        return Table(list(self.flat), self.shape)

    def reshape(self, *shape: int) -> Table:
        """The same numbers, row by row, in another shape."""
        return Table(list(self.flat), shape)

    def transpose(self, *axes: int) -> Table:
        """A view with the axes in another order."""
        steps = tuple(self._steps[axis] for axis in axes)
        return Table(self._list, tuple(self.shape[axis] for axis in axes), self._start, steps)

    def stretched(self, shape: Shape) -> Table:
        """A view in a larger shape, along whose new axes, and those of length 1, the numbers are repeated."""
        more = len(shape) - self.ndim
        for length, wanted in zip(self.shape, shape[more:], strict=True):
            if length not in (1, wanted):
                raise ValueError(f"an array of shape {self.shape} does not fit into {shape}")
        steps = (0,) * more + tuple(
            0 if length == 1 else step for length, step in zip(self.shape, self._steps, strict=True)
        )
        return Table(self._list, shape, self._start, steps)

    def astype(self, kind: Callable[[Any], Any]) -> Table:
        """The numbers as ``float``, ``int`` or ``bool``."""
        return Table([kind(x) for x in self.flat], self.shape)

    # -- parts --------------------------------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Any:
        if type(key) is int and len(self.shape) == 1:
            return self._list[self._start + _within(key, self.shape[0]) * self._steps[0]]
        at = viewed(key, self.shape, self._start, self._steps)
        if at is not None:
            shape, start, steps = at
            return Table(self._list, shape, start, steps) if shape else self._list[start]
        shape, found = chosen(key, self.shape, self._start, self._steps)
        return Table([self._list[place] for place in found], shape)

    def __setitem__(self, key: Any, value: Any) -> None:
        at = viewed(key, self.shape, self._start, self._steps)
        shape, found = (at[0], places(*at)) if at is not None else chosen(key, self.shape, self._start, self._steps)
        if isinstance(value, (Table, list, tuple)):
            for place, number in zip(found, table(value).stretched(shape).flat, strict=True):
                self._list[place] = number
        else:
            numbers = self._list
            for place in found:
                numbers[place] = value

    # -- arithmetic, entry by entry -----------------------------------------------------------------------------------

    def each(self, function: Callable[[Any], Any]) -> Table:
        """What a function makes of every number."""
        return Table([*map(function, self.flat)], self.shape)

    def _with(self, other: Any, function: Callable[[Any, Any], Any]) -> Any:
        if not isinstance(other, (Table, list)):
            return Table([function(x, other) for x in self.flat], self.shape)
        first, second = together(self, table(other))
        return Table([*map(function, first.flat, second.flat)], first.shape)

    def _after(self, other: Any, function: Callable[[Any, Any], Any]) -> Table:
        if not isinstance(other, list):
            return Table([function(other, x) for x in self.flat], self.shape)
        first, second = together(table(other), self)
        return Table([*map(function, first.flat, second.flat)], first.shape)

    def _into(self, other: Any, function: Callable[[Any, Any], Any]) -> Table:
        self[...] = self._with(other, function)
        return self

    __add__ = lambda self, other: self._with(other, operator.add)  # noqa: E731
    __sub__ = lambda self, other: self._with(other, operator.sub)  # noqa: E731
    __mul__ = lambda self, other: self._with(other, operator.mul)  # noqa: E731
    __truediv__ = lambda self, other: self._with(other, entries.divide)  # noqa: E731
    __pow__ = lambda self, other: self._with(other, entries.power)  # noqa: E731
    __mod__ = lambda self, other: self._with(other, operator.mod)  # noqa: E731
    __and__ = lambda self, other: self._with(other, operator.and_)  # noqa: E731
    __or__ = lambda self, other: self._with(other, operator.or_)  # noqa: E731
    __xor__ = lambda self, other: self._with(other, operator.xor)  # noqa: E731
    __lt__ = lambda self, other: self._with(other, operator.lt)  # noqa: E731
    __le__ = lambda self, other: self._with(other, operator.le)  # noqa: E731
    __gt__ = lambda self, other: self._with(other, operator.gt)  # noqa: E731
    __ge__ = lambda self, other: self._with(other, operator.ge)  # noqa: E731
    __radd__ = lambda self, other: self._after(other, operator.add)  # noqa: E731
    __rsub__ = lambda self, other: self._after(other, operator.sub)  # noqa: E731
    __rmul__ = lambda self, other: self._after(other, operator.mul)  # noqa: E731
    __rtruediv__ = lambda self, other: self._after(other, entries.divide)  # noqa: E731
    __rpow__ = lambda self, other: self._after(other, entries.power)  # noqa: E731
    __rand__ = lambda self, other: self._after(other, operator.and_)  # noqa: E731
    __ror__ = lambda self, other: self._after(other, operator.or_)  # noqa: E731
    __iand__ = lambda self, other: self._into(other, operator.and_)  # noqa: E731
    __ior__ = lambda self, other: self._into(other, operator.or_)  # noqa: E731

    def __eq__(self, other: object) -> Any:
        return self._with(other, operator.eq)

    def __ne__(self, other: object) -> Any:
        return self._with(other, operator.ne)

    __hash__ = None  # type: ignore[assignment]

    def __neg__(self) -> Table:
        return self.each(operator.neg)

    def __abs__(self) -> Table:
        return self.each(abs)

    def __invert__(self) -> Table:
        return self.each(operator.not_)  # arrays of bool alone are turned round

    def __matmul__(self, other: Table) -> Table:
        """The products of the matrices in the last two axes."""
        *above, n, k = self.shape
        columns, width = other.transpose(*range(other.ndim - 2), other.ndim - 1, other.ndim - 2).flat, other.shape[-1]
        rows, found = self.flat, list[Any]()
        for matrix in range(prod(above)):
            right = [columns[(matrix * width + j) * k : (matrix * width + j + 1) * k] for j in range(width)]
            for i in range(n):
                left = rows[(matrix * n + i) * k : (matrix * n + i + 1) * k]
                found += [sum(map(operator.mul, left, column)) for column in right]
        return Table(found, (*above, n, width))

    # -- along an axis ------------------------------------------------------------------------------------------------

    def along(self, axis: int | None, function: Callable[[list[Any]], Any]) -> Any:
        """What a function makes of the numbers along an axis, or of all of them."""
        if axis is None:
            return function(self.flat)
        last = self.transpose(*(i for i in range(self.ndim) if i != axis), axis)
        length, flat = self.shape[axis], last.flat
        return Table(
            [function(flat[i * length : (i + 1) * length]) for i in range(prod(last.shape[:-1]))], last.shape[:-1]
        )

    def any(self, axis: int | None = None) -> Any:
        """Whether one of them holds."""
        return self.along(axis, any)

    def all(self, axis: int | None = None) -> Any:
        """Whether all of them hold."""
        return self.along(axis, all)

    def sum(self, axis: int | None = None) -> Any:
        """Their sum."""
        return self.along(axis, sum)


@lru_cache(4_096)
def strides(shape: Shape) -> Shape:
    """The steps along each axis where the numbers stand row by row."""
    return tuple(prod(shape[axis + 1 :]) for axis in range(len(shape)))


@lru_cache(1_024)
def places(shape: Shape, start: int, steps: Shape) -> tuple[int, ...]:
    """Where the numbers stand in the list, row by row."""
    found = [start]
    for length, step in zip(shape, steps, strict=True):
        found = [place + i * step for place in found for i in range(length)]
    return tuple(found)


def table(value: Any) -> Table:
    """A number, or a list of lists of any depth, as an array."""
    if isinstance(value, Table):
        return value
    if not isinstance(value, (list, tuple)):
        return Table([value], ())
    rows = [table(row) for row in value]
    return Table([x for row in rows for x in row.flat], (len(rows), *(rows[0].shape if rows else ())))


def together(*arrays: Table) -> Sequence[Table]:
    """The arrays in one shape, each stretched along axes of length 1 and those that it lacks."""
    if all(array.shape == arrays[0].shape for array in arrays):
        return arrays
    axes = max(array.ndim for array in arrays)
    shapes = [(1,) * (axes - array.ndim) + array.shape for array in arrays]
    shape = tuple(next((length for length in lengths if length != 1), 1) for lengths in zip(*shapes, strict=True))
    return [array.stretched(shape) for array in arrays]


def _within(i: int, length: int) -> int:
    if not -length <= i < length:
        raise IndexError(f"there is no place {i} along an axis of {length}")
    return i % length
