"""One line of [equations]: what stands on the left, and the formula read with its indices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symnet.algebra.array_formulas.names import Shape, entry_name
from symnet.algebra.array_formulas.parser import ArrayParser
from symnet.algebra.array_formulas.places import Bound, settled
from symnet.algebra.array_formulas.reader import Quantities, Reading
from symnet.algebra.equations import Equation, Expr, Length, array, symbol
from symnet.algebra.indices import Each
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.parsing import is_name
from symnet.algebra.tokens import NAME

MOST_AXES = 8
_LEFT = re.compile(r"([^\[\]]*)\[([^\[\]]*)\]")
_RANGE = re.compile(rf"\s*({NAME.pattern})\s*(?:=\s*(\d{{1,9}})\s*\.\.\s*(\d{{1,9}})\s*)?")


@dataclass(frozen=True)
class Left:
    """The left-hand side "h[t=1..3,j]": its name and its indices, each with its range where one is written."""

    key: str
    name: str
    indices: tuple[tuple[str, int | None], ...]  # (name, the last value or None)
    where: str  # equations.h[t], or line 3: h[t], for messages

    @property
    def first(self) -> str:
        return self.indices[0][0] if self.indices else ""


@dataclass(frozen=True)
class Line:
    """A line as it was read."""

    left: Left
    equation: Equation
    shape: Shape
    readings: tuple[Reading, ...]
    fixed: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.left.name


def left_side(key: str, line: int = 0) -> Left:
    """What a key of [equations] says, or the left of a line of text; raises Mistake."""
    found = _LEFT.fullmatch(key.strip())
    where = f"line {line}: {shown(key)[1:-1]}" if line else f"equations.{shown(key)[1:-1]}"
    name = found[1].strip() if found else key
    if not is_name(name):
        raise Mistake(f'{where} is not a name; on the left stands a name, y, or one with indices, "y[i,j]"')
    indices: dict[str, int | None] = {}
    for part in found[2].split(",") if found else ():
        index = _RANGE.fullmatch(part)
        if index is None:
            raise Mistake(
                f"{where}: {shown(part.strip())} is no index; on the left stand names of indices, "
                f'"{name}[t]" or "{name}[t=1..3]"' + _number_instead(name, part)
            )
        if index[1] in indices:
            raise Mistake(f"{where}: the index {index[1]} stands there twice")
        if index[2] is not None and int(index[2]) != 1:
            raise Mistake(
                f"{where}: a range on the left starts at 1{_from_one_instead(name, index[1], index[2], index[3])}"
            )
        indices[index[1]] = int(index[3]) if index[3] else None
        if len(indices) > MOST_AXES:
            raise Mistake(f"{where}: an array has at most {MOST_AXES} axes")
    return Left(key, name, tuple(indices.items()), where)


def read(left: Left, formula: str, known: Quantities) -> Line:
    """The line, with its shape; raises Mistake that names the line."""
    try:
        bounds = [Bound(name, None if last is None else 1, last) for name, last in left.indices]
        parser = ArrayParser(formula, known, bounds)
        body = parser.whole()
        return _line(left, body, bounds, parser)
    except Mistake as mistake:
        said = str(mistake)
        joint = " " if said.startswith("uses ") else ": "
        asks = said.startswith("name") and ";" not in said
        hint = f"; {known.needs}" if asks else ""
        raise Mistake(f"{left.where}{joint}{said}{hint}") from None


def _line(left: Left, body: Expr, bounds: Sequence[Bound], parser: ArrayParser) -> Line:
    body, indices = settled(bounds, body, f'"{left.name}[…]"')
    rhs = Each(body, *indices) if indices else body
    shape = tuple(length if isinstance(length, Length) else int(length) for length in shape_of(rhs))
    if len(shape) > MOST_AXES:
        raise Mistake(f"an array has at most {MOST_AXES} axes, and here are {len(shape)}")
    name = array(left.name, *shape) if shape else symbol(left.name)
    return Line(left, Equation(name, rhs), shape, tuple(dict.fromkeys(parser.readings)), tuple(parser.fixed))


def _from_one_instead(name: str, index: str, first: str, last: str) -> str:
    """What would be right for "a[t=2..4]"."""
    count, moved = int(last) - int(first) + 1, int(first) - 1
    if count < 1:
        return f", {index}=1..{last}"
    sign = "+" if moved > 0 else "-"
    return (
        f"; write {index}=1..{count}, and {index}{sign}{abs(moved)} for {index} in the formula. In a recurrence, what "
        f"stands before the first step is a quantity called {entry_name(name, (0,))}, which {name}[{index}-1] reads"
    )


def _number_instead(name: str, part: str) -> str:
    return f'; the value before "{name}[t]" starts is a quantity called {name}0' if part.strip() == "0" else ""
