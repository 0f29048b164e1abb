"""One random network of entries, worked in every way that there is, against jax.grad.

wrong(seed)     what is wrong, in words, {way: what}; nothing where all agree
"""

from __future__ import annotations

import entry_values
import jax.numpy as jnp
import numpy as np
import traced
from entry_nets import random_net

import symnet
from symnet.algebra.entries import Unrolled, entry_name
from symnet.algebra.equations import Array, Equation
from symnet.algebra.network import Network
from symnet.algebra.unrolling import entry_names, in_order
from symnet.computing.examples import is_columns

TOLERANCE = 1e-12  # relative to the largest entry of all gradients


def right(net, given, lengths):
    """(loss, {name: gradient}) by jax.grad of the equations worked plainly."""
    whole = {x: value for x, value in given.items() if value.dtype.kind == "i"}  # ids, whatever is traced
    weights = {w.name: given[w] for w in net.parameters}
    others = {x.name: value for x, value in given.items() if x.name not in weights and x not in whole}

    def loss(weights, others):
        found = {**weights, **others}
        known = {x: found[x.name] for x in given if x not in whole} | whole
        return entry_values.values(net.equations, known, lengths, jnp)[net.equations[-1].lhs]

    return traced.value_and_grad(loss, weights, others)


def by_rule(net, given, lengths):
    """The equations and their backward pass, worked plainly."""
    found = entry_values.values([*net.equations, *net.backward], given, lengths)
    # What the loss does not depend on has no gradient, 0 for jax.grad.
    slopes = {w.name: found.get(net.gradient_of(w), np.zeros(given[w].shape)) for w in net.parameters}
    return found[net.equations[-1].lhs], slopes


def by_unit(net, given, lengths):
    """The same written out unit by unit for all examples, which is differentiated anew."""
    units = _units(net, given, lengths)
    examples = next(iter(lengths.values()))
    point = {}
    for x, value in given.items():
        point |= dict(zip(entry_names(x, examples), np.ravel(value), strict=True))
    found = entry_values.values([*units.equations, *units.backward], point)

    def gradient(w):
        entries = [units.gradient_of(x) for x in entry_names(w, examples)]
        return np.reshape([0.0 if g is None else found[g] for g in entries], np.shape(given[w]))

    return found[units.equations[-1].lhs], {w.name: gradient(w) for w in net.parameters}


def _units(net, given, lengths):
    ids = {x: (value + 1).tolist() for x, value in given.items() if value.dtype.kind == "i"}
    examples = next(iter(lengths.values()))
    if not ids:
        return symnet.unroll(net, examples)
    unrolled = Unrolled(lengths, net.parameters, data=ids)
    equations = []
    for equation, index in in_order(net.equations, lengths):
        lhs = entry_name(equation.lhs, index, lengths) if isinstance(equation.lhs, Array) else equation.lhs
        equations.append(Equation(lhs, unrolled.entry(equation.rhs, index)))
    inputs, weights = (
        tuple(name for x in group for name in entry_names(x, examples)) for group in (net.inputs, net.parameters)
    )
    return Network(inputs, (), weights, tuple(equations))


def by_numpy(net, given, lengths):
    """The code for NumPy."""
    return symnet.compile(net)({w.name: given[w] for w in net.parameters}, _examples(net, given))


def by_jax(net, given, lengths):
    """The code for JAX, traced and worked out without XLA, which takes longer than all else."""
    step, examples = symnet.compile(net, "jax"), _examples(net, given)
    return traced.results(lambda weights: step(weights, examples), {w.name: given[w] for w in net.parameters})


def by_xla(net, given, lengths):
    """The code for JAX, compiled."""
    import jax

    with jax.enable_x64(True):
        return symnet.compile(net, "jax")({w.name: given[w] for w in net.parameters}, _examples(net, given))


def _examples(net, given):
    if is_columns(net.inputs):
        return np.stack([given[x] for x in net.inputs], axis=1)
    several = tuple(given[x] for x in net.inputs)
    return several if len(several) > 1 else several[0]


WAYS = {"rule": by_rule, "units": by_unit, "numpy": by_numpy, "jax": by_jax}


def wrong(seed, ways=WAYS):
    """{way: what is wrong}, empty where loss and gradients are those of jax.grad in every way."""
    net, given, lengths = random_net(seed)
    loss, gradients = right(net, given, lengths)
    scale = max([1e-300, *(float(np.abs(g).max()) for g in gradients.values())])
    if not np.isfinite([loss, scale]).all():
        return {"judge": f"the loss is {loss}, the largest gradient {scale}"}
    found = {}
    for name, way in ways.items():
        try:
            mine, slopes = way(net, given, lengths)
        except Exception as error:
            found[name] = f"{type(error).__name__}: {str(error)[:200]}"
            continue
        if set(slopes) != set(gradients):
            found[name] = f"gradients of {sorted(slopes)}, not of {sorted(gradients)}"
            continue
        off = [abs(float(mine) - loss) / max(1e-300, abs(loss))]
        for w, g in gradients.items():
            value = np.asarray(slopes[w], float)
            off.append(float(np.abs(value - g).max()) / scale if value.shape == g.shape else np.inf)
        if not max(off) <= TOLERANCE:  # nan, too
            found[name] = f"off by {max(off):.1e} of {scale:.1e}"
    return found
