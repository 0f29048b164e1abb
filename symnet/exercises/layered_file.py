"""[network] with [[layer]] tables, written out as the file it stands for: [given], [parameters] and [equations].

Every key of a [[layer]] but ``kind`` is an option of that kind's own function, ``symnet.layers.conv`` and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

from symnet.algebra import layers, losses
from symnet.algebra.common_names import understood
from symnet.algebra.equations import BATCH, array
from symnet.algebra.initial import DEFAULT, draw_lists
from symnet.algebra.layers import Spec
from symnet.algebra.layers.whole import OfBatch
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.sequential import Placed, placed
from symnet.exercises.array_file import MOST_ENTRIES
from symnet.exercises.batch_of_examples import of_a_batch
from symnet.exercises.keys_of_the_file import check_keys
from symnet.toml_tables import TomlFloat, known_keys, nested, number, table_of, tables, text, whole

MOST_EQUAL = 1_000  # layers that one [[layer]] may stand for


def in_full(toml: Mapping[str, Any]) -> dict[str, Any]:
    """The same exercise with its layers written out; raises Mistake that names the key."""
    table = table_of(toml, "network")
    check_keys(table, "network", without=("layers", "activation", "output", "l1", "l2"))
    specs = specs_of(toml)
    inputs, targets = _examples(table, "inputs"), _examples(table, "targets")
    if not inputs:
        is_said = "is an empty list" if "inputs" in table else "is missing"
        example = "[[1, 0]], one of two numbers" if _takes_vectors(specs) else "[[[1, 0], [0, 1]]], one of two steps"
        raise Mistake(f"network.inputs {is_said}; give a list of examples, as in {example}")
    if targets and len(targets) != len(inputs):
        raise Mistake(f"network.targets has {len(targets)} examples but inputs has {len(inputs)}; each needs a target")
    shape = _shape(inputs[0], "network.inputs[0]")
    found = placed(shape, specs)
    whole = any(isinstance(formula, OfBatch) for layer in found for formula in layer.formulas.values())
    if beside := [name for layer in found for name in layer.masks]:
        raise Mistake(f"dropout needs its mask on paper, {beside[0]}: mask = [1, 0, …], in the shape of what is below")
    equations = {key: formula for layer in found for key, formula in layer.formulas.items()}
    if whole:  # it takes the mean and the variance of the batch, so the examples are worked together
        equations = of_a_batch(found)
    constants = {name: _in_quotes(value, str) for layer in found for name, value in layer.constants.items()}
    reduce = ""
    if targets:
        _check_targets(targets, found[-1])
        lines, of_loss, reduce = _loss(table, found[-1])
        constants |= of_loss
        equations |= _averaged(lines, len(inputs)) if whole and reduce == "mean" else lines
    examples = (
        [{"X": x, "T": t} for x, t in zip(inputs, targets, strict=True)] if targets else [{"X": x} for x in inputs]
    )
    if whole:
        examples = [{"X": inputs, "T": targets}] if targets else [{"X": inputs}]
    others = {key: value for key, value in toml.items() if key not in ("network", "layer")}
    written: dict[str, Any] = {
        **others,
        "given": {**examples[0], **constants},
        "parameters": _parameters(table, found),
        "equations": equations,
    }
    if len(examples) > 1:
        written["samples"] = examples
        training = table_of(toml, "training")
        if reduce and training.get("mode") != "online" and "reduce" not in training:
            written["training"] = {**training, "reduce": reduce}
    return written


def shape_of_inputs(network: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of one example."""
    return _shape(_examples(network, "inputs")[0], "network.inputs[0]")


def specs_of(toml: Mapping[str, Any]) -> list[Spec]:
    """The layers of the [[layer]] tables, one after the other, each as often as its ``repeat`` says."""
    found: list[Spec] = []
    for table in tables(toml, "layer"):
        where = f"layer {len(found) + 1}: "  # as its parameters are numbered
        times = whole(table, "repeat", where, 1, MOST_EQUAL) if "repeat" in table else 1
        found += [_spec({key: value for key, value in table.items() if key != "repeat"}, where)] * times
    return found


def _takes_vectors(specs: Sequence[Spec]) -> bool:
    """Whether the first layer is one on a vector."""
    try:
        specs[0].on((2,))
    except Mistake:
        return False
    return True


def _spec(table: Mapping[str, Any], where: str) -> Spec:
    kind = text(table, "kind", "", where)
    if not kind:
        raise Mistake(f'{where}kind is missing; it says what the layer is, as in kind = "dense"')
    kind = understood(kind, layers.CATALOGUE) or kind
    if kind not in layers.CATALOGUE:
        raise Mistake(f"{where}kind is {shown(kind)}{suggestion(kind, layers.CATALOGUE)}")
    options = {key: _option(value, f"{where}{key}") for key, value in table.items() if key != "kind"}
    known_keys(options, tuple(layers.CATALOGUE[kind].options), where)
    try:
        return layers.CATALOGUE[kind](**options)
    except Mistake as mistake:
        raise Mistake(f"{where}{mistake}") from None


def _option(value: Any, where: str) -> Any:
    """An option of a layer; tables in a list are layers themselves."""
    if isinstance(value, list):
        return [
            _spec(part, f"{where}, layer {i}: ") if isinstance(part, dict) else _option(part, where)
            for i, part in enumerate(value, 1)
        ]
    return number(value, where) if isinstance(value, TomlFloat) else value


def _examples(table: Mapping[str, Any], key: str) -> list[Any]:
    """The examples of inputs or targets, each a list of any depth."""
    rows = table.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Mistake(f"network.{key} must be a list of examples, each a list, as in [[1, 0], [0, 1]]")
    shapes = {_shape(row, f"network.{key}[{i}]") for i, row in enumerate(rows)}
    if len(shapes) > 1:
        raise Mistake(f"network.{key}: the examples have different shapes, {' and '.join(map(str, sorted(shapes)))}")
    return rows


def _shape(value: Any, where: str) -> tuple[int, ...]:
    exact = nested(value, where)
    shape = []
    while isinstance(exact, (list, tuple)):
        shape.append(len(exact))
        exact = exact[0]
    return tuple(shape)


def _check_targets(targets: Sequence[Any], last: Placed) -> None:
    shape = _shape(targets[0], "network.targets[0]")
    if shape != last.shape:
        raise Mistake(
            f"network.targets[0] has the shape {shape}, and the output {last.output} of the last layer {last.shape}"
        )


def _loss(table: Mapping[str, Any], last: Placed) -> tuple[dict[str, str], dict[str, Any], str]:
    """The equations of the loss of one example, arrays of numbers in them, and how the examples of a batch combine."""
    said = text(table, "loss", "half_squared_error", "network.")
    try:
        name, options = losses.named(said)
        if name not in losses.IN_FILES:
            known = f"; with [[layer]] it is one of {', '.join(losses.IN_FILES)}, or is written under [equations]"
            raise Mistake(f"loss is {shown(said)}{known}")
        y, t = array("Y", BATCH, *last.shape), array("T", BATCH, *last.shape)
        losses.CATALOGUE[name](y, t, **options)  # what is wrong with its options is said
    except Mistake as mistake:
        raise Mistake(f"network.{mistake}") from None
    function, formula = losses.IN_FILES[name]
    names = {"y": last.output, "t": "T", "p": "P"}
    lines = {"P": f"{function}({last.output})"} if function else {}
    constants: dict[str, Any] = {}
    if share := options.get("smoothing"):
        lines["S"] = f"({1 - share})*T + {share / last.shape[-1]}"
        names["t"] = "S"
    if "weights" in options:
        constants["C"] = [str(weight) for weight in options["weights"]]
        names["t"] = f"C*{names['t']}"
    return {**lines, "Loss": formula.format_map(names)}, constants, losses.reduction(name)


def _parameters(table: Mapping[str, Any], found: Sequence[Placed]) -> dict[str, Any]:
    """{"K1": [[[[…]]]], …}: the weights that are given, and the others drawn."""
    told = {name: parameter for layer in found for name, parameter in layer.parameters.items()}
    given = table_of(table, "weights", "network.")
    known_keys(given, tuple(told), "network.weights.")
    for name, value in given.items():
        if (shape := _shape(value, f"network.weights.{name}")) != told[name].shape:
            raise Mistake(f"network.weights.{name} has the shape {shape}; it must be {told[name].shape}")
    if all(name in given for name in told):
        return {name: given[name] for name in told}
    left = [
        f"{name} {list(parameter.shape)}"
        for name, parameter in told.items()
        if name not in given and parameter.start is None  # of a norm they are 1 and 0 at first
    ]
    if given and left and not {"init", "seed"} & table.keys():
        raise Mistake(
            f"network.weights has no {', '.join(left)}; give them too, or say seed = 0 under [network] to have what is "
            "not given drawn"
        )
    seed = whole(table, "seed", "network.", 0, 2**32) if "seed" in table else 0
    if (count := sum(prod(parameter.shape) for parameter in told.values())) > MOST_ENTRIES:
        raise Mistake(
            f"network has {count:,} parameters, more than anybody works by hand: written out it may have "
            f'{MOST_ENTRIES:,}; symnet train trains one on [data], and ask = "sizes" asks for its sizes'
        )
    try:
        drawn = draw_lists(
            {name: parameter.shape for name, parameter in told.items()},
            text(table, "init", DEFAULT, "network."),
            seed,
            told,
        )
    except Mistake as mistake:
        raise Mistake(f"network.{mistake}") from None
    return {name: given.get(name, _in_quotes(drawn[name])) for name in told}


def _in_quotes(value: Any, text_of: Callable[[Any], str] = "{:.2f}".format) -> Any:
    """Numbers in the quotes that make them exact; such as were drawn to two places, as a person can work with them."""
    return [_in_quotes(part, text_of) for part in value] if isinstance(value, list) else text_of(value)


def _averaged(lines: Mapping[str, str], n: int) -> dict[str, str]:
    """The loss of n examples, rows of one array, as a mean over them."""
    loss = lines["Loss"]
    return {**lines, "Loss": loss if loss.startswith("mean(") else f"({loss})/{n}"}
