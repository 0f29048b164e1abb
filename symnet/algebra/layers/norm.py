"""Layers that set the mean and the spread of numbers."""

from __future__ import annotations

from fractions import Fraction

from symnet.algebra.layers.layer import Layer, Parameter, Shape, layer


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
    exact = Fraction(str(eps))
    formulas = {"N": f"layer_norm({{x}}, eps={exact})", "Y": "{g}*{N} + {b}"}
    return Layer(parameters, formulas, "Y")
