"""Recurrences: neighbouring equations that read each other one step earlier, h[t] from h[t − 1], or all one step later.

Such equations are one block.  It is worked step by step along one axis of its arrays; outside that axis an entry is 0,
as outside any array.  The backward pass of a block is a block again, which runs the other way: backpropagation through
time.  Source: Werbos (1990).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sympy import preorder_traversal

from symnet.algebra.entries import lowered
from symnet.algebra.equations import Array, Equation, Expr, Symbol, names_in
from symnet.algebra.indices import At, Each, coefficients, indices_for
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake


@dataclass(frozen=True)
class Block:
    """Equations in their order, and for each array the axis of the steps; ``back`` is 1 for t − 1 and −1 for t + 1.

    A block of one equation that does not read itself has no axes.
    """

    equations: tuple[Equation, ...]
    axes: Mapping[Symbol, int]
    back: int = 0

    @property
    def is_recurrence(self) -> bool:
        return bool(self.axes)

    @property
    def steps(self) -> Expr:
        """How many steps there are."""
        name, axis = next(iter(self.axes.items()))
        return shape_of(name)[axis]


def blocks(equations: Sequence[Equation]) -> tuple[Block, ...]:
    """The equations in their order, those of a recurrence together.

    Raises Mistake where an equation reads one below it, or itself, otherwise than one step earlier or later.
    """
    return _blocks(tuple(equations))


@lru_cache(maxsize=256)
def _blocks(equations: tuple[Equation, ...]) -> tuple[Block, ...]:
    place = {equation.lhs: i for i, equation in enumerate(equations)}
    ends = [
        max([i, *(place[name] for name in names_in(equation.rhs) if name in place)])
        for i, equation in enumerate(equations)
    ]
    reads_itself = [equation.lhs in names_in(equation.rhs) for equation in equations]
    found: list[Block] = []
    i = 0
    while i < len(equations):
        end, last = i, ends[i]
        while end < last:
            end += 1
            last = max(last, ends[end])
        whole = equations[i : end + 1]
        found.append(_recurrence(whole) if len(whole) > 1 or reads_itself[i] else Block(whole, {}))
        i = end + 1
    return tuple(found)


def _recurrence(equations: tuple[Equation, ...]) -> Block:
    names = {equation.lhs: i for i, equation in enumerate(equations)}
    axes: dict[Symbol, int] = {}
    back = 0
    shifted: list[tuple[Equation, At, int, int]] = []
    for i, equation in enumerate(equations):
        for entry, own in _readings(equation, names):
            moved = [(axis, by) for axis, by in enumerate(_moved(entry, own)) if by]
            late = names[entry.array] >= i
            if late and len(moved) != 1:
                raise _not_in_order(equation, entry.array)
            for axis, by in moved:
                shifted.append((equation, entry, axis, by))
    for equation, entry, axis, by in shifted:
        if by not in (1, -1) or (back and by != back) or axes.setdefault(entry.array, axis) != axis:
            raise Mistake(
                f"{equation.name} reads {entry.array} at steps that a recurrence does not have: t − 1 or t + 1"
            )
        back = by
    axis = next(iter(axes.values()))
    return Block(equations, {equation.lhs: axes.get(equation.lhs, axis) for equation in equations}, back)


def _readings(equation: Equation, names: Mapping[Symbol, int]) -> Iterator[tuple[At, tuple[Expr, ...]]]:
    """The entries of arrays of the block that an equation reads, and the indices of its own left-hand side."""
    if not any(name in names for name in names_in(equation.rhs)):
        return
    each = entrywise(equation)
    if not isinstance(each, Each):
        raise _not_in_order(equation, next(name for name in names_in(equation.rhs) if name in names))
    for part in preorder_traversal(each.body):
        if isinstance(part, At) and part.array in names:
            yield part, each.indices


def _moved(entry: At, own: tuple[Expr, ...]) -> list[int]:
    """By how many steps back each axis is read: 1 for t − 1; 0 where it is not one of the equation's indices moved."""
    found = []
    for place in entry.places:
        parts = coefficients(place)
        shifts = (
            parts is not None and len(parts[0]) == 1 and set(parts[0].values()) == {1} and set(parts[0]) <= set(own)
        )
        found.append(-parts[1] if parts is not None and shifts else 0)
    return found


def _not_in_order(equation: Equation, name: Symbol) -> Mistake:
    if name == equation.lhs and isinstance(name, Array):
        return Mistake(f"{equation.name} uses itself; a recurrence reads one step earlier, as h[t-1] in h[t]")
    return Mistake(f"{equation.name} uses {name}, which no earlier equation defines")


@lru_cache(maxsize=4096)
def entrywise(equation: Equation) -> Expr:
    """Its right-hand side written for one entry, Each(body, i, …); of a number, the number in entries."""
    own = tuple(index for index in indices_for(shape_of(equation.lhs)))
    body = lowered(equation.rhs, own)
    return Each(body, *own) if own else body
