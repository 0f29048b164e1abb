"""The compiled updates on JAX, many in one call: on all examples, on rows of them or on fresh ones.

Three things make it quick.  Small products are multiplied and summed (``computing.products``).  Parameters travel as a
vector where they are not too many, so that an update is a few operations.  And where a network is tiny, the loop is
nested: XLA makes one machine-code kernel of a loop that carries less than a thousand bytes, and ten thousand recorded
losses would be more than that, so an inner loop records a few and an outer loop gathers them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from symnet.algebra.equations import Array
from symnet.algebra.matrices import Operation, matmul, shape_of, size_of
from symnet.algebra.network import Network
from symnet.algebra.optimizers import Optimizer
from symnet.computing.compile import compile
from symnet.computing.examples import arguments, lengths_of
from symnet.computing.generated import defined, update_source
from symnet.computing.products import is_small
from symnet.computing.training_loops.validation import loss_of_held_back

Spec: Any = PartitionSpec

ONE_VECTOR = 16_384  # parameters; more are quicker as the arrays they are
ONE_KERNEL = 1_000  # bytes that a loop may carry
CAPACITY = 65_536  # losses recorded in one call


@lru_cache(maxsize=64)
def compiled(network: Network, optimizer: Optimizer, layout: tuple[bool, int], mesh: Mesh | None) -> Compiled:
    return Compiled(network, optimizer, layout, mesh)


class Compiled:
    """The jitted functions of a network and an optimizer; jit keeps one version for each shape and precision."""

    def __init__(self, network: Network, optimizer: Optimizer, layout: tuple[bool, int], mesh: Mesh | None) -> None:
        self.network = network
        self.as_vector, self.inner = layout
        self.shapes = {w.name: tuple(int(length) for length in shape_of(w)) for w in network.parameters}
        self.step = compile(network, "jax").function
        self.loss = loss_of_held_back(network, "jax", jnp.ones_like)
        self.update = defined(update_source(optimizer, "jax"), "update")
        self.kinds = [equation.name.partition("(")[0] for equation in optimizer.rules[0]]
        self.first_state = [float(equation.rhs) for equation in optimizer.rules[0]]
        replicated = None if mesh is None else NamedSharding(mesh, Spec())
        jit: Any = jax.jit if mesh is None else partial(jax.jit, out_shardings=replicated)
        self.on_all = jit(self._on_all)
        self.on_rows = jit(self._on_rows)
        self.on_fresh = jit(self._on_fresh)
        self.epochs = jit(self._epochs)
        self.called: set[Any] = set()  # (function, shapes of its arguments), of those that were

    def pack(self, params: Mapping[str, Any]) -> Any:
        """{name: array} as what the loop carries: one vector, or a tuple of arrays."""
        if not self.as_vector:
            return tuple(params[name] for name in self.shapes)
        library = np if all(isinstance(value, np.ndarray) for value in params.values()) else jnp
        return library.concatenate([params[name].reshape(-1) for name in self.shapes])

    def unpack(self, weights: Any) -> dict[str, Any]:
        if not self.as_vector:
            return dict(zip(self.shapes, weights, strict=True))
        parts, at = {}, 0
        for name, shape in self.shapes.items():
            size = math.prod(shape)
            parts[name] = weights[at : at + size].reshape(shape)
            at += size
        return parts

    def start(self, weights: Any) -> Any:
        """The optimizer's state before the first update."""
        return tuple(
            jax.tree.map(lambda w, value=value: np.full(w.shape, value, w.dtype), weights) for value in self.first_state
        )

    def one(self, carry: Any, rate: Any, examples: Any) -> tuple[Any, Any]:
        """One update, and the loss before it."""
        weights, state, t = carry
        loss, gradients = self.step(self.unpack(weights), *arguments(self.network, examples))
        g, t = self.pack(gradients), t + 1
        if self.as_vector:
            weights, state = self.update(weights, g, state, rate, t)
        else:
            updated = [
                self.update(w, gw, tuple(kind[i] for kind in state), rate, t)
                for i, (w, gw) in enumerate(zip(weights, g, strict=True))
            ]
            weights = tuple(w for w, _ in updated)
            state = tuple(tuple(kinds[k] for _, kinds in updated) for k in range(len(state)))
        return (weights, state, t), loss

    def _on_all(self, carry: Any, count: Any, rate: Any, examples: Any) -> Any:
        if self.inner and rate.ndim == 0:
            return self._nested(carry, count, rate, examples)
        return self._counted(carry, count, CAPACITY, lambda i: (_at(rate, i), examples))

    def _on_rows(self, carry: Any, count: Any, rate: Any, examples: Any, rows: Any, first: Any) -> Any:
        return self._counted(carry, count, len(rows), lambda i: (_at(rate, i), _rows(examples, rows[first + i])))

    def _on_fresh(self, carry: Any, count: Any, rate: Any, stacks: Any) -> Any:
        return self._counted(carry, count, len(stacks[0]), lambda i: (_at(rate, i), tuple(x[i] for x in stacks)))

    def _counted(self, carry: Any, count: Any, most: int, of: Any) -> Any:
        """``count`` updates in one loop, however many that is: nothing is compiled again for another number."""

        def body(i: Any, loop: Any) -> Any:
            carry, losses = loop
            carry, loss = self.one(carry, *of(i))
            return carry, lax.dynamic_update_index_in_dim(losses, loss, i, 0)

        return lax.fori_loop(0, count, body, (carry, jnp.zeros(most, _dtype(carry))))

    def _nested(self, carry: Any, count: Any, rate: Any, examples: Any) -> Any:
        """The same as loops of a few updates within a loop, each of which XLA makes one kernel."""
        few, dtype = self.inner, _dtype(carry)

        def block(loop: Any) -> Any:
            done, carry, losses = loop
            end = jnp.minimum(count - done, few)

            def body(inner: Any) -> Any:
                j, carry, recorded = inner
                carry, loss = self.one(carry, rate, examples)
                return j + 1, carry, lax.dynamic_update_index_in_dim(recorded, loss, j, 0)

            start = (jnp.int32(0), carry, jnp.zeros(few, dtype))
            j, carry, recorded = lax.while_loop(lambda inner: inner[0] < end, body, start)
            return done + j, carry, lax.dynamic_update_slice(losses, recorded, (done,))

        begin = (jnp.int32(0), carry, jnp.zeros(CAPACITY + few, dtype))
        _, carry, losses = lax.while_loop(lambda loop: loop[0] < count, block, begin)
        return carry, losses

    def _epochs(
        self,
        carry: Any,
        best: Any,
        count: Any,
        patience: Any,
        rate: Any,
        examples: Any,
        held_back: Any,
        full: Any,
        rest: Any,
        first: Any,
    ) -> Any:
        most = 512 if full is None and rest is None else len(rest if full is None else full)
        whole = 0 if full is None else full.shape[1]
        updates = 1 if full is None and rest is None else whole + (rest is not None)
        dtype = _dtype(carry)

        def epoch(loop: Any) -> Any:
            e, carry, best, losses, validation = loop
            row = jnp.zeros(updates, dtype)
            if full is None and rest is None:
                carry, loss = self.one(carry, _at(rate, e), examples)
                row = row.at[0].set(loss)
            if full is not None:

                def body(b: Any, inner: Any) -> Any:
                    carry, row = inner
                    chosen = _rows(examples, full[first + e, b])
                    carry, loss = self.one(carry, _at(rate, e * updates + b), chosen)
                    return carry, lax.dynamic_update_index_in_dim(row, loss, b, 0)

                carry, row = lax.fori_loop(0, whole, body, (carry, row))
            if rest is not None:
                chosen = _rows(examples, rest[first + e])
                carry, loss = self.one(carry, _at(rate, e * updates + whole), chosen)
                row = row.at[whole].set(loss)
            losses = lax.dynamic_update_index_in_dim(losses, row, e, 0)
            if held_back:
                value = self.loss(self.unpack(carry[0]), examples, held_back)
                lowest, kept, since = best
                better = value < lowest
                kept = jax.tree.map(lambda new, old: jnp.where(better, new, old), carry[0], kept)
                best = (jnp.where(better, value, lowest), kept, jnp.where(better, 0, since + 1).astype(jnp.int32))
                validation = lax.dynamic_update_index_in_dim(validation, value, e, 0)
            return e + 1, carry, best, losses, validation

        def going(loop: Any) -> Any:
            e, _, best, losses, _ = loop
            last = jnp.where(e > 0, losses[e - 1, -1], 0)
            return (e < count) & (best[2] < patience) & jnp.isfinite(last)

        begin = (jnp.int32(0), carry, best, jnp.zeros((most, updates), dtype), jnp.zeros(most, dtype))
        done, carry, best, losses, validation = lax.while_loop(going, epoch, begin)
        return carry, best, done, losses, validation


def _at(rates: Any, i: Any) -> Any:
    """The learning rate of update i: the same for all, or one of a list."""
    return rates if rates.ndim == 0 else rates[i]


def _rows(examples: Any, numbers: Any) -> Any:
    """Those rows of all examples; numbers that are known to be right need no second look."""
    return tuple(x.at[numbers].get(mode="promise_in_bounds") for x in examples)


def _dtype(carry: Any) -> Any:
    return jax.tree.leaves(carry[0])[0].dtype


def chosen_layout(
    network: Network, optimizer: Optimizer, dtype: Any, examples: tuple[np.ndarray, ...], batch_size: int | None
) -> tuple[bool, int]:
    """(parameters as one vector?, updates of the inner loop or 0 for a plain loop)."""
    count = network.parameter_count
    rows = len(examples[0]) if examples else 0
    if not batch_size and rows and _is_tiny(network, examples):
        numbers = count * (1 + len(optimizer.rules[0])) + sum(x.size for x in examples) + 4
        for few in (64, 32, 16, 8, 4):
            if (numbers + few) * dtype.itemsize <= ONE_KERNEL:
                return False, few
    return count <= ONE_VECTOR, 0


def _is_tiny(network: Network, examples: tuple[np.ndarray, ...]) -> bool:
    """Whether no product of matrices is left to a library."""
    lengths = lengths_of(network, examples)
    products: list[Operation] = [p for equation in network.equations for p in equation.rhs.atoms(matmul)]
    for product in products:
        (n, k), m = (size_of((length,), lengths) for length in shape_of(product.args[0])), shape_of(product)[1]
        if not is_small(n, k, size_of((m,), lengths)):
            return False
    return all(size_of(name.shape, lengths) <= 2048 for name in network.parameters if isinstance(name, Array))
