"""The decimal point of one term of a sum in the wrong place: 0.6·0.4 = 2.4 for 0.24 in z = w₁x₁ + w₂x₂ + b.

Every sum has as many such slips as terms, and hardly anybody makes one: so it is looked for with the numbers at hand,
where no slip of the catalogue gives a number.
"""

from __future__ import annotations

from symnet.algebra.equations import Equation, names_in, symbol
from symnet.computing.floats import evaluate_in_floats
from symnet.diagnosis.alternatives import CHANCE
from symnet.diagnosis.copied import FIGURES
from symnet.diagnosis.evidence import Evidence
from symnet.diagnosis.rewriting import terms_of
from symnet.diagnosis.slip_patterns import MOST_ALONE, ordinal

_TIMES = (10.0, 0.1)


def misplaced_point(evidence: Evidence, key: str) -> str:
    """The term of a sum whose decimal point was misplaced in the line of a wrong number, in a sentence; "" for none.

    One term alone may fit, and few enough be possible that this is no accident.
    """
    answer, equation = evidence.given[key], evidence.problem.network.by_name.get(key)
    if equation is None or answer.number is None or answer.unit is None or answer.figures < FIGURES:
        return ""
    terms = [term for term in terms_of(equation.rhs) if not term.is_Symbol]  # a bias is copied, not worked
    values = _values(evidence, key)
    if not 0 < len(terms) <= MOST_ALONE or any(name.name not in values for name in names_in(equation.rhs)):
        return ""
    parts = {f"term {i}": term for i, term in enumerate(terms)}
    lines = [equation, *(Equation(symbol(name), term) for name, term in parts.items())]
    try:
        worked = evaluate_in_floats(lines, values)
    except (ArithmeticError, ValueError):  # the person's numbers lead to something that has no value
        return ""
    number, unit, sum_of_all = float(answer.number), float(answer.unit), worked[key]
    off = abs(number - sum_of_all)
    if len(terms) * len(_TIMES) * unit > CHANCE * 2 * off or len(terms_of(equation.rhs)) < 2:
        return ""
    found = [
        name
        for name in parts
        for times in _TIMES
        if abs(sum_of_all + (times - 1) * worked[name] - number) <= unit / 2 * (1 + 1e-9)
    ]
    if len(found) != 1:
        return ""
    place = terms_of(equation.rhs).index(parts[found[0]]) + 1
    return f"You misplaced the decimal point of the {ordinal(place)} term of {key}."


def _values(evidence: Evidence, key: str) -> dict[str, float]:
    """The numbers that a line reads: given ones, and the person's own above it or the right ones."""
    problem = evidence.problem
    given = {**problem.examples[0], **problem.start}
    above = {o: x for o, x in evidence.written.numbers_above(key).items() if o in problem.network.by_name}
    return {name: float(x) for name, x in {**given, **above}.items()}
