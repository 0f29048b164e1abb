"""Working of whole arrays: one entry worked out in full, and the array of all values; the others go likewise.

Q₁₁ = X₁₁·W₁₁ + X₁₂·W₂₁ + b₁ = 1·1 + 0·0.5 + 0.1 = 1.1
  Q = [1.1 −0.1; 0.6 0.9]
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from symnet.algebra.array_formulas import Nested
from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    Equation,
    Expr,
    add,
    multiply,
    names_in,
    partial,
    partial_parts,
)
from symnet.algebra.network import needed
from symnet.computing.exact import Value
from symnet.notation.entries import with_index
from symnet.notation.line import Line
from symnet.notation.maths import PLUS, InRows, Maths, Number, Word, joined
from symnet.working.arrays import entries, mapped, places, shape_of
from symnet.working.work import Work

FEW_LINES, MOST_WRITTEN = 8, 80  # lines with so many names in all are written out, each of them
LONGEST = 20  # names in a line whose numbers are put in
WIDEST, WIDEST_ROUNDED = 16, 12  # names above a fraction, a gradient counting for two; rounded numbers are long
MOST_TERMS = 10  # of a sum that is written out; of a longer one
FIRST_TERMS = 3  # these, dots, and the last
STEPS = 2  # of a recurrence whose first entries are worked out …
MOST_A_STEP = 4  # … where a step has at most so many lines; else the second alone, which reads the step before it
MOST_ON_THE_WAY = 40  # entries of an array that is not asked for and still shown as a whole
BESIDE = 2  # entries worked out where some of an array are asked for

_DOTS = Word("…")
NONE_SEEN = "terms that are 0 are left out"


Labelled = tuple[Maths, str, Maths]  # Q, "=", its numbers in rows


@dataclass(frozen=True)
class ArrayWorking:
    """Lines, and before them the ``arrays`` on the way from which some entries have one: (its name, relation, numbers).

    ``leaves_out`` is whether there are entries without a line, and ``steps`` the steps of a recurrence that have any,
    unless all have.
    """

    lines: tuple[Line, ...]
    arrays: tuple[Labelled, ...] = ()
    leaves_out: bool = False
    recurs: bool = False
    steps: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.lines)


def matrices(label: Maths, nested: Any, relation: str = "=") -> Iterator[Labelled]:
    """The matrix of a nest of maths, a vector as a row; of more axes, one for each of the first indices."""
    if len(shape_of(nested)) > 2:
        for i, inner in enumerate(nested, 1):
            yield from matrices(with_index(label, str(i)), inner, relation)
    else:
        yield label, relation, InRows(nested if len(shape_of(nested)) == 2 else (nested,))


def valued(work: Work, label: Maths, names: Nested, values: Mapping[str, Value]) -> Iterator[Labelled]:
    """The array of these names with its values, "≈" where one of them is rounded."""
    exactly = all(work.relation(values[name]) == "=" for name in entries(names))
    numbers = mapped(lambda name: work.value(values[name], name), names)
    return matrices(label, numbers, "=" if exactly else "≈")


class ArrayLines:
    """The lines of a worked exercise with arrays; of each array that is long one entry stands for all."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.problem = work.problem

    def forward(self, wanted: Collection[str]) -> ArrayWorking:
        """The lines of the equations of these names."""
        equations = [e for e in self.work.network.equations if e.name in wanted]
        values = self.work.solution.forward
        return self._working(equations, values, _itself, _itself, self.work.names.node, wanted)

    def backward(self, wanted: Sequence[str]) -> ArrayWorking:
        """The lines from the loss back to the gradients of these names."""
        loss = self.problem.loss
        targets = [partial(loss, name) for name in wanted]
        lines = needed(self.problem.backward, targets)
        equations = [self._in_order(e) for e in lines if e.lhs != partial(loss, loss)]

        def label(name: str) -> Maths:
            return self.work.names.node(partial(loss, name).name)

        def key(name: str) -> str:
            return str(partial(loss, name).name)

        return self._working(equations, self.work.values, _wrt, key, label, wanted)

    def _in_order(self, equation: Equation) -> Equation:
        """A gradient as the sum over Z₁₁, Z₁₂, …; it is found from the last one on."""
        if not equation.rhs.is_Add:
            return Equation(equation.lhs, _number_in_front(equation.rhs))

        def place(term: Expr) -> tuple[int, int]:
            parts = (partial_parts(name.name) for name in names_in(term))
            through = max((self._place.get(wrt, -1) for _, wrt in filter(None, parts)), default=-1)
            return (-len(self._place), 0) if through < 0 else (-self._first[through], through)

        wide = WIDEST_ROUNDED if self.problem.places is not None else WIDEST
        terms = sorted(map(_number_in_front, equation.rhs.args), key=place)
        return Equation(equation.lhs, gathered(terms, wide))

    @cached_property
    def _place(self) -> dict[str, int]:
        return {equation.name: i for i, equation in enumerate(self.work.network.equations)}

    @cached_property
    def _first(self) -> list[int]:
        """For every equation the place of the first one of its array."""
        first: dict[str, int] = {}
        owner = self.problem.array_of
        return [first.setdefault(owner.get(name, name), i) for name, i in self._place.items()]

    def update(self, names: Sequence[str]) -> ArrayWorking:
        """The rules of the first update, those of the first entry for all of an array."""
        owner = self.problem.array_of
        gradients = self.work.solution.gradients
        firsts = {
            max(entries(whole), key=lambda name: gradients.get(name, 0) != 0) for whole in self.problem.arrays.values()
        }

        def is_kept(name: str) -> bool:
            of = name[name.find("(") + 1 : -1] if name.endswith(")") else name
            return of in firsts or of not in owner if len(names) > FEW_LINES else True

        left_out = set(self.problem.start) - set(names)
        lines = self.work.update(
            lambda name: is_kept(name) and not any(f"({w})" in f"({name})" for w in left_out), False
        )
        return ArrayWorking(lines, leaves_out=not all(map(is_kept, names)))

    # -- which lines --------------------------------------------------------------------------------------------------

    def _working(
        self,
        equations: Sequence[Equation],
        values: Mapping[str, Value],
        of: Callable[[str], str],
        key: Callable[[str], str],
        label: Callable[[str], Maths],
        asked: Collection[str],
    ) -> ArrayWorking:
        """``of`` says which name an equation is about, and ``key`` what is the equation about a name."""
        lines: list[Line] = []
        arrays: list[Labelled] = []
        leaves_out = recurs = False
        steps: tuple[int, ...] = ()
        groups: dict[str, list[Equation]] = {}
        for equation in equations:
            name = of(equation.name)
            groups.setdefault(self.problem.array_of.get(name, name), []).append(equation)
        few = are_few(equations)
        for run in _runs(groups):
            if not few and run.recurrent:
                every = self._of_steps(run.arrays, groups, of)
                shown = list(every)[:STEPS] if len(run.arrays) <= MOST_A_STEP else list(every)[:2][-1:]
                worked = [e for step in shown for e in every[step]]
                recurs, steps = True, tuple(sorted(shown)) if len(shown) < len(every) else ()
            else:
                worked = [e for array in run.arrays for e in self._of_array(array, groups[array], few, of, asked)]
            summed_up = [array for array in run.arrays if any(e not in worked for e in groups[array])]
            leaves_out |= bool(summed_up)
            for equation in worked:
                name = of(equation.name)
                is_said = not run.recurrent and self.problem.array_of.get(name) in summed_up
                if not (is_said and self._copies(equation.rhs, name)):
                    lines.append(self._line(equation, label(name), values[equation.name]))
            for array in summed_up:
                if array in self.problem.arrays:
                    # All of it, also what is on no way to what is asked; what has no line is 0.
                    whole = ((name, values.get(key(name))) for name in entries(self.problem.arrays[array]))
                    known = {name: value for name, value in whole if value is not None}
                    arrays += self._array(array, label(array), known, asked)
        return ArrayWorking(tuple(lines), tuple(arrays), leaves_out, recurs, steps)

    def _copies(self, rhs: Expr, name: str) -> bool:
        """Whether it is the same entry of another array, as ∂L/∂Y₁₁ = G₁₁: the arrays say that."""
        return bool(rhs.is_Symbol) and self._places.get(_wrt(rhs.name)) == self._places.get(name, ())

    @cached_property
    def _places(self) -> dict[str, tuple[int, ...]]:
        return {name: at for whole in self.problem.arrays.values() for name, at in places(whole)}

    def _array(
        self, array: str, label: Maths, known: Mapping[str, Value], asked: Collection[str]
    ) -> Iterator[Labelled]:
        """All its values, unless they are very many or the array is asked for as a whole: then it stands above."""
        whole = self.problem.arrays[array]
        names = [*entries(whole)]
        if {*names} <= {*asked} or len(names) > MOST_ON_THE_WAY:
            return
        if self.work.is_faded:  # it would say what is left blank
            return
        exactly = all(self.work.relation(value) == "=" for value in known.values())
        numbers = mapped(lambda name: self._number(known.get(name)), whole)
        yield from matrices(label, numbers, "=" if exactly else "≈")

    def _of_array(
        self,
        array: str,
        own: Sequence[Equation],
        few: bool,
        of: Callable[[str], str],
        asked: Collection[str],
    ) -> Sequence[Equation]:
        if few or array not in self.problem.arrays:
            return own
        order = {name: i for i, name in enumerate(entries(self.problem.arrays[array]))}
        return self._worked(sorted(own, key=lambda equation: order[of(equation.name)]), of, asked)

    def _worked(
        self, equations: Sequence[Equation], of: Callable[[str], str], asked: Iterable[str]
    ) -> Sequence[Equation]:
        """Those that are asked where not all are; else the first with the most in it that is not 0.

        At the border of a picture and behind a mask there is less, and what no gradient reaches shows nothing.
        """
        some = [equation for equation in equations if of(equation.name) in set(asked)]
        if some and len(some) < len(equations):
            return some[:BESIDE]
        return [max(equations, key=lambda e: (self._value_of(e) != 0, _written(e.rhs)))]

    def _value_of(self, equation: Equation) -> Value:
        return self.work.values[equation.name]

    def _of_steps(
        self, arrays: Sequence[str], groups: Mapping[str, Sequence[Equation]], of: Callable[[str], str]
    ) -> dict[int, list[Equation]]:
        """The first entries of every step of a recurrence, by its number, in the order in which they are worked."""
        place = {name: at for array in arrays for name, at in places(self.problem.arrays[array])}
        found: dict[int, list[Equation]] = {place[of(e.name)][0]: [] for array in arrays for e in groups[array]}
        for step, entries_of in found.items():
            for array in arrays:
                own = [e for e in groups[array] if place[of(e.name)][0] == step]
                entries_of += sorted(own, key=lambda e: place[of(e.name)])[:1]
        return found

    def _number(self, value: Value | None) -> Maths:
        return Number("0") if value is None else self.work.value(value)

    def _line(self, equation: Equation, lhs: Maths, value: Value) -> Line:
        line = self.work.three_forms(lhs, equation.rhs, value)
        if equation.rhs.is_Add and len(equation.rhs.args) > MOST_TERMS:
            return self._abridged(line, equation.rhs, value)
        if len(names_in(equation.rhs)) > LONGEST and len(line.steps) > 2:
            return replace(line, steps=(line.steps[0], line.steps[-1]))
        return line

    def _abridged(self, line: Line, rhs: Expr, value: Value) -> Line:
        """The line of a long sum: its first terms, dots and the last, and the numbers of the terms that are not 0."""
        terms = rhs.args
        shown = [self.work.symbols(add(*terms[:FIRST_TERMS])), _DOTS, self.work.symbols(terms[-1])]
        steps = [("=", joined(shown, PLUS)), line.steps[-1]]
        seen = [term for term in terms if self.work.evaluate(term, self.work.values) != 0]
        if self.work.is_faded or not 0 < len(seen) <= MOST_TERMS:
            return replace(line, steps=tuple(steps))
        why = NONE_SEEN if len(seen) < len(terms) else line.why
        return replace(line, steps=(steps[0], *self.work.three_forms(None, add(*seen), value).steps[1:]), why=why)


@dataclass(frozen=True)
class _Run:
    """Arrays that are worked together, step by step where they are ``recurrent``."""

    arrays: tuple[str, ...]
    recurrent: bool = False


def _runs(groups: Mapping[str, Sequence[Equation]]) -> Iterator[_Run]:
    """The arrays in order; those from one that reads what comes later, or itself, to what it reads are together."""
    order = list(groups)
    group_of = {e.name: i for i, array in enumerate(order) for e in groups[array]}
    end = list(range(len(order)))
    recurrent = [False] * len(order)
    for i, array in enumerate(order):
        read = {group_of[x.name] for e in groups[array] for x in names_in(e.rhs) if x.name in group_of}
        later = [j for j in read if j >= i]
        if later:
            end[i] = max(later)
            recurrent[i : end[i] + 1] = [True] * (end[i] + 1 - i)
    i = 0
    while i < len(order):
        last = end[i]
        j = i
        while j <= last:
            last = max(last, end[j])
            j += 1
        yield _Run(tuple(order[i : last + 1]), recurrent[i])
        i = last + 1


def gathered(terms: Sequence[Expr], widest: int) -> Expr:
    """Their sum with what all of them are divided by, and a number that all have in front, written once."""
    by_divisors: dict[tuple[Expr, ...], list[Expr]] = {}
    for term in terms:
        divisors = tuple(f for f in term.args if f.is_Pow and f.exp == MINUS_ONE) if term.is_Mul else ()
        by_divisors.setdefault(divisors, []).append(term)
    parts: list[Expr] = []
    for divisors, own in by_divisors.items():
        above = (f for term in own for f in (term.args if term.is_Mul else (term,)) if f not in divisors)
        if not divisors or len(own) == 1 or sum(map(_wide, above)) > widest:
            parts += own
            continue
        numbers = {t.args[0] if t.args[0].is_Rational else ONE for t in own}
        number = numbers.pop() if len(numbers) == 1 else ONE
        rests = [multiply(*(f for f in t.args if f not in divisors and f != number)) for t in own]
        parts.append(multiply(*(() if number == 1 else (number,)), add(*rests), *divisors))
    return add(*parts)


def _number_in_front(term: Expr) -> Expr:
    """A product in which a number that all terms of a sum have stands before the sum: −2/3·s·((x − m) + (y − m))."""
    if not term.is_Mul:
        return term
    factors: list[Expr] = []
    number = ONE
    for factor in term.args:
        firsts = {t.args[0] if t.is_Mul and t.args[0].is_Rational else ONE for t in factor.args}
        if factor.is_Rational:
            number *= factor
        elif factor.is_Add and len(firsts) == 1 and firsts != {ONE}:
            number *= firsts.pop()
            factors.append(add(*(multiply(*t.args[1:]) for t in factor.args)))
        else:
            factors.append(factor)
    return multiply(*(() if number == 1 else (number,)), *factors)


def are_few(equations: Sequence[Equation]) -> bool:
    """Whether all of them are written out: a few lines that are not long."""
    return len(equations) <= FEW_LINES and sum(_written(e.rhs) for e in equations) <= MOST_WRITTEN


def _itself(name: str) -> str:
    return name


def _wrt(name: str) -> str:
    return (partial_parts(name) or ("", name))[1]


def _wide(expr: Expr) -> int:
    """How many names are written in it, a gradient as two."""
    if expr.is_Symbol:
        return 1 if partial_parts(expr.name) is None else 2
    return sum(map(_wide, expr.args))


def _written(expr: Expr) -> int:
    """How many names are written in it."""
    return 1 if expr.is_Symbol else sum(map(_written, expr.args))
