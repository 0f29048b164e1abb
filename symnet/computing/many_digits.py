"""Decimal digits that remember how they were worked out, so that they can be worked out again with more of them.

What is left of a sum that cancels may be a number or nothing but rounding.  Its digits cannot tell; where its terms
come from can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any


class Digits(Decimal):
    """The decimal that ``how`` made of the numbers ``of``: fractions, decimals that are exact, and others like it.

    ``marks`` are its residues in the fields of ``fingerprint``, once they have been asked for.
    """

    __slots__ = ("again", "how", "marks", "of", "rooted")
    how: Callable[..., Any]
    of: tuple[Any, ...]
    marks: dict[int, int | None] | None
    again: dict[int, Any] | None  # what it is with more digits carried
    rooted: bool | None  # whether a square root is among what it was made of, once that has been asked for

    def __reduce__(self) -> Any:
        return Decimal, (str(self),)


_new = Decimal.__new__


def made(value: Decimal, how: Callable[..., Any], of: tuple[Any, ...]) -> Digits:
    """The value, with where it comes from."""
    number = _new(Digits, value)
    number.how = how
    number.of = of
    number.marks = number.again = number.rooted = None
    return number


def plain(number: Any) -> Any:
    """The number without its history: from here on these very digits are what it is."""
    return Decimal(number) if type(number) is Digits else number


def above(numbers: tuple[Any, ...], known: Callable[[Digits], bool]) -> Iterator[Digits]:
    """Every number that these were made of, and they themselves, each after all those that it was made of.

    What is ``known`` already is left out, with all that it was made of.
    """
    met: set[int] = set()
    stack: list[tuple[Digits, bool]] = [(x, False) for x in numbers if type(x) is Digits]
    while stack:
        x, ready = stack.pop()
        if ready:
            yield x
        elif id(x) not in met and not known(x):
            met.add(id(x))
            stack.append((x, True))
            stack += [(a, False) for a in x.of if type(a) is Digits]


def worked_again(numbers: tuple[Any, ...], digits: int) -> list[Any]:
    """The numbers, worked out anew with so many digits, which are those now carried."""

    def again(number: Any) -> Any:
        return number.again[digits] if type(number) is Digits and number.again is not None else number

    for x in above(numbers, lambda x: x.again is not None and digits in x.again):
        value = x.how(*map(again, x.of))
        x.again = {**(x.again or {}), digits: value}
    return [*map(again, numbers)]
