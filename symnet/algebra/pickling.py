"""What pickle, copy and deepcopy give back of an expression: the very same formula.

SymPy rebuilds an expression from its arguments, and evaluates it: 2·3·d·1·d came back as 6 d².  Here the classes that
evaluate (sums, products, powers, comparisons) are rebuilt as they stand, by SymPy's own means, so whoever opens the
pickle needs nothing of ours.  For an expression that SymPy has evaluated that is the same.

The classes of functions that are made while a program runs (ReLU′, one from ``define``, one that is ``borrowed``)
cannot be looked up by name in another process.  ``key_of`` says how each is made, ``of_key`` makes it.
"""

from __future__ import annotations

import copyreg
import sys
from functools import cache
from typing import Any

from sympy import Add, Mul, Pow
from sympy.core.relational import GreaterThan, LessThan, StrictGreaterThan, StrictLessThan


def _as_it_stands(expr: Any) -> tuple[Any, ...]:
    return copyreg.__newobj_ex__, (type(expr), expr.args, {"evaluate": False})  # type: ignore[attr-defined]


for _kind in (Add, Mul, Pow, StrictGreaterThan, GreaterThan, StrictLessThan, LessThan):
    copyreg.pickle(_kind, _as_it_stands)


def applied(key: tuple[Any, ...], arguments: tuple[Any, ...]) -> Any:
    """A function of ours of its arguments."""
    return of_key(key)(*arguments, evaluate=False)


def key_of(function: Any) -> tuple[Any, ...]:
    """How a class of functions is found or made again, in things that pickle knows."""
    home = sys.modules.get(function.__module__)
    if getattr(home, function.__qualname__, None) is function:
        return "class", function
    if (of := getattr(function, "derivative_of", None)) is not None:
        return "derivative", key_of(of), function.index, function.arguments[0]
    if (lender := getattr(function, "lender", None)) is not None:
        return "borrowed", lender
    return "defined", *_formulas(function)


@cache
def of_key(key: tuple[Any, ...]) -> Any:
    """The class of functions that a key is of; one defined by a user is the one defined here, where it is the same."""
    # Functions and what reads SymPy's stand above the equations that are pickled by this.
    from symnet.algebra import functions
    from symnet.algebra.borrowed import borrowed
    from symnet.algebra.from_sympy import plain
    from symnet.algebra.scalar import derived

    kind, first, *rest = key
    if kind == "class":
        return first
    if kind == "derivative":
        return derived(of_key(first), *rest)
    if kind == "borrowed":
        return borrowed(first, plain)
    known = functions.CATALOGUE.get(first)
    return known if known is not None and key_of(known) == key else _made(*key[1:])


@cache
def _formulas(function: Any) -> tuple[Any, ...]:
    """(name, notation, numbers of arguments, the formula for each number, the derivative for each, if stated)."""
    from symnet.algebra.equations import symbol
    from symnet.algebra.scalar import ScalarFunction, formula

    least, most = function.arguments
    counts = range(least, (least if most is None else most) + 1)
    stated = function.derivative is not ScalarFunction.derivative
    formulas = tuple((count, *formula(function, count)) for count in counts)
    slopes = tuple((n, z, function.derivative(symbol("output"), *z)) for n, z, _ in formulas) if stated else ()
    return function.__name__, function.notation, function.arguments, formulas, slopes


def _made(name: str, notation: str, arguments: Any, formulas: tuple[Any, ...], slopes: tuple[Any, ...]) -> Any:
    from symnet.algebra.equations import replace, symbol
    from symnet.algebra.functions import made

    def definition(*new: Any) -> Any:
        z, written = next((z, written) for count, z, written in formulas if count == len(new))
        return written.subs(dict(zip(z, new, strict=True)), simultaneous=True)

    def derivative(y: Any, *new: Any) -> Any:
        z, written = next((z, written) for count, z, written in slopes if count == len(new))
        return replace(written, {symbol("output"): y, **dict(zip(z, new, strict=True))})

    return made(name, definition, derivative if slopes else None, notation, arguments)
