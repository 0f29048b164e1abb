"""Slips in a normalization by mean and deviation, (x − μ)/σ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from sympy import Integer

from symnet.algebra import functions
from symnet.algebra.equations import (
    MINUS_ONE,
    Expr,
    Symbol,
    add,
    divide,
    names_in,
    negate,
    number_of,
    power,
    product,
    symbol,
)
from symnet.algebra.equations import replace as put
from symnet.diagnosis.array_patterns import indices_of
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.diagnosis.slip_patterns import VISIBLE_EPSILON, as_factor, factors_of, forward_at, forward_where, parts_of
from symnet.diagnosis.statistics import averaged, statistics


def statistics_constant(r: Rewriting) -> Iterator[Slipped]:
    """held{place} constant on the way back"""
    means, variances = statistics(r)
    both = means.keys() | variances.keys()
    for chosen, words in (
        (both if means and variances else set(), "mean and variance"),
        (set(variances), "the variance"),
        (set(means), "the mean"),
    ):

        def constant(name: str, chosen: frozenset[str] = frozenset(chosen)) -> bool:
            return name in chosen

        if chosen and variances:
            yield Slipped(r.passing(lambda e, x, d, constant=constant: None if constant(e.name) else d), at=words)  # type: ignore[misc]


def statistics_not_averaged(r: Rewriting) -> Iterator[Slipped]:
    """did not divide by n what comes back through the mean and the variance"""
    means, variances = statistics(r)
    counts = means | variances
    if variances:
        yield Slipped(r.passing(lambda e, x, d: product(Integer(counts[e.name]), d) if e.name in counts else d))


def divided_by_one_less(r: Rewriting) -> Iterator[Slipped]:
    """divided by n − 1 instead of n in the variance"""
    _, variances = statistics(r)
    lines = {}
    for name, count in variances.items():
        less = Integer(count - 1)

        def change(part: Expr, count: int = count, less: Expr = less) -> Expr | None:
            number = number_of(part)
            return number * count / less if number is not None and number == Integer(1) / count else None

        lines[name] = rebuilt(r.by_name[name].rhs, change)
    yield from forward_at(r, {name: rhs for name, rhs in lines.items() if rhs is not r.by_name[name].rhs}, "in")


def statistics_of_one_example(r: Rewriting) -> Iterator[Slipped]:
    """took mean and variance over one example{place} instead of over the whole batch"""
    means, variances = statistics(r)
    first: dict[str, Expr] = {}
    for name in (*means, *variances):
        terms = averaged(r.by_name[name].rhs)
        kept = [term for term, example in zip(terms, _examples_of(r, terms, means), strict=True) if example == 0]
        if 1 < len(kept) < len(terms):
            first[name] = divide(add(*kept), Integer(len(kept)))
    # A batch norm after dense layers has one number of each example, of which nobody takes the variance.
    if means and variances and len(first) == len(means) + len(variances):
        yield Slipped(r.forward(first, backward=True), at="(the first)")


def _examples_of(r: Rewriting, terms: Sequence[Expr], means: Mapping[str, int]) -> list[int | None]:
    """Of which example each x or (x − μ)² is, from 0: the first index of x, where that counts the examples."""
    owner = r.problem.array_of
    read = [next(x.name for x in names_in(term) if x.name not in means) for term in terms]
    indices = {
        name: index for array in {owner[x] for x in read if x in owner} for name, index in indices_of(r, array).items()
    }
    found = [indices[x][0] if x in indices else None for x in read]
    data = {len(r.problem.arrays[owner[name]]) if name in owner else 0 for name in r.problem.given}
    return found if data == {len({*found})} else [None] * len(found)


def variance_for_deviation(r: Rewriting) -> Iterator[Slipped]:
    """forgot the square root in the normalization"""
    _, variances = statistics(r)

    def change(part: Expr) -> Expr | None:
        rooted = isinstance(part, functions.sqrt) and any(x.is_Symbol and x.name in variances for x in parts_of(part))
        return part.args[0] if rooted else None

    if variances:
        yield from forward_where(r, change, "in")
        yield from forward_where(r, change, "in", backward=True)
        # Where the deviation has a name, also who works it out and then divides by the variance.
        roots = {e.lhs: x for e in r.equations if isinstance(e.rhs, functions.sqrt) for x in names_in(e.rhs)}
        for_deviation = {s: v for s, v in roots.items() if v.name in variances}
        lines = {e.name: put(e.rhs, for_deviation) for e in r.equations if for_deviation.keys() & {*names_in(e.rhs)}}
        for backward in (False, True) if lines else ():
            yield Slipped(r.forward(lines, backward), at="(divided by the variance instead)")


def input_for_normalized(r: Rewriting) -> Iterator[Slipped]:
    """used what is normalized in place of the normalized value in the gradient of the gain"""
    means, _ = statistics(r)
    before, normalized = partial(_before, r, means), _normalized(r, means)
    slopes = {(y, w): d for y, own in r.slopes.items() for w, d in own.items() if w.name in r.problem.start}
    other = {edge: before(d) or put(d, normalized) for edge, d in slopes.items()} if means else {}
    other = {edge: x for edge, x in other.items() if x != slopes[edge]}
    if other:
        yield Slipped(r.passing(lambda e, x, d: other.get((e.name, x), d)))


def gain_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot the gain after the normalization"""
    normalized = _normalized(r, statistics(r)[0])

    def change(part: Expr) -> Expr | None:
        kept = [f for f in part.args if not (f.is_Symbol and f.name in r.problem.start)] if part.is_Mul else []
        return product(*kept) if part.is_Mul and kept and kept[0] in normalized and len(kept) < len(part.args) else None

    changed = {e.name: rebuilt(e.rhs, change) for e in r.problem.network.equations} if normalized else {}
    lines = {e.name: changed[e.name] for e in r.problem.network.equations if changed.get(e.name, e.rhs) is not e.rhs}
    if lines:
        yield Slipped(r.forward(lines), at="in the forward pass")


def _before(r: Rewriting, means: Mapping[str, int], n: Expr) -> Expr | None:
    """x for n = (x − μ)/σ."""
    rhs = r.by_name[n.name].rhs if n.is_Symbol and n.name in r.by_name else n
    for factor in factors_of(rhs):
        if factor.is_Add and len(factor.args) == 2 and any(x.name in means for x in names_in(factor)):
            return next((x for x in factor.args if x.is_Symbol), None)
    return None


def _normalized(r: Rewriting, means: Mapping[str, int]) -> dict[Symbol, Expr]:
    """{n: x} for every line n = (x − μ)/σ."""
    return {e.lhs: x for e in r.equations if (x := _before(r, means, e.lhs)) is not None} if means else {}


def epsilon_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot ε in the normalization"""
    _, variances = statistics(r)

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, functions.sqrt):
            return None
        inside = terms_of(part.args[0])
        kept = [term for term in inside if term.is_Symbol and term.name in variances]
        return functions.sqrt(kept[0]) if len(kept) == 1 and len(inside) == 2 and _is_visible(r, inside, kept) else None

    yield from forward_where(r, change, "in")
    yield from forward_where(r, change, "in", backward=True)


def _is_visible(r: Rewriting, inside: Sequence[Expr], kept: Sequence[Expr]) -> bool:
    """Whether the ε beside the variance changes what anybody writes down."""
    (eps,) = (term for term in inside if term not in kept)
    value = r.problem.given.get(eps.name) if eps.is_Symbol else number_of(eps)
    return value is not None and abs(value) >= VISIBLE_EPSILON


def not_divided(r: Rewriting) -> Iterator[Slipped]:
    """did not divide the sum by the number of its terms"""
    means, variances = statistics(r)
    lines = {name: product(Integer(count), r.by_name[name].rhs) for name, count in (means | variances).items()}
    if variances:
        yield from forward_at(r, lines, "in")


def mean_not_subtracted(r: Rewriting) -> Iterator[Slipped]:
    """did not subtract the mean"""
    means, variances = statistics(r)
    taken_away = {negate(symbol(name)) for name in means}

    def change(part: Expr) -> Expr | None:
        kept = [term for term in terms_of(part) if term not in taken_away]
        return as_factor(add(*kept)) if part.is_Add and 0 < len(kept) < len(part.args) else None

    if variances:
        yield from forward_where(r, change, "in")


def epsilon_outside_root(r: Rewriting) -> Iterator[Slipped]:
    """added ε outside the square root"""
    _, variances = statistics(r)

    def change(part: Expr) -> Expr | None:
        if not isinstance(part, functions.sqrt) or len(terms_of(part.args[0])) != 2:
            return None
        inside = [term for term in terms_of(part.args[0]) if term.is_Symbol and term.name in variances]
        rest = [term for term in terms_of(part.args[0]) if term not in inside]
        return add(functions.sqrt(inside[0]), rest[0]) if len(inside) == len(rest) == 1 else None

    def alone(part: Expr) -> Expr | None:
        if part.is_Pow and part.exp == -1 and (other := change(part.base)) is not None:
            return power(other, MINUS_ONE)
        return change(part)

    yield from forward_where(r, alone, "in")
