"""How long an update of a net of layers takes: python tests/benchmarks/layers.py [JOB ...] [--rounds N]

    cnn          digits of 8 × 8: conv 8 and 16 channels, 3 × 3, ReLU and pools of 2, dense 10; batches of 32
    lstm         characters of a text, 20 at a time, one-hot: LSTM of 32, dense on every step; batches of 16
    transformer  a copied row of 8 numbers: embedding of 16 with positions, one block of 2 heads; batches of 32

By ``symnet.fit`` with Adam on both backends, by ``lax.scan`` over ``jax.grad`` of a forward pass written by hand, and
for cnn by PyTorch's eager code.  One thread, float32, microseconds of the processor; what a call costs once is taken
off by training for one length and for three.  Peers take turns in a new order every round; figures are medians, minima
in brackets.  Timings decide nothing; they are there to be read.
"""

import argparse
import os
import random
import statistics
import time

# Before NumPy is imported.
os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import symnet
from symnet import layers

RATE = 1e-3
STEPS = {"cnn": 120, "lstm": 60, "transformer": 120}


def cnn():
    """(network, X, T, batch size, forward pass of the logits by hand)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    X = (digits.images[:, None] / 16).astype(np.float32)
    T = np.eye(10, dtype=np.float32)[digits.target]
    conv = {"padding": 1, "activation": "relu"}
    net = symnet.sequential(
        (1, 8, 8),
        [layers.conv(8, 3, **conv), layers.max_pool(2), layers.conv(16, 3, **conv), layers.max_pool(2),
         layers.flatten(), layers.dense(10)],
        loss="softmax_cross_entropy",
    )  # fmt: skip

    def forward(p, x):
        for K, b in ((p["K1"], p["b1"]), (p["K3"], p["b3"])):
            z = lax.conv_general_dilated(x, K, (1, 1), ((1, 1), (1, 1))) + b[:, None, None]
            x = lax.reduce_window(jax.nn.relu(z), -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
        return x.reshape(len(x), -1) @ p["W6"] + p["b6"]

    return net, X, T, 32, forward


def lstm():
    random_ = np.random.default_rng(0)
    words = ["the net", "learns", "a rule", "by rote", "and the rule", "is short"]
    text = " ".join(random_.choice(words) for _ in range(2_000))
    signs = sorted(set(text))
    hot = np.eye(len(signs), dtype=np.float32)[[signs.index(sign) for sign in text]]
    starts = np.arange(0, len(text) - 21, 20)
    X, T = (np.stack([hot[s + shift : s + shift + 20] for s in starts]) for shift in (0, 1))
    net = symnet.sequential(
        X.shape[1:], [layers.lstm(32, sequences=True), layers.dense(len(signs))], loss="softmax_cross_entropy"
    )

    def forward(p, x):
        W, U, b = (jnp.concatenate([p[f"{kind}{gate}1"] for gate in "ifgo"], -1) for kind in "WUb")

        def step(state, row):
            h, c = state
            i, f, g, o = jnp.split(row @ W + h @ U + b, 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        zeros = jnp.zeros((len(x), 32), x.dtype)
        _, h = lax.scan(step, (zeros, zeros), x.transpose(1, 0, 2))
        return h.transpose(1, 0, 2) @ p["W2"] + p["b2"]

    return net, X, T, 16, forward


def transformer():
    random_ = np.random.default_rng(0)
    X = random_.integers(0, 10, (2_000, 8)).astype(np.float32)
    T = np.eye(10, dtype=np.float32)[X.astype(int)[:, ::-1]]  # turned round, so that places count
    net = symnet.sequential(
        (8,),
        [layers.embedding(10, 16), layers.positional_encoding(), layers.transformer(2, 32), layers.dense(10)],
        loss="softmax_cross_entropy",
    )
    places = np.arange(8)[:, None] / 10_000 ** (np.arange(0, 16, 2) / 16)
    encoding = np.stack([np.sin(places), np.cos(places)], -1).reshape(8, 16).astype(np.float32)

    def norm(z, g, b):
        centred = z - z.mean(-1, keepdims=True)
        return g * centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) + b

    def forward(p, x):
        e = p["E1"][x.astype(int)] + encoding
        n = norm(e, p["gx3"], p["cx3"])
        q, k, v = ((n @ p[f"W{name}3"]).reshape(len(x), 8, 2, 8) for name in "QKV")
        scores = jax.nn.softmax(jnp.einsum("nthd,nshd->nhts", q, k) / np.sqrt(8).astype(np.float32))
        r = e + jnp.einsum("nhts,nshd->nthd", scores, v).reshape(len(x), 8, 16) @ p["WO3"]
        h = jax.nn.relu(norm(r, p["gr3"], p["cr3"]) @ p["Wh3"] + p["bh3"])
        return (r + h @ p["Wy3"] + p["by3"]) @ p["W4"] + p["b4"]

    return net, X, T, 32, forward


JOBS = {"cnn": cnn, "lstm": lstm, "transformer": transformer}


def by_hand(forward, X, T, size):
    """Adam over ``jax.grad``, in a scan over batches that are chosen by row numbers, compiled once."""

    def loss(p, x, t):
        return -(t * jax.nn.log_softmax(forward(p, x))).sum(-1).mean()

    def one(carry, rows):
        p, m, v, count = carry
        value, g = jax.value_and_grad(loss)(p, X[rows], T[rows])
        count += 1
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        wide, high = 1 - 0.9**count, 1 - 0.999**count
        p = jax.tree.map(lambda w, a, b: w - RATE * (a / wide) / (jnp.sqrt(b / high) + 1e-8), p, m, v)
        return (p, m, v, count), value

    X, T = jnp.asarray(X), jnp.asarray(T)
    scan = jax.jit(lambda carry, rows: lax.scan(one, carry, rows))

    def run(params, steps):
        rows = np.random.default_rng(0).integers(0, len(X), (steps, size), dtype=np.int32)
        zeros = jax.tree.map(np.zeros_like, params)
        return jax.block_until_ready(scan((params, zeros, zeros, np.float32(0)), rows))

    return run


def by_torch(net, X, T, size):
    """PyTorch's own loop over the same module."""
    import torch

    torch.set_num_threads(1)
    x, t = torch.from_numpy(X), torch.from_numpy(T.argmax(-1))

    def run(params, steps):
        module = symnet.to_torch(net, params)
        optimizer = torch.optim.Adam(module.parameters(), RATE)
        rows = np.random.default_rng(0).integers(0, len(X), (steps, size))
        for chosen in torch.from_numpy(rows):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(module(x[chosen]), t[chosen]).backward()
            optimizer.step()

    return run


def peers(job):
    net, X, T, size, forward = JOBS[job]()
    params = {name: value.astype(np.float32) for name, value in net.init(seed=0).items()}
    ours, theirs = net.predict(params, X[:5]), forward(params, jnp.asarray(X[:5]))
    assert np.abs(ours - theirs).max() < 1e-4, f"{job}: another net is computed by hand"

    def by_symnet(backend):
        def run(params, steps):
            return symnet.fit(
                net, X, T, optimizer=symnet.adam(RATE), params=params, steps=steps, batch_size=size, backend=backend
            )

        return run

    found = {f"symnet {backend}": by_symnet(backend) for backend in ("jax", "numpy")}
    found["jax.grad"] = by_hand(forward, X, T, size)
    if job == "cnn":
        found["torch"] = by_torch(net, X, T, size)
    return params, found


def measured(job, rounds):
    params, found = peers(job)
    steps = STEPS[job]
    for run in found.values():  # compiles
        run(params, steps)
        run(params, 3 * steps)
    times = {name: [] for name in found}
    for _ in range(rounds):
        for name in random.sample([*found], len(found)):
            parts = []
            for count in (steps, 3 * steps):
                start = time.process_time()
                found[name](params, count)
                parts.append(time.process_time() - start)
            times[name].append((parts[1] - parts[0]) / (2 * steps) * 1e6)
    print(f"{job}: microseconds an update")
    for name, each in times.items():
        print(f"  {name:<14}{statistics.median(each):10.0f} ({min(each):.0f})")
    for one, other in (("symnet jax", "jax.grad"), ("symnet numpy", "torch")):
        if one in times and other in times:
            ratios = [a / b for a, b in zip(times[one], times[other], strict=True)]
            print(f"  {one} / {other}: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("jobs", nargs="*", default=[*JOBS])
    arguments.add_argument("--rounds", type=int, default=9)
    given = arguments.parse_args()
    for job in given.jobs:
        measured(job, given.rounds)
