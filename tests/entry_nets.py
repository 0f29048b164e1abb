"""Random networks of entries: chains of layers of every kind that courses have, and of sums that none has.

Lengths run from 1, arrays have rank 0 to 4, weights may be shared between layers, and indices may be data.
"""

from __future__ import annotations

import random

import numpy as np
from sympy import Integer, Rational

from symnet.algebra import functions
from symnet.algebra.equations import BATCH, Equation, Length, add, array, divide, multiply, negate, power, symbol
from symnet.algebra.indices import At, Each, Index, Max, Sum
from symnet.algebra.matrices import matmul, rows, shape_of, softmax, sum_of, transpose
from symnet.algebra.network import Network

TWO = Integer(2)
SMALL = Rational(1, 10)
LETTERS = "ijkmpquvrs"


class Maker:
    """Grows one network; each method adds a layer on the array ``now``, or nothing where it does not fit."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.equations: list[Equation] = []
        self.parameters: list = []
        self.inputs: list = []
        self.ids: dict = {}  # arrays of indices that are data, and how many values they have
        self.count = 0

    def made(self) -> Network:
        self.start()
        for _ in range(self.random.randint(1, 4)):
            self.random.choice(LAYERS)(self)
        if self.random.random() < 0.3 and self.parameters:
            w = self.random.choice(self.parameters)
            self.equation("penalty", sum_of(power(w, TWO)) if shape_of(w) else power(w, TWO))
            penalty = self.equations[-1].lhs
            self.equations.append(Equation(symbol("Loss"), add(self.end(), multiply(SMALL, penalty))))
        else:
            self.equations.append(Equation(symbol("Loss"), self.end()))
        used = {name for e in self.equations for name in e.rhs.free_symbols}
        parameters = tuple(w for w in self.parameters if w in used)
        return Network(tuple(self.inputs), (), parameters, tuple(self.equations))

    def end(self):
        shape = shape_of(self.now)
        if not shape:
            return power(self.now, TWO)
        kind = self.random.randrange(3)
        if kind == 0:
            return divide(sum_of(power(self.now, TWO)), BATCH)
        own = self.letters(shape)
        if kind == 1:
            return Sum(functions.tanh(At(self.now, *own)), *own)
        return functions.sqrt(add(TWO, Sum(power(At(self.now, *own), TWO), *own)))

    # Pieces.

    def length(self, most: int = 4) -> int:
        return self.random.choice([1, 2, 2, 3, 3, most])

    def letters(self, shape) -> tuple[Index, ...]:
        return tuple(Index(letter, length) for letter, length in zip(LETTERS, shape, strict=False))

    def name(self, stem: str, *shape):
        self.count += 1
        return array(f"{stem}{self.count}", *shape) if shape else symbol(f"{stem}{self.count}")

    def weight(self, *shape):
        alike = [w for w in self.parameters if shape_of(w) == shape]
        if alike and self.random.random() < 0.3:
            return self.random.choice(alike)
        self.parameters.append(self.name("w", *shape))
        return self.parameters[-1]

    def equation(self, stem: str, rhs) -> None:
        self.equations.append(Equation(self.name(stem, *shape_of(rhs)), rhs))
        self.now = self.equations[-1].lhs

    def known(self) -> int:
        """How long the last axis of ``now`` is, 0 where it has none or an open one."""
        shape = shape_of(self.now)
        return 0 if not shape or isinstance(shape[-1], Length) else int(shape[-1])

    # Layers.

    def start(self) -> None:
        if self.random.random() < 0.2:
            words, width = self.length(), self.length()
            ids = array("ids", BATCH, self.length())
            self.ids[ids] = words
            self.inputs.append(ids)
            table = self.weight(words, width)
            i, j, k = self.letters((*ids.shape, width))
            self.equation("e", Each(At(table, At(ids, i, j), k), i, j, k))
            return
        rank = self.random.randint(0, 3)
        x = array("X", BATCH, *(self.length(5) for _ in range(rank)))
        self.inputs.append(x)
        self.now = x

    def dense(self) -> None:
        shape = shape_of(self.now)
        if not self.known():
            return
        units = self.length()
        w, b = self.weight(shape[-1], units), self.weight(units)
        if len(shape) == 2 and self.random.random() < 0.5:
            self.equation("z", add(matmul(self.now, w), rows(b, shape[0])))
            return
        *lead, j, k = self.letters((*shape, units))
        body = add(Sum(multiply(At(self.now, *lead, j), At(w, j, k)), j), At(b, k))
        self.equation("z", Each(body, *lead, k))

    def function(self) -> None:
        kind = self.random.choice([functions.tanh, functions.sigmoid, functions.softplus, functions.relu])
        if shape_of(self.now) and self.random.random() < 0.5:
            own = self.letters(shape_of(self.now))
            self.equation("a", Each(kind(At(self.now, *own)), *own))
        else:
            self.equation("a", kind(self.now))

    def swish(self) -> None:
        self.equation("a", multiply(self.now, functions.sigmoid(self.now)))

    def convolution(self) -> None:
        shape = shape_of(self.now)
        if len(shape) < 2 or len(shape) > 4:
            return
        *lead, size = shape
        kernel = self.random.randint(1, int(size) + 1)
        stride, padding = self.random.randint(1, 3), self.random.randint(0, 2)
        out = (int(size) + 2 * padding - kernel) // stride + 1
        if out < 1:
            return
        k = self.weight(kernel)
        *own, p, u = self.letters((*lead, out, kernel))
        read = At(self.now, *own, stride * p + u - padding)
        self.equation("c", Each(Sum(multiply(At(k, u), read), u), *own, p))

    def convolution_of_pictures(self) -> None:
        shape = shape_of(self.now)
        if len(shape) != 3:
            return
        n, height, width = shape
        kernel, stride, padding = self.random.randint(1, 2), self.random.randint(1, 2), self.random.randint(0, 1)
        out = [(int(size) + 2 * padding - kernel) // stride + 1 for size in (height, width)]
        if min(out) < 1:
            return
        filters = self.length(2)
        k, b = self.weight(filters, kernel, kernel), self.weight(filters)
        i, d, p, q, u, v = self.letters((n, filters, *out, kernel, kernel))
        read = At(self.now, i, stride * p + u - padding, stride * q + v - padding)
        self.equation("c", Each(add(Sum(multiply(At(k, d, u, v), read), u, v), At(b, d)), i, d, p, q))

    def pool(self) -> None:
        shape = shape_of(self.now)
        size = self.known()
        if not size:
            return
        window, stride = self.random.randint(1, size), self.random.randint(1, 2)
        out = (size - window) // stride + 1
        *lead, p, u = self.letters((*shape[:-1], out, window))
        read = At(self.now, *lead, stride * p + u)
        if self.random.random() < 0.5:
            self.equation("m", Each(Max(read, u), *lead, p))
        else:
            self.equation("m", Each(multiply(Rational(1, window), Sum(read, u)), *lead, p))

    def norm(self) -> None:
        shape = shape_of(self.now)
        size = self.known()
        if not size:
            return
        *lead, j = self.letters(shape)
        x = At(self.now, *lead, j)
        self.equation(
            "mean", Each(divide(Sum(x, j), Integer(size)), *lead) if lead else divide(Sum(x, j), Integer(size))
        )
        mean = self.now
        before = x.array
        apart = add(x, negate(At(mean, *lead) if lead else mean))
        spread = divide(Sum(power(apart, TWO), j), Integer(size))
        self.equation("spread", Each(spread, *lead) if lead else spread)
        root = functions.sqrt(add(At(self.now, *lead) if lead else self.now, SMALL))
        self.now = before
        self.equation("y", Each(multiply(At(self.weight(size), j), divide(apart, root)), *lead, j))

    def softmax(self) -> None:
        shape = shape_of(self.now)
        if not self.known():
            return
        if len(shape) == 2 and self.random.random() < 0.5:
            self.equation("p", softmax(self.now))
            return
        *lead, j, m = self.letters((*shape, shape[-1]))
        below = Sum(functions.exp(At(self.now, *lead, m)), m)
        self.equation("p", Each(divide(functions.exp(At(self.now, *lead, j)), below), *lead, j))

    def attention(self) -> None:
        shape = shape_of(self.now)
        if len(shape) != 3:
            return
        x = self.now
        i, t, u, e = self.letters((*shape[:2], shape[1], shape[2]))
        self.equation("s", Each(Sum(multiply(At(x, i, t, e), At(x, i, u, e)), e), i, t, u))
        self.softmax()
        self.equation("o", Each(Sum(multiply(At(self.now, i, t, u), At(x, i, u, e)), u), i, t, e))

    def recurrence(self) -> None:
        shape = shape_of(self.now)
        if len(shape) != 3:
            return
        n, steps, width = shape
        x, units = self.now, self.length(3)
        w, r = self.weight(width, units), self.weight(units, units)
        i, j, k, m = self.letters((n, width, units, units))
        before = None
        for step in range(int(steps)):
            terms = [Sum(multiply(At(x, i, Integer(step), j), At(w, j, k)), j)]
            if before is not None:
                terms.append(Sum(multiply(At(before, i, m), At(r, m, k)), m))
            self.equation("h", functions.tanh(Each(add(*terms), i, k)))
            before = self.now

    def gram(self) -> None:
        shape = shape_of(self.now)
        if len(shape) == 2:
            self.equation("g", matmul(transpose(self.now), self.now))
            self.equation("g", multiply(SMALL, self.now))

    def reversed(self) -> None:
        """x[i, n − 1 − j]: an index that runs backwards."""
        size = self.known()
        if size:
            *lead, j = self.letters(shape_of(self.now))
            self.equation("r", Each(At(self.now, *lead, size - 1 - j), *lead, j))

    def summed(self) -> None:
        shape = shape_of(self.now)
        if len(shape) > 1:
            own = list(self.letters(shape))
            taken = self.random.sample(range(1, len(shape)), self.random.randint(1, len(shape) - 1))
            kept = [index for i, index in enumerate(own) if i not in taken]
            self.equation("s", Each(Sum(At(self.now, *own), *(own[i] for i in taken)), *kept))

    def outer(self) -> None:
        shape = shape_of(self.now)
        if shape and len(shape) < 4:
            *own, k = self.letters((*shape, self.length()))
            self.equation("o", Each(multiply(At(self.now, *own), At(self.weight(k.length), k)), *own, k))


LAYERS = [
    Maker.dense,
    Maker.dense,
    Maker.function,
    Maker.swish,
    Maker.convolution,
    Maker.convolution_of_pictures,
    Maker.pool,
    Maker.norm,
    Maker.softmax,
    Maker.attention,
    Maker.recurrence,
    Maker.gram,
    Maker.reversed,
    Maker.summed,
    Maker.outer,
]


def random_net(seed: int):
    """(a network, {name: its numbers}, {open length: how long})."""
    maker = Maker(seed)
    net = maker.made()
    numbers = np.random.default_rng(seed)
    lengths = {BATCH: int(numbers.integers(1, 4))}
    given = {}
    for name in (*net.inputs, *net.parameters):
        shape = tuple(int(lengths.get(n, n)) for n in shape_of(name))
        given[name] = numbers.integers(0, maker.ids[name], shape) if name in maker.ids else numbers.normal(size=shape)
    return net, given, lengths
