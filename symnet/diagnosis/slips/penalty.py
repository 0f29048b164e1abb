"""Slips with a penalty on the weights, λ/2·Σ w² or λ·Σ |w|, in the loss or as weight decay in the update."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial as partial_function

from sympy import Integer, Rational

from symnet.algebra import functions
from symnet.algebra.derivatives import differentiate
from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    ZERO,
    Equation,
    Expr,
    Symbol,
    add,
    multiply,
    names_in,
    negate,
    number_of,
    power,
    product,
    symbol,
    total,
)
from symnet.algebra.equations import replace as put
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.diagnosis.slip_patterns import MOST_ALONE, about_the_two, biases_of, factors_of, is_parameter, parts_of
from symnet.working.problem import Problem

_TWO, _HALF = Integer(2), Rational(1, 2)


def penalty_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot the penalty on the weights{place}"""
    yield from _with_penalty(r, lambda part: ZERO)
    own = [*dict.fromkeys(w for penalty in _penalties(r) for w in _parameters_in(r, penalty.whole))]
    for w in own if 1 < len(own) <= MOST_ALONE else ():
        lines = [y for y in r.users.get(w, ()) if _is_penalty(r, r.by_name[y].rhs)]
        if lines:
            without = r.passing_terms({(y, w): None for y in lines})
        else:
            without = _gradients_with(r, lambda d, v, w=w: ZERO if v == w else d)  # type: ignore[misc]
        yield Slipped(without, at=f"in the gradient of {w.name}")


def penalty_doubled(r: Rewriting) -> Iterator[Slipped]:
    """counted the penalty on the weights twice{place}"""
    yield from _with_penalty(r, lambda part: product(_TWO, part), _TWO)
    own = {w: penalty.whole for penalty in _penalties(r) for w in _parameters_in(r, penalty.whole)}

    def decayed(w: Symbol, rhs: Expr) -> Expr:
        return add(*terms_of(rhs), negate(product(LEARNING_RATE, differentiate(own[w], w))))

    if learned := [w.name for w in own if w.name in r.last_rules]:
        at = "in the update, where the gradient has it already"
        yield Slipped(r.changing_rules(decayed, learned), at=at)


def penalty_halved(r: Rewriting) -> Iterator[Slipped]:
    """used half the penalty on the weights{place}"""
    yield from _with_penalty(r, lambda part: product(_HALF, part), _HALF)


def penalty_sign(r: Rewriting) -> Iterator[Slipped]:
    """gave the penalty on the weights the wrong sign{place}"""
    yield from _with_penalty(r, lambda part: product(MINUS_ONE, part))


def penalty_rate_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot the rate of the penalty{place}"""

    def rateless(part: Expr) -> Expr:
        if part.is_Add:
            return total(*map(rateless, part.args))
        kept = [factor for factor in factors_of(part) if not _is_rate(r, factor)]
        return multiply(*kept) if kept else ONE

    yield from _with_penalty(r, rateless)


def penalty_square_kept(r: Rewriting) -> Iterator[Slipped]:
    """left the square where it was in the derivative of the penalty"""
    if any(part.is_Pow and part.exp == 2 for penalty in _penalties(r) for part in parts_of(penalty.whole)):
        yield Slipped(_gradients_with(r, lambda d, w: product(d, w) if w in names_in(d) else d))


def other_penalty(r: Rewriting) -> Iterator[Slipped]:
    """used a different penalty on the weights"""

    def other(d: Expr, w: Symbol) -> Expr:
        sign = functions.sign(w)
        return rebuilt(d, {sign: w}.get) if sign in parts_of(d) else put(d, {w: sign})

    if penalties := _penalties(r):
        of_sizes = any(isinstance(part, functions.abs) for penalty in penalties for part in parts_of(penalty.whole))
        words = "w² for |w|" if of_sizes else "|w| for w²"
        yield Slipped(_gradients_with(r, other), at=f"({words}, in its derivative)", throughout=True)
        if not of_sizes:
            signless = _gradients_with(r, lambda d, w: put(d, {w: ONE}))
            yield Slipped(signless, at="(λ for λw, in its derivative)", throughout=True)
        lines = {y: rebuilt(r.by_name[y].rhs, partial_function(_other_power, r)) for y in _lines_of(r)}
        yield Slipped(r.forward(lines), at=f"({words}, in the loss)", throughout=True)
        if not of_sizes:
            lines = {y: rebuilt(r.by_name[y].rhs, partial_function(_unsquared, r)) for y in _lines_of(r)}
            yield Slipped(r.forward(lines), at="(w for w², in the loss)", throughout=True)


def _other_power(r: Rewriting, part: Expr) -> Expr | None:
    """|w| for w², w² for |w|."""
    if part.is_Pow and part.exp == 2 and is_parameter(r, part.base):
        return functions.abs(part.base)
    if isinstance(part, functions.abs) and is_parameter(r, part.args[0]):
        return power(part.args[0], _TWO)
    return None


def _unsquared(r: Rewriting, part: Expr) -> Expr | None:
    """w for w²."""
    return part.base if part.is_Pow and part.exp == 2 and is_parameter(r, part.base) else None


def _lines_of(r: Rewriting) -> list[str]:
    """The lines that squares or sizes of the parameters in a penalty stand in."""
    above = {name.name for penalty in _penalties(r) for name in names_in(penalty.term)}
    return [e.name for e in r.equations if e.name in above or any(p.line == e.name for p in _penalties(r))]


def penalty_on_bias(r: Rewriting) -> Iterator[Slipped]:
    """put the penalty on the biases as well{place}"""
    lines, penalties = {e.name: e.rhs for e in r.backward}, _penalties(r)
    penalized = {w for penalty in penalties for w in _parameters_in(r, penalty.whole)}
    biases = [symbol(name) for name in r.problem.start if name in biases_of(r) and symbol(name) not in penalized]
    biases = [b for b in biases if r.gradient(b.name) in lines]
    if not biases or not penalties or not penalized:
        return
    penalty = penalties[0]
    w = _parameters_in(r, penalty.whole)[0]
    own = {b: put(differentiate(penalty.whole, w), {w: b}) for b in biases}
    gradients = {r.gradient(b.name): add(*terms_of(lines[r.gradient(b.name)]), d) for b, d in own.items()}
    changed = r.changing_gradients(gradients)
    yield Slipped(changed, at="in the gradients")
    share = ONE if functions.abs(w) in parts_of(penalty.whole) else _HALF
    more = [product(share, d, b) for b, d in own.items()]
    forward = r.forward({penalty.line: add(*terms_of(r.by_name[penalty.line].rhs), *more)})
    yield Slipped(replace(changed, network=forward.network), at="in the loss and in the gradients")
    if penalty.term.is_Symbol:  # R = λ/2·Σ w² has a line of its own
        own_line = r.by_name[penalty.term.name]
        forward = r.forward({own_line.name: add(*terms_of(own_line.rhs), *more)})
    yield Slipped(forward, at="in the loss")


# -- finding it -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Penalty:
    """A term of the line in which data and penalty come together; ``whole`` is it with the lines that it names."""

    line: str
    term: Expr
    whole: Expr


def _penalties(r: Rewriting) -> tuple[_Penalty, ...]:
    of_penalty = {e.name for e in r.equations if _is_penalty(r, e.rhs)}
    return tuple(
        _Penalty(e.name, term, _written_out(r, term))
        for e in r.equations
        if e.name not in of_penalty
        for term in terms_of(e.rhs)
        if _is_penalty(r, term) and any(_is_rate(r, part) for part in parts_of(_written_out(r, term)))
    )


def _is_penalty(r: Rewriting, part: Expr) -> bool:
    """Whether it is a rate times squares or absolute values of parameters, or a name for that."""
    if part.is_Add:
        return all(_is_penalty(r, term) for term in part.args)
    if part.is_Mul:
        rest = [factor for factor in part.args if not _is_rate(r, factor) and number_of(factor) is None]
        squared = len(rest) == 2 and rest[0] == rest[1] and is_parameter(r, rest[0])
        return squared or (len(rest) == 1 and _is_penalty(r, rest[0]))
    if part.is_Symbol:
        return part.name in r.by_name and _is_penalty(r, r.by_name[part.name].rhs)
    if part.is_Pow:
        return bool(part.exp == 2 and is_parameter(r, part.base))
    return isinstance(part, functions.abs) and is_parameter(r, part.args[0])


def _is_rate(r: Rewriting, factor: Expr) -> bool:
    """λ: a given number, or one written out other than 2 and ½."""
    number = number_of(factor)
    if number is not None:
        return abs(number) not in (ONE, _TWO, _HALF)
    known = factor.is_Symbol and factor != LEARNING_RATE
    return bool(known and factor.name not in r.problem.start and factor.name not in r.by_name)


def _written_out(r: Rewriting, part: Expr) -> Expr:
    lines = {name: r.by_name[name.name].rhs for name in names_in(part) if name.name in r.by_name}
    return _written_out(r, put(part, lines)) if lines else part


def _parameters_in(r: Rewriting, part: Expr) -> list[Symbol]:
    return [name for name in names_in(part) if is_parameter(r, name)]


# -- changing it ------------------------------------------------------------------------------------------------------


def _with_penalty(r: Rewriting, change: Callable[[Expr], Expr], factor: Expr = ONE) -> Iterator[Slipped]:
    """Another penalty in the gradients, in the loss as well, in the loss alone; or in the update, where it is there.

    ``factor`` is by how much it is larger, where it is.
    """
    penalties = _penalties(r)
    if penalties:
        gradients = _gradients_with(r, lambda d, w: change(d))
        because = {about_the_two(penalty.whole, factor) for penalty in penalties}
        yield Slipped(gradients, at="in the gradients", because=because.pop() if len(because) == 1 else "")
        lines: dict[str, Expr] = {}
        for line in dict.fromkeys(penalty.line for penalty in penalties):
            own = {penalty.term: penalty.whole for penalty in penalties if penalty.line == line}
            named = {term: change(r.by_name[term.name].rhs) for term in own if term.is_Symbol}
            lines |= {term.name: rhs for term, rhs in named.items() if rhs != 0}  # R = λ/2·Σ w² has a line of its own
            changed = {term: term if named.get(term, ZERO) != 0 else change(whole) for term, whole in own.items()}
            lines[line] = total(*(changed.get(term, term) for term in terms_of(r.by_name[line].rhs)))
        forward = r.forward(lines)
        yield Slipped(replace(gradients, network=forward.network), at="in the loss and in the gradients")
        yield Slipped(forward, at="in the loss")
    rules = tuple(Equation(rule.lhs, _with_decay(r, rule.rhs, change)) for rule in r.problem.rules)
    if rules != r.problem.rules:
        yield Slipped(replace(r.problem, rules=rules), at="in the update")


def _gradients_with(r: Rewriting, change: Callable[[Expr, Symbol], Expr]) -> Problem:
    """Another derivative of the penalty: what the line in which it stands passes back to the parameters in it."""
    penalties = _penalties(r)
    named = {name.name for penalty in penalties for name in names_in(penalty.term) if name.name in r.by_name}
    of_penalty = named | {e.name for e in r.equations if e.name not in named and _is_penalty(r, e.rhs)}

    def passed(e: Equation, upstream: Expr) -> Iterator[tuple[Symbol, Expr]]:
        own = [penalty for penalty in penalties if penalty.line == e.name]
        rest = [term for term in terms_of(e.rhs) if all(term != penalty.term for penalty in own)]
        for x, d in r.slopes.get(e.name, {}).items():
            if own and is_parameter(r, x):
                d = total(*(differentiate(term, x) for term in rest))
            if d != 0 and not (e.name in of_penalty and is_parameter(r, x)):
                yield x, product(upstream, d)
        for penalty in own:
            for w in _parameters_in(r, penalty.whole):
                changed = change(differentiate(penalty.whole, w), w)
                if changed != 0:
                    yield w, product(upstream, changed)

    return r.passing_back(passed)


def _with_decay(r: Rewriting, expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """A rule in which another share of a weight, λ·w or η·λ·w, is taken off."""
    if not expr.args:
        return expr
    if expr.is_Add:
        terms = [change(term) if _is_decay(r, term) else _with_decay(r, term, change) for term in expr.args]
        return expr if terms == [*expr.args] else total(*terms)
    parts = [_with_decay(r, part, change) for part in expr.args]
    return expr if parts == [*expr.args] else expr.func(*parts, evaluate=False)


def _is_decay(r: Rewriting, term: Expr) -> bool:
    rest = [factor for factor in factors_of(term) if not is_parameter(r, factor)]
    if len(rest) != len(factors_of(term)) - 1 or not any(_is_rate(r, factor) for factor in rest):
        return False
    return all(factor == LEARNING_RATE or factor == -1 or _is_rate(r, factor) for factor in rest)
