"""Nets in every activation and loss, and their judge: ``jax.grad`` of a forward pass written here with jax.numpy.

It is in the project's conventions at kinks and shares nothing with the equations: neither the losses nor the
activations are symnet's.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import traced
from hypothesis import HealthCheck, Phase, settings

import symnet
from symnet.algebra.mlp import mlp
from symnet.algebra.unrolling import unroll

# Without shrinking: an example is small already, and a failure is shown at once.
SETTINGS = settings(
    deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
)


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
    "floor": jnp.floor,
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


PIECEWISE = ["relu", "step", "floor", "linear", "abs", "sign", "max", "min"]  # exact on halves, so kinks are met


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
    "binary_cross_entropy": (lambda y, t: -(t * jnp.log(y) + (1 - t) * jnp.log(1 - y)).sum(), "mean"),
    "cross_entropy": (lambda y, t: -(t * jnp.log(y)).sum(), "mean"),
    "softmax_cross_entropy": (lambda y, t: -(t * jax.nn.log_softmax(y, axis=1)).sum(), "mean"),
    "kl_divergence": (lambda y, t: (jax.scipy.special.xlogy(t, t) - t * jnp.log(y)).sum(), "mean"),
    "softmax_kl_divergence": (
        lambda y, t: (jax.scipy.special.xlogy(t, t) - t * jax.nn.log_softmax(y, axis=1)).sum(),
        "mean",
    ),
    "hinge": (lambda y, t: jax.nn.relu(1 - t * y).sum(), "mean"),
    "multiclass_hinge": (
        lambda y, t: ((1 - t) * jax.nn.relu(1 + y - (t * y).sum(axis=1, keepdims=True))).sum(),
        "mean",
    ),
    "negative_sampling": (lambda y, t: -jax.nn.log_sigmoid((2 * t - 1) * y).sum(), "mean"),
}


# The output that goes with a loss of probabilities, whatever output is asked for.
BELONGS = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid", "kl_divergence": "softmax"}


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
OUTPUTS = {**CHOICES, "softmax": lambda z: jax.nn.softmax(z, axis=1)}


def reference(net, params, X, T):
    """(loss, {name: gradient}) of a net drawn below, by jax.grad."""
    hidden, output = CHOICES[net["activation"]], OUTPUTS[BELONGS.get(net["loss"], net["output"])]
    own = net["loss"] in OWN_LOSSES
    loss, reduce = (OWN_LOSSES[net["loss"]], "mean") if own else LOSSES[net["loss"]]
    reduce = net.get("reduce") or reduce

    def value(params, X, T):
        a = X
        depth = len(net["layers"]) - 1
        for k in range(1, depth + 1):
            a = (output if k == depth else hidden)(a @ params[f"W{k}"] + params[f"b{k}"])
        whole = loss(a, T) / (len(X) if reduce == "mean" else 1)
        weights = [params[f"W{k}"] for k in range(1, depth + 1)]
        whole += float(Fraction(net.get("l2", 0))) / 2 * sum((w**2).sum() for w in weights)
        return whole + float(Fraction(net.get("l1", 0))) * sum(ACTIVATIONS["abs"](w).sum() for w in weights)

    return traced.value_and_grad(value, dict(params), X, T)


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
    return mlp(**{**net, "output": BELONGS.get(net["loss"], net["output"])})


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


def eagerly(net, params, X, T):
    """JAX without its compiler, which takes longer than all else: the same text, traced, and worked out by NumPy."""
    return traced.results(symnet.compile(net, "jax").function, params, X, T, dtype=np.asarray(X).dtype)


WAYS = {
    "numpy": lambda net, *given: symnet.compile(net)(*given),
    "jax": lambda net, *given: symnet.compile(net, "jax")(*given),
    "units": by_unit,
    "math": lambda net, params, X, T: symnet.compile(net, "math")(params, X[:1], T[:1]),
    "fit": by_fit,
    "jax eagerly": eagerly,
}
