"""The numbers of an answer in JSON, for comparing."""

from fractions import Fraction as F

import mpmath


def exact(numbers):
    """{name: Fraction} of a table of numbers, all of which must be exact."""
    assert all(number["exact"] is not None for number in numbers.values()), numbers
    return {name: F(number["exact"]) for name, number in numbers.items()}


def decimals(numbers):
    return {name: mpmath.mpf(number["decimal"]) for name, number in numbers.items()}


def near(a, b, tolerance="1e-11"):
    return abs(mpmath.mpf(a) - b) <= mpmath.mpf(tolerance) * max(1, abs(b))
