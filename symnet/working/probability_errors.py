"""How p − t comes out of a softmax, or a logistic unit, and its cross-entropy: every step by one rule.

Each step can be worked out and compared with the one before.  Source: Bridle (1990); Bishop (2006), section 4.3.
"""

from __future__ import annotations

from symnet.algebra import functions
from symnet.algebra.equations import ONE, Expr, Index, Length, add, array, divide, multiply, negate, symbol
from symnet.algebra.indices import At, Sum

Steps = tuple[Expr, list[Expr], list[Expr]]  # the variable, forms of the loss, forms of its derivative

CLASSES = Length("h", integer=True, positive=True)
J, K, OTHER = (Index(name, CLASSES) for name in "jki")
_Z, _T, _P = (array(name, CLASSES) for name in "ztp")


def softmax_entry() -> Expr:
    """exp(z_k)/Σ_j exp(z_j)."""
    return divide(functions.exp(At(_Z, K)), Sum(functions.exp(At(_Z, J)), J))


def softmax_steps() -> Steps:
    """From −Σ t_j log p_j to p_k − t_k, for targets that sum to 1."""
    t, z, zk = At(_T, J), At(_Z, J), At(_Z, K)
    below = Sum(functions.exp(At(_Z, OTHER)), OTHER)
    whole, share = functions.log(below), divide(functions.exp(zk), below)
    p, tk, ones = At(_P, K), At(_T, K), Sum(t, J)
    return (
        zk,
        [
            negate(Sum(multiply(t, functions.log(At(_P, J))), J)),
            negate(Sum(multiply(t, add(z, negate(whole))), J)),
            add(negate(Sum(multiply(t, z), J)), multiply(ones, whole)),
        ],
        [add(negate(tk), multiply(ones, share)), add(multiply(ones, p), negate(tk)), add(p, negate(tk))],
    )


def sigmoid_steps() -> Steps:
    """From −(t log σ(z) + (1 − t) log(1 − σ(z))) to σ(z) − t."""
    z, t = symbol("z"), symbol("t")
    s = functions.sigmoid(z)
    one_less, t_less = add(ONE, negate(s)), add(ONE, negate(t))
    slope = multiply(s, one_less)
    return (
        z,
        [negate(add(multiply(t, functions.log(s)), multiply(t_less, functions.log(one_less))))],
        [
            add(negate(multiply(t, divide(slope, s))), multiply(t_less, divide(slope, one_less))),
            add(negate(multiply(t, one_less)), multiply(t_less, s)),
            add(s, negate(t)),
        ],
    )
