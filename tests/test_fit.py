"""Training, judged by Optax, jax.grad and PyTorch, and by a plain NumPy loop written from the docstrings."""

from __future__ import annotations

import math
import time
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from by_hand import (
    BACKENDS,
    NET,
    START,
    X,
    Y,
    both,
    by_hand,
    fit,
    gradients_of,
    loss_of,
    mini_batches,
    same,
)
from optimizer_rules import BY_HAND

import symnet
from symnet.algebra import optimizers
from symnet.training import data


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


def test_how_examples_combine_is_said_once():
    net = symnet.mlp([1, 1], reduce="sum")
    with pytest.raises(symnet.Mistake, match=r"mlp\(…, reduce='mean'\)"):
        symnet.fit(net, [[1.0]], [[1.0]], optimizer=symnet.sgd(0.1), steps=1, reduce="mean")


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
