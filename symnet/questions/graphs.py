"""The computation graph, to be filled in."""

from __future__ import annotations

from symnet.figures import graph_figure
from symnet.figures.graph import Filling
from symnet.paper.document import Answer
from symnet.questions.pieces import Asked, Question, of_first
from symnet.working.work import Work


def graph(work: Work, question: Question) -> Asked:
    """The graph with what is given; values and gradients are filled in on the way forward and back."""
    loss = work.names.node(work.problem.loss)
    empty = graph_figure(work, Filling("gradients", blank_values=True, blank_gradients=True))
    return Asked(
        (
            f"Fill in the computation graph{of_first(work)}: first, from left to right, every value, then, from right "
            "to left, the gradient of ",
            loss,
            " in every box.",
        ),
        (Answer((graph_figure(work, "gradients"),), 0, (empty,)),),
    )
