"""Names of what is worked from both passes: ∂²L/∂w₁∂w₂, a total derivative ∂y/∂x, ẏ, w₁ after a Newton step, λ of H.

They are left-hand sides of equations like any other.  No exercise can declare such a name, for each has a sign that no
identifier has; ``key_of_further`` is what ``symnet check`` and a class's answers call it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from symnet.algebra.equations import Equation, Symbol, symbol

_SECOND = re.compile(r"∂²(.+)/∂([^∂]+)∂([^∂]+)")
_TOTAL = re.compile(r"∂→(.+)/∂([^∂]+)")
_WORKED = re.compile(r"([a-z_]+)\(([^()]*)\)")

# What has a name of its own in the field; the others are called by their kind and what it is of, as newton(w1).
_CALLED = {
    "eigenvalue()": "lambda", "eigenvalue(max)": "lambda_max", "eigenvalue(min)": "lambda_min",
    "factor()": "factor", "factor(max)": "factor_max", "factor(min)": "factor_min", "rate(max)": "rate_max",
}  # fmt: skip

_CALLS = {
    "dot": ("{}_dot", "tangent({})"),
    "newton": ("{}_newton", "newton_{}"),
    "multiplications": ("multiplications_{}", "{}_multiplications"),
    "line_slope": ("slope_{}", "m_{}"),
    "line_intercept": ("intercept_{}", "intercept({})"),
}


def second(of: str, a: str, b: str) -> Symbol:
    """∂²of/∂a∂b."""
    return symbol(f"∂²{of}/∂{a}∂{b}")


def second_parts(name: str) -> tuple[str, str, str] | None:
    """("L", "w1", "w2") for ∂²L/∂w1∂w2, None for any other name."""
    found = _SECOND.fullmatch(name)
    return (found[1], found[2], found[3]) if found is not None else None


def total_slope(of: str, wrt: str) -> Symbol:
    """∂of/∂wrt through everything between, of any quantity; that of the loss is its gradient, ``partial``."""
    return symbol(f"∂→{of}/∂{wrt}")


def total_slope_parts(name: str) -> tuple[str, str] | None:
    """("y", "x") for the total derivative of y with respect to x, None for any other name."""
    found = _TOTAL.fullmatch(name)
    return (found[1], found[2]) if found is not None else None


def worked(kind: str, *of: str) -> Symbol:
    """newton(w1), inverse(w1,w2), eigenvalue(max): what is worked of certain names."""
    return symbol(f"{kind}({','.join(of)})")


def worked_parts(name: str) -> tuple[str, tuple[str, ...]] | None:
    """("inverse", ("w1", "w2")) for inverse(w1,w2), None for what is not written so."""
    found = _WORKED.fullmatch(name)
    return (found[1], tuple(filter(None, found[2].split(",")))) if found is not None else None


def worked_formula(text: str) -> Symbol:
    """(t - y): what is worked of a formula as somebody wrote it, in brackets that no declared name has."""
    return symbol(f"({' '.join(text.split())})")


def formula_in(name: str) -> str:
    """The formula "t - y" of the name (t - y), "" for any other name."""
    return name[1:-1] if name.startswith("(") and name.endswith(")") else ""


def key_of_further(name: str) -> str:
    """d2L/dw1dw2 for ∂²L/∂w1∂w2, d2L/dw1^2, dy/dx, lambda_max; any other name as it is."""
    twice, once = second_parts(name), total_slope_parts(name)
    if twice is not None:
        of, a, b = twice
        return f"d2{of}/d{a}^2" if a == b else f"d2{of}/d{a}d{b}"
    if once is not None:
        return f"d{once[0]}/d{once[1]}"
    return _CALLED.get(name, name)


def numbered(name: str, lines: Sequence[Equation]) -> tuple[str, ...]:
    """("H_1_2", "H_2_1") for ∂²L/∂w1∂w2 where w1 and w2 are the first and second names of that Hessian's ``lines``."""
    twice = second_parts(name)
    if twice is None:
        return ()
    every = [parts for line in lines if (parts := second_parts(line.name)) is not None]
    order = [a for of, a, b in every if of == twice[0] and a == b]
    if any(of != twice[0] for of, _, _ in every) or not {*twice[1:]} <= {*order}:
        return ()
    i, j = order.index(twice[1]) + 1, order.index(twice[2]) + 1
    return (f"H_{i}_{j}", f"H_{j}_{i}")


def spellings(name: str) -> tuple[str, ...]:
    """The other ways in which people write its key, without spaces, signs of the sheet and ^ of a power."""
    twice, once, (kind, of_names) = second_parts(name), total_slope_parts(name), worked_parts(name) or ("", ())
    if formula := formula_in(name):
        return (formula,)
    if once is not None:
        return (f"J({once[0]},{once[1]})",)
    if kind in _CALLS and len(of_names) == 1:
        return tuple(form.format(of_names[0]) for form in _CALLS[kind])
    if twice is None:
        return {"eigenvalue()": ("curvature",), "rate(max)": ("eta_max", "lr_max")}.get(name, ())
    of, a, b = twice
    both = dict.fromkeys(((a, b), (b, a)))
    forms = ("d2{of}/d{x}d{y}", "d2{of}/(d{x}d{y})", "H({x},{y})", "H_{x}_{y}")
    written = [form.format(of=of, x=x, y=y) for x, y in both for form in forms]
    return (*written, *((f"d2{of}/d{a}2", f"d2{of}/d{a}^2") if a == b else ()))
