"""Breaking long formulas: how wide a formula is, about, and where a person would go to the next line."""

from __future__ import annotations

from collections.abc import Iterator

from symnet.working.derivation import Line
from symnet.working.maths import (
    Accent,
    Arrow,
    Boxed,
    Brackets,
    Cases,
    Fraction,
    Letter,
    Maths,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Times,
    Word,
    row,
)


def width(node: Maths | None) -> float:
    """About how many letters wide the formula is when fractions are stacked and scripts are small."""
    match node:
        case None:
            return 0
        case Number(text) | Letter(text) | Word(text):
            return len(text)
        case Operator(sign, prefix):
            return 1 if prefix or sign == "," else 3
        case Times():
            return 1.5
        case Row(items):
            return sum(width(item) for item in items)
        case Fraction(above, below):
            return max(width(above), width(below)) + 0.5
        case Script(base, sub, sup):
            return width(base) + 0.7 * max(width(sub), width(sup))
        case Brackets(body):
            return width(body) + 1.5
        case Root(body) | Boxed(body):
            return width(body) + 2
        case Accent(body):
            return width(body)
        case Arrow(label):
            return width(label) + 4
        case Cases(rows):
            return max(width(value) + width(condition) + 6 for value, condition in rows)


def rows_of(line: Line, room: float, flat: bool = False) -> Iterator[tuple[Maths | None, list[tuple[str, Maths]]]]:
    """The printed lines of a line of working: (lhs or None, [(relation, formula), …]) with each at most ``room`` wide.

    Steps share a line where all of them fit, unless they are stacked; a step that is too wide alone goes on, before a
    + or a ·, in further lines whose relation is "" (``flat``: fractions are counted as written on one line).
    """
    measure = _flat_width if flat else width
    indent = measure(line.lhs)
    steps = list(line.steps)
    if not line.stacked and indent + sum(measure(node) + 3 for _, node in steps) <= room:
        yield line.lhs, steps
        return
    lhs = line.lhs
    for relation, node in steps:
        for i, piece in enumerate(_pieces(node, max(20.0, room - indent - 3), measure)):
            yield lhs, [(relation if i == 0 else "", piece)]
            lhs = None


def _pieces(node: Maths, room: float, measure: object) -> list[Maths]:
    """The formula in pieces of at most ``room``, broken before a + or −, or else before a ·."""
    assert callable(measure)
    if measure(node) <= room or not isinstance(node, Row):
        return [node]
    at_sums = any(isinstance(n, Operator) and not n.prefix and n.sign in "+−" for n in node.items)
    pieces: list[list[Maths]] = [[]]
    for item in node.items:
        if at_sums:
            opens = isinstance(item, Operator) and not item.prefix and item.sign in "+−"
        else:
            opens = isinstance(item, Times)
        if opens or not pieces:
            pieces.append([])
        pieces[-1].append(item)
    lines: list[list[Maths]] = [[]]
    for piece in pieces:
        if lines[-1] and measure(Row((*lines[-1], *piece))) > room:
            lines.append([])
        lines[-1] += piece
    return [row(*line) for line in lines if line]


def _flat_width(node: Maths | None) -> float:
    """The width in a plain text, where a/b stands on one line."""
    from symnet.sheets.formats.text import maths

    return 0 if node is None else len(maths(node))
