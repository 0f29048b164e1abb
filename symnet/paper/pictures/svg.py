"""A drawing as SVG: ``render`` gives an <svg> element that stands alone or inside a page.

Every mark has its style as a class and its colours as attributes, so a page changes them by its style sheet, and a
renderer without one shows them as they are: ``.line`` (its stroke), ``.head`` and ``.text`` (their fill), each with
a
style of ``drawing.STYLES`` such as ``.plain``, and ``.ground``, the paper behind a label.
"""

from __future__ import annotations

from html import escape
from math import hypot
from typing import assert_never

from symnet.paper.drawing import HEAD, PAPER, STYLES, Box, Circle, Curve, Drawing, Label, Mark, Stroke, Tile
from symnet.paper.lettering import MIDDLE, ground_of, set_line

FONTS = (
    "'STIX Two Text','Times New Roman',Times,'Liberation Serif','Nimbus Roman','Libertinus Serif',"
    "'New Computer Modern',serif"
)
_ANCHORS = {"middle": "middle", "right": "start", "left": "end"}


def render(drawing: Drawing, words: str = "") -> str:
    """``words`` are the alternative text."""
    marks = "\n".join(map(_mark, drawing.marks))
    title = f"<title>{_safe(words)}</title>\n" if words else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="figure" role="img" '
        f'viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" '
        f'width="{_n(drawing.width)}pt" height="{_n(drawing.height)}pt" font-family="{FONTS}">\n{title}{marks}\n</svg>'
    )


def _mark(mark: Mark) -> str:
    match mark:
        case Circle(x, y, radius, style):
            return f'<circle {_line(style)} cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'
        case Box(x, y, width, height, style):
            place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
            return f'<rect {_line(style)} {place} rx="2"/>'
        case Tile(x, y, width, height, light):
            place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
            shade = f"{round(255 * light):02x}" * 3
            return f'<rect fill="#{shade}" shape-rendering="crispEdges" {place}/>'
        case Stroke():
            return _stroke(mark)
        case Curve(points, style):
            places = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
            return f'<polyline {_line(style)} points="{places}"/>'
        case Label():
            return _label(mark)
        case _:
            assert_never(mark)


def _line(style: str) -> str:
    ink = STYLES[style]
    dashes = ' stroke-dasharray="3 2"' if ink.dashed else ' stroke-linecap="round"'
    return f'class="line {style}" fill="none" stroke="{ink.colour}" stroke-width="{ink.width:g}"{dashes}'


def _stroke(stroke: Stroke) -> str:
    x1, y1, x2, y2 = stroke.x1, stroke.y1, stroke.x2, stroke.y2
    length = hypot(x2 - x1, y2 - y1)
    if not stroke.arrow or length == 0:
        return f'<line {_line(stroke.style)} x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>'
    ux, uy = (x2 - x1) / length, (y2 - y1) / length
    neck_x, neck_y = x2 - HEAD * ux, y2 - HEAD * uy
    side = 0.45 * HEAD
    corners = ((x2, y2), (neck_x - side * uy, neck_y + side * ux), (neck_x + side * uy, neck_y - side * ux))
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in corners)
    head = f'<polygon class="head {stroke.style}" fill="{STYLES[stroke.style].colour}" points="{points}"/>'
    shaft = f'<line {_line(stroke.style)} x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(neck_x)}" y2="{_n(neck_y)}"/>'
    return shaft + head


def _label(label: Label) -> str:
    pieces, width = set_line(label.text)
    size = label.size
    spans, end, rise = [], 0.0, 0.0
    for piece in pieces:
        # Scripts and spaces are relative to what stands before them, so that a font of another width does no harm.
        shift = piece.x - end
        moves = f' dx="{_n(shift * size)}"' if abs(shift) > 0.01 else ""
        if abs(piece.rise - rise) > 0.001:
            moves += f' dy="{_n((rise - piece.rise) * size)}"'
        if piece.scale != 1:
            moves += f' font-size="{_n(piece.scale * size)}"'
        if piece.italic:
            moves += ' font-style="italic"'
        spans.append(f"<tspan{moves}>{_safe(piece.text)}</tspan>" if moves else _safe(piece.text))
        end, rise = piece.x + piece.width, piece.rise
    ground = ""
    if label.backed:
        x, y, wide, high = ground_of(label, width * size)
        place = f'x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}"'
        ground = f'<rect class="ground" {place} fill="{PAPER}"/>'
    return (
        f'{ground}<text class="text {label.style}" x="{_n(label.x)}" y="{_n(label.y + MIDDLE * size)}" '
        f'font-size="{_n(size)}" text-anchor="{_ANCHORS[label.side]}" fill="{STYLES[label.style].colour}">'
        f"{''.join(spans)}</text>"
    )


def _n(number: float) -> str:
    # Twice, or the noise of a sum, which differs from Python to Python, decides a tie.
    return f"{round(round(number, 6), 2):g}" if abs(number) < 1e5 else f"{number:.0f}"


def _safe(text: str) -> str:
    """Text of an XML document, in which control characters cannot stand."""
    return escape("".join(c if c.isprintable() else " " for c in text))
