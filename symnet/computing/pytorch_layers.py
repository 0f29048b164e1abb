"""Layers that symnet and PyTorch both have: one row a kind, with both ways.

Where PyTorch keeps a weight as (to, from), symnet keeps (from, to).  The gates of an LSTM are i, f, g, o in both; those
of a GRU are r, z and k, PyTorch's n.  A gate has one bias here and two there, whose sum is what counts, but for the
candidate of a GRU, where both do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symnet.algebra import layers
from symnet.algebra.layers import Spec
from symnet.algebra.mistakes import Mistake

STATISTICS = ("m", "v")  # of batch normalization, which a module keeps beside its parameters
Numbers = Mapping[str, Any]  # {"W": array, …}, the names without the position of the layer


@dataclass(frozen=True)
class Both:
    """A module of torch.nn and the kind of layer that does the same.

    ``spec`` gives the layer of a module, or raises Mistake; ``numbers`` its arrays; ``module`` the module of a layer
    with those options and arrays, ``of`` the shape below.  The last fills itself where it has arrays.
    """

    kind: str
    spec: Callable[[Any], Spec]
    numbers: Callable[[Any], Numbers]
    module: Callable[[Any, Mapping[str, Any], Numbers, tuple[int, ...]], Any]


def spec_of(torch: Any, module: Any) -> tuple[Spec, Numbers] | None:
    """The layer of a module and its numbers, as arrays of NumPy; None where no row has it.  Raises Mistake."""
    for name, row in ROWS.items():
        if type(module) is getattr(torch.nn, name, None):
            spec = row.spec(module)  # which refuses what is different before its numbers are read
            return spec, {key: value.detach().cpu().numpy().copy() for key, value in row.numbers(module).items()}
    return None


def module_of(torch: Any, spec: Spec, numbers: Numbers, below: tuple[int, ...]) -> Any:
    """The module of a layer that has no activation; ``below`` is the shape of one example.  Raises Mistake."""
    kind = spec.kind
    defaults = {key: option.default for key, option in kind.options.items() if option.default is not option.empty}
    for row in ROWS.values():
        if row.kind == kind.name:
            arrays = {key: torch.from_numpy(np.array(value)) for key, value in numbers.items()}
            made = row.module(torch, {**defaults, **spec.options}, arrays, below)
            if made is not None:
                return made
    raise Mistake(f"a layer {spec} has no module of PyTorch that does the same")


def _is(module: Any, **wanted: Any) -> None:
    """Raises Mistake where an option of a module is not the one that layers here have."""
    for key, value in wanted.items():
        if (given := getattr(module, key)) not in (value, (value, value)):
            raise Mistake(f"its {key} is {given}; layers here have {key}={value}")


def _one(module: Any, key: str) -> int:
    """An option that is the same along both axes."""
    value = getattr(module, key)
    if isinstance(value, tuple):
        if len(set(value)) > 1:
            raise Mistake(f"its {key} is {value}; layers here have one number for both axes")
        value = value[0]
    if not isinstance(value, int):
        raise Mistake(f"its {key} is {value!r}; layers here have a number")
    return value


def _filled(module: Any, **values: Any) -> Any:
    """The module in the precision of these numbers, and with them."""
    first = next(iter(values.values()))
    module = module.to(first.dtype)
    for key, value in values.items():
        getattr(module, key).data.copy_(value)
    return module


def _some(**parts: Any) -> Numbers:
    return {name: part for name, part in parts.items() if part is not None}


# Dense layers and convolutions.


def _linear(torch: Any, options: Any, numbers: Any, below: Any) -> Any:
    made = torch.nn.Linear(*numbers["W"].shape, bias=options["bias"])
    return _filled(made, **_some(weight=numbers["W"].T, bias=numbers.get("b")))


def _conv_spec(module: Any) -> Spec:
    _is(module, groups=1, dilation=1, padding_mode="zeros")
    return layers.conv(
        module.out_channels,
        module.kernel_size,
        stride=_one(module, "stride"),
        padding=_one(module, "padding"),
        bias=module.bias is not None,
    )


def _conv(torch: Any, options: Any, numbers: Any, below: Any) -> Any:
    out, channels, *size = numbers["K"].shape
    rest = {key: options[key] for key in ("stride", "padding", "bias")}
    made = torch.nn.Conv2d(channels, out, tuple(size), **rest)
    return _filled(made, **_some(weight=numbers["K"], bias=numbers.get("b")))


# Pools, and layers that only order or leave out numbers.


def _pool_spec(kind: Any) -> Callable[[Any], Spec]:
    def spec(module: Any) -> Spec:
        _is(module, padding=0, ceil_mode=False)
        if getattr(module, "dilation", 1) != 1:
            raise Mistake("its windows have gaps (dilation); those here have none")
        return kind(_one(module, "kernel_size"), _one(module, "stride"))  # type: ignore[no-any-return]

    return spec


def _pool(name: str) -> Callable[..., Any]:
    def made(torch: Any, options: Any, numbers: Any, below: Any) -> Any:
        if len(below) != 3:
            return None  # steps of a series: PyTorch has the features before them
        return getattr(torch.nn, name)(options["size"], options["stride"] or options["size"])

    return made


def _adaptive(kind: Any) -> Callable[[Any], Spec]:
    def spec(module: Any) -> Spec:
        if module.output_size not in (1, (1, 1)):
            raise Mistake(f"its output_size is {module.output_size}; layers here pool a channel to one number, 1")
        return kind()  # type: ignore[no-any-return]

    return spec


def _global(name: str) -> Callable[..., Any]:
    def made(torch: Any, options: Any, numbers: Any, below: Any) -> Any:
        if len(below) != 3:
            return None
        return torch.nn.Sequential(getattr(torch.nn, name)(1), torch.nn.Flatten())

    return made


def _flatten_spec(module: Any) -> Spec:
    _is(module, start_dim=1, end_dim=-1)
    return layers.flatten()


# Normalization.


def _batch_norm_spec(module: Any) -> Spec:
    if not module.affine:
        raise Mistake("it has no weight and bias (affine=False); layers here have both")
    if not module.track_running_stats:
        raise Mistake("it keeps no running statistics; layers here predict with some")
    return layers.batch_norm(eps=module.eps)


def _batch_norm(name: str, rank: int) -> Callable[..., Any]:
    def made(torch: Any, options: Any, numbers: Any, below: Any) -> Any:
        if len(below) != rank:
            return None
        module = getattr(torch.nn, name)(len(numbers["g"]), eps=float(options["eps"]))
        given = {key: options[key] for key in ("mean", "variance") if options[key] is not None}
        known = {"running_mean": "m", "running_var": "v"}
        filled = _filled(module, weight=numbers["g"], bias=numbers["b"])
        for key, own, said in zip(known, known.values(), ("mean", "variance"), strict=True):
            value = torch.tensor(given[said]) if said in given else numbers.get(own)
            if value is not None:
                getattr(filled, key).copy_(value)
        return filled.eval() if given else filled

    return made


def _layer_norm_spec(module: Any) -> Spec:
    if len(module.normalized_shape) != 1:
        raise Mistake(f"its normalized_shape is {module.normalized_shape}; layers here normalize the last axis alone")
    if module.weight is None or module.bias is None:
        raise Mistake("it has no weight or no bias; layers here have both")
    return layers.layer_norm(eps=module.eps)


def _layer_norm(torch: Any, options: Any, numbers: Any, below: Any) -> Any:
    made = torch.nn.LayerNorm(len(numbers["g"]), eps=float(options["eps"]))
    return _filled(made, weight=numbers["g"], bias=numbers["b"])


# Series.


def _embedding_spec(module: Any) -> Spec:
    if module.max_norm is not None:
        raise Mistake("it limits the length of its rows (max_norm); layers here do not")
    return layers.embedding(module.num_embeddings, module.embedding_dim)


def _embedding(torch: Any, options: Any, numbers: Any, below: Any) -> Any:
    return _filled(torch.nn.Embedding(*numbers["E"].shape), weight=numbers["E"])


def _recurrent_spec(kind: Any, **options: Any) -> Callable[[Any], Spec]:
    def spec(module: Any) -> Spec:
        _is(module, num_layers=1, bidirectional=False, batch_first=True, bias=True)
        if getattr(module, "proj_size", 0):
            raise Mistake("it has a projection (proj_size); layers here have none")
        own = {"activation": module.nonlinearity} if hasattr(module, "nonlinearity") else {}
        return kind(module.hidden_size, **own, **options, sequences=True)  # type: ignore[no-any-return]

    return spec


def _gates(letters: Sequence[str], apart: str = "") -> Callable[[Any], Numbers]:
    """W, U and b of each gate; the gates ``apart`` keep their second bias, c."""

    def numbers(module: Any) -> Numbers:
        found: dict[str, Any] = {}
        count = len(letters)
        both = zip(module.weight_ih_l0.chunk(count), module.weight_hh_l0.chunk(count), strict=True)
        biases = zip(module.bias_ih_l0.chunk(count), module.bias_hh_l0.chunk(count), strict=True)
        for gate, (w, u), (b, c) in zip(letters, both, biases, strict=True):
            found |= {f"W{gate}": w.T, f"U{gate}": u.T, f"b{gate}": b if gate in [*apart] else b + c}
            found |= {f"c{gate}": c} if gate in [*apart] else {}
        return found

    return numbers


def _recurrent(name: str, letters: Sequence[str], options_of: Callable[[Any], Any]) -> Callable[..., Any]:
    def made(torch: Any, options: Any, numbers: Any, below: Any) -> Any:
        from symnet.computing.pytorch_modules import Last, States

        own = options_of(options)
        if own is None or (options["truncate"] or below[0]) < below[0]:  # PyTorch's would pass the gradient on
            return None
        features, units = numbers[f"W{letters[0]}"].shape
        module = getattr(torch.nn, name)(features, units, batch_first=True, **own)
        zero = torch.zeros(units, dtype=numbers[f"W{letters[0]}"].dtype)
        filled = _filled(
            module,
            weight_ih_l0=torch.cat([numbers[f"W{g}"].T for g in letters]),
            weight_hh_l0=torch.cat([numbers[f"U{g}"].T for g in letters]),
            bias_ih_l0=torch.cat([numbers[f"b{g}"] for g in letters]),
            bias_hh_l0=torch.cat([numbers.get(f"c{g}", zero) for g in letters]),
        )
        return torch.nn.Sequential(filled, States() if options["sequences"] else Last())

    return made


def _nonlinearity(options: Mapping[str, Any]) -> dict[str, Any] | None:
    return {"nonlinearity": options["activation"]} if options["activation"] in ("tanh", "relu") else None


def _reset_after(options: Mapping[str, Any]) -> dict[str, Any] | None:
    return {} if options["reset"] == "after" else None


def _none(module: Any) -> Numbers:
    return {}


def _weight_and_bias(module: Any) -> Numbers:
    return {"g": module.weight, "b": module.bias}


def _normalized(module: Any) -> Numbers:
    """With the running statistics, which stand beside the parameters."""
    return {**_weight_and_bias(module), "m": module.running_mean, "v": module.running_var}


ROWS = {
    "Linear": Both(
        "dense",
        lambda module: layers.dense(module.out_features, bias=module.bias is not None),
        lambda module: _some(W=module.weight.T, b=module.bias),
        _linear,
    ),
    "Conv2d": Both("conv", _conv_spec, lambda module: _some(K=module.weight, b=module.bias), _conv),
    "MaxPool2d": Both("max_pool", _pool_spec(layers.max_pool), _none, _pool("MaxPool2d")),
    "AvgPool2d": Both("mean_pool", _pool_spec(layers.mean_pool), _none, _pool("AvgPool2d")),
    "AdaptiveAvgPool2d": Both(
        "global_mean_pool", _adaptive(layers.global_mean_pool), _none, _global("AdaptiveAvgPool2d")
    ),
    "AdaptiveMaxPool2d": Both(
        "global_max_pool", _adaptive(layers.global_max_pool), _none, _global("AdaptiveMaxPool2d")
    ),
    "Flatten": Both("flatten", _flatten_spec, _none, lambda torch, *_: torch.nn.Flatten()),
    "Dropout": Both(
        "dropout",
        lambda module: layers.dropout(module.p),
        _none,
        lambda torch, options, *_: torch.nn.Dropout(float(options["rate"])) if options["mask"] is None else None,
    ),
    "BatchNorm1d": Both("batch_norm", _batch_norm_spec, _normalized, _batch_norm("BatchNorm1d", 1)),
    "BatchNorm2d": Both("batch_norm", _batch_norm_spec, _normalized, _batch_norm("BatchNorm2d", 3)),
    "LayerNorm": Both("layer_norm", _layer_norm_spec, _weight_and_bias, _layer_norm),
    "Embedding": Both("embedding", _embedding_spec, lambda module: {"E": module.weight}, _embedding),
    "RNN": Both("rnn", _recurrent_spec(layers.rnn), _gates([""]), _recurrent("RNN", [""], _nonlinearity)),
    "LSTM": Both("lstm", _recurrent_spec(layers.lstm), _gates("ifgo"), _recurrent("LSTM", "ifgo", lambda _: {})),
    "GRU": Both(
        "gru",
        _recurrent_spec(layers.gru, reset="after"),
        _gates("rzk", apart="k"),
        _recurrent("GRU", "rzk", _reset_after),
    ),
}
