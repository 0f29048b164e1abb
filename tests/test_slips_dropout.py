"""Slips in dropout, residual connections and batch normalization: sheets worked by hand with NumPy, one thing wrong."""

import numpy as np
import pytest
from array_slip_exercises import BATCH_NORM, DROPOUT_RESIDUAL

import symnet
from symnet.classroom.checking.check import check

ASKED = """
[[question]]
ask = "forward"
[[question]]
ask = "gradient"
of = {}
"""
BLOCK = DROPOUT_RESIDUAL + ASKED.format('["W", "V", "x"]')
NORM = BATCH_NORM + ASKED.format('["g", "b", "X"]')
M, P = np.array([1, 0, 1]), 0.8


def named(**arrays):
    """The numbers of arrays under the names of their entries; a gradient is called d_NAME."""
    answers = {}
    for name, value in arrays.items():
        for index, number in np.ndenumerate(np.asarray(value)):
            key = name.removeprefix("d_") + "_".join(str(i + 1) for i in index)
            answers[f"grad({key})" if name.startswith("d_") else key] = f"{number:.6g}"
    return answers


def block(scale=1 / P, mask=M, skip=1, scale_back=None, mask_back=None, skip_back=None, through=1):
    """The numbers of BLOCK; what is not said of the way back is as it was forward."""
    x, t = np.array([1.3, -2.1]), np.array([2.2, 1.4])
    W, V = np.array([[1.2, 2.3, 0.7], [-1.1, -0.6, 0.9]]), np.array([[1.4, -0.8], [2.1, 1.6], [-1.2, 0.5]])
    scale_back = scale if scale_back is None else scale_back
    mask_back = mask if mask_back is None else mask_back
    skip_back = skip if skip_back is None else skip_back
    h = np.tanh(x @ W)
    d = mask * h * scale
    y = skip * x + d @ V
    e = y - t
    z = mask_back * (V @ e) * scale_back * (1 - h * h)
    return named(
        h=h, d=d, y=y, L=(e @ e) / 2, d_W=np.outer(x, z), d_V=np.outer(d, e), d_x=skip_back * e + through * (W @ z)
    )  # fmt: skip


def norm(eps=0.1, less=0, back=lambda g, N, D: (g - g.mean(0) - N * (g * N).mean(0)) / D):
    """The numbers of NORM; ``back`` gives the gradient of X from that of N."""
    X, G = np.array([[1.2, 3.1], [0.7, -0.4], [4.3, 2.6]]), np.array([[1.1, 0.3], [-0.9, 2.2], [1.7, -1.3]])
    g, b = np.array([1.8, 0.6]), np.array([0.9, -1.2])
    m = X.mean(0)
    s = ((X - m) ** 2).sum(0) / (3 - less)
    D = np.sqrt(s + eps)
    N = (X - m) / D
    Y = g * N + b
    up = 2 * G * Y
    return named(
        m=m, s=s, N=N, Y=Y, L=(G * Y**2).sum(), d_g=(up * N).sum(0), d_b=up.sum(0), d_X=back(up * g, N, D)
    )  # fmt: skip


SHEETS = {
    "dropout-scale-forgotten": (BLOCK, block(scale=1)),
    "dropout-scale-inverted": (BLOCK, block(scale=P)),
    "dropout-by-rate": (BLOCK, block(scale=1 / (1 - P))),
    "dropout-mask-forgotten": (BLOCK, block(mask=np.ones(3))),
    "dropout-mask-turned": (BLOCK, block(mask=1 - M)),
    "dropout-mask-not-passed": (BLOCK, block(mask_back=np.ones(3))),
    "dropout-scale-not-passed": (BLOCK, block(scale_back=1)),
    "skip-forgotten": (BLOCK, block(skip=0)),
    "skip-alone-passed": (BLOCK, block(through=0)),
    "one-path": (BLOCK, block(skip_back=0)),
    "epsilon-forgotten": (NORM, norm(eps=0)),
    "statistics-constant": (NORM, norm(back=lambda g, N, D: g / D)),
    "statistics-not-averaged": (NORM, norm(back=lambda g, N, D: (g - g.sum(0) - N * (g * N).sum(0)) / D)),
}


@pytest.mark.parametrize("slip", SHEETS)
def test_a_sheet_with_one_thing_wrong_is_told_that_and_nothing_else(slip):
    text, answers = SHEETS[slip]
    verdicts = check(symnet.loads(text), answers).verdicts
    wrong = {key: verdict for key, verdict in verdicts.items() if verdict.verdict == "wrong"}
    assert wrong
    assert {found.id for verdict in wrong.values() for found in verdict.slips if found.id != "carried"} == {slip}
    assert all(verdict.slips for verdict in wrong.values())


@pytest.mark.parametrize(("text", "answers"), [(BLOCK, block()), (NORM, norm())], ids=["block", "norm"])
def test_the_sheet_with_nothing_wrong_is_right(text, answers):
    assert {verdict.verdict for verdict in check(symnet.loads(text), answers).verdicts.values()} <= {"right", "rounded"}


def test_the_same_block_by_layers():
    text = """
[network]
inputs = [[1.3, -2.1]]
targets = [[2.2, 1.4]]
weights = { Wa2 = [[0.5, -0.4], [0.3, 0.9]], ba2 = [0.1, 0.2] }
[[layer]]
kind = "dropout"
rate = 0.2
mask = [1, 0]
[[layer]]
kind = "residual"
layers = [{ kind = "dense", units = 2, activation = "tanh" }]
"""
    exercise = symnet.loads(text)
    rows = [e.name for e in exercise.problem.network.equations if e.name.startswith("Y1")]
    x = np.array([1.3, 0])  # not divided by 0.8
    found = check(exercise, {name: f"{v:.6g}" for name, v in zip(rows, x, strict=True)}).verdicts
    assert {slip.id for verdict in found.values() for slip in verdict.slips} == {"dropout-scale-forgotten"}
