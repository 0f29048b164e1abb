"""The kinds of layers, one file a kind: ``symnet.layers.conv(8, 3)``, or ``kind = "conv"`` in an exercise file.

A layer is what it does to one example, in the formulas of exercise files, and the shapes of its parameters.  Everything
else follows from that: batches, gradients, code, sheets.  To add a kind, write one function in a file of this folder.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from symnet.algebra.layers.layer import Kind, Layer, Parameter, Spec

_FILES = sorted(module.name for module in iter_modules(__path__) if module.name not in ("layer", "inner", "whole"))

CATALOGUE: dict[str, Kind] = {
    kind.name: kind
    for file in _FILES
    for kind in vars(import_module(f"{__name__}.{file}")).values()
    if isinstance(kind, Kind)
}

globals().update(CATALOGUE)

if TYPE_CHECKING:

    def __getattr__(name: str) -> Kind: ...  # each kind by its name


__all__ = ["CATALOGUE", "Kind", "Layer", "Parameter", "Spec"]
