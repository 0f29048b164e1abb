"""The learning rate of the first update: the one that is given, or what the schedule makes of it."""

from __future__ import annotations

from fractions import Fraction

from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.computing.exact import Value
from symnet.computing.program import Program, identifier
from symnet.working.problem import Problem


def first_rate(problem: Problem) -> Value | None:
    """η at the first update, in the digits carried; None where there is none."""
    if not problem.has_schedule:
        return problem.learning_rate
    frame: dict[str, Value] = {identifier(UPDATE_NUMBER.name): Fraction(problem.made + 1)}
    Program(problem.rules[:1]).run(frame)
    return frame[identifier(LEARNING_RATE.name)]
