"""What went wrong when a loss is no longer a finite number: the first equation without a finite value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from symnet.algebra.equations import partial_parts
from symnet.algebra.network import Network
from symnet.computing.arrays import Array
from symnet.computing.backends import named
from symnet.computing.examples import arguments
from symnet.computing.generated import defined, gradients_needed, unpacking
from symnet.computing.log_softmax import with_log_softmax
from symnet.computing.source import Writer


def first_not_finite(network: Network, params: Mapping[str, Array], examples: tuple[Array, ...]) -> str:
    """The first equation, forward and then backward, that has a value which is not finite; "" where all are."""
    network = with_log_softmax(network)
    writer = Writer(named("numpy"))
    body = [f"{writer.names[w]} = params[{w.name!r}]" for w in network.parameters]
    body += unpacking(writer, network)
    equations = (*network.equations, *gradients_needed(network))
    for equation, line in zip(equations, writer.lines(equations), strict=True):
        body += [line, f"yield {equation.name!r}, {writer.names[equation.lhs]}"]
    taken = "params, X, T" if network.targets else "params, X"
    text = "\n".join([*writer.prelude(), f"def values({taken}):", *(f"    {line}" for line in body)])
    with np.errstate(all="ignore"):
        for name, value in defined(text, "values")(params, *arguments(network, examples)):
            if not np.isfinite(value).all():
                kind = "nan" if np.isnan(value).any() else "infinite"
                what = "the gradient " if partial_parts(name) else ""
                return f"{what}{name} is {kind}"
    return ""
