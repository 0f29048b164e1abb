"""Fields in the cells of tables: a row for each update as the sheet has it, or an array with its entries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from symnet.classroom.export.grid import grids_of
from symnet.computing.javascript import variable
from symnet.page.fields import Fields
from symnet.paper.document import Text
from symnet.questions import Question
from symnet.questions.columns import columns_of, heading, printed, starts
from symnet.working.rows import parted, row_key

Cell: TypeAlias = dict[str, Any]


def grids(question: Question, keys: Sequence[str], fields: Fields) -> list[dict[str, Any]]:
    """The tables of a question, {"header": [cell, …], "rows": [[cell, …], …]}.

    A cell is {"key": that of its field}, {"text": [words or {"maths": its place}, …]}, {"start": a name}, whose number
    is that before the first update, or {"given": a name, "at": k}, whose number is that of the example of update k.
    """
    if question.ask == "batch":
        return [_of_samples(keys, fields)]
    if question.ask == "table":
        return [{"header": [*_header(question, fields)], "rows": [*_rows(question, {*keys}, fields)]}]
    found = grids_of(question, fields.problem, fields.work.names, {key: key for key in keys})
    return [
        {
            "header": [_text(one, fields) for one in grid.header],
            "rows": [[_cell(c, fields) for c in r] for r in grid.rows],
        }
        for grid in found
    ]


def _of_samples(keys: Sequence[str], fields: Fields) -> dict[str, Any]:
    """A row for each sample, with its numbers."""
    cells = [(parted(key) or (key, 1), key) for key in keys]
    names = [*dict.fromkeys(name for (name, _), _ in cells)]
    by_place = {place: {"key": key} for place, key in cells}
    count = max(k for (_, k), _ in cells)
    return {
        "header": [
            _text(("sample",), fields),
            *(_text((printed(name, fields.problem, fields.work.names),), fields) for name in names),
        ],
        "rows": [[_text((str(k),), fields), *(by_place[name, k] for name in names)] for k in range(1, count + 1)],
    }


def keys_in(grid: dict[str, Any]) -> Iterator[str]:
    """The keys of the fields of a table, row by row."""
    yield from (cell["key"] for row in grid["rows"] for cell in row if "key" in cell)


def _header(question: Question, fields: Fields) -> Iterator[Cell]:
    yield _text(("update",), fields)
    yield from (_text(heading(column, fields.work), fields) for column in columns_of(fields.problem, question.columns))


def _rows(question: Question, keys: set[str], fields: Fields) -> Iterator[list[Cell]]:
    problem, columns = fields.problem, columns_of(fields.problem, question.columns)
    begins = [starts(column, problem) is not None for column in columns]
    if any(begins):
        yield [_text(("start",), fields), *({"start": variable(column.key)} if begun else _text((), fields)
                                    for column, begun in zip(columns, begins, strict=True))]  # fmt: skip
    last = max((k for k in range(1, problem.updates + 1) if any(row_key(c.key, k) in keys for c in columns)), default=0)
    for k in range(1, last + 1):
        row: list[Cell] = [_text((str(k),), fields)]
        for column in columns:
            key = row_key(column.key, k)
            given = {"given": variable(column.key), "at": k} if column.given else _text((), fields)
            row.append({"key": key} if key in keys else given)
        yield row


def _cell(cell: Text | str, fields: Fields) -> Cell:
    return {"key": cell} if isinstance(cell, str) else _text(cell, fields)


def _text(text: Text, fields: Fields) -> Cell:
    return {"text": [part if isinstance(part, str) else {"maths": fields.printed(part)} for part in text]}
