"""What a person wrote down: which answers are wrong, and which of those follow from the numbers above them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from symnet.algebra.functions import relu
from symnet.algebra.mistakes import Mistake
from symnet.computing.exact import Number, Undefined, Value
from symnet.computing.rounding import Rounding
from symnet.diagnosis.answer import Answer, fraction_of
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.working.problem import Problem
from symnet.working.quantities import key_of

NEAR = 30  # units of the last digit that rounding the lines above may come to
FIGURES = 3  # significant digits from which on a number may be one that was rounded for the page alone
SHARE = 30  # of how far a number is off the right one, at most what such rounding may make of it: else it tells nothing


class Handwork:
    """The answers of one person beside the ``right`` ones, and those that are ``wrong``.

    ``lines`` is what every line comes to with the wrong ``numbers`` above it, ``as_written`` with all of the person's;
    ``goes_on_with`` are the wrong ones and what they imply.
    ``follows`` are the wrong answers that are right given earlier wrong ones, ``with_all`` those of them that follow
    from all numbers as they are written; ``rounded`` follow from rounded numbers alone.
    """

    def __init__(
        self,
        hypotheses: Hypotheses,
        problem: Problem,
        given: Mapping[str, Answer],
        right: Mapping[str, Value],
        wrong: Sequence[str],
    ) -> None:
        self.hypotheses, self.problem, self.given, self.right, self.wrong = hypotheses, problem, given, right, wrong
        numbers = {key: given[key].number for key in wrong}
        self.numbers = {key: number for key, number in numbers.items() if number is not None}
        self.goes_on_with = with_dead_units(problem, self.numbers)
        # Who rounds every line, or carries an error forward, goes on with the numbers that are written down.
        all_numbers = {key: answer.number for key, answer in given.items() if answer.number is not None}
        seen = {key: number for key, number in all_numbers.items() if key not in self.numbers}
        self.all_numbers = {**with_same_gradients(problem, seen), **all_numbers, **self.goes_on_with}
        self.lines, self.as_written = self._right_given(self.goes_on_with), self._right_given(self.all_numbers)
        self._given_roots: dict[Sequence[str], Mapping[str, Value]] = {}
        self._half_up: dict[str, Mapping[str, Value]] = {}
        self.follows: dict[str, tuple[str, ...]] = {}
        self.with_all: set[str] = set()
        self.rounded: set[str] = set()
        self._follow()

    def _right_given(self, numbers: Mapping[str, Fraction]) -> Mapping[str, Value]:
        try:
            return self.hypotheses.right(self.problem, numbers) if numbers else {}
        except Mistake:  # the answers lead to something that has no value
            return {}

    def numbers_above(self, key: str) -> dict[str, Number]:
        """What a line is worked with: the person's own wrong numbers above it, and the right ones."""
        above = {other: self.numbers.get(other, self.right[other]) for other in self.hypotheses.above(key) - {key}}
        return {other: value for other, value in above.items() if not isinstance(value, Undefined)}

    def _follow(self) -> None:
        implied = self.goes_on_with.keys() - self.numbers.keys()
        for key in self.hypotheses.in_turn(self.wrong):
            if key in self.problem.network.by_name and not implied.isdisjoint(self.hypotheses.inputs(key)):
                continue  # a dead unit does not follow from what it implies
            above = self.hypotheses.above(key)
            roots = tuple(k for k in self.wrong if k in above and k != key and k not in self.follows)
            for values in (self.lines, self.as_written):
                if key in values and values[key] != self.right[key] and self.given[key].matches(values[key]):
                    if roots and self.lines.get(key) != self.right[key]:
                        self.follows[key] = self._entering(key, roots)
                        if values is self.as_written:
                            self.with_all.add(key)
                        break
                    if values is self.as_written and self._is_rounded_above(key, values[key]):
                        self.rounded.add(key)
            # Or from those alone, and everything between them worked in full.
            if key not in self.follows and roots:
                follows = self.given_roots(roots).get(key, self.right[key]) != self.right[key]
                if follows and self.follows_from(key, roots):
                    self.follows[key] = self._entering(key, roots)

    def _entering(self, key: str, roots: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the roots that a number is worked from with nothing wrong in between, where they alone give it."""
        if len(roots) < 2:
            return roots
        entering = tuple(root for root in self.nearest(key) if root in roots)
        return entering if 0 < len(entering) < len(roots) and self.follows_from(key, entering) else roots

    def given_roots(self, roots: Sequence[str]) -> Mapping[str, Value]:
        """What every line comes to with these wrong numbers alone."""
        if roots not in self._given_roots:
            numbers = {root: self.numbers[root] for root in roots if root in self.numbers}
            self._given_roots[roots] = self._right_given(with_dead_units(self.problem, numbers))
        return self._given_roots[roots]

    def follows_from(self, key: str, roots: Sequence[str]) -> bool:
        """Whether these wrong numbers alone give an answer, and all between them is worked out in full."""
        values = self.given_roots(roots)
        return key in values and bool(self.given[key].matches(values[key]))

    def follows_closely(self, key: str) -> tuple[str, ...]:
        """The wrong answers that an answer follows from for some numbers that are these, rounded as they are written.

        Who works with all digits and rounds for the page alone writes −0.1478 and half of −0.14775 as −0.07388.  Each
        number may be off by half a unit of its last digit, and what all of them make of the answer is added up.  Only
        asked where nothing else explains it: what a slip gives as well is not taken from it.
        """
        answer, true, middle = self.given[key], self.true(key), number_of(self.lines.get(key, self.right[key]))
        if answer.number is None or answer.unit is None or true is None or middle is None or middle == true:
            return ()
        near = [root for root in self.nearest(key) if root != key and root in self.hypotheses.above(key)]
        slack = Fraction(0)
        for root in near:
            if self.given[root].figures >= FIGURES:
                shifted = number_of(self._with_half_up(root).get(key, self.right[key]))
                if shifted is None:
                    return ()
                slack += abs(shifted - middle)
        off = answer.number - middle
        if not 0 < SHARE * slack <= abs(answer.number - true) or abs(off) > slack + 2 * answer.unit:
            return ()
        return tuple(near) if answer.matches(middle + min(max(off, -slack), slack)) else ()

    def _with_half_up(self, root: str) -> Mapping[str, Value]:
        """What every line comes to with one of the wrong numbers half a unit of its last digit larger."""
        if root not in self._half_up:
            larger = self.numbers[root] + (self.given[root].unit or Fraction(0)) / 2
            self._half_up[root] = self._right_given({**self.goes_on_with, root: larger})
        return self._half_up[root]

    def nearest(self, key: str) -> list[str]:
        """The wrong answers that an answer is worked from, with nothing that is wrong in between."""
        change = f"change({key})"
        if change in self.numbers:
            return [change]
        # Where a parameter is read it has its old value, and its key stands for the new one.
        found, seen, left = [], {key, *self.problem.start, *self.problem.state}, [*self.hypotheses.inputs(key)]
        while left:
            name = left.pop(0)
            over = self.hypotheses.batch.get(name, name)
            name = over if over in self.numbers or self.hypotheses.inputs(over) else name
            if name not in seen:
                seen.add(name)
                if name in self.numbers:
                    found.append(name)
                else:
                    left += self.hypotheses.inputs(name)
        return found

    def is_rounded_up(self, key: str) -> bool:
        number, true = self.given[key].number, self.true(key)
        return number is not None and true is not None and abs(number) > abs(true)

    def is_kept_as(self, key: str, rounding: Rounding) -> bool:
        """Whether a number is what the person's own numbers above it come to, rounded like this."""
        value = self.as_written.get(key, self.right[key])
        return not isinstance(value, Undefined) and rounding(value) == self.given[key].number

    def is_close(self, key: str, share: int = 30) -> bool:
        """Whether a number is only as far off as rounding the lines above it may leave it: at most a 30th of itself."""
        answer, true = self.given[key], self.true(key)
        if answer.number is None or answer.unit is None or true is None:
            return False
        return abs(answer.number - true) <= max(2 * answer.unit, min(NEAR * answer.unit, abs(true) / share))

    def _is_rounded_above(self, key: str, written: Value) -> bool:
        """Whether a number may be off by the rounding of those above it; that it is just what they give says so too.

        0.0578 for 0.05776 becomes 57.8 where a line divides by 0.001, and no number of four decimals is near it.
        """
        answer, true = self.given[key], self.true(key)
        if self.is_close(key, 10):
            return True
        if answer.number is None or true is None or answer.figures < FIGURES or answer.matches(written) != "exact":
            return False
        return abs(answer.number - true) <= abs(true) / 10

    def true(self, key: str) -> Fraction | None:
        return number_of(self.right[key])


def with_dead_units(problem: Problem, numbers: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The wrong numbers that somebody goes on with; who takes a ReLU for dead takes its derivative for 0 as well."""
    dead = {
        e.rhs.args[0].name: Fraction(0)
        for e in problem.network.equations
        if numbers.get(e.name) == 0 and isinstance(e.rhs, relu) and e.rhs.args[0].is_Symbol
    }
    return {**dead, **numbers}


def with_same_gradients(problem: Problem, numbers: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The numbers, and those of gradients that are the same: ∂L/∂b gives ∂L/∂z where z = w·x + b."""
    same = {
        key_of(line.rhs.name): numbers[key_of(line.name)]
        for line in problem.backward
        if line.rhs.is_Symbol and key_of(line.name) in numbers
    }
    return {**same, **numbers}


def number_of(value: Value) -> Fraction | None:
    """The value as a fraction; None where there is none."""
    return None if isinstance(value, Undefined) else fraction_of(value)
