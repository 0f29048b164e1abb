"""The accuracy on the way: how many rows are taken for the right class, again and again while training goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symnet.algebra.network import Network
from symnet.computing.arrays import Array
from symnet.computing.examples import arguments, parts
from symnet.computing.prediction import statistics_of, worked
from symnet.training.classes import Classes, chosen
from symnet.training.evaluation import one_each, tells_classes

JUDGED = 1_000  # rows of each kind that are judged, the first ones
MOST = 20  # times in a run
SHARE = 0.02  # of the work of training that all judging together may be
ONCE = 100_000  # products of numbers that take as long as a call of generated code on no rows at all
ALWAYS = 20 * 2 * ONCE  # products that are judged with however little is trained: a few milliseconds


def _none() -> Array:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class Accuracies:
    """The accuracy after ``updates[i]`` updates: ``training[i]`` of the rows that are learned from, ``validation[i]``
    of those held back, where some are.  All are empty where the network tells no classes.

    At most 1,000 rows of each kind are judged, the first ones, at most 20 times, and less often where that would take
    more than a few milliseconds and a fiftieth of the training itself: ``run.evaluate`` judges any others.
    """

    updates: Array = field(default_factory=lambda: np.zeros(0, int))
    training: Array = field(default_factory=_none)
    validation: Array = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.updates)

    def by_kind(self) -> dict[str, Array]:
        """{"training": …, "validation": …}, as far as there are any."""
        both = {"training": self.training, "validation": self.validation}
        return {kind: shares for kind, shares in both.items() if len(shares)}


class Judge:
    """Judges what a loop has learned, at places that depend on how long it trains, and never on how quickly."""

    def __init__(self, network: Network, labels: Classes | None) -> None:
        self.network, self.labels = network, labels
        self._rows: dict[str, tuple[Any, Array]] = {}  # {kind: (X, which class each row is of)}
        self._places: list[int] = []  # updates after which it judges, the next one first
        self._found: list[tuple[int, dict[str, float]]] = []

    def watch(self, kinds: Mapping[str, tuple[Array, ...]], updates: int, each: int, size: int) -> None:
        """Judge these examples (X, Y) over so many updates of ``size`` rows, at the ends of epochs of ``each``."""
        for kind, rows in kinds.items():
            if not rows or not self.network.targets:
                continue
            Y = arguments(self.network, rows)[1]
            if not isinstance(Y, tuple) and tells_classes(self.network, Y, self.labels):
                X = arguments(self.network, tuple(part[:JUDGED] for part in rows))[0]
                self._rows[kind] = X, one_each(Y[:JUDGED]).argmax(axis=-1)
        epochs = updates // each
        ends = np.linspace(0, epochs, min(epochs, self._times(updates * size)) + 1)[1:].astype(int) * each
        self._places = sorted({*ends.tolist(), updates} - {0}) if self._rows else []

    def _times(self, trained: int) -> int:
        """How often to judge while so many rows are trained on, by what both cost."""
        judged = sum(len(classes) for _, classes in self._rows.values())
        count = self.network.parameter_count
        most = max(ALWAYS, SHARE * 3 * trained * count)  # backward costs twice as much as forward
        return max(1, min(MOST, int(most / (judged * count + ONCE * max(1, len(self._rows))))))

    def before_next(self, done: int, most: int) -> int:
        """How many updates, of at most so many, may be made before it judges again."""
        return min(most, self._places[0] - done) if self._places and self._places[0] > done else most

    def see(self, loop: Any, done: int, last: bool = False) -> None:
        """Judge where it is time to, and at the end."""
        due = False
        while self._places and self._places[0] <= done:
            self._places.pop(0)
            due = True
        if self._rows and done and (due or (last and (not self._found or self._found[-1][0] != done))):
            params = loop.params()
            self._found.append((done, {kind: self._share(params, kind) for kind in self._rows}))

    def share(self, loop: Any) -> float | None:
        """The accuracy now, of the rows held back where some are; None where there are no classes."""
        return self._share(loop.params(), [*self._rows][-1]) if self._rows else None

    def _share(self, params: Mapping[str, Array], kind: str) -> float:
        X, classes = self._rows[kind]
        learned = self._rows.get("training", (X, classes))[0]
        known = {**params, **statistics_of(self.network, params, parts(learned))}
        outputs = worked(self.network.to_predict, self.network.output, known, X)
        return float((chosen(self.network, outputs, self.labels) == classes).mean())

    @property
    def accuracies(self) -> Accuracies:
        updates = np.array([done for done, _ in self._found], int)
        by_kind = {kind: np.array([shares[kind] for _, shares in self._found]) for kind in self._rows}
        return Accuracies(updates, **by_kind)
