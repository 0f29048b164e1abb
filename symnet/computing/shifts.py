"""Arrays read one place further along an axis, H[n, t − 1, k], and products of entries that several sums have.

Sums over whole arrays are fast; these two give them whole arrays to sum:

    Ū[j, k] = Σ_n,t H[n, t−1, j] Z̄[n, t, k]     →     H_before[n, t, j] = H[n, t−1, j];  Ū = Σ_n,t H_before Z̄
    Ū = Σ H (1 − I²) Ī,  W̄ = Σ X (1 − I²) Ī     →     delta_I = (1 − I²) Ī;  Ū = Σ H delta_I,  W̄ = Σ X delta_I
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from typing import TYPE_CHECKING

from sympy import Add, preorder_traversal

from symnet.algebra.array_forms import array_form
from symnet.algebra.equations import Array, Equation, Expr, Index, array, multiply, names_in, partial_parts
from symnet.algebra.indices import At, Binder, Each, Node, coefficients, free_indices, indices_for, rebuilt
from symnet.algebra.matrices import shape_of

if TYPE_CHECKING:
    pass


def moved(part: Expr) -> tuple[int, int] | None:
    """(axis, places) for X[i, t + 1, k], which is read further along one axis and whole along the others."""
    if not isinstance(part, At) or not isinstance(part.array, Array) or len(part.places) != len(part.array.shape):
        return None
    found: list[tuple[int, int]] = []
    used: list[Index] = []
    for axis, (place, length) in enumerate(zip(part.places, part.array.shape, strict=True)):
        counts, constant = coefficients(place) or ({}, 0)
        if len(counts) != 1 or next(iter(counts.values())) != 1:
            return None
        (index,) = counts
        if index.length != length or index in used:
            return None
        used.append(index)
        found += [(axis, constant)] if constant else []
    return found[0] if len(found) == 1 else None


class Shifts:
    """Gives what is read further along an axis a name: H_before, F_next."""

    def __init__(self, taken: Set[str]) -> None:
        self.taken = {*taken}
        self._known: dict[tuple[Array, int, int], Array] = {}

    def named(self, equation: Equation, but: Set[Expr] = frozenset()) -> tuple[list[Equation], Equation]:
        """(equations of the arrays that it reads further along, the equation in them); not of the arrays in ``but``."""
        new: list[Equation] = []

        def whole(part: Expr) -> Expr | None:
            if not isinstance(part, At) or part.array in but or (move := moved(part)) is None:
                return None
            key = (part.array, *move)
            if key not in self._known:
                own = indices_for(part.array.shape)
                places = [index + move[1] if axis == move[0] else index for axis, index in enumerate(own)]
                word = "before" if move[1] < 0 else "next"
                steps = "" if abs(move[1]) == 1 else f"_{abs(move[1])}"
                self._known[key] = array(fresh(f"{part.array.name}_{word}{steps}", self.taken), *part.array.shape)
                new.append(Equation(self._known[key], Each(At(part.array, *places), *own)))
            places = [free_indices(place)[0] for place in part.places]
            return At(self._known[key], *places)

        if moved_whole(equation.rhs):
            return [], equation
        rhs = _terms(equation.rhs, lambda term: _formed(rebuilt(term, whole), term))
        return new, Equation(equation.lhs, rhs)


def moved_whole(expr: Expr) -> bool:
    """Whether it is nothing but an array that is read further along."""
    return isinstance(expr, Each) and moved(expr.body) is not None


def fresh(wanted: str, taken: set[str]) -> str:
    """A name that nothing has yet; it is taken from now on."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    taken.add(name)
    return name


def with_products(equations: Sequence[Equation], taken: set[str]) -> list[Equation]:
    """The equations, with one more for every product of entries at the same places that stands in several sums."""
    count: dict[Expr, int] = {}
    for equation in equations:
        for key in (key for key, _ in _products(equation.rhs)):
            count[key] = count.get(key, 0) + 1
    names: dict[Expr, Array] = {}
    for key, times in count.items():
        if times > 1:
            of = next((parts[1] for n in names_in(key) if (parts := partial_parts(n.name))), names_in(key)[0].name)
            names[key] = array(fresh(f"delta_{of}", taken), *shape_of(key))
    if not names:
        return [*equations]
    place = {equation.lhs: i for i, equation in enumerate(equations)}
    after: dict[int, list[Equation]] = {}
    for key, name in names.items():
        last = max((place.get(used, -1) for used in names_in(key)), default=-1)
        after.setdefault(last, []).append(Equation(name, array_form(key)))
    found = after.get(-1, [])
    for i, equation in enumerate(equations):
        found += [Equation(equation.lhs, _in_products(equation.rhs, names)), *after.get(i, [])]
    return found


def _products(expr: Expr) -> Iterator[tuple[Expr, tuple[Expr, ...]]]:
    """(the product as an array, the places where it is read) for every one in a sum."""
    for part in preorder_traversal(expr):
        if isinstance(part, Binder) and not isinstance(part, Each) and part.body.is_Mul:
            for places, factors in _together(part.body).items():
                if len(factors) > 1:
                    yield _key(places, factors), places


def _key(places: tuple[Expr, ...], factors: Sequence[Expr]) -> Expr:
    entry = next(part for factor in factors for part in preorder_traversal(factor) if isinstance(part, At))
    own = indices_for(entry.array.shape)
    here = dict(zip(places, own, strict=True))
    at_own = lambda part: At(part.array, *(here[p] for p in part.places)) if isinstance(part, At) else None  # noqa: E731
    return Each(multiply(*sorted((rebuilt(factor, at_own) for factor in factors), key=str)), *own)


def _together(product: Expr) -> dict[tuple[Expr, ...], list[Expr]]:
    """{places: the factors that are made of entries at these places alone, one of them an entry itself}."""
    found: dict[tuple[Expr, ...], list[Expr]] = {}
    for factor in product.args:
        places = _places(factor)
        if places is not None:
            found.setdefault(places, []).append(factor)
    return {places: factors for places, factors in found.items() if any(isinstance(f, At) for f in factors)}


def _places(factor: Expr) -> tuple[Expr, ...] | None:
    """The places of all entries in it, where they are the same, each an index of its own along a whole axis."""
    entries = [part for part in preorder_traversal(factor) if isinstance(part, At)]
    if not entries or len({entry.places for entry in entries}) > 1 or _binds(factor):
        return None
    first = entries[0]
    whole = moved(first) is not None or _is_whole(first)
    same = len({shape_of(entry.array) for entry in entries}) == 1
    return first.places if whole and same and len(first.places) > 1 else None


def _binds(factor: Expr) -> bool:
    """Whether there is more in it than entries, numbers and functions of them."""
    if isinstance(factor, At):
        return False
    return isinstance(factor, (Node, Index)) or any(map(_binds, factor.args))


def _is_whole(entry: At) -> bool:
    places = entry.places
    return (
        isinstance(entry.array, Array)
        and len(places) == len(entry.array.shape) == len({*places})
        and all(isinstance(p, Index) and p.length == n for p, n in zip(places, entry.array.shape, strict=True))
    )


def _in_products(expr: Expr, names: dict[Expr, Array]) -> Expr:
    def part(found: Expr) -> Expr | None:
        if not isinstance(found, Binder) or isinstance(found, Each) or not found.body.is_Mul:
            return None
        factors = [*found.body.args]
        for places, together in _together(found.body).items():
            name = names.get(_key(places, together)) if len(together) > 1 else None
            if name is not None:
                at = next(i for i, factor in enumerate(factors) if factor in together)
                factors[at : at + 1] = [At(name, *places), factors[at]]
                factors = [factor for factor in factors if factor not in together]
        return found.func(multiply(*factors), *found.indices)

    return _terms(expr, lambda term: _formed(rebuilt(term, part), term))


def _terms(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    return Add(*map(change, expr.args), evaluate=False) if expr.is_Add else change(expr)


def _formed(new: Expr, old: Expr) -> Expr:
    return array_form(new) if new != old and isinstance(new, Each) else new
