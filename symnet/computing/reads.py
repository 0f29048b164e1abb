"""What an entry reads, as a whole array: X[i, 3, 2 t] over all i and t is ``X[:, 3, ::2]``.

plain(writer, At(X, …))          (text, the index of each of its axes), or None
subscripts([At(X, …), …], want)  the places as a line of text (see ``computing.subscripts``), or None
lengths(writer, …)               k=4, m=4: what the text does not say
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import TYPE_CHECKING

from sympy import sympify

from symnet.algebra.equations import Array, Expr, Index, Length
from symnet.algebra.indices import At, Quotient, Remainder, coefficients, free_indices
from symnet.algebra.matrices import shape_of

if TYPE_CHECKING:
    from symnet.computing.source import Writer

Indices = tuple[Index, ...]
LETTERS = "ijklmnopqrstuvwxyzabcdefgh"


def plain(writer: Writer, entry: Expr) -> tuple[str, Indices] | None:
    """The text of what is read and the index that each of its axes is; None where that is no array of its own."""
    shape = shape_of(entry.array) if isinstance(entry, At) else ()
    if not shape or len(entry.places) < len(shape):
        return None
    if isinstance(entry.places[0], At):
        return _looked_up(writer, entry)
    axes: list[Index] = []
    cuts: list[str] = []
    reshaped = False
    outside: list[tuple[int, Index, int, int]] = []  # axes of which places are read that it does not have
    places, waiting = entry.places, 0
    for axis, (place, length) in enumerate(zip(places, shape, strict=True)):
        if waiting:
            waiting -= 1
            cuts.append(":")
            continue
        digits = _digits(places[axis:], shape[axis:])
        parts = _parts(place, length)
        if digits is not None:
            index, count = digits
            axes.append(index)
            waiting, reshaped = count - 1, True
            cuts.append(":")
        elif parts is not None:
            axes += parts
            reshaped = True
            cuts.append(":")
        elif (cut := _cut(place, length)) is not None:
            cuts.append(cut)
            axes += free_indices(place)
        elif (run := _run(place)) is not None:
            outside.append((len(axes), *run))
            cuts.append(":")
            axes.append(run[0])
        else:
            return None
    if len({*axes}) < len(axes) or (outside and reshaped):
        return None
    text = writer.code(entry.array, 5)
    while cuts and cuts[-1] == ":":
        cuts.pop()
    if cuts:
        text = f"{text}[{', '.join(cuts)}]"
    if outside:
        text = _moved(writer, text, axes, outside)
    if reshaped:
        text += f".reshape({', '.join(length_text(writer, index.length) for index in axes)})"
    return text, tuple(axes)


def _moved(writer: Writer, text: str, axes: list[Index], outside: Sequence[tuple[int, Index, int, int]]) -> str:
    letters = letters_for(axes)
    places = [letters[index] for index in axes]
    for axis, index, step, start in outside:
        places[axis] = place_text({index: step}, start, letters)
    more = "".join(f", {letters[index]}={index.length}" for _, index, *_ in outside)
    how = f"{' '.join(places)} -> {' '.join(letters[index] for index in axes)}"
    return f"{writer.use('shifted')}('{how}', {text}{more})"


def _run(place: Expr) -> tuple[Index, int, int] | None:
    """(k, 2, −1) for 2 k − 1."""
    found = coefficients(place)
    if found is None or len(found[0]) != 1:
        return None
    ((index, step),) = found[0].items()
    return (index, step, found[1]) if step > 0 and is_known(index.length) else None


def _looked_up(writer: Writer, entry: At) -> tuple[str, Indices] | None:
    """E[ids[i, t], e]: the rows that data name."""
    ids = plain(writer, entry.places[0])
    rest = entry.places[1:]
    whole = all(isinstance(p, Index) and p.length == n for p, n in zip(rest, shape_of(entry.array)[1:], strict=True))
    if ids is None or not whole or len({*ids[1], *rest}) < len(ids[1]) + len(rest):
        return None
    return f"{writer.use('looked_up')}({writer.code(entry.array)}, {ids[0]})", (*ids[1], *rest)


def _cut(place: Expr, length: Expr) -> str | None:
    """A slice for an index that runs through the axis in steps, or one number."""
    if isinstance(place, Index) and place.length == length:
        return ":"
    found = coefficients(place)
    if found is None or len(found[0]) > 1 or not is_known(length):
        return None
    if not found[0]:
        return str(found[1]) if 0 <= found[1] < length else None
    ((index, step),) = found[0].items()
    start = found[1]
    if not is_known(index.length):
        return None
    last = start + step * (int(index.length) - 1)
    if not (0 <= start < length and 0 <= last < length):
        return None
    if step > 0:
        stop = "" if last + step >= length else str(last + 1)
        return f"{start or ''}:{stop}" + (f":{step}" if step != 1 else "")
    return f"{'' if start == length - 1 else start}:{'' if last + step < 0 else last - 1}:{step}"


def _parts(place: Expr, length: Expr) -> list[Index] | None:
    """h and e for 2 h + e, where e runs to 2: an axis that is counted through by several indices."""
    found = coefficients(place)
    if found is None or found[1] or len(found[0]) < 2 or not is_known(length):
        return None
    order = sorted(found[0], key=lambda index: -found[0][index])
    if not all(is_known(index.length) for index in order):
        return None
    counts = [prod(int(index.length) for index in order[i + 1 :]) for i in range(len(order))]
    fits = [found[0][index] for index in order] == counts and prod(int(i.length) for i in order) == length
    return order if fits and 1 not in [int(index.length) for index in order] else None


def _digits(places: Sequence[Expr], shape: Sequence[Expr]) -> tuple[Index, int] | None:
    """(m, 3) where the first three places are what m counts through, row by row."""
    digits = [place for place in places if isinstance(place, Remainder) and isinstance(place.args[0], Quotient)]
    if not digits or digits[0] is not places[0]:
        return None
    index, count = digits[0].args[0].args[0], len(digits)
    value = 1
    for place, length in reversed([*zip(places[:count], shape[:count], strict=True)]):
        if place != Remainder(Quotient(index, sympify(value)), sympify(length)):
            return None
        value = value * length
    return (index, count) if isinstance(index, Index) and index.length == value else None


def is_known(length: Expr | int) -> bool:
    """Whether a length is a number, and not an open one."""
    return not isinstance(length, Length)


def letters_for(indices: Iterable[Index]) -> dict[Index, str]:
    """A letter for each index: its own where it has one."""
    indices = [*dict.fromkeys(indices)]
    own = {i: i.name for i in indices if len(i.name) == 1 and i.name in LETTERS}
    if len(set(own.values())) < len(own):
        own = {}
    free = (letter for letter in LETTERS if letter not in own.values())
    return {i: own.get(i) or next(free) for i in indices}


def subscripts(entries: Sequence[At], letters: dict[Index, str]) -> list[str] | None:
    """The places of every entry as text; None where one is no whole number of each index."""
    found = []
    for entry in entries:
        shape = shape_of(entry.array)
        if not isinstance(entry.array, Array) or len(entry.places) < len(shape):
            return None
        places = [_place(place, length, letters) for place, length in zip(entry.places, shape, strict=True)]
        if not all(places):
            return None
        found.append(" ".join(places))
    return found


def place_text(counts: dict[Index, int], constant: int, letters: dict[Index, str]) -> str:
    """2k+q-1."""
    order = sorted(counts, key=lambda index: (counts[index] < 0, -abs(counts[index])))
    signed = (("-" if counts[i] < 0 else "+", abs(counts[i]), letters[i]) for i in order)
    text = "".join(f"{sign}{count if count > 1 else ''}{letter}" for sign, count, letter in signed)
    return f"{text}{constant:+d}".removesuffix("+0").removeprefix("+") or "0"


def _place(place: Expr, length: Expr, letters: dict[Index, str]) -> str:
    found = coefficients(place)
    if found is None or (isinstance(place, Index) and place.length != length):
        return ""
    return place_text(found[0], found[1], letters)


def lengths(writer: Writer, indices: Iterable[Index], entries: Sequence[At], letters: dict[Index, str]) -> str:
    """, k=4, m=4 for the indices that stand alone in no place."""
    known = {place for entry in entries for place in entry.places}
    left = [index for index in dict.fromkeys(indices) if index not in known]
    return "".join(f", {letters[index]}={length_text(writer, index.length)}" for index in left)


def length_text(writer: Writer, length: Expr) -> str:
    return writer.names[length] if isinstance(length, Length) else str(length)
