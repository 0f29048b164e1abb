"""Named equations, the one idea of the package: a network, its backward pass and its update are tuples of them.

A name stands for a number (``symbol``) or for a whole array of them (``array``), and expressions in either are alike:
between arrays of one shape, sums, products, powers and functions are entry by entry.  What is not, such as the product
of matrices, is an operation of ``matrices``.

A right-hand side is a SymPy expression that is *never evaluated*: it keeps the order, the brackets and the repeated
factors its author wrote, because the formula that is printed is the formula that runs.  Build expressions with
``add``, ``multiply``, ``power``, ``negate`` and ``divide``, which keep what they are given, or with ``product`` and
``total``, which tidy as a person does while differentiating (drop a factor 1, merge numbers) and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, TypeAlias

import sympy
from sympy import Add, Integer, Mul, Pow, Rational

from symnet.algebra.shows_as_maths import ShowsAsMaths

# SymPy ships no types; its untyped edge is these two names.
Expr: TypeAlias = Any
Symbol: TypeAlias = Any
Shape: TypeAlias = tuple[Any, ...]  # () of a number, (h,) of a vector, (n, h) of a matrix

ZERO = Integer(0)
ONE = Integer(1)
MINUS_ONE = Integer(-1)


@dataclass(frozen=True)
class Equation(ShowsAsMaths):
    """One named line of mathematics, lhs = rhs (or, in an update, lhs ← rhs)."""

    lhs: Symbol
    rhs: Expr

    @cached_property
    def name(self) -> str:
        return str(self.lhs.name)

    def __hash__(self) -> int:
        # Worked out once: thousands of ways of working an exercise are told apart by their lines.
        if "_hash" not in self.__dict__:
            object.__setattr__(self, "_hash", hash((self.lhs, self.rhs)))
        return int(self.__dict__["_hash"])

    def __getstate__(self) -> dict[str, Any]:
        return {"lhs": self.lhs, "rhs": self.rhs}  # a hash of text is another one in another process

    def __str__(self) -> str:
        if not hasattr(self.rhs, "for_one_entry"):
            return f"{self.lhs} = {self.rhs}"
        lhs, body = self.rhs.for_one_entry(self.lhs)  # Z[i,k] = …, in the order of its author
        return f"{lhs} = {sympy.sstr(body, order='none')}"


class Equations(ShowsAsMaths, tuple[Equation, ...]):
    """A tuple of equations, equal to any other tuple of the same ones, that shows as maths in Jupyter."""

    __slots__ = ()


@cache
def symbol(name: str) -> Symbol:
    """The symbol of that name.  Every symbol is made here: SymPy's ``Symbol("x")`` and a real ``x`` differ."""
    return sympy.Symbol(name, real=True)


class Length(sympy.Symbol):  # type: ignore[misc]
    """How many rows or columns an array has, where that is left open."""


class Index(sympy.Symbol):  # type: ignore[misc]
    """An index that runs from 0 to ``length`` − 1; a sheet counts from 1."""

    length: Expr

    def __new__(cls, name: str, length: Any) -> Index:
        kind: Any = cls
        made: Index = _index(kind, name, sympy.sympify(length))
        return made

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.length)

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return ((self.name, self.length), {})


@lru_cache(maxsize=65536)
def _index(kind: Any, name: str, length: Expr) -> Any:
    # One object for one index: it is looked up by the thousand, and what is the same is compared at once.
    made = sympy.Symbol.__xnew__(kind, name, integer=True)
    made.length = length
    return made


class Array(sympy.Symbol):  # type: ignore[misc]
    """The name of an array: of a vector (h,) or a matrix (n, h)."""

    shape: Shape

    def __new__(cls, name: str, shape: Shape) -> Array:
        made: Array = sympy.Symbol.__xnew__(cls, name, real=True)
        made.shape = shape
        return made

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.shape)

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return ((self.name, self.shape), {})


# The number of examples in a batch, open until the examples are there.
BATCH = Length("n", integer=True, positive=True)


@cache
def array(name: str, *shape: Any) -> Array:
    """The name of an array of that shape; each length is a whole number or a Length."""
    return Array(name, shape)


def partial(of: str, wrt: str) -> Symbol:
    """The inert name ∂of/∂wrt: an equation's left-hand side like any other, never something to evaluate."""
    return symbol(f"∂{of}/∂{wrt}")


def partial_parts(name: str) -> tuple[str, str] | None:
    """("Loss", "w13") for the name ∂Loss/∂w13, None for an ordinary name."""
    if name.startswith("∂") and "/∂" in name and name[1] not in "²→":  # those are of ``further``
        of, _, wrt = name[1:].partition("/∂")
        return of, wrt
    return None


def add(*terms: Expr) -> Expr:
    """t1 + t2 + …, in this order."""
    return terms[0] if len(terms) == 1 else Add(*terms, evaluate=False)


def multiply(*factors: Expr) -> Expr:
    """f1 · f2 · …, in this order."""
    return factors[0] if len(factors) == 1 else Mul(*factors, evaluate=False)


def power(base: Expr, exponent: Expr) -> Expr:
    """base ^ exponent."""
    return Pow(base, exponent, evaluate=False)


def negate(x: Expr) -> Expr:
    """−x."""
    if x.is_Rational and x > 0:
        return -x
    return multiply(MINUS_ONE, *(x.args if x.is_Mul else (x,)))


def divide(numerator: Expr, denominator: Expr) -> Expr:
    """numerator / denominator, written numerator · denominator⁻¹."""
    above = numerator.args if numerator.is_Mul else (numerator,)
    return multiply(*above, power(denominator, MINUS_ONE))


def number_of(expr: Expr) -> Expr | None:
    """The rational number that a factor such as 3, −1/2 or 2⁻¹ stands for, or None."""
    if expr.is_Rational:
        return expr
    if expr.is_Pow and expr.exp == MINUS_ONE and expr.base.is_Rational and expr.base != 0:
        return Rational(1) / expr.base
    return None


def product(*factors: Expr) -> Expr:
    """The factors in order, numbers merged in front and divisors last: ½ · 2 · (1/s) · (y − t) is (y − t)/s."""
    coefficient, rest, divisors = ONE, [], []
    for factor in _flat(factors):
        number = number_of(factor)
        if number is not None:
            coefficient = number if coefficient is ONE else coefficient * number
        elif factor.is_Pow and factor.exp.is_Rational and factor.exp.is_negative:
            divisors.append(factor)
        else:
            rest.append(factor)
    rest += divisors
    if coefficient is ZERO or not rest:
        return coefficient
    return multiply(*rest) if coefficient is ONE else multiply(coefficient, *rest)


def _flat(factors: Iterable[Expr]) -> Iterator[Expr]:
    for factor in factors:
        if factor.is_Mul:
            yield from _flat(factor.args)
        else:
            yield factor


def total(*terms: Expr) -> Expr:
    """The sum of the terms in order, without zeros."""
    kept = [term for term in terms if term is not ZERO]
    return add(*kept) if kept else ZERO


@lru_cache(maxsize=65536)
def names_in(expr: Expr) -> tuple[Symbol, ...]:
    """The symbols of an expression in the order in which they are first written; not lengths and indices."""
    if expr.is_Symbol:
        return () if isinstance(expr, (Length, Index)) else (expr,)
    seen: dict[Symbol, None] = {}
    for argument in expr.args:
        seen.update(dict.fromkeys(names_in(argument)))
    return tuple(seen)


def replace(expr: Expr, new: Mapping[Symbol, Expr]) -> Expr:
    """The expression with symbols replaced, nothing else touched (``subs`` would evaluate)."""
    if expr.is_Symbol:
        return new.get(expr, expr)
    if not expr.args or not any(name in new for name in names_in(expr)):
        return expr
    return expr.func(*(replace(argument, new) for argument in expr.args), evaluate=False)
