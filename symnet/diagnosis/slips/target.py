"""Slips in the error at the outputs: the target, its sign and whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations, permutations

from symnet.algebra import functions
from symnet.algebra.equations import ZERO, Expr, Symbol, names_in, negate, product, symbol
from symnet.algebra.equations import replace as put
from symnet.algebra.network import Network
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slip_patterns import parts_of
from symnet.diagnosis.structure import once, outputs_of, softmaxes, targets_of
from symnet.working.problem import Problem
from symnet.working.updates import MOST_EXAMPLES, OTHERS, of_example

_MOST_TARGETS = 4


def target_sign(r: Rewriting) -> Iterator[Slipped]:
    """gave the target the wrong sign"""
    if targets := targets_of(r):
        yield from _with_targets(r, {t: negate(t) for t in targets}, "")


def target_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot the target in the error"""
    targets = targets_of(r)
    lines = {r.gradient(z.name): p for s in softmaxes(r) if s.targets for z, p in zip(s.z, s.p, strict=True)}
    if lines:
        yield Slipped(r.changing_gradients(lines))
    elif targets:
        yield Slipped(_error_with(r, dict.fromkeys(targets, ZERO)))
        for t in targets if 1 < len(targets) <= _MOST_TARGETS else ():
            yield Slipped(_error_with(r, {t: ZERO}), at=f"({t.name} alone)")


def target_of_other_output(r: Rewriting) -> Iterator[Slipped]:
    """used the target of another output"""
    targets = targets_of(r)
    if 1 < len(targets) <= _MOST_TARGETS:
        for one, other in combinations(targets, 2):
            yield from _with_targets(r, {one: other, other: one}, f"{one.name} and {other.name} exchanged")
        for one, other in permutations(targets, 2) if not any(s.targets for s in softmaxes(r)) else ():
            yield from _with_targets(r, {one: other}, f"{other.name} for {one.name}")


def target_of_other_sample(r: Rewriting) -> Iterator[Slipped]:
    """used the target of another example"""
    problem = r.problem
    targets = [t for t in targets_of(r) if problem.samples and t.name in problem.samples[0]]
    if not targets or not 1 < len(problem.samples) <= MOST_EXAMPLES:
        return
    network = problem.network
    for which in OTHERS:
        if which == "previous" and len(problem.samples) == 2:
            continue
        other = {t: symbol(of_example(t.name, which)) for t in targets}
        lines = {e.name: put(e.rhs, other) for e in network.equations}
        equations = tuple(replace(e, rhs=lines[e.name]) for e in network.equations)
        inputs = (*network.inputs, *other.values())
        known = Network(inputs, network.targets, network.parameters, equations)
        words = "(the first one, for all)" if which == "first" else f"(the {which} one)"
        yield Slipped(replace(problem, network=known, passed_back=None), at=words)


def error_of_one_output(r: Rewriting) -> Iterator[Slipped]:
    """gave an error to only one output"""
    outputs = outputs_of(r)
    if not 1 < len(outputs) <= _MOST_TARGETS or any(s.targets for s in softmaxes(r)):
        return
    for kept in outputs:
        others = {symbol(name) for name in outputs if name != kept}
        yield Slipped(_without_ends(r, others), at=f"({kept})")


def _without_ends(r: Rewriting, outputs: set[Symbol]) -> Problem:
    ends = _ends(r)
    return r.passing(lambda e, x, d: None if e.name in ends and x in outputs else d)


def square_kept(r: Rewriting) -> Iterator[Slipped]:
    """left the square where it was in the derivative of the loss"""
    squares = {
        (e.name, x): part.base
        for e in r.equations
        if e.name in _ends(r)
        for part in parts_of(e.rhs)
        if part.is_Pow and part.exp == 2 and not part.base.is_Symbol
        for x in names_in(part.base)
        if x in r.slopes.get(e.name, {}) and x.name in r.by_name
    }
    if squares:
        yield Slipped(r.passing(lambda e, x, d: product(d, squares[e.name, x]) if (e.name, x) in squares else d))


def loss_for_error(r: Rewriting) -> Iterator[Slipped]:
    """passed back the loss itself instead of its derivative"""
    passed = [x for x in r.slopes.get(r.loss, {}) if x.name in r.by_name]
    if len(passed) == 1 and targets_of(r):
        yield Slipped(r.passing(lambda e, x, d: symbol(r.loss) if e.name == r.loss and x in passed else d))


@once
def _ends(r: Rewriting) -> frozenset[str]:
    """The lines that targets stand in."""
    targets = set(targets_of(r))
    return frozenset(e.name for e in r.equations if targets.intersection(names_in(e.rhs)))


def _with_targets(r: Rewriting, other: Mapping[Symbol, Expr], words: str) -> Iterator[Slipped]:
    """Other targets in the error alone, and in the loss as well."""
    yield Slipped(_error_with(r, other), at=f"({words}{', ' * bool(words)}in the error)")
    lines = {e.name: put(e.rhs, other) for e in r.equations if e.name in _ends(r)}
    yield Slipped(r.forward(lines, backward=True), at=f"({words}{', ' * bool(words)}in the loss and the error)")
    if any(isinstance(part, functions.log) for rhs in lines.values() for part in parts_of(rhs)):
        return  # in a cross-entropy it is a wrong sign, or another class
    yield Slipped(r.forward(lines), at=f"({words}{', ' * bool(words)}in the loss)")
    for name, line in lines.items() if len(lines) > 1 else ():
        if line != r.by_name[name].rhs:
            yield Slipped(r.forward({name: line}), at=f"({words}{', ' * bool(words)}in {name} alone)")


def _error_with(r: Rewriting, other: Mapping[Symbol, Expr]) -> Problem:
    ends = _ends(r)
    return r.passing(lambda e, x, d: put(d, other) if e.name in ends and x.name in r.by_name else d)
