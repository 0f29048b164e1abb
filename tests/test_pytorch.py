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
        (nn.Sequential(nn.Bilinear(1, 2, 3)), "[0] is a Bilinear, which is not known here; known are Linear"),
        (nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Tanh()), "[2] is a Tanh that does not follow a Linear"),
        (nn.Sequential(nn.ReLU()), "[0] is a ReLU that does not follow a Linear"),
        (nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 1)), "3 outputs is followed by one of 4 inputs"),
        (nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=0)), "over axis 0"),
        (nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1), nn.Linear(3, 1)), "a Softmax stands between layers"),
        (nn.Sequential(nn.Linear(2, 3), nn.AlphaDropout(0.5)), "AlphaDropout"),
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


PICTURES = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, (3, 2), bias=False),
    nn.BatchNorm2d(6), nn.Tanh(), nn.AvgPool2d(2, 1), nn.Flatten(), nn.Linear(12, 5), nn.Dropout(0.3), nn.GELU(),
    nn.Linear(5, 3), nn.Softmax(1),
)  # fmt: skip


OF_LAYERS = {
    "pictures": ((1, 8, 8), PICTURES),
    "means of channels": (
        (3, 6, 7),
        nn.Sequential(
            nn.Conv2d(3, 5, 3, stride=2), nn.LeakyReLU(0.1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 2)
        ),
    ),
    "normalized": ((4,), nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 2))),
    "normalized rows": (
        (4,), nn.Sequential(nn.Linear(4, 5, bias=False), nn.LayerNorm(5), nn.SiLU(), nn.Linear(5, 2))
    ),
    "words": ((7,), nn.Sequential(nn.Embedding(11, 4), nn.LayerNorm(4), nn.Flatten(), nn.Linear(28, 2))),
    "rnn": ((5, 3), nn.RNN(3, 4, batch_first=True, nonlinearity="relu")),
    "lstm": ((5, 3), nn.LSTM(3, 4, batch_first=True)),
    "gru": ((1, 3), nn.GRU(3, 4, batch_first=True)),
}  # fmt: skip


def of_layers(name):
    """(shape, module in double precision with running statistics that are not those of a new one, its inputs)."""
    shape, module = OF_LAYERS[name]
    torch.manual_seed(0)
    module = module.double().eval()
    for layer in module.modules():
        for part in layer.parameters(recurse=False):
            nn.init.uniform_(part, -0.7, 0.7)
        if getattr(layer, "running_mean", None) is not None:
            layer.running_mean.uniform_(-1, 1)
            layer.running_var.uniform_(0.5, 2)
    whole = name == "words"
    return shape, module, RANDOM.integers(0, 11, (6, *shape)) if whole else RANDOM.normal(size=(6, *shape))


def outputs(module, X):
    given = module(torch.from_numpy(X))
    return given[0] if isinstance(given, tuple) else given


@pytest.mark.parametrize("name", OF_LAYERS)
def test_networks_of_layers_predict_as_pytorch_does_and_go_back(name):
    shape, module, X = of_layers(name)
    net, params = symnet.from_torch(module, shape=shape)
    theirs = outputs(module, X).detach().numpy()
    np.testing.assert_allclose(net.predict(params, X), theirs, rtol=0, atol=1e-12)
    back = symnet.to_torch(net, params).eval()
    np.testing.assert_allclose(outputs(back, X).detach().numpy(), theirs, rtol=0, atol=1e-12)
    again, same = symnet.from_torch(back, shape=shape)
    np.testing.assert_allclose(again.predict(same, X), theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in OF_LAYERS if name not in ("pictures",)])
def test_networks_of_layers_have_the_gradients_of_pytorch(name):
    """In training, so that the batch has its own statistics; a dropout would draw, so it is left to another test."""
    shape, module, X = of_layers(name)
    module.train()
    net, params = symnet.from_torch(module, loss="half_squared_error", shape=shape)
    params = {w.name: params[w.name] for w in net.parameters}
    y = outputs(module, X)
    T = RANDOM.normal(size=tuple(y.shape))
    (((y - torch.from_numpy(T)) ** 2).sum() / 2).backward()
    _loss, gradients = symnet.compile(net)(params, X, T)
    for part in module.parameters():  # gradients in the places of the numbers are read in the same way
        part.data = part.grad
    _, theirs = symnet.from_torch(module, shape=shape)
    for w in net.parameters:
        if name in ("rnn", "lstm", "gru") and w.name[0] in "bc":
            continue  # two biases there are one here, whose gradient is that of either; their sum is twice it
        size = max(1, abs(gradients[w.name]).max())
        np.testing.assert_allclose(gradients[w.name] / size, theirs[w.name] / size, rtol=0, atol=1e-12)
    if name in ("rnn", "lstm"):
        both = {w: theirs[w] / 2 for w in theirs if w.startswith("b")}
        for w, value in both.items():
            np.testing.assert_allclose(gradients[w], value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("module", "shape", "says"),
    [
        (lambda: nn.Sequential(nn.Conv2d(1, 2, 3, dilation=2)), (1, 8, 8), "dilation"),
        (lambda: nn.Sequential(nn.Conv2d(1, 2, 3, stride=(1, 2))), (1, 8, 8), "stride"),
        (lambda: nn.Sequential(nn.Conv2d(1, 2, 3)), None, "shape is missing"),
        (lambda: nn.Sequential(*[nn.Linear(2, 2, bias=False)] * 2), None, "twice"),
        (lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(3, 2)), (1, 5, 5), "flatten"),
        (lambda: nn.LSTM(3, 4, batch_first=True, num_layers=2), (5, 3), "num_layers"),
        (lambda: nn.LSTM(3, 4), (5, 3), "batch_first"),
        (lambda: nn.Sequential(nn.BatchNorm1d(3, affine=False)), (3,), "affine"),
        (lambda: nn.Sequential(nn.ConvTranspose2d(1, 2, 3), nn.Flatten()), (1, 5, 5), "ConvTranspose2d"),
    ],
)
def test_layers_that_are_not_the_same_here_are_refused(module, shape, says):
    with pytest.raises(Mistake, match=says):
        symnet.from_torch(module(), shape=shape)


@pytest.mark.parametrize("layer", [symnet.layers.attention(), symnet.layers.lstm(2, truncate=2)], ids=repr)
def test_a_layer_without_a_module_is_refused(layer):
    net = symnet.sequential((4, 3), [layer])
    with pytest.raises(Mistake, match="no module of PyTorch"):
        symnet.to_torch(net, net.init(seed=0))
