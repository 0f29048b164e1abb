"""What people get wrong, each a small rewriting of the problem: the catalogue of slips.

A slip is one function here: its name is its id, the first line of its docstring says what the person did ("used weights
that were already updated"), and it yields the problem as it is worked with the slip, once for every place where it can
happen.  To add a slip, write such a function; ``check``, ``quality``, ``mark`` and the tests find it by itself.

What people do more often stands first where two slips give the same number, and is believed for fewer digits: the
``COMMON`` ones, then the others in the order of this file.
Sources: the mistakes that published texts make, and those of classes; where a slip stands in print it is named below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial as partial_function
from inspect import getdoc, isfunction
from itertools import combinations

from sympy import Integer, Rational, expand

from symnet.algebra import functions, optimizers
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
from symnet.working.turns import (
    as_factor,
    at_edges,
    at_units,
    biases_of,
    change_of,
    edges_of,
    factors_of,
    forward_at,
    forward_where,
    inputs_of,
    is_parameter,
    last_weights_first,
    neighbors,
    ordinal,
    other_at_zero,
    other_logarithm,
    other_rules,
    other_softmax,
    parts_of,
    rounding_to_digits,
    separate_uses,
    softmax_outputs,
    without,
)

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
        rules = last_weights_first(r)
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
        yield Slipped(r.changing_rules(lambda w, rhs: change_of(w, rhs)))
        yield Slipped(r.changing_rules(lambda w, rhs: negate(change_of(w, rhs))), at="(without its sign)")


def uphill(r: Rewriting) -> Iterator[Slipped]:
    """updated with the wrong sign"""
    if r.problem.rules:
        changes = [terms_of(rule.rhs)[-1] for rule in r.problem.rules if rule.name in r.problem.start]
        subtracts = any(change.is_Mul and change.args[0] == -1 for change in changes)
        did = "added the change instead of subtracting it" if subtracts else "subtracted the change that is to be added"
        yield Slipped(r.changing_rules(lambda w, rhs: add(w, negate(change_of(w, rhs)))), at=f"({did})")


def no_learning_rate(r: Rewriting) -> Iterator[Slipped]:
    """forgot the learning rate"""
    yield from other_rules(r, lambda part: without(part, LEARNING_RATE))


def not_updated(r: Rewriting) -> Iterator[Slipped]:
    """left the old value as it was instead of updating it"""
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: w))
        biases = biases_of(r) & set(r.last_rules)
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
    for count in (problem.updates - 1, problem.updates + 1) if problem.rules else ():
        if count > 0 and problem.updates:
            yield Slipped(replace(problem, updates=count), at=f"({count} instead of {problem.updates})")


def count_off_by_one(r: Rewriting) -> Iterator[Slipped]:
    """counted the updates from 2 instead of from 1"""
    yield from other_rules(r, lambda part: add(UPDATE_NUMBER, ONE) if part == UPDATE_NUMBER else None)


def no_memory(r: Rewriting) -> Iterator[Slipped]:
    """forgot what is kept from the updates before"""
    kept = {rule.name: rule for rule in r.problem.rules if rule.name in r.problem.state}
    kinds = dict.fromkeys(kind for kind, _ in filter(None, map(optimizers.state_parts, kept)))
    for kind in kinds:
        changed = []
        for rule in r.problem.rules:
            terms = [term for term in terms_of(rule.rhs) if rule.lhs not in names_in(term)]
            mine = rule.name in kept and rule.name.startswith(f"{kind}(")
            changed.append(Equation(rule.lhs, add(*terms)) if mine and terms else rule)
        if tuple(changed) != r.problem.rules:
            yield Slipped(replace(r.problem, rules=tuple(changed)), at=f"(in {kind})")


def no_bias_correction(r: Rewriting) -> Iterator[Slipped]:
    """forgot the correction for the bias of the first updates"""

    def corrects(part: Expr) -> bool:
        return part.is_Pow and part.exp == -1 and UPDATE_NUMBER in names_in(part)

    def change(part: Expr) -> Expr | None:
        kept = [factor for factor in factors_of(part) if not corrects(factor)]
        return multiply(*kept) if part.is_Mul and len(kept) < len(part.args) else None

    yield from other_rules(r, change)


def no_share(r: Rewriting) -> Iterator[Slipped]:
    """forgot the factor 1 − β of what is new in an average"""
    averages: dict[str, Equation] = {}
    for rule in r.problem.rules:
        terms = terms_of(rule.rhs)
        old = [factors_of(term) for term in terms if rule.lhs in names_in(term)]
        if len(terms) != 2 or len(old) != 1:
            continue
        share = [factor for factor in old[0] if factor != rule.lhs]
        new = next(factors_of(term) for term in terms if rule.lhs not in names_in(term))
        kept = [factor for factor in new if len(share) != 1 or expand(factor + share[0]) != 1]
        if 0 < len(kept) < len(new):
            averages[rule.name] = Equation(rule.lhs, add(multiply(*old[0]), multiply(*kept)))
    kinds = dict.fromkeys(kind for kind, _ in filter(None, map(optimizers.state_parts, averages)))
    for start, words in (*((f"{kind}(", f"(in {kind})") for kind in kinds), ("", "")):
        chosen = {name: rule for name, rule in averages.items() if name.startswith(start)}
        if chosen:
            yield Slipped(replace(r.problem, rules=tuple(chosen.get(e.name, e) for e in r.problem.rules)), at=words)


def no_root(r: Rewriting) -> Iterator[Slipped]:
    """forgot the square root in the update"""
    yield from other_rules(r, lambda part: part.args[0] if isinstance(part, functions.sqrt) else None)


def no_square_in_update(r: Rewriting) -> Iterator[Slipped]:
    """forgot the square in the update"""
    yield from other_rules(r, lambda part: part.base if part.is_Pow and part.exp == 2 else None)


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
    """updated after every example instead of once for all of them"""
    problem = r.problem
    if len(problem.samples) > 1 and problem.rules and not problem.online:
        yield Slipped(replace(problem, online=True, updates=problem.updates * len(problem.samples)))


def update_for_all(r: Rewriting) -> Iterator[Slipped]:
    """updated once for all examples instead of after every one"""
    problem = r.problem
    if len(problem.samples) > 1 and problem.rules and problem.online and problem.updates % len(problem.samples) == 0:
        yield Slipped(replace(problem, online=False, updates=problem.updates // len(problem.samples)))


# -- the chain rule ---------------------------------------------------------------------------------------------------


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


def no_input(r: Rewriting) -> Iterator[Slipped]:
    """forgot the input that the weight multiplies"""
    edges = [(y, x) for y, x in edges_of(r) if x.name in r.problem.start and not r.slopes[y][x].is_number]
    yield from at_edges(r, edges, lambda y, x, d: ONE, at_first=False)
    changed = {}
    for w, i in r.last_rules.items():  # where rules are written out
        rhs = r.problem.rules[i].rhs
        for x in inputs_of(r).get(w, ()):
            rhs = rebuilt(rhs, partial_function(without, name=x))
        if rhs is not r.problem.rules[i].rhs:
            changed[w] = rhs
    for w in changed:
        yield Slipped(r.changing_rules(lambda v, _: changed[v.name], (w,)), at=f"(in the update of {w})")
    if len(changed) > 1:
        yield Slipped(r.changing_rules(lambda v, _: changed[v.name], changed), at="everywhere")


def no_next_weight(r: Rewriting) -> Iterator[Slipped]:
    """forgot the next weight in the chain"""
    edges = [
        (y, x)
        for y, x in edges_of(r)
        if x.name not in r.problem.start and any(name.name in r.problem.start for name in names_in(r.slopes[y][x]))
    ]
    yield from at_edges(
        r, edges, lambda y, x, d: product(*(f for f in factors_of(d) if not is_parameter(r, f))), at_first=True
    )


def output_for_weight(r: Rewriting) -> Iterator[Slipped]:
    """passed the error back through the output of the unit instead of through the weight after it"""
    edges = [
        (y, x)
        for y, x in edges_of(r)
        if x.name in r.by_name and is_parameter(r, r.slopes[y][x]) and r.slopes[y].get(r.slopes[y][x]) == x
    ]
    yield from at_edges(r, edges, lambda y, x, d: x, at_first=True)


def one_path(r: Rewriting) -> Iterator[Slipped]:
    """forgot one path of several"""
    shared = [(x, names) for x, names in r.users.items() if len(names) > 1]
    for x, names in shared:
        for left_out in names:
            yield Slipped(
                r.passing(lambda e, z, d, x=x, y=left_out: None if e.name == y and z == x else d),  # type: ignore[misc]
                at=f"(from {x.name} through {left_out})",
            )
    for y, x in edges_of(r):  # a name that one line uses twice
        slope = r.slopes[y][x]
        parts = separate_uses(r.by_name[y].rhs, x, slope)
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

    for y, x in edges_of(r):
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
    for y, w in edges_of(r):
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
    yield from forward_at(r, {name: f.args[0] for name, f in units.items()})


def no_leak(r: Rewriting) -> Iterator[Slipped]:
    """took ReLU for leaky ReLU"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.leaky_relu)}
    yield from forward_at(r, {name: functions.relu(f.args[0]) for name, f in units.items()}, backward=True)
    slope = {name: functions.step(f.args[0]) for name, f in units.items()}
    for slipped in at_units(
        r, lambda name: lambda x: product(slope[name], differentiate(units[name].args[0], x)), units
    ):
        yield replace(slipped, at=f"in the derivative {slipped.at}")


def no_activation(r: Rewriting) -> Iterator[Slipped]:
    """left out the activation function"""
    # The exp of a softmax is a slip of its own.
    none = (functions.linear, functions.exp)
    inside = {name: f.args[0] for name, f in r.activations.items() if not isinstance(f, none)}
    yield from forward_at(r, inside, backward=True)
    yield from forward_at(
        r, {name: x for name, x in inside.items() if not isinstance(r.activations[name], functions.relu)}
    )


def step_at_zero(r: Rewriting) -> Iterator[Slipped]:
    """took the other value of the step function at 0"""
    yield from forward_where(r, other_at_zero, "in")


def sigmoid_of_minus(r: Rewriting) -> Iterator[Slipped]:
    """lost the minus sign in the exponent of the sigmoid"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.sigmoid)}
    yield from forward_at(r, {name: functions.sigmoid(negate(as_factor(f.args[0]))) for name, f in units.items()})


def no_bias(r: Rewriting) -> Iterator[Slipped]:
    """forgot the bias"""
    without = {}
    for equation in r.problem.network.equations:
        terms = terms_of(equation.rhs)
        kept = [term for term in terms if not term.is_Symbol or term.name in r.problem.network.by_name]
        # Beside a sum of products a name on its own is a bias; in t − y it is none.
        if kept and len(kept) < len(terms) and any(len(names_in(term)) > 1 for term in kept):
            without[equation.name] = add(*kept)
    yield from forward_at(r, without, "in")


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
                yield Slipped(r.forward({equation.name: changed}), at=f"({ordinal(i + 1)} term of {equation.name})")


def term_sign(r: Rewriting) -> Iterator[Slipped]:
    """took a term of a sum with the wrong sign"""
    for equation in r.problem.network.equations:
        terms = terms_of(equation.rhs)
        for i, term in enumerate(terms) if 1 < len(terms) <= 6 else ():
            changed = add(*terms[:i], negate(term), *terms[i + 1 :])
            yield Slipped(r.forward({equation.name: changed}), at=f"({ordinal(i + 1)} term of {equation.name})")


def no_square(r: Rewriting) -> Iterator[Slipped]:
    """forgot the square"""
    yield from forward_where(r, lambda part: part.base if part.is_Pow and part.exp == 2 else None, "in")


def loss_factor(r: Rewriting) -> Iterator[Slipped]:
    """lost or added a factor 2 or ½ in the loss"""
    rhs = r.problem.network.by_name[r.loss].rhs
    for factor, word in ((_TWO, "twice"), (_HALF, "half")):
        yield Slipped(r.forward({r.loss: product(factor, rhs)}), at=f"({word} as much)")


def other_class(r: Rewriting) -> Iterator[Slipped]:
    """exchanged p and 1 − p in the cross-entropy"""

    def other(p: Expr) -> Expr | None:
        """p for 1 − p."""
        terms = terms_of(p)
        is_complement = len(terms) == 2 and terms[0] == 1 and terms[1].is_Mul and terms[1].args[0] == -1
        return multiply(*terms[1].args[1:]) if is_complement else None

    for equation in r.problem.network.equations:
        logs = [part for part in parts_of(equation.rhs) if isinstance(part, functions.log)]
        if any(other(log.args[0]) is not None for log in logs):
            swap = {log: functions.log(other(log.args[0]) or add(ONE, negate(log.args[0]))) for log in logs}
            yield Slipped(r.forward({equation.name: rebuilt(equation.rhs, swap.get)}), at=f"in {equation.name}")


def softmax_without_exp(r: Rewriting) -> Iterator[Slipped]:
    """took the softmax without exp"""
    yield from other_softmax(r, lambda z: z)


def softmax_base_ten(r: Rewriting) -> Iterator[Slipped]:
    """took powers of 10 instead of e in the softmax"""
    yield from other_softmax(r, lambda z: power(Integer(10), z))


def log_base_ten(r: Rewriting) -> Iterator[Slipped]:
    """took the logarithm to base 10"""
    yield from other_logarithm(r, Integer(10))


def log_base_two(r: Rewriting) -> Iterator[Slipped]:
    """took the logarithm to base 2"""
    yield from other_logarithm(r, _TWO)


def sign(r: Rewriting) -> Iterator[Slipped]:
    """lost a minus sign, or added one (wrong sign)"""
    for equation in r.problem.network.equations:
        if not r.slopes.get(equation.name) or equation.name != r.loss:
            yield Slipped(r.forward({equation.name: negate(as_factor(equation.rhs))}), at=f"in {equation.name}")
    for equation in r.backward:
        if equation.name != r.gradient(r.loss):
            other = r.changing_gradients({equation.name: negate(as_factor(equation.rhs))})
            yield Slipped(other, at=f"in {equation.name}")
    if r.problem.rules:
        yield Slipped(r.changing_rules(lambda w, rhs: negate(as_factor(rhs))), at="in the new value")


# -- writing numbers down ---------------------------------------------------------------------------------------------


def rounded_lines(r: Rewriting) -> Iterator[Slipped]:
    """rounded every line{place} and carried on with the rounded number"""
    yield from rounding_to_digits(r, cut=False, forward_only=False)


def rounded_forward(r: Rewriting) -> Iterator[Slipped]:
    """rounded every line of the forward pass{place} and carried on with the rounded number"""
    yield from rounding_to_digits(r, cut=False, forward_only=True)


def truncated_lines(r: Rewriting) -> Iterator[Slipped]:
    """truncated every line{place} instead of rounding, and carried on with that"""
    yield from rounding_to_digits(r, cut=True, forward_only=False)


def truncated_forward(r: Rewriting) -> Iterator[Slipped]:
    """truncated every line of the forward pass{place} instead of rounding, and carried on with that"""
    yield from rounding_to_digits(r, cut=True, forward_only=True)


def single_precision(r: Rewriting) -> Iterator[Slipped]:
    """computed in float32 (single precision) instead of exactly"""
    if r.problem.places is None:
        yield Slipped(replace(r.problem, rounding=Rounding(0)))


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


COMMON = (
    "updated-weights", "uphill", "wrong-error-sign", "no-learning-rate", "gradient-for-weight", "not-updated",
    "factor-two", "no-slope", "one-path", "no-next-weight", "no-input", "no-bias", "sum-or-mean", "slope-at-output",
)  # fmt: skip


def _found() -> Iterator[Slip]:
    for name, value in list(globals().items()):
        if isfunction(value) and value.__module__ == __name__ and not name.startswith("_"):
            yield Slip(name.replace("_", "-"), (getdoc(value) or "").partition("\n")[0], value)


_BY_ID = {slip.id: slip for slip in _found()}
CATALOGUE: dict[str, Slip] = {id: _BY_ID[id] for id in dict.fromkeys((*COMMON, *_BY_ID))}
