"""Layers without weights that keep one number of every window."""

from __future__ import annotations

from symnet.algebra.layers.layer import Layer, Shape, Window, layer, whole
from symnet.algebra.mistakes import Mistake


@layer
def max_pool(shape: Shape, size: int, stride: int | None = None) -> Layer:
    """The largest number of every window, size × size of a picture, or size steps of a series (time, features)."""
    return _pool("max", shape, size, stride)


@layer
def mean_pool(shape: Shape, size: int, stride: int | None = None) -> Layer:
    """The mean of every window, size × size of a picture, or size steps of a series (time, features)."""
    return _pool("mean", shape, size, stride)


@layer
def global_mean_pool(shape: Shape) -> Layer:
    """The mean of every channel over a picture, or of every feature over time.  Source: Lin, Chen and Yan (2014)."""
    return Layer({}, {"M[d]": "mean[p,q]({x}[d,p,q])" if _is_picture(shape) else "mean[t]({x}[t,d])"}, "M")


@layer
def global_max_pool(shape: Shape) -> Layer:
    """The largest number of every channel over a picture, or of every feature over time."""
    return Layer({}, {"M[d]": "max[p,q]({x}[d,p,q])" if _is_picture(shape) else "max[t]({x}[t,d])"}, "M")


def _pool(kind: str, shape: Shape, size: int, stride: int | None) -> Layer:
    k, s = whole("size", size), whole("stride", size if stride is None else stride)
    if _is_picture(shape):
        return Layer({}, {"M": f"{kind}_pool({{x}}, {k}, stride={s})"}, "M", windows=(Window(k, s),) * 2)
    steps = (shape[0] - k) // s + 1
    if steps < 1:
        raise Mistake(f"no window of {k} steps fits into {shape[0]}")
    formulas = {f"M[p=1..{steps},e]": f"{kind}[u=1..{k}]({{x}}[{s}*p+u-{s},e])"}
    return Layer({}, formulas, "M", windows=(Window(k, s),))


def _is_picture(shape: Shape) -> bool:
    if len(shape) not in (2, 3):
        raise Mistake(f"what is below has the shape {shape}; it must be (channels, height, width) or (time, features)")
    return len(shape) == 3
