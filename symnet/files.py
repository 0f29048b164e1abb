"""Writing files completely or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from symnet.algebra.mistakes import Mistake, shown


def write_all(texts: Mapping[Path, str | bytes]) -> None:
    """Write every file, or none where one of them cannot be written; raises Mistake.

    Each text is first written beside its place, and only when all of them are there do they take their places.
    """
    waiting: dict[Path, str] = {}
    try:
        for path, text in texts.items():
            _check(path)
            handle, waiting[path] = tempfile.mkstemp(dir=path.parent, prefix=".symnet-")
            with open(handle, "wb") as file:
                file.write(text.encode() if isinstance(text, str) else text)
            umask = os.umask(0)
            os.umask(umask)
            os.chmod(waiting[path], 0o666 & ~umask)
        for path, temporary in waiting.items():
            os.replace(temporary, path)
    except OSError as error:
        raise Mistake(f"{shown(path, 200)}: {error.strerror or 'it cannot be written'}") from None
    finally:
        for temporary in waiting.values():
            with suppress(OSError):
                os.unlink(temporary)


def _check(path: Path) -> None:
    """Refuse what would fail only when the file takes its place."""
    if path.is_dir():
        raise Mistake(f"{shown(path, 200)} is a folder; name the file in it")
    if path.exists() and not os.access(path, os.W_OK):
        raise Mistake(f"{shown(path, 200)} is read-only")
