"""What a network figure says: a cell for every circle, with what stands in it, above it and below it.

How much is said depends on the room of a page (``FORMS``): every weight's name with its value and gradient on small
nets, then the numbers alone, and none on large ones, whose weights stand in the sheet's table.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import hypot

from symnet.algebra.plurals import counted
from symnet.figures.labels import SIZE, Facts, Level, Told
from symnet.figures.units import Net, Unit, Wire
from symnet.notation.maths import COMMA, Brackets, Letter, Maths, Number, Operator, Script, Word, joined, row
from symnet.notation.typesetter import function_name

LARGEST_RADIUS, SMALLEST_RADIUS = 27.0, 12.0


@dataclass(frozen=True)
class Form:
    """How much a figure says: on wires and biases "full" (w = 2), "short" (2) or "none".

    At units "full", "pair" (the numbers of pre-activation and activation) or "short" (the latter alone).
    """

    wires: str
    units: str = "full"
    pair: bool = True  # whether a circle holds pre-activation and activation


FORMS: dict[Level, tuple[Form, ...]] = {
    "symbols": (Form("full"), Form("full", pair=False), Form("none", "short", False)),
    "values": (
        Form("full"), Form("short"), Form("short", "pair"), Form("short", pair=False), Form("short", "short", False),
        Form("none", "short", False),
    ),
    "gradients": (
        Form("full"), Form("short"), Form("short", "pair"), Form("short", "short"), Form("none", "short", False),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Followed:
    """What a path goes along: wires, and names of inputs, units, biases and the loss."""

    wires: frozenset[Wire] = frozenset()
    names: frozenset[str] = frozenset()
    origin: str = ""  # where it begins


@dataclass
class Cell:
    """One circle (or the box of the loss) with what stands in, above and below it; of an input, beside it."""

    name: str
    inside: tuple[Maths | str, ...]
    above: list[Told]
    below: list[Told]
    style: str = "plain"
    y: float = 0.0
    beside: bool = False  # whether what would stand below stands at the left, where no wires are
    shift: float = 0.0  # of what stands above and below, to the right


@dataclass(frozen=True)
class Says:
    """The cells and labels of one net in one form."""

    net: Net
    facts: Facts
    level: Level
    form: Form
    followed: Followed | None

    def cell(self, name: str) -> Cell:
        """The cell of an input or a unit."""
        unit = self.net.units.get(name)
        pair = unit is not None and unit.before and self.form.pair
        inside = (self.facts.name(unit.before), self.facts.name(name)) if unit and pair else (self.facts.name(name),)
        if len(inside) == 2 and needed_radius(inside) > LARGEST_RADIUS:
            inside = inside[1:]
        cell = Cell(name, inside, [], [])
        if unit is None:
            cell.below = self._told(name, with_gradient=False)
        else:
            cell.below = self._below(unit, alone=len(inside) == 1)
            if unit.bias and self.form.wires != "none":
                cell.above = self.weight(unit.bias, unit.threshold)
        if needed_radius(inside) > LARGEST_RADIUS:  # the name is too wide for a circle, so it stands below it
            if self.form.units != "full" or self.level == "symbols":
                cell.below[:0] = [Told(name) for name in inside]
            cell.inside = ()
        if self.followed is not None and name in self.followed.names:
            cell.style = "path"
        elif unit is not None and self.level != "symbols" and self._is_dead(unit):
            cell.style = "dead"
        return cell

    def loss(self) -> Cell:
        """The cell of the loss, with the targets below it."""
        loss = self.net.loss
        below = self._told(loss, with_gradient=False)
        shown = self.net.targets if len(self.net.targets) <= 8 else ()
        if self.level == "symbols" and 1 < len(shown) <= 3:
            named = joined([self.facts.name(target) for target in shown], COMMA)
            below.append(Told(row(Word("targets "), named)))
            shown = ()
        for i, target in enumerate(shown):
            name = self.facts.name(target)
            told = None if self.level == "symbols" else self.facts.equal(target)
            word = "target " if len(shown) == 1 else "targets " if i == 0 else ""
            text = told.text if told is not None else name
            below.append(Told(row(Word(word), text) if word and not isinstance(text, str) else text))
        followed = self.followed is not None and loss in self.followed.names
        return Cell(loss, (self.facts.name(loss),), [], below, style="path" if followed else "plain")

    def weight(self, weight: str, minus: bool = False, wire: Wire | None = None) -> list[Told]:
        """The lines of a weight or bias: w = 2 and, after the backward pass, its gradient."""
        if not weight or self.form.wires == "none":
            return []
        followed = self.followed is not None and (weight in self.followed.names or wire in self.followed.wires)
        style = "path" if followed else "plain"
        name = self.facts.name(weight)
        lines: list[Told | None] = [Told(row(Operator("−", prefix=True), name) if minus else name, style)]
        short = self.form.wires == "short"
        if self.level != "symbols":
            lines = [_in_style(self.facts.equal(weight, short), style) or lines[0]]
            if minus and lines[0] is not None:
                lines = [Told(row(Operator("−", prefix=True), name), style), lines[0]]
        if self.level == "gradients" and weight in self._parameters:
            lines.append(self.facts.gradient(weight, short))
        return [line for line in lines if line is not None]

    def bundle(self, weights: Collection[str], layer: int) -> Told | None:
        """What all the wires of a layer are, where none has a label of its own."""
        different = set(weights)
        if self.form.wires != "none" or not different:
            return None
        if all(weight.startswith(f"w{layer}_") for weight in different):
            return Told(Script(Letter("W"), sup=row(Word("("), Number(str(layer)), Word(")"))))
        return Told(counted(len(different), "weight"))

    def _below(self, unit: Unit, alone: bool) -> list[Told]:
        """The function, of the pre-activation where that is not in the circle; or the values and gradients."""
        if self.level == "symbols":
            if unit.function is None or self.form.units == "short":
                return []
            name = function_name(unit.function)
            of = Brackets(self.facts.name(unit.before)) if alone and unit.before else None
            return [Told(row(name, of) if of is not None else name)]
        if self.form.units == "short" or (self.form.units == "pair" and (alone or not unit.before)):
            return self._told(unit.name, with_gradient=True)
        if self.form.units == "pair":
            halves = [self._told(name, with_gradient=True) for name in (unit.before, unit.name)]
            return [Told(row(_node(z.text), Word(", "), _node(a.text)), z.style) for z, a in zip(*halves, strict=False)]
        before = self._told(unit.before, with_gradient=True) if unit.before else []
        return [*before, *self._told(unit.name, with_gradient=True)]

    def _told(self, name: str, with_gradient: bool) -> list[Told]:
        """The value and, after the backward pass, the gradient of a name."""
        if self.level == "symbols":
            return []
        short = self.form.units != "full"
        told = [self.facts.equal(name, short)]
        if with_gradient and self.level == "gradients":
            told.append(self.facts.gradient(name, short))
        return [line for line in told if line is not None]

    @property
    def _parameters(self) -> Collection[str]:
        return self.facts.work.problem.start if self.facts.work is not None else ()

    def _is_dead(self, unit: Unit) -> bool:
        """Whether a unit passes nothing on in either direction: output 0 and slope 0."""
        work = self.facts.work
        if work is None or not unit.before or unit.function is None:
            return False
        slope = work.solution.partials.get(f"{unit.name}/{unit.before}")
        return self.facts.value_of(unit.name) == 0 and slope == 0


def needed_radius(names: Sequence[Maths | str]) -> float:
    """The radius of the circle that one name or two need."""
    widths = [Told(name).width for name in names]
    if not widths:
        return 0.0
    across = max(widths) + 4.5 if len(widths) == 2 else widths[0] / 2 + 2
    return hypot(across, 0.4 * SIZE)


def _node(text: Maths | str) -> Maths:
    return Word(text) if isinstance(text, str) else text


def _in_style(told: Told | None, style: str) -> Told | None:
    return Told(told.text, style) if told is not None else None
