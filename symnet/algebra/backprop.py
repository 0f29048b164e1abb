"""Backpropagation: from named equations to the named equations of their gradients.

The whole of it is the chain rule, read from the last equation to the first:

    ∂L/∂x  =  Σ  ∂L/∂y · ∂y/∂x        over the equations y = f(…, x, …) that use x.

Units and layers go the same way: what one equation passes back is ``contributions``, entry by entry a product with a
local derivative, and at an operation on whole arrays what follows from its equation for one entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from symnet.algebra.adjoints import contributions, gradient_name, of_shape
from symnet.algebra.equations import ONE, Equation, Expr, Symbol, names_in, total
from symnet.algebra.recurrence import blocks


def backprop(
    equations: Sequence[Equation],
    of: Symbol,
    passed: Callable[[Equation, Expr], Iterable[tuple[Symbol, Expr]]] = contributions,
) -> tuple[Equation, ...]:
    """The equations of ∂of/∂x for every name x that ``of`` depends on, each using only what stands above it.

    One sweep, linear in the number of equations.  A name used twice collects a term from each use, and a name that
    ``of`` does not depend on has no equation: its gradient is 0.  ``passed`` is what an equation passes back; another
    than the right one makes the backward pass of somebody who got the chain rule wrong.
    Source: Griewank and Walther (2008), section 3.2; Rumelhart, Hinton and Williams (1986).
    """
    defined = {equation.lhs for equation in equations}
    first_use = {name: equation for equation in reversed(equations) for name in names_in(equation.rhs)}
    terms: dict[Symbol, list[Expr]] = {of: [ONE]}
    backward: list[Equation] = []

    def gradient(name: Symbol) -> Symbol:
        return gradient_name(of, name)

    for block in reversed(blocks(equations)):
        waiting = [*reversed(block.equations)]  # of a recurrence several, which pass back to one another
        while equation := next((equation for equation in waiting if equation.lhs in terms), None):
            waiting.remove(equation)
            y = equation.lhs
            for x, contribution in passed(equation, ONE if y == of else gradient(y)):
                terms.setdefault(x, []).append(contribution)
        # Now every use of what is defined here, or used here first, has been counted.
        own = (equation.lhs for equation in reversed(block.equations))
        uses = ((x, equation) for equation in block.equations for x in names_in(equation.rhs) if x not in defined)
        complete = dict.fromkeys((*own, *(x for x, equation in uses if first_use[x] == equation)))
        backward += [Equation(gradient(x), of_shape(x, total(*terms[x]))) for x in complete if x in terms]
    return tuple(backward)
