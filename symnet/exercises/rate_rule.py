"""The learning rate of each update, where a file gives a schedule: the rule that comes before all others.

It is a rule like any other, η ← 0.1·0.5^(t − 1), so every line of working, every slip and every check that a rule gets,
it gets too.  In the file t counts the updates made before, from 0, as in training; on paper t is the number of the
update, from 1, as in Adam's rules.  For lr on the right-hand side stands the learning_rate of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sympy import Rational

from symnet.algebra.equations import MINUS_ONE, Equation, add, names_in, replace, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.algebra.parsing import parse
from symnet.toml_tables import text


def scheduled(training: Mapping[str, Any], rate: Fraction | None, rules: tuple[Equation, ...]) -> tuple[Equation, ...]:
    """The rules of one update, after that of the learning rate where there is a schedule.  Raises Mistake."""
    formula = text(training, "schedule", "constant", "training.")
    if formula == "constant":
        return rules
    try:
        schedule = parse(formula, ("t", "lr"))
    except Mistake as mistake:
        raise Mistake(f"training.schedule: {mistake}") from None
    if rate is None:
        raise Mistake("training.schedule needs a learning_rate at the top of the file, to start from")
    if not any(LEARNING_RATE in names_in(rule.rhs) for rule in rules):
        raise Mistake("training.schedule changes the learning rate, which no rule of the update uses")
    now = {symbol("t"): add(UPDATE_NUMBER, MINUS_ONE), symbol("lr"): Rational(rate.numerator, rate.denominator)}
    return (Equation(LEARNING_RATE, replace(schedule, now)), *rules)
