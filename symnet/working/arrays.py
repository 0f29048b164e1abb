"""The arrays of an exercise: for each the names of its entries, nested as its numbers stand in the file.

    {"WQ": (("WQ1_1", "WQ1_2"), ("WQ2_1", "WQ2_2")), "b": ("b1", "b2")}

A problem is worked entry by entry; what is here finds the entries of an array, and the array again from its entries.
Indices count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from symnet.algebra.array_formulas import Nested, shape_text
from symnet.algebra.mistakes import Mistake, shown

T = TypeVar("T")
Arrays: TypeAlias = Mapping[str, Nested]
_INDEXED = re.compile(r"\s*([^\W\d]\w*|[^\W\d]\w*\s*\(\s*[^\W\d]\w*\s*\))\s*(?:\[([^\[\]]*)\])?\s*")
_WHOLE = re.compile(r"[0-9]{1,9}")


def shape_of(nested: Nested) -> tuple[int, ...]:
    """(2, 3) of two rows of three; () of a single name."""
    return (len(nested), *shape_of(nested[0])) if isinstance(nested, tuple) else ()


def entries(nested: Nested) -> Iterator[Any]:
    """What stands in it, row by row."""
    if isinstance(nested, tuple):
        for part in nested:
            yield from entries(part)
    else:
        yield nested


def places(nested: Nested, before: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...]]]:
    """(the name, its indices) of every entry, row by row."""
    if isinstance(nested, tuple):
        for i, part in enumerate(nested, 1):
            yield from places(part, (*before, i))
    else:
        yield nested, before


def mapped(change: Callable[[Any], T], nested: Nested) -> Any:
    """The same nest with ``change`` of everything in it."""
    return tuple(mapped(change, part) for part in nested) if isinstance(nested, tuple) else change(nested)


def as_lists(nested: Nested) -> Any:
    """The same in lists, as JSON has it."""
    return [as_lists(part) for part in nested] if isinstance(nested, tuple) else nested


def owners(arrays: Arrays) -> dict[str, str]:
    """{"WQ1_2": "WQ"}: the array of every entry."""
    return {name: array for array, nested in arrays.items() for name in entries(nested)}


def whole_of(key: str, owner: Mapping[str, str]) -> str:
    """The key of the array for that of an entry, "grad(W)" for "grad(W1_2)"; that of no entry is its own."""
    before, bracket, name = key.rpartition("(")
    array = owner.get(name.removesuffix(")"))
    return key if array is None else f"{before}{bracket}{array}{')' if bracket else ''}"


def part(word: str, arrays: Arrays) -> Nested | None:
    """What WQ, WQ[1,2] or WQ[2], a whole row, stands for; None for what is no array.

    Raises Mistake, with the shape, for an entry that there is not.
    """
    found = _INDEXED.fullmatch(word)
    name = "".join(found[1].split()) if found is not None else ""
    if found is None or name not in arrays:
        return None
    nested = arrays[name]
    if found[2] is None:
        return nested
    shape = shape_of(nested)
    for index in (written := [index.strip() for index in found[2].split(",")]):
        if not _WHOLE.fullmatch(index):
            raise Mistake(f"{shown(word.strip())}: {shown(index)} is no index; indices of {name} are whole numbers")
    if len(written) > len(shape) or any(not 1 <= int(i) <= n for i, n in zip(written, shape, strict=False)):
        raise Mistake(
            f"{shown(word.strip())} is not there: {name} has the shape {shape_text(shape)}, and indices count from 1"
        )
    for index in written:
        nested = nested[int(index) - 1]
    return nested


def spelled_out(words: Iterable[str], arrays: Arrays) -> tuple[str, ...]:
    """The words with the names of its entries in the place of each array, row or entry; raises Mistake."""
    found: list[str] = []
    for word in words:
        nested = part(word, arrays)
        found += [word] if nested is None else entries(nested)
    return tuple(found)


@dataclass(frozen=True)
class Group:
    """Names that are asked or printed together: all of one ``array``, or a name alone with "" for it."""

    names: tuple[str, ...]
    array: str = ""


def grouped(names: Iterable[str], arrays: Arrays) -> tuple[Group, ...]:
    """The names in order, an array of which all are there in the place of its first entry."""
    wanted = dict.fromkeys(names)
    owner = owners(arrays)
    found: dict[str, Group] = {}
    for name in wanted:
        array = owner.get(name, "")
        own = tuple(entries(arrays[array])) if array else ()
        if own and all(entry in wanted for entry in own):
            found.setdefault(f"{array}[]", Group(own, array))
        else:
            found[name] = Group((name,))
    return tuple(found.values())


def of_state(kind: str, nested: Nested) -> Nested:
    """The entries of v(W): v(W1_1), … for those of W."""
    names: Nested = mapped(lambda name: f"{kind}({name})", nested)
    return names
