"""The worksheets of the course, read and made once for all tests of a process."""

from functools import cache
from pathlib import Path

import symnet

FOLDER = Path(__file__).parent.parent / "worksheets"
SHEETS = sorted(FOLDER.glob("*.toml"))


@cache
def read(path):
    """The exercise of a file."""
    return symnet.load(path)


@cache
def made(path):
    """Its sheet and its key."""
    return read(path).worksheet()
