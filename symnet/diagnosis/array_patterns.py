"""Slips in whole arrays: another right-hand side for an equation of arrays, written out entry by entry.

Whoever forgets a transpose forgets it in every entry, so what is rewritten is the equation of arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from symnet.algebra.array_formulas.unrolling import Entries
from symnet.algebra.equations import Array, Equation, Expr
from symnet.algebra.indices import At, Each, is_affine
from symnet.algebra.matrices import shape_of as shape_of_expr
from symnet.algebra.matrices import transpose
from symnet.algebra.mistakes import Mistake
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.working.arrays import entries, mapped, places, shape_of

Line = tuple[str, Expr, str]  # the name of an array, another right-hand side, and where the slip is
Places = dict[str, tuple[int, ...]]


def indices_of(r: Rewriting, name: str) -> Places:
    """{"W1_2": (0, 1), …}: every entry of an array, from 0; of a number, itself."""
    found = places(r.problem.arrays.get(name, name))
    return {entry: tuple(i - 1 for i in index) for entry, index in found}


def written_out(r: Rewriting, lines: Mapping[str, Expr]) -> dict[str, Expr]:
    """{"s1_2": …}: the entries that other right-hand sides of arrays change; none where they have no value."""
    unrolled, before = _entries(r), {e.name: e.rhs for e in r.problem.network.equations}
    try:
        found = {
            entry: unrolled.entry(rhs, index)
            for name, rhs in lines.items()
            for entry, index in indices_of(r, name).items()
        }
    except Mistake:  # shapes that do not fit: nobody can work that
        return {}
    return {entry: rhs for entry, rhs in found.items() if rhs != before.get(entry)}


def entry_of(r: Rewriting, expr: Expr, index: tuple[int, ...]) -> Expr:
    """One entry of an expression of arrays, in the names of the file; ``index`` counts from 0."""
    return _entries(r).entry(expr, index)


def _entries(r: Rewriting) -> Entries:
    problem = r.problem
    start, given = problem.start, problem.examples[0]
    arrays = {name: tuple(entries(nested)) for name, nested in problem.arrays.items()}
    numbers = [name for name in (*given, *start, *problem.network.by_name) if name not in problem.array_of]
    shapes = {**dict.fromkeys(numbers, ()), **{name: shape_of(problem.arrays[name]) for name in arrays}}
    data = {
        name: mapped(given.__getitem__, problem.arrays[name])
        for name, own in arrays.items()
        if all(entry in given for entry in own)
    }
    learned = [name for name, own in arrays.items() if own[0] in start]
    steps = [e.name for e in problem.whole if isinstance(e.rhs, Each)]
    return Entries(shapes, [*learned, *(name for name in numbers if name in start)], data, steps)


def other_arrays(r: Rewriting, lines: Iterable[Line]) -> Iterator[Slipped]:
    """The problem with one of the lines, and with the first of each array together; what is passed back fits them."""
    first: dict[str, dict[str, Expr]] = {}
    count = 0
    for name, rhs, at in lines:
        changed = written_out(r, {name: rhs})
        if changed:
            count += 1
            first.setdefault(name, changed)
            yield Slipped(r.forward(changed, backward=True), at=at)
    if 1 < len(first) == count:
        every = {entry: rhs for changed in first.values() for entry, rhs in changed.items()}
        yield Slipped(r.forward(every, backward=True), at="everywhere")


def replaced_in(r: Rewriting, change: Callable[[Expr], Iterable[tuple[Expr, str]]]) -> Iterator[Line]:
    """Every equation of arrays with one part of it replaced; ``change`` gives the parts and the words for each."""
    for equation in r.problem.whole:
        for new, words in each_replaced(equation.rhs, change):
            yield equation.name, new, f"{words} in {equation.name}".strip()


def each_replaced(expr: Expr, change: Callable[[Expr], Iterable[tuple[Expr, str]]]) -> Iterator[tuple[Expr, str]]:
    """(the expression with one part replaced, the words for it) for every part, from the outside in."""
    yield from change(expr)
    for i, argument in enumerate(expr.args):
        for new, words in each_replaced(argument, change):
            parts = (*expr.args[:i], new, *expr.args[i + 1 :])
            yield expr.func(*parts) if is_affine(expr) else expr.func(*parts, evaluate=False), words


def parts(expr: Expr) -> Iterator[Expr]:
    """The expression and every part of it."""
    yield expr
    for argument in expr.args:
        yield from parts(argument)


def is_square(expr: Expr) -> bool:
    """Whether it is a matrix with as many columns as rows, and more than one."""
    shape = shape_of_expr(expr)
    return len(shape) == 2 and shape[0] == shape[1] and shape[0] != 1


def named(expr: Expr) -> Array | None:
    """The array W of W, Wᵀ and W[t]."""
    while isinstance(expr, (transpose, At)):
        expr = expr.args[0]
    return expr if isinstance(expr, Array) else None


def is_passed_back(r: Rewriting, name: str) -> bool:
    """Whether an array has a gradient."""
    return any(r.gradient(entry) in r.passed_back for entry in indices_of(r, name))


def lines_with(r: Rewriting, kind: type | tuple[type, ...]) -> Iterator[Equation]:
    """The equations of arrays that are one such operation, S = softmax(Z), and that have a gradient."""
    for equation in r.problem.whole:
        if isinstance(equation.rhs, kind) and is_passed_back(r, equation.name):
            yield equation
