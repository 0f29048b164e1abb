"""The points of a sheet: a table with room for those that were reached, or how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from symnet.paper.document import Block, Paragraph, Table, Task, Text

SIDE_BY_SIDE = 10  # questions in one table


def with_totals(blocks: Sequence[Block], how: str, columns: int = 1) -> tuple[Block, ...]:
    """The blocks below the points of their questions: as a ``table``, as their ``total``, or as they are (``none``).

    ``columns`` are those of the sheet.
    """
    tasks = [block for block in blocks if isinstance(block, Task)]
    if how == "none" or not any(task.points for task in tasks):
        return tuple(blocks)
    if how == "table":
        return (*_tables(tasks, SIDE_BY_SIDE // columns), *blocks)
    return (Paragraph((f"{points_of(_total(tasks))} in all.",)), *blocks) if len(tasks) > 1 else tuple(blocks)


def written(points: Fraction) -> str:
    """4 or 2.5."""
    return str(float(points)).removesuffix(".0")


def points_of(points: Fraction) -> str:
    """4 points, 1 point."""
    return f"{written(points)} point{'s' * (points != 1)}"


def _total(tasks: Sequence[Task]) -> Fraction:
    return sum((Fraction(task.points) for task in tasks if task.points), Fraction(0))


def _tables(tasks: Sequence[Task], most: int) -> Iterator[Table]:
    """A row of the questions, their points, and empty cells for whoever marks them."""
    for start in range(0, len(tasks), most):
        here = tasks[start : start + most]
        header: list[Text] = [("question",), *((str(task.number),) for task in here)]
        worth: list[Text] = [("points",), *((task.points or "–",) for task in here)]
        if start + most >= len(tasks):
            header.append(("total",))
            worth.append((written(_total(tasks)),))
        reached: list[Text] = [("reached",), *(() for _ in header[1:])]
        yield Table(tuple(header), (tuple(worth), tuple(reached)), marked=frozenset(range(1, len(header))))
