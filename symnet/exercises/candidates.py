"""One draw of numbers put to the test: what an exercise gives with them, worked out only as far as a test asks.

``Bench`` holds what all variants of an exercise share, its programs, compiled once; ``Trial`` is the exercise with one
set of numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from copy import copy
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import sympy

from symnet.algebra.equations import Equation, Expr, symbol
from symnet.algebra.equations import replace as put_in
from symnet.algebra.functions import CATALOGUE, relu
from symnet.algebra.scalar import Kind, ScalarFunction, formula
from symnet.computing import exact
from symnet.computing.exact import Number, Undefined, Value
from symnet.computing.program import EquationError, Program, identifier
from symnet.exercises.asked import asked_keys
from symnet.exercises.exercise import Exercise
from symnet.working.problem import Problem
from symnet.working.rows import LONGEST_HISTORY, by_row, by_samples, of_samples, parted
from symnet.working.updates import Frame, Moment, Passes, Training, Values, train

if TYPE_CHECKING:
    from symnet.diagnosis.separation import Mixed, Separation

CARRIED = 30  # digits, for what is not exact


class NoValue(ArithmeticError):
    """With these numbers something that is asked for does not exist."""


class Bench:
    """An exercise, ready to be worked with many sets of numbers."""

    def __init__(self, exercise: Exercise, free: Collection[str] | None = None) -> None:
        """``free`` are the names whose numbers are drawn, all of them unless told."""
        self.exercise = exercise
        self.free = free
        self.problem = exercise.problem
        self.keys = asked_keys(exercise)
        self.passes = Passes(self.problem)
        self.kinks = _program("kink", _kinks(self.problem))
        self.relus = _program("relu", _relus(self.problem))

    def trial(self, problem: Problem, drawn: Sequence[Fraction] = ()) -> Trial:
        return Trial(self, problem, drawn)

    @cached_property
    def separation(self) -> Separation:
        from symnet.diagnosis.hypotheses import Hypotheses
        from symnet.diagnosis.separation import Separation

        return Separation(Hypotheses(self.problem, self.keys), self.problem, self.keys, self.free)


class Trial:
    """The exercise with the numbers of ``problem``, of which ``drawn`` have been drawn."""

    def __init__(self, bench: Bench, problem: Problem, drawn: Sequence[Fraction] = ()) -> None:
        self.bench = bench
        self.problem = problem
        self.drawn = tuple(drawn)
        self._passes = copy(bench.passes)  # the same programs with other numbers
        self._passes.problem = problem

    def check(self) -> None:
        """Raises NoValue where the forward pass of the first sample, or a number that is asked for, does not exist."""
        with exact.digits_carried(CARRIED):
            self._first  # noqa: B018 - worked out here, so that nothing dear follows where it fails

    @cached_property
    def answers(self) -> dict[str, Number]:
        """{key: number} of what is asked for."""
        return self._worked[0]

    @cached_property
    def cancels(self) -> bool:
        """Whether numbers that are not exact cancel to nothing but rounding: a 0 that is tedious to prove."""
        return self._worked[1]

    @cached_property
    def _worked(self) -> tuple[dict[str, Number], bool]:
        passes, problem = self._passes, self.problem
        with exact.digits_carried(CARRIED) as state:
            try:
                frame = passes.frame(0, {**problem.start, **problem.state})
            except EquationError as error:
                raise NoValue(str(error)) from None
            cancels = state.cancelled
        values: dict[str, Value] = dict(passes.forward_of(frame))
        values |= {f"grad({name})": value for name, value in passes.gradients_of(frame).items()}
        if any(key in problem.start for key in self.bench.keys):
            values |= self._training.parameters
        values |= passes.further_of(frame)
        if any(map(parted, self.bench.keys)):
            values |= by_row(problem, self._rows) if problem.rules else {}
            values |= of_samples(problem, self._samples) if by_samples(problem) else {}
        numbers: dict[str, Number] = {}
        for key in self.bench.keys:
            value = values[key]
            if isinstance(value, Undefined):
                raise NoValue(value.why)
            numbers[key] = value
        return numbers, cancels

    @cached_property
    def fits(self) -> bool:
        """Whether windows fit into what they move over, and what is added has one shape, where sizes are asked."""
        sizes = self.problem.sizes
        if sizes is None:
            return True
        frame = {**self.problem.given, **{name: self._first[identifier(name)] for name in self.problem.network.by_name}}
        lengths = (frame[name] for layer in sizes.layers for name in layer.shape.values())
        return all(length >= 1 for length in lengths) and all(frame[a] == frame[b] for a, b in sizes.agree)

    @cached_property
    def dead(self) -> int:
        """How many ReLUs get 0 or less, before the update, at the first sample."""
        with exact.digits_carried(CARRIED):
            return sum(z <= 0 for z in _values(self.bench.relus, self._first))

    @cached_property
    def at_a_kink(self) -> bool:
        if not self.bench.kinks.equations:
            return False
        with exact.digits_carried(CARRIED):
            return any(z == 0 for frame in self._frames() for z in _values(self.bench.kinks, frame))

    @cached_property
    def loss_falls(self) -> bool:
        passes, loss = self._passes, self.problem.loss
        with exact.digits_carried(CARRIED):
            after = passes.forward_again(0, self._training.parameters)[loss]
        before = self._first[identifier(loss)]
        return not isinstance(after, Undefined) and bool(after < before)

    @cached_property
    def hidden(self) -> set[str]:
        """What people get wrong that gives the right numbers everywhere, and would not with others."""
        return self.bench.separation.hidden(self.problem)

    @cached_property
    def separates(self) -> bool:
        """Whether the numbers tell apart what people get wrong."""
        return self.bench.separation.holds(self.problem)

    @cached_property
    def mixed(self) -> tuple[Mixed, ...]:
        """What the numbers do not tell apart of what people get wrong."""
        return self.bench.separation.mixed(self.problem)

    @cached_property
    def _first(self) -> Frame:
        """The forward pass of the first sample."""
        return self._forward(0, {**self.problem.start, **self.problem.state})

    def _forward(self, example: int, parameters: Values) -> Frame:
        numbers = {**self.problem.examples[example], **parameters}
        frame: Frame = {identifier(name): number for name, number in numbers.items()}
        try:
            self._passes.forward.run(frame, self._passes.keep)
        except EquationError as error:
            raise NoValue(str(error)) from None
        return frame

    def _frames(self) -> Iterator[Frame]:
        """The forward pass of every sample at every update that a sheet works."""
        problem = self.problem
        yield self._first
        if not problem.rules or problem.updates <= 1:
            start: Values = {**problem.start, **problem.state}
            yield from (self._forward(i, start) for i in range(1, len(problem.examples)))
            return
        for k, moment in enumerate(self._training.history[:LONGEST_HISTORY]):
            yield from (self._forward(i, {**moment.parameters}) for i in problem.examples_of_update(k))

    @cached_property
    def _training(self) -> Training:
        return self._trained(self._passes, history=1 < self.problem.updates <= LONGEST_HISTORY)

    @property
    def _samples(self) -> list[Moment]:
        """What every sample comes to before any update."""
        start: Values = {**self.problem.start, **self.problem.state}
        return [self._passes.moment(i, start) for i in range(len(self.problem.examples))]

    @property
    def _rows(self) -> tuple[Moment, ...]:
        """The updates that a table shows one by one."""
        if self._training.history:
            return self._training.history
        passes = copy(self._passes)
        passes.problem = replace(self.problem, updates=min(self.problem.updates, LONGEST_HISTORY))
        return self._trained(passes, history=True).history

    def _trained(self, passes: Passes, history: bool) -> Training:
        with exact.digits_carried(CARRIED):
            try:
                return train(passes, history=history)
            except ValueError as error:  # a Mistake: an update has no value
                raise NoValue(str(error)) from None


def _program(kind: str, expressions: Sequence[Expr]) -> Program:
    """The expressions under names that no exercise can use."""
    return Program([Equation(symbol(f"{kind} {i}"), expr) for i, expr in enumerate(expressions)])


def _values(program: Program, frame: Frame) -> list[Number]:
    at = dict(frame)
    program.run(at, undefined_allowed=True)
    found = [at[identifier(equation.name)] for equation in program.equations]
    return [value for value in found if not isinstance(value, Undefined)]


# -- where functions change over --------------------------------------------------------------------------------------


def _nodes(problem: Problem) -> Iterator[ScalarFunction]:
    for equation in problem.network.equations:
        for node in sympy.preorder_traversal(equation.rhs):
            if isinstance(node, ScalarFunction):
                yield node


def _kinks(problem: Problem) -> tuple[Expr, ...]:
    """What is 0 where a function of the exercise changes from one case to another, each once."""
    return tuple(dict.fromkeys(boundary for node in _nodes(problem) for boundary in _boundaries(node)))


def _boundaries(node: ScalarFunction) -> Iterator[Expr]:
    """z for ReLU(z), a − b for max(a, b); of a function that is made of others, also theirs."""
    kind: Kind = type(node)
    z, definition = formula(kind, len(node.args))
    arguments = dict(zip(z, node.args, strict=True))
    for part in sympy.preorder_traversal(definition):
        if isinstance(part, ScalarFunction):
            yield from _boundaries(part.func(*(put_in(argument, arguments) for argument in part.args)))
        elif isinstance(part, sympy.core.relational.Relational):
            left, right = (put_in(side, arguments) for side in part.args)
            yield left if right == 0 else sympy.Add(left, sympy.Mul(-1, right, evaluate=False), evaluate=False)


def _relus(problem: Problem) -> tuple[Expr, ...]:
    """What goes into each ReLU, also where it is written max(0, z)."""
    found: dict[Expr, None] = {}
    for node in _nodes(problem):
        if isinstance(node, relu):
            found[node.args[0]] = None
        elif isinstance(node, CATALOGUE["max"]) and len(node.args) == 2 and 0 in node.args:
            found[node.args[0] if node.args[1] == 0 else node.args[1]] = None
    return tuple(found)
