"""Formulas by cases, as an author writes them: y = x² for x > 0 and 0 otherwise.

SymPy's own ``Piecewise`` works its conditions out again whenever it is rebuilt; this one keeps what it is given, as
every other right-hand side does.  Its derivative is the derivative of each case under the same condition.
"""

from __future__ import annotations

from typing import Any

from sympy import Basic, Piecewise, sympify
from sympy.functions.elementary.piecewise import ExprCondPair


class Case(ExprCondPair):  # type: ignore[misc]
    """A value and the condition under which it is the one."""

    def __new__(cls, value: Any, condition: Any, evaluate: bool = False) -> Case:
        made: Case = Basic.__new__(cls, sympify(value), sympify(condition))
        return made


class Cases(Piecewise):  # type: ignore[misc]
    """The value of the first case whose condition holds; the last condition is always true."""

    def __new__(cls, *cases: Any, evaluate: bool = False) -> Cases:
        made: Cases = Basic.__new__(cls, *(Case(*case) for case in cases))
        return made
