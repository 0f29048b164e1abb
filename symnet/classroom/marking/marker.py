"""Marks students one after another: every answer judged, and carried forward where it follows from a wrong one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from symnet.classroom.marking.answers import Row
from symnet.classroom.marking.points import Part
from symnet.classroom.marking.students import BLANK, CARRIED, RIGHT, ROUNDED, UNREADABLE, WRONG, Answer, Flag, Student
from symnet.classroom.marking.zeros import needless
from symnet.computing.exact import Value
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.diagnosis import Verdict, diagnose, told
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.working.problem import Problem


class Marker:
    """Marks with the points of ``parts``; an answer carried forward earns the share ``carry`` of its points.

    The same answers to the same numbers are judged once, however many students gave them.
    """

    def __init__(self, hypotheses: Hypotheses, parts: Sequence[Part], keys: Sequence[str], carry: Fraction) -> None:
        self.hypotheses, self.parts, self.keys = hypotheses, parts, keys
        self.worth = {key: sum((part.worth(key) for part in parts if key in part.keys), Fraction(0)) for key in keys}
        self.of = sum((part.points for part in parts), Fraction(0))
        self._shares = {RIGHT: Fraction(1), ROUNDED: Fraction(1), CARRIED: carry}
        self._right: dict[str, dict[str, Value]] = {}
        self._judged: dict[tuple[object, ...], Student] = {}

    def student(self, row: Row, variant: str, problem: Problem, flags: Sequence[Flag] = ()) -> Student:
        """The marks of one row, whose numbers are those of ``problem``; raises Mistake where they lead to no values."""
        same = (variant, tuple(row.answers.items()), tuple(row.unreadable.items()))
        if same not in self._judged:
            self._judged[same] = self._judge(row, variant, problem)
        judged = self._judged[same]
        return replace(judged, name=row.student, line=row.line, flags=(*flags, *judged.flags))

    def _judge(self, row: Row, variant: str, problem: Problem) -> Student:
        if variant not in self._right:
            self._right[variant] = self.hypotheses.right(problem)
        right = self._right[variant]
        row = _with_shares(row, right)
        verdicts = diagnose(self.hypotheses, problem, row.answers)
        idle = needless(self.hypotheses, problem, verdicts)
        answers = {key: self._answer(key, row, verdicts.get(key), key in idle, right[key]) for key in self.keys}
        questions = {
            part.number: sum((part.worth(key) * self._share(answers[key].outcome) for key in part.keys), Fraction(0))
            for part in self.parts
        }
        return Student(
            name=row.student,
            line=row.line,
            variant=variant,
            points=sum(questions.values(), Fraction(0)),
            of=self.of,
            questions=questions,
            answers=answers,
            causes=tuple(told(verdicts)),
            flags=tuple(_flags(row, answers, idle)),
        )

    def _share(self, outcome: str) -> Fraction:
        return self._shares.get(outcome, Fraction(0))

    def _answer(self, key: str, row: Row, verdict: Verdict | None, idle: bool, right: Value) -> Answer:
        if verdict is None:
            unreadable = row.unreadable.get(key)
            if unreadable is not None:
                return Answer(key, unreadable.cell, right, UNREADABLE, WRONG)
            return Answer(key, "", right, BLANK, BLANK)
        # Who rounds on the way has the method right, as has who carries an error forward.
        rounded = verdict.follows and verdict.slips[0].id != "carried"
        # An error costs once, so it must have cost something: a column that is worth nothing excuses nobody.
        paid = any(self.worth[root] for root in verdict.carried)
        outcome = CARRIED if (paid and not idle) or rounded else verdict.verdict
        points = self.worth[key] * self._share(outcome)
        return Answer(key, verdict.given, right, verdict.verdict, outcome, points, verdict.slips, verdict.carried)


def _with_shares(row: Row, right: Mapping[str, Value]) -> Row:
    """The row, with 0.5976 for 59.76% where that is right; any other percentage is no number."""
    shares = {
        key: one.share
        for key, one in row.unreadable.items()
        if one.share and key in right and read_number(one.share, key).matches(right[key])
    }
    if not shares:
        return row
    unreadable = {key: one for key, one in row.unreadable.items() if key not in shares}
    return replace(row, answers={**row.answers, **shares}, unreadable=unreadable)


def _flags(row: Row, answers: Mapping[str, Answer], idle: Sequence[str]) -> Iterator[Flag]:
    if idle:
        roots = dict.fromkeys(root for key in idle for root in answers[key].carried)
        causes = ", ".join(f"{key} = {answers[key].given}" for key in roots)
        one = len(idle) == 1
        what = "comes out without work, so it does not count" if one else "come out without work, so they do not count"
        yield Flag("early-0", f"With {causes}, {', '.join(idle)} {what} as carried forward.")
    if not row.answers and not row.unreadable:
        yield Flag("nothing", "Nothing was answered.")
    for key, unreadable in row.unreadable.items():
        yield Flag("unreadable", f"{key}: {unreadable.why}.")
