"""Forward pass, gradients and update where quantities are arrays.

The sheet has a grid of blanks for an array; the key has the array, and the working of one of its entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from symnet.algebra.equations import partial
from symnet.figures.heat import heat_figures
from symnet.notation.maths import Maths
from symnet.paper.breaking import on_one_line
from symnet.paper.document import Answer, Block, Paragraph, Text, Working
from symnet.questions.array_grids import Part, answers_to, displays
from symnet.questions.array_rules import rules_with_values
from symnet.questions.pieces import Asked, commas, loss_before_and_after, of_first, room, side_by_side
from symnet.questions.shared import in_line
from symnet.working.array_lines import FEW_LINES, NONE_SEEN, ArrayLines, ArrayWorking
from symnet.working.arrays import Group, grouped
from symnet.working.derivation import Derivation, Gradient
from symnet.working.work import Work

NOT_DIFFERENTIATED = (
    "there are no gradients: the last equation is an array, and what is differentiated is a single number; add one, "
    'such as L = "sum(…)", or name it with loss = "…"'
)
HEADER = ("derivative", "value")
MANY = 6  # things that a question names one by one


def forward_of_arrays(work: Work, of: Sequence[str]) -> Asked:
    """The value of every equation, or of those that ``of`` names."""
    asked = [e for e in work.network.equations if not of or e.name in of]
    names = [e.name for e in asked]
    groups = grouped(names, work.problem.arrays)
    node = work.names.node
    what: Text = _listed(groups, node) if of else ("every quantity",)
    lines = ArrayLines(work).forward(names)
    return Asked(
        (f"Forward pass{of_first(work)}: compute ", *what, "."),
        (
            *answers_to(work, ("quantity", "value"), Part(groups, node, work.solution.forward)),
            *(Answer((figure,), 0) for figure in heat_figures(work, names)),
            Answer((*_working(lines),), room(len(lines), 0.7), fades=True),
        ),
    )


def gradients_of_arrays(work: Work, names: Sequence[str], derived: Callable[[], tuple[Block, ...]]) -> Asked:
    """∂loss/∂x for arrays and numbers; where there are few, as ``derived`` has them."""
    loss = work.problem.loss
    groups = grouped(names, work.problem.arrays)

    def label(name: str) -> Maths:
        return work.names.node(partial(loss, name).name)

    lines = ArrayLines(work).backward(names)
    few = len(work.problem.backward) - 1 <= FEW_LINES + len(names) and len(names) <= FEW_LINES
    few = few or not lines.lines  # all are 0, which is said of each
    whole = [group.array or group.names[0] for group in groups]
    rules, arrays = rules_with_values(work, whole, () if few else lines.arrays)
    blocks: tuple[Block, ...] = derived() if few else (*_working(replace(lines, arrays=tuple(arrays))),)
    what: Text = _listed(groups, label)
    if len(groups) > MANY:
        what = ("the gradients of ", work.names.node(loss), " with respect to ", *_listed(groups, work.names.node))
    return Asked(
        (f"Backward pass{of_first(work)}: derive ", *what, " with the chain rule."),
        (
            *answers_to(work, ("gradient", "value"), Part(groups, label, work.solution.gradients)),
            Answer((*rules, *blocks), room(len(lines), 0.8), fades=True),
        ),
    )


def derivative_of_arrays(work: Work, of: Sequence[str], wrt: Sequence[str], style: str) -> Asked:
    """dA/dB where A, B or both are arrays: for each entry of A a matrix as B is, and one entry worked out of each."""
    what: list[Maths] = []
    parts: list[Part] = []
    worked: list[Gradient] = []

    for own in grouped(of, work.problem.arrays):
        derivations = {a: Derivation(work, a) for a in own.names}
        for other in grouped(wrt, work.problem.arrays):
            every = [(a, b) for a in own.names for b in other.names]
            a, b = next(((a, b) for a, b in every if derivations[a].total(b) != 0), every[0])  # not one that is 0
            worked.append(derivations[a].gradient(b, style))
            what.append(_named(work, own.array or own.names[0], other.array or other.names[0]))
            if other.array:
                for a, derivation in derivations.items():
                    totals = {name: derivation.total(name) for name in other.names}
                    parts.append(Part([other], partial_of(work, a), totals))
            else:
                (wrt_one,) = other.names
                totals = {a: derivation.total(wrt_one) for a, derivation in derivations.items()}
                parts.append(Part([own], partial_by(work, wrt_one), totals))
    several = len(of) * len(wrt) > len(worked)
    said = (Paragraph(("One entry is worked out; the others are found likewise.",)),) if several else ()
    blocks = (*said, *side_by_side(worked))
    values = answers_to(work, HEADER, *parts)
    return Asked(("Derive ", *commas(what), "."), (*values, Answer(blocks, room(len(worked), 4), fades=True)))


def partial_of(work: Work, of: str) -> Callable[[str], Maths]:
    """The name of the derivative of ``of`` in what is given."""
    return lambda wrt: _named(work, of, wrt)


def partial_by(work: Work, wrt: str) -> Callable[[str], Maths]:
    """The name of the derivative in ``wrt`` of what is given."""
    return lambda of: _named(work, of, wrt)


def _named(work: Work, of: str, wrt: str) -> Maths:
    return work.names.node(partial(of, wrt).name)


def update_of_arrays(work: Work, names: Sequence[str], of: Sequence[str], before: Sequence[Block]) -> Asked:
    """The first update of the parameters ``names``; ``before`` is what comes before its rules."""
    problem, first = work.problem, work.solution.first_update
    assert first is not None  # or nothing would be updated
    groups = grouped(names, problem.arrays)
    after = {**problem.start, **{rule.name: first.values[i] for i, rule in enumerate(problem.rules)}}
    lines = ArrayLines(work).update(names)
    blocks: list[Block] = [*before, *_working(lines)]
    if problem.updates == 1 and problem.has_loss:
        blocks.append(Paragraph(loss_before_and_after(work)))
    what: Text = (" every parameter",) if not of else (" ", *_listed(groups, work.names.node))
    return Asked(
        ("Update", *what, " once."),
        (
            *answers_to(work, ("parameter", "after"), Part(groups, work.names.node, after)),
            Answer(tuple(blocks), room(len(lines), 0.7), fades=True),
        ),
    )


def _listed(groups: Sequence[Group], node: Callable[[str], Maths]) -> Text:
    return commas([node(group.array or group.names[0]) for group in groups])


def _working(working: ArrayWorking) -> Iterator[Block]:
    """Lines in which a gradient stands as ∂L/∂w: stacked fractions of many lines are twice as high.

    Before them, that what has no line is found as what has one, and the arrays on the way.
    """
    if working.leaves_out:
        where = " in every step" if working.recurs else ""
        if working.steps:
            where = f" in step{'s' * (len(working.steps) > 1)} {' and '.join(map(str, working.steps))}"
        likewise = "; the others are found likewise"
        said = f"One entry of each array is worked out{where}{likewise}"
        yield Paragraph((f"{said}{':' if working.arrays else '.'}",), once=not working.arrays)
        arrays = [(on_one_line(label), relation, whole) for label, relation, whole in working.arrays]
        yield from displays(arrays, in_order=working.in_parts)
    shortened = [line.why == NONE_SEEN for line in working.lines]  # said once, below: such lines are long enough
    lines = (replace(line, why="") if short else line for line, short in zip(working.lines, shortened, strict=True))
    yield Working(tuple(map(in_line, lines)))
    if any(shortened):
        yield Paragraph((NONE_SEEN,))
