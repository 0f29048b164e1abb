"""A drawing as a tikzpicture."""

from __future__ import annotations

from typing import assert_never

from symnet.sheets.drawing import Box, Circle, Drawing, Label, Mark, Stroke
from symnet.sheets.printing.latex import escape, maths

_COLOURS = {"plain": "black", "dead": "gray", "gradient": "red!70!black", "path": "blue!70!black"}
_ANCHORS = {"middle": "center", "right": "west", "left": "east"}


def render(drawing: Drawing) -> str:
    marks = "\n".join(map(_mark, drawing.marks))
    return f"\\begin{{tikzpicture}}[x=1pt,y=-1pt]\n{marks}\n\\end{{tikzpicture}}"


def _mark(mark: Mark) -> str:
    colour = _COLOURS[mark.style]
    match mark:
        case Circle(x, y, radius):
            return rf"\draw[{colour}] ({x:g},{y:g}) circle[radius={radius:g}pt];"
        case Box(x, y, width, height):
            return rf"\draw[{colour}] ({x:g},{y:g}) rectangle ({x + width:g},{y + height:g});"
        case Stroke(x1, y1, x2, y2, arrow=arrow):
            head = ",->" if arrow else ""
            return rf"\draw[{colour}{head}] ({x1:g},{y1:g}) -- ({x2:g},{y2:g});"
        case Label(x, y, text, side, size=size, backed=backed):
            words = escape(text) if isinstance(text, str) else f"${maths(text)}$"
            ground = ",fill=white,inner sep=1pt" if backed else ",inner sep=0pt"
            font = rf"\fontsize{{{size:g}}}{{{1.2 * size:g}}}\selectfont"
            return rf"\node[{colour},anchor={_ANCHORS[side]}{ground},font={font}] at ({x:g},{y:g}) {{{words}}};"
        case _:
            assert_never(mark)
