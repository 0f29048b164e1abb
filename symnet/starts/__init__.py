"""Short exercise files to start from, one of each kind; ``symnet new`` writes them.  To add a kind, add a file.

The first line of a file, a comment, says what it is.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.files import write_all


@cache
def kinds() -> dict[str, str]:
    """{"relu": the text of its file, …}."""
    found = (file for file in files(__package__).iterdir() if file.name.endswith(".toml"))
    return {file.name.removesuffix(".toml"): file.read_text("utf-8") for file in sorted(found, key=lambda f: f.name)}


def text_of(kind: str) -> str:
    """The text of the file of a kind; raises Mistake for one that there is not."""
    name = kind.lower().replace("_", "-")
    if name not in kinds():
        raise Mistake(f"there is no kind {shown(kind)}{suggestion(name, kinds())}")
    return kinds()[name]


def says(kind: str) -> str:
    """What a kind is, in a line: the comment that its file begins with."""
    return kinds()[kind].partition("\n")[0].lstrip("# ")


def listed() -> str:
    """The kinds, a line each."""
    wide = max(map(len, kinds()))
    lines = "".join(f"  {kind.ljust(wide)}  {says(kind)}\n" for kind in kinds())
    return f"symnet new KIND -o FILE writes one of these:\n\n{lines}"


def write(text: str, path: Path, force: bool = False) -> None:
    """Write a file to start from; raises Mistake where one is there already, unless it is to be replaced."""
    if path.exists() and not force:
        raise Mistake(f"{shown(path, 200)} is there already; choose another name, or --force replaces it")
    write_all({path: text})
