"""The numbers that a page asks for: those of the sheet, or those behind a sheet that asks for words alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from symnet.exercises.asked import asked_keys, questions_of
from symnet.exercises.exercise import Exercise
from symnet.questions import Question
from symnet.working.rows import by_samples, row_key

MOST_BEHIND = 60  # fields for what a sheet does not ask
Asked: TypeAlias = tuple[int, Question, tuple[str, ...]]  # the place on the sheet, 0 for none; the keys


def asked_of(exercise: Exercise) -> Iterator[Asked]:
    """The questions that ask for numbers, by their place on the sheet, with those that none before it asks for."""
    taken: set[str] = set()
    for place, question in enumerate(questions_of(exercise), 1):
        keys = asked_keys(replace(exercise, questions=(question,)))
        if not keys and question.ask == "batch" and by_samples(exercise.problem):
            keys = _of_samples(exercise, question.of)
        new = tuple(key for key in keys if key not in taken)
        taken |= {*new}
        if new:
            yield place, question, new


def behind(exercise: Exercise) -> Iterator[Asked]:
    """The numbers behind a sheet that asks for words: those of every sample, and the gradients if they are few."""
    problem = exercise.problem
    forward = [equation.name for equation in problem.network.equations]
    if by_samples(problem):
        yield 0, Question("batch"), _of_samples(exercise)
        return
    for question in questions_of(replace(exercise, questions=())):
        keys = asked_keys(replace(exercise, questions=(question,)))
        if question.ask == "forward" or (question.ask == "gradient" and len(forward) + len(keys) <= MOST_BEHIND):
            yield 0, question, keys


def _of_samples(exercise: Exercise, names: Sequence[str] = ()) -> tuple[str, ...]:
    """The forward values of each sample in turn."""
    problem = exercise.problem
    wanted = names or [equation.name for equation in problem.network.equations]
    return tuple(row_key(name, k + 1) for k in range(len(problem.examples)) for name in wanted)
