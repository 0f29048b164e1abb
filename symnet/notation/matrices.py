"""Equations of layers as maths: X W for a product of matrices, ∘ entry by entry, a bar for a gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy

from symnet.algebra import matrices, windows
from symnet.algebra.equations import Array, Expr, Length, partial_parts
from symnet.algebra.indices import Node
from symnet.algebra.matrices import Operation, shape_of
from symnet.algebra.rows_of import concat
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
from symnet.notation.side_by_side import stacked
from symnet.notation.typesetter import _ATOM, _POWER, _PRODUCT, _SUM, Typesetter

# What an operation on whole arrays looks like, by how many axes its arguments have; a vector is a column.
# Another one is printed by its name, and one of these with more axes entry by entry.
LOOKS: dict[type[Operation], dict[tuple[int, ...], str]] = {
    matrices.matmul: {(2, 2): "{0} {1}", (2, 1): "{0} {1}", (1, 2): "{1}ᵀ {0}", (1, 1): "{0}ᵀ {1}"},
    matrices.transpose: {(2,): "{0}ᵀ"},
    matrices.rows: {(1, 0): "𝟏 {0}ᵀ"},
    matrices.columns: {(1, 0): "{0} 𝟏ᵀ"},
    matrices.column_sums: {(2,): "{0}ᵀ 𝟏"},
    matrices.row_sums: {(2,): "{0} 𝟏"},
    matrices.sum_of: {(1,): "𝟏ᵀ {0}", (2,): "𝟏ᵀ {0} 𝟏"},
    matrices.fill: {(0, 0): "{0} 𝟏", (0, 0, 0): "{0} 𝟏 𝟏ᵀ"},
}
BY_ENTRY = (windows.Convolution, windows.Pool)
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
        """As ``LOOKS`` says, or by its name: softmax(Z)."""
        if isinstance(expr, concat) and set(_ranks(expr)) == {1}:
            return stacked([self.maths(part) for part in _parts(expr)]), _ATOM
        look = LOOKS.get(type(expr), {}).get(_ranks(expr))
        if look is None:
            words = type(expr).__name__.replace("_", " ")
            arguments = _parts(expr) if isinstance(expr, concat) else expr.args
            return row(Word(words), Brackets(joined([self.maths(argument) for argument in arguments], COMMA))), _ATOM
        tokens = look.split(" ")
        if expr.args[0] == 1:  # an array of ones
            tokens.remove("{0}")
        parts = [self._part(token, expr.args) for token in tokens]
        return joined(parts, Times(seen=False)), _PRODUCT if len(parts) > 1 else _POWER

    def _part(self, token: str, arguments: Sequence[Expr]) -> Maths:
        """One factor of a look: 𝟏, or an argument, turned or not."""
        if token.startswith("𝟏"):
            return Script(ONES, sup=TURNED) if token.endswith("ᵀ") else ONES
        argument = arguments[int(token[1])]
        return self._turned(argument) if token.endswith("ᵀ") else self._side(argument)

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


def _parts(expr: Expr) -> list[Expr]:
    """What is joined, also by a concat within the first: concat(a, b, c) is one of one."""
    first, second = expr.args
    return [*(_parts(first) if isinstance(first, concat) else [first]), second]


def reads_as_matrices(expr: Expr) -> bool:
    """Whether it is made of operations that look like something, and not of single entries."""
    return not any(isinstance(part, Node) or not has_look(part) for part in sympy.preorder_traversal(expr))


def has_look(part: Expr) -> bool:
    """Whether it is no operation, or one that says something in whole arrays of so many axes; no name says a window."""
    if isinstance(part, BY_ENTRY):
        return False
    return not isinstance(part, Operation) or type(part) not in LOOKS or _ranks(part) in LOOKS[type(part)]


def _ranks(operation: Expr) -> tuple[int, ...]:
    return tuple(len(shape_of(argument)) for argument in operation.args)
