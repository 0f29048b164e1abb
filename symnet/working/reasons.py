"""Why a factor has the value it has: ReLU′(x₄) = 0 because x₄ = −3 ≤ 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy

from symnet.algebra.equations import Expr
from symnet.algebra.scalar import Kind, ScalarFunction, formula
from symnet.computing.exact import Number, Undefined, Value
from symnet.notation.maths import EQUALS, Maths, Operator, Word, row
from symnet.working.work import Work


def reasons(work: Work, slopes: Iterable[Expr]) -> tuple[Maths, ...]:
    """ReLU′(x₄) = 0 because x₄ = −3 ≤ 0, for every factor that a case decides."""
    found: dict[Expr, Maths] = {}
    for slope in slopes:
        for node in sympy.preorder_traversal(slope):
            if isinstance(node, ScalarFunction) and node.is_slope and node not in found:
                found[node] = _reason(work, node)
    return tuple(found.values())


def _reason(work: Work, function: ScalarFunction) -> Maths:
    value = work.evaluate(function, work.values)
    parts: list[Maths] = [work.symbols(function), Operator(work.relation(value)), work.value(value)]
    condition = _condition(work, function)
    if condition is not None:
        left, right = condition.args
        sign = Operator({"Gt": ">", "Ge": "≥", "Lt": "<", "Le": "≤"}[_short(condition)])
        parts += [Word(" because "), _with_value(work, left), sign, _with_value(work, right)]
    return row(*parts)


def _with_value(work: Work, expr: Expr) -> Maths:
    """x₄ = −3 for a name, otherwise the number alone."""
    value = work.value(work.evaluate(expr, work.values))
    return row(work.names.node(expr.name), EQUALS, value) if expr.is_Symbol else value


def _condition(work: Work, function: ScalarFunction) -> Expr | None:
    """The condition under which the function's formula takes the case that it takes here; None without cases."""
    kind: Kind = type(function)
    z, definition = formula(kind, len(function.args))
    if not isinstance(definition, sympy.Piecewise):
        return None
    at = {name.name: work.evaluate(argument, work.values) for name, argument in zip(z, function.args, strict=True)}
    arguments = dict(zip(z, function.args, strict=True))
    failed: Expr | None = None
    for _, condition in definition.args:
        if condition == True:  # noqa: E712 - SymPy's true
            return _put(sympy.Not(failed), arguments) if failed is not None else None
        holds, part = _decided(work, condition, at)
        if part is None:
            return None
        if holds:
            return _put(part, arguments)
        failed = part
    return None


def _decided(work: Work, condition: Expr, at: Mapping[str, Value]) -> tuple[bool, Expr | None]:
    """Whether a condition holds and the comparison that decides it; None where a number does not exist."""
    if not isinstance(condition, (sympy.And, sympy.Or)):
        difference = work.evaluate(condition.lhs - condition.rhs, at)
        return (False, None) if isinstance(difference, Undefined) else (_holds(condition, difference), condition)
    decides = isinstance(condition, sympy.Or)
    part: Expr | None = None
    for argument in condition.args:
        holds, part = _decided(work, argument, at)
        if part is None or holds == decides:
            return holds, part
    return not decides, part


def _put(condition: Expr, arguments: Mapping[Expr, Expr]) -> Expr:
    """The condition with the function's arguments in place of its symbols, left unevaluated."""
    return condition.func(*(arguments.get(side, side) for side in condition.args), evaluate=False)


def _holds(condition: Expr, difference: Number) -> bool:
    return {
        "Gt": difference > 0,
        "Ge": difference >= 0,
        "Lt": difference < 0,
        "Le": difference <= 0,
    }[_short(condition)]


def _short(condition: Expr) -> str:
    return {"StrictGreaterThan": "Gt", "GreaterThan": "Ge", "StrictLessThan": "Lt", "LessThan": "Le"}[
        type(condition).__name__
    ]
