"""Which rule gives what is worked from both passes: a second derivative, a Newton step, a stable rate.

No sentence here has a number of the exercise in it.
"""

from __future__ import annotations

from collections.abc import Callable

from symnet.algebra.further import second_parts, total_slope_parts, worked_parts
from symnet.notation.maths import Maths


def rule_of_further(name: str, node: Callable[[str], Maths]) -> tuple[str, *tuple[Maths, ...]]:
    """The rule in words, with {} where a node goes, and the nodes."""
    if (twice := second_parts(name)) is not None:
        of, a, b = map(node, twice)
        if a == b:
            return "{} is the gradient's formula for {}, differentiated by {} once more.", node(name), a, a
        how = "{} is the gradient of {} with respect to {}, as a formula, differentiated with respect to {}: everything"
        return f"{how} in it that depends on {{}} counts.", node(name), of, a, b, b
    if (once := total_slope_parts(name)) is not None:
        y, x = map(node, once)
        return "{} says how {} changes with {}: the chain rule over everything between, path by path.", node(name), y, x
    kind, of_names = worked_parts(name) or ("", ())
    match kind, of_names:
        case "newton", (w,):
            return "{} is {} minus the inverse of the Hessian times the gradient.", node(name), node(w)
        case "det", _:
            return ("{} of a 2×2 matrix is the product on the diagonal minus the product beside it.", node(name))
        case "inverse", _:
            return "In {} the diagonal of H changes places, the others change their sign; divide by det H.", node(name)
        case "eigenvalue", ():
            return ("The curvature {} is the second derivative of the loss.", node(name))
        case "eigenvalue", _:
            return ("{} solves λ² − (H₁₁ + H₂₂)λ + det H = 0.", node(name))
        case "factor", _:
            return ("A step multiplies the distance to the minimum by {}.", node(name))
        case "rate", _:
            return ("{} is the rate at which the factor 1 − ηλ of the largest λ reaches −1.", node(name))
        case "line_slope", (z,):
            how = "Set {} to 0 and solve for the second input: {} is the factor of the first."
            return how, node(z), node(name)
        case "line_intercept", (z,):
            how = "Set {} to 0 and solve for the second input: {} is what is left where the first is 0."
            return how, node(z), node(name)
        case "multiplications", ("forward",):
            return ("Count, for each name in turn, the local derivatives that its change passes through, and add.",)
        case "multiplications", _:
            return ("Count every local derivative on a way to the loss once.",)
        case "dot", (quantity,):
            how = "{} is the sum, over what {} is worked from, of local derivatives times tangents."
            return how, node(name), node(quantity)
        case _:
            return ("Write down the rule that gives {} before you substitute any numbers.", node(name))
