"""The language of arrays in exercise files: what each form computes, by NumPy and jax.numpy, and its gradients.

Each case is worked three ways: by its units, one scalar equation an entry, exactly; by its equations of arrays; and by
a function written here with jax.numpy, whose gradients are jax.grad's.
"""

from __future__ import annotations

from fractions import Fraction

import array_texts
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from array_texts import close, floats, numbers

from symnet.algebra.array_formulas import entry_name, written
from symnet.algebra.equations import symbol
from symnet.algebra.output_errors import output_errors


@pytest.fixture(autouse=True)
def _in_double_precision():
    with jax.enable_x64(True):
        yield


def conv(x, k, stride=1, padding=0, bias=None):
    """By JAX, (channels, height, width) and (filters, channels, height, width) with the missing axes put in."""
    pictures = x if x.ndim == 3 else x[None]
    filters = k[(None,) * (4 - k.ndim)]
    y = jax.lax.conv_general_dilated(pictures[None], filters, (stride, stride), [(padding, padding)] * 2)[0]
    if bias is not None:
        y = y + jnp.asarray(bias).reshape(-1, 1, 1)
    return y if k.ndim == 4 else y[0]


def conv1d(x, k, stride=1, padding=0, bias=None):
    series = x if x.ndim == 2 else x[None]
    filters = k[(None,) * (3 - k.ndim)]
    y = jax.lax.conv_general_dilated(series[None], filters, (stride,), [(padding, padding)])[0]
    if bias is not None:
        y = y + jnp.asarray(bias).reshape(-1, 1)
    return y if k.ndim == 3 else y[0]


def pool(x, size, stride, what):
    pictures = x if x.ndim == 3 else x[None]
    start, combine = (-jnp.inf, jax.lax.max) if what == "max" else (0.0, jax.lax.add)
    y = jax.lax.reduce_window(pictures, start, combine, (1, size, size), (1, stride, stride), "VALID")
    y = y if what == "max" else y / size**2
    return y if x.ndim == 3 else y[0]


def layer_norm(x, eps=1e-5):
    return (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + eps)


def masked(s, mask):
    return jax.nn.softmax(jnp.where(mask != 0, s, -jnp.inf), axis=-1)


def rnn(x, w, u, start, b=0.0, backwards=False):
    h, states = start, []
    for row in x[::-1] if backwards else x:
        h = jnp.tanh(row @ w + h @ u + b)
        states.append(h)
    return jnp.stack(states[::-1] if backwards else states)


def lstm(q):
    h, c, states = jnp.zeros(2), q["c0"], []
    for x in q["x"]:
        i, f, o = (jax.nn.sigmoid(x @ q["W" + g] + h @ q["U" + g] + q["b" + g]) for g in "ifo")
        c = f * c + i * jnp.tanh(x @ q["Wg"] + h @ q["Ug"] + q["bg"])
        h = o * jnp.tanh(c)
        states.append(h)
    return jnp.stack(states)


LSTM = {f"{g}[t]": f"sigmoid(x[t] @ W{g} + h[t-1] @ U{g} + b{g})" for g in "ifo"} | {
    "g[t]": "tanh(x[t] @ Wg + h[t-1] @ Ug + bg)",
    "c[t]": "f[t]*c[t-1] + i[t]*g[t]",
    "h[t]": "o[t]*tanh(c[t])",
}
GATES = {f"W{g}": (3, 2) for g in "ifog"} | {f"U{g}": (2, 2) for g in "ifog"} | {f"b{g}": (2,) for g in "ifog"}
MASK = [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
X32, W24 = {"X": (3, 2)}, {"W": (2, 4)}

# what: (shapes, formulas, {name: its value by jax.numpy}, numbers of what is data)
CASES = {
    "matrix by matrix": (X32 | W24, {"Z": "X @ W"}, {"Z": lambda q: q["X"] @ q["W"]}, {}),
    "matrix by vector": (X32 | {"v": (2,)}, {"z": "X @ v"}, {"z": lambda q: q["X"] @ q["v"]}, {}),
    "vector by matrix": (W24 | {"v": (2,)}, {"z": "v @ W"}, {"z": lambda q: q["v"] @ q["W"]}, {}),
    "vector by vector": ({"a": (3,), "v": (3,)}, {"z": "a @ v"}, {"z": lambda q: q["a"] @ q["v"]}, {}),
    "length 1": ({"a": (1, 1), "v": (1,)}, {"z": "a @ v"}, {"z": lambda q: q["a"] @ q["v"]}, {}),
    "from the left": (
        X32 | {"W": (2, 2), "v": (2,)},
        {"z": "2*X @ W @ v / 4"},
        {"z": lambda q: (2 * q["X"]) @ q["W"] @ q["v"] / 4},
        {},
    ),
    "entry by entry before @": (
        {"r": (2,), "h": (2,), "U": (2, 2)},
        {"z": "r*h @ U"},
        {"z": lambda q: (q["r"] * q["h"]) @ q["U"]},
        {},
    ),
    "minus in front": (X32 | W24, {"Z": "-X @ W"}, {"Z": lambda q: -(q["X"] @ q["W"])}, {}),
    "three axes by three": (
        {"A": (2, 3, 2), "B": (2, 2, 3)},
        {"Z": "A @ B"},
        {"Z": lambda q: jnp.einsum("hij,hjk->hik", q["A"], q["B"])},
        {},
    ),
    "three axes by a matrix": (
        {"A": (2, 3, 2), "B": (2, 2)},
        {"Z": "A @ B"},
        {"Z": lambda q: jnp.einsum("hij,jk->hik", q["A"], q["B"])},
        {},
    ),
    "a matrix by three axes": (
        {"A": (3, 2), "B": (2, 2, 3)},
        {"Z": "A @ B"},
        {"Z": lambda q: jnp.einsum("ij,hjk->hik", q["A"], q["B"])},
        {},
    ),
    "turned": (X32, {"Z": "X.T @ X"}, {"Z": lambda q: q["X"].T @ q["X"]}, {}),
    "the last two axes turned": (
        {"A": (2, 3, 2)},
        {"Z": "A @ A.T"},
        {"Z": lambda q: q["A"] @ jnp.swapaxes(q["A"], 1, 2)},
        {},
    ),
    "a vector to every row": (
        {"A": (2, 3, 2), "B": (3, 2), "v": (2,)},
        {"Z": "(A + v)*B - v"},
        {"Z": lambda q: (q["A"] + q["v"]) * q["B"] - q["v"]},
        {},
    ),
    "powers and quotients": (
        X32 | {"s": (), "v": (2,)},
        {"Z": "(X^2 + s)/(2 + v^2)"},
        {"Z": lambda q: (q["X"] ** 2 + q["s"]) / (2 + q["v"] ** 2)},
        {},
    ),
    "indices on the left": (
        {"a": (3,), "b": (2,)},
        {"G[i,j]": "a[i]*b[j]^2"},
        {"G": lambda q: jnp.outer(q["a"], q["b"] ** 2)},
        {},
    ),
    "reductions": (
        X32 | {"T": (3, 2)},
        {"m[j]": "mean[i](X[i,j])", "d": "sum[i,j]((X[i,j] - T[i,j])^2)/2", "u[i]": "max[j](X[i,j])", "w": "min(T)"},
        {
            "m": lambda q: q["X"].mean(0),
            "d": lambda q: ((q["X"] - q["T"]) ** 2).sum() / 2,
            "u": lambda q: q["X"].max(1),
            "w": lambda q: q["T"].min(),
        },
        {},
    ),
    "reductions of rows": (
        X32,
        {"s": "sum[i](X[i])", "m": "mean[i](X[i])", "u": "max[i](X[i])", "w": "min[i](X[i])"},
        {
            "s": lambda q: q["X"].sum(0),
            "m": lambda q: q["X"].mean(0),
            "u": lambda q: q["X"].max(0),
            "w": lambda q: q["X"].min(0),
        },
        {},
    ),
    "of all entries": (
        X32,
        {"s": "sum(X)", "m": "mean(X^2)", "u": "max(X)", "w": "min(X)"},
        {
            "s": lambda q: q["X"].sum(),
            "m": lambda q: (q["X"] ** 2).mean(),
            "u": lambda q: q["X"].max(),
            "w": lambda q: q["X"].min(),
        },
        {},
    ),
    "of several, entry by entry": (
        X32 | {"v": (2,)},
        {"Z": "max(X, v, 0) + min(X, v)"},
        {"Z": lambda q: jnp.maximum(jnp.maximum(q["X"], q["v"]), 0) + jnp.minimum(q["X"], q["v"])},
        {},
    ),
    "ranges": (
        {"X": (4, 2)},
        {"a": "sum[i=2..3](X[i,1]*i)", "b[i=1..3]": "X[i,2]/i + sin(i/10)"},
        {
            "a": lambda q: 2 * q["X"][1, 0] + 3 * q["X"][2, 0],
            "b": lambda q: q["X"][:3, 1] / jnp.arange(1, 4) + jnp.sin(jnp.arange(1, 4) / 10),
        },
        {},
    ),
    "indices that move": (
        {"P": (4, 4), "K": (2, 2)},
        {
            "Y[p=1..2,q=1..2]": "sum[u,v](P[2*p+u-2, 2q+v-2]*K[u,v])",
            "S[i,j]": "P[i,j] - P[i-1,j] + P[i,j+2]",
        },
        {
            "Y": lambda q: conv(q["P"], q["K"], 2),
            "S": lambda q: q["P"] - jnp.pad(q["P"], ((1, 0), (0, 0)))[:-1] + jnp.pad(q["P"], ((0, 0), (0, 2)))[:, 2:],
        },
        {},
    ),
    "rows": (
        X32 | {"W": (2, 2)},
        {"y": "X[2] @ W - X[3]", "Z[t]": "X[t] @ W + X[1]"},
        {"y": lambda q: q["X"][1] @ q["W"] - q["X"][2], "Z": lambda q: q["X"] @ q["W"] + q["X"][0]},
        {},
    ),
    "look-ups": (
        {"E": (4, 2), "ids": (3,), "c": ()},
        {"v": "E[c]", "C": "embedding(E, ids)", "D[t]": "E[ids[t]]*2", "e": "embedding(E, c)"},
        {
            "v": lambda q: q["E"][1],
            "C": lambda q: q["E"][jnp.array([2, 0, 3])],
            "D": lambda q: 2 * q["E"][jnp.array([2, 0, 3])],
            "e": lambda q: q["E"][1],
        },
        {"ids": [3, 1, 4], "c": 2},
    ),
    "softmax": (
        {"S": (2, 3), "v": (3,), "A": (2, 2, 3)},
        {"P": "softmax(S)", "l": "log_softmax(v)", "B": "softmax(A)"},
        {
            "P": lambda q: jax.nn.softmax(q["S"], -1),
            "l": lambda q: jax.nn.log_softmax(q["v"]),
            "B": lambda q: jax.nn.softmax(q["A"], -1),
        },
        {},
    ),
    "softmax under a mask": (
        {"S": (3, 3), "M": (3, 3), "A": (2, 3, 3)},
        {"P": "softmax(S, mask=M)", "B": "softmax(A, mask=M)"},
        {"P": lambda q: masked(q["S"], np.array(MASK)), "B": lambda q: masked(q["A"], np.array(MASK))},
        {"M": MASK},
    ),
    "layer norm": (
        {"A": (3, 4), "v": (3,)},
        {"N": "layer_norm(A)", "n": "layer_norm(v, eps=0.1)"},
        {"N": lambda q: layer_norm(q["A"]), "n": lambda q: layer_norm(q["v"], 0.1)},
        {},
    ),
    "concat and flatten": (
        {"A": (2, 3), "B": (2, 1), "I": (2, 2, 3)},
        {"C": "concat(A, B, A)", "f": "flatten(I)", "g": "flatten(A)", "d[i]": "sum[k](k*concat(A[i], B[i])[k])"},
        {
            "d": lambda q: jnp.concatenate([q["A"], q["B"]], -1) @ jnp.array([1.0, 2, 3, 4]),
            "C": lambda q: jnp.concatenate([q["A"], q["B"], q["A"]], -1),
            "f": lambda q: q["I"].ravel(),
            "g": lambda q: q["A"].ravel(),
        },
        {},
    ),
    "convolution of a picture": (
        {"I": (4, 5), "K": (2, 3), "c": ()},
        {"Y": "conv(I, K)", "Z": "conv(I, K, stride=2, padding=1, bias=c)"},
        {"Y": lambda q: conv(q["I"], q["K"]), "Z": lambda q: conv(q["I"], q["K"], 2, 1, q["c"])},
        {},
    ),
    "convolution of channels": (
        {"I": (2, 4, 4), "K": (3, 2, 2, 2), "k": (2, 3, 3), "c": (3,)},
        {"Y": "conv(I, K, stride=2, padding=1, bias=c)", "Z": "conv(I, k, padding=1)"},
        {"Y": lambda q: conv(q["I"], q["K"], 2, 1, q["c"]), "Z": lambda q: conv(q["I"], q["k"], 1, 1)},
        {},
    ),
    "convolution of a series": (
        {"x": (6,), "k": (3,), "X": (2, 5), "K": (3, 2, 2), "c": (3,)},
        {"y": "conv1d(x, k, padding=1)", "Y": "conv1d(X, K, stride=2, bias=c)"},
        {"y": lambda q: conv1d(q["x"], q["k"], 1, 1), "Y": lambda q: conv1d(q["X"], q["K"], 2, 0, q["c"])},
        {},
    ),
    "pools": (
        {"I": (5, 4), "J": (2, 4, 4)},
        {
            "M": "max_pool(I, 2)",
            "N": "mean_pool(I, 2, stride=1)",
            "O": "max_pool(J, 3, stride=1)",
            "P": "mean_pool(J, 2)",
        },
        {
            "M": lambda q: pool(q["I"], 2, 2, "max"),
            "N": lambda q: pool(q["I"], 2, 1, "mean"),
            "O": lambda q: pool(q["J"], 3, 1, "max"),
            "P": lambda q: pool(q["J"], 2, 2, "mean"),
        },
        {},
    ),
    "recurrence": (
        {"x": (3, 2), "h0": (2,), "W": (2, 2), "U": (2, 2), "b": (2,), "V": (2,)},
        {"h[t]": "tanh(x[t] @ W + h[t-1] @ U + b)", "o[t]": "h[t] @ V", "l": "h[3]"},
        {
            "h": lambda q: rnn(q["x"], q["W"], q["U"], q["h0"], q["b"]),
            "o": lambda q: rnn(q["x"], q["W"], q["U"], q["h0"], q["b"]) @ q["V"],
            "l": lambda q: rnn(q["x"], q["W"], q["U"], q["h0"], q["b"])[2],
        },
        {},
    ),
    "recurrence both ways": (
        {"x": (3, 2), "W": (2, 1), "U": (1, 1), "r4": (1,), "v": (2,)},
        {
            "h[t]": "tanh(x[t] @ W + h[t-1] @ U)",
            "r[t]": "tanh(x[t] @ W + r[t+1] @ U)",
            "y[t]": "concat(h[t], r[t]) @ v",
        },
        {
            "h": lambda q: rnn(q["x"], q["W"], q["U"], jnp.zeros(1)),
            "r": lambda q: rnn(q["x"], q["W"], q["U"], q["r4"], backwards=True),
            "y": lambda q: (
                jnp.concatenate(
                    [
                        rnn(q["x"], q["W"], q["U"], jnp.zeros(1)),
                        rnn(q["x"], q["W"], q["U"], q["r4"], backwards=True),
                    ],
                    -1,
                )
                @ q["v"]
            ),
        },
        {},
    ),
    "lines that read one another": ({"x": (3, 3), "c0": (2,)} | GATES, LSTM, {"h": lstm}, {}),
}
RECURRENT = {"recurrence", "recurrence both ways", "lines that read one another"}


def _exact(value):
    return [_exact(part) for part in value] if isinstance(value, list) else Fraction(value)


def loss(judge):
    """Σ over outputs and entries of (o + 0.3)³/3: every entry has a slope of its own."""

    def of(q):
        return sum(((function(q) + 0.3) ** 3).sum() / 3 for function in judge.values())

    return of


def text_of(what):
    """The case with a loss at its end, and its numbers."""
    shapes, formulas, judge, data = CASES[what]
    values = numbers(shapes) | {name: _exact(value) for name, value in data.items()}
    plain = written(shapes, formulas, data, [])
    terms = [f"sum(({name} + 0.3)^3)/3" if name in plain.arrays else f"({name} + 0.3)^3/3" for name in judge]
    text = written(shapes, formulas | {"Loss": " + ".join(terms)}, data, [])
    return text, shapes, judge, data, values


@pytest.mark.parametrize("what", CASES)
def test_values_and_gradients_of_units_and_of_arrays_are_those_of_jax(what):
    text, shapes, judge, data, values = text_of(what)
    q = {name: jnp.array(floats(value)) for name, value in values.items()}
    free = [name for name in shapes if name not in data]
    slopes = jax.jit(jax.grad(lambda p: loss(judge)({**q, **p})))({name: q[name] for name in free})
    ways = [array_texts.by_units] if what in RECURRENT else [array_texts.by_units, array_texts.by_arrays]
    for way in ways:
        forward, gradients = way(text, values, shapes, free)
        for name, function in judge.items():
            close(forward[name], function(q))
        for name in free:
            close(gradients[name], slopes[name], 1e-11)


def test_what_is_made_of_entries_is_0_outside_itself_too():
    """softmax(X) has no entry beyond its last, whatever exp(0)/… may be; nor has σ(X) in a convolution's padding."""
    shapes = {"X": (2, 3), "K": (2, 2), "a": (2,)}
    values = numbers(shapes)
    q = {name: jnp.array(floats(value)) for name, value in values.items()}
    text = written(shapes, {"C": "concat(softmax(a), cos(a))", "Y": "conv(sigmoid(X), K, padding=1)"}, {}, ["K"])
    for way in (array_texts.by_units, array_texts.by_arrays):
        forward, _ = way(text, values, shapes)
        close(forward["C"], jnp.concatenate([jax.nn.softmax(q["a"]), jnp.cos(q["a"])]))
        close(forward["Y"], conv(jax.nn.sigmoid(q["X"]), q["K"], 1, 1))


def rhs(formulas, shapes, first=(), data=None):
    """{entry: its formula} of the units, as SymPy writes it in the order of the author."""
    text = written(shapes, formulas, data or {}, first)
    return {equation.name: sympy.sstr(equation.rhs, order="none") for equation in text.units}


def test_units_are_what_a_person_writes():
    shapes = {"x": (2,), "W": (2, 2), "b": (2,), "X": (3, 2), "h0": (1,), "u": (1, 1), "K": (2, 2)}
    dense = rhs({"z": "x @ W + b", "Z": "X @ W + b"}, shapes, ["W", "b"])
    assert dense["z2"] == "W1_2*x1 + W2_2*x2 + b2"  # the weight before what it weighs, one sum
    assert dense["Z3_1"] == "W1_1*X3_1 + W2_1*X3_2 + b1"
    assert rhs({"y": "sum[i](sum[j](X[i,j]))"}, shapes)["y"] == "X1_1 + X1_2 + X2_1 + X2_2 + X3_1 + X3_2"
    # What lies outside is not written, and a step before the first is h0.
    assert rhs({"Y": "conv(X, K, padding=1)"}, shapes, ["K"])["Y1_1"] == "K2_2*X1_1"
    steps = rhs({"h[t]": "X[t,1]*u[1] + h[t-1]", "o[t]": "h[t,1]^2"}, shapes)
    assert list(steps) == ["h1_1", "o1", "h2_1", "o2", "h3_1", "o3"]  # step by step
    assert steps["h1_1"] == "X1_1*u1_1 + h0_1"
    assert rhs({"g[t]": "X[t,1] + g[t-1]"}, shapes)["g1"] == "X1_1"
    back = rhs({"r[t]": "X[t,1] + r[t+1]"}, shapes | {"r4": ()})
    assert list(back) == ["r3", "r2", "r1"]
    assert back["r3"] == "X3_1 + r4"


def test_names_of_entries():
    assert entry_name("WQ", (1, 2)) == "WQ1_2"
    assert entry_name("W1", (1, 2)) == "W1_1_2"
    assert entry_name("h0", (1,)) == "h0_1"
    assert entry_name("b", (1,)) == "b1"
    assert entry_name("L", ()) == "L"
    text = written({"b1": (2,), "W": (1, 2)}, {"y": "W + b1", "s": "sum(y)"}, {}, [])
    assert text.arrays == {"b1": ("b1_1", "b1_2"), "W": (("W1_1", "W1_2"),), "y": (("y1_1", "y1_2"),)}


def test_what_shapes_the_equations_is_named():
    text = written(
        {"E": (3, 2), "ids": (2,), "M": (2, 2), "h0": (2,), "q": (2,)},
        {"C": "embedding(E, ids)", "P": "softmax(C @ C.T, mask=M)", "h[t]": "C[t] + h[t-1]"},
        {"ids": [3, 1], "M": [[1, 0], [1, 1]], "q": [1, 2]},
        [],
    )
    assert text.fixed == ("ids", "M")
    assert text.starts == {"h0": "h"}
    assert [equation.name for equation in text.equations] == ["C", "P", "h"]


def test_a_tie_goes_to_the_first_row_by_row():
    shapes = {"X": (2, 2)}
    text = written(shapes, {"y": "max(X)", "w": "min(X)", "L": "y + 2*w"}, {}, [])
    _, gradients = array_texts.by_units(
        text, {"X": [[Fraction(1), Fraction(2)], [Fraction(2), Fraction(1)]]}, shapes, ["X"]
    )
    assert gradients["X"].tolist() == [[2, 1], [0, 0]]


def test_softmax_and_its_loss_are_recognised_in_every_row():
    text = written(
        {"X": (2, 2), "W": (2, 3), "T": (2, 3)},
        {"Z": "X @ W", "P": "softmax(Z)", "L": "-sum(T*ln(P))/2"},
        {},
        ["W"],
    )
    errors = output_errors(text.units, symbol("L"))
    assert [str(error.outputs) for error in errors] == ["(P1_1, P1_2, P1_3)", "(P2_1, P2_2, P2_3)"]


def test_zero_times_the_logarithm_of_zero_is_zero():
    shapes = {"t": (2,), "p": (2,)}
    text = written(shapes, {"L": "-sum(t*ln(p))"}, {}, [])
    values = {"t": [Fraction(0), Fraction(1)], "p": [Fraction(0), Fraction(1)]}
    forward, gradients = array_texts.by_units(text, values, shapes, ["p"])
    assert forward["L"] == 0
    assert gradients["p"].tolist() == [0, -1]
