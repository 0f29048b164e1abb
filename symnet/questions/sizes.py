"""What the layers of a network give and cost: shapes, parameters, multiply-adds, memory, receptive fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

from symnet.algebra.equations import names_in
from symnet.algebra.mistakes import Mistake
from symnet.algebra.sized import COLUMNS, COSTS, LENGTHS, LETTERS, USUAL_COLUMNS, Sized
from symnet.notation.line import Line
from symnet.notation.maths import Maths, Number
from symnet.notation.names import parse_latex
from symnet.paper.document import Answer, Block, Paragraph, Table, Text, Working
from symnet.questions import options
from symnet.questions.options import Names
from symnet.questions.pieces import Asked, Question, room
from symnet.working.sizes import digits, said, shape
from symnet.working.work import Work

# What is asked of every layer, and the letter at the head of its column.
_ASKED = {
    "shape": "the shape of its output",
    "parameters": "the number of its parameters",
    "multiply-adds": "its multiply-adds",
    "activations": "how many numbers it gives",
    "memory": "the memory of its output",
    "receptive field": "its receptive field",
}
_INPUTS = {
    ("features",): " features.",
    ("time",): " numbers of words, one for each step of time.",
    ("time", "features"): ": steps of time, and features.",
    ("channels", "height", "width"): ": channels, height and width.",
}
_SEES = {"all": "everything", "same": "same", "itself": "itself"}
_CONVENTIONS = {
    "multiply-adds": "Multiply-adds are those of one example, forward, in sums of products; adding a bias is none.",
    "activations": "The numbers are those of one example.",
    "memory": "The memory is that of the outputs for one example, {bytes} bytes a number.",
    "receptive field": "The jump is how far apart in the input two neighbors look.",
}
# What is understood differently elsewhere, said where a layer of one of these kinds is asked about in that column.
_OF_KINDS = (
    ("shape", ("conv", "conv1d", "max_pool", "mean_pool"), "A window that does not fit as a whole is left out."),
    ("parameters", ("conv", "conv1d", "dense"), "Every filter and every unit has a bias unless it is said otherwise."),
    ("parameters", ("batch_norm", "layer_norm"), "A norm has a gain and a bias for every channel or feature."),
    ("parameters", ("lstm", "gru"), "Every gate has one bias a unit."),
    ("parameters", ("attention", "transformer"), "Attention has four square matrices, for Q, K, V and its output."),
    (
        "parameters",
        ("transformer",),
        "A transformer block is attention, two dense layers with the hidden units between them, and two norms, each "
        "with a gain and a bias for every feature.",
    ),
)


def sizes(
    work: Work,
    question: Question,
    *,
    columns: Annotated[
        Names,
        options.sizes("shape, parameters unless told; also multiply-adds, activations, memory, receptive field"),
    ] = USUAL_COLUMNS,
) -> Asked:
    """Output shapes, parameters and costs of all layers of a network, each with its arithmetic; no weights needed."""
    sized = work.problem.sizes
    if sized is None:
        raise Mistake('question ask = "sizes" needs [network], with layers or with [[layer]]')
    header: list[Text] = [("layer",)]
    for column in columns:
        header += [_head("jump"), _head("field")] if column == "receptive field" else [_heading(column)]
    rows: list[tuple[Text, ...]] = []
    blanks: set[tuple[int, int]] = set()

    def add(where: str, cells: Sequence[tuple[Text, bool]]) -> None:
        blanks.update((len(rows), 1 + j) for j, (_, blank) in enumerate(cells) if blank)
        rows.append(((where,), *(text for text, _ in cells)))

    for layer in sized.layers:
        add(layer.where, [cell for column in columns for cell in _cells(work, layer, column)])
    costs = [role for column in columns for role in COLUMNS[column] if role in COSTS]
    if costs:
        nothing: tuple[Text, bool] = ((), False)
        of_all = [[(_of(work, role), True)] if role in costs else [nothing] * wide for role, wide in _places(columns)]
        add("in all", [cell for cells in of_all for cell in cells])
    working = (Paragraph(tuple(_given(work))), *_working(work, columns, costs))
    return Asked(
        (f"Give for every layer {_listed([_ASKED[column] for column in columns])}{', and in all' * bool(costs)}.",),
        (
            Table(tuple(header), tuple(rows), cells=frozenset(blanks)),
            Answer(working, room(2 * len(sized.layers), 0.5), fades=True),
        ),
    )


def network_given(work: Work) -> Iterator[Block]:
    """What a sheet gives where sizes are asked: the layers with their numbers, the letters, and what is understood."""
    sized = work.problem.sizes
    assert sized is not None
    example = shape(work, sized.inputs.values())
    yield Paragraph(("The layers of a network. One example is ", example, _INPUTS[tuple(sized.inputs)]))
    layers = tuple(((layer.where,), (said(work, layer),)) for layer in sized.layers)
    yield Table((("layer",), ("what it does",)), layers)
    used = {role for layer in sized.layers for role in layer.lines}
    columns = [column for column, roles in COLUMNS.items() if used.intersection(roles)]
    yield Paragraph(tuple(_letters(work, columns)))
    if words := " ".join(_conventions(sized.layers, columns)):
        yield Paragraph((words.replace("{bytes}", digits(work, "bytes")) if "bytes" in work.values else words,))


def _conventions(layers: Sequence[Sized], columns: Sequence[str]) -> Iterator[str]:
    kinds = {layer.kind for layer in layers}
    for column in columns:
        yield from (words for of, those, words in _OF_KINDS if of == column and kinds.intersection(those))
        if column in _CONVENTIONS:
            yield _CONVENTIONS[column]


def _of(work: Work, name: str) -> Text:
    return (Number(digits(work, name)),)


def _heading(column: str) -> Text:
    if column == "shape":
        return ("output",)
    (role,) = COLUMNS[column]
    return (f"{column} ", _letter(role))


def _head(role: str) -> Text:
    return (f"{LETTERS[role][1]} ", _letter(role))


def _letter(role: str) -> Maths:
    return parse_latex(LETTERS[role][0])


def _places(columns: Sequence[str]) -> Iterator[tuple[str, int]]:
    """What stands in the columns, and how many they are."""
    for column in columns:
        yield (COLUMNS[column][0], 1) if column != "receptive field" else ("", 2)


def _cells(work: Work, layer: Sized, column: str) -> list[tuple[Text, bool]]:
    """What stands in a column, and whether it is to be filled in."""
    if column == "shape":
        own = [name for role, name in layer.lines.items() if role in LENGTHS]
        return [((shape(work, own),), True) if own else (("same",), False)]
    if column != "receptive field":
        name = layer.lines.get(COLUMNS[column][0])
        return [(_of(work, name), True) if name else ((), False)]
    if layer.sees:
        return [((), False), ((_SEES[layer.sees],), False)]
    fields = [name for role, name in layer.lines.items() if role.startswith("field")]
    jump = layer.lines.get("jump")
    return [(_of(work, jump), True) if jump else ((), False), ((shape(work, fields),), True)]


def _working(work: Work, columns: Sequence[str], costs: Sequence[str]) -> Iterator[Block]:
    """The arithmetic, layer by layer: of the lines that are asked, and of those that they need."""
    sized = work.problem.sizes
    assert sized is not None
    needed = {*sized.asked(columns)}
    for equation in reversed(work.network.equations):
        if equation.name in needed:
            needed |= {name.name for name in names_in(equation.rhs)}
    for layer in sized.layers:
        own = [name for name in layer.lines.values() if name in needed]
        if work.is_faded:  # a line without a number to put in would tell its answer
            own = [name for name in own if names_in(work.network.by_name[name].rhs)]
        if own:
            yield Paragraph((f"Layer {layer.where}, {said(work, layer)}:",))
            yield Working(tuple(_line(work, name) for name in own))
    if costs:
        yield Paragraph(("In all:",))
        yield Working(tuple(_line(work, role) for role in costs))


def _line(work: Work, name: str) -> Line:
    equation = work.network.by_name[name]
    return work.three_forms(work.names.node(name), equation.rhs, work.values[name])


def _letters(work: Work, columns: Sequence[str]) -> Iterator[str | Maths]:
    """What the letters stand for, and what the numbers are called in answers."""
    sized = work.problem.sizes
    assert sized is not None
    used = {role for layer in sized.layers for role in layer.lines}
    asked = [role for column in columns for role in COLUMNS[column] if role in used]
    named = next((layer.lines[role] for role in asked for layer in sized.layers if role in layer.lines), "")
    yield "Letters: "
    yield from _called(asked)
    if named:
        yield "; the number of the layer stands below. In answers "
        yield work.names.node(named)
        yield f" is called {named}, and so on."


def _given(work: Work) -> Iterator[str | Maths]:
    """What the letters of the working stand for that the question does not use."""
    sized = work.problem.sizes
    assert sized is not None
    roles = dict.fromkeys(role for layer in sized.layers for role in layer.numbers)
    roles |= dict.fromkeys(role for layer in sized.layers for role in layer.lines if role == "hidden")
    for role in ("bytes",) if "bytes" in sized.given else ():
        roles[role] = None
    yield "In the working "
    yield from _called(roles)
    yield "."


def _called(roles: Iterable[str]) -> Iterator[str | Maths]:
    """C channels, H height, …; the side of a kernel and that of a pool are one letter."""
    for i, (letter, words) in enumerate(dict.fromkeys(LETTERS[role] for role in roles)):
        yield ", " * (i > 0)
        yield parse_latex(letter)
        yield f"\u00a0{words}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
