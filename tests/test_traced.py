"""The arithmetic of the judge: NumPy works out what JAX traces as JAX itself does."""

import jax
import jax.numpy as jnp
import numpy as np
import traced
from jax import lax

A = np.array([[-2.5, -0.0, 0.3], [0.5, 1.0, 40.0]])
B = np.array([[0.5, 3.0, 0.3], [-1.0, 2.0, 0.25]])
POSITIVE = np.abs(A) + 0.1
SIGNS, WHOLE = A > 0, np.array([[7, 5, 4], [3, 2, 9]])
ONE = {
    "neg": lax.neg, "square": lax.square, "exp": lax.exp, "exp2": lax.exp2, "expm1": lax.expm1, "sin": lax.sin,
    "cos": lax.cos, "tan": lax.tan, "tanh": lax.tanh, "sign": lax.sign, "abs": lax.abs, "logistic": lax.logistic,
    "erf": lax.erf, "erfc": lax.erfc, "is_finite": lax.is_finite, "copy": jnp.copy,
    "floor": lax.floor,
}  # fmt: skip
OF_POSITIVE = {"sqrt": lax.sqrt, "rsqrt": lax.rsqrt, "log": lax.log, "log1p": lax.log1p}
TWO = {
    "add": lax.add, "sub": lax.sub, "mul": lax.mul, "div": lax.div, "max": lax.max, "min": lax.min, "gt": lax.gt,
    "ge": lax.ge, "lt": lax.lt, "le": lax.le, "eq": lax.eq, "ne": lax.ne, "rem": lax.rem,
}  # fmt: skip


def everything(a, b, positive, signs, whole):
    """What every operation of the table gives, by name, and some that the table does not have."""
    found = {name: f(a) for name, f in ONE.items()} | {name: f(a, b) for name, f in TWO.items()}
    found |= {name: f(positive) for name, f in OF_POSITIVE.items()}
    found |= {"and": lax.bitwise_and(signs, ~signs), "or": lax.bitwise_or(signs, b > 0), "not": lax.bitwise_not(signs)}
    found |= {
        "pow": lax.pow(positive, b),
        "select_n": lax.select_n(signs, a, b),
        "whole div": lax.div(whole, whole - 1),
    }
    found |= {"integer_pow": a**3, "integer_pow, negative": lax.integer_pow(b, -2), "mean": a.mean(axis=1)}
    found |= {
        "reduce_sum": a.sum(0),
        "reduce_max": a.max(1),
        "reduce_min": a.min(),
        "transpose": a.T,
        "reshape": a.ravel(),
    }
    found |= {"squeeze": lax.squeeze(a[:1], (0,)), "broadcast_in_dim": a[:, None, :] + b[:, :, None]}
    found |= {"convert_element_type": a.astype(jnp.float32), "dot_general": a @ b.T, "vectors": a[0] @ b[1]}
    found |= {"in batches": jnp.einsum("ij,ik->ijk", a, b), "other axes": jnp.einsum("ij,ij->j", a, b)}
    found |= {"iota": lax.broadcasted_iota(float, (2, 3), 1) * a, "concatenate": jnp.concatenate([a, b[:1]])}
    found |= {"slice": lax.slice(a, (0, 0), (2, 3), (1, 2)), "rev": lax.rev(a, (1,))}
    found |= {
        "gather": a[whole % 2, whole % 3],
        "rows": a[whole % 2],
        "columns outside": jnp.take(a, whole, axis=1, mode="fill"),
        "columns cut off": jnp.take(a, whole, axis=1, mode="clip"),
        "each in its row": jnp.take_along_axis(a, whole % 3, axis=1),
        "windows": jax.vmap(lambda at: lax.dynamic_slice(a, (0, at), (2, 2)))(whole[0] % 2),
    }
    found |= {
        "scatter-add": a.at[whole % 2, whole % 3].add(b),
        "to rows": a.at[whole[0] % 2].add(b[:1]),
        "outside": a.at[:, whole].add(1.0),
        "what rows pass back": jax.grad(lambda a: (jnp.take_along_axis(a, whole % 3, axis=1) * b).sum())(a),
        "what windows pass back": jax.grad(lambda a: (a[:, whole % 3] ** 2).sum())(a),
    }
    return found | {"cumsum": jnp.cumsum(a, 1), "a piece": a[:, 1:], "nested": jax.jit(jnp.tanh)(jax.nn.relu(a))}


GIVEN = (A, B, POSITIVE, SIGNS, WHOLE)


def test_every_operation_gives_what_jax_gives():
    with jax.enable_x64(True):
        right = jax.jit(everything)(*GIVEN)
        program, shape = jax.make_jaxpr(everything, return_shape=True)(*GIVEN)
        found = traced.worked_out(program.jaxpr, program.consts, GIVEN)
    found = jax.tree.unflatten(jax.tree.structure(shape), found)
    assert found.keys() == right.keys()
    for name, result in right.items():
        assert found[name].dtype == result.dtype, name
        near = 1e-6 if result.dtype == np.float32 else 1e-14
        np.testing.assert_allclose(found[name], result, rtol=near, atol=1e-16, err_msg=name)


def test_every_operation_of_the_table_is_compared():
    with jax.enable_x64(True):
        program = jax.make_jaxpr(everything)(*GIVEN)
    met = {equation.primitive.name for equation in program.jaxpr.eqns}
    for name in {*traced.PLAIN, *traced.SHAPED} - met:
        assert name in ("add_any", "stop_gradient"), name  # of derivatives alone


def test_a_gradient_is_that_of_jax_grad():
    def function(weights, x):
        hidden = jax.nn.softplus(x @ weights["w"]) + jax.nn.gelu(weights["b"], approximate=False)
        return (jax.nn.log_softmax(hidden * lax.stop_gradient(hidden), axis=1) * jnp.where(x > 0, x, 0.1)).sum()

    weights = {"w": np.array([[0.3, -1.2, 0.5], [1.1, 0.2, -0.4], [0.7, 0.9, -2]]), "b": np.array([0.1, -0.2, 3])}
    value, gradient = traced.value_and_grad(function, weights, A)
    with jax.enable_x64(True):
        right, slopes = jax.jit(jax.value_and_grad(function))(weights, A)
    np.testing.assert_allclose(value, right, rtol=1e-13)
    for name, slope in slopes.items():
        np.testing.assert_allclose(gradient[name], slope, rtol=1e-12, err_msg=name)
