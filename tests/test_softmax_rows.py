"""A softmax written out entry by entry is differentiated in its own outputs, with the numbers of the general rules."""

from __future__ import annotations

import entry_values
import pytest

import symnet
from symnet.algebra.backprop import backprop
from symnet.algebra.equations import names_in, symbol
from symnet.algebra.functions import exp
from symnet.algebra.output_errors import joined_backprop

ROW = """
[given]
x = [1, -0.5, 2]
[parameters]
w = [0.3, 0.7, -0.2]
[equations]
z = "x*w"
p = "softmax(z)"
L = "p[1]^2 + 2*p[2]*p[3]"
"""
CAUSAL = """
[given]
X = [[1, 0], [0.5, 1], [1, 1]]
[parameters]
W = [[1, 0.5], [-1, 2]]
[equations]
S = "X @ W @ X.T"
A = "causal_softmax(S)"
L = "sum(A^3)"
"""
LOGITS_WITHOUT_NAMES = CAUSAL.replace('S = "X @ W @ X.T"\n', "").replace("causal_softmax(S)", "softmax(X @ W @ X.T)")


@pytest.mark.parametrize("text", [ROW, CAUSAL, LOGITS_WITHOUT_NAMES], ids=["row", "causal", "logits without names"])
def test_the_numbers_are_those_of_the_general_rules(text):
    problem = symnet.loads(text).problem
    given = {symbol(name): float(value) for name, value in {**problem.given, **problem.start}.items()}
    loss = symbol("L")
    short = joined_backprop(problem.network.equations, loss, lambda targets: False)
    plain = backprop(problem.network.equations, loss)
    assert {line.name for line in short} == {line.name for line in plain}
    assert any(line.rhs.has(exp) for line in plain)
    assert not any(line.rhs.has(exp) for line in short)
    mine = entry_values.values([*problem.network.equations, *short], given)
    right = entry_values.values([*problem.network.equations, *plain], given)
    for line in plain:
        assert float(mine[line.lhs]) == pytest.approx(float(right[line.lhs]), rel=1e-12, abs=1e-13), line.name


def test_a_softmax_whose_exponentials_have_names_keeps_them():
    text = """
[given]
z1 = 1
z2 = 2
[equations]
e1 = "exp(z1)"
e2 = "exp(z2)"
p = "e1/(e1 + e2)"
L = "p^2"
"""
    equations = symnet.loads(text).problem.network.equations
    assert joined_backprop(equations, symbol("L"), lambda targets: False) == backprop(equations, symbol("L"))


def test_one_output_alone_is_differentiated_by_the_general_rules():
    text = '[given]\nz1 = 1\nz2 = 2\n[equations]\np = "exp(z1)/(exp(z1) + exp(z2))"\nL = "p^2"'
    equations = symnet.loads(text).problem.network.equations
    lines = {line.name: line for line in joined_backprop(equations, symbol("L"), lambda targets: False)}
    assert symbol("z2") in names_in(lines["∂L/∂z1"].rhs)
