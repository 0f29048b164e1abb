"""The patterns that slips follow: another slope at a unit or an edge, another line, another rule.

Each yields the problem once for every place where it can happen, and once for all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from math import prod

from sympy import Integer, Rational

from symnet.algebra import functions
from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    Equation,
    Expr,
    Symbol,
    add,
    divide,
    multiply,
    names_in,
    negate,
    number_of,
    symbol,
)
from symnet.algebra.matrices import shape_of, sum_of
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.algebra.scalar import ScalarFunction
from symnet.computing.rounding import Rounding
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.working.arrays import places
from symnet.working.problem import Problem
from symnet.working.quantities import key_of

MOST_LISTED = 4
VISIBLE_EPSILON = 1e-3  # a smaller ε beside a variance changes nothing that anybody writes down
_HALF = Rational(1, 2)
MOST_ALONE = 16  # weights of a net in which each is taken alone where that is seldom got wrong


def at_units(
    r: Rewriting, slope: Callable[[str], Callable[[Symbol], Expr]], units: dict[str, ScalarFunction] | None = None
) -> Iterator[Slipped]:
    """Another derivative for the activation of one unit, for those of a layer, and for all."""
    names = [
        name
        for name in (r.activations if units is None else units)
        if name in r.slopes and not isinstance(r.activations[name], functions.linear)
    ]

    def problem(changed: frozenset[str]) -> Problem:
        return r.passing(lambda e, x, d: slope(e.name)(x) if e.name in changed else d)

    for name in names:
        yield Slipped(problem(frozenset({name})), at=f"at {name}")
    for layer in by_layer(r, names):
        if 1 < len(layer) < len(names):
            yield Slipped(problem(frozenset(layer)), at=f"at {listed(layer)}")
    if len(names) > 1:
        yield Slipped(problem(frozenset(names)), at="at every unit")


def at_edges(
    r: Rewriting,
    edges: list[tuple[str, Symbol]],
    other: Callable[[str, Symbol, Expr], Expr],
    at_first: bool,
    singly: int | None = None,
) -> Iterator[Slipped]:
    """Another local derivative ∂y/∂x on one edge, on those of a layer, and on all of them.

    ``singly`` is how many edges there may be at most for each to be taken alone; as many as there are unless told.
    """

    def problem(changed: frozenset[tuple[str, Symbol]]) -> Problem:
        return r.passing(lambda e, x, d: other(e.name, x, d) if (e.name, x) in changed else d)

    for y, x in edges if singly is None or len(edges) <= singly else ():
        words = f"(in the gradient of {x.name})" if not at_first else f"(from {y} back to {x.name})"
        yield Slipped(problem(frozenset({(y, x)})), at=words)
    for layer in by_layer(r, [*dict.fromkeys(y for y, _ in edges)]):
        own = frozenset((y, x) for y, x in edges if y in layer)
        if 1 < len(own) < len(edges):
            words = f"(in all gradients at {listed(layer)})" if not at_first else f"(from {listed(layer)} back)"
            yield Slipped(problem(own), at=words)
    if len(edges) > 1:
        yield Slipped(problem(frozenset(edges)), at="everywhere")


def forward_at(r: Rewriting, lines: dict[str, Expr], word: str = "at", backward: bool = False) -> Iterator[Slipped]:
    """Another right-hand side for one line of the forward pass, for those of a layer, and for all of them."""
    for name, rhs in lines.items():
        yield Slipped(r.forward({name: rhs}, backward), at=f"{word} {name}")
    for layer in by_layer(r, [*lines]):
        if 1 < len(layer) < len(lines):
            own = {name: lines[name] for name in layer}
            yield Slipped(r.forward(own, backward), at=f"{word} {listed(layer)}")
    if len(lines) > 1:
        yield Slipped(r.forward(lines, backward), at="everywhere")


def further_at(r: Rewriting, lines: Mapping[str, Expr], together: bool = False) -> Iterator[Slipped]:
    """Another right-hand side for one of the lines that are worked from both passes, and for all of them.

    ``together`` those that nobody gets wrong one alone of.
    """

    def other(changed: Mapping[str, Expr]) -> Problem:
        further = (Equation(e.lhs, changed[e.name]) if e.name in changed else e for e in r.problem.further)
        return replace(r.problem, further=tuple(further))

    for name, rhs in lines.items() if not together else ():
        yield Slipped(other({name: rhs}), at=f"in {key_of(name)}")
    if lines and (together or len(lines) > 1):
        yield Slipped(other(lines), at="" if together else "everywhere")


def forward_where(
    r: Rewriting, change: Callable[[Expr], Expr | None], word: str, backward: bool = False
) -> Iterator[Slipped]:
    """The same for the lines in which some part is replaced."""
    changed = {e.name: rebuilt(e.rhs, change) for e in r.problem.network.equations}
    lines = {e.name: changed[e.name] for e in r.problem.network.equations if changed[e.name] is not e.rhs}
    yield from forward_at(r, lines, word, backward)


def other_rules(r: Rewriting, change: Callable[[Expr], Expr | None]) -> Iterator[Slipped]:
    """The update with some part of its rules replaced; what people do to a schedule of the rate is another matter."""
    schedule = r.problem.schedule
    others = (Equation(rule.lhs, rebuilt(rule.rhs, change)) for rule in r.problem.rules[len(schedule) :])
    rules = (*schedule, *others)
    if rules != r.problem.rules:
        yield Slipped(replace(r.problem, rules=rules))


def with_rate(r: Rewriting, instead: tuple[Expr, ...]) -> Iterator[Slipped]:
    """The update with other factors in the place of η."""

    def change(part: Expr) -> Expr | None:
        if part != LEARNING_RATE and not (part.is_Mul and LEARNING_RATE in part.args):
            return None
        rest = {factor: rebuilt(factor, change) for factor in factors_of(part) if factor != LEARNING_RATE}
        return multiply(*(f for factor in factors_of(part) for f in ((rest[factor],) if factor in rest else instead)))

    if any(LEARNING_RATE in names_in(rule.rhs) for rule in r.problem.rules):
        yield from other_rules(r, change)


def other_at_zero(part: Expr) -> Expr | None:
    """A step function with its other value at 0, the sign function with −1 there."""
    if isinstance(part, functions.step):
        return add(ONE, negate(functions.step(negate(as_factor(part.args[0])))))
    if isinstance(part, functions.sign):
        return add(ONE, negate(multiply(Integer(2), functions.step(negate(as_factor(part.args[0]))))))
    return None


def other_logarithm(r: Rewriting, base: Expr) -> Iterator[Slipped]:
    yield from forward_where(
        r, lambda part: divide(part, functions.log(base)) if isinstance(part, functions.log) else None, "in"
    )


def rounding_to_digits(r: Rewriting, cut: bool, forward_only: bool) -> Iterator[Slipped]:
    """Rounding to 1 to 6 decimals, and to 2 to 6 significant digits."""
    problem = r.problem
    if problem.places is not None:
        return
    lines = [problem] if forward_only else [problem, r.in_deltas]
    for significant in (False, True):
        for digits in range(1 + significant, 7):
            rounding = Rounding(digits, significant, cut, forward_only)
            for lined in lines:
                yield Slipped(replace(lined, rounding=rounding), at=f"to {rounding}")


def edges_of(r: Rewriting) -> list[tuple[str, Symbol]]:
    """(y, x) for every ∂y/∂x on a way to the loss."""
    return [(y, x) for y, slopes in r.slopes.items() for x in slopes]


def neighbors(r: Rewriting) -> Iterator[tuple[str, str]]:
    """Units with the same activation that feed the same lines, two at a time."""
    names = [name for name in r.activations if name in r.slopes]
    for name in names:
        same = [
            other
            for other in names
            if other != name
            and type(r.activations[other]) is type(r.activations[name])
            and r.users.get(symbol(other)) == r.users.get(symbol(name))
        ]
        yield from ((name, other) for other in same[:3])


def last_weights_first(r: Rewriting) -> tuple[Equation, ...]:
    """The rules in the order of the backward pass; the rules of one parameter stay together."""
    groups: list[list[Equation]] = [[]]
    for rule in r.problem.rules:
        groups[-1].append(rule)
        if rule.name in r.problem.start:
            groups.append([])
    first_use = {
        name.name: i for i, e in reversed([*enumerate(r.problem.network.equations)]) for name in names_in(e.rhs)
    }
    *whole, rest = groups
    whole.sort(key=lambda group: -first_use.get(group[-1].name, 0))
    return tuple(rule for group in (*whole, rest) for rule in group)


def change_of(w: Symbol, rhs: Expr) -> Expr:
    """What a rule adds to w."""
    terms = terms_of(rhs)
    if terms[0] == w and len(terms) > 1 and not any(w in names_in(term) for term in terms[1:]):
        return add(*terms[1:])
    return add(rhs, negate(w))


def without(part: Expr, name: Symbol) -> Expr | None:
    """The part of an expression with a factor left out, or 1 in its place; None where it is not in it."""
    if part.is_Mul and name in part.args:
        kept = [factor for factor in part.args if factor != name]
        return multiply(*kept) if kept else ONE
    return ONE if part == name else None


def separate_uses(rhs: Expr, x: Symbol, slope: Expr) -> tuple[Expr, ...]:
    """The terms of ∂y/∂x that come from different terms or factors of y."""
    alone = sum(bool(term == x) for term in terms_of(rhs))
    if alone > 1 and alone == slope:
        return tuple(ONE for _ in range(alone))
    return tuple(slope.args) if slope.is_Add and _count(rhs, x) == len(slope.args) else ()


def _count(expr: Expr, x: Symbol) -> int:
    return int(expr == x) + sum(_count(argument, x) for argument in expr.args)


def about_the_two(before: Expr, factor: Expr) -> str:
    """What there is to say of the 2 in the derivative of squares to who has a ``factor`` too much; "" for nothing.

    ``before`` is what is differentiated: in ½·e² the half cancels the 2, in e² the 2 stays.
    """
    squared = [
        term for term in terms_of(before) if any(p.is_Pow and p.exp == 2 and names_in(p) for p in parts_of(term))
    ]
    halved = {any(p == _HALF or (p.is_Pow and p.exp == -1 and p.base == 2) for p in parts_of(term)) for term in squared}
    if halved == {True} and factor == 2:
        return "The half before the square cancels the two of its derivative."
    return "You forgot the two of the square's derivative." if halved == {False} and factor == _HALF else ""


def parts_of(expr: Expr) -> Iterator[Expr]:
    """The expression and every part of it, from the outside in."""
    yield expr
    for argument in expr.args:
        yield from parts_of(argument)


@lru_cache(maxsize=4)
def inputs_of(r: Rewriting) -> dict[str, tuple[Symbol, ...]]:
    """{"w13": (x1,)}: what a parameter multiplies in a weighted sum."""
    found: dict[str, tuple[Symbol, ...]] = {}
    for equation in r.problem.network.equations:
        for term in terms_of(equation.rhs):
            factors = [factor for factor in factors_of(term) if factor.is_Symbol]
            inputs = tuple(factor for factor in factors if not is_parameter(r, factor))
            found |= {w.name: (*found.get(w.name, ()), *inputs) for w in factors if is_parameter(r, w)}
    return found


def biases_of(r: Rewriting) -> set[str]:
    """The parameters that stand alone in a sum."""
    return {
        term.name
        for e in r.problem.network.equations
        for term in (e.rhs.args if e.rhs.is_Add else ())
        if term.is_Symbol and term.name in r.problem.start
    }


def skips(r: Rewriting) -> dict[str, Symbol]:
    """{"y1": x1}: the lines y = x + f(x, …) in which x also goes around what is made of it, a residual connection."""
    below: dict[str, set[str]] = {}
    found: dict[str, Symbol] = {}
    for e in r.problem.network.equations:
        names = {name.name for name in names_in(e.rhs)}
        below[e.name] = names.union(*(below[name] for name in names if name in below))
        terms = terms_of(e.rhs)
        for x in terms if len(terms) > 1 else ():
            others = {name.name for term in terms if term is not x for name in names_in(term)}
            through = others.union(*(below[name] for name in others if name in below))
            if x.is_Symbol and x.name not in r.problem.start and x.name not in others and x.name in through:
                found[e.name] = x
    return found


def factors_of(expr: Expr) -> tuple[Expr, ...]:
    return tuple(expr.args) if expr.is_Mul else (expr,)


def is_parameter(r: Rewriting, factor: Expr) -> bool:
    return bool(factor.is_Symbol and factor.name in r.problem.start)


def as_factor(expr: Expr) -> Expr:
    """The expression as one factor: a sum in brackets."""
    return multiply(ONE, expr) if expr.is_Add else expr


def ordinal(i: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(i, f"{i}th")


def by_layer(r: Rewriting, names: list[str]) -> list[list[str]]:
    """Lines of the same depth together."""
    layers: dict[int, list[str]] = {}
    for name in names:
        layers.setdefault(r.depths[name], []).append(name)
    return list(layers.values())


def listed(names: list[str]) -> str:
    """y3, y4 and y5; of many, the first and the last."""
    if len(names) > MOST_LISTED:
        return f"{names[0]} to {names[-1]}"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def names_of_entries(r: Rewriting, expr: Expr) -> set[str]:
    """The numbers in an expression of arrays, entry by entry."""
    names = (name.name for name in expr.free_symbols)
    return {entry for name in names for entry, _ in places(r.problem.arrays.get(name, name))}


def averages_of(r: Rewriting) -> dict[str, int]:
    """{"C": 4}: the lines that are the loss, or a term of it, and a mean over the rows of an array or its entries."""
    found = {}
    ends = {r.loss, *(term.name for term in terms_of(r.by_name[r.loss].rhs) if term.is_Symbol)}
    for e in r.problem.whole if r.loss in r.by_name else ():
        factors = factors_of(e.rhs) if e.name in ends else ()
        sums = [factor.args[0] for factor in factors if isinstance(factor, sum_of)]
        shapes = [shape_of(inside) for inside in sums]
        numbers = [number for factor in factors for number in _numbers_in(factor)]
        if len(shapes) == 1:
            counts = {1 / Rational(n): n for n in (int(shapes[0][0]) if shapes[0] else 1, prod(map(int, shapes[0])))}
            own = next((counts[number] for number in map(abs, numbers) if number in counts), 1)
            halved = own == 2 and any(part.is_Pow and part.exp == 2 for part in parts_of(sums[0]))
            if own > 1 and not halved and not names_of_entries(r, sums[0]) <= r.problem.start.keys():
                found[e.name] = own
    return found


def _numbers_in(factor: Expr) -> list[Rational]:
    """The numbers that a factor is made of: 1/2 and 1/3 of 1/(2·3), as it was written."""
    if factor.is_Pow and factor.exp == MINUS_ONE and factor.base.is_Mul:
        below = [number_of(part) for part in factor.base.args]
        return [1 / number for number in below if number]
    number = number_of(factor)
    return [] if number is None else [number]
