"""First derivatives of several quantities: the Jacobian matrix, and the product of factors along layers or steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated

from symnet.algebra.equations import Equation, multiply, symbol
from symnet.algebra.further import total_slope
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import needed
from symnet.algebra.second_order import Lines, depends_on, total_slopes
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, Letter, Maths, Matrix, Number, Operator, Script, row
from symnet.paper.document import Answer, Block, Display, Paragraph, Table, Text, Working
from symnet.questions import options
from symnet.questions.further import Further, works
from symnet.questions.options import Names
from symnet.questions.pieces import Asked, Question, columns, listed, name_of, of_first, room, value_of
from symnet.working.problem import Problem
from symnet.working.quantities import key_of
from symnet.working.work import Work

MOST = 36  # entries
DEPTHS = (10, 50)  # layers or steps that the factors are told for
JACOBIAN = Letter("J")


def _names(question: Question, problem: Problem) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the rows, the columns); raises Mistake where there are none, or too many."""
    of, wrt = question.of, question.wrt
    if not of or not wrt:
        raise Mistake('ask = "jacobian" needs of and wrt, the quantities and the names of ∂of/∂wrt')
    for name in of:
        if name not in problem.network.by_name:
            raise Mistake(f'ask = "jacobian": of has {name}; it must be an equation')
    for name in wrt:
        if name in of:
            raise Mistake(f'ask = "jacobian": {name} stands in of and in wrt')
    if len(of) * len(wrt) > MOST:
        raise Mistake(f'ask = "jacobian" with {len(of)} rows and {len(wrt)} columns is too large by hand')
    return of, wrt


def _key(problem: Problem, of: str, wrt: str) -> str:
    """What the total derivative is called: of the loss it is the gradient."""
    return f"grad({wrt})" if of == problem.loss and problem.has_loss else key_of(total_slope(of, wrt).name)


def _jacobian_lines(question: Question, problem: Problem) -> Further:
    of, wrt = _names(question, problem)
    lines = total_slopes(problem.network.equations, of, wrt)
    return Further(lines, tuple(_key(problem, y, x) for y in of for x in wrt))


@works(_jacobian_lines)
def jacobian(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the quantities that are differentiated, a row each")] = (),
    wrt: Annotated[Names, options.names("the names with respect to which, a column each")] = (),
) -> Asked:
    """The Jacobian matrix J of total derivatives ∂y/∂x, a row for each y and a column for each x."""
    rows, across = _names(question, work.problem)
    entries = [[total_slope(y, x).name for x in across] for y in rows]
    header: tuple[Text, ...] = ((JACOBIAN,), *(name_of(work, x) for x in across))
    values = [[value_of(work, work.values[entry]) for entry in line] for line in entries]
    cells = tuple((name_of(work, y), *line) for y, line in zip(rows, values, strict=True))
    lines = total_slopes(work.network.equations, rows, across)
    matrix = Matrix(tuple(tuple(work.value(work.values[e]) for e in line) for line in entries))
    answer: tuple[Block, ...] = (
        Working(tuple(_line(work, line) for line in lines)),
        Display(row(JACOBIAN, EQUALS, matrix)),
    )
    what: Text = (*listed(work, rows), " with respect to ", *listed(work, across), ".")
    return Asked(
        (f"Derive the Jacobian matrix{of_first(work)} of ", *what),
        (
            Table(header, cells, frozenset(range(1, len(across) + 1))),
            Answer(answer, room(len(rows) * len(across), 1.5), fades=True),
        ),
    )


def _line(work: Work, line: Equation) -> Line:
    return work.three_forms(work.names.node(line.name), line.rhs, work.values[line.name])


# -- vanishing and exploding products ----------------------------------------------------------------------------------


def _stages(question: Question, problem: Problem) -> tuple[str, ...]:
    """Where the derivative begins, and the stages that it passes one after another; raises Mistake."""
    says = 'ask = "vanishing"'
    if len(question.wrt) != 1 or not question.of:
        raise Mistake(
            f'{says} needs wrt, where the way begins, and of, the stages on it in order, such as wrt = "h0" and '
            'of = ["h1", "h2", "h3"]'
        )
    stages = (question.wrt[0], *question.of)
    for before, after in pairwise(stages):
        lines = problem.network.equations
        if after not in problem.network.by_name or not depends_on(lines, symbol(after), (before,)):
            raise Mistake(f"{says}: {after} is not worked from {before}; name the stages in their order")
    for i in range(1, len(stages) - 1):
        without = [line for line in problem.network.equations if line.name != stages[i]]
        if depends_on(without, symbol(stages[i + 1]), stages[:i]):
            raise Mistake(
                f"{says}: {stages[i + 1]} is worked from {stages[i - 1]} on a way that passes by {stages[i]}, so the "
                "derivative is no product of one factor for each stage"
            )
    return stages


def _factors(problem: Problem, stages: Sequence[str]) -> list[Lines]:
    """The lines of ∂h₁/∂h₀, ∂h₂/∂h₁, …, one factor for each stage."""
    found = []
    for before, after in pairwise(stages):
        lines = needed(problem.network.equations, [symbol(after)])
        # What stands before a stage does not change with it.
        found.append(total_slopes(lines, (after,), (before,)))
    return found


def _vanishing_lines(question: Question, problem: Problem) -> Further:
    stages = _stages(question, problem)
    lines = [line for factor in _factors(problem, stages) for line in factor]
    start = stages[0]
    products = []
    for k in range(2, len(stages)):
        factors = [total_slope(after, before) for before, after in reversed(_pairs(stages[: k + 1]))]
        products.append(Equation(total_slope(stages[k], start), multiply(*factors)))
    ends = [*_pairs(stages), *([(start, stages[-1])] if products else [])]
    return Further((*lines, *products), tuple(_key(problem, after, before) for before, after in ends))


def _pairs(stages: Sequence[str]) -> list[tuple[str, str]]:
    return list(pairwise(stages))


@works(_vanishing_lines)
def vanishing(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the stages in order, layers or steps of time, such as h1, h2, h3")] = (),
    wrt: Annotated[Names, options.names("where the way begins, such as h0")] = (),
) -> Asked:
    """The factors that a gradient picks up through layers or steps of time, and their product: vanishing, exploding."""
    problem = work.problem
    stages = _stages(question, problem)
    pairs = _pairs(stages)
    names = [total_slope(b, a).name for a, b in pairs]
    whole = total_slope(stages[-1], stages[0]).name
    asked = [*names, *([whole] if len(stages) > 2 else [])]
    table = columns(("factor", "value"), [((work.names.node(n),), value_of(work, work.values[n])) for n in asked], {1})
    lines = {line.name: line for line in problem.further}
    blocks: list[Block] = [
        Paragraph(("One factor for each stage:",)),
        Working(tuple(_line(work, line) for factor in _factors(problem, stages) for line in factor)),
    ]
    if len(stages) > 2:
        blocks += [Paragraph(("Along the way they are multiplied:",)), Working((_line(work, lines[whole]),))]
        blocks.append(_so_far(work, stages))
        blocks.append(Paragraph(tuple(_grows(work, stages))))
    return Asked(
        (
            "How does ", work.names.node(stages[-1]), " change with ", work.names.node(stages[0]), of_first(work),
            "? Give the factor of each stage and their product. Does it vanish or explode with more stages?",
        ),
        (table, Answer(tuple(blocks), room(len(asked), 1.5), fades=True)),
    )  # fmt: skip


def _so_far(work: Work, stages: Sequence[str]) -> Table:
    """Stage by stage, the factor and the product up to it."""
    rows = []
    for k, (before, after) in enumerate(_pairs(stages), 1):
        factor, product = total_slope(after, before).name, total_slope(after, stages[0]).name
        rows.append(
            ((str(k),), name_of(work, after), value_of(work, work.values[factor]), value_of(work, work.values[product]))
        )
    return Table((("stages",), ("up to",), ("factor",), ("product",)), tuple(rows))


def _grows(work: Work, stages: Sequence[str]) -> Iterator[str | Maths]:
    """What the factors come to on average, and with many more of them."""
    value: Value = work.values[total_slope(stages[-1], stages[0]).name]
    count = len(stages) - 1
    if isinstance(value, Undefined):
        yield "Not every factor exists here."
        return
    if value == 0:
        yield "A factor is 0, so nothing of the gradient passes."
        return
    exactly = _root(value, count)
    average = _short(exactly, 4)
    how = f" a stage on average (the root of order {count} of the size of the product)."
    yield from ("That is about ", work.value(average), how)
    if abs(exactly - 1) < Decimal("1e-9"):
        yield " Its size stays as it is, however many stages there are."
        return
    what = "vanishes" if exactly < 1 else "explodes"
    parts: list[str | Maths] = []
    for depth in DEPTHS:
        power = exactly**depth
        raised = row(Script(work.value(average), sup=Number(str(depth))), Operator("≈"), work.value(_short(power, 3)))
        parts += [raised, f" after {depth}", " and "]
    yield from (f" With more of them the gradient {what}: ", *parts[:-1], ".")


def _root(value: exact.Number, order: int) -> Decimal:
    with exact.digits_carried(30):
        return Decimal(abs(exact.real(value))) ** (Decimal(1) / order)


def _short(value: Decimal, digits: int) -> Fraction:
    return Fraction(Decimal(f"{value:.{digits - 1}e}"))
