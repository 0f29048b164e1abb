"""A line of working, in steps: what a person writes in one line, or under one another."""

from __future__ import annotations

from dataclasses import dataclass

from symnet.notation.maths import Maths


@dataclass(frozen=True)
class Line:
    """lhs, then steps: ("=", …), ("+", …) for a further path, ("≈", …), ("←", …).

    ``stacked`` steps stand one under the other; others share a line where there is room.
    """

    lhs: Maths | None
    steps: tuple[tuple[str, Maths], ...]
    stacked: bool = False
    why: str = ""
