"""Slips in an embedding, whose rows are looked up: C[t] = E[ids[t]]."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sympy import Integer

from symnet.algebra.equations import Array, Equation, Expr, Symbol, divide, symbol
from symnet.algebra.equations import replace as put
from symnet.algebra.indices import At
from symnet.algebra.rows_of import embedding
from symnet.diagnosis.array_patterns import indices_of, parts
from symnet.diagnosis.rewriting import Rewriting, Slipped

Place = tuple[int, ...]


def neighbouring_row(r: Rewriting) -> Iterator[Slipped]:
    """looked up the row{place} the one that is meant"""
    for name, lines in _looked_up(r):
        for distance, words in ((1, "after"), (-1, "before")):
            yield from _read_elsewhere(r, name, lines, lambda i, j, by=distance: (i + by, j), words)  # type: ignore[misc]


def column_for_row(r: Rewriting) -> Iterator[Slipped]:
    """took a column for a row of the embedding"""
    for name, lines in _looked_up(r):
        yield from _read_elsewhere(r, name, lines, lambda i, j: (j, i), name)


def row_counted_once(r: Rewriting) -> Iterator[Slipped]:
    """counted a row of the embedding only once in its gradient, though it is looked up more than once"""
    for name, lines in _looked_up(r):
        for last, words in ((False, "first"), (True, "last")):
            kept = {}
            for x, users in _repeated(r, name, lines).items():
                steps = [lines[user] for user in users]
                kept[x] = (max if last else min)(steps)
            if kept:

                def slope(e: Equation, x: Symbol, d: Expr, kept=kept, lines=lines) -> Expr | None:  # type: ignore[no-untyped-def]
                    return None if x in kept and lines.get(e.name, kept[x]) != kept[x] else d

                yield Slipped(r.passing(slope), at=f"(the {words} look-up in {name} alone)")


def row_averaged(r: Rewriting) -> Iterator[Slipped]:
    """divided the gradient of a row of the embedding by how often it is looked up"""
    for name, lines in _looked_up(r):
        count = {x: len({lines[user] for user in users}) for x, users in _repeated(r, name, lines).items()}
        if count:

            def slope(e: Equation, x: Symbol, d: Expr, count=count, lines=lines) -> Expr:  # type: ignore[no-untyped-def]
                return divide(d, Integer(count[x])) if x in count and e.name in lines else d

            yield Slipped(r.passing(slope), at=f"({name})")


def _looked_up(r: Rewriting) -> Iterator[tuple[str, dict[str, int]]]:
    """(the parameter E, {entry of what is looked up: which row of it}) for every line that looks up rows."""
    for equation in r.problem.whole:
        found = dict.fromkeys(
            part.args[0]
            for part in parts(equation.rhs)
            if isinstance(part, embedding)
            or (isinstance(part, At) and any(isinstance(inner, At) for place in part.places for inner in parts(place)))
        )
        lines = {entry: index[0] for entry, index in indices_of(r, equation.name).items() if index}
        for array in found if lines else ():
            if (
                isinstance(array, Array)
                and len(array.shape) == 2
                and next(iter(indices_of(r, array.name))) in r.problem.start
            ):
                yield array.name, lines


def _read_elsewhere(
    r: Rewriting, name: str, lines: dict[str, int], place: Callable[[int, int], Place], at: str
) -> Iterator[Slipped]:
    """Other entries of E in every line; nothing where one of them is beyond its end."""
    index = indices_of(r, name)
    entry = {where: of for of, where in index.items()}
    changed = {}
    for line in lines:
        rhs = r.by_name[line].rhs
        read = {x: place(*index[x.name]) for x in rhs.free_symbols if x.name in index}
        if any(where not in entry for where in read.values()):
            return
        changed[line] = put(rhs, {x: symbol(entry[where]) for x, where in read.items()})
    changed = {line: rhs for line, rhs in changed.items() if rhs != r.by_name[line].rhs}
    if changed:
        yield Slipped(r.forward(changed, backward=True), at=at)


def _repeated(r: Rewriting, name: str, lines: dict[str, int]) -> dict[Symbol, list[str]]:
    """{an entry of E: the lines that look it up} of every row that is looked up more than once."""
    found = {}
    for entry in indices_of(r, name):
        users = [user for user in r.users.get(symbol(entry), ()) if user in lines]
        if len({lines[user] for user in users}) > 1:
            found[symbol(entry)] = users
    return found
