"""A way around other layers."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

from symnet.algebra.layers.inner import inside
from symnet.algebra.layers.layer import Layer, Shape, Spec, Window, activated, layer
from symnet.algebra.mistakes import Mistake


@layer
def residual(shape: Shape, layers: Sequence[Spec], shortcut: Sequence[Spec] = (), activation: str = "linear") -> Layer:
    """Residual connection, R = x + F(x) and A = f(R), where F are the ``layers``, one after the other.

    ``shortcut`` are layers on the other way, R = S(x) + F(x), where F changes the shape.  Names of the layers end in a
    letter each, in order, before the position: Wa2, ba2, Wb2.  Source: He et al. (2016).
    """
    if not layers:
        raise Mistake("layers is empty; a residual connection goes around one layer at least")
    letters = iter(ascii_lowercase)
    main, other = inside(shape, layers, letters, "layers"), inside(shape, shortcut, letters, "shortcut")
    if main.shape != other.shape:
        way = "what comes through the shortcut" if shortcut else "what goes around them"
        raise Mistake(
            f"the layers give the shape {main.shape} and {way} has {other.shape}; both are added, so they must be equal"
        )
    formulas = {**main.formulas, **other.formulas, "R": f"{other.output} + {main.output}"}
    return Layer(
        {**main.parameters, **other.parameters},
        formulas,
        activated(formulas, "R", "A", activation),
        {**main.constants, **other.constants},
        {**main.masks, **other.masks},
        windows=_larger(main.windows, other.windows),
        by_rows=main.by_rows and other.by_rows,
    )


def _larger(one: tuple[Window, ...] | None, other: tuple[Window, ...] | None) -> tuple[Window, ...] | None:
    """What is seen on either way."""
    if one is None or other is None:
        return None
    if not one or not other:
        return one or other
    return tuple(max(pair, key=lambda window: window.size) for pair in zip(one, other, strict=True))
