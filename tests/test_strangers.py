"""What people write who come from PyTorch, Keras or a book: understood, or answered with what to type instead."""

import pytest

from symnet.algebra.mistakes import Mistake
from symnet.algebra.mlp import mlp
from symnet.exercises.reader import loads

UNIT = """learning_rate = 0.1
[given]
x = 2
t = 1
[parameters]
w = 3
[equations]
z = "w*x"
y = "relu(z)"
L = "(y - t)^2/2"
"""
NETWORK = """learning_rate = 0.1
[network]
layers = [2, 1]
inputs = [[1, 2]]
targets = [[1]]
weights = { W1 = [[1], [2]], b1 = [0] }
"""


def refused(toml):
    with pytest.raises(Mistake) as found:
        loads(toml)
    return str(found.value)


@pytest.mark.parametrize(
    ("old", "new", "right"),
    [
        ("relu(z)", "nn.ReLU(z)", "for nn.ReLU write relu"),
        ("relu(z)", "np.maximum(0, z)", "for np.maximum write max"),
        ("relu(z)", "torch.nn.functional.silu(z)", "write z*sigmoid(z)"),
        ("relu(z)", "leaky_relu(z, alpha=0.1)", "leaky_relu(z, 0.1)"),
        ("w*x", "Σ w_i x_i", "write the sum out"),
        ("(y - t)^2/2", "mse(y, t)", "a loss is a formula, as (y - t)^2"),
        ("(y - t)^2/2", "BCELoss(y, t)", "-(t*ln(y) + (1 - t)*ln(1 - y))"),
        ("w = 3", "w = 50%", 'w = "50/100"'),
        ("learning_rate", "optimizer = 'SGD'\nlearning_rate", "optimizer stands under [update]"),
        ("learning_rate", "schedule = 'lr/2'\nlearning_rate", "schedule stands under [training]"),
        ("learning_rate", "activation = 'relu'\nlearning_rate", "activation stands under [network]"),
    ],
)
def test_names_and_keys_of_elsewhere_are_answered(old, new, right):
    assert old in UNIT
    assert right in refused(UNIT.replace(old, new))


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ("learning_rate = 0.1", "equations.learning_rate: learning_rate stands at the top of the file"),
        ("round = 4", "equations.round: round stands at the top of the file"),
        ("[[samples]]\nx = 1\nT = 2", 'samples[0].T is in no formula; did you mean "t"?'),
        ("[[question]]\ntext = 'Why?'", 'question[0].ask is missing, the kind of question: ask = "text"'),
        ("[[question]]\nask = 'forward'\npoints = -2", "0 points or more"),
        ("[vary]\nw = [1, 2]", "values = { w = [1, 2] }"),
        ("[sheet]\nfont = 12", '"size"'),
        ("[sheet]\nround = 2", "round stands at the top of the file"),
        ("[[question]]\nask = 'forward'\nround = 2", "round stands at the top of the file"),
    ],
)
def test_what_stands_in_the_wrong_table_or_has_no_use_is_answered(more, right):
    assert right in refused(UNIT.replace("learning_rate = 0.1\n", "", more.startswith("learning_rate")) + more + "\n")


def test_a_learning_rate_among_the_given_numbers_is_refused_unless_a_formula_uses_it():
    below = UNIT.replace("learning_rate = 0.1\n", "")
    assert "learning_rate stands at the top" in refused(below.replace("[given]", "[given]\neta = 0.1"))
    by_hand = below.replace("[given]", "[given]\neta = 0.1") + 'step = "w - eta*L"\n'
    assert loads(by_hand).solve().forward["step"] == 3 - 0.1 * 12.5


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ('activation = "softmax"', 'output = "softmax"'),
        ('activation = "leaky_relu(0.1)"', 'as "leaky_relu(z, 0.1)"'),
        ('loss = "squared_hinge"', "a loss is a formula, as max(0, 1 - t*y)^2"),
        ('loss = "hinge_loss"', "max(0, 1 - t*y)"),
        ('output = "sigmoid"\nloss = "BCEWithLogitsLoss"', "sigmoid_cross_entropy"),
    ],
)
def test_layers_and_losses_of_elsewhere_are_answered(more, right):
    hidden = NETWORK.replace("[2, 1]", "[2, 1, 1]").replace("b1 = [0] }", "b1 = [0], W2 = [[1]], b2 = [0] }")
    assert right in refused((hidden if "activation" in more else NETWORK) + more + "\n")


CLASSES = (
    NETWORK.replace("[2, 1]", "[2, 2]")
    .replace("[[1]]", "[[1, 0]]")
    .replace("W1 = [[1], [2]], b1 = [0]", "W1 = [[1, 2], [3, 4]], b1 = [0, 1]")
)


@pytest.mark.parametrize(
    ("old", "new", "right"),
    [
        ("[[1, 0]]", "[[1]]", "as in [[0, 1]]"),
        ("[[1, 0]]", '["cat"]', "a class is coded by a 1 among zeros"),
        ("b1 = [0, 1]", "b1 = [[0, 1]]", "b1 = [0, 0]"),
        ("b1 = [0, 1]", "b1 = 0", "it is a list of 2 numbers"),
        (", b1 = [0, 1]", "", "network.weights.b1 is missing"),
    ],
)
def test_classes_and_biases_are_asked_for_as_they_are_written(old, new, right):
    assert old in CLASSES
    assert right in refused(CLASSES.replace(old, new, 1) + 'output = "softmax"\nloss = "cross_entropy"\n')


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("ask = 'forward'\nof = 'w'", "must be an equation (known: z, y, L)"),
        ("ask = 'update'\nof = 'x'", "must be a parameter (known: w)"),
        ("ask = 'update'\nof = ['w', 'w']", "twice"),
        ("ask = 'gradient'\nof = 'w, x'", '["w", "x"]'),
        ("ask = 'gradient'\nof = 'all'", "leave it out"),
        ("ask = 'forward'\nroom = '3 cm'", "room = 3"),
    ],
)
def test_a_question_that_would_ask_nothing_is_refused(question, right):
    assert right in refused(f"{UNIT}[[question]]\n{question}\n")


@pytest.mark.parametrize(
    ("rule", "right"),
    [
        ("w -= lr*grad(w)", "write w = w - …"),
        ("w = w - eta*grad(w)", 'did you mean "lr"?'),
        ("w = w - lr*dL/dw", "grad(w)"),
    ],
)
def test_a_rule_as_a_program_or_a_book_writes_it_is_answered(rule, right):
    assert right in refused(f'{UNIT}[update]\nrules = ["{rule}"]\n')


def test_weights_that_are_missing_are_asked_for():
    assert "network.weights is missing" in refused(NETWORK.partition("weights")[0])


def test_one_word_for_two_losses_is_the_one_that_goes_with_the_output():
    said = {loss: loads(f'{NETWORK}output = "sigmoid"\nloss = "{loss}"\n') for loss in ("bce", "binary_cross_entropy")}
    assert said["bce"].solve().forward == said["binary_cross_entropy"].solve().forward


@pytest.mark.parametrize("output", ["σ", "logistic", "Sigmoid"])
def test_no_output_is_applied_twice_by_whatever_name(output):
    with pytest.raises(Mistake, match="twice"):
        mlp([2, 1], output=output, loss="sigmoid_cross_entropy")


def test_capitals_lead_to_no_other_name():
    file = 'given = { x = 1 }\n[equations]\ny = "Rellu(x)"\n'
    with pytest.raises(Mistake, match='did you mean "relu"'):
        loads(file)
