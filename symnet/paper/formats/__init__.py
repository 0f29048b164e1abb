"""Output formats.  Each module here renders a document; the ending of a file name chooses one.

A format module has ``ENDINGS`` (such as ".tex") and ``render(document)``, which gives text or bytes; one with
``FOLDS = True`` can fold answers away, for students who work by themselves.  One with ``ENGINES`` can be told which of
them makes the file, ``render(document, engine)``, and its ``instead(path)`` is what to write where none of them is
installed.  ``CANNOT`` are the settings of a layout that it has no use for, and ``files_beside(documents)`` gives
the files that what it renders reads.  One with pages also has ``render_together(documents)``, for the papers of a class
in one file.  To add a format, add a module.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from symnet.algebra.mistakes import Mistake, shown
from symnet.paper.document import Document, fold


@cache
def by_ending() -> dict[str, ModuleType]:
    """{".tex": the module that renders it, …}."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return {ending: module for module in modules for ending in getattr(module, "ENDINGS", ())}


def check_ending(path: Path) -> None:
    """Raises Mistake for a file name whose ending is no format's."""
    if path.suffix not in by_ending():
        raise Mistake(f"{shown(path, 200)}: the ending must be {' or '.join(sorted(by_ending()))}")


def check_layout(paths: Sequence[Path], settings: Iterable[str]) -> None:
    """Raises Mistake for settings of the layout that the format of a file cannot do."""
    for path in paths:
        cannot = [name for name in settings if name in getattr(by_ending()[path.suffix], "CANNOT", ())]
        if cannot:
            able = [e for e, module in sorted(by_ending().items()) if cannot[0] not in getattr(module, "CANNOT", ())]
            raise Mistake(f"{shown(path, 200)}: {path.suffix} has no use for {cannot[0]}; {', '.join(able)} have")


def beside(documents: Sequence[Document], path: Path) -> dict[Path, bytes]:
    """The files that what is written at ``path`` reads, such as the logo that a .tex shows."""
    files = getattr(by_ending()[path.suffix], "files_beside", None)
    return {path.parent / name: content for name, content in files(documents).items()} if files is not None else {}


def check_engine(paths: Sequence[Path], engine: str) -> None:
    """Raises Mistake for an engine where none of the files is made by one."""
    if engine and not any(hasattr(by_ending()[path.suffix], "ENGINES") for path in paths):
        raise Mistake(f"--engine chooses what makes a PDF, and {shown(paths[0], 200)} is none")


def possible(path: Path, engine: str = "") -> Path:
    """The path; where no engine that it needs is installed, and none was asked for, the one to write instead."""
    check_ending(path)
    module = by_ending()[path.suffix]
    instead: Path = module.instead(path) if hasattr(module, "ENGINES") and not engine else path
    return instead


def render(document: Document, path: Path, engine: str = "") -> str | bytes:
    """What the file at ``path`` holds, in the format of its ending; raises Mistake for an unknown one."""
    check_ending(path)
    module = by_ending()[path.suffix]
    content: str | bytes = module.render(document, engine) if hasattr(module, "ENGINES") else module.render(document)
    return content


def check_together(path: Path) -> None:
    """Raises Mistake for a file whose format has no pages, so that papers cannot follow one another in it."""
    check_ending(path)
    paged = sorted(ending for ending, module in by_ending().items() if hasattr(module, "render_together"))
    if path.suffix not in paged:
        raise Mistake(f"{shown(path, 200)}: papers can stand together in {', '.join(paged)}, which have pages")


def render_together(documents: Sequence[Document], path: Path, engine: str = "") -> str | bytes:
    """What the file at ``path`` holds where it has several papers, one after another."""
    check_together(path)
    module = by_ending()[path.suffix]
    engines = (engine,) if hasattr(module, "ENGINES") else ()
    content: str | bytes = module.render_together(documents, *engines)
    return content


def check_folds(path: Path) -> None:
    """Raises Mistake for a file whose format cannot fold answers away."""
    check_ending(path)
    folding = sorted(ending for ending, module in by_ending().items() if getattr(module, "FOLDS", False))
    if path.suffix not in folding:
        raise Mistake(
            f"{shown(path, 200)}: --self-study is for {' and '.join(folding)}, in which answers can be folded"
        )


def folded(document: Document, path: Path) -> Document:
    """The document with its answers folded away, for the file at ``path``; raises Mistake where that cannot be."""
    check_folds(path)
    return fold(document)
