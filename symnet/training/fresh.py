"""Batches from an iterator, as a loop wants them: gathered into stacks, one for the inputs and one for the targets.

A tiny network is trained on a batch in less time than a few lines of Python take, so the usual batch, two arrays like
those of the first, is copied and nothing else; the numbers of a whole stack are looked at together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, islice
from typing import Any

import numpy as np

from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.computing.arrays import Array
from symnet.computing.examples import arguments, checked_examples, flat_examples, is_several, leaving_nothing_out
from symnet.training.classes import Classes, are_labels, classes_of
from symnet.training.masks import Masks

NUMBERS = 4_000_000  # in the batches of one stack
MOST = 2048  # batches in one stack


class Fresh:
    """The next batches of ``source``, which gives (X (n, inputs), Y (n, targets)), or X where there are no targets.

    Y may be (n,), the numbers of classes.  Batches may differ in how many rows they have, as the last of an epoch does;
    a stack holds those of one size.  ``first`` is the first batch and ``most`` how many make a stack.  Raises Mistake
    for a batch that does not fit, that is of another type than the first or holds what is not a number, and where the
    source ends before ``steps``.
    """

    def __init__(
        self, source: Iterator[Any], network: Network, dtype: Any, steps: int, masks: Masks, made: int
    ) -> None:
        """``masks`` are drawn for each batch that leaves them out, after ``made`` updates of earlier runs."""
        self.masks, self._drawn = masks, made
        self.source, self.dtype, self.steps, self.network = source, dtype, steps, network
        self.targets = bool(network.targets)
        self.one_each = not is_several(network.inputs) and not is_several(network.targets)
        self.labels: Classes | None = None
        self.first: tuple[Array, ...] = ()
        if steps:
            for batch in islice(source, 1):
                # Copies, since an iterator may fill the same arrays again.
                self.first = tuple(np.array(part) for part in self._checked(batch))
            if not self.first:
                raise self._ended(0)
        self.most = max(1, min(MOST, NUMBERS // max(1, sum(part.size for part in self.first))))
        self._waiting: tuple[Array, ...] | None = self.first or None  # a batch that begins the next stack
        self._sets: dict[int, list[tuple[Array, ...]]] = {}
        self._last = tuple(part[None] for part in self.first)

    def stacks(self, at: int, count: int) -> tuple[tuple[Array, ...], int]:
        """(stacks, how many): room for ``most`` batches, of which so many, at most ``count``, are filled.

        They are for the updates from ``at`` on; the rest is idle.
        """
        first = self._waiting
        if first is None:
            for batch in islice(self.source, 1):
                first = self._like_first(batch)
        if first is None:
            raise self._ended(at)
        stacks = self._of_size(len(first[0]))
        for stack, part in zip(stacks, first, strict=True):
            stack[0] = part
        self._waiting = None
        batches = enumerate(islice(self.source, count - 1), 1)
        pairs = self.targets and self.one_each
        filled = self._fill_pairs(stacks[0], stacks[1], batches) if pairs else self._fill(stacks, batches)
        if filled < count and self._waiting is None:
            raise self._ended(at + filled)
        if not all(np.isfinite(stack[:filled]).all() for stack in stacks):
            for i in range(filled):  # to say where
                given = arguments(self.network, [stack[i] for stack in stacks])
                self._checked(given if self.targets else given[0])
        self._last = tuple(stack[:filled] for stack in stacks)
        return stacks, filled

    def seen(self) -> tuple[Array, ...]:
        """The arrays of the last batches, their rows one after another."""
        return tuple(stack.reshape(-1, *stack.shape[2:]) for stack in self._last)

    def _of_size(self, rows: int) -> tuple[Array, ...]:
        """Room for batches of so many rows; two sets in turn, since those of the call before may be needed again."""
        if rows not in self._sets:
            shapes = [((self.most, rows, *part.shape[1:]), part.dtype) for part in self.first]
            self._sets[rows] = [tuple(_aligned(*shape) for shape in shapes) for _ in range(2)]
        self._sets[rows].reverse()
        return self._sets[rows][0]

    def _fill_pairs(self, X: Array, Y: Array, batches: Iterator[tuple[int, Any]]) -> int:
        """Copy the batches to their places; how many of X and Y are then filled."""
        inputs, targets, dtype, array = X.shape[1:], Y.shape[1:], X.dtype, np.ndarray
        i = 0
        for i, pair in batches:
            if pair.__class__ is tuple and len(pair) == 2:
                x, y = pair
                if (
                    x.__class__ is array is y.__class__
                    and x.shape == inputs
                    and y.shape == targets
                    and x.dtype is dtype is y.dtype
                ):
                    X[i] = x
                    Y[i] = y
                    continue
            parts = self._like_first(pair)
            if len(parts[0]) != len(X[0]):
                self._waiting = tuple(np.array(part) for part in parts)
                return i
            X[i], Y[i] = parts
        return i + 1

    def _fill(self, stacks: tuple[Array, ...], batches: Iterator[tuple[int, Any]]) -> int:
        i = 0
        for i, batch in batches:
            parts = self._like_first(batch)
            if len(parts[0]) != len(stacks[0][0]):
                self._waiting = tuple(np.array(part) for part in parts)
                return i
            for stack, part in zip(stacks, parts, strict=True):
                stack[i] = part
        return i + 1

    def _ended(self, drawn: int) -> Mistake:
        return Mistake(f"the iterator of batches ended after {drawn} of {self.steps} steps")

    def _like_first(self, batch: Any) -> tuple[Array, ...]:
        parts = self._checked(batch)
        x, first = parts[0], self.first[0]
        if x.dtype != first.dtype:
            raise Mistake(f"a batch X of {x.dtype} follows one of {first.dtype}; all need the same")
        return parts

    def _checked(self, batch: Any) -> tuple[Array, ...]:
        pair = isinstance(batch, (tuple, list)) and len(batch) == 2 and (self.targets or self.one_each)
        X, Y = batch if pair else (batch, None)
        if Y is not None and are_labels(self.network, Y):
            self.labels = self.labels or classes_of(self.network, Y)
            Y = Y if self.labels is None else self.labels.targets(Y)
        whole = leaving_nothing_out(self.network, X)
        found = flat_examples(self.network, *checked_examples(self.network, whole, Y, self.dtype))
        if whole is X:
            return found
        self._drawn += 1
        return self.masks.drawn(found, self._drawn)


def batches_of(X: Any, Y: Any, epochs: int | None) -> tuple[Iterator[Any], int | None] | None:
    """(iterator, updates) where X gives batches again and again, as a list of them or a DataLoader does; else None.

    ``updates`` are those of so many epochs, passes over all batches; without epochs the passes go on without end.
    """
    if isinstance(X, (list, tuple)):
        # A list of rows is an array; a list of batches has arrays of rows in it, or pairs of them.
        if Y is not None or not X or not all(_is_batch(item) for item in X):
            return None
    elif hasattr(X, "__array__") or not isinstance(X, Iterable) or isinstance(X, (str, bytes, Mapping)):
        return None
    passes = count() if epochs is None else range(epochs)
    updates = None
    if epochs is not None:
        if not hasattr(X, "__len__"):
            raise Mistake("X gives batches, and does not say how many; say steps=… in place of epochs")
        updates = epochs * len(X)
    return (batch for _ in passes for batch in X), updates


def _is_batch(item: Any) -> bool:
    if isinstance(item, (tuple, list)):
        arrays = [array for part in item for array in (part if isinstance(part, tuple) else (part,))]
        return len(item) == 2 and all(hasattr(array, "shape") and np.ndim(array) >= 1 for array in arrays)
    return hasattr(item, "shape") and len(item.shape) >= 2


def _aligned(shape: tuple[int, ...], dtype: Any) -> Array:
    """Zeros that begin at a multiple of 64 bytes, which JAX on a CPU reads where they are and does not copy."""
    size = math.prod(shape) * dtype.itemsize
    memory = np.zeros(size + 64, np.uint8)
    begin = -memory.ctypes.data % 64
    aligned: Array = memory[begin : begin + size].view(dtype).reshape(shape)
    return aligned
