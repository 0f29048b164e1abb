"""A drawing as a tikzpicture, no wider than an A4 page between its margins."""

from __future__ import annotations

from typing import assert_never

from symnet.paper import foreign
from symnet.paper.drawing import PAGE, STYLES, Box, Circle, Curve, Drawing, Label, Mark, Stroke, Tile
from symnet.paper.lettering import MIDDLE, ground_of, width_of
from symnet.paper.printing.latex import escape, maths

HIGHEST = 640.0  # points down an A4 page that leave room for a heading
_COLOURS = {
    "plain": "black", "faint": "gray", "dead": "gray", "gradient": "red!70!black", "path": "blue!65!black",
    "second": "blue!65!black", "shaded": "black",
}  # fmt: skip
_ANCHORS = {"middle": "base", "right": "base west", "left": "base east"}


def render(drawing: Drawing, fit: bool = True) -> str:
    """The picture, smaller where it would not ``fit`` on an A4 page."""
    scale = min(1.0, PAGE / drawing.width, HIGHEST / drawing.height) if fit else 1.0
    smaller = f",scale={scale:.3f},transform shape" if scale < 1 else ""
    marks = "\n".join(map(_mark, drawing.marks))
    # As large as the drawing says, not as its marks happen to be.
    frame = rf"\useasboundingbox (0,0) rectangle ({_n(drawing.width)},{_n(drawing.height)});"
    return f"\\begin{{tikzpicture}}[x=1pt,y=-1pt{smaller}]\n{frame}\n{marks}\n\\end{{tikzpicture}}"


def standalone(drawing: Drawing) -> str:
    """A document of one page as large as the drawing."""
    outlines, picture = foreign.with_outlines(render(drawing, fit=False))
    page = f"paperwidth={_n(drawing.width + 12)}pt,paperheight={_n(drawing.height + 12)}pt,margin=6pt"
    return (
        "\\documentclass{article}\n\\usepackage[utf8]{inputenc}\n\\usepackage{amsmath}\n\\usepackage{tikz}\n"
        f"\\usepackage[{page}]{{geometry}}\n"
        f"\\pagestyle{{empty}}\n\\parindent=0pt\n\\topskip=0pt\n{outlines}"
        f"\\begin{{document}}\n{picture}\n\\end{{document}}\n"
    )


def _mark(mark: Mark) -> str:
    match mark:
        case Circle(x, y, radius, style):
            return rf"\draw[{_line(style)}] ({_n(x)},{_n(y)}) circle[radius={_n(radius)}pt];"
        case Box(x, y, width, height, style):
            far = f"({_n(x + width)},{_n(y + height)})"
            return rf"\draw[{_line(style)},rounded corners=1.5pt] ({_n(x)},{_n(y)}) rectangle {far};"
        case Tile(x, y, width, height, light):
            far = f"({_n(x + width)},{_n(y + height)})"
            return rf"\fill[black!{round(100 * (1 - light))}] ({_n(x)},{_n(y)}) rectangle {far};"
        case Stroke(x1, y1, x2, y2, style, arrow):
            head = ",-latex" if arrow else ""
            return rf"\draw[{_line(style)}{head}] ({_n(x1)},{_n(y1)}) -- ({_n(x2)},{_n(y2)});"
        case Curve(points, style):
            places = " -- ".join(f"({_n(x)},{_n(y)})" for x, y in points)
            return rf"\draw[{_line(style)},line join=round] {places};"
        case Label(x, y, text, side, style, size):
            words = escape(text) if isinstance(text, str) else f"${maths(text)}$"
            font = rf"\fontsize{{{size:g}}}{{{1.2 * size:g}}}\selectfont"
            place = f"({_n(x)},{_n(y + MIDDLE * size)})"
            look = f"{_COLOURS[style]},anchor={_ANCHORS[side]},inner sep=0pt,font={font}"
            return rf"{_ground(mark) if mark.backed else ''}\node[{look}] at {place} {{{words}}};"
        case _:
            assert_never(mark)


def _ground(label: Label) -> str:
    x, y, width, height = ground_of(label, width_of(label.text) * label.size)
    return rf"\fill[white] ({_n(x)},{_n(y)}) rectangle ({_n(x + width)},{_n(y + height)});" + "\n"


def _line(style: str) -> str:
    ink = STYLES[style]
    return f"{_COLOURS[style]},line width={ink.width:g}pt{',dashed' if ink.dashed else ',line cap=round'}"


def _n(number: float) -> str:
    return f"{round(number, 2):g}"
