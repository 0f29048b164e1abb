"""Equations of entries as code: which fast call an entry is, in one table, a row a form.

    Z[i, k] = Σ_j X[i, j] W[j, k] + b[k]        contract("ij,jk->ik", X, W) + b
    Y[i, p] = Σ_u K[u] X[i, 2p + u − 1]          each(lambda i, p: over(lambda u: …), (n, 5), dtype)

``FORMS`` are asked in their order for every part that has indices; the last, entry by entry, takes any.  What stands
around the parts is code as of whole arrays.  To add a form, write a function and name it there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from symnet.algebra.equations import Array, Expr, Index, Length
from symnet.algebra.indices import (
    At,
    Binder,
    Each,
    First,
    Inside,
    Kept,
    Max,
    Node,
    Quotient,
    Remainder,
    Same,
    Sum,
    coefficients,
    free_indices,
    rebuilt,
)
from symnet.algebra.matrices import shape_of
from symnet.computing.shifts import shifted_array

if TYPE_CHECKING:
    from symnet.computing.source import Writer

Indices = tuple[Index, ...]
Form = Callable[["Writer", Expr, Indices], str | None]
_LETTERS = "ijklmnopqrstuvwxyzabcdefgh"


def text_of(writer: Writer, expr: Expr) -> str:
    """The text of an array (or number) written for one entry."""
    body, want = (expr.body, expr.indices) if isinstance(expr, Each) else (expr, ())
    return arrays(writer, body, want, FORMS) or entry_by_entry(writer, body, want)


def arrays(writer: Writer, body: Expr, want: Indices, forms: Sequence[Form]) -> str | None:
    """The text of ``body`` for all values of the indices wanted, each part by the first form that takes it."""
    shape = tuple(index.length for index in want)
    unknown = False

    def part(found: Expr) -> Expr | None:
        nonlocal unknown
        if not isinstance(found, (Node, Index)):
            return None
        text = next((text for form in forms if (text := form(writer, found, want)) is not None), None)
        unknown = unknown or text is None
        return writer.stand_in(text or "", shape)

    whole = rebuilt(body, part)
    if unknown or not set(want) <= set(free_indices(body)):
        return None
    return writer.code(whole)


def whole_array(writer: Writer, part: Expr, want: Indices) -> str | None:
    """X[i, j] is X, and b[k] in every row is b: axes in their order, new ones where an index is not read."""
    if not isinstance(part, At) or not _reads_whole(part) or not part.places:
        return None
    places = [want.index(place) for place in part.places if place in want]
    if len(places) < len(part.places) or places != sorted(places):
        return None
    return _placed(writer.code(part.array, 5), part.places, want)


def contraction(writer: Writer, part: Expr, want: Indices) -> str | None:
    """Σ over products of whole arrays, by ``einsum``; also an array with its axes in another order."""
    body, summed = (part.body, part.indices) if isinstance(part, Sum) else (part, ())
    factors = body.args if body.is_Mul else (body,)
    numbers = [f for f in factors if not isinstance(f, Node) and not free_indices(f) and not shape_of(f)]
    reads = [f for f in factors if f not in numbers]
    if not reads or not all(isinstance(f, At) and _reads_whole(f) and isinstance(f.array, Array) for f in reads):
        return None
    used = [i for f in reads for i in f.places]
    if not set(summed) <= set(used) or not set(used) <= {*want, *summed}:
        return None
    kept = [i for i in want if i in used]
    letters = _letters([*want, *summed])
    words = ["".join(letters[i] for i in indices) for indices in (*(f.places for f in reads), kept)]
    how = f"{','.join(words[:-1])}->{words[-1]}"
    text = f"{writer.use('contract')}('{how}', {', '.join(writer.code(f.array) for f in reads)})"
    text = _placed(text, kept, want)
    for number in numbers:
        text = f"{writer.code(number, 3)} * {text}"
    return f"({text})" if numbers else text


def sum_of_axes(writer: Writer, part: Expr, want: Indices) -> str | None:
    """Σ of one array along some of its axes, the others in their order; or the largest."""
    if not isinstance(part, (Sum, Max)) or not isinstance(part.body, At) or not _reads_whole(part.body):
        return None
    places = part.body.places
    kept = [i for i in places if i not in part.indices]
    if not set(part.indices) <= set(places) or kept != [i for i in want if i in kept]:
        return None
    axes = [str(axis) for axis, i in enumerate(places) if i in part.indices]
    along = axes[0] if len(axes) == 1 else f"({', '.join(axes)})" if kept else ""
    name = writer.code(part.body.array, 5)
    return _placed(f"{name}.{'max' if isinstance(part, Max) else 'sum'}({along})", kept, want)


def _letters(indices: Sequence[Index]) -> dict[Index, str]:
    """A letter for each index: its own where it has one."""
    own = {i: i.name for i in indices if len(i.name) == 1 and i.name in _LETTERS}
    if len(set(own.values())) < len(own):
        own = {}
    free = (letter for letter in _LETTERS if letter not in own.values())
    return {i: own.get(i) or next(free) for i in indices}


def along_axes(writer: Writer, part: Expr, want: Indices) -> str | None:
    """A sum, or the largest, of what is written over whole arrays, along the axes of its indices."""
    if not isinstance(part, (Sum, Max)):
        return None
    kept = tuple(i for i in want if i in free_indices(part))
    body = arrays(writer, part.body, (*kept, *part.indices), (whole_array, sum_of_axes, contraction, along_axes))
    if body is None:
        return None
    axes = [str(len(kept) + i) for i in range(len(part.indices))]
    along = axes[0] if len(axes) == 1 else f"({', '.join(axes)})"
    return _placed(f"{writer.enclosed(body)}.{'max' if isinstance(part, Max) else 'sum'}({along})", kept, want)


def entry_by_entry(writer: Writer, part: Expr, want: Indices) -> str:
    """Any other: the formula itself, over all values of all indices."""
    used = tuple(i for i in want if i in free_indices(part))
    if isinstance(part, (Node, Index)) and used != want:
        return _placed(entry_by_entry(writer, part, used), used, want)
    body = _spelled(writer, part, len(want))
    if not want:
        return body
    names = ", ".join(map(writer.names.__getitem__, want))
    return f"{writer.use('each')}(lambda {names}: {body}, {_lengths(writer, want)}, dtype)"


FORMS: tuple[Form, ...] = (whole_array, shifted_array, sum_of_axes, contraction, along_axes, entry_by_entry)


def _placed(text: str, kept: Sequence[Index], want: Indices) -> str:
    """An array with the axes ``kept``, turned so that it goes with others of all axes wanted."""
    new = [":" if i in kept else "None" for i in want]
    while new and new[0] == "None":  # before the first axis NumPy adds them by itself
        new.pop(0)
    return f"{text}[{', '.join(new)}]" if "None" in new else text


def _spelled(writer: Writer, expr: Expr, within: int) -> str:
    """A formula of entries as text, within so many open indices."""

    def part(found: Expr) -> Expr | None:
        if isinstance(found, Index):
            return writer.stand_in(writer.names[found], ("any",))
        return writer.stand_in(_node(writer, found, within), ("any",)) if isinstance(found, Node) else None

    return writer.code(rebuilt(expr, part))


def _node(writer: Writer, node: Expr, within: int) -> str:
    if isinstance(node, At):
        places = ", ".join(_spelled(writer, place, within) for place in node.places)
        name = writer.code(node.array, 5)
        if all(map(_stays_inside, node.places, shape_of(node.array))):
            return f"{name}[{places}]"
        return f"{writer.use('at')}({name}, {places})"
    if isinstance(node, Inside):
        return f"{writer.use('inside')}({_spelled(writer, node.args[0], within)}, {_length(writer, node.args[1])})"
    if isinstance(node, Same):
        left, right = (_spelled(writer, side, within) for side in node.args)
        return f"(1 * ({left} == {right}))"
    if isinstance(node, Kept):
        return f"(1 * ({_spelled(writer, node.args[0], within)} != 0))"
    if isinstance(node, (Quotient, Remainder)):
        sign = "//" if isinstance(node, Quotient) else "%"
        return f"(({_spelled(writer, node.args[0], within)}) {sign} {node.args[1]})"
    if isinstance(node, First):
        body = _spelled(writer, node.body, within + len(node.indices))
        names = ", ".join(map(writer.names.__getitem__, node.indices))
        places = ", ".join(_spelled(writer, place, within) for place in node.places)
        return f"{writer.use('first')}(lambda {names}: {body}, {within}, {_lengths(writer, node.indices)}, {places})"
    assert isinstance(node, Binder)
    function = writer.use("largest" if isinstance(node, Max) else "over")
    names = ", ".join(map(writer.names.__getitem__, node.indices))
    lengths = ", ".join(_length(writer, index.length) for index in node.indices)
    return f"{function}(lambda {names}: {_spelled(writer, node.body, within + len(node.indices))}, {within}, {lengths})"


def _lengths(writer: Writer, indices: Sequence[Index]) -> str:
    return f"({', '.join(_length(writer, index.length) for index in indices)}{',' * (len(indices) == 1)})"


def _length(writer: Writer, length: Expr) -> str:
    return writer.names[length] if isinstance(length, Length) else str(length)


def _reads_whole(part: Expr) -> bool:
    """Whether every place is an index of its own that runs over the whole axis."""
    shape = shape_of(part.array)
    if len(part.places) < len(shape):
        return False
    indices = all(isinstance(p, Index) and p.length == n for p, n in zip(part.places, shape, strict=True))
    return indices and len(set(part.places)) == len(part.places)


def _stays_inside(place: Expr, length: Expr) -> bool:
    """Whether a place is surely in its axis: all values of its indices are."""
    if isinstance(place, Index) and place.length == length:
        return True
    found = coefficients(place)
    if found is None or not getattr(length, "is_Integer", isinstance(length, int)):
        return False
    least = most = found[1]
    for index, count in found[0].items():
        if not index.length.is_Integer:
            return False
        end = count * (int(index.length) - 1)
        least, most = least + min(end, 0), most + max(end, 0)
    return least >= 0 and most < int(length)
