"""Layers that read a series, x (time, features), step by step and keep a state, which is 0 before the first step."""

from __future__ import annotations

import re

from symnet.algebra.layers.layer import Layer, Parameter, Shape, activated, layer, rank, whole
from symnet.algebra.mistakes import Mistake, shown

_BEFORE = re.compile(r"\{[HC]\}\[t-1\]")  # a state as the step before left it


@layer
def rnn(
    shape: Shape, units: int, activation: str = "tanh", sequences: bool = False, truncate: int | None = None
) -> Layer:
    """Plain recurrence, H_t = f(x_t W + H_t−1 U + b).  W (features, units), U (units, units), b (units,).

    ``sequences`` gives the states of all steps, not the last one.  ``truncate`` = k stops the gradient between pieces
    of k steps: truncated backpropagation through time.  Sources: Elman (1990); Williams and Peng (1990).
    """
    steps, d = rank(shape, 2, "(time, features)")
    formulas = {"Z[t]": "{x}[t] @ {W} + {H}[t-1] @ {U} + {b}"}
    if activated({}, "Z", "H", activation) == "Z":
        formulas = {"H[t]": formulas["Z[t]"]}
    else:
        inner: dict[str, str] = {}
        activated(inner, "Z", "H", activation)
        formulas["H[t]"] = inner["H"].replace("{Z}", "{Z}[t]")
    return _states(_gates(d, whole("units", units), [""]), formulas, steps, sequences, truncate)


@layer
def lstm(shape: Shape, units: int, sequences: bool = False, truncate: int | None = None) -> Layer:
    """Long short-term memory: C_t = F_t ∘ C_t−1 + I_t ∘ G_t and H_t = O_t ∘ tanh(C_t).

    I, F and O are σ(x_t W + H_t−1 U + b), G the same with tanh, each with weights of its own: Wi, Ui, bi and so on.
    ``sequences`` and ``truncate`` are those of ``rnn``; the gradient stops in H and in C.
    Source: Hochreiter and Schmidhuber (1997); Gers, Schmidhuber and Cummins (2000).
    """
    steps, d = rank(shape, 2, "(time, features)")
    formulas = {f"{g.upper()}[t]": _gate("tanh" if g == "g" else "sigmoid", g) for g in "ifgo"}
    formulas |= {"C[t]": "{F}[t]*{C}[t-1] + {I}[t]*{G}[t]", "H[t]": "{O}[t]*tanh({C}[t])"}
    return _states(_gates(d, whole("units", units), "ifgo"), formulas, steps, sequences, truncate)


@layer
def gru(shape: Shape, units: int, reset: str = "before", sequences: bool = False, truncate: int | None = None) -> Layer:
    """Gated recurrent unit: H_t = (1 − Z_t) ∘ K_t + Z_t ∘ H_t−1 with gates R and Z.

    K_t = tanh(x_t Wk + (R_t ∘ H_t−1) Uk + bk), or with ``reset`` "after" tanh(x_t Wk + bk + R_t ∘ (H_t−1 Uk + ck)),
    as in PyTorch.  ``sequences`` and ``truncate`` are those of ``rnn``.  Source: Cho et al. (2014).
    """
    steps, d = rank(shape, 2, "(time, features)")
    if reset not in ("before", "after"):
        raise Mistake(f'reset is {shown(reset)}; it must be "before" or "after"')
    parameters = _gates(d, whole("units", units), "rzk")
    formulas = {f"{g.upper()}[t]": _gate("sigmoid", g) for g in "rz"}
    formulas["K[t]"] = "tanh({x}[t] @ {Wk} + ({R}[t]*{H}[t-1]) @ {Uk} + {bk})"
    if reset == "after":
        parameters["ck"] = parameters["bk"]
        formulas["K[t]"] = "tanh({x}[t] @ {Wk} + {bk} + {R}[t]*({H}[t-1] @ {Uk} + {ck}))"
    formulas["H[t]"] = "(1 - {Z}[t])*{K}[t] + {Z}[t]*{H}[t-1]"
    return _states(parameters, formulas, steps, sequences, truncate)


def _gates(features: int, units: int, gates: str | list[str]) -> dict[str, Parameter]:
    """W, U and b of every gate; all are drawn as PyTorch draws them, from ±1/√units."""
    parameters: dict[str, Parameter] = {}
    for gate in gates:
        parameters[f"W{gate}"] = Parameter((features, units), units)
        parameters[f"U{gate}"] = Parameter((units, units), units)
        parameters[f"b{gate}"] = Parameter((units,), units, is_weight=False)
    return parameters


def _gate(function: str, gate: str) -> str:
    return f"{function}({{x}}[t] @ {{W{gate}}} + {{H}}[t-1] @ {{U{gate}}} + {{b{gate}}})"


def _states(
    parameters: dict[str, Parameter], formulas: dict[str, str], steps: int, sequences: bool, truncate: int | None
) -> Layer:
    """All states, or the last one; with ``truncate`` no gradient goes from one piece of so many steps to another."""
    if truncate is not None and whole("truncate", truncate) < steps:
        formulas = {left: _BEFORE.sub(rf"truncated(\g<0>, {truncate})", f) for left, f in formulas.items()}
    return Layer(parameters, formulas if sequences else {**formulas, "Y": f"{{H}}[{steps}]"}, "H" if sequences else "Y")
