"""The folder of backends: what each says of itself, and a fourth one, added as one module as a person would add it."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest
from click.testing import CliRunner
from judged_nets import drawn

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.computing import backends, compile
from symnet.computing.backends import by_name, named, trainers
from symnet.computing.training_loops import Loop

NET = symnet.mlp([2, 3, 2], activation="tanh", output="linear", loss="softmax_cross_entropy")


@pytest.mark.parametrize("name", by_name())
def test_a_backend_is_found_by_its_name_and_has_the_functions_it_says(name):
    backend = named(name)
    assert backend.name == name
    for function, module in backend.imports.items():
        assert function == "inf" or callable(getattr(import_module(module), function)), function
    namespace = {f: getattr(import_module(m), f) for f, m in backend.imports.items()}
    for function, text in backend.definitions.items():
        exec(text, namespace)  # noqa: S102 - our own text
        assert callable(namespace[function])
        assert "\n" not in text
    assert set(backend.calls.values()) <= set(backend.imports)


def test_nothing_is_imported_before_it_computes():
    code = (
        "import sys; from symnet.computing.backends import by_name, trainers; by_name(); trainers()\n"
        "print([name for name in ('jax', 'numpy', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("wrong", ["nunpy", "", 3, None, "__init__", "os"])
def test_another_name_is_refused_with_the_ones_there_are(wrong):
    for refused in (lambda: symnet.compile(NET, wrong), lambda: named(wrong)):
        with pytest.raises(Mistake, match="backend is"):
            refused()


def test_every_loop_keeps_to_what_fit_calls():
    wanted = {name for name in vars(Loop) if not name.startswith("_")}
    for name in trainers():
        loop = named(name).loop(NET.batched())
        assert wanted <= set(dir(getattr(loop, "func", loop)))


# -- a fourth -------------------------------------------------------------------------------------------------------

SINGLE = '''
"""NumPy's code in single precision, whatever it is given."""

from typing import Any

from symnet.computing.backends import Backend, numpy


class _Single(type(numpy.BACKEND)):
    name = "single"
    loop = Backend.loop

    def run(self, function: Any, params: Any, examples: Any) -> Any:
        params = {name: value.astype("float32") for name, value in params.items()}
        return super().run(function, params, tuple(X.astype("float32") for X in examples))


BACKEND = _Single()
'''

TORCH = '''
"""PyTorch: the generated code is its own functions, and its autograd judges our gradients."""

from typing import Any

from symnet.computing.backends import Backend

_FUNCTIONS = (
    "broadcast_to", "cos", "exp", "expm1", "full_like", "log", "log1p", "ones", "sigmoid", "sign", "sin", "sqrt",
    "tanh", "where", "abs", "erf",
)


class _PyTorch(Backend):
    name = "pytorch"
    imports = dict.fromkeys(_FUNCTIONS, "torch")
    definitions = {
        "relu": "def relu(z): return z.clamp(min=0)",
        "full": "def full(shape, c, dtype): return c * ones(shape, dtype=dtype)",
        "softmax": "def softmax(z): return z.softmax(1)",
        "log_softmax": "def log_softmax(z): return z.log_softmax(1)",
        "logsumexp": "def logsumexp(z): return z.logsumexp(1)",
    }
    numbers_are_arrays = True
    judges = True

    def owns(self, array: Any) -> bool:
        return False

    def run(self, function: Any, params: Any, examples: Any) -> Any:
        import torch

        tensors = {name: torch.as_tensor(value) for name, value in params.items()}
        found, slopes = function(tensors, *map(torch.as_tensor, examples))
        return found.detach().numpy()[()], {name: slope.detach().numpy() for name, slope in slopes.items()}

    def differentiated(self, function: Any, compiled: bool) -> Any:
        from torch.func import grad_and_value

        slopes = grad_and_value(function)
        return lambda *arguments: slopes(*arguments)[::-1]


BACKEND = _PyTorch()
'''


@pytest.fixture
def fourth(tmp_path, monkeypatch):
    """A function that adds a module to the folder, for as long as the test runs."""
    monkeypatch.setattr(backends, "__path__", [*backends.__path__, str(tmp_path)])
    names = []

    def add(name, text):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        names.append(f"{backends.__name__}.{name}")
        by_name.cache_clear()
        return named(name)

    yield add
    by_name.cache_clear()
    compile._compiled.cache_clear()
    for name in names:
        sys.modules.pop(name, None)


def test_a_module_in_the_folder_computes_trains_and_is_offered(fourth):
    fourth("single", SINGLE)
    assert trainers() == ("numpy", "jax", "single")
    params, X, T = drawn([2, 3, 2], 6, 3)
    expected = symnet.compile(NET)(params, X, T)
    loss, gradients = symnet.compile(NET, "single")(params, X, T)
    assert loss.dtype == np.float32
    np.testing.assert_allclose(loss, expected[0], rtol=1e-6)
    for name, value in gradients.items():
        np.testing.assert_allclose(value, expected[1][name], rtol=1e-4, atol=1e-6)
    how = {"params": params, "optimizer": symnet.adam(0.01), "steps": 20, "batch_size": 2, "progress": False}
    ours, theirs = (symnet.fit(NET, X, T, backend=backend, **how) for backend in ("single", "numpy"))
    assert ours.backend == "single"
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-4)
    report = symnet.crosscheck(NET, X, T, params)
    assert report.ways == ("derivation", "numpy", "jax", "jax.grad", "single", "differences")
    assert not report.agrees  # single precision is none of the eleven digits asked for
    with pytest.raises(Mistake, match="single"):
        symnet.compile(NET, "singel")


def test_the_command_line_offers_what_trains():
    from symnet.commands.train import train

    said = CliRunner().invoke(train, ["--help"]).output
    assert f"[{'|'.join(trainers())}]" in said


def test_pytorch_in_one_module_agrees_by_every_way_and_judges(fourth):
    pytest.importorskip("torch")
    fourth("pytorch", TORCH)
    params, X, T = drawn([2, 3, 2], 6, 3)
    report = symnet.crosscheck(NET, X, T, params)
    assert report.agrees, str(report)
    assert report.ways[4:6] == ("pytorch", "pytorch.grad")
    how = {"params": params, "optimizer": symnet.adam(0.01), "steps": 50, "batch_size": 2, "validation": 0.3}
    ours, theirs = (symnet.fit(NET, X, T, backend=b, progress=False, **how) for b in ("pytorch", "numpy"))
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-10)
    np.testing.assert_allclose(ours.validation, theirs.validation, rtol=1e-10)
