"""The optimizers with their rules, options and what they remember."""

from __future__ import annotations

from fractions import Fraction
from inspect import Parameter, signature

from symnet.algebra import optimizers
from symnet.algebra.common_names import other_words
from symnet.algebra.equations import symbol
from symnet.algebra.optimizers import state_parts
from symnet.reference.entries import Entry, told

ORDER = 6
SAYS = "How parameters are updated: rules, options, what is remembered; and rules of your own."

_OF = {
    "learning_rate": "η, the learning_rate at the top of the file",
    "decay": "how much of what was is kept",
    "epsilon": "ε, which keeps the division from being by 0",
    "beta1": "β₁, of the mean of the gradients",
    "beta2": "β₂, of the mean of their squares",
    "weight_decay": "λ, how fast weights shrink",
}


def entries() -> tuple[Entry, ...]:
    return (*map(_entry, optimizers.CATALOGUE), _own())


def _entry(name: str) -> Entry:
    make = optimizers.CATALOGUE[name]
    says, more = told(make)
    terms = [(option.name, _said(option.name, option.default)) for option in _options(name)]
    state = [state_parts(rule.lhs.name) for rule in make().init(symbol("w"))]
    if state:
        kinds = ", ".join(f"{parts[0]} = 0" for parts in state if parts)
        terms.append(("state", f'what is remembered at the start, as {{ {kinds} }}, or for one w, {{ "m(w1)" = 0.1 }}'))
    if other_words(name):
        terms.append(("also", f"understood as well: {', '.join(other_words(name))}"))
    lines = "\n".join(f"{option.name} = {_number(option.default)}" for option in _options(name))
    example = f'[update]\noptimizer = "{name}"\n{lines}'.rstrip()
    return Entry(name, says, more, tuple(terms), example, "relu", other_words(name))


def _options(name: str) -> list[Parameter]:
    return [p for p in signature(optimizers.CATALOGUE[name]).parameters.values() if p.name != "learning_rate"]


def _said(name: str, default: object) -> str:
    what = _OF.get(name, "an option")
    return f"{what} ({_number(default)} unless given)"


def _number(value: object) -> str:
    """1/10000000000 as 1e-10, 9/10 as 0.9."""
    return f"{float(Fraction(str(value))):g}".replace("e-0", "e-")


def _own() -> Entry:
    more = (
        "Rules run in order, once an update. grad(x) and the names of equations keep the values from before it; "
        "parameters and what is remembered show what earlier rules made of them. lr is the learning rate.",
        "A name that is none of the exercise, such as w, stands for every parameter; input(w) is what it multiplies.",
    )
    example = '[update]\nrules = ["v = 0.9*v - lr*grad(w)", "w = w + v"]\nstate = { v = 0 }'
    return Entry("own", "Rules of your own.", more, (), example, "relu", ("rules", "perceptron"))
