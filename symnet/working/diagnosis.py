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
from math import prod

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.computing.exact import Undefined, Value
from symnet.computing.rounding import Rounding
from symnet.working.given import NEARLY, Given, fraction_of, read_number
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
    for key, value in stories.unrounded(problem).items() if not all(how.values()) else ():
        if key in given and not how[key] and given[key].matches(value):
            how[key] = "unrounded"
    verdicts = {}
    examination = _Examination(stories, problem, given, right, [key for key in given if not how[key]])
    causes = examination.causes() if examination.wrong else {}
    for key, answer in given.items():
        if how[key] == "exact":
            verdicts[key] = Verdict(key, answer.text, right[key], "right")
        elif how[key]:
            verdicts[key] = Verdict(
                key, answer.text, right[key], "rounded", (Explained(how[key], NEARLY[how[key]].says),)
            )
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
        lines, as_written = self._right_given(self.numbers), self._right_given(self.written)
        follows, self.rounded = self._follows(lines, as_written)
        self._tell(lines, as_written)
        chosen: dict[str, tuple[Story, ...]] = {}
        left = [key for key in self.wrong if key not in follows]
        while left:
            best = self._best(left, list(follows))
            if best is None:
                break
            explained = [key for key in left if best in self.met[key]]
            for key in explained:
                chosen[key] = (best, *self._others(best, explained))
            left = [key for key in left if key not in explained]
        causes: dict[str, tuple[tuple[Explained, ...], tuple[str, ...]]] = {}
        for key in self.wrong:
            before = follows.get(key, ())
            roots = (chosen[root][0] for root in before if root in chosen)
            stories = chosen.get(key) or tuple(story for story in roots if story in self.met[key])[:1]
            causes[key] = tuple(Explained(s.id, s.says, s) for s in stories), before
            if not stories and (before or key in self.rounded):
                causes[key] = (self._carried(before) if before else self._rounded_above(key),), before
        return causes

    # -- what follows from what is written down ----------------------------------------------------------------------

    def _right_given(self, numbers: Mapping[str, Fraction]) -> Mapping[str, Value]:
        try:
            return self.stories.right(self.problem, numbers) if numbers else {}
        except Mistake:  # the answers lead to something that has no value
            return {}

    def _follows(
        self, lines: Mapping[str, Value], as_written: Mapping[str, Value]
    ) -> tuple[dict[str, tuple[str, ...]], set[str]]:
        """The wrong answers that are right given earlier wrong ones, and those that are so given rounded ones alone."""
        follows: dict[str, tuple[str, ...]] = {}
        rounded: set[str] = set()
        for key in self.wrong:
            above = self.stories.above(key)
            roots = tuple(k for k in self.wrong if k in above and k != key and k not in follows)
            for values in (lines, as_written):
                if key in values and values[key] != self.right[key] and self.given[key].matches(values[key]):
                    if roots and lines.get(key) != self.right[key]:
                        follows[key] = roots
                        break
                    if values is as_written and self._close(key):
                        rounded.add(key)
        return follows, rounded

    def _carried(self, before: Sequence[str]) -> Explained:
        said = ", ".join(f"{key} = {self.given[key].text}" for key in before[:3])
        return Explained("carried", f"Right, given your {said}.")

    def _rounded_above(self, key: str) -> Explained:
        """The cause of a number that follows from the rounded numbers above it."""
        above = self.stories.above(key) - {key}
        how = {other: answer.matches(self.right[other]) for other, answer in self.given.items() if other in above}
        kept = [other for other, said in how.items() if said in ("rounded", "truncated")]
        # The last digit of a rounded number may be a 0 that is not written.
        digits = max((self.given[other].decimals for other in kept), default=0)
        cut = "truncated" in how.values()
        forward = all(other in self.problem.network.by_name for other in kept) and self.given[key].decimals > digits
        slip = CATALOGUE[f"{'truncated' if cut else 'rounded'}-{'forward' if forward else 'lines'}"]
        return Explained(slip.id, f"You {slip.did_at(f'to {Rounding(digits)}' if digits else '')}.")

    def _close(self, key: str) -> bool:
        """Whether a number is only as far off as rounding the lines above it may leave it."""
        answer, right = self.given[key], self.right[key]
        number = None if isinstance(right, Undefined) else fraction_of(right)
        if answer.number is None or answer.unit is None or number is None:
            return False
        return abs(answer.number - number) <= max(2 * answer.unit, min(NEAR * answer.unit, abs(number) / 30))

    # -- which stories meet which answers ----------------------------------------------------------------------------

    def _tell(self, lines: Mapping[str, Value], as_written: Mapping[str, Value]) -> None:
        """``met``: the stories that give a wrong answer, each with the chance that it does so by accident.

        A story is told with the right numbers above it, and with the person's own, the wrong ones or all.
        """
        stories, problem = self.stories, self.problem
        self.pure = dict(stories.wrong(problem))
        self.met: dict[str, dict[Story, float]] = {key: {} for key in self.wrong}
        own = []
        if len(self.wrong) > 1:
            own.append((dict(stories.wrong(problem, self.numbers)), lines))
        if len(self.written) > len(self.numbers):
            own.append((dict(stories.wrong(problem, self.written)), as_written))
        self._contradicted = {story: self._contradicted_by(values) for story, values in self.pure.items()}
        forward = problem.network.by_name.keys()
        self._before = {key: (stories.above(key) | forward) - {key} for key in self.wrong}
        by_chance = {key: self._chance(key) for key in self.wrong}
        for story in stories.stories:
            for key in self.wrong:
                if key in self.rounded and not story.is_rounding:
                    continue
                told = [(self.pure, self.right), *own]
                if self._ruled_out(story, key):
                    told = own[1:] if len(own) > 1 else []  # with the right numbers above it, it may still be
                chances = [
                    self._meets(story, key, values[story][key], by_chance[key])
                    for values, base in told
                    if story in values and key in base and values[story][key] not in (base[key], self.right[key])
                ]
                if chances and min(chances) < 1:
                    self.met[key][story] = min(chances)

    def _contradicted_by(self, values: Mapping[str, Value]) -> frozenset[str]:
        """The right answers that would have been wrong with these values."""
        right = (key for key in self.given if key not in self.wrong and values[key] != self.right[key])
        return frozenset(key for key in right if not self.given[key].matches(values[key]))

    def _ruled_out(self, story: Story, key: str) -> bool:
        """Whether a right answer, of the forward pass or one from which this follows, would be wrong in the story."""
        return not self._contradicted.get(story, frozenset()).isdisjoint(self._before[key])

    def _meets(self, story: Story, key: str, value: Value, by_chance: float) -> float:
        """The chance that the answer is the story's number by accident; 1 where it is not that number."""
        answer, rounding = self.given[key], story.slipped.problem.rounding
        how = answer.matches(value)
        if isinstance(value, Undefined) or answer.number is None:
            return 0.0 if how else 1.0
        if rounding is not None:
            return self._rounding_shows(key, rounding, "exact" if rounding(value) == answer.number else how, by_chance)
        if how == "exact":
            return 0.0
        if how in ("rounded", "truncated"):
            return by_chance if answer.figures < CERTAIN else 0.0
        # But for the last digit, as after rounding on the way.
        number = fraction_of(value)
        nearly = number is not None and answer.unit is not None and abs(answer.number - number) <= 2 * answer.unit
        return 3 * by_chance if nearly and answer.figures > 2 else 1.0

    def _rounding_shows(self, key: str, rounding: Rounding, how: str, by_chance: float) -> float:
        """Whoever rounds every line writes the result to as many digits, close to the right one; else digits decide."""
        answer = self.given[key]
        if not rounding.digits or how not in ("exact", "truncated" if rounding.cut else "rounded"):
            return 1.0
        shown_digits = answer.figures if rounding.significant else answer.decimals
        if shown_digits > rounding.digits:
            return by_chance
        # A 0 at the end may have been left out, so fewer digits than were kept are as good.
        return 0.0 if (how == "exact" or shown_digits == rounding.digits) and self._close(key) else 1.0

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

    # -- which story is told -----------------------------------------------------------------------------------------

    def _best(self, left: Sequence[str], carried: Sequence[str]) -> Story | None:
        """The story that explains most of the answers that are left, contradicts fewest others, and is commonest."""
        best: tuple[float, ...] | None = None
        found: Story | None = None
        for place, story in enumerate(self.stories.stories):
            explained = sum(story in self.met[key] for key in left)
            if not explained:
                continue
            accident, against = self._accident(story, left), len(self._contradicted.get(story, ()))
            # Who rounds, rounds everything; and what is met to a few digits alone must not be contradicted by the rest.
            doubts = against + (len(left) - explained if story.is_rounding else 0)
            if accident > CHANCE or ((story.is_rounding or accident) and doubts > explained):
                continue
            score = (explained, -accident, -against, sum(story in self.met[key] for key in carried), -place)
            if best is None or score > best:
                best, found = score, story
        return found

    def _accident(self, story: Story, keys: Sequence[str]) -> float:
        """The chance that a story meets all of those of these answers that it does meet by accident."""
        return prod(min(1.0, self.met[key][story]) for key in keys if story in self.met[key])

    def _others(self, best: Story, explained: Sequence[str]) -> list[Story]:
        """The other stories that give the same answers, one for each sentence."""
        same = {
            story.says: story
            for story in reversed(self.met[explained[0]])
            if all(story in self.met[key] for key in explained) and self._accident(story, explained) <= CHANCE
        }
        same.pop(best.says, None)
        return list(reversed(same.values()))[: MOST_SLIPS - 1]


def told(verdicts: Mapping[str, Verdict]) -> Iterator[Story]:
    """The slips that explain a person's answers, each once, the first first."""
    stories = (verdict.slips[0].story for verdict in verdicts.values() if verdict.slips)
    yield from dict.fromkeys(story for story in stories if story is not None)
