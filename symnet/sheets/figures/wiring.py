"""Where the labels of wires go: between two columns every wire is a straight line, and its label sits on it.

A label never touches another, and rather covers no wire but its own.  ``placed`` finds the places or says that there
is no room.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

_STOPS = tuple(k / 40 for k in range(4, 37))  # of a wire's length
_LIKED = 0.28  # where labels stand if nothing is in the way: near the source, where wires are still apart
_APART = 1.5  # points between two labels


@dataclass(frozen=True)
class Segment:
    """A wire's way through one gap, from (0, start) to (the gap's width, end), and the size of its label or 0, 0."""

    start: float
    end: float
    width: float = 0.0
    height: float = 0.0


@lru_cache(maxsize=10_000)  # the variants of an exercise ask the same again and again
def placed(segments: tuple[Segment, ...], gap: float) -> tuple[tuple[tuple[float, float] | None, ...], int] | None:
    """The middle of each segment's label, None for one without, and how many other wires the labels cover.

    None altogether where there is no room for all labels.
    """
    places: list[tuple[float, float] | None] = [None] * len(segments)
    hidden = 0
    taken: list[tuple[float, float, float, float]] = []
    labelled = [i for i, segment in enumerate(segments) if segment.width]
    # Level wires first: they have the fewest places where nothing crosses them.
    for i in sorted(labelled, key=lambda i: (abs(segments[i].end - segments[i].start), segments[i].start)):
        segment = segments[i]
        best: tuple[float, float, float, int] | None = None
        for stop in _STOPS:
            x, y = stop * gap, segment.start + stop * (segment.end - segment.start)
            box = _around(x, y, segment)
            if box[0] < _APART or box[2] > gap - _APART or any(_overlap(box, other) for other in taken):
                continue
            covered = sum(_crosses(other, gap, box) for k, other in enumerate(segments) if k != i)
            cost = 3.0 * covered + 4.0 * abs(stop - _LIKED)
            if best is None or cost < best[0]:
                best = cost, x, y, covered
        if best is None:
            return None
        places[i] = best[1], best[2]
        hidden += best[3]
        taken.append(_around(best[1], best[2], segment))
    return tuple(places), hidden


def _around(x: float, y: float, segment: Segment) -> tuple[float, float, float, float]:
    half, tall = segment.width / 2, segment.height / 2
    return x - half, y - tall, x + half, y + tall


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return (
        one[0] < other[2] + _APART
        and other[0] < one[2] + _APART
        and one[1] < other[3] + _APART
        and other[1] < one[3] + _APART
    )


def _crosses(segment: Segment, gap: float, box: tuple[float, float, float, float]) -> bool:
    """Whether the wire goes through the box: its least and greatest height over the box's width say so."""
    slope = (segment.end - segment.start) / gap
    heights = (segment.start + slope * box[0], segment.start + slope * box[2])
    return min(heights) < box[3] and max(heights) > box[1]
