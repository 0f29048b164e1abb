"""JAX: the generated code is compiled by XLA, and ``jax.grad`` of its forward pass judges our gradients."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from typing import Any

from symnet.algebra.mistakes import NotInLibrary, NotInstalled
from symnet.algebra.network import Network
from symnet.computing.backends import ENTRYWISE, OF_ROWS, Backend, flat
from symnet.computing.special import ELEMENTARY

_FUNCTIONS = (
    "arange", "broadcast_to", "cos", "exp", "expm1", "floor", "full", "full_like", "inf", "log", "log1p", "logaddexp",
    "maximum", "minimum", "moveaxis", "sign", "sin", "sqrt", "tanh", "tri", "where", "zeros",
)  # fmt: skip
_OF_NETWORKS = ("log_sigmoid", "log_softmax", "sigmoid", "softmax", "softplus")
_BY_SIZE = ("column_sums", "matmul", "matmul_turned", "turned_matmul")
# {SymPy's name: that in jax.scipy.special}
_SPECIAL = {
    "gamma": "gamma", "loggamma": "gammaln", "digamma": "digamma", "polygamma": "polygamma", "zeta": "zeta",
    "erfinv": "erfinv", "Ei": "expi", "beta": "beta",
}  # fmt: skip


class _JAX(Backend):
    name = "jax"
    imports = (
        dict.fromkeys(_FUNCTIONS, "jax.numpy")
        | dict.fromkeys(_OF_NETWORKS, "jax.nn")
        | dict.fromkeys(_BY_SIZE, "symnet.computing.products")
        | {"erf": "jax.scipy.special", "einsum": "jax.numpy", "scan": "jax.lax", "stop_gradient": "jax.lax"}
        | ENTRYWISE
        | dict.fromkeys(ELEMENTARY, "jax.numpy")
    )
    # relu and abs stay with their formula, whose autodiff at 0 is our convention.
    definitions: Mapping[str, str] = OF_ROWS | {
        "contract": "def contract(how, *arrays): return einsum(how, *arrays)",
        "logged": "def logged(x, c): return where((c == 0) & (x == 0), 1, x)",  # 0 log 0 is 0
        "truncated": "def truncated(z, s, k): return where((s % k == 0) & (s > 0), stop_gradient(z), z)",
        "elu": "def elu(z, alpha=1): return where(z >= 0, z, alpha * expm1(where(z >= 0, 0, z)))",
        "binary_cross_entropy_of": (
            "def binary_cross_entropy_of(z, t): return -t * log_sigmoid(z) - (1 - t) * log_sigmoid(-z)"
        ),
    }
    # A transpose is part of the name of a product: the function knows the quickest way at each size.
    calls: Mapping[str, str] = {
        "matmul": "matmul",
        "matmul of a transpose": "turned_matmul",
        "matmul by a transpose": "matmul_turned",
        "column_sums": "column_sums",
    }
    numbers_are_arrays = True
    scans = True
    tracers = "jax.jit, jax.grad and jax.vmap"
    judges = True

    def special(self, kind: str) -> str:
        if kind not in _SPECIAL:
            raise NotInLibrary(f'JAX has no {kind}; compile with backend="numpy" or "math"')
        return f"from jax.scipy.special import {_SPECIAL[kind]} as {{}}"

    def need(self) -> None:
        try:
            import jax  # noqa: F401
        except ImportError:
            raise NotInstalled("JAX", "jax") from None

    def compiled(self, function: Any) -> Any:
        import jax

        return jax.jit(function)

    def owns(self, array: Any) -> bool:
        import jax
        import numpy as np

        return isinstance(array, (np.ndarray, jax.Array))

    def is_tracing(self, values: Any) -> bool:
        if (jax := sys.modules.get("jax")) is None:
            return False
        return any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves(values))

    def run(self, function: Any, params: Any, examples: Any) -> Any:
        """JAX's arrays where it is given them, NumPy's otherwise."""
        import jax
        import numpy as np

        arrays = [*flat(examples), *params.values()]
        own = any(array.__class__ is not np.ndarray for array in arrays)
        double = any(array.dtype.char == "d" for array in arrays)
        if double == jax.config.jax_enable_x64:  # type: ignore[attr-defined]
            found = function(params, *examples)
            loss, gradients = found if own else jax.device_get(found)
        else:
            with self.precision(*arrays):
                # As NumPy's arrays: JAX's own of float64 are not usable outside this block.
                loss, gradients = jax.device_get(function(params, *examples))
        return (loss if own else loss[()]), gradients

    def precision(self, *arrays: Any) -> Any:
        """Computes in float64 where any of the arrays is; nothing global is changed."""
        import jax

        double = any(str(array.dtype) == "float64" for array in arrays)
        if hasattr(jax, "enable_x64"):
            return jax.enable_x64(double)
        from jax import experimental  # where JAX before 0.5 has it

        return experimental.enable_x64(double)  # type: ignore[attr-defined]

    def loop(self, network: Network) -> Any:
        from symnet.computing.training_loops.jax import JaxLoop

        return JaxLoop

    def once(self, function: Any, params: Any, examples: Any, long: bool = False) -> Any:
        import jax

        called = function if long else jax.jit(function, compiler_options=_quick())
        with self.precision(*flat(examples), *params.values()):
            # JAX's own arrays, or NumPy would work out the operators.
            return jax.device_get(called(*jax.device_put((dict(params), *examples))))

    def differentiated(self, function: Any) -> Any:
        import jax

        return jax.value_and_grad(function)


@cache
def _quick() -> dict[str, Any]:
    """XLA's options for what runs once: a quarter of the time to compile.  Empty where this XLA has not all of them."""
    import jax

    options = {
        "xla_backend_optimization_level": 0,
        "xla_cpu_use_fusion_emitters": False,
        "xla_cpu_parallel_codegen_split_count": 1,
    }
    try:
        jax.jit(lambda x: x, compiler_options=options)(0)
    except RuntimeError:
        return {}
    return options


BACKEND = _JAX()
