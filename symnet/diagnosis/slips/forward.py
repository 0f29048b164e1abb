"""Slips in the forward pass: activations, biases and weighted sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from symnet.algebra import functions
from symnet.algebra.derivatives import differentiate
from symnet.algebra.equations import ONE, Expr, Symbol, add, divide, names_in, negate, product, symbol
from symnet.algebra.equations import replace as put
from symnet.algebra.scalar import ScalarFunction
from symnet.diagnosis.inside import activations_inside, together, without
from symnet.diagnosis.rewriting import Rewriting, Slipped, terms_of
from symnet.diagnosis.slip_patterns import (
    MOST_ALONE,
    MOST_LISTED,
    as_factor,
    at_units,
    by_layer,
    factors_of,
    forward_at,
    forward_where,
    inputs_of,
    is_parameter,
    listed,
    ordinal,
    other_at_zero,
    skips,
)
from symnet.diagnosis.structure import bias_edges, in_every_step, outputs_of, softmaxes


def negative_passed(r: Rewriting) -> Iterator[Slipped]:
    """let ReLU pass a negative number"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.relu)}
    yield from forward_at(r, {name: f.args[0] for name, f in units.items()})


def no_leak(r: Rewriting) -> Iterator[Slipped]:
    """used ReLU instead of leaky ReLU"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.leaky_relu)}
    yield from forward_at(r, {name: functions.relu(f.args[0]) for name, f in units.items()}, backward=True)
    slope = {name: functions.step(f.args[0]) for name, f in units.items()}
    for slipped in at_units(
        r, lambda name: lambda x: product(slope[name], differentiate(units[name].args[0], x)), units
    ):
        yield replace(slipped, at=f"in the derivative {slipped.at}")


_ALONE = {True: "", False: " (in the forward pass alone)"}
_OTHERS = ((functions.sqrt, "the square root"), (functions.log, "the logarithm"), (functions.exp, "exp"))


def no_activation(r: Rewriting) -> Iterator[Slipped]:
    """left out{place}"""
    # The exp of a softmax is a slip of its own.
    in_softmax = {z for softmax in softmaxes(r) for z in softmax.z}
    inside = {
        name: f.args[0]
        for name, f in r.activations.items()
        if not isinstance(f, functions.linear) and not (isinstance(f, functions.exp) and f.args[0] in in_softmax)
    }
    yield from map(_left_out(r), forward_at(r, inside, backward=True))
    alone = {name: x for name, x in inside.items() if not isinstance(r.activations[name], functions.relu)}
    yield from map(_left_out(r), forward_at(r, alone))
    for own, words in in_every_step(r, [*inside]):
        lines = {name: inside[name] for name in own}
        for backward in (True, False) if lines.keys() <= alone.keys() else (True,):
            at = f"the activation function at {words}{_ALONE[backward]}"
            yield Slipped(r.forward(lines, backward), at=at, throughout=True)
    for called, parts in activations_inside(r):
        for some, words, is_all in together(r, parts):
            lines = without(r, some, lambda part: as_factor(part.args[0]))
            for backward in (True, False) if not called.endswith("ReLU") else (True,):
                at = f"{called} in {words}{_ALONE[backward]}"
                yield Slipped(r.forward(lines, backward), at=at, throughout=is_all)


def _left_out(r: Rewriting) -> Callable[[Slipped], Slipped]:
    """What is left out is called by what it is: an activation function, a root, a logarithm."""

    def called(slipped: Slipped) -> Slipped:
        if slipped.is_everywhere:
            return replace(slipped, at="the activation function everywhere", throughout=True)
        function = r.activations[slipped.at.removeprefix("at ").partition(" ")[0].rstrip(",")]
        what = next((words for kind, words in _OTHERS if isinstance(function, kind)), "the activation function")
        return replace(slipped, at=f"{what} {slipped.at}")

    return called


def step_at_zero(r: Rewriting) -> Iterator[Slipped]:
    """used the other value of the step function at 0"""
    yield from forward_where(r, other_at_zero, "in")


def sigmoid_of_minus(r: Rewriting) -> Iterator[Slipped]:
    """lost the minus sign in the exponent of the sigmoid"""
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.sigmoid)}
    yield from forward_at(r, {name: functions.sigmoid(negate(as_factor(f.args[0]))) for name, f in units.items()})


def no_bias(r: Rewriting) -> Iterator[Slipped]:
    """forgot the bias"""
    without, around = {}, skips(r)
    for equation in r.problem.network.equations:
        terms = terms_of(equation.rhs)
        if equation.name in around:
            continue
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
    """gave a term of a sum the wrong sign"""
    for equation in r.problem.network.equations:
        terms = terms_of(equation.rhs)
        for i, term in enumerate(terms) if 1 < len(terms) <= 6 else ():
            changed = add(*terms[:i], negate(term), *terms[i + 1 :])
            yield Slipped(r.forward({equation.name: changed}), at=f"({ordinal(i + 1)} term of {equation.name})")


def no_square(r: Rewriting) -> Iterator[Slipped]:
    """forgot the square"""
    yield from forward_where(r, lambda part: part.base if part.is_Pow and part.exp == 2 else None, "in")
    units = {name: f for name, f in r.activations.items() if isinstance(f, functions.tanh)}

    def unsquared(name: str) -> Callable[[Symbol], Expr]:
        return lambda x: product(add(ONE, negate(symbol(name))), differentiate(units[name].args[0], x))

    for slipped in at_units(r, unsquared, units):
        yield replace(slipped, at=f"in the derivative of tanh {slipped.at}")


def wrong_number(r: Rewriting) -> Iterator[Slipped]:
    """copied the wrong number"""
    for equation in r.problem.network.equations:
        names = [factor for factor in (f for t in terms_of(equation.rhs) for f in factors_of(t)) if factor.is_Symbol]
        weights = [name for name in names if is_parameter(r, name)]
        inputs = [name for name in names if not is_parameter(r, name)]
        if not weights or not inputs:
            continue
        kinds = [name for name in r.problem.network.inputs if name in _data(r)]
        for kind, others in (
            (weights if len(r.problem.start) <= MOST_ALONE else [], weights),
            (inputs, [*inputs, *(x for x in kinds if x not in inputs)]),
        ):
            for name in kind:
                for other in _nearest(name, others):
                    lines = {equation.name: put(equation.rhs, {name: other})}
                    yield Slipped(r.forward(lines), at=f"in {equation.name} ({other.name} for {name.name})")


def _data(r: Rewriting) -> set[Symbol]:
    """The inputs that weights multiply."""
    return {x for inputs in inputs_of(r).values() for x in inputs if x.name not in r.by_name}


def _nearest(name: Symbol, others: list[Symbol]) -> list[Symbol]:
    """The next to be copied by mistake: one before and one after, where the name itself is among them."""
    if name not in others:
        return others[:2]
    i = others.index(name)
    return [other for other in others[max(0, i - 1) : i + 2] if other != name]


def inputs_exchanged(r: Rewriting) -> Iterator[Slipped]:
    """exchanged two inputs"""
    multiplied = {x for own in inputs_of(r).values() for x in own}
    lines: dict[str, Expr] = {}
    pairs: dict[str, str] = {}
    for equation in r.problem.network.equations:
        inputs = [x for x in dict.fromkeys(names_in(equation.rhs)) if not is_parameter(r, x)]
        weighted = [x for x in inputs if x in multiplied]
        if len(weighted) == 2:
            one, other = weighted
            lines[equation.name] = put(equation.rhs, {one: other, other: one})
            pairs[equation.name] = f"{one.name} and {other.name}"
    said = {f"in {name}": pair for name, pair in pairs.items()}
    for layer in by_layer(r, [*lines]):
        first, *others = dict.fromkeys(pairs[name] for name in layer)
        said |= {f"in {listed(layer)}": first} if not others else {}
    for slipped in forward_at(r, lines, "in"):
        yield replace(slipped, at=f"{slipped.at} ({said[slipped.at]})") if slipped.at in said else slipped


def bias_sign(r: Rewriting) -> Iterator[Slipped]:
    """subtracted the bias"""
    lines = {}
    for y, b in bias_edges(r):
        terms = [negate(term) if term == b else term for term in terms_of(r.by_name[y].rhs)]
        lines[y] = add(*terms)
    for slipped in forward_at(r, lines, "in"):
        if slipped.at == "everywhere":
            yield slipped


def extra_activation(r: Rewriting) -> Iterator[Slipped]:
    """applied an activation to a linear output as well"""
    hidden = [f for f in r.activations.values() if not isinstance(f, (functions.linear, functions.exp, functions.log))]
    ends = [
        name for name in outputs_of(r) if name not in r.activations or isinstance(r.activations[name], functions.linear)
    ]
    learned = any(r.depths[name] for name in ends)
    if hidden and ends and learned and not any(True for _ in softmaxes(r)):
        function = hidden[0]
        lines = {name: function.func(r.by_name[name].rhs, *function.args[1:]) for name in ends}
        yield Slipped(r.forward(lines, backward=True))
        yield Slipped(r.forward(lines), at="(in the forward pass alone)")


_TAKEN_FOR: dict[type[ScalarFunction], tuple[type[ScalarFunction], ...]] = {
    functions.sigmoid: (functions.tanh, functions.relu),
    functions.tanh: (functions.sigmoid, functions.relu),
    functions.relu: (functions.sigmoid, functions.tanh, functions.leaky_relu),
    functions.leaky_relu: (functions.sigmoid, functions.tanh),
}


def other_activation(r: Rewriting) -> Iterator[Slipped]:
    """used a different activation function"""
    for kind, others in _TAKEN_FOR.items():
        units = {name: f.args[0] for name, f in r.activations.items() if type(f) is kind}
        for other in others if units else ():
            words = f"({_called(other)} for {_called(kind)}"
            lines = {name: other(z) for name, z in units.items()}
            yield Slipped(r.forward(lines, backward=True), at=f"{words})", throughout=True)
            yield Slipped(r.forward(lines), at=f"{words}, in the forward pass alone)", throughout=True)
            for name, line in lines.items() if 1 < len(lines) <= MOST_ALONE else ():
                yield Slipped(r.forward({name: line}), at=f"{words}) at {name}")
            for name, line in lines.items() if 1 < len(lines) <= MOST_LISTED else ():
                yield Slipped(r.forward({name: line}, backward=True), at=f"{words}, with its derivative) at {name}")


def tan_for_tanh(r: Rewriting) -> Iterator[Slipped]:
    """took the tangent instead of tanh"""
    inside = {name: as_factor(f.args[0]) for name, f in r.activations.items() if isinstance(f, functions.tanh)}
    yield from forward_at(r, {name: divide(functions.sin(z), functions.cos(z)) for name, z in inside.items()})


def _called(function: type[ScalarFunction]) -> str:
    names: dict[type[ScalarFunction], str] = {functions.relu: "ReLU", functions.leaky_relu: "leaky ReLU"}
    return names.get(function, function.__name__)
