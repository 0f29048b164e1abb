"""The order in which rows are learned from: another in every epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symnet.computing.arrays import Array
from symnet.training import data


@dataclass(frozen=True, eq=False)
class Epochs:
    """Some epochs after another: the rows of their full batches (epochs, batches, size), and of a smaller last one.

    They are ``number`` of those drawn together, from ``first`` on; ``rest`` is None where every batch is full.
    """

    drawn: Drawn
    first: int
    number: int

    def __getitem__(self, i: int) -> Array:
        """The rows of update i."""
        full, rest = self.drawn.full, self.drawn.rest
        epoch, batch = divmod(i, full.shape[1] + (rest is not None))
        epoch += self.first
        rows: Array = rest[epoch] if rest is not None and batch == full.shape[1] else full[epoch, batch]
        return rows


@dataclass(frozen=True, eq=False)
class Drawn:
    """Epochs that were drawn together; the same object for all calls of a loop that learn from them."""

    full: Array
    rest: Array | None
    batches: Array  # those of all epochs in a line, as ``full``


class Shuffled:
    """Draws the order, ``size`` of n rows at a time, and gives some epochs of it after others.

    A compiled loop sees arrays of one length, ``most`` epochs, and takes longer to be sent them than to make a few
    updates: as many are drawn ahead, and it is told where to go on in them.  However many are, the order is the same.
    """

    def __init__(self, n: int, size: int, epochs: int, most: int, ahead: bool, random: np.random.Generator) -> None:
        self.n, self.size, self.left, self.most, self.ahead, self.random = n, size, epochs, most, ahead, random
        self._drawn: Drawn | None = None
        self._first = self._end = 0

    def take(self, number: int) -> Epochs:
        """The next epochs, at most so many."""
        if self._drawn is None or self._first == self._end:
            self._draw(min(self.left, self.most) if self.ahead else min(self.left, number))
        assert self._drawn is not None
        taken = Epochs(self._drawn, self._first, min(number, self._end - self._first))
        self._first += taken.number
        self.left -= taken.number
        return taken

    def _draw(self, number: int) -> None:
        full, rest = data.epochs(self.n, self.size, number, self.random)
        if self.ahead:
            full, rest = padded(full, self.most), padded(rest, self.most)
        self._drawn = Drawn(full, rest if rest.shape[1] else None, full.reshape(-1, self.size))
        self._first, self._end = 0, number


def padded(rows: Array, length: int) -> Array:
    """The rows, followed by copies of the last up to ``length``: a compiled loop then sees one shape."""
    if len(rows) >= length:
        return rows
    return np.concatenate([rows, np.broadcast_to(rows[-1:], (length - len(rows), *rows.shape[1:]))])
