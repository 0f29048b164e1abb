"""Forms of entries that are read through windows: convolutions, pools, and their gradients.

    Z[i,j,k,m] = Σ_pqr K[j,p,q,r] X[i,p,k+q,m+r]     convolve('i p k+q m+r, j p q r -> i j k m', X, K, k=4, m=4)
    M[i,j,k,m] = max_pq A[i,j,2k+p,2m+q]             window_max('i j 2k+p 2m+q -> i j k m', A, …)

Each is a row of ``recognize.FORMS``; the functions are in ``convolving`` and ``pooling``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING

from symnet.algebra.equations import Array, Expr, Index
from symnet.algebra.indices import At, First, Inside, Max, Node, Same, Sum, coefficients, free_indices, put
from symnet.algebra.matrices import shape_of
from symnet.computing.convolving import roles_of
from symnet.computing.reads import is_known, length_text, lengths, letters_for, place_text, plain, subscripts
from symnet.computing.subscripts import parsed

if TYPE_CHECKING:
    from symnet.computing.source import Writer

Indices = tuple[Index, ...]
Found = tuple[str, Indices]  # a text, and the index of each axis


def convolution(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """A sum of products of two arrays of which one is read through windows."""
    if not isinstance(part, Sum):
        return None
    numbers, factors = _apart(part.body)
    if len(factors) != 2 or not all(isinstance(factor, At) for factor in factors):
        return None
    kept = _kept(part, want)
    letters = letters_for((*want, *part.indices, *free_indices(part.body)))
    # An array is read through a window where its place has two indices; it is written first.
    entries = sorted(factors, key=lambda entry: not any(len(free_indices(place)) > 1 for place in entry.places))
    texts = subscripts(entries, letters)
    if texts is None:
        return None
    how = f"{', '.join(texts)} -> {' '.join(letters[i] for i in kept)}"
    if roles_of(*parsed(how)) is None:
        return None
    arrays = ", ".join(writer.code(entry.array) for entry in entries)
    more = lengths(writer, (*kept, *part.indices), entries, letters)
    return _times(writer, numbers, f"{writer.use('convolve')}('{how}', {arrays}{more})"), kept


def pool(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """The sum, or the largest, of an array over windows."""
    if not isinstance(part, (Sum, Max)):
        return None
    numbers, factors = _apart(part.body) if isinstance(part, Sum) else ((), (part.body,))
    if len(factors) != 1 or not isinstance(entry := factors[0], At):
        return None
    inner = part.indices
    if not any(len(free_indices(place)) > 1 for place in entry.places):
        return None
    kept = _kept(part, want)
    letters = letters_for((*kept, *inner))
    outer = [[i for i in free_indices(place) if i not in inner] for place in entry.places]
    if not {*free_indices(entry)} <= {*letters} or Counter(chain(*outer)) != Counter(kept):
        return None
    for place, own in zip(entry.places, outer, strict=True):
        found = coefficients(place)
        if len(own) > 1 or found is None or any(found[0][i] < 1 for i in own):
            return None
    texts = subscripts([entry], letters)
    if texts is None or not {*inner} <= {*free_indices(entry)}:
        return None
    order = sorted(kept, key=[i for own in outer for i in own].index)
    name = writer.use("window_max" if isinstance(part, Max) else "window_sum")
    how = f"{texts[0]} -> {' '.join(letters[i] for i in order)}"
    more = lengths(writer, (*order, *inner), [entry], letters)
    return _times(writer, numbers, f"{name}('{how}', {writer.code(entry.array)}{more})"), tuple(order)


def spread(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """The gradient of a pool, or of a slice: every entry goes to all places of its window, or to the first largest."""
    if not isinstance(part, Sum):
        return None
    numbers, factors = _apart(part.body)
    entries = [factor for factor in factors if isinstance(factor, At)]
    firsts = [factor for factor in factors if isinstance(factor, First)]
    conditions = [factor for factor in factors if isinstance(factor, (Inside, Same))]
    if len(entries) != 1 or len(firsts) > 1 or len(factors) != 1 + len(firsts) + len(conditions):
        return None
    found = plain(writer, entries[0])
    if found is None or not {*part.indices} <= {*found[1]}:
        return None
    if firsts:
        return _to_first(writer, part, want, numbers, found, firsts[0], conditions)
    text, axes = found
    kept = _kept(part, want)
    places: dict[Index, tuple[dict[Index, int], int, int]] = {i: ({i: 1}, 0, 0) for i in axes if i not in part.indices}
    for condition in conditions:
        window = _window(condition, part.indices, kept)
        if window is None or window[0] in places:
            return None
        places[window[0]] = window[1:]
    used = [i for counts, *_ in places.values() for i in counts]
    if {*places} != {*kept} or {*used} != {*axes} or len(used) != len(axes):
        return None
    order = list(kept)
    inner = {i: Index(f"{i.name}′", places[i][2]) for i in order if places[i][2]}
    letters = letters_for((*axes, *inner.values()))
    made = []
    for i in order:
        counts, constant, size = places[i]
        made.append(place_text({**counts, **({inner[i]: 1} if size else {})}, constant, letters))
    how = f"{' '.join(letters[i] for i in axes)} -> {' '.join(made)}"
    more = "".join(f", {letters[i]}={i.length}" for i in inner.values())
    shape = ", ".join(length_text(writer, i.length) for i in order) + ("," if len(order) == 1 else "")
    return _times(writer, numbers, f"{writer.use('windows_added')}('{how}', {text}, ({shape}){more})"), tuple(order)


def _window(condition: Expr, inner: Indices, outer: Indices) -> tuple[Index, dict[Index, int], int, int] | None:
    """(k, {p: 2}, −1, 3) for 0 ≤ k − 2 p + 1 < 3, where k is 2 p − 1 and two more; a size of 0 for k = 2 p − 1."""
    found = coefficients(condition.args[0])
    if isinstance(condition, Same):
        right = coefficients(condition.args[1])
        if found is None or right is None:
            return None
        counts = {i: right[0].get(i, 0) - found[0].get(i, 0) for i in {**found[0], **right[0]}}
        found, size = (counts, right[1] - found[1]), 0
        ones = [i for i in counts if i in outer]
        if len(ones) == 1 and counts[ones[0]] == -1:
            found = {i: -n for i, n in counts.items()}, -found[1]
    elif not is_known(condition.args[1]):
        return None
    else:
        size = int(condition.args[1])
    if found is None:
        return None
    counts, constant = found
    ones, others = ([i for i in counts if i in side] for side in (outer, inner))
    if len(ones) != 1 or counts[ones[0]] != 1 or len(others) != 1 or counts[others[0]] >= 0 or len(counts) != 2:
        return None
    step, length = -counts[others[0]], others[0].length
    last = step * (int(length) - 1) - constant + max(size - 1, 0) if is_known(length) else -1
    if constant > 0 or not is_known(ones[0].length) or not 0 <= last < ones[0].length:
        return None  # a window that leaves the array
    return ones[0], {others[0]: step}, -constant, size


def _to_first(
    writer: Writer,
    part: Sum,
    want: Indices,
    numbers: Sequence[Expr],
    found: Found,
    first: First,
    conditions: Sequence[Expr],
) -> Found | None:
    """The gradient of the largest of a window: to the first place where it is."""
    read = first.body
    if not isinstance(read, At) or not isinstance(read.array, Array):
        return None
    text, axes = found
    shape = shape_of(read.array)
    here = put(read, dict(zip(first.indices, first.places, strict=True))).places
    whole = all(isinstance(i, Index) and i.length == n for i, n in zip(here, shape, strict=True))
    expected = {Inside(place, i.length) for place, i in zip(first.places, first.indices, strict=True)}
    if not whole or {*here} != {*_kept(part, want)} or len({*here}) < len(here) or not {*conditions} <= expected:
        return None
    letters = letters_for((*axes, *first.indices))
    if {*free_indices(read)} != {*axes, *first.indices} - ({*axes} & {*first.indices}):
        return None
    made = []
    for place in read.places:
        counts = coefficients(place)
        if counts is None or len([i for i in counts[0] if i in axes]) > 1:
            return None
        made.append(place_text(counts[0], counts[1], letters))
    how = f"{' '.join(letters[i] for i in axes)} -> {' '.join(made)}"
    more = "".join(f", {letters[i]}={i.length}" for i in first.indices)
    call = f"{writer.use('to_largest')}('{how}', {text}, {writer.code(read.array)}{more})"
    return _times(writer, numbers, call), here


def _kept(part: Expr, want: Indices) -> Indices:
    return tuple(i for i in want if i in free_indices(part))


def _apart(body: Expr) -> tuple[list[Expr], list[Expr]]:
    """(numbers, the factors that have indices)."""
    factors = body.args if body.is_Mul else (body,)
    numbers = [f for f in factors if not isinstance(f, Node) and not free_indices(f) and not shape_of(f)]
    return numbers, [f for f in factors if f not in numbers]


def _times(writer: Writer, numbers: Sequence[Expr], text: str) -> str:
    for number in numbers:
        text = f"{writer.code(number, 3)} * {text}"
    return f"({text})" if numbers else text
