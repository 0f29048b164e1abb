"""Slips in how a window moves on the way back, in flattening, and in a given number: each in NumPy, by its words."""

import numpy as np
import pytest
from array_slip_exercises import FLAT
from slip_exercises import exercise
from told import gives, leaves, places

SERIES = """
loss = "L"
[given]
x = [0.5, -1, 2, 1.5, -0.5, 3, 1]
g = [1, -2, 0.5]
[parameters]
k = [0.4, -0.6, 0.2]
[equations]
z = "conv1d(x, k, stride=2)"
L = "sum(g*z)"
"""

NEURONS = """
loss = "L"
[given]
x = -1.5
y = 0.5
t = 1
[parameters]
a = 0.4
b = -0.3
[equations]
h = "tanh(a*x + b*y)"
o = "h + b*x"
L = "(o - t)^2/2"
"""

X, G = np.array([0.5, -1, 2, 1.5, -0.5, 3, 1]), np.array([1, -2, 0.5])
K = np.array([0.4, -0.6, 0.2])


def back(stride_k, stride_x):
    """∂L/∂k and ∂L/∂x with the window moved by so much in each."""
    dk = [sum(G[i] * X[stride_k * i + j] for i in range(3)) for j in range(3)]
    dx = np.zeros(7)
    for i in range(3):
        dx[stride_x * i : stride_x * i + 3] += G[i] * K
    return {f"grad(k{j + 1})": dk[j] for j in range(3)} | {f"grad(x{j + 1})": dx[j] for j in range(7)}


@pytest.mark.parametrize(
    ("at", "strides"),
    [
        ("", (1, 1)),
        ("(in the gradient of the kernel alone)", (1, 2)),
        ("(in that of what it moves over alone)", (2, 1)),
    ],
)
def test_the_stride_forgotten_on_the_way_back(at, strides):
    """What no window reaches any more has the gradient 0."""
    problem = exercise(SERIES)
    gives(problem, "stride-forgotten-back", at, back(*strides))
    leaves(problem, "stride-forgotten-back", at, ["z1", "z2", "z3", "L"])


def test_a_window_that_moves_by_one_has_no_stride_to_forget():
    assert not places(
        exercise(SERIES.replace(", stride=2", "").replace("0.5]\n[p", "0.5, 1, 1]\n[p")), "stride-forgotten-back"
    )


def test_flattened_column_by_column():
    matrix = np.array([[1, -2, 0.5], [3, 0.25, -1]])
    flat, back = 0.5 * matrix.T.ravel(), np.array([1, 2, -1, 0.5, 3, -2]).reshape(3, 2).T
    numbers = {f"f{m + 1}": flat[m] for m in range(6)} | {"grad(w)": float((back * matrix).sum())}
    numbers |= {f"grad(P{i + 1}_{j + 1})": back[i, j] for i in range(2) for j in range(3)}
    gives(exercise(FLAT), "flattened-by-columns", "column by column instead of row by row in f", numbers)


def test_channels_flattened_place_by_place():
    channels = np.arange(1, 9).reshape(2, 2, 2)
    text = FLAT.replace("[[1, -2, 0.5], [3, 0.25, -1]]", str(channels.tolist())).replace("3, -2]", "3, -2, 1, 4]")
    flat = 0.5 * np.moveaxis(channels, 0, -1).ravel()
    at = "place by place instead of channel by channel in f"
    gives(exercise(text), "flattened-by-columns", at, {f"f{m + 1}": flat[m] for m in range(8)})


def test_a_given_number_with_the_wrong_sign_has_it_wherever_it_stands():
    x, y = 1.5, 0.5
    h = np.tanh(0.4 * x - 0.3 * y)
    e = h - 0.3 * x - 1
    slope = e * (1 - h**2)
    numbers = {"h": h, "o": h - 0.3 * x, "L": e**2 / 2, "grad(a)": slope * x, "grad(b)": slope * y + e * x}
    problem = exercise(NEURONS)
    gives(problem, "number-sign", "x", numbers)
    assert {*places(problem, "number-sign")} == {"x", "y"}  # the sign of a target is another slip
