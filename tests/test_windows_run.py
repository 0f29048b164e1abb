"""What generated code calls for windows, pools, slices and looked-up rows, judged by plain sums and by PyTorch."""

from __future__ import annotations

import itertools
import random

import entry_values
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import symnet
from symnet.algebra import layers
from symnet.algebra.equations import BATCH, symbol
from symnet.algebra.matrices import shape_of
from symnet.algebra.sequential import sequential
from symnet.computing.contracting import contract
from symnet.computing.convolving import convolve
from symnet.computing.pooling import shifted, to_largest, window_max, window_sum, windows_added
from symnet.computing.subscripts import lengths_of, parsed

LIBRARIES = pytest.mark.parametrize("of", [np.asarray, jnp.asarray], ids=["numpy", "jax"])


def plainly(how, arrays, lengths):
    """Σ of products, entry by entry."""
    read, made = parsed(how)
    known = lengths_of(read, arrays, lengths)
    letters = sorted(known)
    found = np.zeros([known[next(iter(counts))] for counts, _ in made])
    for values in itertools.product(*(range(known[i]) for i in letters)):
        at = dict(zip(letters, values, strict=True))
        where = [[c + sum(n * at[i] for i, n in counts.items()) for counts, c in places] for places in (*read, made)]
        inside = all(
            0 <= p < n for w, a in zip(where[:-1], arrays, strict=True) for p, n in zip(w, a.shape, strict=True)
        )
        if inside:
            found[tuple(where[-1])] += np.prod([a[tuple(w)] for w, a in zip(where[:-1], arrays, strict=True)])
    return found


def windows(seed):
    """(text, arrays, lengths) of a convolution and of its gradients, of one axis or two, of any stride and padding."""
    rng, draw = np.random.default_rng(seed), random.Random(seed)
    axes = draw.randint(1, 2)
    sizes = [draw.randint(1, 6) for _ in range(axes)]
    stride, pad, hole = draw.randint(1, 3), draw.randint(0, 2), draw.randint(1, 2)
    kernel = [draw.randint(1, min(3, size + pad)) for size in sizes]
    out = [(size + 2 * pad - hole * (k - 1) - 1) // stride + 1 for size, k in zip(sizes, kernel, strict=True)]
    if min(out) < 1:
        return windows(seed + 1000)
    n, c, d = (draw.randint(1, 3) for _ in range(3))
    x, k, g = rng.normal(size=(n, c, *sizes)), rng.normal(size=(d, c, *kernel)), rng.normal(size=(n, d, *out))
    o, u, t = "km"[:axes], "qr"[:axes], "st"[:axes]
    names = lambda letters: " ".join(letters)  # noqa: E731
    read = names(f"{stride}{a}+{hole}{b}-{pad}" for a, b in zip(o, u, strict=True))
    turned = names(f"{stride}{b}+{hole}{a}-{pad}" for a, b in zip(o, u, strict=True))
    cases = [
        (f"i p {read}, j p {names(u)} -> i j {names(o)}", (x, k), dict(zip(o, out, strict=True))),
        (f"p j {turned}, p i {names(u)} -> i j {names(o)}", (x, g), dict(zip(o, kernel, strict=True))),
    ]
    if hole == 1:
        back = names(f"{a}-{stride}{b}+{pad}" for a, b in zip(t, u, strict=True))
        cases.append((f"p j {back}, i p {names(u)} -> i j {names(t)}", (k, g), dict(zip(t, sizes, strict=True))))
    return cases


@LIBRARIES
@pytest.mark.parametrize("seed", range(12))
def test_a_convolution_is_its_sum(seed, of):
    with jax.enable_x64(True):
        for how, arrays, lengths in windows(seed):
            found = np.asarray(convolve(how, *map(of, arrays), **lengths))
            np.testing.assert_allclose(found, plainly(how, arrays, lengths), rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_a_contraction_is_its_sum(seed):
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    length = {letter: draw.randint(1, 4) for letter in "abcdef"}
    words = ["".join(draw.sample("abcdef", draw.randint(1, 4))) for _ in range(draw.randint(1, 3))]
    used = sorted({*"".join(words)})
    how = f"{','.join(words)}->{''.join(draw.sample(used, draw.randint(0, len(used))))}"
    arrays = [rng.normal(size=[length[letter] for letter in word]) for word in words]
    np.testing.assert_allclose(contract(how, *arrays), np.einsum(how, *arrays), rtol=0, atol=1e-12)


@LIBRARIES
@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 1), (2, 3), (1, 1), (3, 2)])
def test_pools_and_their_gradients_are_those_of_pytorch(size, stride, of):
    torch = pytest.importorskip("torch")
    a = np.random.default_rng(size).integers(0, 3, (2, 3, 7, 6)).astype(float)  # with many ties
    rows, columns = ((n - size) // stride + 1 for n in a.shape[2:])
    g = np.random.default_rng(1).normal(size=(2, 3, rows, columns))
    read, lengths = f"{stride}k+p {stride}m+q", {"k": rows, "m": columns, "p": size, "q": size}
    window = {"p": size, "q": size}
    with jax.enable_x64(True):
        for pool, mine, back in (
            (torch.nn.functional.max_pool2d, window_max, to_largest(f"i j k m -> i j {read}", of(g), of(a), **window)),
            (
                torch.nn.functional.avg_pool2d,
                window_sum,
                windows_added(f"i j k m -> i j {read}", of(g) / size**2, a.shape, **window),
            ),
        ):
            x = torch.tensor(a, requires_grad=True)
            y = pool(x, size, stride)
            y.backward(torch.tensor(g))
            found = np.asarray(mine(f"i j {read} -> i j k m", of(a), **lengths))
            np.testing.assert_allclose(found / (size**2 if mine is window_sum else 1), y.detach(), atol=1e-12)
            np.testing.assert_allclose(np.asarray(back), x.grad, atol=1e-12)


@LIBRARIES
def test_what_is_read_outside_is_zero(of):
    np.testing.assert_array_equal(shifted("i-1 -> i", of(np.array([1.0, 2.0])), i=4), [0, 1, 2, 0])


KINDS = {
    "strided and padded": ((2, 5, 4), [layers.conv(3, 3, stride=2, padding=1), layers.conv(2, 2)]),
    "one by one": ((1, 1, 1), [layers.conv(1, 1), layers.conv(2, 1)]),
    "series": ((7, 2), [layers.conv1d(3, 2, stride=2, padding=1), layers.conv1d(2, 2, padding=1)]),
    "max pool": ((2, 4, 5), [layers.conv(2, 1), layers.max_pool(2)]),
    "overlapping pool": ((5, 2), [layers.dense(2), layers.max_pool(3, 1)]),
    "mean pool": ((2, 4, 5), [layers.conv(2, 1), layers.mean_pool(2)]),
    "small picture": ((1, 6, 6), [layers.conv(2, 3, activation="relu"), layers.max_pool(2), layers.flatten()]),
    "two heads": ((3, 4), [layers.dense(4), layers.attention(2, mask="causal")]),
    "embedding": ((3,), [layers.embedding(5, 2), layers.flatten(), layers.dense(2)]),
}


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("name", KINDS)
def test_a_step_is_fast_code_and_gives_the_gradients_of_the_equations(name, backend):
    net = sequential(*KINDS[name], loss="half_squared_error")
    rng = np.random.default_rng(3)
    names = (*net.inputs, *net.targets, *net.parameters)
    given = {x: rng.normal(size=[2 if n == BATCH else int(n) for n in shape_of(x)]) for x in names}
    if name == "embedding":
        given[net.inputs[0]] = np.array([[4, 0, 4], [1, 2, 2]])
    found = entry_values.values([*net.equations, *net.backward], given, {BATCH: 2})
    step = symnet.compile(net, backend)
    assert "over(" not in step.source
    for kind, tolerance in (("float64", 1e-12), ("float32", 3e-5)):
        params = {w.name: given[w].astype(kind) for w in net.parameters}
        loss, slopes = step(params, given[net.inputs[0]].astype(kind), given[net.targets[0]].astype(kind))
        np.testing.assert_allclose(loss, found[symbol("Loss")], rtol=tolerance)
        largest = max(np.abs(found[net.gradient_of(w)]).max() for w in net.parameters)
        for w in net.parameters:
            assert slopes[w.name].dtype == kind
            np.testing.assert_allclose(
                slopes[w.name], found[net.gradient_of(w)], rtol=0, atol=tolerance * largest, err_msg=w.name
            )
