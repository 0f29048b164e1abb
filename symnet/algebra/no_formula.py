"""What people type into a formula that has no meaning there, and what would be right."""

from __future__ import annotations

import re

from symnet.algebra import functions
from symnet.algebra.common_names import formula_for, understood
from symnet.algebra.signs import PRIMES

_INSTEAD = {
    "=": 'the name stands before the formula, y = "w*x"',
    "'": "a derivative is derived by symnet, and a formula has functions alone",
    "[": "an index is a part of the name, as in x1 or w_1_2",
    "{": "brackets are round, and LaTeX is for [notation]",
    "\\": "LaTeX is for [notation]; write a formula like w*x^2/2",
    "$": "write the formula without it",
    ":": "a quotient is written with /",
    "%": "5 % is 0.05",
    "<": "write max, min, step or relu for what depends on a comparison",
    ">": "write max, min, step or relu for what depends on a comparison",
    ";": "each formula has an equation of its own",
    "Σ": "write the sum out, as in z1 + z2 + z3",
    "∑": "write the sum out, as in z1 + z2 + z3",
    "@": "write the products out, as in w1*x1 + w2*x2",
}


def instead_of(formula: str, at: int) -> str:
    """What would be right in place of a sign that has no meaning here; "" where that is not known."""
    sign = formula[at]
    if sign == "." and (named := re.match(r"\.((?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*))", formula[at:])) is not None:
        library = re.search(r"[\w.]*$", formula[:at])
        name = named[2]
        here = understood(name, functions.CATALOGUE) or formula_for(name) or name
        return f"a function stands without a library; for {library[0] if library else ''}.{named[1]} write {here}"
    if sign == "=" and formula.count("(", 0, at) > formula.count(")", 0, at):
        return "an option is given by its place, as in leaky_relu(z, 0.1)"
    return _INSTEAD.get("'" if sign in PRIMES else sign, "")
