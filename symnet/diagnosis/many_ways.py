"""Ways of working that are carried out together: passes, updates and what is asked of them, for all ways at once.

The same as ``reworking`` does for one way exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from symnet.algebra.equations import Equation, names_in, partial, partial_parts, symbol
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.computing.many import np
from symnet.computing.rounded_arrays import Roundings
from symnet.computing.rounding import Rounding
from symnet.diagnosis.many_lines import Lines, Numbers, Values, as_float, noise, thrice
from symnet.diagnosis.particulars import After, At, Particular, Slope, is_of_a_pass, particular, slope_of, written_again
from symnet.working.problem import Problem
from symnet.working.quantities import changes, further_of, key_of, over_examples
from symnet.working.rows import by_samples
from symnet.working.updates import of_others

_NONE = np.float64(np.nan)


@dataclass(frozen=True)
class Way:
    """A way of working: the problem, and which of the ``examples`` it uses in updates, where they are not all."""

    problem: Problem
    examples: tuple[int, ...] | None = None


class Ways:
    """Ways whose lines have the same names in the same order, and that go over examples and updates alike."""

    def __init__(self, right: Problem, ways: Sequence[Way]) -> None:
        self.way, self.width = ways[0].problem, len(ways)
        self._problems = [way.problem for way in ways]
        self.right = right
        self.examples = ways[0].examples
        roundings = [way.problem.rounding for way in ways if way.problem.rounding is not None]
        # What becomes of a line's number before it is used, and what every line of the exercise is rounded to.
        self.rounds = Roundings(roundings) if roundings else None
        self.keeps = Roundings([Rounding(self.way.places)]) if self.way.places is not None else None
        spread = noise()
        self.forward = Lines([way.problem.network.equations for way in ways], spread)
        self.backward = Lines([way.problem.backward for way in ways], spread)
        self.further = Lines([way.problem.further for way in ways], spread)
        self.further_names = further_of(right)
        read = (n.name for way in ways for line in way.problem.further for n in names_in(line.rhs))
        self.further_slopes = {name for name in read if partial_parts(name)}
        rules = [way.problem.rules for way in ways]
        # A change is small beside the parameter that it changes, so it must not be lost in what that is off by.
        self.rules = [Lines([(rule,) for rule in same], repeat(0.0)) for same in zip(*rules, strict=True)]
        self._slopes: dict[str, Lines] = {}
        self.batch, self.changed = over_examples(right), changes(right)
        used = (name.name for rules_of_one in rules for rule in rules_of_one for name in names_in(rule.rhs))
        self.used_gradients = [name for name in dict.fromkeys((*used, *self.batch.values())) if partial_parts(name)]
        self.seeing = [
            any(partial_parts(name.name) for rule in same for name in names_in(rule.rhs))
            for same in zip(*rules, strict=True)
        ]

    def slope(self, key: str, slope: Slope) -> Lines:
        """The line of a local derivative, as each way has it."""
        if key not in self._slopes:
            lines = [(Equation(symbol(key), slope_of(problem, slope)),) for problem in self._problems]
            self._slopes[key] = Lines(lines, repeat(0.0))
        return self._slopes[key]

    def values(self, problems: Sequence[Problem], keys: Sequence[str], instead: Mapping[str, Any]) -> list[Numbers]:
        """The numbers of the keys, with the numbers of problems of the same structure."""
        return _Run(self, problems, instead).values(keys)


class _Run:
    """One group carried out with certain numbers, or with many sets of numbers at once.

    ``worked`` is what the lines of ``instead`` come to, and with rounding every line before it is rounded.  A line is
    looked up in ``instead`` under its key with one of the endings it has there, such as "" and "@1".
    """

    def __init__(self, group: Ways, problems: Sequence[Problem], instead: Mapping[str, Any]) -> None:
        self.group, self.problems, self.instead = group, problems, instead
        self.shape = (len(problems), group.width)
        self.examples = [
            thrice([{**problem.examples[i], **dict(of_others(problem, i))} for problem in problems])
            for i in range(len(problems[0].examples))
        ]
        self.start = thrice([{**problem.start, **group.way.state} for problem in problems])
        self.worked: Values = {}

    def values(self, keys: Sequence[str]) -> list[Numbers]:
        group, way = self.group, self.group.way
        more = {key: what for key in keys if (what := particular(group.right, key)) is not None}
        updates = way.updates if way.rules else 0
        wanted = self._examples_of(0) if updates or group.batch else ()
        every = range(len(self.examples)) if any(isinstance(what, At) for what in more.values()) else ()
        frames = {i: self._frame(i, self.start, self._ends(i)) for i in dict.fromkeys((0, *wanted, *every))}
        if every and way.online and by_samples(group.right):
            frames = self._moved_on(frames)
        after: Values = dict(self.start)
        first: Values = {}
        for k in range(updates):
            examples = self._examples_of(k)
            used = [dict(frames[i]) if k == 0 else self._frame(i, after) for i in examples]
            values, after = self._update(used, after, k, ("", "@1") if updates == 1 else ())
            if k == 0:
                first = values
                if self._is_swapped:
                    frames |= dict(zip(examples, used, strict=True))
        if not updates:
            first = {key: self._over_all([frames[i] for i in wanted], name) for key, name in group.batch.items()}
        found = self._particulars(more, frames, after) if more else {}
        return [found[key] if key in more else self._by_key(key, frames[0], {**first, **after}) for key in keys]

    def _moved_on(self, frames: Mapping[int, Values]) -> dict[int, Values]:
        """The examples, each with the parameters that the update by the one before has left."""
        parameters, found = self.start, {0: frames[0]}
        for k in range(1, len(frames)):
            _, parameters = self._update([dict(found[k - 1])], parameters, k - 1, ())
            found[k] = self._frame(k, parameters, self._ends(k))
        return found

    @property
    def _is_swapped(self) -> bool:
        """Whether gradients are found with parameters that are updated already."""
        return self.group.way.sequential and not self.group.right.sequential

    @staticmethod
    def _ends(example: int) -> tuple[str, ...]:
        return (f"@{example + 1}",) if example else ("", "@1")

    def _examples_of(self, k: int) -> tuple[int, ...]:
        if self.group.examples is not None:
            chosen, size = self.group.examples, len(self.group.examples)
            return (chosen[k % size],) if self.group.way.online else chosen
        size = len(self.examples)
        return (k % size,) if self.group.way.online else tuple(range(size))

    # -- lines --------------------------------------------------------------------------------------------------------

    def _frame(self, example: int, parameters: Values, ends: Sequence[str] = ()) -> Values:
        """The values of an example, with the numbers of ``instead`` under these endings."""
        frame: Values = {**self.examples[example], **parameters}
        self._pass(self.group.forward, frame, ends, forward=True)
        self._pass(self.group.backward, frame, ends)
        if self.group.further_names:
            for name in self.group.further_slopes:  # one without a line is 0
                frame.setdefault(name, np.float64(0))
            if self.group.way.learning_rate is not None:
                frame[LEARNING_RATE.name] = self._rate()
            self._pass(self.group.further, frame, ends)
        return frame

    def _pass(self, lines: Lines, frame: Values, ends: Sequence[str], forward: bool = False) -> None:
        rounds, keeps = self.group.rounds, self.group.keeps

        def then(name: str, value: Numbers) -> Numbers:
            value = value if keeps is None else keeps(value)
            key = self._own(key_of(name), ends, value) if ends else ""
            if key:
                return self.instead[key]
            if rounds is None:
                return value
            if ends:
                self.worked[f"{key_of(name)}{ends[0]}"] = value
            return rounds(value, forward)

        lines.run(frame, self.shape, then)

    def _own(self, key: str, ends: Sequence[str], value: Numbers) -> str:
        """The key under which a person has a number for a line, "" for none; keeps what the line comes to."""
        for end in ends:
            if f"{key}{end}" in self.instead:
                self.worked[f"{key}{end}"] = value
                return f"{key}{end}"
        return ""

    def _kept(self, value: Numbers) -> Numbers:
        if self.group.rounds is not None:
            return self.group.rounds(value, forward=False)
        return value if self.group.keeps is None else self.group.keeps(value)

    # -- updates ------------------------------------------------------------------------------------------------------

    def _over_all(self, frames: Sequence[Values], name: str) -> Numbers:
        values = [frame[name] if name in frame else np.float64(0) for frame in frames]
        if len(values) == 1:
            return values[0]
        total = sum(values[1:], values[0])
        divisor = self.group.way.divisor(name, len(values))
        return self._kept(total / divisor if divisor > 1 else total)

    def _update(self, frames: list[Values], parameters: Values, k: int, ends: Sequence[str]) -> tuple[Values, Values]:
        """(what each rule and each gradient over the examples came to, parameters and state after it)."""
        group, way = self.group, self.group.way
        together = dict(frames[0])
        over: Values = {}

        def combine() -> None:
            for name in (way.loss, *group.used_gradients):
                value = self._over_all(frames, name)
                over[name] = value
                if len(frames) > 1 and name != way.loss:
                    key = self._own(key_of(f"{way.reduce}({name})"), ends, value)
                    value = self.instead[key] if key else value
                together[name] = value

        combine()
        together |= {UPDATE_NUMBER.name: np.float64(way.made + k + 1)}
        if way.learning_rate is not None:
            together[LEARNING_RATE.name] = self._rate()
        after, values = dict(parameters), {}
        for rule, sees, line in zip(way.rules, group.seeing, group.rules, strict=True):
            if way.sequential and sees:
                changed = {name: together[name] for name in self.problems[0].start}
                for i, frame in enumerate(frames):
                    frame.update(changed)
                    self._pass(group.backward, frame, () if i else ends)
                combine()

            def then(name: str, value: Numbers) -> Numbers:
                value = self._kept(value)
                key = self._own(name, ends, value)
                return self.instead[key] if key else value

            line.run(together, self.shape, then)
            values[rule.name] = together[rule.name]
            if rule.name in after:
                after[rule.name] = together[rule.name]
        by_key = {key: over[name] for key, name in group.batch.items() if name in over}
        return {**by_key, **values}, after

    def _rate(self) -> Numbers:
        """The learning rate: that of the problem, unless the way has another than the exercise."""
        way, right = self.group.way, self.group.right
        own = way.learning_rate if way.learning_rate != right.learning_rate else None
        rates = [problem.learning_rate if own is None else own for problem in self.problems]
        return np.array([[np.nan if rate is None else as_float(rate)] for rate in rates])

    # -- what is asked ------------------------------------------------------------------------------------------------

    def _by_key(self, key: str, frame: Values, after: Values) -> Numbers:
        group, worked = self.group, self.worked
        if key in group.changed:
            name = group.changed[key]
            return worked.get(name, after.get(name, _NONE)) - self.start[name]
        if f"change({key})" in self.instead:
            return self.start[key] + self.instead[f"change({key})"]
        if key in worked:
            return worked[key]
        if key in self.problems[0].network.by_name or key.startswith("grad("):
            return self._of_pass(frame, key)
        return after[key] if key in after else frame.get(group.further_names.get(key, key), _NONE)

    def _of_pass(self, frame: Values, key: str) -> Numbers:
        if key.startswith("grad("):
            return frame.get(partial(self.group.way.loss, key[5:-1]).name, np.float64(0))
        return frame[key]

    def _particulars(self, more: Mapping[str, Particular], frames: Mapping[int, Values], after: Values) -> Values:
        """The keys of ``particulars``: local slopes, samples and updates one by one, what new parameters give."""
        found: Values = {}
        walked: dict[str, At] = {}
        ends: dict[str, str] = {}
        for key, what in more.items():
            match what:
                case Slope():
                    frame = dict(frames[0])
                    self.group.slope(key, what).run(frame, self.shape, lambda _, value: self._kept(value))
                    found[key] = frame[key]
                case At(inner, k) if by_samples(self.group.right) and is_of_a_pass(self.group.right, inner):
                    found[key] = self._of_pass(frames[k - 1], inner)
                case At():
                    walked[key] = what
                case After(name):
                    ends[key] = name
        if walked:
            found |= self._walked(walked)
        found |= {key: self.worked[key] for key in found if key in self.worked}
        if ends:
            frame = {**self.examples[0], **{name: after[name] for name in self.start}}
            self._new(frame)
            found |= {key: self.worked.get(key, frame[name]) for key, name in ends.items()}
        return found

    def _new(self, frame: Values) -> None:
        """The forward pass with new parameters; a person's numbers for it have keys such as new(L)."""

        def then(name: str, value: Numbers) -> Numbers:
            value = value if self.group.keeps is None else self.group.keeps(value)
            key = self._own(f"new({name})", ("",), value)
            rounds = self.group.rounds
            return self.instead[key] if key else value if rounds is None else rounds(value, forward=True)

        self.group.forward.run(frame, self.shape, then)

    def _walked(self, wanted: Mapping[str, At]) -> Values:
        """The updates one after another, as far as anything is wanted of them."""
        group, way = self.group, self.group.way
        found: Values = {}
        parameters: Values = dict(self.start)
        for k in range(1, max(what.k for what in wanted.values()) + 1):
            keys = {what.key: key for key, what in wanted.items() if what.k == k}
            passed = {inner: key for inner, key in keys.items() if is_of_a_pass(group.right, inner)}
            end = (f"@{k}",)
            frames = [self._frame(i, parameters, () if j else end) for j, i in enumerate(self._examples_of(k - 1))]
            found |= {key: self._of_pass(frames[0], inner) for inner, key in passed.items()}
            if not way.rules or k > way.updates:
                continue
            before = parameters
            values, parameters = self._update(frames, before, k - 1, end)
            if self._is_swapped:
                found |= {key: self._of_pass(frames[0], i) for i, key in passed.items() if i.startswith("grad(")}
            for inner, key in passed.items():
                again = written_again(partial(way.loss, inner[5:-1]).name) if inner.startswith("grad(") else ""
                found[key] = values.get(again, found[key])
            for change, name in group.changed.items():
                by = self.instead.get(f"{change}@{k}")
                if by is not None and name in values and f"{name}@{k}" not in self.instead:
                    self.worked[f"{change}@{k}"] = values[name] - before[name]  # who has another goes on with that
                    values[name] = parameters[name] = before[name] + by
            values = {**parameters, **values}
            for inner, key in keys.items():
                if inner in group.changed:
                    name = group.changed[inner]
                    line = self.worked.get(f"{name}@{k}", values.get(name, before[name]))
                    found[key] = self.worked.get(key, line - before[name])
                elif inner not in passed:
                    again = written_again(group.batch.get(inner, ""))
                    found[key] = values.get(again, values.get(inner, _NONE))
        return {key: found.get(key, _NONE) for key in wanted}
