"""What ``symnet check`` says of somebody's numbers: right, rounded, or wrong with the slip that gives them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from symnet.algebra.equations import names_in, partial
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.stopping import stop_gradient
from symnet.classroom.marking.points import arrays_of
from symnet.computing.json_numbers import as_number
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.answering import Answering
from symnet.diagnosis.diagnosis import Verdict, diagnose
from symnet.diagnosis.hypotheses import Hypotheses, Hypothesis
from symnet.diagnosis.secret_numbers import SecretNumbers
from symnet.exercises.exercise import Exercise
from symnet.notation.line import Line
from symnet.notation.names import Names
from symnet.paper.formats import text
from symnet.paper.printing.text import maths
from symnet.working.order_of_use import in_order_of_use
from symnet.working.quantities import further_of
from symnet.working.solution import in_figures, solve
from symnet.working.work import Work


def check(exercise: Exercise, answers: Mapping[str, object]) -> Checked:
    """The verdicts on numbers worked by hand: ``symnet.check(exercise, {"w13": 5, "grad(w35)": "50"})``.

    A name is its forward value, ``grad(name)`` its gradient, a parameter its new value; keys may be spelled in all ways
    of ``symnet.diagnosis.keys``, and answers be lines and formulas as well as numbers.  A number is taken as it is
    written, so "0.50" has been rounded to two decimals and 0.5 to one.  Raises Mistake.
    """
    return Checked(exercise, {str(key): str(number) for key, number in answers.items()})


MOST_FIGURES = 16  # of a right number beside a given one
LONGEST_SHOWN = 60  # characters of an answer
_VAGUE = "A slip may give this number, but so few digits may agree by accident; more digits would tell."


class Checked:
    """The verdicts on the answers of one person, and the lines of working in which the slips happen.

    ``stuck`` is a quantity for which the person has no number yet; ``open`` is its key, "" where there is a number.
    """

    def __init__(self, exercise: Exercise, answers: Mapping[str, str], stuck: str = "") -> None:
        self.exercise = exercise
        problem = exercise.problem
        if not answers and not stuck:
            raise Mistake(f"{exercise.name}: nothing to check; give numbers such as w13=5 'grad(w35)=50'")
        try:
            self.answering = Answering(problem, answers, exercise.notation)
            key = self.answering.key(stuck) if stuck else ""
            self.open = key if key not in self.answering.said else ""
            self._hypotheses = Hypotheses(problem, (*self.answering.said, *([self.open] if self.open else [])))
            right = {} if self.answering.is_plain and not self.open else self._hypotheses.right(problem)
            verdicts = diagnose(self._hypotheses, problem, self.answering.numbers(right)) if answers else {}
            self.verdicts: dict[str, Verdict] = self.answering.judged(verdicts)
            if self.open:
                self.verdicts[self.open] = Verdict(self.open, "", right[self.open], "wrong")
        except Mistake as mistake:
            raise Mistake(f"{exercise.name}: {mistake}") from None

    def __repr__(self) -> str:
        return self.as_text()

    @property
    def all_right(self) -> bool:
        return all(verdict.verdict != "wrong" for verdict in self.verdicts.values())

    @cached_property
    def work(self) -> Work:
        """The right working: every line forward and backward, and the first update, which stands for all."""
        problem = replace(self.exercise.problem, updates=min(1, self.exercise.problem.updates))
        return Work(solve(problem), Names((*problem.network.names, *problem.state), self.exercise.notation))

    def place(self, hypothesis: Hypothesis, key: str) -> str:
        """The key of the line of working in which the slip happens, on the way to ``key``."""
        return self._hypotheses.line_of(hypothesis, self.exercise.problem, key)

    def line(self, verdict: Verdict, hypothesis: Hypothesis) -> Line | None:
        """The right line of working in which the slip happens."""
        work, problem = self.work, self.exercise.problem
        key = self.place(hypothesis, verdict.key)
        key = key.removeprefix("change(").removesuffix(")") if key.startswith("change(") else key
        name = partial(problem.loss, key[5:-1]).name if key.startswith("grad(") else further_of(problem).get(key, key)
        if name in problem.network.by_name:
            rhs = problem.network.by_name[name].rhs
            return work.three_forms(work.names.node(name), rhs, work.solution.forward[name])
        for equation in (*problem.backward, *problem.further):
            if equation.name == name:
                value = work.values[equation.name]
                return work.three_forms(work.names.node(equation.name), in_order_of_use(problem, equation.rhs), value)
        if work.solution.first_update is not None and name in problem.start:
            return next(reversed(work.update(lambda rule: rule == name, boxes=False)), None)
        return None

    def quoted(self, verdict: Verdict, hide: bool = False) -> str:
        """The line of the likeliest slip as text, "" where there is none; ``hide`` leaves it in symbols."""
        hypothesis = verdict.slips[0].hypothesis if verdict.slips else None
        if hypothesis is None:
            return ""
        line = self.line(verdict, hypothesis)
        if line is not None and hide:
            # The first step has the names; a line without any has the number alone.
            line = replace(line, steps=line.steps[:1]) if len(line.steps) > 1 else None
        if line is None:
            return ""
        why = self.why_nothing_comes_back(self.place(hypothesis, verdict.key))
        return f"{text.one_line(line)}. {why}" if why else text.one_line(line)

    def why_nothing_comes_back(self, key: str) -> str:
        """Why the gradient of a key is 0, where what uses it is stopped; "" for any other."""
        problem = self.exercise.problem
        if not key.startswith("grad("):
            return ""
        line = next((e for e in problem.backward if e.name == partial(problem.loss, key[5:-1]).name), None)
        if line is None or line.rhs != 0:
            return ""
        follows, stopped = {key[5:-1]}, False
        for e in problem.network.equations:
            if any(name.name in follows for name in names_in(e.rhs)):
                follows.add(e.name)
                stopped |= any(name.name in follows for part in e.rhs.atoms(stop_gradient) for name in names_in(part))
        if not stopped:
            return ""
        return f"The gradient is stopped before it comes back to {maths(self.work.names.node(key[5:-1]))}."

    def as_json(self, digits: int = 12, hide: bool = False) -> str:
        """One line of JSON, ``symnet.check/1``; with ``hide``, "right" is null and no right number is anywhere else."""
        answers = self.answers(digits, hide)
        return json.dumps({"schema": "symnet.check/1", "file": self.exercise.name, "answers": answers})

    def answers(self, digits: int, hide: bool = False) -> dict[str, dict[str, Any]]:
        """What is said of every answer, for JSON."""
        return {key: self._answer(verdict, digits, hide) for key, verdict in self.verdicts.items()}

    def _answer(self, verdict: Verdict, digits: int, hide: bool) -> dict[str, Any]:
        return {
            "given": self.answering.said[verdict.key].text,
            "right": None if hide else as_number(verdict.right, digits),
            "verdict": verdict.verdict,
            "slips": [{"id": cause.id, "says": self._said(cause.says, hide)} for cause in verdict.slips],
            "carried": list(verdict.carried),
            "line": self.quoted(verdict, hide),
            "notes": [*self.notes(verdict, hide), *([_VAGUE] if verdict.vague and not verdict.slips else [])],
        }

    def _said(self, sentence: str, hide: bool) -> str:
        return self.secrets.masked(sentence) if hide else sentence

    def notes(self, verdict: Verdict, hide: bool) -> list[str]:
        """What is said of the working that was given with an answer."""
        remarks = self.answering.remarks(verdict)
        return [self._said(said, hide) for remark in remarks if (said := remark.hidden if hide else remark.says)]

    @cached_property
    def secrets(self) -> SecretNumbers:
        """The right numbers of the wrong answers."""
        return SecretNumbers(verdict.right for verdict in self.verdicts.values() if verdict.verdict == "wrong")

    def key(self, word: str) -> str:
        """The key of an answer, as it may be spelled."""
        return self.answering.key(word)

    @property
    def margin(self) -> str:
        """What stands before a line of text below an answer."""
        return " " * (max(map(len, self.verdicts)) + 2)

    @cached_property
    def _written(self) -> dict[str, str]:
        return {key: shown(said.text, LONGEST_SHOWN)[1:-1] for key, said in self.answering.said.items()}

    def row(self, key: str, outcome: str = "") -> str:
        """An answer and its verdict in columns: w13  5  wrong."""
        wide, given = len(self.margin), max(map(len, self._written.values()))
        outcome = outcome or self.verdicts[key].verdict
        return f"{shown(key, 200)[1:-1]:{wide}}{self._written[key]:>{given}}  {outcome}"

    @cached_property
    def _alike(self) -> dict[str, tuple[str, int]]:
        """{"grad(W1_2)": ("grad(W)", 4)}: the entries of an array that are all right and said the same of."""
        arrays = arrays_of(tuple(self.verdicts), self.exercise)
        count = Counter(arrays.values())
        said: dict[str, set[tuple[str, ...]]] = {}
        for key, array in arrays.items():
            verdict = self.verdicts[key]
            says = (verdict.verdict, *(cause.says for cause in verdict.slips), *self.notes(verdict, True))
            said.setdefault(array, set()).add(says)
        fine = {a for a, words in said.items() if len(words) == 1 and next(iter(words))[0] != "wrong"}
        return {key: (array, count[array]) for key, array in arrays.items() if array in fine and count[array] > 1}

    def as_text(self, digits: int = 6, hide: bool = False) -> str:
        """A line a number: given, verdict, the right number; below it the slip and its line of working.

        ``hide`` leaves out the right number, and the numbers of the line.
        """
        margin, digits = self.margin, self.exercise.problem.shown_in(digits)
        lines: list[str] = []
        previous = ""
        alike = self._alike
        told: set[str] = set()
        for key, verdict in self.verdicts.items():
            if key in alike:
                array, count = alike[key]
                if array not in told:
                    told.add(array)
                    lines.append(f"{array:{len(margin)}}{count} entries  {verdict.verdict}")
                    lines += [f"{margin}{cause.says}" for cause in verdict.slips[:1]]
                continue
            # As many digits as were given, and one more: or nobody sees what is wrong with the last.
            figures = max(digits, min(MOST_FIGURES, read_number(verdict.given, key).figures + 1))
            places = self.exercise.problem.places if key not in self.exercise.problem.given else None
            tells = verdict.verdict != "right" and not hide
            right = f" ({in_figures(verdict.right, figures, places)})" if tells else ""
            # What only follows from an own number is not a second mistake, and so is not called one.
            lines.append(f"{self.row(key, 'carried' if verdict.follows else '')}{right}")
            said = [cause.says for cause in verdict.slips]
            if verdict.verdict == "wrong" and not said:
                said = [_VAGUE if verdict.vague else "No single known slip gives this number."]
            if verdict.carried and verdict.slips and verdict.slips[0].hypothesis is not None:
                said[0] += f" (Carried forward from {', '.join(verdict.carried[:3])}.)"
            for i, sentence in enumerate(said):
                lines.append(f"{margin}{'or: ' if i else ''}{self._said(sentence, hide)}")
            lines += [margin + note for note in self.notes(verdict, hide)]
            quoted = self.quoted(verdict, hide)
            if quoted and quoted != previous:
                lines.append(f"{margin}Right there: {quoted}")
                previous = quoted
        return "\n".join(lines)
