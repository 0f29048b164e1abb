"""What every answer is worth: a question's points, shared equally by the quantities that it asks for.

Where a question does not say its points, each of its quantities is worth 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from symnet.exercises.asked import asked_keys, questions_of
from symnet.exercises.exercise import Exercise
from symnet.questions import Question

_NAMED = 12  # quantities in a message


@dataclass(frozen=True)
class Part:
    """A question of the sheet as it is marked: its number there, a name, its points, and the quantities it asks."""

    number: int
    label: str
    points: Fraction
    keys: tuple[str, ...]

    @property
    def each(self) -> Fraction:
        return self.points / len(self.keys)


def parts_of(
    exercise: Exercise, answered: Sequence[str], empty: Sequence[str] = ()
) -> tuple[tuple[Part, ...], list[str]]:
    """The questions whose quantities were answered, and what is to be said of those that were not (``empty`` apart).

    A quantity that is asked twice counts in both questions.  Where no question asks for any that was answered, all of
    them together are one question.
    """
    parts: list[Part] = []
    not_marked: list[int] = []
    missing: list[str] = []
    for number, question in enumerate(questions_of(exercise), 1):
        asked = asked_keys(replace(exercise, questions=(question,)))
        keys = tuple(key for key in answered if key in asked)
        if keys:
            points = question.points if question.points is not None else Fraction(len(keys))
            parts.append(Part(number, _label(question), points, keys))
            missing += [key for key in asked if key not in (*keys, *empty, *missing)]
        else:
            not_marked.append(number)
    if not parts and answered:
        return (Part(1, "all answers", Fraction(len(answered)), tuple(answered)),), []
    remarks = []
    if missing:
        remarks.append(f"asked but not in the file, so not marked: {_listed(missing)}")
    if not_marked:
        many = len(not_marked) > 1
        numbers = ", ".join(map(str, not_marked))
        remarks.append(f"question{'s' * many} {numbers} {'have' if many else 'has'} no answers in the file: not marked")
    others = [key for key in answered if not any(key in part.keys for part in parts)]
    if others:
        remarks.append(f"asked by no question, so worth nothing: {_listed(others)}")
    return tuple(parts), remarks


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(keys[:_NAMED]) + more


def _label(question: Question) -> str:
    words = question.ask
    if question.of:
        words += f" of {', '.join(question.of[:4])}{', …' * (len(question.of) > 4)}"
    return words
