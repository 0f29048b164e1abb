"""Slips in the chain rule: its factors, its paths, its indices and signs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial as partial_function
from itertools import combinations
from typing import Any

from sympy import Integer, Rational

from symnet.algebra import functions
from symnet.algebra.derivatives import differentiate
from symnet.algebra.equations import ONE, Equation, Expr, Symbol, add, names_in, product, symbol, total
from symnet.algebra.equations import replace as put
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.diagnosis.slip_patterns import (
    MOST_ALONE,
    about_the_two,
    as_factor,
    at_edges,
    by_layer,
    edges_of,
    factors_of,
    inputs_of,
    is_parameter,
    listed,
    separate_uses,
    without,
)
from symnet.diagnosis.structure import measures_an_error, steps_of
from symnet.working.problem import Problem

_TWO = Integer(2)
_HALF = Rational(1, 2)

_MOST_VISITS = 200  # of who goes down every path by itself


def no_input(r: Rewriting) -> Iterator[Slipped]:
    """forgot the input that the weight multiplies"""
    edges = [(y, x) for y, x in edges_of(r) if x.name in r.problem.start and not r.slopes[y][x].is_number]
    yield from at_edges(r, edges, lambda y, x, d: ONE, at_first=False)
    changed = {}
    for w, i in r.last_rules.items():  # where rules are written out
        rhs = r.problem.rules[i].rhs
        for x in inputs_of(r).get(w, ()):
            rhs = rebuilt(rhs, partial_function(without, name=x))
        if rhs is not r.problem.rules[i].rhs:
            changed[w] = rhs
    for w in changed:
        yield Slipped(r.changing_rules(lambda v, _: changed[v.name], (w,)), at=f"(in the update of {w})")
    if len(changed) > 1:
        yield Slipped(r.changing_rules(lambda v, _: changed[v.name], changed), at="everywhere")


def no_next_weight(r: Rewriting) -> Iterator[Slipped]:
    """forgot the next weight in the chain"""
    edges = [
        (y, x)
        for y, x in edges_of(r)
        if x.name not in r.problem.start and any(name.name in r.problem.start for name in names_in(r.slopes[y][x]))
    ]

    def weightless(d: Expr) -> Expr:
        return product(*(f for f in factors_of(d) if not is_parameter(r, f)))

    # A scale that multiplies entry by entry, as the γ of a normalization, has one name, and it tells more.
    weights = {name.name for y, x in edges for name in names_in(r.slopes[y][x]) if name.name in r.problem.start}
    scales = {r.problem.array_of.get(weight, weight) for weight in weights}
    for slipped in at_edges(r, edges, lambda y, x, d: weightless(d), at_first=True):
        named = slipped.at == "everywhere" and len(scales) == 1
        yield replace(slipped, at=f"({min(scales)})", throughout=True) if named else slipped
    steps = steps_of(r)
    between = frozenset(edges).intersection(steps.passed_on if steps is not None else ())
    if between and len(between) < len(edges):
        problem = r.passing(lambda e, x, d: weightless(d) if (e.name, x) in between else d)
        yield Slipped(problem, at="(from each time step back to the one before)")


def output_for_weight(r: Rewriting) -> Iterator[Slipped]:
    """passed the error back through the output of the unit instead of through the weight after it"""
    edges = [
        (y, x)
        for y, x in edges_of(r)
        if x.name in r.by_name and is_parameter(r, r.slopes[y][x]) and r.slopes[y].get(r.slopes[y][x]) == x
    ]
    yield from at_edges(r, edges, lambda y, x, d: x, at_first=True)


def one_path(r: Rewriting) -> Iterator[Slipped]:
    """forgot one path of several"""
    shared = [(x, names) for x, names in r.users.items() if len(names) > 1]
    for x, names in shared:
        for left_out in names:
            yield Slipped(
                r.passing(lambda e, z, d, x=x, y=left_out: None if e.name == y and z == x else d),  # type: ignore[misc]
                at=f"(from {x.name} through {left_out})",
            )
    for y, x in edges_of(r):  # a name that one line uses twice
        slope = r.slopes[y][x]
        parts = separate_uses(r.by_name[y].rhs, x, slope)
        for i in range(len(parts)):
            kept = total(*parts[:i], *parts[i + 1 :])
            yield Slipped(
                r.passing(lambda e, z, d, x=x, y=y, kept=kept: kept if e.name == y and z == x else d),  # type: ignore[misc]
                at=f"(one use of {x.name} in {y})",
            )

    for names in dict.fromkeys(r.users.values()):  # units of one layer that feed the same lines
        xs = frozenset(x for x, users in r.users.items() if users == names and not is_parameter(r, x))
        if len(xs) < 2 or len(names) < 2:
            continue
        words = listed([x.name for x in r.users if x in xs])
        for y in names:
            yield Slipped(_along(r, xs, [name for name in names if name != y]), at=f"(from {words} through {y})")
        for y in names if len(names) > 2 else ():
            yield Slipped(_along(r, xs, [y]), at=f"(all from {words} but that through {y})")


def _along(r: Rewriting, xs: frozenset[Symbol], kept: list[str]) -> Problem:
    """Names that get what comes back through some of their users alone."""
    return r.passing(lambda e, x, d: d if x not in xs or e.name in kept else None)


def incomplete_gradient(r: Rewriting) -> Iterator[Slipped]:
    """passed a gradient on before all its terms were added"""
    shared = {x.name: users for x, users in r.users.items() if x.name in r.by_name and len(users) > 1}
    for x, users in shared.items():
        terms = [product(_gradient_of(r, y), r.slopes[y][symbol(x)]) for y in reversed(users)]
        for kept in sorted({1, len(terms) - 1}):
            words = "the first term" if kept == 1 else f"the first {kept} terms"
            yield Slipped(_passing_on(r, {x: total(*terms[:kept])}), at=f"(at {x}, with {words} alone)")
    if len(shared) > 1:
        first = {x: product(_gradient_of(r, users[-1]), r.slopes[users[-1]][symbol(x)]) for x, users in shared.items()}
        yield Slipped(_passing_on(r, first), at="(everywhere, with the first term alone)")
    visited = _every_visit(r) if shared else None
    if visited is not None:
        yield Slipped(r.with_backward(visited), at="(and again with every further term)")


def _gradient_of(r: Rewriting, name: str) -> Expr:
    return ONE if name == r.loss else symbol(r.gradient(name))


def _passing_on(r: Rewriting, instead: Mapping[str, Expr]) -> Problem:
    """The gradients of some lines are right, but other numbers are passed on from them."""
    return r.passing_terms(
        {
            (name, x): product(as_factor(other), d)
            for name, other in instead.items()
            for x, d in r.slopes.get(name, {}).items()
        }
    )


def _every_visit(r: Rewriting) -> tuple[Equation, ...] | None:
    """The backward pass of who follows every path to its end, and hands on the whole gradient so far at each visit."""
    visits: dict[Symbol, int] = {}
    lines: list[Equation] = []

    def now(x: Symbol) -> Symbol:
        return symbol(f"{r.gradient(x.name)}, visit {visits[x]}")

    waiting: list[tuple[Symbol, Expr]] = [(symbol(r.loss), ONE)]
    while waiting:
        x, term = waiting.pop()
        before = now(x) if x in visits else None
        visits[x] = visits.get(x, 0) + 1
        lines.append(Equation(now(x), term if before is None else add(before, term)))
        if len(lines) > _MOST_VISITS:
            return None
        slopes = r.slopes.get(x.name, {}) if x.name in r.by_name else {}
        waiting += [(z, product(now(x), d)) for z, d in reversed(slopes.items())]
    sums = [Equation(symbol(r.gradient(x.name)), now(x)) for x in visits]
    return (*lines, *sums)


def neighbour_weight(r: Rewriting) -> Iterator[Slipped]:
    """multiplied by another connection's weight on the way back"""
    weights: dict[int, dict[tuple[str, Symbol], Symbol]] = {}
    for y, x in edges_of(r):
        if x.name in r.by_name and is_parameter(r, r.slopes[y][x]):
            weights.setdefault(r.depths[y], {})[y, x] = r.slopes[y][x]
    for own in weights.values():
        ys, xs = ([*dict.fromkeys(end)] for end in zip(*own, strict=True))
        shifts = []
        if len(xs) > 1:
            shifts += [(0, 1, "of the next unit"), *([(0, -1, "of the unit before")] if len(xs) > 2 else [])]
        if len(ys) > 1:
            shifts += [(1, 0, "that goes with the next error")]
        for down, along, words in shifts:
            other = {(y, x): own.get((_shifted(ys, y, down), _shifted(xs, x, along)), w) for (y, x), w in own.items()}
            if len(own) > 1:
                yield Slipped(_with_weights(r, other), at=f"(from {listed(ys)} back, by the weight {words})")
        if len(own) > MOST_ALONE:
            continue
        for (y, x), w in own.items():
            beside = [own.get((y, _shifted(xs, x, 1))), own.get((y, _shifted(xs, x, -1)))]
            below = [own.get((_shifted(ys, y, 1), x)), own.get((_shifted(ys, y, -1), x))]
            for wrong in dict.fromkeys(v for v in (*beside, *below) if v is not None and v != w):
                yield Slipped(_with_weights(r, {(y, x): wrong}), at=f"({wrong.name} in place of {w.name})")


def _shifted(names: list[Any], name: Any, by: int) -> Any:
    return names[(names.index(name) + by) % len(names)]


def _with_weights(r: Rewriting, other: Mapping[tuple[str, Symbol], Expr]) -> Problem:
    return r.passing(lambda e, x, d: other.get((e.name, x), d))


def pre_activation_for_output(r: Rewriting) -> Iterator[Slipped]:
    """used the net input where the unit's output belongs"""
    inside = {
        symbol(name): f.args[0]
        for name, f in r.activations.items()
        if not isinstance(f, (functions.linear, functions.exp, functions.log))
    }
    edges = [(y, x) for y, x in edges_of(r) if x.name in r.problem.start and r.slopes[y][x] in inside]
    yield from at_edges(r, edges, lambda y, x, d: inside[d], at_first=False)
    names = {a: as_factor(z) for a, z in inside.items()}
    for layer in by_layer(r, [*dict.fromkeys(y for y, _ in edges)]):
        lines = {y: put(r.by_name[y].rhs, names) for y in layer}
        yield Slipped(r.forward(lines), at=f"in the forward pass, in {listed(layer)}")
    taken = [(y, a) for y in dict.fromkeys(y for y, _ in edges) for a in names_in(r.by_name[y].rhs) if a in inside]
    for y, a in taken if 1 < len(taken) <= MOST_ALONE else ():
        if inside[a].is_Symbol:
            lines = {y: put(r.by_name[y].rhs, {a: inside[a]})}
            yield Slipped(r.forward(lines), at=f"in the forward pass, in {y} ({inside[a].name} for {a.name})")


def output_for_input(r: Rewriting) -> Iterator[Slipped]:
    """multiplied the error by the unit's own output instead of its input"""
    outputs = {f.args[0].name: symbol(name) for name, f in r.activations.items() if f.args[0].is_Symbol}
    edges = [
        (y, x)
        for y, x in edges_of(r)
        if x.name in r.problem.start and y in outputs and r.slopes[y][x].is_Symbol and len(r.users[x]) == 1
    ]
    yield from at_edges(r, edges, lambda y, x, d: outputs[y], at_first=False, singly=0)


def copied_error(r: Rewriting) -> Iterator[Slipped]:
    """gave the units of a layer the error of the layer after it, unchanged"""
    edges = [
        (y, x)
        for y, x in edges_of(r)
        if x.name in r.activations and x.name in r.slopes and is_parameter(r, r.slopes[y][x])
    ]
    for layer in by_layer(r, [*dict.fromkeys(y for y, _ in edges)]):
        own = frozenset((y, x) for y, x in edges if y in layer)
        units = frozenset(x.name for _, x in own)

        def slope(
            e: Equation,
            x: Symbol,
            d: Expr,
            own: frozenset[tuple[str, Symbol]] = own,
            units: frozenset[str] = units,
        ) -> Expr:
            if (e.name, x) in own:
                return ONE
            return differentiate(r.activations[e.name].args[0], x) if e.name in units else d

        yield Slipped(r.passing(slope), at=f"(of {listed(layer)})")


def wrong_error_sign(r: Rewriting) -> Iterator[Slipped]:
    """used target minus output instead of output minus target"""
    if measures_an_error(r):
        yield Slipped(r.passing(lambda e, x, d: product(Integer(-1), d) if e.name == r.loss else d))


def factor_two(r: Rewriting) -> Iterator[Slipped]:
    """dropped or added a factor of 2 or ½ in the derivative of the loss"""
    for factor, word in ((_TWO, "twice"), (_HALF, "half")) if measures_an_error(r) else ():
        yield Slipped(
            r.passing(lambda e, x, d, f=factor: product(f, d) if e.name == r.loss else d),  # type: ignore[misc]
            at=f"({word} as much)",
            because=about_the_two(r.by_name[r.loss].rhs, factor),
        )


def added_in_chain(r: Rewriting) -> Iterator[Slipped]:
    """added where the chain rule multiplies"""

    for y, x in edges_of(r):
        slope = r.slopes[y][x]
        if y != r.loss and slope != 1:
            term = add(*terms_of(r.upstream(y)), *terms_of(slope))
            yield Slipped(r.passing_terms({(y, x): term}), at=f"at {x.name}")


def swapped_indices(r: Rewriting) -> Iterator[Slipped]:
    """swapped the indices of the weights (w_ij for w_ji)"""
    for layer in r.layers:
        size = min(len(layer.inputs), len(layer.sums))
        pairs = [(layer.weights[j][i], layer.weights[i][j]) for i, j in combinations(range(size), 2)]
        swap = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
        names = [e.name for e in layer.sums]
        words = f"({', '.join(a.name + ' for ' + b.name for a, b in pairs[:2])})"
        yield Slipped(r.forward({e.name: put(e.rhs, swap) for e in layer.sums}), at=f"in the forward pass {words}")
        if any(r.gradient(x.name) in r.passed_back for x in layer.inputs):
            yield Slipped(
                r.passing(lambda e, x, d, names=names, swap=swap: put(d, swap) if e.name in names else d),  # type: ignore[misc]
                at=f"in the backward pass {words}",
            )
        lines = {e.name: e.rhs for e in r.backward}
        swapped = {
            r.gradient(a.name): lines[r.gradient(b.name)]
            for a, b in swap.items()
            if r.gradient(a.name) in lines and r.gradient(b.name) in lines
        }
        if swapped:
            yield Slipped(r.changing_gradients(swapped), at=f"in the gradients {words}")


def _inputs_exchanged(r: Rewriting) -> dict[str, dict[Symbol, Expr]]:
    """{"z1": {w11: x2, w12: x1}}: for a sum of two weighted inputs, each weight with the other's."""
    found = {}
    for y, slopes in r.slopes.items():
        own = {w: x for w, x in slopes.items() if is_parameter(r, w) and x.is_Symbol and not is_parameter(r, x)}
        if len(own) == len({*own.values()}) == 2:
            (v, a), (w, b) = own.items()
            found[y] = {v: b, w: a}
    return found


def wrong_input(r: Rewriting) -> Iterator[Slipped]:
    """used the input of another weight"""
    exchanged = _inputs_exchanged(r)
    for layer in (*by_layer(r, [*exchanged]), *([[*exchanged]] if len(exchanged) > 1 else [])):
        own = {(y, w): x for y in layer for w, x in exchanged[y].items()}
        inputs = [*dict.fromkeys(frozenset(exchanged[y].values()) for y in layer)]
        words = " and ".join(sorted(map(str, inputs[0]))) if len(inputs) == 1 else "everywhere, both of two"
        problem = r.passing(lambda e, x, d, own=own: own.get((e.name, x), d))  # type: ignore[misc]
        yield Slipped(problem, at=f"({words} exchanged)", throughout=len(inputs) > 1)
    for y, w in edges_of(r):
        slope = r.slopes[y][w]
        others = [x for v, x in r.slopes[y].items() if v.name in r.problem.start and x.is_Symbol and x != slope]
        if w.name in r.problem.start and slope.is_Symbol and len(others) < 4:
            for other in others:
                yield Slipped(
                    r.passing(lambda e, x, d, y=y, w=w, o=other: o if e.name == y and x == w else d),  # type: ignore[misc]
                    at=f"({other} in place of {slope})",
                )
