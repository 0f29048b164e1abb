"""A figure in words, for whoever cannot see it: what is connected with what, and every number that it shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from symnet.algebra.equations import names_in
from symnet.algebra.plurals import counted, plural, with_article
from symnet.figures.graph import Filling
from symnet.figures.labels import Facts, Level, Told, facts_of
from symnet.figures.units import Net
from symnet.paper.printing.text import maths as text_of
from symnet.working.work import Work

MOST_NAMED = 16  # wires, units or numbers that the words name one by one

_SAYS: dict[Level, str] = {
    "symbols": "",
    "values": ", with the values of the forward pass",
    "gradients": ", with the values of the forward pass and the gradients of the backward pass",
}


def of_network(net: Net, facts: Facts, level: Level, more: str = "", asked: Collection[str] = ()) -> str:
    """A 2-2-1 network: inputs x₁ = 1, x₂ = −1; hidden units y₃ = 5 (from x₃ = 5), …; and the gradients.

    Where not every parameter's gradient is ``asked`` for, those that are asked for are told and no others.
    """
    say = _Words(facts, level)
    inputs, *hidden, outputs = net.columns
    parts = [f"{plural(len(inputs), 'input')} {say.listed(inputs)}"]
    for column, what in (*((column, "hidden unit") for column in hidden), (outputs, "output")):
        before = {name: net.units[name].before for name in column} if level != "symbols" else {}
        parts.append(f"{plural(len(column), what)} {say.listed(column, before)}")
    if net.loss:
        against = f" with {say.listed(net.targets)}" if net.targets else ""
        parts.append(f"{say.name(net.loss)} compares {say.listed_names(net.outputs)}{against}")
        if level != "symbols" and (value := say.equal(net.loss)):
            parts.append(value)
    weighted = [wire for wire in net.wires if wire.weight]
    if len(weighted) <= MOST_NAMED:
        wires = [f"{say.equal(w.weight)} from {say.name(w.source)} to {say.name(w.target)}" for w in weighted]
        parts.append(f"{plural(len(weighted), 'weight')} {', '.join(wires)}")
    else:
        parts.append(counted(len(weighted), "weight"))
    biased = [unit for unit in net.units.values() if unit.bias]
    if biased and len(biased) <= MOST_NAMED:
        shown = ", ".join(f"{say.equal(unit.bias)} at {say.name(unit.name)}" for unit in biased)
        parts.append(f"{plural(len(biased), 'bias', 'biases')} {shown}")
    if level == "gradients":
        units = [name for unit in net.units.values() for name in (unit.before, unit.name) if name]
        names = dict.fromkeys([*(wire.weight for wire in weighted), *(unit.bias for unit in biased), *units])
        every = not asked or facts.work is None or set(asked) >= set(facts.work.problem.start)
        parts += say.gradients(names if every else asked)
    start = with_article(net.shape)
    return f"{start[:1].upper()}{start[1:]} network{_SAYS[level]}{more}: {'; '.join(parts)}."


def of_graph(work: Work, filling: Filling, more: str = "") -> str:
    """The computation graph of e = a·b; …: and the numbers in its boxes, but none that is left blank."""
    lines = [f"{text_of(work.names.node(e.name))} = {text_of(work.symbols(e.rhs))}" for e in work.network.equations]
    level: Level = "symbols" if filling.blank_values else filling.level
    says = f"The computation graph of {'; '.join(lines)}{_SAYS[level]}{more}"
    if filling.level == "symbols":
        return f"{says}."
    say = _Words(facts_of(work), filling.level)
    made = [equation.name for equation in work.network.equations]
    used = dict.fromkeys(name.name for equation in work.network.equations for name in names_in(equation.rhs))
    given = [name for name in used if name not in made]
    numbers = [say.equal(name) for name in (given if filling.blank_values else [*given, *made])]
    parts = [f"values {', '.join(numbers[:MOST_NUMBERS])}"] if numbers else []
    if filling.level == "gradients" and not filling.blank_gradients:
        parts += say.gradients([*given, *made])
    return f"{says}: {'; '.join(parts)}." if parts else f"{says}."


MOST_NUMBERS = 40  # values or gradients in one list


class _Words:
    def __init__(self, facts: Facts, level: Level) -> None:
        self.facts, self.level = facts, level

    def name(self, name: str) -> str:
        return text_of(self.facts.names.node(name))

    def equal(self, name: str) -> str:
        """x₁ = 1, or x₁ where the figure shows no values."""
        told = self.facts.equal(name) if self.level != "symbols" else None
        return _text(told) if told is not None else self.name(name)

    def listed(self, names: Collection[str], before: dict[str, str] | None = None) -> str:
        """Names with their values, after those they are made from; of many the first three and the last."""

        def one(name: str) -> str:
            inner = before.get(name) if before else ""
            return f"{self.equal(name)} (from {self.equal(inner)})" if inner else self.equal(name)

        if len(names) > MOST_NAMED:
            *_, last = names
            return f"{', '.join(map(one, list(names)[:3]))}, … {one(last)}"
        return ", ".join(map(one, names))

    def listed_names(self, names: Collection[str]) -> str:
        return _Words(self.facts, "symbols").listed(names)

    def gradients(self, names: Iterable[str]) -> list[str]:
        """∂L/∂w = 20, …; nothing where there are none, and no more than a listener can follow."""
        told = [told for name in names if (told := self.facts.gradient(name)) is not None]
        if not told:
            return []
        if len(told) > MOST_NUMBERS:
            return [f"{len(told)} gradients"]
        return [f"gradients {', '.join(map(_text, told))}"]


def _text(told: Told) -> str:
    return told.text if isinstance(told.text, str) else text_of(told.text)
