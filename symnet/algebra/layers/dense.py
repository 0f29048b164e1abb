"""Layers in which every unit sees every number of a row."""

from __future__ import annotations

from symnet.algebra.layers.layer import Layer, Parameter, Shape, Window, activated, decimal, layer, whole
from symnet.algebra.mistakes import Mistake, shown


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
    return Layer(
        parameters, formulas, activated(formulas, "Z", "A", activation), windows=_rows(shape), by_rows=len(shape) == 1
    )


@layer
def flatten(shape: Shape) -> Layer:
    """All numbers of an example as one row: channels, rows, columns."""
    return Layer({}, {"F": "flatten({x})"}, "F")


@layer
def activation(shape: Shape, function: str, temperature: float = 1) -> Layer:
    """An activation by itself, A = f(x/T), entry by entry; softmax and log_softmax go along the last axis.

    The temperature T makes probabilities even above 1 and sharp below.  Source: Hinton, Vinyals and Dean (2015).
    """
    if (exact := decimal("temperature", temperature)) <= 0:
        raise Mistake(f"temperature is {shown(temperature)}; it must be above 0")
    formulas = {} if exact == 1 else {"S": f"{{x}}/({exact})"}
    return Layer(
        {}, formulas, activated(formulas, "S" if formulas else "x", "A", function), windows=(), by_rows=len(shape) == 1
    )


@layer
def tied(shape: Shape, to: int = 1) -> Layer:
    """Scores of every word by the table of an embedding below, Z = x Eᵀ: the weights are shared with layer ``to``.

    x (…, width), E (words, width), Z (…, words).  Source: Press and Wolf (2017).
    """
    return Layer({}, {"Z": f"{{x}} @ E{whole('to', to)}.T"}, "Z", windows=_rows(shape), by_rows=len(shape) == 1)


@layer
def embedding(shape: Shape, words: int, width: int) -> Layer:
    """Embedding, a row of E for every number: C_te = E[x_t, e].  x (time,), whole numbers; E (words, width).

    The ids x count from 1 in files and from 0 in Python.

    Source: Bengio et al. (2003).
    """
    whole("words", words)
    whole("width", width)
    if len(shape) > 1:
        raise Mistake(f"what is below has the shape {shape}; it must be (time,), whole numbers that name words")
    return Layer(
        {"E": Parameter((words, width), 1)}, {"C": "embedding({E}, {x})"}, "C", reads_ids=True, windows=(), by_rows=True
    )


def _rows(shape: Shape) -> tuple[Window, ...] | None:
    """Of rows, each sees itself; of one row, every unit sees all of it."""
    return () if len(shape) == 2 else None
