"""Keys that would change nothing: each is refused with what it is for, and never passed over in silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symnet.algebra import functions, losses, optimizers
from symnet.algebra.common_names import understood
from symnet.algebra.mistakes import Mistake
from symnet.sheets.tables import table_of

_UPDATES = ("steps", "epochs", "order")  # of [training]: about updates


def check_used(toml: Mapping[str, Any]) -> None:
    """Raises Mistake for a key that has no use beside the others of the file."""
    network, training = table_of(toml, "network"), table_of(toml, "training")
    layers = network.get("layers")
    if "activation" in network and isinstance(layers, list) and len(layers) == 2:
        raise Mistake(
            f"network.activation is that of hidden layers, and layers = {layers} has none; that of the outputs is "
            "network.output"
        )
    if "seed" in network and "weights" in network:
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
    return toml
