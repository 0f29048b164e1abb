"""The names of an exercise by whatever they are called: w13 as w₁₃, w_13 or W13, W1_2 as W[1,2], or as printed.

A name that is declared is always itself.  Other spellings count where one quantity alone can be meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from symnet.algebra.array_formulas import Nested
from symnet.algebra.deltas import pre_activations
from symnet.algebra.derivatives import recognized
from symnet.algebra.equations import Equation
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.optimizers import state_parts
from symnet.algebra.scalar import ScalarFunction
from symnet.diagnosis.spelling import as_printed, bare, spelled
from symnet.notation.names import Names
from symnet.working.arrays import part, places
from symnet.working.problem import Problem

_STEM = re.compile(r"(?P<stem>.*?[^\W\d_])_*(?P<index>\d{1,9}(?:_\d{1,9})*)")
_LAYERED = re.compile(r"(?P<stem>[^\W\d_]+\d{1,9})(?P<index>(?:_\d{1,9})+)")  # w1_2_3: of layer 1, from 2 to 3
LOSSES = ("l", "e", "c", "j", "loss", "cost", "error", "err", "mse", "etotal", "etot", "total")  # as books call it


class Called:
    """Finds the name that a spelling means in a problem; ``notation`` is how its author has names printed."""

    def __init__(self, problem: Problem, notation: Mapping[str, str] | None = None) -> None:
        self.problem = problem
        self.notation = notation or {}
        between = (rule.name for rule in problem.rules)
        self.names = tuple(
            dict.fromkeys((*problem.network.names, *problem.given, *problem.start, *problem.state, *between))
        )
        self._all = frozenset(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self._all

    @cached_property
    def _tables(self) -> tuple[dict[str, list[str]], ...]:
        """{spelling: the names it may mean}, the closest kind of spelling first."""
        tables: tuple[dict[str, list[str]], ...] = ({}, {}, {}, {})
        printed = Names((*self.problem.network.names, *self.problem.state), self.notation)
        for name in self.names:
            for look in dict.fromkeys((spelled(name), as_printed(printed.node(name)), *self._indexed.get(name, ()))):
                for table, form in zip(tables, _forms(look), strict=True):
                    meant = table.setdefault(form, [])
                    if name not in meant:
                        meant.append(name)
        return tables

    @cached_property
    def _indexed(self) -> dict[str, tuple[str, ...]]:
        """{"W1_2": ("W_1_2",)}: how an entry of an array is spelled that is typed W[1,2], and so in v(W[1,2])."""
        found: dict[str, tuple[str, ...]] = {}
        for array, whole in self.problem.arrays.items():
            kind, of = state_parts(array) or ("", array)
            for name, place in places(whole):
                look = f"{of}_{'_'.join(map(str, place))}"
                found[name] = (spelled(f"{kind}({look})" if kind else look),)
        return found

    def part(self, word: str) -> Nested | None:
        """The names of the entries that WQ or WQ[2] stands for, nested; None for what is no array, or a single entry.

        Raises Mistake, with the shape, for an entry that there is not.
        """
        whole = part(word, self.problem.arrays)
        return whole if isinstance(whole, tuple) else None

    def find(self, word: str) -> str:
        """The name that a word means, "" where it is none; raises Mistake where it may be one of several."""
        word = word.strip()
        if word in self._all:
            return word
        if not word or len(word) > 100:
            return ""
        for table, form in zip(self._tables, _forms(spelled(word)), strict=True):
            meant = table.get(form, [])
            if len(meant) > 1:
                raise Mistake(f"{shown(word)} may be {' or '.join(meant[:5])}; write which, as it stands in the file")
            if meant:
                return meant[0]
        return self._kept(word)

    def _kept(self, word: str) -> str:
        """m(w) for m, as the head of its column says it, where one parameter alone has such; "" where none has."""
        if self.loss(word) or word in self.problem.arrays or self.vector(word):
            return ""
        for form in (spelled(word), bare(spelled(word))):
            meant = self._kinds.get(form, [])
            if len(meant) > 1:
                raise Mistake(f"{shown(word)} may be {' or '.join(meant[:5])}; write which")
            if meant:
                return meant[0]
        return ""

    @cached_property
    def _kinds(self) -> dict[str, list[str]]:
        """{"m_hat": ["m_hat(w)"], "mhat": ["m_hat(w)"]}: what is kept for a parameter, or between, by its kind."""
        found: dict[str, list[str]] = {}
        for name in self.names:
            kind, of = state_parts(name) or ("", "")
            if kind and of in self.problem.start:
                for form in dict.fromkeys((spelled(kind), bare(spelled(kind)))):
                    found.setdefault(form, []).append(name)
        return found

    def loss(self, word: str) -> bool:
        """Whether a word that is no name, and no vector's, is what books call the loss."""
        return bare(spelled(word)).lower() in LOSSES and not self.vector(word)

    # -- units ---------------------------------------------------------------------------------------------------------

    @cached_property
    def activations(self) -> dict[str, Equation]:
        """{"y3": the equation y3 = f(x3)} for every output of a function of one name."""
        found = {}
        for equation in self.problem.network.equations:
            function = recognized(equation.rhs)
            if isinstance(function, ScalarFunction) and function.args and function.args[0].is_Symbol:
                found[equation.name] = equation
        return found

    @cached_property
    def made_by(self) -> dict[str, list[str]]:
        """{"x3": ["y3"]}: the activations of each pre-activation."""
        found: dict[str, list[str]] = {}
        for name, equation in self.activations.items():
            found.setdefault(self.argument(name), []).append(name)
            assert equation.name == name
        return found

    def argument(self, name: str) -> str:
        """The pre-activation of an activation."""
        return str(recognized(self.activations[name].rhs).args[0].name)

    def function(self, name: str) -> type[ScalarFunction]:
        function: type[ScalarFunction] = type(recognized(self.activations[name].rhs))
        return function

    def unit(self, index: str) -> list[str]:
        """The names of which one may be meant by δ with this index: of the unit's net input, else of its only value.

        Without an index, the net inputs of all units.
        """
        pre = pre_activations(self.problem.network.equations)
        short = bare(spelled(index))
        ends = [e.name for e in self.problem.network.equations if not short or _ends(e.name, short)]
        units = [name for name in ends if name in pre]
        if units or not short:
            return units
        return [name for name in ends if name not in self.activations] or ends

    # -- vectors -------------------------------------------------------------------------------------------------------

    @cached_property
    def _stems(self) -> dict[str, dict[str, str]]:
        """{"h": {"h1": "1", "h2": "2"}}: the quantities of one stem with their indices."""
        found: dict[str, dict[str, str]] = {}
        for name in self.names:
            for pattern in (_STEM, _LAYERED):
                parts = pattern.fullmatch(name)
                if parts is not None and parts["stem"] not in self._all:
                    found.setdefault(parts["stem"], {})[name] = parts["index"]
        return found

    def vector(self, stem: str) -> dict[str, tuple[int, ...]]:
        """{"h1": (1,), "h2": (2,)}: the quantities of a stem, in the order of their indices; none where it is a name.

        Indices run together, as in w12, are one digit each where all have as many.
        """
        if (whole := self.part(stem)) is not None:
            return dict(places(whole))
        stem = spelled(stem)
        meant = [known for known in self._stems if known == stem] or [
            known for known in self._stems if known.lower() == stem.lower()
        ]
        if len(meant) != 1:
            return {}
        entries = self._stems[meant[0]]
        short = len({len(index) for index in entries.values()}) == 1 and not any("_" in i for i in entries.values())
        where = {
            name: tuple(map(int, index if short else index.strip("_").split("_"))) for name, index in entries.items()
        }
        return dict(sorted(where.items(), key=lambda item: item[1]))


def _forms(look: str) -> tuple[str, str, str, str]:
    return look, bare(look), look.lower(), bare(look).lower()


def _ends(name: str, index: str) -> bool:
    """Whether a name is letters and then the index: x5 for 5, net_h1 for h1, and not x15 for 5."""
    short = bare(spelled(name)).lower()
    stem = short[: -len(index)]
    return short.endswith(index.lower()) and bool(stem) and not (index[0].isdigit() and stem[-1].isdigit())
