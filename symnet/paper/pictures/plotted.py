"""A drawing by Matplotlib, as the bytes of a PNG or PDF file.

Matplotlib is imported when first used, never its pyplot.  Every text is set letter by letter as it is: nothing in it
is read as markup.
"""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any, assert_never

from symnet.algebra.mistakes import NotInstalled
from symnet.paper.drawing import HEAD, PAPER, STYLES, Box, Circle, Curve, Drawing, Label, Mark, Stroke, Tile
from symnet.paper.lettering import MIDDLE, ground_of, left_of, set_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS = 200  # an inch, of a PNG
_FAMILY = ["STIXGeneral", "DejaVu Serif", "DejaVu Sans"]  # the first two come with Matplotlib


def render(drawing: Drawing, kind: str, words: str = "") -> bytes:
    """``kind`` is "png" or "pdf"; ``words`` become the title that a reader of the file shows."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise NotInstalled("Matplotlib", "plot") from None
    figure = Figure(figsize=(drawing.width / 72, drawing.height / 72), facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    axes.set_axis_off()
    for order, mark in enumerate(drawing.marks):
        _mark(axes, mark, order + 2)
    target = io.BytesIO()
    # The same drawing is the same file: no date in it.
    about: dict[str, Any] = {"Title": words} if kind == "png" else {"Title": words, "CreationDate": None}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # an empty box stands for what no font has
        figure.savefig(target, format=kind, dpi=DOTS, metadata=about)
    return target.getvalue()


def _mark(axes: Axes, mark: Mark, order: int) -> None:
    from matplotlib.patches import Circle as Round
    from matplotlib.patches import Rectangle

    match mark:
        case Circle(x, y, radius, style):
            axes.add_patch(Round((x, y), radius, fill=False, zorder=order, **_line(style)))
        case Box(x, y, width, height, style):
            axes.add_patch(Rectangle((x, y), width, height, fill=False, zorder=order, **_line(style)))
        case Tile(x, y, width, height, light):
            axes.add_patch(Rectangle((x, y), width, height, color=str(light), linewidth=0, zorder=order))
        case Stroke():
            _stroke(axes, mark, order)
        case Curve(points, style):
            ink = STYLES[style]
            dashes = (0, (4, 2)) if ink.dashed else "solid"
            xs, ys = zip(*points, strict=True)
            axes.plot(xs, ys, color=ink.colour, linewidth=ink.width, linestyle=dashes, zorder=order)
        case Label():
            _label(axes, mark, order)
        case _:
            assert_never(mark)


def _line(style: str) -> dict[str, Any]:
    ink = STYLES[style]
    return {"edgecolor": ink.colour, "linewidth": ink.width, "linestyle": (0, (4, 2)) if ink.dashed else "solid"}


def _stroke(axes: Axes, stroke: Stroke, order: int) -> None:
    from matplotlib.patches import FancyArrowPatch

    ink = STYLES[stroke.style]
    arrow = FancyArrowPatch(
        (stroke.x1, stroke.y1),
        (stroke.x2, stroke.y2),
        arrowstyle=f"-|>,head_length={HEAD},head_width={0.45 * HEAD}" if stroke.arrow else "-",
        mutation_scale=1,
        shrinkA=0,
        shrinkB=0,
        color=ink.colour,
        linewidth=ink.width,
        linestyle=(0, (4, 2)) if ink.dashed else "solid",
        capstyle="butt" if ink.dashed or stroke.arrow else "round",
        joinstyle="miter",
        zorder=order,
    )
    axes.add_patch(arrow)


def _label(axes: Axes, label: Label, order: int) -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import Rectangle
    from matplotlib.textpath import text_to_path

    fonts = {slanted: FontProperties(family=_FAMILY, style="italic" if slanted else "normal") for slanted in (0, 1)}

    def measure(text: str, italic: bool) -> float:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")
            # Between letters, or spaces at the ends would count for nothing.
            widths = [
                text_to_path.get_text_width_height_descent(f"n{inner}n", fonts[italic], ismath=False)[0]
                for inner in (text, "")
            ]
        return float((widths[0] - widths[1]) / fonts[italic].get_size_in_points())

    size = label.size
    pieces, width = set_line(label.text, measure)
    left = left_of(label, width * size)
    if label.backed:
        x, y, wide, high = ground_of(label, width * size)
        axes.add_patch(Rectangle((x, y), wide, high, color=PAPER, linewidth=0, zorder=order))
    # Word by word: Matplotlib rounds the place of every letter, which adds up over a line.
    words = [
        (piece, word.group(), piece.x + piece.scale * (measure(piece.text[: word.start()], piece.italic)))
        for piece in pieces
        for word in re.finditer(r"\S+", piece.text)
    ]
    for piece, word, at in words:
        axes.text(
            left + at * size,
            label.y + (MIDDLE - piece.rise) * size,
            word,
            color=STYLES[label.style].colour,
            fontfamily=_FAMILY,
            fontstyle="italic" if piece.italic else "normal",
            fontsize=piece.scale * size,
            ha="left",
            va="baseline",
            parse_math=False,
            zorder=order + 0.5,
        )
