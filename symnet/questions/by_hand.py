"""Working a step of training by hand: forward pass, gradients, updates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from symnet.algebra.equations import partial
from symnet.algebra.mistakes import Mistake
from symnet.algebra.optimizers import state_parts
from symnet.algebra.plurals import counted
from symnet.algebra.unrolling import entry_names
from symnet.computing import exact
from symnet.figures import path_figure, sheet_figure
from symnet.paper.document import Answer, Block, Figure, Paragraph, Table, Text, Working
from symnet.questions import options
from symnet.questions.array_rules import rules_of_arrays
from symnet.questions.arrays import (
    NOT_DIFFERENTIATED,
    derivative_of_arrays,
    forward_of_arrays,
    gradients_of_arrays,
    update_of_arrays,
)
from symnet.questions.delta_list import delta_list
from symnet.questions.options import Names
from symnet.questions.pieces import (
    Asked,
    Question,
    columns,
    commas,
    gradient_of,
    leaves,
    listed,
    loss_before_and_after,
    name_of,
    of_first,
    room,
    side_by_side,
    value_of,
)
from symnet.questions.reasons_of_errors import error_reasons
from symnet.questions.shared import in_parts
from symnet.questions.steps import batch
from symnet.questions.update_table import update_parts, update_table
from symnet.working.arrays import grouped
from symnet.working.derivation import Derivation
from symnet.working.together import unit_sizes
from symnet.working.work import Work

MOST_COLUMNS = 5  # samples side by side in a table
FEW_PATHS = 8  # from all the names to the loss, of which each is written in full
MANY = 24  # gradients; of more, only some are shown in full unless the reader asks otherwise


def forward(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the equations whose values are asked", among="equations")] = (),
) -> Asked:
    """The value of every equation, or of those that ``of`` names."""
    if len(work.problem.examples) > 1 and not (work.problem.rules and work.problem.updates):
        return batch(work, question, of=of)  # nothing is learned from one after another, so all count alike
    if work.problem.arrays:
        return forward_of_arrays(work, of)
    wanted = set(of) or {equation.name for equation in work.network.equations}
    equations = [e for e in work.network.equations if e.name in wanted]
    names = [e.name for e in equations]
    pairs = zip(work.network.equations, work.forward(), strict=True)
    lines = tuple(line for equation, line in pairs if equation.name in wanted)
    values = [(name_of(work, name), value_of(work, work.values[name])) for name in names]
    what: Text = listed(work, of) if of else ("every quantity",)
    return Asked(
        (f"Forward pass{of_first(work)}: compute ", *what, "."),
        (
            columns(("quantity", "value"), values, blank={1}),
            Answer((Working(lines, unit_sizes(equations)),), room(len(lines), 0.5), fades=True),
        ),
    )


def gradient(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the names x whose gradients ∂loss/∂x are asked", ("wrt",))] = (),
    style: Annotated[str, options.style()] = "",
    full: Annotated[Names, options.names("those derived in full; of the others the table has the values")] = (),
) -> Asked:
    """∂loss/∂x for every parameter, or for the names that ``of`` lists, each with its chain rule."""
    loss = work.problem.loss
    if not work.problem.has_loss:
        raise Mistake(NOT_DIFFERENTIATED)
    names = of or tuple(p.name for p in work.network.parameters) or leaves(work)
    if any(name in work.problem.array_of for name in names):
        return gradients_of_arrays(work, names, lambda: tuple(_gradients(work, names, style, bool(full))))
    style = style or ("deltas" if len(names) > MANY else "")
    shown = _in_full(work, names, full)
    derivations = tuple(_gradients(work, shown, style, bool(full)))
    if len(shown) < len(names):
        rest: Text = ("The other gradients are found in the same way; their values are in the table.",)
        derivations = (*derivations, Paragraph(rest))
    derivations = (*rules_of_arrays(work, names), *derivations, *_pictured(work, names))
    table = columns(
        ("gradient", "value"),
        [(gradient_of(work, loss, x), value_of(work, work.solution.gradients[x])) for x in names],
        blank={1},
    )
    what: Text = (gradient_of(work, loss, names[0])[0],) if len(names) == 1 else (f"the {len(names)} gradients of ",)
    if len(names) > 1:
        what = (*what, work.names.node(loss))
    return Asked(
        (f"Backward pass{of_first(work)}: derive ", *what, " with the chain rule", *_which(work, shown, names), "."),
        (table, Answer(derivations, min(18.0, room(len(names), 2.5)), fades=True)),
    )


def _pictured(work: Work, names: Sequence[str]) -> Iterator[Figure]:
    """The network where a sheet shows it: with the paths of a single name, otherwise with values and gradients."""
    figure = sheet_figure(work, "gradients", names)
    if figure is None or Derivation(work, work.problem.loss).has_errors(names):  # whose δ say it in a few lines
        return
    try:
        yield path_figure(work, names[0]) if len(names) == 1 else figure
    except Mistake:  # a gradient that is 0 because nothing leads from the name to the loss
        yield figure


def _which(work: Work, full: Sequence[str], names: Sequence[str]) -> Text:
    return (", and show the working for ", *listed(work, full)) if len(full) < len(names) else ()


def _in_full(work: Work, names: Sequence[str], full: Sequence[str]) -> Sequence[str]:
    """The names whose working is shown: those the reader chose; of very many, the first of each array of a layer."""
    chosen = [name for name in names if name in full]
    if chosen or len(names) <= MANY:
        return chosen or names
    layers = work.problem.layers
    firsts = [entry_names(name)[0].name for name in layers.parameters] if layers is not None else list(names[:8])
    return [name for name in firsts if name in names] or names[:8]


def derivative(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("A, the quantity or quantities that are differentiated")] = (),
    wrt: Annotated[Names, options.names("B, the name or names with respect to which")] = (),
    style: Annotated[str, options.style()] = "",
) -> Asked:
    """d``of``/d``wrt``, the total derivative of any quantity with respect to any other."""
    if not of or not wrt:
        raise Mistake('question ask = "derivative" needs of and wrt, the names A and B of dA/dB')
    if any(group.array for names in (of, wrt) for group in grouped(names, work.problem.arrays)):
        return derivative_of_arrays(work, of, wrt, style)
    pairs = [(a, b) for a in of for b in wrt]
    derivations = {a: Derivation(work, a) for a in of}
    reasons = [block for a in of for block in error_reasons(work, derivations[a], list(wrt))]
    blocks = (*reasons, *side_by_side([derivations[a].gradient(b, style) for a, b in pairs]))
    names = [gradient_of(work, a, b)[0] for a, b in pairs]
    return Asked(("Derive ", *commas(names), "."), (Answer(blocks, room(len(pairs), 4), fades=True),))


def update(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the parameters whose new values are asked", ("wrt",), "parameters")] = (),
    full: Annotated[
        Names, options.names("those written out in full; of the others the table has the values", (), "parameters")
    ] = (),
) -> Asked:
    """The first update of every parameter, or of those that ``of`` names, and what it does to the loss."""
    problem, solution = work.problem, work.solution
    first = solution.first_update
    if first is None:
        return Asked(("Nothing is updated: there is no learning rate, or there are no updates.",), ())
    names = [name for name in problem.start if not of or name in of]
    before: list[Block] = []
    if len(problem.examples) > 1 and not problem.online:
        before += _combined(work, first.gradients)
    if problem.sequential:
        before.append(Paragraph(("Each gradient is taken with the parameters updated before it.",)))
    if any(name in problem.array_of for name in names):
        return update_of_arrays(work, names, of, before)
    shown = _in_full(work, names, full)
    left_out = {name for name in problem.start if name not in shown}

    def wanted(name: str) -> bool:
        return not left_out & {name, *(state_parts(name) or ())[1:]}

    lines = work.update(wanted)
    in_table: tuple[Table, Text] | None = None
    if len(shown) == len(names) and not work.is_faded:  # in a table, the blanks would have no line to stand in
        in_table = update_table(work, names, work.update(wanted, boxes=False))
    blocks: list[Block] = []
    said: Text = ()
    if in_table is None:
        table: tuple[Block, ...] = (_before_after(work, names),)
        blocks += [*before, update_parts(work, shown, lines)]
    else:
        table = (Answer(tuple(before), 0), in_table[0]) if before else (in_table[0],)
        said = in_table[1]
    if len(shown) < len(names):
        blocks.append(Paragraph(("The other parameters go the same way; their values are in the table.",)))
    if problem.updates == 1:
        said = (*said, *((" ",) if said else ()), *loss_before_and_after(work))
    if said:
        blocks.append(Paragraph(said))
    words = "Update every parameter once" if not of else "Update"
    what: Text = () if not of else (" ", *commas([work.names.node(name) for name in names]), " once")
    return Asked(
        (words, *what, *_which(work, shown, names), "."),
        (*table, Answer(tuple(blocks), room(len(lines), 1 if in_table is None else 0.5), fades=True)),
    )


def _before_after(work: Work, names: Sequence[str]) -> Table:
    """The parameters before and after the first update."""
    problem, first = work.problem, work.solution.first_update
    after = {rule.name: first.values[i] for i, rule in enumerate(problem.rules)} if first is not None else {}
    rows = [
        (
            name_of(work, name),
            value_of(work, problem.start[name], name),
            value_of(work, after.get(name, problem.start[name])),
        )
        for name in names
    ]
    return columns(("parameter", "before", "after"), rows, blank={2})


def training(work: Work, question: Question) -> Asked:
    """The loss and the parameters before each update, and at the end."""
    problem, solution = work.problem, work.solution
    names = list(problem.start)[:6]
    loss = problem.loss
    rate: tuple[Text, ...] = ((work.names.rate,),) if problem.has_schedule else ()
    header: tuple[Text, ...] = (("update",), *rate, name_of(work, loss), *(name_of(work, name) for name in names))
    rows: list[tuple[Text, ...]] = []
    for k, moment in enumerate(solution.history):
        cells = (
            *((value_of(work, moment.update.values[0]),) if rate and moment.update is not None else ()),
            value_of(work, moment.forward[loss]),
            *(value_of(work, moment.parameters[name], name) for name in names),
        )
        rows.append(((str(k + 1),), *cells))
    if not solution.history:
        start = (value_of(work, solution.forward[loss]), *(value_of(work, problem.start[name], name) for name in names))
        rows.append((("1",), *(("–",) for _ in rate), *start))
    end = (value_of(work, solution.forward_after[loss]), *(value_of(work, solution.updated[name]) for name in names))
    rows.append((("end",), *(("–",) for _ in rate), *end))
    places = ((row, column) for row in range(len(rows)) for column in range(1, len(header)))
    blank = frozenset(place for place in places if rows[place[0]][place[1]] != ("–",))
    updates = counted(problem.updates, "update")
    return Asked(
        (f"Training: carry out {updates}; each row shows the numbers before the update.",),
        (Table(header, tuple(rows), cells=blank),),
    )


def deltas(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the names x whose gradients ∂loss/∂x are asked", ("wrt",))] = (),
) -> Asked:
    """δ = ∂loss/∂z for every unit, then each gradient as δ times what the parameter multiplies."""
    names = of or tuple(p.name for p in work.network.parameters)
    blocks = tuple(_gradients(work, names, "deltas"))
    return Asked(
        ("Backward pass in δ form: compute δ for every unit, then each gradient.",), (Answer(blocks, 12, fades=True),)
    )


def _gradients(work: Work, names: Sequence[str], style: str, in_full: bool = False) -> Iterator[Block]:
    """The derivations; in δ form the δ of all units come first, then a line a name.

    Without a style, and where there are many paths, the chain rule is written in full for one of those that differ in
    their last factors alone, unless all were asked for ``in_full``.
    """
    derivation = Derivation(work, work.problem.loss)
    in_tables = not style and derivation.has_errors(names)
    if work.problem.places is not None:
        style = "deltas"
    yield from error_reasons(work, derivation, names)
    if in_tables or (not style and any(derivation.has_many_paths(name) for name in names)):
        if len(names) > 1:
            yield from delta_list(derivation, names, in_tables=not in_full)
            return
        style = "deltas"
    if style == "deltas" and len(names) > 1:
        yield from delta_list(derivation, names)
        return
    in_full = in_full or work.is_faded
    if style or in_full or sum(map(derivation.count_paths, names)) <= FEW_PATHS:
        yield from side_by_side([derivation.gradient(name, style) for name in names])
    else:
        yield from in_parts(derivation, names)


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
