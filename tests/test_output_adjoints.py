"""Where the backward pass begins: the derivation of every loss, judged by jax.grad of the loss itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from entry_values import values

import symnet
from symnet.algebra import losses
from symnet.algebra.equations import BATCH, Equation, add, array, multiply, negate, power, replace
from symnet.algebra.matrices import row_sums, sum_of
from symnet.notation.names import Names
from symnet.paper.formats.text import render
from symnet.paper.printing.text import maths
from symnet.working.layer_form import LayerForm
from symnet.working.loss_share import A, S, T

RNG = np.random.default_rng(11)
Y0, T0 = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))


def theirs_huber(e):
    return jnp.where(jnp.abs(e) <= 1, e**2 / 2, jnp.abs(e) - 0.5)


OWN = {
    "(y - t)^4": lambda y, t: ((y - t) ** 4).sum() / 4,
    "max(0, 1 - t*y)": lambda y, t: jnp.maximum(0, 1 - t * y).sum() / 4,
    "log(exp(y - t) + exp(t - y))": lambda y, t: jnp.log(jnp.exp(y - t) + jnp.exp(t - y)).sum() / 4,
    "t*y^2 - sin(y)": lambda y, t: (t * y**2 - jnp.sin(y)).sum() / 4,
    "max(2*(y - t), t - y)": lambda y, t: jnp.maximum(2 * (y - t), t - y).sum() / 4,
}
THEIRS = {
    "half_squared_error": lambda y, t: ((y - t) ** 2).sum() / 2,
    "squared_error": lambda y, t: ((y - t) ** 2).sum(),
    "mean_squared_error": lambda y, t: ((y - t) ** 2).mean(),
    "root_squared_error": lambda y, t: jnp.sqrt(((y - t) ** 2).sum()),
    "absolute_error": lambda y, t: jnp.abs(y - t).sum(),
    "huber": lambda y, t: theirs_huber(y - t).sum(),
    "hinge": lambda y, t: jnp.maximum(0, 1 - t * y).sum() / 4,
    "negative_sampling": lambda y, t: -jax.nn.log_sigmoid((2 * t - 1) * y).sum() / 4,
} | OWN
OF_PROBABILITIES = ("cross_entropy", "binary_cross_entropy", "softmax_cross_entropy", "sigmoid_cross_entropy")


def form_of(loss, **options):
    network = symnet.mlp([2, 3], loss=loss, **options)
    return LayerForm(network, Names(network.names), sums_to_one=True)


def test_every_loss_of_the_catalogue_is_judged_here():
    assert {*losses.CATALOGUE} == {
        *THEIRS,
        *OF_PROBABILITIES,
        "kl_divergence",
        "softmax_kl_divergence",
        "multiclass_hinge",
    } - {*OWN}


@pytest.mark.parametrize("loss", THEIRS)
def test_the_last_line_is_the_gradient_of_jax(loss):
    """∂L/∂a of one entry's share, in a and t, and in the sum S where the loss is made of it."""
    form = form_of(loss)
    share = form.output().share
    with jax.enable_x64(True):
        right = np.asarray(jax.grad(THEIRS[loss])(jnp.asarray(Y0), jnp.asarray(T0)))
    shape = (BATCH, 3)
    y, t = array("Y", *shape), array("T", *shape)
    whole = float(((Y0 - T0) ** 2).sum())
    in_arrays = replace(share.adjoint, {A: y, T: t})
    r = array("R", *shape)
    found = values([Equation(r, in_arrays)], {y: Y0, t: T0, S: whole}, {BATCH: 4})[r]
    np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("loss", THEIRS)
def test_every_line_of_the_derivation_is_the_derivative_of_the_share(loss):
    _, (share,), slopes = form_of(loss).output().steps
    at = {A: sympy.Rational(7, 10), T: sympy.Rational(1, 5), BATCH: 4}
    near = sympy.Rational(1, 10**12)
    by_hand = (share.subs({**at, A: at[A] + near}).doit() - share.subs({**at, A: at[A] - near}).doit()) / (2 * near)
    for slope in slopes:
        assert abs(slope.subs(at).doit().evalf(40) - by_hand.evalf(40)) < 1e-10


def test_a_wrong_share_is_caught(monkeypatch):
    from symnet.working import loss_share

    right = loss_share.local_derivatives
    monkeypatch.setattr(
        loss_share, "local_derivatives", lambda e: {x: multiply(2, slope) for x, slope in right(e).items()}
    )
    with pytest.raises(AssertionError):
        test_the_last_line_is_the_gradient_of_jax("squared_error")


@pytest.mark.parametrize("loss", OWN)
def test_a_loss_of_ones_own_has_its_derivation_on_the_sheet(loss):
    exercise = symnet.loads(
        f'''
learning_rate = 0.1
[network]
layers = [2, 2]
loss = "{loss}"
inputs = [[1, 2], [-1, 1]]
targets = [[1, -1], [-1, 1]]
init = "uniform(-1, 1)"
seed = 3
[[question]]
ask = "matrix"
'''
    )
    key = render(exercise.worksheet().key)
    assert "Where the backward pass begins. The share c of one entry a of A₁ and its derivative:" in key
    assert "∂c/∂a = " in key


def test_a_hinge_is_shown_case_by_case():
    lines = form_of("max(0, 1 - t*y)").output().lines
    shown = [f"{maths(line.lhs) if line.lhs else ''} = {maths(line.steps[-1][1])}" for line in lines]
    assert "max(0, e) = { e if e > 0; 0 if e < 0 }" in shown
    assert "max′₂(0, e) = { 1 if e > 0; 0 if e < 0 }" in shown


def test_a_loss_that_is_no_sum_over_entries_has_the_general_rule():
    """(Σ_k (y_ik − t_ik))² of every row reads every entry of the row: the rule of gradients, entry by entry."""
    network = symnet.mlp([2, 3], loss=lambda y, t: sum_of(power(row_sums(add(y, negate(t))), sympy.Integer(2))))
    output = LayerForm(network, Names(network.names)).output()
    assert output.share is None
    last = output.lines[-1]
    assert maths(last.lhs) in ("∂Loss/∂(A₁)_ij", "∂Loss/∂(A₁)_ik", "A\u0304₁")
    gradient = next(e for e in network.backward if e.name == "∂Loss/∂A1")
    y, t = network.output, network.targets[0]
    found = values([Equation(gradient.lhs, gradient.rhs)], {y: Y0, t: T0}, {BATCH: 4})[gradient.lhs]
    with jax.enable_x64(True):
        right = jax.grad(lambda y: ((y - T0).sum(1) ** 2).sum() / 4)(jnp.asarray(Y0))
    np.testing.assert_allclose(found, right, rtol=1e-12)


def test_the_divergence_is_judged_where_there_are_probabilities():
    network = symnet.mlp([2, 3], output="softmax", loss="kl_divergence")
    z, t = next(e.lhs for e in network.equations if e.name == "Z1"), network.targets[0]
    gradient = next(e for e in network.backward if e.name == "∂Loss/∂Z1")
    given = np.array([[0.2, 0, 0.8], [1, 0, 0], [0.3, 0.3, 0.4], [0, 0.5, 0.25]])
    found = values([Equation(gradient.lhs, gradient.rhs)], {z: Y0, t: given}, {BATCH: 4})[gradient.lhs]
    with jax.enable_x64(True):
        right = jax.grad(lambda z: -(given * jax.nn.log_softmax(z)).sum() / 4)(jnp.asarray(Y0))
    np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-15)


def test_the_hinge_of_classes_reads_whole_rows():
    network = symnet.mlp([2, 3], loss="multiclass_hinge")
    output = LayerForm(network, Names(network.names)).output()
    assert output.share is None
    y, t = network.output, network.targets[0]
    gradient = next(e for e in network.backward if e.name == "∂Loss/∂A1")
    classes = np.eye(3)[[0, 2, 1, 1]]
    found = values([Equation(gradient.lhs, gradient.rhs)], {y: Y0, t: classes}, {BATCH: 4})[gradient.lhs]
    with jax.enable_x64(True):

        def theirs(y):
            return ((1 - classes) * jnp.maximum(0, 1 + y - (classes * y).sum(1, keepdims=True))).sum() / 4

        right = jax.grad(theirs)(jnp.asarray(Y0))
    np.testing.assert_allclose(found, right, rtol=1e-12)


@pytest.mark.parametrize("loss", OF_PROBABILITIES)
def test_the_special_words_stay_where_p_minus_t_applies(loss):
    output = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}.get(loss, "linear")
    found = form_of(loss, output=output).output()
    words = "".join(part if isinstance(part, str) else maths(part) for part in found.after)
    assert ("sum to 1" in words) == ("softmax" in loss or loss == "cross_entropy")
    assert f"({'A₁' if loss == 'binary_cross_entropy' else 'P'} − T)/n" in words


def test_a_penalty_does_not_hide_the_loss():
    output = form_of("huber", l2=0.5).output()
    assert output.share is not None
    assert maths(output.lines[0].steps[0][1]) == "h(a − t)"
