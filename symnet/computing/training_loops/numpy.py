"""The training loop on NumPy: generated code over arrays made once, all parameters side by side in one vector.

Weights are views of one vector and gradients of another, so that an update is a few operations however many layers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np

from symnet.algebra.equations import array
from symnet.algebra.matrices import shape_of
from symnet.algebra.network import Network
from symnet.algebra.optimizers import LEARNING_RATE, SIZE, UPDATE_NUMBER, Optimizer
from symnet.computing.arrays import all_finite
from symnet.computing.examples import arguments, lengths_of, named_parts
from symnet.computing.generated import defined, gradients_needed
from symnet.computing.inplace import InPlace
from symnet.computing.log_softmax import with_log_softmax
from symnet.computing.recurrence_code import lines_in_place
from symnet.computing.shared import shared
from symnet.computing.training_loops.validation import loss_of_held_back

BLOCK = 98_304  # bytes of parameters updated at a time, few enough that they and their state stay in a cache


class NumpyLoop:
    """One run of training: holds parameters and the optimizer's state between calls."""

    one_shape = False
    most_steps = 1_000_000

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        params: Mapping[str, Any],
        examples: tuple[np.ndarray, ...],
        held_back: tuple[np.ndarray, ...],
        batch_size: int | None,
        devices: Any = None,
        step: Any = None,
    ) -> None:
        """``step`` gives loss and gradients in the place of code that works in place."""
        self.step = step
        self.network, self.optimizer = with_log_softmax(network), optimizer
        self.shapes = {w.name: tuple(int(length) for length in shape_of(w)) for w in network.parameters}
        self.dtype = next(iter(params.values()), np.zeros(0)).dtype
        count = sum(math.prod(shape) for shape in self.shapes.values())
        self.blocks = max(1, -(-count * self.dtype.itemsize // BLOCK))
        self.block = -(-count // self.blocks)
        # Filled up with zeros to equal blocks, which an update leaves alone.
        self.weights = np.zeros(self.blocks * self.block, self.dtype)
        for name, view in self._views(self.weights).items():
            view[...] = params[name]
        self.gradients = np.zeros_like(self.weights)
        self.state = [np.full_like(self.weights, float(equation.rhs)) for equation in optimizer.rules[0]]
        self.t = 0
        self.examples, self.held_back = examples, held_back
        self.loss = _loss(network)
        self._steps: dict[int, Any] = {}
        self.best: tuple[float, np.ndarray, int]
        self.reset_best()

    def take(self, examples: tuple[np.ndarray, ...]) -> None:
        """Go on with these examples, of the same shapes."""
        self.examples = examples

    def snapshot(self) -> Any:
        return self.weights.copy(), [s.copy() for s in self.state], self.t, self.best

    def restore(self, snapshot: Any) -> None:
        weights, state, self.t, self.best = snapshot
        self.weights[:] = weights
        for mine, saved in zip(self.state, state, strict=True):
            mine[:] = saved

    def memory(self) -> tuple[list[dict[str, np.ndarray]], int]:
        """What the optimizer remembers, {name: array} for each kind, and how many updates were made."""
        return [{name: view.copy() for name, view in self._views(s).items()} for s in self.state], self.t

    def go_on(self, memory: Sequence[Mapping[str, np.ndarray]], t: int) -> None:
        """Remember that from before the first update."""
        for mine, saved in zip(self.state, memory, strict=True):
            for name, view in self._views(mine).items():
                view[...] = saved[name]
        self.t = t

    def params(self, best: bool = False) -> dict[str, np.ndarray]:
        return {name: view.copy() for name, view in self._views(self.best[1] if best else self.weights).items()}

    def is_finite(self) -> bool:
        """Whether every parameter is a finite number, and all that the optimizer keeps."""
        return all(map(all_finite, (self.weights, *self.state)))

    def lost_state(self) -> str:
        """What the optimizer keeps that is not a finite number, such as v(W1); "" where all of it is."""
        kept = zip(self.optimizer.rules[0], self.state, strict=True)
        every = ((rule.name.partition("(")[0], name, view) for rule, s in kept for name, view in self._views(s).items())
        return next((f"{kind}({name})" for kind, name, view in every if not np.isfinite(view).all()), "")

    @property
    def since(self) -> int:
        """For how many epochs the validation loss has not improved."""
        return self.best[2]

    def reset_best(self) -> None:
        self.best = (math.inf, self.weights.copy(), 0)

    def _views(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        views, at = {}, 0
        for name, shape in self.shapes.items():
            views[name] = vector[at : at + math.prod(shape)].reshape(shape)
            at += math.prod(shape)
        return views

    def _on(self, rows: int) -> Any:
        """(update, the arrays of its examples) for a batch of so many rows."""
        if rows not in self._steps:
            places = [np.empty((rows, *x.shape[1:]), self.dtype) for x in self._shapes]
            self._steps[rows] = _Updates(self, places).update, places
        return self._steps[rows]

    @property
    def _shapes(self) -> tuple[np.ndarray, ...]:
        return self.examples or self._fresh

    def steps(self, count: int, rates: Any, batches: Any = None, first: int = 0) -> np.ndarray:
        """``count`` updates: on all examples, on the rows in each line of ``batches``, or on stacks of fresh ones."""
        losses = np.empty(count, self.dtype)
        each = repeat(float(rates), count) if np.ndim(rates) == 0 else np.asarray(rates, np.float64).tolist()[:count]
        if isinstance(batches, tuple):
            self._fresh = tuple(stack[0] for stack in batches)
            rows = batches[0].shape[1]
        elif batches is not None:
            batches = batches[first:]
            rows = batches.shape[1]
        else:
            rows = len(self.examples[0])
        update, places = self._on(rows)
        examples = [*zip(places, self.examples, strict=True)] if not isinstance(batches, tuple) else []
        if batches is None:
            for place, x in examples:
                place[:] = x
        with np.errstate(all="ignore"):  # what is not finite is looked for in the losses
            for i, rate in enumerate(each):
                if isinstance(batches, tuple):
                    for place, stack in zip(places, batches, strict=True):
                        place[:] = stack[i]
                elif batches is not None:
                    for place, x in examples:
                        x.take(batches[i], 0, place, "clip")  # unlike "raise", writes without a copy between
                self.t += 1
                try:
                    losses[i] = update(rate, self.t)
                except ArithmeticError:  # a number of Python's is too large: nothing is updated yet
                    update = _Updates(self, places, careful=True).update
                    self._steps[rows] = update, places
                    losses[i] = update(rate, self.t)
        return losses

    def most_epochs(self, batches: int, size: int) -> int:
        return 512

    def epochs(
        self, count: int, rates: Any, full: np.ndarray | None, rest: np.ndarray | None, patience: int, first: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Up to ``count`` epochs, as ``Loop`` says."""
        updates = 1 if full is None and rest is None else (0 if full is None else full.shape[1]) + (rest is not None)
        losses, validation = [], []
        for e in range(count):
            own = rates if np.ndim(rates) == 0 else rates[e * updates : (e + 1) * updates]
            row = []
            if full is None and rest is None:
                row = [self.steps(1, own)]
            if full is not None:
                row.append(
                    self.steps(full.shape[1], own if np.ndim(own) == 0 else own[: full.shape[1]], full[first + e])
                )
            if rest is not None:
                row.append(self.steps(1, own if np.ndim(own) == 0 else own[-1:], rest[first + e][None]))
            losses.append(np.concatenate(row))
            if self.held_back:
                with np.errstate(all="ignore"):
                    value = float(self.loss(self._views(self.weights), self.examples, self.held_back))
                lowest, kept, since = self.best
                self.best = (value, self.weights.copy(), 0) if value < lowest else (lowest, kept, since + 1)
                validation.append(value)
            if self.best[2] >= patience or not np.isfinite(losses[-1][-1]):
                break
        return np.array(losses, self.dtype).reshape(len(losses), updates), np.array(validation, self.dtype)


class _Updates:
    """The generated code of one update on a batch of a fixed size, bound to the arrays of a run."""

    def __init__(self, loop: NumpyLoop, places: list[np.ndarray], careful: bool = False) -> None:
        """``careful``: single numbers are NumPy's, slower than Python's, and become infinite where those raise."""
        self.loop, self.network = loop, loop.network
        self.weights, self.gradients = loop._views(loop.weights), loop._views(loop.gradients)
        lengths = lengths_of(self.network, places)
        known = dict(named_parts(self.network, places))
        for w in self.network.parameters if loop.step is None else ():
            gradient = self.network.gradient_of(w)
            if shape_of(w):
                known[w] = self.weights[w.name]
                known |= {} if gradient is None else {gradient: self.gradients[w.name]}
        self.writer = InPlace({**lengths, SIZE: loop.block}, loop.dtype, known)
        self.writer.arrays["dtype"] = loop.dtype
        if loop.step is None:
            body, loss = self._worked(lengths, careful), self.writer.names[self.network.equations[-1].lhs]
        else:
            body, loss = self._found(places), "_loss"
        body += self._rules()
        names = self.writer.names
        head = f"def update({names[LEARNING_RATE]}, {names[UPDATE_NUMBER]}):"
        lines = [*self.writer.prelude(), "", "", head, *(f"    {line}" for line in body), f"    return {loss}"]
        self.source = "\n".join(lines).lstrip("\n") + "\n"
        self.update = defined(self.source, "update", **self.writer.arrays)  # of (the rate, the number of the update)

    def _worked(self, lengths: Mapping[Any, int], careful: bool) -> list[str]:
        """Loss and gradients in place."""
        writer, network = self.writer, self.network
        single = "{}[()]" if careful else "float({}[()])"
        scalars = [w for w in network.parameters if not shape_of(w)]
        body = [f"{writer.names[length]} = {value}" for length, value in lengths.items()]
        body += [f"{writer.names[w]} = {single.format(f'_weight_of_{i}')}" for i, w in enumerate(scalars)]
        forward, backward = shared(network, network.equations, gradients_needed(network))
        body += lines_in_place(writer, [*forward, *backward], network.names)
        for i, w in enumerate(scalars):
            writer.arrays[f"_weight_of_{i}"] = self.weights[w.name]
            writer.arrays[f"_gradient_of_{i}"] = self.gradients[w.name]
            if (gradient := network.gradient_of(w)) is not None:
                body.append(f"_gradient_of_{i}[()] = {writer.names[gradient]}")
        return body

    def _found(self, places: list[np.ndarray]) -> list[str]:
        """Loss and gradients by the step of another backend, copied to their places."""
        arrays = self.writer.arrays
        arrays |= {"_step": self.loop.step, "_weights": self.weights, "_gradients": self.gradients}
        arrays["_examples"] = arguments(self.network, places)
        return [
            "_loss, _found = _step(_weights, *_examples)",
            "for _name, _place in _gradients.items(): _place[...] = _found[_name]",
        ]

    def _rules(self) -> list[str]:
        """The optimizer's rules, on all parameters side by side or on a block of them after another."""
        loop, writer = self.loop, self.writer
        start, rules = loop.optimizer.rules
        flat = {array("w", SIZE): loop.weights, array("g", SIZE): loop.gradients}
        flat |= {equation.lhs: s for equation, s in zip(start, loop.state, strict=True)}
        blocks = list(zip(*(np.split(vector, loop.blocks) for vector in flat.values()), strict=True))
        for name, value in zip(flat, blocks[0], strict=True):
            writer.arrays[writer.names[name]] = value
        numbers, update = writer.numbers_and_lines(rules)
        if len(blocks) == 1:
            return [*numbers, *update]
        writer.arrays["_blocks"] = blocks
        head = f"for {', '.join(writer.names[name] for name in flat)} in _blocks:"
        return [*numbers, head, *(f"    {line}" for line in update)]


@lru_cache(maxsize=64)
def _loss(network: Network) -> Any:
    return loss_of_held_back(network, "numpy", np.ones_like)
