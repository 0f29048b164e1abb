"""The network figure: inputs at the left, a column of circles for every layer, the loss at the right.

A wire is one straight line from the edge of its source's circle to the edge of its target's, with the weight on it.
What stands above and below a circle must not lie on a wire, so two columns are as far apart as that needs, and wires
meet a circle nearer to its middle height where they would touch its labels.  A wire that passes over a column runs
above or below everything in it.  An input stands in the column before its first use, so the inputs of a recurrent net
stand at their steps.

Where a page has no room for all that, the next form of ``cells.FORMS`` is tried; in the last one the wires are
a bundle, labelled by the name of the layer's weights or by their number, faint from MANY wires on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, sin

from symnet.figures.cells import (
    FORMS,
    LARGEST_RADIUS,
    SMALLEST_RADIUS,
    Cell,
    Followed,
    Says,
    needed_radius,
)
from symnet.figures.labels import LINE, SIZE, Facts, Level, Told
from symnet.figures.legend import legend, with_lines
from symnet.figures.units import Net, Wire
from symnet.figures.wiring import Rect, Segment, chord, placed
from symnet.paper.drawing import PAGE, Box, Circle, Drawing, Label, Mark, Stroke

SMALLEST_PRINT = 7.0  # points
WIDEST = PAGE * SIZE / SMALLEST_PRINT  # printed across a page, its letters are still so large
HIGHEST = 560.0
MANY = 8  # wires in one gap, from which they are drawn faint
MOST_LABELS = 20  # weights in one gap that can be told apart
_GAPS = (40.0, 50.0, 60.0, 72.0, 86.0, 100.0, 115.0, 130.0, 150.0, 175.0, 200.0, 230.0)
_STRETCHES = (1.0, 1.3, 1.7)  # of the way from one unit down to the next, where the labels of wires lack room
_SPREADS = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)  # of the angle at which a wire would go to a circle's middle
_STEEPEST = 1.1  # radians, from a circle's middle to where a wire meets it
_MOST_CHECKED = 200  # wires in a gap of which each is checked against every label
_MARGIN = 6.0
_APART = 8.0  # between a unit with its labels and the next one down
_TAIL = 11.0  # the arrow of a bias
_NEAR = 1.5  # between a wire and what stands at a unit
_LEAST = 22.0  # from circle to circle: an arrow with its head


def lay_out(
    net: Net, facts: Facts, level: Level, followed: Followed | None = None, highest: float = HIGHEST
) -> Drawing:
    """The drawing in the fullest form that is no wider than a page nor higher than said, otherwise in the shortest."""
    *longer, shortest = FORMS[level]
    for form in longer:
        for stretch in _STRETCHES:
            for narrow in (False, True):
                layout = _Layout(Says(net, facts, level, form, followed), stretch, narrow=narrow)
                drawing = layout.drawing() if layout.may_fit(highest) else None
                if drawing is None:
                    break
                if drawing.width <= WIDEST and drawing.height <= highest:
                    return drawing
    for narrow in (False, True):
        drawing = _Layout(Says(net, facts, level, shortest, followed), last=True, narrow=narrow).drawing()
        if drawing is not None and drawing.width <= WIDEST:
            break
    assert drawing is not None, "without labels of wires there is nothing that could lack room"
    return drawing


@dataclass(frozen=True)
class _Piece:
    """A wire's way through one gap: its heights at the two sides, and whether it begins and ends there."""

    wire: Wire
    start: float
    end: float
    begins: bool
    ends: bool


@dataclass(frozen=True)
class _Gap:
    """How far apart two columns are, the wires between them, and where their labels are."""

    width: float  # from middle to middle
    segments: tuple[Segment, ...]
    places: tuple[tuple[float, float] | None, ...]
    faults: int  # how often a wire runs through what stands at a unit


class _Layout:
    def __init__(self, says: Says, stretch: float = 1.0, last: bool = False, narrow: bool = False) -> None:
        self.says, self.net, self.facts, self.form = says, says.net, says.facts, says.form
        self.stretch, self.last, self.narrow = stretch, last, narrow
        self.columns = [[says.cell(name) for name in column] for column in _columns(self.net)]
        for cell in self.columns[0]:
            cell.beside = True
        if self.net.loss:
            self.columns.append([says.loss()])
        self.column_of = {cell.name: c for c, column in enumerate(self.columns) for cell in column}
        self.cells = {cell.name: cell for column in self.columns for cell in column}
        needs = [need for cell in self._circles() if (need := needed_radius(cell.inside)) <= LARGEST_RADIUS]
        self.radius = max([SMALLEST_RADIUS, *needs])
        for column in self.columns[-2:]:  # nothing steep leaves the last unit: what it says may stand to the right
            if len(column) == 1 and column[0].name != self.net.loss and not column[0].beside:
                widths = [line.width for line in (*column[0].above, *column[0].below)]
                column[0].shift = max(0.0, max(widths, default=0.0) / 2 - self.radius)
        reaches = [[self._reach(cell) for cell in column] for column in self.columns]
        self.lefts = [max(left for left, _ in column) for column in reaches]
        self.rights = [max(right for _, right in column) for column in reaches]
        self.lanes = self._lay_rows()
        self.marks: list[Mark] = []
        self.labels: list[Mark] = []  # over everything else

    def _circles(self) -> Iterable[Cell]:
        return (cell for column in self.columns for cell in column if cell.name != self.net.loss)

    # -- sizes --------------------------------------------------------------------------------------------------------

    def _edge(self, cell: Cell) -> float:
        """From the middle of the cell to its side."""
        return Told(cell.inside[0]).width / 2 + 5 if cell.name == self.net.loss else self.radius

    def _half_height(self, cell: Cell) -> float:
        return 11.0 if cell.name == self.net.loss else self.radius

    def _reach(self, cell: Cell) -> tuple[float, float]:
        """How far the cell with everything at it goes to the left and to the right of its middle."""
        edge, above = self._edge(cell), max((line.width for line in cell.above), default=0.0)
        below = max((line.width for line in cell.below), default=0.0)
        if cell.beside:
            return edge + (below + 4 if below else 0), edge
        half = max(above, below) / 2
        return max(edge, half - cell.shift), max(edge, half + cell.shift)

    def _up(self, cell: Cell) -> float:
        return self._half_height(cell) + (_TAIL + len(cell.above) * LINE if cell.above else 0)

    def _down(self, cell: Cell) -> float:
        if cell.beside:
            return max(self._half_height(cell), len(cell.below) * LINE / 2)
        return self._half_height(cell) + (len(cell.below) * LINE + 1 if cell.below else 0)

    def _lines(self, cell: Cell) -> Iterable[tuple[float, float, Told]]:
        """Everything that stands at a cell: the middle of each line, from the cell's column, and the line."""
        half = self._half_height(cell)
        for i, line in enumerate(cell.below):
            if cell.beside:
                x, y = -self.radius - 4 - line.width / 2, cell.y + (i - (len(cell.below) - 1) / 2) * LINE
            else:
                x, y = cell.shift, cell.y + half + 1 + (i + 0.5) * LINE
            yield x, y, line
        for i, line in enumerate(cell.above):
            yield cell.shift, cell.y - half - _TAIL - (len(cell.above) - i - 0.5) * LINE, line

    def _labels_at(self, cell: Cell, x: float) -> list[Rect]:
        """The room of what stands at a cell whose column is at x, and of the arrow of its bias."""
        rects = [(x + at - line.width / 2, y - LINE / 2, x + at + line.width / 2, y + LINE / 2)
                 for at, y, line in self._lines(cell)]  # fmt: skip
        if cell.above:
            rects.append((x - 2, cell.y - self._half_height(cell) - _TAIL, x + 2, cell.y - self._half_height(cell)))
        return rects

    # -- the drawing --------------------------------------------------------------------------------------------------

    def may_fit(self, highest: float) -> bool:
        """Whether the drawing could fit a page, were all its gaps as narrow as their labels let them be."""
        gaps = [self._pieces(g, self.lanes) for g in range(len(self.columns) - 1)]
        widths = [self._closest(g, pieces, self._told(pieces)) for g, pieces in enumerate(gaps)]
        return self.lefts[0] + sum(widths) + self.rights[-1] <= WIDEST and self.bottom <= highest

    def drawing(self) -> Drawing | None:
        """None where the labels of a gap find no room in any of the widths tried."""
        lanes = self.lanes
        x = _MARGIN + self.lefts[0]
        xs, gaps = [x], []
        for g in range(len(self.columns) - 1):
            pieces = self._pieces(g, lanes)
            gap = self._gap(g, pieces)
            if gap is None:
                return None
            self._draw_gap(x, gap, g, pieces)
            gaps.append(gap)
            x += gap.width
            xs.append(x)
        backed = any(gap.faults for gap in gaps)
        for x, column in zip(xs, self.columns, strict=True):
            for cell in column:
                self._draw_cell(x, cell, backed)
        for wire, heights in lanes.items():
            for c, y in heights.items():
                self.marks.insert(
                    0, Stroke(xs[c] - self.lefts[c] - 3, y, xs[c] + self.rights[c] + 3, y, self._style(wire))
                )
        bottom = self.bottom + _MARGIN + (LINE if self.form.wires == "none" else 0)
        whole = Drawing(xs[-1] + self.rights[-1] + _MARGIN, bottom, (*self.marks, *self.labels))
        followed = self.says.followed.origin if self.says.followed is not None else ""
        dead = any(cell.style == "dead" for cell in self._circles())
        return with_lines(whole, legend(self.facts, self.says.level, dead, followed))

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
        for wire in self.net.wires:
            first, last = self.column_of[wire.source], self.column_of[wire.target]
            over = self.cells[wire.source].y + self.cells[wire.target].y <= 0
            for c in range(first + 1, last):
                if over:
                    tops[c] -= 8
                    lanes.setdefault(wire, {})[c] = tops[c]
                else:
                    bottoms[c] += 8
                    lanes.setdefault(wire, {})[c] = bottoms[c]
        shift = _MARGIN - min(tops)
        for cell in self.cells.values():
            cell.y += shift
        self.bottom = max(bottoms) + shift
        return {wire: {c: y + shift for c, y in heights.items()} for wire, heights in lanes.items()}

    def _pieces(self, g: int, lanes: dict[Wire, dict[int, float]]) -> list[_Piece]:
        """The wires that cross gap g."""
        pieces = []
        for wire in self.net.wires:
            first, last = self.column_of[wire.source], self.column_of[wire.target]
            if first <= g < last:
                start = self.cells[wire.source].y if g == first else lanes[wire][g]
                end = self.cells[wire.target].y if g + 1 == last else lanes[wire][g + 1]
                pieces.append(_Piece(wire, start, end, g == first, g + 1 == last))
        return pieces

    # -- between two columns ------------------------------------------------------------------------------------------

    def _gap(self, g: int, pieces: list[_Piece]) -> _Gap | None:
        """The narrowest gap of those where the labels hide the fewest other wires; None where nothing will do."""
        told = self._told(pieces)
        if sum(map(bool, told)) > MOST_LABELS:
            return None
        closest = self._closest(g, pieces, told)
        edges = self._edges(g)
        widths = sorted({closest, *(edges + gap for gap in _GAPS if edges + gap > closest)})
        best: tuple[tuple[int, int], _Gap] | None = None
        for width in widths:
            segments = self._segments(g, width, pieces, told)
            at_units = [rect for c, x in ((g, 0.0), (g + 1, width)) for cell in self.columns[c]
                        for rect in self._labels_at(cell, x)]  # fmt: skip
            faults = _faults(segments, at_units) if len(segments) <= _MOST_CHECKED else 1
            if faults and not self.last:
                continue
            rounds = [(x - self._edge(cell), cell.y - self.radius, x + self._edge(cell), cell.y + self.radius)
                      for c, x in ((g, 0.0), (g + 1, width)) for cell in self.columns[c]]  # fmt: skip
            found = placed(segments, (*at_units, *rounds))
            if found is None:
                continue
            places, hidden = found
            if best is None or (faults, hidden) < best[0]:
                best = (faults, hidden), _Gap(width, segments, places, faults)
            if best[0] == (0, 0) or self.narrow or len(segments) > _MOST_CHECKED:
                break
        return best[1] if best is not None else None

    def _edges(self, g: int) -> float:
        return max(map(self._edge, self.columns[g])) + max(map(self._edge, self.columns[g + 1]))

    def _closest(self, g: int, pieces: list[_Piece], told: list[list[Told]]) -> float:
        """The least that two columns may be apart."""
        bundle = self._bundle(g, pieces)
        steepest = max((abs(piece.end - piece.start) for piece in pieces), default=0)
        bare = bundle is None and not any(told)
        longest = max((line.width for lines in told for line in lines), default=0.0)
        least = max(
            min(100.0 if self.narrow else 150.0, 0.45 * steepest),
            bundle.width + 4 if bundle else _LEAST,
            longest + _LEAST if longest else 0,
        )
        return max(self._edges(g) + least, self.rights[g] + self.lefts[g + 1] + (_LEAST if bare else 6))

    def _told(self, pieces: list[_Piece]) -> list[list[Told]]:
        """The lines on each wire, in the gap in which it ends."""
        return [self.says.weight(piece.wire.weight, wire=piece.wire) if piece.ends else [] for piece in pieces]

    def _segments(self, g: int, width: float, pieces: list[_Piece], told: list[list[Told]]) -> tuple[Segment, ...]:
        """The straight ways of the pieces, from one circle's edge to the other's, where columns are so far apart."""
        spreads: dict[tuple[str, bool], float] = {}
        for name, at_source in dict.fromkeys(
            [(piece.wire.source, True) for piece in pieces if piece.begins]
            + [(piece.wire.target, False) for piece in pieces if piece.ends]
        ):
            mine = [p for p in pieces if (p.begins if at_source else p.ends)
                    and (p.wire.source if at_source else p.wire.target) == name]  # fmt: skip
            others = [(p.end if at_source else p.start) for p in mine]
            spreads[name, at_source] = self._spread(self.cells[name], others, width, 1 if at_source else -1)
        segments = []
        for piece, lines in zip(pieces, told, strict=True):
            x1, y1 = self.rights[g] + 3, piece.start
            x2, y2 = width - self.lefts[g + 1] - 3, piece.end
            if piece.begins:
                spread = spreads[piece.wire.source, True]
                x1, y1 = self._port(self.cells[piece.wire.source], width, piece.end - piece.start, spread, 1)
            if piece.ends:
                spread = spreads[piece.wire.target, False]
                dx, y2 = self._port(self.cells[piece.wire.target], width, piece.start - piece.end, spread, -1)
                x2 = width + dx
            room = max((line.width + 3 for line in lines), default=0.0)
            segments.append(Segment(x1, y1, x2, y2, room, len(lines) * LINE))
        return tuple(segments)

    def _spread(self, cell: Cell, others: list[float], width: float, side: int) -> float:
        """The largest of _SPREADS with which no wire of the cell runs through what stands at it, otherwise 0."""
        rects = self._labels_at(cell, 0.0)
        for spread in _SPREADS:
            wires = []
            for other in others:
                x, y = self._port(cell, width, other - cell.y, spread, side)
                wires.append(Segment(x, y, side * (width - self.radius), other))
            if not _faults(wires, rects):
                return spread
        return 0.0

    def _port(self, cell: Cell, width: float, dy: float, spread: float, side: int) -> tuple[float, float]:
        """Where a wire meets the cell's edge, from the middle of its column: at the right (1) or the left (-1)."""
        if cell.name == self.net.loss:
            most = 0.6 * self._half_height(cell)
            return side * self._edge(cell), cell.y + max(-most, min(most, 0.2 * dy))
        angle = spread * max(-_STEEPEST, min(_STEEPEST, atan2(dy, width)))
        return side * self.radius * cos(angle), cell.y + self.radius * sin(angle)

    def _bundle(self, g: int, pieces: list[_Piece]) -> Told | None:
        return self.says.bundle([piece.wire.weight for piece in pieces if piece.wire.weight], g + 1)

    # -- marks --------------------------------------------------------------------------------------------------------

    def _style(self, wire: Wire) -> str:
        followed = self.says.followed
        if followed is not None:
            return "path" if wire in followed.wires else "faint"
        return "dead" if self.cells[wire.source].style == "dead" else "plain"

    def _draw_gap(self, x: float, gap: _Gap, g: int, pieces: list[_Piece]) -> None:
        crowded = len(pieces) > MANY
        strokes = []
        for piece, segment in zip(pieces, gap.segments, strict=True):
            style = self._style(piece.wire)
            style = "faint" if crowded and style == "plain" else style
            strokes.append(Stroke(x + segment.x1, segment.y1, x + segment.x2, segment.y2, style, piece.ends))
        self.marks += sorted(strokes, key=lambda stroke: _RANKS.index(stroke.style))
        for place, lines in zip(gap.places, self._told(pieces), strict=True):
            if place is not None:
                room = max(line.width for line in lines)
                for i, line in enumerate(lines):
                    y = place[1] + (i - (len(lines) - 1) / 2) * LINE
                    self._write(x + place[0], y, line, backed=True, room=room)
        bundle = self._bundle(g, pieces)
        if bundle:
            middle = (self.rights[g] + gap.width - self.lefts[g + 1]) / 2
            self._write(x + middle, self.bottom + LINE / 2, bundle)

    def _draw_cell(self, x: float, cell: Cell, backed: bool) -> None:
        y, half = cell.y, self._half_height(cell)
        text = "dead" if cell.style == "dead" else "plain"
        if cell.name == self.net.loss:
            wide = self._edge(cell)
            self.marks.append(Box(x - wide, y - half, 2 * wide, 2 * half, cell.style))
        else:
            self.marks.append(Circle(x, y, self.radius, cell.style))
        if len(cell.inside) == 2:
            self.marks.append(Stroke(x, y - half, x, y + half, cell.style if cell.style != "path" else "plain"))
            for side, name in zip((-1, 1), cell.inside, strict=True):
                self.labels.append(Label(x + side * 0.47 * half, y, name, style=text, size=SIZE))
        elif cell.inside:
            self.labels.append(Label(x, y, cell.inside[0], style=text, size=SIZE))
        if cell.above:
            self.marks.append(Stroke(x, y - half - _TAIL, x, y - half, cell.above[0].style, True))
        for at, middle, line in self._lines(cell):
            self._write(x + at, middle, line, backed)

    def _write(self, x: float, y: float, line: Told, backed: bool = False, room: float = 0.0) -> None:
        self.labels.append(Label(x, y, line.text, style=line.style, size=SIZE, backed=backed, room=room))


_RANKS = ("faint", "dead", "plain", "gradient", "path")  # which style lies over another


def _faults(segments: Iterable[Segment], rects: list[Rect]) -> int:
    """How often a wire runs through a label or so near that it seems to."""
    wide = [(left - _NEAR, top - _NEAR, right + _NEAR, bottom + _NEAR) for left, top, right, bottom in rects]
    return sum(chord(segment, rect) > 0 for segment in segments for rect in wide)


def _columns(net: Net) -> list[list[str]]:
    """The layers, with every input in the column before its first use."""
    columns = [list(column) for column in net.columns]
    for name in net.columns[0]:
        first = min((net.column_of[wire.target] for wire in net.wires if wire.source == name), default=1)
        if first > 1:
            columns[0].remove(name)
            columns[first - 1].append(name)
    return columns
