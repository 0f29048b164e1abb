"""Dropout and batch normalization in training: masks drawn by ``fit``, and statistics to predict with."""

import numpy as np
import pytest

import symnet
from symnet import layers
from symnet.training.masks import Masks

X = np.random.default_rng(0).normal(size=(60, 5))
Y = np.stack([X[:, 0] * X[:, 1], np.sin(X[:, 2])], axis=1)
DROPOUT = symnet.sequential(5, [layers.dense(8, "tanh"), layers.dropout(0.25), layers.dense(2)], "mean_squared_error")
BOTH = symnet.sequential(
    5,
    [layers.dense(8), layers.batch_norm(), layers.dropout(0.5), layers.dense(2)],
    "mean_squared_error",
)


def trained(net, **options):
    return symnet.fit(net, X, Y, **{"optimizer": symnet.adam(0.01), "epochs": 6, "batch_size": 25, **options})


def test_masks_are_nothing_or_scaled_and_as_many_as_the_rate_says():
    ones = np.ones((4000, 8), np.float32)
    masks = Masks(DROPOUT, seed=3)
    x, first = masks.drawn((X[:1].repeat(4000, 0), ones), 0)
    _, second = masks.drawn((x, ones), 1)
    assert first.dtype == np.float32
    assert set(np.unique(first)) == {np.float32(0), np.float32(4 / 3)}
    assert abs((first == 0).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 32_000)  # four deviations
    assert (first != second).any()
    assert (masks.drawn((x, ones), 0)[1] == first).all()


def test_what_is_drawn_is_what_training_with_given_masks_gives():
    """The masks of epoch e are those of Masks; a run that is given them by hand, epoch by epoch, ends the same."""
    run = symnet.fit(DROPOUT, X, Y, optimizer=symnet.sgd(0.1), steps=4, seed=7)
    params, masks = DROPOUT.init(seed=7), Masks(DROPOUT, 7)
    for time in range(4):
        _, mask = masks.drawn((X, np.ones((60, 8))), time)
        params = symnet.fit(DROPOUT, (X, mask), Y, optimizer=symnet.sgd(0.1), steps=1, params=params).params
    assert all((params[name] == run.params[name]).all() for name in params)


@pytest.mark.parametrize("net", [DROPOUT, BOTH], ids=["dropout", "both"])
def test_both_backends_draw_the_same(net):
    one, other = trained(net, validation=0.25), trained(net, validation=0.25, backend="jax")
    np.testing.assert_allclose(one.losses, other.losses, rtol=1e-9)
    np.testing.assert_allclose(one.validation, other.validation, rtol=1e-9)
    np.testing.assert_allclose(one.predict(X), other.predict(X), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("how", [{"epochs": 3}, {"steps": 3, "epochs": None, "batch_size": None}], ids=["rows", "all"])
def test_training_goes_on_as_if_it_had_not_stopped(how):
    twice = {key: value and (value if key == "batch_size" else 2 * value) for key, value in how.items()}
    whole = trained(BOTH, **twice)
    half = trained(BOTH, **how)
    rest = trained(BOTH, **how, params=half)
    assert all((whole.params[name] == rest.params[name]).all() for name in whole.params)


def test_batches_of_an_iterator_are_left_out_from_too():
    batches = [(X[:20], Y[:20]), (X[20:40], Y[20:40])]
    run = symnet.fit(DROPOUT, batches, optimizer=symnet.sgd(0.1), epochs=2, seed=1)
    _, mask = Masks(DROPOUT, 1).drawn((X[:20], np.ones((20, 8))), 1)
    first, _ = symnet.compile(DROPOUT)(DROPOUT.init(seed=1), (X[:20], mask), Y[:20])
    assert run.losses[0] == pytest.approx(first, rel=1e-12)


def test_a_prediction_depends_on_its_own_row_alone():
    run = trained(BOTH)
    np.testing.assert_allclose(run.predict(X[:1]), run.predict(X)[:1], rtol=1e-13)
    assert run.evaluate(X[:1], Y[:1]).loss == pytest.approx(((run.predict(X)[:1] - Y[:1]) ** 2).mean(), rel=1e-12)


def test_statistics_are_those_of_the_rows_it_learned_from(tmp_path):
    run = trained(BOTH)
    below = X @ run.params["W1"] + run.params["b1"]
    np.testing.assert_allclose(run.statistics["m2"], below.mean(axis=0), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(run.statistics["v2"], below.var(axis=0), rtol=1e-12)
    by_hand = run.params["g2"] * (below - below.mean(0)) / np.sqrt(below.var(0) + 1e-5) + run.params["b2"]
    np.testing.assert_allclose(run.predict(X), by_hand @ run.params["W4"] + run.params["b4"], rtol=1e-11, atol=1e-13)
    run.save(tmp_path / "net.npz")
    known = symnet.load_parameters(tmp_path / "net.npz", BOTH)
    np.testing.assert_array_equal(BOTH.predict(known, X[:3]), run.predict(X[:3]))
    again = trained(BOTH, params=known, epochs=0)  # of parameters with statistics it takes the parameters
    assert set(again.params) == set(run.params)


def test_rows_held_back_are_judged_as_they_are_predicted():
    """By the statistics of the rows it learns from, without masks: of one row as of all of them together."""
    learned, held = (X[:40], Y[:40]), (X[40:], Y[40:])
    run = symnet.fit(BOTH, *learned, optimizer=symnet.adam(0.01), epochs=1, batch_size=15, validation=held)
    p = run.params
    below, there = (x @ p["W1"] + p["b1"] for x, _ in (learned, held))
    normal = (there - below.mean(0)) / np.sqrt(below.var(0) + 1e-5)
    right = (((p["g2"] * normal + p["b2"]) @ p["W4"] + p["b4"] - held[1]) ** 2).mean()
    assert run.validation == pytest.approx([right], rel=1e-12)
    assert run.evaluate(*held).loss == pytest.approx(right, rel=1e-12)
    assert symnet.compile(BOTH)(p, (held[0], np.ones((20, 8))), held[1])[0] != pytest.approx(right, rel=1e-3)


def test_without_statistics_those_of_the_rows_given_are_taken():
    params = BOTH.init(seed=0)
    below = X @ params["W1"] + params["b1"]
    normal = (below - below.mean(0)) / np.sqrt(below.var(0) + 1e-5)
    np.testing.assert_allclose(BOTH.predict(params, X), normal @ params["W4"] + params["b4"], rtol=1e-11, atol=1e-13)


def test_a_loop_of_ones_own_is_asked_for_the_mask():
    with pytest.raises(symnet.Mistake, match="X has shape"):
        symnet.compile(DROPOUT)(DROPOUT.init(seed=0), X, Y)
