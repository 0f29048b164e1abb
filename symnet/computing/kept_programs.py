"""What JAX compiles is kept in the user's cache folder, so that the next process need not compile it again.

The environment variable ``SYMNET_CACHE`` names another folder, or switches this off where it is empty or "off".  JAX's
own settings are as they were after every block, and who has given JAX a cache of their own keeps it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

MOST_FILES = 1_000  # in the folder; of more, the oldest half goes
_ENTRY = "jax_compilation_cache_dir"
_pruned: set[Path] = set()


@contextmanager
def kept_programs() -> Iterator[None]:
    """In this block JAX looks for compiled programs on disk, and leaves those there that it compiles."""
    import jax

    folder = None if getattr(jax.config, _ENTRY) else cache_folder()
    if folder is None:
        yield
        return
    from jax.experimental.compilation_cache import compilation_cache

    wanted: dict[str, Any] = {
        _ENTRY: str(folder),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    update: Any = jax.config.update
    before = {name: getattr(jax.config, name) for name in wanted}
    try:
        for name, value in wanted.items():
            update(name, value)
        compilation_cache.reset_cache()  # JAX asks for its settings once
        yield
    finally:
        for name, value in before.items():
            update(name, value)
        compilation_cache.reset_cache()


def cache_folder() -> Path | None:
    """The folder of kept programs, None where there is none: what lies there is run, so nobody else may write to it."""
    named = os.environ.get("SYMNET_CACHE")
    if named is not None and named.strip().lower() in ("", "off", "0"):
        return None
    try:
        folder = Path(named) if named else _users_caches() / "symnet" / "jax"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and (folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o022):
            return None  # somebody else could put programs there
    except (OSError, RuntimeError):  # no home, a full disk, no right to write
        return None
    if folder not in _pruned:
        _pruned.add(folder)
        _prune(folder)
    return folder


def _users_caches() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _prune(folder: Path) -> None:
    with suppress(OSError):
        files = [(entry.stat().st_mtime, entry.path) for entry in os.scandir(folder) if entry.is_file()]
        if len(files) > MOST_FILES:
            for _, path in sorted(files)[: len(files) // 2]:
                with suppress(OSError):
                    os.remove(path)
