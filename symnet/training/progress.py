"""Training under way: the loop of a backend is called for as much as a fraction of a second allows.

Between calls the losses are recorded, the line on the terminal redrawn and callbacks called; and when a loss is not a
finite number, the loop is taken back to where all was well and the equation that went wrong is found.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from symnet.algebra.mistakes import Mistake
from symnet.computing.arrays import Array, checked_parameters, float_type, whole
from symnet.computing.backends import named
from symnet.computing.examples import checked_examples, flat_examples, leaving_nothing_out
from symnet.computing.prediction import statistics_of
from symnet.computing.training_loops import Loop
from symnet.training import data
from symnet.training.accuracies import Judge
from symnet.training.classes import Classes, are_labels
from symnet.training.diverged import first_not_finite
from symnet.training.fresh import Fresh
from symnet.training.interrupts import Interrupts
from symnet.training.masks import Masks
from symnet.training.resuming import Ending, kinds_of
from symnet.training.run import Run
from symnet.training.settings import FOREVER, MOST_UPDATES, Settings
from symnet.training.shuffled import Shuffled, padded

CALL = 0.2  # seconds that one call of a loop should take, so that a person can stop it and see how it goes


@dataclass(frozen=True)
class Progress:
    """How far training is: updates done, epochs done, the last loss, and ``params()``, a copy of the parameters.

    ``accuracy()`` is the share of examples whose class is predicted rightly, of those held back where some are, and
    otherwise of the first ones it learns from; None where the network tells no classes.
    """

    step: int
    epoch: int
    loss: float
    losses: Array
    params: Callable[[], dict[str, Array]]
    accuracy: Callable[[], float | None]


class Training:
    """Training under way: the loop of a backend, what it has recorded, and when it should stop."""

    def __init__(
        self,
        plan: Settings,
        backend: str,
        callbacks: Sequence[Any],
        every: int | None,
        progress: bool | None,
        devices: Any,
        labels: Classes | None = None,
        before: Ending | None = None,
        draws: bool = False,
    ) -> None:
        """``draws``: masks that leave numbers out were not given with the examples, and are drawn."""
        self.plan, self.backend, self.devices, self.labels = plan, backend, devices, labels
        self.callbacks = tuple(callbacks)
        self.before = before
        self.made = 0 if before is None else before.updates  # updates of earlier runs, which this one goes on from
        self.every = None if every is None else whole("every", every, 1, MOST_UPDATES)
        self.shows = sys.stderr.isatty() if progress is None else bool(progress)
        self._masks, self._draws = Masks(plan.network, plan.seed), draws
        self.losses: list[Array] = []
        self.validations: list[Array] = []
        self.done = self.epochs_done = 0
        self.whole: int | None = None  # updates in all, for the line on the terminal
        self.stopped = ""
        self.diverged = False
        self._judge = Judge(plan.network, labels)
        self._drawn = 0.0
        self._reported = 0
        self._earlier: tuple[Any, int, Any] | None = None  # the call before: where it began, how many updates, its rows
        self._second = 1.0  # updates a second, by the last call

    # The two kinds of examples.

    def on_rows(self, X: Any, Y: Any, start: Mapping[str, Any]) -> Run:
        plan = self.plan
        examples = flat_examples(plan.network, X, Y)
        held: tuple[Array, ...] = ()
        if plan.validation is not None:
            examples, held = self._held_back(examples)
        n, batch_size = len(examples[0]), plan.batch_size
        if batch_size is not None and batch_size > n:
            raise Mistake(f"batch_size is {batch_size}, but there are {n} rows to train on")
        if batch_size == n:
            batch_size = None
        loop = self._loop(start, examples, held, batch_size)
        full, rest = (1, 0) if batch_size is None else divmod(n, batch_size)
        updates = full + (rest > 0)
        epochs = plan.epochs if plan.epochs is not None else plan.steps // updates  # type: ignore[operator]
        left_over = 0 if plan.steps is None else plan.steps - epochs * updates
        self.whole = epochs * updates + left_over
        kinds = {"training": examples, "validation": held}
        self._judge.watch(kinds, self.whole, updates, batch_size or n)
        random = np.random.default_rng(plan.seed)
        if batch_size is not None:
            for _ in range(0 if self.before is None else self.before.epochs):  # in an order that was already seen
                data.epochs(n, batch_size, 1, random)
        with self._until_ctrl_c(loop):
            if batch_size is None and not held and not self._draws:
                self._steps(loop, self.whole, lambda at, count: (None, count), examples)
            else:
                self._epochs(loop, epochs, n, batch_size, random, examples, bool(held))
                if left_over and not self.stopped:
                    order, first = data.epochs(n, batch_size or n, 1, random)[0][0], self.done
                    examples = self._with_masks(loop, examples)
                    some = lambda at, count: (order[at - first : at - first + count], count)  # noqa: E731
                    self._steps(loop, left_over, some, examples, most=len(order))
        return self._finished(loop, updates, examples)

    def on_fresh(self, source: Iterator[Any], Y: Any, start: Mapping[str, Any], dtype: Any) -> Run:
        plan = self.plan
        if Y is not None:
            raise Mistake("X is an iterator of batches (X, Y); leave Y out")
        if plan.steps is None or plan.batch_size is not None or plan.validation is not None:
            raise Mistake("fresh batches go with steps=…, and without epochs, batch_size and validation")
        fresh = Fresh(source, plan.network, dtype, plan.steps, self._masks, self.made)
        self.whole = plan.steps
        self.labels = self.labels or fresh.labels
        size, like = (len(fresh.first[0]), fresh.first[0].dtype) if fresh.first else (1, np.dtype(np.float64))
        loop = self._loop(start, (), (), size, like=like)
        with self._until_ctrl_c(loop):
            self._steps(loop, plan.steps, fresh.stacks, (), most=fresh.most)
        return self._finished(loop, 1, fresh.seen())

    # The loop of the backend, called for as much at a time as a fraction of a second allows.

    @contextmanager
    def _until_ctrl_c(self, loop: Loop) -> Iterator[None]:
        """Ctrl-C ends training, and what was learned is kept."""
        try:
            with Interrupts(waits=loop.one_shape) as self._interrupts:
                yield
        except KeyboardInterrupt:
            loop.restore(self._safe)
            self.stopped = self.stopped or f"stopped by hand after {self.done:,} updates"

    def _loop(
        self, start: Mapping[str, Any], examples: Any, held: Any, batch_size: int | None, like: Any = None
    ) -> Loop:
        kind = float_type(np.asarray(start[next(iter(start))]), None) if like is None and not examples else None
        kind = kind or (like if like is not None else examples[0].dtype)
        params = {name: np.array(value) for name, value in checked_parameters(self.plan.network, start, kind).items()}
        backend = named(self.backend)
        backend.need()
        plan = self.plan
        make = backend.loop(plan.network)
        loop: Loop = make(plan.network, plan.optimizer, params, examples, held, batch_size, self.devices)
        if self.before is not None:
            loop.go_on(list(self.before.memory.values()), self.before.updates)
        self._safe = loop.snapshot()
        return loop

    def _steps(
        self, loop: Loop, count: int, batches: Callable[[int, int], Any], examples: Any, most: int = FOREVER
    ) -> None:
        end = self.done + count
        while self.done < end and not self.stopped:
            number = min(end - self.done, most, loop.most_steps, self._next_call())
            # A fixed number of rows a call, so that a compiled loop sees one shape.
            rows, number = batches(self.done, number)  # fewer where a batch of another size follows
            sent, began = rows, time.perf_counter()
            if isinstance(rows, np.ndarray) and loop.one_shape:
                sent = padded(rows, most)
            losses = loop.steps(number, self._rates(self.done, number, loop.most_steps, loop.one_shape), sent)
            if self._ended_badly(loop, losses, rows, examples):
                return
            self._after(loop, losses, number if rows is None else 0, time.perf_counter() - began)

    def _epochs(
        self, loop: Loop, epochs: int, n: int, batch_size: int | None, random: Any, examples: Any, held: bool
    ) -> None:
        full, left = (1, 0) if batch_size is None else divmod(n, batch_size)
        updates = full + (left > 0)
        most = loop.most_epochs(full, batch_size or 0)
        order = None if batch_size is None else Shuffled(n, batch_size, epochs, most, loop.one_shape, random)
        end = self.epochs_done + epochs
        while self.epochs_done < end and not self.stopped:
            number = min(end - self.epochs_done, most, max(1, self._next_call() // updates))
            number, examples = (1, self._with_masks(loop, examples)) if self._draws else (number, examples)
            began, rows = time.perf_counter(), None if order is None else order.take(number)
            number = number if rows is None else rows.number
            rates = self._rates(self.done, number * updates, most * updates, loop.one_shape)
            if not held and not left and rows is not None:  # nothing to do between epochs
                losses = loop.steps(number * full, rates, rows.drawn.batches, rows.first * full).reshape(number, full)
                validation = losses[:0, 0]
            elif rows is None:
                losses, validation = loop.epochs(number, rates, None, None, self.plan.patience)
            else:
                drawn, patience = rows.drawn, self.plan.patience
                losses, validation = loop.epochs(number, rates, drawn.full, drawn.rest, patience, rows.first)
            if self._ended_badly(loop, losses.reshape(-1), rows, examples):
                self.validations.append(validation[: max(0, self.done // updates - self.epochs_done)])
                return
            self.validations.append(validation)
            self._after(loop, losses.reshape(-1), len(losses), time.perf_counter() - began)
            if held and loop.since >= self.plan.patience:
                best = self.epochs_done - loop.since
                better = f"no better validation loss since epoch {best:,}" if best else "no validation loss is a number"
                self.stopped = self.stopped or f"stopped early at epoch {self.epochs_done:,}: {better}"

    def _with_masks(self, loop: Loop, examples: Any) -> Any:
        """The examples with the masks of the next epoch, which the loop now has too."""
        if self._draws:
            passed = self.epochs_done + (0 if self.before is None else self.before.epochs)
            examples = self._masks.drawn(examples, passed)
            loop.take(examples)
            self._earlier = None  # its updates were made with other masks
        return examples

    def _next_call(self) -> int:
        """How many updates the next call should make."""
        most = self._judge.before_next(self.done, max(1, int(self._second * CALL)))
        return min(most, self.every - self.done % self.every) if self.callbacks and self.every else most

    def _after(self, loop: Loop, losses: Array, epochs: int, seconds: float) -> None:
        self.losses.append(losses)
        self.done += len(losses)
        self.epochs_done += epochs
        # Up to twenty times as much as the last call: the first of all compiles.
        self._second = max(1.0, min(len(losses) / max(seconds, 1e-6), 100 * len(losses)))
        self._safe = loop.snapshot()
        self._judge.see(loop, self.done)
        self._draw(loop)
        due = not self.every or self.done // self.every > self._reported or self.done == self.whole
        self._reported = self.done // (self.every or 1)
        for callback in self.callbacks if due else ():
            loss = float(losses[-1]) if len(losses) else float("nan")
            judged = partial(self._judge.share, loop)
            report = Progress(self.done, self.epochs_done, loss, np.concatenate(self.losses), loop.params, judged)
            if isinstance(answer := callback(report), (bool, np.bool_)) and answer:
                self.stopped = self.stopped or f"stopped by a callback after {self.done:,} updates"
        self._interrupts.check()

    def _ended_badly(self, loop: Loop, losses: Array, rows: Any, examples: Any) -> bool:
        """Whether a loss is not a finite number; then the loop is taken back to where all was well."""
        finite = np.isfinite(losses)
        bad = len(losses) if finite.all() else int(np.argmin(finite))
        # The last update may have spoiled the parameters without a loss to show it.
        if bad == len(losses) and loop.is_finite():
            self._earlier = (self._safe, len(losses), rows)
            return False
        best = loop.best
        snapshot, before, rows_before = self._safe, 0, None
        if bad == 0 and self._earlier is not None:  # the update that did it was the last of the call before
            snapshot, before, rows_before = self._earlier

        def rows_of(i: int) -> tuple[Any, int]:
            return (rows_before, i) if i < before else (rows, i - before)

        def examples_of(i: int) -> tuple[Array, ...]:
            some, at = rows_of(i)
            if some is None:
                return tuple(examples)
            return tuple(part[at] for part in some) if isinstance(some, tuple) else tuple(x[some[at]] for x in examples)

        def update_once(i: int) -> None:
            # One by one, because a batch at the end of an epoch is of another size.
            some, at = rows_of(i)
            one = tuple(part[at : at + 1] for part in some) if isinstance(some, tuple) else some
            one = one if some is None or isinstance(some, tuple) else some[at][None]
            loop.steps(1, self._rates(self.done - before + i, 1, 1, loop.one_shape), one)

        if bad == len(losses):  # what the optimizer keeps, or the last update: look for the update that spoiled it
            loop.restore(snapshot)
            for i in range(bad):
                update_once(before + i)
                if not loop.is_finite():
                    bad = i + 1
                    break
        good = max(0, before + bad - 1)
        loop.restore(snapshot)
        for i in range(good):
            update_once(i)
        what, step = first_not_finite(self.plan.network, loop.params(), examples_of(good)), self.done - before + good
        if not what:  # all is well there, so it is the update that leads astray
            here = loop.snapshot()
            update_once(good)
            after, step = loop.params(), step + 1
            lost = [name for name, value in after.items() if not np.isfinite(value).all()]
            following = examples_of(min(good + 1, before + len(losses) - 1))
            kept = "" if lost else loop.lost_state()
            what = f"{lost[0]} is not finite" if lost else first_not_finite(self.plan.network, after, following)
            if kept:
                what = f"{kept}, which the optimizer keeps, is infinite: the gradient is too large for it"
            loop.restore(here)
        loop.best = best  # chosen by validation, and so by a finite loss
        self.losses.append(losses[:bad])
        self.done += bad
        self.stopped = (
            f"stopped at step {step:,}: {what or 'the loss is not finite'}; "
            f"the parameters are those before update {max(0, self.done - 1):,}"
        )
        self.diverged = True
        self._draw(loop, last=True)
        warnings.warn(self.stopped, RuntimeWarning, stacklevel=5)
        return True

    def _rates(self, at: int, count: int, most: int, one_shape: bool) -> Any:
        if not callable(self.plan.rates):
            return self.plan.rates
        rates = self.plan.rates(self.made + at, count)
        return padded(rates, most) if one_shape and most > count else rates

    def _held_back(self, examples: tuple[Array, ...]) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """(the examples to train on, those for validation)."""
        given, network = self.plan.validation, self.plan.network
        if isinstance(given, (tuple, list)):
            if len(given) != 2:
                raise Mistake("validation is a share such as 0.2, or a pair (X, Y)")
            try:
                labels = self.labels if are_labels(self.plan.network, given[1]) else None
                targets = given[1] if labels is None else labels.targets(given[1])
                X = leaving_nothing_out(network, given[0])
                held = checked_examples(network, X, targets, examples[0].dtype)
            except Mistake as mistake:
                raise Mistake(f"validation: {mistake}") from None
            return examples, flat_examples(network, *held)
        rows = np.arange(len(examples[0]))[:, None]
        (kept, _), (apart, _) = data.split(rows, rows, given, self.plan.seed)
        return tuple(part[kept[:, 0]] for part in examples), tuple(part[apart[:, 0]] for part in examples)

    def _finished(self, loop: Loop, updates: int, seen: tuple[Array, ...]) -> Run:
        self._draw(loop, last=True)
        self._judge.see(loop, self.done, last=True)
        validation = np.concatenate([np.zeros(0), *self.validations])
        finite = np.where(np.isfinite(validation), validation, np.inf)
        best = int(np.argmin(finite)) if len(finite) and np.isfinite(finite).any() else None
        params = loop.params(best=best is not None)
        return Run(
            network=self.plan.network,
            optimizer=self.plan.optimizer,
            params=params,
            losses=np.concatenate(self.losses) if self.losses else np.zeros(0),
            validation=validation,
            best_epoch=best,
            steps_per_epoch=updates,
            stopped=self.stopped,
            diverged=self.diverged,
            backend=self.backend,
            labels=self.labels,
            ending=self._ending(loop),
            accuracies=self._judge.accuracies,
            statistics=statistics_of(self.plan.network, params, seen),
        )

    def _ending(self, loop: Loop) -> Ending:
        memory, updates = loop.memory()
        kinds = dict(zip(kinds_of(self.plan.optimizer), memory, strict=True))
        epochs = self.epochs_done + (0 if self.before is None else self.before.epochs)
        return Ending(loop.params(), kinds, updates, epochs)

    def _draw(self, loop: Loop, last: bool = False) -> None:
        """One line on the terminal, redrawn a few times a second."""
        now = time.monotonic()
        if not self.shows or (now - self._drawn < 0.1 and not last):
            return
        self._drawn = now
        loss = self.losses[-1][-1] if self.losses and len(self.losses[-1]) else float("nan")
        whole = self.whole or self.done or 1
        bar = "█" * (20 * self.done // whole)
        accuracy = self._judge.share(loop)
        share = "" if accuracy is None else f", accuracy {accuracy:.1%}"
        text = f"\r{bar:░<20} {self.done:,}/{whole:,} updates, loss {loss:.4g}{share} "
        sys.stderr.write(text + ("\n" if last else ""))
        sys.stderr.flush()
        if last:
            self.shows = False
