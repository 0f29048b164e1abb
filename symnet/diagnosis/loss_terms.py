"""A loss that is a sum or a mean of losses, one of each time step, output or example: L = L1 + L2 + L3."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from symnet.algebra.equations import ONE, Expr, add, names_in, number_of, product, symbol
from symnet.algebra.equations import replace as put
from symnet.algebra.matrices import shape_of, sum_of
from symnet.diagnosis.rewriting import Rewriting
from symnet.diagnosis.slip_patterns import as_factor, averages_of, factors_of, parts_of
from symnet.diagnosis.structure import measures_an_error, once, softmaxes, steps_of

_BLANK = symbol("□")
_FEWEST = 3  # losses that are written out in the sum; of two half the sum is as likely the half before a square


@dataclass(frozen=True)
class Losses:
    """The losses in the last line of an exercise, and what else stands there, a penalty.

    ``counts``: how many there are, of a matrix its rows or its entries.  ``averaged``: whether the line is their mean.
    """

    counts: tuple[int, ...]
    averaged: bool
    share: Expr  # the number before them
    own: tuple[Expr, ...]
    rest: tuple[Expr, ...]

    def times(self, number: Expr) -> Expr:
        """The line with so many times the losses."""
        share = number * self.share
        own = add(*self.own)
        return add(own if share == ONE else product(share, as_factor(own)), *self.rest)


@once
def losses_of(r: Rewriting) -> Losses | None:
    """The losses that the loss is made of; None where it is one alone.

    They have lines of their own that do the same with other numbers, or are three terms at least that do.
    """
    # A mean of an array is divided by another number by ``arrays.mean_by_wrong_number``.
    if r.loss not in r.by_name or r.loss in averages_of(r) or not measures_an_error(r):
        return None
    share, sums = ONE, list[Expr]()
    for factor in factors_of(r.by_name[r.loss].rhs):
        number = number_of(factor)
        share, sums = (share, [*sums, factor]) if number is None else (share * number, sums)
    if len(sums) != 1 or not sums[0].is_Add:
        return None
    groups: dict[Expr, list[Expr]] = {}
    for term in sums[0].args:
        groups.setdefault(_blanked(r, term), []).append(term)
    own = max(groups.values(), key=len)
    rest = [term for term in sums[0].args if term not in own]
    if (rest and share != ONE) or not all(_follows(r, term) for term in own):
        return None
    counts = tuple(_counts(r, own))
    written_out = not any(isinstance(part, sum_of) for part in _parts_of_whole(r))
    is_mean = written_out and any(abs(share) * count == 1 for count in counts)
    return Losses(counts, is_mean, share, tuple(own), tuple(rest)) if counts else None


def _counts(r: Rewriting, own: list[Expr]) -> Iterator[int]:
    """How many losses are added up: the rows or the entries of a matrix, or all terms; none of one cross-entropy."""
    inside = [part.args[0] for part in _parts_of_whole(r) if isinstance(part, sum_of)]
    shape = tuple(map(int, shape_of(inside[0]))) if len(inside) == 1 else ()
    if len(shape) > 1:
        yield from dict.fromkeys(count for count in (shape[0], prod(shape)) if count > 1)
        return
    used = {name for term in own for name in names_in(term)}
    is_one = any(used.issuperset(softmax.p) for softmax in softmaxes(r))
    least = 2 if all(term.is_Symbol for term in own) or _in_steps(r, own) else _FEWEST
    if len(own) >= least and not is_one:
        yield len(own)


def _parts_of_whole(r: Rewriting) -> Iterator[Expr]:
    """The parts of the loss as it is written with arrays."""
    return (part for e in r.problem.whole if e.name == r.loss for part in parts_of(e.rhs))


def _blanked(r: Rewriting, term: Expr) -> Expr:
    """What is done in a term, whatever it is done with; of a name, what is done in its line."""
    rhs = _line(r, term)
    return put(rhs, dict.fromkeys(names_in(rhs), _BLANK))


def _follows(r: Rewriting, term: Expr) -> bool:
    """Whether a term follows from what the network gives, as no penalty does."""
    return any(name.name in r.by_name for name in names_in(_line(r, term)))


def _line(r: Rewriting, term: Expr) -> Expr:
    return r.by_name[term.name].rhs if term.is_Symbol and term.name in r.by_name else term


def _in_steps(r: Rewriting, terms: list[Expr]) -> bool:
    """Whether each term follows from another time step, and none has a half before a square."""
    steps = steps_of(r)
    if steps is None or any(part.is_Pow and part.exp == 2 for term in terms for part in parts_of(term)):
        return False
    of = [max((steps.of.get(name.name, 0) for name in names_in(term)), default=0) for term in terms]
    return len(set(of)) == len(terms) and min(of) > 0
