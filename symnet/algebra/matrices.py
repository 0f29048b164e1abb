"""Operations on whole arrays, each defined by one entry of it: (A B)[i, j] = Σ_k A[i, k] B[k, j].

Nothing more is said about an operation than that equation and its text in Python.  What shape it gives, one entry of it
in numbers or names, and how a gradient passes back through it all follow from the equation.  Where the field writes the
derivative in terms of the output, as that of softmax, ``slope`` states it; it is proved before it is used.

    shape_of(expr)          the shape of any expression; raises Mistake where shapes do not fit

To add an operation, write one class here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sympy

from symnet.algebra import functions
from symnet.algebra.equations import Array, Expr, Index, Shape, add, divide, multiply, negate, power
from symnet.algebra.indices import At, Binder, Each, Node, Same, Sum, indices_for, own_indices
from symnet.algebra.mistakes import Mistake


class Operation(sympy.Function):  # type: ignore[misc]
    """An operation on whole arrays.  ``code`` is its Python text, with NumPy's names; {0}, {1} are its arguments."""

    code: str = ""
    of_any_lengths: bool = True  # whether its gradient has one form whatever the lengths are

    @classmethod
    def eval(cls, *arguments: Expr) -> None:
        """Never evaluated; but shapes are checked when it is made."""
        cls.check(*arguments)

    @classmethod
    def check(cls, *arguments: Expr) -> None:
        """Raises Mistake where the arguments do not fit."""
        raise NotImplementedError

    @classmethod
    def definition(cls, *arguments: Expr) -> Expr:
        """The array entry by entry, Each(…); of an operation that gives a number, the number."""
        raise NotImplementedError

    @classmethod
    def slope(cls, number: int, entry: tuple[Index, ...], m: Index, *arguments: Expr) -> Expr:
        """∂ of the ``entry`` with respect to entry m of the same row of argument ``number``, as the field writes it."""
        raise NotImplementedError

    @classmethod
    def states_slopes(cls) -> bool:
        """Whether the derivative is stated, and proved, rather than derived."""
        return cls.slope.__func__ is not Operation.slope.__func__  # type: ignore[attr-defined]


class matmul(Operation):
    """Product of matrices, C = A B with C_ij = Σ_k A_ik B_kj.  A (n, k), B (k, m), C (n, m).

    A vector has no i, or no j: A b with c_i = Σ_k A_ik b_k, and a b = Σ_k a_k b_k is a number.  Axes before the last
    two, as the heads of attention, are alike in both or in one of them alone, and are kept: C_hij = Σ_k A_hik B_hkj.

    Gradients, as they follow: Ā = C̄ Bᵀ and B̄ = Aᵀ C̄.  Source: Giles (2008), section 2.2.1.
    """

    code = "{0} @ {1}"

    @classmethod
    def check(cls, a: Expr, b: Expr) -> None:
        left, right = shape_of(a), shape_of(b)
        if not left or not right or left[-1] != right[-2:][0]:
            raise Mistake(
                f"{a} {shape_text(left)} times {b} {shape_text(right)}: "
                "the first needs as many columns as the second rows"
            )
        if left[:-2] and right[:-2] and left[:-2] != right[:-2]:
            raise Mistake(
                f"{a} {shape_text(left)} times {b} {shape_text(right)}: "
                "axes before the last two must be equal, or missing in one of them"
            )

    @classmethod
    def definition(cls, a: Expr, b: Expr) -> Expr:
        left, right = shape_of(a), shape_of(b)
        kept = left[:-2] or right[:-2]
        *free, k = own_indices((*kept, *left[-2:-1], *(right[-1:] if len(right) > 1 else ()), left[-1]))
        before, i = free[: len(kept)], free[len(kept) : len(kept) + len(left[-2:-1])]
        j = free[len(kept) + len(i) :]
        entry_of_a = At(a, *(before if left[:-2] else ()), *i, k)
        entry_of_b = At(b, *(before if right[:-2] else ()), k, *j)
        # A vector times itself is a sum of squares, whose slope is 2 v.
        body = Sum(power(entry_of_a, sympy.Integer(2)) if a == b and not free else multiply(entry_of_a, entry_of_b), k)
        return Each(body, *free) if free else body


class transpose(Operation):
    """Transpose, C = Aᵀ with C_ij = A_ji."""

    code = "{0}.T"

    @classmethod
    def check(cls, a: Expr) -> None:
        shape = shape_of(a)
        if len(shape) != 2:
            raise Mistake(f"the transpose of {a} {shape_text(shape)}: it must be a matrix")

    @classmethod
    def definition(cls, a: Expr) -> Expr:
        i, j = own_indices(reversed(shape_of(a)))
        return Each(At(a, j, i), i, j)


class rows(Operation):
    """Every row is b: C = 1 bᵀ with C_ij = b_j.  b (h,), C (n, h); of a matrix b, n times that matrix."""

    code = "{0}"  # NumPy repeats a vector down the rows by itself

    @classmethod
    def check(cls, b: Expr, n: Expr) -> None:
        if not shape_of(b):
            raise Mistake(f"rows of {b} (): it is a number, and must be a vector")

    @classmethod
    def definition(cls, b: Expr, n: Expr) -> Expr:
        i, *j = own_indices((n, *shape_of(b)))
        return Each(At(b, *j), i, *j)


class columns(Operation):
    """Every column is v: C = v 1ᵀ with C_ij = v_i.  v (n,), C (n, h)."""

    code = "{0}[:, None]"

    @classmethod
    def check(cls, v: Expr, h: Expr) -> None:
        shape = shape_of(v)
        if len(shape) != 1:
            raise Mistake(f"columns of {v} {shape_text(shape)}: it must be a vector")

    @classmethod
    def definition(cls, v: Expr, h: Expr) -> Expr:
        i, j = own_indices((*shape_of(v), h))
        return Each(At(v, i), i, j)


class column_sums(Operation):
    """The sum of every column, c = Aᵀ 1 with c_j = Σ_i A_ij.  A (n, h), c (h,)."""

    code = "{0}.sum(0)"

    @classmethod
    def check(cls, a: Expr) -> None:
        _matrix("the column sums", a)

    @classmethod
    def definition(cls, a: Expr) -> Expr:
        i, j = own_indices(shape_of(a))
        return Each(Sum(At(a, i, j), i), j)


class row_sums(Operation):
    """The sum of every row, c = A 1 with c_i = Σ_j A_ij.  A (n, h), c (n,)."""

    code = "{0}.sum(1)"

    @classmethod
    def check(cls, a: Expr) -> None:
        _matrix("the row sums", a)

    @classmethod
    def definition(cls, a: Expr) -> Expr:
        i, j = own_indices(shape_of(a))
        return Each(Sum(At(a, i, j), j), i)


class sum_of(Operation):
    """The sum of all entries, c = 1ᵀ A 1 = Σ_ij A_ij, a number."""

    code = "{0}.sum()"

    @classmethod
    def check(cls, a: Expr) -> None:
        if not shape_of(a):
            raise Mistake(f"the total of {a}: it is a number already")

    @classmethod
    def definition(cls, a: Expr) -> Expr:
        every = own_indices(shape_of(a))
        return Sum(At(a, *every), *every)


class fill(Operation):
    """An array with the same number c in every entry."""

    code = "full({shape}, {0}, dtype)"

    @classmethod
    def check(cls, c: Expr, *shape: Expr) -> None:
        if shape_of(c):
            raise Mistake(f"an array filled with {c} {shape_text(shape_of(c))}: it must be a number")

    @classmethod
    def definition(cls, c: Expr, *shape: Expr) -> Expr:
        return Each(c, *own_indices(shape))


class softmax(Operation):
    """Softmax of every row, P_ij = exp(Z_ij) / Σ_k exp(Z_ik).  Z and P (n, h), or (…, h): along the last axis.

    ∂P_ij/∂Z_im = P_im ([j = m] − P_ij).  Source: Bridle (1990).
    """

    code = "softmax({0})"

    @classmethod
    def check(cls, z: Expr) -> None:
        if not shape_of(z):
            raise Mistake(f"the softmax of {z} (): it is a number, and must be a vector or a matrix")

    @classmethod
    def definition(cls, z: Expr) -> Expr:
        *row, j, k = own_indices((*shape_of(z), shape_of(z)[-1]))
        below = Sum(functions.exp(At(z, *row, k)), k)
        return Each(divide(functions.exp(At(z, *row, j)), below), *row, j)

    @classmethod
    def slope(cls, number: int, entry: tuple[Index, ...], m: Index, z: Expr) -> Expr:
        *row, j = entry
        return multiply(At(softmax(z), *row, m), add(Same(j, m), negate(At(softmax(z), *row, j))))


class cross_entropy(Operation):
    """Cross-entropy of every row of logits, c_i = −Σ_j T_ij log P_ij with P = softmax(Z).  Z and T (n, h), c (n,).

    ∂c_i/∂Z_im = P_im Σ_j T_ij − T_im, which is P − T where every row of T sums to 1, and only there.
    Computed with the largest entry of the row taken off first, so no size of Z overflows.  Source: Bridle (1990).
    """

    code = "-({1} * log_softmax({0})).sum(1)"

    @classmethod
    def check(cls, z: Expr, t: Expr) -> None:
        shape = _matrix("the cross-entropy", z)
        if shape_of(t) != shape:
            raise Mistake(
                f"the cross-entropy of {z} {shape_text(shape)} and {t} {shape_text(shape_of(t))}: shapes must be equal"
            )

    @classmethod
    def definition(cls, z: Expr, t: Expr) -> Expr:
        *row, j, k = own_indices((*shape_of(z), shape_of(z)[-1]))
        p = divide(functions.exp(At(z, *row, j)), Sum(functions.exp(At(z, *row, k)), k))
        return Each(negate(Sum(multiply(At(t, *row, j), functions.log(p)), j)), *row)

    @classmethod
    def slope(cls, number: int, entry: tuple[Index, ...], m: Index, z: Expr, t: Expr) -> Expr:
        if number == 1:
            return negate(add(At(z, *entry, m), negate(At(log_sum_exp(z), *entry))))
        (j,) = indices_for((shape_of(z)[-1],), (*entry, m))
        return add(multiply(Sum(At(t, *entry, j), j), At(softmax(z), *entry, m)), negate(At(t, *entry, m)))


class log_sum_exp(Operation):
    """c_i = log Σ_j exp(Z_ij).  Z (n, h), c (n,).  ∂c_i/∂Z_im = P_im with P = softmax(Z)."""

    code = "logsumexp({0})"

    @classmethod
    def check(cls, z: Expr) -> None:
        _matrix("the log of the sum of exponentials", z)

    @classmethod
    def definition(cls, z: Expr) -> Expr:
        *row, k = own_indices(shape_of(z))
        return Each(functions.log(Sum(functions.exp(At(z, *row, k)), k)), *row)

    @classmethod
    def slope(cls, number: int, entry: tuple[Index, ...], m: Index, z: Expr) -> Expr:
        return At(softmax(z), *entry, m)


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
        expr.check(*expr.args)
        expr = expr.definition(*expr.args)
    if isinstance(expr, Each):
        return (*(index.length for index in expr.indices), *shape_of(expr.body))
    if isinstance(expr, At):
        return shape_of(expr.array)[len(expr.places) :]
    if isinstance(expr, Binder):
        return shape_of(expr.body)
    if isinstance(expr, Node):
        return ()
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


def size_of(shape: Shape, lengths: Mapping[Any, int] | None = None) -> int:
    """How many entries an array has."""
    known = lengths or {}
    count = 1
    for length in shape:
        count *= int(known.get(length, length))
    return count


def turned(a: Expr) -> Expr:
    """Aᵀ, with (Aᵀ)ᵀ = A and (A B)ᵀ = Bᵀ Aᵀ."""
    if isinstance(a, transpose):
        return a.args[0]
    if isinstance(a, matmul):
        return matmul(turned(a.args[1]), turned(a.args[0]))
    return transpose(a)


def _matrix(what: str, a: Expr) -> Shape:
    shape = shape_of(a)
    if len(shape) != 2:
        raise Mistake(f"{what} of {a} {shape_text(shape)}: it must be a matrix")
    return shape
