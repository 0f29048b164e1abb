"""One equation on paper: of whole arrays where that reads well, otherwise of one entry, as it is defined.

W̄ = Xᵀ Z̄                                             operations on whole arrays, at most matrices
Z_{i,d,p,q} = Σ_{e,u,v} K_{d,e,u,v} X_{i,e,p+u−1,q+v−1}     what was written for one entry, or has no such form
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from symnet.algebra.entries import lowered
from symnet.algebra.equations import Array, Equation, Expr, Index, array, partial_parts
from symnet.algebra.indices import Each, Node, is_affine
from symnet.algebra.matrices import columns, rows, shape_of, sum_of
from symnet.notation.index_letters import IndexLetters, taken_letters
from symnet.notation.indices import IndexTypesetter, gradient_parts
from symnet.notation.line import Line
from symnet.notation.maths import Maths
from symnet.notation.matrices import MatrixTypesetter, has_look, reads_as_matrices
from symnet.notation.names import Names


class EquationTypesetter:
    """Typesets equations, with index letters as ``equations``, the forward ones, have them.

    Among equations of entries, or where ``by_entries`` says so, Σ_ij Y_ij stands for 𝟏ᵀ Y 𝟏.
    """

    def __init__(self, names: Names, equations: Iterable[Equation] = (), by_entries: bool = False) -> None:
        equations = tuple(equations)
        self.names = names
        self.is_by_entries = by_entries or any(equation.rhs.has(Node) for equation in equations)
        self.matrices = MatrixTypesetter(names)
        self.entries = IndexTypesetter(names)
        self.letters = IndexLetters(equations)

    def line(self, equation: Equation, relation: str = "=", why: str = "") -> Line:
        """lhs = rhs."""
        lhs, rhs = self.sides(equation)
        return Line(lhs, ((relation, rhs),), why=why)

    def sides(self, equation: Equation) -> tuple[Maths, Maths]:
        rows_of = _rows(equation)
        if rows_of is not None:
            indices, body = rows_of
            return self.entries.entry(equation.lhs, *indices), self.body(body, indices)
        if self.is_of_arrays(equation):
            return self.matrices.maths(equation.lhs), self.matrices.maths(equation.rhs)
        own, body = self.entry_form(equation)
        return self.entry(equation.lhs, own), self.body(body, own)

    def entry_line(self, equation: Equation) -> Line:
        """The equation for one entry, also where it reads well in whole arrays."""
        own, body = self.entry_form(equation)
        return Line(self.entry(equation.lhs, own), (("=", self.body(body, own)),))

    def is_of_arrays(self, equation: Equation) -> bool:
        """Whether an equation is printed in whole arrays rather than for one entry."""
        return reads_as_matrices(equation.rhs) and not (self.is_by_entries and repeats(equation.rhs))

    def entry_form(self, equation: Equation) -> tuple[tuple[Index, ...], Expr]:
        """(the indices of the entry, what it is) with the letters that are printed."""
        taken = taken_letters(equation)
        own = self.letters.own(equation, taken) if isinstance(equation.lhs, Array) else ()
        by_axes = partial_parts(equation.name) is not None
        body = lowered(equation.rhs, own)
        return own, self.letters.lettered(_flat(body) if by_axes else body, own, by_axes, taken)

    def entry(self, name: Expr, places: Iterable[Expr]) -> Maths:
        """Z_ik, and ∂L/∂W_jk for a gradient; a number as it is."""
        places = tuple(places)
        if not places:
            return self.matrices.maths(name)
        parts = gradient_parts(name)
        if parts is None:
            return self.entries.entry(name, *places)
        return self.entries.gradient_entry(self.names.node(parts[0]), array(parts[1], *name.shape), *places)

    def body(self, body: Expr, own: Iterable[Index]) -> Maths:
        """The expression of the entry at ``own``."""
        return self.entries.within(*own).maths(body)


def _rows(equation: Equation) -> tuple[tuple[Index, ...], Expr] | None:
    """(indices, row) where an equation gives whole rows, h_t = tanh(Wᵀ x_t + h_{t−1}), which reads well so."""
    rhs = equation.rhs
    if not isinstance(rhs, Each) or not shape_of(rhs.body):
        return None
    return (rhs.indices, rhs.body) if all(map(has_look, sympy.preorder_traversal(rhs.body))) else None


def repeats(expr: Expr) -> bool:
    """Whether it repeats a vector in rows or columns other than as a term, or sums all entries: Σ_ik says that better.

    So Z = X W + 1 bᵀ reads well, and Ȳ ∘ (Z − m 1ᵀ) does not.
    """
    terms = expr.args if expr.is_Add else (expr,)
    inner = (part for term in terms for part in sympy.preorder_traversal(term) if part is not term)
    return any(isinstance(part, (rows, columns)) for part in inner) or expr.has(sum_of)


def _flat(expr: Expr) -> Expr:
    """The expression with products within products opened."""
    if not expr.args or is_affine(expr):
        return expr
    parts = [_flat(part) for part in expr.args]
    if expr.is_Mul:
        parts = [factor for part in parts for factor in (part.args if part.is_Mul else (part,))]
    return expr.func(*parts, evaluate=False) if not isinstance(expr, sympy.Tuple) else expr.func(*parts)
