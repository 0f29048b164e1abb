"""Whether a formula is a quantity: not at these numbers alone, where any two may meet, but as a function of them.

Both are worked exactly at the numbers of the exercise, a little beside them, where the same units are active, and far
from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count

from symnet.algebra.derivatives import recognized
from symnet.algebra.equations import Equation, Expr, add, names_in, negate, partial_parts, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.algebra.scalar import ScalarFunction
from symnet.computing import exact
from symnet.computing.exact import Number, Undefined, Value
from symnet.computing.program import Program, identifier
from symnet.diagnosis.particulars import Slope, is_of_a_pass, particular, slope_of
from symnet.working.problem import Problem
from symnet.working.quantities import changes, further_of, over_examples
from symnet.working.rate import first_rate
from symnet.working.updates import Frame, Passes

CARRIED = 40  # digits
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
_CLOSE = Fraction(1, 10**25)  # of each other, as multiples of the larger
_NOTHING = Fraction(1, 10**30)
MOST_NAMES = 60  # moved one by one, to see which of them the formula is wrong about


@dataclass(frozen=True)
class Compared:
    """A formula beside a quantity.

    ``here``: its value at the numbers of the exercise, which is ``same_here`` or not; ``same``: whether it is the
    quantity wherever the same units are active, and ``everywhere`` beyond that.  ``only_for`` are the numbers that it
    is right for by accident alone; ``slopes`` those of units that may be active or not, with their values here;
    ``put_in`` the numbers that stand in it for the names of what has them.
    """

    here: Value
    same_here: bool
    same: bool
    everywhere: bool
    only_for: Mapping[str, Fraction]
    slopes: Mapping[str, Value]
    put_in: Mapping[str, Fraction] = field(default_factory=dict)


def can_be_compared(problem: Problem, key: str) -> bool:
    """Whether a formula can stand for a quantity: one of a pass, a slope, or one of the only update."""
    if is_of_a_pass(problem, key) or key in further_of(problem) or isinstance(particular(problem, key), Slope):
        return True
    once = problem.updates == 1 and bool(problem.rules) and not problem.sequential
    ruled = {rule.name for rule in problem.rules}
    return once and (key in ruled or key in changes(problem) or key in over_examples(problem))


def compare(problem: Problem, key: str, expr: Expr) -> Compared:
    """The formula ``expr`` beside the quantity ``key``; raises Mistake where there is nothing to compare it with."""
    if not can_be_compared(problem, key):
        raise Mistake(f"{key} is no single line of working, so no formula can be compared with it; give its number")
    point = _Point(problem, key, expr)
    with exact.digits_carried(CARRIED):
        here = point.at(problem)
        near = [point.at(_moved(problem, way, Fraction(1, 1000))) for way in (1, -1, 3, -6)]
        far = [point.at(_moved(problem, way, Fraction(1, 7))) for way in (1, -3, 6, -7, 10, -12)]
        if here is None:
            return Compared(Undefined("the formula has no value at these numbers"), False, False, False, {}, {})
        active = [pair for pair in near if pair is not None and pair.pattern == here.pattern]
        beside = active or [pair for pair in far if pair is not None]
        same = here.agree and all(pair.agree for pair in beside) and bool(beside)
        everywhere = same and all(pair.agree for pair in (*near, *far) if pair is not None)
        only_for = _accidents(problem, point, here.pattern) if here.agree and not same else {}
        slopes = point.slopes(problem) if same and not everywhere else {}
    return Compared(here.given, here.agree, same, everywhere, only_for, slopes)


@dataclass(frozen=True)
class _Pair:
    """A formula and a quantity at one point, and which units are active there."""

    given: Value
    right: Value
    pattern: tuple[int, ...]

    @property
    def agree(self) -> bool:
        if isinstance(self.given, Undefined) or isinstance(self.right, Undefined):
            return type(self.given) is type(self.right)
        one, other = (exact.as_fraction(number) for number in (self.given, self.right))
        return abs(one - other) <= max(_CLOSE * max(abs(one), abs(other)), _NOTHING * (one != other))


class _Point:
    """Works a formula and a quantity at any numbers."""

    def __init__(self, problem: Problem, key: str, expr: Expr) -> None:
        self.key, self.expr = key, expr
        self.passes = Passes(replace(problem, places=None, rounding=None, passed_back=None, updates=1))
        self.batch = over_examples(problem)
        what = particular(problem, key)
        lines = [Equation(symbol("given answer"), expr)]
        if isinstance(what, Slope):
            lines.append(Equation(symbol("right answer"), slope_of(problem, what)))
        self.lines = Program(lines)
        functions = [f for e in problem.network.equations for f in _functions(recognized(e.rhs))]
        self.bends = Program(
            [Equation(symbol(f"bend {i}"), bend) for i, f in enumerate(functions) for bend in _bends(f)]
        )

    def at(self, problem: Problem) -> _Pair | None:
        """Both at the numbers of a problem; None where the working itself has no value there."""
        passes = self.passes
        passes.problem = replace(
            passes.problem, given=problem.given, start=problem.start, samples=problem.samples, state=problem.state
        )
        parameters: dict[str, Value] = {**problem.start, **problem.state}
        try:
            frames = [passes.frame(i, parameters) for i in passes.problem.examples_of_update(0)]
            frame = dict(frames[0])
            self._add(frame, frames)
            right = self._right(frame, frames, parameters)
        except (ArithmeticError, KeyError):
            return None
        given = dict(frame)
        try:
            self.lines.run(given, _kept, True)
        except KeyError:
            raise Mistake(f"{self.key}: this formula uses what is only known after the update") from None
        self.bends.run(given, _kept, True)
        pattern = tuple(_sign(given[identifier(e.name)]) for e in self.bends.equations)
        return _Pair(given[identifier("given answer")], given.get(identifier("right answer"), right), pattern)

    def _add(self, frame: Frame, frames: list[Frame]) -> None:
        """What a rule of the update reads beside the passes of an example."""
        problem = self.passes.problem
        rate = first_rate(problem)
        if rate is not None:
            frame[identifier(LEARNING_RATE.name)] = rate
        frame[identifier(UPDATE_NUMBER.name)] = Fraction(1)
        for name in names_in(self.expr):
            if partial_parts(name.name) is not None:  # of what the loss does not depend on
                frame.setdefault(identifier(name.name), Fraction(0))
        if not is_of_a_pass(problem, self.key) and len(frames) > 1:
            for name in self.batch.values():
                frame[identifier(name)] = self.passes.over_all(frames, name)

    def _right(self, frame: Frame, frames: list[Frame], parameters: dict[str, Value]) -> Value:
        problem, key = self.passes.problem, self.key
        if key in problem.network.by_name:
            value: Value = frame[identifier(key)]
            return value
        if key in (further := further_of(problem)):
            return frame[identifier(further[key])]  # type: ignore[no-any-return]
        if is_of_a_pass(problem, key):
            return self.passes.gradients_of(frame)[key[5:-1]]
        if key in self.batch:
            return self.passes.over_all(frames, self.batch[key])
        if not problem.rules:
            return Fraction(0)  # a slope, which has a line of its own
        name = changes(problem).get(key, key)
        update = self.passes.update(frames, parameters, 0)
        values = {**update.parameters, **{rule.name: update.values[i] for i, rule in enumerate(problem.rules)}}
        new = values.get(name, Fraction(0))
        if key == name or isinstance(new, Undefined):
            return new
        return exact.add(new, -problem.start[name])

    def slopes(self, problem: Problem) -> dict[str, Value]:
        """The slopes, on the way to the loss, of units that may be active or not, and their values here."""
        names = {self.key[5:-1]} if self.key.startswith("grad(") else set()
        found = {}
        frame = self.passes.frame(0, {**problem.start, **problem.state})
        for equation in problem.network.equations:
            below = [name for name in names_in(equation.rhs) if name.name in names]
            if not below:
                continue
            names.add(equation.name)
            function = recognized(equation.rhs)
            if isinstance(function, ScalarFunction) and function.kink and function.args[0] in below:
                key = Slope(equation.name, function.args[0].name)
                line = Equation(symbol("slope"), slope_of(problem, key))
                Program([line]).run(frame, _kept, True)
                found[f"{type(function).__name__}'({key.wrt})"] = frame[identifier("slope")]
        return found


def _accidents(problem: Problem, point: _Point, pattern: tuple[int, ...]) -> dict[str, Fraction]:
    """The numbers of which another would show that the formula is not the quantity."""
    found = {}
    numbers = {**problem.examples[0], **problem.start}
    for name in [*numbers][:MOST_NAMES]:
        pair = point.at(_moved(problem, 1, Fraction(1, 1000), name))
        if pair is not None and pair.pattern == pattern and not pair.agree:
            found[name] = numbers[name]
    return found


def _moved(problem: Problem, way: int, by: Fraction, only: str = "") -> Problem:
    """The problem with its numbers moved, no two alike; by a little, or by as much as makes other units active."""
    steps = count()

    def moved(numbers: Mapping[str, Fraction]) -> dict[str, Fraction]:
        found = {}
        for name, number in numbers.items():
            i = next(steps)
            step = way * by * Fraction(_PRIMES[(i * (abs(way) + 1)) % len(_PRIMES)], 10) * (1 + i // len(_PRIMES))
            step *= -1 if i * abs(way) % 3 == 1 else 1
            found[name] = number if only and name != only else number + step * (abs(number) or 1)
        return found

    samples = tuple(moved(sample) for sample in problem.samples)
    return replace(problem, given=moved(problem.given), start=moved(problem.start), samples=samples)


def _functions(expr: Expr) -> Iterator[ScalarFunction]:
    if isinstance(expr, ScalarFunction):
        yield expr
    for argument in expr.args:
        yield from _functions(argument)


def _bends(function: ScalarFunction) -> Iterator[Expr]:
    """What changes its sign where a function of cases goes from one to the next."""
    if type(function).__name__ in ("max", "min"):
        yield from (add(function.args[0], negate(other)) for other in function.args[1:])
    elif function.kink or type(function).__name__ in ("step", "sign"):
        yield function.args[0]


def _kept(number: Number) -> Number:
    return exact.small(number)


def _sign(value: Value) -> int:
    return 2 if isinstance(value, Undefined) else (value > 0) - (value < 0)
