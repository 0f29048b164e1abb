"""Lines of derivatives that go forward: how every quantity changes with one name, and how a gradient does.

A tangent ∂y/∂w is worked along with the values, from the first equation to the last:

    ∂y/∂w  =  Σ  ∂y/∂x · ∂x/∂w        over the names x in the equation of y.

A second derivative is the derivative of a gradient's formula in the same way: where ∂L/∂w₁ = (y − t)·x₁,
∂²L/∂w₁∂w₂ = ∂y/∂w₂ · x₁.  Source: Griewank and Walther (2008), sections 3.1 and 5.1; Pearlmutter (1994).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache

from sympy import Integer

from symnet.algebra.backprop import backprop
from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import (
    ONE,
    ZERO,
    Equation,
    Expr,
    Symbol,
    names_in,
    number_of,
    partial,
    partial_parts,
    power,
    product,
    symbol,
    total,
)
from symnet.algebra.further import second, total_slope
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import needed
from symnet.algebra.stopping import refuse_second

MOST_NAMES = 80  # in a gradient's formula that is differentiated once more, counted as often as they stand there

Lines = tuple[Equation, ...]


def tangents(
    equations: Sequence[Equation], wrt: Symbol, name_of: Callable[[Symbol], Symbol], short: bool = True
) -> tuple[Lines, dict[Symbol, Expr]]:
    """The lines of ∂y/∂wrt of every equation y that depends on ``wrt``, and what stands for each of them below.

    With ``short`` a tangent that is a single name or number has no line: it is written where it is used.
    """
    known: dict[Symbol, Expr] = {wrt: ONE}
    lines: list[Equation] = []
    for equation in equations:
        slopes = local_derivatives(equation)
        rhs = total(*(product(slope, known[x]) for x, slope in slopes.items() if x in known))
        if rhs == 0:
            continue
        if short and (rhs.is_Symbol or rhs.is_number):
            known[equation.lhs] = rhs
        else:
            name = name_of(equation.lhs)
            lines.append(Equation(name, rhs))
            known[equation.lhs] = name
    return tuple(lines), known


def gradient_formula(backward: Sequence[Equation], of: str, x: str) -> Expr:
    """∂of/∂x in the names of the forward pass: (y − t)·x₁, every adjoint on the way put in.  0 where there is none.

    Raises Mistake where it is too long to be differentiated by hand.
    """
    lines = {equation.lhs: equation.rhs for equation in backward}
    known: dict[Symbol, Expr] = {}

    def put_in(expr: Expr) -> Expr:
        if expr.is_Symbol:
            if partial_parts(expr.name) is None:
                return expr
            if expr not in known:
                known[expr] = _spread(put_in(lines[expr])) if expr in lines else ZERO
            return known[expr]
        if not expr.args or not any(partial_parts(name.name) for name in names_in(expr)):
            return expr
        parts = [put_in(part) for part in expr.args]
        if expr.is_Mul:
            return _spread(product(*parts))
        if not expr.is_Add:
            return expr.func(*parts, evaluate=False)
        return total(*(term for part in parts for term in (part.args if part.is_Add else (part,))))

    found = put_in(partial(of, x))
    if _size(found) > MOST_NAMES:
        raise Mistake(
            f"the formula of ∂{of}/∂{x} is too long to be differentiated once more by hand; ask for fewer names, or "
            "those of a smaller network"
        )
    return found


def _spread(expr: Expr) -> Expr:
    """(y − t)x₁ + (v − s)x₂ for ½(2(y − t)x₁ + 2(v − s)x₂); anything else as it is."""
    if not (expr.is_Mul and len(expr.args) == 2 and expr.args[0].is_Rational and expr.args[1].is_Add):
        return expr
    coefficient, terms = expr.args[0], [product(term) for term in expr.args[1].args]
    if not all(term.is_Mul and number_of(term.args[0]) for term in terms):
        return expr
    return total(*(product(coefficient, term) for term in terms))


def _size(expr: Expr) -> int:
    return 1 if expr.is_Symbol else sum(_size(part) for part in expr.args)


def second_derivatives(
    equations: Sequence[Equation], backward: Sequence[Equation], of: str, wrt: Sequence[str]
) -> Lines:
    """The lines of ∂²of/∂a∂b for every pair of ``wrt``, each pair once, and of what they are worked from.

    ``backward`` are the lines of the gradients of ``of``.
    """
    return _second_derivatives(tuple(equations), tuple(backward), of, tuple(wrt))


@lru_cache(maxsize=256)  # asked for again by every variant of an exercise
def _second_derivatives(equations: Lines, backward: Lines, of: str, wrt: tuple[str, ...]) -> Lines:
    above = needed(equations, [symbol(of)])
    refuse_second(above, of)
    formulas = {a: gradient_formula(backward, of, a) for a in wrt}
    lines: list[Equation] = []
    for j, b in enumerate(wrt):
        along, known = tangents(above, symbol(b), lambda y, b=b: total_slope(y.name, b))  # type: ignore[misc]
        own = [Equation(second(of, a, b), _squares(_along(formulas[a], known))) for a in wrt[: j + 1]]
        used = {name for line in own for name in names_in(line.rhs)}
        lines += [*_used(along, used), *own]
    return tuple(lines)


def _along(formula: Expr, known: dict[Symbol, Expr]) -> Expr:
    """How a formula changes when its names change as ``known`` says."""
    slopes = local_derivatives(Equation(symbol("formula of a gradient"), formula))
    parts = [product(slope, known[x]) for x, slope in slopes.items() if x in known]
    return total(*(term for part in parts for term in (part.args if part.is_Add else (part,))))


def _squares(expr: Expr) -> Expr:
    """x² for x·x, in the terms of a sum as well."""
    if expr.is_Add:
        return total(*map(_squares, expr.args))
    if not expr.is_Mul:
        return expr
    count = Counter(factor for factor in expr.args if factor.is_Symbol)
    factors = dict.fromkeys(expr.args)
    if len(factors) + sum(count.values()) - len(count) != len(expr.args):  # something else stands there twice
        return expr
    return product(*(power(factor, Integer(count[factor])) if count[factor] > 1 else factor for factor in factors))


def _used(lines: Sequence[Equation], wanted: set[Symbol]) -> list[Equation]:
    """Those of the lines that are wanted, and those that they use."""
    kept: list[Equation] = []
    for line in reversed(lines):
        if line.lhs in wanted:
            kept.append(line)
            wanted |= {*names_in(line.rhs)}
    return kept[::-1]


def total_slopes(equations: Sequence[Equation], of: Sequence[str], wrt: Sequence[str]) -> Lines:
    """The lines of ∂y/∂x, through everything between, for every y of ``of`` and x of ``wrt``."""
    lines: list[Equation] = []
    for x in wrt:
        above = needed(equations, [symbol(y) for y in of])
        along, known = tangents(above, symbol(x), lambda y, x=x: total_slope(y.name, x))  # type: ignore[misc]
        there = {line.lhs for line in along}
        own = {total_slope(y, x): symbol(y) for y in of}
        short = [Equation(name, known.get(y, ZERO)) for name, y in own.items() if name not in there]
        used = {*own, *(name for line in short for name in names_in(line.rhs))}
        lines += [*_used(along, used), *short]
    return tuple(lines)


def nested_backward(equations: Sequence[Equation], of: str) -> Lines:
    """The gradients of a quantity that is not the loss."""
    return backprop(needed(equations, [symbol(of)]), symbol(of))


def depends_on(lines: Sequence[Equation], of: Symbol, wrt: Sequence[str]) -> str:
    """The first of ``wrt`` that a name is worked from, through all ``lines``; "" where it is worked from none."""
    by_name = {line.lhs: line.rhs for line in lines}
    seen: set[Symbol] = set()
    waiting = [of]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += names_in(by_name[name]) if name in by_name else ()
    return next((x for x in wrt if symbol(x) in seen), "")
