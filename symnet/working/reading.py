"""What the answers of a person mean: which numbers they are, how exactly, and in a batch, over which examples.

In a batch the loss and the gradients of parameters may be meant over all examples or, as ``solve`` prints them, for the
first one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.computing.exact import Value
from symnet.working.given import Given, read_number
from symnet.working.problem import Problem
from symnet.working.stories import Stories


def read_answers(stories: Stories, answers: Mapping[str, str]) -> dict[str, Given]:
    """The numbers of the answers, in the order of the work; raises Mistake for a key or a number that is none.

    A bare 0 is meant to as many decimals as the other numbers: nobody writes out its zeros.
    """
    for key in answers:
        if key not in stories.keys:
            raise Mistake(
                f"{shown(key)} is not a quantity of this exercise, where a name is its value, grad(name) its gradient, "
                f"a parameter its new value and change(name) what changes it{suggestion(key, stories.known)}"
            )
    given = {key: read_number(answers[key], key) for key in stories.keys if key in answers}
    places = max((answer.decimals for answer in given.values()), default=0)
    return {
        key: replace(answer, unit=Fraction(1, 10**places)) if answer.is_bare_zero else answer
        for key, answer in given.items()
    }


@dataclass(frozen=True)
class Reading:
    """One way to read the answers: the keys that are meant ``over_all`` examples, and the key of what each is then."""

    given: Mapping[str, Given]
    over_all: Mapping[str, str]

    @property
    def own_keys(self) -> dict[str, str]:
        """{a key of ``given``: the key that the person gave for it}, where they differ."""
        return {batch: key for key, batch in self.over_all.items()}


def readings(stories: Stories, loss: str, answers: Mapping[str, str]) -> list[Reading]:
    """The ways to read the answers: for the first example; all, the gradients alone, the ``loss`` alone over all.

    Who gives a quantity under both its keys says with that what each is.
    """
    batch = {key: stories.batch[key] for key in answers if key in stories.batch}
    gradients = {key: name for key, name in batch.items() if key != loss}
    alone = {key: name for key, name in batch.items() if key == loss}
    ways: list[dict[str, str]] = [{}]
    if not answers.keys() & batch.values():
        ways += [over_all for over_all in (batch, gradients, alone) if over_all and over_all not in ways]
    return [
        Reading(read_answers(stories, {over_all.get(key, key): text for key, text in answers.items()}), over_all)
        for over_all in ways
    ]


def as_meant(problem: Problem, given: Mapping[str, Given], right: Mapping[str, Value]) -> dict[str, Given]:
    """The answers, of which a new value that is the old one as it was is meant exactly, and not rounded.

    So few digits hold them both, and show nothing of an update; but for those of a person who is seen to round to so
    few, in another new value.
    """
    start = problem.start
    new = {key: answer for key, answer in given.items() if key in start}
    most = max((_decimals(start[key]) for key in new), default=0)
    units = {answer.unit for key, answer in new.items() if answer.number != start[key] and answer.unit is not None}

    def is_copied(key: str, answer: Given) -> bool:
        if answer.number != start[key] or answer.decimals > most:
            return False
        if answer.matches(right[key]) not in ("rounded", "truncated"):
            return False
        # Zeros at the end may have been left out.
        return not any(replace(answer, unit=min(answer.unit or unit, unit)).matches(right[key]) for unit in units)

    return {
        key: replace(answer, unit=None) if key in new and is_copied(key, answer) else answer
        for key, answer in given.items()
    }


def _decimals(number: Fraction) -> int:
    """How many decimals a number is written with; none where they never end."""
    return next((places for places in range(12) if (number * 10**places).denominator == 1), 0)
