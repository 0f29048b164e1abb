"""Slips with second derivatives: the Hessian, the inverse of a matrix, Newton's step."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from sympy import Integer, Rational

from symnet.algebra.equations import ZERO, Expr, add, divide, multiply, negate, partial, power, product, symbol
from symnet.algebra.further import second, second_parts, worked, worked_parts
from symnet.diagnosis.rewriting import Rewriting, Slipped, terms_of
from symnet.diagnosis.slip_patterns import further_at

_DET = worked("det", "H")


def mixed_for_nothing(r: Rewriting) -> Iterator[Slipped]:
    """took a mixed second derivative for 0"""
    yield from further_at(r, {name: ZERO for name, (_, a, b) in _entries(r).items() if a != b and _rhs(r, name) != 0})


def second_factor_two(r: Rewriting) -> Iterator[Slipped]:
    """dropped or added a factor of 2 or ½ in a second derivative"""
    for factor, words in ((Rational(1, 2), "half"), (Integer(2), "twice")):
        lines = {name: product(factor, _rhs(r, name)) for name, (_, a, b) in _entries(r).items() if a == b}
        for slipped in further_at(r, {name: rhs for name, rhs in lines.items() if rhs != 0}):
            yield dataclasses.replace(slipped, at=f"{slipped.at} ({words} as much)")


def gradient_squared(r: Rewriting) -> Iterator[Slipped]:
    """multiplied the gradients instead of differentiating once more"""
    yield from further_at(
        r,
        {
            name: power(_slope(r, a), Integer(2)) if a == b else multiply(_slope(r, a), _slope(r, b))
            for name, (of, a, b) in _entries(r).items()
            if of == r.loss and {r.gradient(a), r.gradient(b)} <= r.passed_back
        },
    )


def product_rule_half(r: Rewriting) -> Iterator[Slipped]:
    """stopped after one term of the product rule in a second derivative"""
    for name in _entries(r):
        terms = terms_of(_rhs(r, name))
        for term in terms if len(terms) > 1 else ():
            yield from further_at(r, {name: term})


def second_sum_or_mean(r: Rewriting) -> Iterator[Slipped]:
    """took the sum for the mean (or the mean for the sum) over the samples in the second derivatives"""
    count, mean = Integer(len(r.problem.examples)), r.problem.reduce == "mean"
    names = [name for name, (of, a, _) in _entries(r).items() if of == r.loss and _slope(r, a) != partial(of, a)]
    other = {name: product(count, _rhs(r, name)) if mean else divide(_rhs(r, name), count) for name in names}
    yield from further_at(r, {name: rhs for name, rhs in other.items() if _rhs(r, name) != 0}, together=True)


def determinant_sign(r: Rewriting) -> Iterator[Slipped]:
    """added the products in the determinant instead of subtracting"""
    det = _lines(r).get(_DET.name)
    if det is not None:
        first, last = terms_of(det)
        yield from further_at(r, {_DET.name: add(first, negate(last))})


def diagonal_not_exchanged(r: Rewriting) -> Iterator[Slipped]:
    """left the diagonal of the Hessian in its place when inverting it"""
    diagonal = [name for name, (a, b) in _inverse(r).items() if a == b]
    if diagonal:
        first, last = diagonal
        yield from further_at(r, {first: _rhs(r, last), last: _rhs(r, first)}, together=True)


def inverse_sign(r: Rewriting) -> Iterator[Slipped]:
    """did not change the signs beside the diagonal when inverting the Hessian"""
    for name, (a, b) in _inverse(r).items():
        if a != b:
            yield from further_at(r, {name: divide(second(r.loss, a, b), _DET)})


def determinant_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """did not divide by the determinant when inverting the Hessian"""
    over = power(_DET, Integer(-1))
    kept = {name: multiply(*(factor for factor in _rhs(r, name).args if factor != over)) for name in _inverse(r)}
    yield from further_at(r, kept, together=True)


def hessian_for_inverse(r: Rewriting) -> Iterator[Slipped]:
    """multiplied the gradient by the Hessian instead of its inverse"""
    steps = _steps(r)
    lines = {
        name: add(symbol(w), negate(add(*(multiply(_entry(r, w, x), _slope(r, x)) for x in steps.values()))))
        for name, w in steps.items()
    }
    yield from further_at(r, lines, together=True)


def diagonal_alone(r: Rewriting) -> Iterator[Slipped]:
    """divided each gradient by its own second derivative, without the mixed ones"""
    steps = _steps(r)
    if len(steps) > 1:
        lines = {name: add(symbol(w), negate(divide(_slope(r, w), second(r.loss, w, w)))) for name, w in steps.items()}
        yield from further_at(r, lines, together=True)


def newton_uphill(r: Rewriting) -> Iterator[Slipped]:
    """added the Newton step instead of subtracting it"""
    lines = {name: add(symbol(w), negate(terms_of(_rhs(r, name))[1])) for name, w in _steps(r).items()}
    yield from further_at(r, lines, together=True)


def rate_for_inverse(r: Rewriting) -> Iterator[Slipped]:
    """subtracted the gradient itself instead of a Newton step"""
    lines = {name: add(symbol(w), negate(_slope(r, w))) for name, w in _steps(r).items()}
    yield from further_at(r, lines, together=True)


def _lines(r: Rewriting) -> dict[str, Expr]:
    return {line.name: line.rhs for line in r.problem.further}


def _rhs(r: Rewriting, name: str) -> Expr:
    return _lines(r)[name]


def _slope(r: Rewriting, x: str) -> Expr:
    """The gradient of the loss that is differentiated once more: of a batch, that over its samples."""
    name = partial(r.loss, x)
    over = symbol(f"{r.problem.reduce}({name.name})")
    return over if over.name in _lines(r) else name


def _entries(r: Rewriting) -> dict[str, tuple[str, str, str]]:
    """{"∂²L/∂w1∂w2": ("L", "w1", "w2")}"""
    return {line.name: parts for line in r.problem.further if (parts := second_parts(line.name)) is not None}


def _entry(r: Rewriting, a: str, b: str) -> Expr:
    return next(symbol(name) for name, (_, x, y) in _entries(r).items() if {x, y} == {a, b})


def _of_kind(r: Rewriting, kind: str) -> dict[str, tuple[str, ...]]:
    found = {line.name: worked_parts(line.name) for line in r.problem.further}
    return {name: parts[1] for name, parts in found.items() if parts is not None and parts[0] == kind}


def _inverse(r: Rewriting) -> dict[str, tuple[str, ...]]:
    return _of_kind(r, "inverse")


def _steps(r: Rewriting) -> dict[str, str]:
    """{"newton(w1)": "w1"}, where the gradients that they read have lines."""
    found = {name: of[0] for name, of in _of_kind(r, "newton").items()}
    return found if all(r.gradient(w) in r.passed_back for w in found.values()) else {}
