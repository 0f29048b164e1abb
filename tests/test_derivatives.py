"""Local derivatives against ``sympy.diff`` of the written-out formula, and the order in which they are printed."""

from __future__ import annotations

import random

import pytest
import sympy
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from symnet.algebra import scalar
from symnet.algebra.derivatives import differentiate, local_derivatives
from symnet.algebra.equations import Equation, names_in, symbol
from symnet.algebra.parsing import parse

NAMES = ("x", "y", "z", "w")
FORMULAS = [
    "x",
    "3",
    "x + y + x",
    "2x - 3y/4 + x*y",
    "x*y*z*w",
    "x*x*x",
    "-x^2",
    "(-x)^2",
    "x^3*y^2",
    "x^-2",
    "x^(1/2)",
    "(x*y)^(3/2)",
    "x^y",
    "2^x",
    "x^x",
    "(x + y)^(z*w)",
    "2^3^x",
    "1/x",
    "x/y",
    "x/(y + x)",
    "1/2x",
    "1/(1 + exp(-(w*x + y)))",
    "(x - y)/(x + y)/(z + w)",
    "1/2*(x - y)^2",
    "(x - y)^2/2",
    "1/2*(x - y)^2 + 1/2*(z - w)^2",
    "-(x*log(y) + (1 - x)*log(1 + y))",
    "sqrt(x^2 + y^2)",
    "log(exp(x) + exp(y))",
    "ln(x)*exp(-x^2/2)",
    "exp(x)/(exp(x) + exp(y) + exp(z))",
    "sin(x*y)*cos(x + y)",
    "sin(cos(sin(x)))",
    "tanh(w*x + y)",
    "sigmoid(sigmoid(x)) + sigmoid(x)*y",
    "softplus(x*y) - x",
    "gelu(x - y*z)",
    "erf(x^2)",
    "relu(x - y) + relu(y - x)*z",
    "relu(relu(x)*y)",
    "leaky_relu(-x, y) + leaky_relu(z - x, 1/5)",
    "leaky_relu(-x*y, x*z)",
    "elu(-x, y)*elu(z)",
    "elu(-x*y, x*z)",
    "linear(x, y, z)",
    "linear(x*y, x, y)",
    "step(x)*y + sign(x)*z",
    "abs(x - y)*abs(-z)",
    "max(x, y)*min(x, z)",
    "max(x*y, y*z, z*w, 1)",
    "min(x^2, max(y, z), w)",
    "max(x)",
    "pi*x^2",
    "(x^2 + 1)*(x^2 + 1)",
    "0*x + y",
    "x - x",
    "x^0",
    "x^1",
    "0*exp(x)",
    "((((x))))",
    "1e-3x^2 + 0.1y",
]


def written_out(expr):
    """The expression in SymPy's own functions, evaluated as SymPy likes."""
    return sympy.sympify(expr.doit())


def value(expr, numbers, digits=50):
    result = written_out(expr).subs(numbers, simultaneous=True)
    return sympy.N(result, digits, maxn=400)


def agree(ours, right, numbers):
    """Whether two expressions have one value; None where the judge has none."""
    expected = value(right, numbers)
    if not (expected.is_Float or expected.is_Rational):
        return None
    return abs(value(ours, numbers) - expected) <= (1 + abs(expected)) * sympy.Float(10) ** -40


def random_point(seed):
    generator = random.Random(seed)
    values = generator.sample([sympy.Rational(n, d) for n in range(1, 40) for d in (7, 11, 13)], len(NAMES))
    return dict(zip(map(symbol, NAMES), values, strict=True))


@pytest.mark.parametrize("formula", FORMULAS)
def test_differentiate_is_sympy_diff(formula):
    expr = parse(formula, NAMES)
    for x in map(symbol, NAMES):
        right = sympy.diff(written_out(expr), x)
        ours = differentiate(expr, x)
        for seed in range(3):
            assert agree(ours, right, random_point(seed)), x


@pytest.mark.parametrize("formula", FORMULAS)
def test_local_derivatives_are_sympy_diff(formula):
    equation = Equation(symbol("output"), parse(formula, NAMES))
    slopes = local_derivatives(equation)
    assert tuple(slopes) == names_in(equation.rhs)
    rhs = written_out(equation.rhs)
    for x, slope in slopes.items():
        point = random_point(formula)
        # The derivative may be written in terms of the output: y(1 - y).
        ours = written_out(slope).subs(symbol("output"), rhs)
        assert agree(ours, sympy.diff(rhs, x), point), x


def positive(tree):
    return st.builds("({}^2 + 1)".format, tree) | st.builds("exp({}/4)".format, tree) | st.just("sigmoid(x)")


def larger(tree):
    function = st.sampled_from(
        ("sin", "cos", "tanh", "sigmoid", "erf", "softplus", "gelu", "relu", "elu", "abs", "step")
    )
    return st.one_of(
        st.builds("({} + {})".format, tree, tree),
        st.builds("({} - {} + {})".format, tree, tree, tree),
        st.builds("{}*{}".format, tree, tree),
        st.builds("(-{})".format, tree),
        st.builds("{}/{}".format, tree, positive(tree)),
        st.builds("{}^{}".format, positive(tree), tree),
        st.builds("({})^{}".format, tree, st.integers(0, 4)),
        st.builds("{}({})".format, function, tree),
        st.builds("{}({})".format, st.sampled_from(("log", "sqrt")), positive(tree)),
        st.builds("{}({}, {})".format, st.sampled_from(("max", "min", "leaky_relu")), tree, tree),
    )


TREES = st.recursive(st.sampled_from((*NAMES, "2", "0.5", "(-1/3)", "0", "1")), larger, max_leaves=8)


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(formula=TREES, seed=st.integers(0, 1000), name=st.sampled_from(NAMES))
def test_random_formulas_differentiate_like_sympy(formula, seed, name):
    expr = parse(formula, NAMES)
    point = random_point(seed)
    # Kinks and ties are left to their own tests: SymPy has no convention there.
    kinks = {"relu": 0, "elu": 0, "abs": 0, "step": 0, "leaky_relu": 0}
    for call in expr.atoms(scalar.ScalarFunction):
        values = [value(argument, point) for argument in call.args]
        assume(type(call).__name__ not in kinks or values[0] != 0)
        assume(type(call).__name__ not in ("max", "min") or len(set(values)) == len(values))
    verdict = agree(differentiate(expr, symbol(name)), sympy.diff(written_out(expr), symbol(name)), point)
    assume(verdict is not None)
    assert verdict


# -- as printed -------------------------------------------------------------------------------------------------------


def slope_of(formula, name, output="L"):
    names = ("x1", "x2", "w1", "w2", "b", "t", "o", "x", "y", "z", "v")
    return local_derivatives(Equation(symbol(output), parse(formula, names)))[symbol(name)]


def tree_of(expr):
    """The expression as nested tuples, in the order kept."""
    if not expr.args:
        return str(expr)
    return (type(expr).__name__, *map(tree_of, expr.args))


def test_half_squared_error_gives_minus_the_difference():
    slope = slope_of("1/2*(t - o)^2", "o")
    assert tree_of(slope) == ("Mul", "-1", ("Add", "t", ("Mul", "-1", "o")))
    assert sympy.sstr(slope, order="none") == "-(t - o)"


def test_half_squared_error_in_the_other_order_gives_the_difference():
    assert tree_of(slope_of("(o - t)^2/2", "o")) == ("Add", "o", ("Mul", "-1", "t"))


def test_a_weighted_sum_gives_the_bare_inputs_and_weights():
    slopes = local_derivatives(Equation(symbol("z"), parse("w1*x1 + w2*x2 + b", ("w1", "w2", "x1", "x2", "b"))))
    assert [(str(name), str(slope)) for name, slope in slopes.items()] == [
        ("w1", "x1"),
        ("x1", "w1"),
        ("w2", "x2"),
        ("x2", "w2"),
        ("b", "1"),
    ]


def test_products_keep_the_order_of_their_factors():
    assert tree_of(slope_of("z*y*x", "y")) == ("Mul", "z", "x")
    assert tree_of(slope_of("z*x*v*y", "v")) == ("Mul", "z", "x", "y")


def test_sums_keep_the_order_of_their_terms():
    assert tree_of(slope_of("z*x + y*x + v*x", "x")) == ("Add", "z", "y", "v")


def test_brackets_are_kept():
    assert tree_of(slope_of("x*(z + y)", "x")) == ("Add", "z", "y")
    assert tree_of(slope_of("x*(z + y)*v", "x")) == ("Mul", ("Add", "z", "y"), "v")


def test_sigmoid_of_a_name_gives_output_times_one_minus_output():
    assert tree_of(slope_of("sigmoid(x)", "x", "y")) == ("Mul", "y", ("Add", "1", ("Mul", "-1", "y")))


def test_output_form_is_only_used_for_the_whole_right_hand_side():
    slope = slope_of("sigmoid(x) + b", "x", "y")
    assert symbol("y") not in slope.free_symbols


def test_a_name_that_is_not_there_has_derivative_zero():
    assert differentiate(parse("x*y", ("x", "y")), symbol("z")) == 0


def test_differentiate_changes_nothing_of_what_it_is_given():
    expr = parse("2*x*3 + x*x - 0*x", ("x",))
    before = tree_of(expr)
    differentiate(expr, symbol("x"))
    assert tree_of(expr) == before


def test_long_sums_are_differentiated_term_by_term():
    count = 2000
    formula = " + ".join(f"w{i}*x{i}" for i in range(count))
    names = {f"{letter}{i}" for letter in "wx" for i in range(count)}
    slopes = local_derivatives(Equation(symbol("z"), parse(formula[:20_000].rpartition(" + ")[0], names)))
    assert all(slope.is_Symbol for slope in slopes.values())
    assert len(slopes) > 1000
