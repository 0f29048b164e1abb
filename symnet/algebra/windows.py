"""Operations that move a window over a picture or a series: convolution and pooling, each defined by one entry.

    Y[d, p, q] = Σ_{e,u,v} K[d, e, u, v] X[e, s p + u − m, s q + v − m] + c[d]

s is the stride and m the padding: what lies outside X is 0.  The kernel is not turned, as in every library of networks
(mathematics calls that a cross-correlation).  Windows that do not fit are dropped.  Source: Dumoulin and Visin (2016).
"""

from __future__ import annotations

from sympy import Integer

from symnet.algebra.equations import Expr, Shape, add, divide, multiply
from symnet.algebra.indices import At, Each, Max, Sum, own_indices
from symnet.algebra.matrices import Operation, shape_of, shape_text
from symnet.algebra.mistakes import Mistake


class Convolution(Operation):
    """What ``conv`` and ``conv1d`` have in common; ``axes`` are those that the window moves along.

    Arguments: x, the kernel k, stride, padding and, where there is one, the bias.
    """

    axes = 0
    of_any_lengths = False

    @classmethod
    def check(cls, x: Expr, k: Expr, stride: Expr, padding: Expr, bias: Expr | None = None) -> None:
        of_x, of_k = shape_of(x), shape_of(k)
        n, what = cls.axes, f"{cls.__name__} of {x} {shape_text(of_x)} with {k} {shape_text(of_k)}"
        channels = of_x[: len(of_x) - n]
        fits = len(of_x) in (n, n + 1) and n <= len(of_k) <= n + 2
        if not fits or of_k[: len(of_k) - n][-1:] != channels:
            raise Mistake(f"{what}: {cls.kernels}")
        for length, window in zip(of_x[-n:], of_k[-n:], strict=True):
            if length + 2 * padding < window:
                raise Mistake(f"{what}: no window of {window} fits into {length} with padding {padding}")
        if bias is not None and shape_of(bias) != cls.filters(x, k):
            raise Mistake(
                f"{what}: the bias {bias} {shape_text(shape_of(bias))} must be one number a filter, "
                f"{shape_text(cls.filters(x, k))}"
            )

    kernels = ""  # which shapes fit

    @classmethod
    def filters(cls, x: Expr, k: Expr) -> Shape:
        """(filters,), or () where the kernel is one filter."""
        return shape_of(k)[: len(shape_of(k)) - len(shape_of(x))]

    @classmethod
    def definition(cls, x: Expr, k: Expr, stride: Expr, padding: Expr, bias: Expr | None = None) -> Expr:
        of_x, of_k, n = shape_of(x), shape_of(k), cls.axes
        lengths = [(a + 2 * padding - w) // stride + 1 for a, w in zip(of_x[-n:], of_k[-n:], strict=True)]
        filters = cls.filters(x, k)
        every = own_indices((*filters, *lengths, *of_k[len(filters) :]))
        d, p = every[: len(filters)], every[len(filters) : len(filters) + n]
        inner = every[len(filters) + n :]
        e, u = inner[: len(inner) - n], inner[len(inner) - n :]
        moved = (stride * a + b - padding for a, b in zip(p, u, strict=True))
        body = Sum(multiply(At(k, *d, *e, *u), At(x, *e, *moved)), *e, *u)
        if bias is not None:
            body = add(body, At(bias, *d) if d else bias)
        return Each(body, *d, *p)


class conv(Convolution):
    """Convolution of a picture, Y_dpq = Σ_euv K_deuv X_e,sp+u−m,sq+v−m + c_d.

    X is (height, width) with K (height, width), or (channels, height, width) with K (channels, height, width) for one
    filter or (filters, channels, height, width).  Y is (filters, rows, columns), without filters where there is one
    kernel.  Source: Dumoulin and Visin (2016), section 2.
    """

    axes = 2
    kernels = (
        "a picture (height, width) takes a kernel (height, width), and (channels, height, width) takes "
        "(channels, height, width) or (filters, channels, height, width), of as many channels"
    )


class conv1d(Convolution):
    """Convolution of a series, Y_dp = Σ_eu K_deu X_e,sp+u−m + c_d.

    X is (length,) with K (length,), or (channels, length) with K (channels, length) for one filter or
    (filters, channels, length).  Source: Dumoulin and Visin (2016), section 2.
    """

    axes = 1
    kernels = (
        "a series (length,) takes a kernel (length,), and (channels, length) takes (channels, length) or "
        "(filters, channels, length), of as many channels"
    )


class Pool(Operation):
    """What the pools have in common: windows of size × size over the last two axes of x, ``stride`` apart."""

    of_any_lengths = False

    @classmethod
    def check(cls, x: Expr, size: Expr, stride: Expr) -> None:
        shape = shape_of(x)
        if len(shape) < 2:
            raise Mistake(
                f"{cls.__name__} of {x} {shape_text(shape)}: it must be (height, width) or (channels, height, width)"
            )
        if any(length < size for length in shape[-2:]):
            raise Mistake(f"{cls.__name__} of {x} {shape_text(shape)}: no window of {size} × {size} fits into it")

    @classmethod
    def definition(cls, x: Expr, size: Expr, stride: Expr) -> Expr:
        *before, height, width = shape_of(x)
        rows, columns = (height - size) // stride + 1, (width - size) // stride + 1
        *every, u, v = own_indices((*before, rows, columns, size, size))
        *e, p, q = every
        return Each(cls.of_window(At(x, *e, stride * p + u, stride * q + v), u, v), *every)

    @classmethod
    def of_window(cls, entry: Expr, u: Expr, v: Expr) -> Expr:
        """What is kept of one window."""
        raise NotImplementedError


class max_pool(Pool):
    """The largest entry of every window, Y_epq = max_uv X_e,sp+u,sq+v; a tie goes to the first, row by row.

    Source: Riesenhuber and Poggio (1999).
    """

    @classmethod
    def of_window(cls, entry: Expr, u: Expr, v: Expr) -> Expr:
        return Max(entry, u, v)


class mean_pool(Pool):
    """The mean of every window, Y_epq = 1/k² Σ_uv X_e,sp+u,sq+v.  Source: LeCun et al. (1998), its S layers."""

    @classmethod
    def of_window(cls, entry: Expr, u: Expr, v: Expr) -> Expr:
        return divide(Sum(entry, u, v), Integer(u.length * v.length))
