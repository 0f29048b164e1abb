"""What stops the gradient: a value that counts as a constant when it is differentiated.

    sg(h)                       h, whose slope is 0
    sg(h[t-1], t-1, 2)          the same where 2 divides t − 1, elsewhere h: truncated backpropagation through time

The forward pass is that without it, so what is called the gradient is then not that of the loss: it lacks the paths
that are stopped.
"""

from __future__ import annotations

from sympy import Piecewise, Rational, floor

from symnet.algebra.equations import ONE, ZERO, Expr
from symnet.algebra.scalar import ScalarFunction

HALF = Rational(1, 2)


class stop_gradient(ScalarFunction):
    """Stop-gradient, sg(z) = z, whose derivative counts as 0: z is taken for a constant.

    With whole numbers s and k it stops only where k divides s; elsewhere it is z with the derivative 1.  In a
    recurrence h[t] that reads stop_gradient(h[t-1], t-1, 2) no gradient goes from step 3 to step 2, from step 5 to
    step 4 and so on.  Sources: Williams and Peng (1990) for recurrences; van den Oord et al. (2017) for the sign sg.
    """

    notation = "sg"
    arguments = (1, 3)

    @staticmethod
    def definition(z: Expr, s: Expr = ZERO, k: Expr = ONE) -> Expr:
        return z

    @staticmethod
    def written(z: Expr, s: Expr = ZERO, k: Expr = ONE) -> Expr | None:
        """Of one entry it is known whether the gradient stops."""
        if not (s.is_Integer and k.is_Integer and k > 0):
            return None
        return z if s % k else stop_gradient(z)

    @classmethod
    def slope(cls, index: int, output: Expr | None, arguments: tuple[Expr, ...]) -> Expr:
        return passes(*arguments[1:]) if index == 0 and len(arguments) == 3 else ZERO


def is_stop(expr: Expr) -> bool:
    """Whether no gradient goes into an entry, where its place is known."""
    return isinstance(expr, stop_gradient) and (len(expr.args) < 3 or expr.args[1] % expr.args[2] == 0)


class passes(ScalarFunction):
    """The slope of sg(z, s, k): 0 where k divides s, otherwise 1."""

    notation = "sg"
    is_slope = True
    arguments = (2, 2)

    @staticmethod
    def definition(s: Expr, k: Expr) -> Expr:
        # No multiple of k lies between s − ½ and s + ½; a quotient s/k itself would be rounded in floats.
        return Piecewise((1, floor((s + HALF) / k) <= floor((s - HALF) / k)), (0, True))

    @staticmethod
    def written(s: Expr, k: Expr) -> Expr | None:
        return (ONE if s % k else ZERO) if s.is_Integer and k.is_Integer and k > 0 else None
