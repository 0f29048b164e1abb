"""The mean and the variance that a normalised entry is worked from, on lines of their own.

    N₂ = (X₂ − (X₁ + X₂)/2)/√(((X₁ − (X₁ + X₂)/2)² + (X₂ − (X₁ + X₂)/2)²)/2 + ε)

is worked as μ = (X₁ + X₂)/2, σ² = ((X₁ − μ)² + (X₂ − μ)²)/2 and N₂ = (X₂ − μ)/√(σ² + ε).
"""

from __future__ import annotations

from dataclasses import dataclass

from symnet.algebra import functions
from symnet.algebra.equations import MINUS_ONE, Expr, Symbol, multiply, names_in, symbol
from symnet.notation.maths import Letter, Maths, Number, Script

MEAN, VARIANCE = symbol("μ"), symbol("σ²")  # no name of a file has such letters


@dataclass(frozen=True)
class Statistics:
    """The formulas of the mean, of the variance by ``MEAN``, and of the entry by both."""

    mean: Expr
    variance: Expr
    entry: Expr


def statistics_in(rhs: Expr) -> Statistics | None:
    """What an entry (x − mean)/√(variance + ε) is worked from, where both stand in it as sums of names."""
    if not (rhs.is_Mul and len(rhs.args) == 2):
        return None
    above, below = rhs.args
    if not (below.is_Pow and below.exp == MINUS_ONE and isinstance(below.base, functions.sqrt) and above.is_Add):
        return None
    subtracted = above.args[-1]
    if not (len(above.args) == 2 and subtracted.is_Mul and subtracted.args[0] == MINUS_ONE):
        return None
    mean = multiply(*subtracted.args[1:])
    (inside,) = below.base.args
    # ε is a number and comes last; without it, all of what is inside is the variance.
    variance = inside.args[0] if inside.is_Add and len(inside.args) == 2 and not names_in(inside.args[1]) else inside
    by_mean = _put(variance, mean, MEAN)
    if len(names_in(mean)) < 2 or MEAN not in names_in(by_mean):
        return None
    entry = _put(_put(rhs, variance, VARIANCE), mean, MEAN)
    return Statistics(mean, by_mean, entry)


def nodes(row: str) -> dict[str, Maths]:
    """μ and σ² on paper, with the indices of their row, if it has any."""
    sub = Number(row) if row else None
    return {MEAN.name: _script("μ", sub, None), VARIANCE.name: _script("σ", sub, Number("2"))}


def _script(letter: str, sub: Maths | None, sup: Maths | None) -> Maths:
    return Letter(letter) if sub is sup else Script(Letter(letter), sub, sup)


def _put(expr: Expr, part: Expr, name: Symbol) -> Expr:
    """The expression with a name for every ``part``, whose factors may stand after −1 in a product."""
    if expr == part:
        return name
    if expr.is_Mul and part.is_Mul and expr.args[0] == MINUS_ONE and expr.args[1:] == part.args:
        return expr.func(MINUS_ONE, name, evaluate=False)
    if not expr.args:
        return expr
    inner = [_put(x, part, name) for x in expr.args]
    return expr if all(a is b for a, b in zip(inner, expr.args, strict=True)) else expr.func(*inner, evaluate=False)
