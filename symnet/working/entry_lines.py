"""The working of one entry of an array, the others being likewise: symbols, its sums written out, numbers, the value.

Z_12 = Σ_j X_1j W_j2 + b_2 = X_11 W_12 + X_12 W_22 + b_2 = 2·1 + 3·(−1) + 0.5 = −0.5
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sympy import Add, Integer, preorder_traversal

from symnet.algebra.entries import Lengths, Unrolled, entry_name
from symnet.algebra.equations import Array, Equation, Expr, Symbol, add, array, names_in, partial, partial_parts, symbol
from symnet.algebra.indices import At, rebuilt
from symnet.algebra.matrices import shape_of, shape_text
from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Value
from symnet.computing.program import Program, identifier
from symnet.notation.equations import EquationTypesetter
from symnet.notation.indices import IndexTypesetter
from symnet.notation.line import Line
from symnet.notation.maths import Maths, Word
from symnet.notation.typesetter import _ATOM, Typesetter, is_shown_exactly, number

LIKEWISE = "likewise for the others"
MOST_TERMS = 6  # of a sum that is written out in full; of a longer one some, dots and the last
_DOTS = symbol("…")


class EntryLines:
    """Works equations of arrays at one entry.

    ``values`` are the numbers of all entries by their names, w1_2_3, and those of gradients as ∂Loss/∂w1_2_3;
    ``lengths`` says how long open dimensions are.
    """

    def __init__(
        self, setter: EquationTypesetter, values: Mapping[str, Value], lengths: Lengths, digits: int = 6
    ) -> None:
        self.setter, self.values, self.lengths, self.digits = setter, values, lengths, digits

    def line(self, equation: Equation, place: Sequence[int] = ()) -> Line:
        """The entry at ``place``, which counts from 1, or the first one.  Raises Mistake where there is none."""
        lhs, rhs = equation.lhs, equation.rhs
        index = self._index(lhs, place)
        own, body = self.setter.entry_form(equation)
        places = tuple(map(Integer, index))
        numbered = dict(zip(own, places, strict=True))
        here = rebuilt(body, numbered.get)  # no number can be taken for an index that is bound
        steps = [("=", self.setter.body(here, ()))]
        in_entries = Unrolled(self.lengths, named=_entry).entry(rhs, index)
        in_names = Unrolled(self.lengths, named=entry_symbol).entry(rhs, index)
        entries, numbers = _Entries(self.setter.names), self._numbers()
        written = entries.maths(_abridged(in_entries))
        put_in, value = numbers.maths(_abridged(in_names)), self.value(in_names)
        result = number(value, self.digits)
        exactly = all(is_shown_exactly(self.values[name.name], self.digits) for name in names_in(in_names))
        shown = [("=", written), ("=" if exactly else "≈", put_in)]
        is_exact = value == 0 or (exactly and is_shown_exactly(value, self.digits))
        for relation, step in (*shown, ("=" if is_exact else "≈", result)):
            if step != steps[-1][1]:
                steps.append((relation, step))
        others = shape_of(lhs) and any(int(self.lengths.get(n, n)) > 1 for n in shape_of(lhs))
        return Line(self.setter.entry(lhs, places), tuple(steps), stacked=True, why=LIKEWISE if others else "")

    def value(self, expr: Expr) -> Value:
        """The number of an expression in the names of entries."""
        frame = {identifier(name.name): self.values[name.name] for name in names_in(expr)}
        with exact.digits_carried(max(30, self.digits + 20)):
            _program(expr).run(frame, undefined_allowed=True)
        found: Value = frame[identifier("answer")]
        return found

    def _index(self, lhs: Symbol, place: Sequence[int]) -> tuple[int, ...]:
        lengths = [int(self.lengths.get(n, n)) for n in shape_of(lhs)]
        place = tuple(place) or (1,) * len(lengths)
        if len(place) != len(lengths) or not all(1 <= i <= n for i, n in zip(place, lengths, strict=True)):
            raise Mistake(f"{lhs} {shape_text(tuple(lengths))} has no entry {list(place)}; indices count from 1")
        return tuple(i - 1 for i in place)

    def _numbers(self) -> _Numbers:
        return _Numbers(self.setter.names, self.values, self.digits, self.value)


class _Dotted:
    """Typesets … in the middle of a long sum."""

    def _typeset(self, expr: Expr) -> tuple[Maths, int]:
        if expr == _DOTS:
            return Word("…"), _ATOM
        found: tuple[Maths, int] = super()._typeset(expr)  # type: ignore[misc]
        return found


class _Entries(_Dotted, IndexTypesetter):
    """X_11 W_12 + … + b_2."""


class _Numbers(_Dotted, Typesetter):
    """2·1 + … + 0.5."""


def _entry(name: Expr, index: tuple[int, ...], lengths: Lengths) -> Expr:
    return At(name, *map(Integer, index))


def entry_symbol(name: Expr, index: tuple[int, ...], lengths: Lengths) -> Symbol:
    """w1_2_3 for an entry of W1, ∂Loss/∂w1_2_3 for one of a gradient."""
    parts = partial_parts(name.name)
    if parts is None:
        return entry_name(name, index, lengths)
    return partial(parts[0], entry_name(array(parts[1], *name.shape), index, lengths).name)


def _abridged(expr: Expr) -> Expr:
    """Long sums with … between their first terms and the last."""
    if not expr.args or not any(isinstance(part, Add) for part in preorder_traversal(expr)):
        return expr
    parts = [part if isinstance(part, (At, Array)) else _abridged(part) for part in expr.args]
    if expr.is_Add and len(parts) > MOST_TERMS:
        parts = [*parts[: MOST_TERMS - 2], _DOTS, parts[-1]]
        return add(*parts)
    return expr.func(*parts, evaluate=False)


@lru_cache(maxsize=1_000)
def _program(expr: Expr) -> Program:
    return Program([Equation(symbol("answer"), expr)])
