"""Arrays side by side in an equation of entries: [h_{t−1}; x_t]_i for h_{t−1,i} + x_{t,i−2}, which are 0 outside."""

from __future__ import annotations

from sympy import Integer

from symnet.algebra.equations import Expr, add
from symnet.algebra.indices import At, Inside, Node
from symnet.algebra.matrices import shape_of
from symnet.notation.maths import Brackets, Maths, Word, joined

BEHIND = Word("; ")


class SideBySide(Node):
    """The entry of several vectors one behind another: ``rows`` are entries of them, the first at the entry's place."""

    @property
    def rows(self) -> tuple[At, ...]:
        return tuple(self.args)


def stacked(parts: list[Maths]) -> Maths:
    """[a; b], as vectors are written one below the other."""
    return Brackets(joined(parts, BEHIND), "[", "]")


def with_arrays_together(expr: Expr) -> Expr:
    """A sum in which A_j + B_{j−h} are one, with h how long A is: what ``concat`` is by definition."""
    terms = [entry for term in expr.args for entry in _entries_in(term)]
    while (found := _chain(terms)) is not None:
        terms = [term for term in terms if term not in found[1:]]
        terms[terms.index(found[0])] = SideBySide(*found)
    if not any(isinstance(term, SideBySide) for term in terms):
        return expr
    return terms[0] if len(terms) == 1 else add(*terms)


def _entries_in(term: Expr) -> list[Expr]:
    """The term, or the entries in it where it is a first part of joined arrays: [1 ≤ j ≤ 5] (A_j + B_{j−2})."""
    within, inner = term.args if term.is_Mul and len(term.args) == 2 else (None, term)
    if isinstance(within, Inside) and inner.is_Add:
        entries = [entry for part in inner.args for entry in _entries_in(part)]
        chain = _chain(entries)
        if chain is not None and len(chain) == len(entries) and within.args == _reach(chain):
            return chain
    return [term]


def _reach(chain: list[At]) -> tuple[Expr, Expr]:
    """The place in the arrays joined, and how long they are together."""
    return chain[0].places[-1], Integer(sum(map(_length, chain)))


def _chain(terms: list[Expr]) -> list[At] | None:
    """Entries each of which begins where the array of the one before it ends."""
    entries = [term for term in terms if isinstance(term, At) and _length(term)]
    for first in entries:
        chain, end = [first], _length(first)
        while (following := _at(entries, first.places[-1] - end, chain)) is not None:
            chain.append(following)
            end += _length(following)
        if len(chain) > 1:
            return chain
    return None


def _at(entries: list[At], place: Expr, taken: list[At]) -> At | None:
    """The entry at that place, of those not taken."""
    return next((entry for entry in entries if entry not in taken and entry.places[-1] - place == 0), None)


def _length(entry: At) -> int:
    """How long the last axis of its array is; 0 where the entry is a row, or the length is no number."""
    shape = shape_of(entry.array)
    is_entry = bool(entry.places) and len(entry.places) == len(shape)
    return int(shape[-1]) if is_entry and isinstance(shape[-1], (int, Integer)) else 0
