"""The masks of dropout in training: drawn anew for every batch, by the seed alone, and the same on every backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symnet.algebra.network import Network
from symnet.computing.arrays import Array

_KIND = 1  # tells these draws from others that start from the same seed


class Masks:
    """Draws the masks of a network: each number 0 with the probability p, and else 1/(1 − p)."""

    def __init__(self, network: Network, seed: int) -> None:
        self.seed = seed
        self._masks = [(i, network.masks[x.name]) for i, x in enumerate(network.inputs) if x.name in network.masks]

    def __bool__(self) -> bool:
        return bool(self._masks)

    def drawn(self, examples: Sequence[Array], time: int) -> tuple[Any, ...]:
        """The arrays of examples in a row, their masks drawn for that epoch or update."""
        random = np.random.default_rng([self.seed, _KIND, time])
        found = [*examples]
        for place, mask in self._masks:
            kept = random.random((len(examples[place]), *mask.shape), np.float32) >= float(mask.rate)
            found[place] = kept.astype(examples[place].dtype) / examples[place].dtype.type(1 - mask.rate)
        return tuple(found)
