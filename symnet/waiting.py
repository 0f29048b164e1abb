"""A line on the terminal for what takes a while: only where standard error is one, and only after two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, TypeAlias

PATIENCE = 2.0  # seconds before anything is shown
OFTEN = 0.2  # seconds between two lines

Step: TypeAlias = Callable[[], object]


def silent() -> None:
    """The step of whoever need not be told."""


@contextmanager
def told(doing: str, whole: int | None = None, stream: TextIO | None = None) -> Iterator[Step]:
    """Gives a function to call after each part of the work; the line says how many there were, and is wiped in the end.

    ``whole`` is how many parts there are, where that is known: "symnet: drawing numbers, 37 of 200".
    """
    out = sys.stderr if stream is None else stream
    if not out.isatty():
        yield silent
        return
    began = drawn = time.monotonic()
    done = widest = 0

    def step() -> None:
        nonlocal done, drawn, widest
        done += 1
        now = time.monotonic()
        if now - began < PATIENCE or now - drawn < OFTEN:
            return
        drawn = now
        line = f"symnet: {doing}, {done:,}{'' if whole is None else f' of {whole:,}'}"
        widest = max(widest, len(line))
        out.write(f"\r{line}")
        out.flush()

    try:
        yield step
    finally:
        if widest:
            out.write(f"\r{' ' * widest}\r")
            out.flush()
