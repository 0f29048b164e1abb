"""What stands in square brackets: an index, one that moves (t − 1, 2 p + u), a number, or a number of the data.

Files count from 1; an entry's places count from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sympy import Integer

from symnet.algebra.equations import Expr, Index, Length
from symnet.algebra.indices import coefficients, fresh, put
from symnet.algebra.mistakes import Mistake

MOST_VALUES = 10_000  # of one index
_OPEN = Length("?", integer=True, positive=True)


@dataclass
class Bound:
    """An index while its formula is read: what it runs over becomes known on the way."""

    name: str
    low: int | None = None  # the range, where it is written
    high: int | None = None
    axes: list[tuple[str, Any]] = field(default_factory=list)  # (the array, its length) wherever it stands bare
    is_read: bool = False  # whether the formula has it anywhere
    index: Any = None

    def __post_init__(self) -> None:
        self.index = fresh(Index(self.name, _OPEN))
        if self.high is not None and self.low is not None:
            if self.high < self.low:
                raise Mistake(f"{self.name}={self.low}..{self.high} is no range; the lower end stands first")
            if self.high - self.low >= MOST_VALUES:
                raise Mistake(f"{self.name}={self.low}..{self.high} is too long; an index takes {MOST_VALUES:,} values")

    def runs(self) -> tuple[int, Any]:
        """The range, from and to; raises Mistake where it is not one."""
        lengths = {length: array for array, length in self.axes}
        if self.low is not None and self.high is not None:
            for length, array in lengths.items():
                if isinstance(length, Length):
                    raise Mistake(
                        f"{self.name}={self.low}..{self.high} goes over {array}, which has as many entries there as "
                        f"there are examples; write {self.name} alone"
                    )
                if not (self.low >= 1 and self.high <= length):
                    raise Mistake(
                        f"{self.name}={self.low}..{self.high} goes beyond {array}, which has {length} entries there"
                    )
            return self.low, self.high
        if len(lengths) > 1:
            (one, a), (two, b) = list(lengths.items())[:2]
            raise Mistake(f"{self.name} runs over {one} in {a} and over {two} in {b}; write another index for one")
        return 1, next(iter(lengths))

    def settled(self, expr: Expr, low: int, high: Any) -> tuple[Expr, Index]:
        """The expression with the index of that range, and the index."""
        index = Index(self.name, high if low == 1 else high - low + 1)
        return put(expr, {self.index: index if low == 1 else index + (low - 1)}), index


def settled(bounds: Sequence[Bound], body: Expr, example: str) -> tuple[Expr, list[Index]]:
    """The expression with every index of its range; raises Mistake where one is not known, for all of those at once.

    ``example`` is what the indices stand in, with … for them: sum[…](…).
    """
    lost = [bound for bound in bounds if bound.high is None and not bound.axes]
    if lost:
        *others, last = [bound.name for bound in lost]
        names, one = f"{', '.join(others)} and {last}" if others else last, not others
        written = ",".join(f"{bound.name}=1..3" if bound in lost else bound.name for bound in bounds)
        right = f"write {'it' if one else 'them'}, as in {example.replace('…', written, 1)}"
        unknown = f"so {'its range is' if one else 'their ranges are'} not known"
        if any(bound.is_read for bound in lost):
            raise Mistake(f"{names} {'stands' if one else 'stand'} alone in no axis, {unknown}; {right}")
        behind = ",".join(bound.name for bound in lost)
        raise Mistake(
            f"{names} {'stands' if one else 'stand'} in no square brackets of the formula, {unknown}; index an array, "
            f"as in X[{behind}], or {right}"
        )
    indices = []
    for bound in bounds:
        body, index = bound.settled(body, *bound.runs())
        indices.append(index)
    return body, indices


def affine(expr: Expr) -> Expr | None:
    """Indices and whole numbers as they are added up, in the one form SymPy gives them; None for anything else."""
    if expr.is_Integer or isinstance(expr, Index):
        return expr
    if not (expr.is_Add or expr.is_Mul):
        return None
    parts = [affine(part) for part in expr.args]
    if any(part is None for part in parts):
        return None
    found = Integer(0) if expr.is_Add else Integer(1)
    for part in parts:
        found = found + part if expr.is_Add else (found * part).expand()
        if coefficients(found) is None:
            return None
    return found


def from_zero(expr: Expr) -> Expr:
    """The place, counted from 0, of what was written counted from 1: t − 1 stays t − 1, and 3 is 2."""
    found = coefficients(expr)
    assert found is not None, expr
    counts, _ = found
    return expr + sum(counts.values()) - 1
