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
from functools import cached_property

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.computing.exact import Undefined, Value
from symnet.computing.rounding import Rounding
from symnet.working.given import NEARLY, Given, fraction_of, read_number
from symnet.working.problem import Problem
from symnet.working.slips import CATALOGUE
from symnet.working.stories import Stories, Story

MOST_SLIPS = 4  # named for one number, where several give it
CHANCE = 0.03  # beyond which a story may have met the number by accident
LIKELY = 0.5  # the same for a way of rounding that right numbers show
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
    ``vague`` says that a slip gives this number, but that so few digits may be met by accident.
    """

    key: str
    given: str
    right: Value
    verdict: str  # "right", "rounded" or "wrong"
    slips: tuple[Explained, ...] = ()
    carried: tuple[str, ...] = ()
    vague: bool = False


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
            vague = not slips and bool(examination.met[key])
            verdicts[key] = Verdict(key, answer.text, right[key], "wrong", slips, carried, vague)
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
        self._with_all: set[str] = set()  # what follows from all numbers as they are written, not from the wrong ones
        follows, self.rounded = self._follows(lines, as_written)
        self._tell(lines, as_written)
        chosen: dict[str, tuple[Story, ...]] = {}
        left = [key for key in self.wrong if key not in follows]
        while left:
            # Nobody rounds in two ways at once.
            rounds = any(stories[0].is_rounding for stories in chosen.values())
            best = self._best(left, list(follows), rounds)
            if best is None:
                break
            explained = [key for key in left if best in self.met[key]]
            for key in explained:
                chosen[key] = (best, *self._others(best, explained))
            left = [key for key in left if key not in explained]
        rounding = next((stories[0] for stories in chosen.values() if stories[0].is_rounding), None)
        causes: dict[str, tuple[tuple[Explained, ...], tuple[str, ...]]] = {}
        for key in self.wrong:
            before = follows.get(key, ())
            roots = (chosen[root][0] for root in before if root in chosen)
            stories = chosen.get(key) or tuple(story for story in roots if story in self.met[key])[:1]
            causes[key] = tuple(Explained(s.id, s.says, s) for s in stories), before
            if not stories and (before or key in self.rounded):
                causes[key] = (self._carried(key, before) if before else self._rounded_above(key, rounding),), before
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
                        self._with_all |= {key} if values is as_written else set()
                        break
                    if values is as_written and self._close(key):
                        rounded.add(key)
        return follows, rounded

    def _carried(self, key: str, before: Sequence[str]) -> Explained:
        said = ", ".join(f"{other} = {self.given[other].text}" for other in before[:3])
        also = " and the other numbers as you wrote them" if key in self._with_all else ""
        return Explained("carried", f"Right, given your {said}{also}.")

    def _rounded_above(self, key: str, told: Story | None) -> Explained:
        """The cause of a number that follows from the rounded numbers above it; ``told`` is how the person rounds."""
        if told is not None:
            return Explained(told.id, told.says, told)
        forward = self.problem.network.by_name.keys()
        seen = (self.stories.above(key) | forward) & self.given.keys() - {key, *self.wrong}
        places, places_back = (
            max((self.given[other].decimals for other in found), default=0)
            for found in (seen & forward, seen - forward)
        )
        # Who writes more digits in the backward pass rounded the forward pass alone, as far as can be seen.
        alone = places and places < max(places_back, self.given[key].decimals)
        lines = seen & forward if alone else seen
        cut = any(self.given[other].matches(self.right[other]) == "truncated" for other in lines)
        cut = cut and not any(self._is_rounded_up(other) for other in lines)
        slip = CATALOGUE[f"{'truncated' if cut else 'rounded'}-{'forward' if alone else 'lines'}"]
        digits = places if alone or places_back in (0, places) else places_back if not places else 0
        return Explained(slip.id, f"You {slip.did_at(f'to {Rounding(digits)}' if digits else '')}.")

    def _is_rounded_up(self, key: str) -> bool:
        number, true = self.given[key].number, self._true(key)
        return number is not None and true is not None and abs(number) > abs(true)

    def _close(self, key: str) -> bool:
        """Whether a number is only as far off as rounding the lines above it may leave it."""
        answer, true = self.given[key], self._true(key)
        if answer.number is None or answer.unit is None or true is None:
            return False
        return abs(answer.number - true) <= max(2 * answer.unit, min(NEAR * answer.unit, abs(true) / 30))

    # -- which stories meet which answers ----------------------------------------------------------------------------

    def _tell(self, lines: Mapping[str, Value], as_written: Mapping[str, Value]) -> None:
        """``met``: the stories that give a wrong answer, each with the chance that a number there is its number.

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
        self._contradicted = {story: self._contradicted_by(story, values) for story, values in self.pure.items()}
        forward = problem.network.by_name.keys()
        self._before = {key: (stories.above(key) | forward) - {key} for key in self.wrong}
        by_chance = {key: self._chance(key) for key in self.wrong}
        self._ranks = {key: self._ranked(key) for key in self.wrong}
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
        return not self._contradicted.get(story, frozenset()).isdisjoint(self._before[key])

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
        answer, middle = self.given[key], self._true(key)
        if answer.number is None or answer.unit is None:
            return 0.0
        return 1.0 if middle is None else float(answer.unit / (2 * max(abs(answer.number - middle), answer.unit)))

    def _ranked(self, key: str) -> dict[Story, int]:
        """How many different numbers, as far off as this one, the stories up to this one give, the commoner first.

        So a common slip is believed for fewer digits than a rare one, and the chance that any is blamed for a number
        that none of them made stays the same.
        """
        answer, middle = self.given[key], self._true(key)
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

    def _true(self, key: str) -> Fraction | None:
        right = self.right[key]
        return None if isinstance(right, Undefined) else fraction_of(right)

    # -- which story is told -----------------------------------------------------------------------------------------

    def _best(self, left: Sequence[str], carried: Sequence[str], rounds: bool) -> Story | None:
        """The story that explains most of the answers that are left, contradicts fewest others, and is commonest.

        ``rounds`` says that a story of rounding has been told already.
        """
        best: tuple[float, ...] | None = None
        found: Story | None = None
        for place, story in enumerate(self.stories.stories):
            explained = sum(story in self.met[key] for key in left)
            if not explained or (rounds and story.is_rounding):
                continue
            accident, against = self._accident(story, left), len(self._contradicted.get(story, ()))
            most = LIKELY if self._is_seen(story) else CHANCE
            # Who rounds, rounds everything; and what is met to a few digits alone must not be contradicted by the rest.
            doubts = against + (len(left) - explained + (against > 0) if story.is_rounding else 0)
            if accident > most or ((story.is_rounding or accident) and doubts > explained):
                continue
            certain = not accident and not story.is_rounding
            also = sum(story in self.met[key] for key in carried)
            score = (explained, certain, -against, -accident, also, -place)
            if best is None or score > best:
                best, found = score, story
        return found

    def _is_seen(self, story: Story) -> bool:
        """Whether right numbers of the forward pass are rounded in this very way, and all of them."""
        rounding = story.slipped.problem.rounding
        if rounding is None or not rounding.digits or self._contradicted.get(story):
            return False
        right = [(self.given[key], self.right[key]) for key in self.problem.network.by_name if key in self.given]
        shown_digits = [
            answer.figures if rounding.significant else answer.decimals
            for answer, value in right
            if answer.number is not None and answer.number != value
        ]
        return max(shown_digits, default=0) == rounding.digits

    def _accident(self, story: Story, keys: Sequence[str]) -> float:
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
        return chance if self._is_seen(story) else rank * chance

    @cached_property
    def _factors(self) -> dict[str, tuple[Fraction, Fraction]]:
        """Between what an answer lies, as a multiple of the right number, or of the right change of a parameter."""
        factors = {}
        for place, key in enumerate(self.wrong):
            answer, true = self.given[key], self._true(key)
            start = self.problem.start.get(key, Fraction(0))
            if answer.number is None or true is None or true == start:
                factors[key] = (Fraction(-(10**9) - place),) * 2  # by no factor: on its own
            else:
                ends = [(answer.number + side * (answer.unit or 0) - start) / (true - start) for side in (-1, 1)]
                factors[key] = min(ends), max(ends)
        return factors

    def _others(self, best: Story, explained: Sequence[str]) -> list[Story]:
        """The other stories that give the same answers, one for each sentence."""
        same = {
            story.says: story
            for story in reversed(self.met[explained[0]])
            if all(story in self.met[key] for key in explained) and self._as_good(story, best, explained)
        }
        same.pop(best.says, None)
        return list(reversed(same.values()))[: MOST_SLIPS - 1]

    def _as_good(self, story: Story, best: Story, explained: Sequence[str]) -> bool:
        """Whether nothing speaks against a story beside the best; of ways of rounding none is likelier than another."""
        if best.is_rounding and story.is_rounding:
            return len(self._contradicted.get(story, ())) <= len(self._contradicted.get(best, ()))
        return self._accident(story, explained) <= CHANCE


def told(verdicts: Mapping[str, Verdict]) -> Iterator[Story]:
    """The slips that explain a person's answers, each once, the first first."""
    stories = (verdict.slips[0].story for verdict in verdicts.values() if verdict.slips)
    yield from dict.fromkeys(story for story in stories if story is not None)
