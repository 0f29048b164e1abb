"""What a kind of question has worked beyond the two passes: second derivatives, tangents, half-planes.

Such a kind says so itself: ``@works(lines)`` above it names the function that gives its ``Further`` lines, the
equations and the keys of those that it asks for.  They join those of the exercise when it is read, and from then on
are solved, checked, marked and exported as all its equations are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from symnet.algebra.equations import Equation
from symnet.algebra.mistakes import Mistake
from symnet.questions.pieces import Question
from symnet.working.problem import Problem
from symnet.working.quantities import key_of

Kind = TypeVar("Kind", bound=Callable[..., object])


@dataclass(frozen=True)
class Further:
    """Lines that are worked from both passes, in order, and the ``keys`` of the numbers that are asked for."""

    equations: tuple[Equation, ...] = ()
    keys: tuple[str, ...] = ()


_LINES: dict[str, Callable[[Question, Problem], Further]] = {}


def works(lines: Callable[[Question, Problem], Further]) -> Callable[[Kind], Kind]:
    """Says of a kind of question which lines it has worked."""

    def of_kind(kind: Kind) -> Kind:
        _LINES[kind.__name__] = lines
        return kind

    return of_kind


def asks_further(ask: str) -> bool:
    """Whether a kind of question asks for more than the passes give."""
    return ask in _LINES


def further_lines(question: Question, problem: Problem) -> Further:
    """The lines of one question; none of a kind that asks for nothing beyond the passes.  Raises Mistake."""
    lines = _LINES.get(question.ask)
    return lines(question, problem) if lines is not None else Further()


def lines_of_all(questions: Sequence[Question], problem: Problem) -> tuple[Equation, ...]:
    """The lines of all questions, each once; raises Mistake where two questions mean different things by one name."""
    found: dict[str, Equation] = {}
    for i, question in enumerate(questions):
        try:
            for equation in further_lines(question, problem).equations:
                key = key_of(equation.name)
                if key in problem.network.names:
                    raise Mistake(f"{key} is a name of the file, and this question calls a number so; rename yours")
                if found.setdefault(key, equation) != equation:
                    raise Mistake(f"an earlier question asks for another {key}; put them in files of their own")
        except Mistake as mistake:
            raise Mistake(f"question[{i}]: {mistake}") from None
    return tuple(found.values())
