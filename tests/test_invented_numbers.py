"""Numbers that nobody worked out get no name, however near a slip one of them comes by accident."""

from collections import Counter
from random import Random

import pytest
from slip_exercises import exercise
from test_slips_inside import SCORES, SUMS

import symnet
from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses


@pytest.mark.parametrize("text", [SUMS, SCORES], ids=["recurrent", "scores"])
def test_invented_gradients_get_no_slip(text):
    """Of a few of these one number is what a slip makes of the right numbers above it, to the digits shown."""
    problem = exercise(text)
    keys = [key for key in Hypotheses(problem).keys if not key.startswith("change(")]
    hypotheses = Hypotheses(problem, keys)
    right = {key: float(value) for key, value in hypotheses.right(problem).items() if key in keys}
    gradients = [key for key in keys if key.startswith("grad(")]
    size = 1.2 * sum(abs(right[key]) for key in gradients) / len(gradients)
    for seed in range(12):
        random = Random(seed)
        invented = {key: f"{random.gauss(0, size):.4f}" for key in gradients}
        verdicts = diagnose(hypotheses, problem, {key: f"{right[key]:.4f}" for key in keys} | invented)
        named = {key: verdict for key, verdict in verdicts.items() if any(slip.hypothesis for slip in verdict.slips)}
        assert not named


WHOLE = """
loss = "L"
learning_rate = 0.5
[given]
p = 3
q = -2
t = 4
[parameters]
a1 = 2
b1 = 1
a2 = -1
b2 = 3
c1 = 3
c2 = -2
[equations]
s1 = "a1*p + b1*q"
s2 = "a2*p + b2*q"
r1 = "relu(s1)"
r2 = "leaky_relu(s2, 0.5)"
y = "c1*r1 + c2*r2"
L = "(y - t)^2/2"
"""


def _slips(verdicts):
    return {key: verdict.slips[0].id for key, verdict in verdicts.items() if any(s.hypothesis for s in verdict.slips)}


def test_no_slip_is_told_for_one_of_many_invented_whole_numbers():
    """One in a few is what some slip makes of whole numbers, exactly; on a sheet of wrong ones that says nothing."""
    problem = exercise(WHOLE)
    hypotheses = Hypotheses(problem)
    keys = [k for k in hypotheses.keys if not k.startswith(("change(", "grad(p", "grad(q", "grad(t", "grad(L"))]
    named = 0
    for seed in range(10):
        random = Random(seed)
        forward = {key: str(random.randint(-9, 16)) for key in keys if not key.startswith("grad(")}
        answers = forward | {key: str(random.randint(-60, 60)) for key in keys if key.startswith("grad(")}
        slips = _slips(diagnose(hypotheses, problem, answers))
        assert 1 not in Counter(slips.values()).values()
        named += len(slips)
    assert named <= 13  # of 260: half as many as one by one


def test_one_slip_is_told_of_a_sheet_whose_other_numbers_follow_from_it():
    """The same slip, and what is worked with its number rightly, is no invention."""
    problem = exercise(WHOLE)
    answers = {"s1": "8", "r1": "8", "s2": "-9", "r2": "-4.5", "y": "33", "grad(y)": "29", "grad(c1)": "232"}
    found = diagnose(Hypotheses(problem), problem, answers)
    assert _slips(found)["s1"] == "term-sign"
    assert not [key for key, verdict in found.items() if verdict.verdict == "wrong" and not verdict.slips]


def test_a_slip_that_the_numbers_above_it_contradict_is_not_told():
    """s1 is 8 by a sign, and r1 = −4 would be that of the right s1 = 4."""
    problem = exercise(WHOLE)
    verdicts = diagnose(Hypotheses(problem), problem, {"s1": "8", "r1": "-4", "s2": "-9", "r2": "-4.5"})
    assert verdicts["s1"].slips[0].id == "term-sign"
    assert not verdicts["r1"].slips
    alone = diagnose(Hypotheses(problem), problem, {"s1": "4", "r1": "-4", "s2": "-9", "r2": "-4.5"})
    assert alone["r1"].slips[0].id == "sign"


ADAM_GOING_ON = """
learning_rate = 0.1
given = { x = 0.2, t = 1 }
parameters = { w = 1 }
update = { optimizer = "adam", state = { m = 0.5, v = 0.02, t = 7 } }
[equations]
y = "w*x"
L = "(y - t)^2/2"
"""


@pytest.mark.parametrize("text", ["0.03", "0.04"])
def test_a_single_digit_far_below_the_right_number_names_nothing(text):
    """Of 2.51; with the two betas exchanged it is 0.0361, which two digits may say."""
    (verdict,) = symnet.check(symnet.loads(ADAM_GOING_ON), {"v_hat(w)": text}).verdicts.values()
    assert (verdict.verdict, verdict.slips, verdict.vague) == ("wrong", (), True)
    (verdict,) = symnet.check(symnet.loads(ADAM_GOING_ON), {"v_hat(w)": "0.036"}).verdicts.values()
    assert [slip.id for slip in verdict.slips] == ["rates-swapped"]
