"""What a network gives for rows of inputs, by the same generated code that trains it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symnet.algebra.equations import Symbol
from symnet.algebra.network import Network
from symnet.computing.arrays import Array, checked, checked_parameters
from symnet.computing.compile import columns_of
from symnet.computing.generated import defined, forward_source

ROWS = 8_192  # worked at a time, so that the layers between need no room for all rows at once


def predict(network: Network, params: Mapping[str, ArrayLike], X: ArrayLike) -> Array:
    """The output of the network for X (n, inputs): an array (n, outputs), in X's precision.  Raises Mistake."""
    rows, _ = checked(X, None, columns_of(network.inputs), 0)
    batched = network.batched()
    return worked(batched, batched.output, checked_parameters(network, params, rows.dtype), rows)


def worked(network: Network, wanted: Symbol, params: Mapping[str, Any], X: Array) -> Array:
    """The value of one equation, which needs no targets, for every row of a checked X: an array (n, columns)."""
    forward = _forward(network, wanted)
    parts = []
    with np.errstate(all="ignore"):
        for start in range(0, len(X), ROWS):
            some = X[start : start + ROWS]
            found = np.asarray(forward(params, some))
            parts.append(found if found.ndim == 2 else np.broadcast_to(found, (len(some),))[:, None])
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def loss_of(network: Network, params: Mapping[str, Any], X: Array, Y: Array) -> float:
    """The loss of checked examples, as the last equation combines them."""
    examples = (X, Y) if network.targets else (X,)
    with np.errstate(all="ignore"):
        return float(_forward(network, network.equations[-1].lhs)(params, *examples))


@lru_cache(maxsize=64)
def _forward(network: Network, wanted: Symbol) -> Callable[..., Any]:
    return defined(forward_source(network, "numpy", wanted), "forward")  # type: ignore[no-any-return]
