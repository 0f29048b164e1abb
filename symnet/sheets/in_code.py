"""An exercise in Python: the calls that a notebook makes to load it, to check what was typed and to compute the key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from symnet.algebra.mistakes import Mistake
from symnet.exercises.asked import asked_keys, questions_of
from symnet.exercises.exercise import Exercise
from symnet.exercises.for_students import without_answers
from symnet.exercises.reader import loads
from symnet.paper.python_text import literal, quoted
from symnet.questions import Question
from symnet.questions.further import asks_further
from symnet.working.problem import Problem
from symnet.working.quantities import further_of

# What tells a drawn variant from the exercise in its file; anything else would be another exercise.
_NUMBERS = ("given", "start", "samples", "learning_rate", "state", "updates")


@dataclass(frozen=True)
class InCode:
    """What the cells of a notebook say of one exercise."""

    exercise: Exercise

    @property
    def questions(self) -> Sequence[Question]:
        """Those that a notebook has cells for."""
        exercise = self.exercise
        if exercise.worked is None or (exercise.trains and not exercise.questions):
            return ()  # its sheet shows the plan of training; working that by hand could take days
        return questions_of(exercise)

    def setup(self, is_key: bool) -> str:
        """The cell that makes ``exercise`` from the text of its file, and in the key its ``solution``."""
        exercise = self.exercise
        name = Path(exercise.name).name
        source = exercise.source if is_key else without_answers(exercise.source)
        named = f", {quoted(name)}" if name != "exercise" else ""
        lines = ["import symnet", "", f"exercise = symnet.loads({literal(source)}{named})"]
        lines += self._changes()
        if is_key and any("solution." in self.calls(question) for question in self.questions):
            lines.append("solution = exercise.solve()")
        return "\n".join(lines)

    def _changes(self) -> list[str]:
        """Lines that give the exercise of the file the numbers of this variant, if it is one."""
        exercise = self.exercise
        if exercise.worked is None:
            return []
        if not exercise.source:
            raise Mistake(f"{exercise.name}: a notebook needs the text of the exercise's file; load it from one")
        original = loads(exercise.source, exercise.name).problem
        own = exercise.problem
        compared = [f.name for f in fields(own) if f.compare]
        different = [name for name in compared if getattr(own, name) != getattr(original, name)]
        if not different:
            return []
        if not set(different) <= set(_NUMBERS):
            raise Mistake(f"{exercise.name}: its {different[0]} is not as in its file, so no notebook can load it")
        values = "".join(f"    {name}={_plain(getattr(own, name))},\n" for name in different)
        return [
            "",
            "# The numbers of this variant:",
            "from dataclasses import replace",
            "from fractions import Fraction",
            "",
            f"problem = replace(\n    exercise.problem,\n{values})",
            "exercise = replace(exercise, worked=problem)",
        ]

    def asked_for(self, question: Question) -> tuple[str, ...]:
        """What a student answers, named as in ``symnet check``: x3, grad(w13), and w13 after its update."""
        problem = self.exercise.problem
        match question.ask:
            case "forward":
                return tuple(e.name for e in problem.network.equations if not question.of or e.name in question.of)
            case "gradient" | "deltas":
                return tuple(f"grad({name})" for name in _names(problem, question))
            case "update":
                names = _updated(problem, question)
                # The question is about the first update; the name alone means the value after all of them.
                return tuple(f"{name}@1" for name in names) if problem.updates > 1 and problem.rules else names
            case "table" | "loss_after":
                return asked_keys(replace(self.exercise, questions=(question,)))
            case ask if asks_further(ask):
                return asked_keys(replace(self.exercise, questions=(question,)))
            case _:
                return ()

    def calls(self, question: Question) -> str:
        """The calls that give the numbers of the answer."""
        problem = self.exercise.problem
        match question.ask:
            case "forward":
                return _show("solution", "forward", question.of)
            case "gradient" | "deltas" | "matrix":
                return _show("solution", "gradients", () if question.ask == "matrix" else _names(problem, question))
            case "update" if problem.updates == 1 or not problem.rules:
                return _show("solution", "updated", _updated(problem, question))
            case "update":
                first = "from dataclasses import replace\n\nonce = symnet.solve(replace(exercise.problem, updates=1))\n"
                return first + _show("once", "updated", _updated(problem, question))
            case "training":
                after = _show("solution", "forward_after", (problem.loss,))
                return f"{_show('solution', 'updated', tuple(problem.start))}\n{after}"
            case "derivative" | "nudge":
                of = question.of or (problem.loss,)
                wrt = question.wrt or _names(problem, question)[:1]
                pairs = ", ".join(f"({quoted(a)}, {quoted(b)})" for a in of for b in wrt)
                solved = f"derived = symnet.solve(exercise.problem, derivatives=[{pairs}])\n"
                return solved + _show("derived", "derivatives", ())
            case "loss_after":
                return _show("solution", "forward_after", (problem.loss,))
            case "table":
                columns = dict.fromkeys(key.rpartition("@")[0] for key in self.asked_for(question))
                return _show("solution", "cells", tuple(columns))
            case ask if asks_further(ask):
                return "\n".join(self._further(question))
            case "parameters":
                return "print(exercise.problem.network.parameter_count)"
            case _:
                return ""  # the derivation says it all

    def _further(self, question: Question) -> Iterator[str]:
        """The calls that show what is asked beyond the two passes, and the cells of samples."""
        keys, further = self.asked_for(question), further_of(self.exercise.problem)
        cells = tuple(dict.fromkeys(key.rpartition("@")[0] for key in keys if "@" in key))
        gradients = tuple(key[len("grad(") : -1] for key in keys if key.startswith("grad("))
        forward = tuple(key for key in keys if key in self.exercise.problem.network.by_name)
        own = tuple(key for key in keys if key in further)
        groups = {"forward": forward, "gradients": gradients, "further": own, "cells": cells}
        yield from (_show("solution", what, names) for what, names in groups.items() if names)


def _plain(value: Any) -> str:
    """A number, or names and numbers, as Python reads them."""
    if isinstance(value, tuple):
        return f"({''.join(f'{_plain(item)}, ' for item in value)})"
    return repr(dict(value)) if hasattr(value, "items") else repr(value)


def _updated(problem: Problem, question: Question) -> tuple[str, ...]:
    """The parameters whose update is asked for."""
    return tuple(name for name in problem.start if not question.of or name in question.of)


def _names(problem: Problem, question: Question) -> tuple[str, ...]:
    """The names whose gradients are asked for."""
    own = tuple(name.name for name in problem.network.parameters)
    return question.of or own or tuple(name.name for name in problem.network.inputs)


def _show(solution: str, what: str, names: Sequence[str]) -> str:
    """The call that prints numbers, wrapped where it is long."""
    arguments = ", ".join(map(quoted, (what, *names)))
    if len(arguments) < 90:
        return f"{solution}.show({arguments})"
    rows = "".join(f"    {quoted(argument)},\n" for argument in (what, *names))
    return f"{solution}.show(\n{rows})"
