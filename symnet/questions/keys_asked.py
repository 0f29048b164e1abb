"""What one question asks for, by the keys of ``symnet check``."""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra.equations import symbol
from symnet.algebra.sized import USUAL_COLUMNS
from symnet.questions import Question
from symnet.questions.columns import columns_of
from symnet.questions.further import further_lines
from symnet.working.problem import Problem
from symnet.working.quantities import can_be_worked
from symnet.working.rows import LONGEST_HISTORY, row_key


def keys_asked(question: Question, problem: Problem) -> Iterator[str]:
    """The keys of the numbers that a question asks for once; the cells of a table are ``cells_asked``."""
    parameters = tuple(problem.start)
    match question.ask:
        case "sizes" | "parameters" if problem.sizes is not None:
            usual = ("parameters",) if question.ask == "parameters" else USUAL_COLUMNS
            yield from problem.sizes.asked(question.columns or usual)
        case "forward":
            yield from question.of or [equation.name for equation in problem.network.equations]
        case "gradient" | "deltas":
            inputs = [name for name in problem.network.names if symbol(name) in problem.network.inputs]
            yield from (f"grad({name})" for name in question.of or parameters or inputs)
        case "derivative":
            if question.of == (problem.loss,):
                yield from (f"grad({name})" for name in question.wrt)
        case "update" | "updates" if problem.rules and problem.updates and can_be_worked(problem):
            yield from (name for name in parameters if not question.of or name in question.of)
        case "loss_after" if problem.rules and problem.updates and can_be_worked(problem):
            yield f"new({problem.loss})"
        case _:
            yield from (key for key in further_lines(question, problem).keys if "@" not in key)


def cells_asked(question: Question, problem: Problem) -> Iterator[str]:
    """The cells of the table that a question asks for, row by row: y@1, w@1, y@2, …"""
    yield from (key for key in further_lines(question, problem).keys if "@" in key)
    if question.ask != "table" or not can_be_worked(problem):
        return
    for k in range(1, min(problem.updates, LONGEST_HISTORY) + 1):
        yield from (row_key(c.key, k) for c in columns_of(problem, question.columns) if c.is_asked)
