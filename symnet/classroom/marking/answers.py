"""The answers of a class: a CSV with a column ``student``, an optional ``variant``, and a column for every quantity.

A column may be of a whole array, grad(W), with [[1, 2], [3, 4]] in its cells: then it is a column for each entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.plurals import counted
from symnet.classroom.marking.cells import BLANK, is_answer, read_cell
from symnet.classroom.marking.lines import Cells, Trouble, contents, rows_of
from symnet.classroom.variants.sampling import clean
from symnet.diagnosis.digits import run_together
from symnet.diagnosis.first_updates import of_first_update
from symnet.diagnosis.keys import Keys
from symnet.diagnosis.lists import spread_array
from symnet.diagnosis.particulars import particulars

_QUANTITY = re.compile(r"grad(?!e|ing|uat)|[∂δ]", re.IGNORECASE)
_GRADE = re.compile(r"grad(e|ing|uat)\w*", re.IGNORECASE)  # a column of a class list, and near to grad(e)
_PREFIX = re.compile(r"[^\W\d]+(?=\d)")
_NOTATION = re.compile(r"[∂δΔ∇'′@/]|\w\s*\(")
_NAMED = 5  # columns named in a message
MOST_REMARKS = 20  # on cells that are read but not written as usual


@dataclass(frozen=True)
class Unreadable:
    """A cell that is no number, and why; ``share`` is what a percentage is as a number."""

    cell: str
    why: str
    share: str = ""


class Whole(NamedTuple):
    """A column of a whole array: the keys of its entries, row by row."""

    keys: tuple[str, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Row:
    """What one student handed in: {key: what stands in the cell}, without blank cells and those that are no number."""

    line: int
    student: str
    variant: str
    answers: Mapping[str, str]
    unreadable: Mapping[str, Unreadable] = field(default_factory=dict)
    read_as: Mapping[str, str] = field(default_factory=dict)  # how cells are read that are not written as usual


@dataclass(frozen=True)
class Answers:
    """A file of answers as it was read.

    ``keys`` are its quantities, in the order of the work, without those that nobody answered, which are ``empty``;
    ``troubles`` are the lines that are not marked as they stand, ``remarks`` what a teacher should know of how the file
    was read.
    """

    file: str
    rows: tuple[Row, ...]
    keys: tuple[str, ...]
    empty: tuple[str, ...]
    troubles: tuple[Trouble, ...]
    remarks: tuple[str, ...]
    separator: str = ","
    comma: bool = False  # decimals are written with a comma


def read_answers(path: str | Path, quantities: Keys) -> Answers:
    """The answers in a file, or on standard input for "-", to the ``quantities`` of an exercise.

    Raises Mistake where the file as a whole cannot be used; a row that cannot is a Trouble.
    """
    file, text, remarks = contents(path)
    try:
        separator, found = rows_of(text, is_answer)
        columns, wholes, more = _columns(next(found, None), quantities)
        rows, troubles = _students(found, columns, wholes, separator, quantities.problem.sizes is not None)
        if not rows and not troubles:
            raise Mistake("it has no students; each stands on a line of its own below the first")
    except Mistake as mistake:
        raise Mistake(f"{file}: {mistake}") from None
    columns = _entries(columns, wholes)
    keys = (*quantities.known, *particulars(quantities.problem, columns))
    remarks += _read_as(rows)
    filled = {key for row in rows for key in (*row.answers, *row.unreadable)}
    empty = [key for key in keys if key in columns and key not in filled]
    if empty and rows:
        remarks.append(f"nobody answered {_listed(empty)}, so {'it is' if len(empty) == 1 else 'they are'} left out")
    cells = [cell for row in rows for cell in row.answers.values()]
    comma = separator == ";" and (any("," in cell for cell in cells) or not any("." in cell for cell in cells))
    return Answers(
        file,
        tuple(rows),
        tuple(key for key in keys if key in filled),
        tuple(empty),
        tuple(sorted(troubles, key=lambda trouble: trouble.line)),
        tuple(f"{file}: {remark}" for remark in (*remarks, *more)),
        separator,
        comma,
    )


# -- columns ----------------------------------------------------------------------------------------------------------


def _columns(header: Cells | Trouble | None, quantities: Keys) -> tuple[list[str], Mapping[str, Whole], list[str]]:
    """(the column's key, "student", "variant", or "" for one that is left alone; those of whole arrays; remarks)."""
    if header is None:
        raise Mistake('it is empty; its first line names the columns: student, and quantities such as "w13"')
    if isinstance(header, Trouble):
        raise Mistake(f"line {header.line}, which names the columns: {header.why}")
    titles = [clean(cell) for cell in header.cells]
    keys = quantities.known
    wholes = {title: whole for title in titles if (whole := _whole(title, quantities)) is not None}
    columns = [title if title in wholes else _key_of(title, quantities) for title in titles]
    if "student" not in columns:
        raise Mistake(f'its first line names {_listed(titles)}; one column must be called "student"')
    single = _entries(columns, wholes)
    for column in single:
        if column and single.count(column) > 1:
            raise Mistake(f"it has two columns for {shown(column)}; leave one of them")
    meant = of_first_update(quantities.problem, single)
    columns = [meant.get(column, column) for column in columns]
    wholes = {
        word: whole._replace(keys=tuple(meant.get(key, key) for key in whole.keys)) for word, whole in wholes.items()
    }
    unknown = [title for title, column in zip(titles, columns, strict=True) if title and not column]
    for title in unknown:
        close = _meant(title, keys)
        if close or _looks_like_a_quantity(title, keys):
            hint = f'; did you mean "{close}"?' if close else f" (known: {', '.join(keys[:40])})"
            raise Mistake(f"the column {shown(title)} is no quantity of this exercise{hint}")
    if not set(columns) - {"", "student", "variant"}:
        raise Mistake(
            f"no column is a quantity of this exercise, such as {_listed(keys[-3:])}; it has {_listed(titles)}"
        )
    if unknown:
        many = len(unknown) > 1
        return (
            columns,
            wholes,
            [f"{_listed(unknown)} {'are no quantities' if many else 'is no quantity'} and left alone"],
        )
    return columns, wholes, []


def _whole(title: str, quantities: Keys) -> Whole | None:
    """The entries that a column of a whole array is of, "W" and "grad(W)"; None for any other."""
    if not title or title.lower() in ("student", "variant") or quantities.find(title):
        return None
    entries = quantities.vector(title)
    shape = quantities.shape(entries) if entries else ()
    return Whole(tuple(key for key, _ in entries), shape) if shape and all(key for key, _ in entries) else None


def _entries(columns: Sequence[str], wholes: Mapping[str, Whole]) -> list[str]:
    """The columns, with those of its entries in the place of one of an array."""
    return [key for column in columns for key in (wholes[column].keys if column in wholes else (column,))]


def _key_of(title: str, quantities: Keys) -> str:
    """The key a column is named after, however spelled: " Grad (w13)" and "∂Loss/∂w13" are grad(w13)."""
    word = "".join(title.split())
    if word.lower() in ("student", "variant"):
        return word.lower()
    try:
        return quantities.read(title) if title.strip() else ""
    except Mistake as mistake:
        if _NOTATION.search(title) and str(mistake) != str(quantities.unknown(title)):
            raise Mistake(f"the column {shown(title)}: {mistake}") from None
        return ""


def _meant(title: str, keys: Sequence[str]) -> str:
    """The quantity that an unknown column comes close to."""
    word = "".join(title.split())
    lower = {key.lower(): key for key in keys}
    if word.lower() in lower:
        return lower[word.lower()]
    close = [] if _GRADE.fullmatch(word) else get_close_matches(word, keys, n=1, cutoff=0.6)
    return close[0] if close else ""


def _looks_like_a_quantity(title: str, keys: Sequence[str]) -> bool:
    """Whether a column is written like a gradient or like w99 where there is a w13."""
    prefix = _PREFIX.match(title)
    prefixes = {match[0] for match in map(_PREFIX.match, keys) if match}
    return _QUANTITY.search(title) is not None or (prefix is not None and prefix[0] in prefixes)


# -- rows -------------------------------------------------------------------------------------------------------------


def _students(
    found: Iterator[Cells | Trouble],
    columns: Sequence[str],
    wholes: Mapping[str, Whole],
    separator: str,
    are_whole: bool,
) -> tuple[list[Row], list[Trouble]]:
    rows: list[Row] = []
    troubles: list[Trouble] = []
    lines: dict[str, int] = {}
    for row in found:
        if isinstance(row, Trouble):
            troubles.append(row)
            continue
        student, why = _whose(row, columns, separator)
        if not why and clean(student) in lines:
            why = f"{shown(student)} stands on line {lines[clean(student)]} already, which is marked; this one is not"
        if why:
            troubles.append(Trouble(row.line, why, student))
            continue
        lines[clean(student)] = row.line
        said = map(run_together, row.cells) if are_whole else row.cells
        cells = dict(zip(columns, map(str.strip, said), strict=False))
        rows.append(_row(row.line, student, cells, wholes, separator))
        for key, unreadable in rows[-1].unreadable.items():
            if unreadable.share:  # whether it is a trouble is seen when it is marked
                continue
            troubles.append(Trouble(row.line, f"{key}: {unreadable.why}", student))
    return rows, troubles


def _whose(row: Cells, columns: Sequence[str], separator: str) -> tuple[str, str]:
    """(the student, what is wrong with the row)."""
    place, cells = columns.index("student"), row.cells
    student = cells[place].strip() if place < len(cells) else ""
    if len(cells) < len(columns):
        why = f"it has {_cells(len(cells))}, the first line {len(columns)}; which is missing cannot be known"
        return student, why
    if any(cell.strip() for cell in cells[len(columns) :]):
        hint = "; a decimal comma needs quotes, as has a comma in a name" if separator == "," else ""
        return student, f"it has {_cells(len(cells))}, the first line {len(columns)}{hint}"
    return student, "" if clean(student) else "it names no student"


def _row(line: int, student: str, cells: Mapping[str, str], wholes: Mapping[str, Whole], separator: str) -> Row:
    answers: dict[str, str] = {}
    unreadable: dict[str, Unreadable] = {}
    read_as: dict[str, str] = {}
    single: dict[str, str] = {}
    for word, cell in cells.items():
        if word not in wholes:
            single[word] = cell
        elif cell.lower() not in BLANK:
            try:
                pieces = spread_array(word, cell, wholes[word].shape)
            except Mistake as mistake:
                unreadable[wholes[word].keys[0]] = Unreadable(cell, str(mistake))
            else:
                single.update(zip(wholes[word].keys, pieces, strict=True))
    for key, cell in single.items():
        if key in ("", "student", "variant") or cell.lower() in BLANK:
            continue
        read = read_cell(cell, separator)
        if read.why:
            unreadable[key] = Unreadable(cell, read.why, read.share)
        else:
            answers[key] = read.number
            if read.read_as:
                read_as[key] = f"{shown(cell)} is read as {read.read_as}"
    variant = clean(cells.get("variant", ""))
    return Row(line, student, "" if variant.lower() in BLANK else variant, answers, unreadable, read_as)


def _read_as(rows: Sequence[Row]) -> list[str]:
    """What was read and is not written as numbers usually are."""
    said = [f"line {row.line}, {shown(row.student)}: {key}: {how}" for row in rows for key, how in row.read_as.items()]
    more = len(said) - MOST_REMARKS
    return [*said[:MOST_REMARKS], *([f"and {more} more cells are read like that"] if more > 0 else [])]


def _cells(count: int) -> str:
    return counted(count, "cell")


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(shown(word) for word in words[:_NAMED]) + more
