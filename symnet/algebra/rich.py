"""What Jupyter shows of a result: maths."""

from __future__ import annotations

from collections.abc import Container
from typing import Any


class Rich:
    """Shows as maths in Jupyter; what of each class, ``symnet.sheets.display`` says."""

    __slots__ = ()

    def _repr_mimebundle_(
        self, include: Container[str] | None = None, exclude: Container[str] | None = None
    ) -> dict[str, Any]:
        # Here alone a wing uses one below it, and only when Jupyter asks: what is computed never depends on display.
        from symnet.sheets import display

        return display.bundle(self, include, exclude)
