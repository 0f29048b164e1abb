"""Activation functions, each with its derivative, where it exists."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import sympy
from sympy.core.relational import Relational

from symnet.algebra import functions as catalogue
from symnet.algebra.equations import Expr, Symbol, symbol
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.scalar import Kind, ScalarFunction, local_derivative
from symnet.training.plots.drawing import BLUE, DARK, FAINT, VERMILION, gaps, legend_below, new_figure, write_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_REACH = 5.0  # activation functions are drawn from −5 to 5
_BESIDE = 1e-9  # as near to a kink as its limit is taken
_JUMP = 1e-6  # what differs by more on the two sides of a kink is a jump


def activation_gallery(functions: Sequence[Kind] | None = None) -> Figure:
    """Activation functions on [−5, 5], three a row, each with its derivative (dashed) in the same axes.

    ``functions`` are classes of ``symnet.functions`` or made by ``define``; without them sigmoid, tanh, ReLU, leaky
    ReLU, linear and step.  Values and derivatives are those of the definitions, and where a curve jumps the dot is the
    value that counts by convention (ReLU′(0) = 0).  Raises Mistake for what is not a function of one variable.
    """
    kinds = functions
    if kinds is None:
        kinds = [getattr(catalogue, name) for name in ("sigmoid", "tanh", "relu", "leaky_relu", "linear", "step")]
    if not kinds:
        raise Mistake("functions is empty; name at least one")
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, ScalarFunction)):
            raise Mistake(f"{shown(kind)} is not an activation function; choose from symnet.functions")
        if kind.arguments[0] > 1:
            raise Mistake(f"{kind.__name__} has {kind.arguments[0]} arguments; only a function of one can be drawn")

    columns = min(3, len(kinds))
    rows = math.ceil(len(kinds) / columns)
    figure = new_figure(max(2.1 * columns, 3.4), 2.1 * rows + 0.3)
    z = symbol("z")
    jumps = False
    for place, kind in enumerate(kinds, start=1):
        axes = figure.add_subplot(rows, columns, place)
        axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
        axes.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
        value = kind(z).doit()
        slope = sympy.sympify(local_derivative(kind, 0, (z,))).doit()
        jumps |= _formula(axes, value, z, value, "f(z)", BLUE, "-")
        jumps |= _formula(axes, slope, z, value, "f′(z)", VERMILION, "--")
        axes.set_xlim(-_REACH, _REACH)
        last_row = place > len(kinds) - columns
        write_words(axes, _title(kind), "z" if last_row else "", "", 26)
        axes.set_xticks([-4, -2, 0, 2, 4])
    if jumps:
        axes.plot([], [], "o", color=DARK, markersize=4, label="value at a jump")
    legend_below(figure, axes)
    return figure


def _title(kind: Kind) -> str:
    """``LeakyReLU, slope = 0.01``: the name on paper and the arguments that have a value of their own."""
    name = kind.notation if kind.notation and "\\" not in kind.notation else kind.__name__
    settings = [
        f"{parameter.name} = {float(parameter.default):g}"
        for parameter in inspect.signature(kind.definition).parameters.values()
        if parameter.default is not parameter.empty
    ]
    return ", ".join([name, *settings])


def _kinks(expr: Expr, z: Symbol) -> list[float]:
    """Where the definition goes over from one piece to the next, between −5 and 5."""
    found: set[float] = set()
    for condition in expr.rewrite(sympy.Piecewise).atoms(Relational):
        points = sympy.solveset(condition.lhs - condition.rhs, z, sympy.Interval.open(-_REACH, _REACH))
        if isinstance(points, sympy.FiniteSet):
            found.update(float(point) for point in points)
    return sorted(found)


def _in_floats(expr: Expr, z: Symbol) -> Callable[[float], float]:
    """The formula as a function of floats, NaN where it has no value."""
    program = sympy.lambdify(z, expr, "math")

    def run(at: float) -> float:
        try:
            value = program(at)
        except (ArithmeticError, ValueError):
            return math.nan
        except (NameError, TypeError):  # SymPy's DiracDelta, the slope it gives Heaviside, is no function of floats
            raise Mistake(f"{expr} cannot be computed in floating point, and so not drawn") from None
        return math.nan if isinstance(value, complex) else float(value)

    return run


def _formula(axes: Axes, expr: Expr, z: Symbol, exists: Expr, label: str, color: str, style: str) -> bool:
    """Draw expr over z where ``exists`` has a value, one piece at a time; whether it has jumps, each with a dot."""
    run, domain = _in_floats(expr, z), _in_floats(exists, z)
    kinks = _kinks(expr, z)
    xs: list[float] = []
    ys: list[float] = []
    dots: list[float] = []
    for start, stop in pairwise([-_REACH, *kinks, _REACH]):
        # Each piece begins and ends so close beside a kink that what is drawn there is its limit.
        piece = np.linspace(start + _BESIDE, stop - _BESIDE, 201).tolist()
        values = [math.nan if math.isnan(domain(at)) else run(at) for at in piece]
        if ys and abs(values[0] - ys[-1]) > _JUMP:
            dots.append(start)
            xs.append(start)
            ys.append(math.nan)  # no line through the jump
        xs += piece
        ys += values
    axes.plot(xs, gaps(np.array(ys)), color=color, linestyle=style, linewidth=1.6, label=label)
    if dots:
        axes.plot(dots, [run(at) for at in dots], "o", color=color, markersize=4)
    return bool(dots)
