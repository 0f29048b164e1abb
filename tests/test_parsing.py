"""Formulas as people type them: the grammar, the small print, and what a hostile or careless text does: one clear line.

Precedence is judged by Python's own grammar (``ast``), which gives ``+ - * / **`` the same meaning.
"""

from __future__ import annotations

import ast
import re
import time
from fractions import Fraction

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import symnet
from symnet.algebra import functions
from symnet.algebra.equations import symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.parsing import exact_number, is_name, parse

NAMES = ("x", "y", "z", "w", "b", "e")
NUMBERS = {
    "x": Fraction(7, 3),
    "y": Fraction(-5, 2),
    "z": Fraction(3),
    "w": Fraction(1, 7),
    "b": Fraction(-2),
    "e": Fraction(11),
}


def value_of(expr, numbers=NUMBERS):
    """The exact value of a parsed tree of + · and whole powers."""
    if expr.is_Symbol:
        return numbers[expr.name]
    if expr.is_Rational:
        return Fraction(int(expr.p), int(expr.q))
    parts = [value_of(argument, numbers) for argument in expr.args]
    if expr.is_Add:
        return sum(parts, Fraction(0))
    if expr.is_Mul:
        product = Fraction(1)
        for part in parts:
            product *= part
        return product
    assert expr.is_Pow
    assert parts[1].denominator == 1
    return parts[0] ** int(parts[1])


def value(formula, names=NAMES, numbers=NUMBERS):
    return value_of(parse(formula, names), numbers)


def in_python(formula, numbers=NUMBERS):
    """The exact value that Python's grammar gives the same text."""

    def of(node):
        match node:
            case ast.Expression():
                return of(node.body)
            case ast.Constant():
                return Fraction(ast.get_source_segment(text, node))
            case ast.Name():
                return numbers[node.id]
            case ast.UnaryOp():
                return -of(node.operand) if isinstance(node.op, ast.USub) else of(node.operand)
            case ast.BinOp():
                a, b = of(node.left), of(node.right)
                match node.op:
                    case ast.Add():
                        return a + b
                    case ast.Sub():
                        return a - b
                    case ast.Mult():
                        return a * b
                    case ast.Div():
                        return a / b
                    case ast.Pow():
                        if b.denominator != 1 or abs(b) > 1000:
                            raise OverflowError
                        return a ** int(b)
        raise AssertionError(node)

    text = formula.replace("^", "**")
    return of(ast.parse(text, mode="eval"))


def tree_of(expr):
    return (type(expr).__name__, *map(tree_of, expr.args)) if expr.args else str(expr)


# -- the grammar ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        "1 + 2*3", "(1 + 2)*3", "1 - 2 - 3", "1 - (2 - 3)", "8/4/2", "8/(4/2)", "8/4*2", "x - y + z", "x/y*z", "x*y/z",
        "-x^2", "(-x)^2", "-x**2", "2^3^2", "(2^3)^2", "2**3**2", "2^-1", "2^-2^2", "-2^-2", "x^-1", "x*-y", "x/-y",
        "x - -y", "x--y", "x+-y", "-x-y", "--x", "-+-x", "+x", "- - -x", "-x*y", "-x/y", "-(x + y)", "-x^2*y", "x*-y^2",
        "1/2*x", "x^2^1", "-2*3", "2*-3^2", "x*y^2/z", "x + y*z^2 - w/b", "((x))", "3*(x + (y - (z*w)))", "2^(1 + 1)",
        ".5 + 5.", "0.1 + 0.2", "1e3", "1E3", "1e-8*x", "1.5e+2", "1e-8", "007", "x*e", "2^0", "0^2", "x^0",
    ],
)  # fmt: skip
def test_formulas_mean_what_they_mean_in_python(formula):
    try:
        expected = in_python(formula)
    except SyntaxError:  # 007
        expected = Fraction(formula)
    assert value(formula) == expected


def texts(number):
    def larger(text):
        return st.one_of(
            st.builds("{}{}{}".format, text, st.sampled_from(("+", " - ", "*", "/", "-", " + ", " * ")), text),
            st.builds("{}{}".format, st.sampled_from("-+"), text),
            st.builds("({})".format, text),
            st.builds(
                "{}{}{}".format, text, st.sampled_from(("^", "**")), st.sampled_from(("2", "3", "-1", "0", "-2"))
            ),
        )

    return st.recursive(number | st.sampled_from(NAMES), larger, max_leaves=8)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(formula=texts(st.sampled_from(("1", "2", "0.5", "3.", ".25", "1e-2", "10"))))
def test_random_formulas_mean_what_they_mean_in_python(formula):
    try:
        expected = in_python(formula)
    except (ZeroDivisionError, OverflowError):
        assume(False)
    assert value(formula) == expected


@pytest.mark.parametrize(
    ("formula", "written_out"),
    [
        ("2x", "2*x"),
        ("2 x", "2*x"),
        ("x y", "x*y"),
        ("y(1-y)", "y*(1-y)"),
        ("y (1-y)", "y*(1-y)"),
        ("(x+1)(y+1)", "(x+1)*(y+1)"),
        ("(x+1)y", "(x+1)*y"),
        ("2(x+1)", "2*(x+1)"),
        ("2x^2", "2*x^2"),
        ("2^2x", "2^2*x"),
        ("1/2x", "1/2*x"),
        ("1/x y", "1/x*y"),
        ("-2x", "-2*x"),
        ("x-2y", "x-2*y"),
        ("2x(y)(z)", "2*x*y*z"),
        ("2e", "2*e"),
        ("2e - 8", "2*e - 8"),
        ("2e-8", "0.00000002"),
        ("2e*3", "2*e*3"),
        ("e-8", "e - 8"),
        ("e^2", "e*e"),
        ("1e-8e", "0.00000001*e"),
        ("3.x", "3*x"),
        (".5x", "x/2"),
        ("x(y)^2", "x*y^2"),
        ("x\t+\n y\r\n", "x+y"),
    ],
)
def test_implicit_multiplication(formula, written_out):
    assert value(formula) == in_python(written_out)


def test_trees_keep_what_was_typed():
    assert tree_of(parse("x*2 + 3*x", NAMES)) == ("Add", ("Mul", "x", "2"), ("Mul", "3", "x"))
    assert tree_of(parse("x + x", NAMES)) == ("Add", "x", "x")
    assert tree_of(parse("2*1 + 0*x", NAMES)) == ("Add", ("Mul", "2", "1"), ("Mul", "0", "x"))
    assert tree_of(parse("(x + y) + z", NAMES)) == ("Add", ("Add", "x", "y"), "z")
    assert tree_of(parse("x + (y + z)", NAMES)) == ("Add", "x", ("Add", "y", "z"))
    assert tree_of(parse("exp(0)", NAMES)) == ("exp", "0")
    assert tree_of(parse("-x^2", NAMES)) == ("Mul", "-1", ("Pow", "x", "2"))
    assert tree_of(parse("x^y^z", NAMES)) == ("Pow", "x", ("Pow", "y", "z"))


@pytest.mark.parametrize(
    ("formula", "exact"),
    [
        ("0.1", Fraction(1, 10)),
        ("0.10", Fraction(1, 10)),
        (".1", Fraction(1, 10)),
        ("1e-8", Fraction(1, 10**8)),
        ("1.5E+3", Fraction(1500)),
        ("3.141592653589793238462643383279502884", Fraction("3.141592653589793238462643383279502884")),
        ("0.30000000000000000000000000001", Fraction("0.30000000000000000000000000001")),
        ("12345678901234567890", Fraction(12345678901234567890)),
        ("1e1000", Fraction(10) ** 1000),
    ],
)
def test_decimals_are_exact(formula, exact):
    assert value(formula) == exact


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "E", "I", "S", "N", "O", "Q", "C", "oo", "zoo", "nan", "inf", "beta", "gamma", "zeta", "Gamma", "lambda", "def",
        "None", "True", "print", "eval", "exec", "import", "__class__", "__import__", "_", "_x", "x1", "w1_2_3",
        "Symbol",
        "re", "im", "Derivative", "diff", "test", "e", "pi2", "β", "δ_out", "Δw", "η", "lr",
        "sigma", "net_h1", "out", "expr", "log10", "sinh", "exponential",
    ],
)  # fmt: skip
def test_any_identifier_is_a_name_like_another(name):
    assert parse(name, {name}) == symbol(name)
    assert parse(name, {name}).is_Symbol
    assert value(f"2{name}^2 + {name}", {name}, {name: Fraction(3)}) == 21
    assert value(f"{name}*(1 - {name})", {name}, {name: Fraction(3)}) == -6
    assert value(f"{name}(1 - {name})", {name}, {name: Fraction(3)}) == -6


@pytest.mark.parametrize("name", functions.CATALOGUE)
def test_a_declared_name_shadows_a_function_unless_a_bracket_follows_directly(name):
    names = {name, "x"}
    shadow = symbol(name)
    assert parse(name, names) == shadow
    assert tree_of(parse(f"{name} (x)", names)) == ("Mul", name, "x")
    assert tree_of(parse(f"2{name}", names)) == ("Mul", "2", name)
    assert isinstance(parse(f"{name}(x)", names), functions.CATALOGUE[name])
    assert parse(f"{name}({name})", names).args == (shadow,)


@pytest.mark.parametrize("name", functions.CATALOGUE)
def test_a_function_that_is_not_shadowed_may_stand_before_a_space(name):
    assert isinstance(parse(f"{name} (x)", {"x"}), functions.CATALOGUE[name])


@pytest.mark.parametrize(
    ("formula", "count"),
    [
        ("max(x)", 1),
        ("max(x, y)", 2),
        ("min(x, y, z, 1, 2)", 5),
        ("leaky_relu(x, 0.1)", 2),
        ("elu(x)", 1),
        ("elu(x, 2)", 2),
    ],
)
def test_functions_take_the_arguments_they_say(formula, count):
    assert len(parse(formula, NAMES).args) == count


@pytest.mark.parametrize(
    "formula", ["exp()", "exp(x, y)", "sigmoid(x, y)", "leaky_relu(x, y, z)", "max()", "min(,)", "log(x,)"]
)
def test_a_wrong_number_of_arguments_is_a_mistake(formula):
    with pytest.raises(Mistake):
        parse(formula, NAMES)


def test_pi_is_the_constant_unless_it_is_declared():
    assert parse("pi", ()) is sympy.pi
    assert tree_of(parse("2pi x", {"x"})) == ("Mul", "2", "pi", "x")
    assert parse("pi", {"pi"}) == symbol("pi")
    assert parse("pi", {"pi"}) is not sympy.pi


def test_an_undeclared_e_is_not_a_constant():
    with pytest.raises(Mistake, match="exp"):
        parse("e^x", {"x"})


@pytest.mark.parametrize("name", ["E", "I", "S", "N", "oo", "Symbol", "lambda", "gamma", "Q"])
def test_undeclared_names_of_sympy_are_unknown(name):
    for formula in (name, f"{name}(x)", f"{name}*x"):
        with pytest.raises(Mistake, match=name):
            parse(formula, {"x"})


def test_a_close_name_is_suggested():
    with pytest.raises(Mistake, match='did you mean "sigmoid"'):
        parse("sigmod(x)", {"x"})
    with pytest.raises(Mistake, match='did you mean "weight"'):
        parse("wieght*x", {"x", "weight"})


@pytest.mark.parametrize("text", ["x", "x1", "_", "β", "w1_2_3", "E", "λ2"])
def test_is_name_says_yes_to_identifiers(text):
    assert is_name(text)


@pytest.mark.parametrize("text", ["", "1x", "x y", "x-y", "x.y", "x\n", "é", "x" * 65, "∂L/∂w", "x'", "ｘ", "²"])
def test_is_name_says_no_to_anything_else(text):
    assert not is_name(text)


# -- numbers on their own ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("2", 2), ("-3", -3), ("+3", 3), ("0.10", Fraction(1, 10)), ("-.5", Fraction(-1, 2)), ("1/3", Fraction(1, 3)),
        ("-1/3", Fraction(-1, 3)), ("1/-3", Fraction(-1, 3)), ("1e-7", Fraction(1, 10**7)), ("1.5/0.5", 3), (" 2 ", 2),
        ("1 / 3", Fraction(1, 3)), ("0", 0), ("-0", 0),
    ],
)  # fmt: skip
def test_exact_number_reads_numbers(text, exact):
    assert exact_number(text) == exact


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x", "inf", "-inf", "nan", "Infinity", "1/0", "1/0.0", "1/2/3", "1e", "e5", "1e99999", "1e-99999",
        "0x10", "1,5", "--1", "1 2", "½", "١", "²", "1e5.5", "1+1", "9" * 1001, "1/" + "9" * 5000, "1e" + "9" * 900,
        "/",
    ],
)  # fmt: skip
def test_exact_number_refuses_anything_else(text):
    with pytest.raises(Mistake) as caught:
        exact_number(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


# -- what is not a formula --------------------------------------------------------------------------------------------

WRONG = [
    "", " ", "\n", "+", "*", "x +", "x *", "* x", "x ^", "^x", "x ** ** y", "x // y", "x % y", "x 2", "2 2", "x = 1",
    "x == y", "(x", "x)", "((x)", "()", ")(", "x, y", "(x, y)", ",", "x;y", "x:y", "x.y", "x.real", "1.2.3", "1..2",
    "x[0]", "[x]", "{x}", "x'", "'x'", '"x"', "`x`", "x!", "x?", "@x", "#x", "x # y", "$x$", "\\x", "x & y", "x | y",
    "~x", "x < y", "x if y else z", "lambda: 0", "exp", "exp + 1", "exp x", "exp^2(x)", "sin^2 x", "x..y", "…", "²x",
    "√", "√x²", "x·", "x−", "2×", "|x", "x²³²¹", "½½", "x'", "σ′(x)", "∞", "１", "\x00", "x\x00", "\ud800", "💥",
    "x\u200by", "_1 1",
    "unknown", "x + unknown", "foo(x)", "grad(x)", "max", "log()", "log(", "log(x", "log(x,", "log)x(", "0x1F",
    "x*/y", "x^*y", "2^^3", "x**", "-", "--", "- -", "1_000", "x__import__", "x -> y", "≤", "x =",
]  # fmt: skip
ATTACKS = [
    "__import__('os').system('touch {0}')",
    "__import__(os)",
    "open('{0}', 'w')",
    "exec(open)",
    "eval(x)",
    "().__class__.__bases__[0].__subclasses__()",
    "x.__class__",
    "x.subs(x, y)",
    "(lambda: open('{0}', 'w'))()",
    "[open('{0}', 'w') for x in (1,)]",
    'f\'{{open("{0}", "w")}}\'',
    "print(x)",
    "Symbol('x')",
    "sympify('x')",
    "parse_expr('1')",
    "integrate(x, x)",
    "factorial(100000)",
    "N(pi, 100000)",
    "x; import os",
    "x\nimport os",
    "1 if x else 1",
    "9^9^9^9",
    "9**9**9**9",
    "10^10^10",
    "2^(2^(2^(2^(2^2))))",
    "2^(10^4)",
    "10^(-100000)",
    "2^1e9",
    "2^(1e300*1e300)",
    "x^9999999",
    "x^(10^10)",
    "2^(1000*1000)",
    "(2^1000)^(2^1000)",
    "x^(-1e999)",
    "1e99999",
    "1e-99999",
    "1e" + "9" * 10_000,
    "9" * 5000,
    "0." + "1" * 5000,
    "(" * 100_000,
    "(" * 10_000 + "x" + ")" * 10_000,
    "(" * 60 + "x" + ")" * 60,
    "-" * 10_000 + "x",
    "+" * 60 + "x",
    "x^" * 5_000 + "x",
    "x^-" * 60 + "x",
    "exp(" * 4_000 + "x" + ")" * 4_000,
    "max(" * 60 + "x" + ", 1)" * 60,
    "x*" * 100_000 + "x",
    "x" * 100_000,
    "x + " * 50_000,
    ")" * 10_000,
    "," * 10_000,
    "^" * 10_000,
    "1" + "/0" * 30_000,
    "max(x" + "," * 15_000,
    "\u0000" * 1000,
    "a" * 19_999,
]


def refused(formula, names=NAMES):
    """The message of the Mistake, which must be one short line and come at once."""
    started = time.process_time()
    with pytest.raises(Mistake) as caught:
        parse(formula, names)
    assert time.process_time() - started < 2
    message = str(caught.value)
    assert message.isprintable()
    assert 0 < len(message) < 400
    assert type(caught.value) is Mistake
    return message


@pytest.mark.parametrize("formula", WRONG, ids=ascii)
def test_what_is_no_formula_is_refused_in_one_line(formula):
    refused(formula)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda text: ascii(text[:30]))
def test_attacks_are_refused_at_once_and_nothing_is_executed(attack, tmp_path):
    target = tmp_path / "executed"
    refused(attack.replace("{0}", str(target)).replace("{{", "{").replace("}}", "}"))
    assert not target.exists()
    assert list(tmp_path.iterdir()) == []


def test_names_that_look_like_code_are_only_names():
    # An attacker who may declare names gains nothing by it.
    for name in ("__import__", "eval", "exec", "open", "__builtins__", "k_1_1", "v_x", "f_1_v_exp", "add", "multiply"):
        text = f"[given]\n{name} = 3\n[equations]\nL = '2{name} + {name}^2 + exp(0*{name})'"
        assert symnet.loads(text).solve().forward["L"] == 16


def test_messages_name_the_place():
    assert "character 5" in refused("x + $")
    assert "character 3" in refused("x )")
    assert "never closed" in refused("x*(y + 1")
    assert "closes no bracket" in refused("x + 1)")
    assert "empty" in refused("  ")
    assert "nested" in refused("(" * 60 + "x" + ")" * 60)
    assert "too long" in refused("x+" * 15_000 + "x")


def test_the_longest_and_the_deepest_formulas_are_read():
    long = "+".join(["x*y"] * 4_999)
    assert value(long) == 4_999 * NUMBERS["x"] * NUMBERS["y"]
    assert value("(" * 49 + "x" + ")" * 49) == NUMBERS["x"]
    assert value("-" * 48 + "x") == NUMBERS["x"]
    assert value("2^1000") == 2**1000


# -- signs as they are printed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "typed"),
    [
        ("x·y", "x*y"), ("x × y", "x*y"), ("x÷y", "x/y"), ("x − y", "x-y"), ("x²", "x^2"), ("x⁻¹", "x^(-1)"),
        ("(x − y)²/2", "(x-y)^2/2"), ("½(x − y)²", "1/2*(x-y)^2"), ("2x²y³", "2*x^2*y^3"), ("x\u00a0+ y", "x+y"),
    ],
)  # fmt: skip
def test_printed_signs_are_read_as_the_typed_ones(printed, typed):
    assert value(printed) == value(typed)


@pytest.mark.parametrize(
    ("printed", "typed"),
    [
        ("σ(x)", "sigmoid(x)"), ("ReLU(x)", "relu(x)"), ("LeakyReLU(x, 0.1)", "leaky_relu(x, 0.1)"), ("√x", "sqrt(x)"),
        ("√(x + 1)", "sqrt(x + 1)"), ("|x − y|", "abs(x - y)"), ("2|x|", "2*abs(x)"), ("π·x", "pi*x"),
        ("logistic(x)", "sigmoid(x)"), ("Tanh(x)", "tanh(x)"), ("identity(x)", "linear(x)"), ("sgn(x)", "sign(x)"),
        ("w₁₃·x", "w13*x"), ("w₁₃x₂", "w13*x_2"), ("a₁₂", "a1_2"),
    ],
)  # fmt: skip
def test_printed_names_and_functions_are_the_typed_ones(printed, typed):
    names = ("x", "y", "w13", "x_2", "a1_2")
    assert parse(printed, names) == parse(typed, names)


def test_a_declared_name_is_itself_whatever_it_means_elsewhere():
    assert parse("sigma(x)", ("sigma", "x")) == parse("sigma*x", ("sigma", "x"))
    assert parse("π", ("π",)) == parse("π", {"π": 0})
    assert str(parse("id*x", ("id", "x"))) == "id*x"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("0,5*x", "point"), ("y = x", "before the formula"), ("σ′(x)", "derived"), ("x'", "derived"), ("x[1]", "x1"),
        ("swish(x)", "z*sigmoid(z)"), ("log10(x)", "log(z)/log(10)"), ("pow(x, 2)", "z^2"), ("√x²", "sqrt(x)^2"),
        ("\\frac{x}{2}", "[notation]"),
    ],
)  # fmt: skip
def test_what_is_typed_elsewhere_is_answered_with_what_is_typed_here(wrong, right):
    with pytest.raises(Mistake, match=re.escape(right)):
        parse(wrong, NAMES)
