"""Slips in convolutions and pools: how the window moves, the kernel turned, and what goes back through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sympy import Integer

from symnet.algebra.derivatives import differentiate, local_derivatives
from symnet.algebra.equations import ONE, Array, Equation, Expr, Index, Symbol, divide, product, symbol, total
from symnet.algebra.equations import replace as put
from symnet.algebra.indices import At, Each, Max, Sum, coefficients, rebuilt
from symnet.algebra.matrices import shape_of
from symnet.algebra.windows import Convolution, Pool, max_pool, mean_pool
from symnet.diagnosis.array_patterns import (
    Places,
    each_replaced,
    indices_of,
    is_passed_back,
    lines_with,
    other_arrays,
    parts,
    replaced_in,
    written_out,
)
from symnet.diagnosis.inside import by_array, means_inside, slopes_with
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.statistics import averaged


def kernel_turned(r: Rewriting) -> Iterator[Slipped]:
    """turned the kernel{place}, as mathematics does and networks do not"""
    yield from other_arrays(r, replaced_in(r, _in_windows(_turned)))


def kernel_transposed(r: Rewriting) -> Iterator[Slipped]:
    """exchanged rows and columns of the kernel{place}"""
    yield from other_arrays(r, replaced_in(r, _in_windows(_rows_for_columns)))


def stride_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """moved the window by 1 instead of by the stride"""
    yield from other_arrays(r, replaced_in(r, _in_windows(lambda whole: _moved(whole, with_stride=False))))


def stride_forgotten_back(r: Rewriting) -> Iterator[Slipped]:
    """moved the window by 1 instead of by the stride on the way back{place}"""
    for name, rhs, _ in replaced_in(r, _in_windows(lambda whole: _moved(whole, with_stride=False), (Convolution, Sum))):
        moved = written_out(r, {name: rhs})
        slopes = {entry: local_derivatives(Equation(symbol(entry), line)) for entry, line in moved.items()}
        is_learned = {x: x.name in r.problem.start for own in slopes.values() for x in own}
        places: dict[str, tuple[bool, ...]] = {"": (True, False)}
        if len({*is_learned.values()}) > 1:
            places |= {
                "(in the gradient of the kernel alone)": (True,),
                "(in that of what it moves over alone)": (False,),
            }
        for at, chosen in places.items() if slopes else ():

            def passed(e: Equation, upstream: Expr, slopes=slopes, chosen=chosen) -> Iterator[tuple[Symbol, Expr]]:  # type: ignore[no-untyped-def]
                right = {x: d for x, d, _ in r._passed.get(e.name, ())}
                other = slopes.get(e.name, right)
                for x in {**right, **other}:
                    own = other if (x.name in r.problem.start) in chosen else right
                    if x in own:
                        yield x, product(upstream, own[x])

            yield Slipped(r.passing_back(passed), at=at)


def padding_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot the padding"""
    yield from other_arrays(r, replaced_in(r, _in_windows(lambda whole: _moved(whole, with_padding=False))))


def channels_not_summed(r: Rewriting) -> Iterator[Slipped]:
    """did not sum over all channels of what the kernel moves over{place}"""
    for of, words in ((0, "(the first alone)"), (-1, "(the last alone)")):
        lines = replaced_in(r, _in_windows(partial(_with_channels, chosen=of, alone=True)))
        yield from other_arrays(r, ((name, rhs, f"{at} {words}") for name, rhs, at in lines))
    for of, words in ((-1, "(all but the last)"), (0, "(all but the first)")):
        lines = replaced_in(r, _in_windows(partial(_with_channels, chosen=of, alone=False)))
        yield from other_arrays(r, ((name, rhs, f"{at} {words}") for name, rhs, at in lines))


def max_for_mean(r: Rewriting) -> Iterator[Slipped]:
    """pooled in the other way"""

    def other(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, max_pool):
            yield mean_pool(*part.args), ", by the mean instead of the largest number"
        elif isinstance(part, mean_pool):
            yield max_pool(*part.args), ", by the largest number instead of the mean"

    yield from other_arrays(r, replaced_in(r, other))


def kernel_of_one_window(r: Rewriting) -> Iterator[Slipped]:
    """counted only one window in the gradient of the kernel"""
    for equation, kernel, _, axes in _convolutions(r):
        own, of = indices_of(r, equation.name), indices_of(r, kernel)
        windows = sorted({index[len(index) - axes :] for index in own.values()})
        for kept, words in ((windows[0], "first"), (windows[-1], "last")) if len(windows) > 1 else ():

            def slope(e: Equation, x: Symbol, d: Expr, own=own, of=of, kept=kept, axes=axes) -> Expr | None:  # type: ignore[no-untyped-def]
                other = e.name in own and own[e.name][len(own[e.name]) - axes :] != kept
                return None if other and x.name in of else d

            yield Slipped(r.passing(slope), at=f"{kernel} (the {words})")


def kernel_averaged(r: Rewriting) -> Iterator[Slipped]:
    """divided the gradient of the kernel{place} by the number of windows"""
    for equation, kernel, _, axes in _convolutions(r):
        own, of = indices_of(r, equation.name), indices_of(r, kernel)
        count = Integer(len({index[len(index) - axes :] for index in own.values()}))

        def slope(e: Equation, x: Symbol, d: Expr, own=own, of=of, count=count) -> Expr:  # type: ignore[no-untyped-def]
            return divide(d, count) if e.name in own and x.name in of else d

        if count > 1:
            yield Slipped(r.passing(slope), at=kernel)


def kernel_gradient_turned(r: Rewriting) -> Iterator[Slipped]:
    """turned the gradient of the kernel{place}"""
    for _, kernel, _, axes in _convolutions(r):
        places, rhs = indices_of(r, kernel), {e.name: e.rhs for e in r.backward}
        turned = {of: rhs[r.gradient(other.name)] for of, other in _turned_entries(places, axes).items()}
        if len(places) > 1:
            lines = {r.gradient(of.name): line for of, line in turned.items()}
            yield Slipped(r.changing_gradients(lines), at=kernel)


def _turned_entries(places: Places, axes: int) -> dict[Symbol, Symbol]:
    """{K1_1: K2_2, K1_2: K2_1, …}: every entry of a kernel, and the one in its place when that is turned."""
    lengths = [1 + max(index[axis] for index in places.values()) for axis in range(-axes, 0)]
    entry = {index: symbol(name) for name, index in places.items()}
    return {
        entry[index]: entry[(*index[:-axes], *(n - 1 - i for n, i in zip(lengths, index[-axes:], strict=True)))]
        for index in entry
    }


def kernel_not_turned(r: Rewriting) -> Iterator[Slipped]:
    """did not turn the kernel in the gradient of what it moves over"""
    for equation, kernel, below, axes in _convolutions(r):
        if not is_passed_back(r, below):
            continue
        own, of = indices_of(r, equation.name), indices_of(r, below)
        turned = _turned_entries(indices_of(r, kernel), axes)

        def slope(e: Equation, x: Symbol, d: Expr, own=own, of=of, turned=turned) -> Expr:  # type: ignore[no-untyped-def]
            return put(d, turned) if e.name in own and x.name in of else d

        yield Slipped(r.passing(slope), at=f"({below})")


def maximum_to_all(r: Rewriting) -> Iterator[Slipped]:
    """gave the gradient of a maximum to every entry of its window"""
    for equation in (*lines_with(r, max_pool), *_maxima(r)):
        own = indices_of(r, equation.name)
        users = {e: len(slopes) for e, slopes in r._passed.items() if e in own}

        def whole(e: Equation, x: Symbol, d: Expr, users: dict[str, int] = users) -> Expr:
            return ONE if e.name in users else d

        def shared(e: Equation, x: Symbol, d: Expr, users: dict[str, int] = users) -> Expr:
            return divide(ONE, Integer(users[e.name])) if e.name in users else d

        yield Slipped(r.passing(whole), at=f"in {equation.name}")
        yield Slipped(r.passing(shared), at=f"in {equation.name} (shared out among them)")


def mean_not_shared(r: Rewriting) -> Iterator[Slipped]:
    """did not divide by the number of terms on the way back through the mean"""
    for equation in lines_with(r, mean_pool):
        own = indices_of(r, equation.name)

        def slope(e: Equation, x: Symbol, d: Expr, own: object = own) -> Expr:
            return ONE if e.name in own else d  # type: ignore[operator]

        yield Slipped(r.passing(slope), at=f"in {equation.name}")
    pools = {entry for equation in lines_with(r, mean_pool) for entry in indices_of(r, equation.name)}
    lines = {name: own for name, own in means_inside(r).items() if name not in pools}
    for some, words in by_array(r, lines):
        slopes = slopes_with(r, some, lambda part, x: differentiate(total(*averaged(part)), x))
        if slopes:
            problem = r.passing(lambda e, x, d, slopes=slopes: slopes.get((e.name, x), d))  # type: ignore[misc]
            yield Slipped(problem, at=f"in {words}")


def _maxima(r: Rewriting) -> Iterator[Equation]:
    """Pools that are written entry by entry, "M[p]" = "max[u=1..2](X[2*p+u-2])"."""
    for equation in lines_with(r, Each):
        body = equation.rhs.body
        if isinstance(body, Max) and isinstance(body.body, At) and isinstance(body.body.array, Array):
            yield equation


def _convolutions(r: Rewriting) -> Iterator[tuple[Equation, str, str, int]]:
    """(the line, the kernel, what it moves over, along how many axes) of every convolution of two named arrays."""
    for equation in r.problem.whole:
        for part in parts(equation.rhs):
            if isinstance(part, Convolution) and isinstance(part.args[0], Array) and isinstance(part.args[1], Array):
                same = len(shape_of(part)) == len(equation.lhs.shape) if isinstance(equation.lhs, Array) else False
                if same and is_passed_back(r, part.args[1].name):
                    yield equation, part.args[1].name, part.args[0].name, part.axes


def _in_windows(
    change: Callable[[Expr], Expr], kinds: tuple[type, ...] = (Convolution, Pool, Sum, Max)
) -> Callable[[Expr], Iterator[tuple[Expr, str]]]:
    """``change`` of the sums and maxima over windows, in operations and in formulas written entry by entry."""

    def changed(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, (Convolution, Pool)):
            whole = part.definition(*part.args)
            if isinstance(part, kinds):
                yield from ((new, "") for new, _ in each_replaced(whole, changed))
        elif isinstance(part, (Sum, Max)) and isinstance(part, kinds) and _windows(part):
            yield change(part), ""

    return changed


def _windows(part: Expr) -> dict[Index, At]:
    """{u: X[s p + u − m]}: the indices of the window, each with what it moves over."""
    ats = [inner for inner in parts(part.body) if isinstance(inner, At)]
    found = {}
    for at in ats:
        for place in at.places:
            counts, _ = coefficients(place) or ({}, 0)
            own = [index for index in counts if index in part.indices and counts[index] == 1]
            if len(counts) == 2 and len(own) == 1:
                found[own[0]] = at
    kernels = [at for at in ats if any(index in at.places for index in found)]
    return found if len(ats) == 1 or kernels else {}


def _turned(part: Expr) -> Expr:
    """K[U − 1 − u] for K[u]."""
    own = _windows(part)

    def change(inner: Expr) -> Expr | None:
        if isinstance(inner, At) and inner not in own.values():
            return At(inner.array, *(place.length - 1 - place if place in own else place for place in inner.places))
        return None

    return rebuilt(part, change)


def _rows_for_columns(part: Expr) -> Expr:
    """K[v, u] for K[u, v], of a kernel with as many rows as columns."""
    own = _windows(part)

    def change(inner: Expr) -> Expr | None:
        if isinstance(inner, At) and inner not in own.values():
            moving = [place for place in inner.places if place in own]
            if len(moving) == 2 and moving[0].length == moving[1].length:
                swapped = dict(zip(moving, reversed(moving), strict=True))
                return At(inner.array, *(swapped.get(place, place) for place in inner.places))
        return None

    return rebuilt(part, change)


def _with_channels(part: Expr, chosen: int, alone: bool) -> Expr:
    """The sum with the first or last channel (0, −1) alone, or with all the others; itself where it has no channels."""
    moving = _windows(part)
    channels = [i for i in part.indices if i not in moving] if isinstance(part, Sum) else []
    if len(channels) != 1 or channels[0].length < (2 if alone else 3):
        return part
    (channel,) = channels
    place = channel.length - 1 if chosen else Integer(0)

    def change(inner: Expr) -> Expr | None:
        if isinstance(inner, At):
            return At(inner.array, *(place if own == channel else own for own in inner.places))
        return None

    one = rebuilt(part.body, change)
    kept = Sum(one, *(index for index in part.indices if index is not channel))
    return kept if alone else part - kept


def _moved(part: Expr, with_stride: bool = True, with_padding: bool = True) -> Expr:
    """p + u − m, or s p + u, for s p + u − m."""
    moving = set(_windows(part).values())

    def place(expr: Expr) -> Expr:
        counts, constant = coefficients(expr) or ({}, 0)
        if len(counts) != 2:
            return expr
        if not with_padding and constant < 0:
            return expr - constant
        if not with_stride:
            return sum((index for index in counts), Integer(constant))
        return expr

    def change(inner: Expr) -> Expr | None:
        return At(inner.array, *map(place, inner.places)) if inner in moving else None

    return rebuilt(part, change)
