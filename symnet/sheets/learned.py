"""What a network has learned, as figures of a sheet: a function of two inputs beside its target, in shades of gray."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from symnet.notation.maths import Maths, Word, row
from symnet.notation.names import Names
from symnet.paper.document import Figure
from symnet.paper.drawing import Box, Drawing, Label, Mark, Tile
from symnet.training.plan import Plan
from symnet.training.run import Run

SIDE = 24  # tiles across a picture
_TILE = 7.0  # points
_SIZE = 9.0
_BETWEEN = 44.0
_MARGIN = 6.0


def picture(plan: Plan, run: Run) -> Figure:
    """The target and what the network makes of it; ``plan.is_picture`` must hold."""
    target, predicted = plan.picture(run, SIDE)
    tables = np.asarray(target, np.float64), np.asarray(predicted, np.float64)
    finite = np.concatenate([table[np.isfinite(table)] for table in tables])
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    size, top = SIDE * _TILE, _MARGIN + 14
    lefts = (_MARGIN + 20, _MARGIN + 20 + size + _BETWEEN)
    titles = ("target", f"network after {run.steps:,} updates")
    marks: list[Mark] = []
    assert plan.data is not None
    for table, left, title in zip(tables, lefts, titles, strict=True):
        marks += _tiles(table, left, top, low, high)
        marks.append(Box(left, top, size, size))
        marks.append(Label(left + size / 2, _MARGIN + 5, title, size=_SIZE))
        marks += _axes(plan, left, top, size)
    bottom = top + size + 36
    marks.append(Label((lefts[0] + lefts[1] + size) / 2, bottom, f"black {low:.3g}, white {high:.3g}", size=_SIZE))
    mistake = float(np.abs(tables[0] - tables[1]).max())
    words = (
        f"Two pictures in shades of gray: the target, and what the network makes of it after {run.steps:,} updates. "
        f"Their values differ by at most {mistake:.3g}, on a scale from {low:.3g} to {high:.3g}."
    )
    return Figure(Drawing(lefts[1] + size + _MARGIN + 14, bottom + 12, tuple(marks)), words)


def _tiles(table: np.ndarray, left: float, top: float, low: float, high: float) -> Iterator[Tile]:
    scale = (high - low) or 1.0
    for i, values in enumerate(table[::-1]):  # the least of the second input is at the bottom
        for j, value in enumerate(values):
            light = float((value - low) / scale) if np.isfinite(value) else 0.5
            yield Tile(left + j * _TILE, top + i * _TILE, _TILE, _TILE, min(1.0, max(0.0, light)))


def _axes(plan: Plan, left: float, top: float, size: float) -> Iterator[Label]:
    """The ends of both ranges, with the names of the inputs between them."""
    assert plan.data is not None
    names = Names(tuple(plan.data.ranges))
    (first, across), (second, up) = plan.data.ranges.items()
    across_words: Sequence[tuple[float, Maths]] = (
        (0.0, _number(across[0])), (0.5, names.node(first)), (1.0, _number(across[1])),
    )  # fmt: skip
    for share, text in across_words:
        yield Label(left + share * size, top + size + 9, text, size=_SIZE)
    for share, text in ((1.0, _number(up[0])), (0.5, names.node(second)), (0.0, _number(up[1]))):
        yield Label(left - 5, top + share * size, text, side="left", size=_SIZE)


def _number(value: float) -> Maths:
    return row(Word(f"{value:.4g}".replace("-", "\u2212")))
