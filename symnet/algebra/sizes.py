"""What layers give and cost, each number with its arithmetic: nothing is drawn, and nothing is written out.

output         (28 + 2·2 − 5)/1 + 1 = 28     of every axis that a window moves along; what does not fit is dropped
parameters     (5·5·1 + 1)·6 = 156           for each unit its inputs and a bias
multiply-adds  6·28·28·1·5·5 = 117,600       of one example, forward: the sums of products in the layer's equations
activations    6·28·28 = 4,704               the numbers that it gives for one example
receptive      5 + (2 − 1)·1 = 6             how far along an axis a place sees the input
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

from symnet.algebra.entries import lowered
from symnet.algebra.equations import BATCH, Expr
from symnet.algebra.indices import At, Binder, Sum, indices_for
from symnet.algebra.layers.inner import lengths
from symnet.algebra.layers.layer import Layer, Mask, Parameter, Shape, Spec, Window
from symnet.algebra.layers.whole import equations_in
from symnet.algebra.matrices import shape_of


@dataclass(frozen=True)
class Count:
    """A number and how it is counted: 156, "(5·5·1 + 1)·6"."""

    value: int
    arithmetic: str = ""

    def __str__(self) -> str:
        return f"{self.arithmetic} = {self.value:,}" if self.arithmetic else f"{self.value:,}"


@dataclass(frozen=True)
class Sizes:
    """A layer's numbers; ``axes`` and ``receptive`` have one for each axis that windows move along.

    ``receptive`` is None where a place sees everything.
    """

    kind: str
    position: int
    below: Shape
    output: Shape  # of one example
    parameters: Count
    multiply_adds: Count
    activations: Count
    axes: tuple[Count, ...]
    receptive: tuple[Count, ...] | None


class Placed(Protocol):
    """What is asked of a layer in its place, see ``sequential.Placed``."""

    @property
    def spec(self) -> Spec: ...
    @property
    def layer(self) -> Layer: ...
    @property
    def position(self) -> int: ...
    @property
    def parameters(self) -> Mapping[str, Parameter]: ...
    @property
    def formulas(self) -> Mapping[str, str]: ...
    @property
    def output(self) -> str: ...
    @property
    def shape(self) -> Shape: ...
    @property
    def constants(self) -> Mapping[str, Any]: ...
    @property
    def masks(self) -> Mapping[str, Mask]: ...


def sizes_of(shape: Shape, layers: Sequence[Placed], x: str = "X") -> tuple[Sizes, ...]:
    """The sizes of every layer on examples ``x`` of that shape."""
    found = []
    shared: dict[str, Shape] = {}
    costs: dict[tuple[str, Shape], Count] = {}  # of equal layers on equal shapes
    seen = _Seen()
    for layer in layers:
        shared |= {name: parameter.shape for name, parameter in layer.parameters.items()}
        shared |= {name: lengths(value) for name, value in layer.constants.items()}
        if (alike := (repr(layer.spec), shape)) not in costs:
            data = {x: _ones(shape)} if layer.layer.reads_ids else {}
            masks = {name: mask.shape for name, mask in layer.masks.items()}
            equations = equations_in({x: shape, **shared, **masks}, layer.formulas, data, shared)
            costs[alike] = _total(_products(equations))
        windows = layer.layer.windows or ()
        seen = seen.through(layer.layer.windows)
        found.append(
            Sizes(
                layer.spec.kind.name,
                layer.position,
                shape,
                layer.shape,
                counted_parameters(layer.parameters),
                costs[alike],
                Count(prod(layer.shape), _times(layer.shape) if len(layer.shape) > 1 else ""),
                tuple(_moved(n, w) for n, w in zip(_along(shape, windows), windows, strict=True)),
                seen.fields,
            )
        )
        shape, x = layer.shape, layer.output
    return tuple(found)


def counted_parameters(parameters: Mapping[str, Parameter]) -> Count:
    """The parameters of a layer: of those whose names differ in the first letter alone, W, U and b, (d + h + 1)·h."""
    groups: dict[str, list[Shape]] = {}
    for name, parameter in parameters.items():
        groups.setdefault(name[1:], []).append(parameter.shape)
    return _total(part for shapes in groups.values() for part in _of_group(shapes))


def _of_group(shapes: Sequence[Shape]) -> Iterator[str]:
    """The terms of weights and biases of the same units."""
    weights, biases = [s for s in shapes if len(s) > 1], [s for s in shapes if len(s) == 1]
    units = biases[0][0] if biases else 0
    inputs = [_without(shape, units) for shape in weights]
    if not weights or not biases or not all(inputs) or any(bias != (units,) for bias in biases):
        yield from (_times(_inputs_first(shape)) for shape in shapes)
        return
    yield f"({' + '.join([_times(part) for part in inputs] + ['1'] * len(biases))})·{units}"


def _without(shape: Shape, units: int) -> Shape:
    """The lengths that one unit reaches: all but its own, the last of a matrix and the first of a kernel."""
    ordered = _inputs_first(shape)
    return ordered[:-1] if ordered[-1] == units else ()


def _inputs_first(shape: Shape) -> Shape:
    """Height, width, channels, filters of a kernel (filters, channels, height, width); others as they are."""
    return (*shape[2:], shape[1], shape[0]) if len(shape) > 2 else shape


def _products(equations: Iterable[tuple[Any, bool]]) -> Iterator[str]:
    """How often a product is added up, a term for every sum of products."""
    for equation, _ in equations:
        shape = tuple(n for n in shape_of(equation.lhs) if n != BATCH)
        own = indices_for(shape_of(equation.lhs))
        yield from _sums(lowered(equation.rhs, own), shape)


def _sums(expr: Expr, outer: Shape) -> Iterator[str]:
    if isinstance(expr, Binder):
        inner = (*outer, *(int(i.length) for i in expr.indices if i.length != BATCH))
        if isinstance(expr, Sum) and sum(isinstance(factor, At) for factor in _factors(expr.body)) > 1:
            yield _times(inner)
        yield from _sums(expr.body, inner)
        return
    for argument in expr.args:
        yield from _sums(argument, outer)


def _factors(expr: Expr) -> Iterator[Expr]:
    """The factors of a product, also of those in it: R, H and U of (R∘H) U."""
    for factor in expr.args if expr.is_Mul else (expr,):
        yield from _factors(factor) if factor.is_Mul else (factor,)


@dataclass(frozen=True)
class _Seen:
    """How far a place sees the input along each axis, and how many places of it two neighbours are apart."""

    windows: tuple[Window, ...] | None = ()
    fields: tuple[Count, ...] | None = ()

    def through(self, above: tuple[Window, ...] | None) -> _Seen:
        if above is None or self.windows is None:
            return _Seen(None, None)
        if not above:
            return self
        below = self.windows or tuple(Window(1) for _ in above)
        counts = tuple(
            Count(b.then(a).size, f"{b.size} + ({a.size} − 1)·{b.stride}") for b, a in zip(below, above, strict=True)
        )
        return _Seen(tuple(map(Window.then, below, above)), counts)


def _moved(length: int, window: Window) -> Count:
    """How many windows fit."""
    room = length + 2 * window.padding - window.size
    text = f"{length} + 2·{window.padding} − {window.size}" if window.padding else f"{length} − {window.size}"
    share = f"({text})/{window.stride}" if room % window.stride == 0 else f"⌊({text})/{window.stride}⌋"
    return Count(room // window.stride + 1, f"{share} + 1")


def _along(shape: Shape, windows: Sequence[Window]) -> Shape:
    """The lengths of the axes of places: (height, width) of a picture, time of a series."""
    return shape[len(shape) - len(windows) :] if len(windows) > 1 else shape[: len(windows)]


def _total(terms: Iterable[str]) -> Count:
    """The sum of terms such as "5·5" and "(3 + 1)·4", equal ones counted."""
    counted = Counter(terms)
    texts = [text if times == 1 else f"{times}·{text}" for text, times in counted.items()]
    value = sum(times * _worked(text) for text, times in counted.items())
    text = " + ".join(texts)
    return Count(value, text if "·" in text else "")


def _worked(term: str) -> int:
    """The value of "(5·5·1 + 1)·6"."""
    bracket, rest = term[1:].split(")·") if term[0] == "(" else ("1", term)
    return sum(prod(map(int, part.split("·"))) for part in bracket.split(" + ")) * prod(map(int, rest.split("·")))


def _times(lengths: Iterable[Any]) -> str:
    return "·".join(map(str, lengths)) or "1"


def _ones(shape: Shape) -> Any:
    return [_ones(shape[1:])] * shape[0] if shape else 1
