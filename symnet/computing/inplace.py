"""Named equations as NumPy code that writes into arrays made once, instead of making new ones at every step.

    X.dot(W1, Z1); add(Z1, b1, Z1)        # Z1 = X W1 + 1 b1ᵀ
    tanh(Z1, A1)                          # A1 = tanh(Z1)

Equations become single ``operations``, the ``rewrites`` make a quicker list of them; here each value is given a place,
as far as possible that of a value no longer needed, and each operation its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sympy

from symnet.algebra import matrices
from symnet.algebra.equations import Array, Equation, Expr, names_in, replace
from symnet.algebra.indices import Node
from symnet.algebra.matrices import shape_of
from symnet.computing.backends import named
from symnet.computing.operations import VIEWS, Op, Operations, operations_of
from symnet.computing.rewrites import ones, rewritten, vdot
from symnet.computing.source import Writer

# What reads an input entry by entry before it writes that entry, so that the result may take the input's place.
_OVERWRITES = (
    "abs", "add", "copy", "divide", "exp", "log", "logaddexp", "maximum", "multiply", "negative", "plain", "power",
    "sign", "sin", "sqrt", "subtract", "tanh",
)  # fmt: skip
_WORDS = {"subtract": "minus", "add": "plus", "multiply": "times", "divide": "over", "matmul": "by", "plain": "value"}
MOST_LETTERS = 32  # of the name of a place
_WITH_OUT = ("maximum", "logaddexp")  # whose third argument must say what it is


class InPlace:
    """Writes equations as operations on named arrays, and keeps those arrays in ``arrays``.

    ``lengths`` are those of the open dimensions; ``arrays`` may already hold what the equations start from.
    """

    def __init__(self, lengths: Mapping[Any, int], dtype: Any, arrays: Mapping[Expr, np.ndarray]) -> None:
        self.lengths, self.dtype = lengths, dtype
        self.writer = Writer(named("numpy"))
        self.names, self.used, self.prelude = self.writer.names, self.writer.used, self.writer.prelude
        self.arrays: dict[str, Any] = {self.names[name]: value for name, value in arrays.items()}

    def lines(self, equations: Sequence[Equation], kept: frozenset[Array] = frozenset()) -> list[str]:
        """A line an equation: its operations, and the equation itself as a comment.

        ``kept`` are the names that lines written later read.
        """
        numbers, operations = self.numbers_and_lines(equations, kept)
        return [*numbers, *operations]

    def numbers_and_lines(
        self, equations: Sequence[Equation], kept: frozenset[Array] = frozenset()
    ) -> tuple[list[str], list[str]]:
        """The same in two parts: numbers that depend on nothing the equations compute, and the operations."""
        found = rewritten(operations_of(equations, kept | frozenset(self._stored(equations))))
        numbers = [self._number_first(equations, *worked) for worked in found.numbers]
        text: dict[int, list[str]] = {}
        for op, statement in _Placed(self, found).statements():
            text.setdefault(op.line, []).append(statement)
        lines = [f"{'; '.join(text[i])}  # {_in_words(e)}" for i, e in enumerate(equations) if i in text]
        return numbers, lines

    def _stored(self, equations: Sequence[Equation]) -> Iterator[Array]:
        """Names whose arrays are there already, or are read before they are assigned."""
        assigned: set[Array] = set()
        for equation in equations:
            for name in (*names_in(equation.rhs), equation.lhs):
                known = self.names[name] in self.arrays or (name != equation.lhs and name not in assigned)
                if isinstance(name, Array) and (known or (name == equation.lhs and name in names_in(equation.rhs))):
                    yield name
            assigned.add(equation.lhs)

    def _number_first(self, equations: Sequence[Equation], name: Expr, number: Expr, line: int | None) -> str:
        if line is None:
            scale = self.names[number.base]
            self.names.assign(name, self.names.fresh(f"{scale.removesuffix('_scale')}_root"))
            return f"{self.names[name]} = {scale}**0.5"
        self.names.assign(name, self.names.fresh(f"{self.names[equations[line].lhs]}_scale"))
        return f"{self.names[name]} = {self.writer.code(number)}  # {_in_words(equations[line])}"

    def array(self, name: str, shape: tuple[Any, ...], kind: Any = None) -> str:
        """The name of an array of that shape, made where there is none."""
        if name not in self.arrays:
            self.arrays[name] = np.empty(self.known(shape), kind or self.dtype)
        return name

    def known(self, shape: tuple[Any, ...]) -> tuple[int, ...]:
        """The shape in numbers."""
        return tuple(int(self.lengths.get(n, n)) for n in shape)

    def constant(self, text: str) -> str:
        """A number as an array without axes, which NumPy takes up faster than a Python float; others as they are."""
        try:
            value = float(eval(text, {"__builtins__": {}}))  # noqa: S307 - arithmetic of our own, printed from the tree
        except NameError:
            return text
        name = "_c_" + "".join(c if c.isalnum() else "_" for c in repr(value).replace("-", "m").replace(".", "p"))
        self.arrays[name] = np.array(value, self.dtype)
        return name


class _Placed:
    """A place for every value of a list of operations, and the text of each."""

    def __init__(self, writer: InPlace, found: Operations) -> None:
        self.writer, self.ops, self.home = writer, found.ops, found.home
        self.last: dict[Expr, int] = {value: i for i, op in enumerate(self.ops) for value in op.reads}
        self.made = {op.out: i for i, op in enumerate(self.ops)}
        self.place: dict[Expr, str] = {}
        self._choose()

    # Places.

    def _choose(self) -> None:
        for i, op in enumerate(self.ops):
            if isinstance(op.out, Array) and op.out in self.home:
                name = self.home[op.out]
                self.place[op.out] = self.writer.array(self.writer.names[name], name.shape)
                self._lead_to(i, self.place[op.out])
        free: dict[Any, list[str]] = {}
        count: dict[Any, int] = {}
        line = -1
        for i, op in enumerate(self.ops):
            if op.line != line:
                line, free, count = op.line, {}, {}
            if isinstance(op.out, Array) and op.out not in self.place:
                self._spare(i, op, free, count)

    def _lead_to(self, i: int, place: str) -> None:
        """Let what an operation is made of be worked out in the place of its result, and so on back."""
        while (value := self._leading(i, place)) is not None:
            self.place[value] = place
            i = self.made[value]

    def _leading(self, i: int, place: str) -> Expr | None:
        op = self.ops[i]
        for value in op.inputs if op.name in _OVERWRITES else ():
            if not isinstance(value, Array) or value in self.place or value not in self.made:
                continue
            made = self.made[value]
            maker = self.ops[made]
            fits = self.last[value] == i and value.shape == op.out.shape and maker.name != "greater"
            if fits and not self._is_taken(place, made, i):
                return value
        return None

    def _is_taken(self, place: str, made: int, i: int) -> bool:
        """Whether a value in that place is needed after operation ``made``, or another is put there before ``i``."""
        if any(self.place.get(between.out) == place for between in self.ops[made + 1 : i]):
            return True
        readers = self.ops[made + (self.ops[made].name in _OVERWRITES) : i + 1]
        return any(self._at(other) == place for reader in readers for other in reader.reads)

    def _at(self, value: Expr) -> str | None:
        """The place of a value that has one by now."""
        if value in self.place:
            return self.place[value]
        return None if value in self.made else self.writer.names[value]

    def _spare(self, i: int, op: Op, free: dict[Any, list[str]], count: dict[Any, int]) -> None:
        """An array to work in: that of an input which is needed no more, one that is free, or a new one."""
        shape, kind = self.writer.known(op.out.shape), bool if op.name == "greater" else None
        if self.ops[self.last.get(op.out, i)].line != op.line:  # later equations read it: a place of its own
            self.place[op.out] = self.writer.array(self._called(op, shape, i), shape, kind)
            return
        if kind is bool:
            count[bool, shape] = count.get((bool, shape), 0) + 1
            self.place[op.out] = self.writer.array(_named("mask", shape, count[bool, shape]), shape, kind)
            return
        ended = [v for v in op.inputs if isinstance(v, Array) and self.last.get(v) == i and self._at_spare(v)]
        own = [self.place[v] for v in ended if self.writer.known(v.shape) == shape and op.name in _OVERWRITES]
        if own:
            self.place[op.out] = own[0]
        elif free.get(shape):
            self.place[op.out] = free[shape].pop()
        else:
            count[shape] = count.get(shape, 0) + 1
            self.place[op.out] = self.writer.array(_named("spare", shape, count[shape]), shape)
        for value in ended:
            if self.place[value] != self.place[op.out]:
                free.setdefault(self.writer.known(value.shape), []).append(self.place[value])

    def _called(self, op: Op, shape: tuple[int, ...], i: int) -> str:
        """The name of a place in words, such as _A2_minus_T."""
        words = "_" + re.sub(r"\W+", "_", self._in_words(op)).strip("_")
        known = f"{words}_{i}" if words in self.writer.arrays else words
        return known if len(known) <= MOST_LETTERS else _named("kept", shape, i)

    def _in_words(self, op: Op, depth: int = 0) -> str:
        words = [self._input_in_words(part, depth) for part in op.inputs]
        verb = _WORDS.get(op.name, op.name)
        return f"{words[0]} {verb} {words[1]}" if len(words) == 2 else f"{verb} {' '.join(words)}"

    def _input_in_words(self, part: Expr, depth: int) -> str:
        if isinstance(part, VIEWS):
            return self._input_in_words(part.args[0], depth)
        if not isinstance(part, Array):
            return shown(part)
        if part in self.home or part not in self.made:
            return self.writer.names[self.home.get(part, part)]
        return self._in_words(self.ops[self.made[part]], depth + 1) if depth < 3 else "value"

    def _at_spare(self, value: Expr) -> bool:
        return self.place.get(value, "").startswith("_spare_")

    # Text.

    def statements(self) -> Iterator[tuple[Op, str]]:
        """Every operation with its text."""
        for op in self.ops:
            yield op, self._statement(op)

    def _statement(self, op: Op) -> str:
        names, use = self.writer.names, self.writer.writer.use
        if op.name == "number":
            return f"{names[op.out]} = {self.number(op.inputs[0])}"
        out = self.place[op.out]
        if op.name == "fill":
            return f"{out}.fill({self.number(op.inputs[0])})"
        if op.name == "plain":
            return f"{out}[...] = {self._words(op.inputs[0])}"
        inputs = [self.input(part) for part in op.inputs]
        if op.name == "copy":
            return f"{use('copyto')}({out}, {inputs[0]})"
        if op.name == "matmul":
            if out not in inputs:
                return f"{inputs[0]}.dot({inputs[1]}, {out})"
            return f"{out}[...] = {inputs[0]}.dot({inputs[1]})"  # the old value is needed to the end
        if op.name == "largest of rows":
            return f"{use('maximum')}.reduce({inputs[0]}, 1, None, {out})"
        inputs.append(f"out={out}" if op.name in _WITH_OUT else out)
        return f"{use(op.name)}({', '.join(inputs)})"

    def number(self, expr: Expr) -> str:
        """The text of a number; sums over arrays are worked out on the way."""
        return self._words(self._summed(expr))

    def _summed(self, expr: Expr) -> Expr:
        use = self.writer.writer.use
        if isinstance(expr, Node):
            return expr
        if isinstance(expr, vdot):
            return self._text(f"{use('vdot')}({', '.join(map(self.input, expr.args))})")
        if isinstance(expr, matrices.sum_of):
            return self._text(f"{use('add')}.reduce({self.input(expr.args[0])}, None)")
        if not expr.has(vdot, matrices.sum_of):
            return expr
        return expr.func(*map(self._summed, expr.args), evaluate=False)

    def _text(self, text: str) -> Expr:
        stand_in = sympy.Symbol(f"the text {text}")
        self.writer.names.assign(stand_in, text)
        return stand_in

    def input(self, part: Expr) -> str:
        """The name (or view) of an array, or the text of a number."""
        if isinstance(part, Array):
            return str(self._at(part))
        if isinstance(part, ones):
            (length,) = self.writer.known(part.args)
            self.writer.arrays[f"_ones_{length}"] = np.ones(length, self.writer.dtype)
            return f"_ones_{length}"
        if not shape_of(part):
            return self.writer.constant(self.number(part))
        inside = self.input(part.args[0])
        if isinstance(part, matrices.columns):
            return f"{inside}[:, None]"
        if isinstance(part, matrices.transpose):
            self.writer.arrays[f"_T_{inside}"] = self.writer.arrays[inside].T
            return f"_T_{inside}"
        return inside

    def _words(self, expr: Expr) -> str:
        """A whole expression as ordinary text, with the places of its values."""
        placed: dict[Expr, Expr] = {}
        for value in names_in(expr):
            if isinstance(value, Array):
                placed[value] = Array(f"the text {self._at(value)}", value.shape)
                self.writer.names.assign(placed[value], str(self._at(value)))
        return self.writer.writer.code(replace(expr, placed))


def _named(kind: str, shape: tuple[int, ...], number: int) -> str:
    return "_".join(["", kind, *map(str, shape), str(number)])


def _in_words(equation: Equation) -> str:
    return f"{shown(equation.lhs)} = {shown(equation.rhs)}"


def shown(expr: Expr) -> str:
    """The expression on one line, for a comment, in the author's order."""
    text = sympy.sstr(expr, order="none")
    # A name may hold anything, a comment ends with its line.
    return "".join(c if c.isprintable() else "?" for c in text)
