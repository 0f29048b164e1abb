"""Updates on paper, one after another: what holds before each, and its lines of working."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from symnet.algebra.equations import Equation, names_in, partial
from symnet.algebra.network import needed
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.computing.exact import Value
from symnet.notation.line import Line
from symnet.working.rows import is_batch
from symnet.working.updates import Moment
from symnet.working.work import Work


@dataclass(frozen=True)
class Round:
    """Update number ``k``, from 0, of a worked problem."""

    work: Work
    k: int
    moment: Moment

    @cached_property
    def before(self) -> dict[str, Value]:
        """Every number before the update, by name; gradients are those that the rules use."""
        problem, moment = self.work.problem, self.moment
        given = problem.examples[problem.examples_of_update(self.k)[0]]
        values: dict[str, Value] = {**given, **moment.parameters, **moment.state, **moment.forward}
        values |= {partial(problem.loss, name).name: value for name, value in moment.gradients.items()}
        values |= moment.update.gradients if moment.update is not None else {}
        values[UPDATE_NUMBER.name] = Fraction(problem.made + self.k + 1)
        if problem.learning_rate is not None:
            values[LEARNING_RATE.name] = problem.learning_rate
        return values

    @property
    def gradients(self) -> dict[str, Value]:
        """The gradients that the rules use, by the names ∂Loss/∂w."""
        used = {name.name for rule in self.work.problem.rules for name in names_in(rule.rhs)}
        return {name: value for name, value in self.before.items() if name in used and name.startswith("∂")}

    @property
    def rules(self) -> tuple[Line, ...]:
        """A line a rule: symbols, numbers, and what it gives, for a parameter in a box."""
        work, values = self.work, dict(self.before)
        lines = []
        for i, rule in enumerate(work.problem.rules):
            assert self.moment.update is not None
            value = self.moment.update.values[i]
            box = rule.name in work.problem.start
            lhs = work.names.node(rule.name)
            lines.append(work.three_forms(lhs, rule.rhs, value, "←", box=box, values=values, moment=self.k + 1))
            values[rule.name] = value
        return tuple(lines)

    @property
    def passes(self) -> tuple[Line, ...]:
        """A line an equation of the forward pass, and of the gradients that the rules use.

        Of one sample alone; where later gradients see parameters that are already updated, of the forward pass alone.
        """
        problem = self.work.problem
        if is_batch(problem):
            return ()
        used = [name for rule in problem.rules for name in names_in(rule.rhs)]
        backward = () if problem.sequential else needed(problem.backward, used)
        return tuple(self._lines((*problem.network.equations, *backward)))

    def _lines(self, equations: Sequence[Equation]) -> Iterator[Line]:
        for equation in equations:
            if equation.name in self.before:
                value = self.before[equation.name]
                lhs = self.work.names.node(equation.name)
                yield self.work.three_forms(lhs, equation.rhs, value, values=self.before, moment=self.k + 1)


def rounds(work: Work) -> tuple[Round, ...]:
    """The updates of a problem, as far as a sheet shows them one by one; none where nothing is updated."""
    return tuple(Round(work, k, moment) for k, moment in enumerate(work.solution.rows))
