"""Networks of SymPy expressions: every function it can differentiate, by four judges that are not ours."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import sympy
from sympy import MatrixSymbol, Piecewise, Rational, Sum, Symbol, Trace, symbols

import symnet
from symnet.notation.names import Names
from symnet.working.derivation import Derivation
from symnet.working.problem import Problem
from symnet.working.work import Work

x, y, z = symbols("x y z")
i = Symbol("i")
A, B, v = MatrixSymbol("A", 2, 3), MatrixSymbol("B", 3, 2), MatrixSymbol("v", 3, 1)
AT = (0.37, 0.62, 0.81)


class squeeze(sympy.Function):
    """z/(1 + z²), by its derivative and its formula."""

    def fdiff(self, argindex=1):
        u = self.args[0]
        return (1 - u**2) / (1 + u**2) ** 2

    def doit(self, **hints):
        return self.args[0] / (1 + self.args[0] ** 2)


class wrong(sympy.Function):
    """z², with a derivative that is not its."""

    def fdiff(self, argindex=1):
        return 3 * self.args[0]

    def doit(self, **hints):
        return self.args[0] ** 2


class bare(sympy.Function):
    """A derivative and no formula."""

    def fdiff(self, argindex=1):
        return sympy.cos(self.args[0])


EXPRESSIONS = [
    (x * y + z) * x,
    sympy.log(x * y) + sympy.sin(x * y),
    sympy.Max(0, x - y) + sympy.Abs(y - z) + sympy.Min(x, y, z) + sympy.Max(x, 2 * y, Rational(1, 10)),
    Piecewise((sympy.sqrt(x - y), x > y), (z**2, sympy.Eq(x, y)), (x * y, True)),
    Piecewise((x, (x > 0) & ~((y < 1) | (z > 2))), (sympy.exp(z), sympy.Ne(x, y)), (0, True)),
    sympy.atan2(y, x) * sympy.sinh(z),
    x ** Rational(1, 3) + x**-2 + sympy.sqrt(x * y) / z + y ** Rational(-3, 2),
    x**y + 2**z,
    Sum(x**i / sympy.factorial(i), (i, 0, 4)) * sympy.Product(y + i, (i, 1, 3)),
    Sum(Sum(x**i * Symbol("k"), (Symbol("k"), 1, i)), (i, 1, 3)),
    sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi) + sympy.E**y,
    sympy.erf(x) ** 2 - sympy.erfc(y * z),
    sympy.tan(x) + sympy.asin(y / 3) + sympy.acos(z / 4) + sympy.atan(x * y),
    sympy.cosh(x) * sympy.asinh(y) + sympy.acosh(z + 1) - sympy.atanh(x / 5),
    sympy.sec(x) + sympy.cot(y) + sympy.coth(z) + sympy.sinc(x * y),
    squeeze(x * y) + squeeze(z),
    sympy.gamma(x) * sympy.loggamma(y + 1) + sympy.digamma(z),
    sympy.besselj(1, y) * x + sympy.Si(z),
    sympy.log(x, 2) + sympy.tanh(y) + sympy.sign(z) * z + sympy.Heaviside(x - y, 1),
    sympy.Integral(sympy.sin(z * x), (z, 0, 1)) + sympy.Derivative(x**3 * y, x),
    sympy.Function("f")(x).subs(sympy.Function("f")(x), symnet.functions.sigmoid(x) * y),
    0.1 * x + 1.5 * y - z / 3,
    x,
    -x,
]


def numbers(expr, point):
    """The value and the slopes of an expression by SymPy's own derivative and mpmath."""
    expr = expr.doit().subs({name: Symbol(name.name, real=True) for name in expr.free_symbols})
    names = sorted(expr.free_symbols, key=str)
    formulas = [expr, *(sympy.diff(expr, name).replace(sympy.DiracDelta, lambda _: 0) for name in names)]
    with mpmath.workdps(30):
        values = sympy.lambdify(names, formulas, "mpmath")(*map(mpmath.mpf, point[: len(names)]))
    return [float(mpmath.mpf(value)) for value in values]


@pytest.mark.parametrize("expr", EXPRESSIONS, ids=str)
def test_value_and_gradients_are_sympys_in_every_way_of_computing(expr):
    net = symnet.from_expression(expr)
    assert [name.name for name in net.inputs] == sorted(str(name) for name in expr.free_symbols)
    try:
        value, *slopes = numbers(expr, AT)
    except TypeError:  # ~ in a condition, for one, is not in mpmath's printer
        point = dict(zip(sorted(expr.free_symbols, key=str), map(Rational, map(str, AT)), strict=False))
        value, *slopes = (
            float(formula.subs(point).doit()) for formula in (expr, *(sympy.diff(expr, name) for name in point))
        )
    given = {name.name: Fraction(str(number)) for name, number in zip(net.inputs, AT, strict=False)}
    solution = symnet.solve(Problem(net, net.equations[-1].name, given, {}))
    assert float(solution.forward[net.equations[-1].name]) == pytest.approx(value, rel=1e-13)
    assert [float(solution.gradients[name]) for name in given] == pytest.approx(slopes, rel=1e-12, abs=1e-13)
    report = symnet.crosscheck(net, [AT[: len(net.inputs)]])
    assert report.agrees, report
    parameters = symnet.from_expression(expr, parameters=net.inputs)
    for backend in ("numpy", "math", "jax"):
        if backend == "jax" and expr.has(sympy.besselj):
            continue
        loss, gradients = symnet.compile(parameters, backend)(
            dict(zip(given, np.array(AT), strict=False)), np.zeros((1, 0))
        )
        assert float(loss) == pytest.approx(value, rel=1e-13)
        assert [float(gradients[name]) for name in given] == pytest.approx(slopes, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("expr", EXPRESSIONS[:-2], ids=str)
def test_the_sheet_writes_each_gradient_out(expr):
    net = symnet.from_expression(expr)
    given = {name.name: Fraction(str(number)) for name, number in zip(net.inputs, AT, strict=False)}
    problem = Problem(net, net.equations[-1].name, given, {})
    work = Work(symnet.solve(problem), Names(net.names))
    for name in given:
        assert Derivation(work, net.equations[-1].name).gradient(name).lines
    assert net._repr_mimebundle_()["text/latex"]


def test_what_occurs_twice_is_one_equation_and_names_are_never_taken():
    net = symnet.from_expression(sympy.exp(x * y) + sympy.log(x * y))
    assert [str(equation) for equation in net.equations] == ["v1 = x*y", "v2 = exp(v1)", "v3 = log(v1)", "L = v2 + v3"]
    taken = symnet.from_expression(Symbol("v1") * Symbol("L") + Symbol("y"))
    assert [str(equation) for equation in taken.equations] == ["v2 = L*v1", "Loss = v2 + y"]


def test_cases_are_worked_only_where_they_hold():
    net = symnet.from_expression(Piecewise((sympy.sqrt(x), x > 0), (-x, True)))
    assert len(net.equations) == 1
    solution = symnet.solve(Problem(net, "y", {"x": Fraction(-4)}, {}))
    assert (solution.forward["y"], solution.gradients["x"]) == (4, -1)


@pytest.mark.parametrize(
    ("expr", "at", "slope"),
    [
        (sympy.Abs(x), 0, 0),
        (sympy.Max(0, x), 0, 0),
        (sympy.Max(x, 1), 1, 1),
        (sympy.Heaviside(x), 0, 0),
        (Piecewise((x**2, x >= 0), (-x, True)), 0, 0),
    ],
)
def test_kinks_follow_the_convention(expr, at, slope):
    net = symnet.from_expression(expr)
    assert symnet.solve(Problem(net, "y", {"x": Fraction(at)}, {})).gradients["x"] == slope
    assert net.jacobian().subs(x, at)[0] == slope


def test_symbols_with_other_assumptions_are_understood_and_come_back():
    p, q = Symbol("p", positive=True), Symbol("q", integer=True)
    expr = sympy.sqrt(p**2) * q + sympy.log(p)
    net = symnet.from_expression(expr)
    assert sympy.simplify(net.expression() - expr) == 0
    assert net.jacobian(wrt=[q]) == sympy.Matrix([[sympy.diff(expr, q)]])


MATRICES = [
    Trace(A * B),
    (A * v).T * (A * v),
    Trace((A * B).applyfunc(sympy.tanh)) + sympy.Determinant(A * B),
    Trace((A * B) ** 3 + 2 * A * A.T - sympy.Identity(2)),
    Trace(sympy.HadamardProduct(A, B.T) * B),
    Trace((A * A.T + sympy.Identity(2)).inv()),
    (A * B)[0, 1] * A[0, 0] + v[2, 0],
    Sum(A[0, i] ** 2 * v[i, 0], (i, 0, 2)),
]


@pytest.mark.parametrize("expr", MATRICES, ids=str)
def test_matrix_expressions_have_the_gradients_of_jax(expr):
    net = symnet.from_expression(expr)
    rng = np.random.default_rng(1)
    named = {A: rng.normal(size=(2, 3)), B: rng.normal(size=(3, 2)), v: rng.normal(size=(3, 1))}
    used = [matrix for matrix in named if expr.has(matrix)]
    formula = expr.as_explicit()[0, 0] if expr.is_Matrix else expr.doit()
    if formula.has(Trace, sympy.Determinant):
        formula = formula.replace(Trace, lambda a: a.as_explicit().trace())
        formula = formula.replace(sympy.Determinant, lambda a: a.as_explicit().det())
    entries = [matrix[r, c] for matrix in used for r in range(matrix.rows) for c in range(matrix.cols)]
    plain = symbols(f"e:{len(entries)}")
    judge = sympy.lambdify(plain, formula.subs(dict(zip(entries, plain, strict=True))), "jax")
    point = np.concatenate([named[matrix].ravel() for matrix in used])
    with jax.enable_x64(True):
        slopes = np.asarray(jax.grad(lambda e: judge(*e))(jnp.asarray(point)))
    by_entry = dict(zip(entries, zip(point, slopes, strict=True), strict=True))
    wanted = [by_entry[net.written_as[name]] for name in net.inputs]
    step = symnet.compile(symnet.from_expression(expr, parameters=net.inputs))
    _, gradients = step({name.name: p for name, (p, _) in zip(net.inputs, wanted, strict=True)}, np.zeros((1, 0)))
    found = [float(gradients[name.name]) for name in net.inputs]
    assert found == pytest.approx([slope for _, slope in wanted], rel=1e-10, abs=1e-10)


def test_a_matrix_gives_an_equation_an_entry():
    net = symnet.from_expression(A * B, parameters=[B], targets="A")
    assert [equation.name for equation in net.equations] == ["y1_1", "y1_2", "y2_1", "y2_2"]
    assert str(net.equations[1]) == "y1_2 = A1_1*B1_2 + A1_2*B2_2 + A1_3*B3_2"
    assert [str(name) for name in net.parameters] == ["B1_1", "B1_2", "B2_1", "B2_2", "B3_1", "B3_2"]
    assert not net.inputs
    assert [str(e) for e in symnet.from_expression(sympy.IndexedBase("w")[1] * x).equations] == ["y = w1*x"]


f = sympy.Function("f")
n = Symbol("n", integer=True)


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("x*y", "symnet.Network.parse reads text"),
        (3, "no SymPy expression"),
        ([x, y], "sympy.Matrix"),
        (x > y, "true or false"),
        (sympy.Integer(3), "is a constant"),
        (f(x), "symnet.define"),
        (sympy.floor(x) + x, "no derivative"),
        (Sum(x**i, (i, 0, n)), "expr.subs(n, 10)"),
        (Sum(x**i, (i, 0, sympy.oo)), "runs from 0 to oo"),
        (sympy.I * x, "no real number"),
        (x + sympy.zoo, "zoo"),
        (Piecewise((x, x > 0)), "(…, True)"),
        (Trace(MatrixSymbol("M", n, n)), 'sympy.MatrixSymbol("M", 4, 4)'),
        (Symbol("x", positive=True) + x, "two quantities"),
        (MatrixSymbol("w", 2, 1)[0, 0] + Symbol("w1"), "both be called w1"),
        (Symbol("c", imaginary=True) * x, "not a real number"),
        (Symbol("P", commutative=False) * x, "noncommutative"),
        (wrong(x), "the derivative of its formula"),
        (sympy.EulerGamma * x, "constant"),
        (symnet.mlp([2, 1]).parameters[0] * x, "whole array"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_that_says_what_would_be_right(expr, said):
    with pytest.raises(symnet.Mistake) as refused:
        symnet.from_expression(expr)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_function_without_a_formula_is_derived_and_not_computed():
    net = symnet.from_expression(bare(x) ** 2)
    assert str(net.backward[-1]) == "∂y/∂x = ∂y/∂v1*cos(x)"
    for backend in ("numpy", "math"):
        with pytest.raises(symnet.Mistake, match="bare has no formula"):
            symnet.compile(net, backend)({}, [[1.0]])


def test_names_of_results_and_roles_are_checked():
    for wrong_call, said in (
        ({"name": "x"}, "which the expression uses"),
        ({"name": "1a"}, "a name is a letter"),
        ({"parameters": ["w"]}, '"w" stands in no formula'),
        ({"parameters": [x], "targets": "x"}, "x is in parameters and in targets"),
        ({"parameters": "v1"}, "defined by an equation"),
        ({"parameters": 3}, "must be a list of names"),
    ):
        with pytest.raises(symnet.Mistake) as refused:
            symnet.from_expression(x * y + y**2, **wrong_call)
        assert said in str(refused.value)


def test_a_user_s_function_is_computed_by_its_own_formula_whatever_its_name_means_elsewhere(monkeypatch):
    monkeypatch.setattr(symnet.functions, "CATALOGUE", dict(symnet.functions.CATALOGUE))
    own = symnet.define("expm1", "z^2")
    net = symnet.from_expression(own(x))
    loss, _ = symnet.compile(net)({}, [[3.0]])
    assert loss == 9


def test_functions_with_lists_of_numbers_are_expanded():
    """hyper ended in a TypeError; the judge is SymPy's own number."""
    w, b = sympy.symbols("w b")
    net = symnet.from_expression(sympy.hyper([1, 2], [3], w / 5) * b)
    right = (sympy.hyper([1, 2], [3], w / 5) * b).subs({w: 0.6, b: 1.3}).evalf()
    assert float(net.expression().subs({w: 0.6, b: 1.3})) == pytest.approx(float(right), rel=1e-12)
    with pytest.raises(symnet.Mistake, match="hyperexpand finds no formula"):
        symnet.from_expression(sympy.hyper([sympy.Rational(1, 3)], [sympy.Rational(1, 7), 5], w))


def test_a_function_that_takes_no_symbol_somewhere_is_refused_in_one_line():
    w = sympy.Symbol("w")
    with pytest.raises(symnet.Mistake, match="DiracDelta cannot be differentiated") as refused:
        symnet.from_expression(sympy.DiracDelta(w)).hessian()
    assert "\n" not in str(refused.value)
