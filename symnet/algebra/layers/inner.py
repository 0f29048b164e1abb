"""Layers inside a layer: their formulas with names of their own, and the shape that they give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from symnet.algebra.layers.layer import Layer, Mask, Parameter, Shape, Spec, Window
from symnet.algebra.layers.whole import shapes_in
from symnet.algebra.mistakes import Mistake, shown

_NAME = re.compile(r"\{(\w+)\}")


@dataclass
class Inner:
    """Layers one after the other, in names {Wa}, {Zb} of the layer that they stand in; ``output`` is {Zb}, or {x}."""

    shape: Shape
    output: str = "{x}"
    parameters: dict[str, Parameter] = field(default_factory=dict)
    formulas: dict[str, str] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)
    masks: dict[str, Mask] = field(default_factory=dict)
    windows: tuple[Window, ...] | None = ()
    by_rows: bool = True


def inside(shape: Shape, specs: Sequence[Spec], letters: Iterator[str], key: str) -> Inner:
    """The layers on examples of that shape; each takes a letter.  Raises Mistake that names ``key``."""
    if not isinstance(specs, (list, tuple)):
        raise Mistake(f"{key} is {shown(specs)}; it must be a list of layers")
    found = Inner(shape)
    for i, spec in enumerate(specs, 1):
        if not isinstance(spec, Spec):
            raise Mistake(f"{key}, layer {i} is {shown(spec)}; it must be a layer, as symnet.layers.dense(10)")
        if (letter := next(letters, None)) is None:
            raise Mistake("more than 26 layers stand in one layer; their names end in one letter each")
        try:
            layer = spec.on(found.shape)
            if layer.reads_ids:
                raise Mistake(f"{spec.kind.name} reads whole numbers; only the first layer of a network has them")
            _add(found, layer, letter)
        except Mistake as mistake:
            raise Mistake(f"{key}, layer {i}: {mistake}") from None
    return found


def _add(found: Inner, layer: Layer, letter: str) -> None:
    names = {"x": found.output}

    def renamed(text: str) -> str:
        return _NAME.sub(lambda name: names.get(name[1], f"{{{name[1]}{letter}}}"), text)

    found.shape = shape_after(layer, found.shape)
    found.parameters |= {name + letter: parameter for name, parameter in layer.parameters.items()}
    found.windows = together(found.windows, layer.windows)
    found.by_rows = found.by_rows and layer.by_rows
    found.masks |= {name + letter: mask for name, mask in layer.masks.items()}
    found.constants |= {name + letter: value for name, value in layer.constants.items()}
    for left, formula in layer.formulas.items():
        name, bracket, index = left.partition("[")
        found.formulas[name + letter + bracket + index] = type(formula)(renamed(formula))
    found.output = renamed(f"{{{layer.output}}}")


def together(below: tuple[Window, ...] | None, above: tuple[Window, ...] | None) -> tuple[Window, ...] | None:
    """The windows of one layer after another."""
    if below is None or above is None:
        return None
    return tuple(map(Window.then, below, above)) if below and above else below or above


def shape_after(layer: Layer, shape: Shape) -> Shape:
    """The shape that a layer gives of examples of that shape."""
    if layer.output == "x":
        return shape
    shapes = {"x": shape, **{name: parameter.shape for name, parameter in layer.parameters.items()}}
    shapes |= {name: mask.shape for name, mask in layer.masks.items()}
    shapes |= {name: lengths(value) for name, value in layer.constants.items()}
    formulas = {key: type(formula)(_NAME.sub(r"\1", formula)) for key, formula in layer.formulas.items()}
    return shapes_in(shapes, formulas, {}, shapes.keys() - {"x", *layer.masks})[layer.output]


def lengths(value: Any) -> Shape:
    """The shape of nested lists."""
    return (len(value), *lengths(value[0])) if isinstance(value, Sequence) else ()
