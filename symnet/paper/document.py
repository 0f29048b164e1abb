"""A document is a title and blocks.  The key is the document; the student's sheet is the same with answers hidden.

Each format renders every kind of block; ``hide`` is the only thing that knows what a student may not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

from symnet.algebra.shows_as_maths import ShowsAsMaths
from symnet.notation.line import Line
from symnet.notation.maths import Maths
from symnet.paper.drawing import Drawing
from symnet.paper.layout import USUAL, Layout

Inline: TypeAlias = str | Maths
Text: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    """``exercise`` is the Exercise (of ``exercises``) that begins here, where a document holds several."""

    text: Text
    exercise: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Paragraph:
    """Words; ``of_formula`` ones belong to the formula before them and are never parted from it.

    ``once`` says that they hold for all that follows: a sheet whose questions say them again prints them once.
    """

    text: Text
    of_formula: bool = False
    once: bool = False


@dataclass(frozen=True)
class HintsFor(Paragraph):
    """The words above the hints for the question of that number, which they are never parted from."""

    number: int = 0

    @staticmethod
    def question(number: int) -> HintsFor:
        return HintsFor((f"Hints for question {number}:",), number=number)


@dataclass(frozen=True)
class Items:
    """A list, with numbers where it is ``ordered``."""

    items: tuple[Text, ...]
    ordered: bool = False

    @property
    def marks(self) -> tuple[str, ...]:
        """What stands before each item, in words: 1. or •."""
        return tuple(f"{i}." if self.ordered else "•" for i in range(1, len(self.items) + 1))


@dataclass(frozen=True)
class Task:
    """A numbered question, with the points it is worth or none."""

    number: int
    text: Text
    points: str = ""


@dataclass(frozen=True)
class Display:
    """A formula on a line of its own."""

    maths: Maths


@dataclass(frozen=True)
class Working:
    """Lines aligned on their relations; ``units`` are the numbers of those that belong together, one after another.

    Where the page is wide enough, short lines stand in columns (``symnet.paper.abreast``).
    """

    lines: tuple[Line, ...]
    units: tuple[int, ...] = ()


@dataclass(frozen=True)
class Beside:
    """Parts, of blocks each, that stand beside each other where they are narrow enough; read across, then down."""

    parts: tuple[tuple[Block, ...], ...]


@dataclass(frozen=True)
class Table:
    """``blank`` are the columns that a student fills in, ``cells`` single places, (row, column), in others.

    ``wide`` ones are columns for working, which takes more room to write than a number.  ``marked`` are columns in
    which whoever marks the sheet writes: what is empty there is so on the key, too.
    """

    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    blank: frozenset[int] = frozenset()
    cells: frozenset[tuple[int, int]] = frozenset()
    wide: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()

    def is_blank(self, row: int, column: int) -> bool:
        """Whether a student fills in what stands there."""
        return column in self.blank or (row, column) in self.cells

    @property
    def to_write_in(self) -> set[int]:
        """The columns with room for a hand: those with cells to fill in, where those are empty."""
        columns = self.blank | {column for _, column in self.cells}
        filled = {j for i, cells in enumerate(self.rows) for j in columns if self.is_blank(i, j) and cells[j]}
        return set(columns - filled) | self.marked


@dataclass(frozen=True)
class Figure:
    """A drawing, with ``words`` that say what it shows to whoever cannot see it.

    ``made`` may be what lays it out when it is first looked at: text has the words alone, and a sheet no figures of
    its key.
    """

    made: Drawing | Callable[[], Drawing]
    words: str
    caption: Text = ()

    @cached_property
    def drawing(self) -> Drawing:
        return self.made if isinstance(self.made, Drawing) else self.made()

    def __eq__(self, other: object) -> bool:
        """Whether both look the same, however they are made."""
        if not isinstance(other, Figure):
            return NotImplemented
        return (self.words, self.caption, self.drawing) == (other.words, other.caption, other.drawing)

    def __hash__(self) -> int:
        return hash((self.words, self.caption))


@dataclass(frozen=True)
class Answer:
    """What only the key shows; the student's sheet has ``instead``, or else ``space`` centimetres.

    What ``fades`` is working with numbers, of which a sheet may show a part, see ``symnet.sheets.fading``.
    """

    blocks: tuple[Block, ...]
    space: float
    instead: tuple[Block, ...] = ()
    fades: bool = False


@dataclass(frozen=True)
class Folded:
    """An answer that a page on a screen shows when it is asked to; on paper it is ``space`` centimetres to write in."""

    blocks: tuple[Block, ...]
    space: float = 0


@dataclass(frozen=True)
class Space:
    """Room to write in, in centimetres."""

    height: float


@dataclass(frozen=True)
class Code:
    """What is typed, line by line and sign by sign as it stands here: a piece of a file, a command."""

    text: str


@dataclass(frozen=True)
class Terms:
    """A list of what can be typed, each with words that say what it is."""

    items: tuple[tuple[str, str], ...]


Block: TypeAlias = (
    Heading
    | Paragraph
    | Items
    | Task
    | Display
    | Working
    | Beside
    | Table
    | Figure
    | Answer
    | Folded
    | Space
    | Code
    | Terms
)


@dataclass(frozen=True)
class Document(ShowsAsMaths):
    title: str
    blocks: tuple[Block, ...]
    note: str = ""
    layout: Layout = USUAL
    exercise: Any = field(default=None, compare=False, repr=False)  # that it shows, if it is one alone
    variant: str = ""  # the code of the variant, if it is one
    student: str = ""  # whose it is, where that is known

    @property
    def mark(self) -> str:
        """What a key says at its top, and a sheet whose title does: Answer key · Variant 7K3FQX · Ada."""
        return " · ".join(filter(None, (self.note, self.variant and f"Variant {self.variant}", self.student)))

    def __repr__(self) -> str:
        return f"Document({self.title!r}, {len(self.blocks)} blocks)"


def hide(document: Document) -> Document:
    """The student's sheet: answers become room to write in, and the columns to fill in are empty."""
    return replace(document, blocks=tuple(_hidden(document.blocks)), note="")


def _hidden(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Answer):
            if block.instead:
                yield from block.instead
            elif block.space:
                yield Space(block.space)
        elif isinstance(block, Table):
            rows = (
                tuple(() if block.is_blank(i, j) else cell for j, cell in enumerate(row))
                for i, row in enumerate(block.rows)
            )
            yield replace(block, rows=tuple(rows))
        else:
            yield block


def fold(document: Document) -> Document:
    """The student's page on a screen: every answer is there, folded, and the columns to fill in are empty before it."""
    return replace(document, blocks=tuple(_folded(document.blocks)), note="")


def _folded(blocks: Iterable[Block]) -> Iterator[Block]:
    """What is answered between two tasks is one answer."""
    answers: list[Block] = []
    space = 0.0
    for block in blocks:
        if isinstance(block, Answer):
            yield from block.instead
            answers += block.blocks
            space += block.space if not block.instead else 0
            continue
        if isinstance(block, Table) and (block.blank or block.cells):
            yield from _hidden((block,))
            answers.append(block)
            continue
        if answers and isinstance(block, (Task, Heading)):
            yield Folded(tuple(answers), space)
            answers, space = [], 0.0
        yield block
    if answers:
        yield Folded(tuple(answers), space)
