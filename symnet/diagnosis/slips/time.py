"""Slips in backpropagation through time: which steps it goes through, and what belongs to which step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sympy import Integer

from symnet.algebra.derivatives import differentiate, local_derivatives
from symnet.algebra.equations import ONE, Equation, Expr, Symbol, divide, names_in, partial, product, symbol, total
from symnet.algebra.equations import replace as put
from symnet.algebra.scalar import local_derivative
from symnet.algebra.stopping import stop_gradient, without_stops
from symnet.diagnosis.rewriting import Rewriting, Slipped, in_order, terms_of
from symnet.diagnosis.slip_patterns import MOST_ALONE, as_factor, factors_of, inputs_of, is_parameter, listed
from symnet.diagnosis.structure import Steps, counterpart, steps_of
from symnet.working.problem import Problem


def truncated_in_time(r: Rewriting) -> Iterator[Slipped]:
    """went back through too few time steps"""
    steps = steps_of(r)
    if steps is None:
        return
    for kept in range(1, steps.count):
        words = "(no error goes back to an earlier step)" if kept == 1 else f"(an error goes back through {kept} steps)"
        yield Slipped(r.with_backward(_within(r, steps, kept)), at=words)


def gradient_not_stopped(r: Rewriting) -> Iterator[Slipped]:
    """let the gradient through where it is stopped"""
    opened = {
        e.name: local_derivatives(Equation(e.lhs, without_stops(e.rhs)))
        for e in r.equations
        if e.rhs.has(stop_gradient)
    }

    def slope(e: Equation, x: Symbol, right: Expr) -> Expr:
        through = opened[e.name][x] if e.name in opened else right
        return right if through == right else through

    if opened:
        yield Slipped(r.passing(slope))


def loss_of_last_step(r: Rewriting) -> Iterator[Slipped]:
    """used only the loss of the last time step"""
    steps = steps_of(r)
    if steps is None:
        return
    ends = {}
    for e in r.equations:
        passed = {x: steps.of[x.name] for x in r.slopes.get(e.name, {}) if steps.of.get(x.name)}
        if e.name not in steps.alike and len(set(passed.values())) > 1:
            ends[e.name] = {x for x, step in passed.items() if step < steps.count}
    if ends:
        gradients = r.passing(lambda e, x, d: None if x in ends.get(e.name, ()) else d)
        yield Slipped(gradients, at="in the gradients")
        lines = {}
        for name, earlier in ends.items():
            kept = [term for term in terms_of(r.by_name[name].rhs) if not earlier.intersection(names_in(term))]
            if kept and len(kept) < len(terms_of(r.by_name[name].rhs)):
                lines[name] = total(*kept)
        if lines:
            yield Slipped(r.forward(lines, backward=True), at="in the loss, too")


def slope_of_other_step(r: Rewriting) -> Iterator[Slipped]:
    """used the derivative of the activation of another time step"""
    steps = steps_of(r)
    if steps is None:
        return
    for distance, words in ((1, "the step after"), (-1, "the step before")):
        slopes = {}
        for name, function in r.activations.items():
            other = steps.other(name, distance)
            if name in r.slopes and other is not None:
                its = r.activations[other]
                slopes[name] = (other, local_derivative(type(function), 0, its.args, symbol(other)))
        yield from _at_lines(r, slopes, words)


def _at_lines(r: Rewriting, slopes: dict[str, tuple[str, Expr]], words: str) -> Iterator[Slipped]:
    def slipped(chosen: frozenset[str], at: str) -> Slipped:
        def slope(e: Equation, x: Symbol, d: Expr) -> Expr:
            if e.name not in chosen:
                return d
            return product(slopes[e.name][1], differentiate(r.activations[e.name].args[0], x))

        return Slipped(r.passing(slope), at=at)

    if slopes:
        yield slipped(frozenset(slopes), f"(of {words})")
    for name, (other, _) in slopes.items() if len(slopes) > 1 else ():
        yield slipped(frozenset((name,)), f"({other} in place of {name})")


def state_of_other_step(r: Rewriting) -> Iterator[Slipped]:
    """used the state of another time step"""
    yield from _of_other_step(r, is_state=True)


def input_of_other_step(r: Rewriting) -> Iterator[Slipped]:
    """used the input of another time step"""
    yield from _of_other_step(r, is_state=False)


def _of_other_step(r: Rewriting, is_state: bool) -> Iterator[Slipped]:
    """Another step's number where a shared weight's gradient takes its input, and in the forward pass."""
    steps = steps_of(r)
    if steps is None:
        return
    for distance, words in ((1, "the step after"), (-1, "the step before")):
        gradients: dict[tuple[str, Symbol], Expr] = {}
        lines: dict[str, Expr] = {}
        for e in r.equations:
            if e.name not in steps.alike or not any(is_parameter(r, x) for x in names_in(e.rhs)):
                continue
            for w, d in r.slopes.get(e.name, {}).items():
                x = _input_in(r, e, d) if is_parameter(r, w) else None
                other = counterpart(r, steps, e.name, x, distance) if x is not None else None
                if other is None or _is_state(r, steps, x) != is_state:
                    continue
                gradients[e.name, w] = put(d, {x: other})
                if steps.of.get(other.name, 0) < steps.of[e.name]:
                    lines[e.name] = put(lines.get(e.name, e.rhs), {x: other})
        for weights, chosen in _by_weights(r, gradients):

            def slope(e: Equation, x: Symbol, d: Expr, other: dict[tuple[str, Symbol], Expr] = chosen) -> Expr:
                return other.get((e.name, x), d)

            problem = r.passing(slope)
            if distance == 1 and is_state:
                problem = _with_first_step(r, steps, chosen, problem)
            yield Slipped(problem, at=f"in the gradient of {weights} (that of {words})")
        for name, rhs in lines.items():
            yield Slipped(r.forward({name: rhs}), at=f"in {name} (that of {words})")
        if len(lines) > 1:
            yield Slipped(r.forward(lines), at=f"in the forward pass (that of {words})")


def _by_weights(
    r: Rewriting, gradients: dict[tuple[str, Symbol], Expr]
) -> Iterator[tuple[str, dict[tuple[str, Symbol], Expr]]]:
    """(their names, the slopes) of all shared weights together, and of each array of them, or number, alone."""
    alone: dict[str, dict[tuple[str, Symbol], Expr]] = {}
    for (line, w), other in gradients.items():
        alone.setdefault(r.problem.array_of.get(w.name, w.name), {})[line, w] = other
    if len(alone) > 1:
        yield listed([*alone]), gradients
    yield from alone.items() if len(alone) <= MOST_ALONE else ()


def _with_first_step(
    r: Rewriting, steps: Steps, gradients: Mapping[tuple[str, Symbol], Expr], problem: Problem
) -> Problem:
    """The same, where the first step has no state before it, and so no such term, but one after it."""
    more: dict[str, list[Expr]] = {}
    for (line, w), state in gradients.items():
        first, own = steps.other(line, -1), steps.other(str(state), -1)
        if first is not None and own is not None and steps.other(first, -1) is None and first not in r.users[w]:
            more.setdefault(r.gradient(w.name), []).append(product(r.upstream(first), symbol(own)))
    lines = [Equation(e.lhs, total(e.rhs, *more[e.name])) if e.name in more else e for e in problem.backward]
    return replace(problem, passed_back=tuple(in_order(lines)))


def _input_in(r: Rewriting, e: Equation, slope: Expr) -> Symbol | None:
    """What a weight multiplies: x of the slope x, and of (1 − h²)·x where the line is h = tanh(w·x + …)."""
    used = names_in(e.rhs)
    own = [x for x in factors_of(slope) if x.is_Symbol and x in used and not is_parameter(r, x)]
    return own[0] if len(own) == 1 else None


def _is_state(r: Rewriting, steps: Steps, x: Symbol) -> bool:
    """Whether it is handed on from step to step: h1, and h0 which stands where h1 will."""
    if x.name in r.by_name:
        return True
    for line, state in steps.passed_on:
        before = counterpart(r, steps, line, state, -1)
        if before == x:
            return True
    return False


def gradient_of_one_step(r: Rewriting) -> Iterator[Slipped]:
    """counted only one time step in the gradients of the shared weights"""
    steps = steps_of(r)
    if steps is None:
        return
    of_step = {name: steps.of[name] for name in steps.alike}
    for kept in range(1, steps.count + 1):

        def slope(e: Equation, x: Symbol, d: Expr, kept: int = kept) -> Expr | None:
            shared = is_parameter(r, x) and e.name in of_step and len(r.users[x]) > 1
            return None if shared and of_step[e.name] != kept else d

        yield Slipped(r.passing(slope), at=f"(step {kept})")


def input_weight_for_recurrent(r: Rewriting) -> Iterator[Slipped]:
    """went back to an earlier time step through the weight of the input, not of the state"""
    steps = steps_of(r)
    through: dict[tuple[str, Symbol], Expr] = {}
    for y, h in steps.passed_on if steps is not None else ():
        slope, inputs = r.slopes[y].get(h), inputs_of(r)
        used = names_in(r.by_name[y].rhs)
        own = [w for w in used if is_parameter(r, w) and w != slope and set(inputs.get(w.name, ())).intersection(used)]
        if slope is not None and is_parameter(r, slope) and len(own) == 1:
            through[y, h] = own[0]
    if through:
        yield Slipped(r.passing(lambda e, x, d: through.get((e.name, x), d)))


def averaged_over_steps(r: Rewriting) -> Iterator[Slipped]:
    """divided the gradients of the shared weights by the number of time steps"""
    steps = steps_of(r)
    if steps is not None:
        shared = {r.gradient(w.name) for w, users in r.users.items() if is_parameter(r, w) and len(users) > 1}
        lines = {e.name: divide(as_factor(e.rhs), Integer(steps.count)) for e in r.backward if e.name in shared}
        yield Slipped(r.changing_gradients(lines))


def _within(r: Rewriting, steps: Steps, kept: int) -> tuple[Equation, ...]:
    """The backward pass in which what comes from a loss goes on through so many steps only.

    Every gradient is kept apart by how many steps it has come through; their sum goes by the gradient's own name.
    """
    passed_on, rows = set(steps.passed_on), range(kept)
    defined = {e.lhs for e in r.equations}
    first_use = {name: i for i, e in reversed([*enumerate(r.equations)]) for name in names_in(e.rhs)}
    terms: dict[tuple[Symbol, int], list[Expr]] = {(symbol(r.loss), 0): [ONE]}
    backward: list[Equation] = []

    def finish(x: Symbol) -> None:
        own = [(row, terms[x, row]) for row in rows if (x, row) in terms]
        parts = [Equation(_part(r, x, row), total(*found)) for row, found in own]
        backward.extend([*parts, Equation(partial(r.loss, x.name), total(*(part.lhs for part in parts)))])

    for i, e in reversed([*enumerate(r.equations)]):
        if any((e.lhs, row) in terms for row in rows):
            finish(e.lhs)
        for row in rows:
            for x, d in r.slopes.get(e.name, {}).items() if (e.lhs, row) in terms else ():
                later = row + ((e.name, x) in passed_on)
                if later < kept:
                    terms.setdefault((x, later), []).append(product(_part(r, e.lhs, row), d))
        for x in names_in(e.rhs):
            if x not in defined and first_use[x] == i and any((x, row) in terms for row in rows):
                finish(x)
    return tuple(backward)


def _part(r: Rewriting, x: Symbol, row: int) -> Symbol:
    """What has come to x through so many steps."""
    return symbol(f"{r.gradient(x.name)}, {row} steps on")
