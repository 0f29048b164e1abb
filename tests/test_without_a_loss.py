"""Exercises that are worked forward alone, truth tables, and functions that go through others."""

import pytest

import symnet
from symnet import Mistake
from symnet.exercises.asked import questions_of
from symnet.paper.document import Answer, Figure, Table, Task
from symnet.working.composed import composed, curves

ENCODING = '[given]\nk = 3\n[equations]\np1 = "sin(k)"\np2 = "cos(k)"\n'
RECALL = '[given]\ns = 1\nw = -1\n[equations]\nn = "sign(w*s)"\nE = "-w*n*s"\n'
GRAPH = '[given]\na = 2\nb = 3\n[equations]\ne = "a*b"\nL = "e^2"\n'
XOR = """samples = [{x1 = 0, x2 = 0}, {x1 = 0, x2 = 1}, {x1 = 1, x2 = 0}, {x1 = 1, x2 = 1}]
[equations]
h = "step(x1 + x2 - 0.5)"
y = "step(h - 2*x1*x2 - 0.5)"
"""
CHAIN = '[given]\nx = 0.5\n[equations]\nz = "2*x + 1"\na = "sigmoid(z)"\n'
PLANES = """[given]
x1 = 1
x2 = 1
[equations]
h1 = "step(x1 - 0.5)"
h2 = "step(3 - x1 - x2)"
y = "step(h1 + h2 - 1.5)"
"""


def asks(toml):
    return [question.ask for question in questions_of(symnet.loads(toml))]


def test_there_is_no_backward_pass_where_nothing_is_to_be_differentiated():
    assert asks(ENCODING) == asks(RECALL) == asks(XOR) == ["forward"]
    assert asks(GRAPH) == asks(f'loss = "E"\n{RECALL}') == ["forward", "gradient"]


def test_a_truth_table_has_a_row_for_every_sample():
    key = symnet.loads(XOR).worksheet().key
    *_, table = (block for block in key.blocks if isinstance(block, Table))
    assert len(table.rows) == 4
    assert [row[2][0].text for row in table.rows] == ["0", "1", "1", "0"]


def question(toml, ask, **options):
    lines = "".join(f"{key} = {value}\n" for key, value in options.items())
    return symnet.loads(f'{toml}[[question]]\nask = "{ask}"\n{lines}').worksheet().key


def test_functions_are_derived_through_what_stands_between():
    network = symnet.loads(CHAIN).problem.network
    assert str(composed(network, "a", "x").rhs) == "sigmoid(2*x + 1)"
    key = question(CHAIN, "function", of='"a"', wrt='"x"')
    assert any(isinstance(block, Task) for block in key.blocks)
    table = next(b for b in question(CHAIN, "slopes").blocks if isinstance(b, Table))
    assert len(table.rows) == 2


def test_a_plot_goes_through_steps_and_over_either_input():
    for options in ({}, {"of": '"y"', "wrt": '["x1", "x2"]'}):
        answer = question(PLANES, "plot", **options).blocks[-1]
        assert isinstance(answer, Answer)
        assert isinstance(answer.blocks[0], Figure)


def test_the_points_of_a_plot_are_those_of_the_function():
    values, slopes = curves(symnet.loads(CHAIN).problem.network, "a", "x", -2, 2, {"x": 0.5})
    a = [1 / (1 + 2.718281828459045 ** -(2 * x + 1)) for x, _ in values]
    assert [y for _, y in values] == pytest.approx(a)
    assert [dy for _, dy in slopes] == pytest.approx([2 * y * (1 - y) for y in a])
    values, slopes = curves(symnet.loads(PLANES).problem.network, "y", "x1", -1, 3, {"x1": 1, "x2": 1})
    assert {y for _, y in values if y == y} == {0.0, 1.0}
    assert sum(y != y for _, y in values) == 2  # a gap where it jumps up, and where it jumps down
    assert {dy for _, dy in slopes if dy == dy} == {0.0}


@pytest.mark.parametrize(
    ("toml", "ask", "options", "why"),
    [
        (PLANES, "function", {"of": '"y"', "wrt": '"x1"'}, "y depends on x1 through other quantities"),
        (PLANES, "slopes", {"wrt": '["x1", "x2"]'}, "functions of one name; wrt has 2: x1, x2"),
        (PLANES, "plot", {"of": '"h1"', "wrt": '"x2"'}, "h1 does not depend on x2"),
        (CHAIN, "plot", {"of": '"x"'}, "x is not an equation"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_true_message(toml, ask, options, why):
    with pytest.raises(Mistake, match=why):
        question(toml, ask, **options)
