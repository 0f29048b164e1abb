"""Other numbers for an exercise, near its own and as nice, with which more slips show; each is tried before it is said.

A number is changed as little as shows the most, and only where nothing that showed is hidden by it, no quantity
becomes 0, and the answers stay about as short.  Where one number does not show all that unlucky numbers hide, two do
better.  What a dead unit hides shows with numbers that make it live; that is an option, for it may be meant to be dead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import combinations, islice, product
from typing import Any

import sympy

from symnet.algebra.equations import names_in
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.computing.exact import Undefined, Value
from symnet.computing.many import np
from symnet.diagnosis.hypotheses import in_floats
from symnet.diagnosis.labels import HIDDEN, VISIBLE, Labels
from symnet.diagnosis.quality import Proposal, Survey
from symnet.diagnosis.twins import twin_of
from symnet.working.numbers import Place, decimal_places, places_of, plain, value_at, with_values
from symnet.working.problem import Problem

STEPS = 6  # of its last decimal place, up and down, that a number is moved by at most
MOST_SINGLE, MOST_REVIVING = 4, 3  # proposals of each kind
MOST_VALUES, MOST_PLACES, MOST_PAIRS = 3, 5, 60  # of each number, numbers, and pairs of them, that are tried together
MOST_LINES = 6_000_000  # of all hypotheses, in all that is tried
MOST_EXACTLY = 400_000  # of those lines that no estimate settles
LONGER = 10  # times as large as the largest, that an answer may become
RATE = Place("learning_rate")
_BOUNDED = {"sigmoid", "tanh", "softmax", "exp", "log", "erf", "step"}  # what a class is compared with, or judged by

Change = Mapping[Place, Fraction]


@dataclass(frozen=True, eq=False)
class _Tried:
    """A change that was worked: what it shows and hides, and what alone of all slips (arrays ids × keys of bool).

    ``lost`` are the pairs that were visible and are tied now, ``distance`` how far the change goes.
    """

    change: Change
    table: Labels
    shows: Any
    hides: Any
    clearly: Any
    lost: int
    distance: float

    def rank(self, open_: Any) -> tuple[float, ...]:
        """The more of what is still open it shows, and clearly, the better; then how little it costs."""
        shown, clearly = int((self.shows & open_).sum()), int((self.clearly & open_).sum())
        return (-shown, len(self.change), -clearly, self.lost, self.distance)


class Proposals:
    """What to propose to the author of an exercise, from the survey of it."""

    def __init__(self, survey: Survey) -> None:
        self.survey, self.problem, self.here = survey, survey.problem, survey.here
        self.hidden = survey.states == HIDDEN
        kept = survey.twin.zeros  # what is 0 by the structure: behind a dead unit
        self.dead = survey.here.zeros & kept
        shows = survey.sight.any_of(survey.twin.shows)
        self.unlucky = self.hidden & shows
        self._left = MOST_LINES // max(1, len(survey.sight.rounds) * len(survey.here.right))
        self._exactly = MOST_EXACTLY // max(1, len(survey.here.right))

    def all(self) -> tuple[Proposal, ...]:
        """The proposals: single numbers that show more and more of what is hidden, two together, then options."""
        if not self.survey.moved:
            return ()
        singles = self._worked(self._single_changes())
        chosen: list[_Tried] = []
        open_ = self.unlucky.copy()
        while len(chosen) < MOST_SINGLE and (best := self._best(singles, open_)) is not None:
            chosen.append(best)
            open_ &= ~best.shows
        most = max((tried.shows.sum() for tried in chosen), default=0)
        if most < self.unlucky.sum():
            both = self._best(self._worked(self._two_changes(singles)), self.unlucky)
            if both is not None and (both.shows & self.unlucky).sum() > most:
                chosen.append(both)
        return tuple(map(self._proposal, (*chosen, *self._reviving())))

    # -- what is tried ------------------------------------------------------------------------------------------------

    def _single_changes(self) -> Iterator[Change]:
        """Each number that hides something by itself, with the numbers near it."""
        for place in self.places:
            table = self.survey.moved.get(place.name)
            if table is not None and (self.survey.sight.any_of(table.shows) & self.unlucky).any():
                yield from ({place: value} for value in self._near(place))

    def _two_changes(self, singles: Sequence[_Tried]) -> Iterator[Change]:
        """Two numbers that show something each, and two numbers that hide something together."""
        by_place: dict[Place, list[_Tried]] = {}
        for tried in sorted(singles, key=lambda tried: tried.rank(self.unlucky)):
            for place in tried.change:
                by_place.setdefault(place, []).append(tried)
        useful = list(by_place)[:MOST_PLACES]
        together = [
            {**one.change, **other.change}
            for a, b in combinations(useful, 2)
            for one, other in product(by_place[a][:MOST_VALUES], by_place[b][:MOST_VALUES])
        ]
        yield from together[:MOST_PAIRS]
        if not together:
            named = [place for place in self.places if place.name in self.survey.moved][: 2 * MOST_PLACES]
            pairs = list(combinations(named, 2))
            tables = self.survey.labels(*(twin_of(self.problem, (a.name, b.name)) for a, b in pairs))
            for (a, b), table in zip(pairs, tables, strict=True):
                if (self.survey.sight.any_of(table.shows) & self.unlucky).any():
                    nearest = ([*islice(self._near(place), MOST_VALUES)] for place in (a, b))
                    yield from ({a: x, b: y} for x, y in product(*nearest))

    def _reviving(self) -> Iterator[_Tried]:
        """For every dead unit, one number with which it lives."""
        above = {name for key in self._dead_lines() for name in self._names_above(key)}
        places = [place for place in self.places if place.name in above]
        tried = self._worked(({place: value} for place in places for value in self._near(place)), alive=True)
        still, open_ = set(self.dead), self.hidden & ~self.unlucky
        for _ in range(MOST_REVIVING):
            best = self._best([one for one in tried if still - one.table.zeros], open_)
            if best is None:
                return
            yield best
            still &= best.table.zeros

    def _dead_lines(self) -> list[str]:
        """The forward lines of dead units: those whose own slope is 0 though the loss depends on what they give."""
        right = self.here.right
        found = []
        for equation in self.problem.network.equations:
            if right.get(f"grad({equation.name})", 0) != 0:
                inputs = [name.name for name in names_in(equation.rhs)]
                found += [name for name in inputs if f"grad({name})" in self.dead and name in self._lines]
        return list(dict.fromkeys(found))

    @cached_property
    def _lines(self) -> dict[str, set[str]]:
        return {e.name: {name.name for name in names_in(e.rhs)} for e in self.problem.network.equations}

    def _names_above(self, key: str) -> set[str]:
        found, waiting = set[str](), [key]
        while waiting:
            for name in self._lines.get(waiting.pop(), set()) - found:
                found.add(name)
                waiting.append(name)
        return found

    @cached_property
    def places(self) -> list[Place]:
        """The numbers that may be changed; a target that may be the code of a class keeps its value."""
        problem = self.problem
        places = [place for place in places_of(problem) if not self._is_a_class(place)]
        uses_rate = not problem.has_schedule and any(
            name == LEARNING_RATE for rule in problem.rules for name in names_in(rule.rhs)
        )
        return [*places, *([RATE] if uses_rate and problem.learning_rate is not None else [])]

    def _is_a_class(self, place: Place) -> bool:
        """Whether this is a 0 or 1 that is only compared with a unit, and not the one target of a linear unit."""
        if value_at(self.problem, place) not in (0, 1) or place.name in self.problem.start:
            return False
        network = self.problem.network
        users = [equation for equation in network.equations if place.name in self._lines[equation.name]]
        if any(equation.name != self.problem.loss for equation in users):
            return False
        units = {name for name in self._lines[self.problem.loss] if name in self._lines}
        formulas = [network.by_name[name].rhs for name in (self.problem.loss, *units)]
        bounded = any(type(part).__name__ in _BOUNDED for rhs in formulas for part in sympy.preorder_traversal(rhs))
        return len(units) != 1 or bounded or len(self.problem.examples) > 1

    def _near(self, place: Place) -> Iterator[Fraction]:
        """Numbers of the same kind near the one that stands there, the nearest first; 0 is none of them."""
        value = self._value(place)
        digits = decimal_places(value)
        unit = Fraction(1, value.denominator if digits is None else 10**digits)
        moved = [value + sign * k * unit for k in range(1, STEPS + 1) for sign in (1, -1)]
        if place == RATE:
            moved = [x for x in moved if x > 0]
        elif abs(value) > STEPS / 2 * unit:
            moved.append(-value)
        for x in dict.fromkeys(moved):
            same = x.denominator == value.denominator if digits is None else decimal_places(x) == digits
            if x and x != value and same:
                yield x

    def _value(self, place: Place) -> Fraction:
        if place == RATE:
            return self.problem.learning_rate or Fraction(0)
        return value_at(self.problem, place)

    # -- what it leads to ---------------------------------------------------------------------------------------------

    def _worked(self, changes: Iterator[Change], alive: bool = False) -> list[_Tried]:
        """Those of the changes that do no harm; ``alive`` is for changes that may make a dead unit live."""
        some = list(islice(changes, max(0, self._left)))
        self._left -= len(some)
        found = []
        for change, table in zip(some, self.survey.labels(*map(self._with, some)), strict=True):
            if not table.right or not self._is_as_nice(table.right):
                continue
            if (not self.dead <= table.zeros and not alive) or (alive and self.dead <= table.zeros):
                continue
            self._exactly -= table.unsettled
            if self._exactly < 0:
                break
            states = table.states * self.survey.can_show
            hides = (self.survey.states > HIDDEN) & (states <= HIDDEN)
            if hides.any() and (not alive or self._by_accident(table, hides)):
                continue
            shows = self.hidden & (states > HIDDEN)
            if shows.any():
                clearly = shows & (states == VISIBLE)
                lost = int(((self.survey.states == VISIBLE) & (states != VISIBLE)).sum())
                found.append(
                    _Tried(change, table, shows, hides, clearly, lost, sum(map(self._distance, change.items())))
                )
        return found

    def _by_accident(self, table: Labels, hides: Any) -> bool:
        """Whether the numbers hide something; a live ReLU hides its slope, which is 1, and no number helps."""
        (twin,) = self.survey.labels(twin_of(table.problem))
        return bool((self.survey.sight.any_of(twin.shows) & hides).any())

    def _with(self, change: Change) -> Problem:
        rate = change.get(RATE, self.problem.learning_rate)
        numbers = {place: value for place, value in change.items() if place != RATE}
        return replace(with_values(self.problem, numbers), learning_rate=rate)

    def _distance(self, item: tuple[Place, Fraction]) -> float:
        place, value = item
        before = self._value(place)
        unit = (
            Fraction(1, before.denominator) if (digits := decimal_places(before)) is None else Fraction(1, 10**digits)
        )
        return float(abs(value - before) / unit) + (0.5 if place.name not in self.problem.given else 0.0)

    def _is_as_nice(self, right: Mapping[str, Value]) -> bool:
        """Whether nothing is 0 that was not, and no answer has more decimals than the longest, or is far larger."""
        before = self.here.right
        if any(value == 0 and before.get(key) != 0 for key, value in right.items() if not key.startswith("change(")):
            return False
        asked = [right[key] for key in self.survey.keys]
        if any(isinstance(value, Undefined) for value in asked):
            return False
        largest = max(abs(in_floats(value)) for value in asked)
        lengths = [_length(value) for value in asked]
        return largest <= self._largest * LONGER and all(
            length <= self._longest or length == _length(before[key])
            for key, length in zip(self.survey.keys, lengths, strict=True)
        )

    @cached_property
    def _largest(self) -> float:
        sizes = np.abs([in_floats(self.here.right[key]) for key in self.survey.keys])
        return float(np.nanmax(sizes, initial=1.0))

    @cached_property
    def _longest(self) -> float:
        """The most decimals of an answer that ends, or of a number that is given."""
        given = [value_at(self.problem, place) for place in places_of(self.problem)]
        rate = [] if self.problem.learning_rate is None else [self.problem.learning_rate]
        lengths = map(_length, [*given, *rate, *(self.here.right[key] for key in self.survey.keys)])
        return max((length for length in lengths if length < _ENDLESS), default=0)

    def _best(self, tried: Sequence[_Tried], open_: Any) -> _Tried | None:
        useful = [one for one in tried if (one.shows & open_).any()]
        return min(useful, key=lambda one: one.rank(open_), default=None)

    def _proposal(self, tried: _Tried) -> Proposal:
        alive = self.dead - tried.table.zeros
        revives = tuple(
            next((e.name for e in self.problem.network.equations if z in self._lines[e.name]), z)
            for z in self._dead_lines()
            if f"grad({z})" in alive
        )
        change = {str(place): plain(value) for place, value in tried.change.items()}
        instead = {str(place): plain(self._value(place)) for place in tried.change}
        return Proposal(change, instead, self._pairs_of(tried.shows), self._pairs_of(tried.hides), revives)

    def _pairs_of(self, marked: Any) -> tuple[tuple[str, str], ...]:
        ids, keys = self.survey.sight.ids, self.survey.keys
        return tuple((ids[i], keys[j]) for i, j in np.argwhere(marked))


_ENDLESS = 99


def _length(value: Value) -> int:
    """How many decimals a number has, or how long its fraction is; the most of all where it never ends."""
    if not isinstance(value, Fraction):
        return _ENDLESS
    digits = decimal_places(value)
    return len(str(value.denominator)) if digits is None else digits
