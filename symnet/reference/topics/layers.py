"""The layers that a network is made of."""

from __future__ import annotations

from inspect import Parameter
from typing import Any

from symnet.algebra import layers
from symnet.algebra.layers import Kind
from symnet.algebra.mistakes import Mistake
from symnet.algebra.mlp import mlp
from symnet.reference.entries import Entry, told

ORDER = 5
SAYS = "The layers of [network], of [[layer]], of symnet.sequential and of symnet.mlp."

# What an option without a value of its own is in an example.
_CHOSEN = {"units": 2, "channels": 1, "kernel": 2, "size": 2, "words": 4, "width": 2, "function": '"tanh"'}
_INPUTS = {
    "[[2, -1]]": (2,),
    "[[[1, 0], [0, 1], [1, 1]]]": (3, 2),
    "[[[[1, 2, 0], [0, 1, 1], [2, 0, 1]]]]": (1, 3, 3),
}
_IDS = "[[3, 1, 4]]"
# Of kinds that need more than numbers: the layers of their example, on given inputs.
_TOLD = {
    "dropout": ("[[2, -1]]", 'kind = "dropout"\nrate = 0.5\nmask = [1, 0]'),
    "residual": ("[[2, -1]]", 'kind = "residual"\nlayers = [{ kind = "dense", units = 2, activation = "relu" }]'),
    "batch_norm": ("[[2, -1], [0, 3]]", 'kind = "batch_norm"'),
    "tied": (_IDS, 'kind = "embedding"\nwords = 4\nwidth = 2\n[[layer]]\nkind = "tied"\nto = 1'),
}


def entries() -> tuple[Entry, ...]:
    return (_short(), *(_entry(kind) for kind in layers.CATALOGUE.values()))


def _short() -> Entry:
    _, more = told(mlp)
    example = (
        '[network]\nlayers = [2, 2, 1]\nactivation = "relu"\noutput = "linear"\n'
        "weights = { W1 = [[1, 2], [-1, 1]], b1 = [0, 1], W2 = [[1], [2]], b2 = [0] }\n"
        "inputs = [[2, -1]]\ntargets = [[1]]"
    )
    says = "Layers in which every unit is joined to every unit below: Z = X W + 1 bᵀ, A = f(Z), with a row an example."
    names = "w1_2_3 is the weight of layer 1 from unit 2 to unit 3, W1[1, 2] in NumPy; b1_3, z1_3, a1_3 its unit."
    return Entry("mlp", says, (names, *more), (), example, also=("layers", "fully-connected", "linear"))


def _entry(kind: Kind) -> Entry:
    says, more = told(kind)
    terms = tuple((p.name, _default(p)) for p in kind.options.values())
    return Entry(kind.name, says, more, terms, _example(kind))


def _default(option: Parameter) -> str:
    if option.default is option.empty:
        return "has to be given"
    return "left out unless given" if option.default is None else f"{option.default} unless given"


def _example(kind: Kind) -> str:
    """A file with a layer of that kind on the first inputs that it takes."""
    if kind.name in _TOLD:
        inputs, written = _TOLD[kind.name]
        return f"[network]\ninputs = {inputs}\n[[layer]]\n{written}"
    needed = {name: _CHOSEN[name] for name, p in kind.options.items() if p.default is p.empty}
    options = "".join(f"{name} = {value}\n" for name, value in needed.items())
    values = {name: value.strip('"') if isinstance(value, str) else value for name, value in needed.items()}
    inputs = next(text for text, shape in _INPUTS.items() if _takes(kind, values, shape))
    if kind.name == "embedding":
        inputs = _IDS
    return f'[network]\ninputs = {inputs}\n[[layer]]\nkind = "{kind.name}"\n{options}'.rstrip()


def _takes(kind: Kind, options: dict[str, Any], shape: tuple[int, ...]) -> bool:
    try:
        kind(**options).on(shape)
    except Mistake:
        return False
    return True
