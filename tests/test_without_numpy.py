"""What a teacher and a student use works, and comes to the same, where NumPy is not installed."""

import json
import subprocess
import sys

import everywhere

# One interpreter for all commands, in which nothing is found that is not written in Python.
PROGRAM = """
import contextlib, io, json, os, sys


class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("numpy", "scipy", "jax", "matplotlib", "typst"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Missing())
plan = json.load(open(sys.argv[1], encoding="utf-8"))

from symnet.cli import main


def run(arguments):
    sys.argv = ["symnet", *arguments]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as finished:
            return finished.code, out.getvalue(), err.getvalue()


results = [run(arguments) for arguments in plan["commands"]]
fit = run(["train", "relu.toml"])
print(json.dumps({"results": results, "train": fit}))
"""


def test_paper_and_marking_come_to_the_same_without_numpy(tmp_path, command, monkeypatch):
    there, here = everywhere.written(tmp_path / "there"), everywhere.written(tmp_path / "here")
    plan = everywhere.plan_of(tmp_path / "plan.json")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, plan], cwd=there, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    everywhere.compared(command, monkeypatch, here, there, found["results"])
    code, out, err = found["train"]
    assert (code, out, err) == (
        3,
        "",
        "symnet: this needs NumPy, which is not installed; install it with: pip install numpy\n",
    )
