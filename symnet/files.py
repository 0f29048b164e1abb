"""Writing files completely or not at all."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from symnet.algebra.mistakes import Mistake, shown

# Ctrl-C, being told to end, and the terminal that closes (which not every system has).
STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def write_all(texts: Mapping[Path, str | bytes] | Iterable[tuple[Path, str | bytes]]) -> None:
    """Write every file, or none where one of them cannot be written; raises Mistake.

    Each text is first written into a hidden folder beside its place, and only when all of them are there do they take
    their places; so they may be made one by one, thousands of them.  An error on the way, or Ctrl-C, leaves every file
    as it was; a program that is killed outright may leave the hidden folder.
    """
    import shutil  # these two only here: every command starts by importing this file, and few write
    import tempfile

    folders: dict[Path, Path] = {}  # {folder: the hidden folder in it}
    waiting: dict[Path, Path] = {}
    path = Path()
    try:
        for path, text in texts.items() if isinstance(texts, Mapping) else texts:
            check_place(path)
            if path.parent not in folders:
                folders[path.parent] = Path(tempfile.mkdtemp(dir=path.parent, prefix=".symnet-"))
            waiting[path] = folders[path.parent] / str(len(waiting))
            waiting[path].write_bytes(text.encode() if isinstance(text, str) else text)
        with _not_interrupted():
            _take_places(waiting)
    except OSError as error:
        raise Mistake(f"{shown(path, 200)}: {error.strerror or 'it cannot be written'}") from None
    finally:
        for folder in folders.values():
            shutil.rmtree(folder, ignore_errors=True)


def check_place(path: Path) -> None:
    """Refuse, with a Mistake, what would fail only when the file takes its place."""
    if path.is_dir():
        raise Mistake(f"{shown(path, 200)} is a folder; name the file in it")
    if path.exists() and not os.access(path, os.W_OK):
        raise Mistake(f"{shown(path, 200)} is read-only")
    if not path.parent.is_dir():
        raise Mistake(f"{shown(path, 200)}: No such file or directory")  # in the system's own words
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise Mistake(f"{shown(path.parent, 200)}: nothing can be written in this folder")


def _take_places(waiting: Mapping[Path, Path]) -> None:
    """Put every file in its place; where one cannot be, take the others back and raise Mistake."""
    moved: list[tuple[Path, Path | None]] = []
    for path, temporary in waiting.items():
        try:
            before = temporary.with_name(f"{temporary.name}-before") if path.exists() else None
            if before is not None:
                try:
                    os.link(path, before)
                except OSError:  # a disk without links
                    os.replace(path, before)
            moved.append((path, before))
            os.replace(temporary, path)
        except OSError as error:
            _take_back(moved)
            raise Mistake(f"{shown(path, 200)}: {error.strerror or 'it cannot be written'}") from None


def _take_back(moved: Iterable[tuple[Path, Path | None]]) -> None:
    for path, before in moved:
        with suppress(OSError):
            if before is None:
                path.unlink()
            else:
                os.replace(before, path)


@contextmanager
def _not_interrupted() -> Iterator[None]:
    """Ctrl-C, and being told to end, wait until the block is done."""
    if threading.current_thread() is not threading.main_thread():
        yield  # nothing is raised here by a signal
        return
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.getsignal(number) for number in STOPS}
    held = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    for number in held:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])
