"""Why the ways of a cross-check may differ though nothing is wrong: a kink just there, or digits that float64 loses.

kinked_names(units)             the parameters that reach a function exactly at its kink
rounding(case, units, derived)  what float64 may lose of the derivation
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace as with_new
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from symnet.algebra.equations import MINUS_ONE, Equation, Expr, add, names_in, negate, replace, symbol
from symnet.algebra.network import needed
from symnet.algebra.scalar import Kind, ScalarFunction, formula
from symnet.computing import exact
from symnet.computing.exact import Undefined
from symnet.computing.program import Program, identifier
from symnet.training.case import Case, Floats, Units
from symnet.training.witnesses import DIGITS, Found, derivation, distance

ROUNDINGS = 1_000  # times what rounding every operation of the derivation to float64 changes
MET = Decimal("1e-40")  # in 80 digits, what is 0


# -- kinks ------------------------------------------------------------------------------------------------------------


def kinked_names(units: Units) -> set[str]:
    """The parameters that reach a function exactly at its kink: relu at 0, a tie in max."""
    found = (boundary for equation in units.forward for boundary in _boundaries(equation.rhs))
    boundaries = [Equation(symbol(f"boundary {i}"), boundary) for i, boundary in enumerate(found)]
    if not boundaries:
        return set()
    program = Program([*units.forward, *boundaries])
    met = set()
    with exact.digits_carried(DIGITS):
        for frame in units.frames():
            program.run(frame, undefined_allowed=True)
            for boundary in boundaries:
                value = frame[identifier(boundary.name)]
                if not isinstance(value, Undefined) and abs(value) < MET:
                    met.add(boundary.lhs)
    lines = needed(program.equations, met)
    return {name.name for line in lines for name in names_in(line.rhs)} & set(units.start)


def _boundaries(expr: Expr) -> Iterator[Expr]:
    """What is 0 where an expression passes from one case to another: z for relu(z), a − b for max(a, b)."""
    if isinstance(expr, ScalarFunction):
        function: Kind = type(expr)
        z, definition = formula(function, len(expr.args))
        put = dict(zip(z, expr.args, strict=True))
        yield from (replace(boundary, put) for boundary in _boundaries(definition))
    elif isinstance(expr, sympy.core.relational.Relational):
        yield add(expr.lhs, negate(expr.rhs))
        return
    for argument in expr.args:
        yield from _boundaries(argument)


# -- rounding ---------------------------------------------------------------------------------------------------------


def rounding(case: Case, units: Units, derived: Found) -> Found:
    """What float64 may lose: ``ROUNDINGS`` times what rounding every operation to it changes of what is ``derived``."""
    rounded_units = with_new(
        units,
        forward=_one_operation_each(units.forward),
        backward=_one_operation_each(units.backward),
        examples=tuple({name: _rounded(v) for name, v in example.items()} for example in units.examples),
        start={name: _rounded(v) for name, v in units.start.items()},
    )
    rounded, _, _ = derivation(case, rounded_units, keep=_rounded, digits=30)
    return Found(
        _moved(rounded.loss, derived.loss),
        {name: _moved(value, derived.gradients[name]) for name, value in rounded.gradients.items()},
    )


def _moved(rounded: Floats, right: Floats) -> Floats:
    """Infinite where only one of the two has a value."""
    both = np.isfinite(rounded) == np.isfinite(right)
    return np.where(both, ROUNDINGS * np.nan_to_num(distance(rounded, right), nan=0.0), np.inf)


def _rounded(value: Any) -> Fraction:
    """The number as float64 has it; an OverflowError beyond the largest."""
    return Fraction(float(value))


def _one_operation_each(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """The same equations, with a line for every operation: what a computer rounds."""
    lines: list[Equation] = []

    def named(expr: Expr) -> Expr:
        if expr.is_Symbol or not names_in(expr):
            return expr
        if expr.is_Pow and expr.exp == MINUS_ONE:  # a division is one operation, not a reciprocal and a product
            return expr.func(named(expr.base), expr.exp, evaluate=False)
        rhs = opened(expr)
        lines.append(Equation(symbol(f"operation {len(lines) + 1}"), rhs))
        return lines[-1].lhs

    def opened(expr: Expr) -> Expr:
        if expr.is_Symbol or not names_in(expr) or isinstance(expr, sympy.Piecewise):
            return expr
        return expr.func(*map(named, expr.args), evaluate=False)

    for equation in equations:
        lines.append(Equation(equation.lhs, opened(equation.rhs)))
    return tuple(lines)
