"""Slips in what an optimizer remembers from one update to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import expand

from symnet.algebra import functions, optimizers
from symnet.algebra.equations import ONE, Equation, Expr, add, multiply, names_in
from symnet.algebra.optimizers import UPDATE_NUMBER
from symnet.working.rewriting import Rewriting, Slipped, terms_of
from symnet.working.turns import factors_of, other_rules


def count_off_by_one(r: Rewriting) -> Iterator[Slipped]:
    """counted the updates from 2 instead of from 1"""
    yield from other_rules(r, lambda part: add(UPDATE_NUMBER, ONE) if part == UPDATE_NUMBER else None)


def no_memory(r: Rewriting) -> Iterator[Slipped]:
    """forgot what is kept from the updates before"""
    kept = {rule.name: rule for rule in r.problem.rules if rule.name in r.problem.state}
    kinds = dict.fromkeys(kind for kind, _ in filter(None, map(optimizers.state_parts, kept)))
    for kind in kinds:
        changed = []
        for rule in r.problem.rules:
            terms = [term for term in terms_of(rule.rhs) if rule.lhs not in names_in(term)]
            mine = rule.name in kept and rule.name.startswith(f"{kind}(")
            changed.append(Equation(rule.lhs, add(*terms)) if mine and terms else rule)
        if tuple(changed) != r.problem.rules:
            yield Slipped(replace(r.problem, rules=tuple(changed)), at=f"(in {kind})")


def no_bias_correction(r: Rewriting) -> Iterator[Slipped]:
    """forgot the correction for the bias of the first updates"""

    def corrects(part: Expr) -> bool:
        return part.is_Pow and part.exp == -1 and UPDATE_NUMBER in names_in(part)

    def change(part: Expr) -> Expr | None:
        kept = [factor for factor in factors_of(part) if not corrects(factor)]
        return multiply(*kept) if part.is_Mul and len(kept) < len(part.args) else None

    yield from other_rules(r, change)


def no_share(r: Rewriting) -> Iterator[Slipped]:
    """forgot the factor 1 − β of what is new in an average"""
    averages: dict[str, Equation] = {}
    for rule in r.problem.rules:
        terms = terms_of(rule.rhs)
        old = [factors_of(term) for term in terms if rule.lhs in names_in(term)]
        if len(terms) != 2 or len(old) != 1:
            continue
        share = [factor for factor in old[0] if factor != rule.lhs]
        new = next(factors_of(term) for term in terms if rule.lhs not in names_in(term))
        kept = [factor for factor in new if len(share) != 1 or expand(factor + share[0]) != 1]
        if 0 < len(kept) < len(new):
            averages[rule.name] = Equation(rule.lhs, add(multiply(*old[0]), multiply(*kept)))
    kinds = dict.fromkeys(kind for kind, _ in filter(None, map(optimizers.state_parts, averages)))
    for start, words in (*((f"{kind}(", f"(in {kind})") for kind in kinds), ("", "")):
        chosen = {name: rule for name, rule in averages.items() if name.startswith(start)}
        if chosen:
            yield Slipped(replace(r.problem, rules=tuple(chosen.get(e.name, e) for e in r.problem.rules)), at=words)


def no_root(r: Rewriting) -> Iterator[Slipped]:
    """forgot the square root in the update"""
    yield from other_rules(r, lambda part: part.args[0] if isinstance(part, functions.sqrt) else None)


def no_square_in_update(r: Rewriting) -> Iterator[Slipped]:
    """forgot the square in the update"""
    yield from other_rules(r, lambda part: part.base if part.is_Pow and part.exp == 2 else None)
