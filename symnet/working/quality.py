"""Which slips an exercise can see: for each slip and each quantity asked for, does the slip give another number?

A slip can be hidden in two ways.  Some hide behind the structure: whatever passes through a dead ReLU is 0, with and
without the slip.  Others hide behind unlucky numbers: who forgets an input of 1 loses nothing.  The two are told apart
by the twin of an exercise, whose numbers are all a little different: the same units are dead in it, and nothing else
is a coincidence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import TypeAlias

from symnet.algebra.equations import ZERO, names_in, symbol
from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.working.given import read_number
from symnet.working.problem import Problem
from symnet.working.quantities import key_of, lines_of
from symnet.working.slips import CATALOGUE
from symnet.working.stories import Stories, Story, one_of_each

# What most people get wrong; with the numbers of "slips differ" each of these shows, and gives an answer of its own.
TOLD_APART = (
    "updated-weights", "gradient-for-weight", "uphill", "no-learning-rate", "no-slope", "no-input", "no-next-weight",
    "one-path", "wrong-error-sign", "factor-two",
)  # fmt: skip
FIGURES = 12  # two numbers with the same so many significant digits are one
MOST_REASONS = 2_000_000  # lines of all stories, with the numbers moved one at a time

Figures: TypeAlias = Fraction | str


@dataclass(frozen=True)
class Cell:
    """What one slip does to one quantity.

    ``state`` is "visible", "tied" (another slip gives the same number), "hidden" (the slip gives the right number), or
    "" where it has nothing to do with the quantity.  ``ties`` are the ids of the others, ``why`` what hides it.
    """

    state: str
    ties: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Quality:
    """The table slip × quantity of one exercise."""

    keys: tuple[str, ...]
    cells: Mapping[str, Mapping[str, Cell]]  # by the id of the slip, then by key

    def count(self, *states: str) -> int:
        """How many pairs of slip and quantity are in one of these states."""
        return sum(cell.state in states for row in self.cells.values() for cell in row.values())


def wrong_answers(stories: Stories, problem: Problem, key: str) -> list[tuple[Value, tuple[Story, ...]]]:
    """The different wrong numbers of a quantity with the slips that give each, the commonest first, at one place."""
    right = _figures(stories.right(problem)[key])
    found: dict[Figures, tuple[Value, list[Story]]] = {}
    for story, values in stories.wrong(problem):
        if not story.is_rounding and not isinstance(values[key], Undefined):
            found.setdefault(_figures(values[key]), (values[key], []))[1].append(story)
    return [(value, one_of_each(told)) for figures, (value, told) in found.items() if figures != right]


def quality(stories: Stories, problem: Problem, keys: Sequence[str]) -> Quality:
    """What each slip does to each of the quantities; how the rounding of numbers shows is not asked here."""
    here, twin = _Table(stories, problem, keys), _Table(stories, twin_of(problem), keys)
    reach = [table for table in (twin, *_elsewhere(stories, problem, keys)) if table.right]
    by_id: dict[str, list[Story]] = {}
    for story in stories.stories:
        if not story.is_rounding:
            by_id.setdefault(story.id, []).append(story)
    names = _Reasons(stories, problem, keys)
    cells: dict[str, dict[str, Cell]] = {}
    for id, places in by_id.items():
        row = {}
        for key in keys:
            if not any(table.differs(story, key) for table in reach for story in places):
                row[key] = Cell("")
                continue
            seen = [story for story in places if here.differs(story, key)]
            others = {other.id for story in seen for other in here.same(story, key) if other.id != id}
            alone = any(all(other.id == id for other in here.same(story, key)) for story in seen)
            if not seen:
                row[key] = Cell("hidden", why=names.why(places, key))
            else:
                row[key] = Cell("visible") if alone else Cell("tied", tuple(i for i in CATALOGUE if i in others))
        if any(cell.state for cell in row.values()):
            cells[id] = row
    return Quality(tuple(keys), cells)


class Separation:
    """Whether the numbers of a variant let the common slips be told apart, built once for an exercise.

    They do where every slip shows somewhere, and no slip gives the right answer, nor two different ones the same, by a
    coincidence of the numbers that are drawn; ``free`` are their names, all of them unless told.  What is hidden behind
    a dead unit is no coincidence.
    """

    def __init__(
        self, stories: Stories, problem: Problem, keys: Sequence[str], free: Collection[str] | None = None
    ) -> None:
        common = [id for id in TOLD_APART if any(story.id == id for story in stories.stories)]
        self.stories = Stories(stories.problem, keys, common) if common else None
        self.keys = tuple(keys)
        self.free = free
        self._equal: dict[tuple[bool, ...], dict[str, set[frozenset[str]]]] = {}

    def holds(self, problem: Problem) -> bool:
        """Whether the numbers separate the slips."""
        if self.stories is None:
            return True
        here = _Table(self.stories, problem, self.keys)
        if not here.right:
            return False
        dead = here.zeros
        if dead not in self._equal:  # what is equal for a reason depends on which quantities are 0 alone
            twin = _Table(self.stories, twin_of(problem, self.free), self.keys)
            if twin.zeros != dead:
                return False
            self._equal[dead] = {key: twin.equal(key) for key in self.keys}
        shown = {story.id for story in self.stories.stories if any(here.differs(story, key) for key in self.keys)}
        return self._needed <= shown and all(here.equal(key) <= self._equal[dead][key] for key in self.keys)

    @cached_property
    def _needed(self) -> set[str]:
        """The slips that must show somewhere: those that can, but for a slope of ReLU, which is 1 unless it is dead."""
        if self.stories is None:
            return set()
        tables = [table for table in _elsewhere(self.stories, self.stories.problem, self.keys) if table.right]
        return {
            story.id
            for story in self.stories.stories
            for table in tables
            if story.id != "no-slope" and any(table.differs(story, key) for key in self.keys)
        }


class _Table:
    """The numbers of every story for some keys, as figures that can be compared."""

    def __init__(self, stories: Stories, problem: Problem, keys: Sequence[str]) -> None:
        self.stories = [story for story in stories.stories if not story.is_rounding]
        self.keys = keys
        try:
            right = stories.right(problem)
            told = dict(stories.wrong(problem)) if right else {}
        except Mistake:  # the numbers lead to something that has no value
            right, told = {}, {}
        self.right = {key: _figures(right[key]) for key in keys} if right else {}
        self.zeros = tuple(value == 0 for key, value in right.items() if key.startswith("grad("))
        self._told = {story: {key: _figures(values[key]) for key in keys} for story, values in told.items()}

    def value(self, story: Story, key: str) -> Figures:
        return self._told[story][key] if story in self._told else self.right[key]

    def differs(self, story: Story, key: str) -> bool:
        """Whether a story gives another number, and not one that is taken for the right one rounded."""
        value = self._told[story][key] if story in self._told else self.right[key]
        return value != self.right[key] and not self._rounds(value, key)

    def _rounds(self, value: Figures, key: str) -> bool:
        right = self.right[key]
        text = str(value) if isinstance(value, str) or value.denominator == 1 else ""
        return bool(right != "undefined" and 0 < len(text) < 5 and read_number(text, key).matches(Fraction(right)))

    @cached_property
    def _by_value(self) -> dict[tuple[str, Figures], list[Story]]:
        found: dict[tuple[str, Figures], list[Story]] = {}
        for story in self.stories:
            for key in self.keys:
                found.setdefault((key, self.value(story, key)), []).append(story)
        return found

    def same(self, story: Story, key: str) -> list[Story]:
        """The stories that give the same number as this one."""
        return self._by_value[key, self.value(story, key)]

    def equal(self, key: str) -> set[frozenset[str]]:
        """The pairs of slips that give the same number at some places; "" is the right working."""
        found: dict[Figures, set[str]] = {self.right[key]: {""}}
        shows = {story.id for story in self.stories if self.value(story, key) != self.right[key]}
        for story in self.stories:
            value = self.value(story, key)
            if value != self.right[key] or story.id not in shows:  # a place that the quantity does not depend on
                found.setdefault(value, set()).add(story.id)
        return {frozenset(pair) for ids in found.values() for pair in combinations(sorted(ids), 2)}


def twin_of(problem: Problem, only: Collection[str] | None = None) -> Problem:
    """The problem with every number a little different, or only those of some names; "learning_rate" is the rate."""
    shift = _shifts()

    def moved(values: Mapping[str, Fraction]) -> dict[str, Fraction]:
        return {name: _moved(x, next(shift)) if only is None or name in only else x for name, x in values.items()}

    rate = problem.learning_rate
    if rate is not None and (only is None or "learning_rate" in only):
        rate = _moved(rate, next(shift))
    samples = tuple(moved(sample) for sample in problem.samples)
    return replace(problem, given=moved(problem.given), start=moved(problem.start), samples=samples, learning_rate=rate)


def _moved(x: Fraction, by: Fraction) -> Fraction:
    return x * (1 + by) if x else by


def _shifts() -> Iterator[Fraction]:
    """Small fractions of which no simple combination is equal to another."""
    n = 3
    while True:
        n = n * 75 % 1021
        yield Fraction(n - 500, 500_009)


def _elsewhere(stories: Stories, problem: Problem, keys: Sequence[str]) -> Iterator[_Table]:
    """The exercise with quite other numbers, so that what was dead is alive: what a slip can show in at all."""
    state = 1
    for turn in range(7):

        def other(values: Mapping[str, Fraction], signed: bool = turn > 0) -> dict[str, Fraction]:
            nonlocal state
            found = {}
            for name in values:
                state = state * 48_271 % 2_147_483_647
                size = Fraction(3 + state // 64 % 23, 10 + state // 4096 % 7)
                found[name] = -size if signed and state // 1024 % 2 else size
            return found

        given, start = other(problem.given), other(problem.start)
        samples = tuple(other(sample) for sample in problem.samples)
        yield _Table(stories, replace(problem, given=given, start=start, samples=samples), keys)


class _Reasons:
    """Why a slip is hidden: the numbers of which a small change would show it, or what is dead."""

    def __init__(self, stories: Stories, problem: Problem, keys: Sequence[str]) -> None:
        self.problem = problem
        self._right = stories.right(problem)
        self._above = stories.above
        self._lines = {key_of(e.name): e.rhs for e in (*problem.network.equations, *problem.backward)}
        names = [*problem.given, *problem.start, *(["learning_rate"] if problem.learning_rate is not None else [])]
        if lines_of(stories.problem) * len(names) * len(stories.stories) > MOST_REASONS:
            names = []  # of a large network only the dead units are named
        self._moved = {name: _Table(stories, twin_of(problem, (name,)), keys) for name in names}

    def why(self, places: Sequence[Story], key: str) -> str:
        """ "x1 = 1", "w13 and grad(w13) are 0", or "" where it takes more than one number to show it."""
        revealing = [
            name
            for name, table in self._moved.items()
            if table.right and any(table.differs(story, key) for story in places)
        ]
        if revealing:
            return ", ".join(f"{name} = {self._number(name)}" for name in revealing[:2])
        gradient = key if key.startswith("grad(") else f"grad({key})"
        if self._right.get(gradient) == 0:
            return self._zero(gradient)
        for unit in (story.at.removeprefix("at ") for story in places):
            z = next(iter(names_in(self._lines[unit])), None) if unit in self._lines else None
            if z is None or (unit if key in self.problem.network.by_name else f"grad({unit})") not in self._above(key):
                continue
            if self._right.get(f"grad({unit})") == self._right.get(f"grad({z.name})") != 0:
                return f"the derivative of the activation at {unit} is 1"
        return ""

    def _zero(self, key: str) -> str:
        """What makes a gradient 0: a number on its line, or a dead unit further up."""
        for name in (key_of(name.name) for name in names_in(self._lines.get(key, ZERO))):
            if self._right.get(name) == 0:
                return self._zero(name) if name.startswith("grad(") and name != key else f"{name} = 0"
        unit = next((name for name, rhs in self._lines.items() if symbol(key[5:-1]) in names_in(rhs)), "")
        return f"the derivative of the activation at {unit} is 0" if key in self._lines and unit else f"{key} = 0"

    def _number(self, name: str) -> str:
        problem = self.problem
        if name == "learning_rate":
            return str(problem.learning_rate)
        return str({**problem.examples[0], **problem.start}[name])


def _figures(value: Value) -> Figures:
    """The number for comparing: itself where it is exact, otherwise its digits."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, Undefined):
        return "undefined"
    return exact.written(exact.decimal(value, FIGURES))
