"""Slips in what an optimizer remembers from one update to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from sympy import expand

from symnet.algebra import functions, optimizers
from symnet.algebra.equations import (
    ONE,
    Equation,
    Expr,
    Symbol,
    add,
    multiply,
    names_in,
    negate,
    number_of,
    partial_parts,
    power,
    product,
    symbol,
)
from symnet.algebra.equations import replace as put
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.diagnosis.particulars import written_again
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.diagnosis.slip_patterns import (
    as_factor,
    change_of,
    factors_of,
    listed,
    other_rules,
    parts_of,
    without,
)
from symnet.working.problem import Problem


def count_off_by_one(r: Rewriting) -> Iterator[Slipped]:
    """counted the updates from 2 instead of from 1"""
    yield from other_rules(r, lambda part: add(UPDATE_NUMBER, ONE) if part == UPDATE_NUMBER else None)


def no_memory(r: Rewriting) -> Iterator[Slipped]:
    """forgot what is carried over from earlier updates"""
    kept = {rule.name: rule for rule in r.problem.rules if rule.name in r.problem.state}
    kinds = dict.fromkeys(kind for kind, _ in filter(None, map(optimizers.state_parts, kept)))
    for chosen in (*((kind,) for kind in kinds), *([tuple(kinds)] if len(kinds) > 1 else [])):
        changed = []
        for rule in r.problem.rules:
            terms = [term for term in terms_of(rule.rhs) if rule.lhs not in names_in(term)]
            mine = rule.name in kept and rule.name.partition("(")[0] in chosen
            changed.append(Equation(rule.lhs, add(*terms)) if mine and terms else rule)
        if tuple(changed) != r.problem.rules:
            yield Slipped(replace(r.problem, rules=tuple(changed)), at=f"(in {listed([*chosen])})")


def no_bias_correction(r: Rewriting) -> Iterator[Slipped]:
    """forgot the bias correction of the first updates"""

    def corrects(part: Expr) -> bool:
        return part.is_Pow and part.exp == -1 and UPDATE_NUMBER in names_in(part)

    def change(part: Expr) -> Expr | None:
        kept = [factor for factor in factors_of(part) if not corrects(factor)]
        return multiply(*kept) if part.is_Mul and len(kept) < len(part.args) else None

    yield from other_rules(r, change)
    rules, last = list(r.problem.rules), set(r.last_rules.values())
    hats = {name: name.name.replace("_hat(", "(", 1) for i in last for name in names_in(rules[i].rhs)}
    hats = {name: plain for name, plain in hats.items() if plain != name.name and plain in r.problem.state}
    kinds = [*dict.fromkeys(plain.partition("(")[0] for plain in hats.values())]
    for chosen in (kinds, *([[kind] for kind in kinds] if len(kinds) > 1 else [])):
        kept = {name: symbol(plain) for name, plain in hats.items() if plain.partition("(")[0] in chosen}
        others = tuple(Equation(e.lhs, put(e.rhs, kept)) if i in last else e for i, e in enumerate(rules))
        of = "" if chosen == kinds else f" that of {chosen[0]}"
        if others != r.problem.rules:
            yield Slipped(replace(r.problem, rules=others), at=f"(worked{of or ' it'} out, but did not use it)")


def no_share(r: Rewriting) -> Iterator[Slipped]:
    """forgot the factor 1 − β on the new term of an average"""
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


@dataclass(frozen=True)
class _Average:
    """A rule s ← β s + …: the rule, its β, and what is new."""

    rule: Equation
    share: Expr
    new: Expr

    @property
    def kind(self) -> str:
        return self.rule.name.partition("(")[0]

    @property
    def is_weighted(self) -> bool:
        """Whether what is new has the factor 1 − β."""
        return any(expand(factor + self.share) == 1 for factor in factors_of(self.new))


def _averages(r: Rewriting) -> list[_Average]:
    found = []
    for rule in r.problem.rules:
        terms = terms_of(rule.rhs)
        old = [factors_of(term) for term in terms if rule.lhs in names_in(term)]
        share = [factor for factor in old[0] if factor != rule.lhs] if len(old) == 1 else []
        if rule.name in r.problem.state and len(terms) == 2 and len(share) == 1 and number_of(share[0]) is not None:
            found.append(_Average(rule, share[0], next(term for term in terms if rule.lhs not in names_in(term))))
    return found


def _in_kinds(r: Rewriting, change: Callable[[_Average], Expr | None]) -> Iterator[Slipped]:
    """Other averages, of one kind at a time (all m, all v), and of all kinds."""
    changed = [(average, rhs) for average in _averages(r) if (rhs := change(average)) is not None]
    kinds = dict.fromkeys(average.kind for average, _ in changed)
    for chosen in (*((kind,) for kind in kinds), *([tuple(kinds)] if len(kinds) > 1 else [])):
        own = {average.rule.name: rhs for average, rhs in changed if average.kind in chosen}
        rules = tuple(Equation(rule.lhs, own.get(rule.name, rule.rhs)) for rule in r.problem.rules)
        yield Slipped(replace(r.problem, rules=rules), at=f"(in {listed([*chosen])})")


def averaged_memory(r: Rewriting) -> Iterator[Slipped]:
    """multiplied the new term by 1 − β where it is added whole"""

    def averaged(average: _Average) -> Expr | None:
        if average.is_weighted:
            return None
        share = ONE - number_of(average.share)
        return add(multiply(average.share, average.rule.lhs), product(share, average.new))

    yield from _in_kinds(r, averaged)


def rest_for_share(r: Rewriting) -> Iterator[Slipped]:
    """took 1 − β for β"""

    def other(average: _Average) -> Expr | None:
        share = ONE - number_of(average.share)
        return None if average.is_weighted else add(multiply(share, average.rule.lhs), average.new)

    yield from _in_kinds(r, other)


def memory_whole(r: Rewriting) -> Iterator[Slipped]:
    """carried over whole what was remembered, without β"""
    yield from _in_kinds(r, lambda a: add(a.rule.lhs, a.new))


def rate_in_memory(r: Rewriting) -> Iterator[Slipped]:
    """multiplied by the learning rate

    Books differ in where η stands: v ← μv + g with w ← w − ηv, or v ← μv + ηg with w ← w − v, or v ← μv − ηg with
    w ← w + v.  Who mixes the first two has it twice (``update.rate_twice`` where it belongs into v).
    """
    for kind, own in _averages_in_steps(r).items():
        inside = [LEARNING_RATE in names_in(a.new) for a in own]
        rateless = r.changing_rules(lambda w, rhs: _rateless(rhs))
        up = r.changing_rules(lambda w, rhs: add(w, negate(as_factor(change_of(w, _rateless(rhs))))))
        if not any(inside) and rateless != r.problem:
            scaled = {a.rule.name: add(multiply(a.share, a.rule.lhs), _at_rate(a.new)) for a in own}
            yield _with_rules(r.problem, scaled, f"in {kind} as well as in the step, where it belongs")
            yield _with_rules(rateless, scaled, f"in {kind} instead of in the step")
            turned = {a.rule.name: add(multiply(a.share, a.rule.lhs), negate(_at_rate(a.new))) for a in own}
            yield _with_rules(up, turned, f"and by −1 in {kind} instead of in the step")
        elif all(inside):
            late = r.changing_rules(lambda w, rhs: add(w, _at_rate(change_of(w, rhs))))
            yield _with_rules(
                late, {a.rule.name: _rateless(a.rule.rhs) for a in own}, f"in the step instead of in {kind}"
            )


def _averages_in_steps(r: Rewriting) -> dict[str, list[_Average]]:
    """{"v": the averages v(w) of gradients by which steps are made}; means of squares are no such thing."""
    steps = {name for i in r.last_rules.values() for name in names_in(r.problem.rules[i].rhs)}
    kinds: dict[str, list[_Average]] = {}
    for average in _averages(r):
        if average.rule.lhs in steps and not any(part.is_Pow for part in parts_of(average.new)):
            kinds.setdefault(average.kind, []).append(average)
    return kinds


def _rateless(rhs: Expr) -> Expr:
    return rebuilt(rhs, lambda part: without(part, LEARNING_RATE))


def _at_rate(expr: Expr) -> Expr:
    return multiply(LEARNING_RATE, as_factor(expr))


def _with_rules(problem: Problem, others: Mapping[str, Expr], at: str) -> Slipped:
    rules = tuple(Equation(rule.lhs, others.get(rule.name, rule.rhs)) for rule in problem.rules)
    return Slipped(replace(problem, rules=rules), at=at, throughout=True)


def memory_sign(r: Rewriting) -> Iterator[Slipped]:
    """gave what is carried over from earlier updates the wrong sign"""
    yield from _in_kinds(r, lambda a: add(negate(multiply(a.share, a.rule.lhs)), a.new))


def new_term_sign(r: Rewriting) -> Iterator[Slipped]:
    """gave the new term of what is remembered the wrong sign"""
    yield from _in_kinds(r, lambda a: add(multiply(a.share, a.rule.lhs), negate(as_factor(a.new))))


def shares_exchanged(r: Rewriting) -> Iterator[Slipped]:
    """exchanged β and 1 − β"""

    def exchanged(average: _Average) -> Expr:
        whole = [factor for factor in factors_of(average.new) if expand(factor + average.share) != 1]
        share = number_of(average.share)
        return add(multiply(ONE - share, average.rule.lhs), product(share, *whole))

    yield from _in_kinds(r, exchanged)


def rates_swapped(r: Rewriting) -> Iterator[Slipped]:
    """exchanged β₁ and β₂"""
    shares = [*dict.fromkeys(average.share for average in _averages(r))]
    if len(shares) == 2:
        one, other = shares
        swap = {one: other, other: one, -one: -other, -other: -one}
        yield from other_rules(r, swap.get)


def bias_correction_without_power(r: Rewriting) -> Iterator[Slipped]:
    """used 1 − β instead of 1 − βᵗ in the bias correction (t left at 1)"""
    yield from other_rules(r, lambda part: part.base if part.is_Pow and part.exp == UPDATE_NUMBER else None)


def bias_correction_of_other(r: Rewriting) -> Iterator[Slipped]:
    """took the β of the other average in the bias correction"""
    shares = [*dict.fromkeys(average.share for average in _averages(r))]
    if len(shares) != 2:
        return
    one, other = shares
    powers = {power(one, UPDATE_NUMBER): power(other, UPDATE_NUMBER)}
    both = powers | {power(other, UPDATE_NUMBER): power(one, UPDATE_NUMBER)}
    for average, swap in ((other, {b: a for a, b in powers.items()}), (one, powers), ("", both)):
        kind = next((a.kind for a in _averages(r) if a.share == average), "")
        for slipped in other_rules(r, swap.get):
            yield replace(slipped, at=f"(of {kind})" if kind else "(of both)", throughout=True)


def bias_correction_of_one(r: Rewriting) -> Iterator[Slipped]:
    """bias-corrected only one of the two averages"""
    corrected = {
        rule.name: kept
        for rule in r.problem.rules[len(r.problem.schedule) :]
        if (kept := _uncorrected(rule.rhs)) is not None and rule.name not in r.problem.start
    }
    kinds = dict.fromkeys(name.partition("(")[0] for name in corrected)
    for kind in kinds if len(kinds) > 1 else ():
        own = {name: rhs for name, rhs in corrected.items() if not name.startswith(f"{kind}(")}
        rules = tuple(Equation(rule.lhs, own.get(rule.name, rule.rhs)) for rule in r.problem.rules)
        yield Slipped(replace(r.problem, rules=rules), at=f"({kind.removesuffix('_hat')})")


def _uncorrected(rhs: Expr) -> Expr | None:
    kept = [f for f in factors_of(rhs) if not (f.is_Pow and f.exp == -1 and UPDATE_NUMBER in names_in(f))]
    return multiply(*kept) if 0 < len(kept) < len(factors_of(rhs)) else None


def gradient_for_memory(r: Rewriting) -> Iterator[Slipped]:
    """used the gradient itself where its average belongs"""
    averages = _averages(r)
    kinds = dict.fromkeys(average.kind for average in averages)
    for kind in kinds if len(kinds) > 1 else ():
        instead: dict[Symbol, Expr] = {}
        for average in averages:
            if average.kind == kind:
                now = [f for f in factors_of(average.new) if expand(f + average.share) != 1]
                kept, w = average.rule.lhs, average.rule.name.partition("(")[2]
                instead |= {kept: multiply(*now), symbol(f"{kind}_hat({w}"): multiply(*now)}
        rules = list(r.problem.rules)
        for i in r.last_rules.values():
            rules[i] = Equation(rules[i].lhs, put(rules[i].rhs, instead))
        if tuple(rules) != r.problem.rules:
            yield Slipped(replace(r.problem, rules=tuple(rules)), at=f"(for {kind})")


def memory_too_late(r: Rewriting) -> Iterator[Slipped]:
    """updated the weight before the running average"""
    groups: list[list[Equation]] = [[]]
    schedule = r.problem.schedule
    rules = r.problem.rules[len(schedule) :]
    for rule in rules:
        groups[-1].append(rule)
        if rule.name in r.problem.start:
            groups.append([])
    kept = r.problem.state.keys() | r.problem.start.keys()
    if r.problem.state and all(rule.name in kept for rule in rules):
        late = [*schedule] + [rule for group in groups if group for rule in (group[-1], *group[:-1])]
        yield Slipped(replace(r.problem, rules=tuple(late)))


def gradient_of_first_step(r: Rewriting) -> Iterator[Slipped]:
    """used the gradient of the first update in every update"""
    problem = r.problem
    used = {name for rule in problem.rules for name in names_in(rule.rhs) if partial_parts(name.name)}
    if problem.updates < 2 or not used:
        return
    # Whoever writes the gradients of the later updates down writes those of the first, or finds them and goes on.
    for kept_as in (written_again, "first {}".format):
        first = {name: symbol(kept_as(name.name)) for name in sorted(used, key=lambda name: name.name)}
        is_first = functions.step(add(ONE, negate(UPDATE_NUMBER)))  # 1 at the first update, 0 at later ones
        keeping = [Equation(kept, add(kept, multiply(is_first, name))) for name, kept in first.items()]
        rules = (*keeping, *(Equation(rule.lhs, put(rule.rhs, first)) for rule in problem.rules))
        state = {**problem.state, **{kept.name: Fraction(0) for kept in first.values()}}
        yield Slipped(replace(problem, rules=rules, state=state))
