"""Expressions of entries worked out plainly, every index an axis: a judge that knows no operation and no fast form."""

from __future__ import annotations

from functools import cache

import numpy as np
import sympy

from symnet.algebra.entries import lowered
from symnet.algebra.equations import Index, Length
from symnet.algebra.indices import At, Each, First, Inside, Max, Node, Same, Sum, indices_for
from symnet.algebra.matrices import Operation, shape_of
from symnet.algebra.scalar import ScalarFunction, formula


def values(equations, given, lengths=None, np=np):
    """{name: its array} for all equations, from those of the names that are given."""
    found = dict(given)
    for equation in equations:
        own = indices_for(shape_of(equation.lhs))
        body = lowered(equation.rhs, own)
        value = _value(body, found, own, lengths or {}, np)
        found[equation.lhs] = np.broadcast_to(value, tuple(_length(i, lengths) for i in own))
    return found


def _length(index, lengths):
    return int((lengths or {}).get(index.length, index.length))


def _value(expr, found, axes, lengths, np):
    def below(part, more=()):
        return _value(part, found, (*axes, *more), lengths, np)

    if isinstance(expr, Index):
        place = len(axes) - 1 - axes[::-1].index(expr)  # the innermost, where two have one name
        return np.arange(_length(expr, lengths)).reshape([-1 if i == place else 1 for i in range(len(axes))])
    if isinstance(expr, Length):
        return lengths[expr]
    if isinstance(expr, At):
        return _entry(np.asarray(found[expr.array]), [below(place) for place in expr.places], np)
    if isinstance(expr, Inside):
        place = below(expr.args[0])
        return ((place >= 0) & (place < int(lengths.get(expr.args[1], expr.args[1])))) * 1.0
    if isinstance(expr, Same):
        return (below(expr.args[0]) == below(expr.args[1])) * 1.0
    if isinstance(expr, (Sum, Max)):
        inner = _spread(below(expr.body, expr.indices), (*axes, *expr.indices), lengths, np)
        last = tuple(range(len(axes), len(axes) + len(expr.indices)))
        return inner.sum(last) if isinstance(expr, Sum) else inner.max(last)
    if isinstance(expr, First):
        inner = _spread(below(expr.body, expr.indices), (*axes, *expr.indices), lengths, np)
        flat = inner.reshape(*inner.shape[: len(axes)], -1).argmax(-1)
        place = 0
        for index, part in zip(expr.indices, expr.places, strict=True):
            place = place * _length(index, lengths) + below(part)
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
    return plain(np, *parts) if plain else _from_definition(type(expr), len(parts))(*parts)


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


_FUNCTIONS = {
    "exp": lambda np, z: np.exp(z),
    "log": lambda np, z: np.log(z),
    "logged": lambda np, z, c: z,
    "sqrt": lambda np, z: np.sqrt(z),
    "tanh": lambda np, z: np.tanh(z),
    "sigmoid": lambda np, z: 1 / (1 + np.exp(-z)),
    "relu": lambda np, z: np.where(z > 0, z, 0.0),
    "relu'": lambda np, z: np.where(z > 0, 1.0, 0.0),
}
