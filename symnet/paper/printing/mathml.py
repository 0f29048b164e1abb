"""Maths as MathML Core, which browsers show, read aloud and copy without any script."""

from __future__ import annotations

import re
from typing import assert_never

from symnet.notation.maths import (
    Accent,
    Arrow,
    Blank,
    Boxed,
    Brackets,
    Cases,
    Fraction,
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
)
from symnet.paper.breaking import Half, is_tall

INVISIBLE_TIMES, APPLIED = "\u2062", "\u2061"
_MARKS = {"hat": "ˆ", "bar": "¯", "tilde": "˜", "dot": "˙"}
_ENDS, _ROOM = re.compile("^ +| +$"), "\u00a0"
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
# Controls, halves of a pair, and the numbers that will never be a letter: the last two of each of the 17 planes.
_NEVER = [*range(0xFDD0, 0xFDF0), *range(0xFFFE, 0x110000, 0x10000), *range(0xFFFF, 0x110000, 0x10000)]
_FORBIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{''.join(map(chr, _NEVER))}]")
_OVER = ("∑", "max", "min", "argmax", "argmin")  # signs with what they run over below them
_CLOSE = ' lspace="0" rspace="0"'  # an operator without room around it


def escape(text: str) -> str:
    """Text that a page shows letter by letter; nothing in it is markup, and what no page may hold is a space."""
    return _FORBIDDEN.sub(" ", text).translate(_ESCAPES)


def maths(node: Maths, display: bool = False) -> str:
    """The formula as a <math> element for a line of text; ``display`` gives it the room of a line of its own."""
    style = ' displaystyle="true"' if display else ""
    return f"<math{style}>{elements(node)}</math>"


def elements(node: Maths, small: bool = False) -> str:
    """The elements of a formula, side by side; ``small`` ones stand in an index, where operators have no room."""
    match node:
        case Number(text):
            return f"<mn>{escape(text)}</mn>"
        case Letter(text):
            return _letter(text)
        case Word(text):
            return _word(text)
        case Operator():
            return _operator(node, small)
        case Times(seen):
            if not seen:
                return f'<mo lspace="0" rspace="0.1667em">{INVISIBLE_TIMES}</mo>'
            return f'<mo form="infix"{_CLOSE if small else ""}>·</mo>'
        case Row(items):
            return _row(items, small)
        case Fraction(above, below):
            return f"<mfrac>{_part(above, small)}{_part(below, small)}</mfrac>"
        case Script(base, sub, sup):
            return _script(base, sub, sup, small)
        case Half(body, left, right, strut):
            tall, other = is_tall(node), ""
            if strut is not None:
                other = f'<mpadded width="0" aria-hidden="true"><mphantom>{elements(strut, small)}</mphantom></mpadded>'
            return f"<mrow>{_bracketed(elements(body, small) + other, left, right, tall)}</mrow>"
        case Brackets(body, left, right):
            return f"<mrow>{_bracketed(elements(body, small), left, right, is_tall(body) or left == '|')}</mrow>"
        case Root(body):
            return f"<msqrt>{elements(body, small)}</msqrt>"
        case Accent(body, mark):
            over = f'<mo class="{mark}" stretchy="false"{_CLOSE}>{_MARKS[mark]}</mo>'
            return f'<mover accent="true">{_one(body, small)}{over}</mover>'
        case Boxed(body):
            return f'<mrow class="boxed">{elements(body, small)}</mrow>'
        case Blank(width):
            return f'<mtext class="blank">{_ROOM * round(1.6 * width)}</mtext>'
        case Arrow(label):
            if label is None:
                return '<mo form="infix" stretchy="false">⟶</mo>'
            room = '<mspace width="0.7em"></mspace>'
            over = f"<mrow>{room}{elements(label, True)}{room}</mrow>"
            around = '<mspace width="0.35em"></mspace>'
            return f'{around}<mover><mo stretchy="true"{_CLOSE}>→</mo>{over}</mover>{around}'
        case Cases(rows):
            lines = "".join(_table_row((_in_full(value), _condition(condition))) for value, condition in rows)
            return f'<mrow>{_bracketed(f"""<mtable class="cases">{lines}</mtable>""", "{", "", True)}</mrow>'
        case Matrix(rows):
            lines = "".join(_table_row(tuple(map(elements, entries))) for entries in rows)
            return f"<mrow>{_bracketed(f'<mtable>{lines}</mtable>', '[', ']', True)}</mrow>"
        case _:
            assert_never(node)


def relation(sign: str) -> str:
    """The sign before a step: =, ≈, ←, or + before a further path."""
    return f'<mo form="infix">{escape(sign)}</mo>' if sign else ""


def _row(items: tuple[Maths, ...], small: bool) -> str:
    parts: list[str] = []
    for before, item, after in zip((None, *items), items, (*items[1:], None), strict=False):
        if item == Times(seen=False) and isinstance(after, Brackets):
            parts.append(f"<mo>{INVISIBLE_TIMES}</mo>")  # nearness alone: y(1 − y)
            continue
        if isinstance(item, Brackets) and _is_function(before):
            parts.append(f"<mo>{APPLIED}</mo>")
        parts.append(elements(item, small))
    return "".join(parts)


def _is_function(node: Maths | None) -> bool:
    """Whether brackets right after it hold its arguments: between factors a Times would stand."""
    base = node.base if isinstance(node, Script) else node
    return isinstance(base, Letter) or (isinstance(base, Word) and base.text not in ("(", ")", "|", "/", "′"))


def _one(node: Maths, small: bool = False) -> str:
    """The formula as a single element."""
    inner = elements(node, small)
    return f"<mrow>{inner}</mrow>" if isinstance(node, (Row, Arrow)) else inner


def _in_full(node: Maths) -> str:
    return _part(node, False) if is_tall(node) else elements(node)


def _part(node: Maths, small: bool) -> str:
    """What stands above or below a line; a fraction there keeps its size, or nobody could read it."""
    if is_tall(node) and not small:
        return f'<mrow displaystyle="true">{elements(node)}</mrow>'
    return _one(node, small)


def _letter(text: str) -> str:
    if len(text) == 1:
        # A browser slants a single letter; capital Greek stands upright, as in TeX.
        return f"<mi{_upright(text) if 'Α' <= text <= 'Ω' else ''}>{escape(text)}</mi>"
    return f'<mi class="name">{escape(text)}</mi>'


def _upright(text: str) -> str:
    return ' mathvariant="normal"' if len(text) == 1 else ""


def _word(text: str) -> str:
    if text in ("(", ")"):
        return f'<mo form="{"prefix" if text == "(" else "postfix"}" stretchy="false"{_CLOSE}>{text}</mo>'
    if text in ("|", "/", "′"):
        return f'<mo form="infix" stretchy="false"{_CLOSE}>{text}</mo>'
    if " " in text:
        # A page drops spaces at the ends of a text.
        return f"<mtext>{_ENDS.sub(lambda ends: _ROOM * len(ends[0]), escape(text))}</mtext>"
    return f"<mi{_upright(text)}>{escape(text)}</mi>"


def _operator(operator: Operator, small: bool) -> str:
    sign, prefix = operator.sign, operator.prefix
    if sign == "∂":
        return "<mi>∂</mi>"
    if sign == "∂⁺":
        return "<msup><mi>∂</mi><mo>+</mo></msup>"
    if sign in _OVER:
        return f'<mo form="prefix" movablelimits="true">{sign}</mo>'
    if prefix:
        return f'<mo form="prefix"{"" if sign == "−" else _CLOSE}>{escape(sign)}</mo>'
    shown = "∗" if sign == "*" else escape(sign)
    return f'<mo form="infix"{_CLOSE if small else ""}>{shown}</mo>'


def _script(base: Maths, sub: Maths | None, sup: Maths | None, small: bool) -> str:
    inner = _one(base, small)
    lower = _one(sub, True) if sub is not None else ""
    upper = f'<mo class="prime"{_CLOSE}>′</mo>' if sup == Word("′") else _one(sup, True) if sup is not None else ""
    if not lower and not upper:
        return inner
    # What a sum runs over stands below it in a formula on its own, and beside it in a line of words.
    below, above = ("under", "over") if isinstance(base, Operator) and base.sign in _OVER else ("sub", "sup")
    kind = f"m{below * bool(lower)}{above * bool(upper)}"
    return f"<{kind}>{inner}{lower}{upper}</{kind}>"


def _bracketed(inner: str, left: str, right: str, tall: bool) -> str:
    grows = "true" if tall else "false"
    opening = f'<mo form="prefix" stretchy="{grows}">{escape(left)}</mo>' if left else ""
    closing = f'<mo form="postfix" stretchy="{grows}">{escape(right)}</mo>' if right else ""
    return f"{opening}{inner}{closing}"


def _table_row(cells: tuple[str, ...]) -> str:
    return f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in cells)}</mtr>"


def _condition(node: Maths) -> str:
    return elements(node) if isinstance(node, Word) else f"<mtext>if{_ROOM}</mtext>{elements(node)}"
