"""Recurrences as loops: every kind, both backends, against jax.grad of code written here and against PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import symnet
from symnet import layers
from symnet.algebra.indices import At
from symnet.algebra.recurrence import blocks
from symnet.computing.generated import gradients_needed


def rnn(p, X, units):
    h, states = jnp.zeros((len(X), units), X.dtype), []
    for t in range(X.shape[1]):
        h = jnp.tanh(X[:, t] @ p["W1"] + h @ p["U1"] + p["b1"])
        states.append(h)
    return jnp.stack(states, 1)


def lstm(p, X, units):
    h = c = jnp.zeros((len(X), units), X.dtype)
    states = []
    for t in range(X.shape[1]):
        i, f, g, o = (X[:, t] @ p[f"W{k}1"] + h @ p[f"U{k}1"] + p[f"b{k}1"] for k in "ifgo")
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        states.append(h)
    return jnp.stack(states, 1)


def gru(p, X, units, after=False):
    h, states = jnp.zeros((len(X), units), X.dtype), []
    for t in range(X.shape[1]):
        r, z = (jax.nn.sigmoid(X[:, t] @ p[f"W{k}1"] + h @ p[f"U{k}1"] + p[f"b{k}1"]) for k in "rz")
        inner = r * (h @ p["Uk1"] + p["ck1"]) if after else (r * h) @ p["Uk1"]
        h = (1 - z) * jnp.tanh(X[:, t] @ p["Wk1"] + p["bk1"] + inner) + z * h
        states.append(h)
    return jnp.stack(states, 1)


KINDS = {
    "rnn": (layers.rnn(4), rnn),
    "lstm": (layers.lstm(4), lstm),
    "gru": (layers.gru(4), gru),
    "gru after": (layers.gru(4, reset="after"), lambda p, X, units: gru(p, X, units, after=True)),
}
GENERATOR = np.random.default_rng(0)


def drawn(net, dtype):
    return {w.name: GENERATOR.normal(size=w.shape).astype(dtype) for w in net.parameters}


def compared(net, step, loss, X, T, tolerance):
    params = drawn(net, X.dtype)
    value, gradients = step(params, X, T)
    with jax.enable_x64(X.dtype == np.float64):
        wanted, slopes = jax.value_and_grad(loss)({k: jnp.array(v) for k, v in params.items()}, jnp.array(X), T)
    assert value == pytest.approx(float(wanted), rel=tolerance)
    assert set(gradients) == set(slopes)
    for name, gradient in gradients.items():
        assert gradient.dtype == X.dtype
        size = float(abs(np.asarray(slopes[name])).max())
        np.testing.assert_allclose(gradient, slopes[name], rtol=0, atol=tolerance * max(size, 1e-3), err_msg=name)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_those_of_jax(kind, steps, dtype, backend):
    spec, states = KINDS[kind]
    net = symnet.sequential((steps, 3), [spec, layers.dense(2)], loss="mean_squared_error")

    def loss(p, X, T):
        return ((states(p, X, 4)[:, -1] @ p["W2"] + p["b2"] - T) ** 2).mean(0).sum() / 1

    X = GENERATOR.normal(size=(5, steps, 3)).astype(dtype)
    T = GENERATOR.normal(size=(5, 2)).astype(dtype)
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    step = symnet.compile(net, backend)
    half = float(step(drawn(net, dtype), X, T)[0]) and _scale(net)
    compared(net, step, lambda p, X, T: half * loss(p, X, T), X, T, tolerance)
    assert ("scan(" in step.source) == (backend == "jax")
    assert ("for t in range(" in step.source) == (backend == "numpy")


def _scale(net):
    """1/2 where the mean is over both columns, as the equation of the loss says."""
    return 0.5 if "2*n" in str(net.equations[-1].rhs) else 1.0


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_two_layers_and_all_states(backend):
    net = symnet.sequential((5, 3), [layers.lstm(4, sequences=True), layers.rnn(2)], loss="mean_squared_error")

    def loss(p, X, T):
        h = jnp.zeros((len(X), 2), X.dtype)
        for x in jnp.moveaxis(lstm(p, X, 4), 1, 0):
            h = jnp.tanh(x @ p["W2"] + h @ p["U2"] + p["b2"])
        return _scale(net) * ((h - T) ** 2).mean(0).sum()

    X, T = GENERATOR.normal(size=(6, 5, 3)), GENERATOR.normal(size=(6, 2))
    compared(net, symnet.compile(net, backend), loss, X, T, 1e-12)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("spec", [layers.rnn(3, "relu"), layers.lstm(3), layers.gru(3), layers.gru(3, "after")])
def test_training_in_place_is_the_generated_step_again_and_again(spec, backend):
    net = symnet.sequential((4, 2), [spec, layers.dense(2)], loss="mean_squared_error")
    X, T = GENERATOR.normal(size=(7, 4, 2)), GENERATOR.normal(size=(7, 2))
    params = {name: value.copy() for name, value in net.init(seed=1).items()}
    run = symnet.fit(net, X, T, params=params, optimizer=symnet.sgd(0.1), steps=5, backend=backend)
    step = symnet.compile(net)
    for loss in run.losses:
        value, gradients = step(params, X, T)
        assert loss == pytest.approx(value, rel=1e-10)
        params = {name: params[name] - 0.1 * gradients[name] for name in params}
    for name, value in params.items():
        np.testing.assert_allclose(run.params[name], value, rtol=1e-9, atol=1e-12)
    prediction = net.predict(run.params, X)
    assert ((prediction - T) ** 2).mean() == pytest.approx(step(run.params, X, T)[0] * (1 if _scale(net) < 1 else 0.5))


def test_every_witness_agrees():
    net = symnet.sequential((3, 2), [layers.gru(2), layers.dense(1)], loss="mean_squared_error")
    X, T = GENERATOR.normal(size=(2, 3, 2)), GENERATOR.normal(size=(2, 1))
    report = symnet.crosscheck(net, X, T, params=net.init(seed=0))
    assert report.agrees, report


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_the_states_are_those_of_pytorch(kind, backend):
    torch = pytest.importorskip("torch")
    d, units, steps = 3, 4, 6
    spec = layers.lstm(units, sequences=True) if kind == "lstm" else layers.gru(units, "after", sequences=True)
    net = symnet.sequential((steps, d), [spec], loss="mean_squared_error")
    params = drawn(net, np.float64)
    module = (torch.nn.LSTM if kind == "lstm" else torch.nn.GRU)(d, units, batch_first=True).double()
    gates = "ifgo" if kind == "lstm" else "rzk"
    X = GENERATOR.normal(size=(5, steps, d))
    T = GENERATOR.normal(size=(5, steps, units))
    with torch.no_grad():
        module.weight_ih_l0[:] = torch.tensor(np.concatenate([params[f"W{g}1"].T for g in gates]))
        module.weight_hh_l0[:] = torch.tensor(np.concatenate([params[f"U{g}1"].T for g in gates]))
        module.bias_ih_l0[:] = torch.tensor(np.concatenate([params[f"b{g}1"] for g in gates]))
        module.bias_hh_l0[:] = 0
        if kind == "gru":
            module.bias_hh_l0[2 * units :] = torch.tensor(params["ck1"])
    found = module(torch.tensor(X))[0]
    np.testing.assert_allclose(net.predict(params, X), found.detach().numpy(), rtol=1e-12, atol=1e-14)
    loss = ((found - torch.tensor(T)) ** 2).mean()
    loss.backward()
    value, gradients = symnet.compile(net, backend)(params, X, T)
    scale = float(value) / loss.item()
    assert scale == pytest.approx(round(scale), rel=1e-12)
    found_u = module.weight_hh_l0.grad.numpy().T
    for i, gate in enumerate(gates):
        wanted = scale * found_u[:, i * units : (i + 1) * units]
        np.testing.assert_allclose(gradients[f"U{gate}1"], wanted, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_recurrence_may_run_backwards_in_time(backend):
    net = symnet.sequential((4, 2), [layers.rnn(3, sequences=True)], loss="mean_squared_error")
    turned = symnet.Network(net.inputs, net.targets, net.parameters, tuple(map(_turned, net.equations)))
    params = drawn(net, np.float64)
    X, T = GENERATOR.normal(size=(5, 4, 2)), GENERATOR.normal(size=(5, 4, 3))
    value, gradients = symnet.compile(net, backend)(params, X, T)
    other, slopes = symnet.compile(turned, backend)(params, X[:, ::-1].copy(), T[:, ::-1].copy())
    assert other == pytest.approx(value, rel=1e-13)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(slopes[name], gradient, rtol=1e-11, atol=1e-13)
    assert [block.back for block in blocks(turned.equations) if block.is_recurrence] == [-1]
    assert [block.back for block in blocks(gradients_needed(turned)) if block.is_recurrence] == [1]


def _turned(equation):
    """The equation with H[t + 1] in the place of H[t − 1]."""
    from symnet.algebra.equations import Equation
    from symnet.algebra.indices import rebuilt

    def later(part):
        if isinstance(part, At) and len(part.places) == 3 and part.places[1].is_Add:
            return At(part.array, part.places[0], part.places[1] + 2, part.places[2])
        return None

    return Equation(equation.lhs, rebuilt(equation.rhs, later))
