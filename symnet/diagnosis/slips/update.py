"""Slips in the update: the old and the new weights, the rate, the sign, the number of updates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from symnet.algebra import functions, optimizers
from symnet.algebra.equations import ONE, Equation, Expr, Symbol, add, multiply, names_in, negate, partial, symbol
from symnet.algebra.equations import replace as put
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.diagnosis.rewriting import Rewriting, Slipped, terms_of
from symnet.diagnosis.slip_patterns import (
    MOST_ALONE,
    as_factor,
    biases_of,
    change_of,
    last_weights_first,
    listed,
    other_rules,
    without,
)


def updated_weights(r: Rewriting) -> Iterator[Slipped]:
    """used weights that were already updated

    In the backward pass, from the last weights to the first.  In print: the LxMLS guide (its issue 115) and The Coding
    Train's Toy-Neural-Network-JS (its issue 72).
    """
    problem = r.problem
    if problem.rules and not problem.sequential:
        rules = last_weights_first(r)
        yield Slipped(replace(problem, sequential=True, rules=rules))


def old_weights(r: Rewriting) -> Iterator[Slipped]:
    """used the old weights where those already updated were asked for"""
    if r.problem.rules and r.problem.sequential:
        yield Slipped(replace(r.problem, sequential=False))


def gradient_for_weight(r: Rewriting) -> Iterator[Slipped]:
    """gave the gradient instead of the new weight"""
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: partial(r.loss, w.name)))


def change_for_weight(r: Rewriting) -> Iterator[Slipped]:
    """gave the change instead of the new weight"""
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: change_of(w, rhs)))
        yield Slipped(
            r.changing_rules(lambda w, rhs: negate(change_of(w, rhs))), at="(without its sign)", throughout=True
        )


def uphill(r: Rewriting) -> Iterator[Slipped]:
    """updated with the wrong sign"""
    if r.problem.rules:
        changes = [terms_of(rule.rhs)[-1] for rule in r.problem.rules if rule.name in r.problem.start]
        subtracts = any(change.is_Mul and change.args[0] == -1 for change in changes)
        did = "added the change instead of subtracting it" if subtracts else "subtracted the change that is to be added"

        def other(w: Symbol, rhs: Expr) -> Expr:
            return add(w, negate(change_of(w, rhs)))

        yield Slipped(r.changing_rules(other), at=f"({did})", throughout=True)
        for group in _groups(r):
            yield Slipped(r.changing_rules(other, group), at=f"(of {listed(group)})")


def no_learning_rate(r: Rewriting) -> Iterator[Slipped]:
    """forgot the learning rate"""
    yield from other_rules(r, lambda part: without(part, LEARNING_RATE))


def not_updated(r: Rewriting) -> Iterator[Slipped]:
    """left the old value as it was instead of updating it"""
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: w))
        biases = biases_of(r) & set(r.last_rules)
        if biases and biases != set(r.last_rules):
            yield Slipped(r.changing_rules(lambda w, rhs: w, biases), at="for the biases")
        for layer in [layer for layer in _layers(r) if len(layer) > 1]:
            yield Slipped(r.changing_rules(lambda w, rhs: w, layer), at=f"(that of {listed(layer)})")
        for bias in sorted(biases) if 1 < len(biases) <= MOST_ALONE else ():
            yield Slipped(r.changing_rules(lambda w, rhs: w, {bias}), at=f"(that of {bias})")


def _layers(r: Rewriting) -> list[list[str]]:
    """The parameters of each layer, where there are several layers."""
    layers: dict[int, list[str]] = {}
    for w in r.last_rules:
        first = next((e.name for e in r.problem.network.equations if symbol(w) in names_in(e.rhs)), "")
        layers.setdefault(r.depths.get(first, 0), []).append(w)
    return list(layers.values()) if len(layers) > 1 else []


def _groups(r: Rewriting) -> list[list[str]]:
    """The parameters one by one, those of a layer, and the biases."""
    names, biases = [*r.last_rules], biases_of(r)
    alone = [[name] for name in names] if 1 < len(names) <= MOST_ALONE else []
    own = [name for name in names if name in biases]
    several = [group for group in (*_layers(r), own) if 1 < len(group) < len(names)]
    return [*alone, *several]


def updated_fixed(r: Rewriting) -> Iterator[Slipped]:
    """updated a number that stays fixed"""
    problem = r.problem
    inputs = [x for x in problem.network.inputs if r.gradient(x.name) in r.passed_back and x.name in problem.given]
    if problem.rules and problem.learning_rate is not None:
        extra = [rule for x in inputs for rule in optimizers.sgd().update(x, partial(r.loss, x.name))]
        for rule in extra:
            yield Slipped(replace(problem, rules=(*problem.rules, rule)), at=f", {rule.name}")


def steps_off_by_one(r: Rewriting) -> Iterator[Slipped]:
    """carried out one update too many or too few"""
    problem = r.problem
    for count in (problem.updates - 1, problem.updates + 1) if problem.rules else ():
        if count > 0 and problem.updates:
            yield Slipped(replace(problem, updates=count), at=f"({count} instead of {problem.updates})")


def update_from_start(r: Rewriting) -> Iterator[Slipped]:
    """carried out a later update from the starting value instead of the value before it"""
    problem = r.problem
    if problem.updates < 2 or not problem.rules:
        return
    starts = {w: symbol(f"starting {w}") for w in r.last_rules}
    is_first = functions.step(add(ONE, negate(UPDATE_NUMBER)))  # 1 at the first update, 0 at later ones
    keeping = [Equation(kept, add(kept, multiply(is_first, symbol(w)))) for w, kept in starts.items()]
    changed = r.changing_rules(lambda w, rhs: add(starts[w.name], *terms_of(change_of(w, rhs))))
    state = {**problem.state, **{kept.name: Fraction(0) for kept in starts.values()}}
    yield Slipped(replace(changed, rules=(*keeping, *changed.rules), state=state))


def rate_twice(r: Rewriting) -> Iterator[Slipped]:
    """multiplied by the learning rate twice"""
    if r.problem.rules and r.problem.learning_rate is not None:
        yield Slipped(r.changing_rules(lambda w, rhs: add(w, multiply(LEARNING_RATE, as_factor(change_of(w, rhs))))))


def gradient_of_other_weight(r: Rewriting) -> Iterator[Slipped]:
    """updated with the gradient of another weight"""
    names = [w for w, i in r.last_rules.items() if partial(r.loss, w) in names_in(r.problem.rules[i].rhs)]
    for i, w in enumerate(names) if len(names) <= MOST_ALONE else ():
        for v in (*names[max(0, i - 1) : i], *names[i + 1 : i + 2]):
            own = {partial(r.loss, w): partial(r.loss, v)}
            yield Slipped(r.changing_rules(lambda _, rhs, own=own: put(rhs, own), (w,)), at=f"({w} with that of {v})")  # type: ignore[misc]
    for w, v in pairwise(names) if len(names) <= MOST_ALONE else ():
        one, other = partial(r.loss, w), partial(r.loss, v)
        both = {one: other, other: one}
        changed = r.changing_rules(lambda _, rhs, both=both: put(rhs, both), (w, v))  # type: ignore[misc]
        yield Slipped(changed, at=f"({w} and {v} exchanged)")
