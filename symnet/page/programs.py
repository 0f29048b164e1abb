"""The working of an exercise, the right one and that of every slip, as JavaScript printed from the same equations.

Every different line is one function, whichever ways of working have it.  A way of working is lists of lines: forward,
backward and the rules of an update.  That of a slip says only where it is another than the right one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from symnet.algebra.equations import Equation, names_in, partial_parts
from symnet.algebra.mistakes import Mistake
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.computing.javascript import JavaScript, constant, variable
from symnet.diagnosis.hypotheses import Hypotheses, Hypothesis
from symnet.diagnosis.particulars import At, particular, written_again
from symnet.diagnosis.rewriting import Slipped
from symnet.working.problem import Problem
from symnet.working.quantities import changes, further_of, key_of, keys_of, over_examples
from symnet.working.rows import by_samples
from symnet.working.updates import of_others

MOST_SLIPS = 1500
MOST_LETTERS = 500_000  # of lines: a page is sent by e-mail, and read on a telephone
_WAYS = ("forward", "backward", "rules")


class Programs:
    """All ways of working a problem: ``right``, and one for each hypothesis in ``slips``."""

    def __init__(self, problem: Problem, hypotheses: Hypotheses | None) -> None:
        self.problem = problem
        self._printer = JavaScript()
        self._lines: dict[str, int] = {}
        self._printed: dict[Equation, int] = {}
        self._letters = 0
        self.right = self._way(problem) | {"reads": self._reads(problem)}
        self.slips = self._affordable(hypotheses.hypotheses) if hypotheses else []

    def _affordable(self, hypotheses: Sequence[Hypothesis]) -> list[dict[str, Any]]:
        """As many slips as a page has room for; single places are left out before whole slips are."""
        before: dict[str, int] = {}
        ranked = []
        for i, hypothesis in enumerate(hypotheses):
            before[hypothesis.id] = before.get(hypothesis.id, -1) + 1
            ranked.append((-1 if hypothesis.slipped.is_everywhere else before[hypothesis.id], i))
        found: dict[int, dict[str, Any]] = {}
        for _, i in sorted(ranked):
            if self._letters > MOST_LETTERS or len(found) >= MOST_SLIPS:
                break
            found[i] = self._slip(hypotheses[i].id, hypotheses[i].did, hypotheses[i].slipped)
        return [found[i] for i in sorted(found)]

    def script(self) -> str:
        """The lines as one list of functions, ``LINES``, with the functions that they call."""
        return f"{self._printer.definitions()}const LINES=[\n{','.join(self._lines)}];\n"

    def line(self, equation: Equation) -> int:
        """The place of a line among all; the same line has one place."""
        if equation in self._printed:
            return self._printed[equation]
        code = f"[{self._printer.slot(equation.name)},{self._printer.function(equation.rhs)}]"
        if code not in self._lines:
            self._letters += len(code)
        self._printed[equation] = place = self._lines.setdefault(code, len(self._lines))
        return place

    def _way(self, problem: Problem) -> dict[str, Any]:
        used = {name.name for rule in problem.rules for name in names_in(rule.rhs)}
        gradients = [equation.name for equation in problem.backward if equation.name in used]
        nothing = [name for name in used.difference(gradients) if partial_parts(name) is not None]
        return {
            "forward": [self.line(equation) for equation in problem.network.equations],
            "backward": [self.line(equation) for equation in (*problem.backward, *problem.further)],
            "rules": [self.line(rule) for rule in problem.rules],
            "late": [any(partial_parts(name.name) for name in names_in(rule.rhs)) for rule in problem.rules],
            "used": [self._printer.slot(name) for name in gradients],
            "nothing": [self._printer.slot(name) for name in sorted(nothing)],
            "state": _numbers(problem.state),
            "updates": problem.updates,
            "online": problem.online,
            "mean": problem.reduce == "mean",
            "divisors": {self._printer.slot(name): divisor for name, divisor in problem.divisors.items()},
            "sequential": problem.sequential,
            "places": problem.places,
            "rounding": _rounding(problem),
            "rate": float(problem.learning_rate) if problem.learning_rate is not None else None,
            "examples": None,
        }

    def _reads(self, problem: Problem) -> list[list[int]]:
        """The slots that each line reads: those forward, backward and of the rules, one after the other."""
        return [sorted(self._printer.slot(name) for name in _read_by(line)) for line in _lines(problem)]

    def _slip(self, id: str, did: str, slipped: Slipped) -> dict[str, Any]:
        way = self._way(slipped.problem) | {"examples": slipped.examples}
        other = {key: value for key, value in way.items() if value != self.right[key]}
        for key in _WAYS:
            own, right = way[key], self.right[key]
            if key in other and len(own) == len(right):  # the places where they differ, and what stands there
                other[key] = {i: line for i, line in enumerate(own) if line != right[i]}
        if _reads_its_own(_lines(self.problem), _lines(slipped.problem)):
            other["wide"] = 1
        also = {"because": slipped.because} if slipped.because else {}
        return {"id": id, "did": did, **also, **({"everywhere": 1} if slipped.is_everywhere else {}), "way": other}

    def names(self, more: Iterable[str] = ()) -> dict[str, Any]:
        """What the script calls things by: where each key is found, ``more`` ones too, and the slots of all names.

        ``last`` is the last update of which a key wants a number of its own; ``again`` are the slots of each gradient
        and of what may be written down in its place.
        """
        problem = self.problem
        keys = [*dict.fromkeys((*keys_of(problem), *more, *(f"new({name})" for name in problem.network.by_name)))]
        moments = [at.k for key in keys if isinstance(at := particular(problem, key), At)]
        places = {key: place for key in keys if (place := place_of(key, problem)) is not None}
        for name in (problem.loss, UPDATE_NUMBER.name, LEARNING_RATE.name, *problem.examples[0], *problem.start):
            self._printer.slot(name)
        for _, found, *_ in places.values():
            self._printer.slots.setdefault(found, len(self._printer.slots))
        slots = self._printer.slots
        pairs = [(variable(e.name), variable(written_again(e.name))) for e in problem.backward]
        return {
            "loss": variable(problem.loss),
            "count": variable(UPDATE_NUMBER.name),
            "rate": variable(LEARNING_RATE.name),
            "made": problem.made,
            "last": max(moments, default=0),
            "batch": {key_of(name): key for key, name in over_examples(problem).items()},
            "lost": problem.loss,
            "keys": places,
            "slots": self._printer.slots,
            "again": [[slots[one], slots[again]] for one, again in pairs if one in slots and again in slots],
        }


def _lines(problem: Problem) -> list[Equation]:
    return [*problem.network.equations, *problem.backward, *problem.further, *problem.rules]


def _read_by(line: Equation) -> set[str]:
    return {name.name for name in names_in(line.rhs)}


def _reads_its_own(right: Sequence[Equation], slip: Sequence[Equation]) -> bool:
    """Whether a line of a slip reads what the right line does not, and what another line of the slip has otherwise.

    Where none does, no more follows from the lines of the slip than from those that they stand for.
    """
    others = [line != usual for line, usual in zip(right, slip, strict=False)]
    if sum(others) < 2:
        return False
    otherwise: set[str] = set()
    for line, usual, is_other in zip(slip, right, others, strict=False):
        reads = _read_by(line)
        if is_other and otherwise & (reads - _read_by(usual)):
            return True
        if is_other or otherwise & reads:
            otherwise.add(line.name)
    return False


def place_of(key: str, problem: Problem) -> list[Any] | None:
    """Where the value of a key is found: in the passes of the first example, over all of them, or at the end.

    Of KEY@2: ["sample", name, 2] or ["at", name, 2, where in the second update].
    """
    batch = over_examples(problem)
    at = particular(problem, key)
    if isinstance(at, At):
        where, name = place_of(at.key, problem) or ("", "")
        by_sample = where == "pass" and by_samples(problem)
        return ["sample", name, at.k] if by_sample else ["at", name, at.k, where]
    if key in batch:
        return ["over", variable(batch[key])]
    if key in changes(problem):
        return ["change", variable(changes(problem)[key])]
    if key in (further := further_of(problem)):
        return ["pass", variable(further[key])]
    if key.startswith("grad("):
        return ["pass", variable(f"∂{problem.loss}/∂{key[5:-1]}")]
    if key.startswith("new("):
        return ["after", variable(key[4:-1])]
    if key in problem.network.by_name:
        return ["pass", variable(key)]
    return ["end", variable(key)]


def numbers_of(problem: Problem) -> dict[str, Any]:
    """The numbers of an exercise: what is given in each example, and the parameters."""
    examples = []
    for i, example in enumerate(problem.examples):
        others = {name: value for name, value in of_others(problem, i) if isinstance(value, Fraction)}
        examples.append(_numbers({**example, **others}))
    return {"examples": examples, "start": _numbers(problem.start)}


def _numbers(values: Mapping[str, Fraction]) -> dict[str, float]:
    return {variable(name): float(value) for name, value in values.items()}


def _rounding(problem: Problem) -> Sequence[Any] | None:
    rounding = problem.rounding
    return [rounding.digits, rounding.significant, rounding.cut, rounding.forward_only] if rounding else None


def check_numbers(problem: Problem) -> None:
    """Raises Mistake for a number that double precision does not hold."""
    for name, value in (*problem.given.items(), *problem.start.items(), *problem.state.items()):
        if "nf" in constant(value):
            raise Mistake(f"{name} is too large for a page, which works in double precision")
