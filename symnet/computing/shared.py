"""What the equations of a network write twice, worked once and called by a name.

    A1 = Z1/(1 + exp(−Z1))                           E1 = exp(−Z1)
    Z̄1 = Ā1 (1/(1 + exp(−Z1)) + …)         →         S1 = 1 + E1
                                                     A1 = Z1/S1
                                                     Z̄1 = Ā1 (1/S1 + Z1 E1/S1²)

Only what costs more than a sum or a product is named: functions, products of matrices and what holds them.  Where an
equation already has the name, as A2 = σ(Z2), that is used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache

import sympy

from symnet.algebra import matrices
from symnet.algebra.equations import Equation, Expr, Symbol, array, names_in, symbol
from symnet.algebra.functions import exp, log, sqrt
from symnet.algebra.indices import Node, free_indices
from symnet.algebra.matrices import Operation, shape_of
from symnet.algebra.network import Network
from symnet.algebra.scalar import ScalarFunction
from symnet.algebra.zero_logarithms import logged
from symnet.computing.unstopped import unstopped

_CHEAP = (matrices.rows, matrices.columns, matrices.transpose, matrices.fill, matrices.sum_of)
# A logarithm stays in its product, by which 0 log 0 is 0.
_NEVER = (log, logged, *_CHEAP)
_LETTERS = {exp: "e", sqrt: "r"}


def shared(network: Network, *groups: Sequence[Equation]) -> tuple[list[Equation], ...]:
    """The groups of equations, with an equation more before the first use of whatever stands twice in them."""
    groups = tuple(map(unstopped, groups))
    equations = [equation for group in groups for equation in group]
    names = {name.name for name in (*network.inputs, *network.targets, *network.parameters)}
    named = _Names(equations, names).chosen()
    if not named:
        return tuple(list(group) for group in groups)
    own = {equation.lhs for equation in equations}
    done: set[Expr] = set()
    return tuple([e for equation in group for e in _spelled(equation, named, own, done)] for group in groups)


class _Names:
    """Which expressions get a name, the largest first."""

    def __init__(self, equations: Sequence[Equation], taken: Iterable[str]) -> None:
        self.equations = equations
        self.taken = {*taken, *(equation.name for equation in equations)}
        self.count: Counter[Expr] = Counter(part for equation in equations for part in _costly(equation.rhs))

    def chosen(self) -> dict[Expr, Symbol]:
        """{expression: its name}."""
        own = {equation.rhs: equation.lhs for equation in reversed(self.equations)}
        found: dict[Expr, Symbol] = {}
        for expr in sorted((e for e, times in self.count.items() if times > 1), key=_size, reverse=True):
            times = self.count[expr]
            if times < 2:
                continue
            found[expr] = own[expr] if expr in own else self._name(expr)
            for part in _costly(expr):
                self.count[part] -= times - 1
        return found

    def _name(self, expr: Expr) -> Symbol:
        """E1 for exp(−Z1), S1 for 1 + exp(−Z1), with the numbers of a name in it."""
        names = [name.name for name in names_in(expr)]
        first = next((name for name in names if name[-1].isdigit()), names[0])
        numbers = re.search(r"[\d_]*$", first)
        called = isinstance(expr, (ScalarFunction, Operation)) and type(expr) not in _LETTERS
        stem = f"{type(expr).__name__}_{first}" if called else _LETTERS.get(type(expr), "s" if expr.is_Add else "p")
        text = stem if called else stem + (numbers[0] if numbers else "")
        shape = shape_of(expr)
        text = text.upper() if len(shape) > 1 and not called else text
        name, number = text, 2
        while name in self.taken:
            name, number = f"{text}_{number}", number + 1
        self.taken.add(name)
        return array(name, *shape) if shape else symbol(name)


def _costly(expr: Expr) -> Iterator[Expr]:
    """Every part that is worth a name, as often as it stands there; what stands in a case may never be worked."""
    if not expr.args or isinstance(expr, sympy.Piecewise):
        return
    if isinstance(expr, Node):  # what stands in it has indices of its own
        if not free_indices(expr) and names_in(expr):
            yield expr
        return
    for argument in expr.args:
        yield from _costly(argument)
    divisor = expr.is_Pow and expr.exp.is_number and expr.exp < 0  # A1 = Z1/S1 reads better than Z1 P1 with P1 = 1/S1
    slope = getattr(expr, "is_slope", False)  # is often 0 or 1, and is spelled out by its formula
    if _costs(expr) and not divisor and not slope and not isinstance(expr, _NEVER) and names_in(expr):
        yield expr


@lru_cache(maxsize=65536)
def _costs(expr: Expr) -> bool:
    own = isinstance(expr, (ScalarFunction, Operation)) and not isinstance(expr, _CHEAP)
    return bool(own and not getattr(expr, "is_slope", False)) or any(map(_costs, expr.args))


@lru_cache(maxsize=65536)
def _size(expr: Expr) -> int:
    return 1 + sum(map(_size, expr.args))


def _spelled(equation: Equation, named: dict[Expr, Symbol], own: Set[Symbol], done: set[Expr]) -> Iterator[Equation]:
    """The equation in those names, after the equations of those that are met here first.

    ``done`` are the expressions whose names stand above; an equation's ``own`` name is not to be had before it.
    """
    before: list[Equation] = []

    def spelled(part: Expr) -> Expr:
        if part in done:
            return named[part]
        if not part.args or (isinstance(part, (sympy.Piecewise, Node)) and part not in named):
            return part
        arguments = [spelled(argument) for argument in part.args] if not isinstance(part, Node) else part.args
        same = all(a is b for a, b in zip(arguments, part.args, strict=True))
        part_spelled = part if same else part.func(*arguments, evaluate=False)
        if part not in named or named[part] in own:
            return part_spelled
        done.add(part)
        before.append(Equation(named[part], part_spelled))
        return named[part]

    rhs = spelled(equation.rhs)
    yield from before
    yield Equation(equation.lhs, rhs)
    if named.get(equation.rhs) == equation.lhs:
        done.add(equation.rhs)
