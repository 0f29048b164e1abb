"""The derivative of a softmax that is written out entry by entry, in its own outputs: ∂p_j/∂z_k = p_j ([j = k] − p_k).

Where every p_j = exp(z_j)/Σ_k exp(z_k) of a row is an equation, this is how it is taught: no exponential is left.  The
general rules give the same numbers in exponentials.  Source: Bridle (1990).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symnet.algebra import functions
from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import MINUS_ONE, ONE, Equation, Expr, Symbol, add, negate, product, symbol, total

_LOGIT = symbol("the logit")
Slopes = tuple[tuple[Expr, Expr], ...]  # (z_k, ∂p_j/∂z_k) for every k of the row


def softmax_rows(equations: Sequence[Equation]) -> Mapping[Symbol, Slopes]:
    """{p_j: its slopes} for the equations that are entries of a softmax, all of whose row are equations."""
    rows: dict[Expr, dict[Expr, Symbol]] = {}
    for equation in equations:
        if (found := _share(equation.rhs)) is not None:
            rows.setdefault(found[1], {})[found[0]] = equation.lhs
    slopes: dict[Symbol, Slopes] = {}
    for below, outputs in rows.items():
        terms = below.args if below.is_Add else (below,)
        if all(isinstance(term, functions.exp) and term.args[0] in outputs for term in terms):
            for z, p in outputs.items():
                slopes[p] = tuple((other, _slope(p, q, other == z)) for other, q in outputs.items())
    return slopes


def passed_back(slopes: Slopes, upstream: Expr) -> Iterator[tuple[Symbol, Expr]]:
    """(name, term of its gradient) for every name of the logits."""
    for z, slope in slopes:
        for x, inner in local_derivatives(Equation(_LOGIT, z)).items():
            yield x, product(upstream, slope, inner)


def slopes_in_outputs(slopes: Slopes) -> dict[Symbol, Expr]:
    """{x: ∂p_j/∂x} for every name of the logits, without an exponential."""
    terms: dict[Symbol, list[Expr]] = {}
    for x, term in passed_back(slopes, ONE):
        terms.setdefault(x, []).append(term)
    return {x: total(*own) for x, own in terms.items()}


def _share(rhs: Expr) -> tuple[Expr, Expr] | None:
    """(z, Σ exp) for exp(z)/Σ exp."""
    if not (rhs.is_Mul and len(rhs.args) == 2 and isinstance(rhs.args[0], functions.exp)):
        return None
    below = rhs.args[1]
    return (rhs.args[0].args[0], below.base) if below.is_Pow and below.exp == MINUS_ONE else None


def _slope(p: Symbol, q: Symbol, same: bool) -> Expr:
    return product(p, add(ONE, negate(p))) if same else product(MINUS_ONE, p, q)
