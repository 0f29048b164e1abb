"""What the labels of a figure say: names, values and gradients of one exercise, each formula on one line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from symnet.algebra.equations import partial
from symnet.computing.exact import Undefined, Value
from symnet.notation.maths import EQUALS, Maths, Operator, row
from symnet.notation.names import Names
from symnet.notation.typesetter import is_shown_exactly, number
from symnet.paper.drawing import Label
from symnet.paper.lettering import HALF_HEIGHT, left_of, on_one_line, width_of
from symnet.working.work import Work

Level: TypeAlias = Literal["symbols", "values", "gradients"]
DIGITS = 4  # significant, of a number in a figure; the tables beside it have more
SIZE = 9.0  # of all letters, in points
LINE = 2 * HALF_HEIGHT * SIZE  # from one line of a label to the next


@dataclass(frozen=True)
class Told:
    """A line of a label and its style."""

    text: Maths | str
    style: str = "plain"

    @cached_property
    def width(self) -> float:
        return width_of(self.text) * SIZE


@dataclass(frozen=True)
class Facts:
    """The names of an exercise and, where it has been worked, its numbers."""

    names: Names
    loss: str
    work: Work | None = None

    @property
    def digits(self) -> int:
        return min(DIGITS, self.work.digits) if self.work is not None else DIGITS

    def name(self, name: str) -> Maths:
        return on_one_line(self.names.node(name))

    def value_of(self, name: str) -> Value | None:
        """The number of a name, None where the exercise has none."""
        return self.work.values.get(name) if self.work is not None else None

    def gradient_of(self, name: str) -> Value | None:
        if self.work is None or name in self.work.passed_over:
            return None
        return self.work.solution.gradients.get(name)

    def number(self, value: Value | None) -> Maths | None:
        return None if value is None else on_one_line(number(value, self.digits))

    def equal(self, name: str, short: bool = False) -> Told | None:
        """x3 = 5, or 5 alone."""
        return self._told(self.name(name), self.value_of(name), short, "plain")

    def gradient(self, name: str, short: bool = False, blank: bool = False) -> Told | None:
        """∂Loss/∂x3 = 20, or 20 alone, in the colour of gradients; with nothing after the sign where it is blank."""
        lhs = on_one_line(self.names.node(partial(self.loss, name).name))
        if blank:
            return Told(row(lhs, EQUALS), "gradient")
        return self._told(lhs, self.gradient_of(name), short, "gradient")

    def _told(self, lhs: Maths, value: Value | None, short: bool, style: str) -> Told | None:
        if value is None:
            return None
        shown = on_one_line(number(value, self.digits))
        exactly = isinstance(value, Undefined) or is_shown_exactly(value, self.digits)
        return Told(shown if short else row(lhs, EQUALS if exactly else Operator("≈"), shown), style)


def facts_of(work: Work) -> Facts:
    return Facts(work.names, work.problem.loss, work)


def extent(label: Label) -> tuple[float, float, float, float]:
    """The left, top, right and bottom of a label, about."""
    width, half = width_of(label.text) * label.size, HALF_HEIGHT * label.size
    left = left_of(label, width)
    return left, label.y - half, left + width, label.y + half
