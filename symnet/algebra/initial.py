"""Starting values of parameters, drawn reproducibly from a seed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.parsing import exact_number

DEFAULT = "fan_in"
LARGEST = 10**100
LARGEST_DRAW = 10**9  # parameters, 8 GB
_UNIFORM = re.compile(r"uniform\(\s*([^,()]+?)\s*,\s*([^,()]+?)\s*\)(\s*,\s*biases\s+0)?")


def draw(shapes: Mapping[str, tuple[int, ...]], init: str, seed: int) -> dict[str, Any]:
    """{"W1": (3, 4) array, …} in float64, for the shapes of a network's parameters.

    ``fan_in``, where nothing else is said, draws from ±1/√inputs (PyTorch's default for Linear); ``uniform(a, b)``
    every parameter from [a, b), and ``uniform(a, b), biases 0`` the weights alone; ``glorot`` (Glorot and Bengio, 2010)
    weights from ±√(6/(inputs + units)) and ``he`` (He et al., 2015) weights from ±√(6/inputs), both with biases 0.
    NumPy's default generator with the seed, in the order of ``shapes``.
    """
    import numpy as np

    if not isinstance(init, str):
        raise Mistake(f'init is {shown(init)}; it must be "fan_in", "glorot", "he" or "uniform(-1, 1)"')
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise Mistake(f"seed is {shown(seed)}; it must be a whole number of 0 or more")
    if (count := sum(math.prod(shape) for shape in shapes.values())) > LARGEST_DRAW:
        raise Mistake(f"{count:,} parameters are too many to draw; at most {LARGEST_DRAW:,}")
    random = np.random.default_rng(seed)
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
    drawn: dict[str, Any] = {}
    fan_in = 1
    for name, shape in shapes.items():
        if len(shape) == 2:
            fan_in = shape[0]
        if not bounds:
            weights = len(shape) == 2
            if init == "fan_in":
                high = fan_in**-0.5
            elif init == "glorot":
                high = (6 / sum(shape)) ** 0.5 if weights else 0.0
            else:
                high = (6 / fan_in) ** 0.5 if weights else 0.0
            low = -high
        drawn[name] = random.uniform(low, high, shape)
        if bounds and bounds[3] and len(shape) < 2:
            drawn[name][...] = 0
    return drawn
