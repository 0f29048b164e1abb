"""Σ over products of whole arrays on NumPy, as products of matrices.

    contract('ijm,mk->ijk', X, W)        Y_ijk = Σ_m X_ijm W_mk

NumPy's ``einsum`` looks for the order of several factors anew at every call, which takes longer than the arithmetic of
small arrays; here the order is that of the text, and is worked out once for each text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np


def contract(how: str, *arrays: np.ndarray) -> Any:
    """The sum of products that the text says, over all letters that are not in the result."""
    words, made = _read(how)
    found, letters = arrays[0], words[0]
    if len(arrays) == 1:
        return _alone(found, letters, made)
    for i in range(1, len(arrays)):
        later = {*"".join(words[i + 1 :]), *made}
        kept = made if i == len(arrays) - 1 else "".join(dict.fromkeys(c for c in letters + words[i] if c in later))
        found, letters = _pair(found, arrays[i], _plan(letters, words[i], kept)), kept
    return found


@lru_cache(maxsize=4096)
def _read(how: str) -> tuple[tuple[str, ...], str]:
    read, _, made = how.partition("->")
    return tuple(read.split(",")), made


def _alone(array: np.ndarray, letters: str, made: str) -> Any:
    summed = tuple(axis for axis, letter in enumerate(letters) if letter not in made)
    left = [letter for letter in letters if letter in made]
    found = array.sum(summed) if summed else array
    return found.transpose([left.index(letter) for letter in made]) if left != [*made] else found


@dataclass(frozen=True)
class _Plan:
    """How two arrays become stacks of matrices: sums first, the order of the axes, and how many stand in each group."""

    sums: tuple[tuple[int, ...], tuple[int, ...]]
    orders: tuple[tuple[int, ...], tuple[int, ...]]
    stack: int
    rows: int
    columns: int
    turned: tuple[int, ...] | None


@lru_cache(maxsize=4096)
def _plan(a: str, b: str, made: str) -> _Plan:
    sums = tuple(
        tuple(axis for axis, letter in enumerate(mine) if letter not in other and letter not in made)
        for mine, other in ((a, b), (b, a))
    )
    a, b = ("".join(c for c in mine if c in other or c in made) for mine, other in ((a, b), (b, a)))
    stack = [c for c in made if c in a and c in b]
    rows, columns = [c for c in made if c in a and c not in b], [c for c in made if c in b and c not in a]
    summed = [c for c in a if c in b and c not in made]
    order = [*stack, *rows, *columns]
    return _Plan(
        (sums[0], sums[1]),
        (
            tuple(a.index(c) for c in (*stack, *rows, *summed)),
            tuple(b.index(c) for c in (*stack, *summed, *columns)),
        ),
        len(stack),
        len(rows),
        len(columns),
        None if order == [*made] else tuple(order.index(c) for c in made),
    )


def _pair(a: np.ndarray, b: np.ndarray, plan: _Plan) -> Any:
    a, b = (x.sum(axes) if axes else x for x, axes in zip((a, b), plan.sums, strict=True))
    a, b = a.transpose(plan.orders[0]), b.transpose(plan.orders[1])
    stack, rows = a.shape[: plan.stack], a.shape[plan.stack : plan.stack + plan.rows]
    columns = b.shape[b.ndim - plan.columns :]
    summed = a.shape[plan.stack + plan.rows :]
    if summed and stack and not rows and not columns:  # products of rows, for which matrices have no use
        n = math.prod(summed)
        found = np.einsum("...i,...i->...", a.reshape(*stack, n), b.reshape(*stack, n))
    elif summed:
        n = math.prod(summed)
        a, b = a.reshape(*stack, math.prod(rows), n), b.reshape(*stack, n, math.prod(columns))
        found = (a @ b).reshape((*stack, *rows, *columns))
    else:
        found = a[(..., *(None,) * plan.columns)] * b[(*(slice(None),) * plan.stack, *(None,) * plan.rows)]
    return found if plan.turned is None else found.transpose(plan.turned)
