"""Derivatives worked one rule a line, as a person writes them: quotient rule, then sum rule, then the exponential.

``steps`` gives the lines with the rules they use.  What is still to be worked out in a line is a ``Pending``; the last
line is proved equal to ``sympy.diff`` of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import sympy

from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    ZERO,
    Expr,
    Symbol,
    add,
    divide,
    multiply,
    names_in,
    negate,
    power,
    product,
    replace,
    total,
)
from symnet.algebra.scalar import ScalarFunction, local_derivative
from symnet.notation.maths import PARTIAL, Brackets, Fraction, Maths, Number, Root, Script, Word, row
from symnet.notation.names import Names
from symnet.notation.typesetter import _ATOM, _POWER, _PRODUCT, Typesetter

_TWO, _HALF = sympy.Integer(2), sympy.Rational(1, 2)
_SPOKEN = {"exp": "exponential", "log": "logarithm", "ln": "logarithm", "sqrt": "root", "abs": "absolute value"}


class Pending(sympy.Function):  # type: ignore[misc]
    """The derivative of its first argument in its second, still to be worked out."""

    @classmethod
    def eval(cls, *_: Expr) -> None:
        """Never evaluated by itself."""


@dataclass(frozen=True)
class Step:
    """One line of a derivative and the rules that lead to it."""

    expr: Expr
    rules: tuple[str, ...]


class RulesTypesetter(Typesetter):
    """Typesets lines with derivatives to be worked out: (u)′, or ∂/∂x (u) where there are several variables."""

    def __init__(self, names: Names, several: bool = False) -> None:
        super().__init__(names)
        self.several = several

    def _typeset(self, expr: Expr) -> tuple[Maths, int]:
        if expr.is_Pow and expr.exp in (_HALF, -_HALF):
            root = Root(self.maths(expr.base))
            return (root, _ATOM) if expr.exp == _HALF else (Fraction(Number("1"), root), _PRODUCT)
        if not isinstance(expr, Pending):
            return super()._typeset(expr)
        body, x = expr.args
        node, binding = super()._typeset(body)
        if self.several:
            return row(Fraction(PARTIAL, row(PARTIAL, self.maths(x))), Brackets(node)), _PRODUCT
        plain = binding == _ATOM and not isinstance(node, Script)
        return Script(node if plain else Brackets(node), sup=Word("′")), _POWER


def steps(expr: Expr, x: Symbol, shorten: bool = True) -> tuple[Step, ...]:
    """The lines from (expr)′ to the derivative, one level of rules a line, tidied and perhaps shortened at the end."""
    current = Pending(expr, x, evaluate=False)
    lines = [Step(current, ())]
    while current.has(Pending):
        rules: dict[str, None] = {}
        current = _one_level(current, rules)
        lines.append(Step(current, tuple(rules)))
    tidied = tidy(current)
    if shorten and sympy.count_ops(shorter := shortened(tidied)) < sympy.count_ops(tidied):
        tidied = shorter
    if tidied != current:
        lines.append(Step(tidied, ("simplified",)))
        current = tidied
    if not same(current, sympy.diff(evaluated(expr), x)):
        raise AssertionError(f"{current} is not the derivative of {expr} in {x}")
    return tuple(lines)


def _derivative(expr: Expr, x: Symbol) -> Expr:
    """The derivative where it is plain to see (of x, of a constant, of −x and x − t), otherwise Pending."""
    if expr == x:
        return ONE
    if x not in names_in(expr):
        return ZERO
    if expr.is_Mul and expr.args[0].is_Rational:
        return _scaled(expr.args[0], _derivative(multiply(*expr.args[1:]), x))
    if expr.is_Add and not (slope := total(*(_derivative(term, x) for term in expr.args))).has(Pending):
        return slope
    return Pending(expr, x, evaluate=False)


def _scaled(number: Expr, slope: Expr) -> Expr:
    return number if slope == 1 else multiply(number, slope)


def _one_level(expr: Expr, rules: dict[str, None]) -> Expr:
    """The expression with every derivative in it worked by one rule."""
    if isinstance(expr, Pending):
        body, x = expr.args
        return _by_rule(body, x, rules)
    if not expr.has(Pending):
        return expr
    parts = [_one_level(argument, rules) for argument in expr.args]
    if expr.is_Add:
        return total(*parts)
    return ZERO if expr.is_Mul and ZERO in parts else expr.func(*parts, evaluate=False)


def _by_rule(expr: Expr, x: Symbol, rules: dict[str, None]) -> Expr:
    if expr == x:
        rules[f"derivative of {x.name}"] = None
        return ONE
    if x not in names_in(expr):
        rules["derivative of a constant"] = None
        return ZERO
    if expr.is_Add:
        constant = any(x not in names_in(term) for term in expr.args)
        rules["sum rule, constants drop out" if constant else "sum rule"] = None
        return total(*(_derivative(term, x) for term in expr.args))
    if expr.is_Mul:
        return _of_product(expr.args, x, rules)
    if expr.is_Pow and expr.exp == MINUS_ONE:
        rules["reciprocal rule"] = None
        return negate(multiply(_derivative(expr.base, x), power(expr.base, -_TWO)))
    if expr.is_Pow and x not in names_in(expr.exp):
        rules["power rule"] = None
        lower = expr.base if expr.exp == 2 else power(expr.base, add(expr.exp, MINUS_ONE).doit())
        return _with_inner(multiply(expr.exp, lower), expr.base, x, rules)
    name = type(expr).__name__
    places = [i for i, argument in enumerate(expr.args) if x in names_in(argument)]
    if isinstance(expr, ScalarFunction) or places == [0]:
        rules[f"derivative of the {_SPOKEN[name]}" if name in _SPOKEN else f"derivative of {_spelled(expr)}"] = None
        return add(*(_with_inner(_slope(expr, i), expr.args[i], x, rules) for i in places))
    raise AssertionError(f"no rule for {expr}")


def _spelled(expr: Expr) -> str:
    return {"\\sigma": "σ"}.get(getattr(expr, "notation", ""), getattr(expr, "notation", "") or type(expr).__name__)


def _slope(expr: Expr, place: int) -> Expr:
    """The derivative of a function in one of its arguments."""
    if isinstance(expr, ScalarFunction):
        return local_derivative(expr.func, place, expr.args)
    return _elementary(expr, type(expr).__name__)


def _elementary(expr: Expr, name: str) -> Expr:
    """The derivative of one of SymPy's own functions at its argument."""
    return expr if name == "exp" else divide(ONE, expr.args[0]) if name == "log" else expr.fdiff(1)


def _with_inner(slope: Expr, inner: Expr, x: Symbol, rules: dict[str, None]) -> Expr:
    """f′(u) · u′, the chain rule, where u is more than x itself."""
    if inner == x:
        return slope
    rules["chain rule"] = None
    return multiply(*(slope.args if slope.is_Mul else (slope,)), _derivative(inner, x))


def _of_product(factors: tuple[Expr, ...], x: Symbol, rules: dict[str, None]) -> Expr:
    fixed = [factor for factor in factors if x not in names_in(factor)]
    moving = [factor for factor in factors if x in names_in(factor)]
    if fixed:
        rules["constant factor"] = None
        return multiply(*fixed, _derivative(multiply(*moving), x))
    below = [factor for factor in moving if factor.is_Pow and factor.exp.is_Rational and factor.exp < 0]
    above = [factor for factor in moving if factor not in below]
    if below and above:
        rules["quotient rule"] = None
        n = multiply(*above)
        d = multiply(*(f.base if f.exp == MINUS_ONE else power(f.base, -f.exp) for f in below))
        top = add(multiply(_derivative(n, x), d), negate(multiply(n, _derivative(d, x))))
        return multiply(top, power(d, -_TWO))
    rules["product rule"] = None
    first, rest = moving[0], multiply(*moving[1:])
    return total(multiply(_derivative(first, x), rest), multiply(first, _derivative(rest, x)))


# -- tidying and proving ----------------------------------------------------------------------------------------------


def tidy(expr: Expr) -> Expr:
    """Numbers merged, zeros and ones gone, equal factors side by side as a power; the order is kept."""
    if not expr.args:
        return expr
    parts = [tidy(argument) for argument in expr.args]
    if expr.is_Add:
        numbers = [part for part in parts if part.is_Rational]
        return (
            total(*(part for part in parts if not part.is_Rational), sum(numbers, ZERO))
            if numbers[1:]
            else total(*parts)
        )
    if expr.is_Mul:
        return _divided(_gathered(product(*parts)))
    if expr.is_Pow:
        base, exponent = parts
        if exponent == MINUS_ONE and base.is_Mul:  # 1/(2u) is 1/2 · 1/u, so that the 2 can cancel
            return product(*(power(factor, MINUS_ONE) for factor in base.args))
        return base if exponent == 1 else power(base, exponent)
    return expr.func(*parts, evaluate=False)


def _gathered(expr: Expr) -> Expr:
    """a·a as a²."""
    if not expr.is_Mul:
        return expr
    groups = [(base, len(list(group))) for base, group in groupby(expr.args)]
    return product(*(base if count == 1 else power(base, sympy.Integer(count)) for base, count in groups))


def _divided(expr: Expr) -> Expr:
    """(a − b)/2 rather than 0.5·(a − b)."""
    first = expr.args[0] if expr.is_Mul else ONE
    if not (first.is_Rational and 1 < first.q < 10):
        return expr
    above = product(sympy.Integer(first.p), *expr.args[1:])
    return divide(above, sympy.Integer(first.q))


def shortened(expr: Expr) -> Expr:
    """The expression over one fraction line and cancelled, its functions taken as plain names."""
    plain, back = _with_plain_functions(evaluated(expr))
    shorter = in_order(min((sympy.factor(plain), sympy.cancel(plain)), key=sympy.count_ops))
    while any(name in back for name in names_in(shorter)):
        shorter = replace(shorter, back)
    return shorter


def together(expr: Expr) -> Expr:
    """The expression over one fraction line, or multiplied out where it has none."""
    plain, back = _with_plain_functions(evaluated(expr))
    common = sympy.together(plain)
    return (sympy.expand(plain) if common == plain else common).xreplace(dict(back))


def evaluated(expr: Expr) -> Expr:
    """The expression with its sums, products and powers worked out by SymPy, in an order of its own."""
    if not expr.args:
        return expr
    return expr.func(*(evaluated(argument) for argument in expr.args))


def in_order(expr: Expr) -> Expr:
    """An expression of SymPy's as a person writes it: terms with a minus after the others, divisors last."""
    if expr.is_Add:
        terms = [in_order(term) for term in expr.as_ordered_terms()]
        return add(*sorted(terms, key=_is_negative))
    if expr.is_Mul:
        return _divided(product(*map(in_order, expr.as_ordered_factors())))
    if expr.args and not isinstance(expr, sympy.Piecewise):
        return expr.func(*map(in_order, expr.args), evaluate=False)
    return expr


def _is_negative(term: Expr) -> bool:
    first = term.args[0] if term.is_Mul else term
    return bool(first.is_Rational and first < 0)


def same(one: Expr, other: Expr) -> bool:
    """Whether two expressions are equal, proved: rational in their exponentials and functions, or by simplifying."""
    difference = evaluated(sympy.sympify(one) - sympy.sympify(other))
    plain, _ = _with_plain_functions(difference)
    if sympy.cancel(plain) == 0:
        return True
    return bool(sympy.simplify(difference.doit().rewrite(sympy.exp)) == 0)


def _with_plain_functions(expr: Expr) -> tuple[Expr, Mapping[Expr, Expr]]:
    """The expression rational in plain names that stand for its functions; and what they stand for.

    e^u and e^(−u) are one name and its reciprocal only in ``same``'s second proof; here each is a name.
    """
    functions = sorted(
        (node for node in sympy.preorder_traversal(expr) if isinstance(node, (sympy.Function, sympy.exp))),
        key=sympy.count_ops,
        reverse=True,
    )
    forth = {node: sympy.Dummy(f"u{i}") for i, node in enumerate(dict.fromkeys(functions))}
    return expr.xreplace(forth), {name: node for node, name in forth.items()}
