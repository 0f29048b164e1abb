"""Where the labels of wires go: between two columns every wire is a straight line, and its label sits on it.

A label never touches another, nor a circle, nor what stands at one, and lies on no other wire as far as on its own.
``placed`` finds the places or says that there is no room.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import hypot
from typing import TypeAlias

Rect: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom

_STOPS = tuple(k / 40 for k in range(4, 37))  # of a wire's length
_LIKED = 0.30  # where labels stand if nothing is in the way: near the source, where wires are still apart
_APART = 1.5  # points between two labels
_LARGEST_SHARE = 0.7  # of the length of its own wire under a label, that another wire may have under it


@dataclass(frozen=True)
class Segment:
    """A wire's straight way through one gap, and the size of its label or 0, 0."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float = 0.0
    height: float = 0.0


@lru_cache(maxsize=10_000)  # the variants of an exercise ask the same again and again
def placed(
    segments: tuple[Segment, ...], obstacles: tuple[Rect, ...]
) -> tuple[tuple[tuple[float, float] | None, ...], int] | None:
    """The middle of each segment's label, None for one without, and how many other wires the labels cover.

    None altogether where there is no room for all labels.
    """
    places: list[tuple[float, float] | None] = [None] * len(segments)
    hidden = 0
    taken = list(obstacles)
    labelled = [i for i, segment in enumerate(segments) if segment.width]
    # Level wires first: they have the fewest places where nothing crosses them.
    for i in sorted(labelled, key=lambda i: (abs(segments[i].y2 - segments[i].y1), segments[i].y1)):
        segment = segments[i]
        best: tuple[float, float, float, int] | None = None
        for stop in _STOPS:
            x = segment.x1 + stop * (segment.x2 - segment.x1)
            y = segment.y1 + stop * (segment.y2 - segment.y1)
            box = _around(x, y, segment)
            if box[0] < segment.x1 + _APART or box[2] > segment.x2 - 3 * _APART:  # an arrow's head stays to be seen
                continue
            if any(_overlap(box, other) for other in taken):
                continue
            under = [chord(other, box) for k, other in enumerate(segments) if k != i]
            covered = sum(length > 0 for length in under)
            if covered and max(under) > _LARGEST_SHARE * chord(segment, box):
                continue
            cost = 3.0 * covered + 4.0 * abs(stop - _LIKED)
            if best is None or cost < best[0]:
                best = cost, x, y, covered
        if best is None:
            return None
        places[i] = best[1], best[2]
        hidden += best[3]
        taken.append(_around(best[1], best[2], segment))
    return tuple(places), hidden


def chord(segment: Segment, box: Rect) -> float:
    """How long the segment runs inside the box, after Liang and Barsky (1984)."""
    dx, dy = segment.x2 - segment.x1, segment.y2 - segment.y1
    enters, leaves = 0.0, 1.0
    for along, low, high in ((dx, box[0] - segment.x1, box[2] - segment.x1),
                             (dy, box[1] - segment.y1, box[3] - segment.y1)):  # fmt: skip
        if along == 0:
            if low >= 0 or high <= 0:
                return 0.0
            continue
        first, last = sorted((low / along, high / along))
        enters, leaves = max(enters, first), min(leaves, last)
    return max(0.0, leaves - enters) * hypot(dx, dy)


def _around(x: float, y: float, segment: Segment) -> Rect:
    half, tall = segment.width / 2, segment.height / 2
    return x - half, y - tall, x + half, y + tall


def _overlap(one: Rect, other: Rect) -> bool:
    return (
        one[0] < other[2] + _APART
        and other[0] < one[2] + _APART
        and one[1] < other[3] + _APART
        and other[1] < one[3] + _APART
    )
