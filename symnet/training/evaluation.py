"""How well a network does on examples: its loss, and where it tells classes apart, how many it takes rightly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.computing.arrays import Array
from symnet.training.classes import Classes, chosen, kind_of


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The loss on so many ``rows``, or steps of series where each has a class.

    With classes there is also ``confusion`` (k, k): true classes in rows, predicted in columns.  ``accuracy`` is the
    share that is predicted rightly, the sum of the diagonal over all; None without classes.
    """

    loss: float
    rows: int
    confusion: Array | None = None
    labels: Sequence[Any] = ()

    @property
    def right(self) -> int:
        """How many rows are predicted rightly."""
        return 0 if self.confusion is None else int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float | None:
        return None if self.confusion is None else self.right / self.rows

    def __str__(self) -> str:
        if self.accuracy is None:
            return f"loss {self.loss:.6g} on {self.rows:,} rows"
        return f"loss {self.loss:.6g}, accuracy {self.accuracy:.1%} ({self.right:,} of {self.rows:,})"

    __repr__ = __str__

    def plot(self) -> Any:
        """The confusion matrix as a Matplotlib figure.  Raises Mistake where there are no classes."""
        if self.confusion is None:
            raise Mistake("the network predicts numbers, not classes; there is nothing to confuse")
        from symnet.training.plots import confusion_matrix

        return confusion_matrix(self.confusion, list(self.labels))


def evaluated(network: Network, outputs: Array, Y: Any, loss: float, classes: Classes | None) -> Evaluation:
    """The evaluation of outputs (n, k), or (n, steps, k), against such targets Y.

    They have classes where the network tells some.
    """
    if isinstance(Y, tuple) or outputs.shape != Y.shape or not tells_classes(network, Y, classes):
        return Evaluation(loss, len(outputs))
    targets = one_each(Y)
    count = targets.shape[-1]
    pairs = (targets.argmax(axis=-1) * count + chosen(network, outputs, classes)).reshape(-1)
    confusion = np.bincount(pairs, minlength=count * count).reshape(count, count)
    return Evaluation(loss, len(pairs), confusion, classes.labels if classes is not None else range(count))


def tells_classes(network: Network, Y: Array, classes: Classes | None) -> bool:
    """Whether the network tells classes, and targets Y (n, k), or (n, steps, k), say one for each row or step."""
    if Y.ndim < 2:
        return False
    targets = one_each(Y)
    single = ((targets == 0) | (targets == 1)).all() and (targets.sum(axis=-1) == 1).all()
    return bool(single and Y.shape[-1] and (classes is not None or kind_of(network)))


def one_each(Y: Array) -> Array:
    """A column for each class: two of a single column."""
    return Y if Y.shape[-1] > 1 else np.concatenate([1 - Y, Y], axis=-1)
