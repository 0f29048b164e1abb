"""Passes and updates: the forward pass, the gradients and the rules, over exact numbers or in digits at full speed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from symnet.algebra.equations import Equation, add, names_in, partial, partial_parts, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import needed
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.computing import exact
from symnet.computing.exact import Number, Undefined, Value
from symnet.computing.many_digits import plain
from symnet.computing.program import EquationError, Printer, Program, identifier
from symnet.working.problem import Problem
from symnet.working.quantities import key_of

Values = dict[str, Value]
Frame = dict[str, Any]  # the values of one example, by identifier

_NOTHING = Fraction(0)
WATCHED_UPDATES = 64  # worked line by line while a parameter is still exact; later updates are hauled in digits
REMEMBERED = 64  # updates after which digits no longer know where they come from
MOST_LINES = 200_000  # of hauled updates that are worked line by line after all, because digits cancel in them


@dataclass(frozen=True)
class Moment:
    """What is known before one update, {name: number}, and the update itself where it was carried out."""

    forward: Values
    gradients: Values
    parameters: Values
    state: Values
    update: Update | None = None
    further: Values = field(default_factory=dict)

    def after(self, rules: Sequence[Equation]) -> Values:
        """The value after the update of every parameter, of state and of every other name that the rules give.

        A parameter's change goes by change(w).
        """
        values = {**self.parameters, **self.state}
        if self.update is not None:
            values |= {rule.name: self.update.values[i] for i, rule in enumerate(rules)}
            values |= {f"change({name})": value for name, value in self.update.changes.items()}
        return values


@dataclass(frozen=True)
class Update:
    """One update: the value of each rule in order, the gradients the rules used, and the parameters after it.

    Over several examples ``gradients`` has the loss as well, which is that of all of them together.  ``changes`` are by
    how much it changes each parameter, where that was asked for.
    """

    values: dict[int, Value]
    gradients: Values
    parameters: Values
    changes: Values


MOST_EXAMPLES = 8  # of a table whose rows a person may mistake, working by hand
MOST_COLUMNS = 8  # of such a table, in which a person may mistake a single number
OTHERS = ("next", "previous", "first")


def of_example(name: str, which: str) -> str:
    """What a value of the next example goes by: a name that no exercise can declare, being no identifier."""
    return f"{name} of the {which} example"


def turned_in(name: str, k: int) -> str:
    """What a column goes by whose number in example k, from 1, has the wrong sign."""
    return f"{name}, of the wrong sign in example {k}"


def of_others(problem: Problem, example: int) -> Iterator[tuple[str, Number]]:
    """The values of the next example, the one before and the first, and of all that lines read, by their names.

    So also its own, with the wrong sign where it stands for the example in which one is read so.
    """
    yield from ((name, problem.examples[at][base]) for name, (at, base) in problem.of_samples.items())
    count = len(problem.samples)
    if 1 < count <= MOST_EXAMPLES:
        for which, place in zip(OTHERS, ((example + 1) % count, (example - 1) % count, 0), strict=True):
            yield from ((of_example(name, which), value) for name, value in problem.samples[place].items())
        own = problem.samples[example]
        for k in range(count) if len(own) <= MOST_COLUMNS else ():
            yield from ((turned_in(name, k + 1), -value if k == example else value) for name, value in own.items())


class Passes:
    """The programs of a problem.  ``watched`` runs them line by line over exact numbers, otherwise in digits."""

    def __init__(self, problem: Problem, printer: Printer | None = None) -> None:
        """``printer`` is shared by problems that have lines in common."""
        self.problem = problem
        self.forward = Program(problem.network.equations, printer)
        self.backward = Program(problem.backward, printer)
        self.further = Program(problem.further, printer)
        self.rules = [Program([rule], printer) for rule in problem.rules]
        used = {name.name for rule in problem.rules for name in names_in(rule.rhs)}
        self.used_gradients = [equation.name for equation in problem.backward if equation.name in used]
        # A gradient of something the loss does not depend on has no equation: it is 0.
        self._no_gradients = {
            name: Fraction(0) for name in used.difference(self.used_gradients) if partial_parts(name) is not None
        }
        # Nor has one that a further line reads.
        self._further_slopes = {
            identifier(name.name) for line in problem.further for name in names_in(line.rhs) if partial_parts(name.name)
        }
        network = problem.network
        self._forward_keys = [(equation.name, identifier(equation.name)) for equation in network.equations]
        self._gradient_keys = [(name, identifier(partial(problem.loss, name).name)) for name in network.names]
        self.blind = False  # whether hauled digits may cancel without a word
        self.undefined_allowed = False  # whether a rule without a value leaves the other rules theirs
        self.keep: Callable[[Number], Number] = exact.small
        if problem.places is not None:
            places = problem.places
            self.keep = lambda x: exact.rounded_by_hand(x, places)
        self.keep_forward = self.keep
        if problem.rounding is not None:
            self.keep_forward = problem.rounding
            self.keep = self.keep if problem.rounding.forward_only else problem.rounding

    @cached_property
    def _uses_gradients(self) -> list[bool]:
        return [any(partial_parts(name.name) for name in names_in(rule.rhs)) for rule in self.problem.rules]

    @cached_property
    def _changes(self) -> dict[int, Program]:
        """By the place of its rule, what is added to a parameter that one rule changes, as in w ← w + change."""
        found = {}
        names = [rule.name for rule in self.problem.rules]
        for i, rule in enumerate(self.problem.rules):
            terms = list(rule.rhs.args) if rule.rhs.is_Add else []
            if rule.name in self.problem.start and names.count(rule.name) == 1 and rule.lhs in terms:
                terms.remove(rule.lhs)
                found[i] = Program([Equation(symbol(f"change({rule.name})"), add(*terms))])
        return found

    def _change(self, i: int, together: Frame, old: Value, new: Value) -> Value:
        """New minus old; where digits are carried, what was added, so that a 0 is known to be one."""
        if isinstance(old, Undefined) or isinstance(new, Undefined):
            return old if isinstance(old, Undefined) else new
        if i in self._changes and self.problem.places is None and not (type(old) is type(new) is Fraction):
            frame = dict(together)
            self._changes[i].run(frame, self.keep, undefined_allowed=True)
            changed: Value = frame[identifier(self._changes[i].equations[0].name)]
            return changed
        return exact.add(new, -old)

    @cached_property
    def _needed_backward(self) -> Program:
        """The gradients that the rules use, and the lines above them."""
        problem = self.problem
        return Program(needed(problem.backward, [name for rule in problem.rules for name in names_in(rule.rhs)]))

    def moment(self, example: int, parameters: Values, update: Update | None = None) -> Moment:
        frame = self.frame(example, parameters)
        kept = {name: parameters[name] for name in self.problem.start}
        state = {name: parameters[name] for name in self.problem.state}
        gradients = self.gradients_of(frame) if self.problem.has_loss else {}
        return Moment(self.forward_of(frame), gradients, kept, state, update, self.further_of(frame))

    def frame(
        self,
        example: int,
        parameters: Values,
        watched: bool = True,
        instead: Callable[[str, Any], Any] | None = None,
    ) -> Frame:
        """The values of an example before an update: given, parameters, forward pass and gradients.

        ``instead`` says what the lines below a line go on with, where that is not its value.
        """
        frame = self._bare(example, parameters, watched)
        if instead is not None:
            self.forward.run(frame, self.keep_forward, True, instead)
            self.backward.run(frame, self.keep, True, instead)
            self.run_further(frame, instead)
            return frame
        self._run(self.forward, frame, watched)
        self._run_backward(frame, watched)
        if watched:
            self.run_further(frame)
        return frame

    def run_further(
        self,
        frame: Frame,
        instead: Callable[[str, Any], Any] | None = None,
        lines: Program | None = None,
        keep: Callable[[Number], Number] | None = None,
    ) -> None:
        """Add what is worked from both passes to their values.

        Of its ``lines`` those alone, where they are given; ``keep`` is what becomes of a number, where it is another.
        """
        program = self.further if lines is None else lines
        if program.equations:
            if self.problem.learning_rate is not None:
                frame[identifier(LEARNING_RATE.name)] = self.problem.learning_rate
            for name in self._further_slopes:
                frame.setdefault(name, _NOTHING)
            program.run(frame, keep or self.keep, True, instead)

    def forward_again(
        self, example: int, parameters: Values, instead: Callable[[str, Any], Any] | None = None
    ) -> Values:
        """The forward pass alone; what has no value is Undefined.  ``instead`` as for ``frame``."""
        frame = self._bare(example, parameters, watched=True)
        self.forward.run(frame, self.keep_forward, True, instead)
        return self.forward_of(frame)

    def update(
        self,
        frames: Sequence[Frame],
        parameters: Values,
        k: int,
        watched: bool = True,
        instead: Callable[[str, Any], Any] | None = None,
        known: Mapping[int, Value] | None = None,
        changes: bool = False,
    ) -> Update:
        """Update number k (from 0) with the values of its examples; ``instead`` as for ``frame``, of the first one.

        The gradient over several examples goes by the name mean(∂Loss/∂w), or sum.
        ``known`` are the values of rules that need not be worked again; ``changes`` are worked where they are wanted.
        """
        problem = self.problem
        together = dict(frames[0])
        for name in problem.state:  # one that the right way does not keep is not among the values of its frames
            if identifier(name) not in together:
                value = parameters[name]
                together[identifier(name)] = value if watched or isinstance(value, Undefined) else exact.real(value)
        self._combine(frames, together, watched, instead)
        constants = {
            **self._no_gradients,
            LEARNING_RATE.name: problem.learning_rate,
            UPDATE_NUMBER.name: Fraction(problem.made + k + 1),
        }
        for name, number in constants.items():
            if number is not None:
                together[identifier(name)] = number if watched else exact.real(number)
        gradients = {name: together[identifier(name)] for name in self.used_gradients}
        if len(frames) > 1:
            gradients[problem.loss] = together[identifier(problem.loss)]
        after, values, changed = dict(parameters), {}, {}
        for i, rule in enumerate(self.rules):
            if problem.sequential and self._uses_gradients[i]:
                # The forward pass stands; the backward pass sees the parameters that are already updated.
                changed = {identifier(name): together[identifier(name)] for name in problem.start}
                for frame in frames:
                    frame.update(changed)
                    if instead is not None and frame is frames[0]:
                        self.backward.run(frame, self.keep, True, instead)
                    else:
                        self._run_backward(frame, watched)
                self._combine(frames, together, watched, instead)
                gradients |= {
                    n.name: together[identifier(n.name)] for n in names_in(problem.rules[i].rhs) if n.name in gradients
                }
            name = problem.rules[i].name
            before = dict(together) if changes and name in problem.start else {}
            if known is not None and i in known:
                together[identifier(problem.rules[i].name)] = known[i]
            elif instead is not None:
                rule.run(together, self.keep, True, instead)  # a number of the person's own may stand for it
            else:
                self._run(rule, together, watched, self.undefined_allowed)
            values[i] = together[identifier(name)]
            if name in after:
                after[name] = values[i]
            if changes and name in problem.start:
                changed[name] = self._change(i, before, parameters[name], values[i])
        return Update(values, gradients, after, changed)

    def forward_of(self, frame: Frame) -> Values:
        return {name: frame[key] for name, key in self._forward_keys}

    def gradients_of(self, frame: Frame) -> Values:
        """∂loss/∂x for every name x, 0 where the loss does not depend on it."""
        return {name: frame.get(key, _NOTHING) for name, key in self._gradient_keys}

    def further_of(self, frame: Frame) -> Values:
        """The further lines by their keys."""
        return {key_of(e.name): frame[identifier(e.name)] for e in self.problem.further}

    def _bare(self, example: int, parameters: Values, watched: bool) -> Frame:
        frame: Frame = {}
        known = (*self.problem.examples[example].items(), *of_others(self.problem, example), *parameters.items())
        for name, value in known:
            frame[identifier(name)] = value if watched or isinstance(value, Undefined) else exact.real(value)
        return frame

    def _run(self, program: Program, frame: Frame, watched: bool, undefined_allowed: bool = False) -> None:
        if watched:
            program.run(frame, self.keep_forward if program is self.forward else self.keep, undefined_allowed)
        else:
            program.haul(frame, self.blind)

    def _run_backward(self, frame: Frame, watched: bool) -> None:
        self._run(self.backward if watched else self._needed_backward, frame, watched, undefined_allowed=True)

    def over_all(self, frames: Sequence[Frame], name: str) -> Value:
        """The sum or mean over the examples of the loss or of a gradient; 0 for one that nothing passes back to."""
        values = [frame.get(identifier(name), _NOTHING) for frame in frames]
        undefined = next((value for value in values if isinstance(value, Undefined)), None)
        if undefined is not None or len(frames) == 1:
            return undefined or values[0]
        try:
            total = exact.add(*values)
            divisor = self.problem.divisor(name, len(values))
            return self.keep(exact.divide(total, Fraction(divisor)) if divisor > 1 else total)
        except exact.Doubt:
            raise
        except ArithmeticError:
            return Undefined(f"the {self.problem.reduce} of {name} over all examples is too large")

    def _combine(
        self,
        frames: Sequence[Frame],
        together: Frame,
        watched: bool,
        instead: Callable[[str, Any], Any] | None = None,
    ) -> None:
        names = (self.problem.loss, *self.used_gradients)
        if not watched:
            with exact.hauling(self.blind):
                together |= {identifier(n): self.over_all(frames, n) for n in names}
            return
        for name in names:
            value = self.over_all(frames, name)
            if instead is not None and len(frames) > 1 and name != self.problem.loss:
                value = instead(f"{self.problem.reduce}({name})", value)
            together[identifier(name)] = value


@dataclass(frozen=True)
class Training:
    """All updates: the parameters at the end, the first update in full, and the moments before each if asked for.

    ``lines_left`` are those that may still be worked line by line.
    """

    parameters: Values
    first: Update | None
    history: tuple[Moment, ...]
    lines_left: int


def train(passes: Passes, history: bool = False, first: Update | None = None, lines_left: int = MOST_LINES) -> Training:
    """Run every update of the problem; all but the ``first`` where that is known.

    Where digits cancel in a hauled update it is worked line by line after all, while there are ``lines_left``.

    Raises Mistake, naming the equation and the update, where a forward pass or a rule has no value.
    """
    problem = passes.problem
    parameters: Values = {**problem.start, **problem.state} if first is None else first.parameters
    lines = len(problem.network.equations) + len(passes.backward.equations) + len(problem.rules)
    moments: list[Moment] = []
    for k in range(0 if first is None else 1, problem.updates if problem.rules else 0):
        watched = (
            k == 0
            or history
            or problem.places is not None
            or problem.rounding is not None
            or any(isinstance(value, Undefined) for value in parameters.values())
            or (k < WATCHED_UPDATES and any(isinstance(value, Fraction) for value in parameters.values()))
        )
        examples = problem.examples_of_update(k)
        passes.blind = lines_left <= 0
        try:
            update = _one_update(passes, examples, parameters, k, watched, history)
        except ArithmeticError:
            lines_left -= lines * len(examples)
            update = _explained(passes, examples, parameters, k)
        if history:
            moments.append(passes.moment(examples[0], parameters, update))
        if k == 0:
            first = update
        parameters = update.parameters
        if not watched or k % REMEMBERED == REMEMBERED - 1:
            parameters = {name: plain(value) for name, value in parameters.items()}
    return Training(parameters, first, tuple(moments), lines_left)


def _one_update(
    passes: Passes, examples: Sequence[int], parameters: Values, k: int, watched: bool, changes: bool = False
) -> Update:
    frames = [passes.frame(example, parameters, watched) for example in examples]
    return passes.update(frames, parameters, k, watched, changes=changes)


def _explained(passes: Passes, examples: Sequence[int], parameters: Values, k: int) -> Update:
    """The update that failed again, line by line, to say where; a gradient without a value is no failure.

    Nor are digits that cancel where the update was hauled: line by line it is known what is left of them.
    """
    try:
        return _one_update(passes, examples, parameters, k, watched=True)
    except EquationError as error:
        raise located(error, passes.problem, k) from None


def located(error: EquationError, problem: Problem, k: int = 0) -> Mistake:
    """The mistake of an equation without a value: which table it stands in, and at which update."""
    table = "equations" if error.name in problem.network.by_name else "update.rules"
    return Mistake(f"{table}.{error}" + (f" (at update {k + 1})" if k else ""))
