"""Local derivatives: how one right-hand side depends on the names written in it.

The rules are the school's (sum, product, power, chain) and keep the author's order and brackets, because the result
is printed: ∂/∂o of ½(t − o)² is −(t − o), and w₁x₁ + w₂x₂ gives x₁.  ``sympy.diff`` gives the same value in an order of
its own; the tests hold the two together.
"""

from __future__ import annotations

from sympy import Piecewise, Rational

from symnet.algebra import functions
from symnet.algebra.cases import Cases
from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    ZERO,
    Equation,
    Expr,
    Symbol,
    add,
    names_in,
    number_of,
    power,
    product,
    total,
)
from symnet.algebra.scalar import local_derivative
from symnet.algebra.stopping import without_stops
from symnet.algebra.zero_logarithms import slope_of_log


def local_derivatives(equation: Equation) -> dict[Symbol, Expr]:
    """{name: ∂lhs/∂name} for every name of the right-hand side, in the order written.

    A long sum is differentiated term by term, each term for its own names, so the work is linear in its length.
    """
    rhs = recognized(equation.rhs)
    terms = rhs.args if rhs.is_Add else (rhs,)
    output = None if rhs.is_Add else equation.lhs
    parts: dict[Symbol, list[Expr]] = {}
    for term in terms:
        for name in names_in(term):
            parts.setdefault(name, []).append(differentiate(term, name, output))
    if rhs.has(functions.stop_gradient):  # it has said what it had to: of u·sg(h) the slope in u is h
        return {name: without_stops(total(*slopes)) for name, slopes in parts.items()}
    return {name: total(*slopes) for name, slopes in parts.items()}


def recognized(expr: Expr) -> Expr:
    """σ(z) for a sigmoid written out, 1/(1 + exp(−z)), whose derivative the field writes y(1 − y); else as it is."""
    inverse = expr.args[1] if expr.is_Mul and len(expr.args) == 2 and expr.args[0] == 1 else expr
    if inverse.is_Pow and inverse.exp == MINUS_ONE and inverse.base.is_Add and len(inverse.base.args) == 2:
        one, other = sorted(inverse.base.args, key=lambda term: isinstance(term, functions.exp))
        if one == 1 and isinstance(other, functions.exp):
            return functions.sigmoid(product(MINUS_ONE, other.args[0]))
    return expr


def differentiate(expr: Expr, x: Symbol, output: Expr | None = None) -> Expr:
    """∂expr/∂x.  ``output`` is the name of the whole expression, where it has one: y = σ(z) gives y(1 − y)."""
    if expr.is_Symbol:
        return ONE if expr == x else ZERO
    if x not in names_in(expr):
        return ZERO
    if expr.is_Add:
        return total(*(differentiate(term, x) for term in expr.args))
    if expr.is_Mul:
        return _product_rule(expr.args, x)
    if expr.is_Pow:
        return _power_rule(expr.base, expr.exp, x, expr if output is None else output)
    if isinstance(expr, Piecewise):
        return _case_by_case(expr, x)
    return total(
        *(
            product(local_derivative(expr.func, i, expr.args, output), differentiate(argument, x))
            for i, argument in enumerate(expr.args)
            if x in names_in(argument)
        )
    )


def _case_by_case(expr: Expr, x: Symbol) -> Expr:
    """The derivative of each case under the same condition; where cases meet it is that of the case that holds."""
    slopes = [(differentiate(value, x), condition) for value, condition in expr.args]
    return Cases(*slopes) if any(slope != 0 for slope, _ in slopes) else ZERO


def _product_rule(factors: tuple[Expr, ...], x: Symbol) -> Expr:
    """(f g h)′ = f′ g h + f g′ h + f g h′, without the zeros."""

    def slope(i: int, factor: Expr) -> Expr:
        if isinstance(factor, functions.log):  # of c ln x it is 0 where c and x are
            return product(slope_of_log(factors, i), differentiate(factor.args[0], x))
        return differentiate(factor, x)

    return total(
        *(
            product(*factors[:i], slope(i, factor), *factors[i + 1 :])
            for i, factor in enumerate(factors)
            if x in names_in(factor)
        )
    )


def _power_rule(base: Expr, exponent: Expr, x: Symbol, output: Expr) -> Expr:
    """(uⁿ)′ = n uⁿ⁻¹ u′, and (uᵛ)′ = v uᵛ⁻¹ u′ + uᵛ log(u) v′ in general."""
    slopes = []
    number = number_of(exponent)
    if x in names_in(base) and number == MINUS_ONE and isinstance(base, functions.sqrt):
        (inside,) = base.args  # (1/√u)′ = −½ u′/(u √u), which nobody writes as u′/((√u)² · 2√u)
        below = (power(inside, MINUS_ONE), power(base, MINUS_ONE))
        slopes.append(product(Rational(-1, 2), differentiate(inside, x), *below))
    elif x in names_in(base):
        less = add(exponent, MINUS_ONE) if number is None else number - 1
        lower = base if less == ONE else power(base, less)
        slopes.append(product(exponent, lower, differentiate(base, x)))
    if x in names_in(exponent):
        slopes.append(product(output, functions.log(base), differentiate(exponent, x)))
    return total(*slopes)
