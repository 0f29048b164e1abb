"""How the entries of arrays are printed: W₁₂ of W, W_{Q,12} of an array printed W_Q, h_{2,11} where an index has two
digits.

It is LaTeX as an author may choose it for a name (``names.parse_latex``), so that an entry is a name like any other.
"""

from __future__ import annotations

from collections.abc import Mapping

from symnet.notation.maths import (
    COMMA,
    Accent,
    Brackets,
    Fraction,
    Letter,
    Maths,
    Number,
    Operator,
    Row,
    Script,
    Word,
    row,
)
from symnet.notation.names import LONGEST, default_notation, parse_latex

_SIGNS = {"−": "-", "′": "'", "_": r"\_"}


def entry_notation(array: str, places: Mapping[str, tuple[int, ...]], chosen: str | None = None) -> dict[str, str]:
    """{"WQ1_2": "W_{Q,12}"}: LaTeX for every entry; ``places`` are their indices, ``chosen`` is that of the array."""
    base = parse_latex(chosen) if chosen is not None else default_notation(array)
    short = all(i < 10 for place in places.values() for i in place)
    found = {name: latex(with_index(base, ("" if short else ",").join(map(str, at)))) for name, at in places.items()}
    return {name: said for name, said in found.items() if len(said) <= LONGEST}


def with_index(base: Maths, index: str) -> Maths:
    """The name with an index, behind one that is there: W_Q becomes W_{Q,12}, ∂L/∂W becomes ∂L/∂W₁."""
    match base:
        case Fraction(above, below):
            return Fraction(above, with_index(below, index))
        case Row(items):
            return row(*items[:-1], with_index(items[-1], index))
        case _:
            return behind(base, Number(index))


def behind(name: Maths, index: Maths) -> Maths:
    """The name with an index, behind one that is there: W_{Q,ij} of W_Q."""
    match name:
        case Script(inner, sub, sup):
            return Script(inner, index if sub is None else row(sub, COMMA, index), sup)
        case _:
            return Script(name, sub=index)


def latex(node: Maths) -> str:
    """A name's maths as LaTeX that ``parse_latex`` reads as the same."""
    match node:
        case Letter(text):
            return text if len(text) == 1 else rf"\mathit{{{text}}}"
        case Number(text):
            return text
        case Word(text) if text in ("(", ")", "|", *_SIGNS):
            return _SIGNS.get(text, text)
        case Word(text):
            return r"\_".join(rf"\mathrm{{{part}}}" if part else "" for part in text.split("_"))
        case Operator(sign, _):
            return _SIGNS.get(sign, sign)
        case Row(items):
            return "".join(map(latex, items))
        case Script(base, sub, sup):
            lower = "" if sub is None else f"_{{{latex(sub)}}}"
            upper = "" if sup is None else "'" if sup == Word("′") else f"^{{{latex(sup)}}}"
            return f"{{{latex(base)}}}{lower}{upper}"
        case Brackets(body, _, _):
            return f"({latex(body)})"
        case Accent(body, mark):
            return rf"\{mark}{{{latex(body)}}}"
        case _:
            raise AssertionError(f"no name has {node}")
