"""Charts as drawings: axes with their ticks, curves through data, and several charts in a grid.

``chart`` draws data that are already computed; it computes nothing but where things go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, isfinite, log10

from symnet.notation.maths import Maths
from symnet.notation.typesetter import given_number
from symnet.paper.breaking import width as width_of
from symnet.paper.drawing import Circle, Curve, Drawing, Label, Mark, Stroke, shifted

_LEFT, _RIGHT, _TOP, _BOTTOM = 30.0, 8.0, 16.0, 24.0  # room around the axes, in points
_SMALL, _NORMAL = 7.0, 9.0  # sizes of letters
_TICK = 3.0


@dataclass(frozen=True)
class Series:
    """Points (x, y) joined by a curve, which is broken where y is no number; ``dots`` marks each of them."""

    points: tuple[tuple[float, float], ...]
    style: str = "path"
    dots: bool = False
    name: Maths | str = ""


def chart(
    series: Sequence[Series],
    title: Maths | str = "",
    x_name: Maths | str = "",
    width: float = 210,
    height: float = 130,
    whole_x: bool = False,
    from_zero: bool = False,
) -> Drawing:
    """Axes around the data, with a line along y = 0 and x = 0 where they cross it.

    ``whole_x`` puts ticks at whole numbers only; ``from_zero`` lets the y axis begin at 0.
    """
    places = [point for one in series for point in one.points if isfinite(point[1])]
    xs, ys = [x for x, _ in places] or [0.0, 1.0], [y for _, y in places] or [0.0, 1.0]
    x_ticks = ticks(min(xs), max(xs), 5, whole_x)
    y_ticks = ticks(min(0.0, *ys) if from_zero else min(ys), max(ys), 4)
    plane = Plane(
        (min(xs), max(xs)) if max(xs) > min(xs) else (float(x_ticks[0]), float(x_ticks[-1])),
        (float(y_ticks[0]), float(y_ticks[-1])),
        width,
        height,
    )
    marks: list[Mark] = [*axes(plane, x_ticks, y_ticks)]
    for one in series:
        marks += _drawn(plane, one)
    marks += _legend(series, width)
    if title and any(one.name for one in series):
        marks.append(Label(_LEFT, _TOP / 2, title, "right", size=_NORMAL))
    elif title:
        marks.append(Label(plane.x((plane.xs[0] + plane.xs[1]) / 2), _TOP / 2, title, size=_NORMAL))
    if x_name:
        marks.append(Label(width - _RIGHT, height - 5, x_name, side="left", size=_NORMAL))
    return Drawing(width, height, tuple(marks))


def grid(charts: Sequence[Drawing], columns: int, gap: float = 6) -> Drawing:
    """Drawings of one size side by side, row after row."""
    wide, high = max(c.width for c in charts), max(c.height for c in charts)
    rows = -(-len(charts) // columns)
    marks = [
        shifted(mark, (i % columns) * (wide + gap), (i // columns) * (high + gap))
        for i, one in enumerate(charts)
        for mark in one.marks
    ]
    return Drawing(columns * wide + (columns - 1) * gap, rows * high + (rows - 1) * gap, tuple(marks))


def without_data(drawing: Drawing) -> Drawing:
    """The axes alone, to draw in by hand."""
    return replace(drawing, marks=tuple(mark for mark in drawing.marks if isinstance(mark, (Stroke, Label))))


def ticks(low: float, high: float, about: int, whole: bool = False) -> tuple[Fraction, ...]:
    """Round numbers from at most ``low`` to at least ``high``, about so many steps of 1, 2 or 5 times 10ᵏ."""
    if not high > low:
        low, high = low - 0.5, low + 0.5
    rough = (high - low) / about
    power = Fraction(10) ** floor(log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    if whole:
        step = Fraction(max(1, round(step)))
    near = float(step) * 1e-9
    first, last = floor((low + near) / float(step)), ceil((high - near) / float(step))
    return tuple(k * step for k in range(first, last + 1))


@dataclass(frozen=True)
class Plane:
    """From the numbers of the data to points of a drawing of that size, with room around the axes."""

    xs: tuple[float, float]
    ys: tuple[float, float]
    width: float
    height: float

    def x(self, x: float) -> float:
        return _LEFT + (x - self.xs[0]) / (self.xs[1] - self.xs[0]) * (self.width - _LEFT - _RIGHT)

    def y(self, y: float) -> float:
        return self.height - _BOTTOM - (y - self.ys[0]) / (self.ys[1] - self.ys[0]) * (self.height - _TOP - _BOTTOM)


def axes(plane: Plane, x_ticks: Sequence[Fraction], y_ticks: Sequence[Fraction]) -> list[Mark]:
    """The axes at the left and the bottom with their ticks, and lines along x = 0 and y = 0."""
    left, bottom = plane.x(plane.xs[0]), plane.y(plane.ys[0])
    right, top = plane.x(plane.xs[1]), plane.y(plane.ys[1])
    marks: list[Mark] = []
    if plane.ys[0] < 0 < plane.ys[1]:
        marks.append(Stroke(left, plane.y(0), right, plane.y(0), "faint"))
    if plane.xs[0] < 0 < plane.xs[1]:
        marks.append(Stroke(plane.x(0), bottom, plane.x(0), top, "faint"))
    marks += [Stroke(left, bottom, right, bottom), Stroke(left, bottom, left, top)]
    for tick in x_ticks:
        at = plane.x(float(tick))
        if left - 0.01 <= at <= right + 0.01:
            marks += [Stroke(at, bottom, at, bottom + _TICK), Label(at, bottom + 9, given_number(tick), size=_SMALL)]
    for tick in y_ticks:
        at = plane.y(float(tick))
        marks += [Stroke(left - _TICK, at, left, at), Label(left - 5, at, given_number(tick), "left", size=_SMALL)]
    return marks


def _drawn(plane: Plane, series: Series) -> list[Mark]:
    marks: list[Mark] = []
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in series.points:
        if not isfinite(y):
            runs.append([])
            continue
        runs[-1].append((plane.x(x), plane.y(y)))
    marks += [Curve(tuple(run), series.style) for run in runs if len(run) > 1]
    if series.dots:
        marks += [Circle(x, y, 1.8, series.style) for run in runs for x, y in run]
    return marks


def _legend(series: Sequence[Series], width: float) -> Iterator[Mark]:
    """The names of the series above the axes, from the right, each after a piece of its line."""
    x = width - _RIGHT
    for one in reversed(series):
        if one.name:
            yield Label(x, _TOP / 2, one.name, "left", one.style, _NORMAL)
            letters = len(one.name) if isinstance(one.name, str) else width_of(one.name)
            x -= 0.5 * _NORMAL * letters
            yield Stroke(x - 18, _TOP / 2, x - 4, _TOP / 2, one.style)
            x -= 30
