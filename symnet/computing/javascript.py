"""Named equations as JavaScript: one function of a frame of values for each equation, in double precision.

    printer = JavaScript()
    printer.function(rhs)         v=>((v[0]*v[1])+(v[2]*v[3]))
    printer.slots                 {"v_w13": 0, "v_x1": 1, …}: where in a frame the value of each name is
    printer.definitions()         the functions that those lines call, each from its own formula

No text that a user typed is in the code: it is printed from the parsed tree, and names are numbers there.  It is no
backend of ``compile``: what it prints runs in a page, far from Python.  What has no value in double precision is NaN
or an infinity there.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy

from symnet.algebra.equations import MINUS_ONE, Expr, partial_parts
from symnet.algebra.mistakes import Mistake
from symnet.algebra.scalar import Kind, ScalarFunction, formula
from symnet.algebra.zero_logarithms import guarded
from symnet.computing.program import identifier, no_formula

_OF_MATH = ("exp", "log", "sin", "cos", "tanh", "floor")
_COMPARISONS = {"StrictGreaterThan": ">", "GreaterThan": ">=", "StrictLessThan": "<", "LessThan": "<="}
# Where the plain formula would overflow or lose digits.
_STABLE = {
    "sigmoid": "z=>z>=0?1/(1+Math.exp(-z)):Math.exp(z)/(1+Math.exp(z))",
    "softplus": "z=>Math.max(z,0)+Math.log1p(Math.exp(-Math.abs(z)))",
}
# By the series of Abramowitz and Stegun 7.1.6 near 0, beyond by the continued fraction 7.1.14 from its far end.
_ERF = (
    "x=>{const a=Math.abs(x);if(a<3){let t=x,s=x;for(let n=1;n<120;n++){t*=2*x*x/(2*n+1);s+=t}"
    "return 2/Math.sqrt(Math.PI)*Math.exp(-x*x)*s}"
    "let f=0;for(let k=60;k>0;k--)f=k/2/(a+f);"
    "const r=1-Math.exp(-a*a)/(a+f)/Math.sqrt(Math.PI);return x<0?-r:r}"
)


def variable(name: str) -> str:
    """What a name is called in a script, different for different names: v_w13, and g_Loss_d_w13 of ∂Loss/∂w13.

    As ``identifier``, but for the gradients, which are long there and many.
    """
    parts = partial_parts(name)
    return f"g{identifier(parts[0])[1:]}_d{identifier(parts[1])[1:]}" if parts is not None else identifier(name)


class JavaScript:
    """Prints expressions, and keeps the functions that they call."""

    def __init__(self) -> None:
        self._functions: dict[str, str] = {}
        self.slots: dict[str, int] = {}

    def slot(self, name: str) -> int:
        """Where in a frame the value of a name is."""
        return self.slots.setdefault(variable(name), len(self.slots))

    def function(self, expr: Expr) -> str:
        """The value of an expression as a function of a frame, which is a list of numbers."""
        return f"v=>{self.code(expr, 'v')}"

    def definitions(self) -> str:
        """A line for every function that was called so far."""
        return "".join(f"const {name}={code};\n" for name, code in self._functions.items())

    def code(self, expr: Expr, frame: str = "") -> str:
        """The text of an expression, safe beside any operator but those of its own brackets."""
        if expr.is_Symbol:
            return f"{frame}[{self.slot(expr.name)}]" if frame else variable(expr.name)
        if expr.is_Rational:
            return constant(Fraction(int(expr.p), int(expr.q)))
        if expr.is_Add:
            return f"({'+'.join(self.code(term, frame) for term in expr.args)})"
        if expr.is_Mul:
            return self._product(expr.args, frame)
        if expr.is_Pow:
            return self._power(expr, frame)
        if expr is sympy.pi:
            return "Math.PI"
        if expr is sympy.E:
            return "Math.E"
        if isinstance(expr, sympy.Piecewise):
            return self._cases(expr, frame)
        if isinstance(expr, (sympy.And, sympy.Or)):
            word = "&&" if isinstance(expr, sympy.And) else "||"
            return f"({word.join(self.code(argument, frame) for argument in expr.args)})"
        if isinstance(expr, ScalarFunction):
            return f"{self._named(expr)}({self._arguments(expr, frame)})"
        name = type(expr).__name__
        if name in _OF_MATH:
            return f"Math.{name}({self.code(expr.args[0], frame)})"
        if name == "erf":
            self._functions.setdefault("f_erf", _ERF)
            return f"f_erf({self.code(expr.args[0], frame)})"
        if name in _COMPARISONS:
            left, right = (self.code(argument, frame) for argument in expr.args)
            return f"({left}{_COMPARISONS[name]}{right})"
        raise Mistake(f"{no_formula(name)}, and a page has none for it")

    def _arguments(self, expr: Expr, frame: str) -> str:
        return ",".join(self.code(argument, frame) for argument in expr.args)

    def _product(self, factors: Sequence[Expr], frame: str) -> str:
        """What stands above the line divided by what stands below it."""
        factors = guarded(factors)
        above = [self.code(factor, frame) for factor in factors if not _below(factor)]
        below = [self.code(factor.base, frame) for factor in factors if _below(factor)]
        text = "*".join(above) or "1"
        return f"({text}/({'*'.join(below)}))" if below else f"({text})"

    def _power(self, expr: Expr, frame: str) -> str:
        if expr.exp == MINUS_ONE:
            return self._product((expr,), frame)
        base = self.code(expr.base, frame)
        if expr.exp == sympy.Rational(1, 2):
            return f"Math.sqrt({base})"
        if expr.exp == 2 and expr.base.is_Symbol:
            return f"({base}*{base})"
        return f"Math.pow({base},{self.code(expr.exp, frame)})"

    def _cases(self, expr: Expr, frame: str) -> str:
        text = ""
        compared = sorted({name for _, condition in expr.args for name in condition.free_symbols}, key=str)
        for value, condition in expr.args:
            if condition == True:  # noqa: E712 - SymPy's true
                # NaN is in none of the cases: what has no value is not what is left for all other numbers.
                unknown = "||".join(f"{name}!=={name}" for name in (self.code(one, frame) for one in compared))
                rest = self.code(value, frame)
                return f"({text}{unknown}?NaN:{rest})" if unknown else f"({text}{rest})"
            text += f"{self.code(condition, frame)}?{self.code(value, frame)}:"
        raise TypeError(f"{expr} leaves a case without a value")

    def _named(self, expr: Expr) -> str:
        """What a function is called; it is printed from its own formula where it is first called."""
        function: Kind = type(expr)
        name = f"f_{len(expr.args)}_" + identifier(function.__name__)
        if name not in self._functions:
            parameters, definition = formula(function, len(expr.args))
            stable = _STABLE.get(function.__name__)
            names = ",".join(identifier(parameter.name) for parameter in parameters)
            code = stable or f"({names})=>{self.code(definition)}"
            self._functions[name] = code  # after those that it calls itself
        return name


def constant(number: Fraction) -> str:
    """A number in double precision, correctly rounded, in brackets where it has a sign."""
    try:
        text = repr(float(number))
    except OverflowError:
        text = "Infinity" if number > 0 else "-Infinity"
    text = text.removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


def _below(factor: Expr) -> bool:
    return bool(factor.is_Pow and factor.exp == MINUS_ONE)
