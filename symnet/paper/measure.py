"""How wide a line is on the sheet that is being written; on the usual paper as wide as each format is made for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from symnet.paper.drawing import PAGE
from symnet.paper.layout import USUAL, Layout

_LAYOUT: ContextVar[Layout] = ContextVar("layout", default=USUAL)


@contextmanager
def laid_out(layout: Layout) -> Iterator[None]:
    """While the block runs, lines are as wide as on a sheet of this layout."""
    before = _LAYOUT.set(layout)
    try:
        yield
    finally:
        _LAYOUT.reset(before)


def letters(usual: float) -> float:
    """How many letters fit on a line that has room for so many on the usual paper."""
    return usual * _LAYOUT.get().fits


def columns_of(usual: Sequence[float]) -> tuple[float, ...]:
    """How many letters fit on one column of one, two, three of a page; a sheet in two columns has no others."""
    return tuple(map(letters, usual[:1] if is_narrow() else usual))


def line_width() -> float:
    """How wide a line is in points, in the usual type: what a table has room for."""
    return PAGE * _LAYOUT.get().fits


def picture_width() -> float:
    """How wide a line is in points, whatever the type: what a picture has room for."""
    return PAGE * _LAYOUT.get().measure / USUAL.measure


def is_narrow() -> bool:
    """Whether the sheet has two columns."""
    return _LAYOUT.get().columns > 1
