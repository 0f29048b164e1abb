"""Maths in the LaTeX that MathJax and KaTeX read, and that Markdown lets through as it stands.

Some hosts read Markdown before maths: there a backslash before a comma, a brace or another backslash is lost, and ``_``
or ``*`` may start emphasis.  So a backslash stands before letters alone, no sign of Markdown's is used, and ``_``
stands after a letter or a digit or between spaces, where it opens nothing.
"""

from __future__ import annotations

from typing import assert_never

from symnet.sheets.breaking import Half, is_tall
from symnet.sheets.printing.latex import SIGNS
from symnet.working.maths import (
    Accent,
    Arrow,
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
from symnet.working.names import GREEK

_COMMANDS = {sign: f"\\{name}" for name, sign in GREEK.items() if name not in ("omicron", "Omicron")} | {
    "ο": "o", "ε": r"\varepsilon", "ℓ": r"\ell", "φ": r"\varphi", "𝟏": r"\mathbf{1}",
}  # fmt: skip
# Greek capitals that look Latin have no command of their own.
_COMMANDS |= {greek: rf"\mathrm{{{latin}}}" for greek, latin in zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX", strict=True)}
_SIGNS = SIGNS | {"×": r"\times", "<": r"\lt", ">": r"\gt", "|": r"\mid"}
_FUNCTIONS = {"tanh", "exp", "log", "ln", "sin", "cos", "max", "min"}
_BRACKETS = {"(": "(", ")": ")", "[": r"\lbrack ", "]": r"\rbrack ", "{": r"\lbrace ", "}": r"\rbrace ", "|": r"\vert "}
_PLAIN = frozenset(" .,:;=+/()?-'")  # what needs no care among words, beside letters and digits


def maths(node: Maths) -> str:
    """The formula, without dollars."""
    match node:
        case Number(text):
            return text
        case Letter(text):
            return _letter(text)
        case Word(text):
            return _word(text)
        case Operator(sign):
            return _SIGNS.get(sign, sign)
        case Times(seen):
            return r" \cdot " if seen else r"\thinspace "
        case Row(items):
            return _row(items)
        case Fraction(above, below):
            # A fraction in a fraction keeps its size, or nobody could read it.
            return rf"\frac{{{_in_full(above)}}}{{{_in_full(below)}}}"
        case Script(base, sub, sup):
            return _script(base, sub, sup)
        case Half(body, left, _, strut) if is_tall(node):
            other = rf"\vphantom{{{maths(strut)}}}" if strut is not None else ""  # as large as its other half
            # {} keeps the room on both sides of a sign at the start.
            return rf"\left({maths(body)}{other}\right." if left else rf"\left.{other or '{}'}{maths(body)}\right)"
        case Brackets(body, left, right):
            one, other = _BRACKETS.get(left, left), _BRACKETS.get(right, right)
            tall = is_tall(body) or left == "|"
            return rf"\left{one}{maths(body)}\right{other}" if tall else f"{one}{maths(body)}{other}"
        case Root(body):
            return rf"\sqrt{{{maths(body)}}}"
        case Accent(body, mark):
            return rf"\{mark}{{{maths(body)}}}"
        case Boxed(body):
            return rf"\boxed{{{maths(body)}}}"
        case Arrow(label):
            spaced = rf" \xrightarrow{{\enspace {maths(label)}\enspace}} " if label is not None else ""
            return spaced or r" \longrightarrow "
        case Cases(rows):
            lines = r" \cr ".join(f"{_in_full(value)} & {_condition(condition)}" for value, condition in rows)
            return rf"\begin{{cases}} {lines} \end{{cases}}"
        case Matrix(rows):
            lines = r" \cr ".join(" & ".join(map(maths, entries)) for entries in rows)
            return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"
        case _:
            assert_never(node)


def _in_full(node: Maths) -> str:
    return rf"\displaystyle {maths(node)}" if is_tall(node) else maths(node)


def words(text: str) -> str:
    """Words among maths, whatever they contain."""
    pieces, plain = [], ""
    for c in text:
        if c in _PLAIN or (c.isalnum() and c not in _COMMANDS):
            plain += c
        elif c == "_" or c in _COMMANDS or (c in _SIGNS and not c.isascii()):
            pieces.append((plain, _COMMANDS.get(c) or _SIGNS.get(c, r"\underline{\ }")))
            plain = ""
        elif " " < c <= "~":
            plain += chr(ord(c) + 0xFEE0)  # the same sign in full width, which no one reads as a command
        else:
            plain += c if c.isprintable() else " "
    pieces.append((plain, ""))
    found = [piece for part, sign in pieces for piece in (rf"\text{{{part}}}" if part else "", sign) if piece]
    return found[0] if len(found) == 1 else f"{{{' '.join(found)}}}"


def _row(items: tuple[Maths, ...]) -> str:
    parts: list[str] = []
    for i, item in enumerate(items):
        if isinstance(item, Times) and not item.seen and i + 1 < len(items) and isinstance(items[i + 1], Brackets):
            continue  # nearness alone: y(1 − y)
        text = maths(item)
        # A command such as \delta must not run into the letter after it.
        if parts and text[:1].isalpha() and parts[-1][-1:].isalpha():
            parts.append(" ")
        if isinstance(item, Operator) and not item.prefix and item.sign != ",":
            text = f" {text} "
        parts.append(text)
    return "".join(parts)


def _letter(text: str) -> str:
    if text in _COMMANDS:
        return _COMMANDS[text]
    return text if len(text) == 1 and text.isascii() and text.isalnum() else _styled("mathit", text)


def _word(text: str) -> str:
    if text in _FUNCTIONS:
        return f"\\{text}"
    if text == "′":
        return "'"
    if text == "|":
        return r"\vert "
    if text in ("(", ")", "/") or (text.isascii() and text.isdigit()):
        return text
    return _styled("mathrm", text) if text.replace("_", "").isalnum() else words(text)


def _styled(style: str, text: str) -> str:
    """A word of letters and digits in one style; other signs stand as words."""
    parts, plain = [], ""
    for c in [*text, ""]:
        if c and c.isascii() and c.isalnum():
            plain += c
            continue
        parts.append(rf"\{style}{{{plain}}}" if plain else "")
        parts.append(_COMMANDS.get(c) or (words(c) if c else ""))
        plain = ""
    together = [part for part in parts if part]
    return together[0] if len(together) == 1 else f"{{{''.join(together)}}}"


def _script(base: Maths, sub: Maths | None, sup: Maths | None) -> str:
    # A prime stands over an operator such as \max, and after a word.
    text = rf"\mathrm{{{base.text}}}" if isinstance(base, Word) and base.text in ("max", "min") else maths(base)
    if not isinstance(base, (Letter, Word, Number, Operator, Brackets, Accent)) or not text:
        text = f"{{{text}}}"
    if sub is not None:
        text += f"_{{{maths(sub)}}}" if text[-1:].isascii() and text[-1:].isalnum() else f" _ {{{maths(sub)}}}"
    if sup == Word("′"):
        return text + "'"
    return text if sup is None else f"{text}^{{{maths(sup)}}}"


def _condition(node: Maths) -> str:
    return words(node.text) if isinstance(node, Word) else rf"\text{{if }} {maths(node)}"
