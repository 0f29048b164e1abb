"""Operations along the last axis, and those that put rows together: each is defined by one entry."""

from __future__ import annotations

from sympy import Integer

from symnet.algebra import functions
from symnet.algebra.equations import Expr, Index, add, divide, multiply, negate, power
from symnet.algebra.indices import At, Each, Inside, Kept, Quotient, Remainder, Same, Sum, own_indices
from symnet.algebra.matrices import Operation, shape_of, shape_text, softmax
from symnet.algebra.mistakes import Mistake


class log_softmax(Operation):
    """Logarithm of the softmax of every row, L_ij = ln(exp(Z_ij) / Σ_k exp(Z_ik)).  Z and L (…, h).

    ∂L_ij/∂Z_im = [j = m] − P_im with P = softmax(Z), where no exponential is divided by another.
    """

    code = "log_softmax({0})"

    @classmethod
    def check(cls, z: Expr) -> None:
        _has_rows("log_softmax", z)

    @classmethod
    def definition(cls, z: Expr) -> Expr:
        *row, j, k = own_indices((*shape_of(z), shape_of(z)[-1]))
        below = Sum(functions.exp(At(z, *row, k)), k)
        return Each(functions.log(divide(functions.exp(At(z, *row, j)), below)), *row, j)

    @classmethod
    def slope(cls, number: int, entry: tuple[Index, ...], m: Index, z: Expr) -> Expr:
        *row, j = entry
        return add(Same(j, m), negate(At(softmax(z), *row, m)))


class masked_softmax(Operation):
    """Softmax that leaves out what a mask says, P_ij = [M_ij ≠ 0] exp(Z_ij) / Σ_k [M_ik ≠ 0] exp(Z_ik).

    M are numbers of the data, in the shape of Z or of its last axes.  Where M is 0, P is 0 exactly.
    Source: Vaswani et al. (2017), section 3.2.3, who set such Z to −∞.
    """

    of_any_lengths = False

    @classmethod
    def check(cls, z: Expr, m: Expr) -> None:
        _has_rows("the softmax", z)
        shape, mask = shape_of(z), shape_of(m)
        if not mask or shape[len(shape) - len(mask) :] != mask:
            raise Mistake(
                f"the mask {m} {shape_text(mask)} of {z} {shape_text(shape)}: it has that shape, or its last axes"
            )

    @classmethod
    def definition(cls, z: Expr, m: Expr) -> Expr:
        *row, j, k = own_indices((*shape_of(z), shape_of(z)[-1]))
        of_mask = row[len(row) + 1 - len(shape_of(m)) :]
        above = multiply(Kept(At(m, *of_mask, j)), functions.exp(At(z, *row, j)))
        below = Sum(multiply(Kept(At(m, *of_mask, k)), functions.exp(At(z, *row, k))), k)
        return Each(divide(above, below), *row, j)


class causal_softmax(Operation):
    """Softmax in which row i sees the columns up to i, P_ij = [j ≤ i] exp(Z_ij) / Σ_k [k ≤ i] exp(Z_ik).

    Z and P (…, n, n).  Source: Vaswani et al. (2017), section 3.2.3.
    """

    @classmethod
    def check(cls, z: Expr) -> None:
        shape = shape_of(z)
        if len(shape) < 2 or shape[-1] != shape[-2]:
            raise Mistake(f"causal_softmax of {z} {shape_text(shape)}: the last two axes must be equally long")

    @classmethod
    def definition(cls, z: Expr) -> Expr:
        n = shape_of(z)[-1]
        *row, i, j, k = own_indices((*shape_of(z), n))
        above = multiply(Inside(i - j, i.length), functions.exp(At(z, *row, i, j)))
        below = Sum(multiply(Inside(i - k, i.length), functions.exp(At(z, *row, i, k))), k)
        return Each(divide(above, below), *row, i, j)


class layer_norm(Operation):
    """Layer normalization of every row, Y_ij = (X_ij − μ_i) / √(σ²_i + ε), with no gain and no shift.

    μ_i = 1/h Σ_k X_ik and σ²_i = 1/h Σ_k (X_ik − μ_i)², divided by h.  X and Y (…, h).
    Source: Ba, Kiros and Hinton (2016), eq. 3.
    """

    of_any_lengths = False

    @classmethod
    def check(cls, x: Expr, eps: Expr) -> None:
        _has_rows("layer_norm", x)
        if shape_of(eps):
            raise Mistake(f"layer_norm of {x}: eps {shape_text(shape_of(eps))} must be a number")

    @classmethod
    def definition(cls, x: Expr, eps: Expr) -> Expr:
        h = shape_of(x)[-1]
        *row, j, k, m = own_indices((*shape_of(x), h, h))
        mean = divide(Sum(At(x, *row, m), m), Integer(h))
        variance = divide(Sum(power(add(At(x, *row, k), negate(mean)), Integer(2)), k), Integer(h))
        below = variance if eps == 0 else add(variance, eps)
        return Each(divide(add(At(x, *row, j), negate(mean)), functions.sqrt(below)), *row, j)


class concat(Operation):
    """Two arrays side by side, C_ij = A_ij for the first columns and B_i,j−h for the rest.  A (…, h), B (…, m).

    Written as A_ij + B_i,j−h, since an entry outside its array is 0.
    """

    of_any_lengths = False

    @classmethod
    def check(cls, a: Expr, b: Expr) -> None:
        left, right = shape_of(a), shape_of(b)
        if not left or not right or left[:-1] != right[:-1]:
            raise Mistake(
                f"concat of {a} {shape_text(left)} and {b} {shape_text(right)}: "
                "it joins last axes, and the axes before them must be equal"
            )

    @classmethod
    def definition(cls, a: Expr, b: Expr) -> Expr:
        *before, h = shape_of(a)
        *row, j = own_indices((*before, h + shape_of(b)[-1]))
        return Each(add(At(a, *row, j), At(b, *row, j - h)), *row, j)


class flatten(Operation):
    """All entries as a vector, row by row: channels, rows, columns.  F_m = X_epq with m = (e·height + p)·width + q."""

    of_any_lengths = False

    code = "{0}.ravel()"

    @classmethod
    def check(cls, x: Expr) -> None:
        if not shape_of(x):
            raise Mistake(f"flatten of {x}: it is a number already")

    @classmethod
    def definition(cls, x: Expr) -> Expr:
        shape = shape_of(x)
        count = 1
        for length in shape:
            count *= length
        (m,) = own_indices((count,))
        places, behind = [], count
        for length in shape:
            behind //= length
            places.append(Remainder(Quotient(m, Integer(behind)), Integer(length)))
        return Each(At(x, *places), m)


class positional_encoding(Operation):
    """The places of an array (time, features) in waves: P_t,2i = sin(t/10000^(2i/d)), P_t,2i+1 = cos of the same.

    t and the columns count from 0, and d is the number of features; of X the shape alone matters.
    Source: Vaswani et al. (2017), section 3.5.
    """

    of_any_lengths = False

    @classmethod
    def check(cls, x: Expr) -> None:
        if len(shape_of(x)) != 2:
            raise Mistake(f"positional_encoding of {x} {shape_text(shape_of(x))}: it must be (time, features)")

    @classmethod
    def definition(cls, x: Expr) -> Expr:
        t, e = own_indices(shape_of(x))
        waves = ((0, functions.sin, Integer(-1)), (1, functions.cos, Integer(-2)))  # as a number, an index is from 1
        parts = []
        for odd, wave, one in waves:
            share = divide(add(e, one), Integer(shape_of(x)[1]))
            angle = divide(add(t, Integer(-1)), power(Integer(10_000), share))
            parts.append(multiply(Same(Remainder(e, Integer(2)), Integer(odd)), wave(angle)))
        return Each(add(*parts), t, e)


class embedding(Operation):
    """The rows of E that the ids name, C_te = E[ids_t, e].  E (words, e), ids (…), C (…, e).

    Ids are numbers of the data and have no gradient.  Source: Bengio et al. (2003).
    """

    of_any_lengths = False

    @classmethod
    def check(cls, e: Expr, ids: Expr) -> None:
        if not shape_of(e):
            raise Mistake(f"embedding: {e} is a number; it must have a row for every id")

    @classmethod
    def definition(cls, e: Expr, ids: Expr) -> Expr:
        count = len(shape_of(ids))
        every = own_indices((*shape_of(ids), *shape_of(e)[1:]))
        body = At(e, At(ids, *every[:count]), *every[count:])
        return Each(body, *every) if every else body


def _has_rows(what: str, x: Expr) -> None:
    if not shape_of(x):
        raise Mistake(f"{what} of {x}: it is a number, and goes along the last axis of an array")
