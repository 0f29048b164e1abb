"""Optimizers as equations: how a parameter w changes when its gradient g is known.

An optimizer is a pair of pure functions from symbols to equations: ``init(w)`` gives the state a parameter starts with,
``update(w, g)`` the rules of one update, in order, each seeing what the ones before it made of parameter and state.
They are printed, worked and run from these equations.  To add one, write one function here that returns an Optimizer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from inspect import getmodule, isfunction, signature
from typing import Any, ParamSpec

from sympy import Integer, Rational

from symnet.algebra import functions
from symnet.algebra.equations import (
    ONE,
    ZERO,
    Array,
    Equation,
    Expr,
    Length,
    Symbol,
    add,
    array,
    divide,
    multiply,
    negate,
    power,
    symbol,
)
from symnet.algebra.mistakes import Mistake
from symnet.algebra.parsing import rational
from symnet.algebra.shows_as_maths import ShowsAsMaths

P = ParamSpec("P")

# Names that no exercise can declare, because they are not identifiers.
LEARNING_RATE: Symbol = symbol("learning rate")
UPDATE_NUMBER: Symbol = symbol("update number")  # 1 at the first update
_TWO = Integer(2)


@dataclass(frozen=True, eq=False)
class Optimizer(ShowsAsMaths):
    """init(w) → equations of the starting state; update(w, g) → the rules of one update.

    Two optimizers are equal where their equations are.  The rules say η; ``learning_rate`` is its number, if any.
    """

    init: Callable[[Symbol], tuple[Equation, ...]]
    update: Callable[[Symbol, Expr], tuple[Equation, ...]]
    learning_rate: Expr | None = None
    # The name and the options of the function here that made it, if one did.
    made_by: tuple[Any, ...] = field(default=(), repr=False)

    def __reduce__(self) -> Any:
        if self.made_by:  # rules are functions, which pickle does not keep
            return _made_again, self.made_by
        return Optimizer, (self.init, self.update, self.learning_rate)

    @cached_property
    def rules(self) -> tuple[tuple[Equation, ...], tuple[Equation, ...]]:
        """The starting state and the rules of one update, for a vector w with the gradient g."""
        w, g = array("w", SIZE), array("g", SIZE)
        return self.init(w), self.update(w, g)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Optimizer) and (self.rules, self.learning_rate) == (other.rules, other.learning_rate)

    def __hash__(self) -> int:
        return hash((self.rules, self.learning_rate))


def _made_again(name: str, options: tuple[tuple[str, Any], ...]) -> Optimizer:
    return CATALOGUE[name](**dict(options))


SIZE = Length("size", integer=True, positive=True)  # of all parameters, one after the other


def _optimizer(make: Callable[P, Optimizer]) -> Callable[P, Optimizer]:
    """Options may be numbers of any kind, taken as exactly what was typed; the rules keep the name of the rate."""

    @wraps(make)
    def made(*positional: P.args, **named: P.kwargs) -> Optimizer:
        given = signature(make).bind(*positional, **named).arguments
        exact = {
            key: v if hasattr(v, "free_symbols") else rational(f"{make.__name__}: {key}", v) for key, v in given.items()
        }
        rate = exact.get("learning_rate")
        options = tuple(exact.items())
        if rate is None or not rate.is_Rational:
            # bound to its signature above
            return replace(make(**exact), made_by=(make.__name__, options))  # type: ignore[call-arg]
        named_rate = make(**{**exact, "learning_rate": LEARNING_RATE})  # type: ignore[call-arg]
        return replace(named_rate, learning_rate=rate, made_by=(make.__name__, options))

    return made


def state(kind: str, w: Symbol) -> Symbol:
    """The state variable of that kind that belongs to w, named like v(w13)."""
    name = f"{kind}({w.name})"
    return array(name, *w.shape) if isinstance(w, Array) else symbol(name)


def state_parts(name: str) -> tuple[str, str] | None:
    """("v", "w13") for the name v(w13), None for any other."""
    kind, bracket, rest = name.partition("(")
    return (kind, rest[:-1]) if bracket and rest.endswith(")") else None


@_optimizer
def sgd(learning_rate: Expr = LEARNING_RATE) -> Optimizer:
    """Gradient descent, w ← w − η g.  Source: Cauchy (1847); Robbins and Monro (1951) with one example an update."""

    def update(w: Symbol, g: Expr) -> tuple[Equation, ...]:
        return (Equation(w, _minus(w, multiply(learning_rate, g))),)

    return Optimizer(lambda w: (), update)


@_optimizer
def momentum(learning_rate: Expr = LEARNING_RATE, decay: Expr = Rational(9, 10)) -> Optimizer:
    """Momentum, v ← μ v + g, then w ← w − η v; μ is ``decay``.

    As in torch.optim.SGD; Polyak (1964) and Sutskever et al. (2013) put η into v, the same for a constant rate.
    """
    _within("momentum", "decay", decay)

    def update(w: Symbol, g: Expr) -> tuple[Equation, ...]:
        v = state("v", w)
        return (
            Equation(v, add(multiply(decay, v), g)),
            Equation(w, _minus(w, multiply(learning_rate, v))),
        )

    return Optimizer(lambda w: (Equation(state("v", w), ZERO),), update)


@_optimizer
def nesterov(learning_rate: Expr = LEARNING_RATE, decay: Expr = Rational(9, 10)) -> Optimizer:
    """Nesterov momentum, v ← μ v + g, then w ← w − η (g + μ v); μ is ``decay``.

    The gradient is taken at w itself, as in torch.optim.SGD(nesterov=True); Nesterov (1983) takes it further along.
    """
    _within("nesterov", "decay", decay)

    def update(w: Symbol, g: Expr) -> tuple[Equation, ...]:
        v = state("v", w)
        return (
            Equation(v, add(multiply(decay, v), g)),
            Equation(w, _minus(w, multiply(learning_rate, add(g, multiply(decay, v))))),
        )

    return Optimizer(lambda w: (Equation(state("v", w), ZERO),), update)


@_optimizer
def adagrad(learning_rate: Expr = LEARNING_RATE, epsilon: Expr = Rational(1, 10**10)) -> Optimizer:
    """AdaGrad, s ← s + g², then w ← w − η g / (√s + ε).  Source: Duchi, Hazan and Singer (2011); ε as in PyTorch."""
    _positive("adagrad", "epsilon", epsilon)

    def update(w: Symbol, g: Expr) -> tuple[Equation, ...]:
        s = state("s", w)
        return (
            Equation(s, add(s, power(g, _TWO))),
            Equation(w, _minus(w, _scaled(learning_rate, g, s, epsilon))),
        )

    return Optimizer(lambda w: (Equation(state("s", w), ZERO),), update)


@_optimizer
def rmsprop(
    learning_rate: Expr = LEARNING_RATE, decay: Expr = Rational(9, 10), epsilon: Expr = Rational(1, 10**8)
) -> Optimizer:
    """RMSProp, s ← ρ s + (1 − ρ) g², then w ← w − η g / (√s + ε); ρ is ``decay``.

    Source: Tieleman and Hinton (2012), lecture 6.5, with ρ = 0.9; PyTorch's default is 0.99.
    """
    _within("rmsprop", "decay", decay)
    _positive("rmsprop", "epsilon", epsilon)

    def update(w: Symbol, g: Expr) -> tuple[Equation, ...]:
        s = state("s", w)
        return (
            Equation(s, _average(decay, s, power(g, _TWO))),
            Equation(w, _minus(w, _scaled(learning_rate, g, s, epsilon))),
        )

    return Optimizer(lambda w: (Equation(state("s", w), ZERO),), update)


@_optimizer
def adam(
    learning_rate: Expr = LEARNING_RATE,
    beta1: Expr = Rational(9, 10),
    beta2: Expr = Rational(999, 1000),
    epsilon: Expr = Rational(1, 10**8),
) -> Optimizer:
    """Adam: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ), w ← w − η m̂/(√v̂ + ε).

    t counts the updates from 1.  Source: Kingma and Ba (2015), algorithm 1.
    """
    _within("adam", "beta1", beta1)
    _within("adam", "beta2", beta2)
    _positive("adam", "epsilon", epsilon)

    def update(w: Symbol, g: Expr) -> tuple[Equation, ...]:
        m, v, m_hat, v_hat = (state(kind, w) for kind in ("m", "v", "m_hat", "v_hat"))
        return (
            Equation(m, _average(beta1, m, g)),
            Equation(v, _average(beta2, v, power(g, _TWO))),
            Equation(m_hat, divide(m, _minus(ONE, power(beta1, UPDATE_NUMBER)))),
            Equation(v_hat, divide(v, _minus(ONE, power(beta2, UPDATE_NUMBER)))),
            Equation(w, _minus(w, _scaled(learning_rate, m_hat, v_hat, epsilon))),
        )

    return Optimizer(lambda w: (Equation(state("m", w), ZERO), Equation(state("v", w), ZERO)), update)


@_optimizer
def adamw(
    learning_rate: Expr = LEARNING_RATE,
    beta1: Expr = Rational(9, 10),
    beta2: Expr = Rational(999, 1000),
    epsilon: Expr = Rational(1, 10**8),
    weight_decay: Expr = Rational(1, 100),
) -> Optimizer:
    """AdamW: w ← w − η λ w, then Adam's update; λ is ``weight_decay``.

    Source: Loshchilov and Hutter (2019), algorithm 2, with λ scaled by η as in PyTorch.
    """
    _positive("adamw", "weight_decay", weight_decay)
    plain = adam(learning_rate, beta1, beta2, epsilon)

    def update(w: Symbol, g: Expr) -> tuple[Equation, ...]:
        return (Equation(w, _minus(w, multiply(learning_rate, weight_decay, w))), *plain.update(w, g))

    return Optimizer(plain.init, update)


@_optimizer
def adamax(
    learning_rate: Expr = LEARNING_RATE,
    beta1: Expr = Rational(9, 10),
    beta2: Expr = Rational(999, 1000),
    epsilon: Expr = Rational(1, 10**8),
) -> Optimizer:
    """Adamax: m ← β₁ m + (1 − β₁) g, u ← max(β₂ u, |g| + ε), w ← w − η/(1 − β₁ᵗ) · m/u.

    Source: Kingma and Ba (2015), algorithm 2; ε, which keeps u from 0, as in PyTorch.
    """
    _within("adamax", "beta1", beta1)
    _within("adamax", "beta2", beta2)
    _positive("adamax", "epsilon", epsilon)

    def update(w: Symbol, g: Expr) -> tuple[Equation, ...]:
        m, u = state("m", w), state("u", w)
        scale = divide(learning_rate, _minus(ONE, power(beta1, UPDATE_NUMBER)))
        return (
            Equation(m, _average(beta1, m, g)),
            Equation(u, functions.max(multiply(beta2, u), add(functions.abs(g), epsilon))),
            Equation(w, _minus(w, multiply(scale, divide(m, u)))),
        )

    return Optimizer(lambda w: (Equation(state("m", w), ZERO), Equation(state("u", w), ZERO)), update)


@_optimizer
def adadelta(
    learning_rate: Expr = LEARNING_RATE, decay: Expr = Rational(9, 10), epsilon: Expr = Rational(1, 10**6)
) -> Optimizer:
    """Adadelta: s ← ρ s + (1 − ρ) g², d = √(u + ε)/√(s + ε) · g, u ← ρ u + (1 − ρ) d², w ← w − η d; ρ is ``decay``.

    Source: Zeiler (2012), algorithm 1, where η is 1; ρ and ε as in PyTorch.
    """
    _within("adadelta", "decay", decay)
    _positive("adadelta", "epsilon", epsilon)

    def update(w: Symbol, g: Expr) -> tuple[Equation, ...]:
        s, u, d = state("s", w), state("u", w), state("d", w)
        scale = divide(functions.sqrt(add(u, epsilon)), functions.sqrt(add(s, epsilon)))
        return (
            Equation(s, _average(decay, s, power(g, _TWO))),
            Equation(d, multiply(scale, g)),
            Equation(u, _average(decay, u, power(d, _TWO))),
            Equation(w, _minus(w, multiply(learning_rate, d))),
        )

    return Optimizer(lambda w: (Equation(state("s", w), ZERO), Equation(state("u", w), ZERO)), update)


def _minus(a: Expr, b: Expr) -> Expr:
    return add(a, negate(b))


def _average(decay: Expr, old: Expr, new: Expr) -> Expr:
    """decay · old + (1 − decay) · new."""
    return add(multiply(decay, old), multiply(_minus(ONE, decay), new))


def _scaled(learning_rate: Expr, g: Expr, s: Expr, epsilon: Expr) -> Expr:
    """η g / (√s + ε)."""
    return divide(multiply(learning_rate, g), add(functions.sqrt(s), epsilon))


def _within(optimizer: str, option: str, value: Expr) -> None:
    if value.is_Rational and not 0 <= value < 1:
        raise Mistake(f"{optimizer}({option}={value}): {option} must be in [0, 1)")


def _positive(optimizer: str, option: str, value: Expr) -> None:
    if value.is_Rational and value < 0:
        raise Mistake(f"{optimizer}({option}={value}): {option} must not be negative")


CATALOGUE: dict[str, Callable[..., Optimizer]] = {
    name: value
    for name, value in list(globals().items())
    if isfunction(value)
    and getmodule(value).__name__ == __name__  # type: ignore[union-attr]
    and not name.startswith(("_", "state"))
}
