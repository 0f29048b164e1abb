"""The loss of rows that are held back, as the network predicts them.

Where it normalizes by statistics of the batch, these are, as ``predict`` has them, those of the rows that it learns
from, with the parameters of now: the loss of one row held back does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symnet.algebra.network import Network
from symnet.computing.examples import arguments
from symnet.computing.generated import defined, forward_source
from symnet.computing.prediction import rows_of_statistics


def loss_of_held_back(network: Network, backend: str, ones_like: Callable[[Any], Any]) -> Callable[..., Any]:
    """A function of (params, examples, held back) that gives the loss; ``ones_like`` is the library's."""
    predicting = network.to_predict
    loss = defined(forward_source(predicting, backend, predicting.equations[-1].lhs), "forward")
    if not network.statistics:
        return lambda params, examples, held: loss(params, *arguments(network, held))
    names = [name.name for name in network.statistics]
    statistics = defined(forward_source(network, backend, network.statistics), "forward")

    def of_statistics(params: Any, examples: Any, held: Any) -> Any:
        found = statistics(params, rows_of_statistics(network, examples, ones_like))
        return loss({**params, **dict(zip(names, found, strict=True))}, *arguments(network, held))

    return of_statistics
