"""What training leaves behind: saved, loaded, refused, predicted with and drawn."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from matplotlib.figure import Figure

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.training.run import save_parameters

NET = symnet.mlp([3, 4, 2], "tanh", "linear", "mean_squared_error")
X = np.random.default_rng(0).uniform(-1, 1, (10, 3))
Y = np.sin(X[:, :2])
ENDINGS = (".npz", ".safetensors")

every_ending = pytest.mark.parametrize("ending", ENDINGS)


def trained(dtype=np.float64, **options):
    return symnet.fit(NET, X.astype(dtype), Y, optimizer=symnet.sgd(0.1), **{"steps": 5, **options})


def refused(path, net=NET):
    with pytest.raises(Mistake) as raised:
        symnet.load_parameters(path, net)
    line = str(raised.value)
    assert line.isprintable()
    assert len(line) < 500
    assert os.path.basename(path)[:20] in line
    return line


@every_ending
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_what_is_saved_is_loaded_bit_by_bit(dtype, ending, backend, tmp_path):
    run = trained(dtype, backend=backend)
    run.save(tmp_path / f"net{ending}")
    again = symnet.mlp([3, 4, 2], "tanh", "linear", "mean_squared_error")
    found = symnet.load_parameters(tmp_path / f"net{ending}", again)
    assert list(found) == ["W1", "b1", "W2", "b2"]
    for name, value in run.params.items():
        assert found[name].dtype == dtype
        assert np.array_equal(found[name], value)
    assert os.listdir(tmp_path) == [f"net{ending}"]
    on = symnet.fit(again, X.astype(dtype), Y, params=found, optimizer=symnet.sgd(0.1), steps=3)
    assert np.array_equal(on.losses[0], symnet.fit(NET, X.astype(dtype), Y, params=run.params,
                                                   optimizer=symnet.sgd(0.1), steps=1).losses[0])  # fmt: skip


@every_ending
def test_numbers_as_parameters_are_saved_too(ending, tmp_path):
    net = symnet.Network.parse("y = w*x + c\nL = (y - t)^2", ["w", "c"])
    run = symnet.fit(net, [[1.0, 2.0]], optimizer=symnet.sgd(0.1), steps=2)
    path = str(tmp_path / f"net{ending}")
    run.save(path)
    assert symnet.load_parameters(path, run.network) == run.params


@every_ending
@pytest.mark.parametrize(
    "other",
    [
        symnet.mlp([3, 4, 2], "relu", "linear", "mean_squared_error"),
        symnet.mlp([3, 4, 2], "tanh", "linear", "squared_error"),
        symnet.mlp([3, 5, 2], "tanh", "linear", "mean_squared_error"),
        symnet.mlp([3, 4, 4, 2], "tanh", "linear", "mean_squared_error"),
        symnet.mlp([3, 4, 2], "tanh", "linear", "mean_squared_error", l2="1/10"),
        symnet.mlp([3, 4, 2], "tanh", "linear", None),
    ],
    ids=["activation", "loss", "width", "depth", "penalty", "no loss"],
)
def test_a_file_of_another_network_is_refused(other, ending, tmp_path):
    path = tmp_path / f"net{ending}"
    trained().save(path)
    assert "another network" in refused(path, other)


@every_ending
def test_a_damaged_file_is_refused_wherever_it_is_cut_or_changed(ending, tmp_path):
    path = tmp_path / f"net{ending}"
    run = trained()
    run.save(path)
    whole = path.read_bytes()
    for length in {0, 1, 7, 8, 20, len(whole) // 2, len(whole) - 1}:
        path.write_bytes(whole[:length])
        refused(path)
    path.write_bytes(b"\xff" * len(whole))
    refused(path)
    random = np.random.default_rng(0)
    for at in random.integers(0, len(whole), 150):
        changed = bytearray(whole)
        changed[at] ^= 1 << int(random.integers(8))
        path.write_bytes(changed)
        try:  # a number may have changed, or something that does not matter; anything else is a Mistake
            found = symnet.load_parameters(path, NET)
        except Mistake:
            continue
        assert {name: value.shape for name, value in found.items()} == {n: v.shape for n, v in run.params.items()}


def test_other_endings_are_refused(tmp_path):
    for name in ("net.pkl", "net", "net.npz.txt", "net.pt"):
        with pytest.raises(Mistake, match=r"\.npz or \.safetensors"):
            trained().save(tmp_path / name)
    assert os.listdir(tmp_path) == []


@every_ending
def test_a_missing_folder_is_made_and_a_missing_file_said(ending, tmp_path):
    trained().save(tmp_path / "new" / f"net{ending}")
    assert os.listdir(tmp_path / "new") == [f"net{ending}"]
    assert "No such file" in refused(tmp_path / f"net{ending}")
    (tmp_path / f"folder{ending}").mkdir()
    with pytest.raises(Mistake, match="folder"):
        trained().save(tmp_path / f"folder{ending}")
    refused(tmp_path / f"folder{ending}")


@every_ending
def test_a_file_is_written_whole_or_not_at_all(ending, tmp_path, monkeypatch):
    path = tmp_path / f"net{ending}"
    trained().save(path)
    before = path.read_bytes()

    def fails(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fails)
        with pytest.raises(Mistake, match="No space left"):
            trained(steps=9).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]
    with pytest.raises(Mistake, match="b2"):
        save_parameters(path, NET, {name: value for name, value in trained().params.items() if name != "b2"})
    assert path.read_bytes() == before


class Trap:
    def __reduce__(self):
        return (os.mkdir, (os.environ["SYMNET_TRAP"],))


def test_pickles_are_never_opened(tmp_path, monkeypatch):
    trap = tmp_path / "sprung"
    monkeypatch.setenv("SYMNET_TRAP", str(trap))
    hostile = np.array([Trap()], dtype=object)
    good = io.BytesIO()
    about = json.dumps({"schema": "symnet.parameters/1", "equations": []})
    np.savez(good, symnet=np.array(about), **{"parameter W1": hostile})
    np.save(bare := io.BytesIO(), hostile)
    for content in (good.getvalue(), bare.getvalue(), pickle.dumps(Trap())):
        for ending in ENDINGS:
            path = tmp_path / f"net{ending}"
            path.write_bytes(content)
            refused(path)
            assert not trap.exists()
    pickle.loads(pickle.dumps(Trap()))
    assert trap.exists()  # the trap works


def safetensors(header, content=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def npz(**entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy(value):
    np.save(buffer := io.BytesIO(), value)
    return buffer.getvalue()


def about(**change):
    return json.dumps({"schema": "symnet.parameters/1", "equations": [], **change})


HUGE = (
    b"\x93NUMPY\x01\x00"
    + struct.pack("<H", 118)
    + (b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }".ljust(117) + b"\n")
)
HOSTILE = {
    "endless header.safetensors": struct.pack("<Q", 2**63) + b"{}",
    "deep header.safetensors": safetensors(b"[" * 200_000),
    "no metadata.safetensors": safetensors({}),
    "metadata of another kind.safetensors": safetensors({"__metadata__": {"symnet": "7"}}),
    "another schema.safetensors": safetensors({"__metadata__": {"symnet": about(schema="symnet.parameters/99")}}),
    "equations of another kind.safetensors": safetensors({"__metadata__": {"symnet": about(equations={"a": 1})}}),
    "control characters.safetensors": safetensors(
        {"__metadata__": {"symnet": about(equations=["\x1b[31m\n\u202e" * 9])}}
    ),
    "empty zip.npz": npz(),
    "not a zip.npz": b"PK\x03\x04" + b"\0" * 100,
    "huge.npz": npz(**{"symnet": npy(np.array(about())), "parameter W1": HUGE}),
    "another schema.npz": npz(symnet=npy(np.array(about(schema=None)))),
    "no schema.npz": npz(symnet=npy(np.array("{}"))),
    "list.npz": npz(symnet=npy(np.array("[]"))),
    "deep.npz": npz(symnet=npy(np.array("[" * 100_000))),
    "no equations.npz": npz(symnet=npy(np.array(about()))),
    "control characters.npz": npz(symnet=npy(np.array(about(equations=["\x1b[31m\n"])))),
    "bad header.npz": npz(symnet=b"\x93NUMPY\x01\x00\x10\x00{'descr': __imp__"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_one_line(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    refused(path)


@every_ending
@pytest.mark.parametrize("change", ["missing", "extra", "shape", "nan", "text"])
def test_arrays_that_do_not_fit_are_refused(change, ending, tmp_path):
    params = dict(trained().params)
    path = tmp_path / f"net{ending}"
    save_parameters(path, NET, params)
    changed = {
        "missing": {k: v for k, v in params.items() if k != "b1"},
        "extra": {**params, "W9": np.zeros(2)},
        "shape": {**params, "W1": params["W1"].T.copy()},
        "nan": {**params, "b2": np.array([np.nan, 0])},
        "text": {**params, "b2": np.array([1, 0], np.int8) if ending == ".safetensors" else np.array(["a", "b"])},
    }[change]
    if ending == ".npz":
        with np.load(path) as archive:
            described = archive["symnet"]
        np.savez(path, symnet=described, **{f"parameter {name}": value for name, value in changed.items()})
    else:
        from safetensors import safe_open
        from safetensors.numpy import save_file

        with safe_open(path, "np") as archive:
            metadata = archive.metadata()
        save_file(changed, path, metadata)
    if (change, ending) == ("text", ".safetensors"):  # whole numbers are numbers
        assert symnet.load_parameters(path, NET)["b2"].tolist() == [1, 0]
    else:
        word = {"missing": "b1", "extra": "W9", "shape": "W1", "nan": "b2", "text": "b2"}[change]
        assert word in refused(path)


# Predictions


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("rows", [1, 2, 10])
def test_predictions_have_a_row_an_example(rows, backend):
    run = trained(backend=backend)
    p = run.params
    found = run.predict(X[:rows])
    assert found.shape == (rows, 2)
    np.testing.assert_allclose(found, np.tanh(X[:rows] @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"], rtol=1e-13)
    np.testing.assert_array_equal(run.predict(X[:rows].tolist()), found)
    single = trained(np.float32, backend=backend)
    assert single.predict(X[:rows].astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(single.predict(X[:rows].astype(np.float32)), found, rtol=1e-4, atol=1e-5)


def test_a_network_unit_by_unit_predicts_a_column():
    net = symnet.Network.parse("y = w*x + c\nL = (y - t)^2", ["w", "c"])
    net = symnet.Network(net.inputs[:1], net.inputs[1:], net.parameters, net.equations)
    run = symnet.fit(net, [[1.0], [2.0]], [[3.0], [5.0]], params={"w": 2, "c": 1}, optimizer=symnet.sgd(0.1), steps=1)
    assert run.predict([[1.0], [2.0], [-4.0]]).tolist() == [[3], [5], [-7]]


@pytest.mark.parametrize("given", [X[0], X[:, :2], np.zeros((0, 3)), [[1.0, 2.0, np.nan]], [["a", "b", "c"]]])
def test_predictions_refuse_what_does_not_fit(given):
    with pytest.raises(Mistake, match="X"):
        trained().predict(given)


# Plots


@pytest.mark.parametrize(
    "options", [{}, {"steps": 0}, {"steps": None, "epochs": 4, "batch_size": 3, "validation": 0.2}]
)
def test_a_run_is_drawn(options):
    run = trained(**options)
    if run.steps:
        figure = run.plot("my run")
        assert isinstance(figure, Figure)
        assert figure.axes[0].get_title() == "my run"
        names = [str(line.get_label()) for line in figure.axes[0].lines]
        assert any(name.startswith("validation") for name in names) == bool(len(run.validation))
    else:
        with pytest.raises(Mistake, match="losses"):
            run.plot()


def test_an_archive_that_swells_is_refused_by_its_heads(tmp_path):
    # 300 MB of zeros in 0.3 MB, in the shape of no parameter of the network.
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (6000, 6250), }".ljust(117) + b"\n"
    file, chunk = tmp_path / "swells.npz", bytes(1_000_000)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("symnet.npy", npy(np.array(about())))
        with archive.open("parameter W1.npy", "w") as entry:
            entry.write(HUGE[:8] + struct.pack("<H", 118) + head)
            for _ in range(300):
                entry.write(chunk)
    assert file.stat().st_size < 2_000_000
    tracemalloc.start()
    try:
        with pytest.raises(Mistake, match=r"swells.npz.*W1 has shape \(6000, 6250\); it must be \(3, 4\)"):
            symnet.load_parameters(file, NET)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_jupyter_shows_a_plot_a_run_and_a_report_as_people_read_them():
    formatters = pytest.importorskip("IPython.core.formatters")
    net = symnet.mlp([1, 2, 1], loss="squared_error")
    run = symnet.fit(net, [[1], [2]], [[1], [0]], optimizer=symnet.sgd(0.01), steps=3)
    shown = formatters.DisplayFormatter().format(run.plot())[0]
    assert shown["image/png"].startswith(b"\x89PNG")
    assert repr(run).startswith("Run(7 parameters, 3 updates on numpy, loss ")
    assert repr(symnet.compile(net)).startswith("Step(params, X, T)")
    assert repr(symnet.crosscheck(net, [[1.0]], [[0.0]])).startswith("Cross-check of Loss")
    assert repr(run.evaluate([[1]], [[1]])).startswith("loss ")


def test_of_a_large_file_of_another_network_only_heads_are_read(tmp_path):
    np.savez(tmp_path / "large.npz", W=np.zeros((1500, 1500)))
    net = symnet.mlp([1, 2, 1], loss="squared_error")
    tracemalloc.start()
    try:
        with pytest.raises(Mistake, match='it holds "W", which is not a parameter of this network'):
            symnet.load_parameters(tmp_path / "large.npz", net)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
