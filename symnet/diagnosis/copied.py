"""A given number copied with two neighboring digits swapped, in one line alone: 0.54 in the line where 0.45 belongs.

Which numbers an exercise has is no matter of its lines, so this is no slip of the catalogue: it is looked for with the
numbers at hand, where no slip gives a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Number
from symnet.diagnosis.alternatives import CHANCE
from symnet.diagnosis.evidence import Evidence
from symnet.diagnosis.handwork import number_of
from symnet.working.problem import Problem

FIGURES = 3  # significant digits, or so few numbers are told apart that none is
_DECIMALS = 12  # of a given number


def copied(evidence: Evidence, key: str) -> str:
    """What was copied wrongly in the line of a wrong number, in a sentence; "" where nothing is found.

    All its digits must be those of the line with the swapped ones, and few enough swaps be possible that this is no
    accident.
    """
    answer, right, problem = evidence.given[key], number_of(evidence.right[key]), evidence.problem
    plain = key in problem.network.by_name or key.startswith("grad(")
    if not plain and not (key in problem.start and problem.updates == 1):
        return ""
    if answer.number is None or answer.unit is None or answer.figures < FIGURES or right is None:
        return ""
    used = {*evidence.hypotheses.inputs(key), *([key] if key in problem.start else [])}
    tried = [(name, x, other) for name, x in _numbers(problem) if name in used for other in swapped(x)]
    if len(tried) * answer.unit > CHANCE * 2 * abs(answer.number - right):
        return ""
    above = evidence.written.numbers_above(key)  # lines above read what is given as it is
    found = {name: (x, other) for name, x, other in tried if _gives(evidence, _with(problem, name, other), key, above)}
    if len(found) != 1:
        return ""
    ((name, (x, other)),) = found.items()
    one, instead = (exact.written(exact.decimal(number, _DECIMALS)) for number in (x, other))
    return f"You copied {name} = {one} as {instead}, with two digits swapped."


def swapped(number: Fraction) -> Iterator[Fraction]:
    """The number with two neighboring digits exchanged, every two that differ: 0.45 as 0.54."""
    places = next((n for n in range(_DECIMALS) if (number * 10**n).denominator == 1), None)
    if places is None:
        return
    digits = str(abs(int(number * 10**places)))
    for i, (one, next_one) in enumerate(pairwise(digits)):
        if one != next_one and (i or next_one != "0"):  # nobody begins with a 0
            other = Fraction(int(f"{digits[:i]}{next_one}{one}{digits[i + 2 :]}"), 10**places)
            yield -other if number < 0 else other


def _numbers(problem: Problem) -> Iterator[tuple[str, Fraction]]:
    """The numbers that lines copy from the exercise; of a table those of the first example."""
    yield from problem.examples[0].items()
    yield from problem.start.items()


def _with(problem: Problem, name: str, number: Fraction) -> Problem:
    if name in problem.start:
        return replace(problem, start={**problem.start, name: number})
    if problem.samples and name in problem.samples[0]:
        return replace(problem, samples=({**problem.samples[0], name: number}, *problem.samples[1:]))
    return replace(problem, given={**problem.given, name: number})


def _gives(evidence: Evidence, problem: Problem, key: str, above: Mapping[str, Number]) -> bool:
    try:
        value = evidence.hypotheses.right(problem, above)[key]
    except Mistake:
        return False
    return evidence.given[key].matches(value) in ("exact", "rounded")
