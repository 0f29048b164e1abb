"""Writes the papers and keys of a class: a file for every student, and every number in one CSV and one JSON.

A file's name ends in the code of its variant, after the student's name as far as it is safe in a file name:
``-o sheet.pdf`` gives sheet-ada-lovelace-7K3FQX.pdf.  Everything is written or nothing.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from symnet.algebra import plurals
from symnet.algebra.mistakes import Mistake, shown
from symnet.classroom.variants import keys
from symnet.classroom.variants.roster import MOST_STUDENTS, Roster, Student, counted, read_roster
from symnet.classroom.variants.sampling import SLIPS_DIFFER, Sampler, Variant, codes, sampler_of
from symnet.exercises.exercise import Exercise
from symnet.files import check_place, listed, write_all
from symnet.paper import formats
from symnet.paper.document import Document
from symnet.sheets.worksheet import Worksheet
from symnet.waiting import Step, silent

TABLES = (".csv", ".json")  # endings of a key that is numbers alone
LONGEST_SLUG = 40
_NAMED = 3  # pairs of students with the same numbers that are named

Paper = tuple[Student, Variant]


@dataclass(frozen=True)
class Job:
    """What is asked for: where papers and keys go, and how their sheets are made."""

    output: Path
    key: Path | None = None
    digits: int = 6
    style: str = ""
    full: Sequence[str] = ()
    engine: str = ""
    force: bool = False
    together: bool = False
    self_study: bool = False
    fade: int = 0


def roster_of(text: str) -> Roster:
    """The students that ``--variants`` names: a number, or the path of a roster."""
    if text.isascii() and text.isdigit():
        if not 1 <= len(text) <= 9 or not 1 <= int(text) <= MOST_STUDENTS:
            raise Mistake(f"--variants {text[:20]}: it must be from 1 to {MOST_STUDENTS:,}")
        return counted(int(text))
    return read_roster(Path(text))


def write_variants(exercise: Exercise, roster: Roster, salt: str | None, job: Job, step: Step = silent) -> list[str]:
    """Draw a variant for every student and write papers and keys; gives what is to be said about it.

    ``step`` is called after each variant.  Raises Mistake, and writes nothing, where a variant cannot be drawn, a file
    not be written, or a key would be lost.
    """
    tables = _tables(job.key)
    documents = [path for path in (job.output, job.key) if path is not None and path not in tables]
    if job.key is not None and job.key.resolve() == job.output.resolve():
        raise Mistake(f"the sheet and the key are both {shown(job.key, 200)}; give the key a name of its own")
    if salt is not None and not salt.strip():
        raise Mistake("--salt is empty; it is a secret, without which nobody can work out the papers of others")
    for path in (*documents, *tables):
        if roster.source is not None and path.resolve() == roster.source.resolve():
            raise Mistake(f"{shown(path, 200)} is the roster itself; give the key a name of its own")
        check_place(path)
        if job.together and path in documents:
            formats.check_together(path)
    if job.self_study:
        formats.check_folds(job.output)
    if salt is None:
        for path in tables:
            if path.exists() and not job.force:
                raise Mistake(
                    f"{shown(path, 200)} is a key that is there already; give the --salt it was made with, another "
                    "name for the new one, or --force to replace it"
                )
    secret = secrets.token_hex(8) if salt is None else salt
    sampler = sampler_of(exercise)
    papers = _draw(sampler, roster, secret, step)
    if not job.force:
        for path in tables:
            if path.exists():
                _check_kept(path, papers)
    write_all(_files(sampler, secret, papers, job, tables), _written(papers, job, tables))
    remarks = list(roster.remarks)
    if salt is None:
        remarks.append(f"no --salt was given, so one was made up; the same papers again: --salt {secret}")
    if job.key is None:
        remarks.append(
            "no --key was asked for, so nothing says whose numbers are which; the same --salt gives it later"
        )
    return [*remarks, *_remarks(sampler, papers)]


def _tables(key: Path | None) -> list[Path]:
    """Where every number goes: beside the keys, or into the one table that the key is."""
    if key is None:
        return []
    return [key] if key.suffix in TABLES else [key.with_suffix(ending) for ending in TABLES]


def _draw(sampler: Sampler, roster: Roster, salt: str, step: Step) -> list[Paper]:
    code = codes(sampler, [student.drawn_for for student in roster.students], salt)
    drawn: dict[str, Variant] = {}
    papers = []
    for student in roster.students:
        label = student.drawn_for
        if label not in drawn:
            drawn[label] = sampler.variant(label, salt, len(code[label]))
        papers.append((student, drawn[label]))
        step()
    return papers


def _check_kept(path: Path, papers: Sequence[Paper]) -> None:
    """A key may be replaced by one that has all its variants: papers of a lost one could never be marked."""
    now = {variant.code: variant.numbers for _, variant in papers}
    try:
        before = keys.load_key(path)
        lost = [code for code, numbers in before.items() if not _same(numbers, now.get(code))]
    except Mistake:
        raise Mistake(f"{shown(path, 200)} is there already and is no key; give another name, or --force") from None
    if lost:
        raise Mistake(
            f"{shown(path, 200)} is a key that is there already, and {len(lost):,} of its {len(before):,} variants are "
            "not in the new one; give another name, or --force to replace it"
        )


def _same(before: dict[str, Fraction], now: object) -> bool:
    return isinstance(now, dict) and all(before.get(name) == value for name, value in now.items())


def _written(papers: Sequence[Paper], job: Job, tables: Sequence[Path]) -> str:
    """30 papers to out/sheet-….pdf, their keys to out/key-….pdf, and key.csv and key.json."""
    parts = [f"{plurals.counted(len(papers), 'paper')} to {_all_of(job.output, job)}"]
    if job.key is not None and job.key not in tables:
        parts.append(f"their keys to {_all_of(job.key, job)}")
    return listed([*parts, *map(str, tables)])


def _all_of(path: Path, job: Job) -> Path:
    return path if job.together else path.with_stem(f"{path.stem}-…")


# -- files ------------------------------------------------------------------------------------------------------------


def _files(
    sampler: Sampler, salt: str, papers: Sequence[Paper], job: Job, tables: Sequence[Path]
) -> Iterator[tuple[Path, str | bytes]]:
    """Every file with what it holds, made when it is asked for."""
    documents = job.key if job.key is not None and job.key.suffix not in TABLES else None
    for path in tables:  # first of all: whatever stops us then, no paper is without its key
        yield path, keys.as_csv(sampler, papers) if path.suffix == ".csv" else keys.as_json(sampler, salt, papers)
    for target in {job.output.parent: job.output, **({documents.parent: documents} if documents else {})}.values():
        yield from formats.beside([Document("", (), layout=sampler.exercise.layout)], target).items()
    if job.together:
        yield from _together(papers, job, documents)
    for (student, variant), name in () if job.together else zip(papers, names(papers), strict=True):
        sheet = _sheet(student, variant, job)
        output = job.output.with_stem(f"{job.output.stem}-{name}")
        yield output, formats.render(sheet.for_students(output, job.self_study), output, job.engine)
        if documents is not None:
            key = documents.with_stem(f"{documents.stem}-{name}")
            yield key, formats.render(sheet.key, key, job.engine)


def _together(papers: Sequence[Paper], job: Job, key: Path | None) -> Iterator[tuple[Path, str | bytes]]:
    """All papers in one file, and all keys in another."""
    made = [_sheet(student, variant, job) for student, variant in papers]
    sheets = [sheet.for_students(job.output, job.self_study) for sheet in made]
    yield job.output, formats.render_together(sheets, job.output, job.engine)
    if key is not None:
        yield key, formats.render_together([sheet.key for sheet in made], key, job.engine)


def _sheet(student: Student, variant: Variant, job: Job) -> Worksheet:
    own = replace(variant.exercise, student=student.name if student.named else "")
    try:
        return own.worksheet(digits=job.digits, style=job.style, full=job.full, fade=job.fade)
    except Mistake as mistake:
        raise Mistake(f"{mistake} (with the numbers of {shown(student.name)})") from None


def names(papers: Sequence[Paper]) -> list[str]:
    """For every paper what its file is called by, ada-lovelace-7K3FQX: safe on every disk, and no two alike."""
    digits = len(str(len(papers)))
    found = []
    for student, variant in papers:
        slug = slug_of(student.name) if student.named else student.name.zfill(digits)
        found.append(f"{slug}-{variant.code}" if slug else variant.code)
    count: Counter[str] = Counter()
    for i, name in enumerate(found):  # where a label gives two students of one slug the same code
        count[name.lower()] += 1
        if count[name.lower()] > 1:
            found[i] = f"{name}-{count[name.lower()]}"
    return found


def slug_of(name: str) -> str:
    """The letters and digits of a name, words parted by -, in plain letters where that can be: josé ../x is jose-x."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in unicodedata.normalize("NFC", plain).lower()).split()
    slug = "-".join(words)[:LONGEST_SLUG]
    while len(slug.encode()) > 2 * LONGEST_SLUG:
        slug = slug[:-1]
    return slug.strip("-")


# -- what is said -----------------------------------------------------------------------------------------------------


def _remarks(sampler: Sampler, papers: Sequence[Paper]) -> Iterator[str]:
    own = {variant.code: variant for _, variant in papers}
    rejected = sum((Counter(variant.rejected) for variant in own.values()), Counter())
    why = ", ".join(f'"{name}" {count:,}' for name, count in rejected.most_common())
    total = f"{rejected.total():,} draws rejected" + (f" ({why})" if why else "")
    yield f"{plurals.counted(len(papers), 'paper')}, {total}"
    if rejected[SLIPS_DIFFER] > len(own) and (said := sampler.mixups.said()):
        yield f"slips that did not differ in those: {said}; without such numbers in vary.values fewer are rejected"
    students: dict[tuple[object, ...], list[str]] = {}
    for student, variant in papers:
        students.setdefault(tuple(variant.numbers.values()), []).append(student.drawn_for)
    alike = [list(dict.fromkeys(who)) for who in students.values() if len(set(who)) > 1]
    if alike:
        named = "; ".join(" and ".join(map(shown, who[:3])) + " …" * (len(who) > 3) for who in alike[:_NAMED])
        more = " …" if len(alike) > _NAMED else ""
        few = f"; only {sampler.space:,} sets of numbers can be drawn" if sampler.space < 10 * len(papers) else ""
        yield f"the same numbers were drawn for {named}{more}{few}; give vary.values more numbers to choose from"
