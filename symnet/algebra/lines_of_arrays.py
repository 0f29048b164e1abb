"""Networks of arrays written as text: lines of the language of exercise files, and shapes of what they do not define.

    Z = X @ W + b                    of all examples at once, with X (BATCH, 3), W (3, 2), b (2,)
    P[i] = softmax(X[i] @ W)         the same for each, and S[i] = conv(X[i], K) of pictures
    h[t=1..3] = tanh(U @ h[t-1])     a recurrence; h0 is what comes before, 0 where there is none
    L = sum((Z - T)^2)/2             sum(…) and mean(…) of all entries, sum[i](…) and mean[i](…) over an index

Shapes are as ``{"X": (BATCH, 3), "W": (3, 2), "b": 2, "c": ()}``: 2 is that of a vector and () that of a number; BATCH,
the open number of examples, may be a first length.  Ids count from 0, as everywhere in Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import index
from typing import Any

from sympy import preorder_traversal

from symnet.algebra.array_forms import array_form
from symnet.algebra.array_formulas import equations_of_lines
from symnet.algebra.array_formulas.lines import MOST_AXES, left_side
from symnet.algebra.entries import lowered
from symnet.algebra.equations import BATCH, Equation, Shape, names_in
from symnet.algebra.indices import At, Each, indices_for
from symnet.algebra.lines import Line, items
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.parsing import is_name


def equations_of_arrays(
    lines: Sequence[Line], shapes: Any, parameters: Iterable[Any] = (), targets: Iterable[Any] = ()
) -> tuple[Equation, ...]:
    """The equations of lines whose names stand for arrays.

    ``shapes`` are those of the names that no line defines; parameters and targets without one are numbers.  Raises
    Mistake, with the number of the line, its array and the shapes that do not fit.
    """
    known = dict(_shapes(shapes))
    defined: dict[str, int] = {}
    for line in lines:
        name = left_side(line.name, line.number).name
        if name in defined:
            raise Mistake(
                f"line {line.number}: {name} is defined twice, first in line {defined[name]}; each name stands for one "
                "quantity"
            )
        defined[name] = line.number
        if name in known:
            raise Mistake(f"shapes: {name} is defined in line {line.number}, and its shape follows; leave it out")
    weights = [str(item) for item in items("parameters", parameters)]
    chosen = dict.fromkeys((*weights, *(str(item) for item in items("targets", targets))))
    known |= {name: () for name in chosen if is_name(name) and name not in known and name not in defined}
    rows = [(line.number, line.name, line.formula) for line in lines]
    found = equations_of_lines(known, rows, [name for name in known if name not in weights])
    used = {name.name for equation in found for name in names_in(equation.rhs)}
    for name in known:
        if name not in used and name not in chosen:
            raise Mistake(f"shapes: {shown(name)} stands in no formula; leave it out")
    return tuple(_by_entries(equation) for equation in found)


def _by_entries(equation: Equation) -> Equation:
    """The equation with rows such as X[i] or h[t-1] written in entries, which every other reader knows."""
    if not any(isinstance(part, At) and shape_of(part) for part in preorder_traversal(equation.rhs)):
        return equation
    rhs, shape = equation.rhs, shape_of(equation.lhs)
    own = rhs.indices if isinstance(rhs, Each) else ()
    own = (*own, *indices_for(shape[len(own) :], own))
    body = lowered(rhs, own)
    return Equation(equation.lhs, array_form(Each(body, *own)) if own else body)


def _shapes(shapes: Any) -> Iterator[tuple[str, Shape]]:
    if not isinstance(shapes, Mapping):
        raise Mistake(
            f'shapes is {shown(shapes)}; it must be those of the names, as in {{"X": (BATCH, 3), "W": (3, 2)}}'
        )
    for name, shape in shapes.items():
        if not isinstance(name, str) or not is_name(name):
            raise Mistake(f"shapes: {shown(name)} is not a name")
        yield name, _shape(name, shape)


def _shape(name: str, given: Any) -> Shape:
    """The lengths: 3 is (3,), and () that of a number."""
    lengths = list(given) if isinstance(given, (tuple, list)) else [given]
    found: list[Any] = []
    for axis, length in enumerate(lengths):
        if length == BATCH:
            if axis:
                raise Mistake(f"shapes: {name} is {shown(given)}; the examples, BATCH, are its first axis")
            found.append(BATCH)
            continue
        try:
            found.append(-1 if isinstance(length, bool) else index(length))
        except TypeError:
            found.append(-1)
        if found[-1] < 1:
            raise Mistake(
                f"shapes: {name} is {shown(given)}; a shape is whole numbers from 1 on, as (2, 3), and symnet.BATCH "
                "may be the first"
            )
    if len(found) > MOST_AXES:
        raise Mistake(f"shapes: {name} has {len(found)} axes; an array has at most {MOST_AXES}")
    return tuple(found)
