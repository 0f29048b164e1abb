"""From an exercise to its sheet and its key, one document of blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symnet.algebra.equations import Expr
from symnet.algebra.mistakes import Mistake, NotInstalled, shown
from symnet.algebra.scalar import ScalarFunction
from symnet.files import write_all
from symnet.sheets import formats, questions
from symnet.sheets.document import Block, Document, Heading, Paragraph, Table, Task, Text, Working, hide
from symnet.sheets.questions import Question
from symnet.working.maths import EQUALS, Brackets, Number, Script, Word, row
from symnet.working.names import Names
from symnet.working.notation import function_name, given_number
from symnet.working.problem import Problem
from symnet.working.solution import Solution, solve
from symnet.working.work import Line, Work

if TYPE_CHECKING:
    from symnet.training.plan import Plan
    from symnet.training.run import Run

MOST_IN_A_SENTENCE = 16  # parameters; more are given in a table
LONGEST_HISTORY = 100  # updates that a table shows one by one


@dataclass(frozen=True, eq=False)
class Exercise:
    """An exercise as its author wrote it: a problem, how its names are printed, and what is asked.

    One whose examples are in [data] is for training: it has a plan and no ``worked`` problem.
    """

    name: str
    title: str
    introduction: str
    worked: Problem | None
    notation: Mapping[str, str]
    questions: tuple[Question, ...]
    vary: Mapping[str, Any]
    plan_of: Callable[[], Plan]
    trains: bool = False  # whether the sheet shows the plan of training rather than working by hand

    @property
    def problem(self) -> Problem:
        """The problem to work by hand; raises Mistake where there is none."""
        if self.worked is None:
            raise Mistake(
                f"{self.name}: its examples are in [data], for symnet train; there is nothing to work by hand"
            )
        return self.worked

    @cached_property
    def plan(self) -> Plan:
        """The plan of training; raises Mistake where the file cannot be trained."""
        try:
            return self.plan_of()
        except NotInstalled:
            raise
        except Mistake as mistake:
            raise Mistake(f"{self.name}: {mistake}") from None

    def train(self, backend: str = "numpy", **options: Any) -> Run:
        """Train as the file says; ``options`` go to ``symnet.fit``."""
        plan = self.plan
        try:
            return plan.fit(backend, **options)
        except NotInstalled:
            raise
        except Mistake as mistake:
            raise Mistake(f"{self.name}: {mistake}") from None

    def solve(self, digits: int = 12, history: bool = False) -> Solution:
        """The numbers of this exercise, right to ``digits`` significant digits."""
        return solve(self.problem, digits, history)

    def worksheet(self, digits: int = 6, style: str = "") -> Worksheet:
        """The sheet and its key: ``.save("relu.tex")``, ``.save("relu.tex", key="relu-key.tex")``.

        ``digits`` are the significant digits shown; ``style`` ("paths" or "deltas") is how gradients are derived where
        the exercise does not say.
        """
        try:
            if self.trains and not self.questions:
                from symnet.sheets.training import training_document

                return Worksheet(training_document(self.title, self.introduction, self.plan))
            return Worksheet(document(self, solution_of(self, max(12, digits)), digits, style))
        except Mistake as mistake:
            raise Mistake(f"{self.name}: {mistake}") from None


@dataclass(frozen=True)
class Worksheet:
    """A worked exercise on paper: ``key`` is the whole document, ``sheet`` the same with answers hidden."""

    key: Document

    @property
    def sheet(self) -> Document:
        return hide(self.key)

    def save(self, path: str | Path, key: str | Path | None = None) -> None:
        """Write the student's sheet, and the key if asked for; the ending of a path chooses its format."""
        texts = {Path(path): formats.render(formats.for_students(self.key, Path(path)), Path(path))}
        if key is not None:
            if Path(key).resolve() == Path(path).resolve():
                raise Mistake(f"the sheet and the key are both {shown(path, 200)}; give the key a name of its own")
            texts[Path(key)] = formats.render(self.key, Path(key))
        write_all(texts)


def together(sheets: Sequence[Worksheet]) -> Worksheet:
    """Several worksheets as one, each under its title."""
    if len(sheets) == 1:
        return sheets[0]
    blocks: list[Block] = []
    for sheet in sheets:
        blocks += [Heading((sheet.key.title,)), *sheet.key.blocks]
    return Worksheet(Document("Worksheet", tuple(blocks), sheets[0].key.note))


def solution_of(exercise: Exercise, digits: int = 12) -> Solution:
    """The solution with the history that a sheet shows."""
    problem = exercise.problem
    return solve(problem, digits, history=bool(problem.rules) and 1 < problem.updates <= LONGEST_HISTORY)


def document(
    exercise: Exercise,
    solution: Solution,
    digits: int = 6,
    style: str = "",
    asked: Sequence[Question] | None = None,
) -> Document:
    """The whole document; ``asked`` replaces the exercise's own questions."""
    problem = exercise.problem
    names = Names((*problem.network.names, *problem.state), exercise.notation)
    work = Work(solution, names, digits)
    blocks: list[Block] = [Paragraph((text,)) for text in exercise.introduction.split("\n\n") if text.strip()]
    questions_asked = asked if asked is not None else questions_of(exercise)
    if any(question.ask != "parameters" for question in questions_asked):
        blocks += _given(exercise, work)
    for i, question in enumerate(questions_asked, 1):
        styled = question if question.style or not style else Question(**{**vars(question), "style": style})
        answer = questions.CATALOGUE[question.ask](work, styled)
        points = str(float(question.points)).removesuffix(".0") if question.points is not None else ""
        blocks.append(Task(i, (question.text,) if question.text else answer.text, points))
        blocks += answer.blocks
    return Document(exercise.title, tuple(blocks), "Answer key")


def questions_of(exercise: Exercise) -> tuple[Question, ...]:
    """The questions of the file; without any, forward pass, gradients and update."""
    if exercise.questions:
        return exercise.questions
    problem = exercise.problem
    asks = ["forward", "gradient"]
    if problem.rules and problem.updates:
        asks += ["update"] if problem.updates == 1 else ["update", "training"]
    return tuple(Question(ask) for ask in asks)


def _given(exercise: Exercise, work: Work) -> Iterator[Block]:
    """What the sheet gives: numbers, equations, the update and the conventions that matter here."""
    problem, network = exercise.problem, work.network
    varying = {name for sample in problem.samples for name in sample}
    fixed = [name for name in problem.given if name not in varying]
    if fixed:
        yield Paragraph(("Given: ", *_values(work, {name: problem.given[name] for name in fixed}), "."))
    if problem.samples:
        columns = list(dict.fromkeys(name for sample in problem.samples for name in sample))
        rows = tuple(
            ((str(i + 1),), *((given_number(example[name]),) for name in columns))
            for i, example in enumerate(problem.examples)
        )
        yield Paragraph((f"The {len(problem.samples)} samples:",))
        yield Table((("sample",), *((work.names.node(name),) for name in columns)), rows)
    if len(problem.start) > MOST_IN_A_SENTENCE:
        yield Paragraph((f"The {len(problem.start)} parameters:",))
        cells = tuple(((work.names.node(name),), (given_number(value),)) for name, value in problem.start.items())
        yield Table((("parameter",), ("value",)), cells)
    elif problem.start:
        yield Paragraph(("Parameters: ", *_values(work, problem.start), "."))
    if problem.learning_rate is not None:
        yield Paragraph(("Learning rate: ", row(work.names.rate, EQUALS, given_number(problem.learning_rate)), "."))
    yield Paragraph(("Equations:",))
    yield Working(tuple(Line(work.names.node(e.name), (("=", work.symbols(e.rhs)),)) for e in network.equations))
    conventions = list(_conventions(exercise, work))
    if conventions:
        yield Paragraph(("Conventions:", *(part for text in conventions for part in (" ", *text))))


def _values(work: Work, values: Mapping[str, Fraction]) -> Text:
    parts: list[Text] = [(row(work.names.node(name), EQUALS, given_number(value)),) for name, value in values.items()]
    return tuple(part for text in parts for part in (", ", *text))[1:]


def _conventions(exercise: Exercise, work: Work) -> Iterator[Text]:
    """What the sheet depends on and books differ in, in words."""
    problem = exercise.problem
    used = {type(node) for equation in work.network.equations for node in _functions(equation.rhs)}
    kinks = [f for f in used if f.kink]
    for function in sorted(kinks, key=lambda f: f.__name__):
        kink = row(Script(function_name(function), sup=Word("′")), Brackets(Number("0")))
        yield (row(kink, EQUALS, Word(function.kink)), ".")
    if used & {f for f in used if f.__name__ in ("max", "min")}:
        yield ("A tie in a maximum or minimum goes to the first argument.",)
    if len(problem.examples) > 1 and not problem.online:
        yield (f"The loss of the batch is the {problem.reduce} of the samples' losses.",)
    if problem.online:
        yield ("One update a sample, in the order given.",)
    if len(problem.start) > 1 and problem.rules:
        if problem.sequential:
            yield ("Sequential updates: later gradients see the parameters that are already updated.",)
        else:
            yield ("All gradients are taken before any parameter is updated.",)
    if problem.places is not None:
        yield (f"Every line is rounded to {problem.places} decimal places, and the rounded number is carried on.",)


def _functions(expr: Expr) -> Iterator[ScalarFunction]:
    if isinstance(expr, ScalarFunction):
        yield expr
    for argument in expr.args:
        yield from _functions(argument)
