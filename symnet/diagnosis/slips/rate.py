"""Slips with the learning rate: its size, and what it multiplies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Integer, Rational

from symnet.algebra.equations import MINUS_ONE, ONE, Equation, Expr, Symbol, add, multiply, power
from symnet.algebra.equations import replace as put
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt
from symnet.diagnosis.slip_patterns import as_factor, change_of, with_rate, without

_TIMES = ((Integer(10), "ten times too large"), (Rational(1, 10), "ten times too small"))


def rate_decimal(r: Rewriting) -> Iterator[Slipped]:
    """took the learning rate"""
    for times, words in _TIMES:
        for slipped in with_rate(r, (times, LEARNING_RATE)):
            yield replace(slipped, at=words, throughout=True)


def divided_by_rate(r: Rewriting) -> Iterator[Slipped]:
    """divided by the learning rate instead of multiplying by it"""
    yield from with_rate(r, (power(LEARNING_RATE, MINUS_ONE),))


def first_rate(r: Rewriting) -> Iterator[Slipped]:
    """went on with the learning rate of the first update"""
    if r.problem.has_schedule:
        schedule, *others = r.problem.rules
        kept = Equation(schedule.lhs, put(schedule.rhs, {UPDATE_NUMBER: Integer(r.problem.made + 1)}))
        yield Slipped(replace(r.problem, rules=(kept, *others)))


def schedule_ahead(r: Rewriting) -> Iterator[Slipped]:
    """took the learning rate of the next update"""
    if r.problem.has_schedule:
        schedule, *others = r.problem.rules
        ahead = Equation(schedule.lhs, put(schedule.rhs, {UPDATE_NUMBER: add(UPDATE_NUMBER, ONE)}))
        yield Slipped(replace(r.problem, rules=(ahead, *others)))


def rate_on_weight(r: Rewriting) -> Iterator[Slipped]:
    """multiplied the old weight by the learning rate as well"""
    changes = {w: change_of(r.problem.rules[i].lhs, r.problem.rules[i].rhs) for w, i in r.last_rules.items()}
    rateless = {w: rebuilt(change, lambda part: without(part, LEARNING_RATE)) for w, change in changes.items()}
    own = {w for w, change in changes.items() if rateless[w] is not change}

    def other(w: Symbol, _: Expr) -> Expr:
        return multiply(LEARNING_RATE, as_factor(add(w, rateless[w.name])))

    if own:
        yield Slipped(r.changing_rules(other, own))
