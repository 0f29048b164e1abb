"""Slips with the state of a recurrence and with the statistics of a layer norm, where they are arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Integer

from symnet.algebra import functions
from symnet.algebra.array_formulas import entry_name
from symnet.algebra.equations import ONE, ZERO, Equation, Expr, Symbol, add, divide, negate, power, product, symbol
from symnet.algebra.equations import replace as put
from symnet.algebra.indices import At, Each, Sum, own_indices
from symnet.algebra.matrices import shape_of
from symnet.algebra.rows_of import layer_norm
from symnet.diagnosis.array_patterns import entry_of, indices_of, lines_with, other_arrays, replaced_in
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slip_patterns import VISIBLE_EPSILON
from symnet.diagnosis.structure import counterpart, steps_of


def start_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """took 0 for the state before the first step"""
    for start in _starts(r):
        nothing = {symbol(name): ZERO for name in indices_of(r, start)}
        lines = {
            e.name: put(e.rhs, nothing)
            for e in r.problem.network.equations
            if any(name in e.rhs.free_symbols for name in nothing)
        }
        if lines:

            def slope(e: Equation, x: Symbol, d: Expr, nothing: dict[Symbol, Expr] = nothing) -> Expr | None:
                other = put(d, nothing) if any(name in d.free_symbols for name in nothing) else d
                return None if other == 0 else other

            problem = r.forward(lines, backward=True)
            # An error goes back to it all the same: 0 is its value, not its gradient.
            own = {r.gradient(name.name) for name in nothing}
            back = [Equation(e.lhs, put(e.rhs, nothing)) for e in r.backward if e.name in own]
            others = [e for e in problem.backward if e.name not in own]
            yield Slipped(replace(problem, passed_back=(*others, *back)), at=f", {start}")
            yield Slipped(r.passing(slope), at=f", {start}, in the gradients")


def start_without_gradient(r: Rewriting) -> Iterator[Slipped]:
    """passed no gradient back to the state before the first step"""
    for start in _starts(r):
        own = {symbol(name) for name in indices_of(r, start) if r.gradient(name) in r.passed_back}
        if own:
            yield Slipped(r.passing(lambda e, x, d, own=own: None if x in own else d), at=f", {start}")  # type: ignore[misc]


def _starts(r: Rewriting) -> Iterator[str]:
    """h0 where "h[t]" is a recurrence and h0 is given or learned, or where a step takes it for what h1 is one later."""
    declared = {**r.problem.arrays, **r.problem.given, **r.problem.start}
    found: dict[str, None] = {}
    for equation in r.problem.whole:
        start = entry_name(equation.name, (0,))
        if isinstance(equation.rhs, Each) and start in declared:
            found[start] = None
    steps = steps_of(r)
    if steps is not None:
        for line, state in steps.passed_on:
            before = counterpart(r, steps, line, state, -1)
            if before is not None and before.name in declared and before.name not in r.problem.array_of:
                found[before.name] = None
    yield from found


def norm_statistics_constant(r: Rewriting) -> Iterator[Slipped]:
    """held{place} constant on the way back through the layer norm"""
    for both, words in ((True, "mean and variance"), (False, "the variance")):
        slopes: dict[tuple[str, Symbol], Expr | None] = {}
        for equation in lines_with(r, layer_norm):
            z, eps = equation.rhs.args
            for name, index in indices_of(r, equation.name).items():
                root, count = entry_of(r, _root(z, eps, ZERO), index[:-1]), Integer(shape_of(z)[-1])
                for k in range(int(count)):
                    x = entry_of(r, z, (*index[:-1], k))
                    own = ONE if k == index[-1] else ZERO
                    share = own if both else own - ONE / count
                    if x.is_Symbol:
                        slopes[name, x] = divide(share, root) if share != 0 else None
        if slopes:

            def slope(
                e: Equation, x: Symbol, d: Expr, slopes: dict[tuple[str, Symbol], Expr | None] = slopes
            ) -> Expr | None:
                return slopes.get((e.name, x), d)

            yield Slipped(r.passing(slope), at=words)


def norm_by_one_less(r: Rewriting) -> Iterator[Slipped]:
    """divided by n − 1 instead of n in the variance of the layer norm"""

    def change(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, layer_norm) and shape_of(part)[-1] > 1:
            yield _normed(part, less=ONE), ""

    yield from other_arrays(r, replaced_in(r, change))


def norm_without_root(r: Rewriting) -> Iterator[Slipped]:
    """divided by the variance instead of by its root in the layer norm"""

    def change(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, layer_norm):
            yield _normed(part, rooted=False), ""

    yield from other_arrays(r, replaced_in(r, change))


def norm_without_epsilon(r: Rewriting) -> Iterator[Slipped]:
    """forgot ε in the layer norm"""

    def change(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, layer_norm) and part.args[1].is_Rational and part.args[1] >= VISIBLE_EPSILON:
            yield layer_norm(part.args[0], ZERO), ""

    yield from other_arrays(r, replaced_in(r, change))


def norm_over_columns(r: Rewriting) -> Iterator[Slipped]:
    """normalized the columns instead of the rows"""

    def change(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, layer_norm) and len(shape_of(part)) == 2 and shape_of(part)[0] > 1:
            i, j = own_indices(shape_of(part))
            turned = Each(At(part.args[0], i, j), j, i)
            yield Each(At(layer_norm(turned, part.args[1]), j, i), i, j), ""

    yield from other_arrays(r, replaced_in(r, change))


def _root(z: Expr, eps: Expr, less: Expr) -> Expr:
    """√(σ² + ε) of every row."""
    h = shape_of(z)[-1]
    *row, k, m = own_indices((*shape_of(z), h))
    mean = divide(Sum(At(z, *row, m), m), Integer(h))
    variance = divide(Sum(power(add(At(z, *row, k), negate(mean)), Integer(2)), k), Integer(h) - less)
    root = functions.sqrt(add(variance, eps))
    return Each(root, *row) if row else root


def _normed(part: Expr, less: Expr = ZERO, rooted: bool = True) -> Expr:
    """The layer norm with another divisor of the variance, or without the root."""
    z, eps = part.args
    *row, j, m = own_indices((*shape_of(z), shape_of(z)[-1]))
    whole = _root(z, eps, less)
    root = At(whole, *row) if row else whole
    mean = divide(Sum(At(z, *row, m), m), Integer(shape_of(z)[-1]))
    return Each(divide(add(At(z, *row, j), negate(mean)), root if rooted else product(root, root)), *row, j)
