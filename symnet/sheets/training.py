"""The training part of an exercise file, [data] and [training], read into a Plan; and the sheet that shows the plan.

A sheet never trains: it shows the equations of the layers, their gradients, and what ``symnet train`` will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from symnet.algebra.equations import names_in, replace, symbol
from symnet.algebra.initial import DEFAULT
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.network import Network, needed
from symnet.algebra.optimizers import Optimizer
from symnet.algebra.parsing import parse
from symnet.algebra.plurals import counted, in_words
from symnet.exercises.short_form import arrays_of, examples, layered
from symnet.notation.maths import EQUALS, Letter, Maths, Number, Script, row
from symnet.notation.matrices import MatrixTypesetter
from symnet.notation.names import Names
from symnet.notation.typesetter import Typesetter, given_number
from symnet.paper.charts import Series, chart
from symnet.paper.document import Answer, Block, Document, Figure, Paragraph, Task, Working
from symnet.questions.prose import Vocabulary
from symnet.sheets import learned
from symnet.tables import choice, table_of, text, whole
from symnet.training.classes import Classes
from symnet.training.datafile import Data, read
from symnet.training.plan import Plan
from symnet.training.run import Run
from symnet.working.work import Line

MOST_UPDATES = 10_000_000_000
MOST_POINTS = 120  # of a curve on a sheet
_ETA_0 = Script(Letter("η"), Number("0"))


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
    if network_table:
        network = layered(
            network_table,
            data is not None or bool(network_table.get("targets")),
            choice(training, "reduce", ("mean", "sum"), "training.") if "reduce" in training else "",
        )
        if data is None:
            inputs, targets = examples(network_table)
            X = np.array([[float(x) for x in row] for row in inputs])
            Y = np.array([[float(t) for t in row] for row in targets]) if targets else None
        else:
            for key in ("inputs", "targets"):
                if key in network_table:
                    raise Mistake(f"network.{key} and [data] exclude each other; the examples are in [data]")
            labels = _labels_of(data, network_table["layers"])
            _fits(data, network_table["layers"], labels)
        if "weights" in network_table:
            params = {name: np.array(_floats(value)) for name, value in arrays_of(network_table).items()}
        names = data.inputs if data is not None else ()
    else:
        assert unit is not None
        network, names = unit, tuple(name.name for name in unit.inputs)
        X = np.array([[float(row[name]) for name in names] for row in rows])
        params = {name: np.array(float(value)) for name, value in start.items()}
    if data is not None and not data.ranges:
        X, Y = data.X, data.Y if labels is None else labels.columns(data.Y[:, 0].astype(int))
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


def _labels_of(data: Data, layers: list[int]) -> Classes | None:
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
            f"network.layers is {layers[-1]}; it is the number of classes"
        )
    return Classes(labels, single=layers[-1] == 1)


def _fits(data: Data, layers: list[int], labels: Classes | None) -> None:
    for key, names, place, width in (
        ("inputs", data.inputs, "first", layers[0]),
        ("targets", data.targets, "last", layers[-1]),
    ):
        if len(names) != width and not (key == "targets" and labels is not None):
            raise Mistake(
                f"data has {len(names)} {key} ({', '.join(names[:8])}), but the {place} of network.layers is {width}"
            )


def _floats(value: Any) -> Any:
    return [_floats(item) for item in value] if isinstance(value, list) else float(value)


def training_document(title: str, introduction: str, plan: Plan, run: Run | None = None) -> Document:
    """The equations of the layers, the gradients, the update and the plan in words.

    What a ``run`` came to is asked for, and is in the key.
    """
    network = plan.network
    names = Names(network.names)
    setter = MatrixTypesetter(names)
    blocks = list(Vocabulary(None, {}, names).blocks(introduction, "introduction"))
    blocks.append(Paragraph(tuple(_in_words(plan))))
    blocks.append(Paragraph(("Forward pass:",)))
    blocks.append(Working(tuple(Line(setter.maths(e.lhs), (("=", setter.maths(e.rhs)),)) for e in network.equations)))
    wanted = [g for w in network.parameters if (g := network.gradient_of(w)) is not None]
    blocks.append(Paragraph(("Gradients (a bar over a name marks the gradient of the loss with respect to it):",)))
    backward = needed(network.backward, wanted)
    blocks.append(Working(tuple(Line(setter.maths(e.lhs), (("=", setter.maths(e.rhs)),)) for e in backward)))
    if plan.optimizer is not None:
        w = symbol("w")
        rules = plan.optimizer.update(w, symbol("g"))
        blocks.append(Paragraph(("Update rule for every parameter ", Letter("w"), " with gradient ", Letter("g"), ":")))
        plain = MatrixTypesetter(Names(("w", "g")))
        blocks.append(Working(tuple(Line(plain.maths(e.lhs), (("←", plain.maths(e.rhs)),)) for e in rules)))
    if run is not None:
        asks = "Train the network as planned. Plot the loss over the updates, and say how training ends."
        shown = list(_came_to(run))
        if plan.is_picture and run.steps:
            shown.append(learned.picture(plan, run))
        blocks += [Task(1, (asks,)), Answer(tuple(shown), 8)]
    return Document(title, tuple(blocks), "Answer key")


def _came_to(run: Run) -> Iterator[Block]:
    """The curve of the loss, and how training ended."""
    words = (
        f"After {counted(run.steps, 'update')} the loss is {float(run.losses[-1]):.4g}"
        if run.steps
        else "No updates were made"
    )
    ended = f"; {run.stopped}." if run.stopped else "."
    best = ""
    if run.best_epoch is not None:
        lowest = float(run.validation[run.best_epoch])
        best = f" The best validation loss is {lowest:.4g}, in epoch {run.best_epoch + 1:,}; its parameters are kept."
    yield Paragraph((words, ended, best))
    curves = [Series(_points(run.losses, 1), name="training")]
    if len(run.validation):
        curves.append(Series(_points(run.validation, run.steps_per_epoch), "gradient", name="validation"))
    drawing = chart(curves, "logarithm (base 10) of the loss", "updates", 420, 170)
    which = " and the validation loss" if len(run.validation) else ""
    yield Figure(drawing, f"The loss{which} over {run.steps:,} updates, on a logarithmic scale. {words}.")


def _points(losses: Any, each: int) -> tuple[tuple[float, float], ...]:
    """(updates, log₁₀ loss), a few hundred of them: of every stretch its mean, so that no spike is chosen by chance."""
    stretches = np.array_split(np.asarray(losses, np.float64), min(len(losses), MOST_POINTS))
    ends = np.cumsum([len(stretch) for stretch in stretches]) * each
    with np.errstate(divide="ignore", invalid="ignore"):
        heights = [np.log10(stretch.mean()) for stretch in stretches if len(stretch)]
    return tuple((float(x), float(y)) for x, y in zip(ends, heights, strict=False) if np.isfinite(y))


def _formula(name: str, formula: str, known: Sequence[str]) -> Maths:
    """name = formula, typeset."""
    setter = Typesetter(Names((name, *known)))
    return row(setter.names.node(name), EQUALS, setter.maths(parse(formula, known)))


def _schedule(formula: str) -> Maths:
    """η = 0.01 · 0.5^(t/1000); the learning rate that the file says is η₀."""
    setter = Typesetter(Names(("eta", "eta_0", "t")))
    expr = replace(parse(formula, ("t", "lr")), {symbol("lr"): symbol("eta_0")})
    return row(setter.names.node("eta"), EQUALS, setter.maths(expr))


def _in_words(plan: Plan) -> Iterator[str | Maths]:
    count = plan.network.parameter_count
    how_long = counted(plan.steps, "update") if plan.steps is not None else counted(plan.epochs or 0, "epoch")
    yield f"A network with {in_words(count, 'parameter')} is trained for {how_long}"
    if plan.batch_size is not None:
        yield f" on {'fresh ' if plan.is_fresh else ''}batches of {counted(plan.batch_size, 'example')}"
    elif plan.X is not None:
        yield (
            f" on all {len(plan.X):,} examples at once"
            if len(plan.X) > 1 and not plan.online
            else " one example at a time"
        )
    if plan.optimizer is not None and plan.optimizer.learning_rate is not None:
        rate = given_number(Fraction(int(plan.optimizer.learning_rate.p), int(plan.optimizer.learning_rate.q)))
        first = plan.schedule is not None and symbol("lr") in names_in(parse(plan.schedule, ("t", "lr", "constant")))
        yield from (" with a learning rate of ", row(_ETA_0, EQUALS, rate) if first else rate)
    if plan.schedule not in (None, "constant"):
        yield from (", following the schedule ", _schedule(plan.schedule), " after ", Letter("t"), " updates")
    yield f", in {plan.dtype}. "
    if plan.params is None:
        yield f"Starting values: {plan.init}, seed {plan.seed if plan.init_seed is None else plan.init_seed}. "
    if plan.validation:
        yield f"For validation, {100 * plan.validation:.4g}% of the examples are held back"
        yield (
            f"; training stops after {counted(plan.patience, 'epoch')} without a better validation loss. "
            if plan.patience
            else ". "
        )
    if plan.data is not None and plan.data.formulas:
        for name, formula in plan.data.formulas.items():
            yield from ("Target: ", _formula(name, formula, plan.data.inputs), ". ")
