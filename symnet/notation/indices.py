"""Equations of arrays entry by entry: Z_ik = Σ_j X_ij W_jk + b_k, with indices that count from 1.

``lowered`` gives the entry of any expression in entries, sums and maxima; here they are typeset.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symnet.algebra.equations import MINUS_ONE, Array, Expr, Index, add, multiply, partial_parts
from symnet.algebra.indices import (
    At,
    Binder,
    First,
    Inside,
    Kept,
    Max,
    Min,
    Node,
    Quotient,
    Remainder,
    Same,
    Sum,
    free_indices,
    from_one,
)
from symnet.algebra.matrices import shape_of
from symnet.algebra.stopping import passes
from symnet.notation.entries import behind
from symnet.notation.maths import (
    COMMA,
    EQUALS,
    PARTIAL,
    PLUS,
    Brackets,
    Fraction,
    Letter,
    Maths,
    Number,
    Operator,
    Script,
    Word,
    joined,
    row,
)
from symnet.notation.matrices import MatrixTypesetter
from symnet.notation.names import Names, default_notation
from symnet.notation.typesetter import _ATOM, _PRODUCT, _SUM

SUM, MAX, MIN, ARGMAX, ARGMIN = (Operator(sign, prefix=True) for sign in ("∑", "max", "min", "argmax", "argmin"))
_AT_MOST, _OTHER = Operator("≤"), Operator("≠")


class IndexTypesetter(MatrixTypesetter):
    """Typesets expressions of single entries."""

    def __init__(
        self, names: Names, matrices: Mapping[str, Maths] | None = None, scalars: Mapping[str, Maths] | None = None
    ) -> None:
        super().__init__(names, matrices, scalars)
        self._several = False  # whether a sum is one factor of several
        self._last: Expr | None = None  # the last of them, behind which a sum can end
        self._order: tuple[Index, ...] = ()  # the indices outside, in the order of their binding

    def entry(self, name: Expr, *places: Expr) -> Maths:
        """X_ij, W_{i,j,k} and X_{p+u−1,q}; W_{1,jk} for an array with an index of its own, as its entry is W_{1,23}."""
        return behind(self._array(name), self.place(places))

    def gradient_entry(self, loss: Maths, name: Expr, *places: Expr) -> Maths:
        """∂L/∂W_jk."""
        return Fraction(row(PARTIAL, loss), row(PARTIAL, self.entry(name, *places)))

    def place(self, places: Sequence[Expr]) -> Maths:
        """The index of an entry: jk for two letters, with commas between longer places and where there are more."""
        nodes = [self._counted(place) for place in places]
        short = len(nodes) <= 2 and all(isinstance(node, Letter) or _is_digit(node) for node in nodes)
        return row(*nodes) if short else joined(nodes, COMMA)

    def within(self, *own: Index) -> IndexTypesetter:
        """This typesetter for what stands in an equation of the entry at ``own``."""
        self._order = own
        return self

    def _counted(self, place: Expr) -> Maths:
        """A place as it counts from 1."""
        order = [i for i in self._order if i in free_indices(place)]
        return self.maths(from_one(place, order))

    def _factors(self, factors: tuple[Expr, ...], first: bool) -> tuple[Maths, int]:
        before = self._several, self._last
        self._several, self._last = len(factors) > 1, factors[-1]
        try:
            return super()._factors(factors, first)
        finally:
            self._several, self._last = before

    def _factor(self, expr: Expr, first: bool) -> Maths:
        several, last = self._several, self._last  # before its own factors are met
        node = super()._factor(expr, first)
        open_at_the_end = several and isinstance(expr, (Sum, Max, Min)) and expr is not last
        return Brackets(node) if open_at_the_end and not isinstance(node, Brackets) else node

    def _typeset(self, expr: Expr) -> tuple[Maths, int]:
        if isinstance(expr, Index):
            return letter(expr), _ATOM
        if isinstance(expr, Node):
            return self._node(expr)
        if isinstance(expr, passes):
            step, count = expr.args
            step, binding = self._typeset(step)
            whole = row(Brackets(step) if binding == _SUM else step, Word(" mod "), self.maths(count))
            return Brackets(row(whole, _OTHER, Number("0")), "[", "]"), _ATOM
        if expr.is_Mul and expr.has(Node) and not any(map(shape_of, expr.args)):
            return self._product(expr.args)
        return super()._typeset(expr)

    def _node(self, expr: Node) -> tuple[Maths, int]:
        """What an entry, a sum, a maximum or a condition looks like."""
        match expr:
            case At():
                return (self.entry(expr.array, *expr.places) if expr.places else self.maths(expr.array)), _ATOM
            case Sum():
                return self._bound(SUM, expr)
            case Max():
                return self._bound(MAX, expr)
            case Min():
                return self._bound(MIN, expr)
            case Kept():
                return Brackets(row(self.maths(expr.args[0]), _OTHER, Number("0")), "[", "]"), _ATOM
            case Quotient():  # counted from 1
                place, length = expr.args
                if length == 1:
                    return self._typeset(from_one(place))
                return Brackets(Fraction(self._counted(place), self.maths(length)), "⌈", "⌉"), _ATOM
            case Remainder():
                place, length = expr.args
                before = self.maths(_before(from_one(place)))
                before = before if isinstance(before, (Letter, Number)) else Brackets(before)
                return row(before, Word(" mod "), self.maths(length), PLUS, Number("1")), _SUM
            case Inside():
                place, length = expr.args
                inside = (Number("1"), _AT_MOST, self._counted(place), _AT_MOST, self.maths(length))
                return Brackets(row(*inside), "[", "]"), _ATOM
            case Same():
                return Brackets(joined([self._counted(place) for place in expr.args], EQUALS), "[", "]"), _ATOM
            case First():
                places: Maths = joined([self._counted(place) for place in expr.places], COMMA)
                largest = self._largest(expr)
                whole = row(places if len(expr.places) == 1 else Brackets(places), EQUALS, largest)
                return Brackets(whole, "[", "]"), _ATOM
        raise AssertionError(f"{expr} is no entry")

    def _largest(self, expr: First) -> Maths:
        """argmax of the body, or argmin of what it is minus."""
        if expr.body.is_Mul and expr.body.args[0] == MINUS_ONE:
            smallest = First(multiply(*expr.body.args[1:]), *expr.args[1:])
            return self._bound(ARGMIN, smallest)[0]
        return self._bound(ARGMAX, expr)[0]

    def _bound(self, sign: Operator, expr: Binder | First) -> tuple[Maths, int]:
        """Σ_j with its body, which needs brackets where it is a sum."""
        before = self._order, self._several
        self._order, self._several = (*self._order, *expr.indices), False
        try:
            body, binding = self._typeset(expr.body)
        finally:
            self._order, self._several = before
        own: list[Maths] = [letter(index) for index in expr.indices]
        minus = expr.body.is_Mul and expr.body.args[0].is_negative
        inner = Brackets(body) if binding == _SUM or minus else body
        return row(Script(sign, sub=joined(own, COMMA)), inner), _PRODUCT


def gradient_parts(name: Expr) -> tuple[str, str] | None:
    """(loss, array) of the name of the gradient in an array, None for any other name."""
    return partial_parts(name.name) if isinstance(name, Array) else None


def letters(places: Sequence[Index]) -> Maths:
    """The letters of indices side by side."""
    return row(*map(letter, places))


def letter(index: Index) -> Maths:
    """The letter of an index."""
    return default_notation(index.name)


def _before(place: Expr) -> Expr:
    """place − 1."""
    constant, rest = place.as_coeff_Add() if place.is_Add else (0, place)
    return add(rest, MINUS_ONE) if constant == 0 else rest if constant == 1 else add(rest, constant - 1)


def _is_digit(node: Maths) -> bool:
    return isinstance(node, Number) and len(node.text) == 1
