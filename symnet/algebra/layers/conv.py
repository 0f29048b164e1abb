"""Layers whose weights see a window of what is below, the same weights at every place."""

from __future__ import annotations

from symnet.algebra.layers.layer import Layer, Parameter, Shape, Window, activated, layer, rank, whole
from symnet.algebra.mistakes import Mistake, shown


@layer
def conv(
    shape: Shape,
    channels: int,
    kernel: int | tuple[int, int],
    stride: int = 1,
    padding: int = 0,
    activation: str = "linear",
    bias: bool = True,
) -> Layer:
    """Convolution, Z_dpq = Σ_euv K_deuv x_e,sp+u−m,sq+v−m + b_d and A = f(Z), with stride s and padding m.

    x (channels, height, width), K (channels out, channels, height, width), b (channels out,).  The kernel is not
    turned.  Source: Dumoulin and Visin (2016).
    """
    e, *_ = rank(shape, 3, "(channels, height, width)")
    height, width = _window(kernel)
    parameters = {"K": Parameter((whole("channels", channels), e, height, width), e * height * width)}
    seen = tuple(Window(size, stride, padding) for size in (height, width))
    return _convolved(parameters, "conv({x}, {K}, %s)", channels, seen, activation, bias)


@layer
def conv1d(
    shape: Shape,
    channels: int,
    kernel: int,
    stride: int = 1,
    padding: int = 0,
    activation: str = "linear",
    bias: bool = True,
) -> Layer:
    """Convolution along time, Z_pd = Σ_ue K_deu x_sp+u−m,e + b_d and A = f(Z).

    x (time, features), K (channels out, features, length), b (channels out,).
    """
    _, e = rank(shape, 2, "(time, features)")
    length = whole("kernel", kernel)
    parameters = {"K": Parameter((whole("channels", channels), e, length), e * length)}
    seen = (Window(length, stride, padding),)
    return _convolved(parameters, "conv1d({x}.T, {K}, %s).T", channels, seen, activation, bias)


def _convolved(
    parameters: dict[str, Parameter],
    formula: str,
    channels: int,
    seen: tuple[Window, ...],
    activation: str,
    bias: bool,
) -> Layer:
    stride, padding = whole("stride", seen[0].stride), whole("padding", seen[0].padding, 0)
    options = f"stride={stride}, padding={padding}"
    if bias:
        parameters["b"] = Parameter((channels,), parameters["K"].fan_in, is_weight=False)
        options += ", bias={b}"
    formulas = {"Z": formula % options}
    return Layer(parameters, formulas, activated(formulas, "Z", "A", activation), windows=seen)


def _window(kernel: int | tuple[int, int]) -> tuple[int, int]:
    if isinstance(kernel, (tuple, list)):
        if len(kernel) != 2:
            raise Mistake(f"kernel is {shown(kernel)}; it must be a size, or (height, width)")
        return whole("kernel", kernel[0]), whole("kernel", kernel[1])
    return whole("kernel", kernel), kernel
