"""What is said of a line of numbers in which one does not belong: which one, and the slip that put it there.

A number of a line says more than its result does.  Many a slip gives 14 where 20 is right; in 7·1·2·1·1 the 7 stands
where 10 belongs, and only a slip that makes 7 of that quantity is a cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from symnet.algebra.equations import Expr
from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.diagnosis import Explained
from symnet.diagnosis.factors import Odd, explains
from symnet.diagnosis.typed import CARRIED
from symnet.working.problem import Problem
from symnet.working.solution import in_figures
from symnet.working.updates import Passes, train

_FIGURES = 6
_CLOSE = Fraction(1, 10**3)  # a factor may be rounded


@dataclass(frozen=True)
class OddFactor:
    """The odd number of one line, ``text``: what is said of it, with no right number in it, and what belongs there."""

    text: str
    odd: Odd

    @property
    def says(self) -> str:
        """A sentence."""
        if self.odd.sign:
            return f"In {self.text} only a sign is wrong."
        rest = "; the rest belongs there" if self.odd.wrong and self.odd.belongs else ""
        return f"In {self.text} {self._clause}{rest}."

    @property
    def value(self) -> str:
        """The number that belongs there, in a sentence; nothing where none does, or it stands there already."""
        if self.odd.value is None or self.odd.sign:
            return ""
        number = in_figures(self.odd.value, _FIGURES)
        return f"{self.odd.belongs} is {number}." if number != self.odd.belongs else ""

    @property
    def _clause(self) -> str:
        wrong, belongs = self.odd.wrong, self.odd.belongs
        if not belongs:
            return f"the {wrong} does not belong"
        if not wrong:
            return f"{belongs} is missing"
        if self.odd.value is not None and read_number(wrong.split()[-1], wrong).matches(self.odd.value):
            return f"the {wrong} is {belongs} with too few digits"
        return f"the {wrong} should be {belongs}"

    def blamed(self, problem: Problem, key: str, line: Expr, slips: Sequence[Explained]) -> tuple[Explained, ...]:
        """What is wrong: the number alone, or together with the one slip that gives this very number.

        Where several slips give it, none of them is told from the others.
        """
        told = [slip for slip in slips if self._is_from(problem, key, line, slip)]
        if len({slip.id for slip in told}) != 1:
            return (Explained("wrong-factor", self.says),)
        slip = told[0]
        says = f"{slip.says.removesuffix('.')}: in {self.text} {self._clause}."
        return (replace(slip, says=says, beside=f"In {self.text} {self._clause}."),)

    def _is_from(self, problem: Problem, key: str, line: Expr, slip: Explained) -> bool:
        if slip.hypothesis is None or slip.hypothesis.is_rounding:
            return False
        way = slip.hypothesis.slipped.problem
        if way.sequential and not problem.sequential:
            return self._is_updated(problem)
        return explains(way, key, line, self.odd)

    def _is_updated(self, problem: Problem) -> bool:
        """Whether the number is the new one of the parameter that belongs there."""
        if self.odd.of is None or not self.odd.of.is_Symbol or self.odd.of.name not in problem.start:
            return False
        with exact.digits_carried(CARRIED):
            try:
                new = train(Passes(replace(problem, updates=1))).parameters[self.odd.of.name]
            except (ArithmeticError, Mistake):
                return False
        return _is_close(self.odd.number, new)


def _is_close(one: Value | None, other: Value) -> bool:
    if one is None or isinstance(one, Undefined) or isinstance(other, Undefined):
        return False
    a, b = exact.as_fraction(one), exact.as_fraction(other)
    return abs(a - b) <= _CLOSE * abs(b)
