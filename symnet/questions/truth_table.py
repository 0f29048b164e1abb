"""A truth table: a row for every sample, with what the equations come to there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

from symnet.algebra.equations import names_in
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import needed
from symnet.computing.exact import Undefined
from symnet.notation.maths import EQUALS, Maths, row
from symnet.notation.typesetter import given_number
from symnet.paper.document import Answer, Beside, Block, Paragraph, Table, Text, Working
from symnet.questions import options
from symnet.questions.further import Further, works
from symnet.questions.options import Names
from symnet.questions.pieces import Asked, Question, between, listed, name_of, room, value_of
from symnet.working.problem import Problem
from symnet.working.rows import by_samples, row_key
from symnet.working.work import Work

MOST_WORKED = 4  # samples whose rows are written out
FEW = 8  # columns of rows that stand beside each other


def _columns(question: Question, problem: Problem) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """(what is given in each row, the equations that are asked, the target that the last of them should be).

    Raises Mistake where there are no rows.
    """
    if len(problem.samples) < 2:
        raise Mistake('ask = "truth_table" has a row for every sample; give [[samples]], two or more')
    varying = tuple(dict.fromkeys(name for sample in problem.samples for name in sample))
    target = question.options.get("target", ())
    if len(target) > 1 or any(name not in varying for name in target):
        raise Mistake(
            f'ask = "truth_table": target is the name of what the last column should be, one of {", ".join(varying)}'
        )
    equations = problem.network.equations
    # Without a choice, what compares with a target is no column: a loss.
    compares = {e.name for e in equations if {name.name for name in names_in(e.rhs)} & {*target}}
    wanted = question.columns or tuple(e.name for e in equations if e.name not in compares)
    return tuple(name for name in varying if name not in target), wanted, target[0] if target else ""


def _cells(question: Question, problem: Problem) -> Further:
    _, wanted, _ = _columns(question, problem)
    rows = range(1, len(problem.samples) + 1) if by_samples(problem) else ()
    return Further((), tuple(row_key(name, k) for k in rows for name in wanted))


@works(_cells)
def truth_table(
    work: Work,
    question: Question,
    *,
    columns: Annotated[
        Names, options.names("the equations that have a column (all of them without it)", (), "equations")
    ] = (),
    target: Annotated[Names, options.names("what the last column should be, one of the names of the samples")] = (),
) -> Asked:
    """A row for every sample, a column for each of some equations; with ``target``, in which rows the last is right."""
    problem, solution = work.problem, work.solution
    given, wanted, wish = _columns(question, problem)
    header: list[Text] = [*(name_of(work, name) for name in (*given, *wanted, *filter(None, [wish])))]
    rows = []
    for example, moment in zip(problem.examples, solution.moments, strict=True):
        known = [(given_number(example[name]),) for name in given]
        values = [value_of(work, moment.forward[name]) for name in wanted]
        rows.append((*known, *values, *((given_number(example[name]),) for name in filter(None, [wish]))))
    asked = frozenset(range(len(given), len(given) + len(wanted)))
    blocks: list[Block] = [*_worked(work, wanted)]
    if wish:
        blocks.append(Paragraph(tuple(_right_rows(work, wanted[-1], wish))))
    before = ", all with the parameters before any update" if problem.rules and problem.updates else ""
    return Asked(
        ("Fill in the truth table: in each row compute ", *listed(work, wanted), f"{before}."),
        (Table(tuple(header), tuple(rows), asked), Answer(tuple(blocks), room(len(rows), 1), fades=True)),
    )


def _worked(work: Work, wanted: Sequence[str]) -> Iterator[Block]:
    """The lines of the first rows, beside each other where there is room; those of the first alone begin in symbols."""
    problem, parts = work.problem, []
    varying = dict.fromkeys(name for sample in problem.samples for name in sample)
    lines_of = [e for e in problem.network.equations if e.name in wanted]
    used = {n.name for e in needed(problem.network.equations, [e.lhs for e in lines_of]) for n in names_in(e.rhs)}
    for i, moment in enumerate(work.solution.moments[:MOST_WORKED]):
        values = {**problem.examples[i], **problem.start, **moment.forward}
        lines = tuple(
            work.three_forms(work.names.node(e.name), e.rhs, moment.forward[e.name], values=values, moment=i + 1)
            for e in lines_of
        )
        if i and not work.is_faded:
            lines = tuple(replace(line, steps=line.steps[-2:]) for line in lines)
        at: list[Maths] = [
            row(work.names.node(name), EQUALS, given_number(value))
            for name, value in problem.examples[i].items()
            if name in varying and name in used
        ]
        parts.append((Paragraph(("For ", *between(at, ", "), ":")), Working(lines)))
    if len(lines_of) <= FEW:
        yield Beside(tuple(parts))
    else:
        yield from (block for part in parts for block in part)


def _right_rows(work: Work, of: str, target: str) -> Iterator[str | Maths]:
    """In which rows the last column is the target."""
    moments, examples = work.solution.moments, work.problem.examples
    wrong = [
        i + 1
        for i, (moment, example) in enumerate(zip(moments, examples, strict=True))
        if isinstance(moment.forward[of], Undefined) or moment.forward[of] != example[target]
    ]
    y, t = work.names.node(of), work.names.node(target)
    if not wrong:
        yield from (y, " is ", t, " in every row.")
    elif len(wrong) == len(moments):
        yield from (y, " is ", t, " in no row.")
    else:
        rows = "row" if len(wrong) == 1 else "rows"
        yield from (y, " is ", t, f" in every row but {rows} {_and(wrong)}.")


def _and(numbers: Sequence[int]) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last
