"""The functions of whole arrays that a formula may call: to add one, write a function here.

Its arguments are what stands in the brackets, expressions; what can only be given by its name stands after ``*``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

from sympy import Integer, Rational

from symnet.algebra import matrices, rows_of, stopping, windows
from symnet.algebra.equations import ONE, Expr, Length, divide, multiply
from symnet.algebra.indices import At as Entry
from symnet.algebra.indices import Max, Min, indices_for
from symnet.algebra.matrices import shape_of, shape_text, size_of
from symnet.algebra.mistakes import Mistake

Call = Callable[..., Expr]
_NO_PADDING = Integer(0)
_EPSILON = Rational(1, 100_000)


def softmax(z: Expr, *, mask: Expr | None = None) -> Expr:
    """softmax along the last axis; with mask=M over what the mask lets through: where M is 0, it is exactly 0"""
    return matrices.softmax(z) if mask is None else rows_of.masked_softmax(z, mask)


def causal_softmax(z: Expr) -> Expr:
    """softmax of a square array in which row i sees the columns up to i; the rest is 0"""
    return rows_of.causal_softmax(z)


def log_softmax(z: Expr) -> Expr:
    """the logarithm of the softmax along the last axis"""
    return rows_of.log_softmax(z)


def layer_norm(x: Expr, *, eps: Expr = _EPSILON) -> Expr:
    """every row less its mean, over √(variance + eps); the variance is divided by n; eps is 0.00001 unless given"""
    return rows_of.layer_norm(_known("layer_norm", x, 1), eps)


def concat(a: Expr, b: Expr, *more: Expr) -> Expr:
    """two or more arrays side by side, joined along the last axis"""
    for other in (b, *more):
        a = rows_of.concat(_known("concat", a, 1), _known("concat", other, 1))
    return a


def flatten(x: Expr) -> Expr:
    """all entries as a vector, row by row"""
    return x if len(shape_of(x)) == 1 else rows_of.flatten(_known("flatten", x))


def positional_encoding(x: Expr) -> Expr:
    """waves of the places of an array (time, features): the sine and cosine of t/10000^(2i/d)"""
    return rows_of.positional_encoding(x)


def truncated(h: Expr, steps: Expr) -> Expr:
    """h[t-1] in a recurrence, through which no gradient goes back where t − 1 is a multiple of steps"""
    moved = [place for place in h.places if place.is_Add] if isinstance(h, Entry) and h.array.is_Symbol else []
    if len(moved) != 1:
        raise Mistake("truncated takes what a recurrence reads of the step before, as in truncated(h[t-1], 2)")
    return stopping.truncated(h, moved[0], _whole("the number of steps", steps, 1))


def embedding(E: Expr, ids: Expr) -> Expr:
    """the rows of E that the ids name; in a file the first row has the id 1"""
    return rows_of.embedding(E, ids)


def conv(
    I: Expr,  # noqa: E741 - as in the contract
    K: Expr,
    *,
    stride: Expr = ONE,
    padding: Expr = _NO_PADDING,
    bias: Expr | None = None,
) -> Expr:
    """the windows of a picture (height, width) or (channels, height, width) times K, which is not turned;
    padding zeros at every side, 0 unless given; bias, one number a filter"""
    return _convolution(windows.conv, _known("conv", I), K, stride, padding, bias)


def conv1d(
    I: Expr,  # noqa: E741 - as in the contract
    K: Expr,
    *,
    stride: Expr = ONE,
    padding: Expr = _NO_PADDING,
    bias: Expr | None = None,
) -> Expr:
    """the windows of a series (length,) or (channels, length) times K, which is not turned;
    padding zeros at every side, 0 unless given; bias, one number a filter"""
    return _convolution(windows.conv1d, _known("conv1d", I), K, stride, padding, bias)


def max_pool(X: Expr, size: Expr, *, stride: Expr | None = None) -> Expr:
    """the largest entry of every window of size times size"""
    return windows.max_pool(_known("max_pool", X, 2), *_window(size, stride))


def mean_pool(X: Expr, size: Expr, *, stride: Expr | None = None) -> Expr:
    """the mean of every window of size times size"""
    return windows.mean_pool(_known("mean_pool", X, 2), *_window(size, stride))


CALLS: dict[str, Call] = {
    name: value
    for name, value in list(globals().items())
    if inspect.isfunction(value) and value.__module__ == __name__ and name[0] != "_"
}


def total(a: Expr) -> Expr:
    return matrices.sum_of(a)


def mean(a: Expr) -> Expr:
    every = [n for n in shape_of(a) if isinstance(n, Length)]
    count = Integer(size_of(tuple(n for n in shape_of(a) if n not in every)))
    return divide(matrices.sum_of(a), multiply(*([count] if count != 1 or not every else []), *every))


def largest(a: Expr) -> Expr:
    every = indices_for(shape_of(a))
    return Max(Entry(a, *every), *every)


def smallest(a: Expr) -> Expr:
    every = indices_for(shape_of(a))
    return Min(Entry(a, *every), *every)


# Of one array, all its entries are taken.
OF_ALL: dict[str, Call] = {"sum": total, "mean": mean, "max": largest, "min": smallest}


def options_of(name: str) -> tuple[int, int | None, tuple[str, ...]]:
    """How many arguments a function takes, at least and at most, and what can be given by its name."""
    parameters = inspect.signature(CALLS[name]).parameters.values()
    places = [p for p in parameters if p.kind == p.POSITIONAL_OR_KEYWORD]
    any_number = any(p.kind == p.VAR_POSITIONAL for p in parameters)
    options = tuple(p.name for p in parameters if p.kind == p.KEYWORD_ONLY)
    return len(places), None if any_number else len(places), options


def called_as(name: str) -> str:
    """conv(I, K, stride=…, padding=…, bias=…), for messages."""
    least, _, options = options_of(name)
    places = list(inspect.signature(CALLS[name]).parameters)[:least]
    return f"{name}({', '.join((*places, *(f'{option}=…' for option in options)))})"


def _known(name: str, x: Expr, last: int = 0) -> Expr:
    """``x``, whose last axes (all unless told) must have known lengths: the formula of ``name`` has numbers of them."""
    if any(isinstance(length, Length) for length in shape_of(x)[-last:]):
        raise Mistake(
            f"{name} of {x} {shape_text(shape_of(x))}: it is of one example, and how many examples there are is open; "
            f"write Y[i] = {name}(X[i])"
        )
    return x


def _convolution(kind: Call, x: Expr, k: Expr, stride: Expr, padding: Expr, bias: Expr | None) -> Expr:
    step, edge = _whole("stride", stride, 1), _whole("padding", padding, 0)
    return kind(x, k, step, edge) if bias is None else kind(x, k, step, edge, bias)


def _window(size: Expr, stride: Expr | None) -> tuple[Expr, Expr]:
    length = _whole("the size of a window", size, 1)
    return length, length if stride is None else _whole("stride", stride, 1)


def _whole(what: str, value: Expr, least: int) -> Expr:
    if not value.is_Integer or not least <= value <= 10_000:
        raise Mistake(f"{what} must be a whole number from {least} on, such as {least + 1}")
    return value
