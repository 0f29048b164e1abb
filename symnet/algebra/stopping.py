"""What stops the gradient: a value that counts as a constant when it is differentiated.

    sg(h)                       h, whose slope is 0
    truncated(h[t-1], t-1, 2)   the same where 2 divides t − 1, elsewhere h: truncated backpropagation through time

The forward pass is that without it, so what is called the gradient is then not that of the loss: it lacks the paths
that are stopped.
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Piecewise, Rational, floor

from symnet.algebra.equations import ONE, ZERO, Equation, Expr
from symnet.algebra.indices import rebuilt
from symnet.algebra.mistakes import Mistake
from symnet.algebra.scalar import ScalarFunction

HALF = Rational(1, 2)


class stop_gradient(ScalarFunction):
    """Stop-gradient, sg(z) = z, whose derivative counts as 0: z is taken for a constant.

    Formulas in arrays have truncated(h[t-1], 2) beside it, which is h[t-1], and stops where t − 1 is a multiple of 2.
    Source: van den Oord, Vinyals and Kavukcuoglu (2017).
    """

    notation = "sg"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return z

    @classmethod
    def slope(cls, index: int, output: Expr | None, arguments: tuple[Expr, ...]) -> Expr:
        return ZERO


class truncated(stop_gradient):
    """sg(z) where k divides the step s, otherwise z: what a recurrence takes over from the step before.

    So no gradient goes from one piece of k steps to the one before.  The start, step 0, belongs to the first piece.
    Source: Williams and Peng (1990).
    """

    arguments = (3, 3)

    @staticmethod
    def definition(z: Expr, s: Expr, k: Expr) -> Expr:  # type: ignore[override]
        return z

    @staticmethod
    def written(z: Expr, s: Expr, k: Expr) -> Expr:
        """Of one entry it is known whether the gradient stops."""
        return z if s % k or s == 0 or z.is_Rational else stop_gradient(z)

    @classmethod
    def slope(cls, index: int, output: Expr | None, arguments: tuple[Expr, ...]) -> Expr:
        return ZERO if index else passes(*arguments[1:])


class passes(ScalarFunction):
    """The slope of truncated(z, s, k): 0 where k divides s > 0, otherwise 1."""

    notation = "sg"
    is_slope = True
    arguments = (2, 2)

    @staticmethod
    def definition(s: Expr, k: Expr) -> Expr:
        # No multiple of k lies between s − ½ and s + ½; a quotient s/k itself would be rounded in floats.
        return Piecewise((1, (s <= 0) | (floor((s + HALF) / k) <= floor((s - HALF) / k))), (0, True))

    @staticmethod
    def written(s: Expr, k: Expr) -> Expr:
        return ONE if s % k or s == 0 else ZERO


def is_stop(expr: Expr) -> bool:
    """Whether no gradient goes into an entry, where its step is known."""
    return isinstance(expr, stop_gradient) and (not isinstance(expr, truncated) or passes.written(*expr.args[1:]) == 0)


def without_stops(expr: Expr) -> Expr:
    """The expression with h for sg(h)."""

    def inside(part: Expr) -> Expr | None:
        return rebuilt(part.args[0], inside) if isinstance(part, stop_gradient) else None

    return rebuilt(expr, inside)


def refuse_second(equations: Iterable[Equation], what: str) -> None:
    """Raises Mistake where a gradient stops: what is left is the gradient of nothing, so it has no Hessian."""
    stopped = next((e.name for e in equations if e.rhs.has(stop_gradient)), "")
    if stopped:
        raise Mistake(
            f"{stopped} stops the gradient (sg), so what is passed back is not the gradient of {what}, and there are "
            "no second derivatives of it; leave out stop_gradient, or truncate"
        )
