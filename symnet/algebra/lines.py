"""Networks written as text: lines ``name = formula``, and which of their names are parameters and targets.

``lines_of`` reads lines and nothing of what stands in them; ``equations_of_numbers`` makes equations of them where
every name stands for a number.  ``lines_of_arrays`` takes the same lines, with the shapes of the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from symnet.algebra.equations import Equation, Expr, Symbol, symbol
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import is_name, parse

_DIGITS = re.compile(r"(\d+)")
_LEFT = re.compile(r"[^=\[\]]*\[[^\[\]]*\]\s*(?==)")  # with indices


@dataclass(frozen=True)
class Line:
    """A line of text: what is defined, and the formula."""

    number: int
    name: str
    formula: str


def lines_of(text: Any) -> tuple[Line, ...]:
    """The lines, without empty ones and what follows a #; raises Mistake where one is not ``name = formula``."""
    if not isinstance(text, str):
        other = "; symnet.Network.from_expression takes SymPy" if isinstance(text, sympy.Basic) else ""
        raise Mistake(f"{shown(text)} is not text; a network is written as lines name = formula{other}")
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        written = line.partition("#")[0].strip()
        if written:
            name, equals, formula = _parted(written)
            if not equals or not name:
                raise Mistake(f"line {number}: {shown(line)} is not of the form name = formula")
            found.append(Line(number, name, formula))
    if not found:
        raise Mistake("there is no equation; a network is written as lines name = formula")
    return tuple(found)


def _parted(written: str) -> tuple[str, str, str]:
    """The line at its first "=" outside square brackets: on the left of h[t=1..3] = tanh(h[t-1]) one is a range."""
    found = _LEFT.match(written)
    end = found.end() if found else written.find("=") % (len(written) + 1)
    return written[:end].strip(), written[end : end + 1], written[end + 1 :].strip()


def equations_of_numbers(lines: Iterable[Line]) -> tuple[Equation, ...]:
    """The equations of lines whose names stand for numbers; raises Mistake, with the number of the line."""
    equations: list[Equation] = []
    first: dict[str, int] = {}
    for line in lines:
        if not is_name(line.name):
            arrays = '; of arrays give the shapes, as in shapes={"X": (2, 3)}' if "[" in line.name else ""
            raise Mistake(f"line {line.number}: {shown(line.name)} is not a name; a line is name = formula{arrays}")
        if line.name in first:
            raise Mistake(
                f"line {line.number}: {line.name} is defined twice, first in line {first[line.name]}; each name stands "
                "for one quantity"
            )
        first[line.name] = line.number
        try:
            equations.append(Equation(symbol(line.name), parse(line.formula, _AnyName())))
        except Mistake as mistake:
            raise Mistake(f"line {line.number}: {line.name}: {mistake}") from None
    return tuple(equations)


def chosen_names(
    wanted: Mapping[str, Any], free: Mapping[str, Symbol], defined: Iterable[str], written_as: Mapping[Symbol, Expr]
) -> dict[str, tuple[Symbol, ...]]:
    """{"parameters": the names, …} of what is wanted: names, symbols, or a matrix for all its entries.

    ``free`` are the names that no equation defines.  Raises Mistake where a name is unknown, defined by an equation, or
    chosen twice.
    """
    chosen: dict[str, tuple[Symbol, ...]] = {}
    met: dict[Symbol, str] = {}
    for kind, given in wanted.items():
        names = [name for item in items(kind, given) for name in named(kind, item, free, defined, written_as)]
        for name in names:
            if name in met:
                where = f"twice in {kind}" if met[name] == kind else f"in {met[name]} and in {kind}"
                raise Mistake(f"{name} is {where}; each name stands for one quantity")
            met[name] = kind
        chosen[kind] = tuple(names)
    return chosen


def named(
    kind: str, item: Any, known: Mapping[str, Symbol], defined: Iterable[str], written_as: Mapping[Symbol, Expr]
) -> tuple[Symbol, ...]:
    """The names that one item stands for: itself, or the entries of a matrix."""
    if isinstance(item, str) or (isinstance(item, sympy.Symbol) and str(item.name) in known):
        text = str(item)
        if text in known:
            return (known[text],)
    entries = tuple(name for name, what in written_as.items() if name.name in known and _belongs(what, item))
    if entries:
        return entries
    text = str(item)
    if text in {*defined}:
        raise Mistake(f"{kind}: {text} is defined by an equation; {kind} are given from outside")
    if not isinstance(item, (str, sympy.Basic, sympy.IndexedBase)):
        raise Mistake(f"{kind}: {shown(item)} is neither a name nor a symbol")
    raise Mistake(f"{kind}: {shown(text)} stands in no formula{suggestion(text, known)}")


def _belongs(what: Expr, item: Any) -> bool:
    """Whether a SymPy object is meant by an item, a name or an object: as itself, or as an entry of that matrix."""
    whole = getattr(what, "parent", getattr(what, "base", None)) if not isinstance(what, sympy.Symbol) else None
    if isinstance(item, str):
        return str(what) == item or (whole is not None and str(whole) == item)
    return bool(what == item) or (whole is not None and bool(whole == item))


def items(kind: str, given: Any) -> list[Any]:
    """The items, of one alone too, and of names in one text as SymPy takes them: "w1 w2" or "w1, w2"."""
    if isinstance(given, str):
        return given.replace(",", " ").split()
    if isinstance(given, (sympy.Basic, sympy.IndexedBase)):
        return [given]
    try:
        return list(given)
    except TypeError:
        raise Mistake(f'{kind} is {shown(given)}; it must be a list of names, as in ["w", "b"]') from None


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts x2 before x10."""
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in _DIGITS.split(name) if part)


class _AnyName(frozenset[str]):
    """Every name counts as declared: what is undefined is an input."""

    def __contains__(self, name: object) -> bool:
        return name != "pi"
