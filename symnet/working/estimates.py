"""What many ways of working a problem give for every quantity, in double precision: all of them at once.

The ways differ in a line or two each, so every line is worked once for all ways that have it in common, as an operation
on arrays with an entry a way.  That is thousands of times quicker than exact working, and says which ways are worth
working exactly.

Everything is worked three times at once, as it is and with every number and every line off by a little to one side and
to the other.  Where that changes a number noticeably, it is what a cancellation has left or hangs by a kink, and no
estimate: it is not a number (nan), and exact working must tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, repeat
from typing import Any, TypeAlias

import numpy as np

from symnet.algebra.equations import Equation, Expr, names_in, partial, partial_parts
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.computing.exact import Number
from symnet.computing.floats import over_arrays
from symnet.computing.rounding import Rounding, Roundings
from symnet.working.problem import Problem
from symnet.working.quantities import changes, key_of, over_examples
from symnet.working.updates import of_others

Numbers: TypeAlias = Any  # an array (3, problems, ways), or one number for all of them
Values: TypeAlias = dict[str, Numbers]
Array: TypeAlias = np.ndarray[Any, Any]

_OFF = 2.0**-45  # by how much, relative to itself, a number is off
_NOTICED = 1e-8  # the relative change from which a number is no estimate


@dataclass(frozen=True)
class Way:
    """A way of working: the problem, and which of the ``examples`` it uses in updates, where they are not all."""

    problem: Problem
    examples: tuple[int, ...] | None = None


class Estimates:
    """Ways of working one problem, prepared once; ``at`` gives their numbers for any numbers of the exercise."""

    def __init__(self, right: Problem, ways: Sequence[Way]) -> None:
        self.right, self.count = right, len(ways)
        groups: dict[Any, list[int]] = {}
        for i, way in enumerate(ways):
            groups.setdefault(_kind(way), []).append(i)
        self._groups = [(np.array(places), _Group(right, [ways[i] for i in places])) for places in groups.values()]

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
        numbers = {key: np.float64(_as_float(number)) for key, number in (instead or {}).items()}
        with np.errstate(all="ignore"):
            for places, group in self._groups:
                try:
                    values = group.values(problems, keys, numbers)
                except (ArithmeticError, ValueError):  # a constant line without a value
                    continue
                for column, value in enumerate(values):
                    all_three = np.broadcast_to(value, (3, len(problems), len(places)))
                    one = all_three[0]
                    sure = np.isfinite(one) & (np.ptp(all_three, axis=0) <= _NOTICED * np.abs(one))
                    found[:, places, column] = np.where(sure, one, np.nan)
                    size = np.max(np.abs(all_three), axis=0)
                    doubted[:, places, column] = np.where(np.isnan(size), np.inf, size)
        return found, doubted


def _kind(way: Way) -> tuple[Any, ...]:
    """What ways must have in common to be worked together."""
    problem = way.problem
    return (
        tuple(equation.name for equation in problem.network.equations),
        tuple(equation.name for equation in problem.backward),
        tuple(rule.name for rule in problem.rules),
        way.examples,
        problem.online,
        problem.updates,
        problem.sequential,
        problem.reduce,
        problem.rounding is None,
        problem.places,
        problem.learning_rate,
        tuple(problem.state.items()),
    )


class _Lines:
    """Lines of the same names in all ways: for each, the right-hand sides there are and the ways that have each."""

    def __init__(self, lines: Sequence[Sequence[Equation]], noise: Iterator[float]) -> None:
        self._lines: list[tuple[str, Callable[[Values], Numbers], list[_Other], Any]] = []
        for places in zip(*lines, strict=True):
            sides: dict[Expr, list[int]] = {}
            for i, equation in enumerate(places):
                sides.setdefault(equation.rhs, []).append(i)
            (first, _), *others = sorted(sides.items(), key=lambda side: -len(side[1]))
            off = _off(next(noise))
            self._lines.append((places[0].name, over_arrays(first), [_Other(*side) for side in others], off))

    def run(self, known: Values, shape: tuple[int, int], then: Callable[[str, Numbers], Numbers]) -> None:
        """Add the value of every line to ``known``; ``then`` says what the lines below it go on with.

        ``shape`` is how many problems and ways there are.
        """
        for name, rule, others, off in self._lines:
            value = rule(known) * off
            if others:
                value = np.array(np.broadcast_to(value, (3, *shape)))
                for other in others:
                    other.put(value, known, off)
            known[name] = then(name, value)


class _Other:
    """A right-hand side that some ways have where the others have another."""

    def __init__(self, rhs: Expr, ways: Sequence[int]) -> None:
        self._rule, self._ways = over_arrays(rhs), np.array(ways)
        self._names = [name.name for name in names_in(rhs)]

    def put(self, value: Numbers, known: Values, off: Numbers) -> None:
        mine = {name: _of(known[name], self._ways) for name in self._names}
        value[..., self._ways] = self._rule(mine) * off


def _of(numbers: Numbers, ways: Any) -> Numbers:
    return numbers[..., ways] if np.ndim(numbers) == 3 and numbers.shape[-1] > 1 else numbers


class _Group:
    """Ways whose lines have the same names in the same order, and that go over examples and updates alike."""

    def __init__(self, right: Problem, ways: Sequence[Way]) -> None:
        self.way, self.width = ways[0].problem, len(ways)
        self.right = right
        self.examples = ways[0].examples
        roundings = [way.problem.rounding for way in ways if way.problem.rounding is not None]
        # What becomes of a line's number before it is used, and what every line of the exercise is rounded to.
        self.rounds = Roundings(roundings) if roundings else None
        self.keeps = Roundings([Rounding(self.way.places)]) if self.way.places is not None else None
        noise = _noise()
        self.forward = _Lines([way.problem.network.equations for way in ways], noise)
        self.backward = _Lines([way.problem.backward for way in ways], noise)
        rules = [way.problem.rules for way in ways]
        # A change is small beside the parameter that it changes, so it must not be lost in what that is off by.
        self.rules = [_Lines([(rule,) for rule in same], repeat(0.0)) for same in zip(*rules, strict=True)]
        self.batch, self.changed = over_examples(right), changes(right)
        used = (name.name for rules_of_one in rules for rule in rules_of_one for name in names_in(rule.rhs))
        self.used_gradients = [name for name in dict.fromkeys((*used, *self.batch.values())) if partial_parts(name)]
        self.seeing = [
            any(partial_parts(name.name) for rule in same for name in names_in(rule.rhs))
            for same in zip(*rules, strict=True)
        ]

    def values(self, problems: Sequence[Problem], keys: Sequence[str], instead: Mapping[str, Any]) -> list[Numbers]:
        """The numbers of the keys, with the numbers of problems of the same structure."""
        return _Run(self, problems, instead).values(keys)


class _Run:
    """One group carried out with certain numbers, or with many sets of numbers at once.

    ``worked`` is what the lines of ``instead`` come to, and with rounding every line before it is rounded.
    """

    def __init__(self, group: _Group, problems: Sequence[Problem], instead: Mapping[str, Any]) -> None:
        self.group, self.problems, self.instead = group, problems, instead
        self.shape = (len(problems), group.width)
        self.examples = [
            _thrice([{**problem.examples[i], **dict(of_others(problem, i))} for problem in problems])
            for i in range(len(problems[0].examples))
        ]
        self.worked: Values = {}
        self.start: Values = {}

    def values(self, keys: Sequence[str]) -> list[Numbers]:
        group, way = self.group, self.group.way
        start = _thrice([{**problem.start, **way.state} for problem in self.problems])
        updates = way.updates if way.rules else 0
        wanted = self._examples_of(0) if updates or group.batch else ()
        frames = {i: self._frame(i, start) for i in dict.fromkeys((0, *wanted))}
        self.start = start
        after: Values = dict(start)
        first: Values = {}
        shown_frame = frames[0]
        for k in range(updates):
            examples = self._examples_of(k)
            used = [dict(frames[i]) if k == 0 else self._frame(i, after, bare=True) for i in examples]
            values, after = self._update(used, after, k, alone=updates == 1)
            if k == 0:
                first = values
                if way.sequential and not group.right.sequential and 0 in examples:
                    shown_frame = used[examples.index(0)]
        if not updates:
            first = {key: self._over_all([frames[i] for i in wanted], name) for key, name in group.batch.items()}
        return [self._by_key(key, shown_frame, {**first, **after}) for key in keys]

    def _examples_of(self, k: int) -> tuple[int, ...]:
        if self.group.examples is not None:
            chosen, count_ = self.group.examples, len(self.group.examples)
            return (chosen[k % count_],) if self.group.way.online else chosen
        count_ = len(self.examples)
        return (k % count_,) if self.group.way.online else tuple(range(count_))

    def _frame(self, example: int, parameters: Values, bare: bool = False) -> Values:
        """The values of an example; ``bare`` where nothing is put instead, as in later updates."""
        frame: Values = {**self.examples[example], **parameters}
        self._pass(self.group.forward, frame, example, bare, forward=True)
        self._pass(self.group.backward, frame, example, bare)
        return frame

    def _pass(self, lines: _Lines, frame: Values, example: int, bare: bool = False, forward: bool = False) -> None:
        rounds = self.group.rounds

        def then(name: str, value: Numbers) -> Numbers:
            if self.group.keeps is not None:
                value = self.group.keeps(value)
            if not (example or bare):
                key = key_of(name)
                if key in self.instead:
                    self.worked[key] = value
                    return self.instead[key]
                if rounds is not None:
                    self.worked[key] = value
            return value if rounds is None else rounds(value, forward)

        lines.run(frame, self.shape, then)

    def _over_all(self, frames: Sequence[Values], name: str) -> Numbers:
        values = [frame[name] if name in frame else np.float64(0) for frame in frames]
        if len(values) == 1:
            return values[0]
        total = sum(values[1:], values[0])
        return self._kept(total / len(values) if self.group.way.reduce == "mean" else total)

    def _kept(self, value: Numbers) -> Numbers:
        if self.group.rounds is not None:
            return self.group.rounds(value, forward=False)
        return value if self.group.keeps is None else self.group.keeps(value)

    def _update(self, frames: list[Values], parameters: Values, k: int, alone: bool) -> tuple[Values, Values]:
        """(what each rule and each gradient over the examples came to, parameters and state after it)."""
        group, way = self.group, self.group.way
        instead = self.instead if alone else {}
        together = dict(frames[0])
        over: Values = {}

        def combine() -> None:
            for name in (way.loss, *group.used_gradients):
                value = self._over_all(frames, name)
                key = key_of(f"{way.reduce}({name})")
                if len(frames) > 1 and name != way.loss and key in instead:
                    self.worked[key], value = value, instead[key]
                together[name] = value
            # By the names that the exercise has for them.
            over.update({key: together[name] for key, name in group.batch.items() if name in together})

        combine()
        together |= {UPDATE_NUMBER.name: np.float64(k + 1)}
        if way.learning_rate is not None:
            together[LEARNING_RATE.name] = self._rate()
        after, values = dict(parameters), {}
        for rule, sees, line in zip(way.rules, group.seeing, group.rules, strict=True):
            if way.sequential and sees:
                changed = {name: together[name] for name in self.problems[0].start}
                for i, frame in enumerate(frames):
                    frame.update(changed)
                    self._pass(group.backward, frame, i, bare=not instead)
                combine()

            def then(name: str, value: Numbers) -> Numbers:
                value = self._kept(value)
                if name in instead:
                    self.worked[name] = value
                    return instead[name]
                return value

            line.run(together, self.shape, then)
            values[rule.name] = together[rule.name]
            if rule.name in after:
                after[rule.name] = together[rule.name]
        return {**over, **values}, after

    def _rate(self) -> Numbers:
        """The learning rate: that of the problem, unless the way has another than the exercise."""
        way, right = self.group.way, self.group.right
        own = way.learning_rate if way.learning_rate != right.learning_rate else None
        rates = [problem.learning_rate if own is None else own for problem in self.problems]
        return np.array([[np.nan if rate is None else _as_float(rate)] for rate in rates])

    def _by_key(self, key: str, frame: Values, after: Values) -> Numbers:
        group, worked = self.group, self.worked
        if key in group.changed:
            name = group.changed[key]
            new = worked.get(name, after.get(name, np.float64(np.nan)))
            return new - self.start[name]
        if f"change({key})" in self.instead:
            return self.start[key] + self.instead[f"change({key})"]
        if key in worked:
            return worked[key]
        if key in self.problems[0].network.by_name:
            return frame[key]
        if key.startswith("grad("):
            return frame.get(partial(group.way.loss, key[5:-1]).name, np.float64(0))
        if key in after:
            return after[key]
        return frame.get(key, np.float64(np.nan))


def _noise(start: int = 0) -> Iterator[float]:
    """Small numbers of either sign, no two alike: by how much each number is off."""
    return (_OFF * (-1.0) ** i * (1.0 + (i * 0.6180339887498949) % 1.0) for i in count(start))


def _off(share: float) -> Array:
    """What makes three of a number: itself, and off by a share of it to either side; an array (3, 1, 1)."""
    return np.array([1.0, 1.0 + share, 1.0 - share]).reshape(3, 1, 1)


def _thrice(numbers: Sequence[Mapping[str, Number]]) -> Values:
    """Each number as it is, and off by a little to either side: an array (3, problems, 1)."""
    return {
        name: _off(off) * [[_as_float(x[name])] for x in numbers]
        for name, off in zip(numbers[0], _noise(1_000), strict=False)
    }


def _as_float(x: Number) -> float:
    try:
        return float(x)
    except OverflowError:
        return np.inf if x > 0 else -np.inf
