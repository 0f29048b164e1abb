"""The computation graph: a box for every name with its value and gradient, a small circle for every operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from symnet.figures import layered
from symnet.figures.labels import LINE, SIZE, Facts, Level, Told
from symnet.figures.legend import LegendLine, legend, with_lines
from symnet.figures.operations import Graph, Vertex
from symnet.notation.maths import EQUALS, Operator, Word, row
from symnet.paper.drawing import PAGE, Box, Circle, Drawing, Label, Mark, Stroke, shifted, widened

WIDEST = PAGE * SIZE / 7.0
_MARGIN = 5.0
_LARGEST_CIRCLE = 22.0
_APART = 6.0  # between lanes of edges that go back
_ROW = LINE + 3  # height of a line in a box
_TO_WRITE = 20.0  # room for a number by hand


@dataclass(frozen=True)
class Filling:
    """What the boxes hold: values, gradients, and which of them are left blank for a student to fill in."""

    level: Level
    blank_values: bool = False  # of what is computed
    blank_gradients: bool = False
    short: bool = False  # a gradient as its number alone


def lay_out(
    graph: Graph, facts: Facts, filling: Filling, followed: frozenset[str] = frozenset(), origin: str = ""
) -> Drawing:
    """The drawing, with short labels where a page has no room for ∂L/∂e = −2.

    ``followed`` are keys of a path, and ``origin`` is the name where it begins.
    """
    drawing = _Picture(graph, facts, filling, followed, origin).drawing()
    if drawing.width <= WIDEST or filling.level == "symbols":
        return drawing
    short = Filling(filling.level, filling.blank_values, filling.blank_gradients, short=True)
    return _Picture(graph, facts, short, followed, origin).drawing()


class _Picture:
    def __init__(self, graph: Graph, facts: Facts, filling: Filling, followed: frozenset[str], origin: str) -> None:
        self.origin = origin
        self.graph, self.facts, self.filling, self.followed = graph, facts, filling, followed
        self.made = {v for _, v in graph.edges}
        self.rows = {vertex.key: self._rows(vertex) for vertex in graph.vertices if vertex.name}

    def _rows(self, vertex: Vertex) -> list[Told]:
        """The lines of a box: e = −6 and, under it, its gradient; each on a line of its own where that is short."""
        filling, name = self.filling, vertex.name
        plain, nothing = Told(self.facts.name(name)), Told("", "gradient")
        if filling.level == "symbols":
            return [plain]
        blank = filling.blank_values and vertex.key in self.made
        if filling.short:
            rows = [plain, Told("") if blank else self.facts.equal(name, short=True) or Told("")]
        elif blank:
            rows = [Told(row(self.facts.name(name), EQUALS))]
        else:
            rows = [self.facts.equal(name) or plain]
        if filling.blank_gradients:
            rows.append(nothing if filling.short else self.facts.gradient(name, blank=True) or nothing)
        elif filling.level == "gradients":
            rows.append(self.facts.gradient(name, filling.short) or nothing)
        return rows

    def _size(self, vertex: Vertex) -> tuple[float, float]:
        if vertex.operation is not None:
            width = Told(vertex.operation).width
            radius = max(8.5, width / 2 + 2.5)
            return (2 * radius, 2 * radius) if radius <= _LARGEST_CIRCLE else (width + 8, 17.0)
        rows = self.rows[vertex.key]
        widths = [told.width + (_TO_WRITE if self._is_blank(vertex, i) else 0) for i, told in enumerate(rows)]
        return max(max(widths) + 8, 20.0), len(widths) * _ROW + 2

    def drawing(self) -> Drawing:
        sizes = {vertex.key: self._size(vertex) for vertex in self.graph.vertices}
        least = 9.0 if self.filling.short or self.filling.level == "symbols" else 14.0
        circles = [v.key for v in self.graph.vertices if v.operation is not None and sizes[v.key][0] == sizes[v.key][1]]
        layout = layered.lay_out(sizes, self.graph.edges, least, circles)
        marks: list[Mark] = []
        ways = sorted(zip(self.graph.edges, layout.ways, strict=True), key=lambda way: self._style(*way[0]) == "path")
        for (u, v), points in ways:
            style = self._style(u, v)
            for i, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
                if (x1, y1) != (x2, y2):
                    marks.append(Stroke(x1, y1, x2, y2, style, i == len(points) - 2))
        for vertex in self.graph.vertices:
            marks += self._vertex(vertex, layout.centers[vertex.key], sizes[vertex.key])
        drawing = Drawing(layout.width, layout.height, tuple(marks))
        return self._framed(self._with_ways_back(drawing, layout.centers, sizes))

    def _with_ways_back(
        self, drawing: Drawing, centers: Mapping[str, tuple[float, float]], sizes: Mapping[str, tuple[float, float]]
    ) -> Drawing:
        """With the edges that go back, each around everything between its ends, in a lane of its own below."""
        if not self.graph.back:
            return drawing
        marks, left, lane = list(drawing.marks), 0.0, drawing.height
        shortest_first = sorted(self.graph.back, key=lambda edge: centers[edge[0]][0] - centers[edge[1]][0])
        for number, (u, v) in enumerate(shortest_first):
            (x, y), (into_x, into_y) = centers[u], centers[v]
            beside = 3.0 + _APART * number / 2
            right_of = max(x + sizes[key][0] / 2 for key, center in centers.items() if center[0] == x) + beside
            left_of = (
                min(into_x - sizes[key][0] / 2 for key, at in centers.items() if at[0] == into_x) - _APART - beside
            )
            lane, left = lane + _APART, min(left, left_of)
            start = (x + sizes[u][0] / 2, y + sizes[u][1] / 4)
            end = (into_x - sizes[v][0] / 2, into_y + sizes[v][1] / 4)
            way = [start, (right_of, start[1]), (right_of, lane), (left_of, lane), (left_of, end[1]), end]
            marks += [Stroke(*a, *b, "plain", b == end) for a, b in pairwise(way)]
        return Drawing(drawing.width - left, lane, tuple(shifted(mark, -left, 0) for mark in marks))

    def _style(self, u: str, v: str) -> str:
        return "path" if u in self.followed and v in self.followed else "plain"

    def _vertex(self, vertex: Vertex, center: tuple[float, float], size: tuple[float, float]) -> list[Mark]:
        (x, y), (width, height) = center, size
        style = "path" if vertex.key in self.followed else "plain"
        if vertex.operation is not None:
            round_one = width == height
            shape: Mark = (
                Circle(x, y, width / 2, style)
                if round_one
                else Box(x - width / 2, y - height / 2, width, height, style)
            )
            return [shape, Label(x, y, vertex.operation, size=SIZE)]
        marks: list[Mark] = [Box(x - width / 2, y - height / 2, width, height, style)]
        rows = self.rows[vertex.key]
        step = height / len(rows)
        for i, told in enumerate(rows):
            middle = y - height / 2 + (i + 0.5) * step
            if i:
                marks.append(Stroke(x - width / 2, middle - step / 2, x + width / 2, middle - step / 2, "faint"))
            if told.text == "":
                continue
            if self._is_blank(vertex, i):  # e = and room after it
                marks.append(Label(x - width / 2 + 4, middle, told.text, "right", told.style, SIZE))
            else:
                marks.append(Label(x, middle, told.text, style=told.style, size=SIZE))
        return marks

    def _is_blank(self, vertex: Vertex, line: int) -> bool:
        """Whether this line of a box is for a student to write in."""
        filling = self.filling
        if line == (2 if filling.short else 1):
            return filling.blank_gradients
        return line == (1 if filling.short else 0) and filling.blank_values and vertex.key in self.made

    def _framed(self, drawing: Drawing) -> Drawing:
        """With a margin, and below it what the colour means where gradients are numbers alone."""
        marks = drawing.marks
        height = drawing.height + 2 * _MARGIN
        width = drawing.width + 2 * _MARGIN
        moved = widened(Drawing(drawing.width, drawing.height, marks), width)
        marks = tuple(shifted(mark, 0, _MARGIN) for mark in moved.marks)
        framed = Drawing(width, height, marks)
        return with_lines(framed, self._legend())

    def _legend(self) -> list[LegendLine]:
        filling = self.filling
        gradients = filling.level == "gradients" or filling.blank_gradients
        lines = legend(self.facts, "gradients" if gradients and not filling.short else "symbols", followed=self.origin)
        if filling.short:
            of = row(Operator("∂", prefix=True), self.facts.name(self.facts.loss), Word("/∂…"))
            words = "in each box: the name, its value"
            red = (Told(row(Word("in red its gradient, "), of), "gradient"),)
            lines.insert(0, (Told(f"{words},"), *red) if gradients else (Told(words),))
        return lines
