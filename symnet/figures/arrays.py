"""A network of arrays by layer: a box for every array with its shape, an arrow where an equation reads one.

    x 3 × 4 ──→ q 3 × 2 ──→ s 3 × 3 ──→ a 3 × 3 ──→ o 3 × 4 ──→ L

Unit by unit a convolution of 16 numbers has more circles than anybody looks at.  What a recurrence reads of the step
before, h[t−1], has a box of its own, to which an arrow goes back from h and another comes from h0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symnet.algebra.array_formulas import entry_name
from symnet.algebra.equations import names_in
from symnet.algebra.indices import At
from symnet.algebra.matrices import shape_of as shape_of_expr
from symnet.algebra.plurals import counted
from symnet.figures import graph
from symnet.figures.graph import Filling
from symnet.figures.labels import Facts
from symnet.figures.operations import Graph, Vertex
from symnet.notation.maths import Letter, Maths, Number, Operator, Script, Word, row
from symnet.paper.document import Figure
from symnet.paper.printing.text import maths as text_of
from symnet.working.arrays import shape_of
from symnet.working.work import Work


def arrays_figure(work: Work) -> Figure:
    """The arrays of a file and what each is made of; the file has arrays."""
    shapes = {name: shape_of(whole) for name, whole in work.problem.arrays.items()}
    drawn, itself, starts = _graph(work)
    facts = _Shapes(work.names, work.problem.loss, None, shapes, {f"before {name}": name for name in itself}, itself)
    drawing = graph.lay_out(drawn, facts, Filling("symbols"))
    return Figure(drawing, _words(work, facts, starts))


@dataclass(frozen=True)
class _Shapes(Facts):
    """Names with the shape of what they stand for."""

    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)  # {"before h": "h"}, boxes of what a step before has worked
    steps: dict[str, str] = field(default_factory=dict)  # {"h": "t − 1"}

    def name(self, name: str) -> Maths:
        if name in self.before:
            index, *offset = self.steps[self.before[name]].split()
            parts = [Operator(part) if part in "+−" else Number(part) for part in offset]
            return Script(super().name(self.before[name]), sub=row(Letter(index), *parts))
        shape = " × ".join(map(str, self.shapes.get(name, ())))
        return row(super().name(name), Word(f"  {shape}")) if shape else super().name(name)


def _graph(work: Work) -> tuple[Graph, dict[str, str], dict[str, str]]:
    """The boxes and arrows; {"h": "t − 1"} for what is read a step before; {"h": "h0"}, its beginning."""
    vertices: dict[str, Vertex] = {}

    def key(name: str) -> str:
        vertices.setdefault(name, Vertex(f"name {name}", name=name))
        return vertices[name].key

    edges: list[tuple[str, str]] = []
    before: dict[str, str] = {}
    starts: dict[str, str] = {}
    known = {*work.problem.arrays, *work.network.names}
    below = {equation.name for equation in work.problem.whole}
    for equation in work.problem.whole:
        for read in names_in(equation.rhs):
            if read.name in below:  # itself, or what a recurrence works further down
                edges.append((key(f"before {read.name}"), key(equation.name)))
                places = [at.places[0] for at in equation.rhs.atoms(At) if at.array == read and at.places[0].is_Add]
                before.setdefault(read.name, str(places[0]).replace("-", "−") if places else "")
                ends = (entry_name(read.name, (place,)) for place in (0, 1 + int(shape_of_expr(read)[0])))
                start = next((name for name in ends if name in known), "")
                if start and read.name not in starts:
                    starts[read.name] = start
                    edges.append((key(start), key(f"before {read.name}")))
            else:
                edges.append((key(read.name), key(equation.name)))
        key(equation.name)
        below.discard(equation.name)
    back = tuple((key(name), key(f"before {name}")) for name in before)
    return Graph(tuple(vertices.values()), tuple(dict.fromkeys(edges)), back), before, starts


def _words(work: Work, facts: _Shapes, starts: Mapping[str, str]) -> str:
    def said(name: str) -> str:
        shape = facts.shapes.get(name)
        text = text_of(work.names.node(name))
        return f"{text} ({' × '.join(map(str, shape))})" if shape else text

    lines = []
    for equation in work.problem.whole:
        read = [said(x.name) for x in names_in(equation.rhs) if x.name != equation.name]
        lines.append(f"{said(equation.name)} from {', '.join(read)}" if read else said(equation.name))
    itself = (f"{said(x)}, from {said(starts[x])} on" if x in starts else said(x) for x in facts.steps)
    again = f"; read a step before: {', '.join(itself)}" if facts.steps else ""
    return f"{counted(len(work.problem.whole), 'equation')} of arrays: {'; '.join(lines)}{again}."
