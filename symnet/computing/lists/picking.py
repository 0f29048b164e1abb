"""Which numbers of an array an index picks: whole numbers, slices, ``...``, ``None``, and arrays of places or of bools.

An array is given by its shape, the place of its first number in the list and the steps along each axis.
"""

from __future__ import annotations

from math import prod
from typing import Any

Shape = tuple[int, ...]


def viewed(key: Any, shape: Shape, start: int, steps: Shape) -> tuple[Shape, int, Shape] | None:
    """Shape, start and steps of the view that an index of whole numbers and slices picks; None with arrays in it."""
    found_shape, found_steps, axis = list[int](), list[int](), 0
    for part in _spelled_out(key, len(shape)):
        if part is None:
            found_shape.append(1)
            found_steps.append(0)
            continue
        if isinstance(part, slice):
            first, end, by = part.indices(shape[axis])
            start += first * steps[axis]
            found_shape.append(len(range(first, end, by)))
            found_steps.append(by * steps[axis])
        elif hasattr(part, "shape") or isinstance(part, (list, tuple)):
            return None
        else:
            start += _within(int(part), shape[axis]) * steps[axis]
        axis += 1
    return tuple(found_shape), start, tuple(found_steps)


def chosen(key: Any, shape: Shape, start: int, steps: Shape) -> tuple[Shape, list[int]]:
    """The shape of what an index with arrays in it picks, and the places of those numbers in the list.

    Several arrays are stretched to one shape and picked from together, as all the axes are then; a single one picks
    along its axis, beside whole numbers and slices.
    """
    parts = _spelled_out(key, len(shape))
    lists = [_places(part) for part in parts]
    if len(parts) == 1 and lists[0] is not None and len(lists[0][0]) > 1 and _is_of_bools(parts[0]):
        return _marked(parts[0], shape, start, steps)
    several = [found for found in lists if found is not None]
    if len(several) > 1:
        return _picked_together(several, shape, start, steps)
    found_shape, found = list[int](), [start]
    for part, listed, length, step in zip(parts, lists, shape, steps, strict=True):
        if listed is not None:
            found_shape += listed[0]
            along = [_within(i, length) for i in listed[1]]
        elif isinstance(part, slice):
            along = [*range(*part.indices(length))]
            found_shape.append(len(along))
        else:
            along = [_within(int(part), length)]
        found = [place + i * step for place in found for i in along]
    return tuple(found_shape), found


def _spelled_out(key: Any, axes: int) -> list[Any]:
    """The parts of an index, with slices for the axes that it leaves out."""
    parts = [*key] if isinstance(key, tuple) else [key]
    taken = sum(_axes_of(part) for part in parts)
    whole = [slice(None)] * (axes - taken)
    for i, part in enumerate(parts):
        if part is Ellipsis:
            return [*parts[:i], *whole, *parts[i + 1 :]]
    return [*parts, *whole]


def _axes_of(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return len(part.shape) if hasattr(part, "shape") and _is_of_bools(part) else 1


def _is_of_bools(part: Any) -> bool:
    return bool(part.size) and type(part.flat[0]) is bool


def _places(part: Any) -> tuple[Shape, list[int]] | None:
    """The shape of an array of places, and the places; those that are marked of an array of bools."""
    if isinstance(part, (list, tuple)):
        return (len(part),), [int(i) for i in part]
    if not hasattr(part, "shape"):
        return None
    if _is_of_bools(part) and len(part.shape) == 1:
        marked = [i for i, holds in enumerate(part.flat) if holds]
        return (len(marked),), marked
    return part.shape, part.flat


def _marked(marks: Any, shape: Shape, start: int, steps: Shape) -> tuple[Shape, list[int]]:
    places = [start]
    for length, step in zip(shape, steps, strict=True):
        places = [place + i * step for place in places for i in range(length)]
    found = [place for place, holds in zip(places, marks.flat, strict=True) if holds]
    return (len(found),), found


def _picked_together(
    several: list[tuple[Shape, list[int]]], shape: Shape, start: int, steps: Shape
) -> tuple[Shape, list[int]]:
    if len(several) < len(shape):
        raise IndexError("several arrays pick along all axes at once, or one array along one of them")
    axes = max(len(of) for of, _ in several)
    shapes = [(1,) * (axes - len(of)) + of for of, _ in several]
    common = tuple(next((n for n in lengths if n != 1), 1) for lengths in zip(*shapes, strict=True))
    found = [start] * prod(common)
    for own, (_, listed), length, step in zip(shapes, several, shape, steps, strict=True):
        at = [0]
        for axis, n in enumerate(common):
            by = prod(own[axis + 1 :]) if own[axis] != 1 else 0
            at = [place + i * by for place in at for i in range(n)]
        found = [place + _within(listed[i], length) * step for place, i in zip(found, at, strict=True)]
    return common, found


def _within(i: int, length: int) -> int:
    if not -length <= i < length:
        raise IndexError(f"there is no place {i} along an axis of {length}")
    return i % length
