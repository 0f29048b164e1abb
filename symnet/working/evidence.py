"""What speaks for and against the stories that may have led to somebody's wrong answers.

A story whose number is only met to a few digits must be unlikely to be met by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property

from symnet.algebra.mistakes import Mistake
from symnet.computing.exact import Undefined, Value
from symnet.computing.rounding import Rounding
from symnet.working.given import Given, fraction_of
from symnet.working.problem import Problem
from symnet.working.stories import Stories, Story

CERTAIN = 8  # significant digits from which meeting a number by chance is out of the question
NEAR = 30  # units of the last digit that rounding the lines above may come to


class Evidence:
    """The answers of one person, those that are ``wrong``, and which stories meet and contradict them.

    ``follows`` are the wrong answers that are right given earlier wrong ones, ``with_all`` those of them that follow
    from all numbers as they are written; ``rounded`` follow from rounded numbers alone.  ``met`` are the stories that
    give a wrong answer, each with the chance that any such number is its own; ``contradicted`` the right answers that a
    story would have made wrong.
    """

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
        self._numbers = {key: number for key, number in numbers.items() if number is not None}
        # Who rounds every line, or carries an error forward, goes on with the numbers that are written down.
        self._written = {key: answer.number for key, answer in given.items() if answer.number is not None}
        lines, as_written = self._right_given(self._numbers), self._right_given(self._written)
        self.follows: dict[str, tuple[str, ...]] = {}
        self.with_all: set[str] = set()
        self.rounded: set[str] = set()
        self._follow(lines, as_written)
        self.pure = dict(stories.wrong(problem))
        self.contradicted = {story: self._contradicted_by(story, values) for story, values in self.pure.items()}
        self._ranks = {key: self._ranked(key) for key in wrong}
        self.met: dict[str, dict[Story, float]] = {key: {} for key in wrong}
        self._tell(lines, as_written)

    # -- what follows from what is written down ----------------------------------------------------------------------

    def _right_given(self, numbers: Mapping[str, Fraction]) -> Mapping[str, Value]:
        try:
            return self.stories.right(self.problem, numbers) if numbers else {}
        except Mistake:  # the answers lead to something that has no value
            return {}

    def _follow(self, lines: Mapping[str, Value], as_written: Mapping[str, Value]) -> None:
        for key in self.wrong:
            above = self.stories.above(key)
            roots = tuple(k for k in self.wrong if k in above and k != key and k not in self.follows)
            for values in (lines, as_written):
                if key in values and values[key] != self.right[key] and self.given[key].matches(values[key]):
                    if roots and lines.get(key) != self.right[key]:
                        self.follows[key] = roots
                        if values is as_written:
                            self.with_all.add(key)
                        break
                    if values is as_written and self._close(key):
                        self.rounded.add(key)

    def is_rounded_up(self, key: str) -> bool:
        number, true = self.given[key].number, self.true(key)
        return number is not None and true is not None and abs(number) > abs(true)

    def _close(self, key: str) -> bool:
        """Whether a number is only as far off as rounding the lines above it may leave it."""
        answer, true = self.given[key], self.true(key)
        if answer.number is None or answer.unit is None or true is None:
            return False
        return abs(answer.number - true) <= max(2 * answer.unit, min(NEAR * answer.unit, abs(true) / 30))

    # -- which stories meet which answers ----------------------------------------------------------------------------

    def _tell(self, lines: Mapping[str, Value], as_written: Mapping[str, Value]) -> None:
        """Every story with the right numbers above it, and with the person's own, the wrong ones or all."""
        stories, problem = self.stories, self.problem
        own = []
        if len(self.wrong) > 1:
            own.append((dict(stories.wrong(problem, self._numbers)), lines))
        if len(self._written) > len(self._numbers):
            own.append((dict(stories.wrong(problem, self._written)), as_written))
        forward = problem.network.by_name.keys()
        self._before = {key: (stories.above(key) | forward) - {key} for key in self.wrong}
        by_chance = {key: self._chance(key) for key in self.wrong}
        for story in stories.stories:
            if self._gradients_are_as_short(story):
                continue
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
                met = [chance for chance in chances if chance is not None]
                if met:
                    self.met[key][story] = min(1.0, *met)

    def _gradients_are_as_short(self, story: Story) -> bool:
        """Whether a story rounds the forward pass alone, and the gradients show no digit more."""
        rounding, forward = story.slipped.problem.rounding, self.problem.network.by_name
        if rounding is None or not rounding.forward_only:
            return False
        back = [answer for key, answer in self.given.items() if key.startswith("grad(") and answer.number]
        digits = [answer.figures if rounding.significant else answer.decimals for answer in back]
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
        return frozenset(contradicted)

    def _ruled_out(self, story: Story, key: str) -> bool:
        """Whether a right answer, of the forward pass or one from which this follows, would be wrong in the story."""
        return not self.contradicted.get(story, frozenset()).isdisjoint(self._before[key])

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
            return by_chance if answer.figures < CERTAIN else 0.0
        # But for the last digit, as after rounding on the way.
        number = fraction_of(value)
        nearly = number is not None and answer.unit is not None and abs(answer.number - number) <= 2 * answer.unit
        return 3 * by_chance if nearly and answer.figures > 2 else None

    def _rounding_shows(self, key: str, rounding: Rounding, how: str, by_chance: float) -> float | None:
        """Whoever rounds every line writes the result to as many digits, close to the right one; else digits decide."""
        answer = self.given[key]
        if not rounding.digits or how not in ("exact", "truncated" if rounding.cut else "rounded"):
            return None
        shown_digits = answer.figures if rounding.significant else answer.decimals
        if shown_digits > rounding.digits or (rounding.forward_only and key not in self.problem.network.by_name):
            return by_chance
        # A 0 at the end may have been left out, so fewer digits than were kept are as good.
        return 0.0 if (how == "exact" or shown_digits == rounding.digits) and self._close(key) else None

    def _chance(self, key: str) -> float:
        """The chance that a number as far off as this one is one certain number, to the digits shown."""
        answer, middle = self.given[key], self.true(key)
        if answer.number is None or answer.unit is None:
            return 0.0
        return 1.0 if middle is None else float(answer.unit / (2 * max(abs(answer.number - middle), answer.unit)))

    def _ranked(self, key: str) -> dict[Story, int]:
        """How many different numbers, as far off as this one, the stories up to this one give, the commoner first.

        So a common slip is believed for fewer digits than a rare one, and the chance that any is blamed for a number
        that none of them made stays the same.
        """
        answer, middle = self.given[key], self.true(key)
        if answer.number is None or answer.unit is None or middle is None:
            return dict.fromkeys(self.stories.stories, 1)
        off = max(abs(answer.number - middle), answer.unit)
        met: dict[int, int] = {}  # {the number in units of the last digit: how many were met before it, and itself}
        ranks = {}
        for story in self.stories.stories:
            value = self.pure[story][key] if story in self.pure else None
            number = None if value is None or isinstance(value, Undefined) else fraction_of(value)
            if number is not None and abs(number - middle) <= 2 * off:
                ranks[story] = met.setdefault(round(number / answer.unit), len(met) + 1)
            else:
                ranks[story] = max(1, len(met))
        return ranks

    def true(self, key: str) -> Fraction | None:
        right = self.right[key]
        return None if isinstance(right, Undefined) else fraction_of(right)

    def is_seen(self, story: Story) -> bool:
        """Whether right numbers of the forward pass are rounded in this very way, and all of them."""
        rounding = story.slipped.problem.rounding
        if rounding is None or not rounding.digits or self.contradicted.get(story):
            return False
        right = [(self.given[key], self.right[key]) for key in self.problem.network.by_name if key in self.given]
        shown_digits = [
            answer.figures if rounding.significant else answer.decimals
            for answer, value in right
            if answer.number is not None and answer.number != value
        ]
        return max(shown_digits, default=0) == rounding.digits

    def accident(self, story: Story, keys: Sequence[str]) -> float:
        """How many stories up to this one would meet all of those of these answers that it meets by accident.

        Answers that are wrong by the same factor follow from one wrong number, and are met together or not at all.
        """
        met = sorted((self.met[key][story], key) for key in keys if story in self.met[key])
        counted: list[tuple[Fraction, Fraction]] = []
        chance, rank = 1.0, 1
        for one, key in met:
            low, high = self._factors[key]
            if not any(low <= other_high and other_low <= high for other_low, other_high in counted):
                chance *= one
                rank = max(rank, self._ranks[key][story])
                counted.append((low, high))
        return chance if self.is_seen(story) else rank * chance

    @cached_property
    def _factors(self) -> dict[str, tuple[Fraction, Fraction]]:
        """Between what an answer lies, as a multiple of the right number, or of the right change of a parameter."""
        factors = {}
        for place, key in enumerate(self.wrong):
            answer, true = self.given[key], self.true(key)
            start = self.problem.start.get(key, Fraction(0))
            if answer.number is None or true is None or true == start:
                factors[key] = (Fraction(-(10**9) - place),) * 2  # by no factor: on its own
            else:
                ends = [(answer.number + side * (answer.unit or 0) - start) / (true - start) for side in (-1, 1)]
                factors[key] = min(ends), max(ends)
        return factors
