"""Equations of entries as code, on NumPy and on JAX, judged by ``jax.grad`` of a plain reading of them."""

from __future__ import annotations

import entry_values
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from by_hand import both
from test_entries import LOSS, NETS, numbers

import symnet
from symnet.algebra.equations import BATCH, Equation, add, array, multiply, power
from symnet.algebra.functions import exp, tanh
from symnet.algebra.indices import At, Each, Index, Max, Sum
from symnet.algebra.matrices import sum_of
from symnet.algebra.network import Network
from symnet.computing.backends import named
from symnet.computing.source import Writer


def embedding():
    """Y = tanh(E[ids[i, t]] + 1 bᵀ): rows picked by data."""
    ids, table, b, y = array("J", BATCH, 3), array("E", 5, 2), array("b", 2), array("Y", BATCH, 3, 2)
    i, t, e = Index("i", BATCH), Index("t", 3), Index("e", 2)
    picked = Each(tanh(add(At(table, At(ids, i, t), e), At(b, e))), i, t, e)
    return Network((ids,), (), (table, b), (Equation(y, picked), Equation(LOSS, sum_of(power(y, 2)))))


ALL = {**NETS, "embedding": embedding}


def given_to(name, examples=3):
    net = ALL[name]()
    given, lengths = numbers(net, examples)
    if name == "embedding":
        given = {
            x: np.arange(examples * 3.0).reshape(examples, 3) % 5 if x.name == "J" else v for x, v in given.items()
        }
    parts = [tuple(given[x] for x in group) for group in (net.inputs, net.targets)]
    X, T = (part if len(part) > 1 else part[0] if part else None for part in parts)
    return net, given, lengths, {w.name: given[w] for w in net.parameters}, X, T


def judged(net, given, lengths, params):
    def loss(parameters):
        known = {x: parameters.get(x.name, jnp.asarray(value)) for x, value in given.items()}
        return entry_values.values(net.equations, known, lengths, jnp)[LOSS]

    with jax.enable_x64(True):
        value, slopes = jax.jit(jax.value_and_grad(loss))({name: jnp.asarray(w) for name, w in params.items()})
        return float(value), {name: np.asarray(slope) for name, slope in slopes.items()}


@both
@pytest.mark.parametrize("name", ALL)
def test_a_step_gives_the_gradients_of_jax(name, backend):
    net, given, lengths, params, X, T = given_to(name)
    loss, slopes = judged(net, given, lengths, params)
    found, gradients = symnet.compile(net, backend)(params, X, T)
    np.testing.assert_allclose(found, loss, rtol=1e-12)
    for w, slope in slopes.items():
        assert gradients[w].shape == slope.shape
        np.testing.assert_allclose(gradients[w], slope, rtol=0, atol=1e-12 * max(1, np.abs(slope).max()))


@both
@pytest.mark.parametrize("name", ALL)
def test_training_goes_down_the_gradients_of_jax(name, backend):
    net, given, lengths, params, X, T = given_to(name)
    how = {"params": params, "optimizer": symnet.sgd(0.001), "steps": 2, "backend": backend, "progress": False}
    run = symnet.fit(net, X, T, **how)
    w = params
    for i in range(2):
        loss, slopes = judged(net, {x: w.get(x.name, value) for x, value in given.items()}, lengths, w)
        np.testing.assert_allclose(run.losses[i], loss, rtol=1e-11)
        w = {name: w[name] - 0.001 * slopes[name] for name in w}
    for name, value in w.items():
        np.testing.assert_allclose(run.params[name], value, rtol=1e-9, atol=1e-13)


@both
@pytest.mark.parametrize("name", ALL)
def test_gradients_have_the_precision_of_the_arrays(name, backend):
    net, _, _, params, X, T = given_to(name)
    single = lambda value: jax.tree.map(lambda a: a.astype(np.float32), value)  # noqa: E731
    _, gradients = symnet.compile(net, backend)(single(params), single(X), None if T is None else single(T))
    assert {str(g.dtype) for g in gradients.values()} == {"float32"}


A, W, B, Z = array("A", BATCH, 4), array("W", 4, 3), array("B", 3), array("Z", BATCH, 5, 4)
R, J, K, M, Q = Index("i", BATCH), Index("j", 4), Index("k", 3), Index("m", 5), Index("q", 4)
FORMS = {  # what a person would write
    "contract('ij,jk->ik', A, W) + B": Each(add(Sum(multiply(At(A, R, J), At(W, J, K)), J), At(B, K)), R, K),
    "A.sum(1)": Each(Sum(At(A, R, J), J), R),
    "A.sum()": Sum(At(A, R, J), R, J),
    "Z.sum((0, 2))": Each(Sum(At(Z, R, M, J), R, J), M),
    "Z.max(1)": Each(Max(At(Z, R, M, J), M), R, J),
    "contract('ij->ji', A)": Each(At(A, R, J), J, R),
    "softmax(A)": Each(multiply(exp(At(A, R, J)), power(Sum(exp(At(A, R, Q)), Q), -1)), R, J),
    "A[:, None, :] + Z": Each(add(At(A, R, J), At(Z, R, M, J)), R, M, J),
}


@pytest.mark.parametrize("text", FORMS)
def test_a_form_is_written_as_a_person_would(text):
    assert Writer(named("numpy")).code(FORMS[text], 0) == text
