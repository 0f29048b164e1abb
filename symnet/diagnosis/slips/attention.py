"""Slips in attention and wherever a softmax goes along the rows of an array."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symnet.algebra import functions
from symnet.algebra.equations import (
    MINUS_ONE,
    Array,
    Equation,
    Expr,
    Symbol,
    add,
    divide,
    multiply,
    negate,
    power,
    product,
    symbol,
    total,
)
from symnet.algebra.indices import At, Each, Inside, Kept, Same, Sum, own_indices
from symnet.algebra.matrices import matmul, shape_of, softmax
from symnet.algebra.rows_of import causal_softmax, log_softmax, masked_softmax
from symnet.diagnosis.array_patterns import (
    entry_of,
    indices_of,
    is_passed_back,
    is_square,
    lines_with,
    other_arrays,
    parts,
    replaced_in,
)
from symnet.diagnosis.rewriting import Rewriting, Slipped

_SOFTMAXES = (softmax, log_softmax, masked_softmax, causal_softmax)


def softmax_over_columns(r: Rewriting) -> Iterator[Slipped]:
    """took the softmax down the columns instead of along the rows"""

    def over(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, _SOFTMAXES) and len(shape_of(part)) > 1:
            yield _normalized(part, lambda i, j, k, m: (k, j), lambda k, m: (k,)), ""

    yield from other_arrays(r, replaced_in(r, over))


def softmax_over_all(r: Rewriting) -> Iterator[Slipped]:
    """took the softmax over all entries instead of row by row"""

    def over(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, _SOFTMAXES) and len(shape_of(part)) > 1:
            yield _normalized(part, lambda i, j, k, m: (k, m), lambda k, m: (k, m)), ""

    yield from other_arrays(r, replaced_in(r, over))


def softmax_diagonal_alone(r: Rewriting) -> Iterator[Slipped]:
    """used only the diagonal p(1 − p) of the Jacobian of the softmax"""
    for equation in lines_with(r, (softmax, masked_softmax, causal_softmax)):
        if not isinstance(equation.rhs.args[0], Array):
            continue
        own, of = indices_of(r, equation.name), indices_of(r, equation.rhs.args[0].name)

        def slope(e: Equation, x: Symbol, d: Expr, own: dict = own, of: dict = of) -> Expr | None:  # type: ignore[type-arg]
            return d if e.name not in own or x.name not in of or own[e.name] == of[x.name] else None

        yield Slipped(r.passing(slope), at=f"in {equation.name}")


def softmax_jacobian_over_columns(r: Rewriting) -> Iterator[Slipped]:
    """summed down the columns instead of along the rows in the derivative of the softmax"""
    for equation in lines_with(r, (softmax, masked_softmax, causal_softmax)):
        z, index = equation.rhs.args[0], indices_of(r, equation.name)
        if not isinstance(z, Array) or len({place[-2:-1] for place in index.values()}) < 2:
            continue
        own = {place: symbol(name) for name, place in indices_of(r, z.name).items()}
        back = {place: r.upstream(name) for name, place in index.items() if r.gradient(name) in r.passed_back}
        share = {place: symbol(name) for name, place in index.items()}
        lines = {}
        for place, p in share.items():
            if place in back and {*r.users.get(own[place], ())} <= {*index}:
                column = [(*place[:-2], k, place[-1]) for k in range(1 + max(at[-2] for at in index.values()))]
                mean = total(*(product(back[at], share[at]) for at in column if at in back))
                lines[r.gradient(own[place].name)] = product(p, add(back[place], negate(mean)))
        if lines:
            yield Slipped(r.changing_gradients(lines), at=f"in {equation.name}")


def scale_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot to divide by √d"""
    yield from other_arrays(r, replaced_in(r, lambda part: _scaled(part, lambda root: None)))
    for equation in r.problem.whole:
        roots = [root for part in parts(equation.rhs) for root in _roots(part)]
        if len(roots) == 1 and is_passed_back(r, equation.name):
            own, root = indices_of(r, equation.name), entry_of(r, roots[0], ())

            def slope(e: Equation, x: Symbol, d: Expr, own: dict = own, root: Expr = root) -> Expr:  # type: ignore[type-arg]
                return product(d, root) if e.name in own else d

            yield Slipped(r.passing(slope), at=f"in the gradients from {equation.name} back")


def scale_without_root(r: Rewriting) -> Iterator[Slipped]:
    """divided by d instead of √d"""
    yield from other_arrays(r, replaced_in(r, lambda part: _scaled(part, lambda root: root.args[0])))


def mask_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot the mask"""

    def without(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, (masked_softmax, causal_softmax)):
            yield softmax(part.args[0]), ""

    yield from other_arrays(r, replaced_in(r, without))


def mask_after_softmax(r: Rewriting) -> Iterator[Slipped]:
    """set what is masked to 0 after the softmax instead of leaving it out of its sum"""

    def after(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, (masked_softmax, causal_softmax)):
            *row, i, j = own_indices(shape_of(part))
            kept, plain = _kept(part, (*row, i, j)), softmax(part.args[0])
            yield Each(multiply(kept, At(plain, *row, i, j)), *row, i, j), ""

    yield from other_arrays(r, replaced_in(r, after))


def mask_upside_down(r: Rewriting) -> Iterator[Slipped]:
    """read the mask the wrong way round"""

    def other(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, causal_softmax):
            count = shape_of(part)[-1]
            yield _masked(part, lambda i, j: Inside(j - i, count)), "(a row sees what comes after it)"
        elif isinstance(part, masked_softmax):
            mask = part.args[1]
            *row, _, _ = own_indices(shape_of(part))

            def left_out(i: Expr, j: Expr) -> Expr:
                places = (*row, i, j)[-len(shape_of(mask)) :]
                return Same(At(mask, *places), MINUS_ONE)  # an entry of data as a place counts from 1, so 0 is −1

            yield _masked(part, left_out), "(left out what it lets through)"
            if is_square(mask):
                yield _masked(part, lambda i, j: Kept(At(mask, j, i))), "(rows for columns)"

    yield from other_arrays(r, replaced_in(r, other))


def _masked(part: Expr, kept: Callable[[Expr, Expr], Expr]) -> Expr:
    """The softmax of what is kept by another mask."""
    *row, i, j, k = own_indices((*shape_of(part), shape_of(part)[-1]))
    above, each = (multiply(kept(i, m), functions.exp(At(part.args[0], *row, i, m))) for m in (j, k))
    return Each(divide(above, Sum(each, k)), *row, i, j)


def scores_times_mask(r: Rewriting) -> Iterator[Slipped]:
    """multiplied the scores by the mask, which makes them 0 instead of −∞"""

    def times(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, (masked_softmax, causal_softmax)):
            *row, i, j = own_indices(shape_of(part))
            kept = _kept(part, (*row, i, j))
            yield softmax(Each(multiply(kept, At(part.args[0], *row, i, j)), *row, i, j)), ""

    yield from other_arrays(r, replaced_in(r, times))


def _normalized(part: Expr, below: Callable[..., tuple[Expr, Expr]], over: Callable[..., tuple[Expr, ...]]) -> Expr:
    """The softmax whose denominator at [i, j] is the sum of exp at ``below`` over the indices ``over``."""
    z = part.args[0]
    *before, i, j = own_indices(shape_of(z))
    *_, k, m = own_indices((*shape_of(z), *shape_of(z)[-2:]))

    def exponential(a: Expr, b: Expr) -> Expr:
        found, kept = functions.exp(At(z, *before, a, b)), _kept(part, (*before, a, b))
        return found if kept is None else multiply(kept, found)

    share = divide(exponential(i, j), Sum(exponential(*below(i, j, k, m)), *over(k, m)))
    return Each(functions.log(share) if isinstance(part, log_softmax) else share, *before, i, j)


def _kept(part: Expr, places: tuple[Expr, ...]) -> Expr | None:
    """1 where a mask leaves the entry, otherwise 0; None where there is no mask."""
    if isinstance(part, masked_softmax):
        mask = part.args[1]
        return Kept(At(mask, *places[len(places) - len(shape_of(mask)) :]))
    if isinstance(part, causal_softmax):
        return Inside(places[-2] - places[-1], shape_of(part)[-1])
    return None


def _roots(part: Expr) -> Iterator[Expr]:
    """√d of a product that is divided by it, Q Kᵀ/√d."""
    if part.is_Mul and any(isinstance(inner, (matmul, Sum)) for factor in part.args for inner in parts(factor)):
        for factor in part.args:
            root = factor.base if factor.is_Pow and factor.exp == -1 else factor
            if root is not factor and isinstance(root, functions.sqrt) and root.args[0].is_Rational:
                yield root


def _scaled(part: Expr, instead: Callable[[Expr], Expr | None]) -> Iterator[tuple[Expr, str]]:
    for root in _roots(part):
        kept = []
        for factor in part.args:
            other = instead(root) if factor.is_Pow and factor.base == root else factor
            if other is not None:
                kept.append(factor if other is factor else power(other, factor.exp))
        yield multiply(*kept), ""
