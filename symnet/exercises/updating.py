"""What [update] says: the rules of one update, for one parameter or for every one, and the state they start from.

    rules = ["v = 0.9*v - lr*grad(w)", "w = w + v"]        # w is no name of the exercise: it stands for every parameter
    rules = ["w = w + lr*(t - y)*input(w)"]                # the perceptron rule
    state = { v = 0 }                                      # kept for each parameter, as v(w1), v(w2), …
    state = { "v(w1)" = 0.5, "v(w2)" = -1 }                # … each from its own start

Of rules for every parameter, those that have nothing to do with it (``k = k + 1``) stay single, with their state.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from typing import Any

from symnet.algebra import functions
from symnet.algebra.array_formulas import Nested, shape_text
from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import ONE, Equation, Expr, multiply, names_in, partial, replace, symbol
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER, state, state_parts
from symnet.algebra.parsing import is_name, parse
from symnet.algebra.tokens import NAME
from symnet.exercises.array_rules import entry_by_entry
from symnet.exercises.remembered import key_in_file, read_state, state_arrays
from symnet.working.arrays import Arrays, entries, shape_of
from symnet.working.problem import parameters_in_order

MOST_MADE = 10_000_000
_MEANING = {"grad", "input", "change", "mean", "sum", "new", "delta", "δ", "Δ"}  # which a bracket gives a meaning
_READ = re.compile(rf"\b(?:grad|input)\s*\(\s*({NAME.pattern})\s*\)")
_GRADIENT, _INPUT = symbol("gradient of every"), symbol("input of every")  # in a rule until it is for one parameter


@dataclass(frozen=True)
class Updating:
    """The rules of one update and the state they start from, after ``made`` updates; ``every`` stands for all of them.

    ``every`` is the name that stands for every parameter in rules such as w = w - lr*grad(w), "" where none does.
    """

    rules: tuple[Equation, ...] = ()
    state: Mapping[str, Fraction] = field(default_factory=dict)
    made: int = 0
    every: str = ""
    arrays: Arrays = field(default_factory=dict)  # of what is remembered and named in between


def started(
    table: Mapping[str, Any],
    rules: Sequence[Equation],
    state: Mapping[str, Fraction],
    what: str,
    arrays: Arrays,
) -> Updating:
    """A named optimizer, ``what``, from the state that [update] gives; its own where it gives none.

    m is the start of every m(w), "m(w1)" that of one, t the number of updates already made.  Raises Mistake.
    """
    given, new = read_state(table, arrays)
    for name in new:
        if not state_parts(name) and state:
            raise Mistake(f'update.state.{name} is a number for all parameters; for an array W write "{name}(W)" = […]')
        if not state_parts(name):
            raise Mistake(f"update.state.{name}: {what} remembers nothing from one update to the next")
    counts = any(UPDATE_NUMBER in names_in(rule.rhs) for rule in rules)
    kinds: dict[str, list[str]] = {}
    for name in state:
        kinds.setdefault((state_parts(name) or (name, ""))[0], []).append(name)
    start, made = dict(state), 0
    known = (*state, *kinds, *(("t",) if counts else ()))
    for name, value in sorted(given.items(), key=lambda item: item[0] in state):  # m(w1) after m: it says more
        if name == "t" and counts:
            made = _whole(value)
        elif name in state or name in kinds:
            start |= dict.fromkeys(kinds.get(name, [name]), value)
        elif not state:
            raise Mistake(f"update.state.{key_in_file(name)}: {what} remembers nothing from one update to the next")
        else:
            raise Mistake(f"update.state.{key_in_file(name)} is nothing that {what} remembers{suggestion(name, known)}")
    return Updating(tuple(rules), start, made, arrays=state_arrays(start, arrays))


def spelled_out(
    table: Mapping[str, Any],
    network: Network,
    loss: str,
    rate: Fraction | None,
    batch: tuple[Mapping[str, Fraction], ...],
    sequential: bool = False,
    arrays: Arrays | None = None,
) -> Updating:
    """The rules of [update] as equations, and the starting state.  Raises Mistake."""
    rules = _Rules(table, network, loss, rate, batch, sequential, arrays or {})
    updating = rules.all()
    return dataclasses.replace(updating, arrays={**rules.new, **state_arrays(updating.state, arrays or {})})


@dataclass(frozen=True)
class _Line:
    """A rule as it is written; ``rhs`` still has the name that stands for every parameter, if any."""

    where: str
    name: str
    rhs: Expr


class _Rules:
    """Reads the lines of update.rules; every message starts with the one it is about."""

    def __init__(
        self,
        table: Mapping[str, Any],
        network: Network,
        loss: str,
        rate: Fraction | None,
        batch: tuple[Mapping[str, Fraction], ...],
        sequential: bool,
        arrays: Arrays,
    ) -> None:
        self.network, self.loss, self.rate, self.sequential = network, loss, rate, sequential
        self.given, new = read_state(table, arrays)
        self.new: dict[str, Nested] = {name: names for name, names in new.items() if not state_parts(name)}
        self.declared = arrays
        for name in (*self.given, *self.new):
            kind = (state_parts(name) or (name, ""))[0]
            if kind in network.names or kind in arrays:
                raise Mistake(f"update.state.{key_in_file(name)} is a name of the exercise already; choose another")
        self.kinds = dict.fromkeys((state_parts(name) or (name, ""))[0] for name in self.given)
        self.written = list(_assignments(table["rules"]))
        self.parameters = parameters_in_order(network, sequential)
        # In a batch these differ from sample to sample, so a rule cannot see them; the loss is the combined one.
        several = {equation.name for equation in network.equations} - {loss} | {name for row in batch for name in row}
        self.several = several if len(batch) > 1 else set()
        self.every = self._stand_in()

    def all(self) -> Updating:
        lines = list(self._parsed())
        if not self.every:
            self._check_kinds(set())
            rules = [Equation(symbol(line.name), self._finished(line.where, line.rhs)) for line in lines]
            return Updating((*self._inputs_before(rules), *rules), self.given)
        for line in lines:
            if symbol(line.name) in self.network.parameters:
                raise Mistake(
                    f"{line.where} changes {line.name}, and so do the rules for {self.every}, which is no name of the "
                    "exercise and stands for every parameter; write a rule for each, or one for all of them"
                    f"{_forgotten(self.every)}"
                )
        own = self._of_each(lines)
        for line in lines:
            if line.name in own & _MEANING:
                raise Mistake(
                    f"{line.where}: {line.name} would be kept as {line.name}({self.every}), which means "
                    "something else; choose another name"
                )
        self._check_kinds(own)
        rules = []
        for each, group in groupby(lines, lambda line: line.name in own):
            block = list(group)
            if not each:
                rules += [Equation(symbol(line.name), self._finished(line.where, line.rhs)) for line in block]
            elif any(name in self.network.parameters for line in block for name in names_in(line.rhs)):
                # One of them reads a certain parameter: a rule is carried out for all of them before the next.
                rules += [self._for(w, line, own) for line in block for w in self.parameters]
            else:
                rules += [self._for(w, line, own) for w in self.parameters for line in block]
        return Updating((*self._inputs_before(rules), *rules), self._state(own), every=self.every)

    @property
    def arrays(self) -> Arrays:
        """Those of the exercise, and those that are remembered or named in between."""
        return {**self.declared, **self.new}

    # -- reading ------------------------------------------------------------------------------------------------------

    def _stand_in(self) -> str:
        """The name that stands for every parameter: a rule assigns it, and reads it as what it was before.

        A new name, which lives until the update ends, is assigned before it is read.
        """
        fixed = {*self.network.names, *self.kinds, "lr", *self.arrays}
        new = [name for _, name, _ in self.written if is_name(name) and name not in fixed]
        read = {name for _, _, formula in self.written for name in _READ.findall(formula)}
        found = dict.fromkeys(name for name in new if name in read)
        assigned: set[str] = set()
        for _, name, formula in self.written:
            if name in new and name not in assigned and name in _names(formula):
                found[name] = None
            assigned.add(name)
        if len(found) > 1:
            raise Mistake(
                f"update.rules: {' and '.join(found)} are no names of the exercise, so each would stand for every "
                f"parameter; use one name for that{_forgotten(list(found)[-1])}"
            )
        return next(iter(found), "")

    def _parsed(self) -> Iterator[_Line]:
        network, rate = self.network, self.rate
        parameters = {name.name for name in network.parameters}
        fixed = {*network.names, *self.declared} - parameters
        fixed -= {array for array, whole in self.declared.items() if parameters & {*entries(whole)}}
        stand_in = [self.every] if self.every else []
        known = dict.fromkeys((*network.names, *self.kinds, *stand_in, "lr", *self.arrays))
        for where, name, formula in self.written:
            if not is_name(name):
                changed = name[:-1].rstrip() if name[-1:] in "+-*/" else ""
                hint = f"; write {changed} = {changed} {name[-1]} …" if is_name(changed) else ""
                raise Mistake(f"{where}: {shown(name)} is not a name{hint}")
            if name in fixed or (name == "lr" and rate is not None):
                is_given = symbol(next(entries(self.arrays.get(name, name)))) in network.inputs
                what = "the learning rate" if name == "lr" else "given" if is_given else "an equation"
                raise Mistake(
                    f"{where} assigns {name}, which is {what}; a rule changes parameters, state or a new name"
                )
            try:
                rhs = parse(formula, known, {"grad": self._gradient, "input": self._input})
            except Mistake as mistake:
                asks = self.every and str(mistake).startswith("name") and "input(" not in formula
                hint = f"; the input that belongs to {self.every} is input({self.every})" if asks else ""
                if re.search(r"\bd\w+/d\w|∂", formula):
                    hint = "; the gradient of the loss with respect to w is grad(w)"
                raise Mistake(f"{where}: {mistake}{hint}") from None
            if "lr" not in network.names and "lr" not in self.kinds:
                if rate is None and symbol("lr") in names_in(rhs):
                    raise Mistake(f"{where} uses lr, but there is no learning_rate; add it at the top of the file")
                rhs = replace(rhs, {symbol("lr"): LEARNING_RATE})
            yield from self._entries(_Line(where, name, rhs))
            known[name] = None

    def _entries(self, line: _Line) -> Iterator[_Line]:
        """The rule, or one for each entry where it is of arrays."""
        whole, lines = entry_by_entry(line.name, line.rhs, line.where, self.arrays)
        if isinstance(whole, tuple):
            if self.every and symbol(self.every) in names_in(line.rhs):
                beside = next(x.name for x in names_in(line.rhs) if x.name in self.arrays)
                raise Mistake(
                    f"{line.where}: {self.every} stands for every parameter, and beside it {beside} is an array; "
                    + (
                        f"a state that starts from one number, {beside} = 0, is kept for each parameter in its shape"
                        if beside not in self.declared
                        else f"the input that belongs to {self.every} is input({self.every})"
                    )
                )
            if line.name in (*self.kinds, *self.network.names):
                raise Mistake(
                    f"{line.where}: {line.name} starts as a number, and what is assigned has the shape "
                    f"{shape_text(shape_of(whole))}; its start has that shape, too"
                )
            self.new.setdefault(line.name, whole)
        yield from (_Line(line.where, name, rhs) for name, rhs in lines)

    def _gradient(self, name: str) -> Expr:
        if name == self.every and name:
            return _GRADIENT
        self._check_name("grad", name, (*self.network.names, *self.declared))
        if not self.loss:
            raise Mistake(
                f"grad({name}): nothing is differentiated, since the last equation is an array; name the loss, a "
                'single number, with loss = "…"'
            )
        return partial(self.loss, name)

    def _input(self, name: str) -> Expr:
        if name == self.every and name:
            return _INPUT
        parameters = [w.name for w in self.network.parameters]
        of_parameters = [array for array, whole in self.declared.items() if {*entries(whole)} <= {*parameters}]
        self._check_name("input", name, [*parameters, *of_parameters])
        return symbol(f"input({name})")

    def _check_name(self, reader: str, name: str, known: Sequence[str]) -> None:
        if name not in known:
            what = "name" if reader == "grad" else "parameter"
            raise Mistake(f"{reader}({name}): {shown(name)} is not a {what} of this exercise{suggestion(name, known)}")

    # -- rules for every parameter ------------------------------------------------------------------------------------

    def _of_each(self, lines: Sequence[_Line]) -> set[str]:
        """The names that differ from parameter to parameter: that of every one, and what is made of it."""
        own = {self.every}
        marks = {_GRADIENT.name, _INPUT.name}
        while True:
            more = {line.name for line in lines if {name.name for name in names_in(line.rhs)} & (own | marks)} - own
            if not more:
                return own
            own |= more

    def _for(self, w: Any, line: _Line, own: set[str]) -> Equation:
        """The rule of one parameter."""
        new: dict[Any, Expr] = {symbol(name): state(name, w) for name in own - {self.every}}
        new |= {symbol(self.every): w, _GRADIENT: partial(self.loss, w.name), _INPUT: symbol(f"input({w.name})")}
        return Equation(new[symbol(line.name)], self._finished(line.where, replace(line.rhs, new)))

    def _finished(self, where: str, rhs: Expr) -> Expr:
        """The right-hand side with inputs put in; raises Mistake for what a batch has no single number of."""
        inputs = [name for name in names_in(rhs) if name.name.startswith("input(")]
        slopes = {name: self._slope(where, name.name) for name in inputs}
        for name in names_in(rhs):
            for used in names_in(slopes.get(name, name)):
                if used.name in self.several:
                    by = f" for {name.name}" if name in slopes else ""
                    use = 'mode = "online"' if by else 'grad(…) or mode = "online"'
                    raise Mistake(f"{where} uses {used}{by}, which differs between samples; use {use}")
        put = {name: name if self._must_wait(slope) else slope for name, slope in slopes.items()}
        return _put_in(rhs, put) if put else rhs

    def _slope(self, where: str, name: str) -> Expr:
        """input(w): the slope, with respect to w, of the one equation that reads w."""
        w = symbol(name[len("input(") : -1])
        reading = [equation for equation in self.network.equations if w in names_in(equation.rhs)]
        if len(reading) != 1:
            by = f"{' and '.join(e.name for e in reading)} read it" if reading else "no equation reads it"
            raise Mistake(
                f"{where}: {name} is what {w.name} is multiplied by in the one equation that reads {w.name}, but {by}; "
                f"write the rule of {w.name} out"
            )
        return local_derivatives(reading[0])[w]

    def _must_wait(self, slope: Expr) -> bool:
        """Whether it has a parameter in it, so that it is taken before any rule changes one."""
        return not self.sequential and any(name in self.network.parameters for name in names_in(slope))

    def _inputs_before(self, rules: Sequence[Equation]) -> Iterator[Equation]:
        """Slopes in which a parameter stands, as they are before any rule changes it."""
        for used in dict.fromkeys(name for rule in rules for name in names_in(rule.rhs)):
            if used.name.startswith("input("):
                yield Equation(used, self._slope("update.rules", used.name))

    # -- state --------------------------------------------------------------------------------------------------------

    def _check_kinds(self, own: set[str]) -> None:
        parameters = [w.name for w in self.network.parameters]
        for name in self.given:
            kind, w = state_parts(name) or (name, "")
            if w and kind not in own:
                raise Mistake(
                    f"update.state.{key_in_file(name)}: {kind} is kept for each parameter only where a rule for every "
                    f"parameter changes it; call it {kind}"
                )
            if w and w not in parameters:
                raise Mistake(f"update.state.{key_in_file(name)}: {w} is not a parameter{suggestion(w, parameters)}")

    def _state(self, own: set[str]) -> dict[str, Fraction]:
        """Where everything that is remembered starts."""
        start: dict[str, Fraction] = {}
        for kind in self.kinds:
            if kind not in own:
                start[kind] = self.given[kind]
        for w in self.network.parameters:
            for kind in (kind for kind in self.kinds if kind in own):
                name = state(kind, w).name
                value = self.given.get(name, self.given.get(kind))
                if value is None:
                    raise Mistake(f"update.state has no {key_in_file(name)}, though it has {kind} of other parameters")
                start[name] = value
        return start


def _assignments(lines: Any) -> Iterator[tuple[str, str, str]]:
    """(where it stands, the name, the formula) of each rule."""
    if not isinstance(lines, list) or not lines:
        raise Mistake('update.rules must be a list like ["w = w - lr*grad(w)"]')
    for i, line in enumerate(lines):
        if not isinstance(line, str) or "=" not in line:
            raise Mistake(f'update.rules[{i}] must be a line like "w = w - lr*grad(w)"')
        name, _, formula = (part.strip() for part in line.partition("="))
        yield f"update.rules[{i}]", name, formula


def _forgotten(name: str) -> str:
    """What to do where a name was not meant to stand for anything, but to be remembered."""
    return f"; what is remembered needs a start, such as state = {{ {name} = 0 }}"


def _names(formula: str) -> set[str]:
    """The names that stand in a formula, whether or not it can be read."""
    found = ((match[0], formula[match.end() : match.end() + 1]) for match in NAME.finditer(formula))
    return {name for name, after in found if not (after == "(" and name in functions.CATALOGUE)}


def _whole(value: Fraction) -> int:
    if value.denominator != 1 or not 0 <= value <= MOST_MADE:
        raise Mistake(f"update.state.t is {value}; it is the number of updates made so far, a whole number from 0")
    return int(value)


def _put_in(expr: Expr, new: Mapping[Any, Expr]) -> Expr:
    """The expression with slopes put in, as a person writes it: a factor 1 is left out, a product goes on."""
    if expr.is_Symbol or not expr.args or not any(name in new for name in names_in(expr)):
        return new.get(expr, expr)
    if not expr.is_Mul:
        return expr.func(*(_put_in(part, new) for part in expr.args), evaluate=False)
    factors: list[Expr] = []
    for factor in expr.args:
        slope = new.get(factor)
        if slope is None:
            factors.append(_put_in(factor, new))
        elif slope != ONE:
            factors += slope.args if slope.is_Mul else [slope]
    return multiply(*factors) if factors else ONE
