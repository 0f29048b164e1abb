"""Training, judged by Optax, jax.grad and PyTorch, and by a plain NumPy loop written from the docstrings."""

from __future__ import annotations

import inspect
import math
import os
import re
import signal
import subprocess
import sys
import time
import tracemalloc
import warnings
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import symnet
from symnet.algebra import optimizers
from symnet.algebra.mistakes import Mistake
from symnet.training import data

BACKENDS = ("numpy", "jax")
RANDOM = np.random.default_rng(3)
X = RANDOM.uniform(-1, 1, (20, 3))
Y = np.sin(2 * X.sum(axis=1, keepdims=True))
NET = symnet.mlp([3, 4, 1], "tanh", "linear", "mean_squared_error")
START = {name: value.copy() for name, value in NET.init(seed=5).items()}

both = pytest.mark.parametrize("backend", BACKENDS)


def fit(*arguments, net=NET, params=START, optimizer=None, **options):
    arguments = arguments or (X, Y)
    return symnet.fit(net, *arguments, params=params, optimizer=optimizer or symnet.sgd("0.1"), **options)


def same(one, other, within=1e-12):
    """Two runs, or two sets of parameters, with the same numbers."""
    if hasattr(one, "losses"):
        assert len(one.losses) == len(other.losses)
        np.testing.assert_allclose(one.losses, other.losses, rtol=within, atol=within)
        one, other = one.params, other.params
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_allclose(one[name], other[name], rtol=within, atol=within)


# The judge: backpropagation of this one network by hand, and optimizers from their docstrings.


def loss_of(params, X, Y):
    A = np.tanh(X @ params["W1"] + params["b1"])
    return np.mean((A @ params["W2"] + params["b2"] - Y) ** 2)


def gradients_of(params, X, Y):
    A = np.tanh(X @ params["W1"] + params["b1"])
    error = 2 * (A @ params["W2"] + params["b2"] - Y) / len(X)
    hidden = (error @ params["W2"].T) * (1 - A**2)
    return {"W1": X.T @ hidden, "b1": hidden.sum(0), "W2": A.T @ error, "b2": error.sum(0)}


def sgd(w, g, s, t, rate):
    return w - rate * g


def momentum(w, g, s, t, rate, decay=0.9):
    s["v"] = decay * s.get("v", 0) + g
    return w - rate * s["v"]


def nesterov(w, g, s, t, rate, decay=0.9):
    s["v"] = decay * s.get("v", 0) + g
    return w - rate * (g + decay * s["v"])


def adagrad(w, g, s, t, rate, epsilon=1e-10):
    s["s"] = s.get("s", 0) + g**2
    return w - rate * g / (np.sqrt(s["s"]) + epsilon)


def rmsprop(w, g, s, t, rate, decay=0.9, epsilon=1e-8):
    s["s"] = decay * s.get("s", 0) + (1 - decay) * g**2
    return w - rate * g / (np.sqrt(s["s"]) + epsilon)


def adam(w, g, s, t, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
    s["v"] = beta2 * s.get("v", 0) + (1 - beta2) * g**2
    return w - rate * (s["m"] / (1 - beta1**t)) / (np.sqrt(s["v"] / (1 - beta2**t)) + epsilon)


def adamw(w, g, s, t, rate, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
    return adam(w - rate * weight_decay * w, g, s, t, rate, beta1, beta2, epsilon)


def adamax(w, g, s, t, rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    s["m"] = beta1 * s.get("m", 0) + (1 - beta1) * g
    s["u"] = np.maximum(beta2 * s.get("u", 0), np.abs(g) + epsilon)
    return w - rate / (1 - beta1**t) * s["m"] / s["u"]


def adadelta(w, g, s, t, rate, decay=0.9, epsilon=1e-6):
    s["s"] = decay * s.get("s", 0) + (1 - decay) * g**2
    d = np.sqrt(s.get("u", 0) + epsilon) / np.sqrt(s["s"] + epsilon) * g
    s["u"] = decay * s.get("u", 0) + (1 - decay) * d**2
    return w - rate * d


BY_HAND = {f.__name__: f for f in (sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, adamax, adadelta)}


def by_hand(batches, rule=sgd, rate=0.1, params=START, **options):
    """(losses before each update, parameters after the last); ``rate`` is a number or a function of t = 0, 1, …"""
    params = {name: np.array(value, float) for name, value in params.items()}
    states = {name: {} for name in params}
    losses = []
    for t, (x, y) in enumerate(batches):
        losses.append(loss_of(params, x, y))
        g = gradients_of(params, x, y)
        now = rate(t) if callable(rate) else rate
        params = {name: rule(w, g[name], states[name], t + 1, now, **options) for name, w in params.items()}
    return np.array(losses), params


def mini_batches(X, Y, size, seed=0):
    """Endless mini-batches in the order that symnet.training.data.batches shuffles."""
    random = np.random.default_rng(seed)
    while True:
        full, rest = data.batches(len(X), size, random)
        for rows in (*full, *([rest] if len(rest) else [])):
            yield X[rows], Y[rows]


def test_the_judges_own_gradients_are_those_of_jax():
    with jax.enable_x64(True):
        found = jax.grad(lambda p: jnp.mean((jnp.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"] - Y) ** 2))(
            {name: jnp.asarray(value) for name, value in START.items()}
        )
        found = jax.device_get(found)
    same({name: found[name] for name in START}, gradients_of(START, X, Y))


# Optimizers

OTHER_OPTIONS = {
    "sgd": {},
    "momentum": {"decay": 0.5},
    "nesterov": {"decay": 0.75},
    "adagrad": {"epsilon": 0.125},
    "rmsprop": {"decay": 0.5, "epsilon": 0.25},
    "adam": {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.125},
    "adamw": {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.125, "weight_decay": 0.5},
    "adamax": {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.125},
    "adadelta": {"decay": 0.5, "epsilon": 0.125},
}


@both
@pytest.mark.parametrize("other", [False, True], ids=["defaults", "options"])
@pytest.mark.parametrize("name", optimizers.CATALOGUE)
def test_every_optimizer_follows_the_formula_of_its_docstring(name, other, backend):
    options = OTHER_OPTIONS[name] if other else {}
    run = fit(optimizer=optimizers.CATALOGUE[name](0.0625, **options), steps=20, backend=backend)
    losses, params = by_hand(islice(iter(lambda: (X, Y), None), 20), BY_HAND[name], 0.0625, **options)
    np.testing.assert_allclose(run.losses, losses, rtol=1e-11)
    same(run.params, params, 1e-11)
    assert run.losses[-1] < run.losses[0]


OPTAX = {  # (optax's, symnet's options); Optax's adagrad has ε inside the root, so it is compared without
    "sgd": (lambda: optax.sgd(0.0625), {}),
    "momentum": (lambda: optax.sgd(0.0625, momentum=0.9), {}),
    "nesterov": (lambda: optax.sgd(0.0625, momentum=0.9, nesterov=True), {}),
    "adagrad": (lambda: optax.adagrad(0.0625, initial_accumulator_value=0.0, eps=0.0), {"epsilon": 0}),
    "rmsprop": (lambda: optax.rmsprop(0.0625, decay=0.9, eps=1e-8, eps_in_sqrt=False), {}),
    "adam": (lambda: optax.adam(0.0625), {}),
    "adamw": (lambda: optax.adamw(0.0625, weight_decay=0.01), {}),
    "adamax": (lambda: optax.adamax(0.0625), {}),
    "adadelta": (lambda: optax.adadelta(0.0625, rho=0.9, eps=1e-6), {}),
}


@pytest.mark.parametrize("name", optimizers.CATALOGUE)
def test_every_optimizer_follows_optax(name):
    with jax.enable_x64(True):
        judge = OPTAX[name][0]()
        params = {key: jnp.asarray(value) for key, value in START.items()}
        state = judge.init(params)

        def loss(p):
            return jnp.mean((jnp.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"] - Y) ** 2)

        @jax.jit
        def update(params, state):
            value, g = jax.value_and_grad(loss)(params)
            changes, state = judge.update(g, state, params)
            return value, optax.apply_updates(params, changes), state

        losses = []
        for _ in range(20):
            value, params, state = update(params, state)
            losses.append(float(value))
        params = jax.device_get(params)
    for backend in BACKENDS:
        run = fit(optimizer=optimizers.CATALOGUE[name](0.0625, **OPTAX[name][1]), steps=20, backend=backend)
        np.testing.assert_allclose(run.losses, losses, rtol=1e-10)
        same(run.params, {key: params[key] for key in START}, 1e-10)


@pytest.mark.parametrize("batch_size", [None, 6])
@pytest.mark.parametrize("name", optimizers.CATALOGUE)
def test_both_backends_agree_to_1e_12(name, batch_size):
    runs = [
        fit(optimizer=optimizers.CATALOGUE[name](0.0625), steps=20, batch_size=batch_size, backend=backend)
        for backend in BACKENDS
    ]
    same(*runs)


@both
def test_a_parameter_that_the_loss_does_not_use_is_left_alone_or_only_decays(backend):
    net = symnet.Network.parse("y = w*x\nunused = v*x\nL = (y - t)^2", parameters=("w", "v"))
    net = symnet.Network(net.inputs[:1], net.inputs[1:], net.parameters, net.equations)
    x, t = np.array([[1.0], [2.0]]), np.array([[3.0], [1.0]])
    run = fit(x, t, net=net, params={"w": 0, "v": 2}, steps=3, backend=backend)
    assert run.params["v"] == 2
    # ∂/∂w of the mean of (wx − t)²: 2·mean(x(wx − t)) = 5w − 5
    assert run.params["w"] == pytest.approx(1 - 0.5**3, rel=1e-14)
    decayed = fit(x, t, net=net, params={"w": 0, "v": 2}, steps=3, backend=backend, optimizer=symnet.adamw(0.5))
    assert decayed.params["v"] == pytest.approx(2 * 0.995**3, rel=1e-14)


@both
@pytest.mark.parametrize(("reduce", "slope"), [("mean", 5), ("sum", 10)])
def test_a_network_written_unit_by_unit_trains_on_columns(reduce, slope, backend):
    net = symnet.Network.parse("y = w*x\nL = (y - t)^2", parameters=("w",))
    assert [name.name for name in net.inputs] == ["x", "t"]
    rows = np.array([[1.0, 3.0], [2.0, 1.0]])  # x and t, both inputs
    run = fit(rows, net=net, params={"w": 0}, optimizer=symnet.sgd("1/100"), reduce=reduce, steps=4, backend=backend)
    w = [1 - (1 - slope / 100) ** t for t in range(5)]  # w ← w − η·slope·(w − 1)
    squares = [np.array([(w_ - 3) ** 2, (2 * w_ - 1) ** 2]) for w_ in w[:4]]
    np.testing.assert_allclose(run.losses, [s.mean() if reduce == "mean" else s.sum() for s in squares], rtol=1e-13)
    assert run.params["w"] == pytest.approx(w[4], rel=1e-13)


# Batches


@both
def test_a_full_batch_records_the_loss_before_each_update(backend):
    run = fit(steps=30, backend=backend)
    losses, params = by_hand([(X, Y)] * 30)
    np.testing.assert_allclose(run.losses, losses, rtol=1e-12)
    same(run.params, params)
    assert run.steps == len(run.losses) == 30
    assert run.losses[0] == pytest.approx(loss_of(START, X, Y), rel=1e-13)
    assert (run.stopped, run.diverged, run.best_epoch, run.backend) == ("", False, None, backend)
    assert len(run.validation) == 0
    same(run, fit(epochs=30, backend=backend), 0)  # an epoch is one update
    same(run, fit(epochs=30, batch_size=len(X), backend=backend), 0)


@both
@pytest.mark.parametrize("size", [1, 4, 6, 10, 19])  # some divide 20
@pytest.mark.parametrize("left_over", [0, 1])
def test_mini_batches_follow_the_shuffled_order(size, left_over, backend):
    updates = math.ceil(20 / size)
    steps = 3 * updates + left_over * (updates - 1)
    run = fit(steps=steps, batch_size=size, seed=4, backend=backend)
    losses, params = by_hand(islice(mini_batches(X, Y, size, 4), steps))
    np.testing.assert_allclose(run.losses, losses, rtol=1e-11)
    same(run.params, params, 1e-11)
    assert run.steps == steps
    assert run.steps_per_epoch == updates
    if not left_over:
        same(run, fit(epochs=3, batch_size=size, seed=4, backend=backend), 0)


@both
def test_fewer_steps_than_an_epoch_has(backend):
    run = fit(steps=2, batch_size=6, backend=backend)
    losses, params = by_hand(islice(mini_batches(X, Y, 6), 2))
    np.testing.assert_allclose(run.losses, losses, rtol=1e-12)
    same(run.params, params)


@both
def test_every_row_is_seen_once_an_epoch(backend):
    # L = w·x has the gradient x, so every loss tells the rows and the last w the sum of all.
    net = symnet.Network.parse("L = w*x", parameters=("w",))
    x = 2.0 ** np.arange(7)[:, None]
    run = fit(x, net=net, params={"w": 1}, optimizer=symnet.sgd("1e-6"), reduce="sum", epochs=3, batch_size=1,
              backend=backend)  # fmt: skip
    for epoch in run.losses.reshape(3, 7):
        assert sorted(np.rint(epoch).tolist()) == x.ravel().tolist()
    assert not np.array_equal(*np.rint(run.losses.reshape(3, 7)[:2]))
    assert run.params["w"] == pytest.approx(1 - 3 * 127e-6, rel=1e-14)


@both
def test_the_same_seed_gives_the_same_run_and_another_seed_another(backend):
    options = {"batch_size": 6, "epochs": 3, "backend": backend, "optimizer": symnet.sgd("0.1")}
    one, again, other = (symnet.fit(NET, X, Y, seed=seed, **options) for seed in (8, 8, 9))
    assert np.array_equal(one.losses, again.losses)
    assert all(np.array_equal(one.params[name], again.params[name]) for name in START)
    assert not np.allclose(one.losses, other.losses)
    # Only the order differs where the parameters are given.
    assert not np.allclose(fit(seed=8, **options).losses, fit(seed=9, **options).losses)
    drawn = NET.init(seed=8)
    same(fit(params=drawn, seed=8, **options), one, 0)


@both
def test_init_says_how_the_parameters_are_drawn(backend):
    run = symnet.fit(NET, X, Y, optimizer=symnet.sgd(0.1), init="glorot", seed=2, steps=1, backend=backend)
    assert run.losses[0] == pytest.approx(loss_of(NET.init("glorot", 2), X, Y), rel=1e-13)


@both
def test_no_step_at_all_gives_the_parameters_back(backend):
    run = fit(steps=0, backend=backend)
    assert run.steps == 0
    same(run.params, START, 0)
    assert fit(epochs=0, batch_size=6, backend=backend).steps == 0


@both
@pytest.mark.parametrize("steps", [1, 2, 7, 60])
def test_fresh_batches_are_taken_one_a_step(steps, backend):
    taken = []

    def source():
        random = np.random.default_rng(6)
        while True:
            x = random.uniform(-1, 1, (5, 3))
            taken.append(x)
            yield x, np.sin(x[:, :1])

    run = fit(source(), steps=steps, backend=backend)
    assert len(taken) == steps  # and no batch more
    losses, params = by_hand([(x, np.sin(x[:, :1])) for x in taken])
    np.testing.assert_allclose(run.losses, losses, rtol=1e-11)
    same(run.params, params, 1e-11)


@both
def test_fresh_batches_of_a_network_without_targets_are_just_x(backend):
    net = symnet.Network.parse("L = (w*x - 1)^2", parameters=("w",))
    run = fit((np.full((2, 1), 2.0) for _ in range(3)), net=net, params={"w": 0}, steps=3, backend=backend)
    # ∂L/∂w = 2·2(2w − 1), so that 2w − 1 shrinks by 1 − 8·0.1
    np.testing.assert_allclose(run.losses, [1, 0.04, 0.0016], rtol=1e-12)


# Precision and parameters


@both
def test_parameters_are_copied_and_never_changed(backend):
    given = {name: value.copy() for name, value in START.items()}
    run = fit(params=given, steps=5, backend=backend)
    same(given, START, 0)
    for name in given:
        assert not np.shares_memory(run.params[name], given[name])
    given["W1"][:] = 0
    assert np.abs(run.params["W1"]).max() > 0.01
    frozen = {name: value.copy() for name, value in START.items()}
    for value in frozen.values():
        value.flags.writeable = False
    same(fit(params=frozen, steps=5, backend=backend), run, 0)
    x, y = X.copy(), Y.copy()
    fit(x, y, steps=5, batch_size=3, backend=backend)
    assert np.array_equal(x, X)
    assert np.array_equal(y, Y)


@both
def test_parameters_may_be_lists_and_whole_numbers_in_any_order(backend):
    params = {"b2": [0], "W2": [[1], [-1], [2], [0]], "b1": [0, 1, 0, -1], "W1": [[1, 0, -1, 0]] * 3}
    run = fit(params=params, steps=4, backend=backend)
    losses, found = by_hand([(X, Y)] * 4, params={name: params[name] for name in START})
    np.testing.assert_allclose(run.losses, losses, rtol=1e-12)
    same(run.params, found)
    assert params["b1"] == [0, 1, 0, -1]


@both
@pytest.mark.parametrize(
    ("given", "dtype", "expected"),
    [
        (np.float32, None, np.float32),
        (np.float64, None, np.float64),
        (np.int64, None, np.float64),
        (np.float16, None, np.float64),
        (np.float32, "float64", np.float64),
        (np.float64, "float32", np.float32),
        (np.float64, np.float32, np.float32),
    ],
)
def test_arithmetic_is_in_the_precision_of_x_or_dtype(given, dtype, expected, backend):
    x = np.rint(4 * X).astype(given)
    run = fit(x, Y, steps=20, dtype=dtype, backend=backend)
    assert {value.dtype.type for value in run.params.values()} == {expected}
    assert run.losses.dtype == expected
    exact = by_hand([(x.astype(float), Y)] * 20)[0]
    error = np.abs(run.losses / exact - 1).max()
    assert error < (1e-12 if expected is np.float64 else 1e-5)
    if expected is np.float32:
        assert error > 1e-10  # it really is single precision
    batches = fit(iter([(x, Y)] * 20), steps=20, dtype=dtype, backend=backend)
    assert batches.losses.dtype == expected
    np.testing.assert_allclose(batches.losses, run.losses, rtol=1e-12 if expected is np.float64 else 1e-5)


@pytest.mark.parametrize("name", optimizers.CATALOGUE)
def test_the_backends_agree_in_single_precision_too(name):
    runs = [
        fit(X.astype(np.float32), Y, steps=20, backend=b, optimizer=optimizers.CATALOGUE[name](0.0625), batch_size=6)
        for b in BACKENDS
    ]
    assert {value.dtype.type for run in runs for value in run.params.values()} == {np.float32}
    np.testing.assert_allclose(runs[0].losses, runs[1].losses, rtol=1e-3)


# Validation


@both
@pytest.mark.parametrize("size", [None, 5])
def test_a_share_is_held_back_and_the_best_parameters_are_given(size, backend):
    run = fit(epochs=25, batch_size=size, validation=0.2, seed=3, backend=backend)
    (x, y), held = data.split(X, Y, 0.2, 3)
    assert len(held[0]) == 4
    source = iter(lambda: (x, y), None) if size is None else mini_batches(x, y, size, 3)
    validation = []
    best, states, losses = None, START, []
    per_epoch = 1 if size is None else 4
    for _ in range(25):
        found, states = by_hand(islice(source, per_epoch), params=states)
        losses.extend(found)
        validation.append(loss_of(states, *held))
        if validation[-1] == min(validation):
            best = states
    np.testing.assert_allclose(run.losses, losses, rtol=1e-9)
    np.testing.assert_allclose(run.validation, validation, rtol=1e-9)
    assert run.steps_per_epoch == per_epoch
    assert run.best_epoch == int(np.argmin(validation))
    same(run.params, best, 1e-9)
    assert loss_of(run.params, *held) == pytest.approx(run.validation.min(), rel=1e-12)


@both
def test_a_pair_is_validated_on_and_all_rows_are_trained_on(backend):
    x = np.random.default_rng(0).uniform(-1, 1, (7, 3))
    y = np.sin(x[:, :1])
    run = fit(epochs=12, validation=(x, y), optimizer=symnet.sgd("0.5"), backend=backend)
    losses, _ = by_hand([(X, Y)] * 12, rate=0.5)
    np.testing.assert_allclose(run.losses, losses, rtol=1e-10)
    after = [loss_of(by_hand([(X, Y)] * e, rate=0.5)[1], x, y) for e in range(1, 13)]
    np.testing.assert_allclose(run.validation, after, rtol=1e-10)
    assert run.best_epoch == int(np.argmin(after))
    assert loss_of(run.params, x, y) == pytest.approx(min(after), rel=1e-10)
    as_list = fit(epochs=12, validation=[x.tolist(), y.tolist()], optimizer=symnet.sgd("0.5"), backend=backend)
    same(run, as_list, 0)


OPPOSITE = (X[:6], -Y[:6])  # training makes this loss worse and worse, after a while


@both
@pytest.mark.parametrize("size", [None, 6])
@pytest.mark.parametrize("patience", [1, 3, 50])
def test_patience_ends_training_and_says_so(patience, size, backend):
    options = {"validation": OPPOSITE, "optimizer": symnet.sgd("0.05"), "batch_size": size, "backend": backend}
    whole = fit(epochs=400, **options).validation
    best, since, epochs = math.inf, 0, 0
    for value in whole:
        epochs += 1
        best, since = (value, 0) if value < best else (best, since + 1)
        if since == patience:
            break
    assert epochs < 400
    run = fit(epochs=400, patience=patience, **options)
    assert len(run.validation) == epochs
    assert run.steps == epochs * (1 if size is None else 4)
    np.testing.assert_allclose(run.validation, whole[:epochs], rtol=1e-12)
    assert run.best_epoch == epochs - patience - 1
    assert "stopped early" in run.stopped
    assert re.findall(r"\d+", run.stopped) == [str(epochs), str(epochs - patience)]
    assert not run.diverged
    assert loss_of(run.params, *OPPOSITE) == pytest.approx(run.validation.min(), rel=1e-12)


@both
def test_patience_that_does_not_run_out_changes_nothing(backend):
    options = {"epochs": 10, "validation": 0.2, "batch_size": 5, "backend": backend}
    run = fit(patience=10, **options)
    same(run, fit(**options), 0)
    assert run.stopped == ""


@both
def test_steps_left_over_after_the_last_epoch_are_done_too(backend):
    run = fit(steps=10, batch_size=4, validation=0.2, backend=backend)  # 16 rows: 4 updates an epoch
    assert run.steps == 10
    assert len(run.validation) == 2


LOG = symnet.mlp([1, 1], "tanh", "linear", "t - log(y)")  # y = W x + b; training on x = 1 raises W and b alike


@both
def test_validation_losses_that_are_not_numbers_are_never_the_best(backend):
    # y = b − W/2 on the rows held back is negative at first, and rises.
    validation = (np.array([[-0.5]]), np.zeros((1, 1)))
    run = fit(np.ones((1, 1)), np.zeros((1, 1)), net=LOG, params={"W1": [[2]], "b1": [0.96]}, epochs=12,
              validation=validation, backend=backend)  # fmt: skip
    assert np.isnan(run.validation[0])
    assert np.isfinite(run.validation[-1])
    assert run.best_epoch == 11
    y = run.params["b1"][0] - run.params["W1"][0, 0] / 2
    assert y > 0
    assert -math.log(y) == pytest.approx(run.validation[-1], rel=1e-12)


@both
def test_patience_counts_validation_losses_that_are_not_numbers(backend):
    calls = []

    def guard(progress):
        calls.append(progress.step)
        assert len(calls) < 100, "training goes on without doing anything"

    # Always negative: b − W is −1 for good.
    run = fit(np.ones((1, 1)), np.zeros((1, 1)), net=LOG, params={"W1": [[2]], "b1": [1]}, epochs=30, patience=4,
              validation=(-np.ones((1, 1)), np.zeros((1, 1))), backend=backend, callbacks=[guard])  # fmt: skip
    assert len(run.validation) == 4
    assert "stopped early" in run.stopped
    assert run.best_epoch is None
    assert all(np.isfinite(value).all() for value in run.params.values())


# Schedules


@both
@pytest.mark.parametrize("options", [{"steps": 9}, {"epochs": 3, "batch_size": 6}, {"steps": 11, "batch_size": 6},
                                     {"epochs": 4, "validation": OPPOSITE}])  # fmt: skip
@pytest.mark.parametrize(
    ("schedule", "rate"),
    [
        ("0.25*0.5^(t/3)", lambda t: 0.25 * 0.5 ** (t / 3)),
        ("lr/(1 + t)", lambda t: 0.1 / (1 + t)),
        (lambda t: 0.2 if t < 3 else 0.05, lambda t: 0.2 if t < 3 else 0.05),
        ("0.03", lambda t: 0.03),
        ("constant", lambda t: 0.1),
        (None, lambda t: 0.1),
    ],
    ids=["formula", "of lr", "function", "number", "constant", "none"],
)
def test_a_schedule_gives_the_rate_of_each_update(schedule, rate, options, backend):
    run = fit(schedule=schedule, backend=backend, **options)
    size = options.get("batch_size")
    source = iter(lambda: (X, Y), None) if size is None else mini_batches(X, Y, size)
    losses, _ = by_hand(islice(source, run.steps), rate=rate)
    np.testing.assert_allclose(run.losses, losses, rtol=1e-11)


@both
def test_a_schedule_with_fresh_batches_and_momentum(backend):
    pairs = [(X[i : i + 4], Y[i : i + 4]) for i in range(12)]
    run = fit(iter(pairs), steps=12, optimizer=symnet.momentum(), schedule=lambda t: 0.1 / (1 + t), backend=backend)
    losses, params = by_hand(pairs, momentum, lambda t: 0.1 / (1 + t))
    np.testing.assert_allclose(run.losses, losses, rtol=1e-11)
    same(run.params, params, 1e-11)


@both
@pytest.mark.parametrize(
    ("schedule", "at", "value"),
    [("0.1 - 0.05*t", 3, "-0.05"), (lambda t: math.nan if t == 4 else 0.1, 4, "nan"), ("-0.1", 0, "-0.1"),
     (lambda t: math.inf, 0, "inf"), ("log(t - 2)", 0, "nan")],
)  # fmt: skip
def test_a_schedule_with_an_impossible_rate_is_refused(schedule, at, value, backend):
    with pytest.raises(Mistake, match=rf"schedule .*{value} at t = {at};"):
        fit(steps=9, schedule=schedule, backend=backend)


# Callbacks and progress


@both
@pytest.mark.parametrize("options", [{"steps": 47}, {"epochs": 47, "validation": OPPOSITE}])
def test_callbacks_are_called_every_so_many_updates_and_at_the_end(options, backend):
    seen = []
    run = fit(callbacks=[seen.append], every=10, backend=backend, **options)
    assert [progress.step for progress in seen] == [10, 20, 30, 40, 47]
    for progress in seen:
        assert len(progress.losses) == progress.step
        assert np.array_equal(progress.losses, run.losses[: progress.step])
        assert progress.loss == progress.losses[-1]


@both
def test_progress_holds_the_parameters_as_they_are_as_a_copy(backend):
    found = []

    def callback(progress):
        now = progress.params()
        found.append((progress.step, {name: value.copy() for name, value in now.items()}))
        now["W1"][:] = 7

    run = fit(steps=9, callbacks=[callback], every=3, backend=backend)
    for step, params in found:
        same(params, by_hand([(X, Y)] * step)[1])
    same(run.params, found[-1][1], 0)


@both
def test_an_epoch_of_a_full_batch_is_one_update(backend):
    seen = []
    fit(epochs=6, every=2, callbacks=[lambda p: seen.append((p.step, p.epoch))], backend=backend)
    assert seen == [(2, 2), (4, 4), (6, 6)]


@both
def test_every_is_kept_with_mini_batches(backend):
    # Four updates an epoch; called at the first chance after each ten updates.
    seen = []
    fit(epochs=20, batch_size=5, every=10, callbacks=[lambda p: seen.append((p.step, p.epoch))], backend=backend)
    steps = [step for step, _ in seen]
    assert steps[-1] == 80
    assert all(0 < after - before < 10 + 4 for before, after in zip([0, *steps], steps, strict=False))
    assert len(steps) == 8
    assert all(epoch == step // 4 for step, epoch in seen)


@both
@pytest.mark.parametrize(
    "options", [{"steps": 100}, {"epochs": 100, "batch_size": 5}, {"epochs": 100, "validation": 0.2}]
)
def test_a_callback_that_returns_true_ends_training(options, backend):
    calls = []

    def stop(progress):
        calls.append(progress.step)
        return progress.step >= 20

    run = fit(callbacks=[lambda progress: 1, stop], every=20, backend=backend, **options)
    assert calls == [20]
    assert run.steps == 20
    assert "callback" in run.stopped
    assert "20" in run.stopped
    if "validation" not in options:
        size = options.get("batch_size")
        source = iter(lambda: (X, Y), None) if size is None else mini_batches(X, Y, size)
        same(run.params, by_hand(islice(source, 20))[1], 1e-11)


@both
def test_without_every_callbacks_are_called_now_and_then(backend):
    seen = []
    run = fit(steps=500, callbacks=[lambda progress: seen.append(progress.step)], backend=backend)
    assert run.steps == 500
    assert seen == sorted(set(seen))
    assert seen[-1] == 500


def test_the_line_of_progress_is_shown_on_a_terminal_only(monkeypatch, capsys):
    fit(steps=5)
    assert capsys.readouterr() == ("", "")  # a pipe
    fit(steps=5, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "5/5 updates" in err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    fit(steps=5)
    out, err = capsys.readouterr()
    assert out == ""
    assert "5/5 updates, loss " in err
    assert err.startswith("\r")
    assert err.endswith("\n")
    fit(steps=5, progress=False)
    assert capsys.readouterr() == ("", "")


@both
@pytest.mark.parametrize("options", [{"steps": 100}, {"epochs": 25, "batch_size": 5}])
def test_ctrl_c_in_a_callback_keeps_what_was_learned(options, backend):
    def callback(progress):
        if progress.step >= 40:
            raise KeyboardInterrupt

    run = fit(callbacks=[callback], every=20, backend=backend, **options)
    assert run.steps == 40
    assert "stopped by hand after 40" in run.stopped
    size = options.get("batch_size")
    source = iter(lambda: (X, Y), None) if size is None else mini_batches(X, Y, size)
    losses, params = by_hand(islice(source, 40))
    np.testing.assert_allclose(run.losses, losses, rtol=1e-11)
    same(run.params, params, 1e-11)


LONG = """
import signal, sys, numpy as np, symnet
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
X = np.random.default_rng(0).uniform(-1, 1, (16, 3))
Y = np.sin(X[:, :1])
net = symnet.mlp([3, 4, 1], "tanh", "linear", "mean_squared_error")
options = {options}
symnet.fit(net, X, Y, optimizer=symnet.sgd(0.01), steps=3, backend={backend!r})  # compiled before the signal
print("ready", flush=True)
run = symnet.fit(net, X, Y, optimizer=symnet.sgd(0.01), backend={backend!r}, **options)
finite = all(np.isfinite(value).all() for value in run.params.values())
again = symnet.fit(net, X, Y, params=run.params, optimizer=symnet.sgd(0.01), steps=1, backend={backend!r})
print(run.steps, len(run.losses), finite, bool(again.losses[0] < run.losses[0]), run.stopped)
"""


@both
@pytest.mark.parametrize(
    "options",
    [{"steps": 2_000_000_000}, {"epochs": 2_000_000_000, "batch_size": 5, "validation": 0.2}],
    ids=["steps", "epochs"],
)
def test_ctrl_c_keeps_what_was_learned(options, backend):
    script = LONG.format(options=repr(options), backend=backend)
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout.readline() == "ready\n"
            time.sleep(4)
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
        finally:
            child.kill()
    assert (child.returncode, err) == (0, "")
    steps, losses, finite, better, stopped = out.strip().split(" ", 4)
    assert int(steps) == int(losses) > 0
    assert (finite, better) == ("True", "True")
    assert "by hand" in stopped
    assert f"{int(steps):,}" in stopped


# Losses that are no numbers


def diverged(*arguments, **options):
    with pytest.warns(RuntimeWarning, match="stopped at step") as caught:
        run = fit(*arguments, **options)
    assert len(caught) == 1
    assert str(caught[0].message) == run.stopped
    assert run.diverged
    assert np.isfinite(run.losses).all()
    assert all(np.isfinite(value).all() for value in run.params.values())
    return run


@both
@pytest.mark.parametrize(
    "options", [{"steps": 400}, {"epochs": 200, "batch_size": 6}, {"steps": 401, "batch_size": 10}]
)
def test_a_huge_rate_ends_with_the_last_good_parameters(options, backend):
    run = diverged(optimizer=symnet.sgd(1000000), backend=backend, **options)
    assert "Loss is infinite" in run.stopped
    size = options.get("batch_size")
    source = list(islice(iter(lambda: (X, Y), None) if size is None else mini_batches(X, Y, size), run.steps + 1))
    with np.errstate(all="ignore"):
        losses, _ = by_hand(source, rate=1e6)
    assert np.isfinite(losses[:-1]).all()
    assert not np.isfinite(losses[-1])  # and not a step earlier
    assert f"step {run.steps:,}:" in run.stopped
    np.testing.assert_allclose(run.losses, losses[:-1], rtol=1e-6)
    assert loss_of(run.params, *source[run.steps - 1]) == pytest.approx(run.losses[-1], rel=1e-12)
    assert f"before update {run.steps - 1:,}" in run.stopped


@both
def test_the_warning_points_at_the_callers_own_line(backend):
    for options in ({"steps": 100}, {"epochs": 100, "batch_size": 6}):
        line = inspect.currentframe().f_lineno + 2
        with pytest.warns(RuntimeWarning, match="stopped") as caught:
            symnet.fit(NET, X, Y, optimizer=symnet.sgd(1000000), backend=backend, **options)
        assert (caught[0].filename, caught[0].lineno) == (__file__, line)


@both
def test_a_diverging_run_with_fresh_batches(backend):
    pairs = [(X[i % 10 :][:5], Y[i % 10 :][:5]) for i in range(60)]
    run = diverged(iter(pairs), steps=60, optimizer=symnet.sgd(1000000), backend=backend)
    x, y = pairs[run.steps - 1]
    assert loss_of(run.params, x, y) == pytest.approx(run.losses[-1], rel=1e-12)


@both
@pytest.mark.parametrize("size", [None, 5])
def test_a_diverging_run_with_validation_gives_the_best_parameters(size, backend):
    # Good for about fifty epochs and then worse and worse, however the epochs fall into calls.
    per_epoch = 1 if size is None else 4
    run = diverged(epochs=2000, validation=(X, Y), batch_size=size, schedule=f"0.02*4^(t/{20 * per_epoch})",
                   optimizer=symnet.sgd(), backend=backend)  # fmt: skip
    assert run.best_epoch == int(np.argmin(run.validation)) > 3
    assert loss_of(run.params, X, Y) == pytest.approx(run.validation.min(), rel=1e-12)


@both
def test_a_root_at_zero_error_says_which_gradient_does_not_exist(backend):
    net = symnet.mlp([1, 1], "tanh", "linear", "root_squared_error")
    # ∂L/∂b = −1 there, so half a step each lands on the target exactly.
    run = diverged([[1.0]], [[1.0]], net=net, params={"W1": [[0]], "b1": [0]}, optimizer=symnet.sgd("1/2"), steps=9,
                   backend=backend)  # fmt: skip
    assert run.losses.tolist() == [1, 0]
    assert "step 1:" in run.stopped
    assert "gradient" in run.stopped
    assert "nan" in run.stopped
    assert (run.params["W1"].item(), run.params["b1"].item()) == (0.5, 0.5)


@both
def test_a_root_at_zero_error_from_the_start(backend):
    net = symnet.mlp([1, 1], "tanh", "linear", "root_squared_error")
    run = diverged([[1.0]], [[1.0]], net=net, params={"W1": [[0]], "b1": [1]}, steps=1, backend=backend)
    assert run.losses.tolist() == [0]
    assert "step 0:" in run.stopped
    assert (run.params["W1"].item(), run.params["b1"].item()) == (0, 1)


@both
def test_a_logarithm_of_a_negative_number_is_named(backend):
    net = symnet.Network.parse("y = w*x\nlogarithm = log(y)\nL = -logarithm + 10*w", parameters=("w",))
    # ∂L/∂w = −1/w + 10: one step of 0.2 from 1 is −0.8.
    run = diverged([[1.0]], net=net, params={"w": 1}, optimizer=symnet.sgd("1/5"), steps=5, backend=backend)
    assert run.steps == 1
    assert run.losses.tolist() == [10]
    assert "step 1:" in run.stopped
    assert "logarithm is nan" in run.stopped
    assert run.params["w"] == 1
    never = diverged([[1.0]], net=net, params={"w": -1}, steps=5, backend=backend)
    assert never.steps == 0
    assert "step 0: logarithm is nan" in never.stopped
    assert never.params["w"] == -1


@both
def test_a_long_run_that_ends_badly_late_is_taken_back_by_one_step_only(backend):
    # w ← w − 0.001: y = w is positive for exactly 3,000 updates (in binary fractions, without rounding).
    net = symnet.Network.parse("y = w*x\nL = y + 0*log(y)", parameters=("w",))
    run = diverged([[1.0]], net=net, params={"w": 3000.5 / 1024}, optimizer=symnet.sgd("1/1024"), steps=10_000,
                   backend=backend)  # fmt: skip
    assert run.steps == 3001
    assert run.params["w"] == 0.5 / 1024


# Errors


def broken(start, **change):
    return {**start, **change}


def batches_that_end():
    yield X[:4], Y[:4]
    yield X[:4], Y[:4]


def batches_of_other_shapes():
    yield X[:4], Y[:4]
    while True:
        yield X[:5], Y[:5]


WITHOUT_PARAMETERS = symnet.Network.parse("e = a*b")
WRONG = {
    "backend": ({"backend": "jaxx"}, ['backend is "jaxx"', 'did you mean "jax"']),
    "math backend": ({"backend": "math"}, ["backend", "numpy", "jax"]),
    "no optimizer": ({"optimizer": None}, ["optimizer", "symnet.sgd(0.05)"]),
    "named optimizer": ({"optimizer": "adam"}, ["optimizer", "adam", "symnet.sgd(0.05)"]),
    "optimizer class": ({"optimizer": symnet.sgd}, ["optimizer", "learning rate"]),
    "no rate": ({"optimizer": symnet.sgd()}, ["no learning rate", "symnet.sgd(0.05)"]),
    "constant without rate": ({"optimizer": symnet.adam(), "schedule": "constant"}, ["no learning rate"]),
    "negative rate": ({"optimizer": symnet.sgd(-0.1)}, ["learning rate is -0.1", "negative"]),
    "neither": ({"steps": None}, ["steps", "epochs"]),
    "both": ({"epochs": 3}, ["steps", "epochs"]),
    "negative steps": ({"steps": -1}, ["steps is", "-1", "whole number"]),
    "steps 1.5": ({"steps": 1.5}, ["steps is", "1.5", "whole number"]),
    "steps True": ({"steps": True}, ["steps is", "True", "whole number"]),
    "epochs text": ({"steps": None, "epochs": "3"}, ["epochs is", "whole number"]),
    "large batch": ({"batch_size": 21}, ["batch_size is 21", "20 rows"]),
    "batch larger than the rest": ({"batch_size": 17, "validation": 0.2}, ["batch_size is 17", "16 rows"]),
    "batch 0": ({"batch_size": 0}, ["batch_size", "0", "1 or more"]),
    "batch True": ({"batch_size": True}, ["batch_size", "True"]),
    "empty X": ({"X": np.zeros((0, 3)), "Y": np.zeros((0, 1))}, ["X has no rows"]),
    "nan in X": ({"X": np.where(np.arange(60).reshape(20, 3) == 7, np.nan, X)}, ["X[2, 1] is nan"]),
    "inf in Y": ({"Y": np.where(np.arange(20)[:, None] == 7, np.inf, Y)}, ["Y[7, 0] is inf"]),
    "flat Y": ({"Y": Y[:, 0]}, ["Y has shape (20,)", "(20, 1)"]),
    "X columns": ({"X": X[:, :2]}, ["X has shape (20, 2)", "(20, 3)"]),
    "Y columns": ({"Y": np.hstack([Y, Y])}, ["Y has shape (20, 2)", "(20, 1)"]),
    "rows": ({"Y": Y[:-1]}, ["(20, 3)", "(19, 1)", "rows"]),
    "no Y": ({"Y": None}, ["Y is missing", "(20, 1)"]),
    "text": ({"X": [["a", "b", "c"]] * 20}, ["X holds text"]),
    "dtype": ({"dtype": "float16"}, ["dtype", "float16", "float32 or float64"]),
    "patience alone": ({"patience": 3}, ["patience", "validation=0.2"]),
    "patience 0": ({"patience": 0, "validation": 0.2}, ["patience", "1 or more"]),
    "validation 1": ({"validation": 1.0}, ["held back", "between 0 and 1"]),
    "validation nothing": ({"validation": 0.001}, ["0.001", "20 rows"]),
    "validation triple": ({"validation": (X, Y, X)}, ["validation", "pair"]),
    "validation flat": ({"validation": (X, Y[:, 0])}, ["validation", "Y has shape (20,)"]),
    "schedule syntax": ({"schedule": "0.1*"}, ["schedule"]),
    "schedule name": ({"schedule": "0.1*step_number"}, ["schedule", "step_number"]),
    "schedule number": ({"schedule": 0.1}, ["schedule is", "0.1", "formula such as"]),
    "schedule lr without one": ({"schedule": "lr/2", "optimizer": symnet.sgd()}, ["schedule", "lr"]),
    "schedule code": ({"schedule": "__import__('os').getpid()"}, ["schedule"]),
    "missing": ({"params": {"W1": START["W1"]}}, ["params has no", "b1"]),
    "extra": ({"params": broken(START, W3=[1])}, ["params has", "W3", "not a parameter"]),
    "shape": ({"params": broken(START, W1=np.zeros((4, 3)))}, ["W1 has shape (4, 3)", "(3, 4)"]),
    "transposed bias": ({"params": broken(START, b1=np.zeros((1, 4)))}, ["b1 has shape (1, 4)", "(4,)"]),
    "nan": ({"params": broken(START, b2=[math.nan])}, ["b2", "not finite"]),
    "params list": ({"params": [1, 2]}, ["params", "dictionary"]),
    "init": ({"params": None, "init": "normal"}, ["init", "normal"]),
    "seed": ({"seed": -1}, ["seed", "-1"]),
    "every": ({"every": 0, "callbacks": [print]}, ["every", "0"]),
    "reduce": ({"net": symnet.Network.parse("L = w*x", ["w"]), "X": X[:, :1], "Y": None, "params": {"w": 1},
                "reduce": "median"}, ["reduce", "median"]),
    "ends early": ({"X": batches_that_end, "Y": None}, ["iterator of batches ended after 2 of 7 steps"]),
    "other shapes": ({"X": batches_of_other_shapes, "Y": None}, ["(5, 3)", "(4, 3)"]),
    "empty iterator": ({"X": lambda: iter(()), "Y": None}, ["iterator of batches ended after 0 of 7 steps"]),
    "iterator and Y": ({"X": batches_that_end}, ["iterator", "leave Y out"]),
    "iterator and epochs": ({"X": batches_that_end, "Y": None, "steps": None, "epochs": 2}, ["steps="]),
    "iterator and batch_size": ({"X": batches_that_end, "Y": None, "batch_size": 2}, ["batch_size"]),
    "iterator and validation": ({"X": batches_that_end, "Y": None, "validation": 0.2}, ["validation"]),
    "iterator with flat Y": ({"X": lambda: iter([(X, Y[:, 0])]), "Y": None}, ["Y has shape (20,)"]),
    "no parameters": ({"net": WITHOUT_PARAMETERS, "X": X[:, :2], "Y": None, "params": None}, ["no parameters"]),
}  # fmt: skip


@both
@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_trained_is_refused_in_one_line(case, backend):
    change, words = WRONG[case]
    options = {"net": NET, "X": X, "Y": Y, "params": START, "optimizer": symnet.sgd(0.1), "steps": 7,
               "backend": backend, **change}  # fmt: skip
    x = options.pop("X")
    x = x() if callable(x) else x
    with pytest.raises(Mistake) as raised:
        symnet.fit(options.pop("net"), x, options.pop("Y"), **options)
    line = str(raised.value)
    assert line.isprintable()
    assert len(line) < 300
    for word in words:
        assert word in line


@both
def test_batches_that_change_shape_are_refused_wherever_they_do(backend):
    for same_before in (1, 2, 3, 10):
        pairs = [(X[:4], Y[:4])] * same_before + [(X[:5], Y[:5])] * 20
        with pytest.raises(Mistake, match=r"\(5, 3\).*\(4, 3\)"):
            fit(iter(pairs), steps=20, backend=backend)


# Speed and memory


class Compilations:
    """How often XLA compiles, as JAX itself reports it."""

    def __init__(self):
        self.count = 0
        jax.monitoring.register_event_duration_secs_listener(self._heard)

    def _heard(self, event, seconds, **details):
        self.count += "backend_compile" in event

    def of(self, make):
        before = self.count
        make()
        return self.count - before


@pytest.fixture(scope="module")
def compilations():
    return Compilations()


FRESH = {"X": None}
AGAIN = {  # (a fit, another that differs in numbers alone)
    "full batch": ({"steps": 30}, {"steps": 77}),
    "epochs": ({"epochs": 6, "batch_size": 6}, {"epochs": 9, "batch_size": 6, "seed": 4}),
    "left over": ({"steps": 9, "batch_size": 6}, {"steps": 11, "batch_size": 6}),
    "validation": ({"epochs": 6, "validation": 0.2}, {"epochs": 9, "validation": 0.2, "patience": 2}),
    "batches and validation": (
        {"epochs": 6, "batch_size": 5, "validation": 0.2},
        {"epochs": 11, "batch_size": 5, "validation": 0.2, "patience": 2},
    ),
    "schedule": ({"steps": 30, "schedule": "lr*0.5^t"}, {"steps": 31, "schedule": "lr/(1 + t)"}),
    "fresh": ({"steps": 30, **FRESH}, {"steps": 41, **FRESH}),
}


@pytest.mark.parametrize("make", [symnet.sgd, symnet.adam])
@pytest.mark.parametrize("case", AGAIN)
def test_a_second_fit_compiles_nothing(case, make, compilations):
    first, second = AGAIN[case]
    width = 5 + 2 * list(AGAIN).index(case) + (make is symnet.adam)  # a network of its own, not yet compiled
    jax.clear_caches()

    def train(rate, start, options):
        net = symnet.mlp([3, width, 1], "tanh", "linear", "mean_squared_error")
        options = dict(options)
        given = (iter([(X, Y)] * 50),) if "X" in options else (X, Y)
        options.pop("X", None)
        symnet.fit(net, *given, optimizer=make(rate), params=net.init(seed=start), backend="jax", **options)

    assert compilations.of(lambda: train(0.1, 0, first)) > 0  # the counter counts
    assert compilations.of(lambda: train(0.1, 0, first)) == 0
    assert compilations.of(lambda: train(0.1, 1, second)) == 0
    assert compilations.of(lambda: train(0.2, 1, second)) == 0  # the rate is a number like any other


def test_nothing_global_is_changed():
    def settings():
        return {name: getattr(jax.config, name) for name in ("jax_enable_x64", "jax_default_device", "jax_debug_nans",
                "jax_default_matmul_precision", "jax_platforms", "jax_disable_jit")}  # fmt: skip

    before, environment, errors = settings(), dict(os.environ), np.geterr()
    filters, handler = list(warnings.filters), signal.getsignal(signal.SIGINT)
    random = np.random.get_state()[1].tolist()
    for x in (X, X.astype(np.float32)):
        fit(x, Y, epochs=3, batch_size=6, validation=0.2, backend="jax")
        fit(x, Y, steps=3, backend="jax")
        fit(x, Y, steps=3, backend="numpy")
    assert settings() == before
    assert dict(os.environ) == environment
    assert np.geterr() == errors
    assert warnings.filters == filters
    assert signal.getsignal(signal.SIGINT) is handler
    assert np.random.get_state()[1].tolist() == random
    assert jnp.ones(1).dtype == jnp.float32


@both
def test_mini_batches_take_memory_in_proportion_to_the_data(backend):
    x = np.random.default_rng(0).uniform(-1, 1, (50_000, 3))
    y = x[:, :1].copy()
    tracemalloc.start()
    try:
        fit(x, y, epochs=1, batch_size=500, backend=backend)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20 * (x.nbytes + y.nbytes)  # 32 MB; row numbers of 512 epochs would be 200 MB


# Published figures and PyTorch

XS = np.array([[2, 3, -1], [3, -1, 0.5], [0.5, 1, 1], [1, 1, -1]])
YS = np.array([[1.0], [-1], [-1], [1]])


@both
def test_s6_fifty_steps_bring_the_loss_below_a_hundredth(backend):
    net = symnet.mlp([3, 4, 4, 1], "tanh", "tanh", "squared_error")
    runs = [symnet.fit(net, XS, YS, optimizer=symnet.sgd(0.1), steps=50, seed=s, backend=backend) for s in range(8)]
    assert sum(run.losses[-1] < 0.01 for run in runs) >= 5
    good = [run for run in runs if run.losses[-1] < 0.01]
    assert sum(0.8 < run.predict([[4, 5, -3]]).item() <= 1 for run in good) >= len(good) - 1


TORCH = {  # SEEDS S6 and S8: (output, loss, rate)
    "S6": ("tanh", "squared_error", "0.1"),
    "S8": ("linear", "mean_squared_error", "0.01"),
}


@both
@pytest.mark.parametrize("seed", TORCH)
def test_pytorch_follows_the_same_curve(seed, backend):
    torch = pytest.importorskip("torch")
    output, loss, rate = TORCH[seed]
    net = symnet.mlp([3, 4, 4, 1], "tanh", output, loss)
    start = net.init("fan_in", seed=1)
    layers = [torch.nn.Linear(a, b, dtype=torch.float64) for a, b in ((3, 4), (4, 4), (4, 1))]
    with torch.no_grad():
        for number, layer in enumerate(layers, 1):
            layer.weight.copy_(torch.from_numpy(start[f"W{number}"].T.copy()))
            layer.bias.copy_(torch.from_numpy(start[f"b{number}"]))
    last = [torch.nn.Tanh()] if output == "tanh" else []
    model = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2], *last)
    judge = torch.nn.MSELoss(reduction="sum" if loss == "squared_error" else "mean")
    updates = torch.optim.SGD(model.parameters(), lr=float(rate))
    losses = []
    for _ in range(200):
        updates.zero_grad()
        value = judge(model(torch.from_numpy(XS)), torch.from_numpy(YS))
        value.backward()
        updates.step()
        losses.append(value.item())
    run = symnet.fit(net, XS, YS, params=start, optimizer=symnet.sgd(rate), steps=200, backend=backend)
    np.testing.assert_allclose(run.losses, losses, rtol=1e-9)
    for number, layer in enumerate(layers, 1):
        np.testing.assert_allclose(run.params[f"W{number}"], layer.weight.detach().numpy().T, rtol=1e-9, atol=1e-12)


def test_digits_are_told_apart():
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    pixels = (pixels / 16).astype(np.float32)
    (x, y), (held, truth) = data.split(pixels, data.one_hot(labels.tolist()), 0.2, seed=0)
    net = symnet.mlp([64, 64, 10], "relu", "linear", "softmax_cross_entropy")
    begun = time.perf_counter()
    run = symnet.fit(net, x, y, optimizer=symnet.adam("0.005"), epochs=60, batch_size=64, init="he", backend="jax")
    seconds = time.perf_counter() - begun
    assert run.params["W1"].dtype == np.float32
    guessed, right = run.predict(held).argmax(1), truth.argmax(1)
    assert (guessed == right).mean() >= 0.97
    assert seconds < 60
    counts = np.zeros((10, 10))
    np.add.at(counts, (right, guessed), 1)
    figure = symnet.plots.confusion_matrix(counts)
    shown = [int(text.get_text()) for text in figure.axes[0].texts if text.get_text().strip()]
    assert sum(shown) == len(held) == 359
    assert sorted(shown) == sorted(int(count) for count in counts.ravel() if len(shown) == 100 or count)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_an_iterator_may_fill_the_same_arrays_again(backend):
    def batches(copies):
        random, x, y = np.random.default_rng(0), np.empty((4, 2)), np.empty((4, 1))
        while True:
            x[:], y[:] = random.normal(size=(4, 2)), random.normal(size=(4, 1))
            yield (x.copy(), y.copy()) if copies else (x, y)

    net = symnet.mlp([2, 3, 1])
    runs = [symnet.fit(net, batches(copies), optimizer=symnet.sgd(0.1), steps=30, backend=backend) for copies in (1, 0)]
    np.testing.assert_array_equal(runs[0].losses, runs[1].losses)
