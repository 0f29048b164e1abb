"""Exercise files with [[layer]]: what they say is what the same layers are in Python."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import entry_values
import numpy as np
import pytest

import symnet
from symnet.algebra.equations import BATCH
from symnet.algebra.layers import CATALOGUE
from symnet.paper import formats
from symnet.reference.topics.layers import entries

CNN = """
learning_rate = 0.1
[network]
inputs = [[[[1, 2, 0], [0, 1, 1], [2, 0, 1]]]]
targets = [[1, 0]]
loss = "softmax_cross_entropy"
weights = { K1 = [[[[1, 0], [-1, 1]]]], b1 = [0.5], W3 = [[1, 0], [0, 1], [1, 1], [0, 0]], b3 = [0, 0] }
[[layer]]
kind = "conv"
channels = 1
kernel = 2
activation = "relu"
[[layer]]
kind = "flatten"
[[layer]]
kind = "dense"
units = 2
"""
GRU = """
learning_rate = 0.1
[network]
inputs = [[[1, 0], [0, 1], [1, 1]], [[0, 0.5], [1, 0], [0, 0]]]
targets = [[1], [0]]
seed = 3
[[layer]]
kind = "gru"
units = 2
[[layer]]
kind = "dense"
units = 1
"""


def compared(text, kinds, shape, loss):
    exercise = symnet.loads(text)
    problem = exercise.problem
    net = symnet.sequential(shape, kinds, loss=loss)

    def number(names, values):
        return [number(part, values) for part in names] if isinstance(names, tuple) else float(values[names])

    given = {w: np.array(number(problem.arrays[w.name], problem.start)) for w in net.parameters}
    for x in (*net.inputs, *net.targets):
        given[x] = np.array([number(problem.arrays[x.name], row) for row in problem.examples])
    found = entry_values.values([*net.equations, *net.backward], given, {BATCH: len(problem.examples)})
    solved = exercise.solve()
    for w in net.parameters:
        mine = number(problem.arrays[w.name], {name: solved.updated[name] for name in problem.start})
        right = given[w] - 0.1 * found[net.gradient_of(w)]
        np.testing.assert_allclose(mine, right, rtol=0, atol=1e-12)


def test_a_convolutional_file_is_the_network_of_the_same_layers():
    kinds = [symnet.layers.conv(1, 2, activation="relu"), symnet.layers.flatten(), symnet.layers.dense(2)]
    compared(CNN, kinds, (1, 3, 3), "softmax_cross_entropy")


def test_a_recurrent_file_of_two_examples_is_the_network_of_the_same_layers():
    compared(GRU, [symnet.layers.gru(2), symnet.layers.dense(1)], (3, 2), "half_squared_error")


BATCH_NORM = """
learning_rate = 0.1
[network]
inputs = [[1, 2], [3, 0], [0, 1]]
targets = [[1], [0], [1]]
loss = "%s"
seed = 1
[[layer]]
kind = "residual"
layers = [{ kind = "dense", units = 2 }, { kind = "batch_norm", eps = 0.5 }]
activation = "tanh"
[[layer]]
kind = "dropout"
rate = 0.5
mask = [1, 1]
[[layer]]
kind = "dense"
units = 1
"""


@pytest.mark.parametrize(
    "loss", ["half_squared_error", "mean_squared_error", "sigmoid_cross_entropy", "softmax_cross_entropy"]
)
def test_the_examples_of_a_batch_norm_are_rows_of_one_array(loss):
    exercise = symnet.loads(BATCH_NORM % loss)
    problem = exercise.problem
    assert problem.arrays["X"][2] == ("X3_1", "X3_2")
    kinds = [
        symnet.layers.residual([symnet.layers.dense(2), symnet.layers.batch_norm(eps=0.5)], activation="tanh"),
        symnet.layers.dropout(0.5, [1, 1]),
        symnet.layers.dense(1),
    ]
    net = symnet.sequential(2, kinds, loss=loss)

    def number(names, values):
        return [number(part, values) for part in names] if isinstance(names, tuple) else float(values[names])

    given = {w: np.array(number(problem.arrays[w.name], problem.start)) for w in net.parameters}
    given |= {x: np.array(number(problem.arrays[x.name], problem.given)) for x in (*net.inputs, *net.targets)}
    found = entry_values.values([*net.equations, *net.backward], given, {BATCH: 3})
    solved = exercise.solve()
    for w in net.parameters:
        mine = number(problem.arrays[w.name], {name: solved.updated[name] for name in problem.start})
        np.testing.assert_allclose(mine, given[w] - 0.1 * found[net.gradient_of(w)], rtol=0, atol=1e-12)


BATCH_OF_PICTURES = """
learning_rate = 0.1
[network]
inputs = [[[[1, 2, 0], [0, 1, 1], [2, 0, 1]]], [[[0, 1, 1], [2, 0, 0], [1, 1, 2]]]]
targets = [[1, 0], [0, 1]]
loss = "softmax_cross_entropy"
seed = 2
[[layer]]
kind = "conv"
channels = 2
kernel = 2
activation = "relu"
[[layer]]
kind = "batch_norm"
[[layer]]
kind = "flatten"
[[layer]]
kind = "dense"
units = 2
"""
BATCH_OF_SERIES = """
learning_rate = 0.1
[network]
inputs = [[[1, 2], [0, 1], [2, 0]], [[0, 1], [2, -1], [1, 1]]]
targets = [[1], [0]]
seed = 2
[[layer]]
kind = "conv1d"
channels = 2
kernel = 2
[[layer]]
kind = "batch_norm"
eps = 0.5
[[layer]]
kind = "attention"
mask = "causal"
[[layer]]
kind = "global_mean_pool"
[[layer]]
kind = "dense"
units = 1
"""


def updated(exercise):
    """{parameter: its array after one update} and what the file gives, as arrays."""
    problem, solved = exercise.problem, exercise.solve()

    def number(names, values):
        return [number(part, values) for part in names] if isinstance(names, tuple) else float(values[names])

    known = {**problem.given, **problem.start}
    given = {
        name: np.array(number(names, known)) for name, names in problem.arrays.items() if names_of(names) <= {*known}
    }
    return {name: np.array(number(problem.arrays[name], solved.updated)) for name in given if name not in "XT"}, given


def names_of(names):
    return {name for part in names for name in names_of(part)} if isinstance(names, tuple) else {names}


@pytest.mark.parametrize(
    ("text", "shape", "kinds"),
    [
        (
            BATCH_OF_PICTURES,
            (1, 3, 3),
            [
                symnet.layers.conv(2, 2, activation="relu"),
                symnet.layers.batch_norm(),
                symnet.layers.flatten(),
                symnet.layers.dense(2),
            ],
        ),
        (
            BATCH_OF_SERIES,
            (3, 2),
            [
                symnet.layers.conv1d(2, 2),
                symnet.layers.batch_norm(eps=0.5),
                symnet.layers.attention(mask="causal"),
                symnet.layers.global_mean_pool(),
                symnet.layers.dense(1),
            ],
        ),
    ],
    ids=["pictures", "series"],
)
def test_the_examples_of_a_batch_norm_are_worked_together(text, shape, kinds):
    after, known = updated(symnet.loads(text))
    loss = "softmax_cross_entropy" if "softmax" in text else "half_squared_error"
    net = symnet.sequential(shape, kinds, loss=loss)
    given = {x: known[x.name] for x in (*net.inputs, *net.targets, *net.parameters)}
    found = entry_values.values([*net.equations, *net.backward], given, {BATCH: 2})
    for w in net.parameters:
        np.testing.assert_allclose(after[w.name], given[w] - 0.1 * found[net.gradient_of(w)], rtol=0, atol=1e-12)


def test_a_batch_norm_after_a_convolution_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    after, known = updated(symnet.loads(BATCH_OF_PICTURES))
    p = {name: torch.tensor(value, requires_grad=name not in "XT") for name, value in known.items()}
    norm = torch.nn.BatchNorm2d(2, dtype=torch.float64)
    norm.weight, norm.bias = torch.nn.Parameter(p["g2"].detach()), torch.nn.Parameter(p["b2"].detach())
    a = norm(torch.relu(torch.nn.functional.conv2d(p["X"], p["K1"], p["b1"]))).flatten(1)
    torch.nn.functional.cross_entropy(a @ p["W4"] + p["b4"], p["T"]).backward()
    slopes = {name: value.grad for name, value in p.items()} | {"g2": norm.weight.grad, "b2": norm.bias.grad}
    for name, value in after.items():
        np.testing.assert_allclose(value, known[name] - 0.1 * slopes[name].numpy(), rtol=0, atol=1e-12)


def test_the_paths_through_the_statistics_of_a_channel_are_put_together():
    key = formats.render(symnet.loads(BATCH_OF_PICTURES).worksheet().key, Path("key.txt"))
    assert "A₁ reaches Loss along three paths: straight, through v₂ and through m₂." in " ".join(key.split())
    assert "(N̄₂,ᵢ,ⱼ,ₖ,ₘ − (∑_(p,q,r) N̄_(2,p,j,q,r))/8" in key


def test_a_batch_norm_has_its_statistics_or_no_recurrence_beside_it():
    with pytest.raises(symnet.Mistake, match="layer 1, gru, is a recurrence, which is worked one example after"):
        symnet.loads(GRU.replace("units = 2", 'units = 2\n[[layer]]\nkind = "batch_norm"'))
    flatten = 'kind = "flatten"'
    told = CNN.replace("3", "4").replace(
        flatten, f'kind = "batch_norm"\nmean = [0.5]\nvariance = [4]\n[[layer]]\n{flatten}'
    )
    solved = symnet.loads(told).solve()
    assert float(solved.forward["Y2_1_1_1"]) == pytest.approx((float(solved.forward["A1_1_1_1"]) - 0.5) / 4.00001**0.5)


def test_dropout_on_paper_needs_its_mask():
    with pytest.raises(symnet.Mistake, match=r"mask = \[1, 0"):
        symnet.loads(BATCH_NORM.replace("mask = [1, 1]", "") % "squared_error")


def test_weights_that_are_not_given_are_drawn_to_two_places():
    problem = symnet.loads(GRU).problem
    assert all(abs(value) <= 1 and (100 * Fraction(value)).denominator == 1 for value in problem.start.values())
    again, other = symnet.loads(GRU).problem, symnet.loads(GRU.replace("seed = 3", "seed = 4")).problem
    assert problem.start == again.start != other.start


def test_every_kind_is_described_by_a_file_that_can_be_worked():
    described = {entry.name: entry.example for entry in entries()}
    assert {*CATALOGUE} < {*described}
    for name in CATALOGUE:
        assert json.loads(json.dumps(symnet.loads(described[name]).problem.arrays))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "gru"', 'kind = "grv"', 'did you mean "gru"?'),
        ('kind = "gru"\n', "", "layer[0].kind is missing"),
        ("units = 2", "unit = 2", 'did you mean "units"?'),
        ("units = 2", "units = 0", "units"),
        ("units = 2", "units = 200000000", "network has 120,000,002,000,000,001 parameters, more than anybody works"),
        ("units = 2", 'units = 2\nsequences = "yes"', 'gru: sequences is "yes"; it must be true or false'),
        ("units = 2", "units = 2\ntruncation = 1", 'did you mean "truncate"?'),
        ("seed = 3", "seed = 3\nlayers = [2, 1]", "layers"),
        (
            "targets = [[1], [0]]",
            "targets = [[1, 1], [0, 0]]",
            "the shape (2,), and the output Z2 of the last layer (1,)",
        ),
        ("targets = [[1], [0]]", "targets = [[1]]", "1 examples but inputs has 2"),
        ("[0, 0]]]", "[0, 0], [1, 1]]]", "the examples have different shapes"),
        ("seed = 3", "weights = { Wr1 = [[1, 2]] }", "weights.Wr1 has the shape (1, 2); it must be (2, 2)"),
        ("seed = 3", 'loss = "hinge_of_mine"', "network.loss"),
        ("[network]", "[networks]", "network"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(old, new, said):
    assert old in GRU
    with pytest.raises(symnet.Mistake) as refused:
        symnet.loads(GRU.replace(old, new, 1))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
