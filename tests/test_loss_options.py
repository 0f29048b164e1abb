"""Losses with options, of rows and of sequences: values by PyTorch, gradients by jax.grad, files as the same nets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from entry_values import values
from test_layered_files import CNN, compared

import symnet
from symnet.algebra import losses
from symnet.algebra.equations import BATCH, symbol
from symnet.algebra.sequential import sequential

RNG = np.random.default_rng(5)
Y, CLASSES = RNG.normal(size=(4, 3)), np.eye(3)[[2, 0, 0, 1]]
BOTH = "softmax_cross_entropy(smoothing=0.1, weights=[1, 2, 0.5])"


def value_and_slope(loss, y, t):
    net = sequential(y.shape[1:], [symnet.layers.activation("linear")], loss=loss)
    x, target = net.inputs[0], net.targets[0]
    found = values([*net.equations, *net.backward], {x: y, target: t}, {BATCH: len(y)})
    return float(found[symbol("Loss")]), found[net.gradient_of(x)]


@pytest.mark.parametrize(
    ("loss", "theirs"),
    [
        ("softmax_cross_entropy(smoothing=0.2)", lambda f, t: f.CrossEntropyLoss(label_smoothing=0.2)),
        ("softmax_cross_entropy(weights=[1, 2, 0.5])", lambda f, t: f.CrossEntropyLoss(weight=t([1, 2, 0.5]))),
        (BOTH, lambda f, t: f.CrossEntropyLoss(weight=t([1, 2, 0.5]), label_smoothing=0.1)),
    ],
)
def test_options_are_those_of_pytorch(loss, theirs):
    torch = pytest.importorskip("torch")
    y = torch.tensor(Y, requires_grad=True)
    right = theirs(torch.nn, lambda w: torch.tensor(w, dtype=torch.float64))(y, torch.tensor(CLASSES))
    right.backward()
    value, slope = value_and_slope(loss, Y, CLASSES)
    assert value == pytest.approx(right.item(), rel=1e-12)
    np.testing.assert_allclose(slope, y.grad, rtol=0, atol=1e-14)


def test_other_losses_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    y, labels = torch.tensor(Y), torch.tensor(CLASSES.argmax(1))
    assert value_and_slope("multiclass_hinge", Y, CLASSES)[0] == pytest.approx(
        3 * f.multi_margin_loss(y, labels).item(), rel=1e-12
    )
    p = np.array([[0.2, 0.3, 0.5], [0.1, 0.85, 0.05]])
    right = f.kl_div(torch.log_softmax(y[:2], 1), torch.tensor(p), reduction="batchmean").item()
    assert value_and_slope("softmax_kl_divergence", Y[:2], p)[0] == pytest.approx(right, rel=1e-12)
    q = np.array([[0.3, 0.3, 0.4], [0.2, 0.7, 0.1]])
    right = f.kl_div(torch.tensor(q).log(), torch.tensor(p), reduction="batchmean").item()
    assert value_and_slope("kl_divergence", q, p)[0] == pytest.approx(right, rel=1e-12)
    both = value_and_slope("negative_sampling", Y, CLASSES), value_and_slope("sigmoid_cross_entropy", Y, CLASSES)
    assert both[0][0] == pytest.approx(both[1][0], rel=1e-13)
    np.testing.assert_allclose(both[0][1], both[1][1], rtol=1e-12)


@pytest.mark.parametrize("loss", ["softmax_cross_entropy", BOTH, "mean_squared_error", "negative_sampling"])
def test_a_loss_of_every_step_of_a_sequence(loss):
    """As a language model has it: scores (steps, words) for each example."""
    y, t = RNG.normal(size=(2, 4, 3)), np.eye(3)[RNG.integers(0, 3, (2, 4))]

    def theirs(y):
        if loss == "mean_squared_error":
            return ((y - t) ** 2).mean()
        if loss == "negative_sampling":
            return -jax.nn.log_sigmoid((2 * t - 1) * y).sum() / 2
        changed = t if loss != BOTH else (0.9 * t + 0.1 / 3) * np.array([1, 2, 0.5])
        return -(changed * jax.nn.log_softmax(y)).sum() / 2

    with jax.enable_x64(True):
        right, slope = jax.value_and_grad(theirs)(jnp.asarray(y))
    mine = value_and_slope(loss, y, t)
    assert mine[0] == pytest.approx(float(right), rel=1e-12)
    np.testing.assert_allclose(mine[1], slope, rtol=0, atol=1e-13)


@pytest.mark.parametrize("loss", ["hinge", "multiclass_hinge", "softmax_kl_divergence", "negative_sampling", BOTH])
@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_losses_train_and_go_down(loss, backend):
    net = symnet.mlp([2, 3], loss=loss)
    X, labels = RNG.normal(size=(30, 2)), RNG.integers(0, 3, 30)
    X += 3 * np.array([[0, 1], [1, -1], [-1, -1]])[labels]
    T = np.eye(3)[labels] * (2 if loss == "hinge" else 1) - (loss == "hinge")
    run = symnet.fit(net, X, T, optimizer=symnet.sgd(0.1), steps=100, backend=backend)
    assert run.losses[-1] < 0.7 * run.losses[0]
    assert (run.predict(X).argmax(1) == labels).mean() > 0.9


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_nothing_times_the_logarithm_of_nothing_is_nothing_in_training(backend):
    net = symnet.mlp([2, 2], output="relu", loss="-t*log(y)")
    start = {"W1": np.eye(2), "b1": np.zeros(2)}
    X = np.array([[0.0, 1]])
    run = symnet.fit(net, X, X, params=start, optimizer=symnet.sgd(0.1), steps=1, backend=backend)
    assert run.losses.tolist() == [0]
    np.testing.assert_allclose(run.params["b1"], [0, 0.1])


@pytest.mark.parametrize(
    "loss",
    ["softmax_cross_entropy(smoothing=0.2, weights=[1, 3])", "hinge", "negative_sampling", "softmax_kl_divergence"],
)
def test_a_file_of_layers_has_the_loss_of_the_same_net(loss):
    kinds = [symnet.layers.conv(1, 2, activation="relu"), symnet.layers.flatten(), symnet.layers.dense(2)]
    text = CNN.replace('"softmax_cross_entropy"', f'"{loss}"').replace("[[1, 0]]\nloss", "[[0.75, 0.25]]\nloss")
    compared(text, kinds, (1, 3, 3), loss)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("softmax_cross_entropy(smooth=0.1)", "smoothing"),
        ("softmax_cross_entropy(smoothing=1.5)", "smoothing is 3/2; it must be in [0, 1)"),
        ("softmax_cross_entropy(smoothing=x)", "smoothing"),
        ("softmax_cross_entropy(weights=[1, 2])", "3 numbers, one a class"),
        ("softmax_cross_entropy(smoothing=0.1; 2)", "smoothing"),
        ("hinge(margin=2)", "hinge has no options"),
        ("softmax_cross_entropy(smoothing=__import__('os'))", "smoothing"),
    ],
)
def test_options_that_do_not_fit_are_refused(loss, said):
    with pytest.raises(symnet.Mistake) as refused:
        symnet.mlp([2, 3], loss=loss)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_names_and_formulas_have_no_options():
    assert losses.named("mse") == ("mean_squared_error", {})
    assert losses.named("(y - t)^4") == ("(y - t)^4", {})
    assert losses.named("max(0, 1 - t*y)") == ("max(0, 1 - t*y)", {})
