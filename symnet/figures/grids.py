"""Grids of numbers in a figure: a picture, a kernel, what a window makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from symnet.notation.maths import Maths
from symnet.paper.drawing import Box, Label, Mark, Stroke, Tile
from symnet.paper.lettering import HALF_HEIGHT, width_of

SIZE = 9.0  # of the letters, in points
LOWEST = 2 * HALF_HEIGHT * SIZE + 4  # of a cell
TITLE = 2 * HALF_HEIGHT * SIZE + 3  # the room of a name above a grid

Place = tuple[int, int]  # (row, column), from 0
Window = tuple[int, int, int, int, str]  # the first row and column, how many of each, and the style


@dataclass(frozen=True)
class Grid:
    """A table of cells with ``texts`` in some of them; ``shades`` are how light a cell is, ``faint`` those of a border.

    ``windows`` are drawn around the cells.
    """

    name: Maths | str
    rows: int
    columns: int
    texts: Mapping[Place, Maths | str]
    windows: tuple[Window, ...] = ()
    faint: frozenset[Place] = frozenset()
    shades: Mapping[Place, float] | None = None
    beside: tuple[Maths | str, ...] = ()  # what stands left of each row
    above: tuple[Maths | str, ...] = ()  # and over each column

    @property
    def cell(self) -> tuple[float, float]:
        """The width and the height of a cell, which is square unless its texts are long."""
        longest = max((width_of(text) * SIZE for text in (*self.texts.values(), *self.above)), default=0.0)
        return max(LOWEST, longest + 6), LOWEST

    @property
    def margin(self) -> float:
        """The room of what stands left of the rows."""
        return max((width_of(text) * SIZE + 5 for text in self.beside), default=0.0)

    @property
    def head(self) -> float:
        """The room above the cells."""
        return TITLE + (TITLE if self.above else 0.0)

    @property
    def width(self) -> float:
        return max(self.margin + self.columns * self.cell[0], width_of(self.name) * SIZE)

    @property
    def height(self) -> float:
        return self.head + self.rows * self.cell[1]

    def marks(self, x: float, y: float) -> Iterator[Mark]:
        """The grid with its upper left corner, that of its name, at (x, y)."""
        wide, high = self.cell
        left = x + (self.width - self.columns * wide + self.margin) / 2
        top = y + self.head
        yield Label(left + self.columns * wide / 2, y + TITLE / 2, self.name, size=SIZE)
        for j, text in enumerate(self.above):
            yield Label(left + (j + 0.5) * wide, top - TITLE / 2, text, size=SIZE)
        for i, text in enumerate(self.beside):
            yield Label(left - 5, top + (i + 0.5) * high, text, "left", size=SIZE)
        for (i, j), light in (self.shades or {}).items():
            yield Tile(left + j * wide, top + i * high, wide, high, light)
        for i in range(self.rows + 1):
            yield Stroke(left, top + i * high, left + self.columns * wide, top + i * high, "faint")
        for j in range(self.columns + 1):
            yield Stroke(left + j * wide, top, left + j * wide, top + self.rows * high, "faint")
        for i, j, rows, columns, style in self.windows:
            yield Box(left + j * wide, top + i * high, columns * wide, rows * high, style)
        for (i, j), text in self.texts.items():
            style = "faint" if (i, j) in self.faint else "plain"
            yield Label(left + (j + 0.5) * wide, top + (i + 0.5) * high, text, style=style, size=SIZE)
