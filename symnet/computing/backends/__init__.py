"""What computes: each module here is one backend, found by its name: ``compile(net, backend="jax")``.

    by_name()          {"numpy": …, "jax": …, "math": …}, every module of this folder
    named("jax")       one of them; raises Mistake for another name
    trainers()         the names of those that ``fit`` can train on

A module holds one object, ``BACKEND``, which says where the functions of generated code come from, how code that was
generated becomes something to call, whose arrays it takes, and how it trains.  To add a backend, add a module; tests,
the command line and the cross-check find it here.  No module imports the library it is for until it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network

# What equations of entries call that are no products or sums of whole arrays.
_ENTRYWISE = ("at", "each", "first", "inside", "largest", "looked_up", "over", "passes", "rows_added")
_POOLING = ("shifted", "to_largest", "window_max", "window_sum", "windows_added")
ENTRYWISE = (
    dict.fromkeys(_ENTRYWISE, "symnet.computing.entrywise")
    | dict.fromkeys(_POOLING, "symnet.computing.pooling")
    | {"convolve": "symnet.computing.convolving"}
)
# Along the last axis of an array of any rank.
OF_ROWS = {
    "logsumexp": "def logsumexp(z): m = z.max(-1); return m + log(exp(z - m[..., None]).sum(-1))",
    "masked_softmax": "def masked_softmax(z, mask): return softmax(where(mask > 0, z, -inf))",
    "masked_logsumexp": "def masked_logsumexp(z, mask): return logsumexp(where(mask > 0, z, -inf))",
}


class Backend:
    """What differs from one backend to another; what is said here holds where a backend says nothing else."""

    name: str
    # A function of the catalogue that stands in neither is printed from its own formula: these are the ones that the
    # library has, and those whose plain formula would overflow or lose digits (a sigmoid of −10,000 is 0).
    imports: Mapping[str, str]  # {name: the module it is imported from}
    definitions: Mapping[str, str]  # {name: its definition, on one line}
    calls: Mapping[str, str] = {}  # {operation: the function that computes it, in place of an operator}
    both, either = " & ", " | "  # between conditions
    numbers_are_arrays = False  # single numbers have the precision of arrays, and a choice between them is ``where``
    by_units = False  # one example at a time, unit by unit, in Python's own numbers
    scans = False  # steps of a recurrence are worked by ``scan``, of one function, rather than by Python's ``for``
    tracers = ""  # what works out what a function does before it gives numbers, as a message names it
    trains = True
    judges = False  # differentiates by itself, and so can judge our gradients: see ``differentiated``

    def special(self, kind: str) -> str:
        """The line that defines a function of SymPy that has no other name here; {} is what it is called."""
        return f"{{}} = special_function({kind!r})"

    def need(self) -> None:
        """Raises NotInstalled where the library is missing."""

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function that generated code defines, made quick to call."""
        return function

    def owns(self, array: Any) -> bool:
        """Whether the library computes with such an array as it is."""
        raise NotImplementedError

    def is_tracing(self, values: Any) -> bool:
        """Whether these stand for numbers while the library works out what a function does, as in ``jax.jit``."""
        return False

    def run(self, function: Callable[..., Any], params: Mapping[str, Any], examples: tuple[Any, ...]) -> Any:
        """(loss, {name: gradient}) from a compiled step; raises Mistake where numbers cannot be computed."""
        return function(params, *examples)

    def precision(self, *arrays: Any) -> AbstractContextManager[Any]:
        """Within it the library computes in the precision of these arrays."""
        return nullcontext()

    def loop(self, network: Network) -> Any:
        """What makes its training loop, one of ``training_loops``: NumPy's, with the gradients of this backend."""
        from symnet.computing.compile import compile
        from symnet.computing.training_loops.numpy import NumpyLoop

        return partial(NumpyLoop, step=compile(network, self.name))

    def once(
        self, function: Callable[..., Any], params: Mapping[str, Any], examples: tuple[Any, ...], long: bool = False
    ) -> Any:
        """What a function gives for NumPy's arrays, as NumPy's, where it is called once: what is ``long`` in code is
        not compiled, and the rest with as little care as can be."""
        return self.run(function, params, examples)

    def differentiated(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """(value, gradients in the first argument) of a function of generated code, by the library's own means."""
        raise NotImplementedError


def flat(examples: tuple[Any, ...]) -> list[Any]:
    """The arrays of (X, T), where X or T may be a tuple of several."""
    return [array for part in examples for array in (part if isinstance(part, tuple) else (part,))]


@cache
def by_name() -> dict[str, Backend]:
    """{name: backend} for every module of this folder, NumPy, which is always there, before the others."""
    names = sorted((found.name for found in iter_modules(__path__)), key=lambda name: (name != "numpy", name))
    return {name: import_module(f"{__name__}.{name}").BACKEND for name in names}


def named(name: str) -> Backend:
    """The backend of that name; raises Mistake with the ones there are."""
    if not isinstance(name, str) or name not in by_name():
        raise Mistake(f"backend is {shown(name)}{suggestion(str(name), by_name())}")
    return by_name()[name]


def trainers() -> tuple[str, ...]:
    """The names of the backends that train."""
    return tuple(name for name, backend in by_name().items() if backend.trains)
