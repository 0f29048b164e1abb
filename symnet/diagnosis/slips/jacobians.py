"""Slips with total derivatives: the direct use alone, factors forgotten or added, a stage left out of a product."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symnet.algebra.equations import Expr, add, names_in, product, symbol, total
from symnet.algebra.further import total_slope_parts
from symnet.diagnosis.rewriting import Rewriting, Slipped, terms_of
from symnet.diagnosis.slip_patterns import factors_of, further_at


def direct_use_alone(r: Rewriting) -> Iterator[Slipped]:
    """counted the direct use alone in a total derivative, and not what passes through the names between"""
    lines = {}
    for name, rhs in _totals(r).items():
        terms = terms_of(rhs)
        direct = [term for term in terms if not any(total_slope_parts(n.name) for n in names_in(term))]
        if 0 < len(direct) < len(terms):
            lines[name] = total(*direct)
    yield from further_at(r, lines)


def factor_without_slope(r: Rewriting) -> Iterator[Slipped]:
    """forgot the derivative of the activation in a total derivative"""

    def is_slope(of: str) -> Callable[[Expr], bool]:
        return lambda factor: bool(getattr(factor, "is_slope", False)) or symbol(of) in names_in(factor)

    lines = {
        name: _without(rhs, is_slope(of))
        for name, rhs in _totals(r).items()
        if (of := (total_slope_parts(name) or ("", ""))[0]) in r.activations
    }
    yield from further_at(r, _changed(r, lines))


def factor_without_weight(r: Rewriting) -> Iterator[Slipped]:
    """forgot the weight in a total derivative"""

    def is_weight(factor: Expr) -> bool:
        return bool(factor.is_Symbol and factor.name in r.problem.start)

    lines = {name: _without(rhs, is_weight) for name, rhs in _totals(r).items() if not rhs.is_Symbol}
    yield from further_at(r, _changed(r, lines))


def factors_added(r: Rewriting) -> Iterator[Slipped]:
    """added the factors of the stages instead of multiplying them"""
    yield from further_at(r, {name: add(*rhs.args) for name, rhs in _products(r).items()}, together=True)


def stage_left_out(r: Rewriting) -> Iterator[Slipped]:
    """left a stage out of the product"""
    for name, rhs in _products(r).items():
        for i, factor in enumerate(rhs.args):
            other = product(*rhs.args[:i], *rhs.args[i + 1 :])
            y, x = total_slope_parts(factor.name) or ("", "")
            for slipped in further_at(r, {name: other}):
                yield Slipped(slipped.problem, f"{slipped.at} (the one from {x} to {y})")


def _totals(r: Rewriting) -> dict[str, Expr]:
    """The lines of total derivatives that are no product of others."""
    products = _products(r)
    return {
        line.name: line.rhs
        for line in r.problem.further
        if total_slope_parts(line.name) is not None and line.name not in products
    }


def _products(r: Rewriting) -> dict[str, Expr]:
    """The lines that multiply the factors of stages."""
    return {
        line.name: line.rhs
        for line in r.problem.further
        if total_slope_parts(line.name) is not None and line.rhs.is_Mul
        and all(factor.is_Symbol and total_slope_parts(factor.name) is not None for factor in line.rhs.args)
    }  # fmt: skip


def _without(rhs: Expr, leaves: Callable[[Expr], bool]) -> Expr:
    return total(*(product(*(f for f in factors_of(term) if not leaves(f))) for term in terms_of(rhs)))


def _changed(r: Rewriting, lines: dict[str, Expr]) -> dict[str, Expr]:
    own = _totals(r)
    return {name: rhs for name, rhs in lines.items() if rhs != own[name]}
