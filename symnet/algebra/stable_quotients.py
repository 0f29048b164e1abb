"""Quotients and logarithms of exponentials, rewritten so that none overflows.

    exp z_j / Σ_m exp z_m                Share: entry j of the softmax of z
    exp z_j Σ_m exp z_m g_m / (Σ_m exp z_m)²      a share times Σ of shares times g
    log Σ_m exp z_m                      LogSum
    log(exp z_j / Σ_m exp z_m)           z_j − LogSum

Entries may be left out, by factors that are 1 or 0 (a mask).  Code is written so; the formula on a sheet stays.  The
gradient in z is said in the shares p alone, p_j (u_j − Σ_m u_m p_m), as it is taught (Bridle, 1990).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from symnet.algebra import functions
from symnet.algebra.equations import Expr, Index, add, multiply, negate, product
from symnet.algebra.indices import Inside, Kept, Node, Same, Sum, canonical, free_indices, fresh, put, rebuilt


class LogSum(Node):
    """LogSum(Σ_m w exp z): its logarithm; ``whole`` is the sum."""

    @property
    def whole(self) -> Sum:
        return cast("Sum", self.args[0])

    @property
    def logit(self) -> Expr:
        return next(f.args[0] for f in _factors(self.whole.body) if _is_exp(f))

    def logit_at(self, j: Index) -> Expr:
        return put(self.logit, {self.whole.indices[0]: j})

    @property
    def mask(self) -> Expr:
        return multiply(*(f for f in _factors(self.whole.body) if not _is_exp(f)))


class Share(LogSum):
    """Share(Σ_m w exp z, j): the term of m = j as a part of the sum."""

    @property
    def place(self) -> Index:
        return cast("Index", self.args[1])


def in_logit(body: Expr, upstream: Expr, output: Expr) -> tuple[Index, Expr, Expr] | None:
    """(j, z_j, the gradient in it), from the gradients in the entries of a row and from those entries.

    The entries are shares or their logarithms l, whose gradient is u_j − exp(l_j) Σ_m u_m; None for any other.
    """
    logarithm = isinstance(body, functions.log)
    share = stable(body.args[0] if logarithm else body)
    if not isinstance(share, Share) or (logarithm and share.mask != 1):
        return None
    j = share.place
    m = fresh(j)
    if logarithm:
        gradient = add(upstream, negate(product(functions.exp(output), Sum(put(upstream, {j: m}), m))))
    else:
        mean = Sum(product(put(upstream, {j: m}), put(output, {j: m})), m)
        gradient = product(output, add(upstream, negate(mean)))
    return j, share.logit_at(j), gradient


def stable(body: Expr) -> Expr:
    """The same with shares and logarithms of sums in the place of quotients of exponentials."""
    if not body.has(Sum) or not body.has(functions.exp):
        return body
    return rebuilt(body, _rewritten)


def _rewritten(part: Expr) -> Expr | None:
    if isinstance(part, functions.log) and _is_sum(part.args[0]):
        return LogSum(part.args[0])
    if isinstance(part, functions.log) and isinstance(share := stable(part.args[0]), Share) and share.mask == 1:
        return add(share.logit_at(share.place), negate(LogSum(share.whole)))
    if not part.is_Mul:
        return None
    factors = [*part.args]
    for below in [f for f in factors if f.is_Pow and f.exp.is_Integer and f.exp < 0 and _is_sum(f.base)]:
        found = [f for f in factors if f is not below]
        for _ in range(-int(below.exp)):
            rest = _absorbed(found, below.base)
            if rest is None:
                break
            found = rest
        else:
            factors = found
    if len(factors) == len(part.args) and all(a is b for a, b in zip(factors, part.args, strict=True)):
        return None
    return multiply(*(rebuilt(f, _rewritten) if not isinstance(f, Share) else f for f in factors))


def _absorbed(factors: Sequence[Expr], whole: Sum) -> list[Expr] | None:
    """The factors with one share in the place of what stands above that sum; None where nothing does."""
    for factor in factors:
        if not _is_exp(factor):
            continue
        for j in free_indices(factor):
            rest = _without(factors, _terms(whole, j))
            if rest is not None and j.length == whole.indices[0].length:
                return [*rest, Share(whole, j)]
    for i, factor in enumerate(factors):
        if not isinstance(factor, Sum):
            continue
        for m in factor.indices:
            rest = _without(_factors(factor.body), _terms(whole, m))
            if rest is not None and m.length == whole.indices[0].length:
                return [*factors[:i], Sum(multiply(*rest, Share(whole, m)), *factor.indices), *factors[i + 1 :]]
    return None


def _terms(whole: Sum, j: Index) -> list[Expr]:
    return [put(f, {whole.indices[0]: j}) for f in _factors(whole.body)]


def _without(factors: Sequence[Expr], taken: Sequence[Expr]) -> list[Expr] | None:
    left = [*factors]
    for wanted in taken:
        key = canonical(wanted)
        found = next((i for i, f in enumerate(left) if canonical(f) == key), None)
        if found is None:
            return None
        del left[found]
    return left


def _factors(expr: Expr) -> Sequence[Expr]:
    return expr.args if expr.is_Mul else (expr,)


def _is_exp(expr: Expr) -> bool:
    return isinstance(expr, functions.exp)


def _is_sum(expr: Expr) -> bool:
    """Whether it is Σ_m w exp z, with a w that is 1 or 0."""
    if not isinstance(expr, Sum) or len(expr.indices) != 1:
        return False
    factors = _factors(expr.body)
    others = [f for f in factors if not _is_exp(f)]
    return len(factors) - len(others) == 1 and all(isinstance(f, (Inside, Kept, Same)) for f in others)
