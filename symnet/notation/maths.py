"""A small tree of maths: what a person sees, and nothing about what it means.

``typesetter`` makes it from names, numbers and expressions; each output format prints it.  There are a dozen kinds of
node, and a format must say what it does with each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from typing import TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Number:
    """Digits, perhaps with a point: 12.5.  A minus in front is an Operator."""

    text: str


@dataclass(frozen=True)
class Letter:
    """A variable: one letter, or a word set as one (net, Loss)."""

    text: str


@dataclass(frozen=True)
class Word:
    """Upright text in a formula: a function's name, or words."""

    text: str


@dataclass(frozen=True)
class Operator:
    """A sign between its neighbours (+, =, →) or, ``prefix``, in front of one (−, ∂)."""

    sign: str
    prefix: bool = False


@dataclass(frozen=True)
class Times:
    """A product: a dot where it must be seen, nothing but nearness where it need not."""

    seen: bool = True


@dataclass(frozen=True)
class Row:
    items: tuple[Maths, ...]


@dataclass(frozen=True)
class Fraction:
    above: Maths
    below: Maths


@dataclass(frozen=True)
class Script:
    """A base with what stands lower and higher at its right."""

    base: Maths
    sub: Maths | None = None
    sup: Maths | None = None


@dataclass(frozen=True)
class Brackets:
    body: Maths
    left: str = "("
    right: str = ")"


@dataclass(frozen=True)
class Root:
    body: Maths


@dataclass(frozen=True)
class Accent:
    """A mark over the body: hat, bar, tilde or dot."""

    body: Maths
    mark: str


@dataclass(frozen=True)
class Boxed:
    """A result in a box."""

    body: Maths


@dataclass(frozen=True)
class Blank:
    """A line to write on, about ``width`` digits wide; ``key`` is what ``check`` calls the number in its place."""

    width: int
    key: str = ""


@dataclass(frozen=True)
class Arrow:
    """A long arrow, with a label over it or none."""

    label: Maths | None = None


@dataclass(frozen=True)
class Cases:
    """One value for each condition."""

    rows: tuple[tuple[Maths, Maths], ...]


@dataclass(frozen=True)
class Matrix:
    """Entries in rows, in square brackets."""

    rows: tuple[tuple[Maths, ...], ...]


@dataclass(frozen=True)
class InRows(Matrix):
    """A matrix whose rows stand below one another in plain text, too."""


Maths: TypeAlias = (
    Number
    | Letter
    | Word
    | Operator
    | Times
    | Row
    | Fraction
    | Script
    | Brackets
    | Root
    | Accent
    | Boxed
    | Blank
    | Arrow
    | Cases
    | Matrix
)

PLUS = Operator("+")
MINUS = Operator("−")
NEGATIVE = Operator("−", prefix=True)
EQUALS = Operator("=")
COMMA = Operator(",")
PARTIAL = Operator("∂", prefix=True)
IMMEDIATE = Operator("∂⁺", prefix=True)  # of the direct use alone, as Pascanu, Mikolov and Bengio (2013) write it
DOT = Times(seen=True)


def kept(view: Callable[[Maths], T]) -> Callable[[Maths], T]:
    """``view``, worked out once for each node and kept in it: a node never changes, and a page asks many times."""
    key = f"_{view.__module__}.{view.__name__}"  # every format has its own

    @wraps(view)
    def of(node: Maths) -> T:
        found: T | None = node.__dict__.get(key)
        if found is None:
            found = node.__dict__[key] = view(node)
        return found

    return of


def holds(node: object, part: Maths) -> bool:
    """Whether a part stands anywhere in a node, or in a tuple of nodes."""
    if node == part:
        return True
    if isinstance(node, tuple):
        return any(holds(one, part) for one in node)
    return is_dataclass(node) and any(holds(getattr(node, field.name), part) for field in fields(node))


def row(*items: Maths) -> Maths:
    """The items side by side, rows inside rows opened."""
    opened: list[Maths] = []
    for item in items:
        opened.extend(item.items if isinstance(item, Row) else (item,))
    return opened[0] if len(opened) == 1 else Row(tuple(opened))


def joined(items: list[Maths], separator: Maths) -> Maths:
    """item separator item separator item."""
    spread = [part for item in items for part in (separator, item)][1:]
    return row(*spread)
