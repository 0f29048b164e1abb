"""What the tests of training share: a small network and its data, and the same training worked by hand in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from optimizer_rules import sgd

import symnet
from symnet.computing.backends import trainers
from symnet.training import data

BACKENDS = trainers()
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


# The judge: backpropagation of this one network by hand, and the optimizers as they are published.


def loss_of(params, X, Y):
    A = np.tanh(X @ params["W1"] + params["b1"])
    return np.mean((A @ params["W2"] + params["b2"] - Y) ** 2)


def gradients_of(params, X, Y):
    A = np.tanh(X @ params["W1"] + params["b1"])
    error = 2 * (A @ params["W2"] + params["b2"] - Y) / len(X)
    hidden = (error @ params["W2"].T) * (1 - A**2)
    return {"W1": X.T @ hidden, "b1": hidden.sum(0), "W2": A.T @ error, "b2": error.sum(0)}


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
