"""The gradients in the variance and the mean of what is normalised, entry by entry, as the rules have them.

Backward, ∂L/∂m₁ also has a term through s₁, with Σ_k (R₁ₖ − m₁) in it; the deviations from a mean sum to 0.  And in
∂L/∂s₁ each deviation is √s₁ times an entry of N that is known already:

    ∂L/∂s₁ = −(∂L/∂N₁₁ · N₁₁ + ∂L/∂N₁₂ · N₁₂)/(2 s₁)        ∂L/∂m₁ = −(∂L/∂N₁₁ + ∂L/∂N₁₂)/√s₁
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Integer

from symnet.algebra.equations import (
    MINUS_ONE,
    Equation,
    Expr,
    Symbol,
    add,
    multiply,
    names_in,
    partial,
    power,
    symbol,
    total,
)
from symnet.working.arrays import Arrays, places
from symnet.working.normalised import Normalised, name_of, normalised


def of_variances(whole: Sequence[Equation], arrays: Arrays, loss: str) -> dict[str, Expr]:
    """{"s1": −(∂L/∂N1_1·N1_1 + …)/(2·s1)} of every variance by which something is normalised."""
    found: dict[str, Expr] = {}
    for one in _put_together(whole):
        name = name_of(one.variance).name
        by_place = {at: entry for entry, at in places(arrays.get(name, name))}
        normal: dict[tuple[int, ...], list[str]] = {}
        for entry, at in places(arrays[one.output.name]):
            kept = tuple(i for i, index in zip(at, one.own, strict=True) if index not in one.along)
            normal.setdefault(kept, []).append(entry)
        (inside,) = one.root.args
        added = inside.args[1:] if inside.is_Add else ()  # ε
        for at, entries in normal.items():
            products = [multiply(partial(loss, entry), symbol(entry)) for entry in entries]
            below = multiply(Integer(2), add(symbol(by_place[at]), *added))
            found[by_place[at]] = multiply(MINUS_ONE, add(*products), power(below, MINUS_ONE))
    return found


def without_deviations(rhs: Expr, variances: Sequence[str], loss: str) -> Expr:
    """A gradient in a mean without its terms through a variance, which are 0 together."""
    through: set[Symbol] = {partial(loss, name) for name in variances}
    if not (rhs.is_Add and through.intersection(names_in(rhs))):
        return rhs
    return total(*(term for term in rhs.args if not through.intersection(names_in(term))))


def means(whole: Sequence[Equation]) -> frozenset[str]:
    """The arrays, or numbers, of the means by which something is normalised."""
    return frozenset(name_of(one.mean).name for one in _put_together(whole))


def _put_together(whole: Sequence[Equation]) -> list[Normalised]:
    return [one for one in normalised(whole) if one.is_only_path(whole)]
