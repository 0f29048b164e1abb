"""The sizes of each kind of layer as formulas, one function a kind, named as it.

A function writes the lengths of the output, then the parameters and the multiply-adds, and says the layer in words; of
a layer with windows it gives these with their stride.  To add a kind, write its function: the tests hold it to what
``sizes`` counts on the layer's own equations.  A kind without one is worked from those numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import isfunction
from typing import Any, TypeAlias

from symnet.algebra.sized import At

Options: TypeAlias = Mapping[str, Any]  # of the layer, with those that it leaves out
Windows: TypeAlias = tuple[Mapping[str, str], str]  # {axis: what a window's side is called}, the stride


def conv(at: At, options: Options) -> Windows:
    """(F filters of C·k·k weights and a bias each, at H·W places)"""
    filters, kernel = at.number("filters", options["channels"]), options["kernel"]
    height, width = kernel if isinstance(kernel, (list, tuple)) else (kernel, kernel)
    if height == width:
        sides = [at.number("kernel", height)] * 2
        at.says = "convolution, {filters} filters of {kernel} × {kernel}"
    else:
        sides = [at.number("kernel_height", height), at.number("kernel_width", width)]
        at.says = "convolution, {filters} filters of {kernel_height} × {kernel_width}"
    weights = f"{filters}*{at['channels']}*{sides[0]}*{sides[1]}"
    return _convolved(at, options, {"height": sides[0], "width": sides[1]}, "channels", weights)


def conv1d(at: At, options: Options) -> Windows:
    """(F filters of D·k weights and a bias each, at T places)"""
    filters, kernel = at.number("filters", options["channels"]), at.number("kernel", options["kernel"])
    at.says = "convolution along time, {filters} filters of length {kernel}"
    return _convolved(at, options, {"time": kernel}, "features", f"{filters}*{at['features']}*{kernel}")


def _convolved(at: At, options: Options, windows: Mapping[str, str], depth: str, weights: str) -> Windows:
    filters = at.numbers["filters"]
    stride = at.number("stride", options["stride"])
    padding = at.number_if(options["padding"] > 0, "padding", options["padding"])
    at.says += ", stride {stride}" + ", padding {padding}" * bool(padding) + ", no bias" * (not options["bias"])
    if depth == "channels":
        at.line(depth, filters)
    at.moves(windows, stride, padding)
    if depth == "features":
        at.line(depth, filters)
    places = "*".join(at.lines[axis] for axis in windows)
    at.costs(weights + f" + {filters}" * bool(options["bias"]), f"{places}*{weights}")
    return windows, stride


def max_pool(at: At, options: Options) -> Windows:
    """(no parameters: a maximum has none)"""
    return _pool(at, options, "max pool")


def mean_pool(at: At, options: Options) -> Windows:
    """(no parameters: a mean has none)"""
    return _pool(at, options, "mean pool")


def _pool(at: At, options: Options, kind: str) -> Windows:
    size = at.number("size", options["size"])
    said = options["stride"] if options["stride"] is not None else options["size"]
    stride = at.number_if(options["stride"] is not None, "stride", said) or size
    picture = "height" in at
    at.says = f"{kind}, {{size}}{' × {size}' * picture}, stride {{{'size' if stride == size else 'stride'}}}"
    windows = {"height": size, "width": size} if picture else {"time": size}
    if picture:
        at.keeps("channels")
    at.moves(windows, stride)
    if not picture:
        at.keeps("features")
    at.costs()
    return windows, stride


def global_mean_pool(at: At, options: Options) -> None:
    """(a number for every channel)"""
    _over_all(at, "mean")


def global_max_pool(at: At, options: Options) -> None:
    """(a number for every channel)"""
    _over_all(at, "maximum")


def _over_all(at: At, what: str) -> None:
    over = "the picture, for every channel" if "channels" in at else "time, for every feature"
    at.says = f"{what} over {over}"
    at.line("features", at["channels"] if "channels" in at else at["features"])
    at.costs()


def flatten(at: At, options: Options) -> None:
    """(all numbers in a row)"""
    at.says = "flatten"
    at.line("features", "*".join(at.below.shape.values()))
    at.costs()


def dense(at: At, options: Options) -> None:
    """(u units with D weights and a bias each)"""
    units = at.number("units", options["units"])
    at.says = "dense, {units} units" + ", no bias" * (not options["bias"])
    times = ""
    if "time" in at:
        at.keeps("time")
        times = f"{at['time']}*"
    at.line("features", units)
    weights = f"{at['features']}*{units}"
    at.costs(weights + f" + {units}" * bool(options["bias"]), times + weights)


def rnn(at: At, options: Options) -> None:
    """(D + u weights and a bias a unit)"""
    _recurrent(at, options, "recurrent layer", 1)


def lstm(at: At, options: Options) -> None:
    """(four gates, each with D + u weights and a bias a unit)"""
    _recurrent(at, options, "LSTM", 4)


def gru(at: At, options: Options) -> None:
    """(three gates, each with D + u weights and a bias a unit; one more bias where the reset comes after)"""
    _recurrent(at, options, "GRU", 3)


def _recurrent(at: At, options: Options, kind: str, gates: int) -> None:
    units, features = at.number("units", options["units"]), at["features"]
    after = options.get("reset") == "after"
    at.says = f"{kind}, {{units}} units, " + ("all states" if options["sequences"] else "the last state")
    at.says += ", reset after the product" * after
    if options["sequences"]:
        at.keeps("time")
    at.line("features", units)
    weights = f"{features}*{units} + {units}*{units}"
    each = f"{weights} + {units}"
    parameters = f"{gates}*({each})" if gates > 1 else each
    macs = f"{at['time']}*{f'{gates}*' if gates > 1 else ''}({weights})"
    at.costs(parameters + f" + {units}" * after, macs)


def embedding(at: At, options: Options) -> None:
    """(a row of d numbers for each of V words)"""
    words, dimension = at.number("words", options["words"]), at.number("dimension", options["width"])
    at.says = "embedding, {words} words, dimension {dimension}"
    at.keeps("time")
    at.line("features", dimension)
    at.costs(f"{words}*{dimension}")


def tied(at: At, options: Options) -> None:
    """(scores of all words, by the table of the embedding: no parameters of its own)"""
    words = f"words{options['to']}"
    at.says = "scores of the words, by the table of layer " + str(options["to"])
    times = ""
    if "time" in at:
        at.keeps("time")
        times = f"{at['time']}*"
    at.line("features", words)
    at.costs("0", f"{times}{at['features']}*{words}")


def positional_encoding(at: At, options: Options) -> None:
    """(learned, a number for every feature of every step)"""
    at.says = "positions, " + ("learned" if options["learned"] else "sines and cosines")
    at.costs(f"{at['time']}*{at['features']}" if options["learned"] else "0")


def attention(at: At, options: Options) -> None:
    """(W_Q, W_K, W_V and W_O of D·D each)"""
    d, t, heads = at["features"], at["time"], options["heads"]
    at.says = _of_heads("self-attention", heads) + ("" if options["bias"] else ", no bias")
    at.costs(f"4*{d}*{d}" + f" + 4*{d}" * options["bias"], f"4*{t}*{d}*{d} + 2*{t}*{t}*{d}")


def transformer(at: At, options: Options) -> None:
    """(attention, two dense layers with h units between them, and two norms of 2 D each)"""
    d, t = at["features"], at["time"]
    hidden = "{hidden} hidden units" if options["hidden"] is not None else "4 hidden units a feature"
    at.says = f"{_of_heads('transformer block', options['heads'])}, {hidden}"
    at.says += "" if options["bias"] else ", attention without bias"
    h = at.number("hidden", options["hidden"]) if options["hidden"] is not None else at.line("hidden", f"4*{d}")
    inside = f"4*{d}*{d}" + f" + 4*{d}" * options["bias"]
    at.costs(
        f"{inside} + {d}*{h} + {h} + {h}*{d} + {d} + 2*2*{d}",
        f"4*{t}*{d}*{d} + 2*{t}*{t}*{d} + 2*{t}*{d}*{h}",
    )


def _of_heads(what: str, heads: int) -> str:
    return f"{what}, {heads} heads" if heads > 1 else f"{what}, 1 head"


def layer_norm(at: At, options: Options) -> None:
    """(a gain and a bias for every feature)"""
    at.says = "layer norm"
    at.costs(f"2*{at.last}")


def batch_norm(at: At, options: Options) -> None:
    """(a gain and a bias for every channel)"""
    at.says = "batch norm"
    at.costs(f"2*{at['channels'] if 'channels' in at else at['features']}")


def dropout(at: At, options: Options) -> None:
    """(nothing)"""
    at.says = f"dropout, {options['rate']}"
    at.costs()


def activation(at: At, options: Options) -> None:
    """(nothing)"""
    at.says = f"{options['function']}"
    at.costs()


KINDS: dict[str, Callable[[At, Options], Windows | None]] = {
    name: function
    for name, function in list(globals().items())
    if isfunction(function) and not name.startswith("_") and function.__module__ == __name__
}
