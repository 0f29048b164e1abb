"""What the cross-check checks: a network and its numbers, as arrays and, where it is small enough, unit by unit.

case_of_network(net, X, Y)      at random parameters unless some are given
case_of_problem(name, problem)  an exercise worked by hand, before its first update
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symnet.algebra.equations import BATCH, Equation, Symbol, names_in, partial, symbol
from symnet.algebra.matrices import shape_of, shape_text, size_of
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network, needed
from symnet.algebra.unrolling import entry_names, unroll
from symnet.computing import exact
from symnet.computing.arrays import checked, checked_parameters
from symnet.computing.exact import Undefined, Value
from symnet.computing.examples import checked_examples, is_columns, leaving_nothing_out, parts
from symnet.computing.program import identifier
from symnet.training.masks import Masks
from symnet.working.problem import Problem

MOST_EQUATIONS = 2_000  # written out unit by unit
MOST_WORK = 20_000  # weights times examples, or equations times examples

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Units:
    """A network unit by unit with exact numbers, example by example."""

    forward: tuple[Equation, ...]
    backward: tuple[Equation, ...]
    loss: str
    examples: tuple[Mapping[str, Fraction], ...]
    start: Mapping[str, Fraction]
    averaged: bool  # how the examples combine

    def frames(self) -> Iterator[dict[str, Any]]:
        """What a ``Program`` starts from, for each example."""
        for example in self.examples:
            yield {identifier(name): value for name, value in (*example.items(), *self.start.items())}

    def combined(self, values: Sequence[Value]) -> Value:
        """The mean or the sum over the examples."""
        for value in values:
            if isinstance(value, Undefined):
                return value
        whole = exact.add(*values)  # type: ignore[arg-type]
        return exact.divide(whole, Fraction(len(values))) if self.averaged and len(values) > 1 else whole


@dataclass(frozen=True)
class Case:
    """A network and its numbers: as arrays, and unit by unit where it is small enough (else ``why_not``)."""

    title: str
    network: Network
    params: Mapping[str, Floats]
    X: Any  # an array, or a tuple of several
    Y: Any
    reduce: str
    units: Units | None
    why_not: str = ""

    @property
    def loss(self) -> str:
        """The name of the loss."""
        return self.network.equations[-1].name

    @property
    def examples(self) -> tuple[Floats, ...]:
        """X, and Y where there are targets: what the generated code takes after the parameters."""
        return (self.X, self.Y) if self.network.targets else (self.X,)

    @property
    def count(self) -> int:
        """How many examples there are."""
        return len(parts(self.X)[0])

    def entries(self, parameter: Symbol) -> tuple[str, ...]:
        """The names of the entries of a parameter, unit by unit."""
        return tuple(entry.name for entry in entry_names(parameter, self.count))


def case_of_network(
    net: Network, X: Any, Y: Any, params: Mapping[str, ArrayLike] | None, seed: int, reduce: str
) -> Case:
    """A network at parameters that are drawn with ``seed`` unless given; without parameters, in its inputs."""
    whole = leaving_nothing_out(net, X)
    drawn = whole is not X
    X, Y = checked_examples(net, whole, Y, np.float64)
    X = Masks(net, seed).drawn(parts(X), 0) if drawn else X
    last = net.equations[-1]
    if shape := shape_of(last.lhs):
        raise Mistake(f"the last equation, {last.name} {shape_text(shape)}, is not one number; give the network a loss")
    if not net.parameters:
        if not net.is_layered and len(parts(X)[0]) > 1:
            given = len(parts(X)[0])
            raise Mistake(f"the network has no parameters, so its inputs are checked; give one row of X, not {given}")
        params = _parts(net.inputs, X)
        net, X = Network((), net.targets, net.inputs, net.equations), np.empty((len(parts(X)[0]), 0))
    arrays = checked_parameters(net, net.init(seed=seed) if params is None else params, np.float64)
    title = f"Cross-check of {last.name}: {_counted(len(arrays), 'parameter')}, {_counted(len(parts(X)[0]), 'example')}"
    units, why_not = _units_of(net, arrays, X, Y, reduce == "mean")
    return Case(title, net, arrays, X, Y, reduce, units, why_not)


def case_of_problem(name: str, problem: Problem) -> Case:
    """An exercise at its own numbers, with the examples of its first update; without parameters, in what is given."""
    own = problem.network
    inputs, targets, parameters = own.inputs, own.targets, own.parameters
    rows = [problem.examples[i] for i in problem.examples_of_update(0)]
    start = problem.start
    if not parameters:
        rows = rows[:1]
        inputs, targets, parameters, start = (), (), (*inputs, *targets), rows[0]
    net = Network(inputs, targets, parameters, needed(own.equations, [symbol(problem.loss)]))
    if not _depends_on_example(net):
        rows = rows[:1]
    X, Y = (
        np.array([[as_float(row[x.name]) for x in group] for row in rows], float).reshape(len(rows), len(group))
        for group in (inputs, targets)
    )
    X, Y = checked(X, Y, len(inputs), len(targets), np.float64)
    params = {w.name: np.asarray(as_float(start[w.name])) for w in parameters}
    backward = _gradients(problem.backward, problem.loss, parameters)
    # An output that the loss does not use, p₁ beside −ln p₂, may stand in its error p₁ − 0.
    used = [name for line in backward for name in names_in(line.rhs)]
    units = Units(
        needed(own.equations, [symbol(problem.loss), *used]),
        backward,
        problem.loss,
        tuple({x.name: row[x.name] for x in (*inputs, *targets)} for row in rows),
        {w.name: start[w.name] for w in parameters},
        problem.reduce == "mean",
    )
    title = f"{name}: the gradient of {problem.loss} in {_counted(len(parameters), 'name')}, "
    title += _counted(len(rows), "example")
    return Case(title, net, checked_parameters(net, params, np.float64), X, Y, problem.reduce, units)


def as_float(value: Value) -> float:
    """The nearest float64; nan for what has no value, infinite beyond the largest."""
    if isinstance(value, Undefined):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _units_of(net: Network, params: Mapping[str, Floats], X: Any, Y: Any, averaged: bool) -> tuple[Units | None, str]:
    """The network unit by unit, or why not."""
    n = len(parts(X)[0])
    start = _by_entry(net.parameters, params, n)
    examples: tuple[Mapping[str, Fraction], ...]
    if net.is_layered:
        try:
            count = sum(size_of(shape_of(equation.lhs), {BATCH: n}) for equation in net.equations)
            if count > MOST_EQUATIONS or net.parameter_count * n > MOST_WORK:
                return None, f"unit by unit it has {count:,} equations, which would take too long to write out"
            unrolled = unroll(net, examples=n)
        except (Mistake, TypeError, KeyError) as error:  # lengths left open, or names of units that clash
            return None, f"it cannot be written out unit by unit: {error}"
        arrays = _parts(net.inputs, X) | _parts(net.targets, Y)
        examples = (_by_entry((*net.inputs, *net.targets), arrays, n),)
    else:
        if len(net.equations) * n > MOST_WORK:
            return None, f"{_counted(len(net.equations), 'equation')} for {n:,} examples would take too long"
        unrolled = net
        names = [x.name for x in (*net.inputs, *net.targets)]
        rows = np.concatenate([X, Y], axis=1)[: n if _depends_on_example(net) else 1].tolist()
        examples = tuple(dict(zip(names, map(Fraction, row), strict=True)) for row in rows)
    loss = unrolled.equations[-1].name
    backward = _gradients(unrolled.backward, loss, unrolled.parameters)
    return Units(unrolled.equations, backward, loss, examples, start, averaged), ""


def _gradients(backward: Sequence[Equation], loss: str, parameters: Sequence[Symbol]) -> tuple[Equation, ...]:
    """The equations that the gradients in the parameters need."""
    return needed(backward, [partial(loss, w.name) for w in parameters])


def _by_entry(names: Sequence[Symbol], arrays: Mapping[str, Floats], examples: int) -> dict[str, Fraction]:
    """{entry: its value, exactly} for every entry of the named arrays."""
    return {
        entry.name: Fraction(value)
        for name in names
        for entry, value in zip(entry_names(name, examples), arrays[name.name].reshape(-1).tolist(), strict=True)
    }


def _parts(group: Sequence[Symbol], X: Any) -> dict[str, Floats]:
    """{name: its part of X}: the whole of it for an array, one of several, a column for each of several numbers."""
    if not is_columns(group):
        return {name.name: part for name, part in zip(group, parts(X), strict=True)}
    return {name.name: X[:, i] if shape_of(name) else X[0, i].reshape(()) for i, name in enumerate(group)}


def _depends_on_example(net: Network) -> bool:
    """Whether the loss uses an input or a target, so that a batch has a loss for each example."""
    used = needed(net.equations, [net.equations[-1].lhs])
    return any(name in (*net.inputs, *net.targets) for equation in used for name in names_in(equation.rhs))


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
