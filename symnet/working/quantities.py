"""The quantities of a problem by their keys: what a person can be asked for, and can give a number for.

An equation's name is its forward value, ``grad(x)`` the gradient of the loss, ``mean(grad(w))`` that over all examples,
the name of a parameter, a state variable or a given number its value after the updates, ``change(w)`` what changes it.
"""

from __future__ import annotations

from symnet.algebra.equations import names_in, partial, partial_parts
from symnet.algebra.further import key_of_further
from symnet.working.problem import Problem

MOST_LINES_EVER = 5_000_000  # that the right working may take


def lines_of(problem: Problem) -> int:
    """How many lines of working a problem takes."""
    lines = len(problem.network.equations) + len(problem.backward) + len(problem.further) + len(problem.rules)
    return lines * len(problem.examples) * max(1, problem.updates if problem.rules else 1)


def can_be_worked(problem: Problem) -> bool:
    """Whether anybody would wait for the updates, worked line by line."""
    return lines_of(problem) <= MOST_LINES_EVER


def key_of(name: str) -> str:
    """grad(w13) for the name ∂Loss/∂w13, mean(grad(w13)) for mean(∂Loss/∂w13), any plain name as it is."""
    over, bracket, inner = name.partition("(") if name.startswith(("mean(∂", "sum(∂")) else ("", "", f"{name})")
    parts = partial_parts(inner[:-1])
    return f"{over}{bracket}grad({parts[1]}){')' * bool(over)}" if parts is not None else key_of_further(name)


def further_of(problem: Problem) -> dict[str, str]:
    """{"d2L/dw1dw2": "∂²L/∂w1∂w2"}: the keys of what questions ask for beyond the two passes, with the names."""
    return {key_of(equation.name): equation.name for equation in problem.further}


def over_examples(problem: Problem) -> dict[str, str]:
    """{"mean(Loss)": "Loss", "mean(grad(w))": "∂Loss/∂w"}: over all examples, as an update in a batch uses them."""
    if problem.online or len(problem.examples) < 2:
        return {}
    passed = {equation.name for equation in problem.backward}
    names = [name.name for rule in problem.rules for name in names_in(rule.rhs)]
    used = dict.fromkeys(names or (partial(problem.loss, name).name for name in problem.start))
    return {
        key_of(f"{problem.reduce}({name})"): name for name in (problem.loss, *used) if name in {*passed, problem.loss}
    }


def keys_of(problem: Problem) -> tuple[str, ...]:
    """Every key, in the order of the work: forward values, gradients backward, then what is updated and what is not."""
    network = problem.network
    passed = [key_of(equation.name) for equation in problem.backward]
    rest = [f"grad({name})" for name in network.names if f"grad({name})" not in passed]
    passed, rest = (passed, rest) if problem.has_loss else ([], [])
    forward = [equation.name for equation in network.equations]
    passed += further_of(problem)
    # What an update names in between, such as m̂ of Adam, has one value where there is one update.
    between = [rule.name for rule in problem.rules] if problem.updates == 1 else []
    others = [name for name in (*problem.start, *problem.state, *between, *problem.given) if name not in forward]
    return tuple(dict.fromkeys((*forward, *passed, *rest, *over_examples(problem), *changes(problem), *others)))


def changes(problem: Problem) -> dict[str, str]:
    """{"change(w)": "w"}: by how much the updates change a parameter, the new value minus the old one."""
    updated = {rule.name for rule in problem.rules}
    return {f"change({name})": name for name in problem.start if name in updated}
