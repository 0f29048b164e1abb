"""A function case by case on paper, as h(e) = e²/2 up to 1 and e − ½ beyond, and its derivative."""

from __future__ import annotations

import sympy

from symnet.algebra.equations import Expr
from symnet.notation.maths import Cases, Maths, Operator, row
from symnet.notation.typesetter import Typesetter
from symnet.working.slopes import Slopes


def cases(found: Slopes, setter: Typesetter, slope: bool = False) -> Cases:
    """The cases of y = f(x), or of its derivative, the largest x first."""
    rows = (
        (setter.maths(case.slope if slope else case.formula), between(setter, case.low, found.x, case.high))
        for case in reversed(found.cases)
    )
    return Cases(tuple(rows))


def between(setter: Typesetter, low: Expr, x: Expr, high: Expr) -> Maths:
    """−1 ≤ x ≤ 1; x > 1 and x < −1 at the ends."""
    if low != -sympy.oo and high == sympy.oo:
        return row(setter.maths(x), Operator(">"), setter.maths(low))
    parts: list[Maths] = [] if low == -sympy.oo else [setter.maths(low), Operator("≤")]
    parts.append(setter.maths(x))
    return row(*parts, *([] if high == sympy.oo else [Operator("≤" if parts[1:] else "<"), setter.maths(high)]))
