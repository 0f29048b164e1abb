"""The working of entries that are normalised, masked or of a window, and what the sheet says of it."""

import pytest

from symnet.algebra import layers
from symnet.algebra.layers.layer import decimal, literal
from symnet.algebra.mistakes import Mistake
from symnet.algebra.sequential import sequential
from symnet.exercises.reader import loads
from symnet.paper.formats import text
from symnet.reference import describe
from symnet.sheets.worksheet import worksheet
from symnet.training.classes import classes_of

NORM = """
[given]
X = [[1, 5, 5, 1], [2, 0, 0, 2]]
[parameters]
g = [1, 2, 1, -1]
[equations]
N = "layer_norm(X, eps={})"
Y = "g*N"
L = "sum(Y)"
"""
MASKED = """
[given]
S = [[1, 0, 2], [0, 1, 1], [1, 1, 3]]
M = [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
[parameters]
c = 2
[equations]
A = "softmax(S, mask=M)"
L = "c*sum(A^2)"
"""
POOL = "[given]\nG = 2\n[parameters]\nX = [[1, 3], [4, 2]]\n[equations]\nP = 'max_pool(X, 2)'\nL = 'G*sum(P)'\n"


def _key(toml):
    return text.render(worksheet(loads(toml)).key)


def test_a_layer_norm_is_worked_by_its_mean_and_variance():
    shown = _key(NORM.format(0))
    assert "μ₁ = (X₁₁ + X₁₂ + X₁₃ + X₁₄)/4 = (1 + 5 + 5 + 1)/4 = 3" in shown
    assert "((X₁₁ − μ₁)² + (X₁₂ − μ₁)² + (X₁₃ − μ₁)² + (X₁₄ − μ₁)²)/4" in shown
    assert "N₁₁ = (X₁₁ − μ₁)/√(σ₁²) = (1 − 3)/√4 = −1" in shown
    assert "+ 0)" not in shown
    assert "(X₁₁ − μ₁)/√(σ₁² + 0.5)" in _key(NORM.format(0.5))


def test_a_row_that_the_mask_cuts_is_worked_and_the_mask_is_explained():
    shown = _key(MASKED)
    assert "A₂₁ = e^S₂₁/(e^S₂₁ + e^S₂₂)" in shown
    assert "is 0 where M is 0, and the softmax over the rest of each row" in " ".join(shown.split())


def test_the_slope_of_a_maximum_has_an_index_and_a_word():
    shown = _key(POOL)
    assert "max′ₖ is the slope in the k-th argument." in " ".join(shown.split())
    assert "max′(" not in shown


@pytest.mark.parametrize(("eps", "written"), [(1e-5, "0.00001"), (0.1, "0.1"), (2, "2")])
def test_an_option_stands_in_a_formula_as_a_decimal(eps, written):
    assert literal(decimal("eps", eps)) == written


@pytest.mark.parametrize("name", ["conv", "max_pool", "embedding", "causal_softmax"])
def test_a_function_of_arrays_is_described(name):
    assert f"{name}(" in text.render(describe("functions", name))


def test_word_labels_of_a_sequence_are_one_for_each_step():
    net = sequential((3, 2), [layers.rnn(4, sequences=True), layers.dense(2)], "softmax_cross_entropy")
    with pytest.raises(Mistake, match=r"Y has shape \(2,\); .* labels are \(n, steps\)"):
        classes_of(net, ["a", "b"])


def test_an_empty_list_of_inputs_is_not_missing_and_the_example_fits_the_layer():
    toml = '[network]\ninputs = []\n[[layer]]\nkind = "{}"\nunits = 2\n'
    with pytest.raises(Mistake, match=r"inputs is an empty list; .* \[\[1, 0\]\]"):
        loads(toml.format("dense"))
    with pytest.raises(Mistake, match="one of two steps"):
        loads(toml.format("rnn"))


def test_the_words_of_an_unrolled_lstm_say_what_goes_on_by_a_weight():
    toml = '[network]\ninputs = [[[1, 0], [0, 1]]]\ninit = "glorot"\n[[layer]]\nkind = "lstm"\nunits = 1\n'
    shown = " ".join(_key(toml).split())
    assert "H₁ goes on to the next step by Ui₁, Uf₁, Ug₁, Uo₁, and C₁ goes on without a weight" in shown
    with pytest.raises(Mistake, match="truncate is true; it must be a whole number"):
        loads(toml + "truncate = true\n")
