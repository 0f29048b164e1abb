"""The δ form of a backward pass: each activation's gradient folded into its pre-activation's.

Backprop has one equation a name; by hand one line covers a unit, δ_j = f′(z_j) Σ_k w_jk δ_k with δ_j = ∂L/∂z_j:

    ∂L/∂y3 = ∂L/∂x5·w35,  ∂L/∂x3 = ∂L/∂y3·f′(x3)      become      ∂L/∂x3 = f′(x3)·(∂L/∂x5·w35)
"""

from __future__ import annotations

from collections.abc import Sequence

from symnet.algebra.derivatives import local_derivatives, recognized
from symnet.algebra.equations import Equation, Symbol, names_in, partial, partial_parts, product, replace, symbol
from symnet.algebra.scalar import ScalarFunction


def delta_form(equations: Sequence[Equation], backward: Sequence[Equation]) -> tuple[Equation, ...]:
    """The backward pass with the gradient of every pre-activation on a line of its own, the same values."""
    by_name = {equation.name: equation for equation in backward}
    activations = pre_activations(equations)
    folded = []
    for line in backward:
        of, wrt = partial_parts(line.name) or ("", "")
        unit = activations.get(wrt)
        above = by_name.get(partial(of, unit.name).name) if unit is not None and unit.name != of else None
        # Where an output goes with its loss, what comes back to the logit does not come by way of the output.
        if unit is not None and above is not None and above.lhs in names_in(line.rhs):
            slope = local_derivatives(unit)[symbol(wrt)]
            folded.append(Equation(line.lhs, product(slope, above.rhs)))
        else:
            folded.append(line)
    return tuple(folded)


def fold(equations: Sequence[Equation], backward: Sequence[Equation]) -> tuple[Equation, ...]:
    """The same for any backward pass, also one with mistakes in it: the line above is put in as it stands."""
    by_name = {equation.name: equation for equation in backward}
    activations = pre_activations(equations)
    folded = []
    for line in backward:
        of, wrt = partial_parts(line.name) or ("", "")
        unit = activations.get(wrt)
        above = by_name.get(partial(of, unit.name).name) if unit is not None and unit.name != of else None
        folded.append(Equation(line.lhs, replace(line.rhs, {above.lhs: above.rhs})) if above is not None else line)
    return tuple(folded)


def pre_activations(equations: Sequence[Equation]) -> dict[str, Equation]:
    """{"x3": the equation y3 = f(x3)} for every name used once, as the argument of a function."""
    uses: dict[Symbol, list[Equation]] = {}
    for equation in equations:
        for name in names_in(equation.rhs):
            uses.setdefault(name, []).append(equation)
    units = {}
    for name, users in uses.items():
        function = recognized(users[0].rhs)
        if len(users) == 1 and isinstance(function, ScalarFunction) and function.args[0] == name:
            units[name.name] = users[0]
    return units
