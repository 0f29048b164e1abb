"""Which equations are worked together: the net input of a unit and its output."""

from __future__ import annotations

from collections.abc import Sequence

from symnet.algebra.equations import Equation, names_in


def unit_sizes(equations: Sequence[Equation]) -> tuple[int, ...]:
    """The numbers of equations that follow one another and belong together, such as (2, 2, 2, 1) of a 2-2-1 network.

    An equation belongs to the one before it where that is all it depends on, as y = ReLU(x) on x; at most two do.
    Nothing where none belong together.
    """
    sizes: list[int] = []
    for before, equation in zip((None, *equations), equations, strict=False):
        if before is not None and sizes[-1] == 1 and set(names_in(equation.rhs)) == {before.lhs}:
            sizes[-1] = 2
        else:
            sizes.append(1)
    return tuple(sizes) if 2 in sizes else ()
