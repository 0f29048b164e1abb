"""How far an expression of rounded numbers may be off: 0.6 − 0.5·0.269 is 0.4655, give or take 0.5·0.0005.

Every number with decimals and two digits or more may be off by half of its last digit, but not those of the exercise
itself, which are written as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from symnet.algebra.equations import Expr
from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.digits import digits_of
from symnet.diagnosis.keys import Keys
from symnet.diagnosis.typed import CARRIED, formula, is_of_numbers, number_of
from symnet.working.problem import Problem

NUMBER = re.compile(r"(?<![\w.,])(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,4})?(?!\w)")
MOST_NUMBERS = 16  # of one expression
MOST_OFF = Fraction(1, 20)  # of the number itself; what may be off by more says nothing


def comes_close(text: str, keys: Keys, right: Value) -> bool:
    """Whether an expression of numbers is ``right`` as closely as the rounded numbers in it allow."""
    with exact.digits_carried(CARRIED):
        value = _worked(text, keys)
        rounded = list(_rounded(text, keys.problem))
        if value is None or isinstance(right, Undefined) or not 0 < len(rounded) <= MOST_NUMBERS:
            return False
        true, leeway = exact.as_fraction(right), Fraction(0)
        for start, end, number, unit in rounded:
            ends = (number - unit / 2, number + unit / 2)
            beside = [_worked(f"{text[:start]}({n.numerator}/{n.denominator}){text[end:]}", keys) for n in ends]
            offs = [abs(other - value) for other in beside if other is not None]
            if len(offs) < len(ends):
                return False
            leeway += max(offs)
        return abs(value - true) <= leeway <= MOST_OFF * abs(true)


def _worked(text: str, keys: Keys) -> Fraction | None:
    try:
        expr = formula(text, keys)
        value = number_of(expr) if is_of_numbers(expr) else Undefined("it has names")
        return None if isinstance(value, Undefined) else exact.as_fraction(value)
    except (Mistake, ArithmeticError):
        return None


def _rounded(text: str, problem: Problem) -> Iterator[tuple[int, int, Fraction, Fraction]]:
    """(start, end, number, unit of its last digit) of every number in a text that may be rounded."""
    sources = (problem.given, problem.start, problem.state, *problem.samples)
    own = {abs(number) for numbers in sources for number in numbers.values()} | {problem.learning_rate}
    own |= {number for e in (*problem.network.equations, *problem.rules) for number in _constants(e.rhs)}
    for found in NUMBER.finditer(text):
        read = read_number(found[0], "it") if digits_of(found[0]) else None
        if read is None or read.number is None or read.unit is None or not read.decimals or read.figures < 2:
            continue
        if read.number not in own:
            yield found.start(), found.end(), read.number, read.unit


def _constants(expr: Expr) -> Iterator[Fraction]:
    if expr.is_Rational:
        yield abs(Fraction(int(expr.p), int(expr.q)))
    for part in expr.args:
        yield from _constants(part)
