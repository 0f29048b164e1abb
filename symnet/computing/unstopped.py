"""Equations without their stop-gradients: the same values, in the form in which whole arrays are worked quickly.

The gradients are equations of their own here, so code needs no stop; only what differentiates that code does.
"""

from __future__ import annotations

from collections.abc import Iterable

from symnet.algebra.array_forms import array_form
from symnet.algebra.equations import Equation, Expr
from symnet.algebra.functions import stop_gradient
from symnet.algebra.indices import Each, rebuilt


def unstopped(equations: Iterable[Equation]) -> tuple[Equation, ...]:
    """The equations with h for sg(h)."""
    return tuple(
        Equation(equation.lhs, without_stops(equation.rhs)) if equation.rhs.has(stop_gradient) else equation
        for equation in equations
    )


def without_stops(expr: Expr) -> Expr:
    def inside(part: Expr) -> Expr | None:
        return rebuilt(part.args[0], inside) if isinstance(part, stop_gradient) else None

    found = rebuilt(expr, inside)
    return array_form(found) if isinstance(found, Each) else found
