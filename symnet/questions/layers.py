"""Whole layers at once: backpropagation with matrices."""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra.equations import BATCH, add
from symnet.algebra.mistakes import Mistake
from symnet.algebra.unrolling import entry_names
from symnet.notation.maths import EQUALS, Number, row
from symnet.notation.matrices import ENTRYWISE
from symnet.notation.names import Names
from symnet.paper.document import Answer, Block, Paragraph, Table, Text, Working
from symnet.questions.pieces import Asked, Question, between
from symnet.working.layer_form import LayerForm
from symnet.working.layer_numbers import LayerNumbers
from symnet.working.layer_rules import Rule
from symnet.working.work import Work

DIGITS = 4  # of the numbers in a matrix


def matrix(work: Work, question: Question) -> Asked:
    """The backward pass in matrix form: for any layer, for this network with shapes, and with numbers."""
    network = work.problem.layers
    if network is None:
        raise Mistake('question ask = "matrix" is about layers; describe the network under [network]')
    if not network.has_loss:
        raise Mistake('question ask = "matrix" needs a loss to differentiate; give network.targets')
    targets = [entry_names(t) for t in network.targets]
    form = LayerForm(network, Names(network.names), all(work.problem.sums_to_one(add(*row)) for row in targets))
    rows = tuple(
        ((line.lhs,), (line.steps[0][1],), (shape,))
        for line, shape in zip(form.backward(), form.backward_shapes(), strict=True)
        if line.lhs is not None
    )
    how = "in matrices" if form.is_dense else "in matrices or for one entry"
    table = Table((("gradient",), (how,), ("shape",)), rows, frozenset({1, 2}))
    return Asked(
        ("Backpropagation in matrix form: give the gradient of every array, with its shape.",),
        (table, Answer(tuple(_answer(form, work)), 10)),
    )


def _answer(form: LayerForm, work: Work) -> Iterator[Block]:
    n, loss = form.setter.maths(BATCH), form.names.node(form.loss.name)
    conventions: Text = (
        *("For ", n, " examples, one per row; ", form.ones, " is a column of ", n, " ones, ", ENTRYWISE),
        *(" multiplies entry by entry, and a bar over a name marks the gradient of ", loss, " with respect to "),
    )
    same = "it, which has the same shape."
    if form.is_dense:
        yield Paragraph(
            (*conventions, f"{same} A layer of ", form.width, " units with ", form.width_below, " below it:")
        )
        yield Working(form.general_lines())
    else:
        others = ", one of each form" if form.likewise else ""
        yield Paragraph((*conventions, f"{same} How the gradient passes through its equations{others}:"))
    for rule in form.rules():
        yield from _rule(rule)
    output = form.output()
    if output is not None:
        yield Paragraph(("Where the backward pass begins. ", *output.before))
        yield Working(output.lines)
        if output.after:
            yield Paragraph(output.after)
    yield Paragraph(("This network, forward:",))
    yield Working(form.forward())
    yield Paragraph(("And back, from the last layer to the first:",))
    yield Working(form.backward())
    yield from _numbers(form, work)


def _rule(rule: Rule) -> Iterator[Block]:
    """A derivation, the reason for what it comes to, and that in matrices where it has such a form."""
    if len(rule.lines) == 1 and rule.first_says_why:
        yield Paragraph(rule.reason)
        yield Working(rule.lines)
        return
    yield Working(rule.lines[:1])
    yield Paragraph((*rule.reason, " Hence") if len(rule.lines) > 1 else rule.reason)
    if len(rule.lines) > 1:
        yield Working(rule.lines[1:])


def _numbers(form: LayerForm, work: Work) -> Iterator[Block]:
    """The same with the numbers of the exercise, where the matrices are small enough to print."""
    numbers = LayerNumbers(form, work.problem, min(DIGITS, work.digits))
    if numbers.too_large:
        wide: Text = between([form.names.node(name) for name in numbers.too_large[:4]], ", ")
        yield Paragraph(("The matrices ", *wide, " are too large to print with their numbers."))
        return
    yield Paragraph(("With numbers, ", row(form.setter.maths(BATCH), EQUALS, Number(str(numbers.count))), ":"))
    for line in numbers.lines():
        yield Working((line,))  # each by itself, so that no page ends between the symbols and the numbers
