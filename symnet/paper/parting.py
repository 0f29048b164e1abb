"""Formulas of a page in the pieces between which a line may end, narrow enough for a telephone.

Chromium ends no line inside a formula, so what may be parted is parted here.
"""

from __future__ import annotations

from symnet.notation.maths import COMMA, Arrow, Maths, Matrix, Operator, Row, Script, Times, Word, row
from symnet.paper.breaking import Half, on_lines, pieces, width

ROOM = 62  # letters of maths on a line of a page
NARROW = 22  # … on a telephone, after the left side of an equation
NAME = 6  # of a left side that stays beside its matrix


def parted(node: Maths) -> list[Maths]:
    """The formula in the pieces between which a line may end: before a sign, narrow enough for a telephone."""
    listed = _listed(node) if width(node) > NARROW else [node]
    return [unit for formula in listed for piece in pieces(formula, ROOM, width) for unit in _narrow(piece)]


def _listed(node: Maths) -> list[Maths]:
    """Several formulas in a row, each with the comma and the room after it."""
    parts: list[list[Maths]] = [[]]
    ended = False
    for item in node.items if isinstance(node, Row) else (node,):
        ends = item == COMMA or (isinstance(item, Word) and not item.text.strip())
        if ended and not ends:
            parts.append([])
        parts[-1].append(item)
        ended = ends
    return [row(*part) for part in parts]


def _narrow(node: Maths) -> list[Maths]:
    if width(node) <= NARROW:
        return [node]
    items = node.items if isinstance(node, Row) else (node,)
    sums = any(_is_sign(item) for item in items)
    parts: list[list[Maths]] = [[]]
    for item in items:
        if _is_sign(item) if sums else isinstance(item, (Times, Arrow)) or _is_relation(item):
            parts.append([])
        parts[-1].append(item)
    units: list[list[Maths]] = [[]]
    for part in parts:
        if units[-1] and width(Row((*units[-1], *part))) > NARROW:
            units.append([])
        units[-1] += part
    if len(units) > 1 and width(row(*units[0])) <= NAME and any(isinstance(item, Matrix) for item in units[1]):
        units[:2] = [units[0] + units[1]]  # the name of a matrix is not left behind
    return [part for unit in units if unit for part in _halves_narrow(unit)]


def _halves_narrow(unit: list[Maths]) -> list[Maths]:
    """The items together, but what is wide beside one bracket of two on different lines is parted too."""
    if width(row(*unit)) <= NARROW:
        return [row(*unit)]
    match unit:
        case [*before, Half(body, "(") as half]:
            first, *others = on_lines(half, _narrow(body))
            return [row(*before, first), *others]
        case [Half(body) as half, *after]:
            *others, last = on_lines(half, _narrow(body))
            return [*others, row(last, *after)]
        case [Script(Half(body) as half, sub, sup), *after]:
            *others, last = on_lines(half, _narrow(body))
            return [*others, row(Script(last, sub, sup), *after)]
        case _:
            return [row(*unit)]


def _is_sign(node: Maths) -> bool:
    return isinstance(node, Operator) and not node.prefix and node.sign in "+−="


def _is_relation(node: Maths) -> bool:
    return isinstance(node, Operator) and not node.prefix and node.sign in "≈←→"
