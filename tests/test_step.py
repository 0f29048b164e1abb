"""A compiled step inside JAX's own transformations, and in a loop of one's own."""

import numpy as np
import pytest

import symnet
from symnet import Mistake

NET = symnet.mlp([3, 4, 1], activation="tanh", loss="mean_squared_error")
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(5, 3)).astype(np.float32), RANDOM.normal(size=(5, 1)).astype(np.float32)
PARAMS = {name: value.astype(np.float32) for name, value in NET.init(seed=0).items()}


def test_a_step_stands_inside_jit_grad_and_vmap():
    jax = pytest.importorskip("jax")
    step = symnet.compile(NET, backend="jax")
    loss, gradients = symnet.compile(NET)(PARAMS, X, Y)
    inside = jax.jit(lambda p: (step(p, X, Y)[0], jax.grad(lambda q: step(q, X, Y)[0])(p)))(PARAMS)
    assert inside[0] == pytest.approx(loss, rel=1e-5)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(inside[1][name], gradient, rtol=1e-4, atol=1e-6)
    each = jax.vmap(lambda x, y: step(PARAMS, x[None], y[None])[0])(X, Y)
    assert float(each.mean()) == pytest.approx(loss, rel=1e-5)


def test_what_is_wrong_inside_jit_is_said():
    jax = pytest.importorskip("jax")
    with pytest.raises(Mistake, match=r'needs compile\(net, backend="jax"\)'):
        jax.eval_shape(lambda p: symnet.compile(NET)(p, X, Y), PARAMS)
    step = symnet.compile(NET, backend="jax")
    with pytest.raises(Mistake, match=r"parameter W1 has shape \(4, 1\); it must be \(3, 4\)"):
        jax.eval_shape(lambda p: step(p | {"W1": p["W2"]}, X, Y), PARAMS)
    with pytest.raises(Mistake, match='params has no "W1"'):
        jax.eval_shape(lambda p: step({}, X, Y), PARAMS)


def test_arrays_come_back_as_they_were_given():
    jax = pytest.importorskip("jax")
    step = symnet.compile(NET, backend="jax")
    loss, gradients = step(PARAMS, X, Y)
    assert isinstance(gradients["W1"], np.ndarray)
    there, on_device = step(*jax.tree.map(jax.numpy.asarray, (PARAMS, X, Y)))
    assert isinstance(on_device["W1"], jax.Array)
    assert float(there) == pytest.approx(float(loss), rel=1e-6)


def test_every_new_shape_and_type_is_looked_at():
    step = symnet.compile(NET)
    for _ in range(2):
        step(PARAMS, X, Y)
    for X_, Y_, says in (
        (X[:, :2], Y, r"X has shape \(5, 2\)"),
        (X, Y[:3], "the same number of rows"),
        (X, Y[:, 0], r"Y has shape \(5,\)"),
        (X, None, "Y is missing"),
        (X.astype(str), Y, "X holds text"),
    ):
        with pytest.raises(Mistake, match=says):
            step(PARAMS, X_, Y_)
    with pytest.raises(Mistake, match='params has no "b1"'):
        step({name: value for name, value in PARAMS.items() if name != "b1"}, X, Y)
    with pytest.raises(Mistake, match='params has "c"'):
        step(PARAMS | {"c": X}, X, Y)
    whole = step({name: value.tolist() for name, value in PARAMS.items()}, X.tolist(), Y.tolist())
    assert whole[0] == pytest.approx(step(PARAMS, X, Y)[0], rel=1e-5)
    mixed = step({name: value.astype(np.float64) for name, value in PARAMS.items()}, X, Y)
    assert mixed[1]["W1"].dtype == np.float32


def test_a_function_of_ones_own_is_a_formula_in_quotes():
    symnet.define("swish_of_test", "z*sigmoid(z)")
    net = symnet.mlp([3, 4, 1], activation="swish_of_test", loss="mean_squared_error")
    by_formula = symnet.mlp([3, 4, 1], activation="z*sigmoid(z)", loss="mean_squared_error")
    loss, gradients = symnet.compile(net)(PARAMS, X, Y)
    expected, others = symnet.compile(by_formula)(PARAMS, X, Y)
    assert loss == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(gradients["W1"], others["W1"], rtol=1e-5, atol=1e-7)
    for wrong, says in (
        (3, "neither a formula in quotes nor a function"),
        ("3 + 4", "does not use z"),
        ("q*2", '"q"'),
        ("min(max(z, -1), 1)", "cases within cases"),
    ):
        with pytest.raises(Mistake, match=says):
            symnet.define("wrong_of_test", wrong)


def test_a_callback_may_answer_with_numpys_truth():
    run = symnet.fit(
        NET, X, Y, optimizer=symnet.sgd(0.1), steps=50, every=5, callbacks=[lambda at: np.bool_(at.step > 9)]
    )
    assert run.steps == 10
