"""NumPy: the generated code is NumPy's own functions, and training writes into arrays made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symnet.algebra.network import Network
from symnet.computing.backends import ENTRYWISE, OF_ROWS, Backend
from symnet.computing.special import ELEMENTARY

_FUNCTIONS = (
    "abs", "add", "broadcast_to", "copyto", "cos", "divide", "empty", "exp", "expm1", "floor", "full",
    "full_like", "greater", "inf", "log", "log1p", "logaddexp", "maximum", "minimum", "multiply", "negative", "power",
    "sign", "sin", "sqrt", "subtract", "tanh", "tri", "vdot", "where", "zeros",
)  # fmt: skip


class _NumPy(Backend):
    name = "numpy"
    imports = (
        dict.fromkeys((*_FUNCTIONS, *ELEMENTARY), "numpy")
        | {"erf": "symnet.computing.erf", "special_function": "symnet.computing.special"}
        | {"contract": "symnet.computing.contracting"}
        | ENTRYWISE
    )
    definitions: Mapping[str, str] = OF_ROWS | {
        "relu": "def relu(z): return maximum(z, 0)",
        "logged": "def logged(x, c): return where((c == 0) & (x == 0), 1, x)",  # 0 log 0 is 0
        "stop_gradient": "def stop_gradient(z): return z",
        "truncated": "def truncated(z, s, k): return z",
        "sigmoid": "def sigmoid(z): return 1 / (1 + exp(-z))",
        "softplus": "def softplus(z): return logaddexp(z, 0)",
        "elu": "def elu(z, alpha=1): return where(z >= 0, z, alpha * expm1(minimum(z, 0)))",
        "binary_cross_entropy_of": (
            "def binary_cross_entropy_of(z, t): return maximum(z, 0) - z * t + log1p(exp(-abs(z)))"
        ),
        "log_softmax": "def log_softmax(z): s = z - z.max(-1)[..., None]; return s - log(exp(s).sum(-1))[..., None]",
        "softmax": "def softmax(z): e = exp(z - z.max(-1)[..., None]); return e / e.sum(-1)[..., None]",
    }

    def owns(self, array: Any) -> bool:
        import numpy as np

        return array.__class__ is np.ndarray

    def run(self, function: Any, params: Any, examples: Any) -> Any:
        import numpy as np

        with np.errstate(all="ignore"):  # overflow is looked for in the result, not in passing
            return function(params, *examples)

    def loop(self, network: Network) -> Any:
        from symnet.computing.training_loops.numpy import NumpyLoop

        return NumpyLoop


BACKEND = _NumPy()
