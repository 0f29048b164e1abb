"""The terms of a gradient in the order of the forward pass, as a sheet lists the ways from a name to the loss.

Backpropagation meets them the other way round, the last line first.
"""

from __future__ import annotations

from symnet.algebra.equations import Expr, add, names_in, partial
from symnet.working.problem import Problem


def in_order_of_use(problem: Problem, rhs: Expr) -> Expr:
    """∂L/∂h·x + ∂L/∂y·h for ∂L/∂y·h + ∂L/∂h·x, where h stands above y; what has no gradient in it comes last."""
    if not rhs.is_Add:
        return rhs
    places = {partial(problem.loss, e.name): i for i, e in enumerate(problem.network.equations)}

    def place(term: Expr) -> int:
        return min((places[name] for name in names_in(term) if name in places), default=len(places))

    terms = sorted(rhs.args, key=place)
    return rhs if all(a is b for a, b in zip(terms, rhs.args, strict=True)) else add(*terms)
