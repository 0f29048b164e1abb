"""The feature maps of a convolutional network as boxes, one behind the other for its channels, with their sizes.

  X           Z₁, A₁          M₂         F₄    Z₅
 ┌──┐  K₁     ┌──┐┐┐  max    ┌─┐┐┐       ║     ║
 │  │ ────→   │  │││ ────→   │ │││ ──→   ║ ──→ ║
 └──┘         └──┘┘┘         └─┘┘┘       ║     ║
1 × 8 × 8    4 × 8 × 8      4 × 4 × 4    64    3
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from symnet.algebra.equations import Array, Equation, names_in
from symnet.algebra.windows import Convolution, Pool, max_pool
from symnet.figures.grids import SIZE
from symnet.notation.maths import COMMA, Maths, joined
from symnet.paper.document import Figure
from symnet.paper.drawing import Box, Curve, Drawing, Label, Mark, Stroke, shifted
from symnet.paper.lettering import width_of
from symnet.paper.printing.text import maths as text_of
from symnet.working.arrays import shape_of
from symnet.working.work import Work

MOST_BEHIND = 6  # channels that are drawn behind one another
_LARGEST, _SMALLEST, _BEHIND, _LINE, _EDGE = 60.0, 7.0, 3.0, 13.0, 3.0


@dataclass
class Map:
    """Arrays of one shape that follow from one another, and by what they come from the map before."""

    names: list[str]
    shape: tuple[int, ...]
    by: Maths | str = ""


def maps_of(work: Work) -> list[Map]:
    """The maps from the picture on that the first window moves over; none without windows on several channels."""
    arrays = work.problem.arrays
    found: list[Map] = []
    for equation in work.problem.whole:
        shape = shape_of(arrays.get(equation.name, ""))
        windows = list(equation.rhs.atoms(Convolution, Pool))
        if not found and windows and isinstance(windows[0].args[0], Array):
            picture = windows[0].args[0].name
            found.append(Map([picture], shape_of(arrays.get(picture, ""))))
        reads = {name.name for name in names_in(equation.rhs)}
        if not found or found[-1].names[-1] not in reads or not shape:
            continue
        if not windows and shape == found[-1].shape and not reads & _parameters(work):
            found[-1].names.append(equation.name)
        else:
            found.append(Map([equation.name], shape, _by(work, equation)))
    several = any(len(one.shape) > 2 and one.shape[0] > 1 for one in found)
    return found if several else []


def _parameters(work: Work) -> set[str]:
    return {work.problem.array_of.get(name, name) for name in work.problem.start}


def _by(work: Work, equation: Equation) -> Maths | str:
    """K₁, or max 2 × 2, or W₅."""
    pools = list(equation.rhs.atoms(Pool))
    if pools:
        size = int(pools[0].args[1])
        return f"{'max' if isinstance(pools[0], max_pool) else 'mean'} {size} × {size}"
    weights = [name.name for name in names_in(equation.rhs) if name.name in _parameters(work)]
    return work.names.node(weights[0]) if weights else ""


def maps_figure(work: Work, found: list[Map]) -> Figure:
    """The maps beside one another."""
    steps = []
    for one in found:
        by = text_of(one.by) if not isinstance(one.by, str) else one.by
        steps.append(f"{f'by {by} ' if by else ''}{text_of(_names(work, one))} ({_size(one)})")
    return Figure(partial(_drawing, work, found), f"Feature maps: {'; then '.join(steps)}.")


def _names(work: Work, one: Map) -> Maths:
    return joined([work.names.node(name) for name in one.names], COMMA)


def _size(one: Map) -> str:
    return " × ".join(map(str, one.shape))


def _drawing(work: Work, found: list[Map]) -> Drawing:
    largest = max(max(one.shape[-2:]) for one in found if len(one.shape) > 1)
    sizes = [_extent(one, largest) for one in found]
    high = max(height for _, height in sizes)
    middle = _EDGE + _LINE + high / 2
    marks: list[Mark] = []
    x = _EDGE
    for i, (one, (wide, height)) in enumerate(zip(found, sizes, strict=True)):
        if i:
            along = max(22.0, width_of(one.by) * SIZE + 12)
            marks.append(Stroke(x + 4, middle, x + along - 4, middle, arrow=True))
            marks.append(Label(x + along / 2, middle - 9, one.by, size=SIZE))
            x += along
        room = max(wide, width_of(_names(work, one)) * SIZE, width_of(_size(one)) * SIZE)
        marks += (shifted(mark, x + (room - wide) / 2, middle + height / 2) for mark in _marks(one, largest))
        marks.append(Label(x + room / 2, _EDGE + _LINE / 2, _names(work, one), size=SIZE))
        marks.append(Label(x + room / 2, middle + high / 2 + _LINE / 2, _size(one), size=SIZE))
        x += room
    return Drawing(x + _EDGE, middle + high / 2 + _LINE + _EDGE, tuple(marks))


def _face(one: Map, largest: int) -> tuple[float, float]:
    """The width and the height of one channel, or of a vector."""
    if len(one.shape) == 1:
        return _SMALLEST, max(_SMALLEST, min(_LARGEST, 6.0 * one.shape[0]))
    rows, columns = (max(_SMALLEST, _LARGEST * length / largest) for length in one.shape[-2:])
    return columns, rows


def _behind(one: Map) -> int:
    """How many channels are drawn behind the first one."""
    return min(one.shape[0], MOST_BEHIND) - 1 if len(one.shape) > 2 else 0


def _extent(one: Map, largest: int) -> tuple[float, float]:
    wide, high = _face(one, largest)
    return wide + _BEHIND * _behind(one), high + _BEHIND * _behind(one)


def _marks(one: Map, largest: int) -> Iterator[Mark]:
    """The first channel with its lower left corner at (0, 0), and what is seen of those behind it, up and right."""
    wide, high = _face(one, largest)
    yield Box(0, -high, wide, high)
    for k in range(1, _behind(one) + 1):
        left, low = _BEHIND * k, -_BEHIND * k
        corners = ((left, low - high), (left + wide, low - high), (left + wide, low))
        yield Curve(((left, low - high + _BEHIND), *corners, (left + wide - _BEHIND, low)), "faint")
