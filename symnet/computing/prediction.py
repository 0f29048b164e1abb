"""What a network gives for rows of inputs, by the same generated code that trains it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symnet.algebra.equations import Symbol
from symnet.algebra.network import Network
from symnet.computing.arrays import Array, checked_parameters
from symnet.computing.examples import arguments, checked_inputs, flat_examples, is_columns, leaving_nothing_out, parts
from symnet.computing.generated import defined, forward_source

ROWS = 8_192  # worked at a time, so that the layers between need no room for all rows at once


def predict(network: Network, params: Mapping[str, ArrayLike], X: Any) -> Array:
    """The output of the network for X (n, inputs): an array (n, outputs), in X's precision.  Raises Mistake."""
    rows = checked_inputs(network, leaving_nothing_out(network, X))
    batched = network.batched()
    if isinstance(params, Mapping) and any(name.name in params for name in batched.statistics):
        batched = network = batched.to_predict
    return worked(batched, batched.output, checked_parameters(network, params, parts(rows)[0].dtype), rows)


def worked(network: Network, wanted: Symbol, params: Mapping[str, Any], X: Any) -> Array:
    """The value of one equation, which needs no targets, for every row of a checked X: an array (n, columns, …)."""
    forward = _forward(network, wanted)
    rows, found = parts(X), []
    with np.errstate(all="ignore"):
        for start in range(0, len(rows[0]), ROWS):
            some = tuple(part[start : start + ROWS] for part in rows)
            value = np.asarray(forward(params, *arguments(network, some)))
            found.append(value if value.ndim > 1 else np.broadcast_to(value, (len(some[0]),))[:, None])
    return found[0] if len(found) == 1 else np.concatenate(found)


def statistics_of(network: Network, params: Mapping[str, Any], examples: Sequence[Any]) -> dict[str, Array]:
    """{name: value} of what the network takes from a batch, from the first rows of examples, all arrays in a row.

    Masks among them leave nothing out.
    """
    if not network.statistics or not examples:
        return {}
    X = rows_of_statistics(network, examples, np.ones_like)
    with np.errstate(all="ignore"):
        found = _forward(network, network.statistics)(params, X)
    return {name.name: np.asarray(value) for name, value in zip(network.statistics, found, strict=True)}


def rows_of_statistics(network: Network, examples: Sequence[Any], ones_like: Callable[[Any], Any]) -> Any:
    """X as generated code takes it, of the first rows of examples; masks are ``ones_like``."""
    inputs = [x.name for x in network.inputs]
    some = [part[:ROWS] for part in examples]
    if not is_columns(network.inputs):
        some = [ones_like(x) if name in network.masks else x for name, x in zip(inputs, some, strict=False)]
    return arguments(network, some)[0]


def loss_of(network: Network, params: Mapping[str, Any], X: Any, Y: Any) -> float:
    """The loss of checked examples, as the last equation combines them."""
    examples = arguments(network, flat_examples(network, X, Y))
    with np.errstate(all="ignore"):
        return float(_forward(network, network.equations[-1].lhs)(params, *examples))


@lru_cache(maxsize=64)
def _forward(network: Network, wanted: Symbol | tuple[Symbol, ...]) -> Callable[..., Any]:
    return defined(forward_source(network, "numpy", wanted), "forward")  # type: ignore[no-any-return]
