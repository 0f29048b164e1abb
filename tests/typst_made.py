"""Formulas of every kind, and pages that Typst makes of them without a warning."""

import re
import unicodedata

import typst as compiler

from symnet.notation.maths import (
    COMMA,
    DOT,
    EQUALS,
    IMMEDIATE,
    MINUS,
    NEGATIVE,
    PARTIAL,
    PLUS,
    Accent,
    Arrow,
    Boxed,
    Brackets,
    Cases,
    Fraction,
    Letter,
    Matrix,
    Number,
    Operator,
    Root,
    Script,
    Times,
    Word,
    row,
)
from symnet.notation.names import GREEK
from symnet.paper.breaking import Half
from symnet.paper.document import Document
from symnet.paper.drawing import Box, Circle, Drawing, Label, Stroke
from symnet.paper.formats import typst

X, Y, W13 = Letter("x"), Letter("y"), Script(Letter("w"), Number("13"))
HALF = Fraction(Number("1"), Number("2"))
NEAR = Times(seen=False)
PRIME = Word("′")
RELU = Word("ReLU")
SIGNS = "∘≈≤≥←→≠*<>/|"

EVERY_NODE = {
    "number": row(Number("12.5"), PLUS, Number("3")),
    "negative": row(NEGATIVE, X, EQUALS, NEGATIVE, Number("3"), MINUS, Brackets(row(NEGATIVE, Number("2")))),
    "letters": row(Letter("Loss"), PLUS, Letter("net"), EQUALS, Letter("é"), PLUS, Letter("ℓ")),
    "letters side by side": row(X, Letter("net"), Y, Word("lr"), Word("lr"), X, Script(Letter("net"), Number("1"))),
    "products": row(Number("2"), DOT, X, PLUS, Number("2"), NEAR, X, PLUS, Y, NEAR, Brackets(row(X, MINUS, Y))),
    "products of words": row(Letter("net"), NEAR, Word("lr"), NEAR, Brackets(X)),
    "words": row(X, EQUALS, Number("1"), Word(" because "), Y, Operator(">"), Number("0")),
    "functions": row(RELU, Brackets(X), PLUS, Word("tanh"), Brackets(HALF), PLUS, Word("ln"), Brackets(X)),
    "functions of two": row(Word("max"), Brackets(row(X, COMMA, Y)), PLUS, Script(Word("max"), Number("1"), PRIME)),
    "primes": row(Script(RELU, None, PRIME), Brackets(X), PLUS, Script(Word("tanh"), None, PRIME), Brackets(X), PRIME),
    "partial": row(Fraction(row(PARTIAL, Letter("Loss")), row(PARTIAL, W13)), DOT, row(IMMEDIATE, Letter("Loss"))),
    "partial beside": row(PARTIAL, X, Word("/"), PARTIAL, W13, EQUALS, IMMEDIATE, X),
    "operators": row(X, *(node for sign in SIGNS for node in (Operator(sign), X))),
    "sum": row(Script(Operator("∑", prefix=True), Letter("j")), Script(X, Letter("j")), NEAR, Script(Y, row(X, Y))),
    "scripts": row(Script(X, Number("12"), Number("2")), Script(Letter("w"), Number("13"), Brackets(Number("2")))),
    "scripts of more": row(Script(Brackets(row(X, MINUS, Y)), None, Number("2")), Script(HALF, None, Number("2"))),
    "script of a script": row(Script(Script(X, Number("1")), None, Number("2")), Script(row(X, Y), None, X)),
    "powers": row(Script(Letter("e"), None, row(NEGATIVE, HALF)), Script(Number("10"), None, row(NEGATIVE, X))),
    "fractions": row(HALF, PLUS, Fraction(HALF, row(X, PLUS, HALF)), PLUS, Fraction(X, Root(Y))),
    "brackets": row(Brackets(HALF), PLUS, Brackets(row(NEGATIVE, X), "|", "|"), PLUS, Brackets(HALF, "|", "|")),
    "other brackets": row(Brackets(X, "[", "]"), PLUS, Brackets(HALF, "{", "}"), PLUS, Brackets(X, "⌊", "⌋")),
    "nested brackets": Brackets(row(Brackets(Script(Letter("net"), Script(Y, Number("1")))), PLUS, Number("1"))),
    "bases": row(
        X, Script(Brackets(Y), None, X), RELU, Script(Brackets(Y), None, X), Word(")"), Script(Brackets(Y), X)
    ),
    "opened": row(Word("("), X, PLUS, HALF, Script(Word(")"), None, Number("2")), Word("/"), Brackets(Y)),
    "an opening half": row(HALF, Half(row(X, MINUS, Brackets(Y)), "(", "", HALF)),
    "a closing half": row(Script(Half(row(PLUS, HALF, Brackets(Y)), "", ")"), None, Number("2")), DOT, X),
    "a small half": row(Half(row(DOT, X), "", ")"), PLUS, Number("3")),
    "roots": row(Root(X), PLUS, Root(row(Script(X, None, Number("2")), PLUS, HALF))),
    "accents": row(
        Accent(X, "hat"), Accent(X, "bar"), Accent(X, "tilde"), Accent(X, "dot"), Script(Accent(X, "hat"), X)
    ),
    "boxed": row(W13, EQUALS, Boxed(row(NEGATIVE, Number("3"))), EQUALS, Boxed(HALF)),
    "arrows": row(X, Arrow(), Y, Arrow(RELU), X, Arrow(W13), Y, Arrow(row(X, PLUS, Letter("Loss"))), Y),
    "cases": row(Y, EQUALS, Cases(((HALF, row(X, Operator(">"), Number("0"))), (row(NEGATIVE, X), Word("otherwise"))))),
    "matrix": Matrix(((Number("1"), row(NEGATIVE, Number("2"))), (HALF, row(X, COMMA, Y)))),
    "turned": row(Script(Letter("X"), None, Operator("⊤")), Letter("𝟏"), Script(Letter("𝟏"), None, Word("⊤"))),
    "small matrix": row(Matrix(((Number("5"),),)), X),
    "Greek": row(*(Letter(sign) for sign in GREEK.values())),
}
DRAWING = Drawing(
    300,
    60,
    (
        Circle(40, 30, 16),
        Stroke(56, 30, 150, 30, arrow=True),
        Label(40, 30, W13),
        Label(100, 24, "words", backed=True),
        Box(150, 15, 60, 30, "gradient"),
    ),
)


def squeezed(text):
    """Without blanks, which lines that end and fonts without kerning make uncertain, and with ligatures opened."""
    return re.sub(r"\s|\u200b|\u00ad", "", unicodedata.normalize("NFKC", text))


def compiled(source):
    """The PDF; fails where it is no PDF/UA-1 with Typst's own fonts, or Typst warns."""
    made, warnings = compiler.compile_with_warnings(
        source.encode(), format="pdf", pdf_standards=["ua-1"], ignore_system_fonts=True
    )
    assert warnings == []
    return made


def page_of(*blocks, title="Title", note=""):
    return compiled(typst.render(Document(title, blocks, note)))
