"""Maths and words in LaTeX's notation."""

from __future__ import annotations

import re
import unicodedata
from typing import assert_never

from symnet.sheets import foreign
from symnet.sheets.breaking import Half, is_tall
from symnet.sheets.scripts import clusters, may_end_between, runs, segments
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
# Greek capitals that look Latin have no command of their own in TeX.
_COMMANDS |= {greek: rf"\mathrm{{{latin}}}" for greek, latin in zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX", strict=True)}
SIGNS = {
    "−": "-", "·": r"\cdot", "∘": r"\circ", "⊤": r"\top", "≈": r"\approx", "≤": r"\le", "≥": r"\ge",
    "←": r"\leftarrow", "→": r"\to", "∂": r"\partial ", "∂⁺": r"\partial^{+}", "≠": r"\ne", "*": r"\ast", "∑": r"\sum",
}  # fmt: skip
_FUNCTIONS = {"tanh", "exp", "log", "ln", "sin", "cos", "max", "min"}
_TEXT = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "'": "'", "`": r"\textasciigrave{}", "-": "-", "–": "--", "—": "---",
    "‘": "`", "’": "'", "“": "``", "”": "''", "…": r"\ldots{}", "\n": " ", "\u00a0": "~", "½": r"$\tfrac12$",
    "²": r"$^2$", "³": r"$^3$", "×": r"$\times$", "·": r"$\cdot$", "→": r"$\to$", "′": r"$'$", "∂": r"$\partial$",
    "−": "$-$", "≤": r"$\le$", "≥": r"$\ge$", "≈": r"$\approx$", "Σ": r"$\Sigma$", "√": r"$\surd$", "°": r"$^\circ$",
    "∘": r"$\circ$",
}  # fmt: skip
_TEXT['"'] = "''"
_DIACRITICS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0308": r'\"', "\u030a": r"\r",
    "\u0327": r"\c",    "\u030c": r"\v", "\u0304": r"\=", "\u0306": r"\u", "\u0307": r"\.", "\u030b": r"\H",
}  # fmt: skip
_LETTERS = {"ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "œ": r"\oe{}", "Œ": r"\OE{}",
            "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}"}  # fmt: skip


_BLANKS = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_PARTS = re.compile(rf"[A-Za-z0-9]|_|[{''.join(_COMMANDS)}]|[^A-Za-z0-9_{''.join(_COMMANDS)}]+")
LONGEST_WORD = 40  # letters; a longer one may be broken anywhere
PIECE = 8  # letters of such a word that are drawn as one, where letters join


def escape(text: str) -> str:
    """Text as LaTeX shows it, whatever it contains; nothing in it is a command but those of ``symnet.sheets.foreign``.

    Those stand for words that TeX has no letters for.
    """
    text = _BLANKS.sub(" ", text)
    if text.isascii():
        return _escaped(text)
    pieces = runs(unicodedata.normalize("NFC", text))
    return "".join(_backwards(piece) if backwards else _escaped(piece) for piece, backwards in pieces)


def _escaped(text: str) -> str:
    # Two hyphens would be a dash and two apostrophes a quotation mark.
    return " ".join(map(_escaped_word, text.split(" ")))


def _escaped_word(word: str) -> str:
    """A word as it is typed, with places to break one that is longer than any line."""
    long = len(word) > LONGEST_WORD
    text, before = "", ""
    for piece, known in segments(word, lambda cluster: _cluster(cluster) is not None):
        for part in clusters(piece) if known or long else [piece]:
            if before and may_end_between(before, part, long):
                text += r"\allowbreak{}"
            shown = (_cluster(part) if known else None) or foreign.word(part)
            text += "{}" * (shown[0] in "-'`" and text.endswith(shown[0])) + shown
            before = part
    return text


def _backwards(text: str) -> str:
    """Words from right to left, in pieces where one is longer than any line."""
    return foreign.run([_in_pieces(clusters(word)) for word in text.split()])


def _in_pieces(word: list[str]) -> list[str]:
    size = PIECE if len(word) > LONGEST_WORD else LONGEST_WORD
    return ["".join(word[i : i + size]) for i in range(0, len(word), size)]


def _cluster(cluster: str) -> str | None:
    """A sign and the marks on it; None where TeX has no letter for it."""
    if len(cluster) == 1 and (shown := _sign(cluster)) is not None:
        return shown
    parts = unicodedata.normalize("NFD", cluster)
    if len(parts) == 2 and parts[0].isascii() and parts[0].isalpha() and parts[1] in _DIACRITICS:
        base = {"i": r"\i", "j": r"\j"}.get(parts[0], parts[0])
        return f"{_DIACRITICS[parts[1]]}{{{base}}}"
    return None


def _sign(c: str) -> str | None:
    if c in _TEXT:
        return _TEXT[c]
    if " " <= c <= "~":
        return c
    if c in _LETTERS:
        return _LETTERS[c]
    return f"${_COMMANDS[c]}$" if c in _COMMANDS else None


def maths(node: Maths) -> str:
    """The formula in LaTeX, without dollars."""
    match node:
        case Number(text):
            return text
        case Letter(text):
            return _letter(text)
        case Word(text):
            return _word(text)
        case Operator(sign):
            return SIGNS.get(sign, sign)
        case Times(seen):
            return r" \cdot " if seen else r"\,"
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
            tall = is_tall(body) or left == "|"
            return rf"\left{left}{maths(body)}\right{right}" if tall else f"{left}{maths(body)}{right}"
        case Root(body):
            return rf"\sqrt{{{maths(body)}}}"
        case Accent(body, mark):
            return rf"\{mark}{{{maths(body)}}}"
        case Boxed(body):
            return rf"\boxed{{{maths(body)}}}"
        case Arrow(label):
            return rf" \xrightarrow{{\;{maths(label)}\;}} " if label is not None else r" \longrightarrow "
        case Cases(rows):
            lines = r" \\ ".join(f"{_in_full(value)} & {_condition(condition)}" for value, condition in rows)
            return rf"\begin{{cases}} {lines} \end{{cases}}"
        case Matrix(rows):
            lines = r" \\ ".join(" & ".join(map(maths, entries)) for entries in rows)
            return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"
        case _:
            assert_never(node)


def _in_full(node: Maths) -> str:
    return rf"\displaystyle {maths(node)}" if is_tall(node) else maths(node)


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
    return text if len(text) == 1 and text.isascii() else rf"\mathit{{{_plain(text)}}}"


def _word(text: str) -> str:
    if text in _FUNCTIONS:
        return f"\\{text}"
    if text == "′":
        return "'"
    if text in ("(", ")", "|", "/"):
        return text
    return rf"\text{{{escape(text)}}}" if " " in text else rf"\mathrm{{{_plain(text)}}}"


def _plain(text: str) -> str:
    """A word inside \\mathit or \\mathrm."""

    def shown(found: re.Match[str]) -> str:
        part = found[0]
        if part in _COMMANDS:
            return f"{{{_COMMANDS[part]}}}"
        return part if part.isascii() and part.isalnum() else r"\_" if part == "_" else rf"\text{{{escape(part)}}}"

    # What is no letter of a formula is kept together, or its letters would not join.
    return _PARTS.sub(shown, text)


def _script(base: Maths, sub: Maths | None, sup: Maths | None) -> str:
    # A prime stands over an operator such as \max, and after a word.
    text = rf"\mathrm{{{base.text}}}" if isinstance(base, Word) and base.text in ("max", "min") else maths(base)
    if not isinstance(base, (Letter, Word, Number, Operator, Brackets, Accent)):
        text = f"{{{text}}}"
    if sub is not None:
        text += f"_{{{maths(sub)}}}"
    if sup == Word("′"):
        return text + "'"
    return text if sup is None else f"{text}^{{{maths(sup)}}}"


def _condition(node: Maths) -> str:
    return rf"\text{{{escape(node.text)}}}" if isinstance(node, Word) else rf"\text{{if }} {maths(node)}"
