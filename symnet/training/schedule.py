"""Learning rates that change: a formula in the number of the update, or a function of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symnet.algebra.equations import array, names_in, replace, symbol
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.optimizers import LEARNING_RATE, SIZE, Optimizer
from symnet.algebra.parsing import parse
from symnet.computing.arrays import Array
from symnet.computing.backends import named
from symnet.computing.generated import defined
from symnet.computing.source import Writer


def rates_of(optimizer: Optimizer, schedule: Any) -> Any:
    """The learning rate: one number, or a function of (first update, how many)."""
    uses_rate = any(LEARNING_RATE in names_in(rule.rhs) for rule in optimizer.rules[1])
    own = None if optimizer.learning_rate is None else float(optimizer.learning_rate)
    if own is not None and own < 0:
        raise Mistake(f"the learning rate is {own:g}; it must not be negative")
    if schedule is None or schedule == "constant":
        if own is None and uses_rate:
            raise Mistake("the optimizer has no learning rate; give one, as in symnet.sgd(0.05)")
        return 0.0 if own is None else own
    if callable(schedule):
        value: Any = lambda t: np.array([_rate(schedule(int(i)), int(i)) for i in t])  # noqa: E731
    else:
        value = _schedule(schedule, own)

    def rates(at: int, count: int) -> Array:
        found = np.broadcast_to(np.asarray(value(np.arange(at, at + count, dtype=np.float64)), np.float64), (count,))
        for i in np.flatnonzero(~(np.isfinite(found) & (found >= 0)))[:1]:
            raise Mistake(
                f"the schedule gives the learning rate {found[i]:g} at t = {at + i}; it must be finite and not negative"
            )
        return found

    rates(0, 1)
    return rates


def _rate(value: Any, t: int) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise Mistake(f"the schedule gives {shown(value)} at t = {t}; it must give a number") from None


def _schedule(formula: str, own: float | None) -> Callable[[Array], Array]:
    if not isinstance(formula, str):
        raise Mistake(
            f'schedule is {shown(formula)}; it must be "constant", a formula such as "0.01*0.5^(t/1000)", or a function'
        )
    try:
        expr = parse(formula, ("t",) if own is None else ("t", "lr"))
    except Mistake as mistake:
        raise Mistake(f"schedule: {mistake}") from None
    writer = Writer(named("numpy"))
    t, lr = array("t", SIZE), symbol("lr")
    body = writer.code(replace(expr, {symbol("t"): t}))
    names = f"{writer.names[t]}, {writer.names[lr]}"
    function = defined("\n".join([*writer.prelude(), f"def schedule({names}): return {body}"]), "schedule")

    def rates(t: Array) -> Array:
        with np.errstate(all="ignore"):
            return function(t, own)  # type: ignore[no-any-return]

    return rates
