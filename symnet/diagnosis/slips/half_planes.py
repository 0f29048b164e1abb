"""Slips with the line on which a unit of two inputs changes sides: its slope and its intercept."""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra.equations import MINUS_ONE, Expr, negate, power, product
from symnet.algebra.further import worked, worked_parts
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slip_patterns import further_at


def slope_of_line_sign(r: Rewriting) -> Iterator[Slipped]:
    """forgot the minus sign in the slope of a line"""
    yield from further_at(r, {name: product(MINUS_ONE, rhs) for name, rhs in _lines(r, "line_slope").items()})


def slope_of_line_upside_down(r: Rewriting) -> Iterator[Slipped]:
    """divided by the weight of the first input instead of the second in the slope of a line"""
    yield from further_at(r, {name: power(rhs, MINUS_ONE) for name, rhs in _lines(r, "line_slope").items()})


def intercept_sign(r: Rewriting) -> Iterator[Slipped]:
    """forgot the minus sign in the intercept of a line"""
    yield from further_at(r, {name: product(MINUS_ONE, rhs) for name, rhs in _lines(r, "line_intercept").items()})


def intercept_for_bias(r: Rewriting) -> Iterator[Slipped]:
    """gave the bias for the intercept of a line"""
    lines = {name: product(MINUS_ONE, _without_divisor(rhs)) for name, rhs in _lines(r, "line_intercept").items()}
    yield from further_at(r, lines)
    for slipped in further_at(r, {name: negate(rhs) for name, rhs in lines.items()}):
        yield Slipped(slipped.problem, f"{slipped.at} (with the other sign)")


def intercept_of_other_axis(r: Rewriting) -> Iterator[Slipped]:
    """gave where the line meets the other axis for its intercept"""
    lines = {
        name: product(MINUS_ONE, rhs, power(worked("line_slope", *of), MINUS_ONE))
        for name, rhs in _lines(r, "line_intercept").items()
        if (of := (worked_parts(name) or ("", ()))[1])
    }
    yield from further_at(r, lines)


def _lines(r: Rewriting, kind: str) -> dict[str, Expr]:
    return {line.name: line.rhs for line in r.problem.further if line.name.startswith(f"{kind}(")}


def _without_divisor(expr: Expr) -> Expr:
    """−b of −b/w."""
    return product(*(factor for factor in expr.args if not (factor.is_Pow and factor.exp == MINUS_ONE)))
