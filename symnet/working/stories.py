"""Stories: what every quantity of a problem comes to if one slip is made, for these numbers or for others.

A story is one slip at one place.  The quantities go by their keys: an equation's name is its forward value, ``grad(x)``
the gradient of the loss, the name of a parameter, a state variable or a given number its value after the updates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from symnet.algebra.equations import Equation, Expr, names_in, partial_parts
from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Number, Undefined, Value
from symnet.computing.program import EquationError, Printer, Program, identifier
from symnet.computing.rounding import Rounding
from symnet.working.problem import Problem
from symnet.working.rewriting import EVERYWHERE, Rewriting, Slipped
from symnet.working.slips import CATALOGUE, Slip
from symnet.working.updates import Passes, located, train

FAR_DENOMINATOR = 10**12  # a fraction with a denominator that divides this ends within twelve decimals
DIGITS = 40  # carried: far more than anybody writes down
MOST_LINES = 400_000  # lines of working that all stories of one exercise may take together
MOST_LINES_EVER = 5_000_000  # that the right working may take


@dataclass(frozen=True, eq=False)
class Story:
    """One slip at one place."""

    slip: Slip
    slipped: Slipped

    @property
    def id(self) -> str:
        return self.slip.id

    @property
    def at(self) -> str:
        return self.slipped.at

    @property
    def did(self) -> str:
        """What the person did: "forgot the derivative of the activation at y3"."""
        return self.slip.did_at(self.at)

    @property
    def says(self) -> str:
        return f"You {self.did}."

    @property
    def is_rounding(self) -> bool:
        return self.slipped.problem.rounding is not None


def lines_of(problem: Problem) -> int:
    """How many lines of working a problem takes."""
    lines = len(problem.network.equations) + len(problem.backward) + len(problem.rules)
    return lines * len(problem.examples) * max(1, problem.updates if problem.rules else 1)


def can_be_worked(problem: Problem) -> bool:
    """Whether anybody would wait for the updates, worked line by line."""
    return lines_of(problem) <= MOST_LINES_EVER


def key_of(name: str) -> str:
    """grad(w13) for the name ∂Loss/∂w13, any other name as it is."""
    parts = partial_parts(name)
    return f"grad({parts[1]})" if parts is not None else name


def keys_of(problem: Problem) -> tuple[str, ...]:
    """Every key, in the order of the work: forward values, gradients backward, then what is updated and what is not."""
    network = problem.network
    passed = [key_of(equation.name) for equation in problem.backward]
    rest = [f"grad({name})" for name in network.names if f"grad({name})" not in passed]
    forward = [equation.name for equation in network.equations]
    others = [name for name in (*problem.start, *problem.state, *problem.given) if name not in forward]
    return tuple(dict.fromkeys((*forward, *passed, *rest, *others)))


class Stories:
    """The stories of an exercise: built once, then told with its numbers or with those of any variant of it.

    Where ``keys`` are given and nothing that is updated is among them, updates are not carried out.  ``slips`` are ids
    of the catalogue, all of it unless told.
    """

    def __init__(self, problem: Problem, keys: Sequence[str] = (), slips: Sequence[str] = ()) -> None:
        updated = {*problem.start, *problem.state, *problem.given}
        if keys and not updated.intersection(keys):
            problem = replace(problem, rules=(), state={})
        if not can_be_worked(problem):
            raise Mistake(
                f"{problem.updates:,} updates are too many to work by hand; ask for forward values and gradients alone"
            )
        self.problem = problem
        self.keys = keys_of(problem)
        self._printer = Printer(exactly=True)
        self._right = _Right(problem, self._printer)
        self._last: tuple[Problem, list[tuple[Story, dict[str, Value]]]] | None = None
        self._slips = [CATALOGUE[id] for id in slips] if slips else list(CATALOGUE.values())

    @cached_property
    def stories(self) -> tuple[Story, ...]:
        """Every slip at every place, but no more than can be told in a few seconds."""
        rewriting = Rewriting(self.problem)
        found: list[Story] = []
        seen: set[tuple[Any, ...]] = set()
        for slip in self._slips:
            for slipped in slip.rewrite(rewriting):
                way = slipped.problem
                lines = (way.network.equations, way.passed_back, way.rules, way.rounding, slipped.examples)
                key = (*lines, way.reduce, way.sequential, way.updates, way.online)
                if key not in seen:
                    seen.add(key)
                    found.append(Story(slip, slipped))
        return self._affordable(found)

    def _affordable(self, found: Sequence[Story]) -> tuple[Story, ...]:
        """As many as fit into the work that is allowed; single places are left out before whole slips are."""
        problem = self.problem
        most = MOST_LINES // lines_of(problem)
        if len(found) <= most:
            return tuple(found)
        before: dict[str, int] = {}
        ranked = []
        for i, story in enumerate(found):
            before[story.id] = before.get(story.id, -1) + 1
            ranked.append((-1 if story.at in EVERYWHERE else before[story.id], i))
        return tuple(found[i] for i in sorted(i for _, i in sorted(ranked)[:most]))

    @cached_property
    def _ways(self) -> dict[Story, _Way]:
        return {story: _Way(story.slipped, self._right, self._printer) for story in self.stories}

    @cached_property
    def _above(self) -> dict[str, frozenset[str]]:
        problem = self.problem
        above: dict[str, frozenset[str]] = {}
        for equation in (*problem.network.equations, *problem.backward, *problem.rules):
            key = key_of(equation.name)
            # The name of a parameter is its old value on a right-hand side until a rule has given it a new one.
            names = [key_of(name.name) for name in names_in(equation.rhs)]
            above[key] = above.get(key, frozenset()).union({key}, *(above[name] for name in names if name in above))
        return above

    def above(self, key: str) -> frozenset[str]:
        """The keys of all lines that a quantity follows from, and its own."""
        return self._above.get(key, frozenset((key,)))

    def line_of(self, story: Story, problem: Problem, key: str) -> str:
        """The key of the line in which a story first goes another way than the right one, on the way to ``key``."""
        right, above = self.right(problem), self.above(key)
        values = next((values for other, values in self.wrong(problem) if other is story), right)
        return next((k for k in self.keys if k in above and values[k] != right[k]), key)

    def right(self, problem: Problem, instead: Mapping[str, Number] | None = None) -> dict[str, Value]:
        """The right value of every key; what stands below the keys of ``instead`` follows from the numbers there.

        Raises Mistake where a forward value or an update has none.
        """
        with exact.digits_carried(DIGITS):
            return self._right.at(problem, instead or {}).values

    def unrounded(self, problem: Problem) -> Mapping[str, Value]:
        """The value of every key for who keeps all digits, where the exercise rounds every line; else nothing."""
        if self.problem.places is None:
            return {}
        with exact.digits_carried(DIGITS):
            return self._unrounded.at(replace(problem, places=None), {}).values

    @cached_property
    def _unrounded(self) -> _Right:
        return _Right(replace(self.problem, places=None), self._printer)

    def wrong(
        self, problem: Problem, instead: Mapping[str, Number] | None = None
    ) -> Iterator[tuple[Story, dict[str, Value]]]:
        """Every story that gives another number somewhere, with its value of every key."""
        if not instead and self._last is not None and self._last[0] is problem:
            yield from self._last[1]
            return
        with exact.digits_carried(DIGITS):
            base = self._right.at(problem, instead or {})
            told = [(story, way.values(base)) for story, way in self._ways.items()]
        found = [(story, values) for story, values in told if values is not None]
        if not instead:
            self._last = problem, found  # a class is asked about one set of numbers many times
        yield from found


@dataclass(frozen=True)
class _Base:
    """The right working of one set of numbers, which every story starts from."""

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


class _Right:
    """The right way of working, compiled once."""

    def __init__(self, problem: Problem, printer: Printer) -> None:
        self.problem = problem
        self.keys = keys_of(problem)
        self.forward = {e.name: e.rhs for e in problem.network.equations}
        self.backward = {e.name: e.rhs for e in problem.backward}
        self._passes = Passes(problem, printer)

    def at(self, problem: Problem, instead: Mapping[str, Number]) -> _Base:
        passes, way = self._passes, _with_numbers(self.problem, problem)
        passes.problem = way
        parameters: dict[str, Value] = {**way.start, **way.state}
        worked: dict[str, Value] = {}
        follow = _follow(instead, worked) if instead else None
        try:
            frames = [passes.frame(i, parameters, True, None if i else follow) for i in range(len(way.examples))]
            used = [dict(frames[i]) if way.sequential else frames[i] for i in way.examples_of_update(0)]
            after, rules = _updated(passes, used, parameters, follow)
        except EquationError as error:
            raise located(error, way) from None
        values = _by_key(self.keys, passes, frames[0], after, worked)
        return _Base(problem, instead, tuple(frames), worked, rules, values)


class _Way:
    """One wrong way of working, compiled once; only the lines that differ, and those below them, are worked again."""

    def __init__(self, slipped: Slipped, right: _Right, printer: Printer) -> None:
        self.way = way = slipped.problem
        self.keys = right.keys
        self.examples = slipped.examples
        self.out_of_order = way.sequential and not right.problem.sequential
        self._passes = Passes(way, printer)
        other: set[str] = set()
        everything = way.rounding is not None
        self._forward = Program(_differing(way.network.equations, right.forward, other, everything), printer)
        self._backward = Program(_differing(way.backward, right.backward, other, everything), printer)
        dropped = right.backward.keys() - {equation.name for equation in way.backward}
        self._dropped = [identifier(name) for name in dropped]
        self._same_rules = self._rules_as(right.problem, other | dropped)

    def _rules_as(self, right: Problem, other: set[str]) -> list[int]:
        """The rules that give the right value in the first update."""
        way = self.way
        kept = ("learning_rate", "state", "updates", "reduce", "sequential", "online", "rounding", "places")
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

    def values(self, base: _Base) -> dict[str, Value] | None:
        """The value of every key; None where the slip leads to no value, or to the right one everywhere."""
        rounding = self.way.rounding
        if rounding is not None and base.is_kept_by(rounding):
            return None
        if self.out_of_order and any(key.startswith("grad(") for key in base.instead):
            return None  # the gradients are worked again after each update, so none can be given
        passes, way = self._passes, _with_numbers(self.way, base.problem, self.examples)
        passes.problem = way
        parameters = {**way.start, **way.state}
        worked = dict(base.worked)
        try:
            frames = [
                self._frame(frame, {} if i else base.instead, {} if i else worked)
                for i, frame in enumerate(base.frames)
            ]
            places = way.examples_of_update(0) if self.examples is None else self.examples
            used = [dict(frames[i]) if way.sequential else frames[i] for i in places]
            follow = _follow(base.instead, worked) if base.instead else None
            known = {i: base.rules[i] for i in self._same_rules if i in base.rules}
            after, _ = _updated(passes, used, parameters, follow, known)
        except (EquationError, Mistake):
            return None
        # Who uses updated weights finds other gradients with them.
        shown = used[places.index(0)] if self.out_of_order and 0 in places else frames[0]
        values = _by_key(self.keys, passes, shown, after, worked)
        return None if values == base.values else values

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
        return frame


def _with_numbers(way: Problem, problem: Problem, examples: Sequence[int] | None = None) -> Problem:
    """A way of working with the numbers of a problem of the same structure."""
    samples = problem.samples if examples is None else tuple(problem.samples[i] for i in examples)
    return replace(way, given=problem.given, start=problem.start, samples=samples)


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


def _updated(
    passes: Passes,
    frames: list[dict[str, Any]],
    parameters: Mapping[str, Value],
    follow: Callable[[str, Any], Any] | None,
    known: Mapping[int, Value] | None = None,
) -> tuple[Mapping[str, Value], Mapping[int, Value]]:
    """Parameters, state and whatever else the rules give after all updates, and what each rule gives in the first."""
    way = passes.problem
    if not (way.rules and way.updates):
        return parameters, {}
    only = follow if way.updates == 1 else None  # the new values are those at the very end
    first = passes.update(frames, dict(parameters), 0, instead=only, known=known)
    last = train(passes, first=first).parameters if way.updates > 1 else first.parameters
    return {**{rule.name: first.values[i] for i, rule in enumerate(way.rules)}, **last}, first.values


def _by_key(
    keys: Sequence[str], passes: Passes, frame: dict[str, Any], after: Mapping[str, Value], worked: Mapping[str, Value]
) -> dict[str, Value]:
    forward, gradients = passes.forward_of(frame), passes.gradients_of(frame)
    given = passes.problem.examples[0]
    values: dict[str, Value] = {}
    for key in keys:
        if key in worked:
            values[key] = worked[key]
        elif key in forward:
            values[key] = forward[key]
        elif key.startswith("grad("):
            values[key] = gradients[key[5:-1]]
        else:
            values[key] = after[key] if key in after else given[key]
    return values


def _follow(
    instead: Mapping[str, Number], worked: dict[str, Value], rounding: Rounding | None = None
) -> Callable[[str, Any], Any]:
    """What the lines below a line go on with: the number given for it, where there is one, or its own rounded.

    ``worked`` keeps what the line itself comes to, from the rounded numbers above it.
    """

    def follow(name: str, value: Any) -> Any:
        key = key_of(name)
        if key in instead:
            worked[key] = value
            return instead[key]
        if rounding is None or isinstance(value, Undefined):
            return value
        worked[key] = value
        return rounding(value)

    return follow
