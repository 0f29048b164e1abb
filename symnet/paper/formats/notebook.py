"""A Jupyter notebook that runs from top to bottom: the exercise in its first cell, then question by question.

The student's has a cell to work in under every question, and one that checks what was typed: it computes the answers
from the exercise, which the notebook carries with it, and holds none.  The key has the derivation there, and a cell in
which symnet computes the same numbers.  Nothing in it depends on when it was written: the same sheet is the same file.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symnet.algebra.mistakes import Mistake, NotInstalled
from symnet.exercises.for_students import without_answers
from symnet.ours import MARK
from symnet.paper.document import Answer, Block, Document, Folded, Heading, Space, Task
from symnet.paper.formats import markdown

if TYPE_CHECKING:
    from symnet.exercises.exercise import Exercise
    from symnet.questions import Question
    from symnet.working.problem import Problem

ENDINGS = (".ipynb",)
CANNOT = ("logo", "paper", "size", "columns", "room")
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
    "generator": MARK,
}
# What tells a drawn variant from the exercise in its file; anything else would be another exercise.
_NUMBERS = ("given", "start", "samples", "learning_rate", "state", "updates")


@dataclass(frozen=True)
class Cell:
    """Markdown or Python."""

    kind: str
    text: str


@dataclass
class _Part:
    """What belongs together: the blocks before the first question, or a question and its answer."""

    exercise: Exercise | None
    task: Task | None = None
    blocks: list[Block] = field(default_factory=list)


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
        yield Cell("code", _setup(document.exercise, is_key))
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
            yield Cell("code", _setup(part.exercise, is_key) + f"\n{named} = exercise" * (not is_key))
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
    question = _questions(part.exercise)[asked : asked + 1]
    if not is_key:
        names = _asked_for(part.exercise, question[0]) if question and part.exercise is not None else ()
        own = [before + k + 1 for k in range(asked + 1)]
        yield Cell("code", _to_fill_in(part.task.number, names, own[-1]))
        if names and part.exercise is not None:
            asking = zip(own, _questions(part.exercise), strict=False)
            yield Cell("code", _to_check(named, [k for k, other in asking if _asked_for(part.exercise, other)]))
        return
    yield from _markdown(answers)
    calls = _calls(part.exercise, question[0]) if question and part.exercise is not None else ""
    if calls:
        yield Cell("code", calls)


def _questions(exercise: Exercise | None) -> Sequence[Question]:
    from symnet.exercises.asked import questions_of

    if exercise is None or exercise.worked is None or (exercise.trains and not exercise.questions):
        return ()  # its sheet shows the plan of training; working that by hand could take days
    return questions_of(exercise)


# -- the exercise in a cell -------------------------------------------------------------------------------------------


def _setup(exercise: Exercise, is_key: bool) -> str:
    """The cell that makes ``exercise`` from the text of its file, and in the key its ``solution``."""
    name = Path(exercise.name).name
    source = exercise.source if is_key else without_answers(exercise.source)
    named = f", {_quoted(name)}" if name != "exercise" else ""
    lines = ["import symnet", "", f"exercise = symnet.loads({_literal(source)}{named})"]
    lines += _changes(exercise)
    if is_key and any("solution." in _calls(exercise, question) for question in _questions(exercise)):
        lines.append("solution = exercise.solve()")
    return "\n".join(lines)


def _literal(text: str) -> str:
    """The text as Python reads it, line by line where that can be read by people too."""
    for quotes in ('"""', "'''"):
        for prefix in ("", "r"):
            written = f"{prefix}{quotes}\\\n{text}{quotes}" if not prefix else f"{prefix}{quotes}{text}{quotes}"
            if quotes not in text and _reads_as(written, text):
                return written
    return repr(text)


def _quoted(text: str) -> str:
    written = f'"{text}"'
    return written if _reads_as(written, text) else repr(text)


def _reads_as(written: str, text: str) -> bool:
    try:
        return bool(ast.literal_eval(written) == text) and all(c.isprintable() or c == "\n" for c in written)
    except (SyntaxError, ValueError):
        return False


def _changes(exercise: Exercise) -> list[str]:
    """Lines that give the exercise of the file the numbers of this variant, if it is one."""
    from symnet.exercises.reader import loads

    if exercise.worked is None:
        return []
    if not exercise.source:
        raise Mistake(f"{exercise.name}: a notebook needs the text of the exercise's file; load it from one")
    original = loads(exercise.source, exercise.name).problem
    own = exercise.problem
    different = [f.name for f in fields(own) if getattr(own, f.name) != getattr(original, f.name)]
    if not different:
        return []
    if not set(different) <= set(_NUMBERS):
        raise Mistake(f"{exercise.name}: its {different[0]} is not as in its file, so no notebook can load it")
    values = "".join(f"    {name}={_plain(getattr(own, name))},\n" for name in different)
    return [
        "",
        "# The numbers of this variant:",
        "from dataclasses import replace",
        "from fractions import Fraction",
        "",
        f"problem = replace(\n    exercise.problem,\n{values})",
        "exercise = replace(exercise, worked=problem)",
    ]


def _plain(value: Any) -> str:
    """A number, or names and numbers, as Python reads them."""
    if isinstance(value, tuple):
        return f"({''.join(f'{_plain(item)}, ' for item in value)})"
    return repr(dict(value)) if hasattr(value, "items") else repr(value)


# -- cells of a question ----------------------------------------------------------------------------------------------


def _asked_for(exercise: Exercise, question: Question) -> tuple[str, ...]:
    """What a student answers, named as in ``symnet check``: x3 a value, grad(w13) a gradient, w13 after its update."""
    problem = exercise.problem
    match question.ask:
        case "forward":
            return tuple(e.name for e in problem.network.equations if not question.of or e.name in question.of)
        case "gradient" | "deltas":
            return tuple(f"grad({name})" for name in _names(problem, question))
        case "update":
            names = _updated(problem, question)
            # The question is about the first update; the name alone means the value after all of them.
            return tuple(f"{name}@1" for name in names) if problem.updates > 1 and problem.rules else names
        case "table" | "loss_after":
            from symnet.exercises.asked import (
                asked_keys,  # here, because it goes by worksheets, which import the formats
            )

            return asked_keys(replace(exercise, questions=(question,)))
        case _:
            return ()


def _updated(problem: Problem, question: Question) -> tuple[str, ...]:
    """The parameters whose update is asked for."""
    return tuple(name for name in problem.start if not question.of or name in question.of)


def _names(problem: Problem, question: Question) -> tuple[str, ...]:
    """The names whose gradients are asked for."""
    own = tuple(name.name for name in problem.network.parameters)
    return question.of or own or tuple(name.name for name in problem.network.inputs)


def _to_fill_in(number: int, names: Sequence[str], own: int) -> str:
    if not names:
        return f"# Question {number}: your working"
    rows = "".join(f"    {_quoted(name)}: None,\n" for name in names)
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


def _calls(exercise: Exercise, question: Question) -> str:
    """The calls that give the numbers of the answer."""
    problem = exercise.problem
    match question.ask:
        case "forward":
            return _show("solution", "forward", question.of)
        case "gradient" | "deltas" | "matrix":
            return _show("solution", "gradients", () if question.ask == "matrix" else _names(problem, question))
        case "update" if problem.updates == 1 or not problem.rules:
            return _show("solution", "updated", _updated(problem, question))
        case "update":
            first = "from dataclasses import replace\n\nonce = symnet.solve(replace(exercise.problem, updates=1))\n"
            return first + _show("once", "updated", _updated(problem, question))
        case "training":
            after = _show("solution", "forward_after", (problem.loss,))
            return f"{_show('solution', 'updated', tuple(problem.start))}\n{after}"
        case "derivative" | "nudge":
            of = question.of or (problem.loss,)
            wrt = question.wrt or _names(problem, question)[:1]
            pairs = ", ".join(f"({_quoted(a)}, {_quoted(b)})" for a in of for b in wrt)
            solved = f"derived = symnet.solve(exercise.problem, derivatives=[{pairs}])\n"
            return solved + _show("derived", "derivatives", ())
        case "loss_after":
            return _show("solution", "forward_after", (problem.loss,))
        case "table":
            columns = dict.fromkeys(key.rpartition("@")[0] for key in _asked_for(exercise, question))
            return _show("solution", "cells", tuple(columns))
        case "parameters":
            return "print(exercise.problem.network.parameter_count)"
        case _:
            return ""  # the derivation says it all


def _show(solution: str, what: str, names: Sequence[str]) -> str:
    """The call that prints numbers, wrapped where it is long."""
    arguments = ", ".join(map(_quoted, (what, *names)))
    if len(arguments) < 90:
        return f"{solution}.show({arguments})"
    rows = "".join(f"    {_quoted(argument)},\n" for argument in (what, *names))
    return f"{solution}.show(\n{rows})"


# -- training ---------------------------------------------------------------------------------------------------------


def _training(exercise: Exercise) -> Iterator[Cell]:
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
