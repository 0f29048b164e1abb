"""A plan of training, as an exercise file describes it: the network, its examples, the optimizer, for how long.

``plan.fit()`` carries it out, and ``plan.figures(run)`` draws what there is to see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from symnet.algebra.equations import Symbol
from symnet.algebra.initial import DEFAULT
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.algebra.optimizers import Optimizer
from symnet.computing.arrays import Array
from symnet.training.classes import Classes
from symnet.training.data import evaluate, grid, split
from symnet.training.datafile import Data
from symnet.training.evaluation import Evaluation
from symnet.training.fit import fit
from symnet.training.run import Run

LONG = 1_000  # updates from which the loss is also shown in sections
PICTURE = 40  # points along each side of a learned picture
CURVE = 400  # points of a curve


def in_shape(name: Symbol, rows: Array) -> Array:
    """Rows of numbers in the shape that an input or target has."""
    return rows.reshape(len(rows), *(int(length) for length in shape_of(name)[1:]))


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that ``fit`` needs.  The examples are X and Y, or fresh ones from ``data``."""

    network: Network
    optimizer: Optimizer | None
    X: Array | None
    Y: Array | None
    params: Mapping[str, Any] | None = None
    init: str = DEFAULT
    seed: int = 0
    init_seed: int | None = None  # of the starting values, where it is another
    steps: int | None = None
    epochs: int | None = None
    batch_size: int | None = None
    online: bool = False
    patience: int | None = None
    schedule: str | None = None
    validation: float = 0.0
    dtype: str = "float64"
    reduce: str = "mean"
    data: Data | None = None
    names: tuple[str, ...] = field(default_factory=tuple)  # of the columns of X
    labels: Classes | None = None  # that the columns of Y stand for

    @property
    def is_fresh(self) -> bool:
        """Whether every batch is drawn anew."""
        return self.data is not None and bool(self.data.ranges)

    def fit(self, backend: str = "numpy", steps: int | None = None, **options: Any) -> Run:
        """Train; ``steps`` replaces how long the plan says.  ``options`` go to ``symnet.fit``."""
        if self.optimizer is None:
            raise Mistake("there is no learning_rate; add it at the top of the file, such as learning_rate = 0.01")
        params = self.params
        if params is None and self.init_seed is not None and "seed" not in options:
            params = self.network.init(self.init, self.init_seed)
        common: dict[str, Any] = {
            "optimizer": self.optimizer,
            "params": params,
            "init": self.init,
            "seed": self.seed,
            "schedule": self.schedule,
            "reduce": None if self.network.is_layered else self.reduce,  # that of layers is in their loss
            "backend": backend,
            **options,
        }
        if self.is_fresh:
            batches = self._batches(self.batch_size or 1, common["seed"])
            typed = ((x.astype(self.dtype), y.astype(self.dtype)) for x, y in batches)
            return fit(self.network, typed, steps=self._updates(steps, 1), dtype=self.dtype, **common)
        assert self.X is not None
        if self.online:
            return fit(
                self.network, self._one_by_one(), steps=self._updates(steps, len(self.X)), dtype=self.dtype, **common
            )
        X, Y, held = self.X, self.Y, None
        if self.validation and Y is not None:  # by the data's own seed: what was standardized stays apart
            (X, Y), held = split(X, Y, self.validation, self.seed)
        how_long = {"steps": steps} if steps is not None else {"steps": self.steps, "epochs": self.epochs}
        run = fit(
            self.network,
            X,
            Y,
            dtype=self.dtype,
            batch_size=self.batch_size,
            validation=held,
            patience=self.patience,
            **how_long,
            **common,
        )
        return replace(run, labels=self.labels)

    def _updates(self, steps: int | None, rows: int) -> int:
        """How many updates, one for each batch: ``steps`` or as the plan says."""
        if steps is not None:
            return steps
        return self.steps if self.steps is not None else (1 if self.epochs is None else self.epochs) * rows

    def evaluated(self, run: Run) -> dict[str, Evaluation]:
        """How the run does on the rows that it learned from, and on those held back; {} for fresh rows."""
        if self.is_fresh or self.X is None or self.Y is None:
            return {}
        if not self.validation:
            return {"training": run.evaluate(self.X, self.Y)}
        seen, held = split(self.X, self.Y, self.validation, self.seed)
        return {"training": run.evaluate(*seen), "validation": run.evaluate(*held)}

    def some(self, count: int) -> tuple[Array, Array | None]:
        """The first examples, or a fresh batch: X (count, inputs), Y (count, targets)."""
        if self.is_fresh:
            return next(self._batches(count, self.seed))
        assert self.X is not None
        return self.X[:count], None if self.Y is None else self.Y[:count]

    def _batches(self, count: int, seed: int) -> Iterator[tuple[Array, Array]]:
        """Fresh batches in the shapes of the network."""
        assert self.data is not None
        for X, Y in replace(self.data, seed=seed).batches(count):
            yield in_shape(self.network.inputs[0], X), in_shape(self.network.targets[0], Y)

    def _one_by_one(self) -> Iterator[Any]:
        """The examples in the order given, again and again."""
        assert self.X is not None
        while True:
            for i in range(len(self.X)):
                x = self.X[i : i + 1].astype(self.dtype)
                yield x if self.Y is None else (x, self.Y[i : i + 1].astype(self.dtype))

    @property
    def is_picture(self) -> bool:
        """Whether one function of two inputs, drawn afresh for every batch, is learned: it can be shown as one."""
        data = self.data
        return data is not None and self.is_fresh and len(data.ranges) == 2 and len(data.formulas) == 1

    def picture(self, run: Run, side: int = PICTURE) -> tuple[Any, Any]:
        """The target and what the network predicts, (side, side) each: rows are the second input, from its least on."""
        assert self.data is not None
        assert self.is_picture
        (first, across), (second, up) = self.data.ranges.items()
        points = grid({second: (*up, side), first: (*across, side)})
        target = evaluate(self.data.formulas, points)
        predicted = run.predict(np.column_stack([points[first], points[second]]).astype(self.dtype))
        return target.reshape(side, side), predicted.reshape(side, side)

    def figures(self, run: Run, title: str = "") -> dict[str, Any]:
        """{what it shows: a Matplotlib figure}: the loss, its sections, and what was learned if that can be drawn.

        That is a curve, a picture, or which classes are taken for which: of the rows held back, where some are.
        """
        from symnet.training import plots

        if not run.steps:
            return {}
        found = {"loss": run.plot(title)}
        if run.steps >= LONG and run.steps_per_epoch == 1:
            found["sections"] = plots.loss_sections(run.losses)
        data = self.data
        if (shares := self.evaluated(run)) and (last := [*shares.values()][-1]).confusion is not None:
            found["confusion"] = last.plot()
        if data is None or not data.formulas or len(data.formulas) != 1:
            return found
        if self.is_picture:
            across, up = data.ranges.values()
            found["picture"] = plots.learned_picture(*self.picture(run), run.losses, extent=(*across, *up))
        elif not self.is_fresh and len(data.inputs) == 1 and data.standardization is None and self.X is not None:
            low, high = float(self.X.min()), float(self.X.max())
            points = grid({data.inputs[0]: (low, high, CURVE)})
            x = points[data.inputs[0]]
            predicted = run.predict(x[:, None].astype(self.dtype))[:, 0]
            truth = evaluate(data.formulas, points)[:, 0]
            assert self.Y is not None
            seen = split(self.X, self.Y, self.validation, self.seed)[0] if self.validation else (self.X, self.Y)
            samples = (seen[0][:, 0], seen[1][:, 0])
            found["fit"] = plots.fit_over_truth(x, truth, predicted, samples=samples)
        return found
