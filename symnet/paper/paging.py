"""What stays on one page: the words and formulas of a question, and some of the room right under them."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import assert_never

from symnet.paper.abreast import strips
from symnet.paper.breaking import is_tall, width
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
from symnet.paper.measure import letters

LETTERS = 90  # of words on a line
ROOM = 81  # digits of maths on a line
LINES = 27  # of a statement that is kept on one page
ROWS = 12  # of a table that is kept on one page
MOST_ROOM = 12.0  # centimetres of room, of which the half is kept with what stands above it


@dataclass(frozen=True)
class Statement:
    """The places of its blocks, from the task to its last formula or table, and so much of the room after it."""

    places: range
    room: float


def statements(blocks: tuple[Block, ...]) -> dict[int, Statement]:
    """By each of its places, every question that asks with more than its task and is short enough for one page."""
    found: dict[int, Statement] = {}
    for start, block in enumerate(blocks):
        if not isinstance(block, Task):
            continue
        end = start + 1
        while end < len(blocks) and isinstance(blocks[end], (Paragraph, Items, Display, Working, Table)):
            end += 1
        while isinstance(last := blocks[end - 1], Paragraph) and not last.of_formula:
            end -= 1
        if end > start + 1 and sum(map(_lines, blocks[start:end])) <= LINES:
            after = blocks[end] if end < len(blocks) and not isinstance(last, Table) else None
            room = after.height / 2 if isinstance(after, Space) and after.height <= MOST_ROOM else 0
            found |= dict.fromkeys(range(start, end), Statement(range(start, end), room))
    return found


def _lines(block: Block) -> float:
    """About how many lines of text the block takes; what may be of any height takes more than a page has."""
    match block:
        case Paragraph(text) | Task(_, text) | Heading(text):
            return _lines_of(text)
        case Items(items):
            return 0.5 + sum(map(_lines_of, items))
        case Display(formula):
            return 1.5 + is_tall(formula)
        case Working(lines, units):
            return sum(0.5 + 1.2 * strip.height for strip in strips(lines, letters(ROOM), units))
        case Table(_, rows):
            return 1.5 * (len(rows) + 1) if len(rows) <= ROWS else 10 * LINES
        case Beside() | Figure() | Answer() | Folded() | Space() | Code() | Terms():
            return 10 * LINES
        case _:
            assert_never(block)


def _lines_of(text: Text) -> float:
    return ceil(sum(len(part) if isinstance(part, str) else width(part) for part in text) / letters(LETTERS)) + 0.5
