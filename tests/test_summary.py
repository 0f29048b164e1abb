"""What a network is made of, counted: held to arrays and to counts by hand."""

import json

import pytest

import symnet


@pytest.mark.parametrize("widths", [[3, 4, 4, 1], [2, 5], [64, 32, 10]])
def test_layers_count_as_their_arrays(widths):
    net = symnet.mlp(widths, activation="relu")
    found = net.summary()
    params = net.init()
    for i, row in enumerate(found.rows, 1):
        assert row.parameters == params[f"W{i}"].size + params[f"b{i}"].size
        assert row.multiply_adds == params[f"W{i}"].size
        assert sum(eval_products(row.arithmetic)) == row.parameters
        assert row.output[1] == widths[i]
    assert found.parameters == sum(row.parameters for row in found.rows) == net.parameter_count


def eval_products(text):
    for term in text.split(" + "):
        size = 1
        for factor in term.split("·"):
            size *= int(factor)
        yield size


def test_a_penalty_and_a_loss_are_no_layers():
    plain = symnet.mlp([3, 4, 2], activation="tanh", output="softmax", loss="cross_entropy")
    counted = symnet.mlp([3, 4, 2], activation="tanh", output="softmax", loss="cross_entropy", l2=0.1)
    assert plain.summary() == counted.summary()
    assert [row.kind for row in plain.summary().rows] == ["dense, tanh", "dense, softmax"]
    own = symnet.mlp([2, 3, 1], activation="z*sigmoid(z)", loss=None)
    assert [row.kind for row in own.summary().rows] == ["dense, formula", "dense"]


def test_the_command_prints_the_table_and_the_object(command):
    code, out, _ = command("summary", "worksheets/counting-parameters-3-4-4-1.toml")
    assert code == 0
    assert [line.split() for line in out.splitlines()[2:4]] == [
        ["layer", "kind", "output", "parameters", "multiply-adds"],
        ["input", "(n,", "3)"],
    ]
    assert out.splitlines()[-1].split() == ["total", "41", "32"]
    code, out, _ = command("summary", "worksheets/relu.toml", "worksheets/fitting-a-curve.toml", "--json")
    units, layers = map(json.loads, out.splitlines())
    assert (units["schema"], units["parameters"], units["multiply_adds"]) == ("symnet.summary/1", 6, 6)
    assert sum(layer["parameters"] for layer in layers["layers"]) == layers["parameters"]
    assert all(type(layer["output"][1]) is int for layer in layers["layers"])
