"""Equations as a computation graph: a box for every name, and a small circle for every operation between them.

    d = e + c     e ──→ (+) ──→ d ←── … and c ──→ (+)

A sum or product of many is one circle with many edges; what is subtracted passes a circle − first, a divisor a circle
1/( ), and a number that takes part stands in the circle: (× 2), (+ 1).  A name used twice has two edges.  An operation
that is none of these, such as a power of a name, is one circle with its whole formula.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from symnet.algebra.equations import MINUS_ONE, ONE, Equation, Expr, names_in
from symnet.algebra.scalar import ScalarFunction
from symnet.notation.maths import COMMA, Brackets, Maths, Number, Operator, Row, Script, Word, joined, row
from symnet.notation.names import Names
from symnet.notation.typesetter import Typesetter, function_name
from symnet.paper.lettering import on_one_line

PLUS, MINUS, TIMES, OVER = Word("+"), Word("−"), Word("×"), Word("÷")
HOLE = Word("( )")  # what goes in: the edge's value


@dataclass(frozen=True)
class Vertex:
    """A name, or an operation with what its circle says."""

    key: str
    name: str = ""
    operation: Maths | None = None


@dataclass(frozen=True)
class Graph:
    """``edges`` are pairs of keys in the order of operands; two equal ones mean that a value is used twice.

    ``back`` are edges that go back to the left, from what a step has worked to where the next one reads it.
    """

    vertices: tuple[Vertex, ...]
    edges: tuple[tuple[str, str], ...]
    back: tuple[tuple[str, str], ...] = ()


@dataclass
class _Builder:
    setter: Typesetter
    vertices: dict[str, Vertex] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)

    def name(self, name: str) -> str:
        key = f"name {name}"
        self.vertices.setdefault(key, Vertex(key, name=name))
        return key

    def operation(self, says: Maths, operands: Sequence[str]) -> str:
        key = f"operation {len(self.vertices)}"
        self.vertices[key] = Vertex(key, operation=says)
        self.edges += [(operand, key) for operand in operands]
        return key

    def value(self, expr: Expr) -> str:
        """The key of the vertex that has the value of an expression in which a name stands."""
        if expr.is_Symbol:
            return self.name(str(expr.name))
        if expr.is_Add:
            return self._sum(expr)
        if expr.is_Mul:
            return self._product(expr.args)
        if expr.is_Pow and expr.exp == MINUS_ONE:
            return self.operation(row(Number("1"), Word("/"), HOLE), [self.value(expr.base)])
        if expr.is_Pow and not names_in(expr.exp):
            return self.operation(Script(HOLE, sup=self._said(expr.exp)), [self.value(expr.base)])
        if isinstance(expr, ScalarFunction):
            return self._function(expr)
        return self._formula(expr)

    def _sum(self, expr: Expr) -> str:
        terms = [term for term in expr.args if names_in(term)]
        numbers = [term for term in expr.args if not names_in(term)]
        keys = [self.value(term) for term in terms]
        key = self.operation(PLUS, keys) if len(keys) > 1 else keys[0]
        for number in numbers:
            said = self._said(number)
            minus = isinstance(said, Row) and said.items[0] == Operator("−", prefix=True)
            rest = row(*said.items[1:]) if minus and isinstance(said, Row) else said
            key = self.operation(row(MINUS if minus else PLUS, Word(" "), rest), [key])
        return key

    def _product(self, factors: Sequence[Expr]) -> str:
        minus = factors[0] == MINUS_ONE
        rest = list(factors[1:] if minus else factors)
        named = [factor for factor in rest if names_in(factor)]
        numbers = [factor for factor in rest if not names_in(factor)]
        if any(map(_divides, rest)):
            numbers = [number for number in numbers if number != ONE]  # of 1/x, whose circle says it
        keys = [self.value(factor) for factor in named]
        key = self.operation(TIMES, keys) if len(keys) > 1 else keys[0]
        for number in numbers:
            divides = _divides(number)
            said = self._said(number.base if divides else number)
            said = Brackets(said) if isinstance(said, Row) else said
            key = self.operation(row(OVER if divides else TIMES, Word(" "), said), [key])
        return self.operation(MINUS, [key]) if minus else key

    def _function(self, expr: Expr) -> str:
        """A function of one value, perhaps with numbers beside it; or of values whose order is no matter."""
        named = [argument for argument in expr.args if names_in(argument)]
        name = function_name(type(expr))
        if len(named) != 1 and type(expr).__name__ not in ("max", "min"):
            return self._formula(expr)
        if len(named) < len(expr.args):
            said = [HOLE if names_in(argument) else self._said(argument) for argument in expr.args]
            name = row(name, Brackets(joined([Word("·") if part == HOLE else part for part in said], COMMA)))
        return self.operation(name, [self.value(argument) for argument in named])

    def _formula(self, expr: Expr) -> str:
        return self.operation(self._said(expr), [self.name(str(name.name)) for name in names_in(expr)])

    def _said(self, expr: Expr) -> Maths:
        return on_one_line(self.setter.maths(expr))


def _divides(factor: Expr) -> bool:
    return bool(factor.is_Pow and factor.exp == MINUS_ONE)


def graph_of(equations: Sequence[Equation], names: Names) -> Graph:
    """The graph of equations, each name once."""
    builder = _Builder(Typesetter(names))
    for equation in equations:
        if not names_in(equation.rhs):
            builder.name(equation.name)  # a number of its own
        elif equation.rhs.is_Symbol:
            source = builder.operation(Word("="), [builder.name(str(equation.rhs.name))])
            builder.edges.append((source, builder.name(equation.name)))
        else:
            source = builder.value(equation.rhs)
            builder.edges.append((source, builder.name(equation.name)))
    return Graph(tuple(builder.vertices.values()), tuple(builder.edges))
