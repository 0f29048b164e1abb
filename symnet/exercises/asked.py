"""Which quantities a sheet asks for, by the names that ``symnet check`` and a class's answers use.

An equation's name is its forward value, ``grad(name)`` the gradient of the loss, a parameter's name its value after the
updates.  ``KEY@k`` is a cell of a table: before update k a forward value or a gradient, after it a parameter, what is
remembered or named in between, or ``change(name)``.
"""

from __future__ import annotations

from symnet.questions.keys_asked import cells_asked, keys_asked
from symnet.sheets.worksheet import Exercise, questions_of


def asked_keys(exercise: Exercise) -> tuple[str, ...]:
    """The quantities whose numbers the questions ask for, in the order of the work, each once.

    Raises Mistake where there is nothing to work by hand.
    """
    problem = exercise.problem
    asked = questions_of(exercise)
    wanted = {key for question in asked for key in keys_asked(question, problem)}
    names = problem.network.names
    gradients = [f"grad({name})" for name in reversed(names)]
    order = (*(e.name for e in problem.network.equations), *gradients, *problem.start, f"new({problem.loss})")
    cells = dict.fromkeys(key for question in asked for key in cells_asked(question, problem))
    return (*(key for key in order if key in wanted), *cells)
