"""A slip made in one line alone, by somebody who worked all lines beside it and below it rightly.

Who leaves the square out of one of four averages, or multiplies one gradient of six by the wrong thing, and goes on
with the right number, contradicts every hypothesis of a slip that is made throughout.  So where one wrong number is
left and all others are right or have a cause, it is held against what each slip makes of its line alone, with right
numbers above.
"""

from __future__ import annotations

from collections.abc import Mapping

from symnet.algebra.mistakes import Mistake
from symnet.computing.exact import Number, Undefined
from symnet.computing.many import np
from symnet.diagnosis.evidence import Evidence
from symnet.diagnosis.handwork import number_of
from symnet.diagnosis.hypotheses import SAME, Hypothesis, View

FEWEST = 6  # right numbers that show that a person can do it
UNLIKELY = 0.003  # the chance that any slip up to this one gives the number by accident, above which none is named
FIGURES = 3  # significant digits, or so few numbers are told apart that none is


def lapse(evidence: Evidence, key: str) -> tuple[Hypothesis, str] | None:
    """The commonest slip that gives a wrong number in its line alone, and what the person did there.

    None where there is none, or where so many give a number as near that this may be met by accident.
    """
    answer, right = evidence.given[key], number_of(evidence.right[key])
    good = [other for other in evidence.given if other not in evidence.wrong]
    if answer.number is None or answer.unit is None or answer.figures < FIGURES or right is None:
        return None
    if len(good) < FEWEST:
        return None
    view = _with_right_numbers(evidence, good)
    if view is None or key not in view.should_be:
        return None
    numbers, middle, unit = view.column(key), float(right), float(answer.unit)
    off = max(abs(float(answer.number) - middle), unit)
    beside = np.abs(numbers - middle)
    near = np.flatnonzero((beside <= 2 * off) & (beside > SAME * abs(middle)))
    found: list[tuple[int, int, Hypothesis]] = []
    others: set[int] = set()
    for i in near:
        others.add(round(float(numbers[i]) / unit))
        hypothesis = view.hypotheses[i]
        if not found and len(others) * unit > UNLIKELY * 2 * off:
            break
        if abs(float(numbers[i]) - float(answer.number)) > 2 * unit or hypothesis.is_rounding:
            continue
        value = view.values(hypothesis)[key]
        if not isinstance(value, Undefined) and answer.matches(value):
            found.append((len(evidence.contradicted(hypothesis)), int(i), hypothesis))
    if not found:
        return None
    *_, hypothesis = min(found)
    # "left out" says nothing without what it was.
    here = hypothesis.slipped.is_everywhere and not hypothesis.slip.did.endswith("{place}")
    return hypothesis, hypothesis.slip.did_at(f"in {key}" if here else hypothesis.at)


def _with_right_numbers(evidence: Evidence, good: list[str]) -> View | None:
    """Every hypothesis in each line alone: above it stand the right numbers, as far as they were given."""
    instead: Mapping[str, Number] = {
        key: value for key in good if not isinstance(value := evidence.right[key], Undefined)
    }
    try:
        return evidence.hypotheses.view(evidence.problem, instead)
    except Mistake:  # the answers lead to something that has no value
        return None
