"""The matrix form: indices, transposes, the output's short gradient and the matrices with numbers in them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
import traced
from entry_values import values

import symnet
from symnet.algebra import functions, losses
from symnet.algebra.equations import BATCH, Equation, array, names_in, symbol
from symnet.algebra.indices import Each
from symnet.algebra.matrices import shape_of
from symnet.notation.maths import Matrix
from symnet.notation.names import Names
from symnet.paper.printing.text import maths
from symnet.working.layer_form import LayerForm
from symnet.working.probability_errors import CLASSES, K

RANDOM = np.random.default_rng(5)


def form_of(*arguments, **options):
    network = symnet.mlp(*arguments, **options)
    return LayerForm(network, Names(network.names))


@pytest.mark.parametrize(("build", "expected"), [
    (lambda a, b, v: symnet.algebra.matrices.matmul(a, b), lambda a, b, v: a @ b),
    (lambda a, b, v: symnet.algebra.matrices.matmul(symnet.algebra.matrices.transpose(a), a), lambda a, b, v: a.T @ a),
    (lambda a, b, v: symnet.algebra.matrices.rows(v, BATCH), lambda a, b, v: np.tile(v, (len(a), 1))),
    (lambda a, b, v: symnet.algebra.matrices.column_sums(a), lambda a, b, v: a.sum(0)),
    (lambda a, b, v: symnet.algebra.matrices.row_sums(a), lambda a, b, v: a.sum(1)),
    (lambda a, b, v: symnet.algebra.matrices.sum_of(a * a), lambda a, b, v: (a * a).sum()),
    (lambda a, b, v: symnet.algebra.matrices.softmax(a), lambda a, b, v: np.exp(a) / np.exp(a).sum(1)[:, None]),
    (lambda a, b, v: symnet.algebra.matrices.cross_entropy(a, a),
     lambda a, b, v: -(a * (a - np.log(np.exp(a).sum(1))[:, None])).sum(1)),
    (lambda a, b, v: symnet.algebra.matrices.columns(symnet.algebra.matrices.row_sums(a), 3),
     lambda a, b, v: np.tile(a.sum(1)[:, None], (1, 3))),
])  # fmt: skip
def test_every_entry_of_a_form_in_indices_is_the_entry_of_the_array(build, expected):
    a, b, v = array("A", BATCH, 3), array("B", 3, 2), array("V", 3)
    numbers = {a: RANDOM.normal(size=(2, 3)), b: RANDOM.normal(size=(3, 2)), v: RANDOM.normal(size=3)}
    expr = build(a, b, v)
    whole = expected(*numbers.values())
    name = array("R", *shape_of(expr)) if shape_of(expr) else symbol("R")
    found = values([Equation(name, expr)], numbers, {BATCH: 2})[name]
    np.testing.assert_allclose(found, whole, rtol=1e-12)


def test_the_rules_of_a_layer_are_those_of_jax():
    form = form_of([2, 3, 2])
    layer, _ = form.general
    rng = np.random.default_rng(0)
    a, w, b, z_bar = (rng.normal(size=s) for s in ((4, 3), (3, 2), (2,), (4, 2)))
    gradients = jax.grad(lambda a, w, b: jnp.sum((a @ w + b) * z_bar), argnums=(0, 1, 2))(*map(jnp.float32, (a, w, b)))
    texts = [maths(line.steps[0][1]) for rule in form.rules() for line in rule.lines[1:]]
    assert texts == ["A_(ℓ − 1)ᵀ·Z̄_ℓ", "Z̄_ℓᵀ·𝟏", "Z̄_ℓ·W_ℓᵀ"]
    for ours, theirs in zip((a.T @ z_bar, z_bar.T @ np.ones(4), z_bar @ w.T), (gradients[i] for i in (1, 2, 0)),
                            strict=True):  # fmt: skip
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert [maths(form.general_names.node(name.name)) for name in names_in(layer.rhs)] == ["A_(ℓ − 1)", "W_ℓ", "b_ℓ"]


def test_the_sums_of_the_rules_are_their_matrices():
    """The index form in each derivation, worked out, is the product of matrices under it."""
    from symnet.algebra.adjoints import contributions, gradient_name

    form = form_of([2, 2])
    layer, _ = form.general
    upstream = gradient_name(form.loss, layer.lhs)
    below, weights, bias = names_in(layer.rhs)
    lengths = dict(zip(shape_of(weights), (3, 2), strict=True)) | {BATCH: 4}
    arrays = {below: RANDOM.normal(size=(4, 3)), weights: RANDOM.normal(size=(3, 2)),
              upstream: RANDOM.normal(size=(4, 2))}  # fmt: skip
    a, w, z = arrays.values()
    expected = {weights: a.T @ z, bias: z.sum(0), below: z @ w.T}
    for name, term in contributions(layer, upstream):
        own, body = form._of_general.entry_form(Equation(gradient_name(form.loss, name), term))
        found = values([Equation(name, Each(body, *own))], arrays, lengths)[name]
        np.testing.assert_allclose(found, expected[name], rtol=1e-12)


@pytest.mark.parametrize("loss", ["half_squared_error", "squared_error", "mean_squared_error", "sigmoid_cross_entropy"])
def test_every_step_to_the_short_gradient_of_the_output_is_equal_to_the_one_before(loss):
    variable, forms, slopes = form_of([2, 3, 2], loss=loss).output().steps
    at_numbers = {variable: sympy.Rational(7, 10), BATCH: 5, symnet.algebra.equations.symbol("t"): sympy.Rational(1, 5)}
    expected = sympy.diff(forms[0].doit(), variable).subs(at_numbers).evalf(30)
    for form in forms:
        assert abs(form.doit().subs(at_numbers).evalf(30) - forms[0].doit().subs(at_numbers).evalf(30)) < 1e-25
    for slope in slopes:
        assert abs(slope.doit().subs(at_numbers).evalf(30) - expected) < 1e-25


def test_every_step_of_softmax_and_cross_entropy():
    variable, forms, slopes = form_of([2, 3, 3], loss="softmax_cross_entropy").output().steps
    z, t = np.array([0.3, -1.2, 0.8]), np.array([0.2, 0.5, 0.3])
    p = np.exp(z) / np.exp(z).sum()
    numbers = {"z": z, "t": t, "p": p}

    def number(form, k=1):
        given = {array(name, CLASSES): value for name, value in numbers.items()}
        every = values([Equation(array("r", CLASSES), Each(form, K))], given, {CLASSES: 3})
        return every[array("r", CLASSES)][k]

    assert number(variable) == z[1]
    for form in forms:
        assert number(form) == pytest.approx(-(t * np.log(p)).sum(), rel=1e-12)
    gradient = jax.grad(lambda z: -jnp.sum(t * jax.nn.log_softmax(z)))(jnp.array(z, jnp.float32))
    for slope in slopes:
        assert number(slope) == pytest.approx(p[1] - t[1], rel=1e-12) == pytest.approx(float(gradient[1]), rel=1e-5)


FILE = """
learning_rate = 0.1
[network]
layers = [2, 3, 2]
activation = "{activation}"
output = "{output}"
loss = "{loss}"
inputs = [[1, 2], [-1, 1], [0.5, -1]]
targets = [[1, 0], [0, 1], [1, 0]]
init = "uniform(-1, 1)"
seed = 3
[[question]]
ask = "matrix"
"""


def matrices_of(exercise):
    from symnet.working.layer_numbers import LayerNumbers

    network = exercise.problem.layers
    numbers = LayerNumbers(LayerForm(network, Names(network.names)), exercise.problem, 12)
    return {name: node for name, node in numbers._nodes.items() if isinstance(node, Matrix)}, numbers


def as_array(matrix):
    return np.array([[float(maths(e).replace("−", "-").replace("·10", "e").translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹",
                    "-0123456789"))) for e in row] for row in matrix.rows])  # fmt: skip


@pytest.mark.parametrize(("loss", "output"), [
    ("softmax_cross_entropy", "linear"), ("sigmoid_cross_entropy", "linear"), ("half_squared_error", "tanh"),
    ("mean_squared_error", "sigmoid"),
])  # fmt: skip
def test_matrices_with_numbers_are_those_of_jax(loss, output):
    exercise = symnet.loads(FILE.format(activation="tanh", output=output, loss=loss))
    matrices, numbers = matrices_of(exercise)
    X, T, W1, b1, W2, b2 = (as_array(matrices[name]) for name in ("X", "T", "W1", "b1", "W2", "b2"))
    of = {"linear": lambda z: z, "tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid}[output]

    def value(W1, b1, W2, b2):
        a = of(jnp.tanh(X @ W1 + b1.T) @ W2 + b2.T)
        each = {
            "softmax_cross_entropy": lambda: -(T * jax.nn.log_softmax(a)).sum() / len(X),
            "sigmoid_cross_entropy": lambda: -(T * jax.nn.log_sigmoid(a) + (1 - T) * jax.nn.log_sigmoid(-a)).sum() / 3,
            "half_squared_error": lambda: 0.5 * ((a - T) ** 2).sum(),
            "mean_squared_error": lambda: ((a - T) ** 2).mean(),
        }
        return each[loss]()

    _, gradients = traced.value_and_grad(lambda given: value(*given), (W1, b1, W2, b2))
    for name, gradient in zip(("W1", "b1", "W2", "b2"), gradients, strict=True):
        np.testing.assert_allclose(as_array(matrices[f"∂Loss/∂{name}"]), gradient, rtol=2e-4, atol=1e-5)
    printed = [maths(line.steps[-1][1]) for line in numbers.lines()]
    # From P − T on there is no gradient of the outputs themselves.
    assert len(printed) == len(exercise.problem.layers.equations) + (7 if "cross_entropy" in loss else 8)


@pytest.mark.parametrize("loss", sorted(losses.CATALOGUE))
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "elu", "softplus", "gelu", "leaky_relu"])
def test_every_loss_and_activation_has_a_sheet(loss, activation, tmp_path):
    assert activation in functions.CATALOGUE
    probabilities = {"cross_entropy": "softmax", "kl_divergence": "softmax", "binary_cross_entropy": "sigmoid"}
    output = probabilities.get(loss, "linear")
    exercise = symnet.loads(FILE.format(activation=activation, output=output, loss=loss))
    exercise.worksheet().save(tmp_path / "a.txt", key=tmp_path / "key.txt")
    key, sheet = (tmp_path / "key.txt").read_text(), (tmp_path / "a.txt").read_text()
    assert "W̄₁ = Xᵀ·Z̄₁" in key
    assert "Xᵀ·Z̄₁" not in sheet


def test_a_deep_network_and_one_too_large_for_numbers():
    deep = symnet.loads(FILE.format(activation="tanh", output="linear", loss="squared_error")
                        .replace("[2, 3, 2]", "[2, 3, 4, 3, 2]"))  # fmt: skip
    wide = symnet.loads(FILE.format(activation="tanh", output="linear", loss="squared_error")
                        .replace("[2, 3, 2]", "[2, 30, 2]"))  # fmt: skip
    from symnet.paper.formats.text import render

    assert "W̄₄ = A₃ᵀ·Z̄₄" in render(deep.worksheet().key)
    assert "too large to print" in render(wide.worksheet().key)


def test_units_have_no_matrix_form():
    exercise = symnet.loads('[parameters]\nw = 2\n[equations]\ny = "w^2"\n[[question]]\nask = "matrix"')
    with pytest.raises(symnet.Mistake, match=r"under \[network\]"):
        exercise.worksheet()
