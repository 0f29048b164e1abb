"""Slips in the rules of differentiation: quotients, products, powers, roots, exponentials and logarithms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sympy import Integer, Rational

from symnet.algebra import functions
from symnet.algebra.derivatives import differentiate
from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    Expr,
    Symbol,
    add,
    divide,
    names_in,
    number_of,
    product,
    symbol,
)
from symnet.algebra.equations import replace as put
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.diagnosis.slip_patterns import MOST_ALONE, as_factor, edges_of, factors_of, forward_at, is_parameter
from symnet.diagnosis.structure import softmaxes, targets_of
from symnet.working.problem import Problem

_TWO, _HALF = Integer(2), Rational(1, 2)


def fraction_upside_down(r: Rewriting) -> Iterator[Slipped]:
    """turned a fraction upside down"""
    shares = {p for softmax in softmaxes(r) for p in softmax.p}  # which nobody takes for more than 1
    lines = {
        name: divide(as_factor(below), as_factor(above))
        for name, (above, below) in _fractions(r).items()
        if symbol(name) not in shares
    }
    yield from forward_at(r, lines, "in")


def quotient_not_squared(r: Rewriting) -> Iterator[Slipped]:
    """forgot to square the denominator in the derivative of the quotient"""
    slopes = {
        (y, x): product(MINUS_ONE, as_factor(above), differentiate(below, x), divide(ONE, as_factor(below)))
        for y, (above, below) in _fractions(r).items()
        for x in r.slopes.get(y, {})
        if x in names_in(below) and x not in names_in(above)
    }
    yield from _on_edges(r, slopes)


def quotient_sign(r: Rewriting) -> Iterator[Slipped]:
    """forgot the minus sign in the derivative of the quotient"""
    slopes = {
        (y, x): product(MINUS_ONE, r.slopes[y][x])
        for y, (above, below) in _fractions(r).items()
        for x in r.slopes.get(y, {})
        if x in names_in(below) and x not in names_in(above)
    }
    yield from _on_edges(r, slopes)


def quotient_times(r: Rewriting) -> Iterator[Slipped]:
    """multiplied by the denominator in the derivative of the quotient instead of dividing by it"""
    slopes = {
        (y, x): product(differentiate(above, x), as_factor(below))
        for y, (above, below) in _fractions(r).items()
        for x in r.slopes.get(y, {})
        if x in names_in(above) and x not in names_in(below)
    }
    yield from _on_edges(r, slopes)


def own_factor(r: Rewriting) -> Iterator[Slipped]:
    """used the factor itself instead of the other one in the derivative of a product"""
    slopes = {}
    for y, x in edges_of(r):
        for term in terms_of(r.by_name[y].rhs):
            factors = [factor for factor in factors_of(term) if number_of(factor) is None]
            named = len(factors) == 2 and all(f.is_Symbol and not is_parameter(r, f) for f in factors)
            if named and x in factors and factors[0] != factors[1]:
                other = factors[1] if factors[0] == x else factors[0]
                if names_in(r.slopes[y][x]) == (other,):
                    slopes[y, x] = put(r.slopes[y][x], {other: x})
    yield from _on_edges(r, slopes)


def root_slope(r: Rewriting) -> Iterator[Slipped]:
    """forgot the ½ in the derivative of the square root"""
    yield from _on_edges(r, {edge: product(_TWO, d) for edge, d in _slopes_of(r, functions.sqrt).items()})


def root_not_below(r: Rewriting) -> Iterator[Slipped]:
    """multiplied by the square root in its derivative instead of dividing by it"""
    own = _slopes_of(r, functions.sqrt)
    slopes = {
        (y, x): product(_HALF, symbol(y), differentiate(r.activations[y].args[0], x)) for y, x in own
    }  # (√v)′ = 1/(2√v)
    yield from _on_edges(r, slopes)


def square_without_two(r: Rewriting) -> Iterator[Slipped]:
    """forgot the factor 2 in the derivative of the square"""

    def half(part: Expr) -> Expr | None:
        return product(_HALF, part) if part.is_Pow and part.exp == 2 else None

    slopes = _differentiated(r, half)
    lines: dict[str, dict[tuple[str, Symbol], Expr]] = {}
    for (y, x), slope in slopes.items():
        lines.setdefault(y, {})[y, x] = slope
    for y, own in lines.items() if len(lines) <= MOST_ALONE else ():
        yield Slipped(_with_slopes(r, own), at=f"at {y}")
    if len(lines) > 1:
        yield Slipped(_with_slopes(r, slopes), at="everywhere")


def power_rule_for_exp(r: Rewriting) -> Iterator[Slipped]:
    """applied the power rule to exp, z·eᶻ⁻¹ instead of eᶻ"""
    slopes = {}
    for y, x in _slopes_of(r, functions.exp):
        z = r.activations[y].args[0]
        slopes[y, x] = product(as_factor(z), functions.exp(add(*terms_of(z), MINUS_ONE)), differentiate(z, x))
    yield from _on_edges(r, slopes)


def log_slope_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot the derivative of the logarithm, 1/p"""
    lone = {y for y, f in r.activations.items() if isinstance(f, functions.log)}  # a unit without its slope
    slopes = _differentiated(r, lambda part: as_factor(part.args[0]) if isinstance(part, functions.log) else None, True)
    yield from _on_edges(r, {edge: d for edge, d in slopes.items() if edge[0] not in lone})


# -- finding and changing them ----------------------------------------------------------------------------------------


def _fractions(r: Rewriting) -> dict[str, tuple[Expr, Expr]]:
    """{"p1": (e1, s)}: the lines that are one fraction, what is above and what is below."""
    found = {}
    for e in r.problem.network.equations:
        below = [f.base for f in factors_of(e.rhs) if f.is_Pow and f.exp == -1 and number_of(f) is None]
        above = [f for f in factors_of(e.rhs) if not (f.is_Pow and f.exp == -1 and number_of(f) is None)]
        if len(below) == 1 and names_in(below[0]):
            found[e.name] = (product(*above), below[0])
    return found


def _slopes_of(r: Rewriting, function: type) -> dict[tuple[str, Symbol], Expr]:
    """The local derivatives of the lines that are this function of something."""
    units = [name for name, f in r.activations.items() if isinstance(f, function) and name in r.slopes]
    return {(y, x): d for y in units for x, d in r.slopes[y].items()}


def _differentiated(
    r: Rewriting, change: Callable[[Expr], Expr | None], of_loss: bool = False
) -> dict[tuple[str, Symbol], Expr]:
    """The local derivatives of lines with parts replaced; those with targets only where it is ``of_loss``."""
    slopes, targets = {}, set(targets_of(r))
    for e in r.equations:
        if not of_loss and (e.name == r.loss or targets.intersection(names_in(e.rhs))):
            continue
        rhs = rebuilt(e.rhs, change)
        for x, d in r.slopes.get(e.name, {}).items() if rhs is not e.rhs else ():
            other = differentiate(rhs, x)
            if other != d and x not in targets and not is_parameter(r, x):
                slopes[e.name, x] = other
    return slopes


def _on_edges(r: Rewriting, slopes: Mapping[tuple[str, Symbol], Expr]) -> Iterator[Slipped]:
    """Other local derivatives, one by one where there are few, and all of them."""
    for (y, x), slope in slopes.items() if len(slopes) <= MOST_ALONE else ():
        yield Slipped(_with_slopes(r, {(y, x): slope}), at=f"(from {y} back to {x.name})")
    if len(slopes) > 1:
        yield Slipped(_with_slopes(r, slopes), at="everywhere")


def _with_slopes(r: Rewriting, slopes: Mapping[tuple[str, Symbol], Expr]) -> Problem:
    return r.passing_terms({(y, x): product(r.upstream(y), as_factor(d)) for (y, x), d in slopes.items()})
