"""A drawing as SVG: ``render`` gives an <svg> element that stands alone or inside a page."""

from __future__ import annotations

from html import escape
from typing import assert_never

from symnet.sheets.drawing import Box, Circle, Drawing, Label, Mark, Stroke
from symnet.sheets.printing.text import maths

_COLOURS = {"plain": "#1a1a1a", "dead": "#9a9a9a", "gradient": "#b3261e", "path": "#1b4fa0"}
_ANCHORS = {"middle": "middle", "right": "start", "left": "end"}


def render(drawing: Drawing, words: str = "") -> str:
    """``words`` are the alternative text."""
    marks = "".join(map(_mark, drawing.marks))
    title = f"<title>{escape(words)}</title>" if words else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {drawing.width:g} {drawing.height:g}" '
        f'width="{drawing.width:g}" height="{drawing.height:g}">{title}{marks}</svg>'
    )


def _mark(mark: Mark) -> str:
    colour = _COLOURS[mark.style]
    match mark:
        case Circle(x, y, radius):
            return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="none" stroke="{colour}"/>'
        case Box(x, y, width, height):
            return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="none" stroke="{colour}"/>'
        case Stroke(x1, y1, x2, y2):
            return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}"/>'
        case Label(x, y, text, side, size=size):
            words = text if isinstance(text, str) else maths(text)
            return (
                f'<text x="{x:g}" y="{y + 0.35 * size:g}" font-size="{size:g}" text-anchor="{_ANCHORS[side]}" '
                f'fill="{colour}">{escape(words)}</text>'
            )
        case _:
            assert_never(mark)
