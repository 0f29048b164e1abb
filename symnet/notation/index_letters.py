"""Which letters the indices of an equation get on paper: those of its author, and in gradients those of the axes.

Where Z[i,d,p,q] = Σ_{e,u,v} K[d,e,u,v] X[i,e,p+u,q+v], the axes of K are called d, e, u, v, and the gradient in K is
written ∂L/∂K[d,e,u,v] = Σ_{i,p,q} Z̄[i,d,p,q] X[i,e,p+u,q+v].
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sympy import Tuple

from symnet.algebra.entries import lowered
from symnet.algebra.equations import Array, Equation, Expr, Index, Length, names_in, partial_parts
from symnet.algebra.functions import exp
from symnet.algebra.indices import LETTERS, At, Binder, Each, First, Node, is_affine
from symnet.algebra.matrices import matmul, shape_of

Letters = tuple[str | None, ...]


class IndexLetters:
    """The letters of the axes of every array of some equations."""

    def __init__(self, equations: Iterable[Equation] = ()) -> None:
        self.axes: dict[str, Letters] = {}
        forward = [equation for equation in equations if partial_parts(equation.name) is None]
        for equation in forward:
            for array, indices in _read(equation):
                self._learn(array, [written(i) if isinstance(i, Index) else None for i in indices])
            self._spread(equation)
        for equation in forward:
            self._defined(equation)

    def _defined(self, equation: Equation) -> None:
        """A product of matrices is Z_ik = Σ_j X_ij W_jk, where nobody wrote other letters."""
        if not equation.rhs.has(matmul) or equation.rhs.has(Node) or len(shape_of(equation.lhs)) != 2:
            return
        if not any(self.of(equation.lhs)):
            self._learn(equation.lhs, ("i", "k"))
        own = self.own(equation)
        for at in _entries(self.lettered(lowered(equation.rhs, own), own, by_axes=True)):
            self._learn(at.array, [i.name if isinstance(i, Index) else None for i in at.places])

    def _spread(self, equation: Equation) -> None:
        """Entry by entry, A = f(Z), the axes of A are those of Z."""
        for name in names_in(equation.rhs):
            if isinstance(equation.lhs, Array) and isinstance(name, Array) and name.shape == equation.lhs.shape:
                self._learn(equation.lhs, self.of(name))

    def _learn(self, array: Array, found: Sequence[str | None]) -> None:
        found = (*found, *(None,) * (len(array.shape) - len(found)))  # a row has fewer indices than axes
        known = self.axes.get(array.name, (None,) * len(found))
        # No letter twice: A[i,t,u] beside K[i,u,e] calls one axis of K u, another reading may call it t.
        merged: list[str | None] = []
        for old, new in zip(known, found, strict=True):
            merged.append(old or (new if new not in merged and new not in known else None))
        self.axes[array.name] = tuple(merged)

    def of(self, name: Expr) -> Letters:
        """The letters of an array's axes, also of a gradient; None where an axis has none."""
        parts = partial_parts(name.name)
        return self.axes.get(parts[1] if parts else name.name, (None,) * len(name.shape))

    def own(self, equation: Equation, taken: Iterable[str] = ()) -> tuple[Index, ...]:
        """The indices of the entry that an equation is written for."""
        lhs, rhs = equation.lhs, equation.rhs
        each = _outermost(rhs)
        wished: Letters = self.of(lhs)
        if each is not None and partial_parts(lhs.name) is None:
            wished = (*map(written, each.indices), *self.of(lhs)[len(each.indices) :])  # a body may be a row
        used = set(taken)
        chosen = []
        for letter, length in zip(wished, shape_of(lhs), strict=True):
            if letter is None or letter in used:
                letter = _next(used | {other for other in wished if other})
            used.add(letter)
            chosen.append(Index(letter, length))
        return tuple(chosen)

    def lettered(self, body: Expr, own: Sequence[Index], by_axes: bool, taken: Iterable[str] = ()) -> Expr:
        """The body with letters for the indices that are bound in it; ``by_axes`` takes those of axes first."""
        return self._named(body, {}, (*(index.name for index in own), *taken), by_axes)

    def _named(self, expr: Expr, new: Mapping[Expr, Expr], taken: tuple[str, ...], by_axes: bool) -> Expr:
        if isinstance(expr, Index):
            return new.get(expr, expr)
        if not isinstance(expr, (Binder, First)):
            if not expr.args:
                return expr
            parts = [self._named(part, new, taken, by_axes) for part in expr.args]
            return expr.func(*parts) if is_affine(expr) else expr.func(*parts, evaluate=False)
        used = set(taken)
        inner = dict(new)
        for index in expr.indices:
            axis = self._axis(expr.body, index)
            plain = written(index)
            wished = (axis, plain) if by_axes else (plain, axis)
            letter = next((w for w in wished if w and w not in used), None) or _next(used)
            used.add(letter)
            inner[index] = Index(letter, index.length)
        body = self._named(expr.body, inner, tuple(used), by_axes)
        own = [inner[index] for index in expr.indices]
        if isinstance(expr, First):
            places = [self._named(place, new, taken, by_axes) for place in expr.places]
            return First(body, Tuple(*own), Tuple(*places))
        return expr.func(body, *own)

    def _axis(self, body: Expr, index: Index) -> str | None:
        """The letter of the first axis along which the index stands alone."""
        for at in _entries(body):
            for letter, place in zip(self.of(at.array), at.places):  # noqa: B905 - an entry may be a row
                if place == index and letter is not None:
                    return letter
        return None


def written(index: Index) -> str | None:
    """The letter that its author gave it, also where it stands under a new name, u′7; None for a definition's own."""
    letter = index.name.partition("′")[0]
    return None if "″" in letter else letter


def taken_letters(equation: Equation) -> frozenset[str]:
    """What no index of the equation can be called: its quantities of one letter, its lengths, and e beside e^x."""
    names = [*names_in(equation.rhs), equation.lhs]
    words = {(partial_parts(name.name) or ("", name.name))[1] for name in names}
    words |= {length.name for length in equation.rhs.atoms(Length)}
    return frozenset(words | ({"e"} if equation.rhs.has(exp) else set()))


def _next(used: Iterable[str]) -> str:
    used = set(used)
    return next(letter for letter in _alphabet() if letter not in used)


def _alphabet() -> Iterator[str]:
    yield from LETTERS
    number = 1
    while True:
        yield f"i{number}"
        number += 1


def _outermost(expr: Expr) -> Each | None:
    if isinstance(expr, Each):
        return expr
    if isinstance(expr, (At, Binder, First)):
        return None
    return next((found for part in expr.args if (found := _outermost(part)) is not None), None)


def _read(equation: Equation) -> Iterator[tuple[Array, Sequence[Expr]]]:
    each = _outermost(equation.rhs)
    if each is not None and isinstance(equation.lhs, Array):
        yield equation.lhs, each.indices
    for at in _entries(equation.rhs):
        yield at.array, at.places


def _entries(expr: Expr) -> Iterator[At]:
    """The entries of named arrays in the order in which they are written."""
    if isinstance(expr, At) and isinstance(expr.array, Array):
        yield expr
    for argument in expr.args:
        yield from _entries(argument)
