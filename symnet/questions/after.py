"""What an update does to the loss."""

from __future__ import annotations

from symnet.algebra.equations import symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import needed
from symnet.paper.document import Answer, Paragraph, Text, Working
from symnet.questions.pieces import Asked, Question, of_first, room, value_of
from symnet.working.work import Work


def loss_after(work: Work, question: Question) -> Asked:
    """The loss after the updates: the forward pass once more, with the new parameters."""
    problem, solution = work.problem, work.solution
    if not problem.rules or not problem.updates:
        raise Mistake('question ask = "loss_after" needs an update; give a learning_rate or [update]')
    loss = work.names.node(problem.loss)
    after = solution.forward_after
    values = {**problem.examples[0], **solution.updated, **after}
    equations = needed(problem.network.equations, [symbol(problem.loss)])
    lines = tuple(
        work.three_forms(work.names.node(e.name), e.rhs, after[e.name], values=values, box=e.name == problem.loss)
        for e in equations
    )
    before: Text = ("Before it was ", *value_of(work, solution.forward[problem.loss]), ".")
    count = "the update" if problem.updates == 1 else f"the {problem.updates:,} updates"
    return Asked(
        ("Compute ", loss, f"{of_first(work)} after {count}: a forward pass with the new parameters."),
        (Answer((Working(lines), Paragraph(before)), room(len(lines), 0.7)),),
    )
