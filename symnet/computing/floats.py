"""Expressions in the computer's own floating point: one number at a time, or whole NumPy arrays of them.

The first shows on a sheet where rounding takes over; the second works thousands of variants of a line at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeAlias

import sympy

from symnet.algebra.equations import Equation, Expr
from symnet.algebra.scalar import Kind, ScalarFunction, formula
from symnet.algebra.zero_logarithms import guarded
from symnet.computing import special

Known: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Known], Any]  # from the values of the names to the value of an expression


@dataclass(frozen=True, eq=False)
class _Numbers:
    """A kind of numbers: its functions, and how it takes the first case that holds."""

    functions: Mapping[str, Callable[..., Any]]
    first: Callable[[Sequence[tuple[Rule, Rule]]], Rule]
    both: Callable[[Any, Any], Any]
    either: Callable[[Any, Any], Any]
    special: Callable[[Kind], Callable[..., Any]]


def _first_case(cases: Sequence[tuple[Rule, Rule]]) -> Rule:
    return lambda known: next(value(known) for value, holds in cases if holds(known))


_ONE_BY_ONE = _Numbers(
    {
        "exp": math.exp,
        "log": math.log,
        "sin": math.sin,
        "cos": math.cos,
        "tanh": math.tanh,
        "erf": math.erf,
        "floor": math.floor,
    },
    _first_case,
    lambda a, b: a and b,
    lambda a, b: a or b,
    special.in_floats,
)


@cache
def _arrays() -> _Numbers:
    """NumPy's, whose import takes longer than most exercises, or those of the lists that stand in for it."""
    from symnet.computing.many import np

    def case_of_each(cases: Sequence[tuple[Rule, Rule]]) -> Rule:
        *others, (last, _) = cases

        def value(known: Known) -> Any:
            result = last(known)
            for case, holds in reversed(others):
                result = np.where(holds(known), case(known), result)
            return result

        return value

    def erf(x: Any) -> Any:
        from symnet.computing import erf  # SciPy's, which is slower still to import

        return getattr(erf, "erf")(np.asarray(x, float))  # noqa: B009 - SciPy has no types

    functions = {name: getattr(np, name) for name in ("exp", "log", "sin", "cos", "tanh", "floor")}
    functions["erf"] = getattr(np, "erf", erf)  # which NumPy lacks

    def of_each(kind: Kind) -> Callable[..., Any]:
        return getattr(np, kind.__name__, None) or special.special_function(kind.__name__)

    return _Numbers(functions, case_of_each, np.logical_and, np.logical_or, of_each)


def evaluate_in_floats(equations: Sequence[Equation], values: Mapping[str, float]) -> dict[str, float]:
    """{name: its value in float64}, each operation rounded as a program's would be.

    Raises ArithmeticError or ValueError where a value does not exist.
    """
    known = dict(values)
    for equation in equations:
        known[equation.name] = _rule(equation.rhs, _ONE_BY_ONE)(known)
    return known


def over_arrays(expr: Expr) -> Rule:
    """The expression as a function of {name: a float or an array of them}, entry by entry.

    What does not exist is not a number (nan) or infinite, as in NumPy.
    """
    return _rule(expr, _arrays())


@lru_cache(maxsize=65_536)  # thousands of lines differ in one factor, and functions have one definition each
def _rule(expr: Expr, numbers: _Numbers) -> Rule:
    if expr.is_Symbol:
        name = expr.name
        return lambda known: known[name]
    if expr.is_Number or expr is sympy.pi or expr is sympy.E:
        number = float(expr)
        return lambda known: number
    if isinstance(expr, sympy.Piecewise):
        return numbers.first([(_rule(value, numbers), _condition(holds, numbers)) for value, holds in expr.args])
    arguments = [_rule(argument, numbers) for argument in (guarded(expr.args) if expr.is_Mul else expr.args)]
    if expr.is_Add:
        return _chain(arguments, lambda a, b: a + b)  # not math.fsum: the point is to round after every addition
    if expr.is_Mul:
        return _chain(arguments, lambda a, b: a * b)
    if expr.is_Pow:
        base, exponent = arguments
        return _power(base, exponent, expr.exp)
    if isinstance(expr, ScalarFunction):
        kind: Kind = type(expr)
        parameters, definition = formula(kind, len(arguments))
        names, body = [z.name for z in parameters], _rule(definition, numbers)
        return lambda known: body({name: argument(known) for name, argument in zip(names, arguments, strict=True)})
    function = numbers.functions.get(type(expr).__name__) or numbers.special(type(expr))
    return lambda known: function(*(argument(known) for argument in arguments))


def _chain(rules: Sequence[Rule], together: Callable[[Any, Any], Any]) -> Rule:
    if len(rules) == 2:
        a, b = rules
        return lambda known: together(a(known), b(known))
    first, *rest = rules

    def value(known: Known) -> Any:
        result = first(known)
        for rule in rest:
            result = together(result, rule(known))
        return result

    return value


def _power(base: Rule, exponent: Rule, written: Expr) -> Rule:
    if written == -1:
        return lambda known: 1.0 / base(known)
    if written == 2:
        return lambda known: (b := base(known)) * b
    return lambda known: _real(base(known) ** exponent(known))


def _real(x: Any) -> Any:
    if isinstance(x, complex):
        raise ValueError(f"a power of a negative number is {x}, which is not real")
    return x


def _condition(condition: Expr, numbers: _Numbers) -> Rule:
    if condition in (True, False):
        holds = bool(condition)
        return lambda known: holds
    if isinstance(condition, (sympy.And, sympy.Or)):
        parts = [_condition(part, numbers) for part in condition.args]
        return _chain(parts, numbers.both if isinstance(condition, sympy.And) else numbers.either)
    left, right = (_rule(side, numbers) for side in condition.args)
    compare = _COMPARE[type(condition).__name__]
    return lambda known: compare(left(known), right(known))


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "StrictGreaterThan": lambda a, b: a > b,
    "GreaterThan": lambda a, b: a >= b,
    "StrictLessThan": lambda a, b: a < b,
    "LessThan": lambda a, b: a <= b,
}
