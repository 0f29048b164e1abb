"""What stands around the questions of a sheet, and on what paper: the [sheet] of an exercise file.

``Layout`` is the one list of these settings: each field is a key of [sheet], an option of ``symnet worksheet`` and a
keyword argument of ``Exercise.worksheet``.  To add one, write a field with its ``Setting``, and what a format makes of
it in the formats; what one cannot do, its ``CANNOT`` names.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeAlias, get_type_hints

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.paper.logo import Logo

LONGEST = 300  # characters of a line in the head
MOST_ROOM = 5  # times the usual room to write in
MOST_CENTIMETRES = 25  # to write in: a page
MARGIN = 2.2  # centimetres
GUTTER = 0.8  # centimetres between two columns
PAPERS = {"a4": (21.0, 29.7), "letter": (21.59, 27.94)}  # centimetres, width and height
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip

Reading: TypeAlias = Callable[[Any, str, Path], Any]
"""(a value as TOML or a command line has it, where it stands, the folder of the file) → the setting."""


@dataclass(frozen=True)
class Setting:
    """``says`` describes it in a line; ``example`` is it in a file; ``metavar`` is its value in the help."""

    says: str
    read: Reading
    example: str
    metavar: str = "TEXT"


def _words(value: Any, where: str, folder: Path) -> str:
    if type(value) is not str:
        raise Mistake(f"{where} must be text in quotes")
    if len(value) > LONGEST:
        raise Mistake(f"{where} is longer than {LONGEST} characters, which fit on no line")
    return " ".join(value.split())


def _date(value: Any, where: str, folder: Path) -> str:
    if isinstance(value, datetime.date):
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
    return _words(value, where, folder)


def _logo(value: Any, where: str, folder: Path) -> Logo | None:
    path = _words(value, where, folder)
    if path == "-":
        raise Mistake(f"{where} must be the path of a picture")
    return Logo(folder / path, where) if path and path != "none" else None


def _name(value: Any, where: str, folder: Path) -> tuple[str, ...]:
    """True and false, one text with commas, or a list of texts."""
    if isinstance(value, bool):
        return NAME if value else ()
    listed = value if isinstance(value, list) else _words(value, where, folder).split(",")
    names = tuple(_words(item, where, folder) for item in listed)
    if len(names) > 4:
        raise Mistake(f"{where} has {len(names)} things to fill in; at the head of a sheet there is room for 4")
    return tuple(filter(None, names)) if names != ("none",) else ()


def _one_of(*choices: str) -> Reading:
    def read(value: Any, where: str, folder: Path) -> str:
        if str(value).lower() not in choices:
            raise Mistake(f"{where} is {shown(value)}; it must be {' or '.join(f'{c!r}' for c in choices)}")
        return str(value).lower()

    return read


def _number_of(*choices: int) -> Reading:
    def read(value: Any, where: str, folder: Path) -> int:
        digits = str(value).removesuffix("pt").strip() if isinstance(value, str) else value
        if isinstance(digits, bool) or str(digits) not in map(str, choices):
            *others, last = map(str, choices)
            raise Mistake(f"{where} is {shown(value)}; it must be {', '.join(others)} or {last}")
        return int(digits)

    return read


@dataclass(frozen=True)
class Room:
    """How much room there is to write in: ``factor`` times the usual, or ``height`` centimetres for every answer."""

    factor: Fraction = Fraction(1)
    height: Fraction | None = None

    def of(self, usual: float) -> float:
        """The centimetres where there usually are so many; where there usually are none, none."""
        if self.height is not None:
            return float(self.height) if usual else 0.0
        return float(self.factor) * usual


def _room(value: Any, where: str, folder: Path) -> Room:
    from symnet.toml_tables import number  # here, because every command knows the settings, and numbers take SymPy

    written = str(value).strip()
    if isinstance(value, str) and written.endswith("cm"):
        height = number(written.removesuffix("cm").strip(), where)
        if not 0 <= height <= MOST_CENTIMETRES:
            raise Mistake(f"{where} must be from 0 to {MOST_CENTIMETRES} cm")
        return Room(height=height)
    try:
        factor = number(value, where)
    except Mistake:
        raise Mistake(
            f'{where} is {shown(value)}; it must be a factor such as 0.5, or centimetres such as "3 cm"'
        ) from None
    if not 0 <= factor <= MOST_ROOM:
        raise Mistake(f'{where} is a factor from 0 to {MOST_ROOM}; centimetres are written "{written} cm"')
    return Room(factor)


NAME = ("Name",)


@dataclass(frozen=True)
class Layout:
    """How a sheet is laid out.  What is empty or 0 is as usual."""

    title: Annotated[
        str, Setting("the title of the sheet, in place of that of the exercise", _words, 'title = "Exam"')
    ] = ""
    institution: Annotated[
        str,
        Setting(
            "the school or university, at the head of the sheet", _words, 'institution = "University of Somewhere"'
        ),
    ] = ""
    course: Annotated[str, Setting("the course, at the head of the sheet", _words, 'course = "Neural networks"')] = ""
    date: Annotated[str, Setting("the date, as it is to stand at the head", _date, "date = 2026-11-28")] = ""
    header: Annotated[
        str, Setting("a line of your own at the top of every page", _words, 'header = "No calculators"')
    ] = ""
    logo: Annotated[
        Logo | None,
        Setting("a picture beside the file (png, jpg, svg or pdf), at the head", _logo, 'logo = "logo.png"', "FILE"),
    ] = None
    name: Annotated[
        tuple[str, ...],
        Setting(
            'what students fill in: "Name, Matriculation number", or "none"',
            _name,
            'name = ["Name", "Matriculation number"]',
        ),
    ] = NAME
    paper: Annotated[
        str, Setting("the paper: a4 (unless told) or letter", _one_of(*PAPERS), 'paper = "letter"', "a4|letter")
    ] = ""
    size: Annotated[
        int,
        Setting("the size of type in points: 10, 11 (unless told) or 12", _number_of(10, 11, 12), "size = 12", "PT"),
    ] = 0
    columns: Annotated[
        int, Setting("columns of the sheet: 1 (unless told) or 2", _number_of(1, 2), "columns = 2", "1|2")
    ] = 1
    room: Annotated[
        Room,
        Setting('room to write in: a factor (0 for none), or "3 cm" for every answer', _room, "room = 0.5", "X|CM"),
    ] = Room()
    figure: Annotated[
        str,
        Setting("usual, or none: no picture of the network", _one_of("usual", "none"), 'figure = "none"', "usual|none"),
    ] = "usual"
    points: Annotated[
        str,
        Setting(
            "the points of all questions: a table, their total, or none",
            _one_of("table", "total", "none"),
            'points = "table"',
            "HOW",
        ),
    ] = ""

    @property
    def head(self) -> tuple[str, ...]:
        """The lines above the title, as far as there are any."""
        return tuple(filter(None, (self.institution, self.course, self.date)))

    @property
    def measure(self) -> float:
        """How wide a line is, in centimetres."""
        width = PAPERS[self.paper or "a4"][0] - 2 * MARGIN
        return (width - GUTTER) / 2 if self.columns == 2 else width

    @property
    def fits(self) -> float:
        """How many letters fit on a line, as a share of those on the usual paper in the usual size."""
        return self.measure / (PAPERS["a4"][0] - 2 * MARGIN) * 11 / (self.size or 11)

    def with_(self, **settings: Any) -> Layout:
        """The same with other settings, given as in a file; raises Mistake."""
        return replace(self, **_read(settings, "", Path()))


USUAL = Layout()


@cache
def settings() -> dict[str, Setting]:
    """{"course": its Setting, …} of every field, in order."""
    hints = get_type_hints(Layout, include_extras=True)
    return {name: next(s for s in hint.__metadata__ if isinstance(s, Setting)) for name, hint in hints.items()}


def read_layout(table: Mapping[str, Any], folder: Path) -> Layout:
    """The layout of a [sheet]; a logo is looked for in ``folder``.  Raises Mistake."""
    return Layout(**_read(table, "sheet.", folder))


def _read(values: Mapping[str, Any], before: str, folder: Path) -> dict[str, Any]:
    known = settings()
    for key in values:
        if key not in known:
            raise Mistake(f"{before}{shown(key)[1:-1]} is not a key here{suggestion(key, known)}")
    return {key: known[key].read(value, f"{before}{key}", folder) for key, value in values.items()}
