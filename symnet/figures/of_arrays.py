"""The figure that a sheet shows of equations of arrays, where one says more than the equations do."""

from __future__ import annotations

from symnet.figures.maps import maps_figure, maps_of
from symnet.figures.unrolled import recurrence_of, unrolled_figure
from symnet.figures.windows import windows_figure, windows_of
from symnet.paper.document import Figure
from symnet.working.work import Work

MOST_WINDOWS = 3  # convolutions and pools in one figure


def array_figure(work: Work) -> Figure | None:
    """The maps of a network with channels, the windows of one without, or the steps of a recurrence; else None."""
    maps = maps_of(work)
    if maps:
        return maps_figure(work, maps)
    windows = list(windows_of(work))
    if 0 < len(windows) <= MOST_WINDOWS:
        return windows_figure(work, windows)
    recurrence = recurrence_of(work)
    return unrolled_figure(work, recurrence) if recurrence is not None else None
