"""Parts of an answer side by side: how many columns a page has room for, and which parts share a row."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import assert_never

from symnet.paper.abreast import strips, widest
from symnet.paper.breaking import on_one_line, pieces
from symnet.paper.document import (
    Answer,
    Beside,
    Block,
    Code,
    Display,
    Figure,
    Folded,
    Heading,
    Items,
    Paragraph,
    Space,
    Table,
    Task,
    Terms,
    Text,
    Working,
)
from symnet.paper.set_width import set_width
from symnet.paper.widths import DIGIT, TO_WRITE_BESIDE

SAVED = 0.9  # of the height, at which another column is worth it
TALLEST = (
    10.0  # lines of a part that is set beside others in a row of its own kind: taller ones leave a page half empty
)

Part = tuple[Block, ...]


def across(beside: Beside, rooms: Sequence[float]) -> list[tuple[tuple[Part, ...], float]]:
    """(the parts of a row, the room of each): ``rooms`` are those of 1, 2, … columns on the page.

    Of the ways to set them the lowest is taken, with fewer columns where more make little difference, and rows of one
    number of columns where others do.  A part that does not fit in a column has a row for itself.
    """
    measured = _Measured()
    found = [_in_rows(beside.parts, rooms, n, measured) for n in range(1, len(rooms) + 1)]
    best = found[0]
    for rows in [*found[1:], _as_many_as_fit(beside.parts, rooms, measured)]:
        if measured.of_rows(rows) <= SAVED * measured.of_rows(best):
            best = rows
    return best


def _as_many_as_fit(
    parts: Sequence[Part], rooms: Sequence[float], measured: _Measured
) -> list[tuple[tuple[Part, ...], float]]:
    """The lowest rows where each may have another number of columns, by dynamic programming over where they end."""
    best: list[tuple[float, list[tuple[tuple[Part, ...], float]]]] = [(0.0, [])]
    for end in range(1, len(parts) + 1):
        ways = []
        for n, room in enumerate(rooms[:end], 1):
            row = tuple(parts[end - n : end])
            if n == 1 or all(
                measured.width(part, room) <= room and measured.height(part, room) <= TALLEST for part in row
            ):
                high, above = best[end - n]
                ways.append((high + measured.of_rows([(row, room)]), [*above, (row, room)]))
        best.append(min(ways, key=lambda way: way[0]))
    return best[-1][1]


def _in_rows(
    parts: Sequence[Part], rooms: Sequence[float], n: int, measured: _Measured
) -> list[tuple[tuple[Part, ...], float]]:
    rows: list[tuple[tuple[Part, ...], float]] = []
    waiting: tuple[Part, ...] = ()
    for part in parts:
        is_narrow = n > 1 and measured.width(part, rooms[n - 1]) <= rooms[n - 1]
        if waiting and (not is_narrow or len(waiting) == n):
            rows.append((waiting, rooms[n - 1]))
            waiting = ()
        if is_narrow:
            waiting = (*waiting, part)
        else:
            rows.append(((part,), rooms[0]))
    return [*rows, (waiting, rooms[n - 1])] if waiting else rows


class _Measured:
    """Heights and widths of parts, each found once: every way to set them asks again."""

    def __init__(self) -> None:
        self._heights: dict[tuple[int, float], float] = {}
        self._widths: dict[tuple[int, float], float] = {}

    def height(self, part: Part, room: float) -> float:
        if (known := self._heights.get((id(part), room))) is None:
            known = self._heights[id(part), room] = _height(part, room)
        return known

    def width(self, part: Part, room: float) -> float:
        if (known := self._widths.get((id(part), room))) is None:
            known = self._widths[id(part), room] = _width(part, room)
        return known

    def of_rows(self, rows: Sequence[tuple[tuple[Part, ...], float]]) -> float:
        return sum(max(self.height(part, room) for part in parts) for parts, room in rows)


def _height(part: Part, room: float) -> float:
    """About how many lines the part takes."""
    return sum(_height_of(block, room) for block in part)


def _height_of(block: Block, room: float) -> float:
    match block:
        case Heading(text) | Paragraph(text) | Task(_, text):
            return 0.5 + ceil(_length(text) / room)
        case Display(formula):
            return 0.7 + len(pieces(formula, room, set_width))
        case Working(lines, units):
            return sum(0.5 + strip.height for strip in strips(lines, room, units))
        case Table(_, rows):
            return 1.5 * (len(rows) + 1)
        case Beside(parts):
            return sum(_height(part, room) for part in parts)
        case Answer(blocks) | Folded(blocks):
            return _height(blocks, room)
        case Figure():
            return block.drawing.height / 14
        case Items(items):
            return sum(ceil(_length(item) / room) for item in items)
        case Space(height):
            return 2 * height
        case Code(code):
            return 1 + code.count("\n")
        case Terms(items):
            return sum(1 + len(term + said) / room for term, said in items)
        case _:
            assert_never(block)


def _width(part: Part, room: float) -> float:
    """How wide the part is, in digits, where its formulas are broken to fit the room."""
    return max((_width_of(block, room) for block in part), default=0.0)


def _width_of(block: Block, room: float) -> float:
    match block:
        case Heading(text) | Paragraph(text) | Task(_, text):
            return _longest(text)
        case Display(formula):
            return max(set_width(piece) for piece in pieces(formula, room, set_width))
        case Working(lines):
            return widest(lines, room)
        case Table(header, rows):
            columns = enumerate(zip(header, *rows, strict=True))
            hand = dict.fromkeys(block.to_write_in, TO_WRITE_BESIDE / DIGIT - 2.5)  # with what is around it
            return sum(3 + max(hand.get(i, 0.0), *map(_length, cells)) for i, cells in columns)
        case Beside(parts):
            return max((_width(part, room) for part in parts), default=0.0)
        case Answer(blocks) | Folded(blocks):
            return _width(blocks, room)
        case Figure():
            return block.drawing.width / DIGIT
        case Items(items):
            return max(map(_longest, items), default=0.0)
        case Space():
            return 0.0
        case Code(code):
            return max(map(len, code.split("\n")))
        case Terms(items):
            return max((len(term) for term, _ in items), default=0)
        case _:
            assert_never(block)


def _longest(text: Text) -> float:
    """The longest formula among words, which go on in the next line themselves."""
    return max((set_width(on_one_line(part)) for part in text if not isinstance(part, str)), default=0.0)


def _length(text: Text) -> float:
    return sum(len(part) if isinstance(part, str) else set_width(on_one_line(part)) for part in text)
