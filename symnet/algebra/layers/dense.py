"""Layers in which every unit sees every number of a row."""

from __future__ import annotations

from symnet.algebra.layers.layer import Layer, Parameter, Shape, activated, layer, whole
from symnet.algebra.mistakes import Mistake


@layer
def dense(shape: Shape, units: int, activation: str = "linear", bias: bool = True) -> Layer:
    """Dense layer, A = f(x W + b).  x (features,) or rows of them (time, features); W (features, units), b (units,)."""
    if len(shape) not in (1, 2):
        raise Mistake(f"what is below has the shape {shape}; it must be (features,) or (time, features): flatten it")
    d = shape[-1]
    whole("units", units)
    parameters = {"W": Parameter((d, units), d)}
    formulas = {"Z": "{x} @ {W}"}
    if bias:
        parameters["b"] = Parameter((units,), d, is_weight=False)
        formulas["Z"] += " + {b}"
    return Layer(parameters, formulas, activated(formulas, "Z", "A", activation))


@layer
def flatten(shape: Shape) -> Layer:
    """All numbers of an example as one row: channels, rows, columns."""
    return Layer({}, {"F": "flatten({x})"}, "F")


@layer
def activation(shape: Shape, function: str) -> Layer:
    """An activation by itself, A = f(x), entry by entry; softmax goes along the last axis."""
    formulas: dict[str, str] = {}
    return Layer({}, formulas, activated(formulas, "x", "A", function))


@layer
def embedding(shape: Shape, words: int, width: int) -> Layer:
    """Embedding, a row of E for every number: C_te = E[x_t, e].  x (time,), whole numbers; E (words, width).

    Source: Bengio et al. (2003).
    """
    whole("words", words)
    whole("width", width)
    if len(shape) > 1:
        raise Mistake(f"what is below has the shape {shape}; it must be (time,), whole numbers that name words")
    return Layer({"E": Parameter((words, width), 1)}, {"C": "embedding({E}, {x})"}, "C", reads_ids=True)
