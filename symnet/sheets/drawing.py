"""A figure as marks on a plane: one layout, which each kind of picture prints in its own way.

Lengths are in points, x to the right and y downwards.  What a mark means is its ``style``, one name for all pictures:
"plain"; "dead", a unit that passes nothing on; "gradient", what flows back; "path", what is being followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from symnet.working.maths import Maths

STYLES = ("plain", "dead", "gradient", "path")


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
class Stroke:
    """A straight line from (x1, y1) to (x2, y2), with a head at its end where it is an arrow."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str = "plain"
    arrow: bool = False


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


Mark: TypeAlias = Circle | Box | Stroke | Label


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    marks: tuple[Mark, ...]
