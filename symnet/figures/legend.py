"""What the colors and dashes of a figure mean, in lines below it."""

from __future__ import annotations

from symnet.figures.labels import LINE, SIZE, Facts, Level, Told
from symnet.notation.maths import Maths, Operator, Word, row
from symnet.paper.drawing import Drawing, Label, Mark, widened

_MARGIN = 6.0


def legend(facts: Facts, level: Level, dead: bool = False, followed: str = "") -> list[Told]:
    """The lines for what is drawn: gradients, a dead unit, and the paths from the name ``followed`` to the loss."""
    lines = []
    if level == "gradients":
        of = row(Operator("∂", prefix=True), facts.name(facts.loss), Word("/∂…"))
        lines.append(Told(row(Word("value above, gradient below in red: "), of), "gradient"))
    if dead:
        lines.append(Told("dashed: output 0 and slope 0, so nothing passes in either direction", "dead"))
    if followed:
        ends: tuple[Maths, ...] = (facts.name(followed), Word(" to "), facts.name(facts.loss))
        lines.append(Told(row(Word("in blue: every path from "), *ends), "path"))
    return lines


def with_lines(drawing: Drawing, lines: list[Told]) -> Drawing:
    """The drawing with the lines below it, wider where they need it."""
    if not lines:
        return drawing
    wide = widened(drawing, max(line.width for line in lines) + 2 * _MARGIN)
    labels: tuple[Mark, ...] = tuple(
        Label(wide.width / 2, wide.height + (i + 0.5) * LINE, line.text, style=line.style, size=SIZE)
        for i, line in enumerate(lines)
    )
    return Drawing(wide.width, wide.height + len(lines) * LINE + _MARGIN, (*wide.marks, *labels))
