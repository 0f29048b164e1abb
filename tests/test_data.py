"""Data: arrays, formulas over them, batches and labels, judged by NumPy and by hand."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from data_told import HUGE, S12, S13, mistake
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from symnet.algebra import functions
from symnet.algebra.mistakes import Mistake
from symnet.computing.arrays import checked
from symnet.training import data
from symnet.training.data import batches, evaluate, fresh, grid, one_hot, split, standardize

# checked


def test_checked_turns_lists_and_whole_numbers_into_float64():
    X, Y = checked([[1, 2], [3, 4], [5, 6]], [[True], [False], [True]], 2, 1)
    assert X.dtype == Y.dtype == np.float64
    assert X.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert Y.tolist() == [[1], [0], [1]]


def test_the_target_follows_the_inputs_precision():
    X32 = np.ones((2, 3), np.float32)
    Y64 = np.full((2, 1), 0.1)
    X, Y = checked(X32, Y64, 3, 1)
    assert X is X32
    assert Y.dtype == np.float32
    X, Y = checked(X32, Y64, 3, 1, dtype="float64")
    assert X.dtype == np.float64
    assert Y is Y64
    assert checked(np.ones((2, 1), np.float16), Y64, 1, 1)[0].dtype == np.float64
    assert checked(np.ones((2, 1), ">f8"), Y64, 1, 1)[0].dtype == np.float64


def test_without_targets_y_has_no_columns():
    X, Y = checked([[1.0], [2.0]], None, 1, 0)
    assert X.shape == (2, 1)
    assert Y.shape == (2, 0)


def test_a_target_is_never_broadcast():
    X = np.zeros((4, 3))
    line = mistake(checked, X, np.array([1.0, -1, -1, 1]), 3, 1)
    assert line == "Y has shape (4,); it must be (4, 1): write Y[:, None] or reshape it to (4, 1)"


@pytest.mark.parametrize(
    ("X", "Y", "says"),
    [
        ([1, 2], [[1]], "X has shape (2,); one row of 2 has shape (1, 2): write X[None, :]"),
        ([1, 2, 3], [[1]], "X has shape (3,); it must have two axes, (rows, 2)"),
        (3.0, [[1]], "X has shape (); it must have two axes, (rows, 2)"),
        ([[[1, 2]]], [[1]], "X has shape (1, 1, 2); it must have two axes"),
        ([[1, 2, 3]], [[1]], "X has shape (1, 3); it must be (1, 2), for 2 inputs"),
        ([[1, 2]], [[1, 2]], "Y has shape (1, 2); it must be (1, 1), for 1 targets"),
        ([[1, 2]], [[1], [2]], "X has shape (1, 2) and Y (2, 1); they must have the same number of rows"),
        ([], [], "X has no rows (shape (0,))"),
        (np.zeros((0, 2)), np.zeros((0, 1)), "X has no rows (shape (0, 2))"),
        ([[1, 2]], None, "Y is missing; it must have shape (1, 1)"),
        ([[1, 2], [3]], [[1], [2]], "X is not a table of numbers; each of its rows must have the same length"),
        ([["1", "2"]], [[1]], "X holds text; it must hold real numbers"),
        ([[None, 2]], [[1]], "X holds things that are not numbers"),
        ([[1j, 2]], [[1]], "X holds complex numbers"),
        (np.array([["2020-01-01", "2021-01-01"]], "M8[D]"), [[1]], "X holds datetime64[D]"),
        ([[1, 2], [3, math.nan]], [[1], [2]], "X[1, 1] is nan; put a number there, or leave the row out"),
        ([[1, 2], [3, 4]], [[1], [-math.inf]], "Y[1, 0] is -inf"),
    ],
)
def test_checked_says_what_is_wrong(X, Y, says):
    assert says in mistake(checked, X, Y, 2, 1)


def test_checked_refuses_what_a_dtype_cannot_hold():
    assert mistake(checked, [[1e300]], [[1]], 1, 1, "float32") == "X[0, 0] is 1e+300, which is too large for float32"
    for dtype in ("int64", "float16", "colour"):
        assert "it must be float32 or float64" in mistake(checked, [[1.0]], [[1]], 1, 1, dtype)


# grid


def test_one_name_is_a_line():
    assert np.array_equal(grid({"x": (-2, 2, 200)})["x"], np.linspace(-2, 2, 200))
    assert grid({"x": (-2, 2, 1)})["x"].tolist() == [-2]


def test_several_names_are_nested_loops_the_last_fastest():
    columns = grid({"a": (0, 1, 2), "b": (0, 2, 3), "c": (5, 6, 2)})
    assert list(columns) == ["a", "b", "c"]
    assert list(zip(*(column.tolist() for column in columns.values()), strict=True)) == list(
        itertools.product([0, 1], [0, 1, 2], [5, 6])
    )


def test_a_grid_takes_exact_numbers():
    columns = grid({"x": (Fraction(1, 3), sympy.Rational(2, 3), np.int64(2))})
    assert columns["x"].tolist() == [1 / 3, 2 / 3]


def test_many_names_of_one_point_are_a_point():
    columns = grid({f"x{i}": (0, 1, 1) for i in range(100)})
    assert {len(column) for column in columns.values()} == {1}


@pytest.mark.parametrize(
    ("axes", "says"),
    [
        ({}, "grid has no names"),
        ({"x": (-2, 2)}, "grid.x is (-2, 2); it must be [from, to, how many]"),
        ({"x": 3}, "grid.x is 3; it must be [from, to, how many]"),
        ({"x": "abc"}, 'grid.x is "abc"; it must be'),
        ({"x": ("a", 2, 3)}, "it must be [from, to, how many]"),
        ({"x": (True, 2, 3)}, "it must be [from, to, how many]"),
        ({"x": (0, math.inf, 3)}, "grid.x is (0, inf, 3); it must be"),
        ({"x": (0, HUGE, 3)}, "grid.x is a number of too many digits; it must be"),
        ({"x": (2, 2, 3)}, "grid.x goes from 2 to 2; the first must be smaller"),
        ({"x": (-1.5e308, 1.5e308, 3)}, "too wide for float64"),
        ({"x": (0, 1, 0)}, "grid.x[2] is 0; it must be a whole number, 1 or more"),
        ({"x": (0, 1, 2.5)}, "grid.x[2] is 2.5; it must be a whole number, 1 or more"),
        ({"x": (0, 1, True)}, "grid.x[2] is True"),
        ({"x": (0, 1, 4000), "y": (0, 1, 4000)}, "grid.y makes more than 10,000,000 points; ask for fewer"),
        ({"x": (0, 1, HUGE)}, "grid.x makes more than 10,000,000 points"),
        ({"x y\n": (0, 1, 2)}, 'grid."x y\\n": a name is letters (a-z, Greek), digits and _'),
        ({3: (0, 1, 2)}, 'grid."3": a name is letters'),
    ],
)
def test_grid_says_what_is_wrong(axes, says):
    assert says in mistake(grid, axes)


# evaluate


def test_formulas_are_evaluated_as_numpy_does():
    x = np.linspace(-2, 2, 200)
    a, b = grid({"a": (-0.5, 0.5, 40), "b": (-0.5, 0.5, 40)}).values()
    assert np.allclose(evaluate({"y": S13}, {"x": x}), (0.1 * x**3 - 0.5 * x**2 + 2 * np.sin(3 * x))[:, None], rtol=0)
    both = evaluate({"t": "exp(-7*(a^2 + b^2))*abs(b + 2*a)", "c": "-pi/3"}, {"a": a, "b": b})
    assert both.shape == (1600, 2)
    assert np.allclose(both[:, 0], np.exp(-7 * (a**2 + b**2)) * np.abs(b + 2 * a), rtol=1e-14)
    assert (both[:, 1] == -math.pi / 3).all()


JUDGES = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, z / 100),
    "elu": lambda z: np.where(z >= 0, z, np.expm1(z)),
    "sigmoid": lambda z: (1 + np.tanh(z / 2)) / 2,
    "bipolar_sigmoid": lambda z: np.tanh(z / 2),
    "softplus": lambda z: np.logaddexp(0, z),
    "gelu": lambda z: z * np.array([math.erfc(-x / math.sqrt(2)) for x in z]) / 2,
    "step": lambda z: np.heaviside(z, 1),
    "linear": lambda z: z,
    "stop_gradient": lambda z: z,
    "max": lambda z: z,
    "min": lambda z: z,
    "ln": lambda z: np.log(z),
    "erf": lambda z: np.array([math.erf(x) for x in z]),
}


@pytest.mark.parametrize("name", functions.CATALOGUE)
def test_every_function_is_evaluated(name):
    z = np.linspace(-3, 3, 25)  # 0 is one of them
    z = z[z > 0] if name in ("log", "ln", "sqrt") else z
    judge = JUDGES.get(name) or getattr(np, name, None)
    assert judge, f"write down what {name} is in JUDGES"
    assert np.allclose(evaluate({"y": f"{name}(z)"}, {"z": z})[:, 0], judge(z), rtol=1e-13, atol=1e-15)


def test_functions_of_several_arguments_are_evaluated():
    z = np.linspace(-3, 3, 25)
    formulas = {"a": "max(z, 1, 0, -z)", "b": "min(z, 1, 0, -z)", "c": "leaky_relu(z, 0.1)", "d": "elu(z, 2)"}
    expected = [
        np.maximum(np.abs(z), 1),
        -np.abs(z),
        np.where(z > 0, z, z / 10),
        np.where(z >= 0, z, 2 * np.expm1(z)),
    ]
    assert np.allclose(evaluate(formulas, {"z": z}), np.transpose(expected), rtol=1e-13)


def test_a_branch_that_is_not_taken_may_overflow():
    z = np.array([-1000.0, 0, 1000])
    assert evaluate({"a": "elu(z)", "b": "sigmoid(z)"}, {"z": z}).tolist() == [[-1, 0], [0, 0.5], [1000, 1]]


@pytest.mark.parametrize(
    "text",
    ["1/x", "log(x)", "x^-2", "relu(log(x))", "step(1/x)", "1/(1/x)", "(1/x)^0", "1^(1/x)", "exp(log(x))",
     "max(1/x, 2)", "sqrt(x - 1)", "exp(1000 - 900*x)", "0/x"],
)  # fmt: skip
def test_a_formula_without_a_value_names_the_first_point(text):
    line = mistake(evaluate, {"y": text}, {"x": [1.0, 0.0, -1.0]})
    assert line == f'targets.y: "{text}" has no finite value in float64 at x = 0'


def test_a_constant_without_a_value_has_no_point():
    for text in ("1/0", "log(0)", "1e400", "(-8)^(1/3)"):
        assert mistake(evaluate, {"y": text}, {"x": [1.0]}) == f'targets.y: "{text}" has no finite value in float64'


def test_a_function_of_ones_own_is_evaluated_or_refused(monkeypatch):
    monkeypatch.setattr(functions, "CATALOGUE", dict(functions.CATALOGUE))
    functions.define("swish_here", lambda z: z / (1 + sympy.exp(-z)))
    functions.define("half_here", lambda z: 0.5 * z * sympy.exp(1))
    functions.define(
        "inside", lambda z: sympy.Piecewise((1, sympy.And(z > -1, z < 1)), (2, sympy.Or(z < -5, z > 5)), (0, True))
    )
    functions.define("bessel_here", lambda z: sympy.besselj(0, z))
    functions.define("odd_here", lambda z: sympy.Piecewise((1, sympy.Ne(z, 3)), (0, True)))
    functions.define("imaginary_here", lambda z: z * sympy.I)
    z = np.array([-6.0, -1, 0, 1, 6])
    columns = evaluate({"a": "swish_here(z)", "b": "half_here(z)", "c": "inside(z)"}, {"z": z}).T
    assert np.allclose(columns[0], z / (1 + np.exp(-z)))
    assert np.allclose(columns[1], z / 2 * math.e)
    assert columns[2].tolist() == [2, 0, 1, 0, 2]
    assert '"besselj" is not known to data' in mistake(evaluate, {"y": "bessel_here(z)"}, {"z": z})
    assert 'condition "!=" is not known' in mistake(evaluate, {"y": "odd_here(z)"}, {"z": z})
    assert "no finite value" in mistake(evaluate, {"y": "imaginary_here(z)"}, {"z": z})


@pytest.mark.parametrize(
    ("formulas", "columns", "says"),
    [
        ({}, {"x": [1]}, "targets has no formula"),
        ({"y": "2*z"}, {"x": [1]}, 'targets.y: name "z" is not known here'),
        ({"y": "__import__('os')"}, {"x": [1]}, "targets.y: "),
        ({"y": 3}, {"x": [1]}, "targets.y is 3; it must be a formula in quotes"),
        ({"y z": "x"}, {"x": [1]}, 'targets."y z": a name is letters'),
        ({"y": "x"}, {"x": [[1]]}, 'column "x" has shape (1, 1); it must have one axis'),
        ({"y": "x"}, {"x": ["a"]}, "x holds text; it must hold real numbers"),
        ({"y": "x"}, {"x": [1, 2], "z": [1]}, "columns must have one number of rows, at least 1 (found: x 2, z 1)"),
        ({"y": "x"}, {"x": []}, "at least 1 (found: x 0)"),
        ({"y": "2"}, {}, "at least 1 (found: no column)"),
        ({"y": "2"}, {"a b": [1]}, 'columns."a b": a name is'),
    ],
)
def test_evaluate_says_what_is_wrong(formulas, columns, says):
    assert says in mistake(evaluate, formulas, columns)


# fresh

RANGES = {"x0": (-0.5, 0.5), "x1": (1, 3)}


def test_fresh_batches_are_new_reproducible_and_in_range():
    first, second = itertools.islice(fresh(RANGES, S12, 100, 7), 2)
    again = next(fresh(RANGES, S12, 100, 7))
    other = next(fresh(RANGES, S12, 100, 8))
    X, Y = first
    assert X.shape == (100, 2)
    assert Y.shape == (100, 1)
    assert (X >= [-0.5, 1]).all()
    assert (X < [0.5, 3]).all()
    assert np.ptp(X[:, 1]) > 1.5
    assert np.allclose(Y[:, 0], np.exp(-7 * (X**2).sum(axis=1)) * np.abs(X[:, 1] + 2 * X[:, 0]))
    assert np.array_equal(X, again[0])
    assert not np.isin(X, second[0]).any()
    assert not np.isin(X, other[0]).any()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (({}, S12, 1, 0), "uniform has no names"),
        (({"x": (1, 2, 3)}, S12, 1, 0), "uniform.x is (1, 2, 3); it must be [from, to]"),
        (({"x": (1, -1)}, S12, 1, 0), "uniform.x goes from 1 to -1; the first must be smaller"),
        ((RANGES, {"t": "x2"}, 1, 0), 'targets.t: name "x2" is not known here (known: x0, x1)'),
        ((RANGES, S12, 0, 0), "batch_size is 0; it must be a whole number, from 1 to 10,000,000"),
        ((RANGES, S12, 10**8, 0), "batch_size is 100000000; it must be a whole number, from 1 to 10,000,000"),
        ((RANGES, S12, 1, -1), "seed is -1; it must be a whole number, 0 or more"),
        ((RANGES, S12, 1, 0.5), "seed is 0.5; it must be a whole number"),
        ((RANGES, S12, 1, True), "seed is True; it must be a whole number"),
    ],
)
def test_fresh_says_at_once_what_is_wrong(arguments, says):
    assert says in mistake(fresh, *arguments)


def test_a_bad_point_is_said_when_it_is_drawn():
    drawn = fresh({"x": (-1, 1)}, {"y": "log(x)"}, 100, 0)
    assert 'targets.y: "log(x)" has no finite value in float64 at x = -' in mistake(next, drawn)


# split


@given(st.integers(2, 200), st.floats(0.01, 0.99), st.integers(0, 2**64))
def test_split_is_a_partition_that_keeps_the_order(n, fraction, seed):
    X = np.arange(n)[:, None]
    held = math.floor(fraction * n + 0.5)
    if held in (0, n):
        assert f"of {n} rows leaves no row to" in mistake(split, X, -X, fraction, seed)
        return
    (a, ta), (b, tb) = split(X, -X, fraction, seed)
    assert len(b) == held
    assert sorted([*a[:, 0], *b[:, 0]]) == list(range(n))
    assert (np.diff(a[:, 0]) > 0).all()
    assert (np.diff(b[:, 0]) > 0).all()
    assert np.array_equal(ta, -a)
    assert np.array_equal(tb, -b)


def test_split_follows_its_seed():
    X = np.arange(200.0)[:, None]
    held = [split(X, X, 0.2, seed)[1][0] for seed in (0, 0, 1)]
    assert len(held[0]) == 40
    assert np.array_equal(held[0], held[1])
    assert not np.array_equal(held[0], held[2])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([[1.0]] * 3, [[1.0]] * 3, 0.1, 0), "holding back 0.1 of 3 rows leaves no row to validate with"),
        (([[1.0]] * 3, [[1.0]] * 3, 0.9, 0), "holding back 0.9 of 3 rows leaves no row to train on"),
        (([[1.0]], [[1.0]], 0.5, 0), "leaves no row to train on"),
        (([[1.0]] * 3, [[1.0]] * 3, 0, 0), "the fraction held back is 0; it must be between 0 and 1, such as 0.2"),
        (([[1.0]] * 3, [[1.0]] * 3, 1.0, 0), "the fraction held back is 1.0; it must be"),
        (([[1.0]] * 3, [[1.0]] * 3, math.nan, 0), "the fraction held back is nan"),
        (([[1.0]] * 3, [[1.0]] * 3, "0.2", 0), 'the fraction held back is "0.2"'),
        (([[1.0]] * 3, [[1.0]] * 4, 0.5, 0), "X has shape (3, 1) and Y (4, 1); they must have the same number of rows"),
        (([[1.0]] * 3, [1.0] * 3, 0.5, 0), "Y has shape (3,); it must have two axes"),
        (([[1.0]] * 3, [[1.0]] * 3, 0.5, "a"), 'seed is "a"'),
    ],
)
def test_split_says_what_is_wrong(arguments, says):
    assert says in mistake(split, *arguments)


# batches


@given(st.integers(1, 300), st.integers(1, 400), st.integers(0, 2**32))
def test_an_epoch_sees_every_row_once(n, batch_size, seed):
    full, rest = batches(n, batch_size, np.random.default_rng(seed))
    assert full.shape == (n // batch_size, batch_size)
    assert rest.shape == (n % batch_size,)
    assert sorted([*full.ravel(), *rest]) == list(range(n))


def test_epochs_differ_and_are_reproducible():
    rng = np.random.default_rng(3)
    first, second = batches(100, 10, rng)[0], batches(100, 10, rng)[0]
    assert not np.array_equal(first, second)
    assert np.array_equal(first, batches(100, 10, np.random.default_rng(3))[0])


def test_batches_says_what_is_wrong():
    rng = np.random.default_rng(0)
    assert "the number of rows is 0; it must be a whole number, 1 or more" in mistake(batches, 0, 1, rng)
    assert "batch_size is 2.0; it must be a whole number" in mistake(batches, 10, 2.0, rng)
    assert "batch_size is a number of too many digits" in mistake(batches, 10, HUGE, rng)
    assert "numpy.random.default_rng(0)" in mistake(batches, 10, 2, 0)


# standardize

TABLES = arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(0, 4)), elements=st.floats(-1e100, 1e100))


def test_standardize_is_the_mean_and_the_population_deviation():
    plan = standardize([[1, 10], [2, 20], [3, 60]])
    assert plan.mean.tolist() == [2, 30]
    assert np.allclose(plan.scale, [math.sqrt(2 / 3), math.sqrt(1400 / 3)], rtol=1e-15)
    assert np.allclose(plan.apply([[2, 30 + math.sqrt(1400 / 3)]]), [[0, 1]])


@given(TABLES)
def test_undo_gives_back_what_was_standardized(X):
    plan = standardize(X)
    Z = plan.apply(X)
    size = np.abs(X).max(axis=0)
    assert (np.abs(plan.undo(Z) - X) <= 1e-14 * size).all()
    assert (np.abs(Z) <= math.sqrt(len(X)) * (1 + 1e-9)).all()  # no row is further from the mean than √n deviations


def test_a_constant_column_becomes_zero():
    X = np.full((3, 1), 0.1)
    assert X.std() > 0, "NumPy's rounding is why constant columns are looked for"
    plan = standardize(X)
    assert plan.scale.tolist() == [1]
    assert (plan.apply(X) == 0).all()


def test_deviations_neither_overflow_nor_vanish():
    for size in (1e200, 1e-200):
        assert np.allclose(standardize([[size], [-size]]).scale / size, 1)


def test_standardizing_keeps_float32():
    X = np.array([[1.0], [2.0]], np.float32)
    plan = standardize(X)
    assert plan.mean.dtype == np.float64
    assert plan.apply(X).dtype == plan.undo(X).dtype == np.float32


def test_standardize_says_what_is_wrong():
    plan = standardize([[1, 2], [3, 5]])
    assert "X has shape (2, 1); it must be (2, 2), for 2 columns" in mistake(plan.apply, [[1], [2]])
    assert "X has shape (2, 3); it must be (2, 2)" in mistake(plan.undo, [[1, 2, 3], [1, 2, 3]])
    assert "X[0, 1] is inf" in mistake(plan.apply, [[1, math.inf]])
    assert "X has shape (2,); it must have two axes, (rows, columns)" in mistake(standardize, [1, 2])
    assert "X has no rows" in mistake(standardize, np.zeros((0, 2)))
    assert "X[1, 0] is nan" in mistake(standardize, [[1], [math.nan]])
    assert "column 1 of X is too large to standardize" in mistake(standardize, [[1, 1.5e308], [2, 1.4e308]])


# one_hot


def test_one_hot_sorts_the_labels_that_occur():
    assert one_hot([2, 0, 2, 10]).tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert one_hot(np.array(["b", "a"])).tolist() == [[0, 1], [1, 0]]


def test_one_hot_keeps_the_order_of_given_classes():
    assert one_hot(["cat", "dog"], ["dog", "cat", "eel"]).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert np.array_equal(one_hot(np.arange(4), range(4)), np.eye(4))


@pytest.mark.parametrize(
    ("labels", "classes", "says"),
    [
        (["cta"], ["dog", "cat"], 'labels[0] is "cta", which is not one of the classes; did you mean "cat"?'),
        ([0, 3], [0, 1], "labels[1] is 3, which is not one of the classes (known: 0, 1)"),
        (["0"], [0, 1], 'labels[0] is "0", which is not one of the classes'),
        ([0], [0, 1, 0], "classes has 0 twice"),
        ([0, 1.0], None, "labels[1] is 1.0; a label is a whole number or text"),
        ([True], None, "labels[0] is True; a label is"),
        ([0, "a"], None, 'labels[1] is "a"; labels are all whole numbers or all text'),
        ([], None, "labels is empty"),
        ([1], [], "classes is empty"),
        ("abc", None, 'labels is "abc"; it must be a list'),
        (3, None, "labels is 3; it must be a list"),
        (np.zeros((2, 1), int), None, "labels has shape (2, 1); it must have one axis, such as labels[:, 0]"),
    ],
)
def test_one_hot_says_what_is_wrong(labels, classes, says):
    assert says in mistake(one_hot, labels, classes)


def test_confusion_counts_what_was_taken_for_what():
    from sklearn.metrics import confusion_matrix

    true, guessed = [0, 1, 2, 2, 1, 0, 2], [0, 2, 2, 1, 1, 0, 2]
    np.testing.assert_array_equal(data.confusion(true, guessed), confusion_matrix(true, guessed))
    assert data.confusion(["a"], ["b"], classes=["b", "a", "c"]).tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    with pytest.raises(Mistake, match="2 labels but 1 predictions"):
        data.confusion([0, 1], [1])
