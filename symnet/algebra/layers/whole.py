"""The equations of layers: formulas of one example, and those that read a whole batch.

A kind of layer is its formulas for one example; a statistic of a batch is none of one example.  So a formula may say
that it is ``OfBatch``: the arrays in it have the examples first, as a book writes m_k = 1/n Σ_n x_nk.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import Any

from symnet.algebra.array_formulas import equations_of
from symnet.algebra.equations import BATCH, Equation
from symnet.algebra.matrices import shape_of


class OfBatch(str):
    """A formula over all examples; what depends on a batch alone, as its mean does, has no examples on the left."""

    __slots__ = ()


def equations_in(
    shapes: Mapping[str, tuple[Any, ...]], formulas: Mapping[str, str], data: Mapping[str, Any], shared: Collection[str]
) -> Iterator[tuple[Equation, bool]]:
    """Each equation, and whether it is of a whole batch; ``shapes`` are those of one example.

    ``shared`` are the names that are the same for every example: parameters and constants.
    """
    known, common = dict(shapes), set(shared)
    for of_batch, run in groupby(formulas.items(), lambda item: isinstance(item[1], OfBatch)):
        if not of_batch:
            for equation in equations_of(known, dict(run), data):
                known[equation.name] = shape_of(equation.lhs)
                yield equation, False
            continue
        for key, formula in run:
            batch = {name: shape if name in common else (BATCH, *shape) for name, shape in known.items()}
            (equation,) = equations_of(batch, {key: formula}, {})
            shape = shape_of(equation.lhs)
            if shape[:1] == (BATCH,):
                shape = shape[1:]
            else:
                common.add(equation.name)
            known[equation.name] = shape
            yield equation, True


def shapes_in(
    shapes: Mapping[str, tuple[Any, ...]], formulas: Mapping[str, str], data: Mapping[str, Any], shared: Collection[str]
) -> dict[str, tuple[int, ...]]:
    """{name: its shape for one example} of every equation."""
    found = {}
    for equation, whole in equations_in(shapes, formulas, data, shared):
        shape = shape_of(equation.lhs)
        found[equation.name] = tuple(
            int(length) for length in (shape[1:] if whole and shape[:1] == (BATCH,) else shape)
        )
    return found
