"""The catalogue of slips: what each gives in the worked 2-2-1 exercise, by hand, and that each happens somewhere."""

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from array_slip_exercises import ALL_TEXTS
from slip_exercises import TEXTS

import symnet
from symnet.computing.exact import Undefined
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.rewriting import Rewriting
from symnet.diagnosis.slips import CATALOGUE, THEMES, _found

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
RELU = symnet.load(WORKSHEETS / "relu.toml").problem

# Worked by hand: x3 = 5, y3 = 5, x4 = −3, y4 = 0, x5 = 10, y5 = 10, Loss = 50; gradients w13 20, w23 −20, w35 50.
BY_HAND = [
    ("updated-weights", "", {"grad(y3)": -30, "grad(w13)": -30, "w13": 5, "w23": -6}),  # with w35 = 2 − 5 = −3
    ("gradient-for-weight", "", {"w13": 20, "w35": 50, "w14": 0}),
    ("change-for-weight", "", {"w13": -2, "w35": -5}),
    ("uphill", "(added the change instead of subtracting it)", {"w13": 4, "w23": -5, "w35": 7}),
    ("no-learning-rate", "", {"w13": -18, "w23": 17, "w35": -48}),
    ("not-updated", "", {"w13": 2, "w23": -3, "w35": 2}),
    ("updated-fixed", ", x2", {"x2": 5}),  # ∂Loss/∂x2 = −60 by both hidden units
    ("no-slope", "at y4", {"grad(x4)": -10, "grad(w14)": -10, "grad(w24)": 10, "w14": 2, "w24": 3}),
    ("no-input", "(in the gradient of w35)", {"grad(w35)": 10, "w35": 1}),
    ("no-next-weight", "(from x5 back to y3)", {"grad(w13)": 10, "grad(w23)": -10, "w13": 1}),
    ("output-for-weight", "(from x5 back to y3)", {"grad(y3)": 50, "grad(w13)": 50, "w13": -3}),  # 10·y3
    ("wrong-error-sign", "", {"grad(w35)": -50, "grad(w13)": -20}),
    ("factor-two", "(twice as much)", {"grad(w35)": 100, "grad(w13)": 40}),
    ("factor-two", "(half as much)", {"grad(w35)": 25, "grad(w13)": 10}),
    ("added-in-chain", "at w35", {"grad(w35)": 15}),
    ("wrong-input", "(y3 in place of y4)", {"grad(w45)": 50}),
    ("slope-of-other-unit", "(y4 in place of y3)", {"grad(w13)": 0}),
    ("negative-passed", "at y4", {"y4": -3, "x5": 13, "y5": 13, "Loss": Fraction(169, 2), "grad(w35)": 65}),
    ("added-in-sum", "in x3 (w13 + x1)", {"x3": 6, "y3": 6, "x5": 12, "Loss": 72}),
    ("swapped-indices", "in the forward pass (w14 for w23)", {"x3": 1, "x4": -7, "x5": 2, "Loss": 2}),
    ("swapped-indices", "in the gradients (w14 for w23)", {"grad(w14)": -20, "grad(w23)": 0}),
    ("term-sign", "(second term of x3)", {"x3": -1, "y3": 0, "Loss": 0}),
    ("no-square", "in Loss", {"Loss": 5}),
    ("loss-factor", "(twice as much)", {"Loss": 100}),
    ("sign", "in x4", {"x4": 3, "y4": 3, "x5": 7}),
]  # fmt: skip


def test_no_two_slips_have_one_name():
    assert len([*_found()]) == len(CATALOGUE) > len(THEMES)


@pytest.fixture(scope="module")
def told():
    hypotheses = Hypotheses(RELU)
    right = hypotheses.right(RELU)
    return right, {(hypothesis.id, hypothesis.at): values for hypothesis, values in hypotheses.wrong(RELU)}


@pytest.mark.parametrize(("id", "at", "numbers"), BY_HAND, ids=[f"{id} {at}" for id, at, _ in BY_HAND])
def test_a_slip_gives_what_it_gives_by_hand(told, id, at, numbers):
    _, wrong = told
    assert {key: wrong[id, at][key] for key in numbers} == numbers


def test_the_right_hypothesis_is_the_solution(told):
    right, _ = told
    solution = RELU and symnet.solve(RELU)
    for name, value in {**solution.forward, **solution.updated}.items():
        assert right[name] == value
    for name, value in solution.gradients.items():
        assert right[f"grad({name})"] == value


def exercise(text):
    return symnet.loads(text).problem


TANH = """
loss = "L"
learning_rate = 0.5
[given]
x = 2
t = 1
[parameters]
w = 0.5
b = 1
v = 3
[equations]
z = "w*x + b"
a = "tanh(z)"
y = "v*a"
L = "(y - t)^2"
"""


def only(problem, id, at=None):
    hypotheses = Hypotheses(problem, slips=[id])
    told = [(hypothesis.at, values) for hypothesis, values in hypotheses.wrong(problem)]
    return dict(told)[at] if at is not None else told[0][1]


def test_slopes_taken_at_the_wrong_number():
    """With jax as the judge of tanh′: 1 − tanh(a)² at the output, 1 − z² with the pre-activation put in."""
    from math import isclose, tanh

    problem = exercise(TANH)
    a = tanh(2)
    upstream = 2 * (3 * a - 1) * 3
    assert isclose(only(problem, "slope-at-output")["grad(z)"], upstream * (1 - tanh(a) ** 2))
    assert isclose(only(problem, "slope-of-pre-activation")["grad(z)"], upstream * (1 - 2**2))
    assert isclose(only(problem, "no-slope")["grad(z)"], upstream)


def test_one_slope_too_many():
    """tanh′ squared; and (p − t)·p·(1 − p) where the softmax and its cross-entropy give p − t alone."""
    from math import isclose, tanh

    a = tanh(2)
    assert isclose(only(exercise(TANH), "extra-slope")["grad(z)"], 2 * (3 * a - 1) * 3 * (1 - a**2) ** 2)
    problem = symnet.load(WORKSHEETS / "cross-entropy.toml").problem
    right = {key: float(value) for key, value in Hypotheses(problem).right(problem).items()}
    slipped = only(problem, "extra-slope", "in the softmax")
    for k in (1, 2, 3):
        p, t = right[f"p{k}"], right[f"t{k}"]
        assert isclose(slipped[f"grad(z{k})"], (p - t) * p * (1 - p))


def test_bias_left_out_and_bias_not_updated():
    problem = exercise(TANH)
    assert only(problem, "no-bias")["z"] == 1
    assert only(problem, "not-updated", "for the biases")["b"] == 1


def test_the_activation_left_out_forward_and_backward():
    values = only(exercise(TANH), "no-activation")
    assert (values["a"], values["y"], values["L"], values["grad(w)"]) == (2, 6, 25, 2 * 5 * 3 * 2)


BATCH = """
loss = "L"
learning_rate = 1
[given]
x = 1
t = 0
[parameters]
w = 2
[equations]
y = "w*x"
L = "(y - t)^2/2"
[[samples]]
x = 1
t = 0
[[samples]]
x = 3
t = 0
"""


def test_sum_for_mean_one_example_and_an_update_after_each():
    """The gradients are 2 and 18: mean 10, sum 20; one after the other −: w = 0, and then nothing."""
    problem = exercise(BATCH)
    assert Hypotheses(problem).right(problem)["w"] == -8
    assert only(problem, "sum-or-mean")["w"] == -18
    assert only(problem, "one-example", "(number 1)")["w"] == 0
    assert only(problem, "one-example", "(number 2)")["w"] == -16
    assert only(problem, "update-per-example")["w"] == 0


def test_steps_off_by_one():
    problem = replace(exercise(BATCH), updates=3)
    assert only(problem, "steps-off-by-one", "(2 instead of 3)")["w"] == 2 * (-4) ** 2
    assert only(problem, "steps-off-by-one", "(4 instead of 3)")["w"] == 2 * (-4) ** 4


def test_once_for_all_instead_of_after_every_example():
    problem = replace(exercise(BATCH), online=True, updates=2)
    assert Hypotheses(problem).right(problem)["w"] == 0
    assert only(problem, "update-for-all")["w"] == -8


def test_sequential_order_is_asked_for_and_forgotten():
    text = (WORKSHEETS / "relu.toml").read_text(encoding="utf-8") + '\n[training]\norder = "sequential"\n'
    problem = exercise(text)
    assert Hypotheses(problem).right(problem)["w13"] == 5
    assert only(problem, "old-weights")["w13"] == 0


def test_softmax_and_logarithm():
    """e = (2, 1, 0): without exp p1 = 2/3; with powers of ten p1 = 100/111; −log10(p2)."""
    from math import isclose, log

    problem = symnet.load(WORKSHEETS / "cross-entropy.toml").problem
    right = Hypotheses(problem).right(problem)
    assert only(problem, "softmax-without-exp")["p1"] == Fraction(2, 3)
    assert only(problem, "softmax-base-ten")["p1"] == Fraction(100, 111)
    assert isclose(only(problem, "log-base-ten")["L"], float(right["L"]) / log(10))
    assert isclose(only(problem, "log-base-two")["L"], float(right["L"]) / log(2))


def test_relu_has_slope_one_at_zero_for_some():
    problem = exercise('loss = "L"\n[given]\nx = 0\n[equations]\ny = "relu(x)"\nL = "3y"\n')
    assert only(problem, "kink")["grad(x)"] == 3


def test_a_path_of_several_is_forgotten():
    problem = exercise('loss = "L"\n[given]\nx = 2\n[equations]\na = "3x"\nb = "x^2"\nL = "a + 5b"\n')
    assert only(problem, "one-path", "(from x through a)")["grad(x)"] == 20
    assert only(problem, "one-path", "(from x through b)")["grad(x)"] == 3


def perceptron(x, b):
    """One update of the rule w ← w + η e x, written out, from w = 0."""
    return exercise(
        f'learning_rate = 0.5\n[given]\nx = {x}\nt = 0\n[parameters]\nw = 0\nb = {b}\n[equations]\nnet = "w*x + b"\n'
        'y = "step(net)"\ne = "t - y"\n[update]\nrules = ["w = w + lr*e*x", "b = b + lr*e"]\n'
    )


def test_the_value_of_the_step_function_at_0_is_taken_for_the_other():
    right = Hypotheses(perceptron(2, 0)).right(perceptron(2, 0))
    assert (right["y"], right["w"], right["b"]) == (1, -1, Fraction(-1, 2))
    told = only(perceptron(2, 0), "step-at-zero", "in y")
    assert (told["y"], told["e"], told["w"], told["b"]) == (0, 0, 0, 0)


def test_the_input_is_forgotten_in_a_rule_that_is_written_out():
    assert only(perceptron(2, 1), "no-input", "(in the update of w)")["w"] == Fraction(-1, 2)
    changed = only(perceptron(2, 1), "uphill", "(subtracted the change that is to be added)")
    assert (changed["w"], changed["b"]) == (1, Fraction(3, 2))


LOGISTIC = (
    'loss = "L"\n[given]\nx = 1\nt = 1\n[parameters]\nw = 2\n[equations]\np = "sigmoid(w*x)"\n'
    'L = "-(t*log(p) + (1-t)*log(1-p))"\n'
)


def test_p_and_1_minus_p_are_exchanged():
    problem = exercise(LOGISTIC)
    assert float(Hypotheses(problem).right(problem)["L"]) == pytest.approx(math.log(1 + math.exp(-2)))
    assert float(only(problem, "other-class", "in L")["L"]) == pytest.approx(math.log(1 + math.exp(2)))


def test_half_of_the_cross_entropy_is_left_out():
    """With t = 1 only the first term counts: without it the loss is 0, and so is every gradient."""
    told = only(exercise(LOGISTIC), "half-cross-entropy", "(the first, in L and the error)")
    assert (told["L"], told["grad(w)"]) == (0, 0)
    alone = only(exercise(LOGISTIC), "half-cross-entropy", "(the first, in L alone)")
    assert alone["L"] == 0
    assert float(alone["grad(w)"]) == pytest.approx(1 / (1 + math.exp(-2)) - 1)


def test_a_softmax_of_shifted_numbers_has_slips():
    problem = exercise(
        'loss = "L"\n[given]\nz1 = 1\nz2 = 3\n[equations]\ne1 = "exp(z1-3)"\ne2 = "exp(z2-3)"\nS = "e1 + e2"\n'
        'p1 = "e1/S"\nL = "-log(p1)"\n'
    )
    assert {hypothesis.id for hypothesis in Hypotheses(problem).hypotheses} >= {"no-term", "sign", "log-base-ten"}


def test_there_is_no_bias_in_target_minus_output():
    problem = exercise('loss = "L"\n[given]\nt = 3\ny = 2\n[equations]\ne = "t - y"\nL = "e^2"\n')
    assert "no-bias" not in {hypothesis.id for hypothesis in Hypotheses(problem).hypotheses}


ROUNDED = """
loss = "L"
[given]
x = 1
[equations]
a = "x/3"
b = "2*a"
L = "1000*b"
"""


@pytest.mark.parametrize(
    ("id", "at", "L"),
    [
        ("rounded-lines", "to 2 decimals", 660),  # 0.33, 0.66
        ("rounded-lines", "to 1 decimal", 600),
        ("rounded-lines", "to 3 significant digits", 666),
        ("truncated-lines", "to 1 decimal", 600),
        ("rounded-forward", "to 4 decimals", Fraction(6666, 10)),
    ],
)
def test_every_line_rounded(id, at, L):
    assert only(exercise(ROUNDED), id, at)["L"] == L


def test_truncation_is_not_rounding():
    problem = exercise(ROUNDED.replace("x/3", "2x/3"))
    assert only(problem, "rounded-lines", "to 2 decimals")["L"] == 1340  # 0.67, 1.34
    assert only(problem, "truncated-lines", "to 2 decimals")["L"] == 1320  # 0.66, 1.32


def test_single_precision_is_that_of_numpy():
    numpy = pytest.importorskip("numpy")
    problem = exercise(ROUNDED)
    third = numpy.float32(1) / numpy.float32(3)
    assert only(problem, "single-precision")["b"] == 2 * Fraction(float(third))


@cache
def of_the_course():
    """What slips are looked for in: the sheets of the course, and nets, orders and optimizers that it has none for."""
    sheets = [loaded.problem for path in sorted(WORKSHEETS.glob("*.toml")) if (loaded := symnet.load(path)).worked]
    online = replace(exercise(BATCH), online=True, updates=2)
    sequential = replace(exercise(BATCH), sequential=True)
    others = (*map(exercise, (*TEXTS, *ALL_TEXTS)), online, sequential, perceptron(0, 0), exercise(LOGISTIC))
    return [Rewriting(problem) for problem in (*others, *sheets)]


@pytest.mark.parametrize("id", CATALOGUE)
def test_every_slip_happens_in_some_exercise(id):
    assert any(any(CATALOGUE[id].rewrite(rewriting)) for rewriting in of_the_course())


@pytest.mark.parametrize("slip", CATALOGUE.values(), ids=lambda slip: slip.id)
def test_a_slip_says_in_one_phrase_what_the_person_did(slip):
    assert slip.did
    assert slip.did[0].islower()
    assert not slip.did.endswith(".")
    assert len(slip.did) < 100


def test_a_slip_may_lead_to_what_has_no_value():
    problem = exercise('loss = "L"\n[given]\na = 1\nb = 3\n[equations]\nd = "b - 2*a"\nL = "sqrt(d)"\n')
    values = only(problem, "sign", "in d")
    assert values["d"] == -1
    assert isinstance(values["L"], Undefined)
