"""Networks: from lines, from an expression, and what they refuse."""

import math

import numpy as np
import pytest
import sympy

import symnet


def lines(equations):
    return [str(equation) for equation in equations]


def test_a_network_is_parsed_from_lines_and_undefined_names_are_inputs():
    net = symnet.Network.parse("e = a*b\nd = e + c\nL = d*f")
    assert [str(name) for name in net.inputs] == ["a", "b", "c", "f"]
    assert lines(net.equations) == ["e = a*b", "d = c + e", "L = d*f"]
    assert net.parameter_count == 0


def test_an_expression_becomes_one_named_equation_an_operation():
    a, b, c, f = sympy.symbols("a b c f")
    net = symnet.Network.from_expression((a * b + c) * f)
    value = {str(name): number for name, number in zip((a, b, c, f), (2, -3, 10, -2), strict=True)}
    for equation in net.equations:
        value[equation.name] = equation.rhs.subs({name: value[name.name] for name in equation.rhs.free_symbols})
    assert value["y"] == -8
    assert all(len(equation.rhs.args) == 2 for equation in net.equations)
    given = "\n".join(f"{name} = {value[name]}" for name in "abcf")
    formulas = "\n".join(f'{equation.name} = "{equation.rhs}"' for equation in net.equations)
    gradients = symnet.loads(f"[given]\n{given}\n[equations]\n{formulas}").solve().gradients
    assert [gradients[name] for name in "fcab"] == [4, -2, 6, -4]


@pytest.mark.parametrize("text", ["a = a*b", "x = y\ny = 2x", "x = 1\nx = 2", "no equals sign", "1a = 2"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(symnet.Mistake):
        symnet.Network.parse(text)


def test_lines_say_which_names_are_parameters_and_targets():
    net = symnet.Network.parse(
        "z = w*x + b   # a unit\n\ny = tanh(z)\nL = (y - t)^2/2", parameters="w, b", targets=["t"]
    )
    assert [[str(name) for name in group] for group in (net.inputs, net.targets, net.parameters)] == [
        ["x"],
        ["t"],
        ["w", "b"],
    ]
    loss, gradients = symnet.compile(net)({"w": 1.0, "b": 0.0}, [[0.5]], [[1.0]])
    assert loss == pytest.approx((math.tanh(0.5) - 1) ** 2 / 2)
    assert set(gradients) == {"w", "b"}


@pytest.mark.parametrize(
    ("text", "roles", "said"),
    [
        ("y = w*x", {"parameters": ["v"]}, 'parameters: "v" stands in no formula (known: w, x)'),
        ("y = weight*x", {"parameters": ["weigth"]}, 'did you mean "weight"?'),
        ("y = w*x", {"parameters": ["w"], "targets": ["w"]}, "w is in parameters and in targets"),
        ("y = w*x", {"parameters": ["w", "w"]}, "w is twice in parameters"),
        ("z = w*x\ny = z^2", {"targets": ["z"]}, "targets: z is defined by an equation"),
        ("y = x\n\ny = 2x", {}, "line 3: y is defined twice, first in line 1"),
        ("y = x +", {}, "line 1: y: "),
        ("y = x\nz", {}, 'line 2: "z" is not of the form name = formula'),
        ("\n\n", {}, "there is no equation"),
        (sympy.Symbol("x") ** 2, {}, "symnet.Network.from_expression takes SymPy"),
    ],
)
def test_what_is_wrong_with_lines_and_roles_is_said(text, roles, said):
    with pytest.raises(symnet.Mistake) as refused:
        symnet.Network.parse(text, **roles)
    assert said in str(refused.value)


def test_a_network_of_arrays_is_written_by_equations():
    A, B = (symnet.array(name, symnet.BATCH, 2) for name in "AB")
    W, V = (symnet.array(name, 2, 1) for name in "WV")
    Z, loss = symnet.array("Z", symnet.BATCH, 1), sympy.Symbol("Loss", real=True)
    forward = (
        symnet.Equation(Z, symnet.matmul(A, W) + symnet.matmul(B**2, V)),
        symnet.Equation(loss, symnet.sum_of(Z**2)),
    )
    net = symnet.Network((A, B), (), (W, V), forward)
    X = np.random.default_rng(0).normal(size=(2, 5, 2))
    assert symnet.crosscheck(net, (X[0], X[1])).agrees
    losses = symnet.fit(net, (X[0], X[1]), steps=20, optimizer=symnet.sgd(0.01)).losses
    assert losses[-1] < losses[0]
    assert net.hessian().shape == (4, 4)
