"""A network of arrays by layer: a box for every array with its shape, an arrow where an equation reads one.

    x 3 × 4 ──→ q 3 × 2 ──→ s 3 × 3 ──→ a 3 × 3 ──→ o 3 × 4 ──→ L

Unit by unit a convolution of 16 numbers has more circles than anybody looks at.  What a recurrence reads of itself,
a step before, is said in the words beside the picture and is no arrow.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from symnet.algebra.equations import names_in
from symnet.algebra.plurals import counted
from symnet.figures import graph
from symnet.figures.graph import Filling
from symnet.figures.labels import Facts
from symnet.figures.operations import Graph, Vertex
from symnet.notation.maths import Maths, Word, row
from symnet.paper.document import Figure
from symnet.paper.printing.text import maths as text_of
from symnet.working.arrays import shape_of
from symnet.working.work import Work


def arrays_figure(work: Work) -> Figure:
    """The arrays of a file and what each is made of; the file has arrays."""
    shapes = {name: shape_of(whole) for name, whole in work.problem.arrays.items()}
    facts = _Shapes(work.names, work.problem.loss, None, shapes)
    drawn, itself = _graph(work)
    drawing = graph.lay_out(drawn, facts, Filling("symbols"))
    return Figure(drawing, _words(work, facts, itself))


@dataclass(frozen=True)
class _Shapes(Facts):
    """Names with the shape of what they stand for."""

    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def name(self, name: str) -> Maths:
        shape = " × ".join(map(str, self.shapes.get(name, ())))
        return row(super().name(name), Word(f"  {shape}")) if shape else super().name(name)


def _graph(work: Work) -> tuple[Graph, tuple[str, ...]]:
    """The boxes and arrows, and the names that are read a step before they are worked."""
    vertices: dict[str, Vertex] = {}

    def key(name: str) -> str:
        vertices.setdefault(name, Vertex(f"name {name}", name=name))
        return vertices[name].key

    edges: list[tuple[str, str]] = []
    before: dict[str, None] = {}
    below = {equation.name for equation in work.problem.whole}
    for equation in work.problem.whole:
        for read in names_in(equation.rhs):
            if read.name in below:  # itself, or what a recurrence works further down
                before.setdefault(read.name)
            else:
                edges.append((key(read.name), key(equation.name)))
        key(equation.name)
        below.discard(equation.name)
    return Graph(tuple(vertices.values()), tuple(dict.fromkeys(edges))), tuple(before)


def _words(work: Work, facts: _Shapes, itself: tuple[str, ...]) -> str:
    def said(name: str) -> str:
        shape = facts.shapes.get(name)
        text = text_of(work.names.node(name))
        return f"{text} ({' × '.join(map(str, shape))})" if shape else text

    lines = []
    for equation in work.problem.whole:
        read = [said(x.name) for x in names_in(equation.rhs) if x.name != equation.name]
        lines.append(f"{said(equation.name)} from {', '.join(read)}" if read else said(equation.name))
    again = f"; read a step before: {', '.join(map(said, itself))}" if itself else ""
    return f"{counted(len(work.problem.whole), 'equation')} of arrays: {'; '.join(lines)}{again}."
