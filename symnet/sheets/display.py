"""What Jupyter shows of symnet's objects: the maths of a sheet, as HTML on screen and as LaTeX on paper.

Every object that ``ShowsAsMaths`` gives one bundle of the same blocks in four notations, of which a front end takes
what it likes best: a notebook HTML with MathML, nbconvert's PDF LaTeX, a terminal plain text.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import takewhile
from typing import assert_never

from symnet.algebra.equations import Equation, Equations, names_in, partial_parts, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER, Optimizer
from symnet.algebra.plurals import counted
from symnet.algebra.shows_as_maths import ShowsAsMaths
from symnet.computing.exact import Value
from symnet.exercises.exercise import Exercise
from symnet.notation.equations import EquationTypesetter
from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, row
from symnet.notation.matrices import MatrixTypesetter
from symnet.notation.names import Names
from symnet.notation.typesetter import given_number, number
from symnet.paper import foreign
from symnet.paper.breaking import pieces, rows_of, width
from symnet.paper.document import (
    Answer,
    Beside,
    Block,
    Code,
    Display,
    Document,
    Figure,
    Folded,
    Heading,
    Items,
    Paragraph,
    Space,
    Table,
    Task,
    Terms,
    Text,
    Working,
    fold,
)
from symnet.paper.printing.latex import escape, maths
from symnet.paper.printing.tex import SIGNS
from symnet.questions.pieces import Question, between, derived
from symnet.sheets.worksheet import Worksheet, document
from symnet.working.derivation import Gradient
from symnet.working.solution import Solution, solve

ROOM = 70  # letters of maths on a line
LONGEST = 20  # lines of working in one formula, which no page can end within
MOST = 200  # equations or numbers; nobody reads more, and pages grow slow
DIGITS = 6


def bundle(
    shown: ShowsAsMaths, include: Container[str] | None = None, exclude: Container[str] | None = None
) -> dict[str, str]:
    """{kind of text: the object in it}, of the kinds that are wanted."""
    wanted = [k for k in _kinds() if (include is None or k in include) and (exclude is None or k not in exclude)]
    blocks = tuple(blocks_of(shown)) if wanted else ()
    texts = {kind: _kinds()[kind](blocks) for kind in wanted}
    if "text/plain" in texts and isinstance(shown, (Exercise, Worksheet, Document)):
        texts["text/plain"] = repr(shown)  # a sheet is long for a terminal; print what you need of it
    return texts


@cache
def _kinds() -> dict[str, Callable[[tuple[Block, ...]], str]]:
    # Here, because a format is imported when it is used.
    from symnet.paper.formats import html, markdown, text

    return {
        "text/plain": text._blocks,
        "text/html": html.fragment,
        "text/latex": latex,
        "text/markdown": markdown.render_blocks,
    }


def blocks_of(shown: ShowsAsMaths) -> Iterator[Block]:
    """The object as blocks of a document."""
    match shown:
        case Network():
            yield from _equations(shown.equations)
        case Equations():
            yield from _equations(shown)
        case Equation():
            yield from _equations((shown,))
        case Optimizer():
            yield from _optimizer(shown)
        case Gradient():
            yield from derived(shown)
        case Solution():
            yield from _solution(shown)
        case Exercise():
            yield from _exercise(shown)
        case Worksheet():
            yield from blocks_of(fold(shown.key))
        case Document():
            yield Heading((shown.title,))
            yield from shown.blocks
        case _:
            raise TypeError(f"{type(shown).__name__} is not shown as maths")


def _equations(equations: Sequence[Equation], relation: str = "=") -> Iterator[Block]:
    """The equations as they stand, in the order in which they are computed."""
    shown = equations[:MOST]
    names: dict[str, None] = {}
    for equation in shown:
        for name in (equation.lhs, *names_in(equation.rhs)):
            names |= dict.fromkeys(partial_parts(name.name) or (name.name,))
    for own in (LEARNING_RATE, UPDATE_NUMBER):
        names.pop(own.name, None)
    setter = EquationTypesetter(Names(names), equations)
    yield Working(tuple(setter.line(e, relation) for e in shown))
    yield from _more(len(equations), "equations")


def _more(count: int, what: str) -> Iterator[Block]:
    if count > MOST:
        yield Paragraph((f"and {count - MOST:,} more {what}",))


def _optimizer(optimizer: Optimizer) -> Iterator[Block]:
    """What one update does to a parameter w with the gradient g."""
    w, g = symbol("w"), symbol("g")
    start = optimizer.init(w)
    yield from _equations(optimizer.update(w, g), "←")
    names = Names(("w", "g"))
    setter = MatrixTypesetter(names)
    given = [row(setter.maths(e.lhs), EQUALS, setter.maths(e.rhs)) for e in start]
    if given:
        yield Paragraph(("At the start ", *between(given, ", "), "."))
    if optimizer.learning_rate is not None:
        rate = optimizer.learning_rate
        yield Paragraph((row(names.rate, EQUALS, given_number(Fraction(int(rate.p), int(rate.q)))),))


def _solution(solution: Solution) -> Iterator[Block]:
    """Every number, once before the first update and once at the end."""
    problem = solution.problem
    names = Names((*problem.network.names, *problem.state))

    def cell(values: Mapping[str, Value], name: str) -> Text:
        if name not in values:
            return ()
        places = None if name in given and given[name] == values[name] else problem.places
        return (number(values[name], DIGITS, places),)

    given: dict[str, Value] = {**problem.examples[0], **problem.start}
    before: dict[str, Value] = {**given, **solution.forward}
    loss: Text = ("gradient of ", names.node(problem.loss))
    rows = [((names.node(x),), cell(before, x), cell(solution.gradients, x)) for x in before]
    yield Table((("quantity",), ("value",), loss), tuple(rows[:MOST]))
    yield from _more(len(rows), "quantities")
    if solution.updated:
        after = [((names.node(x),), cell(solution.updated, x)) for x in solution.updated]
        yield Paragraph((f"After {counted(problem.updates, 'update')}:",))
        yield Table((("parameter",), ("value",)), tuple(after[:MOST]))
        yield from _more(len(after), "parameters")
        yield Paragraph(
            (
                row(
                    names.node(problem.loss),
                    EQUALS,
                    number(solution.forward_after[problem.loss], DIGITS, problem.places),
                ),
            )
        )


def _exercise(exercise: Exercise) -> Iterator[Block]:
    """What the exercise gives, without its questions."""
    if exercise.worked is None or (exercise.trains and not exercise.questions):
        yield from blocks_of(exercise.worksheet().key)
        return
    try:
        start = solve(replace(exercise.problem, updates=0))
        shown = document(exercise, start, asked=(Question("forward"),))
        yield Heading((shown.title,))
        yield from takewhile(lambda block: not isinstance(block, Task), shown.blocks)
    except Mistake:  # no numbers: a logarithm of 0, say
        yield Heading((exercise.title,))
        yield from _equations(exercise.problem.network.equations)


# -- LaTeX ------------------------------------------------------------------------------------------------------------


def latex(blocks: Iterable[Block]) -> str:
    """Blocks in LaTeX for someone else's document, with amsmath and nothing more."""
    return foreign.framed("\n\n".join(filter(None, map(_latex, blocks))))


def _latex(block: Block) -> str:
    match block:
        case Heading(text):
            return rf"\textbf{{{_words(text)}}}"
        case Paragraph(text):
            return _words(text)
        case Items(items):
            return r" \\ ".join(f"{mark} {_words(item)}" for mark, item in zip(block.marks, items, strict=True))
        case Task(number, text, points):
            worth = f" ({escape(points)} point{'s' * (points != '1')})" if points else ""
            return rf"\textbf{{{number}.}} {_words(text)}{worth}"
        case Display(formula):
            return _formula([rf"& {maths(part)}" for part in pieces(formula, ROOM, width)])
        case Working(lines):
            rows = [text for line in lines for text in _rows(line)]
            return "\n\n".join(_formula(rows[i : i + LONGEST]) for i in range(0, len(rows), LONGEST))
        case Beside(parts):
            return "\n\n".join(map(latex, parts))
        case Table():
            return _table(block)
        case Figure():
            return escape(f"[Figure: {block.words}]")
        case Answer(blocks):
            return latex(blocks)
        case Folded() | Space():
            return ""  # what paper cannot unfold is left out
        case Code(code):
            return " \\\\\n".join(rf"\texttt{{{escape(line).replace(' ', '~')}}}" for line in code.split("\n"))
        case Terms(items):
            return "\n\n".join(rf"\texttt{{{escape(term)}}} {escape(said)}" for term, said in items)
        case _:
            assert_never(block)


def _words(text: Text) -> str:
    return "".join(escape(part) if isinstance(part, str) else f"${maths(part)}$" for part in text)


def _formula(rows: Sequence[str]) -> str:
    """Rows aligned at their &; never a lone environment, which some front ends leave as it is."""
    if len(rows) == 1:
        return rf"$\displaystyle {rows[0].replace('& ', '', 1).strip()}$"
    body = " \\\\\n".join(rows)
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"


def _rows(line: Line) -> Iterator[str]:
    rows = list(rows_of(line, ROOM))
    for i, (lhs, steps) in enumerate(rows):
        left = maths(lhs) if lhs is not None else ""
        first, *others = steps
        further = r"\quad +{}" if first[0] else r"\qquad" * (i > 0)
        sign = SIGNS.get(first[0], first[0]) if first[0] not in ("", "+") else further
        right = f"{sign} {maths(first[1])}" + "".join(f" {SIGNS.get(s, s)} {maths(node)}" for s, node in others)
        why = rf" \qquad\text{{({escape(line.why)})}}" if line.why and i + 1 == len(rows) else ""
        yield f"{left} & {right}{why}"


def _table(table: Table) -> str:
    rows = "".join(f"{' & '.join(map(_words, cells))} \\\\\n" for cells in table.rows)
    header = " & ".join(map(_words, table.header))
    columns = "l" * len(table.header)
    return f"\\begin{{tabular}}{{{columns}}}\n{header} \\\\ \\hline\n{rows}\\end{{tabular}}"
