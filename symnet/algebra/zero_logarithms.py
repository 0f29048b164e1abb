"""0·ln 0 is 0, and so is its slope: what a cross-entropy says of a class that is certain to be another.

A logarithm times something is worked as c ln(x), with 1 for the x where c and x both are 0; its slope c/x likewise.
That is decided by the formula, c·ln x, and by exact zeros: a quotient 0/0 that comes from elsewhere has no value.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sympy

from symnet.algebra import functions
from symnet.algebra.equations import ONE, ZERO, Expr, divide, names_in, product
from symnet.algebra.scalar import ScalarFunction


class logged(ScalarFunction):
    """x, under a logarithm that is multiplied by c: 1 where both are 0, otherwise x.  It is printed as x."""

    arguments = (2, 2)

    @staticmethod
    def definition(x: Expr, c: Expr) -> Expr:
        return sympy.Piecewise((1, sympy.And(c >= 0, c <= 0, x >= 0, x <= 0)), (x, True))

    @staticmethod
    def slope(index: int, output: Expr | None, arguments: tuple[Expr, ...]) -> Expr:
        """That of x, which it is printed as: t/p is −t/p² further on.  Where t and p are 0 the t beside it is, too."""
        return ONE if index == 0 else ZERO


def guarded(factors: Sequence[Expr]) -> Sequence[Expr]:
    """The factors of a product, its logarithms taken of ``logged`` numbers."""
    if not any(isinstance(factor, functions.log) for factor in factors):
        return factors
    return [
        factor.func(logged(factor.args[0], c))
        if isinstance(factor, functions.log) and (c := coefficient(factors, i)) != 1
        else factor
        for i, factor in enumerate(factors)
    ]


def slope_of_log(factors: Sequence[Expr], i: int) -> Expr:
    """1/x for the logarithm at place i of a product."""
    x, c = factors[i].args[0], coefficient(factors, i)
    return divide(ONE, x if c == 1 else logged(x, c))


def coefficient(factors: Sequence[Expr], i: int) -> Expr:
    """What the logarithm at place i is multiplied by, without numbers and divisors; 1 where that is all there is."""
    x = factors[i].args[0]
    if isinstance(x, logged) or not names_in(x):
        return ONE
    others = [f for k, f in enumerate(factors) if k != i and names_in(f) and not (f.is_Pow and f.exp.is_negative)]
    return product(*others)


def logarithms_with_factors(expr: Expr) -> Iterator[tuple[Expr, Expr]]:
    """(x, c) for every c ln x with names in c."""
    for part in sympy.preorder_traversal(expr):
        for i, factor in enumerate(part.args if part.is_Mul else ()):
            if isinstance(factor, functions.log) and (c := coefficient(part.args, i)) != 1:
                yield factor.args[0], c


def unmarked(expr: Expr) -> Expr:
    """The expression with x in the place of ``logged`` x."""
    if isinstance(expr, logged):
        return unmarked(expr.args[0])
    if not expr.has(logged):
        return expr
    return expr.func(*map(unmarked, expr.args), evaluate=False)
