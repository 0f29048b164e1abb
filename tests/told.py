"""What one slip gives, for the tests of slips."""

import pytest

from symnet.diagnosis.hypotheses import Hypotheses


def places(problem, id):
    """{where: {key: number}} of a slip."""
    return {hypothesis.at: values for hypothesis, values in Hypotheses(problem, slips=[id]).wrong(problem)}


def gives(problem, id, at, numbers):
    """Whether the slip at that place gives these numbers, worked in floats."""
    told = places(problem, id)
    assert at in told, sorted(told)
    assert {key: float(told[at][key]) for key in numbers} == pytest.approx(numbers, rel=1e-9, abs=1e-12)


def leaves(problem, id, at, keys):
    """Whether the slip leaves those quantities right."""
    right, told = Hypotheses(problem).right(problem), places(problem, id)[at]
    assert {key: told[key] for key in keys} == {key: right[key] for key in keys}
