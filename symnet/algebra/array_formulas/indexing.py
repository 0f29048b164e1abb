"""Square brackets and .T behind a value: entries, rows, and what is turned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symnet.algebra.array_formulas.names import shape_text
from symnet.algebra.array_formulas.places import affine, from_zero
from symnet.algebra.array_formulas.reader import STEPS, UNKNOWN, Reader, Reading
from symnet.algebra.equations import Expr, Length
from symnet.algebra.indices import At, Each, coefficients, indices_for
from symnet.algebra.matrices import shape_of, transpose
from symnet.algebra.parsing import Deeper
from symnet.algebra.tokens import Token


class Indexed(Reader):
    """Reads what stands behind a value."""

    def after(self, value: Expr, start: Token) -> Expr:
        """What stands behind a value: [i, j] and .T, as often as there."""
        while True:
            if self.token.text == "[":
                value = self.entry(self.quoted(value, start))
            elif self.token.text in (".T", "ᵀ"):
                value = self.turned(self.quoted(value, start), self.take())
            else:
                return self.quoted(value, start)

    def turned(self, value: Expr, sign: Token) -> Expr:
        """value.T, with its last two axes swapped."""
        if value.has(UNKNOWN):
            return UNKNOWN
        shape = shape_of(value)
        if len(shape) < 2:
            what = "a number" if not shape else f"the vector {self.said(value)} {shape_text(shape)}"
            raise self.wrong(
                f".T turns a matrix, and here is {what}; a @ b multiplies two vectors, a * b does entry by entry, and "
                '"G[i,j]" = "a[i]*b[j]" gives every product of two entries',
                sign,
            )
        if len(shape) == 2:
            return transpose(value)
        *before, i, j = indices_for(shape)
        i, j = indices_for((shape[-1], shape[-2]), before)
        return Each(At(value, *before, j, i), *before, i, j)

    def entry(self, value: Expr) -> Expr:
        """value[i, j], or with fewer indices than axes a row of it."""
        opening = self.take()
        written: list[tuple[Expr, Token]] = []
        self.brackets += 1
        with Deeper(self):
            while True:
                at = self.token
                written.append((self.expression(), at))
                if self.token.text != ",":
                    break
                self.take()
        if self.token.text != "]":
            raise self.wrong('an index or "]" is missing', opening if self.token.kind == "end" else self.token)
        self.take()
        self.brackets -= 1
        if value == UNKNOWN:
            return UNKNOWN
        shape, text = shape_of(value), self.said(value)
        if len(written) > len(shape):
            if not shape:
                raise self.wrong(f"{text} is a number and has no entries; [ ] picks an entry of an array", opening)
            axes = "1 axis" if len(shape) == 1 else f"{len(shape)} axes"
            raise self.wrong(f"{text} {shape_text(shape)} has {axes}, and here are {len(written)} indices", opening)
        places = [self.place(expr, at, shape[axis], value) for axis, (expr, at) in enumerate(written)]
        if value.is_Symbol:
            self.readings.append(Reading(value.name, self.steps(written[0][0])))
        if isinstance(value, At):
            return At(value.array, *value.places, *places)
        return At(value, *places)

    def place(self, expr: Expr, at: Token, length: Any, value: Expr) -> Expr:
        """One index, counted from 0; raises Mistake for a number outside the axis."""
        found = affine(expr)
        if found is None:
            return self.looked_up(expr, at, length, value)
        counts, constant = coefficients(found) or ({}, 0)
        if length == STEPS:
            return from_zero(found)
        is_open = isinstance(length, Length)
        if is_open and not counts:
            raise self.wrong(
                f"{self.said(value)} has as many entries there as there are examples, so none has a number; write an "
                "index",
                at,
            )
        if not is_open and not counts and not 1 <= constant <= length:
            text = self.said(value)
            start = f", and what comes before is called {text}0" if constant == 0 and value.is_Symbol else ""
            raise self.wrong(f"{text} has no entry {constant}; its indices go from 1 to {length} there{start}", at)
        if constant == 0 and list(counts.values()) == [1]:
            (index,) = counts
            bound = next(bound for bound in self.scopes if bound.index == index)
            bound.axes.append((self.said(value), length if is_open else int(length)))
        return from_zero(found)

    def looked_up(self, expr: Expr, at: Token, length: Any, value: Expr) -> Expr:
        """An index that is a number of the data, as in E[ids[t]]."""
        entry = At(expr) if expr.is_Symbol else expr
        if not isinstance(entry, At) or not getattr(entry.array, "is_Symbol", False) or shape_of(entry):
            raise self.wrong(
                "an index is a whole number, an index that moves, such as t-1 or 2*p+u, or an id "
                f"{self.known.given}, such as ids[t]",
                at,
            )
        self.check_ids(entry.array, length, self.said(value), at)
        return entry

    def check_ids(self, ids: Expr, length: Any, text: str, at: Token) -> None:
        """Ids are whole numbers of the data, in files counted from 1."""
        if ids.name not in self.known.data:
            raise self.wrong(f"{ids.name} is used as an index, so it must be whole numbers {self.known.given}", at)
        self.fixed[ids.name] = None
        for number in _flat(self.known.data[ids.name]):
            if number != int(number) or not 1 <= number <= length:
                raise self.wrong(
                    f"{ids.name} has {number}, and {text} has the indices 1 to {length}; ids count from 1", at
                )

    def steps(self, expr: Expr) -> int | None:
        """-1 for t-1, where t is the first index on the left; None for anything else."""
        found = affine(expr)
        counts, constant = (found is not None and coefficients(found)) or ({}, 0)
        return constant if self.left and counts == {self.left[0].index: 1} else None


def rows_of_numbers(numbers: Any) -> Iterator[list[Any]]:
    """The lists of numbers that a list of lists is made of."""
    if not isinstance(numbers, (list, tuple)):
        yield [numbers]
    elif isinstance(numbers[0], (list, tuple)):
        for part in numbers:
            yield from rows_of_numbers(part)
    else:
        yield list(numbers)


def _flat(numbers: Any) -> list[Any]:
    if isinstance(numbers, (list, tuple)):
        return [number for part in numbers for number in _flat(part)]
    return [numbers]
