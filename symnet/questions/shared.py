"""Gradients that differ in their last factors: the chain rule in full for one, a line for each of the others.

Whatever leads from w₁₃ and from w₂₃ to the loss leads through x₃ = w₁₃x₁ + w₂₃x₂, so that ∂L/∂w₁₃ = ∂L/∂x₃ · x₁ and
∂L/∂w₂₃ = ∂L/∂x₃ · x₂.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from symnet.algebra.backprop import backprop
from symnet.algebra.equations import partial, symbol
from symnet.notation.line import Line
from symnet.notation.maths import Operator, row
from symnet.paper.breaking import on_one_line
from symnet.paper.document import Block, Inline, Paragraph, Working
from symnet.questions.pieces import between, side_by_side
from symnet.working.derivation import Derivation


def in_line(line: Line) -> Line:
    """The line with ∂L/∂w in place of a stacked fraction, as it stands in a list of many."""
    lhs = on_one_line(line.lhs) if line.lhs is not None else None
    return replace(line, lhs=lhs, steps=tuple((relation, on_one_line(node)) for relation, node in line.steps))


def by_users(derivation: Derivation, names: Sequence[str]) -> list[list[str]]:
    """The names, those together that the same equations use, but for what the loss itself uses."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        users = derivation.users(name)
        alone = not users or derivation.of in users
        groups.setdefault((name, "alone") if alone else users, []).append(name)
    return list(groups.values())


def in_parts(derivation: Derivation, names: Sequence[str]) -> list[Block]:
    """The chain rule in full for the first of each group, and beside these a part for all the others."""
    groups = by_users(derivation, names)
    others = [name for _, *more in groups for name in more]
    shared = [user for first, *more in groups if more for user in derivation.users(first)]
    parts = [_others(derivation, others, list(dict.fromkeys(shared)))] if others else []
    return side_by_side([derivation.gradient(first) for first, *_ in groups], parts)


def _others(derivation: Derivation, names: Sequence[str], users: Sequence[str]) -> tuple[Block, ...]:
    """∂L/∂x₃ = 20, which the gradients above have in common with these, and ∂L/∂w₂₃ = ∂L/∂x₃ · x₂ = 20·(−1) = −20."""
    work, of = derivation.work, derivation.of
    equations = {e.name: e for e in backprop(derivation.equations, symbol(of))}
    found = [equations[partial(of, name).name] for name in names]
    lines = tuple(in_line(work.three_forms(work.names.node(e.name), e.rhs, work.values[e.name])) for e in found)
    values: list[Inline] = []
    for user in users:
        key = partial(of, user).name
        value = work.values[key]
        values.append(row(work.names.node(key), Operator(work.relation(value)), work.value(value)))
    which = "The other gradients differ" if len(names) > 1 else "The other gradient differs"
    words = f"{which} in the last factor alone. What stands before it comes to "
    return Paragraph((words, *between(values, ", "), ":")), Working(lines)
