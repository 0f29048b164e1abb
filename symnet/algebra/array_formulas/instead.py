"""What people type into a formula of arrays that has no meaning there, and what would be right."""

from __future__ import annotations

import re

from symnet.algebra import functions, no_formula
from symnet.algebra.array_formulas.calls import CALLS, OF_ALL
from symnet.algebra.common_names import understood
from symnet.algebra.signs import PRIMES

_METHOD = re.compile(r"\.([A-Za-z_]\w*)\s*\(")
_OWNER = re.compile(r"[A-Za-z_][\w.]*$")
_LIBRARIES = ("np", "numpy", "jnp", "jax", "torch", "tf", "math", "F", "nn")
_PRODUCTS = ("dot", "matmul", "mm")
_SIGNS = {
    **dict.fromkeys("∘⊙", "entry by entry two arrays are multiplied with *"),
    **dict.fromkeys(("'", *PRIMES), "the transpose is written A.T, and a slope is derived by symnet"),
    "∑": "a sum is written sum(A), or sum[i](…) over an index",
}
AXES = ("axis", "dim", "keepdims", "keepdim")  # options of other libraries' sum, mean and max


def function_instead(name: str) -> str:
    """What would be right for a function of arrays that has a sign, or an equation for one entry, in its place."""
    if name in _PRODUCTS:
        return f"the product of two arrays is written A @ B, not {name}(A, B)"
    if name in ("transpose", "t"):
        return f"the transpose is written A.T, not {name}(A)"
    if name in ("outer", "einsum", "kron"):
        return f'what {name} gives is written for one entry, "G[i,j]" = "a[i]*b[j]", with sum[…](…) over what is summed'
    return ""


def instead_of(formula: str, at: int) -> str:
    """What would be right in place of a sign that has no meaning here; "" where that is not known."""
    if formula[at] == ":":
        return "a whole row is X[1], a range is written i=1..3, and a quotient is written with /"
    if formula[at] in _SIGNS:
        return _SIGNS[formula[at]]
    if formula[at] == "." and formula[at + 1 : at + 2] in ("*", "/", "^"):
        return f"entry by entry it is {formula[at + 1]} alone"
    method, owner = _METHOD.match(formula, at), _OWNER.search(formula[:at])
    if method is not None and method[1] in OF_ALL and owner is not None and owner[0] in _LIBRARIES:
        return f"a function stands without a library, {method[1]}(A)"
    if method is not None and owner is not None and owner[0] not in _LIBRARIES:
        if method[1] in _PRODUCTS:
            return f"the product of two arrays is written {owner[0]} @ W"
        if method[1] in ("transpose", "t"):
            return f"the transpose is written {owner[0]}.T"
        known = {**functions.CATALOGUE, **CALLS, **OF_ALL}
        if name := understood(method[1], known):
            return f"a function stands in front, {name}({owner[0]})"
    return no_formula.instead_of(formula, at)
