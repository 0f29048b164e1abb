"""A quantity as a function of one name, through everything between: in one formula, and in points for a plot."""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra.adjoints import gradient_name
from symnet.algebra.backprop import backprop
from symnet.algebra.equations import Equation, Symbol, names_in, replace, symbol
from symnet.algebra.network import Network, needed
from symnet.computing.floats import evaluate_in_floats

MOST_OPERATIONS = 200  # in one formula that is put together from several
POINTS = 240  # of a curve
Points = list[tuple[float, float]]


def reached_from(network: Network, of: str) -> frozenset[str]:
    """The names that a quantity depends on, directly or through others."""
    equations = needed(network.equations, [symbol(of)])
    return frozenset(name.name for equation in equations for name in names_in(equation.rhs)) | {of}


def composed(network: Network, of: str, x: str) -> Equation | None:
    """y = f(x) with every quantity between put in; the equation itself where there is none, None where it is too long.

    Names that do not depend on x stay as they are.
    """
    own = network.by_name
    equation = own[of]
    rhs = equation.rhs
    while between := [name for name in names_in(rhs) if name.name in own and x in reached_from(network, name.name)]:
        if between == [symbol(x)]:
            break
        rhs = replace(rhs, {name: own[name.name].rhs for name in between if name.name != x})
        if rhs.count_ops() > MOST_OPERATIONS:
            return None
    return Equation(equation.lhs, rhs)


def curves(network: Network, of: str, x: str, low: float, high: float, at: dict[str, float]) -> tuple[Points, Points]:
    """(x, y) and (x, ∂y/∂x) from ``low`` to ``high``, all other names as in ``at``.

    Where the function jumps, and where it has no value, the points have a y that is no number.
    """
    equations = needed(network.equations, [symbol(of)])
    both = (*equations, *backprop(equations, symbol(of)))
    slope = gradient_name(symbol(of), symbol(x))
    step = (high - low) / POINTS
    values: Points = []
    slopes: Points = []
    for i in range(POINTS + 1):
        here = low + step * i
        y, dy = _at(both, of, slope, {**at, x: here})
        if values and abs(y - values[-1][1]) > 1e-9 + 4 * step * max(abs(dy), abs(slopes[-1][1])):
            values.append((here, float("nan")))
            slopes.append((here, float("nan")))
        values.append((here, y))
        slopes.append((here, dy))
    return values, slopes


def _at(equations: tuple[Equation, ...], of: str, slope: Symbol, at: dict[str, float]) -> tuple[float, float]:
    try:
        found = evaluate_in_floats(equations, at)
    except (ArithmeticError, ValueError):
        return float("nan"), float("nan")
    return found[of], found.get(slope.name, 0.0)


def leaves_of(network: Network, of: str) -> Iterator[str]:
    """What is given or a parameter and counts for a quantity, in order."""
    counts = reached_from(network, of)
    return (n.name for n in (*network.inputs, *network.targets, *network.parameters) if n.name in counts)
