"""What Jupyter shows of a result: maths.

How is said on the highest floor: ``symnet/__init__`` sets ``ShowsAsMaths.bundle`` to what ``sheets.display`` makes, so
that nothing here knows of sheets.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, ClassVar


class ShowsAsMaths:
    """Shows as maths in Jupyter; what of each class, ``symnet.sheets.display`` says."""

    __slots__ = ()
    bundle: ClassVar[Callable[..., dict[str, Any]] | None] = None

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, Any] | None:
        return None if ShowsAsMaths.bundle is None else ShowsAsMaths.bundle(self, include, exclude)
