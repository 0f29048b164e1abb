"""Plain Unicode text for a terminal: formulas on one line, aligned on "="."""

from __future__ import annotations

import textwrap
from typing import assert_never

from symnet.sheets.breaking import rows_of
from symnet.sheets.document import (
    Answer,
    Block,
    Display,
    Document,
    Heading,
    Paragraph,
    Space,
    Table,
    Task,
    Text,
    Working,
)
from symnet.working.maths import (
    IMMEDIATE,
    PARTIAL,
    Accent,
    Arrow,
    Boxed,
    Brackets,
    Cases,
    Fraction,
    Letter,
    Maths,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Times,
    Word,
)
from symnet.working.work import Line

ENDINGS = (".txt",)
WIDTH = 96

_LOWER = str.maketrans("0123456789+−=(),aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎,ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_RAISED = str.maketrans("0123456789+−=()n⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿᵀ")
_MARKS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}


def render(document: Document) -> str:
    title = f"{document.title} — {document.note}" if document.note else document.title
    title = _printable(title)
    return f"{title}\n{'═' * min(WIDTH, len(title))}\n\n{_blocks(document.blocks)}\n"


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
        case Task(number, text, points):
            worth = f"  [{points} point{'s' * (points != '1')}]" if points else ""
            return _wrapped(f"{number}. {_text(text)}{worth}", "   ")
        case Display(formula):
            return "  " + maths(formula)
        case Working(lines):
            return "\n".join(_lines(lines))
        case Table():
            return _table(block)
        case Answer(blocks):
            return _blocks(blocks)
        case Space(height):
            return "\n" * max(0, round(height) - 1)
        case _:
            assert_never(block)


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
        room = WIDTH - column + (len(maths(line.lhs)) if line.lhs is not None else 0)
        for lhs, steps in rows_of(line, room, lambda node: len(maths(node))):
            start = (maths(lhs) if lhs is not None else "").rjust(column)
            text = "".join(f" {relation or ' '} {maths(node)}" for relation, node in steps)
            printed.append(f"  {start}{text}".rstrip())
        if line.why:
            printed[-1] += f"   ({line.why})"
    return printed


def _table(table: Table) -> str:
    cells = [[_text(title) for title in table.header]]
    cells += [
        ["______" if i in table.blank and not cell else _text(cell) for i, cell in enumerate(r)] for r in table.rows
    ]
    widths = [max(len(line[i]) for line in cells) for i in range(len(table.header))]
    lines = ["  " + "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines.insert(1, "  " + "  ".join("─" * w for w in widths))
    return "\n".join(lines)


# -- maths ------------------------------------------------------------------------------------------------------------


def maths(node: Maths) -> str:
    """The formula on one line of Unicode text."""
    match node:
        case Number(text) | Letter(text) | Word(text):
            return text
        case Operator(sign, prefix):
            return sign if prefix else f"{sign} " if sign == "," else f" {sign} "
        case Times():
            return "·"
        case Row(items):
            return "".join(_spaced(items))
        case Fraction(above, below):
            return f"{_closed(above)}/{_closed(below)}"
        case Script():
            return _script(node)
        case Brackets(body, left, right):
            return f"{left}{maths(body)}{right}"
        case Root(body):
            return f"√{_closed(body)}"
        case Accent(body, mark):
            return f"{maths(body)}{_MARKS[mark]}"
        case Boxed(body):
            return f"[ {maths(body)} ]"
        case Arrow(label):
            return f" ─{maths(label)}→ " if label is not None else " → "
        case Cases(rows):
            return "{ " + "; ".join(f"{maths(value)} if {maths(condition)}" for value, condition in rows) + " }"
        case _:
            assert_never(node)


def _spaced(items: tuple[Maths, ...]) -> list[str]:
    """The items of a row; a dot beside a fraction gets room."""
    parts = []
    for i, item in enumerate(items):
        text = maths(item)
        if isinstance(item, Times) and any(isinstance(n, Fraction) for n in items[max(0, i - 1) : i + 2]):
            text = " · "
        parts.append(text)
    return parts


def _closed(node: Maths) -> str:
    """In brackets unless it is a single thing."""
    text = maths(node)
    if isinstance(node, Row):
        parts = node.items[1:] if node.items[0] in (PARTIAL, IMMEDIATE) else node.items
        calls = len(parts) == 2 and isinstance(parts[1], Brackets) and not isinstance(parts[0], Operator)
        if len(parts) > 1 and not calls:
            return f"({text})"
    return f"({text})" if isinstance(node, (Fraction, Cases)) else text


def _script(node: Script) -> str:
    base = maths(node.base)
    if not isinstance(node.base, (Number, Letter, Word, Brackets, Script, Accent)):
        base = f"({base})"
    lower = "" if node.sub is None else _shifted(maths(node.sub), _LOWER, "_")
    if node.sup == Word("′"):
        return f"{base}′{lower}"
    raised = "" if node.sup is None else _shifted(maths(node.sup).replace(" − ", "−").replace(" + ", "+"), _RAISED, "^")
    return f"{base}{raised}{lower}" if isinstance(node.sup, Brackets) else f"{base}{lower}{raised}"


def _shifted(text: str, table: dict[int, int], sign: str) -> str:
    """In small figures where Unicode has them all, otherwise after _ or ^."""
    text = text.replace(", ", ",")
    if all(ord(c) in table for c in text) and all(len(part) == 1 or not part.isalpha() for part in text.split(",")):
        return text.translate(table)
    short = text.isalnum() or (sign == "_" and not any(c in " +−·/" for c in text))
    return f"{sign}{text}" if short else f"{sign}({text})"
