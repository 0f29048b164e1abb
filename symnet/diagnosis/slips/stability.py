"""Slips with the stability of gradient descent: curvatures, the factor 1 − ηλ, the largest stable rate 2/λ."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer

from symnet.algebra import functions
from symnet.algebra.equations import MINUS_ONE, ONE, ZERO, Expr, add, divide, multiply, negate, power
from symnet.algebra.further import second_parts, worked, worked_parts
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slip_patterns import further_at

_RATE = worked("rate", "max").name
_LARGEST, _SMALLEST = worked("eigenvalue", "max"), worked("eigenvalue", "min")


def rate_of_one(r: Rewriting) -> Iterator[Slipped]:
    """took 1/λ for the largest stable rate instead of 2/λ"""
    if _asks(r):
        yield from further_at(r, {_RATE: divide(ONE, _largest(r))}, together=True)


def rate_upside_down(r: Rewriting) -> Iterator[Slipped]:
    """turned the largest stable rate 2/λ upside down"""
    if _asks(r):
        rhs = next(line.rhs for line in r.problem.further if line.name == _RATE)
        yield from further_at(r, {_RATE: power(rhs, MINUS_ONE)}, together=True)


def rate_of_smallest(r: Rewriting) -> Iterator[Slipped]:
    """took the smallest curvature for the largest stable rate instead of the largest"""
    if _asks(r) and _largest(r) == _LARGEST:
        yield from further_at(r, {_RATE: divide(Integer(2), _SMALLEST)}, together=True)


def factor_without_one(r: Rewriting) -> Iterator[Slipped]:
    """gave ηλ instead of the factor 1 − ηλ"""
    yield from further_at(r, {name: multiply(LEARNING_RATE, of) for name, of in _factors(r).items()}, together=True)


def factor_sign(r: Rewriting) -> Iterator[Slipped]:
    """added ηλ to 1 instead of subtracting it"""
    lines = {name: add(ONE, multiply(LEARNING_RATE, of)) for name, of in _factors(r).items()}
    yield from further_at(r, lines, together=True)


def factor_without_rate(r: Rewriting) -> Iterator[Slipped]:
    """forgot the learning rate in the factor 1 − ηλ"""
    yield from further_at(r, {name: add(ONE, negate(of)) for name, of in _factors(r).items()}, together=True)


def diagonal_for_eigenvalues(r: Rewriting) -> Iterator[Slipped]:
    """took the diagonal of the Hessian for its eigenvalues"""
    diagonal = [line.lhs for line in r.problem.further if (of := second_parts(line.name)) and of[1] == of[2]]
    mixed = [line for line in r.problem.further if (of := second_parts(line.name)) and of[1] != of[2]]
    if _asks(r) and _largest(r) == _LARGEST and any(line.rhs != ZERO for line in mixed):
        lines = {_LARGEST.name: functions.max(*diagonal), _SMALLEST.name: functions.min(*diagonal)}
        yield from further_at(r, lines, together=True)


def _asks(r: Rewriting) -> bool:
    return any(line.name == _RATE for line in r.problem.further)


def _largest(r: Rewriting) -> Expr:
    """λ, or λ_max where there are two."""
    return _LARGEST if any(line.lhs == _LARGEST for line in r.problem.further) else worked("eigenvalue")


def _factors(r: Rewriting) -> dict[str, Expr]:
    """{"factor(max)": λ_max}"""
    found = {line.name: worked_parts(line.name) for line in r.problem.further}
    return {name: worked("eigenvalue", *of[1]) for name, of in found.items() if of is not None and of[0] == "factor"}
