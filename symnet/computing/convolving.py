"""Sums of products in which one array is read through a window, and both gradients of them.

    convolve('i p k+q m+r, j p q r -> i j k m', X, K, k=26, m=26)                 Z_ijkm = Σ K_jpqr X_i,p,k+q,m+r
    convolve('p i q r, p j k+q m+r -> i j k m', dZ, X, k=3, m=3)                  its gradient in K
    convolve('i p q r, p j k-q m-r -> i j k m', dZ, K, k=28, m=28)                its gradient in X

Strides, paddings and holes are coefficients and constants of the places (see ``subscripts``).  Each window ties three
axes together, o of the result, u of one array and t of the other, by t = a o + d u + c; whichever of the two arrays is
called the window, the sum is the same, and that with fewer products is computed.  On JAX it is one convolution.  On
NumPy it is products of matrices over shifted copies (Chellapilla, Puri and Simard, 2006), or shifted sums of products.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symnet.computing.subscripts import Place, Places, alone, lengths_of, parsed

BLOCK = 1 << 17  # numbers copied at a time, few enough to stay in a cache


@dataclass(frozen=True)
class Tie:
    """t = a o + d u + c: t counts an axis of the array that is read, u one of the kernel, o one of the result."""

    a: int
    d: int
    c: int
    o: int  # lengths
    u: int
    t: int


@dataclass(frozen=True)
class Roles:
    """Which letters are examples of the array read, filters of the kernel and channels of both; and the ties."""

    read: int  # which of the two arrays is read at ties
    examples: tuple[str, ...]
    filters: tuple[str, ...]
    channels: tuple[str, ...]
    windows: tuple[tuple[str, str], ...]  # (o, u)


def convolve(how: str, *arrays: Any, **lengths: int) -> Any:
    """The sum of products that the text says, of two arrays of which one is read through windows."""
    read, made = parsed(how)
    known = lengths_of(read, arrays, lengths)
    roles = roles_of(read, made)
    assert roles is not None, how
    x, kernel = arrays[roles.read], arrays[1 - roles.read]
    of_x, of_kernel = read[roles.read], read[1 - roles.read]
    places = [_window(of_x, u) for _, u in roles.windows]
    ties = [
        Tie(place[0][o], place[0][u], place[1], known[o], known[u], x.shape[of_x.index(place)])
        for place, (o, u) in zip(places, roles.windows, strict=True)
    ]
    if not isinstance(x, np.ndarray) and max(map(len, (roles.examples, roles.filters, roles.channels))) <= 1:
        return _as_they_are(x, of_x, kernel, of_kernel, made, roles, ties)
    plain = {alone(place): axis for axis, place in enumerate(of_x)}
    axes = [of_x.index(place) for place in places]
    in_kernel = {alone(place): axis for axis, place in enumerate(of_kernel)}
    left = _grouped(x, [[plain[i] for i in roles.examples], [plain[i] for i in roles.channels]], axes)
    right = _grouped(
        kernel,
        [[in_kernel[i] for i in roles.filters], [in_kernel[i] for i in roles.channels]],
        [in_kernel[u] for _, u in roles.windows],
    )
    compute = _with_numpy if isinstance(x, np.ndarray) else _with_jax
    found = compute(left, right, ties)
    order = (*roles.examples, *roles.filters, *(o for o, _ in roles.windows))
    found = found.reshape([known[i] for i in order])
    wanted = [order.index(alone(place)) for place in made]
    return found if wanted == sorted(wanted) else found.transpose(wanted)


def roles_of(read: Sequence[Places], made: Places) -> Roles | None:
    """Which letters do what, where it is a convolution of two arrays; else None."""
    if len(read) != 2:
        return None
    return next((found for first in (0, 1) if (found := _roles(first, read, made)) is not None), None)


def _roles(first: int, read: Sequence[Places], made: Places) -> Roles | None:
    of_x, of_kernel = read[first], read[1 - first]
    result, kernel = [*map(alone, made)], [*map(alone, of_kernel)]
    if not all(result) or not all(kernel) or len({*kernel}) < len(kernel) or len({*result}) < len(result):
        return None
    plain = [alone(place) for place in of_x if alone(place)]
    windows = []
    for counts, _ in (place for place in of_x if not alone(place)):
        o, u = ([i for i in counts if i in side] for side in (result, kernel))
        if len(counts) != 2 or len(o) != 1 or len(u) != 1 or u[0] in result or o[0] in kernel or counts[o[0]] < 1:
            return None
        windows.append((o[0], u[0]))
    tied = {*itertools.chain(*windows)}
    examples = tuple(i for i in plain if i in result)
    channels = tuple(i for i in plain if i not in result)
    filters = tuple(i for i in kernel if i in result)
    once = len({*plain}) == len(plain) and len(tied) == 2 * len(windows) and not tied & {*plain}
    fits = {*kernel} == {*filters, *channels, *(u for _, u in windows)} and not {*examples} & {*kernel}
    complete = {*result} == {*examples, *filters, *(o for o, _ in windows)}
    return Roles(first, examples, filters, channels, tuple(windows)) if windows and once and fits and complete else None


def _window(places: Places, u: str) -> Place:
    return next(place for place in places if u in place[0] and not alone(place))


def _grouped(array: Any, groups: Sequence[Sequence[int]], axes: Sequence[int]) -> Any:
    """The array with one axis for each group of axes, and then the others."""
    order = [*itertools.chain(*groups), *axes]
    turned = array if order == sorted(order) else array.transpose(order)
    shape = [math.prod(array.shape[axis] for axis in group) for group in groups]
    shape += [array.shape[axis] for axis in axes]
    return turned if turned.shape == tuple(shape) else turned.reshape(shape)


def _scatters(tie: Tie) -> bool:
    """Whether t of the kernel and u change places: where o goes by ones and t is shorter than u."""
    return tie.a == 1 and tie.d < 0 and tie.t < tie.u


# NumPy: x (examples, channels, t, …), kernel (filters, channels, u, …), result (examples, filters, o, …).


def _with_numpy(x: Any, kernel: Any, ties: Sequence[Tie]) -> Any:
    if all(map(_scatters, ties)):
        return _shifted_sums(kernel, x, ties).swapaxes(0, 1)
    x = _padded(x, ties)
    starts = [tie.c - _least(tie) for tie in ties]
    if math.prod(tie.u for tie in ties) <= math.prod(tie.o for tie in ties):
        return _few_of_kernel(x, kernel, ties, starts)
    return _few_of_result(x, kernel, ties, starts)


def _least(tie: Tie) -> int:
    """The first place that is read."""
    return tie.c + min(0, tie.d * (tie.u - 1))


def _padded(x: Any, ties: Sequence[Tie]) -> Any:
    """Exactly the places from the first that is read to the last, with 0 outside."""
    first = [_least(tie) for tie in ties]
    last = [tie.c + tie.a * (tie.o - 1) + max(0, tie.d * (tie.u - 1)) for tie in ties]
    whole = [(max(0, a), min(tie.t, b + 1)) for a, b, tie in zip(first, last, ties, strict=True)]
    inside = x[(..., *(slice(a, max(a, b)) for a, b in whole))]
    sizes = tuple(b - a + 1 for a, b in zip(first, last, strict=True))
    if inside.shape[2:] == sizes:
        return inside
    padded: Any = np.zeros((*x.shape[:2], *sizes), x.dtype)
    padded[(..., *(slice(a - f, max(a, b) - f) for (a, b), f in zip(whole, first, strict=True)))] = inside
    return padded


def _run(start: int, step: int, count: int) -> slice:
    """start, start + step, … as a slice; the step may be negative."""
    stop = start + step * (count - 1) + (1 if step > 0 else -1)
    return slice(start, None if stop < 0 else stop, step)


def _few_of_kernel(x: Any, kernel: Any, ties: Sequence[Tie], starts: Sequence[int]) -> Any:
    """A copy of x for each place of the kernel, side by side, times the kernel as a matrix; some examples at a time."""
    n, channels = x.shape[:2]
    of_u, of_o = [tie.u for tie in ties], [tie.o for tie in ties]
    matrix = kernel.reshape(len(kernel), -1)
    found: Any = np.empty((n, len(kernel), math.prod(of_o)), np.result_type(x, kernel))
    at_once = max(1, BLOCK // (matrix.shape[1] * found.shape[2]))
    copies: Any = np.empty((min(n, at_once), channels, *of_u, *of_o), x.dtype)
    for i in range(0, n, at_once):
        part = x[i : i + at_once]
        own = copies[: len(part)]
        for u in itertools.product(*map(range, of_u)):
            where = (_run(s + tie.d * j, tie.a, tie.o) for s, tie, j in zip(starts, ties, u, strict=True))
            own[(slice(None), slice(None), *u)] = part[(..., *where)]
        np.matmul(matrix, own.reshape(len(part), matrix.shape[1], -1), out=found[i : i + at_once])
    return found.reshape(n, len(kernel), *of_o)


def _few_of_result(x: Any, kernel: Any, ties: Sequence[Tie], starts: Sequence[int]) -> Any:
    """A copy of x for each place of the result, times the kernel as a matrix; some channels at a time."""
    n, channels = x.shape[:2]
    of_u, of_o = [tie.u for tie in ties], [tie.o for tie in ties]
    found = np.zeros((n * math.prod(of_o), len(kernel)), np.result_type(x, kernel))
    at_once = max(1, BLOCK // (n * math.prod(of_o) * math.prod(of_u)))
    for g in range(0, channels, at_once):
        part, matrix = x[:, g : g + at_once], kernel[:, g : g + at_once]
        copies: Any = np.empty((n, *of_o, part.shape[1], *of_u), x.dtype)
        for o in itertools.product(*map(range, of_o)):
            where = (_run(s + tie.a * j, tie.d, tie.u) for s, tie, j in zip(starts, ties, o, strict=True))
            copies[(slice(None), *o)] = part[(..., *where)]
        found += copies.reshape(len(found), -1) @ matrix.reshape(len(kernel), -1).T
    return np.moveaxis(found.reshape(n, *of_o, len(kernel)), -1, 1)


def _shifted_sums(x: Any, kernel: Any, ties: Sequence[Tie]) -> Any:
    """Every entry of x times the kernel, added where it belongs: o = t − d u − c, with t a place of the kernel.

    x (examples, channels, u, …) and kernel (filters, channels, t, …), in the other roles than elsewhere.
    """
    n, of_t, of_u = len(x), [tie.t for tie in ties], [tie.u for tie in ties]
    filters, channels = kernel.shape[:2]
    matrix = np.moveaxis(kernel, 1, -1).reshape(-1, channels)
    # From the first o that anything reaches to the last; what lies outside of the result is cut off at the end.
    lows = [min(0, -tie.c) for tie in ties]
    sizes = [max(tie.o, tie.t - tie.c - tie.d * (tie.u - 1)) - low for tie, low in zip(ties, lows, strict=True)]
    found: Any = np.zeros((n, filters, *sizes), np.result_type(x, kernel))
    at_once = max(1, BLOCK // (len(matrix) * math.prod(of_u)))
    for i in range(0, n, at_once):
        part = x[i : i + at_once].reshape(-1, channels, math.prod(of_u))
        products = (matrix @ part).reshape(len(part), filters, *of_t, *of_u)
        own = found[i : i + at_once]
        for t in itertools.product(*map(range, of_t)):
            where = (_run(j - tie.c - low, -tie.d, tie.u) for j, tie, low in zip(t, ties, lows, strict=True))
            own[(..., *where)] += products[(slice(None), slice(None), *t)]
    return found[(..., *(slice(-low, tie.o - low) for tie, low in zip(ties, lows, strict=True)))]


# JAX, with the same roles.


def _with_jax(x: Any, kernel: Any, ties: Sequence[Tie]) -> Any:
    letters = "XYZ"[: len(ties)]
    return _called(x, kernel, ties, (f"NC{letters}", f"OI{letters}", f"NC{letters}"))


def _as_they_are(
    x: Any, of_x: Places, kernel: Any, of_kernel: Places, made: Places, roles: Roles, ties: Sequence[Tie]
) -> Any:
    """With the axes of all three arrays in their own order, which the convolution takes as quickly as any other."""
    sides = [
        {**dict.fromkeys(first, names[0]), **dict.fromkeys(second, names[1])}
        for first, second, names in (
            (roles.examples, roles.channels, "NC"),
            (roles.filters, roles.channels, "OI"),
            (roles.examples, roles.filters, "NC"),
        )
    ]
    axes = {i: "XYZ"[number] for number, pair in enumerate(roles.windows) for i in pair}
    words = [
        "".join(side.get(alone(place)) or next(axes[i] for i in place[0] if i in axes) for place in places)
        for side, places in zip(sides, (of_x, of_kernel, made), strict=True)
    ]
    missing = [
        "".join(c for c in names if c not in word) for names, word in zip(("NC", "OI", "NC"), words, strict=True)
    ]
    x, kernel = (a.reshape((*a.shape, *(1 for _ in more))) for a, more in zip((x, kernel), missing, strict=False))
    found = _called(x, kernel, ties, [word + more for word, more in zip(words, missing, strict=True)])
    return found.reshape(found.shape[: len(words[2])]) if missing[2] else found


def _called(x: Any, kernel: Any, ties: Sequence[Tie], words: Sequence[str]) -> Any:
    """The convolution of arrays whose axes are called so: N examples, C and I channels, O filters, then windows."""
    of_x, of_kernel, made = words
    holes = [1] * len(ties)
    if all(map(_scatters, ties)):  # u is read through t, with s − 1 holes between its entries
        holes = [-tie.d for tie in ties]
        ties = [Tie(1, -1, tie.c, tie.o, tie.t, (tie.u - 1) * -tie.d + 1) for tie in ties]
        x, kernel = kernel, x
        of_x, of_kernel = of_kernel.translate(_TO_READ), of_x.translate(_TO_KERNEL)
        made = made.translate(_SWAPPED)
    lax = sys.modules["jax"].lax
    backwards = [of_kernel.index("XYZ"[number]) for number, tie in enumerate(ties) if tie.d < 0]
    if backwards:
        kernel = lax.rev(kernel, backwards)
    pads = []
    for tie in ties:
        last = _least(tie) + tie.a * (tie.o - 1) + abs(tie.d) * (tie.u - 1)
        pads.append((-_least(tie), last - (tie.t - 1)))
    return lax.conv_general_dilated(
        x,
        kernel,
        [tie.a for tie in ties],
        pads,
        lhs_dilation=holes,
        rhs_dilation=[abs(tie.d) for tie in ties],
        dimension_numbers=(of_x, of_kernel, made),
    )


_TO_READ, _TO_KERNEL, _SWAPPED = (str.maketrans(a, b) for a, b in (("OI", "NC"), ("NC", "OI"), ("NC", "CN")))
