"""The blocks of a sheet, and those of its variants as what is different in them.

A sheet of other numbers has the same blocks, but for a line that only some numbers need, and in a block the same tags
around other numbers.  So a variant is kept as the pieces that it has otherwise, by their places: thirty sheets take
little more room than one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeAlias

from symnet.exercises.exercise import Exercise
from symnet.paper.document import Task, hide
from symnet.paper.formats import html
from symnet.sheets.worksheet import document, solution_of

# A number with its sign; what stands in a figure; and the rest, cut where something begins that could be otherwise.
_PIECES = re.compile(
    r'((?:<mo form="prefix">−</mo>)?<mn>[^<]*</mn>|<text [^>]*>)'
    r"|(?=<(?:math|line|polyline|polygon|path|rect|circle|p|li)\b)"
)
Different: TypeAlias = dict[int, str]  # the blocks that are otherwise, by the places of those that they stand for


@dataclass(frozen=True)
class Printed:
    """A block: its kind, the question that it belongs to, 0 before the first, and its HTML."""

    kind: str
    question: int
    text: str


def blocks_of(exercise: Exercise, digits: int) -> list[Printed]:
    """Every block of the student's sheet, printed."""
    shown = hide(document(exercise, solution_of(exercise, digits), 6))
    writer = html.Writer(shown.blocks)
    found = []
    question = 0
    for block in shown.blocks:
        if isinstance(block, Task):
            question = block.number
        found.append(Printed(type(block).__name__, question, writer.block(block)))
    return found


def different(first: Sequence[Printed], other: Sequence[Printed]) -> Different:
    """What another sheet has in the place of each block of the first that is not the same there.

    A block more is put behind the one before it, or before the first; in the place of one less stands nothing.
    """
    here, there = ([(block.kind, block.question) for block in sheet] for sheet in (first, other))
    texts = [""] * len(first)
    for what, i, ends, j, stops in SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        if what == "equal":
            for one, two in zip(range(i, ends), range(j, stops), strict=True):
                texts[one] += other[two].text
        else:
            more = "".join(block.text for block in other[j:stops])
            texts[max(0, i - 1)] += more
    return {i: text for i, (block, text) in enumerate(zip(first, texts, strict=True)) if text != block.text}


def packed(sheets: Sequence[Sequence[Printed]]) -> dict[str, Any]:
    """{"pieces": texts, "blocks": {block: its pieces}, "sheets": [{block: the pieces that are otherwise}, …]}.

    Pieces are named by their places among all; those of a block that has more or fewer of them are listed whole.  The
    first sheet, of which nothing is otherwise, is among them.
    """
    table: dict[str, int] = {}

    def pieces(text: str) -> list[int]:
        return [table.setdefault(piece, len(table)) for piece in _PIECES.split(text) if piece]

    blocks: dict[int, list[int]] = {}
    found: list[dict[int, Any]] = []
    for other in sheets:
        own: dict[int, Any] = {}
        for i, text in different(sheets[0], other).items():
            usual = blocks.setdefault(i, pieces(sheets[0][i].text))
            own[i] = pieces(text)
            if len(usual) == len(own[i]):
                own[i] = {k: piece for k, piece in enumerate(own[i]) if piece != usual[k]}
        found.append(own)
    return {"pieces": [*table], "blocks": blocks, "sheets": found}
