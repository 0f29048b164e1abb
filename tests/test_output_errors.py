"""Outputs that go with their loss: p is named, its error p − t is derived once and used, and 0·ln 0 is 0."""

import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest

import symnet
from symnet.algebra.backprop import backprop
from symnet.algebra.equations import partial, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.output_errors import output_errors
from symnet.algebra.softmax_rows import softmax_rows
from symnet.algebra.unrolling import unroll
from symnet.paper import formats

NUMBERS = {"x": 2, "w": 0.3, "v": -0.5, "u": 0.7, "m": 0.25, "T": 2, "t1": 0, "t2": 1, "t3": 0, "y": 1}
LOGITS = {"z1": "w*x", "z2": "v*x", "z3": "u*x"}
SUM = "(exp(z1) + exp(z2) + exp(z3))"
NAMED = {f"p{k}": f"exp(z{k})/{SUM}" for k in (1, 2, 3)}
CROSS_ENTROPY = "-(t1*ln(p1) + t2*ln(p2) + t3*ln(p3))"
UNIT = {"z": "w*x + v", "p": "sigmoid(z)"}
BINARY = "-(y*ln(p) + (1 - y)*ln(1 - p))"

# What is written, and how many outputs with their loss are in it.
WRITTEN = {
    "named": (LOGITS | NAMED | {"L": CROSS_ENTROPY}, 1),
    "the true class alone": (LOGITS | NAMED | {"L": "-ln(p2)"}, 1),
    "signs inside": (LOGITS | NAMED | {"L": "-t1*log(p1) - t2*log(p2) - t3*log(p3)"}, 1),
    "exponentials and their sum named": (
        LOGITS
        | {f"e{k}": f"exp(z{k})" for k in (1, 2, 3)}
        | {"s": "e1 + e2 + e3", "p1": "e1/s", "p2": "e2/s", "p3": "e3/s", "L": CROSS_ENTROPY},
        1,
    ),
    "within the loss": (LOGITS | {"L": f"-ln(exp(z2)/{SUM})"}, 1),
    "shifted": (
        LOGITS
        | {"s": "exp(z1 - m) + exp(z2 - m) + exp(z3 - m)"}
        | {f"p{k}": f"exp(z{k} - m)/s" for k in (1, 2, 3)}
        | {"L": CROSS_ENTROPY},
        1,
    ),
    "logits without names, and a temperature": ({"p1": "exp(w*x/T)/(exp(w*x/T) + exp(v*x/T))", "L": "-ln(p1)"}, 1),
    "half of it, with a penalty": (LOGITS | NAMED | {"D": f"({CROSS_ENTROPY})/2", "L": "D + 0.1*w^2"}, 1),
    "targets that sum to 3": (LOGITS | NAMED | {"L": "-(2*ln(p1) + ln(p2))"}, 1),
    "two of them": ({"a": "w*x", "b": "v*x", "p": "sigmoid(a)", "q": "sigmoid(b)", "L": "-ln(p) - ln(1 - q)"}, 2),
    "logistic": (UNIT | {"L": BINARY}, 1),
    "logistic, written out": (UNIT | {"p": "1/(1 + exp(-z))", "L": BINARY}, 1),
    "logistic, within the loss": ({"z": "w*x", "L": "-y*log(sigmoid(z)) - (1 - y)*log(1 - sigmoid(z))"}, 1),
    "an entropy": (LOGITS | NAMED | {"L": "-(p1*ln(p1) + p2*ln(p2) + p3*ln(p3))"}, 0),
    "an output used twice": (LOGITS | NAMED | {"r": "p1^2", "L": "r - ln(p1)"}, 0),
    "a square": (UNIT | {"L": "(p - y)^2"}, 0),
}


def file_of(equations, given="x m T t1 t2 t3 y", more="", numbers=NUMBERS):
    lines = "\n".join(f'{name} = "{formula}"' for name, formula in equations.items())
    values = "\n".join(f"{name} = {numbers[name]}" for name in given.split())
    return (
        f"learning_rate = 1\n[given]\n{values}\n[parameters]\nw = 0.3\nv = -0.5\nu = 0.7\n[equations]\n{lines}\n{more}"
    )


def key_of(text):
    return formats.render(symnet.loads(text).worksheet().key, Path("key.txt"))


@pytest.mark.parametrize("written", WRITTEN)
def test_the_short_gradient_is_that_of_the_formula(written):
    """The judge is a difference quotient of the loss in sixty digits."""
    equations, count = WRITTEN[written]
    problem = symnet.loads(file_of(equations)).problem
    assert len(output_errors(problem.network.equations, symbol("L"))) == count
    plain = backprop(problem.network.equations, symbol("L"))
    is_short = bool(count or softmax_rows(problem.network.equations))
    assert (problem.backward == plain) == (not is_short)
    assert {e.name for e in problem.backward} == {e.name for e in plain}

    def loss(**changed):
        known = {"exp": mpmath.exp, "ln": mpmath.log, "log": mpmath.log, "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z))}
        values = {name: mpmath.mpf(str(number)) for name, number in NUMBERS.items()} | changed
        for name, formula in equations.items():
            values[name] = eval(formula.replace("^", "**"), known, values)  # noqa: S307 - the texts above
        return values["L"]

    with mpmath.workdps(60):
        for name, value in symnet.loads(file_of(equations)).solve().gradients.items():
            if name in ("w", "v", "u"):
                slope = mpmath.diff(lambda at, name=name: loss(**{name: at}), mpmath.mpf(str(NUMBERS[name])))
                assert abs(mpmath.mpf(str(float(value))) - slope) < 1e-12, name


def test_the_key_names_p_and_derives_the_error_once():
    key = key_of(file_of(LOGITS | NAMED | {"L": CROSS_ENTROPY}))
    assert key.count("derived once") == 1
    assert "p₁·(t₁ + t₂ + t₃) − t₁ = p₁ − t₁" in key
    assert "because t₁ + t₂ + t₃ = 1" in key
    assert "= p₂ − t₂ ≈" in key
    assert "∂L/∂w = δ_z₁·x ≈" in key
    assert "/(e^" not in key.partition("Backward pass")[2]  # no fraction of exponentials is carried along


def test_where_targets_do_not_sum_to_one_the_sum_stays():
    key = key_of(file_of(WRITTEN["targets that sum to 3"][0]))
    assert "The targets sum to 3, which stays in the error" in key
    assert "3·p₁ − 2" in key


@pytest.mark.parametrize(
    ("loss", "given", "because"),
    [
        ("-t*ln(p)", "t = 1", "The last step holds because t = 1"),
        ("-t^2*ln(p)", "t = 1", "The last step holds because t² = 1"),
        ("-(t + t)*ln(p)", "t = 0.5", "The last step holds because t + t = 1"),
        ("-(2*t*m*ln(p) + (1 - t)*ln(q))", "t = 1\nm = 0.5", "The last step holds because 2·t·m + (1 − t) = 1"),
        ("-t*ln(p)", "t = 2", "The targets do not sum to 1, so t stays"),
    ],
)
def test_the_logarithm_of_one_class_alone_is_proved_with_its_target(loss, given, because):
    softmax = 'e = "exp(a)"\nf = "exp(b)"\ns = "e + f"\np = "e/s"\nq = "f/s"\n'
    key = key_of(f'[given]\n{given}\n[parameters]\na = 0.3\nb = 0.4\n[equations]\n{softmax}L = "{loss}"')
    assert because in " ".join(key.split())
    p = math.exp(0.3) / (math.exp(0.3) + math.exp(0.4))
    assert f"{(2 if 't = 2' in given else 1) * (p - 1):.6g}".replace("-", "−") in key


def test_a_logistic_unit_has_output_minus_target():
    key = key_of(file_of(UNIT | {"L": BINARY}))
    assert "= −y·(1 − p) + (1 − y)·p = p − y" in key
    assert "δ_z = ∂L/∂z = p − y" in key


def test_a_gradient_of_what_stands_between_is_derived_link_by_link():
    text = file_of(LOGITS | NAMED | {"L": CROSS_ENTROPY}, more='[[question]]\nask = "gradient"\nof = "p2"')
    assert "∂L/∂p₂ = −t₂/p₂" in key_of(text)


# -- the short form, and Python ---------------------------------------------------------------------------------------

NET = """
learning_rate = 0.1
[network]
layers = [2, 2, 3]
activation = "relu"
output = "{output}"
loss = "{loss}"
weights = {{ W1 = [[1, -1], [0, 1]], b1 = [0, 0], W2 = [[1, 0, -1], [0, 2, 1]], b2 = [0, 0, 0] }}
inputs = [[1, 2]]
targets = [[0, 1, 0]]
"""
SOFTMAX = NET.format(output="softmax", loss="cross_entropy")


@pytest.mark.parametrize(
    ("output", "loss", "logits"),
    [
        ("softmax", "cross_entropy", "softmax_cross_entropy"),
        ("sigmoid", "binary_cross_entropy", "sigmoid_cross_entropy"),
    ],
)
def test_both_spellings_are_the_same_computation(output, loss, logits):
    ours, theirs = (
        symnet.loads(NET.format(output=output, loss=loss)),
        symnet.loads(NET.format(output="linear", loss=logits)),
    )
    assert ours.solve().gradients["w1_1_2"] == theirs.solve().gradients["w1_1_2"]
    names = ours.problem.network.by_name
    assert ("p3" in names) == (output == "softmax")
    assert "p3" in theirs.problem.network.by_name
    if output == "softmax":
        assert ours.problem.network == theirs.problem.network
    X, T = np.array([[1.0, 2], [-1, 0.5]]), np.array([[0.0, 1, 0], [1, 0, 0]])
    net = symnet.mlp([2, 2, 3], "tanh", output=output, loss=loss)
    other = symnet.mlp([2, 2, 3], "tanh", loss=logits)
    params = net.init(seed=1)
    for found, expected in zip(symnet.compile(net)(params, X, T), symnet.compile(other)(params, X, T), strict=True):
        assert json.dumps(found, default=np.ndarray.tolist) == json.dumps(expected, default=np.ndarray.tolist)


def test_what_a_softmax_net_predicts_are_probabilities_however_large_its_logits():
    net = symnet.mlp([2, 3], output="softmax", loss="cross_entropy")
    X, T = np.array([[1.0, 2], [3, -1]]), np.eye(3)[:2]
    run = symnet.fit(
        net, X, T, optimizer=symnet.sgd(1), epochs=3, params={"W1": 900 * np.ones((2, 3)), "b1": np.arange(3.0)}
    )
    assert np.isfinite(run.losses).all()
    p = run.predict(X)
    assert p.shape == (2, 3)
    np.testing.assert_allclose(p.sum(1), 1)


@pytest.mark.parametrize(
    ("output", "loss", "right"),
    [
        ("sigmoid", "sigmoid_cross_entropy", 'output = "sigmoid" with loss = "binary_cross_entropy"'),
        ("softmax", "softmax_cross_entropy", 'output = "softmax" with loss = "cross_entropy"'),
        ("linear", "cross_entropy", 'output = "linear" with loss = "softmax_cross_entropy"'),
        ("softmax", "binary_cross_entropy", 'output = "sigmoid" with loss = "binary_cross_entropy"'),
    ],
)
def test_pairs_that_do_not_belong_together_are_refused_with_the_right_one(output, loss, right):
    with pytest.raises(Mistake, match="output is") as refused:
        symnet.loads(NET.format(output=output, loss=loss))
    assert right in str(refused.value)


def test_the_softmax_question_and_the_matrices_need_no_names():
    key = key_of(SOFTMAX + '[[question]]\nask = "softmax"\n[[question]]\nask = "matrix"')
    assert "∂Loss/∂z⁽²⁾₂ = p₂ − t₂ ≈ 0.665241 − 1 ≈ −0.334759" in key
    assert "Z̄₂ = (P − T)/n" in key
    assert "P = softmax(Z₂)" in key
    uneven = key_of(SOFTMAX.replace("[[0, 1, 0]]", "[[0, 1, 1]]") + '[[question]]\nask = "matrix"')
    assert "Z̄₂ = (P − T)/n" not in uneven


# -- the same working in answers --------------------------------------------------------------------------------------


def verdicts(command, tmp_path, *answers):
    path = tmp_path / "softmax.toml"
    path.write_text(SOFTMAX, encoding="utf-8")
    return json.loads(command("check", path, *answers, "--json")[1])["answers"]


@pytest.mark.parametrize(
    ("answer", "id"),
    [
        ("grad(z2_2)=0.665241", "target-forgotten"),
        ("dL/dz2_2=0.334759", "wrong-error-sign"),
        ("grad(z2_2)=-0.0745493", "extra-slope"),
        ("δ_z2_1=-0.755272", "target-of-other-output"),
    ],
)
def test_slips_of_the_error_are_named(answer, id, command, tmp_path):
    (found,) = verdicts(command, tmp_path, answer).values()
    assert found["slips"][0]["id"] == id


def test_an_error_from_a_wrong_p_of_ones_own_is_right(command, tmp_path):
    found = verdicts(command, tmp_path, "p2=0.5652", "grad(z2_2)=-0.4348")
    assert [answer["verdict"] for answer in found.values()] == ["wrong", "wrong"]
    assert found["grad(z2_2)"]["carried"] == ["p2"]


def test_delta_of_a_class_is_the_error_at_its_logit(command, tmp_path):
    path = tmp_path / "named.toml"
    path.write_text(file_of(LOGITS | NAMED | {"L": "-ln(p2)"}), encoding="utf-8")
    right = symnet.load(path).solve().gradients["z1"]
    (found,) = json.loads(command("check", path, f"δ1={float(right):.6f}", "--json")[1])["answers"].values()
    assert found["verdict"] in ("right", "rounded")


# -- 0·ln 0 -----------------------------------------------------------------------------------------------------------

CERTAIN = {"p": "w*x", "L": BINARY}


def certain(y, **more):
    return file_of(CERTAIN | more, given="x y", numbers={"x": 1, "y": y}).replace("w = 0.3", "w = 1")


def test_nothing_times_the_logarithm_of_nothing_is_nothing():
    solution = symnet.loads(certain(1)).solve()
    assert (solution.forward["L"], solution.gradients["w"]) == (0, -1)
    assert "0·ln 0 counts as 0" in key_of(certain(1))
    assert "0·ln 0" not in key_of(certain(1).replace("w = 1", "w = 0.5"))
    for text, why in ((certain(0.5), "log of zero"), (certain(1, L="(1 - y)/(1 - p)"), "division by zero")):
        with pytest.raises(Mistake, match=why):
            symnet.loads(text).solve()


@pytest.mark.parametrize("backend", ["numpy", "math"])
def test_nor_is_it_in_generated_code(backend):
    net = symnet.Network.parse("p = w*x\nL = -(y*ln(p) + (1 - y)*ln(1 - p))", ["w"])
    loss, gradients = symnet.compile(net, backend)({"w": 1.0}, np.array([[1.0, 1.0]]))
    assert (float(loss), float(gradients["w"])) == (0, -1)
    with np.errstate(all="ignore"):
        assert math.isinf(float(symnet.compile(net)({"w": 1.0}, np.array([[1.0, 0.5]]))[0]))


def test_a_layer_written_out_has_its_probabilities_by_name():
    net = unroll(symnet.mlp([2, 2], loss="softmax_cross_entropy"), 2)
    assert [e.name for e in net.equations][-5:] == ["p1_1", "p1_2", "p2_1", "p2_2", "Loss"]
    assert str(net.by_name["Loss"].rhs).count("log(p") == 4
    assert partial("Loss", "p1_1").name in {e.name for e in net.backward}
