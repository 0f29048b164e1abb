"""ln softmax(z) in code: one function of z, which is a number where a share is too small to be one.

    L = −Σ T ln softmax(X W)                     L = −Σ T log_softmax(X W)
    p = softmax(z),  L = −Σ T ln p       →       p = softmax(z),  L = −Σ T log_softmax(z)
    p1 = e^z1/(e^z1 + e^z2),  L = −ln p1         L = −(z1 − m − ln(e^(z1 − m) + e^(z2 − m))),  m the largest

They are one by the definition of ``log_softmax``.  In floats e^(−800) is 0, its logarithm −∞ and the gradient nan,
though ln softmax is −800 there.  The gradients follow from the equations that are run.
"""

from __future__ import annotations

from symnet.algebra import functions
from symnet.algebra.equations import Equation, Expr, add, negate
from symnet.algebra.functions import ln, log, stop_gradient
from symnet.algebra.indices import At, Each, rebuilt
from symnet.algebra.matrices import shape_of, softmax
from symnet.algebra.network import Network
from symnet.algebra.output_errors import Reach
from symnet.algebra.rows_of import log_softmax
from symnet.algebra.stable_quotients import Share, stable


def with_log_softmax(network: Network) -> Network:
    """The network with ``log_softmax`` for every logarithm of a softmax; itself where there is none."""
    if not any(equation.rhs.has(log, ln) for equation in network.equations):
        return network
    reach = Reach(network.equations, *(equation.lhs for equation in network.equations))
    logits: dict[Expr, Expr] = {}

    def logits_of(shares: Expr) -> Expr | None:
        return shares.args[0] if isinstance(shares, softmax) else logits.get(shares)

    def found(part: Expr) -> Expr | None:
        inside = part.args[0] if isinstance(part, log) else None
        if inside is None:
            return None
        places = inside.places if isinstance(inside, At) else ()
        z = logits_of(inside.array if places else inside)
        if z is None:
            return _of_units(reach.share(inside))
        z = rebuilt(z, found)
        return At(log_softmax(z), *places) if places else log_softmax(z)

    equations = []
    for equation in network.equations:
        rhs = rebuilt(equation.rhs, found)
        equations.append(equation if rhs is equation.rhs else Equation(equation.lhs, rhs))
        if (z := _logits(equation.rhs)) is not None:
            logits[equation.lhs] = z
    if all(a is b for a, b in zip(equations, network.equations, strict=True)):
        return network
    return Network(network.inputs, network.targets, network.parameters, tuple(equations), layers=network.layers)


def _of_units(share: tuple[Expr, Expr, tuple[Expr, ...]] | None) -> Expr | None:
    """z_k − m − ln Σ_j e^(z_j − m) with m the largest z, for e^(z_k)/Σ_j e^(z_j) written unit by unit."""
    if share is None:
        return None
    _, own, exponents = share
    below = negate(stop_gradient(functions.max(*exponents)))
    return add(own, below, negate(log(add(*(functions.exp(add(z, below)) for z in exponents)))))


def _logits(rhs: Expr) -> Expr | None:
    """z of softmax(z), also where it is written for one entry, e^(z_ij)/Σ_k e^(z_ik)."""
    if isinstance(rhs, softmax):
        return rhs.args[0]
    share = stable(rhs.body) if isinstance(rhs, Each) and not shape_of(rhs.body) else None
    if not isinstance(share, Share) or share.mask != 1 or share.place != rhs.indices[-1]:
        return None
    z = share.logit_at(share.place)
    return z.array if isinstance(z, At) and z.places == rhs.indices and shape_of(z.array) == shape_of(rhs) else None
