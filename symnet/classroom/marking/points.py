"""What every answer is worth: a question's points, shared equally by the quantities that it asks for.

Where a question does not say its points, each of its quantities is worth 1.  An array is one quantity, and what it is
worth is shared by its entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from symnet.diagnosis.first_updates import bare_key
from symnet.exercises.asked import asked_keys, questions_of
from symnet.exercises.exercise import Exercise
from symnet.questions import Question
from symnet.working.arrays import entries, grouped

_NAMED = 12  # quantities in a message


@dataclass(frozen=True)
class Part:
    """A question of the sheet as it is marked: its number there, a name, its points, and the quantities it asks."""

    number: int
    label: str
    points: Fraction
    keys: tuple[str, ...]
    arrays: Mapping[str, str] = field(default_factory=dict)  # {key of an entry: its array}, of arrays that it asks for

    @cached_property
    def shares(self) -> dict[str, Fraction]:
        """{key: the share of the points that is its own}, which are 1 together."""
        return shares(self.keys, self.arrays)

    def worth(self, key: str) -> Fraction:
        """The points of one of its keys."""
        return self.points * self.shares[key]


def shares(keys: Sequence[str], arrays: Mapping[str, str]) -> dict[str, Fraction]:
    """{key: its share}: the same for every quantity, an array's for its entries together."""
    of = {key: arrays.get(key, key) for key in keys}
    count = Counter(of.values())
    return {key: Fraction(1, len(count) * count[of[key]]) for key in keys}


def arrays_of(keys: Sequence[str], exercise: Exercise) -> dict[str, str]:
    """{"grad(W1_2)": "grad(W)"}: the arrays of which all entries are among the keys."""
    owner, arrays = exercise.problem.array_of, exercise.problem.arrays
    names = {key: key[len("grad(") : -1] if key.startswith("grad(") else key for key in keys}
    found = {}
    for key, name in names.items():
        of = owner.get(name, "")
        if of and all(key.replace(name, entry) in names for entry in entries(arrays[of])):
            found[key] = key.replace(name, of)
    return found


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
    own = {key: bare_key(exercise.problem, key) for key in answered}
    here = {*answered, *own.values(), *empty}
    for number, question in enumerate(questions_of(exercise), 1):
        asked = asked_keys(replace(exercise, questions=(question,)))
        keys = tuple(key for key in answered if key in asked or own[key] in asked)
        if keys:
            arrays = arrays_of(keys, exercise)
            quantities = len({arrays.get(key, key) for key in keys})
            points = question.points if question.points is not None else Fraction(quantities)
            parts.append(Part(number, _label(question, exercise), points, keys, arrays))
            missing += [key for key in asked if key not in here and key not in missing]
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


def _label(question: Question, exercise: Exercise) -> str:
    words = question.ask
    if question.of:
        groups = grouped(question.of, exercise.problem.arrays)
        named = [group.array or group.names[0] for group in groups]
        words += f" of {', '.join(named[:4])}{', …' * (len(named) > 4)}"
    return words
