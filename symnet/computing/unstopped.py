"""Equations without their stop-gradients: the same values, in the form in which whole arrays are worked quickly.

The gradients are equations of their own here, so code needs no stop; only what differentiates that code does.
"""

from __future__ import annotations

from collections.abc import Iterable

from symnet.algebra.array_forms import array_form
from symnet.algebra.equations import Equation, Expr
from symnet.algebra.functions import stop_gradient
from symnet.algebra.indices import Each
from symnet.algebra.stopping import without_stops


def unstopped(equations: Iterable[Equation]) -> tuple[Equation, ...]:
    """The equations with h for sg(h)."""
    return tuple(
        Equation(equation.lhs, _formed(without_stops(equation.rhs))) if equation.rhs.has(stop_gradient) else equation
        for equation in equations
    )


def _formed(expr: Expr) -> Expr:
    return array_form(expr) if isinstance(expr, Each) else expr
