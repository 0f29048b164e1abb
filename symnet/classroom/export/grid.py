"""A table with blanks in its cells: a row for each update, as the sheet has it, on one page that has room for all.

Or an array with a blank for each entry, whose rows and columns are numbered; or sizes, with a row for each layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from symnet.algebra.array_formulas import Nested
from symnet.algebra.equations import partial
from symnet.algebra.size_formulas import SizeFormulas
from symnet.algebra.sized import COSTS, LETTERS
from symnet.notation.entries import with_index
from symnet.notation.maths import Maths
from symnet.notation.names import Names, parse_latex
from symnet.notation.typesetter import given_number
from symnet.paper.document import Text
from symnet.questions import Question
from symnet.questions.columns import columns_of, heading, printed, starts
from symnet.working.arrays import entries, mapped, shape_of
from symnet.working.problem import Problem
from symnet.working.rounds import rounds
from symnet.working.rows import row_key
from symnet.working.work import Work

B = TypeVar("B")  # whatever stands for a blank


@dataclass(frozen=True)
class Grid(Generic[B]):
    header: tuple[Text, ...]
    rows: tuple[tuple[Text | B, ...], ...]


def grid_of(work: Work, question: Question, blanks: Mapping[str, B]) -> Grid[B]:
    """The table of a question, with what is given in it; ``blanks`` are by their keys."""
    problem = work.problem
    columns = columns_of(problem, question.columns)
    rows: list[tuple[Text | B, ...]] = []
    start = [starts(column, problem) for column in columns]
    if any(value is not None for value in start):
        rows.append((("start",), *((given_number(value),) if value is not None else () for value in start)))
    for one in rounds(work):
        cells: list[Text | B] = []
        for column in columns:
            given: Text = (work.value(one.before[column.key]),) if column.given else ()
            cells.append(blanks.get(row_key(column.key, one.k + 1), given))
        rows.append(((str(one.k + 1),), *cells))
    return Grid((("update",), *(heading(column, work) for column in columns)), tuple(rows))


def grid_of_samples(work: Work, keys: Sequence[str], blanks: Mapping[str, B]) -> Grid[B]:
    """A row for every sample, with what is given in it, of keys such as y@2."""
    problem = work.problem
    varying = tuple(dict.fromkeys(name for sample in problem.samples for name in sample))
    columns = tuple(dict.fromkeys(key.rpartition("@")[0] for key in keys))
    rows: list[tuple[Text | B, ...]] = []
    for k, example in enumerate(problem.examples, 1):
        given: list[Text | B] = [(given_number(example[name]),) for name in varying]
        rows.append((*given, *(blanks.get(row_key(column, k), ()) for column in columns)))
    header: list[Text] = [*((work.names.node(name),) for name in varying)]
    return Grid((*header, *((printed(column, problem, work.names),) for column in columns)), tuple(rows))


def grids_of(question: Question, problem: Problem, names: Names, blanks: Mapping[str, B]) -> Iterator[Grid[B]]:
    """A grid for every array of which all entries have blanks, by their keys, or that of the sizes of layers."""
    if problem.sizes is not None:
        yield grid_of_sizes(problem.sizes, blanks)
    is_gradient = question.ask in ("gradient", "deltas", "derivative")
    for array, whole in problem.arrays.items():
        keys = mapped(lambda name: f"grad({name})" if is_gradient else name, whole)
        if all(key in blanks for key in entries(keys)):
            label = names.node(partial(problem.loss, array).name if is_gradient else array)
            yield from _grids(label, keys, blanks)


def grid_of_sizes(sizes: SizeFormulas, blanks: Mapping[str, B]) -> Grid[B]:
    """A row for each layer and one for all of them, a column for each letter; ``blanks`` are by their keys."""
    asked = {*blanks}
    lines = [(layer.where, layer.lines) for layer in sizes.layers]
    lines.append(("in all", {cost: cost for cost in COSTS}))
    roles = [role for role in LETTERS if any(own.get(role) in asked for _, own in lines)]
    header: tuple[Text, ...] = (("layer",), *((parse_latex(LETTERS[role][0]),) for role in roles))
    rows = [((where,), *(blanks.get(own.get(role, ""), ()) for role in roles)) for where, own in lines]
    return Grid(header, tuple(row for row in rows if any(not isinstance(cell, tuple) for cell in row)))


def _grids(label: Maths, keys: Nested, blanks: Mapping[str, B]) -> Iterator[Grid[B]]:
    shape = shape_of(keys)
    if len(shape) > 2:
        for i, inner in enumerate(keys, 1):
            yield from _grids(with_index(label, str(i)), inner, blanks)
        return
    header: tuple[Text, ...] = ((label,), *((str(j),) for j in range(1, shape[-1] + 1)))
    rows = [tuple(entries(row)) for row in (keys if len(shape) == 2 else (keys,))]
    cells: list[tuple[Text | B, ...]] = []
    for i, row in enumerate(rows, 1):
        number: Text = (str(i),) if len(shape) == 2 else ()
        cells.append((number, *(blanks[key] for key in row)))
    yield Grid(header, tuple(cells))
