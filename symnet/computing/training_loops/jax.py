"""The training loop on JAX: compiled whole, one call for many updates, over one device or several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.algebra.optimizers import Optimizer
from symnet.computing.arrays import all_finite
from symnet.computing.backends import named
from symnet.computing.kept_programs import kept_programs
from symnet.computing.training_loops.jax_updates import CAPACITY, chosen_layout, compiled

Spec: Any = PartitionSpec

EPOCHS_INDICES = 200_000  # row numbers sent in one call, which are sent in full even where it makes fewer updates


class JaxLoop:
    """One run of training: holds the parameters and the optimizer's state on the device between calls."""

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        params: Mapping[str, Any],
        examples: tuple[np.ndarray, ...],
        held_back: tuple[np.ndarray, ...],
        batch_size: int | None,
        devices: Any = None,
    ) -> None:
        first = next(iter(params.values()), np.zeros(0))
        self.dtype = first.dtype
        self._precision: Callable[[], Any] = partial(named("jax").precision, first)
        size = batch_size or (len(examples[0]) if examples else 0)
        self.mesh = _mesh(devices, size)
        self.compiled = compiled(
            network,
            replace(optimizer, learning_rate=None),
            chosen_layout(network, optimizer, first.dtype, examples, batch_size),
            self.mesh,
        )
        self.best: Any = None
        self._rows: dict[str, tuple[np.ndarray, Any]] = {}  # {what they are for: (row numbers, those on the device)}
        with self._precision():
            self._sharing = Spec() if batch_size else Spec("batch")
            self.examples, self.held_back = self._put(examples, self._sharing), self._put(held_back, Spec())
            weights = self.compiled.pack({name: np.asarray(value) for name, value in params.items()})
            self.carry = self._put((weights, self.compiled.start(weights), np.zeros((), np.int32)), Spec())
        self.reset_best()

    def _put(self, tree: Any, spec: Any) -> Any:
        """On the device, by a copy: ``jnp.asarray`` would have XLA compile a program for every shape there is."""
        if self.mesh is None:
            return jax.device_put(tree)
        return self._shared(tree, spec)

    def _shared(self, tree: Any, spec: Any) -> Any:
        """What one call alone is given: as it is for one device, which takes NumPy's arrays quicker than copies."""
        if self.mesh is None:
            return tree
        sharding = NamedSharding(self.mesh, spec)

        def placed(value: Any) -> Any:
            array = np.asarray(value)
            return jax.make_array_from_callback(array.shape, sharding, lambda index: array[index])

        return jax.tree.map(placed, tree)

    def take(self, examples: tuple[np.ndarray, ...]) -> None:
        """Go on with these examples, of the same shapes."""
        with self._precision():
            self.examples = self._put(examples, self._sharing)

    def snapshot(self) -> Any:
        return self.carry, self.best

    def restore(self, snapshot: Any) -> None:
        self.carry, self.best = snapshot

    def memory(self) -> tuple[list[dict[str, np.ndarray]], int]:
        """What the optimizer remembers, {name: array} for each kind, and how many updates were made."""
        _, state, t = jax.tree.map(np.asarray, self.carry)
        return [{name: np.array(value) for name, value in self.compiled.unpack(kind).items()} for kind in state], int(t)

    def go_on(self, memory: Sequence[Mapping[str, np.ndarray]], t: int) -> None:
        """Remember that from before the first update."""
        with self._precision():
            state = tuple(self.compiled.pack({n: v.astype(self.dtype) for n, v in kind.items()}) for kind in memory)
            self.carry = (self.carry[0], *self._put((state, np.array(t, np.int32)), Spec()))

    def params(self, best: bool = False) -> dict[str, np.ndarray]:
        weights = self.best[1] if best else self.carry[0]
        # Fetched whole and cut by NumPy: each slice of an array of JAX's is a program to compile.
        fetched = jax.tree.map(np.asarray, weights)
        return {name: np.array(value) for name, value in self.compiled.unpack(fetched).items()}

    def is_finite(self) -> bool:
        """Whether every parameter is a finite number, and all that the optimizer keeps."""
        return all(all_finite(np.asarray(part)) for part in jax.tree.leaves(self.carry[:2]))

    def lost_state(self) -> str:
        """What the optimizer keeps that is not a finite number, such as v(W1); "" where all of it is."""
        with self._precision():
            for kind, kept in zip(self.compiled.kinds, self.carry[1], strict=True):
                for name, value in self.compiled.unpack(kept).items():
                    if not np.isfinite(np.asarray(value)).all():
                        return f"{kind}({name})"
        return ""

    @property
    def since(self) -> int:
        """For how many epochs the validation loss has not improved."""
        return int(self.best[2])

    def reset_best(self) -> None:
        with self._precision():
            start = (np.array(np.inf, self.dtype), np.array(0, np.int32))
            lowest, since = self._put(start, Spec())
        self.best = (lowest, self.carry[0], since)

    one_shape = True  # a call with arrays of another length would be compiled anew

    @property
    def most_steps(self) -> int:
        return CAPACITY

    def steps(self, count: int, rates: Any, batches: Any = None, first: int = 0) -> np.ndarray:
        """``count`` updates: on all examples, on the rows in each line of ``batches``, or on stacks of fresh ones."""
        with self._precision():
            rate = self._shared(np.asarray(rates, self.dtype), Spec())
            number = np.int32(count)
            if batches is None:
                self.carry, losses = self._call(self.compiled.on_all, self.carry, number, rate, self.examples)
            elif isinstance(batches, tuple):
                stacks = self._shared(batches, Spec(None, "batch"))
                self.carry, losses = self._call(self.compiled.on_fresh, self.carry, number, rate, stacks)
            else:
                shared = self.mesh is None or batches.shape[1] % self.mesh.size == 0  # a last batch may be smaller
                rows = self._sent("batches", batches, Spec(None, "batch" if shared else None))
                self.carry, losses = self._call(
                    self.compiled.on_rows, self.carry, number, rate, self.examples, rows, np.int32(first)
                )
            return np.asarray(losses)[:count]

    def _sent(self, kind: str, rows: np.ndarray, spec: Any) -> Any:
        """Row numbers, put on the device once for all calls that go on in them; not for the only call that there is."""
        known, sent = self._rows.get(kind, (None, None))
        if known is not rows:
            sent = self._shared(np.asarray(rows, np.int32), spec)
        elif isinstance(sent, np.ndarray):
            sent = self._put(sent, spec)
        self._rows[kind] = rows, sent
        return sent

    def _call(self, function: Any, *arguments: Any) -> Any:
        """Call a jitted function; what it compiles for arrays of these shapes, once, is kept for other processes."""
        shapes = (function, *((np.shape(x), x.dtype) for x in jax.tree.leaves(arguments)))
        if shapes in self.compiled.called:
            return function(*arguments)
        with kept_programs():
            found = function(*arguments)
        self.compiled.called.add(shapes)
        return found

    def most_epochs(self, batches: int, size: int) -> int:
        return max(1, min(512, EPOCHS_INDICES // max(1, batches * size)))

    def epochs(
        self, count: int, rates: Any, full: np.ndarray | None, rest: np.ndarray | None, patience: int, first: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Up to ``count`` epochs, as ``Loop`` says."""
        with self._precision():
            rows = None if full is None else self._sent("full", full, Spec(None, None, "batch"))
            last = None if rest is None else self._sent("rest", rest, Spec())
            rate = self._shared(np.asarray(rates, self.dtype), Spec())
            self.carry, self.best, done, losses, validation = self._call(
                self.compiled.epochs, self.carry, self.best, np.int32(count), np.int32(patience), rate, self.examples,
                self.held_back, rows, last, np.int32(first),
            )  # fmt: skip
            done = int(done)
            return np.asarray(losses)[:done], np.asarray(validation)[: done if self.held_back else 0]


def _mesh(devices: Any, size: int) -> Mesh | None:
    """The devices to share a batch of ``size`` examples over: all there are, as far as they divide it."""
    chosen = jax.devices() if devices is None else list(devices) if isinstance(devices, (list, tuple)) else []
    if not chosen or not all(isinstance(device, jax.Device) for device in chosen):
        raise Mistake("devices must be a list of some of jax.devices(); leave it out to use them all")
    if jax.process_count() > 1:
        if not size or size % len(chosen):
            raise Mistake(
                f"a batch of {size} cannot be shared over {len(chosen)} devices; its size must be a multiple of that"
            )
    elif size:
        chosen = chosen[: max(k for k in range(1, len(chosen) + 1) if size % k == 0)]
    if len(chosen) == 1 and jax.process_count() == 1:
        return None if devices is None else Mesh(np.array(chosen), ("batch",))
    return Mesh(np.array(chosen), ("batch",))
