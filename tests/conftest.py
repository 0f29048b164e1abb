"""What several tests need: running the command as a person does."""

import atexit
import gc
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager

import pytest
from browser import BROWSER, Browser
from installed_fonts import KINDS, installed, no_longer_installed
from refusals import one_line

from symnet import cli

# What JAX compiles for one test serves the others, in all processes of this run, and nobody's own folder is written to.
if "SYMNET_CACHE" not in os.environ:
    os.environ["SYMNET_CACHE"] = tempfile.mkdtemp(prefix="symnet-programs-")
    atexit.register(shutil.rmtree, os.environ["SYMNET_CACHE"], ignore_errors=True)

# Thousands of small programs run once each: XLA makes them four times as fast without its costly passes.
ONCE = "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"


def pytest_configure(config):
    # The first process asks, the others inherit: XLA ends one that names a flag which its version does not have.
    if "XLA_FLAGS" not in os.environ and not hasattr(config, "workerinput"):
        known = subprocess.run(
            [sys.executable, "-c", "import jax; jax.devices()"],
            env={**os.environ, "XLA_FLAGS": ONCE},
            capture_output=True,
        )
        os.environ["XLA_FLAGS"] = "" if known.returncode else ONCE


def pytest_collection_finish():
    """What was collected stays to the end, and most of what a test makes is freed without a search for cycles."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session")
def run():
    """run("solve", "file.toml", stdin="") → the finished process, in a new interpreter."""

    def run_command(*arguments, stdin="", cwd=None, timeout=120):
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "symnet", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=cwd,
            timeout=timeout,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )

    return run_command


@pytest.fixture
def command(monkeypatch, capsys):
    """command("solve", …, stdin="") → (exit code, standard output, standard error), in this interpreter.

    A new one takes a second to start, so ``run`` is for what only a process of its own shows: pipes, signals, imports.
    The line that says what was written is in ``command.wrote`` and not in the standard error.
    """

    def run(*arguments, stdin=""):
        monkeypatch.setattr(sys, "argv", ["symnet", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        with pytest.raises(SystemExit) as finished:
            cli.main()
        out, err = capsys.readouterr()
        lines = err.splitlines(keepends=True)
        wrote = [line for line in lines if line.startswith("symnet: wrote ") and " instead of " not in line]
        run.wrote = "".join(wrote)
        return finished.value.code, out, "".join(line for line in lines if line not in wrote)

    run.wrote = ""
    return run


@pytest.fixture
def inside(command):
    """inside("solve", "file.toml", stdin="") → what ``run`` gives, in this interpreter."""

    def finished(*arguments, stdin=""):
        return subprocess.CompletedProcess(arguments, *command(*arguments, stdin=stdin))

    return finished


@contextmanager
def seconds(most):
    """What takes longer ends with an error, and does not hang."""

    def too_long(*_):
        raise TimeoutError(f"not done after {most} seconds")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(most)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def exercise_file(tmp_path):
    """exercise_file(text) → the path of an exercise file with that text."""

    def written(text, name="exercise.toml"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return written


@pytest.fixture
def solve(exercise_file, command):
    """solve(text, *options) → the object that ``symnet solve --json`` prints."""

    def solved(text, *options):
        code, out, err = command("solve", exercise_file(text), "--json", *options)
        assert (code, err) == (0, "")
        return json.loads(out)

    return solved


@pytest.fixture
def refusal(exercise_file, command):
    """refusal(text) → the one line on standard error."""

    def refused(text, *options):
        code, out, err = command("solve", exercise_file(text), "--json", *options)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        return err

    return refused


@pytest.fixture
def message(exercise_file, command):
    """message(text) → what is said of that exercise, in text and in JSON alike; the file is always named."""

    def said(text, *options):
        file = exercise_file(text, "bad.toml")
        line = one_line(*command("solve", file, "--json", *options))
        assert one_line(*command("solve", file, *options)) == line
        assert "bad.toml" in line
        return line

    return said


@pytest.fixture
def attack(tmp_path, monkeypatch, command):
    """attack(text) → what is said of it, within seconds, leaving nothing behind."""

    def said(text, *options):
        file = tmp_path / "bad.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.chdir(tmp_path)
        with seconds(20):
            line = one_line(*command("solve", "bad.toml", *options))
        assert "bad.toml" in line
        assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.toml"]
        return line

    return said


@pytest.fixture
def paper(tmp_path, exercise_file, command):
    """paper(text, ".tex") → what the key of the exercise says."""

    def written(text, ending=".txt"):
        sheet, key = tmp_path / f"sheet{ending}", tmp_path / f"key{ending}"
        code, _, err = command("worksheet", exercise_file(text), "-o", sheet, "--key", key)
        assert (code, err) == (0, "")
        return key.read_text(encoding="utf-8")

    return written


@pytest.fixture(params=KINDS)
def fonts(request, tmp_path_factory, monkeypatch):
    """This machine as it is, and as if other fonts were installed."""
    installed(request.param, tmp_path_factory.mktemp("fonts"), monkeypatch)
    yield request.param
    no_longer_installed()


def pytest_addoption(parser):
    parser.addoption("--update", action="store_true", help="renew the reviewed sheets in tests/golden")


@pytest.fixture
def update(request):
    return request.config.getoption("--update")


@pytest.fixture(scope="module", autouse=True)
def what_jax_compiled_is_forgotten():
    """After each file, or thousands of small programs fill the memory."""
    yield
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One page in a real browser, for all tests of a file."""
    if BROWSER is None:
        pytest.skip("no Chromium here (apt-get install chromium)")
    driven = Browser(tmp_path_factory.mktemp("profile"))
    yield driven
    driven.close()
