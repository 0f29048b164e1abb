"""From an exercise to its sheet and its key, one document of blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from symnet import questions
from symnet.algebra import functions, optimizers
from symnet.algebra.equations import Equation, names_in, partial_parts
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network
from symnet.algebra.optimizers import UPDATE_NUMBER, state_parts
from symnet.algebra.plurals import counted
from symnet.algebra.rows_of import layer_norm, masked_softmax
from symnet.algebra.shows_as_maths import ShowsAsMaths
from symnet.computing.exact import Number as Value
from symnet.computing.exact import Undefined
from symnet.exercises.asked import functions_in, questions_of
from symnet.exercises.exercise import Exercise
from symnet.figures import sheet_figure
from symnet.figures.of_arrays import array_figures
from symnet.files import write_all
from symnet.notation.equations import EquationTypesetter
from symnet.notation.line import Line
from symnet.notation.maths import COMMA, EQUALS, PLUS, Brackets, Letter, Number, Root, Script, Word, holds, joined, row
from symnet.notation.matrices import ONES
from symnet.notation.names import Names
from symnet.notation.typesetter import function_name, given_number
from symnet.paper import formats
from symnet.paper.document import (
    Block,
    Display,
    Document,
    Paragraph,
    Table,
    Task,
    Text,
    Working,
    hide,
)
from symnet.paper.measure import laid_out
from symnet.questions import Question, array_grids
from symnet.questions.prose import Vocabulary
from symnet.questions.sizes import network_given
from symnet.sheets.as_asked import in_own_words, with_defaults, with_room, with_totals
from symnet.sheets.fading import check_level, faded
from symnet.sheets.printed_hints import hints
from symnet.sheets.repeated import without_repeats
from symnet.sheets.stopped import said_of_stops
from symnet.sheets.totals import written
from symnet.working.arrays import grouped
from symnet.working.faded import FadedWork
from symnet.working.layer_form import LayerForm
from symnet.working.layer_numbers import LayerNumbers
from symnet.working.numbers import decimal_places
from symnet.working.problem import rules_of
from symnet.working.rows import LONGEST_HISTORY
from symnet.working.solution import Solution, solve
from symnet.working.together import unit_sizes
from symnet.working.work import Work

_MASKED = "A masked softmax(S, M) is 0 where M is 0, and the softmax over the rest of each row."
_SQUARED = Script(Letter("σ"), sup=Number("2"))
_LAYER_NORM = (
    "A layer norm(X, ε) takes the mean ",
    Letter("μ"),
    " from every number of a row and divides by ",
    Root(row(_SQUARED, PLUS, Letter("ε"))),
    ", where ",
    _SQUARED,
    " is the mean of the squares of what remains.",
)
MOST_IN_A_SENTENCE = 16  # parameters; more are given in a table
FIGURES = 4  # significant ones of a number that is asked for on a paper, unless the file rounds every line
MOST_RULES = 12  # of an update; of more, those of one parameter are shown
MOST_ZEROS = 4  # that are remembered at the start; of more, it is said that they are 0
_OF_UPDATES = frozenset(("update", "updates", "training", "table", "curve", "loss_after"))  # that ask for updates

_OF_SIDES = frozenset(("truth_table", "regions"))  # that ask for no loss, and on which side of 0 a unit is


@dataclass(frozen=True)
class Worksheet(ShowsAsMaths):
    """A worked exercise on paper: ``key`` is the whole document, ``sheet`` the same with answers hidden.

    The sheet may be a ``faded`` one instead, on which the working stands with blanks.
    """

    key: Document
    faded: Document | None = None

    def __repr__(self) -> str:
        asked = sum(isinstance(block, Task) for block in self.key.blocks)
        return f"Worksheet({self.key.title!r}, {counted(asked, 'question')})"

    @property
    def sheet(self) -> Document:
        return hide(self.key) if self.faded is None else self.faded

    def for_students(self, path: Path, self_study: bool = False) -> Document:
        """The sheet, in the format of the path; with ``self_study`` its answers are folded away in it."""
        if not self_study:
            return self.sheet
        if self.faded is not None:
            raise Mistake("--fade leaves steps out and --self-study folds them in; they exclude each other")
        return formats.folded(self.key, path)

    def save(self, path: str | Path, key: str | Path | None = None, engine: str = "", self_study: bool = False) -> None:
        """Write the student's sheet, and the key if asked for; the ending of a path chooses its format.

        ``engine`` ("typst" or "latex") makes the PDF; without it the first that is installed.  The sheet holds no
        answers; with ``self_study`` they are folded away in it.  Raises Mistake for a format that cannot fold.
        """
        sheet = self.for_students(Path(path), self_study)
        texts = {Path(path): formats.render(sheet, Path(path), engine)}
        if key is not None:
            if Path(key).resolve() == Path(path).resolve():
                raise Mistake(f"the sheet and the key are both {shown(path, 200)}; give the key a name of its own")
            texts[Path(key)] = formats.render(self.key, Path(key), engine)
        for target in list(texts):
            texts.update(formats.beside([self.key], target))
        write_all(texts)


def worksheet(
    exercise: Exercise, digits: int = 6, style: str = "", full: Sequence[str] = (), run: bool = False, fade: int = 0
) -> Worksheet:
    """The sheet and its key of an exercise; the arguments are those of ``Exercise.worksheet``."""
    try:
        check_level(fade)
        if exercise.trains and not exercise.questions:
            from symnet.sheets.training import training_document  # which needs NumPy

            if fade:
                raise Mistake("fade is for working by hand, and the sheet of a file that trains has none")
            outcome = exercise.train(progress=False) if run else None
            shown = training_document(exercise.title, exercise.introduction, exercise.plan, outcome)
            title = exercise.layout.title or shown.title
            return Worksheet(replace(shown, exercise=exercise, layout=exercise.layout, title=title))
        if run:
            raise Mistake("run is for files that train, with [data] or a [training] such as epochs; this one asks")
        solution = solution_of(exercise, max(12, digits))
        with laid_out(exercise.layout):
            key = document(exercise, solution, digits, style, full=full)
            other = document(exercise, solution, digits, style, full=full, fade=fade) if fade else None
        return Worksheet(with_totals(key), with_totals(other) if other is not None else None)
    except Mistake as mistake:
        raise Mistake(f"{exercise.name}: {mistake}") from None


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
    full: Sequence[str] = (),
    fade: int = 0,
) -> Document:
    """The whole document; ``asked`` replaces the exercise's own questions.

    With ``fade`` it is the student's sheet, with blanks in the working.
    """
    problem = exercise.problem
    for name in full:
        if name not in problem.network.names:
            raise Mistake(f"{shown(name)} is not a name of this exercise{suggestion(name, problem.network.names)}")
    names = Names((*problem.network.names, *problem.state), exercise.notation)
    work = FadedWork(solution, names, digits, fade) if fade else Work(solution, names, digits)
    words = Vocabulary(problem, exercise.notation, names)
    blocks = list(words.blocks(exercise.introduction, "introduction"))
    questions_asked = asked if asked is not None else questions_of(exercise)
    asks = {question.ask for question in questions_asked}
    if asks == {"matrix"} and problem.layers is not None:
        blocks += _given_in_matrices(problem.layers, work)
    elif problem.sizes is not None:
        blocks += network_given(work)
    elif not asks <= {"parameters", "mistake"}:  # these say themselves what is given
        opening = next(iter(questions_asked), None)
        blocks += _given(exercise, work, bool(asks & _OF_UPDATES), opening is not None and opening.ask == "truth_table")
    for i, question in enumerate(questions_asked, 1):
        answer = questions.answered(work, with_defaults(question, {"style": style, "full": tuple(full)}))
        points = written(question.points) if question.points is not None else ""
        first, more = in_own_words(question, words, f"question[{i - 1}].text") if question.text else (answer.text, ())
        blocks += [Task(i, first, points), *more]
        blocks += with_room(answer.blocks, question.room, exercise.layout)
    blocks += hints(work, questions_asked)
    layout = exercise.layout
    made = Document(
        title=layout.title or exercise.title,
        # A sheet with blanks has those of every question, as it is filled in.
        blocks=tuple(blocks if fade else without_repeats(blocks)),
        note="Answer key",
        layout=layout,
        exercise=exercise,
        variant=exercise.variant_code,
        student=exercise.student,
    )
    return faded(made, work) if isinstance(work, FadedWork) else made


def _given(exercise: Exercise, work: Work, updates: bool, in_a_truth_table: bool) -> Iterator[Block]:
    """What the sheet gives: numbers, equations, the update and the conventions that matter here.

    Samples ``in_a_truth_table`` have their rows there, in the first question.
    """
    problem, network = exercise.problem, work.network
    varying = {name for sample in problem.samples for name in sample}
    fixed = [name for name in problem.given if name not in varying]
    if problem.arrays:
        yield from _given_arrays("Given", {name: problem.given[name] for name in fixed}, work)
    elif fixed:
        yield Paragraph(("Given: ", *_values(work, {name: problem.given[name] for name in fixed}), "."))
    if problem.samples and in_a_truth_table:
        yield Paragraph((f"The {len(problem.samples)} samples are the rows of the table in question 1.",))
    elif problem.samples:
        columns = list(dict.fromkeys(name for sample in problem.samples for name in sample))
        rows = tuple(
            ((str(i + 1),), *((given_number(example[name]),) for name in columns))
            for i, example in enumerate(problem.examples)
        )
        yield Paragraph((f"The {len(problem.samples)} samples:",))
        yield Table((("sample",), *((work.names.node(name),) for name in columns)), rows)
    if problem.arrays:
        yield from _given_arrays("Parameters", problem.start, work)
    elif len(problem.start) > MOST_IN_A_SENTENCE:
        yield Paragraph((f"The {len(problem.start)} parameters:",))
        cells = tuple(((work.names.node(name),), (given_number(value),)) for name, value in problem.start.items())
        yield Table((("parameter",), ("value",)), cells)
    elif problem.start:
        yield Paragraph(("Parameters: ", *_values(work, problem.start), "."))
    if problem.learning_rate is not None and not problem.has_schedule:
        yield Paragraph(("Learning rate: ", row(work.names.rate, EQUALS, given_number(problem.learning_rate)), "."))
    yield Paragraph(("Equations:",))
    if problem.whole:
        setter = EquationTypesetter(work.names, problem.whole, by_entries=True)
        yield Working(tuple(setter.line(equation) for equation in problem.whole))
    lines = tuple(Line(work.names.node(e.name), (("=", work.symbols(e.rhs)),)) for e in network.equations)
    if not problem.whole:
        yield Working(lines, unit_sizes(network.equations))
    if exercise.layout.figure != "none":  # right under the equations that it shows
        units = sheet_figure(work) if not (figures := array_figures(work)) else None
        yield from (*figures, *((units,) if units is not None else ()))
    if updates:
        yield from _update(work)
    if exercise.variant_code and _is_long(exercise, work.solution):
        yield Paragraph((f"Round every number to {FIGURES} significant digits.",))
    conventions = list(_conventions(exercise, work))
    if conventions:
        yield Paragraph(("Conventions:", *(part for text in conventions for part in (" ", *text))))


def _is_long(exercise: Exercise, solution: Solution) -> bool:
    """Whether a number is asked for that is longer than a person writes down, and nothing says how to round it."""
    from symnet.exercises.asked import asked_keys  # here, because it asks for the questions of an exercise

    if exercise.problem.places is not None:
        return False
    values = {**solution.forward, **{f"grad({name})": value for name, value in solution.gradients.items()}}
    values |= {**solution.updated, **solution.further}
    asked = [values[key] for key in asked_keys(exercise) if key in values]
    return any(not isinstance(value, Undefined) and _figures(value) > FIGURES for value in asked)


def _given_arrays(what: str, values: Mapping[str, Fraction], work: Work) -> Iterator[Block]:
    """Numbers in a sentence, and arrays as matrices beside the numbers."""
    groups = grouped(values, work.problem.arrays)
    if any(group.array for group in groups):
        arrays = work.problem.arrays
        yield from array_grids.given(what, groups, arrays, work.names.node, lambda name: given_number(values[name]))
    elif groups:
        yield Paragraph((f"{what}: ", *_values(work, values), "."))


def _figures(value: Value) -> int:
    """How many significant digits a number has, more than anybody writes where it never ends."""
    if not isinstance(value, Fraction) or (places := decimal_places(value)) is None:
        return FIGURES + 1
    return len(str(abs(int(value * 10**places))).strip("0"))


def _update(work: Work) -> Iterator[Block]:
    """The rules of an update, where it is not plain gradient descent, and what is remembered from before."""
    problem = work.problem
    if not problem.rules or problem.rules == _plain(problem.network, problem.loss, problem.sequential):
        return
    shown = list(problem.rules)
    if len(shown) > MOST_RULES:
        first = next((rule.name for rule in shown if rule.name in problem.start), "")
        of_first = [rule for rule in shown if (state_parts(rule.name) or ("", rule.name))[1] == first]
        shown = of_first if len(of_first) * len(problem.start) == len(shown) else shown
    likewise = ", and likewise for the others" if len(shown) < len(problem.rules) else ""
    what: Text = (" of ", work.names.node(shown[-1].name), likewise) if likewise else ()
    start: Text = ("Update number ", work.names.node(UPDATE_NUMBER.name)) if work.uses_count else ("An update",)
    yield Paragraph((*start, *what, ":"))
    yield Working(tuple(Line(work.names.node(rule.name), (("←", work.symbols(rule.rhs)),)) for rule in shown))
    made = f"after {counted(problem.made, 'update')}" if problem.made else "at the start"
    if any(problem.state.values()) or 0 < len(problem.state) <= MOST_ZEROS:
        yield Paragraph((f"Remembered {made}: ", *_values(work, problem.state), "."))
    elif problem.state:
        yield Paragraph((f"Everything that is remembered is 0 {made}.",))


def _plain(network: Network, loss: str, sequential: bool) -> tuple[Equation, ...]:
    return rules_of(optimizers.sgd(), network, loss, sequential)[0]


def _given_in_matrices(network: Network, work: Work) -> Iterator[Block]:
    """The arrays with their numbers, where they are small enough, and the equations of the layers."""
    form = LayerForm(network, Names(network.names))
    numbers = LayerNumbers(form, work.problem, work.digits)
    if not numbers.too_large:
        yield Paragraph(("Given, one row per example:",))
        for group in ((*network.inputs, *network.targets), network.parameters):
            items = [row(lhs, EQUALS, matrix) for name in group for lhs, matrix in numbers.given(name)]
            yield Display(joined(items, row(COMMA, Word("  "))))
    yield Paragraph(("Equations of the layers:",))
    yield Working(form.forward())


def _values(work: Work, values: Mapping[str, Fraction]) -> Text:
    parts: list[Text] = [(row(work.names.node(name), EQUALS, given_number(value)),) for name, value in values.items()]
    return tuple(part for text in parts for part in (", ", *text))[1:]


def _conventions(exercise: Exercise, work: Work) -> Iterator[Text]:
    """What the sheet depends on and books differ in, in words."""
    problem = exercise.problem
    used = {type(node) for equation in work.network.equations for node in functions_in(equation.rhs)}
    kinks = [f for f in used if f.kink]
    for function in sorted(kinks, key=lambda f: f.__name__):
        kink = row(Script(function_name(function), sup=Word("′")), Brackets(Number("0")))
        yield (row(kink, EQUALS, Word(function.kink)), ".")
    if work.has_zero_logarithm:
        yield ("0·ln 0 counts as 0, and so does its slope.",)
    whole = [e.rhs for e in problem.whole]
    if any(rhs.has(masked_softmax) for rhs in whole):
        yield (_MASKED,)
    if any(rhs.has(layer_norm) for rhs in whole):
        yield _LAYER_NORM
    if whole:
        setter = EquationTypesetter(work.names, problem.whole, by_entries=True)
        if any(holds(setter.line(equation).steps, ONES) for equation in problem.whole):
            yield (ONES, " is a column of ones: what stands beside it goes to every row.")
    if stops := {s for e in (*work.network.equations, *problem.whole) for s in e.rhs.atoms(functions.stop_gradient)}:
        yield from said_of_stops(stops)
    if of_any := sorted((f for f in used if f.__name__ in ("max", "min")), key=lambda f: f.__name__):
        yield ("A tie in a maximum or minimum goes to the first argument.",)
        for function in of_any if problem.has_loss else ():
            slope = Script(function_name(function), Letter("k"), Word("′"))
            yield (slope, " is the slope in the ", Letter("k"), "-th argument.")
    asks = {question.ask for question in questions_of(exercise)}
    if asks & _OF_SIDES and functions.step in used:
        yield (row(function_name(functions.step), Brackets(Number("0")), EQUALS, Number("1")), ".")
    if len(problem.examples) > 1 and problem.start and not problem.online and not asks <= _OF_SIDES:
        yield (f"The loss of the batch is the {problem.reduce} of the samples' losses.",)
    if problem.online:
        yield ("One update per sample, in the order given.",)
    if len(problem.start) > 1 and any(
        partial_parts(name.name) for rule in problem.rules for name in names_in(rule.rhs)
    ):
        if problem.sequential:
            yield ("Sequential updates: later gradients use the parameters already updated.",)
        else:
            yield ("All gradients are taken before any parameter is updated.",)
    if problem.places is not None:
        yield (f"Every line is rounded to {problem.places} decimals, and carried forward rounded.",)
