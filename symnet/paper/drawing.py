"""A figure as marks on a plane: one layout, which each kind of picture prints in its own way.

Lengths are in points, x to the right and y downwards.  What a mark means is its ``style``, one name for all pictures;
a later mark lies over an earlier one.  Formulas in labels are on one line: ``lettering`` says how they are set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from symnet.notation.maths import Maths


@dataclass(frozen=True)
class Ink:
    """How a style looks on white paper: still told apart where a printer has no colours."""

    colour: str
    width: float = 0.8
    dashed: bool = False


STYLES = {
    "plain": Ink("#1a1a1a"),
    "faint": Ink("#8a8a8a", 0.5),  # one of many lines
    "dead": Ink("#8a8a8a", 0.6, dashed=True),  # a unit that passes nothing on
    "gradient": Ink("#b3261e"),  # what flows back
    "path": Ink("#1b4fa0", 2.0),  # what is being followed
    "second": Ink("#1b4fa0", 1.3, dashed=True),  # what comes after it
    "shaded": Ink("#1a1a1a"),  # letters on a tile, which stays light on a dark page
}
PAPER = "#ffffff"
PAGE = 470.0  # points across an A4 page between its margins; a wider picture is printed smaller
HEAD = 5.0  # length of an arrow's head


@dataclass(frozen=True)
class Circle:
    x: float
    y: float
    radius: float
    style: str = "plain"


@dataclass(frozen=True)
class Box:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    style: str = "plain"


@dataclass(frozen=True)
class Tile:
    """A filled rectangle by its upper left corner, from black (0) to white (1): a part of a picture."""

    x: float
    y: float
    width: float
    height: float
    light: float
    style: str = "plain"


@dataclass(frozen=True)
class Stroke:
    """A straight line from (x1, y1) to (x2, y2), with a head at its end where it is an arrow."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str = "plain"
    arrow: bool = False


@dataclass(frozen=True)
class Curve:
    """A line through all the points, in order."""

    points: tuple[tuple[float, float], ...]
    style: str = "plain"


@dataclass(frozen=True)
class Label:
    """Maths or words at (x, y), which is the middle of its line; ``side`` is where the text lies from there."""

    x: float
    y: float
    text: Maths | str
    side: str = "middle"  # "middle", "right" (begins there) or "left" (ends there)
    style: str = "plain"
    size: float = 10
    backed: bool = False  # on a ground of the paper's colour, so that a line under it does not cross the letters
    room: float = 0.0  # the least width of that ground


Mark: TypeAlias = Circle | Box | Tile | Stroke | Curve | Label


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    marks: tuple[Mark, ...]


def shifted(mark: Mark, x: float, y: float) -> Mark:
    """The mark so far to the right and down."""
    match mark:
        case Circle() | Box() | Tile() | Label():
            return replace(mark, x=mark.x + x, y=mark.y + y)
        case Stroke(x1, y1, x2, y2):
            return replace(mark, x1=x1 + x, y1=y1 + y, x2=x2 + x, y2=y2 + y)
        case Curve(points):
            return replace(mark, points=tuple((px + x, py + y) for px, py in points))
        case _:
            assert_never(mark)


def widened(drawing: Drawing, width: float) -> Drawing:
    """The drawing in the middle of one that is at least so wide."""
    room = width - drawing.width
    if room <= 0:
        return drawing
    return Drawing(width, drawing.height, tuple(shifted(mark, room / 2, 0) for mark in drawing.marks))
