"""Where training stood when it ended, so that it can go on from there as if it had never stopped.

Besides the last parameters that is what the optimizer remembers, such as the means of Adam, and how many updates and
epochs were made, on which its corrections, a schedule and the order of the examples depend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from symnet.algebra.equations import Symbol, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.algebra.optimizers import Optimizer, state_parts
from symnet.computing.arrays import Array, checked_parameters


@dataclass(frozen=True, eq=False)
class Ending:
    """``params`` are the last parameters, {name: array}; ``memory`` {kind: {name: array}}, as {"v": {"W1": …}}."""

    params: Mapping[str, Array]
    memory: Mapping[str, Mapping[str, Array]]
    updates: int
    epochs: int

    def checked(self, network: Network, optimizer: Optimizer) -> Ending:
        """The same, if it can go on with this network and optimizer.  Raises Mistake."""
        kinds = kinds_of(optimizer)
        if set(self.memory) != set(kinds):
            raise Mistake(
                f"what was saved remembers {_listed(self.memory)}, and this optimizer {_listed(kinds)}; go on with the "
                "optimizer that it was trained with, or give the parameters alone as params"
            )
        params = checked_parameters(network, self.params)
        for kind, arrays in self.memory.items():
            for name, value in params.items():
                if name not in arrays or arrays[name].shape != value.shape or not np.isfinite(arrays[name]).all():
                    raise Mistake(f"what was saved has no {kind}({name}) of shape {value.shape} to go on from")
        return Ending(params, {kind: self.memory[kind] for kind in kinds}, self.updates, self.epochs)


def kinds_of(optimizer: Optimizer) -> tuple[str, ...]:
    """What the optimizer remembers of each parameter: ("m", "v") of Adam."""
    w: Symbol = symbol("w")
    parts = (state_parts(equation.name) for equation in optimizer.init(w))
    return tuple(kind for kind, _ in filter(None, parts))


def _listed(kinds: object) -> str:
    names = list(kinds)  # type: ignore[call-overload]
    return " and ".join(names) if names else "nothing"
