"""Names of entries: the array's name and its indices, counted from 1 and joined by _.

WQ[1, 2] is WQ1_2, and W1[1, 2] is W1_1_2: one more _ stands in front where the name ends in a digit
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

from symnet.algebra.equations import Expr, symbol
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.tokens import NAME

Nested = str | tuple[Any, ...]  # the names of entries, in tuples as the array has axes
Shape = tuple[Any, ...]  # whole numbers; from Python, an open number of examples may be the first

MOST_ENTRIES = 10_000  # of one array
_INDEXED = re.compile(rf"({NAME.pattern})\s*\[\s*([0-9]+(?:\s*,\s*[0-9]+)*)\s*\]")


def entry_name(array: str, index: tuple[int, ...]) -> str:
    """The name of the entry at an index counted from 1; of no index, the name itself."""
    joint = "_" if array[-1].isdigit() else ""
    return array + joint + "_".join(map(str, index)) if index else array


@cache
def entry_symbol(array: str, index: tuple[int, ...]) -> Expr:
    """The symbol of the entry at an index counted from 0."""
    return symbol(entry_name(array, tuple(i + 1 for i in index)))


def places(shape: Shape) -> Iterator[tuple[int, ...]]:
    """The indices of all entries, row by row, counted from 1."""
    return product(*(range(1, length + 1) for length in shape))


def nested(array: str, shape: Shape, before: tuple[int, ...] = ()) -> Nested:
    """The names of all entries, in tuples as the array has axes."""
    if not shape:
        return entry_name(array, before)
    return tuple(nested(array, shape[1:], (*before, i)) for i in range(1, shape[0] + 1))


def key_of(text: str, arrays: Mapping[str, Nested]) -> str:
    """The text with entries by their names: "grad(WQ[1,2])" is "grad(WQ1_2)".  Raises Mistake outside an array."""

    def named(found: re.Match[str]) -> str:
        array = found[1]
        if array not in arrays:
            return found[0]
        part, index = arrays[array], tuple(int(number) for number in found[2].split(","))
        for number in index:
            if isinstance(part, str) or not 1 <= number <= len(part):
                raise Mistake(f"{shown(found[0])} is not in {array} {shape_text(shape_of_names(arrays[array]))}")
            part = part[number - 1]
        if not isinstance(part, str):
            rank = len(shape_of_names(arrays[array]))
            raise Mistake(f"{shown(found[0])} is a part of {array}; an entry of it has {rank} indices")
        return part

    return _INDEXED.sub(named, text)


def shape_of_names(names: Nested) -> Shape:
    """The shape of an array from the names of its entries."""
    return () if isinstance(names, str) else (len(names), *shape_of_names(names[0]))


def shape_text(shape: Collection[Any]) -> str:
    """(3, 4), as in messages."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


class Names:
    """Every name that is taken, so that no two quantities have one: arrays, numbers and entries."""

    def __init__(self) -> None:
        self.taken: dict[str, str] = {}  # name: what it is, in words
        self.entries: dict[str, tuple[str, tuple[int, ...]]] = {}  # name: (array, index from 0)

    def check(self, where: str, name: str) -> None:
        """Raise Mistake where a name is taken already."""
        if name in self.taken:
            raise Mistake(f"{where}: {name} is already the name of {self.taken[name]}; give one of them another name")

    def take(self, name: str, shape: Shape, where: str = "") -> None:
        """Take the names of a quantity; raises Mistake where one is another's."""
        count = 1
        for length in shape:
            count *= length
        if count > MOST_ENTRIES:
            raise Mistake(f"{where}{name} {shape_text(shape)} has {count:,} entries; the most are {MOST_ENTRIES:,}")
        self._add(name, "an array" if shape else "a number", where)
        if shape:
            for index in places(shape):
                entry = entry_name(name, index)
                self._add(entry, f"entry {', '.join(map(str, index))} of {name}", where)
                self.entries[entry] = (name, tuple(i - 1 for i in index))

    def _add(self, name: str, what: str, where: str) -> None:
        if name in self.taken:
            raise Mistake(
                f"{where}{name} is the name of {self.taken[name]} and of {what}; each name stands for one quantity, "
                "so give one of them another name"
            )
        self.taken[name] = what


class ArrayNames(Names):
    """The same of arrays alone, of any size, whose entries have no names."""

    def take(self, name: str, shape: Shape, where: str = "") -> None:
        """Take the name of a quantity; raises Mistake where it is another's."""
        self._add(name, "an array" if shape else "a number", where)
