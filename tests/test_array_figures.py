"""Files with arrays are drawn by layer: a box for every array, an arrow where an equation reads one."""

from __future__ import annotations

import re

import pytest
from array_slip_exercises import LSTM
from click.testing import CliRunner

from symnet.cli import symnet as cli

ATTENTION = """
[given]
x = [[1, 0, 2], [0, 1, 1], [1, 1, 0], [2, 0, 1]]
[parameters]
Q = [[1, 0], [0, 1], [1, 1]]
K = [[0, 1], [1, 0], [1, -1]]
[equations]
q = "x @ Q"
k = "x @ K"
s = "q @ k.T / sqrt(2)"
a = "softmax(s)"
o = "a @ x"
L = "sum(o^2)/2"
"""
RNN = """
[given]
x = [[1, 0], [0, 1], [1, 1], [0, 2]]
[parameters]
W = [[0.5, -0.3], [0.2, 0.8]]
U = [[0.1, 0.4], [-0.2, 0.3]]
[equations]
"h[t]" = "tanh(x[t] @ W + h[t-1] @ U)"
L = "sum(h^2)"
"""
SMALL = """
[given]
x = [1, 2]
[parameters]
W = [[1, 0], [0.5, 1]]
[equations]
z = "x @ W"
L = "sum(z^2)"
"""


def drawn(tmp_path, toml, *options):
    """(exit code, the SVG or the message)."""
    (tmp_path / "net.toml").write_text(toml)
    out = tmp_path / "net.svg"
    found = CliRunner().invoke(cli, ["draw", str(tmp_path / "net.toml"), "-o", str(out), *options])
    return found.exit_code, out.read_text() if out.exists() else str(found.exception)


def words(svg):
    return re.search(r"<(?:title|desc)[^>]*>(.*?)</", svg, re.DOTALL)[1]


def test_every_array_has_a_box_with_its_shape_and_an_arrow_from_all_that_it_reads(tmp_path):
    code, svg = drawn(tmp_path, ATTENTION)
    assert code == 0
    said = words(svg)
    for line in (
        "q (4 × 2) from x (4 × 3), Q (3 × 2)",
        "s (4 × 4) from q (4 × 2), k (4 × 2)",
        "o (4 × 3) from a (4 × 4)",
    ):
        assert line in said
    assert svg.count("4 × 4") == said.count("4 × 4") + 2  # the boxes of s and a
    arrows = len(re.findall(r'class="[^"]*\bhead\b', svg))
    assert arrows == 2 + 2 + 2 + 1 + 2 + 1  # q, k, s, a, o, L


@pytest.mark.parametrize("start", [True, False])
def test_what_a_recurrence_reads_of_itself_has_a_box_and_an_arrow_back_to_it(tmp_path, start):
    toml = RNN.replace("[given]", "[given]\nh0 = [0, 1]") if start else RNN
    code, svg = drawn(tmp_path, toml)
    assert code == 0
    assert f"read a step before: h (4 × 2){', from h₀ (2) on' if start else ''}" in words(svg)
    # x, W, U and h_(t−1) to h, h to L, h back to h_(t−1), and h0 to that
    assert len(re.findall(r'class="[^"]*\bhead\b', svg)) == 4 + 1 + 1 + start


def test_gates_read_what_was_worked_a_step_before(tmp_path):
    code, svg = drawn(tmp_path, LSTM)
    assert code == 0
    assert "read a step before: h (2 × 2), from h₀ (2) on, c (2 × 2), from c₀ (2) on" in words(svg)
    # four gates of x, h_(t−1) and two matrices; c of f, i, k and c_(t−1); h of o and c; L of h and g
    assert len(re.findall(r'class="[^"]*\bhead\b', svg)) == 16 + 4 + 2 + 2 + 2 + 2


def test_few_units_are_drawn_one_by_one_and_numbers_stand_in_the_graph(tmp_path):
    code, svg = drawn(tmp_path, SMALL)
    assert code == 0
    assert "A 2-2 network" in words(svg)
    code, svg = drawn(tmp_path, RNN, "--graph")
    assert code == 0
    assert "2 equations of arrays" not in words(svg)


@pytest.mark.parametrize("ending", ["png", "pdf", "tex"])
def test_the_figure_has_every_format(tmp_path, ending):
    (tmp_path / "net.toml").write_text(ATTENTION)
    out = tmp_path / f"net.{ending}"
    assert CliRunner().invoke(cli, ["draw", str(tmp_path / "net.toml"), "-o", str(out)]).exit_code == 0
    assert out.stat().st_size > 500
