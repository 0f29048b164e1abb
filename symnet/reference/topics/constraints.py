"""What [vary] can require of the numbers of a variant."""

from __future__ import annotations

from symnet.exercises import constraints
from symnet.reference.entries import Entry, told

ORDER = 9
SAYS = "What require of [vary] can ask of the numbers of variants."


def entries() -> tuple[Entry, ...]:
    return tuple(map(_entry, constraints.CATALOGUE))


def _entry(name: str) -> Entry:
    constraint = constraints.CATALOGUE[name]
    says, more = told(constraint.meets)
    written = f"{name} {constraint.example}" if constraint.needs_bound else name
    if not constraint.takes_bound:
        bound = "It takes no bound."
    elif constraint.needs_bound:
        bound = f'It needs a bound: "{written}", with <=, >=, <, > or =.'
    else:
        bound = f'It may have a bound: "{name} {constraint.example}", with <=, >=, <, > or =.'
    # Of the shortest file that can meet it, nothing more is asked.
    start = {"integers": "relu", "dead units": "relu"}.get(name, "relu")
    return Entry(name, says, (*more, bound), (), f'[vary]\nrequire = ["{written}"]', start)
