"""Examples of a network with any number of inputs and targets, arrays of any rank; their first axis is the examples.

How X is given, and T alike:
    its inputs are numbers, x1, x2, …        X (n, k), a column each
    it has one, declared as (n,)             that, or a column
    it has one array, X                      that array, (n, d), (n, channels, height, width), …
    it has several, A and B                  (A, B), in the order of ``net.inputs``, or {"A": A, "B": B};
                                             where each is a matrix or a column, also one (n, columns), side by side

    step(params, (A, B), T)                  fit(net, {"A": A, "B": B}, T, …)

``checked_examples`` makes arrays of them that fit, or says which does not.  Inside, several are a tuple.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from sympy import preorder_traversal

from symnet.algebra.equations import BATCH, Length, Symbol
from symnet.algebra.indices import At
from symnet.algebra.matrices import shape_of, shape_text
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network
from symnet.algebra.rows_of import embedding
from symnet.computing.arrays import cast, checked, float_type, numbers

Given = Any  # an array, or a tuple of several


def parts(X: Given) -> tuple[Any, ...]:
    """The arrays of X: X itself, or the several that it is."""
    return X if isinstance(X, tuple) else (X,)


def is_columns(group: Sequence[Symbol]) -> bool:
    """Whether each of the names is one number an example, a column of X."""
    return all(_is_column(name) for name in group)


def _is_column(name: Symbol) -> bool:
    """Whether it is a number, or one number an example; a vector of known length is an array like any other."""
    shape = shape_of(name)
    return not shape or (len(shape) == 1 and isinstance(shape[0], Length))


def is_several(group: Sequence[Symbol]) -> bool:
    """Whether the names are several arrays, each given by itself."""
    return len(group) > 1 and not is_columns(group)


def columns_of(group: Sequence[Symbol]) -> int | None:
    """How many columns X (or T) has as one matrix; None where it is no matrix, or its width is open."""
    shapes = [shape_of(name) for name in group]
    widths = [shape[1] if len(shape) == 2 else 1 for shape in shapes if len(shape) < 3]
    known = any(shape and not isinstance(shape[0], Length) for shape in shapes)  # of so many rows and no others
    if known or len(widths) < len(group) or any(isinstance(width, Length) for width in widths):
        return None
    return sum(map(int, widths))


def checked_examples(network: Network, X: Given, Y: Given, dtype: Any = None) -> tuple[Given, Given]:
    """X and Y as arrays of floats of the network's shapes, in the precision of X; Y (n, 0) where it has no targets.

    Raises Mistake with both shapes where one does not fit, and never repeats or reshapes anything, but that what is
    declared as (n,) may be given so.
    """
    X, Y = _in_a_column(network.inputs, X), _in_a_column(network.targets, Y)
    inputs, targets = columns_of(network.inputs), columns_of(network.targets)
    if not (is_several(network.inputs) or is_several(network.targets)) and None not in (inputs, targets):
        both = checked(X, Y, inputs, targets, dtype)  # type: ignore[arg-type]
        return _rows_named(network, both[0]), both[1]
    lengths: dict[Any, tuple[str, Any]] = {}
    found = _rows_named(network, _parts_checked(network.inputs, X, "X", dtype, lengths))
    like = parts(found)[0].dtype
    if not network.targets:
        if Y is not None and not (isinstance(Y, np.ndarray) and Y.shape[1:] == (0,)):
            raise Mistake("Y is given, but the network has no targets")
        return found, np.empty((len(parts(found)[0]), 0), like)
    if Y is None:
        raise Mistake(f"Y is missing; it must have the shape {shape_text(shape_of(network.targets[0]))}")
    return found, _parts_checked(network.targets, Y, "Y", like, lengths)


def _in_a_column(group: Sequence[Symbol], X: Given) -> Given:
    """X (n, 1) for the (n,) of one name that is declared as such: then nothing is (n, 1) beside it."""
    if len(group) != 1 or len(shape_of(group[0])) != 1 or not is_columns(group) or np.ndim(X) != 1:
        return X
    return X if isinstance(X, (tuple, Mapping)) else numbers(X, group[0].name)[:, None]


def leaving_nothing_out(network: Network, X: Given) -> Given:
    """X, beside which masks of dropout that are not given stand as ones."""
    group, masks = network.inputs, network.masks
    if not masks or (isinstance(X, tuple) and len(X) == len(group)):
        return X
    others = [name for name in group if name.name not in masks]
    names = [name.name for name in others]
    given = X if isinstance(X, Mapping) else dict(zip(names, _apart(others, X, "X"), strict=True))
    first = given.get(names[0])
    ones = np.ones((), numbers(first, names[0]).dtype) if first is not None else np.ones(())
    count = len(first) if first is not None and np.ndim(first) else 1
    return {**{name: np.broadcast_to(ones, (count, *mask.shape)) for name, mask in masks.items()}, **given}


@lru_cache(maxsize=64)
def tables_read(network: Network) -> dict[str, tuple[str, int]]:
    """{input: (array, how many rows)}: the inputs whose whole numbers, from 0, name rows of an array."""
    found: dict[str, tuple[str, int]] = {}
    for equation in network.equations if network.is_layered else ():
        for node in preorder_traversal(equation.rhs):
            if isinstance(node, embedding):
                pairs = [(node.args[1], node.args[0], 0)]
            elif isinstance(node, At):
                pairs = [(p.array, node.array, axis) for axis, p in enumerate(node.places) if isinstance(p, At)]
            else:
                continue
            for ids, table, axis in pairs:
                rows = shape_of(table)[axis]
                if ids in network.inputs and not isinstance(rows, Length):
                    found[ids.name] = str(table), int(rows)
    return found


def _rows_named(network: Network, X: Given) -> Given:
    """X; raises Mistake where a number that should name a row of a table does not."""
    tables = tables_read(network)
    for name, part in zip(network.inputs, parts(X), strict=False) if tables else ():
        if name.name in tables:
            table, rows = tables[name.name]
            wrong = part[(part != np.floor(part)) | (part < 0) | (part >= rows)]
            if wrong.size:
                raise Mistake(
                    f"{name} has {wrong.flat[0]:g}, and {table} has the rows 0 to {rows - 1}; ids are whole numbers, "
                    "which count from 0 in arrays and from 1 in files"
                )
    return X


def checked_inputs(network: Network, X: Given) -> Given:
    """X alone, as ``checked_examples``."""
    return _rows_named(network, checked_examples(Network(network.inputs, (), network.parameters, ()), X, None)[0])


def _parts_checked(group: Sequence[Symbol], X: Given, given: str, dtype: Any, lengths: dict[Any, Any]) -> Given:
    if is_columns(group):
        table = numbers(X, given)
        kind = float_type(table, dtype)
        if table.ndim != 2 or table.shape[1] != len(group):
            raise Mistake(f"{given} has shape {table.shape}; it must be (n, {len(group)}), a column for each name")
        _fits(given, table.shape, (BATCH, len(group)), lengths)
        return cast(table, given, kind)
    separate = _apart(group, X, given)
    kind = float_type(numbers(separate[0], group[0].name), dtype)
    found = []
    for name, value in zip(group, separate, strict=True):
        called = given if len(group) == 1 else name.name
        array = numbers(value, called)
        _fits(called, array.shape, shape_of(name), lengths)
        found.append(cast(array, called, kind))
    return tuple(found) if len(group) > 1 else found[0]


def _apart(group: Sequence[Symbol], X: Given, given: str) -> tuple[Any, ...]:
    """What is given for each name of a group."""
    names = [name.name for name in group]
    if isinstance(X, Mapping):
        return in_order(group, X, given)
    if len(group) == 1:
        return (X,)
    if isinstance(X, tuple) and len(X) == len(group):
        return X
    listed = ", ".join(names)
    if isinstance(X, tuple):
        raise Mistake(f"{given} has {len(X)} arrays; the network has {len(group)}: give ({listed}) in this order")
    width, table = columns_of(group), numbers(X, given)
    if width is None or table.ndim != 2 or table.shape[1] != width:
        side_by_side = f", or one of shape (n, {width}), side by side" if width is not None else ""
        raise Mistake(f"{given} has shape {table.shape}; give the arrays ({listed}), a tuple{side_by_side}")
    ends = np.cumsum([shape_of(name)[1] if len(shape_of(name)) == 2 else 1 for name in group]).astype(int)
    cut = np.split(table, ends[:-1], axis=1)
    return tuple(part if len(shape_of(name)) == 2 else part[:, 0] for name, part in zip(group, cut, strict=True))


def in_order(group: Sequence[Symbol], X: Mapping[str, Any], given: str) -> tuple[Any, ...]:
    """The arrays of {name: array} in the order of the group; raises Mistake where the names are others."""
    names = [name.name for name in group]
    for name in X:
        if name not in names:
            raise Mistake(f"{given} has {shown(name)}, which is none of its names{suggestion(str(name), names)}")
    for name in names:
        if name not in X:
            raise Mistake(f"{given} has no {shown(name)}; the network has {', '.join(names)}")
    return tuple(X[name] for name in names)


def _fits(called: str, shape: tuple[int, ...], wanted: Any, lengths: dict[Any, tuple[str, Any]]) -> None:
    """Raises Mistake unless the shape is the wanted one; an open length is that of the first array that has it."""
    known = tuple(lengths[n][1] if n in lengths else n for n in wanted)
    same_rank = len(shape) == len(wanted)
    if not same_rank or any(not isinstance(n, Length) and n != m for n, m in zip(known, shape, strict=True)):
        first = next((lengths[n] for n in wanted if n in lengths), None)
        because = f", with the {first[1]} rows of {first[0]}" if first and same_rank else ""
        raise Mistake(f"{called} has shape {shape}; it must be {shape_text(known)}{because}")
    if 0 in shape[:1]:
        raise Mistake(f"{called} has no rows (shape {shape}); give at least one")
    for n, size in zip(wanted, shape, strict=True):
        if isinstance(n, Length):
            lengths.setdefault(n, (called, size))


def arguments(network: Network, flat: Sequence[Any]) -> tuple[Given, ...]:
    """(X, T), or (X,) where there are no targets, from all arrays in a row: what generated code takes."""
    count = len(network.inputs) if is_several(network.inputs) else 1
    X, T = tuple(flat[:count]), tuple(flat[count:])
    given = X if is_several(network.inputs) else X[0]
    if not T:
        return (given,)
    return given, T if is_several(network.targets) else T[0]


def flat_examples(network: Network, X: Given, Y: Given) -> tuple[Any, ...]:
    """All arrays in a row: those of X, and of Y where there are targets."""
    return (*parts(X), *parts(Y)) if network.targets else parts(X)


def named_parts(network: Network, flat: Sequence[Any]) -> Iterator[tuple[Symbol, Any]]:
    """(name, its array) for every input and target."""
    for group, given in zip((network.inputs, network.targets), arguments(network, flat), strict=False):
        if not group:
            continue
        if len(group) == 1 and not is_columns(group):
            yield group[0], given
        elif is_columns(group):
            yield from ((name, given[:, i]) for i, name in enumerate(group))
        else:
            yield from zip(group, given, strict=True)


def lengths_of(network: Network, flat: Sequence[Any]) -> dict[Any, int]:
    """{open length: what it is for these arrays}."""
    found: dict[Any, int] = {BATCH: len(flat[0])}
    for name, array in named_parts(network, flat):
        for length, size in zip(shape_of(name), array.shape, strict=False):
            if isinstance(length, Length):
                found.setdefault(length, size)
    return found


def rows_first(network: Network) -> None:
    """Raises Mistake unless the first axis of every input and target is the examples, as training needs."""
    for name in (*network.inputs, *network.targets):
        shape = shape_of(name)
        if len(shape) > 1 and shape[0] != BATCH:
            raise Mistake(f"{name} has the shape {shape_text(shape)}; its first axis must be the examples, {BATCH}")
