"""Writes the page: the student's sheet with a field for every number, and the script that works the exercise."""

from __future__ import annotations

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import Equation, symbol
from symnet.algebra.mistakes import Mistake
from symnet.classroom.export.bank import worth_of
from symnet.classroom.variants.roster import counted
from symnet.classroom.variants.sampling import codes, sampler_of
from symnet.computing.javascript import variable
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.exercises.exercise import Exercise
from symnet.files import check_place, write_all
from symnet.notation.names import Names
from symnet.page.asked import Asked, asked_of, behind
from symnet.page.fields import Fields
from symnet.page.grids import grids, keys_in
from symnet.page.programs import Programs, check_numbers, numbers_of
from symnet.page.sheets import Printed, blocks_of, different, packed
from symnet.page.walks import walks
from symnet.paper.document import hide
from symnet.paper.formats import html
from symnet.sheets.worksheet import document, solution_of
from symnet.waiting import Step, silent
from symnet.working.rows import parted
from symnet.working.work import Work

SCRIPTS = (
    "arithmetic.js",
    "downstream.js",
    "judging.js",
    "grids.js",
    "practice.js",
    "walk.js",
    "figure.js",
    "explore.js",
)
VARIANTS = 30
_DIGITS = 12


def write_page(
    exercise: Exercise, path: Path, variants: int = VARIANTS, salt: str | None = None, step: Step = silent
) -> tuple[str, ...]:
    """Write the page of an exercise; gives what is to be said about it.  Raises Mistake where it cannot have one."""
    check_place(path)
    secret = secrets.token_hex(4) if salt is None else salt
    try:
        text, remarks = page(exercise, variants, secret, step)
    except Mistake as mistake:
        said = str(mistake)
        raise Mistake(said if said.startswith(f"{exercise.name}: ") else f"{exercise.name}: {said}") from None
    write_all({path: text})
    if salt is None and variants:
        remarks = (*remarks, f"no --salt was given, so one was made up; the same variants again: --salt {secret}")
    return remarks


def page(
    exercise: Exercise, variants: int = VARIANTS, salt: str = "", step: Step = silent
) -> tuple[str, tuple[str, ...]]:
    """The page of an exercise, and remarks."""
    if exercise.trains and not exercise.questions:
        raise Mistake("it is for symnet train; a page is for exercises that are worked by hand")
    problem = exercise.problem
    check_numbers(problem)
    if "__proto__" in problem.network.by_name:
        raise Mistake("__proto__ means something of its own in a page; give the equation another name")
    asked = [*asked_of(exercise)] or [*behind(exercise)]
    if not asked:
        raise Mistake("its questions ask for no number that could be typed; symnet worksheet gives the sheet")
    keys = [key for _, _, found in asked for key in found]
    names = Names((*problem.network.names, *problem.state), exercise.notation)
    solution = solution_of(exercise, _DIGITS)
    work = Work(solution, names, _DIGITS)
    drawn, remarks = _drawn(exercise, variants, salt, step)
    fields = Fields(work)
    programs = Programs(problem, Hypotheses(problem, keys))
    sheets = [blocks_of(one, _DIGITS) for one in (exercise, *drawn)]
    payload = _payload(fields, programs, asked, [exercise, *drawn]) | packed(sheets)
    script = "\n".join((f"const PAGE={_as_json(payload)};", programs.script(), *map(_file, SCRIPTS)))
    return _made(exercise, sheets, script), remarks


def _drawn(exercise: Exercise, count: int, salt: str, step: Step) -> tuple[list[Exercise], tuple[str, ...]]:
    """The variants of students 1, 2, 3, …: those of ``symnet worksheet --variants`` with the same salt."""
    if not count:
        return [], ()
    students = [student.drawn_for for student in counted(count).students]
    try:
        sampler = sampler_of(exercise)
        code = codes(sampler, students, salt)
        found = []
        for student in students:
            found.append(sampler.variant(student, salt, len(code[student])).exercise)
            step()
    except Mistake as mistake:
        return [], (f"without new numbers: {mistake}",)
    different = {repr(numbers_of(one.problem)): one for one in reversed(found)}
    return list(reversed(different.values())), ()


def _payload(
    fields: Fields,
    programs: Programs,
    asked: Sequence[Asked],
    variants: Sequence[Exercise],
) -> dict[str, Any]:
    """All that the script knows of the exercise."""
    problem = fields.problem
    keys = [key for _, _, found in asked for key in found]
    worth = worth_of([(question, found) for _, question, found in asked], variants[0])
    order = fields.all_keys(keys)
    names = programs.names(order)
    tables = [grids(question, found, fields) for _, question, found in asked]
    # In the cells of a table one goes on from row to row.
    placed = [[key for grid in found for key in keys_in(grid)] for found in tables]
    order = [key for key in order if key in names["keys"]]
    explored = [key for key in fields.all_keys((parted(key) or (key, 0))[0] for key in keys) if key in names["keys"]]
    lines = {key: line for key in (*order, *explored) if (line := fields.line(key)) is not None}
    for key in lines.keys() & problem.network.by_name.keys():
        slopes = local_derivatives(problem.network.by_name[key])
        if len(slopes) == 1 and fields.is_unit(key):
            lines[key]["unit"] = programs.line(Equation(symbol(f"slope of {key}"), next(iter(slopes.values()))))
    labels = {key: fields.label(key) for key in order}
    found = {
        "schema": "symnet.page/1",
        "id": sha256(f"{variants[0].name}{[numbers_of(v.problem) for v in variants]}".encode()).hexdigest()[:16],
        "whole": problem.sizes is not None,
        "right": programs.right,
        "slips": programs.slips,
        "names": names,
        "order": order,
        "explored": explored,
        "inputs": fields.inputs(order),
        "asked": [
            [number, [*dict.fromkeys((*cells, *found))], grid]
            for (number, _, found), cells, grid in zip(asked, placed, tables, strict=True)
        ],
        "points": {key: round(float(worth[key]), 6) for key in keys},
        "labels": {key: label[0] for key, label in labels.items()},
        "after": {key: label[2] for key, label in labels.items()},
        "rules": {key: fields.rule(key) for key in keys if key not in lines},
        "said": {key: label[1] for key, label in labels.items()},
        "lines": lines,
        "walks": walks(fields, {key: lines[key] for key in explored if key in lines}),
        "given": [[*_named_numbers(problem.given, fields)], [*_named_numbers(problem.start, fields)]],
        "variants": [{"code": one.variant_code, **numbers_of(one.problem)} for one in variants],
    }
    return found | {"maths": fields.formulas.maths, "reads": fields.formulas.reads}


def _named_numbers(values: Mapping[str, Fraction], fields: Fields) -> Iterator[list[Any]]:
    for name in values:
        yield [variable(name), fields.printed(fields.work.names.node(name)), name]


def _made(exercise: Exercise, sheets: Sequence[Sequence[Printed]], script: str) -> str:
    parts = []
    for i, block in enumerate(sheets[0]):
        varies = any(i in different(sheets[0], other) for other in sheets[1:])
        question = f' data-q="{block.question}"' if block.question else ""
        parts.append(f'<div data-b="{i}"{question}>{block.text}</div>' if varies or question else block.text)
    # As an attribute of its own it is not run: where it is refused, the page is the static sheet.
    digest = b64encode(sha256(script.encode()).digest()).decode()
    shown = hide(document(exercise, solution_of(exercise, _DIGITS), 6))
    return html.page(
        replace(shown, note=""),
        "\n".join((*parts, f"<script>{script}</script>", '<span id="ready"></span>')),
        style=_file("page.css"),
        policy=f"script-src 'sha256-{digest}'",
        awaited="ready",
    )


def _file(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _as_json(payload: dict[str, Any]) -> str:
    """JSON that stands in a script: neither its end nor a comment can be written in a name."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return re.sub("<(?=[!/sS])", r"\\u003c", text).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
