"""Formulas of arrays, read by the grammar of ``parsing`` with what arrays add to it.

    term       = unary (("*" | "/" | "@" | nothing) unary)*      "@" is the product of arrays, from the left
    atom       = … | reduction "[" range ("," range)* "]" "(" expression ")"
    after it   = ("[" expression ("," expression)* "]" | ".T")*
    range      = name ("=" number ".." number)?
    arguments  = … ("," name "=" expression)*                    options of functions of arrays

Each atom, term and product is checked for its shape when it is read, so a mistake quotes the place.  Signs and products
are read in ``reader``, what stands in square brackets in ``indexing``, and names and functions here.
"""

from __future__ import annotations

import re
from typing import Any

from sympy import Integer

from symnet.algebra import functions
from symnet.algebra.array_formulas.calls import CALLS, OF_ALL, called_as, options_of
from symnet.algebra.array_formulas.indexing import Indexed, rows_of_numbers
from symnet.algebra.array_formulas.instead import AXES, function_instead
from symnet.algebra.array_formulas.places import Bound, settled
from symnet.algebra.array_formulas.reader import STEPS, UNKNOWN, Reading
from symnet.algebra.equations import Expr, array, divide, symbol
from symnet.algebra.indices import At, Max, Min, Sum
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake, shown, suggested, suggestion
from symnet.algebra.parsing import MOST_FACTORS, Deeper
from symnet.algebra.plurals import counted
from symnet.algebra.tokens import NAME, Token

REDUCTIONS = ("sum", "mean", "max", "min")
_FUNCTIONS = {**functions.CATALOGUE, **CALLS, **OF_ALL}
_OPTION = re.compile(r"\s*=")


class ArrayParser(Indexed):
    """Reads one formula: names, reductions and functions of arrays."""

    known_functions = _FUNCTIONS

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
            bound.is_read = True
            return bound.index
        if self.is_function(token.text) and self.token.text == "(":
            if token.text in CALLS:
                return self.after(self.function_of_arrays(token), token)
            return self.after(self.of_all(token), token)
        if token.text not in self.names:
            self.check_meant(token)
        if token.text == "T" and "T" not in self.names and self.formula[: token.at].rstrip().endswith("^"):
            raise self.wrong("the transpose of W is written W.T", token)
        return self.after(super().named(token), token)

    def check_meant(self, token: Token) -> None:
        """Raises Mistake for what is no name here where it is known what is meant by it."""
        name = token.text
        if self.token.text == "(" and (right := function_instead(name)):
            raise self.wrong(right, token)
        if self.token.text == "=" and name in AXES:
            raise self.wrong(
                f'{name} is no option here; an axis is taken by its index, as in "s[i]" = "sum[j](X[i,j])"', token
            )
        if self.brackets and not suggested(name, self.names):
            raise self.wrong(
                f'{name} is no index here; an index stands on the left too, as in "y[{name}]", or is bound by '
                f"sum[{name}](…), mean, max or min",
                token,
            )

    def nearest(self, name: str) -> str:
        """The name that comes near, or what may stand here: arrays by their own names, not entry by entry."""
        return suggestion(name, self.names if suggested(name, self.names) else self.known.shapes)

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
        if self.token.text != "[" and STEPS in shape[:1]:
            raise Mistake(f"uses {name} as a whole before it is worked; a recurrence reads a step before, {name}[t-1]")
        if self.token.text != "[":
            self.readings.append(Reading(name, None))
        return array(name, *shape) if shape else symbol(name)

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
        try:
            body, indices = settled(bounds, inside[0], f"{name}[…](…)")
        except Mistake as mistake:
            raise self.wrong(str(mistake), token) from None
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
            raise self.wrong(
                f"{name} is called as {called_as(name)}, not with {counted(len(arguments), 'argument')}", opening
            )
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
        """The ids of an embedding and a mask are numbers of the data."""
        if name == "embedding":
            ids, rows = arguments[1], shape_of(arguments[0])
            if not ids.is_Symbol:
                raise self.wrong(
                    f"embedding(E, ids) takes the name of ids {self.known.given}; E[ids[t]] looks one up", opening
                )
            if rows:
                self.check_ids(ids, rows[0], self.said(arguments[0]), opening)
        mask = options.get("mask")
        if mask is not None:
            if not mask.is_Symbol or mask.name not in self.known.data:
                raise self.wrong(f"a mask is the name of numbers {self.known.given}, 0 for what is left out", opening)
            if any(not any(row) for row in rows_of_numbers(self.known.data[mask.name])):
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
