"""What many ways of working a problem give for every quantity, in double precision: all of them at once.

The ways differ in a line or two each, so every line is worked once for all ways that have it in common, as an operation
on arrays with an entry a way.  That is thousands of times quicker than exact working, and says which ways are worth
working exactly.

Everything is worked three times at once, as it is and with every number and every line off by a little to one side and
to the other.  Where that changes a number noticeably, it is what a cancellation has left or hangs by a kink, and no
estimate: it is not a number (nan), and exact working must tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symnet.computing.exact import Number
from symnet.computing.many import np
from symnet.diagnosis.many_lines import Array, as_float
from symnet.diagnosis.many_ways import Way, Ways
from symnet.working.problem import Problem

_NOTICED = 1e-8  # the relative change from which a number is no estimate
_AT_ONCE = 32  # quantities


class Estimates:
    """Ways of working one problem, prepared once; ``at`` gives their numbers for any numbers of the exercise."""

    def __init__(self, right: Problem, ways: Sequence[Way]) -> None:
        self.right, self.count = right, len(ways)
        groups: dict[Any, list[int]] = {}
        for i, way in enumerate(ways):
            groups.setdefault(_kind(way), []).append(i)
        self._groups = [(np.array(places), Ways(right, [ways[i] for i in places])) for places in groups.values()]

    def at(
        self, problem: Problem, keys: Sequence[str], instead: Mapping[str, Number] | None = None
    ) -> tuple[Array, Array]:
        """Two arrays (ways, keys): the numbers, nan where one is no estimate, and how large at most what is doubted is.

        What stands below the keys of ``instead`` follows from the numbers there.
        """
        found, doubted = self.at_all((problem,), keys, instead)
        return found[0], doubted[0]

    def at_all(
        self, problems: Sequence[Problem], keys: Sequence[str], instead: Mapping[str, Number] | None = None
    ) -> tuple[Array, Array]:
        """The same for many sets of numbers at once: two arrays (problems, ways, keys)."""
        found = np.full((len(problems), self.count, len(keys)), np.nan)
        doubted = np.full(found.shape, np.inf)
        numbers = {key: np.float64(as_float(number)) for key, number in (instead or {}).items()}
        with np.errstate(all="ignore"):
            for places, group in self._groups:
                try:
                    values = group.values(problems, keys, numbers)
                except (ArithmeticError, ValueError):  # a constant line without a value
                    continue
                for start in range(0, len(values), _AT_ONCE):
                    some = values[start : start + _AT_ONCE]
                    all_three = np.empty((3, len(problems), len(places), len(some)))
                    for column, value in enumerate(some):
                        all_three[..., column] = value
                    one, columns = all_three[0], slice(start, start + len(some))
                    sure = np.isfinite(one) & (np.ptp(all_three, axis=0) <= _NOTICED * np.abs(one))
                    found[:, places, columns] = np.where(sure, one, np.nan)
                    size = np.max(np.abs(all_three), axis=0)
                    doubted[:, places, columns] = np.where(np.isnan(size), np.inf, size)
        return found, doubted


def _kind(way: Way) -> tuple[Any, ...]:
    """What ways must have in common to be worked together."""
    problem = way.problem
    return (
        tuple(equation.name for equation in problem.network.equations),
        tuple(equation.name for equation in (*problem.backward, *problem.further)),
        tuple(rule.name for rule in problem.rules),
        way.examples,
        problem.online,
        problem.updates,
        problem.sequential,
        problem.reduce,
        tuple(problem.divisors.items()),
        problem.rounding is None,
        problem.places,
        problem.learning_rate,
        tuple(problem.state.items()),
    )
