"""Operations on whole matrices: what shape they give, what their entries are, and what passes back through them.

The values are judged by NumPy functions written here, the gradients by ``jax.grad`` of functions written here
and, where SymPy's matrix derivative of one equation is sound, by ``Trace(G.T*rhs).diff``.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
import traced
from sympy import Integer, Rational

import symnet
from symnet.algebra import functions, matrices
from symnet.algebra.entries import entry, entry_name
from symnet.algebra.equations import (
    BATCH,
    Equation,
    Length,
    add,
    array,
    divide,
    multiply,
    negate,
    power,
    symbol,
)
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.algebra.unrolling import unroll

LOSS = symbol("Loss")
HALF = Rational(1, 2)
TWO = Integer(2)
ONE_COLUMN = array("X", BATCH, 1)


@dataclass(frozen=True)
class Case:
    """An operation, how it is made from arrays, and what it should compute."""

    make: Any  # (*arrays, *lengths) → expression
    shapes: Any  # the shapes of its arrays, from (n, k, m)
    result: Any  # the shape of the result, from (n, k, m)
    value: Any  # the same in numpy or jax.numpy: value(np, *arrays, lengths)
    wrong: tuple[tuple[tuple[int, ...], ...], ...]  # shapes of arrays that do not fit
    lengths: tuple[Any, ...] = ()  # what else it is told


def np_softmax(np, z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


CASES = {
    "matmul": Case(
        matrices.matmul,
        lambda n, k, m: [(n, k), (k, m)],
        lambda n, k, m: (n, m),
        lambda np, s, a, b: np.einsum("ik,kj->ij", a, b),
        (((2, 3), (2, 3)), ((2, 3), (2,)), ((3,), (2, 2)), ((1, 3), (1, 3)), ((), (2, 2)), ((2, 1, 3), (3, 3, 1))),
    ),
    "transpose": Case(
        matrices.transpose,
        lambda n, k, m: [(n, k)],
        lambda n, k, m: (k, n),
        lambda np, s, a: np.swapaxes(a, 0, 1),
        (((3,),), ((),)),
    ),
    "rows": Case(
        lambda b: matrices.rows(b, BATCH),
        lambda n, k, m: [(k,)],
        lambda n, k, m: (n, k),
        lambda np, s, b: np.ones((s[0], 1)) * b,
        (((),),),
        (BATCH,),
    ),
    "columns": Case(
        lambda v: matrices.columns(v, Integer(3)),
        lambda n, k, m: [(n,)],
        lambda n, k, m: (n, 3),
        lambda np, s, v: np.stack([v, v, v], axis=1),
        (((2, 3),), ((),)),
        (Integer(3),),
    ),
    "column_sums": Case(
        matrices.column_sums,
        lambda n, k, m: [(n, k)],
        lambda n, k, m: (k,),
        lambda np, s, a: np.einsum("ij->j", a),
        (((3,),), ((),)),
    ),
    "row_sums": Case(
        matrices.row_sums,
        lambda n, k, m: [(n, k)],
        lambda n, k, m: (n,),
        lambda np, s, a: np.einsum("ij->i", a),
        (((3,),), ((),)),
    ),
    "sum_of": Case(
        matrices.sum_of, lambda n, k, m: [(n, k)], lambda n, k, m: (), lambda np, s, a: np.einsum("ij->", a), (((),),)
    ),
    "fill": Case(
        lambda c: matrices.fill(c, BATCH, Integer(2)),
        lambda n, k, m: [()],
        lambda n, k, m: (n, 2),
        lambda np, s, c: c * np.ones((s[0], 2)),
        (),
    ),
    "softmax": Case(
        matrices.softmax,
        lambda n, k, m: [(n, k)],
        lambda n, k, m: (n, k),
        lambda np, s, z: np_softmax(np, z),
        (((),),),
    ),
    "cross_entropy": Case(
        matrices.cross_entropy,
        lambda n, k, m: [(n, k), (n, k)],
        lambda n, k, m: (n,),
        lambda np, s, z, t: -(t * np.log(np_softmax(np, z))).sum(axis=1),
        (((2, 3), (3, 2)), ((2, 3), (2,)), ((1, 3), (3, 1)), ((2, 3), ())),
    ),
    "log_sum_exp": Case(
        matrices.log_sum_exp,
        lambda n, k, m: [(n, k)],
        lambda n, k, m: (n,),
        lambda np, s, z: np.log(np.exp(z).sum(axis=1)),
        (((3,),), ((),)),
    ),
}

EVERY = sorted(matrices.CATALOGUE)
SIZES = [*itertools.product((1, 2), repeat=3), (3, 2, 4), (4, 4, 4)]


def named(shapes, n, prefix="A"):
    """Names of arrays of these shapes; a length n stays open where it is the batch's."""
    return [
        array(f"{prefix}{'abc'[i]}", *shape) if shape else symbol(f"{prefix}{'abc'[i]}")
        for i, shape in enumerate(shapes)
    ]


def numbers(shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in shapes]


def network(parameters, *equations, inputs=(ONE_COLUMN,)):
    return Network(inputs, (), tuple(parameters), tuple(equations))


def answer(net, values, rows=1, X=None, backend="numpy", dtype=np.float64):
    X = np.ones((rows, 1)) if X is None else X
    params = {w.name: np.asarray(v, dtype) for w, v in zip(net.parameters, values, strict=True)}
    loss, gradients = symnet.compile(net, backend)(params, np.asarray(X, dtype))
    return loss, [gradients[w.name] for w in net.parameters]


def judged(net, function, values, rows=1, X=None, backend="numpy"):
    """The loss and the gradients of a network are those of a function written in jax.numpy."""
    loss, gradients = answer(net, values, rows, X, backend)
    expected, right = traced.value_and_grad(lambda p: function(*p), list(values))
    assert float(loss) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    scale = max([1e-3, *(np.abs(g).max() for g in right)])
    for name, mine, theirs in zip(net.parameters, gradients, right, strict=True):
        assert np.shape(mine) == theirs.shape, name
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12 * scale, err_msg=str(name))


# -- the catalogue ----------------------------------------------------------------------------------------------------


def test_every_operation_of_the_catalogue_has_a_case():
    assert set(CASES) == set(matrices.CATALOGUE)
    assert {"matmul", "sum_of", "softmax"} <= set(EVERY)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_the_shape_of_an_operation_follows_from_those_of_its_arrays(name, sizes):
    case = CASES[name]
    lengths = {BATCH: sizes[0]}
    shape = shape_of(case.make(*named(case.shapes(*sizes), sizes[0])))
    assert tuple(int(lengths.get(n, n)) for n in shape) == case.result(*sizes)


@pytest.mark.parametrize("name", EVERY)
def test_shapes_stay_open_where_lengths_do(name):
    d, h = (Length(letter, integer=True, positive=True) for letter in "dh")
    case = CASES[name]
    shape = shape_of(case.make(*named(case.shapes(BATCH, d, h), BATCH)))
    assert shape == case.result(BATCH, d, h)


@pytest.mark.parametrize(("name", "wrong"), [(name, wrong) for name in EVERY for wrong in CASES[name].wrong], ids=str)
def test_arrays_that_do_not_fit_are_refused_with_the_equation_and_every_shape(name, wrong):
    arrays = named(wrong, 2)
    with pytest.raises(Mistake) as direct:
        CASES[name].make(*arrays)
    # The same inside a network, where the equation can say where: made without the check of its constructor.
    unchecked = sympy.Expr.__new__(matrices.CATALOGUE[name], *arrays, *CASES[name].lengths)
    with pytest.raises(Mistake) as inside:
        network(arrays, Equation(symbol("C"), unchecked))
    for caught in (direct, inside):
        message = str(caught.value)
        assert "\n" not in message
        for a, shape in zip(arrays, wrong, strict=True):
            assert str(a) in message
            if name != "sum_of":
                assert matrices.shape_text(shape) in message
    assert str(inside.value).startswith("C: ")


def test_an_equation_of_another_shape_than_its_name_is_refused_with_both():
    a, b, c = array("A", 2, 3), array("B", 3, 4), array("C", 4, 2)
    with pytest.raises(Mistake, match=r"^C has the shape \(4, 2\) but .* has \(2, 4\)$"):
        network([a, b], Equation(c, matrices.matmul(a, b)))
    with pytest.raises(Mistake, match=r"^s has the shape \(\) but .* has \(2, 4\)$"):
        network([a, b], Equation(symbol("s"), matrices.matmul(a, b)))


@pytest.mark.parametrize("combine", [add, multiply], ids=["sum", "entrywise product"])
@pytest.mark.parametrize("other", [(3, 2), (1, 3), (2, 1), (3,), (2,), (1, 1), (1,)], ids=str)
def test_nothing_is_broadcast_between_arrays(combine, other):
    a, b = array("A", 2, 3), array("B", *other)
    with pytest.raises(Mistake) as caught:
        network([a, b], Equation(array("C", 2, 3), combine(a, b)))
    message = str(caught.value)
    assert message.startswith("C: ")
    assert "A (2, 3)" in message
    assert f"B {matrices.shape_text(other)}" in message


def test_open_lengths_of_different_names_do_not_fit():
    d, h = (Length(letter, integer=True, positive=True) for letter in "dh")
    with pytest.raises(Mistake, match=r"A \(n, d\) times B \(h, 2\)"):
        matrices.matmul(array("A", BATCH, d), array("B", h, 2))
    with pytest.raises(Mistake, match=r"A \(n, d\) and B \(d, n\)"):
        shape_of(add(array("A", BATCH, d), array("B", d, BATCH)))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_entries_written_out_are_those_of_numpy(name, sizes):
    case, lengths = CASES[name], {BATCH: sizes[0]}
    shapes = case.shapes(*sizes)
    arrays, values = named(shapes, sizes[0]), numbers(shapes, seed=1)
    expected = np.asarray(case.value(np, sizes, *values))
    point = {}
    for whole, value in zip(arrays, values, strict=True):
        for index in np.ndindex(*value.shape):
            point[entry_name(whole, index, lengths) if index else whole] = float(value[index])
    expression = case.make(*arrays)
    for index in np.ndindex(*expected.shape):
        written_out = entry(expression, index, lengths)
        assert written_out.free_symbols <= set(point)
        assert float(written_out.doit().subs(point)) == pytest.approx(expected[index], rel=1e-12, abs=1e-13), index


# -- what passes back through one operation ---------------------------------------------------------------------------


def weighted(expression, n):
    """(Σ G ∘ expression, [G]): with a G of its own, every entry's gradient is another."""
    shape = shape_of(expression)
    g = array("G", *shape) if shape else symbol("G")
    term = multiply(g, expression)
    return (matrices.sum_of(term) if shape else term), g


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 2, 3), (3, 1, 2), (2, 3, 1), (3, 2, 4)], ids=str)
@pytest.mark.parametrize("name", EVERY)
def test_gradients_of_an_operation_are_those_of_jax(name, sizes, backend):
    case = CASES[name]
    shapes = case.shapes(*sizes)
    arrays = named(shapes, sizes[0])
    expression = case.make(*arrays)
    value, g = weighted(expression, sizes[0])
    g_shape = tuple(int({BATCH: sizes[0]}.get(n, n)) for n in shape_of(g))
    c = array("C", *shape_of(expression)) if shape_of(expression) else symbol("C")
    values = numbers([*shapes, g_shape], seed=2)
    one_line = network([*arrays, g], Equation(LOSS, value))
    by_name = network([*arrays, g], Equation(c, expression), Equation(LOSS, weighted(c, sizes[0])[0]))
    for net in (one_line, by_name):
        judged(net, lambda *v: (v[-1] * case.value(jnp, sizes, *v[:-1])).sum(), values, sizes[0], backend=backend)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 3, 2), (3, 2, 4)], ids=str)
def test_an_operation_summed_at_once_has_its_gradient(name, sizes):
    """The total's gradient is one number for every entry, which each operation must take as it takes an array."""
    case = CASES[name]
    shapes = case.shapes(*sizes)
    arrays = named(shapes, sizes[0])
    expression = case.make(*arrays)
    whole = matrices.sum_of(expression) if shape_of(expression) else expression
    net = network(arrays, Equation(LOSS, multiply(Rational(3, 2), whole)))
    judged(net, lambda *v: 1.5 * case.value(jnp, sizes, *v).sum(), numbers(shapes, seed=3), sizes[0])


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 3, 2)], ids=str)
def test_an_array_used_inside_and_outside_an_operation_collects_both_terms(name, sizes):
    case = CASES[name]
    shapes = case.shapes(*sizes)
    arrays = named(shapes, sizes[0])
    value, g = weighted(case.make(*arrays), sizes[0])
    first = arrays[0]
    squares = power(first, TWO)
    again = matrices.sum_of(squares) if shapes[0] else squares
    net = network([*arrays, g], Equation(LOSS, add(value, multiply(HALF, again))))
    g_shape = tuple(int({BATCH: sizes[0]}.get(n, n)) for n in shape_of(g))
    judged(
        net,
        lambda *v: (v[-1] * case.value(jnp, sizes, *v[:-1])).sum() + (v[0] ** 2).sum() / 2,
        numbers([*shapes, g_shape], seed=4),
        sizes[0],
    )


@pytest.mark.parametrize("factor", [Integer(-1), Rational(-3, 2), HALF, Integer(7)], ids=str)
@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 2, 1), (2, 2, 3)], ids=str)
@pytest.mark.parametrize("name", EVERY)
def test_a_number_in_front_is_never_lost(name, sizes, factor):
    """Where every array is 1 × 1 a number looks like a matrix."""
    case = CASES[name]
    shapes = case.shapes(*sizes)
    arrays = named(shapes, sizes[0])
    inner = case.make(*arrays)
    scaled = multiply(factor, inner)
    c = array("C", *shape_of(inner)) if shape_of(inner) else symbol("C")
    d = array("D", *shape_of(inner)) if shape_of(inner) else symbol("D")
    squares = power(d, TWO)
    net = network(
        arrays,
        Equation(c, scaled),
        Equation(d, multiply(c, factor)),
        Equation(LOSS, matrices.sum_of(squares) if shape_of(inner) else squares),
    )
    f = float(factor)
    judged(
        net,
        lambda *v: ((f * f * case.value(jnp, sizes, *v)) ** 2).sum(),
        numbers(shapes, seed=5),
        sizes[0],
    )


def parameter_times(expression, rows, value):
    """Gradients in a number c that multiplies, and one that is added to, an array inside one equation."""
    c = symbol("c")
    a = array("A", rows, 2)
    return network([c, a], Equation(LOSS, expression(c, a))), value


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (lambda c, a: matrices.sum_of(add(a, c)), lambda c, a: (a + c).sum()),
        (lambda c, a: matrices.sum_of(multiply(c, a)), lambda c, a: (c * a).sum()),
        (lambda c, a: matrices.sum_of(power(add(a, negate(c)), TWO)), lambda c, a: ((a - c) ** 2).sum()),
        (
            lambda c, a: matrices.sum_of(multiply(c, functions.tanh(multiply(c, a)))),
            lambda c, a: (c * jnp.tanh(c * a)).sum(),
        ),
        (lambda c, a: matrices.sum_of(divide(a, c)), lambda c, a: (a / c).sum()),
        (lambda c, a: matrices.sum_of(matrices.row_sums(add(a, c))), lambda c, a: (a + c).sum()),
        (lambda c, a: multiply(c, matrices.sum_of(add(a, c))), lambda c, a: c * (a + c).sum()),
        (lambda c, a: matrices.sum_of(multiply(a, matrices.sum_of(add(a, c)))), lambda c, a: (a * (a + c).sum()).sum()),
        (lambda c, a: matrices.sum_of(functions.leaky_relu(a, c)), lambda c, a: jnp.where(a > 0, a, c * a).sum()),
    ],
    ids=["added", "factor", "difference", "twice", "divisor", "row sums", "outside", "nested totals", "slope"],
)  # fmt: skip
def test_a_number_that_meets_every_entry_collects_a_term_from_each(rows, expression, value):
    net, function = parameter_times(expression, rows, value)
    judged(net, function, [np.float64(0.7), numbers([(rows, 2)], seed=6)[0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("name", EVERY)
def test_an_operation_keeps_the_precision_of_its_arrays(name, dtype, backend):
    case, sizes = CASES[name], (2, 3, 2)
    shapes = case.shapes(*sizes)
    arrays = named(shapes, 2)
    whole = case.make(*arrays)
    for scale in (Integer(1), HALF, Integer(3)):
        value = multiply(scale, matrices.sum_of(whole)) if shape_of(whole) else multiply(scale, whole)
        net = network(arrays, Equation(LOSS, value))
        loss, gradients = answer(net, numbers(shapes, seed=7), 2, backend=backend, dtype=dtype)
        assert np.asarray(loss).dtype == dtype
        assert {np.asarray(g).dtype for g in gradients} == {np.dtype(dtype)}


# -- SymPy's matrix derivative of one equation, as a second judge ------------------------------------------------------


def sympy_cases():
    a, b, v = sympy.MatrixSymbol("Aa", 2, 3), sympy.MatrixSymbol("Ab", 3, 4), sympy.MatrixSymbol("Ab", 2, 3)
    ones = sympy.OneMatrix
    return {
        "product": (matrices.matmul, [a, b], a * b),
        "transpose": (matrices.transpose, [a], a.T),
        "column sums": (matrices.column_sums, [a], (ones(1, 2) * a).T),
        "row sums": (matrices.row_sums, [a], a * ones(3, 1)),
        "entrywise product": (multiply, [a, v], sympy.HadamardProduct(a, v)),
        "sum": (add, [a, v], a + v),
        "difference": (lambda a, v: add(a, negate(v)), [a, v], a - v),
        "square": (lambda a: power(a, TWO), [a], sympy.HadamardPower(a, 2)),
        "gram": (lambda a: matrices.matmul(a, matrices.transpose(a)), [a], a * a.T),
        "scaled": (lambda a: multiply(Rational(5, 3), a), [a], Rational(5, 3) * a),
    }


@pytest.mark.parametrize("kind", sorted(sympy_cases()))
def test_gradients_of_one_equation_are_those_of_sympys_trace(kind):
    make, arguments, rhs = sympy_cases()[kind]
    arrays = [array(a.name, *map(int, a.shape)) for a in arguments]
    expression = make(*arrays)
    value, g = weighted(expression, 2)
    values = [
        sympy.Matrix(*a.shape, lambda i, j, s=s: Rational((7 * i + 5 * j + 3 * s) % 11 - 5, 2))
        for s, a in enumerate(arguments)
    ]
    upstream = sympy.Matrix(*rhs.shape, lambda i, j: Rational((3 * i + 4 * j) % 7 - 2, 4))
    big_g = sympy.MatrixSymbol("G", *rhs.shape)
    point = {**dict(zip(arguments, values, strict=True)), big_g: upstream}
    given = [np.array(v.tolist(), float) for v in values]
    g_value = np.array(upstream.tolist(), float).reshape(tuple(map(int, shape_of(g))))
    _, gradients = answer(network([*arrays, g], Equation(LOSS, value)), [*given, g_value])
    for a, mine in zip(arguments, gradients, strict=False):
        right = sympy.Trace(big_g.T * rhs).diff(a).xreplace(point).doit()
        np.testing.assert_array_equal(mine, np.array(sympy.Matrix(right).tolist(), float))


# -- whole networks of matrices ---------------------------------------------------------------------------------------

X = array("X", BATCH, 3)


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_weights_shared_over_three_steps_of_an_rnn(rows, backend):
    for width in (1, 3):
        u, w, v = array("U", 3, width), array("W", width, width), array("V", width, 2)
        s = [array(f"S{t}", BATCH, width) for t in range(4)]
        y = array("Y", BATCH, 2)
        steps = [Equation(s[1], functions.tanh(matrices.matmul(X, u)))]
        steps += [
            Equation(
                s[t], functions.tanh(add(matrices.matmul(multiply(Integer(t), X), u), matrices.matmul(s[t - 1], w)))
            )
            for t in (2, 3)
        ]
        net = network(
            [u, w, v],
            *steps,
            Equation(y, matrices.matmul(s[3], v)),
            Equation(LOSS, multiply(HALF, matrices.sum_of(power(y, TWO)))),
            inputs=(X,),
        )
        values = numbers([(3, width), (width, width), (width, 2)], seed=8)
        given = numbers([(rows, 3)], seed=9)[0]

        def rnn(u, w, v, given=given):
            s = jnp.tanh(given @ u)
            for t in (2, 3):
                s = jnp.tanh(t * given @ u + s @ w)
            return ((s @ v) ** 2).sum() / 2

        judged(net, rnn, values, X=given, backend=backend)


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_attention_of_one_head(rows, backend):
    wq, wk, wv = (array(name, 3, 2) for name in ("Wq", "Wk", "Wv"))
    q, k, v = (array(name, BATCH, 2) for name in "QKV")
    s, p, y = array("S", BATCH, BATCH), array("P", BATCH, BATCH), array("Y", BATCH, 2)
    net = network(
        [wq, wk, wv],
        *(Equation(a, matrices.matmul(X, w)) for a, w in ((q, wq), (k, wk), (v, wv))),
        Equation(s, multiply(HALF, matrices.matmul(q, matrices.transpose(k)))),
        Equation(p, matrices.softmax(s)),
        Equation(y, matrices.matmul(p, v)),
        Equation(LOSS, matrices.sum_of(power(y, Integer(3)))),
        inputs=(X,),
    )
    given = numbers([(rows, 3)], seed=10)[0]

    def attention(wq, wk, wv):
        scores = (given @ wq) @ (given @ wk).T / 2
        return ((jax.nn.softmax(scores, axis=1) @ (given @ wv)) ** 3).sum()

    judged(net, attention, numbers([(3, 2)] * 3, seed=11), X=given, backend=backend)


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_layer_norm_from_primitives(rows, backend):
    gamma, beta, w = array("g", 3), array("b", 3), array("W", 3, 3)
    z, c, y = (array(name, BATCH, 3) for name in "ZCY")
    m, s = array("m", BATCH), array("s", BATCH)
    three = Integer(3)
    net = network(
        [w, gamma, beta],
        Equation(z, matrices.matmul(X, w)),
        Equation(m, divide(matrices.row_sums(z), three)),
        Equation(c, add(z, negate(matrices.columns(m, three)))),
        Equation(s, functions.sqrt(add(divide(matrices.row_sums(power(c, TWO)), three), Rational(1, 100000)))),
        Equation(
            y,
            add(
                multiply(matrices.rows(gamma, BATCH), divide(c, matrices.columns(s, three))),
                matrices.rows(beta, BATCH),
            ),
        ),
        Equation(LOSS, matrices.sum_of(power(y, Integer(3)))),
        inputs=(X,),
    )
    given = numbers([(rows, 3)], seed=12)[0]

    def layer_norm(w, gamma, beta):
        z = given @ w
        mean, variance = z.mean(axis=1, keepdims=True), z.var(axis=1, keepdims=True)
        return ((gamma * (z - mean) / jnp.sqrt(variance + 1e-5) + beta) ** 3).sum()

    judged(net, layer_norm, numbers([(3, 3), (3,), (3,)], seed=13), X=given, backend=backend)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("targets", [[[1, 0, 0]], [[2, -1, 4]], [[0, 0, 0]], [[0.5, 0.25, 3]], [[1, 1, 1], [0, 0, 2]]])
def test_cross_entropy_is_right_for_targets_whose_rows_do_not_sum_to_one(targets, backend):
    t = np.array(targets, float)
    z, T = array("Z", BATCH, 3), array("T", BATCH, 3)
    net = Network(
        (X,), (T,), (array("W", 3, 3),),
        (
            Equation(z, matrices.matmul(X, array("W", 3, 3))),
            Equation(LOSS, matrices.sum_of(matrices.cross_entropy(z, T))),
        ),
    )  # fmt: skip
    given, w = numbers([(len(t), 3), (3, 3)], seed=14)
    loss, gradients = symnet.compile(net, backend)({"W": w}, given, t)
    with jax.enable_x64(True):
        expected, right = jax.value_and_grad(lambda w: -(t * jax.nn.log_softmax(given @ w)).sum())(jnp.asarray(w))
    assert float(loss) == pytest.approx(float(expected), rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(gradients["W"], right, rtol=0, atol=1e-12 * max(1, np.abs(right).max()))


def test_the_gradient_of_cross_entropy_in_its_targets_is_minus_the_log_of_the_softmax():
    w, v = array("W", 2, 3), array("V", 2, 3)
    net = network([w, v], Equation(LOSS, matrices.sum_of(matrices.cross_entropy(w, v))))
    judged(net, lambda w, v: -(v * jax.nn.log_softmax(w)).sum(), numbers([(2, 3)] * 2, seed=15))


def test_bias_and_product_in_one_equation_with_the_square_dimensions_that_fool_sympy():
    w1, w2, b = array("W1", 3, 3), array("W2", 3, 3), array("b", 3)
    a, y = array("A", BATCH, 3), array("Y", BATCH, 3)
    net = network(
        [w1, w2, b],
        Equation(a, functions.tanh(add(matrices.matmul(X, w1), matrices.rows(b, BATCH)))),
        Equation(y, add(matrices.matmul(a, w2), matrices.rows(b, BATCH))),
        Equation(LOSS, multiply(HALF, matrices.sum_of(power(y, TWO)))),
        inputs=(X,),
    )
    given = numbers([(3, 3)], seed=16)[0]
    judged(
        net,
        lambda w1, w2, b: ((jnp.tanh(given @ w1 + b) @ w2 + b) ** 2).sum() / 2,
        numbers([(3, 3), (3, 3), (3,)], seed=17),
        X=given,
    )


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_network_of_every_operation_written_out_by_unit_has_the_same_numbers(rows):
    w, b = array("W", 3, 2), array("b", 2)
    z, p = array("Z", BATCH, 2), array("P", BATCH, 2)
    s, c = array("s", BATCH), array("c", 2)
    net = network(
        [w, b],
        Equation(z, add(matrices.matmul(X, w), matrices.rows(b, BATCH))),
        Equation(p, matrices.softmax(z)),
        Equation(s, add(matrices.row_sums(power(z, TWO)), matrices.log_sum_exp(z), matrices.cross_entropy(z, p))),
        Equation(c, matrices.column_sums(multiply(z, matrices.columns(s, Integer(2))))),
        Equation(
            LOSS,
            add(
                matrices.sum_of(multiply(c, b)),
                multiply(HALF, matrices.sum_of(matrices.matmul(matrices.transpose(z), p))),
                matrices.sum_of(multiply(z, matrices.fill(matrices.sum_of(b), BATCH, Integer(2)))),
            ),
        ),
        inputs=(X,),
    )
    values = numbers([(3, 2), (2,)], seed=18)
    given = numbers([(rows, 3)], seed=19)[0]
    loss, (dw, db) = answer(net, values, X=given)
    units = unroll(net, rows)
    flat = dict(zip([w.name for w in units.parameters], np.concatenate([v.ravel() for v in values]), strict=True))
    unit_loss, gradients = symnet.compile(units)(flat, given.reshape(1, -1))
    assert float(unit_loss) == pytest.approx(float(loss), rel=1e-12)
    found = np.array([gradients[w.name] for w in units.parameters])
    np.testing.assert_allclose(found, np.concatenate([dw.ravel(), db]), rtol=1e-11, atol=1e-12)
