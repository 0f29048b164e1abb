"""The δ form of the backward pass: the values of backprop, and of the recursion as it is written for matrices."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from symnet.algebra.backprop import backprop
from symnet.algebra.deltas import delta_form, pre_activations
from symnet.algebra.equations import names_in, partial, symbol
from symnet.algebra.mlp import mlp
from symnet.algebra.network import Network
from symnet.algebra.unrolling import unroll
from symnet.computing import exact
from symnet.computing.program import Program, identifier

LOSS = symbol("Loss")
NETS = [
    ([1, 1], "tanh", "linear"),
    ([1, 1, 1], "sigmoid", "sigmoid"),
    ([2, 2, 1], "relu", "relu"),
    ([3, 4, 4, 1], "tanh", "tanh"),
    ([2, 3, 2], "leaky_relu", "linear"),
    ([3, 2, 2, 2], "softplus", "sigmoid"),
    ([2, 5, 3], "elu", "tanh"),
    ([2, 3, 3], "sigmoid", "softplus"),
]
IN_NUMPY = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "leaky_relu": (lambda z: np.where(z > 0, z, z / 100), lambda z: np.where(z > 0, 1, 1 / 100)),
    "elu": (lambda z: np.where(z > 0, z, np.expm1(z)), lambda z: np.where(z > 0, 1, np.exp(z))),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "softplus": (lambda z: np.log1p(np.exp(z)), lambda z: 1 / (1 + np.exp(-z))),
    "linear": (lambda z: z, np.ones_like),
}


def random_values(net, seed):
    generator = random.Random(seed)
    return {str(name): Fraction(generator.randint(-20, 20), 8) for name in (*net.inputs, *net.targets, *net.parameters)}


def values_of(equations, backward, values):
    frame = {identifier(name): value for name, value in values.items()}
    with exact.digits_carried(40):
        Program(equations).run(frame, keep=lambda x: x)
        Program(backward).run(frame, keep=lambda x: x)
    return {equation.name: frame[identifier(equation.name)] for equation in backward}


def delta_rule(layers, activation, output, values):
    """{name: ∂Loss/∂name} of half_squared_error by δˡ = (δˡ⁺¹ Wᵀ) ∘ f′(zˡ).  Source: Bishop (2006), eq. 5.56."""
    count = len(layers) - 1
    functions = [IN_NUMPY[activation]] * (count - 1) + [IN_NUMPY[output]]
    number = {name: float(value) for name, value in values.items()}
    weights, a, z = [], [np.array([number[f"x{i + 1}"] for i in range(layers[0])])], []
    for layer, (f, _) in enumerate(functions, 1):
        shape = range(layers[layer - 1]), range(layers[layer])
        weights.append(np.array([[number[f"w{layer}_{i + 1}_{j + 1}"] for j in shape[1]] for i in shape[0]]))
        bias = np.array([number[f"b{layer}_{j + 1}"] for j in shape[1]])
        z.append(a[-1] @ weights[-1] + bias)
        a.append(f(z[-1]))
    error = a[-1] - np.array([number[f"t{k + 1}"] for k in range(layers[-1])])
    gradients = {}
    for layer in range(count, 0, -1):
        delta = error * functions[layer - 1][1](z[layer - 1])
        for j, d in enumerate(delta):
            gradients[f"z{layer}_{j + 1}"] = gradients[f"b{layer}_{j + 1}"] = d
            for i, below in enumerate(a[layer - 1]):
                gradients[f"w{layer}_{i + 1}_{j + 1}"] = below * d
        error = weights[layer - 1] @ delta
    return gradients | {f"x{i + 1}": d for i, d in enumerate(error)}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("layers", "activation", "output"), NETS)
def test_delta_form_has_the_values_of_the_matrix_recursion(layers, activation, output, seed):
    net = unroll(mlp(layers, activation, output))
    values = random_values(net, seed)
    ours = values_of(net.equations, delta_form(net.equations, net.backward), values)
    for name, expected in delta_rule(layers, activation, output, values).items():
        found = float(ours[partial("Loss", name).name])
        assert found == pytest.approx(float(expected), rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("layers", "activation", "output"), NETS)
def test_delta_form_has_the_values_of_backprop(layers, activation, output, seed):
    net = unroll(mlp(layers, activation, output))
    values = random_values(net, seed)
    plain = values_of(net.equations, net.backward, values)
    folded = values_of(net.equations, delta_form(net.equations, net.backward), values)
    assert list(plain) == list(folded)
    for name, value in plain.items():
        one, other = exact.as_fraction(value), exact.as_fraction(folded[name])
        assert abs(one - other) <= max(abs(one), Fraction(1, 1000)) / 10**25, name


@pytest.mark.parametrize("seed", range(5))
def test_delta_form_of_a_relu_net_is_exactly_backprop(seed):
    net = unroll(mlp([3, 4, 3, 2], "relu", "relu"))
    values = random_values(net, seed)
    plain = values_of(net.equations, net.backward, values)
    assert values_of(net.equations, delta_form(net.equations, net.backward), values) == plain
    assert all(isinstance(value, Fraction) for value in plain.values())


def test_each_hidden_unit_has_one_line_without_its_activations_gradient():
    net = unroll(mlp([2, 3, 2, 1]))
    for line in delta_form(net.equations, net.backward):
        if line.name.startswith(("∂Loss/∂z1", "∂Loss/∂z2")):
            assert not any(str(name).startswith("∂Loss/∂a") for name in names_in(line.rhs))


def test_a_pre_activation_used_elsewhere_too_is_not_folded():
    equations = Network.parse("z = w*x\na = tanh(z)\nb = a*2\nLoss = b^2 + z").equations
    backward = backprop(equations, LOSS)
    assert pre_activations(equations) == {}
    assert delta_form(equations, backward) == backward


def test_wirings_with_shared_activations_keep_their_values():
    text = """
        z1 = w1*x
        a1 = tanh(z1)
        z2 = w2*a1 + x
        a2 = sigmoid(z2)
        z3 = a1*a2
        a3 = relu(z3)
        Loss = (a3 - a1)^2 + a2
    """
    equations = Network.parse(text).equations
    backward = backprop(equations, LOSS)
    folded = delta_form(equations, backward)
    values = {"w1": Fraction(1, 2), "w2": Fraction(-3, 4), "x": Fraction(5, 4)}
    assert folded != backward
    plain, short = (values_of(equations, lines, values) for lines in (backward, folded))
    assert {name: round(float(value), 14) for name, value in short.items()} == {
        name: round(float(value), 14) for name, value in plain.items()
    }


def test_a_loss_that_is_itself_an_activation_is_left_alone():
    equations = Network.parse("z = w*x\nLoss = tanh(z)").equations
    backward = backprop(equations, LOSS)
    values = {"w": Fraction(1), "x": Fraction(0)}
    assert values_of(equations, delta_form(equations, backward), values) == values_of(equations, backward, values)
    assert values_of(equations, backward, values)["∂Loss/∂x"] == 1
