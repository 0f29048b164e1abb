"""Reads [vary]: which numbers are drawn for a variant, from which values, and what has to come out nice.

    [vary]
    names = ["w13", "w23"]                     # without it: those with values below, or with "*" all that can be drawn
    values = { w13 = [-3, -2, 2], "*" = "-4..4" }
    require = ["integers", "dead units = 1", "magnitude <= 60", "no kink"]

A value is a number, in quotes exactly ("1/3"), or a range: "-4..4" is every whole number from -4 to 4, "0.1..0.9" goes
in steps of the last decimal place that is written.  What can be required is in ``constraints``.  A list
under the name of an array is for each of its entries.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.exercises import constraints
from symnet.exercises.wanted import Requirement, Vary
from symnet.toml_tables import TomlFloat, number, table_of
from symnet.working.arrays import spelled_out
from symnet.working.problem import Problem

MOST_VALUES = 10_000  # of one name
_RANGE = re.compile(r"\s*([^.].*?)\s*(?:\.\.+|…)\s*(.+?)\s*")
_DECIMAL = re.compile(r"[-+]?[0-9]+(?:\.([0-9]+))?")
_REQUIREMENT = re.compile(r"\s*([^<>=≤≥]*?)\s*(?:(<=|>=|==|[<>=≤≥])\s*(.*?))?\s*", re.DOTALL)
_SIGNS = {"≤": "<=", "≥": ">=", "==": "="}


def read_vary(table: Mapping[str, Any], problem: Problem | None) -> Vary:
    """What the table says of a problem; raises Mistake."""
    if problem is None:
        if table:
            raise Mistake("[vary] is for exercises that are worked by hand; with [data] there are no variants")
        return Vary()
    drawable = (*problem.given, *(name for row in problem.samples for name in row), *problem.start)
    known = tuple(dict.fromkeys(drawable))
    names = _names(table, known, problem)
    values = _of_entries(
        {
            name: _values(value, f"vary.values.{shown(name)[1:-1]}")
            for name, value in table_of(table, "values", "vary.").items()
        },
        problem,
    )
    for name, choices in values.items():
        least = 0 if name.startswith("padding") else 1
        if problem.sizes is not None and any(x.denominator > 1 or x < least for x in choices):
            raise Mistake(f"vary.values.{name}: what sizes are made of are whole numbers of {least} or more")
        if name != "*":
            _check_name(name, known, problem, "vary.values")
            if "names" in table and name not in names:
                raise Mistake(f"vary.values.{name} has values, but {name} is not in vary.names; add it there")
    return Vary(names, values, _requirements(table["require"]) if "require" in table else None)


def _names(table: Mapping[str, Any], known: Collection[str], problem: Problem) -> tuple[str, ...]:
    if "names" not in table:
        return ()
    names = table["names"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise Mistake('vary.names must be a list of names in quotes, such as ["w13", "x1"]')
    found = _entries("vary.names", names, problem)
    for name in found:
        _check_name(name, known, problem, "vary.names")
        if found.count(name) > 1:
            raise Mistake(f"vary.names has {name} twice")
    return found


def _entries(where: str, names: Sequence[str], problem: Problem) -> tuple[str, ...]:
    """The names, with its entries for that of an array; raises Mistake."""
    try:
        return spelled_out(names, problem.arrays)
    except Mistake as mistake:
        raise Mistake(f"{where}: {mistake}") from None


def _of_entries(values: Mapping[str, tuple[Fraction, ...]], problem: Problem) -> dict[str, tuple[Fraction, ...]]:
    """What each entry is drawn from: the list of its array, or row, unless its own name has one."""
    found: dict[str, tuple[Fraction, ...]] = {}
    own: dict[str, tuple[Fraction, ...]] = {}
    for name, choices in values.items():
        entries = _entries("vary.values", [name], problem)
        (own if len(entries) == 1 else found).update(dict.fromkeys(entries, choices))
    return {**found, **own}


def _check_name(name: str, known: Collection[str], problem: Problem, where: str) -> None:
    if name in problem.network.by_name:
        raise Mistake(f"{where}: {name} is an equation; what varies is a number under [given] or [parameters]")
    if name in problem.fixed:
        raise Mistake(
            f"{where}: {name} says which entries are used, in no formula as a number; a variant has the same ones"
        )
    if name not in known:
        raise Mistake(f"{where}: {shown(name)} is not a number of this exercise{suggestion(name, known)}")


# -- values -----------------------------------------------------------------------------------------------------------


def _values(value: Any, where: str) -> tuple[Fraction, ...]:
    items = value if isinstance(value, list) else [value]
    if not isinstance(value, list) and not _is_range(value):
        raise Mistake(f'{where} must be a list of numbers, such as [-3, -2, 2], or a range in quotes, "-4..4"')
    values = tuple(number for item in items for number in _each(item, where))
    if not values:
        raise Mistake(f"{where} is empty; give the numbers to draw from, such as [-3, -2, 2]")
    if len(values) > MOST_VALUES:
        raise Mistake(f"{where} has {len(values):,} values; at most {MOST_VALUES:,} are drawn from")
    if len(set(values)) < len(values):
        twice = next(value for i, value in enumerate(values) if value in values[:i])
        raise Mistake(f"{where} has {twice} twice; each value is drawn equally often")
    return values


def _is_range(item: Any) -> bool:
    return isinstance(item, str) and not isinstance(item, TomlFloat) and _RANGE.fullmatch(item) is not None


def _each(item: Any, where: str) -> Sequence[Fraction]:
    if not _is_range(item):
        return (number(item, where),)
    found = _RANGE.fullmatch(item)
    ends = [_DECIMAL.fullmatch(end) for end in found.groups()] if found else []
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        raise Mistake(f'{where}: a range goes from one decimal to another, such as "-4..4", and {shown(item)} does not')
    low, high = (number(end[0], where) for end in ends if end)
    if low > high:
        raise Mistake(f"{where}: {shown(item)} goes from the larger to the smaller number")
    step = Fraction(1, 10 ** max(len(end[1] or "") for end in ends if end))
    count = (high - low) / step + 1
    if count > MOST_VALUES:
        raise Mistake(f"{where}: {shown(item)} has more than {MOST_VALUES:,} values")
    return [low + i * step for i in range(int(count))]


# -- requirements -----------------------------------------------------------------------------------------------------


def _requirements(lines: Any) -> tuple[Requirement, ...]:
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise Mistake('vary.require must be a list of texts, such as ["integers", "magnitude <= 60"]')
    found = tuple(_requirement(line) for line in lines)
    for name in dict.fromkeys(requirement.name for requirement in found):
        _check_together([requirement for requirement in found if requirement.name == name])
    return found


def _requirement(line: str) -> Requirement:
    parts = _REQUIREMENT.fullmatch(line)
    words, sign, bound = parts.groups() if parts else (line, None, None)
    name = " ".join(words.lower().split())
    if name not in constraints.CATALOGUE:
        raise Mistake(f"vary.require: {shown(line)} cannot be required{suggestion(name, constraints.CATALOGUE)}")
    constraint = constraints.CATALOGUE[name]
    if sign is None:
        if constraint.needs_bound:
            raise Mistake(f'vary.require: {shown(line)} needs a bound, such as "{name} {constraint.example}"')
        return Requirement(name)
    if not constraint.takes_bound:
        raise Mistake(f'vary.require: "{name}" takes no bound, and {shown(line)} has one')
    return Requirement(name, _SIGNS.get(sign, sign), number(bound, f"vary.require: {name}"))


def _check_together(same: Sequence[Requirement]) -> None:
    """Refuse what no number can meet, such as = 1 with = 2, or <= -1: what is compared is a count or a size."""
    if len(set(same)) < len(same):
        raise Mistake(f'vary.require has "{same[0]}" twice')
    bounds = sorted({requirement.bound for requirement in same if requirement.relation})
    between = [(a + b) / 2 for a, b in pairwise(bounds)]
    beyond = [bounds[0] - 1, bounds[-1] + 1] if bounds else []
    tests = [requirement.holds for requirement in same if requirement.holds is not None]
    sizes = [x for x in (Fraction(0), *bounds, *between, *beyond) if x >= 0]
    if tests and not any(all(test(x) for test in tests) for x in sizes):
        listed = " and ".join(f'"{requirement}"' for requirement in same)
        raise Mistake(f"vary.require: {listed} {'contradict each other' if len(same) > 1 else 'cannot be met'}")
