"""What the colors and dashes of a figure mean, in lines below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from symnet.figures.labels import LINE, SIZE, Facts, Level, Told
from symnet.notation.maths import Maths, Operator, Word, row
from symnet.paper.drawing import Drawing, Label, widened

_MARGIN = 6.0
_SPACE = 0.3 * SIZE  # between words


LegendLine: TypeAlias = tuple[Told] | tuple[Told, Told]  # one colour, or two one after the other


def legend(facts: Facts, level: Level, dead: bool = False, followed: str = "") -> list[LegendLine]:
    """The lines for what is drawn: gradients, a dead unit, and the paths from the name ``followed`` to the loss."""
    lines: list[LegendLine] = []
    if level == "gradients":
        of = row(Operator("∂", prefix=True), facts.name(facts.loss), Word("/∂…"))
        lines.append((Told("value above,"), Told(row(Word("gradient below in red: "), of), "gradient")))
    if dead:
        lines.append((Told("dashed: output 0 and slope 0, so nothing passes in either direction", "dead"),))
    if followed:
        ends: tuple[Maths, ...] = (facts.name(followed), Word(" to "), facts.name(facts.loss))
        lines.append((Told(row(Word("in blue: every path from "), *ends), "path"),))
    return lines


def with_lines(drawing: Drawing, lines: list[LegendLine]) -> Drawing:
    """The drawing with the lines below it, wider where they need it."""
    if not lines:
        return drawing
    wide = widened(drawing, max(sum(part.width for part in line) for line in lines) + _SPACE + 2 * _MARGIN)
    labels = [
        label for i, line in enumerate(lines) for label in _labels(line, wide.width / 2, wide.height + (i + 0.5) * LINE)
    ]
    return Drawing(wide.width, wide.height + len(lines) * LINE + _MARGIN, (*wide.marks, *labels))


def _labels(line: LegendLine, x: float, y: float) -> Iterator[Label]:
    """The line with its middle at x; two parts meet where one ends and the other begins, however wide letters are."""
    first, *others = line
    if not others:
        yield Label(x, y, first.text, style=first.style, size=SIZE)
    for other in others:
        meet = x + (first.width - other.width) / 2
        yield Label(meet - _SPACE / 2, y, first.text, "left", first.style, SIZE)
        yield Label(meet + _SPACE / 2, y, other.text, "right", other.style, SIZE)
