"""Networks from PyTorch and back: the same outputs and gradients, and the same training."""

import itertools

import numpy as np
import pytest

import symnet
from symnet import Mistake

torch = pytest.importorskip("torch")
nn = torch.nn

ACTIVATIONS = [
    nn.ReLU(),
    nn.Tanh(),
    nn.Sigmoid(),
    nn.LeakyReLU(0.2),
    nn.LeakyReLU(),
    nn.ELU(),
    nn.ELU(0.7),
    nn.GELU(),
    nn.SiLU(),
    nn.Softplus(),
    nn.Identity(),
]
RANDOM = np.random.default_rng(0)


def sequential(number):
    """One of many networks: widths, depth and activations by number."""
    random = np.random.default_rng(number)
    widths = [int(width) for width in random.integers(1, 7, size=random.integers(2, 5))]
    torch.manual_seed(number)
    layers = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.Linear(a, b, dtype=torch.float64), ACTIVATIONS[int(random.integers(len(ACTIVATIONS)))]]
    if number % 3 == 0:
        layers.pop()
    if number % 4 == 1:
        layers = [nn.Flatten(), nn.Sequential(*layers[:2]), *layers[2:], nn.Dropout(0.0)]
    return nn.Sequential(*layers)


@pytest.mark.parametrize("number", range(20))
def test_outputs_and_gradients_are_those_of_pytorch(number):
    module = sequential(number)
    net, params = symnet.from_torch(module, loss="squared_error")
    X = RANDOM.normal(size=(5, net.inputs[0].shape[1]))
    T = RANDOM.normal(size=(5, net.targets[0].shape[1]))
    x, t = torch.from_numpy(X), torch.from_numpy(T)
    y = module(x)
    np.testing.assert_allclose(net.predict(params, X), y.detach().numpy(), rtol=0, atol=1e-12)
    ((y - t) ** 2).sum().backward()
    _loss, gradients = symnet.compile(net)(params, X, T)
    linears = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    for i, layer in enumerate(linears, 1):
        size = max(1, abs(gradients[f"W{i}"]).max())
        np.testing.assert_allclose(gradients[f"W{i}"] / size, layer.weight.grad.numpy().T / size, rtol=0, atol=1e-12)
        np.testing.assert_allclose(gradients[f"b{i}"] / size, layer.bias.grad.numpy() / size, rtol=0, atol=1e-12)
    back = symnet.to_torch(net, params)
    np.testing.assert_allclose(back(x).detach().numpy(), y.detach().numpy(), rtol=0, atol=1e-12)
    again, same = symnet.from_torch(back, loss="squared_error")
    assert again == net
    for name, value in params.items():
        np.testing.assert_array_equal(same[name], value)


def test_a_softmax_comes_last_in_both():
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3), nn.Softmax(dim=1))
    net, params = symnet.from_torch(module, loss="cross_entropy")
    X = RANDOM.normal(size=(6, 3)).astype(np.float32)
    np.testing.assert_allclose(net.predict(params, X), module(torch.from_numpy(X)).detach().numpy(), atol=1e-6)
    assert isinstance(symnet.to_torch(net, params)[-1], nn.Softmax)
    assert params["W1"].dtype == np.float32
    assert symnet.to_torch(net, params)[0].weight.dtype == torch.float32


def test_training_follows_pytorch_in_float32():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    net, params = symnet.from_torch(module, loss="softmax_cross_entropy")
    X = RANDOM.normal(size=(30, 4)).astype(np.float32)
    labels = RANDOM.integers(0, 3, size=30)
    run = symnet.fit(net, X, labels, params=params, optimizer=symnet.adam(0.01), steps=40)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.01)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(torch.from_numpy(X)), torch.from_numpy(labels))
        losses.append(float(loss.detach()))
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(run.losses, losses, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (nn.Sequential(nn.Conv2d(1, 2, 3)), "[0] is a Conv2d, which is not known here; known are Linear, ReLU"),
        (nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Tanh()), "[2] is a Tanh that does not follow a Linear"),
        (nn.Sequential(nn.ReLU()), "[0] is a ReLU that does not follow a Linear"),
        (nn.Sequential(nn.Linear(2, 3, bias=False)), "[0] is a Linear without a bias"),
        (nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 1)), "3 outputs is followed by one of 4 inputs"),
        (nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=0)), "over axis 0"),
        (nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1), nn.Linear(3, 1)), "a Softmax stands between layers"),
        (nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5)), "Dropout"),
        (nn.Sequential(nn.Linear(2, 3), nn.GELU(approximate="tanh")), "approximation with tanh"),
        (nn.Sequential(nn.Linear(2, 3).half()), "float16"),
        (nn.Sequential(*[nn.Linear(2, 2)] * 2), "stands there twice"),
        (nn.Sequential(), "no Linear layer"),
        (3, "not a module of PyTorch"),
    ],
)
def test_what_is_not_known_is_named(module, says):
    with pytest.raises(Mistake) as caught:
        symnet.from_torch(module)
    assert says in str(caught.value)


def test_a_formula_of_ones_own_has_no_module():
    net = symnet.mlp([2, 3, 1], activation="z^3", loss=None)
    with pytest.raises(Mistake, match=r"A1 = .* PyTorch has a module for"):
        symnet.to_torch(net, net.init())
