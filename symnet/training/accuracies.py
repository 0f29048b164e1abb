"""The accuracy on the way: how many rows are taken for the right class, again and again while training goes on.

While it goes on the parameters are only put aside; who asks for the accuracies has them worked then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from symnet.algebra.network import Network
from symnet.computing.arrays import Array
from symnet.computing.examples import arguments, parts
from symnet.computing.prediction import statistics_of, worked
from symnet.training.classes import Classes, chosen
from symnet.training.evaluation import one_each, tells_classes

JUDGED = 1_000  # rows of each kind that are judged, the first ones
MOST, FEW = 20, 3  # times in a long run, and in one as short as you like: at the beginning, half way and at the end
PAUSE, EACH = 20_000_000, 500  # products made while a loop is left and entered again, and more for each parameter
SHARE = 0.005  # of the work of training that all pauses together may be
KEPT = 8_000_000  # numbers that all parameters put aside may be


@dataclass(frozen=True, eq=False)
class Bench:
    """Those rows by which a network is judged: {kind: (X, which class each row is of)}."""

    network: Network
    labels: Classes | None
    rows: Mapping[str, tuple[Any, Array]]

    def share(self, params: Mapping[str, Array], kind: str) -> float:
        """How many of the rows of a kind are taken for the right class, of 1."""
        X, classes = self.rows[kind]
        learned = self.rows.get("training", (X, classes))[0]
        known = {**params, **statistics_of(self.network, params, parts(learned))}
        outputs = worked(self.network.to_predict, self.network.output, known, X)
        return float((chosen(self.network, outputs, self.labels) == classes).mean())


@dataclass(frozen=True, eq=False)
class Accuracies:
    """The accuracy after ``updates[i]`` updates: ``training[i]`` of the rows that are learned from, ``validation[i]``
    of those held back, where some are.  All are empty where the network tells no classes.

    At most 1,000 rows of each kind are judged, the first ones, and at 3 to 20 places from the end of the first epoch to
    that of the last: at so many as take less than a hundredth part of the training itself, or fewer where the network
    is so large that as many copies of its parameters would be more than eight million numbers.  ``run.evaluate`` judges
    any others.
    """

    updates: Array = field(default_factory=lambda: np.zeros(0, int))
    bench: Bench | None = field(default=None, repr=False)
    params: tuple[Mapping[str, Array], ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.updates)

    @cached_property
    def training(self) -> Array:
        return self._shares("training")

    @cached_property
    def validation(self) -> Array:
        return self._shares("validation")

    def _shares(self, kind: str) -> Array:
        if self.bench is None or kind not in self.bench.rows:
            return np.zeros(0)
        return np.array([self.bench.share(params, kind) for params in self.params])

    def by_kind(self) -> dict[str, Array]:
        """{"training": …, "validation": …}, as far as there are any."""
        both = {"training": self.training, "validation": self.validation}
        return {kind: shares for kind, shares in both.items() if len(shares)}


class Judge:
    """Puts aside what a loop has learned, at places that depend on how long it trains, and never on how quickly."""

    def __init__(self, network: Network, labels: Classes | None) -> None:
        self.bench = Bench(network, labels, {})
        self._places: list[int] = []  # updates after which it does, the next one first
        self._kept: dict[int, Mapping[str, Array]] = {}

    def watch(self, kinds: Mapping[str, tuple[Array, ...]], updates: int, each: int, size: int) -> None:
        """Judge these examples (X, Y) over so many updates of ``size`` rows, at the ends of epochs of ``each``."""
        network, found = self.bench.network, {}
        for kind, rows in kinds.items():
            if not rows or not network.targets:
                continue
            Y = arguments(network, rows)[1]
            if not isinstance(Y, tuple) and tells_classes(network, Y, self.bench.labels):
                # Copies: they are judged when somebody asks, and the arrays may have changed by then.
                X = arguments(network, tuple(part[:JUDGED].copy() for part in rows))[0]
                found[kind] = X, one_each(Y[:JUDGED]).argmax(axis=-1)
        self.bench = Bench(network, self.bench.labels, found)
        epochs, count = updates // each, network.parameter_count
        # Backward costs twice as much as forward.  After the first epoch a loop is left anyway, and at the end.
        pauses = int(SHARE * 3 * updates * size * count / (PAUSE + EACH * count))
        most = max(1, min(max(FEW, pauses + 2), MOST, epochs, KEPT // max(1, count)))
        ends = np.linspace(1 if most > 1 else epochs, epochs, most).round().astype(int) * each
        self._places = sorted({*ends.tolist(), updates} - {0}) if found else []

    def before_next(self, done: int, most: int) -> int:
        """How many updates, of about so many, may be made before the next place: all, if it is no more than twice."""
        ahead = self._places[0] - done if self._places else 0
        return ahead if 0 < ahead <= 2 * most else most

    def see(self, loop: Any, done: int, last: bool = False) -> None:
        """Put the parameters aside where it is time to, and at the end."""
        due = False
        while self._places and self._places[0] <= done:
            self._places.pop(0)
            due = True
        if self.bench.rows and done and (due or last) and done not in self._kept:
            self._kept[done] = loop.params()

    def share(self, loop: Any) -> float | None:
        """The accuracy now, of the rows held back where some are; None where there are no classes."""
        return self.bench.share(loop.params(), [*self.bench.rows][-1]) if self.bench.rows else None

    @property
    def accuracies(self) -> Accuracies:
        bench = self.bench if self._kept else None
        return Accuracies(np.array([*self._kept], int), bench, tuple(self._kept.values()))
