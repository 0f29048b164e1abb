"""Dense (fully connected) networks as equations of layers, and any network of layers written out unit by unit.

Z1 = X W1 + 1 b1ᵀ                      layer 1: a row an example, X (n, d), W1 (d, h), b1 (h,)
A1 = tanh(Z1)
z1_2 = w1_1_2 x1 + w1_2_2 x2 + b1_2    the same, unit 2; w1_1_2 goes from unit 1 to unit 2
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from sympy import Integer

from symnet.algebra import functions, losses
from symnet.algebra.common_names import understood
from symnet.algebra.equations import (
    BATCH,
    Equation,
    Expr,
    Length,
    Symbol,
    add,
    array,
    multiply,
    power,
    replace,
    symbol,
)
from symnet.algebra.losses import Loss
from symnet.algebra.matrices import matmul, rows, shape_of, size_of, softmax, sum_of
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network
from symnet.algebra.parsing import parse, rational
from symnet.algebra.plurals import counted
from symnet.algebra.scalar import Kind

_WEIGHT = re.compile(r"w(\d{1,6})_(\d{1,6})_(\d{1,6})")
_TWO = Integer(2)


def mlp(
    layers: Sequence[int],
    activation: str | Kind | Sequence[str | Kind] = "tanh",
    output: str | Kind = "linear",
    loss: str | Loss | None = "half_squared_error",
    reduce: str = "",
    l2: Any = 0,
    l1: Any = 0,
) -> Network:
    """A multilayer perceptron with ``layers`` units from the inputs to the outputs, and the equation of its loss.

    ``activation`` is that of the hidden layers, or a list with one for each, ``output`` that of the last: the name of a
    function, one from ``define``, or a formula in z such as ``"z/(1 + abs(z))"``; the output may be ``"softmax"`` as
    well, whose probabilities are P.  ``loss`` is a name of ``losses``, a function of y and t
    like those there, or a formula in y and t such as ``"(y - t)^4"``; without one there are no targets.  ``reduce``
    ("sum" or "mean") says how the examples of a batch combine where the loss's own way is not wanted.

    Outputs and losses that belong together: ``"softmax"`` and ``"cross_entropy"``, ``"sigmoid"`` and
    ``"binary_cross_entropy"``, ``"linear"`` and the same losses of logits, ``"softmax_cross_entropy"`` and
    ``"sigmoid_cross_entropy"``.

    ``l2`` adds λ/2 Σ w² over all weights, whose gradient λ w is weight decay, and ``l1`` adds λ Σ |w|; neither counts
    the biases, nor is it averaged.  Arrays: X (n, inputs), T (n, outputs), Wk (from, to), bk (to,).  Raises Mistake.
    """
    if not isinstance(layers, Sequence) or isinstance(layers, str):
        raise Mistake(f"layers is {shown(layers)}; it must be a list of widths, as in [3, 4, 1]")
    widths = [_width(layers, width) for width in layers]
    if len(widths) < 2:
        raise Mistake(f"layers is {list(layers)}; it needs at least two widths of 1 or more, as in [3, 4, 1]")
    if not (loss is None or isinstance(loss, str) or callable(loss)):
        raise Mistake(f"loss is {shown(loss)}; it must be a name, a formula in y and t, or a function of them")
    if reduce not in ("", "sum", "mean"):
        raise Mistake(f'reduce is {shown(reduce)}; it must be "sum" or "mean"')
    if isinstance(output, str):
        output = understood(output, (*functions.CATALOGUE, "softmax")) or output
    activations = [*_of_layers(activation, len(widths) - 2), output]
    x = below = array("X", BATCH, widths[0])
    parameters: list[Symbol] = []
    equations: list[Equation] = []
    for layer, (inputs, units) in enumerate(pairwise(widths), 1):
        w, b = array(f"W{layer}", inputs, units), array(f"b{layer}", units)
        z, a = array(f"Z{layer}", BATCH, units), array(f"A{layer}", BATCH, units)
        parameters += [w, b]
        equations.append(Equation(z, add(matmul(below, w), rows(b, BATCH))))
        key = "output" if layer == len(widths) - 1 else "activation"
        if key == "output" and output in ("softmax", softmax):
            if units == 1:
                raise Mistake('output "softmax" of one unit is always 1; give it two or more, or write "sigmoid"')
            a = array("P", BATCH, units)
        equations.append(Equation(a, _applied(key, activations[layer - 1], z)))
        below = a
    if loss is None:
        return Network((x,), (), tuple(parameters), tuple(equations))
    t = array("T", BATCH, widths[-1])
    # Of probabilities the loss is computed from the logits: no size of them overflows, and ln 0 never occurs.
    of_logits = losses.of_logits(output, loss)
    value = losses.formula_of(of_logits, z, t, reduce) if of_logits else losses.formula_of(loss, below, t, reduce)
    penalty = _penalty([w for w in parameters if len(w.shape) == 2], _strength("l2", l2), _strength("l1", l1))
    if penalty is None:
        equations.append(Equation(symbol("Loss"), value))
    else:
        equations += [
            Equation(symbol("DataLoss"), value),
            Equation(symbol("Penalty"), penalty),
            Equation(symbol("Loss"), add(symbol("DataLoss"), symbol("Penalty"))),
        ]
    return Network((x,), (t,), tuple(parameters), tuple(equations))


def parameter_shapes(layers: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """{"W1": (inputs, units), "b1": (units,), …} of a dense network, in the order of the layers; W is (from, to)."""
    shapes: dict[str, tuple[int, ...]] = {}
    for layer, (inputs, units) in enumerate(pairwise(layers), 1):
        shapes[f"W{layer}"] = (inputs, units)
        shapes[f"b{layer}"] = (units,)
    return shapes


def widths_of(network: Network) -> tuple[int, ...]:
    """(3, 4, 1) for a dense network written out unit by unit, and () for any other."""
    weights = [_WEIGHT.fullmatch(str(name)) for name in network.parameters]
    layers: dict[int, tuple[int, int]] = {}
    for weight in filter(None, weights):
        layer, source, unit = map(int, weight.groups())
        inputs, units = layers.get(layer, (0, 0))
        layers[layer] = max(inputs, source), max(units, unit)
    if not layers or list(layers) != list(range(1, len(layers) + 1)):
        return ()
    widths = (layers[1][0], *(units for _, units in layers.values()))
    count = sum(size_of(shape) for shape in parameter_shapes(widths).values())
    return widths if count == network.parameter_count else ()


def _of_layers(activation: str | Kind | Sequence[str | Kind], hidden: int) -> Sequence[str | Kind]:
    """The activation of each hidden layer."""
    if not isinstance(activation, (list, tuple)):
        return [activation] * hidden
    if len(activation) != hidden:
        raise Mistake(
            f"activation has {counted(len(activation), 'function')}, and there {_are(hidden)}; the output's own is "
            "output"
        )
    return activation


def _are(hidden: int) -> str:
    return f"{'is' if hidden == 1 else 'are'} {hidden} hidden layer{'s' * (hidden != 1)}"


def _applied(key: str, activation: str | Kind, z: Expr) -> Expr:
    if isinstance(activation, str):
        activation = understood(activation, functions.CATALOGUE) or activation
    if activation in ("linear", functions.linear):
        return z
    if key == "output" and activation == "softmax":
        return softmax(z)
    if key == "activation" and isinstance(activation, str) and activation.lower() == "softmax":
        raise Mistake(
            'activation "softmax" is of a whole layer, and no activation of single units; it is for the outputs: '
            'output = "softmax"'
        )
    if not isinstance(activation, str):
        if not callable(activation):
            raise Mistake(f"{key} is {shown(activation)}; it must be a name, a formula in z, or a function")
        try:
            value = activation(z)
        except TypeError as error:
            raise Mistake(f"{key}: {shown(activation)} cannot be applied to a symbol ({error})") from None
        if not hasattr(value, "free_symbols") or not shape_of(value):
            raise Mistake(f"{key}: {shown(activation)} gives {shown(value)}; it must give an expression in z")
        return value
    if activation in functions.CATALOGUE:
        return functions.CATALOGUE[activation](z)
    if activation.isidentifier() and activation != "z":
        raise Mistake(f"{key} is {shown(activation)}{suggestion(activation, functions.CATALOGUE)}")
    try:
        formula = replace(parse(activation, ("z",)), {symbol("z"): z})
    except Mistake as mistake:
        raise Mistake(
            f'{key} is {shown(activation)}: {mistake}; a formula of your own is in z, as "z/(1 + abs(z))"'
        ) from None
    if not shape_of(formula):
        called = activation.strip().partition("(")
        right = f"{called[0]}(z, {called[2]}" if called[0] in functions.CATALOGUE else "z^3"
        raise Mistake(
            f'{key} is {shown(activation)}, which does not use z; a formula of your own is in z, as "{right}"'
        )
    return formula


def _penalty(weights: Sequence[Symbol], l2: Expr, l1: Expr) -> Expr | None:
    terms = []
    if l2 != 0:
        terms.append(multiply(l2 / 2, add(*(sum_of(power(w, _TWO)) for w in weights))))
    if l1 != 0:
        terms.append(multiply(l1, add(*(sum_of(functions.abs(w)) for w in weights))))
    return add(*terms) if terms else None


def _strength(key: str, value: Any) -> Expr:
    number = rational(key, value)
    if number < 0:
        raise Mistake(f"{key} is {value}; it must not be negative")
    return number


def _width(layers: Sequence[int], width: Any) -> Any:
    if isinstance(width, Length) or (type(width) is int and width > 0):
        return width
    raise Mistake(f"layers is {list(layers)}; it needs at least two widths of 1 or more, as in [3, 4, 1]")
