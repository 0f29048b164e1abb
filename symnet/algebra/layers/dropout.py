"""Layers that leave out some of the numbers."""

from __future__ import annotations

from typing import Any

from symnet.algebra.layers.layer import Layer, Mask, Shape, decimal, layer, numbers_in
from symnet.algebra.mistakes import Mistake, shown


@layer
def dropout(shape: Shape, rate: float, mask: Any = None) -> Layer:
    """Dropout with a mask M of 0 and 1, Y = M ∘ x/(1 − p): a share p of the numbers is left out, the rest is scaled.

    M has the shape of x, and p = ``rate``.  Without a mask Y = D ∘ x, where D is an array beside x: ``fit`` draws it
    anew for each batch, 0 or 1/(1 − p), and to predict it is 1.  A loop of one's own gives it with X, as (X, D).
    Source: Srivastava et al. (2014); dividing in training is "inverted" dropout.
    """
    share = decimal("rate", rate)
    if not 0 <= share < 1:
        raise Mistake(f"rate is {shown(rate)}; it must be in [0, 1)")
    if mask is None:
        return Layer({}, {"Y": "{D}*{x}"}, "Y", masks={"D": Mask(shape, share)}, windows=())
    scaled = "{M}*{x}" if share == 0 else f"{{M}}*{{x}}/({1 - share})"
    return Layer({}, {"Y": scaled}, "Y", {"M": numbers_in("mask", mask, shape)}, windows=(), by_rows=len(shape) == 1)
