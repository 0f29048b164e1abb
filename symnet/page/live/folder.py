"""Writes the live folder: the page, Pyodide, wheels of symnet and what it needs, and Python's memory."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path

from symnet.algebra.mistakes import Mistake, NotInstalled, shown
from symnet.files import overwriting, write_all
from symnet.ours import MARK
from symnet.page.live.wheels import wheel
from symnet.paper.formats import html

SCHEMA = "symnet.live/1"
PYODIDE = "314.0.7"  # the version that the tests run
PACKAGES = ("symnet", "sympy", "mpmath", "click")  # NumPy is none of them: paper and marking do without
OWN = ("index.html", "frame.html", "live.js", "link.mjs", "worker.mjs", "python.mjs")
OF_PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
LONGEST = 300  # seconds that Node may take for the memory
WITHOUT_NODE = "without Node (nodejs.org) the page imports symnet at every start, which takes some seconds more"


def write_live(folder: Path, pyodide: Path | None, examples: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    """Write the folder; gives what is to be said about it.

    ``pyodide`` is the folder of npm's package, or None for the one in node_modules here; ``examples`` are
    {file name: (what it is, text)}.  Raises NotInstalled where there is no Pyodide, and Mistake.
    """
    place = _pyodide(pyodide)
    content: dict[str, bytes] = {name: _own(name) for name in OWN}
    content["live.css"] = html.colors().encode() + _own("live.css")
    content |= {f"pyodide/{name}": (place / name).read_bytes() for name in OF_PYODIDE}
    wheels = dict(map(wheel, PACKAGES))
    content |= {f"packages/{name}": data for name, data in wheels.items()}
    memory, remarks = _memory(place, wheels)
    if memory:
        content["memory.bin.gz"] = memory
    counted = [name for name in content if name.endswith((".wasm", ".zip", ".whl", "lock.json"))]
    store = f"symnet-live {_digest(content)}"
    content["files.json"] = json.dumps({
        "schema": SCHEMA,
        "store": store,
        "wheels": [f"packages/{name}" for name in wheels],
        "snapshot": "memory.bin.gz" if memory else None,
        "sizes": {name: len(content[name]) for name in (*counted, *(("memory.bin.gz",) if memory else ()))},
        "files": [*content, "files.json", "offline.js"],
        "examples": [[name, text, says] for name, (says, text) in examples.items()],
    }).encode()  # fmt: skip
    kept = json.dumps(list(content))
    content["offline.js"] = _own("offline.js").replace(b"{store}", store.encode()).replace(b"{files}", kept.encode())
    paths = {folder / name: data for name, data in content.items()}
    with overwriting() if _is_ours(folder, paths) else nullcontext():
        write_all(paths, f"{len(paths)} files to {folder}/ ({sum(map(len, content.values())) / 1e6:.0f} MB)")
    return (*remarks, f"look at it with: python -m http.server -d {folder}   and open http://localhost:8000")


def _own(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


def _pyodide(folder: Path | None) -> Path:
    """Where Pyodide is; raises NotInstalled with the line that installs it, or Mistake for another folder."""
    place = folder or Path("node_modules/pyodide")
    if folder is None and not place.is_dir():
        raise NotInstalled("Pyodide", line=f"npm install pyodide@{PYODIDE}")
    missing = [name for name in OF_PYODIDE if not (place / name).is_file()]
    if missing:
        raise Mistake(f"{shown(place, 200)} has no {missing[0]}; it should be node_modules/pyodide of npm's package")
    return place


def _memory(pyodide: Path, wheels: Mapping[str, bytes]) -> tuple[bytes, tuple[str, ...]]:
    """Python's memory once symnet is imported, packed; nothing where Node does not make it, and a remark."""
    node = shutil.which("node")
    if node is None:
        return b"", (WITHOUT_NODE,)
    with tempfile.TemporaryDirectory() as scratch, as_file(files(__package__)) as own:
        paths = [Path(scratch, name) for name in wheels]
        for path in paths:
            path.write_bytes(wheels[path.name])
        out = Path(scratch, "memory.bin")
        command = [node, str(own / "snapshot.mjs"), str(pyodide.resolve()), str(out), *map(str, paths)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST)
        except subprocess.TimeoutExpired:
            return b"", (WITHOUT_NODE,)
        if done.returncode or not out.is_file():
            return b"", (f"this Node keeps no memory of Python ({_last_line(done.stderr)}); {WITHOUT_NODE}",)
        packed = io.BytesIO()
        with gzip.GzipFile(MARK, "wb", 6, packed, mtime=0) as zipped:
            zipped.write(out.read_bytes())
        return packed.getvalue(), ()


def _last_line(text: str) -> str:
    return next((line.strip()[:200] for line in reversed(text.splitlines()) if "rror" in line), "it says nothing")


def _digest(content: Mapping[str, bytes]) -> str:
    all_of_them = sha256()
    for name, data in content.items():
        all_of_them.update(f"{name} {len(data)} ".encode() + data)
    return all_of_them.hexdigest()[:16]


def _is_ours(folder: Path, paths: Sequence[Path] | Mapping[Path, bytes]) -> bool:
    """Whether all files in the folder that would be replaced are of a live folder that symnet wrote."""
    try:
        told = json.loads((folder / "files.json").read_bytes())
        listed = {folder / name for name in told["files"]} if told["schema"] == SCHEMA else set()
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return all(path in listed for path in paths if path.exists())
