"""A formula of whole arrays as a person types it for an answer: grad(W) = X.T @ (Z − T), L = sum((Z − T)^2)/2.

It is read as those of exercise files are and written out entry by entry, in the names of the exercise; gradients may
stand in it, as grad(Z), dL/dZ or δZ.  Nothing is evaluated by Python.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from symnet.algebra.array_formulas.lines import Left, read
from symnet.algebra.array_formulas.names import Shape, entry_symbol, shape_text
from symnet.algebra.array_formulas.reader import Quantities
from symnet.algebra.array_formulas.unrolling import Entries
from symnet.algebra.equations import Expr, partial, replace, symbol
from symnet.algebra.indices import Each
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.diagnosis.keys import Keys
from symnet.diagnosis.typed import LONGEST, QUANTITY, RATE
from symnet.working.arrays import places, shape_of

_WORD = re.compile(r"[^\W\d]\w*")
_TURNED = re.compile(
    r"\s*(?:\^\s*(?:\{T\}|T|⊤)(?!\w)|⊤)"
)  # on paper it is never a power, also where targets are called T
_NEEDS = "a name is one of the exercise"


def is_of_arrays(text: str, keys: Keys) -> bool:
    """Whether an array of the exercise stands in a text as a whole."""
    return not text.lstrip().startswith(("[", "{")) and any(w in keys.problem.arrays for w in _WORD.findall(text))


def entries_of(word: str, text: str, shape: Shape, keys: Keys) -> list[Expr]:
    """The expression of each entry, row by row, of an answer that must have that shape; () is that of a number.

    Raises Mistake, with what would be right.
    """
    if len(text) > LONGEST:
        raise Mistake(f"{shown(text)} is too long for an answer; the longest formula is {LONGEST:,} characters")
    reader = _Reader(keys)
    typed = QUANTITY.sub(reader.gradient, _TURNED.sub(".T", text))
    if keys.problem.learning_rate is not None:
        typed = _WORD.sub(reader.rate, typed)
    left = Left(word, "□", (), f"{word} is {shown(text)}")
    known = Quantities(reader.shapes, reader.entries, reader.data, needs=_NEEDS)
    try:
        line = read(left, typed, known)
    except Mistake as mistake:
        raise Mistake(reader.as_typed(str(mistake))) from None
    if line.shape != shape:
        of = f"has the shape {shape_text(line.shape)}" if line.shape else "is one number"
        right = f"has the shape {shape_text(shape)}" if shape else "is one number"
        along = "; sum[i](…) sums over one index and leaves the others" if "sum(" in text and not line.shape else ""
        raise Mistake(f"{word} {right}, and {shown(text)} {of}{along}")
    steps = [e.name for e in keys.problem.whole if isinstance(e.rhs, Each)]
    unrolled = Entries(reader.shapes, [n for n in reader.shapes if n in reader.learned], reader.data, steps)
    try:
        found = [unrolled.entry(line.equation.rhs, tuple(i - 1 for i in place)) for place in _every(shape)]
    except Mistake as mistake:
        raise Mistake(f"{word} is {shown(text)}: {mistake}") from None
    return [replace(expr, reader.stand_for) for expr in found]


class _Reader:
    """The shapes of what a formula may use, with a name of its own for every gradient in it."""

    def __init__(self, keys: Keys) -> None:
        problem = keys.problem
        self.keys = keys
        given, own = problem.examples[0], problem.array_of
        numbers = [name for name in (*given, *problem.start, *problem.network.by_name) if name not in own]
        self.shapes: dict[str, Shape] = {**dict.fromkeys(numbers, ())}
        self.entries: dict[str, tuple[str, tuple[int, ...]]] = {}
        self.data: dict[str, object] = {}
        self.learned = {*problem.start}
        for array, nested in problem.arrays.items():
            self.shapes[array] = shape_of(nested)
            self.entries |= {name: (array, tuple(i - 1 for i in place)) for name, place in places(nested)}
            if all(name in given for name, _ in places(nested)):
                self.data[array] = _numbers(nested, given)
            if next(places(nested))[0] in problem.start:
                self.learned.add(array)
        self.stand_for: dict[Expr, Expr] = {}
        self.typed: dict[str, str] = {}  # what stands in the text for each of those names

    def as_typed(self, text: str) -> str:
        """A text with what was typed for the names in it."""
        return _WORD.sub(lambda found: self.typed.get(found[0], found[0]), text)

    def gradient(self, found: re.Match[str]) -> str:
        """A name for the gradient, or gradients, that a text stands for."""
        word, problem = found[0], self.keys.problem
        entries = self.keys.vector(word)
        shape = self.keys.shape(entries) if entries else ()
        if not entries:
            try:
                entries = [(self.keys.read(word), ())]
            except Mistake:
                return word
        if not all(key.startswith("grad(") for key, _ in entries) or (not shape and len(entries) > 1):
            return word
        name = self._name(word)
        self.shapes[name] = shape
        for key, place in entries:
            at = entry_symbol(name, tuple(i - 1 for i in place)) if shape else symbol(name)
            self.stand_for[at] = partial(problem.loss, key[5:-1])
            if shape:
                self.entries[at.name] = (name, tuple(i - 1 for i in place))
        return name

    def rate(self, found: re.Match[str]) -> str:
        """The learning rate by its usual names, where the exercise has nothing of that name."""
        if found[0] not in RATE or found[0] in self.shapes or found[0] in self.entries:
            return found[0]
        name = next((str(n) for n, other in self.stand_for.items() if other == LEARNING_RATE), "") or self._name(
            found[0]
        )
        self.shapes[name] = ()
        self.stand_for[symbol(name)] = LEARNING_RATE
        return name

    def _name(self, word: str) -> str:
        letters = (f"q{'q' * i}_" for i in range(LONGEST))
        name = next(name for name in letters if name not in self.shapes)
        self.typed[name] = word
        return name


def _numbers(nested: object, given: Mapping[str, object]) -> object:
    return given[nested] if isinstance(nested, str) else [_numbers(part, given) for part in nested]  # type: ignore[attr-defined]


def _every(shape: Shape) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = [()]
    for length in shape:
        found = [(*place, i) for place in found for i in range(1, length + 1)]
    return found
