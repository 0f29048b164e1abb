"""Equations in the computer's own floating point, to show where its rounding takes over."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import sympy

from symnet.algebra.equations import Equation, Expr

_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "erf": math.erf,
}


def evaluate_in_floats(equations: Sequence[Equation], values: Mapping[str, float]) -> dict[str, float]:
    """{name: its value in float64}, each operation rounded as a program's would be.

    Raises ArithmeticError or ValueError where a value does not exist.
    """
    known = dict(values)
    for equation in equations:
        known[equation.name] = _value(equation.rhs, known)
    return known


def _value(expr: Expr, known: Mapping[str, float]) -> float:
    if expr.is_Symbol:
        return known[expr.name]
    if expr.is_Number or expr is sympy.pi or expr is sympy.E:
        return float(expr)
    if isinstance(expr, sympy.Piecewise):
        return _value(next(value for value, condition in expr.args if _holds(condition, known)), known)
    arguments = [_value(argument, known) for argument in expr.args]
    if expr.is_Add:
        total = 0.0
        for term in arguments:  # not math.fsum: the point is to round after every addition
            total += term
        return total
    if expr.is_Mul:
        return math.prod(arguments)
    if expr.is_Pow:
        return float(arguments[0] ** arguments[1])
    if hasattr(expr, "definition"):
        z = sympy.symbols(f"z:{len(arguments)}", real=True)
        return _value(expr.definition(*z), dict(zip((str(name) for name in z), arguments, strict=True)))
    return _FUNCTIONS[type(expr).__name__](*arguments)


def _holds(condition: Expr, known: Mapping[str, float]) -> bool:
    if condition == True:  # noqa: E712 - SymPy's true
        return True
    if isinstance(condition, (sympy.And, sympy.Or)):
        parts = (_holds(part, known) for part in condition.args)
        return all(parts) if isinstance(condition, sympy.And) else any(parts)
    left, right = (_value(side, known) for side in condition.args)
    return {
        "StrictGreaterThan": left > right,
        "GreaterThan": left >= right,
        "StrictLessThan": left < right,
        "LessThan": left <= right,
    }[type(condition).__name__]
