"""Output formats.  Each module here renders a document; the ending of a file name chooses one.

A format module has ``ENDINGS`` (such as ".tex") and ``render(document)``, which gives text or bytes; where it has
``FOLDS = True``, students get the answers folded away instead of left out.  To add a format, add a module.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from symnet.algebra.mistakes import Mistake, shown
from symnet.sheets.document import Document, fold, hide


@cache
def by_ending() -> dict[str, ModuleType]:
    """{".tex": the module that renders it, …}."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return {ending: module for module in modules for ending in getattr(module, "ENDINGS", ())}


def check_ending(path: Path) -> None:
    """Raises Mistake for a file name whose ending is no format's."""
    if path.suffix not in by_ending():
        raise Mistake(f"{shown(path, 200)}: the ending must be {' or '.join(sorted(by_ending()))}")


def render(document: Document, path: Path) -> str | bytes:
    """What the file at ``path`` holds, in the format of its ending; raises Mistake for an unknown one."""
    check_ending(path)
    content: str | bytes = by_ending()[path.suffix].render(document)
    return content


def for_students(document: Document, path: Path) -> Document:
    """The document without its answers; folded away where the format is a page on a screen (it has ``FOLDS``)."""
    check_ending(path)
    return fold(document) if getattr(by_ending()[path.suffix], "FOLDS", False) else hide(document)
