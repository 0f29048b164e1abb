"""Entries as a formula that runs over all values of all indices: what any form falls back to.

    each(lambda i, p: over(lambda u: K[u] * at(X, i, 2 * p + u - 1), 2, 3), (n, 5), dtype)

The functions are in ``entrywise``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symnet.algebra.equations import Expr, Index
from symnet.algebra.indices import (
    At,
    Binder,
    First,
    Inside,
    Kept,
    Max,
    Node,
    Quotient,
    Remainder,
    Same,
    coefficients,
    rebuilt,
)
from symnet.algebra.matrices import shape_of
from symnet.computing.reads import Indices, length_text

if TYPE_CHECKING:
    from symnet.computing.source import Writer


def each_text(writer: Writer, part: Expr, axes: Indices) -> str:
    """``part`` for all values of the indices ``axes``."""
    body = _spelled(writer, part, len(axes))
    if not axes:
        return body
    names = ", ".join(map(writer.names.__getitem__, axes))
    return f"{writer.use('each')}(lambda {names}: {body}, {_lengths(writer, axes)}, dtype)"


def _spelled(writer: Writer, expr: Expr, within: int, as_place: bool = False) -> str:
    """A formula of entries as text, within so many open indices; as a number an index counts from 1."""

    def part(found: Expr) -> Expr | None:
        if isinstance(found, Index):
            name = writer.names[found]
            return writer.stand_in(name if as_place else f"({name} + 1)", ("any",))
        return writer.stand_in(_node(writer, found, within), ("any",)) if isinstance(found, Node) else None

    return writer.code(rebuilt(expr, part))


def _place(writer: Writer, expr: Expr, within: int) -> str:
    """A place of an array, which counts from 0 as its indices do."""
    return _spelled(writer, expr, within, as_place=True)


def _node(writer: Writer, node: Expr, within: int) -> str:
    if isinstance(node, At):
        places = ", ".join(_place(writer, place, within) for place in node.places)
        name = writer.code(node.array, 5)
        if all(map(_stays_inside, node.places, shape_of(node.array))):
            return f"{name}[{places}]"
        return f"{writer.use('at')}({name}, {places})"
    if isinstance(node, Inside):
        return f"{writer.use('inside')}({_place(writer, node.args[0], within)}, {length_text(writer, node.args[1])})"
    if isinstance(node, Same):
        left, right = (_place(writer, side, within) for side in node.args)
        return f"(1 * ({left} == {right}))"
    if isinstance(node, Kept):
        return f"(1 * ({_spelled(writer, node.args[0], within)} != 0))"
    if isinstance(node, (Quotient, Remainder)):
        sign = "//" if isinstance(node, Quotient) else "%"
        return f"(({_place(writer, node.args[0], within)}) {sign} {node.args[1]})"
    if isinstance(node, First):
        body = _spelled(writer, node.body, within + len(node.indices))
        names = ", ".join(map(writer.names.__getitem__, node.indices))
        places = ", ".join(_place(writer, place, within) for place in node.places)
        return f"{writer.use('first')}(lambda {names}: {body}, {within}, {_lengths(writer, node.indices)}, {places})"
    assert isinstance(node, Binder)
    function = writer.use("largest" if isinstance(node, Max) else "over")
    names = ", ".join(map(writer.names.__getitem__, node.indices))
    lengths = ", ".join(length_text(writer, index.length) for index in node.indices)
    return f"{function}(lambda {names}: {_spelled(writer, node.body, within + len(node.indices))}, {within}, {lengths})"


def _lengths(writer: Writer, indices: Indices) -> str:
    return f"({', '.join(length_text(writer, index.length) for index in indices)}{',' * (len(indices) == 1)})"


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
