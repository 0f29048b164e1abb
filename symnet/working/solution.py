"""From a problem to its solution, to the digits asked for.

Numbers stay exact while they are rational and small.  Otherwise the whole problem is worked twice, the second time with
twice the digits, and again until two workings agree on every digit asked for, or until the next would take more than
MOST_WORK.  What is 0 is known without that (``exact``), but for updates by the thousand: there what only shrinks as
more digits are carried is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property

from symnet.algebra.backprop import backprop
from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import Equation, partial, symbol
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.shows_as_maths import ShowsAsMaths
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.computing.program import EquationError, Program, identifier
from symnet.notation.typesetter import has_places, in_places, is_shown_exactly
from symnet.working.problem import Problem
from symnet.working.quantities import lines_of
from symnet.working.rows import LONGEST_HISTORY, by_row, of_samples
from symnet.working.updates import MOST_LINES, Moment, Passes, Update, Values, located, train

MOST_DIGITS = 15_360  # carried at the very most
MOST_WORK = 1_000_000  # lines that the next working may take, where one in 100 digits counts as two, in 200 as three
SHOWN = ("forward", "gradients", "partials", "updated", "forward_after", "derivatives", "further", "cells")


@dataclass(frozen=True)
class Solution(ShowsAsMaths):
    """The numbers of a worked problem, at its first example; ``moments`` has every example before the first update.

    ``gradients`` are of the loss, ``partials`` are local ("y5/x5"; of an entry of an array those alone of which the
    derivative is wanted), ``derivatives`` total ("A/B"), ``further`` what questions ask for
    beyond the two passes.
    """

    problem: Problem
    digits: int
    forward: Values
    gradients: Values
    partials: Values
    updated: Values
    forward_after: Values
    derivatives: Values
    further: Values
    first_update: Update | None
    moments: tuple[Moment, ...]
    history: tuple[Moment, ...]

    def groups(self) -> Iterator[dict[str, Value] | dict[int, Value]]:
        """Every dictionary of numbers, always in the same order."""
        yield from (self.forward, self.gradients, self.partials, self.updated, self.forward_after, self.derivatives)
        yield self.further
        if self.first_update is not None:
            yield from (self.first_update.values, self.first_update.gradients)
        for moment in (*self.moments, *self.history):
            yield from (moment.forward, moment.gradients, moment.parameters, moment.further)
            if moment.update is not None:
                yield from (moment.update.values, moment.update.gradients, moment.update.changes)

    @cached_property
    def rows(self) -> tuple[Moment, ...]:
        """The moment before each update with the update, as a table shows them one by one: no more than a few."""
        problem = self.problem
        if self.history or not problem.rules or not problem.updates:
            return self.history[:LONGEST_HISTORY]
        return solve(replace(problem, updates=min(problem.updates, LONGEST_HISTORY)), self.digits, history=True).history

    @cached_property
    def cells(self) -> Values:
        """The numbers of ``rows`` and samples by their keys: w1@2 is w1 after the second update, y@2 y at sample 2."""
        return {**by_row(self.problem, self.rows), **of_samples(self.problem, self.moments)}

    def show(self, what: str, *names: str, digits: int = 6) -> None:
        """Print numbers: ``solution.show("gradients", "w13")``; without names, all of them.

        ``what`` is forward, gradients, partials, updated, forward_after, derivatives, further, or cells: the numbers of
        every update or sample, ``solution.show("cells", "w1", "change(w1)")`` for two columns of them.
        """
        if what not in SHOWN:
            raise Mistake(f"{shown(what)} is not shown{suggestion(what, SHOWN)}")
        values: Values = getattr(self, what)
        if what == "cells" and names:
            names = tuple(key for key in values if {key, key.rpartition("@")[0]} & {*names})
        for name in names or values:
            if name not in values:
                raise Mistake(f"{shown(name)} has no number in {what}{suggestion(name, values)}")
            said = f"grad({name})" if what == "gradients" else name
            print(said, "=", in_figures(values[name], digits))

    def __repr__(self) -> str:
        return (
            f"Solution({len(self.forward)} values, {len(self.gradients)} gradients of {self.problem.loss}, "
            f"{len(self.updated)} updated)"
        )


def in_figures(value: Value, digits: int, places: int | None = None) -> str:
    """The number as a sheet shows it, on one line: 0.25, 2/3, or rounded to ``digits`` significant digits.

    Where every line is rounded to so many ``places``, a number has all of them, 0.0170, but for a whole one.
    """
    if isinstance(value, Undefined):
        return f"undefined: {value.why}"
    if places and isinstance(value, Fraction) and has_places(value, places):
        return in_places(value, places)
    rounded, exactly = exact.decimal(value, digits, ROUND_HALF_UP), is_shown_exactly(value, digits)
    if exactly and isinstance(value, Fraction) and exact.as_fraction(rounded) != value:
        return str(value)
    return exact.written(rounded, 0 if exactly else digits)


def solve(
    problem: Problem, digits: int = 12, history: bool = False, derivatives: Sequence[tuple[str, str]] = ()
) -> Solution:
    """Work a problem; every number is right to ``digits`` significant digits when rounded.

    ``history`` keeps the moment before every update; ``derivatives`` are pairs (A, B) of which dA/dB is wanted.
    Raises Mistake, naming the equation, where the forward pass or an update has no value.
    """
    for name in (name for pair in derivatives for name in pair):
        if name not in problem.network.names:
            raise Mistake(f"{shown(name)} is not a name of this exercise{suggestion(name, problem.network.names)}")
    working = _Working(problem, derivatives)
    carried = max(30, digits + 10)
    solution = working.at(carried, digits, history)
    while not _all_exact(solution):
        carried *= 2
        before, solution = solution, working.at(carried, digits, history)
        if _agree(before, solution):
            break
        if 2 * carried > max(MOST_DIGITS, 4 * digits) or lines_of(problem) * (1 + 2 * carried / 100) > MOST_WORK:
            _without_ghosts(before, solution, carried)
            break
    return solution


def _all_exact(solution: Solution) -> bool:
    return all(isinstance(value, (Fraction, Undefined)) for group in solution.groups() for value in group.values())


def _agree(before: Solution, after: Solution) -> bool:
    """Whether every number has the same digits in both."""
    return all(
        _same(old, new, after.digits)
        for one, other in zip(before.groups(), after.groups(), strict=True)
        for old, new in zip(one.values(), other.values(), strict=True)
    )


def _same(old: Value, new: Value, digits: int) -> bool:
    if isinstance(old, (Fraction, Undefined)) or isinstance(new, (Fraction, Undefined)):
        return bool(old == new)
    return bool(new != 0) and exact.decimal(old, digits) == exact.decimal(new, digits)


def _without_ghosts(before: Solution, after: Solution, carried: int) -> None:
    """Zero in place of what only shrinks as more digits are carried: the rounding left by a cancellation."""
    vanishing = Decimal(10) ** (-carried // 4)
    for one, other in zip(before.groups(), after.groups(), strict=True):
        for key, old, value in zip(list(other), one.values(), list(other.values()), strict=True):
            if isinstance(old, Decimal) and isinstance(value, Decimal) and (not old or abs(value / old) < vanishing):
                other[key] = Decimal(0)  # type: ignore[index]


class _Working:
    """The programs of a problem, run at one precision after another."""

    def __init__(self, problem: Problem, derivatives: Sequence[tuple[str, str]]) -> None:
        equations = problem.network.equations
        self.problem = problem
        self.passes = Passes(problem)
        self.partials = Program(
            [
                Equation(symbol(f"{equation.name}/{name.name}"), slope)
                for equation in equations
                for name, slope in local_derivatives(equation).items()
                if equation.name not in problem.array_of or (equation.name, name.name) in derivatives
            ]
        )
        self.derivatives = tuple(derivatives)
        self.lines_left = MOST_LINES
        self.totals = {
            a: Program(backprop(equations, symbol(a)))
            for a in dict.fromkeys(a for a, _ in derivatives)
            if a in problem.network.by_name
        }

    def at(self, carried: int, digits: int, history: bool) -> Solution:
        """The solution with so many digits carried."""
        with exact.digits_carried(carried):
            return self._solve(digits, history)

    def _solve(self, digits: int, history: bool) -> Solution:
        problem, passes = self.problem, self.passes
        start: Values = {**problem.start, **problem.state}
        try:
            frame = passes.frame(0, start)
            moments = [passes.moment(i, start) for i in range(len(problem.examples))] if problem.samples else []
        except EquationError as error:
            raise located(error, problem) from None
        training = train(passes, history, lines_left=self.lines_left)
        self.lines_left = training.lines_left
        local = dict(frame)
        self.partials.run(local, passes.keep, undefined_allowed=True)
        return Solution(
            problem=problem,
            digits=digits,
            forward=passes.forward_of(frame),
            gradients=passes.gradients_of(frame) if problem.has_loss else {},
            partials={e.name: local[identifier(e.name)] for e in self.partials.equations},
            updated=training.parameters if problem.rules else {},
            forward_after=passes.forward_again(0, training.parameters),
            derivatives={f"{a}/{b}": self._derivative(frame, a, b) for a, b in self.derivatives},
            further=passes.further_of(frame),
            first_update=training.first,
            moments=tuple(moments),
            history=training.history,
        )

    def _derivative(self, frame: dict[str, Value], a: str, b: str) -> Value:
        if a not in self.totals:
            return Fraction(int(a == b))
        values = dict(frame)
        self.totals[a].run(values, self.passes.keep, undefined_allowed=True)
        return values.get(identifier(partial(a, b).name), Fraction(0))
