"""Indices, and arrays written for one entry: Z[i, k] = Σ_j X[i, j] W[j, k] + b[k], as books do.

    Index("i", 3)             an index that runs over 0, 1, 2 (a sheet counts from 1); its length may be a ``Length``
    At(X, i, 2*p + u - 1)     an entry, at affine indices or at indices that are data, as E[ids[t], e]; 0 outside X
    At(X, i)                  with fewer indices than axes, a row
    Sum(body, j), Max(body, j), Min(body, j)    over all values of the indices named
    Each(body, i, k)          the array whose entry [i, k] is ``body``; where that is a row, of all rows
    Kept(M[i, j])             1 where that entry of data is not 0, otherwise 0: what a mask leaves
    Quotient(m, 3), Remainder(m, 3)    places that are counted through, as where rows become one vector
    Inside(e, n), Same(a, b), First(…)    1 or 0; they occur in gradients alone

An index under Sum, Max, Min or Each belongs to it, whatever its name: two expressions that differ in such names alone
are the same, and ``canonical`` writes them alike.  As text they count from 1, as an exercise file does: X[i,j],
sum[j](…).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy
from sympy import Integer, Tuple

from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    ZERO,
    Array,
    Expr,
    Index,
    Length,
    add,
    multiply,
    negate,
    product,
    total,
)

LETTERS = "ijkmpqruvstefgh"


class Node(sympy.Expr):  # type: ignore[misc]
    """An expression that is never evaluated."""

    is_commutative = True
    is_number = False

    def __new__(cls, *args: Any, evaluate: bool = False) -> Any:
        return sympy.Expr.__new__(cls, *args)

    def _sympystr(self, printer: Any) -> str:
        """As text, in messages: SymPy would take a Sum for one of its own."""
        return f"{type(self).__name__}({', '.join(map(printer._print, self.args))})"


class At(Node):
    """An entry of an array, At(X, i, j) for X[i, j], or a row of it, At(X, i); it is 0 outside the array."""

    def _sympystr(self, printer: Any) -> str:
        places = ",".join(printer.doprint(from_one(place)) for place in self.places)
        array = printer.doprint(self.array)
        return f"{array}[{places}]" if self.array.is_Symbol else f"({array})[{places}]"

    @property
    def array(self) -> Expr:
        return self.args[0]

    @property
    def places(self) -> tuple[Expr, ...]:
        return tuple(self.args[1:])


class Binder(Node):
    """What has indices of its own: Sum(body, i, …)."""

    def _sympystr(self, printer: Any) -> str:
        return f"{type(self).__name__.lower()}[{','.join(map(str, self.indices))}]({printer.doprint(self.body)})"

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def indices(self) -> tuple[Index, ...]:
        return tuple(self.args[1:])


class Sum(Binder):
    """Σ body over all values of its indices."""


class Max(Binder):
    """The largest body over all values of its indices; its slope is 1 at the first that is largest, row by row."""


class Min(Binder):
    """The smallest body over all values of its indices; its slope is 1 at the first that is smallest, row by row."""


class Each(Binder):
    """The array of every body, an axis for each of its indices."""

    def for_one_entry(self, name: Expr) -> tuple[Expr, Expr]:
        """(Z[i, k], body): the sides of the equation of ``name`` as it was written."""
        return At(name, *self.indices), self.body


class First(Node):
    """First(body, (i, …), (e, …)): 1 where the first largest ``body`` over i, … is the one at e, …, otherwise 0."""

    @property
    def body(self) -> Expr:
        return self.args[0]

    @property
    def indices(self) -> tuple[Index, ...]:
        return tuple(self.args[1])

    @property
    def places(self) -> tuple[Expr, ...]:
        return tuple(self.args[2])

    def _sympystr(self, printer: Any) -> str:
        places, own = (",".join(map(printer.doprint, part)) for part in (map(from_one, self.places), self.indices))
        return f"[({places}) = argmax[{own}]({printer.doprint(self.body)})]"


class Kept(Node):
    """Kept(M[i, j]): 1 where the entry, a number of the data, is not 0, otherwise 0."""

    def _sympystr(self, printer: Any) -> str:
        return f"[{printer.doprint(self.args[0])} != 0]"


class Quotient(Node):
    """Quotient(m, 3): how often 3 goes into m, a place."""

    def _sympystr(self, printer: Any) -> str:
        return f"ceil(({printer.doprint(from_one(self.args[0]))})/{self.args[1]})"  # counted from 1 as well


class Remainder(Node):
    """Remainder(m, 3): what is left of m then, a place."""

    def _sympystr(self, printer: Any) -> str:
        return f"(mod({printer.doprint(from_one(self.args[0]))} - 1, {self.args[1]}) + 1)"


class Inside(Node):
    """Inside(e, n): 1 where 0 ≤ e < n, otherwise 0."""

    def _sympystr(self, printer: Any) -> str:
        return f"[1 <= {printer.doprint(from_one(self.args[0]))} <= {self.args[1]}]"


class Same(Node):
    """Same(a, b): 1 where a = b, otherwise 0."""

    def _sympystr(self, printer: Any) -> str:
        return f"[{' = '.join(printer.doprint(from_one(place)) for place in self.args)}]"


_fresh = itertools.count(1)


def fresh(index: Index) -> Index:
    """Another index of the same length, which nothing has yet."""
    return Index(f"{index.name.partition('′')[0]}′{next(_fresh)}", index.length)


def indices_for(shape: Iterable[Any], taken: Iterable[Expr] = ()) -> tuple[Index, ...]:
    """An index for every axis, i, j, k, …, none of which is taken."""
    used = {str(index) for index in taken}
    names = (letter for letter in _letters() if letter not in used)
    return tuple(Index(name, length) for name, length in zip(names, shape))  # noqa: B905 - there are always letters left


def own_indices(shape: Iterable[Any]) -> tuple[Index, ...]:
    """The same for the definition of an operation: i″, j″, …, which no argument of it can have open."""
    return tuple(Index(f"{index.name}″", index.length) for index in indices_for(shape))


def _letters() -> Iterator[str]:
    yield from LETTERS
    yield from (f"i{number}" for number in itertools.count(1))


@lru_cache(maxsize=65536)
def free_indices(expr: Expr) -> tuple[Index, ...]:
    """The indices that an expression leaves open, in the order in which they are first written."""
    if isinstance(expr, Index):
        return (expr,)
    found: dict[Index, None] = {}
    if isinstance(expr, Binder):
        found.update(dict.fromkeys(i for i in free_indices(expr.body) if i not in expr.indices))
    elif isinstance(expr, First):
        found.update(dict.fromkeys(i for i in free_indices(expr.body) if i not in expr.indices))
        for place in expr.places:
            found.update(dict.fromkeys(free_indices(place)))
    else:
        for argument in expr.args:
            found.update(dict.fromkeys(free_indices(argument)))
    return tuple(found)


def put(expr: Expr, values: Mapping[Index, Expr]) -> Expr:
    """The expression with other indices (or numbers) in the place of open ones; what is bound stays bound."""
    open_ones = free_indices(expr)
    if not any(index in values for index in open_ones):
        return expr
    if isinstance(expr, Index):
        return values[expr]
    values = {index: value for index, value in values.items() if index in open_ones}
    if isinstance(expr, (Binder, First)):
        new = {i: fresh(i) for i in expr.indices}
        body = put(put(expr.body, new), values)
        if isinstance(expr, First):
            return First(body, Tuple(*new.values()), Tuple(*(put(place, values) for place in expr.places)))
        return expr.func(body, *new.values())
    if isinstance(expr, At):
        array = expr.array if expr.array.is_Symbol else put(expr.array, values)  # rows side by side have indices, too
        return At(array, *(put(place, values) for place in expr.places))
    parts = [put(argument, values) for argument in expr.args]
    if is_affine(expr):
        return expr.func(*parts)
    return expr.func(*parts, evaluate=False)


@lru_cache(maxsize=65536)
def is_affine(expr: Expr) -> bool:
    """Whether it is made of indices and whole numbers alone, and so kept in the one form that SymPy gives it."""
    if expr.is_Integer or isinstance(expr, Index):
        return True
    if isinstance(expr, (Length, Array)) or not (expr.is_Add or expr.is_Mul):
        return False
    return all(is_affine(argument) for argument in expr.args)


@lru_cache(maxsize=65536)
def coefficients(expr: Expr) -> tuple[dict[Index, int], int] | None:
    """({i: 2, u: 1}, −1) for 2 i + u − 1, and None for what is not a whole number of each index and a constant."""
    if expr.is_Integer:
        return {}, int(expr)
    if isinstance(expr, Index):
        return {expr: 1}, 0
    if expr.is_Add:
        counts: dict[Index, int] = {}
        constant = 0
        for argument in expr.args:
            part = coefficients(argument)
            if part is None:
                return None
            constant += part[1]
            for index, count in part[0].items():
                counts[index] = counts.get(index, 0) + count
        return counts, constant
    if expr.is_Mul and len(expr.args) == 2 and expr.args[0].is_Integer and isinstance(expr.args[1], Index):
        return {expr.args[1]: int(expr.args[0])}, 0
    return None


def from_one(place: Expr, order: Sequence[Expr] = ()) -> Expr:
    """A place as it is written where indices, and the place itself, count from 1: 2(p − 1) + u for 2 p + u from 0.

    A step s of an index stands before (p − 1), as books write strides (Goodfellow, Bengio and Courville (2016),
    eq. 9.10), where another index counts what follows; alone 2 p is 2 p − 1.  Data that are used as an index count
    from 1 too.  Terms come in the ``order`` of their indices, those with a minus last.
    """
    counts: dict[Expr, Expr] = {}
    constant = ONE
    for term in sympy.Add.make_args(place):
        count, index = term.as_coeff_Mul()
        if index == 1:
            constant += count
        else:
            counts[index] = count
    rank = {index: i for i, index in enumerate(order)}

    def key(index: Expr) -> tuple[Any, ...]:
        return int(counts[index]) < 0, -abs(int(counts[index])), rank.get(index, len(rank)), str(index)

    moved = any(abs(count) == 1 for count in counts.values())
    terms = []
    for index in sorted(counts, key=key):
        count = counts[index]
        if abs(count) == 1 or not moved:
            constant -= count
            terms.append(product(count, index) if count != MINUS_ONE else negate(index))
        else:
            terms.append(product(count, add(index, MINUS_ONE)))
    if terms and constant > 0 and all(int(count) < 0 for count in counts.values()):
        return total(constant, *terms)  # 2 − r
    return total(*terms, constant)


def rebuilt(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """The expression with every part for which ``change`` gives something else in the place of it."""
    new = change(expr)
    if new is not None:
        return new
    if not expr.args:
        return expr
    parts = [rebuilt(argument, change) for argument in expr.args]
    if all(a is b for a, b in zip(parts, expr.args)):  # noqa: B905 - of one length
        return expr
    return expr.func(*parts) if is_affine(expr) or isinstance(expr, Tuple) else expr.func(*parts, evaluate=False)


def canonical(expr: Expr) -> Expr:
    """The same with its bound indices called i, j, k, … in the order of their binding, and never twice on one way."""
    return _renamed(expr, {}, ())


def _renamed(expr: Expr, new: Mapping[Index, Index], taken: tuple[Index, ...]) -> Expr:
    if isinstance(expr, Index):
        return new.get(expr, expr)
    if isinstance(expr, (Binder, First)):
        others = [i for i in free_indices(expr) if i not in new]
        own = indices_for([i.length for i in expr.indices], (*taken, *others))
        inner = {**new, **dict(zip(expr.indices, own, strict=True))}
        body = _renamed(expr.body, inner, (*taken, *own))
        if isinstance(expr, First):
            return First(body, Tuple(*own), Tuple(*(_renamed(place, new, taken) for place in expr.places)))
        return expr.func(body, *own)
    if not expr.args or not any(isinstance(part, (Index, Binder, First)) for part in sympy.preorder_traversal(expr)):
        return expr
    parts = [_renamed(argument, new, taken) for argument in expr.args]
    return expr.func(*parts) if is_affine(expr) else expr.func(*parts, evaluate=False)


def summed(body: Expr, indices: Iterable[Index]) -> Expr:
    """Σ body, term by term, with what does not depend on an index taken out in front of its sum.

    Σ_k [k = m] u_k is u_m.
    """
    indices = tuple(indices)
    if not indices or body == 0:
        return body
    if body.is_Add:
        return total(*(summed(term, indices) for term in body.args))
    parts = body.args if body.is_Mul else (body,)
    outside = [part for part in parts if not set(free_indices(part)) & set(indices)]
    inside = [part for part in parts if set(free_indices(part)) & set(indices)]
    used = tuple(i for i in indices if any(i in free_indices(part) for part in inside))
    counts = [i.length for i in indices if i not in used]
    if not inside:
        return product(*counts, *outside)
    for factor in inside:
        others = [part for part in inside if part is not factor]
        if (same := _chosen(factor, used)) is not None:
            index, value = same
            return product(
                *counts, *outside, summed(put(product(*others), {index: value}), (i for i in used if i != index))
            )
        if factor.is_Add and any(_chosen(p, used) for term in factor.args for p in sympy.Mul.make_args(term)):
            spread = total(*(product(term, *others) for term in factor.args))
            return product(*counts, *outside, summed(spread, used))
    return product(*counts, *outside, Sum(multiply(*inside), *used))


def _chosen(factor: Expr, indices: tuple[Index, ...]) -> tuple[Index, Index] | None:
    """(k, m) for [k = m] where k is summed over and m is not."""
    if not isinstance(factor, Same):
        return None
    for index, value in (factor.args, factor.args[::-1]):
        if index in indices and isinstance(value, Index) and value not in indices and value.length == index.length:
            return index, value
    return None


def over(body: Expr, index: Index, values: Iterable[int]) -> Expr:
    """body at each of the values, added; without what is 0."""
    terms = [term for value in values if (term := put(body, {index: Integer(value)})) != 0]
    return add(*terms) if terms else ZERO
