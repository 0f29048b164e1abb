"""Hypotheses: what every quantity of a problem comes to if one slip is made, for these numbers or for others.

A hypothesis is one slip at one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from symnet.algebra import functions as f
from symnet.algebra.equations import names_in
from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Number, Undefined, Value
from symnet.computing.many import np
from symnet.computing.program import Printer
from symnet.diagnosis.estimates import Estimates
from symnet.diagnosis.many_ways import Way
from symnet.diagnosis.numbering import Numbering
from symnet.diagnosis.particulars import At, follows_from, is_of_a_pass, particulars, updates_needed
from symnet.diagnosis.reworking import Base, RightWay, WrongWay
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slips import CATALOGUE, Slip
from symnet.diagnosis.twins import elsewhere
from symnet.working.problem import Problem
from symnet.working.quantities import can_be_worked, further_of, key_of, keys_of, lines_of, over_examples
from symnet.working.rows import by_samples

DIGITS = 40  # carried: far more than anybody writes down
MOST_NAMED = 3  # slips in one sentence
MOST_LINES = 600_000  # lines of working that all hypotheses of one exercise may take together
VERY_FEW = 300  # hypotheses that can be told, below which a quarter of them is looked for: then that takes longest
SETS, SETS_WITH_KINKS = 3, 60  # of other numbers with which two hypotheses are compared
KINKED = (f.relu, f.leaky_relu, f.elu, f.step, f.abs, f.sign, f.floor, f.max, f.min)
SAME = 1e-11  # two estimates that are off by less, relative to themselves, are one number


@dataclass(frozen=True, eq=False)
class Hypothesis:
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


def one_of_each(hypotheses: Iterable[Hypothesis]) -> tuple[Hypothesis, ...]:
    """The first hypothesis of every slip."""
    first: dict[str, Hypothesis] = {}
    for hypothesis in hypotheses:
        first.setdefault(hypothesis.id, hypothesis)
    return tuple(first.values())


def either(did: Iterable[str], most: int = MOST_NAMED) -> str:
    """What the person did or may have done instead: "You forgot the learning rate, or forgot the bias."."""
    different = [*dict.fromkeys(did)]
    return f"You {', or '.join([*different[:most], *['made another slip'] * (len(different) > most)])}."


class Hypotheses:
    """The hypotheses of an exercise: built once, then told with its numbers or with those of any variant of it.

    Where ``keys`` are given and nothing that is updated is among them, updates are not carried out.  ``slips`` are ids
    of the catalogue, all of it unless told.
    """

    def __init__(self, problem: Problem, keys: Sequence[str] = (), slips: Sequence[str] = ()) -> None:
        self.known = keys_of(problem)
        batch = over_examples(problem)
        forward = {*problem.network.by_name, *(f"grad({name})" for name in problem.network.names), *batch}
        forward |= {*further_of(problem)}
        more = particulars(problem, keys)
        if keys and forward.issuperset(key for key in keys if key in self.known):
            first = bool({*batch, *map(key_of, batch.values())}.intersection(keys))
            least = updates_needed(problem, more, int(first and problem.updates > 0))
            # Who updates weights before the gradients above them are found shows it in gradients alone.
            backward = any(key.startswith("grad(") and key[5:-1] in problem.network.names for key in keys)
            least = 1 if least == 0 and backward and problem.updates else least
            if least == 0 and not any("@" in key for key in more):
                problem = replace(problem, rules=(), state={})
            elif least is not None and problem.updates:
                problem = replace(problem, updates=max(1, least))
        if not can_be_worked(problem):
            raise Mistake(
                f"{problem.updates:,} updates are too many to work by hand; ask for forward values and gradients alone"
            )
        self.problem = problem
        self._more = particulars(problem, more)
        self.keys = (*keys_of(problem), *self._more)
        self.batch = {key_of(name): key for key, name in over_examples(problem).items()}
        self._printer = Printer(exactly=True)
        self._right = RightWay(problem, self._printer, self._more)
        self._ways: dict[Hypothesis, WrongWay] = {}
        self._one: dict[tuple[Hypothesis, Hypothesis], bool] = {}
        self._last: View | None = None
        self._base: tuple[Problem, Base] | None = None  # of the problem that was asked about last
        of_sizes = problem.sizes is not None
        told = [CATALOGUE[id] for id in slips] if slips else list(CATALOGUE.values())
        self._slips = [slip for slip in told if slip.of_sizes == of_sizes]

    @cached_property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        """Every slip at every place, but no more than can be told in a few seconds."""
        most = MOST_LINES // lines_of(self.problem)
        most_found = most // 4 if most < VERY_FEW else None
        found: list[tuple[int, Hypothesis]] = []
        seen: set[tuple[Any, ...]] = set()
        number = Numbering()
        for place, slipped in self._in_turn() if most_found is not None else self._one_by_one():
            way = slipped.problem
            lines = (way.network.equations, way.passed_back, way.further, way.rules)
            plan = (slipped.examples, way.reduce, *way.divisors.items(), way.sequential, way.updates, way.online)
            key = (*map(number, lines), way.rounding, *plan)
            if key not in seen:
                seen.add(key)
                found.append((place, Hypothesis(self._slips[place], slipped)))
            if most_found is not None and len(found) >= most_found:
                break
        return self._affordable([hypothesis for _, hypothesis in sorted(found, key=lambda one: one[0])])

    def _one_by_one(self) -> Iterator[tuple[int, Slipped]]:
        """Every slip, by its place among the slips, at every place where it can happen."""
        rewriting = Rewriting(self.problem)
        for place, slip in enumerate(self._slips):
            yield from ((place, slipped) for slipped in slip.rewrite(rewriting))

    def _in_turn(self) -> Iterator[tuple[int, Slipped]]:
        """The same, each slip at its first place, then each at its second: of a very deep net only a few are told."""
        rewriting = Rewriting(self.problem)
        waiting = [(place, slip.rewrite(rewriting)) for place, slip in enumerate(self._slips)]
        while waiting:
            left = []
            for place, places in waiting:
                slipped = next(places, None)
                if slipped is not None:
                    yield place, slipped
                    left.append((place, places))
            waiting = left

    def _affordable(self, found: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
        """As many as fit into the work that is allowed; single places are left out before whole slips are."""
        problem = self.problem
        most = MOST_LINES // lines_of(problem)
        if len(found) <= most:
            return tuple(found)
        before: dict[str, int] = {}
        ranked = []
        for i, hypothesis in enumerate(found):
            before[hypothesis.id] = before.get(hypothesis.id, -1) + 1
            ranked.append((-1 if hypothesis.slipped.is_everywhere else before[hypothesis.id], i))
        return tuple(found[i] for i in sorted(i for _, i in sorted(ranked)[:most]))

    @cached_property
    def _above(self) -> dict[str, frozenset[str]]:
        problem = self.problem
        above: dict[str, frozenset[str]] = {}
        for equation in (*problem.network.equations, *problem.backward, *problem.further, *problem.rules):
            key = key_of(equation.name)
            # The name of a parameter is its old value on a right-hand side until a rule has given it a new one.
            names = [key_of(name.name) for name in names_in(equation.rhs)]
            names = [name for name in names if name in above]
            found = frozenset[str]().union(*(above[name] for name in names), above.get(key, frozenset()))
            found |= {self.batch[name] for name in names if name.startswith("grad(") and name in self.batch}
            if f"change({key})" in self.keys:
                above[f"change({key})"] = found = found | {f"change({key})"}
            elif key in self.batch:
                above[self.batch[key]] = found | {self.batch[key]}
            above[key] = found | {key}
        if problem.updates > 1:
            # The second update sees what the first one made of every parameter; their keys stand for the last values.
            updated = {rule.name for rule in problem.rules}
            everything = frozenset[str]().union(*(above[name] for name in updated))
            everything -= updated | {f"change({name})" for name in updated}
            for name in updated:
                above[name] = everything | (above[name] & {name, f"change({name})"})
                if f"change({name})" in above:
                    above[f"change({name})"] = everything | {f"change({name})"}
        # What is taken over all samples follows from every one of them, where somebody gives it.
        over = {key: frozenset(self._of_samples(above[name])) for name, key in self.batch.items() if name in above}
        for key, keys in above.items():
            above[key] = keys.union(*(over[other] for other in keys & over.keys()))
        return above | follows_from(problem, self._more, above)

    def _of_samples(self, keys: Iterable[str]) -> tuple[str, ...]:
        """These keys at every sample of the batch, as far as anybody asks for them."""
        if not by_samples(self.problem):
            return ()
        samples = range(1, len(self.problem.examples) + 1)
        return tuple(at for k in samples for key in keys if (at := f"{key}@{k}") in self._more)

    def in_turn(self, keys: Iterable[str]) -> list[str]:
        """The keys, those of the samples before what is taken over all of them."""
        return sorted(keys, key=lambda key: key not in self._more and not self._more.keys().isdisjoint(self.above(key)))

    def above(self, key: str) -> frozenset[str]:
        """The keys of all lines that a quantity follows from, and its own."""
        return self._above.get(key, frozenset((key,)))

    def inputs(self, key: str) -> tuple[str, ...]:
        """The keys of what stands on the right-hand side of the line of a quantity."""
        if key in self._over_samples:
            return self._over_samples[key]
        what = self._more.get(key)
        if isinstance(what, At) and by_samples(self.problem) and is_of_a_pass(self.problem, what.key):
            return tuple(f"{name}@{what.k}" for name in self._inputs.get(what.key, ()))
        return self._inputs.get(key, ())

    @cached_property
    def _over_samples(self) -> dict[str, tuple[str, ...]]:
        """{"mean(grad(w))": ("grad(w)", "grad(w)@1", "grad(w)@2")}, of those that somebody gives."""
        found = {key: (name, *self._of_samples((name,))) for name, key in self.batch.items()}
        return {key: names for key, names in found.items() if len(names) > 1}

    @cached_property
    def _inputs(self) -> dict[str, tuple[str, ...]]:
        problem = self.problem
        lines = (*problem.network.equations, *problem.backward, *problem.further, *problem.rules)
        # The first line of a name stands.
        return {key_of(e.name): tuple(key_of(n.name) for n in names_in(e.rhs)) for e in reversed(lines)}

    def line_of(self, hypothesis: Hypothesis, problem: Problem, key: str) -> str:
        """The key of the line in which a hypothesis first leaves the right way, on the way to ``key``.

        Only what is wrong as far as ``key`` is on the way: what a slope of 0 or a closed gate holds back is not.
        """
        right, above = self.right(problem), self.above(key)
        values = self.view(problem).values(hypothesis)
        wrong = {k for k in above if k in right and values[k] != right[k]}
        way, left = {key}, [key]
        while left:
            below = left.pop()
            inner = below[7:-1] if below.startswith("change(") else below
            new = {k for k in self.inputs(inner) if k in wrong} - way
            way |= new
            left += new
        one_pass = len(problem.examples) == 1 and problem.updates <= 1 and key not in self._more
        if one_pass or len(way) > 1:
            wrong &= way  # of more than one example or update the keys show the first alone, and the way may be another
        return next((k for k in self.keys if k in wrong), key)

    def right(self, problem: Problem, instead: Mapping[str, Number] | None = None) -> dict[str, Value]:
        """The right value of every key; what stands below the keys of ``instead`` follows from the numbers there.

        Raises Mistake where a forward value or an update has none.
        """
        return dict(self.worked(problem, instead or {}).values)

    def unrounded(self, problem: Problem) -> Mapping[str, Value]:
        """The value of every key for who keeps all digits, where the exercise rounds every line; else nothing."""
        if self.problem.places is None:
            return {}
        with exact.digits_carried(DIGITS):
            return self._unrounded.at(replace(problem, places=None), {}).values

    @cached_property
    def _unrounded(self) -> RightWay:
        return RightWay(replace(self.problem, places=None), self._printer, self._more)

    def view(self, problem: Problem, instead: Mapping[str, Number] | None = None) -> View:
        """What the hypotheses come to with the numbers of a problem; raises Mistake where right working has none."""
        if instead:
            return View(self, problem, instead)
        if self._last is None or self._last.problem is not problem:
            self._last = View(self, problem, {})  # a class is asked about one set of numbers many times
        return self._last

    def wrong(
        self, problem: Problem, instead: Mapping[str, Number] | None = None
    ) -> Iterator[tuple[Hypothesis, dict[str, Value]]]:
        """Every hypothesis that gives another number somewhere, with its value of every key, exactly."""
        view = self.view(problem, instead)
        told = ((hypothesis, view.values(hypothesis)) for hypothesis in self.hypotheses)
        yield from ((hypothesis, values) for hypothesis, values in told if values is not view.should_be)

    @cached_property
    def estimates(self) -> Estimates:
        """The ways of all hypotheses, in their order."""
        return Estimates(
            self.problem,
            [Way(hypothesis.slipped.problem, hypothesis.slipped.examples) for hypothesis in self.hypotheses],
        )

    def worked(self, problem: Problem, instead: Mapping[str, Number]) -> Base:
        """The right working, from which those of the hypotheses start."""
        if self._base is not None and self._base[0] is problem and not instead:
            return self._base[1]
        with exact.digits_carried(DIGITS):
            base = self._right.at(problem, instead)
        if not instead:
            self._base = problem, base
        return base

    def are_one(self, one: Hypothesis, other: Hypothesis) -> bool:
        """Whether two hypotheses are one thing in other words: whatever the numbers, they give the same.

        What is passed back to inputs and targets tells nobody's slip apart.
        """
        if (one, other) not in self._one:
            fixed = {f"grad({name})" for name in self.problem.given}
            keys = [key for key in self.keys if key not in fixed]
            pairs = ((self.told(one, base), self.told(other, base)) for base in self._elsewhere)
            self._one[one, other] = bool(self._elsewhere) and all(
                a[key] == b[key] or _nearly(in_floats(a[key]), in_floats(b[key])) for a, b in pairs for key in keys
            )
        return self._one[one, other]

    @cached_property
    def _elsewhere(self) -> list[Base]:
        """The right working with quite other numbers; with kinks so often that most cases of dead units occur."""
        found = []
        kinked = any(equation.rhs.has(*KINKED) for equation in self.problem.network.equations)
        sets = SETS_WITH_KINKS if kinked else SETS
        for problem in elsewhere(self.problem, sets) if self.problem.sizes is None else ():
            try:
                with exact.digits_carried(DIGITS):
                    found.append(self._right.at(problem, {}))
            except Mistake:  # the logarithm of a negative number, say
                continue
        return found

    def told(self, hypothesis: Hypothesis, base: Base) -> dict[str, Value]:
        """The exact value of every key in a hypothesis; the right ones where the hypothesis leads to none."""
        if hypothesis not in self._ways:
            self._ways[hypothesis] = WrongWay(hypothesis.slipped, self._right, self._printer)
        with exact.digits_carried(DIGITS):
            values = self._ways[hypothesis].values(base)
        return base.values if values is None else values


class View:
    """What every hypothesis makes of the quantities, with certain numbers above: the right ones, or a person's own.

    ``should_be`` are the right values from those numbers.
    """

    def __init__(self, hypotheses: Hypotheses, problem: Problem, instead: Mapping[str, Number]) -> None:
        self.hypotheses, self.problem = hypotheses.hypotheses, problem
        self._of = hypotheses
        self._base = hypotheses.worked(problem, instead)
        self.should_be: Mapping[str, Value] = self._base.values
        self._column = {key: i for i, key in enumerate(hypotheses.keys)}
        self._numbers, self._doubted = hypotheses.estimates.at(problem, hypotheses.keys, instead)
        self._told: dict[Hypothesis, dict[str, Value]] = {}
        self._settled = np.zeros(self._numbers.shape, bool)  # worked exactly

    def values(self, hypothesis: Hypothesis) -> dict[str, Value]:
        """The value of every key in a hypothesis, exactly."""
        if hypothesis not in self._told:
            self._told[hypothesis] = self._of.told(hypothesis, self._base)
        return self._told[hypothesis]

    def column(self, key: str, negligible: float = 0.0) -> Any:
        """The estimates of a quantity in all hypotheses, in double precision; nan where there is none.

        What is no estimate is worked exactly, unless it is ``negligible``: then it is 0.
        """
        column = self._column[key]
        numbers, settled = self._numbers[:, column], self._settled[:, column]
        doubtful = np.isnan(numbers) & ~settled
        if not doubtful.any():
            return numbers
        small = self._doubted[:, column] <= negligible  # in this answer; another may have more digits
        for i in np.flatnonzero(doubtful & ~small):
            numbers[i], settled[i] = in_floats(self.values(self.hypotheses[i])[key]), True
        return np.where(doubtful & small, 0.0, numbers)

    def size_of(self, key: str) -> float:
        """The largest number of a quantity in any hypothesis."""
        numbers = np.abs(self._numbers[:, self._column[key]])
        return float(np.max(numbers[np.isfinite(numbers)], initial=0.0))

    def differs(self, key: str, value: Value, negligible: float = 0.0) -> Any:
        """Which hypotheses give another number than this one (an array of bool)."""
        numbers, number = self.column(key, negligible), in_floats(value)
        if np.isnan(number):
            return ~np.isnan(numbers)
        with np.errstate(invalid="ignore"):
            return ~((np.abs(numbers - number) <= SAME * abs(number)) | (numbers == number))


def _nearly(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * max(abs(a), abs(b))


def in_floats(value: Value) -> float:
    """The value in double precision; nan where there is none."""
    if isinstance(value, Undefined):
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
