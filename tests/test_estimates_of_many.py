"""What the slips of an exercise come to, estimated for many sets of numbers at once: exact working judges."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import symnet
from symnet.diagnosis.hypotheses import Hypotheses, in_floats
from symnet.diagnosis.twins import twin_of
from symnet.exercises.reader import loads

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
SIGMOID = """
learning_rate = 0.5
[given]
x1 = 1
x2 = 2
t = 1
[parameters]
w1 = 0.5
w2 = -0.5
b = 0
[equations]
z = "w1*x1 + w2*x2 + b"
y = "sigmoid(z)"
L = "(y - t)^2/2"
"""
BATCH = (
    SIGMOID
    + """
[training]
reduce = "sum"
[[samples]]
x1 = 1
[[samples]]
x1 = 3
t = 0
"""
)
MOMENTUM = SIGMOID + '\n[update]\noptimizer = "momentum"\ndecay = 0.9\n[training]\nsteps = 2\n'
EXERCISES = {
    "relu": (WORKSHEETS / "relu.toml").read_text(encoding="utf-8"),
    "sigmoid": SIGMOID,
    "batch": BATCH,
    "momentum": MOMENTUM,
    "rounded": "round = 3\n" + SIGMOID,
}


@pytest.fixture(params=EXERCISES)
def hypotheses(request):
    return Hypotheses(loads(EXERCISES[request.param]).problem)


def others(problem):
    """The problem, and some with other numbers: all of them, one of them, the learning rate."""
    rate = replace(problem, learning_rate=problem.learning_rate * 3)
    return [problem, twin_of(problem), twin_of(problem, tuple(problem.start)[:1]), rate]


def test_many_sets_of_numbers_give_what_each_gives_by_itself(hypotheses):
    problems = others(hypotheses.problem)
    found, doubted = hypotheses.estimates.at_all(problems, hypotheses.keys)
    for i, problem in enumerate(problems):
        one, small = hypotheses.estimates.at(problem, hypotheses.keys)
        np.testing.assert_array_equal(found[i], one)
        np.testing.assert_array_equal(doubted[i], small)
    assert not np.array_equal(found[0], found[1], equal_nan=True)


def test_what_is_estimated_is_what_exact_working_gives(hypotheses):
    """But for who cuts digits off, where a float that is a hair too small loses a whole unit."""
    keys = [key for key in hypotheses.keys if key not in hypotheses.problem.given]
    for problem in others(hypotheses.problem):
        view = hypotheses.view(problem)
        kept = [i for i, hypothesis in enumerate(hypotheses.hypotheses) if not hypothesis.is_rounding]
        found = hypotheses.estimates.at(problem, keys)[0][kept]
        exact = np.array([[in_floats(view.values(hypotheses.hypotheses[i])[key]) for key in keys] for i in kept])
        known = ~np.isnan(found)
        assert known.mean() > 0.8
        np.testing.assert_allclose(found[known], exact[known], rtol=2e-8)  # what is noticed as no estimate


@pytest.mark.parametrize("name", ["relu", "sigmoid", "batch", "momentum"])
def test_another_learning_rate_is_the_one_that_is_used(name):
    """What an exercise with a learning rate of 3/2 gives, from the ways that were prepared with its own."""
    problem = loads(EXERCISES[name]).problem
    other = replace(problem, learning_rate=Fraction(3, 2))
    prepared, afresh = Hypotheses(problem), Hypotheses(other)
    assert prepared.right(other) == symnet_values(afresh, other)
    for hypothesis, same in zip(prepared.hypotheses, afresh.hypotheses, strict=True):
        assert prepared.view(other).values(hypothesis) == afresh.view(other).values(same)
    w = next(iter(problem.start))
    assert prepared.right(other)[w] != prepared.right(problem)[w]


def symnet_values(hypotheses, problem):
    """The right values, those of the updates from ``symnet.solve``."""
    right, solution = hypotheses.right(problem), symnet.solve(problem)
    for name, value in solution.updated.items():
        assert abs(in_floats(right[name]) - in_floats(value)) < 1e-12
    return right
