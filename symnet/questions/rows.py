"""The table that textbooks print of an exercise in training: a row for each update, a column for each quantity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Annotated

from symnet.algebra.optimizers import UPDATE_NUMBER, state_parts
from symnet.algebra.plurals import counted
from symnet.computing.exact import Value
from symnet.notation.typesetter import given_number
from symnet.paper.breaking import width
from symnet.paper.document import Answer, Block, Paragraph, Table, Text, Working
from symnet.paper.measure import letters as room
from symnet.questions import options
from symnet.questions.columns import Column, columns_of, formulas_of, heading, starts
from symnet.questions.further import works
from symnet.questions.options import Names
from symnet.questions.pieces import Asked, Question, value_of
from symnet.working.rounds import Round, rounds
from symnet.working.rows import of_row
from symnet.working.work import Work

WORKED = 2  # rows whose working is written out
MOST_LINES = 24  # of working, with which the second row is written out too
WIDEST = 75  # letters of a table beside the numbers of its rows: what a page has room for
MOST_COLUMNS = 13  # side by side, so that each has room for a hand
LEAST, BETWEEN = 3, 2.3  # letters that a cell has room for, and beside it


@works(formulas_of)
def table(
    work: Work,
    question: Question,
    *,
    columns: Annotated[
        Names, options.columns("keys such as y, grad(w), change(w), w; or formulas such as t - y, checked as (t - y)@2")
    ] = (),
) -> Asked:
    """A row for each update, with the columns that ``columns`` names, and the first two rows worked line by line."""
    problem = work.problem
    done = rounds(work)
    if not done:
        return Asked(("Nothing is updated: there is no learning rate, or there are no updates.",), ())
    asked = columns_of(problem, columns)
    blocks: list[Block] = [
        _table(work, done, part, first=i == 0) for i, part in enumerate(_side_by_side(work, done, asked))
    ]
    if problem.updates > len(done):
        blocks.append(Paragraph((f"These are the first {len(done)} of {problem.updates:,} updates.",)))
    answer: list[Block] = []
    for one in done[: WORKED if len(done[0].passes) + len(problem.rules) <= MOST_LINES / 2 else 1]:
        answer += [Paragraph((f"Row {one.k + 1}:",)), Working((*one.passes, *one.rules))]
    return Asked(_words(work, done, asked), (*blocks, Answer(tuple(answer), 0, fades=True)))


def _words(work: Work, done: Sequence[Round], columns: Sequence[Column]) -> Text:
    count = counted(len(done), "update")
    each = ", one for each sample in turn" if work.problem.online else ""
    problem = work.problem
    before, after = [], []
    for column in columns:
        if column.given:
            continue
        if column.expr is None and "grad(" in column.key:
            before.append("gradients")
        elif column.expr is not None or column.key in (*problem.network.by_name, f"{problem.reduce}({problem.loss})"):
            before.append("values")
        elif column.key.startswith("change("):
            after.append("changes")
        else:
            after.append("parameters" if column.key in problem.start else "the other quantities of the rules")
    sides = ((before, "before the update"), (after, "after it" if before else "after the update"))
    said = [
        f"{_listed(group)} {'are ' * (i == 0 or not before)}those {when}"
        for i, (group, when) in enumerate(sides)
        if group
    ]
    return (f"Carry out {count}{each}, and fill in the table, one row for each: {'; '.join(said)}.",)


def _listed(words: Sequence[str]) -> str:
    """Each once; what has the most words comes last."""
    *first, last = sorted(dict.fromkeys(words), key=lambda word: word.count(" "))
    return f"{', '.join(first)} and {last}" if first else last


def _cell(work: Work, one: Round, column: Column) -> Value:
    if column.expr is not None:
        return work.evaluate(column.expr, one.before)
    if column.given:
        return one.before[column.key]
    return of_row(work.problem, one.moment)[column.key]


def _side_by_side(work: Work, done: Sequence[Round], columns: Sequence[Column]) -> Iterator[list[Column]]:
    """The columns in as many tables as it takes for each to have room on a page; a kind stays together if it can."""
    letters = {
        column: max(
            LEAST,
            _letters(heading(column, work)),
            *(_letters(value_of(work, _cell(work, one, column))) for one in done),
        )
        + BETWEEN
        for column in columns
    }
    part: list[Column] = []
    for _, group in groupby(columns, _kind):
        for piece in _pieces(list(group), letters):
            if part and not _fits((*part, *piece), letters):
                yield part
                part = []
            part += piece
    yield part


def _pieces(kind: list[Column], letters: Mapping[Column, float]) -> list[list[Column]]:
    """The columns of a kind in as few pieces as have room on a page, all about as long."""
    for count in range(1, len(kind)):
        size = -(-len(kind) // count)
        pieces = [kind[start : start + size] for start in range(0, len(kind), size)]
        if all(_fits(piece, letters) for piece in pieces):
            return pieces
    return [[column] for column in kind]


def _kind(column: Column) -> str:
    """m of m(w1) and m(w2), change of every change; nothing of what is a name of the exercise."""
    return (state_parts(column.key) or ("", ""))[0]


def _fits(columns: Sequence[Column], letters: Mapping[Column, float]) -> bool:
    return len(columns) <= room(MOST_COLUMNS) and sum(letters[column] for column in columns) <= room(WIDEST)


def _letters(text: Text) -> float:
    return sum(len(part) if isinstance(part, str) else width(part) for part in text)


def _table(work: Work, done: Sequence[Round], columns: Sequence[Column], first: bool) -> Table:
    """One table: its rows are numbered, and it begins with what the parameters and what is remembered start from."""
    problem = work.problem
    counts = first and problem.made > 0  # then an optimizer's t is not the number of the row
    count = work.names.node(UPDATE_NUMBER.name)
    header: list[Text] = [("update ", count) if work.uses_count and not problem.made else ("update",)]
    header += [(count,)] if counts else []
    header += [heading(column, work) for column in columns]
    rows: list[tuple[Text, ...]] = []
    start = [starts(column, problem) for column in columns]
    if any(value is not None for value in start):
        beginning = [(given_number(value),) if value is not None else () for value in start]
        rows.append((("start",), *(((str(problem.made),),) if counts else ()), *beginning))
    given = len(rows)
    for one in done:
        number = ((str(problem.made + one.k + 1),),) if counts else ()
        values = (value_of(work, _cell(work, one, column)) for column in columns)
        rows.append(((str(one.k + 1),), *number, *values))
    places = [i for i, column in enumerate(columns, len(header) - len(columns)) if not column.given]
    cells = frozenset((row, column) for row in range(given, len(rows)) for column in places)
    return Table(tuple(header), tuple(rows), cells=cells)
