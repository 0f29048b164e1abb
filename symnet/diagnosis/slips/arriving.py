"""Slips with the gradient that arrives at a line: left out, another unit's, or multiplied with that of another path."""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra import functions
from symnet.algebra.equations import ONE, Expr, multiply, partial, product, symbol
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slip_patterns import (
    MOST_ALONE,
    as_factor,
    at_edges,
    edges_of,
    factors_of,
    inputs_of,
    is_parameter,
)
from symnet.diagnosis.structure import steps_of


def no_arriving_gradient(r: Rewriting) -> Iterator[Slipped]:
    """gave the local derivative alone, without the gradient that arrives"""
    units = {name for name, f in r.activations.items() if not isinstance(f, functions.linear)}
    units |= {e.name for e in r.equations if any(f.is_Pow for f in factors_of(e.rhs))}
    alone = {
        (y, x): d
        for y, x in edges_of(r)
        if y in units and y != r.loss and len(r.users[x]) == 1 and x.name in r.by_name and (d := r.slopes[y][x]) != 1
    }
    # Through time, what arrives is what the exercise is about.
    for (y, x), d in alone.items() if len(alone) <= MOST_ALONE and steps_of(r) is None else ():
        yield Slipped(r.passing_terms({(y, x): d}), at=f"(in the gradient of {x.name})")
    if len(alone) > 1:
        yield Slipped(r.passing_terms(alone), at="everywhere")


def delta_of_other_unit(r: Rewriting) -> Iterator[Slipped]:
    """multiplied the input by the error of another unit of the layer"""
    for layer in r.layers:
        count = len(layer.sums)
        own: dict[tuple[int, int], dict[str, Expr]] = {}
        for j, weights in enumerate(layer.weights):
            for k in (k for k in (j - 1, j + 1) if 0 <= k < count):
                y, z = layer.sums[j].name, layer.sums[k].name
                for w, x in zip(weights, layer.inputs, strict=True):
                    if r.users.get(w) == (y,) and z in r.slopes and z != r.loss and r.slopes[y][w] == x:
                        own.setdefault((j, k), {})[r.gradient(w.name)] = multiply(partial(r.loss, z), x)
                        words = f"(in the gradient of {w.name}, that of {z} for that of {y})"
                        if count * len(weights) <= MOST_ALONE:
                            yield Slipped(
                                r.changing_gradients({r.gradient(w.name): own[j, k][r.gradient(w.name)]}), at=words
                            )
        for (j, k), lines in own.items() if count <= MOST_ALONE else ():
            if len(lines) > 1:
                y, z = layer.sums[j].name, layer.sums[k].name
                yield Slipped(r.changing_gradients(lines), at=f"(that of {z} for that of {y})")


def weight_for_input(r: Rewriting) -> Iterator[Slipped]:
    """multiplied the error by the weight itself instead of its input"""
    inputs = inputs_of(r)
    edges = [(y, w) for y, w in edges_of(r) if is_parameter(r, w) and inputs.get(w.name) == (r.slopes[y][w],)]
    yield from at_edges(r, edges, lambda y, w, d: w, at_first=False, singly=MOST_ALONE)


def paths_multiplied(r: Rewriting) -> Iterator[Slipped]:
    """multiplied what comes back along two paths instead of adding it"""
    both = {x: ys for x, ys in r.users.items() if len(ys) == 2 and x.name in r.by_name}
    for x, ys in both.items() if len(both) <= MOST_ALONE else ():
        terms = [as_factor(product(_arriving(r, y), r.slopes[y][x])) for y in ys]
        yield Slipped(r.changing_gradients({r.gradient(x.name): multiply(*terms)}), at=f"at {x.name}")


def relu_taken_for_dead(r: Rewriting) -> Iterator[Slipped]:
    """used 0 for the derivative of ReLU where it is 1"""
    units = {n: f for n, f in r.activations.items() if isinstance(f, (functions.relu, functions.leaky_relu))}
    edges = {(y, x): d for y in units for x, d in r.slopes.get(y, {}).items()}
    for (y, x), d in edges.items() if len(edges) <= MOST_ALONE else ():
        yield Slipped(r.passing_terms({(y, x): _dead(r, y, d)}), at=f"at {y}")


def _dead(r: Rewriting, y: str, d: Expr) -> Expr:
    z = r.activations[y].args[0]
    return product(r.upstream(y), d, functions.step(multiply(-ONE, as_factor(z))))


def _arriving(r: Rewriting, y: str) -> Expr:
    return ONE if y == r.loss else symbol(r.gradient(y))
