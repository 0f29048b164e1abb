"""The steps of help with a wrong answer: where to look, which rule, the rule with its names, and with its numbers.

An answer that only follows from an earlier wrong one is sent to that.  Where the diagnosis knows the slip, the help is
about the line in which it happens; else about the first wrong line further up, or the answer's own.
"""

from __future__ import annotations

from functools import cached_property

from symnet.algebra.equations import names_in
from symnet.algebra.mistakes import shown
from symnet.classroom.checking.check import Checked
from symnet.computing.exact import Undefined, Value
from symnet.diagnosis.answer import fraction_of
from symnet.diagnosis.diagnosis import Explained, Verdict
from symnet.diagnosis.hypotheses import Hypothesis, one_of_each
from symnet.diagnosis.keyed_lines import KeyedLine, KeyedLines, after, changed, of_moment
from symnet.diagnosis.misprints import CATALOGUE as MISPRINTS
from symnet.diagnosis.put_in import GIVEN, WRONG, Blank, WithBlanks, blanks_of
from symnet.diagnosis.rule_words import RuleWords, Said
from symnet.diagnosis.secret_numbers import BLANK
from symnet.paper.printing.text import maths
from symnet.working.quantities import key_of, keys_of

_MOST_LINES = 4  # of which each gives the blank of the one before
_MOST_NAMED = 3  # quantities in one sentence
_MOST_ASKED = 2  # slips in one question
_PASSES = {"forward": "forward pass", "backward": "backward pass", "update": "update"}
_MOMENTS = ("before-the-update", "after-the-update")
_ROUNDINGS = ("rounded-", "truncated-", "single-precision")


class Ladder:
    """The steps of help with the wrong answers of one person.

    Texts are lines, of which a formula is one that starts with two spaces.
    """

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.verdicts = checked.verdicts

    # -- what is known ------------------------------------------------------------------------------------------------

    @cached_property
    def _lines(self) -> KeyedLines:
        return KeyedLines(self.checked.work)

    @cached_property
    def _known(self) -> tuple[str, ...]:
        return keys_of(self.checked.exercise.problem)

    @cached_property
    def _rules(self) -> RuleWords:
        return RuleWords(self._lines)

    @cached_property
    def _wrong(self) -> dict[str, Verdict]:
        """The wrong answers by the keys that they are meant for."""
        wrong = (v for v in self.verdicts.values() if v.verdict == "wrong" and v.key != self.checked.open)
        return {self._meant(v): v for v in wrong}

    def _unseen(self, key: str) -> bool:
        """Whether who is stuck has not shown to know a number."""
        return bool(self.checked.open) and key not in self._right

    @cached_property
    def _right(self) -> set[str]:
        return {self._meant(v) for v in self.verdicts.values() if v.verdict != "wrong"}

    def _meant(self, verdict: Verdict) -> str:
        """The key that a number was taken for: in a batch, perhaps that over all examples."""
        over_all = next((key for key, name in self._lines.batch.items() if key_of(name) == verdict.key), None)
        if over_all is None:
            return verdict.key
        solution, key = self.checked.work.solution, verdict.key
        own = solution.gradients[key[5:-1]] if key.startswith("grad(") else solution.forward[key]
        return key if _same(own, verdict.right) else over_all

    # -- one step -----------------------------------------------------------------------------------------------------

    def right_or_wrong(self, verdict: Verdict) -> str:
        if verdict.key == self.checked.open:
            return f"There is no number for {self._called(self._meant(verdict))} yet."
        if not verdict.carried:
            return "Not right yet."
        return f"Not right yet, but it follows correctly from your {self._listed(verdict.carried)}."

    def step(self, verdict: Verdict, level: int) -> tuple[str, str]:
        """Step 1 to 4, and the part of it that sends to an earlier answer."""
        before = self._first(verdict)
        if before is not None:
            name, first = self._called(self._meant(verdict)), self._called(self._meant(before))
            again = "" if verdict.key == self.checked.open else " again"
            if verdict.carried:
                sends = f"Put your {first} right first; your {name} follows from it."
            else:
                sends = f"Your {first}, further up, is not right yet. Put that right first, then work {name}{again}."
            return f"{sends}\n{self.step(before, level)[0]}", sends
        steps = (self._where, self._rule, self._with_names, self._with_numbers)
        return self.checked.secrets.masked(steps[level - 1](verdict)) if level < 3 else steps[level - 1](verdict), ""

    def _first(self, verdict: Verdict) -> Verdict | None:
        """The earlier wrong answer that is to be put right before this one."""
        if verdict.carried:
            return self.verdicts.get(verdict.carried[0])
        if verdict.slips:
            return None
        above = self._lines.above(self._meant(verdict))
        return next((self._wrong[key] for key in above if key in self._wrong), None)

    def _place(self, verdict: Verdict) -> str:
        """The key of the line in which it goes wrong, as far as that is known; else of its own line."""
        own = self._meant(verdict)
        hypothesis = verdict.slips[0].hypothesis if verdict.slips else None
        if hypothesis is None or hypothesis.is_rounding:
            return own
        key = self._place_of(hypothesis, own)
        if changed(key) == own or not self._lines.part(key):
            return own
        # In a line without names, such as ∂L/∂L = 1, nothing can go wrong but what the next line makes of it.
        way = (*self._lines.above(own), own)
        while key != own and not self._has_names(key) and not self._stopped(key):
            key = next((below for below in way if key in self._lines.inputs(below)), own)
        return own if key in self._right else key

    def _place_of(self, hypothesis: Hypothesis, own: str) -> str:
        return self._lines.first_other_rule(self.checked.place(hypothesis, own), hypothesis.slipped.problem.rules)

    def _is_all_own(self, verdict: Verdict) -> bool:
        """Whether what goes into an answer is right: seen to be, or no slip that step 2 asks for lies further up."""
        own = self._meant(verdict)
        if all(key in self._right for key in self._lines.inputs(own)):
            return True
        hypotheses = _asked(verdict)
        if not hypotheses:  # what is said of the line that was given, or of which value was
            return bool(verdict.slips)
        return not of_moment(own)[1] and all(self._place_of(s, own) == own for s in hypotheses)

    def _stopped(self, key: str) -> str:
        """Why a gradient is 0 that a stop keeps from coming back; "" for any other."""
        return self.checked.why_nothing_comes_back(key)

    def _has_names(self, key: str) -> bool:
        line = self._lines.line(key)
        return line is not None and bool(names_in(line.rhs))

    def _where(self, verdict: Verdict) -> str:
        own, place = self._meant(verdict), self._place(verdict)
        cause = verdict.slips[0] if verdict.slips else None
        if cause is not None and _is_rounding(cause):
            return "Your method looks right. Look at how many digits you carry from one line to the next."
        if cause is not None and cause.id == "wrong-factor":
            return "Look at the line that you wrote, number by number: it is right but for one thing."
        if cause is not None and cause.id in MISPRINTS:
            return "Your working looks right. Look at how you wrote the number down."
        if cause is not None and cause.id in _MOMENTS:
            return "Look at which value is asked for: the one before the update or the one after it?"
        if self._lines.part(own) == "fixed":
            return f"Look at what {self._called(own)} is in this exercise: does it change at all?"
        if self._lines.line(own) is None and place == own:
            return f"Look at where {self._called(own)} comes from, before you work with any numbers."
        if place != own:
            return f"Look further up: it seems to go wrong {self._line_of(place)}."
        inputs = self._lines.inputs(own)
        if cause is not None or all(key in self._right for key in inputs):
            right = " What goes into it is right." if inputs and self._is_all_own(verdict) else ""
            return f"Look at the line for {self._called(own)} itself.{right}"
        if verdict.key == self.checked.open:
            unseen = [key for key in inputs if key not in self._right][:_MOST_NAMED]
            return f"Look at the line for {self._called(own)}, and first at what goes into it: {self._listed(unseen)}."
        vague = " More digits would show more." if verdict.vague else ""
        start = f"Your numbers do not show where it goes wrong.{vague} Check the line for {self._called(own)} first"
        if self._lines.part(own) == "examples":
            return f"{start}: how many examples are there, and how do you put them together? Then check each of them."
        unseen = [key for key in inputs if key not in self._right][:_MOST_NAMED]
        asked = [key for key in unseen if of_moment(key)[0] in self._known or after(key)]
        more = f" Give {_listed(asked)} too, and the next hint can say more." if asked else ""
        return f"{start}, then what goes into it: {self._listed(unseen)}.{more}"

    def _rule(self, verdict: Verdict) -> str:
        place = self._place(verdict)
        stopped = self._stopped(place) if place != self._meant(verdict) else ""
        said = [stopped or self._text(self._rules.rule(place))]
        if verdict.slips and _is_rounding(verdict.slips[0]):
            every = self.checked.exercise.problem.places is not None
            said = [
                "Round every line as the exercise says, and nothing else."
                if every
                else "Keep all the digits until the end, and round only the result."
            ]
        hypotheses = _asked(verdict)
        if hypotheses:
            did = ", or that you ".join(hypothesis.did for hypothesis in hypotheses)
            said.append(f"Could it be that you {did}?")
        for cause in verdict.slips[:1]:
            # What is said beside the slip itself, or of a slip of the pen.
            said.append(cause.beside if cause.hypothesis is not None else cause.says)
        return " ".join(part for part in said if part)

    def _with_names(self, verdict: Verdict) -> str:
        line = self._lines.line(self._place(verdict))
        if line is None or not names_in(line.rhs):
            return self._no_line(verdict)
        return f"{self._heading(line, 'with the names of this exercise')}\n{self._symbols(line)}"

    def _with_numbers(self, verdict: Verdict) -> str:
        own, place = self._meant(verdict), self._place(verdict)
        line = self._lines.line(place)
        if line is None or not names_in(line.rhs):
            return self._no_line(verdict)
        if line.values is None:
            return f"{self._heading(line, 'once more')}\n{self._symbols(line)}\nSubstitute your numbers, name by name."
        said = [self._heading(line, "with its numbers substituted")]
        for left in reversed(range(_MOST_LINES)):
            blanks, formula = self._numbers(line)
            up = self._up(line, blanks) if left else None
            said += [formula, self._about(line, blanks, "." if up is None else ":")]
            if up is None:
                break
            line = up
        if place != own and not blanks:
            said[-1] += f" Then go on from there to {self._called(own)}."
        return "\n".join(said)

    def _no_line(self, verdict: Verdict) -> str:
        own = self._meant(verdict)
        place = self._place(verdict)
        if place != own and self._stopped(place):
            return f"{self._stopped(place)} Go on from there to {self._called(own)}."
        if self._lines.part(own) == "fixed":
            return f"There is nothing to work out: {self._called(own)} is given."
        if self._lines.part(own) == "forward":
            return f"There is nothing to substitute: look at the equation of {self._called(own)} in the exercise."
        if own.startswith("grad("):
            loss, name = self._called(self.checked.exercise.problem.loss), self._called(own[5:-1])
            return f"Imagine changing {name} a little, and nothing else. By how much does {loss} change?"
        return f"There is no single line for this. {self._text(self._rules.rule(own))}"

    # -- lines --------------------------------------------------------------------------------------------------------

    def _symbols(self, line: KeyedLine) -> str:
        return f"  {maths(line.lhs)} {line.relation} {maths(self.checked.work.symbols(line.rhs, line.names))}"

    def _numbers(self, line: KeyedLine) -> tuple[tuple[Blank, ...], str]:
        work = self.checked.work
        blanks = blanks_of(work, line, self.checked.secrets, self._wrong.__contains__, self._unseen)
        put_in = maths(WithBlanks(work, line, [blank.of for blank in blanks]).maths(line.rhs))
        return blanks, f"{self._symbols(line)} = {put_in}"

    def _heading(self, line: KeyedLine, how: str) -> str:
        many = self.checked.exercise.problem.updates > 1 and line.part == "update"
        what = "The first update" if many else f"The line for {self._called(line.key)}"
        rest = " (the others are found in the same way)" if many else ""
        return f"{what}, {how}{rest}:"

    def _about(self, line: KeyedLine, blanks: tuple[Blank, ...], end: str) -> str:
        """What stands behind the blanks of a line."""
        if not blanks:
            return "Work that out."
        names = [maths(self.checked.work.symbols(blank.of, line.names)) for blank in blanks]
        said = f"The {BLANK} is {names[0]}"
        if len(names) > 1:
            said = f"The {BLANK} are {', '.join(names[:-1])} and {names[-1]}"
        wrong = [name for name, blank in zip(names, blanks, strict=True) if blank.why == WRONG]
        if wrong:
            which = "which is" if len(names) == 1 else f"of which {_listed(wrong)} {'is' if len(wrong) == 1 else 'are'}"
            return f"{said}, {which} not right yet: put that right first."
        if all(blank.why == GIVEN for blank in blanks):
            return f"{said}, as given."
        if all(blank.of.is_Function for blank in blanks):
            return f"{said}. What is the slope there?"
        return f"{said}. Find that first{end}" if len(names) == 1 else f"{said}, in this order. Find those first{end}"

    def _up(self, line: KeyedLine, blanks: tuple[Blank, ...]) -> KeyedLine | None:
        """The line of the first blank, where that is to be worked out first and is not wrong itself."""
        if any(blank.why == WRONG for blank in blanks):
            return None
        for blank in blanks:
            if blank.of.is_Symbol and blank.of.name in line.sources:
                up = self._lines.line(line.sources[blank.of.name])
                return up if up is not None and up.values is not None and names_in(up.rhs) else None
        return None

    # -- words --------------------------------------------------------------------------------------------------------

    def _text(self, said: Said) -> str:
        return "".join(part if isinstance(part, str) else maths(part) for part in said)

    def _called(self, key: str) -> str:
        """What a key is called in a sentence."""
        node = self._lines.node(key)
        inner, k = of_moment(key)
        if after(inner):
            return f"{maths(self.checked.work.names.node(after(inner)))} after the update"
        over = " over the batch" if self._lines.part(inner) == "examples" else ""
        if k:
            by_example = len(self.checked.exercise.problem.examples) > 1 and not self.checked.exercise.problem.online
            over = f" of {'example' if by_example and self._lines.part(inner) != 'update' else 'update'} {k}"
        return f"{maths(node)}{over}" if node is not None else shown(key, 200)[1:-1]

    def _line_of(self, key: str) -> str:
        """In the backward pass, in the line for ∂Loss/∂y₃."""
        if self._lines.part(key) == "further":
            return f"in the line for {self._called(key)}"
        part = _PASSES.get(self._lines.part(key), "")
        return f"in the {part}, in the line for {self._called(key)}" if part else f"in the {self._called(key)}"

    def _listed(self, keys: list[str] | tuple[str, ...]) -> str:
        return _listed([self._called(key) for key in keys[:_MOST_NAMED]])


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _is_rounding(cause: Explained) -> bool:
    return cause.hypothesis.is_rounding if cause.hypothesis is not None else cause.id.startswith(_ROUNDINGS)


def _asked(verdict: Verdict) -> tuple[Hypothesis, ...]:
    """The slips that step 2 asks about."""
    return one_of_each(cause.hypothesis for cause in verdict.slips if cause.hypothesis is not None)[:_MOST_ASKED]


def _same(one: Value, other: Value) -> bool:
    """Whether two values are one number, of which the digits carried may differ."""
    if isinstance(one, Undefined) or isinstance(other, Undefined):
        return isinstance(one, Undefined) and isinstance(other, Undefined)
    a, b = fraction_of(one), fraction_of(other)
    return a is not None and b is not None and abs(a - b) * 10**20 <= abs(b)
