"""The text of text2qti, which makes a quiz for Canvas of it: a numerical question for every quantity.

With several variants there is a group of questions for each quantity, of which Canvas draws one; every question then
tells its own numbers.  Canvas keeps four decimals of a number, so what is smaller than that is not asked.  It says
nothing to a single wrong number; what the slips give is listed in what is said of every wrong answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil
from typing import assert_never

from symnet.algebra.mistakes import Mistake
from symnet.classroom.export import formulas
from symnet.classroom.export.bank import Bank, Item, one_by_one
from symnet.classroom.export.blanks import Blank, Precision, written
from symnet.classroom.export.lines import plain, title
from symnet.notation.line import Line
from symnet.notation.maths import Maths, row
from symnet.notation.typesetter import has_places, in_places
from symnet.paper.document import (
    Answer,
    Beside,
    Block,
    Code,
    Display,
    Figure,
    Folded,
    Heading,
    Items,
    Paragraph,
    Space,
    Table,
    Task,
    Terms,
    Text,
    Working,
)

TO = "text2qti"
CANVAS = 4  # decimals that Canvas keeps
STEP = Fraction(1, 10**CANVAS)
_RULE = "After the point, four digits are enough."
# Every sign that Markdown or text2qti may read as more than itself.  Quotes and runs of - or . would be made pretty.
_ACTIVE = re.compile(r"""[&<>"'`*_{}\[\]#~^@$\\|%]|^[-+:=]|(?<=\s)-(?=\s)|-(?=-)|(?<=-)-|\.(?=\.)|(?<=\.)\.""")


def render(bank: Bank) -> tuple[str, tuple[str, ...]]:
    """The text, and the quantities that are not asked because Canvas would take them for 0."""
    several = len(bank.items) > 1
    left_out: list[str] = []
    groups: dict[str, list[str]] = {}
    seen: set[tuple[str, ...]] = set()
    for item in bank.items:
        where = f" in {item.code}" if item.code else ""
        for part, blank, key in one_by_one(item):
            answer = _answer(blank, bank.precision)
            if answer is None:
                left_out.append(f"{blank.key} is {written(blank.number)}{where}; Canvas keeps four decimals")
                continue
            given = _given(bank, item) if several else ()
            asked: tuple[str, ...] = (*given, *((_text(part.text),) if part.own else ()), _asks(blank))
            if asked in seen:  # names that look alike, or the same numbers again, which text2qti refuses
                asked = (*asked, escape(f"({blank.key}{where})"))
            seen.add(asked)
            lines = (
                *_hung("1.  ", asked),
                *_hung("... ", _blocks(key)),
                *_wrong(blank, bank.precision),
                f"=   {answer}\n",
            )
            points = () if several else (f"Points: {_points(blank)}",)
            groups.setdefault(blank.key, []).append("\n".join((f"Title: {title(blank.key)}", *points, *lines)))
    if not groups:
        raise Mistake("Canvas keeps four decimals, and none of its numbers is large enough for that")
    worth = {blank.key: _points(blank) for blank in bank.items[0].blanks}
    parts = [f"Quiz title: {title(bank.title)}\n"]
    if several:
        parts += [_group(questions, worth[key]) for key, questions in groups.items()]
    else:
        parts += ["\n".join((*_hung("Text:   ", _given(bank, bank.items[0])), ""))]
        parts += [question for questions in groups.values() for question in questions]
    return "\n".join(parts), tuple(left_out)


def _group(questions: Sequence[str], points: int) -> str:
    body = "\n".join(questions)
    return f"GROUP\npick: 1\npoints per question: {points}\n\n{body}\nEND_GROUP\n"


def _points(blank: Blank) -> int:
    return max(1, blank.weight)  # text2qti knows no question worth nothing


def _asks(blank: Blank) -> str:
    return f"Compute {_text((blank.label,))}{blank.after}."


def _given(bank: Bank, item: Item) -> tuple[str, ...]:
    rules = " ".join(filter(None, (bank.rule, _RULE if bank.rule else "")))
    return tuple(filter(None, (*_blocks(item.given), escape(rules))))


def _wrong(blank: Blank, asked: Precision) -> Iterator[str]:
    """What is said of a wrong answer: which slips give which numbers."""
    if blank.wrong:
        slips = (f"- ${_written(wrong.number, asked.places)}$: {escape(wrong.says)}" for wrong in blank.wrong)
        yield from _hung("-   ", ("This is not right. Did you get one of these numbers?", "\n".join(slips)))


def _written(number: Fraction, places: int | None) -> str:
    """A decimal, with all the places to which the exercise rounds every line: 0.0170."""
    return in_places(number, places) if places and has_places(number, places) else written(number)


# -- numbers that Canvas keeps ----------------------------------------------------------------------------------------


def _answer(blank: Blank, asked: Precision) -> str | None:
    """The number and how far an answer may be off, both in steps of what Canvas keeps; None where that says nothing."""
    if 0 < abs(blank.number) < STEP:
        return None
    number = round(blank.number / STEP) * STEP
    least = ceil((abs(blank.number - number) + asked.least(blank.value)) / STEP) * STEP
    usual = max(least, ceil(blank.tolerance / STEP) * STEP)
    for margin in (usual, least):
        low, high = (float(number) + sign * float(margin) for sign in (-1, 1))
        if min(abs(low), abs(high)) >= 1e-4 and (number == 0 or (low > 0) == (high > 0)):
            decimal = _written(number, min(asked.places or 0, CANVAS))
            return f"{decimal} +- {float(margin):.4f}"
    return None


# -- Markdown ---------------------------------------------------------------------------------------------------------


def escape(text: str) -> str:
    """Text as text2qti and Markdown show it: one line of words and nothing else."""
    shown = re.sub(" {2,}", " ", plain(text))
    listed = re.match(r"\d+(?=[.)](?:\s|$))", shown)  # 1. would start a list
    start = f"{listed[0]}{_by_number(shown[listed.end()])}" if listed else ""
    return start + _ACTIVE.sub(lambda found: _by_number(found[0]), shown[listed.end() + 1 if listed else 0 :])


def _by_number(sign: str) -> str:
    return f"&#{ord(sign)};"


def _hung(start: str, paragraphs: Sequence[str]) -> list[str]:
    """Paragraphs behind their mark, every line as far to the right as the first."""
    lines = "\n\n".join(filter(None, paragraphs)).split("\n")
    indent = " " * len(start)
    return [start + lines[0], *(indent + line if line else "" for line in lines[1:])] if lines[0] else []


def _blocks(blocks: tuple[Block, ...]) -> list[str]:
    return [text for block in blocks for text in _block(block)]


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text) | Paragraph(text) | Task(_, text):
            yield _text(text)
        case Items(items):
            yield from (f"{escape(mark)} {_text(item)}" for mark, item in zip(block.marks, items, strict=True))
        case Display(shown):
            yield f"${formulas.display(shown)}$"
        case Working(lines):
            yield "\n".join(_lines(lines))
        case Beside(parts):
            yield from (text for part in parts for text in _blocks(part))
        case Table(header, rows):
            titles, rule = (" | ".join(cells) for cells in (map(_text, header), ("---" for _ in header)))
            cells = [" | ".join(map(_text, row)) for row in rows]
            yield "\n".join(f"| {line} |" for line in (titles, rule, *cells))
        case Answer(blocks) | Folded(blocks):
            yield from _blocks(blocks)
        case Figure() | Space():
            return  # what the equations say already, and room on paper
        case Code(code):
            yield escape(code)
        case Terms(items):
            yield "\n".join(f"- {escape(term)}: {escape(said)}" for term, said in items)
        case _:
            assert_never(block)


def _lines(lines: tuple[Line, ...]) -> Iterator[str]:
    """Working as a list: Canvas shows a formula as a picture, and one of many lines is too large for that."""
    for line in lines:
        found = formulas.rows(line)
        left, right = found[0]
        shown = f"{left} {right}".removeprefix("{} ") if len(found) == 1 else formulas.working((line,))
        yield rf"- $\displaystyle {shown.strip()}$"


def _text(text: Text) -> str:
    joined: list[str | Maths] = []
    for part in text:
        if joined and not isinstance(part, str) and not isinstance(joined[-1], str):
            joined[-1] = row(joined[-1], part)  # two formulas side by side would have $$ between them
        elif part != "":
            joined.append(part)
    return "".join(escape(part) if isinstance(part, str) else f"${formulas.inline(part)}$" for part in joined).strip()
