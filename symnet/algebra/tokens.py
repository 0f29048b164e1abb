"""The words and signs of a formula, one after another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.no_formula import instead_of
from symnet.algebra.signs import HALVES, LOWERED, RAISED, TYPED

NAME = re.compile(
    r"[A-Za-z_\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9][A-Za-z0-9_\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9]*"
)
NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

Kinds = Sequence[tuple[str, "re.Pattern[str]"]]
KINDS: Kinds = (
    ("number", NUMBER),
    ("name", re.compile(f"{NAME.pattern}[{''.join(LOWERED)}]*")),
    ("sign", re.compile(r"\*\*|[-+*/^(),|√]")),
    ("raised", re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")),
    ("half", re.compile(f"[{''.join(HALVES)}]")),
)
_SPACE = re.compile(r"[ \t\r\n]*")
_TEXTS: dict[str, Callable[[str], str]] = {
    "raised": lambda text: "".join(RAISED[c] for c in text),
    "half": lambda text: HALVES[text],
}


@dataclass(frozen=True)
class Token:
    kind: str  # "number", "name", "sign", … or "end"
    text: str
    at: int
    bracket_follows: bool = False


def tokens(formula: str, kinds: Kinds = KINDS, instead: Callable[[str, int], str] = instead_of) -> Iterator[Token]:
    """The tokens of a formula; raises Mistake at a sign that has no meaning there."""
    at = 0
    written, formula = formula, formula.translate(TYPED)  # of the same length
    while True:
        space = _SPACE.match(formula, at)
        at = space.end() if space else at
        if at >= len(formula):
            break
        for kind, pattern in kinds:
            found = pattern.match(formula, at)
            if found:
                yield Token(kind, _TEXTS.get(kind, str)(found[0]), at, formula[found.end() : found.end() + 1] == "(")
                at = found.end()
                break
        else:
            better = instead(written, at)
            why = f"; {better}" if better else ""
            raise Mistake(f"{shown(written[at])} at character {at + 1} has no meaning in a formula{why}")
    yield Token("end", "", at)
