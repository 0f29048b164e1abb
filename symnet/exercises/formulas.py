"""The formulas of an exercise file: its equations, in order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from symnet.algebra.equations import Equation, names_in, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.algebra.parsing import parse
from symnet.toml_tables import TomlFloat, check_name


def written_out(
    table: Mapping[str, Any],
    given: Mapping[str, Fraction],
    start: Mapping[str, Fraction],
    samples: tuple[Mapping[str, Fraction], ...],
) -> Network:
    if not table:
        raise Mistake('equations is missing or empty; write [equations] with lines like y = "w*x + b"')
    for name in start:
        if name in given:
            raise Mistake(f"parameters.{name} is also under [given]; a name stands for one quantity")
    inputs = dict.fromkeys(given)
    for i, sample in enumerate(samples):
        for name in sample:
            if name in start or name in table:
                place = "[parameters]" if name in start else "[equations]"
                raise Mistake(f"samples[{i}].{name} is under {place}; samples replace what is under [given]")
        inputs.update(dict.fromkeys(sample))
    for name in inputs:
        for i, sample in enumerate(samples):
            if name not in given and name not in sample:
                raise Mistake(f"samples[{i}].{name} is missing, and [given] has no value for it")
    known = dict.fromkeys((*inputs, *start))
    formulas: dict[str, str] = {}
    for name, formula in table.items():
        where = f"equations.{name}"
        check_name(name, "equations")
        if name in known:
            place = "[parameters]" if name in start else "[given]"
            raise Mistake(f"{where} is also under {place}; a name stands for one quantity")
        if isinstance(formula, (int, TomlFloat)) and not isinstance(formula, bool):
            formula = str(formula)
        if not isinstance(formula, str):
            raise Mistake(f'{where} must be a formula in quotes, such as "w*x + b"')
        formulas[name] = formula
    equations: list[Equation] = []
    everything = {**known, **dict.fromkeys(formulas)}
    for name, formula in formulas.items():
        try:
            rhs = parse(formula, everything)
        except Mistake as mistake:
            said = str(mistake)
            asks = said.startswith("name") and ";" not in said
            hint = "; a name needs a value under [given] or [parameters]" if asks else ""
            raise Mistake(f"equations.{name}: {mistake}{hint}") from None
        equations.append(Equation(symbol(name), rhs))
    _in_order(equations, known)
    return Network(tuple(symbol(name) for name in inputs), (), tuple(symbol(name) for name in start), tuple(equations))


def _in_order(equations: list[Equation], known: Collection[str]) -> None:
    """Each equation may use only what stands above it; otherwise say whether moving a line would help."""
    uses = {equation.name: [name.name for name in names_in(equation.rhs)] for equation in equations}
    defined = set(known)
    for equation in equations:
        for name in uses[equation.name]:
            if name in defined:
                continue
            if name == equation.name:
                raise Mistake(f"equations.{equation.name} uses itself, a cycle; a new value needs a new name")
            circle = _way(uses, name, equation.name)
            if circle:
                arrows = " → ".join([equation.name, *circle])
                raise Mistake(f"equations.{equation.name} uses {name}, a cycle: {arrows}")
            raise Mistake(f"equations.{equation.name} uses {name}, which is defined below it; move {name} up")
        defined.add(equation.name)


def _way(uses: Mapping[str, list[str]], start: str, goal: str) -> list[str]:
    """The names from start to goal along what uses what; empty where there is no way."""
    came_from: dict[str, str] = {start: ""}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            way = [name]
            while came_from[way[0]]:
                way.insert(0, came_from[way[0]])
            return way
        for used in uses.get(name, []):
            if used not in came_from:
                came_from[used] = name
                waiting.append(used)
    return []
