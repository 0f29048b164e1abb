"""What a teacher learns from the marks of a class: which slips were made and where, and what was hard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symnet.classroom.marking.points import Part
from symnet.classroom.marking.students import OUTCOMES, Student
from symnet.diagnosis.answer import Answer, read_number
from symnet.diagnosis.slips import CATALOGUE, Slip
from symnet.working.arrays import whole_of


@dataclass(frozen=True)
class SlipCount:
    """How many students made a slip, and at which places; somebody may have made it at several.

    ``instead`` counts those whose numbers another slip gives just as well.
    """

    slip: Slip
    students: int
    places: Mapping[str, int]
    instead: Mapping[Slip, int]


@dataclass(frozen=True)
class QuantityCount:
    """How the answers to one quantity came out; ``unexplained`` of the wrong ones no slip explains."""

    key: str
    outcomes: Mapping[str, int]
    unexplained: int
    worth: Fraction
    mean: Fraction


@dataclass(frozen=True)
class SharedNumber:
    """A wrong number that no slip explains and that several students have, as one of them with most digits wrote it."""

    key: str
    given: str
    variant: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class QuestionCount:
    """How many points a question brought on average."""

    number: int
    label: str
    of: Fraction
    mean: Fraction


@dataclass(frozen=True)
class Summary:
    """The class at a glance: ``slips`` the commonest first, ``quantities`` and ``questions`` the hardest first.

    ``ways`` counts the students who rounded, cut off, … a right number; ``unexplained`` those with an answer that no
    slip explains, and ``shared`` the numbers that several of them have; ``flags`` those with each kind of flag.
    """

    students: int
    mean: Fraction
    of: Fraction
    slips: tuple[SlipCount, ...]
    ways: Mapping[str, int]
    unexplained: int
    shared: tuple[SharedNumber, ...]
    flags: Mapping[str, int]
    quantities: tuple[QuantityCount, ...]
    questions: tuple[QuestionCount, ...]


def summary_of(students: Sequence[Student], parts: Sequence[Part], keys: Sequence[str]) -> Summary:
    """Count the marks."""
    quantities = [_quantity(students, parts, key) for key in keys]
    questions = [
        QuestionCount(part.number, part.label, part.points, _mean([s.questions[part.number] for s in students]))
        for part in parts
    ]
    ways = Counter(
        way
        for student in students
        for way in {a.slips[0].id for a in student.answers.values() if a.outcome == "rounded" and a.slips}
    )
    return Summary(
        students=len(students),
        mean=_mean([student.points for student in students]),
        of=sum((part.points for part in parts), Fraction(0)),
        slips=_slips(students),
        ways=dict(ways.most_common()),
        unexplained=sum(any(a.unexplained for a in student.answers.values()) for student in students),
        shared=_shared(students, keys),
        flags=dict(Counter(id for student in students for id in {flag.id for flag in student.flags}).most_common()),
        quantities=tuple(sorted(quantities, key=_ease)),
        questions=tuple(sorted(questions, key=lambda q: q.mean / q.of if q.of else q.mean)),
    )


def by_arrays(quantities: Sequence[QuantityCount], owner: Mapping[str, str]) -> tuple[QuantityCount, ...]:
    """The same with the entries of an array counted together, under its name."""
    groups: dict[str, list[QuantityCount]] = {}
    for q in quantities:
        groups.setdefault(whole_of(q.key, owner), []).append(q)
    together = []
    for key, own in groups.items():
        outcomes = sum((Counter(q.outcomes) for q in own), Counter[str]())
        unexplained = sum(q.unexplained for q in own)
        worth, mean = sum((q.worth for q in own), Fraction(0)), sum((q.mean for q in own), Fraction(0))
        together.append(own[0] if len(own) == 1 else QuantityCount(key, outcomes, unexplained, worth, mean))
    return tuple(sorted(together, key=_ease))


def _ease(q: QuantityCount) -> Fraction:
    """The share of its points that a quantity brought; of one that has none, of right answers."""
    return q.mean / q.worth if q.worth else _right(q)


def _slips(students: Sequence[Student]) -> tuple[SlipCount, ...]:
    who: Counter[Slip] = Counter()
    places: dict[Slip, Counter[str]] = {}
    instead: dict[Slip, Counter[Slip]] = {}
    for student in students:
        others: dict[Slip, set[Slip]] = {}
        for first, *rest in student.causes:
            others.setdefault(first.slip, {hypothesis.slip for hypothesis in rest}).intersection_update(
                s.slip for s in rest
            )
        who.update(others.keys())
        for slip, at in {(first.slip, first.at): None for first, *_ in student.causes}:
            places.setdefault(slip, Counter())[at.lstrip(", ")] += 1
        for slip, ties in others.items():
            instead.setdefault(slip, Counter()).update(sorted(ties, key=lambda tie: [*CATALOGUE].index(tie.id)))
    found = (
        SlipCount(slip, count, dict(places[slip].most_common()), dict(instead[slip].most_common()))
        for slip, count in who.items()
    )
    return tuple(sorted(found, key=lambda count: -count.students))


def _shared(students: Sequence[Student], keys: Sequence[str]) -> tuple[SharedNumber, ...]:
    """The unexplained numbers that several students have: the same mistake, very likely, though it has no name."""
    groups: dict[tuple[str, str], list[tuple[Answer, list[Student]]]] = {}
    for key in keys:
        wrong = [(read_number(s.answers[key].given, key), s) for s in students if s.answers[key].unexplained]
        for answer, student in sorted(wrong, key=lambda one: -one[0].figures):
            if answer.number is None:
                continue
            known = groups.setdefault((key, student.variant), [])
            same = next((names for most, names in known if most.number and answer.matches(most.number)), None)
            if same is None:
                known.append((answer, [student]))
            else:
                same.append(student)
    shared = (
        SharedNumber(key, answer.text, variant, tuple(s.name for s in sorted(names, key=lambda s: s.line)))
        for (key, variant), found in groups.items()
        for answer, names in found
        if len(names) > 1
    )
    return tuple(sorted(shared, key=lambda one: -len(one.students)))


def _quantity(students: Sequence[Student], parts: Sequence[Part], key: str) -> QuantityCount:
    answers = [student.answers[key] for student in students]
    count = Counter(answer.outcome for answer in answers)
    worth = sum((part.worth(key) for part in parts if key in part.keys), Fraction(0))
    outcomes = {outcome: count[outcome] for outcome in OUTCOMES}
    unexplained = sum(answer.unexplained for answer in answers)
    return QuantityCount(key, outcomes, unexplained, worth, _mean([answer.points for answer in answers]))


def _right(quantity: QuantityCount) -> Fraction:
    """The share of right answers, for a quantity that is worth nothing."""
    total = sum(quantity.outcomes.values())
    return Fraction(total - quantity.outcomes["wrong"] - quantity.outcomes["blank"], max(1, total))


def _mean(numbers: list[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers) if numbers else Fraction(0)
