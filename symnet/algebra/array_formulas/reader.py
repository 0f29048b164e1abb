"""The signs of formulas of arrays, and products: what is entry by entry, what is @, and what stands side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symnet.algebra.array_formulas.instead import instead_of
from symnet.algebra.array_formulas.names import Shape, shape_text
from symnet.algebra.array_formulas.places import Bound
from symnet.algebra.array_formulas.shapes import levelled, times
from symnet.algebra.equations import MINUS_ONE, Expr, Length, array, multiply, symbol
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake
from symnet.algebra.parsing import LONGEST, Parser
from symnet.algebra.tokens import KINDS, Token

MOST_PRODUCTS = 20  # of arrays in one product
UNKNOWN = symbol("?")  # what has no shape yet: an array that is defined below
STEPS = Length("steps", integer=True, positive=True)  # how many a recurrence has, while that is not known
_NUMBER = re.compile(r"(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")  # of 1..3 it is 1
_SIGN = re.compile(r"\.T(?![A-Za-z0-9_])|ᵀ|\.\.|\*\*|[-+*/^(),|√@\[\]=]")


@dataclass
class Quantities:
    """What a formula may use: shapes by name, entries by name, and the numbers of [given]."""

    shapes: Mapping[str, Shape]
    entries: Mapping[str, tuple[str, tuple[int, ...]]]
    data: Mapping[str, Any]
    here: str = ""  # the name that is being defined
    below: Collection[str] = ()  # names that are defined further down, and so cannot be used
    unknown: Collection[str] = ()  # names of a recurrence whose shapes are not known yet
    given: str = "under [given]"  # where numbers of the data stand, for messages
    needs: str = "a name needs a value under [given] or [parameters]"


@dataclass(frozen=True)
class Reading:
    """An array that a formula reads, and how far its first index is from the first one on the left; None otherwise."""

    name: str
    steps: int | None


class Reader(Parser):
    """Reads one formula; ``left`` are the indices on its left-hand side."""

    kinds = tuple((kind, {"number": _NUMBER, "sign": _SIGN}.get(kind, pattern)) for kind, pattern in KINDS)
    instead = staticmethod(instead_of)

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
        try:
            return build(*levelled(parts, self.said))
        except Mistake as mistake:
            a, b = shape_of(parts[0]), shape_of(parts[-1])
            if build is multiply and len(parts) == 2 and len(a) > 1 and b and a[-1] == b[-2:][0]:
                raise Mistake(f"{mistake}; their product is {self.said(parts[0])} @ {self.said(parts[1])}") from None
            raise

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
