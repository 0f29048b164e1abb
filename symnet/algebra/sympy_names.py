"""The names of the quantities of a SymPy expression: its symbols, the entries of its matrices and indexed bases."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import sympy

from symnet.algebra.equations import Array, Expr, Symbol, symbol
from symnet.algebra.grids import names_of_entries
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.parsing import is_name

_ODD = re.compile(r"[^A-Za-z0-9_\u0391-\u03a9\u03b1-\u03c9]+")


class Names:
    """The names of the quantities of an expression, by what they are in SymPy."""

    def __init__(self, expr: Any) -> None:
        self.written_as: dict[Symbol, Expr] = {}
        self._names: dict[Expr, Symbol] = {}
        self.taken: set[str] = set()
        for part in sorted(expr.free_symbols, key=sympy.default_sort_key):
            for written, name in [(part, part.name)] if isinstance(part, sympy.Symbol) else names_of_entries(part):
                self._enter(written, name)

    def _enter(self, written: Expr, name: str) -> None:
        if isinstance(written, Array):
            raise Mistake(f"{name} is the name of a whole array; symnet.Network takes equations of arrays")
        if written.is_real is False or not written.is_commutative:
            kind = "not a real number" if written.is_commutative else "noncommutative"
            raise Mistake(f"{name} is declared as {kind}; networks are of real numbers")
        name = name if is_name(name) else _ODD.sub("_", name.replace("{", "").replace("}", "")).strip("_")
        if not is_name(name):
            raise Mistake(f"{shown(written)} is no name; a name is a letter followed by letters, digits or _")
        if name in self.taken:
            other = next(mine for mine in self._names if self._names[mine].name == name)
            differ = (
                "with other assumptions"
                if str(other) == str(written)
                else f"and {shown(other)} would both be called {name}"
            )
            raise Mistake(f"{shown(written)} stands for two quantities, {differ}; each name stands for one quantity")
        self.taken.add(name)
        self._names[written] = symbol(name)
        self.written_as[symbol(name)] = written

    def of(self, part: Expr) -> Symbol:
        """Its name; a name of ours is its own."""
        if part.is_Symbol and part.name in self.taken and part == symbol(part.name):
            return part
        if part not in self._names:  # an element of an IndexedBase
            if not isinstance(part, sympy.Indexed) or not all(index.is_Integer for index in part.indices):
                raise Mistake(f"{shown(part)}: which entry is meant is no number")
            self._enter(part, indexed_name(str(part.base), part.indices))
        return self._names[part]

    def first_free(self, *wished: str) -> str:
        """The first of the names that nothing has yet, numbered where all are taken; from now on it is taken."""
        numbered = (f"{wished[0]}{i}" for i in range(1, len(self.taken) + 2))
        found = next(word for word in (*wished, *numbered) if word not in self.taken)
        self.taken.add(found)
        return found


def indexed_name(stem: str, indices: Iterable[Any]) -> str:
    """x1 and W1_2, and with one more _ where the name ends in a digit: W1_1_2."""
    places = "_".join(str(index) for index in indices)
    return f"{stem}_{places}" if stem[-1:].isdigit() else f"{stem}{places}"
