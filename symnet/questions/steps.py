"""Several examples and several steps: a batch forwards, updates in full, optimizers side by side, the loss plotted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Annotated

from symnet.algebra import optimizers
from symnet.algebra.mistakes import Mistake
from symnet.algebra.plurals import counted
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.notation.line import Line
from symnet.notation.maths import Maths, Operator, row
from symnet.paper.charts import Series, chart, without_data
from symnet.paper.document import Answer, Block, Figure, Paragraph, Table, Text, Working
from symnet.questions import options
from symnet.questions.options import Names
from symnet.questions.pieces import Asked, Question, commas, name_of, room, value_of
from symnet.working.problem import rules_of
from symnet.working.rounds import Round, rounds
from symnet.working.rows import is_batch
from symnet.working.solution import solve
from symnet.working.work import Work

MOST_WORKED = 4  # samples whose forward passes are written out
MOST_UPDATES = 12  # updates that are written out


def batch(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the equations whose values are asked", among="equations")] = (),
) -> Asked:
    """The forward pass of every sample, and what their losses come to together."""
    problem, solution = work.problem, work.solution
    moments = solution.moments
    if len(moments) < 2:
        raise Mistake('question ask = "batch" needs several [[samples]]')
    wanted = of or tuple(equation.name for equation in work.network.equations)
    header: tuple[Text, ...] = (("sample",), *(name_of(work, name) for name in wanted))
    rows = tuple(
        ((str(i + 1),), *(value_of(work, moment.forward[name]) for name in wanted)) for i, moment in enumerate(moments)
    )
    blocks: list[Block] = []
    for i, moment in enumerate(moments[:MOST_WORKED]):
        values = {**problem.examples[i], **problem.start, **moment.forward}
        lines = tuple(
            work.three_forms(work.names.node(e.name), e.rhs, moment.forward[e.name], values=values, moment=i + 1)
            for e in work.network.equations
            if e.name in wanted
        )
        blocks += [Paragraph((f"Sample {i + 1}:",)), Working(lines)]
    if problem.loss in wanted and problem.start:
        blocks += _together(work, [moment.forward[problem.loss] for moment in moments])
    return Asked(
        (f"Forward pass of the {len(moments)} samples: compute ", *commas([work.names.node(n) for n in wanted]), "."),
        (
            Table(header, rows, frozenset(range(1, len(header)))),
            Answer(tuple(blocks), room(len(wanted), 1.6), fades=True),
        ),
    )


def _together(work: Work, losses: Sequence[Value]) -> Iterator[Block]:
    """The sum or mean of the samples' losses."""
    if any(isinstance(value, Undefined) for value in losses):
        return
    with exact.digits_carried(max(30, work.digits + 20)):
        whole = exact.add(*losses)  # type: ignore[arg-type]
        if work.problem.reduce == "mean":
            whole = exact.divide(whole, Fraction(len(losses)))
    loss = work.names.node(work.problem.loss)
    yield Paragraph((f"The {work.problem.reduce} of ", loss, " over the batch is ", *value_of(work, whole), "."))


def updates(work: Work, question: Question) -> Asked:
    """Every update written out: the gradients it uses, its rules with numbers, the loss before it."""
    written = _rounds(work)
    blocks: list[Block] = []
    for one in written:
        blocks += [Paragraph(_words(one)), Working(one.rules)]
    return Asked(
        (f"Carry out {_count(len(written))} by hand, with everything the update rule keeps.",),
        (Answer(tuple(blocks), room(len(written) * max(1, len(work.problem.rules)), 1.8), fades=True),),
    )


def optimizer(
    work: Work, question: Question, *, about: Annotated[Names, options.about("the optimizers, by their names")] = ()
) -> Asked:
    """The same steps by each optimizer that ``about`` names: its rules with numbers, and the loss it reaches."""
    names = [name for name in about if name in optimizers.CATALOGUE]
    if not names or names != list(about):
        raise Mistake('question ask = "optimizer" needs about, a list of optimizers, such as ["momentum", "adam"]')
    problem = work.problem
    if problem.learning_rate is None or not problem.start:
        raise Mistake('question ask = "optimizer" needs a learning_rate and [parameters]')
    blocks: list[Block] = []
    rows: list[tuple[Text, ...]] = []
    for name in names:
        rules, state = rules_of(optimizers.CATALOGUE[name](), problem.network, problem.loss)
        solved = solve(replace(problem, rules=rules, state=state, made=0), work.solution.digits, history=True)
        other = Work(solved, work.names, work.digits)
        blocks.append(Paragraph((f"{_title(name)}:",)))
        blocks.append(Working(tuple(Line(work.names.node(r.name), (("←", work.symbols(r.rhs)),)) for r in rules)))
        for one in _rounds(other):
            blocks += [Paragraph(_words(one)), Working(one.rules)]
        finals = [value_of(work, solved.updated[w]) for w in problem.start]
        rows.append(((_title(name),), *finals, value_of(work, solved.forward_after[problem.loss])))
    header: tuple[Text, ...] = (
        ("optimizer",), *(name_of(work, w) for w in problem.start), name_of(work, problem.loss)
    )  # fmt: skip
    several = "each of these optimizers, always from the same start"
    return Asked(
        (f"Carry out {_count(problem.updates)} by {several if len(names) > 1 else _title(names[0])}.",),
        (
            Table(header, tuple(rows), frozenset(range(1, len(header)))),
            Answer(tuple(blocks), room(len(names) * problem.updates, 1.6)),
        ),
    )


def curve(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("what is plotted (the loss without it): an equation or a parameter")] = (),
) -> Asked:
    """The loss, or what ``of`` names, before every update and after the last, plotted."""
    y = of[0] if of else work.problem.loss
    solution = work.solution
    if not solution.history:
        raise Mistake('question ask = "curve" needs several updates; give training.steps')
    values = [moment.forward.get(y, moment.parameters.get(y)) for moment in solution.history]
    values.append(solution.forward_after.get(y, solution.updated.get(y)))
    points = tuple((float(k), _float(value)) for k, value in enumerate(values))
    plot = chart([Series(points, dots=len(points) <= 40)], work.names.node(y), "updates", 330, 170, True, True)
    figure = Figure(plot, f"{y} over {_count(len(points) - 1)}, from {points[0][1]:.4g} to {points[-1][1]:.4g}.")
    empty = Figure(without_data(plot), f"Axes for {y} over {_count(len(points) - 1)}.")
    return Asked(("Plot ", work.names.node(y), " over the updates."), (Answer((figure,), 0, (empty,)),))


def _rounds(work: Work) -> tuple[Round, ...]:
    """The updates that are written out one after another."""
    problem = work.problem
    if not problem.rules or not problem.updates:
        raise Mistake("there are no updates to write out; give a learning_rate and training.steps")
    if is_batch(problem):
        raise Mistake("every update is written out for one example at a time; leave out [[samples]] or train online")
    return rounds(work)[:MOST_UPDATES]


def _words(one: Round) -> Text:
    work = one.work
    values = {work.problem.loss: one.moment.forward[work.problem.loss], **one.gradients}
    shown: list[Maths] = [row(work.names.node(name), *_equal(work, value)) for name, value in values.items()]
    return (f"Update {one.k + 1}: ", *commas(shown), ".")


def _title(optimizer: str) -> str:
    """Nesterov momentum, AdaGrad: the words that the optimizer's own description begins with."""
    return (optimizers.CATALOGUE[optimizer].__doc__ or optimizer).replace(":", ",").partition(",")[0].strip()


def _equal(work: Work, value: Value) -> tuple[Maths, Maths]:
    return Operator(work.relation(value)), work.value(value)


def _count(n: int) -> str:
    return counted(n, "update")


def _float(value: Value | None) -> float:
    return float("nan") if value is None or isinstance(value, Undefined) else float(value)
