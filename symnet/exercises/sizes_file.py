"""[network] whose sizes are asked, written out as the exercise that it is: numbers of layers given, sizes as equations.

    [network]
    input_shape = [1, 28, 28]        # or inputs, of which the shape alone counts
    [[layer]]
    kind = "conv"
    …

No weights are needed, so the network may be of any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from symnet.algebra.layers import CATALOGUE, Spec
from symnet.algebra.layers.layer import Shape
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.size_formulas import SizeFormulas, size_formulas
from symnet.algebra.sized import COLUMNS, USUAL_COLUMNS
from symnet.exercises.keys_of_the_file import check_keys
from symnet.exercises.layered_file import in_full, shape_of_inputs, specs_of
from symnet.exercises.layered_plan import shape_of_example
from symnet.exercises.short_form import layered
from symnet.toml_tables import table_of, tables

ASK = "sizes"
_BESIDE = (ASK, "parameters", "text")  # what else may be asked of sizes
_OF_NUMBERS = ("inputs", "targets", "weights", "init", "seed", "loss", "l1", "l2")  # of [network]
_OF_UPDATES = ("learning_rate", "update", "training", "loss", "round")  # at the top of a file


def asks_sizes(toml: Mapping[str, Any]) -> bool:
    """Whether the sizes of the network are the exercise."""
    network = table_of(toml, "network")
    alone = "input_shape" in network and "data" not in toml
    return alone or any(table.get("ask") == ASK for table in tables(toml, "question"))


Layers: TypeAlias = tuple[Shape, tuple[Spec, ...]]  # the shape of one example, and the layers in order


def sizes_in_full(toml: Mapping[str, Any]) -> tuple[dict[str, Any], SizeFormulas, Layers]:
    """The same exercise with its sizes as equations, and what they are of; raises Mistake that names the key."""
    network = table_of(toml, "network")
    for i, question in enumerate(tables(toml, "question")):
        ask = question.get("ask")
        if isinstance(ask, str) and ask.replace("-", "_") not in _BESIDE:
            raise Mistake(
                f"question[{i}].ask is {shown(ask)}, and the file asks for sizes, which need no weights; put what is "
                "asked of its numbers into a file of its own"
            )
    for key in _OF_UPDATES:
        if key in toml and "input_shape" in network:
            raise Mistake(f"{key} has no use beside network.input_shape: sizes are asked, and nothing is trained")
    shape, specs = _layers(toml, network)
    try:
        formulas = size_formulas(shape, specs, _columns(toml), _varied(toml))
    except Mistake as mistake:
        raise Mistake(f"network: {mistake}") from None
    others = ("title", "introduction", "question", "vary", "sheet")
    written = {key: value for key, value in toml.items() if key in others}
    written |= {"given": dict(formulas.given), "equations": dict(formulas.equations)}
    written["notation"] = {**formulas.notation, **table_of(toml, "notation")}
    return written, formulas, (shape, specs)


def _layers(toml: Mapping[str, Any], network: Mapping[str, Any]) -> Layers:
    """The shape of an example, and the layers."""
    if "data" in toml:
        raise Mistake("[data] is for training, and sizes are asked; give network.input_shape in its place")
    if not tables(toml, "layer"):
        if "input_shape" in network:
            raise Mistake("network.input_shape goes with [[layer]]; layers = [3, 4, 1] says the inputs already, 3")
        layered(network, targets=False)  # what is wrong with it is said
        first, *widths = network["layers"]
        return (first,), tuple(CATALOGUE["dense"](width) for width in widths)
    check_keys(network, "network", without=("layers", "activation", "output", "l1", "l2"))
    if "input_shape" not in network:
        in_full(toml)  # what is wrong with its numbers is said
        return shape_of_inputs(network), tuple(specs_of(toml))
    for key in _OF_NUMBERS:
        if key in network:
            what = "both say what goes in" if key == "inputs" else "sizes are asked, which need no numbers"
            raise Mistake(f"network.{key} and network.input_shape exclude each other; {what}")
    shape = shape_of_example(network)
    if not shape:
        raise Mistake("network.input_shape is empty; it must be the shape of one example, such as [1, 28, 28]")
    return shape, tuple(specs_of(toml))


def _columns(toml: Mapping[str, Any]) -> set[str]:
    """The columns of all tables that are asked; those that make no sense are refused where the question is read."""
    found: set[str] = set()
    for question in tables(toml, "question"):
        asked = question.get("columns", USUAL_COLUMNS)
        if question.get("ask") == ASK:
            listed = asked if isinstance(asked, (list, tuple)) else [asked]
            found.update(column for column in COLUMNS if column in listed)
        elif question.get("ask") == "parameters":
            found.add("parameters")
    return found or {*USUAL_COLUMNS}


def _varied(toml: Mapping[str, Any]) -> set[str]:
    """The numbers that [vary] draws, by name."""
    vary = table_of(toml, "vary")
    names = vary.get("names", [])
    listed = names if isinstance(names, list) else []
    return {*(name for name in listed if isinstance(name, str)), *table_of(vary, "values", "vary.")}
