"""What is exactly 0 is known to be 0, by whatever way it is worked, and whatever the clock says."""

import copy
import pickle
import time
from decimal import Decimal
from fractions import Fraction

import pytest

import symnet
from symnet.computing import exact, fingerprint
from symnet.computing.exact import digits_carried
from symnet.computing.many_digits import Digits, plain, worked_again
from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.working.solution import in_figures, solve

SHIFT = """
learning_rate = 0.1
[parameters]
b = -0.1
[equations]
z1 = "0.3 + b"
z2 = "0.7 + b"
S = "exp(z1) + exp(z2)"
p1 = "exp(z1)/S"
L = "-ln(p1)"
"""
ATTENTION_KEYS = """
[parameters]
c = 0.4
[equations]
s1 = "0.3*(0.7 + c)/sqrt(2)"
s2 = "0.3*(-1.1 + c)/sqrt(2)"
d = "exp(s1) + exp(s2)"
o = "(exp(s1)/d)*2 - (exp(s2)/d)*5"
L = "(o - 1)^2/2"
"""
NORM = """
[parameters]
x1 = 0.3
x2 = -1.7
x3 = 2.2
[equations]
z1 = "tanh(x1)"
z2 = "tanh(x2)"
z3 = "tanh(x3)"
mu = "(z1 + z2 + z3)/3"
v = "((z1 - mu)^2 + (z2 - mu)^2 + (z3 - mu)^2)/3"
s = "sqrt(v + {eps})"
y1 = "(z1 - mu)/s"
y2 = "(z2 - mu)/s"
y3 = "(z3 - mu)/s"
L = "{loss}"
"""
BATCH = """
learning_rate = 0.1
[given]
x = 1
t = 1
[parameters]
w = 0.5
v = 1
b = 0
[equations]
h = "{unit}"
y = "v*h + b"
L = "(y - t)^2/2"
[[samples]]
x = 1
t = 1
[[samples]]
x = -1
t = -1
[update]
optimizer = "momentum"
[training]
steps = {steps}
"""


def given(x=Fraction(7, 10), y=Fraction(13, 10), **formulas):
    lines = "\n".join(f'{name} = "{formula}"' for name, formula in formulas.items())
    return symnet.loads(f'learning_rate = 1\n[parameters]\nx = "{x}"\ny = "{y}"\n[equations]\n{lines}\n')


# -- gradients that cancel --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "names"),
    [
        (SHIFT, ["b"]),
        (ATTENTION_KEYS, ["c"]),
        (NORM.format(eps="1e-5", loss="y1 + y2 + y3"), ["x1", "x2", "x3", "s", "v"]),
        (NORM.format(eps="0", loss="(y1^2 + y2^2 + y3^2)/2"), ["x1", "x2", "x3"]),
        ('[parameters]\nw = 0.3\n[equations]\na = "erf(w)"\nL = "(a - erf(w))^2/2"', ["w", "a"]),
    ],
)
def test_gradients_that_cancel_are_exactly_zero(toml, names):
    gradients = symnet.loads(toml).solve().gradients
    assert {name: gradients[name] for name in names} == dict.fromkeys(names, 0)
    assert all(type(gradients[name]) is Fraction for name in names)


@pytest.mark.parametrize("digits", [6, 12, 40, 300])
def test_what_is_zero_does_not_depend_on_the_digits(digits):
    assert symnet.loads(SHIFT).solve(digits=digits).gradients["b"] == 0


def test_check_and_quality_know_the_zero_that_solve_prints():
    problem = symnet.loads(SHIFT).problem
    hypotheses = Hypotheses(problem)
    assert hypotheses.right(problem)["grad(b)"] == 0
    verdicts = diagnose(hypotheses, problem, {"grad(b)": "0", "b": "-0.1"})
    assert [v.verdict for v in verdicts.values()] == ["right", "right"]
    for _, values in hypotheses.wrong(problem):  # what a slip makes of it is 0 or a number, never what rounding leaves
        value = values["grad(b)"]
        assert value == 0 or abs(value) > Fraction(1, 10**12)


@pytest.mark.parametrize("unit", ["tanh(w*x)", "erf(w*x)", "sin(w*x)", "2*sigmoid(w*x) - 1", "tanh(w*x/sqrt(3))"])
@pytest.mark.parametrize("steps", [1, 5, 150])
def test_the_gradients_of_a_batch_cancel_in_every_update(unit, steps):
    solution = symnet.loads(BATCH.format(unit=unit, steps=steps)).solve()
    assert (solution.updated["b"], solution.updated["v(b)"]) == (0, 0)
    assert solution.first_update.gradients["∂L/∂b"] == 0


def test_a_bias_that_softmax_cannot_see_stays_where_it_is_for_long():
    toml = SHIFT.replace("b = -0.1", "b = -0.1\nw = 0.2").replace("0.3 + b", "0.3 + w + b")
    solution = symnet.loads(toml + '[update]\noptimizer = "momentum"\n[training]\nsteps = 400\n').solve()
    assert solution.updated["v(b)"] == 0
    assert in_figures(solution.updated["b"], 12) == "-0.1"


def test_zeros_are_known_where_the_updates_are_hauled():
    # Both parameters are in digits from the first update on, and z is 0 in every one: ReLU′(0) = 0.
    toml = """
learning_rate = 0.1
[parameters]
w = 0.4
b = 0.3
[equations]
z = "exp(w)*exp(b) - exp(w + b)"
y = "relu(z)*1000 + step(z)*tanh(w + b)"
L = "(y - 2)^2/2 + exp(w)/9 + exp(b)/7"
[training]
steps = 30
"""
    with_kink, without = (
        symnet.loads(text).solve()
        for text in (toml, toml.replace("relu(z)*1000 + step(z)*", "").replace("z = ", "unused = "))
    )
    for name in ("w", "b"):
        assert in_figures(with_kink.updated[name], 12) == in_figures(without.updated[name], 12)


# -- the laws ---------------------------------------------------------------------------------------------------------

ZEROS = [
    "exp(x)*exp(y) - exp(x + y)", "exp(2x) - exp(x)^2", "exp(-x) - 1/exp(x)", "exp(x/3)^3 - exp(x)",
    "tanh(x) - (exp(x) - exp(-x))/(exp(x) + exp(-x))", "tanh(x) - 2*sigmoid(2x) + 1", "tanh(-x) + tanh(x)",
    "sigmoid(x) + sigmoid(-x) - 1", "exp(x)/(exp(x) + exp(y)) - sigmoid(x - y)", "exp(exp(x) + 1) - exp(exp(x))*exp(1)",
    "ln(x*y) - ln(x) - ln(y)", "ln(x/y) - ln(x) + ln(y)", "ln(8) - 3*ln(2)", "ln(6/35) - ln(2) - ln(3) + ln(5) + ln(7)",
    "ln(exp(x)*y) - x - ln(y)", "exp(ln(x) + ln(y)) - x*y", "ln(sigmoid(x)) + softplus(-x)", "ln(sqrt(y)) - ln(y)/2",
    "sqrt(x)*sqrt(y) - sqrt(x*y)", "sqrt(8) - 2*sqrt(2)", "sqrt(x^2*y) - x*sqrt(y)",
    "sqrt(5 + 2*sqrt(6)) - sqrt(2) - sqrt(3)", "(1 + sqrt(5))^2 - 6 - 2*sqrt(5)", "y^0.3*y^0.7 - y",
    "x^x - exp(x*ln(x))", "2^x*3^x - 6^x", "8^(1/3)*x - 2x", "sin(x)^2 + cos(x)^2 - 1", "sin(-x) + sin(x)",
    "exp(ln(x)) - x", "exp(ln(y) + x)*exp(-ln(y)) - exp(x)", "exp(ln(y)/2) - sqrt(y)",
    "cos(-x) - cos(x)", "sin(pi)", "cos(pi) + 1", "cos(pi/2)", "sin(5*pi/2) - 1", "erf(x) + erf(-x)",
    "gelu(x) - gelu(-x) - x",
    "ln(1 + exp(x) - exp(x))", "max(exp(x)*exp(x), exp(2x)) - exp(2x)", "relu(sqrt(y)^2 - y)",
    "step(sqrt(y)^2 - y) - 1", "abs(exp(x)^2 - exp(2x))",
]  # fmt: skip


@pytest.mark.parametrize("formula", ZEROS)
def test_what_is_zero_by_the_laws_is_zero_without_many_digits(formula, monkeypatch):
    def few_digits(numbers, digits):
        assert digits <= 120, "not by convention"
        return worked_again(numbers, digits)

    monkeypatch.setattr(exact, "worked_again", few_digits)
    assert given(L=formula).solve().forward["L"] == 0


@pytest.mark.parametrize("formula", ZEROS)
@pytest.mark.parametrize("by", ["1e-40", "1e-300"])
def test_what_is_nearly_zero_is_not(formula, by):
    value = given(a=f"({formula}) + {by}", L=f"a + ({formula})").solve().forward["L"]
    assert in_figures(value, 12) == exact.written(exact.decimal(Fraction(by), 12))


@pytest.mark.parametrize("formula", ["softplus(x) - softplus(-x) - x", "sin(2x) - 2*sin(x)*cos(x)"])
def test_what_many_digits_do_not_show_is_zero_by_convention(formula):
    assert given(L=formula).solve().forward["L"] == 0


def test_a_sum_below_its_terms_by_more_than_two_thousand_digits_is_zero_by_convention():
    values = given(a="sqrt(1 + exp(-2000)) - 1", b="sqrt(1 + exp(-6000)) - 1").solve().forward
    assert abs(values["a"] - exact.real(Fraction(1, 2)) * Decimal(-2000).exp()) < Decimal("1e-890")
    assert values["b"] == 0


def test_kinks_are_met_exactly():
    solution = given(z="sqrt(2)^2*x - 2x", a="relu(z)", b="step(z)", c="max(exp(x)^2, exp(2x))", L="a + b + 2c").solve()
    assert [solution.forward[name] for name in "zab"] == [0, 0, 1]
    assert solution.partials["a/z"] == 0
    # A tie goes to the first: the slope is that of exp(x)².
    first = given(L="2*exp(x)^2").solve().gradients["x"]
    assert in_figures(solution.gradients["x"], 12) == in_figures(first, 12)


def test_a_true_tiny_number_keeps_its_digits():
    solution = symnet.loads('[given]\nd = "1e-300"\n[equations]\ny = "sqrt(1 + d) - 1"').solve()
    assert in_figures(solution.forward["y"], 12) == "5.00000000000e-301"


def test_the_fields_stand_on_one_another_and_have_the_roots_they_should():
    for number in (0, 1, fingerprint.TOWERS - 1):
        field = fingerprint.tower(number)
        for _ in range(fingerprint.HEIGHT - 1):
            p, q = field.prime, field.below.prime
            assert (p - 1) % q == 0
            assert pow(field.generator, q, p) == 1 != field.generator
            assert all(pow(n, (p - 1) // 2, p) == 1 for n in (2, 3, 5, 7, 11, 13))
            field = field.below


# -- numbers with a history -------------------------------------------------------------------------------------------


def test_digits_are_decimals_to_whoever_takes_them():
    with digits_carried(30):
        x = exact.exp(Fraction(1))
        assert isinstance(x, Digits)
        assert type(plain(x)) is Decimal
        assert x == plain(x) == pickle.loads(pickle.dumps(x)) == copy.deepcopy(x)
        assert hash(x) == hash(plain(x))


def test_long_histories_are_worked_again_without_recursion():
    with digits_carried(30):
        x = exact.exp(Fraction(1, 3))
        for _ in range(2_000):
            x = exact.multiply(exact.add(x, Fraction(1)), Fraction(1, 2))
        assert exact.add(x, exact.multiply(Fraction(-1), x)) == 0
        y = exact.add(x, exact.multiply(Fraction(-1), x), Fraction(1, 10**40))
        assert y == Fraction(1, 10**40)


# -- the clock --------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["slow", "fast", "stopped"])
def clock(request, monkeypatch):
    """A clock on which everything takes an hour, or a billionth of a second, or no time."""
    by, now = {"slow": 3600.0, "fast": 1e-9, "stopped": 0.0}[request.param], [1e9]

    def tick():
        now[0] += by
        return now[0]

    for name in ("perf_counter", "monotonic", "time", "process_time"):
        monkeypatch.setattr(time, name, tick)
        monkeypatch.setattr(time, f"{name}_ns", lambda: int(tick() * 1e9), raising=False)
    return tick


TINY = '[given]\nd = "1e-300"\n[equations]\ny = "sqrt(1 + d) - 1"\n'
ITERATED = "[given]\nx = 0.3\n[equations]\n" + "".join(
    f'y{i} = "3.9*{"x" if i == 0 else f"y{i - 1}"}*(1 - {"x" if i == 0 else f"y{i - 1}"})"\n' for i in range(60)
)
BY_THE_CLOCK = (SHIFT, TINY, NORM.format(eps="1e-5", loss="y1 + y2 + y3"), ITERATED + 'L = "sin(y59)"\n')


def numbers(toml):
    solution = solve(symnet.loads(toml).problem)
    return [{key: str(value) for key, value in group.items()} for group in solution.groups()]


RIGHT = [numbers(toml) for toml in BY_THE_CLOCK]


def test_no_number_nor_its_digits_depends_on_the_clock(clock):
    assert [numbers(toml) for toml in BY_THE_CLOCK] == RIGHT


def test_a_divisor_whose_digits_are_those_of_a_rational_number_is_none():
    """tanh 1000 is 1 to all its digits, and as a divisor in an exponent no factor that can be taken out."""

    def e():
        with digits_carried(40):
            return exact.exp(exact.divide(Fraction(1), exact.tanh(Fraction(1000))))

    with digits_carried(40):
        assert exact.add(e(), exact.multiply(Fraction(-1), e())) == 0
