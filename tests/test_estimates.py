"""Estimates of all slips at once: each is its exact value, or says that it is none."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy

import symnet
from symnet.algebra.equations import symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.parsing import parse
from symnet.computing.exact import Undefined
from symnet.computing.floats import over_arrays
from symnet.computing.rounded_arrays import Roundings
from symnet.computing.rounding import Rounding
from symnet.diagnosis.hypotheses import Hypotheses, in_floats
from symnet.exercises.reader import loads

FOLDER = Path(__file__).parent.parent / "worksheets"
WORKSHEETS = (
    "relu",
    "two-outputs",
    "cross-entropy",
    "optimizers",
    "a-name-used-twice",
    "delta-form",
    "gradient-descent",
)
BATCH = """
learning_rate = 0.1
loss = "L"
[given]
x = 1
t = 2
[parameters]
w = 0.5
b = 0.25
[equations]
a = "tanh(w*x + b)"
L = "(a - t)^2/2"
[training]
steps = 3
[update]
optimizer = "momentum"
[[samples]]
x = 1.5
t = 0
[[samples]]
x = -0.5
t = 1
"""
SOFTMAX = """
learning_rate = 0.1
loss = "L"
[given]
x = 1.5
[parameters]
w1 = 0.5
w2 = -0.25
b = 0.125
[equations]
z1 = "w1*x + b"
z2 = "w2*x + b"
p1 = "exp(z1)/(exp(z1) + exp(z2))"
L = "-ln(p1)"
"""


def problems():
    yield from (pytest.param(symnet.load(FOLDER / f"{name}.toml").problem, id=name) for name in WORKSHEETS)
    yield pytest.param(loads(BATCH, "batch").problem, id="a batch")
    yield pytest.param(loads(BATCH.replace("steps = 3", 'epochs = 2\nmode = "online"'), "online").problem, id="online")
    yield pytest.param(loads(SOFTMAX, "softmax").problem, id="softmax")


def instead_of(hypotheses, right):
    """Other numbers for a few of the quantities."""
    numbers = [key for key, value in right.items() if not isinstance(value, Undefined)]
    return {key: Fraction(round(float(right[key]) * 1130), 1000) for key in numbers[:: max(1, len(numbers) // 3)]}


@pytest.mark.parametrize("problem", list(problems()))
@pytest.mark.parametrize("goes_on", [False, True])
def test_an_estimate_is_the_exact_value_or_none(problem, goes_on):
    hypotheses = Hypotheses(problem)
    instead = instead_of(hypotheses, hypotheses.right(problem)) if goes_on else {}
    try:
        view = hypotheses.view(problem, instead)
    except Mistake:
        pytest.skip("these numbers lead to something that has no value")
    numbers, _ = hypotheses.estimates.at(problem, hypotheses.keys, instead)
    for hypothesis, row in zip(hypotheses.hypotheses, numbers, strict=True):
        if hypothesis.is_rounding:
            continue  # a tie that falls the other way moves all that follows
        values = view.values(hypothesis)
        for key, number in zip(hypotheses.keys, row, strict=True):
            if np.isnan(number) or key in problem.given:
                continue
            assert number == pytest.approx(in_floats(values[key]), rel=1e-9, abs=0), (hypothesis.id, hypothesis.at, key)
    assert np.isnan(numbers).mean() < 0.15  # one gradient of the softmax cancels


def test_what_cancels_is_no_estimate():
    problem = loads(SOFTMAX, "softmax").problem
    hypotheses = Hypotheses(problem)
    numbers, doubted = hypotheses.estimates.at(problem, ["grad(b)"])
    right = [
        hypothesis.id == "no-learning-rate" for hypothesis in hypotheses.hypotheses
    ]  # leaves the gradients as they are
    assert np.isnan(numbers[right]).all()
    assert (doubted[right] < 1e-12).all()


def test_what_hangs_by_a_kink_is_no_estimate():
    text = 'loss = "L"\n[given]\nx = 0.1\nt = 0\n[parameters]\nw = 3\nb = -0.3\n[equations]\n'
    problem = loads(text + 'z = "w*x + b"\ny = "relu(z)"\nL = "(y + x - t)^2/2"\n', "kink").problem
    hypotheses = Hypotheses(problem)
    numbers, _ = hypotheses.estimates.at(problem, ["grad(w)"])
    untouched = [hypothesis.id == "wrong-error-sign" for hypothesis in hypotheses.hypotheses]
    assert np.isnan(numbers[untouched]).all()
    assert hypotheses.view(problem).column("grad(w)")[untouched] == [0.0]  # by the convention at the kink


@pytest.mark.parametrize(
    "text", ["x^2", "1/x", "x^-3", "exp(x)", "tanh(x)", "sigmoid(x)", "relu(x)", "max(x, 1, 0)", "step(x)", "erf(x)"]
)
def test_an_expression_over_arrays_is_itself_entry_by_entry(text):
    expr = parse(text, ["x"])
    x = np.array([-1.5, -0.25, 0.5, 2.0])
    values = over_arrays(expr)({"x": x})
    assert values == pytest.approx([float(over_arrays(expr)({"x": one})) for one in x], rel=1e-15)
    for one, value in zip(x, values, strict=True):
        exactly = expr.doit().subs(symbol("x"), sympy.Rational(float(one)))
        assert value == pytest.approx(float(exactly.evalf(30)), rel=1e-13)


@pytest.mark.parametrize("number", ["0.145", "-2.5", "0.0449999", "1234.5", "0.29", "1e-9", "0"])
def test_many_ways_of_rounding_are_each_of_them(number):
    ways = [
        Rounding(digits, significant, cut, False)
        for significant in (False, True)
        for cut in (False, True)
        for digits in range(1, 5)
    ]
    exact = [float(way(Fraction(number))) for way in ways]
    assert Roundings(ways)(np.full(len(ways), float(number))) == pytest.approx(exact, rel=1e-12)
