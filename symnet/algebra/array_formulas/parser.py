"""Formulas of arrays, read by the grammar of ``parsing`` with what arrays add to it.

    term       = unary (("*" | "/" | "@" | nothing) unary)*      "@" is the product of arrays, from the left
    atom       = … | reduction "[" range ("," range)* "]" "(" expression ")"
    after it   = ("[" expression ("," expression)* "]" | ".T")*
    range      = name ("=" number ".." number)?
    arguments  = … ("," name "=" expression)*                    options of functions of arrays

Each atom, term and product is checked for its shape when it is read, so a mistake quotes the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Integer

from symnet.algebra import functions
from symnet.algebra.array_formulas.calls import CALLS, OF_ALL, options_of
from symnet.algebra.array_formulas.names import Shape, shape_text
from symnet.algebra.array_formulas.places import Bound, affine, from_zero
from symnet.algebra.array_formulas.shapes import levelled, times
from symnet.algebra.equations import MINUS_ONE, Expr, array, divide, multiply, symbol
from symnet.algebra.indices import At, Each, Max, Min, Sum, coefficients, indices_for
from symnet.algebra.matrices import shape_of, transpose
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import LONGEST, MOST_FACTORS, Deeper, Parser
from symnet.algebra.tokens import KINDS, NAME, Token

MOST_PRODUCTS = 20  # of arrays in one product
REDUCTIONS = ("sum", "mean", "max", "min")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")  # of 1..3 it is 1
_SIGN = re.compile(r"\.T(?![A-Za-z0-9_])|ᵀ|\.\.|\*\*|[-+*/^(),|√@\[\]=]")
_OPTION = re.compile(r"\s*=")
UNKNOWN = symbol("?")  # what has no shape yet: an array that is defined below


@dataclass
class Quantities:
    """What a formula may use: shapes by name, entries by name, and the numbers of [given]."""

    shapes: Mapping[str, Shape]
    entries: Mapping[str, tuple[str, tuple[int, ...]]]
    data: Mapping[str, Any]
    here: str = ""  # the name that is being defined
    below: Collection[str] = ()  # names that are defined further down, and so cannot be used
    unknown: Collection[str] = ()  # names of a recurrence whose shapes are not known yet


@dataclass(frozen=True)
class Reading:
    """An array that a formula reads, and how far its first index is from the first one on the left; None otherwise."""

    name: str
    steps: int | None


class ArrayParser(Parser):
    """Reads one formula; ``left`` are the indices on its left-hand side."""

    kinds = tuple((kind, {"number": _NUMBER, "sign": _SIGN}.get(kind, pattern)) for kind, pattern in KINDS)

    def __init__(self, formula: str, known: Quantities, left: Sequence[Bound] = ()) -> None:
        if len(formula) > LONGEST:
            raise Mistake(f"a formula of {len(formula):,} characters is too long; the longest is {LONGEST:,}")
        self.known, self.left = known, tuple(left)
        self.scopes: list[Bound] = list(left)
        self.brackets = 0  # square ones that are open
        self.texts: dict[Expr, str] = {}
        self.readings: list[Reading] = []
        self.products = 0
        self.fixed: dict[str, None] = {}  # names under [given] whose numbers are built into the equations
        names = (*known.shapes, *known.entries, *known.below, *known.unknown, known.here)
        super().__init__(formula, dict.fromkeys(name for name in names if name), {})

    # What the expression was written as, for messages.

    def unary(self) -> Expr:
        start = self.token
        return self.quoted(super().unary(), start)

    def term(self) -> Expr:
        start = self.token
        return self.quoted(super().term(), start)

    def quoted(self, expr: Expr, start: Token) -> Expr:
        self.texts.setdefault(expr, self.formula[start.at : self.token.at].strip())
        return expr

    def said(self, expr: Expr) -> str:
        text = self.texts.get(expr) or self.texts.get(multiply(*expr.args[1:]) if expr.is_Mul else expr) or str(expr)
        return text if len(text) <= 40 else text[:40] + "…"

    # Products and what is entry by entry.

    def entrywise(self, build: Callable[..., Expr], parts: Sequence[Expr]) -> Expr:
        return build(*levelled(parts, self.said))

    def beside(self, factors: Sequence[Expr], token: Token) -> Expr:
        factor = self.quoted(self.power(), token)
        if shape_of(factor) and (other := next((f for f in factors if shape_of(f)), None)) is not None:
            a, b = self.said(other), self.said(factor)
            raise self.wrong(
                f"two arrays stand side by side, {a} {shape_text(shape_of(other))} and {b} "
                f"{shape_text(shape_of(factor))}; write {a} @ {b} for their product, {a} * {b} entry by entry, or "
                f'"G[i,j]" = "a[i]*b[j]" for every pair of entries',
                token,
            )
        return factor

    def further(self, factors: list[Expr], start: Token) -> bool:
        if self.token.text != "@":
            return False
        sign = self.take()
        self.products += 1
        if self.products > MOST_PRODUCTS:
            raise self.wrong(f"a formula has more than {MOST_PRODUCTS} @; give its parts names of their own", sign)
        minus = factors[0].is_Mul and factors[0].args[0] == MINUS_ONE
        if minus:  # -x @ W is -(x @ W), printed without a bracket
            factors[:1] = factors[0].args[1:]
        left = self.entrywise(multiply, factors)
        self.texts.setdefault(left, self.formula[start.at : sign.at].strip().lstrip("-−") if minus else "")
        self.texts[left] = self.texts[left] or self.formula[start.at : sign.at].strip()
        right = self.unary()
        try:
            product = self.product(left, right)
        except Mistake as mistake:
            raise self.wrong(str(mistake), start) from None
        factors[:] = [MINUS_ONE, product] if minus else [product]
        return True

    def product(self, left: Expr, right: Expr) -> Expr:
        if UNKNOWN in (left.free_symbols | right.free_symbols):
            # A vector of unknown length gives one as long as the other side says, if that says anything.
            of_left, of_right = shape_of(left), shape_of(right)
            if not of_left and len(of_right) > 1:
                return array("?", of_right[-1])
            if not of_right and len(of_left) > 1:
                return array("?", of_left[-2])
            if not of_left or not of_right:
                return UNKNOWN
        return times(left, right, self.said)

    # Names, indices and entries.

    def named(self, token: Token) -> Expr:
        if self.token.text == "[" and token.text in REDUCTIONS and self.reduces():
            return self.reduction(token)
        bound = next((bound for bound in reversed(self.scopes) if bound.name == token.text), None)
        if bound is not None:
            if self.token.text == "[":
                raise self.wrong(
                    f"{token.text} is an index in this formula and hides what else is called so; "
                    "give the index, or the array, another name",
                    token,
                )
            return bound.index
        if self.is_function(token.text) and self.token.text == "(":
            if token.text in CALLS:
                return self.after(self.function_of_arrays(token), token)
            return self.after(self.of_all(token), token)
        if token.text == "T" and "T" not in self.names and self.formula[: token.at].rstrip().endswith("^"):
            raise self.wrong("the transpose of W is written W.T", token)
        return self.after(super().named(token), token)

    def is_function(self, name: str) -> bool:
        return name in CALLS or name in OF_ALL

    def atom(self) -> Expr:
        start = self.token
        found = super().atom()
        return self.after(found, start) if start.text in ("(", "|") else found

    def quantity(self, name: str) -> Expr:
        if name in self.known.unknown:
            self.readings.append(Reading(name, None))
            return UNKNOWN
        if name == self.known.here and name not in self.known.shapes:
            raise Mistake("uses itself, a cycle; a new value needs a new name")
        if name in self.known.below:
            raise Mistake(f"uses {name}, which is defined below it; move {name} up")
        if name in self.known.entries:
            whole, index = self.known.entries[name]
            return At(array(whole, *self.known.shapes[whole]), *map(Integer, index))
        shape = self.known.shapes[name]
        if self.token.text != "[":
            self.readings.append(Reading(name, None))
        return array(name, *shape) if shape else symbol(name)

    def after(self, value: Expr, start: Token) -> Expr:
        """What stands behind a value: [i, j] and .T, as often as there."""
        while True:
            if self.token.text == "[":
                value = self.entry(self.quoted(value, start), start)
            elif self.token.text in (".T", "ᵀ"):
                sign = self.take()
                value = self.turned(self.quoted(value, start), sign)
            else:
                return self.quoted(value, start)

    def turned(self, value: Expr, sign: Token) -> Expr:
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

    def entry(self, value: Expr, start: Token) -> Expr:
        """value[i, j], or with fewer indices than axes a row of it."""
        opening = self.take()
        written: list[tuple[Expr, Token]] = []
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
        if value == UNKNOWN:
            return UNKNOWN
        shape, text = shape_of(value), self.said(value)
        if len(written) > len(shape):
            what = f"{text} is a number" if not shape else f"{text} {shape_text(shape)} has {len(shape)} axes"
            raise self.wrong(f"{what}, and here are {len(written)} indices", opening)
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
        if not isinstance(length, int) and not length.is_Integer:
            return from_zero(found)
        if not counts and not 1 <= constant <= length:
            text = self.said(value)
            start = f", and what comes before is called {text}0" if constant == 0 and value.is_Symbol else ""
            raise self.wrong(f"{text} has no entry {constant}; its indices go from 1 to {length} there{start}", at)
        if constant == 0 and list(counts.values()) == [1]:
            (index,) = counts
            bound = next(bound for bound in self.scopes if bound.index == index)
            bound.axes.append((self.said(value), int(length)))
        return from_zero(found)

    def looked_up(self, expr: Expr, at: Token, length: Any, value: Expr) -> Expr:
        """An index that is a number of the data, as in E[ids[t]]."""
        entry = At(expr) if expr.is_Symbol else expr
        if not isinstance(entry, At) or not getattr(entry.array, "is_Symbol", False) or shape_of(entry):
            raise self.wrong(
                "an index is a whole number, an index that moves, such as t-1 or 2*p+u, or an id under [given], such "
                "as ids[t]",
                at,
            )
        self.check_ids(entry.array, length, self.said(value), at)
        return entry

    def check_ids(self, ids: Expr, length: Any, text: str, at: Token) -> None:
        """Ids are whole numbers under [given], counted from 1."""
        if ids.name not in self.known.data:
            raise self.wrong(f"{ids.name} is used as an index, so it must be whole numbers under [given]", at)
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

    # Reductions and functions of arrays.

    def reduces(self) -> bool:
        """Whether a bracket follows the square one: sum[i](…), and not an entry of an array called sum."""
        closing = self.formula.find("]", self.token.at)
        return closing > 0 and self.formula[closing + 1 :].lstrip()[:1] == "("

    def reduction(self, token: Token) -> Expr:
        name = token.text
        self.take()
        bounds = self.ranges(name)
        opening = self.take()
        self.scopes += bounds
        inside = self.bracketed(opening)
        del self.scopes[-len(bounds) :]
        if len(inside) != 1:
            raise self.wrong("a comma stands outside a function's brackets", opening)
        body, indices = inside[0], []
        for bound in bounds:
            try:
                low, high = bound.runs(f"{name}[{bound.name}=1..3](…)")
            except Mistake as mistake:
                raise self.wrong(str(mistake), token) from None
            body, index = bound.settled(body, low, high)
            indices.append(index)
        return self.after(_reduced(name, body, indices), token)

    def ranges(self, name: str) -> list[Bound]:
        bounds: list[Bound] = []
        while True:
            at = self.take()
            if at.kind != "name" or not NAME.fullmatch(at.text):
                raise self.wrong(f"{name}[…] names indices, as in {name}[i](x[i]) or {name}[i=1..3](x[i])", at)
            low = high = None
            if self.token.text == "=":
                self.take()
                low = self.end_of_range()
                if self.token.text != "..":
                    raise self.wrong(f"a range is written {at.text}=1..3", at)
                self.take()
                high = self.end_of_range()
            if any(bound.name == at.text for bound in bounds):
                raise self.wrong(f"the index {at.text} is named twice", at)
            try:
                bounds.append(Bound(at.text, low, high))
            except Mistake as mistake:
                raise self.wrong(str(mistake), at) from None
            sign = self.take()
            if sign.text == "]":
                return bounds
            if sign.text != ",":
                raise self.wrong('an index or "]" is missing', sign)

    def end_of_range(self) -> int:
        minus = self.token.text == "-" and bool(self.take())
        token = self.take()
        if token.kind != "number" or not token.text.isdigit() or len(token.text) > 9:
            raise self.wrong("a range goes from one whole number to another, as in 1..3", token)
        return -int(token.text) if minus else int(token.text)

    def of_all(self, token: Token) -> Expr:
        """sum, mean, max and min of one array are of all its entries; max and min of several, entry by entry."""
        name, opening = token.text, self.take()
        arguments = self.bracketed(opening)
        if len(arguments) > 1:
            if name in ("sum", "mean"):
                raise self.wrong(f"{name} takes one array, not {len(arguments)} arguments", opening)
            function = functions.CATALOGUE[name]
            return self.entrywise(lambda *parts: function(*parts, evaluate=False), arguments)
        (one,) = arguments
        if one.has(UNKNOWN):
            return UNKNOWN
        if shape_of(one):
            return OF_ALL[name](one)
        if name in ("max", "min"):
            return functions.CATALOGUE[name](one, evaluate=False)
        raise self.wrong(
            f"{name} takes an array, and {self.said(one)} is a number; {name}[i](…) goes over an index", opening
        )

    def function_of_arrays(self, token: Token) -> Expr:
        name, opening = token.text, self.take()
        arguments, options = self.arguments(opening)
        least, most, known = options_of(name)
        if len(arguments) < least or (most is not None and len(arguments) > most):
            said = ", ".join(("…",) * least + tuple(f"{option}=…" for option in known))
            raise self.wrong(f"{name} is called as {name}({said}), and here are {len(arguments)} arguments", opening)
        for option in options:
            if option not in known:
                raise self.wrong(f"{name} has no option {shown(option)}{suggestion(option, known)}", opening)
        every = (*arguments, *options.values())
        if any(part.has(UNKNOWN) for part in every):
            return UNKNOWN
        self.check_data(name, arguments, options, opening)
        try:
            return CALLS[name](*arguments, **options)
        except Mistake as mistake:
            text = str(mistake)
            for part in every:
                if part.args:
                    text = text.replace(str(part), self.said(part))
            raise self.wrong(text, token) from None

    def check_data(self, name: str, arguments: list[Expr], options: dict[str, Expr], opening: Token) -> None:
        """The ids of an embedding and a mask are numbers under [given]."""
        if name == "embedding":
            ids, rows = arguments[1], shape_of(arguments[0])
            if not ids.is_Symbol:
                raise self.wrong(
                    "embedding(E, ids) takes the name of ids under [given]; E[ids[t]] looks one up", opening
                )
            if rows:
                self.check_ids(ids, rows[0], self.said(arguments[0]), opening)
        mask = options.get("mask")
        if mask is not None:
            if not mask.is_Symbol or mask.name not in self.known.data:
                raise self.wrong("a mask is the name of numbers under [given], 0 for what is left out", opening)
            if any(not any(row) for row in _rows(self.known.data[mask.name])):
                raise self.wrong(f"the mask {mask.name} leaves out every entry of a row", opening)
            self.fixed[mask.name] = None

    def arguments(self, opening: Token) -> tuple[list[Expr], dict[str, Expr]]:
        arguments: list[Expr] = []
        options: dict[str, Expr] = {}
        with Deeper(self):
            while True:
                at = self.token
                if at.kind == "name" and _OPTION.match(self.formula, at.at + len(at.text)):
                    self.take(), self.take()
                    if at.text in options:
                        raise self.wrong(f"the option {at.text} is given twice", at)
                    options[at.text] = self.expression()
                elif options:
                    raise self.wrong("options stand last, such as stride=2", at)
                else:
                    arguments.append(self.expression())
                if self.token.text != "," or len(arguments) > MOST_FACTORS:
                    break
                self.take()
        if self.token.text != ")":
            raise self.wrong('an operator or ")" is missing', opening if self.token.kind == "end" else self.token)
        self.take()
        return arguments, options


def _reduced(name: str, body: Expr, indices: list[Any]) -> Expr:
    if name in ("max", "min"):
        return (Max if name == "max" else Min)(body, *indices)
    whole = Sum(body, *indices)
    if name == "sum":
        return whole
    count = Integer(1)
    for index in indices:
        count = count * index.length
    return divide(whole, count)


def _rows(numbers: Any) -> Iterator[list[Any]]:
    """The lists of numbers that a list of lists is made of."""
    if not isinstance(numbers, (list, tuple)):
        yield [numbers]
    elif isinstance(numbers[0], (list, tuple)):
        for part in numbers:
            yield from _rows(part)
    else:
        yield list(numbers)


def _flat(numbers: Any) -> list[Any]:
    if isinstance(numbers, (list, tuple)):
        return [number for part in numbers for number in _flat(part)]
    return [numbers]
