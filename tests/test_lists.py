"""Arrays of lists, for a Python without NumPy: whatever NumPy makes of the same numbers they make, too."""

import math

import numpy as np
import pytest

from symnet.computing.lists import functions as lists
from symnet.computing.lists.table import table

NAN, INF = math.nan, math.inf
A = [[1.5, -2.0, 0.0, NAN], [INF, -0.5, 3.0, -1.0], [0.25, 2.0, -INF, 7.0]]
B = [[2.0, 2.0, 0.0, 1.0], [0.5, -3.0, 3.0, NAN], [-1.0, 0.0, 2.0, 0.5]]
ROW, COLUMN = B[0], [[1.0], [-2.0], [3.0]]
COUNTS = [[1, 0, 2, 1], [2, 2, 0, 0], [0, 1, 1, 2]]
MARKS = [[True, False, False, True], [False, False, True, False], [True, True, False, False]]


def same(mine, numpys):
    if isinstance(numpys, tuple):
        assert len(mine) == len(numpys)
        for a, b in zip(mine, numpys, strict=True):
            same(a, b)
        return
    assert lists.shape(mine) == np.shape(numpys)
    np.testing.assert_allclose(np.array(table(mine).flat), np.ravel(numpys), rtol=1e-15)


def both(work):
    """The same work on either."""
    with np.errstate(all="ignore"):
        same(work(lists), work(np))


@pytest.mark.parametrize("other", [2.0, -0.5, 0.0, B, ROW, COLUMN], ids=str)
@pytest.mark.parametrize(
    "operation",
    [
        lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a * b, lambda a, b: a / b, lambda a, b: a**b,
        lambda a, b: b + a, lambda a, b: b - a, lambda a, b: b * a, lambda a, b: b / a, lambda a, b: b**a,
        lambda a, b: a < b, lambda a, b: a <= b, lambda a, b: a > b, lambda a, b: a == b, lambda a, b: a != b,
    ],
)  # fmt: skip
def test_arithmetic_is_that_of_numpy(operation, other):
    both(lambda np: operation(np.array(A), other if isinstance(other, float) else np.array(other)))


@pytest.mark.parametrize(
    "name",
    ["exp", "log", "log10", "sin", "cos", "tanh", "isnan", "isfinite", "floor", "round", "sign", "abs", "float32"],
)
def test_functions_are_those_of_numpy(name):
    for numbers in (A, B, [1e300, -1e300, 800.0, 0.5, 1.5, 2.5, 1e-320]):
        both(lambda np: getattr(np, name)(np.array(numbers, float)))  # noqa: B023


PARTS = {
    "row": lambda a: a[1],
    "last rows": lambda a: a[1:],
    "column": lambda a: a[:, 2],
    "new axis": lambda a: a[None, :, 1:3],
    "dots": lambda a: a[..., -1],
    "rows by place": lambda a: a[[2, 0]],
    "row and place": lambda a: a[[2, 0, 0], 1],
    "entry": lambda a: a[2, 1],
}


@pytest.mark.parametrize("part", PARTS)
def test_parts_are_those_of_numpy(part):
    both(lambda np: PARTS[part](np.array(A)))


def written(np, write):
    a = np.array(A)
    write(np, a)
    return a


WRITES = {
    "to a view": lambda np, a: a[:, 1].__setitem__(2, 9.0),
    "by marks": lambda np, a: a.__setitem__(np.array(MARKS), 0.0),
    "by marks in a view": lambda np, a: a[1:].__setitem__(np.array(MARKS[1:]), 5.0),
    "a column by places": lambda np, a: a.__setitem__((np.array([2, 0]), 3), np.array([8.0, 9.0])),
    "columns by places": lambda np, a: a.__setitem__((..., np.array([3, 1])), np.array(B)[:, :2]),
    "places of all axes": lambda np, a: a.__setitem__((np.array([0, 2])[:, None], np.array(COUNTS[:2])[:, :2]), 4.0),
}


@pytest.mark.parametrize("write", WRITES)
def test_what_is_written_goes_where_numpy_writes_it(write):
    both(lambda np: written(np, WRITES[write]))


def put(np):
    found = np.zeros((3, 4), int)
    np.put_along_axis(found, np.argsort(np.array(B), axis=0), np.array(COUNTS), axis=0)
    return found


def gathered(np):
    found = np.zeros((2, 4), bool)
    np.logical_or.at(found, np.array([1, 1, 0]), np.array(MARKS))
    return found


WHOLE = {
    "where": lambda np: np.where(np.array(MARKS), np.array(A), 0.5),
    "maximum": lambda np: np.maximum(2.0, np.array(A)),
    "max": lambda np: np.max(np.array(A), axis=0),
    "max of all": lambda np: np.max(np.array(B[0]), initial=1.0),
    "max of none": lambda np: np.max(np.array([], float), initial=0.5),
    "nanmax": lambda np: np.nanmax(np.array(B), initial=1.0),
    "ptp": lambda np: np.ptp(np.array(B), axis=0),
    "cumsum": lambda np: np.cumsum(np.array(MARKS), axis=0),
    "diff": lambda np: np.diff(np.array(B), axis=0),
    "sum": lambda np: np.array(MARKS).sum(),
    "sum of columns": lambda np: np.array(COUNTS).sum(axis=0),
    "any": lambda np: np.array(MARKS)[:, 1:].any(axis=1),
    "not": lambda np: ~np.array(MARKS),
    "argwhere": lambda np: np.argwhere(np.array(MARKS)),
    "flatnonzero": lambda np: np.flatnonzero(np.array(MARKS[0])),
    "argsort": lambda np: np.argsort(np.array(A), axis=0),
    "take along": lambda np: np.take_along_axis(np.array(A), np.array(COUNTS), axis=0),
    "put along": put,
    "or at": gathered,
    "or of many": lambda np: np.logical_or.reduce([np.array(MARKS), ~np.array(MARKS)]),
    "unique": lambda np: np.unique(np.array([3.0, 1.0, 3.0, 2.0, 1.0]), return_index=True),
    "searchsorted": lambda np: np.searchsorted(np.array([1, 2, 2, 5]), 2, side="right"),
    "repeat": lambda np: np.repeat(np.arange(3), [2, 0, 1]),
    "concatenate": lambda np: np.concatenate([np.array(A), np.array(B)[:1]]),
    "transpose": lambda np: np.array([A, B]).transpose(2, 0, 1),
    "triu": lambda np: np.triu(np.array([MARKS, MARKS]), 1),
    "product": lambda np: np.array([COUNTS, COUNTS], float) @ np.array([COUNTS, COUNTS], float).transpose(0, 2, 1),
    "broadcast": lambda np: np.array(np.broadcast_to(np.float64(2.0), (2, 3))),
    "reshape": lambda np: np.array(A).reshape(2, 6),
}


@pytest.mark.parametrize("what", WHOLE)
def test_whole_arrays_become_what_they_become_in_numpy(what):
    both(WHOLE[what])


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="does not fit"):
        table(A) + table([1.0, 2.0])
    with pytest.raises(IndexError):
        table(A)[3]
