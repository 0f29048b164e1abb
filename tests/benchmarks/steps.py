"""A compiled step in a loop of one's own, beside the same step written by hand: microseconds a step, interleaved.

    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python tests/benchmarks/steps.py

On NumPy the peer is backpropagation as a textbook writes it in NumPy; on JAX ``jax.jit(jax.value_and_grad(loss))``.
Parameters and examples are arrays of the library, as in a training loop.
"""

from __future__ import annotations

import statistics
import time

import jax
import jax.numpy as jnp
import numpy as np

import symnet

ROUNDS, CALLS = 41, 50


def by_hand(p, X, T):
    """(mean squared error, gradients) of a tanh network of three layers."""
    a1 = np.tanh(X @ p["W1"] + p["b1"])
    a2 = np.tanh(a1 @ p["W2"] + p["b2"])
    error = a2 @ p["W3"] + p["b3"] - T
    loss = (error * error).mean()
    d3 = error * (2 / error.size)
    d2 = d3 @ p["W3"].T * (1 - a2 * a2)
    d1 = d2 @ p["W2"].T * (1 - a1 * a1)
    gradients = {"W1": X.T @ d1, "b1": d1.sum(0), "W2": a1.T @ d2, "b2": d2.sum(0), "W3": a2.T @ d3, "b3": d3.sum(0)}
    return loss, gradients


def loss_by_hand(p, X, T):
    a1 = jnp.tanh(X @ p["W1"] + p["b1"])
    a2 = jnp.tanh(a1 @ p["W2"] + p["b2"])
    return ((a2 @ p["W3"] + p["b3"] - T) ** 2).mean()


def paired(ours, theirs):
    """(median of ours, of theirs, of their ratio) over interleaved rounds."""
    times = []
    for _ in range(ROUNDS):
        row = []
        for call in (ours, theirs):
            start = time.perf_counter()
            for _ in range(CALLS):
                call()
            row.append((time.perf_counter() - start) / CALLS * 1e6)
        times.append(row)
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    return ours, theirs, statistics.median(a / b for a, b in times)


def report(layers, library, kind, ours, theirs, ratio):
    print(f"{'-'.join(map(str, layers)):<14}{library:<6}{kind:<8}{ours:10.1f}{theirs:10.1f}{ratio:8.2f}")


def main():
    print(f"{'':28}{'symnet':>10}{'by hand':>10}{'ratio':>8}")
    for layers, rows in (([3, 4, 4, 1], 4), ([64, 64, 64, 10], 64)):
        net = symnet.mlp(layers, activation="tanh", output="linear", loss="mean_squared_error")
        random = np.random.default_rng(0)
        for kind in (np.float64, np.float32):
            X, T = (random.normal(size=(rows, width)).astype(kind) for width in (layers[0], layers[-1]))
            p = {name: value.astype(kind) for name, value in net.init(seed=0).items()}
            step = symnet.compile(net)
            found = paired(lambda: step(p, X, T), lambda: by_hand(p, X, T))  # noqa: B023 - called at once
            report(layers, "numpy", kind.__name__, *found)
        jitted = jax.jit(jax.value_and_grad(loss_by_hand))
        q, Z, S = jax.tree.map(jnp.asarray, (p, X, T))
        on_jax = symnet.compile(net, backend="jax")
        wait = jax.block_until_ready
        found = paired(lambda: wait(on_jax(q, Z, S)), lambda: wait(jitted(q, Z, S)))  # noqa: B023
        report(layers, "jax", "float32", *found)


if __name__ == "__main__":
    main()
