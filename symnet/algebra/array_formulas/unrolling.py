"""Lines of arrays written out entry by entry, in working order: recurrences step by step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from symnet.algebra.array_formulas.lines import Line
from symnet.algebra.array_formulas.names import Shape, entry_name, entry_symbol, shape_text
from symnet.algebra.array_formulas.recurrence import Block
from symnet.algebra.entries import Lengths, Unrolled, every_index
from symnet.algebra.equations import Equation, Expr, Index, array, symbol
from symnet.algebra.mistakes import Mistake

MOST_EQUATIONS = 20_000
MOST_TERMS = 30_000  # of all sums and maxima of a file


class Entries(Unrolled):
    """Entries by their names in files; a step before the first is the quantity of that name, h0, or 0."""

    def __init__(
        self, shapes: Mapping[str, Shape], first: Collection[str], data: Mapping[str, Any], steps: Collection[str]
    ) -> None:
        def quantity(name: str) -> Expr:
            return array(name, *shapes[name]) if shapes[name] else symbol(name)

        super().__init__(
            {},
            [quantity(name) for name in first],
            _named,
            {quantity(name): numbers for name, numbers in data.items()},
        )
        self.shapes, self.steps, self.terms = shapes, steps, 0
        self.starts: dict[str, str] = {}  # {"h0": "h"}: those that are read

    def _in_range(self, name: Expr, index: tuple[int, ...]) -> Expr:
        first, rest = index[0], index[1:]
        if name.name in self.steps and not 0 <= first < name.shape[0]:
            start = entry_name(name.name, (first + 1,)) if first >= -1 else ""
            if start in self.shapes:
                self._check_start(name, start)
                within = all(0 <= i < length for i, length in zip(rest, name.shape[1:], strict=True))
                return entry_symbol(start, rest) if within else super()._in_range(name, index)
        return super()._in_range(name, index)

    def _check_start(self, name: Expr, start: str) -> None:
        if self.shapes[start] != name.shape[1:]:
            raise Mistake(
                f"{start} {shape_text(self.shapes[start])} stands for a row of {name.name} "
                f"{shape_text(name.shape)}; it must have the shape {shape_text(name.shape[1:])}"
            )
        self.starts[start] = name.name

    def _all(self, indices: tuple[Index, ...], here: Mapping[Index, int]) -> Iterable[Mapping[Index, int]]:
        for values in super()._all(indices, here):
            self.terms += 1
            if self.terms > MOST_TERMS:
                raise Mistake(
                    f"its sums have more than {MOST_TERMS:,} terms written out; use smaller arrays, or give the parts "
                    "of a product names of their own"
                )
            yield values


def units(blocks: Iterable[Block], entries: Entries) -> tuple[Equation, ...]:
    """One scalar equation an entry."""
    found: list[Equation] = []
    for block in blocks:
        for line, index in _order(block):
            if len(found) >= MOST_EQUATIONS:
                raise Mistake(f"written out, the equations are more than {MOST_EQUATIONS:,}; use smaller arrays")
            try:
                rhs = entries.entry(line.equation.rhs, index)
            except Mistake as mistake:
                raise Mistake(f"{line.left.where}: {mistake}") from None
            found.append(Equation(entry_symbol(line.name, index), rhs))
    return tuple(found)


def _order(block: Block) -> Iterator[tuple[Line, tuple[int, ...]]]:
    if not block.steps:
        for line in block.lines:
            yield from ((line, index) for index in every_index(line.shape, {}))
        return
    count = block.lines[0].shape[0]
    for step in range(count) if block.steps < 0 else range(count)[::-1]:
        for line in block.lines:
            yield from ((line, (step, *rest)) for rest in every_index(line.shape[1:], {}))


def _named(name: Expr, index: tuple[int, ...], _: Lengths) -> Expr:
    return entry_symbol(name.name, index)
