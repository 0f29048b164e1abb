"""How wide the columns of a table are on paper: those to write in share what the others leave of the page."""

from __future__ import annotations

from symnet.sheets.breaking import width
from symnet.sheets.document import Table, Text
from symnet.sheets.lettering import is_long
from symnet.sheets.measure import line_width

LETTER = 5.6  # points, about
AROUND = 13.0  # points beside the letters of a column
LEAST = 22.0  # points that a hand needs


def rooms(table: Table, most: float) -> dict[int, float]:
    """{column: points} of those to write in: ``most`` where the page has it, and never less than stands in one."""
    empty = sorted(table.to_write_in)
    needed = [LETTER * max(map(longest, cells)) for cells in _columns(table)]
    left = line_width() - AROUND * len(needed) - sum(at for i, at in enumerate(needed) if i not in empty)
    room = most
    while room > LEAST and sum(max(room, needed[i]) for i in empty) > left:
        room -= 1
    return {i: max(room, needed[i]) for i in empty}


def size_of(table: Table) -> float:
    """How small a table is set whose longest words, formulas and room to write do not fit side by side; at most 1."""
    columns = _columns(table)
    least = [LEAST if i in table.to_write_in else 0.0 for i in range(len(columns))]
    needed = sum(max(LETTER * max(map(longest, cells)), at) for cells, at in zip(columns, least, strict=True))
    return min(1.0, max(0.1, (line_width() - AROUND * len(columns)) / max(LETTER, needed)))


def longest(cell: Text) -> float:
    """The longest part of a cell that no line can break, in letters."""
    lengths = [width(part) if not isinstance(part, str) else _longest_word(part) for part in cell]
    return max(lengths, default=0.0)


def _columns(table: Table) -> list[tuple[Text, ...]]:
    return list(zip(table.header, *table.rows, strict=True))


def _longest_word(text: str) -> float:
    return max((len(word) for word in text.split() if not is_long(word)), default=0)
