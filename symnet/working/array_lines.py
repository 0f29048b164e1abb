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
    Equation,
    Expr,
    add,
    names_in,
    partial,
    partial_parts,
)
from symnet.algebra.network import needed
from symnet.algebra.rows_of import causal_softmax, masked_softmax
from symnet.computing.exact import Undefined, Value, rounded_by_hand
from symnet.notation.entries import with_index
from symnet.notation.line import Line
from symnet.notation.maths import PLUS, InRows, Letter, Maths, Number, Word, joined
from symnet.working.arrays import entries, mapped, places, shape_of
from symnet.working.gathering import MOST_TERMS, gathered, number_in_front
from symnet.working.short_entries import means, of_variances, without_deviations
from symnet.working.statistics import MEAN, VARIANCE, Statistics, nodes, statistics_in
from symnet.working.work import Work

FEW_LINES, MOST_WRITTEN = 8, 80  # lines with so many names in all are written out, each of them
LONGEST = 20  # names in a line whose numbers are put in
WIDEST, WIDEST_ROUNDED = 16, 12  # names above a fraction, a gradient counting for two; rounded numbers are long
FIRST_TERMS = 3  # these, dots, and the last
STEPS = 2  # of a recurrence whose first entries are worked out …
MOST_A_STEP = 4  # … where a step has at most so many lines; else the second alone, which reads the step before it
MOST_ON_THE_WAY = 40  # entries of an array that is not asked for and still shown as a whole
BESIDE = 2  # entries worked out where some of an array are asked for

_DOTS = Word("…")
NONE_SEEN = "In the numbers of long sums the terms that are 0 are left out."


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
    in_parts: bool = False  # whether one of the arrays takes several matrices, which stand in their order

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
            return Equation(equation.lhs, number_in_front(equation.rhs))

        def place(term: Expr) -> tuple[int, int]:
            parts = (partial_parts(name.name) for name in names_in(term))
            through = max((self._place.get(wrt, -1) for _, wrt in filter(None, parts)), default=-1)
            return (-len(self._place), 0) if through < 0 else (-self._first[through], through)

        wide = WIDEST_ROUNDED if self.problem.places is not None else WIDEST
        terms = sorted(map(number_in_front, equation.rhs.args), key=place)
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
        known_statistics: list[Statistics] = []
        leaves_out = recurs = in_parts = False
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
                    lines += self._lines(equation, label(name), values[equation.name], known_statistics)
            for array in summed_up:
                if array in self.problem.arrays and not self._is_given(groups[array], of):
                    # All of it, also what is on no way to what is asked; what has no line is 0.
                    whole = ((name, values.get(key(name))) for name in entries(self.problem.arrays[array]))
                    known = {name: value for name, value in whole if value is not None}
                    arrays += self._array(array, label(array), known, asked)
                    in_parts |= len(shape_of(self.problem.arrays[array])) > 2
        return ArrayWorking(tuple(lines), tuple(arrays), leaves_out, recurs, steps, in_parts)

    def _copies(self, rhs: Expr, name: str) -> bool:
        """Whether it is the same entry of another array, as ∂L/∂Y₁₁ = G₁₁: the arrays say that."""
        return bool(rhs.is_Symbol) and self._places.get(_wrt(rhs.name)) == self._places.get(name, ())

    def _is_given(self, own: Sequence[Equation], of: Callable[[str], str]) -> bool:
        """Whether a gradient is an array that is given, as the rules say of ∂L/∂Y = G; its numbers stand there."""
        return of is not _itself and all(
            e.rhs.is_Symbol and e.rhs.name in self.problem.given and self._copies(e.rhs, of(e.name)) for e in own
        )

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

        At the border of a picture there is less, and what no gradient reaches shows nothing.
        """
        some = [equation for equation in equations if of(equation.name) in set(asked)]
        if some and len(some) < len(equations):
            return some[:BESIDE]
        if of is _itself and self.problem.array_of.get(equations[0].name) in self._masked:
            longest = max(_written(e.rhs) for e in equations)
            equations = [e for e in equations if len(names_in(e.rhs)) > 1 and _written(e.rhs) < longest] or equations
        return [max(equations, key=lambda e: (self._value_of(e) != 0, _written(e.rhs)))]

    @cached_property
    def _masked(self) -> frozenset[str]:
        """The arrays in which a softmax leaves out what a mask says: a row that lacks some shows what it does."""
        return frozenset(e.name for e in self.problem.whole if e.rhs.has(masked_softmax, causal_softmax))

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

    def _lines(self, equation: Equation, lhs: Maths, value: Value, before: list[Statistics]) -> Iterator[Line]:
        """The line of an entry; first its mean and variance where it is normalised, unless they stand ``before``."""
        equation = self._as_in_rules(equation, value)
        work, found = self.work, statistics_in(equation.rhs)
        if found is None or work.is_faded or work.names.has(Letter("μ")):
            yield self._line(equation, lhs, value)
            return
        of = nodes("".join(str(i) for i in self._places.get(equation.name, ())[:-1]))
        names = work.names.with_nodes(of)
        values = dict(work.values)
        is_new = not (before and (found.mean, found.variance) == (before[-1].mean, before[-1].variance))
        before.append(found)
        for name, formula in ((MEAN.name, found.mean), (VARIANCE.name, found.variance)):
            values[name] = work.evaluate(formula, values)
            if is_new:
                yield work.three_forms(of[name], formula, values[name], names=names, values=values)
        yield work.three_forms(lhs, found.entry, value, names=names, values=values)

    def _as_in_rules(self, equation: Equation, value: Value) -> Equation:
        """The gradient in a mean or a variance in the short form of the rules, which a sheet with blanks has not.

        Rounded on the way, both forms need not come to the same; then the line is the one whose number is carried on.
        """
        name, problem = _wrt(equation.name), self.problem
        if name == equation.name or self.work.is_faded:
            return equation
        short = self._of_variances.get(name)
        if short is None and problem.array_of.get(name, name) in self._means:
            short = without_deviations(equation.rhs, [*self._of_variances], problem.loss)
        return Equation(equation.lhs, short) if short is not None and self._is(short, value) else equation

    def _is(self, formula: Expr, value: Value) -> bool:
        """Whether the formula comes to the number that is printed as ``value``."""
        found, digits = self.work.evaluate(formula, self.work.values), self.problem.places
        if digits is not None and not isinstance(found, Undefined):
            found = rounded_by_hand(found, digits)
        return self.work.value(found) == self.work.value(value)

    @cached_property
    def _of_variances(self) -> dict[str, Expr]:
        return of_variances(self.problem.whole, self.problem.arrays, self.problem.loss)

    @cached_property
    def _means(self) -> frozenset[str]:
        return means(self.problem.whole)

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


def are_few(equations: Sequence[Equation]) -> bool:
    """Whether all of them are written out: a few lines that are not long."""
    return len(equations) <= FEW_LINES and sum(_written(e.rhs) for e in equations) <= MOST_WRITTEN


def _itself(name: str) -> str:
    return name


def _wrt(name: str) -> str:
    return (partial_parts(name) or ("", name))[1]


def _written(expr: Expr) -> int:
    """How many names are written in it."""
    return 1 if expr.is_Symbol else sum(map(_written, expr.args))
