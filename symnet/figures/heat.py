"""Weights of attention as a table whose cells are the darker the larger their numbers: what every token looks at."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from symnet.algebra.matrices import matmul, softmax
from symnet.algebra.rows_of import causal_softmax, masked_softmax
from symnet.computing.exact import Undefined
from symnet.figures.grids import Grid
from symnet.notation.maths import Maths, Number
from symnet.paper.document import Figure
from symnet.paper.drawing import Drawing, Label, Mark
from symnet.paper.printing.text import maths as text_of
from symnet.working.arrays import places, shape_of
from symnet.working.work import Work

LARGEST = 8  # rows or columns
DARKEST = 0.62  # how light the cell of a 1 is: the letters on it are black
_EDGE = 2.0


def heat_figures(work: Work, asked: Collection[str]) -> list[Figure]:
    """A table for every softmax whose rows weigh values, A V, of those that are asked; none on a sheet with blanks."""
    found = []
    weights = {part.args[0] for e in work.problem.whole for part in e.rhs.atoms(matmul)}
    for equation in work.problem.whole:
        names = work.problem.arrays.get(equation.name, "")
        is_softmax = isinstance(equation.rhs, (softmax, masked_softmax, causal_softmax))
        of_rows = is_softmax and equation.lhs in weights and len(shape_of(names)) == 2
        if of_rows and max(shape_of(names)) <= LARGEST and not work.is_faded:
            at = {(i - 1, j - 1): name for name, (i, j) in places(names)}
            if {*at.values()} <= {*asked}:
                found.append(_figure(work, equation.name, at))
    return found


def _figure(work: Work, array: str, at: dict[tuple[int, int], str]) -> Figure:
    values = {place: work.values[name] for place, name in at.items()}
    texts: dict[tuple[int, int], Maths] = {place: work.value(value) for place, value in values.items()}
    rows, columns = (1 + max(place[axis] for place in at) for axis in (0, 1))
    shades = {place: 1 - (1 - DARKEST) * float(v) for place, v in values.items() if not isinstance(v, Undefined)}
    counted = [tuple(Number(str(i)) for i in range(1, n + 1)) for n in (rows, columns)]
    grid = Grid(work.names.node(array), rows, columns, texts, shades=shades, beside=counted[0], above=counted[1])
    marks = tuple(map(_black, grid.marks(_EDGE, 0.0)))
    said = "; ".join(f"{i + 1}: " + ", ".join(text_of(texts[i, j]) for j in range(columns)) for i in range(rows))
    name = work.names.node(array)
    words = f"{text_of(name)}, darker where it is larger. Row {said}."
    caption = ("Row ", Number("1"), " of ", name, " says how much the first token looks at each.") if rows > 1 else ()
    return Figure(Drawing(grid.width + 2 * _EDGE, grid.height + _EDGE, marks), words, caption)


def _black(mark: Mark) -> Mark:
    return replace(mark, style="shaded") if isinstance(mark, Label) and mark.style == "plain" else mark
