"""The functions of formulas: what they are, their options and what they are where they have no derivative."""

from __future__ import annotations

import inspect
from inspect import Parameter, signature

from symnet.algebra import functions
from symnet.algebra.array_formulas.calls import CALLS, called_as
from symnet.algebra.common_names import FORMULAS, other_words
from symnet.algebra.scalar import Kind
from symnet.reference.entries import Entry, told

ORDER = 3
SAYS = "The functions of formulas, which are also the activations; and functions of your own."

_OWN = """[network]
layers = [2, 2, 1]
activation = "z/(1 + abs(z))"
weights = { W1 = [[1, 2], [-1, 1]], b1 = [0, 1], W2 = [[1], [2]], b2 = [0] }
inputs = [[2, -1]]
targets = [[1]]"""

_ARRAYS = """[given]
X = [[1, 2, 0], [0, 1, 1], [2, 0, 1]]

[parameters]
K = [[1, 0], [-1, 1]]

[equations]
Z = "conv(X, K, stride=1, padding=1)"
P = "max_pool(Z, 2)"
L = "sum(P)^2/2"
"""


def entries() -> tuple[Entry, ...]:
    return (*map(_entry, functions.CATALOGUE), _of_arrays(), _own())


def _entry(name: str) -> Entry:
    function: Kind = functions.CATALOGUE[name]
    says, more = told(function)
    given = list(signature(function.definition).parameters.values())
    several = given[0].kind is Parameter.VAR_POSITIONAL
    options = [] if several else given[1:]
    call = f"{name}(a, b, …)" if several else f"{name}({', '.join(p.name for p in given)})"
    terms = [(call, "any number of arguments" if several else "how it is written")]
    terms += [(option.name, f"{option.default} unless given") for option in options]
    if function.kink:
        terms.append(("at 0", f"the derivative is {function.kink} by convention; the sheet says so"))
    words = dict.fromkeys(word for word in (function.notation.lstrip("\\"), *other_words(name)) if word != name)
    if words:
        terms.append(("also", f"understood as well: {', '.join(words)}"))
    first = "a, b" if several else given[0].name
    option = ", 0.1" if options and name != "linear" else ""
    example = f'[given]\n{_values(first)}\n\n[equations]\ny = "{name}({first}{option})"'
    return Entry(name, says, more, tuple(terms), example, also=tuple(words))


def _of_arrays() -> Entry:
    """Those that are called of whole arrays, with their options, from their definitions."""
    terms = tuple((called_as(name), " ".join((inspect.getdoc(call) or "").split())) for name, call in CALLS.items())
    more = (
        "An option that is not given is left out; stride is 1 unless given, that of a pool its size.",
        "sum(A), mean(A), max(A) and min(A) take all entries of an array; the other functions go entry by entry.",
    )
    says = "The functions of whole arrays, as softmax(S, mask=M) and conv(X, K, stride=2, padding=1)."
    return Entry("arrays", says, more, terms, _ARRAYS.rstrip(), also=tuple(CALLS))


def _values(names: str) -> str:
    return "\n".join(f"{name} = {i + 1}" for i, name in enumerate(names.split(", ")))


def _own() -> Entry:
    shown = ("swish", "softsign", "relu6", "hardtanh", "mish", "log10", "softmax")
    terms = tuple((word, FORMULAS[word]) for word in shown)
    more = (
        "In [equations] any formula will do. An activation of [network] may be a formula in z.",
        'From Python: symnet.define("swish", lambda z: z/(1 + sympy.exp(-z))) adds a function by its formula.',
    )
    says = "A function of your own is a formula; its derivative is derived."
    return Entry("own", says, more, terms, _OWN, also=("activation", "formula", *FORMULAS))
