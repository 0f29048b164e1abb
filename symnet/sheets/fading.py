"""A faded sheet: the working with blanks in place of its last steps, of most of them, or of all.

Fading takes help away step by step (Renkl and Atkinson, 2003): level 1 shows every line and the given numbers in it,
and leaves out what is worked out; level 2 shows the lines in symbols; level 3 names alone what is asked.  No number
that is asked for stands anywhere on the sheet, also not where a later line uses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from itertools import groupby
from typing import Any

from symnet.algebra.mistakes import Mistake
from symnet.notation.line import Line
from symnet.notation.maths import (
    EQUALS,
    Accent,
    Blank,
    Boxed,
    Brackets,
    Fraction,
    Maths,
    Number,
    Operator,
    Root,
    Row,
    Script,
)
from symnet.paper.breaking import on_one_line
from symnet.paper.document import (
    Answer,
    Beside,
    Block,
    Display,
    Document,
    Paragraph,
    Table,
    Task,
    Text,
    Working,
    hide,
)
from symnet.questions.pieces import where
from symnet.working.faded import WIDE, FadedWork, keyed

LEVELS = (1, 2, 3)
MOST_NAMED = 24  # blanks whose names are all listed under a sheet
FEW = 8  # of one kind that are listed where they are more
WHOLE = 30  # digits: room for a line of working and its result


def check_level(level: Any) -> None:
    """Raises Mistake for a level that there is not."""
    if type(level) is not int or level not in (0, *LEVELS):
        raise Mistake(f"fade is {level!r}; it must be 1, 2 or 3: the last, most or all steps are left out")


def faded(document: Document, work: FadedWork) -> Document:
    """The student's sheet of a document that ``work`` has written; raises Mistake where nothing in it is faded."""
    blocks = tuple(_of_tasks(document.blocks, work))
    keys = tuple(dict.fromkeys(blank.key for blank in blanks_of(blocks) if blank.key))
    if not keys:
        raise Mistake("fade leaves out steps of working with numbers, and none of the questions here has any")
    return hide(replace(document, blocks=(*blocks, _checked(document, keys))))


def blanks_of(blocks: Sequence[Block]) -> Iterator[Blank]:
    """Every blank in lines of working, in order."""
    for line in _lines_of(blocks):
        for _, node in line.steps:
            yield from _blanks(node)


def _lines_of(blocks: Sequence[Block]) -> Iterator[Line]:
    for block in blocks:
        if isinstance(block, Working):
            yield from block.lines
        elif isinstance(block, Beside):
            for part in block.parts:
                yield from _lines_of(part)


def _checked(document: Document, keys: Sequence[str]) -> Paragraph:
    """How a student finds out whether a number is right."""
    names = _called(keys)
    if document.variant:
        return Paragraph((f"The numbers in the blanks are called {names}.",))
    file = document.exercise.name if document.exercise is not None else "FILE"
    file = file.replace("\\", "/").rpartition("/")[2]
    word = f"'{keys[0]}=…'" if "(" in keys[0] else f"{keys[0]}=…"
    called = "; they are called" if len(keys) > 1 else "; it is called"
    return Paragraph((f"To check a number: symnet check {file} {word}, and so for the others{called} {names}.",))


def _called(keys: Sequence[str]) -> str:
    """The names of the blanks; of very many, those that go alike are a few and an ellipsis: w1_1_1, …, b1_3."""
    alike = [list(group) for _, group in groupby(keys, lambda key: "(" in key)]
    if len(keys) <= MOST_NAMED:
        return ", ".join(keys)
    return ", ".join(", ".join(group) if len(group) <= FEW else f"{group[0]}, …, {group[-1]}" for group in alike)


def _of_tasks(blocks: Sequence[Block], work: FadedWork) -> Iterator[Block]:
    """The blocks, question by question."""
    question: list[Block] = []
    for block in blocks:
        if isinstance(block, Task):
            yield from _of_task(question, work)
            question = []
        question.append(block)
    yield from _of_task(question, work)


def _of_task(blocks: Sequence[Block], work: FadedWork) -> Iterator[Block]:
    """A question with its answer faded; a table is left out whose numbers all are blanks of the working."""
    shown: list[Block] = []
    for block in blocks:
        if isinstance(block, Answer) and block.fades:
            working = tuple(_faded(block.blocks, work))
            shown += (*block.instead, *working) if any(blanks_of(working)) else (block,)
        else:
            shown.append(block)
    asked = {on_one_line(line.lhs) for line in _lines_of(shown) if line.lhs is not None and _has_blank(line)}
    for block in shown:
        rows = block.rows if isinstance(block, Table) and block.blank else ()
        if not rows or not all(_is_asked(row[0], asked) for row in rows):
            yield block


def _is_asked(cell: Text, asked: Set[Maths]) -> bool:
    """Whether a table names what has a blank in the working."""
    return len(cell) == 1 and not isinstance(cell[0], str) and on_one_line(cell[0]) in asked


def _faded(blocks: Sequence[Block], work: FadedWork) -> Iterator[Block]:
    """What an answer shows of itself: its lines, and what says which lines they are."""
    for block in blocks:
        if isinstance(block, Working):
            lines = tuple(filter(None, (_line(line, work) for line in block.lines)))
            if lines:
                yield replace(block, lines=lines, units=())
        elif isinstance(block, Beside):
            parts = tuple(filter(None, (tuple(_faded(part, work)) for part in block.parts)))
            if parts:
                yield Beside(parts)
        elif isinstance(block, Display) and work.level < 3 and not any(_blanks(block.maths)):
            yield block
        elif isinstance(block, Paragraph):
            yield from _words(block.text)


def _words(text: Text) -> Iterator[Block]:
    """Of a paragraph what tells no number: "Update 1:", and remarks on the signs that are used."""
    first = text[0] if text else ""
    if first == "where ":
        yield from where([part for part in text if not isinstance(part, str) and not _says_a_number(part)])
    elif isinstance(first, str) and first.strip().endswith(":"):
        yield Paragraph((first.strip(),))


def _says_a_number(node: Maths) -> bool:
    return any(_blanks(node)) or EQUALS in (node.items if isinstance(node, Row) else (node,))


def _line(line: Line, work: FadedWork) -> Line | None:
    """A line as far as it is shown; None for one that is not."""
    if isinstance(line.lhs, Fraction):  # ∂L/∂w from its paths; every other line has its keys
        line = keyed(line, work.key(work.name_of(line.lhs)))
    if not _has_blank(line):
        return replace(line, why="") if work.level < 3 else None
    if work.level == 3:
        key = next(reversed([blank.key for _, node in line.steps for blank in _blanks(node)]))
        return Line(line.lhs, ((line.steps[0][0], Blank(WHOLE, key)),))
    steps = tuple(_steps(line.steps))
    return replace(line, steps=steps, why="")


def _steps(steps: Sequence[tuple[str, Maths]]) -> Iterator[tuple[str, Maths]]:
    """The steps, without a blank for a number that is the result already, and with one blank for one line."""
    key = next((blank.key for blank in _blanks(steps[-1][1])), "")
    for i, (sign, node) in enumerate(steps):
        # A number put in alone is the result itself, which is written once.
        if i == len(steps) - 2 and sign != "+" and _is_number(node):
            continue
        if i == len(steps) - 1:
            yield sign, node.body if isinstance(node, Boxed) else node  # a line is enough to write on
        else:
            yield sign, Blank(WIDE, key) if any(blank.width == WIDE for blank in _blanks(node)) else node


def _is_number(node: Maths) -> bool:
    """Whether the node is one number, or one blank for it, and nothing is to be worked out."""
    match node:
        case Blank(width):
            return width < WIDE
        case Number():
            return True
        case Row((Operator("−", True), inner)):
            return _is_number(inner)
        case Fraction(Number(), Number()):
            return True
        case _:
            return False


def _has_blank(line: Line) -> bool:
    return any(True for _, node in line.steps for _ in _blanks(node))


def _blanks(node: Maths) -> Iterator[Blank]:
    match node:
        case Blank():
            yield node
        case Row(items):
            for item in items:
                yield from _blanks(item)
        case Fraction(above, below):
            yield from (*_blanks(above), *_blanks(below))
        case Script(base, _, sup):
            yield from (*_blanks(base), *(_blanks(sup) if sup is not None else ()))
        case Brackets(body) | Root(body) | Accent(body) | Boxed(body):
            yield from _blanks(body)
        case _:
            pass
