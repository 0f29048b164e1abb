"""Slips in the forward pass by taking something for what stands beside it: a weight, a bias, a term, a function."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer

from symnet.algebra import functions
from symnet.algebra.equations import Expr, add, divide, names_in, negate, number_of, power
from symnet.algebra.equations import replace as put
from symnet.diagnosis.rewriting import Rewriting, Slipped, terms_of
from symnet.diagnosis.slip_patterns import MOST_ALONE, as_factor, factors_of, forward_at
from symnet.diagnosis.structure import bias_edges


def weight_of_other_unit(r: Rewriting) -> Iterator[Slipped]:
    """multiplied by the weight of another unit in the forward pass"""
    for layer in r.layers:
        count = len(layer.sums)
        for j, e in enumerate(layer.sums):
            for k in (k for k in (j - 1, j + 1) if 0 <= k < count):
                pairs = [(w, v) for w, v in zip(layer.weights[j], layer.weights[k], strict=True) if w != v]
                for w, v in pairs if len(pairs) * count <= MOST_ALONE else ():
                    yield Slipped(r.forward({e.name: put(e.rhs, {w: v})}), at=f"in {e.name} ({v.name} for {w.name})")
                if len(pairs) > 1 and count <= MOST_ALONE:
                    words = f"in {e.name} (those of {layer.sums[k].name} for its own)"
                    yield Slipped(r.forward({e.name: put(e.rhs, dict(pairs))}), at=words)


def bias_twice(r: Rewriting) -> Iterator[Slipped]:
    """added the bias twice"""
    lines = {y: add(*terms_of(r.by_name[y].rhs), b) for y, b in bias_edges(r)}
    if len(lines) <= MOST_ALONE:
        yield from forward_at(r, lines, "in")
    else:
        yield Slipped(r.forward(lines), at="everywhere")


def absolute_value(r: Rewriting) -> Iterator[Slipped]:
    """used the absolute value instead of the activation function"""
    units = {n: f for n, f in r.activations.items() if isinstance(f, (functions.relu, functions.leaky_relu))}
    yield from forward_at(r, {name: functions.abs(f.args[0]) for name, f in units.items()})


def sigmoid_without_one(r: Rewriting) -> Iterator[Slipped]:
    """left out a part of the sigmoid"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.sigmoid)}
    for minus, words in ((True, "(e⁻ᶻ alone)"), (False, "(the 1 + in the denominator)")):
        inside = {name: as_factor(f.args[0]) for name, f in units.items()}
        lines = {name: functions.exp(negate(z) if minus else z) for name, z in inside.items()}
        for slipped in forward_at(r, lines):
            yield Slipped(slipped.problem, at=f"{words} {slipped.at}", throughout=slipped.is_everywhere)


def exp_of_minus(r: Rewriting) -> Iterator[Slipped]:
    """used exp of −z instead of exp of z"""
    yield from forward_at(r, {name: functions.exp(negate(as_factor(z))) for name, z in _exponentials(r).items()}, "in")


def exp_base_ten(r: Rewriting) -> Iterator[Slipped]:
    """used a power of 10 instead of e"""
    yield from forward_at(r, {name: power(Integer(10), z) for name, z in _exponentials(r).items()}, "in")


def softmax_without_own_term(r: Rewriting) -> Iterator[Slipped]:
    """left its own term out of the sum in the denominator of the softmax"""
    lines: dict[str, Expr] = {}
    for e in r.problem.network.equations:
        below = [f.base for f in factors_of(e.rhs) if f.is_Pow and f.exp == -1 and number_of(f) is None]
        above = [f for f in factors_of(e.rhs) if not f.is_Pow]
        if len(below) != 1 or len(above) != 1:
            continue
        named = below[0].is_Symbol and below[0].name in r.by_name
        terms = terms_of(r.by_name[below[0].name].rhs if named else below[0])
        kept = [term for term in terms if term != above[0]]
        if 0 < len(kept) < len(terms):
            lines[e.name] = divide(above[0], as_factor(add(*kept)))
    yield from forward_at(r, lines, "in")


def _exponentials(r: Rewriting) -> dict[str, Expr]:
    """{"e1": z1} for the lines e1 = exp(z1)."""
    return {name: f.args[0] for name, f in r.activations.items() if isinstance(f, functions.exp) and names_in(f)}
