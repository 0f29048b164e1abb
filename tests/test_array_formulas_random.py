"""Random formulas of arrays, as people write them, against jax.numpy and jax.grad.

Every form is drawn together with what it means in jax.numpy, written here.  Units are worked exactly, so what is
compared is the language and its gradients, and no rounding but jax's.
"""

from __future__ import annotations

import random

import array_texts
import jax
import jax.numpy as jnp
import pytest
from array_texts import close, numbers

from symnet.algebra.array_formulas import written


@pytest.fixture(autouse=True)
def _in_double_precision():
    with jax.enable_x64(True):
        yield


LETTERS = "ijkpq"
SHAPES = [(), (1,), (2,), (3,), (2, 3), (3, 2), (2, 2), (1, 3), (2, 1), (2, 3, 2)]


class Drawn:
    """A random text: its lines, the arrays given to it, and the value of every line by jax.numpy."""

    def __init__(self, seed, lines=3):
        self.draw = random.Random(seed)
        self.shapes, self.formulas, self.judges = {}, {}, {}
        self.known = {}  # {name: shape}, given and worked
        for number in range(lines):
            shape = self.draw.choice(SHAPES[1:])
            self.line(f"Z{chr(97 + number)}", shape)
        self.loss()

    def line(self, name, shape):
        if self.draw.random() < 0.3:
            body, value = self.indexed(shape)
            self.formulas[f"{name}[{','.join(LETTERS[: len(shape)])}]"] = body
        elif self.draw.random() < 0.25 and len(shape) > 1:
            body, value = self.rows(shape)
            self.formulas[f"{name}[t]"] = body
        else:
            body, value = self.array(shape, 3)
            self.formulas[name] = body
        self.judges[name], self.known[name] = value, shape

    def given(self, shape):
        """An array of that shape: one that is there, or a new one."""
        there = [name for name, known in self.known.items() if known == shape]
        if there and self.draw.random() < 0.6:
            name = self.draw.choice(there)
        else:
            name = f"{'XWAB'[len(shape)]}{chr(97 + len(self.shapes))}"
            self.shapes[name] = self.known[name] = shape
        return name, lambda q: q[name]

    def array(self, shape, depth):
        """(text, value) of an expression of that shape."""
        forms = [self.sum, self.product, self.function, self.given_entrywise]
        if shape:
            forms += [self.matmul, self.normal, self.softmax]
        if len(shape) == 2:
            forms += [self.turned]
        if len(shape) in (1, 2) and shape[-1] > 1:
            forms.append(self.concat)
        if len(shape) < 3:
            forms += [self.reduced, self.row]
        if not depth:
            return self.given(shape)
        return self.draw.choice(forms)(shape, depth - 1)

    def two(self, shape, depth):
        """Two expressions whose shapes go together to that one: one may be the end of it."""
        other = shape[self.draw.randint(0, len(shape)) :] if self.draw.random() < 0.4 else shape
        pair = [self.array(shape, depth), self.array(other, depth)]
        self.draw.shuffle(pair)
        return pair

    def sum(self, shape, depth):
        (a, f), (b, g) = self.two(shape, depth)
        if self.draw.random() < 0.5:
            return f"({a} + {b})", lambda q: f(q) + g(q)
        return f"({a} - {b})", lambda q: f(q) - g(q)

    def product(self, shape, depth):
        (a, f), (b, g) = self.two(shape, depth)
        if self.draw.random() < 0.6:
            return f"({a}*{b})", lambda q: f(q) * g(q)
        return f"({a}/(2 + {b}^2))", lambda q: f(q) / (2 + g(q) ** 2)

    def function(self, shape, depth):
        a, f = self.array(shape, depth)
        name = self.draw.choice(["tanh", "sigmoid", "relu", "sin", "softplus"])
        jaxs = {"tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid, "sin": jnp.sin, "softplus": jax.nn.softplus}
        function = jaxs.get(name, lambda z: jnp.where(z > 0, z, 0.0))
        return f"{name}({a})", lambda q: function(f(q))

    def given_entrywise(self, shape, depth):
        a, f = self.given(shape)
        return f"(-{a}^2/4)", lambda q: -(f(q) ** 2) / 4

    def matmul(self, shape, depth):
        k = self.draw.choice([1, 2, 3])
        if len(shape) == 1:
            left, right = self.draw.choice([((k,), (k, shape[0])), ((shape[0], k), (k,))])
        elif len(shape) == 2:
            left, right = (shape[0], k), (k, shape[1])
        else:
            first, n, m = shape
            left, right = self.draw.choice(
                [((first, n, k), (first, k, m)), ((first, n, k), (k, m)), ((n, k), (first, k, m))]
            )
        (a, f), (b, g) = self.array(left, depth), self.array(right, depth)
        return f"({a} @ {b})", lambda q: f(q) @ g(q)

    def turned(self, shape, depth):
        a, f = self.array(shape[::-1], depth)
        return f"{a}.T", lambda q: f(q).T

    def softmax(self, shape, depth):
        a, f = self.array(shape, depth)
        name = self.draw.choice(["softmax", "log_softmax"])
        return f"{name}({a})", lambda q: getattr(jax.nn, name)(f(q), -1)

    def normal(self, shape, depth):
        a, f = self.given(shape)

        def value(q):
            x = f(q)
            return (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 0.5)

        return f"layer_norm({a}, eps=0.5)", value

    def concat(self, shape, depth):
        cut = self.draw.randint(1, shape[-1] - 1)
        (a, f), (b, g) = self.array((*shape[:-1], cut), depth), self.array((*shape[:-1], shape[-1] - cut), depth)
        return f"concat({a}, {b})", lambda q: jnp.concatenate([f(q), g(q)], -1)

    def reduced(self, shape, depth):
        name = self.draw.choice(["sum", "mean", "max", "min"])
        if not shape and self.draw.random() < 0.5:
            a, f = self.given(self.draw.choice(SHAPES[1:]))
            return f"{name}({a})", lambda q: getattr(jnp, name)(f(q))
        n = self.draw.choice([1, 2, 3])
        a, f = self.given((n, *shape))
        return f"{name}[n]({a}[n])", lambda q: getattr(jnp, name)(f(q), 0)

    def row(self, shape, depth):
        n = self.draw.choice([1, 2, 3])
        place = self.draw.randint(1, n)
        a, f = self.given((n, *shape))
        return f"{a}[{place}]", lambda q: f(q)[place - 1]

    def indexed(self, shape):
        """For one entry: moved indices, an index as a number, a sum over another index."""
        letters = LETTERS[: len(shape)]
        a, f = self.given(shape)
        b, g = self.given(shape)
        moved = ",".join(f"{letter}-1" for letter in letters)
        n = self.draw.choice([1, 2, 3])
        c, h = self.given((shape[0], n))

        def value(q):
            z = jnp.pad(g(q), [(1, 0)] * len(shape))[tuple(slice(0, length) for length in shape)]
            first = jnp.arange(1, shape[0] + 1).reshape(-1, *(1 for _ in shape[1:]))
            rows = (h(q) ** 2).sum(1).reshape(first.shape)
            return f(q) * z + jnp.cos(first / 10) * f(q) + rows / n

        first, here = letters[0], f"{a}[{','.join(letters)}]"
        return f"{here}*{b}[{moved}] + cos({first}/10)*{here} + mean[r]({c}[{first},r]^2)", value

    def rows(self, shape):
        a, f = self.given(shape)
        b, g = self.given(shape[1:])

        def value(q):
            before = jnp.pad(f(q), [(1, 0), *([(0, 0)] * (len(shape) - 1))])[:-1]
            return jnp.tanh(f(q) * g(q)) - before

        return f"tanh({a}[t]*{b}) - {a}[t-1]", value

    def loss(self):
        terms, values = [], []
        for name, shape in self.known.items():
            if name in self.judges:
                terms.append(f"sum(({name} + 0.3)^3)/3" if shape else f"({name} + 0.3)^3/3")
                values.append(name)
        self.formulas["Loss"] = " + ".join(terms)
        self.values = values

    def worked(self, q):
        """Every line by jax.numpy, each from those above."""
        q = dict(q)
        for name, judge in self.judges.items():
            q[name] = judge(q)
        return q

    def loss_of(self, q):
        found = self.worked(q)
        return sum((((found[name]) + 0.3) ** 3).sum() / 3 for name in self.values)


def check(seed, arrays_too):
    drawn = Drawn(seed)
    values = numbers(drawn.shapes, seed)
    text = written(drawn.shapes, drawn.formulas, {}, [name for name in drawn.shapes if name[0] == "W"])
    q = {name: jnp.array(array_texts.floats(value)) for name, value in values.items()}
    expected, slopes = jax.jit(lambda q: (drawn.worked(q), jax.grad(drawn.loss_of)(q)))(q)
    for way in [array_texts.by_units, *([array_texts.by_arrays] if arrays_too else [])]:
        forward, gradients = way(text, values, drawn.shapes, list(drawn.shapes))
        for name in drawn.judges:
            close(forward[name], expected[name], 1e-11)
        for name in drawn.shapes:
            close(gradients[name], slopes[name], 1e-10)


@pytest.mark.parametrize("seed", range(24))
def test_random_formulas_by_units(seed):
    check(seed, False)


@pytest.mark.parametrize("seed", range(100, 106))
def test_random_formulas_by_arrays(seed):
    check(seed, True)
