"""Slips in the derivative of the activation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sympy import Integer, Rational

from symnet.algebra import functions
from symnet.algebra.derivatives import differentiate
from symnet.algebra.equations import (
    ONE,
    Equation,
    Expr,
    Symbol,
    add,
    multiply,
    names_in,
    negate,
    power,
    product,
    symbol,
)
from symnet.algebra.scalar import ScalarFunction, local_derivative
from symnet.diagnosis.inside import activations_inside, slopes_with, together
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slip_patterns import (
    as_factor,
    at_units,
    by_layer,
    is_parameter,
    listed,
    neighbors,
    parts_of,
)
from symnet.diagnosis.structure import in_every_step, outputs_of, softmaxes, steps_of
from symnet.working.problem import Problem


def no_slope(r: Rewriting) -> Iterator[Slipped]:
    """forgot the derivative of the activation"""

    def inner(name: str) -> Callable[[Symbol], Expr]:
        return lambda x: differentiate(r.activations[name].args[0], x)

    yield from at_units(r, inner)
    for layer in by_layer(r, [name for name in r.activations if name in r.slopes]):
        units = frozenset(name for name in layer if not isinstance(r.activations[name], functions.linear))
        below, own = _halves(r, units, inner)
        if below is not None and own is not None:
            yield Slipped(below, at=f"at {listed(layer)} for the units below alone")
            yield Slipped(own, at=f"at {listed(layer)} for its own weights alone")
    bent = [name for name, f in r.activations.items() if name in r.slopes and not isinstance(f, functions.linear)]
    for same, words in in_every_step(r, bent):
        problem = r.passing(lambda e, x, d, same=same: inner(e.name)(x) if e.name in same else d)  # type: ignore[misc]
        yield Slipped(problem, at=f"at {words}", throughout=True)
    for called, lines in activations_inside(r):
        for some, words, is_all in together(r, lines):
            slopes = slopes_with(r, some, lambda part, x: differentiate(part.args[0], x))
            if slopes:
                problem = r.passing(lambda e, x, d, slopes=slopes: slopes.get((e.name, x), d))  # type: ignore[misc]
                yield Slipped(problem, at=f"({called} in {words})", throughout=is_all)


def _halves(
    r: Rewriting, units: frozenset[str], inner: Callable[[str], Callable[[Symbol], Expr]]
) -> tuple[Problem | None, Problem | None]:
    """Units without their slope for what lies below, their own weights right; and the other way round.

    The classic picture of backpropagation hands the bare error on to the hidden units.
    """
    sums: dict[str, str] = {}  # the line of a pre-activation, and the unit it goes into
    for name in units:
        x = r.activations[name].args[0]
        if x.is_Symbol and x.name in r.by_name and r.users.get(x) == (name,):
            sums[x.name] = name

    def is_below(e: Equation, x: Symbol) -> bool:
        return x.name in r.by_name and not is_parameter(r, x)

    def problem(of_below: bool) -> Problem | None:
        changed = False

        def passed(e: Equation, upstream: Expr) -> Iterator[tuple[Symbol, Expr]]:
            nonlocal changed
            for x, d in r.slopes.get(e.name, {}).items():
                if e.name in sums and is_below(e, x) == of_below:
                    changed = True
                    above = sums[e.name]
                    factor = inner(above)(e.lhs)
                    yield x, product(ONE if above == r.loss else symbol(r.gradient(above)), factor, d)
                elif e.name in units and e.lhs.name not in sums.values() and is_below(e, x) == of_below:
                    changed = True
                    yield x, product(upstream, inner(e.name)(x))
                else:
                    yield x, product(upstream, d)

        found = r.passing_back(passed)
        return found if changed else None

    return problem(of_below=True), problem(of_below=False)


def slope_at_output(r: Rewriting) -> Iterator[Slipped]:
    """evaluated the derivative of the activation at its output instead of at the pre-activation"""

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
    """used the derivative of the activation of the wrong unit"""
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


def slope_of_next_layer(r: Rewriting) -> Iterator[Slipped]:
    """used the derivative of the activation of the unit after it"""
    slopes = {}
    steps = steps_of(r)
    for name in [name for name in r.activations if name in r.slopes]:
        after = [other for other in r.activations if _goes_into(r, name, other)]
        if steps is not None and set(after).intersection(steps.alike.get(name, ())):
            continue
        if len(after) == 1 and not isinstance(
            r.activations[after[0]], (functions.linear, functions.exp, functions.log)
        ):
            its = r.activations[after[0]]
            slopes[name] = local_derivative(type(its), 0, its.args, symbol(after[0]))
    units = {name: f for name, f in r.activations.items() if name in slopes}
    yield from at_units(r, lambda name: lambda x: product(slopes[name], differentiate(units[name].args[0], x)), units)


def _goes_into(r: Rewriting, name: str, other: str) -> bool:
    """Whether a unit feeds the sum that another is taken of."""
    inside = r.activations[other].args[0]
    rhs = r.by_name[inside.name].rhs if inside.is_Symbol and inside.name in r.by_name else inside
    return other in r.slopes and name != other and symbol(name) in names_in(rhs)


def value_for_slope(r: Rewriting) -> Iterator[Slipped]:
    """used the activation itself instead of its derivative"""
    units = {name: f for name, f in r.activations.items() if not isinstance(f, (functions.exp, functions.log))}
    yield from at_units(r, lambda name: lambda x: product(symbol(name), differentiate(units[name].args[0], x)), units)


def plus_in_slope(r: Rewriting) -> Iterator[Slipped]:
    """wrote a plus for the minus in the derivative of the activation"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, (functions.sigmoid, functions.tanh))}

    def plus(name: str) -> Callable[[Symbol], Expr]:
        y = symbol(name)
        slope = (
            multiply(y, add(ONE, y)) if isinstance(units[name], functions.sigmoid) else add(ONE, power(y, Integer(2)))
        )
        return lambda x: product(as_factor(slope), differentiate(units[name].args[0], x))

    yield from at_units(r, plus, units)


def mask_of_upstream(r: Rewriting) -> Iterator[Slipped]:
    """passed back through ReLU{place} by the sign of the gradient, not of the pre-activation"""
    units = frozenset(name for name, f in r.activations.items() if name in r.slopes and isinstance(f, functions.relu))

    def problem(chosen: frozenset[str]) -> Problem:
        def passed(e: Equation, upstream: Expr) -> Iterator[tuple[Symbol, Expr]]:
            for x, d in r.slopes.get(e.name, {}).items():
                if e.name in chosen:
                    yield x, product(functions.relu(upstream), differentiate(r.activations[e.name].args[0], x))
                else:
                    yield x, product(upstream, d)

        return r.passing_back(passed)

    if units:
        yield Slipped(problem(units))
    for name in sorted(units) if len(units) > 1 else ():
        yield Slipped(problem(frozenset({name})), at=f"at {name}")


def other_leak(r: Rewriting) -> Iterator[Slipped]:
    """used a different slope for the negative side of leaky ReLU"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.leaky_relu)}
    for leak in (Rational(1, 100), Rational(1, 10)):
        lines = {
            name: functions.leaky_relu(f.args[0], leak)
            for name, f in units.items()
            if (f.args[1] if len(f.args) > 1 else Rational(1, 100)) != leak
        }
        if lines:
            words = f"({'0.01' if leak == Rational(1, 100) else '0.1'})"
            yield Slipped(r.forward(lines, backward=True), at=words)
            slopes = {name: local_derivative(functions.leaky_relu, 0, line.args) for name, line in lines.items()}

            def other(name: str, slopes: dict[str, Expr] = slopes) -> Callable[[Symbol], Expr]:
                return lambda x: product(slopes[name], differentiate(units[name].args[0], x))

            for slipped in at_units(r, other, {name: units[name] for name in lines}):
                yield replace(slipped, at=f"{words} {slipped.at}")


def leak_on_wrong_side(r: Rewriting) -> Iterator[Slipped]:
    """exchanged the two sides of leaky ReLU in its derivative"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.leaky_relu)}

    def other(name: str) -> Callable[[Symbol], Expr]:
        z, *leak = units[name].args
        slope = local_derivative(functions.leaky_relu, 0, (negate(as_factor(z)), *leak))
        return lambda x: product(slope, differentiate(z, x))

    yield from at_units(r, other, units)


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
    """used the derivative of a different activation function"""
    for own, swapped in ((functions.sigmoid, functions.tanh), (functions.tanh, functions.sigmoid)):
        units = {name: f for name, f in r.activations.items() if isinstance(f, own)}
        slopes = {name: local_derivative(swapped, 0, f.args, symbol(name)) for name, f in units.items()}

        def other(name: str, slopes: dict[str, Expr] = slopes) -> Callable[[Symbol], Expr]:
            return lambda x: product(slopes[name], differentiate(r.activations[name].args[0], x))

        words = f"({swapped.__name__} for {own.__name__})"
        for slipped in at_units(r, other, units):
            yield replace(slipped, at=f"{words} {slipped.at}", throughout=slipped.is_everywhere)


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
        for softmax in softmaxes(r)
        for z, p in zip(softmax.z, softmax.p, strict=True)
        if (name := r.gradient(z.name)) in lines
    }
    if extra:
        yield Slipped(r.changing_gradients(extra), at="in the softmax")
    inline = {
        r.gradient(z.name): multiply(as_factor(lines[r.gradient(z.name)]), part, add(ONE, negate(part)))
        for part in parts_of(r.by_name[r.loss].rhs)
        if isinstance(part, functions.sigmoid) and (z := part.args[0]).is_Symbol and r.gradient(z.name) in lines
    }
    if inline:
        yield Slipped(r.changing_gradients(inline), at="in the sigmoid of the loss")


def slope_of_linear_output(r: Rewriting) -> Iterator[Slipped]:
    """multiplied by the derivative of an activation that the output does not have"""
    kinds = [type(f) for f in r.activations.values() if isinstance(f, (functions.sigmoid, functions.tanh))]
    ends = [
        name
        for name in outputs_of(r)
        if name in r.slopes and (name not in r.activations or isinstance(r.activations[name], functions.linear))
    ]
    ends = [name for name in ends if r.depths[name] and r.gradient(name) in r.passed_back]
    if not kinds or not ends or any(True for _ in softmaxes(r)):
        return
    slopes = {name: local_derivative(kinds[0], 0, (symbol(name),), symbol(name)) for name in ends}
    yield Slipped(r.passing(lambda e, x, d: product(slopes[x.name], d) if x.name in slopes else d))
    yield Slipped(
        r.passing(lambda e, x, d: product(slopes[e.name], d) if e.name in slopes else d),
        at=f"(after {listed([r.gradient(name) for name in ends])})",
        throughout=True,
    )


def kink(r: Rewriting) -> Iterator[Slipped]:
    """used 1 for the derivative of ReLU at 0"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.relu)}

    def one_at_zero(name: str) -> Callable[[Symbol], Expr]:
        argument = units[name].args[0]
        return lambda x: product(functions.step(argument), differentiate(argument, x))

    yield from at_units(r, one_at_zero, units)
