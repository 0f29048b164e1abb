"""Generated code: its numbers, its precision, its text and what it refuses.

The judge is ``jax.grad`` of a forward pass written here with jax.numpy, in the project's conventions at kinks.  It
shares nothing with the equations: neither the losses nor the activations are symnet's.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import keyword
import math
import os
import re
import warnings
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import symnet
from symnet.algebra import functions, losses
from symnet.algebra.equations import BATCH, Equation, Integer, Length, add, array, multiply, power, symbol
from symnet.algebra.layers import mlp, unroll
from symnet.algebra.matrices import softmax, total
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.computing.compile import BACKENDS

# Without shrinking: an example is small already, and a failure is shown at once.
SETTINGS = settings(
    deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)

# -- the judge --------------------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "relu": lambda z: jnp.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: jnp.where(z > 0, z, 0.01 * z),
    "elu": lambda z: jnp.where(z >= 0, z, jnp.expm1(jnp.where(z >= 0, 0.0, z))),
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "bipolar_sigmoid": lambda z: 2 * jax.nn.sigmoid(z) - 1,
    "softplus": jax.nn.softplus,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "step": lambda z: jnp.where(z >= 0, 1.0, 0.0),
    "linear": lambda z: z,
    "abs": lambda z: z * jnp.sign(jax.lax.stop_gradient(z)),
    "sign": lambda z: jnp.sign(jax.lax.stop_gradient(z)),
    "max": lambda z: z,
    "min": lambda z: z,
    "exp": jnp.exp,
    "log": jnp.log,
    "ln": jnp.log,
    "sqrt": jnp.sqrt,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "erf": jax.scipy.special.erf,
}
OWN = {
    "z/(1 + abs(z))": lambda z: z / (1 + jnp.abs(z)),
    "z^3 - 2z": lambda z: z**3 - 2 * z,
    "max(0, z)": lambda z: jnp.where(z > 0, z, 0.0),
    "max(z, 0)": lambda z: jnp.where(z >= 0, z, 0.0),
    "max(z/2, min(z, 1, 2z), -1)": lambda z: jnp.maximum(
        z / 2, jnp.maximum(jnp.minimum(z, jnp.minimum(1.0, 2 * z)), -1.0)
    ),
    "relu(z) + relu(z - 1)": lambda z: jnp.where(z > 0, z, 0.0) + jnp.where(z > 1, z - 1, 0.0),
    "relu(z) - relu(z - 1)": lambda z: jnp.where(z > 0, z, 0.0) - jnp.where(z > 1, z - 1, 0.0),
    "-relu(-z)": lambda z: -jnp.where(-z > 0, -z, 0.0),
    "relu(z)/3": lambda z: jnp.where(z > 0, z, 0.0) / 3,
    "relu(relu(z) - 1/2)": lambda z: jax.nn.relu(jax.nn.relu(z) - 0.5),
    "step(z) + step(z - 1)": lambda z: jnp.where(z >= 0, 1.0, 0.0) + jnp.where(z >= 1, 1.0, 0.0),
    "1 - step(z)": lambda z: jnp.where(z >= 0, 0.0, 1.0),
    "-step(z)": lambda z: jnp.where(z >= 0, -1.0, 0.0),
    "z*step(z)": lambda z: jnp.where(z >= 0, z, 0.0),
    "leaky_relu(z) + leaky_relu(z, 0.2)": lambda z: jnp.where(z > 0, 2 * z, 0.21 * z),
    "elu(z) + elu(z, 2)": lambda z: jax.nn.elu(z) + jax.nn.elu(z, 2.0),
    "max(z, 0) + max(z, 0, 1)": lambda z: jnp.maximum(z, 0.0) + jnp.maximum(z, 1.0),
    "z*sigmoid(1.5z)": lambda z: z * jax.nn.sigmoid(1.5 * z),
    "exp(-z^2)": lambda z: jnp.exp(-(z**2)),
    "sqrt(1 + z^2) - ln(1 + z^2)": lambda z: jnp.sqrt(1 + z**2) - jnp.log(1 + z**2),
    "1/(2 + sin(z)) + pi*cos(z)": lambda z: 1 / (2 + jnp.sin(z)) + math.pi * jnp.cos(z),
    "(1 + z^2)^0.3 + 2^z": lambda z: (1 + z**2) ** 0.3 + 2.0**z,
}
POSITIVE = {"log", "ln", "sqrt"}  # defined for z > 0 only
PIECEWISE = ["relu", "step", "linear", "abs", "sign", "max", "min"]  # exact on halves, so kinks are really met
LOSSES = {
    "half_squared_error": (lambda y, t: ((y - t) ** 2).sum() / 2, "sum"),
    "squared_error": (lambda y, t: ((y - t) ** 2).sum(), "sum"),
    "mean_squared_error": (lambda y, t: ((y - t) ** 2).mean(axis=1).sum(), "mean"),
    "root_squared_error": (lambda y, t: jnp.sqrt(((y - t) ** 2).sum()), "sum"),
    "absolute_error": (lambda y, t: ACTIVATIONS["abs"](y - t).sum(), "sum"),
    "huber": (lambda y, t: jnp.where(jnp.abs(y - t) <= 1, (y - t) ** 2 / 2, jnp.abs(y - t) - 0.5).sum(), "sum"),
    "sigmoid_cross_entropy": (
        lambda y, t: -(t * jax.nn.log_sigmoid(y) + (1 - t) * jax.nn.log_sigmoid(-y)).sum(),
        "mean",
    ),
    "softmax_cross_entropy": (lambda y, t: -(t * jax.nn.log_softmax(y, axis=1)).sum(), "mean"),
}
OWN_LOSSES = {
    "(y - t)^4": lambda y, t: ((y - t) ** 4).sum(),
    "relu(1 - t*y)": lambda y, t: jax.nn.relu(1 - t * y).sum(),
    "max(0, 1 - t*y)": lambda y, t: jax.nn.relu(1 - t * y).sum(),
    "relu(y - t)": lambda y, t: jax.nn.relu(y - t).sum(),
    "relu(y - t) + relu(t - y)": lambda y, t: (jax.nn.relu(y - t) + jax.nn.relu(t - y)).sum(),
    "step(y - t)": lambda y, t: jnp.where(y >= t, 1.0, 0.0).sum(),
    "exp(y) - t*y": lambda y, t: (jnp.exp(y) - t * y).sum(),
    "y*t": lambda y, t: (y * t).sum(),
}
CHOICES = {**ACTIVATIONS, **OWN}


def test_every_activation_and_every_loss_has_a_judge():
    assert set(ACTIVATIONS) == {name for name, f in functions.CATALOGUE.items() if f.arguments[0] == 1 and _ours(f)}
    assert set(LOSSES) == set(losses.CATALOGUE)


def _ours(function):
    """Whether it came with the package, and not from ``define`` in another test."""
    return function.__module__ == functions.__name__


def reference(net, params, X, T):
    """(loss, {name: gradient}) of a net drawn below, by jax.grad."""
    hidden, output = CHOICES[net["activation"]], CHOICES[net["output"]]
    own = net["loss"] in OWN_LOSSES
    loss, reduce = (OWN_LOSSES[net["loss"]], "mean") if own else LOSSES[net["loss"]]
    reduce = net.get("reduce") or reduce

    def value(params):
        a = X
        depth = len(net["layers"]) - 1
        for k in range(1, depth + 1):
            a = (output if k == depth else hidden)(a @ params[f"W{k}"] + params[f"b{k}"])
        whole = loss(a, T) / (len(X) if reduce == "mean" else 1)
        weights = [params[f"W{k}"] for k in range(1, depth + 1)]
        whole += float(Fraction(net.get("l2", 0))) / 2 * sum((w**2).sum() for w in weights)
        return whole + float(Fraction(net.get("l1", 0))) * sum(ACTIVATIONS["abs"](w).sum() for w in weights)

    with jax.enable_x64(True):
        X, T = jnp.asarray(X, jnp.float64), jnp.asarray(T, jnp.float64)
        found, gradients = jax.value_and_grad(value)({k: jnp.asarray(v, jnp.float64) for k, v in params.items()})
        return float(found), {k: np.asarray(g) for k, g in gradients.items()}


def drawn(layers, rows, seed, halves=False, positive=False):
    """(params, X, T); ``halves`` are small multiples of ½, so that kinks are met exactly."""
    rng = np.random.default_rng(seed)

    def values(*shape):
        if halves:
            return rng.integers(-2, 3, shape) / 2
        return rng.uniform(0.3, 1, shape) if positive else rng.uniform(-1.2, 1.2, shape)

    params = {}
    for k, (i, j) in enumerate(itertools.pairwise(layers), 1):
        params[f"W{k}"], params[f"b{k}"] = values(i, j), values(j)
    targets = rng.integers(0, 2, (rows, layers[-1])) / 1.0 if halves else rng.uniform(0, 1, (rows, layers[-1]))
    return params, values(rows, layers[0]), targets


def made(net):
    return mlp(**net)


def agree(found, expected, tolerance=1e-12):
    """Loss and gradients agree, to ``tolerance`` of the largest entry, and have the same names and shapes."""
    (loss, gradients), (right_loss, right) = found, expected
    assert set(gradients) == set(right)
    scale = max([abs(right_loss), *(np.abs(g).max() for g in right.values())])
    assert np.isfinite(scale)
    assert float(loss) == pytest.approx(right_loss, rel=tolerance, abs=tolerance)
    for name, gradient in right.items():
        assert np.shape(gradients[name]) == gradient.shape, name
        np.testing.assert_allclose(gradients[name], gradient, rtol=0, atol=tolerance * max(scale, 0.01), err_msg=name)


def by_unit(net, params, X, T, backend="numpy"):
    """(loss, gradients) of the net written out unit by unit for the whole batch, put back into matrices."""
    units = unroll(net, len(X))
    flat = np.concatenate([params[w.name].ravel() for w in net.parameters])
    names = [w.name for w in units.parameters]
    loss, gradients = symnet.compile(units, backend)(
        dict(zip(names, flat, strict=True)), X.reshape(1, -1), T.reshape(1, -1)
    )
    found = np.array([gradients[name] for name in names], float)
    parts = np.split(found, np.cumsum([params[w.name].size for w in net.parameters])[:-1])
    return loss, {w.name: g.reshape(params[w.name].shape) for w, g in zip(net.parameters, parts, strict=True)}


def by_rows(net, params, X, T, reduce):
    """The same with the net of one example, its units being vectors over the batch."""
    units = unroll(net)
    flat = np.concatenate([params[w.name].ravel() for w in net.parameters])
    names = [w.name for w in units.parameters]
    loss, gradients = symnet.compile(units, reduce=reduce)(dict(zip(names, flat, strict=True)), X, T)
    parts = np.split(
        np.array([gradients[name] for name in names]), np.cumsum([params[w.name].size for w in net.parameters])[:-1]
    )
    return loss, {w.name: g.reshape(params[w.name].shape) for w, g in zip(net.parameters, parts, strict=True)}


def by_fit(net, params, X, T, rate=0.25):
    """The same from one update of gradient descent on NumPy, which runs over arrays made once."""
    run = symnet.fit(net, X, T, params=params, optimizer=symnet.sgd(rate), steps=1)
    return run.losses[0], {name: (params[name] - run.params[name]) / rate for name in params}


# -- agreement --------------------------------------------------------------------------------------------------------


def width():
    return st.sampled_from([1, 1, 2, 3, 8])


@st.composite
def nets(draw, most=5):
    halves = draw(st.booleans())
    activation = draw(st.sampled_from(PIECEWISE if halves else sorted(CHOICES)))
    narrow = activation in ("log", "ln", "exp", "z^3 - 2z", "(1 + z^2)^0.3 + 2^z")
    depth = draw(st.integers(1, 2 if narrow else most))
    output = draw(st.sampled_from(["linear", "linear", "tanh", "sigmoid", "softplus"]))
    loss = draw(st.sampled_from([*LOSSES, *OWN_LOSSES]))
    net = {
        "layers": [draw(width()) for _ in range(depth + 1)],
        "activation": activation,
        "output": "linear" if halves else output,
        "loss": loss,
        "l2": draw(st.sampled_from([0, 0, "1/4"])),
        "l1": draw(st.sampled_from([0, 0, "1/8"])),
    }
    if loss != "root_squared_error":
        net["reduce"] = draw(st.sampled_from(["", "sum", "mean"]))
    return net, draw(st.sampled_from([1, 2, 5])), draw(st.integers(0, 10**6)), halves


def set_up(drawing):
    net, rows, seed, halves = drawing
    params, X, T = drawn(net["layers"], rows, seed, halves, net["activation"] in POSITIVE)
    if net["loss"] == "root_squared_error":
        T = T + 0.3  # away from where it has no derivative
    return net, made(net), params, X, T


@settings(SETTINGS, max_examples=100)
@given(drawing=nets())
def test_gradients_of_random_nets_on_numpy_are_those_of_jax_grad_of_another_forward_pass(drawing):
    net, network, params, X, T = set_up(drawing)
    expected = reference(net, params, X, T)
    agree(symnet.compile(network)(params, X, T), expected)
    agree(by_fit(network, params, X, T), expected)


@settings(SETTINGS, max_examples=25)
@given(drawing=nets(most=3))
def test_units_and_layers_of_random_nets_have_the_same_gradients(drawing):
    net, network, params, X, T = set_up(drawing)
    if network.parameter_count * len(X) > 150:
        params, X, T = drawn(net["layers"], 1, drawing[2], drawing[3], net["activation"] in POSITIVE)
        T = T + 0.3
    agree(by_unit(network, params, X, T), reference(net, params, X, T))
    agree(symnet.compile(network, "math")(params, X[:1], T[:1]), reference(net, params, X[:1], T[:1]))
    if net["loss"] != "root_squared_error" and not net["l1"] and not net["l2"]:
        reduce = net["reduce"] or ("mean" if net["loss"] in OWN_LOSSES else LOSSES[net["loss"]][1])
        agree(by_rows(network, params, X, T, reduce), reference(net, params, X, T))


@settings(SETTINGS, max_examples=20)
@given(drawing=nets())
def test_gradients_of_random_nets_on_jax_are_those_of_jax_grad_of_another_forward_pass(drawing):
    net, network, params, X, T = set_up(drawing)
    with jax.enable_x64(True):  # not compiled: quicker here, and the same text
        loss, gradients = symnet.compile(network, "jax").function({k: jnp.asarray(v) for k, v in params.items()}, X, T)
        found = float(loss), {k: np.asarray(g) for k, g in gradients.items()}
    agree(found, reference(net, params, X, T))


def eagerly(net, params, X, T):
    """JAX without its compiler, which takes longer than all else: the same text."""
    with jax.enable_x64(X.dtype == np.float64):
        loss, gradients = symnet.compile(net, "jax").function(
            {k: jnp.asarray(v) for k, v in params.items()}, jnp.asarray(X), jnp.asarray(T)
        )
        return np.asarray(loss), {k: np.asarray(g) for k, g in gradients.items()}


WAYS = {
    "numpy": lambda net, *given: symnet.compile(net)(*given),
    "jax": lambda net, *given: symnet.compile(net, "jax")(*given),
    "units": by_unit,
    "math": lambda net, params, X, T: symnet.compile(net, "math")(params, X[:1], T[:1]),
    "fit": by_fit,
    "jax eagerly": eagerly,
}


@pytest.mark.parametrize("way", sorted(set(WAYS) - {"jax"}))
@pytest.mark.parametrize("activation", [*ACTIVATIONS, *OWN])
def test_every_activation_has_the_gradients_of_jax_grad(activation, way):
    net = {"layers": [3, 4, 2], "activation": activation, "output": "linear", "loss": "huber"}
    params, X, T = drawn(net["layers"], 1 if way == "math" else 3, 7, positive=activation in POSITIVE)
    agree(WAYS[way](made(net), params, X, T), reference(net, params, X, T))


@pytest.mark.parametrize("way", ["numpy", "jax eagerly", "units", "fit"])
@pytest.mark.parametrize("activation", [*ACTIVATIONS, "relu(z) + relu(z - 1)", "1 - step(z)", "max(0, z)"])
def test_every_activation_has_the_gradients_of_jax_grad_as_the_output_and_at_width_one(activation, way):
    net = {"layers": [1, 1, 1], "activation": "linear", "output": activation, "loss": "squared_error"}
    for rows in (1, 4):
        params, X, T = drawn(net["layers"], rows, 8, positive=activation in POSITIVE)
        agree(WAYS[way](made(net), params, X, T), reference(net, params, X, T))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("loss", [*LOSSES, *OWN_LOSSES])
def test_every_loss_has_the_value_and_gradients_of_jax(loss, way):
    for layers in ([2, 3, 3], [2, 1]):
        net = {"layers": layers, "activation": "sin", "output": "linear", "loss": loss}
        params, X, T = drawn(layers, 1 if way == "math" else 4, 9)
        agree(WAYS[way](made(net), params, X, T), reference(net, params, X, T))


@pytest.mark.parametrize("reduce", ["sum", "mean"])
@pytest.mark.parametrize("loss", [loss for loss in (*LOSSES, *OWN_LOSSES) if loss != "root_squared_error"])
def test_a_batch_is_summed_or_averaged_as_asked(loss, reduce):
    net = {"layers": [2, 2], "activation": "tanh", "output": "linear", "loss": loss, "reduce": reduce}
    params, X, T = drawn([2, 2], 3, 10)
    agree(symnet.compile(made(net))(params, X, T), reference(net, params, X, T))


@pytest.mark.parametrize("way", sorted(set(WAYS) - {"jax"}))
@pytest.mark.parametrize("layers", [[1, 1], [1, 1, 1], [3, 1, 2], [2, 3, 3, 1]], ids=str)
def test_penalties_have_the_gradients_of_jax_grad(layers, way):
    for l1, l2 in (("0.5", 0), (0, "1/3"), ("1/7", "2")):
        net = {"layers": layers, "activation": "relu", "output": "linear", "loss": "squared_error", "l1": l1, "l2": l2}
        params, X, T = drawn(layers, 1 if way == "math" else 3, 11, halves=True)
        agree(WAYS[way](made(net), params, X, T), reference(net, params, X, T))


def test_a_wide_batch_on_jax_has_the_gradients_of_jax_grad():
    """Above some size products and sums are computed in other ways."""
    for layers, loss in (([3, 40, 2], "relu(y - t)"), ([5, 40, 33], "step(y - t) + relu(y)"), ([64, 2], "huber")):
        net = {"layers": layers, "activation": "relu", "output": "linear", "loss": loss}
        if loss not in OWN_LOSSES and loss not in LOSSES:
            OWN_LOSSES[loss] = lambda y, t: (jnp.where(y >= t, 1.0, 0.0) + jax.nn.relu(y)).sum()
        params, X, T = drawn(layers, 700, 12)
        expected = reference(net, params, X, T)
        agree(symnet.compile(made(net), "jax")(params, X, T), expected, 1e-11)
        agree(symnet.compile(made(net))(params, X, T), expected, 1e-11)
    del OWN_LOSSES["step(y - t) + relu(y)"]


def test_a_softmax_layer_in_the_middle_has_the_gradients_of_jax_grad():
    net = mlp([3, 4, 2], activation=softmax, output=softmax, loss="squared_error")
    params, X, T = drawn([3, 4, 2], 5, 13)

    def value(p):
        hidden = jax.nn.softmax(X @ p["W1"] + p["b1"])
        return ((jax.nn.softmax(hidden @ p["W2"] + p["b2"]) - T) ** 2).sum()

    with jax.enable_x64(True):
        loss, gradients = jax.value_and_grad(value)({k: jnp.asarray(v) for k, v in params.items()})
    expected = float(loss), {k: np.asarray(g) for k, g in gradients.items()}
    for way in ("numpy", "jax", "units", "fit"):
        agree(WAYS[way](net, params, X, T), expected)


def test_a_net_without_a_loss_does_not_answer_that_its_gradients_are_zero():
    net = mlp([2, 3, 2], loss=None)
    with pytest.raises(Mistake, match="loss") as caught:
        symnet.compile(net)(net.init(), np.ones((3, 2)))
    assert "\n" not in str(caught.value)


# -- extremes ---------------------------------------------------------------------------------------------------------

BIG = 1e4
EXTREMES = {  # (z, f(z), f'(z))
    "relu": [(BIG, BIG, 1), (-BIG, 0, 0), (0, 0, 0)],
    "leaky_relu": [(BIG, BIG, 1), (-BIG, -100, 0.01), (0, 0, 0.01)],
    "elu": [(BIG, BIG, 1), (-BIG, -1, 0), (0, 0, 1)],
    "sigmoid": [(BIG, 1, 0), (-BIG, 0, 0), (0, 0.5, 0.25)],
    "tanh": [(BIG, 1, 0), (-BIG, -1, 0), (0, 0, 1)],
    "bipolar_sigmoid": [(BIG, 1, 0), (-BIG, -1, 0), (0, 0, 0.5)],
    "softplus": [(BIG, BIG, 1), (-BIG, 0, 0), (0, math.log(2), 0.5)],
    "gelu": [(BIG, BIG, 1), (-BIG, 0, 0), (0, 0, 0.5)],
    "step": [(BIG, 1, 0), (-BIG, 0, 0), (0, 1, 0)],
    "linear": [(BIG, BIG, 1), (-BIG, -BIG, 1), (0, 0, 1)],
    "abs": [(BIG, BIG, 1), (-BIG, BIG, -1), (0, 0, 0)],
    "sign": [(BIG, 1, 0), (-BIG, -1, 0), (0, 0, 0)],
    "max": [(BIG, BIG, 1), (-BIG, -BIG, 1), (0, 0, 1)],
    "min": [(BIG, BIG, 1), (-BIG, -BIG, 1), (0, 0, 1)],
    "exp": [(-BIG, 0, 0), (0, 1, 1), (10, math.exp(10), math.exp(10))],
    "log": [(BIG, math.log(BIG), 1 / BIG), (1e-4, math.log(1e-4), BIG)],
    "ln": [(BIG, math.log(BIG), 1 / BIG), (1e-4, math.log(1e-4), BIG)],
    "sqrt": [(BIG, 100, 1 / 200), (1e-4, 1e-2, 50)],
    "sin": [(BIG, math.sin(BIG), math.cos(BIG)), (-BIG, math.sin(-BIG), math.cos(BIG)), (0, 0, 1)],
    "cos": [(BIG, math.cos(BIG), -math.sin(BIG)), (-BIG, math.cos(BIG), math.sin(BIG)), (0, 1, 0)],
    "erf": [(BIG, 1, 0), (-BIG, -1, 0), (0, 0, 2 / math.sqrt(math.pi))],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("way", ["numpy", "jax eagerly", "fit", "math"])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_activations_are_finite_and_right_at_extremes(activation, way, dtype):
    net = mlp([1, 1, 1], activation=activation, loss="y*t")  # ∂Loss/∂b1 = f′(z), ∂Loss/∂W2 = f(z)
    assert len(EXTREMES[activation]) >= 2
    for z, value, slope in EXTREMES[activation]:
        params = {"W1": [[1]], "b1": [0], "W2": [[1]], "b2": [0]}
        params = {name: np.array(v, dtype) for name, v in params.items()}
        loss, gradients = WAYS[way](net, params, np.array([[z]], dtype), np.ones((1, 1), dtype))
        near = {"rel": 1e-5, "abs": 1e-6} if dtype is np.float32 else {"rel": 1e-12, "abs": 1e-14}
        if way == "fit":  # b1 − rate · f′ rounds
            near = {"rel": 1e-4, "abs": 1e-5} if dtype is np.float32 else {"rel": 1e-10, "abs": 1e-11}
        assert float(loss) == pytest.approx(value, **near), z
        assert float(np.asarray(gradients["W2"])[0, 0]) == pytest.approx(value, **near), z
        assert float(np.asarray(gradients["b1"])[0]) == pytest.approx(slope, **near), z
        assert float(np.asarray(gradients["W1"])[0, 0]) == pytest.approx(slope * z, **near), z
        assert float(np.asarray(gradients["b2"])[0]) == 1


def stable_sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


def log_sigmoid(z):
    return min(z, 0) - math.log1p(math.exp(-abs(z)))


def extreme_loss(loss, y, t):
    """(value, ∂/∂y) by hand, of one example with two outputs."""
    e = [a - b for a, b in zip(y, t, strict=True)]
    squares = sum(x * x for x in e)
    if loss == "half_squared_error":
        return squares / 2, e
    if loss == "squared_error":
        return squares, [2 * x for x in e]
    if loss == "mean_squared_error":
        return squares / 2, e
    if loss == "root_squared_error":
        return math.sqrt(squares), [x / math.sqrt(squares) for x in e]
    if loss == "absolute_error":
        return sum(map(abs, e)), [(x > 0) - (x < 0) for x in e]
    if loss == "huber":
        return sum(x * x / 2 if abs(x) <= 1 else abs(x) - 0.5 for x in e), [max(-1, min(1, x)) for x in e]
    if loss == "sigmoid_cross_entropy":
        value = -sum(b * log_sigmoid(a) + (1 - b) * log_sigmoid(-a) for a, b in zip(y, t, strict=True))
        return value, [stable_sigmoid(a) - b for a, b in zip(y, t, strict=True)]
    most = max(y)
    below = sum(math.exp(a - most) for a in y)
    log_p = [a - most - math.log(below) for a in y]
    return -sum(b * q for b, q in zip(t, log_p, strict=True)), [
        sum(t) * math.exp(q) - b for b, q in zip(t, log_p, strict=True)
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("way", ["numpy", "jax", "fit"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_losses_are_finite_and_right_at_extremes(loss, way, dtype):
    net = mlp([2, 2], loss=loss)
    params = {"W1": np.eye(2, dtype=dtype), "b1": np.zeros(2, dtype)}
    for y in ([BIG, -BIG], [-BIG, BIG], [BIG, BIG], [-BIG, -BIG], [0, 0], [3, 3], [BIG, BIG - 1], [0, -BIG]):
        for t in ([1, 0], [0, 1], [0.5, 0.25], [1, 1]):
            value, slope = extreme_loss(loss, y, t)
            loss_, gradients = WAYS[way](net, params, np.array([y], dtype), np.array([t], dtype))
            tolerance = 1e-4 if dtype is np.float32 else 1e-10
            assert float(loss_) == pytest.approx(value, rel=tolerance, abs=tolerance), (y, t)
            np.testing.assert_allclose(gradients["b1"], slope, rtol=tolerance, atol=tolerance * 2, err_msg=str((y, t)))


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_losses_written_out_by_unit_are_right_or_say_that_they_overflow(loss):
    """Never silently wrong: an overflow in plain Python is one line, not a traceback from ``math``."""
    net = mlp([2, 2], loss=loss)
    params = {"W1": np.eye(2), "b1": np.zeros(2)}
    for y in ([BIG, -BIG], [-BIG, BIG], [BIG, BIG], [0, 0], [30, -30]):
        value, slope = extreme_loss(loss, y, [1, 0])
        try:
            found, gradients = symnet.compile(net, "math")(params, [y], [[1, 0]])
        except Mistake as mistake:
            assert "\n" not in str(mistake)  # noqa: PT017 - or a right answer
            assert BIG in np.abs(y)
        else:
            assert float(found) == pytest.approx(value, rel=1e-9, abs=1e-9)
            np.testing.assert_allclose(gradients["b1"], slope, atol=1e-9)


@pytest.mark.parametrize("way", ["numpy", "jax", "units", "fit"])
def test_a_relu_net_whose_units_are_all_dead_has_gradients_zero_but_for_the_last_bias(way):
    net = mlp([2, 3, 3, 1], activation="relu", loss="half_squared_error")
    params = {k: np.full(np.shape(v), 0.5) for k, v in net.init().items()} | {"b1": np.full(3, -BIG)}
    params["b2"] = np.zeros(3)  # at the kink, where ReLU′ is 0
    X, T = np.array([[1.0, 2], [BIG, -BIG]]), np.array([[1.0], [2]])
    loss, gradients = WAYS[way](net, params, X, T)
    assert float(loss) == pytest.approx((0.25 + 2.25) / 2)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, [-2.0] if name == "b3" else 0, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - POSITIVE))
def test_zeros_everywhere_give_finite_gradients(activation, backend):
    for loss in sorted(set(LOSSES) - {"root_squared_error"}):
        net = mlp([2, 2, 2], activation=activation, loss=loss)
        params = {name: np.zeros_like(value) for name, value in net.init().items()}
        step = symnet.compile(net, backend)
        if backend == "jax":
            with jax.enable_x64(True):
                loss, gradients = step.function(params, jnp.zeros((1, 2)), jnp.zeros((1, 2)))
        else:
            loss, gradients = step(params, np.zeros((1, 2)), np.zeros((1, 2)))
        assert np.isfinite(float(loss))
        assert all(np.isfinite(g).all() for g in gradients.values())


# -- precision --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("activation", [*ACTIVATIONS, *OWN])
def test_outputs_have_the_precision_of_the_arrays_whatever_the_activation(activation, backend, dtype):
    net = {"layers": [2, 3, 2], "activation": activation, "output": activation, "loss": "mean_squared_error"}
    _keeps_precision(net, backend, dtype, activation in POSITIVE - {"sqrt"})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("loss", [*LOSSES, *OWN_LOSSES])
def test_outputs_have_the_precision_of_the_arrays_whatever_the_loss(loss, backend, dtype):
    net = {"layers": [2, 3, 2], "activation": "relu", "output": "linear", "loss": loss, "l1": "0.1", "l2": "0.1"}
    _keeps_precision(net, backend, dtype)


def _keeps_precision(net, backend, dtype, logs=False):
    params, X, T = drawn(net["layers"], 3, 14, positive=logs or net["activation"] == "sqrt")
    if logs:  # z of the output must be positive too
        params["b2"] = params["b2"] + 20
    params = {name: value.astype(dtype) for name, value in params.items()}
    X, T = X.astype(dtype), T.astype(dtype)
    for network, own in ((made(net), params), (unroll(made(net)), None)):
        if own is None:
            flat = np.concatenate([params[w.name].ravel() for w in made(net).parameters])
            own = dict(zip([w.name for w in network.parameters], flat, strict=True))
            if backend == "jax":
                continue
        loss, gradients = WAYS["jax eagerly" if backend == "jax" else backend](network, own, X, T)
        assert np.asarray(loss).dtype == dtype
        assert {name: np.asarray(g).dtype for name, g in gradients.items()} == dict.fromkeys(own, np.dtype(dtype))
    run = symnet.fit(made(net), X, T, params=params, optimizer=symnet.sgd(0.01), steps=1, backend="numpy")
    assert {v.dtype for v in run.params.values()} == {np.dtype(dtype)}
    right = reference(net, params, X, T)
    loss, gradients = WAYS["jax eagerly" if backend == "jax" else backend](made(net), params, X, T)
    agree((loss, gradients), right, 2e-5 if dtype is np.float32 else 1e-12)


# -- the text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("activation", [*ACTIVATIONS, *OWN])
def test_source_is_python_with_a_line_for_every_equation_and_runs_by_itself(activation, backend):
    net = mlp([2, 3, 1], activation=activation, loss="huber", l2="1/10")
    step = symnet.compile(net, backend)
    assert isinstance(ast.parse(step.source), ast.Module)
    shown = unroll(net) if backend == "math" else net
    for equation in shown.equations:
        assert re.search(rf"^    {equation.name} = .", step.source, re.M), equation.name
    for name in ("W1", "b1", "W2", "b2"):
        assert f"params['{name}']" in step.source
    assert len(re.findall(r"^    \w+ = ", step.source, re.M)) >= len(shown.equations)
    namespace = {}
    exec(compile(step.source, "<copied>", "exec"), namespace)  # noqa: S102 - the point of the test
    params, X, T = drawn([2, 3, 1], 1, 15, positive=activation in POSITIVE)
    if backend == "math":
        lists = {k: v.tolist() for k, v in params.items()}
        found = namespace["step"](lists, X[0].tolist(), T[0].tolist())
        assert found == step(params, X, T)
        return
    with np.errstate(all="ignore"), jax.enable_x64(True):
        loss, gradients = namespace["step"](
            {k: (jnp if backend == "jax" else np).asarray(v) for k, v in params.items()}, X, T
        )
    found = WAYS["jax eagerly" if backend == "jax" else backend](net, params, X, T)[1]
    agree((loss, gradients), (float(loss), {k: np.asarray(v) for k, v in found.items()}))


def test_source_does_not_depend_on_the_batch_and_grows_by_the_same_lines_for_every_layer():
    for backend in ("numpy", "jax"):
        lines, letters = [], []
        for depth in range(2, 9):
            net = mlp([3] * (depth + 1), activation="tanh", loss="squared_error")
            step = symnet.compile(net, backend)
            before = step.source
            for rows in (1, 7):
                step.function({k: np.asarray(v) for k, v in net.init().items()}, np.ones((rows, 3)), np.ones((rows, 3)))
            assert step.source == before
            lines.append(len(before.splitlines()))
            letters.append(len(before))
        assert len(set(np.diff(lines))) == 1
        assert np.diff(letters).max() - np.diff(letters).min() <= 2


def test_source_of_units_has_a_line_for_every_equation_and_grows_with_their_number():
    counts, lines = [], []
    for width_ in (2, 4, 8, 16):
        net = unroll(mlp([width_, width_, 1]))
        source = symnet.compile(net).source
        counts.append(len(net.equations) + len(net.backward))
        lines.append(len(source.splitlines()))
    ratio = [b / a for a, b in zip(counts, lines, strict=True)]
    assert max(ratio) < 3
    assert ratio[-1] <= ratio[0]


# -- names ------------------------------------------------------------------------------------------------------------

OUR_OWN = [
    "np", "numpy", "jnp", "jax", "exp", "log", "full", "full_like", "where", "maximum", "add", "vdot", "copyto",
    "X", "T", "Y", "params", "step", "forward", "update", "n", "z", "z2", "m", "e", "E", "I", "S", "N", "O", "pi2",
    "size", "rate", "state", "t", "w", "g", "lambda", "beta", "self", "_", "__", "_1", "v1", "v_1", "a_", "a__", "_a",
    "dLoss_dw", "dLoss_dx", "Loss_2", "v", "v2", "mean_of_Loss", "dmean_of_Loss_dLoss", "ones_1", "ones_3", "c_0p5",
    "c_1p0", "c_2p0", "c_0p25", "spare_1_1", "spare_3_1", "mask_3_1", "weight_of_0", "gradient_of_0", "learning_rate",
    "update_number", "sum_1", "value_of_x", "operation_1", "erf", "sigmoid", "gelu", "relu", "max", "matmul",
    "column_sums", "turned_matmul", "logsumexp", "softmax", "huber_of", "binary_cross_entropy", "inf", "nan",
]  # fmt: skip
IDENTIFIERS = [*keyword.kwlist, *keyword.softkwlist, *(n for n in dir(builtins) if n.isidentifier()), *OUR_OWN]
STRANGE = [
    "a\nb", "a\n    raise SystemExit\n#", "a; raise SystemExit", "a' + str(1/0) + '", "a\\", '"""', "'''", "a]", "a)",
    "{0}", "{shape}", "%s", "a b", "a-b", "a+b", "a.b", "1a", "2", "", " ", "é", "é1", "è1", "λ", "η", "变量", "∂",
    "∂a/∂b", "∂Loss/∂x", "a\rb", "a\x0bb", "a\u2028b", "a\x00b", "__import__('os').system('true')", "a_b", "a__b",
    "w(1)", "v(w)", "x\tif", "#", "a#b", "lambda: 0",
]  # fmt: skip
FORBIDDEN = {"pi"}


def names_of_a_sum(names):
    """Σ i · name_i · x with the names as parameters: the gradient in name_i is i x, and no other name's."""
    x = symbol("a plain input")
    terms = [multiply(Integer(i), symbol(name), x) for i, name in enumerate(names, 1)]
    return Network((x,), (), tuple(map(symbol, names)), (Equation(symbol("Loss"), add(*terms)),))


def batches_of(names, size=12):
    kept = list(dict.fromkeys(name for name in names if name not in FORBIDDEN and name != "Loss"))
    return [kept[i : i + size] for i in range(0, len(kept), size)]


@pytest.mark.parametrize("way", ["numpy", "math", "fit", "jax"])
@pytest.mark.parametrize("names", batches_of([*IDENTIFIERS, *STRANGE], 80), ids=lambda names: ascii(names[0]))
def test_names_of_any_kind_compile_do_not_collide_and_execute_nothing(names, way, capsys):
    net = names_of_a_sum(names)
    params = {name: np.float64(k) for k, name in enumerate(names)}
    X = np.array([[0.5]])
    if way == "fit":
        run = symnet.fit(net, X, params=params, optimizer=symnet.sgd(0.5), steps=1)
        loss, gradients = run.losses[0], {name: (params[name] - run.params[name]) / 0.5 for name in names}
    else:
        loss, gradients = symnet.compile(net, way)(params, X)
    assert {name: float(g) for name, g in gradients.items()} == {name: i / 2 for i, name in enumerate(names, 1)}
    assert float(loss) == sum(k * (k + 1) for k in range(len(names))) / 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("way", ["numpy", "math", "fit"])
@pytest.mark.parametrize(
    "names", batches_of([*keyword.kwlist[:3], *OUR_OWN, *STRANGE], 20), ids=lambda names: ascii(names[0])
)  # fmt: skip
def test_any_name_may_stand_for_an_input_a_target_a_parameter_or_an_equation(names, way):
    """Loss = (w x/2 − t)² + sin w with one of the four names replaced by a hostile one."""
    for name, place in itertools.product(names, range(4)):
        x, t, w, y = (symbol(name if i == place else plain) for i, plain in enumerate(("xx", "tt", "ww", "yy")))
        equations = (
            Equation(y, multiply(sympy.Rational(1, 2), w, x)),
            Equation(symbol("Loss"), add(power(add(y, multiply(Integer(-1), t)), Integer(2)), functions.sin(w))),
        )
        net = Network((x,), (t,), (w,), equations)
        X, T, value = np.array([[3.0]]), np.array([[10.0]]), {w.name: np.float64(2)}
        if way == "fit":
            run = symnet.fit(net, X, T, params=value, optimizer=symnet.sgd(0.5), steps=1)
            loss, gradient = run.losses[0], (2 - run.params[w.name]) / 0.5
        else:
            loss, gradients = symnet.compile(net, way)(value, X, T)
            gradient = gradients[w.name]
        assert float(loss) == pytest.approx(49 + math.sin(2), rel=1e-12), (name, place)
        assert float(gradient) == pytest.approx(2 * -7 * 1.5 + math.cos(2), rel=1e-12), (name, place)


@pytest.mark.parametrize("way", ["numpy", "jax", "math", "fit"])
@pytest.mark.parametrize("function", sorted(ACTIVATIONS))
def test_an_equation_or_a_parameter_may_have_the_name_of_the_function_in_it(function, way):
    """A declared name shadows a function unless a bracket follows."""
    with jax.enable_x64(True):
        value = float(ACTIVATIONS[function](jnp.float64(1.5)))
    for text, parameter in (
        (f"{function} = {function}(w*x)\nL = {function}*2", "w"),
        (f"y = {function}({function}*x)\nL = y*2", function),
    ):
        net = Network.parse(text, [parameter])
        params, X = {parameter: np.float64(3)}, np.array([[0.5]])
        if way == "fit":
            loss = symnet.fit(net, X, params=params, optimizer=symnet.sgd(0.5), steps=1).losses[0]
        else:
            loss, _ = symnet.compile(net, way)(params, X)
        assert float(loss) == pytest.approx(2 * value, rel=1e-12)


def test_lengths_may_have_any_name():
    for name in ("lambda", "W1", "Z1", "params", "np", "m", "X", "2", "a\nb"):
        length = Length(name, integer=True, positive=True)
        net = mlp([2, length, 2], activation=softmax)
        params, X, T = drawn([2, 3, 2], 2, 16)
        expected = symnet.compile(mlp([2, 3, 2], activation=softmax))(params, X, T)
        agree(symnet.compile(net)(params, X, T), (float(expected[0]), expected[1]))


def test_a_matrix_named_like_the_transpose_of_another_is_not_confused_with_it_in_training():
    from symnet.algebra.matrices import matmul, transpose

    w, v, x = array("W", 2, 2), array("W_T", 2, 2), array("X", BATCH, 2)
    a, b = array("A", 2, 2), array("B", 2, 2)
    net = Network(
        (x,), (), (w, v),
        (
            Equation(a, matmul(w, transpose(w))),
            Equation(b, matmul(v, transpose(v))),
            Equation(
                symbol("Loss"), add(total(power(a, Integer(2))), multiply(Integer(3), total(power(b, Integer(2)))))
            ),
        ),
    )  # fmt: skip
    params = {"W": np.array([[1.0, 2], [3, 4]]), "W_T": np.array([[0.5, -1], [2, 0]])}
    run = symnet.fit(net, np.ones((2, 2)), params=params, optimizer=symnet.sgd(0.25), steps=1)
    for name, factor in (("W", 4), ("W_T", 12)):
        m = params[name]
        np.testing.assert_allclose(params[name] - run.params[name], 0.25 * factor * m @ m.T @ m, rtol=1e-12)


def test_totals_inside_totals_are_not_confused_in_training():
    b, w, x = array("b", 3), array("W", 2, 3), array("X", BATCH, 2)
    inner = multiply(b, total(power(b, Integer(2))))
    net = Network((x,), (), (w, b), (Equation(symbol("Loss"), add(total(power(w, Integer(3))), total(inner))),))
    params = {"W": np.full((2, 3), 2.0), "b": np.array([1.0, 2, 3])}
    run = symnet.fit(net, np.ones((1, 2)), params=params, optimizer=symnet.sgd(0.5), steps=1)
    assert run.losses[0] == 48 + 6 * 14
    np.testing.assert_allclose(params["b"] - run.params["b"], 0.5 * (14 + 2 * params["b"] * 6))
    np.testing.assert_allclose(params["W"] - run.params["W"], 0.5 * 12)


# -- what is refused --------------------------------------------------------------------------------------------------

GOOD = {"W1": np.ones((2, 3)), "b1": np.ones(3), "W2": np.ones((3, 1)), "b2": np.ones(1)}
XS, TS = np.ones((4, 2)), np.ones((4, 1))
BAD = {
    "X of one axis": (GOOD, np.ones(2), TS, r"X has shape \(2,\)"),
    "X of three axes": (GOOD, np.ones((4, 2, 1)), TS, r"X has shape \(4, 2, 1\)"),
    "X too wide": (GOOD, np.ones((4, 3)), TS, r"X has shape \(4, 3\); it must be \(4, 2\)"),
    "X turned": (GOOD, np.ones((2, 4)), np.ones((2, 1)), r"X has shape \(2, 4\)"),
    "X without rows": (GOOD, np.ones((0, 2)), np.ones((0, 1)), "no rows"),
    "X a number": (GOOD, 3.0, TS, "X has shape"),
    "X of text": (GOOD, [["a", "b"]] * 4, TS, "X holds text"),
    "X ragged": (GOOD, [[1, 2], [3]], TS, "X is not a table"),
    "X with nan": (GOOD, np.full((4, 2), np.nan), TS, r"X\[0, 0\] is nan"),
    "X complex": (GOOD, np.ones((4, 2), complex), TS, "complex"),
    "Y of one axis": (GOOD, XS, np.ones(4), r"Y has shape \(4,\); it must be \(4, 1\)"),
    "Y too wide": (GOOD, XS, np.ones((4, 2)), r"Y has shape \(4, 2\)"),
    "Y of fewer rows": (GOOD, XS, np.ones((3, 1)), r"X has shape \(4, 2\) and Y \(3, 1\)"),
    "Y of one row": (GOOD, XS, np.ones((1, 1)), r"\(4, 2\) and Y \(1, 1\)"),
    "Y missing": (GOOD, XS, None, "Y is missing"),
    "Y infinite": (GOOD, XS, np.full((4, 1), np.inf), r"Y\[0, 0\] is inf"),
    "W1 turned": (GOOD | {"W1": np.ones((3, 2))}, XS, TS, r"W1 has shape \(3, 2\); it must be \(2, 3\)"),
    "b1 a row": (GOOD | {"b1": np.ones((1, 3))}, XS, TS, r"b1 has shape \(1, 3\); it must be \(3,\)"),
    "b1 a number": (GOOD | {"b1": 1.0}, XS, TS, r"b1 has shape \(\); it must be \(3,\)"),
    "b1 of one": (GOOD | {"b1": np.ones(1)}, XS, TS, r"b1 has shape \(1,\); it must be \(3,\)"),
    "W1 with inf": (GOOD | {"W1": np.full((2, 3), np.inf)}, XS, TS, "W1 holds a number that is not finite"),
    "W1 of text": (GOOD | {"W1": "abc"}, XS, TS, "W1 holds text"),
    "W2 missing": ({k: v for k, v in GOOD.items() if k != "W2"}, XS, TS, 'no "W2"'),
    "W3 too many": (GOOD | {"W3": np.ones(1)}, XS, TS, '"W3", which is not a parameter'),
    "a list of parameters": ([1, 2], XS, TS, "params is"),
}


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("what", BAD)
def test_what_does_not_fit_is_refused_in_one_line(what, backend):
    params, X, Y, message = BAD[what]
    step = symnet.compile(mlp([2, 3, 1]), backend)
    assert np.isfinite(step(GOOD, XS, TS)[0])
    with pytest.raises(Mistake, match=message) as caught:
        step(params, X, Y)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_an_unknown_backend_is_refused_with_a_suggestion():
    net = mlp([2, 1])
    with pytest.raises(Mistake, match=r'backend is "numpi"; did you mean "numpy"'):
        symnet.compile(net, "numpi")
    for backend in ("torch", "", "NUMPY\n", None, 3, ["numpy"]):
        with pytest.raises(Mistake, match=r"^backend is [^\n]*$"):
            symnet.compile(net, backend)


def test_math_works_one_example_and_refuses_several():
    step = symnet.compile(mlp([2, 3, 1]), "math")
    loss, gradients = step(GOOD, XS[:1], TS[:1])
    assert isinstance(loss, float)
    assert np.shape(gradients["W1"]) == (2, 3)
    with pytest.raises(Mistake, match=r'^backend "math" works one example at a time, but X has 4 rows$'):
        step(GOOD, XS, TS)


def test_whole_numbers_and_lists_are_taken_as_float64():
    step = symnet.compile(mlp([2, 3, 1]))
    lists = {name: value.astype(int).tolist() for name, value in GOOD.items()}
    loss, gradients = step(lists, XS.astype(int).tolist(), [[True]] * 4)
    expected, right = step(GOOD, XS, TS)
    assert loss == expected
    assert all(gradients[k].dtype == np.float64 and (gradients[k] == right[k]).all() for k in right)


def test_nothing_given_is_changed():
    for way in ("numpy", "jax", "fit"):
        params, X, T = drawn([2, 3, 1], 4, 17)
        kept = {k: v.copy() for k, v in params.items()}, X.copy(), T.copy()
        WAYS[way](mlp([2, 3, 1], activation="relu", l1="0.1"), params, X, T)
        assert all((params[k] == kept[0][k]).all() for k in params)
        assert (kept[1] == X).all()
        assert (kept[2] == T).all()


def test_the_gradients_of_one_call_are_not_those_of_the_next():
    step = symnet.compile(mlp([2, 3, 1]))
    params, X, T = drawn([2, 3, 1], 4, 18)
    _, first = step(params, X, T)
    kept = {k: v.copy() for k, v in first.items()}
    step({k: 2 * v for k, v in params.items()}, X, T)
    assert all((first[k] == kept[k]).all() for k in kept)


# -- once, and without a trace ----------------------------------------------------------------------------------------


def test_equal_networks_compile_once():
    for backend in BACKENDS:
        one = symnet.compile(mlp([2, 3, 1], activation="relu"), backend)
        assert symnet.compile(mlp([2, 3, 1], activation="relu"), backend) is one
        assert symnet.compile(mlp([2, 3, 1], activation="tanh"), backend) is not one
        assert symnet.compile(mlp([2, 4, 1], activation="relu"), backend) is not one
        units = unroll(mlp([2, 3, 1]))
        assert symnet.compile(units, backend) is symnet.compile(unroll(mlp([2, 3, 1])), backend)
    assert symnet.compile(units, reduce="sum") is not symnet.compile(units, reduce="mean")
    assert symnet.compile(units, "jax") is not symnet.compile(units, "numpy")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_jax_is_left_as_it_was(dtype):
    environment = dict(os.environ)
    settings_before = {
        name: getattr(jax.config, name) for name in ("jax_enable_x64", "jax_disable_jit", "jax_debug_nans")
    }
    assert settings_before["jax_enable_x64"] is False
    printed, filters = np.get_printoptions(), list(warnings.filters)
    errors = np.geterr()
    params, X, T = drawn([2, 3, 1], 4, 19)
    params = {k: v.astype(dtype) for k, v in params.items()}
    loss, gradients = symnet.compile(mlp([2, 3, 1]), "jax")(params, X.astype(dtype), T.astype(dtype))
    assert np.asarray(loss).dtype == dtype
    assert np.isfinite([float(np.sum(g)) + float(loss) for g in gradients.values()]).all()
    with pytest.raises(Mistake):
        symnet.compile(mlp([2, 3, 1]), "jax")(params, X[:, :1], T)
    assert {name: getattr(jax.config, name) for name in settings_before} == settings_before
    assert jnp.asarray([1.0]).dtype == np.float32
    assert dict(os.environ) == environment
    assert np.geterr() == errors
    assert np.get_printoptions() == printed
    assert warnings.filters == filters


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_step_computes_in_the_precision_of_its_examples(backend):
    net = symnet.mlp([2, 3, 1])
    loss, gradients = symnet.compile(net, backend)(
        net.init(seed=0), np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    )
    assert loss.dtype == np.float32
    assert {gradient.dtype for gradient in gradients.values()} == {np.dtype(np.float32)}


def test_a_loss_given_for_every_output_is_summed_like_a_formula():
    own = symnet.mlp([2, 3, 2], loss=lambda y, t: (y - t) ** 4)
    formula = symnet.mlp([2, 3, 2], loss="(y - t)^4")
    X, Y, params = np.ones((3, 2)), np.zeros((3, 2)), own.init(seed=1)
    assert symnet.compile(own)(params, X, Y)[0] == pytest.approx(symnet.compile(formula)(params, X, Y)[0], rel=1e-14)
