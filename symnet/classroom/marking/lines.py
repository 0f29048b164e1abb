"""The rows of a CSV file of which any line may be broken: what is wrong with one never costs another.

Python's reader takes everything up to the next quotation mark for one cell, so that a mark that nobody closed swallows
the students below it.  Here every row starts at a line of its own, and one that makes no sense ends there too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from symnet.algebra.mistakes import shown
from symnet.reading import read_bytes, separator_of, text_of

LARGEST_FILE = 50_000_000  # bytes
MOST_LINES_OF_A_ROW = 12  # a cell in quotes may go on over lines
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True)
class Trouble:
    """A line of the file that was not marked as it stands; ``student`` where it names one."""

    line: int
    why: str
    student: str = ""

    def __str__(self) -> str:
        whose = f", {shown(self.student)}" if self.student and shown(self.student) not in self.why else ""
        return f"line {self.line}{whose}: {self.why}"


@dataclass(frozen=True)
class Cells:
    """A row of the file, and the line it starts on."""

    line: int
    cells: tuple[str, ...]


def contents(path: str | Path) -> tuple[str, str, list[str]]:
    """(name, text, remarks) of a file, or of standard input for "-"; raises Mistake."""
    file = shown("standard input" if str(path) == "-" else path, 200)[1:-1]
    return file, *text_of(read_bytes(path, file, LARGEST_FILE, "CSV"), file)


def rows_of(text: str, is_answer: Callable[[str], bool]) -> tuple[str, Iterator[Cells | Trouble]]:
    """What separates cells, and every row that is not empty, the header first.

    ``is_answer`` says whether a cell may be somebody's answer, by which a swallowed row is recognized.
    """
    lines = [match[0] for match in _LINE.finditer(text)]
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    separator, start = ",", first
    if lines and re.fullmatch(r"sep=.", lines[first].strip(), re.IGNORECASE):  # how a spreadsheet is told
        separator, start = lines[first].strip()[4], first + 1
    elif lines:
        separator = separator_of(lines[first])
    return separator, _rows(lines, start, separator, is_answer)


def _rows(
    lines: Sequence[str], start: int, separator: str, is_answer: Callable[[str], bool]
) -> Iterator[Cells | Trouble]:
    i, width = start, 0
    while i < len(lines):
        count, cells, why = _row_at(lines, i, separator, width, is_answer)
        i += count
        if why:
            yield Trouble(i - count + 1, why)
        elif any(cell.strip() for cell in cells):
            width = width or len(cells)
            yield Cells(i - count + 1, tuple(cells))


def _row_at(
    lines: Sequence[str], i: int, separator: str, width: int, is_answer: Callable[[str], bool]
) -> tuple[int, list[str], str]:
    """(how many lines it takes, its cells, what is wrong with it)."""
    if "\0" in lines[i]:
        return 1, [], "it holds a byte of 0, so it is no text"
    for count in range(1, MOST_LINES_OF_A_ROW + 1):
        if i + count > len(lines):
            break
        if '"' not in lines[i + count - 1] and count > 1 and i + count < len(lines):
            continue  # nothing here closes a quotation mark
        try:
            cells = _parsed("".join(lines[i : i + count]), separator)
        except csv.Error as error:
            if "end of data" in str(error):
                continue
            break
        if count > 1 and _swallowed(lines[i : i + count], separator, width, is_answer):
            break
        return count, cells, ""
    return 1, [], "a quotation mark is not closed, or stands alone; inside quotes it is written twice"


def _parsed(text: str, separator: str) -> list[str]:
    """The cells of one row; raises csv.Error."""
    rows = list(csv.reader([text], delimiter=separator, strict=True, skipinitialspace=True))
    if len(rows) > 1:
        raise csv.Error("more than a row")
    return rows[0] if rows else []


def _swallowed(lines: Sequence[str], separator: str, width: int, is_answer: Callable[[str], bool]) -> bool:
    """Whether a row over several lines hides rows of its own: all but the last line could be one."""
    for line in lines[:-1]:
        cells = line.replace('"', "").strip().split(separator)
        if len(cells) == width > 1 and any(map(is_answer, cells[1:])):
            return True
    return False
