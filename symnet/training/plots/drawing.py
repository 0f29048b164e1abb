"""How every picture is drawn: the size, the colours, the axes; and how it becomes a file."""

from __future__ import annotations

import copy
import io
import textwrap
import warnings
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from symnet.algebra.mistakes import Mistake, NotInstalled, shown
from symnet.files import write_all
from symnet.training.plots.given import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# Okabe and Ito (2008), "Color Universal Design".
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, YELLOW, GRAY = "#CC79A7", "#56B4E9", "#F0E442", "#999999"
CLASS_COLORS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW, GRAY)
CLASS_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")
DARK, FAINT = "#222222", "#BBBBBB"

ENDINGS = ("png", "pdf", "svg")
MOST_POINTS = 2000  # a curve of more is thinned: a page is about as many dots wide
FEW_POINTS = 20  # a curve of so few has its points marked: a line through one point cannot be seen
LARGEST = 1e100  # what is greater, or in a logarithm smaller than its inverse, overflows in matplotlib's transforms
LOG_FACTOR = 30  # a curve that spans more is drawn on a logarithmic scale
SIZE = 9  # points, of all text
SCREEN = 110  # dots an inch of a figure in a notebook


def picture(figure: Figure, ending: str) -> bytes:
    """The figure as the bytes of a file: ending is png, pdf or svg.

    The same figure gives the same bytes: no date is written, and the names inside an svg are not drawn by lot.  Raises
    Mistake for another ending.
    """
    kind = ending.lower().removeprefix(".")
    if kind not in ENDINGS:
        raise Mistake(f"a picture cannot end in {shown(ending)} (known: {', '.join(ENDINGS)})")
    try:
        import matplotlib
    except ImportError:
        raise NotInstalled("matplotlib", "plot") from None
    dates: dict[str, dict[str, Any]] = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "symnet"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # an empty box stands for what no font has
        # a copy, because to lay a figure out moves its axes, a little further each time it is drawn
        copy.deepcopy(figure).savefig(file, format=kind, dpi=200, metadata=dates[kind])
    return file.getvalue()


def save(figure: Figure, path: str | Path) -> None:
    """Write the figure to a file, completely or not at all; the ending says how: .png, .pdf or .svg.

    Raises Mistake for another ending and where the file cannot be written.
    """
    place = Path(path)
    if not place.suffix:
        raise Mistake(f"{shown(place, 200)} has no ending that says the kind of picture (known: {', '.join(ENDINGS)})")
    write_all({place: picture(figure, place.suffix)})


def new_figure(width: float, height: float, between: float = 0.02) -> Figure:
    """An empty figure of that size in inches; ``between`` its axes is a share of their width."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise NotInstalled("matplotlib", "plot") from None
    figure = _shown(Figure)(figsize=(width, height))
    figure.set_layout_engine("constrained", wspace=between)
    return figure  # type: ignore[no-any-return]


@cache
def _shown(kind: Any) -> Any:
    """That kind of figure, which Jupyter shows by itself even where ``%matplotlib inline`` was not said."""

    class Shown(kind):  # type: ignore[misc]
        def _repr_png_(self) -> bytes:
            buffer = io.BytesIO()
            self.savefig(buffer, format="png", dpi=SCREEN)
            return buffer.getvalue()

    Shown.__name__ = Shown.__qualname__ = kind.__name__
    return Shown


def write_words(axes: Axes, title: str, across: str, up: str, length: int = 75) -> None:
    """The title, in lines of at most ``length`` letters, and the names of the axes."""
    # Not matplotlib's own wrapping, which reads a $ in the title as a formula although it was told not to.
    lines = "\n".join(textwrap.fill(part, length) for part in title.splitlines())
    axes.set_title(lines, fontsize=SIZE + 1, parse_math=False)
    axes.set_xlabel(across, fontsize=SIZE)
    axes.set_ylabel(up, fontsize=SIZE)
    axes.tick_params(labelsize=SIZE, which="both")


def legend_below(figure: Figure, axes: Axes, columns: int = 3) -> None:
    """Below the axes, where it never lies over what is drawn."""
    handles, labels = axes.get_legend_handles_labels()
    columns = min(columns, len(handles)) if max(map(len, labels)) <= 24 else 1
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize=SIZE, frameon=False)


def draw_curve(axes: Axes, x: Floats, y: Floats, label: str, color: str, style: str) -> None:
    note = left_out(y)
    if label and note:
        label = f"{label} ({note})"
    y = gaps(y)
    kept = thinned(y)
    marker = "o" if np.isfinite(y).sum() <= FEW_POINTS else ""
    axes.plot(x[kept], y[kept], color=color, linestyle=style, linewidth=1.4, marker=marker, markersize=4, label=label)


def set_scale(axes: Axes, *curves: Floats) -> None:
    """A logarithmic scale where all values are positive and span more than a factor 30."""
    values = np.concatenate(curves)
    finite = values[drawable(values)]
    if not finite.size:
        axes.set_yticks([])  # no scale for nothing
    elif finite.min() > 1 / LARGEST and finite.max() > LOG_FACTOR * finite.min():
        axes.set_yscale("log")
    else:
        axes.ticklabel_format(axis="y", useOffset=False)  # a nearly constant loss is not "+1.2645e−4"


def count_axis(axes: Axes, size: int, unit: str, first: float = 1.0, nbins: int = 8) -> None:
    """Whole numbers from ``first`` on the x axis."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.xaxis.set_major_locator(MaxNLocator(nbins, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    margin = max(0.5, 0.02 * size)
    axes.set_xlim(first - margin, first + size - 1 + margin)


def from_one(values: Floats) -> Floats:
    return np.arange(1, values.size + 1, dtype=float)


def drawable(values: Floats) -> NDArray[np.bool_]:
    return np.abs(values) <= LARGEST  # False for NaN too


def gaps(values: Floats) -> Floats:
    """The values with NaN, which a line leaves out, for whatever cannot be drawn."""
    return np.where(drawable(values), values, np.nan)


def left_out(values: Floats) -> str:
    """``3 of 50 not finite``, or nothing where every value is drawn."""
    missing = values.size - int(drawable(values).sum())
    if not missing:
        return ""
    beyond = np.isfinite(values).sum() > values.size - missing
    return f"{missing:,} of {values.size:,} not finite{' or beyond 1e100' if beyond else ''}"


def thinned(y: Floats) -> NDArray[np.intp]:
    """Which points draw the curve: all, or of many the first, the last and the least and greatest of each block.

    Every point is one of the curve's own, so that spikes and the minimum stay, which a block's mean would hide.
    """
    if y.size <= MOST_POINTS:
        return np.arange(y.size)
    keep = {0, y.size - 1}
    for start, stop in pairwise(np.linspace(1, y.size - 1, MOST_POINTS // 2).astype(int).tolist()):
        block = y[start:stop]
        if np.isnan(block).all():
            keep.add(start)  # a gap stays a gap
        else:
            keep |= {start + int(np.nanargmin(block)), start + int(np.nanargmax(block))}
    return np.array(sorted(keep))


def tint(color: str) -> tuple[float, float, float]:
    """The color, two thirds of the way to white."""
    from matplotlib.colors import to_rgb

    red, green, blue = (1 - (1 - part) / 3 for part in to_rgb(color))
    return red, green, blue


def short_name(name: object) -> str:
    text = " ".join(str(name).split())
    return text if len(text) <= 20 else text[:19] + "…"
