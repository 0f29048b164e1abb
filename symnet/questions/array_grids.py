"""What is asked of arrays: a grid of blanks on the sheet, the array with its values in the key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from symnet.algebra.array_formulas import Nested
from symnet.computing.exact import Value
from symnet.notation.entries import with_index
from symnet.notation.maths import COMMA, EQUALS, Maths, Operator, Word, joined, row
from symnet.paper.breaking import width
from symnet.paper.document import Answer, Beside, Block, Display, Table, Text
from symnet.questions.pieces import columns, value_of
from symnet.working.array_lines import Labelled, matrices, valued
from symnet.working.arrays import Group, mapped, shape_of
from symnet.working.work import Work

WIDEST = 62  # letters of the matrices that stand on one line


def answers_to(
    work: Work,
    groups: Sequence[Group],
    header: tuple[str, str],
    label: Callable[[str], Maths],
    values: Mapping[str, Value],
) -> Iterator[Block]:
    """A table of the single names, and for every array a grid to fill in, which the key shows as a matrix."""
    arrays = [(group.array, work.problem.arrays[group.array]) for group in groups if group.array]
    if arrays:
        shown = [one for name, whole in arrays for one in valued(work, label(name), whole, values)]
        grids = [grid for name, whole in arrays for grid in empty_grids(label(name), whole)]
        beside: tuple[Block, ...] = (Beside(tuple((grid,) for grid in grids)),) if len(grids) > 1 else tuple(grids)
        yield Answer(tuple(displays(shown)), 0, instead=beside)
    singles = [group.names[0] for group in groups if not group.array]
    if singles:
        yield columns(header, [((label(name),), value_of(work, values[name])) for name in singles], blank={1})


def empty_grids(label: Maths, whole: Nested) -> Iterator[Table]:
    """A table to write the entries in, numbered as its rows and columns are; of more axes than two, several."""
    shape = shape_of(whole)
    if len(shape) > 2:
        for i, inner in enumerate(whole, 1):
            yield from empty_grids(with_index(label, str(i)), inner)
        return
    header: tuple[Text, ...] = ((label,), *((str(j),) for j in range(1, shape[-1] + 1)))
    numbers = [str(i) for i in range(1, shape[0] + 1)] if len(shape) == 2 else ["\u00a0"]
    rows = tuple(((number,), *(() for _ in range(shape[-1]))) for number in numbers)
    yield Table(header, rows, blank=frozenset(range(1, shape[-1] + 1)))


def displays(shown: Sequence[Labelled]) -> Iterator[Display]:
    """The equations of matrices, side by side where they are small."""
    line: list[Maths] = []
    for label, relation, matrix in shown:
        node = row(label, EQUALS if relation == "=" else Operator(relation), matrix)
        if line and sum(map(width, (*line, node))) + 3 * len(line) > WIDEST:
            yield Display(joined(line, row(COMMA, Word("  "))))
            line = []
        line.append(node)
    if line:
        yield Display(joined(line, row(COMMA, Word("  "))))


def given(arrays: Mapping[str, Nested], label: Callable[[str], Maths], number: Callable[[str], Maths]) -> list[Display]:
    """Arrays as they are given; ``number`` is the maths of an entry."""
    return list(
        displays([one for name, whole in arrays.items() for one in matrices(label(name), mapped(number, whole))])
    )
