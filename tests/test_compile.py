"""Generated code: its numbers are those of ``jax.grad`` of another forward pass."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import traced
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_nets import (
    ACTIVATIONS,
    BELONGS,
    CHOICES,
    LOSSES,
    OWN,
    OWN_LOSSES,
    PIECEWISE,
    POSITIVE,
    SETTINGS,
    WAYS,
    agree,
    by_fit,
    by_rows,
    by_unit,
    drawn,
    made,
    reference,
)

import symnet
from symnet.algebra import functions, losses
from symnet.algebra.matrices import softmax
from symnet.algebra.mistakes import Mistake
from symnet.algebra.mlp import mlp

# -- the judge --------------------------------------------------------------------------------------------------------


def test_every_activation_and_every_loss_has_a_judge():
    assert set(ACTIVATIONS) == {name for name, f in functions.CATALOGUE.items() if f.arguments[0] == 1 and _ours(f)}
    assert set(LOSSES) == set(losses.CATALOGUE)


def _ours(function):
    """Whether it came with the package, and not from ``define`` in another test."""
    return function.__module__ == functions.__name__


# -- agreement --------------------------------------------------------------------------------------------------------


def width():
    return st.sampled_from([1, 1, 2, 3, 8])


@st.composite
def nets(draw, most=5):
    halves = draw(st.booleans())
    activation = draw(st.sampled_from(PIECEWISE if halves else sorted(CHOICES)))
    narrow = activation in ("log", "ln", "exp", "z^3 - 2z", "(1 + z^2)^0.3 + 2^z")
    depth = draw(st.integers(1, 2 if narrow else most))
    output = draw(st.sampled_from(["linear", "linear", "tanh", "sigmoid", "softplus"]))
    loss = draw(st.sampled_from([*LOSSES, *OWN_LOSSES]))
    layers = [draw(width()) for _ in range(depth + 1)]
    net = {
        "layers": [*layers[:-1], max(2, layers[-1])] if BELONGS.get(loss) == "softmax" else layers,  # which has two
        "activation": activation,
        "output": "linear" if halves else output,
        "loss": loss,
        "l2": draw(st.sampled_from([0, 0, "1/4"])),
        "l1": draw(st.sampled_from([0, 0, "1/8"])),
    }
    if loss != "root_squared_error":
        net["reduce"] = draw(st.sampled_from(["", "sum", "mean"]))
    return net, draw(st.sampled_from([1, 2, 5])), draw(st.integers(0, 10**6)), halves


def set_up(drawing):
    net, rows, seed, halves = drawing
    params, X, T = drawn(net["layers"], rows, seed, halves, net["activation"] in POSITIVE)
    if net["loss"] == "root_squared_error":
        T = T + 0.3  # away from where it has no derivative
    return net, made(net), params, X, T


@settings(SETTINGS, max_examples=100)
@given(drawing=nets())
def test_gradients_of_random_nets_on_numpy_are_those_of_jax_grad_of_another_forward_pass(drawing):
    net, network, params, X, T = set_up(drawing)
    expected = reference(net, params, X, T)
    agree(symnet.compile(network)(params, X, T), expected)
    agree(by_fit(network, params, X, T), expected)


@settings(SETTINGS, max_examples=25)
@given(drawing=nets(most=3))
def test_units_and_layers_of_random_nets_have_the_same_gradients(drawing):
    net, network, params, X, T = set_up(drawing)
    if network.parameter_count * len(X) > 150:
        params, X, T = drawn(net["layers"], 1, drawing[2], drawing[3], net["activation"] in POSITIVE)
        T = T + 0.3
    agree(by_unit(network, params, X, T), reference(net, params, X, T))
    agree(symnet.compile(network, "math")(params, X[:1], T[:1]), reference(net, params, X[:1], T[:1]))
    if net["loss"] != "root_squared_error" and not net["l1"] and not net["l2"]:
        reduce = net["reduce"] or ("mean" if net["loss"] in OWN_LOSSES else LOSSES[net["loss"]][1])
        agree(by_rows(network, params, X, T, reduce), reference(net, params, X, T))


@settings(SETTINGS, max_examples=20)
@given(drawing=nets())
def test_gradients_of_random_nets_on_jax_are_those_of_jax_grad_of_another_forward_pass(drawing):
    net, network, params, X, T = set_up(drawing)
    found = traced.results(symnet.compile(network, "jax").function, params, X, T)  # not compiled: the same text
    agree(found, reference(net, params, X, T))


@pytest.mark.parametrize("way", sorted(set(WAYS) - {"jax"}))
@pytest.mark.parametrize("activation", [*ACTIVATIONS, *OWN])
def test_every_activation_has_the_gradients_of_jax_grad(activation, way):
    net = {"layers": [3, 4, 2], "activation": activation, "output": "linear", "loss": "huber"}
    params, X, T = drawn(net["layers"], 1 if way == "math" else 3, 7, positive=activation in POSITIVE)
    agree(WAYS[way](made(net), params, X, T), reference(net, params, X, T))


@pytest.mark.parametrize("way", ["numpy", "jax eagerly", "units", "fit"])
@pytest.mark.parametrize("activation", [*ACTIVATIONS, "relu(z) + relu(z - 1)", "1 - step(z)", "max(0, z)"])
def test_every_activation_has_the_gradients_of_jax_grad_as_the_output_and_at_width_one(activation, way):
    net = {"layers": [1, 1, 1], "activation": "linear", "output": activation, "loss": "squared_error"}
    for rows in (1, 4):
        params, X, T = drawn(net["layers"], rows, 8, positive=activation in POSITIVE)
        agree(WAYS[way](made(net), params, X, T), reference(net, params, X, T))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("loss", [*LOSSES, *OWN_LOSSES])
def test_every_loss_has_the_value_and_gradients_of_jax(loss, way):
    for layers in ([2, 3, 3], [2, 1])[: 1 + (loss not in ("cross_entropy", "kl_divergence"))]:
        net = {"layers": layers, "activation": "sin", "output": "linear", "loss": loss}
        params, X, T = drawn(layers, 1 if way == "math" else 4, 9)
        agree(WAYS[way](made(net), params, X, T), reference(net, params, X, T))


@pytest.mark.parametrize("reduce", ["sum", "mean"])
@pytest.mark.parametrize("loss", [loss for loss in (*LOSSES, *OWN_LOSSES) if loss != "root_squared_error"])
def test_a_batch_is_summed_or_averaged_as_asked(loss, reduce):
    net = {"layers": [2, 2], "activation": "tanh", "output": "linear", "loss": loss, "reduce": reduce}
    params, X, T = drawn([2, 2], 3, 10)
    agree(symnet.compile(made(net))(params, X, T), reference(net, params, X, T))


@pytest.mark.parametrize("way", sorted(set(WAYS) - {"jax"}))
@pytest.mark.parametrize("layers", [[1, 1], [1, 1, 1], [3, 1, 2], [2, 3, 3, 1]], ids=str)
def test_penalties_have_the_gradients_of_jax_grad(layers, way):
    for l1, l2 in (("0.5", 0), (0, "1/3"), ("1/7", "2")):
        net = {"layers": layers, "activation": "relu", "output": "linear", "loss": "squared_error", "l1": l1, "l2": l2}
        params, X, T = drawn(layers, 1 if way == "math" else 3, 11, halves=True)
        agree(WAYS[way](made(net), params, X, T), reference(net, params, X, T))


def test_a_wide_batch_on_jax_has_the_gradients_of_jax_grad():
    """Above some size products and sums are computed in other ways."""
    for layers, loss in (([3, 40, 2], "relu(y - t)"), ([5, 40, 33], "step(y - t) + relu(y)"), ([64, 2], "huber")):
        net = {"layers": layers, "activation": "relu", "output": "linear", "loss": loss}
        if loss not in OWN_LOSSES and loss not in LOSSES:
            OWN_LOSSES[loss] = lambda y, t: (jnp.where(y >= t, 1.0, 0.0) + jax.nn.relu(y)).sum()
        params, X, T = drawn(layers, 700, 12)
        expected = reference(net, params, X, T)
        agree(symnet.compile(made(net), "jax")(params, X, T), expected, 1e-11)
        agree(symnet.compile(made(net))(params, X, T), expected, 1e-11)
    del OWN_LOSSES["step(y - t) + relu(y)"]


def test_a_softmax_layer_in_the_middle_has_the_gradients_of_jax_grad():
    net = mlp([3, 4, 2], activation=softmax, output=softmax, loss="squared_error")
    params, X, T = drawn([3, 4, 2], 5, 13)

    def value(p):
        hidden = jax.nn.softmax(X @ p["W1"] + p["b1"])
        return ((jax.nn.softmax(hidden @ p["W2"] + p["b2"]) - T) ** 2).sum()

    with jax.enable_x64(True):
        loss, gradients = jax.value_and_grad(value)({k: jnp.asarray(v) for k, v in params.items()})
    expected = float(loss), {k: np.asarray(g) for k, g in gradients.items()}
    for way in ("numpy", "jax", "units", "fit"):
        agree(WAYS[way](net, params, X, T), expected)


def test_a_net_without_a_loss_does_not_answer_that_its_gradients_are_zero():
    net = mlp([2, 3, 2], loss=None)
    with pytest.raises(Mistake, match="loss") as caught:
        symnet.compile(net)(net.init(), np.ones((3, 2)))
    assert "\n" not in str(caught.value)
