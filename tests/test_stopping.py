"""Gradients that are stopped: truncated backpropagation through time, and stop_gradient in formulas.

The judges are recurrences written here in JAX, cut by its own ``lax.stop_gradient``, and numbers worked by hand.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from overlaps import complaints
from sympy import Float, Integer
from told import gives

import symnet
from symnet import layers
from symnet.algebra.equations import ONE
from symnet.algebra.stopping import passes, stop_gradient
from symnet.computing.entrywise import passes as in_code
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.paper import formats
from symnet.paper.document import Figure
from symnet.paper.drawing import Box, Stroke
from symnet.sheets.fading import blanks_of
from symnet.training import case as cases

STEPS, FEATURES, UNITS = 5, 2, 3


def _rnn(p, x, h, c):
    return jnp.tanh(x @ p["W1"] + h @ p["U1"] + p["b1"]), c


def _lstm(p, x, h, c):
    z = {gate: x @ p[f"W{gate}1"] + h @ p[f"U{gate}1"] + p[f"b{gate}1"] for gate in "ifgo"}
    c = jax.nn.sigmoid(z["f"]) * c + jax.nn.sigmoid(z["i"]) * jnp.tanh(z["g"])
    return jax.nn.sigmoid(z["o"]) * jnp.tanh(c), c


def _gru(p, x, h, c):
    r, z = (jax.nn.sigmoid(x @ p[f"W{g}1"] + h @ p[f"U{g}1"] + p[f"b{g}1"]) for g in "rz")
    k = jnp.tanh(x @ p["Wk1"] + (r * h) @ p["Uk1"] + p["bk1"])
    return (1 - z) * k + z * h, c


CELLS = {"rnn": _rnn, "lstm": _lstm, "gru": _gru}


def by_jax(cell, params, X, T, truncate, of_all):
    """The gradients of ½ Σ (y − t)² by jax.grad, with a stop after every ``truncate`` steps."""

    def loss(p):
        h = c = jnp.zeros((len(X), UNITS))
        found = []
        for t in range(STEPS):
            if t % truncate == 0:
                h, c = jax.lax.stop_gradient((h, c))
            h, c = cell(p, X[:, t], h, c)
            found.append(h)
        y = jnp.stack(found, 1) if of_all else h
        return ((y @ p["W2"] + p["b2"] - T) ** 2).sum() / 2

    with jax.enable_x64(True):
        return jax.grad(loss)({name: jnp.asarray(value) for name, value in params.items()})


def network(kind, truncate, of_all=True):
    layer = getattr(layers, kind)(UNITS, sequences=of_all, truncate=truncate)
    return symnet.sequential((STEPS, FEATURES), [layer, layers.dense(1)], loss="half_squared_error")


def examples(of_all=True):
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, STEPS, FEATURES)), rng.normal(size=(2, STEPS, 1) if of_all else (2, 1))


@pytest.mark.parametrize(
    ("kind", "truncate", "of_all"), [("rnn", 2, True), ("rnn", 1, False), ("lstm", 2, True), ("gru", 3, False)]
)
def test_truncated_gradients_are_those_of_jax_with_stops(kind, truncate, of_all):
    net, (X, T) = network(kind, truncate, of_all), examples(of_all)
    params = net.init(seed=1)
    _, found = symnet.compile(net)(params, X, T)
    right = by_jax(CELLS[kind], params, X, T, truncate, of_all)
    for name, value in right.items():
        np.testing.assert_allclose(found[name], value, rtol=0, atol=1e-12)
    whole, gradients = symnet.compile(network(kind, None, of_all))(params, X, T)
    assert whole == pytest.approx(float(symnet.compile(net)(params, X, T)[0]), rel=1e-14)  # forward nothing changes
    assert any(np.abs(found[name] - gradients[name]).max() > 1e-3 for name in found)


def test_a_piece_as_long_as_the_series_is_no_truncation():
    assert network("lstm", STEPS).equations == network("lstm", None).equations


@pytest.mark.parametrize("most", [cases.MOST_EQUATIONS, 1], ids=["unit by unit", "in arrays"])
def test_the_cross_check_holds_what_is_stopped(monkeypatch, most):
    monkeypatch.setattr(cases, "MOST_EQUATIONS", most)
    net, data = network("rnn", 2), examples()
    report = symnet.crosscheck(net, *data)
    assert report.agrees, str(report)
    assert set(report.ways) - {"derivation"} == {"numpy", "jax", "jax.grad", "differences"}


def test_a_gradient_that_is_not_stopped_fails_the_cross_check(monkeypatch):
    monkeypatch.setattr(stop_gradient, "slope", lambda index, output, arguments: ONE)
    report = symnet.crosscheck(symnet.Network.parse("L = (w + stop_gradient(w^2))^2", parameters=["w"]), [[]])
    assert report.disagreements
    assert "; jax.grad, differences: " in report.disagreements[0].why


def test_where_a_step_is_a_multiple_no_slope_passes():
    for k in (1, 3, 49):
        right = [int(s % k != 0 or s == 0) for s in range(50)]
        assert [passes(Integer(s), Integer(k)).doit() for s in range(50)] == right
        assert [passes.written(Integer(s), Integer(k)) for s in range(50)] == right
        assert in_code(np.arange(50), k).tolist() == right
        # Where a quotient is rounded, as in the code of functions that no library has.
        assert [float(passes(Float(s), Float(k)).doit()) for s in range(50)] == right


FILE = """
learning_rate = 0.1
[network]
inputs = [[[1], [2], [-1], [1]]]
targets = [[1]]
weights = { W1 = [[0.5]], U1 = [[1]], b1 = [0], W2 = [[1]], b2 = [0] }
[[layer]]
kind = "rnn"
units = 1
activation = "linear"
truncate = 2
[[layer]]
kind = "dense"
units = 1
"""
# By hand: h = ½, 1½, 1, 1½, so y − t = ½; δ₄ = δ₃ = ½ and δ₂ = δ₁ = 0.  ∂L/∂U = ½·1½ + ½·1, ∂L/∂W = ½·(−1) + ½·1.
BY_HAND = {"grad(U1_1_1)": 1.25, "grad(W1_1_1)": 0, "grad(b1_1)": 1, "grad(W2_1_1)": 0.75}


@cache
def loaded():
    return symnet.loads(FILE)


def test_a_file_with_a_truncated_layer_has_the_numbers_worked_by_hand():
    right = Hypotheses(loaded().problem).right(loaded().problem)
    assert {key: right[key] for key in BY_HAND} == BY_HAND


def test_the_start_belongs_to_the_first_piece_and_has_its_gradient():
    """h₁ = u h₀, h₂ = u h₁ and h₃ = u sg(h₂): of L = h₁ + h₂ + h₃ the slope in h₀ is u + u²."""
    text = 'parameters = { u = 0.5, h0 = 3 }\n[equations]\n"h[t=1..3]" = "u*truncated(h[t-1], 2)"\nL = "sum(h)"\n'
    exercise = symnet.loads(text)
    solved = exercise.solve()
    assert (solved.gradients["h0"], solved.gradients["u"]) == (Fraction(3, 4), 3 + 3 + Fraction(3, 4))
    assert symnet.verify(exercise).agrees


def test_who_goes_back_through_all_steps_is_told_so():
    whole = {"grad(U1_1_1)": 1.5, "grad(W1_1_1)": 1.5, "grad(b1_1)": 2}
    gives(loaded().problem, "gradient-not-stopped", "", whole)


def test_the_sheet_says_where_the_gradient_stops_and_what_is_left_out():
    sheet = loaded().worksheet()
    said, key = (" ".join(formats.render(part, Path("a.txt")).split()) for part in (sheet.sheet, sheet.key))
    assert "sg stops the gradient" in said
    assert "sg₂ does so between pieces of 2 steps" in said
    assert "no gradient goes from step 3 to step 2." in said
    assert "H₁,ₜ = W₁ᵀ·Xₜ + U₁ᵀ·sg₂(H_(1,t − 1)) + b₁" in said
    assert "[t mod 2 ≠ 0]·∑ₖ H̄_(1,t + 1,k)·U_1,ik" in key
    assert "H₁,₃₁ = W₁,₁₁·X₃₁ + U₁,₁₁·sg(H₁,₂₁) + b₁,₁ = 0.5·(−1) + 1·1.5 + 0 = 1" in key
    assert "∂Loss/∂U₁,₁₁ = ∂Loss/∂H₁,₂₁·H₁,₁₁ + ∂Loss/∂H₁,₃₁·H₁,₂₁ + ∂Loss/∂H₁,₄₁·H₁,₃₁" in key
    assert "these are not the gradients of the loss but a part of them" in key


CELL = """
[network]
inputs = [[[1], [2], [-1], [1], [0.5]]]
targets = TARGETS
loss = "half_squared_error"
init = "uniform(-1, 1)"
seed = 3
[[layer]]
kind = "KIND"
units = 1
sequences = SEQUENCES
truncate = 2
"""


def cell(kind, of_all=False):
    file = CELL.replace("KIND", kind).replace("SEQUENCES", str(of_all).lower())
    return symnet.loads(file.replace("TARGETS", "[[[1], [0], [1], [0], [1]]]" if of_all else "[[1]]"))


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_faded_sheet_leaves_blank_what_is_0_where_the_gradient_stops(level):
    sheet = cell("rnn").worksheet(fade=level).sheet
    assert "grad(H1_4_1)" in {blank.key for blank in blanks_of(sheet.blocks)}
    said = formats.render(sheet, Path("a.txt"))
    assert re.findall(r"∂Loss/∂H₁,₄₁ = (.*)", said) == ["_" * (30 if level == 3 else 4)]


def test_the_rule_of_the_state_is_given_however_long_and_with_what_its_brackets_mean():
    for kind, of_all, rules in (
        ("lstm", False, ("[t mod 2 ≠ 0]·∑ₖ", "∂Loss/∂C_1,ti = H̄_1,ti·O_1,ti", "F_(1,t + 1,i)·[t mod 2 ≠ 0]")),
        ("gru", True, ("H̄_(1,t + 1,i)·Z_(1,t + 1,i)·[t mod 2 ≠ 0]", "R_(1,t + 1,i)·[t mod 2 ≠ 0]·∑ₖ")),
    ):
        said = " ".join(formats.render(cell(kind, of_all).worksheet().key, Path("a.txt")).split())
        _, long = said.split("Those that are too long for the table: ∂Loss/∂H_1,ti = ")
        long, *_ = long.split(" Square brackets are 1 where")
        assert [rule for rule in rules if rule not in long] == []
        assert "no gradient goes from step 3 to step 2 or from step 5 to step 4." in said


def test_of_truncation_is_told_only_who_truncates():
    exercise = symnet.loads(FILE.replace("truncate = 2\n", ""))
    said = " ".join(formats.render(exercise.worksheet().key, Path("a.txt")).split())
    assert "The gradient of a step needs that of the step after it, 0 after the last." in said
    assert "truncat" not in said.lower()


def test_the_unrolled_cells_are_cut_where_the_gradient_stops():
    (figure,) = (block for block in loaded().worksheet().sheet.blocks if isinstance(block, Figure))
    assert "no gradient goes back between steps 2 and 3." in figure.words
    marks = figure.drawing.marks
    cells = sorted(mark.x for mark in marks if isinstance(mark, Box))
    slanted = [mark for mark in marks if isinstance(mark, Stroke) and mark.x1 != mark.x2 and mark.y1 != mark.y2]
    assert len(slanted) == 2
    assert all(cells[1] < mark.x1 < mark.x2 < cells[2] for mark in slanted)
    assert list(complaints(figure.drawing)) == []


def test_stop_gradient_in_a_formula_of_numbers():
    """x + sg(q − x) is q, and passes its gradient to x: a straight-through estimate."""
    net = symnet.Network.parse("y = x + stop_gradient(floor(x) - x)\nL = (y - 5)^2", parameters=["x"])
    loss, slopes = symnet.compile(net, "math")({"x": np.array(2.75)}, np.zeros((1, 0)))
    assert (loss, slopes["x"]) == (9, -6)


def test_there_is_no_hessian_of_a_gradient_that_is_stopped():
    net = symnet.Network.parse("h = w*x\nL = (h + stop_gradient(h))^2", parameters=["w"])
    with pytest.raises(symnet.Mistake, match="L stops the gradient"):
        net.hessian()
