"""The quantities that stand for the steps outside a recurrence, written into its equations: h[t−1] + [t = 1] h0.

An entry outside its array is 0, so the start stands beside it and counts there alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from symnet.algebra.array_formulas.names import Shape, entry_name, shape_text
from symnet.algebra.equations import ZERO, Equation, Expr, Length, add, array, multiply, symbol
from symnet.algebra.indices import At, Same, coefficients, rebuilt
from symnet.algebra.mistakes import Mistake


def started(equation: Equation, steps: Mapping[str, Shape], known: Mapping[str, Shape], where: str) -> Equation:
    """The equation with the starts that it reads.

    ``steps`` are the shapes of what is defined step by step, ``known`` all shapes.  Raises Mistake where a start has
    another shape than a row.
    """

    def with_start(part: Expr) -> Expr | None:
        if not isinstance(part, At) or not part.array.is_Symbol or part.array.name not in steps:
            return None
        terms = [part]
        for place, name in _outside(part, steps[part.array.name], known):
            row = steps[part.array.name][1:]
            if known[name] != row:
                raise Mistake(
                    f"{where}: {name} {shape_text(known[name])} stands for a row of {part.array} "
                    f"{shape_text(part.array.shape)}; it must have the shape {shape_text(row)}"
                )
            start = array(name, *row) if row else symbol(name)
            rest = part.places[1:]
            terms.append(multiply(Same(part.places[0] - place, ZERO), At(start, *rest) if rest else start))
        return add(*terms) if len(terms) > 1 else None

    return Equation(equation.lhs, rebuilt(equation.rhs, with_start))


def _outside(entry: At, shape: Shape, known: Mapping[str, Shape]) -> list[tuple[int, str]]:
    """(place, name) of the start before the first step and of the one after the last, where the entry may be there."""
    counts, _ = coefficients(entry.places[0]) or ({}, 0)
    if not counts or isinstance(shape[0], Length):
        return []
    ends = ((-1, 0), (int(shape[0]), int(shape[0]) + 1))
    return [(place, name) for place, number in ends if (name := entry_name(str(entry.array), (number,))) in known]
