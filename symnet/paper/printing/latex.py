"""Maths and words in LaTeX's notation."""

from __future__ import annotations

import re
import unicodedata

from symnet.paper import foreign
from symnet.paper.lettering import is_long
from symnet.paper.printing.tex import COMMANDS, TeX
from symnet.paper.scripts import clusters, may_end_between, runs, segments

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
_PARTS = re.compile(rf"[A-Za-z0-9]|_|[{''.join(COMMANDS)}]|[^A-Za-z0-9_{''.join(COMMANDS)}]+")
PIECE = 8  # letters of a long word that are drawn as one, where letters join


def escape(text: str) -> str:
    """Text as LaTeX shows it, whatever it contains; nothing in it is a command but those of ``symnet.paper.foreign``.

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
    long = is_long(word)
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
    if not is_long(whole := "".join(word)):
        return [whole] if whole else []
    return ["".join(word[i : i + PIECE]) for i in range(0, len(word), PIECE)]


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
    return f"${COMMANDS[c]}$" if c in COMMANDS else None


class LaTeX(TeX):
    def letter(self, text: str) -> str:
        if text in COMMANDS:
            return COMMANDS[text]
        return text if len(text) == 1 and text.isascii() else rf"\mathit{{{_plain(text)}}}"

    def word(self, text: str) -> str:
        if text in ("(", ")", "|", "/"):
            return text
        return self.words(text) if " " in text else rf"\mathrm{{{_plain(text)}}}"

    def words(self, text: str) -> str:
        return rf"\text{{{escape(text)}}}"


def _plain(text: str) -> str:
    """A word inside \\mathit or \\mathrm."""

    def shown(found: re.Match[str]) -> str:
        part = found[0]
        if part in COMMANDS:
            return f"{{{COMMANDS[part]}}}"
        return part if part.isascii() and part.isalnum() else r"\_" if part == "_" else rf"\text{{{escape(part)}}}"

    # What is no letter of a formula is kept together, or its letters would not join.
    return _PARTS.sub(shown, text)


maths = LaTeX().maths
