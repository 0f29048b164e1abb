"""The ways to a loss and its gradients, each a function of a ``Case``; ``crosscheck`` compares what they give.

derivation      the equations that are printed, evaluated exactly
code            the generated code, forward and backward, in NumPy or JAX
autodiff        the generated forward pass alone, differentiated by JAX
differences     the slopes to the left and to the right of each entry, from the forward pass alone; what a
                stop-gradient stands around keeps its value
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from symnet.algebra.equations import partial
from symnet.computing import exact
from symnet.computing.backends import Backend
from symnet.computing.compile import compile
from symnet.computing.exact import Undefined, Value
from symnet.computing.generated import defined, forward_source
from symnet.computing.program import Program, identifier
from symnet.training.case import Case, Floats, Units, as_float
from symnet.training.held import Held, with_constants

DIGITS = 80  # carried for the derivation and the differences
STEP = Decimal("1e-20")  # of the differences in 80 digits
FLOAT_STEP = 1e-6  # of the differences in float64
MOST_JITTED = 400  # scalar equations; XLA takes a minute over two thousand
MOST_ENTRIES = 64  # of one parameter, by differences

Gradients = dict[str, Floats]  # by parameter
Beside = Callable[[str, int], tuple[float, float]]  # the slopes on both sides of an entry of a parameter


@dataclass(frozen=True)
class Found:
    """What one way finds; nan is what has no value.  ``wrong`` says which gradients have the wrong shape."""

    loss: Floats
    gradients: Gradients
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sides:
    """The slopes to the left and to the right of every entry, nan where none was chosen to be checked."""

    loss: Floats
    left: Gradients
    right: Gradients
    complete: bool  # whether every entry was

    @property
    def found(self) -> Found:
        """Central differences: the mean of both slopes."""
        return Found(self.loss, {name: (slope + self.right[name]) / 2 for name, slope in self.left.items()})


def distance(a: Floats, b: Floats) -> Floats:
    """|a − b|, entry by entry; nan where either has no value."""
    with np.errstate(all="ignore"):
        return np.abs(np.asarray(a - b))


# -- the equations ----------------------------------------------------------------------------------------------------


def derivation(
    case: Case, units: Units, keep: Callable[..., Any] = exact.small, digits: int = DIGITS
) -> tuple[Found, float, float]:
    """What the equations give, the largest gradient of any name and the largest value of the forward pass.

    ``keep`` is applied to every value, as in ``Program.run``.
    """
    forward, backward = Program(units.forward), Program(units.backward)
    losses: list[Value] = []
    gradients: dict[str, list[Value]] = {name: [] for name in units.start}
    slopes = [e.name for e in units.backward if e.name != partial(units.loss, units.loss).name]
    steepest = largest = 0.0
    with exact.digits_carried(digits):
        for frame in units.frames():
            forward.run(frame, keep, undefined_allowed=True)
            largest = max([largest, *map(_size, frame.values())])
            backward.run(frame, keep, undefined_allowed=True)
            steepest = max([steepest, *(_size(frame[identifier(name)]) for name in slopes)])
            losses.append(frame[identifier(units.loss)])
            for name, values in gradients.items():
                values.append(frame.get(identifier(partial(units.loss, name).name), Fraction(0)))
        loss = as_float(units.combined(losses))
        by_entry = {name: as_float(units.combined(values)) for name, values in gradients.items()}
    arrays = {
        w.name: np.array([by_entry[entry] for entry in case.entries(w)]).reshape(case.params[w.name].shape)
        for w in case.network.parameters
    }
    return Found(np.asarray(loss), arrays), steepest, largest


def _size(value: Value) -> float:
    size = abs(as_float(value))
    return size if math.isfinite(size) else 0.0


# -- the generated code -----------------------------------------------------------------------------------------------


def code(case: Case, backend: Backend) -> Found:
    """What the generated code gives, forward and backward."""
    step = compile(case.network, backend.name, case.reduce)
    with np.errstate(all="ignore"):
        return _shaped(case, backend.name, *backend.once(step.function, case.params, case.examples, _is_long(case)))


def autodiff(case: Case, judge: Backend) -> Found:
    """What a library makes of the forward pass alone, as ``jax.value_and_grad`` does."""
    slopes = judge.differentiated(_forward(case, judge.name))
    return _shaped(case, f"{judge.name}.grad", *judge.once(slopes, case.params, case.examples, _is_long(case)))


def _forward(case: Case, backend: str, **instead: Any) -> Callable[..., Any]:
    """forward(params, X[, T]) → the loss: generated from the forward equations and nothing else.

    ``instead`` are functions that take the place of the code's own.
    """
    batched = case.network.batched(case.reduce)
    forward = defined(forward_source(batched, backend, batched.equations[-1].lhs, stops=True), "forward")
    forward.__globals__.update(instead)
    takes = forward.__code__.co_argcount - 1
    return lambda params, *examples: forward(params, *examples[:takes])


def _is_long(case: Case) -> bool:
    return not case.network.is_layered and len(case.network.equations) > MOST_JITTED


def _shaped(case: Case, way: str, loss: Any, gradients: Mapping[str, Any]) -> Found:
    found, wrong = {}, []
    for name, value in case.params.items():
        array = np.asarray(gradients[name], np.float64)
        if array.shape != value.shape:
            wrong.append(f"{way} gives {name} {value.shape} a gradient of the shape {array.shape}.")
            array = np.full(value.shape, np.nan)
        found[name] = array
    return Found(np.asarray(loss, np.float64), found, tuple(wrong))


# -- differences ------------------------------------------------------------------------------------------------------


def differences(case: Case, loss: Floats) -> Sides:
    """The slopes beside every entry, or beside some, evenly spread, of a large parameter.

    In many digits where the case is written out unit by unit; else in float64, with the ``loss`` of the code.
    """
    sides = [{name: np.full(value.shape, np.nan) for name, value in case.params.items()} for _ in range(2)]
    complete = True
    with exact.digits_carried(DIGITS):
        if case.units is None:
            beside = _in_floats(case)
        else:
            loss, beside = _in_digits(case, case.units)
        for name, value in case.params.items():
            chosen = np.unique(np.linspace(0, value.size - 1, min(value.size, MOST_ENTRIES)).round().astype(int))
            complete = complete and len(chosen) == value.size
            for index in chosen.tolist():
                for side, slope in zip(sides, beside(name, index), strict=True):
                    side[name].reshape(-1)[index] = slope
    return Sides(loss, sides[0], sides[1], complete)


def _in_digits(case: Case, units: Units) -> tuple[Floats, Beside]:
    constants, moving = with_constants(units.forward)
    program = Program(moving)
    frames = [{name: exact.real(value) for name, value in frame.items()} for frame in units.frames()]
    for frame in frames if constants else ():
        noted: dict[str, Any] = {**frame}
        Program(units.forward).run(noted, undefined_allowed=True)
        Program(constants).run(noted, undefined_allowed=True)
        frame |= {name: exact.real(noted[name]) for name in (identifier(e.name) for e in constants)}
    entries = {w.name: case.entries(w) for w in case.network.parameters}

    def loss(changed: Mapping[str, Decimal]) -> Value:
        losses: list[Value] = []
        for frame in frames:
            values: dict[str, Any] = {**frame, **changed}
            try:
                try:
                    program.haul(values)
                except exact.Doubt:
                    program.run(values)
            except ArithmeticError as error:
                return Undefined(str(error))
            losses.append(values[identifier(units.loss)])
        return units.combined(losses)

    here = loss({})

    def slope(entry: str, step: Decimal) -> float:
        there = loss({entry: frames[0][entry] + step})
        if isinstance(there, Undefined) or isinstance(here, Undefined):
            return math.nan
        return as_float((exact.real(there) - exact.real(here)) / step)

    def beside(name: str, index: int) -> tuple[float, float]:
        entry = identifier(entries[name][index])
        at = abs(frames[0][entry])
        h = STEP * min(Decimal(1), at) if at else STEP
        return slope(entry, -h), slope(entry, h)

    return np.asarray(as_float(here)), beside


def _in_floats(case: Case) -> Beside:
    held = Held()
    forward = _forward(case, "numpy", stop_gradient=held, truncated=held)

    def loss(params: Mapping[str, Floats]) -> float:
        with np.errstate(all="ignore"):
            return float(forward(params, *case.examples))

    here: float = held.before(lambda: loss(case.params))

    def slope(name: str, index: int, step: float) -> float:
        moved = case.params[name].copy()
        moved.reshape(-1)[index] += step
        there: float = held.after(lambda: loss({**case.params, name: moved}))
        return (there - here) / step

    return lambda name, index: (slope(name, index, -FLOAT_STEP), slope(name, index, FLOAT_STEP))
