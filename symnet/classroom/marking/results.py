"""Everything that marking a class gives, as the formats print it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from symnet.classroom.marking.lines import Trouble
from symnet.classroom.marking.points import Part
from symnet.classroom.marking.students import Student
from symnet.classroom.marking.summary import Summary, summary_of
from symnet.exercises.exercise import Exercise


@dataclass(frozen=True)
class Results:
    """The marks of a class.

    ``parts`` are the questions that are marked; ``problems`` the lines of the file that are not marked as they stand;
    ``remarks`` what a teacher should know of how it was read.
    """

    exercise: Exercise
    file: str
    parts: tuple[Part, ...]
    keys: tuple[str, ...]
    students: tuple[Student, ...]
    problems: tuple[Trouble, ...]
    remarks: tuple[str, ...]
    separator: str = ","
    comma: bool = False

    @cached_property
    def summary(self) -> Summary:
        return summary_of(self.students, self.parts, self.keys)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.students)} students, {len(self.problems)} problems)"
