"""Arrays entry by entry: what one entry of an expression is, with indices put in or with numbers in their place.

    lowered(A B, (i, j))           Σ_k A[i, k] B[k, j]
    entry(A B, (0, 1), lengths)    a1_1·b1_2 + a1_2·b2_2, in the names of entries

Putting numbers for the indices is how a network of layers becomes one of units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product as all_of
from math import prod
from typing import Any

from sympy import Integer, Rational

from symnet.algebra import functions
from symnet.algebra.equations import BATCH, ONE, ZERO, Array, Expr, Index, Length, Shape, add, multiply, product, symbol
from symnet.algebra.indices import (
    At,
    Binder,
    Each,
    First,
    Inside,
    Kept,
    Max,
    Min,
    Node,
    Quotient,
    Remainder,
    Same,
    Sum,
    canonical,
    coefficients,
    free_indices,
    fresh,
    is_affine,
    put,
    rebuilt,
    summed,
)
from symnet.algebra.matrices import Operation, shape_of, transpose
from symnet.algebra.scalar import ScalarFunction, local_derivative
from symnet.algebra.stopping import passes

Lengths = Mapping[Any, int]


def lowered(expr: Expr, places: tuple[Expr, ...]) -> Expr:
    """The entry at ``places``, in entries of named arrays alone; of a number, the number in such entries."""
    if isinstance(expr, Array):
        return At(expr, *places)
    if isinstance(expr, Operation):
        return lowered(expr.definition(*expr.args), places)
    if isinstance(expr, Each):
        count = len(expr.indices)
        return lowered(put(expr.body, dict(zip(expr.indices, places[:count], strict=True))), places[count:])
    if isinstance(expr, At):
        found = lowered(expr.array, (*expr.places, *places))
        if expr.array.is_Symbol:
            return found
        # What is made of entries is 0 outside its own range, wherever theirs may end.
        conditions = tuple(
            Inside(place, length)
            for place, length in _may_leave(expr.places, shape_of(expr.array))
            if not is_0_outside(found, place, length)
        )
        return product(*conditions, found) if conditions else found
    if isinstance(expr, Binder):
        new = {index: fresh(index) if places else index for index in expr.indices}
        return expr.func(lowered(put(expr.body, new) if places else expr.body, places), *new.values())
    if isinstance(expr, Node):
        if isinstance(expr, First):
            return First(lowered(expr.body, ()), *expr.args[1:])
        return expr
    if not expr.args:
        return expr
    return expr.func(*(lowered(part, places if shape_of(part) else ()) for part in expr.args), evaluate=False)


def opened(expr: Expr) -> Expr:
    """The same with entries of arrays that are formulas of entries written by these: (G/2)[i, j] is G[i, j]/2.

    Entries of operations on whole arrays, as of a product of matrices, stay what they are.
    """

    def entry_in(part: Expr) -> Expr | None:
        if not isinstance(part, At) or part.array.is_Symbol:
            return None
        return None if part.array.has(Operation) else lowered(part, ())

    def numbers_in_front(part: Expr) -> Expr | None:
        return summed(product(rebuilt(part.body, numbers_in_front)), part.indices) if isinstance(part, Sum) else None

    found = rebuilt(expr, entry_in)
    return expr if found is expr else canonical(rebuilt(found, numbers_in_front))


def _may_leave(places: tuple[Expr, ...], shape: Shape) -> Iterable[tuple[Expr, Any]]:
    """Each place that may be outside, with the length there."""
    for place, length in zip(places, shape):  # noqa: B905 - a row has fewer places than axes
        if not _stays_inside(place, length):
            yield place, length


def is_0_outside(term: Expr, place: Expr, length: Any) -> bool:
    """Whether the term is 0 where ``place`` leaves an axis of that length, because it reads an entry there."""
    return any(
        isinstance(factor, At)
        and factor.array.is_Symbol
        and (place, length) in zip(factor.places, shape_of(factor.array))  # noqa: B905 - perhaps a row
        for factor in (term.args if term.is_Mul else (term,))
    )


def _stays_inside(place: Expr, length: Any) -> bool:
    if (isinstance(place, Index) and place.length == length) or (
        isinstance(place, Remainder) and place.args[1] == length
    ):
        return True
    counts, constant = coefficients(place) or ({}, -1)
    if not all(index.length.is_Integer for index in counts) or isinstance(length, Length):
        return False
    ends = [count * (int(index.length) - 1) for index, count in counts.items()]
    low, high = constant + sum(min(end, 0) for end in ends), constant + sum(max(end, 0) for end in ends)
    return low >= 0 and high < int(length)


def every_index(shape: Shape, lengths: Lengths) -> Iterable[tuple[int, ...]]:
    """The indices of all entries, row by row."""
    return all_of(*(range(int(lengths.get(length, length))) for length in shape))


def entry_name(name: Expr, index: tuple[int, ...], lengths: Lengths) -> Expr:
    """The name of one entry, counted from 1: W1[0, 1] is w1_1_2 and X[0, 1] is x2.

    The row of an example is left out where there is one example.
    """
    return _named(name, index, lengths.get(BATCH) == 1)


@lru_cache(maxsize=65536)
def _named(name: Expr, index: tuple[int, ...], one_example: bool) -> Expr:
    kept = [i + 1 for i, n in zip(index, name.shape, strict=True) if not (one_example and n == BATCH)]
    stem = name.name.lower()
    joint = "_" if stem[-1].isdigit() else ""
    return symbol(stem + joint + "_".join(map(str, kept)) if kept else stem)


class Unrolled:
    """Entries in their names, for ``lengths`` of what is open.

    ``named`` gives the name of an entry, ``first`` the arrays whose entries are written first in a product under a sum
    (the weight before what it weighs, as in w x), ``data`` the numbers of arrays that are used as indices.
    """

    def __init__(
        self,
        lengths: Lengths,
        first: Iterable[Expr] = (),
        named: Callable[[Expr, tuple[int, ...], Lengths], Expr] = entry_name,
        data: Mapping[Expr, Any] | None = None,
    ) -> None:
        self.lengths, self.first, self.named, self.data = lengths, frozenset(first), named, data or {}

    def entry(self, expr: Expr, index: tuple[int, ...], here: Mapping[Index, int] | None = None) -> Expr:
        """One entry of an expression; ``here`` are the values of its open indices."""
        here = here or {}
        if isinstance(expr, Array):
            return self._in_range(expr, index)
        if isinstance(expr, Operation):
            return self.entry(_defined(expr), index, here)
        if isinstance(expr, Each):
            count = len(expr.indices)
            now = {**here, **dict(zip(expr.indices, index[:count], strict=True))}
            return self.entry(expr.body, index[count:], now)
        if isinstance(expr, Node):
            return self._node(expr, index, here)
        if isinstance(expr, Index):
            return Integer(here[expr] + 1)  # as a sheet counts
        if isinstance(expr, Length):
            return Integer(self.lengths[expr])
        if not expr.args:
            return expr
        if is_affine(expr) and free_indices(expr):
            return Integer(_counted(expr, here))
        parts = [self.entry(argument, index if shape_of(argument) else (), here) for argument in expr.args]
        return _tidy(expr, parts)

    def _in_range(self, name: Expr, index: tuple[int, ...]) -> Expr:
        return self.named(name, index, self.lengths) if self._inside(index, name.shape) else ZERO

    def _inside(self, places: tuple[int, ...], shape: Shape) -> bool:
        """Whether the places, of the first axes, are within their lengths."""
        pairs = zip(places, shape)  # noqa: B905 - a row has fewer places than axes
        return all(0 <= i < int(self.lengths.get(length, length)) for i, length in pairs)

    def _node(self, expr: Node, index: tuple[int, ...], here: Mapping[Index, int]) -> Expr:
        if isinstance(expr, At):
            places = tuple(self._place(place, here) for place in expr.places)
            if not expr.array.is_Symbol and not self._inside(places, shape_of(expr.array)):
                return ZERO
            return self.entry(expr.array, (*places, *index), here)
        if isinstance(expr, Sum):
            body = expr.body
            factors: tuple[Expr, ...] = body.args if body.is_Mul else ()
            if len(factors) == 2 and self._weighs(factors[1]) and not self._weighs(factors[0]):
                body = multiply(*reversed(factors))
            terms = [term for now in self._all(expr.indices, here) if (term := self.entry(body, index, now)) != 0]
            if isinstance(body, Sum):  # a sum of sums is one sum
                terms = [part for term in terms for part in (term.args if term.is_Add else (term,))]
            return add(*terms) if terms else ZERO
        if isinstance(expr, (Max, Min)):
            values = [self.entry(expr.body, index, now) for now in self._all(expr.indices, here)]
            largest = functions.max if isinstance(expr, Max) else functions.min
            return values[0] if len(values) == 1 else largest(*values)
        if isinstance(expr, Kept):
            return Integer(self._number(expr.args[0], here) != 0)
        if isinstance(expr, Inside):
            return Integer(0 <= self._place(expr.args[0], here) < int(self.lengths.get(expr.args[1], expr.args[1])))
        if isinstance(expr, First):
            return self._first(expr, here)
        assert isinstance(expr, Same), expr
        return Integer(self._place(expr.args[0], here) == self._place(expr.args[1], here))

    def _first(self, expr: First, here: Mapping[Index, int]) -> Expr:
        """The derivative of the maximum in the entry at the places."""
        others = list(self._all(expr.indices, here))
        places = tuple(self._place(place, here) for place in expr.places)
        at = [tuple(now[index] for index in expr.indices) for now in others]
        if places not in at:
            return ZERO
        if len(at) == 1:
            return ONE
        values = tuple(self.entry(expr.body, (), now) for now in others)
        return local_derivative(functions.max, at.index(places), values)

    def _weighs(self, factor: Expr) -> bool:
        while isinstance(factor, (At, transpose)):
            factor = factor.args[0]
        return factor in self.first

    def _all(self, indices: tuple[Index, ...], here: Mapping[Index, int]) -> Iterable[Mapping[Index, int]]:
        for values in every_index(tuple(index.length for index in indices), self.lengths):
            yield {**here, **dict(zip(indices, values, strict=True))}

    def _place(self, place: Expr, here: Mapping[Index, int]) -> int:
        """An index as a number; entries of data count from 1."""
        if isinstance(place, Index):
            return here[place]
        if place.is_Integer:
            return int(place)
        if isinstance(place, At):
            return int(self._number(place, here)) - 1
        if isinstance(place, (Quotient, Remainder)):
            whole, rest = divmod(self._place(place.args[0], here), int(place.args[1]))
            return whole if isinstance(place, Quotient) else rest
        if place.is_Add:
            return sum(self._place(part, here) for part in place.args)
        assert place.is_Mul, place
        count = 1
        for part in place.args:
            count *= self._place(part, here)
        return count

    def _number(self, entry: Expr, here: Mapping[Index, int]) -> Any:
        """An entry of the data."""
        number: Any = self.data[entry.array]
        for place in entry.places:
            i = self._place(place, here)
            if not 0 <= i < len(number):
                return 0
            number = number[i]
        return number


@lru_cache(maxsize=4096)
def _defined(expr: Expr) -> Expr:
    return expr.definition(*expr.args)


def entry(expr: Expr, index: tuple[int, ...], lengths: Lengths, first: Iterable[Expr] = ()) -> Expr:
    """One entry of an expression, in the names of entries; ``lengths`` says how long open dimensions are."""
    return Unrolled(lengths, first).entry(expr, index)


def _tidy(expr: Expr, parts: list[Expr]) -> Expr:
    """The expression of these parts: sums within a sum are one, and what only counts (1 example, 0 outside) goes."""
    if expr.is_Add:  # X W + 1 bᵀ becomes one sum
        flat: list[Expr] = []
        for whole, part in zip(expr.args, parts, strict=True):
            if part != 0 or whole == 0:
                flat += part.args if part.is_Add and isinstance(whole, (Operation, Node)) else (part,)
        return add(*flat) if flat else ZERO
    if expr.is_Pow and _counts(expr.base) and parts[0] == 1:
        return ONE
    if expr.is_Pow and parts[0] == 0 and expr.base != 0 and expr.exp.is_positive:
        return ZERO  # what lies outside an array, squared
    if expr.is_Mul:
        counted = [_counts(whole) or (part == 0 and whole != 0) for whole, part in zip(expr.args, parts, strict=True)]
        if any(part == 0 for part, counts in zip(parts, counted, strict=True) if counts):
            return ZERO
        # A mean over one example divides by nothing.
        parts = [part for part, counts in zip(parts, counted, strict=True) if not (counts and part == 1)]
        return multiply(*parts) if parts else ONE
    if isinstance(expr, ScalarFunction) and (written_out := expr.written(*parts)) is not None:
        return written_out
    return expr.func(*parts, evaluate=False)


def _counted(expr: Expr, here: Mapping[Index, int]) -> int:
    """2 t − 1 outside square brackets, as a number, with t as a sheet counts."""
    if isinstance(expr, Index):
        return here[expr] + 1
    if expr.is_Integer:
        return int(expr)
    parts = [_counted(part, here) for part in expr.args]
    return sum(parts) if expr.is_Add else prod(parts)


def _counts(factor: Expr) -> bool:
    """Whether it is a number for reasons of place alone: a length, 1 or 0 of a condition, 0 outside an array."""
    return isinstance(factor, (Length, Node, passes)) or (factor.is_Pow and _counts(factor.base))


def entry_of(value: Any, places: Sequence[Expr]) -> Expr:
    """The entry of an array of numbers at places with indices: Σ_m a_m [m = i], without those that are 0."""
    terms: list[Expr] = []

    def walk(part: Any, conditions: tuple[Expr, ...]) -> None:
        if isinstance(part, Sequence):
            for m, inner in enumerate(part):
                walk(inner, (*conditions, Same(places[len(conditions)], Integer(m))))
        elif part:
            exact = Fraction(str(part))
            number = Rational(exact.numerator, exact.denominator)
            terms.append(multiply(*conditions) if number == 1 else multiply(number, *conditions))

    walk(value, ())
    return add(*terms) if terms else ZERO
