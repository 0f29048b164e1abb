"""Arrays that are normalised by their mean and variance along some axes, and the short form of their gradient.

    N_ij = (X_ij − m_j)/√(s_j + ε)        m_j = 1/n Σ_k X_kj        s_j = 1/n Σ_k (X_kj − m_j)²

X reaches the loss straight, through m and through s.  Put together, with Σ_k (X_kj − m_j) = 0 and X − m = √(s + ε) N:

    ∂L/∂X_ij = (N̄_ij − 1/n Σ_k N̄_kj − N_ij 1/n Σ_k N̄_kj N_kj)/√(s_j + ε)

A channel of pictures is normalised over the examples, rows and columns: k is then three indices, and n their number.

Source: Ioffe and Szegedy (2015), section 3; Ba, Kiros and Hinton (2016).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from sympy import Integer

from symnet.algebra import functions
from symnet.algebra.adjoints import gradient_name
from symnet.algebra.entries import lowered
from symnet.algebra.equations import (
    MINUS_ONE,
    Equation,
    Expr,
    Index,
    Symbol,
    add,
    divide,
    multiply,
    names_in,
    negate,
    power,
    product,
)
from symnet.algebra.indices import At, Sum, canonical, indices_for
from symnet.algebra.matrices import shape_of
from symnet.notation.equations import EquationTypesetter
from symnet.notation.line import Line


@dataclass(frozen=True)
class Normalised:
    """``output`` is ``x`` normalised along the axes of ``along``, by ``mean`` and ``root``, the √ of its variance."""

    output: Symbol
    x: Symbol
    mean: Expr  # the entry m_j, or m
    variance: Expr
    root: Expr
    own: tuple[Index, ...]
    along: tuple[Index, ...]

    def at(self, name: Expr, indices: Sequence[Index] = ()) -> Expr:
        """The entry X_ij, or X_kj for other indices along the axes."""
        others = dict(zip(self.along, indices, strict=False))
        return At(name, *(others.get(place, place) for place in self.own))

    def others(self) -> tuple[Index, ...]:
        """The indices of the mean."""
        return tuple(index for index in self.own if index not in self.along)

    def summed(self) -> tuple[Index, ...]:
        """Further indices along the axes."""
        return indices_for([index.length for index in self.along], self.own)

    @property
    def inner(self) -> tuple[Symbol, ...]:
        """The names whose gradients the short form puts together: of the variance, of the mean and of X."""
        return name_of(self.variance), name_of(self.mean), self.x

    def is_only_path(self, equations: Sequence[Equation]) -> bool:
        """Whether nothing but what is normalised, the mean and the variance is worked from X."""
        own = {self.output, *self.inner}
        return not any(self.x in names_in(e.rhs) and e.lhs not in own for e in equations)

    @property
    def count(self) -> Expr:
        return Integer(prod(int(index.length) for index in self.along))


def normalised(equations: Sequence[Equation]) -> Iterator[Normalised]:
    """The equations that normalise a named array by a mean and a variance that have names too."""
    by_name = {equation.lhs: equation for equation in equations}
    for equation in equations:
        found = _read(equation, by_name)
        if found is not None:
            yield found


def _read(equation: Equation, by_name: dict[Symbol, Equation]) -> Normalised | None:
    own = indices_for(shape_of(equation.lhs))
    body = canonical(lowered(equation.rhs, own))
    if not (own and body.is_Mul and len(body.args) == 2):
        return None
    above, below = body.args
    if not (below.is_Pow and below.exp == MINUS_ONE and isinstance(below.base, functions.sqrt) and above.is_Add):
        return None
    x, mean = _difference(above)
    (inside,) = below.base.args
    terms = inside.args if inside.is_Add else (inside,)
    if x is None or len(terms) > 2 or any(names_in(term) for term in terms[1:]) or x.places != own:
        return None
    others = _places(mean)
    if others is None or _places(terms[0]) != others or not {*others} < {*own}:
        return None
    along = tuple(index for index in own if index not in others)
    found = Normalised(equation.lhs, x.array, mean, terms[0], below.base, own, along)
    return found if found.others() == others and _is_of_moments(found, by_name) else None


def _difference(above: Expr) -> tuple[At | None, Expr]:
    """(X_ij, m_j) of X_ij − m_j."""
    first, second = above.args if len(above.args) == 2 else (above, above)
    if not (isinstance(first, At) and second.is_Mul and second.args[0] == MINUS_ONE and len(second.args) == 2):
        return None, above
    return first, second.args[1]


def _places(entry: Expr) -> tuple[Expr, ...] | None:
    """The indices of an entry, () of a number with a name."""
    if isinstance(entry, At):
        return tuple(entry.places)
    return () if entry.is_Symbol else None


def _is_of_moments(found: Normalised, by_name: dict[Symbol, Equation]) -> bool:
    """Whether the mean and the variance are those of X along the axes."""
    k = found.summed()
    deviation = power(add(found.at(found.x, k), negate(found.mean)), Integer(2))
    wanted = ((found.mean, found.at(found.x, k)), (found.variance, deviation))
    for entry, summand in wanted:
        equation = by_name.get(entry.array if isinstance(entry, At) else entry)
        if equation is None:
            return False
        if canonical(lowered(equation.rhs, found.others())) != canonical(divide(Sum(summand, *k), found.count)):
            return False
    return True


def short_form(found: Normalised, loss: Symbol, setter: EquationTypesetter) -> tuple[Line, ...]:
    """The gradients in the variance and in the mean in terms of N, and what they come to together in X."""
    k = found.summed()
    n, own = found.count, found.own
    upstream = gradient_name(loss, found.output)
    here, there = found.at(upstream), found.at(upstream, k)
    of_output = multiply(there, found.at(found.output, k))
    root_below = power(found.root, MINUS_ONE)
    (inside,) = found.root.args
    deviations = multiply(there, add(found.at(found.x, k), negate(found.mean)))
    long = multiply(Integer(-1), Sum(deviations, *k), power(multiply(Integer(2), inside, found.root), MINUS_ONE))
    of_variance = multiply(Integer(-1), Sum(of_output, *k), power(multiply(Integer(2), inside), MINUS_ONE))
    of_mean = multiply(Integer(-1), Sum(there, *k), root_below)
    deviation = add(found.at(found.x), negate(found.mean))
    g_variance, g_mean = (_gradient(entry, loss) for entry in (found.variance, found.mean))
    paths = add(
        multiply(here, root_below),
        multiply(g_variance, divide(multiply(Integer(2), deviation), n)),
        divide(g_mean, n),
    )
    means = (negate(divide(Sum(there, *k), n)), negate(multiply(found.at(found.output), divide(Sum(of_output, *k), n))))
    short = product(add(here, *means), root_below)
    others = found.others()
    lines = (
        (found.variance, others, (long, of_variance)),
        (found.mean, others, (of_mean,)),
        (found.at(found.x), own, (paths, short)),
    )
    return tuple(
        Line(setter.entry(gradient_name(loss, name_of(entry)), at), tuple(("=", setter.body(f, own)) for f in forms))
        for entry, at, forms in lines
    )


def name_of(entry: Expr) -> Symbol:
    """The array of an entry, or the number itself."""
    return entry.array if isinstance(entry, At) else entry


def _gradient(entry: Expr, loss: Symbol) -> Expr:
    name = gradient_name(loss, name_of(entry))
    return At(name, *entry.places) if isinstance(entry, At) else name
