"""Training loops: many updates in one call, each loop in the way that is quick on its library.

A backend's ``loop()`` gives one.  ``fit`` calls it for as many updates as a fraction of a second allows, and looks at
what it gives: losses, parameters, what the optimizer remembers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np


class Loop(Protocol):
    """One run of training: holds parameters and the optimizer's state between calls.

    Made as ``Loop(network, optimizer, params, examples, held_back, batch_size, devices)``: ``examples`` are all of
    them (or none, where each batch is fresh), ``held_back`` those for validation.
    """

    best: Any  # (lowest validation loss, its parameters, epochs since)

    @property
    def one_shape(self) -> bool:
        """Whether a call with arrays of another length would be compiled anew."""

    @property
    def most_steps(self) -> int:
        """How many updates one call may make."""

    @property
    def since(self) -> int:
        """For how many epochs the validation loss has not improved."""

    def steps(self, count: int, rates: Any, batches: Any = None, first: int = 0) -> np.ndarray:
        """``count`` updates, and the loss before each; on ``batches[first]`` and those that follow."""

    def most_epochs(self, batches: int, size: int) -> int:
        """How many epochs of so many batches one call may make."""

    def epochs(
        self, count: int, rates: Any, full: Any, rest: Any, patience: int, first: int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Up to ``count`` epochs from number ``first`` on: (losses (epochs done, updates an epoch), validation losses).

        ``full`` (epochs, batches, size) and ``rest`` (epochs, fewer rows) are row numbers, None for all examples at
        once.  Ends early when the validation loss has not improved for ``patience`` epochs, or is not finite.
        """

    def params(self, best: bool = False) -> dict[str, np.ndarray]:
        """A copy of the parameters, or of the best ones by validation."""

    def take(self, examples: tuple[Any, ...]) -> None:
        """Go on with these examples, of the same shapes."""

    def snapshot(self) -> Any:
        """All that ``restore`` needs to come back here."""

    def restore(self, snapshot: Any) -> None:
        """Go back to where the snapshot was taken."""

    def memory(self) -> tuple[list[dict[str, np.ndarray]], int]:
        """What the optimizer remembers, {name: array} for each kind, and how many updates were made."""

    def go_on(self, memory: Sequence[Mapping[str, np.ndarray]], t: int) -> None:
        """Remember that from before the first update."""

    def is_finite(self) -> bool:
        """Whether every parameter is a finite number, and all that the optimizer keeps."""

    def lost_state(self) -> str:
        """What the optimizer keeps that is not a finite number, such as v(W1); "" where all of it is."""
