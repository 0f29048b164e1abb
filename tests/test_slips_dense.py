"""Slips in dense nets, each given by hand from what its words say: NumPy and floats, nothing of the rewriting."""

import math

import numpy as np
import pytest
from slip_exercises import DENSE, LEAKY, RELU, SIGMOID, SOFTMAX, exercise
from told import gives, leaves, places

W = np.array([[0.7, -0.2], [0.5, 0.9]])
B = np.array([0.3, -0.4])
V = np.array([[1.2, -0.8], [0.35, 0.6]])
C = np.array([0.1, -0.25])
X = np.array([0.6, -1.1])
T = np.array([0.4, -0.9])
Z = W @ X + B
H = np.tanh(Z)
OUT = V @ H + C
SLOPE = 1 - H**2


def worked(e=None, dh=None, slope=None, dW=None, db=None, dV=None, dc=None):
    """The gradients of the dense exercise; what is given is what the person has there instead."""
    e = OUT - T if e is None else e
    dh = V.T @ e if dh is None else dh
    delta = dh * (SLOPE if slope is None else slope)
    dW = np.outer(delta, X) if dW is None else dW(delta)
    db = delta if db is None else db(delta)
    dV = np.outer(e, H) if dV is None else dV(e)
    dc = e if dc is None else dc(e)
    names = {f"w{j + 1}{i + 1}": dW[j, i] for j in (0, 1) for i in (0, 1)}
    names |= {f"v{j + 1}{i + 1}": dV[j, i] for j in (0, 1) for i in (0, 1)}
    names |= {"b1": db[0], "b2": db[1], "c1": dc[0], "c2": dc[1]}
    return {f"grad({name})": float(value) for name, value in names.items()}


SWAPPED = V[:, ::-1]
OTHER_ERROR = V[::-1]
FIRST = OUT - T  # of which a hidden unit hears from o2 first, since the backward pass goes from below


@pytest.mark.parametrize(
    ("id", "at", "numbers"),
    [
        ("neighbour-weight", "(from o1 and o2 back, by the weight of the next unit)", worked(dh=SWAPPED.T @ (OUT - T))),
        (
            "neighbour-weight",
            "(from o1 and o2 back, by the weight that goes with the next error)",
            worked(dh=OTHER_ERROR.T @ (OUT - T)),
        ),
        (
            "neighbour-weight",
            "(v12 in place of v11)",
            worked(dh=V.T @ (OUT - T) + np.array([(-0.8 - 1.2) * (OUT - T)[0], 0])),
        ),
        ("pre-activation-for-output", "everywhere", worked(dV=lambda e: np.outer(e, Z))),
        ("output-for-input", "everywhere", worked(dW=lambda d: np.outer(d * H, [1, 1]))),
        ("slope-of-linear-output", "", worked(e=(OUT - T) * (1 - OUT**2))),
        ("no-square", "in the derivative of tanh at every unit", worked(slope=1 - H)),
        ("plus-in-slope", "at every unit", worked(slope=1 + H**2)),
        ("value-for-slope", "at every unit", worked(slope=H)),
        ("value-for-slope", "at h2", worked(slope=np.array([SLOPE[0], H[1]]))),
        ("bias-constant", "", worked(db=lambda d: 0 * d, dc=lambda e: 0 * e)),
        ("bias-constant", "at z1 and z2", worked(db=lambda d: 0 * d)),
        (
            "bias-times-input",
            "(by the sum of several) everywhere",
            worked(db=lambda d: d * X.sum(), dc=lambda e: e * H.sum()),
        ),
        ("bias-times-input", "(first alone)", worked(db=lambda d: d * X[0], dc=lambda e: e * H[0])),
        ("bias-times-input", "(second alone)", worked(db=lambda d: d * X[1], dc=lambda e: e * H[1])),
        ("bias-times-bias", "everywhere", worked(db=lambda d: d * B, dc=lambda e: e * C)),
        ("bias-gradient-of-one", "", worked(db=lambda d: d**0, dc=lambda e: e**0)),
        ("target-sign", "(in the error)", worked(e=OUT + T)),
        ("target-sign", "(in the loss and the error)", worked(e=OUT + T) | {"L": float(((OUT + T) ** 2).sum() / 2)}),
        ("target-forgotten", "", worked(e=OUT)),
        ("target-of-other-output", "(t1 and t2 exchanged, in the error)", worked(e=OUT - T[::-1])),
        ("target-of-other-output", "(t1 for t2, in the error)", worked(e=OUT - T[0])),
        (
            "target-of-other-output",
            "(t1 and t2 exchanged, in the loss and the error)",
            worked(e=OUT - T[::-1]) | {"L": float(((OUT - T[::-1]) ** 2).sum() / 2)},
        ),
        ("error-of-one-output", "(o1)", worked(e=(OUT - T) * [1, 0])),
        ("square-kept", "", worked(e=(OUT - T) ** 2)),
        ("copied-error", "(of o1 and o2)", worked(dh=(OUT - T).sum() * np.ones(2), slope=np.ones(2))),
        ("one-path", "(from h1 and h2 through o1)", worked(dh=V[1] * (OUT - T)[1])),
        (
            "incomplete-gradient",
            "(at h1, with the first term alone)",
            worked(dh=[V[1, 0] * FIRST[1], (V.T @ FIRST)[1]]),
        ),
        ("incomplete-gradient", "(everywhere, with the first term alone)", worked(dh=V[1] * FIRST[1])),
        # h1 hears from o1, then from o2 as well; z1 hands on the first of that twice.
        ("incomplete-gradient", "(and again with every further term)", worked(dh=2 * V[0] * FIRST[0] + V.T @ FIRST)),
    ],
)
def test_a_slip_in_a_dense_net(id, at, numbers):
    gives(exercise(DENSE), id, at, numbers)


def test_the_hand_work_without_a_slip_is_right():
    problem = exercise(DENSE)
    gives(problem, "uphill", "(of c1)", worked())


def test_what_is_passed_on_too_early_is_right_itself():
    leaves(exercise(DENSE), "incomplete-gradient", "(at h1, with the first term alone)", ["grad(h1)", "grad(w21)"])


@pytest.mark.parametrize(
    ("id", "at", "new"),
    [
        ("uphill", "(of w12)", {"w12": -0.2 + 0.5 * worked()["grad(w12)"], "w11": 0.7 - 0.5 * worked()["grad(w11)"]}),
        ("uphill", "(of b1, b2, c1 and c2)", {"b1": 0.3 + 0.5 * worked()["grad(b1)"]}),
        ("rate-twice", "", {"v11": 1.2 - 0.25 * worked()["grad(v11)"], "c2": -0.25 - 0.25 * worked()["grad(c2)"]}),
        ("not-updated", "(that of w11 to b2)", {"w11": 0.7, "b2": -0.4, "c1": 0.1 - 0.5 * worked()["grad(c1)"]}),
    ],
)
def test_a_slip_in_the_update_of_some(id, at, new):
    gives(exercise(DENSE), id, at, new)


def after(z, h=None, c=C):
    """The forward pass from other sums."""
    h = np.tanh(z) if h is None else h
    o = V @ h + c
    names = {"z1": z[0], "h1": h[0], "h2": h[1], "o1": o[0], "o2": o[1], "L": ((o - T) ** 2).sum() / 2}
    return {name: float(value) for name, value in names.items()}


@pytest.mark.parametrize(
    ("id", "at", "numbers"),
    [
        ("wrong-number", "in z1 (x2 for x1)", after(Z + np.array([0.7 * (-1.1 - 0.6), 0]))),
        ("wrong-number", "in z1 (w11 for w12)", after(Z + np.array([(0.7 + 0.2) * -1.1, 0]))),
        ("inputs-exchanged", "in z1 (x1 and x2)", after(Z + np.array([(0.7 + 0.2) * (-1.1 - 0.6), 0]))),
        ("inputs-exchanged", "in z1 and z2 (x1 and x2)", after(W @ X[::-1] + B)),
        ("bias-sign", "everywhere", after(Z - 2 * B, c=-C)),
        ("other-activation", "(sigmoid for tanh)", after(Z, h=1 / (1 + np.exp(-Z)))),
        ("pre-activation-for-output", "in the forward pass, in o1 and o2", after(Z, h=Z) | {"h1": H[0], "h2": H[1]}),
    ],
)
def test_a_slip_forward_in_a_dense_net(id, at, numbers):
    gives(exercise(DENSE), id, at, numbers)


def test_an_activation_on_a_linear_output():
    e = np.tanh(OUT) - T
    alone = places(exercise(DENSE), "extra-activation")["(in the forward pass alone)"]
    assert float(alone["o2"]) == pytest.approx(math.tanh(OUT[1]))
    gives(exercise(DENSE), "extra-activation", "", worked(e=e * (1 - np.tanh(OUT) ** 2)) | {"o1": math.tanh(OUT[0])})


def logistic(x):
    return 1 / (1 + math.exp(-x))


def test_hidden_errors_from_an_error_without_the_slope_of_the_output():
    """The classic picture of backpropagation; the weights of the output are right."""
    h1, h2 = logistic(0.3 * 0.6 - 0.4 * 0.9), logistic(0.7 * 0.6 + 0.2 * 0.9)
    o = logistic(0.5 * h1 - 0.8 * h2)
    e = o - 1
    bare = {"grad(a)": e * 0.5 * h1 * (1 - h1) * 0.6, "grad(d)": e * -0.8 * h2 * (1 - h2) * 0.9}
    right = {"grad(u)": e * o * (1 - o) * h1, "grad(v)": e * o * (1 - o) * h2}
    gives(exercise(SIGMOID), "no-slope", "at o for the units below alone", bare | right)
    own = {"grad(u)": e * h1, "grad(v)": e * h2, "grad(a)": bare["grad(a)"] * o * (1 - o)}
    gives(exercise(SIGMOID), "no-slope", "at o for its own weights alone", own)
    after = {"grad(a)": e * o * (1 - o) * 0.5 * o * (1 - o) * 0.6}
    gives(exercise(SIGMOID), "slope-of-next-layer", "at every unit", after | right)
    gives(exercise(SIGMOID), "loss-for-error", "", {"grad(u)": e**2 / 2 * o * (1 - o) * h1})


def test_relu_masked_by_the_sign_of_what_comes_back():
    """z = 6, 3, −9 and y = 2·6 − 3·3 = 3: the error 5 comes back as 10, −15, −20."""
    gives(exercise(RELU), "mask-of-upstream", "", {"grad(w1)": 30, "grad(w2)": 0, "grad(w3)": 0})
    told = places(exercise(RELU), "mask-of-upstream")
    assert set(told) == {"", "at a2"}  # at the others it shows nowhere


def test_another_leak_and_the_leak_on_the_wrong_side():
    """z = 1.4 and −2.4; y = 1.3·1.4 − 0.6·a2."""
    y = 1.3 * 1.4 - 0.6 * -2.4 * 0.2
    gives(exercise(LEAKY), "leak-on-wrong-side", "at a1", {"grad(w1)": (y - 0.5) * 1.3 * 0.2 * 2})
    gives(exercise(LEAKY), "leak-on-wrong-side", "at a2", {"grad(w2)": (y - 0.5) * -0.6 * 1 * 2})
    other = 1.3 * 1.4 - 0.6 * -2.4 * 0.01
    gives(exercise(LEAKY), "other-leak", "(0.01)", {"y": other, "grad(w2)": (other - 0.5) * -0.6 * 0.01 * 2})
    gives(exercise(LEAKY), "other-leak", "(0.1) at a2", {"grad(w2)": (y - 0.5) * -0.6 * 0.1 * 2})


LOGITS = 1.5 * np.array([0.5, 0.1, -0.4])
P = np.exp(LOGITS) / np.exp(LOGITS).sum()
ONE_HOT = np.array([0, 1, 0])


def back(delta):
    values = {f"grad(z{k + 1})": delta[k] for k in range(3)} | {f"grad(w{k + 1})": 1.5 * delta[k] for k in range(3)}
    return {key: float(value) for key, value in values.items()}


@pytest.mark.parametrize(
    ("id", "at", "numbers"),
    [
        ("extra-slope", "in the softmax", back((P - ONE_HOT) * P * (1 - P))),
        ("only-true-class", "", back((P - ONE_HOT) * ONE_HOT)),
        ("sum-constant", "", back(-ONE_HOT)),
        ("no-softmax-slope", "", back(-ONE_HOT / P)),
        ("target-forgotten", "", back(P)),
        (
            "softmax-not-normalized",
            "",
            back(np.exp(LOGITS) - ONE_HOT) | {"p1": float(np.exp(LOGITS[0])), "L": -float(LOGITS[1])},
        ),
        ("softmax-without-exp", "", back(LOGITS / LOGITS.sum() - ONE_HOT) | {"p3": float(LOGITS[2] / LOGITS.sum())}),
        ("softmax-base-ten", "", back(10**LOGITS / (10**LOGITS).sum() - ONE_HOT)),
    ],
)
def test_a_slip_in_a_softmax_in_one_line(id, at, numbers):
    gives(exercise(SOFTMAX), id, at, numbers)


@pytest.mark.parametrize("id", ["extra-slope", "only-true-class", "target-forgotten", "softmax-not-normalized"])
def test_a_softmax_is_found_however_it_is_written(id):
    """Line by line with its sum, or within the loss; each slip gives the same errors."""
    lines = "".join(f'p{k} = "exp(z{k})/(exp(z1) + exp(z2) + exp(z3))"\n' for k in (1, 2, 3))
    assert lines in SOFTMAX
    apart = 'e1 = "exp(z1)"\ne2 = "exp(z2)"\ne3 = "exp(z3)"\ns = "e1 + e2 + e3"\n'
    apart += "".join(f'p{k} = "e{k}/s"\n' for k in (1, 2, 3))
    within = SOFTMAX.replace(lines, "")
    for k in (1, 2, 3):
        within = within.replace(f"ln(p{k})", f"ln(exp(z{k})/(exp(z1) + exp(z2) + exp(z3)))")
    told = [places(exercise(text), id) for text in (SOFTMAX, SOFTMAX.replace(lines, apart), within)]
    assert told[0].keys() == told[1].keys() == told[2].keys() != set()
    for at in told[0]:
        first, second, third = ([float(numbers[at][f"grad(w{k})"]) for k in (1, 2, 3)] for numbers in told)
        assert first == pytest.approx(second)
        assert first == pytest.approx(third)


def test_one_logistic_unit_inside_the_loss_may_get_its_slope_once_more():
    p = logistic(2.0)
    text = (
        'loss = "L"\n[given]\nx = 1\nt = 0\n[parameters]\nw = 2\n[equations]\nz = "w*x"\n'
        'L = "-(t*log(sigmoid(z)) + (1 - t)*log(1 - sigmoid(z)))"\n'
    )
    gives(exercise(text), "extra-slope", "in the sigmoid of the loss", {"grad(w)": p * p * (1 - p)})
