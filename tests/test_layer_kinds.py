"""Every kind of layer: values by PyTorch, gradients by jax.grad, both grains, shapes of size 1 included."""

from __future__ import annotations

from fractions import Fraction

import entry_values
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import traced

import symnet
from symnet.algebra import layers
from symnet.algebra.equations import BATCH, symbol
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake
from symnet.algebra.mlp import mlp
from symnet.algebra.sequential import sequential
from symnet.algebra.unrolling import entry_names, unroll
from symnet.computing.compile import compile

LOSS = symbol("Loss")
NETS = {
    "dense": ((3,), [layers.dense(4, "tanh"), layers.dense(2)]),
    "dense on rows": ((2, 3), [layers.dense(2, "relu")]),
    "dense without bias": ((1,), [layers.dense(1, bias=False)]),
    "conv": ((2, 5, 4), [layers.conv(3, 3, stride=2, padding=1, activation="tanh")]),
    "conv of one": ((1, 1, 1), [layers.conv(1, 1)]),
    "conv of an oblong kernel": ((1, 3, 4), [layers.conv(2, (2, 3))]),
    "conv1d": ((5, 2), [layers.conv1d(3, 2, stride=2, padding=1)]),
    "max_pool": ((2, 4, 5), [layers.max_pool(2)]),
    "max_pool that overlaps": ((1, 4, 4), [layers.max_pool(3, 1)]),
    "max_pool over time": ((5, 2), [layers.max_pool(2)]),
    "mean_pool": ((2, 4, 4), [layers.mean_pool(2)]),
    "mean_pool over time": ((4, 3), [layers.mean_pool(3, 1)]),
    "global pools": ((2, 3, 3), [layers.global_mean_pool()]),
    "global max pool over time": ((4, 2), [layers.global_max_pool()]),
    "cnn": (
        (1, 6, 6),
        [layers.conv(2, 3, activation="relu"), layers.max_pool(2), layers.flatten(), layers.dense(3)],
    ),
    "rnn": ((3, 2), [layers.rnn(3)]),
    "rnn of all states": ((3, 2), [layers.rnn(2, "sigmoid", sequences=True), layers.rnn(2)]),
    "lstm": ((3, 2), [layers.lstm(2)]),
    "lstm of one step": ((1, 1), [layers.lstm(1, sequences=True)]),
    "gru": ((3, 2), [layers.gru(2)]),
    "gru as in PyTorch": ((3, 2), [layers.gru(2, reset="after", sequences=True)]),
    "layer_norm": ((2, 3), [layers.layer_norm()]),
    "attention": ((3, 4), [layers.attention()]),
    "attention of two heads": ((3, 4), [layers.attention(2, mask="causal")]),
    "transformer": ((3, 2), [layers.transformer(hidden=3, mask="causal")]),
    "attention with biases": ((2, 4), [layers.attention(2, bias=True)]),
    "transformer as in GPT-2": ((2, 2), [layers.transformer(hidden=3, mask="causal", bias=True, activation="gelu")]),
    "activation": ((3,), [layers.activation("softmax")]),
    "activation at a temperature": ((3,), [layers.activation("log_softmax", 2.5)]),
    "batch_norm": ((3,), [layers.dense(2), layers.batch_norm(), layers.dense(2, "tanh")]),
    "batch_norm over time": ((3, 2), [layers.batch_norm()]),
    "batch_norm of pictures": ((2, 2, 3), [layers.conv(3, 2, bias=False), layers.batch_norm(eps=0.1)]),
    "batch_norm of one": ((1, 1, 1), [layers.batch_norm(eps=0.5)]),
    "batch_norm once trained": ((2, 2, 2), [layers.batch_norm(mean=[0.5, -1], variance=[2, 0.25])]),
    "dropout": ((2, 2), [layers.dropout(0.25, [[1, 0], [0, 1]]), layers.dense(2)]),
    "dropout of nothing": ((1,), [layers.dropout(0, [1])]),
    "dropout with masks beside": ((3,), [layers.dense(2, "relu"), layers.dropout(0.5), layers.dense(1)]),
    "residual": ((3,), [layers.residual([layers.dense(4, "tanh"), layers.dense(3)], activation="relu")]),
    "residual of one": ((1,), [layers.residual([layers.dense(1)])]),
    "residual in a residual": (
        (2,),
        [layers.residual([layers.residual([layers.dense(2, "tanh")]), layers.dense(2)]), layers.dense(1)],
    ),
    "residual of ResNet": (
        (2, 3, 3),
        [
            layers.residual(
                [layers.conv(3, 3, stride=2, padding=1, bias=False), layers.batch_norm(eps=0.1)],
                shortcut=[layers.conv(3, 1, stride=2, bias=False), layers.batch_norm(eps=0.1)],
                activation="relu",
            )
        ],
    ),
    "residual of a recurrence": ((3, 2), [layers.residual([layers.lstm(2, sequences=True)])]),
    "positional_encoding": ((3, 4), [layers.positional_encoding(), layers.dense(2)]),
    "positional_encoding of one": ((1, 1), [layers.positional_encoding()]),
    "positional_encoding that is learned": ((3, 2), [layers.positional_encoding(learned=True)]),
}


def made(name):
    shape, kinds = NETS[name]
    net = sequential(shape, kinds, loss="half_squared_error")
    rng = np.random.default_rng(3)
    lengths = {BATCH: 2}
    names = (*net.inputs, *net.targets, *net.parameters)
    return net, {x: rng.normal(size=[int(lengths.get(n, n)) for n in shape_of(x)]) for x in names}, lengths


@pytest.mark.parametrize("name", NETS)
def test_gradients_are_those_of_jax(name):
    net, given, lengths = made(name)
    found = entry_values.values([*net.equations, *net.backward], given, lengths)

    def loss(chosen):
        known = {x: chosen.get(x.name, jnp.asarray(value)) for x, value in given.items()}
        return entry_values.values(net.equations, known, lengths, jnp)[LOSS]

    right = traced.results(jax.grad(loss), {x.name: given[x] for x in (*net.parameters, *net.inputs)})
    scale = max(1e-3, *(np.abs(value).max() for value in right.values()))
    for x in (*net.parameters, *net.inputs):
        np.testing.assert_allclose(found[net.gradient_of(x)], right[x.name], rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("name", NETS)
def test_both_grains_agree(name):
    net, given, _ = made(name)
    given = {x: value[:1] if shape_of(x)[:1] == (BATCH,) else value for x, value in given.items()}
    whole = entry_values.values([*net.equations, *net.backward], given, {BATCH: 1})
    units = unroll(net)
    point = {}
    for x, value in given.items():
        point |= dict(zip(entry_names(x), value.ravel(), strict=True))
    found = entry_values.values([*units.equations, *units.backward], point)
    scale = max([1e-3, *(np.abs(whole[net.gradient_of(w)]).max() for w in net.parameters)])
    for w in net.parameters:
        mine = [found[g] if (g := units.gradient_of(x)) is not None else 0 for x in entry_names(w)]
        np.testing.assert_allclose(mine, whole[net.gradient_of(w)].ravel(), rtol=0, atol=1e-12 * scale)


def output(name):
    net, given, lengths = made(name)
    found = entry_values.values(net.equations, given, lengths)
    by_name = {x.name: value for x, value in given.items()}
    return found[net.output], by_name


def tensors(*arrays):
    torch = pytest.importorskip("torch")
    return [torch.tensor(array) for array in arrays]


def test_values_of_windows_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    y, p = output("conv")
    x, k, b = tensors(p["X"], p["K1"], p["b1"])
    np.testing.assert_allclose(y, torch.tanh(f.conv2d(x, k, b, stride=2, padding=1)), rtol=1e-12)
    y, p = output("conv1d")
    x, k, b = tensors(p["X"], p["K1"], p["b1"])
    np.testing.assert_allclose(y, f.conv1d(x.mT, k, b, stride=2, padding=1).mT, rtol=1e-12)
    for name, size, stride in (("max_pool", 2, 2), ("max_pool that overlaps", 3, 1)):
        y, p = output(name)
        np.testing.assert_array_equal(y, f.max_pool2d(*tensors(p["X"]), size, stride))
    y, p = output("mean_pool")
    np.testing.assert_allclose(y, f.avg_pool2d(*tensors(p["X"]), 2), rtol=1e-12)
    y, p = output("mean_pool over time")
    np.testing.assert_allclose(y, f.avg_pool1d(tensors(p["X"])[0].mT, 3, 1).mT, rtol=1e-12)


@pytest.mark.parametrize(("name", "kind", "gates"), [("lstm", "LSTM", "ifgo"), ("gru as in PyTorch", "GRU", "rzk")])
def test_values_of_gated_recurrences_are_those_of_pytorch(name, kind, gates):
    torch = pytest.importorskip("torch")
    y, p = output(name)
    module = getattr(torch.nn, kind)(2, 2, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        module.weight_ih_l0.copy_(torch.tensor(np.concatenate([p[f"W{g}1"].T for g in gates])))
        module.weight_hh_l0.copy_(torch.tensor(np.concatenate([p[f"U{g}1"].T for g in gates])))
        module.bias_ih_l0.copy_(torch.tensor(np.concatenate([p[f"b{g}1"] for g in gates])))
        module.bias_hh_l0.zero_()
        if kind == "GRU":
            module.bias_hh_l0[4:].copy_(torch.tensor(p["ck1"]))
    states = module(torch.tensor(p["X"]))[0].detach().numpy()
    np.testing.assert_allclose(y, states if kind == "GRU" else states[:, -1], rtol=1e-11)


def test_values_of_rows_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    y, p = output("layer_norm")
    x, g, b = tensors(p["X"], p["g1"], p["b1"])
    np.testing.assert_allclose(y, torch.nn.functional.layer_norm(x, (3,), g, b), rtol=1e-11)
    y, p = output("attention of two heads")
    x, *weights = tensors(p["X"], *(p[f"W{name}1"] for name in "QKVO"))
    q, k, v = ((x @ w).reshape(2, 3, 2, 2).transpose(1, 2) for w in weights[:3])
    heads = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    np.testing.assert_allclose(y, heads.transpose(1, 2).reshape(2, 3, 4) @ weights[3], rtol=1e-11)


def test_values_of_batch_norm_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    y, p = output("batch_norm over time")
    x, g, b = tensors(p["X"], p["g1"], p["b1"])
    right = f.batch_norm(x.mT, None, None, g, b, training=True).mT
    np.testing.assert_allclose(y, right, rtol=1e-11)
    y, p = output("batch_norm of pictures")
    x, k, g, b = tensors(p["X"], p["K1"], p["g2"], p["b2"])
    right = f.batch_norm(f.conv2d(x, k), None, None, g, b, training=True, eps=0.1)
    np.testing.assert_allclose(y, right, rtol=1e-11, atol=1e-13)
    y, p = output("batch_norm once trained")
    x, g, b, m, v = tensors(p["X"], p["g1"], p["b1"], np.array([0.5, -1]), np.array([2, 0.25]))
    np.testing.assert_allclose(y, f.batch_norm(x, m, v, g, b), rtol=1e-11)


def test_values_of_other_ways_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    y, p = output("residual of ResNet")
    x, k, s, g, b, h, c = tensors(*(p[name] for name in ("X", "Ka1", "Kc1", "gb1", "bb1", "gd1", "bd1")))
    main = f.batch_norm(f.conv2d(x, k, stride=2, padding=1), None, None, g, b, training=True, eps=0.1)
    other = f.batch_norm(f.conv2d(x, s, stride=2), None, None, h, c, training=True, eps=0.1)
    np.testing.assert_allclose(y, f.relu(main + other), rtol=1e-11, atol=1e-13)
    y, p = output("activation at a temperature")
    np.testing.assert_allclose(y, f.log_softmax(tensors(p["X"])[0] / 2.5, -1), rtol=1e-12)
    y, p = output("transformer as in GPT-2")
    block = torch.nn.TransformerEncoderLayer(
        2, 1, 3, 0.0, torch.nn.functional.gelu, batch_first=True, norm_first=True, dtype=torch.float64
    ).eval()
    with torch.no_grad():
        inner = block.self_attn
        inner.in_proj_weight.copy_(torch.tensor(np.concatenate([p[f"W{name}1"].T for name in "QKV"])))
        inner.in_proj_bias.copy_(torch.tensor(np.concatenate([p[f"b{name}1"] for name in "QKV"])))
        pairs = {inner.out_proj: ("WO1", "bO1"), block.linear1: ("Wh1", "bh1"), block.linear2: ("Wy1", "by1")}
        for module, (weight, bias) in pairs.items():
            module.weight.copy_(torch.tensor(p[weight].T))
            module.bias.copy_(torch.tensor(p[bias]))
        for module, names in {block.norm1: ("gx1", "cx1"), block.norm2: ("gr1", "cr1")}.items():
            module.weight.copy_(torch.tensor(p[names[0]]))
            module.bias.copy_(torch.tensor(p[names[1]]))
        later = torch.triu(torch.ones(2, 2, dtype=torch.bool), 1)
        np.testing.assert_allclose(y, block(torch.tensor(p["X"]), src_mask=later), rtol=1e-10)


def test_positions_are_the_waves_of_the_paper():
    y, p = output("positional_encoding")
    right = np.zeros((3, 4))
    for pos in range(3):
        for i in range(2):
            right[pos, 2 * i] = np.sin(pos / 10000 ** (2 * i / 4))
            right[pos, 2 * i + 1] = np.cos(pos / 10000 ** (2 * i / 4))
    np.testing.assert_allclose(y, (p["X"] + right) @ p["W2"] + p["b2"], rtol=1e-12)


def test_dropout_leaves_out_and_scales():
    net = sequential((2, 2), [layers.dropout(0.25, [[1, 0], [0, 1]])])
    X = np.arange(1.0, 9).reshape(2, 2, 2)
    np.testing.assert_allclose(net.predict({}, X), X * [[4 / 3, 0], [0, 4 / 3]])


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_masks_of_dropout_come_with_the_examples(backend):
    net = sequential(3, [layers.dropout(0.5), layers.dense(1)], loss="mean_squared_error")
    rng = np.random.default_rng(0)
    X, w = rng.normal(size=(64, 3)), rng.normal(size=(3, 1))
    batches = (((X, (rng.random((64, 3)) >= 0.5) * 2.0), X @ w) for _ in range(400))
    run = symnet.fit(net, batches, optimizer=symnet.sgd(0.05), steps=400, backend=backend)
    # The expected loss has one more term, (1 − p)/p Σ_i w_i² mean(x_i²), so its minimum is that of ridge regression.
    right = np.linalg.solve(X.T @ X + np.diag((X**2).sum(0)), X.T @ X @ w)
    np.testing.assert_allclose(run.params["W2"], right, atol=0.12)
    np.testing.assert_allclose(run.predict((X, np.ones((64, 3)))), X @ run.params["W2"] + run.params["b2"])


def test_a_tied_layer_reads_the_table_of_the_embedding():
    net = sequential((2,), [layers.embedding(4, 3), layers.tied(1)], loss="squared_error")
    e = np.random.default_rng(0).normal(size=(4, 3))
    ids = np.array([[2, 0], [3, 3]])
    np.testing.assert_allclose(net.predict({"E1": e}, ids), e[ids] @ e.T)
    x, t = net.inputs[0], net.targets[0]
    given = {net.parameters[0]: e, x: ids, t: np.eye(4)[ids[:, ::-1]]}
    found = entry_values.values([*net.equations, *net.backward], given, {BATCH: 2})

    def loss(table):
        return ((table[ids] @ table.T - given[t]) ** 2).sum()

    with jax.enable_x64(True):
        right = jax.grad(loss)(jnp.asarray(e))
    np.testing.assert_allclose(found[net.gradient_of(net.parameters[0])], right, rtol=0, atol=1e-12)


def test_embedding_looks_up_rows():
    net = sequential((3,), [layers.embedding(5, 2), layers.rnn(2)], loss="squared_error")
    x, e = net.inputs[0], net.parameters[0]
    rng = np.random.default_rng(0)
    given = {
        w: rng.normal(size=[2 if n == BATCH else int(n) for n in shape_of(w)]) for w in (*net.parameters, *net.targets)
    }
    given[x] = np.array([[4, 0, 4], [1, 2, 2]])
    found = entry_values.values([*net.equations, *net.backward], given, {BATCH: 2})
    np.testing.assert_array_equal(found[net.equations[0].lhs], given[e][given[x]])
    slope = found[net.gradient_of(e)]
    assert (slope[3] == 0).all()
    assert (slope[[0, 1, 2, 4]] != 0).all()


def test_dense_layers_one_after_the_other_are_a_multilayer_perceptron():
    by_layers = sequential(3, [layers.dense(4, "tanh"), layers.dense(2)], loss="softmax_cross_entropy")
    whole = mlp([3, 4, 2], loss="softmax_cross_entropy")
    assert [str(e.rhs) for e in by_layers.equations[:3]] == [str(e.rhs) for e in whole.equations[:3]]
    assert by_layers.parameters == whole.parameters
    assert by_layers.parameter_count == whole.parameter_count


def test_published_counts_of_parameters():
    kinds = [
        layers.conv(6, 5, padding=2, activation="tanh"),
        layers.mean_pool(2),
        layers.conv(16, 5, activation="tanh"),
        layers.mean_pool(2),
        layers.flatten(),
        layers.dense(120, "tanh"),
        layers.dense(84, "tanh"),
        layers.dense(10),
    ]
    assert sequential((1, 28, 28), kinds).parameter_count == 61_706  # LeNet-5


@pytest.mark.parametrize(
    ("shape", "kinds", "said"),
    [
        ((4,), [layers.conv(2, 3)], "layer 1: conv: what is below has the shape (4,)"),
        ((1, 2, 2), [layers.conv(2, 3)], "no window of 3 fits into 2"),
        ((3, 4), [layers.attention(3)], "heads is 3, which does not divide the 4 features"),
        ((3,), [layers.dense(0)], 'units is "0"'),
        ((3,), [layers.dense(2, bias="no")], 'dense: bias is "no"; it must be true or false'),
        ((3, 2), [layers.attention(bias=2)], 'attention: bias is "2"; it must be true or false'),
        ((3, 2), [layers.gru(2, sequences=[])], 'gru: sequences is "[]"; it must be true or false'),
        ((3, 2), [layers.rnn(2, truncate=0)], 'rnn: truncate is "0"; it must be a whole number of 1 or more'),
        ((3, 2), [layers.lstm(2, truncate=1.5)], 'lstm: truncate is "1.5"; it must be a whole number'),
        ((3,), [layers.dropout(Fraction(10) ** 400, [1, 1, 1])], "it must be in [0, 1)"),
        ((3,), [layers.dense(2, "rulo")], "relu"),
        ((3,), ["dense"], "symnet.layers.dense(10)"),
        ((0,), [layers.dense(2)], "shape is"),
        ((3,), [layers.residual([layers.dense(2)])], "residual: the layers give the shape (2,) and what goes around"),
        ((3,), [layers.residual([])], "residual: layers is empty"),
        ((3,), [layers.residual([layers.dense(0)])], "residual: layers, layer 1: dense: units is"),
        ((3,), [layers.residual(layers.dense(3))], "it must be a list of layers"),
        ((3,), [layers.dropout(1, [1, 1, 1])], "rate is"),
        ((3,), [layers.dropout(0.5, [1, 1])], "it must be numbers in lists, in the shape (3,)"),
        ((3,), [layers.batch_norm(mean=[1, 2, 3])], "mean and variance are given together"),
        ((3,), [layers.batch_norm(mean=[1, 2], variance=[1, 2])], "in the shape (3,)"),
        ((3,), [layers.activation("softmax", 0)], "temperature is"),
        ((3,), [layers.dense(3), layers.tied()], "E1"),
        ((3,), [layers.positional_encoding()], "(time, features)"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(shape, kinds, said):
    with pytest.raises(Mistake) as refused:
        sequential(shape, kinds)
    assert said in str(refused.value)


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(Mistake) as refused:
        layers.conv(2, 3, strid=2)
    assert "stride" in str(refused.value)


def test_parameters_start_as_those_of_pytorch_do():
    net = sequential((2, 5, 5), [layers.conv(300, 3), layers.flatten(), layers.dense(7), layers.layer_norm()])
    params = net.init(seed=0)
    assert np.abs(params["K1"]).max() <= 18**-0.5
    assert np.abs(params["K1"]).max() > 0.99 * 18**-0.5
    assert np.abs(params["b1"]).max() <= 18**-0.5
    assert (params["g4"] == 1).all()
    assert (params["b4"] == 0).all()
    assert not np.abs(net.init("glorot")["b1"]).any()


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_small_convolutional_net_learns(backend):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 1, 4, 4)) * 0.1
    labels = rng.integers(0, 2, 60)
    X[labels == 1, 0, 1:3, 1:3] += 1
    net = symnet.sequential(
        (1, 4, 4),
        [symnet.layers.conv(2, 3, activation="relu"), symnet.layers.flatten(), symnet.layers.dense(2)],
        loss="softmax_cross_entropy",
    )
    run = symnet.fit(net, X, labels, optimizer=symnet.adam(0.05), steps=100, backend=backend)
    assert run.losses[-1] < 0.1 * run.losses[0]
    assert run.evaluate(X, labels).accuracy == 1


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("name", NETS)
def test_compiled_code_gives_the_same(name, backend):
    net, given, lengths = made(name)
    found = entry_values.values([*net.equations, *net.backward], given, lengths)
    params = {x.name: given[x] for x in net.parameters}
    X, T = tuple(given[x] for x in net.inputs), given[net.targets[0]]
    loss, gradients = compile(net, backend)(params, X if len(X) > 1 else X[0], T)
    np.testing.assert_allclose(loss, found[LOSS], rtol=1e-12)
    scale = max([1e-3, *(np.abs(found[net.gradient_of(x)]).max() for x in net.parameters)])
    for x in net.parameters:
        np.testing.assert_allclose(gradients[x.name], found[net.gradient_of(x)], rtol=0, atol=1e-12 * scale)
