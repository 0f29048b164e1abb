"""The figure that a sheet shows of equations of arrays, where one says more than the equations do."""

from __future__ import annotations

from symnet.figures.unrolled import recurrence_of, unrolled_figure
from symnet.figures.windows import windows_figure, windows_of
from symnet.paper.document import Figure
from symnet.working.work import Work

MOST_WINDOWS = 3  # convolutions and pools in one figure


def array_figure(work: Work) -> Figure | None:
    """The windows of convolutions and pools, or the steps of a recurrence; None where nothing is to be drawn."""
    windows = list(windows_of(work))
    if 0 < len(windows) <= MOST_WINDOWS:
        return windows_figure(work, windows)
    recurrence = recurrence_of(work)
    return unrolled_figure(work, recurrence) if recurrence is not None else None
