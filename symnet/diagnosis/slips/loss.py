"""Slips in the loss and in the softmax before it."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer, Rational

from symnet.algebra import functions
from symnet.algebra.equations import ONE, Expr, add, multiply, negate, power, product
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.diagnosis.slip_patterns import as_factor, factors_of, other_logarithm, parts_of
from symnet.diagnosis.structure import softmaxes, targets_of

_TWO = Integer(2)
_HALF = Rational(1, 2)


def loss_factor(r: Rewriting) -> Iterator[Slipped]:
    """dropped or added a factor of 2 or ½ in the loss"""
    rhs = r.problem.network.by_name[r.loss].rhs
    for factor, word in ((_TWO, "twice"), (_HALF, "half")):
        yield Slipped(r.forward({r.loss: product(factor, rhs)}), at=f"({word} as much)")


def other_class(r: Rewriting) -> Iterator[Slipped]:
    """exchanged p and 1 − p in the cross-entropy"""

    def other(p: Expr) -> Expr | None:
        """p for 1 − p."""
        terms = terms_of(p)
        is_complement = len(terms) == 2 and terms[0] == 1 and terms[1].is_Mul and terms[1].args[0] == -1
        return multiply(*terms[1].args[1:]) if is_complement else None

    for equation in r.problem.network.equations:
        logs = [part for part in parts_of(equation.rhs) if isinstance(part, functions.log)]
        if any(other(log.args[0]) is not None for log in logs):
            swap = {log: functions.log(other(log.args[0]) or add(ONE, negate(log.args[0]))) for log in logs}
            yield Slipped(r.forward({equation.name: rebuilt(equation.rhs, swap.get)}), at=f"in {equation.name}")


def half_cross_entropy(r: Rewriting) -> Iterator[Slipped]:
    """left out one of the two terms of the cross-entropy"""
    for equation in r.problem.network.equations:
        for part in parts_of(equation.rhs):
            logs = [[f for f in factors_of(term) if isinstance(f, functions.log)] for term in terms_of(part)]
            if not part.is_Add or len(logs) != 2 or not all(logs):
                continue
            if not any(log.args[0].is_Add for both in logs for log in both):  # of p and of 1 − p
                continue
            for kept, place in ((0, "second"), (1, "first")):
                other = rebuilt(equation.rhs, {part: part.args[kept]}.get)
                words = f"(the {place}, in {equation.name}"
                yield Slipped(r.forward({equation.name: other}, backward=True), at=f"{words} and the error)")
                yield Slipped(r.forward({equation.name: other}), at=f"{words} alone)")


def loss_of_every_class(r: Rewriting) -> Iterator[Slipped]:
    """added up −ln p of every class in the cross-entropy, also of those whose target is 0"""
    targets = {t for softmax in softmaxes(r) for t in softmax.targets if t.is_Symbol}

    def without_target(part: Expr) -> Expr | None:
        factors = factors_of(part)
        kept = [factor for factor in factors if factor not in targets]
        is_term = any(isinstance(factor, functions.log) for factor in factors)
        return multiply(*kept) if is_term and len(kept) < len(factors) else None

    if targets:
        rhs = r.problem.network.by_name[r.loss].rhs
        yield Slipped(r.forward({r.loss: rebuilt(rhs, without_target)}))


def squared_error_for_cross_entropy(r: Rewriting) -> Iterator[Slipped]:
    """took the squared error instead of the cross-entropy{place}"""
    pairs = [pair for s in softmaxes(r) if s.targets for pair in zip(s.p, s.targets, strict=True)]
    squares = [power(add(as_factor(p), negate(as_factor(t))), _TWO) for p, t in pairs or _one_of_two(r)]
    for share, words in ((_HALF, "(with the half)"), (ONE, "(without a half)")) if squares else ():
        error = product(share, as_factor(add(*squares)))
        yield Slipped(r.forward({r.loss: error}), at=f"in the loss alone {words}", throughout=True)
        yield Slipped(r.forward({r.loss: error}, backward=True), at=f"and its derivative {words}", throughout=True)


def _one_of_two(r: Rewriting) -> list[tuple[Expr, Expr]]:
    """(p, t) of t ln p + (1 − t) ln(1 − p)."""
    rhs = r.problem.network.by_name[r.loss].rhs
    found = []
    for term in (term for part in parts_of(rhs) if part.is_Add for term in terms_of(part)):
        factors = factors_of(term)
        logs = [f.args[0] for f in factors if isinstance(f, functions.log) and f.args[0].is_Symbol]
        rest = [f for f in factors if not isinstance(f, functions.log)]
        if len(logs) == len(rest) == 1 and rest[0] in targets_of(r):
            found.append((logs[0], rest[0]))
    inside = [part.args[0] for part in parts_of(rhs) if isinstance(part, functions.log)]
    return found if len(found) == 1 and add(ONE, negate(found[0][0])) in inside else []


def log_base_ten(r: Rewriting) -> Iterator[Slipped]:
    """used the logarithm to base 10"""
    yield from other_logarithm(r, Integer(10))


def log_base_two(r: Rewriting) -> Iterator[Slipped]:
    """used the logarithm to base 2"""
    yield from other_logarithm(r, _TWO)
