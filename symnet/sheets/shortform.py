"""The short form of dense networks in an exercise file, [network]: written out unit by unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from symnet.algebra import losses
from symnet.algebra.layers import mlp, parameter_shapes, unroll
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.sheets.tables import known_keys, matrix, table_of, text, whole

MOST_PARAMETERS = 10_000
_KEYS = ("layers", "activation", "output", "loss", "weights", "init", "seed", "inputs", "targets")


@dataclass(frozen=True)
class ShortForm:
    """A dense network with its numbers: the first example is given, all of them are samples where there are several."""

    network: Network
    given: dict[str, Fraction]
    start: dict[str, Fraction]
    samples: tuple[dict[str, Fraction], ...]
    reduce: str


def short_form(table: Mapping[str, Any]) -> ShortForm:
    """What [network] says; raises Mistake."""
    known_keys(table, _KEYS, "network.")
    layers = table.get("layers")
    if not isinstance(layers, list) or not all(type(width) is int and 0 < width <= 10_000 for width in layers):
        raise Mistake("network.layers must be a list of widths, such as [3, 4, 1]")
    if len(layers) < 2:
        raise Mistake(f"network.layers is {layers}; it needs at least two widths, of the inputs and of the outputs")
    count = sum(math.prod(shape) for shape in parameter_shapes(layers).values())
    if count > MOST_PARAMETERS:
        raise Mistake(f"network.layers has {count:,} parameters; written out it may have {MOST_PARAMETERS:,}")
    inputs = matrix(table, "inputs", layers[0])
    targets = matrix(table, "targets", layers[-1])
    loss = text(table, "loss", "half_squared_error", "network.") if targets or "loss" in table else None
    try:
        layered = mlp(
            layers,
            text(table, "activation", "tanh", "network."),
            text(table, "output", "linear", "network."),
            loss,
        )
        network = unroll(layered)
    except Mistake as mistake:
        raise Mistake(f"network.{mistake}") from None
    if not inputs:
        raise Mistake(f"network.inputs is missing; give a list of rows of {layers[0]} numbers, as in [[2, 3, -1]]")
    if loss is not None and len(targets) != len(inputs):
        raise Mistake(
            f"network.targets has {len(targets)} rows but inputs has {len(inputs)}; each input needs a target"
        )
    if loss == "root_squared_error" and len(inputs) > 1:
        raise Mistake("network.loss root_squared_error is one root over the whole batch; give a single row of inputs")
    rows = []
    for i, row in enumerate(inputs):
        values = {f"x{j + 1}": value for j, value in enumerate(row)}
        values |= {f"t{k + 1}": value for k, value in enumerate(targets[i] if targets else [])}
        rows.append(values)
    start = _start(table, layers)
    ordered = {name.name: start[name.name] for name in network.parameters}
    samples = tuple(rows) if len(rows) > 1 else ()
    return ShortForm(network, rows[0], ordered, samples, losses.reduction(loss) if loss else "sum")


def _start(table: Mapping[str, Any], layers: list[int]) -> dict[str, Fraction]:
    """{"w1_2_3": value} from weights = {W1 = [[…]], b1 = […]} or from init and seed."""
    shapes = parameter_shapes(layers)
    if "weights" in table and "init" in table:
        raise Mistake("network.weights and network.init exclude each other")
    if "init" in table:
        from symnet.algebra.initial import draw

        seed = whole(table, "seed", "network.", 0, 2**32) if "seed" in table else 0
        try:
            drawn = draw(shapes, text(table, "init", "", "network."), seed)
        except Mistake as mistake:
            raise Mistake(f"network.{mistake}") from None
        arrays: dict[str, Any] = {name: _in_quotes(values.tolist()) for name, values in drawn.items()}
    else:
        arrays = table_of(table, "weights", "network.")
        known_keys(arrays, tuple(shapes), "network.weights.")
    start: dict[str, Fraction] = {}
    for layer, (width_in, width) in enumerate(pairwise(layers), 1):
        weights = matrix(arrays, f"W{layer}", width, "network.weights.")
        if len(weights) != width_in:
            raise Mistake(
                f"network.weights.W{layer} has {len(weights)} rows; layer {layer} needs {width_in} (one for each unit "
                f"below) of {width} numbers"
            )
        biases = matrix({f"b{layer}": [arrays.get(f"b{layer}", [])]}, f"b{layer}", width, "network.weights.")[0]
        for i, row in enumerate(weights):
            for j, value in enumerate(row):
                start[f"w{layer}_{i + 1}_{j + 1}"] = value
        for j, value in enumerate(biases):
            start[f"b{layer}_{j + 1}"] = value
    return start


def _in_quotes(values: Any) -> Any:
    """Nested lists of numbers as text, which says them exactly."""
    return [_in_quotes(value) for value in values] if isinstance(values, list) else repr(values)
