"""What every slip of an exercise makes of some quantities, as labels: the same label stands for the same number.

Which slips show, and which cannot be told apart, is a question about labels alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import Any

from symnet.algebra.mistakes import Mistake
from symnet.computing.exact import Value
from symnet.computing.many import np
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.estimates import Estimates
from symnet.diagnosis.hypotheses import Hypotheses, in_floats
from symnet.diagnosis.many_ways import Way
from symnet.diagnosis.reworking import Base
from symnet.working.problem import Problem

RIGHT, NONE = 0, -1  # the labels of the right number, and of none
NO, HIDDEN, TIED, VISIBLE = 0, 1, 2, 3  # what a slip does to a quantity, the better seen the larger
ONE_NUMBER = 1e-10  # two numbers that are off by less, relative to themselves, are one
FAR = 1e-6  # two numbers that are off by more, relative to themselves, are two whatever stands between them
NOTHING = 1e-13  # the share of the largest number of a quantity below which digits are what cancelling leaves
SHORT = 10_000  # whole numbers below this may be taken for a right one rounded
NEAR = 2.0  # by how much they are off at most
AT_ONCE = 40_000  # estimates of a quantity that are worked at the same time


class Sight:
    """The slips of an exercise and some of its quantities; ``at`` labels them for any numbers."""

    def __init__(self, hypotheses: Hypotheses, keys: Sequence[str]) -> None:
        self.hypotheses, self.keys = hypotheses, tuple(keys)
        self.rounds = np.array([hypothesis.is_rounding for hypothesis in hypotheses.hypotheses], bool)
        self.places: dict[str, list[int]] = {}  # of the hypotheses of each slip, but for those that round
        for place in np.flatnonzero(~self.rounds):
            self.places.setdefault(hypotheses.hypotheses[place].id, []).append(int(place))
        self.ids = tuple(self.places)
        self.kept = np.array([place for places in self.places.values() for place in places], int)
        self.right_way = Estimates(hypotheses.problem, [Way(hypotheses.problem)])
        self.row = np.repeat(np.arange(len(self.ids)), [len(places) for places in self.places.values()])

    def at(self, *problems: Problem) -> Iterator[Labels]:
        """The labels with each of many sets of numbers."""
        each = iter(problems)
        while some := list(islice(each, max(1, AT_ONCE // max(1, len(self.rounds))))):
            numbers, doubted = self.hypotheses.estimates.at_all(some, self.keys)
            for i, problem in enumerate(some):
                yield Labels(self, problem, numbers[i], doubted[i])

    def any_of(self, marked: Any) -> Any:
        """For an array (hypotheses, keys) of bool, an array (ids, keys): whether a hypothesis of the slip is marked."""
        found = np.zeros((len(self.ids), len(self.keys)), bool)
        np.logical_or.at(found, self.row, marked[self.kept])
        return found


class Labels:
    """What every hypothesis makes of the quantities, with one set of numbers.

    ``labels`` is an array (hypotheses, keys); RIGHT is the label of the right number, NONE of none.  ``shows`` says
    where a hypothesis gives another number, and not one that is taken for the right one rounded.  ``right`` are the
    right values, empty where the numbers lead to something that has no value.
    """

    def __init__(self, sight: Sight, problem: Problem, numbers: Any, doubted: Any) -> None:
        self.sight, self.problem = sight, problem
        self._numbers, self._doubted = numbers, doubted
        self._exactly: dict[int, dict[str, Value]] = {}  # of the stories that were worked exactly
        self._passed: dict[tuple[int, int], bool] = {}

    @cached_property
    def _base(self) -> Base | None:
        with suppress(Mistake):
            return self.sight.hypotheses.worked(self.problem, {})
        return None

    @cached_property
    def right(self) -> Mapping[str, Value]:
        return {} if self._base is None else self._base.values

    @cached_property
    def labels(self) -> Any:
        return self._labels_and_shows[0]

    @cached_property
    def shows(self) -> Any:
        return self._labels_and_shows[1]

    @cached_property
    def _unknown(self) -> Any:
        """Where there is no estimate, and more than what cancelling leaves."""
        sure = np.where(np.isfinite(self._numbers), np.abs(self._numbers), 0.0)
        return np.isnan(self._numbers) & ~(self._doubted <= NOTHING * np.max(sure, axis=0, initial=0.0))

    @property
    def unsettled(self) -> int:
        """How many hypotheses must be worked exactly before they have labels."""
        return int((self._unknown & ~self.sight.rounds[:, None]).any(axis=1).sum())

    @cached_property
    def _labels_and_shows(self) -> tuple[Any, Any]:
        """Both, made when they are first asked for: what is no estimate has to be worked exactly."""
        sight, numbers, base = self.sight, self._numbers, self._base
        if base is None:
            return np.full(numbers.shape, RIGHT), np.zeros(numbers.shape, bool)
        unknown = self._unknown
        numbers = np.where(np.isnan(numbers) & ~unknown, 0.0, numbers)
        for place, column in np.argwhere(unknown & ~sight.rounds[:, None]):  # nobody asks who rounds
            numbers[place, column] = self._told(int(place), int(column))
        labels = _labels(numbers, self.should_be)
        shows = (labels != RIGHT) & ~sight.rounds[:, None]
        for place, column in np.argwhere(shows & _near(numbers, self.should_be)):
            shows[place, column] = not self._passes(numbers[place, column], int(column))
        return labels, shows

    @cached_property
    def should_be(self) -> Any:
        """The right numbers, in double precision."""
        return np.array([in_floats(self.right[key]) for key in self.sight.keys])

    def _told(self, place: int, column: int) -> float:
        """What a hypothesis makes of a quantity, worked exactly."""
        if place not in self._exactly:
            assert self._base is not None, "what has no right value is worked no other way"
            hypotheses = self.sight.hypotheses
            self._exactly[place] = hypotheses.told(hypotheses.hypotheses[place], self._base)
        return in_floats(self._exactly[place][self.sight.keys[column]])

    def _passes(self, number: float, column: int) -> bool:
        """Whether a whole number is taken for the right one rounded."""
        place = (int(number), column)
        if place not in self._passed:  # 0 is what thousands of hypotheses make of a quantity of a large exercise
            key = self.sight.keys[column]
            self._passed[place] = bool(read_number(str(place[0]), key).matches(self.right[key]))
        return self._passed[place]

    @cached_property
    def _off(self) -> tuple[Any, Any]:
        """Which hypotheses surely show, an estimate alone says so; and where they may, (hypotheses, keys)."""
        numbers, right = self._numbers, self.should_be
        with np.errstate(invalid="ignore"):
            off, size = np.abs(numbers - right), np.maximum(np.abs(numbers), np.abs(right))
            surely = (off > FAR * size) & ~_near(numbers, right)
            return surely.any(axis=1), ~((off <= ONE_NUMBER * size) | (numbers == right))

    def is_shown(self, id: str) -> bool:
        """Whether the slip shows in one of the quantities; sooner said than for all slips."""
        if not self.right:
            return False
        surely, maybe = self._off
        places = self.sight.places[id]
        if surely[places].any():
            return True
        return any(self._is_shown_at(places[i], int(column)) for i, column in np.argwhere(maybe[places]))

    def _is_shown_at(self, place: int, column: int) -> bool:
        number, right = self._numbers[place, column], self.should_be[column]
        if np.isnan(number):
            number = self._told(place, column) if self._unknown[place, column] else 0.0
        if np.isnan(number) or np.isnan(right):
            return bool(np.isnan(number) != np.isnan(right))
        if number == right or abs(number - right) <= ONE_NUMBER * max(abs(number), abs(right)):
            return False
        return not (_near(number, right) and self._passes(number, column))

    @cached_property
    def zeros(self) -> frozenset[str]:
        """The gradients that are 0."""
        return frozenset(key for key, value in self.right.items() if key.startswith("grad(") and value == 0)

    @cached_property
    def states(self) -> Any:
        """An array (ids, keys): VISIBLE, TIED where another slip gives the same number, else HIDDEN."""
        members = self._members(self.labels, bool)
        alone = np.take_along_axis(members.sum(axis=0) == 1, self.labels + 1, axis=0)  # its number is that of no other
        seen = self.sight.any_of(self.shows)
        return HIDDEN + seen.astype(int) + self.sight.any_of(self.shows & alone)

    def _members(self, labels: Any, kind: type) -> Any:
        """An array (ids, labels, keys): which slips give the number of a label."""
        sight, most = self.sight, max(len(labels) + 1, int(np.max(labels, initial=0)))
        found: Any = np.zeros((len(sight.ids), most + 2, len(sight.keys)), kind)
        found[sight.row[:, None], labels[sight.kept] + 1, np.arange(len(sight.keys))] = 1
        return found

    def ids_at(self, column: int, label: int) -> set[str]:
        """The slips that give the number of that label."""
        sight = self.sight
        return {sight.ids[i] for i in sight.row[self.labels[sight.kept, column] == label]}

    @cached_property
    def shown(self) -> set[str]:
        """The slips that show in one of the quantities."""
        return {id for id in self.sight.places if self.is_shown(id)}

    @cached_property
    def equal(self) -> Any:
        """An array (keys, 1 + ids, 1 + ids) of bool: which slips give the same number at some places.

        The first is the right working, with which no slip counts that shows at other places: it goes another way there.
        """
        return self._equal(self.labels)

    def surely_equal(self, right: Any) -> Any:
        """Those of ``equal`` that estimates alone say, of which ``right`` are the right numbers.

        What has no estimate counts as a number of its own, and no slip as the right working that gives such a one.
        """
        numbers = np.where(np.isnan(self._numbers) & ~self._unknown, 0.0, self._numbers)
        labels = _labels(numbers, right)
        of_their_own = np.arange(len(labels))[:, None] + 1
        return self._equal(np.where(self._unknown, len(labels) + 1 + of_their_own, labels))

    def _equal(self, labels: Any) -> Any:
        members = self._members(labels, float)
        members[:, RIGHT + 1][self.sight.any_of(labels != RIGHT)] = 0
        right = np.zeros((1, *members.shape[1:]))
        right[:, RIGHT + 1] = 1
        by_key = np.concatenate([right, members]).transpose(2, 0, 1)
        return by_key @ by_key.transpose(0, 2, 1) > 0


def _near(numbers: Any, right: Any) -> Any:
    """Which numbers are whole, and so near the right ones that they may be those rounded."""
    with np.errstate(invalid="ignore"):
        return (np.abs(numbers - right) <= NEAR) & (np.abs(numbers) < SHORT) & (numbers % 1 == 0)


def _labels(numbers: Any, right: Any) -> Any:
    """A label for each number of a column, the same for the same numbers."""
    together = np.concatenate([numbers, right[None]])
    order = np.argsort(together, axis=0)
    sorted_ = np.take_along_axis(together, order, axis=0)
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(sorted_[1:]), np.abs(sorted_[:-1]))
        new = ~((np.abs(np.diff(sorted_, axis=0)) <= ONE_NUMBER * size) | (sorted_[1:] == sorted_[:-1]))
    labels = np.empty(together.shape, int)
    steps = np.concatenate([np.zeros((1, len(right)), int), np.cumsum(new, axis=0)]) + 1
    np.put_along_axis(labels, order, steps, axis=0)
    labels[labels == labels[-1]] = RIGHT
    labels[np.isnan(together)] = NONE
    labels[np.isnan(together) & np.isnan(right)] = RIGHT
    return labels[:-1]
