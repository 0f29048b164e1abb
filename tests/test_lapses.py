"""Whole sheets in which one line is wrong, or one layer: the slip made there is named, and no other.

The numbers are worked here, in plain floats, by somebody who makes the mistake in one line and has the others right.
"""

from math import exp, log, tanh

import pytest

import symnet

DECAY = """learning_rate = 0.1
given = { x1 = 1, x2 = -2, t = 0.5, lam = 0.3 }
parameters = { a1 = 0.61, a2 = -0.43, b = 0.2, v = 0.9 }
[equations]
z = "a1*x1 + a2*x2 + b"
y = "v*z"
L = "(y - t)^2/2 + lam/2*(a1^2 + a2^2 + v^2)"
"""
SOFTMAX = """learning_rate = 0.2
given = { x = 1.5, t1 = 0, t2 = 0, t3 = 1 }
parameters = { w1 = 0.2, w2 = -0.3, w3 = 0.6 }
[equations]
z1 = "w1*x"
z2 = "w2*x"
z3 = "w3*x"
p1 = "exp(z1)/(exp(z1) + exp(z2) + exp(z3))"
p2 = "exp(z2)/(exp(z1) + exp(z2) + exp(z3))"
p3 = "exp(z3)/(exp(z1) + exp(z2) + exp(z3))"
L = "-(t1*log(p1) + t2*log(p2) + t3*log(p3))"
"""
RECURRENT = """learning_rate = 0.2
given = { x1 = 0.5, x2 = -1, h0 = 0.2, t = 0.6 }
parameters = { w = 0.8, u = -0.4, v = 1.1 }
[equations]
a1 = "w*x1 + u*h0"
h1 = "tanh(a1)"
a2 = "w*x2 + u*h1"
h2 = "tanh(a2)"
y = "v*h2"
L = "(y - t)^2/2"
"""
HIDDEN = """learning_rate = 0.5
given = { x = 0.8, t = 0.2 }
parameters = { w1 = 0.4, w2 = 0.6, w3 = 0.7, w4 = -0.5, b1 = 0.25, b2 = -0.15 }
[equations]
n1 = "w1*x + b1"
h1 = "sigmoid(n1)"
n2 = "w2*x + b1"
h2 = "sigmoid(n2)"
n3 = "w3*h1 + w4*h2 + b2"
n4 = "w4*h1 - w3*h2 + b2"
E = "(n3 - t)^2/2 + (n4 - t)^2/2"
"""


def sigmoid(z):
    return 1 / (1 + exp(-z))


def decayed():
    z = 0.61 + 0.86 + 0.2
    e = 0.9 * z - 0.5
    right = {"z": z, "y": 0.9 * z, "grad(v)": e * z + 0.27, "grad(b)": e * 0.9, "grad(a2)": -2 * 0.9 * e - 0.129}
    return right | {"b": 0.2 - 0.09 * e, "v": 0.9 - 0.1 * (e * z + 0.27)}, {"grad(a1)": 0.9 * e + 2 * 0.183}


def one_sigmoid():
    z = {1: 0.3, 2: -0.45, 3: 0.9}
    p = {k: exp(z[k]) / sum(map(exp, z.values())) for k in z}
    right = {f"z{k}": z[k] for k in z} | {"p2": p[2], "p3": p[3], "L": -log(p[3]), "grad(z1)": p[1]}
    return right | {"grad(z3)": p[3] - 1, "w1": 0.2 - 0.3 * p[1]}, {"p1": sigmoid(0.3)}


def recurrent(a2=None, through=-0.4):
    a1 = 0.4 - 0.08
    h1 = tanh(a1)
    h2 = tanh(-0.8 - 0.4 * h1)
    e = 1.1 * h2 - 0.6
    d2 = 1.1 * e * (1 - h2 * h2)
    right = {"a1": a1, "h1": h1, "h2": h2, "y": 1.1 * h2, "grad(y)": e, "grad(a2)": d2, "L": e * e / 2}
    d1 = d2 * through * (1 - h1 * h1)
    if a2 is not None:
        return right, {"a2": a2}
    return right | {"a2": -0.8 - 0.4 * h1}, {"grad(h1)": d2 * through, "grad(a1)": d1, "w": 0.8 - 0.2 * (d1 / 2 - d2)}


def written(numbers):
    return {key: f"{number:.4f}" for key, number in numbers.items()}


@pytest.mark.parametrize(
    ("text", "sheet", "id", "says"),
    [
        (DECAY, decayed(), "penalty-doubled", "The lines beside it are right."),
        (SOFTMAX, one_sigmoid(), "sigmoid-for-softmax", "in p1. The lines beside it are right."),
        (RECURRENT, recurrent(a2=-0.8), "no-term", "(second term of a2)."),
        (RECURRENT, recurrent(through=0.8), "input-weight-for-recurrent", "through the weight of the input"),
    ],
)
def test_one_line_is_wrong_and_the_slip_there_is_named(text, sheet, id, says):
    right, wrong = sheet
    verdicts = symnet.check(symnet.loads(text), written(right | wrong)).verdicts
    assert {key for key, verdict in verdicts.items() if verdict.verdict == "wrong"} == set(wrong)
    for key in wrong:
        assert [slip.id for slip in verdicts[key].slips] == [id]
        assert says in verdicts[key].slips[0].says


def test_a_slip_of_one_layer_of_the_forward_pass():
    """Without b1 in the hidden layer, and all carried on, with b2 after it."""
    n1, n2 = 0.32, 0.48
    h1, h2 = sigmoid(n1), sigmoid(n2)
    n3, n4 = 0.7 * h1 - 0.5 * h2 - 0.15, -0.5 * h1 - 0.7 * h2 - 0.15
    answers = written({"n1": n1, "n2": n2, "h1": h1, "h2": h2, "n3": n3, "n4": n4})
    verdicts = symnet.check(symnet.loads(HIDDEN), answers).verdicts
    assert [slip.says for slip in verdicts["n1"].slips] == ["You forgot the bias in n1 and n2."]


def test_the_gradient_of_a_shared_bias_is_no_mean():
    """b1 goes into n1 and n2; nothing else is shared but w3 and w4, which are asked nothing of."""
    exercise = symnet.loads(HIDDEN)
    asked = ("grad(n1)", "grad(n2)")
    n1, n2 = (float(symnet.check(exercise, {key: "9"}).verdicts[key].right) for key in asked)
    answers = written({"grad(n1)": n1, "grad(n2)": n2, "grad(b1)": (n1 + n2) / 2})
    (slip,) = symnet.check(exercise, answers).verdicts["grad(b1)"].slips
    assert slip.says == "You averaged the gradient of b1 over the places that use it instead of adding up."


def test_one_thing_is_not_told_in_the_words_of_two_slips():
    """t − y for y − t is a lost sign in ∂L/∂y, ten times a rate of 0.1 is none; but uphill is another thing."""
    (slip,) = (
        symnet.check(symnet.loads(RECURRENT), {"grad(y)": f"{0.6 - recurrent()[0]['y']:.4f}"}).verdicts["grad(y)"].slips
    )
    assert slip.id == "wrong-error-sign"
    right, _ = decayed()
    (slip,) = symnet.check(symnet.loads(DECAY), written({"v": 0.9 - 10 * (0.9 - right["v"])})).verdicts["v"].slips
    assert slip.id == "no-learning-rate"
    told = symnet.check(symnet.loads(DECAY), written({"v": 1.8 - right["v"]})).verdicts["v"].slips
    assert [slip.id for slip in told][:2] == ["uphill", "wrong-error-sign"]


def test_an_invented_number_in_a_right_sheet_has_no_name():
    right, _ = one_sigmoid()
    for number in ("0.3171", "0.4419", "0.6023", "0.1234", "0.8865"):
        verdict = symnet.check(symnet.loads(SOFTMAX), written(right) | {"p1": number}).verdicts["p1"]
        assert (verdict.verdict, verdict.slips) == ("wrong", ())
