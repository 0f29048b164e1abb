"""What a question can say beside ``ask``: each key with a line that describes it and the way its value is read.

A kind of question declares its keys as keyword-only parameters, each ``Annotated`` with an ``Option``.  From these the
exercise file is read, a key that the kind does not use is refused, and the reference is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

from symnet.algebra import losses, optimizers
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.sized import COLUMNS
from symnet.diagnosis.called import Called
from symnet.questions.columns import read_columns
from symnet.toml_tables import choice, number, text, whole
from symnet.working.arrays import entries
from symnet.working.problem import Problem

Names: TypeAlias = tuple[str, ...]
Span: TypeAlias = tuple[Fraction, Fraction] | None
MOST_ROOM = 25  # centimetres to write in: a page


@dataclass(frozen=True)
class Asking:
    """The exercise that a question is read in; ``every`` is the name that stands for every parameter in its rules."""

    problem: Problem | None = None
    notation: Mapping[str, str] = field(default_factory=dict)
    every: str = ""

    def check(self, name: str, among: str, where: str) -> None:
        """Refuse, with a Mistake, a name that is none of the problem's ``among``: "equations" or "parameters"."""
        if self.problem is None or not among:
            return
        known = [e.name for e in self.problem.network.equations] if among == "equations" else list(self.problem.start)
        if name not in known:
            article = "an" if among == "equations" else "a"
            raise Mistake(
                f"{where} is {shown(name)}; it must be {article} {among[:-1]} (known: {', '.join(known[:40])})"
            )

    def entries(self, word: object, where: str) -> tuple[str, ...]:
        """The name that a word means, or the names of the entries of an array; raises Mistake."""
        if self.problem is not None and isinstance(word, str) and self.problem.arrays:
            try:
                whole = Called(self.problem, self.notation).part(word)
            except Mistake as mistake:
                raise Mistake(f"{where}: {mistake}") from None
            if whole is not None:
                return tuple(entries(whole))
        return (self.name(word, where),)

    def name(self, word: object, where: str) -> str:
        """The name that a word means in whatever spelling; raises Mistake.

        In a file W is not w: that is a slip of the pen, and is refused with what may be meant.
        """
        names = self.problem.network.names if self.problem is not None else ()
        known = (*names, *self.problem.arrays) if self.problem is not None else ()
        found = word
        if self.problem is not None and isinstance(word, str):
            try:
                meant = Called(self.problem, self.notation).find(word)
            except Mistake as mistake:
                raise Mistake(f"{where}: {mistake}") from None
            found = meant if meant and meant.lower() != word.lower() else word
        if not isinstance(found, str) or found not in names:
            if "," in str(word):
                listed = ", ".join(f'"{part.strip()}"' for part in str(word).split(","))
                raise Mistake(f"{where} is {shown(word)}; several names are a list, [{listed}]")
            if str(word).lower() in ("all", "*", "every"):
                raise Mistake(f"{where} is {shown(word)}; leave it out to ask for all")
            raise Mistake(f"{where} is {shown(found)}; it must be a name{suggestion(str(found), known)}")
        return found


Reading: TypeAlias = Callable[[Mapping[str, Any], str, str, Asking], Any]
"""(the table of the question, the key, where it stands, the exercise) → the value."""


@dataclass(frozen=True)
class Option:
    """A key of a question: ``says`` describes it in a line, ``read`` takes its value out of the question's table.

    ``instead_of`` are keys of other kinds that people write when they mean this one.  What is ``for_the_key`` alone is
    not in an exercise that a student's notebook carries.
    """

    says: str
    read: Reading
    instead_of: tuple[str, ...] = ()
    for_the_key: bool = False


def names(says: str, instead_of: tuple[str, ...] = (), among: str = "") -> Option:
    """A name of the exercise, or a list of them; ``among`` "equations" or "parameters" alone."""

    def read(table: Mapping[str, Any], key: str, where: str, asking: Asking) -> Names:
        found = tuple(name for word in _listed(table[key]) for name in asking.entries(word, f"{where}{key}"))
        for i, name in enumerate(found):
            asking.check(name, among, f"{where}{key}")
            if (among or instead_of) and name in found[:i]:
                raise Mistake(f"{where}{key} has {shown(name)} twice; once is enough")
        return found

    return Option(says, read, instead_of)


def style(says: str = "how gradients are derived: paths, one product a path, or deltas, δ for every unit") -> Option:
    """One of the ways in which gradients are derived."""
    return Option(says, lambda table, key, where, asking: choice(table, key, ("paths", "deltas"), where))


def words(says: str, for_the_key: bool = False) -> Option:
    """A text in quotes."""
    return Option(says, lambda table, key, where, asking: text(table, key, "", where), (), for_the_key)


def about(says: str) -> Option:
    """Losses or optimizers of the catalogues."""

    def read(table: Mapping[str, Any], key: str, where: str, asking: Asking) -> Names:
        known = (*losses.CATALOGUE, *optimizers.CATALOGUE)
        for name in _listed(table[key]):
            if name not in known:
                raise Mistake(f"{where}{key} is {shown(name)}{suggestion(str(name), known)}")
        return tuple(_listed(table[key]))

    return Option(says, read)


def span(says: str) -> Option:
    """Two numbers, from the smaller to the larger."""

    def read(table: Mapping[str, Any], key: str, where: str, asking: Asking) -> Span:
        ends = table[key]
        if not isinstance(ends, list) or len(ends) != 2:
            raise Mistake(f"{where}{key} must be two numbers, such as [-5, 5]")
        low, high = (number(end, f"{where}{key}") for end in ends)
        if low >= high:
            raise Mistake(f"{where}{key} goes from the smaller number to the larger")
        return low, high

    return Option(says, read)


def columns(says: str) -> Option:
    """The columns of a table with a row an update."""

    def read(table: Mapping[str, Any], key: str, where: str, asking: Asking) -> Names:
        assert asking.problem is not None  # or the question would have been refused
        return read_columns(table[key], asking.problem, asking.every, where)

    return Option(says, read)


def sizes(says: str) -> Option:
    """The columns of a table of sizes."""

    def read(table: Mapping[str, Any], key: str, where: str, asking: Asking) -> Names:
        asked = tuple(_listed(table[key]))
        for i, column in enumerate(asked):
            if column not in COLUMNS:
                raise Mistake(f"{where}{key} has {shown(column)}{suggestion(str(column), COLUMNS)}")
            if column in asked[:i]:
                raise Mistake(f"{where}{key} has {shown(column)} twice; once is enough")
        if not asked:
            raise Mistake(f"{where}{key} is empty; give some of {', '.join(COLUMNS)}, or leave it out")
        return tuple(column for column in COLUMNS if column in asked)

    return Option(says, read)


def centimetres(says: str) -> Option:
    """Room to write in, in centimetres."""

    def read(table: Mapping[str, Any], key: str, where: str, asking: Asking) -> Fraction:
        if isinstance(table[key], str) and table[key].strip().endswith("cm"):
            bare = table[key].strip()[:-2].strip()
            raise Mistake(f"{where}{key} is {shown(table[key])}; it is in centimetres, so write {key} = {bare}")
        height = number(table[key], f"{where}{key}")
        if not 0 <= height <= MOST_ROOM:
            raise Mistake(f"{where}{key} must be from 0 to {MOST_ROOM}, in centimetres")
        return height

    return Option(says, read)


def step(says: str) -> Option:
    """1, 2 or 3."""
    return Option(says, lambda table, key, where, asking: whole(table, key, where, 1, 3))


def points(says: str) -> Option:
    """A number, whole or not."""

    def read(table: Mapping[str, Any], key: str, where: str, asking: Asking) -> Fraction:
        worth = number(table[key], f"{where}{key}")
        if worth < 0:
            raise Mistake(f"{where}{key} is {shown(table[key])}; a question is worth 0 points or more")
        return worth

    return Option(says, read)


PROSE = ("text", "answer", "why")  # keys whose words may have maths, lists and paragraphs (``symnet.questions.prose``)
COMMON: dict[str, Option] = {
    "points": points("what the question is worth; printed beside it, and shared by its quantities when marked"),
    "text": words("the question in words of your own, in place of the usual ones"),
    "hints": step("the help printed at the sheet's end: 1 what from, 2 which rule, 3 the rule with names"),
    "room": centimetres("room to write in, in centimetres, in place of the usual"),
}
"""The keys of every question beside ``ask``."""


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
