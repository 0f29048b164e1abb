"""Arrays that people give, checked: what does not fit is refused with both shapes, and nothing is ever broadcast.

Rows are examples: X (n, inputs) and Y (n, targets).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from symnet.algebra.equations import Length
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network

Array: TypeAlias = NDArray[Any]
Rows: TypeAlias = tuple[Array, Array]  # X and Y, row by row


def checked(X: ArrayLike, Y: ArrayLike | None, inputs: int, targets: int, dtype: DTypeLike | None = None) -> Rows:
    """X (n, ``inputs``) and Y (n, ``targets``) as arrays of floats, or a Mistake that names both shapes.

    A target is never broadcast: Y of shape (n,) is refused, because prediction (n, 1) − target (n,) is n × n in NumPy
    and a loss of it looks like any other.  Y may be None where there are no targets; it is returned with shape (n, 0).
    ``dtype`` is float32 or float64; without it X's own, and float64 for anything else that X holds (whole numbers,
    True and False); Y follows.  What needs no change is not copied.
    """
    inputs_array = numbers(X, "X")
    kind = float_type(inputs_array, dtype)
    X = rows_of(inputs_array, "X", inputs, "inputs")
    if Y is None:
        if targets:
            raise Mistake(f"Y is missing; it must have shape ({len(X)}, {targets})")
        Y = np.empty((len(X), 0))
    Y = rows_of(numbers(Y, "Y"), "Y", targets, "targets")
    same_rows(X, Y)
    return cast(X, "X", kind), cast(Y, "Y", kind)


def checked_parameters(
    network: Network, params: Mapping[str, ArrayLike], dtype: DTypeLike | None = None
) -> dict[str, Array]:
    """The parameters as float arrays of the network's shapes, in its order; raises Mistake where one does not fit."""
    names = [name.name for name in network.parameters]
    if not isinstance(params, Mapping):
        raise Mistake(f"params is {written(params)}; it must be a dictionary such as net.init(seed=0) gives")
    for name in params:
        if name not in names:
            raise Mistake(f"params has {shown(name)}, which is not a parameter{suggestion(str(name), names)}")
    found: dict[str, Array] = {}
    for w in network.parameters:
        if w.name not in params:
            raise Mistake(f"params has no {shown(w.name)}; net.init(seed=0) gives all of them")
        array = numbers(params[w.name], w.name)
        shape = shape_of(w)
        fits = len(shape) == array.ndim and all(
            isinstance(length, Length) or int(length) == given for length, given in zip(shape, array.shape, strict=True)
        )
        if not fits:
            needed = f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
            raise Mistake(f"parameter {w.name} has shape {array.shape}; it must be {needed}")
        kind = float_type(array, dtype)
        with np.errstate(over="ignore"):
            found[w.name] = array.astype(kind, copy=False)
        if not np.isfinite(found[w.name]).all():
            raise Mistake(f"parameter {w.name} holds a number that is not finite in {np.dtype(kind).name}")
    return found


def numbers(value: ArrayLike, name: str) -> Array:
    """The value as an array of numbers, of whatever shape."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError):
        raise Mistake(f"{name} is not a table of numbers; each of its rows must have the same length") from None
    if array.dtype.kind not in "buif":
        kinds = {"O": "things that are not numbers", "U": "text", "S": "text", "c": "complex numbers"}
        raise Mistake(f"{name} holds {kinds.get(array.dtype.kind, array.dtype.name)}; it must hold real numbers")
    return array


def float_type(array: Array, dtype: DTypeLike | None) -> Any:
    if dtype is None:
        return array.dtype.type if array.dtype.type is np.float32 else np.float64
    try:
        kind = np.dtype(dtype).type
    except TypeError:
        kind = np.void
    if kind not in (np.float32, np.float64):
        raise Mistake(f"dtype is {written(dtype)}; it must be float32 or float64")
    return kind


def rows_of(array: Array, name: str, columns: int, what: str) -> Array:
    """The array, if it is (n, ``columns``) with n > 0."""
    shape = "(" + ", ".join(map(str, array.shape)) + ("," if array.ndim == 1 else "") + ")"
    n = array.shape[0] if array.ndim else 0
    if array.ndim and n == 0:
        raise Mistake(f"{name} has no rows (shape {shape}); give at least one")
    if array.ndim == 1 and columns == 1:
        raise Mistake(f"{name} has shape {shape}; it must be ({n}, 1): write {name}[:, None] or reshape it to ({n}, 1)")
    if array.ndim == 1 and n == columns:
        raise Mistake(f"{name} has shape {shape}; one row of {n} has shape (1, {n}): write {name}[None, :]")
    if array.ndim != 2:
        raise Mistake(f"{name} has shape {shape}; it must have two axes, (rows, {columns})")
    if array.shape[1] != columns:
        raise Mistake(f"{name} has shape {shape}; it must be ({n}, {columns}), for {columns} {what}")
    return array


def same_rows(X: Array, Y: Array) -> None:
    if len(X) != len(Y):
        raise Mistake(f"X has shape {X.shape} and Y {Y.shape}; they must have the same number of rows")


def cast(array: Array, name: str, kind: Any) -> Array:
    """The array in that type of float, every entry finite."""
    _finite(array, array, name, "put a number there, or leave the row out", "; ")
    if array.dtype == np.dtype(kind):
        return array
    with np.errstate(over="ignore"):
        floats = array.astype(kind)
    _finite(floats, array, name, f"which is too large for {np.dtype(kind).name}", ", ")
    return floats


def all_finite(array: Array) -> bool:
    """Whether every number is finite."""
    flat = array.reshape(-1)
    with np.errstate(all="ignore"):
        squares = float(flat.dot(flat))  # quick, and finite only where every number is
    return math.isfinite(squares) or bool(np.isfinite(flat).all())


def _finite(array: Array, given: Array, name: str, advice: str, joint: str) -> None:
    if not np.isfinite(array).all():  # five times as quick as looking for where
        place = tuple(np.argwhere(~np.isfinite(array))[0].tolist())
        raise Mistake(f"{name}[{', '.join(map(str, place))}] is {given[place]}{joint}{advice}")


def written(value: object) -> str:
    """The value as a person wrote it, short and safe to print: text in quotes, anything else without."""
    try:
        # type and not isinstance: a TOML float comes as its text, a kind of str.
        return shown(value) if type(value) is str else shown(value)[1:-1]
    except ValueError:  # Python writes no whole number of more than 4300 digits
        return "a number of too many digits"


def whole(name: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise Mistake(f"{name} is {shown(value)}; it must be a whole number of {least} or more")
    return int(value)
