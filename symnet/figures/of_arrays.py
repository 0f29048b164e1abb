"""The figures that a sheet shows of equations of arrays, where they say more than the equations do."""

from __future__ import annotations

from symnet.figures.channels import channels_figure, channels_of
from symnet.figures.maps import maps_figure, maps_of
from symnet.figures.unrolled import recurrence_of, unrolled_figure
from symnet.figures.windows import windows_figure, windows_of
from symnet.paper.document import Figure
from symnet.working.work import Work

MOST_WINDOWS = 3  # convolutions and pools in one figure


def array_figures(work: Work) -> list[Figure]:
    """The maps of a network with channels and the windows in them, the windows of one without, or the steps of a
    recurrence; [] where there is none of these."""
    channels = channels_of(work)
    several = [channels_figure(work, channels)] if channels is not None else []
    maps = maps_of(work)
    if maps:  # of a single operation they say no more than its windows
        return several if several and len(maps) == 2 else [maps_figure(work, maps), *several]
    windows = list(windows_of(work))
    if 0 < len(windows) <= MOST_WINDOWS:
        return [windows_figure(work, windows)]
    recurrence = recurrence_of(work)
    return [unrolled_figure(work, recurrence)] if recurrence is not None else []
