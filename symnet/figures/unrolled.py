"""A recurrence unrolled in time: a cell for every step, with the same weights on its arrows.

     y₁        y₂        y₃
     ↑ v       ↑ v       ↑ v
h₀ → [h₁] ─u→ [h₂] ─u→ [h₃]
     ↑ w       ↑ w       ↑ w
     x₁        x₂        x₃
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sympy import preorder_traversal

from symnet.algebra.entries import lowered
from symnet.algebra.equations import Equation, Expr, Symbol, names_in
from symnet.algebra.indices import At, indices_for
from symnet.algebra.matrices import shape_of
from symnet.algebra.plurals import counted
from symnet.algebra.stopping import truncated
from symnet.notation.entries import with_index
from symnet.notation.maths import COMMA, Maths, Number, Word, joined, row
from symnet.paper.document import Figure
from symnet.paper.drawing import Box, Circle, Drawing, Label, Mark, Stroke
from symnet.paper.lettering import width_of
from symnet.paper.printing.text import maths as text_of
from symnet.working.work import Work

MOST_STEPS = 5  # that are all drawn; of more the first two, dots and the last
SIZE = 9.0
_RADIUS, _HIGH, _UP, _ALONG, _EDGE = 12.0, 26.0, 24.0, 40.0, 3.0


@dataclass(frozen=True)
class Recurrence:
    """``states`` are carried from step to step; ``inputs`` come in at every one, ``outputs`` are made of the states.

    The weights are those that multiply what goes along the arrows: into a cell, on to the next, out of it.
    ``pieces`` says after how many steps the gradient stops each time, 0 where it never does.  The ``unweighted``
    states go on without a weight, as the cell of an LSTM does.
    """

    steps: int
    states: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    into: tuple[str, ...]
    on: tuple[str, ...]
    out: tuple[str, ...]
    pieces: int = 0
    unweighted: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Line:
    """An equation for one entry, with what it reads at which step: (the name, how many steps later)."""

    name: str
    steps: int
    body: Expr
    reads: tuple[tuple[str, int], ...]


def recurrence_of(work: Work) -> Recurrence | None:
    """The recurrence of an exercise that has one, forward in time."""
    lines = [line for line in map(_line, work.problem.whole) if line is not None]
    states = tuple(dict.fromkeys(name for line in lines for name, later in line.reads if later == -1))
    if not states or any(later > 0 for line in lines for _, later in line.reads):
        return None
    cell = _leading_to([line for line in lines if line.name in states], lines)
    made = {line.name for line in cell}
    if not {*states} <= made or len({line.steps for line in cell}) > 1:
        return None
    parameters = {name.name for name in _parameters(work)}
    known = {equation.name for equation in work.problem.whole} | parameters
    inputs = tuple(dict.fromkeys(n for line in cell for n, later in line.reads if later == 0 and n not in known))
    out = [
        line for line in lines if line.name not in made and any(n in states for n, later in line.reads if later == 0)
    ]
    return Recurrence(
        cell[0].steps,
        states,
        inputs,
        tuple(line.name for line in out),
        _weights(cell, inputs, 0, parameters),
        _weights(cell, states, -1, parameters),
        _weights(out, states, 0, parameters),
        next((int(stop.args[2]) for line in cell for stop in line.body.atoms(truncated)), 0),
        tuple(state for state in states if not _weights(cell, (state,), -1, parameters)),
    )


def _parameters(work: Work) -> Iterator[Symbol]:
    owner = work.problem.array_of
    names = {owner.get(name, name) for name in work.problem.start}
    for equation in work.problem.whole:
        yield from (name for name in names_in(equation.rhs) if name.name in names)


def _line(equation: Equation) -> _Line | None:
    shape = shape_of(equation.lhs)
    if not shape:
        return None
    own = indices_for(shape)
    body = lowered(equation.rhs, own)
    reads = []
    for at in body.atoms(At):
        later = at.places[0] - own[0] if at.places else None
        if later is not None and later.is_Integer:
            reads.append((at.array.name, int(later)))
    order = [name.name for name in names_in(body)]
    reads.sort(key=lambda read: order.index(read[0]) if read[0] in order else 0)
    return _Line(equation.name, int(shape[0]), body, tuple(reads))


def _leading_to(wanted: Sequence[_Line], lines: Sequence[_Line]) -> list[_Line]:
    """These lines and those that they read at the same step or before."""
    names = {line.name for line in wanted}
    known = -1
    while known < len(names):
        known = len(names)
        names |= {name for line in lines if line.name in names for name, _ in line.reads}
    return [line for line in lines if line.name in names]


def _weights(lines: Sequence[_Line], of: Sequence[str], later: int, parameters: set[str]) -> tuple[str, ...]:
    """The parameters that multiply one of these names at that step."""
    found: dict[str, None] = {}
    for line in lines:
        if any((name, later) in line.reads for name in of):
            for part in preorder_traversal(line.body):
                names = [name.name for name in names_in(part)] if part.is_Mul else []
                if any(name in of for name in names) and not any(f.is_Add for f in part.args):
                    found |= dict.fromkeys(name for name in names if name in parameters)
    return tuple(found)


# -- the picture ------------------------------------------------------------------------------------------------------


def unrolled_figure(work: Work, found: Recurrence) -> Figure:
    """The cells of all steps beside one another."""
    return Figure(partial(_drawing, work, found), _words(work, found))


def _drawing(work: Work, found: Recurrence) -> Drawing:
    steps = list(range(1, found.steps + 1))
    shown: list[int | None] = [*steps] if found.steps <= MOST_STEPS else [1, 2, None, found.steps]
    into, on, out = (_listed(work, names) for names in (found.into, found.on, found.out))
    cell = max(30.0, *(_wide(_at(work, found.states, step)) + 12 for step in steps))
    along = max(_ALONG, _wide(on) + 18)
    ends = [_at(work, names, step) for names in (found.inputs, found.outputs) for step in steps]
    radius = max(_RADIUS, *(_wide(end) / 2 + 4 for end in (_at(work, found.states, 0), *ends)))
    y = _EDGE + (2 * radius + _UP + _HIGH / 2 if found.outputs else max(radius, _HIGH / 2))
    x = _EDGE + radius + along + cell / 2
    marks: list[Mark] = [*_circle(_EDGE + radius, y, radius, _at(work, found.states, 0))]
    marks.append(Stroke(_EDGE + 2 * radius, y, x - cell / 2, y, arrow=True))
    right = x
    for i, step in enumerate(shown):
        if i:
            right = x + cell / 2 + along + (cell / 2 if step is not None else 6)
            marks.append(
                Stroke(
                    x + (cell / 2 if shown[i - 1] is not None else 6),
                    y,
                    right - (cell / 2 if step else 6),
                    y,
                    arrow=True,
                )
            )
            if found.pieces and step is not None and shown[i - 1] == step - 1 and (step - 1) % found.pieces == 0:
                marks += _cut(right - cell / 2 - along, y)
        x = right
        if step is None:
            marks.append(Label(x, y, "…", size=SIZE))
            continue
        middle = x - cell / 2 - along / 2 if i else _EDGE + 2 * radius + (along - radius) / 2
        if on is not None:
            marks.append(Label(middle, y - 7, on, size=SIZE))
        marks.append(Box(x - cell / 2, y - _HIGH / 2, cell, _HIGH))
        marks.append(Label(x, y, _at(work, found.states, step), size=SIZE))
        below = y + _HIGH / 2 + _UP
        if found.inputs:
            marks.append(Stroke(x, below, x, y + _HIGH / 2, arrow=True))
            marks += _circle(x, below + radius, radius, _at(work, found.inputs, step))
            marks += _beside(x, below - _UP / 2, into)
        if found.outputs:
            marks.append(Stroke(x, y - _HIGH / 2, x, y - _HIGH / 2 - _UP, arrow=True))
            marks += _circle(x, y - _HIGH / 2 - _UP - radius, radius, _at(work, found.outputs, step))
            marks += _beside(x, y - _HIGH / 2 - _UP / 2, out)
    bottom = _EDGE + y + (_HIGH / 2 + _UP + 2 * radius if found.inputs else max(radius, _HIGH / 2))
    beside = (_wide(label) + 4 for label in (into, out))
    return Drawing(x + max(cell / 2, radius, *beside) + _EDGE, bottom, tuple(marks))


def _cut(x: float, y: float) -> Iterator[Mark]:
    """Two strokes across the beginning of an arrow, over which no gradient goes back."""
    for left in (x + 2.5, x + 5.5):
        yield Stroke(left, y + 6, left + 3, y - 6)


def _circle(x: float, y: float, radius: float, text: Maths) -> Iterator[Mark]:
    yield Circle(x, y, radius)
    yield Label(x, y, text, size=SIZE)


def _beside(x: float, y: float, text: Maths | None) -> Iterator[Mark]:
    if text is not None:
        yield Label(x + 4, y, text, "right", size=SIZE)


def _wide(text: Maths | None) -> float:
    return 0.0 if text is None else width_of(text) * SIZE


def _at(work: Work, names: Sequence[str], step: int) -> Maths:
    """h₂, or c₂, h₂."""
    if step == 0:
        given = [work.names.node(f"{name}0") for name in names if f"{name}0" in _known(work)]
        return joined(given, COMMA) if given else Number("0")
    return joined([with_index(work.names.node(name), str(step)) for name in names], COMMA) if names else Word("")


def _known(work: Work) -> set[str]:
    return {*work.network.names, *work.problem.arrays}


def _listed(work: Work, names: Sequence[str]) -> Maths | None:
    return joined([work.names.node(name) for name in names], COMMA) if names else None


def _words(work: Work, found: Recurrence) -> str:
    def said(names: Sequence[str]) -> str:
        return ", ".join(text_of(row(work.names.node(name))) for name in names)

    def come(names: Sequence[str]) -> str:
        return f"{said(names)} come{'s' * (len(names) == 1)}"

    into = f" {come(found.inputs)} in" + (f" by {said(found.into)}" if found.into else "") if found.inputs else ""
    weighted = [name for name in found.states if name not in found.unweighted] or found.states

    def go(names: Sequence[str]) -> str:
        return f"{said(names)} go{'es' * (len(names) == 1)} on"

    on = f"; {go(weighted)} to the next step" + (f" by {said(found.on)}" if found.on else "")
    if len(weighted) < len(found.states):
        on += f", and {go(found.unweighted)} without a weight"
    out = f"; {come(found.outputs)} out" + (f" by {said(found.out)}" if found.out else "") if found.outputs else ""
    cuts = [f"{step} and {step + 1}" for step in range(found.pieces, found.steps, found.pieces or found.steps)]
    cut = f"; no gradient goes back between steps {', '.join(cuts)}" if found.pieces and cuts else ""
    return f"{counted(found.steps, 'step')} of a recurrent network with the same weights:{into}{on}{out}{cut}."
