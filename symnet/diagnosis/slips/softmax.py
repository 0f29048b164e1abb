"""Slips in the softmax: its exponentials, its sum, and the error that comes back through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from sympy import Integer

from symnet.algebra import functions
from symnet.algebra.equations import MINUS_ONE, Array, Expr, Symbol, add, divide, negate, power, product, symbol
from symnet.algebra.rows_of import causal_softmax, masked_softmax
from symnet.diagnosis.array_patterns import indices_of, lines_with
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt
from symnet.diagnosis.slip_patterns import as_factor
from symnet.diagnosis.structure import Softmax, fraction_of, softmaxes
from symnet.working.problem import Problem


def softmax_not_normalized(r: Rewriting) -> Iterator[Slipped]:
    """did not divide by the sum in the softmax"""
    fractions = {}
    for softmax in softmaxes(r):
        for p in softmax.p:
            fraction = fraction_of(r, p)
            fractions[fraction] = fraction.args[0]
    yield from _with_parts(r, fractions.get)


def softmax_without_exp(r: Rewriting) -> Iterator[Slipped]:
    """computed the softmax without exp"""
    yield from _other_exponentials(r, lambda z: z)


def softmax_base_ten(r: Rewriting) -> Iterator[Slipped]:
    """used powers of 10 instead of e in the softmax"""
    yield from _other_exponentials(r, lambda z: power(Integer(10), z))


def sigmoid_for_softmax(r: Rewriting) -> Iterator[Slipped]:
    """took the sigmoid of each logit instead of the softmax"""
    single: dict[Expr, Expr] = {}
    for softmax in softmaxes(r):
        for z, p in zip(softmax.z, softmax.p, strict=True):
            single[fraction_of(r, p)] = functions.sigmoid(z)
    yield from _with_parts(r, single.get)


def only_true_class(r: Rewriting) -> Iterator[Slipped]:
    """gave an error only to the output of the true class"""
    lines = {e.name: e.rhs for e in r.backward}
    changed = {
        r.gradient(z.name): product(t, as_factor(lines[r.gradient(z.name)]))
        for softmax in softmaxes(r)
        for z, t in zip(softmax.z, softmax.targets, strict=bool(softmax.targets))
    }
    if changed:
        yield Slipped(r.changing_gradients(changed))


def averaged_over_classes(r: Rewriting) -> Iterator[Slipped]:
    """divided by the number of classes"""
    found = [softmax for softmax in softmaxes(r) if softmax.targets]
    if not found:
        return
    lines = {e.name: e.rhs for e in r.backward}
    errors = {
        r.gradient(z.name): divide(as_factor(lines[r.gradient(z.name)]), Integer(len(softmax.z)))
        for softmax in found
        for z in softmax.z
    }
    gradients = r.changing_gradients(errors)
    loss = divide(as_factor(r.problem.network.by_name[r.loss].rhs), Integer(len(found[0].z)))
    forward = r.forward({r.loss: loss})
    yield Slipped(gradients, at="in the error of the softmax", throughout=True)
    yield Slipped(replace(gradients, network=forward.network), at="in the loss and its error", throughout=True)
    yield Slipped(forward, at="in the loss", throughout=True)


def sum_constant(r: Rewriting) -> Iterator[Slipped]:
    """held the sum in the denominator of the softmax constant"""
    changed = {
        r.gradient(z.name): product(_passed_to(r, softmax, k), p)
        for softmax in softmaxes(r)
        for k, (z, p) in enumerate(zip(softmax.z, softmax.p, strict=True))
    }
    if changed:
        yield Slipped(r.changing_gradients(changed))


def no_softmax_slope(r: Rewriting) -> Iterator[Slipped]:
    """forgot the derivative of the softmax"""
    changed = {
        r.gradient(z.name): _passed_to(r, softmax, k) for softmax in softmaxes(r) for k, z in enumerate(softmax.z)
    }
    if changed:
        yield Slipped(r.changing_gradients({**changed, **_rows_of_one(r)}))
    logits = dict(_masked(r))
    if any(z not in r.users for z in logits.values()):
        other = r.passing_back(lambda e, up: [(logits[e.name], up)] if e.name in logits else r.passed_by(e, up))
        yield Slipped(other, at="and left the mask out of the gradients", throughout=True)


def _rows_of_one(r: Rewriting) -> dict[str, Expr]:
    """The gradients of logits that a mask leaves alone in their row, e^z/e^z, without the derivative of the softmax."""
    pairs = [pair for pair in _masked(r) if pair[1] in r.slopes.get(pair[0], {})]
    return {r.gradient(z.name): symbol(r.gradient(p)) for p, z in pairs if {*r.users[z]} == {p}}


def _masked(r: Rewriting) -> Iterator[tuple[str, Symbol]]:
    """(p, z) for every entry of a softmax with a mask and the entry of the logits at its place."""
    for equation in lines_with(r, (masked_softmax, causal_softmax)):
        z = equation.rhs.args[0]
        if isinstance(z, Array):
            logits = {place: symbol(name) for name, place in indices_of(r, z.name).items()}
            for name, place in indices_of(r, equation.name).items():
                if r.gradient(name) in r.passed_back:
                    yield name, logits[place]


def _passed_to(r: Rewriting, softmax: Softmax, k: int) -> Expr:
    """What comes back to p_k: its gradient, or −t_k/p_k where the fraction stands within the loss."""
    p = softmax.p[k]
    if p.is_Symbol and p.name not in r.by_name:
        return Integer(0)  # the loss does not depend on it
    if p.is_Symbol:
        return symbol(r.gradient(p.name))
    t = softmax.targets[k] if softmax.targets else Integer(0)
    return product(MINUS_ONE, divide(t, p))


def _other_exponentials(r: Rewriting, instead: Callable[[Expr], Expr]) -> Iterator[Slipped]:
    """Every exp(z) of a softmax replaced."""
    exponentials = {e.lhs: e.rhs for e in r.problem.network.equations if isinstance(e.rhs, functions.exp)}
    members: dict[Expr, Expr] = {}
    for softmax in softmaxes(r):
        for p in softmax.p:
            above = fraction_of(r, p).args[0]
            exponential = exponentials.get(above, above)
            members[exponential] = instead(exponential.args[0])
    yield from _with_parts(r, members.get)


def _with_parts(r: Rewriting, change: Callable[[Expr], Expr | None]) -> Iterator[Slipped]:
    """The forward pass with parts of it replaced; back from a cross-entropy comes p − t, as people know by heart."""
    changed = {e.name: rebuilt(e.rhs, change) for e in r.problem.network.equations}
    lines = {e.name: changed[e.name] for e in r.problem.network.equations if changed[e.name] is not e.rhs}
    if not lines:
        return
    known = {
        r.gradient(z.name): add(lines.get(p.name, p) if p.is_Symbol else rebuilt(p, change), negate(as_factor(t)))
        for softmax in softmaxes(r)
        for z, p, t in zip(softmax.z, softmax.p, softmax.targets, strict=bool(softmax.targets))
    }
    yield Slipped(_worked(r, lines, known))


def _worked(r: Rewriting, lines: Mapping[str, Expr], gradients: Mapping[str, Expr]) -> Problem:
    forward = r.forward(lines)
    return replace(r.changing_gradients(gradients), network=forward.network) if gradients else forward
