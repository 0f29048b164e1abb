"""A Jupyter notebook that runs from top to bottom: the exercise in its first cell, then question by question.

The student's has a cell to work in under every question, and one that checks what was typed: it computes the answers
from the exercise, which the notebook carries with it, and holds none.  The key has the derivation there, and a cell in
which symnet computes the same numbers.  Nothing in it depends on when it was written: the same sheet is the same file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symnet.algebra.mistakes import NotInstalled
from symnet.ours import MARK
from symnet.paper.document import Answer, Block, Document, Folded, Heading, Space, Task
from symnet.paper.formats import markdown
from symnet.paper.python_text import quoted

ENDINGS = (".ipynb",)
CANNOT = ("logo", "paper", "size", "columns", "room")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "generator": MARK,
}


@dataclass(frozen=True)
class Cell:
    """Markdown or Python."""

    kind: str
    text: str


@dataclass
class _Part:
    """What belongs together: the blocks before the first question, or a question and its answer."""

    exercise: Any  # the Exercise, where there is one
    task: Task | None = None
    blocks: list[Block] = field(default_factory=list)

    @property
    def questions(self) -> Sequence[Any]:
        return () if self.exercise is None else self.exercise.in_code().questions


def render(document: Document) -> str:
    v4, validate, writes = _nbformat()
    make = {"markdown": v4.new_markdown_cell, "code": v4.new_code_cell}
    found = [make[cell.kind](cell.text, id=f"cell-{i}") for i, cell in enumerate(_cells(document), 1)]
    notebook = v4.new_notebook(cells=found, metadata={**_METADATA, "title": " ".join(document.title.split())})
    validate(notebook)
    return f"{writes(notebook)}\n"


def _nbformat() -> tuple[Any, Any, Any]:
    try:
        import nbformat
    except ImportError:
        raise NotInstalled("nbformat", "notebook") from None
    return nbformat.v4, nbformat.validate, nbformat.writes


def _cells(document: Document) -> Iterator[Cell]:
    is_key = bool(document.note)
    yield Cell("markdown", markdown.render(replace(document, blocks=())).strip())
    if document.exercise is not None:
        yield Cell("code", document.exercise.in_code().setup(is_key))
    parts = list(_parts(document))
    named = "exercise"
    asked = exercises = before = 0
    for part, after in zip(parts, (*parts[1:], None), strict=True):
        if part.task is not None:
            yield from _question(part, asked, before, named, is_key)
            asked += 1
        elif _begins(part) and part.exercise is not None:
            exercises, before, asked = exercises + 1, before + asked, 0
            named = f"exercise_{exercises}"  # its questions are checked with it in whatever order cells are run
            yield from _markdown(part.blocks[:1])
            yield Cell("code", part.exercise.in_code().setup(is_key) + f"\n{named} = exercise" * (not is_key))
            yield from _markdown(part.blocks[1:])
        else:
            yield from _markdown(part.blocks)
        if part.exercise is not None and part.exercise.trains and (after is None or _begins(after)):
            yield from _training(part.exercise)


def _begins(part: _Part) -> bool:
    """Whether the part starts with the heading of one exercise among several."""
    return bool(part.blocks) and isinstance(part.blocks[0], Heading) and part.blocks[0].exercise is not None


def _parts(document: Document) -> Iterator[_Part]:
    part = _Part(document.exercise)
    for block in document.blocks:
        begins = isinstance(block, Heading) and block.exercise is not None
        if begins or isinstance(block, Task):
            if part.blocks:
                yield part
            exercise = block.exercise if isinstance(block, Heading) else part.exercise
            part = _Part(exercise, block if isinstance(block, Task) else None)
        part.blocks.append(block)
    if part.blocks:
        yield part


def _markdown(blocks: Iterable[Block]) -> Iterator[Cell]:
    """One cell of Markdown; room to write in is not needed where there are cells to work in."""
    text = markdown.render_blocks(tuple(block for block in blocks if not isinstance(block, Space)))
    if text:
        yield Cell("markdown", text)


def _question(part: _Part, asked: int, before: int, named: str, is_key: bool) -> Iterator[Cell]:
    """A question and its cells: it is the one after ``asked`` others of the exercise and ``before`` of earlier ones."""
    assert part.task is not None
    answers = [block for block in part.blocks if isinstance(block, (Answer, Folded))]
    yield from _markdown(block for block in part.blocks if block not in answers)
    question = part.questions[asked : asked + 1]
    if not is_key:
        names = part.exercise.in_code().asked_for(question[0]) if question else ()
        own = [before + k + 1 for k in range(asked + 1)]
        yield Cell("code", _to_fill_in(part.task.number, names, own[-1]))
        if names and part.exercise is not None:
            asking = zip(own, part.questions, strict=False)
            yield Cell("code", _to_check(named, [k for k, other in asking if part.exercise.in_code().asked_for(other)]))
        return
    yield from _markdown(answers)
    calls = part.exercise.in_code().calls(question[0]) if question else ""
    if calls:
        yield Cell("code", calls)


# -- cells of a question ----------------------------------------------------------------------------------------------


def _to_fill_in(number: int, names: Sequence[str], own: int) -> str:
    if not names:
        return f"# Question {number}: your working"
    rows = "".join(f"    {quoted(name)}: None,\n" for name in names)
    remark = f"# Question {number}: a number, or a formula in Python, in the place of each None"
    return f"{remark}\nanswers_{own} = {{\n{rows}}}"


def _to_check(exercise: str, own: Sequence[int]) -> str:
    """The cell that says which answers are right, with the earlier ones, from which mistakes may be carried forward."""
    answers = ", ".join(f"**answers_{k}" for k in own)
    return (
        "# Which are right? This says the slip behind a wrong number, but not the right one.\n"
        f"filled_in = {{name: number for name, number in {{{answers}}}.items() if number is not None}}\n"
        "if filled_in:\n"
        f"    print(symnet.check({exercise}, filled_in).as_text(hide=True))"
    )


# -- training ---------------------------------------------------------------------------------------------------------


def _training(exercise: Any) -> Iterator[Cell]:
    """Training itself, which no sheet does."""
    plan = exercise.plan
    how_long = f"{plan.steps:,} updates" if plan.steps is not None else f"{plan.epochs:,} epochs"
    csv = tomllib.loads(exercise.source).get("data", {}).get("csv")
    beside = f" It reads {csv}, which must lie beside this notebook." if isinstance(csv, str) else ""
    remark = f"The next cell trains, for {how_long}: this can take a while, with large networks minutes.{beside}"
    yield Cell("markdown", markdown.escape(remark))
    report = '\nprint("the loss before the first and the last update:", run.losses[0], run.losses[-1])'
    yield Cell("code", "run = exercise.train()" + (report if plan.steps != 0 else ""))
    figures = "%matplotlib inline\nfor figure in exercise.plan.figures(run).values():\n    display(figure)"
    yield Cell("code", figures)
