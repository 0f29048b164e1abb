"""The summary of a class as a picture: how the answers to each quantity came out, and which slips were made."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from symnet.algebra.mistakes import Mistake, NotInstalled, shown
from symnet.classroom.marking.printed import short, slip_in_words
from symnet.classroom.marking.students import OUTCOMES
from symnet.classroom.marking.summary import Summary
from symnet.training import plots
from symnet.training.plots import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_QUANTITIES = 40
MOST_SLIPS = 12
MOST_PLACES = 2  # of a slip, named beside its bar
_SIZE = 9  # points, of all text
_LONGEST_KEY = 34
_LETTERS = 46  # of a line of words beside a bar
# Light to dark in grey too, and hatched where a color-blind or grey reader might take one for its neighbor.
_LOOKS = {
    "right": (drawing.BLUE, ""),
    "rounded": (drawing.SKY, ""),
    "carried": (drawing.YELLOW, "///"),
    "wrong": (drawing.VERMILION, "xxx"),
    "blank": ("#FFFFFF", ""),
}


def picture(summary: Summary, path: Path) -> bytes:
    """The plot as the file that the ending of ``path`` names: .png, .pdf or .svg."""
    check_ending(path)
    return plots.picture(figure(summary), path.suffix)


def check_ending(path: Path) -> None:
    if path.suffix.lower().removeprefix(".") not in plots.ENDINGS:
        known = ", ".join(f".{ending}" for ending in plots.ENDINGS)
        raise Mistake(f"{shown(path, 200)}: a plot ends in {known.replace(', .svg', ' or .svg')}")


def figure(summary: Summary) -> Figure:
    """Two panels: the quantities in the order of difficulty, and the slips with how many students made them."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise NotInstalled("matplotlib", "plot") from None
    slips = _bars(summary)
    lines = [max(1, words.count("\n") + 1) for words, _ in slips]
    quantities = min(len(summary.quantities), MOST_QUANTITIES)
    above, below = 0.7 + 0.24 * max(1, quantities), 0.5 + sum(0.1 + 0.17 * n for n in lines) if slips else 0.6
    drawn = Figure(figsize=(7.2, above + below + 0.5))
    drawn.set_layout_engine("constrained")
    top, bottom = drawn.subplots(2, 1, height_ratios=[above, below])
    _quantities(drawn, top, summary)
    _slips(bottom, slips, lines, summary.students)
    return drawn


def _quantities(drawn: Figure, axes: Axes, summary: Summary) -> None:
    shown_ones = summary.quantities[:MOST_QUANTITIES]
    left = [0] * len(shown_ones)
    for outcome in OUTCOMES:
        color, hatch = _LOOKS[outcome]
        counts = [quantity.outcomes[outcome] for quantity in shown_ones]
        axes.barh(
            range(len(counts)), counts, left=left, color=color, hatch=hatch, label=outcome, height=0.75,
            edgecolor=drawing.DARK, linewidth=0.6,
        )  # fmt: skip
        left = [a + b for a, b in zip(left, counts, strict=True)]
    axes.set_yticks(range(len(shown_ones)), [_short(q.key) for q in shown_ones], parse_math=False)
    axes.set_ylim(max(1, len(shown_ones)) - 0.5, -0.5)
    axes.set_xlim(0, max(1, summary.students))
    more = len(summary.quantities) - len(shown_ones)
    title = f"Mean mark {short(summary.mean)} of {short(summary.of)}; the hardest quantities first"
    axes.set_title(title, fontsize=_SIZE + 1, loc="left")
    _words(axes, "students" + (f" ({more} easier quantities are not shown)" if more else ""))
    drawn.legend(loc="outside upper center", ncols=len(OUTCOMES), fontsize=_SIZE, frameon=False)


def _short(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else f"{key[: _LONGEST_KEY - 1]}…"


def _bars(summary: Summary) -> list[tuple[str, int]]:
    """The words and the length of every bar of the lower panel."""
    bars = [(slip_in_words(count, MOST_PLACES), count.students) for count in summary.slips[:MOST_SLIPS]]
    if len(summary.slips) > MOST_SLIPS:
        rest = summary.slips[MOST_SLIPS:]
        bars.append((f"{len(rest)} other slips, each by at most so many", rest[0].students))
    if summary.unexplained:
        bars.append(("a wrong answer that no slip explains for certain", summary.unexplained))
    if summary.flags.get("early-0"):
        bars.append(("an early wrong 0, so nothing left to work", summary.flags["early-0"]))
    return [("\n".join(textwrap.wrap(words, _LETTERS, max_lines=3, placeholder=" …")), n) for words, n in bars]


def _slips(axes: Axes, bars: list[tuple[str, int]], lines: list[int], students: int) -> None:
    axes.set_title("Slips", fontsize=_SIZE + 1, loc="left")
    if not bars:
        axes.axis("off")
        axes.text(0, 0.5, "none was found", fontsize=_SIZE, transform=axes.transAxes)
        return
    ends = [sum(lines[: i + 1]) + 0.6 * (i + 1) for i in range(len(lines))]
    places = [end - (n + 0.6) / 2 for end, n in zip(ends, lines, strict=True)]
    axes.barh(places, [n for _, n in bars], height=0.9, color=drawing.GRAY, edgecolor=drawing.DARK, linewidth=0.6)
    for place, (_, n) in zip(places, bars, strict=True):
        axes.annotate(f"{n:,}", (n, place), (4, 0), textcoords="offset points", va="center", fontsize=_SIZE)
    axes.set_yticks(places, [words for words, _ in bars], parse_math=False)
    axes.set_ylim(ends[-1], 0)
    axes.set_xlim(0, 1.12 * max(n for _, n in bars))
    _words(axes, f"students, of {students:,}")


def _words(axes: Axes, across: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
    axes.set_xlabel(across, fontsize=_SIZE)
    axes.tick_params(labelsize=_SIZE)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right"]].set_visible(False)
