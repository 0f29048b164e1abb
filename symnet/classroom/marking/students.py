"""What is known of every student: the answers, what each counts as, and what a teacher should look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from symnet.computing.exact import Value
from symnet.diagnosis.diagnosis import Explained
from symnet.diagnosis.hypotheses import Hypothesis
from symnet.diagnosis.misprints import CATALOGUE as MISPRINTS

RIGHT, ROUNDED, CARRIED, WRONG, BLANK = OUTCOMES = ("right", "rounded", "carried", "wrong", "blank")
UNREADABLE = "unreadable"  # the verdict on what is no number; it counts as wrong


@dataclass(frozen=True)
class Answer:
    """One answer of one student.

    ``outcome`` is what it counts as, one of OUTCOMES; ``verdict`` what ``symnet check`` says of it, or else "blank" or
    "unreadable".  ``carried`` are the earlier wrong answers it follows from.
    """

    key: str
    given: str
    right: Value
    verdict: str
    outcome: str
    points: Fraction = Fraction(0)
    slips: tuple[Explained, ...] = ()
    carried: tuple[str, ...] = ()

    @property
    def unexplained(self) -> bool:
        """Whether it is wrong and neither a slip nor an earlier answer gives it."""
        return self.verdict == WRONG and not self.carried and all(slip.id in MISPRINTS for slip in self.slips)


@dataclass(frozen=True)
class Flag:
    """Something about a student that the teacher should look at."""

    id: str
    says: str


@dataclass(frozen=True)
class Student:
    """A student's marks: ``questions`` are {number: points}.

    ``causes`` are the slips made, the first found first, each with the others that give the same numbers.
    """

    name: str
    line: int
    variant: str
    points: Fraction
    of: Fraction
    questions: Mapping[int, Fraction]
    answers: Mapping[str, Answer]
    causes: tuple[tuple[Hypothesis, ...], ...]
    flags: tuple[Flag, ...]
