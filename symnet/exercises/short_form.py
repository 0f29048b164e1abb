"""The short form of dense networks in an exercise file, [network]: written out unit by unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from symnet.algebra import losses
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.mlp import mlp, parameter_shapes
from symnet.algebra.network import Network
from symnet.algebra.plurals import counted
from symnet.algebra.unrolling import unroll
from symnet.exercises.keys_of_the_file import check_keys
from symnet.toml_tables import TomlFloat, known_keys, matrix, number, table_of, text, whole

MOST_PARAMETERS = 10_000


@dataclass(frozen=True)
class ShortForm:
    """A dense network with its numbers: the first example is given, all of them are samples where there are several."""

    network: Network
    given: dict[str, Fraction]
    start: dict[str, Fraction]
    samples: tuple[dict[str, Fraction], ...]
    reduce: str


def layered(table: Mapping[str, Any], targets: bool = True, reduce: str = "") -> Network:
    """The network of layers that [network] describes, with a loss where there are targets; raises Mistake."""
    check_keys(table, "network")
    layers = table.get("layers")
    if not isinstance(layers, list) or not all(type(width) is int and 0 < width <= 10_000 for width in layers):
        raise Mistake("network.layers must be a list of widths, such as [3, 4, 1]")
    if len(layers) < 2:
        raise Mistake(f"network.layers is {layers}; it needs at least two widths, of the inputs and of the outputs")
    loss = text(table, "loss", "half_squared_error", "network.") if targets or "loss" in table else None
    try:
        return mlp(
            layers,
            _activation(table),
            text(table, "output", "linear", "network."),
            loss,
            reduce,
            l2=number(table.get("l2", 0), "network.l2"),
            l1=number(table.get("l1", 0), "network.l1"),
        )
    except Mistake as mistake:
        where = str(mistake)
        raise Mistake(where if where.startswith("network.") else f"network.{where}") from None


def _activation(table: Mapping[str, Any]) -> str | list[str]:
    """That of all hidden layers, or a list with one for each; raises Mistake."""
    given = table.get("activation")
    if not isinstance(given, list):
        return text(table, "activation", "tanh", "network.")
    for i, each in enumerate(given):
        if not isinstance(each, str) or isinstance(each, TomlFloat):
            raise Mistake(
                f"network.activation[{i}] is {shown(each)}; each hidden layer's is a name or a formula in z, in "
                'quotes, as in ["relu", "tanh"]'
            )
    return given


def examples(table: Mapping[str, Any]) -> tuple[list[list[Fraction]], list[list[Fraction]]]:
    """The rows of inputs and of targets that [network] gives; there may be no targets."""
    layers = table["layers"]
    inputs = matrix(table, "inputs", layers[0])
    _check_classes(table, layers[-1])
    targets = matrix(table, "targets", layers[-1])
    if not inputs:
        raise Mistake(f"network.inputs is missing; give a list of rows of {layers[0]} numbers, as in [[2, 3, -1]]")
    if (targets or "loss" in table) and len(targets) != len(inputs):
        raise Mistake(
            f"network.targets has {len(targets)} rows but inputs has {len(inputs)}; each input needs a target"
        )
    return inputs, targets


def _check_classes(table: Mapping[str, Any], width: int) -> None:
    """Refuse, with a Mistake, the number or the word of a class in place of its code."""
    rows, loss = table.get("targets"), table.get("loss", "")
    if not isinstance(rows, list) or "cross_entropy" not in str(loss) or width < 2:
        return
    if any(not isinstance(row, list) or len(row) == 1 for row in rows):
        code = ", ".join(["0", "1", *["0"] * (min(width, 6) - 2)]) + (", …" if width > 6 else "")
        raise Mistake(
            f"network.targets needs {width} numbers a row, one for each class: a class is coded by a 1 among zeros, "
            f"as in [[{code}]]"
        )


def short_form(table: Mapping[str, Any]) -> ShortForm:
    """What [network] says, written out unit by unit; raises Mistake."""
    layers = table.get("layers")
    network = layered(table, bool(table.get("targets")))
    if network.parameter_count > MOST_PARAMETERS:
        raise Mistake(
            f"network.layers has {network.parameter_count:,} parameters; written out it may have {MOST_PARAMETERS:,}"
        )
    inputs, targets = examples(table)
    loss = text(table, "loss", "half_squared_error", "network.") if network.targets else None
    # One root over the whole batch: its rows are written out together, as one example.
    together = len(inputs) if loss == "root_squared_error" else 1
    if network.parameter_count * together > MOST_PARAMETERS:
        raise Mistake(f"network.inputs has {together:,} rows, too many to write out under one root; use symnet train")
    written_out = unroll(network, together)
    rows = []
    for at in range(0, len(inputs), together):
        numbers = [x for row in inputs[at : at + together] for x in row]
        numbers += [t for row in targets[at : at + together] for t in row]
        names = (*written_out.inputs, *written_out.targets)
        rows.append({name.name: value for name, value in zip(names, numbers, strict=True)})
    start = _start(table, layers)
    ordered = {name.name: start[name.name] for name in written_out.parameters}
    samples = tuple(rows) if len(rows) > 1 else ()
    reduce = (losses.reduction(loss) if losses.named(loss)[0] in losses.CATALOGUE else "mean") if loss else "sum"
    return ShortForm(written_out, rows[0], ordered, samples, reduce)


def arrays_of(table: Mapping[str, Any]) -> dict[str, Any]:
    """{"W1": [[…]], "b1": […]} exactly: from weights = {W1 = …} or from init and seed."""
    layers = table["layers"]
    shapes = parameter_shapes(layers)
    if "weights" in table and "init" in table:
        raise Mistake("network.weights and network.init exclude each other")
    if "init" in table:
        from symnet.algebra.initial import draw_lists

        seed = whole(table, "seed", "network.", 0, 2**32) if "seed" in table else 0
        try:
            drawn = draw_lists(shapes, text(table, "init", "", "network."), seed)
        except Mistake as mistake:
            raise Mistake(f"network.{mistake}") from None
        arrays: dict[str, Any] = {name: _in_quotes(values) for name, values in drawn.items()}
    else:
        if "weights" not in table:
            raise Mistake(
                "network.weights is missing; give weights = { W1 = [[…]], b1 = […], … }, or have them drawn: init = "
                '"uniform(-1, 1)"'
            )
        arrays = table_of(table, "weights", "network.")
        known_keys(arrays, tuple(shapes), "network.weights.")
    exact: dict[str, Any] = {}
    for layer, (width_in, width) in enumerate(pairwise(layers), 1):
        weights = matrix(arrays, f"W{layer}", width, "network.weights.")
        if len(weights) != width_in:
            raise Mistake(
                f"network.weights.W{layer} has {counted(len(weights), 'row')}; layer {layer} needs {width_in} (one for "
                f"each unit below) of {counted(width, 'number')}"
            )
        exact[f"W{layer}"], exact[f"b{layer}"] = weights, _biases(arrays, f"b{layer}", width)
    return exact


def _biases(arrays: Mapping[str, Any], key: str, width: int) -> list[Fraction]:
    """A number for each unit of a layer; raises Mistake."""
    biases = arrays.get(key)
    if not isinstance(biases, list) or len(biases) != width or any(isinstance(value, list) for value in biases):
        said = "is missing" if key not in arrays else f"is {shown(biases)}"
        right = f"[{', '.join(['0'] * min(width, 6))}{', …' if width > 6 else ''}]"
        raise Mistake(
            f"network.weights.{key} {said}; it is a list of {counted(width, 'number')}, one for each unit, such as "
            f"{key} = {right}"
        )
    return matrix({key: [biases]}, key, width, "network.weights.")[0]


def _start(table: Mapping[str, Any], layers: Any) -> dict[str, Fraction]:
    """{"w1_2_3": value, …}, unit by unit."""
    arrays = arrays_of(table)
    start: dict[str, Fraction] = {}
    for layer in range(1, len(layers)):
        for i, row in enumerate(arrays[f"W{layer}"]):
            for j, value in enumerate(row):
                start[f"w{layer}_{i + 1}_{j + 1}"] = value
        for j, value in enumerate(arrays[f"b{layer}"]):
            start[f"b{layer}_{j + 1}"] = value
    return start


def _in_quotes(values: Any) -> Any:
    """Nested lists of numbers as text, which says them exactly."""
    return [_in_quotes(value) for value in values] if isinstance(values, list) else repr(values)
