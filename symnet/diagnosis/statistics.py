"""The means and variances in the lines of an exercise, and what they come to along the other axis of a matrix."""

from __future__ import annotations

from symnet.algebra.equations import ONE, Expr, Symbol, names_in, number_of, symbol
from symnet.algebra.equations import replace as put
from symnet.diagnosis.array_patterns import indices_of
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
    measured = {**means, **variances}
    owner = r.problem.array_of
    places = {array: indices_of(r, array) for array in {owner[e.name] for e in r.equations if e.name in owner}}
    places |= {array: indices_of(r, array) for name in measured for array in _read(r, name) - places.keys()}
    # σ = √(v + ε) of every variance is a statistic, too.
    own = {owner[name] for name in measured if name in owner}
    for e in r.equations:
        read = [x.name for x in names_in(e.rhs)]
        if e.name in owner and len(places[owner[e.name]][e.name]) == 1 and read and {*map(owner.get, read)} <= own:
            own.add(owner[e.name])
    if not means or not variances or not all(name in owner for name in measured):
        return {}
    count = {len(places[array]) for array in own} | {*measured.values()}
    axes = {len(index) for array in own for index in places[array].values()}
    if len(count) != 1 or axes != {1}:
        return {}
    (n,) = count
    square = {array for array, index in places.items() if {*index.values()} == {(i, j) for i in range(n) for j in range(n)}}
    turned, across = dict[Symbol, Expr](), dict[tuple[str, int], Symbol]()
    for array in square:
        entry = {place: symbol(name) for name, place in places[array].items()}
        turned |= {entry[i, j]: entry[j, i] for i, j in entry}
    for array in own:
        across |= {(array, place[0]): symbol(name) for name, place in places[array].items()}
    lines: dict[str, Expr] = {}
    for e in r.equations:
        array = owner.get(e.name)
        used = [x for x in names_in(e.rhs) if owner.get(x.name) in own]
        if e.name in measured:
            lines[e.name] = put(e.rhs, turned)
        elif used and array in square:
            i, j = places[array][e.name]
            other = {x: across[owner[x.name], {i: j, j: i}[k]] for x in used if (k := places[owner[x.name]][x.name][0]) in (i, j)}
            lines[e.name] = put(e.rhs, other)
        elif used and array not in own:
            return {}
    return {name: rhs for name, rhs in lines.items() if rhs != r.by_name[name].rhs}


def _read(r: Rewriting, name: str) -> set[str]:
    """The arrays that a line reads."""
    return {r.problem.array_of[x.name] for x in names_in(r.by_name[name].rhs) if x.name in r.problem.array_of}
