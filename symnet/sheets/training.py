"""The sheet that shows a plan of training.

A sheet never trains: it shows the equations of the layers, their gradients, and what ``symnet train`` will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from symnet.algebra.equations import names_in, replace, symbol
from symnet.algebra.network import needed
from symnet.algebra.parsing import parse
from symnet.algebra.plurals import counted, in_words
from symnet.notation.equations import EquationTypesetter
from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, Letter, Maths, Number, Script, row
from symnet.notation.matrices import MatrixTypesetter
from symnet.notation.names import Names
from symnet.notation.typesetter import Typesetter, given_number
from symnet.paper.charts import Series, chart
from symnet.paper.document import Answer, Block, Document, Figure, Paragraph, Task, Working
from symnet.questions.prose import Vocabulary
from symnet.sheets import learned
from symnet.training.plan import Plan
from symnet.training.run import Run

MOST_POINTS = 120  # of a curve on a sheet
_ETA_0 = Script(Letter("η"), Number("0"))


def training_document(title: str, introduction: str, plan: Plan, run: Run | None = None) -> Document:
    """The equations of the layers, the gradients, the update and the plan in words.

    What a ``run`` came to is asked for, and is in the key.
    """
    network = plan.network
    names = Names(network.names)
    setter = EquationTypesetter(names, network.equations)
    blocks = list(Vocabulary(None, {}, names).blocks(introduction, "introduction"))
    blocks.append(Paragraph(tuple(_in_words(plan))))
    blocks.append(Paragraph(("Forward pass:",)))
    blocks.append(Working(tuple(map(setter.line, network.equations))))
    wanted = [g for w in network.parameters if (g := network.gradient_of(w)) is not None]
    blocks.append(Paragraph(("Gradients (a bar over a name marks the gradient of the loss with respect to it):",)))
    backward = needed(network.backward, wanted)
    blocks.append(Working(tuple(map(setter.line, backward))))
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
