"""Layers in which every step of a series looks at all steps.  x (time, features)."""

from __future__ import annotations

from symnet.algebra.layers.layer import Layer, Parameter, Shape, activated, layer, rank, whole
from symnet.algebra.mistakes import Mistake, shown


@layer
def attention(shape: Shape, heads: int = 1, mask: str | None = None, bias: bool = False) -> Layer:
    """Self-attention, Y = softmax(Q Kᵀ/√k) V W_O with Q = x W_Q, K = x W_K and V = x W_V; k is the width of a head.

    ``mask`` "causal" lets a step see itself and those before it.  All weights (features, features); with several heads
    the columns of Q, K and V are shared out among them.  ``bias`` adds bQ, bK, bV and bO.  Source: Vaswani et al.
    (2017), section 3.2.
    """
    _, d = rank(shape, 2, "(time, features)")
    return Layer(_projections(d, bias), attended("{x}", d, heads, mask, bias), "Y")


def _projections(d: int, bias: bool) -> dict[str, Parameter]:
    parameters = {f"W{name}": Parameter((d, d), d) for name in "QKVO"}
    if bias:
        parameters |= {f"b{name}": Parameter((d,), d, is_weight=False) for name in "QKVO"}
    return parameters


def attended(x: str, d: int, heads: int, mask: str | None, bias: bool = False) -> dict[str, str]:
    """The formulas of attention over ``x``, whose last one is Y."""
    width = whole("heads", heads) and d // heads
    if d % heads:
        raise Mistake(f"heads is {heads}, which does not divide the {d} features")
    if mask not in (None, "causal"):
        raise Mistake(f'mask is {shown(mask)}; it must be "causal", or left out')
    softmax = "softmax" if mask is None else "causal_softmax"
    formulas = {name: f"{x} @ {{W{name}}}" + f" + {{b{name}}}" * bias for name in "QKV"}
    if heads == 1:
        formulas |= {"S": f"{{Q}} @ {{K}}.T/sqrt({d})", "A": f"{softmax}({{S}})", "O": "{A} @ {V}"}
    else:
        column = f"{width}*h+e-{width}"
        one = f"h=1..{heads}"
        scores = f"sum[e=1..{width}]({{Q}}[i,{column}]*{{K}}[j,{column}])/sqrt({width})"
        formulas[f"S[{one},i,j]"] = scores
        formulas["A"] = f"{softmax}({{S}})"
        formulas[f"P[{one},i,e=1..{width}]"] = f"sum[j]({{A}}[h,i,j]*{{V}}[j,{column}])"
        shared = " + ".join(
            f"sum[e=1..{width}]({{P}}[{h},i,e]*{{WO}}[{width * (h - 1)}+e,f])" for h in range(1, heads + 1)
        )
        return {**formulas, "Y[i,f]": shared + " + {bO}[f]" * bias}
    return {**formulas, "Y": "{O} @ {WO}" + " + {bO}" * bias}


@layer
def transformer(
    shape: Shape,
    heads: int = 1,
    hidden: int | None = None,
    mask: str | None = None,
    bias: bool = False,
    activation: str = "relu",
) -> Layer:
    """Transformer block with the norms first: X' = x + attention(norm(x)), Y' = X' + f(norm(X') Wh + bh) Wy + by.

    ``hidden`` units between the two, four times the features unless told; ``bias`` gives the attention biases too, as
    GPT-2 has them with f = gelu.  Source: Vaswani et al. (2017); Xiong et al. (2020) for the place of the norms.
    """
    _, d = rank(shape, 2, "(time, features)")
    h = 4 * d if hidden is None else whole("hidden", hidden)
    parameters = _projections(d, bias)
    parameters |= {"Wh": Parameter((d, h), d), "bh": Parameter((h,), d, is_weight=False)}
    parameters |= {"Wy": Parameter((h, d), h), "by": Parameter((d,), h, is_weight=False)}
    for name, start in (("gx", 1), ("cx", 0), ("gr", 1), ("cr", 0)):
        parameters[name] = Parameter((d,), 1, start=start, is_weight=False)
    formulas = {"N": "{gx}*layer_norm({x}) + {cx}", **attended("{N}", d, heads, mask, bias)}
    formulas |= {
        "R": "{x} + {Y}",
        "M": "{gr}*layer_norm({R}) + {cr}",
        "Z": "{M} @ {Wh} + {bh}",
    }
    formulas["B"] = f"{{R}} + {{{activated(formulas, 'Z', 'H', activation)}}} @ {{Wy}} + {{by}}"
    return Layer(parameters, formulas, "B")
