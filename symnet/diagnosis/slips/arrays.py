"""Slips with whole arrays: rows for columns, transposes, the number that a mean is divided by, rows left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import prod

from sympy import Integer

from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import (
    ZERO,
    Array,
    Equation,
    Expr,
    Index,
    Symbol,
    divide,
    multiply,
    power,
    product,
    symbol,
    total,
)
from symnet.algebra.equations import replace as put
from symnet.algebra.indices import At, Each, Max, Min, Quotient, Remainder, Sum, own_indices
from symnet.algebra.matrices import column_sums, matmul, row_sums, shape_of, sum_of, transpose
from symnet.algebra.rows_of import flatten
from symnet.algebra.windows import Convolution
from symnet.diagnosis.array_patterns import (
    indices_of,
    is_passed_back,
    is_square,
    named,
    other_arrays,
    parts,
    replaced_in,
)
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slip_patterns import as_factor, averages_of, listed
from symnet.diagnosis.statistics import along_other_axis, statistics
from symnet.diagnosis.structure import steps_of
from symnet.working.arrays import shape_of as shape_of_names

MOST_ROWS = 4  # of which each is taken alone


def transpose_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """forgot the transpose"""

    def without(part: Expr) -> Iterator[tuple[Expr, str]]:
        for factor, other in _factors(part):
            if isinstance(factor, transpose):
                yield other(factor.args[0]), f"of {named(factor)}"

    yield from other_arrays(r, replaced_in(r, without))
    yield from _in_gradients(r, has_transpose=True)


def rows_for_columns(r: Rewriting) -> Iterator[Slipped]:
    """took rows for columns"""

    # A sum or maximum of all entries takes them in any order; Σᵢ X_ij takes those of a column.
    sums = [p for e in r.problem.whole for p in parts(e.rhs) if isinstance(p, (Sum, Max, Min))]
    every = {p.body for p in sums if isinstance(p.body, At) and {*p.body.places} <= {*p.indices}}

    def turned(part: Expr) -> Iterator[tuple[Expr, str]]:
        for factor, other in _factors(part):
            if not isinstance(factor, transpose):
                yield other(transpose(factor)), f"of {named(factor)}"
        if isinstance(part, At) and _is_plain(part) and part not in every:
            yield At(part.array, *reversed(part.places)), f"of {part.array}"

    yield from other_arrays(r, replaced_in(r, turned))
    yield from _in_gradients(r, has_transpose=False)


def flattened_by_columns(r: Rewriting) -> Iterator[Slipped]:
    """flattened{place}"""

    def other(part: Expr) -> Iterator[tuple[Expr, str]]:
        axes = [*range(len(shape_of(part.args[0])))] if isinstance(part, flatten) else []
        orders = {"column by column instead of row by row": (*axes[:-2], *reversed(axes[-2:]))} if axes[1:] else {}
        if len(axes) == 3:
            orders["place by place instead of channel by channel"] = (*axes[1:], axes[0])
        for words, order in orders.items():
            yield _read_off(part.args[0], order), words

    yield from other_arrays(r, replaced_in(r, other))


def _read_off(x: Expr, order: Sequence[int]) -> Expr:
    """All entries of an array as a vector, its last axis in that order counted through fastest."""
    shape = shape_of(x)
    (m,) = own_indices((prod(map(int, shape)),))
    places, behind = dict[int, Expr](), Integer(prod(map(int, shape)))
    for axis in order:
        behind = behind / shape[axis]
        places[axis] = Remainder(Quotient(m, behind), Integer(shape[axis]))
    return Each(At(x, *(places[axis] for axis in range(len(shape)))), m)


def gradient_transposed(r: Rewriting) -> Iterator[Slipped]:
    """gave the transpose of the gradient"""
    # That of an array which is no parameter is turned where a product of matrices turns factors.
    factors = {named(f) for e in r.problem.whole for p in parts(e.rhs) if isinstance(p, matmul) for f in p.args}
    steps = {name.name for name in _of_steps(r)}
    turnable = {array.name for array in factors if array is not None} - steps
    for name, nested in r.problem.arrays.items():
        index = indices_of(r, name)
        shape = shape_of_names(nested)
        if len(shape) != 2 or shape[0] != shape[1]:
            continue
        if next(iter(index)) not in r.problem.start and name not in turnable:
            continue
        entry = {place: of for of, place in index.items()}
        rhs = {e.name: e.rhs for e in r.backward}
        lines = {}
        for of, (i, j) in index.items():
            here, there = r.gradient(of), r.gradient(entry[j, i])
            if i != j and here in rhs and there in rhs:
                lines[here] = rhs[there]
        if lines:
            yield Slipped(r.changing_gradients(lines), at=f"of {name}")


def product_transposed(r: Rewriting) -> Iterator[Slipped]:
    """gave the transpose of the product of two matrices"""

    def turned(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, matmul) and is_square(part) and part.args[0] != transpose(part.args[1]):
            yield transpose(part), ""

    yield from other_arrays(r, replaced_in(r, turned))


def arriving_gradient_not_transposed(r: Rewriting) -> Iterator[Slipped]:
    """did not transpose the gradient that arrives"""
    for equation, _, x in _products_by_a_transpose(r):
        yield from _with_arriving_turned(r, equation, x)


def arriving_gradient_transposed(r: Rewriting) -> Iterator[Slipped]:
    """transposed the gradient that arrives"""
    for equation, x, other in _products_by_a_transpose(r):
        if x != other:
            yield from _with_arriving_turned(r, equation, x)


def _products_by_a_transpose(r: Rewriting) -> Iterator[tuple[Equation, Array, Array]]:
    """(S, Q, K) for every line S with a square Q Kᵀ in it, as with Qᵀ K."""
    for equation in r.problem.whole:
        for part in parts(equation.rhs):
            if not isinstance(part, matmul) or not is_square(part) or shape_of(equation.lhs) != shape_of(part):
                continue
            turned = [named(f.args[0]) for f in part.args if isinstance(f, transpose)]
            plain = [named(f) for f in part.args if not isinstance(f, transpose)]
            if len(turned) == 1 and turned[0] is not None and plain[0] is not None:
                yield equation, plain[0], turned[0]


def _with_arriving_turned(r: Rewriting, equation: Equation, x: Array) -> Iterator[Slipped]:
    """The gradient of x by S̄ᵀ in the place of S̄; what is rightly 0, as behind a mask, has its turn too."""
    if not is_passed_back(r, x.name):
        return
    entry = {place: name for name, place in indices_of(r, equation.name).items()}
    back = {place: r.upstream(name) if r.gradient(name) in r.passed_back else ZERO for place, name in entry.items()}
    slopes = {
        name: r.slopes[name] if name in r.slopes else local_derivatives(r.problem.network.by_name[name])
        for name in entry.values()
    }
    lines = {}
    for own in map(symbol, indices_of(r, x.name)):
        terms = [
            product(back[j, i], slopes[name][own])
            for (i, j), name in entry.items()
            if back[j, i] != 0 and own in slopes[name]
        ]
        others = [y for y in r.users.get(own, ()) if y not in slopes]
        terms += [product(r.upstream(y), r.slopes[y][own]) for y in others]
        lines[r.gradient(own.name)] = total(*terms)
    yield Slipped(r.changing_gradients(lines), at=f"at {equation.name}, in the gradient of {x.name}")


def mean_by_wrong_number(r: Rewriting) -> Iterator[Slipped]:
    """divided the sum by the wrong number"""

    def divided(part: Expr) -> Iterator[tuple[Expr, str]]:
        sums = [factor for factor in part.args if _count(factor)] if part.is_Mul else []
        for i, factor in enumerate(part.args if len(sums) == 1 else ()):
            if not (factor.is_Pow and factor.exp == -1 and factor.base == _count(sums[0])):
                continue
            count = int(factor.base)
            for number in dict.fromkeys((*_lengths(sums[0]), count - 1)):
                if 1 < number != count:
                    other = (*part.args[:i], power(Integer(number), factor.exp), *part.args[i + 1 :])
                    yield multiply(*other), f"({number} instead of {count})"
            yield multiply(*part.args[:i], *part.args[i + 1 :]), f"(not at all instead of by {count})"

    yield from other_arrays(r, replaced_in(r, divided))


def averaged_over_uses(r: Rewriting) -> Iterator[Slipped]:
    """averaged the gradient{place} over the places that use it instead of adding up

    Where these are the rows that the loss is the mean of, it is divided twice (``batch.averaged_twice``).
    """
    # Of a kernel these are its windows (``windows.kernel_averaged``).
    convolutions = (p for e in r.problem.whole for p in parts(e.rhs) if isinstance(p, Convolution))
    kernels = {name for part in convolutions for name in map(str, part.args[1].free_symbols)}
    learned = [name for name in r.problem.arrays if next(iter(indices_of(r, name))) in r.problem.start]
    arrays = [name for name in learned if name not in kernels]
    # Through time these are the time steps (``time.averaged_over_steps``).
    has_alone, rows = r.problem.whole or steps_of(r) is None, {*averages_of(r).values()}
    alone = [name for name in r.problem.start if name not in r.problem.array_of] if has_alone else []
    together: dict[str, Expr] = {}
    for name in (*arrays, *alone):
        entries = indices_of(r, name) if name in r.problem.arrays else {name: ()}
        # A penalty is no place that uses a weight.
        counts = {sum(user != r.loss for user in r.users.get(symbol(entry), ())) for entry in entries}
        count = counts.pop() if len(counts) == 1 else 0
        own = {r.gradient(entry) for entry in entries}
        if count > 1 and count not in rows:
            lines = {e.name: divide(as_factor(e.rhs), Integer(count)) for e in r.backward if e.name in own}
            yield Slipped(r.changing_gradients(lines), at=f"of {name}")
            together |= lines if name in alone else {}
    if len(together) > 1:
        yield Slipped(r.changing_gradients(together), at="of every shared parameter", throughout=True)


def gradient_of_one_row(r: Rewriting) -> Iterator[Slipped]:
    """counted only one row in the gradient"""
    steps = _of_steps(r)  # the rows of these are time steps, as in ``time``
    for equation in r.problem.whole:
        rows = {entry: index[0] for entry, index in indices_of(r, equation.name).items() if index}
        if steps & {equation.lhs, *equation.rhs.free_symbols} or len({*rows.values()}) < 2:
            continue
        for name in _shared_by_rows(r, equation, rows):
            own, count = indices_of(r, name), 1 + max(rows.values())
            for kept in range(count) if count <= MOST_ROWS else (0, count - 1):

                def slope(
                    e: Equation, x: Symbol, d: Expr, own: object = own, rows: dict[str, int] = rows, kept: int = kept
                ) -> Expr | None:
                    return None if x.name in own and rows.get(e.name, kept) != kept else d  # type: ignore[operator]

                yield Slipped(r.passing(slope), at=f"of {name} (row {kept + 1} of {equation.name})")


def wrong_axis(r: Rewriting) -> Iterator[Slipped]:
    """summed along the wrong axis"""
    across = along_other_axis(r)
    if across:
        means, variances = statistics(r)
        arrays = dict.fromkeys(r.problem.array_of[name] for name in across if name in means or name in variances)
        yield Slipped(r.forward(across, backward=True), at=f"in {listed([*arrays])}")
    for equation in r.problem.whole:
        index = indices_of(r, equation.name)
        shape = tuple(1 + max(axis) for axis in zip(*index.values(), strict=True))
        if len(shape) != 2 or shape[0] != shape[1] or shape[0] == 1 or not is_passed_back(r, equation.name):
            continue
        row = [[y for y, (i, _) in index.items() if i == j] for j in range(shape[0])]
        column = [[y for y, (_, k) in index.items() if k == j] for j in range(shape[0])]
        for name in r.problem.arrays:
            own = [symbol(entry) for entry in indices_of(r, name) if entry in r.problem.start]
            # b of X W + b: each entry of it goes to every row of its column.
            if len(own) == len(column) and all(
                {*r.users.get(b, ())} == {*ys} for b, ys in zip(own, column, strict=True)
            ):
                lines = {
                    r.gradient(b.name): total(*(product(r.upstream(y), r.slopes[y][own[k]]) for k, y in enumerate(ys)))
                    for b, ys in zip(own, row, strict=True)
                }
                yield Slipped(r.changing_gradients(lines), at=f"in the gradient of {name}")


def _of_steps(r: Rewriting) -> set[Symbol]:
    """The arrays that are read by themselves, directly or through others: the states and gates of a recurrence."""
    reads = {e.lhs: e.rhs.free_symbols for e in r.problem.whole}
    below: dict[Symbol, set[Symbol]] = {}
    for name in reads:
        found, waiting = set[Symbol](), [name]
        while waiting:
            new = {x for x in reads[waiting.pop()] if x in reads} - found
            found |= new
            waiting.extend(new)
        below[name] = found
    return {name for name, found in below.items() if name in found}


def _shared_by_rows(r: Rewriting, equation: Equation, rows: dict[str, int]) -> Iterator[str]:
    """The parameters that every row of an array uses, each entry of them as often: W in X W, b in X W + b."""
    for name in r.problem.arrays:
        own = [entry for entry in indices_of(r, name) if entry in r.problem.start]
        used = [{rows[user] for user in r.users.get(symbol(entry), ()) if user in rows} for entry in own]
        if used and all(one == {*rows.values()} for one in used) and all(a == b for a, b in pairwise(used)):
            yield name


def _factors(part: Expr) -> Iterator[tuple[Expr, Callable[[Expr], Expr]]]:
    """(a square factor with a name, what the product is with another in its place) of a product of matrices."""
    if not isinstance(part, matmul):
        return
    a, b = part.args
    if _is_turnable(a):
        yield a, lambda other: matmul(other, b)
    if _is_turnable(b):
        yield b, lambda other: matmul(a, other)


def _is_turnable(factor: Expr) -> bool:
    return named(factor) is not None and is_square(factor)


def _is_plain(part: At) -> bool:
    """Whether it is W[i, j] of a square W, at two indices."""
    two = len(part.places) == 2 and part.places[0] != part.places[1]
    return two and all(isinstance(place, Index) for place in part.places) and is_square(part.array)


def _in_gradients(r: Rewriting, has_transpose: bool) -> Iterator[Slipped]:
    """In B̄ = Aᵀ C̄ and Ā = C̄ Bᵀ, of C = A B, the other factor turned; where that has a transpose, or has none.

    Where several products pass something back to the same, as the gates of a recurrence do, also in all of them.
    """
    found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for equation in r.problem.whole:
        for part in parts(equation.rhs):
            for of, other, plain in (*_factors_of_matmul(part), *_factors_of_sum(part)):
                read = {name for name in of if is_passed_back(r, name)} - {other}
                if plain is has_transpose and read:
                    found.setdefault(tuple(sorted(read)), []).append((equation.name, other))
    for names, products in found.items():
        for some in (*([one] for one in products), *([products] if len(products) > 1 else ())):
            yield _turned(r, some, names)


def _factors_of_matmul(part: Expr) -> Iterator[tuple[set[str], str, bool]]:
    """(the arrays in A, B, whether neither or both are transposed) for C = A B with a square B, and (in B, A, …)."""
    for other, of in (part.args, part.args[::-1]) if isinstance(part, matmul) else ():
        array = named(other)
        if array is not None and not isinstance(other, At) and is_square(other):
            yield _arrays_in(of), array.name, isinstance(other, transpose) == isinstance(of, transpose)


def _factors_of_sum(part: Expr) -> Iterator[tuple[set[str], str, bool]]:
    """The same for the product written entry by entry, Σ_k h[t − 1, k]·U[k, j] with a square U."""
    factors = part.body.args if isinstance(part, Sum) and part.body.is_Mul else ()
    for other in factors:
        summed = [p for p in other.places if p in part.indices] if isinstance(other, At) and _is_plain(other) else []
        if len(summed) == 1 and isinstance(other.array, Array):
            of = [p for f in factors if f is not other for p in parts(f) if isinstance(p, At) and summed[0] in p.places]
            of = [p for p in of if isinstance(p.array, Array)]
            # A row of h, and of a matrix whose rows are summed over as those of U are columns, is a factor as it is.
            plain = all(len(_axes(p)) < 2 or (p.places[-1] == summed[0]) == (other.places[0] == summed[0]) for p in of)
            yield {p.array.name for p in of}, other.array.name, plain


def _axes(part: At) -> list[Expr]:
    """The places of an entry that are an index as it is: k of h[t − 1, k]."""
    return [place for place in part.places if isinstance(place, Index)]


def _arrays_in(expr: Expr) -> set[str]:
    return {part.name for part in parts(expr) if isinstance(part, Array)}


def _turned(r: Rewriting, products: Sequence[tuple[str, str]], of: Sequence[str]) -> Slipped:
    """The entries of the other factor turned in what the line of each product passes back to the arrays ``of``."""
    own = {entry for name in of for entry in indices_of(r, name)}
    turned: dict[str, dict[Symbol, Expr]] = {}
    for line, other in products:
        index = indices_of(r, other)
        entry = {place: symbol(name) for name, place in index.items()}
        for name in indices_of(r, line):
            turned[name] = turned.get(name, {}) | {entry[i, j]: entry[j, i] for i, j in index.values()}

    def slope(e: Equation, name: Symbol, d: Expr) -> Expr:
        return put(d, turned[e.name]) if e.name in turned and name.name in own else d

    others = listed([*dict.fromkeys(other for _, other in products)])
    return Slipped(r.passing(slope), at=f"of {others} in the gradient of {listed([*of])}")


def _count(expr: Expr) -> int:
    """How many terms a sum has; 0 of what is none."""
    if isinstance(expr, Sum):
        lengths = [index.length for index in expr.indices]
    elif isinstance(expr, (sum_of, row_sums, column_sums)):
        shape = shape_of(expr.args[0])
        lengths = list(shape) if isinstance(expr, sum_of) else [shape[isinstance(expr, row_sums)]]
    else:
        return 0
    count = 1
    for length in lengths:
        count *= int(length)
    return count


def _lengths(expr: Expr) -> list[int]:
    """The lengths of the axes of what is summed: rows for columns."""
    arrays = [expr.args[0]] if not isinstance(expr, Sum) else [p.array for p in parts(expr.body) if isinstance(p, At)]
    return [int(length) for array in arrays[:1] for length in shape_of(array)]
