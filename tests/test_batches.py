"""Batches from a list or a loader: the same updates as one by one, epoch after epoch."""

import numpy as np
import pytest

import symnet
from symnet import Mistake

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(23, 3)), RANDOM.normal(size=(23, 1))
NET = symnet.mlp([3, 4, 1], activation="tanh", loss="mean_squared_error")
BATCHES = [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 23, 8)]  # the last is smaller


class Loader:
    """A DataLoader as others write it: batches as lists, afresh in each pass."""

    def __init__(self, batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        return ([x, y] for x, y in self.batches)


@pytest.mark.parametrize("given", [BATCHES, tuple(BATCHES), Loader(BATCHES)], ids=["list", "tuple", "loader"])
@pytest.mark.parametrize("how", [{"epochs": 3}, {"steps": 9}])
def test_every_batch_is_an_update_in_each_epoch(given, how):
    adam = symnet.adam(0.01)
    run = symnet.fit(NET, given, optimizer=adam, **how)
    one, losses = None, []
    for x, y in BATCHES * 3:
        one = symnet.fit(NET, x, y, optimizer=adam, steps=1, params=one)
        losses += one.losses.tolist()
    np.testing.assert_allclose(run.losses, losses, rtol=1e-12)
    np.testing.assert_allclose(run.params["W1"], one.params["W1"], rtol=1e-12)


def test_batches_of_labels_are_classes():
    labels = np.where(Y[:, 0] > 0, 1, 0)
    net = symnet.mlp([3, 4, 2], activation="tanh", output="softmax", loss="cross_entropy")
    batches = Loader([(X[i : i + 8], labels[i : i + 8]) for i in range(0, 23, 8)])
    run = symnet.fit(net, batches, optimizer=symnet.adam(0.05), epochs=40)
    assert run.evaluate(X, labels).accuracy > 0.8
    assert set(run.classes(X).tolist()) == {0, 1}


def test_a_network_without_targets_takes_arrays():
    net = symnet.Network.parse("L = (w*x - y)^2", ["w"])
    run = symnet.fit(net, [X[:4, :2], X[4:6, :2]], optimizer=symnet.sgd(0.1), epochs=2, params={"w": 1.0})
    assert run.steps == 4


def test_a_table_of_rows_is_still_a_table():
    as_lists = symnet.fit(NET, X.tolist(), Y.tolist(), optimizer=symnet.sgd(0.1), steps=2)
    np.testing.assert_array_equal(as_lists.losses, symnet.fit(NET, X, Y, optimizer=symnet.sgd(0.1), steps=2).losses)


def test_what_cannot_be_counted_asks_for_steps():
    class Endless:
        def __iter__(self):
            return iter(BATCHES)

    with pytest.raises(Mistake, match="say steps=… in place of epochs"):
        symnet.fit(NET, Endless(), optimizer=symnet.sgd(0.1), epochs=2)
    assert symnet.fit(NET, Endless(), optimizer=symnet.sgd(0.1), steps=5).steps == 5
