"""Operations between arrays that are not entry by entry: products of matrices, sums, softmax.

Each is one class that says everything about itself: the shape it gives, one entry of it written out (which is how a
network of layers becomes one of units), how a gradient passes back through it, and its text in Python.  The bar of X is
the gradient ∂L/∂X, an array of X's shape.

    shape_of(expr)          the shape of any expression; raises Mistake where shapes do not fit
    entry(expr, i, j)       one entry, in the names of entries: (X W)[i, j] = w_1j x_i1 + w_2j x_i2 + …

To add an operation, write one class here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from itertools import product as indices
from typing import Any

import sympy
from sympy import Integer

from symnet.algebra import functions
from symnet.algebra.equations import (
    BATCH,
    ONE,
    Array,
    Expr,
    Length,
    Shape,
    add,
    divide,
    multiply,
    negate,
    product,
    symbol,
)
from symnet.algebra.mistakes import Mistake
from symnet.algebra.scalar import ScalarFunction

Entries = Callable[..., Expr]  # entries(A, i, j): the entry of an argument


class Operation(sympy.Function):  # type: ignore[misc]
    """An operation on whole arrays.  ``code`` is its Python text, with NumPy's names; {0}, {1} are its arguments."""

    code: str = ""

    @classmethod
    def eval(cls, *arguments: Expr) -> None:
        """Never evaluated; but shapes are checked when it is made."""
        cls.shape_from(*arguments)

    @classmethod
    def shape_from(cls, *arguments: Expr) -> Shape:
        """The shape of the result; raises Mistake where the arguments do not fit."""
        raise NotImplementedError

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], *arguments: Expr) -> Expr:
        """One entry, in the ``entries`` of the arguments; ``lengths`` are those of open dimensions."""
        raise NotImplementedError

    @classmethod
    def adjoints(cls, upstream: Expr, *arguments: Expr) -> tuple[Expr, ...]:
        """The gradient in each argument when ``upstream`` is the gradient in the result."""
        raise NotImplementedError


class matmul(Operation):
    """Product of matrices, C = A B with C_ij = Σ_k A_ik B_kj.  A (n, k), B (k, m), C (n, m).

    Gradients: Ā = C̄ Bᵀ and B̄ = Aᵀ C̄.  Source: Giles (2008), section 2.2.1.
    """

    code = "{0} @ {1}"

    @classmethod
    def shape_from(cls, a: Expr, b: Expr) -> Shape:
        left, right = shape_of(a), shape_of(b)
        if len(left) != 2 or len(right) != 2 or left[1] != right[0]:
            raise Mistake(
                f"{a} {shape_text(left)} times {b} {shape_text(right)}: "
                "the first needs as many columns as the second rows"
            )
        return left[0], right[1]

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], a: Expr, b: Expr) -> Expr:
        (i, j), inner = index, shape_of(a)[1]
        # The weight before what it weighs, as in w x.
        return add(*(multiply(entries(b, k, j), entries(a, i, k)) for k in range(lengths.get(inner, inner))))

    @classmethod
    def adjoints(cls, upstream: Expr, a: Expr, b: Expr) -> tuple[Expr, ...]:
        number, rest = _scalar_in_front(upstream, shape_of(matmul(a, b)))
        return product(number, matmul(rest, turned(b))), product(number, matmul(turned(a), rest))


class transpose(Operation):
    """Transpose, C = Aᵀ with C_ij = A_ji.  Gradient: Ā = C̄ᵀ."""

    code = "{0}.T"

    @classmethod
    def shape_from(cls, a: Expr) -> Shape:
        shape = shape_of(a)
        if len(shape) != 2:
            raise Mistake(f"the transpose of {a} {shape_text(shape)}: it must be a matrix")
        return shape[1], shape[0]

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], a: Expr) -> Expr:
        return entries(a, index[1], index[0])

    @classmethod
    def adjoints(cls, upstream: Expr, a: Expr) -> tuple[Expr, ...]:
        number, rest = _scalar_in_front(upstream, shape_of(transpose(a)))
        return (product(number, turned(rest)),)


class rows(Operation):
    """Every row is b: C = 1 bᵀ with C_ij = b_j.  b (h,), C (n, h).  Gradient: b̄ = C̄ᵀ 1, the sum of the rows."""

    code = "{0}"  # NumPy repeats a vector down the rows by itself

    @classmethod
    def shape_from(cls, b: Expr, n: Expr) -> Shape:
        shape = shape_of(b)
        if len(shape) != 1:
            raise Mistake(f"rows of {b} {shape_text(shape)}: it must be a vector")
        return n, shape[0]

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], b: Expr, n: Expr) -> Expr:
        return entries(b, index[1])

    @classmethod
    def adjoints(cls, upstream: Expr, b: Expr, n: Expr) -> tuple[Expr, ...]:
        return _summed(column_sums, upstream, (n, *shape_of(b))), ONE


class columns(Operation):
    """Every column is v: C = v 1ᵀ with C_ij = v_i.  v (n,), C (n, h).  Gradient: v̄ = C̄ 1, the sum of the columns."""

    code = "{0}[:, None]"

    @classmethod
    def shape_from(cls, v: Expr, h: Expr) -> Shape:
        shape = shape_of(v)
        if len(shape) != 1:
            raise Mistake(f"columns of {v} {shape_text(shape)}: it must be a vector")
        return shape[0], h

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], v: Expr, h: Expr) -> Expr:
        return entries(v, index[0])

    @classmethod
    def adjoints(cls, upstream: Expr, v: Expr, h: Expr) -> tuple[Expr, ...]:
        return _summed(row_sums, upstream, (*shape_of(v), h)), ONE


class column_sums(Operation):
    """The sum of every column, c = Aᵀ 1 with c_j = Σ_i A_ij.  A (n, h), c (h,).  Gradient: Ā = 1 c̄ᵀ."""

    code = "{0}.sum(0)"

    @classmethod
    def shape_from(cls, a: Expr) -> Shape:
        return (_matrix("the column sums", a)[1],)

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], a: Expr) -> Expr:
        n = shape_of(a)[0]
        return add(*(entries(a, i, index[0]) for i in range(lengths.get(n, n))))

    @classmethod
    def adjoints(cls, upstream: Expr, a: Expr) -> tuple[Expr, ...]:
        return (rows(upstream, shape_of(a)[0]) if shape_of(upstream) else upstream,)


class row_sums(Operation):
    """The sum of every row, c = A 1 with c_i = Σ_j A_ij.  A (n, h), c (n,).  Gradient: Ā = c̄ 1ᵀ."""

    code = "{0}.sum(1)"

    @classmethod
    def shape_from(cls, a: Expr) -> Shape:
        return (_matrix("the row sums", a)[0],)

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], a: Expr) -> Expr:
        h = shape_of(a)[1]
        return add(*(entries(a, index[0], j) for j in range(lengths.get(h, h))))

    @classmethod
    def adjoints(cls, upstream: Expr, a: Expr) -> tuple[Expr, ...]:
        return (columns(upstream, shape_of(a)[1]) if shape_of(upstream) else upstream,)


class sum_of(Operation):
    """The sum of all entries, c = 1ᵀ A 1 = Σ_ij A_ij, a number.  Gradient: every entry of Ā is c̄."""

    code = "{0}.sum()"

    @classmethod
    def shape_from(cls, a: Expr) -> Shape:
        if not shape_of(a):
            raise Mistake(f"the total of {a}: it is a number already")
        return ()

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], a: Expr) -> Expr:
        return add(*(entries(a, *i) for i in _indices(shape_of(a), lengths)))

    @classmethod
    def adjoints(cls, upstream: Expr, a: Expr) -> tuple[Expr, ...]:
        return (upstream,)  # a number times whatever follows: it spreads over the entries by itself


class fill(Operation):
    """An array with the same number c in every entry.  Gradient: c̄ is the sum of all entries."""

    code = "full({shape}, {0}, dtype)"

    @classmethod
    def shape_from(cls, c: Expr, *shape: Expr) -> Shape:
        return shape

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], c: Expr, *shape: Expr) -> Expr:
        return entries(c)

    @classmethod
    def adjoints(cls, upstream: Expr, c: Expr, *shape: Expr) -> tuple[Expr, ...]:
        whole = upstream if shape_of(upstream) else fill(upstream, *shape)
        return (sum_of(whole), *(ONE for _ in shape))


class softmax(Operation):
    """Softmax of every row, P_ij = exp(Z_ij) / Σ_k exp(Z_ik).  Z and P (n, h).

    Gradient: Z̄ = P ∘ (P̄ − (P ∘ P̄) 1 1ᵀ).  Source: Bridle (1990).
    """

    code = "softmax({0})"

    @classmethod
    def shape_from(cls, z: Expr) -> Shape:
        return _matrix("the softmax", z)

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], z: Expr) -> Expr:
        i, h = index[0], shape_of(z)[1]
        below = add(*(functions.exp(entries(z, i, k)) for k in range(lengths.get(h, h))))
        return divide(functions.exp(entries(z, *index)), below)

    @classmethod
    def adjoints(cls, upstream: Expr, z: Expr) -> tuple[Expr, ...]:
        p, h = softmax(z), shape_of(z)[1]
        if not shape_of(upstream):
            return (fill(Integer(0), *shape_of(z)),)  # every row of P sums to 1, whatever Z is
        return (product(p, add(upstream, negate(columns(row_sums(product(p, upstream)), h)))),)


class cross_entropy(Operation):
    """Cross-entropy of every row of logits, c_i = −Σ_j T_ij log P_ij with P = softmax(Z).  Z and T (n, h), c (n,).

    Gradient: Z̄ = c̄ ∘ (P ∘ (T 1 1ᵀ) − T), row by row: P − T where every row of T sums to 1, and only there.
    Computed with the largest entry of the row taken off first, so no size of Z overflows.  Source: Bridle (1990).
    """

    code = "-({1} * log_softmax({0})).sum(1)"

    @classmethod
    def shape_from(cls, z: Expr, t: Expr) -> Shape:
        shape = _matrix("the cross-entropy", z)
        if shape_of(t) != shape:
            raise Mistake(
                f"the cross-entropy of {z} {shape_text(shape)} and {t} {shape_text(shape_of(t))}: shapes must be equal"
            )
        return (shape[0],)

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], z: Expr, t: Expr) -> Expr:
        (i,), h = index, shape_of(z)[1]
        width = range(lengths.get(h, h))
        below = add(*(functions.exp(entries(z, i, k)) for k in width))
        terms = (
            multiply(entries(t, i, j), functions.log(divide(functions.exp(entries(z, i, j)), below))) for j in width
        )
        return negate(add(*terms))

    @classmethod
    def adjoints(cls, upstream: Expr, z: Expr, t: Expr) -> tuple[Expr, ...]:
        h = shape_of(z)[1]
        spread = columns(upstream, h) if shape_of(upstream) else upstream
        slope = add(product(columns(row_sums(t), h), softmax(z)), negate(t))
        log_p = add(z, negate(columns(log_sum_exp(z), h)))
        return product(spread, slope), product(negate(spread), log_p)


class log_sum_exp(Operation):
    """c_i = log Σ_j exp(Z_ij).  Z (n, h), c (n,).  Gradient: Z̄ = c̄ 1ᵀ ∘ softmax(Z)."""

    code = "logsumexp({0})"

    @classmethod
    def shape_from(cls, z: Expr) -> Shape:
        return (_matrix("the log of the sum of exponentials", z)[0],)

    @classmethod
    def entry(cls, entries: Entries, lengths: Mapping[Any, int], index: tuple[int, ...], z: Expr) -> Expr:
        h = shape_of(z)[1]
        return functions.log(add(*(functions.exp(entries(z, index[0], k)) for k in range(lengths.get(h, h)))))

    @classmethod
    def adjoints(cls, upstream: Expr, z: Expr) -> tuple[Expr, ...]:
        spread = columns(upstream, shape_of(z)[1]) if shape_of(upstream) else upstream
        return (product(spread, softmax(z)),)


CATALOGUE: dict[str, type[Operation]] = {
    name: value
    for name, value in list(globals().items())
    if isinstance(value, type) and issubclass(value, Operation) and value is not Operation
}


@lru_cache(maxsize=65536)
def shape_of(expr: Expr) -> Shape:
    """The shape of an expression: () of a number, (h,) of a vector, (n, h) of a matrix.

    Entry by entry, arrays must have one shape, and numbers go with any.  Raises Mistake with both shapes otherwise.
    """
    if isinstance(expr, Array):
        return expr.shape
    if isinstance(expr, Operation):
        return expr.shape_from(*expr.args)
    found: tuple[Expr, Shape] | None = None
    for argument in expr.args:
        shape = shape_of(argument)
        if shape and found and shape != found[1]:
            raise Mistake(
                f"{found[0]} {shape_text(found[1])} and {argument} {shape_text(shape)}: their shapes must be equal"
            )
        found = found or ((argument, shape) if shape else None)
    return found[1] if found else ()


def shape_text(shape: Shape) -> str:
    """(n, 4), as in messages."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def turned(a: Expr) -> Expr:
    """Aᵀ, with (Aᵀ)ᵀ = A and (A B)ᵀ = Bᵀ Aᵀ."""
    if isinstance(a, transpose):
        return a.args[0]
    if isinstance(a, matmul):
        return matmul(turned(a.args[1]), turned(a.args[0]))
    return transpose(a)


def size_of(shape: Shape, lengths: Mapping[Any, int] | None = None) -> int:
    """How many entries an array has."""
    known = lengths or {}
    count = 1
    for length in shape:
        count *= int(known.get(length, length))
    return count


def entry_name(name: Expr, index: tuple[int, ...], lengths: Mapping[Any, int]) -> Expr:
    """The name of one entry, counted from 1: W1[0, 1] is w1_1_2 and X[0, 1] is x2.

    The row of an example is left out where there is one example.
    """
    one_example = lengths.get(BATCH) == 1
    kept = [i + 1 for i, n in zip(index, name.shape, strict=True) if not (one_example and n == BATCH)]
    stem = name.name.lower()
    joint = "_" if stem[-1].isdigit() else ""
    return symbol(stem + joint + "_".join(map(str, kept)) if kept else stem)


def entry(expr: Expr, index: tuple[int, ...], lengths: Mapping[Any, int]) -> Expr:
    """One entry of an expression, in the names of entries; ``lengths`` says how long open dimensions are."""

    def entries(part: Expr, *place: int) -> Expr:
        return entry(part, place, lengths)

    if isinstance(expr, Array):
        return entry_name(expr, index, lengths)
    if isinstance(expr, Length):
        return Integer(lengths[expr])
    if isinstance(expr, Operation):
        return expr.entry(entries, lengths, index, *expr.args)
    if not expr.args:
        return expr
    parts = [entry(argument, index if shape_of(argument) else (), lengths) for argument in expr.args]
    if expr.is_Add:  # X W + 1 bᵀ becomes one sum
        flat: list[Expr] = []
        for whole, part in zip(expr.args, parts, strict=True):
            flat += part.args if part.is_Add and isinstance(whole, Operation) else (part,)
        return add(*flat)
    if expr.is_Pow and expr.base.is_Symbol and isinstance(expr.base, Length) and parts[0] == 1:
        return ONE
    if expr.is_Mul:  # a mean over one example divides by nothing
        parts = [part for whole, part in zip(expr.args, parts, strict=True) if not (_counts(whole) and part == 1)]
        return multiply(*parts) if parts else ONE
    if isinstance(expr, ScalarFunction) and (written_out := expr.written(*parts)) is not None:
        return written_out
    return expr.func(*parts, evaluate=False)


def _counts(factor: Expr) -> bool:
    return isinstance(factor, Length) or (factor.is_Pow and isinstance(factor.base, Length))


def _indices(shape: Shape, lengths: Mapping[Any, int]) -> Iterable[tuple[int, ...]]:
    return indices(*(range(int(lengths.get(length, length))) for length in shape))


def every_index(shape: Shape, lengths: Mapping[Any, int]) -> Iterable[tuple[int, ...]]:
    """The indices of all entries, row by row."""
    return _indices(shape, lengths)


def _matrix(what: str, a: Expr) -> Shape:
    shape = shape_of(a)
    if len(shape) != 2:
        raise Mistake(f"{what} of {a} {shape_text(shape)}: it must be a matrix")
    return shape


def _scalar_in_front(expr: Expr, shape: Shape) -> tuple[Expr, Expr]:
    """(2/n, G) for 2/n · G: a number can wait outside a product of matrices."""
    if not shape_of(expr):
        return expr, fill(ONE, *shape)
    if not expr.is_Mul:
        return ONE, expr
    numbers = [factor for factor in expr.args if not shape_of(factor)]
    arrays = [factor for factor in expr.args if shape_of(factor)]
    return (multiply(*numbers) if numbers else ONE), multiply(*arrays)


def _summed(operation: Any, upstream: Expr, shape: Shape) -> Expr:
    """Column or row sums of the gradient, which may be one number for every entry."""
    return operation(upstream if shape_of(upstream) else fill(upstream, *shape))
