"""symnet in Pyodide, the Python of browsers: 32 bits, no NumPy, no processes, and the same output byte by byte.

Needs Node and the npm package of Pyodide, which tests/pyodide/package.json pins: ``npm ci --prefix tests/pyodide``, or
in another folder that SYMNET_PYODIDE names.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import click
import everywhere
import mpmath
import pytest
import sympy

import symnet

HERE = Path(__file__).parent / "pyodide"
PYODIDE = Path(os.environ.get("SYMNET_PYODIDE", HERE / "node_modules" / "pyodide"))
NODE = shutil.which("node")


@pytest.mark.skipif(
    "SYMNET_PYODIDE" not in os.environ and (NODE is None or not PYODIDE.is_dir()),
    reason="Pyodide is not here: npm ci --prefix tests/pyodide",
)
def test_commands_come_to_the_same_in_a_browsers_python(tmp_path, command, monkeypatch):
    there, here = everywhere.written(tmp_path / "there"), everywhere.written(tmp_path / "here")
    packages = {module.__name__: str(Path(module.__file__).parent) for module in (symnet, sympy, mpmath, click)}
    plan = everywhere.plan_of(tmp_path / "plan.json", pyodide=str(PYODIDE), packages=packages, folder=str(there))
    done = subprocess.run([NODE, HERE / "run.mjs", plan], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["bits"] == 32
    everywhere.compared(command, monkeypatch, here, there, found["results"])
