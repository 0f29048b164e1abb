"""One term of a sum with its decimal point in the wrong place: 0.45·0.7 = 3.15 for 0.315."""

import pytest
from slip_exercises import exercise

from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses

UNIT = """
loss = "L"
learning_rate = 0.1
[given]
x = 0.7
y = -1.3
t = 1
[parameters]
a = 0.45
b = 0.8
c = 0.26
[equations]
z = "a*x + b*y + c"
o = "tanh(z)"
L = "(o - t)^2/2"
"""


def told(**given):
    problem = exercise(UNIT)
    verdicts = diagnose(Hypotheses(problem), problem, given)
    return {key: [(slip.id, slip.says) for slip in verdict.slips] for key, verdict in verdicts.items()}


@pytest.mark.parametrize(
    ("z", "term"),
    [(3.15 - 1.04 + 0.26, "first"), (0.315 - 10.4 + 0.26, "second"), (0.315 - 0.104 + 0.26, "second")],
)
def test_the_term_is_named(z, term):
    says = f"You misplaced the decimal point of the {term} term of z."
    assert told(z=f"{z:.3f}")["z"] == [("point-of-term", says)]


def test_what_follows_from_it_is_carried():
    assert "z = 2.37" in told(z="2.370", o="0.9827")["o"][0][1]


@pytest.mark.parametrize("z", ["2.4", "2.38", "-0.465", "2.63"])
def test_no_other_number_is_such_a_term(z):
    """Two digits tell too little; the right number and one whose bias alone is wrong have nothing of it."""
    assert all(id != "point-of-term" for id, _ in told(z=z)["z"])


def test_a_term_that_has_no_value_with_ones_own_numbers():
    problem = exercise(UNIT.replace('L = "(o - t)^2/2"', 'L = "ln(o) + 2*o"').replace("b = 0.8", "b = -0.8"))
    verdicts = diagnose(Hypotheses(problem), problem, {"o": "-0.7312", "L": "3.137"})
    assert [slip.id for slip in verdicts["L"].slips if slip.id == "point-of-term"] == []
