"""Several exercises as one sheet: one title, one numbering of the questions, one table of points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from symnet.algebra.mistakes import Mistake
from symnet.exercises.exercise import Exercise
from symnet.paper.document import Block, Document, Heading, HintsFor, Task
from symnet.paper.layout import USUAL, Layout
from symnet.sheets.totals import with_totals
from symnet.sheets.worksheet import Worksheet


def together(
    exercises: Sequence[Exercise],
    title: str = "",
    digits: int = 6,
    style: str = "",
    full: Sequence[str] = (),
    run: bool = False,
    fade: int = 0,
    **layout: Any,
) -> Worksheet:
    """Several exercises as one exam: ``symnet.together([a, b, c], title="Exam").save("exam.pdf", key="key.pdf")``.

    The questions are numbered through, each exercise under its own title, below a table of points where questions have
    some.  ``layout`` are settings of [sheet]; what they do not say, the first exercise that has a [sheet] says.  The
    other arguments are those of ``Exercise.worksheet``.  Raises Mistake.
    """
    if not exercises:
        raise Mistake("together needs at least one exercise")
    own = layout | ({"title": title} if title else {})
    whole = _first_layout(exercises).with_(**own)
    if len(exercises) == 1:
        return replace(exercises[0], layout=whole).worksheet(digits, style, full, run, fade)
    each = replace(whole, title="", points="none")
    sheets = [replace(exercise, layout=each).worksheet(digits, style, full, run, fade) for exercise in exercises]
    key = _together([sheet.key for sheet in sheets], whole)
    return Worksheet(key, _together([sheet.sheet for sheet in sheets], whole) if fade else None)


def _together(documents: Sequence[Document], layout: Layout) -> Document:
    blocks = with_totals(tuple(_numbered(documents)), layout.points or "table", layout.columns)
    return Document(layout.title or "Worksheet", blocks, documents[0].note, layout)


def _first_layout(exercises: Sequence[Exercise]) -> Layout:
    return next((exercise.layout for exercise in exercises if exercise.layout != USUAL), USUAL)


def _numbered(documents: Sequence[Document]) -> Iterator[Block]:
    """The blocks of all, each sheet under its title, with their questions numbered from 1 to the last.

    The hints, with which each sheet ends, come after the last question of all.
    """
    number = 0
    hints: list[Block] = []
    for document in documents:
        before = number
        yield Heading((document.title,), document.exercise)
        hinting = False
        for block in document.blocks:
            if isinstance(block, Task):
                number += 1
                block = replace(block, number=number)
            elif isinstance(block, HintsFor):
                block = HintsFor.question(before + block.number)
                hinting = True
            if hinting:
                hints.append(block)
            else:
                yield block
    yield from hints
