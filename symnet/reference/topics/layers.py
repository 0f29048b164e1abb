"""The layers that a network is made of."""

from __future__ import annotations

from importlib import import_module
from inspect import Parameter, isfunction, signature
from types import ModuleType
from typing import Any

from symnet.algebra.mlp import mlp
from symnet.reference.entries import Entry, told

ORDER = 5
SAYS = "The layers of [network], of [[layer]] and of symnet.mlp."


def entries() -> tuple[Entry, ...]:
    return (_dense(), *(_entry(name, make) for name, make in _kinds().items()))


def _dense() -> Entry:
    _, more = told(mlp)
    example = (
        '[network]\nlayers = [2, 2, 1]\nactivation = "relu"\noutput = "linear"\n'
        "weights = { W1 = [[1, 2], [-1, 1]], b1 = [0, 1], W2 = [[1], [2]], b2 = [0] }\n"
        "inputs = [[2, -1]]\ntargets = [[1]]"
    )
    says = "Layers in which every unit is joined to every unit below: Z = X W + 1 bᵀ, A = f(Z), with a row an example."
    names = "w1_2_3 is the weight of layer 1 from unit 2 to unit 3, W1[1, 2] in NumPy; b1_3, z1_3, a1_3 its unit."
    return Entry("dense", says, (names, *more), (), example, also=("mlp", "layers", "fully-connected", "linear"))


def _kinds() -> dict[str, Any]:
    """The other kinds of layer, each a public function of a module of layers, as far as there are any."""
    home = import_module("symnet.algebra.mlp")
    modules = [value for value in vars(home).values() if isinstance(value, ModuleType)]
    found: dict[str, Any] = getattr(home, "CATALOGUE", {})
    for module in modules if hasattr(home, "__path__") and not found else ():
        found = {**found, **{name: one for name, one in vars(module).items() if _is_a_kind(name, one, module)}}
    return {name: make for name, make in found.items() if name != "dense"}


def _is_a_kind(name: str, value: object, module: ModuleType) -> bool:
    return isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")


def _entry(name: str, make: Any) -> Entry:
    says, more = told(make)
    options = [p for p in signature(make).parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
    terms = tuple((p.name, "" if p.default is p.empty else f"{p.default} unless given") for p in options)
    return Entry(name, says, more, terms)
