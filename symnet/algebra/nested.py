"""A network as one SymPy expression, its Jacobian and its Hessian.

    net.expression()      every name put into the formulas that use it, in SymPy's own functions
    net.jacobian(of, wrt) ∂of/∂wrt, a row for every name in ``of``
    net.hessian(wrt)      ∂²L/∂wrt∂wrt

Derivatives are not taken of the nested expression, which grows without mercy, but are equations first: the gradients
are those of ``backprop``, and the Hessian is ``backprop`` of every gradient's equation once more.  Only the result is
nested.  ReLU, |z| and max become ``Piecewise``, whose derivatives at kinks are those of the convention.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy
from sympy import Basic, Piecewise
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import ExprCondPair

from symnet.algebra.backprop import backprop
from symnet.algebra.equations import Array, Equation, Expr, Symbol, partial
from symnet.algebra.lines import named
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network, needed
from symnet.algebra.scalar import ScalarFunction, formula
from symnet.algebra.stopping import refuse_second
from symnet.algebra.unrolling import entry_names, unroll
from symnet.algebra.zero_logarithms import unmarked


class Nested:
    """The names of a network put into one another; of layers, unit by unit for one example."""

    def __init__(self, network: Network) -> None:
        self.layers = network
        self.network = unroll(network) if network.is_layered else network
        self._values: dict[Symbol, Expr] = dict(network.written_as)
        self._entered: set[Symbol] = set()
        self._known: dict[Expr, Expr] = {}

    def expression(self, of: Any = None) -> Expr:
        """The nested expression of a name, the last equation unless told; of an array a Matrix."""
        names = self.names("of", [self.layers.equations[-1].lhs if of is None else of])
        values = self.values(self.network.equations, names)
        return values[0] if len(names) == 1 else sympy.Matrix(values)

    def jacobian(self, of: Any, wrt: Any) -> Any:
        """The Matrix of ∂of/∂wrt."""
        rows, columns = self.names("of", _listed(of)), self._independent(wrt)
        forward = self.network.equations
        return sympy.Matrix(
            len(rows), len(columns), [value for y in rows for value in self._gradient(forward, y, columns)]
        )

    def hessian(self, wrt: Any, of: Any = None) -> Any:
        """The Matrix of second derivatives of a name, the last equation unless told; symmetric."""
        (loss,) = self._one(self.layers.equations[-1].lhs if of is None else of)
        names = self._independent(wrt)
        forward = self.network.equations
        refuse_second(needed(forward, [loss]), loss.name)
        backward = backprop(forward, loss)
        gradients = {equation.lhs: equation for equation in backward}
        found = sympy.zeros(len(names), len(names))
        for i, x in enumerate(names):
            slope = partial(loss.name, x.name)
            if slope in gradients:
                both = (*forward, *needed(backward, [slope]))
                for j, value in enumerate(self._gradient(both, slope, names[i:]), i):
                    found[i, j] = found[j, i] = value
        return found

    def names(self, what: str, items: Sequence[Any]) -> list[Symbol]:
        """The names of numbers that are meant: an array is all its entries."""
        found: list[Symbol] = []
        arrays = {name.name: name for name in self._all(self.layers) if isinstance(name, Array)}
        units = {name.name: name for name in self._all(self.network)}
        for item in items:
            whole = (
                arrays.get(item.name if isinstance(item, Array) else item) if isinstance(item, (str, Array)) else None
            )
            if whole is not None:
                found += entry_names(whole)
            else:
                found += named(what, item, units | arrays, (), self.network.written_as)
        return found

    def _independent(self, wrt: Any) -> list[Symbol]:
        if wrt is None:
            return [*(self.network.parameters or self.network.inputs)]
        return self.names("wrt", _listed(wrt))

    def _one(self, of: Any) -> list[Symbol]:
        names = self.names("of", [of])
        if len(names) > 1:
            raise Mistake(f"{of} is {len(names)} numbers; second derivatives are of one, such as a loss")
        return names

    @staticmethod
    def _all(network: Network) -> Iterable[Symbol]:
        equations = (equation.lhs for equation in network.equations)
        return (*network.inputs, *network.targets, *network.parameters, *equations)

    def _gradient(self, equations: Sequence[Equation], of: Symbol, wrt: Sequence[Symbol]) -> list[Expr]:
        """∂of/∂x for every x, nested; 0 where there is none."""
        if of in wrt or not any(equation.lhs == of for equation in equations):
            backward: tuple[Equation, ...] = ()
        else:
            backward = backprop(needed(equations, [of]), of)
        slopes = [partial(of.name, x.name) for x in wrt]
        there = {equation.lhs for equation in backward}
        wanted = [slope for slope in slopes if slope in there]
        values = dict(zip(wanted, self.values((*equations, *backward), wanted), strict=True))
        own = {partial(of.name, of.name): sympy.Integer(1)}
        return [values.get(slope, own.get(slope, sympy.Integer(0))) for slope in slopes]

    def values(self, equations: Sequence[Equation], wanted: Sequence[Symbol]) -> list[Expr]:
        """The nested expressions of names; what was nested once stays so."""
        for equation in needed(equations, wanted):
            if equation.lhs not in self._entered:
                self._entered.add(equation.lhs)
                self._values[equation.lhs] = self._nested(unmarked(equation.rhs))
        return [self._values.get(name, name) for name in wanted]

    def _nested(self, expr: Expr) -> Expr:
        """An expression in SymPy's own functions, evaluated, with the values of its names."""
        if expr.is_Symbol:
            return self._values.get(expr, expr)
        if not expr.args:
            return expr
        if expr not in self._known:
            self._known[expr] = self._operation(expr)
        return self._known[expr]

    def _operation(self, expr: Expr) -> Expr:
        if isinstance(expr, Piecewise):
            return by_cases([(self._nested(value), self._nested(condition)) for value, condition in expr.args])
        parts = [self._nested(argument) for argument in expr.args]
        if isinstance(expr, ScalarFunction):
            return self._formula(type(expr), parts)
        if isinstance(expr, Relational) and not all(part.is_number for part in parts):
            return expr.func(*parts, evaluate=False)
        if (expr.is_Pow and isinstance(parts[0], Piecewise)) or (expr.is_Mul and _repeats_cases(parts)):
            return expr.func(*parts, evaluate=False)
        return expr.func(*parts)

    def _formula(self, function: Any, arguments: Sequence[Expr]) -> Expr:
        """What a function is of its arguments, in SymPy's own functions."""
        z, written = formula(function, len(arguments))
        inside = Nested.__new__(Nested)
        inside._values, inside._known = dict(zip(z, arguments, strict=True)), {}
        return inside._nested(written)


def by_cases(cases: Sequence[tuple[Expr, Expr]]) -> Expr:
    """SymPy's Piecewise of the cases that can occur."""
    kept: list[tuple[Expr, Expr]] = []
    for value, condition in cases:
        if condition != False:  # noqa: E712 - SymPy's false
            kept.append((value, condition))
        if condition == True:  # noqa: E712 - SymPy's true
            break
    if len(kept) == 1:
        return kept[0][0]
    # Where a condition has cases itself, as a unit above a ReLU has, SymPy would unfold them all.
    return Basic.__new__(Piecewise, *(Basic.__new__(ExprCondPair, *map(sympy.sympify, case)) for case in kept))


def _repeats_cases(factors: Sequence[Expr]) -> bool:
    """Whether a formula by cases is a factor twice: SymPy would square each case, and unfold the conditions."""
    flat: list[Expr] = []
    waiting = [*factors]
    while waiting:
        factor = waiting.pop()
        if factor.is_Mul:
            waiting += factor.args
        else:
            flat.append(factor.base if factor.is_Pow else factor)
    cases = [factor for factor in flat if isinstance(factor, Piecewise)]
    return len({*cases}) < len(cases)


def _listed(items: Any) -> list[Any]:
    if isinstance(items, str):
        return items.replace(",", " ").split()
    return [items] if isinstance(items, (sympy.Basic, sympy.IndexedBase)) else list(items)
