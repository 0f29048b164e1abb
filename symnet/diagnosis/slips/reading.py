"""Slips in reading numbers and writing them down: signs and rounding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from symnet.algebra import functions
from symnet.algebra.equations import Expr, Symbol, names_in, negate, symbol
from symnet.algebra.equations import replace as put
from symnet.algebra.network import Network
from symnet.computing.rounding import Rounding
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt
from symnet.diagnosis.slip_patterns import MOST_ALONE, as_factor, parts_of, rounding_to_digits
from symnet.diagnosis.structure import targets_of
from symnet.working.rows import by_samples
from symnet.working.updates import MOST_COLUMNS, MOST_EXAMPLES, turned_in

_MOST_GIVEN = 25  # of a picture larger than five by five nobody is asked every number

# Those in which a sign changes more than the sign of the whole.
_WITH_SIGN = (functions.exp, functions.sigmoid, functions.softplus)


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


def number_sign(r: Rewriting) -> Iterator[Slipped]:
    """used{place} with the wrong sign

    A given number, in every line that it stands in, forward and backward: who copies 1.1 for −1.1 keeps it so.  In a
    table of a batch that is the number of one example.  The targets are another matter (``target.target_sign``).
    """
    problem = r.problem
    aside = {x.name for x in targets_of(r)} | problem.start.keys()
    inputs = [x for x in problem.network.inputs if x.name not in aside]
    given = [x for x in inputs if x.name in problem.given]
    for x in given if len(given) <= _MOST_GIVEN else ():
        yield from _reading(r, x, negate(x), x.name)
    columns = [x for x in inputs if problem.samples and x.name in problem.samples[0]]
    count = len(problem.samples)
    if by_samples(problem) and count <= MOST_EXAMPLES and columns and len(problem.samples[0]) <= MOST_COLUMNS:
        for x, k in product(columns, range(1, count + 1)):
            yield from _reading(r, x, symbol(turned_in(x.name, k)), f"{x.name} of example {k}")


def _reading(r: Rewriting, x: Symbol, other: Expr, at: str) -> Iterator[Slipped]:
    """Something else in the place of a given number wherever it stands."""
    used = {e.name for e in r.equations if x in names_in(e.rhs)}
    if used:
        network, back = r.problem.network, {e.name: put(e.rhs, {x: other}) for e in r.backward if x in names_in(e.rhs)}
        equations = tuple(replace(e, rhs=put(e.rhs, {x: other})) if e.name in used else e for e in network.equations)
        inputs = (*network.inputs, *([other] if other.is_Symbol else []))
        read = Network(inputs, network.targets, network.parameters, equations)
        yield Slipped(replace(r.changing_gradients(back), network=read), at=at)


def sign_inside(r: Rewriting) -> Iterator[Slipped]:
    """lost a minus sign inside a function, or added one

    In every line that has the function of that argument: who types exp(0.47) for exp(−0.47) keeps the number.  Where it
    is a whole line, the sign is lost in that line, which ``exp_of_minus`` and others tell.
    """
    equations = r.problem.network.equations
    inner: dict[Expr, None] = {}
    for equation in equations:
        parts = () if equation.name == r.loss else parts_of(equation.rhs)
        inner |= dict.fromkeys(part for part in parts if isinstance(part, _WITH_SIGN) and names_in(part))
    whole = {equation.rhs for equation in equations}
    places = [part for part in inner if part not in whole]
    for part in places if len(places) <= MOST_ALONE else ():
        other = part.func(negate(as_factor(part.args[0])), *part.args[1:])

        def change(found: Expr, part: Expr = part, other: Expr = other) -> Expr | None:
            return other if found == part else None

        lines = {e.name: rhs for e in equations if e.name != r.loss and (rhs := rebuilt(e.rhs, change)) is not e.rhs}
        yield Slipped(r.forward(lines), at=f"({part.func.__name__} of {part.args[0]})")


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
