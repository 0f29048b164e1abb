"""An installed package as a wheel again, without its tests: what a browser's Python loads."""

from __future__ import annotations

import io
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from importlib.resources.abc import Traversable

from symnet.ours import MARK
from symnet.version import __version__

_LEFT_OUT = ("__pycache__", "tests", "benchmarks", "py.typed")
_ALWAYS = (1980, 1, 1, 0, 0, 0)  # the same wheel, byte by byte, from the same package


def wheel(name: str) -> tuple[str, bytes]:
    """(file name, content) of the wheel of a package that is installed, pure Python, and imported by its own name."""
    version, metadata = _metadata(name)
    content = dict(_parts(files(name), name))
    about = f"{name}-{version}.dist-info"
    content[f"{about}/METADATA"] = metadata.encode()
    content[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: symnet\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    content[f"{about}/RECORD"] = "".join(f"{p},{_digest(c)},{len(c)}\n" for p, c in content.items()).encode() + (
        f"{about}/RECORD,,\n".encode()
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        packed.comment = MARK.encode()
        for path, part in content.items():
            packed.writestr(zipfile.ZipInfo(path, _ALWAYS), part, zipfile.ZIP_DEFLATED)
    return f"{name}-{version}-py3-none-any.whl", out.getvalue()


def _metadata(name: str) -> tuple[str, str]:
    """Its version, and what is said of it."""
    try:
        found = distribution(name)
        text, version = found.read_text("METADATA") or "", found.version
    except PackageNotFoundError:  # symnet, run from its folder
        text, version = "", __version__
    return version, text or f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def _parts(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for part in sorted(folder.iterdir(), key=lambda part: part.name):
        if part.name in _LEFT_OUT or part.name.endswith((".pyc", ".so", ".pyd")):
            continue
        if part.is_dir():
            yield from _parts(part, f"{path}/{part.name}")
        else:
            yield f"{path}/{part.name}", part.read_bytes()


def _digest(content: bytes) -> str:
    return f"sha256={urlsafe_b64encode(sha256(content).digest()).rstrip(b'=').decode()}"
