"""How wide a formula is in Computer Modern, the type of both makers of PDF, in digits: half an em each.

``breaking.width`` says about how wide a formula is in whatever type, and rather too much; where columns are to stand
beside each other on paper, more can be known.  The widths of letters are those of cmmi10 and cmr10 (Knuth, 1986).
"""

from __future__ import annotations

import unicodedata

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
    kept,
)
from symnet.paper.breaking import width

# In hundredths of an em; a slanted letter reaches a little beyond.
_SLANTED = {
    "a": 53, "b": 43, "c": 44, "d": 53, "e": 47, "f": 60, "g": 52, "h": 58, "i": 35, "j": 47, "k": 55, "l": 30,
    "m": 88, "n": 60, "o": 49, "p": 51, "q": 49, "r": 48, "s": 47, "t": 37, "u": 58, "v": 52, "w": 75, "x": 58,
    "y": 53, "z": 51, "A": 75, "B": 81, "C": 79, "D": 83, "E": 80, "F": 79, "G": 79, "H": 92, "I": 52, "J": 66,
    "K": 92, "L": 69, "M": 108, "N": 91, "O": 77, "P": 78, "Q": 80, "R": 77, "S": 67, "T": 73, "U": 79, "V": 81,
    "W": 109, "X": 91, "Y": 81, "Z": 76, "δ": 49, "η": 54, "σ": 61, "θ": 48, "α": 65, "β": 62, "λ": 59, "μ": 61,
}  # fmt: skip
_UPRIGHT = {
    "c": 45, "e": 45, "f": 31, "i": 28, "j": 31, "l": 28, "m": 84, "r": 40, "s": 40, "t": 39, "w": 73,
    " ": 34, "′": 30, ":": 28,
}  # fmt: skip
_RELATIONS = "=≈←→<>≤≥≠"
SCRIPT = 0.72
COLUMN_GAP = 1.1  # of a matrix, as both set it


def _other(c: str, capital: int, small: int) -> int:
    return 100 if unicodedata.east_asian_width(c) in "WF" else capital if c.isupper() else small


@kept
def set_width(node: Maths) -> float:
    """How many digits wide the formula is."""
    match node:
        case Number(text):
            return sum(0.56 if c == "." else 1.0 for c in text)
        case Letter(text):
            return sum(_SLANTED.get(c) or _other(c, 75, 62) for c in text) / 50
        case Word(text):
            return sum(_UPRIGHT.get(c) or _other(c, 76, 53) for c in text) / 50
        case Operator(sign, prefix):
            if prefix:
                return {"−": 1.7, "∑": 3.6}.get(sign, 1.15)
            return 0.95 if sign == "," else 2.7 if sign in _RELATIONS else 2.5
        case Times(seen):
            return 1.5 if seen else 0.4
        case Row(items):
            return sum(map(set_width, items))
        case Fraction(above, below):
            return max(set_width(above), set_width(below)) + 0.6
        case Script(base, sub, sup):
            return set_width(base) + 0.1 + SCRIPT * max((set_width(s) for s in (sub, sup) if s is not None), default=0)
        case Brackets(body):
            return set_width(body) + 1.9
        case Root(body) | Boxed(body):
            return set_width(body) + 1.9
        case Accent(body):
            return set_width(body)
        case Blank(width=digits):
            return digits
        case Arrow(label):
            return 4.2 + (SCRIPT * set_width(label) if label is not None else 0)
        case Blank(digits):
            return digits
        case Matrix(rows):
            columns = [max(map(set_width, column)) for column in zip(*rows, strict=True)]
            return sum(columns) + COLUMN_GAP * (len(columns) - 1) + 1.4  # its brackets
        case Cases():
            return width(node)
