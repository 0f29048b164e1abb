"""Question banks for learning platforms.  Each module here writes one kind; its ``TO`` is the name it is asked for by.

A module has ``render(bank)``, which gives the text of the file and a line for each quantity that could not be asked.
To add a format, add a module.
"""

from __future__ import annotations

import secrets
from fractions import Fraction
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.classroom.export.bank import bank_of
from symnet.classroom.export.blanks import Precision
from symnet.classroom.variants.roster import counted
from symnet.classroom.variants.sampling import codes, sampler_of
from symnet.computing import exact
from symnet.exercises.exercise import Exercise
from symnet.files import check_place, write_all
from symnet.toml_tables import number


@cache
def by_name() -> dict[str, ModuleType]:
    """{"moodle": the module that writes it, …}."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    return {module.TO: module for module in modules if hasattr(module, "TO")}


def check_name(to: str) -> None:
    """Raises Mistake for what no module writes."""
    if to not in by_name():
        raise Mistake(f"--to is {shown(to)}{suggestion(to, by_name())}")


def tolerance_of(said: str | None) -> Fraction | None:
    """How far an answer may be off, exactly; raises Mistake for what is no positive number."""
    if said is None:
        return None
    try:
        tolerance = number(said, "--tolerance")
    except Mistake:
        tolerance = Fraction(0)
    if not Fraction(1, 10**12) <= tolerance <= 10**12:
        raise Mistake(f"--tolerance is {shown(said)}; it must be a positive number, such as 0.01")
    return exact.as_fraction(exact.decimal(tolerance, 6))


def export(
    exercise: Exercise,
    path: Path,
    to: str,
    variants: int = 1,
    salt: str | None = None,
    digits: int = 4,
    tolerance: Fraction | None = None,
) -> tuple[str, ...]:
    """Write the bank of an exercise; gives what is to be said about it.

    One variant has the file's own numbers; several have those of the papers that ``symnet worksheet --variants`` gives
    with the same salt.  Answers must be right to ``digits`` significant digits, or within ``tolerance``.
    """
    check_name(to)
    check_place(path)
    try:
        if exercise.trains and not exercise.questions:
            raise Mistake("it is for symnet train; there is nothing to work by hand, and nothing to fill in")
        places = exercise.problem.places
        precision = Precision(digits, places if tolerance is None else None, tolerance)
        chosen, remarks = ([exercise], []) if variants == 1 else _drawn(exercise, variants, salt)
        bank = bank_of(exercise, chosen, precision)
        text, left_out = by_name()[to].render(bank)
    except Mistake as mistake:
        said = str(mistake)
        raise Mistake(said if said.startswith(f"{exercise.name}: ") else f"{exercise.name}: {said}") from None
    write_all({path: text})
    return (*remarks, *(f"not asked: {line}" for line in (*bank.left_out, *left_out)))


def _drawn(exercise: Exercise, count: int, salt: str | None) -> tuple[list[Exercise], list[str]]:
    """The variants of students 1, 2, 3, …, without those that have the numbers of one before them, and remarks."""
    secret = secrets.token_hex(8) if salt is None else salt
    students = [student.drawn_for for student in counted(count).students]
    code = codes(sampler_of(exercise), students, secret)
    variants = [sampler_of(exercise).variant(student, secret, len(code[student])) for student in students]
    different = {tuple(variant.numbers.values()): variant.exercise for variant in reversed(variants)}
    chosen = list(reversed(different.values()))
    remarks = []
    if salt is None:
        remarks.append(f"no --salt was given, so one was made up; the same bank again: --salt {secret}")
    if len(chosen) < count:
        twice = count - len(chosen)
        remarks.append(
            f"{len(chosen):,} of {count:,} variants; the other {twice:,} have the numbers of one of these; give "
            "vary.values more numbers to choose from"
        )
    return chosen, remarks
