"""Which quantities a sheet asks for, by the names that ``symnet check`` and a class's answers use.

An equation's name is its forward value, ``grad(name)`` the gradient of the loss, a parameter's name its value after the
updates.  ``KEY@k`` is a cell of a table: before update k a forward value or a gradient, after it a parameter, what is
remembered or named in between, or ``change(name)``.
"""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra.equations import symbol
from symnet.sheets.columns import columns_of
from symnet.sheets.questions import Question
from symnet.sheets.worksheet import Exercise, questions_of
from symnet.working.problem import Problem
from symnet.working.quantities import can_be_worked
from symnet.working.rows import LONGEST_HISTORY, row_key


def asked_keys(exercise: Exercise) -> tuple[str, ...]:
    """The quantities whose numbers the questions ask for, in the order of the work, each once.

    Raises Mistake where there is nothing to work by hand.
    """
    problem = exercise.problem
    wanted = {key for question in questions_of(exercise) for key in _asked(question, problem)}
    names = problem.network.names
    gradients = [f"grad({name})" for name in reversed(names)]
    order = (*(e.name for e in problem.network.equations), *gradients, *problem.start, f"new({problem.loss})")
    return (*(key for key in order if key in wanted), *_cells(exercise))


def _cells(exercise: Exercise) -> tuple[str, ...]:
    """The cells of the tables that are asked for, row by row."""
    problem = exercise.problem
    if not can_be_worked(problem):
        return ()
    rows = range(1, min(problem.updates, LONGEST_HISTORY) + 1)
    keys = [
        row_key(column.key, k)
        for question in exercise.questions
        if question.ask == "table"
        for k in rows
        for column in columns_of(problem, question.columns)
        if column.is_asked
    ]
    return tuple(dict.fromkeys(keys))


def _asked(question: Question, problem: Problem) -> Iterator[str]:
    parameters = tuple(problem.start)
    match question.ask:
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
            pass
