"""Places of entries as a line of text in generated code: 'i p 2k+q-1, j p q -> i j k'.

    parsed('i 2k+q-1, q -> i k')      ((({'i': 1}, 0), ({'k': 2, 'q': 1}, −1)), (({'q': 1}, 0),)), (…)

An array has a place for each of its axes, parted by blanks; arrays are parted by commas.  Places count from 0, and what
is read outside an array is 0.  A letter that stands alone in a place has the length of that axis; lengths of others are
given beside the text.  Letters after the arrow are those of the result, and all others are summed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

Place = tuple[Mapping[str, int], int]  # {letter: its coefficient}, constant
Places = tuple[Place, ...]
_TERM = re.compile(r"([+-]?)(\d*)([a-z]?)")


@lru_cache(maxsize=4096)
def parsed(text: str) -> tuple[tuple[Places, ...], Places]:
    """(the places of every array that is read, those of the result)."""
    read, _, made = text.partition("->")
    return tuple(map(_places, read.split(","))), _places(made)


def _places(text: str) -> Places:
    return tuple(map(_place, text.split()))


def _place(text: str) -> Place:
    counts: dict[str, int] = {}
    constant = 0
    for sign, digits, letter in _TERM.findall(text):
        if digits or letter:
            value = int(f"{sign}{digits or 1}")
            constant += 0 if letter else value
            if letter:
                counts[letter] = counts.get(letter, 0) + value
    return counts, constant


def alone(place: Place) -> str:
    """The letter of a place that is nothing else, or "" for any other place."""
    counts, constant = place
    return next(iter(counts)) if constant == 0 and [*counts.values()] == [1] else ""


def lengths_of(read: Sequence[Places], arrays: Sequence[Any], given: dict[str, int]) -> dict[str, int]:
    """{letter: length} from what is given, and otherwise from the arrays."""
    found: dict[str, int] = {}
    for places, array in zip(read, arrays, strict=True):
        found |= {alone(place): length for place, length in zip(places, array.shape, strict=True) if alone(place)}
    return found | given


def bounds(place: Place, lengths: Mapping[str, int]) -> tuple[int, int]:
    """The least and the largest value of a place."""
    counts, least = place
    most = least
    for letter, count in counts.items():
        end = count * (lengths[letter] - 1)
        least, most = least + min(end, 0), most + max(end, 0)
    return least, most
