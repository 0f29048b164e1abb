"""One nested expression, Jacobians and Hessians, judged by jax.hessian, jax.jacobian and sympy's own derivatives."""

import jax
import numpy as np
import pytest
import sympy
import traced

import symnet
from symnet.computing.generated import defined, forward_source

x, y, z = sympy.symbols("x y z")

EXPRESSIONS = [
    sympy.log(x * y) * sympy.sin(x * y) + x**3 / z,
    sympy.Piecewise((x**2 * y, x > y), (y**2 * z, True)) + sympy.exp(x * z),
    sympy.atan2(y, x) * sympy.sinh(z) + sympy.sqrt(x * y),
    sympy.erf(x * y) + sympy.tanh(z) ** 2 + x**y,
    sympy.gamma(x) * sympy.tan(y) / z,
]


@pytest.mark.parametrize("expr", EXPRESSIONS, ids=str)
def test_they_are_what_sympy_says_in_the_symbols_that_were_given(expr):
    net = symnet.from_expression(expr)
    names, at = (x, y, z), {x: 0.7, y: 0.4, z: 0.3}
    found = [net.expression(), *net.jacobian(wrt=names), *net.hessian()]
    wanted = [expr, *(sympy.diff(expr, name) for name in names), *sympy.hessian(expr, names)]
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.free_symbols <= {*names}
        assert float(ours.subs(at)) == pytest.approx(float(theirs.subs(at)), rel=1e-12, abs=1e-13)


def forward_of(net):
    """The network's own forward pass in JAX, over one vector of all parameters."""
    forward = defined(forward_source(net, "jax", net.equations[-1].lhs), "forward")
    params = net.init(seed=3)

    def loss(flat, *examples):
        at, parts = 0, {}
        for name, value in params.items():
            parts[name] = flat[at : at + value.size].reshape(value.shape)
            at += value.size
        return forward(parts, *examples)

    return loss, np.concatenate([value.ravel() for value in params.values()])


@pytest.mark.parametrize(
    ("layers", "activation", "loss"),
    [
        ([2, 3, 1], "tanh", "squared_error"),
        ([2, 2, 2, 1], "relu", "half_squared_error"),
        ([1, 1], "sigmoid", "squared_error"),
        ([2, 3], "tanh", "softmax_cross_entropy"),
        ([2, 2, 2], "softplus", "mean_squared_error"),
    ],
    ids=str,
)
def test_layers_have_the_jacobian_and_the_hessian_of_jax(layers, activation, loss):
    net = symnet.mlp(layers, activation, loss=loss)
    units = symnet.unroll(net)
    names = [*units.inputs, *units.targets, *units.parameters]
    formulas = [net.expression(), net.jacobian(), net.hessian()]
    judge, flat = forward_of(net)
    rng = np.random.default_rng(0)
    X, T = rng.normal(size=(1, layers[0])), rng.uniform(0.2, 0.8, size=(1, layers[-1]))
    compiled = sympy.lambdify(names, formulas, "numpy", cse=symnet.shared)
    value, slopes, curvature = compiled(*X[0], *T[0], *flat)
    assert value == pytest.approx(float(traced.results(judge, flat, X, T)), rel=1e-13)
    assert np.asarray(slopes)[0] == pytest.approx(traced.results(jax.jacobian(judge), flat, X, T), abs=1e-13)
    assert curvature == pytest.approx(traced.results(jax.hessian(judge), flat, X, T), abs=1e-12)


def test_a_jacobian_has_a_row_a_name_and_a_column_a_name():
    net = symnet.mlp([2, 3, 2], "tanh", loss=None)
    outputs = net.jacobian(wrt="X")
    assert outputs.shape == (2, 2)
    values = {name: sympy.Rational(i + 1, 10) for i, name in enumerate(sorted(outputs.free_symbols, key=str))}
    expression = net.expression()
    for row in range(2):
        for column, name in enumerate(symnet.unroll(net).inputs):
            slope = sympy.diff(expression[row], name)
            assert float((outputs[row, column] - slope).subs(values)) == pytest.approx(0, abs=1e-14)
    assert net.jacobian(["A2"], ["W1", "b2"]).shape == (2, 8)
    assert net.jacobian("a2_1", "w2_1_2") == sympy.Matrix([[0]])


def test_a_hessian_is_in_the_order_of_wrt_and_of_any_name():
    net = symnet.Network.parse("z = w*x + b\nL = (z - t)^2", ["w", "b"], ["t"])
    w, b, at = *net.parameters, net.inputs[0]
    assert net.hessian() == sympy.Matrix([[2 * at**2, 2 * at], [2 * at, 2]])
    assert net.hessian(["b", "w"]) == sympy.Matrix([[2, 2 * at], [2 * at, 2 * at**2]])
    assert net.hessian(of="z") == sympy.zeros(2, 2)
    assert net.hessian(b) == sympy.Matrix([[2]])
    assert sympy.diff(net.expression(), w, 2) == 2 * at**2


def test_relu_has_its_slope_at_0_in_sympy_too():
    net = symnet.Network.parse("y = relu(x) + abs(x)")
    assert isinstance(net.expression().args[0], sympy.Piecewise)
    assert net.jacobian().subs(net.inputs[0], 0)[0] == 0
    assert sympy.diff(net.expression(), net.inputs[0]).subs(net.inputs[0], 0) == 0


def test_the_hessian_of_41_parameters_takes_seconds_and_grows_with_no_nesting():
    net = symnet.mlp([3, 4, 4, 1], "relu")
    hessian = net.hessian()
    assert hessian.shape == (41, 41)
    names, reduced = symnet.shared(hessian)
    assert len(names) < 3000
    assert all(len(str(what)) < 2000 for _, what in names)
    assert sum(entry != 0 for entry in reduced) > 500


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda net: net.jacobian("nothing"), '"nothing" stands in no formula'),
        (lambda net: net.hessian(["w", "v"]), 'wrt: "v"'),
        (lambda net: net.expression(3), "neither a name nor a symbol"),
        (lambda net: symnet.mlp([2, 2], loss=None).hessian(), "second derivatives are of one"),
    ],
)
def test_unknown_names_are_refused(call, said):
    with pytest.raises(symnet.Mistake, match=said):
        call(symnet.Network.parse("L = (w*x)^2", ["w"]))
