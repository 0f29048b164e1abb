"""Plain Unicode text for a terminal: formulas on one line, aligned on "="."""

from __future__ import annotations

import textwrap
from typing import assert_never
from unicodedata import combining

from symnet.notation.line import Line
from symnet.notation.maths import InRows
from symnet.paper.breaking import in_rows, listed, rows_of
from symnet.paper.document import (
    Answer,
    Beside,
    Block,
    Code,
    Display,
    Document,
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
from symnet.paper.layout import NAME
from symnet.paper.printing.text import beside, in_lines, maths

ENDINGS = (".txt",)
CANNOT = ("logo", "paper", "size", "columns")
WIDTH = 96


def render(document: Document) -> str:
    title = f"{document.title} — {document.mark}" if document.mark else document.title
    title = _printable(title)
    above = "".join(f"{_printable(line)}\n" for line in (document.layout.header, *document.layout.head) if line)
    names = document.layout.name
    below = "" if document.note or names == NAME else _wrapped("  ".join(f"{n}: {'_' * 24}" for n in names)) + "\n\n"
    return f"{above}{title}\n{'═' * min(WIDTH, len(title))}\n\n{below if names else ''}{_blocks(document.blocks)}\n"


def _blocks(blocks: tuple[Block, ...]) -> str:
    """Blocks with an empty line between them, but none between two formulas."""
    text = ""
    for before, block in zip((None, *blocks), blocks, strict=False):
        close = isinstance(before, Display) and isinstance(block, Display)
        text += ("" if before is None else "\n" if close else "\n\n") + _block(block)
    return text


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            words = _text(text)
            return f"{words}\n{'─' * len(words)}"
        case Paragraph(text):
            return _wrapped(_text(text))
        case Items(items):
            lines = zip(block.marks, items, strict=True)
            return "\n".join(_wrapped(f"  {mark} {_text(item)}", " " * (len(mark) + 3)) for mark, item in lines)
        case Task(number, text, points):
            worth = f"  [{points} point{'s' * (points != '1')}]" if points else ""
            return _wrapped(f"{number}. {_text(text)}{worth}", "   ")
        case Display(formula):
            rows = in_rows(listed(formula), WIDTH - 2, lambda part: [part], lambda part: max(map(len, in_lines(part))))
            return "\n".join(f"  {line}".rstrip() for part in rows for line in in_lines(part))
        case Working(lines):
            return "\n".join(_lines(lines))
        case Beside(parts):
            return "\n\n".join(map(_blocks, parts))
        case Table():
            return _table(block)
        case Figure():
            return _wrapped(f"[Figure: {_printable(block.words)}]")
        case Answer(blocks) | Folded(blocks):
            return _blocks(blocks)
        case Space(height):
            return "\n" * max(0, round(height) - 1)
        case Code(code):
            return textwrap.indent(_printable(code), "    ")
        case Terms(items):
            return terms(items)
        case _:
            assert_never(block)


def terms(items: tuple[tuple[str, str], ...], width: int = WIDTH) -> str:
    """Terms in a column and what they are beside it; a long term has a line of its own."""
    column = min(20, max((len(term) for term, _ in items), default=0))
    lines = []
    for term, said in items:
        start = f"  {_printable(term).ljust(column)}  "
        if len(term) > column:
            lines.append(f"  {_printable(term)}")
            start = " " * (column + 4)
        lines.append(
            textwrap.fill(
                _printable(said),
                width,
                initial_indent=start,
                subsequent_indent=" " * (column + 4),
                break_long_words=False,
                break_on_hyphens=False,
            ).rstrip()
        )
    return "\n".join(lines)


def _text(text: Text) -> str:
    return "".join(_printable(part) if isinstance(part, str) else maths(part) for part in text)


def _printable(text: str) -> str:
    """Text without control characters, which a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _lines(lines: tuple[Line, ...]) -> list[str]:
    column = max((len(maths(line.lhs)) for line in lines if line.lhs is not None), default=0)
    printed = []
    for line in lines:
        if any(isinstance(node, InRows) for _, node in line.steps):
            start = (maths(line.lhs) if line.lhs is not None else "").rjust(column)
            parts = [part for relation, node in line.steps for part in ([f" {relation} "], in_lines(node))]
            printed += [f"  {text}".rstrip() for text in beside([[start], *parts])]
            continue
        room = WIDTH - column + (len(maths(line.lhs)) if line.lhs is not None else 0)
        for lhs, steps in rows_of(line, room, lambda node: len(maths(node))):
            start = (maths(lhs) if lhs is not None else "").rjust(column)
            text = "".join(f" {relation or ' '} {maths(node)}" for relation, node in steps)
            printed.append(f"  {start}{text}".rstrip())
        if line.why:
            printed[-1] += f"   ({line.why})"
    return printed


def one_line(line: Line) -> str:
    """A line of working on one line, however long: x₃ = w₁₃x₁ = 2·1 = 2."""
    start = maths(line.lhs) if line.lhs is not None else ""
    return (start + "".join(f" {relation or ' '} {maths(node)}" for relation, node in line.steps)).strip()


def _table(table: Table) -> str:
    cells = [[_text(title) for title in table.header]]
    line = "_" * (6 if 8 * len(table.header) <= WIDTH else 4)
    cells += [
        [line if table.is_blank(i, j) and not cell else _text(cell) for j, cell in enumerate(row)]
        for i, row in enumerate(table.rows)
    ]
    widths = [max(_seen(line[i]) for line in cells) for i in range(len(table.header))]
    lines = ["  " + "  ".join(_filled(c, w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines.insert(1, "  " + "  ".join("─" * w for w in widths))
    return "\n".join(lines)


def _seen(words: str) -> int:
    """How wide a terminal shows it: the bar of Z̄ takes no room."""
    return sum(not combining(c) for c in words)


def _filled(words: str, width: int) -> str:
    return words + " " * (width - _seen(words))
