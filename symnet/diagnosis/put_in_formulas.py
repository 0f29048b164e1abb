"""A formula in which numbers of the exercise stand for their names: (y5 − 0.3)·y3 where t = 0.3 is (y5 − t)·y3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import islice, product

from symnet.algebra.equations import Expr, names_in, negate, symbol
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.computing.exact import Value
from symnet.diagnosis.compared import Compared, compare
from symnet.working.problem import Problem
from symnet.working.quantities import key_of
from symnet.working.updates import Passes

MOST_TRIED = 64  # ways to read the numbers of one formula
MOST_MEANT = 6  # numbers of one formula that may each be several things


def compare_as_meant(problem: Problem, key: str, expr: Expr) -> Compared:
    """The formula beside a quantity, with names for those of its numbers that are put in for them.

    A number may be that of several quantities; it is right if any of them makes it so.  Raises Mistake, as ``compare``.
    """
    written = compare(problem, key, expr)
    if written.same or not written.same_here:
        return written
    for named, put_in in islice(_readings(problem, key, expr), MOST_TRIED):
        found = compare(problem, key, named)
        if found.same:
            return replace(found, put_in=put_in)
    return written


def _readings(problem: Problem, key: str, expr: Expr) -> Iterator[tuple[Expr, dict[str, Fraction]]]:
    """The formula with one or more numbers replaced by names that have these values, fewest replaced first."""
    named = _named(problem)
    lines = (*problem.network.equations, *problem.backward, *problem.further)
    own = {name for line in lines if key_of(line.name) == key for name in names_in(line.rhs)}
    for meant in named.values():  # what stands in the line of the quantity itself comes first
        meant.sort(key=lambda one: one[0] not in own)
    places = [place for place in _numbers(expr) if abs(place[1]) in named][:MOST_MEANT]
    choices = [[None, *named[abs(number)]] for _, number in places]
    ways = sorted(islice(product(*choices), 4_096), key=lambda way: sum(name is not None for name in way))
    for way in ways:
        chosen = [(place, name) for (place, _), name in zip(places, way, strict=True) if name is not None]
        if chosen:
            result, put_in = expr, {}
            for place, (name, value) in chosen:
                result = _replaced(result, place, name, value)
                put_in["the learning rate" if name == LEARNING_RATE else key_of(name.name)] = value
            yield result, put_in


def _named(problem: Problem) -> dict[Fraction, list[tuple[Expr, Fraction]]]:
    """By its size, what has a number: what is given and the parameters first, then the values of the first pass."""
    found: dict[Fraction, list[tuple[Expr, Fraction]]] = {}
    values: dict[str, Value] = {**problem.examples[0], **problem.start}
    with suppress(ArithmeticError):
        values |= Passes(problem).forward_again(0, {**problem.start, **problem.state})
    known = [(symbol(name), value) for name, value in values.items()]
    if problem.learning_rate is not None:
        known.append((LEARNING_RATE, problem.learning_rate))
    for name, value in known:
        if isinstance(value, Fraction) and value:
            found.setdefault(abs(value), []).append((name, value))
    return found


def _numbers(expr: Expr, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Fraction]]:
    """Where each number of a formula stands; an exponent is none that would be put in."""
    if expr.is_Rational:
        yield place, Fraction(int(expr.p), int(expr.q))
    for i, part in enumerate(expr.args[:1] if expr.is_Pow else expr.args):
        yield from _numbers(part, (*place, i))


def _replaced(expr: Expr, place: tuple[int, ...], name: Expr, value: Fraction) -> Expr:
    if not place:
        same = (expr.p > 0) == (value > 0)
        return name if same else negate(name)
    args = list(expr.args)
    args[place[0]] = _replaced(args[place[0]], place[1:], name, value)
    return expr.func(*args, evaluate=False)
