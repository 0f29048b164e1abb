"""What a sheet asks for, each number a field: its name, its rule in words and its line with a place for every name.

No right number is among it: the page works them out, from the equations, when it is asked to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from symnet.algebra.derivatives import recognized
from symnet.algebra.equations import names_in
from symnet.algebra.scalar import ScalarFunction
from symnet.classroom.export.bank import named
from symnet.computing.javascript import variable
from symnet.diagnosis.keyed_lines import KeyedLines
from symnet.diagnosis.rule_words import RuleWords
from symnet.notation.maths import Letter, Maths
from symnet.notation.names import Names
from symnet.notation.typesetter import Typesetter
from symnet.paper.formats import html
from symnet.paper.printing.text import maths as as_text
from symnet.working.quantities import keys_of
from symnet.working.rows import parted
from symnet.working.work import Work

_FIRST = 0xE000  # of the signs that Unicode leaves to whoever wants them
_SIGN = re.compile("<m[io][^>]*>([\ue000-\uf8ff])</m[io]>")


class _Marked(Names):
    """Names that print as one sign each, to be found again in what is printed."""

    def __init__(self, names: Names) -> None:
        super().__init__(chosen=names.chosen)
        self.plain = names
        self.signs: list[str] = []
        self.has_e = names.has_e
        self.rate, self._count = names.rate, names._count

    def node(self, name: str) -> Maths:
        if name not in self.signs:
            self.signs.append(name)
        return Letter(chr(_FIRST + self.signs.index(name)))


class Formulas:
    """Everything printed, once: ``maths`` are formulas, ``reads`` the names in lines, with their places there."""

    def __init__(self) -> None:
        self._maths: dict[str, int] = {}
        self._reads: dict[tuple[str, int], int] = {}

    def place(self, formula: str) -> int:
        """Where among ``maths`` a formula is, without its <math>, which all have."""
        return self._maths.setdefault(_inner(formula), len(self._maths))

    def read(self, name: str, formula: str) -> int:
        """Where among ``reads`` a name is."""
        return self._reads.setdefault((name, self.place(formula)), len(self._reads))

    @property
    def maths(self) -> list[str]:
        return [*self._maths]

    @property
    def reads(self) -> list[tuple[str, int]]:
        return [*self._reads]


def _inner(formula: str) -> str:
    return formula.partition(">")[2].removesuffix("</math>")


class Fields:
    """The names and lines of an exercise as pieces of a page; what is printed is named by its place in ``formulas``."""

    def __init__(self, work: Work) -> None:
        self.work, self.problem = work, work.problem
        self.formulas = Formulas()
        self.lines = KeyedLines(work)
        self._rules = RuleWords(self.lines)

    def printed(self, node: Maths) -> int:
        """Where among the formulas this one is."""
        return self.formulas.place(html.formula(node))

    def label(self, key: str) -> tuple[int, str, str]:
        """(formula, text, words after it) of what a key is called."""
        node, after = named(key, self.problem, self.work.names)
        return self.printed(node), as_text(node), after

    def line(self, key: str) -> dict[str, Any] | None:
        """The line that gives a key; None where there is none.

        In "right", which is MathML, "\\ue0007;" stands for the eighth of all names that are read.
        """
        line = self.lines.line(key)
        cell = parted(key)
        # The numbers of a later update are not at hand here; the script has them.
        if line is None or not names_in(line.rhs) or (line.values is None and cell is None):
            return None
        marked = _Marked(line.names)
        right = html.formula(Typesetter(marked).maths(line.rhs))

        def place(found: re.Match[str]) -> str:
            name = marked.signs[ord(found[1]) - _FIRST]
            return f"{chr(_FIRST)}{self.formulas.read(variable(name), html.formula(line.names.node(name)))};"

        return {
            "part": line.part,
            **({"at": cell[1]} if cell is not None else {}),
            "left": self.printed(line.lhs),
            "relation": line.relation,
            "right": _SIGN.sub(place, _inner(right)),
            "rule": self.rule(key),
        }

    def rule(self, key: str) -> str:
        """The rule that gives a key, in words without a number."""
        return "".join(part if isinstance(part, str) else as_text(part) for part in self._rules.rule(key))

    def all_keys(self, asked: Iterable[str]) -> list[str]:
        """The keys asked for and those of all lines that they follow from, in the order of the work."""
        wanted = {*asked}
        for key in tuple(wanted):
            wanted |= {*self.lines.above(key)}
        places = {key: i for i, key in enumerate(keys_of(self.problem))}

        def place(key: str) -> tuple[int, bool, int, str]:
            inner, k = parted(key) or (key, 0)
            return k, inner not in places, places.get(inner, 0), key

        return sorted(wanted, key=place)

    def inputs(self, order: Sequence[str]) -> list[list[int]]:
        """Which others in an order each key follows from at once, by their places there."""
        places = {key: i for i, key in enumerate(order)}

        def known(key: str, seen: tuple[str, ...] = ()) -> Iterator[int]:
            for other in self.lines.inputs(key):
                if other in places:
                    yield places[other]
                elif other not in seen:
                    yield from known(other, (*seen, other))

        return [[place for place in dict.fromkeys(known(key)) if order[place] != key] for key in order]

    def is_unit(self, key: str) -> bool:
        """Whether a line is one function of one number, as y = ReLU(x)."""
        rhs = recognized(self.problem.network.by_name[key].rhs)
        return isinstance(rhs, ScalarFunction) and len(rhs.args) == 1
