"""What people get wrong, each a small rewriting of the problem: the catalogue of slips.

A slip is one function here: its name is its id, the first line of its docstring says what the person did ("used weights
that were already updated"), and it yields the problem as it is worked with the slip, once for every place where it can
happen.  To add a slip, write such a function; ``check``, ``quality``, ``mark`` and the tests find it by itself.

The order counts where two slips give the same number: what people do more often stands first.
Sources: the mistakes that published texts make, and those of classes; where a slip stands in print it is named below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from inspect import getdoc, isfunction
from itertools import combinations

from sympy import Integer, Rational

from symnet.algebra import functions, optimizers
from symnet.algebra.derivatives import differentiate
from symnet.algebra.equations import (
    ONE,
    Equation,
    Expr,
    Symbol,
    add,
    divide,
    multiply,
    names_in,
    negate,
    partial,
    power,
    product,
    symbol,
    total,
)
from symnet.algebra.equations import replace as put
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.algebra.scalar import ScalarFunction, local_derivative
from symnet.computing.rounding import Rounding
from symnet.working.problem import Problem
from symnet.working.rewriting import Rewriting, Slipped, rebuilt, terms_of

_TWO = Integer(2)
_HALF = Rational(1, 2)


# -- the update -------------------------------------------------------------------------------------------------------


def updated_weights(r: Rewriting) -> Iterator[Slipped]:
    """used weights that were already updated

    In the backward pass, from the last weights to the first.  In print: the LxMLS guide (its issue 115) and The Coding
    Train's Toy-Neural-Network-JS (its issue 72).
    """
    problem = r.problem
    if problem.rules and not problem.sequential:
        rules = _last_weights_first(r)
        yield Slipped(replace(problem, sequential=True, rules=rules))


def old_weights(r: Rewriting) -> Iterator[Slipped]:
    """used the old weights where those already updated were asked for"""
    if r.problem.rules and r.problem.sequential:
        yield Slipped(replace(r.problem, sequential=False))


def gradient_for_weight(r: Rewriting) -> Iterator[Slipped]:
    """gave the gradient instead of the new weight"""
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: partial(r.loss, w.name)))


def change_for_weight(r: Rewriting) -> Iterator[Slipped]:
    """gave the change instead of the new weight"""
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: _change(w, rhs)))
        yield Slipped(r.changing_rules(lambda w, rhs: negate(_change(w, rhs))), at="(without its sign)")


def uphill(r: Rewriting) -> Iterator[Slipped]:
    """added the change instead of subtracting it (wrong sign of the update)"""
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: add(w, negate(_change(w, rhs)))))


def no_learning_rate(r: Rewriting) -> Iterator[Slipped]:
    """forgot the learning rate"""
    rules = tuple(Equation(rule.lhs, _without(rule.rhs, LEARNING_RATE)) for rule in r.problem.rules)
    if rules != r.problem.rules:
        yield Slipped(replace(r.problem, rules=rules))


def not_updated(r: Rewriting) -> Iterator[Slipped]:
    """left the old value as it was instead of updating it"""
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: w))
        biases = _biases(r) & set(r.last_rules)
        if biases and biases != set(r.last_rules):
            yield Slipped(r.changing_rules(lambda w, rhs: w, biases), at="for the biases")


def updated_fixed(r: Rewriting) -> Iterator[Slipped]:
    """updated a number that is fixed"""
    problem = r.problem
    inputs = [x for x in problem.network.inputs if r.gradient(x.name) in r.passed_back and x.name in problem.given]
    if problem.rules and problem.learning_rate is not None:
        extra = [rule for x in inputs for rule in optimizers.sgd().update(x, partial(r.loss, x.name))]
        for rule in extra:
            yield Slipped(replace(problem, rules=(*problem.rules, rule)), at=f", {rule.name}")


def steps_off_by_one(r: Rewriting) -> Iterator[Slipped]:
    """carried out one update too many or too few"""
    problem = r.problem
    if problem.rules and problem.updates:
        if problem.updates > 1:
            yield Slipped(replace(problem, updates=problem.updates - 1), at=f"({problem.updates - 1})")
        yield Slipped(replace(problem, updates=problem.updates + 1), at=f"({problem.updates + 1})")


def count_off_by_one(r: Rewriting) -> Iterator[Slipped]:
    """counted the updates from 2 instead of from 1"""
    late = {UPDATE_NUMBER: add(UPDATE_NUMBER, ONE)}
    rules = tuple(Equation(rule.lhs, put(rule.rhs, late)) for rule in r.problem.rules)
    if rules != r.problem.rules:
        yield Slipped(replace(r.problem, rules=rules))


# -- several examples -------------------------------------------------------------------------------------------------


def sum_or_mean(r: Rewriting) -> Iterator[Slipped]:
    """took the sum over the examples for their mean, or the mean for the sum"""
    problem = r.problem
    if problem.samples and len(problem.samples) > 1 and not problem.online:
        other = "sum" if problem.reduce == "mean" else "mean"
        what = "summed instead of averaged" if other == "sum" else "averaged instead of summed"
        yield Slipped(replace(problem, reduce=other), at=f"({what})")


def one_example(r: Rewriting) -> Iterator[Slipped]:
    """used one example alone instead of all of them"""
    problem = r.problem
    if problem.samples and 1 < len(problem.samples) <= 8 and not problem.online:
        for i, sample in enumerate(problem.samples):
            yield Slipped(replace(problem, samples=(sample,)), at=f"(number {i + 1})", examples=(i,))


def update_per_example(r: Rewriting) -> Iterator[Slipped]:
    """updated after every example instead of once for all, or the other way"""
    problem = r.problem
    count = len(problem.samples)
    if count > 1 and problem.rules:
        if problem.online and problem.updates % count == 0:
            yield Slipped(replace(problem, online=False, updates=problem.updates // count))
        elif not problem.online:
            yield Slipped(replace(problem, online=True, updates=problem.updates * count))


# -- the chain rule ---------------------------------------------------------------------------------------------------


def no_slope(r: Rewriting) -> Iterator[Slipped]:
    """forgot the derivative of the activation"""

    def inner(name: str) -> Callable[[Symbol], Expr]:
        return lambda x: differentiate(r.activations[name].args[0], x)

    yield from _at_units(r, inner)


def slope_at_output(r: Rewriting) -> Iterator[Slipped]:
    """took the derivative of the activation at its output instead of at the pre-activation"""

    def at_output(name: str) -> Callable[[Symbol], Expr]:
        function = r.activations[name]
        slope = local_derivative(type(function), 0, (symbol(name), *function.args[1:]))
        return lambda x: product(slope, differentiate(function.args[0], x))

    yield from _at_units(r, at_output)


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

    yield from _at_units(r, with_input, stated)


def slope_of_other_unit(r: Rewriting) -> Iterator[Slipped]:
    """took the derivative of the activation of the wrong unit"""
    for name, other in _neighbors(r):
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
    yield from _at_units(r, lambda name: lambda x: product(symbol(name), differentiate(units[name].args[0], x)), units)


def slope_of_other_function(r: Rewriting) -> Iterator[Slipped]:
    """took the derivative of tanh for that of the sigmoid, or the other way"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, (functions.sigmoid, functions.tanh))}

    def other(name: str) -> Callable[[Symbol], Expr]:
        swapped = functions.tanh if isinstance(units[name], functions.sigmoid) else functions.sigmoid
        slope = local_derivative(swapped, 0, units[name].args, symbol(name))
        return lambda x: product(slope, differentiate(units[name].args[0], x))

    yield from _at_units(r, other, units)


def kink(r: Rewriting) -> Iterator[Slipped]:
    """took 1 for the derivative of ReLU at 0"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.relu)}

    def one_at_zero(name: str) -> Callable[[Symbol], Expr]:
        argument = units[name].args[0]
        return lambda x: product(functions.step(argument), differentiate(argument, x))

    yield from _at_units(r, one_at_zero, units)


def no_input(r: Rewriting) -> Iterator[Slipped]:
    """forgot the input that the weight multiplies"""
    edges = [(y, x) for y, x in _edges(r) if x.name in r.problem.start and not r.slopes[y][x].is_number]
    yield from _at_edges(r, edges, lambda y, x, d: ONE, at_first=False)


def no_next_weight(r: Rewriting) -> Iterator[Slipped]:
    """forgot the next weight in the chain"""
    edges = [
        (y, x)
        for y, x in _edges(r)
        if x.name not in r.problem.start and any(name.name in r.problem.start for name in names_in(r.slopes[y][x]))
    ]
    yield from _at_edges(
        r, edges, lambda y, x, d: product(*(f for f in _factors(d) if not _is_parameter(r, f))), at_first=True
    )


def one_path(r: Rewriting) -> Iterator[Slipped]:
    """forgot one path of several"""
    shared = [(x, names) for x, names in r.users.items() if len(names) > 1]
    for x, names in shared:
        for left_out in names:
            yield Slipped(
                r.passing(lambda e, z, d, x=x, y=left_out: None if e.name == y and z == x else d),  # type: ignore[misc]
                at=f"(from {x.name} through {left_out})",
            )
    for y, x in _edges(r):  # a name that one line uses twice
        slope = r.slopes[y][x]
        parts = _separate_uses(r.by_name[y].rhs, x, slope)
        for i in range(len(parts)):
            kept = total(*parts[:i], *parts[i + 1 :])
            yield Slipped(
                r.passing(lambda e, z, d, x=x, y=y, kept=kept: kept if e.name == y and z == x else d),  # type: ignore[misc]
                at=f"(one use of {x.name} in {y})",
            )


def wrong_error_sign(r: Rewriting) -> Iterator[Slipped]:
    """took target minus output for output minus target"""
    yield Slipped(r.passing(lambda e, x, d: product(Integer(-1), d) if e.name == r.loss else d))


def factor_two(r: Rewriting) -> Iterator[Slipped]:
    """lost or added a factor 2 or ½ in the derivative of the loss"""
    for factor, word in ((_TWO, "twice"), (_HALF, "half")):
        yield Slipped(
            r.passing(lambda e, x, d, f=factor: product(f, d) if e.name == r.loss else d),  # type: ignore[misc]
            at=f"({word} as much)",
        )


def added_in_chain(r: Rewriting) -> Iterator[Slipped]:
    """added where the chain rule multiplies"""

    def at(y: str, x: Symbol) -> Problem:
        def passed(equation: Equation, upstream: Expr) -> Iterator[tuple[Symbol, Expr]]:
            for z, d in r.slopes.get(equation.name, {}).items():
                if equation.name == y and z == x:
                    yield z, add(*terms_of(upstream), *terms_of(d))
                else:
                    yield z, product(upstream, d)

        return r.passing_back(passed)

    for y, x in _edges(r):
        if y != r.loss and r.slopes[y][x] != 1:
            yield Slipped(at(y, x), at=f"at {x.name}")


def swapped_indices(r: Rewriting) -> Iterator[Slipped]:
    """swapped the indices of the weights (w_ij for w_ji)"""
    for layer in r.layers:
        size = min(len(layer.inputs), len(layer.sums))
        pairs = [(layer.weights[j][i], layer.weights[i][j]) for i, j in combinations(range(size), 2)]
        swap = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
        names = [e.name for e in layer.sums]
        words = f"({', '.join(a.name + ' for ' + b.name for a, b in pairs[:2])})"
        yield Slipped(r.forward({e.name: put(e.rhs, swap) for e in layer.sums}), at=f"in the forward pass {words}")
        if any(r.gradient(x.name) in r.passed_back for x in layer.inputs):
            yield Slipped(
                r.passing(lambda e, x, d, names=names, swap=swap: put(d, swap) if e.name in names else d),  # type: ignore[misc]
                at=f"in the backward pass {words}",
            )
        lines = {e.name: e.rhs for e in r.backward}
        swapped = {
            r.gradient(a.name): lines[r.gradient(b.name)]
            for a, b in swap.items()
            if r.gradient(a.name) in lines and r.gradient(b.name) in lines
        }
        if swapped:
            yield Slipped(r.changing_gradients(swapped), at=f"in the gradients {words}")


def wrong_input(r: Rewriting) -> Iterator[Slipped]:
    """took the input of another weight"""
    for y, w in _edges(r):
        slope = r.slopes[y][w]
        others = [x for v, x in r.slopes[y].items() if v.name in r.problem.start and x.is_Symbol and x != slope]
        if w.name in r.problem.start and slope.is_Symbol and len(others) < 4:
            for other in others:
                yield Slipped(
                    r.passing(lambda e, x, d, y=y, w=w, o=other: o if e.name == y and x == w else d),  # type: ignore[misc]
                    at=f"({other} in place of {slope})",
                )


# -- the forward pass -------------------------------------------------------------------------------------------------


def negative_passed(r: Rewriting) -> Iterator[Slipped]:
    """let ReLU pass a negative number"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.relu)}
    yield from _forward_at(r, {name: f.args[0] for name, f in units.items()})


def no_activation(r: Rewriting) -> Iterator[Slipped]:
    """left out the activation function"""
    inside = {name: f.args[0] for name, f in r.activations.items() if not isinstance(f, functions.linear)}
    yield from _forward_at(r, inside, backward=True)
    yield from _forward_at(
        r, {name: x for name, x in inside.items() if not isinstance(r.activations[name], functions.relu)}
    )


def sigmoid_of_minus(r: Rewriting) -> Iterator[Slipped]:
    """lost the minus sign in the exponent of the sigmoid"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.sigmoid)}
    yield from _forward_at(r, {name: functions.sigmoid(negate(_one(f.args[0]))) for name, f in units.items()})


def no_bias(r: Rewriting) -> Iterator[Slipped]:
    """forgot the bias"""
    without = {}
    for equation in r.problem.network.equations:
        terms = terms_of(equation.rhs)
        kept = [term for term in terms if not term.is_Symbol or term.name in r.problem.network.by_name]
        if kept and len(kept) < len(terms) and any(not term.is_Symbol for term in kept):
            without[equation.name] = add(*kept)
    yield from _forward_at(r, without, "in")


def added_in_sum(r: Rewriting) -> Iterator[Slipped]:
    """added where it multiplies"""
    for equation in r.problem.network.equations:
        terms = terms_of(equation.rhs)
        for i, term in enumerate(terms):
            if term.is_Mul and len(term.args) == 2 and all(factor.is_Symbol for factor in term.args):
                changed = add(*terms[:i], *term.args, *terms[i + 1 :])
                words = f"in {equation.name} ({' + '.join(factor.name for factor in term.args)})"
                yield Slipped(r.forward({equation.name: changed}), at=words)


def no_term(r: Rewriting) -> Iterator[Slipped]:
    """forgot a term of a sum"""
    for equation in r.problem.network.equations:
        terms = terms_of(equation.rhs)
        for i, term in enumerate(terms) if 1 < len(terms) <= 6 else ():
            if not term.is_Symbol or term.name in r.problem.network.by_name:
                changed = add(*terms[:i], *terms[i + 1 :])
                yield Slipped(r.forward({equation.name: changed}), at=f"({_ordinal(i + 1)} term of {equation.name})")


def term_sign(r: Rewriting) -> Iterator[Slipped]:
    """took a term of a sum with the wrong sign"""
    for equation in r.problem.network.equations:
        terms = terms_of(equation.rhs)
        for i, term in enumerate(terms) if 1 < len(terms) <= 6 else ():
            changed = add(*terms[:i], negate(term), *terms[i + 1 :])
            yield Slipped(r.forward({equation.name: changed}), at=f"({_ordinal(i + 1)} term of {equation.name})")


def no_square(r: Rewriting) -> Iterator[Slipped]:
    """forgot the square"""
    yield from _forward_where(r, lambda part: part.base if part.is_Pow and part.exp == 2 else None, "in")


def loss_factor(r: Rewriting) -> Iterator[Slipped]:
    """lost or added a factor 2 or ½ in the loss"""
    rhs = r.problem.network.by_name[r.loss].rhs
    for factor, word in ((_TWO, "twice"), (_HALF, "half")):
        yield Slipped(r.forward({r.loss: product(factor, rhs)}), at=f"({word} as much)")


def softmax_without_exp(r: Rewriting) -> Iterator[Slipped]:
    """took the softmax without exp"""
    yield from _softmax(r, lambda z: z)


def softmax_base_ten(r: Rewriting) -> Iterator[Slipped]:
    """took powers of 10 instead of e in the softmax"""
    yield from _softmax(r, lambda z: power(Integer(10), z))


def log_base_ten(r: Rewriting) -> Iterator[Slipped]:
    """took the logarithm to base 10"""
    yield from _logarithm(r, Integer(10))


def log_base_two(r: Rewriting) -> Iterator[Slipped]:
    """took the logarithm to base 2"""
    yield from _logarithm(r, _TWO)


def sign(r: Rewriting) -> Iterator[Slipped]:
    """lost a minus sign, or added one (wrong sign)"""
    for equation in r.problem.network.equations:
        if not r.slopes.get(equation.name) or equation.name != r.loss:
            yield Slipped(r.forward({equation.name: negate(_one(equation.rhs))}), at=f"in {equation.name}")
    for equation in r.backward:
        if equation.name != r.gradient(r.loss):
            other = r.changing_gradients({equation.name: negate(_one(equation.rhs))})
            yield Slipped(other, at=f"in {equation.name}")
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: negate(_one(rhs))), at="in the new value")


# -- writing numbers down ---------------------------------------------------------------------------------------------


def rounded_lines(r: Rewriting) -> Iterator[Slipped]:
    """rounded every line{place} and carried on with the rounded number"""
    yield from _rounded(r, cut=False, forward_only=False)


def rounded_forward(r: Rewriting) -> Iterator[Slipped]:
    """rounded every line of the forward pass{place} and carried on with the rounded number"""
    yield from _rounded(r, cut=False, forward_only=True)


def truncated_lines(r: Rewriting) -> Iterator[Slipped]:
    """truncated every line{place} instead of rounding, and carried on with that"""
    yield from _rounded(r, cut=True, forward_only=False)


def truncated_forward(r: Rewriting) -> Iterator[Slipped]:
    """truncated every line of the forward pass{place} instead of rounding, and carried on with that"""
    yield from _rounded(r, cut=True, forward_only=True)


def single_precision(r: Rewriting) -> Iterator[Slipped]:
    """computed in float32 (single precision) instead of exactly"""
    if r.problem.places is None:
        yield Slipped(replace(r.problem, rounding=Rounding(0)))


# -- turns of phrase of the slips -------------------------------------------------------------------------------------


def _at_units(
    r: Rewriting, slope: Callable[[str], Callable[[Symbol], Expr]], units: dict[str, ScalarFunction] | None = None
) -> Iterator[Slipped]:
    """Another derivative for the activation of one unit, and for those of all."""
    names = [
        name
        for name in (r.activations if units is None else units)
        if name in r.slopes and not isinstance(r.activations[name], functions.linear)
    ]

    def problem(changed: frozenset[str]) -> Problem:
        return r.passing(lambda e, x, d: slope(e.name)(x) if e.name in changed else d)

    for name in names:
        yield Slipped(problem(frozenset({name})), at=f"at {name}")
    if len(names) > 1:
        yield Slipped(problem(frozenset(names)), at="at every unit")


def _at_edges(
    r: Rewriting, edges: list[tuple[str, Symbol]], other: Callable[[str, Symbol, Expr], Expr], at_first: bool
) -> Iterator[Slipped]:
    """Another local derivative ∂y/∂x on one edge, and on all of them."""

    def problem(changed: frozenset[tuple[str, Symbol]]) -> Problem:
        return r.passing(lambda e, x, d: other(e.name, x, d) if (e.name, x) in changed else d)

    for y, x in edges:
        words = f"(in the gradient of {x.name})" if not at_first else f"(from {y} back to {x.name})"
        yield Slipped(problem(frozenset({(y, x)})), at=words)
    if len(edges) > 1:
        yield Slipped(problem(frozenset(edges)), at="everywhere")


def _forward_at(r: Rewriting, lines: dict[str, Expr], word: str = "at", backward: bool = False) -> Iterator[Slipped]:
    """Another right-hand side for one line of the forward pass, and for all of them."""
    for name, rhs in lines.items():
        yield Slipped(r.forward({name: rhs}, backward), at=f"{word} {name}")
    if len(lines) > 1:
        yield Slipped(r.forward(lines, backward), at="everywhere")


def _forward_where(r: Rewriting, change: Callable[[Expr], Expr | None], word: str) -> Iterator[Slipped]:
    """The same for the lines in which some part is replaced."""
    changed = {e.name: rebuilt(e.rhs, change) for e in r.problem.network.equations}
    lines = {e.name: changed[e.name] for e in r.problem.network.equations if changed[e.name] is not e.rhs}
    yield from _forward_at(r, lines, word)


def _softmax(r: Rewriting, instead: Callable[[Expr], Expr]) -> Iterator[Slipped]:
    """Every exp(z) of a softmax, exp(z)/Σ exp, replaced."""
    exponentials = {e.lhs for e in r.problem.network.equations if isinstance(e.rhs, functions.exp)}
    sums = {e.lhs: e.rhs for e in r.problem.network.equations if e.rhs.is_Add}
    members: set[Expr] = set()

    def look(expr: Expr) -> None:
        for factor in expr.args if expr.is_Mul else ():
            if factor.is_Pow and factor.exp == -1:
                below = sums.get(factor.base, factor.base)
                if below.is_Add and all(isinstance(t, functions.exp) or t in exponentials for t in below.args):
                    members.update(below.args)
        for argument in expr.args:
            look(argument)

    for equation in r.problem.network.equations:
        look(equation.rhs)
    lines = {}
    for equation in r.problem.network.equations:
        if equation.lhs in members and isinstance(equation.rhs, functions.exp):
            lines[equation.name] = instead(equation.rhs.args[0])
        else:
            other = rebuilt(equation.rhs, lambda part: instead(part.args[0]) if part in members and part.args else None)
            if other is not equation.rhs:
                lines[equation.name] = other
    if lines:
        yield Slipped(r.forward(lines))


def _logarithm(r: Rewriting, base: Expr) -> Iterator[Slipped]:
    yield from _forward_where(
        r, lambda part: divide(part, functions.log(base)) if isinstance(part, functions.log) else None, "in"
    )


def _rounded(r: Rewriting, cut: bool, forward_only: bool) -> Iterator[Slipped]:
    """Rounding to 1 to 6 decimals, and to 2 to 6 significant digits."""
    problem = r.problem
    if problem.places is not None:
        return
    lines = [problem] if forward_only else [problem, r.in_deltas]
    for significant in (False, True):
        for digits in range(1 + significant, 7):
            rounding = Rounding(digits, significant, cut, forward_only)
            for lined in lines:
                yield Slipped(replace(lined, rounding=rounding), at=f"to {rounding}")


def _edges(r: Rewriting) -> list[tuple[str, Symbol]]:
    """(y, x) for every ∂y/∂x on a way to the loss."""
    return [(y, x) for y, slopes in r.slopes.items() for x in slopes]


def _neighbors(r: Rewriting) -> Iterator[tuple[str, str]]:
    """Units with the same activation that feed the same lines, two at a time."""
    names = [name for name in r.activations if name in r.slopes]
    for name in names:
        same = [
            other
            for other in names
            if other != name
            and type(r.activations[other]) is type(r.activations[name])
            and r.users.get(symbol(other)) == r.users.get(symbol(name))
        ]
        yield from ((name, other) for other in same[:3])


def _last_weights_first(r: Rewriting) -> tuple[Equation, ...]:
    """The rules in the order of the backward pass; the rules of one parameter stay together."""
    groups: list[list[Equation]] = [[]]
    for rule in r.problem.rules:
        groups[-1].append(rule)
        if rule.name in r.problem.start:
            groups.append([])
    first_use = {
        name.name: i for i, e in reversed([*enumerate(r.problem.network.equations)]) for name in names_in(e.rhs)
    }
    *whole, rest = groups
    whole.sort(key=lambda group: -first_use.get(group[-1].name, 0))
    return tuple(rule for group in (*whole, rest) for rule in group)


def _change(w: Symbol, rhs: Expr) -> Expr:
    """What a rule adds to w."""
    terms = terms_of(rhs)
    if terms[0] == w and len(terms) > 1 and not any(w in names_in(term) for term in terms[1:]):
        return add(*terms[1:])
    return add(rhs, negate(w))


def _without(expr: Expr, name: Symbol) -> Expr:
    """The expression with a factor left out, or with 1 in its place."""

    def change(part: Expr) -> Expr | None:
        if part.is_Mul and name in part.args:
            kept = [factor for factor in part.args if factor != name]
            return multiply(*kept) if kept else ONE
        return ONE if part == name else None

    return rebuilt(expr, change)


def _separate_uses(rhs: Expr, x: Symbol, slope: Expr) -> tuple[Expr, ...]:
    """The terms of ∂y/∂x that come from different terms or factors of y."""
    alone = sum(bool(term == x) for term in terms_of(rhs))
    if alone > 1 and alone == slope:
        return tuple(ONE for _ in range(alone))
    return tuple(slope.args) if slope.is_Add and _count(rhs, x) == len(slope.args) else ()


def _count(expr: Expr, x: Symbol) -> int:
    return int(expr == x) + sum(_count(argument, x) for argument in expr.args)


def _biases(r: Rewriting) -> set[str]:
    """The parameters that stand alone in a sum."""
    return {
        term.name
        for e in r.problem.network.equations
        for term in (e.rhs.args if e.rhs.is_Add else ())
        if term.is_Symbol and term.name in r.problem.start
    }


def _factors(expr: Expr) -> tuple[Expr, ...]:
    return tuple(expr.args) if expr.is_Mul else (expr,)


def _is_parameter(r: Rewriting, factor: Expr) -> bool:
    return bool(factor.is_Symbol and factor.name in r.problem.start)


def _one(expr: Expr) -> Expr:
    """The expression as one factor: a sum in brackets."""
    return multiply(ONE, expr) if expr.is_Add else expr


def _ordinal(i: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(i, f"{i}th")


@dataclass(frozen=True)
class Slip:
    """One entry of the catalogue: its ``id``, what the person ``did``, and the problems it makes of one."""

    id: str
    did: str
    rewrite: Callable[[Rewriting], Iterator[Slipped]]

    def did_at(self, at: str) -> str:
        """What the person did at a place: where the sentence has no {place}, that comes last."""
        if "{place}" in self.did:
            return self.did.replace("{place}", f" {at}" if at else "")
        return self.did + ("" if at.startswith(",") else " ") * bool(at) + at


CATALOGUE: dict[str, Slip] = {
    slip.id: slip
    for slip in (
        Slip(name.replace("_", "-"), (getdoc(value) or "").partition("\n")[0], value)
        for name, value in list(globals().items())
        if isfunction(value) and value.__module__ == __name__ and not name.startswith("_")
    )
}
