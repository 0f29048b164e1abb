"""What speaks for and against the hypotheses that may have led to somebody's wrong answers.

A hypothesis whose number is only met to a few digits must be unlikely to be met by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from math import log, prod
from typing import Any, NamedTuple, TypeAlias

from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import Equation, names_in
from symnet.algebra.functions import floor
from symnet.computing.exact import Undefined, Value
from symnet.computing.many import np
from symnet.computing.rounded_arrays import Roundings
from symnet.computing.rounding import Rounding
from symnet.diagnosis.answer import NOISE, Answer, fraction_of
from symnet.diagnosis.handwork import Handwork, number_of
from symnet.diagnosis.hypotheses import SAME, Hypothesis, View

Bools: TypeAlias = Any  # an array with an entry for every hypothesis

CERTAIN = 1e-6  # the chance below which meeting a number by accident is out of the question
BESIDE = Fraction(1, 10**9)  # the share of itself by which an answer may be off the right number in no estimate
EXACT = 8  # significant digits from which noise is meant and not rounding
FLIP = 0.5  # the chance to meet what follows from a step function that came out the other way


class Met(NamedTuple):
    """How a hypothesis gives an answer: the chance that any such answer is its number, and how many are commoner.

    ``low`` and ``high``: between what it lies, as a multiple of what it should be, or of the change that it should be.
    ``long``: whether it shows too many digits to be that number by accident.  ``nearly``: it is it but for the last
    digit.  ``own``: with the person's wrong numbers above it alone, and not with the right ones.
    """

    chance: float
    rank: int
    low: Fraction
    high: Fraction
    long: bool
    nearly: bool = False
    own: bool = False


class Evidence:
    """Which hypotheses meet and contradict the answers of one person.

    ``met`` are the hypotheses that give a wrong answer.  All hypotheses are weighed by their estimates at once; what
    comes near an answer is worked exactly before it is said to meet it.
    """

    @np.errstate(all="ignore")  # type: ignore[untyped-decorator]  # numbers beyond floating point
    def __init__(self, written: Handwork) -> None:
        self.written = written
        self.hypotheses, self.problem, self.given = written.hypotheses, written.problem, written.given
        self.right, self.wrong = written.right, written.wrong
        self._rounds = np.array([hypothesis.is_rounding for hypothesis in self.hypotheses.hypotheses], bool)
        self.views = self._views()
        self.pure = self.views[0]
        self._place = {hypothesis: i for i, hypothesis in enumerate(self.hypotheses.hypotheses)}
        self._against = self._contradicted()
        # Who goes on with other numbers than those that are written down contradicts every hypothesis, and so none.
        self._at_odds = {
            key
            for key, value in written.lines.items()
            if value != self.right[key] and key in self.given and not self.given[key].matches(value)
        }
        self._disowned = self._made_wrong_otherwise(self.views[1] if len(self.views) > 1 else self.pure)
        self._steps = [e.name for e in self.problem.network.equations if _is_step(e)]
        self.met: dict[str, dict[Hypothesis, Met]] = {key: {} for key in self.wrong}
        for key in self.wrong:
            for place, view in enumerate(self.views):
                if key in view.should_be:
                    # With the right numbers above it a hypothesis may be ruled out, and with all the person's still be.
                    self._tell(key, view, self._ruled_out(key) if place < 2 else np.zeros(len(self._rounds), bool))
        if self.problem.places is not None:  # a slip that is worked in full shows in another answer to the last digit
            shown = {hypothesis for found in self.met.values() for hypothesis, met in found.items() if not met.nearly}
            self.met = {key: {h: met for h, met in found.items() if h in shown} for key, found in self.met.items()}

    # -- what hypotheses make of the answers --------------------------------------------------------------------------

    def _views(self) -> list[View]:
        """Every hypothesis with the right numbers above it, and with the person's own, the wrong ones or all."""
        hypotheses, problem, written = self.hypotheses, self.problem, self.written
        views = [hypotheses.view(problem)]
        if len(self.wrong) > 1 and written.lines:
            views.append(hypotheses.view(problem, written.goes_on_with))
        if len(written.all_numbers) > len(written.goes_on_with) and written.as_written:
            views.append(hypotheses.view(problem, written.all_numbers))
        return views

    def _negligible(self, key: str) -> float:
        """The size below which a number cannot be told from 0 in an answer."""
        unit = self.given[key].unit
        return 1e-6 * float(unit) if unit is not None else 0.0

    def _differs(self, view: View, key: str, value: Value) -> Bools:
        return view.differs(key, value, self._negligible(key))

    def _matched(self, view: View, key: str, among: Bools) -> Bools:
        """Which of these hypotheses give an answer; where estimates cannot tell, exactly."""
        answer = self.given[key]
        surely, maybe = answer.estimated(view.column(key, self._negligible(key)))
        for i in np.flatnonzero(among & maybe & ~surely):
            surely[i] = bool(answer.matches(view.values(self.hypotheses.hypotheses[i])[key]))
        return np.asarray(surely & among)

    @cached_property
    def _ways_of_rounding(self) -> tuple[Any, Roundings]:
        roundings = [hypothesis.slipped.problem.rounding for hypothesis in self.hypotheses.hypotheses]
        digits = [i for i, rounding in enumerate(roundings) if rounding is not None and rounding.digits]
        return np.array(digits, int), Roundings([rounding for i in digits if (rounding := roundings[i]) is not None])

    def _contradicted(self) -> dict[str, Bools]:
        """For every right answer the hypotheses that would have made it wrong, or written it with more digits."""
        forward = self.problem.network.by_name
        places, rounded = self._ways_of_rounding
        digits = {significant: self._digits_kept(significant) for significant in (False, True)}
        against: dict[str, Bools] = {}
        for key, answer in self.given.items():
            if key in self.wrong or answer.number is None:
                continue
            numbers = self.pure.column(key, self._negligible(key))
            other = self._differs(self.pure, key, self.right[key]) & ~np.isnan(numbers)
            against[key] = other & ~self._matched(self.pure, key, other)
            if key in forward and places.size:
                number = float(answer.number)
                against[key][places] = np.abs(rounded(numbers[places]) - number) > 1e-9 * abs(number) + 1e-12
            if key.startswith("grad(") and answer.number:
                # Nobody who rounds every line shows more digits of one.
                for significant, kept in digits.items():
                    against[key] |= kept < digits_shown(answer, significant)
        return against

    def _digits_kept(self, significant: bool) -> Any:
        """How many digits every hypothesis keeps of a line of the backward pass; no limit where it rounds none."""
        kept = np.full(len(self._rounds), np.inf)
        for i in self._ways_of_rounding[0]:
            rounding = self.hypotheses.hypotheses[i].slipped.problem.rounding
            if rounding is not None and rounding.significant == significant and not rounding.forward_only:
                kept[i] = rounding.digits
        return kept

    def _made_wrong_otherwise(self, own: View) -> dict[str, Bools]:
        """For every wrong answer the hypotheses that would have made it wrong in another way."""
        found: dict[str, Bools] = {}
        for key, number in self.written.numbers.items():
            if key not in own.should_be:
                continue
            answer, numbers = self.given[key], own.column(key, self._negligible(key))
            other = self._differs(own, key, own.should_be[key]) & ~self._rounds
            near = self._matched(own, key, other)
            if answer.unit is not None:
                near = near | (np.abs(numbers - float(number)) <= 2 * float(answer.unit) * (1 + 1e-9))
            found[key] = other & ~near
        return found

    def _ruled_out(self, key: str) -> Bools:
        """The hypotheses in which another answer, of the forward pass or one from which this follows, would differ."""
        before = (self.hypotheses.above(key) | self.problem.network.by_name.keys()) - {key}
        out = np.zeros(len(self._rounds), bool)
        for found in (self._against, self._disowned):
            for other, hypotheses in found.items():
                if other in before and other not in self._at_odds:
                    out |= hypotheses
        return out

    def _tell(self, key: str, view: View, out: Bools) -> None:
        """Add the hypotheses that give an answer in a view, but for those that are ``out``."""
        answer, should_be = self.given[key], view.should_be[key]
        numbers = view.column(key, self._negligible(key))
        other = ~out
        if not self._is_beside(key):  # where a slip is seen in the twelfth digit alone, exact working must tell
            other = other & self._differs(view, key, should_be) & self._differs(view, key, self.right[key])
        if key in self.written.rounded:
            other &= self._rounds
        near = self._comes_near(answer, numbers)
        if not (other & near).any():
            return
        by_chance, ranks = self._chance(key, should_be), self._ranked(key, numbers, should_be, out)
        low, high = self._factor(key, should_be)
        for i in np.flatnonzero(other & near):
            hypothesis = self.hypotheses.hypotheses[i]
            if self._gradients_are_as_short(hypothesis):
                continue
            values = view.values(hypothesis)
            if values[key] in (should_be, self.right[key]):
                continue
            chance = self._meets(hypothesis, key, values[key], by_chance, view is self.pure)
            if chance is not None:
                flips = self._flips(values, view, key)
                chance, nearly = max(chance, FLIP) if flips else min(1.0, chance), chance > by_chance
                met = Met(chance, ranks(int(i)), low, high, by_chance <= CERTAIN, nearly, view is not self.pure)
                known = self.met[key].get(hypothesis, met)
                best = min(known, met, key=lambda one: one.chance * one.rank)
                self.met[key][hypothesis] = best._replace(own=known.own and met.own)

    def _is_beside(self, key: str) -> bool:
        """Whether an answer is so close to the right number that estimates cannot tell them apart."""
        answer, true = self.given[key], self.written.true(key)
        if answer.number is None or true is None or answer.figures < EXACT:
            return False
        return abs(answer.number - true) <= BESIDE * abs(true)

    def _comes_near(self, answer: Answer, numbers: Any) -> Bools:
        """Which hypotheses may meet an answer."""
        if answer.number is None:
            return np.isnan(numbers)
        number, size = float(answer.number), np.abs(numbers)
        unit = 0.0 if answer.unit is None else float(answer.unit)
        near = np.abs(numbers - number) <= np.maximum(2.0 * unit, 2.0**-20 * size) * (1 + 1e-9)
        places, rounded = self._ways_of_rounding
        if places.size:
            near[places] |= np.abs(rounded(numbers[places]) - number) <= 1e-9 * abs(number)
        return near

    def _flips(self, values: Mapping[str, Value], view: View, key: str) -> bool:
        """Whether a hypothesis gives an answer because a step function comes out the other way, as in many others."""
        forward = self.problem.network.by_name
        for name in self._steps:
            if name in self.hypotheses.above(key) and values[name] != view.should_be[name]:
                inputs = [other for other in self.hypotheses.inputs(name) if other in forward]
                if any(values[other] != view.should_be[other] for other in inputs):
                    return True
        return False

    def _gradients_are_as_short(self, hypothesis: Hypothesis) -> bool:
        """Whether a hypothesis rounds the forward pass alone, and the gradients show no digit more."""
        rounding, forward = hypothesis.slipped.problem.rounding, self.problem.network.by_name
        if rounding is None or not rounding.forward_only:
            return False
        back = [answer for key, answer in self.given.items() if key.startswith("grad(") and answer.number]
        digits = [digits_shown(answer, rounding.significant) for answer in back]
        return any(key in forward for key in self.given) and 0 < max(digits, default=0) <= rounding.digits

    def _meets(self, hypothesis: Hypothesis, key: str, value: Value, by_chance: float, pure: bool) -> float | None:
        """The chance that any such answer is the hypothesis's number; None where this one is not.

        ``pure``: with the right numbers above it.
        """
        answer, rounding = self.given[key], hypothesis.slipped.problem.rounding
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
        # But for the last digit, as after rounding on the way, which who goes on with numbers of their own has in them;
        # a number that ends before it is written as it is, but where the exercise rounds every line all of them end.
        ends = self.problem.places is None and (number / answer.unit).denominator == 1
        nearly = pure and off <= 2 * answer.unit and not ends
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
        if middle is None:
            return 1.0
        chance = float(answer.unit / (2 * max(abs(answer.number - middle), answer.unit)))
        if answer.figures == 1 and 0 < 2 * abs(answer.number) <= abs(middle):
            # A single digit far below the right number: of any size that is as likely, it is a third of its own.
            return max(chance, float(answer.unit / abs(answer.number)) / (2 * log(abs(middle / answer.number))))
        return chance

    def _ranked(self, key: str, numbers: Any, should_be: Value, out: Bools) -> Callable[[int], int]:
        """How many different numbers, as far off as this one, the hypotheses up to one give, the commoner first.

        So a common slip is believed for fewer digits than a rare one, and the chance that any is blamed for a number
        that none of them made stays the same.  What right answers rule out takes nobody's place.
        """
        answer, middle = self.given[key], number_of(should_be)
        if answer.number is None or answer.unit is None or middle is None:
            return lambda i: 1
        off = 2 * float(max(abs(answer.number - middle), answer.unit))
        distance = np.abs(numbers - float(middle))
        near = np.flatnonzero((distance <= off) & (distance > SAME * abs(float(middle))) & ~out)
        # The number in units of the last digit, and the place of the first hypothesis that gives it.
        unit = float(answer.unit)
        units, first = np.unique(np.round(numbers[near] / unit), return_index=True)
        firsts = np.sort(near[first])
        first_of = dict(zip(units, near[first], strict=True))

        def rank(i: int) -> int:
            place = first_of.get(np.round(numbers[i] / unit), i) if i in near else i
            return max(1, int(np.searchsorted(firsts, place, side="right")))

        return rank

    def _factor(self, key: str, should_be: Value) -> tuple[Fraction, Fraction]:
        """Between what an answer lies, as a multiple of what it should be, or of the change of a parameter."""
        answer, true = self.given[key], number_of(should_be)
        start = self.problem.start.get(key, Fraction(0))
        if answer.number is None or true is None or true == start:
            return (Fraction(-(10**9) - self.wrong.index(key)),) * 2  # by no factor: on its own
        ends = [(answer.number + side * (answer.unit or 0) - start) / (true - start) for side in (-1, 1)]
        return min(ends), max(ends)

    def gives(self, hypothesis: Hypothesis, key: str) -> bool:
        """Whether a hypothesis gives just the number of a wrong answer."""
        value = self.pure.values(hypothesis)[key]
        return value != self.right[key] and self.given[key].matches(value) == "exact"

    def contradicted(self, hypothesis: Hypothesis) -> frozenset[str]:
        """The right answers that a hypothesis would have made wrong, or written with more digits."""
        place = self._place[hypothesis]
        return frozenset(key for key, hypotheses in self._against.items() if hypotheses[place])

    def against(self, hypothesis: Hypothesis) -> int:
        """How many right answers speak against a hypothesis."""
        return len(self.contradicted(hypothesis) - self._at_odds)

    def doubts(self, hypothesis: Hypothesis, left: Sequence[str]) -> int:
        """How many right answers speak against a hypothesis, and wrong ones that it would make wrong in another way.

        Who rounds, rounds everything.
        """
        against = self.against(hypothesis)
        if hypothesis.is_rounding:
            return against + sum(hypothesis not in self.met[key] for key in left) + (against > 0)
        place = self._place[hypothesis]
        disowned = [key for key in left if key in self._disowned and self._disowned[key][place]]
        return against + sum(hypothesis not in self.met[key] for key in disowned)

    def is_vague(self, hypothesis: Hypothesis, keys: Sequence[str]) -> bool:
        """Whether most of the answers that a hypothesis explains are its numbers but for the last digit alone."""
        nearly = [self.met[key][hypothesis].nearly for key in keys if hypothesis in self.met[key]]
        return 2 * sum(nearly) > len(nearly)

    def is_seen(self, hypothesis: Hypothesis) -> bool:
        """Whether right numbers of the forward pass are rounded in this very way, and all of them."""
        rounding = hypothesis.slipped.problem.rounding
        if rounding is None or not rounding.digits or self.contradicted(hypothesis):
            return False
        forward = [key for key in self.problem.network.by_name if key in self.given and key not in self.wrong]
        right = [(self.given[key], self.right[key]) for key in forward]
        shown_digits = [
            digits_shown(answer, rounding.significant)
            for answer, value in right
            if answer.number is not None and answer.number != value
        ]
        return max(shown_digits, default=0) == rounding.digits

    def accident(self, hypothesis: Hypothesis, keys: Sequence[str]) -> float:
        """How many hypotheses up to this one would meet all of those of these answers that it meets by accident.

        Answers that are wrong by the same factor may all follow from one wrong number: together they tell that factor
        more closely than each alone, and no more.
        """
        groups = self.groups(hypothesis, keys)
        by_accident = prod(group.chance for group in groups)
        return (
            by_accident if self.is_seen(hypothesis) else max((group.rank for group in groups), default=1) * by_accident
        )

    def groups(self, hypothesis: Hypothesis, keys: Sequence[str]) -> list[Met]:
        """What a hypothesis explains of these answers: those that are wrong by one factor once."""
        groups: list[Met] = []
        for met in sorted(self.met[key][hypothesis] for key in keys if hypothesis in self.met[key]):
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
    """Whether a line has a few values only: its slopes are 0, and it counts nothing."""
    names = names_in(equation.rhs)
    if not names or equation.rhs.has(floor):
        return False
    return all(slope == 0 for slope in local_derivatives(equation).values())


def digits_shown(answer: Answer, significant: bool) -> int:
    """How many significant digits or decimals an answer shows."""
    return answer.figures if significant else answer.decimals


def _chance_of_factor(low: Fraction, high: Fraction) -> float:
    """The chance that a factor as far from 1 as this one is one certain factor between the two."""
    off = abs((low + high) / 2 - 1)
    return float((high - low) / (4 * off)) if off else 1.0
