"""The plane of two inputs, cut by the lines on which units change sides: a line each, its positive side, the samples.

Short strokes stand on the side of a line where its unit is positive, and its normal points there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot, inf

from symnet.notation.maths import Maths
from symnet.paper.breaking import width as width_of
from symnet.paper.charts import Plane, axes, ticks
from symnet.paper.drawing import Circle, Drawing, Label, Mark, Stroke

SIDE = (
    210.0  # points, so that there is room beside it: the drawing is a square, so that a normal stands at a right angle
)
_STROKE, _APART, _NORMAL = 5.0, 11.0, 26.0  # the strokes of a side, how far apart they are, a normal
_PLACES = (0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6, 0.5)  # along a line where its name may stand
_STYLES = ("gradient", "plain", "path")
_GRID = 48  # points to a side, that are asked which region they are in
_CLEAR = 8.0  # points from a region's name to an axis
_NARROW = 9.0  # points to the nearest line: in a narrower region there is no room for its name

Point = tuple[float, float]


@dataclass(frozen=True)
class Boundary:
    """Where a·x + b·y + c = 0, and what stands beside the line."""

    a: float
    b: float
    c: float
    name: Maths

    def at(self, x: float, y: float) -> float:
        return self.a * x + self.b * y + self.c

    def within(self, low: float, high: float) -> tuple[Point, Point] | None:
        """The part of the line in the square from ``low`` to ``high``; None where it passes outside."""
        found: list[Point] = []
        for end in (low, high):
            if self.b:
                found.append((end, -(self.a * end + self.c) / self.b))
            if self.a:
                found.append((-(self.b * end + self.c) / self.a, end))
        near = (high - low) * 1e-9
        inside = sorted({p for p in found if low - near <= p[0] <= high + near and low - near <= p[1] <= high + near})
        return (inside[0], inside[-1]) if inside and inside[0] != inside[-1] else None


@dataclass(frozen=True)
class Sample:
    """A sample in the plane: a full circle where its target is positive, with no target a small one."""

    x: float
    y: float
    positive: bool | None


def half_planes(
    lines: Sequence[Boundary],
    samples: Sequence[Sample],
    ends: tuple[float, float],
    names: tuple[Maths, Maths],
    regions: bool,
) -> Drawing:
    """The square from ``ends[0]`` to ``ends[1]`` both ways; ``names`` are those of its axes.

    Without lines it is there to draw in.  ``regions`` writes into each region which of the units are on there.
    """
    low, high = ends
    plane = Plane((low, high), (low, high), SIDE, SIDE + 2)
    at = tuple(tick for tick in ticks(low, high, 4) if low <= tick <= high)
    marks: list[Mark] = []
    for tick in (float(tick) for tick in ticks(low, high, 8) if low <= tick <= high):
        marks.append(Stroke(plane.x(tick), plane.y(low), plane.x(tick), plane.y(high), "faint"))
        marks.append(Stroke(plane.x(low), plane.y(tick), plane.x(high), plane.y(tick), "faint"))
    marks += axes(plane, at, at)
    for end in (low, high):  # the zero lines are seen among those of the ticks
        if low < 0 < high and end == low:
            marks.append(Stroke(plane.x(0), plane.y(low), plane.x(0), plane.y(high)))
            marks.append(Stroke(plane.x(low), plane.y(0), plane.x(high), plane.y(0)))
    marks.append(Label(plane.x(high) + 4, plane.y(low) + 19, names[0], "left"))
    marks.append(Label(plane.x(low) - 4, plane.y(high) - 9, names[1], "right"))
    paths = [_on_paper(plane, line, ends) for line in lines]
    taken: list[Point] = [(plane.x(s.x), plane.y(s.y)) for s in samples]
    drawn = [path for path in paths if path is not None]
    for i, (line, path) in enumerate(zip(lines, paths, strict=True)):
        if path is not None:
            marks += (side := [*_side(plane, line, path, _STYLES[i % len(_STYLES)])])
            normal = side[-1]
            assert isinstance(normal, Stroke)
            taken += [(normal.x2, normal.y2), ((normal.x1 + normal.x2) / 2, (normal.y1 + normal.y2) / 2)]
    if regions:
        for label in _regions(plane, lines, ends, taken):
            marks.append(label)
            taken.append((label.x, label.y))
    for i, (line, path) in enumerate(zip(lines, paths, strict=True)):
        if path is not None:
            others = [other for other in drawn if other is not path]
            label = _named(line, path, others, taken, _STYLES[i % len(_STYLES)])
            taken.append((label.x, label.y))
            marks.append(label)
    for sample in samples:
        marks += _sample(plane, sample)
    return Drawing(SIDE, SIDE + 2, tuple(marks))


def _on_paper(plane: Plane, line: Boundary, ends: tuple[float, float]) -> tuple[Point, Point] | None:
    found = line.within(*ends)
    if found is None:
        return None
    (x1, y1), (x2, y2) = found
    return (plane.x(x1), plane.y(y1)), (plane.x(x2), plane.y(y2))


def _side(plane: Plane, line: Boundary, path: tuple[Point, Point], style: str) -> Iterator[Mark]:
    """The line, strokes on its positive side, and its normal in the middle."""
    (x1, y1), (x2, y2) = path
    length = hypot(x2 - x1, y2 - y1)
    across = (plane.x(1) - plane.x(0), plane.y(1) - plane.y(0))  # y runs downwards on paper
    nx, ny = line.a * across[0], line.b * across[1]
    size = hypot(nx, ny)
    nx, ny = nx / size, ny / size
    yield Stroke(x1, y1, x2, y2, style)
    count = int(length / _APART)
    for k in range(1, count):
        x, y = x1 + (x2 - x1) * k / count, y1 + (y2 - y1) * k / count
        yield Stroke(x, y, x + nx * _STROKE, y + ny * _STROKE, style)
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    yield Stroke(x, y, x + nx * _NORMAL, y + ny * _NORMAL, style, arrow=True)


def _named(
    line: Boundary, path: tuple[Point, Point], others: Sequence[tuple[Point, Point]], taken: Sequence[Point], style: str
) -> Label:
    """The name of a line on it, where it is farthest from the other lines and from what stands there already."""
    (x1, y1), (x2, y2) = path
    half = 0.25 * 9 * width_of(line.name) + 4

    def free(place: float) -> float:
        x, y = x1 + (x2 - x1) * place, y1 + (y2 - y1) * place
        edge = min(x - half - 34, SIDE - 12 - half - x, y - 26, SIDE - 38 - y)
        apart = [hypot((x - a) / 1.6, y - b) for a, b in taken]
        return min((inf, *apart, *(_distance((x, y), other) for other in others))) + min(0.0, edge) * 10

    place = max(_PLACES, key=free)
    return Label(x1 + (x2 - x1) * place, y1 + (y2 - y1) * place, line.name, style=style, size=9, backed=True)


def _distance(point: Point, path: tuple[Point, Point]) -> float:
    (x, y), ((x1, y1), (x2, y2)) = point, path
    along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2)
    along = min(1.0, max(0.0, along))
    return hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1))


def _regions(
    plane: Plane, lines: Sequence[Boundary], ends: tuple[float, float], taken: Sequence[Point]
) -> Iterator[Label]:
    """10 where the first unit is on and the second is not, in the middle of that region."""
    low, high = ends
    best: dict[str, tuple[float, Point]] = {}
    paths = [path for line in lines if (path := _on_paper(plane, line, ends)) is not None]
    for i in range(1, _GRID):
        for j in range(1, _GRID):
            x, y = low + (high - low) * i / _GRID, low + (high - low) * j / _GRID
            on = "".join("1" if line.at(x, y) >= 0 else "0" for line in lines)
            here = plane.x(x), plane.y(y)
            edge = min(here[0] - plane.x(low), plane.x(high) - here[0], here[1] - plane.y(high), plane.y(low) - here[1])
            room = min((edge, *(_distance(here, path) for path in paths)))
            room = min((room, *(hypot(here[0] - a, here[1] - b) for a, b in taken)))
            axes_apart = min(abs(here[0] - plane.x(0)), abs(here[1] - plane.y(0)))
            room -= max(0.0, _CLEAR - axes_apart)  # rather not on an axis
            if room > best.get(on, (_NARROW, here))[0]:
                best[on] = room, here
    for on, (_, (x, y)) in best.items():
        yield Label(x, y, on, size=9, backed=True)


def _sample(plane: Plane, sample: Sample) -> Iterator[Mark]:
    x, y = plane.x(sample.x), plane.y(sample.y)
    if sample.positive is None:
        yield Circle(x, y, 2.0)
        return
    yield Circle(x, y, 3.4)
    for radius in (2.6, 1.8, 1.0, 0.3) if sample.positive else ():  # drawn full
        yield Circle(x, y, radius)
