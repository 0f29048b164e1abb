"""Ways of working a problem, the right one and wrong ones, compiled once and carried out with any numbers.

A wrong way works only those lines again that differ from the right one's, and those below them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from symnet.algebra.equations import Equation, Expr, names_in
from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Number, Undefined, Value
from symnet.computing.many_digits import plain
from symnet.computing.program import EquationError, Printer, Program, identifier
from symnet.computing.rounding import Rounding
from symnet.diagnosis.moments import Moments, follow_at
from symnet.diagnosis.particulars import Particular
from symnet.diagnosis.rewriting import Slipped
from symnet.working.problem import Problem
from symnet.working.quantities import changes, key_of, keys_of, over_examples
from symnet.working.rows import by_samples
from symnet.working.updates import Passes, located, train

FAR_DENOMINATOR = 10**12  # a fraction with a denominator that divides this ends within twelve decimals


@dataclass(frozen=True)
class Base:
    """The right working of one set of numbers, which every hypothesis starts from."""

    problem: Problem
    instead: Mapping[str, Number]
    frames: tuple[dict[str, Any], ...]  # of the examples of the first update
    worked: Mapping[str, Value]  # what the lines of ``instead`` would have come to
    rules: Mapping[int, Value]  # what each rule gives in the first update
    values: dict[str, Value]

    @cached_property
    def _digits(self) -> tuple[int, int] | None:
        """The most decimals and significant digits of any value; None where one of them never ends."""
        decimals = figures = 0
        for value in self.values.values():
            if isinstance(value, Fraction):
                if FAR_DENOMINATOR % value.denominator:
                    return None
                text = exact.decimal(value, 60).normalize()
                decimals = max(decimals, -int(text.as_tuple().exponent))
                figures = max(figures, len(text.as_tuple().digits))
            elif not isinstance(value, Undefined):
                return None
        return decimals, figures

    def is_kept_by(self, rounding: Rounding) -> bool:
        """Whether rounding every line changes nothing."""
        if self._digits is None or not rounding.digits:
            return False
        return self._digits[rounding.significant] <= rounding.digits


class RightWay:
    """The right way of working, compiled once."""

    def __init__(self, problem: Problem, printer: Printer, more: Mapping[str, Particular] | None = None) -> None:
        """``more`` are keys beyond the plain ones that are asked for."""
        self.problem = problem
        self.keys = keys_of(problem)
        self.more = more or {}
        self._moments = Moments(problem, self.more, printer)
        self.batch = over_examples(problem)
        self.forward = {e.name: e.rhs for e in problem.network.equations}
        self.backward = {e.name: e.rhs for e in problem.backward}
        self.further = {e.name: e.rhs for e in problem.further}
        self._passes = Passes(problem, printer)

    def at(self, problem: Problem, instead: Mapping[str, Number]) -> Base:
        passes, way = self._passes, _with_numbers(self.problem, self.problem, problem)
        passes.problem = way
        parameters: dict[str, Value] = {**way.start, **way.state}
        worked: dict[str, Value] = {}
        follow = _follow(instead, worked) if instead else None
        try:
            own = [follow, *(follow_at(i + 1, instead, worked) for i in range(1, len(way.examples)))]
            frames = [passes.frame(i, parameters, True, own[i]) for i in range(len(way.examples))]
            used = [dict(frames[i]) if way.sequential else frames[i] for i in way.examples_of_update(0)]
            after = _updated(passes, used, parameters, self.batch, follow)
            more = self._moments.values(passes, frames, after.values, worked, instead) if self.more else {}
        except EquationError as error:
            raise located(error, way) from None
        values = _by_key(self.keys, passes, frames[0], after.values, worked, instead) | more
        return Base(problem, instead, tuple(frames), worked, after.rules, values)


class WrongWay:
    """One wrong way of working, compiled once; only the lines that differ, and those below them, are worked again."""

    def __init__(self, slipped: Slipped, right: RightWay, printer: Printer) -> None:
        self.way = way = slipped.problem
        self.right = right
        self.examples = slipped.examples
        self.out_of_order = way.sequential and not right.problem.sequential
        # Who updates after every example finds the next one with other parameters.
        self.moves_on = way.online and by_samples(right.problem)
        self._passes = Passes(way, printer)
        self._passes.undefined_allowed = True  # the root of a negative number takes one new weight away, not all
        other: set[str] = set()
        everything = way.rounding is not None
        self._forward = Program(_differing(way.network.equations, right.forward, other, everything), printer)
        self._backward = Program(_differing(way.backward, right.backward, other, everything), printer)
        dropped = right.backward.keys() - {equation.name for equation in way.backward}
        again = everything or way.learning_rate != right.problem.learning_rate
        self._further = Program(_differing(way.further, right.further, other | dropped, again), printer)
        self._dropped = [identifier(name) for name in dropped]
        # What these lines come to on the right way is nothing that is worked here.
        self._other_lines = {key_of(name) for name in dropped}
        if way.updates != right.problem.updates:
            self._other_lines |= {rule.name for rule in (*way.rules, *right.problem.rules)}
        self._same_rules = self._rules_as(right.problem, other | dropped)
        self._moments = Moments(right.problem, right.more, printer, way)

    def _rules_as(self, right: Problem, other: set[str]) -> list[int]:
        """The rules that give the right value in the first update."""
        way = self.way
        kept = ("learning_rate", "state", "updates", "reduce", "divisors", "sequential", "online", "rounding", "places")
        if self.examples is not None or len(way.rules) != len(right.rules):
            return []
        if way.sequential or any(getattr(way, name) != getattr(right, name) for name in kept):
            return []
        same = []
        for i, (rule, as_right) in enumerate(zip(way.rules, right.rules, strict=True)):
            if rule == as_right and not any(name.name in other for name in names_in(rule.rhs)):
                same.append(i)
            else:
                other |= {rule.name, as_right.name}
        return same

    def values(self, base: Base) -> dict[str, Value] | None:
        """The value of every key; None where the slip leads to no value, or to the right one everywhere."""
        rounding = self.way.rounding
        if rounding is not None and base.is_kept_by(rounding):
            return None
        passes, way = self._passes, _with_numbers(self.way, self.right.problem, base.problem, self.examples)
        passes.problem = way
        parameters = {**way.start, **way.state}
        worked = {key: value for key, value in base.worked.items() if key not in self._other_lines}
        try:
            frames = [
                self._frame_of_sample(i, frame, base.instead, worked) if i else self._frame(frame, base.instead, worked)
                for i, frame in enumerate(base.frames)
            ]
            if self.moves_on and self.right.more:
                frames = self._moved_on(frames, base.instead, worked)
            places = way.examples_of_update(0) if self.examples is None else self.examples
            used = [dict(frames[i]) if way.sequential else frames[i] for i in places]
            follow = _follow(base.instead, worked) if base.instead else None
            known = {i: base.rules[i] for i in self._same_rules if i in base.rules}
            after = _updated(passes, used, parameters, self.right.batch, follow, known)
            given = (after.values, worked, base.instead, self.out_of_order)
            if self.out_of_order:  # who uses updated weights finds other gradients with them, in every example
                frames = [used[places.index(i)] if i in places else frame for i, frame in enumerate(frames)]
            more = self._moments.values(passes, frames, *given) if self.right.more else {}
        except (EquationError, Mistake):
            return None
        values = _by_key(self.right.keys, passes, frames[0], after.values, worked, base.instead) | more
        return None if values == base.values else values

    def _frame_of_sample(
        self, i: int, right: dict[str, Any], instead: Mapping[str, Number], worked: dict[str, Value]
    ) -> dict[str, Any]:
        """The same for sample i, from 1, whose keys end in @2, @3 …"""
        end, own = f"@{i + 1}", dict[str, Value]()
        frame = self._frame(right, {key.removesuffix(end): instead[key] for key in instead if key.endswith(end)}, own)
        if by_samples(self.right.problem):  # where samples are taken one after another, y@2 is of the second update
            worked |= {f"{key}{end}": value for key, value in own.items()}
        return frame

    def _moved_on(
        self, frames: list[dict[str, Any]], instead: Mapping[str, Number], worked: dict[str, Value]
    ) -> list[dict[str, Any]]:
        """The examples, each with the parameters that the update by the one before has left."""
        passes, found = self._passes, frames[:1]
        parameters: dict[str, Value] = {**passes.problem.start, **passes.problem.state}
        for k in range(1, len(frames)):
            parameters = dict(passes.update([dict(found[-1])], parameters, k - 1).parameters)
            found.append(passes.frame(k, parameters, True, follow_at(k + 1, instead, worked)))
        return found

    def _frame(self, right: dict[str, Any], instead: Mapping[str, Number], worked: dict[str, Value]) -> dict[str, Any]:
        frame = dict(right)
        for name in self._dropped:
            frame.pop(name, None)
        rounding, keep = self.way.rounding, exact.small if self.way.rounding is not None else self._passes.keep
        follow = _follow(instead, worked, rounding) if instead or rounding is not None else None
        self._forward.run(frame, keep, True, follow)
        if rounding is not None and rounding.forward_only:
            follow = _follow(instead, worked) if instead else None
        self._backward.run(frame, keep, True, follow)
        self._passes.run_further(frame, follow, self._further, keep)
        return frame


def _with_numbers(way: Problem, right: Problem, problem: Problem, examples: Sequence[int] | None = None) -> Problem:
    """A way of working with the numbers of a problem of the same structure; a learning rate of its own it keeps."""
    samples = problem.samples if examples is None else tuple(problem.samples[i] for i in examples)
    rate = problem.learning_rate if way.learning_rate == right.learning_rate else way.learning_rate
    return replace(way, given=problem.given, start=problem.start, samples=samples, learning_rate=rate)


def _differing(
    lines: Sequence[Equation], right: Mapping[str, Expr], other: set[str], everything: bool
) -> list[Equation]:
    """The lines that are not the right ones or that use a name in ``other``, which they join."""
    differing = []
    for line in lines:
        if everything or right.get(line.name) != line.rhs or any(name.name in other for name in names_in(line.rhs)):
            other.add(line.name)
            differing.append(line)
    return differing


@dataclass(frozen=True)
class _After:
    """What follows the passes: ``values`` of parameters, state, gradients over a batch and all else that rules give."""

    values: Mapping[str, Value]
    rules: Mapping[int, Value]  # what each gives in the first update


def _updated(
    passes: Passes,
    frames: list[dict[str, Any]],
    parameters: Mapping[str, Value],
    batch: Mapping[str, str],
    follow: Callable[[str, Any], Any] | None,
    known: Mapping[int, Value] | None = None,
) -> _After:
    way = passes.problem
    if not (way.rules and way.updates):
        return _After({**{key: passes.over_all(frames, name) for key, name in batch.items()}, **parameters}, {})
    only = follow if way.updates == 1 else None  # the new values are those at the very end
    first = passes.update(frames, dict(parameters), 0, instead=only, known=known)
    used = first.gradients
    values = {key: used[name] if name in used else passes.over_all(frames, name) for key, name in batch.items()}
    values |= {rule.name: first.values[i] for i, rule in enumerate(way.rules)}
    last = train(passes, first=first).parameters if way.updates > 1 else first.parameters
    return _After({**values, **last}, first.values)


def _by_key(
    keys: Sequence[str],
    passes: Passes,
    frame: dict[str, Any],
    after: Mapping[str, Value],
    worked: Mapping[str, Value],
    instead: Mapping[str, Number],
) -> dict[str, Value]:
    forward, gradients = passes.forward_of(frame), passes.gradients_of(frame)
    given, changed = passes.problem.examples[0], changes(passes.problem)
    forward |= passes.further_of(frame)
    values: dict[str, Value] = {}
    for key in keys:
        if key in changed:
            new, old = worked.get(changed[key], after[changed[key]]), passes.problem.start[changed[key]]
            values[key] = new if isinstance(new, Undefined) else exact.add(new, -old)
        elif f"change({key})" in instead:
            values[key] = exact.add(passes.problem.start[key], instead[f"change({key})"])
        elif key in worked:
            values[key] = worked[key]
        elif key in forward:
            values[key] = forward[key]
        elif key.startswith("grad("):
            values[key] = gradients[key[5:-1]]
        else:
            values[key] = after[key] if key in after else given[key]
    return {key: plain(value) for key, value in values.items()}  # nothing more is worked out from them


def _follow(
    instead: Mapping[str, Number], worked: dict[str, Value], rounding: Rounding | None = None
) -> Callable[[str, Any], Any]:
    """What the lines below a line go on with: the number given for it, where there is one, or its own rounded.

    ``worked`` keeps what the line itself comes to, from the rounded numbers above it.
    """

    def follow(name: str, value: Any) -> Any:
        key = key_of(name)
        for known in (key, f"{key}@1"):
            if known in instead:
                worked[known] = value
                return instead[known]
        if rounding is None or isinstance(value, Undefined):
            return value
        worked[key] = value
        return rounding(value)

    return follow
