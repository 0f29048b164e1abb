"""Softmax, its logarithm and the logarithm of its sum, written entry by entry: no size of logits overflows."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sympy import Integer

import symnet
from symnet.algebra.equations import BATCH, Equation, add, array, divide, multiply, power, symbol
from symnet.algebra.functions import exp, log
from symnet.algebra.indices import At, Each, Index, Inside, Sum
from symnet.algebra.matrices import softmax, sum_of
from symnet.algebra.network import Network
from symnet.algebra.rows_of import causal_softmax, log_softmax

S, W, V = array("S", BATCH, 3, 3), array("W", 3, 3), array("V", 3)
N, ROW, J, M = Index("n", BATCH), Index("i", 3), Index("j", 3), Index("m", 3)
ALL = (N, ROW, J)


def weighed(j):
    return exp(add(At(S, N, ROW, j), At(W, ROW, j)))


def kept(j):
    return multiply(Inside(ROW - j, Integer(3)), weighed(j))


Z = Each(add(At(S, *ALL), At(W, ROW, J)), *ALL)
TRIANGLE = np.tri(3) > 0
KINDS = {  # (the equations of P, the same by jax.nn)
    "softmax": ((Each(divide(weighed(J), Sum(weighed(M), M)), *ALL),), jax.nn.softmax),
    "causal": (
        (Each(divide(kept(J), Sum(kept(M), M)), *ALL),),
        lambda z: jax.nn.softmax(jnp.where(TRIANGLE, z, -jnp.inf)),
    ),
    "logarithm": ((Each(log(divide(weighed(J), Sum(weighed(M), M))), *ALL),), jax.nn.log_softmax),
    "log of the sum": (
        (Each(add(At(W, ROW, J), log(Sum(weighed(M), M))), *ALL),),
        lambda z: jax.nn.logsumexp(z, -1, keepdims=True) + 0 * z,
    ),
    "softmax as an operation": ((Z, softmax), jax.nn.softmax),
    "log_softmax as an operation": ((Z, log_softmax), jax.nn.log_softmax),
    "causal_softmax as an operation": (
        (Z, causal_softmax),
        lambda z: jax.nn.softmax(jnp.where(TRIANGLE, z, -jnp.inf)),
    ),
}


def network(kind):
    """Loss = Σ (P_nij V_j)² / 2."""
    p, equations = array("P", BATCH, 3, 3), []
    first, *operation = KINDS[kind][0]
    if operation:
        z = array("Z", BATCH, 3, 3)
        equations, first = [Equation(z, first)], operation[0](z)
    loss = divide(sum_of(power(Each(multiply(At(p, *ALL), At(V, J)), *ALL), Integer(2))), Integer(2))
    return Network((S,), (), (W, V), (*equations, Equation(p, first), Equation(symbol("Loss"), loss)))


def judged(kind, s, params):
    def loss(of):
        p = KINDS[kind][1](s + of["W"]) + (of["W"] if kind == "log of the sum" else 0)
        return ((p * of["V"]) ** 2).sum() / 2

    value, slopes = jax.value_and_grad(loss)(params)
    return float(value), {name: np.asarray(slope) for name, slope in slopes.items()}


PARAMS = {"W": np.arange(9.0).reshape(3, 3) % 4 / 4, "V": np.array([1.0, 2, 4])}
LARGE = np.array([[1000, 0, -1000], [999, 1000, 5000], [-3000, -3000, -3000]])
SMALL = np.array([[0, 1, 2], [3, 3, 0], [1, 0, -2]])


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_size_of_logits_overflows(kind, backend):
    given, s = {name: w.astype("float32") for name, w in PARAMS.items()}, np.stack([LARGE, SMALL]).astype("float32")
    loss, slopes = symnet.compile(network(kind), backend)(given, s, None)
    value, right = judged(kind, s, given)
    np.testing.assert_allclose(loss, value, rtol=1e-5)
    for w in PARAMS:
        np.testing.assert_allclose(slopes[w], right[w], atol=1e-5 * np.abs(right[w]).max())


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_and_training_are_those_of_jax(kind, backend):
    net, s = network(kind), np.stack([SMALL, -SMALL]) / 2
    with jax.enable_x64(True):
        value, right = judged(kind, s, PARAMS)
    loss, slopes = symnet.compile(net, backend)(PARAMS, s, None)
    np.testing.assert_allclose(loss, value, rtol=1e-12)
    for w in PARAMS:
        np.testing.assert_allclose(slopes[w], right[w], rtol=0, atol=1e-12 * np.abs(right[w]).max())
    run = symnet.fit(net, s, params=PARAMS, optimizer=symnet.sgd(0.01), steps=1, backend=backend, progress=False)
    for w in PARAMS:
        np.testing.assert_allclose(run.params[w], PARAMS[w] - 0.01 * right[w], rtol=0, atol=1e-12)


GRADIENTS = {
    "softmax": "P[i,j,k]*(∂Loss/∂P[i,j,k] - sum[m](∂Loss/∂P[i,j,m]*P[i,j,m]))",
    "causal": "P[i,j,k]*(∂Loss/∂P[i,j,k] - sum[m](∂Loss/∂P[i,j,m]*P[i,j,m]))",
    "logarithm": "∂Loss/∂P[i,j,k] - exp(P[i,j,k])*sum[m](∂Loss/∂P[i,j,m])",
}


@pytest.mark.parametrize("kind", GRADIENTS)
def test_the_gradient_is_said_in_the_outputs(kind):
    net = network(kind)
    gradient = next(equation for equation in net.backward if equation.name == "∂Loss/∂S")
    assert str(gradient) == f"∂Loss/∂S[i,j,k] = {GRADIENTS[kind]}"


def test_a_quotient_that_is_no_softmax_stays():
    """exp z_j / Σ_m exp 2 z_m, and a sum over another axis."""
    double = Sum(exp(multiply(Integer(2), At(S, N, ROW, M))), M)
    p = array("P", BATCH, 3, 3)
    loss = Equation(symbol("Loss"), sum_of(p))
    net = Network((S,), (), (W,), (Equation(p, Each(divide(weighed(J), double), *ALL)), loss))
    found, slopes = symnet.compile(net)({"W": PARAMS["W"]}, SMALL[None] / 2, None)
    s = SMALL[None] / 2
    value = np.exp(s + PARAMS["W"]) / np.exp(2 * s).sum(-1, keepdims=True)
    np.testing.assert_allclose(found, value.sum(), rtol=1e-12)
    np.testing.assert_allclose(slopes["W"], value[0], rtol=1e-12)
