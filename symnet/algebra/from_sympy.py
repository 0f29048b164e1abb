"""From a SymPy expression to named equations, one an operation, in our own functions and never evaluated again.

    log(x*y) + sin(x*y)        v1 = x y,  v2 = log(v1),  v3 = sin(v1),  y_ = v2 + v3

What occurs twice is one equation.  SymPy's functions become those of ``functions`` where they stand there (Abs, Max and
a Max(0, z) that is ReLU), so that kinks follow the one convention, and are ``borrowed`` where not.  A formula by cases
stays one equation with its cases whole: a root is not taken where its case does not hold.  Sums and products over
numbers are written out.  Matrices are written entry by entry (``grids``).

A symbol is known by its name alone: what SymPy assumes of it (real, positive) is what made the expression what it is,
and every quantity here is a real number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from symnet.algebra import functions
from symnet.algebra.borrowed import borrowed, check
from symnet.algebra.cases import Cases
from symnet.algebra.conditions import condition_of
from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    Equation,
    Expr,
    Symbol,
    add,
    multiply,
    names_in,
    negate,
    power,
    symbol,
)
from symnet.algebra.grids import Grids, in_entries, is_entry, is_matrix, is_number_of_matrix
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.parsing import is_name
from symnet.algebra.scalar import ScalarFunction
from symnet.algebra.sympy_names import Names

MOST_TERMS = 10_000  # of a sum or product that is written out
_HALF = sympy.Rational(1, 2)
_OURS: dict[type, Any] = {
    sympy.exp: functions.exp,
    sympy.log: functions.log,
    sympy.sin: functions.sin,
    sympy.cos: functions.cos,
    sympy.tanh: functions.tanh,
    sympy.erf: functions.erf,
    sympy.Abs: functions.abs,
    sympy.sign: functions.sign,
    sympy.Max: functions.max,
    sympy.Min: functions.min,
}
# What is a formula in the others; re, im and conjugate are of real numbers.
_FORMULAS: dict[type, Callable[..., Expr]] = {
    sympy.sec: lambda z: 1 / sympy.cos(z),
    sympy.csc: lambda z: 1 / sympy.sin(z),
    sympy.cot: lambda z: sympy.cos(z) / sympy.sin(z),
    sympy.sech: lambda z: 1 / sympy.cosh(z),
    sympy.csch: lambda z: 1 / sympy.sinh(z),
    sympy.coth: lambda z: 1 / sympy.tanh(z),
    sympy.asec: lambda z: sympy.acos(1 / z),
    sympy.acsc: lambda z: sympy.asin(1 / z),
    sympy.acot: lambda z: sympy.atan(1 / z),
    sympy.asech: lambda z: sympy.acosh(1 / z),
    sympy.acsch: lambda z: sympy.asinh(1 / z),
    sympy.acoth: lambda z: sympy.atanh(1 / z),
    sympy.sinc: lambda z: sympy.Piecewise((sympy.sin(z) / z, sympy.Ne(z, 0)), (1, True)),
    sympy.Heaviside: lambda z, at=_HALF: sympy.Piecewise((0, z < 0), (1, z > 0), (at, True)),
    sympy.erfc: lambda z: 1 - sympy.erf(z),
    sympy.re: lambda z: z,
    sympy.im: lambda z: sympy.Integer(0),
    sympy.conjugate: lambda z: z,
    sympy.UnevaluatedExpr: lambda z: z,
}
_STEPS = (sympy.floor, sympy.ceiling, sympy.Mod, sympy.frac)


def equations_of(
    expr: Any, name: str | None = None
) -> tuple[tuple[Equation, ...], tuple[Symbol, ...], dict[Symbol, Expr]]:
    """The equations of an expression, the names of its results, and {name: the SymPy object it was written as}.

    ``name`` is that of the last equation, y unless the expression uses it.  Raises Mistake.
    """
    if not isinstance(expr, (sympy.Basic, sympy.MatrixBase)):
        raise Mistake(f"{shown(expr)} is no SymPy expression{_instead(expr)}")
    if isinstance(expr, sympy.logic.boolalg.Boolean) and not isinstance(expr, sympy.Symbol):
        raise Mistake(f"{shown(expr)} is true or false; an expression with a value is needed, such as x**2 + y")
    names = Names(expr)
    if name is not None and name in names.taken:
        raise Mistake(f"name is {shown(name)}, which the expression uses; choose another for the result")
    if name is not None and not is_name(name):
        raise Mistake(f"name is {shown(name)}; a name is a letter followed by letters, digits or _")
    result = name or names.first_free("y", "L", "Loss", "result")
    writer = EquationWriter(names)
    try:
        if is_matrix(expr):
            results = writer.grids.define(expr, result)
        else:
            results = (symbol(result),)
            writer.define(symbol(result), expr)
    except RecursionError:
        raise Mistake("the expression is nested too deep; give parts of it names of their own") from None
    if not any(names_in(equation.rhs) for equation in writer.equations):
        raise Mistake(f"{shown(expr)} is a constant: it has no symbols, so there is nothing to differentiate it in")
    return tuple(writer.equations), results, names.written_as


def plain(expr: Expr) -> Expr:
    """The expression in our own functions, in one piece; its symbols stay."""
    return _read(expr, plain)


class EquationWriter:
    """Names the operations of expressions, each once."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.equations: list[Equation] = []
        self.known: dict[Expr, Expr] = {}
        self.grids = Grids(self)
        self._numbers = 0

    def define(self, lhs: Symbol, expr: Expr) -> None:
        """lhs = the last operation of the expression, the others before it."""
        rhs = self.operation(expr)
        self.equations.append(Equation(lhs, rhs))
        self.known.setdefault(expr, lhs)

    def operation(self, expr: Expr) -> Expr:
        """The last operation, of names."""
        if is_number_of_matrix(expr):
            return self.grids.number(expr)
        if isinstance(expr, sympy.Piecewise):
            return _read(expr, self._kept)
        return _read(expr, self.named)

    def named(self, part: Expr) -> Expr:
        """The name of a part, defined before where it has none yet; a number, a name and −name stay what they are."""
        if self._is_quantity(part):
            return self.names.of(part)
        if part in self.known:
            return self.known[part]
        rhs = self.operation(part)
        if not names_in(rhs) or rhs.is_Symbol or (rhs.is_Mul and len(rhs.args) == 2 and _is_minus_name(rhs)):
            return rhs
        self.known[part] = symbol(self.fresh())
        self.equations.append(Equation(self.known[part], rhs))
        return self.known[part]

    def called(self, rhs: Expr) -> Expr:
        """A name for what is written in names already."""
        if rhs.is_Symbol or not names_in(rhs):
            return rhs
        lhs = symbol(self.fresh())
        self.equations.append(Equation(lhs, rhs))
        return lhs

    def in_names(self, expr: Expr) -> Expr:
        """A SymPy expression in our names, in one piece."""
        return _read(expr, self._kept)

    def fresh(self) -> str:
        """v1, v2, …, of which the expression uses none."""
        return self.free("v", lambda name: [name])

    def free(self, stem: str, entries: Callable[[str], Sequence[str]]) -> str:
        """The stem with the first number with which none of its ``entries`` is taken; from now on they are."""
        while True:
            self._numbers += 1
            name = f"{stem}{self._numbers}"
            if self.names.taken.isdisjoint(entries(name)):
                self.names.taken.update(entries(name))
                return name

    def _kept(self, part: Expr) -> Expr:
        """The part in one piece, but for what has a name already: inside a case nothing is worked before its time."""
        if self._is_quantity(part):
            return self.names.of(part)
        return self.known[part] if part in self.known else _read(part, self._kept)

    @staticmethod
    def _is_quantity(part: Expr) -> bool:
        return isinstance(part, (sympy.Symbol, sympy.Indexed)) or is_entry(part)


def _is_minus_name(rhs: Expr) -> bool:
    return bool(rhs.args[0] == MINUS_ONE and rhs.args[1].is_Symbol)


# -- one operation ----------------------------------------------------------------------------------------------------


def _read(expr: Expr, part: Callable[[Expr], Expr]) -> Expr:
    """The outermost operation of an expression in our functions; ``part`` gives its arguments."""
    if expr.is_Symbol:
        return part(expr) if part is not plain else expr
    if expr.is_number and not expr.args:
        return _number(expr)
    if expr.is_Add:
        return add(*(_term(term, part) for term in _in_order(expr)))
    if expr.is_Mul:
        return _product(_in_order(expr), part)
    if expr.is_Pow:
        return _power(expr, part)
    if isinstance(expr, sympy.Piecewise):
        return _cases(expr, part)
    if isinstance(expr, (sympy.Sum, sympy.Product)):
        parts = [part(term) for term in _written_out(expr)]
        return add(*parts) if isinstance(expr, sympy.Sum) else multiply(*parts)
    if isinstance(expr, (sympy.Derivative, sympy.Integral, sympy.Limit, sympy.Subs)):
        worked = expr.doit()
        if worked.has(type(expr)):
            raise Mistake(f"{shown(expr, 80)} has no formula that SymPy finds; put one in its place")
        return _read(worked, part)
    if is_number_of_matrix(expr):
        return _read(in_entries(expr), part)
    if isinstance(expr, sympy.core.function.Application):
        return _function(expr, part)
    raise Mistake(f"{shown(expr, 80)} ({type(expr).__name__}) is nothing that a network can compute")


def _number(number: Expr) -> Expr:
    if number.is_Rational or number is sympy.pi:
        return number
    if number is sympy.E:
        return functions.exp(ONE, evaluate=False)
    if number is sympy.GoldenRatio:
        return _read(number.expand(func=True), plain)
    if number.is_Float and number.is_finite:
        # 0.1 is 1/10, as it was typed
        return sympy.Rational(repr(float(number)) if number._prec == 53 else str(number))
    what = "infinite" if number.is_infinite else "no real number" if not number.is_real else "a constant"
    raise Mistake(f"{number} is {what}; put a number in its place that can be computed")


def _in_order(expr: Expr) -> tuple[Expr, ...]:
    """Its terms or factors as SymPy prints them where it has sorted them, as the author wrote them where not."""
    if expr.func(*expr.args) != expr:
        return tuple(expr.args)
    return tuple(expr.as_ordered_terms() if expr.is_Add else expr.as_ordered_factors())


def _term(term: Expr, part: Callable[[Expr], Expr]) -> Expr:
    """A term of a sum, its minus before its name."""
    if term.is_Mul and term.args[0].is_Rational and term.args[0] < 0:
        first, *rest = term.args
        kept = rest if first == MINUS_ONE else [-first, *rest]
        positive = sympy.Mul(*kept, evaluate=False) if len(kept) > 1 else kept[0]
        return negate(part(positive))
    return part(term)


def _product(factors: Iterable[Expr], part: Callable[[Expr], Expr]) -> Expr:
    """Factors above the line, then those below it."""
    above, below = [], []
    for factor in factors:
        if factor.is_Rational and factor.q != 1:
            above += [sympy.Integer(factor.p)] if factor.p != 1 else []
            below.append(power(sympy.Integer(factor.q), MINUS_ONE))
        elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
            below.append(_power(factor, part))
        else:
            above.append(part(factor))
    if len(above) > 1 and above[0] == MINUS_ONE and above[1].is_Mul and above[1].args[0] == MINUS_ONE:
        above[:2] = above[1].args[1:]
    return multiply(*(above or [ONE]), *below)


def _power(expr: Expr, part: Callable[[Expr], Expr]) -> Expr:
    base, exponent = expr.args
    if base is sympy.E:
        return functions.exp(part(exponent), evaluate=False)
    if exponent == _HALF:
        return functions.sqrt(part(base), evaluate=False)
    if exponent == -_HALF:
        return power(functions.sqrt(part(base), evaluate=False), MINUS_ONE)
    return power(part(base), exponent if exponent.is_Rational else part(exponent))


def _cases(expr: Expr, part: Callable[[Expr], Expr]) -> Expr:
    cases = [(part(value), condition_of(condition, part)) for value, condition in expr.args]
    if cases[-1][1] != True:  # noqa: E712 - SymPy's true
        raise Mistake(f"{shown(expr, 80)} has no value where none of its conditions holds; end it with (…, True)")
    return Cases(*cases)


def _written_out(expr: Expr) -> Iterator[Expr]:
    """The terms of a sum or the factors of a product, the outermost index running slowest."""
    *inner, (index, low, high) = expr.limits
    word = "sum" if isinstance(expr, sympy.Sum) else "product"
    if not (low.is_Integer and high.is_Integer):
        open_end = low if not low.is_Integer else high
        how = f"put a number for it, as in expr.subs({open_end}, 10)" if open_end.is_finite is not False else "cut it"
        raise Mistake(f"the {word} over {index} runs from {low} to {high}; {how}")
    if high - low >= MOST_TERMS:
        raise Mistake(f"the {word} over {index} has {int(high - low + 1):,} terms; {MOST_TERMS:,} are the most")
    body = expr.func(expr.function, *inner) if inner else expr.function
    if high < low:  # an empty sum is 0, an empty product 1
        yield sympy.Integer(0 if word == "sum" else 1)
    for i in range(int(low), int(high) + 1):
        yield body.subs(index, i)


def _function(expr: Expr, part: Callable[[Expr], Expr]) -> Expr:
    kind = type(expr)
    if isinstance(expr, ScalarFunction):
        return kind(*map(part, expr.args))
    if isinstance(expr, AppliedUndef):
        raise Mistake(
            f"{kind.__name__} is a function without a formula; give it one, as in "
            f'symnet.define("{kind.__name__}", "z^2"), or put one in its place'
        )
    if kind is sympy.Max and len(expr.args) == 2 and 0 in expr.args:
        return functions.relu(part(expr.args[1] if expr.args[0] == 0 else expr.args[0]), evaluate=False)
    if kind in _OURS:
        return _OURS[kind](*map(part, _arguments_in_order(expr)), evaluate=False)
    if kind in _FORMULAS:
        return _read(_FORMULAS[kind](*expr.args), part)
    if kind in _STEPS:
        raise Mistake(f"{shown(expr)}: {kind.__name__} has no derivative where it jumps, and SymPy gives none anywhere")
    if not isinstance(expr, sympy.Function):
        raise Mistake(f"{shown(expr, 80)} ({kind.__name__}) is nothing that a network can compute")
    simpler = expr.expand(func=True, deep=False) if kind.__module__.startswith("sympy.codegen") else expr
    if simpler != expr:
        return _read(simpler, part)
    if any(isinstance(argument, sympy.Tuple) for argument in expr.args):  # hyper and meijerg, with lists of numbers
        simpler = sympy.hyperexpand(expr)
        if simpler.has(kind):
            raise Mistake(f"{shown(expr, 80)}: SymPy's hyperexpand finds no formula for it; put one in its place")
        return _read(simpler, part)
    lender: Any = kind
    function: Any = borrowed(lender, plain)
    if part is not plain:  # a derivative that SymPy gave needs no further one yet
        check(function, expr.args)
    return function(*map(part, expr.args), evaluate=False)


def _arguments_in_order(expr: Expr) -> Iterable[Expr]:
    """SymPy keeps the arguments of Max in no order of their own; numbers go last, the others as SymPy sorts them."""
    if not isinstance(expr, (sympy.Max, sympy.Min)):
        return tuple(expr.args)
    return sorted(expr.args, key=lambda argument: (argument.is_number, sympy.default_sort_key(argument)))


def _instead(expr: Any) -> str:
    if isinstance(expr, str):
        return "; symnet.Network.parse reads text, a line an equation"
    if isinstance(expr, Mapping):
        return "; give one expression, or a Matrix of them"
    if isinstance(expr, (list, tuple)):
        return "; several expressions are a sympy.Matrix"
    return "; write it with SymPy's symbols and functions"
