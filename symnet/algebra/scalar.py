"""What a scalar function is: a formula, and its derivative, derived or proved.

The derivative of a function is what ``sympy.diff`` makes of its definition.  Where the field writes it in terms of the
output (σ′ = y(1 − y)) a class states that form, and it is proved equal before it is first used, never trusted.
"""

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

import sympy
from sympy import Piecewise

from symnet.algebra.equations import Expr, Symbol, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.pickling import applied, key_of

# A class of functions; to the type checker anything, because SymPy gives its classes a hash of their own.
Kind: TypeAlias = Any


class ScalarFunction(sympy.Function):  # type: ignore[misc]
    """A function of one variable z, perhaps with further arguments such as a slope."""

    notation: str = ""
    kink: str = ""  # its derivative at 0 by convention, where it has none, in words for the sheet
    is_slope: bool = False  # whether it only says a slope, as ReLU′ does, and is best shown as its number
    of_a_user: bool = False  # whether its formula is a user's, whatever a library means by its name
    arguments: tuple[int, int | None] = (1, 1)

    @staticmethod
    def definition(*z: Expr) -> Expr:
        """The formula, in SymPy's own functions."""
        raise NotImplementedError

    @staticmethod
    def written(*z: Expr) -> Expr | None:
        """The formula as a sheet writes it out, where the function has no name of its own there."""
        return None

    @staticmethod
    def derivative(y: Expr, *z: Expr) -> Expr:
        """The derivative in the first argument as the field writes it, in terms of the output y and the arguments."""
        raise NotImplementedError

    @classmethod
    def eval(cls, *_: Expr) -> None:
        """Never evaluated by itself: relu(3) stays relu(3) until a number is asked for."""

    def fdiff(self, argindex: int = 1) -> Expr:
        return local_derivative(type(self), argindex - 1, self.args)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return applied, (key_of(type(self)), self.args)

    def doit(self, **hints: Any) -> Expr:
        expanded = sympy.sympify(self.definition(*(argument.doit(**hints) for argument in self.args)))
        # A definition may use functions of this catalogue, as max of three uses max of two.
        return expanded.doit(**hints) if expanded.has(ScalarFunction) else expanded


@cache
def formula(function: Kind, count: int = 1) -> tuple[tuple[Symbol, ...], Expr]:
    """The definition in ``count`` plain symbols z, z2, …: (the symbols, the formula)."""
    z = tuple(symbol("z" if i == 0 else f"z{i + 1}") for i in range(count))
    return z, sympy.sympify(function.definition(*z))


@cache
def derived(function: Kind, index: int, count: int) -> type[ScalarFunction] | Expr:
    """The derivative of a function in argument ``index`` (from 0), by sympy.diff.

    A function of the same arguments, named f′, or a plain number where the derivative is constant.
    """
    z, y = formula(function, count)
    slope = sympy.diff(y, z[index])
    if y.has(sympy.floor):  # flat wherever it has a slope, which SymPy leaves open
        slope = slope.replace(_of_floor, lambda _: sympy.S.Zero).doit()
    if slope.is_number:
        return slope
    name = function.__name__ + ("'" if index == 0 else f"'{index + 1}")
    members = {
        "definition": staticmethod(lambda *values: slope.subs(dict(zip(z, values, strict=True)), simultaneous=True)),
        "notation": function.notation,
        "arguments": (count, count),
        "derivative_of": function,
        "is_slope": True,
        "index": index,
    }
    return type(name, (ScalarFunction,), members)


def _of_floor(expr: Expr) -> bool:
    return isinstance(expr, sympy.Derivative) and isinstance(expr.expr, sympy.floor)


@cache
def prove(function: Kind, count: int = 1) -> None:
    """Prove that the stated derivative is sympy.diff of the definition, piece by piece; raises Mistake if not."""
    z, definition = formula(function, count)
    y = symbol("y")
    stated = sympy.sympify(function.derivative(y, *z)).doit().subs(y, definition).doit()
    difference = sympy.piecewise_fold(stated - sympy.diff(definition, z[0]).doit())
    pieces = [piece for piece, _ in difference.args] if isinstance(difference, Piecewise) else [difference]
    for piece in pieces:
        in_exponentials = piece.rewrite(sympy.exp)
        # Most are quotients of exponentials, of which it is soon seen that they cancel.
        if sympy.cancel(in_exponentials) != 0 and sympy.simplify(in_exponentials) != 0:
            raise Mistake(
                f"{function.__name__}: the stated derivative {function.derivative(y, *z)} is not the derivative of "
                f"{definition}, which is {sympy.diff(definition, z[0])}"
            )


def local_derivative(function: Kind, index: int, arguments: tuple[Expr, ...], output: Expr | None = None) -> Expr:
    """∂f/∂(argument ``index``) at the arguments, in terms of ``output`` (or f itself) where the field writes it so."""
    if (slope_of := getattr(function, "slope", None)) is not None:  # a function that says all of its derivatives
        slope_in: Expr = slope_of(index, output, arguments)
        return slope_in
    if index == 0 and function.derivative is not ScalarFunction.derivative:
        prove(function, len(arguments))
        stated: Expr = function.derivative(function(*arguments) if output is None else output, *arguments)
        return stated
    slope = derived(function, index, len(arguments))
    return slope(*arguments) if isinstance(slope, type) else slope
