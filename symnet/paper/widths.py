"""How wide the columns of a table are on paper: those to write in share what the others leave of the page."""

from __future__ import annotations

from symnet.paper.breaking import width
from symnet.paper.document import Table, Text
from symnet.paper.lettering import is_long
from symnet.paper.measure import line_width
from symnet.paper.set_width import set_width

LETTER = 5.6  # points, about
DIGIT = 5.5  # points
GAP = 11.0  # points between two pieces of a table
AROUND = 13.0  # points beside the letters of a column
MOST_COLUMNS, MOST_PIECES = 3, 3  # of a table that goes on beside itself
SHORT_LIST, SHORT_TABLE = 3, 6  # rows, from which it does
TO_WRITE = 85.0  # points of a column to write in
TO_WRITE_BESIDE = 58.0  # … of a table that stands beside others in a column of the page
CLOSE = 8.5  # … where a table has working in it
LEAST = 22.0  # points that a hand needs


def beside(table: Table, columns: int = 1) -> int:
    """In how many pieces a table stands beside itself: a list of names with their numbers soon, others when tall.

    It has the width of the page, or of one of its ``columns``.
    """
    is_list = len(table.header) <= 2 or bool(table.wide)
    if not table.rows or (len(table.header) > MOST_COLUMNS and not is_list):
        return 1
    letters = [max(map(_whole, cells)) for i, cells in enumerate(_columns(table)) if i not in table.to_write_in]
    hands = sum(TO_WRITE * (1 + (i in table.wide)) for i in table.to_write_in)
    around = CLOSE if table.wide else AROUND
    natural = DIGIT * sum(letters) + around * len(table.header) + hands
    pieces = -(-len(table.rows) // (SHORT_LIST if is_list else SHORT_TABLE))
    return max(1, min(MOST_PIECES, int((line_width() / columns + GAP) / (natural + GAP)), pieces))


def _whole(cell: Text) -> float:
    """How many digits wide the cell is; letters of words are a little narrower."""
    return sum(set_width(part) if not isinstance(part, str) else 0.92 * len(part) for part in cell)


def rooms(table: Table, most: float) -> dict[int, float]:
    """{column: points} of those to write in: ``most`` where the page has it, and never less than stands in one."""
    empty = sorted(table.to_write_in)
    needed = [LETTER * max(map(longest, cells)) for cells in _columns(table)]
    left = line_width() - AROUND * len(needed) - sum(at for i, at in enumerate(needed) if i not in empty)
    shares = {i: 2 if i in table.wide else 1 for i in empty}
    room = most
    while room > LEAST and sum(max(room * shares[i], needed[i]) for i in empty) > left:
        room -= 1
    return {i: max(room * shares[i], needed[i]) for i in empty}


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
