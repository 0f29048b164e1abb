"""Maths in the notation of TeX: what LaTeX, and MathJax and KaTeX, read alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from types import MappingProxyType
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
from symnet.notation.names import GREEK
from symnet.paper.breaking import Half, is_tall

COMMANDS = {sign: f"\\{name}" for name, sign in GREEK.items() if name not in ("omicron", "Omicron")} | {
    "ο": "o", "ε": r"\varepsilon", "ℓ": r"\ell", "φ": r"\varphi", "𝟏": r"\mathbf{1}",
}  # fmt: skip
# Greek capitals that look Latin have no command of their own in TeX.
COMMANDS |= {greek: rf"\mathrm{{{latin}}}" for greek, latin in zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX", strict=True)}
SIGNS = {
    "−": "-", "·": r"\cdot", "×": r"\times", "∘": r"\circ", "⊤": r"\top", "≈": r"\approx", "≤": r"\le", "≥": r"\ge",
    "←": r"\leftarrow", "→": r"\to", "∂": r"\partial ", "∂⁺": r"\partial^{+}", "≠": r"\ne", "*": r"\ast", "∑": r"\sum",
    "max": r"\max", "min": r"\min", "argmax": r"\operatorname*{argmax}", "argmin": r"\operatorname*{argmin}",
}  # fmt: skip
FUNCTIONS = {"tanh", "exp", "log", "ln", "sin", "cos", "max", "min"}


class TeX(ABC):
    """A dialect: how it writes letters and words, and the commands in which it differs."""

    signs: Mapping[str, str] = SIGNS  # what differs from Unicode
    brackets: Mapping[str, str] = MappingProxyType(
        {"⌈": r"\lceil ", "⌉": r"\rceil ", "⌊": r"\lfloor ", "⌋": r"\rfloor "}
    )
    thin = r"\,"  # where a · is not seen
    medium = r"\;"
    new_row = r"\\"

    @abstractmethod
    def letter(self, text: str) -> str:
        """A name."""

    @abstractmethod
    def word(self, text: str) -> str:
        """A function's name, or a word that stands for a quantity."""

    @abstractmethod
    def words(self, text: str) -> str:
        """Words among maths, whatever they contain."""

    def index(self, base: str, sub: str) -> str:
        """A base with its index."""
        return f"{base}_{{{sub}}}"

    def maths(self, node: Maths) -> str:
        """The formula, without dollars."""
        match node:
            case Number(text):
                return text.replace(",", "{,}")  # of 1,024, which is no list
            case Letter(text):
                return self.letter(text)
            case Word(text):
                return self._word(text)
            case Operator(sign):
                return self.signs.get(sign, sign)
            case Times(seen):
                return r" \cdot " if seen else self.thin
            case Row(items):
                return self._row(items)
            case Fraction(above, below):
                # A fraction in a fraction keeps its size, or nobody could read it.
                return rf"\frac{{{self._in_full(above)}}}{{{self._in_full(below)}}}"
            case Script(base, sub, sup):
                return self._script(base, sub, sup)
            case Half(body, left, _, strut) if is_tall(node):
                # As large as its other half; {} keeps the room on both sides of a sign at the start.
                other = rf"\vphantom{{{self.maths(strut)}}}" if strut is not None else ""
                inside = self.maths(body)
                return rf"\left({inside}{other}\right." if left else rf"\left.{other or '{}'}{inside}\right)"
            case Brackets(body, left, right):
                opens, closes = self.brackets.get(left, left), self.brackets.get(right, right)
                tall = is_tall(body) or left == "|"
                inside = self.maths(body)
                return rf"\left{opens}{inside}\right{closes}" if tall else f"{opens}{inside}{closes}"
            case Root(body):
                return rf"\sqrt{{{self.maths(body)}}}"
            case Accent(body, mark):
                return rf"\{mark}{{{self.maths(body)}}}"
            case Boxed(body):
                return rf"\boxed{{{self.maths(body)}}}"
            case Blank(width):
                # The rule without width gives room above for a hand.
                return rf"\underline{{\rule{{0pt}}{{1.2em}}\hspace{{{0.7 * width:.1f}em}}}}"
            case Arrow(label) if label is not None:
                return rf" \xrightarrow{{{self.medium}{self.maths(label)}{self.medium.rstrip()}}} "
            case Arrow():
                return r" \longrightarrow "
            case Cases(rows):
                lines = (f"{self._in_full(value)} & {self._condition(condition)}" for value, condition in rows)
                return self._environment("cases", lines)
            case Matrix(rows):
                return self._environment("bmatrix", (" & ".join(map(self.maths, entries)) for entries in rows))
            case _:
                assert_never(node)

    def _environment(self, name: str, lines: Iterable[str]) -> str:
        return rf"\begin{{{name}}} {f' {self.new_row} '.join(lines)} \end{{{name}}}"

    def _in_full(self, node: Maths) -> str:
        return rf"\displaystyle {self.maths(node)}" if is_tall(node) else self.maths(node)

    def _row(self, items: tuple[Maths, ...]) -> str:
        parts: list[str] = []
        for i, item in enumerate(items):
            if isinstance(item, Times) and not item.seen and i + 1 < len(items) and isinstance(items[i + 1], Brackets):
                continue  # nearness alone: y(1 − y)
            text = self.maths(item)
            # A command such as \delta must not run into the letter after it.
            if parts and text[:1].isalpha() and parts[-1][-1:].isalpha():
                parts.append(" ")
            if isinstance(item, Operator) and not item.prefix and item.sign != ",":
                text = f" {text} "
            parts.append(text)
        return "".join(parts)

    def _word(self, text: str) -> str:
        if text in FUNCTIONS:
            return f"\\{text}"
        return "'" if text == "′" else self.word(text)

    def _script(self, base: Maths, sub: Maths | None, sup: Maths | None) -> str:
        # A prime stands over an operator such as \max, and after a word.
        beside = isinstance(base, Word) and base.text in ("max", "min")
        text = rf"\mathrm{{{self.maths(base)[1:]}}}" if beside else self.maths(base)
        if not isinstance(base, (Letter, Word, Number, Operator, Brackets, Accent)) or not text:
            text = f"{{{text}}}"
        if sub is not None:
            text = self.index(text, self.maths(sub))
        if sup == Word("′"):
            return text + "'"
        return text if sup is None else f"{text}^{{{self.maths(sup)}}}"

    def _condition(self, node: Maths) -> str:
        return self.words(node.text) if isinstance(node, Word) else rf"\text{{if }} {self.maths(node)}"
