"""Which quantities a sheet asks for, by the names that ``symnet check`` and a class's answers use.

An equation's name is its forward value, ``grad(name)`` the gradient of the loss, a parameter's name its value after the
updates.  ``KEY@k`` is a cell of a table: before update k a forward value or a gradient, after it a parameter, what is
remembered or named in between, or ``change(name)``.
"""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra.equations import Expr, symbol
from symnet.algebra.functions import floor, sign, step
from symnet.algebra.network import needed
from symnet.algebra.scalar import ScalarFunction
from symnet.exercises.exercise import Exercise
from symnet.questions import Question
from symnet.questions.keys_asked import cells_asked, keys_asked
from symnet.working.problem import Problem
from symnet.working.quantities import further_of


def asked_keys(exercise: Exercise) -> tuple[str, ...]:
    """The quantities whose numbers the questions ask for, in the order of the work, each once.

    Raises Mistake where there is nothing to work by hand.
    """
    problem = exercise.problem
    asked = questions_of(exercise)
    wanted = {key for question in asked for key in keys_asked(question, problem)}
    names = problem.network.names
    gradients = [f"grad({name})" for name in reversed(names)]
    further = further_of(problem)
    order = (*(e.name for e in problem.network.equations), *gradients, *further, *problem.start, f"new({problem.loss})")
    cells = dict.fromkeys(key for question in asked for key in cells_asked(question, problem))
    return (*(key for key in order if key in wanted), *cells)


def questions_of(exercise: Exercise) -> tuple[Question, ...]:
    """The questions of the file; without any, forward pass, gradients if there is a loss, and update."""
    if exercise.questions:
        return exercise.questions
    problem = exercise.problem
    if problem.sizes is not None:
        return (Question("sizes"),)
    asks = ["forward", "gradient"] if exercise.says_loss or _has_loss(problem) else ["forward"]
    if problem.rules and problem.updates:
        asks += ["update"] if problem.updates == 1 else ["update", "training"]
    return tuple(Question(ask) for ask in asks)


def _has_loss(problem: Problem) -> bool:
    """Whether something is to be differentiated by default: there are parameters, or all leads smoothly to one end."""
    if problem.start or not problem.has_loss:
        return problem.has_loss
    equations = problem.network.equations
    functions = {function for equation in equations for function in functions_in(equation.rhs)}
    return len(needed(equations, [symbol(problem.loss)])) == len(equations) and not any(
        isinstance(function, (step, sign, floor)) for function in functions
    )


def functions_in(expr: Expr) -> Iterator[ScalarFunction]:
    """The functions in an expression, each as often as it stands there."""
    if isinstance(expr, ScalarFunction):
        yield expr
    for argument in expr.args:
        yield from functions_in(argument)
