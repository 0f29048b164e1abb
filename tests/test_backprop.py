"""Backpropagation on random wirings of random equations, against judges that share no code with it.

An equation is drawn as a nested tuple, from which come the formula that symnet reads and, each by a few lines here, its
value in mpmath, in JAX and as one nested SymPy expression.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import jax
import jax.numpy as jnp
import mpmath
import pytest
import sympy
import traced
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import symnet
from symnet.algebra.backprop import backprop
from symnet.algebra.equations import Equation, names_in, partial, symbol
from symnet.algebra.mlp import mlp
from symnet.algebra.network import Network
from symnet.algebra.parsing import parse
from symnet.algebra.unrolling import unroll
from symnet.computing import exact
from symnet.computing.program import Program, identifier
from symnet.working.problem import Problem

SETTINGS = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
GIVEN = ("x1", "x2", "unused")
PARAMETERS = ("w1", "w2", "idle")
NUMBERS = st.sampled_from([Fraction(n, d) for d in (1, 2, 3, 8) for n in (-7, -5, -1, 1, 5, 7)])


# -- one drawn formula, four ways -------------------------------------------------------------------------------------


def formula_of(tree):
    """The text that symnet reads."""
    if isinstance(tree, str):
        return tree
    if isinstance(tree, Fraction):
        return f"({tree})"
    kind, *parts = tree
    inside = [formula_of(part) for part in parts]
    if kind in ("+", "-", "*"):
        return "(" + f" {kind} ".join(inside) + ")"
    if kind == "over":  # a bounded quotient
        return f"{inside[0]}/(1 + ({inside[1]})^2)"
    if kind == "squared":
        return f"({inside[0]})^2"
    if kind == "softplus of a square":  # a positive base to a varying power
        return f"(softplus({inside[0]}) + 1)^({inside[1]})"
    return f"{kind}({inside[0]})"


class InMpmath:
    exp, sin, tanh = mpmath.exp, mpmath.sin, mpmath.tanh

    @staticmethod
    def number(x):
        return mpmath.mpf(x.numerator) / x.denominator

    @staticmethod
    def sigmoid(z):
        return 1 / (1 + mpmath.exp(-z))

    @staticmethod
    def softplus(z):
        return mpmath.log(1 + mpmath.exp(z))

    @staticmethod
    def gelu(z):
        return z * mpmath.ncdf(z)


class InJax:
    exp, sin, tanh = jnp.exp, jnp.sin, jnp.tanh
    number = float
    sigmoid, softplus = jax.nn.sigmoid, jax.nn.softplus

    @staticmethod
    def gelu(z):
        return jax.nn.gelu(z, approximate=False)


class InSympy:
    exp, sin, tanh = sympy.exp, sympy.sin, sympy.tanh

    @staticmethod
    def number(x):
        return sympy.Rational(x.numerator, x.denominator)

    @staticmethod
    def sigmoid(z):
        return 1 / (1 + sympy.exp(-z))

    @staticmethod
    def softplus(z):
        return sympy.log(1 + sympy.exp(z))

    @staticmethod
    def gelu(z):
        return z * (1 + sympy.erf(z / sympy.sqrt(2))) / 2


def value_of(tree, values, arithmetic):
    if isinstance(tree, str):
        return values[tree]
    if isinstance(tree, Fraction):
        return arithmetic.number(tree)
    kind, *parts = tree
    a, *more = (value_of(part, values, arithmetic) for part in parts)
    if kind == "+":
        return sum(more, a)
    if kind == "-":
        return a - more[0]
    if kind == "*":
        for b in more:
            a = a * b
        return a
    if kind == "over":
        return a / (1 + more[0] ** 2)
    if kind == "squared":
        return a * a
    if kind == "softplus of a square":
        return (arithmetic.softplus(a) + 1) ** more[0]
    return getattr(arithmetic, kind)(a)


def run(equations, values, arithmetic, nudges=None):
    """All values; ``nudges`` are added to a name wherever it is then used."""
    nudges = nudges or {}
    known = {name: value + nudges.get(name, 0) for name, value in values.items()}
    for name, tree in equations:
        known[name] = value_of(tree, known, arithmetic) + nudges.get(name, 0)
    return known


# -- drawing wirings --------------------------------------------------------------------------------------------------


@cache
def trees(names):
    def larger(tree):
        return st.one_of(
            st.tuples(st.just("+"), tree, tree),
            st.tuples(st.just("+"), tree, tree, tree),
            st.tuples(st.just("-"), tree, tree),
            st.tuples(st.just("*"), tree, tree),
            st.tuples(st.just("*"), tree, tree, tree),
            st.tuples(st.just("over"), tree, tree),
            st.tuples(st.just("squared"), tree),
            st.tuples(st.just("softplus of a square"), tree, tree),
            st.tuples(st.sampled_from(("exp", "sin", "tanh", "sigmoid", "softplus", "gelu")), tree),
        )

    return st.recursive(st.sampled_from(names) | NUMBERS, larger, max_leaves=5)


@st.composite
def wirings(draw, most=6):
    """(equations, starting values, the name to differentiate): any equation may use any name above it, any number of
    times; some names are never used, and equations after the one differentiated are never part of it."""
    names = [*GIVEN[:2], *PARAMETERS[:2]]
    equations = []
    for i in range(draw(st.integers(1, most))):
        equations.append((f"v{i}", draw(trees(tuple(names)))))
        names.append(f"v{i}")
    values = {name: draw(NUMBERS) for name in (*GIVEN, *PARAMETERS)}
    loss = draw(st.sampled_from([equations[-1][0], *(name for name, _ in equations)]))
    return equations, values, loss


def solved(equations, values, loss, digits=20):
    """symnet's gradients of the loss, as {name: mpmath number}."""
    network = Network(
        tuple(map(symbol, GIVEN)),
        (),
        tuple(map(symbol, PARAMETERS)),
        tuple(Equation(symbol(name), parse(formula_of(tree), {n for n, _ in equations} | set(values)))
              for name, tree in equations),
    )  # fmt: skip
    problem = Problem(
        network, loss, {name: values[name] for name in GIVEN}, {name: values[name] for name in PARAMETERS}
    )
    return symnet.solve(problem, digits).gradients


def moderate(equations, values):
    """Whether every value stays moderate, so that finite differences can judge."""
    with mpmath.workdps(15):
        known = {name: InMpmath.number(value) for name, value in values.items()}
        for name, tree in equations:
            known[name] = value_of(tree, known, InMpmath)
            if not mpmath.isfinite(known[name]) or abs(known[name]) > 1000:
                return False
    return True


def high(x):
    return mpmath.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpmath.mpf(str(x))


@settings(SETTINGS, max_examples=150)
@given(wiring=wirings())
def test_gradients_of_random_wirings_are_central_differences(wiring):
    equations, values, loss = wiring
    assume(moderate(equations, values))
    gradients = solved(equations, values, loss)
    with mpmath.workdps(100):
        numbers = {name: InMpmath.number(value) for name, value in values.items()}
        h = mpmath.mpf(10) ** -30
        for name, gradient in gradients.items():
            up, down = (run(equations, numbers, InMpmath, {name: step})[loss] for step in (h, -h))
            difference = (up - down) / (2 * h)
            assert mpmath.almosteq(high(gradient), difference, rel_eps=1e-18, abs_eps=1e-30), name
    assert set(gradients) == {*values, *(name for name, _ in equations)}


@settings(SETTINGS, max_examples=60)
@given(wiring=wirings(most=3))
def test_gradients_of_tiny_nets_are_one_nested_sympy_diff(wiring):
    equations, values, loss = wiring
    assume(moderate(equations, values))
    gradients = solved(equations, values, loss)
    symbols = {name: sympy.Symbol(name) for name in values}
    nested = sympy.sympify(run(equations, symbols, InSympy)[loss])
    point = {symbols[name]: InSympy.number(value) for name, value in values.items()}
    for name in values:
        right = sympy.N(nested.diff(symbols[name]).subs(point), 40)
        with mpmath.workdps(40):
            assert mpmath.almosteq(high(gradients[name]), mpmath.mpf(str(right)), rel_eps=1e-18, abs_eps=1e-30), name


@settings(SETTINGS, max_examples=25)
@given(wiring=wirings())
def test_gradients_of_random_wirings_are_those_of_jax(wiring):
    equations, values, loss = wiring
    assume(moderate(equations, values))
    gradients = solved(equations, values, loss)
    numbers = {name: float(value) for name, value in values.items()}
    _, expected = traced.value_and_grad(
        lambda nudges, numbers: run(equations, numbers, InJax, nudges)[loss], dict.fromkeys(gradients, 0.0), numbers
    )
    scale = max(abs(float(x)) for x in expected.values())
    for name, gradient in gradients.items():
        assert float(gradient) == pytest.approx(float(expected[name]), rel=1e-9, abs=1e-10 * scale), name


# -- wirings that have gone wrong elsewhere ---------------------------------------------------------------------------


def gradients(text, of, values):
    """symnet's exact gradients of ``of`` by backprop and Program, from lines of formulas."""
    equations = Network.parse(text).equations
    frame = {identifier(name): Fraction(value) for name, value in values.items()}
    backward = backprop(equations, symbol(of))
    with exact.digits_carried(30):
        Program(equations).run(frame)
        Program(backward).run(frame)
    return {equation.name.rpartition("∂")[2]: frame[identifier(equation.name)] for equation in backward}


def test_a_graph_of_named_values():
    # SEEDS S2: e = a·b, d = e + c, L = d·f
    values = {"a": 2, "b": -3, "c": 10, "f": -2}
    assert gradients("e = a*b\nd = e + c\nL = d*f", "L", values) == {
        "L": 1,
        "d": -2,
        "f": 4,
        "e": -2,
        "c": -2,
        "a": 6,
        "b": -4,
    }


def test_one_tanh_neuron():
    # SEEDS S4: o = tanh(x1 w1 + x2 w2 + b)
    values = {"x1": 2, "x2": 0, "w1": -3, "w2": 1, "b": 6}
    found = gradients("n = x1*w1 + x2*w2 + b\no = tanh(n)", "o", values)
    assert {name: found[name] for name in values} == {"x1": -3, "w1": 2, "x2": 1, "w2": 0, "b": 1}
    assert all(isinstance(value, Fraction) for value in found.values())


def test_a_name_used_twice_collects_both_terms():
    # SEEDS S3: b = a + a
    assert gradients("b = a + a", "b", {"a": 3})["a"] == 2
    assert gradients("b = a*a*a", "b", {"a": 3})["a"] == 27
    assert gradients("b = a^a", "b", {"a": 1})["a"] == 1


def test_a_skip_connection_adds_the_two_ways():
    found = gradients("h = 3x\ny = h^2 + 5x + h", "y", {"x": 2})
    assert found["x"] == 2 * 6 * 3 + 5 + 3


def test_a_shared_weight_collects_a_term_from_each_layer():
    assert gradients("h = w*x\ny = w*h\nL = w*y", "L", {"w": 2, "x": 5})["w"] == 3 * 2**2 * 5


def test_an_unused_equation_that_uses_an_input_first_changes_nothing():
    text = "unused = x^2*w\nh = w*x\nalso = unused + h\nL = h^2\nafter = L*x"
    found = gradients(text, "L", {"x": 3, "w": 2})
    assert found == {"L": 1, "h": 12, "x": 24, "w": 36}


def test_several_outputs_each_have_their_own_gradients():
    text = "h = a*b\np = h + a\nq = h*b"
    values = {"a": 2, "b": 3}
    assert gradients(text, "p", values) == {"p": 1, "h": 1, "a": 4, "b": 2}
    assert gradients(text, "q", values) == {"q": 1, "h": 3, "a": 9, "b": 12}
    assert gradients(text, "h", values) == {"h": 1, "a": 3, "b": 2}


def test_a_loss_that_is_an_input_or_a_constant_has_no_other_gradients():
    assert gradients("y = 3\nz = y + x", "y", {"x": 1}) == {"y": 1}


def test_names_of_one_symbol_are_not_confused():
    # w1_11 with w1_1 and w11_1, and names that hold another's partial name.
    text = "h = w1_11*w1_1 + w11_1\nL = h*w1_1*dL_dh"
    found = gradients(text, "L", {"w1_11": 2, "w1_1": 3, "w11_1": 5, "dL_dh": 7})
    assert found["w1_1"] == 7 * (2 * 2 * 3 + 5)
    assert found["w11_1"] == 21


def test_every_backward_equation_uses_only_what_stands_above_it():
    equations = Network.parse("u = x*y\nv = u + x\nw = v*u*x\nL = w + y*v").equations
    known = {name for equation in equations for name in (equation.lhs, *names_in(equation.rhs))}
    for equation in backprop(equations, symbol("L")):
        assert set(names_in(equation.rhs)) <= known
        assert equation.lhs not in known
        known.add(equation.lhs)


# -- growth -----------------------------------------------------------------------------------------------------------


def operations(equations):
    return sum(int(sympy.count_ops(equation.rhs)) for equation in equations)


def test_a_wide_net_has_one_backward_equation_a_name():
    net = unroll(mlp([16, 32, 32, 1]))
    assert net.parameter_count == 16 * 32 + 32 + 32 * 32 + 32 + 32 + 1
    assert len(net.backward) == len(net.names)
    assert len({equation.name for equation in net.backward}) == len(net.names)
    assert {equation.lhs for equation in net.backward} == {partial("Loss", name) for name in net.names}


def test_the_backward_pass_costs_a_few_times_the_forward_pass_whatever_the_width():
    # Griewank and Walther (2008), section 3.3: at most about 4 times, for any function.
    ratios = []
    for layers in ([2, 2, 1], [4, 8, 8, 1], [8, 16, 16, 1], [16, 32, 32, 1]):
        net = unroll(mlp(layers))
        ratios.append(operations(net.backward) / operations(net.equations))
    assert max(ratios) < 4
    assert ratios[-1] < 1.2 * ratios[-2]


def test_depth_costs_no_more_than_its_equations():
    # Nested, 60 doublings would have 2^60 terms.
    lines = "\n".join(["v0 = x*x + x", *(f"v{i} = v{i - 1}*v{i - 1} + v{i - 1}/2" for i in range(1, 60))])
    equations = Network.parse(lines).equations
    backward = backprop(equations, symbol("v59"))
    assert len(backward) == 61
    assert operations(backward) < 12 * len(backward)
