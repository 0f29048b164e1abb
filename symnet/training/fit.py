"""Training: ``fit`` updates the parameters of a network on examples, batch by batch, on NumPy or on JAX.

The update is the optimizer's own equations, compiled together with the gradients.  Here is what happens around it: the
order of the examples, epochs, validation and early stopping, progress, and what happens when a loss is not a number.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symnet.algebra.equations import names_in, symbol
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER, Optimizer
from symnet.algebra.parsing import parse
from symnet.computing.arrays import Array, checked, checked_parameters, float_type
from symnet.computing.compile import columns_of, need_jax
from symnet.computing.source import Writer
from symnet.training import data
from symnet.training.data import split
from symnet.training.diverged import first_not_finite
from symnet.training.run import Run

BACKENDS = ("numpy", "jax")
MOST_UPDATES = 10_000_000_000
FRESH_NUMBERS = 4_000_000  # in the fresh batches of one call
CALL = 0.2  # seconds that one call of a loop should take, so that a person can stop it and see how it goes
FOREVER = 2**31 - 1


@dataclass(frozen=True)
class Progress:
    """How far training is: updates done, epochs done, the last loss, and ``params()``, a copy of the parameters."""

    step: int
    epoch: int
    loss: float
    losses: Array
    params: Callable[[], dict[str, Array]]


def fit(
    net: Network,
    X: Any,
    Y: Any = None,
    *,
    optimizer: Optimizer | None = None,
    params: Mapping[str, Any] | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    backend: str = "numpy",
    validation: Any = None,
    patience: int | None = None,
    schedule: str | Callable[[int], float] | None = None,
    init: str = "uniform(-1, 1)",
    seed: int = 0,
    dtype: Any = None,
    reduce: str = "mean",
    callbacks: Sequence[Callable[[Progress], Any]] = (),
    every: int | None = None,
    progress: bool | None = None,
    devices: Any = None,
) -> Run:
    """Train a network and return the run: its parameters, losses and plots.

    X (n, inputs) and Y (n, targets); or X an iterator of fresh batches (X, Y), one for each of ``steps`` updates.
    ``optimizer`` is one of ``symnet.optimizers`` with its rate, as ``symnet.sgd(0.05)``.  ``steps`` counts updates,
    ``epochs`` passes over the examples; without ``batch_size`` they are the same, and every update sees all examples.
    Mini-batches are shuffled by ``seed`` alike on both backends; the last one of an epoch may be smaller.

    ``params`` are copied; without them ``init`` draws them with ``seed``.  Arithmetic is in X's precision, or ``dtype``
    ``validation`` is a share of the rows to hold back, such as 0.2, or a pair (X, Y): its loss is taken after every
    epoch, and the best parameters are the ones you get.  ``patience`` ends training after so many epochs without a
    better one.  ``schedule`` is the learning rate of update t = 0, 1, …, as a formula in t (and lr, the optimizer's) or
    a function.  ``callbacks`` are called with a Progress after every ``every`` updates (or now and then); one that
    returns True ends training.  Ctrl-C ends it too, and keeps what was learned.  ``progress`` shows a line on the
    terminal; without it only where there is one.

    On JAX the loop is compiled, and batches are shared over ``devices`` (all of them, as far as they divide a batch).
    An equal network, optimizer, shapes and precision are compiled once.  Raises Mistake; where the loss stops being a
    finite number it warns, ends, and gives the last good parameters.
    """
    if backend not in BACKENDS:
        raise Mistake(f"backend is {shown(backend)}{suggestion(str(backend), BACKENDS)}")
    if not isinstance(optimizer, Optimizer):
        raise Mistake(f"optimizer is {shown(optimizer)}; give one with its learning rate, such as symnet.sgd(0.05)")
    network = net.batched(reduce)
    if own := {LEARNING_RATE.name, UPDATE_NUMBER.name}.intersection(network.names):
        raise Mistake(f"{shown(own.pop())} is the optimizer's own name; call it something else")
    if not network.parameters:
        raise Mistake("the network has no parameters; there is nothing to train")
    plan = _Plan(network, optimizer, schedule, steps, epochs, batch_size, patience, validation, seed)
    start = network.init(init, seed) if params is None else params
    if isinstance(X, Iterator):
        return _Training(plan, backend, callbacks, every, progress, devices).on_fresh(X, Y, start, dtype)
    X, Y = checked(X, Y, columns_of(network.inputs), columns_of(network.targets), dtype)
    return _Training(plan, backend, callbacks, every, progress, devices).on_rows(X, Y, start)


class _Plan:
    """What ``fit`` was asked for, checked."""

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        schedule: Any,
        steps: Any,
        epochs: Any,
        batch_size: Any,
        patience: Any,
        validation: Any,
        seed: Any,
    ) -> None:
        self.network, self.optimizer, self.validation = network, optimizer, validation
        if (steps is None) == (epochs is None):
            raise Mistake("say how long to train: steps=1000 (updates) or epochs=100 (passes over the examples)")
        self.steps = None if steps is None else _count("steps", steps, 0, MOST_UPDATES)
        self.epochs = None if epochs is None else _count("epochs", epochs, 0, MOST_UPDATES)
        self.batch_size = None if batch_size is None else _count("batch_size", batch_size, 1, MOST_UPDATES)
        self.patience = FOREVER if patience is None else _count("patience", patience, 1, FOREVER)
        self.seed = _count("seed", seed, 0, 2**63)
        if patience is not None and validation is None:
            raise Mistake("patience needs a validation loss; hold rows back with validation=0.2")
        self.rates = _rates(optimizer, schedule)


class _Training:
    """Training under way: the loop of a backend, what it has recorded, and when it should stop."""

    def __init__(
        self,
        plan: _Plan,
        backend: str,
        callbacks: Sequence[Any],
        every: int | None,
        progress: bool | None,
        devices: Any,
    ) -> None:
        self.plan, self.backend, self.devices = plan, backend, devices
        self.callbacks = tuple(callbacks)
        self.every = None if every is None else _count("every", every, 1, MOST_UPDATES)
        self.shows = sys.stderr.isatty() if progress is None else bool(progress)
        self.losses: list[Array] = []
        self.validations: list[Array] = []
        self.done = self.epochs_done = 0
        self.whole: int | None = None  # updates in all, for the line on the terminal
        self.stopped = ""
        self.diverged = False
        self._drawn = 0.0
        self._reported = 0
        self._earlier: tuple[Any, int, Any] | None = None  # the call before: where it began, how many updates, its rows
        self._second = 1.0  # updates a second, by the last call

    # The two kinds of examples.

    def on_rows(self, X: Array, Y: Array, start: Mapping[str, Any]) -> Run:
        plan, targets = self.plan, bool(self.plan.network.targets)
        held: tuple[Array, ...] = ()
        if plan.validation is not None:
            (X, Y), held_rows = self._held_back(X, Y)
            held = held_rows if targets else held_rows[:1]
        examples = (X, Y) if targets else (X,)
        batch_size = plan.batch_size
        if batch_size is not None and batch_size > len(X):
            raise Mistake(f"batch_size is {batch_size}, but there are {len(X)} rows to train on")
        if batch_size == len(X):
            batch_size = None
        loop = self._loop(start, examples, held, batch_size)
        full, rest = (1, 0) if batch_size is None else divmod(len(X), batch_size)
        updates = full + (rest > 0)
        epochs = plan.epochs if plan.epochs is not None else plan.steps // updates  # type: ignore[operator]
        left_over = 0 if plan.steps is None else plan.steps - epochs * updates
        self.whole = epochs * updates + left_over
        random = np.random.default_rng(plan.seed)
        try:
            if batch_size is None and not held:
                self._steps(loop, self.whole, lambda at, count: None, examples)
            else:
                self._epochs(loop, epochs, len(X), batch_size, random, examples, bool(held))
                if left_over and not self.stopped:
                    order, first = data.epochs(len(X), batch_size or len(X), 1, random)[0][0], self.done
                    some = lambda at, count: order[at - first : at - first + count]  # noqa: E731
                    self._steps(loop, left_over, some, examples, most=len(order))
        except KeyboardInterrupt:
            loop.restore(self._safe)
            self.stopped = self.stopped or f"stopped by hand after {self.done:,} updates"
        return self._finished(loop, updates)

    def on_fresh(self, source: Iterator[Any], Y: Any, start: Mapping[str, Any], dtype: Any) -> Run:
        plan = self.plan
        if Y is not None:
            raise Mistake("X is an iterator of batches (X, Y); leave Y out")
        if plan.steps is None or plan.batch_size is not None or plan.validation is not None:
            raise Mistake("fresh batches go with steps=…, and without epochs, batch_size and validation")
        network = plan.network
        widths = columns_of(network.inputs), columns_of(network.targets)
        waiting: list[tuple[Array, ...]] = []
        first: tuple[Array, ...] = ()

        def batch() -> tuple[Array, ...]:
            try:
                pair = next(source)
            except StopIteration:
                number = self.done + len(waiting)
                raise Mistake(f"the iterator of batches ended after {number} of {plan.steps} steps") from None
            both: Any = pair if isinstance(pair, tuple) and len(pair) == 2 else (pair, None)
            if len(first) == 2 and _alike(both[0], first[0]) and _alike(both[1], first[1]):
                return both  # type: ignore[no-any-return]
            x, y = checked(both[0], both[1], *widths, dtype=dtype)
            if first and (x.shape != first[0].shape or x.dtype != first[0].dtype):
                raise Mistake(
                    f"a batch X {x.shape} {x.dtype} follows one of {first[0].shape} {first[0].dtype}; all need the same"
                )
            return (x, y) if network.targets else (x,)

        def stacked(at: int, count: int) -> tuple[Array, ...]:
            while len(waiting) < count:
                waiting.append(batch())
            now = waiting[:count]
            del waiting[:count]
            stacks = tuple(np.concatenate(part).reshape(len(part), *part[0].shape) for part in zip(*now, strict=True))
            if not all(np.isfinite(stack).all() for stack in stacks):
                for one in now:  # to say where
                    checked(one[0], one[1] if network.targets else None, *widths, dtype=dtype)
            return stacks

        if plan.steps:
            first = batch()
            waiting.append(first)
        examples = waiting[0] if waiting else (np.zeros((1, widths[0])), np.zeros((1, widths[1])))
        self.whole = plan.steps
        loop = self._loop(start, (), (), len(examples[0]), like=examples[0].dtype)
        numbers = sum(part.size for part in examples)
        try:
            self._steps(loop, plan.steps, stacked, (), most=max(1, min(1024, FRESH_NUMBERS // max(1, numbers))))
        except KeyboardInterrupt:
            loop.restore(self._safe)
            self.stopped = f"stopped by hand after {self.done:,} updates"
        return self._finished(loop, 1)

    # The loop of the backend, called for as much at a time as a fraction of a second allows.

    def _loop(
        self, start: Mapping[str, Any], examples: Any, held: Any, batch_size: int | None, like: Any = None
    ) -> Any:
        kind = float_type(np.asarray(start[next(iter(start))]), None) if like is None and not examples else None
        kind = kind or (like if like is not None else examples[0].dtype)
        params = {name: np.array(value) for name, value in checked_parameters(self.plan.network, start, kind).items()}
        if self.backend == "jax":
            need_jax()
            from symnet.training.jax_loop import JaxLoop as Loop
        else:
            from symnet.training.numpy_loop import NumpyLoop as Loop  # type: ignore[assignment]
        loop = Loop(self.plan.network, self.plan.optimizer, params, examples, held, batch_size, self.devices)
        self._safe = loop.snapshot()
        return loop

    def _steps(
        self, loop: Any, count: int, batches: Callable[[int, int], Any], examples: Any, most: int = FOREVER
    ) -> None:
        end = self.done + count
        while self.done < end and not self.stopped:
            number = min(end - self.done, most, loop.most_steps, self._next_call())
            # A fixed number of rows a call, so that a compiled loop sees one shape.
            rows = batches(self.done, number)
            padded, began = rows, time.perf_counter()
            if rows is not None and loop.one_shape:
                padded = tuple(_padded(p, most) for p in rows) if isinstance(rows, tuple) else _padded(rows, most)
            losses = loop.steps(number, self._rates(self.done, number, loop.most_steps), padded)
            if self._ended_badly(loop, losses, rows, examples):
                return
            self._after(loop, losses, number if rows is None else 0, time.perf_counter() - began)

    def _epochs(
        self, loop: Any, epochs: int, n: int, batch_size: int | None, random: Any, examples: Any, held: bool
    ) -> None:
        full, left = (1, 0) if batch_size is None else divmod(n, batch_size)
        updates = full + (left > 0)
        most = loop.most_epochs(full, batch_size or 0)
        end = self.epochs_done + epochs
        while self.epochs_done < end and not self.stopped:
            number = min(end - self.epochs_done, most, max(1, self._next_call() // updates))
            began = time.perf_counter()
            rows, rest = (None, None) if batch_size is None else data.epochs(n, batch_size, number, random)
            several = None if rows is None or not full else _padded(rows, most) if loop.one_shape else rows
            last = None if rest is None or not left else _padded(rest, most) if loop.one_shape else rest
            rates = self._rates(self.done, number * updates, most * updates)
            if not held and last is None and several is not None:  # nothing to do between epochs
                losses = loop.steps(number * full, rates, several.reshape(-1, several.shape[-1])).reshape(number, full)
                validation = losses[:0, 0]
            else:
                losses, validation = loop.epochs(number, rates, several, last, self.plan.patience)
            in_turn = None if rows is None or rest is None else _InTurn(rows, rest, updates)
            if self._ended_badly(loop, losses.reshape(-1), in_turn, examples):
                self.validations.append(validation[: max(0, self.done // updates - self.epochs_done)])
                return
            self.validations.append(validation)
            self._after(loop, losses.reshape(-1), len(losses), time.perf_counter() - began)
            if held and loop.since >= self.plan.patience:
                best = self.epochs_done - loop.since
                better = f"no better validation loss since epoch {best:,}" if best else "no validation loss is a number"
                self.stopped = self.stopped or f"stopped early at epoch {self.epochs_done:,}: {better}"

    def _next_call(self) -> int:
        """How many updates the next call should make."""
        most = max(1, int(self._second * CALL))
        if self.callbacks and self.every:
            most = min(most, self.every - self.done % self.every)
        return most

    def _after(self, loop: Any, losses: Array, epochs: int, seconds: float) -> None:
        self.losses.append(losses)
        self.done += len(losses)
        self.epochs_done += epochs
        # Up to twenty times as much as the last call: the first of all compiles.
        self._second = max(1.0, min(len(losses) / max(seconds, 1e-6), 100 * len(losses)))
        self._safe = loop.snapshot()
        self._draw()
        due = not self.every or self.done // self.every > self._reported or self.done == self.whole
        self._reported = self.done // (self.every or 1)
        for callback in self.callbacks if due else ():
            loss = float(losses[-1]) if len(losses) else float("nan")
            report = Progress(self.done, self.epochs_done, loss, np.concatenate(self.losses), loop.params)
            if callback(report) is True:
                self.stopped = self.stopped or f"stopped by a callback after {self.done:,} updates"

    def _ended_badly(self, loop: Any, losses: Array, rows: Any, examples: Any) -> bool:
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
            loop.steps(1, self._rates(self.done - before + i, 1, 1), one)

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
            what = f"{lost[0]} is not finite" if lost else first_not_finite(self.plan.network, after, following)
            loop.restore(here)
        loop.best = best  # chosen by validation, and so by a finite loss
        self.losses.append(losses[:bad])
        self.done += bad
        self.stopped = (
            f"stopped at step {step:,}: {what or 'the loss is not finite'}; "
            f"the parameters are those before update {max(0, self.done - 1):,}"
        )
        self.diverged = True
        self._draw(last=True)
        warnings.warn(self.stopped, RuntimeWarning, stacklevel=5)
        return True

    def _rates(self, at: int, count: int, most: int) -> Any:
        if not callable(self.plan.rates):
            return self.plan.rates
        rates = self.plan.rates(at, count)
        return _padded(rates, most) if self.backend == "jax" and most > count else rates

    def _held_back(self, X: Array, Y: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        given, network = self.plan.validation, self.plan.network
        if isinstance(given, (tuple, list)):
            if len(given) != 2:
                raise Mistake("validation is a share such as 0.2, or a pair (X, Y)")
            try:
                held = checked(given[0], given[1], columns_of(network.inputs), columns_of(network.targets), X.dtype)
            except Mistake as mistake:
                raise Mistake(f"validation: {mistake}") from None
            return (X, Y), held
        return split(X, Y, given, self.plan.seed)

    def _finished(self, loop: Any, updates: int) -> Run:
        self._draw(last=True)
        validation = np.concatenate([np.zeros(0), *self.validations])
        finite = np.where(np.isfinite(validation), validation, np.inf)
        best = int(np.argmin(finite)) if len(finite) and np.isfinite(finite).any() else None
        return Run(
            network=self.plan.network,
            optimizer=self.plan.optimizer,
            params=loop.params(best=best is not None),
            losses=np.concatenate(self.losses) if self.losses else np.zeros(0),
            validation=validation,
            best_epoch=best,
            steps_per_epoch=updates,
            stopped=self.stopped,
            diverged=self.diverged,
            backend=self.backend,
        )

    def _draw(self, last: bool = False) -> None:
        """One line on the terminal, redrawn a few times a second."""
        now = time.monotonic()
        if not self.shows or (now - self._drawn < 0.1 and not last):
            return
        self._drawn = now
        loss = self.losses[-1][-1] if self.losses and len(self.losses[-1]) else float("nan")
        whole = self.whole or self.done or 1
        bar = "█" * (20 * self.done // whole)
        text = f"\r{bar:░<20} {self.done:,}/{whole:,} updates, loss {loss:.4g} "
        sys.stderr.write(text + ("\n" if last else ""))
        sys.stderr.flush()
        if last:
            self.shows = False


def _rates(optimizer: Optimizer, schedule: Any) -> Any:
    """The learning rate: one number, or a function of (first update, how many)."""
    uses_rate = any(LEARNING_RATE in names_in(rule.rhs) for rule in optimizer.rules[1])
    own = None if optimizer.learning_rate is None else float(optimizer.learning_rate)
    if own is not None and own < 0:
        raise Mistake(f"the learning rate is {own:g}; it must not be negative")
    if schedule is None or schedule == "constant":
        if own is None and uses_rate:
            raise Mistake("the optimizer has no learning rate; give one, as in symnet.sgd(0.05)")
        return 0.0 if own is None else own
    if callable(schedule):
        value: Any = lambda t: np.array([_rate(schedule(int(i)), int(i)) for i in t])  # noqa: E731
    else:
        value = _schedule(schedule, own)

    def rates(at: int, count: int) -> Array:
        found = np.broadcast_to(np.asarray(value(np.arange(at, at + count, dtype=np.float64)), np.float64), (count,))
        for i in np.flatnonzero(~(np.isfinite(found) & (found >= 0)))[:1]:
            raise Mistake(
                f"the schedule gives the learning rate {found[i]:g} at t = {at + i}; it must be finite and not negative"
            )
        return found

    rates(0, 1)
    return rates


def _rate(value: Any, t: int) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Mistake(f"the schedule gives {shown(value)} at t = {t}; it must give a number") from None


def _schedule(formula: str, own: float | None) -> Callable[[Array], Array]:
    if not isinstance(formula, str):
        raise Mistake(
            f'schedule is {shown(formula)}; it must be "constant", a formula such as "0.01*0.5^(t/1000)", or a function'
        )
    try:
        expr = parse(formula, ("t",) if own is None else ("t", "lr"))
    except Mistake as mistake:
        raise Mistake(f"schedule: {mistake}") from None
    from symnet.computing.compile import defined

    writer = Writer("numpy")
    body = writer.code(expr)
    names = ", ".join(writer.names[symbol(name)] for name in ("t", "lr"))
    function = defined("\n".join([*writer.prelude(), f"def schedule({names}): return {body}"]), "schedule")

    def rates(t: Array) -> Array:
        with np.errstate(all="ignore"):
            return function(t, own)  # type: ignore[no-any-return]

    return rates


@dataclass(frozen=True)
class _InTurn:
    """The rows of each update of several epochs: full batches (epochs, batches, size), and a smaller one at the end."""

    full: Array
    rest: Array
    updates: int

    def __getitem__(self, i: int) -> Array:
        epoch, batch = divmod(i, self.updates)
        return self.full[epoch, batch] if batch < self.full.shape[1] else self.rest[epoch]  # type: ignore[no-any-return]


def _alike(part: Any, seen: Array) -> bool:
    return isinstance(part, np.ndarray) and part.shape == seen.shape and part.dtype == seen.dtype


def _padded(rows: Array, length: int) -> Array:
    """The rows, followed by copies of the last up to ``length``: a compiled loop then sees one shape."""
    if len(rows) >= length:
        return rows
    return np.concatenate([rows, np.broadcast_to(rows[-1:], (length - len(rows), *rows.shape[1:]))])


def _count(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise Mistake(f"{name} is {shown(value)}; it must be a whole number of {least} or more")
    return int(value)
