"""A formula of a figure as one line of letters: pieces of text, each with its slant, size and place.

``set_line`` gives the pieces.  How wide a piece is depends on the font, so the caller may say; ``estimated`` is about
right for a book's roman, and rather too wide than too narrow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

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
    row,
)
from symnet.paper.drawing import Label
from symnet.paper.printing.text import maths as text_of

SMALL = 0.7  # the size of a script, of the letters it belongs to
RAISED, LOWERED = 0.40, 0.22  # how far a script stands above and below their line, of their size
MIDDLE = 0.32  # how far below the middle of a line its letters stand, of their size
HALF_HEIGHT = 0.62  # of a line with scripts, of the size of its letters
LONGEST_WORD = 22.0  # ems; what is longer would not fit on the line of a title
_MARKS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}
_AROUND = 0.25  # the room on each side of a sign such as =


@dataclass(frozen=True)
class Piece:
    """Text at x, in lengths of the formula's letters; ``rise`` is upwards."""

    text: str
    x: float
    width: float
    italic: bool = False
    scale: float = 1.0
    rise: float = 0.0


Measure: TypeAlias = Callable[[str, bool], float]  # the width of a text, slanted or not, in ems


def estimated(text: str, italic: bool) -> float:
    """About how wide the text is, in ems."""
    return sum(map(_advance, text))


def is_long(word: str) -> bool:
    """Whether a line must be allowed to end inside the word: there may be no line that has room for it."""
    return estimated(word, italic=False) > LONGEST_WORD


def _advance(c: str) -> float:
    if c in "fijlrt.,:;'′|!()[]/ ":
        return 0.36
    if c in "mwMW…—":
        return 0.85
    if c in _MARKS.values():
        return 0.0
    if c.isdigit() or c in "∂δ":
        return 0.54
    if c in "+−=≈<>≤≥×÷·→←":
        return 0.65
    if ord(c) < 0x530:
        return 0.76 if c.isupper() else 0.54
    return 1.05


def set_line(text: Maths | str, measure: Measure = estimated) -> tuple[tuple[Piece, ...], float]:
    """The pieces of a label's text and its whole width, both in lengths of its letters."""
    setter = _Line(measure)
    setter.put(Word(text) if isinstance(text, str) else text, 1.0, 0.0)
    return tuple(setter.pieces), setter.x


def width_of(text: Maths | str) -> float:
    """About how wide the label's text is, in lengths of its letters."""
    return set_line(text)[1]


def left_of(label: Label, width: float) -> float:
    """Where the text of a label begins, when it is so many points wide."""
    return label.x - {"middle": 0.5, "right": 0.0, "left": 1.0}[label.side] * width


def ground_of(label: Label, width: float) -> tuple[float, float, float, float]:
    """The paper behind a label: its left, top, width and height.

    It is a little higher than a line, so that nothing shows between two.
    """
    half = HALF_HEIGHT * label.size + 0.25
    wide = max(width, label.room)
    return left_of(label, width) - (wide - width) / 2 - 1, label.y - half, wide + 2, 2 * half


class _Line:
    """Sets a formula from left to right; x is where the next letter goes."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.pieces: list[Piece] = []
        self.x = 0.0

    def put(self, node: Maths, scale: float, rise: float) -> None:
        match node:
            case Number(text) | Word(text):
                self._write(text, scale, rise)
            case Letter(text):
                self._write(text, scale, rise, italic=True)
            case Operator(sign, prefix):
                self._sign(sign, prefix, scale, rise)
            case Times(seen):
                if seen:
                    self._sign("·", False, scale, rise, 0.15)
                else:
                    self.x += 0.1 * scale
            case Row(items):
                for item in items:
                    self.put(item, scale, rise)
            case Fraction(above, below):
                self.put(_closed(above), scale, rise)
                self._write("/", scale, rise)
                self.put(_closed(below), scale, rise)
            case Script(base, sub, sup):
                self._script(base, sub, sup, scale, rise)
            case Brackets(body, left, right):
                self._write(left, scale, rise)
                self.put(body, scale, rise)
                self._write(right, scale, rise)
            case Root(body):
                self._write("√", scale, rise)
                power = isinstance(body, Script) and body.sup is not None  # √x² could be read as (√x)²
                self.put(Brackets(body) if power or isinstance(body, (Row, Fraction)) else body, scale, rise)
            case Accent(body, mark):
                self.put(body, scale, rise)
                if self.pieces:
                    self.pieces[-1] = replace(self.pieces[-1], text=self.pieces[-1].text + _MARKS[mark])
            case Boxed(body):
                self.put(body, scale, rise)
            case Arrow() | Cases() | Matrix() | Blank():
                self._write(text_of(node), scale, rise)
            case _:
                assert_never(node)

    def _script(self, base: Maths, sub: Maths | None, sup: Maths | None, scale: float, rise: float) -> None:
        """The scripts one above the other, both right after the base."""
        self.put(base, scale, rise)
        if sup == Word("′"):
            self._write("′", scale, rise)
            sup = None
        start = end = self.x
        for script, shift in ((sup, RAISED), (sub, -LOWERED)):
            if script is not None:
                self.x = start
                self.put(script, SMALL * scale, rise + shift * scale)
                end = max(end, self.x)
        self.x = end

    def _sign(self, sign: str, prefix: bool, scale: float, rise: float, around: float = _AROUND) -> None:
        before = 0.0 if prefix or sign == "," else around
        self.x += before * scale
        if sign == "∂⁺":
            self.put(Script(Operator("∂", prefix=True), sup=Word("+")), scale, rise)
        else:
            self._write(sign, scale, rise)
        self.x += (0.0 if prefix else before or 0.2) * scale

    def _write(self, text: str, scale: float, rise: float, italic: bool = False) -> None:
        width = self.measure(text, italic) * scale
        self.pieces.append(Piece(text, self.x, width, italic, scale, rise))
        self.x += width


def _closed(node: Maths) -> Maths:
    """In brackets where it is more than one thing, as above or below a slash; ∂L is one thing."""
    parts = node.items[1:] if isinstance(node, Row) and _is_prefix(node.items[0]) else getattr(node, "items", ())
    return Brackets(node) if len(parts) > 1 or isinstance(node, Fraction) else node


def _is_prefix(node: Maths) -> bool:
    return isinstance(node, Operator) and node.prefix


def on_one_line(node: Maths) -> Maths:
    """The formula with a/b for every fraction, as it stands in a figure."""
    match node:
        case Fraction(above, below):
            return row(on_one_line(_closed(above)), Word("/"), on_one_line(_closed(below)))
        case Row(items):
            return row(*map(on_one_line, items))
        case Brackets(body, left, right):
            return Brackets(on_one_line(body), left, right)
        case Script(base, sub, sup):
            lower, upper = (on_one_line(part) if part is not None else None for part in (sub, sup))
            return Script(on_one_line(base), lower, upper)
        case _:
            return node
