"""``jax.grad`` without XLA: JAX differentiates a function, and NumPy works out the expressions that it finds.

A judge's function is seen once, for one net of a few numbers.  To compile what its gradient needs takes XLA a second or
two, to trace and work it out a few hundredths.  What is judged by it is the derivative, and that is JAX's alone; an
operation that is not in the table is done by JAX too.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal
from jax.lax import GatherScatterMode


def value_and_grad(function, *given):
    """(value, gradient by the first argument) in float64, whose leaves are arrays of NumPy."""
    value, gradient = results(jax.value_and_grad(function), *given)
    return float(value), gradient


def results(function, *given, dtype=np.float64):
    """What a function of JAX gives in that precision, its leaves being arrays of NumPy."""
    with jax.enable_x64(True):
        given = jax.tree.map(lambda value: np.asarray(value, dtype), given)
        found, shape = jax.make_jaxpr(function, return_shape=True)(*given)
        with np.errstate(all="ignore"):
            leaves = worked_out(found.jaxpr, found.consts, jax.tree.leaves(given))
    return jax.tree.unflatten(jax.tree.structure(shape), leaves)


def worked_out(jaxpr, constants, given):
    """The results of a traced function, operation by operation."""
    known = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*constants, *given), strict=True))

    def value(of):
        return np.asarray(of.val, of.aval.dtype) if isinstance(of, Literal) else known[of]

    for equation in jaxpr.eqns:
        found = _done(equation, [value(of) for of in equation.invars])
        for variable, result in zip(equation.outvars, found, strict=True):
            known[variable] = np.asarray(result, variable.aval.dtype)
            assert known[variable].shape == variable.aval.shape, equation
    return [value(of) for of in jaxpr.outvars]


def _done(equation, values):
    name, how = equation.primitive.name, equation.params
    inner = how.get("jaxpr") or how.get("call_jaxpr")
    if inner is not None and name in ("jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call"):
        return worked_out(inner.jaxpr, inner.consts, values)
    if name in PLAIN:
        return [PLAIN[name](*values)]
    if name in SHAPED:
        return [SHAPED[name](how, *values)]
    found = equation.primitive.bind(*map(jnp.asarray, values), **how)
    return found if equation.primitive.multiple_results else [found]


def _divided(a, b):
    return a // b if a.dtype.kind == "i" else a / b


def _product(how, a, b):
    (over_a, over_b), (batch_a, batch_b) = how["dimension_numbers"]
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    of_a = [next(letters) for _ in a.shape]
    of_b = [next(letters) for _ in b.shape]
    for i, j in zip((*over_a, *batch_a), (*over_b, *batch_b), strict=True):
        of_b[j] = of_a[i]
    batch = [of_a[i] for i in batch_a]
    kept = [of[i] for of, gone in ((of_a, (*over_a, *batch_a)), (of_b, (*over_b, *batch_b))) for i in range(len(of))
            if i not in gone]  # fmt: skip
    return np.einsum(f"{''.join(of_a)},{''.join(of_b)}->{''.join(batch + kept)}", a, b)


def _spread(how, a):
    shape = [1] * len(how["shape"])
    for i, axis in enumerate(how["broadcast_dimensions"]):
        shape[axis] = a.shape[i]
    return np.broadcast_to(a.reshape(shape), how["shape"])


def _windows(how, shape, indices, sizes, named, batching):
    """(place among the indices, window of an array of that shape) for each; None for a window that is not in it."""
    most = [length - size for length, size in zip(shape, sizes, strict=True)]
    for place in np.ndindex(indices.shape[:-1]):
        start = np.zeros(len(shape), int)
        start[list(named)] = indices[place]
        for axis, along in batching:
            start[axis] = place[along]
        if how["mode"] == GatherScatterMode.CLIP:
            start = np.clip(start, 0, most)
        inside = all(0 <= at <= last for at, last in zip(start, most, strict=True))
        yield place, tuple(slice(at, at + size) for at, size in zip(start, sizes, strict=True)) if inside else None


def _gathered(how, a, indices):
    numbers, sizes = how["dimension_numbers"], how["slice_sizes"]
    gone = (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims)
    batching = zip(numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True)
    kept = [size for axis, size in enumerate(sizes) if axis not in gone]
    found = np.full((*indices.shape[:-1], *kept), np.nan if a.dtype.kind == "f" else np.iinfo(np.int64).min, a.dtype)
    for place, window in _windows(how, a.shape, indices, sizes, numbers.start_index_map, [*batching]):
        if window is not None:
            found[place] = a[window].reshape(kept)
    inner = range(found.ndim - len(kept), found.ndim)
    return np.moveaxis(found, inner, numbers.offset_dims)


def _scattered(how, a, indices, updates):
    numbers, found = how["dimension_numbers"], a.copy()
    gone = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    batching = zip(numbers.operand_batching_dims, numbers.scatter_indices_batching_dims, strict=True)
    inner = range(updates.ndim - len(numbers.update_window_dims), updates.ndim)
    updates = np.moveaxis(updates, numbers.update_window_dims, inner)
    windows = iter(updates.shape[indices.ndim - 1 :])
    sizes = [1 if axis in gone else next(windows) for axis in range(a.ndim)]
    named = numbers.scatter_dims_to_operand_dims
    for place, window in _windows(how, a.shape, indices, sizes, named, [*batching]):
        if window is not None:
            found[window] += updates[place].reshape(sizes)
    return found


def _cut(how):
    return tuple(
        map(slice, how["start_indices"], how["limit_indices"], how["strides"] or [1] * len(how["start_indices"]))
    )


def _counted(how):
    along = np.arange(how["shape"][how["dimension"]], dtype=how["dtype"])
    return np.broadcast_to(
        along.reshape([-1 if i == how["dimension"] else 1 for i in range(len(how["shape"]))]), how["shape"]
    )


PLAIN = {
    "add": np.add, "add_any": np.add, "sub": np.subtract, "mul": np.multiply, "div": _divided, "neg": np.negative,
    "max": np.maximum, "min": np.minimum, "pow": np.power, "square": np.square, "sqrt": np.sqrt,
    "rsqrt": lambda a: 1 / np.sqrt(a), "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log,
    "log1p": np.log1p, "sin": np.sin, "cos": np.cos, "tan": np.tan, "tanh": np.tanh, "sign": np.sign, "abs": np.abs,
    "logistic": lambda a: np.exp(-np.logaddexp(0, -a)), "erf": np.vectorize(math.erf, otypes=[float]),
    "erfc": np.vectorize(math.erfc, otypes=[float]), "gt": np.greater, "ge": np.greater_equal, "lt": np.less,
    "le": np.less_equal, "eq": np.equal, "ne": np.not_equal, "and": np.logical_and, "or": np.logical_or,
    "not": np.logical_not, "is_finite": np.isfinite, "floor": np.floor, "rem": np.fmod,
    "stop_gradient": lambda a: a, "copy": lambda a: a,
    "select_n": lambda which, *cases: np.choose(np.asarray(which, int), cases),
}  # fmt: skip
SHAPED = {
    "integer_pow": lambda how, a: a ** float(how["y"]),
    "convert_element_type": lambda how, a: a.astype(how["new_dtype"]),
    "reshape": lambda how, a: a.reshape(how["new_sizes"]),
    "squeeze": lambda how, a: np.squeeze(a, how["dimensions"]),
    "transpose": lambda how, a: np.transpose(a, how["permutation"]),
    "broadcast_in_dim": _spread,
    "reduce_sum": lambda how, a: a.sum(how["axes"]),
    "reduce_max": lambda how, a: a.max(how["axes"]),
    "reduce_min": lambda how, a: a.min(how["axes"]),
    "dot_general": _product,
    "iota": _counted,
    "gather": _gathered,
    "scatter-add": _scattered,
    "rev": lambda how, a: np.flip(a, how["dimensions"]),
    "slice": lambda how, a: a[_cut(how)],
    "concatenate": lambda how, *parts: np.concatenate(parts, how["dimension"]),
}
