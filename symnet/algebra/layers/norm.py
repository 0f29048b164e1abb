"""Layers that set the mean and the spread of numbers."""

from __future__ import annotations

from typing import Any

from symnet.algebra.layers.layer import Layer, Parameter, Shape, decimal, layer, literal, numbers_in
from symnet.algebra.layers.whole import OfBatch
from symnet.algebra.mistakes import Mistake


@layer
def layer_norm(shape: Shape, eps: float = 1e-5) -> Layer:
    """Layer normalization of every row, Y = g ∘ (x − μ)/√(σ² + ε) + b, with g = 1 and b = 0 at first.

    x (…, features), g and b (features,).  Source: Ba, Kiros and Hinton (2016).
    """
    d = shape[-1]
    parameters = {
        "g": Parameter((d,), 1, start=1, is_weight=False),
        "b": Parameter((d,), 1, start=0, is_weight=False),
    }
    formulas = {"N": f"layer_norm({{x}}, eps={literal(decimal('eps', eps))})", "Y": "{g}*{N} + {b}"}
    return Layer(parameters, formulas, "Y", windows=(), by_rows=len(shape) == 1)


@layer
def batch_norm(shape: Shape, eps: float = 1e-5, mean: Any = None, variance: Any = None) -> Layer:
    """Batch normalization of every feature, Y = g ∘ (x − m)/√(v + ε) + b, with g = 1 and b = 0 at first.

    In training m and v are the mean and the variance (divided by n) over the examples of the batch, and over all
    places of a picture (channels, height, width) or steps of (time, features); so a file has all its examples worked
    together, which a recurrence is not.  Once trained, ``mean`` and ``variance`` are given: the running statistics,
    one number a feature.  Source: Ioffe and Szegedy (2015), algorithms 1 and 2.
    """
    axis, places = (0, "dpq") if len(shape) == 3 else (len(shape) - 1, {1: "d", 2: "td"}.get(len(shape), ""))
    if not places:
        raise Mistake(
            f"what is below has the shape {shape}; it must be (features,), (time, features) or "
            "(channels, height, width)"
        )
    features = (shape[axis],)
    parameters = {
        "g": Parameter(features, 1, start=1, is_weight=False),
        "b": Parameter(features, 1, start=0, is_weight=False),
    }
    if (mean is None) != (variance is None):
        raise Mistake("mean and variance are given together, the running statistics; or none of them, in training")
    each = ",".join(places)
    small = decimal("eps", eps)
    below = f"{{v}}[d] + {literal(small)}" if small else "{v}[d]"
    row = f"({{x}}[{each}] - {{m}}[d])/sqrt({below})"
    if mean is not None:
        constants = {"m": numbers_in("mean", mean, features), "v": numbers_in("variance", variance, features)}
        formulas = {f"N[{each}]": row, f"Y[{each}]": f"{{g}}[d]*{{N}}[{each}] + {{b}}[d]"}
        return Layer(parameters, formulas, "Y", constants, windows=())
    over = ",".join(["n", *places.replace("d", "")])
    one = f"{{x}}[n,{each}]"
    statistics = {
        "m[d]": OfBatch(f"mean[{over}]({one})"),
        "v[d]": OfBatch(f"mean[{over}](({one} - {{m}}[d])^2)"),
        f"N[n,{each}]": OfBatch(row.replace("{x}[", "{x}[n,")),
        f"Y[n,{each}]": OfBatch(f"{{g}}[d]*{{N}}[n,{each}] + {{b}}[d]"),
    }
    return Layer(parameters, statistics, "Y", windows=(), by_rows=len(shape) == 1)
