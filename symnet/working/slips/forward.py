"""Slips in the forward pass: activations, biases and weighted sums."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symnet.algebra import functions
from symnet.algebra.derivatives import differentiate
from symnet.algebra.equations import add, names_in, negate, product
from symnet.working.rewriting import Rewriting, Slipped, terms_of
from symnet.working.turns import as_factor, at_units, forward_at, forward_where, ordinal, other_at_zero


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
