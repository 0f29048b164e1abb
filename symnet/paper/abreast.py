"""Lines of working side by side, where they are short enough: how they are set in columns on a wide page.

Lines that belong together, such as the net input of a unit and its output, stand beside each other; columns of other
short lines are read downwards, one after another.  A line that is long has the whole width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, pairwise, zip_longest

from symnet.notation.line import Line
from symnet.notation.maths import Maths, Script
from symnet.paper.breaking import FURTHER, is_tall, rows_of
from symnet.paper.set_width import set_width

GAP = 4.5  # digits between two columns
MOST = 3  # columns
HIGHEST = 12.0  # rows of a column, so that what is read next is near
TALL = 1.7  # rows that a fraction takes
BOUNDARY = 1.0  # rows that it costs to go from some columns to others
PARTED = 1.5  # rows that it costs to go on with z1, z2, z3 in the next column, where others stand below or above them
RAGGED = 1.0  # rows that it costs when the last column has fewer lines than the others
BROKEN = 2.0  # rows that it costs to break a formula, for the sake of a column, that a whole line has room for
WORTH = 0.8  # of the height of one column, at which several are worth the turn of the eye
FEWEST = 4.0  # rows, of which none are set beside others
LONGEST = 36  # units that are looked at together


@dataclass(frozen=True)
class Printed:
    """A printed row of a line of working: a ``further`` one goes on with the row above; ``why`` follows the last."""

    lhs: Maths | None
    steps: tuple[tuple[str, Maths], ...]
    further: bool = False
    why: str = ""


@dataclass(frozen=True)
class Strip:
    """Some lines in columns, which are as many rows high as their highest; None where a row is empty.

    ``cells`` are the lines as they are read: those of each column, or, where it is read ``across``, of each unit.
    """

    columns: tuple[tuple[Printed | None, ...], ...]
    cells: tuple[tuple[Line, ...], ...]
    across: bool = False

    @property
    def rows(self) -> Iterator[tuple[Printed | None, ...]]:
        return zip(*self.columns, strict=True)

    @property
    def height(self) -> float:
        """In rows, of which a fraction takes almost two."""
        return sum(max((_height(row) for row in rows if row is not None), default=0.0) for rows in self.rows)


@lru_cache(maxsize=4_000)
def printed(line: Line, room: float) -> tuple[Printed, ...]:
    """The rows of one line, none wider than ``room`` where it can be broken."""
    rows = list(rows_of(line, room, set_width))
    last = len(rows) - 1
    return tuple(Printed(lhs, tuple(steps), i > 0, line.why * (i == last)) for i, (lhs, steps) in enumerate(rows))


def strips(lines: Sequence[Line], room: float, units: Sequence[int] = ()) -> list[Strip]:
    """The lines in strips of one column or several, together as low as can be.

    ``units`` are the numbers of lines that belong together; without any, every line stands for itself.
    """
    entries = list(_entries(lines, units))
    found: list[Strip] = []
    for start in range(0, len(entries), LONGEST):
        found += _Setting(entries[start : start + LONGEST], room).best()
    return found


def filled(row: Sequence[Printed | None]) -> Sequence[Printed | None]:
    """The row without what is empty at its end."""
    last = max((i for i, cell in enumerate(row) if cell is not None), default=-1)
    return row[: last + 1]


def height(lines: Sequence[Line], room: float) -> float:
    """How many rows the lines take one under another."""
    return sum(_height(row) for line in lines for row in printed(line, room))


def widest(lines: Sequence[Line], room: float) -> float:
    """How many digits wide the lines are when they are aligned one under another."""
    return _wide([row for line in lines for row in printed(line, room)])


Group = tuple[Line, ...]  # a line, and those without a left side that go on with it


def _entries(lines: Sequence[Line], units: Sequence[int]) -> Iterator[list[Group]]:
    """The lines of each unit; one without a left side belongs to the one above it."""
    sizes = list(units) if sum(units) == len(lines) else [1] * len(lines)
    entry: list[Group] = []
    start = 0
    for size in sizes:
        own = lines[start : start + size]
        start += size
        if entry and own[0].lhs is None:
            entry[-1] += tuple(own)
            continue
        if entry:
            yield entry
        entry = [(line,) for line in own]
    if entry:
        yield entry


def _height(row: Printed) -> float:
    nodes = [node for _, node in row.steps] + ([row.lhs] if row.lhs is not None else [])
    return TALL if any(map(is_tall, nodes)) else 1.0


def _wide(rows: Sequence[Printed]) -> float:
    left = max((set_width(row.lhs) for row in rows if row.lhs is not None), default=0.0)
    return left + max(map(_right, rows), default=0.0)


def _right(row: Printed) -> float:
    why = 0.9 * len(row.why) + 4 if row.why else 0
    indent = FURTHER - 3 if row.steps[0][0] in ("", "+") else 0
    return indent + sum(3 + set_width(node) for _, node in row.steps) + why


class _Setting:
    """Looks for the lowest way to set some entries."""

    def __init__(self, entries: Sequence[list[Group]], room: float) -> None:
        self.entries = entries
        self.room = room

    def best(self) -> list[Strip]:
        """By dynamic programming over where strips end; all in one column where more would not be worth it."""
        one = self._one(0, len(self.entries))
        high = one.height
        if len(self.entries) < 2 or high < FEWEST:
            return [one]
        best: list[tuple[float, list[Strip]]] = [(0.0, [])]
        for end in range(1, len(self.entries) + 1):
            ways = (
                (best[start][0] + strip.height + _turns(strip, start), [*best[start][1], strip])
                for start in range(end)
                for strip in self._ways(start, end)
            )
            best.append(min(ways, key=lambda way: way[0]))
        cost, chosen = best[-1]
        return chosen if cost <= min(WORTH * high, high - 1.5) else [one]

    def _ways(self, start: int, end: int) -> Iterator[Strip]:
        yield self._one(start, end)
        if any(len(entry) > 1 for entry in self.entries[start:end]):
            yield from self._across(start, end)
        else:
            for n in range(2, min(MOST, end - start) + 1):
                yield from self._down(start, end, n)

    def _one(self, start: int, end: int) -> Strip:
        lines = _lines(group for entry in self.entries[start:end] for group in entry)
        return Strip((_rows(lines, self.room),), (lines,))

    def _across(self, start: int, end: int) -> Iterator[Strip]:
        """Each unit beside itself: its first line has what room the others leave."""
        part = self.entries[start:end]
        places = max(map(len, part))
        others = [_wide(_rows(_lines(e[i] for e in part if i < len(e)), self.room)) for i in range(1, places)]
        left = self.room - sum(others) - GAP * len(others)
        if left < self.room / 3:
            return
        columns: list[list[Printed | None]] = [[] for _ in range(places)]
        for entry in part:
            cells = [_rows(group, self.room if i else left) for i, group in enumerate(entry)]
            for row in zip_longest(*cells):
                for i, column in enumerate(columns):
                    column.append(row[i] if i < len(row) else None)
        if _wide([row for row in columns[0] if row is not None]) <= left:
            yield Strip(tuple(map(tuple, columns)), tuple(map(_lines, part)), across=True)

    def _down(self, start: int, end: int, n: int) -> Iterator[Strip]:
        """In n columns, as wide as their lines are, or else of one width."""
        groups = [group for entry in self.entries[start:end] for group in entry]
        for room in (self.room, (self.room - GAP * (n - 1)) / n):
            by_kind = [list(found) for _, found in groupby(groups, key=lambda group: _kind(group[0]))]
            ways = [_parted(groups, n, room), by_kind] if len(by_kind) == n else [_parted(groups, n, room)]
            fitting = [strip for way in ways if (strip := self._in_columns(way, room)) is not None]
            if fitting:
                yield from fitting
                return

    def _in_columns(self, parts: Sequence[Sequence[Group]], room: float) -> Strip | None:
        """The columns read downwards; None where they are too wide or too high."""
        cells = [_lines(column) for column in parts]
        columns = [_rows(lines, room) for lines in cells]
        width = sum(map(_wide, columns)) + GAP * (len(parts) - 1)
        if width > self.room or max(map(_sum_of_heights, columns)) > HIGHEST:
            return None
        most = max(map(len, columns))
        return Strip(tuple((*rows, *[None] * (most - len(rows))) for rows in columns), tuple(cells))


def _kind(line: Line) -> Maths | None:
    """What z₁ and z₂ have in common: the name without its index."""
    return replace(line.lhs, sub=None) if isinstance(line.lhs, Script) else line.lhs


def _turns(strip: Strip, start: int) -> float:
    """What it costs the eye to go to other columns, to the next in the midst of a kind, on in a broken formula."""
    cost = BOUNDARY * (start > 0)
    if len(strip.columns) > 1 and not strip.across:
        broken = sum(
            row is not None and row.further and not row.steps[0][0] for column in strip.columns for row in column
        )
        cost += PARTED * _parted_kinds(strip) + RAGGED * (len(set(map(len, strip.cells))) > 1) + BROKEN * broken
    return cost


def _parted_kinds(strip: Strip) -> int:
    """How often a column goes on with the kind of the last, in a strip that has others as well."""
    if len({_kind(line) for cell in strip.cells for line in cell}) == 1:
        return 0
    return sum(_kind(one[-1]) == _kind(other[0]) for one, other in pairwise(strip.cells))


def _lines(groups: Iterator[Group] | Sequence[Group]) -> tuple[Line, ...]:
    return tuple(line for group in groups for line in group)


def _rows(lines: Sequence[Line], room: float) -> tuple[Printed, ...]:
    return tuple(row for line in lines for row in printed(line, room))


def _parted(groups: Sequence[Group], n: int, room: float) -> list[list[Group]]:
    """The groups in at most n columns of about one height, in order."""
    heights = [height(group, room) for group in groups]
    most = max(*heights, sum(heights) / n)
    while True:
        columns: list[list[Group]] = [[]]
        filled = 0.0
        for group, high in zip(groups, heights, strict=True):
            if columns[-1] and filled + high > most:
                columns.append([])
                filled = 0.0
            columns[-1].append(group)
            filled += high
        if len(columns) <= n:
            return columns
        most += 0.5


def _sum_of_heights(rows: Sequence[Printed]) -> float:
    return sum(map(_height, rows))
