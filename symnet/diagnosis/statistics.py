"""The means and variances in the lines of an exercise, and what they come to along the other axis of a matrix."""

from __future__ import annotations

from collections.abc import Mapping

from symnet.algebra.equations import ONE, Expr, names_in, number_of, symbol
from symnet.algebra.equations import replace as put
from symnet.diagnosis.array_patterns import Places, indices_of
from symnet.diagnosis.rewriting import Rewriting
from symnet.diagnosis.slip_patterns import factors_of
from symnet.diagnosis.structure import once


@once
def statistics(r: Rewriting) -> tuple[dict[str, int], dict[str, int]]:
    """The means Σ x/n and the variances Σ (x − μ)²/n, each with its n."""
    means: dict[str, int] = {}
    variances: dict[str, int] = {}

    def centered(base: Expr) -> bool:
        """Whether it is x − μ, or a name for that."""
        rhs = r.by_name[base.name].rhs if base.is_Symbol and base.name in r.by_name else base
        return bool(rhs.is_Add and len(rhs.args) == 2 and any(name.name in means for name in names_in(rhs)))

    for e in r.equations:
        terms = averaged(e.rhs)
        if len(terms) > 1 and all(term.is_Symbol for term in terms):
            means[e.name] = len(terms)
        elif len(terms) > 1 and all(term.is_Pow and term.exp == 2 and centered(term.base) for term in terms):
            variances[e.name] = len(terms)
    below = {x for name in variances for x in names_in(r.by_name[name].rhs)}
    below |= {x for y in tuple(below) if y.name in r.by_name for x in names_in(r.by_name[y.name].rhs)}
    used = {x.name for x in below}
    return {name: count for name, count in means.items() if name in used}, variances


def averaged(rhs: Expr) -> tuple[Expr, ...]:
    """The terms of a sum divided by their number."""
    share, sums = ONE, []
    for factor in factors_of(rhs):
        number = number_of(factor)
        if number is None:
            sums.append(factor)
        else:
            share = share * number
    if len(sums) != 1 or not sums[0].is_Add:
        return ()
    return tuple(sums[0].args) if share * len(sums[0].args) == 1 else ()


def along_other_axis(r: Rewriting) -> dict[str, Expr]:
    """The lines of a normalization with mean and variance of every row of a square matrix instead of every column.

    And the other way round: m_j = Σᵢ x_ij/n becomes m_i = Σⱼ x_ij/n, and x_ij − m_j becomes x_ij − m_i.
    """
    means, variances = statistics(r)
    measured, owner = {**means, **variances}, r.problem.array_of
    if not means or not variances or not measured.keys() <= owner.keys():
        return {}
    index = _places_of(r)
    own = _arrays_of_statistics(r, set(measured), index)
    n = next(iter(measured.values()))
    if {*measured.values()} != {n} or any({*index[array].values()} != {(k,) for k in range(n)} for array in own):
        return {}
    square = [array for array in index if {*index[array].values()} == {(i, j) for i in range(n) for j in range(n)}]
    entry = {(array, place): symbol(name) for array in (*own, *square) for name, place in index[array].items()}
    turned = {entry[array, (i, j)]: entry[array, (j, i)] for array in square for i, j in index[array].values()}
    lines: dict[str, Expr] = {}
    for e in r.equations:
        array = owner.get(e.name, "")
        used = [x for x in names_in(e.rhs) if owner.get(x.name) in own]
        if e.name in measured:
            lines[e.name] = put(e.rhs, turned)
        elif used and array in square:
            i, j = index[array][e.name]
            other: Mapping[tuple[int, ...], tuple[int, ...]] = {(i,): (j,), (j,): (i,)}
            read = {x: (owner[x.name], index[owner[x.name]][x.name]) for x in used}
            lines[e.name] = put(e.rhs, {x: entry[of, other.get(place, place)] for x, (of, place) in read.items()})
        elif used and array not in own:  # it goes into something else, of which nobody knows what becomes of it
            return {}
    return {name: rhs for name, rhs in lines.items() if rhs != r.by_name[name].rhs}


def _places_of(r: Rewriting) -> dict[str, Places]:
    """The entries of every array on the way to the loss, and of what is given to it."""
    owner, read = r.problem.array_of, {x.name for e in r.equations for x in (e.lhs, *names_in(e.rhs))}
    return {array: indices_of(r, array) for array in {owner[name] for name in read if name in owner}}


def _arrays_of_statistics(r: Rewriting, measured: set[str], index: dict[str, Places]) -> set[str]:
    """The arrays of the means and variances, and of what is made of them alone: σ = √(v + ε)."""
    owner = r.problem.array_of
    own = {owner[name] for name in measured}
    for e in r.equations:
        read = {owner.get(x.name) for x in names_in(e.rhs)}
        if e.name in owner and read and read <= own and len(index[owner[e.name]][e.name]) == 1:
            own.add(owner[e.name])
    return own
