"""Ways of rounding on whole arrays of floats, for many ways of working at once.  Apart, for NumPy is slow to import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symnet.computing.many import np
from symnet.computing.rounding import Rounding


class Roundings:
    """Many ways of rounding at once, of arrays of floats with an entry for each way in their last axis.

    What is within 1e-9 of a tie counts as one, as exactly it may be.
    """

    def __init__(self, ways: Sequence[Rounding]) -> None:
        self._digits = np.array([way.digits for way in ways], float)
        self._significant = np.array([way.significant for way in ways])
        self._half = np.where([way.cut for way in ways], 0.0, 0.5) + 1e-9
        self._single = self._digits == 0
        self._forward_only = np.array([way.forward_only for way in ways])

    def __call__(self, x: Any, forward: bool = True) -> Any:
        """The rounded numbers; those of the backward pass are left as they are by who rounds the forward pass alone."""
        size = np.where(x == 0, 1.0, np.abs(x))
        places = np.where(self._significant, self._digits - 1 - np.floor(np.log10(size) + 1e-13), self._digits)
        rounded = np.sign(x) * np.floor(np.abs(x) * 10.0**places + self._half) / 10.0**places
        rounded = np.where(self._single, np.float32(x).astype(float), rounded)
        return rounded if forward else np.where(self._forward_only, x, rounded)
