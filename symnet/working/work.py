"""A worked problem on its way to paper: its numbers, its names, and lines of working in three forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cached_property, lru_cache

import sympy

from symnet.algebra import functions
from symnet.algebra.equations import Equation, Expr, names_in, partial, symbol
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.algebra.output_errors import output_errors
from symnet.algebra.scalar import ScalarFunction
from symnet.algebra.zero_logarithms import logarithms_with_factors
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.computing.program import Program, identifier
from symnet.notation.line import Line
from symnet.notation.maths import Boxed, Maths
from symnet.notation.names import Names
from symnet.notation.typesetter import Typesetter, in_threes, is_shown_exactly, number
from symnet.working.quantities import further_of
from symnet.working.solution import Solution


class Work:
    """A solution and the way it is written down."""

    is_faded = False  # whether blanks are left in it

    def __init__(self, solution: Solution, names: Names, digits: int = 6) -> None:
        self.solution = solution
        self.problem = solution.problem
        self.names = names
        self.digits = solution.problem.shown_in(digits)
        self.network = solution.problem.network

    @cached_property
    def values(self) -> dict[str, Value]:
        """Every number before the first update, by name: given, parameters, forward values and gradients."""
        values = {**self._given, **self.solution.forward}
        for name, value in self.solution.gradients.items():
            values[partial(self.problem.loss, name).name] = value
        for key, name in further_of(self.problem).items():
            values[name] = self.solution.further[key]
        return values

    @cached_property
    def passed_over(self) -> frozenset[str]:
        """The outputs that go with their loss: the gradient goes straight to their logits, as p − t."""
        errors = output_errors(self.network.equations, symbol(self.problem.loss))
        return frozenset(name.name for error in errors for name in error.between)

    @cached_property
    def has_zero_logarithm(self) -> bool:
        """Whether 0·ln 0 is met, which counts as 0."""
        return any(
            self.evaluate(c, self.values) == 0 == self.evaluate(x, self.values)
            for e in self.network.equations
            for x, c in logarithms_with_factors(e.rhs)
        )

    @cached_property
    def uses_count(self) -> bool:
        """Whether a rule uses the number of the update."""
        return any(UPDATE_NUMBER in names_in(rule.rhs) for rule in self.problem.rules)

    def symbols(self, expr: Expr, names: Names | None = None) -> Maths:
        return Typesetter(names or self.names).maths(expr)

    def numbers(self, expr: Expr, values: Mapping[str, Value] | None = None) -> Maths:
        """The expression with numbers put in."""
        at = self.values if values is None else values
        places, given = self.problem.places, self._given
        counts = self.problem.sizes is not None

        def worked(function: ScalarFunction) -> Value:
            return self.evaluate(function, at)

        # A slope, as |x|′ = sign(x), is put in as its number; a line that is a sign shows of what.
        of_slopes = None if isinstance(expr, functions.sign) else worked
        return Typesetter(self.names, at, self.digits, of_slopes, places, given, counts).maths(expr)

    def value(self, value: Value, name: str = "") -> Maths:
        """A number that was worked out, or that of a ``name`` which may have been given."""
        is_given = name in self._given and self._given[name] == value
        node = number(value, self.digits, None if is_given else self.problem.places)
        return in_threes(node) if self.problem.sizes is not None else node

    @cached_property
    def _given(self) -> dict[str, Value]:
        """What is written as it was given, and not as a number that was worked out."""
        problem = self.problem
        given: dict[str, Value] = {
            **problem.examples[0],
            **{name: problem.examples[at][base] for name, (at, base) in problem.of_samples.items()},
            **problem.start,
            **problem.state,
            UPDATE_NUMBER.name: Fraction(problem.made + 1),
        }
        if problem.learning_rate is not None:
            given[LEARNING_RATE.name] = problem.learning_rate
        return given

    def relation(self, value: Value, exactly: bool = True) -> str:
        """ "=" before a number shown exactly, "≈" before one that is rounded or comes from rounded ones, but for 0."""
        exactly = exactly or value == 0 or isinstance(value, Undefined)
        return "=" if exactly and is_shown_exactly(value, self.digits, self.problem.places) else "≈"

    def shows_exactly(self, expr: Expr, values: Mapping[str, Value] | None = None) -> bool:
        """Whether no number that ``numbers`` puts into the expression is rounded."""
        at = self.values if values is None else values
        if expr.is_Symbol:
            return is_shown_exactly(at[expr.name], self.digits, self.problem.places)
        if getattr(expr, "is_slope", False):
            return is_shown_exactly(self.evaluate(expr, at), self.digits)
        return all(self.shows_exactly(part, at) for part in expr.args)

    def evaluate(self, expr: Expr, values: Mapping[str, Value]) -> Value:
        """The number of an expression of names that have numbers."""
        for name in names_in(expr):
            at = values[name.name]
            if isinstance(at, Undefined):
                return at
        frame = {identifier(name.name): values[name.name] for name in names_in(expr)}
        with exact.digits_carried(max(30, self.digits + 20)):
            _program(expr).run(frame, undefined_allowed=True)
        result: Value = frame[identifier("answer")]
        return result

    def three_forms(
        self,
        lhs: Maths | None,
        rhs: Expr,
        value: Value,
        relation: str = "=",
        box: bool = False,
        names: Names | None = None,
        values: Mapping[str, Value] | None = None,
        moment: int = 0,
    ) -> Line:
        """Symbols, the same with numbers put in, the value; a form that says nothing new is left out.

        ``moment`` says which sample or update, from 1, the line is of, where a sheet works several.
        """
        steps = [(relation, self.symbols(rhs, names))]
        result = self.value(value)
        exactly = self.shows_exactly(rhs, values)
        if names_in(rhs) or rhs.has(sympy.Function):
            with_numbers = self.numbers(rhs, values)
            if with_numbers != result:
                steps.append(("=" if exactly else "≈", with_numbers))
        final = Boxed(result) if box else result
        if steps[-1][1] != result or box:
            rounded = self.problem.places is not None and self.evaluate(rhs, self.values if values is None else values)
            steps.append(("≈" if rounded and rounded != value else self.relation(value, exactly), final))
        return Line(lhs, tuple(steps))

    def forward(self) -> tuple[Line, ...]:
        """One line an equation: x₃ = w₁₃x₁ + w₂₃x₂ = 2·1 + (−3)·(−1) = 5."""
        return tuple(
            self.three_forms(self.names.node(e.name), e.rhs, self.solution.forward[e.name])
            for e in self.network.equations
        )

    def update(self, wanted: Callable[[str], bool] = lambda name: True, boxes: bool = True) -> tuple[Line, ...]:
        """The rules of the first update: symbols, numbers, and the new value, for parameters in a box."""
        first = self.solution.first_update
        if first is None:
            return ()
        values = {**self.values, **first.gradients}
        lines = []
        for i, rule in enumerate(self.problem.rules):
            new = first.values[i]
            if wanted(rule.name):
                box = boxes and rule.name in self.problem.start
                lhs = self.names.node(rule.name)
                lines.append(self.three_forms(lhs, rule.rhs, new, "←", box=box, values=values))
            values[rule.name] = new
        return tuple(lines)


@lru_cache(maxsize=4_000)  # the variants of an exercise evaluate the same expressions
def _program(expr: Expr) -> Program:
    return Program([Equation(symbol("answer"), expr)])
