"""The gradients of a layer as a table: a row for the δ of each unit, a column for what its parameters multiply.

All of them at once are the outer product δ xᵀ; a layer whose units multiply the same is one such table.
"""

from __future__ import annotations

from collections.abc import Sequence

from symnet.algebra.equations import Expr, partial
from symnet.notation.maths import Maths, Operator, row
from symnet.paper.breaking import on_one_line
from symnet.paper.document import Block, Paragraph, Table, Text
from symnet.paper.set_width import set_width
from symnet.questions.pieces import value_of
from symnet.working.derivation import Derivation

ROOM = 84.0  # digits across a page
AROUND = 2.2  # … beside what stands in a cell
FEWEST = 2  # units, and parameters of each, that make a table


def layers_of(derivation: Derivation, names: Sequence[str]) -> list[dict[str, list[str]]]:
    """{unit: its parameters} of each layer: units whose parameters, each used there alone, multiply the same.

    The δ of the units must have been worked, and every name have its place; otherwise there is nothing.
    """
    units: dict[str, list[str]] = {}
    for name in names:
        users = derivation.users(name)
        if len(users) != 1 or derivation.delta(users[0]) is None:
            return []
        units.setdefault(users[0], []).append(name)
    layers: dict[tuple[Expr, ...], dict[str, list[str]]] = {}
    for unit, own in units.items():
        layers.setdefault(tuple(derivation.slope(unit, name) for name in own), {})[unit] = own
    found = list(layers.values())
    large = all(len(layer) >= FEWEST and all(len(own) >= FEWEST for own in layer.values()) for layer in found)
    return found if large else []


def outer_products(derivation: Derivation, names: Sequence[str]) -> list[Block]:
    """A table for each layer; nothing where a layer has none, or the page is too narrow for it."""
    blocks: list[Block] = []
    for layer in layers_of(derivation, names):
        table = _table(derivation, layer)
        widths = (max(map(_width, cells)) for cells in zip(table.header, *table.rows, strict=True))
        if sum(AROUND + at for at in widths) > ROOM:
            return []
        blocks.append(table)
    if not blocks:
        return []
    return [Paragraph(_words(derivation, names[0])), *blocks]


def _words(derivation: Derivation, name: str) -> Text:
    """What a cell is, with the first as the example: ∂L/∂w₁₁ = δ₁ x₁ ≈ 0.018·1"""
    line = derivation.delta_gradient(name)
    steps = line.steps[:-1] if len(line.steps) > 2 else line.steps  # the value stands in the table
    shown = row(
        *([on_one_line(line.lhs)] if line.lhs is not None else []),
        *(part for relation, node in steps for part in (Operator(relation), on_one_line(node))),
    )
    return ("Each gradient is the δ of its row times the head of its column: ", shown, ".")


def _table(derivation: Derivation, layer: dict[str, list[str]]) -> Table:
    work = derivation.work
    first, own = next(iter(layer.items()))
    header: list[Text] = [("δ",)]
    for name in own:
        slope = derivation.slope(first, name)
        value = work.evaluate(slope, work.values)
        shown, number = work.symbols(slope), work.value(value, slope.name if slope.is_Symbol else "")
        header.append((shown if shown == number else row(shown, Operator(work.relation(value)), number),))
    rows = []
    for unit, parameters in layer.items():
        delta = derivation.delta(unit)
        rows.append(((delta,) if delta is not None else (), *(_cell(derivation, name) for name in parameters)))
    return Table(tuple(header), tuple(rows))


def _cell(derivation: Derivation, name: str) -> Text:
    work = derivation.work
    key = partial(derivation.of, name).name
    value = work.values[key]
    (number,) = value_of(work, value)
    shown: Maths = on_one_line(work.names.node(key))
    assert not isinstance(number, str)
    return (row(shown, Operator(work.relation(value)), number),)


def _width(cell: Text) -> float:
    return sum(len(part) if isinstance(part, str) else set_width(part) for part in cell)
