"""Slips in the chain rule: its factors, its paths, its indices and signs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial as partial_function
from itertools import combinations

from sympy import Integer, Rational

from symnet.algebra.equations import ONE, add, names_in, product, total
from symnet.algebra.equations import replace as put
from symnet.working.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.working.turns import at_edges, edges_of, factors_of, inputs_of, is_parameter, separate_uses, without

_TWO = Integer(2)
_HALF = Rational(1, 2)


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
    yield from at_edges(
        r, edges, lambda y, x, d: product(*(f for f in factors_of(d) if not is_parameter(r, f))), at_first=True
    )


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


def wrong_error_sign(r: Rewriting) -> Iterator[Slipped]:
    """took target minus output for output minus target"""
    yield Slipped(r.passing(lambda e, x, d: product(Integer(-1), d) if e.name == r.loss else d))


def factor_two(r: Rewriting) -> Iterator[Slipped]:
    """lost or added a factor 2 or ½ in the derivative of the loss"""
    for factor, word in ((_TWO, "twice"), (_HALF, "half")):
        yield Slipped(
            r.passing(lambda e, x, d, f=factor: product(f, d) if e.name == r.loss else d),  # type: ignore[misc]
            at=f"({word} as much)",
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


def wrong_input(r: Rewriting) -> Iterator[Slipped]:
    """took the input of another weight"""
    for y, w in edges_of(r):
        slope = r.slopes[y][w]
        others = [x for v, x in r.slopes[y].items() if v.name in r.problem.start and x.is_Symbol and x != slope]
        if w.name in r.problem.start and slope.is_Symbol and len(others) < 4:
            for other in others:
                yield Slipped(
                    r.passing(lambda e, x, d, y=y, w=w, o=other: o if e.name == y and x == w else d),  # type: ignore[misc]
                    at=f"({other} in place of {slope})",
                )
