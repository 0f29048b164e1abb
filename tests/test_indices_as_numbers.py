"""An index outside square brackets is a number that counts from 1: in code as in a file, and as a place from 0."""

import entry_values
import numpy as np
import pytest

import symnet
from symnet.algebra.equations import BATCH
from symnet.algebra.matrices import shape_of
from symnet.algebra.unrolling import entry_names, unroll

NETS = {
    "alone": ("Y[i,j] = W[i,j]*sin(i/10) + j\nL = sum(Y^2)", {"W": (3, 4)}),
    "under a sum": ("y[i] = sum[j](W[i,j]*j^2) - i\nL = sum(y^2)", {"W": (3, 4)}),
    "under a maximum": ("y[i] = max[j](W[i,j]*(j - 2))\nL = sum(y^2)", {"W": (3, 4)}),
    "in powers": ("Y[i,j] = W[i,j]/10^((i - 1)/j)\nL = sum(Y^3)", {"W": (4, 3)}),
    "beside a window": ("y[p=1..3] = sum[u=1..2](W[2*p+u-2,1]*u) + p\nL = sum(y^2)", {"W": (6, 1)}),
    "in a recurrence": ("h[t] = tanh(w*h[t-1] + x[t]*cos(t))\nL = sum(h^2)", {"w": (), "x": 6}),
    "in a row of states": ("H[t] = tanh(H[t-1] @ U + X[t]/t)\nL = sum(H^2)", {"U": (2, 2), "X": (5, 2)}),
    "in a recurrence that reads elsewhere": (
        "h[t=1..3] = tanh(w*h[t-1] + x[2*t-1]*t - x[7-t])\nL = sum(h^2)",
        {"w": (), "x": 6},
    ),
    "one step later": ("r[t] = w*r[t+1] + x[t]/(t + 1)\nL = sum(r^2)", {"w": (), "x": 5}),
}


@pytest.fixture(params=NETS)
def known(request):
    """(network, its numbers, the right values of all that is worked)."""
    text, shapes = NETS[request.param]
    net = symnet.Network.parse(text, shapes=shapes, parameters=[*shapes])
    rng = np.random.default_rng(1)
    given = {x: rng.uniform(0.2, 1, size=[int(n) for n in shape_of(x)]) for x in net.parameters}
    return net, given, entry_values.values([*net.equations, *net.backward], given, {BATCH: 1})


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_code_counts_as_the_formula_does(known, backend):
    net, given, right = known
    loss, gradients = symnet.compile(net, backend)({x.name: v for x, v in given.items()}, np.zeros((1, 0)))
    np.testing.assert_allclose(loss, right[net.equations[-1].lhs], rtol=1e-12)
    for x in net.parameters:
        np.testing.assert_allclose(gradients[x.name], right[net.gradient_of(x)], rtol=1e-11, atol=1e-13)


def test_unit_by_unit_it_counts_the_same(known):
    net, given, right = known
    numbers = {}
    for x, value in given.items():
        numbers |= dict(zip((entry.name for entry in entry_names(x)), np.ravel(value), strict=True))
    loss, _ = symnet.compile(unroll(net), "math")(numbers, np.zeros((1, 0)))
    np.testing.assert_allclose(loss, right[net.equations[-1].lhs], rtol=1e-12)
