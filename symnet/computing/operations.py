"""Equations of arrays as a list of single operations, each giving one value that never changes.

    A1 = tanh(X W1 + 1 b1ᵀ)   →   Op(v1, "matmul", (X, W1)), Op(v2, "add", (v1, 1 b1ᵀ)), Op(A1, "tanh", (v2,))

This is the plain form: an operation for every node of the tree, in the author's order.  ``rewrites`` makes a quicker
list of it, and ``inplace`` gives each value a place and prints.  A name that is assigned again stands for a new value:
``Operations.home`` knows whose place that takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from symnet.algebra import matrices
from symnet.algebra.equations import MINUS_ONE, ONE, Array, Equation, Expr, names_in, replace
from symnet.algebra.functions import abs as absolute
from symnet.algebra.functions import exp, log, relu, sigmoid, sign, sin, softplus, sqrt, tanh
from symnet.algebra.indices import Node
from symnet.algebra.matrices import Operation, shape_of
from symnet.algebra.scalar import Kind, formula
from symnet.algebra.zero_logarithms import guarded
from symnet.computing.source import is_whole, truth_of

VIEWS = (matrices.rows, matrices.columns, matrices.transpose)  # arrays that are others, seen in another way
HALF = sympy.Rational(1, 2)
# {function: the operation of NumPy's, and what it takes beside z}
_FORMS: dict[Any, tuple[Any, ...]] = {
    tanh: ("tanh",), exp: ("exp",), log: ("log",), sqrt: ("sqrt",), sin: ("sin",), absolute: ("abs",), sign: ("sign",),
    relu: ("maximum", sympy.Integer(0)), softplus: ("logaddexp", sympy.Integer(0)),
}  # fmt: skip
_BY_DEFINITION = (sigmoid,)


@dataclass(frozen=True)
class Op:
    """One operation: ``out`` is the name of what it gives, an array's value or (a ``number``) a single number.

    An input is an array's value, such a value as rows, columns or transpose, or an expression of numbers.  ``line`` is
    the equation that it belongs to.  "plain" takes one whole expression, in the words of its author.
    """

    out: Expr
    name: str
    inputs: tuple[Expr, ...]
    line: int

    @property
    def reads(self) -> tuple[Array, ...]:
        """The values of arrays that it needs."""
        return tuple(name for part in self.inputs for name in names_in(part) if isinstance(name, Array))


@dataclass
class Operations:
    """The list, and what is known of the values in it."""

    equations: Sequence[Equation]
    stored: frozenset[Array] = frozenset()  # names whose place must hold their value in the end
    ops: list[Op] = field(default_factory=list)
    home: dict[Array, Array] = field(default_factory=dict)  # {value: the name whose place it takes}
    current: dict[Array, Array] = field(default_factory=dict)  # {name: its value now}
    numbers: list[tuple[Expr, Expr, int | None]] = field(default_factory=list)  # (name, number, equation) worked first
    made: int = 0

    def temporary(self, shape: Any) -> Array:
        """A value without a name of its own."""
        self.made += 1
        return Array(f"value {self.made}", shape)

    def is_free(self, value: Expr) -> bool:
        """Whether nothing but the operations of the list asks for the value."""
        return isinstance(value, Array) and self.home.get(value, value) not in self.stored


def operations_of(equations: Sequence[Equation], stored: frozenset[Array]) -> Operations:
    """The plain list.  ``stored`` are the names whose arrays are there already, to be read or written."""
    found = Operations(equations, stored)
    for line, equation in enumerate(equations):
        _Lowering(found, line).equation(equation)
    return found


class _Lowering:
    """One equation taken apart."""

    def __init__(self, found: Operations, line: int) -> None:
        self.found, self.line = found, line

    def equation(self, equation: Equation) -> None:
        lhs, known = equation.lhs, self.found
        if not isinstance(lhs, Array):
            self.emit(lhs, "number", self.number(equation.rhs))
            return
        assigned = lhs in known.current or lhs in known.stored
        value = Array(f"{lhs.name} of line {self.line + 1}", lhs.shape) if assigned else lhs
        self.into(value, equation.rhs)
        known.home[value] = lhs
        known.current[lhs] = value

    def emit(self, out: Expr, name: str, *inputs: Expr) -> Expr:
        self.found.ops.append(Op(out, name, inputs, self.line))
        return out

    def new(self, name: str, *inputs: Expr, shape: Any = None) -> Expr:
        """A value of an operation, of the shape of the largest input unless told."""
        shape = shape or max((shape_of(part) for part in inputs), key=len)
        return self.emit(self.found.temporary(shape), name, *inputs)

    def now(self, expr: Expr) -> Expr:
        """The expression with every name's value of now."""
        return replace(expr, self.found.current)

    def number(self, expr: Expr) -> Expr:
        """An expression of numbers; what is summed in it is worked out first, and stands in it as one value."""
        if isinstance(expr, matrices.sum_of):
            return matrices.sum_of(self.whole(expr.args[0]))
        if isinstance(expr, Node):
            return self.now(expr)
        if not any(shape_of(part) for part in sympy.preorder_traversal(expr)):
            return expr
        return expr.func(*map(self.number, expr.args), evaluate=False)

    def value(self, expr: Expr) -> Expr:
        """What can stand as an input of an operation."""
        if isinstance(expr, Array):
            return self.found.current.get(expr, expr)
        if not shape_of(expr):
            return self.number(expr)
        if isinstance(expr, VIEWS):
            return type(expr)(self.value(expr.args[0]), *expr.args[1:])
        out = self.found.temporary(shape_of(expr))
        self.into(out, expr)
        return out

    def whole(self, expr: Expr) -> Expr:
        """The same as an array of its whole shape: a vector that stands for its rows is spread out."""
        value = self.value(expr)
        return value if is_whole(value) else self.new("copy", value)

    def into(self, out: Expr, expr: Expr) -> None:
        """The operations that give ``out``."""
        if isinstance(expr, (Array, *VIEWS)) or not shape_of(expr):
            self.emit(out, "copy" if shape_of(expr) else "fill", self.value(expr))
        elif expr.is_Add:
            self.sum(out, expr.args)
        elif expr.is_Mul:
            self.product(out, expr.args)
        elif expr.is_Pow:
            self.power(out, expr)
        elif isinstance(expr, Operation):
            self.operation(out, expr)
        elif type(expr) in _FORMS:
            name, *others = _FORMS[type(expr)]
            self.emit(out, name, self.value(expr.args[0]), *others)
        elif type(expr) in _BY_DEFINITION:
            function: Kind = type(expr)
            (z,), definition = formula(function)
            inside = self.value(expr.args[0])
            self.into(out, definition.xreplace({z: inside}).replace(sympy.exp, lambda a: exp(a)))
        else:
            self.emit(out, "plain", self.now(expr))

    def sum(self, out: Expr, terms: Sequence[Expr]) -> None:
        first, *rest = sorted(terms, key=lambda term: not shape_of(term))
        if _sign(first)[0] and not _sign(rest[0])[0]:  # −T + P is P − T, and −A∘A + 1 is 1 − A∘A
            first, rest = rest[0], [first, *rest[1:]]
        minus, positive = _sign(first)
        start = self.value(positive)
        start = self.new("negative", start) if minus else start
        for i, term in enumerate(rest):
            minus, positive = _sign(term)
            name, other = "subtract" if minus else "add", self.value(positive)
            start = self.emit(out, name, start, other) if i == len(rest) - 1 else self.new(name, start, other)

    def product(self, out: Expr, factors: Sequence[Expr]) -> None:
        factors = guarded(factors)
        numbers = [f for f in factors if not shape_of(f)]
        divisors = [f for f in factors if shape_of(f) and f.is_Pow and f.exp.is_Integer and f.exp < 0]
        above = [f for f in factors if shape_of(f) and f not in divisors]
        # What must be worked out comes first, in the place of the result; a slope of 0 and 1 needs numbers to multiply.
        above.sort(key=lambda f: (truth_of(f) is not None, isinstance(f, (Array, *VIEWS))))
        scale = self.number(sympy.Mul(*numbers, evaluate=False)) if numbers else ONE
        steps: list[tuple[str, Expr]] = [("multiply", self.value(f)) for f in above[1:]]
        steps += [
            ("divide", self.value(f.base if f.exp == -1 else sympy.Pow(f.base, -f.exp, evaluate=False)))
            for f in divisors
        ]
        if above:
            current = self.value(above[0])
            steps += [] if scale == 1 else [("multiply", scale)]
        else:
            current, scale = scale, ONE
        if not steps:
            self.emit(out, "copy", current)
        for i, (name, other) in enumerate(steps):
            last = i == len(steps) - 1
            inputs = (current,) if name == "multiply" and other == MINUS_ONE else (current, other)
            name = name if len(inputs) == 2 else "negative"
            current = self.emit(out, name, *inputs) if last else self.new(name, *inputs)

    def power(self, out: Expr, expr: Expr) -> None:
        base, exponent = expr.args
        if exponent == -1:
            self.emit(out, "divide", ONE, self.value(base))
        elif exponent == 2:
            value = self.value(base)
            self.emit(out, "multiply", value, value)
        elif exponent == HALF:
            self.emit(out, "sqrt", self.value(base))
        else:
            self.emit(out, "power", self.value(base), self.value(exponent))

    def operation(self, out: Expr, expr: Expr) -> None:
        softened = isinstance(expr, (matrices.softmax, matrices.cross_entropy, matrices.log_sum_exp))
        if softened and len(shape_of(expr.args[0])) == 2:
            self.softened(out, expr)
        elif isinstance(expr, matrices.fill):
            self.emit(out, "fill", self.number(expr.args[0]))
        elif type(expr) in (matrices.matmul, matrices.column_sums, matrices.row_sums):
            self.emit(out, type(expr).__name__, *map(self.whole, expr.args))
        else:
            self.emit(out, "plain", self.now(expr))

    def softened(self, out: Expr, expr: Expr) -> None:
        """Softmax, its logarithm times T, or the logarithm of its sums; the largest of each row is taken off first."""
        z = self.whole(expr.args[0])
        shape = shape_of(z)
        largest = self.new("largest of rows", z, shape=shape[:1])
        shifted = self.new("subtract", z, matrices.columns(largest, shape[1]))
        powers = self.new("exp", shifted)
        sums = self.new("row_sums", powers, shape=shape[:1])
        if isinstance(expr, matrices.softmax):
            self.emit(out, "divide", powers, matrices.columns(sums, shape[1]))
            return
        logs = self.new("log", sums)
        if isinstance(expr, matrices.log_sum_exp):
            self.emit(out, "add", logs, largest)
            return
        log_p = self.new("subtract", shifted, matrices.columns(logs, shape[1]))
        weighed = self.new("multiply", log_p, self.value(expr.args[1]))
        self.emit(out, "negative", self.new("row_sums", weighed, shape=shape[:1]))


def _sign(term: Expr) -> tuple[bool, Expr]:
    """(True, x) for −x."""
    if term.is_Rational and term < 0:
        return True, -term
    if term.is_Mul and term.args[0] == -1:
        return True, sympy.Mul(*term.args[1:], evaluate=False) if len(term.args) > 2 else term.args[1]
    return False, term
