"""The accuracy on the way, held to what the network of a shorter run predicts, and to classes counted here."""

import json
import time

import numpy as np
import pytest

import symnet
from symnet.training import accuracies

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(120, 2))
WORDS = np.where(X[:, 0] + X[:, 1] > 0.3, "in", np.where(X[:, 0] < -0.8, "far", "out"))
HELD = GENERATOR.normal(size=(40, 2)), GENERATOR.choice(["far", "in", "out"], 40)


def trained(steps=None, epochs=None, **options):
    net = symnet.mlp([2, 6, 3], activation="tanh", output="linear", loss="softmax_cross_entropy")
    options = {"optimizer": symnet.adam(0.05), "batch_size": 20} | options
    return symnet.fit(net, X, WORDS, steps=steps, epochs=epochs, **options)


def test_every_accuracy_is_that_of_a_run_that_ends_there():
    run = trained(epochs=3)
    assert run.accuracies.updates.tolist() == [6, 12, 18]
    for updates, share in zip(run.accuracies.updates, run.accuracies.training, strict=True):
        assert share == (trained(steps=int(updates)).classes(X) == WORDS).mean()
    assert run.accuracies.training[-1] > run.accuracies.training[0]


def test_rows_held_back_are_judged_beside_the_others():
    run = trained(epochs=3, validation=HELD)
    for updates, share in zip(run.accuracies.updates, run.accuracies.validation, strict=True):
        assert share == (trained(steps=int(updates)).classes(HELD[0]) == HELD[1]).mean()
    assert set(run.accuracies.by_kind()) == {"training", "validation"}


def test_both_backends_and_any_speed_judge_at_the_same_updates(monkeypatch):
    pytest.importorskip("jax")
    usual = trained(steps=220, batch_size=None)
    assert len(usual.accuracies) == 3
    assert usual.accuracies.updates[-1] == 220
    assert (trained(steps=220, batch_size=None, backend="jax").accuracies.updates == usual.accuracies.updates).all()
    ticks = iter(range(10**9))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))  # as if every call took seconds
    slow = trained(steps=220, batch_size=None).accuracies
    assert (slow.updates == usual.accuracies.updates).all()
    assert (slow.training == usual.accuracies.training).all()


def test_the_end_is_judged_where_training_ends_early():
    stop = lambda progress: progress.step >= 9  # noqa: E731
    run = trained(epochs=50, callbacks=[stop], every=9)
    assert run.steps < 300
    assert run.accuracies.updates[-1] == run.steps
    assert run.accuracies.training[-1] == (run.classes(X) == WORDS).mean()


def test_numbers_have_no_accuracy():
    net = symnet.mlp([2, 3, 1])
    run = symnet.fit(net, X, X[:, :1], optimizer=symnet.sgd(0.01), steps=5)
    assert len(run.accuracies) == 0
    assert run.accuracies.by_kind() == {}
    pytest.importorskip("matplotlib")
    assert len(run.plot().axes) == 1


def test_the_plot_has_the_accuracies_below_the_losses():
    pytest.importorskip("matplotlib")
    run = trained(epochs=3, validation=HELD)
    losses, shares = run.plot().axes
    assert (losses.get_ylabel(), shares.get_ylabel(), shares.get_xlabel()) == ("loss", "accuracy", "epoch")
    assert [line.get_xdata().tolist() for line in shares.lines[:2]] == [[1, 2, 3]] * 2
    assert (shares.lines[1].get_ydata() == run.accuracies.validation).all()


def test_train_says_the_accuracy_on_the_way(tmp_path, command):
    rows = "\n".join(f"{a},{b},{word}" for (a, b), word in zip(X, WORDS, strict=True))
    (tmp_path / "points.csv").write_text(f"a,b,kind\n{rows}\n")
    file = tmp_path / "points.toml"
    file.write_text(
        "learning_rate = 0.5\n[network]\nlayers = [2, 4, 3]\nloss = 'softmax_cross_entropy'\n"
        "[data]\ncsv = 'points.csv'\ninputs = ['a', 'b']\ntargets = ['kind']\n[training]\nepochs = 20\n"
    )
    code, out, err = command("train", file, "--json")
    assert code == 0, err
    answer = json.loads(out)
    assert list(answer["accuracies"]) == ["training"]
    assert list(answer["accuracies"]["training"]) == ["1", "10", "20"]
    assert answer["accuracies"]["training"]["20"] == answer["accuracy"]["training"]
    code, out, _ = command("train", file)
    assert f"20  {answer['accuracy']['training']:.1%}" in out


def test_a_longer_run_is_judged_more_often_and_a_very_large_network_less(monkeypatch):
    usual = trained(epochs=60)
    assert len(usual.accuracies) == 3  # 3 · 60 · 120 rows times 39 parameters are done in some milliseconds
    monkeypatch.setattr(accuracies, "PAUSE", 222)
    monkeypatch.setattr(accuracies, "EACH", 2)
    # A two-hundredth of those 842,400 products is 14 pauses; after the first epoch and the last there is one anyway.
    assert len(trained(epochs=60).accuracies) == 16
    assert len(trained(epochs=600).accuracies) == 20
    monkeypatch.setattr(accuracies, "KEPT", 4 * 39)
    assert len(trained(epochs=60).accuracies) == 4


def test_the_first_thousand_rows_are_judged_as_they_were_while_it_learned():
    generator = np.random.default_rng(1)
    rows, labels = generator.normal(size=(2_000, 50)), generator.choice(["a", "b"], 2_000)
    net = symnet.mlp([50, 200, 2], output="linear", loss="softmax_cross_entropy")
    run = symnet.fit(net, rows, labels, optimizer=symnet.sgd(0.01), epochs=20, batch_size=500)
    expected = (run.classes(rows[:1_000]) == labels[:1_000]).mean()
    rows[:] = 0  # nobody has asked yet
    assert run.accuracies.updates.tolist() == [4, 40, 80]
    assert run.accuracies.training[-1] == expected


@pytest.mark.parametrize("options", [{"batch_size": None}, {"batch_size": 20}, {"batch_size": 25}])
def test_judging_adds_no_program_of_xlas(options):
    jax = pytest.importorskip("jax")
    heard = []
    jax.monitoring.register_event_duration_secs_listener(lambda event, *_, **__: heard.append(event))
    trained(epochs=1, backend="jax", **options)
    before = sum("backend_compile" in event for event in heard)
    run = trained(epochs=61, backend="jax", **options)
    assert len(run.accuracies) == 3
    assert sum("backend_compile" in event for event in heard) == before
