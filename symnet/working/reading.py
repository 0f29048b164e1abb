"""What the answers of a person mean: which numbers they are, and in a batch, over which examples.

In a batch the loss and the gradients of parameters may be meant over all examples or, as ``solve`` prints them, for the
first one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.working.given import Given, read_number
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
