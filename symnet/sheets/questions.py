"""The kinds of question a sheet can ask, each one function: from the worked exercise to blocks.

The name of a function is what ``ask`` says in an exercise file.  To add a kind, write one function here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from inspect import getmodule, isfunction

from symnet.algebra.equations import partial, symbol
from symnet.algebra.layers import parameter_shapes, widths_of
from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.floats import evaluate_in_floats
from symnet.computing.program import Program, identifier
from symnet.sheets.document import Answer, Block, Display, Inline, Paragraph, Table, Text, Working
from symnet.working.derivation import Derivation, Gradient
from symnet.working.maths import DOT, EQUALS, MINUS, PLUS, Brackets, Letter, Maths, Number, joined, row
from symnet.working.maths import Fraction as Over
from symnet.working.notation import number
from symnet.working.work import Line, Work

MOST_COLUMNS = 5  # samples side by side in a table
MANY = 24  # parameters from which their gradients are given by δ unless the reader asks otherwise


@dataclass(frozen=True)
class Question:
    """One thing a sheet asks for: a kind (the name of a function below) and what of."""

    ask: str
    of: tuple[str, ...] = ()
    wrt: tuple[str, ...] = ()
    points: Fraction | None = None
    style: str = ""
    text: str = ""


@dataclass(frozen=True)
class Asked:
    """A question put into words, and the blocks of its answer."""

    text: Text
    blocks: tuple[Block, ...]


def forward(work: Work, question: Question) -> Asked:
    """The value of every equation, or of those that ``of`` names."""
    wanted = set(question.of) or {equation.name for equation in work.network.equations}
    names = [e.name for e in work.network.equations if e.name in wanted]
    pairs = zip(work.network.equations, work.forward(), strict=True)
    lines = tuple(line for equation, line in pairs if equation.name in wanted)
    values = [(_name(work, name), _value(work, work.values[name])) for name in names]
    what: Text = _list(work, question.of) if question.of else ("every quantity",)
    return Asked(
        (f"Forward pass{_first(work)}: compute ", *what, "."),
        (_columns(("quantity", "value"), values, blank={1}), Answer((Working(lines),), _room(len(lines), 0.5))),
    )


def gradient(work: Work, question: Question) -> Asked:
    """∂loss/∂x for every parameter, or for the names that ``of`` lists, each with its chain rule."""
    loss = work.problem.loss
    names = question.of or tuple(p.name for p in work.network.parameters) or _leaves(work)
    style = question.style or ("deltas" if len(names) > MANY else "")
    derivations = tuple(_gradients(work, names, style))
    table = _columns(
        ("gradient", "value"),
        [(_gradient_name(work, loss, x), _value(work, work.solution.gradients[x])) for x in names],
        blank={1},
    )
    what: Text = (_gradient_name(work, loss, names[0])[0],) if len(names) == 1 else (f"the {len(names)} gradients of ",)
    if len(names) > 1:
        what = (*what, work.names.node(loss))
    return Asked(
        (f"Backward pass{_first(work)}: derive ", *what, " with the chain rule."),
        (table, Answer(derivations, min(18.0, _room(len(names), 2.5)))),
    )


def derivative(work: Work, question: Question) -> Asked:
    """d``of``/d``wrt``, the total derivative of any quantity in any other."""
    if not question.of or not question.wrt:
        raise Mistake('question ask = "derivative" needs of and wrt, the names A and B of dA/dB')
    pairs = [(a, b) for a in question.of for b in question.wrt]
    blocks: list[Block] = []
    for a, b in pairs:
        blocks += _derivation(Derivation(work, a).gradient(b, question.style))
    names = [_gradient_name(work, a, b)[0] for a, b in pairs]
    return Asked(("Derive ", *_commas(names), "."), (Answer(tuple(blocks), _room(len(pairs), 4)),))


def update(work: Work, question: Question) -> Asked:
    """The first update of every parameter, or of those that ``of`` names, and what it does to the loss."""
    problem, solution = work.problem, work.solution
    first = solution.first_update
    if first is None:
        return Asked(("Nothing is updated: there is no learning rate, or there are no updates.",), ())
    names = [name for name in problem.start if not question.of or name in question.of]
    after = {rule.name: first.values[i] for i, rule in enumerate(problem.rules)}
    rows = [
        (_name(work, name), _value(work, problem.start[name]), _value(work, after.get(name, problem.start[name])))
        for name in names
    ]
    blocks: list[Block] = []
    if len(problem.examples) > 1 and not problem.online:
        blocks += _combined(work, first.gradients)
    if problem.sequential:
        blocks.append(Paragraph(("Each gradient is taken with the parameters updated before it.",)))
    related = set(names) | {rule.name for rule in problem.rules if rule.name not in problem.start}
    lines = work.update(lambda name: name in related if question.of else True)
    blocks.append(Working(lines))
    if problem.updates == 1:
        blocks += _before_and_after(work)
    words = "Update every parameter once" if not question.of else "Update"
    what: Text = () if not question.of else (" ", *_commas([work.names.node(name) for name in names]), " once")
    return Asked(
        (words, *what, "."),
        (_columns(("parameter", "before", "after"), rows, blank={2}), Answer(tuple(blocks), _room(len(lines), 1))),
    )


def training(work: Work, question: Question) -> Asked:
    """The loss and the parameters before each update, and at the end."""
    problem, solution = work.problem, work.solution
    names = list(problem.start)[:6]
    loss = problem.loss
    header: tuple[Text, ...] = (("update",), _name(work, loss), *(_name(work, name) for name in names))
    rows: list[tuple[Text, ...]] = []
    for k, moment in enumerate(solution.history):
        cells = (_value(work, moment.forward[loss]), *(_value(work, moment.parameters[name]) for name in names))
        rows.append(((str(k + 1),), *cells))
    if not solution.history:
        start = (_value(work, solution.forward[loss]), *(_value(work, problem.start[name]) for name in names))
        rows.append((("1",), *start))
    end = (_value(work, solution.forward_after[loss]), *(_value(work, solution.updated[name]) for name in names))
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


def parameters(work: Work, question: Question) -> Asked:
    """How many parameters there are, layer by layer where the network is a dense one."""
    count = work.network.parameter_count
    layers = widths_of(work.network)
    if not layers:
        return Asked(
            ("How many parameters are there?",),
            (Answer((Paragraph((f"{count}: ", *_list(work, [p.name for p in work.network.parameters]), ".")),), 1.5),),
        )
    rows: list[tuple[Text, ...]] = []
    products, biases = [], []
    for name, shape in parameter_shapes(layers).items():
        layer = name[1:]
        if len(shape) == 2:
            weights: Maths = row(Number(str(shape[0])), DOT, Number(str(shape[1])))
            products.append(weights)
            rows.append(((layer,), (row(weights, EQUALS, Number(str(shape[0] * shape[1]))),), ()))
        else:
            biases.append(shape[0])
            rows[-1] = (rows[-1][0], rows[-1][1], (Number(str(shape[0])),))
    total = joined([*products, *(Number(str(b)) for b in biases)], PLUS)
    line = Line(None, (("", total), ("=", Number(str(count)))))
    widths = "-".join(str(width) for width in layers)
    return Asked(
        (f"How many parameters does this {widths} network have?",),
        (
            Table((("layer",), ("weights",), ("biases",)), tuple(rows), frozenset({1, 2})),
            Answer((Working((line,)),), 1.5),
        ),
    )


def nudge(work: Work, question: Question) -> Asked:
    """The slope (f(x + h) − f(x))/h for smaller and smaller h, exactly and in floating point, and its limit."""
    of = question.of[0] if question.of else work.problem.loss
    wrt = question.wrt[0] if question.wrt else _leaves(work)[0]
    h, f, x = Letter("h"), work.names.node(of), work.names.node(wrt)
    quotient = Over(
        row(f, Brackets(row(x, PLUS, h)), MINUS, f, Brackets(x)),
        h,
    )
    rows = []
    for k in range(9):
        step = Fraction(1, 10**k)
        rows.append(
            (
                (number(step, 9),),
                (number(_quotient(work, of, wrt, step), 12),),
                (number(Fraction(_float_quotient(work, of, wrt, float(step))), 12),),
            )
        )
    derivation = _derivation(Derivation(work, of).gradient(wrt))
    note = Paragraph(
        (
            "The exact quotient tends to the derivative. In floating point, with about 16 digits, the subtraction "
            "loses more and more of them as ",
            h,
            " shrinks, and rounding takes over.",
        )
    )
    return Asked(
        ("Nudge ", x, " by ", h, " and compute ", quotient, " for smaller and smaller ", h, "."),
        (
            Table(((h,), ("exact",), ("floating point",)), tuple(rows), frozenset({1, 2})),
            Answer((note, *derivation), 3),
        ),
    )


# -- pieces -----------------------------------------------------------------------------------------------------------


def _gradients(work: Work, names: Sequence[str], style: str) -> Iterator[Block]:
    """The derivations; in δ form the δ of all units come first, then a line a name."""
    if work.problem.places is not None:
        style = "deltas"
    derivation = Derivation(work, work.problem.loss)
    if not style and any(derivation.has_many_paths(name) for name in names):
        style = "deltas"  # one sweep for all of them
    if style == "deltas" and len(names) > 1:
        units = derivation.deltas()
        yield Working((*units.lines, *(derivation.delta_gradient(name) for name in names)))
        yield from _where(units.reasons)
        return
    for name in names:
        yield from _derivation(derivation.gradient(name, style))


def _derivation(derivation: Gradient) -> list[Block]:
    return [
        *(Display(chain) for chain in derivation.chains),
        Working(derivation.lines),
        *_where(derivation.reasons),
    ]


def _where(reasons: Sequence[Maths]) -> list[Block]:
    return [Paragraph(("where ", *_between(reasons, "; "), "."), of_formula=True)] if reasons else []


def _combined(work: Work, gradients: dict[str, exact.Value]) -> list[Block]:
    """Each sample's gradients and their sum or mean."""
    problem = work.problem
    moments = work.solution.moments
    rows: list[tuple[Text, ...]] = []
    for name in problem.start:
        key = partial(problem.loss, name).name
        if key in gradients:
            cells = [_value(work, moment.gradients[name]) for moment in moments[:MOST_COLUMNS]]
            rows.append(((work.names.node(key),), *cells, _value(work, gradients[key])))
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
                f"{_first(work)} is ",
                *_value(work, after),
                "; it was ",
                *_value(work, before),
                ".",
            )
        )
    ]


def _quotient(work: Work, of: str, wrt: str, h: Fraction) -> exact.Value:
    at = _with_nudge(work, wrt, h)
    with exact.digits_carried(60):
        values = []
        for inputs in (at, _with_nudge(work, wrt, Fraction(0))):
            frame = {identifier(name): value for name, value in inputs.items()}
            Program(work.network.equations).run(frame, undefined_allowed=True)
            values.append(frame[identifier(of)])
        if any(isinstance(value, exact.Undefined) for value in values):
            return next(value for value in values if isinstance(value, exact.Undefined))
        return exact.divide(exact.add(values[0], exact.multiply(Fraction(-1), values[1])), h)


def _float_quotient(work: Work, of: str, wrt: str, h: float) -> float:
    at = {name: float(value) for name, value in _with_nudge(work, wrt, Fraction(0)).items()}
    here = evaluate_in_floats(work.network.equations, at)[of]
    there = evaluate_in_floats(work.network.equations, {**at, wrt: at[wrt] + h})[of]
    return (there - here) / h


def _with_nudge(work: Work, wrt: str, h: Fraction) -> dict[str, Fraction]:
    values = {**work.problem.examples[0], **work.problem.start}
    if wrt not in values:
        raise Mistake(f'question ask = "nudge": wrt must be a given name or a parameter, not {wrt}')
    return {**values, wrt: values[wrt] + h}


def _leaves(work: Work) -> tuple[str, ...]:
    """What is given or a parameter, in order."""
    return tuple(
        name for name in work.network.names if symbol(name) in (*work.network.inputs, *work.network.parameters)
    )


def _columns(header: Sequence[str], rows: Iterable[tuple[Text, ...]], blank: set[int]) -> Table:
    return Table(tuple((title,) for title in header), tuple(rows), frozenset(blank))


def _name(work: Work, name: str) -> Text:
    return (work.names.node(name),)


def _gradient_name(work: Work, of: str, wrt: str) -> Text:
    return (work.names.node(partial(of, wrt).name),)


def _value(work: Work, value: exact.Value) -> Text:
    return (work.value(value),)


def _first(work: Work) -> str:
    """What a single forward pass is of, where there are several samples."""
    return " for the first sample" if len(work.problem.examples) > 1 else ""


def _list(work: Work, names: Iterable[str]) -> Text:
    return _commas([work.names.node(name) for name in names])


def _commas(items: Sequence[Inline]) -> Text:
    return _between(items, ", ")


def _between(items: Sequence[Inline], separator: str) -> Text:
    return tuple(part for item in items for part in (separator, item))[1:]


def _room(lines: int, each: float) -> float:
    """Centimetres to write in."""
    return max(1.5, min(18.0, lines * each))


Kind = Callable[[Work, Question], Asked]

CATALOGUE: dict[str, Kind] = {
    name: value
    for name, value in list(globals().items())
    if isfunction(value)
    and getmodule(value).__name__ == __name__  # type: ignore[union-attr]
    and not name.startswith("_")
}
