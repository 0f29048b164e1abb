"""The gate of a GRU on the wrong side of its weights, worked by hand with NumPy."""

import numpy as np
import pytest
from array_slip_exercises import GRU, arrays_of

import symnet
from symnet.classroom.checking.check import check

AFTER = GRU.replace("(r[t]*h[t-1]) @ Un", "r[t]*(h[t-1] @ Un)")


def states(after):
    """{"n1_1": …}: the candidates and states of both steps."""
    a = arrays_of(GRU)
    answers, h = {}, a["h0"]
    for t, x in enumerate(a["x"], 1):
        z, r = (1 / (1 + np.exp(-(x @ a[f"W{g}"] + h @ a[f"U{g}"]))) for g in "zr")
        n = np.tanh(x @ a["Wn"] + (r * (h @ a["Un"]) if after else (r * h) @ a["Un"]))
        h = (1 - z) * n + z * h
        for name, value in (("z", z), ("r", r), ("n", n), ("h", h)):
            answers |= {f"{name}{t}_{i}": f"{number:.6g}" for i, number in enumerate(value, 1)}
    return answers


@pytest.mark.parametrize(("text", "after"), [(GRU, True), (AFTER, False)], ids=["before", "after"])
def test_a_gate_on_the_other_side_of_the_weights_is_named(text, after):
    exercise = symnet.loads(text)
    verdicts = check(exercise, states(after)).verdicts
    wrong = {key: verdict for key, verdict in verdicts.items() if verdict.verdict == "wrong"}
    assert "n1_1" in wrong
    assert {slip.id for verdict in wrong.values() for slip in verdict.slips if slip.id != "carried"} == {
        "gate-beyond-weights"
    }
    assert {v.verdict for v in check(exercise, states(not after)).verdicts.values()} <= {"right", "rounded"}
