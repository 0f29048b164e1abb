"""What a sheet asks for, each number a field: its name, its rule in words and its line with a place for every name.

No right number is among it: the page works them out, from the equations, when it is asked to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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


class Fields:
    """The names and lines of an exercise as pieces of a page."""

    def __init__(self, work: Work) -> None:
        self.work, self.problem = work, work.problem
        self.lines = KeyedLines(work)
        self._rules = RuleWords(self.lines)

    def label(self, key: str) -> tuple[str, str, str]:
        """(MathML, text, words after it) of what a key is called."""
        node, after = named(key, self.problem, self.work.names)
        return html.formula(node), as_text(node), after

    def line(self, key: str) -> dict[str, Any] | None:
        """The line that gives a key, as MathML with a place for each name; None where there is none."""
        line = self.lines.line(key)
        cell = parted(key)
        # The numbers of a later update are not at hand here; the script has them.
        if line is None or not names_in(line.rhs) or (line.values is None and cell is None):
            return None
        marked = _Marked(line.names)
        right = html.formula(Typesetter(marked).maths(line.rhs))

        def place(found: re.Match[str]) -> str:
            name = marked.signs[ord(found[1]) - _FIRST]
            shown = html.formula(line.names.node(name)).partition(">")[2].removesuffix("</math>")
            return f'<mrow data-n="{variable(name)}">{shown}</mrow>'

        return {
            "part": line.part,
            **({"at": cell[1]} if cell is not None else {}),
            "left": html.formula(line.lhs),
            "relation": line.relation,
            "right": _SIGN.sub(place, right),
            "from": [variable(name.name) for name in names_in(line.rhs)],
            "inputs": [other for other in self.lines.inputs(key) if other != key],
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

    def above(self, key: str, known: Iterable[str]) -> list[str]:
        """The lines that a key follows from, and its own, in the order of the work."""
        return [other for other in (*self.lines.above(key), key) if other in {*known}]

    def is_unit(self, key: str) -> bool:
        """Whether a line is one function of one number, as y = ReLU(x)."""
        rhs = recognized(self.problem.network.by_name[key].rhs)
        return isinstance(rhs, ScalarFunction) and len(rhs.args) == 1
