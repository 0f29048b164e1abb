"""Recurrences as code: a loop over the steps, in which the equations of a block are written for one step.

    for t in range(5):                                            # NumPy
        H1[:, t] = tanh(X[:, t] @ W1 + H1_before @ U1 + b1)
        H1_before = H1[:, t]

    def step_of_H1(before, now): …                                # JAX
    _, (H1,) = scan(step_of_H1, (zeros((n, 4), dtype),), (arange(5), moveaxis(X, 1, 0)))

With the step fixed an array is its slice, which has one axis fewer, so that the step is products and sums of whole
arrays again.  What a shared weight collects over the steps stands outside the block: a sum over whole arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import TYPE_CHECKING

from sympy import Add, Tuple

from symnet.algebra.array_forms import array_form
from symnet.algebra.equations import Array, Equation, Expr, Index, Length, Symbol, names_in
from symnet.algebra.indices import (
    At,
    Each,
    First,
    Inside,
    Node,
    Quotient,
    Remainder,
    Same,
    coefficients,
    free_indices,
    rebuilt,
)
from symnet.algebra.matrices import fill, shape_of
from symnet.algebra.mistakes import Mistake
from symnet.algebra.recurrence import Block, blocks, entrywise
from symnet.computing.shifts import Shifts, with_products

if TYPE_CHECKING:
    from symnet.computing.inplace import InPlace
    from symnet.computing.source import Writer

_STEP = Array("t", ("step",))  # what the step is called in a loop
UNROLLED = 4  # steps that are written one after the other rather than as a loop of XLA's


def lines_of(writer: Writer, equations: Sequence[Equation], taken: Iterable[str] = ()) -> list[str]:
    """``name = expression`` for every equation, and a loop for every block that reads itself a step earlier."""
    if not is_recurrent(equations):
        return writer.lines(equations)
    found: list[str] = []
    for block in in_steps(equations, {*taken}):
        found += _loop(writer, block) if block.is_recurrence else writer.lines(block.equations)
    return found


def lines_in_place(writer: InPlace, equations: Sequence[Equation], taken: Iterable[str] = ()) -> list[str]:
    """The same in arrays made once."""
    if not is_recurrent(equations):
        return writer.lines(equations)
    found: list[str] = []
    for part in _runs(in_steps(equations, {*taken})):
        if part[0].is_recurrence:
            for equation in part[0].equations:
                writer.array(writer.names[equation.lhs], shape_of(equation.lhs))
            found += _over_time(writer.writer, part[0])
            continue
        run = [equation for block in part for equation in block.equations]
        own = {equation.lhs for equation in run}
        others = {name for e in equations_of(equations, own) for name in names_in(e.rhs)}
        found += writer.lines(run, frozenset(own & others))
    return found


def equations_of(equations: Sequence[Equation], but: Set[Symbol]) -> list[Equation]:
    return [equation for equation in equations if equation.lhs not in but]


def _runs(found: Sequence[Block]) -> list[list[Block]]:
    """The blocks, those that are no recurrence together."""
    runs: list[list[Block]] = []
    for block in found:
        if runs and not block.is_recurrence and not runs[-1][0].is_recurrence:
            runs[-1].append(block)
        else:
            runs.append([block])
    return runs


def is_recurrent(equations: Sequence[Equation]) -> bool:
    """Whether an equation reads itself or one below it."""
    waiting = {equation.lhs for equation in equations}
    for equation in equations:
        if any(name in waiting for name in names_in(equation.rhs)):
            return True
        waiting.discard(equation.lhs)
    return False


def in_steps(equations: Sequence[Equation], taken: set[str]) -> list[Block]:
    """The equations as blocks, each as small as can be, and what they read further along as arrays of their own."""
    taken |= {name.name for equation in equations for name in (equation.lhs, *names_in(equation.rhs))}
    ordered = in_order(with_products(equations, taken))
    shifts = Shifts(taken)
    found: list[Block] = []
    for block in blocks(ordered):
        own = {equation.lhs for equation in block.equations} if block.is_recurrence else set()
        spelled = []
        for equation in block.equations:
            new, equation = shifts.named(equation, own)
            found += [Block((one,), {}) for one in new]
            spelled.append(equation)
        found.append(Block(tuple(spelled), block.axes, block.back))
    return found


def in_order(equations: Sequence[Equation]) -> list[Equation]:
    """The equations so that only those stand together in a block that read each other."""
    place = {equation.lhs: i for i, equation in enumerate(equations)}
    reads = [[place[name] for name in names_in(equation.rhs) if name in place] for equation in equations]
    ends = [max([i, *below]) for i, below in enumerate(reads)]
    found: list[Equation] = []
    i = 0
    while i < len(equations):
        end, last = i, ends[i]
        while end < last:
            end += 1
            last = max(last, ends[end])
        found += [equations[j] for j in _parted(range(i, end + 1), reads)]
        i = end + 1
    return found


def _parted(span: range, reads: Sequence[Sequence[int]]) -> list[int]:
    """The places of a span: what reads each other side by side, and after what it reads."""
    if len(span) == 1:
        return [*span]
    reached = {i: {j for j in reads[i] if j in span} for i in span}
    for k in span:
        for i in span:
            if k in reached[i]:
                reached[i] |= reached[k]
    groups: list[list[int]] = []
    for i in span:
        group = next((g for g in groups if i in reached[g[0]] and g[0] in reached[i]), None)
        group.append(i) if group is not None else groups.append([i])
    found: list[int] = []
    while groups:
        ready = next(g for g in groups if all(j in found or j in g for i in g for j in reached[i]))
        groups.remove(ready)
        found += ready
    return found


class _Step:
    """The equations of a block for one step: ``text(equation)`` is its right-hand side, in slices."""

    def __init__(self, writer: Writer, block: Block) -> None:
        self.writer, self.block = writer, block
        self.t = writer.names[_STEP]
        names = [equation.name for equation in block.equations]
        self.own = {equation.lhs: equation for equation in block.equations}
        self.before: dict[Symbol, str] = {}  # {array of the block: the name of its slice one step back}
        self.outside: dict[tuple[Symbol, int], str] = {}  # {(array, axis): its slice}, as text
        self.inside: dict[Symbol, str] = {}
        self.called = writer.names.fresh(f"step_of_{names[-1]}")

    def slice_of(self, array: Symbol, axis: int) -> str:
        """X[:, t], the text of the slice of an array at this step."""
        return f"{self.writer.names[array]}[{':, ' * axis}{self.t}]"

    def now(self, array: Symbol, axis: int) -> str:
        if array in self.own:
            return self.inside.get(array) or self.slice_of(array, axis)
        if (array, axis) not in self.outside:
            names, scans = self.writer.names, self.writer.backend.scans
            self.outside[array, axis] = names.fresh(f"{names[array]}_t") if scans else self.slice_of(array, axis)
        return self.outside[array, axis]

    def state(self, array: Symbol) -> str:
        """The name of an array of the block one step back."""
        if array not in self.before:
            word = "before" if self.block.back > 0 else "next"
            self.before[array] = self.writer.names.fresh(f"{array.name}_{word}".replace("∂", "d").replace("/", "_"))
        return self.before[array]

    def text(self, equation: Equation) -> str:
        each = entrywise(equation)
        axis = self.block.axes[equation.lhs]
        step = each.indices[axis]
        rest = tuple(index for index in each.indices if index is not step)
        body = rebuilt(each.body, lambda part: self._fixed(part, step, equation))
        shape = tuple(index.length for index in rest)
        if not rest:
            return self.writer.code(body)
        found = _formed(body, rest)
        return self.writer.whole(found if shape_of(found) else fill(found, *shape), 0)

    def _fixed(self, part: Expr, step: Index, equation: Equation) -> Expr | None:
        """What a part is at this step; None where it does not change, or its parts do."""
        writer = self.writer
        if part == step:
            return writer.stand_in(f"({self.t} + 1)", ())  # as a number it counts from 1
        if not isinstance(part, Node) or step not in free_indices(part):
            return None
        if isinstance(part, At):
            if part.array.is_Symbol and (found := self._entry(part, step, equation)) is not None:
                return found
            array = rebuilt(part.array, lambda other: self._fixed(other, step, equation))
            return At(array, *self._placed(part.places, step, equation))
        if isinstance(part, Same) and free_indices(part) == (step,) and not names_in(part) and step in part.args:
            place = next((side for side in part.args if side != step), step)
            return writer.stand_in(f"({self.t} == {writer.code(place)})", ())
        if isinstance(part, (Inside, Same, Quotient, Remainder)):
            return part.func(*self._placed(part.args, step, equation))
        if isinstance(part, First):
            body = rebuilt(part.body, lambda other: self._fixed(other, step, equation))
            return First(body, Tuple(*part.indices), Tuple(*self._placed(part.places, step, equation)))
        return None

    def _placed(self, places: Sequence[Expr], step: Index, equation: Equation) -> list[Expr]:
        """Places of arrays, which count from 0."""

        def change(part: Expr) -> Expr | None:
            return self.writer.stand_in(self.t, ()) if part == step else self._fixed(part, step, equation)

        return [rebuilt(place, change) for place in places]

    def _entry(self, part: At, step: Index, equation: Equation) -> Expr | None:
        array, shape = part.array, shape_of(part.array)
        along = [axis for axis, place in enumerate(part.places) if step in free_indices(place)]
        counts, by = coefficients(part.places[along[0]]) or ({}, 0)
        simple = len(along) == 1 and counts == {step: 1} and len(part.places) == len(shape)
        axis = along[0]
        if array in self.own:
            if not simple or axis != self.block.axes[array] or by not in (0, -self.block.back):
                raise Mistake(f"{equation.name} reads {array} at steps that a loop does not have: t − 1 or t + 1")
            text = self.state(array) if by else self.now(array, axis)
        elif simple and not by:
            text = self.now(array, axis)
        else:
            return None  # read anywhere: at(X, …, 2 * t)
        left = [place for a, place in enumerate(part.places) if a != axis]
        known = self.writer.stand_in(text, tuple(length for a, length in enumerate(shape) if a != axis))
        return At(known, *left) if left else known


def _formed(body: Expr, rest: tuple[Index, ...]) -> Expr:
    """The array by operations on whole arrays, where only some terms are such, those."""
    whole = array_form(Each(body, *rest))
    if not body.is_Add or not (isinstance(whole, Each) or whole.has(Each)):
        return whole
    return Add(*(array_form(Each(term, *rest)) for term in body.args), evaluate=False)


def _loop(writer: Writer, block: Block) -> list[str]:
    if writer.backend.scans:
        return _scan(writer, block)
    made = [f"{writer.names[e.lhs]} = {writer.use('empty')}({_shape(writer, e.lhs)}, dtype)" for e in block.equations]
    return [*made, *_over_time(writer, block)]


def _over_time(writer: Writer, block: Block) -> list[str]:
    """The loop of Python's, into arrays that are there."""
    step = _Step(writer, block)
    body = [f"{step.slice_of(e.lhs, block.axes[e.lhs])} = {step.text(e)}" for e in block.equations]
    body += [f"{name} = {step.slice_of(array, block.axes[array])}" for array, name in step.before.items()]
    count = _length(writer, block.steps)
    steps = f"range({count})" if block.back > 0 else f"reversed(range({count}))"
    start = [f"{name} = {_zeros(writer, block, array)}" for array, name in step.before.items()]
    return [*start, f"for {step.t} in {steps}:", *(f"    {line}" for line in body)]


def _scan(writer: Writer, block: Block) -> list[str]:
    """The loop of XLA's, by a function of one step."""
    step = _Step(writer, block)
    body, outputs = [], []
    for equation in block.equations:
        outputs.append(writer.names.fresh(f"{writer.names[equation.lhs]}_t"))
        body.append(f"{outputs[-1]} = {step.text(equation)}")
        step.inside[equation.lhs] = outputs[-1]
    inputs = [f"{writer.use('arange')}({_length(writer, block.steps)})"]
    inputs += [_moved(writer, writer.names[array], axis, 0) for array, axis in step.outside]
    head = [f"def {step.called}(before, now):", f"    {_tuple(step.before.values())} = before"]
    head += [f"    {_tuple([step.t, *step.outside.values()])} = now"]
    after = _tuple(step.inside[array] for array in step.before)
    found = [*head, *(f"    {line}" for line in body), f"    return {after}, {_tuple(outputs)}", ""]
    start = _tuple(_zeros(writer, block, array) for array in step.before)
    names = [writer.names[equation.lhs] for equation in block.equations]
    how = "" if block.back > 0 else ", reverse=True"
    if not isinstance(block.steps, Length) and int(block.steps) <= UNROLLED:
        how += f", unroll={block.steps}"
    found.append(f"_, {_tuple(names)} = {writer.use('scan')}({step.called}, {start}, {_tuple(inputs)}{how})")
    for name, equation in zip(names, block.equations, strict=True):
        if axis := block.axes[equation.lhs]:
            found.append(f"{name} = {_moved(writer, name, 0, axis)}")
    return found


def _moved(writer: Writer, name: str, source: int, target: int) -> str:
    return name if source == target else f"{writer.use('moveaxis')}({name}, {source}, {target})"


def _zeros(writer: Writer, block: Block, array: Symbol) -> str:
    axis = block.axes[array]
    shape = [length for a, length in enumerate(shape_of(array)) if a != axis]
    return f"{writer.use('zeros')}({_tuple(_length(writer, n) for n in shape)}, dtype)"


def _shape(writer: Writer, array: Symbol) -> str:
    return _tuple(_length(writer, n) for n in shape_of(array))


def _length(writer: Writer, length: Expr) -> str:
    return writer.names[length] if isinstance(length, Length) else str(length)


def _tuple(texts: Iterable[str]) -> str:
    parts = [*texts]
    return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
