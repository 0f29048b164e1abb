"""Maths and words in Typst's notation (typst.app/docs/reference/math).

Words are string literals, in which nothing is markup; in formulas a string is upright text.  ``boxed``, ``blank``
and ``xarrow`` are defined by the page that shows the formula, see ``symnet.paper.formats.typst``.
"""

from __future__ import annotations

import re
import unicodedata
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

SIGNS = {
    "−": "-", "·": "dot", "*": "∗", ",": "comma", "∂⁺": "∂^(+)", "/": "slash", "←": "<-", "→": "->", "≤": "<=",
    "≥": ">=", "≠": "!=", "max": "max", "min": "min",
    "argmax": 'op("argmax", limits: #true)', "argmin": 'op("argmin", limits: #true)',
}  # fmt: skip
_PLAIN = "+=<>!"  # that stand for themselves
_FUNCTIONS = {"tanh", "exp", "log", "ln", "sin", "cos", "max", "min"}
_ACCENTS = {"hat": "hat", "bar": "macron", "tilde": "tilde", "dot": "dot"}
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_CONTROLS = {"Cc", "Cs"}
_TURNS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # would turn round the words after them too
_BREAKS = set("\n\t\r\v\f\u0085\u2028\u2029")


def string(text: str) -> str:
    """The text as a Typst string literal, without what cannot be printed."""
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def printable(text: str) -> str:
    """The text on one line, without control characters."""
    return "".join(
        " " if c in _BREAKS else c
        for c in text
        if c in _BREAKS or not (unicodedata.category(c) in _CONTROLS or c in _TURNS)
    )


def escape(text: str) -> str:
    """Text as Typst's markup shows it, whatever it contains; nothing in it is a command."""
    return f"#{string(text)}" if printable(text) else ""


def maths(node: Maths) -> str:
    """The formula in Typst, without dollars."""
    match node:
        case Number(text):
            return text if _NUMBER.fullmatch(text) else string(text)
        case Letter("𝟏"):
            return "bold(1)"
        case Letter(text):
            return text if len(text) == 1 and text.isalnum() else f"italic({string(text)})"
        case Word(text):
            return _word(text)
        case Operator(sign, prefix):
            return _operator(sign, prefix)
        case Times(seen):
            return " dot " if seen else " thin "
        case Row(items):
            return _row(items)
        case Fraction(above, below):
            # A fraction in a fraction keeps its size, or nobody could read it.
            return f"frac({_part(above)}, {_part(below)})"
        case Script(base, sub, sup):
            return _script(base, sub, sup)
        case Half(body, left, right, strut):
            other = f"/**/strut({_inside(strut)})" if strut is not None else ""  # as large as its other half
            start = f"{_escaped(left)} {_inside(body)}" if left else continued(body)
            return f"lr({start}{other}{' ' + _escaped(right) if right else ''})"
        case Brackets(body, "(", ")"):
            return f"({_inside(body)})"
        case Brackets(body, "|", "|"):
            return f"abs({_inside(body)})"
        case Brackets(body, left, right):
            return f"lr({_escaped(left)} {_inside(body)} {_escaped(right)})"
        case Root(body):
            return f"sqrt({_inside(body)})"
        case Accent(body, mark):
            return f"{_ACCENTS[mark]}({_inside(body)})"
        case Boxed(body):
            return f"boxed({_inside(body)})"
        case Blank(width):
            return f"blank(#{0.7 * width:.1f}em)"
        case Arrow(label):
            return f" xarrow({_inside(label)}) " if label is not None else " --> "
        case Cases(rows):
            return f"cases({', '.join(f'{_part(value)} quad & {_condition(condition)}' for value, condition in rows)})"
        case Matrix(rows):
            lines = "; ".join(", ".join(map(_inside, entries)) for entries in rows)
            return f'mat(delim: "[", {lines})'
        case _:
            assert_never(node)


def continued(node: Maths) -> str:
    """What goes on with a formula on another line: a sign in front has room on both sides."""
    text = maths(node).strip()
    first = node.items[0] if isinstance(node, Row) and node.items else node
    starts = isinstance(first, Times) or (isinstance(first, Operator) and not first.prefix)
    return f'""{text}' if starts else text


def _row(items: tuple[Maths, ...]) -> str:
    """Side by side."""
    text = ""
    for i, item in enumerate(items):
        if isinstance(item, Times) and not item.seen and i + 1 < len(items) and isinstance(items[i + 1], Brackets):
            continue  # nearness alone: y(1 − y)
        part = maths(item)
        text += _between(text, part, isinstance(item, Script)) + part
    return text


def _between(text: str, part: str, scripted: bool) -> str:
    """What keeps apart two things that Typst would join: two names, a name and its arguments, or what a script is on.

    A blank beside a string would be seen, an empty comment is not.
    """
    name = re.search(r"\w+$", text)
    if part.startswith("("):
        if scripted and text and (text.endswith("\\)") or text[-1] not in " )'"):
            return "/**/"
        return " " if name and len(name[0]) > 1 and not name[0].isdigit() else ""
    if name is None or not re.match(r"\w", part):
        return ""
    return "/**/" if part.startswith(("italic(", "upright(")) else " "


def _word(text: str) -> str:
    if text in _FUNCTIONS:
        return text
    if text == "′":
        return "prime"
    return _escaped(text) if text in ("(", ")", "|") else "slash" if text == "/" else _upright(text)


def _upright(text: str) -> str:
    return f"upright({string(text)})" if len(text) == 1 else string(text)


def _operator(sign: str, prefix: bool) -> str:
    text = SIGNS.get(sign) or (_escaped(sign) if len(sign) == 1 else string(sign))
    return text if prefix else f" {text} "


def _escaped(sign: str) -> str:
    """One character as itself."""
    return sign if sign in _PLAIN or not sign.isascii() else f"\\{sign}"


def _part(node: Maths) -> str:
    return f"display({_inside(node)})" if is_tall(node) else _inside(node)


def _inside(node: Maths) -> str:
    """The formula as an argument."""
    return maths(node).strip() or '""'


def _script(base: Maths, sub: Maths | None, sup: Maths | None) -> str:
    # A prime stands over an operator such as max, and a subscript below it; not so after a word.
    text = string(base.text) if isinstance(base, Word) and base.text in ("max", "min") else _inside(base)
    prime = sup == Word("′")
    if isinstance(base, (Letter, Word, Number, Brackets, Accent)) or (isinstance(base, Operator) and base.prefix):
        lower = f"_({_inside(sub)})" if sub is not None else ""
        raised = f"^({_inside(sup)})" if sup is not None and not prime else ""
        return f"{text}{chr(39) * prime}{lower}{raised}"
    lower = f", b: {_inside(sub)}" if sub is not None else ""
    raised = f", t: {_inside(sup)}" if sup is not None else ""
    return f"attach({text}{lower}{raised})"


def _condition(node: Maths) -> str:
    return string(node.text) if isinstance(node, Word) else f'"if "{_inside(node)}'
