"""Draws the numbers of a variant: the same ones for the same exercise, student and salt, whoever else is in the class.

Numbers are drawn until they meet everything that [vary] requires.  ``Sampler`` does it for one exercise, and knows what
to draw where [vary] does not say: parameters and inputs, from numbers such as the file's own.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import islice, product
from math import ceil, perm, prod
from typing import Any

from symnet.algebra.equations import Expr
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.classroom.variants import sizes, usual
from symnet.classroom.variants.mixups import Mixups
from symnet.classroom.variants.random_numbers import Draws, digest
from symnet.computing.exact import Number, Undefined
from symnet.exercises import constraints
from symnet.exercises.candidates import Bench, NoValue, Trial
from symnet.exercises.exercise import Exercise
from symnet.exercises.wanted import Requirement, Vary
from symnet.working.numbers import decimal_places, places_of, value_at, with_values
from symnet.working.problem import Problem
from symnet.working.quantities import lines_of
from symnet.working.rows import by_row, parted
from symnet.working.solution import solve

MOST_DRAWS = 100_000  # for one variant
MOST_LINES = 4_000_000  # of working, for one variant
MOST_AHEAD = 64  # draws that are worked at once
SLIPS_TAKE = 40  # times as long as the right working, to see what slips do
SMALL = 10_000  # sets of numbers, of which each is tried once
DIGITS = 12  # significant ones of an answer that is not exact
CODE = 6  # signs of a code
SLIPS_SHOW, SLIPS_DIFFER = "slips show", "slips differ"
FITS = Requirement("windows fit")
NO_VALUE = "every number exists"
NO_CANCELLATION = "no sum cancels"


@dataclass(frozen=True)
class Variant:
    """An exercise with the numbers of one student, how it was drawn, and its answers.

    ``student`` is who it is drawn for, or the label that the roster gives instead of the name.
    """

    exercise: Exercise
    student: str
    code: str
    numbers: Mapping[str, Fraction]
    answers: Mapping[str, Number]
    rejected: Mapping[str, int]


class Sampler:
    """Draws variants of one exercise; raises Mistake where it has none."""

    def __init__(self, exercise: Exercise) -> None:
        if exercise.trains and not exercise.questions:
            raise Mistake(f"{exercise.name}: it is for training; variants are for exercises that are worked by hand")
        self.exercise = exercise
        self._tested: dict[tuple[Fraction, ...], str] = {}
        self.mixups = Mixups()  # of all draws so far
        self._expected = 1.0  # draws until one is accepted
        vary, problem = exercise.vary, exercise.problem
        self.rows: list[tuple[int, ...]] = []  # places of inputs of two codes, of which no two rows are alike
        self.classes: list[tuple[int, ...]] = []  # places whose numbers are drawn together: a 1 among zeros
        if usual.is_said(vary):
            names = self._names(vary)
            self.places = [place for place in places_of(problem) if place.name in names]
            values = vary.values or {}
            self.values = [
                values.get(place.name) or values.get("*") or usual.values_like(problem, place) for place in self.places
            ]
        elif problem.sizes is not None:
            self.places = sizes.places_drawn(problem)
            names = {place.name for place in self.places}
            self.values = [usual.values_like(problem, place) for place in self.places]
        else:
            targets = usual.targets_of(problem)
            self.places = usual.places_drawn(problem, targets)
            names = {place.name for place in self.places}
            self.values = [
                (place.name in targets and usual.target_values(problem, place)) or usual.values_like(problem, place)
                for place in self.places
            ]
            inputs, codes = usual.coded_inputs(problem)
            together = [tuple(map(self.places.index, row)) for row in inputs]
            for i in (i for row in together for i in row):
                self.values[i] = codes
            self.rows = together if inputs and usual.are_apart(problem, inputs) else []
            coded = usual.classes_drawn(problem, targets)
            self.classes = [tuple(map(self.places.index, places)) for places in coded]
            for i in (i for places in self.classes for i in places):
                self.values[i] = (Fraction(0), Fraction(1))
        if not names:
            raise Mistake(f"{exercise.name}: there are no numbers under [given] or [parameters] to draw")
        self.bench = Bench(exercise, names)
        if problem.sizes is not None:
            self.require = self._sorted(dict.fromkeys((*(vary.require or ()), FITS)))
        elif not usual.is_said(vary):
            self.require = self._sorted(usual.required(self.bench))
        else:
            self.require = self._sorted(self._usual() if vary.require is None else vary.require)
        parts = {i for places in (*self.classes, *self.rows) for i in places}
        alone = (values for i, values in enumerate(self.values) if i not in parts)
        self.space = prod(map(len, (*alone, *self.classes)))
        self.space *= perm(2 ** len(self.rows[0]), len(self.rows)) if self.rows else 1
        relus = len(self.bench.relus.equations)
        for requirement in self.require:
            holds = requirement.holds if requirement.name == "dead units" else None
            if holds is not None and not any(map(holds, range(relus + 1))):
                raise Mistake(f'vary.require: "{requirement}" cannot be met: there {_are(relus, "ReLU")}')

    @property
    def drawn(self) -> tuple[str, ...]:
        """The numbers that are drawn: w13, or x1[2] for the second sample's."""
        return tuple(map(str, self.places))

    @cached_property
    def identity(self) -> str:
        """A fingerprint of the exercise: of its equations, numbers, plan of updates, [vary] and what is asked.

        Not of comments, white space, the title, the wording, notation, points or the order of the lines under [given],
        [parameters] and [notation]: changing those leaves every paper as it was.
        """
        problem = self.exercise.problem
        content: Any = {
            "equations": [[e.name, _spelled(e.rhs)] for e in problem.network.equations],
            "loss": problem.loss,
            "given": _texts(problem.given),
            "parameters": _texts(problem.start),
            "samples": [_texts(sample) for sample in problem.samples],
            "learning_rate": str(problem.learning_rate),
            "rules": [[rule.name, _spelled(rule.rhs)] for rule in problem.rules],
            "state": _texts(problem.state),
            "plan": [problem.updates, problem.online, problem.reduce, problem.sequential, problem.places]
            + [problem.made] * (problem.made > 0),
            "questions": [
                [q.ask, q.of, q.wrt, q.about, *([q.columns] if q.columns else [])] for q in self.exercise.questions
            ],
            "vary": sorted(
                [str(place), list(map(str, at))] for place, at in zip(self.places, self.values, strict=True)
            ),
            "require": sorted(map(str, self.require)),
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return digest("symnet.exercise/1", text).hex()

    def variant(self, student: str, salt: str, length: int = CODE) -> Variant:
        """The variant of a student; raises Mistake, naming what rejects most, where none is found."""
        who = clean(student)
        numbers, answers, rejected = self._drawn(Draws(self.identity, who, salt, "numbers"))
        code = self.code(who, salt, length)
        exercise = replace(with_numbers(self.exercise, numbers), variant_code=code)
        return Variant(exercise, who, code, numbers, answers, rejected)

    def code(self, student: str, salt: str, length: int = CODE) -> str:
        """The code on a student's paper."""
        return Draws(self.identity, clean(student), salt, "code").code(length)

    def _drawn(self, draws: Draws) -> tuple[dict[str, Fraction], dict[str, Number], Counter[str]]:
        rejected: Counter[str] = Counter()
        lines, worked = lines_of(self.exercise.problem), 0
        candidates = self._candidates(draws)
        while rejected.total() < MOST_DRAWS and worked < MOST_LINES:
            chosen, trial, why = next(candidates)
            numbers = dict(zip(self.drawn, chosen, strict=True))
            known = self._tested.get(chosen)
            if known is not None:
                why = known
            else:
                trial = trial or self.bench.trial(self._problem(chosen), chosen)
                why = why or self._rejects(trial)
                worked += lines * (SLIPS_TAKE if why in (SLIPS_SHOW, SLIPS_DIFFER) else 1)
                if self.space <= SMALL:
                    self._tested[chosen] = why
            if not why:
                self._expected = (self._expected + rejected.total() + 1) / 2
                trial = trial or self.bench.trial(self._problem(chosen), chosen)
                return numbers, self._answers(trial), rejected
            rejected[why] += 1
            if len(self._tested) == self.space and all(self._tested.values()):
                break  # every set of numbers has been tried
        raise Mistake(f"{self.exercise.name}: {self._failure(rejected)}")

    def _candidates(self, draws: Draws) -> Iterator[tuple[tuple[Fraction, ...], Trial | None, str]]:
        """Numbers one set after another, with a trial of them and why what is cheap to test rejects it, if it does.

        Where slips are to be told apart, as many are drawn ahead as were needed before, so that what the slips make of
        them is worked for all of them at once.
        """
        every = self._every(draws)
        if not self._dear:
            yield from ((chosen, None, "") for chosen in every)
        ahead = self._expected
        while True:
            block: list[tuple[tuple[Fraction, ...], Trial | None, str]] = []
            for chosen in islice(every, max(1, round(min(MOST_AHEAD, ahead)))):
                trial = None if chosen in self._tested else self.bench.trial(self._problem(chosen), chosen)
                block.append((chosen, trial, self._rejects(trial, self._cheap) if trial is not None else ""))
            self.bench.separation.prepare([trial.problem for _, trial, why in block if trial is not None and not why])
            yield from block
            ahead *= 2

    def _every(self, draws: Draws) -> Iterator[tuple[Fraction, ...]]:
        """The sets of numbers that a stream of draws gives."""
        parts = {i for places in (*self.classes, *self.rows) for i in places}
        order = sorted(range(len(self.places)), key=lambda i: str(self.places[i]))
        alone = [i for i in order if i not in parts]
        while True:
            at = {i: draws.choice(self.values[i]) for i in alone}
            for places in self.classes:
                one = draws.choice(places)
                at |= {i: Fraction(i == one) for i in places}
            left = [*product(*(self.values[i] for i in self.rows[0]))] if self.rows else []
            for places in self.rows:
                at |= dict(zip(places, left.pop(draws.below(len(left))), strict=True))
            yield tuple(at[i] for i in range(len(order)))

    @cached_property
    def _dear(self) -> tuple[Requirement, ...]:
        """The requirements for which slips are worked."""
        return tuple(each for each in self.require if each.name in (SLIPS_SHOW, SLIPS_DIFFER))

    @cached_property
    def _cheap(self) -> tuple[Requirement, ...]:
        """The others, which are tested before those."""
        return tuple(each for each in self.require if each not in self._dear)

    def _rejects(self, trial: Trial, cheap: Sequence[Requirement] | None = None) -> str:
        """The first requirement that the numbers do not meet, of all or of some; "" where they meet them."""
        try:
            trial.check()
            for requirement in self.require if cheap is None else cheap:
                meets = constraints.CATALOGUE[requirement.name].meets
                bound = () if requirement.holds is None else (requirement.holds,)
                if not meets(trial, *bound):
                    if requirement.name == SLIPS_DIFFER:
                        self.mixups.note(dict(zip(self.drawn, trial.drawn, strict=True)), lambda: trial.mixed)
                    return str(requirement)
            if cheap is not None:
                return ""
            trial.answers  # noqa: B018 - they must exist
            if trial.cancels and not self._own_cancels:
                return NO_CANCELLATION
        except NoValue:
            return NO_VALUE
        return ""

    @cached_property
    def _own_cancels(self) -> bool:
        """Whether sums cancel with the file's own numbers: then they may with any."""
        try:
            return self.bench.trial(self.exercise.problem).cancels
        except NoValue:
            return False

    def _answers(self, trial: Trial) -> dict[str, Number]:
        """The answers, right to the digits that a key shows."""
        if all(isinstance(value, Fraction) for value in trial.answers.values()):
            return trial.answers
        solution = solve(trial.problem, DIGITS)
        values = {**solution.forward, **{f"grad({name})": value for name, value in solution.gradients.items()}}
        values |= solution.updated
        if any(map(parted, trial.answers)):
            values |= by_row(trial.problem, solution.rows)
        return {
            key: x for key, rough in trial.answers.items() if not isinstance(x := values.get(key, rough), Undefined)
        }

    def _failure(self, rejected: Counter[str]) -> str:
        # They are tested in order, so the last that rejected anything let nothing through that reached it.
        order = [str(requirement) for requirement in self.require]
        last = max((why for why in rejected if why in order), key=order.index, default="")
        ranked = sorted(rejected.items(), key=lambda item: (item[0] != last, -item[1]))
        worst = " and ".join(f'"{why}" rejected {count:,}' for why, count in ranked[:3])
        worst += f' (nothing that met the others met "{last}")' if last and len(rejected) > 1 else ""
        if len(self._tested) < self.space:
            tried = f"none of {rejected.total():,} draws met what is required"
        elif self.space > 1:
            tried = f"none of the {self.space:,} sets of numbers that can be drawn meets what is required"
        else:
            tried = "the only set of numbers that can be drawn does not meet what is required"
        if last == SLIPS_DIFFER and (said := self.mixups.said()):
            worst += f"; slips that did not differ: {said}"
        return f"{tried}: {worst}; give vary.values more numbers, or require less"

    def _problem(self, chosen: Sequence[Fraction]) -> Problem:
        return with_values(self.exercise.problem, dict(zip(self.places, chosen, strict=True)))

    # -- where [vary] does not say ------------------------------------------------------------------------------------

    def _names(self, vary: Vary) -> set[str]:
        if vary.names:
            return set(vary.names)
        own = {name for name in vary.values or {} if name != "*"}
        if own and "*" not in (vary.values or {}):
            return own
        problem = self.exercise.problem
        if problem.sizes is not None:
            return own | {place.name for place in sizes.places_drawn(problem)}
        drawable = {place.name for place in places_of(problem)}
        return own | (drawable - usual.targets_of(problem) or drawable)

    def _usual(self) -> tuple[Requirement, ...]:
        """What the file's own numbers meet of what makes work by hand pleasant."""
        wanted = [*usual.off_kinks(self.bench)]
        try:
            trial = self.bench.trial(self.exercise.problem)
            places = [decimal_places(x) for x in trial.answers.values()]
            longest = max((constraints.SHORT + 1 if count is None else count for count in places), default=0)
            if places and longest <= constraints.SHORT:  # whole numbers alone would leave too few variants
                wanted.append(Requirement("short decimals", "<=", Fraction(max(1, longest))))
            if any(x != 0 for key, x in trial.answers.items() if key.startswith("grad(")):
                wanted.append(Requirement("nonzero gradients", ">=", Fraction(1)))
            largest = max((abs(Fraction(x)) for x in trial.answers.values()), default=Fraction(0))
            if places:
                wanted.append(Requirement("magnitude", "<=", Fraction(max(100, ceil(2 * largest)))))
        except NoValue:
            pass
        return tuple(wanted)

    def _sorted(self, require: Iterable[Requirement]) -> tuple[Requirement, ...]:
        """From cheap to dear."""
        order = list(constraints.CATALOGUE)
        return tuple(sorted(require, key=lambda requirement: order.index(requirement.name)))


def clean(name: str) -> str:
    """A student's name as it is drawn for, printed and compared: NFC, one space between words, nothing invisible."""
    words = unicodedata.normalize("NFC", name).split()
    return " ".join(filter(None, ("".join(filter(_is_shown, word)) for word in words)))


def _is_shown(c: str) -> bool:
    return unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") and c not in _TURNING


# What turns the direction of the words around it, and so may make one name look like another.
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def with_numbers(exercise: Exercise, numbers: Mapping[str, Fraction], variant_code: str = "") -> Exercise:
    """The exercise with other numbers, such as ``load_key("key.json")["7K3FQX"]``: {"w13": 2, "x1[2]": 1, …}.

    x1[2] is the x1 of the second sample.  Raises Mistake for a name that has no number in this exercise.
    """
    places = {str(place): place for place in places_of(exercise.problem)}
    for name in numbers:
        if name not in places:
            raise Mistake(f"{exercise.name}: {shown(name)} is not a number of this exercise{suggestion(name, places)}")
    at = {places[name]: value for name, value in numbers.items()}
    return replace(exercise, worked=with_values(exercise.problem, at), variant_code=variant_code)


def numbers_of(problem: Problem) -> dict[str, Fraction]:
    """Every number under [given], [parameters] and [[samples]], by the names of a key."""
    return {str(place): value_at(problem, place) for place in places_of(problem)}


def _texts(numbers: Mapping[str, Fraction]) -> dict[str, str]:
    return {name: str(value) for name, value in numbers.items()}


def _spelled(expr: Expr) -> Any:
    """The tree of a formula as nested lists, the same whatever version of SymPy holds it."""
    if expr.is_Symbol:
        return expr.name
    if expr.is_Rational:
        return [int(expr.p), int(expr.q)]
    return [type(expr).__name__, *map(_spelled, expr.args)]


def codes(sampler: Sampler, students: Sequence[str], salt: str) -> dict[str, str]:
    """{student: code}, with longer codes for those whose short ones are alike."""
    who = list(dict.fromkeys(map(clean, students)))
    found = {student: sampler.code(student, salt) for student in who}
    for length in range(CODE + 1, 4 * CODE):
        count = Counter(found.values())
        alike = [student for student in who if count[found[student]] > 1]
        if not alike:
            break
        found |= {student: sampler.code(student, salt, length) for student in alike}
    return found


@lru_cache(maxsize=16)
def sampler_of(exercise: Exercise) -> Sampler:
    """What draws the variants of an exercise, made once."""
    return Sampler(exercise)


def variant(exercise: Exercise, student: str, salt: str) -> Exercise:
    """The exercise with numbers of a student's own: always the same for the same exercise, student and salt.

    They are drawn as [vary] says; ``salt`` is a secret, without which nobody can work out the numbers of another.
    ``variant_code`` of what is returned stands on the paper and in the key.
    """
    return sampler_of(exercise).variant(student, salt).exercise


def _are(count: int, what: str) -> str:
    return f"is 1 {what}" if count == 1 else f"are {count} {what}s"
