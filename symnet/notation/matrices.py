"""Equations of layers as maths: X W for a product of matrices, ∘ entry by entry, a bar for a gradient."""

from __future__ import annotations

from collections.abc import Mapping

from symnet.algebra import matrices
from symnet.algebra.equations import Array, Expr, Length, partial_parts
from symnet.algebra.matrices import Operation, shape_of
from symnet.notation.maths import (
    COMMA,
    Accent,
    Brackets,
    Fraction,
    Letter,
    Maths,
    Matrix,
    Number,
    Operator,
    Row,
    Script,
    Times,
    Word,
    joined,
    row,
)
from symnet.notation.names import Names
from symnet.notation.typesetter import _ATOM, _POWER, _PRODUCT, _SUM, Typesetter

ENTRYWISE = Operator("∘")
ONES = Letter("𝟏")
TURNED = Operator("⊤", prefix=True)


class MatrixTypesetter(Typesetter):
    """Typesets equations of arrays; those of numbers come out as ever.

    ``matrices`` and ``scalars`` are printed in the place of the names they belong to.
    """

    def __init__(
        self, names: Names, matrices: Mapping[str, Maths] | None = None, scalars: Mapping[str, Maths] | None = None
    ) -> None:
        super().__init__(names)
        self.matrices, self.scalars = matrices or {}, scalars or {}

    def _typeset(self, expr: Expr) -> tuple[Maths, int]:
        if expr.is_Symbol and expr.name in self.scalars:
            return self.scalars[expr.name], _ATOM
        if isinstance(expr, Length):
            return Letter(expr.name), _ATOM
        if isinstance(expr, Array) or (expr.is_Symbol and partial_parts(expr.name)):
            return self._array(expr), _ATOM
        if isinstance(expr, Operation):
            return self._operation(expr)
        if expr.is_Mul and sum(bool(shape_of(f)) for f in expr.args) > 1:
            return self._entrywise(expr)
        if expr.is_Pow and shape_of(expr.base) and expr.exp.is_Integer and expr.exp > 1:
            base, binding = self._typeset(expr.base)
            base = base if binding == _ATOM else Brackets(base)
            if expr.exp == 2:
                return joined([base, base], ENTRYWISE), _PRODUCT
            return Script(base, sup=row(ENTRYWISE, Number(str(expr.exp)))), _POWER
        return super()._typeset(expr)

    def _array(self, expr: Expr) -> Maths:
        if expr.name in self.matrices:
            return self.matrices[expr.name]
        parts = partial_parts(expr.name)
        if parts is None:
            return self.names.node(expr.name)
        if not isinstance(expr, Array):
            return self.names.node(expr.name)
        node = self.names.node(parts[1])
        if isinstance(node, Script):
            return Script(Accent(node.base, "bar"), node.sub, node.sup)
        return Accent(node, "bar")

    def _entrywise(self, expr: Expr) -> tuple[Maths, int]:
        numbers = [f for f in expr.args if not shape_of(f)]
        arrays = [f for f in expr.args if shape_of(f)]
        nodes: list[Maths] = []
        for factor in arrays:
            node, binding = self._typeset(factor)
            nodes.append(Brackets(node) if binding in (_SUM, _PRODUCT) and not isinstance(node, Fraction) else node)
        together = joined(nodes, ENTRYWISE)
        if not numbers:
            return together, _PRODUCT
        minus = numbers[0] == -1
        rest = numbers[1:] if minus else numbers
        scale = super()._product(tuple(rest))[0] if rest else None
        body = together if scale is None else row(scale, Times(seen=False), Brackets(together))
        return (
            (row(Operator("−", prefix=True), Brackets(together) if scale is None else body), _SUM)
            if minus
            else (body, _PRODUCT)
        )

    def _operation(self, expr: Expr) -> tuple[Maths, int]:
        first = expr.args[0]
        if isinstance(expr, matrices.matmul):
            return row(self._side(first), Times(seen=False), self._side(expr.args[1])), _PRODUCT
        if isinstance(expr, matrices.transpose):
            return self._turned(first), _POWER
        if isinstance(expr, matrices.rows):
            return row(ONES, Times(seen=False), self._turned(first)), _PRODUCT
        if isinstance(expr, matrices.columns):
            return row(self._side(first), Times(seen=False), Script(ONES, sup=TURNED)), _PRODUCT
        if isinstance(expr, matrices.column_sums):
            return row(self._turned(first), Times(seen=False), ONES), _PRODUCT
        if isinstance(expr, matrices.row_sums):
            return row(self._side(first), Times(seen=False), ONES), _PRODUCT
        if isinstance(expr, matrices.sum_of) and len(shape_of(first)) == 1:
            return row(Script(ONES, sup=TURNED), Times(seen=False), self._side(first)), _PRODUCT
        if isinstance(expr, matrices.sum_of):
            return row(
                Script(ONES, sup=TURNED), Times(seen=False), self._side(first), Times(seen=False), ONES
            ), _PRODUCT
        if isinstance(expr, matrices.fill):
            ones = row(ONES, Times(seen=False), Script(ONES, sup=TURNED)) if len(shape_of(expr)) == 2 else ONES
            return row(self._side(first), Times(seen=False), ones), _PRODUCT
        words = type(expr).__name__.replace("_", " ")
        arguments = [self.maths(argument) for argument in expr.args]
        return row(Word(words), Brackets(joined(arguments, COMMA))), _ATOM

    def _side(self, expr: Expr) -> Maths:
        node, binding = self._typeset(expr)
        return node if binding in (_ATOM, _POWER) or isinstance(node, Fraction) else Brackets(node)

    def _turned(self, expr: Expr) -> Maths:
        node, binding = self._typeset(expr)
        if isinstance(node, Matrix):
            return Matrix(tuple(zip(*node.rows, strict=True)))
        if isinstance(node, Script) and node.sup is None:
            return Script(node.base, node.sub, TURNED)
        return Script(node if binding == _ATOM and not isinstance(node, Row) else Brackets(node), sup=TURNED)
