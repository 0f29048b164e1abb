"""Marks as text for a terminal, as JSON for a program and as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP
from fractions import Fraction
from functools import lru_cache
from typing import Any

from symnet.algebra.plurals import counted
from symnet.classroom.marking.results import Results
from symnet.classroom.marking.students import OUTCOMES, Answer, Student
from symnet.classroom.marking.summary import SlipCount, by_arrays
from symnet.classroom.variants.keys import as_text as as_cell
from symnet.computing import exact
from symnet.computing.exact import Value
from symnet.computing.json_numbers import as_number
from symnet.diagnosis.answer import NEARLY
from symnet.diagnosis.hypotheses import either, one_of_each
from symnet.diagnosis.slips import Slip

WIDTH = 96
MOST_STUDENTS = 200  # listed one by one on the screen
MOST_PLACES = 6
_DIGITS = 12
_NAME = 32
_SLIPS = 60
_JOINERS = "\u200c\u200d"  # inside emoji, and inside words of some languages

FLAGS = {
    "early-0": "had an early wrong 0, after which answers came out without work",
    "other-variant": "handed in another variant than the key gave them",
    "nothing": "answered nothing",
    "unreadable": "wrote something that is no number",
}


# -- the screen -------------------------------------------------------------------------------------------------------


def as_text(marks: Results) -> str:
    """The summary, then everybody's marks."""
    return "\n".join([*_heading(marks), *_causes(marks), *_hard(marks), *_everybody(marks)]) + "\n"


def _heading(marks: Results) -> Iterator[str]:
    summary = marks.summary
    title = safe(marks.exercise.title)
    yield title
    yield "═" * min(WIDTH, columns(title))
    yield ""
    percent = f" ({short(100 * summary.mean / summary.of, 0)} %)" if summary.of else ""
    number = counted(summary.students, "student")
    yield f"{number}, mean mark {short(summary.mean)} of {short(summary.of)}{percent}"


def _causes(marks: Results) -> Iterator[str]:
    summary = marks.summary
    of = f"of {summary.students:,}"
    lines = [(count.students, f"{of} {slip_in_words(count)}") for count in summary.slips]
    if summary.unexplained:
        where = _counted({q.key: q.unexplained for q in summary.quantities if q.unexplained})
        lines.append((summary.unexplained, f"{of} gave a wrong answer that no slip explains for certain ({where})"))
    for one in summary.shared:
        in_variant = f" in variant {one.variant}" if one.variant else ""
        alike = f"of them have {safe(one.given)} for {one.key}{in_variant}: the same mistake, it seems"
        lines.append((len(one.students), alike))
    lines += [(n, f"{of} {FLAGS.get(id, id)}") for id, n in summary.flags.items()]
    lines += [(n, f"{of} {NEARLY[id].did} (right)") for id, n in summary.ways.items()]
    yield ""
    yield "What happened"
    wide = max((len(f"{n:,}") for n, _ in lines), default=0)
    for n, words in lines:
        yield textwrap.fill(words, WIDTH, initial_indent=f"  {n:>{wide},} ", subsequent_indent=" " * (wide + 3))
    if not lines:
        yield "  No wrong answer was given." if summary.students else "  Nobody was marked."


def _hard(marks: Results) -> Iterator[str]:
    summary = marks.summary
    if not summary.students:
        return
    if len(summary.questions) > 1:
        yield ""
        yield "Questions, the hardest first"
        rows = [[f"{q.number}", q.label, short(q.mean), short(q.of)] for q in summary.questions]
        yield from _table(["", "question", "mean", "of"], rows, "><>>")
    yield ""
    quantities = by_arrays(summary.quantities, marks.exercise.problem.array_of)
    is_shorter = len(quantities) < len(summary.quantities)
    yield f"Quantities, the hardest first{' (the entries of an array are counted together)' if is_shorter else ''}"
    rows = [
        [q.key, *(f"{q.outcomes[o]:,}" if q.outcomes[o] else "·" for o in OUTCOMES), short(q.mean), short(q.worth)]
        for q in quantities
    ]
    yield from _table(["quantity", *OUTCOMES, "mean", "of"], rows, "<" + ">" * 7)


def _everybody(marks: Results) -> Iterator[str]:
    if not marks.students:
        return
    yield ""
    if len(marks.students) > MOST_STUDENTS:
        yield f"The marks of {len(marks.students):,} students are not listed here; -o marks.csv writes them all."
        return
    yield "Marks"
    varied = any(student.variant for student in marks.students)
    header = ["student", *(["variant"] if varied else []), *(f"q{part.number}" for part in marks.parts), "total", ""]
    rows = []
    for student in marks.students:
        name = _isolated(_cut(safe(student.name), _NAME))
        points = [short(student.questions[part.number]) for part in marks.parts]
        rows.append([name, *([student.variant] if varied else []), *points, short(student.points), _said(student)])
    yield from _table(header, rows, "<" + "<" * varied + ">" * (len(marks.parts) + 1) + "<")


def _said(student: Student) -> str:
    words = [
        " or ".join([first.id + (f" {first.at}" if first.at else ""), *(hypothesis.id for hypothesis in rest)])
        for first, *rest in student.causes
    ]
    words += ["unexplained"] if any(a.unexplained for a in student.answers.values()) else []
    words += [flag.id for flag in student.flags]
    return _cut("; ".join(dict.fromkeys(words)), _SLIPS)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], sides: str) -> Iterator[str]:
    widths = [max(columns(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = [
            " " * (w - columns(c)) + c if side == ">" else c + " " * (w - columns(c))
            for c, w, side in zip(row, widths, sides, strict=True)
        ]
        yield ("  " + "  ".join(cells)).rstrip()


def slip_in_words(count: SlipCount, most: int = MOST_PLACES) -> str:
    """As "forgot the derivative of the activation (at y3: 7, at y5: 2)", with at most so many places."""
    where = {at: n for at, n in count.places.items() if at}
    if len(count.places) == 1 and where:
        said = count.slip.did_at(next(iter(where)))
    else:
        everywhere = {"everywhere": count.places[""]} if "" in count.places else {}
        said = count.slip.did_at("") + (f" ({_counted({**where, **everywhere}, most)})" if where else "")
    return said + "".join(f"; or {_as_well(slip, n, count.students)}" for slip, n in [*count.instead.items()][:most])


def _as_well(slip: Slip, n: int, of: int) -> str:
    """Another slip that gives the same numbers: of all who made the first, or of some."""
    return slip.did_at("") + (f" ({n:,} of these)" if n < of else "")


def _counted(where: dict[str, int], most: int = MOST_PLACES) -> str:
    items = [f"{at[1:-1] if at[0] == '(' and at[-1] == ')' else at}: {n:,}" for at, n in where.items()]
    return ", ".join(items[:most]) + ", …" * (len(items) > most)


def safe(text: str) -> str:
    """A name on one line, with control characters and what turns the direction of writing written out."""
    return "".join(
        c if c.isprintable() or c in _JOINERS else c.encode("unicode_escape", "backslashreplace").decode() for c in text
    )


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: two for most emoji and for Chinese, none for an accent."""
    wide = 0
    joined = False
    for c in text:
        if not (joined or unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf")):
            wide += 2 if unicodedata.east_asian_width(c) in "WF" else 1
        joined = c == "\u200d"
    return wide


def _cut(text: str, most: int) -> str:
    while columns(text) > most:
        text = text[: -2 if len(text) > most else -1].rstrip("…") + "…"
    return text


def _isolated(text: str) -> str:
    """A name that is written from right to left, kept from turning the numbers beside it around."""
    turned = any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)
    return f"\u2068{text}\u2069" if turned else text


def short(x: Fraction, places: int = 2) -> str:
    """At most so many decimals: 3, 2.5, 1.33."""
    scale = 10**places
    rounded = Fraction((abs(x) * scale + Fraction(1, 2)).__floor__(), scale) * (-1 if x < 0 else 1)
    return f"{float(rounded):,.{places}f}".rstrip("0").rstrip(".") if rounded.denominator > 1 else f"{int(rounded):,}"


# -- JSON -------------------------------------------------------------------------------------------------------------


def as_json(marks: Results) -> str:
    """One line of JSON, ``symnet.mark/1``."""
    return json.dumps(
        {
            "schema": "symnet.mark/1",
            "file": marks.exercise.name,
            "title": marks.exercise.title,
            "answers": marks.file,
            "students": [_student(marks, student) for student in marks.students],
            "summary": _summary(marks),
            "problems": [{"line": p.line, "student": p.student, "why": p.why} for p in marks.problems],
            "remarks": list(marks.remarks),
        }
    )


def _student(marks: Results, student: Student) -> dict[str, Any]:
    return {
        "student": student.name,
        "line": student.line,
        "variant": student.variant or None,
        "points": _number(student.points),
        "of": _number(student.of),
        "questions": [
            {"number": part.number, "points": _number(student.questions[part.number]), "of": _number(part.points)}
            for part in marks.parts
        ],
        "answers": {key: _answer(answer) for key, answer in student.answers.items()},
        "flags": [{"id": flag.id, "says": flag.says} for flag in student.flags],
    }


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "given": answer.given or None,
        "right": _number(answer.right),
        "verdict": answer.verdict,
        "outcome": answer.outcome,
        "slips": [{"id": slip.id, "says": slip.says} for slip in answer.slips],
        "carried": list(answer.carried),
        "points": _number(answer.points),
    }


def _summary(marks: Results) -> dict[str, Any]:
    summary = marks.summary
    return {
        "students": summary.students,
        "mean": _number(summary.mean),
        "of": _number(summary.of),
        "slips": [
            {
                "id": s.slip.id,
                "did": s.slip.did_at(""),
                "students": s.students,
                "places": dict(s.places),
                "instead": {slip.id: n for slip, n in s.instead.items()},
            }
            for s in summary.slips
        ],
        "rounded": dict(summary.ways),
        "unexplained": summary.unexplained,
        "shared": [
            {"key": s.key, "given": s.given, "variant": s.variant or None, "students": list(s.students)}
            for s in summary.shared
        ],
        "flags": dict(summary.flags),
        "quantities": [
            {"key": q.key, **q.outcomes, "unexplained": q.unexplained, "mean": _number(q.mean), "of": _number(q.worth)}
            for q in summary.quantities
        ],
        "questions": [
            {"number": q.number, "label": q.label, "mean": _number(q.mean), "of": _number(q.of)}
            for q in summary.questions
        ],
    }


@lru_cache(maxsize=100_000, typed=True)
def _number(x: Value) -> dict[str, str | None]:
    return as_number(x, _DIGITS)


# -- CSV --------------------------------------------------------------------------------------------------------------


def as_csv(marks: Results) -> str:
    """A row a student, in the spelling of the file that was read; lines that could not be marked stand at the end."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=marks.separator, lineterminator="\r\n")
    varied = any(student.variant for student in marks.students)
    worth = [f"question {part.number} of {_decimal(part.points, marks.comma)}" for part in marks.parts]
    total = f"total of {_decimal(marks.summary.of, marks.comma)}"
    header = ["student", *(["variant"] if varied else []), *worth, total, "slips", "flags"]
    writer.writerow(header)
    for student in marks.students:
        points = [student.questions[part.number] for part in marks.parts]
        slips = [f"{key}: {says}" for key, says in _causes_of(student)]
        writer.writerow(
            [
                as_cell(student.name),
                *([student.variant] if varied else []),
                *(_decimal(x, marks.comma) for x in (*points, student.points)),
                as_cell(" ".join(slips)),
                as_cell(" ".join(flag.says for flag in student.flags)),
            ]
        )
    marked = {student.line for student in marks.students}
    for problem in marks.problems:
        if problem.line not in marked:
            row = [
                as_cell(problem.student),
                *[""] * (len(header) - 2),
                as_cell(f"Not marked: line {problem.line}: {problem.why}."),
            ]
            writer.writerow(row)
    return "\ufeff" + file.getvalue()  # without the mark some spreadsheets take UTF-8 for something else


def _causes_of(student: Student) -> Iterator[tuple[str, str]]:
    """Each cause once, at the first answer that shows it."""
    seen = set()
    for key, answer in student.answers.items():
        hypotheses = (
            [slip.hypothesis for slip in answer.slips if slip.hypothesis is not None]
            if answer.verdict == "wrong"
            else []
        )
        if hypotheses and hypotheses[0] is answer.slips[0].hypothesis and hypotheses[0] not in seen:
            seen.add(hypotheses[0])
            yield key, either(hypothesis.did for hypothesis in one_of_each(hypotheses))


def _decimal(x: Fraction, comma: bool) -> str:
    text = exact.written(exact.decimal(x, _DIGITS, ROUND_HALF_UP))
    return text.replace(".", ",") if comma else text
