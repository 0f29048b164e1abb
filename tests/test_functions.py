"""Every function of the catalogue: its values, its derivatives away from and at the kinks, and what ``define`` accepts.

The judges are mpmath, Python's ``math`` and JAX; the references below are written out from the textbooks.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import jax
import jax.numpy as jnp
import mpmath
import pytest
import sympy

import symnet
from symnet.algebra import functions, scalar
from symnet.algebra.equations import Equation, symbol
from symnet.computing import exact
from symnet.computing.program import Program, identifier

DIGITS = 40


def _elu(z, alpha=1):
    return z if z > 0 else alpha * (mpmath.exp(z) - 1)


# name: (the definition in mpmath, where it is smooth as a list of arguments)
POINTS = [Fraction(n, 7) for n in (-40, -13, -8, -3, -1, 1, 2, 5, 9, 31)]
POSITIVE = [x for x in POINTS if x > 0] + [Fraction(1, 1000), Fraction(4), Fraction(1000)]
UNARY = [(x,) for x in POINTS]
REFERENCE = {
    "relu": (lambda z: z if z > 0 else mpmath.mpf(0), UNARY),
    "leaky_relu": (
        lambda z, slope=None: z if z > 0 else z * slope if slope is not None else z / 100,
        UNARY + [(x, Fraction(1, 4)) for x in POINTS],
    ),
    "elu": (_elu, UNARY + [(x, Fraction(3, 2)) for x in POINTS]),
    "stop_gradient": (lambda z: +z, UNARY),
    "sigmoid": (lambda z: 1 / (1 + mpmath.exp(-z)), UNARY),
    "tanh": (lambda z: mpmath.sinh(z) / mpmath.cosh(z), UNARY),
    "bipolar_sigmoid": (lambda z: mpmath.tanh(z / 2), UNARY),
    "softplus": (lambda z: mpmath.log(1 + mpmath.exp(z)), UNARY),
    "gelu": (lambda z: z * mpmath.ncdf(z), UNARY),
    "step": (lambda z: mpmath.mpf(z >= 0), UNARY),
    "floor": (mpmath.floor, UNARY),
    "linear": (
        lambda z, a=1, c=0: a * z + c,
        [*UNARY, (Fraction(2), Fraction(-3)), (Fraction(1), Fraction(2), Fraction(5))],
    ),
    "abs": (lambda z: mpmath.fabs(z), UNARY),
    "sign": (lambda z: mpmath.mpf(-1 if z < 0 else 1 if z > 0 else 0), UNARY),
    "max": (
        lambda *z: mpmath.mpf(sorted(z)[-1]),
        [*UNARY, (Fraction(1), Fraction(2)), (Fraction(3), Fraction(-2)), (Fraction(1), Fraction(5), Fraction(2))],
    ),
    "min": (
        lambda *z: mpmath.mpf(sorted(z)[0]),
        [*UNARY, (Fraction(1), Fraction(2)), (Fraction(3), Fraction(-2)), (Fraction(4), Fraction(5), Fraction(2))],
    ),
    "exp": (mpmath.exp, UNARY),
    "log": (mpmath.log, [(x,) for x in POSITIVE]),
    "ln": (mpmath.log, [(x,) for x in POSITIVE]),
    "sqrt": (mpmath.sqrt, [(x,) for x in POSITIVE]),
    "sin": (mpmath.sin, UNARY),
    "cos": (mpmath.cos, UNARY),
    "erf": (lambda z: 2 / mpmath.sqrt(mpmath.pi) * mpmath.quad(lambda t: mpmath.exp(-t * t), [0, z / 2, z]), UNARY),
}
# The kinks and the derivative that is stated there: (function, arguments, index of the argument, derivative).
KINKS = [
    ("relu", (0,), 0, 0),
    ("leaky_relu", (0,), 0, Fraction(1, 100)),
    ("leaky_relu", (0, Fraction(1, 4)), 0, Fraction(1, 4)),
    ("leaky_relu", (0, Fraction(1, 4)), 1, 0),
    ("elu", (0,), 0, 1),
    ("elu", (0, Fraction(3, 2)), 0, 1),
    ("step", (0,), 0, 0),
    ("floor", (0,), 0, 0),
    ("floor", (-3,), 0, 0),
    ("abs", (0,), 0, 0),
    ("sign", (0,), 0, 0),
    ("max", (2, 2), 0, 1),
    ("max", (2, 2), 1, 0),
    ("min", (2, 2), 0, 1),
    ("min", (2, 2), 1, 0),
    ("max", (1, 2, 2), 0, 0),
    ("max", (1, 2, 2), 1, 1),
    ("max", (1, 2, 2), 2, 0),
    ("max", (2, 2, 2), 0, 1),
    ("max", (2, 1, 2), 0, 1),
    ("max", (2, 1, 2), 2, 0),
    ("min", (2, 1, 1), 0, 0),
    ("min", (2, 1, 1), 1, 1),
    ("min", (2, 1, 1), 2, 0),
    ("min", (1, 2, 1), 0, 1),
    ("max", (5,), 0, 1),
    ("min", (5,), 0, 1),
]


@pytest.fixture
def catalogue():
    """Lets a test define functions and takes them out of the catalogue afterwards."""
    before = dict(functions.CATALOGUE)
    yield functions.CATALOGUE
    functions.CATALOGUE.clear()
    functions.CATALOGUE.update(before)


def computed(rhs, values):
    """The value that symnet's own code gives an expression at {name: Fraction}."""
    numbers = {identifier(name): value for name, value in values.items()}
    with exact.digits_carried(DIGITS):
        Program([Equation(symbol("result"), rhs)]).run(numbers)
    return numbers[identifier("result")]


def arguments(count):
    return tuple(symbol(f"u{i}") for i in range(count))


def value_of(name, point):
    u = arguments(len(point))
    return computed(functions.CATALOGUE[name](*u), dict(zip(("u0", "u1", "u2"), map(Fraction, point), strict=False)))


def slope_of(function, point, index=0, output=None):
    u = arguments(len(point))
    values = dict(zip(("u0", "u1", "u2"), map(Fraction, point), strict=False))
    if output is not None:
        values["y"] = output
    rhs = scalar.local_derivative(function, index, u, None if output is None else symbol("y"))
    return computed(rhs, values)


def high(x):
    """The number in mpmath, exactly as given."""
    return mpmath.mpf(x.numerator) / x.denominator if isinstance(x, (Fraction, int)) else mpmath.mpf(str(x))


def close(ours, right, digits=30):
    return mpmath.almosteq(high(ours), right, rel_eps=mpmath.mpf(10) ** -digits, abs_eps=mpmath.mpf(10) ** -digits)


CASES = [
    pytest.param(name, point, id=f"{name}{tuple(map(str, point))}")
    for name, (_, points) in REFERENCE.items()
    for point in points
]


def test_every_function_of_the_catalogue_has_an_independent_definition_here():
    assert set(functions.CATALOGUE) == set(REFERENCE)


@pytest.mark.parametrize("name", REFERENCE)
def test_values_are_those_of_the_textbook_definition(name):
    definition, points = REFERENCE[name]
    with mpmath.workdps(60):
        for point in points:
            assert close(value_of(name, point), definition(*map(high, point))), point


@pytest.mark.parametrize("name", [name for name in REFERENCE if name != "stop_gradient"])
def test_derivatives_are_central_differences_away_from_kinks(name):
    definition, points = REFERENCE[name]
    with mpmath.workdps(120):
        h = mpmath.mpf(10) ** -30
        for point in points:
            for index in range(len(point)):
                up, down = list(map(high, point)), list(map(high, point))
                up[index] += h
                down[index] -= h
                difference = (definition(*up) - definition(*down)) / (2 * h)
                assert close(slope_of(functions.CATALOGUE[name], point, index), difference), (point, index)


@pytest.mark.parametrize("name", REFERENCE)
def test_derivatives_in_terms_of_the_output_have_the_same_value(name):
    for point in REFERENCE[name][1]:
        function = functions.CATALOGUE[name]
        with mpmath.workdps(60):
            in_output = slope_of(function, point, output=value_of(name, point))
            assert close(in_output, high(slope_of(function, point))), point


@pytest.mark.parametrize(("name", "point", "index", "slope"), KINKS)
def test_derivatives_at_kinks_follow_the_stated_convention(name, point, index, slope):
    assert slope_of(functions.CATALOGUE[name], point, index) == slope


def test_step_of_zero_is_one():
    assert value_of("step", (0,)) == 1


def test_values_at_kinks_are_exact():
    assert [value_of(name, (0,)) for name in ("relu", "leaky_relu", "elu", "abs", "sign", "sin", "erf", "tanh")] == [
        0
    ] * 8
    assert [value_of(name, (0,)) for name in ("exp", "cos")] == [1, 1]
    assert value_of("sigmoid", (0,)) == Fraction(1, 2)
    assert isinstance(value_of("sigmoid", (0,)), Fraction)
    assert value_of("max", (2, 2, 1)) == 2


def test_sigmoid_gradient_is_a_times_one_minus_a():
    a, z = symbol("a"), symbol("z")
    slope = scalar.local_derivative(functions.sigmoid, 0, (z,), a)
    assert slope.subs(a, sympy.Rational(1, 3)) == sympy.Rational(2, 9)
    assert str(slope) == "a*(1 - a)"


def test_tanh_gradient_is_one_minus_a_squared():
    a, z = symbol("a"), symbol("z")
    assert str(scalar.local_derivative(functions.tanh, 0, (z,), a)) == "1 - a**2"


def test_exponential_is_its_own_gradient():
    a, z = symbol("a"), symbol("z")
    assert scalar.local_derivative(functions.exp, 0, (z,), a) == a


# -- against Python's floats and JAX ----------------------------------------------------------------------------------

IN_JAX = {
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "elu": jax.nn.elu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "abs": jnp.abs,
    "sign": jnp.sign,
    "exp": jnp.exp,
    "log": jnp.log,
    "ln": jnp.log,
    "sqrt": jnp.sqrt,
    "sin": jnp.sin,
    "cos": jnp.cos,
    "erf": jax.scipy.special.erf,
    "stop_gradient": jax.lax.stop_gradient,
}
# Where JAX has our convention at 0; jnp.abs and leaky_relu have another.
AT_ZERO = ("relu", "elu", "sigmoid", "tanh", "softplus", "gelu", "sign", "exp", "sin", "cos", "erf", "stop_gradient")


@pytest.mark.parametrize("name", IN_JAX)
def test_values_and_gradients_are_those_of_jax(name):
    points = [x for (x, *more) in REFERENCE[name][1] if not more] + ([Fraction(0)] if name in AT_ZERO else [])
    with jax.enable_x64(True):
        z = jnp.array([float(x) for x in points], dtype="float64")
        values = IN_JAX[name](z)
        slopes = jax.vmap(jax.grad(IN_JAX[name]))(z)
        for x, value, slope in zip(points, values, slopes, strict=True):
            assert float(value_of(name, (x,))) == pytest.approx(float(value), rel=1e-12, abs=1e-14)
            assert float(slope_of(functions.CATALOGUE[name], (x,))) == pytest.approx(float(slope), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "cos", "erf", "tanh"])
def test_values_are_those_of_the_math_module(name):
    for x in POSITIVE[:7]:
        assert float(value_of(name, (x,))) == pytest.approx(getattr(math, name)(float(x)), rel=1e-14)


@pytest.mark.parametrize("name", ["max", "min"])
def test_max_and_min_of_all_orders_are_pythons(name):
    for point in product(range(3), repeat=3):
        assert value_of(name, point) == {"max": max, "min": min}[name](point)
        slopes = [slope_of(functions.CATALOGUE[name], point, index) for index in range(3)]
        best = point.index({"max": max, "min": min}[name](point))
        assert slopes == [int(index == best) for index in range(3)]


# -- proofs and functions of one's own --------------------------------------------------------------------------------

STATED = [name for name, f in functions.CATALOGUE.items() if f.derivative is not scalar.ScalarFunction.derivative]


@pytest.mark.parametrize("name", STATED)
def test_every_stated_derivative_is_proved(name):
    least, most = functions.CATALOGUE[name].arguments
    for count in range(least, (most or 3) + 1):
        scalar.prove(functions.CATALOGUE[name], count)


def test_functions_are_never_evaluated_by_themselves():
    for name, (_, points) in REFERENCE.items():
        point = tuple(map(sympy.Rational, map(str, points[0])))
        expr = functions.CATALOGUE[name](*point)
        assert isinstance(expr, functions.CATALOGUE[name])
        assert expr.args == point


def test_define_takes_a_formula_and_finds_its_derivative(catalogue):
    swish = symnet.define("swish", lambda z: z / (1 + sympy.exp(-z)))
    assert catalogue["swish"] is swish
    with mpmath.workdps(80):
        x = Fraction(3, 7)
        right = mpmath.diff(lambda z: z / (1 + mpmath.exp(-z)), high(x))
        assert close(slope_of(swish, (x,)), right, 25)


def test_define_accepts_a_right_derivative(catalogue):
    right = symnet.define("logistic2", lambda z: 2 / (1 + sympy.exp(-z)), derivative=lambda y, z: y * (2 - y) / 2)
    assert str(scalar.local_derivative(right, 0, (symbol("z"),), symbol("a"))) == "a*(2 - a)/2"
    assert slope_of(right, (0,)) == Fraction(1, 2)


@pytest.mark.parametrize(
    "derivative",
    [lambda y, z: y * (1 + y), lambda y, z: y, lambda y, z: y * (1 - y) + sympy.Rational(1, 10**9)],
    ids=["sign", "factor", "constant"],
)
def test_define_refuses_a_wrong_derivative_and_names_the_function(catalogue, derivative):
    with pytest.raises(symnet.Mistake, match="mylogistic") as caught:
        symnet.define("mylogistic", lambda z: 1 / (1 + sympy.exp(-z)), derivative=derivative)
    assert "\n" not in str(caught.value)
    assert "mylogistic" not in catalogue


def test_define_refuses_a_wrong_derivative_of_one_piece(catalogue):
    with pytest.raises(symnet.Mistake, match="myrelu"):
        symnet.define(
            "myrelu",
            lambda z: sympy.Piecewise((z, z > 0), (0, True)),
            derivative=lambda y, z: sympy.Piecewise((1, z > 0), (1, True)),
        )


def test_define_refuses_a_wrong_derivative_at_few_points_only(catalogue):
    with pytest.raises(symnet.Mistake, match="bumpy"):
        symnet.define("bumpy", sympy.sin, derivative=lambda y, z: sympy.cos(z) + sympy.sin(sympy.pi * z))


def test_define_refuses_a_name_that_is_taken(catalogue):
    with pytest.raises(symnet.Mistake, match="relu"):
        symnet.define("relu", lambda z: z**2)
    assert functions.CATALOGUE["relu"] is functions.relu


def test_a_defined_function_can_be_used_in_formulas(catalogue):
    symnet.define("cube", lambda z: z**3, derivative=lambda y, z: 3 * z**2)
    solution = symnet.loads('[given]\nx = 2\n[equations]\nL = "cube(3x) + x"').solve()
    assert solution.forward["L"] == 218
    assert solution.gradients["x"] == 3 * 6**2 * 3 + 1


def test_define_takes_the_same_definition_twice(catalogue):
    for _ in range(2):
        symnet.define("swish", lambda z: z / (1 + sympy.exp(-z)))


@pytest.mark.parametrize("name", ["sqrt", "log", "ln"])
def test_derivatives_at_poles_have_no_value(name):
    with pytest.raises(ArithmeticError, match="division by zero"):
        slope_of(functions.CATALOGUE[name], (0,))
