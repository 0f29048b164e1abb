"""Equations of arrays entry by entry: (X W)_ik = Σ_j X_ij W_jk, for lengths that are left open.

What is made here are SymPy's own ``Sum`` and ``Indexed``, so that a form can be worked out for given lengths and
compared; the typesetter prints them.
"""

from __future__ import annotations

import sympy

from symnet.algebra import functions, matrices
from symnet.algebra.equations import Array, Expr, add, multiply, negate
from symnet.algebra.matrices import Operation, shape_of
from symnet.notation.maths import Brackets, Letter, Maths, Operator, Script, row
from symnet.notation.matrices import MatrixTypesetter

LETTERS = tuple(sympy.Symbol(letter, integer=True, positive=True) for letter in "ijkmpq")
SUM = Operator("∑", prefix=True)


def indexed(expr: Expr, *index: Expr) -> Expr:
    """One entry of the expression, at an index for each of its dimensions; an index summed over is a new letter."""
    shape = shape_of(expr)
    if not shape and not expr.has(Operation):
        return expr
    if isinstance(expr, Array):
        return sympy.Indexed(sympy.IndexedBase(expr, shape=shape), *index)
    if isinstance(expr, Operation):
        return _of_operation(expr, index)
    parts = [indexed(argument, *(index if shape_of(argument) else ())) for argument in expr.args]
    return expr.func(*parts, evaluate=False)


def _of_operation(expr: Expr, index: tuple[Expr, ...]) -> Expr:
    first = expr.args[0]
    if isinstance(expr, matrices.matmul):
        (s,) = _unused(index, 1)
        body = multiply(indexed(first, index[0], s), indexed(expr.args[1], s, index[1]))
        return sympy.Sum(body, (s, 1, shape_of(first)[1]))
    if isinstance(expr, matrices.transpose):
        return indexed(first, index[1], index[0])
    if isinstance(expr, matrices.rows):
        return indexed(first, index[1])
    if isinstance(expr, matrices.columns):
        return indexed(first, index[0])
    if isinstance(expr, matrices.column_sums):
        (s,) = _unused(index, 1)
        return sympy.Sum(indexed(first, s, index[0]), (s, 1, shape_of(first)[0]))
    if isinstance(expr, matrices.row_sums):
        (s,) = _unused(index, 1)
        return sympy.Sum(indexed(first, index[0], s), (s, 1, shape_of(first)[1]))
    if isinstance(expr, matrices.sum_of):
        letters = _unused(index, len(shape_of(first)))
        found = indexed(first, *letters)
        for s, length in reversed([*zip(letters, shape_of(first), strict=True)]):
            found = sympy.Sum(found, (s, 1, length))
        return found
    if isinstance(expr, matrices.softmax):
        (s,) = _unused(index, 1)
        below = sympy.Sum(functions.exp(indexed(first, index[0], s)), (s, 1, shape_of(first)[1]))
        return multiply(functions.exp(indexed(first, *index)), sympy.Pow(below, -1, evaluate=False))
    if isinstance(expr, matrices.log_sum_exp):
        (s,) = _unused(index, 1)
        return functions.log(sympy.Sum(functions.exp(indexed(first, index[0], s)), (s, 1, shape_of(first)[1])))
    if isinstance(expr, matrices.cross_entropy):
        (s,) = _unused(index, 1)
        t = indexed(expr.args[1], index[0], s)
        log_p = add(indexed(first, index[0], s), negate(indexed(matrices.log_sum_exp(first), index[0])))
        return negate(sympy.Sum(multiply(t, log_p), (s, 1, shape_of(first)[1])))
    assert isinstance(expr, matrices.fill), expr
    return indexed(first)


def _unused(index: tuple[Expr, ...], count: int) -> list[Expr]:
    """Letters for indices to sum over: i, j, k in this order, without those that are taken."""
    return [letter for letter in LETTERS if letter not in index][:count]


def at(expr: Expr, lengths: dict[Expr, int]) -> Expr:
    """The form with its sums written out, for given lengths."""
    return expr.subs(lengths).doit()


class IndexTypesetter(MatrixTypesetter):
    """Typesets forms of single entries."""

    _several = False  # whether a sum is one factor of several, and so in brackets

    def _factors(self, factors: tuple[Expr, ...], first: bool) -> tuple[Maths, int]:
        before, self._several = self._several, len(factors) > 1
        try:
            return super()._factors(factors, first)
        finally:
            self._several = before

    def _factor(self, expr: Expr, first: bool) -> Maths:
        node = super()._factor(expr, first)
        return Brackets(node) if self._several and isinstance(expr, sympy.Sum) else node

    def _typeset(self, expr: Expr) -> tuple[Maths, int]:
        if isinstance(expr, sympy.Sum):
            body, binding = self._typeset(expr.args[0])
            letter = expr.args[1].args[0]
            inner = Brackets(body) if binding == 0 else body
            return row(Script(SUM, sub=Letter(letter.name)), inner), 0 if binding == 0 else 1
        if isinstance(expr, sympy.Indexed):
            return self.entry(expr.base.args[0], *expr.indices), 3
        if expr in LETTERS:
            return Letter(expr.name), 3
        if expr.is_Mul and expr.has(sympy.Indexed):
            return self._product(expr.args)
        return super()._typeset(expr)

    def entry(self, name: Expr, *index: Expr) -> Maths:
        """(W₁)_jk for an array with an index of its own, X_ij for one without."""
        node = self._array(name)
        base = Brackets(node) if isinstance(node, Script) else node
        return Script(base, sub=row(*(Letter(letter.name) for letter in index)))
