"""Slips where a loss is made of several, and where a softmax is written out: each by hand from what its words say."""

from math import exp, log, tanh

import pytest
from slip_exercises import STEPS, exercise
from told import gives, leaves, places

from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses

ROWS = """
loss = "L"
learning_rate = 0.5
[given]
X = [[1, -2], [0.5, 1.5]]
T = [[1, 0, 0.5], [-1, 2, 0.25]]
[parameters]
W = [[0.2, -0.4, 1], [0.6, 0.1, -0.3]]
[equations]
Y = "X @ W"
L = "sum((Y - T)^2)"
"""

SOFTMAX = """
loss = "L"
learning_rate = 0.5
[given]
x = 1.4
[parameters]
a = 0.9
b = -0.3
c = 0.5
[equations]
z1 = "a*x"
z2 = "b*x"
z3 = "c*x"
S = "exp(z1) + exp(z2) + exp(z3)"
p1 = "exp(z1)/S"
p2 = "exp(z2)/S"
p3 = "exp(z3)/S"
L = "-ln(p2)"
"""


def of_steps():
    """L and ∂L/∂v, where the losses are added up."""
    h1 = tanh(0.8 * 0.7)
    h2 = tanh(-0.8 * 1.2 - 0.5 * h1)
    h3 = tanh(0.8 * 0.4 - 0.5 * h2)
    errors = [1.3 * h - t for h, t in ((h1, 0.3), (h2, -0.6), (h3, 0.9))]
    back = sum(2 * e * h for e, h in zip(errors, (h1, h2, h3), strict=True))
    return {"L": sum(e * e for e in errors), "grad(v)": back}


def times(share, numbers):
    return {key: share * number for key, number in numbers.items()}


def test_the_mean_of_the_losses_for_their_sum():
    problem = exercise(STEPS.format(whole="E1 + E2 + E3"))
    gives(problem, "losses-averaged", "(divided by 3)", times(1 / 3, of_steps()))
    leaves(problem, "losses-averaged", "(divided by 3)", ["E1", "E2", "E3"])
    assert not places(problem, "losses-summed")


def test_the_sum_of_the_losses_for_their_mean():
    problem = exercise(STEPS.format(whole="(E1 + E2 + E3)/3"))
    gives(problem, "losses-summed", "", of_steps())
    assert not places(problem, "losses-averaged")


def test_a_penalty_beside_the_losses_stays_as_it_is():
    problem = exercise(STEPS.format(whole="E1 + E2 + E3 + 0.1*v^2"))
    numbers = times(1 / 3, of_steps())
    penalized = {"L": numbers["L"] + 0.1 * 1.3**2, "grad(v)": numbers["grad(v)"] + 0.2 * 1.3}
    gives(problem, "losses-averaged", "(divided by 3)", penalized)


def test_the_mean_of_a_matrix_is_that_of_its_rows_or_of_its_entries():
    assert [*places(exercise(ROWS), "losses-averaged")] == ["(divided by 2)", "(divided by 6)"]


@pytest.mark.parametrize("whole", ["E1", "v*h3", "(v*h1 - t1)^2 + (v*h2 - t2)^2"])
def test_one_loss_is_no_sum_of_losses(whole):
    """Of two squares half the sum is as likely the half before a square."""
    assert not places(exercise(STEPS.format(whole=whole)), "losses-averaged")


def test_the_mean_is_told_at_the_loss_and_not_at_a_shared_weight():
    problem = exercise(STEPS.format(whole="E1 + E2 + E3"))
    given = {key: f"{number:.4f}" for key, number in times(1 / 3, of_steps()).items()}
    verdicts = diagnose(Hypotheses(problem), problem, given)
    assert {tuple(slip.id for slip in verdicts[key].slips) for key in given} == {("losses-averaged",)}


def shares():
    z = {1: 0.9 * 1.4, 2: -0.3 * 1.4, 3: 0.5 * 1.4}
    return z, {k: exp(own) / sum(map(exp, z.values())) for k, own in z.items()}


def test_a_softmax_that_is_written_out_is_one_where_the_loss_takes_one_output_alone():
    """p − t, times p(1 − p) once too often."""
    _, p = shares()
    errors = {k: p[k] - (k == 2) for k in p}
    numbers = {f"grad(z{k})": errors[k] * p[k] * (1 - p[k]) for k in p}
    gives(exercise(SOFTMAX), "extra-slope", "in the softmax", numbers)


def test_the_exponential_forgotten_in_a_softmax_that_is_written_out():
    z, _ = shares()
    whole = sum(z.values())
    numbers = {"S": whole, **{f"p{k}": z[k] / whole for k in z}, "grad(z1)": z[1] / whole}
    gives(exercise(SOFTMAX.replace("-ln(p2)", "-ln(p1)")), "softmax-without-exp", "", numbers | {
        "L": -log(z[1] / whole), "grad(z1)": z[1] / whole - 1, "grad(z2)": z[2] / whole,
    })  # fmt: skip


def test_no_line_for_the_other_outputs_of_a_softmax():
    """p₁ alone, with the sum in its own line or in that of p₁."""
    _, p = shares()
    alone = SOFTMAX.replace('p1 = "exp(z1)/S"\n', "").replace('p3 = "exp(z3)/S"\n', "")
    short = alone.replace('S = "exp(z1) + exp(z2) + exp(z3)"\n', "").replace("/S", "/(exp(z1) + exp(z2) + exp(z3))")
    for text in (alone, short):
        gives(exercise(text), "extra-slope", "in the softmax", {"grad(z3)": p[3] ** 2 * (1 - p[3])})


@pytest.mark.parametrize("loss", ["sum((Y - T)^2)/(2*3)", "1/(2*3)*sum((Y - T)^2)", "sum((Y - T)^2)/2/3"])
def test_a_half_and_a_mean_may_stand_in_one_denominator(loss):
    """Y − T without its 1/3: rows of two numbers, so that 1/(2·3) is a mean over all entries as well."""
    given, text = "T = [[0.5, -0.3], [1.2, 0.4], [-0.6, 0.8]]", f'Y = "W + 0.5"\nL = "{loss}"'
    problem = exercise(f"[given]\n{given}\n[parameters]\nW = [[1, 2], [0.5, -1], [2, 0.25]]\n[equations]\n{text}")
    gives(problem, "not-averaged-back", "(3, in L)", {"grad(Y1_1)": 1.5 - 0.5, "grad(W3_2)": 0.75 - 0.8})


LOGISTIC = """
loss = "J"
[given]
x = 1.4
t = 1
[parameters]
w = 0.3
[equations]
z = "w*x"
p = "sigmoid(z)"
J = "-(t*ln(p) + (1 - t)*ln(1 - p))"
"""

WITH_TARGETS = SOFTMAX.replace("x = 1.4", "x = 1.4\nt1 = 0\nt2 = 1\nt3 = 0").replace(
    "-ln(p2)", "-(t1*ln(p1) + t2*ln(p2) + t3*ln(p3))"
)


def test_a_loss_of_every_class():
    e = [exp(1.4 * w) for w in (0.9, -0.3, 0.5)]
    p = [one / sum(e) for one in e]
    gives(exercise(WITH_TARGETS), "loss-of-every-class", "", {"L": -sum(map(log, p)), "grad(z1)": p[0]})
    assert not places(exercise(SOFTMAX), "loss-of-every-class")


@pytest.mark.parametrize(
    ("at", "of_error", "of_loss"),
    [("in the error of the softmax", 3, 1), ("in the loss and its error", 3, 3), ("in the loss", 1, 3)],
)
@pytest.mark.parametrize("text", [SOFTMAX, WITH_TARGETS], ids=["of the true class", "with targets"])
def test_divided_by_the_number_of_classes(text, at, of_error, of_loss):
    e = [exp(1.4 * w) for w in (0.9, -0.3, 0.5)]
    p = [one / sum(e) for one in e]
    numbers = {"L": -log(p[1]) / of_loss, "grad(z2)": (p[1] - 1) / of_error, "grad(c)": 1.4 * p[2] / of_error}
    gives(exercise(text), "averaged-over-classes", at, numbers)


@pytest.mark.parametrize(("share", "words"), [(0.5, "(with the half)"), (1, "(without a half)")])
def test_the_squared_error_for_the_cross_entropy(share, words):
    e = [exp(1.4 * w) for w in (0.9, -0.3, 0.5)]
    p = [one / sum(e) for one in e]
    loss = share * (p[0] ** 2 + (p[1] - 1) ** 2 + p[2] ** 2)
    for text in (SOFTMAX, WITH_TARGETS):
        at = f"in the loss alone {words}"
        gives(exercise(text), "squared-error-for-cross-entropy", at, {"L": loss, "grad(z1)": p[0]})
    errors = [2 * share * (one - t) for one, t in zip(p, (0, 1, 0), strict=True)]
    back = sum(error * p[0] * ((k == 0) - p[k]) for k, error in enumerate(errors))
    numbers = {"L": loss, "grad(z1)": back}
    gives(exercise(WITH_TARGETS), "squared-error-for-cross-entropy", f"and its derivative {words}", numbers)
    q = 1 / (1 + exp(-0.42))
    binary = {"J": share * (q - 1) ** 2, "grad(z)": 2 * share * (q - 1) * q * (1 - q)}
    gives(exercise(LOGISTIC), "squared-error-for-cross-entropy", f"and its derivative {words}", binary)
    assert not places(exercise(ROWS), "squared-error-for-cross-entropy")
