"""Slips in the gradients of the biases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Integer

from symnet.algebra.equations import ONE, Expr, Symbol, add, product
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slip_patterns import (
    MOST_ALONE,
    as_factor,
    at_edges,
    averages_of,
    biases_of,
    by_layer,
    listed,
    ordinal,
)
from symnet.diagnosis.structure import bias_edges, inputs_of_line
from symnet.working.problem import Problem


def bias_constant(r: Rewriting) -> Iterator[Slipped]:
    """set every bias gradient{place} to 0"""
    edges = bias_edges(r)

    def without(chosen: frozenset[tuple[str, Symbol]]) -> Slipped:
        problem = r.passing(lambda e, x, d: None if (e.name, x) in chosen else d)
        return Slipped(problem)

    if edges:
        yield without(frozenset(edges))
    for layer in by_layer(r, [*dict.fromkeys(y for y, _ in edges)]):
        own = frozenset((y, x) for y, x in edges if y in layer)
        if len(own) < len(edges):
            yield Slipped(without(own).problem, at=f"at {listed(layer)}")


def bias_times_input(r: Rewriting) -> Iterator[Slipped]:
    """multiplied the bias gradient by the input"""
    edges = bias_edges(r)
    inputs = {y: inputs_of_line(r, y) for y, _ in edges}

    def summed(y: str, x: Symbol, d: Expr) -> Expr:
        return product(d, as_factor(add(*inputs[y])))

    several = any(len(own) > 1 for own in inputs.values())
    for slipped in at_edges(r, edges, summed, at_first=False):
        words = slipped.at.replace("(in ", "(by the sum of several, in ")
        words = words if words != slipped.at else f"(by the sum of several) {slipped.at}".strip()
        yield replace(slipped, at=words, throughout=slipped.is_everywhere) if several else slipped
    for i in range(min(2, *(len(own) for own in inputs.values())) if several else 0):
        yield Slipped(_by_input(r, {edge: inputs[edge[0]][i] for edge in edges}), at=f"({ordinal(i + 1)} alone)")
    for y, b in edges if several and len(edges) <= MOST_ALONE // 2 else ():
        for x in inputs[y][:2] if len(inputs[y]) > 1 else ():
            yield Slipped(_by_input(r, {(y, b): x}), at=f"({x.name}, in the gradient of {b.name})")


def _by_input(r: Rewriting, inputs: dict[tuple[str, Symbol], Symbol]) -> Problem:
    return r.passing(lambda e, x, d: product(d, inputs[e.name, x]) if (e.name, x) in inputs else d)


def bias_times_bias(r: Rewriting) -> Iterator[Slipped]:
    """multiplied the bias gradient by the bias"""
    yield from at_edges(r, bias_edges(r), lambda y, x, d: product(d, x), at_first=False)


def bias_gradient_of_one(r: Rewriting) -> Iterator[Slipped]:
    """used 1 for the bias gradient"""
    if edges := bias_edges(r):
        yield Slipped(r.changing_gradients({r.gradient(b.name): ONE for _, b in edges}))
        for _, b in edges if 1 < len(edges) <= MOST_ALONE else ():
            yield Slipped(r.changing_gradients({r.gradient(b.name): ONE}), at=f"(that of {b.name} alone)")


def bias_not_averaged(r: Rewriting) -> Iterator[Slipped]:
    """did not treat weights and biases alike over the batch"""
    problem, biases = r.problem, biases_of(r)
    rows = {*averages_of(r).values()}
    count = len(problem.samples) or (rows.pop() if len(rows) == 1 else 0)
    lines = {e.name: e.rhs for e in r.backward if e.name in {r.gradient(w) for w in problem.start}}
    mine = {name for name in lines if name in {r.gradient(b) for b in biases}}
    if count < 2 or problem.online or not mine or mine == set(lines):
        return
    is_mean = problem.reduce == "mean" or not problem.samples
    words = "summed", "averaged"
    for chosen, at in ((mine, words), (set(lines) - mine, words[::-1])):
        if problem.samples:
            other = replace(problem, divisors=dict.fromkeys(sorted(chosen), 1 if is_mean else count))
        else:
            other = r.changing_gradients({name: product(Integer(count), as_factor(lines[name])) for name in chosen})
        of_biases = at[0] if is_mean else at[1]
        of_weights = at[1] if is_mean else at[0]
        yield Slipped(other, at=f"({of_weights} the weights' gradients, {of_biases} the biases')")
