"""From names, numbers and expressions to the tree of maths that is printed.

An expression keeps its author's order and brackets.  Given numbers, each name is printed as its number *at print time*:
w₁x₁ + w₂x₂ becomes 2·1 + (−3)·(−1), which no expression could hold without being worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP
from fractions import Fraction as Rational
from itertools import pairwise

import sympy

from symnet.algebra.equations import MINUS_ONE, Expr
from symnet.algebra.scalar import ScalarFunction
from symnet.algebra.stopping import stop_gradient
from symnet.algebra.zero_logarithms import logged
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.notation.maths import (
    COMMA,
    DOT,
    MINUS,
    NEGATIVE,
    PLUS,
    Brackets,
    Cases,
    Fraction,
    Letter,
    Maths,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Times,
    Word,
    joined,
    row,
)
from symnet.notation.names import Names, parse_latex

_RELATIONS = {"StrictGreaterThan": ">", "GreaterThan": "≥", "StrictLessThan": "<", "LessThan": "≤"}


# -- numbers ----------------------------------------------------------------------------------------------------------


def is_shown_exactly(value: Value, digits: int, places: int | None = None) -> bool:
    """Whether ``number`` prints the value itself and not a rounding of it."""
    if not isinstance(value, Rational):
        return isinstance(value, Undefined)
    if places and has_places(value, places):
        return True
    return _is_short_fraction(value) or exact.as_fraction(exact.decimal(value, digits)) == value


def number(value: Value, digits: int, places: int | None = None) -> Maths:
    """The value as a decimal of at most ``digits`` significant digits, or as a short fraction where that is exact.

    A number of a working that rounds every line to so many ``places`` is written with all of them, 0.0170, but for a
    whole one: the 0 of a dead unit and the slope 1 are nothing that was rounded.
    """
    if isinstance(value, Undefined):
        return Word("undefined")
    if places and isinstance(value, Rational) and has_places(value, places):
        return row(*(NEGATIVE,) * (value < 0), Number(in_places(abs(value), places)))
    rounded = exact.decimal(value, digits, ROUND_HALF_UP)
    if isinstance(value, Rational) and _is_short_fraction(value) and exact.as_fraction(rounded) != value:
        sign = (NEGATIVE,) if value < 0 else ()
        return row(*sign, Fraction(Number(str(abs(value.numerator))), Number(str(value.denominator))))
    exactly = is_shown_exactly(value, digits)
    mantissa, _, exponent = exact.written(rounded, digits if not exactly else 0).partition("e")
    minus = mantissa.startswith("-")
    node: Maths = Number(mantissa.lstrip("-"))
    if exponent:
        power = Number(exponent.lstrip("-"))
        ten = Script(Number("10"), sup=row(NEGATIVE, power) if exponent.startswith("-") else power)
        node = ten if node == Number("1") else row(node, DOT, ten)
    return row(NEGATIVE, node) if minus else node


def in_threes(node: Maths) -> Maths:
    """A whole number with its digits in threes, 117,600; any other node as it is."""
    return Number(f"{int(node.text):,}") if isinstance(node, Number) and node.text.isdigit() else node


def given_number(value: Rational) -> Maths:
    """A number as an exercise gives it, in full: every digit of a finite decimal, otherwise a fraction."""
    sign = (NEGATIVE,) if value < 0 else ()
    if not _is_finite_decimal(value):
        return row(*sign, Fraction(Number(str(abs(value.numerator))), Number(str(value.denominator))))
    digits = exact.decimal(abs(value), 5_000)
    if -12 <= digits.adjusted() <= 40:
        return row(*sign, Number(format(digits, "f")))
    return number(value, 5_000)


def _is_finite_decimal(value: Rational) -> bool:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def in_places(value: Rational, places: int) -> str:
    """A number that ends after so many decimals, with all of them: 0.0170."""
    whole, rest = divmod(abs(value.numerator) * 10**places // value.denominator, 10**places)
    return f"{'-' * (value < 0)}{whole}.{rest:0{places}}"


def has_places(value: Rational, places: int) -> bool:
    """Whether the number is no whole one and ends after at most so many decimals."""
    return value.denominator > 1 and 10**places % value.denominator == 0


def _is_short_fraction(value: Rational) -> bool:
    """2/3, but not 1/2, which is a finite decimal."""
    return abs(value.numerator) < 1000 and value.denominator < 1000 and not _is_finite_decimal(value)


# -- expressions ------------------------------------------------------------------------------------------------------

_SUM, _PRODUCT, _POWER, _ATOM = range(4)


class Typesetter:
    """Turns expressions into maths, with names or, given ``values``, with numbers in their place.

    ``worked`` may give the number of a function's value that is better shown than its name, as ReLU′(5) is 1.  Where
    every line is rounded to so many ``places``, numbers are written with all of them, but those ``given`` as they are.
    Where numbers are ``counts``, they are written as 117,600.
    """

    def __init__(
        self,
        names: Names,
        values: Mapping[str, Value] | None = None,
        digits: int = 6,
        worked: Callable[[ScalarFunction], Value] | None = None,
        places: int | None = None,
        given: Mapping[str, Value] | None = None,
        counts: bool = False,
    ) -> None:
        self.names = names
        self.values = values
        self.digits = digits
        self.worked = worked
        self.places = places
        self.given = given or {}
        self.counts = counts

    def maths(self, expr: Expr) -> Maths:
        return self._typeset(expr)[0]

    def _typeset(self, expr: Expr) -> tuple[Maths, int]:
        """The maths and how tightly it binds."""
        if expr.is_Symbol:
            if self.values is None:
                return self.names.node(expr.name), _ATOM
            value = self.values[expr.name]
            return self._number(value, places=None if self.given.get(expr.name) == value else self.places)
        if expr.is_Rational:
            return self._number(Rational(int(expr.p), int(expr.q)), 20)
        if expr.is_Add:
            return self._sum(expr.args), _SUM
        if expr.is_Mul:
            return self._product(expr.args)
        if expr.is_Pow:
            return self._power(expr)
        if expr is sympy.pi:
            return Letter("π"), _ATOM
        if isinstance(expr, sympy.Piecewise):
            return self._cases(expr), _SUM
        if type(expr).__name__ in _RELATIONS:
            sign = Operator(_RELATIONS[type(expr).__name__])
            return row(self.maths(expr.args[0]), sign, self.maths(expr.args[1])), _SUM
        if isinstance(expr, (sympy.And, sympy.Or)):
            word = Word(" and ") if isinstance(expr, sympy.And) else Word(" or ")
            return joined([self.maths(part) for part in expr.args], word), _SUM
        if isinstance(expr, logged):
            return self._typeset(expr.args[0])
        return self._function(expr)

    def _number(self, value: Value, digits: int | None = None, places: int | None = None) -> tuple[Maths, int]:
        node = number(value, digits or self.digits, places)
        if self.counts:
            node = in_threes(node)
        if isinstance(node, Row):
            return node, _SUM if node.items[0] == NEGATIVE else _PRODUCT
        if isinstance(node, Script):  # a power of ten
            return node, _POWER
        return node, _PRODUCT if isinstance(node, Fraction) else _ATOM

    def _sum(self, terms: tuple[Expr, ...]) -> Maths:
        items: list[Maths] = []
        for i, term in enumerate(terms):
            minus, rest = _sign(term)
            node, binding = self._typeset(rest)
            # A term that is a sum, or a number put in with a sign of its own, needs brackets; not the very first.
            if (binding == _SUM and (i > 0 or minus)) or (i == 0 and not minus and isinstance(rest, sympy.Add)):
                node = Brackets(node)
            elif (i > 0 or minus) and _starts_with_minus(node):
                node = self._typeset_first_bracketed(rest)
            if i > 0:
                items.append(MINUS if minus else PLUS)
            elif minus:
                items.append(NEGATIVE)
            items.append(node)
        return row(*items)

    def _typeset_first_bracketed(self, expr: Expr) -> Maths:
        """A product whose first factor is a negative number, in the middle of a sum: + (−3)·(−1)."""
        if expr.is_Mul:
            return self._product(expr.args, first=False)[0]
        return Brackets(self.maths(expr))

    def _product(self, factors: tuple[Expr, ...], first: bool = True) -> tuple[Maths, int]:
        minus = len(factors) > 1 and factors[0] == MINUS_ONE
        node, binding = self._factors(factors[1:] if minus else factors, first and not minus)
        return (row(NEGATIVE, node), _SUM) if minus else (node, binding)

    def _factors(self, factors: tuple[Expr, ...], first: bool) -> tuple[Maths, int]:
        """Factors side by side; a division takes all factors since the last division above its line."""
        runs: list[tuple[list[Expr], list[Expr]]] = [([], [])]
        for factor in factors:
            divisor = _divisor(factor)
            if divisor is not None:
                runs[-1][1].append(divisor)
            elif runs[-1][1]:
                runs.append(([factor], []))
            else:
                runs[-1][0].append(factor)
        nodes: list[Maths] = []
        for above, below in runs:
            if below:
                top = self._alone(above) if above else Number("1")
                nodes.append(Fraction(top, self._alone(below)))
            else:
                nodes += [self._factor(factor, first and not nodes and i == 0) for i, factor in enumerate(above)]
        if len(nodes) == 1:
            return nodes[0], _PRODUCT if isinstance(nodes[0], Fraction) else self._binding_of_single(factors)
        spread = [nodes[0]]
        for left, right in pairwise(nodes):
            spread += [Times(seen=self.values is not None or _needs_dot(left, right)), right]
        return row(*spread), _PRODUCT

    def _alone(self, factors: list[Expr]) -> Maths:
        """What stands above or below a line, where a single sum needs no brackets."""
        return self.maths(factors[0]) if len(factors) == 1 else self._product(tuple(factors))[0]

    def _binding_of_single(self, factors: tuple[Expr, ...]) -> int:
        return self._typeset(factors[0])[1] if len(factors) == 1 else _PRODUCT

    def _factor(self, expr: Expr, first: bool) -> Maths:
        node, binding = self._typeset(expr)
        if binding == _SUM and not (first and isinstance(node, Row) and node.items[0] == NEGATIVE and _is_number(expr)):
            return Brackets(node)
        return Brackets(node) if expr.is_Mul and binding == _PRODUCT and not isinstance(node, Fraction) else node

    def _power(self, expr: Expr) -> tuple[Maths, int]:
        divisor = _divisor(expr)
        if divisor is not None:
            return Fraction(Number("1"), self.maths(divisor)), _PRODUCT
        base, binding = self._typeset(expr.base)
        if binding < _ATOM or isinstance(base, (Fraction, Row)) or (isinstance(base, Script) and base.sup is not None):
            base = Brackets(base)
        if isinstance(base, Script):
            return Script(base.base, base.sub, self.maths(expr.exp)), _POWER
        return Script(base, sup=self.maths(expr.exp)), _POWER

    def _function(self, expr: Expr) -> tuple[Maths, int]:
        name = type(expr).__name__
        if self.values is not None and self.worked is not None and getattr(expr, "is_slope", False):
            return self._number(self.worked(expr))
        if isinstance(expr, stop_gradient):
            return self._stopped(expr)
        arguments = [self.maths(argument) for argument in expr.args]
        if name == "exp" and not self.names.has_e:
            return Script(Letter("e"), sup=arguments[0]), _POWER
        if name == "sqrt":
            return Root(arguments[0]), _ATOM
        if name == "abs":
            return Brackets(arguments[0], "|", "|"), _ATOM
        if name == "floor":
            return Brackets(arguments[0], "⌊", "⌋"), _ATOM
        return row(function_name(type(expr)), Brackets(joined(arguments, COMMA))), _ATOM

    def _stopped(self, expr: Expr) -> tuple[Maths, int]:
        """sg(h), and sg₂(h[t−1]) where the gradient stops after every two steps; of a number there is no slope."""
        inside = self._typeset(expr.args[0])
        if self.values is not None:
            return inside
        sign = function_name(type(expr))
        if len(expr.args) == 3:
            sign = Script(sign, sub=self.maths(expr.args[2]))
        return row(sign, Brackets(inside[0])), _ATOM

    def _cases(self, expr: Expr) -> Maths:
        rows = []
        for value, condition in expr.args:
            otherwise = condition == True  # noqa: E712 - SymPy's true
            rows.append((self.maths(value), Word("otherwise") if otherwise else self.maths(condition)))
        return Cases(tuple(rows))


def function_name(function: type[ScalarFunction]) -> Maths:
    """The symbol of a function on paper, with a prime for a derivative."""
    notation = getattr(function, "notation", "") or function.__name__
    node: Maths = parse_latex(notation) if notation.startswith("\\") else Word(notation)
    if hasattr(function, "derivative_of"):
        index = getattr(function, "index", 0)
        of_any_number = function.derivative_of.arguments[1] is None  # max′₁ beside max′₂, where f′ is of z alone
        return Script(node, Number(str(index + 1)) if index or of_any_number else None, Word("′"))
    return node


def _sign(term: Expr) -> tuple[bool, Expr]:
    """(True, x) for −x, (False, x) for x."""
    if term.is_Rational and term < 0:
        return True, -term
    if term.is_Mul and term.args[0].is_Rational and term.args[0] < 0:
        rest = term.args[1:] if term.args[0] == MINUS_ONE else (-term.args[0], *term.args[1:])
        return True, rest[0] if len(rest) == 1 else term.func(*rest, evaluate=False)
    return False, term


def _divisor(factor: Expr) -> Expr | None:
    """x for the factor x⁻¹, x² for x⁻²; None for one that does not divide."""
    if not (factor.is_Pow and factor.exp.is_Rational and factor.exp < 0):
        return None
    return factor.base if factor.exp == MINUS_ONE else sympy.Pow(factor.base, -factor.exp, evaluate=False)


def _is_number(expr: Expr) -> bool:
    return bool(expr.is_Symbol or expr.is_Rational)


def _starts_with_minus(node: Maths) -> bool:
    return isinstance(node, Row) and node.items[0] == NEGATIVE


def _is_negative_number(node: Maths) -> bool:
    return (
        _starts_with_minus(node)
        and isinstance(node, Row)
        and isinstance(node.items[-1], Number)
        and len(node.items) == 2
    )


def _needs_dot(left: Maths, right: Maths) -> bool:
    """Between names nearness says "times"; a dot must be seen beside a fraction and before a number, also (−2)."""
    if isinstance(right, Brackets) and _is_negative_number(right.body):
        return True
    first = right.items[0] if isinstance(right, Row) else right
    base = first.base if isinstance(first, Script) else first
    if isinstance(left, Fraction):
        return not isinstance(base, Brackets)
    return isinstance(base, (Fraction, Number))
