"""Formulas of arrays worked out by their units, and by their equations of arrays, for the tests."""

from __future__ import annotations

import random
from fractions import Fraction

import entry_values
import numpy as np

from symnet.algebra.array_formulas import entry_name, written
from symnet.algebra.equations import Array, array, symbol
from symnet.algebra.network import Network
from symnet.computing.program import Program, identifier


def numbers(shapes, seed=0):
    """{name: its numbers, exact, nested as lists}: no two alike and none 0, so that no tie hides a mistake."""
    draw = random.Random(seed)
    count = sum(int(np.prod(shape)) for shape in shapes.values())
    size = max(128, count)
    pool = iter(draw.sample([k for k in range(-size, size + 1) if k], count))

    def array_of(shape):
        return [array_of(shape[1:]) for _ in range(shape[0])] if shape else Fraction(next(pool), 2 * size // 3)

    return {name: array_of(shape) for name, shape in shapes.items()}


def entries(name, value):
    """{entry name: number} of an array."""
    return {
        entry_name(name, tuple(i + 1 for i in index)): number
        for index, number in np.ndenumerate(np.array(value, dtype=object))
    }


def network(text, shapes):
    """The network of the units; everything given is an input."""
    known = [symbol(name) for key, shape in shapes.items() for name in _names(key, shape)]
    return Network(tuple(known), (), (), text.units)


def network_of_arrays(text, shapes):
    known = [array(name, *shape) if shape else symbol(name) for name, shape in shapes.items()]
    return Network(tuple(known), (), (), text.equations)


def _names(key, shape):
    return [entry_name(key, tuple(i + 1 for i in index)) for index in np.ndindex(*shape)]


def by_units(text, values, shapes, gradients=()):
    """({name: array} of every equation, {name: array} of the gradients asked for), of the units, as floats."""
    net = network(text, shapes)
    found = {identifier(n): x for key, value in values.items() for n, x in entries(key, value).items()}
    equations = (*net.equations, *(net.backward if gradients else ()))
    Program(equations).run(found, undefined_allowed=True)
    last = net.equations[-1].lhs.name
    has = {equation.name for equation in equations}

    def gradient(name):
        called = f"∂{last}/∂{name}"
        return float(found[identifier(called)]) if called in has else 0.0

    def of(name, read):
        nested = text.arrays.get(name, name)
        return _mapped(nested, read)

    forward = {e.lhs.name: of(e.lhs.name, lambda n: float(found[identifier(n)])) for e in text.equations}
    return forward, {name: of(name, gradient) for name in gradients}


def by_arrays(text, values, shapes, gradients=()):
    """The same of the equations of arrays, every index an axis."""
    net = network_of_arrays(text, shapes)
    given = {name: np.array(values[name.name], dtype=float) for name in net.inputs}
    equations = (*net.equations, *(net.backward if gradients else ()))
    found = entry_values.values(equations, given, ids_from=1)
    by_name = {name.name: value for name, value in found.items()}
    last = net.equations[-1].lhs.name
    shape = {name.name: name.shape if isinstance(name, Array) else () for name in given}
    return (
        {e.lhs.name: by_name[e.lhs.name] for e in text.equations},
        {name: by_name.get(f"∂{last}/∂{name}", np.zeros(shape[name])) for name in gradients},
    )


def _mapped(nested, read):
    return np.array(read(nested) if isinstance(nested, str) else [_mapped(part, read) for part in nested])


def close(found, expected, within=1e-12):
    expected = np.asarray(expected, dtype=float)
    scale = max(1.0, float(np.abs(expected).max())) if expected.size else 1.0
    assert np.shape(found) == expected.shape, (np.shape(found), expected.shape)
    worst = float(np.abs(np.asarray(found) - expected).max())
    assert worst <= within * scale, f"off by {worst}"


def floats(value):
    return [floats(part) for part in value] if isinstance(value, list) else float(value)


__all__ = ["by_arrays", "by_units", "close", "entries", "floats", "network", "network_of_arrays", "numbers", "written"]
