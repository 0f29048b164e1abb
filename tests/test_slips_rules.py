"""Slips in the rules of differentiation and in what arrives, by hand: floats, nothing of the rewriting."""

from math import exp, log, sqrt, tan, tanh

import numpy as np
import pytest
from slip_exercises import BATCH, BATCH_NORM, DENSE, GRAPH, PENALTY, RECURRENT, RELU, SIGMOID, exercise, optimizing
from test_slips_dense import OUT, SLOPE, B, H, T, V, W, X, Z, after, worked
from told import gives, places

A, BB, C, D, F = 1.5, -0.4, 5.2, 0.7, 1.9
U = A * BB + C
S = D**2
Q = U * S - F
R = exp(Q)
M = A + R
K = M / F
OO = log(M)
N = K / S
GK = OO - 1 / S  # F = k·o − k/v
GN, GO = -1.0, K
GM = GK / F + GO / M
GR = GM
GQ = GR * R
GV = GQ * U + N / S


@pytest.mark.parametrize(
    ("id", "at", "numbers"),
    [
        ("fraction-upside-down", "in k", {"k": F / M, "n": F / M / S}),
        ("fraction-upside-down", "everywhere", {"k": F / M, "n": S / (F / M)}),
        ("quotient-not-squared", "(from n back to v)", {"grad(v)": GQ * U + K / S}),
        ("quotient-sign", "(from k back to f)", {"grad(f)": -GQ + GK * M / F**2}),
        ("quotient-times", "(from n back to k)", {"grad(k)": OO - S}),
        ("own-factor", "(from u back to a)", {"grad(a)": GQ * S * A + GM, "grad(b)": GQ * S * A}),
        ("own-factor", "(from q back to v)", {"grad(v)": GQ * S + N / S}),
        ("square-without-two", "at v", {"grad(d)": GV * D}),
        ("power-rule-for-exp", "(from r back to q)", {"grad(q)": GR * Q * exp(Q - 1), "grad(r)": GR}),
        ("paths-multiplied", "at m", {"grad(m)": (GK / F) * (GO / M)}),
        ("no-arriving-gradient", "(in the gradient of q)", {"grad(q)": R, "grad(u)": R * S}),
        ("exp-of-minus", "in r", {"r": exp(-Q), "m": A + exp(-Q)}),
        ("exp-base-ten", "in r", {"r": 10**Q}),
        ("no-activation", "the logarithm at o", {"o": M, "F": K * M - N}),
        ("no-activation", "exp at r", {"r": Q, "m": A + Q}),
    ],
)
def test_a_slip_in_a_graph(id, at, numbers):
    gives(exercise(GRAPH), id, at, numbers)


INLINE_LOG = GRAPH.replace('F = "k*o - n"', 'F = "k*ln(m) - n"')


def test_the_derivative_of_a_logarithm_within_a_line():
    gives(exercise(INLINE_LOG), "log-slope-forgotten", "(from F back to m)", {"grad(m)": GK / F + K})


def test_the_derivative_of_a_root():
    x, t, g, b = [1, 2, 6], [0, 0.5, 1], 1.5, 0.2
    var = sum((v - 3) ** 2 for v in x) / 3
    s = sqrt(var + 0.01)
    to_s = sum((g * (v - 3) / s + b - r) * g * -(v - 3) / s**2 for v, r in zip(x, t, strict=True))
    problem = exercise(BATCH_NORM)
    gives(problem, "root-slope", "(from s back to v)", {"grad(s)": to_s, "grad(v)": to_s / s})
    gives(problem, "root-not-below", "(from s back to v)", {"grad(v)": to_s * s / 2})
    gives(problem, "not-divided", "in mu", {"mu": 9, "n1": -8 / sqrt(sum((v - 9) ** 2 for v in x) / 3 + 0.01)})
    gives(problem, "not-divided", "in v", {"v": 3 * var})
    gives(problem, "mean-not-subtracted", "in n1", {"n1": 1 / s, "n2": -1 / s})
    gives(problem, "epsilon-outside-root", "in s", {"s": sqrt(var) + 0.01})
    gives(problem, "no-activation", "the square root at s", {"s": var + 0.01})


E = OUT - T
DELTA = V.T @ E * SLOPE


@pytest.mark.parametrize(
    ("id", "at", "numbers"),
    [
        ("no-arriving-gradient", "(in the gradient of z1)", {"grad(z1)": 1 - H[0] ** 2, "grad(w12)": SLOPE[0] * X[1]}),
        ("no-arriving-gradient", "everywhere", {"grad(b1)": SLOPE[0], "grad(b2)": SLOPE[1]}),
        (
            "delta-of-other-unit",
            "(in the gradient of w11, that of z2 for that of z1)",
            {"grad(w11)": DELTA[1] * X[0], "grad(w12)": DELTA[0] * X[1]},
        ),
        ("delta-of-other-unit", "(that of o1 for that of o2)", {"grad(v21)": E[0] * H[0], "grad(v22)": E[0] * H[1]}),
        ("weight-for-input", "(in the gradient of v12)", {"grad(v12)": E[0] * V[0, 1], "grad(v11)": E[0] * H[0]}),
        ("paths-multiplied", "at h1", worked(dh=[V[0, 0] * E[0] * V[1, 0] * E[1], (V.T @ E)[1]])),
        ("bias-gradient-of-one", "(that of b2 alone)", worked(db=lambda d: [d[0], 1])),
        ("bias-times-input", "(x2, in the gradient of b1)", worked(db=lambda d: d * [X[1], 1])),
        ("bias-times-input", "(by the sum of several, in the gradient of b1)", worked(db=lambda d: d * [X.sum(), 1])),
        ("target-forgotten", "(t2 alone)", worked(e=OUT - T * [1, 0])),
        ("target-sign", "(in the loss)", worked() | {"L": float(((OUT + T) ** 2).sum() / 2)}),
    ],
)
def test_a_slip_in_what_arrives(id, at, numbers):
    gives(exercise(DENSE), id, at, {key: float(number) for key, number in numbers.items()})


def test_a_live_relu_taken_for_dead():
    gives(exercise(RELU), "relu-taken-for-dead", "at a1", {"grad(z1)": 0, "grad(w2)": 5 * -3 * 3, "grad(w3)": 0})


LIVE = worked()


@pytest.mark.parametrize(
    ("id", "at", "new"),
    [
        ("rate-decimal", "ten times too large", {"w11": 0.7 - 5 * LIVE["grad(w11)"], "c1": 0.1 - 5 * LIVE["grad(c1)"]}),
        ("rate-decimal", "ten times too small", {"w11": 0.7 - 0.05 * LIVE["grad(w11)"]}),
        ("divided-by-rate", "", {"w12": -0.2 - LIVE["grad(w12)"] / 0.5}),
        ("rate-on-weight", "", {"v11": 0.5 * (1.2 - LIVE["grad(v11)"]), "b1": 0.5 * (0.3 - LIVE["grad(b1)"])}),
        ("gradient-of-other-weight", "(w12 with that of w11)", {"w12": -0.2 - 0.5 * LIVE["grad(w11)"]}),
        (
            "gradient-of-other-weight",
            "(w11 and w12 exchanged)",
            {"w11": 0.7 - 0.5 * LIVE["grad(w12)"], "w12": -0.2 - 0.5 * LIVE["grad(w11)"]},
        ),
    ],
)
def test_a_slip_with_the_rate(id, at, new):
    gives(exercise(DENSE), id, at, new)


def test_the_rate_in_the_rules_of_an_optimizer():
    """v = 0.9·0 + 6, with the rate 0.5 taken for 5 and for 1/0.5, and for the old weight as well."""
    problem = exercise(optimizing("momentum", 1))
    gives(problem, "rate-decimal", "ten times too large", {"w": 1 - 5 * 6})
    gives(problem, "divided-by-rate", "", {"w": 1 - 6 / 0.5})
    gives(problem, "rate-on-weight", "", {"w": 0.5 * (1 - 6)})


@pytest.mark.parametrize(
    ("id", "at", "numbers"),
    [
        ("weight-of-other-unit", "in z1 (w21 for w11)", after(Z + np.array([(0.5 - 0.7) * X[0], 0]))),
        ("weight-of-other-unit", "in z2 (those of z1 for its own)", after([Z[0], (W[0] @ X) + B[1]])),
        ("bias-twice", "in z1", after(Z + np.array([B[0], 0]))),
        ("tan-for-tanh", "at h1", after(Z, h=[tan(Z[0]), H[1]])),
        ("other-activation", "(sigmoid for tanh) at h1", after(Z, h=[1 / (1 + exp(-Z[0])), H[1]])),
        ("other-activation", "(ReLU for tanh, in the forward pass alone)", after(Z, h=[max(z, 0) for z in Z])),
        (
            "pre-activation-for-output",
            "in the forward pass, in o2 (z1 for h1)",
            {"o2": OUT[1] + V[1, 0] * (Z[0] - H[0])},
        ),
    ],
)
def test_a_slip_in_copying(id, at, numbers):
    gives(exercise(DENSE), id, at, {key: float(number) for key, number in numbers.items()})


def test_another_activation_with_its_derivative():
    relu = [max(z, 0) for z in Z]
    out = V @ relu + [0.1, -0.25]
    delta = V.T @ (out - T) * (Z > 0)
    gives(
        exercise(DENSE),
        "other-activation",
        "(ReLU for tanh)",
        {"grad(b1)": float(delta[0]), "grad(b2)": float(delta[1])},
    )


def test_what_stands_for_relu_and_sigmoid():
    """z = 6, 3, −9; n1 = 0.3·0.6 − 0.4·0.9 = −0.18."""
    relu = exercise(RELU)
    gives(relu, "absolute-value", "at a3", {"a3": 9, "y": 12 - 9 - 36})
    gives(relu, "other-activation", "(leaky ReLU for ReLU) at a3", {"a3": -0.09, "y": 3 + 0.36})
    gives(relu, "other-activation", "(tanh for ReLU) at a2", {"a2": tanh(3)})
    sigmoid = exercise(SIGMOID)
    gives(sigmoid, "sigmoid-without-one", "(e⁻ᶻ alone) at h1", {"h1": exp(0.18)})
    gives(sigmoid, "sigmoid-without-one", "(the 1 + in the denominator) at h1", {"h1": exp(-0.18)})


OWN_LINES = """
loss = "L"
[given]
x = 0.5
t1 = 0
t2 = 1
[parameters]
w1 = 0.4
w2 = -0.8
[equations]
z1 = "w1*x"
z2 = "w2*x"
e1 = "exp(z1)"
e2 = "exp(z2)"
s = "e1 + e2"
p1 = "e1/s"
p2 = "e2/s"
L = "-(t1*ln(p1) + t2*ln(p2))"
"""


def test_a_softmax_without_its_own_term():
    gives(exercise(OWN_LINES), "softmax-without-own-term", "in p1", {"p1": exp(0.2) / exp(-0.4)})
    assert not [at for at in places(exercise(OWN_LINES), "fraction-upside-down") if "p" in at]


def test_a_sum_over_the_batch_divided_by_another_number():
    """The gradients of b are the errors p − t."""
    errors = [0.4 * x + 0.2 - t for x, t in ((1.5, 1), (-0.5, 0.3), (2.5, -1.2))]
    gives(exercise(BATCH), "batch-by-one-less", "(2 instead of 3)", {"b": 0.2 - 0.6 * sum(errors) / 2})


ITS_OWN_LINE = PENALTY.replace(
    'L = "(y - t)^2/2 + lam/2*(w^2 + v^2)"', 'R = "lam/2*(w^2 + v^2)"\nD = "(y - t)^2/2"\nL = "D + R"'
)


@pytest.mark.parametrize(
    ("id", "at", "penalty"),
    [
        ("penalty-doubled", "in the loss", 0.3 * (0.8**2 + 1.2**2)),
        ("penalty-halved", "in the loss", 0.075 * (0.8**2 + 1.2**2)),
        ("penalty-on-bias", "in the loss", 0.15 * (0.8**2 + 1.2**2 + 0.2**2)),
        ("other-penalty", "(|w| for w², in the loss)", 0.15 * (0.8 + 1.2)),
        ("other-penalty", "(w for w², in the loss)", 0.15 * (0.8 - 1.2)),
    ],
)
def test_a_penalty_in_a_line_of_its_own(id, at, penalty):
    y = -1.2 * (0.8 * 1.3 + 0.2)
    gives(exercise(ITS_OWN_LINE), id, at, {"R": penalty, "L": (y - 0.4) ** 2 / 2 + penalty})
    gives(exercise(ITS_OWN_LINE), id, at, {"grad(w)": (y - 0.4) * -1.2 * 1.3 + 0.3 * 0.8})


@pytest.mark.parametrize("text", [PENALTY, ITS_OWN_LINE], ids=["in one line", "in a line of its own"])
def test_the_penalty_in_one_gradient_alone(text):
    h = 0.8 * 1.3 + 0.2
    error = -1.2 * h - 0.4
    problem = exercise(text)
    gives(problem, "penalty-forgotten", "in the gradient of v", {"grad(v)": error * h, "grad(w)": error * -1.56 + 0.24})
    signless = {"grad(v)": error * h + 0.3, "grad(w)": error * -1.56 + 0.3}
    gives(problem, "other-penalty", "(λ for λw, in its derivative)", signless)


def test_the_target_of_another_output_in_one_line():
    text = RECURRENT.replace(
        'L = "(y1 - t1)^2/2 + (y2 - t2)^2/2 + (y3 - t3)^2/2"',
        'A = "(y1 - t1)^2/2"\nL = "A + (y2 - t2)^2/2 + (y3 - t3)^2/2"',
    )
    y1 = 1.1 * tanh(-0.7 * 0.8 + 0.9 * 0.3 + 0.2)
    gives(exercise(text), "target-of-other-output", "(t1 and t2 exchanged, in A alone)", {"A": (y1 - 0.6) ** 2 / 2})


def test_both_inputs_of_a_sum_exchanged():
    delta = (V.T @ (OUT - T)) * (1 - np.array(H) ** 2)
    numbers = {f"grad(w{j + 1}{i + 1})": float(delta[j] * X[1 - i]) for j in (0, 1) for i in (0, 1)}
    gives(exercise(DENSE), "wrong-input", "(x1 and x2 exchanged)", numbers)
    outputs = {f"grad(v{j + 1}{i + 1})": float((OUT - T)[j] * H[1 - i]) for j in (0, 1) for i in (0, 1)}
    gives(exercise(DENSE), "wrong-input", "(everywhere, both of two exchanged)", numbers | outputs)
