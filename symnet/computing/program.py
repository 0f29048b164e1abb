"""Named equations as straight-line code over exact or many-digit numbers.

``Program`` writes one line of Python for each equation and runs the lines over a dictionary of values.  No text that a
user typed is in that code: it is printed from the parsed tree, and every name is encoded first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation, Underflow, getcontext
from fractions import Fraction
from functools import cache
from types import CodeType
from typing import Any

import sympy

from symnet.algebra.equations import MINUS_ONE, Equation, Expr, names_in
from symnet.algebra.mistakes import Mistake
from symnet.algebra.scalar import Kind, ScalarFunction, formula
from symnet.algebra.zero_logarithms import guarded
from symnet.computing import exact, special
from symnet.computing.exact import DomainError, Number, Undefined

# What SymPy's own functions are computed by; everything else is a formula in these.
PRIMITIVES: dict[str, Callable[[Number], Number]] = {
    "exp": exact.exp,
    "log": exact.log,
    "sin": exact.sin,
    "cos": exact.cos,
    "tanh": exact.tanh,
    "erf": exact.erf,
    "floor": exact.floor,
}
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": exact.add,
    "multiply": exact.multiply,
    "divide": exact.divide,
    "power": exact.power,
    "integer_power": exact.integer_power,
    "compare": exact.compare,
    **PRIMITIVES,
}
_COMPARISONS = {"StrictGreaterThan": ">", "GreaterThan": ">=", "StrictLessThan": "<", "LessThan": "<="}


class EquationError(ArithmeticError):
    """An equation has no value; says which, and why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name
        self.why = why


@cache
def identifier(name: str) -> str:
    """A Python identifier for any name, different for different names."""
    return "v_" + "".join(c if c.isascii() and c.isalnum() else "__" if c == "_" else f"_h{ord(c):x}_" for c in name)


class Program:
    """Equations compiled once, to be run over many sets of numbers.

    ``run`` works line by line, keeping exact numbers and saying which line has no value; ``haul`` runs the whole as
    one piece of code over numbers that are all in digits, for thousands of steps.
    """

    def __init__(self, equations: Sequence[Equation], printer: Printer | None = None) -> None:
        """``printer`` is shared by programs that have lines in common, which are then compiled once."""
        self.equations = tuple(equations)
        self._lines: list[tuple[str, CodeType, tuple[str, ...], str]] | None = None
        self._whole: CodeType | None = None
        self._exact = printer or Printer(exactly=True)
        self._digits: Printer | None = None

    def run(
        self,
        values: dict[str, Any],
        keep: Callable[[Number], Number] = exact.small,
        undefined_allowed: bool = False,
        instead: Callable[[str, Any], Any] | None = None,
    ) -> None:
        """Add the value of every equation to ``values``, whose keys are identifiers.

        ``keep`` is applied to each value (to stop it swelling, or to round as by hand).  An equation without a value
        becomes Undefined where that is allowed, and raises EquationError where not.  ``instead(name, value)`` is the
        number that the lines below an equation go on with, where that is not its value.
        """
        if self._lines is None:
            self._lines = [
                (
                    identifier(e.name),
                    self._exact.line(e.rhs),
                    tuple(identifier(n.name) for n in names_in(e.rhs)),
                    e.name,
                )
                for e in self.equations
            ]
        bound = self._exact.bound()
        for key, line, needs, name in self._lines:
            for need in needs:
                if type(values[need]) is Undefined:
                    values[key] = values[need]
                    break
            else:
                try:
                    values[key] = keep(eval(line, bound, values))  # noqa: S307 - our own code, printed from the tree
                except ArithmeticError as error:
                    if not undefined_allowed:
                        raise EquationError(name, _why(error)) from None
                    values[key] = Undefined(f"{name} has no value: {_why(error)}")
            if instead is not None:
                values[key] = instead(name, values[key])

    def haul(self, values: dict[str, Any], blind: bool = False) -> None:
        """The same for numbers in digits, all at once and unrounded; an ArithmeticError does not say which line.

        Raises ``exact.Doubt`` where digits cancel, for what is left can only be told line by line; not if ``blind``.
        """
        if self._whole is None or self._digits is None:
            self._digits = Printer(exactly=False)
            names = (identifier(equation.name) for equation in self.equations)
            lines = [f"{name} = {self._digits.code(rhs)}" for name, rhs in zip(names, self._right_sides(), strict=True)]
            self._whole = compile("\n".join(lines), "<equations>", "exec")
        with exact.hauling(blind):
            exec(self._whole, self._digits.bound(), values)  # noqa: S102 - our own code, as above

    def _right_sides(self) -> Iterator[Expr]:
        return (equation.rhs for equation in self.equations)


def _why(error: ArithmeticError) -> str:
    if isinstance(error, DomainError):
        return str(error)
    if isinstance(error, Underflow):
        return "the result is too close to zero to be written"
    return "division by zero" if isinstance(error, (ZeroDivisionError, InvalidOperation)) else "the result is too large"


def _in_digits(operation: Callable[..., Any]) -> Callable[..., Any]:
    if operation is exact.add:
        return _sum_in_digits(3 * getcontext().prec // 4)
    return operation if operation is exact.compare else lambda *numbers: exact.real(operation(*numbers))


def _sum_in_digits(most_lost: int) -> Callable[..., Decimal]:
    """The sum of digits; it is doubted where so many of them cancel."""

    def add(first: Decimal, *others: Decimal) -> Decimal:
        total = first
        for other in others:
            total += other
        if first.adjusted() - total.adjusted() > most_lost or not total:
            largest = max((term.adjusted() for term in (first, *others) if term), default=None)
            if largest is not None and (not total or largest - total.adjusted() > most_lost):
                exact.doubt()
        return total

    return add


class Printer:
    """Prints expressions as Python, and holds the constants and functions that the text names.

    ``exactly`` prints calls that mix fractions and digits, otherwise operators on digits alone.
    """

    def __init__(self, exactly: bool) -> None:
        self.exactly = exactly
        self.constants: dict[str, Fraction] = {}
        self.functions: dict[str, CodeType] = {}
        self.specials: dict[str, Kind] = {}  # SymPy's own
        self._lines: dict[Expr, CodeType] = {}
        self._bound: dict[str, Any] = {}
        self._bound_for = 0

    def bound(self) -> dict[str, Any]:
        """What the names in the code stand for, apart from the values, in the digits now carried."""
        if self._bound_for != getcontext().prec:
            self._bound_for = getcontext().prec
            self._bound = {"__builtins__": {}, "pi": exact.pi()}
            for name, operation in _OPERATIONS.items():
                self._bound[name] = operation if self.exactly else _in_digits(operation)
            for name, number in self.constants.items():
                self._bound[name] = number if self.exactly else exact.real(number)
            for name, kind in self.specials.items():
                self._bound[name] = special.exactly(kind) if self.exactly else _in_digits(special.exactly(kind))
            for name, code in self.functions.items():
                # A function sees the constants and the other functions, never the values of an example.
                self._bound[name] = eval(code, self._bound)  # noqa: S307 - our own code, as above
        return self._bound

    def line(self, expr: Expr) -> CodeType:
        """The code of an expression, compiled once."""
        if expr not in self._lines:
            self._lines[expr] = compile(self.code(expr), "<equation>", "eval")
        return self._lines[expr]

    def code(self, expr: Expr) -> str:
        if expr.is_Symbol:
            return identifier(expr.name)
        if expr.is_Rational:
            return self._constant(Fraction(int(expr.p), int(expr.q)))
        if expr.is_Add:
            return self._operation("add", " + ", expr.args)
        if expr.is_Mul:
            return self._product(expr.args)
        if expr.is_Pow:
            return self._power(expr)
        if expr is sympy.pi:
            return "pi"
        if expr is sympy.E:
            return f"exp({self._constant(Fraction(1))})"
        if isinstance(expr, sympy.Piecewise):
            return self._cases(expr)
        if isinstance(expr, (sympy.And, sympy.Or)):
            word = " and " if isinstance(expr, sympy.And) else " or "
            return f"({word.join(self.code(argument) for argument in expr.args)})"
        if isinstance(expr, ScalarFunction):
            return self._call(expr)
        name = type(expr).__name__
        if name in PRIMITIVES:
            return f"{name}({self.code(expr.args[0])})"
        if name in _COMPARISONS:
            left, right = (self.code(argument) for argument in expr.args)
            if expr.args[1].is_zero:  # what is 0 is known to be
                return f"{left} {_COMPARISONS[name]} {right}"
            return f"compare({left}, {right}) {_COMPARISONS[name]} 0"
        kind: Kind = type(expr)
        if special.is_computed(kind):
            self.specials[f"s_{name}"] = kind
            self._bound_for = 0
            return f"s_{name}({', '.join(self.code(argument) for argument in expr.args)})"
        raise Mistake(no_formula(name))

    def _operation(self, call: str, sign: str, arguments: Iterable[Expr]) -> str:
        codes = [self.code(argument) for argument in arguments]
        if len(codes) == 1:
            return codes[0]
        return f"{call}({', '.join(codes)})" if self.exactly or call == "add" else f"({sign.join(codes)})"

    def _product(self, factors: Sequence[Expr]) -> str:
        """Multiplies what stands above the line, divides by what stands below; −1 in front is a sign."""
        factors = guarded(factors)
        above = [factor for factor in factors if not _below(factor)]
        below = [factor.base for factor in factors if _below(factor)]
        minus = not self.exactly and len(above) > 1 and above[0] == MINUS_ONE
        text = self._operation("multiply", " * ", above[minus:]) if above else self._constant(Fraction(1))
        text = f"-{text}" if minus else text
        if not below:
            return f"({text})" if minus else text
        divisor = self._operation("multiply", " * ", below)
        return f"divide({text}, {divisor})" if self.exactly else f"({text} / {divisor})"

    def _power(self, expr: Expr) -> str:
        if expr.exp == MINUS_ONE:
            return self._product((expr,))
        base = self.code(expr.base)
        if expr.exp == 2 and not self.exactly and expr.base.is_Symbol:
            return f"({base} * {base})"
        if expr.exp.is_Integer:
            return f"integer_power({base}, {int(expr.exp)})"
        return f"power({base}, {self.code(expr.exp)})"

    def _cases(self, expr: Expr) -> str:
        text = ""
        for value, condition in expr.args:
            if condition == True:  # noqa: E712 - SymPy's true
                return f"({text}{self.code(value)})"
            text += f"{self.code(value)} if {self.code(condition)} else "
        raise TypeError(f"{expr} leaves a case without a value")

    def _constant(self, number: Fraction) -> str:
        name = f"k_{number.numerator}_{number.denominator}".replace("-", "m")
        self.constants[name] = number
        self._bound_for = 0
        return name

    def _call(self, expr: Expr) -> str:
        """A call of the function's own formula, compiled once."""
        function: Kind = type(expr)
        name = f"f_{len(expr.args)}_" + identifier(function.__name__)
        if name not in self.functions:
            parameters, definition = formula(function, len(expr.args))
            names = ", ".join(identifier(p.name) for p in parameters)
            code = compile(f"lambda {names}: {self.code(definition)}", f"<{function.__name__}>", "eval")
            self.functions[name] = code
            self._bound_for = 0
        return f"{name}({', '.join(self.code(argument) for argument in expr.args)})"


def no_formula(name: str) -> str:
    """What to say of a function that has a derivative and no value."""
    return f"{name} has no formula to compute it by; give it one, with symnet.define or by a doit() of its class"


def _below(factor: Expr) -> bool:
    return bool(factor.is_Pow and factor.exp == MINUS_ONE)
