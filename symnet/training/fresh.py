"""Batches from an iterator, as a loop wants them: gathered into stacks, one for the inputs and one for the targets.

A tiny network is trained on a batch in less time than a few lines of Python take, so the usual batch, two arrays like
those of the first, is copied and nothing else; the numbers of a whole stack are looked at together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.computing.arrays import Array, checked
from symnet.computing.compile import columns_of

NUMBERS = 4_000_000  # in the batches of one stack
MOST = 2048  # batches in one stack


class Fresh:
    """The next batches of ``source``, which gives (X (n, inputs), Y (n, targets)), or X where there are no targets.

    ``first`` is the first batch and ``most`` how many make a stack.  Raises Mistake for a batch that does not fit, that
    differs in shape or type from the first or holds what is not a number, and where the source ends before ``steps``.
    """

    def __init__(self, source: Iterator[Any], network: Network, dtype: Any, steps: int) -> None:
        self.source, self.dtype, self.steps = source, dtype, steps
        self.widths = columns_of(network.inputs), columns_of(network.targets)
        self.targets = bool(network.targets)
        self.first: tuple[Array, ...] = ()
        if steps:
            for batch in islice(source, 1):
                # Copies, since an iterator may fill the same arrays again.
                self.first = tuple(np.array(part) for part in self._checked(batch))
            if not self.first:
                raise self._ended(0)
        self.most = max(1, min(MOST, NUMBERS // max(1, sum(part.size for part in self.first))))
        # Two sets in turn: where a call goes wrong, the rows of the call before it may be needed again.
        self._sets = [tuple(_aligned((self.most, *p.shape), p.dtype) for p in self.first) for _ in range(2)]

    def stacks(self, at: int, count: int) -> tuple[Array, ...]:
        """Stacks of ``most`` batches of which the first ``count`` are for the updates from ``at``; the rest is idle."""
        self._sets.reverse()
        stacks = self._sets[0]
        begin = 0
        if at == 0:
            begin = 1
            for stack, part in zip(stacks, self.first, strict=True):
                stack[0] = part
        batches = enumerate(islice(self.source, count - begin), begin)
        filled = self._fill_pairs(stacks[0], stacks[1], batches) if self.targets else self._fill(stacks[0], batches)
        if max(begin, filled) < count:
            raise self._ended(at + max(begin, filled))
        if not all(np.isfinite(stack[:count]).all() for stack in stacks):
            for i in range(count):  # to say where
                self._checked((stacks[0][i], stacks[1][i] if self.targets else None))
        return stacks

    def _fill_pairs(self, X: Array, Y: Array, batches: Iterator[tuple[int, Any]]) -> int:
        """Copy the batches to their places; how many of X and Y are then filled."""
        inputs, targets, dtype, array = X.shape[1:], Y.shape[1:], X.dtype, np.ndarray
        i = -1
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
            X[i], Y[i] = self._like_first(pair)
        return i + 1

    def _fill(self, X: Array, batches: Iterator[tuple[int, Any]]) -> int:
        i = -1
        for i, batch in batches:
            (X[i],) = self._like_first(batch)
        return i + 1

    def _ended(self, drawn: int) -> Mistake:
        return Mistake(f"the iterator of batches ended after {drawn} of {self.steps} steps")

    def _like_first(self, batch: Any) -> tuple[Array, ...]:
        parts = self._checked(batch)
        x, first = parts[0], self.first[0]
        if x.shape != first.shape or x.dtype != first.dtype:
            raise Mistake(
                f"a batch X {x.shape} {x.dtype} follows one of {first.shape} {first.dtype}; all need the same"
            )
        return parts

    def _checked(self, batch: Any) -> tuple[Array, ...]:
        X, Y = batch if isinstance(batch, tuple) and len(batch) == 2 else (batch, None)
        x, y = checked(X, Y, *self.widths, dtype=self.dtype)
        return (x, y) if self.targets else (x,)


def _aligned(shape: tuple[int, ...], dtype: Any) -> Array:
    """Zeros that begin at a multiple of 64 bytes, which JAX on a CPU reads where they are and does not copy."""
    size = math.prod(shape) * dtype.itemsize
    memory = np.zeros(size + 64, np.uint8)
    begin = -memory.ctypes.data % 64
    aligned: Array = memory[begin : begin + size].view(dtype).reshape(shape)
    return aligned
