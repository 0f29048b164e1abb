"""What the slips of an exercise come to, estimated for many sets of numbers at once: exact working judges."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import symnet
from symnet.diagnosis.hypotheses import Stories, in_floats
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
def stories(request):
    return Stories(loads(EXERCISES[request.param]).problem)


def others(problem):
    """The problem, and some with other numbers: all of them, one of them, the learning rate."""
    rate = replace(problem, learning_rate=problem.learning_rate * 3)
    return [problem, twin_of(problem), twin_of(problem, tuple(problem.start)[:1]), rate]


def test_many_sets_of_numbers_give_what_each_gives_by_itself(stories):
    problems = others(stories.problem)
    found, doubted = stories.estimates.at_all(problems, stories.keys)
    for i, problem in enumerate(problems):
        one, small = stories.estimates.at(problem, stories.keys)
        np.testing.assert_array_equal(found[i], one)
        np.testing.assert_array_equal(doubted[i], small)
    assert not np.array_equal(found[0], found[1], equal_nan=True)


def test_what_is_estimated_is_what_exact_working_gives(stories):
    """But for who cuts digits off, where a float that is a hair too small loses a whole unit."""
    keys = [key for key in stories.keys if key not in stories.problem.given]
    for problem in others(stories.problem):
        view = stories.view(problem)
        kept = [i for i, story in enumerate(stories.stories) if not story.is_rounding]
        found = stories.estimates.at(problem, keys)[0][kept]
        exact = np.array([[in_floats(view.values(stories.stories[i])[key]) for key in keys] for i in kept])
        known = ~np.isnan(found)
        assert known.mean() > 0.8
        np.testing.assert_allclose(found[known], exact[known], rtol=2e-8)  # what is noticed as no estimate


@pytest.mark.parametrize("name", ["relu", "sigmoid", "batch", "momentum"])
def test_another_learning_rate_is_the_one_that_is_used(name):
    """What an exercise with a learning rate of 3/2 gives, from the ways that were prepared with its own."""
    problem = loads(EXERCISES[name]).problem
    other = replace(problem, learning_rate=Fraction(3, 2))
    prepared, afresh = Stories(problem), Stories(other)
    assert prepared.right(other) == symnet_values(afresh, other)
    for story, same in zip(prepared.stories, afresh.stories, strict=True):
        assert prepared.view(other).values(story) == afresh.view(other).values(same)
    w = next(iter(problem.start))
    assert prepared.right(other)[w] != prepared.right(problem)[w]


def symnet_values(stories, problem):
    """The right values, those of the updates from ``symnet.solve``."""
    right, solution = stories.right(problem), symnet.solve(problem)
    for name, value in solution.updated.items():
        assert abs(in_floats(right[name]) - in_floats(value)) < 1e-12
    return right
