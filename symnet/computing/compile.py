"""Networks as functions: the loss and its gradients, computed by generated code that a person can read.

step = compile(net, backend="numpy")      "numpy", "jax", or "math" for one example worked by plain Python
loss, gradients = step(params, X, T)      params {"W1": (d, h), …}, X (n, inputs), T (n, targets)
loss, gradients = step(params, (A, B), T) where the inputs are several arrays; see ``computing.examples``
print(step.source)                        each line is an equation of the network, by name
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from symnet.algebra.equations import Length
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.network import Network
from symnet.computing.arrays import checked_parameters
from symnet.computing.backends import Backend, by_name, named
from symnet.computing.examples import checked_examples, in_order, parts, tables_read
from symnet.computing.generated import defined, step_source


@dataclass(frozen=True, repr=False)
class Step:
    """A compiled network; call it with parameters and examples to get (loss, {name: gradient}).

    Arithmetic is in the precision of the arrays, float32 or float64; nothing global is changed.
    """

    network: Network
    backend: str

    def __getstate__(self) -> dict[str, Any]:
        return {"network": self.network, "backend": self.backend}  # the code is written again

    def __repr__(self) -> str:
        arguments = "params, X, T" if self.network.targets else "params, X"
        loss = self.network.equations[-1].name
        return f"Step({arguments}) → ({loss}, its gradients) on {self.backend}; .source is the code"

    @cached_property
    def source(self) -> str:
        """The Python text that runs."""
        return step_source(self.network, self.backend)

    @cached_property
    def function(self) -> Any:
        """step(params, X[, T]) without checks; on JAX not yet compiled."""
        return defined(self.source, "step")

    @cached_property
    def _own(self) -> Backend:
        return named(self.backend)

    @cached_property
    def _compiled(self) -> Any:
        return self._own.compiled(self.function)

    @cached_property
    def _fitting(self) -> set[Any]:
        """The kinds of arguments, by shape and type, that have been checked and need no change."""
        return set()

    def __call__(self, params: Mapping[str, Any], X: Any, Y: Any = None) -> tuple[Any, dict[str, Any]]:
        """(loss, {name: gradient of the parameter's shape}).  Raises Mistake where shapes do not fit.

        Arrays of a shape and type that were seen before are looked at again only where the loss is not finite, so in a
        loop of one's own a step costs what its code costs.  On JAX it may stand inside ``jax.jit``,
        ``jax.grad`` and ``jax.vmap``, and gives JAX's arrays where it is given them, NumPy's otherwise.
        """
        if isinstance(X, Mapping):
            X = _as_given(in_order(self.network.inputs, X, "X"))
        if isinstance(Y, Mapping):
            Y = _as_given(in_order(self.network.targets, Y, "Y"))
        kinds = _kinds(params, X, Y)
        if kinds in self._fitting:
            found = self._computed(params, X, Y)
            # Waiting for JAX's own arrays would cost more than the step.
            if not isinstance(found[0], (np.floating, float)) or math.isfinite(found[0]):
                return found
        if (tracing := _tracing(params, X, Y)) is not None:
            if tracing is not self._own:
                raise Mistake(f'inside {tracing.tracers} a step needs compile(net, backend="{tracing.name}")')
            examples = (X, Y) if self.network.targets else (X,)
            examples = tuple(_in_floats(given, params) for given in examples)
            # Compiled, it takes NumPy's arrays too, which its code may index with what is traced.
            return self._compiled(_shaped(self.network, params), *examples)  # type: ignore[no-any-return]
        rows, targets = checked_examples(self.network, X, Y)
        fitting = checked_parameters(self.network, params, parts(rows)[0].dtype)
        pairs = [*_pairs(X, rows), *((params[name], value) for name, value in fitting.items())]
        pairs += [] if Y is None else _pairs(Y, targets)
        own = all(self._own.owns(given) for given, _ in pairs)
        # Numbers that name rows are looked at every time: what is in no row would be worked as 0.
        if own and not tables_read(self.network) and all(a.dtype == b.dtype and a.shape == b.shape for a, b in pairs):
            self._fitting.add(kinds)
            return self._computed(params, X, Y)  # as they are: JAX's arrays stay where they are
        return self._computed(fitting, rows, targets)

    def _computed(self, params: Mapping[str, Any], X: Any, Y: Any) -> tuple[Any, dict[str, Any]]:
        """The same of arguments that fit."""
        examples = (X, Y) if self.network.targets else (X,)
        return self._own.run(self._compiled, params, examples)  # type: ignore[no-any-return]


def _in_floats(given: Any, params: Mapping[str, Any]) -> Any:
    """Whole numbers, such as ids, in the precision of the parameters, as outside tracing: code works in that of X."""
    if isinstance(given, tuple):
        return tuple(_in_floats(part, params) for part in given)
    kinds = [value.dtype for value in params.values() if hasattr(value, "dtype") and value.dtype.kind == "f"]
    return given.astype(kinds[0]) if kinds and getattr(given, "dtype", kinds[0]).kind in "iub" else given


def _as_given(several: tuple[Any, ...]) -> Any:
    """One array as itself."""
    return several[0] if len(several) == 1 else several


def _pairs(given: Any, fitting: Any) -> list[tuple[Any, Any]]:
    """Each array as it was given, beside what fits; none of the library's own where that is one for several."""
    if isinstance(fitting, tuple) and not isinstance(given, tuple):
        return [(None, fitting)]
    return list(zip(parts(given), parts(fitting), strict=True))


def _kinds(params: Any, X: Any, Y: Any) -> Any:
    """Shapes and types of arrays, and at the end whose arrays they are; None where something is no array."""
    try:
        found: list[Any] = []
        classes = []
        for given in (X, Y):
            for array in given if given.__class__ is tuple else () if given is None else (given,):
                found += (array.shape, array.dtype)
                classes.append(array.__class__)
        for name, value in params.items():
            found += (name, value.shape, value.dtype)
            classes.append(value.__class__)
    except AttributeError:
        return None
    return (*found, tuple(classes))


def _tracing(*values: Any) -> Backend | None:
    """The backend that is working out what a function of these does, in place of numbers."""
    return next((backend for backend in by_name().values() if backend.is_tracing(values)), None)


def _shaped(network: Network, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters, if there is one of each name and of its shape."""
    for w in network.parameters:
        if w.name not in params:
            raise Mistake(f"params has no {shown(w.name)}; net.init(seed=0) gives all of them")
        shape, given = shape_of(w), tuple(np.shape(params[w.name]))
        if len(shape) != len(given) or any(
            not isinstance(length, Length) and int(length) != size for length, size in zip(shape, given, strict=True)
        ):
            raise Mistake(f"parameter {w.name} has shape {given}; it must be {tuple(map(int, shape))}")
    return params


def compile(network: Network, backend: str = "numpy", reduce: str = "mean") -> Step:
    """The loss and gradients of a network as a function of (params, X, T); see the module.

    A network written out unit by unit takes its inputs as the columns of X and its targets as those of T, and its
    loss, which is that of one example, is combined over the batch as ``reduce`` says.  Raises Mistake, also
    NotInstalled where JAX is wanted and missing.
    """
    library = named(backend)
    if not isinstance(network, Network):
        raise Mistake(f"{shown(network)} is not a network; symnet.mlp and symnet.Network.parse make one")
    if not network.has_loss:
        last = network.equations[-1].lhs
        raise Mistake(f"the last equation, {last}, is an array; a loss is one number, as symnet.mlp(…, loss=…) adds")
    library.need()
    return _compiled(network if library.by_units else network.batched(reduce), backend)


@cache
def _compiled(network: Network, backend: str) -> Step:
    return Step(network, backend)
