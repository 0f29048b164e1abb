"""The same training steps written by others' means, to compare symnet with: C, JAX, PyTorch, NumPy and Python scalars.

``workload`` gives a network, its data and the rows of every batch.  A peer is called as peer(work, steps); it compiles,
runs a few updates to warm up, and gives a function that trains from the start: (loss before the last update, seconds).
Missing tools raise ImportError.
"""

import ctypes
import itertools
import math
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from symnet.training.data import batches

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
clock = time.process_time  # or time.perf_counter


@dataclass(frozen=True, eq=False)
class Work:
    """A dense network and what it is trained on; update i sees X[rows[i % len(rows)]]."""

    name: str
    sizes: tuple[int, ...]
    X: np.ndarray
    Y: np.ndarray
    params: dict[str, np.ndarray]  # W1 (d, h), b1 (h,), W2, …
    rows: np.ndarray  # (batches, size)
    feed: str  # "all": every batch is all rows; "shuffled": epochs in symnet's order; "fresh": blocks of rows in turn
    activation: str = "relu"
    output: str = "linear"
    loss: str = "mean_squared_error"
    adam: bool = False
    rate: float = 0.01

    @property
    def dtype(self):
        return self.X.dtype

    @property
    def batch_size(self):
        return self.rows.shape[1]

    @property
    def layers(self):
        return len(self.sizes) - 1

    @property
    def kinds(self):
        """The activation of every layer."""
        return [self.activation] * (self.layers - 1) + [self.output]

    def batch(self, i):
        rows = self.rows[i % len(self.rows)]
        return self.X[rows], self.Y[rows]


def workload(name, steps, seed=0):
    """A, A64, S8, B, C, D, E or M with the rows of at least ``steps`` updates."""
    random = np.random.default_rng(7)
    dtype = "float64" if name == "A64" else "float32"
    more = {}
    if name in ("A", "A64", "S8"):
        sizes, feed, size = (3, 4, 4, 1), "all", 4
        X = np.array([[2, 3, -1], [3, -1, 0.5], [0.5, 1, 1], [1, 1, -1]])
        Y = np.array([[1.0], [-1], [-1], [1]])
        more = {"activation": "tanh"}
        if name != "S8":
            more |= {"output": "tanh", "loss": "squared_error", "rate": 0.05}
    elif name in ("B", "C"):
        sizes, feed, size = (1, 32 if name == "B" else 512, 1), "shuffled", 32
        X = np.linspace(-1, 1, 160)[:, None]
        Y = np.sin(3 * X)
    elif name == "D":
        sizes, feed, size = (2, 100, 1), "fresh", 100
        X = random.uniform(-1, 1, (100_000, 2))
        Y = np.abs(X[:, :1] * X[:, 1:])
        more = {"output": "relu"}
    elif name == "E":
        from sklearn.datasets import load_digits

        sizes, feed, size = (64, 64, 10), "shuffled", 64
        X, labels = (part[:1792] for part in load_digits(return_X_y=True))  # 28 whole batches
        X, Y = X / 16, np.eye(10)[labels]
    elif name == "M":
        sizes, feed, size = (784, 256, 128, 10), "shuffled", 256
        X = random.normal(size=(2048, 784))
        Y = np.eye(10)[random.integers(0, 10, 2048)]
    else:
        raise ValueError(f"no workload {name}")
    if name in ("E", "M"):
        more = {"loss": "softmax_cross_entropy", "adam": True, "rate": 0.001}
    params = {}
    for i, (below, above) in enumerate(itertools.pairwise(sizes), 1):
        deviation = math.sqrt(2 / below) if below > 3 else 0.5
        params[f"W{i}"] = random.normal(0, deviation, (below, above)).astype(dtype)
        params[f"b{i}"] = np.zeros(above, dtype)
    if feed == "shuffled":
        order = np.random.default_rng(seed)
        epochs = -(-steps // (len(X) // size))
        rows = np.concatenate([batches(len(X), size, order)[0] for _ in range(epochs)])
    else:
        rows = np.arange(len(X)).reshape(-1, size)
    return Work(name, sizes, X.astype(dtype), Y.astype(dtype), params, rows.astype(np.int32), feed, **more)


# JAX.


def forward(work):
    """The loss as one would write it for jax.value_and_grad: loss(params, x, y) with params a dictionary."""
    import jax
    import jax.numpy as jnp

    functions = {"tanh": jnp.tanh, "relu": jax.nn.relu, "linear": lambda z: z}

    def loss(params, x, y):
        for k, kind in enumerate(work.kinds, 1):
            x = functions[kind](x @ params[f"W{k}"] + params[f"b{k}"])
        if work.loss == "softmax_cross_entropy":
            return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(x), axis=1))
        squares = (x - y) ** 2
        return jnp.sum(squares) if work.loss == "squared_error" else jnp.mean(squares)

    return loss


def _jax_update(work):
    """(state before the first update, update(params, state, gradients))."""
    import jax
    import jax.numpy as jnp

    def sgd(params, state, gradients):
        return jax.tree.map(lambda w, g: w - work.rate * g, params, gradients), state

    def adam(params, state, gradients):
        m, v, t = state
        t = t + 1
        m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, gradients)
        v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, gradients)
        # 1 − βᵗ, which float32 would round at the first updates.
        c1, c2 = -jnp.expm1(t * math.log(BETA1)), -jnp.expm1(t * math.log(BETA2))
        change = lambda w, m, v: w - work.rate * (m / c1) / (jnp.sqrt(v / c2) + EPSILON)  # noqa: E731
        return jax.tree.map(change, params, m, v), (m, v, t)

    if not work.adam:
        return (), sgd
    zeros = {name: jnp.zeros_like(value) for name, value in work.params.items()}
    return (zeros, zeros, jnp.zeros((), work.dtype)), adam


def jax_scan(work, steps):
    """jax.value_and_grad in lax.scan, all of it compiled."""
    import jax
    import jax.numpy as jnp

    gradient, (state, update) = jax.value_and_grad(forward(work)), _jax_update(work)
    X, Y = jnp.asarray(work.X), jnp.asarray(work.Y)
    order = np.arange(steps) % len(work.rows)
    if work.feed == "all":
        each, pick = None, lambda X, Y, _: (X, Y)
    elif work.feed == "shuffled":
        each, pick = jnp.asarray(work.rows[order]), lambda X, Y, rows: (X[rows], Y[rows])
    else:
        X, Y = (part.reshape(len(work.rows), work.batch_size, -1) for part in (X, Y))
        each, pick = jnp.asarray(order), lambda X, Y, i: (X[i], Y[i])

    @jax.jit
    def train(params, state, X, Y, each):
        def step(carry, now):
            params, state = carry
            loss, gradients = gradient(params, *pick(X, Y, now))
            return update(params, state, gradients), loss

        return jax.lax.scan(step, (params, state), each, length=steps)

    arguments = jax.tree.map(jnp.asarray, work.params), state, X, Y, each
    compiled = train.lower(*arguments).compile()
    jax.block_until_ready(compiled(*arguments))

    def run():
        began = clock()
        _, losses = jax.block_until_ready(compiled(*arguments))
        seconds = clock() - began
        return float(losses[-1]), seconds

    return run


def jax_steps(work, steps):
    """A compiled step of jax.value_and_grad, called from a Python loop."""
    import jax
    import jax.numpy as jnp

    gradient, (first, update) = jax.value_and_grad(forward(work)), _jax_update(work)

    @jax.jit
    def step(params, state, x, y):
        loss, gradients = gradient(params, x, y)
        return *update(params, state, gradients), loss

    start = jax.tree.map(jnp.asarray, work.params)
    given = [tuple(map(jnp.asarray, work.batch(i))) for i in range(min(steps, len(work.rows)))]
    jax.block_until_ready(step(start, first, *given[0]))

    def run():
        params, state = start, first
        began = clock()
        for i in range(steps):
            params, state, loss = step(params, state, *given[i % len(given)])
        loss = float(loss)
        return loss, clock() - began

    return run


# PyTorch.


def torch_eager(work, steps):
    import torch
    from torch import nn

    torch.set_num_threads(1)
    modules = {"tanh": nn.Tanh, "relu": nn.ReLU, "linear": nn.Identity}
    given = [tuple(map(torch.tensor, work.batch(i))) for i in range(min(steps, len(work.rows)))]
    if work.loss == "softmax_cross_entropy":
        given = [(x, y.argmax(1)) for x, y in given]
        loss_of = nn.CrossEntropyLoss()
    else:
        loss_of = nn.MSELoss(reduction="sum" if work.loss == "squared_error" else "mean")

    def run(steps=steps):
        layers = []
        for k, kind in enumerate(work.kinds, 1):
            weight, bias = torch.tensor(work.params[f"W{k}"]), torch.tensor(work.params[f"b{k}"])
            layer = nn.Linear(*weight.shape, dtype=weight.dtype)
            with torch.no_grad():
                layer.weight.copy_(weight.T)
                layer.bias.copy_(bias)
            layers += [layer] if kind == "linear" else [layer, modules[kind]()]
        net = nn.Sequential(*layers)
        optimizer = (torch.optim.Adam if work.adam else torch.optim.SGD)(net.parameters(), lr=work.rate)
        began = clock()
        for i in range(steps):
            x, y = given[i % len(given)]
            optimizer.zero_grad()
            loss = loss_of(net(x), y)
            loss.backward()
            optimizer.step()
        return loss.item(), clock() - began

    run(min(steps, 20))
    return run


# C.


@cache
def _folder():
    return tempfile.TemporaryDirectory(prefix="symnet-peers-")


def c_loop(work, steps):
    """peers.c, compiled for the sizes of the workload."""
    if shutil.which("gcc") is None:
        raise ImportError("gcc")
    library = Path(_folder().name) / f"{work.name}.so"
    kinds = ["linear", "tanh", "relu"]
    settings = {
        "L": work.layers,
        "ACT": kinds.index(work.activation),
        "OUT": kinds.index(work.output),
        "LOSS": ["squared_error", "mean_squared_error", "softmax_cross_entropy"].index(work.loss),
        "ADAM": int(work.adam),
        "BATCH": work.batch_size,
        "REAL": "float" if work.dtype == np.float32 else "double",
        **{f"S{k}": size for k, size in enumerate(work.sizes)},
    }
    if not library.exists():
        flags = ["-O3", "-march=native", "-ffast-math", "-fopenmp-simd", "-shared", "-fPIC", "-std=gnu11"]
        flags += [f"-D{name}={value}" for name, value in settings.items()]
        source = Path(__file__).with_name("peers.c")
        subprocess.run(["gcc", *flags, str(source), "-o", str(library), "-lm"], check=True)
    train = ctypes.CDLL(str(library)).train
    rows = None if work.feed != "shuffled" else work.rows
    losses = np.empty(steps, work.dtype)

    def run(steps=steps):
        weights = np.concatenate([value.ravel() for value in work.params.values()])
        arrays = [None if a is None else a.ctypes.data_as(ctypes.c_void_p) for a in (weights, work.X, work.Y, rows)]
        numbers = ctypes.c_long(len(work.rows)), ctypes.c_long(steps), ctypes.c_double(work.rate)
        began = clock()
        train(*arrays, *numbers, losses.ctypes.data_as(ctypes.c_void_p))
        seconds = clock() - began
        return float(losses[steps - 1]), seconds

    run(min(steps, 20))
    return run


# NumPy, as one writes it by hand: an array for every parameter, results written into arrays made once.


def numpy_by_hand(work, steps):
    write = _numpy_softmax if work.adam else {2: _numpy_two, 3: _numpy_three}[work.layers]

    def run(steps=steps):
        train = write(work)
        began = clock()
        loss = train(steps)
        return float(loss), clock() - began

    run(min(steps, 20))
    return run


def _numpy_batches(work):
    """A function of the update that gives its (x, y)."""
    X, Y, size = work.X, work.Y, work.batch_size
    if work.feed == "all":
        return lambda i: (X, Y)
    if work.feed == "fresh":
        blocks = [(X[i : i + size], Y[i : i + size]) for i in range(0, len(X), size)]
        return lambda i: blocks[i % len(blocks)]
    order = list(work.rows.astype(np.intp))
    x, y = np.empty((size, X.shape[1]), X.dtype), np.empty((size, Y.shape[1]), X.dtype)

    def pick(i):
        rows = order[i % len(order)]
        return X.take(rows, 0, x, "clip"), Y.take(rows, 0, y, "clip")

    return pick


def _numpy_two(work):
    """ReLU units, a linear or ReLU output, mean of squares, SGD."""
    W1, b1, W2, b2 = (value.copy() for value in work.params.values())
    dW1, db1, dW2, db2 = (np.empty_like(value) for value in work.params.values())
    m, h, o, lr, dtype = work.batch_size, work.sizes[1], work.sizes[2], work.rate, work.dtype
    A, D, M = np.empty((m, h), dtype), np.empty((m, h), dtype), np.empty((m, h), bool)
    Y, G, R = np.empty((m, o), dtype), np.empty((m, o), dtype), np.empty((m, o), bool)
    g, pick, relu = G.reshape(-1), _numpy_batches(work), work.output == "relu"

    def train(steps):
        losses = np.empty(steps)
        for i in range(steps):
            x, y = pick(i)
            np.dot(x, W1, out=A)
            np.add(A, b1, out=A)
            np.maximum(A, 0, out=A)
            np.dot(A, W2, out=Y)
            np.add(Y, b2, out=Y)
            if relu:
                np.maximum(Y, 0, out=Y)
            np.subtract(Y, y, out=G)
            losses[i] = np.dot(g, g) / g.size
            np.multiply(G, 2 / g.size, out=G)
            if relu:
                np.greater(Y, 0, out=R)
                np.multiply(G, R, out=G)
            np.dot(A.T, G, out=dW2)
            np.add.reduce(G, axis=0, out=db2)
            np.dot(G, W2.T, out=D)
            np.greater(A, 0, out=M)
            np.multiply(D, M, out=D)
            np.dot(x.T, D, out=dW1)
            np.add.reduce(D, axis=0, out=db1)
            for p, d in (W1, dW1), (b1, db1), (W2, dW2), (b2, db2):
                np.multiply(d, lr, out=d)
                np.subtract(p, d, out=p)
        return losses[-1]

    return train


def _numpy_three(work):
    """Two layers of tanh units, a linear or tanh output, sum or mean of squares, SGD."""
    W1, b1, W2, b2, W3, b3 = (value.copy() for value in work.params.values())
    dW1, db1, dW2, db2, dW3, db3 = (np.empty_like(value) for value in work.params.values())
    m, lr, dtype = work.batch_size, work.rate, work.dtype
    A1, A2, A3 = (np.empty((m, size), dtype) for size in work.sizes[1:])
    D1, D2, D3 = (np.empty((m, size), dtype) for size in work.sizes[1:])
    T1, T2, T3 = (np.empty((m, size), dtype) for size in work.sizes[1:])
    g, pick, tanh = D3.reshape(-1), _numpy_batches(work), work.output == "tanh"
    mean = 1 if work.loss == "squared_error" else g.size

    def train(steps):
        losses = np.empty(steps)
        for i in range(steps):
            x, y = pick(i)
            np.dot(x, W1, out=A1)
            np.add(A1, b1, out=A1)
            np.tanh(A1, out=A1)
            np.dot(A1, W2, out=A2)
            np.add(A2, b2, out=A2)
            np.tanh(A2, out=A2)
            np.dot(A2, W3, out=A3)
            np.add(A3, b3, out=A3)
            if tanh:
                np.tanh(A3, out=A3)
            np.subtract(A3, y, out=D3)
            losses[i] = np.dot(g, g) / mean
            np.multiply(D3, 2 / mean, out=D3)
            if tanh:
                np.multiply(A3, A3, out=T3)
                np.subtract(1, T3, out=T3)
                np.multiply(D3, T3, out=D3)
            np.dot(A2.T, D3, out=dW3)
            np.add.reduce(D3, axis=0, out=db3)
            np.dot(D3, W3.T, out=D2)
            np.multiply(A2, A2, out=T2)
            np.subtract(1, T2, out=T2)
            np.multiply(D2, T2, out=D2)
            np.dot(A1.T, D2, out=dW2)
            np.add.reduce(D2, axis=0, out=db2)
            np.dot(D2, W2.T, out=D1)
            np.multiply(A1, A1, out=T1)
            np.subtract(1, T1, out=T1)
            np.multiply(D1, T1, out=D1)
            np.dot(x.T, D1, out=dW1)
            np.add.reduce(D1, axis=0, out=db1)
            for p, d in (W1, dW1), (b1, db1), (W2, dW2), (b2, db2), (W3, dW3), (b3, db3):
                np.multiply(d, lr, out=d)
                np.subtract(p, d, out=p)
        return losses[-1]

    return train


def _numpy_softmax(work):
    """ReLU units, softmax cross-entropy, Adam."""
    sizes, m, layers, dtype = work.sizes, work.batch_size, work.layers, work.dtype
    P = [value.copy() for value in work.params.values()]
    dP, mom, var, tmp = ([np.zeros_like(value) for value in P] for _ in range(4))
    A, D = ([np.empty((m, size), dtype) for size in sizes[1:]] for _ in range(2))
    M = [np.empty((m, size), bool) for size in sizes[1:]]
    top, whole, E = np.empty((m, 1), dtype), np.empty((m, 1), dtype), np.empty((m, sizes[-1]), dtype)
    pick = _numpy_batches(work)

    def train(steps):
        losses = np.empty(steps)
        power1 = power2 = 1.0
        for i in range(steps):
            x, y = pick(i)
            a = x
            for k in range(layers):
                np.dot(a, P[2 * k], out=A[k])
                a = np.add(A[k], P[2 * k + 1], out=A[k])
                if k < layers - 1:
                    np.maximum(a, 0, out=a)
            np.maximum.reduce(a, axis=1, keepdims=True, out=top)
            np.subtract(a, top, out=a)
            np.exp(a, out=E)
            np.add.reduce(E, axis=1, keepdims=True, out=whole)
            G = D[-1]
            np.divide(E, whole, out=G)
            np.subtract(G, y, out=G)
            np.multiply(G, 1 / m, out=G)
            np.log(whole, out=whole)
            losses[i] = (whole.sum() - np.vdot(y, a)) / m
            for k in range(layers - 1, -1, -1):
                np.dot((A[k - 1] if k else x).T, D[k], out=dP[2 * k])
                np.add.reduce(D[k], axis=0, out=dP[2 * k + 1])
                if k:
                    np.dot(D[k], P[2 * k].T, out=D[k - 1])
                    np.greater(A[k - 1], 0, out=M[k - 1])
                    np.multiply(D[k - 1], M[k - 1], out=D[k - 1])
            power1 *= BETA1
            power2 *= BETA2
            rate = work.rate * math.sqrt(1 - power2) / (1 - power1)
            epsilon = EPSILON * math.sqrt(1 - power2)
            for p, g, u, v, t in zip(P, dP, mom, var, tmp, strict=True):
                np.multiply(u, BETA1, out=u)
                np.multiply(g, 1 - BETA1, out=t)
                np.add(u, t, out=u)
                np.multiply(g, g, out=t)
                np.multiply(t, 1 - BETA2, out=t)
                np.multiply(v, BETA2, out=v)
                np.add(v, t, out=v)
                np.sqrt(v, out=t)
                np.add(t, epsilon, out=t)
                np.divide(u, t, out=t)
                np.multiply(t, rate, out=t)
                np.subtract(p, t, out=p)
        return losses[-1]

    return train


# Python: a scalar that remembers where it came from, in the manner of micrograd.


class Value:
    def __init__(self, data, sources=(), back=None):
        self.data, self.grad, self.sources, self.back = data, 0.0, sources, back

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out.back = back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.back = back
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def back():
            self.grad += (1 - t * t) * out.grad

        out.back = back
        return out

    def linear(self):
        return self

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            value, done = stack.pop()
            if done:
                order.append(value)
            elif value not in seen:
                seen.add(value)
                stack.append((value, True))
                stack.extend((source, False) for source in value.sources)
        self.grad = 1.0
        for value in reversed(order):
            if value.back:
                value.back()


def python_scalars(work, steps):
    """Tanh or linear units, squared errors and SGD only."""
    given = [tuple(part.tolist() for part in work.batch(i)) for i in range(min(steps, len(work.rows)))]

    def run():
        tables = [np.atleast_2d(value).tolist() for value in work.params.values()]
        P = [[[Value(entry) for entry in row] for row in table] for table in tables]
        began = clock()
        for i in range(steps):
            total, terms = Value(0.0), 0
            for x, y in zip(*given[i % len(given)], strict=True):
                for k, kind in enumerate(work.kinds):
                    W, b = P[2 * k], P[2 * k + 1][0]
                    sums = []
                    for j in range(len(b)):
                        z = b[j]
                        for row, below in zip(W, x, strict=True):
                            z = z + row[j] * below
                        sums.append(getattr(z, kind)())
                    x = sums
                for a, t in zip(x, y, strict=True):
                    error = a + (-t)
                    total, terms = total + error * error, terms + 1
            if work.loss == "mean_squared_error":
                total = total * (1 / terms)
            weights = [value for table in P for row in table for value in row]
            for value in weights:
                value.grad = 0.0
            total.backward()
            for value in weights:
                value.data -= work.rate * value.grad
        return total.data, clock() - began

    return run
