"""The formulas of arrays in exercise files: Q = "X @ WQ + b", "m[j]" = "sum[i](X[i,j])/3", "h[t]" = "tanh(h[t-1])".

written(shapes, formulas, data, first)    the equations of a file, as arrays and entry by entry
entry_name("WQ", (1, 2))                  WQ1_2
key_of("grad(WQ[1,2])", arrays)           grad(WQ1_2)
equations_of_lines(shapes, lines, ids)    those of lines of text in Python, of any number of examples
uses_arrays(formulas, values)             whether a file needs this language at all
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symnet.algebra.array_formulas.lines import Left, left_side, read
from symnet.algebra.array_formulas.names import ArrayNames, Names, Nested, Shape, entry_name, key_of, nested, shape_text
from symnet.algebra.array_formulas.reader import Quantities
from symnet.algebra.array_formulas.recurrence import Block, blocks, is_recurrence, read_recurrence, runs
from symnet.algebra.array_formulas.starts import started
from symnet.algebra.array_formulas.unrolling import Entries, units
from symnet.algebra.equations import Equation, Length

__all__ = [
    "Nested",
    "Written",
    "entry_name",
    "equations_of",
    "equations_of_lines",
    "key_of",
    "shape_text",
    "uses_arrays",
    "written",
]

_REDUCTION = re.compile(r"\b(?:sum|mean|max|min)\s*\[")


@dataclass(frozen=True)
class Written:
    """The equations of a file with arrays, at both grains.

    ``arrays`` are the names of the entries of every array, as {"WQ": (("WQ1_1", "WQ1_2"), …)}.  ``equations`` are the
    lines as they were written; a recurrence is one whose right-hand side reads its own left-hand side a step before,
    and ``starts``, as {"h0": "h"}, are the quantities that stand for the steps outside.  ``units`` are one scalar
    equation an entry, in working order.  ``fixed`` are the names under [given] whose numbers, as ids or as a mask,
    have shaped the equations: other numbers for them make another exercise.
    """

    arrays: Mapping[str, Nested]
    equations: tuple[Equation, ...]
    units: tuple[Equation, ...]
    starts: Mapping[str, str] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()


def written(
    shapes: Mapping[str, tuple[int, ...]],
    formulas: Mapping[str, str],
    data: Mapping[str, Any],
    first: Collection[str],
) -> Written:
    """The equations of a file.  Raises Mistake, one line that names the equation and says what would be right.

    ``shapes`` are those of what is given and of the parameters, ``formulas`` as typed, with keys such as "h[t]",
    ``data`` the numbers of what is given, and ``first`` the parameters.
    """
    worked, known = _worked(shapes, sides(formulas), Quantities({}, {}, data), Names())
    lines = [line for block in worked for line in block.lines]
    entries = Entries(
        known, [name for name in first if name in known], data, [line.name for line in lines if line.left.indices]
    )
    scalar = units(worked, entries)
    return Written(
        {name: nested(name, shape) for name, shape in known.items() if shape},
        tuple(line.equation for line in lines),
        scalar,
        entries.starts,
        tuple(dict.fromkeys(name for line in lines for name in line.fixed)),
    )


def equations_of(
    shapes: Mapping[str, tuple[int, ...]], formulas: Mapping[str, str], data: Mapping[str, Any]
) -> tuple[Equation, ...]:
    """The equations of arrays alone, not written out: of any size."""
    worked, _ = _worked(shapes, sides(formulas), Quantities({}, {}, data), ArrayNames())
    return tuple(line.equation for block in worked for line in block.lines)


def equations_of_lines(
    shapes: Mapping[str, Shape], lines: Iterable[tuple[int, str, str]], ids: Collection[str]
) -> tuple[Equation, ...]:
    """The equations of lines of text, (number, left, formula); a length may be open, and ``ids`` may be indices.

    What stands for the steps outside a recurrence, such as h0, is read in the equations themselves.  Raises Mistake.
    """
    pairs = [(left_side(left, number), formula) for number, left, formula in lines]
    data = {name: _ones(shapes[name]) for name in ids}
    needs = 'a name needs a shape, as in shapes={"b": 3}, and () is that of a number'
    language = Quantities({}, {}, data, given="among the inputs", needs=needs)
    worked, known = _worked(shapes, pairs, language, ArrayNames())
    found = [line for block in worked for line in block.lines]
    steps = {line.name: line.shape for line in found if line.left.indices}
    return tuple(started(line.equation, steps, known, line.left.where) for line in found)


def _ones(shape: Shape) -> Any:
    """Numbers that every table has as a row, where none are known yet; of an open length, one."""
    count = 1 if shape and isinstance(shape[0], Length) else shape[0] if shape else 0
    return [_ones(shape[1:])] * count if shape else 1


def sides(formulas: Mapping[str, str]) -> list[tuple[Left, str]]:
    """Each left-hand side as it is read, and its formula."""
    return [(left_side(key), formula) for key, formula in formulas.items()]


def _worked(
    shapes: Mapping[str, Shape], pairs: Sequence[tuple[Left, str]], given: Quantities, names: Names
) -> tuple[list[Block], dict[str, Shape]]:
    for name, shape in shapes.items():
        names.take(name, tuple(shape))
    known: dict[str, Shape] = {name: tuple(shape) for name, shape in shapes.items()}
    for left, _ in pairs:
        names.check(left.where, left.name)
    below = [left.name for left, _ in pairs]
    worked: list[Block] = []

    def take(found: Iterable[Block]) -> None:
        for block in found:
            worked.append(block)
            for line in block.lines:
                names.take(line.name, line.shape, f"{line.left.where}: ")
                known[line.name] = line.shape

    for run in runs(pairs):
        if is_recurrence(run):
            del below[: len(run)]
            here = replace(given, shapes=known, entries=names.entries, below=frozenset(below))
            take(blocks(read_recurrence(run, here)))
            continue
        for left, formula in run:
            del below[:1]
            here = replace(given, shapes=known, entries=names.entries, here=left.name, below=frozenset(below))
            take([Block((read(left, formula, here),), 0)])
    return worked, known


def uses_arrays(formulas: Mapping[str, Any], values: Iterable[Any]) -> bool:
    """Whether a file needs the language of arrays: a list among its numbers, an index on a left, or a reduction."""
    return (
        any(isinstance(value, (list, tuple)) for value in values)
        or any("[" in key for key in formulas)
        or any(isinstance(formula, str) and _REDUCTION.search(formula) for formula in formulas.values())
    )
