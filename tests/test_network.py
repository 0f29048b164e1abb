"""Networks: from lines, from an expression, and what they refuse."""

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
