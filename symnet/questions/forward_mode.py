"""Forward mode beside reverse mode: tangents along with the values, adjoints back, and what either costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from sympy import Integer

from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import Equation, add, names_in, partial, symbol
from symnet.algebra.further import worked
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import needed
from symnet.algebra.plurals import counted
from symnet.algebra.second_order import Lines, tangents
from symnet.computing.exact import Value
from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, Maths, Number, row
from symnet.paper.document import Answer, Beside, Block, Paragraph, Table, Text, Working
from symnet.questions import options
from symnet.questions.further import Further, works
from symnet.questions.options import Names
from symnet.questions.pieces import Asked, Question, columns, name_of, of_first, room, value_of
from symnet.working.problem import Problem
from symnet.working.work import Work

SAYS = 'ask = "forward_mode"'
COUNTS = ("forward", "reverse")
MOST_LINES = 40
FEW = 12  # names whose working stands in columns


def _direction(question: Question, problem: Problem) -> str:
    """The name whose tangent is 1; raises Mistake where there is no one."""
    if not problem.has_loss:
        raise Mistake(f"{SAYS} is about the derivative of one number; name it with loss")
    leaves = _leaves(problem)
    wrt = question.wrt or leaves[:1]
    if len(wrt) != 1 or wrt[0] in problem.network.by_name:
        raise Mistake(f"{SAYS}: wrt is the one name that is moved, a parameter or given, such as {leaves[0]}")
    lines = needed(problem.network.equations, [symbol(problem.loss)])
    if len(lines) > MOST_LINES:
        raise Mistake(f"{SAYS}: {len(lines)} lines, each with a tangent, are too many by hand; use a smaller network")
    if not any(symbol(wrt[0]) in names_in(line.rhs) for line in lines):
        raise Mistake(f"{SAYS}: {problem.loss} does not depend on {wrt[0]}")
    return wrt[0]


def _leaves(problem: Problem) -> tuple[str, ...]:
    """The names in whose directions the loss is differentiated: the parameters, without any what is given."""
    used = {name for line in needed(problem.network.equations, [symbol(problem.loss)]) for name in names_in(line.rhs)}
    own = tuple(problem.start) or tuple(name.name for name in problem.network.inputs)
    return tuple(name for name in own if symbol(name) in used)


def _tangents(problem: Problem, wrt: str) -> Lines:
    lines = needed(problem.network.equations, [symbol(problem.loss)])
    return tangents(lines, symbol(wrt), lambda y: worked("dot", y.name), short=False)[0]


def _costs(problem: Problem, wrt: str) -> dict[str, list[int]]:
    """How many local derivatives are multiplied: in each direction forward, and in the one pass back."""
    lines = needed(problem.network.equations, [symbol(problem.loss)])
    slopes = {line.lhs: [x for x, slope in local_derivatives(line).items() if slope != 0] for line in lines}

    def count(moved: Sequence[str]) -> int:
        active, number = {*map(symbol, moved)}, 0
        for line in lines:
            used = sum(x in active for x in slopes[line.lhs])
            number += used
            active |= {line.lhs} if used else set()
        return number

    every = tuple(dict.fromkeys((*_leaves(problem), wrt)))
    return {"forward": [count((name,)) for name in every], "reverse": [count(every)]}


def _lines(question: Question, problem: Problem) -> Further:
    wrt = _direction(question, problem)
    own = _tangents(problem, wrt)
    costs = [
        Equation(worked("multiplications", mode), add(*map(Integer, counts)))
        for mode, counts in _costs(problem, wrt).items()
    ]
    gradients = [f"grad({name})" for name in _rows(problem, wrt)]
    values = [name for name in _rows(problem, wrt) if name in problem.network.by_name]
    return Further((*own, *costs), (*values, *(e.name for e in own), *gradients, *(e.name for e in costs)))


def _rows(problem: Problem, wrt: str) -> tuple[str, ...]:
    """The names that have a row: where the derivatives begin, and the lines up to the loss."""
    lines = needed(problem.network.equations, [symbol(problem.loss)])
    return tuple(dict.fromkeys((*_leaves(problem), wrt, *(line.name for line in lines))))


@works(_lines)
def forward_mode(
    work: Work,
    question: Question,
    *,
    wrt: Annotated[Names, options.names("the name whose tangent is 1 (the first parameter without it)")] = (),
) -> Asked:
    """Tangents ẏ forward beside adjoints ∂L/∂y back: both give ∂L/∂wrt, with the multiplications that either takes."""
    problem, loss = work.problem, work.problem.loss
    x = _direction(question, problem)
    names = _rows(problem, x)
    lines = {line.name: line for line in _tangents(problem, x)}
    rows: list[tuple[Text, ...]] = []
    blank: set[tuple[int, int]] = set()
    for i, name in enumerate(names):
        dot = worked("dot", name).name
        tangent: Value = work.values[dot] if dot in lines else Integer(name == x)
        blank |= {(i, 1), (i, 2), (i, 3)} if name in problem.network.by_name else {(i, 3)}
        value = value_of(work, work.values[name], name)
        gradient = work.solution.gradients[name]
        rows.append((name_of(work, name), value, (_number(work, tangent),), value_of(work, gradient)))
    header: tuple[Text, ...] = (("quantity",), ("value",), ("tangent",), ("adjoint",))
    pairs = zip(work.network.equations, work.forward(), strict=True)
    values = Working(tuple(line for equation, line in pairs if equation.name in names))
    forward = Working(tuple(_line(work, line) for line in lines.values()))
    back = [e for e in problem.backward if e.lhs != partial(loss, loss)]
    reverse = Working(tuple(_line(work, e) for e in back if e.lhs in {partial(loss, name) for name in names}))
    seed = row(work.names.node(worked("dot", x).name), EQUALS, Number("1"))
    others = ", all other inputs and parameters have the tangent 0"
    written: tuple[tuple[Block, ...], ...] = (
        (Paragraph(("The values:",)), values),
        (Paragraph(("Forward mode, from the first line to the last: ", seed, f"{others}.")), forward),
        (Paragraph(("Reverse mode, from the last line to the first: ", _unit(work, loss), ".")), reverse),
    )
    # Where nothing changes with the name, no tangent has a line.
    parts = tuple(part for part in written if all(not isinstance(b, Working) or b.lines for b in part))
    # Laid out beside each other where they are short; of many lines nobody would wait for that.
    few = len(names) <= FEW
    derived: tuple[Block, ...] = (Beside(parts),) if few else tuple(block for part in parts for block in part)
    slope = work.names.node(partial(loss, x).name)
    both: Text = (
        "Both give ", row(slope, EQUALS, work.value(work.solution.gradients[x])),
        ": forward as the tangent of ", work.names.node(loss), ", reverse as the adjoint of ", work.names.node(x), ".",
    )  # fmt: skip
    modes = [(f"{mode} mode", work.values[worked("multiplications", mode).name]) for mode in COUNTS]
    counts = columns(("multiplications", "number"), [((said,), value_of(work, value)) for said, value in modes], {1})
    table = Table(header, tuple(rows), cells=frozenset(blank))
    return Asked(
        (
            f"Differentiate{of_first(work)} in forward mode, with ", seed, ", and in reverse mode. Fill in the "
            "values, the tangents and the adjoints. How many multiplications with local derivatives do all the "
            "gradients take in each mode?",
        ),
        (table, counts, Answer((*derived, Paragraph(both), *_counted(work, x)), room(len(names), 1), fades=True)),
    )  # fmt: skip


def _line(work: Work, line: Equation) -> Line:
    return work.three_forms(work.names.node(line.name), line.rhs, work.values[line.name])


def _number(work: Work, value: Value) -> Maths:
    return Number(str(value)) if isinstance(value, Integer) else work.value(value)


def _unit(work: Work, loss: str) -> Maths:
    return row(work.names.node(partial(loss, loss).name), EQUALS, Number("1"))


def _counted(work: Work, x: str) -> Iterator[Block]:
    """The multiplications of either mode, and which is cheaper here."""
    costs = _costs(work.problem, x)
    count = {mode: sum(numbers) for mode, numbers in costs.items()}
    leaves = len(costs["forward"])
    yield Paragraph(
        (
            "A multiplication for each local derivative: forward those that the direction reaches, a pass for each of "
            f"{counted(leaves, 'name')}; back every one of them once, for all names together.",
        )
    )
    lines = {line.name: line for line in work.problem.further}
    names = [worked("multiplications", mode).name for mode in COUNTS]
    yield Working(tuple(_line(work, lines[name]) for name in names))
    if count["forward"] > count["reverse"]:
        yield Paragraph(("With one loss and several names the reverse mode is cheaper, which is why networks use it.",))
    else:
        yield Paragraph(("With a single name the forward mode costs no more, and nothing is remembered for it.",))
