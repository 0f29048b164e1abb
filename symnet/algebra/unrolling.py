"""A network of arrays written out unit by unit: numbers put for the indices of its equations.

z1_2 = w1_1_2 x1 + w1_2_2 x2 + b1_2    of Z1 = X W1 + 1 b1ᵀ, unit 2; w1_1_2 goes from unit 1 to unit 2
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from symnet.algebra.entries import Lengths, Unrolled, entry_name, every_index
from symnet.algebra.equations import BATCH, Array, Equation, Symbol
from symnet.algebra.matrices import shape_of
from symnet.algebra.network import Network
from symnet.algebra.probabilities import with_probabilities
from symnet.algebra.recurrence import blocks


@cache
def unroll(network: Network, examples: int = 1) -> Network:
    """The network of layers written out unit by unit, for a batch of so many examples.

    W1[0, 1] becomes w1_1_2, X[0, 1] becomes x2 (x1_2 where there are several examples), and so on: indices count
    from 1, and the row of an example is left out where there is one.  A cross-entropy of logits is written in the
    probabilities: p1, p2, … are lines of their own.
    """
    lengths = {BATCH: examples}
    network = with_probabilities(network)
    unrolled = Unrolled(lengths, first=network.parameters)

    def names(group: Sequence[Symbol]) -> tuple[Symbol, ...]:
        return tuple(name for whole in group for name in entry_names(whole, examples))

    equations: list[Equation] = []
    for equation, index in in_order(network.equations, lengths):
        lhs = entry_name(equation.lhs, index, lengths) if isinstance(equation.lhs, Array) else equation.lhs
        equations.append(Equation(lhs, unrolled.entry(equation.rhs, index)))
    # Layer by layer z1, z2, …, a1, a2, …: each unit's z and a belong side by side.
    return Network(names(network.inputs), names(network.targets), names(network.parameters), _by_unit(equations))


def in_order(equations: Sequence[Equation], lengths: Lengths) -> Iterator[tuple[Equation, tuple[int, ...]]]:
    """(equation, index) of every entry in an order in which each uses only those before it."""
    for block in blocks(equations):
        if not block.is_recurrence:
            for equation in block.equations:
                yield from ((equation, index) for index in every_index(shape_of(equation.lhs), lengths))
            continue
        count = int(lengths.get(block.steps, block.steps))
        for step in range(count)[:: block.back]:
            for equation in block.equations:
                axis = block.axes[equation.lhs]
                for index in every_index(shape_of(equation.lhs), lengths):
                    if index[axis] == step:
                        yield equation, index


def entry_names(name: Symbol, examples: int = 1) -> tuple[Symbol, ...]:
    """The names of the entries of an array, row by row; of a number, the number's own."""
    if not isinstance(name, Array):
        return (name,)
    lengths = {BATCH: examples}
    return tuple(entry_name(name, index, lengths) for index in every_index(name.shape, lengths))


def _by_unit(equations: list[Equation]) -> tuple[Equation, ...]:
    """The same equations, with one that uses only the line z1_2 placed right after it: z1_2, a1_2, z1_3, a1_3.

    The last stays the last, since it is what is differentiated.
    """
    following: dict[Symbol, list[Equation]] = {}
    defined = {equation.lhs for equation in equations}
    ordered: list[Equation] = []
    for equation in equations[:-1]:
        used = [name for name in equation.rhs.free_symbols if name in defined]
        if len(used) == 1:
            following.setdefault(used[0], []).append(equation)
        else:
            following.setdefault(equation.lhs, [])
            ordered.append(equation)

    unit: list[Equation] = []
    waiting = ordered[::-1]
    while waiting:  # not by recursion: a net may be as deep as it likes
        equation = waiting.pop()
        unit.append(equation)
        waiting += reversed(following.get(equation.lhs, []))
    return (*unit, *equations[-1:])
