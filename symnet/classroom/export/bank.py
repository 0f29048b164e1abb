"""A bank of questions: an exercise once for every variant, its sheet, the blanks to fill in and the worked key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import takewhile
from math import lcm

from symnet import questions
from symnet.algebra.equations import partial
from symnet.algebra.further import formula_in
from symnet.algebra.mistakes import Mistake
from symnet.algebra.plurals import counted
from symnet.classroom.export.blanks import Blank, Precision, blank
from symnet.classroom.export.grid import Grid, grid_of, grid_of_samples, grids_of
from symnet.classroom.marking.points import arrays_of, shares
from symnet.computing.exact import Value
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.particulars import is_of_a_pass
from symnet.diagnosis.quality import all_wrong_answers
from symnet.exercises.asked import asked_keys, questions_of
from symnet.exercises.exercise import Exercise
from symnet.notation.maths import Maths
from symnet.notation.names import Names
from symnet.paper.document import Block, Items, Paragraph, Task, Text, Working
from symnet.questions import Question
from symnet.questions.columns import printed
from symnet.questions.keys_asked import cells_asked, keys_asked
from symnet.questions.loss_of_batch import is_worked_of_batch
from symnet.sheets.worksheet import document, solution_of
from symnet.working.problem import Problem
from symnet.working.quantities import further_of
from symnet.working.rounds import rounds
from symnet.working.rows import by_samples, parted
from symnet.working.solution import Solution
from symnet.working.work import Work

LARGEST_WEIGHT = 1000
SHOWN = 6  # significant digits of the key, at the least


@dataclass(frozen=True)
class Part:
    """One question of the sheet: what is asked and what there is to fill in; ``own`` where the words are the file's.

    ``grids`` are tables in whose cells blanks stand: the one that it asks for, or those of arrays.
    """

    text: Text
    blanks: tuple[Blank, ...]
    own: bool = False
    grids: tuple[Grid[Blank], ...] = ()

    @property
    def others(self) -> tuple[Blank, ...]:
        """The blanks that stand in no grid."""
        placed = {id(cell) for grid in self.grids for cells in grid.rows for cell in cells}
        return tuple(found for found in self.blanks if id(found) not in placed)


@dataclass(frozen=True)
class Item:
    """One variant."""

    exercise: Exercise
    given: tuple[Block, ...]
    parts: tuple[Part, ...]
    key: tuple[Block, ...]

    @property
    def code(self) -> str:
        """The code of the variant, empty where the numbers are the file's own."""
        return self.exercise.variant_code

    @property
    def blanks(self) -> tuple[Blank, ...]:
        return tuple(blank for part in self.parts for blank in part.blanks)


@dataclass(frozen=True)
class Bank:
    """``left_out`` are the questions that are not in it, each with the reason."""

    title: str
    precision: Precision
    items: tuple[Item, ...]
    left_out: tuple[str, ...] = ()

    @property
    def rule(self) -> str:
        """How exact the answers must be, in a sentence."""
        asked = self.precision
        if asked.fixed is not None:
            return f"An answer may be off by {float(asked.fixed):g}."
        if asked.places is not None:
            return f"Give numbers to {asked.places} decimal places."
        rounded = any(asked.is_rounded(blank.value) for item in self.items for blank in item.blanks)
        digits = counted(asked.digits, "significant digit")
        return f"Give whole numbers in full, others to {digits}." if rounded else ""


def bank_of(exercise: Exercise, variants: Sequence[Exercise], precision: Precision) -> Bank:
    """The bank of an exercise with the numbers of its variants; raises Mistake where it asks for no number."""
    asked, left_out = asked_of(exercise)
    if not asked:
        raise Mistake("its questions ask for no number that could be filled in: forward, gradient or update do")
    hypotheses = Hypotheses(exercise.problem, [key for _, keys in asked for key in keys])
    weights = weights_of(asked, exercise)
    items = []
    for variant in variants:
        try:
            items.append(_item(variant, asked, weights, hypotheses, precision))
        except Mistake as mistake:
            where = f" (in variant {variant.variant_code})" if variant.variant_code else ""
            raise Mistake(f"{mistake}{where}") from None
    return Bank(exercise.title, precision, tuple(items), tuple(left_out))


def one_by_one(item: Item) -> Iterator[tuple[Part, Blank, tuple[Block, ...]]]:
    """Each blank with the question that it belongs to and the working that leads to it."""
    problem = item.exercise.problem
    work = Work(solution_of(item.exercise), _names(item.exercise), SHOWN)
    for part in item.parts:
        for found in part.blanks:
            cell = parted(found.key)
            if cell is not None and by_samples(problem) and is_of_a_pass(problem, cell[0]):
                question = next(q for q in item.exercise.questions if found.key in cells_asked(q, problem))
                yield part, found, questions.answered(work, question).blocks
                continue
            if cell is not None:
                one = rounds(work)[cell[1] - 1]
                yield part, found, (Working((*one.passes, *one.rules)),)
                continue
            question = _question_of(found.key, item.exercise)
            yield part, found, questions.answered(work, question).blocks


def asked_of(exercise: Exercise) -> tuple[list[tuple[Question, tuple[str, ...]]], list[str]]:
    """The questions that ask for numbers, each with those that none before it asks for; and why others do not."""
    asked: list[tuple[Question, tuple[str, ...]]] = []
    left_out: list[str] = []
    taken: set[str] = set()
    for place, question in enumerate(questions_of(exercise), 1):
        keys = asked_keys(replace(exercise, questions=(question,)))
        new = tuple(key for key in keys if key not in taken)
        taken |= set(new)
        if new:
            asked.append((_at_the_end(question, exercise.problem.updates), new))
        else:
            why = "questions before it ask for all its numbers" if keys else "it asks for no number"
            left_out.append(f"question {place} ({question.ask}): {why}")
    return asked, left_out


def _at_the_end(question: Question, updates: int) -> Question:
    """The question as it is asked here: after several updates a parameter's number is the one at the end."""
    if question.ask != "update" or updates == 1:
        return question
    text = f"Carry out {updates:,} updates and give the parameters at the end."
    return replace(question, ask="training", options={}, text=question.text or text)


def weights_of(asked: Sequence[tuple[Question, tuple[str, ...]]], exercise: Exercise) -> dict[str, int]:
    """What each blank is worth, in whole numbers."""
    worth = worth_of(asked, exercise)
    scale = lcm(*(share.denominator for share in worth.values()))
    weights = {key: max(0, int(share * scale)) for key, share in worth.items()}
    largest = max(weights.values())
    if largest <= LARGEST_WEIGHT:
        return weights
    return {
        key: max(round(Fraction(weight * LARGEST_WEIGHT, largest)), int(weight > 0)) for key, weight in weights.items()
    }


def worth_of(asked: Sequence[tuple[Question, tuple[str, ...]]], exercise: Exercise) -> dict[str, Fraction]:
    """The points of each blank: its share of those of its question, of 1 a quantity where there are none."""
    worth: dict[str, Fraction] = {}
    for question, keys in asked:
        arrays = arrays_of(keys, exercise)
        quantities = len({arrays.get(key, key) for key in keys})
        points = question.points if question.points is not None else Fraction(quantities)
        worth |= {key: points * share for key, share in shares(keys, arrays).items()}
    return worth


def _item(
    exercise: Exercise,
    asked: Sequence[tuple[Question, tuple[str, ...]]],
    weights: Mapping[str, int],
    hypotheses: Hypotheses,
    precision: Precision,
) -> Item:
    problem = exercise.problem
    digits = max(SHOWN, precision.digits)
    solution = solution_of(exercise, digits + 6)
    names = _names(exercise)
    blocks = document(exercise, solution, digits, asked=[question for question, _ in asked]).blocks
    tasks = [block for block in blocks if isinstance(block, Task)]
    right = hypotheses.right(problem)
    told = all_wrong_answers(hypotheses, problem, [key for _, keys in asked for key in keys if key in right])
    parts = []
    for (question, keys), task in zip(asked, tasks, strict=True):
        blanks = []
        for key in keys:
            wrong = ((value, [hypothesis.did for hypothesis in slips]) for value, slips in told.get(key, ()))
            label, after = named(key, problem, names)
            blanks.append(blank(key, label, after, value_of(solution, key), wrong, weights[key], precision))
        work, by_key = Work(solution, names, digits), {found.key: found for found in blanks}
        if question.ask == "table":
            grids: tuple[Grid[Blank], ...] = (grid_of(work, question, by_key),)
        elif any("@" in key for key in keys):
            grids = (grid_of_samples(work, keys, by_key),)
        else:
            grids = tuple(grids_of(question, problem, names, by_key))
        words = _in_one_paragraph(task, blocks) if question.text else task.text
        parts.append(Part(words, tuple(blanks), bool(question.text), grids))
    start = blocks.index(tasks[0])
    return Item(exercise, blocks[:start], tuple(parts), blocks[start:])


def _in_one_paragraph(task: Task, blocks: Sequence[Block]) -> Text:
    """A question in its author's words, with the paragraphs and lists that follow the first."""
    text = task.text
    for block in takewhile(lambda block: isinstance(block, (Paragraph, Items)), blocks[blocks.index(task) + 1 :]):
        if isinstance(block, Paragraph):
            text = (*text, " ", *block.text)
        elif isinstance(block, Items):
            listed = zip(block.marks, block.items, strict=True)
            text = (*text, *(part for mark, item in listed for part in (f" {mark} ", *item)))
    return text


def value_of(solution: Solution, key: str) -> Value:
    """The right number of an asked quantity."""
    if parted(key) is not None:
        return solution.cells[key]
    if key in solution.further:
        return solution.further[key]
    name = _of_gradient(key)
    if name is not None:
        return solution.gradients[name]
    if key.startswith("new("):
        return solution.forward_after[key[len("new(") : -1]]
    return solution.updated[key] if key in solution.updated else solution.forward[key]


def _of_gradient(key: str) -> str | None:
    """w13 for grad(w13), None for what is no gradient."""
    return key[len("grad(") : -1] if key.startswith("grad(") else None


def named(key: str, problem: Problem, names: Names) -> tuple[Maths, str]:
    """The quantity's name as it is printed, and the words that belong to it."""
    cell = parted(key)
    if cell is not None and by_samples(problem) and is_of_a_pass(problem, cell[0]):
        return printed(cell[0], problem, names), f" for sample {cell[1]}"
    if cell is not None:
        pass_of = (
            cell[0] in (*problem.network.by_name, f"{problem.reduce}({problem.loss})")
            or "grad(" in cell[0]
            or formula_in(cell[0])
        )
        when = "before" if pass_of else "in" if cell[0].startswith("change(") else "after"
        return printed(cell[0], problem, names), f" {when} update {cell[1]}"
    name = _of_gradient(key)
    if (further := further_of(problem).get(key)) is not None:
        of_one = len(problem.examples) > 1 and not is_worked_of_batch(problem, further)
        return names.node(further), " for the first sample" if of_one else ""
    if key.startswith("new("):
        return names.node(key[len("new(") : -1]), " after the update" if problem.updates == 1 else " after the updates"
    if name is None and key not in problem.network.by_name:
        return names.node(key), " after the update" if problem.updates == 1 else f" after {problem.updates} updates"
    node = names.node(key if name is None else partial(problem.loss, name).name)
    return node, " for the first sample" if len(problem.examples) > 1 else ""


def _question_of(key: str, exercise: Exercise) -> Question:
    """The question that asks for this quantity alone; of what is worked beyond the passes, the one that asks for it."""
    problem = exercise.problem
    if key in further_of(problem):
        return next(question for question in exercise.questions if key in keys_asked(question, problem))
    name = _of_gradient(key)
    if name is not None:
        return Question("gradient", {"of": (name,)})
    if key.startswith("new("):
        return Question("loss_after")
    if key in problem.network.by_name:
        return Question("forward", {"of": (key,)})
    return Question("update", {"of": (key,)}) if problem.updates == 1 else Question("training")


def _names(exercise: Exercise) -> Names:
    problem = exercise.problem
    return Names((*problem.network.names, *problem.state), exercise.notation)
