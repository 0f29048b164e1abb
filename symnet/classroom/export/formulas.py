"""Formulas in the LaTeX of MathJax, for pages that a learning platform shows.

Platforms look for signs of their own in a page before MathJax does.  ``printing.mathjax`` writes what nobody reads
twice; what is left is seen to here.
"""

from __future__ import annotations

import re

from symnet.notation.line import Line
from symnet.notation.maths import Maths
from symnet.paper.breaking import on_one_line, pieces, rows_of, width
from symnet.paper.printing.mathjax import maths, words

ROOM = 70  # letters of maths on a line
_SIGNS = {"≈": r"\approx", "←": r"\leftarrow", "→": r"\to"}
# {1:NUMERICAL:… and {#1} are Moodle's, even in a formula; a space after the brace changes nothing.
_OPENS_A_BLANK = re.compile(r"\{(?=[0-9]*:|#)")


def inline(node: Maths, style: str = "") -> str:
    """A formula among words; ``style`` stands before one that is tall."""
    latex = formula(on_one_line(node))
    return style + latex if r"\frac{" in latex else latex


def formula(node: Maths) -> str:
    return _OPENS_A_BLANK.sub("{ ", maths(node).strip())


def display(node: Maths) -> str:
    """A formula on a line of its own, in several rows where it is long."""
    first, *others = (formula(part) for part in pieces(node, ROOM, width))
    return _aligned([f"& {first}", *(rf"& \quad {{}}{part}" for part in others)]) if others else first


def working(lines: tuple[Line, ...]) -> str:
    """Lines aligned on their relations, with the reasons at the right."""
    return _aligned([f"{left} & {right}" for line in lines for left, right in rows(line)])


def rows(line: Line) -> list[tuple[str, str]]:
    """(left side or {}, what stands from its relation on) for every row of a line of working."""
    found = []
    for lhs, steps in rows_of(line, ROOM):
        right = " ".join(_step(*step, first=i == 0) for i, step in enumerate(steps))
        found.append((formula(lhs) if lhs is not None else "{}", right))
    if line.why:
        left, right = found[-1]
        found[-1] = (left, rf"{right} \qquad {_OPENS_A_BLANK.sub('{ ', words(f'({line.why})'))}")
    return found


def _step(relation: str, node: Maths, first: bool) -> str:
    start = _SIGNS.get(relation, relation)
    if first and relation in ("", "+"):  # what goes on from the line above stands a little to the right
        start = rf"\quad {{}}{start}" if start else r"\qquad {}"
    return f"{start} {formula(node)}"


def _aligned(lines: list[str]) -> str:
    body = r" \cr ".join(lines)
    return rf"\begin{{aligned}} {body} \end{{aligned}}"
