"""A sample of random networks of entries against jax.grad; tests/benchmarks/random_nets.py runs thousands of them."""

from __future__ import annotations

import entry_nets
import jax
import judged_entries
import numpy as np
import pytest

import symnet
from symnet.algebra import adjoints, pulling

SEEDS = (164, 229, 246, 12, 30, 61)  # few, and every kind of layer is in one of them
NOT_DERIVED_ELSEWHERE = 43  # compiled steps are kept, with the gradients that they have


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_net_has_the_gradients_of_jax_in_every_way(seed):
    assert judged_entries.wrong(seed) == {}


def test_compiled_by_xla_they_are_the_same():
    assert judged_entries.wrong(61, {"xla": judged_entries.by_xla}) == {}


def test_every_kind_of_layer_is_in_the_sample(monkeypatch):
    met = set()

    def noted(layer):
        def add(maker):
            before = len(maker.equations)
            layer(maker)
            met.update([layer.__name__] if len(maker.equations) > before else [])

        return add

    every = {layer.__name__ for layer in entry_nets.LAYERS}
    monkeypatch.setattr(entry_nets, "LAYERS", [noted(layer) for layer in entry_nets.LAYERS])
    nets = [entry_nets.random_net(seed) for seed in SEEDS]
    assert met == every
    assert any(value.dtype.kind == "i" for _, given, _ in nets for value in given.values())  # ids


@pytest.fixture
def _own_templates():
    """Gradients of operations are kept: none made with a broken rule may stay, and none made before may hide it."""
    adjoints._template.cache_clear()
    yield
    adjoints._template.cache_clear()


@pytest.mark.usefixtures("_own_templates")
def test_a_rule_that_is_broken_is_caught_by_the_sample(monkeypatch):
    right = pulling.solved
    monkeypatch.setattr(pulling, "solved", lambda places, term, over, target: right(places, 2 * term, over, target))
    found = judged_entries.wrong(NOT_DERIVED_ELSEWHERE)
    assert {"rule", "numpy", "jax"} <= set(found)
    assert found["rule"].startswith("off by")


def test_within_jit_arrays_of_numpy_and_whole_numbers_are_taken_as_outside():
    text = "E[i,t] = W[ids[i,t]]\nR[i,t=1..3] = E[i,4-t]\nL = mean(R^3)"
    net = symnet.Network.parse(text, "W", shapes={"ids": (symnet.BATCH, 3), "W": (4, 2)})
    step = symnet.compile(net, "jax")
    ids, W = np.array([[0, 3, 1], [2, 2, 0]]), np.random.default_rng(0).normal(size=(4, 2))
    with jax.enable_x64(True):
        loss, gradients = step({"W": W}, ids)
        traced_loss, traced_gradients = jax.jit(lambda W: step({"W": W}, ids))(W)
        slope = jax.jit(jax.grad(lambda W: step({"W": W}, ids)[0]))(W)
    assert float(traced_loss) == pytest.approx(float(loss), rel=1e-12)
    np.testing.assert_allclose(traced_gradients["W"], gradients["W"], rtol=1e-12)
    np.testing.assert_allclose(slope, gradients["W"], rtol=0, atol=1e-12)
