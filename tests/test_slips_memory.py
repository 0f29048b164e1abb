"""Slips with an optimizer that remembers, each given by hand from what its words say: loops over floats."""

import pytest
import slip_exercises
from slip_exercises import exercise

from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.rewriting import Rewriting
from symnet.diagnosis.slips import CATALOGUE


def optimizing(name, steps):
    """L = 3w² from w = 1: the gradient is 6w."""
    return exercise(slip_exercises.optimizing(name, steps))


def only(problem, id, at):
    return {hypothesis.at: values for hypothesis, values in Hypotheses(problem, slips=[id]).wrong(problem)}[at]


def adam(
    steps, first=1, keeps_m=1, keeps_v=1, adds_m=None, adds_v=None, corrects=True, root=0.5, square=2,
    betas=(0.9, 0.999), corrects_m=True, corrects_v=True, memory_m=True, memory_v=True,
    gradient=lambda w: 6 * w, rate=0.5, corrected_by=None,
):  # fmt: skip
    """Adam on 3w² in floats, with something left out or other than it should be."""
    w, m, v, (beta1, beta2) = 1.0, 0.0, 0.0, betas
    exponent = corrects if callable(corrects) else lambda t: t
    for t in range(first, first + steps):
        g = gradient(w)
        m = keeps_m * beta1 * m + (adds_m or 1 - beta1) * g
        v = keeps_v * beta2 * v + (adds_v or 1 - beta2) * g**square
        b1, b2 = (corrected_by or ((0.9, 0.999) if betas[0] < 0.9 else betas)) if corrects else (0, 0)
        m_hat = m / (1 - b1 ** exponent(t)) if corrects_m else m
        v_hat = v / (1 - b2 ** exponent(t)) if corrects_v else v
        m_hat, v_hat = m_hat if memory_m else g, v_hat if memory_v else g**2
        w -= rate * m_hat / (v_hat**root + 1e-8)
    return w


@pytest.mark.parametrize(
    ("id", "at", "flaw"),
    [
        ("count-off-by-one", "", {"first": 2}),
        ("no-memory", "(in m)", {"keeps_m": 0}),
        ("no-memory", "(in v)", {"keeps_v": 0}),
        ("no-memory", "(in m and v)", {"keeps_m": 0, "keeps_v": 0}),
        ("no-share", "(in m)", {"adds_m": 1}),
        ("no-share", "(in v)", {"adds_v": 1}),
        ("no-share", "", {"adds_m": 1, "adds_v": 1}),
        ("no-bias-correction", "", {"corrects": False}),
        ("no-bias-correction", "(worked it out, but did not use it)", {"corrects": False}),
        ("no-bias-correction", "(worked that of m out, but did not use it)", {"corrects_m": False}),
        ("no-bias-correction", "(worked that of v out, but did not use it)", {"corrects_v": False}),
        ("bias-correction-of-other", "(of m)", {"corrected_by": (0.999, 0.999)}),
        ("bias-correction-of-other", "(of v)", {"corrected_by": (0.9, 0.9)}),
        ("bias-correction-of-other", "(of both)", {"corrected_by": (0.999, 0.9)}),
        ("memory-whole", "(in m)", {"keeps_m": 1 / 0.9}),
        ("new-term-sign", "(in m)", {"adds_m": -0.1}),
        ("no-root", "", {"root": 1}),
        ("no-square-in-update", "", {"square": 1}),
        ("bias-correction-without-power", "", {"corrects": lambda t: 1}),
        ("bias-correction-of-one", "(m)", {"corrects_v": False}),
        ("bias-correction-of-one", "(v)", {"corrects_m": False}),
        ("rates-swapped", "", {"betas": (0.999, 0.9)}),
        ("shares-exchanged", "(in m and v)", {"betas": (0.1, 0.001)}),
        ("shares-exchanged", "(in v)", {"keeps_v": 0.001 / 0.999, "adds_v": 0.999}),
        ("memory-sign", "(in m)", {"keeps_m": -1}),
        ("gradient-for-memory", "(for m)", {"memory_m": False}),
        ("gradient-for-memory", "(for v)", {"memory_v": False}),
        ("gradient-of-first-step", "", {"gradient": lambda w: 6.0}),
        ("rate-twice", "", {"rate": 0.25}),
    ],
)
def test_something_of_adam_is_forgotten(id, at, flaw):
    problem = optimizing("adam", 2)
    assert float(Hypotheses(problem).right(problem)["w"]) == pytest.approx(adam(2), rel=1e-9)
    assert float(only(problem, id, at)["w"]) == pytest.approx(adam(2, **flaw), rel=1e-9)
    assert adam(2, **flaw) != pytest.approx(adam(2), rel=1e-6)


def test_momentum_forgotten_is_gradient_descent():
    forgotten = only(optimizing("momentum", 3), "no-memory", "(in v)")
    plain = optimizing("sgd", 3)
    assert forgotten["w"] == Hypotheses(plain).right(plain)["w"] == (1 - 0.5 * 6) ** 3


def momentum(steps, keeps=0.9, adds=1.0, late=False, rate=0.5, gradient=lambda w: 6 * w):
    """Momentum on 3w² in floats."""
    w, v = 1.0, 0.0
    for _ in range(steps):
        before, g = v, gradient(w)
        v = keeps * v + adds * g
        w -= rate * (before if late else v)
    return w


@pytest.mark.parametrize(
    ("id", "at", "flaw"),
    [
        ("averaged-memory", "(in v)", {"adds": 0.1}),
        ("memory-sign", "(in v)", {"keeps": -0.9}),
        ("memory-whole", "(in v)", {"keeps": 1}),
        ("new-term-sign", "(in v)", {"adds": -1.0}),
        ("shares-exchanged", "(in v)", {"keeps": 0.1, "adds": 0.9}),
        ("rest-for-share", "(in v)", {"keeps": 0.1}),
        ("memory-too-late", "", {"late": True}),
        ("rate-twice", "", {"rate": 0.25}),
        ("gradient-of-first-step", "", {"gradient": lambda w: 6.0}),
    ],
)
def test_something_of_momentum_is_other_than_it_should_be(id, at, flaw):
    problem = optimizing("momentum", 3)
    assert float(Hypotheses(problem).right(problem)["w"]) == pytest.approx(momentum(3))
    assert float(only(problem, id, at)["w"]) == pytest.approx(momentum(3, **flaw))


# v ← μv + ηg and w ← w − v, as other books have it.
OTHER_MOMENTUM = """
loss = "L"
learning_rate = 0.5
[parameters]
w = 1
[equations]
L = "3*w^2"
[update]
rules = ["v = 0.9*v + lr*grad(w)", "w = w - v"]
state = { v = 0 }
[training]
steps = 3
"""


@pytest.mark.parametrize(
    ("at", "flaw"),
    [
        ("in v as well as in the step, where it belongs", {"adds": 0.5}),
        ("in v instead of in the step", {"adds": 0.5, "rate": 1.0}),
        ("and by −1 in v instead of in the step", {"adds": -0.5, "rate": -1.0}),
    ],
)
def test_the_learning_rate_in_what_is_carried_over(at, flaw):
    """v ← μv + ηg where v ← μv + g is asked; who takes it out of the step has the right weights all the same."""
    assert float(only(optimizing("momentum", 3), "rate-in-memory", at)["w"]) == pytest.approx(momentum(3, **flaw))
    assert not list(CATALOGUE["rate-in-memory"].rewrite(Rewriting(optimizing("rmsprop", 3))))


def test_the_learning_rate_in_the_step_where_it_belongs_into_what_is_carried_over():
    problem = exercise(OTHER_MOMENTUM)
    told = only(problem, "rate-in-memory", "in the step instead of in v")
    assert float(told["w"]) == pytest.approx(momentum(3)) == float(Hypotheses(problem).right(problem)["w"])
    assert float(told["v"]) == pytest.approx(2 * float(Hypotheses(problem).right(problem)["v"]))
    assert float(only(problem, "rate-twice", "")["w"]) == pytest.approx(momentum(3, rate=0.25))


def test_the_learning_rate_counted_twice_is_no_misplaced_decimal_point():
    """With η = 1/100 both give 0.06 for 6."""
    problem = exercise(slip_exercises.optimizing("momentum", 2).replace("0.5", "0.01"))
    given = {"v(w)@1": "0.06", "w@1": "0.9994", "grad(w)@2": "5.9964", "v(w)@2": "0.113964"}
    verdicts = diagnose(Hypotheses(problem, [*given]), problem, given)
    assert {tuple(slip.id for slip in verdict.slips) for verdict in verdicts.values()} == {("rate-in-memory",)}


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad"])
def test_what_an_optimizer_has_not_is_not_got_wrong(optimizer):
    problem = optimizing(optimizer, 2)
    of_averages = ("averaged-memory", "memory-sign", "rates-swapped", "shares-exchanged", "bias-correction-of-one")
    of_averages += ("memory-whole", "new-term-sign", "bias-correction-of-other")
    for id in (*of_averages, "bias-correction-without-power", "gradient-for-memory"):
        assert not list(CATALOGUE[id].rewrite(Rewriting(problem))), id
