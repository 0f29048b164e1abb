"""The gallery of activations: values and derivatives are those of JAX, and what they do at a jump is the convention."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from drawn_plots import data, drawn, legend, line

from symnet import define, functions
from symnet.algebra.mistakes import Mistake
from symnet.training import plots

JUDGES = {
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "ReLU": jax.nn.relu,
    "LeakyReLU, slope = 0.01": lambda z: jax.nn.leaky_relu(z, 0.01),
    "linear, a = 1, c = 0": lambda z: z,
    "step": lambda z: jnp.where(z >= 0, 1.0, 0.0),
}


def dots(axes):
    """{color: its dots}: the values that count where a curve jumps."""
    found = {}
    for drawn_line in axes.lines:
        if drawn_line.get_marker() == "o" and len(drawn_line.get_xdata()):
            found[drawn_line.get_color()] = [tuple(map(float, point)) for point in drawn_line.get_xydata()]
    return found


@pytest.fixture(scope="module")
def gallery():
    figure = drawn(plots.activation_gallery())
    return figure, {axes.get_title(): axes for axes in figure.axes}


def test_the_gallery_is_two_rows_of_three_on_minus_five_to_five(gallery):
    figure, panels = gallery
    assert list(panels) == list(JUDGES)
    grid = figure.axes[0].get_subplotspec().get_gridspec()
    assert (grid.nrows, grid.ncols) == (2, 3)
    assert all(axes.get_xlim() == (-5, 5) for axes in panels.values())
    assert legend(figure) == ["f(z)", "f′(z)", "value at a jump"]


@pytest.mark.parametrize("name", JUDGES)
def test_values_and_derivatives_are_those_of_jax(gallery, name):
    axes = gallery[1][name]
    judge = JUDGES[name]
    with jax.enable_x64(True):
        for label, reference in (("f(z)", judge), ("f′(z)", jax.grad(judge))):
            z, y = data(axes, label)
            exist = np.isfinite(y)
            assert z[exist].min() <= -4.999999
            assert z[exist].max() >= 4.999999
            expected = np.array(jax.vmap(reference)(jnp.asarray(z[exist], dtype=jnp.float64)))
            assert np.allclose(y[exist], expected, rtol=1e-12, atol=1e-12)
    assert line(axes, "f(z)").get_linestyle() == "-"
    assert line(axes, "f′(z)").get_linestyle() == "--"


@pytest.mark.parametrize("name", JUDGES)
def test_no_line_goes_through_a_jump(gallery, name):
    for label in ("f(z)", "f′(z)"):
        z, y = data(gallery[1][name], label)
        rise, run = np.abs(np.diff(y)), np.diff(z)
        assert (rise[np.isfinite(rise)] <= 1.01 * run[np.isfinite(rise)] + 1e-8).all()  # no slope here is above 1


def test_a_jump_shows_the_value_of_the_convention(gallery):
    _, panels = gallery
    value, slope = (line(panels["tanh"], label).get_color() for label in ("f(z)", "f′(z)"))
    assert dots(panels["ReLU"]) == {slope: [(0, 0)]}
    assert dots(panels["LeakyReLU, slope = 0.01"]) == {slope: [(0, 0.01)]}
    assert dots(panels["step"]) == {value: [(0, 1)]}
    assert all(not dots(panels[name]) for name in ("sigmoid", "tanh", "linear, a = 1, c = 0"))


@pytest.fixture
def hard_tanh():
    yield define("plotted_tanh", lambda z: sympy.Piecewise((-1, z < -1), (1, z > 1), (z, True)))
    del functions.CATALOGUE["plotted_tanh"]


def test_the_gallery_grows_and_finds_the_kinks_of_any_function(hard_tanh):
    figure = drawn(plots.activation_gallery([functions.abs, functions.elu, functions.sign, hard_tanh]))
    grid = figure.axes[0].get_subplotspec().get_gridspec()
    assert (grid.nrows, grid.ncols) == (2, 3)
    absolute, elu, sign, hard = figure.axes
    value, slope = line(elu, "f(z)").get_color(), line(elu, "f′(z)").get_color()
    assert dots(absolute) == {slope: [(0, 0)]}
    assert dots(elu) == {}  # its slope is 1 on both sides
    assert dots(sign) == {value: [(0, 0)]}
    assert dots(hard) == {slope: [(-1, 1), (1, 1)]}
    z, y = data(hard, "f(z)")
    assert np.allclose(y, np.clip(z, -1, 1))


@pytest.mark.parametrize("name", ["gelu", "softplus", "sin", "exp", "erf"])
def test_a_smooth_derivative_agrees_with_central_differences(name):
    figure = drawn(plots.activation_gallery([getattr(functions, name)]))
    z, y = data(figure.axes[0], "f(z)")
    _, slope = data(figure.axes[0], "f′(z)")
    differences = (y[2:] - y[:-2]) / (z[2:] - z[:-2])
    # the error of a central difference is h² f‴/6, here with h = 0.05 and |f‴| up to e⁵
    assert np.allclose(slope[1:-1], differences, rtol=1e-3, atol=2e-3)
    assert legend(figure) == ["f(z)", "f′(z)"]


def test_values_that_no_axis_holds_are_left_out():
    try:
        steep = define("plotted_steep", lambda z: sympy.exp(140 * z))  # up to 1e304
        z, y = data(drawn(plots.activation_gallery([steep])).axes[0], "f(z)")
    finally:
        functions.CATALOGUE.pop("plotted_steep", None)
    assert np.isnan(y[z > 1.7]).all()
    assert np.isfinite(y[z < 1.6]).all()


def test_a_function_and_its_derivative_are_drawn_only_where_the_function_exists():
    axes = drawn(plots.activation_gallery([functions.log])).axes[0]
    for label, reference in (("f(z)", np.log), ("f′(z)", np.reciprocal)):
        z, y = data(axes, label)
        assert np.isnan(y[z <= 0]).all()
        assert np.allclose(y[z > 0], reference(z[z > 0]))


@pytest.mark.parametrize(
    ("given", "words"),
    [([], "functions is empty"), (["relu"], "relu"), ([sympy.sin], "not an activation function"), ([3], "not an")],
)
def test_what_is_no_activation_function_is_refused(given, words):
    with pytest.raises(Mistake, match=words):
        plots.activation_gallery(given)


def test_a_function_of_two_variables_is_refused():
    try:
        pair = define("plotted_pair", lambda z, w: z * w, arguments=(2, 2))
        with pytest.raises(Mistake, match="plotted_pair has 2 arguments"):
            plots.activation_gallery([pair])
    finally:
        functions.CATALOGUE.pop("plotted_pair", None)


def test_a_slope_that_floats_do_not_have_is_refused():
    try:
        jump = define("plotted_jump", lambda z: sympy.Heaviside(z))
        with pytest.raises(Mistake, match="DiracDelta"):
            plots.activation_gallery([jump])
    finally:
        functions.CATALOGUE.pop("plotted_jump", None)
