"""Commands of symnet as a browser asks for them: the arguments and files go in, what they print and write comes out."""

from __future__ import annotations

import gc
import importlib
import io
import json
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

FOLDER = Path("/work")


class Session:
    """Commands one after another in one Python; ``main`` is what the command line calls."""

    def __init__(self, main: Callable[[], object], folder: Path = FOLDER) -> None:
        self._main, self._folder = main, folder

    def run(self, asked: str) -> str:
        """Run a command.  In and out is JSON, which needs no bridge between two kinds of objects.

        In: {"arguments": [text, …], "files": {name: text}, "wanted": [name, …]}; out: {"code": that of the exit,
        "out", "err": what was printed, "files": {name: text} of those wanted that are there}.
        """
        told = json.loads(asked)
        return json.dumps(self.command(told["arguments"], told.get("files", {}), told.get("wanted", ())))

    def command(self, arguments: Sequence[str], files: Mapping[str, str], wanted: Sequence[str] = ()) -> dict[str, Any]:
        """The same without JSON."""
        self._folder.mkdir(parents=True, exist_ok=True)
        os.chdir(self._folder)
        for old in self._folder.iterdir():
            old.unlink()
        for name, text in files.items():
            Path(name).write_text(text, "utf-8")
        before, sys.argv = sys.argv, ["symnet", *arguments]
        out, err = io.StringIO(), io.StringIO()
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = self._ended()
        finally:
            sys.argv = before
            gc.enable()  # a command that ends with its process need not; this one goes on
        made = {name: Path(name).read_text("utf-8") for name in wanted if Path(name).is_file()}
        return {"code": code, "out": out.getvalue(), "err": err.getvalue(), "files": made}

    def _ended(self) -> int:
        try:
            self._main()
        except SystemExit as finished:
            return finished.code if isinstance(finished.code, int) else int(finished.code is not None)
        except Exception:
            traceback.print_exc()
            return -1
        return 0


def import_all() -> None:
    """Import every file of symnet that can be, so that no command waits for one."""
    package = __name__.partition(".")[0]
    for found in pkgutil.walk_packages(sys.modules[package].__path__, f"{package}."):
        if not found.name.endswith("__main__"):
            try:
                importlib.import_module(found.name)
            except ImportError:  # NumPy, JAX and what else a browser does without
                continue


def settle() -> None:
    """What has been imported stays: it need not be looked through again for what could be freed."""
    gc.collect()
    gc.freeze()
