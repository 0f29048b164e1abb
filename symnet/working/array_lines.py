"""Working of whole arrays: one entry worked out in full, and the array of all values; the others go likewise.

Q₁₁ = X₁₁·W₁₁ + X₁₂·W₂₁ + b₁ = 1·1 + 0·0.5 + 0.1 = 1.1
  Q = [1.1 −0.1; 0.6 0.9]
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from symnet.algebra.array_formulas import Nested
from symnet.algebra.equations import Equation, Expr, names_in, partial, partial_parts
from symnet.algebra.network import needed
from symnet.computing.exact import Value
from symnet.notation.entries import with_index
from symnet.notation.line import Line
from symnet.notation.maths import InRows, Maths, Number
from symnet.working.arrays import entries, mapped, places, shape_of
from symnet.working.work import Work

FEW_LINES = 8  # all of which are written out
LONGEST = 14  # names in a line whose numbers are put in
STEPS = 2  # of a recurrence whose first entries are worked out
BESIDE = 2  # entries worked out where some of an array are asked for

Labelled = tuple[Maths, str, Maths]  # Q, "=", its numbers in rows


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

    def forward(self, wanted: Collection[str]) -> tuple[Line, ...]:
        """The lines of the equations of these names."""
        equations = [e for e in self.work.network.equations if e.name in wanted]
        values = self.work.solution.forward
        return tuple(self._lines(equations, values, lambda name: name, self.work.names.node, wanted))

    def backward(self, wanted: Sequence[str]) -> tuple[Line, ...]:
        """The lines from the loss back to the gradients of these names."""
        loss = self.problem.loss
        targets = [partial(loss, name) for name in wanted]
        equations = [e for e in needed(self.problem.backward, targets) if e.lhs != partial(loss, loss)]

        def label(name: str) -> Maths:
            return self.work.names.node(partial(loss, name).name)

        return tuple(self._lines(equations, self.work.values, _wrt, label, wanted))

    def update(self, names: Sequence[str]) -> tuple[Line, ...]:
        """The rules of the first update, those of the first entry for all of an array."""
        owner = self.problem.array_of
        firsts = {next(entries(whole)) for whole in self.problem.arrays.values()}

        def is_kept(name: str) -> bool:
            of = name[name.find("(") + 1 : -1] if name.endswith(")") else name
            return of in firsts or of not in owner if len(names) > FEW_LINES else True

        left_out = set(self.problem.start) - set(names)
        return self.work.update(
            lambda name: is_kept(name) and not any(f"({w})" in f"({name})" for w in left_out), False
        )

    # -- which lines --------------------------------------------------------------------------------------------------

    def _lines(
        self,
        equations: Sequence[Equation],
        values: Mapping[str, Value],
        of: Callable[[str], str],
        label: Callable[[str], Maths],
        asked: Collection[str],
    ) -> Iterator[Line]:
        groups: dict[str, list[Equation]] = {}
        for equation in equations:
            name = of(equation.name)
            groups.setdefault(self.problem.array_of.get(name, name), []).append(equation)
        for run in _runs(groups):
            if len(equations) > FEW_LINES and run.recurrent:
                worked = list(self._of_steps(run.arrays, groups, of))
            else:
                worked = [e for array in run.arrays for e in self._of_array(array, groups[array], equations, of, asked)]
            for equation in worked:
                yield self._line(equation, label(of(equation.name)), values[equation.name])
            for array in run.arrays:
                known = {of(equation.name): values[equation.name] for equation in groups[array]}
                if array in self.problem.arrays and any(e not in worked for e in groups[array]):
                    yield from self._array(array, label(array), known, asked)

    def _array(self, array: str, label: Maths, known: Mapping[str, Value], asked: Collection[str]) -> Iterator[Line]:
        """All its values, unless the array is asked for as a whole: then it stands above the working."""
        whole = self.problem.arrays[array]
        if {*entries(whole)} <= {*asked} or self.work.is_faded:  # on a sheet it would say what is left blank
            return
        exactly = all(self.work.relation(value) == "=" for value in known.values())
        numbers = mapped(lambda name: self._number(known.get(name)), whole)
        for lhs, relation, matrix in matrices(label, numbers, "=" if exactly else "≈"):
            yield Line(lhs, ((relation, matrix),))

    def _of_array(
        self,
        array: str,
        own: Sequence[Equation],
        equations: Sequence[Equation],
        of: Callable[[str], str],
        asked: Collection[str],
    ) -> Sequence[Equation]:
        if array not in self.problem.arrays or len(equations) <= FEW_LINES:
            return own
        order = {name: i for i, name in enumerate(entries(self.problem.arrays[array]))}
        return _worked(sorted(own, key=lambda equation: order[of(equation.name)]), of, asked)

    def _of_steps(
        self, arrays: Sequence[str], groups: Mapping[str, Sequence[Equation]], of: Callable[[str], str]
    ) -> Iterator[Equation]:
        """The first entries of the first steps of a recurrence, step by step."""
        place = {name: at for array in arrays for name, at in places(self.problem.arrays[array])}
        steps = dict.fromkeys(place[of(e.name)][0] for array in arrays for e in groups[array])
        for step in list(steps)[:STEPS]:
            for array in arrays:
                own = [e for e in groups[array] if place[of(e.name)][0] == step]
                yield from sorted(own, key=lambda e: place[of(e.name)])[:1]

    def _number(self, value: Value | None) -> Maths:
        return Number("0") if value is None else self.work.value(value)

    def _line(self, equation: Equation, lhs: Maths, value: Value) -> Line:
        line = self.work.three_forms(lhs, equation.rhs, value)
        if len(names_in(equation.rhs)) > LONGEST and len(line.steps) > 2:
            return replace(line, steps=(line.steps[0], line.steps[-1]))
        return line


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


def _wrt(name: str) -> str:
    return (partial_parts(name) or ("", name))[1]


def _worked(equations: Sequence[Equation], of: Callable[[str], str], asked: Iterable[str]) -> Sequence[Equation]:
    """Those that are asked where not all are; else the first with the most in it, since borders and masks leave out."""
    some = [equation for equation in equations if of(equation.name) in set(asked)]
    if some and len(some) < len(equations):
        return some[:BESIDE]
    return [max(equations, key=lambda equation: _written(equation.rhs))]


def _written(expr: Expr) -> int:
    """How many names are written in it."""
    return 1 if expr.is_Symbol else sum(map(_written, expr.args))
