"""The share of one entry of the output in a loss, and its derivative, one rule after the other.

L = 1/n Σ_ik (a_ik − t_ik)²      the share c = 1/n (a − t)²       ∂L/∂a = ∂c/∂a = 2 (a − t)/n
L = √S, S = Σ_ik (a_ik − t_ik)²  the share c = (a − t)² of S      ∂L/∂a = ∂L/∂S · ∂c/∂a
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from symnet.algebra.derivatives import differentiate, local_derivatives
from symnet.algebra.entries import lowered
from symnet.algebra.equations import ONE, Array, Equation, Expr, Symbol, multiply, names_in, product, symbol
from symnet.algebra.indices import At, Sum, rebuilt
from symnet.algebra.mistakes import Mistake
from symnet.algebra.scalar import ScalarFunction, local_derivative
from symnet.notation.line import Line
from symnet.notation.maths import Letter, Maths, Times, row
from symnet.notation.names import Names
from symnet.working.cases import cases
from symnet.working.layer_rules import slope
from symnet.working.rules import RulesTypesetter, steps, tidy
from symnet.working.slopes import Slopes

A, T, S = symbol("a"), symbol("t"), symbol("S")
_C = Letter("c")


@dataclass(frozen=True)
class Share:
    """A loss g(S) of a sum S over all entries of the output: the term of one entry, in a and t.

    ``outer`` is g where it is not linear; where it is, its factors are in ``term`` already.
    """

    term: Expr
    outer: Expr | None = None

    @cached_property
    def slopes(self) -> list[Expr]:
        """Forms of ∂term/∂a, the last one tidied."""
        fixed = [factor for factor in _factors(self.term) if A not in names_in(factor)]
        moving = [factor for factor in _factors(self.term) if A in names_in(factor)]
        inner = local_derivatives(Equation(symbol("c"), multiply(*moving)))[A]
        raw = multiply(*fixed, *_factors(inner))
        tidied = product(*fixed, inner)
        return [raw] if raw == tidied else [raw, tidied]

    @property
    def adjoint(self) -> Expr:
        """∂L/∂a in a, t and, where the loss is no plain sum, S."""
        last = self.slopes[-1]
        return last if self.outer is None else tidy(product(differentiate(self.outer, S), last))

    def lines(self, loss: Maths) -> Iterator[Line]:
        """The derivation on paper."""
        setter = RulesTypesetter(Names(("a", "t", "c", "S")), several=True)
        yield Line(_C, (("=", setter.maths(self.term)),), stacked=True)
        node = slope(_C, setter.maths(A))
        if self._is_a_power():
            yield Line(node, tuple(("=", setter.maths(form)) for form in self.slopes), stacked=True)
        else:
            for i, step in enumerate(steps(self.term, A)):
                yield Line(node if i == 0 else None, (("=", setter.maths(step.expr)),), why=", ".join(step.rules))
        for found in self._piecewise():
            yield from _cases(found, setter)
        if self.outer is not None:
            outer = differentiate(self.outer, S)
            of_s = slope(loss, setter.maths(S))
            yield Line(loss, (("=", setter.maths(self.outer)),))
            yield Line(of_s, (("=", setter.maths(outer)),))
            chain = row(of_s, Times(), node)
            yield Line(slope(loss, setter.maths(A)), (("=", chain), ("=", setter.maths(self.adjoint))), stacked=True)

    def _is_a_power(self) -> bool:
        """Whether it is a power of a − t, whose derivative nobody needs lines for."""
        moving = [factor for factor in _factors(self.term) if A in names_in(factor)]
        return len(moving) == 1 and moving[0].is_Pow and moving[0].exp.is_Integer and moving[0].base.is_Add

    def _piecewise(self) -> Iterator[tuple[ScalarFunction, int]]:
        """(f, which argument holds a) for every function in it that has cases, once each kind."""
        found: dict[type, tuple[ScalarFunction, int]] = {}
        for part in self.term.atoms(ScalarFunction):
            places = [i for i, argument in enumerate(part.args) if A in names_in(argument)]
            numbers = all(argument.is_Rational for i, argument in enumerate(part.args) if i not in places)
            if len(places) == 1 and numbers:
                found.setdefault(type(part), (part, places[0]))
        yield from found.values()


def _cases(found: tuple[ScalarFunction, int], setter: RulesTypesetter) -> Iterator[Line]:
    """f(e) and f′(e) case by case, where f has cases, and what counts where they meet."""
    part, place = found
    e = symbol("e")
    arguments = [e if i == place else argument for i, argument in enumerate(part.args)]
    function = part.func(*arguments)
    try:
        taken_apart = Slopes(Equation(symbol("h"), function), e)
        if len(taken_apart.cases) < 2:
            return
    except Mistake:  # its cases depend on more than one number
        return
    derivative = local_derivative(part.func, place, tuple(arguments))
    node = setter.maths(derivative)
    yield Line(setter.maths(function), (("=", cases(taken_apart, setter)),))
    yield Line(node, (("=", cases(taken_apart, setter, slope=True)),))
    for kink in taken_apart.kinks:
        if not kink.has_derivative and names_in(derivative):
            there = derivative.xreplace({e: kink.at}).doit()
            at = row(setter.maths(derivative.func(*(kink.at if x == e else x for x in derivative.args))))
            yield Line(at, (("=", setter.maths(there)),), why="by convention")


def share_of(loss: Equation, output: Array, targets: tuple[Symbol, ...]) -> Share | None:
    """The share of one entry of the output in the loss, or None where the loss is no sum over its entries."""
    whole = lowered(loss.rhs, ())
    sums = [part for part in whole.atoms(Sum) if any(at.array == output for at in part.atoms(At))]
    inside = {at for at in whole.atoms(At) if at.array == output}
    if len(sums) != 1 or len(inside) != 1:
        return None
    (total,), (read,) = sums, inside
    if set(read.places) != set(total.indices) or len(read.places) != len(total.indices):
        return None
    term = _in_letters(total.body, read, targets)
    outer = rebuilt(whole, lambda part: S if part == total else None)
    if term is None or output in names_in(outer):
        return None
    rate = differentiate(outer, S)
    if S in names_in(rate):
        return Share(term, outer)
    factors = [factor for factor in _factors(_term_with(outer)) if factor not in (S, ONE)]
    return Share(multiply(*factors, *_factors(term)) if factors else term)


def _in_letters(body: Expr, read: At, targets: tuple[Symbol, ...]) -> Expr | None:
    """The body with a for the output's entry and t for the target's, and small letters for other arrays."""
    letters: dict[Expr, Expr] = {read: A}

    def change(part: Expr) -> Expr | None:
        if isinstance(part, At):
            small = T if part.array in targets and len(targets) == 1 else symbol(part.array.name.lower())
            if part not in letters and small in letters.values():
                small = symbol(f"{small.name}_{len(letters)}")
            return letters.setdefault(part, small)
        return None

    found = rebuilt(body, change)
    return None if found.atoms(Sum) else found


def _term_with(expr: Expr) -> Expr:
    """The term of a sum that holds S."""
    return next(term for term in expr.args if S in names_in(term)) if expr.is_Add else expr


def _factors(expr: Expr) -> tuple[Expr, ...]:
    return tuple(expr.args) if expr.is_Mul else (expr,)
