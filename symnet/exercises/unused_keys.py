"""Keys that would change nothing: each is refused with what it is for, and never passed over in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from symnet.algebra import functions, losses, optimizers
from symnet.algebra.common_names import meant, understood
from symnet.algebra.mistakes import Mistake, shown, suggested
from symnet.algebra.tokens import NAME
from symnet.exercises.keys_of_the_file import TABLES, TOP
from symnet.toml_tables import table_of, tables

# Elsewhere one word is the loss of probabilities or of logits; the output says which of the two is meant.
_OF = {"sigmoid": "binary_cross_entropy", "softmax": "cross_entropy"}
_UPDATES = ("steps", "epochs", "order")  # of [training]: about updates


def check_used(toml: Mapping[str, Any]) -> None:
    """Raises Mistake for a key that has no use beside the others of the file."""
    _check_names(toml)
    network, training = table_of(toml, "network"), table_of(toml, "training")
    layers = network.get("layers")
    if "activation" in network and isinstance(layers, list) and len(layers) == 2:
        raise Mistake(
            f"network.activation is that of hidden layers, and layers = {layers} has none; that of the outputs is "
            "network.output"
        )
    if "seed" in network and "weights" in network and "layer" not in toml:  # of layers the others are drawn
        raise Mistake("network.seed is for init, which draws weights, and here they are given; leave it out")
    no_loss = bool(network) and "data" not in toml and not network.get("targets") and "loss" not in network
    for key in ("l1", "l2"):
        if key in network and no_loss:
            raise Mistake(f"network.{key} is added to the loss, and without network.targets there is none")
    if "learning_rate" not in toml and "update" not in toml:
        for key in _UPDATES:
            if key in training:
                raise Mistake(
                    f"training.{key} is about updates, and there are none without a learning_rate or [update]"
                )


def _check_names(toml: Mapping[str, Any]) -> None:
    """Refuse a name that says something of the file, or of a sample, and that no formula uses.

    What is written below the last table of a TOML file belongs to that table: a learning_rate there would be a number
    like any other, and at the end of [equations] even the loss.
    """
    equations = table_of(toml, "equations")
    in_equations = set(NAME.findall(" ".join(map(str, equations.values())))) - {*functions.CATALOGUE}
    used = in_equations | set(NAME.findall(f"{toml.get('update')} {toml.get('loss')}"))
    given, start = table_of(toml, "given"), table_of(toml, "parameters")
    samples = tables(toml, "samples")
    for heading, table in (("given", given), ("parameters", start), ("equations", equations)):
        for key in table:
            top = meant(key, TOP.keys) if heading != "equations" else key if key in TOP.keys else ""
            is_said = top in toml or key in used or (top == "learning_rate" and "update" in toml)
            if top and top != "loss" and (key == top or top == "learning_rate") and not is_said:
                raise Mistake(
                    f"{heading}.{shown(key)[1:-1]}: {top} stands at the top of the file, before the first table; here "
                    "it is a name that no formula uses"
                )
    for i, row in enumerate(samples):
        # A column that no formula reads is printed, and may be there to be read; one in place of another is not.
        left_out = sorted(name for name in in_equations - {*equations, *start} if name not in row)
        for key in row:
            if key not in used and key not in given and (other := suggested(key, left_out)):
                raise Mistake(f'samples[{i}].{shown(key)[1:-1]} is in no formula; did you mean "{other}"?')
    for key, value in table_of(toml, "vary").items():
        if key in (*given, *start) and key not in TABLES["vary"].keys:
            raise Mistake(
                f"vary.{key}: what a number is drawn from stands in values = {{ {key} = {_as_typed(value)} }}"
            )


def _as_typed(value: Any) -> str:
    """A value of TOML as it may be typed, on one line."""
    if isinstance(value, list):
        return f"[{', '.join(map(_as_typed, value[:6]))}]"
    return str(value) if isinstance(value, int) or re.fullmatch(r"[-+\d.]+", str(value)) else shown(value)


def in_our_words(toml: dict[str, Any]) -> dict[str, Any]:
    """The file with the names of functions, losses and optimizers that are called otherwise elsewhere as they are here.

    Only where the word can mean nothing else: activation = "ReLU" is "relu", loss = "mse" is "mean_squared_error".
    """
    words = (
        ("network", "activation", functions.CATALOGUE),
        ("network", "output", (*functions.CATALOGUE, "softmax")),
        ("network", "loss", losses.CATALOGUE),
        ("update", "optimizer", optimizers.CATALOGUE),
    )
    for table, key, known in words:
        word = table_of(toml, table).get(key)
        if isinstance(word, str) and (name := understood(word, known)):
            toml = {**toml, table: {**toml[table], key: name}}
    network = table_of(toml, "network")
    loss, output = network.get("loss"), network.get("output")
    if isinstance(loss, str) and isinstance(output, str) and not understood(loss, losses.CATALOGUE):
        near = meant(loss, losses.CATALOGUE)
        if near and near == _OF.get(output):
            toml = {**toml, "network": {**network, "loss": near}}
    return toml
