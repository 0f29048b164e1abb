"""The arrays of a network of layers with the numbers of an exercise in them, all its examples at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import product

from sympy import Integer

from symnet.algebra.equations import BATCH, Array, Equation, Expr, names_in, partial
from symnet.algebra.unrolling import entry_names, unroll
from symnet.computing.exact import Value
from symnet.notation.line import Line
from symnet.notation.maths import Maths, Matrix, Number
from symnet.notation.matrices import MatrixTypesetter
from symnet.notation.typesetter import is_shown_exactly, number
from symnet.working.entry_lines import EntryLines
from symnet.working.layer_form import LayerForm
from symnet.working.problem import Problem
from symnet.working.solution import Solution, solve

MOST_ROWS, MOST_COLUMNS = 8, 6  # of a matrix that is printed with its numbers


class LayerNumbers:
    """The exercise of ``form``'s network: its matrices as maths, and every equation with them put in."""

    def __init__(self, form: LayerForm, problem: Problem, digits: int) -> None:
        self.form, self.problem, self.digits = form, problem, digits
        network = form.network
        width = sum(len(entry_names(name)) for name in (*network.inputs, *network.targets))
        self.count = sum(len(example) for example in problem.examples) // width
        self.arrays = (*network.inputs, *network.targets, *network.parameters, *(e.lhs for e in network.equations))

    @property
    def too_large(self) -> tuple[str, ...]:
        """The matrices that are not printed; of arrays with more axes one entry is worked anyway."""
        return tuple(name.name for name in self.arrays if _is_matrix(name) and not self._fits(name))

    def given(self, name: Array) -> Iterator[tuple[Maths, Matrix]]:
        """An input, a target or a parameter, as it is given: a matrix, or one for each of its first indices."""
        values = {**self._whole.examples[0], **self._whole.start}
        if _is_matrix(name):
            yield self.form.setter.maths(name), self._matrix(name, values)[0]
            return
        lengths = [self.count if length == BATCH else int(length) for length in name.shape]
        shown = [number(values[entry.name], self.digits) for entry in entry_names(name, self.count)]
        size = lengths[-2] * lengths[-1]
        for i, index in enumerate(product(*(range(n) for n in lengths[:-2]))):
            part = shown[i * size : (i + 1) * size]
            yield self.form.equations.entries.entry(name, *map(Integer, index)), _in_rows(part, lengths[-1])

    def lines(self) -> Iterator[Line]:
        """Every equation, forward and back: symbols, matrices put in, and the result; or one entry, and the result."""
        form, setter = self.form, MatrixTypesetter(self.form.names, self._nodes, self._nodes)
        for equation in (*form.network.equations, *form.backward_equations):
            if not self._is_of_matrices(equation):
                yield self.of_entries.line(equation)
                if _is_matrix(equation.lhs):
                    yield self._whole_result(equation)
                continue
            result, put_in = self._nodes[equation.name], setter.maths(equation.rhs)
            steps = [("=", form.setter.maths(equation.rhs))]
            if put_in != result:
                steps.append(("=" if self._exactly(equation.rhs) else "≈", put_in))
            steps.append(("=" if self._exactly(equation.rhs) and self._is_exact[equation.name] else "≈", result))
            yield Line(form.setter.maths(equation.lhs), tuple(steps), stacked=True)

    def _is_of_matrices(self, equation: Equation) -> bool:
        arrays = [name for name in (equation.lhs, *names_in(equation.rhs)) if isinstance(name, Array)]
        return self.form.equations.is_of_arrays(equation) and all(map(_is_matrix, arrays))

    def _whole_result(self, equation: Equation) -> Line:
        relation = "=" if self._exactly(equation.rhs) and self._is_exact[equation.name] else "≈"
        return Line(self.form.setter.maths(equation.lhs), ((relation, self._nodes[equation.name]),))

    @cached_property
    def of_entries(self) -> EntryLines:
        """What works one entry of an equation."""
        return EntryLines(self.form.equations, self._values, {BATCH: self.count}, self.digits)

    def _exactly(self, rhs: Expr) -> bool:
        return all(self._is_exact.get(name.name, False) for name in names_in(rhs))

    @cached_property
    def _whole(self) -> Problem:
        """The problem with all of its examples in one set of equations."""
        problem, network = self.problem, self.form.network
        together = unroll(network, self.count)
        given: dict[str, Fraction] = {}
        for name in (*network.inputs, *network.targets):
            of_each = entry_names(name, self.count // len(problem.examples))
            numbers = [example[entry.name] for example in problem.examples for entry in of_each]
            given |= zip((entry.name for entry in entry_names(name, self.count)), numbers, strict=True)
        start = {name.name: problem.start[name.name] for name in together.parameters}
        return Problem(together, network.equations[-1].name, given, start)

    @cached_property
    def _solved(self) -> Solution:
        return solve(self._whole, max(12, self.digits))

    @cached_property
    def _values(self) -> dict[str, Value]:
        """Every number by the name of its entry, also of gradients."""
        problem, solution = self._whole, self._solved
        gradients = {partial(problem.loss, name).name: value for name, value in solution.gradients.items()}
        return {**problem.examples[0], **problem.start, **solution.forward, **gradients}

    @cached_property
    def _all(self) -> tuple[dict[str, Maths], dict[str, bool]]:
        """By name, also of gradients: the maths of the numbers, and whether they are shown exactly."""
        problem, solution, values = self._whole, self._solved, self._values
        nodes: dict[str, Maths] = {BATCH.name: Number(str(self.count))}
        exactly = {BATCH.name: True}
        for name in self.arrays:
            gradient = partial(problem.loss, name.name).name
            if _is_matrix(name):
                nodes[name.name], exactly[name.name] = self._matrix(name, values)
                nodes[gradient], exactly[gradient] = self._matrix(name, solution.gradients)
            elif not isinstance(name, Array):
                nodes[name.name] = number(values[name.name], self.digits)
                exactly[name.name] = is_shown_exactly(values[name.name], self.digits)
        return nodes, exactly

    @property
    def _nodes(self) -> dict[str, Maths]:
        return self._all[0]

    @property
    def _is_exact(self) -> dict[str, bool]:
        return self._all[1]

    def _matrix(self, name: Array, values: Mapping[str, Value]) -> tuple[Matrix, bool]:
        """The numbers of an array, a vector as a column, and whether they are shown exactly."""
        entries = [values[entry.name] for entry in entry_names(name, self.count)]
        shown = [number(value, self.digits) for value in entries]
        width = 1 if len(name.shape) == 1 else int(name.shape[1])
        return _in_rows(shown, width), all(is_shown_exactly(value, self.digits) for value in entries)

    def _fits(self, name: Array) -> bool:
        shape = [self.count if length == BATCH else int(length) for length in name.shape]
        return shape[0] <= MOST_ROWS and (len(shape) == 1 or shape[1] <= MOST_COLUMNS)


def _in_rows(entries: Sequence[Maths], width: int) -> Matrix:
    return Matrix(tuple(tuple(entries[i : i + width]) for i in range(0, len(entries), width)))


def _is_matrix(name: Expr) -> bool:
    """Whether it can be printed as a matrix: a matrix, or a vector, which is a column."""
    return isinstance(name, Array) and len(name.shape) <= 2
