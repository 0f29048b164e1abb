"""The network figure: inputs at the left, a column of circles for every layer, the loss at the right.

Each column has a band as wide as its circles and the labels above and below them; between two bands is a gap, in which
wires are straight lines with the weights on them.  So no label of a unit meets a wire, and no label of a wire a unit.
A wire that passes over a column runs above or below everything in it.

How much is said depends on the room of a page (``FORMS``): every weight's name with its value and gradient on small
nets, then the numbers alone, and from MOST_LABELS weights in one gap none: the wires are then a faint bundle, which is
labelled by the name of the layer's weights or by their number; units have their output alone, and biases are left out.
The weights stand in the sheet's table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from symnet.sheets.drawing import PAGE, Box, Circle, Drawing, Label, Mark, Stroke, widened
from symnet.sheets.figures.labels import LINE, SIZE, Facts, Level, Told
from symnet.sheets.figures.units import Net, Unit, Wire
from symnet.sheets.figures.wiring import Segment, placed
from symnet.working.maths import Brackets, Letter, Maths, Number, Operator, Script, Word, row
from symnet.working.notation import function_name

SMALLEST_PRINT = 7.0  # points
WIDEST = PAGE * SIZE / SMALLEST_PRINT  # printed across a page, its letters are still so large
HIGHEST = 560.0
MANY = 8  # wires in one gap, from which they are drawn faint
MOST_LABELS = 20  # weights in one gap that can be told apart
LARGEST_RADIUS, SMALLEST_RADIUS = 27.0, 10.0
_GAPS = (40.0, 50.0, 60.0, 72.0, 86.0, 100.0, 115.0, 130.0, 150.0, 175.0, 200.0)
_STRETCHES = (1.0, 1.3, 1.7)  # of the way from one unit down to the next, where the labels of wires lack room
_MARGIN = 6.0
_APART = 8.0  # between a unit with its labels and the next one down
_TAIL = 11.0  # the arrow of a bias
_STUB = 10.0  # the level end of a wire, with its arrow's head


@dataclass(frozen=True)
class Form:
    """How much a figure says: on wires and biases "full" (w = 2), "short" (2) or "none"; at units "full" or "short"."""

    wires: str
    units: str = "full"
    pair: bool = True  # whether a circle holds pre-activation and activation


FORMS: dict[Level, tuple[Form, ...]] = {
    "symbols": (Form("full"), Form("full", pair=False), Form("none", "short", False)),
    "values": (Form("full"), Form("short"), Form("short", pair=False), Form("none", "short", False)),
    "gradients": (Form("full"), Form("short"), Form("short", "short"), Form("none", "short", False)),
}


@dataclass(frozen=True)
class Followed:
    """What a path goes along: wires, and names of inputs, units, biases and the loss."""

    wires: frozenset[Wire] = frozenset()
    names: frozenset[str] = frozenset()


def lay_out(
    net: Net, facts: Facts, level: Level, followed: Followed | None = None, highest: float = HIGHEST
) -> Drawing:
    """The drawing in the fullest form that is no wider than a page nor higher than said, otherwise in the shortest."""
    *longer, shortest = FORMS[level]
    for form in longer:
        for stretch in _STRETCHES:
            drawing = _Layout(net, facts, level, form, followed, stretch).drawing()
            if drawing is not None and drawing.width <= WIDEST and drawing.height <= highest:
                return drawing
    drawing = _Layout(net, facts, level, shortest, followed).drawing()
    assert drawing is not None, "without labels of wires there is nothing that could lack room"
    return drawing


@dataclass
class _Cell:
    """One circle (or the box of the loss) with what stands in, above and below it."""

    name: str
    inside: tuple[Maths | str, ...]
    above: list[Told]
    below: list[Told]
    bias: bool = False
    style: str = "plain"
    y: float = 0.0


class _Layout:
    def __init__(
        self, net: Net, facts: Facts, level: Level, form: Form, followed: Followed | None, stretch: float = 1.0
    ) -> None:
        self.net, self.facts, self.level, self.form = net, facts, level, form
        self.followed, self.stretch = followed, stretch
        self.columns = [[self._cell(name) for name in column] for column in net.columns]
        if net.loss:
            self.columns.append([self._loss()])
        self.radius = self._radius()
        self._name_below_where_too_wide()
        self.marks: list[Mark] = []
        self.labels: list[Mark] = []  # over everything else

    # -- what is said -------------------------------------------------------------------------------------------------

    def _cell(self, name: str) -> _Cell:
        unit = self.net.units.get(name)
        pair = unit is not None and unit.before and self.form.pair
        inside = (self.facts.name(unit.before), self.facts.name(name)) if unit and pair else (self.facts.name(name),)
        if len(inside) == 2 and _needed_radius(inside) > LARGEST_RADIUS:
            inside = inside[1:]
        cell = _Cell(name, inside, [], [])
        if unit is None:
            cell.below = self._told(name, with_gradient=False)
        else:
            cell.below = self._below(unit, alone=len(inside) == 1)
            if unit.bias and self.form.wires != "none":
                cell.bias = True
                cell.above = self._wire_label(unit.bias, unit.threshold)
        if self.followed is not None and name in self.followed.names:
            cell.style = "path"
        elif unit is not None and self.level != "symbols" and self._is_dead(unit):
            cell.style = "dead"
        return cell

    def _below(self, unit: Unit, alone: bool) -> list[Told]:
        """The function, of the pre-activation where that is not in the circle; or the values and gradients."""
        if self.level == "symbols":
            if unit.function is None or self.form.units == "short":
                return []
            name = function_name(unit.function)
            of = Brackets(self.facts.name(unit.before)) if alone and unit.before else None
            return [Told(row(name, of) if of is not None else name)]
        if self.form.units == "short":
            return self._told(unit.name, with_gradient=True)
        before = self._told(unit.before, with_gradient=True) if unit.before else []
        return [*before, *self._told(unit.name, with_gradient=True)]

    def _told(self, name: str, with_gradient: bool) -> list[Told]:
        """The value and, after the backward pass, the gradient of a name."""
        if self.level == "symbols":
            return []
        short = self.form.units == "short"
        told = [self.facts.equal(name, short)]
        if with_gradient and self.level == "gradients":
            told.append(self.facts.gradient(name, short))
        return [line for line in told if line is not None]

    def _wire_label(self, weight: str, minus: bool = False, wire: Wire | None = None) -> list[Told]:
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

    @property
    def _parameters(self) -> Collection[str]:
        return self.facts.work.problem.start if self.facts.work is not None else ()

    def _loss(self) -> _Cell:
        loss = self.net.loss
        below = self._told(loss, with_gradient=False)
        shown = self.net.targets if len(self.net.targets) <= 8 else ()
        for i, target in enumerate(shown):
            name = self.facts.name(target)
            told = None if self.level == "symbols" else self.facts.equal(target)
            word = "target " if len(shown) == 1 else "targets " if i == 0 else ""
            text = told.text if told is not None else name
            below.append(Told(row(Word(word), text) if word and not isinstance(text, str) else text))
        followed = self.followed is not None and loss in self.followed.names
        return _Cell(loss, (self.facts.name(loss),), [], below, style="path" if followed else "plain")

    def _is_dead(self, unit: Unit) -> bool:
        """Whether a unit passes nothing on in either direction: output 0 and slope 0."""
        work = self.facts.work
        if work is None or not unit.before or unit.function is None:
            return False
        slope = work.solution.partials.get(f"{unit.name}/{unit.before}")
        return self.facts.value_of(unit.name) == 0 and slope == 0

    # -- sizes --------------------------------------------------------------------------------------------------------

    def _radius(self) -> float:
        """One radius for all circles, from the widest name that fits."""
        needs = [need for cell in self._circles() if (need := _needed_radius(cell.inside)) <= LARGEST_RADIUS]
        return max([SMALLEST_RADIUS, *needs])

    def _circles(self) -> Iterable[_Cell]:
        return (cell for column in self.columns for cell in column if cell.name != self.net.loss)

    def _name_below_where_too_wide(self) -> None:
        for cell in self._circles():
            if _needed_radius(cell.inside) > LARGEST_RADIUS:
                if self.form.units == "short" or self.level == "symbols":
                    cell.below[:0] = [Told(name) for name in cell.inside]
                cell.inside = ()

    def _half_width(self, cell: _Cell) -> float:
        lines = [line.width / 2 for line in (*cell.above, *cell.below)]
        if cell.name == self.net.loss:
            return max([Told(cell.inside[0]).width / 2 + 5, *lines])
        return max([self.radius, *lines])

    def _half_height(self, cell: _Cell) -> float:
        return 11.0 if cell.name == self.net.loss else self.radius

    def _up(self, cell: _Cell) -> float:
        """From the middle of the cell to its top."""
        return self._half_height(cell) + (_TAIL + len(cell.above) * LINE if cell.above else 0)

    def _down(self, cell: _Cell) -> float:
        return self._half_height(cell) + (len(cell.below) * LINE + 1 if cell.below else 0)

    # -- the drawing --------------------------------------------------------------------------------------------------

    def drawing(self) -> Drawing | None:
        """None where the labels of a gap find no room in any of the widths tried."""
        lanes = self._lay_rows()
        halves = [max(map(self._half_width, column)) for column in self.columns]
        # A band has room for level ends of the wires, where one can see an arrow's head.
        shapes = [self._half_width_of_box() if column[0].name == self.net.loss else self.radius
                  for column in self.columns]  # fmt: skip
        reach = [max(half + 3, shape + _STUB) for half, shape in zip(halves, shapes, strict=True)]
        x = _MARGIN + halves[0]
        xs = [x]
        for g in range(len(self.columns) - 1):
            gap = self._gap(g, x + reach[g], lanes)
            if gap is None:
                return None
            x += reach[g] + gap + reach[g + 1]
            xs.append(x)
        self.reach, self.xs = reach, xs
        self._draw_wires(lanes)
        for x, column in zip(xs, self.columns, strict=True):
            for cell in column:
                self._draw_cell(x, cell)
        return self._framed(xs[-1] + halves[-1] + _MARGIN)

    def _framed(self, width: float) -> Drawing:
        marks = (*self.marks, *self.labels)
        legend = self._legend()
        bottom = self.bottom + _MARGIN + (LINE if self.form.wires == "none" else 0)
        if legend:
            bottom += LINE
            label = Label(width / 2, bottom - LINE / 2, legend.text, "middle", "gradient", SIZE)
            marks = (*marks, label)
        return widened(Drawing(width, bottom, marks), legend.width + 2 * _MARGIN if legend else 0.0)

    def _legend(self) -> Told | None:
        if self.level != "gradients" or (self.form.wires == "full" and self.form.units == "full"):
            return None
        of = row(Operator("∂", prefix=True), self.facts.name(self.facts.loss))
        return Told(row(Word("in colour, below each number: its gradient, "), of, Word("/∂ …")), "gradient")

    def _lay_rows(self) -> dict[Wire, dict[int, float]]:
        """Gives every cell its y, and every wire that passes over columns its height there, {wire: {column: y}}."""
        lanes: dict[Wire, dict[int, float]] = {}
        pitch = max(
            max((self._down(a) + self._up(b) + _APART for a, b in pairwise(column)), default=0)
            for column in self.columns
        )
        pitch *= self.stretch
        for column in self.columns:
            for i, cell in enumerate(column):
                cell.y = (i - (len(column) - 1) / 2) * pitch
        tops = [min(cell.y - self._up(cell) for cell in column) for column in self.columns]
        bottoms = [max(cell.y + self._down(cell) for cell in column) for column in self.columns]
        y_of = {cell.name: cell.y for column in self.columns for cell in column}
        for wire in self.net.wires:
            first, last = self.net.column_of[wire.source], self.net.column_of[wire.target]
            over = y_of[wire.source] + y_of[wire.target] <= 0
            for c in range(first + 1, last):
                if over:
                    tops[c] -= 8
                    lanes.setdefault(wire, {})[c] = tops[c]
                else:
                    bottoms[c] += 8
                    lanes.setdefault(wire, {})[c] = bottoms[c]
        shift = _MARGIN - min(tops)
        for column in self.columns:
            for cell in column:
                cell.y += shift
        self.bottom = max(bottoms) + shift
        return {wire: {c: y + shift for c, y in heights.items()} for wire, heights in lanes.items()}

    def _ways(self, g: int, lanes: dict[Wire, dict[int, float]]) -> list[tuple[Wire, float, float]]:
        """The wires that cross gap g, with their heights at its two sides."""
        y_of = {cell.name: cell.y for column in self.columns for cell in column}
        ways = []
        for wire in self.net.wires:
            first, last = self.net.column_of[wire.source], self.net.column_of[wire.target]
            if first <= g < last:
                start = y_of[wire.source] if g == first else lanes[wire][g]
                end = y_of[wire.target] if g + 1 == last else lanes[wire][g + 1]
                ways.append((wire, start, end))
        return ways

    def _gap(self, g: int, left: float, lanes: dict[Wire, dict[int, float]]) -> float | None:
        """Puts the labels of a gap in their places and says how wide it is."""
        ways = self._ways(g, lanes)
        lines = [self._wire_label(wire.weight, wire=wire) if self.net.column_of[wire.target] == g + 1 else []
                 for wire, _, _ in ways]  # fmt: skip
        if sum(map(bool, lines)) > MOST_LABELS:
            return None
        segments = tuple(
            Segment(start, end, max((line.width + 3 for line in told), default=0), len(told) * LINE)
            for (_, start, end), told in zip(ways, lines, strict=True)
        )
        steepest = max((abs(end - start) for _, start, end in ways), default=0)
        bundle = self._bundle(g, ways)
        least = max(min(70.0 if bundle else 110.0, 0.45 * steepest), bundle.width + 4 if bundle else 0)
        if bundle is None and not any(lines):
            least = max(least, 22.0)
            gaps: tuple[float, ...] = (least,)
        else:
            gaps = tuple(gap for gap in _GAPS if gap >= least) or (least,)
        # The narrowest gap of those where the labels hide the fewest other wires.
        tried = [(gap, found) for gap in gaps if (found := placed(segments, gap)) is not None]
        if not tried:
            return None
        gap, (places, _) = min(tried, key=lambda item: (item[1][1], item[0]))
        for place, told in zip(places, lines, strict=True):
            if place is not None:
                self._stack(left + place[0], place[1] - (len(told) - 1) * LINE / 2, told, backed=True)
        if bundle:
            self._stack(left + gap / 2, self.bottom + LINE / 2, [bundle])
        return gap

    def _bundle(self, g: int, ways: list[tuple[Wire, float, float]]) -> Told | None:
        """What all the wires of a gap are, where none has a label of its own."""
        weights = list(dict.fromkeys(wire.weight for wire, _, _ in ways if wire.weight))
        if self.form.wires != "none" or not weights:
            return None
        if all(weight.startswith(f"w{g + 1}_") for weight in weights):
            return Told(Script(Letter("W"), sup=row(Word("("), Number(str(g + 1)), Word(")"))))
        return Told(f"{len(weights)} weight{'s' * (len(weights) > 1)}")

    # -- marks --------------------------------------------------------------------------------------------------------

    def _draw_wires(self, lanes: dict[Wire, dict[int, float]]) -> None:
        """Level ends, drawn once for all wires that share them, and straight lines between."""
        cells = {cell.name: cell for column in self.columns for cell in column}
        strokes: dict[tuple[float, ...], tuple[str, bool]] = {}

        def draw(x1: float, y1: float, x2: float, y2: float, style: str, arrow: bool = False) -> None:
            key = (x1, y1, x2, y2)
            old = strokes.get(key, ("dead", False))[0]
            if key not in strokes or _rank(style) > _rank(old):
                strokes[key] = (style, arrow)

        crowded = [len(self._ways(g, lanes)) > MANY for g in range(len(self.columns) - 1)]
        for wire in self.net.wires:
            style = "plain"
            if self.followed is not None:
                style = "path" if wire in self.followed.wires else "faint"
            elif cells[wire.source].style == "dead":
                style = "dead"
            ends = style if self.followed is not None or style == "dead" else "plain"
            first, last = self.net.column_of[wire.source], self.net.column_of[wire.target]
            y = cells[wire.source].y
            draw(self.xs[first] + self.radius, y, self.xs[first] + self.reach[first], y, ends)
            for g in range(first, last):
                y_next = cells[wire.target].y if g + 1 == last else lanes[wire][g + 1]
                between = "faint" if crowded[g] and style == "plain" else style
                left, right = self.xs[g] + self.reach[g], self.xs[g + 1] - self.reach[g + 1]
                draw(left, y, right, y_next, between)
                y = y_next
                if g + 1 < last:
                    draw(right, y, self.xs[g + 1] + self.reach[g + 1], y, between)
            edge = self.radius if wire.target != self.net.loss else self._half_width_of_box()
            draw(self.xs[last] - self.reach[last], y, self.xs[last] - edge, y, ends, arrow=True)
        for (x1, y1, x2, y2), (style, arrow) in sorted(strokes.items(), key=lambda item: _rank(item[1][0])):
            self.marks.append(Stroke(x1, y1, x2, y2, style, arrow))
        if self.level == "gradients":
            self._draw_backward(cells)

    def _draw_backward(self, cells: dict[str, _Cell]) -> None:
        """A short arrow into the back of every unit that a gradient other than 0 reaches."""
        for name in self.net.units:
            gradient = self.facts.gradient_of(name)
            c = self.net.column_of[name]
            feeds = any(wire.source == name for wire in self.net.wires)
            if gradient is not None and gradient != 0 and feeds:
                x, y = self.xs[c] + self.radius - 0.4, cells[name].y + 4
                length = min(16.0, self.reach[c] - self.radius)
                self.marks.append(Stroke(x + length, y, x, y, "gradient", True))

    def _half_width_of_box(self) -> float:
        return Told(self.columns[-1][0].inside[0]).width / 2 + 5

    def _draw_cell(self, x: float, cell: _Cell) -> None:
        y, half = cell.y, self._half_height(cell)
        text = "dead" if cell.style == "dead" else "plain"
        if cell.name == self.net.loss:
            wide = self._half_width_of_box()
            self.marks.append(Box(x - wide, y - half, 2 * wide, 2 * half, cell.style))
        else:
            self.marks.append(Circle(x, y, self.radius, cell.style))
        if len(cell.inside) == 2:
            self.marks.append(Stroke(x, y - half, x, y + half, cell.style if cell.style != "path" else "plain"))
            for side, name in zip((-1, 1), cell.inside, strict=True):
                self.labels.append(Label(x + side * 0.47 * half, y, name, style=text, size=SIZE))
        elif cell.inside:
            self.labels.append(Label(x, y, cell.inside[0], style=text, size=SIZE))
        self._stack(x, y + half + 1 + LINE / 2, cell.below)
        if cell.above:
            tail = y - half - _TAIL
            style = cell.above[0].style
            self.marks.append(Stroke(x, tail, x, y - half, style, True))
            self._stack(x, tail - (len(cell.above) - 0.5) * LINE, cell.above)

    def _stack(self, x: float, y: float, lines: list[Told], backed: bool = False) -> None:
        """Lines one under the other, the first at y."""
        room = max((line.width for line in lines), default=0.0)
        for i, line in enumerate(lines):
            at = y + i * LINE
            self.labels.append(Label(x, at, line.text, style=line.style, size=SIZE, backed=backed, room=room))


def _in_style(told: Told | None, style: str) -> Told | None:
    return Told(told.text, style) if told is not None else None


def _needed_radius(names: Sequence[Maths | str]) -> float:
    """The radius of the circle that one name or two need."""
    widths = [Told(name).width for name in names]
    if not widths:
        return 0.0
    across = max(widths) + 4.5 if len(widths) == 2 else widths[0] / 2 + 2
    return hypot(across, 0.4 * SIZE)


def _rank(style: str) -> int:
    """Which of two styles wins where strokes lie on each other."""
    return ("faint", "dead", "plain", "gradient", "path").index(style)
