"""[network] with [[layer]] and [data]: a network of layers to be trained, and the rows of the data in its shapes.

[network]
input_shape = [1, 8, 8]            # of one example, whose numbers stand in a row of the data; [inputs] without it
loss = "softmax_cross_entropy"
[[layer]]
kind = "conv"
…
[data]
csv = "digits.csv"
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.network import Network
from symnet.algebra.sequential import sequential
from symnet.exercises.keys_of_the_file import check_keys
from symnet.exercises.layered_file import specs_of
from symnet.toml_tables import table_of, text


def network_of_layers(toml: Mapping[str, Any], columns: int, reduce: str) -> Network:
    """The network, its loss that of a batch; its examples have so many numbers.  Raises Mistake that names the key."""
    table = table_of(toml, "network")
    check_keys(table, "network", without=("layers", "activation", "output", "l1", "l2"))
    shape = shape_of_example(table) or (columns,)
    if prod(shape) != columns:
        raise Mistake(
            f"network.input_shape is {list(shape)}, which are {prod(shape):,} numbers, but data has {columns:,} inputs"
        )
    try:
        return sequential(shape, specs_of(toml), text(table, "loss", "half_squared_error", "network."), reduce)
    except Mistake as mistake:
        said = str(mistake)
        raise Mistake(said if said.startswith(("layer", "network.")) else f"network.{said}") from None


def shape_of_example(table: Mapping[str, Any]) -> tuple[int, ...]:
    """network.input_shape, () without it.  Raises Mistake."""
    shape = table.get("input_shape", [])
    shape = [shape] if isinstance(shape, int) and not isinstance(shape, bool) else shape
    if not isinstance(shape, list) or not all(type(n) is int and 0 < n <= 10**6 for n in shape):
        raise Mistake(
            f"network.input_shape is {shown(table['input_shape'])}; it must be the shape of one example, such as "
            "[1, 28, 28] for channels, height and width, [5, 3] for time and features, or [784]"
        )
    return tuple(shape)
