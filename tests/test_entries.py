"""Equations of entries: every layer of a course by one rule, both grains, judged by jax.grad."""

from __future__ import annotations

import entry_values
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sympy import Integer, Rational

from symnet.algebra import functions, pulling
from symnet.algebra.equations import BATCH, Equation, add, array, divide, multiply, negate, power, symbol
from symnet.algebra.indices import At, Each, Index, Max, Sum, canonical
from symnet.algebra.matrices import matmul, shape_of, softmax, sum_of, transpose
from symnet.algebra.network import Network
from symnet.algebra.unrolling import entry_names, unroll

TWO = Integer(2)
LOSS = symbol("Loss")


def dense():
    x, t = array("X", BATCH, 4), array("T", BATCH, 2)
    w, b, z, a = array("W", 4, 2), array("b", 2), array("Z", BATCH, 2), array("A", BATCH, 2)
    i, j, k = Index("i", BATCH), Index("j", 4), Index("k", 2)
    return Network(
        (x,),
        (t,),
        (w, b),
        (
            Equation(z, Each(add(Sum(multiply(At(x, i, j), At(w, j, k)), j), At(b, k)), i, k)),
            Equation(a, functions.tanh(z)),
            Equation(LOSS, sum_of(power(add(a, negate(t)), TWO))),
        ),
    )


def softmax_from_its_definition():
    x, t = array("X", BATCH, 3), array("T", BATCH, 2)
    w, z, p = array("W", 3, 2), array("Z", BATCH, 2), array("P", BATCH, 2)
    i, k, m = Index("i", BATCH), Index("k", 2), Index("m", 2)
    return Network(
        (x,),
        (t,),
        (w,),
        (
            Equation(z, matmul(x, w)),
            Equation(p, Each(divide(functions.exp(At(z, i, k)), Sum(functions.exp(At(z, i, m)), m)), i, k)),
            Equation(LOSS, negate(sum_of(multiply(t, functions.log(p))))),
        ),
    )


def convolution(stride=2, padding=1, size=5, kernel=3, channels=2, filters=3):
    out = (size + 2 * padding - kernel) // stride + 1
    x, k, c = (
        array("X", BATCH, channels, size, size),
        array("K", filters, channels, kernel, kernel),
        array("c", filters),
    )
    z, a = array("Z", BATCH, filters, out, out), array("A", BATCH, filters, out, out)
    i, d, p, q = Index("i", BATCH), Index("d", filters), Index("p", out), Index("q", out)
    e, u, v = Index("e", channels), Index("u", kernel), Index("v", kernel)
    read = At(x, i, e, stride * p + u - padding, stride * q + v - padding)
    return Network(
        (x,),
        (),
        (k, c),
        (
            Equation(z, Each(add(Sum(multiply(At(k, d, e, u, v), read), e, u, v), At(c, d)), i, d, p, q)),
            Equation(a, functions.relu(z)),
            Equation(LOSS, divide(sum_of(power(a, TWO)), BATCH)),
        ),
    )


def pools():
    x, k = array("X", BATCH, 4, 4), array("K", 2, 2)
    z, m, n = array("Z", BATCH, 3, 3), array("M", BATCH, 2, 2), array("N", BATCH)
    i, p, q, u, v = Index("i", BATCH), Index("p", 3), Index("q", 3), Index("u", 2), Index("v", 2)
    r, s = Index("r", 2), Index("s", 2)
    return Network(
        (x,),
        (),
        (k,),
        (
            Equation(z, Each(Sum(multiply(At(k, u, v), At(x, i, p + u, q + v)), u, v), i, p, q)),
            Equation(m, Each(Max(At(z, i, r + u, s + v), u, v), i, r, s)),
            Equation(n, Each(multiply(Rational(1, 4), Sum(At(m, i, r, s), r, s)), i)),
            Equation(LOSS, sum_of(power(n, TWO))),
        ),
    )


def layer_norm():
    h = 5
    x, t, w = array("X", BATCH, h), array("T", BATCH, h), array("W", h, h)
    z, m, v, y = array("Z", BATCH, h), array("M", BATCH), array("V", BATCH), array("Y", BATCH, h)
    g, b = array("g", h), array("b", h)
    i, j = Index("i", BATCH), Index("j", h)
    apart = add(At(z, i, j), negate(At(m, i)))
    short = divide(apart, functions.sqrt(add(At(v, i), Rational(1, 1000))))
    return Network(
        (x,),
        (t,),
        (w, g, b),
        (
            Equation(z, matmul(x, w)),
            Equation(m, Each(divide(Sum(At(z, i, j), j), Integer(h)), i)),
            Equation(v, Each(divide(Sum(power(apart, TWO), j), Integer(h)), i)),
            Equation(y, Each(add(multiply(At(g, j), short), At(b, j)), i, j)),
            Equation(LOSS, sum_of(multiply(t, y))),
        ),
    )


def attention():
    n, d = 4, 3
    x = array("X", BATCH, n, d)
    q, k, v = (array(name, d, d) for name in ("WQ", "WK", "WV"))
    i, t, u, w, e, f = (Index(c, length) for c, length in zip("itujef", (BATCH, n, n, n, d, d), strict=True))
    equations = []
    for name, weights in zip("QKV", (q, k, v), strict=True):
        body = Sum(multiply(At(x, i, t, e), At(weights, e, f)), e)
        equations.append(Equation(array(name, BATCH, n, d), Each(body, i, t, f)))
    qs, ks, vs = (equation.lhs for equation in equations)
    s, a, o = array("S", BATCH, n, n), array("A", BATCH, n, n), array("O", BATCH, n, d)
    score = multiply(Rational(1, 2), Sum(multiply(At(qs, i, t, e), At(ks, i, u, e)), e))
    share = divide(functions.exp(At(s, i, t, u)), Sum(functions.exp(At(s, i, t, w)), w))
    equations += [
        Equation(s, Each(score, i, t, u)),
        Equation(a, Each(share, i, t, u)),
        Equation(o, Each(Sum(multiply(At(a, i, t, u), At(vs, i, u, e)), u), i, t, e)),
        Equation(LOSS, sum_of(power(o, TWO))),
    ]
    return Network((x,), (), (q, k, v), tuple(equations))


def attention_by_operations():
    x, q, k, v = array("X", BATCH, 3), array("WQ", 3, 2), array("WK", 3, 2), array("WV", 3, 2)
    score = matmul(matmul(x, q), transpose(matmul(x, k)))
    out = matmul(softmax(divide(score, functions.sqrt(TWO))), matmul(x, v))
    return Network((x,), (), (q, k, v), (Equation(LOSS, sum_of(power(out, TWO))),))


def recurrence():
    steps, d, h = 4, 2, 3
    x, w, u, b = array("X", BATCH, steps, d), array("W", d, h), array("U", h, h), array("b", h)
    i, j, k, m = Index("i", BATCH), Index("j", d), Index("k", h), Index("m", h)
    equations, before = [], None
    for step in range(steps):
        state = array(f"H{step + 1}", BATCH, h)
        terms = [Sum(multiply(At(x, i, Integer(step), j), At(w, j, k)), j), At(b, k)]
        if before is not None:
            terms.insert(1, Sum(multiply(At(before, i, m), At(u, m, k)), m))
        equations.append(Equation(state, functions.tanh(Each(add(*terms), i, k))))
        before = state
    return Network((x,), (), (w, u, b), (*equations, Equation(LOSS, sum_of(power(before, TWO)))))


def recurrence_over_an_axis():
    """h[t] = tanh(x[t] W + h[t−1] U + b), one equation for all steps; the state of every step is in the loss."""
    steps, d, h = 4, 2, 3
    x, w, u, b = array("X", BATCH, steps, d), array("W", d, h), array("U", h, h), array("b", h)
    z, s = array("Z", BATCH, steps, h), array("H", BATCH, steps, h)
    i, t, j, k, m = (Index(c, n) for c, n in zip("itjkm", (BATCH, steps, d, h, h), strict=True))
    sums = (Sum(multiply(At(x, i, t, j), At(w, j, k)), j), Sum(multiply(At(s, i, t - 1, m), At(u, m, k)), m), At(b, k))
    last = array("O", BATCH, h)
    return Network(
        (x,),
        (),
        (w, u, b),
        (
            Equation(z, Each(add(*sums), i, t, k)),
            Equation(s, functions.tanh(z)),
            Equation(last, Each(At(s, i, Integer(steps - 1), k), i, k)),
            Equation(LOSS, add(sum_of(power(last, TWO)), sum_of(power(s, TWO)))),
        ),
    )


def lstm():
    steps, d, h = 3, 2, 2
    x = array("X", BATCH, steps, d)
    i, t, j, k, m = (Index(c, n) for c, n in zip("itjkm", (BATCH, steps, d, h, h), strict=True))
    state, cell = array("H", BATCH, steps, h), array("C", BATCH, steps, h)
    parameters, gates, equations = [], {}, []
    for gate in "ifog":
        w, u, b = array(f"W{gate}", d, h), array(f"U{gate}", h, h), array(f"b{gate}", h)
        parameters += [w, u, b]
        sums = (
            Sum(multiply(At(x, i, t, j), At(w, j, k)), j),
            Sum(multiply(At(state, i, t - 1, m), At(u, m, k)), m),
            At(b, k),
        )
        function = functions.tanh if gate == "g" else functions.sigmoid
        gates[gate] = array(gate.upper(), BATCH, steps, h)
        equations.append(Equation(gates[gate], Each(function(add(*sums)), i, t, k)))
    kept = multiply(At(gates["f"], i, t, k), At(cell, i, t - 1, k))
    new = multiply(At(gates["i"], i, t, k), At(gates["g"], i, t, k))
    equations += [
        Equation(cell, Each(add(kept, new), i, t, k)),
        Equation(state, multiply(gates["o"], functions.tanh(cell))),
        Equation(LOSS, Sum(power(At(state, i, Integer(steps - 1), k), TWO), i, k)),
    ]
    return Network((x,), (), tuple(parameters), tuple(equations))


def backwards_in_time():
    steps, h = 3, 2
    x, u = array("X", BATCH, steps, h), array("U", h, h)
    s = array("R", BATCH, steps, h)
    i, t, k, m = (Index(c, n) for c, n in zip("itkm", (BATCH, steps, h, h), strict=True))
    inner = add(At(x, i, t, k), Sum(multiply(At(s, i, t + 1, m), At(u, m, k)), m))
    return Network((x,), (), (u,), (Equation(s, Each(functions.tanh(inner), i, t, k)), Equation(LOSS, sum_of(s))))


NETS = {
    "recurrence over an axis": recurrence_over_an_axis,
    "LSTM": lstm,
    "recurrence backwards in time": backwards_in_time,
    "dense": dense,
    "softmax from its definition": softmax_from_its_definition,
    "convolution": convolution,
    "convolution of one": lambda: convolution(stride=1, padding=0, size=1, kernel=1, channels=1, filters=1),
    "convolution with windows left over": lambda: convolution(stride=2, padding=0, size=4, kernel=3),
    "pools that overlap": pools,
    "layer norm": layer_norm,
    "attention": attention,
    "attention by operations": attention_by_operations,
    "recurrence": recurrence,
}


def numbers(net, examples, seed=0):
    rng = np.random.default_rng(seed)
    lengths = {BATCH: examples}
    names = (*net.inputs, *net.targets, *net.parameters)
    return {x: rng.normal(size=tuple(int(lengths.get(n, n)) for n in shape_of(x))) for x in names}, lengths


@pytest.mark.parametrize("name", NETS)
def test_the_rule_gives_the_gradients_of_jax(name):
    net = NETS[name]()
    given, lengths = numbers(net, 3)
    found = entry_values.values([*net.equations, *net.backward], given, lengths)

    def loss(parameters):
        known = {x: parameters.get(x.name, jnp.asarray(value)) for x, value in given.items()}
        return entry_values.values(net.equations, known, lengths, jnp)[LOSS]

    with jax.enable_x64(True):
        right = jax.jit(jax.grad(loss))({w.name: jnp.asarray(given[w]) for w in net.parameters})
        for w in net.parameters:
            mine, theirs = found[net.gradient_of(w)], np.asarray(right[w.name])
            assert mine.shape == theirs.shape
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12 * max(1, np.abs(theirs).max()))


@pytest.mark.parametrize("name", NETS)
def test_both_grains_have_the_same_gradients(name):
    net = NETS[name]()
    given, lengths = numbers(net, 1, seed=1)
    found = entry_values.values([*net.equations, *net.backward], given, lengths)
    units = unroll(net)
    point = {}
    for x, value in given.items():
        point |= dict(zip(entry_names(x), value.ravel(), strict=True))
    numbers_of = entry_values.values([*units.equations, *units.backward], point)
    for w in net.parameters:
        mine = [numbers_of[g] if (g := units.gradient_of(x)) is not None else 0 for x in entry_names(w)]
        right = found[net.gradient_of(w)].ravel()
        np.testing.assert_allclose(mine, right, rtol=0, atol=1e-12 * max(1, np.abs(right).max()))


def test_a_rule_that_is_broken_is_caught(monkeypatch):
    right = pulling.solved
    monkeypatch.setattr(pulling, "solved", lambda places, term, over, target: right(places, 2 * term, over, target))
    with pytest.raises(AssertionError):
        test_the_rule_gives_the_gradients_of_jax("convolution")


def test_a_network_of_entries_is_differentiated_into_the_operations_of_books():
    net = dense()
    gradients = {equation.name: str(equation.rhs) for equation in net.backward}
    assert gradients["∂Loss/∂W"] == "matmul(transpose(X), ∂Loss/∂Z)"
    assert gradients["∂Loss/∂b"] == "column_sums(∂Loss/∂Z)"


def test_the_names_of_bound_indices_do_not_matter():
    x = array("X", 3, 3)
    i, j, k = (Index(c, 3) for c in "ijk")
    one, other = Each(Sum(At(x, i, j), j), i), Each(Sum(At(x, k, i), i), k)
    assert one != other
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    "name", ["dense", "layer norm", "convolution", "pools that overlap", "attention by operations"]
)
def test_second_derivatives_come_from_differentiating_the_result_again(name):
    net = NETS[name]()
    w = net.parameters[0]
    gradient = net.gradient_of(w)
    again = symbol("Again")
    squares = (*net.equations, *net.backward, Equation(again, sum_of(power(gradient, TWO))))
    twice = Network(net.inputs, net.targets, net.parameters, squares)
    given, lengths = numbers(net, 2, seed=4)
    found = entry_values.values([*twice.equations, *twice.backward], given, lengths)

    def loss(value):
        known = {x: value if x == w else jnp.asarray(number) for x, number in given.items()}
        return entry_values.values(net.equations, known, lengths, jnp)[LOSS]

    with jax.enable_x64(True):
        right = jax.jit(jax.grad(lambda value: (jax.grad(loss)(value) ** 2).sum()))(jnp.asarray(given[w]))
    mine = found[twice.gradient_of(w)]
    np.testing.assert_allclose(mine, right, rtol=0, atol=1e-11 * max(1, np.abs(right).max()))
