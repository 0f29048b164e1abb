"""Sums as they are written by hand: what all terms are divided by, and a number that all have, stand once."""

from __future__ import annotations

from collections.abc import Sequence

from symnet.algebra.equations import MINUS_ONE, ONE, Expr, add, multiply, partial_parts

MOST_TERMS = 10  # of a sum that is written out; of a longer one


def gathered(terms: Sequence[Expr], widest: int) -> Expr:
    """Their sum with what all of them are divided by, and a number that all have in front, written once."""
    by_divisors: dict[tuple[Expr, ...], list[Expr]] = {}
    for term in terms:
        divisors = tuple(f for f in term.args if f.is_Pow and f.exp == MINUS_ONE) if term.is_Mul else ()
        by_divisors.setdefault(divisors, []).append(term)
    parts: list[Expr] = []
    for divisors, own in by_divisors.items():
        above = (f for term in own for f in (term.args if term.is_Mul else (term,)) if f not in divisors)
        is_wide = sum(map(_wide, above)) > widest
        if not divisors or len(own) == 1 or (is_wide and len(own) > MOST_TERMS):
            parts += own
            continue
        numbers = {t.args[0] if t.args[0].is_Rational else ONE for t in own}
        number = numbers.pop() if len(numbers) == 1 else ONE
        rests = [multiply(*(f for f in t.args if f not in divisors and f != number)) for t in own]
        # A long sum stands beside the fraction, in brackets, where it can go on in the next line.
        factors = (*divisors, add(*rests)) if is_wide else (add(*rests), *divisors)
        is_minus = is_wide and number < 0  # before the fraction, not in it
        in_front = (MINUS_ONE, -number) if is_minus else (number,)
        parts.append(multiply(*(n for n in in_front if n != 1), *factors))
    return add(*parts)


def number_in_front(term: Expr) -> Expr:
    """A product in which a number that all terms of a sum have stands before the sum: −2/3·s·((x − m) + (y − m))."""
    if not term.is_Mul:
        return term
    factors: list[Expr] = []
    number = ONE
    for factor in term.args:
        firsts = {t.args[0] if t.is_Mul and t.args[0].is_Rational else ONE for t in factor.args}
        if factor.is_Rational:
            number *= factor
        elif factor.is_Add and len(firsts) == 1 and firsts != {ONE}:
            number *= firsts.pop()
            factors.append(add(*(multiply(*t.args[1:]) for t in factor.args)))
        else:
            factors.append(factor)
    return multiply(*(() if number == 1 else (number,)), *factors)


def _wide(expr: Expr) -> int:
    """How many names are written in it, a gradient as two."""
    if expr.is_Symbol:
        return 1 if partial_parts(expr.name) is None else 2
    return sum(map(_wide, expr.args))
