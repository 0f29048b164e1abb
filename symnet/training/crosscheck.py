"""The check behind the promise: one gradient computed in ways that know as little of one another as can be.

report = crosscheck(net, X, Y)      a network, at random parameters unless some are given
report = verify(exercise)           an exercise, at its own numbers
print(report)                       a table; report.agrees says whether every way gives the same

The ways, for the loss and for every parameter:

    derivation     the equations that are printed, unit by unit, evaluated exactly
    numpy, jax     the generated code, forward and backward
    jax.grad       the generated forward pass alone, differentiated by JAX: it knows none of our derivatives
    differences    (L(w + h) − L(w − h)) / 2h of the printed forward pass in 80 digits: it knows no derivatives at all

All of them start from our own forward pass, so they judge derivatives and never definitions: that the sigmoid is the
sigmoid has to be checked elsewhere.  The derivation is left out where writing the network out would take too long.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from symnet.algebra.backprop import backprop
from symnet.algebra.equations import BATCH, Equation, Expr, add, names_in, negate, partial, replace, symbol
from symnet.algebra.layers import entry_names, unroll
from symnet.algebra.matrices import shape_of, size_of, written
from symnet.algebra.mistakes import Mistake, NotInstalled
from symnet.algebra.network import Network, needed
from symnet.algebra.scalar import Kind, ScalarFunction, formula
from symnet.computing import exact
from symnet.computing.arrays import checked, checked_parameters
from symnet.computing.compile import columns_of, compile, defined, forward_source, need_jax, precision_of
from symnet.computing.exact import Undefined, Value
from symnet.computing.program import Program, identifier
from symnet.working.problem import Problem

RELATIVE = 1e-9  # of the largest entry of a parameter's gradient
FLOOR = 1e-13  # of the largest gradient of any name: what sums that cancel leave in float64
ROUNDINGS = 1_000  # times what rounding every operation of the derivation to float64 changes
DIGITS = 80  # carried for the derivation and the differences
STEP = Decimal("1e-20")  # of the differences in 80 digits
FLOAT_STEP, FLOAT_RELATIVE, FLOAT_FLOOR = 1e-6, 1e-5, 1e-8  # of differences in float64, and of the loss
CURVED = 1e-18  # slopes 1e-20 to either side differ by more only at a kink
FEW = 4  # examples of a file that trains on many
MOST_EQUATIONS = 2_000  # written out unit by unit
MOST_WORK = 20_000  # weights times examples, or equations times examples
MOST_JITTED = 400  # scalar equations; XLA takes a minute over two thousand
MOST_ENTRIES = 64  # of one parameter, by differences

Floats = NDArray[np.float64]
Ways = dict[str, Floats]  # the values by each way


@dataclass(frozen=True)
class Row:
    """One parameter (or the loss): the entry on which the ways differ most, and by how much they do."""

    name: str
    values: Mapping[str, float]  # by way, at that entry; nan where a way gives none
    differences: Mapping[str, float]  # by way, the largest over all entries; nan where a way gives none
    verdict: str  # "agrees", "kink: convention", "no value" or "disagrees"
    why: str = ""


@dataclass(frozen=True)
class Report:
    """What each way says, for people: ``print`` it.  ``rows`` has a row a parameter, ``loss`` is that of the loss."""

    title: str
    ways: tuple[str, ...]
    loss: Row
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether no row disagrees; a kink or a value that does not exist is no disagreement."""
        return all(row.verdict != "disagrees" for row in (self.loss, *self.rows))

    @property
    def disagreements(self) -> tuple[Row, ...]:
        """The rows that disagree."""
        return tuple(row for row in (self.loss, *self.rows) if row.verdict == "disagrees")

    def __str__(self) -> str:
        first, *others = self.ways
        table = [["", "value", *others, ""]]
        for row in (self.loss, *self.rows):
            away = ["-" if math.isnan(x := row.differences[way]) else f"{x:.1e}" if x else "0" for way in others]
            value = row.values[first]
            table.append([row.name, f"{value:.12g}" if math.isfinite(value) else "-", *away, row.verdict])
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                [
                    cells[0].ljust(widths[0]),
                    *(c.rjust(w) for c, w in zip(cells[1:-1], widths[1:-1], strict=True)),
                    cells[-1],
                ]
            ).rstrip()
            for cells in table
        ]
        said = {"derivation": "the printed derivation, evaluated exactly", "numpy": "the generated NumPy code"}[first]
        reasons = [f"{row.name}: {row.why}" for row in (self.loss, *self.rows) if row.why]
        explained = [f"value: {said}; then by how much, at most, each other way differs from it.", *self.notes]
        return "\n".join([self.title, "", *lines, "", *explained, *reasons, self._verdict()])

    def _verdict(self) -> str:
        if not self.agrees:
            return f"DISAGREEMENT in {', '.join(row.name for row in self.disagreements)}."
        kinks = sum(row.verdict == "kink: convention" for row in self.rows)
        missing = sum(row.verdict == "no value" for row in (self.loss, *self.rows))
        where = [f"{kinks} at a kink, where differences have no say"] if kinks else []
        where += [f"{missing} without a value"] if missing else []
        return "All ways agree" + (f" ({'; '.join(where)})" if where else "") + "."


class Exercise(Protocol):
    """What is needed of an exercise: ``symnet.load`` gives one."""

    @property
    def name(self) -> str: ...

    @property
    def worked(self) -> Any: ...

    @property
    def plan(self) -> Any: ...


@dataclass(frozen=True)
class _Units:
    """A network unit by unit with exact numbers, example by example."""

    forward: tuple[Equation, ...]
    backward: tuple[Equation, ...]
    loss: str
    examples: tuple[Mapping[str, Fraction], ...]
    start: Mapping[str, Fraction]
    averaged: bool  # how the examples combine

    def combined(self, values: Sequence[Value]) -> Value:
        """The mean or the sum over the examples."""
        for value in values:
            if isinstance(value, Undefined):
                return value
        whole = exact.add(*values)  # type: ignore[arg-type]
        return exact.divide(whole, Fraction(len(values))) if self.averaged and len(values) > 1 else whole


@dataclass(frozen=True)
class _Case:
    """A network and its numbers: as arrays, and unit by unit where it is small enough (else ``why_not``)."""

    title: str
    network: Network
    params: Mapping[str, Floats]
    X: Floats
    Y: Floats
    reduce: str
    units: _Units | None
    why_not: str = ""

    @property
    def examples(self) -> tuple[Floats, ...]:
        return (self.X, self.Y) if self.network.targets else (self.X,)

    def entries(self, name: Any) -> tuple[str, ...]:
        """The names of the entries of a parameter, unit by unit."""
        return tuple(entry.name for entry in entry_names(name, len(self.X)))


def crosscheck(
    net: Network,
    X: ArrayLike,
    Y: ArrayLike | None = None,
    params: Mapping[str, ArrayLike] | None = None,
    seed: int = 0,
    reduce: str = "mean",
) -> Report:
    """Compare the gradients of a network's loss by every way there is, in float64; see the module.

    ``X`` (n, inputs) and ``Y`` (n, targets); parameters are drawn with ``seed`` unless given.  ``reduce`` combines the
    examples of a network written unit by unit.  A network without parameters is checked in its inputs.  Raises Mistake.
    """
    X, Y = checked(X, Y, columns_of(net.inputs), columns_of(net.targets), np.float64)
    _check_loss(net)
    if not net.parameters:
        if not net.is_layered and len(X) > 1:
            raise Mistake(f"the network has no parameters, so its inputs are checked; give one row of X, not {len(X)}")
        params = _parts(net, net.inputs, X)
        net, X = Network((), net.targets, net.inputs, net.equations), X[:, :0]
    arrays = checked_parameters(net, net.init(seed=seed) if params is None else params, np.float64)
    title = f"Cross-check of {net.equations[-1].name}: {_counted(len(arrays), 'parameter')}, "
    title += _counted(len(X), "example")
    units, why_not = _units_of(net, arrays, X, Y, reduce)
    return _report(_Case(title, net, arrays, X, Y, reduce, units, why_not))


def verify(exercise: Exercise) -> Report:
    """The same for an exercise, at its own numbers: its loss, and the gradient in every parameter, before any update.

    Where the first update uses a batch, both are of the batch.  An exercise without parameters is checked in what is
    given instead; one that trains on [data] at its starting values, on a few of its examples.  Raises Mistake.
    """
    try:
        if exercise.worked is None:
            plan = exercise.plan
            X, Y = plan.some(FEW)
            params = plan.network.init(plan.init, plan.seed) if plan.params is None else plan.params
            return dataclasses.replace(crosscheck(plan.network, X, Y, params, reduce=plan.reduce), title=exercise.name)
        problem: Problem = exercise.worked
        return _report(_case_of(exercise.name, problem))
    except NotInstalled:
        raise
    except Mistake as mistake:
        raise Mistake(f"{exercise.name}: {mistake}") from None


def _case_of(name: str, problem: Problem) -> _Case:
    own = problem.network
    equations = needed(own.equations, [symbol(problem.loss)])
    inputs, targets, parameters = own.inputs, own.targets, own.parameters
    rows = [problem.examples[i] for i in problem.examples_of_update(0)]
    start = problem.start
    if not parameters:
        rows = rows[:1]
        inputs, targets, parameters, start = (), (), (*inputs, *targets), rows[0]
    net = Network(inputs, targets, parameters, equations)
    if not _depends_on_example(net):
        rows = rows[:1]
    X, Y = (
        np.array([[_float(row[x.name]) for x in group] for row in rows], float).reshape(len(rows), len(group))
        for group in (inputs, targets)
    )
    params = {w.name: np.asarray(_float(start[w.name])) for w in parameters}
    names = [x.name for x in (*inputs, *targets)]
    units = _Units(
        equations,
        needed(problem.backward, [partial(problem.loss, w.name) for w in parameters]),
        problem.loss,
        tuple({x: row[x] for x in names} for row in rows),
        {w.name: start[w.name] for w in parameters},
        problem.reduce == "mean",
    )
    X, Y = checked(X, Y, len(inputs), len(targets), np.float64)
    title = f"{name}: the gradient of {problem.loss} in {_counted(len(parameters), 'name')}, "
    title += _counted(len(rows), "example")
    return _Case(title, net, checked_parameters(net, params, np.float64), X, Y, problem.reduce, units)


def _check_loss(net: Network) -> None:
    last = net.equations[-1]
    if shape := shape_of(last.lhs):
        raise Mistake(f"the last equation, {last.name} {written(shape)}, is not one number; give the network a loss")


def _units_of(
    net: Network, params: Mapping[str, Floats], X: Floats, Y: Floats, reduce: str
) -> tuple[_Units | None, str]:
    """The network unit by unit, or why not."""
    n = len(X)
    averaged = reduce == "mean"
    start = {
        entry.name: Fraction(value)
        for w in net.parameters
        for entry, value in zip(entry_names(w, n), params[w.name].reshape(-1).tolist(), strict=True)
    }
    if not net.is_layered:
        if len(net.equations) * n > MOST_WORK:
            return None, f"{_counted(len(net.equations), 'equation')} for {n:,} examples would take too long"
        names = [x.name for x in (*net.inputs, *net.targets)]
        rows = np.concatenate([X, Y], axis=1)[: n if _depends_on_example(net) else 1].tolist()
        examples = tuple(dict(zip(names, map(Fraction, row), strict=True)) for row in rows)
        backward = _backward(net)
        return _Units(net.equations, backward, net.equations[-1].name, examples, start, averaged), ""
    try:
        count = sum(size_of(shape_of(equation.lhs), {BATCH: n}) for equation in net.equations)
        if count > MOST_EQUATIONS or net.parameter_count * n > MOST_WORK:
            return None, f"unit by unit it has {count:,} equations, which would take too long to write out"
        unrolled = unroll(net, examples=n)
    except (Mistake, TypeError, KeyError) as error:  # lengths left open, or names of units that clash
        return None, f"it cannot be written out unit by unit: {error}"
    example: dict[str, Fraction] = {}
    for group, rows_of_group in ((net.inputs, X), (net.targets, Y)):
        for name, part in _parts(net, group, rows_of_group).items():
            whole = next(w for w in group if w.name == name)
            values = part.reshape(-1).tolist()
            example |= {e.name: Fraction(v) for e, v in zip(entry_names(whole, n), values, strict=True)}
    loss = unrolled.equations[-1].name
    return _Units(unrolled.equations, _backward(unrolled), loss, (example,), start, averaged), ""


def _backward(net: Network) -> tuple[Equation, ...]:
    loss = net.equations[-1].lhs
    return needed(backprop(net.equations, loss), [partial(loss.name, w.name) for w in net.parameters])


def _parts(net: Network, group: Sequence[Any], X: Floats) -> dict[str, Floats]:
    """{name: its part of X}: the whole of it for a matrix, a column for each of several names."""
    if len(group) == 1 and len(shape_of(group[0])) == 2:
        return {group[0].name: X}
    return {name.name: X[:, i] if shape_of(name) else X[0, i].reshape(()) for i, name in enumerate(group)}


def _depends_on_example(net: Network) -> bool:
    """Whether the loss uses an input or a target, so that a batch has a loss for each example."""
    used = needed(net.equations, [net.equations[-1].lhs])
    return any(name in (*net.inputs, *net.targets) for equation in used for name in names_in(equation.rhs))


# -- the ways ---------------------------------------------------------------------------------------------------------


def _derivation(units: _Units, keep: Callable[..., Any] = exact.small) -> tuple[Value, dict[str, Value], float, float]:
    """The loss, {parameter: its gradient}, the largest gradient of any name and the largest value on the way."""
    forward, backward = Program(units.forward), Program(units.backward)
    losses: list[Value] = []
    gradients: dict[str, list[Value]] = {name: [] for name in units.start}
    steepest = largest = 0.0
    for example in units.examples:
        frame: dict[str, Any] = {identifier(name): v for name, v in (*example.items(), *units.start.items())}
        forward.run(frame, keep, undefined_allowed=True)
        largest = max(largest, *(_size(value) for value in frame.values()))
        backward.run(frame, keep, undefined_allowed=True)
        slopes = [e for e in units.backward if e.name != partial(units.loss, units.loss).name]
        steepest = max([steepest, *(_size(frame[identifier(e.name)]) for e in slopes)])
        losses.append(frame[identifier(units.loss)])
        for name, values in gradients.items():
            values.append(frame.get(identifier(partial(units.loss, name).name), Fraction(0)))
    together = {name: units.combined(values) for name, values in gradients.items()}
    return units.combined(losses), together, steepest, largest


def _one_sided(units: _Units, chosen: Iterable[str]) -> tuple[Value, dict[str, tuple[Value, Value]]]:
    """The loss, and {name: its slopes to the left and to the right}, in many digits."""
    program = Program(units.forward)
    frames = [
        {identifier(name): exact.real(v) for name, v in (*example.items(), *units.start.items())}
        for example in units.examples
    ]

    def loss(name: str = "", value: Decimal = Decimal(0)) -> Value:
        losses: list[Value] = []
        for frame in frames:
            values: dict[str, Any] = dict(frame)
            if name:
                values[identifier(name)] = value
            try:
                program.haul(values)
            except ArithmeticError as error:
                return Undefined(str(error))
            losses.append(values[identifier(units.loss)])
        return units.combined(losses)

    here = loss()
    slopes: dict[str, tuple[Value, Value]] = {}
    for name in chosen:
        at = frames[0][identifier(name)]
        h = STEP * min(Decimal(1), abs(at)) if at else STEP
        sides = [(loss(name, at + step), step) for step in (-h, h)]
        left, right = (_quotient(there, here, step) for there, step in sides)
        slopes[name] = (left, right)
    return here, slopes


def _quotient(there: Value, here: Value, step: Decimal) -> Value:
    if isinstance(there, Undefined) or isinstance(here, Undefined):
        return there if isinstance(there, Undefined) else here
    return (exact.real(there) - exact.real(here)) / step


def _by_code(case: _Case, backend: str) -> tuple[Floats, Ways, list[str]]:
    """The loss and gradients by the generated code, and what is wrong with their shapes."""
    step = compile(case.network, backend, case.reduce)
    if backend == "jax" and _is_long(case):
        loss, gradients = _unjitted(step.function, case)
    else:
        with np.errstate(all="ignore"):
            loss, gradients = step(case.params, case.X, case.Y)
    return _shaped(case, backend, loss, gradients)


def _by_autodiff(case: _Case) -> tuple[Floats, Ways, list[str]]:
    """The loss and gradients by ``jax.value_and_grad`` of the forward pass alone."""
    import jax

    slopes = jax.value_and_grad(_forward(case, "jax"))
    loss, gradients = _unjitted(slopes if _is_long(case) else jax.jit(slopes), case)
    return _shaped(case, "jax.grad", loss, gradients)


def _unjitted(function: Any, case: _Case) -> Any:
    import jax

    with precision_of(case.X, *case.params.values()):  # JAX's own arrays, or NumPy would work out the operators
        return jax.device_get(function(*jax.device_put((dict(case.params), *case.examples))))


def _forward(case: _Case, backend: str) -> Callable[..., Any]:
    """forward(params, X[, T]) → the loss: generated from the forward equations and nothing else."""
    batched = case.network.batched(case.reduce)
    forward = defined(forward_source(batched, backend, batched.equations[-1].lhs), "forward")
    takes = forward.__code__.co_argcount - 1
    return lambda params, *examples: forward(params, *examples[:takes])


def _is_long(case: _Case) -> bool:
    return not case.network.is_layered and len(case.network.equations) > MOST_JITTED


def _shaped(case: _Case, way: str, loss: Any, gradients: Mapping[str, Any]) -> tuple[Floats, Ways, list[str]]:
    found, wrong = {}, []
    for name, value in case.params.items():
        array = np.asarray(gradients[name], np.float64)
        if array.shape != value.shape:
            wrong.append(f"{way} gives {name} {value.shape} a gradient of the shape {array.shape}.")
            array = np.full(value.shape, np.nan)
        found[name] = array
    return np.asarray(loss, np.float64), found, wrong


def _float_sided(case: _Case, chosen: Mapping[str, Floats]) -> tuple[Ways, Ways]:
    """The slopes to the left and to the right in float64, nan where not chosen."""
    forward = _forward(case, "numpy")

    def loss(name: str = "", index: int = 0, step: float = 0.0) -> float:
        params = dict(case.params)
        if name:
            params[name] = params[name].copy()
            params[name].reshape(-1)[index] += step
        with np.errstate(all="ignore"):
            return float(forward(params, *case.examples))

    here = loss()
    sides = []
    for step in (-FLOAT_STEP, FLOAT_STEP):
        slopes = {name: np.full(value.shape, np.nan) for name, value in case.params.items()}
        for name, mask in chosen.items():
            for index in np.flatnonzero(mask):
                slopes[name].reshape(-1)[index] = (loss(name, int(index), step) - here) / step
        sides.append(slopes)
    return sides[0], sides[1]


# -- the judgement ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Quantity:
    """The loss or a parameter's gradient by every way, as arrays of one shape, and what is allowed."""

    name: str
    by_way: Ways
    tolerance: Floats  # entry by entry
    loose: float  # more, for differences
    kinked: Any  # where differences have no say
    sides: tuple[Floats, Floats]

    def row(self) -> Row:
        ways, first = list(self.by_way), next(iter(self.by_way))
        reference = self.by_way[first]
        off = {way: _distance(value, reference) for way, value in self.by_way.items()}
        allowed = {way: self.tolerance + (self.loose if way == "differences" else 0.0) for way in ways}
        differs = {way: ~(off[way] <= allowed[way]) for way in ways}
        finite = {way: np.isfinite(value) for way, value in self.by_way.items()}

        none = ~finite[first]  # there is no such number; then what is computed must not look like one
        hopeless = np.isinf(self.tolerance)  # it exists, but not in float64
        confirmed = np.zeros(reference.shape, bool)
        if "differences" in ways:
            confirmed = finite["differences"] & ~differs["differences"]
            differs["differences"] &= finite["differences"] & ~self.kinked
        if "jax.grad" in ways:  # JAX differentiates the branch not taken too, and may find no number there
            differs["jax.grad"] &= finite["jax.grad"] | ~confirmed
        for way in ways:
            code = way in ("numpy", "jax")
            differs[way] = np.where(none, finite[way] & ~hopeless & code, differs[way] & ~hopeless)
        wrong = np.logical_or.reduce([differs[way] for way in ways])
        convention = self.kinked & ~none
        verdict, where = "agrees", np.ones(reference.shape, bool)
        for name, mask in (("disagrees", wrong), ("kink: convention", convention), ("no value", none | hopeless)):
            if mask.any():
                verdict, where = name, mask
                break
        worst = self._worst(where, off, differs)
        values = {way: float(value[worst]) for way, value in self.by_way.items()}
        return Row(
            f"{self.name}[{', '.join(map(str, worst))}]" if worst else self.name,
            values,
            {way: _largest(off[way], math.nan) for way in ways},
            verdict,
            self._reason(verdict, values, worst),
        )

    def _worst(self, where: Any, off: Ways, differs: Mapping[str, Any]) -> tuple[int, ...]:
        score = np.full(where.shape, -1.0)
        for way, distance in off.items():
            known = np.where(np.isnan(distance), np.where(differs[way], np.inf, 0.0), distance)
            score = np.maximum(score, np.where(where, known, -1.0))
        return tuple(int(i) for i in np.unravel_index(int(np.argmax(score)), score.shape)) if score.shape else ()

    def _reason(self, verdict: str, values: Mapping[str, float], worst: tuple[int, ...]) -> str:
        if verdict == "disagrees":
            return self._quarrel(values, float(self.tolerance[worst]))
        if verdict == "kink: convention":
            left, right = (float(side[worst]) for side in self.sides)
            ours = next(iter(values.values()))
            if math.isfinite(left) and math.isfinite(right):
                return f"at a kink; the slope is {left:.6g} before it, {right:.6g} after it, {ours:.6g} by convention."
            return f"at a kink; the slope is {ours:.6g} by convention."
        return "it has no value, or none in float64." if verdict == "no value" else ""

    def _quarrel(self, values: Mapping[str, float], tolerance: float) -> str:
        """Which ways say what: "derivation, numpy: 1.01; jax.grad, differences: 1 (apart by 0.01)"."""
        camps: list[tuple[float, list[str]]] = []
        for way, value in values.items():
            if math.isnan(value) and way == "differences":
                continue
            allowed = tolerance + (self.loose if way == "differences" else 0.0)
            for other, members in camps:
                if abs(value - other) <= allowed or not (math.isfinite(value) or math.isfinite(other)):
                    members.append(way)
                    break
            else:
                camps.append((value, [way]))
        finite = [value for value, _ in camps if math.isfinite(value)]
        apart = f" (apart by {max(finite) - min(finite):.3g})" if len(finite) > 1 else ""
        said = "; ".join(
            f"{', '.join(members)}: {f'{value:.12g}' if math.isfinite(value) else 'no value'}"
            for value, members in camps
        )
        return f"{said}{apart}"


def _report(case: _Case) -> Report:
    notes: list[str] = []
    losses: Ways = {}
    gradients: dict[str, Ways] = {name: {} for name in case.params}

    def enter(way: str, loss: Floats, by_name: Mapping[str, Floats]) -> None:
        losses[way] = loss
        for name, ways in gradients.items():
            ways[way] = by_name[name]

    steepest = largest = 0.0
    if case.units is not None:
        with exact.digits_carried(DIGITS):
            value, derived, steepest, largest = _derivation(case.units)
        enter("derivation", np.asarray(_float(value)), _gathered(case, derived))
    else:
        notes.append(f"derivation: - ({case.why_not}).")
    code: dict[str, Callable[[], tuple[Floats, Ways, list[str]]]] = {"numpy": lambda: _by_code(case, "numpy")}
    try:
        need_jax()
    except NotInstalled as missing:
        notes.append(f"{missing}; without it there is no jax and no jax.grad here.")
    else:
        code |= {"jax": lambda: _by_code(case, "jax"), "jax.grad": lambda: _by_autodiff(case)}
    for way, compute in code.items():
        loss, found, wrong = compute()
        enter(way, loss, found)
        notes += wrong

    if case.units is None:
        steepest = max([0.0, *(_largest(np.abs(ways["numpy"])) for ways in gradients.values())])
        largest = abs(float(losses["numpy"]))
    chosen, all_chosen = _chosen(case)
    left, right, here, loose = _sides(case, chosen, losses)
    enter("differences", here, {name: (left[name] + right[name]) / 2 for name in gradients})
    if not all_chosen:
        notes.append("differences: of each large parameter only some entries, evenly spread.")
    size = max(abs(float(losses["numpy"])), 1e-300) if math.isfinite(float(losses["numpy"])) else 1.0

    def quantities(noise: Mapping[str, Floats], kinks: set[str]) -> list[_Quantity]:
        made = []
        nothing = np.zeros(())
        most = RELATIVE * _largest(np.abs(next(iter(losses.values())))) + FLOOR * largest
        sides = (np.full((), np.nan),) * 2
        made.append(_Quantity(_loss_name(case), losses, most + noise.get("", nothing), 0.0, np.zeros((), bool), sides))
        for w in case.network.parameters:
            ways = gradients[w.name]
            most = _largest(np.abs(next(iter(ways.values()))))
            tolerance = np.full(case.params[w.name].shape, RELATIVE * most + FLOOR * steepest)
            tolerance = tolerance + noise.get(w.name, nothing)
            allowed = FLOAT_RELATIVE * most + FLOAT_FLOOR * size if loose else CURVED
            with np.errstate(all="ignore"):
                steep = np.fmax(np.abs(left[w.name]), np.abs(right[w.name]))
                apart = np.abs(left[w.name] - right[w.name])
                kinked = apart > (10 * allowed if loose else RELATIVE * steep + CURVED)
            if kinks:
                own = np.array([entry in kinks for entry in case.entries(w)]).reshape(kinked.shape)
                kinked = kinked | (own & ~_near(ways, tolerance + allowed))
            made.append(_Quantity(w.name, ways, tolerance, allowed, kinked, (left[w.name], right[w.name])))
        return made

    rows = [quantity.row() for quantity in quantities({}, set())]
    rounded = ""
    if any(row.verdict == "disagrees" for row in rows) and case.units is not None:
        # Is it a mistake, or a kink that the slopes beside it hide, or only what float64 loses here?
        noise = _noise(case, gradients, losses)
        rows = [quantity.row() for quantity in quantities(noise, _kinked_names(case.units))]
        rounded = f", and {ROUNDINGS:,} times what rounding every operation of the derivation to float64 changes"
    notes.append(
        f"Tolerance: {RELATIVE:g} of the largest entry of a parameter's gradient, {FLOOR:g} of the largest gradient of "
        f"any name{rounded}."
    )
    if loose:
        notes.append(
            f"differences: in float64, h = {FLOAT_STEP:g}; {FLOAT_RELATIVE:g} of the largest entry and {FLOAT_FLOOR:g} "
            "of the loss more."
        )
    else:
        notes.append(f"differences: in {DIGITS} digits, h = {STEP:.0e}.")
    return Report(case.title, tuple(losses), rows[0], tuple(rows[1:]), tuple(notes))


def _near(ways: Ways, tolerance: Floats) -> Any:
    return _distance(ways["differences"], next(iter(ways.values()))) <= tolerance


def _loss_name(case: _Case) -> str:
    return str(case.network.equations[-1].name)


def _chosen(case: _Case) -> tuple[dict[str, Any], bool]:
    """{parameter: which of its entries are checked by differences}, and whether that is all of them."""
    masks: dict[str, Any] = {}
    for name, value in case.params.items():
        mask = np.zeros(value.size, bool)
        mask[np.unique(np.linspace(0, value.size - 1, min(value.size, MOST_ENTRIES)).round().astype(int))] = True
        masks[name] = mask.reshape(value.shape)
    return masks, all(mask.all() for mask in masks.values())


def _sides(case: _Case, chosen: Mapping[str, Any], losses: Ways) -> tuple[Ways, Ways, Floats, bool]:
    """The slopes to the left and to the right of every chosen entry, the loss, and whether only in float64."""
    if case.units is None:
        left, right = _float_sided(case, chosen)
        return left, right, losses["numpy"], True
    entries = {w.name: np.array(case.entries(w), object).reshape(chosen[w.name].shape) for w in case.network.parameters}
    wanted = [str(entry) for name, mask in chosen.items() for entry in entries[name][mask].reshape(-1)]
    with exact.digits_carried(DIGITS):
        here, slopes = _one_sided(case.units, wanted)
    missing = (Undefined(""), Undefined(""))
    sides = [
        _gathered(case, {name: slopes.get(name, missing)[side] for w in entries.values() for name in w.reshape(-1)})
        for side in (0, 1)
    ]
    return sides[0], sides[1], np.asarray(_float(here)), False


def _gathered(case: _Case, by_entry: Mapping[str, Value]) -> Ways:
    """Values of units as arrays of the parameters' shapes; nan for what has no value."""
    return {
        w.name: np.array([_float(by_entry[e]) for e in case.entries(w)]).reshape(case.params[w.name].shape)
        for w in case.network.parameters
    }


def _noise(case: _Case, gradients: Mapping[str, Ways], losses: Ways) -> dict[str, Floats]:
    """What float64 may lose: how rounding every operation to it changes the derivation; "" is the loss."""
    units = case.units
    assert units is not None
    backward = _one_operation_each(units.backward)
    rounded = _Units(
        _one_operation_each(units.forward),
        backward,
        units.loss,
        tuple({name: _rounded(v) for name, v in example.items()} for example in units.examples),
        {name: _rounded(v) for name, v in units.start.items()},
        units.averaged,
    )
    with exact.digits_carried(30):
        loss, derived, _, _ = _derivation(rounded, _rounded)
    found = {"": _loss_of_digits(np.asarray(_float(loss)), losses["derivation"])}
    for name, value in _gathered(case, derived).items():
        found[name] = _loss_of_digits(value, gradients[name]["derivation"])
    return found


def _loss_of_digits(rounded: Floats, right: Floats) -> Floats:
    """Infinite where only one of the two has a value."""
    both = np.isfinite(rounded) == np.isfinite(right)
    return np.where(both, ROUNDINGS * np.nan_to_num(_distance(rounded, right), nan=0.0), np.inf)


def _one_operation_each(equations: Sequence[Equation]) -> tuple[Equation, ...]:
    """The same equations, with a line for every operation: what a computer rounds."""
    lines: list[Equation] = []

    def named(expr: Expr) -> Expr:
        if expr.is_Symbol or not names_in(expr):
            return expr
        if _is_divisor(expr):  # a division is one operation, not a reciprocal and a product
            return expr.func(named(expr.base), expr.exp, evaluate=False)
        lines.append(Equation(symbol(f"operation {len(lines) + 1}"), opened(expr)))
        return lines[-1].lhs

    def opened(expr: Expr) -> Expr:
        if expr.is_Symbol or not names_in(expr) or isinstance(expr, sympy.Piecewise):
            return expr
        return expr.func(*map(named, expr.args), evaluate=False)

    for equation in equations:
        lines.append(Equation(equation.lhs, opened(equation.rhs)))
    return tuple(lines)


def _is_divisor(expr: Expr) -> bool:
    return bool(expr.is_Pow and expr.exp == -1)


def _kinked_names(units: _Units) -> set[str]:
    """The parameters that reach a function exactly at its kink: relu at 0, a tie in max."""
    boundaries = [
        Equation(symbol(f"boundary {i}"), boundary)
        for i, boundary in enumerate(b for equation in units.forward for b in _boundaries(equation.rhs))
    ]
    if not boundaries:
        return set()
    program = Program([*units.forward, *boundaries])
    met: set[int] = set()
    with exact.digits_carried(DIGITS):
        for example in units.examples:
            frame: dict[str, Any] = {identifier(name): v for name, v in (*example.items(), *units.start.items())}
            program.run(frame, undefined_allowed=True)
            values = [frame[identifier(boundary.name)] for boundary in boundaries]
            met |= {i for i, v in enumerate(values) if not isinstance(v, Undefined) and abs(v) < Decimal("1e-40")}
    reached: set[str] = set()
    uses = {name for i in met for name in names_in(boundaries[i].rhs)}
    for equation in reversed(units.forward):
        if equation.lhs in uses:
            uses.update(names_in(equation.rhs))
    reached.update(name.name for name in uses)
    return reached & set(units.start)


def _boundaries(expr: Expr) -> Iterator[Expr]:
    """What is 0 where an expression passes from one case to another: z for relu(z), a − b for max(a, b)."""
    if isinstance(expr, ScalarFunction):
        function: Kind = type(expr)
        z, definition = formula(function, len(expr.args))
        put = dict(zip(z, expr.args, strict=True))
        yield from (replace(boundary, put) for boundary in _boundaries(definition))
    elif isinstance(expr, sympy.core.relational.Relational):
        yield add(expr.lhs, negate(expr.rhs))
        return
    for argument in expr.args:
        yield from _boundaries(argument)


# -- numbers ----------------------------------------------------------------------------------------------------------


def _float(value: Value) -> float:
    """The nearest float64; nan for what has no value, infinite beyond the largest."""
    if isinstance(value, Undefined):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _rounded(value: Any) -> Fraction:
    """The number as float64 has it; an OverflowError beyond the largest."""
    return Fraction(float(value))


def _size(value: Value) -> float:
    size = abs(_float(value))
    return size if math.isfinite(size) else 0.0


def _distance(a: Floats, b: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.abs(np.asarray(a - b))


def _largest(values: Floats, none: float = 0.0) -> float:
    """The largest finite entry, ``none`` where there is none."""
    finite = np.asarray(values)[np.isfinite(values)]
    return float(finite.max()) if finite.size else none


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
