"""Functions of SymPy, or of a user's own class, that stand in no catalogue here: arctan, sinh, Γ, …

``borrowed(sympy.sinh)`` is that function as one of ours.  Its derivative is what SymPy makes of it (its ``fdiff``),
written in our functions and, where it stands in it, in the output: tan′ = 1 + y².  ``crosscheck`` judges it, as every
other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sympy

from symnet.algebra.equations import Expr, Symbol, replace, symbol
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.scalar import Kind, ScalarFunction

_NOTATIONS = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arsinh", "acosh": "arcosh", "atanh": "artanh",
    "gamma": r"\Gamma", "loggamma": "lnΓ", "digamma": r"\psi", "LambertW": "W", "besselj": "J", "erfc": "erfc",
}  # fmt: skip
_POINTS = (("0.3", "0.7", "0.2"), ("0.9", "0.4", "0.6"), ("1.7", "1.2", "0.5"), ("-0.6", "0.8", "1.1"))
_FAR = sympy.Float("1e-8")

# From SymPy's expressions to ours, set by ``reading``, which reads them.
Reader = Callable[[Expr], Expr]


class Borrowed(ScalarFunction):
    """A function that SymPy, or a class derived from ``sympy.Function``, says everything about."""

    lender: Kind = None  # the class of SymPy's kind
    read: Reader

    @classmethod
    def slope(cls, index: int, output: Expr | None, arguments: tuple[Expr, ...]) -> Expr:
        """∂f/∂(argument ``index``), in terms of ``output`` where SymPy's own derivative has the function in it."""
        function: Any = cls
        z, y, formula = _slope(function, index, len(arguments))
        here = cls(*arguments) if output is None else output
        return replace(formula, {**dict(zip(z, arguments, strict=True)), y: here})


@cache
def borrowed(lender: Kind, read: Reader) -> Kind:
    """The function of ours that does what a SymPy class does; ``read`` turns SymPy's expressions into ours."""
    name = lender.__name__
    members = {
        "definition": staticmethod(lambda *z: formula_of(lender, *z)),
        "notation": _NOTATIONS.get(name, name),
        "arguments": (1, None),
        "lender": lender,
        "read": staticmethod(read),
        "of_a_user": not lender.__module__.startswith("sympy."),
        "__module__": __name__,
    }
    return type(name, (Borrowed,), members)


def formula_of(lender: Kind, *z: Expr) -> Expr:
    """What the function is, in functions that can be computed; the function itself where it says nothing simpler."""
    whole = lender(*z)
    if lender.__module__.startswith("sympy."):
        return whole
    for simpler in (whole.doit(), whole.rewrite(sympy.exp), whole.rewrite(sympy.Piecewise)):
        if not simpler.has(lender):
            return simpler
    made = getattr(lender, "_imp_", None)
    try:
        return sympy.sympify(made(*z)) if made is not None else whole
    except (TypeError, ValueError, AttributeError):
        return whole


def check(function: Kind, arguments: tuple[Expr, ...]) -> None:
    """Refuse a function that SymPy cannot differentiate, or whose ``fdiff`` is not the derivative of its formula.

    In a constant argument, such as the order of a Bessel function, no derivative is needed.
    """
    _check(function, tuple(bool(argument.free_symbols) for argument in arguments))


@cache
def _check(function: Any, varies: tuple[bool, ...]) -> None:
    count = len(varies)
    lender: Kind = function.lender
    z = _arguments(count)
    whole = _of(lender, z)
    formula = formula_of(lender, *z)
    for index in (i for i in range(count) if varies[i]):
        slope = _derivative(whole, z[index])
        if not isinstance(formula, lender) and _differ(slope, sympy.diff(formula, z[index]), z):
            raise Mistake(
                f"{lender.__name__}: its fdiff({index + 1}) gives {slope}, and the derivative of its formula {formula} "
                f"is {sympy.diff(formula, z[index])}"
            )


def _derivative(whole: Expr, z: Symbol) -> Expr:
    name = type(whole).__name__
    try:
        slope = sympy.diff(whole, z)
    except Exception as error:  # a user's fdiff may raise anything
        raise Mistake(f"{name} cannot be differentiated: {shown(error, 80)}") from None
    if slope.has(sympy.Derivative, sympy.Subs) or slope.has(sympy.nan, sympy.zoo, sympy.I):
        raise Mistake(
            f"SymPy knows no derivative of {name}; give the function by a formula, as with symnet.define, or by a "
            "class with fdiff"
        )
    return slope


def _differ(a: Expr, b: Expr, z: tuple[Symbol, ...]) -> bool:
    """Whether two formulas differ at a point where both are real numbers."""
    for point in _POINTS:
        numbers = {name: sympy.Rational(x) for name, x in zip(z, (*point, *point), strict=False)}
        values = [formula.subs(numbers).evalf(20) for formula in (a, b)]
        there = all(value.is_Float or value.is_Integer for value in values)
        if there and sympy.Abs(values[0] - values[1]) > _FAR * (1 + sympy.Abs(values[1])):
            return True
    return False


def _arguments(count: int) -> tuple[Symbol, ...]:
    return tuple(symbol(f"argument {i + 1}") for i in range(count))


def _of(lender: Kind, z: tuple[Symbol, ...]) -> Expr:
    """The function of symbols; raises Mistake where some arguments can be numbers alone, as DiracDelta's second."""
    try:
        return lender(*z)
    except Exception as error:  # whatever its eval raises
        why = shown(" ".join(str(error).split()), 80)
        raise Mistake(f"{lender.__name__} cannot be differentiated: {why}") from None


@cache
def _slope(function: Any, index: int, count: int) -> tuple[tuple[Symbol, ...], Symbol, Expr]:
    """(the arguments, the output, the derivative in them), as symbols to be replaced."""
    z, y = _arguments(count), symbol("output")
    whole = _of(function.lender, z)
    slope = _derivative(whole, z[index])
    return z, y, function.read(slope.xreplace({whole: y}))
