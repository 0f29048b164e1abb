"""Neighbouring lines with the same first index, which may read one another a step earlier: h[t] with h[t-1].

shapes_in(run, known)     the lines of a recurrence read, though each needs the shapes of those below it
blocks(lines)             what is worked step by step, all earlier to later or all later to earlier, in order
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from symnet.algebra.array_formulas.lines import Left, Line, read
from symnet.algebra.array_formulas.names import Shape, entry_name, shape_text
from symnet.algebra.array_formulas.reader import STEPS, UNKNOWN, Quantities
from symnet.algebra.mistakes import Mistake
from symnet.algebra.tokens import NAME

Pair = tuple[Left, str]


@dataclass(frozen=True)
class Block:
    """Lines that are worked together: step by step forwards (−1: they read a step before) or backwards, or once (0)."""

    lines: tuple[Line, ...]
    steps: int


def runs(pairs: Sequence[Pair]) -> Iterator[tuple[Pair, ...]]:
    """Neighbours with the same first index, together; every other line by itself."""
    run: list[Pair] = []
    for pair in pairs:
        if run and (not pair[0].first or pair[0].first != run[-1][0].first):
            yield tuple(run)
            run = []
        run.append(pair)
    if run:
        yield tuple(run)


def is_recurrence(run: Sequence[Pair]) -> bool:
    """Whether a line of it reads itself or one further down."""
    if not run[0][0].first:
        return False
    here = [left.name for left, _ in run]
    return any(not set(NAME.findall(formula)).isdisjoint(here[number:]) for number, (_, formula) in enumerate(run))


def shapes_in(run: Sequence[Pair], known: Quantities) -> dict[str, Shape]:
    """The shape of every line of a recurrence: of its start, or as what else it is made of says."""
    names = [left.name for left, _ in run]
    starts = {name: known.shapes[start] for name in names if (start := entry_name(name, (0,))) in known.shapes}
    found: dict[str, Shape] = {}
    refused: Mistake | None = None
    for careful in (True, False) * len(run):
        before = len(found)
        for left, formula in run:
            if left.name in found:
                continue
            rows: dict[str, Any] = {name: (STEPS, *row) for name, row in starts.items() if name not in found}
            guess = replace(
                known,
                shapes={**known.shapes, **rows, **found},
                unknown=[name for name in names if name not in found and name not in rows],
            )
            try:
                line = read(left, formula, guess)
            except Mistake as mistake:
                refused = refused or mistake
                continue
            if not careful or len(line.shape) > len(left.indices) or UNKNOWN not in line.equation.rhs.free_symbols:
                found[left.name] = line.shape
        if len(found) == len(run):
            return found
        if len(found) == before and not careful:
            break
    raise refused or Mistake(f"{run[0][0].where}: its shape is not known; give its start, {names[0]}0")


def read_recurrence(run: Sequence[Pair], known: Quantities) -> tuple[Line, ...]:
    """The lines of a recurrence, whose shapes agree."""
    shapes = shapes_in(run, known)
    for _ in run:
        inside = replace(known, shapes={**known.shapes, **shapes})
        lines = tuple(read(left, formula, inside) for left, formula in run)
        now = {line.name: line.shape for line in lines}
        if now == shapes:
            return lines
        wrong = next(line for line in lines if line.shape != shapes[line.name])
        shapes = now
    raise Mistake(
        f"{wrong.left.where} is {shape_text(wrong.shape)} where {wrong.name} is taken as "
        f"{shape_text(shapes[wrong.name])}; give its start, {entry_name(wrong.name, (0,))}, in the shape of a row"
    )


def blocks(lines: Sequence[Line]) -> tuple[Block, ...]:
    """The lines of a recurrence in working order."""
    number = {line.name: i for i, line in enumerate(lines)}
    uses = [
        [(number[reading.name], reading.steps) for reading in line.readings if reading.name in number] for line in lines
    ]
    groups = _circles([[j for j, _ in used] for used in uses])
    for group in groups:
        _check(lines, uses, group)
    done: list[Block] = []
    waiting: list[frozenset[int]] = list(groups)
    worked: set[int] = set()
    while waiting:
        ready = next(g for g in waiting if all(j in worked or j in g for i in g for j, _ in uses[i]))
        waiting.remove(ready)
        worked.update(ready)
        steps = next((s for i in ready for j, s in uses[i] if j in ready and s), 0) or 0
        block = Block(tuple(lines[i] for i in sorted(ready)), steps)
        joined = _joined(done[-1], block, lines, uses, number) if done else None
        done[-1:] = [joined] if joined else [*done[-1:], block]
    return tuple(done)


def _joined(
    before: Block,
    block: Block,
    lines: Sequence[Line],
    uses: list[list[tuple[int, int | None]]],
    number: Mapping[str, int],
) -> Block | None:
    """Both as one, where the second follows the first step by step."""
    members = {number[line.name] for line in before.lines}
    read = [steps for line in block.lines for j, steps in uses[number[line.name]] if j in members]
    lengths = {line.shape[0] for line in (*before.lines, *block.lines)}
    if not before.steps or not read or not {*read, block.steps} <= {0, before.steps} or len(lengths) > 1:
        return None
    every = sorted((*before.lines, *block.lines), key=lambda line: number[line.name])
    return Block(tuple(every), before.steps)


def _check(lines: Sequence[Line], uses: list[list[tuple[int, int | None]]], group: frozenset[int]) -> None:
    """Each reads the others one step before, or all one step after; what stands above also at the same step."""
    ways = set()
    for i in sorted(group):
        line, t = lines[i], lines[i].left.first
        for j, steps in uses[i]:
            other = lines[j].name
            where = line.left.where
            if j in group and steps in (-1, 1):
                ways.add(steps)
            elif j >= i and steps in (-1, 1):
                continue
            elif j >= i and steps == 0:
                what = f"uses {other}[{t}]" + (", itself" if i == j else ", which is defined below it")
                behind = [index for index, _ in line.left.indices[1:]]
                first = f"; the index of the steps stands first, as in {line.name}[{behind[0]},{t}]" if behind else ""
                raise Mistake(f"{where} {what}; one step earlier, {other}[{t}-1], can be read{first}")
            elif (j in group or j >= i) and steps != 0:
                raise Mistake(
                    f"{where} uses {other} in another way than a step earlier; a recurrence reads {other}[{t}-1] or "
                    f"{other}[{t}+1], and two steps by a name for the first, as in "
                    + f'"before[{t}]" = "{other}[{t}-1]"'
                )
    if len(ways) > 1:
        names = ", ".join(lines[i].name for i in sorted(group))
        raise Mistake(f"{lines[min(group)].left.where}: of {names}, some read a step earlier and some a step later")
    lengths = {lines[i].shape[0]: lines[i] for i in sorted(group)}
    if len(lengths) > 1:
        (a, one), (b, two) = list(lengths.items())[:2]
        raise Mistake(f"{one.left.where} has {a} steps and {two.left.where} {b}; they must be equal")


def _circles(after: list[list[int]]) -> list[frozenset[int]]:
    """What reaches one another, by reading on and on; every other line by itself.  In the order of the file."""
    before: list[list[int]] = [[] for _ in after]
    for i, others in enumerate(after):
        for j in others:
            before[j].append(i)
    groups: list[frozenset[int]] = []
    placed: set[int] = set()
    for i in range(len(after)):
        if i not in placed:
            group = frozenset(_reached(after, i) & _reached(before, i) | {i})
            placed |= group
            groups.append(group)
    return groups


def _reached(ways: list[list[int]], start: int) -> set[int]:
    found: set[int] = set()
    waiting = [start]
    while waiting:
        for j in ways[waiting.pop()]:
            if j not in found:
                found.add(j)
                waiting.append(j)
    return found
