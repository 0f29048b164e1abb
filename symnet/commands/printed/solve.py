"""What ``symnet solve`` prints of an exercise: the whole working as text, or every number as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.computing.exact import Value
from symnet.computing.json_numbers import as_number
from symnet.diagnosis.called import Called
from symnet.exercises.exercise import Exercise
from symnet.exercises.reader import load
from symnet.paper.formats import text
from symnet.questions import Question
from symnet.sheets.worksheet import document, solution_of
from symnet.working.arrays import as_lists, entries, grouped
from symnet.working.solution import solve
from symnet.working.updates import Moment


def as_text(file: str, wrt: Sequence[str], of: Sequence[str], steps: int | None, digits: int, style: str) -> str:
    """The answer key of an exercise as plain text, or the one derivation asked for."""
    exercise = _with_steps(load(file), steps)
    names = exercise.problem.network.names
    wrt, of = _named(file, wrt, exercise), _named(file, of, exercise)
    asked: list[Question] | None = None
    if of:
        asked = _derivatives(exercise, of, wrt or [name for name in names if name not in of], style)
    elif wrt:
        asked = [Question("gradient", {"of": tuple(wrt), "style": style, "full": tuple(wrt)})]
    try:
        return text.render(document(exercise, solution_of(exercise, max(12, digits)), digits, style, asked))
    except Mistake as mistake:
        raise Mistake(f"{exercise.name}: {mistake}") from None


def _derivatives(exercise: Exercise, of: Sequence[str], wrt: Sequence[str], style: str) -> list[Question]:
    """A question for every pair of quantities, an array being one; of the loss, the one that passes over arrays."""
    problem = exercise.problem
    found = []
    for own in grouped(of, problem.arrays):
        for other in grouped(wrt, problem.arrays):
            if other.array and own.names == (problem.loss,):
                options = {"of": other.names, "style": style, "full": other.names}
                found.append(Question("gradient", options))
            else:
                found.append(Question("derivative", {"of": own.names, "wrt": other.names, "style": style}))
    return found


def as_json(file: str, wrt: Sequence[str], of: Sequence[str], steps: int | None, digits: int, history: bool) -> str:
    """One line of JSON, ``symnet.solve/1``."""
    exercise = _with_steps(load(file), steps)
    names = exercise.problem.network.names
    wrt, of = _named(file, wrt, exercise), _named(file, of, exercise)
    pairs = [(a, b) for a in of for b in wrt or names]
    try:
        solution = solve(exercise.problem, digits, history, pairs)
    except Mistake as mistake:
        raise Mistake(f"{exercise.name}: {mistake}") from None

    def numbers(values: Mapping[str, Value]) -> dict[str, Any]:
        return {name: as_number(value, digits) for name, value in values.items()}

    def moment(at: Moment) -> dict[str, Any]:
        return {
            "forward": numbers(at.forward),
            "gradients": numbers(at.gradients),
            "parameters": numbers(at.parameters),
        }

    answer: dict[str, Any] = {
        "schema": "symnet.solve/1",
        "file": file,
        "title": exercise.title,
        "forward": numbers(solution.forward),
        "gradients": numbers(solution.gradients),
        "partials": numbers(solution.partials),
        "updated": numbers(solution.updated),
        "forward_after": numbers(solution.forward_after),
    }
    if exercise.problem.arrays:
        answer["arrays"] = {name: as_lists(whole) for name, whole in exercise.problem.arrays.items()}
    if solution.further:
        answer["further"] = numbers(solution.further)
    if pairs:
        answer["derivatives"] = numbers(solution.derivatives)
    if history:
        answer["history"] = [moment(at) for at in solution.history]
    return json.dumps(answer)


def _with_steps(exercise: Exercise, steps: int | None) -> Exercise:
    if steps is None:
        return exercise
    return replace(exercise, worked=replace(exercise.problem, updates=steps))


def _named(file: str, wanted: Sequence[str], exercise: Exercise) -> list[str]:
    """The names that are wanted, in whatever spelling, the entries of an array for its name; raises Mistake."""
    problem = exercise.problem
    names = problem.network.names
    called = Called(problem, exercise.notation)
    found: list[str] = []
    for word in wanted:
        try:
            whole = called.part(word)
            name = called.find(word) if whole is None else ""
        except Mistake as mistake:
            raise Mistake(f"{file}: {mistake}") from None
        own = [name] if whole is None else list(entries(whole))
        if not all(one in names for one in own):
            known = (*names, *problem.arrays)
            raise Mistake(f"{file}: {shown(word)} is not a name of this exercise{suggestion(word, known)}")
        found += own
    return list(dict.fromkeys(found))
