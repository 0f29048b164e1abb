"""When training ends, and what it gives then: validation, schedules, callbacks, Ctrl-C, losses that are no numbers."""

from __future__ import annotations

import inspect
import math
import re
import signal
import subprocess
import sys
import time
from itertools import islice

import numpy as np
import pytest
from by_hand import (
    NET,
    START,
    X,
    Y,
    both,
    by_hand,
    fit,
    loss_of,
    mini_batches,
    same,
)
from optimizer_rules import momentum

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.training import data

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
shown = []

def running(progress):
    shown or print("running", flush=True)
    shown.append(progress.step)

run = symnet.fit(
    net, X, Y, optimizer=symnet.sgd(0.01), backend={backend!r}, callbacks=[running], every=1000, **options
)
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
            assert child.stdout.readline() == "running\n"
            time.sleep(0.3)  # so that it is met at work, as a rule; it must end alike wherever it is
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


LOST = """
import gc, os, signal, numpy as np, symnet
signal.signal(signal.SIGINT, signal.default_int_handler)
X = np.random.default_rng(0).uniform(-1, 1, (16, 3))
shown = []

def pressed(phase, about):
    if len(shown) == 2:
        shown.append("pressed")
        os.kill(os.getpid(), signal.SIGINT)  # Python calls the handler before the next line

def running(progress):
    shown.append(progress.step)
    gc.collect()

gc.callbacks.append(pressed)
net = symnet.mlp([3, 4, 1], "tanh", "linear", "mean_squared_error")
run = symnet.fit(
    net, X, np.sin(X[:, :1]), optimizer=symnet.sgd(0.01), steps=100, backend={backend!r}, callbacks=[running], every=10
)
handler = signal.getsignal(signal.SIGINT) is signal.default_int_handler
print(run.steps, handler, run.stopped)
"""


@both
def test_ctrl_c_is_not_lost_where_nothing_can_be_raised(backend):
    """In what the garbage collector calls back, as JAX has it do; on NumPy Python tells of it as well."""
    script = [sys.executable, "-c", LOST.format(backend=backend)]
    child = subprocess.run(script, capture_output=True, text=True, timeout=100)
    assert child.stdout == "20 True stopped by hand after 20 updates\n"
    assert child.stderr == "" or backend == "numpy"


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


@both
@pytest.mark.parametrize("kind", ["adam", "rmsprop", "adagrad", "adadelta"])
def test_a_gradient_whose_square_is_too_large_is_no_silent_stand_still(kind, backend):
    # L = (10¹⁰⁰ w x)², so ∂L/∂w is 2·10²⁰⁰ at w = 1, finite, and its square is not.
    net = symnet.Network.parse("L = (1e100*w*x)^2", parameters=("w",))
    optimizer = symnet.optimizers.CATALOGUE[kind](symnet.optimizers.Rational(1, 10))
    run = diverged([[1.0]], None, net=net, params={"w": 1.0}, optimizer=optimizer, steps=20, backend=backend)
    assert run.params["w"] == 1
    assert "(w), which the optimizer keeps, is infinite" in run.stopped
    assert "before update 0" in run.stopped


@both
def test_an_equation_of_parameters_alone_that_grows_too_large_is_named(backend):
    net = symnet.Network.parse("L = w^4 + 0*x", parameters=("w",))
    run = diverged([[1.0]], None, net=net, params={"w": 9.0}, optimizer=symnet.sgd(1), steps=20, backend=backend)
    assert "L" in run.stopped
    assert np.isfinite(run.params["w"])
    assert run.params["w"] ** 4 == pytest.approx(run.losses[-1], rel=1e-12)
