"""The one rule of gradients of arrays, entry by entry.

Where the equation of y[I] reads the entry X[φ] under sums over S, and L depends on X through y alone,

    ∂L/∂X[J]  =  Σ over I and S with φ(I, S) = J  of  ∂L/∂y[I] · ∂y[I]/∂X[φ],

whose last factor is the school's derivative of the right-hand side.  Each equation φ_d = J_d is solved for one index
that occurs in it once; where that index would leave its range the term is 0 (``Inside``).  What cannot be solved, as an
index that is data, stays a condition (``Same``).  The result is again made of entries and sums, so it can be
differentiated again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sympy import Tuple

from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.entries import is_0_outside
from symnet.algebra.equations import (
    ONE,
    ZERO,
    Equation,
    Expr,
    Index,
    Shape,
    Symbol,
    negate,
    product,
    replace,
    symbol,
)
from symnet.algebra.indices import (
    At,
    Binder,
    Each,
    First,
    Inside,
    Max,
    Min,
    Node,
    Quotient,
    Remainder,
    Same,
    coefficients,
    fresh,
    indices_for,
    put,
    rebuilt,
    summed,
)
from symnet.algebra.stable_quotients import in_logit

Reading = tuple[Expr, tuple[Expr, ...], Expr, tuple[Index, ...]]
_WHOLE = symbol("the whole")


def pulled_back(each: Each, upstream: Expr, output: Expr | None = None) -> dict[Symbol, tuple[Each | Expr, ...]]:
    """{name: the terms of its gradient}, each an array of its own shape (a number for a number).

    ``upstream`` is the gradient in the array; ``output`` its name, where the derivative is written in terms of it.
    """
    entries = upstream if not each.indices else At(upstream, *each.indices)
    named = output if output is None or not each.indices else At(output, *each.indices)
    terms: dict[Symbol, list[Expr]] = {}
    body = each.body
    softmax = None if named is None else in_logit(body, entries, named)
    if softmax is not None and softmax[0] in each.indices:
        (_, body, entries), named = softmax, None
    for array, places, term, open_ones in readings(body, entries, each.indices, named):
        shape: Shape = getattr(array, "shape", ())
        target = tuple(fresh(index) for index in indices_for(shape))
        found = solved(places, term, open_ones, target)
        terms.setdefault(array, []).append(Each(found, *target) if target else found)
    return {name: tuple(of_name) for name, of_name in terms.items()}


def readings(body: Expr, upstream: Expr, over: tuple[Index, ...], output: Expr | None = None) -> Iterator[Reading]:
    """(array, places, upstream · slope, the indices bound there) for every entry and every name that ``body`` reads."""
    parts: dict[Symbol, Expr] = {}

    def outlined(part: Expr) -> Expr | None:
        if isinstance(part, Node):
            parts[symbol(f"part {len(parts) + 1}")] = part
            return symbol(f"part {len(parts)}")
        return None

    plain = rebuilt(body, outlined)
    whole = {_WHOLE: body if output is None else output}
    for name, slope in local_derivatives(Equation(_WHOLE, plain)).items():
        part = parts.get(name, name)
        term = product(upstream, replace(replace(slope, whole), parts))
        if isinstance(part, At):
            yield part.array, part.places, term, over
        elif isinstance(part, Binder):
            new = {index: fresh(index) for index in part.indices}
            inner = put(part.body, new)
            if isinstance(part, (Max, Min)):
                largest = part.body if isinstance(part, Max) else negate(part.body)
                term = product(term, First(largest, Tuple(*part.indices), Tuple(*new.values())))
            yield from readings(inner, term, (*over, *new.values()))
        elif not isinstance(part, Node):  # a condition, 1 or 0, has no slope
            yield part, (), term, over


def solved(places: tuple[Expr, ...], term: Expr, over: tuple[Index, ...], target: tuple[Index, ...]) -> Expr:
    """The term summed over all indices at which ``places`` is ``target``."""
    left = dict.fromkeys(over)
    conditions: list[Expr] = []
    places = tuple(places)
    waiting: Iterable[int]

    def set_to(index: Index, value: Expr, certain: bool = False) -> None:
        nonlocal term, places, conditions
        term = put(term, {index: value})
        places = tuple(put(place, {index: value}) for place in places)
        conditions = [put(condition, {index: value}) for condition in conditions]
        del left[index]
        if certain:
            return
        if not (isinstance(value, Index) and value.length == index.length) and not is_0_outside(
            term, value, index.length
        ):
            conditions.append(Inside(value, index.length))

    counter = _counted_through(places, target)
    waiting = range(len(target))
    if counter is not None and counter[0] in left:
        waiting = [axis for axis in waiting if not isinstance(places[axis], Remainder)]
        set_to(*counter, certain=True)
    for axis in waiting:
        place, j = places[axis], target[axis]
        if place in left:
            set_to(place, j)
            continue
        found = coefficients(place)
        # Of several, the last: in s·p + u − 1 that is the place in the window, which has the coefficient 1.
        candidates = [index for index in left if found and found[0].get(index) == 1]
        if candidates:
            set_to(candidates[-1], j - place + candidates[-1])
        else:
            conditions.append(Same(place, j))
    return summed(product(*conditions, term), left)


def _counted_through(places: tuple[Expr, ...], target: tuple[Index, ...]) -> tuple[Index, Expr] | None:
    """(m, (e·h + p)·w + q) where m counts through the last axes row by row, all others being read as they are."""
    digits = [place for place in places if isinstance(place, Remainder)]
    found = {digit.args[0].args[0] for digit in digits if isinstance(digit.args[0], Quotient)}
    if not digits or len(found) != 1:
        return None
    (index,) = found
    value, count = ZERO, ONE
    for digit, j in reversed([(p, j) for p, j in zip(places, target, strict=True) if isinstance(p, Remainder)]):
        if digit != Remainder(Quotient(index, count), j.length):
            return None
        value, count = value + count * j, count * j.length
    return (index, value) if index.length == count else None
