"""Networks as functions: the loss and its gradients, computed by generated code that a person can read.

step = compile(net, backend="numpy")      "numpy", "jax", or "math" for one example worked by plain Python
loss, gradients = step(params, X, T)      params {"W1": (d, h), …}, X (n, inputs), T (n, targets)
print(step.source)                        each line is an equation of the network, by name
"""

from __future__ import annotations

import builtins
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from symnet.algebra.equations import Array, Length, Symbol, array, names_in
from symnet.algebra.layers import entry_names, unroll
from symnet.algebra.matrices import columns, fill, rows, shape_of
from symnet.algebra.mistakes import Mistake, NotInstalled, shown, suggestion
from symnet.algebra.network import Network, needed
from symnet.algebra.optimizers import LEARNING_RATE, SIZE, UPDATE_NUMBER, Optimizer
from symnet.computing.arrays import checked, checked_parameters
from symnet.computing.source import Writer

BACKENDS = ("numpy", "jax", "math")


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
        return _math_source(self.network) if self.backend == "math" else _source(self.network, self.backend)

    @cached_property
    def function(self) -> Any:
        """step(params, X[, T]) without checks; on JAX not yet compiled."""
        return defined(self.source, "step")

    @cached_property
    def _jitted(self) -> Any:
        import jax

        return jax.jit(self.function)

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
        kinds = _kinds(params, X, Y)
        if kinds in self._fitting:
            found = self._computed(params, X, Y)
            # Waiting for JAX's own arrays would cost more than the step.
            if not isinstance(found[0], (np.floating, float)) or math.isfinite(found[0]):
                return found
        if _is_traced(params, X, Y):
            if self.backend != "jax":
                raise Mistake('inside jax.jit, jax.grad and jax.vmap a step needs compile(net, backend="jax")')
            examples = (X, Y) if self.network.targets else (X,)
            return self.function(_shaped(self.network, params), *examples)  # type: ignore[no-any-return]
        rows, targets = checked(X, Y, columns_of(self.network.inputs), columns_of(self.network.targets))
        fitting = checked_parameters(self.network, params, rows.dtype)
        pairs = [(X, rows), *((params[name], value) for name, value in fitting.items())]
        pairs += [] if Y is None else [(Y, targets)]
        if self._is_own(params, X, Y) and all(a.dtype == b.dtype and a.shape == b.shape for a, b in pairs):
            self._fitting.add(kinds)
            return self._computed(params, X, Y)  # as they are: JAX's arrays stay where they are
        return self._computed(fitting, rows, targets)

    def _is_own(self, params: Any, X: Any, Y: Any) -> bool:
        """Whether these are arrays of the library that computes with them; NumPy's are JAX's too."""
        arrays = (X, *(() if Y is None else (Y,)), *params.values())
        if self.backend == "numpy":
            return all(array.__class__ is np.ndarray for array in arrays)
        if self.backend == "math":
            return False
        import jax

        return all(isinstance(array, (np.ndarray, jax.Array)) for array in arrays)

    def _computed(self, params: Mapping[str, Any], X: Any, Y: Any) -> tuple[Any, dict[str, Any]]:
        """The same of arguments that fit."""
        examples = (X, Y) if self.network.targets else (X,)
        if self.backend == "math":
            if len(X) != 1:
                raise Mistake(f'backend "math" works one example at a time, but X has {len(X)} rows')
            lists = {name: value.tolist() for name, value in params.items()}
            try:
                return self.function(lists, *(rows[0].tolist() for rows in examples))  # type: ignore[no-any-return]
            except (ArithmeticError, ValueError) as error:
                why = str(error).removeprefix("math ")
                raise Mistake(
                    f'an equation has no value here that math can compute ({why}); try backend "numpy"'
                ) from None
        if self.backend == "jax":
            return self._on_jax(params, *examples)
        with np.errstate(all="ignore"):  # overflow is looked for in the result, not in passing
            return self.function(params, *examples)  # type: ignore[no-any-return]

    def _on_jax(self, params: Mapping[str, Any], *examples: Any) -> tuple[Any, dict[str, Any]]:
        import jax

        arrays = (*examples, *params.values())
        own = any(array.__class__ is not np.ndarray for array in arrays)
        double = any(array.dtype.char == "d" for array in arrays)
        if double == jax.config.jax_enable_x64:  # type: ignore[attr-defined]
            found = self._jitted(params, *examples)
            loss, gradients = found if own else jax.device_get(found)
        else:
            with precision_of(*arrays):
                # As NumPy's arrays: JAX's own of float64 are not usable outside this block.
                loss, gradients = jax.device_get(self._jitted(params, *examples))
        return (loss if own else loss[()]), gradients


def _kinds(params: Any, X: Any, Y: Any) -> Any:
    """Shapes and types of arrays, and at the end whose arrays they are; None where something is no array."""
    try:
        found = [X.shape, X.dtype]
        classes = [X.__class__]
        if Y is not None:
            found += (Y.shape, Y.dtype)
            classes.append(Y.__class__)
        for name, value in params.items():
            found += (name, value.shape, value.dtype)
            classes.append(value.__class__)
    except AttributeError:
        return None
    return (*found, tuple(classes))


def _is_traced(params: Any, X: Any, Y: Any) -> bool:
    """Whether JAX is working out what a function of these does, in place of numbers."""
    if (jax := sys.modules.get("jax")) is None:
        return False
    return any(isinstance(leaf, jax.core.Tracer) for leaf in jax.tree.leaves((params, X, Y)))


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
    if backend not in BACKENDS:
        raise Mistake(f"backend is {shown(backend)}{suggestion(str(backend), BACKENDS)}")
    if not isinstance(network, Network):
        raise Mistake(f"{shown(network)} is not a network; symnet.mlp and symnet.Network.parse make one")
    if not network.has_loss:
        last = network.equations[-1].lhs
        raise Mistake(f"the last equation, {last}, is an array; a loss is one number, as symnet.mlp(…, loss=…) adds")
    if backend == "jax":
        need_jax()
    return _compiled(network if backend == "math" else network.batched(reduce), backend)


@cache
def _compiled(network: Network, backend: str) -> Step:
    return Step(network, backend)


def need_jax() -> None:
    """Raises NotInstalled where JAX is missing."""
    try:
        import jax  # noqa: F401
    except ImportError:
        raise NotInstalled("JAX", "jax") from None


def columns_of(group: Sequence[Symbol]) -> int:
    """How many columns X (or T) has."""
    width = 0
    for name in group:
        length = name.shape[1] if isinstance(name, Array) and len(name.shape) == 2 else 1
        if isinstance(length, Length):
            raise Mistake(f"{name} has {length} columns; only known lengths can be computed with")
        width += int(length)
    return width


def defined(source: str, name: str, **known: Any) -> Any:
    """What the generated text defines under ``name``; ``known`` are further names that it may use."""
    namespace: dict[str, Any] = {"__name__": "symnet.generated", **known}
    exec(builtins.compile(source, "<generated by symnet>", "exec"), namespace)  # noqa: S102 - our own text, from the tree
    return namespace[name]


def precision_of(*arrays: Any) -> Any:
    """A context in which JAX computes in float64 where any of the arrays is; nothing global is changed."""
    import jax

    double = any(str(array.dtype) == "float64" for array in arrays)
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(double)
    from jax import experimental  # where JAX before 0.5 has it

    return experimental.enable_x64(double)  # type: ignore[attr-defined]


def gradients_needed(network: Network) -> tuple[Any, ...]:
    """The backward pass as far as the parameters need it."""
    wanted = [network.gradient_of(w) for w in network.parameters]
    return needed(network.backward, [gradient for gradient in wanted if gradient is not None])


def unpacking(writer: Writer, network: Network) -> list[str]:
    """Lines that give the parts of X and T, and the open lengths, the names of the equations."""
    names, lines = writer.names, []
    for group, given in ((network.inputs, "X"), (network.targets, "T")):
        if len(group) == 1 and len(group[0].shape) == 2:
            names.assign(group[0], given)
        elif group:
            left = ", ".join(names[name] for name in group) + ("," if len(group) == 1 else "")
            lines.append(f"{left} = {given}.T")
    equations = (*network.equations, *(network.backward if network.has_loss else ()))
    if any(e.rhs.has(fill) for e in equations):
        lines.append("dtype = X.dtype")
    lengths = {length for e in equations for length in e.rhs.atoms(Length)}
    if any(e.rhs.has(fill, rows, columns) for e in equations):
        lengths |= {length for e in equations for length in shape_of(e.lhs) if isinstance(length, Length)}
    for length in sorted(lengths, key=str):
        for name in (*network.inputs, *network.parameters):
            if isinstance(name, Array) and length in name.shape:
                lines.append(f"{names[length]} = {names[name]}.shape[{name.shape.index(length)}]")
                break
    return lines


def forward_source(network: Network, backend: str, wanted: Symbol) -> str:
    """The text of ``forward(params, X[, T])``, which gives the value of one equation."""
    writer = Writer(backend)
    equations = needed(network.equations, [wanted])
    used = {name for equation in equations for name in names_in(equation.rhs)}
    targets = tuple(t for t in network.targets if t in used)
    part = Network(network.inputs, targets, network.parameters, equations)
    body = [f"{writer.names[w]} = params[{w.name!r}]" for w in network.parameters if w in used]
    body += [*unpacking(writer, part), *writer.lines(equations), f"return {writer.names[wanted]}"]
    return _assembled(writer, part, body).replace("def step(", "def forward(")


def update_source(optimizer: Optimizer, backend: str) -> str:
    """The text of ``update(w, g, state, rate, t)``: one update of a vector (or array) w, giving (w, state)."""
    writer = Writer(backend)
    start, rules = optimizer.rules
    w, g = (array(name, SIZE) for name in "wg")
    names = writer.names
    arguments = [names[name] for name in (w, g, LEARNING_RATE, UPDATE_NUMBER)]
    state = "".join(f"{names[equation.lhs]}, " for equation in start).rstrip()
    body = ([f"{state} = state"] if state else []) + writer.lines(rules) + [f"return {arguments[0]}, ({state})"]
    head = f"def update({arguments[0]}, {arguments[1]}, state, {arguments[2]}, {arguments[3]}):"
    return "\n".join([*writer.prelude(), "", "", head, *(f"    {line}" for line in body)]).lstrip("\n") + "\n"


def _source(network: Network, backend: str) -> str:
    """The text of ``step`` over a batch."""
    writer = Writer(backend)
    names, loss = writer.names, network.equations[-1].lhs
    body = [f"{names[w]} = params[{w.name!r}]" for w in network.parameters]
    body += unpacking(writer, network)
    body += ["", "# forward pass", *writer.lines(network.equations)]
    body += ["", "# backward pass", *writer.lines(gradients_needed(network))]
    returned = ", ".join(f"{w.name!r}: {_gradient(writer, network, w)}" for w in network.parameters)
    body.append(f"return {names[loss]}, {{{returned}}}")
    return _assembled(writer, network, body)


def _math_source(network: Network) -> str:
    """The text of ``step`` for one example, a line a unit; arrays come and go as nested lists."""
    writer = Writer("math")
    names = writer.names
    written_out = unroll(network) if network.is_layered else network
    body = [f"{_pattern(writer, w, names.__getitem__)} = params[{w.name!r}]" for w in network.parameters]
    for group, given in ((written_out.inputs, "X"), (written_out.targets, "T")):
        if group:
            body.append(f"{', '.join(names[name] for name in group)}{',' if len(group) == 1 else ''} = {given}")
    body += ["", "# forward pass", *writer.lines(written_out.equations)]
    body += ["", "# backward pass", *writer.lines(gradients_needed(written_out))]
    gradient = lambda name: _gradient(writer, written_out, name)  # noqa: E731 - one name for the two uses of _pattern
    returned = ", ".join(f"{w.name!r}: {_pattern(writer, w, gradient)}" for w in network.parameters)
    body.append(f"return {names[written_out.equations[-1].lhs]}, {{{returned}}}")
    return _assembled(writer, network, body)


def _assembled(writer: Writer, network: Network, body: Sequence[str]) -> str:
    arguments = "params, X, T" if network.targets else "params, X"
    lines = [*writer.prelude(), "", "", f"def step({arguments}):", *(f"    {line}".rstrip() for line in body)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _pattern(writer: Writer, w: Symbol, text: Any) -> str:
    """[[w1_1_1, w1_1_2], [w1_2_1, …]] for a matrix: what takes a parameter apart or puts its gradient together."""
    if not isinstance(w, Array):
        return str(text(w))
    entries = [text(name) for name in entry_names(w)]
    if len(w.shape) == 1:
        return f"[{', '.join(entries)}]"
    width = int(w.shape[1])
    rows = (entries[i : i + width] for i in range(0, len(entries), width))
    return f"[{', '.join('[' + ', '.join(row) + ']' for row in rows)}]"


def _gradient(writer: Writer, network: Network, w: Symbol) -> str:
    gradient = network.gradient_of(w)
    return f"0.0 * {writer.names[w]}" if gradient is None else writer.names[gradient]
