"""Which slips an exercise can see: for each slip and each quantity asked for, does the slip give another number?

A slip can be hidden in two ways.  Some hide behind the structure: whatever passes through a dead ReLU is 0, with and
without the slip.  Others hide behind unlucky numbers: who forgets an input of 1 loses nothing.  The two are told apart
by the twin of an exercise, whose numbers are all a little different: the same units are dead in it, and nothing else
is a coincidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from symnet.algebra.equations import ZERO, names_in, symbol
from symnet.computing.exact import Value
from symnet.computing.many import np
from symnet.diagnosis.hypotheses import Hypotheses, Hypothesis, one_of_each
from symnet.diagnosis.labels import HIDDEN, NO, NONE, RIGHT, TIED, VISIBLE, Labels, Sight
from symnet.diagnosis.slips import CATALOGUE
from symnet.diagnosis.twins import elsewhere, twin_of
from symnet.waiting import Step, silent
from symnet.working.problem import Problem
from symnet.working.quantities import key_of, lines_of

MOST_REASONS = 20_000_000  # lines of all hypotheses, with the numbers moved one at a time
STATES = {VISIBLE: "visible", TIED: "tied", HIDDEN: "hidden", NO: ""}


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
class Proposal:
    """Other numbers for an exercise: ``change`` is {name: the new number}, ``instead`` the numbers there are now.

    ``shows`` are the pairs of a slip and a quantity that are hidden now and then are not.  ``revives`` are the units
    that are dead now and then are not; where there are any, ``hides`` are the pairs that a live unit hides.
    """

    change: Mapping[str, str]
    instead: Mapping[str, str]
    shows: tuple[tuple[str, str], ...]
    hides: tuple[tuple[str, str], ...] = ()
    revives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quality:
    """The table slip × quantity of one exercise, and other numbers that show what its own hide."""

    keys: tuple[str, ...]
    cells: Mapping[str, Mapping[str, Cell]]  # by the id of the slip, then by key
    proposals: tuple[Proposal, ...] = ()

    def count(self, *states: str) -> int:
        """How many pairs of slip and quantity are in one of these states."""
        return sum(cell.state in states for row in self.cells.values() for cell in row.values())


WrongAnswers: TypeAlias = list[tuple[Value, tuple[Hypothesis, ...]]]


def wrong_answers(hypotheses: Hypotheses, problem: Problem, key: str) -> WrongAnswers:
    """The different wrong numbers of a quantity with the slips that give each, the commonest first, at one place."""
    return all_wrong_answers(hypotheses, problem, (key,))[key]


def all_wrong_answers(hypotheses: Hypotheses, problem: Problem, keys: Sequence[str]) -> dict[str, WrongAnswers]:
    """The same for several quantities, for which a slip is worked once."""
    if not keys:
        return {}
    sight = Sight(hypotheses, keys)
    (here,) = sight.at(problem)
    view = hypotheses.view(problem)
    told: dict[str, WrongAnswers] = {}
    for column, key in enumerate(keys):
        found: dict[int, list[Hypothesis]] = {}
        for place, (hypothesis, label) in enumerate(zip(hypotheses.hypotheses, here.labels[:, column], strict=True)):
            if label not in (RIGHT, NONE) and not sight.rounds[place]:
                found.setdefault(int(label), []).append(hypothesis)
        told[key] = [(view.values(first[0])[key], one_of_each(first)) for first in found.values()]
    return told


class Survey:
    """What the slips of an exercise do to the quantities asked for, with its own numbers and with others.

    ``can_show`` is an array (ids, keys): whether a slip can change a quantity at all, with any numbers.
    """

    def __init__(self, hypotheses: Hypotheses, problem: Problem, keys: Sequence[str], step: Step = silent) -> None:
        self.hypotheses, self.problem, self.keys = hypotheses, problem, tuple(keys)
        self.step = step  # called between two parts of the work, so that somebody can be told that it goes on
        self.sight = Sight(hypotheses, keys)
        self.here, self.twin, *others = self.labels(problem, twin_of(problem), *elsewhere(problem))
        if not self.here.right:
            hypotheses.right(problem)  # which says what has no value
        self.can_show = np.logical_or.reduce([self.sight.any_of(table.shows) for table in (self.twin, *others)])
        self.states = self.here.states * self.can_show

    def labels(self, *problems: Problem) -> list[Labels]:
        """The labels with each set of numbers; those whose numbers lead to no value show nothing."""
        found = []
        for table in self.sight.at(*problems):
            self.step()
            found.append(table)
        return found

    @cached_property
    def moved(self) -> Mapping[str, Labels]:
        """The exercise with each of its numbers moved a little, by name; none of a very large one."""
        problem = self.problem
        rate = ["learning_rate"] if problem.learning_rate is not None else []
        names = list(dict.fromkeys((*problem.given, *(x for s in problem.samples for x in s), *problem.start, *rate)))
        if lines_of(self.hypotheses.problem) * len(names) * len(self.sight.rounds) > MOST_REASONS:
            return {}
        return dict(zip(names, self.labels(*(twin_of(problem, (name,)) for name in names)), strict=True))

    def table(self) -> Quality:
        """What each slip does to each of the quantities; how the rounding of numbers shows is not asked here."""
        reasons = _Reasons(self)
        cells: dict[str, dict[str, Cell]] = {}
        for i, (id, places) in enumerate(self.sight.places.items()):
            row = {}
            for column, key in enumerate(self.keys):
                state = self.states[i, column]
                ties: tuple[str, ...] = ()
                if state == TIED:
                    labels = {self.here.labels[place, column] for place in places if self.here.shows[place, column]}
                    others = set[str]().union(*(self.here.ids_at(column, label) for label in labels)) - {id}
                    ties = tuple(other for other in CATALOGUE if other in others)
                row[key] = Cell(STATES[state], ties, reasons.why(places, column) if state == HIDDEN else "")
            if any(cell.state for cell in row.values()):
                cells[id] = row
        return Quality(self.keys, cells)


def quality(hypotheses: Hypotheses, problem: Problem, keys: Sequence[str]) -> Quality:
    """What each slip does to each of the quantities, without proposals."""
    return Survey(hypotheses, problem, keys).table()


class _Reasons:
    """Why a slip is hidden: the numbers of which a small change would show it, or what is dead."""

    def __init__(self, survey: Survey) -> None:
        self._survey, self._problem = survey, survey.problem
        self._right = survey.here.right
        self._above = survey.hypotheses.above
        problem = self._problem
        lines = (*problem.network.equations, *problem.backward, *problem.further)
        self._lines = {key_of(e.name): e.rhs for e in lines}

    def why(self, places: Sequence[int], column: int) -> str:
        """ "x1 = 1", "w13 and grad(w13) are 0", or "" where it takes more than one number to show it."""
        key, hypotheses = self._survey.keys[column], self._survey.hypotheses.hypotheses
        revealing = [name for name, table in self._survey.moved.items() if table.shows[places, column].any()]
        if revealing:
            return ", ".join(f"{name} = {self._number(name)}" for name in revealing[:2])
        gradient = key if key.startswith("grad(") else f"grad({key})"
        if self._right.get(gradient) == 0:
            return self._zero(gradient)
        for unit in (hypotheses[place].at.removeprefix("at ") for place in places):
            z = next(iter(names_in(self._lines[unit])), None) if unit in self._lines else None
            if z is None or (unit if key in self._problem.network.by_name else f"grad({unit})") not in self._above(key):
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
        problem = self._problem
        if name == "learning_rate":
            return str(problem.learning_rate)
        return str({**problem.examples[0], **problem.start}[name])
