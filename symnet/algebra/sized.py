"""A layer whose sizes are asked: the names of its numbers and of its equations, and how they are written down.

A name is what it is of and the place of its layer, ``kernel1`` and ``height1``; of layers inside layer 3 ``height3a``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from symnet.algebra.layers.layer import Shape
from symnet.algebra.mistakes import Mistake

# What a name is of: its letter on paper, and what that is in words.
LETTERS = {
    "channels": ("C", "channels"), "height": ("H", "height"), "width": ("W", "width"), "time": ("T", "steps of time"),
    "features": ("D", "features"), "filters": ("F", "filters"), "kernel": ("k", "side of the window"),
    "kernel_height": ("k_{h}", "height of the window"), "kernel_width": ("k_{w}", "width of the window"),
    "size": ("k", "side of the window"), "stride": ("s", "stride"), "padding": ("p", "padding on each side"),
    "units": ("u", "units"), "hidden": ("h", "hidden units"), "words": ("V", "words"),
    "dimension": ("d", "dimension of a word"), "blocks": ("n", "equal blocks"), "bytes": ("b", "bytes a number"),
    "parameters": ("P", "parameters"), "macs": ("M", "multiply-adds"), "activations": ("A", "numbers of the output"),
    "memory": ("B", "bytes of the output"), "jump": ("j", "jump"), "field": ("r", "receptive field"),
    "field_height": ("r_{h}", "height of the receptive field"),
    "field_width": ("r_{w}", "width of the receptive field"),
}  # fmt: skip
LENGTHS = ("channels", "height", "width", "time", "features")
COSTS = ("parameters", "macs", "activations", "memory")  # of a layer, and in all
FIELDS = ("jump", "field", "field_height", "field_width")
# The columns that a table of sizes may have, and what stands in them.
COLUMNS: dict[str, tuple[str, ...]] = {
    "shape": LENGTHS,
    "parameters": ("parameters",),
    "multiply-adds": ("macs",),
    "activations": ("activations",),
    "memory": ("memory",),
    "receptive field": FIELDS,
}
USUAL_COLUMNS = ("shape", "parameters")
BYTES = 4  # a number, in single precision


@dataclass(frozen=True)
class Sized:
    """A layer, or ``count`` equal ones in a row, by the names of its numbers, each under what it is of.

    ``below`` are the lengths that it reads and ``shape`` those that it gives; ``numbers`` are given, ``lines`` are
    equations.  ``says`` describes it, with what is given in braces.  ``sees`` is "all" where a place sees everything,
    "same" where it sees what the layer below does, "itself" where that is one place of the input, and "" where
    ``lines`` say it.
    """

    place: str
    kind: str
    says: str
    below: Mapping[str, str]
    numbers: Mapping[str, str]
    lines: Mapping[str, str]
    shape: Mapping[str, str]
    sees: str
    count: int = 1

    @property
    def where(self) -> str:
        """Its place in words: 3, 3a, or 3–14."""
        return self.place if self.count == 1 else f"{self.place}–{int(self.place) + self.count - 1}"


@dataclass(frozen=True)
class Below:
    """What a layer reads: its lengths by what they are of; how far a place sees (None: everything), and the jump."""

    shape: Mapping[str, str]
    fields: Mapping[str, str] | None = field(default_factory=dict)
    jump: str = ""


class Book:
    """The names so far: given numbers, equations, how they are printed, and lengths that must agree."""

    def __init__(self, varied: Collection[str], square: bool, columns: Collection[str] = tuple(COLUMNS)) -> None:
        self.varied, self.square = frozenset(varied), square
        self.wanted = {*LENGTHS, "hidden", *(role for column in columns for role in COLUMNS[column])}
        self.given: dict[str, int] = {}
        self.equations: dict[str, str] = {}
        self.notation: dict[str, str] = {}
        self.agree: list[tuple[str, str]] = []

    def number(self, role: str, place: str, value: int) -> str:
        return self._named(role, place, self.given, value)

    def line(self, role: str, place: str, formula: str) -> str:
        return self._named(role, place, self.equations, formula)

    def _named(self, role: str, place: str, among: dict[str, Any], value: Any) -> str:
        name = role + place
        among[name] = value
        letter, _, index = LETTERS[role][0].partition("_")
        under = ",".join(filter(None, (index.strip("{}"), place)))
        self.notation[name] = f"{letter}_{{{under}}}" if under else letter
        return name

    def inputs(self, shape: Shape, ids: bool) -> Below:
        """The lengths of one example; of a square picture both sides are one number."""
        found: dict[str, str] = {}
        for role, length in zip(roles_of(shape, ids), shape, strict=True):
            alike = role == "width" and self.square
            found[role] = found["height"] if alike else self.number(role, "0", length)
        return Below(found)


def roles_of(shape: Shape, ids: bool = False) -> Sequence[str]:
    """What the lengths of a shape are of; raises Mistake where nobody says."""
    known = {1: ("time",) if ids else ("features",), 2: ("time", "features"), 3: ("channels", "height", "width")}
    if len(shape) not in known:
        raise Mistake(
            f"a shape {shape} has {len(shape)} lengths; sizes are worked for (features,), (time, features) and "
            "(channels, height, width)"
        )
    return known[len(shape)]


def role_of(name: str) -> str:
    """What a name is of: kernel for kernel1."""
    return max((role for role in LETTERS if name.startswith(role)), key=len)


@dataclass
class At:
    """Where the formulas of one layer are written down; ``at["height"]`` is that length of what is below."""

    book: Book
    place: str
    below: Below
    says: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, role: str) -> str:
        return self.below.shape[role]

    def __contains__(self, role: str) -> bool:
        return role in self.below.shape

    @property
    def last(self) -> str:
        """The last length below: the features of a row."""
        return [*self.below.shape.values()][-1]

    @property
    def shape(self) -> Mapping[str, str]:
        """The lengths of the output: its own, or those below where it keeps them."""
        return {role: self.lines[role] for role in LENGTHS if role in self.lines} or self.below.shape

    def number(self, role: str, value: int) -> str:
        name = self.numbers[role] = self.book.number(role, self.place, value)
        return name

    def number_if(self, said: bool, role: str, value: int) -> str:
        """A number that has a name where the file says it, or where variants draw it; otherwise ""."""
        return self.number(role, value) if said or role + self.place in self.book.varied else ""

    def line(self, role: str, formula: str) -> str:
        name = self.lines[role] = self.book.line(role, self.place, formula)
        return name

    def keeps(self, *roles: str) -> None:
        """Lengths that are those below."""
        for role in roles:
            self.line(role, self[role])

    def costs(self, parameters: str = "0", macs: str = "0") -> None:
        """The parameters and the multiply-adds, and what follows from the shape."""
        lengths = tuple(self.shape.values())
        formulas = dict(zip(COSTS, (parameters, macs, "*".join(lengths), "*".join(("bytes", *lengths))), strict=True))
        for cost, formula in formulas.items():
            if cost in self.book.wanted:
                self.line(cost, formula)
        if "memory" in self.book.wanted and "bytes" not in self.book.given:
            self.book.number("bytes", "", BYTES)

    def moves(self, windows: Mapping[str, str], stride: str, padding: str = "") -> None:
        """How many windows fit along each axis: {"height": "kernel1", "width": "kernel1"}."""
        for axis, window in windows.items():
            if axis == "width" and self.book.square:
                self.line("width", self.lines["height"])
                continue
            room = f"{self[axis]} + 2*{padding} - {window}" if padding else f"{self[axis]} - {window}"
            self.line(axis, f"floor(({room})/{stride}) + 1")

    def sees(self, windows: Mapping[str, str], stride: str) -> Below:
        """How far a place sees through these windows, and what the next layer reads."""
        before, below = self.below.fields, self.below.jump
        if before is None or "field" not in self.book.wanted:
            return Below(self.shape, before)
        fields = {}
        for axis, window in windows.items():
            role = "field" if self.book.square or len(windows) == 1 else f"field_{axis}"
            if role not in fields:
                fields[role] = self.line(role, f"{before[role]} + ({window} - 1)*{below}" if below else window)
        return Below(self.shape, fields, self.line("jump", f"{below}*{stride}" if below else stride))
