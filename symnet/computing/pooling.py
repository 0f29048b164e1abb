"""Sums and maxima over windows of one array, and their gradients.

    window_max('i j 2k+p 2m+q -> i j k m', A, k=4, m=4, p=2, q=2)       M_ijkm = max_pq A_i,j,2k+p,2m+q
    window_sum('i j 2k+p 2m+q -> i j k m', A, k=4, m=4, p=2, q=2)       the same with a sum
    windows_added('i j p q -> i j 2p+r 2q+u', G, A.shape, r=2, u=2)     the gradient of the sum
    to_largest('i j p q -> i j 2p+r 2q+u', G, A, r=2, u=2)              that of the maximum: to the first largest

A window is gone through place by place, each an array of all windows (see ``subscripts`` for the text).  Works on NumPy
and on JAX.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from symnet.computing.subscripts import Places, alone, bounds, lengths_of, parsed


def window_sum(how: str, array: Any, **lengths: int) -> Any:
    """The sum over every window."""
    return _folded(how, array, lengths, lambda a, b: a + b)


def window_max(how: str, array: Any, **lengths: int) -> Any:
    """The largest entry of every window."""
    xp = _library(array)
    return _folded(how, array, lengths, xp.maximum)


def shifted(how: str, array: Any, **lengths: int) -> Any:
    """An array read at other places, with 0 where they are outside."""
    return window_sum(how, array, **lengths)


def windows_added(how: str, array: Any, shape: tuple[int, ...], **lengths: int) -> Any:
    """An array of that shape, in which every entry is added at all places of its window."""
    (of_array,), places = parsed(how)
    known = lengths_of([of_array], [array], lengths)
    added = _Added(array, shape)
    for where in _windows(places, [*map(alone, of_array)], known):
        added.add(where, array)
    return added.found


def to_largest(how: str, array: Any, of: Any, **lengths: int) -> Any:
    """An array like ``of``, in which every entry is added at the first place where its window is largest."""
    (of_array,), places = parsed(how)
    letters = [*map(alone, of_array)]
    known = lengths_of([of_array], [array], lengths)
    xp = _library(array)
    windows = [*_windows(places, letters, known)]
    largest = of[windows[0]]
    for where in windows[1:]:
        largest = xp.maximum(largest, of[where])
    added = _Added(array, of.shape)
    left: Any = None  # the windows whose largest has not come yet
    for where in windows:
        here = of[where] == largest
        if left is None:
            left = ~here
        else:
            here, left = here & left, left & ~here
        added.add(where, array * here)
    return added.found


def _folded(how: str, array: Any, lengths: dict[str, int], join: Callable[[Any, Any], Any]) -> Any:
    (places,), made = parsed(how)
    known = lengths_of([places], [array], lengths)
    letters = [*map(alone, made)]
    low, high = [], []
    for place, length in zip(places, array.shape, strict=True):
        least, most = bounds(place, known)
        low.append(max(0, -least))
        high.append(max(0, most - length + 1))
    if any((*low, *high)):  # outside an array there are zeros
        array = _library(array).pad(array, [*zip(low, high, strict=True)])
        places = tuple((counts, constant + n) for (counts, constant), n in zip(places, low, strict=True))
    parts = [array[where] for where in _windows(places, letters, known)]
    found = parts[0].copy() if len(parts) == 1 else parts[0]
    for part in parts[1:]:
        found = join(found, part)
    return found


def _windows(places: Places, outer: Sequence[str], lengths: Mapping[str, int]) -> Iterator[tuple[slice, ...]]:
    """For each place of a window, where it lies in the array: along every axis a run of steps, one for each window."""
    inner = [*dict.fromkeys(i for counts, _ in places for i in counts if i not in outer)]
    for values in itertools.product(*(range(lengths[i]) for i in inner)):
        at = dict(zip(inner, values, strict=True))
        where = []
        for counts, constant in places:
            start = constant + sum(count * at[i] for i, count in counts.items() if i in at)
            step, count = next(((n, lengths[i]) for i, n in counts.items() if i not in at), (1, 1))
            where.append(slice(start, start + step * (count - 1) + 1, step))
        yield tuple(where)


class _Added:
    """Arrays added into one of that shape, each at its places."""

    def __init__(self, like: Any, shape: tuple[int, ...]) -> None:
        self.found = _library(like).zeros(shape, like.dtype)

    def add(self, where: tuple[slice, ...], values: Any) -> None:
        if isinstance(self.found, np.ndarray):
            self.found[where] += values
            return
        lax = sys.modules["jax"].lax
        zero = self.found.dtype.type(0)
        spread = [(s.start, n - s.stop, s.step - 1) for s, n in zip(where, self.found.shape, strict=True)]
        self.found = self.found + lax.pad(values, zero, spread)


def _library(value: Any) -> Any:
    return np if isinstance(value, np.ndarray) else sys.modules["jax.numpy"]
