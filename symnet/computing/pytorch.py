"""Networks to and from PyTorch: an ``nn.Sequential`` of the layers that both know, with the same numbers.

``pytorch_layers`` has a row for each kind of layer.  PyTorch is imported only when one of the two functions is called.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from symnet.algebra import functions, layers, matrices
from symnet.algebra.equations import BATCH, Expr, Symbol, add, multiply, symbol
from symnet.algebra.layers import Spec
from symnet.algebra.losses import Loss
from symnet.algebra.matrices import matmul, rows
from symnet.algebra.mistakes import Mistake, NotInstalled, shown
from symnet.algebra.mlp import mlp
from symnet.algebra.network import Network
from symnet.algebra.parsing import parse
from symnet.algebra.sequential import Placed, sequential
from symnet.computing.arrays import Array as Numbers
from symnet.computing.arrays import checked_parameters
from symnet.computing.pytorch_layers import ROWS, STATISTICS, module_of, spec_of

# {module of torch.nn: its function here}, and how options of a module are written.
_SIMPLE = {
    "ReLU": "relu",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "Softplus": "softplus",
    "GELU": "gelu",
    "SiLU": "z*sigmoid(z)",
    "Identity": "linear",
}


def from_torch(
    module: Any, loss: str | Loss | None = None, shape: int | Sequence[int] | None = None
) -> tuple[Network, dict[str, Numbers]]:
    """The network of an ``nn.Sequential``, and its parameters in the module's own precision.

    Linear layers, each followed by at most one of ReLU, LeakyReLU, ELU, Tanh, Sigmoid, Softplus, GELU, SiLU, Identity,
    the last by Softmax as well, are a dense net, as ``mlp`` makes it.  With Conv2d, MaxPool2d, AvgPool2d, Flatten,
    BatchNorm1d, BatchNorm2d, LayerNorm, Dropout, Embedding, RNN, LSTM or GRU among them the network is one of
    ``sequential``, on examples of that ``shape``, such as (1, 28, 28); a first Linear says it itself.  The running
    statistics of a BatchNorm stand beside the parameters: ``net.predict`` takes them, as a module in ``eval`` does.

    A Flatten in front of a Linear and a Dropout of nothing are passed over.  Without a ``loss`` the network has no
    targets: it predicts.  Raises Mistake, which names the first layer that is not known here.
    """
    torch = _torch()
    if not isinstance(module, torch.nn.Module):
        raise Mistake(f"{shown(module)} is not a module of PyTorch, such as torch.nn.Sequential(…)")
    if shape is not None or any(_is_of_layers(torch, layer) for _, layer in _flat(torch, module)):
        return _of_layers(torch, module, loss, shape)
    linears: list[Any] = []
    activations: list[str] = []
    for where, layer in _flat(torch, module):
        if isinstance(layer, torch.nn.Linear):
            if any(layer is other for other in linears):
                raise Mistake(f"{where} is a Linear that stands there twice; layers here have weights of their own")
            linears.append(layer)
            activations.append("linear")
        elif _does_nothing(torch, layer, first=not linears):
            continue
        else:
            formula = _formula(torch, where, layer)
            if not linears or activations[-1] != "linear":
                raise Mistake(f"{where} is a {type(layer).__name__} that does not follow a Linear")
            activations[-1] = formula
    if not linears:
        raise Mistake("the module has no Linear layer")
    if "softmax" in activations[:-1]:
        raise Mistake("a Softmax stands between layers; here it may only be the last")
    for before, after in itertools.pairwise(linears):
        if before.out_features != after.in_features:
            raise Mistake(f"a Linear of {before.out_features} outputs is followed by one of {after.in_features} inputs")
    layers = [linears[0].in_features, *(layer.out_features for layer in linears)]
    net = mlp(layers, activation=activations[:-1], output=activations[-1], loss=loss)
    params: dict[str, Numbers] = {}
    for i, layer in enumerate(linears, 1):
        weight, bias = (part.detach().cpu().numpy() for part in (layer.weight, layer.bias))
        if weight.dtype not in (np.float32, np.float64):
            raise Mistake(f"the module is of {weight.dtype}; networks here compute in float32 or float64")
        params[f"W{i}"], params[f"b{i}"] = weight.T.copy(), bias.copy()
    return net, params


def _is_of_layers(torch: Any, layer: Any) -> bool:
    """Whether a module is of a kind that dense nets do not have."""
    dense = torch.nn.Flatten
    dropped = isinstance(layer, torch.nn.Dropout) and layer.p == 0
    if isinstance(layer, torch.nn.Linear):
        return layer.bias is None
    return type(layer).__name__ in ROWS and not isinstance(layer, dense) and not dropped


def _of_layers(torch: Any, module: Any, loss: Any, shape: Any) -> tuple[Network, dict[str, Numbers]]:
    """The network and its parameters by ``sequential``."""
    specs: list[Spec] = []
    numbers: list[Mapping[str, Any]] = []
    seen: list[Any] = []
    for where, layer in _flat(torch, module):
        try:
            if type(layer).__name__ in ("States", "Last") and specs and "sequences" in specs[-1].kind.options:
                every = {**specs[-1].options, "sequences": type(layer).__name__ == "States"}
                specs[-1] = replace(specs[-1], options=every)
            elif isinstance(layer, torch.nn.Identity) or (isinstance(layer, torch.nn.Dropout) and layer.p == 0):
                continue
            elif (known := spec_of(torch, layer)) is not None:
                if known[1] and any(layer is other for other in seen):
                    raise Mistake("it stands there twice; layers here have weights of their own")
                seen.append(layer)
                specs.append(known[0])
                numbers.append(known[1])
            else:
                specs, numbers = _activated(specs, numbers, _formula(torch, where, layer))
        except Mistake as mistake:
            begins = f"{where} is a"
            raise (
                mistake if str(mistake).startswith(begins) else Mistake(f"{begins} {type(layer).__name__}: {mistake}")
            ) from None
    if shape is None and specs and specs[0].kind is layers.dense:
        shape = numbers[0]["W"].shape[0]
    if shape is None:
        raise Mistake("shape is missing; it is that of one example, as in from_torch(module, shape=(1, 28, 28))")
    net = sequential(shape, specs, loss)
    named = {f"{name}{i}": value for i, parts in enumerate(numbers, 1) for name, value in parts.items()}
    for value in named.values():
        if value.dtype not in (np.float32, np.float64):
            raise Mistake(f"the module is of {value.dtype}; networks here compute in float32 or float64")
    return net, checked_parameters(net.to_predict, named)


def _activated(specs: list[Spec], numbers: list[Any], formula: str) -> tuple[list[Spec], list[Any]]:
    """The layers with an activation after them: an option of the last where that has it, else a layer of its own."""
    last = specs[-1] if specs else None
    if (
        formula == "softmax"
        or last is None
        or last.kind not in (layers.dense, layers.conv)
        or "activation" in last.options
    ):
        return [*specs, layers.activation(formula)], [*numbers, {}]
    return [*specs[:-1], replace(last, options={**last.options, "activation": formula})], numbers


def to_torch(net: Network, params: Mapping[str, Any]) -> Any:
    """An ``nn.Sequential`` with these parameters, in their precision: what the network predicts, without its loss.

    Layers are those of ``from_torch``; with the statistics of batch normalization beside ``params`` the module has them
    as its running ones.  Raises Mistake where PyTorch has no module for a layer, or where an equation of a network
    without layers is neither a dense layer nor an activation.
    """
    torch = _torch()
    if not isinstance(net, Network):
        raise Mistake(f"{shown(net)} is not a network; symnet.mlp makes one")
    if net.layers:
        return _modules(torch, net, params)
    arrays = checked_parameters(net, params)
    below: Symbol = net.inputs[0]
    modules: list[Any] = []
    for equation in net.equations:
        if below == net.output:
            break
        weights = [part.args[1] for part in equation.rhs.args if isinstance(part, matmul) and part.args[0] == below]
        biases = [part.args[0] for part in equation.rhs.args if isinstance(part, rows)]
        if weights and biases and equation.rhs == add(matmul(below, weights[0]), rows(biases[0], BATCH)):
            weight, bias = (torch.from_numpy(arrays[name.name].copy()) for name in (weights[0], biases[0]))
            layer = torch.nn.Linear(*weight.shape, dtype=weight.dtype)
            with torch.no_grad():
                layer.weight.copy_(weight.T)
                layer.bias.copy_(bias)
            modules.append(layer)
        elif equation.rhs != below:
            modules.append(_module(torch, equation.name, equation.rhs, below))
        below = equation.lhs
    return torch.nn.Sequential(*modules)


def _modules(torch: Any, net: Network, params: Mapping[str, Any]) -> Any:
    """The modules of a network of layers."""
    known = isinstance(params, Mapping) and any(name.name in params for name in net.statistics)
    arrays = checked_parameters(net.to_predict if known else net, params)
    modules: list[Any] = []
    below: tuple[int, ...] = tuple(int(length) for length in matrices.shape_of(net.inputs[0])[1:])
    layer: Placed
    for layer in net.layers:
        names = {name: f"{name}{layer.position}" for name in (*layer.layer.parameters, *STATISTICS)}
        numbers = {name: arrays[placed] for name, placed in names.items() if placed in arrays}
        spec, activation = layer.spec, layer.spec.options.get("activation", "linear")
        z = symbol("z")
        if spec.kind is layers.activation:
            if spec.options.get("temperature", 1) != 1:
                raise Mistake(f"a layer {spec} has no module of PyTorch that does the same")
            activation = spec.options["function"]
        else:
            modules.append(module_of(torch, spec, numbers, below))
        if activation == "softmax" and len(layer.shape) == 1:
            modules.append(torch.nn.Softmax(dim=1))
        elif activation != "linear" and spec.kind not in (layers.rnn,):
            formula = (
                functions.CATALOGUE[activation](z) if activation in functions.CATALOGUE else parse(activation, ("z",))
            )
            modules.append(_module(torch, layer.output, formula, z))
        below = layer.shape
    return torch.nn.Sequential(*modules)


def _flat(torch: Any, module: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """(where it stands, layer) of nested Sequentials in order."""
    if isinstance(module, torch.nn.Sequential):
        for name, layer in enumerate(module):  # named_children leaves out what stands there twice
            yield from _flat(torch, layer, f"{where}[{name}]")
    else:
        yield where.replace("][", ".") or "the module", module


def _does_nothing(torch: Any, layer: Any, first: bool) -> bool:
    """Whether it gives what it is given: rows are flat already."""
    return (isinstance(layer, torch.nn.Dropout) and layer.p == 0) or (isinstance(layer, torch.nn.Flatten) and first)


def _formula(torch: Any, where: str, layer: Any) -> str:
    """The activation as it is written here."""
    name, nn = type(layer).__name__, torch.nn
    if isinstance(layer, nn.LeakyReLU):
        return f"leaky_relu(z, {layer.negative_slope!r})"
    if isinstance(layer, nn.ELU):
        return f"elu(z, {layer.alpha!r})"
    if isinstance(layer, nn.Softmax):
        if layer.dim not in (1, -1):
            raise Mistake(f"{where} is a Softmax over axis {layer.dim}; here it is over the outputs, dim=1")
        return "softmax"
    if isinstance(layer, nn.GELU) and layer.approximate != "none":
        raise Mistake(f"{where} is a GELU by its approximation with tanh; gelu here is the exact one")
    if isinstance(layer, nn.Softplus) and layer.beta != 1:
        raise Mistake(f"{where} is a Softplus with beta={layer.beta:g}; softplus here has beta=1")
    if name not in _SIMPLE or type(layer) is not getattr(nn, name, None):
        known = ", ".join([*ROWS, *_SIMPLE, "LeakyReLU", "ELU", "Softmax"])
        raise Mistake(f"{where} is a {shown(name)[1:-1]}, which is not known here; known are {known}")
    return _SIMPLE[name]


def _module(torch: Any, name: str, rhs: Expr, z: Symbol) -> Any:
    """The module that does what the equation says."""
    nn = torch.nn
    for module, formula in _SIMPLE.items():
        if formula in functions.CATALOGUE and rhs == functions.CATALOGUE[formula](z):
            return getattr(nn, module)()
    if rhs in (multiply(z, functions.sigmoid(z)), multiply(functions.sigmoid(z), z)):
        return nn.SiLU()
    if isinstance(rhs, matrices.softmax) and rhs.args == (z,):
        return nn.Softmax(dim=1)
    options = [float(option) for option in rhs.args[1:] if not option.free_symbols]
    if rhs.args[:1] == (z,) and len(options) == len(rhs.args) - 1:
        if isinstance(rhs, functions.elu):
            return nn.ELU(*options)
        if isinstance(rhs, functions.leaky_relu):
            return nn.LeakyReLU(*(options or [0.01]))
    raise Mistake(f"{name} = {rhs} is neither a dense layer nor an activation that PyTorch has a module for")


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise NotInstalled("PyTorch", "torch") from None
    return torch
