"""What generated code calls for an equation of entries that is no product or sum of whole arrays.

    Z = each(lambda i, p: over(lambda u: K[u] * at(X, i, 2 * p + u - 1), 2, 3), (n, 5), dtype)

is Z[i, p] = Σ_u K[u] X[i, 2p + u − 1].  Every index is an array of its numbers along an axis of its own: those of
``each`` are the last, and a sum, within so many open indices, puts its own before them.  Works on NumPy and on JAX.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

Body = Callable[..., Any]


def each(body: Body, lengths: tuple[int, ...], dtype: Any) -> Any:
    """The array whose entry [i, …] is body(i, …)."""
    value = body(*_axes(lengths, 0))
    xp = _library(value)
    return xp.array(xp.broadcast_to(value, lengths), dtype)


def over(body: Body, within: int, *lengths: int) -> Any:
    """Σ body over all indices of these lengths, within so many that are open."""
    return _spread(body, within, lengths).sum(tuple(range(len(lengths))))


def largest(body: Body, within: int, *lengths: int) -> Any:
    """The largest body."""
    return _spread(body, within, lengths).max(tuple(range(len(lengths))))


def first(body: Body, within: int, lengths: tuple[int, ...], *places: Any) -> Any:
    """1 where the first largest body, row by row, is the one at ``places``, otherwise 0."""
    values = _spread(body, within, lengths)
    found = values.reshape(math.prod(lengths), *values.shape[len(lengths) :]).argmax(0)
    wanted = 0
    for place, length in zip(places, lengths, strict=True):
        wanted = wanted * length + place
    return 1.0 * (found == wanted)


def at(array: Any, *places: Any) -> Any:
    """The entry at these places, and 0 outside the array; a place that is data is made a whole number."""
    xp = _library(array)
    whole = [place if _is_whole(place) else place.astype(int) for place in places]
    inside: Any = True
    for place, length in zip(whole, array.shape, strict=True):
        inside = inside & (place >= 0) & (place < length)
    clipped = tuple(xp.clip(place, 0, length - 1) for place, length in zip(whole, array.shape, strict=True))
    return xp.where(inside, array[clipped], xp.zeros((), array.dtype))


def inside(place: Any, length: int) -> Any:
    """1 where 0 ≤ place < length, otherwise 0."""
    return 1 * ((place >= 0) & (place < length))


def passes(step: Any, count: int) -> Any:
    """The slope of a state that a truncated recurrence takes over: 0 after every so many steps, otherwise 1."""
    return 1 * ((step % count != 0) | (step == 0))


def looked_up(array: Any, ids: Any) -> Any:
    """The rows that ids name, array[ids], and 0 for a row that is not there."""
    xp = _library(array)
    whole = ids if _is_whole(ids) else ids.astype(int)
    if xp is np and whole.size and whole.min() >= 0 and whole.max() < len(array):
        return array[whole]
    known = (whole >= 0) & (whole < len(array))
    return array[xp.clip(whole, 0, len(array) - 1)] * known[(..., *(None,) * (array.ndim - 1))]


def rows_added(ids: Any, values: Any, count: int) -> Any:
    """The array of so many rows in which every row of ``values`` is added to the one that ids name."""
    whole = (ids if _is_whole(ids) else ids.astype(int)).reshape(-1)
    rest = values.shape[ids.ndim :]
    rows = values.reshape(len(whole), math.prod(rest))
    if isinstance(rows, np.ndarray):  # add.at takes several times as long
        known = (whole >= 0) & (whole < count)
        where = (whole[known, None] * rows.shape[1] + np.arange(rows.shape[1])).reshape(-1)
        sums = np.bincount(where, rows[known].reshape(-1), count * rows.shape[1])
        return sums.astype(values.dtype).reshape(count, *rest)
    xp = sys.modules["jax.numpy"]
    known = xp.where((whole >= 0) & (whole < count), whole, count)  # what is outside is dropped
    return xp.zeros((count, rows.shape[1]), rows.dtype).at[known].add(rows, mode="drop").reshape(count, *rest)


def _is_whole(place: Any) -> bool:
    return isinstance(place, (int, np.integer)) or place.dtype.kind in "iu"


def _axes(lengths: tuple[int, ...], within: int) -> list[np.ndarray]:
    """The numbers of each index, along an axis each, before ``within`` more."""
    count = len(lengths)
    return [np.arange(n).reshape((1,) * a + (n,) + (1,) * (count - 1 - a + within)) for a, n in enumerate(lengths)]


def _spread(body: Body, within: int, lengths: tuple[int, ...]) -> Any:
    """Every body, also where it does not depend on an index: an array (lengths, …), with ``within`` more axes."""
    value = body(*_axes(lengths, within))
    xp = _library(value)
    rest = xp.shape(value)[max(0, xp.ndim(value) - within) :]
    return xp.broadcast_to(value, (*lengths, *(1,) * (within - len(rest)), *rest))


def _library(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic, int, float)):
        return np
    return sys.modules["jax.numpy"]
