"""The training part of an exercise file, [data] and [training], read into a Plan."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from symnet.algebra.initial import DEFAULT
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.network import Network
from symnet.algebra.optimizers import Optimizer
from symnet.algebra.parsing import parse
from symnet.computing.arrays import checked_parameters
from symnet.exercises.layered_plan import network_of_layers
from symnet.exercises.short_form import arrays_of, examples, layered
from symnet.toml_tables import choice, table_of, tables, text, whole
from symnet.training.classes import Classes
from symnet.training.datafile import Data, read
from symnet.training.plan import Plan, in_shape

MOST_UPDATES = 10_000_000_000


def read_plan(
    toml: Mapping[str, Any],
    folder: Path,
    optimizer: Optimizer | None,
    unit: Network | None,
    start: Mapping[str, Any],
    rows: tuple[Mapping[str, Any], ...],
) -> Plan:
    """The plan of a file; ``unit`` is its network written out unit by unit where it has [equations]."""
    training, network_table = table_of(toml, "training"), table_of(toml, "network")
    data = read(table_of(toml, "data"), folder) if "data" in toml else None
    seed = (
        data.seed
        if data is not None
        else whole(network_table, "seed", "network.", 0, 2**32)
        if "seed" in network_table
        else 0
    )
    params: dict[str, Any] | None = None
    X: Any = None
    Y: Any = None
    labels: Classes | None = None
    reduce = choice(training, "reduce", ("mean", "sum"), "training.") if "reduce" in training else ""
    of_layers = bool(tables(toml, "layer")) and data is not None
    if network_table:
        if of_layers:
            assert data is not None
            network = network_of_layers(toml, len(data.inputs), reduce)
            widths, where = [len(data.inputs), prod(network.layers[-1].shape)], "the layers"
        else:
            network = layered(network_table, data is not None or bool(network_table.get("targets")), reduce)
            widths, where = network_table["layers"], "network.layers"
        if data is None:
            inputs, targets = examples(network_table)
            X = np.array([[float(x) for x in row] for row in inputs])
            Y = np.array([[float(t) for t in row] for row in targets]) if targets else None
        else:
            for key in ("inputs", "targets"):
                if key in network_table:
                    raise Mistake(f"network.{key} and [data] exclude each other; the examples are in [data]")
            labels = _labels_of(data, widths, where)
            _fits(data, widths, where, labels)
        if "weights" in network_table and of_layers:
            weights = table_of(network_table, "weights", "network.")
            params = checked_parameters(network, {name: np.array(_floats(value)) for name, value in weights.items()})
        elif "weights" in network_table:
            params = {name: np.array(_floats(value)) for name, value in arrays_of(network_table).items()}
        names = data.inputs if data is not None else ()
    else:
        assert unit is not None
        network, names = unit, tuple(name.name for name in unit.inputs)
        X = np.array([[float(row[name]) for name in names] for row in rows])
        params = {name: np.array(float(value)) for name, value in start.items()}
    if data is not None and not data.ranges:
        X, Y = data.X, data.Y if labels is None else labels.columns(data.Y[:, 0].astype(int))
        if of_layers:
            X, Y = in_shape(network.inputs[0], X), in_shape(network.targets[0], Y)
            X = X - 1 if network.layers[0].layer.reads_ids else X  # words count from 1 in files
    init = text(training, "init", text(network_table, "init", DEFAULT, "network."), "training.")
    if "init" in training and ("init" in network_table or params is not None):
        raise Mistake("training.init draws the parameters, but the file says them already")
    plan = Plan(
        network=network,
        optimizer=optimizer,
        X=X,
        Y=Y,
        params=params,
        init=init,
        seed=seed,
        init_seed=whole(network_table, "seed", "network.", 0, 2**32) if "seed" in network_table else None,
        steps=whole(training, "steps", "training.", 0, MOST_UPDATES) if "steps" in training else None,
        epochs=whole(training, "epochs", "training.", 0, MOST_UPDATES)
        if "epochs" in training
        else None
        if "steps" in training
        else 1,
        batch_size=whole(training, "batch_size", "training.", 1, 10_000_000) if "batch_size" in training else None,
        online=choice(training, "mode", ("batch", "online"), "training.") == "online",
        patience=whole(training, "patience", "training.", 1, 2**31 - 1) if "patience" in training else None,
        schedule=text(training, "schedule", "constant", "training."),
        validation=data.validation if data is not None else 0.0,
        dtype=choice(training, "dtype", ("float64", "float32"), "training."),
        reduce=choice(training, "reduce", ("mean", "sum"), "training."),
        data=data,
        names=names,
        labels=labels,
    )
    _checked(plan, training)
    return plan


def _checked(plan: Plan, training: Mapping[str, Any]) -> None:
    if plan.patience is not None and not plan.validation:
        raise Mistake("training.patience needs rows to validate with; add validation = 0.2 under [data]")
    if plan.is_fresh and plan.batch_size is None:
        raise Mistake("data.uniform draws fresh batches; say how large with training.batch_size")
    if plan.is_fresh and "steps" not in training and "epochs" not in training:
        raise Mistake("data.uniform draws batches without end; say how many with training.steps")
    if plan.is_fresh and "epochs" in training:
        raise Mistake("training.epochs counts passes over the rows, and data.uniform has none; use training.steps")
    if plan.online and plan.validation:
        raise Mistake('training.mode "online" takes every row in turn; leave data.validation out')
    if plan.online and plan.batch_size is not None:
        raise Mistake('training.mode "online" is one update a sample; leave training.batch_size out')
    if plan.batch_size is not None and plan.X is not None and plan.batch_size > len(plan.X):
        raise Mistake(f"training.batch_size is {plan.batch_size}, but there are {len(plan.X)} rows")
    if plan.schedule and plan.schedule != "constant":
        try:
            parse(plan.schedule, ("t", "lr"))
        except Mistake as mistake:
            raise Mistake(f"training.schedule: {mistake}") from None
    if plan.params is None:
        try:
            plan.network.init(plan.init, plan.seed)
        except Mistake as mistake:
            raise Mistake(f"training.{mistake}") from None


def _labels_of(data: Data, layers: list[int], where: str) -> Classes | None:
    """The classes that the one column of targets names: words, or numbers from 0 for several outputs."""
    if data.words:
        labels: tuple[Any, ...] = data.words
    elif len(data.targets) == 1 < layers[-1] and not data.formulas:
        labels = tuple(range(layers[-1]))
        if not set(data.Y[:, 0].tolist()) <= set(labels):
            return None
    else:
        return None
    outputs = 2 if layers[-1] == 1 else layers[-1]
    if len(labels) != outputs:
        raise Mistake(
            f"data.targets has {len(labels)} different words in {shown(data.targets[0])}, but the last of "
            f"{where} is {layers[-1]}; it is the number of classes"
        )
    return Classes(labels, single=layers[-1] == 1)


def _fits(data: Data, layers: list[int], where: str, labels: Classes | None) -> None:
    for key, names, place, width in (
        ("inputs", data.inputs, "first", layers[0]),
        ("targets", data.targets, "last", layers[-1]),
    ):
        if len(names) != width and not (key == "targets" and labels is not None):
            raise Mistake(
                f"data has {len(names)} {key} ({', '.join(names[:8])}), but the {place} of {where} is {width}"
            )


def _floats(value: Any) -> Any:
    return [_floats(item) for item in value] if isinstance(value, list) else float(value)
