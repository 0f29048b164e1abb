"""Slips in backpropagation through time, each given by hand from what its words say."""

from math import tanh

import pytest
from slip_exercises import RECURRENT, TRUNCATED, exercise
from told import gives, places

from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.rewriting import Rewriting
from symnet.diagnosis.slips import CATALOGUE, time

WX, WH, B, WY = -0.7, 0.9, 0.2, 1.1
X = {1: 0.8, 2: -1.1, 3: 0.45}
T = {1: 0.2, 2: 0.6, 3: -0.4}
STEPS = (1, 2, 3)


def forward(x=X, state=lambda h, t: h[t - 1], start=0.3):
    h = {0: start}
    for t in STEPS:
        h[t] = tanh(WX * x[t] + WH * state(h, t) + B)
    return h


H = forward()


def back(
    reach=3, through=WH, slope=lambda t: t, state=lambda t: t - 1, x=lambda t: t, losses=STEPS, counted=STEPS, h=H
):
    """The gradients: how many steps an error goes through, by what, and which step's numbers are taken."""
    e = {t: (WY * h[t] - T[t]) if t in losses else 0.0 for t in STEPS}
    slopes = {t: 1 - h[slope(t)] ** 2 for t in STEPS}
    delta = dict.fromkeys(STEPS, 0.0)
    for s in STEPS:  # the error of step s, back to step t
        passed = WY * e[s]
        for t in range(s, max(0, s - reach), -1):
            delta[t] += passed * slopes[t]
            passed = passed * slopes[t] * through
    numbers = {
        "wx": sum(delta[t] * X[x(t)] for t in counted),
        "wh": sum(delta[t] * h[state(t)] for t in counted),
        "b": sum(delta[t] for t in counted),
        "wy": sum(e[t] * h[t] for t in (counted if counted != STEPS else STEPS)),
    }
    return {f"grad({name})": value for name, value in numbers.items()}


def of(slope):
    return {key: number for key, number in back(slope=slope).items() if key != "grad(wy)"}


@pytest.mark.parametrize(
    ("id", "at", "numbers"),
    [
        ("truncated-in-time", "(no error goes back to an earlier step)", back(reach=1)),
        ("truncated-in-time", "(an error goes back through 2 steps)", back(reach=2)),
        ("no-next-weight", "(from each time step back to the one before)", back(through=1)),
        ("loss-of-last-step", "in the gradients", back(losses=(3,))),
        ("loss-of-last-step", "in the loss, too", back(losses=(3,)) | {"L": (WY * H[3] + 0.4) ** 2 / 2}),
        ("slope-of-other-step", "(of the step after)", back(slope=lambda t: min(t + 1, 3))),
        ("slope-of-other-step", "(of the step before)", back(slope=lambda t: max(t - 1, 1))),
        ("slope-of-other-step", "(h2 in place of h1)", back(slope={1: 2, 2: 2, 3: 3}.get)),
        ("gradient-of-one-step", "(step 3)", back(counted=(3,))),
        ("gradient-of-one-step", "(step 1)", back(counted=(1,))),
        ("averaged-over-steps", "", {key: number / 3 for key, number in back().items()}),
        ("input-of-other-step", "in the gradient of wx (that of the step before)", back(x=lambda t: max(t - 1, 1))),
        ("input-of-other-step", "in the gradient of wx (that of the step after)", back(x=lambda t: min(t + 1, 3))),
    ],
)
def test_a_slip_in_time(id, at, numbers):
    gives(exercise(RECURRENT), id, at, numbers)


def test_gradients_that_are_stopped():
    """Where h2 is a constant for step 3, the steps are still the same steps, and who does not stop is right of all."""
    gives(exercise(TRUNCATED), "gradient-not-stopped", "", back())
    gives(exercise(TRUNCATED), "truncated-in-time", "(no error goes back to an earlier step)", back(reach=1))
    gives(exercise(TRUNCATED), "gradient-of-one-step", "(step 3)", back(counted=(3,)))
    assert not places(exercise(RECURRENT), "gradient-not-stopped")


def test_the_state_of_another_step_in_the_gradients():
    """The step after: h of step t itself for wh; h of t + 1 for wy, as far as there is one."""
    e = {t: WY * H[t] - T[t] for t in STEPS}
    own = back(state=lambda t: t) | {"grad(wy)": e[1] * H[2] + e[2] * H[3] + e[3] * H[3]}
    gives(exercise(RECURRENT), "state-of-other-step", "in the gradient of wh and wy (that of the step after)", own)
    alone = {**back(), "grad(wh)": own["grad(wh)"]}
    gives(exercise(RECURRENT), "state-of-other-step", "in the gradient of wh (that of the step after)", alone)


@pytest.mark.parametrize(
    ("id", "at", "h"),
    [
        ("input-of-other-step", "in a2 (that of the step before)", forward(x=X | {2: 0.8})),
        ("input-of-other-step", "in a2 (that of the step after)", forward(x=X | {2: 0.45})),
        ("state-of-other-step", "in a3 (that of the step before)", forward(state=lambda h, t: h[{3: 1}.get(t, t - 1)])),
    ],
)
def test_a_slip_forward_in_time(id, at, h):
    gives(exercise(RECURRENT), id, at, {f"h{t}": h[t] for t in STEPS})


def test_a_given_start_that_is_taken_as_0():
    """Forward and in the gradient of its weight, which no slip in one line and no step left out gives both."""
    h, problem = forward(start=0.0), exercise(RECURRENT)
    numbers = {f"h{t}": h[t] for t in STEPS} | back(h=h)
    gives(problem, "start-forgotten", ", h0", numbers)
    in_gradient = {**back(), "grad(wh)": back(h=H | {0: 0.0})["grad(wh)"]}
    gives(problem, "start-forgotten", ", h0, in the gradients", in_gradient)
    verdicts = diagnose(Hypotheses(problem), problem, {key: f"{number:.4f}" for key, number in numbers.items()})
    assert {verdict.slips[0].id for verdict in verdicts.values()} == {"start-forgotten"}


def test_an_input_of_every_step_is_no_start():
    assert [*places(exercise(RECURRENT), "start-forgotten")] == [", h0", ", h0, in the gradients"]
    nothing = RECURRENT.replace("h0 = 0.3\n", "").replace(" + wh*h0", "")
    assert not places(exercise(nothing), "start-forgotten")


def test_a_loss_at_the_end_alone_is_no_loss_of_every_step():
    last = RECURRENT.replace("(y1 - t1)^2/2 + (y2 - t2)^2/2 + ", "").replace('y1 = "wy*h1"\n', "")
    last = last.replace('y2 = "wy*h2"\n', "").replace("t1 = 0.2\nt2 = 0.6\n", "")
    assert not places(exercise(last), "loss-of-last-step")
    assert places(exercise(last), "truncated-in-time")


@pytest.mark.parametrize(
    "equations",
    [
        'h = "tanh(w*x)"\ny = "v*h"\nL = "y^2"',  # nothing is shared
        'a = "w*x"\nc = "w*v"\nL = "(a - c)^2"',  # shared, but neither comes after the other
    ],
)
def test_where_there_are_no_time_steps_there_are_no_slips_of_time(equations):
    problem = exercise(f'loss = "L"\n[given]\nx = 2\n[parameters]\nw = 1\nv = 2\n[equations]\n{equations}\n')
    slips = [slip for slip in CATALOGUE.values() if slip.rewrite.__module__ == time.__name__]
    assert len(slips) == 9
    for slip in slips:
        assert not list(slip.rewrite(Rewriting(problem))), slip.id


WITHOUT_A_START = """
[given]
x = [1, 0.5, -1]
t = 0.4
[parameters]
w = 0.6
u = 0.9
b = 0.1
[equations]
"z[s=1..3]" = "w*x[s] + u*h[s-1] + b"
"h[s=1..3]" = "tanh(z[s])"
L = "(h[3] - t)^2/2"
"""


def test_a_first_step_with_no_state_before_it_is_a_step():
    x, h = {1: 1.0, 2: 0.5, 3: -1.0}, {0: 0.0}
    for t in STEPS:
        h[t] = tanh(0.6 * x[t] + 0.9 * h[t - 1] + 0.1)
    delta = {3: (h[3] - 0.4) * (1 - h[3] ** 2)}
    for t in (2, 1):
        delta[t] = 0.9 * delta[t + 1] * (1 - h[t] ** 2)
    problem = exercise(WITHOUT_A_START)
    one = {"grad(w)": delta[1] * x[1], "grad(b)": delta[1], "grad(u)": 0.0}
    gives(problem, "gradient-of-one-step", "(step 1)", one)
    own = {"grad(u)": sum(delta[t] * h[t] for t in STEPS)}
    gives(problem, "state-of-other-step", "in the gradient of u (that of the step after)", own)
    before = {"grad(w)": delta[1] * x[1] + delta[2] * x[1] + delta[3] * x[2]}
    gives(problem, "input-of-other-step", "in the gradient of w (that of the step before)", before)
