"""A computation graph in DOT, the language of Graphviz, for whoever wants another layout."""

from __future__ import annotations

from symnet.figures.labels import Facts, Level, Told
from symnet.figures.operations import Graph, Vertex
from symnet.paper.drawing import STYLES
from symnet.paper.printing.text import maths


def render(graph: Graph, facts: Facts, level: Level = "symbols", followed: frozenset[str] = frozenset()) -> str:
    """A box for every name with its value and gradient, a circle for every operation; ``followed`` are highlighted."""
    keys = {vertex.key: f"v{i}" for i, vertex in enumerate(graph.vertices)}
    lines = ["digraph {", "  rankdir=LR;", '  node [fontname="Times"];']
    for vertex in graph.vertices:
        words = "\n".join(_lines(vertex, facts, level))
        shape = "circle" if vertex.operation is not None else "box"
        margin = ", margin=0.02" if shape == "circle" else ""
        lines.append(
            f"  {keys[vertex.key]} [label={_quoted(words)}, shape={shape}{margin}{_look(vertex.key in followed)}];"
        )
    for u, v in graph.edges:
        look = _look(u in followed and v in followed).lstrip(", ")
        lines.append(f"  {keys[u]} -> {keys[v]}{f' [{look}]' if look else ''};")
    return "\n".join((*lines, "}", ""))


def _lines(vertex: Vertex, facts: Facts, level: Level) -> list[str]:
    if vertex.operation is not None:
        return [maths(vertex.operation)]
    told: list[Told | None] = [Told(facts.name(vertex.name))]
    if level != "symbols":
        told = [facts.equal(vertex.name) or told[0]]
    if level == "gradients":
        told.append(facts.gradient(vertex.name))
    return [line.text if isinstance(line.text, str) else maths(line.text) for line in told if line is not None]


def _look(followed: bool) -> str:
    ink = STYLES["path"]
    return f', color="{ink.colour}", penwidth={ink.width:g}' if followed else ""


def _quoted(text: str) -> str:
    """A string of DOT, in which a backslash would begin an escape such as \\N, the name of the node."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
