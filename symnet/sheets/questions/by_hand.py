"""Working a step of training by hand: forward pass, gradients, updates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symnet.algebra.equations import partial
from symnet.algebra.layers import entry_names
from symnet.algebra.mistakes import Mistake
from symnet.algebra.optimizers import state_parts
from symnet.computing import exact
from symnet.sheets.document import Answer, Block, Figure, Paragraph, Table, Text, Working
from symnet.sheets.figures import path_figure, sheet_figure
from symnet.sheets.questions.pieces import (
    Asked,
    Question,
    columns,
    commas,
    derived,
    gradient_of,
    leaves,
    listed,
    name_of,
    of_first,
    room,
    value_of,
    where,
)
from symnet.sheets.questions.reasons_of_errors import error_reasons
from symnet.working.derivation import Derivation
from symnet.working.work import Work

MOST_COLUMNS = 5  # samples side by side in a table
MANY = 24  # gradients; of more, only some are shown in full unless the reader asks otherwise


def forward(work: Work, question: Question) -> Asked:
    """The value of every equation, or of those that ``of`` names."""
    wanted = set(question.of) or {equation.name for equation in work.network.equations}
    names = [e.name for e in work.network.equations if e.name in wanted]
    pairs = zip(work.network.equations, work.forward(), strict=True)
    lines = tuple(line for equation, line in pairs if equation.name in wanted)
    values = [(name_of(work, name), value_of(work, work.values[name])) for name in names]
    what: Text = listed(work, question.of) if question.of else ("every quantity",)
    return Asked(
        (f"Forward pass{of_first(work)}: compute ", *what, "."),
        (columns(("quantity", "value"), values, blank={1}), Answer((Working(lines),), room(len(lines), 0.5))),
    )


def gradient(work: Work, question: Question) -> Asked:
    """∂loss/∂x for every parameter, or for the names that ``of`` lists, each with its chain rule."""
    loss = work.problem.loss
    names = question.of or tuple(p.name for p in work.network.parameters) or leaves(work)
    style = question.style or ("deltas" if len(names) > MANY else "")
    full = _in_full(work, names, question)
    derivations = tuple(_gradients(work, full, style))
    if len(full) < len(names):
        rest: Text = ("The other gradients go the same way; their values are in the table.",)
        derivations = (*derivations, Paragraph(rest))
    derivations = (*derivations, *_pictured(work, names))
    table = columns(
        ("gradient", "value"),
        [(gradient_of(work, loss, x), value_of(work, work.solution.gradients[x])) for x in names],
        blank={1},
    )
    what: Text = (gradient_of(work, loss, names[0])[0],) if len(names) == 1 else (f"the {len(names)} gradients of ",)
    if len(names) > 1:
        what = (*what, work.names.node(loss))
    return Asked(
        (f"Backward pass{of_first(work)}: derive ", *what, " with the chain rule", *_which(work, full, names), "."),
        (table, Answer(derivations, min(18.0, room(len(names), 2.5)))),
    )


def _pictured(work: Work, names: Sequence[str]) -> Iterator[Figure]:
    """The network where a sheet shows it: with the paths of a single name, otherwise with values and gradients."""
    figure = sheet_figure(work, "gradients")
    if figure is None or Derivation(work, work.problem.loss).has_errors(names):  # whose δ say it in a few lines
        return
    try:
        yield path_figure(work, names[0]) if len(names) == 1 else figure
    except Mistake:  # a gradient that is 0 because nothing leads from the name to the loss
        yield figure


def _which(work: Work, full: Sequence[str], names: Sequence[str]) -> Text:
    return (", and show the working for ", *listed(work, full)) if len(full) < len(names) else ()


def _in_full(work: Work, names: Sequence[str], question: Question) -> Sequence[str]:
    """The names whose working is shown: those the reader chose; of very many, the first of each array of a layer."""
    chosen = [name for name in names if name in question.full]
    if chosen or len(names) <= MANY:
        return chosen or names
    layers = work.problem.layers
    firsts = [entry_names(name)[0].name for name in layers.parameters] if layers is not None else list(names[:8])
    return [name for name in firsts if name in names] or names[:8]


def derivative(work: Work, question: Question) -> Asked:
    """d``of``/d``wrt``, the total derivative of any quantity in any other."""
    if not question.of or not question.wrt:
        raise Mistake('question ask = "derivative" needs of and wrt, the names A and B of dA/dB')
    pairs = [(a, b) for a in question.of for b in question.wrt]
    blocks: list[Block] = []
    for a, b in pairs:
        derivation = Derivation(work, a)
        blocks += [*error_reasons(work, derivation, [b]), *derived(derivation.gradient(b, question.style))]
    names = [gradient_of(work, a, b)[0] for a, b in pairs]
    return Asked(("Derive ", *commas(names), "."), (Answer(tuple(blocks), room(len(pairs), 4)),))


def update(work: Work, question: Question) -> Asked:
    """The first update of every parameter, or of those that ``of`` names, and what it does to the loss."""
    problem, solution = work.problem, work.solution
    first = solution.first_update
    if first is None:
        return Asked(("Nothing is updated: there is no learning rate, or there are no updates.",), ())
    names = [name for name in problem.start if not question.of or name in question.of]
    after = {rule.name: first.values[i] for i, rule in enumerate(problem.rules)}
    rows = [
        (
            name_of(work, name),
            value_of(work, problem.start[name], name),
            value_of(work, after.get(name, problem.start[name])),
        )
        for name in names
    ]
    blocks: list[Block] = []
    if len(problem.examples) > 1 and not problem.online:
        blocks += _combined(work, first.gradients)
    if problem.sequential:
        blocks.append(Paragraph(("Each gradient is taken with the parameters updated before it.",)))
    full = _in_full(work, names, question)
    left_out = {name for name in problem.start if name not in full}
    lines = work.update(lambda name: not left_out & {name, *(state_parts(name) or ())[1:]})
    blocks.append(Working(lines))
    if len(full) < len(names):
        blocks.append(Paragraph(("The other parameters go the same way; their values are in the table.",)))
    if problem.updates == 1:
        blocks += _before_and_after(work)
    words = "Update every parameter once" if not question.of else "Update"
    what: Text = () if not question.of else (" ", *commas([work.names.node(name) for name in names]), " once")
    return Asked(
        (words, *what, *_which(work, full, names), "."),
        (columns(("parameter", "before", "after"), rows, blank={2}), Answer(tuple(blocks), room(len(lines), 1))),
    )


def training(work: Work, question: Question) -> Asked:
    """The loss and the parameters before each update, and at the end."""
    problem, solution = work.problem, work.solution
    names = list(problem.start)[:6]
    loss = problem.loss
    header: tuple[Text, ...] = (("update",), name_of(work, loss), *(name_of(work, name) for name in names))
    rows: list[tuple[Text, ...]] = []
    for k, moment in enumerate(solution.history):
        cells = (
            value_of(work, moment.forward[loss]),
            *(value_of(work, moment.parameters[name], name) for name in names),
        )
        rows.append(((str(k + 1),), *cells))
    if not solution.history:
        start = (value_of(work, solution.forward[loss]), *(value_of(work, problem.start[name], name) for name in names))
        rows.append((("1",), *start))
    end = (value_of(work, solution.forward_after[loss]), *(value_of(work, solution.updated[name]) for name in names))
    rows.append((("end",), *end))
    blank = frozenset(range(1, len(header)))
    updates = f"{problem.updates} update{'s' * (problem.updates != 1)}"
    return Asked(
        (f"Training: carry out {updates}; each row shows the numbers before the update.",),
        (Table(header, tuple(rows), blank),),
    )


def deltas(work: Work, question: Question) -> Asked:
    """δ = ∂loss/∂z for every unit, then each gradient as δ times what the parameter multiplies."""
    names = question.of or tuple(p.name for p in work.network.parameters)
    blocks = tuple(_gradients(work, names, "deltas"))
    return Asked(("Backward pass in δ form: compute δ for every unit, then each gradient.",), (Answer(blocks, 12),))


def _gradients(work: Work, names: Sequence[str], style: str) -> Iterator[Block]:
    """The derivations; in δ form the δ of all units come first, then a line a name."""
    if work.problem.places is not None:
        style = "deltas"
    derivation = Derivation(work, work.problem.loss)
    yield from error_reasons(work, derivation, names)
    if not style and (derivation.has_errors(names) or any(derivation.has_many_paths(name) for name in names)):
        style = "deltas"  # one sweep for all of them
    if style == "deltas" and len(names) > 1:
        units = derivation.deltas()
        gradients = tuple(derivation.delta_gradient(name) for name in names)
        if derivation.has_errors(names) and units.lines:  # apart, so that a page may end between them
            yield Working(units.lines)
            yield Working(gradients)
        else:
            yield Working((*units.lines, *gradients))
        yield from where(units.reasons)
        return
    for name in names:
        yield from derived(derivation.gradient(name, style))


def _combined(work: Work, gradients: dict[str, exact.Value]) -> list[Block]:
    """Each sample's gradients and their sum or mean."""
    problem = work.problem
    moments = work.solution.moments
    rows: list[tuple[Text, ...]] = []
    for name in problem.start:
        key = partial(problem.loss, name).name
        if key in gradients:
            cells = [value_of(work, moment.gradients[name]) for moment in moments[:MOST_COLUMNS]]
            rows.append(((work.names.node(key),), *cells, value_of(work, gradients[key])))
    header: list[Text] = [
        ("gradient",),
        *((f"sample {i + 1}",) for i in range(len(moments[:MOST_COLUMNS]))),
        (problem.reduce,),
    ]
    words = f"The gradient of each sample, and their {problem.reduce}"
    left_out = f" (samples {MOST_COLUMNS + 1} to {len(moments)} are counted but not shown)"
    note = Paragraph((words + left_out * (len(moments) > MOST_COLUMNS) + ":",))
    return [note, Table(tuple(header), tuple(rows))] if rows else []


def _before_and_after(work: Work) -> list[Block]:
    loss = work.problem.loss
    before, after = work.solution.forward[loss], work.solution.forward_after[loss]
    return [
        Paragraph(
            (
                "With the new values ",
                work.names.node(loss),
                f"{of_first(work)} is ",
                *value_of(work, after),
                "; it was ",
                *value_of(work, before),
                ".",
            )
        )
    ]
