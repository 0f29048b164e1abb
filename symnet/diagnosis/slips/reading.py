"""Slips in reading numbers and writing them down: signs and rounding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symnet.algebra.equations import negate
from symnet.computing.rounding import Rounding
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slip_patterns import as_factor, rounding_to_digits


def sign(r: Rewriting) -> Iterator[Slipped]:
    """lost a minus sign, or added one (wrong sign)"""
    for equation in r.problem.network.equations:
        if not r.slopes.get(equation.name) or equation.name != r.loss:
            yield Slipped(r.forward({equation.name: negate(as_factor(equation.rhs))}), at=f"in {equation.name}")
    for equation in r.backward:
        if equation.name != r.gradient(r.loss) and equation.rhs != 1:  # which is no line of anybody's
            other = r.changing_gradients({equation.name: negate(as_factor(equation.rhs))})
            yield Slipped(other, at=f"in {equation.name}")
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: negate(as_factor(rhs))), at="in the new value")


def rounded_lines(r: Rewriting) -> Iterator[Slipped]:
    """rounded every line{place} and carried on with the rounded numbers"""
    yield from rounding_to_digits(r, cut=False, forward_only=False)


def rounded_forward(r: Rewriting) -> Iterator[Slipped]:
    """rounded every line of the forward pass{place} and carried on with the rounded numbers"""
    yield from rounding_to_digits(r, cut=False, forward_only=True)


def truncated_lines(r: Rewriting) -> Iterator[Slipped]:
    """truncated every line{place} instead of rounding, and carried on with that"""
    yield from rounding_to_digits(r, cut=True, forward_only=False)


def truncated_forward(r: Rewriting) -> Iterator[Slipped]:
    """truncated every line of the forward pass{place} instead of rounding, and carried on with that"""
    yield from rounding_to_digits(r, cut=True, forward_only=True)


def single_precision(r: Rewriting) -> Iterator[Slipped]:
    """computed in float32 (single precision) instead of exactly"""
    if r.problem.places is None:
        yield Slipped(replace(r.problem, rounding=Rounding(0)))
