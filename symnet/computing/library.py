"""Where each function of the generated code comes from, in NumPy, JAX and Python's math.

A function of the catalogue that stands nowhere here is printed from its own formula.  These are the ones that the
library has, and those whose plain formula would overflow or lose digits: a sigmoid of −10,000 is 0, not a warning.
"""

from __future__ import annotations

from symnet.computing.special import ELEMENTARY

_SHARED = (
    "cos", "exp", "full", "full_like", "log", "sign", "sin", "sqrt", "tanh", "where", "maximum", "minimum", "expm1",
    "log1p", "logaddexp", "broadcast_to",
)  # fmt: skip
_IN_PLACE = ("add", "copyto", "divide", "greater", "multiply", "negative", "power", "subtract", "vdot")
_MATH = ("cos", "erf", "exp", "expm1", "log", "log1p", "sin", "sqrt", "tanh")
# Of SymPy's functions those that all three have by these very names.
_SPECIAL = {"special_function": "symnet.computing.special"}

# {library: {name: the module it is imported from}}
IMPORTS: dict[str, dict[str, str]] = {
    "numpy": dict.fromkeys((*_SHARED, *_IN_PLACE, *ELEMENTARY), "numpy")
    | _SPECIAL
    | {"abs": "numpy", "erf": "symnet.computing.erf"},
    "jax": dict.fromkeys((*_SHARED, *ELEMENTARY), "jax.numpy")
    | dict.fromkeys(("sigmoid", "softplus", "softmax", "log_sigmoid", "log_softmax"), "jax.nn")
    | {"erf": "jax.scipy.special"}
    | dict.fromkeys(("matmul", "turned_matmul", "matmul_turned", "column_sums"), "symnet.computing.products"),
    "math": dict.fromkeys((*_MATH, *ELEMENTARY), "math") | _SPECIAL,
}

# {library: {name: its definition}}; relu and abs on JAX stay with the formula, whose autodiff at 0 is our convention.
DEFINITIONS: dict[str, dict[str, str]] = {
    "numpy": {
        "relu": "def relu(z): return maximum(z, 0)",
        "logged": "def logged(x, c): return where((c == 0) & (x == 0), 1, x)",  # 0 log 0 is 0
        "sigmoid": "def sigmoid(z): return 1 / (1 + exp(-z))",
        "softplus": "def softplus(z): return logaddexp(z, 0)",
        "elu": "def elu(z, alpha=1): return where(z >= 0, z, alpha * expm1(minimum(z, 0)))",
        "binary_cross_entropy_of": (
            "def binary_cross_entropy_of(z, t): return maximum(z, 0) - z * t + log1p(exp(-abs(z)))"
        ),
        "logsumexp": "def logsumexp(z): m = z.max(1); return m + log(exp(z - m[:, None]).sum(1))",
        "log_softmax": "def log_softmax(z): s = z - z.max(1)[:, None]; return s - log(exp(s).sum(1))[:, None]",
        "softmax": "def softmax(z): e = exp(z - z.max(1)[:, None]); return e / e.sum(1)[:, None]",
    },
    "jax": {
        "logged": "def logged(x, c): return where((c == 0) & (x == 0), 1, x)",
        "elu": "def elu(z, alpha=1): return where(z >= 0, z, alpha * expm1(where(z >= 0, 0, z)))",
        "binary_cross_entropy_of": (
            "def binary_cross_entropy_of(z, t): return -t * log_sigmoid(z) - (1 - t) * log_sigmoid(-z)"
        ),
        "logsumexp": "def logsumexp(z): m = z.max(1); return m + log(exp(z - m[:, None]).sum(1))",
    },
    "math": {
        "logged": "def logged(x, c): return 1 if c == 0 and x == 0 else x",
        "sigmoid": "def sigmoid(z): return 1 / (1 + exp(-z)) if z >= 0 else exp(z) / (1 + exp(z))",
        "softplus": "def softplus(z): return max(z, 0) + log1p(exp(-abs(z)))",
        "elu": "def elu(z, alpha=1): return z if z >= 0 else alpha * expm1(z)",
    },
}
