"""Exercise files with [[layer]] and [data]: pictures, series and words from a CSV file, trained and checked."""

import csv
import json

import numpy as np
import pytest

import symnet
from symnet import Mistake
from symnet.exercises.reader import load

BARS = """title = "Upright or level"
learning_rate = 0.02
[network]
input_shape = [1, 4, 5]
loss = "softmax_cross_entropy"
seed = 1
[[layer]]
kind = "conv"
channels = 4
kernel = 3
activation = "relu"
[[layer]]
kind = "dropout"
rate = 0.1
[[layer]]
kind = "global_max_pool"
[[layer]]
kind = "dense"
units = 2
[data]
csv = "bars.csv"
inputs = ["p1..p20"]
targets = ["kind"]
validation = 0.25
[training]
epochs = 30
batch_size = 10
[update]
optimizer = "adam"
"""


def bars(folder, count=80):
    """Pictures of one bar, in noise."""
    random = np.random.default_rng(0)
    with (folder / "bars.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*(f"p{i}" for i in range(1, 21)), "kind"])
        for i in range(count):
            picture = random.normal(0, 0.1, (4, 5))
            if i % 2:
                picture[:, random.integers(5)] += 1
            else:
                picture[random.integers(4)] += 1
            rows.writerow([*picture.reshape(-1), "upright" if i % 2 else "level"])


def written(folder, text, name="bars.toml"):
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def test_pictures_of_a_csv_file_are_learned(tmp_path, command):
    bars(tmp_path)
    file = written(tmp_path, BARS)
    code, out, _ = command("train", file, "--json")
    assert code == 0
    said = json.loads(out)
    assert said["parameters"] == 4 * 9 + 4 + 4 * 2 + 2
    assert said["accuracy"]["validation"] >= 0.9
    code, out, _ = command("verify", file)
    assert code == 0
    assert "All ways agree" in out
    assert command("summary", file)[0] == 0


def test_the_plan_is_what_python_trains(tmp_path):
    """The same network, rows and seed by the functions of Python give the same losses."""
    bars(tmp_path)
    exercise = load(written(tmp_path, BARS))
    plan = exercise.plan
    assert plan.X.shape == (80, 1, 4, 5)
    run = plan.fit()
    la = symnet.layers
    net = symnet.sequential(
        (1, 4, 5),
        [la.conv(4, 3, activation="relu"), la.dropout(0.1), la.global_max_pool(), la.dense(2)],
        loss="softmax_cross_entropy",
    )
    assert net == plan.network
    from symnet.training.data import split

    seen, held = split(plan.X, plan.Y, 0.25, 0)
    again = symnet.fit(
        net, *seen, optimizer=symnet.adam(0.02), params=net.init(seed=1), epochs=30, batch_size=10, validation=held
    )
    np.testing.assert_array_equal(run.losses, again.losses)


def test_words_of_a_file_count_from_one(tmp_path):
    rows = [[1, 3, "yes"], [3, 3, "no"], [2, 1, "yes"], [3, 2, "no"]]
    with (tmp_path / "words.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["a", "b", "said"], *rows])
    text = """learning_rate = 0.1
[network]
loss = "softmax_cross_entropy"
[[layer]]
kind = "embedding"
words = 3
width = 2
[[layer]]
kind = "flatten"
[[layer]]
kind = "dense"
units = 2
[data]
csv = "words.csv"
inputs = ["a", "b"]
targets = ["said"]
[training]
epochs = 200
"""
    plan = load(written(tmp_path, text)).plan
    np.testing.assert_array_equal(plan.X, [[0, 2], [2, 2], [1, 0], [2, 1]])
    assert plan.evaluated(plan.fit())["training"].accuracy == 1


def test_fresh_points_have_the_shapes_of_the_network(tmp_path):
    text = """learning_rate = 0.05
[network]
input_shape = [3, 1]
[[layer]]
kind = "rnn"
units = 3
[[layer]]
kind = "dense"
units = 1
[data]
uniform = { a = [-1, 1], b = [-1, 1], c = [-1, 1] }
targets = { y = "a + b + c" }
[training]
steps = 300
batch_size = 20
"""
    plan = load(written(tmp_path, text)).plan
    assert plan.some(4)[0].shape == (4, 3, 1)
    run = plan.fit()
    assert run.losses[-20:].mean() < run.losses[:20].mean() / 4


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("input_shape = [1, 4, 5]", "input_shape = [1, 5, 5]", "25 numbers, but data has 20 inputs"),
        ("input_shape = [1, 4, 5]\n", "", "layer 1: conv: what is below has the shape"),
        ("input_shape = [1, 4, 5]", "input_shape = [1, 0]", "network.input_shape is"),
        ("units = 2", "units = 3", "2 different words in 'kind', but the last of the layers is 3"),
        ('"p1..p20"', '"p1..p21"', "has no column"),
        ('loss = "softmax_cross_entropy"', 'loss = "softmax_entropy"', "did you mean"),
        ("seed = 1", "weights = { K1 = [1, 2] }", "K1"),
        ('kind = "dense"', 'kind = "dens"', "did you mean"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, old, new, says):
    bars(tmp_path)
    with pytest.raises(Mistake, match=says.replace("'kind'", ".kind.")):
        load(written(tmp_path, BARS.replace(old, new)))


def test_a_transformer_learns_to_turn_a_row_round():
    """Places count, so this needs the positional encoding as much as the attention."""
    la, random = symnet.layers, np.random.default_rng(0)
    X = random.integers(0, 6, (400, 5))
    T = np.eye(6)[X[:, ::-1]]
    net = symnet.sequential(
        (5,),
        [la.embedding(6, 12), la.positional_encoding(), la.transformer(2, 24), la.dense(6)],
        loss="softmax_cross_entropy",
    )
    run = symnet.fit(net, X[:300], T[:300], optimizer=symnet.adam(0.01), epochs=30, batch_size=30)
    assert (run.predict(X[300:]).argmax(-1) == X[300:, ::-1]).mean() > 0.98


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_an_lstm_learns_the_letters_of_a_text(backend):
    random = np.random.default_rng(0)
    text = " ".join(random.choice(["the net", "learns", "a rule", "by rote"]) for _ in range(300))
    signs = sorted(set(text))
    hot = np.eye(len(signs))[[signs.index(sign) for sign in text]]
    starts = np.arange(0, len(text) - 17, 16)
    X, T = (np.stack([hot[s + shift : s + shift + 16] for s in starts]) for shift in (0, 1))
    la = symnet.layers
    net = symnet.sequential(
        X.shape[1:], [la.lstm(24, sequences=True), la.dense(len(signs))], loss="softmax_cross_entropy"
    )
    run = symnet.fit(net, X[:-20], T[:-20], optimizer=symnet.adam(0.02), epochs=15, batch_size=16, backend=backend)
    known = (run.predict(X[-20:]).argmax(-1) == T[-20:].argmax(-1)).mean()
    assert known > 0.8  # the first letter of a word can only be guessed
