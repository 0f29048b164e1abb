"""What speaks for and against the stories that may have led to somebody's wrong answers.

A story whose number is only met to a few digits must be unlikely to be met by chance.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import NamedTuple

from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import Equation, names_in
from symnet.computing.exact import Undefined, Value
from symnet.computing.rounding import Rounding
from symnet.working.given import NOISE, Given, fraction_of
from symnet.working.stories import Story
from symnet.working.written import Written, number_of

CERTAIN = 1e-6  # the chance below which meeting a number by accident is out of the question
EXACT = 8  # significant digits from which noise is meant and not rounding
FLIP = 0.5  # the chance to meet what follows from a step function that came out the other way


class Met(NamedTuple):
    """How a story gives an answer: the chance that any such answer is its number, and how many commoner ones there are.

    ``low`` and ``high``: between what it lies, as a multiple of what it should be, or of the change that it should be.
    ``long``: whether it shows too many digits to be that number by accident.  ``nearly``: it is it but for the last
    digit.
    """

    chance: float
    rank: int
    low: Fraction
    high: Fraction
    long: bool
    nearly: bool = False


class View(NamedTuple):
    """The numbers from which lines are worked: what each ``should be``, and what stories make of it."""

    should_be: Mapping[str, Value]
    stories: Mapping[Story, Mapping[str, Value]]


class Evidence:
    """Which stories meet and contradict the answers of one person.

    ``met`` are the stories that give a wrong answer; ``contradicted`` the right answers that a story would have made
    wrong.
    """

    def __init__(self, written: Written) -> None:
        self.written = written
        self.stories, self.problem, self.given = written.stories, written.problem, written.given
        self.right, self.wrong = written.right, written.wrong
        stories, problem, right, wrong = self.stories, self.problem, self.right, self.wrong
        self.pure = dict(stories.wrong(problem))
        self.contradicted = {story: self._contradicted_by(story, values) for story, values in self.pure.items()}
        # Who goes on with other numbers than those that are written down contradicts every story, and so none.
        self._at_odds = {
            key
            for key, value in written.lines.items()
            if value != right[key] and key in self.given and not self.given[key].matches(value)
        }
        views = self._views()
        own = views[1] if len(views) > 1 else views[0]
        self._disowned = {
            story: self._disowned_by(story, own if story in own.stories else views[0]) for story in self.pure
        }
        forward = problem.network.by_name.keys()
        self._before = {key: (stories.above(key) | forward) - {key} for key in wrong}
        self._steps = [e.name for e in problem.network.equations if _is_step(e)]
        self.met: dict[str, dict[Story, Met]] = {key: {} for key in wrong}
        self._tell(views)

    # -- which stories meet which answers ----------------------------------------------------------------------------

    def _views(self) -> list[View]:
        """Every story with the right numbers above it, and with the person's own, the wrong ones or all."""
        stories, problem, written = self.stories, self.problem, self.written
        views = [View(self.right, self.pure)]
        if len(self.wrong) > 1:
            views.append(View(written.lines, dict(stories.wrong(problem, written.goes_on_with))))
        if len(written.all_numbers) > len(written.goes_on_with):
            views.append(View(written.as_written, dict(stories.wrong(problem, written.all_numbers))))
        return views

    def _tell(self, views: Sequence[View]) -> None:
        for key in self.wrong:
            for place, view in enumerate(views):
                if key in view.should_be:
                    # With the right numbers above it a story may be ruled out, and with all the person's still be.
                    out = self._ruled_out(key) if place < 2 else frozenset()
                    self._tell_one(key, view, out)

    def _tell_one(self, key: str, view: View, out: Container[Story]) -> None:
        """The stories that give an answer in a view, but for those that are ``out``."""
        should_be = view.should_be[key]
        by_chance, ranks = self._chance(key, should_be), self._ranked(key, view, out)
        low, high = self._factor(key, should_be)
        for story, values in view.stories.items():
            if values[key] in (should_be, self.right[key]) or self._gradients_are_as_short(story):
                continue
            if story in out or (key in self.written.rounded and not story.is_rounding):
                continue
            chance = self._meets(story, key, values[key], by_chance)
            if chance is not None:
                flips = self._flips(values, view, key)
                chance, nearly = max(chance, FLIP) if flips else min(1.0, chance), chance > by_chance
                met = Met(chance, ranks[story], low, high, by_chance <= CERTAIN, nearly)
                known = self.met[key].get(story, met)
                self.met[key][story] = min(known, met, key=lambda one: one.chance * one.rank)

    def _flips(self, values: Mapping[str, Value], view: View, key: str) -> bool:
        """Whether a story gives an answer because a step function comes out the other way, as in many another story."""
        forward = self.problem.network.by_name
        for name in self._steps:
            if name in self.stories.above(key) and values[name] != view.should_be[name]:
                inputs = [other for other in self.stories.inputs(name) if other in forward]
                if any(values[other] != view.should_be[other] for other in inputs):
                    return True
        return False

    def _gradients_are_as_short(self, story: Story) -> bool:
        """Whether a story rounds the forward pass alone, and the gradients show no digit more."""
        rounding, forward = story.slipped.problem.rounding, self.problem.network.by_name
        if rounding is None or not rounding.forward_only:
            return False
        back = [answer for key, answer in self.given.items() if key.startswith("grad(") and answer.number]
        digits = [digits_shown(answer, rounding.significant) for answer in back]
        return any(key in forward for key in self.given) and 0 < max(digits, default=0) <= rounding.digits

    def _contradicted_by(self, story: Story, values: Mapping[str, Value]) -> frozenset[str]:
        """The right answers that would have been wrong with these values, or written with more digits."""
        rounding = story.slipped.problem.rounding
        forward = self.problem.network.by_name
        contradicted = set()
        for key, answer in self.given.items():
            value = values[key]
            if key in self.wrong or answer.number is None or isinstance(value, Undefined):
                continue
            if rounding is not None and rounding.digits and key in forward:
                differs = rounding(value) != answer.number
            else:
                differs = value != self.right[key] and not answer.matches(value)
            if differs:
                contradicted.add(key)
        if rounding is not None and rounding.digits and not rounding.forward_only:
            # Nobody who rounds every line shows more digits of one.
            back = ((key, answer) for key, answer in self.given.items() if key.startswith("grad(") and answer.number)
            contradicted |= {
                key for key, answer in back if digits_shown(answer, rounding.significant) > rounding.digits
            }
        return frozenset(contradicted)

    def _disowned_by(self, story: Story, own: View) -> frozenset[str]:
        """The wrong answers that it would have made wrong in another way."""
        if story.is_rounding or not own.should_be:
            return frozenset()
        values = own.stories[story]
        return frozenset(
            key
            for key, number in self.written.numbers.items()
            if values[key] != own.should_be[key] and not _is_near(self.given[key], number, values[key])
        )

    def _ruled_out(self, key: str) -> frozenset[Story]:
        """The stories in which another answer, of the forward pass or one from which this follows, would differ."""
        before = self._before[key]
        return frozenset(
            story
            for story, keys in self.contradicted.items()
            if not keys.isdisjoint(before) or not self._disowned.get(story, frozenset()).isdisjoint(before)
        )

    def _meets(self, story: Story, key: str, value: Value, by_chance: float) -> float | None:
        """The chance that any such answer is the story's number; None where this one is not."""
        answer, rounding = self.given[key], story.slipped.problem.rounding
        how = answer.matches(value)
        if isinstance(value, Undefined) or answer.number is None:
            return 0.0 if how else None
        if rounding is not None:
            return self._rounding_shows(key, rounding, "exact" if rounding(value) == answer.number else how, by_chance)
        if how == "exact":
            return 0.0
        if how in ("rounded", "truncated"):
            return by_chance if by_chance > CERTAIN else 0.0
        number, true = fraction_of(value), self.written.true(key)
        if number is None or answer.unit is None:
            return None
        off = abs(answer.number - number)
        noise = answer.figures >= EXACT and off <= NOISE["float32"] * abs(number)
        if noise and (true is None or off <= NOISE["float32"] * abs(number - true)):
            return CERTAIN
        # But for the last digit, as after rounding on the way; a number that ends before it is written as it is.
        nearly = off <= 2 * answer.unit and (number / answer.unit).denominator > 1
        return 3 * by_chance if nearly and answer.figures > 2 else None

    def _rounding_shows(self, key: str, rounding: Rounding, how: str, by_chance: float) -> float | None:
        """Whoever rounds every line writes the result to as many digits, close to the right one; else digits decide."""
        answer = self.given[key]
        if not rounding.digits or how not in ("exact", "truncated" if rounding.cut else "rounded"):
            return None
        shown_digits = digits_shown(answer, rounding.significant)
        if shown_digits > rounding.digits or (rounding.forward_only and key not in self.problem.network.by_name):
            return by_chance
        # A 0 at the end may have been left out, so fewer digits than were kept are as good.
        if (how != "exact" and shown_digits != rounding.digits) or not self.written.is_close(key):
            return None
        return 0.0 if len(self.given) > 1 else by_chance  # one number alone is met by many a way of rounding

    def _chance(self, key: str, should_be: Value) -> float:
        """The chance that a number as far off as this one is one certain number, to the digits shown."""
        answer, middle = self.given[key], number_of(should_be)
        if answer.number is None or answer.unit is None:
            return 0.0
        return 1.0 if middle is None else float(answer.unit / (2 * max(abs(answer.number - middle), answer.unit)))

    def _ranked(self, key: str, view: View, out: Container[Story]) -> dict[Story, int]:
        """How many different numbers, as far off as this one, the stories up to this one give, the commoner first.

        So a common slip is believed for fewer digits than a rare one, and the chance that any is blamed for a number
        that none of them made stays the same.  What right answers rule out takes nobody's place.
        """
        answer, middle = self.given[key], number_of(view.should_be[key])
        if answer.number is None or answer.unit is None or middle is None:
            return dict.fromkeys(view.stories, 1)
        off = max(abs(answer.number - middle), answer.unit)
        met: dict[int, int] = {}  # {the number in units of the last digit: how many were met before it, and itself}
        ranks = {}
        for story, values in view.stories.items():
            number = number_of(values[key])
            near = number is not None and number != middle and abs(number - middle) <= 2 * off
            if number is not None and near and story not in out:
                ranks[story] = met.setdefault(round(number / answer.unit), len(met) + 1)
            else:
                ranks[story] = max(1, len(met))
        return ranks

    def _factor(self, key: str, should_be: Value) -> tuple[Fraction, Fraction]:
        """Between what an answer lies, as a multiple of what it should be, or of the change of a parameter."""
        answer, true = self.given[key], number_of(should_be)
        start = self.problem.start.get(key, Fraction(0))
        if answer.number is None or true is None or true == start:
            return (Fraction(-(10**9) - self.wrong.index(key)),) * 2  # by no factor: on its own
        ends = [(answer.number + side * (answer.unit or 0) - start) / (true - start) for side in (-1, 1)]
        return min(ends), max(ends)

    def against(self, story: Story) -> int:
        """How many right answers speak against a story."""
        return len(self.contradicted.get(story, frozenset()) - self._at_odds)

    def doubts(self, story: Story, left: Sequence[str]) -> int:
        """How many right answers speak against a story, and wrong ones that it would have made wrong in another way.

        Who rounds, rounds everything.
        """
        against = self.against(story)
        if story.is_rounding:
            return against + sum(story not in self.met[key] for key in left) + (against > 0)
        disowned = self._disowned.get(story, frozenset())
        return against + sum(key in disowned and story not in self.met[key] for key in left)

    def is_vague(self, story: Story, keys: Sequence[str]) -> bool:
        """Whether most of the answers that a story explains are its numbers but for the last digit alone."""
        nearly = [self.met[key][story].nearly for key in keys if story in self.met[key]]
        return 2 * sum(nearly) > len(nearly)

    def is_seen(self, story: Story) -> bool:
        """Whether right numbers of the forward pass are rounded in this very way, and all of them."""
        rounding = story.slipped.problem.rounding
        if rounding is None or not rounding.digits or self.contradicted.get(story):
            return False
        forward = [key for key in self.problem.network.by_name if key in self.given and key not in self.wrong]
        right = [(self.given[key], self.right[key]) for key in forward]
        shown_digits = [
            digits_shown(answer, rounding.significant)
            for answer, value in right
            if answer.number is not None and answer.number != value
        ]
        return max(shown_digits, default=0) == rounding.digits

    def accident(self, story: Story, keys: Sequence[str]) -> float:
        """How many stories up to this one would meet all of those of these answers that it meets by accident.

        Answers that are wrong by the same factor may all follow from one wrong number: together they tell that factor
        more closely than each alone, and no more.
        """
        groups = self.groups(story, keys)
        by_accident = prod(group.chance for group in groups)
        return by_accident if self.is_seen(story) else max((group.rank for group in groups), default=1) * by_accident

    def groups(self, story: Story, keys: Sequence[str]) -> list[Met]:
        """What a story explains of these answers: those that are wrong by one factor once."""
        groups: list[Met] = []
        for met in sorted(self.met[key][story] for key in keys if story in self.met[key]):
            for i, group in enumerate(groups):
                if met.low <= group.high and group.low <= met.high:
                    low, high = max(met.low, group.low), min(met.high, group.high)
                    chance = min(group.chance, _chance_of_factor(low, high))
                    groups[i] = Met(chance, group.rank, low, high, group.long or met.long)
                    break
            else:
                groups.append(met)
        return groups


def _is_step(equation: Equation) -> bool:
    """Whether a line has a few values only: its slopes are 0."""
    names = names_in(equation.rhs)
    return bool(names) and all(slope == 0 for slope in local_derivatives(equation).values())


def digits_shown(answer: Given, significant: bool) -> int:
    """How many significant digits or decimals an answer shows."""
    return answer.figures if significant else answer.decimals


def _is_near(answer: Given, number: Fraction, value: Value) -> bool:
    """Whether the answer is the value but for the last digit shown."""
    if answer.matches(value) or answer.unit is None:
        return bool(answer.matches(value))
    other = number_of(value)
    return other is not None and abs(number - other) <= 2 * answer.unit


def _chance_of_factor(low: Fraction, high: Fraction) -> float:
    """The chance that a factor as far from 1 as this one is one certain factor between the two."""
    off = abs((low + high) / 2 - 1)
    return float((high - low) / (4 * off)) if off else 1.0
