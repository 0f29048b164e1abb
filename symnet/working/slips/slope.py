"""Slips in the derivative of the activation."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symnet.algebra import functions
from symnet.algebra.derivatives import differentiate
from symnet.algebra.equations import ONE, Expr, Symbol, add, multiply, negate, product, symbol
from symnet.algebra.scalar import ScalarFunction, local_derivative
from symnet.working.rewriting import Rewriting, Slipped
from symnet.working.turns import as_factor, at_units, neighbors, softmax_outputs


def no_slope(r: Rewriting) -> Iterator[Slipped]:
    """forgot the derivative of the activation"""

    def inner(name: str) -> Callable[[Symbol], Expr]:
        return lambda x: differentiate(r.activations[name].args[0], x)

    yield from at_units(r, inner)


def slope_at_output(r: Rewriting) -> Iterator[Slipped]:
    """took the derivative of the activation at its output instead of at the pre-activation"""

    def at_output(name: str) -> Callable[[Symbol], Expr]:
        function = r.activations[name]
        slope = local_derivative(type(function), 0, (symbol(name), *function.args[1:]))
        return lambda x: product(slope, differentiate(function.args[0], x))

    yield from at_units(r, at_output)


def slope_of_pre_activation(r: Rewriting) -> Iterator[Slipped]:
    """put the pre-activation where the derivative of the activation takes its output"""
    stated = {
        name: function
        for name, function in r.activations.items()
        if type(function).derivative is not ScalarFunction.derivative
    }

    def with_input(name: str) -> Callable[[Symbol], Expr]:
        function = stated[name]
        slope = local_derivative(type(function), 0, function.args, function.args[0])
        return lambda x: product(slope, differentiate(function.args[0], x))

    yield from at_units(r, with_input, stated)


def slope_of_other_unit(r: Rewriting) -> Iterator[Slipped]:
    """took the derivative of the activation of the wrong unit"""
    for name, other in neighbors(r):
        mine, its = r.activations[name], r.activations[other]
        slope = local_derivative(type(mine), 0, its.args, symbol(other))
        yield Slipped(
            r.passing(
                lambda e, x, d, name=name, mine=mine, slope=slope: (  # type: ignore[misc]
                    product(slope, differentiate(mine.args[0], x)) if e.name == name else d
                )
            ),
            at=f"({other} in place of {name})",
        )


def half_a_slope(r: Rewriting) -> Iterator[Slipped]:
    """forgot the factor 1 − y in the derivative of the sigmoid"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.sigmoid)}
    yield from at_units(r, lambda name: lambda x: product(symbol(name), differentiate(units[name].args[0], x)), units)


def other_half_of_slope(r: Rewriting) -> Iterator[Slipped]:
    """forgot the factor y in the derivative of the sigmoid"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.sigmoid)}
    slope = {name: add(ONE, negate(symbol(name))) for name in units}
    yield from at_units(r, lambda name: lambda x: product(slope[name], differentiate(units[name].args[0], x)), units)


def slope_of_other_function(r: Rewriting) -> Iterator[Slipped]:
    """took the derivative of tanh{place} for that of the sigmoid, or the other way"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, (functions.sigmoid, functions.tanh))}

    def other(name: str) -> Callable[[Symbol], Expr]:
        swapped = functions.tanh if isinstance(units[name], functions.sigmoid) else functions.sigmoid
        slope = local_derivative(swapped, 0, units[name].args, symbol(name))
        return lambda x: product(slope, differentiate(units[name].args[0], x))

    yield from at_units(r, other, units)


def extra_slope(r: Rewriting) -> Iterator[Slipped]:
    """multiplied by the derivative of the activation once too often"""
    units = {name: f for name, f in r.activations.items() if not isinstance(f, (functions.exp, functions.log))}

    def twice(name: str) -> Callable[[Symbol], Expr]:
        function = units[name]
        slope = local_derivative(type(function), 0, function.args, symbol(name))
        return lambda x: product(slope, slope, differentiate(function.args[0], x))

    yield from at_units(r, twice, units)
    lines = {e.name: e.rhs for e in r.backward}
    extra = {
        name: multiply(as_factor(lines[name]), p, add(ONE, negate(p)))
        for z, p in softmax_outputs(r)
        if z.is_Symbol and (name := r.gradient(z.name)) in lines
    }
    if extra:
        yield Slipped(r.changing_gradients(extra), at="in the softmax")


def kink(r: Rewriting) -> Iterator[Slipped]:
    """took 1 for the derivative of ReLU at 0"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.relu)}

    def one_at_zero(name: str) -> Callable[[Symbol], Expr]:
        argument = units[name].args[0]
        return lambda x: product(functions.step(argument), differentiate(argument, x))

    yield from at_units(r, one_at_zero, units)
