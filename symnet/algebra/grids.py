"""SymPy's matrix expressions, entry by entry: a grid of names, an equation an entry of every operation.

    X*W + b, of MatrixSymbols of known shapes      V1_1_2 = X1_1 W1_2 + X1_2 W2_2,  …,  y1_2 = V1_1_2 + b1_2

Entries are named as everywhere, by the matrix and its indices, which count from 1: A[0, 1] is A1_2.  A single row or
column has one index: b2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

import sympy
from sympy.matrices.expressions import applyfunc, blockmatrix, matexpr
from sympy.matrices.expressions import slice as slices

from symnet.algebra.equations import MINUS_ONE, Equation, Expr, Symbol, negate, power, product, symbol, total
from symnet.algebra.mistakes import Mistake, shown

Grid: TypeAlias = tuple[tuple[Expr, ...], ...]  # rows of entries
MOST_ENTRIES = 10_000
LARGEST_INVERSE = 4  # rows of a matrix whose inverse or determinant is written out


class Writer(Protocol):
    """What names the operations on numbers."""

    equations: list[Equation]
    known: dict[Expr, Expr]

    def operation(self, expr: Expr) -> Expr: ...

    def named(self, part: Expr) -> Expr: ...

    def called(self, rhs: Expr) -> Expr: ...

    def in_names(self, expr: Expr) -> Expr: ...

    def free(self, stem: str, entries: Callable[[str], Sequence[str]]) -> str: ...


def is_matrix(expr: Any) -> bool:
    return isinstance(expr, sympy.MatrixBase) or bool(getattr(expr, "is_Matrix", False))


def is_number_of_matrix(expr: Any) -> bool:
    """Whether it is a trace, a determinant, or one entry of an expression of matrices."""
    element = isinstance(expr, matexpr.MatrixElement) and not is_entry(expr)
    return element or isinstance(expr, (sympy.Trace, sympy.Determinant))


def is_entry(expr: Any) -> bool:
    """Whether it is one entry of a matrix that has a name."""
    return (
        isinstance(expr, matexpr.MatrixElement)
        and isinstance(expr.parent, sympy.MatrixSymbol)
        and all(index.is_Integer for index in expr.indices)
    )


def shape_of_matrix(expr: Any) -> tuple[int, int]:
    """(rows, columns); raises Mistake where they are left open."""
    for length, what in zip(expr.shape, ("rows", "columns"), strict=True):
        if not sympy.sympify(length).is_Integer:
            raise Mistake(
                f"{shown(expr)} has {length} {what}; give it a number of them, as in "
                f"sympy.MatrixSymbol({_symbol(expr)})"
            )
    rows, columns = (int(length) for length in expr.shape)
    if rows * columns > MOST_ENTRIES:
        raise Mistake(f"{shown(expr)} has {rows * columns:,} entries; {MOST_ENTRIES:,} are the most written out")
    return rows, columns


def _symbol(expr: Any) -> str:
    numbers = (str(length if sympy.sympify(length).is_Integer else 4) for length in expr.shape)
    return f'"{expr.name if isinstance(expr, sympy.MatrixSymbol) else "A"}", {", ".join(numbers)}'


def entry_name(stem: str, shape: tuple[int, int], i: int, j: int) -> str:
    """The name of the entry in row i and column j, counted from 0."""
    places = [str(at + 1) for at, length in zip((i, j), shape, strict=True) if length > 1]
    joint = "_" if stem[-1:].isdigit() and places else ""
    return stem + joint + "_".join(places)


def names_of_entries(part: Any) -> Iterator[tuple[Expr, str]]:
    """(entry, its name) for all entries of a MatrixSymbol."""
    if isinstance(part, sympy.MatrixSymbol):
        shape = shape_of_matrix(part)
        for i in range(shape[0]):
            for j in range(shape[1]):
                yield part[i, j], entry_name(part.name, shape, i, j)


def in_entries(expr: Any) -> Expr:
    """A trace, a determinant or an entry as SymPy writes it out; for formulas that stay in one piece."""
    if isinstance(expr, sympy.Trace):
        return expr.arg.as_explicit().trace()
    if isinstance(expr, sympy.Determinant):
        return expr.arg.as_explicit().det()
    return expr.parent.as_explicit()[expr.indices]


class Grids:
    """Writes the equations of the entries; every matrix is worked once."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self._known: dict[Any, Grid] = {}

    def define(self, expr: Any, result: str) -> tuple[Symbol, ...]:
        """An equation for every entry of the result; their names."""
        shape, grid = shape_of_matrix(expr), self._operation(expr)
        lines = [
            Equation(symbol(entry_name(result, shape, i, j)), entry)
            for i, row in enumerate(grid)
            for j, entry in enumerate(row)
        ]
        self.writer.equations += lines
        return tuple(line.lhs for line in lines)

    def number(self, expr: Any) -> Expr:
        """A trace, a determinant or one entry, in the names of entries."""
        if isinstance(expr, sympy.Trace):
            return total(*(row[i] for i, row in enumerate(self.grid(expr.arg))))
        if isinstance(expr, sympy.Determinant):
            return self._determinant(self.grid(expr.arg))
        i, j = expr.indices
        if not (i.is_Integer and j.is_Integer):
            raise Mistake(f"{shown(expr)}: which entry is meant is no number")
        return self.grid(expr.parent)[int(i)][int(j)]

    def grid(self, expr: Any) -> Grid:
        """The names of the entries, defined before where they have none."""
        key = expr.as_immutable() if isinstance(expr, sympy.MatrixBase) else expr
        if key not in self._known:
            self._known[key] = self._named(expr, self._operation(expr))
        return self._known[key]

    def _named(self, expr: Any, grid: Grid) -> Grid:
        if all(_is_plain(entry) for row in grid for entry in row):
            return grid
        shape = shape_of_matrix(expr)
        places = [(i, j) for i in range(shape[0]) for j in range(shape[1])]
        stem = self.writer.free("V", lambda stem: [entry_name(stem, shape, i, j) for i, j in places])

        def name(i: int, j: int) -> Symbol:
            lhs = symbol(entry_name(stem, shape, i, j))
            self.writer.equations.append(Equation(lhs, grid[i][j]))
            return lhs

        return tuple(
            tuple(entry if _is_plain(entry) else name(i, j) for j, entry in enumerate(row))
            for i, row in enumerate(grid)
        )

    def _operation(self, expr: Any) -> Grid:
        """Every entry of the outermost operation."""
        rows, columns = shape_of_matrix(expr)
        if isinstance(expr, sympy.MatrixBase):
            return tuple(tuple(self._entry(expr[i, j]) for j in range(columns)) for i in range(rows))
        if isinstance(expr, sympy.MatrixSymbol):
            return tuple(tuple(self.writer.named(expr[i, j]) for j in range(columns)) for i in range(rows))
        if isinstance(expr, (sympy.Transpose, sympy.Adjoint)):
            return tuple(zip(*self.grid(expr.arg), strict=True))
        if isinstance(expr, sympy.MatAdd):
            return _entrywise(total, *map(self.grid, expr.args))
        if isinstance(expr, sympy.HadamardProduct):
            return _entrywise(product, *map(self.grid, expr.args))
        if isinstance(expr, sympy.HadamardPower):
            return self._hadamard_power(expr)
        if isinstance(expr, sympy.MatMul):
            return self._matmul(expr)
        if isinstance(expr, (sympy.Inverse, sympy.MatPow)):
            return self._power(expr.base, expr.exp)
        if isinstance(expr, applyfunc.ElementwiseApplyFunction):
            return _entrywise(lambda entry: self._entry(expr.function(entry)), self.grid(expr.expr))
        if isinstance(expr, blockmatrix.BlockMatrix):
            blocks = [
                [self.grid(expr.blocks[i, j]) for j in range(expr.blockshape[1])] for i in range(expr.blockshape[0])
            ]
            return tuple(
                tuple(entry for block in row for entry in block[i]) for row in blocks for i in range(len(row[0]))
            )
        if isinstance(expr, slices.MatrixSlice):
            grid = self.grid(expr.parent)
            return tuple(
                tuple(grid[i][j] for j in range(*map(int, expr.colslice))) for i in range(*map(int, expr.rowslice))
            )
        return self._explicit(expr, rows, columns)

    def _explicit(self, expr: Any, rows: int, columns: int) -> Grid:
        """What SymPy writes out itself: the identity, a diagonal, a Kronecker product."""
        try:
            explicit = expr.as_explicit()
        except (ValueError, NotImplementedError, AttributeError, TypeError):
            explicit = expr
        if isinstance(explicit, sympy.MatrixBase) and not any(is_number_of_matrix(entry) for entry in explicit):
            return self._operation(explicit)
        raise Mistake(f"{shown(expr)} ({type(expr).__name__}) is no matrix that can be written entry by entry")

    def _entry(self, entry: Expr) -> Expr:
        """The last operation of an entry, or its name where it has one."""
        return self.writer.known.get(entry) or self.writer.operation(entry)

    def _hadamard_power(self, expr: Any) -> Grid:
        exponent = expr.exp
        if is_matrix(exponent):
            raise Mistake(f"{shown(expr)}: an exponent for every entry is not understood; write the entries out")
        raised = exponent if exponent.is_Rational else self.writer.named(exponent)
        return _entrywise(lambda entry: power(entry, raised), self.grid(expr.base))

    def _matmul(self, expr: Any) -> Grid:
        numbers, matrices = expr.as_coeff_matrices()
        left = self.grid(matrices[0])
        for i, matrix in enumerate(matrices[1:], 2):
            whole = _product(left, self.grid(matrix))
            left = whole if i == len(matrices) else self._named(sympy.ZeroMatrix(len(left), matrix.shape[1]), whole)
        if numbers == 1:
            return left
        front = self.writer.named(numbers)
        return _entrywise(lambda entry: negate(entry) if front == MINUS_ONE else product(front, entry), left)

    def _power(self, base: Any, exponent: Any) -> Grid:
        if not exponent.is_Integer:
            raise Mistake(f"{shown(base)} to the power {exponent}: the exponent must be a whole number")
        grid = self.grid(base)
        if exponent < 0:
            inverse = self._inverse(grid)
            grid = self._named(base, inverse) if exponent < MINUS_ONE else inverse
        whole, times = grid, abs(int(exponent))
        for step in range(1, times):
            whole = _product(whole, grid)
            whole = self._named(base, whole) if step < times - 1 else whole
        return whole if times else self._operation(sympy.Identity(len(grid)))

    def _inverse(self, grid: Grid) -> Grid:
        """The cofactors, turned, over the determinant, which is a name."""
        matrix = _small(grid, "inverse")
        below = self.writer.called(self._determinant(grid))
        cofactors = matrix.adjugate()
        return tuple(
            tuple(product(self.writer.in_names(cofactors[i, j]), power(below, MINUS_ONE)) for j in range(len(grid)))
            for i in range(len(grid))
        )

    def _determinant(self, grid: Grid) -> Expr:
        return self.writer.in_names(_small(grid, "determinant").det(method="berkowitz").expand())


def _small(grid: Grid, what: str) -> Any:
    if len(grid) > LARGEST_INVERSE:
        raise Mistake(f"the {what} of {len(grid)} rows is too long to be written out; {LARGEST_INVERSE} are the most")
    return sympy.Matrix(grid)


def _product(a: Grid, b: Grid) -> Grid:
    turned = tuple(zip(*b, strict=True))
    return tuple(
        tuple(total(*(product(x, y) for x, y in zip(row, column, strict=True))) for column in turned) for row in a
    )


def _entrywise(operation: Callable[..., Expr], *grids: Grid) -> Grid:
    return tuple(tuple(operation(*entries) for entries in zip(*rows, strict=True)) for rows in zip(*grids, strict=True))


def _is_plain(entry: Expr) -> bool:
    return bool(entry.is_Symbol or entry.is_Rational)
