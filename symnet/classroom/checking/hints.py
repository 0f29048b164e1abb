"""Hints: a ladder of help for a wrong answer, which ends before the right number is said.

Step 0 says right or wrong, 1 where to look, 2 which rule it is, 3 the rule with the names of this exercise, 4 the same
with its numbers, but for the last.  An answer that only follows from an earlier wrong one is sent to that.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.classroom.checking.check import Checked
from symnet.classroom.checking.ladder import Ladder
from symnet.exercises.exercise import Exercise

LEVELS = ("right or wrong", "where to look", "which rule", "the rule with its names", "with its numbers but the last")
_WIDTH = 100  # of a line of text


def hint(exercise: Exercise, answers: Mapping[str, object], key: str, level: int) -> str:
    """Step ``level``, from 0 to 4, of the help with an answer: ``symnet.hint(exercise, {"w13": 5}, "w13", 2)``.

    All the answers of a person are looked at, as in ``check``, and there may be none for this key yet: who is stuck has
    no number.  No step says a number that is right for a wrong answer, or for one that is missing.
    Raises Mistake, as ``check`` does, and for a level that there is not.
    """
    read_level(level)
    checked = Checked(exercise, {str(name): str(number) for name, number in answers.items()}, str(key))
    return Hints(checked).hint(checked.key(str(key)), level).says


def read_level(text: object) -> int:
    """The level of a hint as somebody gave it; raises Mistake."""
    word = str(text).strip()
    if word not in map(str, range(len(LEVELS))) or isinstance(text, bool):
        steps = ", ".join(f"{level} {what}" for level, what in enumerate(LEVELS))
        raise Mistake(f"the level of a hint is {shown(text)}; it must be a whole number from 0 to 4: {steps}")
    return int(word)


@dataclass(frozen=True)
class Hint:
    """One step of the ladder.

    Where the hint is about an earlier answer, ``sends`` is the part that sends to it, for who sees both hints.
    """

    level: int
    says: str
    sends: str = ""


class Hints:
    """The hints for the answers of one person."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.verdicts = checked.verdicts
        self._ladder = Ladder(checked)

    def hint(self, key: str, level: int) -> Hint:
        """Step ``level`` for the answer of that key; raises Mistake."""
        if key not in self.verdicts:
            raise Mistake(f"{shown(key)} is not among the answers{suggestion(key, self.verdicts)}")
        level = read_level(level)
        verdict = self.verdicts[key]
        if verdict.verdict != "wrong":
            return Hint(level, verdict.slips[0].says if verdict.slips else "Right.")
        if level == 0:
            return Hint(level, self._ladder.right_or_wrong(verdict))
        says, sends = self._ladder.step(verdict, level)
        return Hint(level, says, sends)

    def as_json(self, level: int, digits: int = 12) -> str:
        """One line of JSON as of ``Checked.as_json``, without right numbers, and with the hint of every answer.

        What a higher step tells is left out of the rest too: the slips until step 2, the line until step 3.
        """
        answers = self.checked.answers(digits, hide=True)
        for key, answer in answers.items():
            found = self.hint(key, level)
            told = answer["verdict"] != "wrong"
            answer["slips"] = answer["slips"] if level >= 2 or told else []
            answer["line"] = answer["line"] if level >= 3 else ""
            answer["notes"] = answer["notes"] if level >= 3 or told else []
            answer["hint"] = {"level": level, "says": found.says}
        return json.dumps({"schema": "symnet.check/1", "file": self.checked.exercise.name, "answers": answers})

    def as_text(self, level: int) -> str:
        """A line a number, given and verdict, and below a wrong one its hint."""
        lines = []
        for key, verdict in self.verdicts.items():
            found = self.hint(key, level)
            lines.append(self.checked.row(key))
            for line in (found.sends or found.says).split("\n") if verdict.verdict != "right" else ():
                margin = self.checked.margin
                lines += [margin + line] if line.startswith("  ") else _wrapped(line, margin)
        return "\n".join(lines)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
