"""The key of a set of variants: every student's code, numbers and answers, as CSV for people and JSON for programs.

The numbers are in it, not only the seed, so that ``load_key`` gives them back to whoever marks an old paper:
``with_numbers(exercise, load_key("key.json")["7K3FQX"])`` is the exercise as it stood on that paper.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP
from fractions import Fraction
from pathlib import Path
from typing import Any

from symnet.algebra.mistakes import Mistake, shown
from symnet.classroom.variants.random_numbers import STREAM
from symnet.classroom.variants.roster import Student, columns_of
from symnet.classroom.variants.sampling import DIGITS, Sampler, Variant, clean, numbers_of
from symnet.computing import exact
from symnet.computing.exact import Number
from symnet.reading import read_bytes, separator_of, text_of
from symnet.version import __version__
from symnet.working.numbers import plain

SCHEMA = "symnet.key/1"
LARGEST_FILE = 200_000_000  # bytes
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_GIVEN = "drawn "  # before the name of a drawn number: w13 alone is an answer, the weight after the update


_OWN = ("student", "variant", "label", "rejected")  # columns of the table that are no quantity


@dataclass(frozen=True)
class Key:
    """A key that was read: {code: {name: number}} and {student: code}; ``exercise`` and ``salt`` where it has them."""

    numbers: Mapping[str, Mapping[str, Fraction]]
    students: Mapping[str, str]
    exercise: str = ""
    salt: str = ""
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # {code: {quantity: decimal}}


def as_json(sampler: Sampler, salt: str, papers: Sequence[tuple[Student, Variant]]) -> str:
    """Everything about every variant, ``symnet.key/1``."""
    exercise = sampler.exercise
    fixed = {name: x for name, x in numbers_of(exercise.problem).items() if name not in sampler.drawn}
    head = {
        "schema": SCHEMA,
        "symnet": __version__,
        "file": exercise.name,
        "title": exercise.title,
        "exercise": sampler.identity,
        "stream": STREAM,
        "salt": salt,
        "require": [str(requirement) for requirement in sampler.require],
        "asked": list(sampler.bench.keys),
        "fixed": {name: str(x) for name, x in fixed.items()},
    }
    rows = (json.dumps(_entry(student, variant), ensure_ascii=False) for student, variant in papers)
    lines = ",\n  ".join(rows)  # one line a student
    return f'{json.dumps(head, ensure_ascii=False, indent=1)[:-2]},\n "variants": [\n  {lines}\n ]\n}}\n'


def _entry(student: Student, variant: Variant) -> dict[str, Any]:
    label = {"label": student.label} if student.label else {}
    return {
        "variant": variant.code,
        "student": student.name,
        **label,
        **({"roster": dict(student.others)} if student.others else {}),
        "numbers": {name: str(x) for name, x in variant.numbers.items()},
        "answers": {key: {"exact": _exact(x), "decimal": _decimal(x)} for key, x in variant.answers.items()},
        "rejected": sum(variant.rejected.values()),
    }


def _exact(x: Number) -> str | None:
    return str(x) if isinstance(x, Fraction) else None


def _decimal(x: Number) -> str:
    return exact.written(exact.decimal(x, DIGITS, ROUND_HALF_UP))


def as_csv(sampler: Sampler, papers: Sequence[tuple[Student, Variant]]) -> str:
    """A row a student: code, name, the columns of the roster, the numbers drawn, the answers, the draws rejected.

    An answer that the decimal does not give exactly has a second column with the fraction.
    """
    students = [student for student, _ in papers]
    keys = sampler.bench.keys
    fractions = {key for _, variant in papers for key, x in variant.answers.items() if _is_cut(x)}
    own = ["student", "variant", *(_GIVEN + name for name in sampler.drawn)]
    for key in keys:
        own += [key, f"{key} exactly"] if key in fractions else [key]
    own += ["rejected"]
    others = columns_of(students)
    labelled = any(student.label for student in students)
    titles = [*own[:2], *(["label"] if labelled else []), *(f"roster {title}" for title in others), *own[2:]]
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(titles)
    for student, variant in papers:
        cells = [as_text(student.name), variant.code]
        cells += [as_text(student.label)] if labelled else []
        cells += [as_text(student.others.get(title, "")) for title in others]
        cells += [plain(variant.numbers[name]) for name in sampler.drawn]
        for key in keys:
            cells += [_decimal(variant.answers[key])]
            cells += [_exact(variant.answers[key]) or ""] if key in fractions else []
        writer.writerow([*cells, str(sum(variant.rejected.values()))])
    return "\ufeff" + file.getvalue()  # without the mark some spreadsheets take UTF-8 for something else


def _is_cut(x: Number) -> bool:
    return isinstance(x, Fraction) and Fraction(_decimal(x)) != x


def as_text(cell: str) -> str:
    """Words for a spreadsheet, which would carry out what begins like a formula: that gets a ' in front."""
    return f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell


def load_key(path: str | Path) -> dict[str, dict[str, Fraction]]:
    """{code: {name: number}} of a key, JSON or CSV; raises Mistake."""
    return {code: dict(numbers) for code, numbers in read_key(path).numbers.items()}


def read_key(path: str | Path) -> Key:
    """A key that ``symnet worksheet --variants`` wrote, as JSON or as CSV; raises Mistake."""
    file = shown(path, 200)[1:-1]
    text, _ = text_of(read_bytes(path, file, LARGEST_FILE, "key"), file)
    try:
        return _from_json(text) if text.lstrip().startswith("{") else _from_csv(text)
    except Mistake as mistake:
        raise Mistake(f"{file}: {mistake}") from None
    except (ValueError, KeyError, TypeError, AttributeError, csv.Error, RecursionError, ZeroDivisionError):
        raise Mistake(f"{file}: not a key that symnet worksheet --variants wrote") from None


def _from_json(text: str) -> Key:
    key = json.loads(text)
    if key.get("schema") != SCHEMA:
        raise Mistake(f"its schema is {shown(key.get('schema'))}; a key has {SCHEMA}")
    fixed = key["fixed"]
    numbers, students, others, answers = {}, {}, {}, {}
    for entry in key["variants"]:
        at = {**fixed, **entry["numbers"]}
        numbers[str(entry["variant"])] = {name: Fraction(x) for name, x in at.items()}
        students[str(entry["student"])] = str(entry["variant"])
        others[str(entry["student"])] = entry.get("roster", {})
        answers[str(entry["variant"])] = {name: str(x["decimal"]) for name, x in entry["answers"].items()}
    return Key(numbers, students, key["exercise"], key["salt"], others, answers)


def _from_csv(text: str) -> Key:
    first = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator_of(first), strict=True)
    numbers, students, answers = {}, {}, {}
    asked = [
        title for title in rows.fieldnames or () if not title.startswith((_GIVEN, "roster ")) and title not in _OWN
    ]
    for row in rows:
        code = row["variant"]
        answers[code] = {title: row[title] for title in asked if not title.endswith(" exactly") and row[title]}
        numbers[code] = {name.removeprefix(_GIVEN): Fraction(x) for name, x in row.items() if name.startswith(_GIVEN)}
        name = row["student"]
        students[clean(name[1:] if name[:1] == "'" and name[1:].startswith(_STARTS_A_FORMULA) else name)] = code
    if not numbers:
        raise Mistake("it holds no variants")
    return Key(numbers, students, answers=answers)
