"""Writing files completely or not at all, making their folders, and never over a file that is somebody else's."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from types import FrameType

from symnet.algebra.mistakes import Mistake, shown
from symnet.ours import is_ours, marked

# Ctrl-C, being told to end, and the terminal that closes (which not every system has).
STOPS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


MOST_NAMED = 4  # files that one line names

_over: ContextVar[bool] = ContextVar("over", default=False)
_say: ContextVar[Callable[[str], None] | None] = ContextVar("say", default=None)


@contextmanager
def overwriting(allowed: bool = True) -> Iterator[None]:
    """In this block a file that symnet did not write is replaced too, as by ``--force``."""
    token = _over.set(allowed)
    try:
        yield
    finally:
        _over.reset(token)


@contextmanager
def telling(say: Callable[[str], None]) -> Iterator[None]:
    """In this block ``say`` is called with what was written, one line each time: wrote sheet.pdf and key.pdf."""
    token = _say.set(say)
    try:
        yield
    finally:
        _say.reset(token)


def write_all(texts: Mapping[Path, str | bytes] | Iterable[tuple[Path, str | bytes]], said: str = "") -> None:
    """Write every file, or none where one of them cannot be written; raises Mistake.

    Each text is first written into a hidden folder beside its place, and only when all of them are there do they take
    their places; so they may be made one by one, thousands of them.  An error on the way, or Ctrl-C, leaves every file
    as it was; a program that is killed outright may leave the hidden folder.  Folders that are missing are made.

    A file that is there already is replaced if it is one of ours (see ``ours``), any file inside ``overwriting``.
    ``said`` are the words for what was written; without them the files are named.
    """
    import shutil  # these two only here: every command starts by importing this file, and few write
    import tempfile

    folders: dict[Path, Path] = {}  # {folder: the hidden folder in it}
    made: list[Path] = []
    waiting: dict[Path, Path] = {}
    path = Path()
    done = False
    try:
        for path, text in texts.items() if isinstance(texts, Mapping) else texts:
            content = marked(text, path.suffix.lower())
            check_place(path, content)
            if path.parent not in folders:
                made += _make_folder(path.parent)
                folders[path.parent] = Path(tempfile.mkdtemp(dir=path.parent, prefix=".symnet-"))
            waiting[path] = folders[path.parent] / str(len(waiting))
            waiting[path].write_bytes(content)
        with _not_interrupted():
            _take_places(waiting)
            done = True
    except OSError as error:
        raise Mistake(f"{shown(path, 200)}: {error.strerror or 'it cannot be written'}") from None
    finally:
        for folder in folders.values():
            shutil.rmtree(folder, ignore_errors=True)
        for folder in reversed(made if not done else []):
            with suppress(OSError):
                folder.rmdir()
    say = _say.get()
    if say is not None and waiting:
        say(f"wrote {said or _listed(list(waiting))}")


def check_place(path: Path, content: bytes | None = None) -> None:
    """Refuse, with a Mistake, what would fail only when the file takes its place, or be the loss of another file."""
    if path.is_dir():
        raise Mistake(f"{shown(path, 200)} is a folder; name the file in it")
    if path.exists() and not os.access(path, os.W_OK):
        raise Mistake(f"{shown(path, 200)} is read-only")
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        raise Mistake(f"{shown(path, 200)}: {shown(folder, 200)} is a file, not a folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Mistake(f"{shown(folder, 200)}: nothing can be written in this folder")
    if path.is_file() and not _over.get() and not is_ours(path, content):
        how = "--force to replace it" if _say.get() is not None else "replace it inside symnet.files.overwriting()"
        raise Mistake(f"{shown(path, 200)} is there already, and symnet did not write it; give another name, or {how}")


def _make_folder(folder: Path) -> list[Path]:
    """Make the folder, and those that it is in; gives what was made, the outermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
    return missing[::-1]


def _listed(paths: Sequence[Path]) -> str:
    """a.pdf and b.pdf; of many how many they are in which folder, and the first and the last."""
    if len(paths) <= MOST_NAMED:
        return listed(list(map(str, paths)))
    in_folder: dict[Path, list[Path]] = {}
    for path in paths:
        in_folder.setdefault(path.parent, []).append(path)
    parts = [
        f"{len(files):,} files to {folder}{os.sep} ({files[0].name} … {files[-1].name})"
        if len(files) > 1 else str(files[0])
        for folder, files in in_folder.items()
    ]  # fmt: skip
    return listed(parts)


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    *before, last = parts
    return f"{', '.join(before)} and {last}" if before else last


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
