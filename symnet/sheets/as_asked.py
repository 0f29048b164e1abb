"""What an author and a layout make of a question: its words, its options, the room to write in, the points in all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from symnet import questions
from symnet.paper.document import Answer, Block, Document, Figure, Paragraph, Text
from symnet.paper.layout import Layout
from symnet.questions import Question
from symnet.questions.prose import Vocabulary
from symnet.sheets import totals


def with_room(blocks: Sequence[Block], room: Fraction | None, layout: Layout) -> Iterator[Block]:
    """The blocks of a question with the room to write in that its author wants, once, or else that of the sheet."""
    left = room
    for block in blocks:
        if not isinstance(block, Answer) or block.instead:
            yield block
            continue
        inner = block.blocks
        if layout.figure == "none":  # those that are asked for are where an empty one is on the student's sheet
            inner = tuple(part for part in inner if not isinstance(part, Figure))
        yield replace(block, blocks=inner, space=layout.room.of(block.space) if left is None else float(left))
        left = Fraction(0) if left is not None else None
    if left:
        yield Answer((), float(left))


def in_own_words(question: Question, words: Vocabulary, where: str) -> tuple[Text, tuple[Block, ...]]:
    """The author's own words for a question: its first paragraph, and what follows it."""
    blocks = words.blocks(question.text, where)
    if blocks and isinstance(blocks[0], Paragraph):
        return blocks[0].text, blocks[1:]
    return (), blocks


def with_defaults(question: Question, defaults: Mapping[str, Any]) -> Question:
    """The question with what it does not say itself, where its kind has a use for it."""
    usable = {key: value for key, value in defaults.items() if key in questions.options_of(question.ask)}
    return replace(question, options={**usable, **question.options})


def with_totals(document: Document) -> Document:
    layout = document.layout
    return replace(document, blocks=totals.with_totals(document.blocks, layout.points or "total", layout.columns))
