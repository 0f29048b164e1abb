"""Generated code at its limits: numbers too large, small or close, in every activation and loss."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from judged_nets import ACTIVATIONS, BELONGS, LOSSES, OWN, OWN_LOSSES, POSITIVE, WAYS, agree, drawn, made, reference

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.algebra.mlp import mlp
from symnet.algebra.unrolling import unroll

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
    "floor": [(BIG, BIG, 0), (-BIG, -BIG, 0), (-0.5, -1, 0)],
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
    if loss in ("sigmoid_cross_entropy", "binary_cross_entropy"):
        value = -sum(b * log_sigmoid(a) + (1 - b) * log_sigmoid(-a) for a, b in zip(y, t, strict=True))
        return value, [stable_sigmoid(a) - b for a, b in zip(y, t, strict=True)]
    if loss == "hinge":
        margins = [1 - a * b for a, b in zip(y, t, strict=True)]
        return sum(max(0, m) for m in margins), [-b * (m > 0) for m, b in zip(margins, t, strict=True)]
    if loss == "multiclass_hinge":
        margins = [1 + a - sum(c * b for c, b in zip(y, t, strict=True)) for a in y]
        met = [(1 - b) * (m > 0) for m, b in zip(margins, t, strict=True)]
        value = sum((1 - b) * max(0, m) for m, b in zip(margins, t, strict=True))
        return value, [own - b * sum(met) for own, b in zip(met, t, strict=True)]
    if loss == "negative_sampling":
        signs = [2 * b - 1 for b in t]
        value = -sum(log_sigmoid(s * a) for s, a in zip(signs, y, strict=True))
        return value, [-s * stable_sigmoid(-s * a) for s, a in zip(signs, y, strict=True)]
    if "kl_divergence" in loss:
        value, slopes = extreme_loss("softmax_cross_entropy", y, t)
        return value + sum(b * math.log(b) for b in t if b), slopes
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
    net = mlp([2, 2], output=BELONGS.get(loss, "linear"), loss=loss)
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
    net = mlp([2, 2], output=BELONGS.get(loss, "linear"), loss=loss)
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
        net = mlp([2, 2, 2], activation=activation, output=BELONGS.get(loss, "linear"), loss=loss)
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
