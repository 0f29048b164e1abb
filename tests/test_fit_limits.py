"""What cannot be trained, what is compiled, and the memory that training takes."""

from __future__ import annotations

import math
import os
import signal
import tracemalloc
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from by_hand import (
    NET,
    START,
    X,
    Y,
    both,
    fit,
)

import symnet
from symnet.algebra.mistakes import Mistake

# Errors


def broken(start, **change):
    return {**start, **change}


def batches_that_end():
    yield X[:4], Y[:4]
    yield X[:4], Y[:4]


def batches_of_other_types():
    yield X[:4].astype(np.float32), Y[:4]
    while True:
        yield X[:4], Y[:4]


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
    "other types": ({"X": batches_of_other_types, "Y": None}, ["float64", "float32"]),
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
def test_batches_may_change_size_wherever_they_do(backend):
    for same_before in (1, 2, 10):
        pairs = [(X[:4], Y[:4])] * same_before + [(X[:5], Y[:5])] * 3 + [(X[:4], Y[:4])] * 2
        run = fit(iter(pairs), steps=len(pairs), backend=backend)
        one_by_one = START
        for i, (x, y) in enumerate(pairs):
            one = fit(x, y, steps=1, params=one_by_one)
            one_by_one = one.params
            assert run.losses[i] == pytest.approx(one.losses[0], rel=1e-12)
    widths = [(X[:4], Y[:4]), (X[:4, :2], Y[:4])]
    with pytest.raises(Mistake, match=r"X has shape \(4, 2\)"):
        fit(iter(widths), steps=2, backend=backend)


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
