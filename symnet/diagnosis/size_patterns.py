"""The patterns that slips in sizes follow: another line at one layer and at all, terms and factors left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symnet.algebra.equations import ONE, Expr, add, multiply, symbol
from symnet.algebra.sized import Sized
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.diagnosis.slip_patterns import factors_of

PLACES = ("height", "width", "time")
Change = Callable[[Sized, Expr], "Expr | None"]


def at_layers(r: Rewriting, roles: tuple[str, ...], change: Change) -> Iterator[Slipped]:
    """Other lines of these roles, where ``change`` has some: at each layer, and at all of them."""
    sized = r.problem.sizes
    changed: list[tuple[str, dict[str, Expr]]] = []
    for layer in sized.layers if sized is not None else ():
        lines = {}
        for name in (layer.lines[role] for role in roles if role in layer.lines):
            right = r.problem.network.by_name[name].rhs
            other = change(layer, right)
            if other is not None and other != right:
                lines[name] = other
        if lines:
            changed.append((layer.place, lines))
    for place, lines in changed:
        yield Slipped(r.forward(lines), at=f"(layer {place})")
    if len(changed) > 1:
        yield Slipped(r.forward({name: rhs for _, lines in changed for name, rhs in lines.items()}), at="everywhere")


def number(layer: Sized, role: str) -> Expr | None:
    """The symbol of a given number of a layer."""
    return symbol(layer.numbers[role]) if role in layer.numbers else None


def depth(layer: Sized) -> Expr | None:
    """The channels or the features below; None where ids are read."""
    return next((symbol(layer.below[role]) for role in ("channels", "features") if role in layer.below), None)


def window(layer: Sized) -> list[Expr]:
    """The sides of the window."""
    roles = ("kernel", "kernel_height", "kernel_width", "size")
    return [symbol(layer.numbers[role]) for role in roles if role in layer.numbers]


def without_terms(expr: Expr, name: Expr) -> Expr:
    """The expression without the terms that are a name, or a product with it."""

    def change(part: Expr) -> Expr | None:
        kept = [term for term in terms_of(part) if name not in factors_of(term)]
        return add(*kept) if part.is_Add and 0 < len(kept) < len(part.args) else None

    return rebuilt(expr, change)


def without_factors(expr: Expr, *names: Expr, once: bool = False) -> Expr:
    """The expression with these factors, or divisors, left out of its products, each ``once`` or wherever it stands."""

    def change(part: Expr) -> Expr | None:
        if not part.is_Mul:
            return None
        kept = list(part.args)
        for name in names:
            for factor in [factor for factor in kept if factor == name or (factor.is_Pow and factor.base == name)][
                : 1 if once else None
            ]:
                kept.remove(factor)
        return None if len(kept) == len(part.args) else multiply(*kept) if kept else ONE

    return rebuilt(expr, change)
