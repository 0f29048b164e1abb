"""Tangents, Jacobians and products of factors against jax.jvp and jax.jacobian, multiplications counted by hand."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import symnet
from symnet import Mistake
from symnet.paper import formats

WORKSHEETS = Path(__file__).parent.parent / "worksheets"

# name: (file, the names at the bottom, their values, {quantity: function of them})
NET = """
given = { x1 = 0.5, x2 = -1, t = 1 }
parameters = { a = 0.3, b = 0.7, c = -0.4, v = 1.2, u = -0.5 }
[equations]
z1 = "a*x1 + b*x2"
h1 = "tanh(z1)"
z2 = "c*x1 + b*x2"
h2 = "sigmoid(z2)"
y = "v*h1 + u*h2 + h1*h2"
L = "(y - t)^2/2"
"""
NAMES = ("a", "b", "c", "v", "u", "x1", "x2", "t")
AT = np.array([0.3, 0.7, -0.4, 1.2, -0.5, 0.5, -1, 1])


def net(p):
    a, b, c, v, u, x1, x2, t = p
    z1, z2 = a * x1 + b * x2, c * x1 + b * x2
    h1, h2 = jnp.tanh(z1), jax.nn.sigmoid(z2)
    y = v * h1 + u * h2 + h1 * h2
    return {"z1": z1, "h1": h1, "z2": z2, "h2": h2, "y": y, "L": (y - t) ** 2 / 2}


@pytest.fixture(autouse=True)
def in_float64():
    with jax.enable_x64(True):
        yield


def asked(question, text=NET):
    return symnet.loads(f"{text}\n[[question]]\n{question}\n")


def key_of(exercise):
    return formats.render(exercise.worksheet().key, Path("key.txt"))


@pytest.mark.parametrize("name", NAMES[:-1])
def test_tangents_are_those_of_jax_jvp(name):
    direction = np.array([float(other == name) for other in NAMES])
    _, tangents = jax.jit(lambda p, d: jax.jvp(net, (p,), (d,)))(AT, direction)
    exercise = asked(f'ask = "forward_mode"\nwrt = "{name}"')
    found = {key: float(value) for key, value in exercise.solve(17).further.items() if key.startswith("dot(")}
    moved = {f"dot({y})": float(value) for y, value in tangents.items() if value != 0}
    assert found == pytest.approx(moved, rel=1e-12)
    assert found["dot(L)"] == pytest.approx(float(exercise.solve(17).gradients[name]), rel=1e-12)


def test_multiplications_are_counted_as_by_hand():
    # Local derivatives: z1 by a and b, h1, z2 by c and b, h2, y by v, h1, u, h2, and L by y: 11.  In direction a:
    # z1, h1, y, L; of c: z2, h2, y, L; of b: z1, h1, z2, h2, y twice, L; of v and of u: y, L.
    found = asked('ask = "forward_mode"\nwrt = "a"').solve().further
    assert found["multiplications(reverse)"] == 11
    assert found["multiplications(forward)"] == 4 + 7 + 4 + 2 + 2
    key = key_of(asked('ask = "forward_mode"\nwrt = "a"'))
    assert "4 + 7 + 4 + 2 + 2 = 19" in key
    assert "reverse mode is cheaper" in key


def test_with_one_name_the_forward_mode_costs_no_more():
    text = 'given = { t = 1 }\nparameters = { w = 2 }\nequations = { y = "w^2", L = "(y - t)^2" }\n'
    assert "forward mode costs no more" in key_of(asked('ask = "forward_mode"', text))


def test_two_directions_in_one_file_are_refused():
    with pytest.raises(Mistake, match="an earlier question asks for another dot"):
        asked('ask = "forward_mode"\nwrt = "a"\n[[question]]\nask = "forward_mode"\nwrt = "b"')


def test_a_jacobian_is_that_of_jax():
    wrt = ("a", "b", "x1", "x2")
    exercise = asked(f'ask = "jacobian"\nof = ["h1", "h2", "y"]\nwrt = {list(wrt)}'.replace("'", '"'))
    rows = jax.jit(jax.jacobian(net))(AT)
    found = exercise.solve(17).further
    for y in ("h1", "h2", "y"):
        for x in wrt:
            assert float(found[f"d{y}/d{x}"]) == pytest.approx(float(rows[y][NAMES.index(x)]), rel=1e-12)
    assert "∂y/∂x₂" in key_of(exercise)


def test_a_jacobian_of_arrays_is_that_of_jax():
    text = (
        "given = { x = [1, -0.5] }\nparameters = { W = [[0.2, 0.4, -0.3], [0.5, -0.1, 0.6]] }\n[equations]\n"
        'z = "x @ W"\np = "softmax(z)"\nL = "-ln(p[1])"\n'
    )
    exercise = asked('ask = "jacobian"\nof = "p"\nwrt = "x"', text)
    weights = np.array([[0.2, 0.4, -0.3], [0.5, -0.1, 0.6]])
    wanted = jax.jit(jax.jacobian(lambda x: jax.nn.softmax(x @ weights)))(np.array([1, -0.5]))
    found = exercise.solve(17).further
    for i in range(3):
        for j in range(2):
            assert float(found[f"dp{i + 1}/dx{j + 1}"]) == pytest.approx(float(wanted[i, j]), rel=1e-12)


def test_gradients_of_inputs_are_asked_as_those_of_weights_are():
    exercise = asked('ask = "gradient"\nof = ["x1", "x2"]')
    gradient = jax.jit(jax.grad(lambda p: net(p)["L"]))(AT)
    for name in ("x1", "x2"):
        assert float(exercise.solve(17).gradients[name]) == pytest.approx(float(gradient[NAMES.index(name)]), rel=1e-12)
    assert "∂L/∂x₂" in key_of(exercise)


# -- vanishing and exploding ------------------------------------------------------------------------------------------

CHAIN = """
given = {{ h0 = 0, x = 0.1 }}
parameters = {{ w = {w} }}
[equations]
h1 = "tanh(w*h0 + x)"
h2 = "tanh(w*h1 + x)"
h3 = "tanh(w*h2 + x)"
h4 = "tanh(w*h3 + x)"
[[question]]
ask = "vanishing"
of = ["h1", "h2", "h3", "h4"]
wrt = "h0"
"""


@pytest.mark.parametrize(("w", "what"), [(0.5, "vanishes"), (2.5, "explodes")])
def test_a_product_of_factors_is_the_derivative_and_says_what_becomes_of_it(w, what):
    def state(h, steps=4):
        for _ in range(steps):
            h = jnp.tanh(w * h + 0.1)
        return h

    found = symnet.loads(CHAIN.format(w=w)).solve(17).further
    assert float(found["dh4/dh0"]) == pytest.approx(float(jax.jit(jax.grad(state))(0.0)), rel=1e-12)
    h1 = float(jnp.tanh(0.1))
    assert float(found["dh2/dh1"]) == pytest.approx(w * (1 - float(jnp.tanh(w * h1 + 0.1)) ** 2), rel=1e-6)
    assert f"the gradient {what}" in key_of(symnet.loads(CHAIN.format(w=w)))


def test_a_way_that_passes_by_a_stage_is_refused():
    text = CHAIN.format(w=0.5).replace("tanh(w*h2 + x)", "tanh(w*h2 + x) + h1")
    with pytest.raises(Mistake, match="h3 is worked from h1 on a way that passes by h2"):
        symnet.loads(text)


# -- slips: of the sheet, by hand: x = 2, t = 1, w = 1, b = −1, v = 3, so z = h = 1, y = 3, L = 2 ----------------------

SHEET = "forward-and-reverse-mode"
BY_HAND = [
    ({"dot(y)": "3"}, "tangent-of-input-forgotten"),
    ({"dot(L)": "2"}, "tangent-of-input-forgotten"),
    ({"multiplications(forward)": "4"}, "one-pass-forward"),
    ({"multiplications(reverse)": "18"}, "pass-back-for-each"),
]


@pytest.mark.parametrize(("answers", "slip"), BY_HAND)
def test_a_slip_is_told_from_the_number_that_it_gives(answers, slip):
    said = symnet.check(symnet.load(WORKSHEETS / f"{SHEET}.toml"), answers).verdicts
    assert all(slip in {cause.id for cause in verdict.slips} for verdict in said.values())


CHAINED = [
    ({"dh4/dh0": lambda f: sum(f)}, "factors-added"),
    ({"dh4/dh0": lambda f: f[0] * f[1] * f[3]}, "stage-left-out"),
    ({"dh3/dh2": lambda f: f[2] / 0.5}, "factor-without-weight"),
]


@pytest.mark.parametrize(("answers", "slip"), CHAINED, ids=[slip for _, slip in CHAINED])
def test_a_slip_with_factors_is_told(answers, slip):
    exercise = symnet.loads(CHAIN.format(w=0.5))
    factors = [float(exercise.solve(17).further[f"dh{k + 1}/dh{k}"]) for k in range(4)]
    said = symnet.check(exercise, {key: f"{of(factors):.9f}" for key, of in answers.items()}).verdicts
    assert all(slip in {cause.id for cause in verdict.slips} for verdict in said.values())


def test_the_direct_use_alone_is_told_in_backpropagation_through_time():
    exercise = symnet.load(WORKSHEETS / "vanishing-gradients.toml")
    forward = exercise.solve(12).forward
    direct = (1 - float(forward["h3"]) ** 2) * float(forward["h2"])  # h₂, and nothing of the steps before
    verdict = symnet.check(exercise, {"dh3/dw": f"{direct:.4f}"}).verdicts["dh3/dw"]
    assert "direct-use-alone" in {cause.id for cause in verdict.slips}


@pytest.mark.parametrize("word", ["ẏ", "y_dot", "dot(y)", "tangent(y)"])
def test_a_tangent_is_known_by_what_people_write(word):
    said = symnet.check(symnet.load(WORKSHEETS / f"{SHEET}.toml"), {word: "6"}).verdicts
    assert said["dot(y)"].verdict == "right"
