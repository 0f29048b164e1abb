"""Networks with several arrays as inputs, products without a name, arrays of three axes; judged by ``jax.grad``."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from by_hand import both
from sympy import Integer, Rational

import symnet
from symnet.algebra.equations import BATCH, Equation, add, array, divide, multiply, negate, power, symbol
from symnet.algebra.functions import relu, tanh
from symnet.algebra.matrices import matmul, rows, softmax, sum_of, transpose
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network

TWO = Integer(2)
LOSS = symbol("Loss")
RANDOM = np.random.default_rng(8)


def squares(y, t):
    return Equation(LOSS, sum_of(power(add(y, negate(t)), TWO)))


def two_inputs():
    """Y = tanh(A W + B V + 1 cᵀ), squared error."""
    A, B, T = array("A", BATCH, 2), array("B", BATCH, 3), array("T", BATCH, 2)
    W, V, c, Y = array("W", 2, 2), array("V", 3, 2), array("c", 2), array("Y", BATCH, 2)
    return Network(
        (A, B), (T,), (W, V, c), (Equation(Y, tanh(add(matmul(A, W), matmul(B, V), rows(c, BATCH)))), squares(Y, T))
    )


def two_inputs_by_hand(p, X, T):
    A, B = X
    return ((jnp.tanh(A @ p["W"] + B @ p["V"] + p["c"]) - T) ** 2).sum()


def recurrent():
    """Three steps of a recurrence with shared weights, an input for each step."""
    X = [array(f"X{t}", BATCH, 2) for t in (1, 2, 3)]
    H = [array(f"H{t}", BATCH, 3) for t in (1, 2, 3)]
    W, U, b, T = array("W", 2, 3), array("U", 3, 3), array("b", 3), array("T", BATCH, 3)
    equations = [Equation(H[0], tanh(add(matmul(X[0], W), rows(b, BATCH))))]
    for t in (1, 2):
        equations.append(Equation(H[t], tanh(add(matmul(X[t], W), matmul(H[t - 1], U), rows(b, BATCH)))))
    return Network(tuple(X), (T,), (W, U, b), (*equations, squares(H[2], T)))


def recurrent_by_hand(p, X, T):
    h = 0.0
    for x in X:
        h = jnp.tanh(x @ p["W"] + (h @ p["U"] if np.ndim(h) else 0.0) + p["b"])
    return ((h - T) ** 2).sum()


def unnamed_factor():
    """Z = (X∘X) W: the transpose of X∘X is in the gradient, and has no name."""
    X, T, W, Z = array("X", BATCH, 2), array("T", BATCH, 1), array("W", 2, 1), array("Z", BATCH, 1)
    return Network((X,), (T,), (W,), (Equation(Z, matmul(power(X, TWO), W)), squares(Z, T)))


def attention():
    """softmax(Q Kᵀ/2) V, a row a token."""
    X, T = array("X", BATCH, 2), array("T", BATCH, 2)
    weights = [array(f"W{letter}", 2, 2) for letter in "qkv"]
    Q, K, V, O = (array(letter, BATCH, 2) for letter in "QKVO")  # noqa: E741 - the output's usual name
    P = array("P", BATCH, BATCH)
    made = [Equation(name, matmul(X, w)) for name, w in zip((Q, K, V), weights, strict=True)]
    scores = softmax(multiply(Rational(1, 2), matmul(Q, transpose(K))))
    return Network((X,), (T,), tuple(weights), (*made, Equation(P, scores), Equation(O, matmul(P, V)), squares(O, T)))


def attention_by_hand(p, X, T):
    scores = jax.nn.softmax((X @ p["Wq"]) @ (X @ p["Wk"]).T / 2, axis=1)
    return ((scores @ (X @ p["Wv"]) - T) ** 2).sum()


def three_axes():
    """Y = relu(s X + s²) of pictures, and the mean of the squares over the batch."""
    X, T, Y, s = array("X", BATCH, 4, 2), array("T", BATCH, 4, 2), array("Y", BATCH, 4, 2), symbol("s")
    error = Equation(LOSS, divide(sum_of(power(add(Y, negate(T)), TWO)), BATCH))
    return Network((X,), (T,), (s,), (Equation(Y, relu(add(multiply(s, X), power(s, TWO)))), error))


def three_axes_by_hand(p, X, T):
    y = p["s"] * X + p["s"] ** 2
    return ((jnp.where(y > 0, y, 0.0) - T) ** 2).sum() / len(X)


NETS = {
    "two inputs": (two_inputs, two_inputs_by_hand, ((5, 2), (5, 3)), (5, 2)),
    "recurrent": (recurrent, recurrent_by_hand, ((4, 2),) * 3, (4, 3)),
    "an unnamed factor": (unnamed_factor, lambda p, X, T: ((X**2 @ p["W"] - T) ** 2).sum(), ((6, 2),), (6, 1)),
    "attention": (attention, attention_by_hand, ((5, 2),), (5, 2)),
    "three axes": (three_axes, three_axes_by_hand, ((3, 4, 2),), (3, 4, 2)),
}


def drawn(name, rows=None):
    """(network, its judge, parameters, X, T); X is a tuple where the network has several inputs."""
    make, by_hand, shapes, targets = NETS[name]
    net = make()
    sized = lambda shape: shape if rows is None else (rows, *shape[1:])  # noqa: E731
    X = tuple(RANDOM.normal(size=sized(shape)) for shape in shapes)
    params = {w.name: RANDOM.normal(size=tuple(map(int, getattr(w, "shape", ())))) for w in net.parameters}
    return net, by_hand, params, X if len(X) > 1 else X[0], RANDOM.normal(size=sized(targets))


def judged(by_hand, params, X, T):
    with jax.enable_x64(True):
        loss, slopes = jax.value_and_grad(by_hand)(*jax.tree.map(jnp.asarray, (params, X, T)))
        return float(loss), {name: np.asarray(value) for name, value in slopes.items()}


@both
@pytest.mark.parametrize("name", NETS)
def test_a_step_gives_the_gradients_of_jax(name, backend):
    net, by_hand, params, X, T = drawn(name)
    loss, slopes = judged(by_hand, params, X, T)
    step = symnet.compile(net, backend)
    for _ in range(2):  # checked, and then as it is
        found, gradients = step(params, X, T)
        np.testing.assert_allclose(found, loss, rtol=1e-12)
        for w, slope in slopes.items():
            np.testing.assert_allclose(gradients[w], slope, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", NETS)
def test_one_example_by_math_is_the_same(name):
    if name == "three axes":
        pytest.skip("arrays of three axes are not written out unit by unit yet")
    net, by_hand, params, X, T = drawn(name, rows=1)
    loss, slopes = judged(by_hand, params, X, T)
    found, gradients = symnet.compile(net, "math")(params, X, T)
    np.testing.assert_allclose(found, loss, rtol=1e-12)
    for w, slope in slopes.items():
        np.testing.assert_allclose(gradients[w], slope, rtol=1e-10, atol=1e-14)


@both
@pytest.mark.parametrize("name", NETS)
def test_training_goes_down_the_gradients_of_jax(name, backend):
    net, by_hand, params, X, T = drawn(name)
    run = symnet.fit(net, X, T, params=params, optimizer=symnet.sgd(0.01), steps=3, backend=backend, progress=False)
    w = params
    for i in range(3):
        loss, slopes = judged(by_hand, w, X, T)
        np.testing.assert_allclose(run.losses[i], loss, rtol=1e-10)
        w = {name: w[name] - 0.01 * slopes[name] for name in w}
    for name, value in w.items():
        np.testing.assert_allclose(run.params[name], value, rtol=1e-9)


@both
def test_batches_validation_and_predictions_take_the_rows_of_every_input(backend):
    net, _, params, X, T = drawn("two inputs", rows=23)
    how = {"params": params, "optimizer": symnet.adam(0.01), "epochs": 2, "batch_size": 5, "validation": 0.2}
    run = symnet.fit(net, X, T, backend=backend, progress=False, **how)
    assert len(run.losses) == 2 * 4  # of 18 rows
    again = symnet.fit(net, {"B": X[1], "A": X[0]}, T, backend=backend, progress=False, **how)
    np.testing.assert_array_equal(run.losses, again.losses)
    side_by_side = symnet.fit(net, np.concatenate(X, axis=1), T, backend=backend, progress=False, **how)
    np.testing.assert_array_equal(run.losses, side_by_side.losses)
    expected = np.tanh(X[0] @ run.params["W"] + X[1] @ run.params["V"] + run.params["c"])
    np.testing.assert_allclose(run.predict(X), expected, rtol=1e-12)
    np.testing.assert_allclose(run.evaluate(X, T).loss, ((expected - T) ** 2).sum(), rtol=1e-12)


@both
def test_batches_that_come_fresh_may_be_of_several_inputs(backend):
    net, _, params, X, T = drawn("two inputs", rows=12)
    batches = [((X[0][i : i + 4], X[1][i : i + 4]), T[i : i + 4]) for i in (0, 4, 8)]
    how = {"params": params, "optimizer": symnet.sgd(0.01), "backend": backend, "progress": False}
    fresh = symnet.fit(net, iter(batches), steps=3, **how)
    listed = symnet.fit(net, batches, epochs=1, **how)
    one_by_one, losses = params, []
    for some, targets in batches:
        run = symnet.fit(net, some, targets, steps=1, **{**how, "params": one_by_one})
        one_by_one, losses = run.params, [*losses, run.losses[0]]
    np.testing.assert_allclose(fresh.losses, losses, rtol=1e-12)
    np.testing.assert_allclose(listed.losses, losses, rtol=1e-12)


@pytest.mark.parametrize("name", NETS)
def test_all_ways_agree(name):
    net, _, params, X, T = drawn(name)
    report = symnet.crosscheck(net, X, T, params)
    assert report.agrees, str(report)
    assert "jax.grad" in report.ways


WRONG = {
    "(A, B) in this order": lambda X: (X[0],),
    "A has shape (5, 3); it must be (n, 2)": lambda X: (X[1], X[0]),
    "B has shape (4, 3); it must be (5, 3), with the 5 rows of A": lambda X: (X[0], X[1][:4]),
    "X has no 'B'": lambda X: {"A": X[0]},
    "X has 'C', which is none of its names": lambda X: {"A": X[0], "C": X[1]},
    "X has shape (5, 4); give the arrays (A, B), a tuple, or one of shape (n, 5)": lambda X: np.ones((5, 4)),
    "B[2, 1] is nan": lambda X: (X[0], np.where(np.arange(15).reshape(5, 3) == 7, np.nan, X[1])),
    "B has no rows": lambda X: (np.ones((0, 2)), np.ones((0, 3))),
}


@pytest.mark.parametrize("says", WRONG)
def test_what_does_not_fit_is_named_with_both_shapes(says):
    net, _, params, X, T = drawn("two inputs")
    given = WRONG[says](X)
    expected = says.replace("B has no rows", "A has no rows")
    for refused in (
        lambda: symnet.compile(net)(params, given, T),
        lambda: symnet.fit(net, given, T, params=params, optimizer=symnet.sgd(0.1), steps=1, progress=False),
    ):
        with pytest.raises(Mistake) as caught:
            refused()
        assert expected in str(caught.value).replace('"', "'")


def test_an_array_whose_first_axis_is_not_the_examples_can_be_computed_with_and_not_trained_on():
    M, X, w = array("M", 2, 2), array("X", BATCH, 2), symbol("w")
    net = Network((X, M), (), (w,), (Equation(LOSS, sum_of(matmul(X, multiply(w, M)))),))
    X, M = np.ones((3, 2)), np.arange(4.0).reshape(2, 2)
    loss, gradients = symnet.compile(net)({"w": np.asarray(2.0)}, (X, M))
    assert (float(loss), float(gradients["w"])) == (36.0, 18.0)
    with pytest.raises(Mistake, match="first axis must be the examples"):
        symnet.fit(net, (X, M), params={"w": np.asarray(2.0)}, optimizer=symnet.sgd(0.1), steps=1, progress=False)
