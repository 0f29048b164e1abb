"""Which operation on whole arrays an equation of entries is: Σ_i X[i, j] G[i, k] is Xᵀ G.

An index that is summed over stands last in the first factor of a product of matrices and first in the second; where it
stands elsewhere, that factor is transposed.  What is no operation with a name stays as it is, entry by entry.
"""

from __future__ import annotations

from collections.abc import Sequence

from symnet.algebra.equations import Expr, Index, Length, multiply
from symnet.algebra.indices import At, Binder, Each, First, Inside, Kept, Same, Sum, canonical, free_indices
from symnet.algebra.matrices import column_sums, columns, matmul, row_sums, rows, shape_of, softmax, sum_of, turned
from symnet.algebra.stable_quotients import Share, stable

Indices = tuple[Index, ...]


def array_form(expr: Expr) -> Expr:
    """The same array by operations on whole arrays where it is one, otherwise entry by entry.

    A number in every entry is given as the number.
    """
    body, want = (expr.body, expr.indices) if isinstance(expr, Each) else (expr, ())
    if shape_of(body):  # an array of rows
        return canonical(expr)
    found = _form(body, want)
    return canonical(expr) if found is None else found


def _form(body: Expr, want: Indices) -> Expr | None:
    if isinstance(body, At):
        return _arranged(body, want)
    if isinstance(body, Sum):
        return _contracted(body, want)
    if isinstance(body, (Binder, First, Inside, Kept, Same, Index)):
        return None
    if not body.args or isinstance(body, Length):
        return body
    share = stable(body) if body.is_Mul and len(body.args) == 2 else None
    if isinstance(share, Share) and share.mask == 1 and share.place in want[-1:]:
        # Its quotient of exponentials would overflow, though the softmax does not.
        logits = _form(share.logit_at(share.place), want)
        return None if logits is None else softmax(logits)
    parts = [_form(argument, want) for argument in body.args]
    if any(part is None for part in parts):
        return None
    return body.func(*parts, evaluate=False)


def _arranged(entry: At, want: Indices) -> Expr | None:
    """The array X for X[i, j], with its axes as wanted: Xᵀ for X[j, i], a vector in every row or column."""
    found = entry.places
    if not found:
        return entry.array
    if len(set(found)) < len(found) or not all(place in want for place in found):
        return None
    if any(place.length != length for place, length in zip(found, shape_of(entry.array), strict=False)):
        return None  # read beyond the array, where it is 0
    if found == want:
        return entry.array
    if len(want) != 2:
        return None
    if len(found) == 2:
        return turned(entry.array)
    return rows(entry.array, want[0].length) if found[0] == want[1] else columns(entry.array, want[1].length)


def _contracted(whole: Sum, want: Indices) -> Expr | None:
    factors = whole.body.args if whole.body.is_Mul else (whole.body,)
    used = [i for i in want if i in free_indices(whole.body)]
    if len(whole.indices) > 1:
        inner = None if used else _form(whole.body, whole.indices)
        return None if inner is None else sum_of(inner)
    (s,) = whole.indices
    if not used:
        inner = _form(whole.body, (s,))
        return None if inner is None else sum_of(inner)
    if len(used) == 1:
        sums = _sums(whole.body, s, used[0])
        if sums is None or len(want) == 1:
            return sums
        return (
            None
            if len(want) != 2
            else rows(sums, want[0].length)
            if used[0] == want[1]
            else columns(sums, want[1].length)
        )
    if len(want) != 2:
        return None
    left, right = ([f for f in factors if index in free_indices(f)] for index in want)
    if any(factor in right for factor in left):
        return None
    left += [factor for factor in factors if factor not in left and factor not in right]
    a, b = _form(multiply(*left), (want[0], s)), _form(multiply(*right), (s, want[1]))
    return None if a is None or b is None else matmul(a, b)


def _sums(body: Expr, s: Index, kept: Index) -> Expr | None:
    """Σ_j A[k, j] v[j] is A v; else sums of columns or rows, as the first array with both indices has them."""
    factors = body.args if body.is_Mul else (body,)
    vector = [factor for factor in factors if free_indices(factor) == (s,)]
    matrix = [factor for factor in factors if factor not in vector]
    if vector and any({s, kept} <= {*free_indices(factor)} for factor in matrix):
        a, v = _form(multiply(*matrix), (kept, s)), _form(multiply(*vector), (s,))
        return None if a is None or v is None else matmul(a, v)
    first = next((at for at in _entries(body) if s in at.places and kept in at.places), None)
    if first is not None and first.places.index(s) > first.places.index(kept):
        inner = _form(body, (kept, s))
        return None if inner is None else row_sums(inner)
    inner = _form(body, (s, kept))
    return None if inner is None else column_sums(inner)


def _entries(expr: Expr) -> Sequence[At]:
    return [expr] if isinstance(expr, At) else [at for argument in expr.args for at in _entries(argument)]
