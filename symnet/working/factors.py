"""The numbers of a person's working beside those that belong there: 10·1·3·1·1 has 3 where w35 = 2 belongs.

A line is a sum of products.  The right line of a quantity can be written shorter or longer, with δ or with the whole
chain up to the loss, so a person's numbers are held against each of these and the nearest counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from symnet.algebra.derivatives import recognized
from symnet.algebra.equations import MINUS_ONE, Equation, Expr, names_in, partial, partial_parts, symbol
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.algebra.scalar import ScalarFunction
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.computing.program import Program, identifier
from symnet.working.particulars import Slope, particular, slope_of
from symnet.working.problem import Problem
from symnet.working.quantities import changes, key_of
from symnet.working.rate import first_rate
from symnet.working.typed import CARRIED, number_of
from symnet.working.updates import Frame, Passes

MOST_FACTORS = 40
MOST_TERMS = 6
MOST_LINES = 12  # ways to write one line


@dataclass(frozen=True)
class Factor:
    """A factor: its size without its sign, what it is called, and whether it divides."""

    size: Value
    called: str
    below: bool = False
    figures: int = 0  # that a person's number shows; 0 where it is whole or worked out


@dataclass(frozen=True)
class Term:
    minus: bool
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class Odd:
    """What is odd about a line: a person's number ``wrong``, what ``belongs`` there, or a sign."""

    wrong: str = ""
    belongs: str = ""
    value: Value | None = None
    sign: bool = False


def odd_one(problem: Problem, key: str, theirs: Expr) -> Odd | None:
    """The one number of a person's line, of numbers, that does not belong there; None where it is none, or several."""
    with exact.digits_carried(CARRIED):
        try:
            frame = _frame(problem)
            return _odd_one(problem, key, theirs, lambda part: _value(part, frame))
        except (ArithmeticError, KeyError):  # something in it has no value, or is of a whole batch
            return None


def _frame(problem: Problem) -> Frame:
    frame = dict(Passes(problem).frame(0, {**problem.start, **problem.state}))
    rate = first_rate(problem)
    if rate is not None:
        frame[identifier(LEARNING_RATE.name)] = rate
    frame[identifier(UPDATE_NUMBER.name)] = Fraction(1)
    return frame


def _value(expr: Expr, frame: Frame) -> Value:
    values = dict(frame)
    Program([Equation(symbol("a factor"), expr)]).run(values)
    value: Value = values[identifier("a factor")]
    return value


def _odd_one(problem: Problem, key: str, theirs: Expr, value: Callable[[Expr], Value]) -> Odd | None:
    mine = list(_terms(theirs, number_of, True))
    if not 0 < len(mine) <= MOST_TERMS or sum(len(term.factors) for term in mine) > MOST_FACTORS:
        return None
    best: tuple[int, list[Odd]] | None = None
    for line in _lines(problem, key):
        right = list(_terms(line, value, False))
        if len(right) != len(mine):
            continue
        for order in permutations(right) if len(right) <= 4 else [right]:
            odd = [one for a, b in zip(mine, order, strict=True) for one in _differences(a, b)]
            if best is None or len(odd) < best[0]:
                best = len(odd), odd
    return best[1][0] if best is not None and best[0] == 1 else None


def _differences(mine: Term, right: Term) -> list[Odd]:
    left, needed = list(mine.factors), list(right.factors)
    for factor in mine.factors:
        found = next((other for other in needed if _is(factor, other)), None)
        if found is not None:
            left.remove(factor)
            needed.remove(found)
    needed, ones = [f for f in needed if f.size != 1], [f for f in needed if f.size == 1]
    left = [f for f in left if f.size != 1]
    odd = [Odd(sign=True)] if mine.minus != right.minus else []
    if not needed and len(left) == 1 and len(ones) == 1:
        needed = ones  # a slope of 1 that was taken for something else
    for i in range(max(len(left), len(needed))):
        wrong = left[i].called if i < len(left) else ""
        belongs = needed[i] if i < len(needed) else None
        odd.append(Odd(wrong, belongs.called if belongs else "", belongs.size if belongs else None))
    return odd


def _is(mine: Factor, right: Factor) -> bool:
    if mine.below != right.below or isinstance(mine.size, Undefined) or isinstance(right.size, Undefined):
        return False
    one, other = exact.as_fraction(mine.size), exact.as_fraction(right.size)
    # A number with decimals may be rounded; a worked out one is as good as what it was worked from.
    close = Fraction(1, 10 ** max(1, mine.figures - 1)) / 2 if mine.figures > 1 else Fraction(0)
    return one == other or abs(one - other) <= close * abs(other)


def _lines(problem: Problem, key: str) -> Iterator[Expr]:
    """The ways to write the line of a quantity, each longer than the one before."""
    what = particular(problem, key)
    equations = {e.name: e.rhs for e in (*problem.network.equations, *problem.backward)}
    if isinstance(what, Slope):
        yield slope_of(problem, what)
        return
    if key in changes(problem):
        rule = next((rule.rhs for rule in problem.rules if rule.name == changes(problem)[key]), None)
        if rule is not None and rule.is_Add and rule.args[0].is_Symbol and rule.args[0].name == changes(problem)[key]:
            yield from _longer(
                rule.func(*rule.args[1:], evaluate=False) if len(rule.args) > 2 else rule.args[1], equations
            )
        return
    name = partial(problem.loss, key[5:-1]).name if key.startswith("grad(") else key
    rule = next((rule.rhs for rule in problem.rules if rule.name == name), None)
    line = equations.get(name, rule)
    if line is not None:
        yield from _longer(line, equations)


def _longer(line: Expr, equations: Mapping[str, Expr]) -> Iterator[Expr]:
    for _ in range(MOST_LINES):
        yield line
        gradients = [n for n in names_in(line) if partial_parts(n.name) is not None and n.name in equations]
        if not gradients or not (line.is_Mul or line.is_Symbol):
            return
        with_line = equations[gradients[0].name]
        factors = line.args if line.is_Mul else (line,)
        if gradients[0] not in factors or with_line.is_Add:
            return
        new = [f for factor in factors for f in (_factors_of(with_line) if factor == gradients[0] else (factor,))]
        line = line.func(*new, evaluate=False) if line.is_Mul else with_line


def _factors_of(expr: Expr) -> Sequence[Expr]:
    return expr.args if expr.is_Mul else (expr,)


def _terms(expr: Expr, value: Callable[[Expr], Value], theirs: bool) -> Iterator[Term]:
    for term in expr.args if expr.is_Add else (expr,):
        minus, factors = False, []
        for factor in _flat(term):
            below = bool(factor.is_Pow and factor.exp == MINUS_ONE)
            base = factor.base if below else factor
            size = value(base)
            if not isinstance(size, Undefined) and size < 0:
                minus, size = not minus, -size
            if base == MINUS_ONE:
                continue
            called = written(base) if not theirs or isinstance(size, Undefined) else exact.brief(size)
            factors.append(Factor(size, called, below, _figures(base) if theirs else 0))
        yield Term(minus, tuple(factors))


def _flat(expr: Expr) -> Iterator[Expr]:
    for factor in _factors_of(expr):
        if factor.is_Mul:
            yield from _flat(factor)
        else:
            yield factor


def _figures(base: Expr) -> int:
    """How many digits of a person's number may be trusted, 0 for all of them."""
    numbers = [part for part in (base, *base.args) if part.is_Rational and part.q != 1]
    shown = [len(str(abs(part.p) * 10**12 // part.q).rstrip("0").lstrip("0")) for part in numbers]
    return min(shown, default=0)


def written(expr: Expr) -> str:
    """A factor as a person would type it: w35, y5 - t, relu'(x3)."""
    if expr == LEARNING_RATE:
        return "the learning rate"
    if expr.is_Symbol:
        return key_of(expr.name)
    if expr.is_Rational:
        return str(expr)
    if expr.is_Add:
        first, *rest = (written(term) for term in expr.args)
        return first + "".join(f" - {term[1:]}" if term.startswith("-") else f" + {term}" for term in rest)
    if expr.is_Mul:
        if expr.args[0] == MINUS_ONE:
            return "-" + "*".join(_closed(factor) for factor in expr.args[1:])
        return "*".join(_closed(factor) for factor in expr.args)
    if expr.is_Pow:
        return f"1/{_closed(expr.base)}" if expr.exp == MINUS_ONE else f"{_closed(expr.base)}^{_closed(expr.exp)}"
    function = recognized(expr)
    if isinstance(function, ScalarFunction):
        return f"{type(function).__name__}({', '.join(written(argument) for argument in function.args)})"
    return str(expr)


def _closed(expr: Expr) -> str:
    return f"({written(expr)})" if expr.is_Add else written(expr)
