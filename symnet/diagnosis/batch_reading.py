"""What the answers of a person mean: which numbers they are, how exactly, and in a batch, over which examples.

In a batch the loss and the gradients of parameters may be meant over all examples or, as ``solve`` prints them, for the
first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.computing.exact import Undefined, Value
from symnet.diagnosis.answer import Answer, fraction_of, read_count, read_number
from symnet.diagnosis.digits import in_thousands
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.working.problem import Problem

HABIT = 6  # numbers that tell to how many decimals a person rounds
MANY_DECIMALS, PLAIN_HABIT = 3, 4  # from so many decimals on, which few numbers have of themselves, so few tell it


def read_answers(hypotheses: Hypotheses, answers: Mapping[str, str]) -> dict[str, Answer]:
    """The numbers of the answers, in the order of the work; raises Mistake for a key or a number that is none.

    A 0 is meant to as many decimals as the other numbers: nobody, and no spreadsheet, writes out its zeros.
    """
    for key in answers:
        if key not in hypotheses.keys:
            raise Mistake(
                f"{shown(key)} is not a quantity of this exercise, where a name is its value, grad(name) its gradient, "
                f"a parameter its new value and change(name) what changes it{suggestion(key, hypotheses.known)}"
            )
    read = read_count if hypotheses.problem.sizes is not None else read_number
    given = {key: read(answers[key], key) for key in hypotheses.keys if key in answers}
    decimals = decimals_kept(given.values())
    unit = Fraction(1, 10**decimals)
    seen = [answer for answer in given.values() if answer.number and answer.unit is not None]
    enough = len(seen) >= (HABIT if decimals < MANY_DECIMALS else PLAIN_HABIT)
    habit = unit if decimals and enough and all(answer.decimals <= decimals for answer in seen) else Fraction(0)
    return {
        key: replace(
            answer, habit=habit, unit=unit if answer.number == 0 and (answer.unit or 0) > unit else answer.unit
        )
        for key, answer in given.items()
    }


def decimals_kept(answers: Iterable[Answer]) -> int:
    """How many decimals the numbers of a sheet have, but for one in ten that has more."""
    decimals = sorted(answer.decimals for answer in answers if answer.number and answer.unit is not None)
    return decimals[(9 * len(decimals) - 1) // 10] if decimals else 0


@dataclass(frozen=True)
class Reading:
    """One way to read the answers: the keys that are meant ``over_all`` examples, and the key of what each is then."""

    given: Mapping[str, Answer]
    over_all: Mapping[str, str]

    @property
    def own_keys(self) -> dict[str, str]:
        """{a key of ``given``: the key that the person gave for it}, where they differ."""
        return {batch: key for key, batch in self.over_all.items()}


def readings(hypotheses: Hypotheses, loss: str, answers: Mapping[str, str]) -> list[Reading]:
    """The ways to read the answers: for the first example; all, the gradients alone, the ``loss`` alone over all.

    Who gives a quantity under both its keys says with that what each is.
    """
    batch = {key: hypotheses.batch[key] for key in answers if key in hypotheses.batch}
    parts = [{k: name for k, name in batch.items() if (k == loss) == is_loss} for is_loss in (False, True)]
    # Who gives mean(grad(w)) as well has grad(w) of the first example, and may still mean that of all by L.
    gradients, alone = ({} if answers.keys() & part.values() else part for part in parts)
    ways: list[dict[str, str]] = [{}]
    ways += [over_all for over_all in (gradients | alone, gradients, alone) if over_all and over_all not in ways]
    return [
        Reading(read_answers(hypotheses, {over_all.get(key, key): text for key, text in answers.items()}), over_all)
        for over_all in ways
    ]


def as_meant(problem: Problem, given: Mapping[str, Answer], right: Mapping[str, Value]) -> dict[str, Answer]:
    """The answers, of which a new value that is the old one as it was is meant to as many digits as other new values.

    So few digits hold them both, and show nothing of an update, but for a person who is seen to round to so few.  Where
    it is the only new value it is meant exactly.  Where all new values are the old ones, and right to as many decimals
    as the rest of the sheet is written with, they are meant to these: of 0.2989 two decimals are 0.30.  How many there
    are of something may be written 14.000 where it is 14, and where it is 14000.
    """
    if problem.sizes is not None:
        return {key: _counted(key, answer, right[key]) for key, answer in given.items()}
    start = problem.start
    new = {key: answer for key, answer in given.items() if key in start}
    most = max((_decimals(start[key]) for key in new), default=0)
    others = [answer for key, answer in new.items() if answer.number != start[key] and answer.unit is not None]
    rest = [answer for key, answer in given.items() if key not in start and answer.number and answer.unit is not None]
    if not others and len(rest) >= HABIT and decimals_kept(rest) == max(answer.decimals for answer in rest):
        unit = Fraction(1, 10 ** decimals_kept(rest))
        if all(answer.habit == unit and replace(answer, unit=unit).matches(right[key]) for key, answer in new.items()):
            return dict(given)

    def meant(key: str, answer: Answer) -> Answer:
        if key not in new or answer.number != start[key] or answer.decimals > most or answer.unit is None:
            return answer
        if answer.matches(right[key]) in ("", "exact"):
            return answer
        as_others = [answer.written_as(other) for other in others]
        if any(other.matches(right[key]) for other in as_others):
            return answer
        return max(as_others, key=lambda other: other.unit or 0, default=replace(answer, unit=None))

    return {key: meant(key, answer) for key, answer in given.items()}


def _counted(key: str, answer: Answer, right: Value) -> Answer:
    """A count, of which three zeros behind a point are decimals or thousands, whichever comes nearer what is right."""
    thousands = in_thousands(answer.text)
    if not thousands or isinstance(right, Undefined):
        return answer
    ways, true = (answer, read_count(thousands, key)), fraction_of(right) or Fraction(0)
    return min(ways, key=lambda way: abs((way.number or Fraction(0)) - true))


def _decimals(number: Fraction) -> int:
    """How many decimals a number is written with; none where they never end."""
    return next((places for places in range(12) if (number * 10**places).denominator == 1), 0)
