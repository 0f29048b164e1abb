"""Maths on one line of Unicode text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from symnet.notation.maths import (
    IMMEDIATE,
    PARTIAL,
    Accent,
    Arrow,
    Blank,
    Boxed,
    Brackets,
    Cases,
    Fraction,
    InRows,
    Letter,
    Maths,
    Matrix,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Times,
    Word,
    kept,
)

_LOWER = str.maketrans("0123456789+−=(),aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎,ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_RAISED = str.maketrans("0123456789+−=()n⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿᵀ")
_MARKS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}


@kept
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
            # √x² could be read as (√x)².
            return f"√({maths(body)})" if isinstance(body, Script) and body.sup is not None else f"√{_closed(body)}"
        case Accent(body, mark):
            return f"{maths(body)}{_MARKS[mark]}"
        case Boxed(body):
            return f"[ {maths(body)} ]"
        case Blank(width):
            return "_" * max(3, width)
        case Arrow(label):
            return f" ─{maths(label)}→ " if label is not None else " → "
        case Cases(rows):
            return "{ " + "; ".join(f"{maths(value)} {_condition(condition)}" for value, condition in rows) + " }"
        case Matrix(rows):
            return "[" + "; ".join(", ".join(map(maths, entries)) for entries in rows) + "]"
        case _:
            assert_never(node)


def in_lines(node: Maths) -> list[str]:
    """The lines of a formula: one, unless a matrix in it stands in rows."""
    if isinstance(node, InRows) and len(node.rows) > 1:
        cells = [[maths(entry) for entry in entries] for entries in node.rows]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        last = len(cells) - 1
        sides = [("⎡", "⎤") if i == 0 else ("⎣", "⎦") if i == last else ("⎢", "⎥") for i in range(last + 1)]
        texts = ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
        return [f"{left}{text}{right}" for text, (left, right) in zip(texts, sides, strict=True)]
    if isinstance(node, Row) and any(isinstance(item, InRows) for item in node.items):
        return beside([in_lines(item) for item in node.items])
    return [maths(node)]


def beside(parts: Sequence[list[str]]) -> list[str]:
    """Texts of several lines side by side, their middles on one line."""
    height = max(map(len, parts))
    columns = []
    for part in parts:
        above = (height - 1) // 2 - (len(part) - 1) // 2
        lines = [*[""] * above, *part, *[""] * (height - above - len(part))]
        width = max(map(len, lines))
        columns.append([line.ljust(width) for line in lines])
    return ["".join(line).rstrip() for line in zip(*columns, strict=True)]


def _condition(node: Maths) -> str:
    return node.text if isinstance(node, Word) else f"if {maths(node)}"


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
    if not isinstance(node.base, (Number, Letter, Word, Operator, Brackets, Script, Accent)):
        base = f"({base})"
    lower = "" if node.sub is None else _shifted(maths(node.sub), _LOWER, "_")
    if node.sup == Word("′"):
        return f"{base}′{lower}"
    if isinstance(node.base, Operator) and node.base.prefix and node.sub is not None:  # Σ, max
        lower += " "
    sup = node.sup.body if isinstance(node.sup, Brackets) and isinstance(node.sup.body, Blank) else node.sup
    raised = "" if sup is None else _shifted(maths(sup).replace(" − ", "−").replace(" + ", "+"), _RAISED, "^")
    return f"{base}{raised}{lower}" if isinstance(node.sup, Brackets) else f"{base}{lower}{raised}"


def _shifted(text: str, table: dict[int, int], sign: str) -> str:
    """In small figures where Unicode has them all, otherwise after _ or ^."""
    text = text.replace(", ", ",")
    if all(ord(c) in table for c in text) and all(len(part) == 1 or not part.isalpha() for part in text.split(",")):
        return text.translate(table)
    several = text.count(",") > 1  # K_(d,e,u,v)
    short = text.isalnum() or (sign == "_" and not several and not any(c in " +−·/" for c in text))
    return f"{sign}{text}" if short else f"{sign}({text})"
