"""The numbers of a person's working beside those that belong there: 10·1·3·1·1 has 3 where w35 = 2 belongs.

A line is a sum of products.  The right line of a quantity can be written shorter or longer, with δ or with the whole
chain up to the loss, so a person's numbers are held against each of these and the nearest counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations, zip_longest

from symnet.algebra.derivatives import recognized
from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    Equation,
    Expr,
    add,
    names_in,
    negate,
    partial,
    partial_parts,
    product,
    symbol,
)
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.algebra.scalar import ScalarFunction
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.computing.program import Program, identifier
from symnet.diagnosis.particulars import Slope, particular, slope_of
from symnet.diagnosis.typed import CARRIED, number_of
from symnet.working.problem import Problem
from symnet.working.quantities import changes, key_of
from symnet.working.rate import first_rate
from symnet.working.updates import Frame, Passes

MOST_FACTORS = 40
MOST_TERMS = 6
MOST_LINES = 12  # ways to write one line
ORDINALS = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True)
class Factor:
    """A factor: its size without its sign, what it is called, and whether it divides."""

    size: Value
    called: str
    below: bool = False
    figures: int = 0  # that a person's number shows; 0 where it is whole or worked out
    minus: bool = False  # whether its sign, which ``size`` has not, is a minus
    of: Expr | None = None  # in the right line, what stands there

    @property
    def signed(self) -> Value:
        return self.size if isinstance(self.size, Undefined) or not self.minus else -self.size


@dataclass(frozen=True)
class Term:
    minus: bool
    factors: tuple[Factor, ...]


@dataclass(frozen=True)
class Odd:
    """What is odd about a line: a person's number ``wrong``, what ``belongs`` there, or a sign.

    ``value`` is that of what belongs there, ``number`` the person's own, and ``of`` the expression of what belongs.
    """

    wrong: str = ""
    belongs: str = ""
    value: Value | None = None
    sign: bool = False
    number: Value | None = None
    of: Expr | None = None


def odd_one(problem: Problem, key: str, theirs: Expr) -> Odd | None:
    """The one number of a person's line, of numbers, that does not belong there; None where it is none, or several."""
    odd = _odd_ones(problem, key, theirs)
    return odd[0] if odd is not None and len(odd) == 1 else None


def explains(way: Problem, key: str, theirs: Expr, odd: Odd) -> bool:
    """Whether a wrong way of working puts the odd number there: its line is theirs, and has another number there."""
    if _odd_ones(way, key, theirs) != []:
        return False
    belongs = set(_factors_of(odd.of)) if odd.of is not None else set()
    lines = [set(_factors_of(term)) for line in _lines(way, key) for term in _terms_of(line)]
    if odd.of is None or not any(belongs <= line for line in lines):
        return True
    with exact.digits_carried(CARRIED):
        return _value(odd.of, _frame(way)) != odd.value


def _odd_ones(problem: Problem, key: str, theirs: Expr) -> list[Odd] | None:
    with exact.digits_carried(CARRIED):
        try:
            frame = _frame(problem)
            return _nearest(problem, key, theirs, lambda part: _value(part, frame))
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


def _nearest(problem: Problem, key: str, theirs: Expr, value: Callable[[Expr], Value]) -> list[Odd] | None:
    """What is odd beside the right line that has most in common with theirs, of those that of as many numbers."""
    mine = list(_terms(theirs, number_of, True))
    if not 0 < len(mine) <= MOST_TERMS or sum(len(term.factors) for term in mine) > MOST_FACTORS:
        return None
    best: tuple[tuple[int, int], list[Odd]] | None = None
    for line in _lines(problem, key):
        written_out = list(_terms(line, value, False))
        if len(written_out) != len(mine):
            continue
        for right in (written_out, [_with_slopes(problem, term) for term in written_out]):
            for order in permutations(right) if len(right) <= 4 else [right]:
                pairs = list(zip(mine, order, strict=True))
                odd = [one for a, b in pairs for one in _differences(a, b)]
                score = len(odd), sum(abs(len(a.factors) - len(b.factors)) for a, b in pairs)
                if best is None or score < best[0]:
                    best = score, odd
    return best[1] if best is not None else None


def _with_slopes(problem: Problem, term: Term) -> Term:
    """The term with y(1 − y) as the one number σ′(z), as whoever looks it up has it."""
    factors = list(term.factors)
    for y in term.factors:
        rest = next((f for f in factors if y.of is not None and f.of == add(ONE, negate(y.of))), None)
        if rest is None or y not in factors or y.below or rest.below:
            continue
        if isinstance(y.size, Undefined) or isinstance(rest.size, Undefined):
            continue
        both = product(y.of, rest.of)
        name = _slope_named(problem, y.of) or written(both)
        place = factors.index(y)
        factors[place] = Factor(exact.multiply(y.size, rest.size), name, minus=y.minus != rest.minus, of=both)
        factors.remove(rest)
    return replace(term, factors=tuple(factors))


def _slope_named(problem: Problem, output: Expr | None) -> str:
    """sigmoid'(z) for y = sigmoid(z)."""
    equation = problem.network.by_name.get(output.name) if output is not None and output.is_Symbol else None
    function = recognized(equation.rhs) if equation is not None else None
    if not isinstance(function, ScalarFunction):
        return ""
    return f"{type(function).__name__}'({', '.join(written(argument) for argument in function.args)})"


def _differences(mine: Term, right: Term) -> list[Odd]:
    """What is odd in a term; numbers are paired in their places first, for people write chains in their order."""
    left, needed = dict(enumerate(mine.factors)), dict(enumerate(right.factors))
    for i, factor in enumerate(mine.factors):
        if i in needed and _is(factor, needed[i]):
            del left[i], needed[i]
    for i, factor in [*left.items()]:
        found = next((j for j, other in needed.items() if _is(factor, other)), None)
        if found is not None:
            del left[i], needed[found]
    ones = {i: factor for i, factor in needed.items() if factor.size == 1}
    needed = {i: factor for i, factor in needed.items() if factor.size != 1}
    left = {i: factor for i, factor in left.items() if factor.size != 1}
    if not needed and len(left) == 1:  # a slope of 1 that was taken for something else
        needed = {i: factor for i, factor in ones.items() if i in left}
    odd = []
    pairs = list(zip_longest(left.values(), needed.values()))
    for wrong, belongs in pairs:
        called = "" if wrong is None else f"{_which(wrong, mine.factors)}{'-' * wrong.minus}{wrong.called}"
        number = None if wrong is None else wrong.signed
        if belongs is None:
            odd.append(Odd(called, number=number))
        else:
            odd.append(Odd(called, belongs.called, belongs.signed, number=number, of=belongs.of))
    if mine.minus != right.minus:
        # The sign is that of the number that stands there for another, where these differ in it.
        if len(pairs) == 1 and None not in pairs[0] and pairs[0][0].minus != pairs[0][1].minus:
            return odd
        return [Odd(sign=True), *odd]
    return odd


def _which(factor: Factor, factors: Sequence[Factor]) -> str:
    """Which of them, such as the second, where the number stands there more than once; else nothing."""
    same = [other for other in factors if (other.called, other.minus) == (factor.called, factor.minus)]
    place = next(i for i, other in enumerate(same) if other is factor)
    return f"{ORDINALS[place]} " if 1 < len(same) <= len(ORDINALS) else ""


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
    equations = {e.name: e.rhs for e in (*problem.network.equations, *problem.backward, *problem.further)}
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
    for term in _terms_of(expr):
        minus, factors = False, []
        for factor in _flat(term):
            below = bool(factor.is_Pow and factor.exp == MINUS_ONE)
            base = factor.base if below else factor
            size = value(base)
            negative = False
            if not isinstance(size, Undefined) and size < 0:
                negative, minus, size = True, not minus, -size
            if base == MINUS_ONE:
                continue
            called = written(base) if not theirs or isinstance(size, Undefined) else exact.brief(size)
            figures = _figures(base) if theirs else 0
            factors.append(Factor(size, called, below, figures, negative, None if theirs else base))
        yield Term(minus, tuple(factors))


def _terms_of(expr: Expr) -> Sequence[Expr]:
    return expr.args if expr.is_Add else (expr,)


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
