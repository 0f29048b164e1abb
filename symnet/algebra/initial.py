"""Starting values of parameters, drawn reproducibly from a seed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from numbers import Integral
from typing import Any, Protocol

from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.parsing import exact_number
from symnet.algebra.seeded import Seeded

DEFAULT = "fan_in"
LARGEST = 10**100
LARGEST_DRAW = 10**9  # parameters, 8 GB
_UNIFORM = re.compile(r"uniform\(\s*([^,()]+?)\s*,\s*([^,()]+?)\s*\)(\s*,\s*biases\s+0)?")


class Told(Protocol):
    """What a layer says of a parameter: see ``layers.layer.Parameter``."""

    @property
    def fan_in(self) -> int: ...
    @property
    def start(self) -> int | None: ...
    @property
    def is_weight(self) -> bool: ...


def draw(
    shapes: Mapping[str, tuple[int, ...]], init: str, seed: int, told: Mapping[str, Told] | None = None
) -> dict[str, Any]:
    """{"W1": (3, 4) array, …} in float64, for the shapes of a network's parameters.

    ``fan_in``, where nothing else is said, draws from ±1/√inputs (PyTorch's default for Linear); ``uniform(a, b)``
    every parameter from [a, b), and ``uniform(a, b), biases 0`` the weights alone; ``glorot`` (Glorot and Bengio, 2010)
    weights from ±√(6/(inputs + units)) and ``he`` (He et al., 2015) weights from ±√(6/inputs), both with biases 0.
    NumPy's default generator with the seed, in the order of ``shapes``.  Where layers have ``told`` of a parameter how
    many inputs a unit has through it, or the number it starts from, that holds; otherwise matrices are weights (from,
    to), and all else biases.
    """
    import numpy as np

    drawn: dict[str, Any] = {}
    bounds = _bounds(shapes, init, seed, told or {})
    random = np.random.default_rng(seed)
    for name, low, high, kept in bounds:
        drawn[name] = random.uniform(low, high, shapes[name])
        if not kept:
            drawn[name][...] = 0
        if told and (start := told[name].start) is not None:
            drawn[name][...] = start
    return drawn


def draw_lists(shapes: Mapping[str, tuple[int, ...]], init: str, seed: int) -> dict[str, Any]:
    """The same numbers in nested lists, drawn without NumPy."""
    drawn: dict[str, Any] = {}
    bounds = _bounds(shapes, init, seed, {})
    random = Seeded(seed)
    for name, low, high, kept in bounds:
        flat = [random.uniform(low, high) for _ in range(math.prod(shapes[name]))]
        drawn[name] = _nested(iter(flat if kept else [0.0] * len(flat)), shapes[name])
    return drawn


def _nested(flat: Iterator[float], shape: tuple[int, ...]) -> Any:
    return [_nested(flat, shape[1:]) for _ in range(shape[0])] if shape else next(flat)


def _bounds(
    shapes: Mapping[str, tuple[int, ...]], init: str, seed: int, told: Mapping[str, Told]
) -> list[tuple[str, float, float, bool]]:
    """(name, lower bound, upper bound, whether what is drawn is kept, or is 0) of every parameter; raises Mistake."""
    if not isinstance(init, str):
        raise Mistake(f'init is {shown(init)}; it must be "fan_in", "glorot", "he" or "uniform(-1, 1)"')
    if isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0:  # NumPy's integers are such, too
        raise Mistake(f"seed is {shown(seed)}; it must be a whole number of 0 or more")
    if (count := sum(math.prod(shape) for shape in shapes.values())) > LARGEST_DRAW:
        raise Mistake(f"{count:,} parameters are too many to draw; at most {LARGEST_DRAW:,}")
    bounds = _UNIFORM.fullmatch(init.strip())
    if bounds:
        try:
            exact_low, exact_high = (exact_number(bound) for bound in bounds.groups()[:2])
        except Mistake as mistake:
            raise Mistake(f"init: {mistake}") from None
        if not -LARGEST < exact_low < exact_high < LARGEST:
            raise Mistake(f"init is {shown(init)}; it needs two bounds within ±1e100, the lower one first")
        low, high = float(exact_low), float(exact_high)
    elif init not in ("fan_in", "glorot", "he"):
        raise Mistake(f'init is {shown(init)}; it must be "fan_in", "glorot", "he" or "uniform(-1, 1)"')
    found = []
    fan_in = 1
    for name, shape in shapes.items():
        weights = told[name].is_weight if name in told else len(shape) == 2
        if name in told:
            fan_in = told[name].fan_in
        elif weights:
            fan_in = shape[0]
        if not bounds:
            if init == "fan_in":
                high = fan_in**-0.5
            elif init == "glorot":
                high = (6 / (fan_in + _units(shape))) ** 0.5 if weights else 0.0
            else:
                high = (6 / fan_in) ** 0.5 if weights else 0.0
            low = -high
        found.append((name, low, high, not (bounds and bounds[3] and not weights)))
    return found


def _units(shape: tuple[int, ...]) -> int:
    """How many units a number reaches: of a kernel (out, in, height, width) those of all its places."""
    return shape[0] * math.prod(shape[2:]) if len(shape) > 2 else shape[-1]
