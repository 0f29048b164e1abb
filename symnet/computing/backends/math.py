"""Python's own ``math``: one example at a time, unit by unit, in plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symnet.algebra.mistakes import Mistake
from symnet.computing.backends import Backend, flat
from symnet.computing.special import ELEMENTARY

_FUNCTIONS = ("cos", "erf", "exp", "expm1", "floor", "log", "log1p", "sin", "sqrt", "tanh")


def _numbers(X: Any) -> list[float]:
    """The numbers of one example, row by row, array by array."""
    return [number for array in flat((X,)) for number in array[0].reshape(-1).tolist()]


class _Math(Backend):
    name = "math"
    imports = dict.fromkeys((*_FUNCTIONS, *ELEMENTARY), "math") | {"special_function": "symnet.computing.special"}
    definitions: Mapping[str, str] = {
        "logged": "def logged(x, c): return 1 if c == 0 and x == 0 else x",  # 0 log 0 is 0
        "sigmoid": "def sigmoid(z): return 1 / (1 + exp(-z)) if z >= 0 else exp(z) / (1 + exp(z))",
        "softplus": "def softplus(z): return max(z, 0) + log1p(exp(-abs(z)))",
        "elu": "def elu(z, alpha=1): return z if z >= 0 else alpha * expm1(z)",
    }
    both, either = " and ", " or "
    by_units = True
    trains = False

    def owns(self, array: Any) -> bool:
        return False  # lists of numbers, made from arrays that were checked

    def run(self, function: Any, params: Any, examples: Any) -> Any:
        for array in flat(examples):
            if len(array) != 1:
                raise Mistake(f'backend "math" works one example at a time, but X has {len(array)} rows')
        lists = {name: value.tolist() for name, value in params.items()}
        try:
            return function(lists, *map(_numbers, examples))
        except (ArithmeticError, ValueError) as error:
            why = str(error).removeprefix("math ")
            raise Mistake(f'an equation has no value here that math can compute ({why}); try backend "numpy"') from None


BACKEND = _Math()
