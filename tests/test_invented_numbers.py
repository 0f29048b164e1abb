"""Numbers that nobody worked out get no name, however near a slip one of them comes by accident."""

from random import Random

import pytest
from slip_exercises import exercise
from test_slips_inside import SCORES, SUMS

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
