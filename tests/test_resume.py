"""Training goes on where it ended: two halves are the same as the whole, bit for bit."""

import numpy as np
import pytest

import symnet
from symnet import Mistake

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(23, 3)), RANDOM.normal(size=(23, 1))
NET = symnet.mlp([3, 4, 1], activation="tanh", loss="mean_squared_error")
HOW_LONG = [
    {"steps": 30},
    {"epochs": 3, "batch_size": 8},
    {"epochs": 2, "batch_size": 8, "schedule": "0.05/(1 + t)"},
]
CASES = [
    *(("numpy", optimizer, how) for optimizer in (symnet.sgd(0.1), symnet.momentum(0.05)) for how in HOW_LONG),
    *(("numpy", symnet.adam(0.01), how) for how in HOW_LONG),
    ("jax", symnet.adam(0.01), HOW_LONG[0]),
    ("jax", symnet.adam(0.01), HOW_LONG[1]),
]


def doubled(how):
    return {key: 2 * value if key in ("steps", "epochs") else value for key, value in how.items()}


@pytest.mark.parametrize(("backend", "optimizer", "how"), CASES)
def test_two_halves_are_the_whole(tmp_path, backend, optimizer, how):
    if backend == "jax":
        pytest.importorskip("jax")
    common = {"optimizer": optimizer, "backend": backend}
    whole = symnet.fit(NET, X, Y, **common, **doubled(how))
    half = symnet.fit(NET, X, Y, **common, **how)
    half.save(tmp_path / "net.npz")
    for begin in (half, tmp_path / "net.npz", str(tmp_path / "net.npz")):
        rest = symnet.fit(NET, X, Y, params=begin, **common, **how)
        np.testing.assert_array_equal(np.concatenate([half.losses, rest.losses]), whole.losses)
        for name, value in whole.params.items():
            np.testing.assert_array_equal(rest.params[name], value)
        assert rest.ending.updates == whole.ending.updates


def test_fresh_batches_go_on_too():
    batches = [(x[None], y[None]) for x, y in zip(X, Y, strict=True)]
    adam = symnet.adam(0.05)
    whole = symnet.fit(NET, iter(batches), optimizer=adam, steps=20)
    half = symnet.fit(NET, iter(batches), optimizer=adam, steps=10)
    rest = symnet.fit(NET, iter(batches[10:]), optimizer=adam, steps=10, params=half)
    np.testing.assert_array_equal(rest.params["W1"], whole.params["W1"])


def test_a_safetensors_file_holds_the_same(tmp_path):
    half = symnet.fit(NET, X, Y, optimizer=symnet.adam(0.01), steps=5)
    half.save(tmp_path / "net.safetensors")
    on = [
        symnet.fit(NET, X, Y, optimizer=symnet.adam(0.01), steps=5, params=p)
        for p in (half, tmp_path / "net.safetensors")
    ]
    np.testing.assert_array_equal(on[0].params["W2"], on[1].params["W2"])
    np.testing.assert_array_equal(symnet.load_parameters(tmp_path / "net.safetensors", NET)["W1"], half.params["W1"])


def test_training_goes_on_from_the_last_parameters_though_the_best_were_kept():
    options = {"optimizer": symnet.sgd(0.4), "batch_size": 5, "validation": 0.3}
    whole = symnet.fit(NET, X, Y, epochs=8, **options)
    half = symnet.fit(NET, X, Y, epochs=4, **options)
    rest = symnet.fit(NET, X, Y, epochs=4, params=half, **options)
    np.testing.assert_array_equal(rest.validation, whole.validation[4:])


def test_what_does_not_go_on_says_why(tmp_path):
    half = symnet.fit(NET, X, Y, optimizer=symnet.adam(0.01), steps=5)
    with pytest.raises(Mistake, match="remembers m and v, and this optimizer nothing; go on with the optimizer"):
        symnet.fit(NET, X, Y, optimizer=symnet.sgd(0.1), steps=1, params=half)
    other = symnet.mlp([3, 5, 1], activation="tanh", loss="mean_squared_error")
    with pytest.raises(Mistake, match="a run of another network"):
        symnet.fit(other, X, Y, optimizer=symnet.adam(0.01), steps=1, params=half)
    half.save(tmp_path / "net.npz")
    with pytest.raises(Mistake, match="is of another network"):
        symnet.fit(other, X, Y, optimizer=symnet.adam(0.01), steps=1, params=tmp_path / "net.npz")
    with pytest.raises(Mistake, match="No such file"):
        symnet.fit(NET, X, Y, optimizer=symnet.adam(0.01), steps=1, params=tmp_path / "none.npz")


def test_the_command_goes_on_from_what_it_saved(tmp_path, command):
    file = "worksheets/training-a-small-net.toml"
    saved = tmp_path / "net.npz"
    assert command("train", file, "--steps", 10, "--save", saved)[0] == 0
    code, _, err = command("train", file, "--steps", 10, "--resume", saved, "--save", tmp_path / "after.npz")
    assert code == 0, err
    whole = symnet.load(file).train(steps=20)
    after = symnet.load_parameters(tmp_path / "after.npz", whole.network)
    np.testing.assert_array_equal(after["W1"], whole.params["W1"])
