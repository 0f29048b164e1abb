"""Reads a roster: a CSV with a row a student, as spreadsheets write it.

The column ``student`` holds the names.  ``variant`` may hold a label that is drawn for instead of the name:
students with the same label get the same numbers.  Every other column is kept for the key.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from symnet.algebra.mistakes import Mistake, shown
from symnet.classroom.variants.sampling import clean
from symnet.reading import read_bytes, separator_of, text_of

LARGEST_FILE = 20_000_000  # bytes
MOST_STUDENTS = 100_000
LONGEST_NAME = 200


@dataclass(frozen=True)
class Student:
    """Who gets a paper; ``label`` is what it is drawn for where that is not the name.

    ``named`` is False for students who are only counted, 1, 2, 3, …: their papers have a line for the name.
    """

    name: str
    label: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    named: bool = True

    @property
    def drawn_for(self) -> str:
        return self.label or self.name


@dataclass(frozen=True)
class Roster:
    """The students of a class; ``remarks`` are what a teacher should know of how the file, ``source``, was read."""

    students: tuple[Student, ...]
    remarks: tuple[str, ...] = ()
    source: Path | None = None


def counted(n: int) -> Roster:
    """The students 1 to n."""
    return Roster(tuple(Student(str(i + 1), named=False) for i in range(n)))


def read_roster(path: Path) -> Roster:
    """The students of a file; raises Mistake, naming the line, where one would be left without a paper."""
    file = shown(path, 200)[1:-1]
    text, remarks = text_of(read_bytes(path, file, LARGEST_FILE, "roster"), file)
    try:
        students = _students(text)
    except Mistake as mistake:
        raise Mistake(f"{file}: {mistake}") from None
    return Roster(students, tuple(remarks), path)


def _students(text: str) -> tuple[Student, ...]:
    if "\0" in text:
        raise Mistake("it holds bytes of 0, so it is no CSV; save it as CSV in UTF-8")
    rows = _rows(text)
    _, header = next(rows, (0, []))
    if not header:
        raise Mistake('it is empty; its first line names the columns, such as "student"')
    columns = [clean(title) for title in header]
    lower = [title.lower() for title in columns]
    for title in set(filter(None, lower)):
        if lower.count(title) > 1:
            raise Mistake(f"it has two columns {shown(title)}; each needs a name of its own")
    if "student" not in lower:
        raise Mistake(
            f'its first line must name the columns, one of them "student"; it is {shown(", ".join(columns), 60)}'
        )
    own = lower.index("student")
    label = lower.index("variant") if "variant" in lower else None
    students: list[Student] = []
    lines: dict[str, int] = {}
    twice: list[str] = []
    for line, cells in rows:
        if len(cells) > len(columns) and any(cell.strip() for cell in cells[len(columns) :]):
            raise Mistake(
                f"line {line} has {len(cells)} fields, but the first line names {len(columns)}; "
                'a name with a comma stands in quotes, "Lovelace, Ada"'
            )
        cells += [""] * (len(columns) - len(cells))
        name = clean(cells[own])
        if not name:
            raise Mistake(f"line {line} names no student; give one, or take the line out")
        if len(name) > LONGEST_NAME:
            raise Mistake(
                f"line {line}: a name has at most {LONGEST_NAME} characters, and {shown(name)} has {len(name):,}"
            )
        if name in lines:
            twice.append(f"{shown(name)} on lines {lines[name]} and {line}")
        lines.setdefault(name, line)
        others = {
            title or f"column {i + 1}": clean(cells[i])
            for i, title in enumerate(columns)
            if i not in (own, label) and (title or cells[i].strip())
        }
        students.append(Student(name, clean(cells[label]) if label is not None else "", others))
    if twice:
        more = f" (and {len(twice) - 3} more)" if len(twice) > 3 else ""
        raise Mistake(
            f"the same name stands twice: {', '.join(twice[:3])}{more}; make the names differ, for marks go by them"
        )
    if not students:
        raise Mistake("it has no students; each stands on a line of its own below the first, which names the columns")
    if len(students) > MOST_STUDENTS:
        raise Mistake(f"it has {len(students):,} students; at most {MOST_STUDENTS:,} are drawn for at once")
    return tuple(students)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of every line that is not empty; the first line says what separates fields."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.lower().startswith("sep=") and len(first) == 5:  # how a spreadsheet is told
        text = text.partition(first)[2].lstrip("\r\n")
        separator = first[4]
    else:
        separator = separator_of(first)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    line = 1
    try:
        for cells in reader:
            if any("\n" in cell or "\r" in cell for cell in cells):
                raise Mistake(
                    f"line {line}: a quotation mark there is closed only on line {reader.line_num}, which would leave "
                    "the students between them without a paper; close it on its own line"
                )
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise Mistake(f"line {line}: {error}; a field with quotes in it is written with each of them twice") from None


def columns_of(students: Sequence[Student]) -> list[str]:
    """The other columns of the roster, each once."""
    return list(dict.fromkeys(column for student in students for column in student.others))
