"""A table with blanks in its cells: a row for each update, as the sheet has it, on one page that has room for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from symnet.classroom.export.blanks import Blank
from symnet.notation.typesetter import given_number
from symnet.paper.document import Text
from symnet.questions import Question
from symnet.questions.columns import columns_of, heading, starts
from symnet.working.rounds import rounds
from symnet.working.rows import row_key
from symnet.working.work import Work

Cell: TypeAlias = Text | Blank


@dataclass(frozen=True)
class Grid:
    header: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]


def grid_of(work: Work, question: Question, blanks: Mapping[str, Blank]) -> Grid:
    """The table of a question; what is given stands in it, and a column that is a formula, which has no keys, does not.

    ``blanks`` are by their keys.
    """
    problem = work.problem
    columns = [column for column in columns_of(problem, question.columns) if column.expr is None]
    rows: list[tuple[Cell, ...]] = []
    start = [starts(column, problem) for column in columns]
    if any(value is not None for value in start):
        rows.append((("start",), *((given_number(value),) if value is not None else () for value in start)))
    for one in rounds(work):
        cells: list[Cell] = []
        for column in columns:
            given: Text = (work.value(one.before[column.key]),) if column.given else ()
            cells.append(blanks.get(row_key(column.key, one.k + 1), given))
        rows.append(((str(one.k + 1),), *cells))
    return Grid((("update",), *(heading(column, work) for column in columns)), tuple(rows))
