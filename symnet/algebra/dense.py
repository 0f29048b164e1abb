"""Dense (fully connected) networks written out unit by unit.

z1_2 = w1_1_2*x1 + w1_2_2*x2 + b1_2        layer 1, unit 2; w1_1_2 goes from unit 1 to unit 2
a1_2 = tanh(z1_2)
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from symnet.algebra import functions, losses
from symnet.algebra.equations import Equation, Expr, Symbol, add, multiply, symbol
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network
from symnet.algebra.scalar import ScalarFunction

_WEIGHT = re.compile(r"w(\d{1,6})_(\d{1,6})_(\d{1,6})")


def weight_name(layer: int, source: int, unit: int) -> str:
    return f"w{layer}_{source}_{unit}"


def bias_name(layer: int, unit: int) -> str:
    return f"b{layer}_{unit}"


def parameter_shapes(layers: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """{"W1": (inputs, units), "b1": (units,), …}, in the order of the layers; W is (from, to)."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (inputs, units) in enumerate(pairwise(layers), 1):
        shapes[f"W{layer}"] = (inputs, units)
        shapes[f"b{layer}"] = (units,)
    return shapes


def widths_of(network: Network) -> tuple[int, ...]:
    """(3, 4, 1) for a network whose parameters are named as ``dense`` names them, and () for any other."""
    weights = [_WEIGHT.fullmatch(str(name)) for name in network.parameters]
    layers: dict[int, tuple[int, int]] = {}
    for weight in filter(None, weights):
        layer, source, unit = map(int, weight.groups())
        inputs, units = layers.get(layer, (0, 0))
        layers[layer] = max(inputs, source), max(units, unit)
    if not layers or list(layers) != list(range(1, len(layers) + 1)):
        return ()
    widths = (layers[1][0], *(units for _, units in layers.values()))
    count = sum(math.prod(shape) for shape in parameter_shapes(widths).values())
    return widths if count == network.parameter_count else ()


def dense(
    layers: Sequence[int],
    activation: str = "tanh",
    output: str = "linear",
    loss: str | None = "half_squared_error",
) -> Network:
    """A dense network with ``layers`` units from the inputs to the outputs, and the equation Loss of one example.

    ``activation`` is that of the hidden layers, ``output`` that of the last; without a loss there are no targets.
    """
    if len(layers) < 2 or any(width < 1 for width in layers):
        raise Mistake(f"layers is {list(layers)}; it needs at least two widths of 1 or more, as in [3, 4, 1]")
    hidden, last = _activation("activation", activation), _activation("output", output)
    if loss is not None and loss not in losses.CATALOGUE:
        raise Mistake(f"loss is {shown(loss)}{suggestion(loss, losses.CATALOGUE)}")

    below: list[Symbol] = [symbol(f"x{i + 1}") for i in range(layers[0])]
    inputs = tuple(below)
    parameters: list[Symbol] = []
    equations: list[Equation] = []
    for layer, width in enumerate(layers[1:], 1):
        weights = [[symbol(weight_name(layer, i + 1, j + 1)) for j in range(width)] for i in range(len(below))]
        biases = [symbol(bias_name(layer, j + 1)) for j in range(width)]
        parameters += [w for row in weights for w in row] + biases
        above: list[Symbol] = []
        for j in range(width):
            z, a = symbol(f"z{layer}_{j + 1}"), symbol(f"a{layer}_{j + 1}")
            terms: list[Expr] = [multiply(row[j], x) for row, x in zip(weights, below, strict=True)]
            equations.append(Equation(z, add(*terms, biases[j])))
            activation_of_layer = last if layer == len(layers) - 1 else hidden
            equations.append(Equation(a, z if activation_of_layer is functions.linear else activation_of_layer(z)))
            above.append(a)
        below = above

    targets: tuple[Symbol, ...] = ()
    if loss is not None:
        targets = tuple(symbol(f"t{k + 1}") for k in range(layers[-1]))
        equations.append(Equation(symbol("Loss"), losses.CATALOGUE[loss](below, targets)))
    return Network(inputs, targets, tuple(parameters), tuple(equations))


def _activation(key: str, name: str) -> type[ScalarFunction]:
    function = functions.CATALOGUE.get(name)
    if function is None:
        raise Mistake(f"{key} is {shown(name)}{suggestion(name, functions.CATALOGUE)}")
    return function
