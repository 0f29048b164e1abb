"""The conditions of a formula by cases: comparisons, joined by "and" and "or".

Whatever else SymPy writes is brought to these: a = b is a ≤ b and a ≥ b, "not" is turned inside, a set is the
comparisons that say what is in it.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy.core.relational import GreaterThan, LessThan, StrictGreaterThan, StrictLessThan
from sympy.logic.boolalg import And, BooleanFalse, BooleanTrue, Or

from symnet.algebra.equations import Expr
from symnet.algebra.mistakes import Mistake, shown

_COMPARISONS = (StrictGreaterThan, GreaterThan, StrictLessThan, LessThan)


def condition_of(condition: Expr, read: Callable[[Expr], Expr]) -> Expr:
    """The condition in our expressions; ``read`` turns each side into one.  Raises Mistake."""
    if isinstance(condition, (BooleanTrue, BooleanFalse)):
        return condition
    if isinstance(condition, _COMPARISONS) and any(side.is_infinite for side in condition.args):
        low, high = condition.args if "Less" in type(condition).__name__ else condition.args[::-1]
        return sympy.true if low is sympy.S.NegativeInfinity or high is sympy.S.Infinity else sympy.false
    if isinstance(condition, _COMPARISONS):
        return condition.func(*map(read, condition.args), evaluate=False)
    if isinstance(condition, (sympy.Eq, sympy.Ne)):
        left, right = map(read, condition.args)
        low, high = (LessThan, GreaterThan) if isinstance(condition, sympy.Eq) else (StrictLessThan, StrictGreaterThan)
        joined = And if isinstance(condition, sympy.Eq) else Or
        return joined(low(left, right, evaluate=False), high(left, right, evaluate=False), evaluate=False)
    if isinstance(condition, (And, Or)):
        return condition.func(*(condition_of(part, read) for part in condition.args), evaluate=False)
    if isinstance(condition, sympy.Contains):
        simpler = condition.args[1].contains(condition.args[0])
    else:
        simpler = sympy.to_nnf(condition, simplify=False) if condition.is_Boolean else condition
    if simpler == condition:
        raise Mistake(f"{shown(condition)} is no condition that can be worked; write comparisons with >, >=, <, <=")
    return condition_of(simpler, read)
