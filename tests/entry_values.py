"""Expressions of entries worked out plainly, every index an axis: a judge that knows no operation and no fast form."""

from __future__ import annotations

from functools import cache

import jax
import numpy as np
import scipy.special
import sympy

from symnet.algebra.entries import lowered
from symnet.algebra.equations import Index, Length
from symnet.algebra.indices import (
    At,
    Each,
    First,
    Inside,
    Kept,
    Max,
    Min,
    Node,
    Quotient,
    Remainder,
    Same,
    Sum,
    indices_for,
)
from symnet.algebra.matrices import Operation, shape_of
from symnet.algebra.recurrence import blocks
from symnet.algebra.scalar import ScalarFunction, formula


def values(equations, given, lengths=None, np=np, ids_from=0):
    """{name: its array} for all equations, from those of the names given; ids are counted from ``ids_from``."""
    found = dict(given)
    lengths = {**(lengths or {}), "ids from": ids_from}
    for block in blocks(equations):
        # Entries of later steps are not right until a step has been made: as often as there are steps, all are made.
        for equation in block.equations if block.is_recurrence else ():
            found[equation.lhs] = np.zeros([int((lengths or {}).get(n, n)) for n in shape_of(equation.lhs)])
        for _ in range(int((lengths or {}).get(block.steps, block.steps)) if block.is_recurrence else 1):
            for equation in block.equations:
                own = indices_for(shape_of(equation.lhs))
                value = _value(lowered(equation.rhs, own), found, own, lengths or {}, np)
                found[equation.lhs] = np.broadcast_to(value, tuple(_length(i, lengths) for i in own))
    return found


def _length(index, lengths):
    return int((lengths or {}).get(index.length, index.length))


def _value(expr, found, axes, lengths, np, counted=1):
    """The value over all ``axes``; an index is a number as a sheet counts, from 1, and as a place it counts from 0."""

    def below(part, more=()):
        return _value(part, found, (*axes, *more), lengths, np, counted)

    def at(place):
        if isinstance(place, At):  # a number of the data
            return _value(place, found, axes, lengths, np, 0) - lengths["ids from"]
        return _value(place, found, axes, lengths, np, 0)

    if isinstance(expr, Index):
        place = len(axes) - 1 - axes[::-1].index(expr)  # the innermost of that name
        return np.arange(_length(expr, lengths)).reshape([-1 if i == place else 1 for i in range(len(axes))]) + counted
    if isinstance(expr, Length):
        return lengths[expr]
    if isinstance(expr, At):
        return _entry(np.asarray(found[expr.array]), [at(place) for place in expr.places], np)
    if isinstance(expr, Inside):
        place = at(expr.args[0])
        return ((place >= 0) & (place < int(lengths.get(expr.args[1], expr.args[1])))) * 1.0
    if isinstance(expr, Same):
        return (at(expr.args[0]) == at(expr.args[1])) * 1.0
    if isinstance(expr, Kept):
        return (below(expr.args[0]) != 0) * 1.0
    if isinstance(expr, Quotient):
        return at(expr.args[0]) // int(expr.args[1])
    if isinstance(expr, Remainder):
        return at(expr.args[0]) % int(expr.args[1])
    if isinstance(expr, (Sum, Max, Min)):
        inner = _spread(below(expr.body, expr.indices), (*axes, *expr.indices), lengths, np)
        last = tuple(range(len(axes), len(axes) + len(expr.indices)))
        return (
            inner.sum(last) if isinstance(expr, Sum) else inner.max(last) if isinstance(expr, Max) else inner.min(last)
        )
    if isinstance(expr, First):
        inner = _spread(below(expr.body, expr.indices), (*axes, *expr.indices), lengths, np)
        flat = inner.reshape(*inner.shape[: len(axes)], -1).argmax(-1)
        place = 0
        for index, part in zip(expr.indices, expr.places, strict=True):
            place = place * _length(index, lengths) + at(part)
        return (flat == place) * 1.0
    assert not isinstance(expr, (Node, Each, Operation)), expr
    if expr.is_Number:
        return float(expr) if not expr.is_Integer else int(expr)
    if expr.is_Symbol:
        return found[expr]
    parts = [below(argument) for argument in expr.args]
    if expr.is_Add:
        return sum(parts[1:], parts[0])
    if expr.is_Mul:
        result = parts[0]
        for part in parts[1:]:
            result = result * part
        return result
    if expr.is_Pow:
        return parts[0] ** (float(expr.exp) if expr.exp.is_Number else parts[1])
    assert isinstance(expr, ScalarFunction), expr
    plain = _FUNCTIONS.get(type(expr).__name__)
    if plain:
        return plain(np, *parts)
    z, definition = formula(type(expr), len(parts))
    if all(np.ndim(part) == 0 for part in parts):
        # Numbers first: written out with symbols, the derivative of a maximum of nine takes minutes.
        return float(definition.subs({name: float(part) for name, part in zip(z, parts, strict=True)}).doit())
    return _from_definition(type(expr), len(parts))(*np.broadcast_arrays(*parts))


@cache
def _from_definition(function, count):
    z, definition = formula(function, count)
    return sympy.lambdify(z, definition.doit(), "numpy")


def _spread(value, axes, lengths, np):
    return np.broadcast_to(value, tuple(_length(index, lengths) for index in axes))


def _entry(array, places, np):
    """The entries at these places, 0 outside the array."""
    if not places:
        return array
    inside = True
    for i, (place, length) in enumerate(zip(places, array.shape, strict=True)):
        place = np.asarray(place).astype(int)
        inside = inside & (place >= 0) & (place < length)
        places[i] = np.clip(place, 0, length - 1)
    return np.where(inside, array[tuple(places)], 0)


def _normal(np, z):
    """The distribution function of the normal distribution, by SciPy or by JAX."""
    return (scipy.special.ndtr if np.__name__ == "numpy" else jax.scipy.special.ndtr)(z)


_FUNCTIONS = {
    "exp": lambda np, z: np.exp(z),
    "log": lambda np, z: np.log(z),
    "ln": lambda np, z: np.log(z),
    "logged": lambda np, z, c: z,
    "sqrt": lambda np, z: np.sqrt(z),
    "sin": lambda np, z: np.sin(z),
    "cos": lambda np, z: np.cos(z),
    "gelu": lambda np, z: z * _normal(np, z),
    "gelu'": lambda np, z: _normal(np, z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
    "tanh": lambda np, z: np.tanh(z),
    "sigmoid": lambda np, z: 1 / (1 + np.exp(-z)),
    "softplus": lambda np, z: np.logaddexp(z, 0),
    "relu": lambda np, z: np.where(z > 0, z, 0.0),
    "relu'": lambda np, z: np.where(z > 0, 1.0, 0.0),
}
