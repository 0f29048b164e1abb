"""A function of one variable taken apart: its definition, case by case, the derivative of each case, and its kinks.

Everything here follows from the definition: cases are intervals worked out by SymPy; a derivative in terms of the
output is the one that the function states, or is found by eliminating the exponential; either is proved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import sympy

from symnet.algebra.equations import Equation, Expr, Symbol, add, names_in, replace
from symnet.algebra.mistakes import Mistake
from symnet.algebra.scalar import ScalarFunction, local_derivative
from symnet.working.rules import Step, evaluated, in_order, same, steps, together


@dataclass(frozen=True)
class Case:
    """What the function is between ``low`` and ``high``, and its derivative there."""

    low: Expr
    high: Expr
    formula: Expr
    lines: tuple[Step, ...]
    by_output: Expr | None  # the derivative in terms of the output, where it is said so

    @property
    def slope(self) -> Expr:
        return self.lines[-1].expr


@dataclass(frozen=True)
class Kink:
    """Where two cases meet: values and slopes on the two sides, and the derivative by convention."""

    at: Expr
    values: tuple[Expr, Expr]
    slopes: tuple[Expr, Expr]
    agree_where: tuple[tuple[Symbol, Expr], ...]  # the values of other names for which the slopes agree
    convention: Expr | None

    @property
    def jumps(self) -> bool:
        return not same(*self.values)

    @property
    def has_derivative(self) -> bool:
        return not self.jumps and same(*self.slopes)


class Slopes:
    """The equation y = f(x), ready to be differentiated on paper."""

    def __init__(self, equation: Equation, x: Symbol) -> None:
        if x not in names_in(equation.rhs):
            raise Mistake(f"{equation.name} does not depend on {x}")
        self.y = equation.lhs
        self.x = x
        self.rhs = equation.rhs

    @cached_property
    def definition(self) -> Expr:
        """The formula behind a function's name; a formula that is written out already stays as it is."""
        if not isinstance(self.rhs, ScalarFunction):
            return self.rhs
        formula = sympy.sympify(self.rhs.definition(*self.rhs.args))
        if formula.has(ScalarFunction):
            formula = formula.doit()
        if formula.has(sympy.tanh):
            formula = formula.rewrite(sympy.exp)
        if isinstance(formula, sympy.Piecewise):
            return sympy.Piecewise(*((in_order(value), condition) for value, condition in formula.args), evaluate=False)
        return in_order(formula)

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """From left to right."""
        return tuple(
            Case(low, high, formula, lines := steps(formula, self.x, shorten=False), self._by_output(formula, lines))
            for low, high, formula in sorted(self._intervals(), key=lambda case: case[0])
        )

    @cached_property
    def kinks(self) -> tuple[Kink, ...]:
        return tuple(self._kink(left, right) for left, right in pairwise(self.cases))

    def _intervals(self) -> Iterator[tuple[Expr, Expr, Expr]]:
        if not isinstance(self.definition, sympy.Piecewise):
            yield -sympy.oo, sympy.oo, self.definition
            return
        left: sympy.Set = sympy.S.Reals
        for value, condition in self.definition.args:
            if condition != True and condition.free_symbols != {self.x}:  # noqa: E712 - SymPy's true
                raise Mistake(f"{self.y}: the cases of {self.rhs} depend on more than {self.x}")
            here = left if condition == True else left & condition.as_set()  # noqa: E712
            left = left - here
            for part in here.args if isinstance(here, sympy.Union) else (here,):
                if isinstance(part, sympy.Interval):
                    yield part.inf, part.sup, value

    def _by_output(self, formula: Expr, lines: tuple[Step, ...]) -> Expr | None:
        """The derivative with the output in it: as stated, or by solving y = f(x) for the exponential."""
        slope = lines[-1].expr
        if self.x not in names_in(slope):
            return None
        function = type(self.rhs)
        has_form = isinstance(self.rhs, ScalarFunction) and function.derivative is not ScalarFunction.derivative
        if has_form and self.rhs.args[0] == self.x:
            stated = local_derivative(function, 0, self.rhs.args, self.y)
            found = stated if self.y in names_in(stated) and self.x not in names_in(stated) else None
        else:
            found = self._eliminated(formula, slope)
        if found is None:
            return None
        if not same(replace(found, {self.y: formula}), slope):
            raise AssertionError(f"{found} is not the derivative of {formula}")
        return found

    def _eliminated(self, formula: Expr, slope: Expr) -> Expr | None:
        exponentials = formula.atoms(sympy.exp)
        if len(exponentials) != 1 or not slope.atoms(sympy.exp) <= exponentials:
            return None
        exponential = exponentials.pop()
        u = sympy.Dummy("u")
        solved = sympy.solve(sympy.Eq(self.y, evaluated(formula).xreplace({exponential: u})), u)
        if len(solved) != 1:
            return None
        found = in_order(sympy.expand(sympy.cancel(evaluated(slope).xreplace({exponential: solved[0]}))))
        if found.is_Add:  # the output first: y + α
            found = add(*sorted(found.args, key=lambda term: self.y not in names_in(term)))
        return None if self.x in names_in(found) else found

    def equal_forms(self, case: Case) -> tuple[Expr, ...]:
        """From the derivative in the output to the one in x: the output put in, over a common denominator, the end."""
        if case.by_output is None:
            return ()
        put_in = replace(case.by_output, {self.y: case.formula})
        common = together(put_in)
        forms = [put_in]
        if common != evaluated(case.slope):
            forms.append(in_order(common))
        if case.slope != forms[-1]:
            forms.append(case.slope)
        return tuple(forms)

    def _kink(self, left: Case, right: Case) -> Kink:
        at = left.high

        def at_kink(expr: Expr) -> Expr:
            return evaluated(replace(expr, {self.x: at}))

        slopes = at_kink(left.slope), at_kink(right.slope)
        agree: tuple[tuple[Symbol, Expr], ...] = ()
        others = sorted((slopes[0] - slopes[1]).free_symbols, key=str)
        if len(others) == 1:
            agree = tuple((others[0], value) for value in sympy.solve(slopes[0] - slopes[1], others[0]))
        convention = None
        if isinstance(self.rhs, ScalarFunction) and self.rhs.args[0] == self.x:
            stated = local_derivative(type(self.rhs), 0, self.rhs.args)
            expanded = stated.doit() if stated.has(sympy.Function) else stated
            convention = expanded.subs(self.x, at)
        values = at_kink(left.formula), at_kink(right.formula)
        return Kink(at, values, slopes, agree, convention)
