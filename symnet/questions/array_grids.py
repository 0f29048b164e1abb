"""What is asked of arrays: a grid of blanks on the sheet, the array with its values in the key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from symnet.algebra.array_formulas import Nested
from symnet.computing.exact import Value
from symnet.notation.entries import with_index
from symnet.notation.maths import COMMA, EQUALS, Maths, Operator, Word, joined, row
from symnet.paper.breaking import on_one_line, pieces
from symnet.paper.document import Answer, Beside, Block, Display, Table, Text
from symnet.paper.measure import letters
from symnet.paper.set_width import set_width
from symnet.questions.pieces import columns, value_of
from symnet.working.array_lines import Labelled, matrices, valued
from symnet.working.arrays import Group, mapped, shape_of
from symnet.working.work import Work

WIDEST = 81  # digits of the matrices that stand on one line
BETWEEN = 1.8  # digits of the comma and the room between two of them
FEW_SINGLES = 3  # numbers that stand among the matrices of the key


@dataclass(frozen=True)
class Part:
    """Arrays and numbers that are asked for, what they are called and what they come to."""

    groups: Sequence[Group]
    label: Callable[[str], Maths]
    values: Mapping[str, Value]


def answers_to(work: Work, header: tuple[str, str], *parts: Part) -> Iterator[Block]:
    """For every array a grid to fill in, which the key shows as a matrix, and a table of the single names.

    A few of those have a cell each, beside the grids.
    """
    shown: list[Labelled] = []
    grids: list[Table] = []
    singles: list[tuple[Maths, Value]] = []
    for part in parts:
        for group in part.groups:
            name = group.array or group.names[0]
            if not group.array:
                singles.append((part.label(name), part.values[name]))
                continue
            whole = work.problem.arrays[name]
            shown += valued(work, on_one_line(part.label(name)), whole, part.values)
            grids += empty_grids(part.label(name), whole)
    # A sheet with blanks in its working asks there for what else a table asks for.
    among = bool(grids) and len(singles) <= FEW_SINGLES and not work.is_faded
    for label, value in singles if among else ():
        shown.append((on_one_line(label), work.relation(value), work.value(value)))
        grids.append(Table(((label,),), (((),),), blank=frozenset((0,))))
    if grids:
        beside: tuple[Block, ...] = (Beside(tuple((grid,) for grid in grids)),) if len(grids) > 1 else tuple(grids)
        yield Answer(tuple(displays(shown)), 0, instead=beside)
    if singles and not among:
        yield columns(header, [((label,), value_of(work, value)) for label, value in singles], blank={1})


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


def displays(shown: Sequence[Labelled], what: str = "", in_order: bool = True) -> Iterator[Display]:
    """The equations of matrices, side by side where they are small, after a word that says what they are.

    Unless they are to stand ``in_order``, each goes to the first line that has room for it.
    """
    lines: list[list[Maths]] = []
    for label, relation, matrix in shown:
        before = [Word(f"{what}: ")] if what and not lines else []
        node = row(*before, label, EQUALS if relation == "=" else Operator(relation), matrix)
        for line in lines[-1:] if in_order else lines:
            if sum(map(set_width, (*line, node))) + BETWEEN * len(line) <= letters(WIDEST):
                if len(pieces(_listed([*line, node]), letters(WIDEST), set_width)) > 1:
                    continue  # it would be broken at the margin
                line.append(node)
                break
        else:
            lines.append([node])
    return (Display(_listed(line)) for line in lines)


def _listed(formulas: list[Maths]) -> Maths:
    return joined(formulas, row(COMMA, Word("  ")))


def given(
    what: str,
    groups: Sequence[Group],
    arrays: Mapping[str, Nested],
    label: Callable[[str], Maths],
    number: Callable[[str], Maths],
) -> Iterator[Display]:
    """Numbers and arrays as they are given; ``number`` is the maths of an entry."""
    singles = [(label(name), "=", number(name)) for group in groups if not group.array for name in group.names]
    wholes = [group.array for group in groups if group.array]
    matrices_of = [one for name in wholes for one in matrices(label(name), mapped(number, arrays[name]))]
    yield from displays([*singles, *matrices_of], what)
