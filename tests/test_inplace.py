"""NumPy code that writes in place: what it leaves out, puts off or overwrites; JAX, the judge, overwrites nothing."""

import re

import numpy as np
import pytest
from sympy import Add, Integer, Mul, Pow, Rational

import symnet
from symnet import optimizers
from symnet.algebra.equations import BATCH, Equation, array
from symnet.algebra.functions import exp, sqrt
from symnet.algebra.matrices import cross_entropy, softmax
from symnet.algebra.optimizers import LEARNING_RATE, SIZE, UPDATE_NUMBER, Optimizer, state
from symnet.computing.inplace import InPlace
from symnet.computing.training_loops import numpy as numpy_loop

LR = LEARNING_RATE
NINE_TENTHS = Rational(9, 10)


def times(*factors):
    return Mul(*factors, evaluate=False)


def plus(*terms):
    return Add(*terms, evaluate=False)


def below(divisor):
    return Pow(divisor, -1, evaluate=False)


def down(w, *factors):
    return Equation(w, plus(w, times(-1, LR, *factors)))


def averaged(v, g):
    return Equation(v, plus(times(NINE_TENTHS, v), g))


RULES = {  # rules of an update, as a function of w, g, the state v and a name h that lives until the update ends
    "the value before": lambda w, g, v, h: (Equation(h, v), averaged(v, g), down(w, h)),
    "half of the value before": lambda w, g, v, h: (Equation(h, times(Rational(1, 2), v)), averaged(v, g), down(w, h)),
    "the value after": lambda w, g, v, h: (averaged(v, g), Equation(h, times(Rational(1, 2), v)), down(w, h)),
    "twice": lambda w, g, v, h: (Equation(h, times(2, g)), Equation(w, plus(w, times(-1, LR, h), times(-1, LR, h, h)))),
    "of the weight itself": lambda w, g, v, h: (
        Equation(h, times(NINE_TENTHS, w)),
        Equation(w, times(h, exp(times(-1, LR, g)))),
    ),
    "times what is worked out": lambda w, g, v, h: (Equation(w, times(w, exp(times(-1, LR, g)))),),
    "what is worked out times": lambda w, g, v, h: (Equation(w, times(exp(times(-1, LR, g)), w)),),
    "over what is worked out": lambda w, g, v, h: (Equation(w, times(w, below(exp(times(LR, g))))),),
    "over a multiple": lambda w, g, v, h: (
        Equation(v, plus(v, times(g, g), Rational(1, 10))),
        Equation(h, times(2, v)),
        down(w, g, below(h)),
    ),
    "over the root of a multiple": lambda w, g, v, h: (
        Equation(v, plus(v, times(g, g))),
        Equation(h, times(2, v)),
        down(w, g, below(plus(sqrt(h), 1))),
    ),
    "over the root of less than 0 times": lambda w, g, v, h: (
        Equation(v, plus(v, times(-1, g, g))),
        Equation(h, times(-2, v)),
        down(w, g, below(plus(sqrt(h), 1))),
    ),
    "over the root of 1 − βᵗ times": lambda w, g, v, h: (
        Equation(v, plus(v, times(g, g))),
        Equation(h, times(v, plus(1, times(-1, Pow(NINE_TENTHS, UPDATE_NUMBER))))),
        down(w, g, below(plus(sqrt(h), 1))),
    ),
    "over the root of 1 − 2ᵗ times": lambda w, g, v, h: (
        Equation(v, plus(v, times(-1, g, g))),
        Equation(h, times(v, plus(1, times(-1, Pow(2, UPDATE_NUMBER))))),
        down(w, g, below(plus(sqrt(h), 1))),
    ),
}


def optimizer_of(rules):
    return Optimizer(
        lambda w: (Equation(state("v", w), Integer(0)),),
        lambda w, g: rules(w, g, state("v", w), state("h", w)),
        Rational(1, 100),
    )


@pytest.fixture
def task():
    random = np.random.default_rng(0)
    net = symnet.mlp([3, 4, 1], activation="tanh", output="linear", loss="mean_squared_error")
    return net, random.normal(size=(8, 3)), random.normal(size=(8, 1))


@pytest.mark.parametrize("name", RULES)
def test_a_value_is_read_before_it_is_written_over(name, task):
    net, X, Y = task
    how = {"optimizer": optimizer_of(RULES[name]), "steps": 12, "progress": False}
    numpy, jax = (symnet.fit(net, X, Y, backend=backend, **how) for backend in ("numpy", "jax"))
    assert np.isfinite(jax.losses).all()
    assert jax.losses[-1] != jax.losses[0]
    np.testing.assert_allclose(numpy.losses, jax.losses, rtol=1e-11)
    for w, value in jax.params.items():
        np.testing.assert_allclose(numpy.params[w], value, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "adamax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_blocks_change_nothing(name, dtype, task, monkeypatch):
    net, X, Y = task
    how = {"optimizer": getattr(optimizers, name)(0.01), "steps": 12, "progress": False, "dtype": dtype}
    whole = symnet.fit(net, X, Y, **how)
    monkeypatch.setattr(numpy_loop, "BLOCK", 7 * np.dtype(dtype).itemsize)  # 21 parameters in blocks of 7, …
    sevens = symnet.fit(net, X, Y, **how)
    monkeypatch.setattr(numpy_loop, "BLOCK", 5 * np.dtype(dtype).itemsize)  # … and of 5, with 4 numbers to spare
    fives = symnet.fit(net, X, Y, **how)
    for w, value in whole.params.items():
        np.testing.assert_array_equal(sevens.params[w], value)
        np.testing.assert_array_equal(fives.params[w], value)


@pytest.mark.parametrize(
    ("count", "dtype", "blocks"), [(21, "float32", 1), (24_577, "float32", 2), (24_577, "float64", 3)]
)
def test_blocks_are_equal_and_hardly_longer_than_the_parameters(count, dtype, blocks):
    net = symnet.mlp([count - 1, 1], output="linear")
    params = {name: np.asarray(value, dtype) for name, value in net.init(seed=0).items()}
    X, Y = np.ones((1, count - 1), dtype), np.ones((1, 1), dtype)
    loop = numpy_loop.NumpyLoop(net.batched("mean"), optimizers.adam(0.01), params, (X, Y), (), None)
    assert loop.blocks == blocks
    assert count <= len(loop.weights) < count + blocks
    assert loop.block * np.dtype(dtype).itemsize <= numpy_loop.BLOCK


@pytest.mark.parametrize("value", [3e38, np.inf, -np.inf, np.nan])
def test_parameters_are_finite_even_where_their_squares_are_not(value):
    net = symnet.mlp([2, 1], output="linear")
    params = {"W1": np.array([[value], [1]], np.float32), "b1": np.zeros(1, np.float32)}
    rows = np.ones((1, 2), np.float32), np.ones((1, 1), np.float32)
    loop = numpy_loop.NumpyLoop(net.batched("mean"), optimizers.sgd(0.01), params, rows, (), None)
    assert loop.is_finite() == np.isfinite(value)


def update_lines(rules):
    writer = InPlace({SIZE: 5}, np.float64, {})
    return writer, *writer.numbers_and_lines(rules)


def test_adam_corrects_its_averages_by_numbers_alone():
    rules = optimizers.adam(0.01).rules[1]
    writer, numbers, operations = update_lines(rules)
    assert [line.split("  # ")[0] for line in numbers] == [
        "m_hat_w_scale = 1 / (1 - 0.9**update_number)",
        "v_hat_w_scale = 1 / (1 - 0.999**update_number)",
        "v_hat_w_root = v_hat_w_scale**0.5",
    ]
    assert len(operations) == 3
    assert sum(len(line.split("  # ")[0].split("; ")) for line in operations) == 12
    assert not any("hat" in name for name in writer.arrays)
    assert sum(name.startswith("_spare") for name in writer.arrays) == 1


def test_every_rule_stands_beside_its_operations():
    for make in (optimizers.sgd, optimizers.momentum, optimizers.adagrad, optimizers.adam, optimizers.adamw):
        rules = make(0.01).rules[1]
        _, numbers, operations = update_lines(rules)
        comments = [line.split("  # ")[1] for line in (*numbers, *operations) if "  # " in line]
        assert sorted(comment.split(" = ")[0] for comment in comments) == sorted(str(rule.lhs) for rule in rules)


# Softmax and cross-entropy.


def gave(equations, arrays, n):
    writer = InPlace({BATCH: n}, np.float64, arrays)
    code = "\n".join(writer.lines(equations))
    namespace = {name: getattr(np, name) for name in writer.used} | writer.arrays | {"n": n}
    with np.errstate(all="ignore"):
        exec(code, namespace)  # noqa: S102 - our own text
    return {equation.lhs.name: np.array(namespace[writer.names[equation.lhs]]) for equation in equations}, code


def softmax_task(n, h):
    Z, T, P, c = array("Z", BATCH, h), array("T", BATCH, h), array("P", BATCH, h), array("c", BATCH)
    random = np.random.default_rng(n)
    given = {Z: random.normal(size=(n, h)), T: random.uniform(size=(n, h))}  # rows of T that do not sum to 1
    return (Equation(c, cross_entropy(Z, T)), Equation(P, softmax(Z))), given, Z, T


@pytest.mark.parametrize(("n", "h"), [(1, 1), (1, 4), (6, 1), (6, 4)])
def test_softmax_and_cross_entropy_are_those_of_jax(n, h):
    import jax

    equations, given, Z, T = softmax_task(n, h)
    found, _ = gave(equations, given, n)
    with jax.enable_x64(True):
        logs = np.asarray(jax.nn.log_softmax(given[Z], axis=1))
    np.testing.assert_allclose(found["c"], -(given[T] * logs).sum(1), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found["P"], np.exp(logs), rtol=1e-12)


def test_exponentials_are_shared_and_do_not_overflow():
    equations, given, Z, T = softmax_task(3, 4)
    given[Z][...] = [[1e4, 0, 0, 0], [-1e4, -1e4, -1e4, -1e4], [0, 1e4, 1e4, -1e4]]
    given[T][...] = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]]
    found, code = gave(equations, given, 3)
    np.testing.assert_allclose(found["c"], [1e4, np.log(4), np.log(2)])
    np.testing.assert_array_equal(found["P"], [[1, 0, 0, 0], [0.25] * 4, [0, 0.5, 0.5, 0]])
    assert len(re.findall(r"\bexp\(", code)) == 1


def test_softmax_of_a_sum_is_not_mistaken_for_another():
    _, given, Z, T = softmax_task(3, 4)
    P, Q = array("P", BATCH, 4), array("Q", BATCH, 4)
    found, _ = gave((Equation(P, softmax(Z + T)), Equation(Q, softmax(Z - T))), given, 3)
    for name, z in (("P", given[Z] + given[T]), ("Q", given[Z] - given[T])):
        np.testing.assert_allclose(found[name], np.exp(z) / np.exp(z).sum(1)[:, None], rtol=1e-13)
