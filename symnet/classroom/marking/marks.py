"""``symnet mark``: from a file of answers to the marks of a class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import exact_number
from symnet.classroom.marking import printed
from symnet.classroom.marking.answers import Row, read_answers
from symnet.classroom.marking.lines import Trouble
from symnet.classroom.marking.marker import Marker
from symnet.classroom.marking.points import parts_of
from symnet.classroom.marking.results import Results
from symnet.classroom.marking.students import UNREADABLE, Flag, Student
from symnet.classroom.variants.keys import Key, read_key
from symnet.classroom.variants.sampling import clean, sampler_of, with_numbers
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.keys import Keys
from symnet.exercises.exercise import Exercise
from symnet.files import check_place, write_all
from symnet.working.problem import Problem


class Marks(Results):
    """The marks of a class: ``students``, the ``summary``, and the ``problems`` of the file."""

    def __str__(self) -> str:
        return printed.as_text(self)

    def show(self) -> None:
        """Print the summary and everybody's marks."""
        print(self)

    def save(self, *paths: str | Path) -> None:
        """Write the marks to files, all or none; the ending says how: .csv, .json, or .png, .pdf, .svg for the plot."""
        write_all({Path(path): self.contents(Path(path)) for path in paths})

    def as_json(self) -> str:
        """One line of JSON, ``symnet.mark/1``."""
        return printed.as_json(self)

    def contents(self, path: Path) -> str | bytes:
        if path.suffix == ".csv":
            return printed.as_csv(self)
        if path.suffix == ".json":
            return printed.as_json(self) + "\n"
        from symnet.classroom.marking import plot

        return plot.picture(self.summary, path)


def mark(
    exercise: Exercise,
    path: str | Path,
    key: str | Path | None = None,
    carry: Fraction | str = "1",
    watch: Callable[[Sequence[Row]], Iterable[Row]] = iter,
) -> Marks:
    """Mark the answers in a CSV file, or on standard input for "-".

    ``key`` is the JSON or CSV that ``symnet worksheet --variants`` wrote, from which every student's numbers are taken;
    without it, everybody has those of the exercise.  ``carry`` is the share of the points for an answer that is right
    given an earlier wrong one: 1 for the method, 0 for the number alone.  Raises Mistake where the exercise, the file
    as a whole or the key cannot be used; a row that cannot be marked is among ``problems``.  ``watch`` hands on the
    rows, and may show how far marking is.
    """
    share = _share(carry)
    answers = read_answers(path, Keys(exercise.problem, exercise.notation))
    parts, remarks = parts_of(exercise, answers.keys, answers.empty) if answers.rows else ((), [])
    if key is None and any(row.variant for row in answers.rows):
        raise Mistake(f"{answers.file} has a variant for each student; give the numbers with --key KEY.json")
    numbers = _Numbers(exercise, read_key(key) if key is not None else None)
    marker = Marker(Hypotheses(exercise.problem, answers.keys), parts, answers.keys, share)
    students: list[Student] = []
    problems = list(answers.troubles)
    for row in watch(answers.rows):
        try:
            variant, problem, flags = numbers.of(row)
            students.append(marker.student(row, variant, problem, flags))
            problems += _percentages(answers.file, row, students[-1], remarks)
        except Mistake as mistake:
            problems.append(Trouble(row.line, str(mistake), row.student))
    return Marks(
        exercise,
        answers.file,
        parts,
        answers.keys,
        tuple(students),
        tuple(sorted(problems, key=lambda problem: problem.line)),
        (*answers.remarks, *remarks, *numbers.remarks),
        answers.separator,
        answers.comma,
    )


def _percentages(file: str, row: Row, student: Student, remarks: list[str]) -> Iterator[Trouble]:
    """The percentages that are no number; those that are read as a share are among the ``remarks``."""
    for key, one in row.unreadable.items():
        if one.share and student.answers[key].verdict == UNREADABLE:
            yield Trouble(row.line, f"{key}: {one.why}", row.student)
        elif one.share:
            who = f"{file}: line {row.line}, {shown(row.student)}"
            remarks.append(f"{who}: {key}: {shown(one.cell)} is read as a share, {one.share}")


def places(output: str | None, plotted: str | None, read: Sequence[str | None]) -> list[Path]:
    """Where marks and plot are written to; raises Mistake for what would fail, or overwrite a file that is ``read``."""
    if [*read].count("-") > 1:
        raise Mistake("the exercise and the answers cannot both come from standard input")
    if output is not None and Path(output).suffix != ".csv":
        raise Mistake(f"{shown(output, 200)}: marks are written as .csv; for a program there is --json")
    if plotted is not None:
        from symnet.classroom.marking import plot

        plot.check_ending(Path(plotted))
    paths = [Path(path) for path in (output, plotted) if path is not None]
    for path in paths:
        check_place(path)
        if any(file not in (None, "-") and Path(str(file)).resolve() == path.resolve() for file in read):
            raise Mistake(f"{shown(path, 200)} is what is read; give the marks a name of their own")
    return paths


def _share(carry: Fraction | str) -> Fraction:
    try:
        share = exact_number(str(carry))
    except Mistake as mistake:
        raise Mistake(f"carry: {mistake}") from None
    if not 0 <= share <= 1:
        raise Mistake(f"carry is {shown(carry)}; it is a share of the points, from 0 to 1, such as 0.5")
    return share


class _Numbers:
    """The problem of every student: the exercise's own, or that of a variant in the key."""

    def __init__(self, exercise: Exercise, key: Key | None) -> None:
        self.exercise, self.key = exercise, key
        self.remarks: list[str] = []
        self._variants: dict[str, Problem] = {}
        self._hypotheses: Hypotheses | None = None
        if key is not None and key.exercise and key.exercise != sampler_of(exercise).identity:
            self.remarks.append(
                "the key was made from another version of this exercise; its numbers are put into the equations as "
                "they are now"
            )

    def of(self, row: Row) -> tuple[str, Problem, list[Flag]]:
        """(the variant, its problem, what is to be said); raises Mistake where there is none."""
        if self.key is None:
            return "", self.exercise.problem, []
        own = self.key.students.get(clean(row.student), "")
        variant = self._code(row.variant) if row.variant else own
        if not variant:
            raise Mistake("it names no variant, and the key has nobody of that name")
        if variant not in self._variants:
            self._variants[variant] = with_numbers(self.exercise, self.key.numbers[variant]).problem
            self._check(variant)
        flags = []
        if own and own != variant:
            flags.append(Flag("other-variant", f"The key gave {own} to this student, who handed in {variant}."))
        return variant, self._variants[variant], flags

    def _check(self, variant: str) -> None:
        """Refuse a key whose answers are not those that the exercise gives now."""
        assert self.key is not None
        problem, answers = self._variants[variant], self.key.answers.get(variant, {})
        if answers and self._hypotheses is None:
            self._hypotheses = Hypotheses(problem, tuple(answers))
        right = self._hypotheses.right(problem) if self._hypotheses is not None else {}
        for name, text in answers.items():
            if name not in right or not read_number(text, name).matches(right[name]):
                raise Mistake(
                    f"the key was made from another version of the exercise: {name} of variant {variant} is {text} "
                    "there; mark with the file as it was"
                )

    def _code(self, code: str) -> str:
        assert self.key is not None
        known = self.key.numbers
        for spelling in (code, "".join(code.upper().split())):
            if spelling in known:
                return spelling
        close = suggestion(code.upper(), known)
        raise Mistake(f"there is no variant {shown(code)} in the key{close if len(known) <= 1000 else ''}")
