"""Layers that tell the steps of a series apart.  x (time, features)."""

from __future__ import annotations

from symnet.algebra.layers.layer import Layer, Parameter, Shape, layer, rank


@layer
def positional_encoding(shape: Shape, learned: bool = False) -> Layer:
    """Positional encoding, Y = x + P: sin(t/10000^(2i/d)) in column 2i and cos of the same in 2i + 1, all from 0.

    With ``learned`` P (time, features) is a parameter.  Source: Vaswani et al. (2017), section 3.5; Gehring et al.
    (2017) for learned ones.
    """
    steps, d = rank(shape, 2, "(time, features)")
    if learned:
        return Layer({"P": Parameter((steps, d), d)}, {"Y": "{x} + {P}"}, "Y", windows=())
    return Layer({}, {"P": "positional_encoding({x})", "Y": "{x} + {P}"}, "Y", windows=())
