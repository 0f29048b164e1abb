"""Maths and words in LaTeX's notation."""

from __future__ import annotations

import unicodedata
from typing import assert_never

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


LONGEST_WORD = 40  # letters; a longer one may be broken anywhere


def escape(text: str) -> str:
    """Text as LaTeX shows it, whatever it contains; nothing in it is a command."""
    # Two hyphens would be a dash and two apostrophes a quotation mark.
    return " ".join(map(_escaped_word, text.split(" ")))


def _escaped_word(word: str) -> str:
    """A word as it is typed, with places to break one that is longer than any line."""
    pairs = zip(" " + word, word, strict=False)
    letters = ("{}" * (c == before and c in "-'") + _character(c) for before, c in pairs)
    return (r"\allowbreak{}" if len(word) > LONGEST_WORD else "").join(letters)


def _character(c: str) -> str:
    if c in _TEXT:
        return _TEXT[c]
    if " " <= c <= "~":
        return c
    if c in _LETTERS:
        return _LETTERS[c]
    if c in _COMMANDS:
        return f"${_COMMANDS[c]}$"
    parts = unicodedata.normalize("NFD", c)
    if len(parts) == 2 and parts[0].isascii() and parts[0].isalpha() and parts[1] in _DIACRITICS:
        base = {"i": r"\i", "j": r"\j"}.get(parts[0], parts[0])
        return f"{_DIACRITICS[parts[1]]}{{{base}}}"
    return "" if unicodedata.category(c) in ("Cc", "Cf", "Mn") else rf"\fbox{{\tiny U+{ord(c):04X}}}"


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
            sizes = [r"\displaystyle " if _is_tall(part) else "" for part in (above, below)]
            return rf"\frac{{{sizes[0]}{maths(above)}}}{{{sizes[1]}{maths(below)}}}"
        case Script(base, sub, sup):
            return _script(base, sub, sup)
        case Brackets(body, left, right):
            tall = _is_tall(body) or left == "|"
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
            lines = r" \\ ".join(f"{maths(value)} & {_condition(condition)}" for value, condition in rows)
            return rf"\begin{{cases}} {lines} \end{{cases}}"
        case Matrix(rows):
            lines = r" \\ ".join(" & ".join(map(maths, entries)) for entries in rows)
            return rf"\begin{{bmatrix}} {lines} \end{{bmatrix}}"
        case _:
            assert_never(node)


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

    def letter(c: str) -> str:
        if c in _COMMANDS:
            return f"{{{_COMMANDS[c]}}}"
        return c if c.isascii() and c.isalnum() else r"\_" if c == "_" else rf"\text{{{escape(c)}}}"

    return "".join(map(letter, text))


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


def _is_tall(node: Maths) -> bool:
    match node:
        case Fraction() | Root() | Cases() | Matrix():
            return True
        case Row(items):
            return any(_is_tall(item) for item in items)
        case Brackets(body) | Script(body) | Accent(body):
            return _is_tall(body)
        case _:
            return False
