"""Slips with a mask of 0 and 1 and the share that is kept, d = m h/p, and with a residual connection, y = x + f(x)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from symnet.algebra.equations import MINUS_ONE, ONE, Expr, Symbol, add, names_in, negate, power, product
from symnet.diagnosis.rewriting import Rewriting, Slipped, terms_of
from symnet.diagnosis.slip_patterns import as_factor, factors_of, forward_at, skips


@dataclass(frozen=True)
class _Dropped:
    """A line mask · unit · scale: the mask is a given number, 0 or 1, and the scale has no unit in it."""

    mask: Symbol
    unit: Symbol
    scale: tuple[Expr, ...]


def dropout_scale_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """did not divide by the share that is kept in the dropout"""
    yield from _in_both_passes(r, lambda d: product(d.mask, d.unit), scaled=True)


def dropout_scale_inverted(r: Rewriting) -> Iterator[Slipped]:
    """multiplied by the share that is kept in the dropout instead of dividing by it"""
    yield from _in_both_passes(
        r, lambda d: product(d.mask, d.unit, *(power(as_factor(part), MINUS_ONE) for part in d.scale)), scaled=True
    )


def dropout_by_rate(r: Rewriting) -> Iterator[Slipped]:
    """divided by the share that is left out in the dropout, and not by the one that is kept"""

    def by_rate(d: _Dropped) -> Expr:
        kept = product(*(power(as_factor(part), MINUS_ONE) for part in d.scale))
        return product(d.mask, d.unit, power(add(ONE, negate(kept)), MINUS_ONE))

    yield from _in_both_passes(r, by_rate, scaled=True)


def dropout_mask_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot the mask of the dropout"""
    yield from _in_both_passes(r, lambda d: product(d.unit, *d.scale))


def dropout_mask_turned(r: Rewriting) -> Iterator[Slipped]:
    """left out where the mask of the dropout is 1 and kept where it is 0"""
    yield from _in_both_passes(r, lambda d: product(add(ONE, negate(d.mask)), d.unit, *d.scale))


def dropout_mask_not_passed(r: Rewriting) -> Iterator[Slipped]:
    """passed gradients back to what the dropout leaves out"""
    dropped = _dropped(r)
    if dropped:
        yield Slipped(r.passing(lambda e, x, d: product(*dropped[e.name].scale) if _of_unit(dropped, e.name, x) else d))


def dropout_scale_not_passed(r: Rewriting) -> Iterator[Slipped]:
    """forgot on the way back that the dropout divides by the share that is kept"""
    dropped = {name: d for name, d in _dropped(r).items() if d.scale}
    if dropped:
        yield Slipped(r.passing(lambda e, x, d: dropped[e.name].mask if _of_unit(dropped, e.name, x) else d))


def skip_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot the residual connection, what goes around the block"""
    lines = {}
    for name, x in skips(r).items():
        terms = terms_of(next(e for e in r.problem.network.equations if e.name == name).rhs)
        lines[name] = add(*(term for term in terms if term != x))
    if len(lines) > 1:  # nobody forgets it in one line of several alone
        for backward in (False, True):
            yield Slipped(r.forward(lines, backward))
    else:
        for backward in (False, True):
            yield from forward_at(r, lines, "in", backward)


def skip_alone_passed(r: Rewriting) -> Iterator[Slipped]:
    """passed back by the residual connection alone, and not through the block"""
    around = skips(r)
    inputs = {*around.values()}
    if around:
        yield Slipped(r.passing(lambda e, x, d: None if x in inputs and around.get(e.name) != x else d))


def _in_both_passes(r: Rewriting, other: Callable[[_Dropped], Expr], scaled: bool = False) -> Iterator[Slipped]:
    """Another formula for all lines with a mask; they are one step, which is done one way throughout."""
    lines = {name: other(d) for name, d in _dropped(r).items() if d.scale or not scaled}
    if lines:
        yield Slipped(r.forward(lines, backward=True))
        yield Slipped(r.forward(lines))


def _of_unit(dropped: dict[str, _Dropped], name: str, x: Symbol) -> bool:
    return name in dropped and dropped[name].unit == x


def _dropped(r: Rewriting) -> dict[str, _Dropped]:
    """The lines with a mask; of several masks one at least is 0, for a number that is 1 everywhere is no mask."""
    found: dict[str, _Dropped] = {}
    some_left_out = False
    for e in r.problem.network.equations:
        factors = factors_of(e.rhs)
        masks = [x for x in factors if x.is_Symbol and _is_mask(r, x)]
        units = [x for x in factors if x.is_Symbol and x not in masks and _varies(r, x)]
        rest = tuple(x for x in factors if x not in masks and x not in units)
        if len(masks) == len(units) == 1 and not any(_varies(r, name) for part in rest for name in names_in(part)):
            found[e.name] = _Dropped(masks[0], units[0], rest)
            some_left_out = some_left_out or any(_value(r, masks[0], i) == 0 for i in range(len(r.problem.examples)))
    return found if len(found) > 1 and some_left_out else {}


def _is_mask(r: Rewriting, x: Symbol) -> bool:
    return x.name in r.problem.given and all(_value(r, x, i) in (0, 1) for i in range(len(r.problem.examples)))


def _varies(r: Rewriting, x: Symbol) -> bool:
    """Whether it is worked out or an entry of an array, and no plain number of the exercise such as the share."""
    return x.name in r.problem.network.by_name or x.name in r.problem.array_of


def _value(r: Rewriting, x: Symbol, example: int) -> object:
    return r.problem.examples[example].get(x.name)
