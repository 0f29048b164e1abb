"""Rules of an update where parameters are arrays: each rule of arrays entry by entry.

rules = ["V = 0.9*V + grad(W)", "W = W - lr*V"]       # W and V of one shape: V1_1 = 0.9*V1_1 + grad(W1_1), …
state = { V = [[0, 0], [0, 0]] }
state = { "m(W)" = [[0.1, 0], [0, 0.2]] }             # of a named optimizer: m(W1_1), m(W1_2), …
"""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra.array_formulas import Nested, shape_text
from symnet.algebra.array_formulas.names import nested as named
from symnet.algebra.equations import Expr, names_in, partial, partial_parts, replace, symbol
from symnet.algebra.mistakes import Mistake
from symnet.working.arrays import Arrays, places, shape_of


def entry_by_entry(name: str, rhs: Expr, where: str, arrays: Arrays) -> tuple[Nested, Iterator[tuple[str, Expr]]]:
    """The entries that a rule gives, nested, and (name, right side) for each; of numbers alone, the rule itself.

    Raises Mistake for arrays of two shapes.
    """
    read = {used: array for used in names_in(rhs) if (array := _array(used.name)) in arrays}
    if name not in arrays and not read:
        return name, iter([(name, rhs)])
    wholes = {array: shape_of(arrays[array]) for array in (*([name] if name in arrays else []), *read.values())}
    first, shape = next(iter(wholes.items()))
    for array, other in wholes.items():
        if other != shape:
            raise Mistake(
                f"{where}: {first} has the shape {shape_text(shape)} and {array} {shape_text(other)}; a rule goes "
                "entry by entry, and its arrays are of one shape"
            )
    target = arrays[name] if name in arrays else named(name, shape)

    def each() -> Iterator[tuple[str, Expr]]:
        own = {used: dict(_by_place(arrays[array])) for used, array in read.items()}
        for entry, place in places(target):
            yield entry, replace(rhs, {used: _entry(used.name, own[used][place]) for used in read})

    return target, each()


def _entry(name: str, entry: str) -> Expr:
    """The same of one entry: W1_2 for W, ∂L/∂W1_2 for ∂L/∂W, input(W1_2) for input(W)."""
    parts = partial_parts(name)
    if parts is not None:
        return partial(parts[0], entry)
    return symbol(f"input({entry})" if name.startswith("input(") else entry)


def _by_place(whole: Nested) -> Iterator[tuple[tuple[int, ...], str]]:
    return ((place, entry) for entry, place in places(whole))


def _array(name: str) -> str:
    """The array that a name in a rule may be of: W for W, ∂L/∂W and input(W)."""
    parts = partial_parts(name)
    if parts is not None:
        return parts[1]
    return name[len("input(") : -1] if name.startswith("input(") else name
