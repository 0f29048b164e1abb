"""Stop-gradients for finite differences: what is stopped keeps the value that it had before a parameter moved.

That is what "taken for a constant" means, and it needs no derivative: so differences can judge a truncated gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from symnet.algebra.equations import Equation, Expr, Symbol, symbol
from symnet.algebra.functions import stop_gradient
from symnet.algebra.indices import rebuilt
from symnet.algebra.stopping import is_stop


def with_constants(forward: Sequence[Equation]) -> tuple[tuple[Equation, ...], tuple[Equation, ...]]:
    """(the equations of what is held, the others): in the others a name stands wherever the gradient stops.

    Both in one order, each before its use, are the forward pass.
    """
    names: dict[Expr, Symbol] = {}
    held: list[Equation] = []

    def named(part: Expr) -> Expr | None:
        if not is_stop(part):
            return None
        if part not in names:
            names[part] = symbol(f"constant {len(names) + 1}")
            held.append(Equation(names[part], part))
        return names[part]

    moving = [Equation(e.lhs, rebuilt(e.rhs, named)) if e.rhs.has(stop_gradient) else e for e in forward]
    return tuple(held), tuple(moving)


class Held:
    """Takes the place of ``stop_gradient`` in generated code: it notes what is stopped, and gives it back after."""

    def __init__(self) -> None:
        self._values: list[Any] = []
        self._at = 0
        self._noting = True

    def before(self, forward: Callable[..., Any]) -> Any:
        """What ``forward()`` gives as things are."""
        self._noting, self._values = True, []
        found = forward()
        self._noting = False
        return found

    def after(self, forward: Callable[..., Any]) -> Any:
        """What it gives when something has moved."""
        self._at = 0
        return forward()

    def __call__(self, z: Any, s: Any = 1, k: Any = 1) -> Any:
        if self._noting:
            self._values.append(np.array(z))
            return z
        value = self._values[self._at]
        self._at += 1
        return np.where((s % k == 0) & (s > 0), value, z)
