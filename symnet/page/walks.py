"""What a page needs to walk through the arrays of an exercise: an entry at a time, with the entries that it reads.

Nothing of it knows a layer.  The grids are the arrays of the file and their gradients; which entries are read, the
script sees in the lines themselves.  Two things are seen in the equations here:

windows    that the entries read of another array lie in a window which moves with the entry, and where it ends outside
steps      that an array is worked step by step, h[t] from h[t − 1]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

from sympy import Add, Mul

from symnet.algebra.array_formulas import Nested
from symnet.algebra.equations import names_in, partial
from symnet.algebra.recurrence import blocks
from symnet.notation.entries import with_index
from symnet.notation.maths import Maths
from symnet.page.fields import Fields
from symnet.paper.printing.text import maths as as_text
from symnet.working.arrays import entries, mapped, places, shape_of
from symnet.working.quantities import key_of

MOST_ENTRIES = 900  # of all grids together: more than that nobody walks through
Place: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Grid:
    """A matrix, or a vector as one row; ``cells`` are the names of the entries, grad(…) of a gradient."""

    label: Maths
    cells: tuple[tuple[str, ...], ...]

    @property
    def size(self) -> Place:
        return len(self.cells), len(self.cells[0])


def walks(fields: Fields, lines: Mapping[str, Any]) -> dict[str, Any]:
    """{"grids": [{"label", "said", "cells": [[key, …], …]}, …], "windows": [a window, …], "steps": [a step, …]}.

    ``lines`` are those of the page by their keys.  A window is [the grid worked, the grid that it moves over, its
    first row and column, how far it moves with a row and a column, its size], counted from 0; those alone that end
    outside, where a grid is 0.  A step is the list of its keys.
    """
    grids = [*_grids(fields, lines)]
    if sum(grid.size[0] * grid.size[1] for grid in grids) > MOST_ENTRIES:
        return {"grids": [], "windows": [], "steps": []}
    return {
        "grids": [{"label": fields.printed(g.label), "said": as_text(g.label), "cells": g.cells} for g in grids],
        "windows": [*_windows(grids, fields, lines)],
        "steps": _steps(fields, lines),
    }


def _grids(fields: Fields, lines: Mapping[str, Any]) -> Iterator[Grid]:
    problem, names = fields.problem, fields.work.names
    for array, whole in problem.arrays.items() if lines else ():
        yield from _slices(names.node(array), whole)
    for array, whole in reversed([*problem.arrays.items()]):
        keys = mapped("grad({})".format, whole)
        if any(key in lines for key in entries(keys)):
            yield from _slices(names.node(partial(problem.loss, array).name), keys)


def _slices(label: Maths, whole: Nested) -> Iterator[Grid]:
    """The array in matrices: of one with more axes, a grid for each index of the first."""
    shape = shape_of(whole)
    if len(shape) > 2:
        for i, inner in enumerate(whole, 1):
            yield from _slices(with_index(label, str(i)), inner)
    elif all(shape):
        yield Grid(label, tuple(tuple(entries(row)) for row in (whole if len(shape) == 2 else (whole,))))


def _windows(grids: Sequence[Grid], fields: Fields, lines: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The windows that end outside."""
    at = {key: (i, (r, c)) for i, grid in enumerate(grids) for r, row in enumerate(grid.cells)
          for c, key in enumerate(row)}  # fmt: skip
    for i, grid in enumerate(grids):
        if not all(key in lines for row in grid.cells for key in row):
            continue
        pairs = {(r, c): _products(fields, grid.cells[r][c], at) for r, c in product(*map(range, grid.size))}
        moving: set[tuple[int, int]] = set()
        for on, by in dict.fromkeys(pair for found in pairs.values() for pair in found):
            size = grids[by].size
            if (by, on) in moving or any(small > large for small, large in zip(size, grids[on].size, strict=True)):
                continue
            for turned in (False, True):  # the kernel as it is, or by half a turn, as in a backward pass
                corners = {place: _corner(found.get((on, by), ()), size, turned) for place, found in pairs.items()}
                moves = _moves(corners)
                if moves is not None and _leaves(corners.values(), size, grids[on].size):
                    moving.add((on, by))
                    yield [i, on, corners[0, 0], moves, size]
                    break


def _products(
    fields: Fields, key: str, at: Mapping[str, tuple[int, Place]]
) -> dict[tuple[int, int], list[tuple[Place, Place]]]:
    """Where the two factors of the terms of a line stand, by their two grids, if it is a sum of such terms; a bias may
    be among them."""
    line = fields.lines.line(key)
    found: dict[tuple[int, int], list[tuple[Place, Place]]] = {}
    for term in Add.make_args(line.rhs) if line is not None else ():
        if term.is_Symbol:
            continue
        factors = [key_of(factor.name) for factor in Mul.make_args(term) if factor.is_Symbol]
        if len(factors) != 2 or len(factors) != len(Mul.make_args(term)) or not {*factors} <= at.keys():
            return {}
        (one, here), (other, there) = (at[factor] for factor in factors)
        found.setdefault((one, other), []).append((here, there))
        found.setdefault((other, one), []).append((there, here))
    return found


def _corner(products: Sequence[tuple[Place, Place]], size: Place, turned: bool) -> Place | None:
    """Where the first entry of the window lies, if all products agree on it."""
    ends = {(r + u - size[0] + 1, c + v - size[1] + 1) if turned else (r - u, c - v) for (r, c), (u, v) in products}
    return ends.pop() if len(ends) == 1 else None


def _moves(corners: Mapping[Place, Place | None]) -> Place | None:
    """How far the window moves down with a row and to the right with a column, if it does so evenly."""
    start, below, beside = (corners.get(place) for place in ((0, 0), (1, 0), (0, 1)))
    if start is None or (below or beside) is None:
        return None
    down = below[0] - start[0] if below else 1
    right = beside[1] - start[1] if beside else 1
    even = all(corner == (start[0] + down * r, start[1] + right * c) for (r, c), corner in corners.items())
    return (down, right) if even and down > 0 and right > 0 else None


def _leaves(corners: Iterable[Place | None], size: Place, room: Place) -> bool:
    return any(
        corner is not None and (corner[axis] < 0 or corner[axis] + size[axis] > room[axis])
        for corner in corners
        for axis in (0, 1)
    )


def _steps(fields: Fields, lines: Mapping[str, Any]) -> list[list[str]]:
    """The keys of every step of a recurrence, in the order of the work; those of the forward pass."""
    problem = fields.problem
    axes: dict[str, int] = {}
    count = 0
    for block in blocks(problem.whole):
        if block.is_recurrence:
            axes |= {name.name: axis for name, axis in block.axes.items()}
            count = max(count, int(block.steps))
    step = {entry: place[axes[array]] for array, whole in problem.arrays.items() if array in axes
            for entry, place in places(whole)}  # fmt: skip
    # What is made of one step alone belongs to it.
    for equation in problem.network.equations:
        read = {step[name.name] for name in names_in(equation.rhs) if name.name in step}
        if equation.name not in step and len(read) == 1:
            step[equation.name] = read.pop()
    keys = [equation.name for equation in problem.network.equations if equation.name in lines]
    return [[key for key in keys if step.get(key) == k] for k in range(1, count + 1)]
