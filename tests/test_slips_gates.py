"""The gate of a GRU on the wrong side of its weights, worked by hand with NumPy."""

import numpy as np
import pytest
from array_slip_exercises import GRU, arrays_of, gradients
from slip_exercises import exercise
from told import gives

import symnet
from symnet.classroom.checking.check import check

AFTER = GRU.replace("(r[t]*h[t-1]) @ Un", "r[t]*(h[t-1] @ Un)")
STEP = """
[given]
x = [1, -0.5]
h = [0.2, -0.4]
t = [0.5, 0.1]
[parameters]
Wr = [[0.1, -0.2], [0.4, 0.3]]
Wn = [[0.8, -0.6], [0.2, 0.4]]
Un = [[0.5, -0.1], [0.2, 0.6]]
cn = [0.3, -0.2]
[equations]
r = "sigmoid(Wr @ x)"
n = "tanh(Wn @ x + r*(Un @ h + cn))"
L = "sum((n - t)^2)/2"
"""  # as in PyTorch, with columns


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
    loaded = symnet.loads(text)
    verdicts = check(loaded, states(after)).verdicts
    wrong = {key: verdict for key, verdict in verdicts.items() if verdict.verdict == "wrong"}
    assert "n1_1" in wrong
    assert {slip.id for verdict in wrong.values() for slip in verdict.slips if slip.id != "carried"} == {
        "gate-beyond-weights"
    }
    assert {v.verdict for v in check(loaded, states(not after)).verdicts.values()} <= {"right", "rounded"}


def test_the_gate_of_a_step_in_columns_inside_the_weights_or_left_out_on_the_way_back():
    a, problem = arrays_of(STEP), exercise(STEP)
    r = 1 / (1 + np.exp(-a["Wr"] @ a["x"]))
    inside = np.tanh(a["Wn"] @ a["x"] + a["Un"] @ (r * a["h"]) + a["cn"])
    gives(problem, "gate-beyond-weights", "r in n", {"n1": inside[0], "n2": inside[1]})
    n = np.tanh(a["Wn"] @ a["x"] + r * (a["Un"] @ a["h"] + a["cn"]))
    below = (n - a["t"]) * (1 - n * n)
    numbers = gradients("Un", np.outer(below, a["h"])) | gradients("cn", below) | gradients("h", a["Un"].T @ below)
    gives(problem, "gate-forgotten", "r on the way back", numbers | gradients("Wn", np.outer(below, a["x"])))
