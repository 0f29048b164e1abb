"""Classes: labels as targets, probabilities, accuracy, held to formulas written here."""

import json

import numpy as np
import pytest

import symnet
from symnet import Mistake

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(120, 2))
WORDS = np.where(X[:, 0] + X[:, 1] > 0.3, "in", np.where(X[:, 0] < -0.8, "far", "out"))
NUMBERS = np.searchsorted(["far", "in", "out"], WORDS)


def net(outputs=3, loss="softmax_cross_entropy", output="linear"):
    return symnet.mlp([2, 6, outputs], activation="tanh", output=output, loss=loss)


def trained(network, labels, **options):
    options = {"optimizer": symnet.adam(0.05), "epochs": 15, "batch_size": 20} | options
    return symnet.fit(network, X, labels, **options)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


@pytest.mark.parametrize("labels", [WORDS, WORDS.tolist(), NUMBERS, NUMBERS.tolist(), NUMBERS.astype(float)])
def test_labels_are_the_columns_of_targets(labels):
    run = trained(net(), labels)
    as_columns = trained(net(), np.eye(3)[NUMBERS])
    np.testing.assert_array_equal(run.losses, as_columns.losses)
    given = np.asarray(labels)
    assert (run.classes(X) == given).mean() == run.evaluate(X, labels).accuracy > 0.8
    assert run.evaluate(X, labels).accuracy == as_columns.evaluate(X, np.eye(3)[NUMBERS]).accuracy


def test_numbers_that_do_not_begin_at_0_are_classes_where_there_are_as_many():
    run = trained(net(), NUMBERS + 4)
    assert set(run.classes(X).tolist()) <= {4, 5, 6}
    assert trained(net(4), NUMBERS).classes(X).max() < 4


def test_probabilities_are_the_softmax_of_logits():
    run = trained(net(), WORDS)
    np.testing.assert_allclose(run.predict_proba(X), softmax(run.predict(X)), rtol=1e-12)
    best = np.array(["far", "in", "out"])[run.predict(X).argmax(axis=1)]
    assert (run.classes(X) == best).all()


@pytest.mark.parametrize("labels", [WORDS == "in", (WORDS == "in").astype(int), np.where(WORDS == "in", "yes", "no")])
def test_one_output_tells_two_classes(labels):
    run = trained(net(1, "sigmoid_cross_entropy"), labels)
    p = 1 / (1 + np.exp(-run.predict(X)))
    np.testing.assert_allclose(run.predict_proba(X), np.hstack([1 - p, p]), rtol=1e-12)
    assert (run.classes(X) == labels).mean() == run.evaluate(X, labels).accuracy > 0.9


SERIES = np.random.default_rng(1).normal(size=(24, 4, 3))
OF_STEPS = SERIES.argmax(axis=2)


def of_steps(outputs=3, loss="softmax_cross_entropy"):
    kinds = [symnet.layers.rnn(4, sequences=True), symnet.layers.dense(outputs)]
    return symnet.sequential((4, 3), kinds, loss=loss)


def learned(network, labels, **options):
    options = {"optimizer": symnet.adam(0.05), "epochs": 30, "batch_size": 8, "validation": 0.25} | options
    return symnet.fit(network, SERIES, labels, **options)


@pytest.mark.parametrize("labels", [OF_STEPS, np.array(["far", "in", "out"])[OF_STEPS]], ids=["numbers", "words"])
def test_every_step_of_a_series_has_a_label(labels):
    run, as_columns = learned(of_steps(), labels), learned(of_steps(), np.eye(3)[OF_STEPS])
    np.testing.assert_array_equal(run.losses, as_columns.losses)
    np.testing.assert_array_equal(run.validation, as_columns.validation)
    said = run.evaluate(SERIES, labels)
    assert run.classes(SERIES).shape == (24, 4)
    assert (run.classes(SERIES) == labels).mean() == said.accuracy == said.right / 96 > 0.6
    assert said.confusion.sum(axis=1).tolist() == np.bincount(OF_STEPS.ravel()).tolist()
    p = run.predict_proba(SERIES)
    z = np.exp(run.predict(SERIES))
    np.testing.assert_allclose(p, z / z.sum(axis=2, keepdims=True), rtol=1e-12)
    # Of a series the losses of its steps are added, and the mean is that over the series.
    right = -np.log(np.take_along_axis(p, OF_STEPS[..., None], axis=2)).sum() / 24
    assert said.loss == pytest.approx(right, rel=1e-12)
    assert len(run.accuracies.validation) > 0


def test_one_output_a_step_tells_two_classes_and_batches_have_labels_of_steps_too():
    on = SERIES[..., 0] > 0
    run = learned(of_steps(1, "sigmoid_cross_entropy"), on)
    assert run.classes(SERIES).dtype == bool
    assert run.evaluate(SERIES, on).accuracy == (run.classes(SERIES) == on).mean() > 0.9
    batches = [(SERIES[:12], OF_STEPS[:12]), (SERIES[12:], OF_STEPS[12:])]
    parts = symnet.fit(of_steps(), batches, optimizer=symnet.sgd(0.1), epochs=1)
    again = symnet.fit(of_steps(), SERIES[:12], OF_STEPS[:12], optimizer=symnet.sgd(0.1), epochs=1)
    assert parts.losses[0] == again.losses[0]


def test_labels_of_steps_that_do_not_fit_are_refused():
    with pytest.raises(
        Mistake, match=r"Y has shape \(24, 3\); labels, one for each step, are \(n, 4\), and targets \(n, 4, 3\)"
    ):
        learned(of_steps(), OF_STEPS[:, :3])
    run = learned(of_steps(), OF_STEPS, epochs=1)
    with pytest.raises(Mistake, match=r'Y\[0, 2\] is "7"; the classes are 0, 1, 2'):
        run.evaluate(SERIES[:1], [[0, 1, 7, 2]])


def test_validation_takes_labels_too():
    run = trained(net(), WORDS, validation=(X[:30], WORDS[:30]))
    held = trained(net(), WORDS, validation=(X[:30], np.eye(3)[NUMBERS[:30]]))
    np.testing.assert_array_equal(run.validation, held.validation)


def test_the_confusion_counts_true_classes_in_rows():
    run = trained(net(), WORDS)
    found = run.evaluate(X, WORDS)
    said = run.classes(X)
    for i, true in enumerate(found.labels):
        for j, predicted in enumerate(found.labels):
            assert found.confusion[i, j] == ((true == WORDS) & (said == predicted)).sum()
    assert str(found).startswith("loss ")
    assert f"({found.right} of 120)" in str(found)


def test_accuracy_is_told_under_way(capfd):
    seen = []
    trained(net(), WORDS, progress=True, callbacks=[lambda at: seen.append(at.accuracy()) and None])
    assert seen
    assert 0 <= seen[-1] <= 1
    assert "accuracy" in capfd.readouterr().err
    values = []
    regression = symnet.mlp([2, 3, 1], loss="mean_squared_error")
    symnet.fit(
        regression, X, X[:, :1], optimizer=symnet.sgd(0.1), steps=2, callbacks=[lambda at: values.append(at.accuracy())]
    )
    assert values == [None] * len(values)
    assert values


def test_a_network_predicts_without_a_fit():
    network = net()
    params = network.init(seed=1)
    rows = np.repeat(X, 100, axis=0)
    hidden = np.tanh(rows @ params["W1"] + params["b1"])
    np.testing.assert_allclose(network.predict(params, rows), hidden @ params["W2"] + params["b2"], atol=1e-12)
    with pytest.raises(Mistake, match=r"X has shape"):
        network.predict(params, X[:, :1])


@pytest.mark.parametrize(
    ("network", "labels", "says"),
    [
        (net(), np.where(WORDS == "in", "in", "out"), 'Y has 2 different labels ("in", "out"), and the network has 3'),
        (net(), np.where(NUMBERS == 2, 7, 8), "classes are numbered from 0"),
        (net(1, "sigmoid_cross_entropy"), WORDS, "with its one output tells two"),
        (net(), WORDS[:7], "the same number of rows"),
    ],
)
def test_labels_that_do_not_fit_are_refused(network, labels, says):
    with pytest.raises(Mistake) as caught:
        trained(network, labels)
    assert says in str(caught.value)


def test_what_tells_no_classes_says_so():
    run = symnet.fit(symnet.mlp([2, 3, 1], loss="squared_error"), X, X[:, :1], optimizer=symnet.sgd(0.001), steps=2)
    assert run.evaluate(X, X[:, :1]).accuracy is None
    for ask in (run.classes, run.predict_proba):
        with pytest.raises(Mistake, match="predicts numbers, not"):
            ask(X)
    run = trained(net(), WORDS)
    with pytest.raises(Mistake, match=r'Y.1. is "nowhere"; the classes are "far", "in", "out"'):
        run.evaluate(X[:2], ["in", "nowhere"])


FILE = """
learning_rate = 0.05
[network]
layers = [2, 6, {outputs}]
activation = "tanh"
output = "linear"
loss = "{loss}"
[data]
csv = "points.csv"
inputs = ["a", "b"]
targets = ["where"]
validation = 0.25
[update]
optimizer = "adam"
[training]
epochs = 20
batch_size = 16
"""


def points(folder, labels):
    lines = [f"{a},{b},{label}" for (a, b), label in zip(X.tolist(), labels, strict=True)]
    (folder / "points.csv").write_text("\n".join(["a,b,where", *lines]) + "\n")
    return folder / "points.toml"


@pytest.mark.parametrize(
    ("labels", "outputs", "loss"),
    [
        (WORDS, 3, "softmax_cross_entropy"),
        (NUMBERS, 3, "softmax_cross_entropy"),
        (np.where(WORDS == "in", "yes", "no"), 1, "sigmoid_cross_entropy"),
    ],
)
def test_a_file_trains_on_a_column_of_labels(tmp_path, command, labels, outputs, loss):
    file = points(tmp_path, labels)
    file.write_text(FILE.format(outputs=outputs, loss=loss))
    code, out, err = command("train", file)
    assert code == 0, err
    assert "Accuracy on the rows held back: " in out
    told = json.loads(command("train", file, "--json")[1])["accuracy"]
    assert told["training"] > 0.8
    assert told["validation"] > 0.7
    exercise = symnet.load(file)
    assert set(exercise.train().classes(X).tolist()) <= set(np.asarray(labels).tolist())


def test_a_label_that_is_missing_or_one_too_many_is_told(tmp_path, command):
    file = points(tmp_path, [*WORDS[:-1], ""])
    file.write_text(FILE.format(outputs=3, loss="softmax_cross_entropy"))
    assert 'line 121, column "where": "" is not the name of a class, as "' in command("train", file)[2]
    points(tmp_path, [*WORDS[:-1], "beyond"])
    assert '4 different words in "where", but the last of network.layers is 3' in command("train", file)[2]
    points(tmp_path, ["1,5", *WORDS[1:]])
    assert command("train", file)[0] == 2


def test_boundaries_are_those_of_what_is_predicted():
    """The border of a network on logits is where its probability is ½, at logit 0, and not at logit ½."""
    run = trained(net(1, "sigmoid_cross_entropy"), np.where(WORDS == "in", "yes", "no"), epochs=40)
    labels = np.where(WORDS == "in", "yes", "no")
    for asked in (run, run.predict):
        axes = symnet.plots.decision_boundary(asked, X, labels, resolution=40).axes[0]
        (border,) = [c for c in axes.collections if hasattr(c, "get_paths") and len(c.get_paths())]
        corners = np.concatenate([path.vertices for path in border.get_paths() if len(path.vertices)])
        assert abs(run.predict(corners).mean()) < 0.15
        assert [text.get_text() for text in axes.figure.legends[0].get_texts()] == ["no", "yes"]
    several = trained(net(), WORDS)
    assert symnet.plots.decision_boundary(several, X, WORDS, resolution=10)


def test_what_is_saved_and_drawn_is_written_together_or_not_at_all(tmp_path, command):
    file = points(tmp_path, WORDS)
    file.write_text(FILE.format(outputs=3, loss="softmax_cross_entropy"))
    plot = tmp_path / "plot.svg"
    (tmp_path / "plot-confusion.svg").write_text("somebody else's")
    code, _, err = command("train", file, "--steps", 5, "--save", tmp_path / "net.npz", "--plot", plot)
    assert code == 2
    assert "plot-confusion.svg" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plot-confusion.svg", "points.csv", "points.toml"]
    code, _, err = command("train", file, "--steps", 5, "--save", tmp_path / "net.npz", "--plot", plot, "--force")
    assert code == 0, err
    assert plot.exists()
    assert (tmp_path / "net.npz").exists()


def test_a_lesson_on_digits_needs_eight_lines():
    datasets = pytest.importorskip("sklearn.datasets")
    X, y = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    X, y, fifth = X[order] / 16, y[order], len(X) // 5
    net = symnet.mlp([64, 64, 10], activation="relu", output="softmax", loss="cross_entropy")
    run = symnet.fit(net, X[fifth:], y[fifth:], optimizer=symnet.adam(1e-3), epochs=10, batch_size=32)
    found = run.evaluate(X[:fifth], y[:fifth])
    assert found.accuracy > 0.92
    assert found.plot().axes[0].get_xlabel() == "predicted"


def test_iris_with_its_words_comes_from_a_csv(tmp_path):
    iris = pytest.importorskip("sklearn.datasets").load_iris()
    rows = [",".join([*map(str, x), iris.target_names[k]]) for x, k in zip(iris.data, iris.target, strict=True)]
    (tmp_path / "iris.csv").write_text("\n".join(["a,b,c,d,species", *rows]) + "\n")
    X, species = symnet.read_csv(tmp_path / "iris.csv", ["a", "b", "c", "d"], ["species"])
    net = symnet.mlp([4, 8, 3], activation="tanh", output="softmax", loss="cross_entropy")
    run = symnet.fit(net, X, species, optimizer=symnet.adam(0.02), epochs=40, batch_size=16)
    assert run.evaluate(X, species).accuracy > 0.95
    assert set(run.classes(X)) == {"setosa", "versicolor", "virginica"}
