"""Which shapes go together: entry by entry, and in a product of arrays.

Entry by entry, shapes are equal, or one is the end of the other: a vector goes to every row.  Lengths of 1 are not
stretched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import sympify

from symnet.algebra.array_formulas.names import Shape, shape_text
from symnet.algebra.equations import Expr
from symnet.algebra.matrices import matmul, rows, shape_of
from symnet.algebra.mistakes import Mistake

Said = Callable[[Expr], str]


def levelled(parts: Sequence[Expr], said: Said) -> tuple[Expr, ...]:
    """The parts in one shape: what is shorter is repeated for every row of what is longer; numbers stay numbers."""
    shapes = [shape_of(part) for part in parts]
    longest = max(range(len(parts)), key=lambda i: len(shapes[i]))
    want = shapes[longest]
    found = []
    for part, shape in zip(parts, shapes, strict=True):
        if shape and shape != want[len(want) - len(shape) :]:
            raise Mistake(
                f"{said(parts[longest])} {shape_text(want)} and {said(part)} {shape_text(shape)} do not fit entry by "
                "entry: shapes are equal, or one is the end of the other" + _without_ones(want, shape, said(part))
            )
        if shape:
            for length in reversed(want[: len(want) - len(shape)]):
                part = rows(part, sympify(length))
        found.append(part)
    return tuple(found)


def _without_ones(want: Shape, shape: Shape, text: str) -> str:
    """What would fit, where NumPy would stretch a length of 1."""
    plain = tuple(length for length in shape if length != 1)
    if tuple(length for length in want if length != 1) == plain:
        return f"; without lengths of 1 both would be {shape_text(plain)}"
    if plain and len(plain) < len(shape) and shape[-1] != 1 and plain == want[len(want) - len(plain) :]:
        return f"; lengths of 1 are not stretched, but a vector {text} {shape_text(plain)} goes to every row"
    if len(shape) == 2 == len(want) and shape == (want[0], 1):
        return f'; lengths of 1 are not stretched; for one entry it is "y[i,j]" = "x[i,j] + {text}[i,1]"'
    return ""


def times(a: Expr, b: Expr, said: Said) -> Expr:
    """a @ b; raises Mistake with both shapes."""
    left, right = shape_of(a), shape_of(b)
    for operand, shape in ((a, left), (b, right)):
        if not shape:
            raise Mistake(f"@ multiplies arrays, and {said(operand)} is a number; write *")
    both = f"{said(a)} {shape_text(left)} @ {said(b)} {shape_text(right)}"
    if left[-1] != right[-2:][0]:
        where = "rows" if len(right) > 1 else "entries"
        raise Mistake(f"{both}: the left has {left[-1]} columns and the right {right[-2:][0]} {where}" + _turned(a, b))
    if left[:-2] and right[:-2] and left[:-2] != right[:-2]:
        raise Mistake(f"{both}: axes before the last two are equal, or missing in one of them")
    return matmul(a, b)


def _turned(a: Expr, b: Expr) -> str:
    """What would fit: one of them turned."""
    left, right = shape_of(a), shape_of(b)
    if len(right) > 1 and left[-1] == right[-1]:
        return "; the right turned would fit, with .T"
    if len(left) > 1 and left[-2] == right[-2:][0]:
        return "; the left turned would fit, with .T"
    if len(left) > 1 and len(right) == 1 and left[-2] == right[0]:
        return "; the vector fits on the left"
    return ""
