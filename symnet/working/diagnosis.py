"""Is this hand work right, and if not, which slip gives these numbers?

All answers are weighed together.  An answer that is wrong but follows from an earlier wrong one is carried forward, and
no mistake of its own.  Of the stories that give the others, the one that explains most of them wins, then the one that
contradicts fewest of the right answers, then the commoner slip.  A story whose number is only met to a few digits must
be unlikely to be met by chance; where none is left nothing is said, because a wrong diagnosis is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.computing.exact import Undefined, Value
from symnet.computing.rounding import Rounding
from symnet.working.given import HOW, Given, fraction_of, read_number
from symnet.working.problem import Problem
from symnet.working.slips import CATALOGUE
from symnet.working.stories import Stories, Story

MOST_SLIPS = 4  # named for one number, where several give it
CHANCE = 0.05  # beyond which a story may have met the number by accident
CERTAIN = 8  # significant digits from which that is out of the question
NEAR = 30  # units of the last digit that rounding the lines above may come to


@dataclass(frozen=True)
class Explained:
    """One cause of a number: an id, a sentence, and the ``story`` where it is a slip."""

    id: str
    says: str
    story: Story | None = None


@dataclass(frozen=True)
class Verdict:
    """What is said of one answer.

    ``carried`` are the earlier wrong answers that it follows from; ``slips`` the causes found, the likeliest first.
    """

    key: str
    given: str
    right: Value
    verdict: str  # "right", "rounded" or "wrong"
    slips: tuple[Explained, ...] = ()
    carried: tuple[str, ...] = ()


def read_answers(stories: Stories, answers: Mapping[str, str]) -> dict[str, Given]:
    """The numbers of the answers, in the order of the work; raises Mistake for a key or a number that is none."""
    for key in answers:
        if key not in stories.keys:
            raise Mistake(
                f"{shown(key)} is not a quantity of this exercise{suggestion(key, stories.keys)}; "
                "x5 asks for a value, grad(x5) for its gradient, a weight for its new value"
            )
    return {key: read_number(answers[key], key) for key in stories.keys if key in answers}


def diagnose(stories: Stories, problem: Problem, answers: Mapping[str, str]) -> dict[str, Verdict]:
    """The verdict on every answer, in the order of the work.

    Raises Mistake for an unknown key, a text that is no number, and an exercise that has no values itself.
    """
    given = read_answers(stories, answers)
    right = stories.right(problem)
    how = {key: answer.matches(right[key]) for key, answer in given.items()}
    verdicts = {}
    examination = _Examination(stories, problem, given, right, [key for key in given if not how[key]])
    causes = examination.causes() if examination.wrong else {}
    for key, answer in given.items():
        if how[key] == "exact":
            verdicts[key] = Verdict(key, answer.text, right[key], "right")
        elif how[key]:
            verdicts[key] = Verdict(key, answer.text, right[key], "rounded", (Explained(how[key], HOW[how[key]]),))
        else:
            slips, carried = causes[key]
            verdicts[key] = Verdict(key, answer.text, right[key], "wrong", slips, carried)
    return verdicts


class _Examination:
    """The wrong answers of one person, and the stories that could have led to them."""

    def __init__(
        self,
        stories: Stories,
        problem: Problem,
        given: Mapping[str, Given],
        right: Mapping[str, Value],
        wrong: Sequence[str],
    ) -> None:
        self.stories, self.problem, self.given, self.right = stories, problem, given, right
        self.wrong = wrong
        numbers = {key: given[key].number for key in wrong}
        self.numbers = {key: number for key, number in numbers.items() if number is not None}
        # Who rounds every line, or carries an error forward, goes on with the numbers that are written down.
        self.written = {key: answer.number for key, answer in given.items() if answer.number is not None}

    def causes(self) -> dict[str, tuple[tuple[Explained, ...], tuple[str, ...]]]:
        """{key: (causes, the earlier wrong answers it follows from)} for every wrong answer."""
        follows = self._follows()
        roots = [key for key in self.wrong if key not in follows]
        self._tell()
        chosen: dict[str, tuple[Story, ...]] = {}
        left = list(roots)
        while left:
            best = self._best(left, list(follows))
            if best is None:
                break
            explained = [key for key in left if best in self.met[key]]
            for key in explained:
                same = [story for story in self.met[key] if story is not best and set(explained) <= self._met_by(story)]
                chosen[key] = (best, *same[: MOST_SLIPS - 1])
            left = [key for key in left if key not in explained]
        causes: dict[str, tuple[tuple[Explained, ...], tuple[str, ...]]] = {}
        for key in self.wrong:
            before = follows.get(key, ())
            stories = chosen.get(key) or next(
                ((chosen[root][0],) for root in before if root in chosen and chosen[root][0] in self.met[key]), ()
            )
            causes[key] = tuple(Explained(s.id, s.says, s) for s in stories), before
            if not stories and key in follows:
                causes[key] = (self._carried(before) if before else self._rounded_above(key),), before
        return causes

    def _carried(self, before: Sequence[str]) -> Explained:
        said = ", ".join(f"{key} = {self.given[key].text}" for key in before[:3])
        return Explained("carried", f"Right, given your {said}.")

    def _follows(self) -> dict[str, tuple[str, ...]]:
        """The wrong answers that are right given earlier answers, each with the wrong ones among those."""
        lines = self._right_given(self.numbers)
        as_written = self._right_given(self.written)
        follows: dict[str, tuple[str, ...]] = {}
        for key in self.wrong:
            above = self.stories.above(key)
            roots = tuple(k for k in self.wrong if k in above and k != key and k not in follows)
            for values in (lines, as_written):
                if key in values and values[key] != self.right[key] and self.given[key].matches(values[key]):
                    if roots and lines.get(key) != self.right[key]:
                        follows[key] = roots
                        break
                    if values is as_written and self._close(key):
                        follows[key] = ()
        return follows

    def _close(self, key: str, step: Fraction | None = None) -> bool:
        """Whether a number is only as far off as rounding the lines above it to that ``step`` may leave it."""
        answer, right = self.given[key], self.right[key]
        number = None if isinstance(right, Undefined) else fraction_of(right)
        if answer.number is None or answer.unit is None or number is None:
            return False
        return abs(answer.number - number) <= NEAR * (step or answer.unit)

    def _rounded_above(self, key: str) -> Explained:
        """The cause of a number that follows from the rounded numbers above it."""
        above = self.stories.above(key)
        decimals = [
            answer.decimals
            for other, answer in self.given.items()
            if other in above and other != key and answer.matches(self.right[other]) in ("rounded", "truncated")
        ]
        digits = max(decimals, default=0)  # the last digit of a rounded number may be a 0 that is not written
        said = f"to {Rounding(digits)}" if digits else ""
        slip = CATALOGUE["rounded-lines"]
        return Explained(slip.id, f"You {slip.did_at(said)}.")

    def _right_given(self, numbers: Mapping[str, Fraction]) -> Mapping[str, Value]:
        try:
            return self.stories.right(self.problem, numbers) if numbers else {}
        except Mistake:  # the answers lead to something that has no value
            return {}

    def _tell(self) -> None:
        """Which stories meet which wrong answers, with the right numbers above them or with the person's own."""
        self.pure = dict(self.stories.wrong(self.problem))
        self.met: dict[str, list[Story]] = {key: [] for key in self.wrong}
        self.loosely: set[tuple[Story, str]] = set()
        told = [self.pure]
        if len(self.wrong) > 1:
            told.append(dict(self.stories.wrong(self.problem, self.numbers)))
        if any(self.given[key].number != self.right[key] for key in self.given if key not in self.wrong):
            told.append(dict(self.stories.wrong(self.problem, self.written)))
        for story in self.stories.stories:
            for key in self.wrong:
                values = [every[story][key] for every in told if story in every]
                if self._ruled_out(story, key):
                    values = values[1:]  # with the person's own numbers above it may still be
                values = [value for value in values if value != self.right[key]]
                if any(self._meets(story, key, value) for value in values):
                    self.met[key].append(story)
                elif any(self._nearly(story, key, value) for value in values):
                    self.met[key].append(story)
                    self.loosely.add((story, key))

    def _ruled_out(self, story: Story, key: str) -> bool:
        """Whether a right answer, from which this one follows, would have been wrong in the story."""
        values = self.pure.get(story)
        before = self.stories.above(key) & (self.given.keys() - {key, *self.wrong})
        return values is not None and any(not self.given[other].matches(values[other]) for other in before)

    def _met_by(self, story: Story) -> set[str]:
        return {key for key in self.wrong if story in self.met[key]}

    def _meets(self, story: Story, key: str, value: Value) -> bool:
        """Whether the answer is the story's number, and hardly by accident."""
        answer, rounding = self.given[key], story.slipped.problem.rounding
        how = answer.matches(value)
        if rounding is not None and not isinstance(value, Undefined) and rounding(value) == answer.number:
            how = "exact"  # though it be rounded to very few digits
        if not how or (how in HOW and how.startswith("float")):
            return False
        if isinstance(value, Undefined) or answer.number is None:
            return True
        if story.is_rounding:
            return self._rounding_shows(story, key, how)
        return how == "exact" or answer.figures >= CERTAIN or self._chance(key) <= CHANCE

    def _nearly(self, story: Story, key: str, value: Value) -> bool:
        """Whether the answer is the story's number but for the last digit, as after rounding on the way."""
        answer = self.given[key]
        if story.is_rounding or isinstance(value, Undefined) or answer.number is None or answer.unit is None:
            return False
        number = fraction_of(value)
        close = number is not None and abs(answer.number - number) <= 2 * answer.unit
        return close and answer.figures > 2 and 3 * self._chance(key) <= CHANCE

    def _rounding_shows(self, story: Story, key: str, how: str) -> bool:
        """Whoever rounds every line writes the result to as many digits, close to the right one; else digits decide."""
        rounding, answer = story.slipped.problem.rounding, self.given[key]
        if rounding is None or not rounding.digits or how == ("rounded" if rounding.cut else "truncated"):
            return False
        shown_digits = answer.figures if rounding.significant else answer.decimals
        # A 0 at the end may have been left out, so fewer digits than were kept are as good.
        step = None if rounding.significant else Fraction(1, 10**rounding.digits)
        natural = shown_digits <= rounding.digits and how == "exact" and self._close(key, step)
        natural = natural or (shown_digits == rounding.digits and self._close(key, step))
        return natural or (shown_digits > rounding.digits and self._chance(key) <= CHANCE)

    def _chance(self, key: str) -> float:
        """How many stories a number as far off as this one would meet by accident."""
        answer, right = self.given[key], self.right[key]
        if answer.number is None or answer.unit is None:
            return 0.0
        middle = None if isinstance(right, Undefined) else fraction_of(right)
        if middle is None:
            return 1.0
        off = max(abs(answer.number - middle), answer.unit)
        met: set[int] = set()
        for values in self.pure.values():
            value = values[key]
            number = None if isinstance(value, Undefined) else fraction_of(value)
            if number is not None and abs(number - middle) <= 2 * off:
                met.add(round(number / answer.unit))
        return float(len(met) * 2 * answer.unit / (4 * off))

    def _best(self, left: Sequence[str], carried: Sequence[str]) -> Story | None:
        """The story that explains most of the answers that are left, contradicts fewest others, and is commonest."""
        best: tuple[int, ...] | None = None
        found: Story | None = None
        for place, story in enumerate(self.stories.stories):
            explained = sum(story in self.met[key] for key in left)
            if not explained:
                continue
            against = self._contradicted(story)
            if story.is_rounding and against > explained:
                continue
            loose = sum((story, key) in self.loosely for key in left)
            score = (explained, -loose, -against, sum(story in self.met[key] for key in carried), -place)
            if best is None or score > best:
                best, found = score, story
        return found

    def _contradicted(self, story: Story) -> int:
        """How many right answers would have been wrong in this story."""
        values = self.pure.get(story)
        if values is None:
            return 0
        right = (key for key in self.given if key not in self.wrong)
        return sum(not self.given[key].matches(values[key]) for key in right)


def told(verdicts: Mapping[str, Verdict]) -> Iterator[Story]:
    """The slips that explain a person's answers, each once, the first first."""
    stories = (verdict.slips[0].story for verdict in verdicts.values() if verdict.slips)
    yield from dict.fromkeys(story for story in stories if story is not None)
