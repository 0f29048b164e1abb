"""Sizes and costs of layers: published counts, PyTorch's modules, and every printed arithmetic worked out."""

import math
import re
import time

import numpy as np
import pytest
from test_layer_kinds import NETS, made

import symnet
from symnet import layers as la
from symnet.algebra.equations import BATCH
from symnet.algebra.layers import layer
from symnet.algebra.matrices import shape_of


def lenet():
    return [
        la.conv(6, 5, padding=2, activation="tanh"),
        la.mean_pool(2),
        la.conv(16, 5, activation="tanh"),
        la.mean_pool(2),
        la.flatten(),
        la.dense(120, "tanh"),
        la.dense(84, "tanh"),
        la.dense(10),
    ]


def vgg11():
    plan = (64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0)
    convolutions = [la.conv(c, 3, padding=1, activation="relu") if c else la.max_pool(2) for c in plan]
    return [*convolutions, la.flatten(), la.dense(4096, "relu"), la.dense(4096, "relu"), la.dense(1000)]


def resnet18():
    def block(channels, stride=1):
        ways = [
            la.conv(channels, 3, stride=stride, padding=1, bias=False),
            la.batch_norm(),
            la.activation("relu"),
            la.conv(channels, 3, padding=1, bias=False),
            la.batch_norm(),
        ]
        other = [la.conv(channels, 1, stride=stride, bias=False), la.batch_norm()] if stride > 1 else []
        return la.residual(ways, shortcut=other, activation="relu")

    start = [la.conv(64, 7, stride=2, padding=3, bias=False), la.batch_norm(), la.activation("relu"), la.max_pool(2)]
    blocks = [block(64), block(64), block(128, 2), block(128), block(256, 2), block(256), block(512, 2), block(512)]
    return [*start, *blocks, la.global_mean_pool(), la.dense(1000)]


def gpt2(width, depth, heads):
    blocks = [la.transformer(heads, mask="causal", bias=True, activation="gelu") for _ in range(depth)]
    start = [la.embedding(50257, width), la.positional_encoding(learned=True)]
    return [*start, *blocks, la.layer_norm(), la.tied(1)]


@pytest.mark.parametrize(
    ("shape", "kinds", "parameters", "multiply_adds"),
    [
        (
            (1, 28, 28),
            lenet(),
            61_706,
            416_520,
        ),  # LeCun et al. (1998), as in today's textbooks (Dive into Deep Learning)
        ((3, 224, 224), vgg11(), 132_863_336, 7_609_090_048),  # Simonyan and Zisserman (2015); torchvision says 7.61 G
        ((3, 224, 224), resnet18(), 11_689_512, 1_814_073_344),  # He et al. (2016); torchvision says 1.81 G
        ((1024,), gpt2(768, 12, 12), 124_439_808, None),  # Radford et al. (2019), as the released weights count
        ((1024,), gpt2(1024, 24, 16), 354_823_168, None),
        ((1024,), gpt2(1280, 36, 20), 774_030_080, None),
        ((1024,), gpt2(1600, 48, 25), 1_557_611_200, None),
    ],
)
def test_published_counts(shape, kinds, parameters, multiply_adds):
    began = time.process_time()
    found = symnet.summary(shape, kinds)
    assert time.process_time() - began < 10  # no weight is drawn
    assert found.parameters == parameters
    if multiply_adds is not None:
        assert found.multiply_adds == multiply_adds


def worked(text):
    """A printed arithmetic, by Python."""
    assert re.fullmatch(r"[\d ·+−/()⌊⌋]+", text), text
    plain = text.replace("·", "*").replace("−", "-").replace("⌊", "math.floor(").replace("⌋", ")")
    return eval(plain, {"math": math})  # noqa: S307 - signs and digits alone, as just checked


@pytest.mark.parametrize("name", NETS)
def test_every_arithmetic_gives_its_number_and_the_arrays_agree(name):
    net, _, _ = made(name)
    found = net.summary()
    assert found.parameters == net.parameter_count
    if not net.parameters:
        assert found.parameters == 0
    for row, placed in zip(found.rows, net.layers, strict=True):
        assert row.parameters == sum(math.prod(p.shape) for p in placed.parameters.values())
        assert row.output == (BATCH, *placed.shape)
        sizes = row.sizes
        counts = (sizes.parameters, sizes.multiply_adds, sizes.activations, *sizes.axes, *(sizes.receptive or ()))
        for count in counts:
            assert not count.arithmetic or worked(count.arithmetic) == count.value
        if sizes.axes:
            assert tuple(count.value for count in sizes.axes) in (placed.shape[-2:], placed.shape[:1])
    output = next(e.lhs for e in net.equations if e.lhs == net.output)
    assert found.rows[-1].output == shape_of(output)


def test_arithmetic_is_written_as_books_do():
    rows = symnet.summary((1, 28, 28), lenet()).rows
    assert str(rows[0].sizes.parameters) == "(5·5·1 + 1)·6 = 156"
    assert str(rows[0].sizes.axes[0]) == "(28 + 2·2 − 5)/1 + 1 = 28"
    assert str(rows[2].sizes.parameters) == "(5·5·6 + 1)·16 = 2,416"
    assert str(rows[2].sizes.receptive[0]) == "6 + (5 − 1)·2 = 14"
    assert str(rows[5].sizes.parameters) == "(400 + 1)·120 = 48,120"
    recurrent = symnet.summary((5, 2), [la.lstm(3, sequences=True), la.gru(4, reset="after")]).rows
    assert str(recurrent[0].sizes.parameters) == "4·(2 + 3 + 1)·3 = 72"
    assert str(recurrent[1].sizes.parameters) == "2·(3 + 4 + 1)·4 + (3 + 4 + 1 + 1)·4 = 100"
    (odd,) = symnet.summary((1, 6, 6), [la.conv(1, 3, stride=2)]).rows
    assert str(odd.sizes.axes[0]) == "⌊(6 − 3)/2⌋ + 1 = 2"


@pytest.mark.parametrize(
    "kinds",
    [
        [la.conv(2, 3, stride=2), la.max_pool(2), la.conv(1, (3, 2), padding=1)],
        [la.conv(1, 3), la.mean_pool(3, 2), la.conv(1, 3, stride=2)],
        [la.residual([la.conv(2, 3, padding=1), la.conv(1, 3, padding=1)]), la.max_pool(2)],
    ],
)
def test_a_receptive_field_is_what_an_output_depends_on(kinds):
    """Counted on the net itself: the numbers of the picture at which an output in the middle has a slope."""
    shape = (1, 24, 24)
    net = symnet.sequential(shape, kinds)
    rng = np.random.default_rng(0)
    params = {name: np.abs(value) + 0.1 for name, value in net.init().items()}
    X = rng.uniform(1, 2, (1, *shape))
    y = net.predict(params, X)
    d, p, q = 0, y.shape[2] // 2, y.shape[3] // 2
    reached = np.zeros(shape[1:], bool)
    for i in range(shape[1]):
        for j in range(shape[2]):
            for step in (100, -100):  # a maximum is another when a number goes up or down
                moved = X.copy()
                moved[0, 0, i, j] += step
                reached[i, j] |= net.predict(params, moved)[0, d, p, q] != y[0, d, p, q]
    seen = symnet.summary(shape, kinds).rows[-1].sizes.receptive
    for axis, count in enumerate(seen):
        rows = np.flatnonzero(reached.any(1 - axis))
        assert rows[-1] - rows[0] + 1 == count.value


@pytest.mark.parametrize("name", ["lenet", "recurrent", "attention"])
def test_parameters_are_those_of_pytorch(name):
    torch = pytest.importorskip("torch")
    if name == "lenet":
        nn = torch.nn
        module = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5), nn.Linear(400, 120), nn.Linear(120, 84))
        module.append(nn.Linear(84, 10))
        found = symnet.summary((1, 28, 28), lenet())
    elif name == "recurrent":
        module = torch.nn.RNN(4, 5)
        found = symnet.summary((3, 4), [la.rnn(5)])
        found_by_hand = found.parameters + 5  # PyTorch has two biases that are only ever added
        assert found_by_hand == sum(p.numel() for p in module.parameters())
        return
    else:
        module = torch.nn.MultiheadAttention(6, 2)
        found = symnet.summary((3, 6), [la.attention(2, bias=True)])
    assert found.parameters == sum(p.numel() for p in module.parameters())


def test_the_table_has_everything():
    text = str(symnet.summary((1, 28, 28), lenet()))
    assert "layer 1  conv       (n, 6, 28, 28)          156  = (5·5·1 + 1)·6" in text
    assert "side (28 + 2·2 − 5)/1 + 1 = 28" in text
    assert "receptive field 1 + (5 − 1)·1 = 5" in text
    assert "61,706 parameters · 4 bytes = 241 KiB" in text
    assert text.isprintable() or "\n" in text
    json = symnet.summary((1, 28, 28), lenet()).as_json()
    assert json["layers"][2]["receptive_field"] == [14, 14]
    assert json["layers"][5]["receptive_field"] is None
    assert json["activations"] == 8_494


def test_what_does_not_fit_is_refused():
    with pytest.raises(symnet.Mistake, match=r"layer 2: .* no window of 3 fits into 2"):
        symnet.summary((1, 4, 4), [la.conv(1, 3), la.conv(1, 3)])
    with pytest.raises(symnet.Mistake, match="shape is"):
        symnet.summary((), [la.dense(1)])


def test_windows_follow_one_another():
    assert layer.Window(3, 2, 1).then(layer.Window(3, 1, 1)) == layer.Window(7, 2, 3)
