"""How what is worked from both passes is printed: ∂²L/∂w₁∂w₂, ∂y/∂x, ẏ, w₁ with "new" above it, λ_max."""

from __future__ import annotations

import re
from collections.abc import Callable

from symnet.algebra.further import formula_in, second_parts, total_slope_parts, worked_parts
from symnet.notation.maths import (
    COMMA,
    MINUS,
    NEGATIVE,
    PARTIAL,
    Accent,
    Brackets,
    Fraction,
    Letter,
    Maths,
    Number,
    Operator,
    Script,
    Word,
    joined,
    row,
)

_TWICE = Script(PARTIAL, sup=Number("2"))
_WHICH = ((), ("max",), ("min",))
LAMBDA = Letter("λ")
HESSIAN = Letter("H")
INVERSE = Script(HESSIAN, sup=row(NEGATIVE, Number("1")))
_TOKEN = re.compile(r"[^\W\d]\w*|[\d.]+|[^\s\w]")


def further_node(name: str, node: Callable[[str], Maths], rate: Maths) -> Maths | None:
    """The maths of such a name, ``node`` being that of any other; None for what is none."""
    if (twice := second_parts(name)) is not None:
        of, a, b = map(node, twice)
        below = row(PARTIAL, squared(a)) if a == b else row(PARTIAL, a, PARTIAL, b)
        return Fraction(row(_TWICE, of), below)
    if (once := total_slope_parts(name)) is not None:
        return Fraction(row(PARTIAL, node(once[0])), row(PARTIAL, node(once[1])))
    if formula := formula_in(name):
        return Brackets(row(*(_of_formula(token, node) for token in _TOKEN.findall(formula))))
    kind, of_names = worked_parts(name) or ("", ())
    match kind, of_names:
        case "newton", (w,):
            return with_word(node(w), "new")
        case "dot", (y,):
            return dotted(node(y))
        case (("line_slope" | "line_intercept"), (z,)):
            return Script(Word(kind.removeprefix("line_")), sub=node(z))
        case "multiplications", (mode,):
            return Word(f"multiplications, {mode}")
        case "det", _:
            return row(Word("det "), HESSIAN)
        case "inverse", (first, last):
            return Script(Brackets(INVERSE), sub=joined([node(first), node(last)], COMMA))
        case "eigenvalue", which if which in _WHICH:
            return _which(LAMBDA, which)
        case "factor", which if which in _WHICH:
            return row(Number("1"), MINUS, rate, _which(LAMBDA, which))
        case "rate", ("max",):
            return _which(rate, of_names)
        case _:
            return None


def _which(letter: Maths, which: tuple[str, ...]) -> Maths:
    return Script(letter, sub=Word(which[0])) if which else letter


def squared(node: Maths) -> Maths:
    """w₁ with 2 above it."""
    two = Number("2")
    if isinstance(node, Script) and node.sup is None:
        return Script(node.base, node.sub, two)
    return Script(node if not isinstance(node, Script) else Brackets(node), sup=two)


def with_word(node: Maths, word: str) -> Maths:
    """w₁ with a word above it."""
    if isinstance(node, Script):
        return Script(node.base, node.sub, row(node.sup, Word(f" {word}")) if node.sup is not None else Word(word))
    return Script(node, sup=Word(word))


def dotted(node: Maths) -> Maths:
    """y with a dot, over its letter alone."""
    if isinstance(node, Script):
        return Script(Accent(node.base, "dot"), node.sub, node.sup)
    return Accent(node, "dot")


def _of_formula(token: str, node: Callable[[str], Maths]) -> Maths:
    """A name, a number or a sign of a formula as somebody wrote it."""
    if token[0].isdigit() or token[0] == ".":
        return Number(token)
    if token[0].isalpha() or token[0] == "_":
        return node(token)
    return Word(token) if token in "()" else Operator({"-": "−", "*": "·"}.get(token, token))
