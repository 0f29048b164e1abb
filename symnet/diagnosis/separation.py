"""Whether numbers let the common slips be told apart, and if not, which slips they mix up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from symnet.computing.many import np
from symnet.diagnosis.hypotheses import KINKED, SETS, SETS_WITH_KINKS, Hypotheses
from symnet.diagnosis.labels import Labels, Sight
from symnet.diagnosis.twins import elsewhere, twin_of
from symnet.working.problem import Problem

# What most people get wrong; with the numbers of "slips differ" each of these shows, and gives an answer of its own.
TOLD_APART = (
    "updated-weights", "gradient-for-weight", "uphill", "no-learning-rate", "no-slope", "no-input", "no-next-weight",
    "one-path", "wrong-error-sign", "factor-two",
)  # fmt: skip
ALWAYS_ONE = "no-slope"  # of ReLU: it is 1 unless the unit is dead, so nobody can ask that it show


@dataclass(frozen=True, order=True)
class Mixed:
    """What numbers do not tell apart at a quantity: one slip and the right working, or two slips.

    Without a quantity, the slip shows nowhere; without slips, the quantity is 0 by a coincidence.
    """

    slips: tuple[str, ...]
    key: str = ""

    def __str__(self) -> str:
        match self.slips:
            case ():
                return f"{self.key} is 0"
            case (slip,):
                return f"{slip} gives the right {self.key}" if self.key else f"{slip} shows nowhere"
            case _:
                return f"{' and '.join(self.slips)} give the same {self.key}"


class Separation:
    """Whether the numbers of a variant let the common slips be told apart, built once for an exercise.

    They do where every slip shows somewhere, and no slip gives the right answer, nor two different ones the same, by a
    coincidence of the numbers that are drawn; ``free`` are their names, all of them unless told.  What is hidden behind
    a dead unit is no coincidence.
    """

    def __init__(
        self, hypotheses: Hypotheses, problem: Problem, keys: Sequence[str], free: Collection[str] | None = None
    ) -> None:
        common = [id for id in TOLD_APART if any(hypothesis.id == id for hypothesis in hypotheses.hypotheses)]
        self._sight = Sight(Hypotheses(hypotheses.problem, keys, common), keys) if common else None
        self._free = free
        self._twins: dict[frozenset[str], Labels] = {}
        self._others = self._elsewhere(self._sight) if self._sight is not None else iter(())
        self._prepared: dict[int, Labels] = {}
        self._right: dict[int, Any] = {}  # the right numbers of those, where an estimate is sure of them

    def holds(self, problem: Problem) -> bool:
        """Whether the numbers separate the slips: sooner said than what they mix up."""
        if self._sight is None:
            return True
        here = self._labels(self._sight, problem)
        right, zeros = self._right.get(id(problem)), frozenset[str]()
        if right is None and here.right:
            right, zeros = here.should_be, here.zeros
        twin = self._twin(self._sight, zeros) if right is not None else None
        if twin is not None and self._more(here.surely_equal(right), twin).any():
            return False  # without anything that a slip makes worked exactly
        return next(self._mixed(self._sight, problem), None) is None

    def prepare(self, problems: Sequence[Problem]) -> None:
        """Estimate many sets of numbers at once, which takes little longer than one; the next questions are of them."""
        self._prepared, self._right = {}, {}
        if self._sight is not None and problems:
            keys = self._sight.hypotheses.keys
            gradients = np.array([key.startswith("grad(") for key in keys], bool)
            columns = [keys.index(key) for key in self._sight.keys]
            numbers = self._sight.right_way.at_all(problems, keys)[0][:, 0]
            # Of numbers of which none is doubted, and no gradient 0.
            sure = np.isfinite(numbers).all(axis=1) & (numbers[:, gradients] != 0).all(axis=1)
            self._right = {id(problems[i]): numbers[i, columns] for i in np.flatnonzero(sure)}
            labels = self._sight.at(*problems)
            self._prepared = {id(problem): found for problem, found in zip(problems, labels, strict=True)}

    def _labels(self, sight: Sight, problem: Problem) -> Labels:
        found = self._prepared.get(id(problem))
        if found is None or found.problem is not problem:
            (found,) = sight.at(problem)
        return found

    def mixed(self, problem: Problem) -> tuple[Mixed, ...]:
        """What the numbers do not tell apart: nothing where they separate the slips."""
        return () if self._sight is None else tuple(self._mixed(self._sight, problem))

    def hidden(self, problem: Problem) -> set[str]:
        """The slips that show in none of the quantities and could with other numbers."""
        if self._sight is None:
            return set()
        (here,) = self._sight.at(problem)
        return set(self._needed - here.shown)

    def _mixed(self, sight: Sight, problem: Problem) -> Iterator[Mixed]:
        here = self._labels(sight, problem)
        if not here.right:
            yield Mixed((), "a value that does not exist")
            return
        twin = self._twin(sight, here.zeros)
        if twin is None:
            (twin,) = sight.at(twin_of(problem, self._free))
            if twin.zeros != here.zeros:
                yield from (Mixed((), key) for key in sorted(here.zeros ^ twin.zeros))
                return
        yield from (Mixed((id,)) for id in sorted(self._needed) if not here.is_shown(id))
        yield from self._pairs(sight, self._more(here.equal, twin))

    def _twin(self, sight: Sight, zeros: frozenset[str]) -> Labels | None:
        """The exercise with numbers of no kind, in which the same quantities are 0; None where that needs a search.

        What is equal for a reason depends on which quantities are 0 alone.  The numbers are always the same ones: a
        twin of those that happen to be drawn first would let others pass for one class than for another.
        """
        while zeros not in self._twins:
            labels = next(self._others, None)
            if labels is None:
                return None
            if labels.right:
                self._twins.setdefault(labels.zeros, labels)
        return self._twins[zeros]

    def _elsewhere(self, sight: Sight) -> Iterator[Labels]:
        problem = sight.hypotheses.problem
        kinked = any(equation.rhs.has(*KINKED) for equation in problem.network.equations)
        others = elsewhere(problem, SETS_WITH_KINKS if kinked else SETS, self._free)
        yield from sight.at(*(twin_of(other, self._free) for other in others))

    def _more(self, equal: Any, twin: Labels) -> Any:
        """What is equal here and not for a reason; two slips that give the right number are not two findings more."""
        right, more = equal[:, 0], np.triu(equal & ~twin.equal, 1)
        more[:, 1:, 1:] &= ~(right[:, 1:, None] & right[:, None, 1:])
        return more

    def _pairs(self, sight: Sight, more: Any) -> Iterator[Mixed]:
        for column, a, b in np.argwhere(more):
            slips = (sight.ids[b - 1],) if a == 0 else (sight.ids[a - 1], sight.ids[b - 1])
            yield Mixed(slips, sight.keys[column])

    @cached_property
    def _needed(self) -> set[str]:
        """The slips that must show somewhere: those that can."""
        if self._sight is None:
            return set()
        tables = self._sight.at(*elsewhere(self._sight.hypotheses.problem))
        return set[str]().union(*(table.shown for table in tables)) - {ALWAYS_ONE}
